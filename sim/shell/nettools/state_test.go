package nettools_test

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/proc"
	"hoplab/sim/sock"
)

// ping sends echo requests from a and waits for the end.
func (b *bench) ping(t *testing.T, args ...string) {
	t.Helper()
	o, err := sock.ParsePing(args)
	require.NoError(t, err)
	p := b.lab.Start(func(p *proc.Proc) error {
		_, err := sock.Ping(p, b.lab.Namespace("a"), o, io.Discard, io.Discard, b.lab.Time(0))
		return err
	})
	require.NoError(t, b.lab.Wait(p))
}

// nstat counts what happened: one cause, one counter.
func TestCountersAreTrue(t *testing.T) {
	count := func(t *testing.T, b *bench, netns string, want map[string]string) {
		t.Helper()
		for name, n := range want {
			got, _ := b.run(t, netns, "nstat -asz "+name)
			f := strings.Fields(got)
			require.Len(t, f, 4, got)
			require.Equal(t, n, f[2], "%s of %s", name, netns)
		}
	}
	t.Run("rp_filter counts packets whose source is elsewhere", func(t *testing.T) {
		b := pair(t)
		require.NoError(t, b.lab.Command("a", "ip address add 10.77.0.1/32 dev e1", "test"))
		require.NoError(t, b.lab.Command("b", "sysctl -w net.ipv4.conf.all.rp_filter=1", "test"))
		require.NoError(t, b.lab.Command("b", "ip route add 10.77.0.0/24 dev lo", "test"))
		b.ping(t, "-c", "1", "10.0.0.2") // knows the neighbour
		b.ping(t, "-c", "3", "-i", "0.2", "-W", "1", "-I", "10.77.0.1", "10.0.0.2")
		count(t, b, "b", map[string]string{"TcpExtIPReversePathFilter": "3", "IcmpInEchos": "1"})
	})
	t.Run("reassembly counts fragments and datagrams", func(t *testing.T) {
		b := pair(t)
		b.ping(t, "-c", "2", "-s", "4000", "10.0.0.2")
		count(t, b, "b", map[string]string{"IpReasmReqds": "6", "IpReasmOKs": "2", "IpFragOKs": "2", "IpFragCreates": "6", "IcmpInEchos": "2"})
	})
	t.Run("errors that are too many are counted and not sent", func(t *testing.T) {
		b := pair(t)
		raw := b.lab.Namespace("a").OpenRaw(packet.ProtoUDP)
		defer raw.Close()
		datagram := []byte{0x30, 0, 0, 9, 0, 8, 0, 0} // to the discard port, without checksum
		for range 10 {
			_, errno, _ := raw.Send(netip.MustParseAddr("10.0.0.2"), datagram, false)
			require.Zero(t, errno)
			b.lab.RunFor(20 * time.Millisecond)
		}
		count(t, b, "b", map[string]string{"UdpNoPorts": "10", "IcmpOutDestUnreachs": "6", "IcmpOutRateLimitHost": "4"})
		count(t, b, "a", map[string]string{"IcmpInDestUnreachs": "6"})
	})
	t.Run("an unknown protocol is counted and answered", func(t *testing.T) {
		b := pair(t)
		raw := b.lab.Namespace("a").OpenRaw(132)
		defer raw.Close()
		_, errno, _ := raw.Send(netip.MustParseAddr("10.0.0.2"), make([]byte, 12), false)
		require.Zero(t, errno)
		b.lab.RunFor(time.Second)
		count(t, b, "b", map[string]string{"IpInUnknownProtos": "1", "IpInDelivers": "0", "IcmpOutDestUnreachs": "1", "IcmpMsgOutType3": "1"})
	})
	t.Run("octets and ECN", func(t *testing.T) {
		b := pair(t)
		b.ping(t, "-c", "3", "-i", "0.2", "-Q", "2", "10.0.0.2")
		count(t, b, "b", map[string]string{"IpExtInOctets": "252", "IpExtOutOctets": "252", "IpExtInECT0Pkts": "3", "IpExtInNoECTPkts": "0"})
	})
	t.Run("broadcasts", func(t *testing.T) {
		b := pair(t)
		require.NoError(t, b.lab.Command("a", "ip address add 10.9.0.1/24 brd 10.9.0.255 dev e0", "test"))
		require.NoError(t, b.lab.Command("b", "ip address add 10.9.0.2/24 brd 10.9.0.255 dev e0", "test"))
		b.ping(t, "-b", "-c", "1", "-W", "1", "10.9.0.255")
		count(t, b, "a", map[string]string{"IpExtOutBcastPkts": "1", "IpExtOutBcastOctets": "84"})
		count(t, b, "b", map[string]string{"IpExtInBcastPkts": "1", "IpExtInBcastOctets": "84"})
	})
}

