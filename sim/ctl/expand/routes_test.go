package expand

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/bird"
)

func TestParseHopReadsWhatIPRouteReads(t *testing.T) {
	all := netip.MustParsePrefix("0.0.0.0/0")
	net := netip.MustParsePrefix("10.0.0.0/8")
	gw := netip.MustParseAddr("192.168.10.1")
	for text, want := range map[string]bird.Hop{
		"default via 192.168.10.1 dev ens5 proto dhcp src 192.168.10.101 metric 100": {To: all, Via: gw, Dev: "ens5", Metric: 100},
		"default via 192.168.10.1":                                 {To: all, Via: gw},
		"to 10.0.0.0/8 via inet 192.168.10.1 onlink mtu lock 1400": {To: net, Via: gw},
		"unicast 10.0.0.0/8 dev ens5 scope link table main":        {To: net, Dev: "ens5"},
		"10.1.2.3 dev ens5 priority 0x10":                          {To: netip.MustParsePrefix("10.1.2.3/32"), Dev: "ens5", Metric: 16},
		"blackhole 10.0.0.0/8 proto bird":                          {To: net, Reject: true},
	} {
		got, ok, problem := parseHop(text)
		require.True(t, ok, text)
		require.Empty(t, problem)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"10.0.0.0/8 dev ens5 table 100", "local 10.0.0.1 dev lo", "", "dev ens5"} {
		_, ok, problem := parseHop(text)
		require.False(t, ok, text)
		require.Empty(t, problem, text)
	}
	for text, want := range map[string]string{
		"10.0/16 dev ens5":                    `destination "10.0/16"`,
		"fd00::/64 dev ens5":                  `destination "fd00::/64"`,
		"default via router":                  `gateway "router"`,
		"default via":                         `gateway ""`,
		"default nexthop via 192.168.10.1":    "nexthop",
		"default via 192.168.10.1 metric low": "metric",
		"default via 192.168.10.1 please":     `"please"`,
	} {
		_, ok, problem := parseHop(text)
		require.False(t, ok, text)
		require.Equal(t, want, problem, text)
	}
}

func FuzzParseHop(f *testing.F) {
	f.Add("default via 192.168.10.1 dev ens5 metric 100")
	f.Add("blackhole 10.0.0.0/8 table main via")
	f.Fuzz(func(t *testing.T, s string) {
		h, ok, problem := parseHop(s)
		if ok && (problem != "" || !h.To.IsValid() || h.To != h.To.Masked()) {
			t.Fatalf("%q gave %+v, %q", s, h, problem)
		}
	})
}
