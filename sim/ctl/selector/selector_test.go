package selector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/selector"
)

func labels(m map[string]string) selector.Labels {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

func TestMatches(t *testing.T) {
	rack1 := labels(map[string]string{"rack": "rack-1", "kubernetes.io/hostname": "k8s-w1", "empty": ""})
	for text, want := range map[string]bool{
		"":                         true,
		" all() ":                  true,
		"global()":                 true,
		"!all()":                   false,
		"has(rack)":                true,
		"has(zone)":                false,
		"!has(zone)":               true,
		"rack == 'rack-1'":         true,
		`rack=="rack-2"`:           false,
		"zone != 'a'":              true,
		"rack != 'rack-1'":         false,
		"rack in {'a', 'rack-1'}":  true,
		"rack in {}":               false,
		"rack not in {'rack-1'}":   false,
		"zone not in {'a'}":        true,
		"rack contains 'ack'":      true,
		"rack starts with 'rack-'": true,
		"rack ends with '-2'":      false,
		"empty == ''":              true,
		"kubernetes.io/hostname == 'k8s-w1' && !(rack == 'rack-2')": true,
		"has(zone) && has(zone) || all()":                           true,
		"all() || has(zone) && has(zone)":                           true,
		"(all() || has(zone)) && has(zone)":                         false,
		"!!has(rack)":                                               true,
		"in == 'x' || not == 'y'":                                   false,
	} {
		s, err := selector.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want, s.Matches(rack1), text)
	}
}

func TestErrorsSayWhereAndWhatWasExpected(t *testing.T) {
	for text, want := range map[string]string{
		"rack":              `selector "rack": expected ==, !=, in, not in, contains, starts with or ends with, found the end`,
		"rack = 'a'":        `selector "rack = 'a'": expected ==, !=, in, not in, contains, starts with or ends with, found "= 'a'"`,
		"rack == a":         `selector "rack == a": expected text in quotes, found "a"`,
		"rack == 'a":        `selector "rack == 'a": expected the closing quote, found "'a"`,
		"all() has(a)":      `selector "all() has(a)": expected && or ||, found "has(a)"`,
		"(all()":            `selector "(all()": expected ), found the end`,
		"rack in ['a']":     `selector "rack in ['a']": expected {, found "['a']"`,
		"rack in {'a' 'b'}": `selector "rack in {'a' 'b'}": expected , or }, found "'b'}"`,
		"&& all()":          `selector "&& all()": expected a label, found "&& all()"`,
		"has()":             `selector "has()": expected a label, found ")"`,
	} {
		_, err := selector.Parse(text)
		require.EqualError(t, err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a == 'b' && !(has(c) || d in {'e', \"f\"})")
	f.Add("((((((!!!!!")
	f.Fuzz(func(t *testing.T, s string) {
		if sel, err := selector.Parse(s); err == nil {
			sel.Matches(labels(nil))
		}
	})
}