// nstat shows what grew since it was called the last time.
func TestNstatRemembersWhatItShowed(t *testing.T) {
	b := pair(t)
	b.ping(t, "-c", "2", "-i", "0.2", "10.0.0.2")
	const head = "#kernel\n"
	line := func(name, n string) string {
		return name + strings.Repeat(" ", 32-len(name)) + n + strings.Repeat(" ", 19-len(n)) + "0.0\n"
	}
	all := head + line("IpInReceives", "2") + line("IpInDelivers", "2") + line("IpOutRequests", "2") + line("IcmpInMsgs", "2") + line("IcmpInEchoReps", "2") +
		line("IcmpOutMsgs", "2") + line("IcmpOutEchos", "2") + line("IcmpMsgInType0", "2") + line("IcmpMsgOutType8", "2") +
		line("IpExtInOctets", "168") + line("IpExtOutOctets", "168") + line("IpExtInNoECTPkts", "2")
	play(t, b, []step{
		{"nstat -s", all, 0},
		{"nstat", all, 0},
		{"nstat", head, 0},
		{"nstat -as icmpoutechos", head + line("IcmpOutEchos", "2"), 0},
		{"nstat -zs TcpExtIPRev*", head + line("TcpExtIPReversePathFilter", "0"), 0},
		{"nstat -asj IcmpOut*", `{"kernel":{"IcmpOutMsgs":2,"IcmpOutEchos":2}}` + "\n", 0},
		{"nstat -n", "", 0},
		{"nstat -r IcmpInMsgs", head + line("IcmpInMsgs", "2"), 0},
		{"nstat -d 1", "nstat: not modelled: -d\n", 255},
		{"nstat -x", "nstat: invalid option -- 'x'\nUsage: nstat [OPTION]…", 255},
	})
	b.ping(t, "-c", "1", "10.0.0.2")
	play(t, b, []step{{"nstat IcmpOutEchos", head + line("IcmpOutEchos", "1"), 0}})
}

