package sim_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/fib"
)

func TestFactsAboutICMPErrors(t *testing.T) {
	tell(t, []fact{
		{name: "they quote so much that they measure 576 bytes", script: `
			$ pod1: ping -c 1 -t 1 -s 1000 172.16.184.1
			at pod1:eth0
			  pod1 > pod3 ttl 1 DF len 1028: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: time exceeded (pod1 > pod3 ttl 1 DF len 1028: request 1)
			$ pod1: ping -c 1 -t 1 -s 521 172.16.184.1
			at k8s-w1:CALI1
			  pod1 > pod3 ttl 1 DF len 1028: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: time exceeded (pod1 > pod3 ttl 1 DF len 1028: request 1)
			  pod1 > pod3 ttl 1 DF len 549: request 1
			  w1 > pod1 ttl 64 tos c0 len 576: time exceeded (pod1 > pod3 ttl 1 DF len 549: request 1)`},
		{name: "host unreachable comes after forwarding and quotes 63", script: `
			$ pod1: ping -c 1 192.168.10.77
			at pod1:eth0
			  pod1 > 192.168.10.77 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 1 (pod1 > 192.168.10.77 ttl 63 DF len 84: request 1)`},
		{name: "six at once, then one a second", script: `
			$ pod1: ping -c 20 -i 0.05 -W 1 -t 1 172.16.158.2
			prints icmp_seq=6 Time
			prints no icmp_seq=7 Time
			prints +7 errors
			snmp k8s-w1 OutMsgs=7 OutRateLimitHost=13 OutTimeExcds=7`},
		{name: "a route that refuses asks two limits, so that the answers run out", script: `
			$ k8s-w1: ip route add unreachable 1.1.1.1
			$ pod1: ping -c 7 -W 1 1.1.1.1
			prints icmp_seq=4 Destination Host Unreachable
			prints +4 errors
			clear
			$ pod2: ping -c 8 -i 0.2 -W 1 1.1.1.1
			prints +2 errors`},
		{name: "the limit is per target", script: `
			$ pod1: ping -c 10 -i 0.01 -W 1 -t 1 172.16.184.1
			prints +6 errors
			$ pod2: ping -c 10 -i 0.01 -W 1 -t 1 172.16.184.1
			prints +6 errors`},
		{name: "and a namespace has a limit for all targets together", script: `
			$ k8s-w1: sysctl -w net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=20 net.ipv4.icmp_msgs_burst=2
			$ pod1: ping -c 20 -i 0.01 -W 1 -t 1 172.16.158.2
			snmp k8s-w1 OutRateLimitGlobal=
			snmp k8s-w1 no OutRateLimitHost
			$ pod3: ping -c 6 -i 0.01 -W 1 -t 1 172.16.158.2
			prints +6 errors`},
		{name: "replies are not limited", script: `
			$ pod1: ping -c 30 -i 0.01 192.168.10.101
			prints 30 received, 0% packet loss`},
	})
}

