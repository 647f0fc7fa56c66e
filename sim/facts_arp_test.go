package sim_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/simtest"
)

// ask lets an interface send an ARP request for a target, and says whether
// somebody answers within a second, and after how long.
func (w *world) ask(netns, dev, sender, target string) (answered bool, after time.Duration) {
	w.t.Helper()
	d := w.lab.Namespace(netns).Device(dev)
	b := w.lab.World().Pool.New(packet.EthernetLen + packet.ARPLen)
	packet.PutEthernet(b.Bytes(), packet.BroadcastMAC, d.MAC, packet.EtherARP)
	packet.PutARP(b.Bytes()[packet.EthernetLen:], packet.ARPRequest, d.MAC, netip.MustParseAddr(sender), packet.MAC{}, netip.MustParseAddr(target))
	w.seen = nil
	asked := w.lab.Now()
	d.Xmit(b)
	w.lab.RunFor(time.Second)
	place := netns + ":" + dev
	if t := w.times(place, "is-at ee:ee:ee:ee:ee:ee"); len(t) > 0 {
		return true, t[0] - time.Duration(asked)
	}
	return len(w.times(place, "is-at")) > 0, 0
}

func TestFactsAboutProxyARP(t *testing.T) {
	const pod1, foreign = "172.16.158.1", "10.1.2.3"
	for _, c := range []struct {
		name           string
		setup          string
		sender, target string
		answered       bool
	}{
		{"169.254.1.1, because of the default route", "", pod1, "169.254.1.1", true},
		{"another pod of the node", "", pod1, "172.16.158.2", true},
		{"a remote pod", "", pod1, "172.16.184.1", true},
		{"a pool address without a block", "", pod1, "172.16.99.1", true},
		{"an internet address", "", pod1, "8.8.8.8", true},
		{"the node's own address", "", pod1, "192.168.10.101", true},
		{"its tunnel's address", "", pod1, "172.16.158.0", true},
		{"not the asker's own address", "", pod1, "172.16.158.1", false},
		{"not an unused address of the local block", "", pod1, "172.16.158.9", false},
		{"that address once the blackhole is gone", "ip route del blackhole 172.16.158.0/26", pod1, "172.16.158.9", true},
		{"no 169.254.1.1 without default route", "ip route del default", pod1, "169.254.1.1", false},
		{"but still a remote pod", "ip route del default", pod1, "172.16.184.1", true},
		{"nothing with ip_forward=0", "sysctl -w net.ipv4.ip_forward=0", pod1, "169.254.1.1", false},
		{"but the node's own address", "sysctl -w net.ipv4.ip_forward=0", pod1, "192.168.10.101", true},
		{"nothing with proxy_arp=0", "sysctl -w net.ipv4.conf.CALI1.proxy_arp=0", pod1, "169.254.1.1", false},
		{"but the node's own address", "sysctl -w net.ipv4.conf.CALI1.proxy_arp=0", pod1, "192.168.10.101", true},
		{"nothing for a foreign sender with rp_filter=1", "", foreign, "169.254.1.1", false},
		{"not even the node's own address", "", foreign, "192.168.10.101", false},
		{"nothing for another pod's address", "", "172.16.158.2", "169.254.1.1", false},
		{"for a foreign sender with rp_filter=0", "sysctl -w net.ipv4.conf.CALI1.rp_filter=0", foreign, "169.254.1.1", true},
		{"nothing with rp_filter=2, which is as strict on an interface without address", "sysctl -w net.ipv4.conf.CALI1.rp_filter=2", foreign, "169.254.1.1", false},
		{"nothing when the pod's own route is missing", "ip route del 172.16.158.1", pod1, "169.254.1.1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, baseCase)
			if c.setup != "" {
				w.script("$ k8s-w1: " + c.setup)
			}
			answered, after := w.ask("pod1", "eth0", c.sender, c.target)
			require.Equal(t, c.answered, answered)
			require.Less(t, after, time.Millisecond, "proxy_delay is 0")
		})
	}
}

// The kernel's own proxy_delay is 80 hundredths of a second.
func TestFactsProxyDelayIsRandomUpTo800Milliseconds(t *testing.T) {
	w := newWorld(t, baseCase)
	w.script("$ k8s-w1: sysctl -w net.ipv4.neigh.CALI1.proxy_delay=80")
	seen := map[time.Duration]bool{}
	var longest time.Duration
	for range 40 {
		ok, after := w.ask("pod1", "eth0", "172.16.158.1", "169.254.1.1")
		require.True(t, ok)
		require.LessOrEqual(t, after, 810*time.Millisecond)
		seen[after], longest = true, max(longest, after)
	}
	require.Greater(t, longest, 400*time.Millisecond)
	require.Greater(t, len(seen), 5)
	ok, after := w.ask("pod1", "eth0", "172.16.158.1", "192.168.10.101")
	require.True(t, ok)
	require.Less(t, after, time.Millisecond, "no delay for an own address")
}