// What conntrack of conntrack-tools 1.4.7 prints; an id of ICMP is masked.
func TestConntrackListsAndDeletes(t *testing.T) {
	b := pair(t)
	const v = "conntrack v1.4.7 (conntrack-tools): "
	const hint = "\nTry `conntrack -h' or 'conntrack --help' for more information.\n"
	play(t, b, []step{
		{"conntrack -L", v + "0 flow entries have been shown.\n", 0}, // nothing tracks yet
		{"conntrack -C", "0\n", 0},
		{"conntrack -D -s 9.9.9.9", v + "0 flow entries have been deleted.\n", 1},
		{"conntrack -F", v + "connection tracking table has been emptied.\n", 0},
		{"iptables -t nat -A POSTROUTING -p udp -j MASQUERADE --to-ports 7777", "", 0},
	})
	b.ping(t, "-c", "1", "-e", "77", "10.0.0.2")
	raw := b.lab.Namespace("a").OpenRaw(packet.ProtoUDP)
	defer raw.Close()
	raw.Send(netip.MustParseAddr("10.0.0.2"), []byte{0x30, 0, 0, 9, 0, 8, 0, 0}, false)
	b.lab.RunFor(100 * time.Millisecond)
	const icmp = "icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=77 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=77 mark=0 use=1\n"
	const udp = "udp      17 29 src=10.0.0.1 dst=10.0.0.2 sport=12288 dport=9 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=9 dport=7777 mark=0 use=1\n"
	play(t, b, []step{
		{"conntrack -C", "2\n", 0},
		{"cat /proc/sys/net/netfilter/nf_conntrack_count", "2\n", 0},
		{"conntrack -L -p icmp", v + "1 flow entries have been shown.\n" + icmp, 0},
		{"conntrack -L -p udp", v + "1 flow entries have been shown.\n" + udp, 0},
		{"conntrack -L -p icmp -o extended,id", v + "1 flow entries have been shown.\nipv4     2 " + strings.TrimSuffix(icmp, "\n") + " id=1\n", 0},
		{"cat /proc/net/nf_conntrack", "ipv4     2 " + strings.Replace(icmp, "use=1", "zone=0 use=2", 1) + "ipv4     2 " + strings.Replace(udp, "use=1", "zone=0 use=2", 1), 0},
		{"conntrack -L --dst 10.0.0.2 --src 10.0.0.0/8 -p 17 --dport 9 --reply-port-dst 7777", v + "1 flow entries have been shown.\n" + udp, 0},
		{"conntrack -L -p udp --dport 10", v + "0 flow entries have been shown.\n", 0},
		{"conntrack -L -u UNREPLIED", v + "1 flow entries have been shown.\n" + udp, 0},
		{"conntrack -L -p icmp --icmp-id 77 --icmp-type 8", v + "1 flow entries have been shown.\n" + icmp, 0},
		{"conntrack -L -m 5/0xff", v + "0 flow entries have been shown.\n", 0},
		{"conntrack -L --src-nat", v + "0 flow entries have been shown.\n", 0}, // a port alone is no other address
		{"conntrack -L -f ipv6", v + "0 flow entries have been shown.\n", 0},
		{"conntrack -L expect", v + "0 expectations have been shown.\n", 0},
		{"conntrack -D -p udp", v + "1 flow entries have been deleted.\n" + udp, 0},
		{"conntrack -D -p udp", v + "0 flow entries have been deleted.\n", 1},
		{"conntrack -S", "cpu=0   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 clash_resolve=0 chaintoolong=0 \n", 0},
		{"conntrack -F", v + "connection tracking table has been emptied.\n", 0},
		{"conntrack -C", "0\n", 0},

		{"conntrack -L --dport 99", v + "unknown option `--dport'" + hint, 2},
		{"conntrack -L -p foo", v + "`foo' unsupported protocol" + hint, 2},
		{"conntrack -L -o foo", v + "Bad parameter `foo'" + hint, 2},
		{"conntrack -L -x", v + "unknown option `-x'" + hint, 2},
		{"conntrack -L foo", v + "unknown type `foo'" + hint, 2},
		{"conntrack -L -f inet", v + "`inet' unsupported protocol" + hint, 2},
		{"conntrack -L -D", v + "Invalid commands combination" + hint, 2},
		{"conntrack -L -s", v + "option `-s' requires an argument" + hint, 2},
		{"conntrack -L -s zz", v + "Invalid IP address `zz'" + hint, 2},
		{"conntrack -L -p tcp --state foo", v + "unknown TCP state `foo'" + hint, 2},
		{"conntrack -G -p udp -s 127.0.0.1 -d 127.0.0.1 --sport 1 --dport 99", v + "Operation failed: such conntrack doesn't exist\n", 1},
		{"conntrack -L -o xml", v + "not modelled: -o xml" + hint, 2},
		{"conntrack -V", "conntrack v1.4.7 (conntrack-tools)\n", 0},
	})
}

