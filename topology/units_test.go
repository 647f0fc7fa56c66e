package topology

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRates(t *testing.T) {
	for text, want := range map[string]uint64{
		"1": 1, "10bit": 10, "10Gbit": 10_000_000_000, "1.5mbit": 1_500_000, "100Kbit": 100_000,
		"1kibit": 1024, "1bps": 8, "2mbps": 16_000_000, "1mibps": 8 << 20, "0.001kbit": 1, "1000tbit": maxRate,
	} {
		got, err := parseRate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "mbit", "1 mbit", "-1mbit", "1e3", "0", "0.1bit", "1001tbit", "1..2kbit", ".", "1mb", "infbit", "1,5mbit"} {
		_, err := parseRate(text)
		require.Error(t, err, text)
	}
	for bits, want := range map[uint64]string{1: "1bit", 1_500_000: "1500kbit", 10_000_000_000: "10gbit", maxRate: "1000tbit"} {
		require.Equal(t, want, rateText(bits))
	}
}

func TestPercentages(t *testing.T) {
	for text, want := range map[string]float64{
		"0%": 0, "1%": 0.01, "100%": 1, "0.1%": 0.001, "12.5%": 0.125, "33.3%": 0.333, "0.0001%": 0.000001, "7%": 0.07, "29%": 0.29,
	} {
		got, err := parsePercent(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Equal(t, text, percentText(want))
	}
	for _, text := range []string{"", "1", "%", "-1%", "101%", "100.1%", "1e1%", "NaN%", "1 %", "1%%"} {
		_, err := parsePercent(text)
		require.Error(t, err, text)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		p := r.Float64()
		got, err := parsePercent(percentText(p))
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
}

func TestDurationsPrintInASCII(t *testing.T) {
	require.Equal(t, "200us", durationText(200*time.Microsecond))
}

func TestMACs(t *testing.T) {
	m, err := ParseMAC("EE:ee:EE:ee:0A:9f")
	require.NoError(t, err)
	require.Equal(t, "ee:ee:ee:ee:0a:9f", m.String())
	for _, text := range []string{"", "02:00:00:00:00", "02:00:00:00:00:00:00", "2:0:0:0:0:0", "02-00-00-00-00-01", "0g:00:00:00:00:00", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "+2:00:00:00:00:01"} {
		_, err := ParseMAC(text)
		require.Error(t, err, text)
	}
}

func TestDefaultMAC(t *testing.T) {
	addr := netip.MustParseAddr("172.16.158.1")
	for _, tt := range []struct {
		name   string
		role   Role
		ifname string
		addr   netip.Addr
		want   string
	}{
		{"a machine", RoleNode, "ens5", netip.MustParseAddr("192.168.10.101"), "02:00:c0:a8:0a:65"},
		{"a pod", RolePod, "eth0", addr, "ca:00:ac:10:9e:01"},
		{"the host end of a pod", RoleNode, "calice0906292e2", netip.Addr{}, "ee:ee:ee:ee:ee:ee"},
		{"no address to take it from", RoleHost, "eth0", netip.Addr{}, "00:00:00:00:00:00"},
		{"an IPv6 address", RoleHost, "eth0", netip.MustParseAddr("fe80::1"), "00:00:00:00:00:00"},
		{"loopback", RoleHost, "lo", addr, "00:00:00:00:00:00"},
		{"the tunnel", RoleNode, "tunl0", addr, "00:00:00:00:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, DefaultMAC(tt.role, tt.ifname, tt.addr).String())
		})
	}
}

func TestSuggestions(t *testing.T) {
	for _, tt := range []struct{ word, want string }{
		{"segmnet", `; did you mean "segment"?`}, {"Segment", `; did you mean "segment"?`}, {"adress", `; did you mean "address"?`},
		{"", ""}, {"xyz", ""}, {"m", ""},
	} {
		require.Equal(t, tt.want, didYouMean(tt.word, []string{"segment", "address", "mtu"}), tt.word)
	}
	require.Equal(t, 1, editDistance("ab", "ba"), "neighbours swapped are one slip")
	require.Equal(t, 3, editDistance("kitten", "sitting"))
}