func TestFactsAboutNobodyThere(t *testing.T) {
	tell(t, []fact{
		{name: "a blackhole is silent for others, an error for the node itself", script: `
			$ pod1: ping -c 1 -W 1 172.16.158.9
			exit 1
			prints no From
			snmp k8s-w1 Ip InReceives=1
			snmp k8s-w1 no OutRequests
			$ k8s-w1: ping -c 1 172.16.158.9
			exit 2
			prints ping: connect: Invalid argument`},
		{name: "an unreachable route", script: `
			$ k8s-w1: ip route add unreachable 172.16.158.9
			$ pod1: ping -c 1 172.16.158.9
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Host Unreachable
			at k8s-w1:CALI1
			  pod1 > 172.16.158.9 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 1 (pod1 > 172.16.158.9 ttl 64 DF len 84: request 1)
			$ k8s-w1: ping -c 1 172.16.158.9
			exit 2
			prints ping: connect: No route to host`},
		{name: "a prohibit route", script: `
			$ k8s-w1: ip route add prohibit 172.16.158.9
			$ pod1: ping -c 1 172.16.158.9
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Packet filtered
			at k8s-w1:CALI1
			  pod1 > 172.16.158.9 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 13 (pod1 > 172.16.158.9 ttl 64 DF len 84: request 1)
			$ k8s-w1: ping -c 1 172.16.158.9
			exit 2`},
		{name: "no route at all", script: `
			$ pod1: ping -c 1 192.168.10.101
			$ k8s-w1: ip route del default
			clear
			$ pod1: ping -c 1 8.8.8.8
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Net Unreachable
			at k8s-w1:CALI1
			  pod1 > 8.8.8.8 ttl 64 DF len 84: request 1
			  w1 > pod1 ttl 64 tos c0 len 112: unreachable 0 (pod1 > 8.8.8.8 ttl 64 DF len 84: request 1)
			$ k8s-w1: ping -c 1 8.8.8.8
			exit 2
			prints ping: connect: Network is unreachable`},
		{name: "a pool address without a block is not masqueraded and lost beyond", script: `
			$ pod1: ping -c 1 -W 1 172.16.99.1
			exit 1
			at k8s-w1:ens5
			  pod1 > 172.16.99.1 ttl 63 DF len 84: request 1
			at internet:eth0
			  pod1 > 172.16.99.1 ttl 62 DF len 84: request 1`},
		{name: "so is an unused local address without the blackhole", script: `
			$ k8s-w1: ip route del blackhole 172.16.158.0/26
			$ pod1: ping -c 1 -W 1 172.16.158.9
			exit 1
			at k8s-w1:ens5
			  pod1 > 172.16.158.9 ttl 63 DF len 84: request 1`},
		{name: "a pod without default route", script: `
			$ pod1: ip route del default
			$ pod1: ping -c 1 172.16.184.1
			exit 2
			prints ping: connect: Network is unreachable`},
		{name: "169.254.1.1 is no address of the node: its echo is masqueraded out of ens5", script: `
			$ pod1: ping -c 1 -W 1 169.254.1.1
			exit 1
			at k8s-w1:ens5
			  w1 > 169.254.1.1 ttl 63 DF len 84: request 1`},
	})
}

