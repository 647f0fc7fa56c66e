package sim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
	"hoplab/packet/tcpdump"
	"hoplab/sim/simtest"
)

func TestFactsAboutTTL(t *testing.T) {
	tell(t, []fact{
		{name: "each node that forwards takes one, tunnels take none", script: `
			$ pod1: ping -c 1 172.16.184.1
			prints ttl=62
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF len 84: request 1
			  pod3 > pod1 ttl 62 len 84: reply 1
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > pod1 ttl 63 len 84: reply 1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > pod1 ttl 63 len 84: reply 1
			at pod3:eth0
			  pod1 > pod3 ttl 62 DF len 84: request 1
			  pod3 > pod1 ttl 64 len 84: reply 1`},
		{name: "pods of one node are one hop apart", script: `
			$ pod1: ping -c 1 172.16.158.2
			prints ttl=63
			at pod2:eth0
			  pod1 > pod2 ttl 63 DF len 84: request 1
			  pod2 > pod1 ttl 64 len 84: reply 1`},
		{name: "the outer header inherits 64 when the node itself is the source", script: `
			$ k8s-w1: ping -c 1 172.16.184.1
			prints ttl=63
			at k8s-w1:ens5
			  w1 > w2 ttl 64 DF len 104 (tun1 > pod3 ttl 64 DF len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > tun1 ttl 63 len 84: reply 1)`},
		{name: "with 1 the first node answers, before it looks at the tunnel", script: `
			$ pod1: ping -c 1 -t 1 172.16.184.1
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Time to live exceeded
			at pod1:eth0
			  pod1 > pod3 ttl 1 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: time exceeded (pod1 > pod3 ttl 1 DF len 84: request 1)
			at k8s-w1:tunl0
			at k8s-w1:ens5`},
		{name: "with 2 the far node answers by the tunnel", script: `
			$ pod1: ping -c 1 -t 2 172.16.184.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded
			at k8s-w2:ens5
			  w1 > w2 ttl 1 DF len 104 (pod1 > pod3 ttl 1 DF len 84: request 1)
			  w2 > w1 ttl 64 len 132 (tun2 > pod1 ttl 64 tos c0 len 112: time exceeded (pod1 > pod3 ttl 1 DF len 84: request 1))`},
		{name: "with 3 it arrives", script: `
			$ pod1: ping -c 1 -t 3 172.16.184.1
			exit 0
			at pod3:eth0
			  pod1 > pod3 ttl 1 DF len 84: request 1
			  pod3 > pod1 ttl 64 len 84: reply 1`},
		{name: "with 2 to the internet the router's answer is translated back, what it quotes too", script: `
			$ pod1: ping -c 1 -t 2 8.8.8.8
			prints From 192.168.10.1 icmp_seq=1 Time to live exceeded
			at pod1:eth0
			  pod1 > 8.8.8.8 ttl 2 DF len 84: request 1
			  router > pod1 ttl 63 tos c0 len 112: time exceeded (pod1 > 8.8.8.8 ttl 1 DF len 84: request 1)`},
		{name: "from the node 1 reaches the far node, not its pod", script: `
			$ k8s-w1: ping -c 1 -t 1 172.16.184.0
			exit 0
			$ k8s-w1: ping -c 1 -t 1 172.16.184.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded`},
	})
}

