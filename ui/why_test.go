package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/trace"
	"hoplab/ui/text"
)

// why compares what the pane of explanations says, in full, with a file.
func (d *driver) why(name string) {
	d.Helper()
	drive(d.a, d.a.wanted())
	got := d.pane("why")
	for _, l := range strings.Split(got, "\n") {
		require.LessOrEqual(d, len([]rune(l)), 120, "%s: %q", name, l)
	}
	file := filepath.Join("testdata", "why", name+"-"+d.a.c.Lang.String()+".txt")
	if os.Getenv("UPDATE") != "" {
		require.NoError(d, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(d, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(d, err, "UPDATE=1 writes it")
	require.Equal(d, strings.ReplaceAll(string(want), "\r\n", "\n"), got, "%s; UPDATE=1 writes it anew", file)
}

// sh types a line in a shell of a machine and goes to what it caused.
func (d *driver) sh(netns, line string) *driver {
	d.Helper()
	drive(d.a, d.a.openShell(netns, false))
	d.press(line, "enter").work()
	d.press("esc")
	return d
}

// back goes back to the crossing whose packet was dropped last for a reason.
func (d *driver) dropped(why trace.Reason) *driver {
	d.Helper()
	h := &d.a.c.S.History
	for i := len(h.Events) - 1; i >= 0; i-- {
		if h.Events[i].Reason == why && h.Events[i].Verdict == trace.Drop {
			d.a.seek(i + 1)
			require.GreaterOrEqual(d, h.Events[i].Hop, 0)
			d.a.seek(h.Hops[h.Events[i].Hop].Event + 1)
			return d
		}
	}
	d.Fatalf("nothing was dropped for %s", why)
	return d
}

// The hops that matter, explained in full in both languages.
func TestWhyOfTheHopsThatMatter(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		free := func(name string) *driver {
			d := open(t, name, Options{Lang: lang}).size(120, 36)
			return d.skip().press("2")
		}
		d := free("same-node-ping")
		d.to("n", "k8s-w1:calice0906292e2", "ARP, Request").why("proxy-arp")
		d.to("n", "pod1:eth0", "ARP, Reply").why("arp-learnt")
		d.to("n", "pod1:eth0", "echo request").why("first")
		d.to("n", "pod1:eth0", "echo reply").why("delivered")

		d = free("pod-to-internet")
		d.to("n", "k8s-w1:calice0906292e2", "echo request").why("snat")
		d.to("n", "k8s-w1:ens5", "echo request").why("snat-out")
		d.to("n", "k8s-w1:ens5", "echo reply").why("snat-back")

		d = free("cross-node-ping")
		d.to("n", "k8s-w1:tunl0", "echo request").why("encap")
		d.to("n", "router:eth0", "ARP, Request").why("arp-ignored")
		d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102: IP").why("encap-out")
		d.to("n", "k8s-w2:ens5", "IP 192.168.10.101 > 192.168.10.102: IP").why("decap")
		d.to("n", "k8s-w2:tunl0", "echo request").why("decap-in")

		d.press("S").sh("pod1", "ping -c 1 -t 1 172.16.184.1").dropped(trace.TTLExpired).why("ttl")
		d.press("G").sh("k8s-w1", "iptables -I FORWARD -s 172.16.158.1 -p icmp -j DROP")
		d.sh("pod1", "ping -c 1 -W 1 172.16.184.1").dropped(trace.NetfilterDrop).why("rule")
		d.press("w").why("rule-walk")
		d.press("w", "G").sh("k8s-w1", "iptables -D FORWARD 1; ip route del 172.16.184.0/24; ip route del default")
		d.sh("pod1", "ping -c 1 -W 1 172.16.184.1").dropped(trace.IPInNoRoutes).why("no-route")
		d.press("G").sh("k8s-w1", "ip route add blackhole 172.16.184.0/24")
		d.sh("pod1", "ping -c 1 -W 1 172.16.184.1").dropped(trace.Blackhole).why("blackhole")
		d.press("G").sh("k8s-w1", "ip route replace default via 192.168.10.1; ip route del blackhole 172.16.184.0/24; sysctl -w net.ipv4.ip_forward=0")
		d.sh("pod1", "ping -c 1 -W 1 172.16.184.1").dropped(trace.ForwardingOff).why("not-forwarding")
	}
}