func TestFactsAboutLinksAndRoutesDown(t *testing.T) {
	both := func(script string) []fact {
		return []fact{
			{name: "the target's eth0 down", script: "$ pod2: ip link set eth0 down\n$ pod3: ip link set eth0 down\n" + script + `
				route k8s-w1 172.16.158.2 dev CALI2 scope link linkdown
				route k8s-w2 172.16.184.1 dev CALI3 scope link linkdown`},
			{name: "the target's eth0 without address", script: "$ pod2: ip addr del 172.16.158.2/32 dev eth0\n$ pod3: ip addr del 172.16.184.1/32 dev eth0\n" + script},
		}
	}
	tell(t, both(`
			$ pod1: ping -c 1 172.16.158.2
			exit 1
			prints From 192.168.10.101 icmp_seq=1 Destination Host Unreachable
			$ pod1: ping -c 1 172.16.184.1
			exit 1
			prints From 172.16.184.0 icmp_seq=1 Destination Host Unreachable
			at k8s-w2:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  w2 > w1 ttl 64 len 132 (tun2 > pod1 ttl 64 tos c0 len 112: unreachable 1 (pod1 > pod3 ttl 62 DF len 84: request 1))`))
	tell(t, []fact{
		{name: "only the target's route missing: the blackhole swallows it", script: `
			$ k8s-w2: ip route del 172.16.184.1
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			prints no From
			at k8s-w2:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			at k8s-w2:CALI3`},
		{name: "and the pod itself gets no ARP answer any more", script: `
			$ k8s-w2: ip route del 172.16.184.1
			$ pod3: ping -c 1 172.16.158.1
			exit 1
			prints From 172.16.184.1 icmp_seq=1 Destination Host Unreachable
			arp pod3:eth0
			  who-has 169.254.1.1 tell pod3
			  who-has 169.254.1.1 tell pod3
			  who-has 169.254.1.1 tell pod3`},
		{name: "the pod deleted: silence too", script: `
			$ k8s-w2: ip link del CALI3
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			prints no From
			route k8s-w2 no 172.16.184.1`},
		{name: "the other node dead: no ICMP at all", script: `
			$ k8s-w2: ip link set ens5 down
			$ pod1: ping -c 4 -W 2 172.16.184.1
			exit 1
			prints no From
			at k8s-w1:tunl0
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  pod1 > pod3 ttl 63 DF len 84: request 2
			  pod1 > pod3 ttl 63 DF len 84: request 3
			  pod1 > pod3 ttl 63 DF len 84: request 4
			at k8s-w1:ens5
			at pod1:eth0
			  pod1 > pod3 ttl 64 DF len 84: request 1
			  pod1 > pod3 ttl 64 DF len 84: request 2
			  pod1 > pod3 ttl 64 DF len 84: request 3
			  pod1 > pod3 ttl 64 DF len 84: request 4`},
		{name: "the remote tunl0 down: port unreachable to the node, silence for the pod", script: `
			$ k8s-w2: ip link set tunl0 down
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			prints no From
			at k8s-w1:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  w2 > w1 ttl 64 tos c0 len 132: unreachable 3 (w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1))
			conntrack k8s-w1 src=172.16.158.1 dst=172.16.184.1 type=8 code=0
			conntrack k8s-w1 [UNREPLIED]`},
		{name: "the local tunl0 down: its routes vanish, the default route takes all", script: `
			$ k8s-w1: ip link set tunl0 down
			route k8s-w1 no tunl0
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w1:tunl0
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			$ k8s-w1: ip link set tunl0 up
			route k8s-w1 no tunl0`},
		{name: "the local tunl0 without any address: likewise", script: `
			$ k8s-w1: ip addr del 172.16.158.0/32 dev tunl0
			route k8s-w1 no tunl0
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1`},
		{name: "the local ens5 down: even a cold ping on the node fails", script: `
			$ k8s-w1: ip link set ens5 down
			route k8s-w1 no ens5
			route k8s-w1 172.16.184.0/26 via 192.168.10.102 dev tunl0 proto bird onlink
			$ pod1: ping -c 1 172.16.158.2
			exit 1
			prints From 172.16.158.1 icmp_seq=1 Destination Host Unreachable`},
		{name: "a warm one works", script: `
			$ pod1: ping -c 1 172.16.158.2
			$ k8s-w1: ip link set ens5 down
			$ pod1: ping -c 1 172.16.158.2
			exit 0`},
		{name: "a block route missing here: the request goes by the default route", script: `
			$ k8s-w1: ip route del 172.16.184.0/26
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			at internet:eth0
			  pod1 > pod3 ttl 62 DF len 84: request 1`},
		{name: "there: the reply does", script: `
			$ k8s-w2: ip route del 172.16.158.0/26
			$ pod1: ping -c 1 -W 1 172.16.184.1
			exit 1
			at k8s-w2:ens5
			  w1 > w2 ttl 63 DF len 104 (pod1 > pod3 ttl 63 DF len 84: request 1)
			  pod3 > pod1 ttl 63 len 84: reply 1
			at internet:eth0
			  pod3 > pod1 ttl 62 len 84: reply 1`},
		{name: "one side direct, the other by tunnel", script: `
			$ k8s-w1: ip route replace 172.16.184.0/26 via 192.168.10.102 dev ens5 proto bird
			$ pod1: ping -c 1 172.16.184.1
			exit 0
			at k8s-w1:ens5
			  pod1 > pod3 ttl 63 DF len 84: request 1
			  w2 > w1 ttl 63 len 104 (pod3 > pod1 ttl 63 len 84: reply 1)`},
		{name: "a loop between two nodes costs one a node", script: `
			$ k8s-w1: ip route add 172.16.200.0/26 via 192.168.10.102 dev tunl0 onlink
			$ k8s-w2: ip route add 172.16.200.0/26 via 192.168.10.101 dev tunl0 onlink
			$ pod1: ping -c 1 -t 4 172.16.200.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded
			at k8s-w1:tunl0
			  pod1 > 172.16.200.1 ttl 3 DF len 84: request 1
			  pod1 > 172.16.200.1 ttl 2 DF len 84: request 1
			  pod1 > 172.16.200.1 ttl 1 DF len 84: request 1
			  tun2 > pod1 ttl 64 tos c0 len 112: time exceeded (pod1 > 172.16.200.1 ttl 1 DF len 84: request 1)
			clear
			$ pod1: ping -c 1 172.16.200.1
			prints From 172.16.184.0 icmp_seq=1 Time to live exceeded`},
	})
	t.Run("ens5 answers ARP for tunl0's address, not for pods", func(t *testing.T) {
		for target, answered := range map[string]bool{"172.16.158.0": true, "192.168.10.101": true, "172.16.158.1": false, "172.16.184.1": false} {
			got, _ := newWorld(t, baseCase).ask("router", "eth0", "192.168.10.1", target)
			require.Equal(t, answered, got, target)
		}
	})
}