func TestFactsAboutIPIP(t *testing.T) {
	tell(t, []fact{
		{name: "what the tools count after three pings", script: `
			$ pod1: ping -c 3 172.16.184.1
			link pod1 eth0 rx 336 4 0 0 0 0 tx 336 4
			link k8s-w1 CALI1 rx 336 4 0 0 0 0 tx 336 4
			link k8s-w1 tunl0 rx 252 3 0 0 0 0 tx 252 3
			link k8s-w1 ens5 rx 396 4 0 0 0 0 tx 396 4
			snmp k8s-w1 Ip InReceives=9 ForwDatagrams=6 InDelivers=3 OutRequests=9
			snmp k8s-w2 Ip InReceives=9 ForwDatagrams=6 InDelivers=3 OutRequests=9
			conntrack k8s-w1 unknown 4 599 src=192.168.10.101 dst=192.168.10.102 src=192.168.10.102 dst=192.168.10.101 mark=0
			conntrack k8s-w2 unknown 4 599 src=192.168.10.101 dst=192.168.10.102 src=192.168.10.102 dst=192.168.10.101 mark=0
			conntrack k8s-w1 icmp 1 29 src=172.16.158.1 dst=172.16.184.1 type=8 code=0
			conntrack k8s-w2 icmp 1 29 src=172.16.158.1 dst=172.16.184.1 type=8 code=0
			nat k8s-w1 OUTPUT policy 1 104
			nat k8s-w1 POSTROUTING policy 2 188
			nat k8s-w1 PREROUTING policy 1 84
			nat k8s-w2 OUTPUT policy 0 0`},
		{name: "every packet into the tunnel leaves a cached MTU", script: `
			$ pod1: ping -c 1 172.16.184.1
			cache k8s-w1 172.16.184.1 via 192.168.10.102 dev tunl0 cache expires 599sec mtu 1480
			cache k8s-w2 172.16.158.1 via 192.168.10.101 dev tunl0 cache expires 599sec mtu 1480
			cache pod1
			wait 200s
			cache k8s-w1 expires 399sec
			wait 401s
			cache k8s-w1`},
		{name: "the node uses the tunnel's address to a remote pod", script: `
			$ k8s-w1: ping -c 1 172.16.184.1
			at pod3:eth0
			  tun1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > tun1 ttl 64 len 84: reply 1`},
		{name: "and ens5's to its own pod", script: `
			$ k8s-w1: ping -c 1 172.16.158.1
			at pod1:eth0
			  w1 > pod1 ttl 64 DF len 84: request 1
			  pod1 > w1 ttl 64 len 84: reply 1`},
		{name: "ens5's address into the tunnel is masqueraded to the tunnel's", script: `
			$ k8s-w1: ping -c 1 -e 77 -I 192.168.10.101 172.16.184.1
			exit 0
			prints from 192.168.10.101 : 56(84)
			at k8s-w1:tunl0
			  tun1 > pod3 ttl 64 DF len 84: request 1
			  pod3 > tun1 ttl 63 len 84: reply 1
			conntrack k8s-w1 src=192.168.10.101 dst=172.16.184.1 type=8 code=0 id=77 src=172.16.184.1 dst=172.16.158.0 type=0 code=0
			conntrack k8s-w1 no dst=172.16.158.0 type=0 code=0 id=77
			nat k8s-w1 cali-POSTROUTING MASQUERADE 1 84`},
		{name: "the addresses of tunl0 answer", script: `
			$ pod1: ping -c 1 172.16.158.0
			prints ttl=64
			$ pod1: ping -c 1 172.16.184.0
			prints ttl=63
			at k8s-w1:tunl0
			  pod1 > tun2 ttl 63 DF len 84: request 1
			  tun2 > pod1 ttl 64 len 84: reply 1`},
		{name: "a lost reply leaves the outer packets unreplied", script: `
			$ k8s-w2: ip route del 172.16.158.0/26
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			conntrack k8s-w1 unknown 4 598 src=192.168.10.101 dst=192.168.10.102 [UNREPLIED]`},
	})
	t.Run("outer identifications count up by one within a jiffy", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script(`
			$ pod1: ping -c 1 172.16.184.1
			clear
			$ pod1: ping -c 5 -l 5 172.16.184.1`)
		var outer []uint16
		for _, p := range w.packets("k8s-w1:ens5") {
			if who(p.Src()) == "w1" {
				outer = append(outer, p.ID())
			}
		}
		require.Len(t, outer, 5)
		for i := range 4 {
			require.Equal(t, outer[i]+1, outer[i+1])
		}
	})
	t.Run("captures on tunl0 have no link header", func(t *testing.T) {
		w := newWorld(t, baseCase)
		c, err := w.lab.Capture("k8s-w1", "tunl0")
		require.NoError(t, err)
		defer c.Stop()
		require.Equal(t, pcap.LinkRaw, c.LinkType)
		w.script("$ pod1: ping -c 1 172.16.184.1")
		line := tcpdump.AppendLine(nil, c.LinkType, c.Frames[0].Data, tcpdump.Options{})
		require.Contains(t, string(line), "IP 172.16.158.1 > 172.16.184.1: ICMP echo request")
	})
}

