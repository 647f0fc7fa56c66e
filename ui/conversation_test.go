package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// All segments of a connection are one talk, both ways and through NAT; an answer is
// the first that comes back.
func TestFollowAConnection(t *testing.T) {
	d := free(t, "pod-to-internet").size(160, 48)
	d.press("6", "ctrl+n", "ctrl+u", "internet", "enter", "echo hi | nc -l -p 80 -q 1 &", "enter",
		"ctrl+n", "ctrl+u", "pod1", "enter", "ping -c 1 172.16.158.2; nc -w 2 8.8.8.8 80 </dev/null", "enter", "esc", "2", "g")
	d.to("n", "k8s-w1:ens5", "Flags [S]").press("f", "S")
	v := d.pane("hops")
	for _, s := range []string{"pod1     eth0            Out IP 172.16.158.1.", "internet eth0            Out IP 8.8.8.8.80 > 192.168.10.101.", "pod1     eth0            In  IP 8.8.8.8.80 > 172.16.158.1.", "Flags [F"} {
		require.Contains(t, v, s)
	}
	require.NotContains(t, v, "ICMP")
	require.NotContains(t, v, "ARP, Request who-has 172.16.158.2")
	synack := v[strings.Index(v, "Flags [S.]")-120:]
	require.Contains(t, synack, "←")
}