func TestFactsAboutNeighbours(t *testing.T) {
	tell(t, []fact{
		{name: "a cold ping: who learns whom how", script: `
			$ pod1: ping -c 1 172.16.184.1
			arp pod1:eth0
			  who-has 169.254.1.1 tell pod1
			  169.254.1.1 is-at ee:ee:ee:ee:ee:ee
			arp k8s-w1:ens5
			  who-has w2 tell w1
			  w2 is-at 02:00:c0:a8:0a:66
			arp pod3:eth0
			  who-has pod3 tell w2
			  pod3 is-at ca:00:ac:10:b8:01
			  who-has 169.254.1.1 tell pod3
			  169.254.1.1 is-at ee:ee:ee:ee:ee:ee
			neigh pod1 169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee REACHABLE
			neigh pod3 169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee REACHABLE
			neigh pod3 192.168.10.102 dev eth0 lladdr ee:ee:ee:ee:ee:ee STALE
			neigh k8s-w1 172.16.158.1 dev CALI1 lladdr ca:00:ac:10:9e:01 DELAY
			neigh k8s-w1 192.168.10.102 dev ens5 lladdr 02:00:c0:a8:0a:66 REACHABLE
			neigh k8s-w2 192.168.10.101 dev ens5 lladdr 02:00:c0:a8:0a:65 DELAY
			neigh k8s-w2 172.16.184.1 dev CALI3 lladdr ca:00:ac:10:b8:01 REACHABLE
			clear
			wait 5500ms
			arp k8s-w1:CALI1
			  who-has pod1 tell w1 (unicast)
			  pod1 is-at ca:00:ac:10:9e:01
			neigh k8s-w1 172.16.158.1 dev CALI1 lladdr ca:00:ac:10:9e:01 REACHABLE
			neigh k8s-w2 192.168.10.101 dev ens5 lladdr 02:00:c0:a8:0a:65 REACHABLE
			clear
			$ pod1: ping -c 1 172.16.184.1
			arp pod1:eth0
			arp k8s-w1:ens5
			arp pod3:eth0`},
		{name: "with the lower index tunl0 lends cali its address for ARP", with: []change{host("k8s-w2", func(h *simtest.Host) { slices.Reverse(h.Interfaces) })}, script: `
			$ pod1: ping -c 1 172.16.184.1
			exit 0
			arp pod3:eth0
			  who-has pod3 tell tun2
			  pod3 is-at ca:00:ac:10:b8:01
			  who-has 169.254.1.1 tell pod3
			  169.254.1.1 is-at ee:ee:ee:ee:ee:ee`},
		{name: "nobody answers: three broadcasts, then FAILED, and the next packet asks again", script: `
			$ k8s-w1: ping -c 1 192.168.10.77
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Host Unreachable
			arp k8s-w1:ens5
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1
			neigh k8s-w1 192.168.10.77 dev ens5 FAILED
			clear
			$ k8s-w1: ping -c 1 192.168.10.77
			arp k8s-w1:ens5
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1
			  who-has 192.168.10.77 tell w1`},
		{name: "all packets that waited are answered at the same moment", script: `
			$ pod1: ping -c 4 192.168.10.77
			prints +4 errors
			prints pipe 4
			prints icmp_seq=4 Destination Host Unreachable`},
	})
	t.Run("the packet shows on tunl0 before the node asks for its peer", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 172.16.184.1")
		tun, arp, outer := w.times("k8s-w1:tunl0", "request"), w.times("k8s-w1:ens5", "who-has"), w.times("k8s-w1:ens5", "request")
		require.LessOrEqual(t, tun[0], arp[0])
		require.Less(t, arp[0], outer[0])
		first := func(place string) int {
			return slices.IndexFunc(w.seen, func(o observed) bool { return o.place == place })
		}
		require.Less(t, first("k8s-w1:tunl0"), first("k8s-w1:ens5"))
	})
	t.Run("requests are a second apart", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 192.168.10.77")
		asked, told := w.times("k8s-w1:ens5", "who-has"), w.times("pod1:eth0", "unreachable 1")
		require.Len(t, asked, 3)
		for _, d := range []time.Duration{asked[1] - asked[0], asked[2] - asked[1], told[0] - asked[2]} {
			require.InDelta(t, 1.03, d.Seconds(), 0.07)
		}
	})
}