func TestFactsAboutWhatPingSends(t *testing.T) {
	tell(t, []fact{
		{name: "-M do: DF and no identification", script: `
			$ pod1: ping -c 1 -M do 172.16.184.1
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF id 0 len 84: request 1
			  pod3 > pod1 ttl 62 len 84: reply 1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF id 0 len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)`},
		{name: "-M dont: no DF", script: `
			$ pod1: ping -c 1 -M dont 172.16.184.1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 len 104 (pod1 > pod3 ttl 63 len 84: request 1)
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)`},
		{name: "no room for a time, no time", script: `
			$ pod1: ping -c 1 -s 15 172.16.184.1
			prints 15(43) bytes of data
			prints no time=
			prints no rtt
			$ pod1: ping -c 1 -s 0 172.16.184.1
			prints 0(28) bytes of data
			prints no time=
			$ pod1: ping -c 1 -s 16 172.16.184.1
			prints time=
			prints rtt`},
	})
	t.Run("fragments share an identification", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 -s 4000 172.16.158.2")
		p := w.packets("pod1:eth0")
		require.Len(t, p, 6)
		require.NotZero(t, p[0].ID())
		require.Equal(t, p[0].ID(), p[1].ID())
		require.Equal(t, p[0].ID(), p[2].ID())
		require.False(t, p[0].DF())
	})
	t.Run("identifications a second apart take random steps", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 10 172.16.158.2")
		steps := map[uint16]bool{}
		var last uint16
		for i, p := range w.packets("pod2:eth0") {
			if who(p.Src()) != "pod1" {
				continue
			}
			if i > 0 {
				steps[p.ID()-last] = true
				require.LessOrEqual(t, p.ID()-last, uint16(106))
			}
			last = p.ID()
		}
		require.Greater(t, len(steps), 4)
	})
}

// uplink sets the MTU of the wire between the router and the internet.
func uplink(n int) []change {
	return []change{mtu("up0", n), host("internet", func(h *simtest.Host) { h.Interfaces[0].MTU = n })}
}

