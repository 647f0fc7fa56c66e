package sim_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
)

// iptables edits the rules of all nodes.
func iptables(old, new string) change {
	return func(c *kernelCase) {
		for i := range c.Topology.Hosts {
			h := &c.Topology.Hosts[i]
			for j := range h.IPTables {
				h.IPTables[j] = strings.ReplaceAll(h.IPTables[j], old, new)
			}
		}
	}
}

// echoIDs lists the ICMP ids of the echo requests seen at a place.
func (w *world) echoIDs(place string) []uint16 {
	var l []uint16
	for _, p := range w.packets(place) {
		if m := packet.ICMP(p.Payload()); p.Proto() == packet.ProtoICMP && m.Type() == packet.ICMPEcho {
			l = append(l, m.ID())
		}
	}
	return l
}

func TestFactsAboutNAT(t *testing.T) {
	tell(t, []fact{
		{name: "only the first packet passes the nat chains", script: `
			$ pod1: ping -c 3 -e 1234 8.8.8.8
			prints ttl=62
			nat k8s-w1 cali-nat-outgoing MASQUERADE 1 84
			nat k8s-w1 POSTROUTING policy 0 0
			nat k8s-w1 PREROUTING policy 1 84
			at k8s-w1:ens5
			  w1 > 8.8.8.8 ttl 63 DF len 84: request 1
			  8.8.8.8 > w1 ttl 63 len 84: reply 1
			  w1 > 8.8.8.8 ttl 63 DF len 84: request 2
			  8.8.8.8 > w1 ttl 63 len 84: reply 2
			  w1 > 8.8.8.8 ttl 63 DF len 84: request 3
			  8.8.8.8 > w1 ttl 63 len 84: reply 3
			conntrack k8s-w1 icmp 1 29 src=172.16.158.1 dst=8.8.8.8 type=8 code=0 id=1234 src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=
			conntrack k8s-w1 no type=0 code=0 id=1234`},
		{name: "another node's address is outside the pool, masqueraded", script: `
			$ pod1: ping -c 1 192.168.10.102
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 84: request 1
			  w2 > w1 ttl 64 len 84: reply 1`},
		{name: "the pod's own node is not", script: `
			$ pod1: ping -c 1 192.168.10.101
			prints ttl=64
			at pod1:eth0
			  pod1 > w1 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 len 84: reply 1`},
		{name: "natOutgoing off: the pod's address leaves, nothing comes back", with: []change{iptables("src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE", "src -m set ! --match-set cali40all-ipam-pools dst -j RETURN"), iptables("RETURN --random-fully", "RETURN")}, script: `
			$ pod1: ping -c 1 -W 1 8.8.8.8
			exit 1
			at k8s-w1:ens5
			  pod1 > 8.8.8.8 ttl 63 DF len 84: request 1
			at internet:eth0
			  pod1 > 8.8.8.8 ttl 62 DF len 84: request 1`},
	})
	t.Run("IP identification and DF are kept", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 8.8.8.8")
		in, out := w.packets("pod1:eth0"), w.packets("internet:eth0")
		require.Equal(t, in[0].ID(), out[0].ID())
		require.True(t, out[0].DF())
	})
	t.Run("--random-fully: one id per connection, another on the wire, the same again within 30 s", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script(`
			$ pod1: ping -c 3 -e 1234 8.8.8.8
			wait 20s
			$ pod1: ping -c 1 -e 1234 8.8.8.8`)
		ids := w.echoIDs("k8s-w1:ens5")
		require.NotEqual(t, uint16(1234), ids[0])
		require.Equal(t, []uint16{ids[0], ids[0], ids[0], ids[0]}, ids)
		w.script(`
			clear
			wait 31s
			$ pod1: ping -c 1 -e 1234 8.8.8.8`)
		require.NotEqual(t, ids[0], w.echoIDs("k8s-w1:ens5")[0])
	})
	t.Run("two pods with the same id both get their answers", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script(`
			$ pod1: ping -c 1 -e 1234 8.8.8.8
			exit 0
			$ pod2: ping -c 1 -e 1234 8.8.8.8
			exit 0`)
		ids := w.echoIDs("k8s-w1:ens5")
		require.NotEqual(t, ids[0], ids[1])
	})
	t.Run("without --random-fully the id is kept unless it is taken", func(t *testing.T) {
		w := newWorld(t, baseCase, iptables(" --random-fully", ""))
		w.script(`
			$ pod1: ping -c 1 -e 1234 8.8.8.8
			exit 0
			$ pod2: ping -c 1 -e 1234 8.8.8.8
			exit 0`)
		ids := w.echoIDs("k8s-w1:ens5")
		require.Equal(t, uint16(1234), ids[0])
		require.NotEqual(t, uint16(1234), ids[1])
	})
}