// iptables and ipset are parsers and tables of their own; here: that the tools
// reach them, with their streams and exit codes.
func TestRulesAndSets(t *testing.T) {
	b := pair(t)
	play(t, b, []step{
		{"iptables -S", "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n", 0},
		{"iptables -w -A INPUT -p icmp -j DROP", "", 0},
		{"iptables-legacy -S INPUT", "-P INPUT ACCEPT\n-A INPUT -p icmp -j DROP\n", 0},
		{"iptables -D INPUT 7", "iptables: Index of deletion too big.\n", 1},
		{"iptables -A NOSUCH -j DROP", "iptables: No chain/target/match by that name.\n", 1},
		{"iptables --frob", "iptables v1.8.9 (legacy): unknown option \"--frob\"\nTry `iptables -h' or 'iptables --help' for more information.\n", 2},
		{"cat /proc/net/ip_tables_names", "filter\n", 0},
		{"iptables-save", "# Generated by iptables-save v1.8.9 on Sat Sep 21 15:00:00 2024\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" +
			"-A INPUT -p icmp -j DROP\nCOMMIT\n# Completed on Sat Sep 21 15:00:00 2024\n", 0},
		{"iptables-save -f /tmp/rules", "", 0},
		{"iptables -F", "", 0},
		{"iptables-restore /tmp/rules", "", 0},
		{"iptables -S INPUT", "-P INPUT ACCEPT\n-A INPUT -p icmp -j DROP\n", 0},
		{"iptables-restore /tmp/nosuch", "Can't open /tmp/nosuch: No such file or directory\n", 1},
		{"ip6tables -L", "ip6tables: not modelled: IPv6\n", 2},

		{"ipset create s hash:net", "", 0},
		{"ipset add s 10.0.0.0/8", "", 0},
		{"ipset add s 10.0.0.0/8", "ipset v7.17: Element cannot be added to the set: it's already added\n", 1},
		{"ipset -exist add s 10.0.0.0/8", "", 0},
		{"ipset test s 10.1.1.1", "Warning: 10.1.1.1 is in set s.\n", 0},
		{"ipset test s 11.1.1.1", "11.1.1.1 is NOT in set s.\n", 1},
		{"ipset save -f /tmp/sets", "", 0},
		{"ipset list -n", "s\n", 0},
		{"ipset destroy", "", 0},
		{"ipset restore -f /tmp/sets", "", 0},
		{"ipset list -n", "s\n", 0},
		{"ipset restore -f /tmp/sets", "ipset v7.17: Error in line 1: Set cannot be created: set with the same name already exists\n", 1},
		{"ipset -! restore -f /tmp/sets", "", 0},
	})
	b.out.Reset()
	status, err := b.sh.RunCommand("in a iptables-restore -n <<'E'\n*nat\n:mine - [0:0]\n-A POSTROUTING -j mine\nCOMMIT\nE\nin a iptables -t nat -S POSTROUTING\nprintf 'create t hash:ip\\nadd t 1.2.3.4\\n' | in a ipset restore")
	require.NoError(t, err)
	require.Zero(t, status, b.out.String())
	require.Equal(t, "-P POSTROUTING ACCEPT\n-A POSTROUTING -j mine\n", b.out.String())
	b.ping(t, "-c", "1", "-W", "1", "10.0.0.2")
	got, _ := b.run(t, "a", "iptables -L INPUT -v -n")
	require.Contains(t, got, "    1    84 DROP ", "the rule is in force")
}

