package topology

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRefsReadAndWriteTheSameText(t *testing.T) {
	for text, want := range map[string]Ref{
		"pod/pod1":                    {Kind: RefPod, Name: "pod1"},
		"pod/kube-system/coredns-1":   {Kind: RefPod, Namespace: "kube-system", Name: "coredns-1"},
		"node/k8s-w1":                 {Kind: RefNode, Name: "k8s-w1"},
		"host/h1":                     {Kind: RefHost, Name: "h1"},
		"router/r1:eth0.100":          {Kind: RefRouter, Name: "r1", Interface: "eth0.100"},
		"h1":                          {Name: "h1"},
		"h1:*":                        {Name: "h1", Interface: AllInterfaces},
		"pod/pod1:eth0":               {Kind: RefPod, Name: "pod1", Interface: "eth0"},
		"node/k8s-w1:cali(pod1)":      {Kind: RefNode, Name: "k8s-w1", Cali: PodName{Name: "pod1"}},
		"k8s-w1:cali(prod/web.x)":     {Name: "k8s-w1", Cali: PodName{"prod", "web.x"}},
		"node/k8s-w1:calice0906292e2": {Kind: RefNode, Name: "k8s-w1", Interface: "calice0906292e2"},
	} {
		r, err := ParseRef(text)
		require.NoError(t, err, text)
		require.Equal(t, want, r, text)
		require.Equal(t, text, r.String())
		require.Equal(t, want.Interface != "" || want.Cali.Name != "", r.HasInterface(), text)
		require.False(t, r.Machine().HasInterface())
	}
	require.Equal(t, PodName{"default", "a"}, Ref{Kind: RefPod, Name: "a"}.Pod())
}

func TestRefsThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", ":", "/", "pod/", "pod//a", "pod/a/", "pod/a/b/c", "pod/A", "vm/a", "node/", "node/a/b", "a:", "a:b:c",
		"a:cali(", "a:cali()", "a:cali(b", "a:cali(b)c", "a:cali(B)", "a:cali(/b)", "pod/a:cali(b)", "a b", "a:eth 0",
		"a:sixteencharacter", "*", "*:eth0", "-a", "../etc", "a:..",
	} {
		r, err := ParseRef(text)
		require.Error(t, err, text)
		require.Zero(t, r, text)
	}
}

func FuzzParseRef(f *testing.F) {
	f.Add("node/k8s-w1:cali(prod/web)")
	f.Add("pod/a/b:*")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRef(s)
		if err == nil && r.String() != s {
			t.Fatalf("%q prints as %q", s, r)
		}
	})
}