func TestFactsAboutReversePaths(t *testing.T) {
	tell(t, []fact{
		{name: "strict: a foreign source ends behind cali, silently", script: `
			$ pod1: ping -c 1 172.16.158.2
			$ pod1: ip addr add 10.1.2.3/32 dev lo
			clear
			$ pod1: ping -c 1 -W 1 -I 10.1.2.3 172.16.158.2
			exit 1
			at pod1:eth0
			  10.1.2.3 > pod2 ttl 64 DF len 84: request 1
			at k8s-w1:CALI1
			  10.1.2.3 > pod2 ttl 64 DF len 84: request 1
			at k8s-w1:CALI2
			snmp k8s-w1 IPReversePathFilter=1`},
		{name: "so does another pod's address", script: `
			$ pod1: ping -c 1 172.16.184.1
			$ pod1: ip addr add 172.16.158.2/32 dev lo
			clear
			$ pod1: ping -c 1 -W 1 -I 172.16.158.2 172.16.184.1
			exit 1
			at k8s-w1:CALI1
			  pod2 > pod3 ttl 64 DF len 84: request 1
			at k8s-w1:tunl0
			snmp k8s-w1 IPReversePathFilter=1`},
		{name: "cold it does not come that far", script: `
			$ pod1: ip addr add 10.1.2.3/32 dev lo
			$ pod1: ping -c 1 -I 10.1.2.3 172.16.158.2
			exit 1
			prints From 10.1.2.3 icmp_seq=1 Destination Host Unreachable
			at k8s-w1:CALI1
			arp pod1:eth0
			  who-has 169.254.1.1 tell 10.1.2.3
			  who-has 169.254.1.1 tell 10.1.2.3
			  who-has 169.254.1.1 tell 10.1.2.3`},
		{name: "off: the reply to a foreign source leaves by the default route, not masqueraded", script: `
			$ k8s-w1: sysctl -w net.ipv4.conf.CALI1.rp_filter=0
			$ pod1: ip addr add 10.1.2.3/32 dev lo
			$ pod1: ping -c 1 -W 1 -I 10.1.2.3 172.16.158.2
			exit 1
			at k8s-w1:CALI2
			  10.1.2.3 > pod2 ttl 63 DF len 84: request 1
			  pod2 > 10.1.2.3 ttl 64 len 84: reply 1
			at k8s-w1:ens5
			  pod2 > 10.1.2.3 ttl 63 len 84: reply 1`},
		{name: "all.rp_filter=1 does not harm the tunnel", script: `
			$ k8s-w1: sysctl -w net.ipv4.conf.all.rp_filter=1
			$ k8s-w2: sysctl -w net.ipv4.conf.all.rp_filter=1
			$ pod1: ping -c 1 172.16.184.1
			exit 0`},
		{name: "but drops what was decapsulated when the way back is not by the tunnel", script: `
			$ k8s-w2: sysctl -w net.ipv4.conf.all.rp_filter=1
			$ k8s-w2: ip route replace 172.16.158.0/26 via 192.168.10.101 dev ens5
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			at k8s-w2:CALI3
			snmp k8s-w2 IPReversePathFilter=1`},
	})
}

