package ui

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/ui/text"
)

// lab opens a file of testdata/labs.
func lab(t *testing.T, name string) *driver { return freeFile(t, "testdata/labs/"+name+".yaml") }

func TestTheMapShowsTheLabAsItIs(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.press("S", "6", "ctrl+n", "ctrl+u", "k8s-w1", "enter")
	require.NotContains(t, d.pane("map"), "┌red─")
	d.press("ip netns add red", "enter")
	require.Contains(t, d.pane("map"), "┌red─")
	d.press("ip link add r0 type veth peer name eth7 netns red", "enter", "ip link set r0 up", "enter")
	m := d.pane("map")
	require.Contains(t, m, "✗ eth7 DOWN")
	require.Contains(t, m, "r0 NO-CARRIER")
	d.press("ip netns exec red ip addr add 10.9.9.1/24 dev eth7", "enter", "ip netns exec red ip link set eth7 name east", "enter", "ip netns exec red ip link set east up", "enter")
	require.Contains(t, d.pane("map"), "  east 10.9.9.1")
	d.press("ip link set tunl0 down", "enter")
	require.Contains(t, d.pane("map"), "✗ tunl0 DOWN")
	// Stepping back, it is gone; forward again, it is there.
	d.press("esc", "b")
	m = d.pane("map")
	require.NotContains(t, m, "┌red─")
	require.NotContains(t, m, "✗")
	d.press("G")
	require.Contains(t, d.pane("map"), "east")
	d.press("6", "ip link del r0", "enter")
	require.NotContains(t, d.pane("map"), "east")
	require.Contains(t, d.pane("map"), "┌red─")
	d.press("ip netns del red", "enter")
	require.NotContains(t, d.pane("map"), "┌red─")
}

func TestTheMapNumbersTheWay(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102")
	m := d.pane("map")
	for _, s := range []string{"│1 eth0 172.16.158.1│", "│2 calice0906292e2", "│3 tunl0 172.16.158.0", "│▶ ens5 C4 192.168.10.101", "▼", "═ C on the wire ═", "╰┄", " IPIP C ▶ ",
		"C4 leaves k8s-w1 by ens5, to lan", "IPIP 192.168.10.101 > 192.168.10.102 around pod1 > pod2, ICMP echo request, seq 1"} {
		require.Contains(t, m, s)
	}
	d.press("n")
	m = d.pane("map")
	require.Contains(t, m, "◀ ens5 C5")
	require.Contains(t, m, "C5 comes into k8s-w2 by ens5")
	require.NotContains(t, m, "on the wire")
	d.to("n", "pod2:eth0", "echo request")
	require.Contains(t, d.pane("map"), "◀ eth0 C8")
	d.press("L")
	require.Contains(t, d.pane("map"), "C8 pod2의 eth0에 도착")
}

func TestTheMapTellsOfNAT(t *testing.T) {
	d := free(t, "pod-to-internet").size(160, 48)
	d.to("n", "k8s-w1:ens5", "8.8.8.8: ICMP echo request")
	require.Contains(t, d.pane("map"), "k8s-w1 > internet, ICMP echo request, seq 1 (was pod1 > internet)")
}

func TestTheMapShowsADrop(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.press("6", "ctrl+n", "ctrl+u", "k8s-w2", "enter", "iptables -I FORWARD -j DROP", "enter", "esc", "d")
	require.Contains(t, d.pane("map"), "dropped on k8s-w2: NETFILTER_DROP")
}

// What a line made can be looked at like the rest.
func TestANewNamespaceHasAShellAndTables(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.press("S", "6", "ctrl+n", "ctrl+u", "k8s-w1", "enter", "ip netns add red", "enter", "ip link add r0 type veth peer name eth7 netns red", "enter", "esc")
	d.press(":", "shell red", "enter").shows("red:~#").press("ip -br link show eth7", "enter").shows("eth7@if")
	d.press("esc", ":", "state red", "enter").shows("red#")
	d.press("t", "ctrl+u", "red:eth7", "enter").shows("breakpoint red:eth7 set")
}

// On the wire, inside of another packet, alone on the screen and beside the others.
func TestTunnelFrames(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		for _, wh := range sizes() {
			d := free(t, "cross-node-ping").size(wh[0], wh[1])
			d.a.c.SetLang(lang)
			d.to("n", "k8s-w1:ens5", "IP 192.168.10.101").press("1", "z")
			d.golden(fmt.Sprintf("map-tunnel-%dx%d-%s", wh[0], wh[1], lang))
		}
	}
}

// Labs of other shapes, large and small.
func TestMaps(t *testing.T) {
	for _, x := range []struct {
		lab, place, line string
		lines            []string
	}{
		{"five", "n5:ens5", "10.0.0.5: ICMP echo request", nil},
		{"plain", "gw:far", "echo request", nil},
		{"plain", "", "", []string{"ip link add link out name out.7 type vlan id 7", "ip link set out.7 up", "ip addr add 10.7.0.1/24 dev out.7", "ip link set p3 down"}},
		{"overlay", "r1:eth1", "echo request", nil},
	} {
		d := lab(t, x.lab)
		name := "map-" + x.lab
		if x.place != "" {
			d.to("n", x.place, x.line)
		} else {
			name += "-changed"
			d.press("6", "ctrl+n", "ctrl+u", "host", "enter")
			for _, l := range x.lines {
				d.press(l, "enter")
			}
		}
		for _, wh := range sizes() {
			d.size(wh[0], wh[1]).a.focusOn(paneMap)
			d.a.zoom = true
			drive(d.a, d.a.wanted())
			d.golden(fmt.Sprintf("%s-%dx%d-%s", name, wh[0], wh[1], text.English))
		}
	}
}

func TestTheMapShowsWhoWaits(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.press("n")
	require.Contains(t, d.pane("map"), "▶ eth0 A1")
	d.to("n", "k8s-w2:ens5", "who-has 192.168.10.102")
	require.Contains(t, d.pane("map"), "1 ens5 C waits 192.168.10.101")
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101")
	require.NotContains(t, d.pane("map"), "waits")
}

// Without UTF-8, all is ASCII.
func TestTheMapAndTheHopsInASCII(t *testing.T) {
	d := open(t, "cross-node-ping", Options{ASCII: true}).size(160, 48)
	d.a.c.LessonMode = false
	for d.a.lesson.Open() != nil {
		d.press("ctrl+s")
	}
	d.press("2").to("n", "k8s-w1:ens5", "IP 192.168.10.101")
	for _, r := range d.pane("map") + d.pane("hops") {
		require.Less(t, r, rune(0x80), "%c", r)
	}
}
