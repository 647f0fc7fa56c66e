package conntrack

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
)

// TestTCPAsAKernelTracksIt replays flows of half-plausible segments that a
// real kernel forwarded, with the state that iptables matched and what
// conntrack -L said after each. testdata/tcp-flows.py recorded them.
func TestTCPAsAKernelTracksIt(t *testing.T) {
	b, err := os.ReadFile("testdata/tcp-flows.json")
	require.NoError(t, err)
	var flows [][]struct {
		Packet, State string
		List          []string
	}
	require.NoError(t, json.Unmarshal(b, &flows))
	timeout := regexp.MustCompile(`^(tcp +6 )(\d+)`)
	for i, flow := range flows {
		n := newRouter(t)
		for j, s := range flow {
			raw, err := hex.DecodeString(s.Packet)
			require.NoError(t, err)
			ip, err := packet.ParseIPv4(raw)
			require.NoError(t, err)
			_, info := n.mustForward(ip)
			require.Equal(t, s.State, info.State(), "flow %d segment %d", i, j)
			got := n.list()
			require.Len(t, got, len(s.List), "flow %d segment %d", i, j)
			for k, line := range s.List {
				// The kernel's clock went on a little.
				want, have := timeout.FindStringSubmatch(line), timeout.FindStringSubmatch(got[k])
				w, _ := strconv.Atoi(want[2])
				h, _ := strconv.Atoi(have[2])
				require.InDelta(t, float64(h)-0.5, float64(w), 0.6, "flow %d segment %d: %s", i, j, line)
				require.Equal(t, timeout.ReplaceAllString(line, "$1"), timeout.ReplaceAllString(got[k], "$1"), "flow %d segment %d", i, j)
			}
		}
	}
}