func TestFactsAboutFragmentsAndPathMTU(t *testing.T) {
	jumbo := []change{mtu("ens5", 9001), mtu("tunl0", 8981), mtu("pods", 8981)}
	tell(t, []fact{
		{name: "the pod cuts, each fragment gets an outer header of its own", script: `
			$ pod1: ping -c 1 -s 2000 172.16.184.1
			exit 0
			at pod1:eth0
			  pod1 > pod3 ttl 64 len 1476 frag 0+: request 1
			  pod1 > pod3 ttl 64 len 572 frag 1456
			  pod3 > pod1 ttl 62 len 1476 frag 0+: reply 1
			  pod3 > pod1 ttl 62 len 572 frag 1456
			at k8s-w1:ens5
			  w1 > w2 ttl 63 len 1496 (pod1 > pod3 ttl 63 len 1476 frag 0+: request 1)
			  w1 > w2 ttl 63 len 592 (pod1 > pod3 ttl 63 len 572 frag 1456)
			  w2 > w1 ttl 63 len 1496 (pod3 > pod1 ttl 63 len 1476 frag 0+: reply 1)
			  w2 > w1 ttl 63 len 592 (pod3 > pod1 ttl 63 len 572 frag 1456)
			snmp k8s-w1 ReasmReqds=4 ReasmOKs=2 FragOKs=2 FragCreates=4`},
		{name: "fragments made again are never larger than the largest that came", with: []change{mtu("pods", 1500)}, script: `
			$ pod1: ping -c 1 -s 2000 172.16.184.1
			at pod1:eth0
			  pod1 > pod3 ttl 64 len 1500 frag 0+: request 1
			  pod1 > pod3 ttl 64 len 548 frag 1480
			  pod3 > pod1 ttl 62 len 1476 frag 0+: reply 1
			  pod3 > pod1 ttl 62 len 572 frag 1456
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 len 1476 frag 0+: request 1
			  pod1 > pod3 ttl 63 len 572 frag 1456
			  pod3 > pod1 ttl 63 len 1476 frag 0+: reply 1
			  pod3 > pod1 ttl 63 len 572 frag 1456
			at pod3:eth0
			  pod1 > pod3 ttl 62 len 1476 frag 0+: request 1
			  pod1 > pod3 ttl 62 len 572 frag 1456
			  pod3 > pod1 ttl 64 len 1500 frag 0+: reply 1
			  pod3 > pod1 ttl 64 len 548 frag 1480`},
		{name: "without DF the outer packet is cut where ens5 is smaller, and whole again before decapsulation", with: []change{mtu("ens5", 1400)}, script: `
			$ pod1: ping -c 1 -M dont -s 1452 172.16.184.1
			exit 0
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 len 1480: request 1
			  pod3 > pod1 ttl 63 len 1480: reply 1
			at k8s-w1:ens5
			  w1 > w2 ttl 63 len 1396 frag 0+ (pod1 > pod3 ttl 63 len 1480: request 1)
			  w1 > w2 ttl 63 len 124 frag 1376
			  w2 > w1 ttl 63 len 1396 frag 0+ (pod3 > pod1 ttl 63 len 1480: reply 1)
			  w2 > w1 ttl 63 len 124 frag 1376
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 len 1480: request 1
			  pod3 > pod1 ttl 63 len 1480: reply 1
			snmp k8s-w2 ReasmReqds=2 ReasmOKs=1 FragOKs=1 FragCreates=2`},
		{name: "with DF, too large for tunl0: answered before the tunnel, quoted as received", with: []change{mtu("pods", 1500)}, script: `
			$ pod1: ping -c 2 -M do -s 1453 172.16.184.1
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Frag needed and DF set (mtu = 1480)
			prints local error: message too long, mtu=1480
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF id 0 len 1481: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: unreachable 4 mtu 1480 (pod1 > pod3 ttl 64 DF id 0 len 1481: request 1)
			at k8s-w1:tunl0
			cache pod1 172.16.184.1 via 169.254.1.1 dev eth0 cache expires 597sec mtu 1480
			cache k8s-w1`},
		{name: "ping's own mode: the first is lost, the next goes in fragments without DF", with: []change{mtu("pods", 1500)}, script: `
			$ pod1: ping -c 3 -W 1 -s 1472 172.16.184.1
			exit 0
			prints icmp_seq=1 Frag needed and DF set (mtu = 1480)
			prints 3 packets transmitted, 2 received, +1 errors, 33.3333% packet loss`},
		{name: "with DF, fits tunl0 but not ens5: seen on tunl0, quoted after the decrement, cached by the node", with: []change{mtu("ens5", 1400)}, script: `
			$ pod1: ping -c 2 -W 1 -M do -s 1452 172.16.184.1
			prints From 192.168.10.101 icmp_seq=1 Frag needed and DF set (mtu = 1380)
			prints local error: message too long, mtu=1380
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 DF id 0 len 1480: request 1
			at k8s-w1:ens5
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF id 0 len 1480: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: unreachable 4 mtu 1380 (pod1 > pod3 ttl 63 DF id 0 len 1480: request 1)
			cache k8s-w1 172.16.184.1 via 192.168.10.102 dev tunl0 cache expires 597sec mtu 1380
			cache pod1 mtu 1380`},
		{name: "with DF, larger than the pod's own MTU: nothing on the wire, nothing cached", script: `
			$ pod1: ping -c 2 -M do -s 1453 172.16.184.1
			exit 1
			prints local error: message too long, mtu=1480
			at pod1:eth0
			arp pod1:eth0
			cache pod1`},
		{name: "1452 bytes fit with DF", script: `
			$ pod1: ping -c 1 -M do -s 1452 172.16.184.1
			exit 0
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 1500 (pod1 > pod3 ttl 63 DF id 0 len 1480: request 1)
			  w2 > w1 ttl 63 len 1500 (pod3 > pod1 ttl 63 len 1480: reply 1)`},
		{name: "8953 with jumbo frames", with: jumbo, script: `
			$ pod1: ping -c 1 -M do -s 8953 172.16.184.1
			exit 0
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 9001 (pod1 > pod3 ttl 63 DF id 0 len 8981: request 1)
			  w2 > w1 ttl 63 len 9001 (pod3 > pod1 ttl 63 len 8981: reply 1)
			$ pod1: ping -c 1 -M do -s 8954 172.16.184.1
			prints message too long, mtu=8981`},
		{name: "frag-needed from beyond MASQUERADE is translated back, and cached by the pod alone", with: append(uplink(1400), mtu("pods", 1500)), script: `
			$ pod1: ping -c 2 -W 1 -M do -s 1472 8.8.8.8
			prints From 192.168.10.1 icmp_seq=1 Frag needed and DF set (mtu = 1400)
			prints local error: message too long, mtu=1400
			at pod1:eth0
			  pod1 > 8.8.8.8 ttl 64 DF id 0 len 1500: request 1
			  router > pod1 ttl 63 tos c0 len 576: unreachable 4 mtu 1400 (pod1 > 8.8.8.8 ttl 63 DF id 0 len 1500: request 1)
			cache pod1 8.8.8.8 via 169.254.1.1 dev eth0 cache expires 597sec mtu 1400
			cache k8s-w1`},
	})
	t.Run("outer identifications of fragments differ", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 -s 2000 172.16.184.1")
		p := w.packets("k8s-w1:ens5")
		require.NotEqual(t, p[0].ID(), p[1].ID())
		require.False(t, p[0].DF())
		in := w.packets("k8s-w1:tunl0")
		require.Equal(t, in[0].ID(), in[1].ID())
	})
}