// What a sender hears when nothing leaves.
func TestFactsAboutSendingNothing(t *testing.T) {
	t.Run("a dropped datagram is EPERM", func(t *testing.T) {
		w := newWorld(t, baseCase)
		w.script("$ k8s-w1: iptables -A OUTPUT -p icmp -j DROP")
		s := w.lab.Namespace("k8s-w1").OpenRaw(packet.ProtoICMP)
		defer s.Close()
		_, errno, _ := s.Send(netip.MustParseAddr("172.16.158.1"), make([]byte, 8), false)
		require.Equal(t, fib.EPERM, errno)
	})
	tell(t, []fact{
		{name: "a rule that drops in OUTPUT is an error of sendmsg, which this ping keeps to itself", script: `
			$ k8s-w1: iptables -A OUTPUT -p icmp -j DROP
			$ k8s-w1: ping -c 2 -W 1 172.16.158.1
			exit 1
			prints no sendmsg
			snmp k8s-w1 OutDiscards=2
			at pod1:eth0`},
		{name: "what is dropped on a far machine is not", script: `
			$ k8s-w1: iptables -A FORWARD -p icmp -j DROP
			$ pod1: ping -c 1 -W 1 172.16.184.1
			prints no sendmsg`},
		{name: "nor what is dropped after encapsulation; the tunnel counts it", script: `
			$ k8s-w1: iptables -A OUTPUT -p 4 -j DROP
			$ k8s-w1: ping -c 1 -W 1 172.16.184.1
			prints no sendmsg
			snmp k8s-w1 no OutDiscards
			link k8s-w1 tunl0 rx 0 0 0 0 0 0 tx 0 0 0 1`},
		{name: "REJECT answers for others", script: `
			$ k8s-w1: iptables -A FORWARD -p icmp -j REJECT
			$ pod1: ping -c 1 172.16.158.2
			prints From 192.168.10.101 icmp_seq=1 Destination Port Unreachable
			$ k8s-w1: iptables -A INPUT -p icmp -j REJECT --reject-with icmp-admin-prohibited
			$ pod1: ping -c 1 192.168.10.101
			prints From 192.168.10.101 icmp_seq=1 Packet filtered`},
		{name: "but not in OUTPUT when it refuses its own answer", script: `
			$ k8s-w1: iptables -A OUTPUT -p icmp -j REJECT
			$ k8s-w1: ping -c 2 -W 1 172.16.158.1
			exit 1
			prints no From`},
		{name: "lo down: silence", script: `
			$ k8s-w1: ip link set lo down
			$ k8s-w1: ping -c 1 -W 1 192.168.10.101
			exit 1`},
		{name: "a missing route is counted", script: `
			$ pod1: ip route del default
			$ pod1: ping -c 1 8.8.8.8
			exit 2
			snmp pod1 OutNoRoutes=1`},
		{name: "forwarding off: dropped silently, own addresses answer", script: `
			$ pod1: ping -c 1 172.16.158.2
			$ k8s-w1: sysctl -w net.ipv4.ip_forward=0
			$ pod1: ping -c 2 -W 1 172.16.158.2
			exit 1
			prints no From
			snmp k8s-w1 InAddrErrors=2
			$ pod1: ping -c 1 192.168.10.101
			exit 0`},
		{name: "an interface without carrier counts nothing", script: `
			$ pod2: ip link set eth0 down
			$ pod1: ping -c 1 172.16.158.2
			link k8s-w1 no CALI2`},
	})
}