// What ss of iproute2 6.1 and netstat of net-tools 2.10 print.
func TestSocketsAreListed(t *testing.T) {
	b := pair(t)
	a := b.lab.Namespace("a")
	done := false
	p := b.lab.Start(func(p *proc.Proc) error {
		l, err := sock.ListenTCP(p, a, netip.MustParseAddrPort("127.0.0.1:8080"), 5)
		require.NoError(t, err)
		_, err = sock.ListenTCP(p, a, netip.MustParseAddrPort("0.0.0.0:80"), 128)
		require.NoError(t, err)
		c, err := sock.TCPDialer{Local: netip.MustParseAddrPort("127.0.0.1:54124")}.Dial(p, a, netip.MustParseAddrPort("127.0.0.1:8080"))
		require.NoError(t, err)
		s, err := l.Accept()
		require.NoError(t, err)
		_, err = s.Write([]byte("abc"))
		require.NoError(t, err)
		_ = c
		for !done {
			p.Pause()
		}
		return nil
	})
	b.lab.RunFor(time.Second)
	require.NoError(t, p.Err())
	play(t, b, []step{
		{"ss -tn", "State Recv-Q Send-Q Local Address:Port  Peer Address:Port Process\n" +
			"ESTAB 0      0          127.0.0.1:8080     127.0.0.1:54124       \n" +
			"ESTAB 3      0          127.0.0.1:54124    127.0.0.1:8080        \n", 0},
		{"ss -tln", "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n" +
			"LISTEN 0      128          0.0.0.0:80        0.0.0.0:*          \n" +
			"LISTEN 0      5          127.0.0.1:8080      0.0.0.0:*          \n", 0},
		{"ss -tl", "State  Recv-Q Send-Q Local Address:Port     Peer Address:PortProcess\n" +
			"LISTEN 0      128          0.0.0.0:http          0.0.0.0:*          \n" +
			"LISTEN 0      5          127.0.0.1:http-alt      0.0.0.0:*          \n", 0},
		{"ss -tan state listening", "Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n" +
			"0      128          0.0.0.0:80        0.0.0.0:*          \n" +
			"0      5          127.0.0.1:8080      0.0.0.0:*          \n", 0},
		{"ss -tn sport = :8080", "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n" +
			"ESTAB 0      0          127.0.0.1:8080    127.0.0.1:54124       \n", 0},
		{"ss -Htn dst 127.0.0.1:8080", "ESTAB 3      0      127.0.0.1:54124 127.0.0.1:8080\n", 0},
		{"ss -tuln", "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n" +
			"tcp   LISTEN 0      128          0.0.0.0:80        0.0.0.0:*          \n" +
			"tcp   LISTEN 0      5          127.0.0.1:8080      0.0.0.0:*          \n", 0},
		{"netstat -tn", "Active Internet connections (w/o servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State      \n" +
			"tcp        0      0 127.0.0.1:8080          127.0.0.1:54124         ESTABLISHED\n" +
			"tcp        3      0 127.0.0.1:54124         127.0.0.1:8080          ESTABLISHED\n", 0},
		{"netstat -tln", "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State      \n" +
			"tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN     \n" +
			"tcp        0      0 127.0.0.1:8080          0.0.0.0:*               LISTEN     \n", 0},
		{"cat /proc/net/sockstat", "sockets: used 4\nTCP: inuse 4 orphan 0 tw 0 alloc 4 mem 0\n…", 0},
		{"ss -tn autobound", "ss: not modelled: filter autobound\n", 255},
	})
	done = true
	p.Wake()
	require.NoError(t, b.lab.Wait(p))
}

// What netstat -s of net-tools 2.10 printed on a real kernel.
func TestNetstatStatistics(t *testing.T) {
	b := pair(t)
	b.ping(t, "-c", "2", "-i", "0.2", "127.0.0.1")
	b.ping(t, "-c", "1", "9.9.9.9")
	play(t, b, []step{
		{"netstat -s", `Ip:
    Forwarding: 2
    4 total packets received
    0 forwarded
    0 incoming packets discarded
    4 incoming packets delivered
    4 requests sent out
    1 dropped because of missing route
Icmp:
    4 ICMP messages received
    0 input ICMP message failed
    ICMP input histogram:
        echo requests: 2
        echo replies: 2
    4 ICMP messages sent
    0 ICMP messages failed
    ICMP output histogram:
        echo requests: 2
        echo replies: 2
IcmpMsg:
        InType0: 2
        InType8: 2
        OutType0: 2
        OutType8: 2
Tcp:
    0 active connection openings
    0 passive connection openings
    0 failed connection attempts
    0 connection resets received
    0 connections established
    0 segments received
    0 segments sent out
    0 segments retransmitted
    0 bad segments received
    0 resets sent
Udp:
    0 packets received
    0 packets to unknown port received
    0 packet receive errors
    0 packets sent
    0 receive buffer errors
    0 send buffer errors
UdpLite:
TcpExt:
    0 packet headers predicted
IpExt:
    InOctets: 336
    OutOctets: 336
    InNoECTPkts: 4
`, 0},
		{"netstat -i", "Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n" +
			"e0               1500        0      0      0 0             0      0      0      0 BMRU\n" +
			"e1               1500        0      0      0 0             0      0      0      0 BORU\n" +
			"lo              65536        4      0      0 0             4      0      0      0 LRU\n", 0},
		{"cat /proc/net/dev", `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     336       4    0    0    0     0          0         0      336       4    0    0    0     0       0          0
    e0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
    e1:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`, 0},
	})
}