func TestFactsAboutCrossSubnet(t *testing.T) {
	people := func(s string) string {
		return strings.NewReplacer("POD4", "172.16.34.1", "W0", "192.168.20.100", "TUN0", "172.16.34.0").Replace(s)
	}
	far := mtu("eth1", 1400)
	for _, f := range []fact{
		{name: "the router takes one from the outer header", script: `
			$ pod1: ping -c 1 POD4
			prints ttl=62
			at router:eth0
			  w1 > W0 ttl 63 DF len 104 (pod1 > POD4 ttl 63 DF len 84: request 1)
			  W0 > w1 ttl 62 len 104 (POD4 > pod1 ttl 63 len 84: reply 1)
			at router:eth1
			  w1 > W0 ttl 62 DF len 104 (pod1 > POD4 ttl 63 DF len 84: request 1)
			  W0 > w1 ttl 63 len 104 (POD4 > pod1 ttl 63 len 84: reply 1)
			at k8s-w0:tunl0
			  pod1 > POD4 ttl 63 DF len 84: request 1
			  POD4 > pod1 ttl 63 len 84: reply 1
			at pod4:eth0
			  pod1 > POD4 ttl 62 DF len 84: request 1
			  POD4 > pod1 ttl 64 len 84: reply 1`},
		{name: "with 2 it dies at the router in the outer header, and the pod is not told", script: `
			$ pod1: ping -c 1 -W 1 -t 2 POD4
			exit 1
			prints no From
			at k8s-w1:ens5
			  w1 > W0 ttl 1 DF len 104 (pod1 > POD4 ttl 1 DF len 84: request 1)
			  router > w1 ttl 64 tos c0 len 132: time exceeded (w1 > W0 ttl 1 DF len 104 (pod1 > POD4 ttl 1 DF len 84: request 1))
			at pod1:eth0
			  pod1 > POD4 ttl 2 DF len 84: request 1
			$ pod1: ping -c 1 -t 3 POD4
			exit 0`},
		{name: "frag-needed for the outer packet: the first is lost, the node answers for the next", with: []change{far}, script: `
			$ pod1: ping -c 2 -W 1 -M do -s 1452 POD4
			exit 1
			prints no icmp_seq=1
			prints From 192.168.10.101 icmp_seq=2 Frag needed and DF set (mtu = 1380)
			cache k8s-w1 192.168.20.100 via 192.168.10.1 dev ens5 cache expires 597sec mtu 1400
			at k8s-w1:ens5
			  w1 > W0 ttl 63 DF len 1500 (pod1 > POD4 ttl 63 DF id 0 len 1480: request 1)
			  router > w1 ttl 64 tos c0 len 576: unreachable 4 mtu 1400 (w1 > W0 ttl 63 DF len 1500 (pod1 > POD4 ttl 63 DF id 0 len 1480: request 1))`},
		{name: "same subnet: no tunnel", script: `
			$ pod1: ping -c 1 172.16.184.1
			prints ttl=62
			at k8s-w1:tunl0
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > pod1 ttl 63 len 84: reply 1
			arp k8s-w1:ens5
			  who-has w2 tell w1
			  w2 is-at 02:00:c0:a8:0a:66
			route k8s-w1 172.16.184.0/26 via 192.168.10.102 dev ens5 proto bird
			route k8s-w1 no dev ens5 proto bird onlink`},
		{name: "same subnet: the node's own source is ens5's address", script: `
			$ k8s-w1: ping -c 1 172.16.184.1
			at pod3:eth0
			  w1 > pod3 ttl 63 DF len 84: request 1
			  pod3 > w1 ttl 64 len 84: reply 1`},
	} {
		t.Run(f.name, func(t *testing.T) { newWorld(t, "crosssubnet-other-subnet", f.with...).script(people(f.script)) })
	}
}