func TestFactsAboutTOSAndOptions(t *testing.T) {
	tos := func(value, outer int) fact {
		o := ""
		if outer != 0 {
			o = fmt.Sprintf(" tos %02x", outer)
		}
		return fact{name: fmt.Sprintf("TOS %#02x inside, %#02x outside", value, outer), script: fmt.Sprintf(`
			$ pod1: ping -c 1 -Q %d 172.16.184.1
			at k8s-w1:ens5
			  w1 > w2 ttl 63%[3]s DF len 104 (pod1 > pod3 ttl 63 tos %02[2]x DF len 84: request 1)
			  w2 > w1 ttl 63%[3]s len 104 (pod3 > pod1 ttl 63 tos %02[2]x len 84: reply 1)
			at pod3:eth0
			  pod1 > pod3 ttl 62 tos %02[2]x DF len 84: request 1
			  pod3 > pod1 ttl 64 tos %02[2]x len 84: reply 1`, value, value, o)}
	}
	mark := "$ k8s-w1: iptables -t mangle -A POSTROUTING -o ens5 -j TOS --set-tos 0x03/0x03\n"
	tell(t, []fact{
		tos(0xb8, 0), tos(0x01, 1), tos(0x02, 2), tos(0x03, 2), tos(0xbb, 2),
		{name: "ICMP errors have precedence 0xc0 and keep the rest", script: `
			$ pod1: ping -c 1 -t 2 -Q 0xb8 172.16.184.1
			at k8s-w2:ens5
			  w1 > w2 ttl 1 DF len 104 (pod1 > pod3 ttl 1 tos b8 DF len 84: request 1)
			  w2 > w1 ttl 64 len 132 (tun2 > pod1 ttl 64 tos d8 len 112: time exceeded (pod1 > pod3 ttl 1 tos b8 DF len 84: request 1))`},
		{name: "CE outside makes ECT(0) inside CE", script: mark + `
			$ pod1: ping -c 1 -Q 2 172.16.184.1
			at k8s-w2:ens5
			  w1 > w2 ttl 63 tos 03 DF len 104 (pod1 > pod3 ttl 63 tos 02 DF len 84: request 1)
			  w2 > w1 ttl 63 tos 02 len 104 (pod3 > pod1 ttl 63 tos 03 len 84: reply 1)
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 tos 03 DF len 84: request 1
			  pod3 > pod1 ttl 63 tos 03 len 84: reply 1`},
		{name: "CE outside with no ECN inside is dropped before tunl0 shows it", script: mark + `
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w2:tunl0
			link k8s-w2 tunl0 rx 0 0 1 0`},
		{name: "record route: each node's address on the way out, the target twice", script: `
			$ pod1: ping -c 1 -R 172.16.184.1
			prints 56(124) bytes of data
			prints 172.16.158.1
			prints 172.16.158.0
			prints 192.168.10.102
			prints 172.16.184.0
			prints 192.168.10.101
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 144 (pod1 > pod3 ttl 63 DF len 124: request 1)
			  w2 > w1 ttl 63 len 144 (pod3 > pod1 ttl 63 len 124: reply 1)`},
		{name: "record route to the own node, and on it", script: `
			$ pod1: ping -c 1 -R 192.168.10.101
			prints 172.16.158.1\n192.168.10.101\n192.168.10.101\n172.16.158.1\n
			$ pod1: ping -c 1 -R 172.16.158.2
			prints 172.16.158.1\n192.168.10.101\n172.16.158.2\n172.16.158.2\n192.168.10.101\n172.16.158.1\n
			$ pod1: ping -c 1 -T tsandaddr 172.16.158.2
			prints \n192.168.10.101 0\n172.16.158.2 0\n172.16.158.2 0\nUnrecorded hops: 2\n`},
		{name: "MASQUERADE leaves the pod's address in the option", script: `
			$ pod1: ping -c 1 -R 8.8.8.8
			exit 0
			prints 172.16.158.1`},
		{name: "timestamps with addresses likewise", script: `
			$ pod1: ping -c 1 -T tsandaddr 172.16.184.1
			prints 56(124) bytes of data
			prints 172.16.158.1`},
	})
	t.Run("the recorded hops", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ pod1: ping -c 1 -R 172.16.184.1")
		p := w.packets("pod1:eth0")
		var hops []string
		o := p[1].Options()
		require.Equal(t, byte(7), o[0], "the reply's option comes first, its padding last")
		require.Equal(t, byte(1), p[0].Options()[0], "the request's padding comes first")
		require.Zero(t, o[39])
		for i := 3; i < int(o[2])-1; i += 4 {
			hops = append(hops, who(netip.AddrFrom4([4]byte(o[i:i+4]))))
		}
		require.Equal(t, []string{"pod1", "tun1", "w2", "pod3", "pod3", "tun2", "w1"}, hops)
	})
}

