package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/ui/pane"
)

// Each packet has a mark of its own, however many there are, and the number of its hop
// is told from it.
func TestMarksOfManyPackets(t *testing.T) {
	d := free(t, "same-node-ping").size(160, 48).press("6", "ctrl+n", "ctrl+u", "pod1", "enter", "ping -f -c 200 172.16.158.2", "enter")
	require.Equal(t, []string{"A", "Z", "A1", "Z9", "A10", "N15"}, []string{pane.Letter(0), pane.Letter(25), pane.Letter(26), pane.Letter(259), pane.Letter(260), pane.Letter(403)})
	require.Contains(t, d.pane("map"), "P15.4 delivered on pod1")
	require.Contains(t, d.pane("why"), "P15 IP 172.16.158.2 > 172.16.158.1")
}

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
