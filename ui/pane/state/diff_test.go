package state

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func rows(before, now string) string {
	var b strings.Builder
	for _, l := range Rows(strings.Split(before, "\n"), strings.Split(now, "\n"), true) {
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	return b.String()
}

func TestChangedLinesShowWhatTheyWere(t *testing.T) {
	require.Equal(t, "  a b\n+ c d\n  e f\n", rows("a b\ne f", "a b\nc d\ne f"))
	require.Equal(t, "  a b\n- c d\n  e f\n", rows("a b\nc d\ne f", "a b\ne f"))
	require.Equal(t, `~     3   252 cali-PREROUTING  0    --  *
-     2   168
      0     0 ACCEPT           0    --  *
`, rows(`    2   168 cali-PREROUTING  0    --  *
    0     0 ACCEPT           0    --  *`, `    3   252 cali-PREROUTING  0    --  *
    0     0 ACCEPT           0    --  *`))
	require.Equal(t, `~ 10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE
-                                            STALE
`, rows("10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 STALE", "10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 REACHABLE"))
	require.Equal(t, "+ x y z\n- a b c\n", rows("a b c", "x y z"), "two lines that have nothing in common")
	require.Equal(t, "~  100  9 x y\n-   99  8\n", rows("  99  8 x y", " 100  9 x y"))
	for _, l := range Rows(nil, []string{"a"}, false) {
		require.Equal(t, "  a", l.String(), "there is nothing to compare with")
	}
}

// What a diff tells is what was and what is.
func TestADiffLosesNothing(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	lines := func() (out []string) {
		for range r.Intn(12) {
			out = append(out, strings.Repeat("x ", 1+r.Intn(3))+string(rune('a'+r.Intn(4))))
		}
		return out
	}
	for range 2000 {
		before, now := lines(), lines()
		var was, is []string
		for _, c := range diff(before, now) {
			switch c.mark {
			case ' ':
				was, is = append(was, c.line), append(is, c.line)
			case '+':
				is = append(is, c.line)
			case '-':
				was = append(was, c.line)
			case '~':
				was, is = append(was, c.was), append(is, c.line)
			}
		}
		require.Equal(t, before, was)
		require.Equal(t, now, is)
	}
}

func TestNamesOfTables(t *testing.T) {
	for c, want := range map[string]string{"ip route": "route", "ip -s link": "link", "iptables -t nat -nvL": "nat", "iptables -t nat -S": "nat", "conntrack -L": "conntrack", "nstat -as": "nstat", "ipset list": "ipset"} {
		require.Equal(t, want, tab(c))
	}
}