func TestFactsAboutSpecialDestinations(t *testing.T) {
	tell(t, []fact{
		{name: "127.0.0.1, the own address and 0.0.0.0 go over lo", script: `
			$ pod1: ping -c 1 127.0.0.1
			prints ttl=64
			$ pod1: ping -c 1 172.16.158.1
			prints ttl=64
			$ pod1: ping -c 1 0.0.0.0
			prints PING 0.0.0.0 (127.0.0.1)
			exit 0
			at pod1:eth0
			at pod1:lo
			  127.0.0.1 > 127.0.0.1 ttl 64 DF len 84: request 1
			  127.0.0.1 > 127.0.0.1 ttl 64 len 84: reply 1
			  pod1 > pod1 ttl 64 DF len 84: request 1
			  pod1 > pod1 ttl 64 len 84: reply 1
			  127.0.0.1 > 127.0.0.1 ttl 64 DF len 84: request 1
			  127.0.0.1 > 127.0.0.1 ttl 64 len 84: reply 1`},
		{name: "a broadcast address without -b", script: `
			$ k8s-w1: ping -c 1 192.168.10.255
			exit 2
			prints ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules`},
		{name: "with -b nobody answers", script: `
			$ k8s-w1: ping -c 1 -W 1 -b 192.168.10.255
			exit 1
			prints WARNING: pinging broadcast address
			arp k8s-w1:ens5
			at k8s-w1:ens5
			  w1 > 192.168.10.255 ttl 64 DF id 0 len 84: request 1
			at k8s-w2:ens5
			  w1 > 192.168.10.255 ttl 64 DF id 0 len 84: request 1`},
		{name: "when they do, from their own addresses, and without DUP!", script: `
			$ k8s-w2: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ router: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ k8s-w1: ping -c 2 -i 1 -b 192.168.10.255
			exit 0
			prints from 192.168.10.102: icmp_seq=1
			prints from 192.168.10.1: icmp_seq=1
			prints no DUP!
			prints duplicates`},
		{name: "the sender hears itself too, also one that tracks connections", script: `
			$ k8s-w1: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ k8s-w1: ping -c 1 -W 1 -b 192.168.10.255
			exit 0
			prints from 192.168.10.101: icmp_seq=1 ttl=64
			$ k8s-w1: ping -c 1 -W 1 224.0.0.1
			exit 0
			prints from 192.168.10.101: icmp_seq=1 ttl=64
			nat k8s-w1 POSTROUTING policy 2 168`},
		{name: "from a pod it is no broadcast; the node drops it", script: `
			$ pod1: ping -c 1 -W 1 192.168.10.255
			exit 1
			at pod1:eth0
			  pod1 > 192.168.10.255 ttl 64 DF len 84: request 1
			at k8s-w1:ens5`},
		{name: "unless it answers broadcasts, then from its own address", script: `
			$ k8s-w1: sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0
			$ pod1: ping -c 1 192.168.10.255
			prints 64 bytes from 192.168.10.101: icmp_seq=1 ttl=64
			prints (DIFFERENT ADDRESS!)`},
		{name: "multicast: TTL 1, no ARP", script: `
			$ pod1: ping -c 1 -W 1 224.0.0.1
			exit 1
			at pod1:eth0
			  pod1 > 224.0.0.1 ttl 1 DF id 0 len 84: request 1
			arp pod1:eth0`},
	})
	t.Run("the MAC of 224.0.0.1", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ k8s-w1: ping -c 1 -W 1 224.0.0.1")
		i := slices.IndexFunc(w.seen, func(o observed) bool { return o.place == "k8s-w1:ens5" })
		require.GreaterOrEqual(t, i, 0)
		require.Equal(t, packet.MAC{1, 0, 0x5e, 0, 0, 1}, packet.Ethernet(w.seen[i].frame).Dst())
	})
}