// Modules, drivers and namespaces.
func TestModulesDriversAndNamespaces(t *testing.T) {
	b := pair(t)
	play(t, b, []step{
		{"lsmod", "Module                  Size  Used by\n", 0},
		{"modprobe nosuch", "modprobe: FATAL: Module nosuch not found in directory /lib/modules/6.1.0\n", 1},
		{"modprobe -q nosuch", "", 1},
		{"modprobe", "modprobe: ERROR: missing parameters. See -h.\n", 1},
		{"cat /sys/class/net/tunl0/type", "cat: /sys/class/net/tunl0/type: No such file or directory\n", 1},
		{"modprobe ipip", "", 0},
		{"modprobe ipip", "", 0},
		{"modprobe vxlan", "", 0},
		{"cat /sys/class/net/tunl0/type", "768\n", 0},
		{"lsmod", "Module                  Size  Used by\nvxlan                 139264  0\nipip                   20480  0\n", 0},
		{"cat /proc/modules", "vxlan 139264 0 - Live 0x0000000000000000\nipip 20480 0 - Live 0x0000000000000000\n", 0},
		{"modprobe -r ipip", "modprobe: not modelled: -r\n", 1},

		{"ethtool -S lo", "no stats available\n", 94},
		{"ethtool -S e0", "NIC statistics:\n     peer_ifindex: 2\n     rx_queue_0_xdp_packets: 0\n…", 0},
		{"ethtool -i e0", "driver: veth\nversion: 1.0\nfirmware-version: \nexpansion-rom-version: \nbus-info: \nsupports-statistics: yes\nsupports-test: no\n" +
			"supports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n", 0},
		{"ethtool -K e0 tx off rx off", "", 0},
		{"ethtool -K e0 tx on", "ethtool: not modelled: -K tx on\n", 1},
		{"ethtool -S nosuch", "Cannot get stats strings information: No such device\n", 96},

		{"nsenter --net=/var/run/netns/b cat /sys/class/net/e0/address", "02:00:00:00:00:02\n", 0},
		{"nsenter -n/run/netns/nosuch cat x", "nsenter: cannot open /run/netns/nosuch: No such file or directory\n", 1},
		{"nsenter -n cat x", "nsenter: no target PID specified\n", 1},
		{"nsenter -n -t 4711 cat x", "nsenter: cannot open /proc/4711/ns/net: No such file or directory\n", 1},
		{"nsenter -n/run/netns/b frob", "nsenter: failed to execute frob: No such file or directory\n", 127},
		{"nsenter --user -t 1 true", "nsenter: not modelled: --user\n", 1},
	})
}

// Nothing that somebody types makes a tool panic, and an unknown option never
// passes for success.
func TestStrangeCommandLines(t *testing.T) {
	b := pair(t)
	for _, tool := range b.sh.Tools() {
		switch tool.Name {
		case "in", "cat", "arping": // arping has no end
			continue
		}
		if tool.Dir != "/usr/sbin" && tool.Name != "nstat" && tool.Name != "ss" && tool.Name != "netstat" && tool.Name != "nsenter" {
			continue
		}
		for _, line := range []string{"", "-", "--", "''", "--=", "-=", "--frobnicate", "-\xff", "a b c d e f g", "add -net", "-s", "-w =", "-t", "0/0 0/99 -1", "del -net 1.2.3.4/99", "e0 1.2.3.4/99", "-p ''"} {
			got, status := b.run(t, "a", tool.Name+" "+line)
			if line == "--frobnicate" {
				require.NotZero(t, status, "%s %s: %s", tool.Name, line, got)
			}
		}
	}
}
