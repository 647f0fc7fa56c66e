package netfilter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	nf "hoplab/sim/netfilter"
	"hoplab/sim/netfilter/ipset"
	"hoplab/sim/netfilter/iptables"
)

// do runs iptables lines that must work.
func do(tb testing.TB, t *nf.Tables, lines ...string) {
	tb.Helper()
	for _, l := range lines {
		args, err := iptables.Split(l)
		require.NoError(tb, err)
		c, err := iptables.Parse(args)
		require.NoError(tb, err, l)
		_, err = c.Apply(t, "test")
		require.NoError(tb, err, l)
	}
}

// fails runs a line that must not work and gives what it says.
func fails(tb testing.TB, t *nf.Tables, line string) string {
	tb.Helper()
	args, err := iptables.Split(line)
	require.NoError(tb, err)
	c, err := iptables.Parse(args)
	if err == nil {
		_, err = c.Apply(t, "test")
	}
	var e *iptables.Error
	require.True(tb, errors.As(err, &e), "%s worked", line)
	return e.Msg
}

func list(tb testing.TB, t *nf.Tables, line string) string {
	tb.Helper()
	args, err := iptables.Split(line)
	require.NoError(tb, err)
	c, err := iptables.Parse(args)
	require.NoError(tb, err)
	out, err := c.Apply(t, "")
	require.NoError(tb, err)
	return out
}

func udp(src, dst string, sport, dport uint16) packet.IPv4 {
	b := make([]byte, 16)
	packet.PutUDP(b, sport, dport, len(b))
	return datagram(packet.ProtoUDP, src, dst, b)
}

func tcp(src, dst string, sport, dport uint16, flags uint8, options ...byte) packet.IPv4 {
	b := make([]byte, 20, 60)
	b[0], b[1], b[2], b[3] = byte(sport>>8), byte(sport), byte(dport>>8), byte(dport)
	b = append(b, options...)
	b[12], b[13] = byte(len(b)/4)<<4, flags
	return datagram(packet.ProtoTCP, src, dst, b)
}

func fragment(ip packet.IPv4, offset uint16) packet.IPv4 {
	ip[6], ip[7] = byte(offset>>8), byte(offset)
	ip.UpdateChecksum()
	return ip
}

func withTTL(ip packet.IPv4, ttl, tos uint8) packet.IPv4 {
	ip.SetTTL(ttl)
	ip.SetTOS(tos)
	return ip
}

// TestMatches puts one rule with DROP into a chain and shows it a packet.
func TestMatches(t *testing.T) {
	ping := echo("10.0.0.1", "10.0.0.2")
	syn := tcp("10.0.0.1", "10.0.0.2", 4000, 80, packet.TCPSyn)
	dns := udp("10.0.0.1", "10.0.0.2", 5353, 53)
	natted := &conntrack.Conn{Orig: conntrack.Tuple{Src: ip32("10.0.0.1"), Dst: ip32("10.0.0.2"), SrcPort: 4000, DstPort: 80, Proto: 6},
		Reply:  conntrack.Tuple{Src: ip32("10.0.0.2"), Dst: ip32("192.0.2.1"), SrcPort: 80, DstPort: 4000, Proto: 6},
		Status: conntrack.SeenReply | conntrack.SrcNAT, Mark: 5, Expires: clock.Instant(30 * time.Second)}
	for _, c := range []struct {
		name, rule string
		p          nf.Packet
		want       bool
	}{
		{"a rule without conditions matches", "", nf.Packet{IP: ping}, true},
		{"source inside", "-s 10.0.0.0/8", nf.Packet{IP: ping}, true},
		{"source outside", "-s 11.0.0.0/8", nf.Packet{IP: ping}, false},
		{"source not outside", "! -s 11.0.0.0/8", nf.Packet{IP: ping}, true},
		{"destination", "-d 10.0.0.2", nf.Packet{IP: ping}, true},
		{"destination with holes in the mask", "-d 10.9.0.2/255.0.255.255", nf.Packet{IP: ping}, true},
		{"nothing is outside everything", "! -d 0.0.0.0/0", nf.Packet{IP: ping}, false},
		{"in interface", "-i eth0", nf.Packet{IP: ping}, true},
		{"in interface by a longer name", "-i eth01", nf.Packet{IP: ping}, false},
		{"in interface by a shorter name", "-i eth", nf.Packet{IP: ping}, false},
		{"in interface by a beginning", "-i et+", nf.Packet{IP: ping}, true},
		{"in interface by its whole name and +", "-i eth0+", nf.Packet{IP: ping}, true},
		{"in interface by another beginning", "-i ex+", nf.Packet{IP: ping}, false},
		{"not the in interface", "! -i eth0", nf.Packet{IP: ping}, false},
		{"a lone + matches", "-i +", nf.Packet{IP: ping}, true},
		{"not a lone + does not", "! -i +", nf.Packet{IP: ping}, false},
		{"out interface of fifteen letters", "-o cali01234567890", nf.Packet{IP: ping}, true},
		{"out interface, last letter differs", "-o cali01234567891", nf.Packet{IP: ping}, false},
		{"out interface by fourteen letters and +", "-o cali0123456789+", nf.Packet{IP: ping}, true},
		{"protocol by name", "-p icmp", nf.Packet{IP: ping}, true},
		{"protocol by number", "-p 17", nf.Packet{IP: ping}, false},
		{"not a protocol", "! -p tcp", nf.Packet{IP: ping}, true},
		{"ipencap is 4", "-p ipencap", nf.Packet{IP: datagram(packet.ProtoIPIP, "1.1.1.1", "2.2.2.2", ping)}, true},
		{"-f and a later fragment", "-f", nf.Packet{IP: fragment(echo("1.1.1.1", "2.2.2.2"), 10)}, true},
		{"-f and a first fragment", "-f", nf.Packet{IP: fragment(echo("1.1.1.1", "2.2.2.2"), packet.FlagMF)}, false},
		{"! -f and a whole packet", "! -f", nf.Packet{IP: ping}, true},
		{"destination port", "-p tcp --dport 80", nf.Packet{IP: syn}, true},
		{"destination port of another protocol", "-p udp --dport 80", nf.Packet{IP: syn}, false},
		{"source port range", "-p tcp --sport 4000:", nf.Packet{IP: syn}, true},
		{"source port below the range", "-p tcp --sport 4001:4002", nf.Packet{IP: syn}, false},
		{"not a port", "-p udp ! --dport 54", nf.Packet{IP: dns}, true},
		{"an inverted port does not match later fragments", "-p udp ! --dport 54", nf.Packet{IP: fragment(udp("1.1.1.1", "2.2.2.2", 1, 2), 10)}, false},
		{"--syn and a SYN", "-p tcp --syn", nf.Packet{IP: syn}, true},
		{"--syn and a SYN,ACK", "-p tcp --syn", nf.Packet{IP: tcp("1.1.1.1", "2.2.2.2", 1, 2, packet.TCPSyn|packet.TCPAck)}, false},
		{"! --syn and an ACK", "-p tcp ! --syn", nf.Packet{IP: tcp("1.1.1.1", "2.2.2.2", 1, 2, packet.TCPAck)}, true},
		{"TCP flags", "-p tcp --tcp-flags SYN,FIN SYN,FIN", nf.Packet{IP: tcp("1.1.1.1", "2.2.2.2", 1, 2, packet.TCPSyn|packet.TCPFin|packet.TCPUrg)}, true},
		{"TCP option there", "-p tcp --tcp-option 4", nf.Packet{IP: tcp("1.1.1.1", "2.2.2.2", 1, 2, 2, 2, 4, 5, 0xb4, 4, 2, 1, 1)}, true},
		{"TCP option not there", "-p tcp --tcp-option 8", nf.Packet{IP: tcp("1.1.1.1", "2.2.2.2", 1, 2, 2, 2, 4, 5, 0xb4, 4, 2, 1, 1)}, false},
		{"not a TCP option", "-p tcp ! --tcp-option 8", nf.Packet{IP: syn}, true},
		{"a cut TCP header drops the packet by itself", "-p tcp --dport 99", nf.Packet{IP: datagram(6, "1.1.1.1", "2.2.2.2", make([]byte, 8))}, true},
		{"ICMP type", "-p icmp --icmp-type echo-request", nf.Packet{IP: ping}, true},
		{"ICMP type and code", "-p icmp --icmp-type 3/4", nf.Packet{IP: ping}, false},
		{"not an ICMP type", "-p icmp ! --icmp-type 0", nf.Packet{IP: ping}, true},
		{"any ICMP type", "-p icmp --icmp-type any", nf.Packet{IP: ping}, true},
		{"state NEW", "-m conntrack --ctstate NEW", nf.Packet{IP: ping, CT: natted, Info: conntrack.New}, true},
		{"a reply is ESTABLISHED", "-m conntrack --ctstate RELATED,ESTABLISHED", nf.Packet{IP: ping, CT: natted, Info: conntrack.EstablishedReply}, true},
		{"an error about a reply is RELATED", "-m state --state RELATED", nf.Packet{IP: ping, CT: natted, Info: conntrack.RelatedReply}, true},
		{"state SNAT", "-m conntrack --ctstate SNAT", nf.Packet{IP: ping, CT: natted}, true},
		{"state DNAT", "-m conntrack --ctstate DNAT", nf.Packet{IP: ping, CT: natted}, false},
		{"not state DNAT", "-m conntrack ! --ctstate DNAT", nf.Packet{IP: ping, CT: natted}, true},
		{"without an entry it is INVALID", "-m conntrack --ctstate INVALID", nf.Packet{IP: ping, Info: conntrack.InvalidInfo}, true},
		{"UNTRACKED", "-m conntrack --ctstate UNTRACKED", nf.Packet{IP: ping, Info: conntrack.Untracked}, true},
		{"untracked is not INVALID", "-m state --state INVALID", nf.Packet{IP: ping, Info: conntrack.Untracked}, false},
		{"original source", "-m conntrack --ctorigsrc 10.0.0.0/24", nf.Packet{IP: ping, CT: natted}, true},
		{"not the reply's destination", "-m conntrack ! --ctrepldst 192.0.2.1", nf.Packet{IP: ping, CT: natted}, false},
		{"original destination port", "-m conntrack --ctproto tcp --ctorigdstport 80:81", nf.Packet{IP: ping, CT: natted}, true},
		{"conntrack options without an entry", "-m conntrack --ctproto tcp", nf.Packet{IP: ping}, false},
		{"direction", "-m conntrack --ctdir REPLY", nf.Packet{IP: ping, CT: natted, Info: conntrack.EstablishedReply}, true},
		{"status", "-m conntrack --ctstatus SEEN_REPLY", nf.Packet{IP: ping, CT: natted}, true},
		{"not a status", "-m conntrack ! --ctstatus ASSURED", nf.Packet{IP: ping, CT: natted}, true},
		{"time to live of the entry", "-m conntrack --ctexpire 29:31", nf.Packet{IP: ping, CT: natted}, true},
		{"mark", "-m mark --mark 0x40000/0x40000", nf.Packet{IP: ping}, true},
		{"mark exactly", "-m mark --mark 0x40000", nf.Packet{IP: ping}, false},
		{"no bit of a mark", "-m mark --mark 0/0x10000", nf.Packet{IP: ping}, true},
		{"not a mark", "-m mark ! --mark 0x1/0x1", nf.Packet{IP: ping}, false},
		{"connmark", "-m connmark --mark 5", nf.Packet{IP: ping, CT: natted}, true},
		{"connmark without an entry", "-m connmark --mark 0", nf.Packet{IP: ping}, false},
		{"in a set", "-m set --match-set pods src", nf.Packet{IP: ping}, true},
		{"in a nomatch part of a set", "-m set --match-set pods dst", nf.Packet{IP: ping}, false},
		{"--return-nomatch turns that round", "-m set --match-set pods dst --return-nomatch", nf.Packet{IP: ping}, true},
		{"not in a set", "-m set ! --match-set pods dst", nf.Packet{IP: ping}, true},
		{"in a set with ports", "-m set --match-set ends dst,dst", nf.Packet{IP: syn}, true},
		{"in a set with ports, wrong side", "-m set --match-set ends dst,src", nf.Packet{IP: syn}, false},
		{"source is local", "-m addrtype --src-type LOCAL", nf.Packet{IP: ping}, true},
		{"source is local on the interface in", "-m addrtype --src-type LOCAL --limit-iface-in", nf.Packet{IP: ping}, true},
		{"source is not local on the interface out", "-m addrtype ! --src-type LOCAL --limit-iface-out", nf.Packet{IP: ping}, true},
		{"destination is unicast or multicast", "-m addrtype --dst-type UNICAST,MULTICAST", nf.Packet{IP: ping}, true},
		{"both types", "-m addrtype --src-type LOCAL --dst-type LOCAL", nf.Packet{IP: ping}, false},
		{"multiport", "-p tcp -m multiport --dports 22,80:90", nf.Packet{IP: syn}, true},
		{"multiport source", "-p tcp -m multiport --sports 22,80:90", nf.Packet{IP: syn}, false},
		{"multiport either", "-p tcp -m multiport --ports 1,4000", nf.Packet{IP: syn}, true},
		{"not multiport", "-p tcp -m multiport ! --dports 22,80:90", nf.Packet{IP: syn}, false},
		{"address range", "-m iprange --src-range 10.0.0.1-10.0.0.5", nf.Packet{IP: ping}, true},
		{"not an address range", "-m iprange ! --dst-range 10.0.0.2-10.0.0.2", nf.Packet{IP: ping}, false},
		{"length", "-m length --length 84", nf.Packet{IP: ping}, true},
		{"not a length", "-m length ! --length 85:", nf.Packet{IP: ping}, true},
		{"ttl", "-m ttl --ttl-lt 64", nf.Packet{IP: withTTL(echo("1.1.1.1", "2.2.2.2"), 63, 0)}, true},
		{"ttl greater", "-m ttl --ttl-gt 64", nf.Packet{IP: ping}, false},
		{"not a ttl", "-m ttl ! --ttl-eq 64", nf.Packet{IP: ping}, false},
		{"tos", "-m tos --tos 0x10/0x3f", nf.Packet{IP: withTTL(echo("1.1.1.1", "2.2.2.2"), 64, 0x50)}, true},
		{"dscp whatever the ECN bits", "-m dscp --dscp-class EF", nf.Packet{IP: withTTL(echo("1.1.1.1", "2.2.2.2"), 64, 0xb9)}, true},
		{"not a dscp", "-m dscp ! --dscp 1", nf.Packet{IP: ping}, true},
		{"half by chance, lucky", "-m statistic --mode random --probability 0.5", nf.Packet{IP: ping}, true},
		{"not half by chance", "-m statistic --mode random ! --probability 0.5", nf.Packet{IP: ping}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &env{types: map[uint32]uint8{ip32("10.0.0.1"): 2}, onDev: map[int32]uint32{2: ip32("10.0.0.1")}, rand: 0x3fffffff}
			tables := nf.New(e)
			require.NoError(t, tables.Sets().Create("pods", ipset.HashNet, ipset.Options{}, false))
			require.NoError(t, tables.Sets().Get("pods").Add(ipset.Elem{IP: ip32("10.0.0.0"), Cidr: 24}, ipset.Extra{}, false))
			require.NoError(t, tables.Sets().Get("pods").Add(ipset.Elem{IP: ip32("10.0.0.2"), Cidr: 32}, ipset.Extra{NoMatch: true}, false))
			require.NoError(t, tables.Sets().Create("ends", ipset.HashIPPort, ipset.Options{}, false))
			require.NoError(t, tables.Sets().Get("ends").Add(ipset.Elem{IP: ip32("10.0.0.2"), Proto: 6, Port: 80, Cidr: 32}, ipset.Extra{}, false))
			do(t, tables, "-A FORWARD "+c.rule+" -j DROP")
			mark := uint32(0x40001)
			p := c.p
			p.Mark = &mark
			p.In, p.Out = &nf.Dev{Index: 2, Name: "eth0"}, &nf.Dev{Index: 7, Name: "cali01234567890"}
			var trail nf.Trail
			v := tables.Run(nf.Filter, nf.Forward, &p, &trail)
			require.Equal(t, c.want, v.Action == nf.Drop, "iptables -A FORWARD %s", c.rule)
			rule := tables.Table(nf.Filter).Chain("FORWARD").Rules()[0]
			require.NotEmpty(t, rule.Explain(nf.Step{Rule: rule, Failed: -1}, nil))
			for _, s := range trail.Steps {
				require.NotEmpty(t, rule.Explain(s, nil))
			}
		})
	}
}

func TestRPFilterAsksTheNamespace(t *testing.T) {
	e := &env{path: true}
	tables := nf.New(e)
	do(t, tables, "-t raw -A PREROUTING -m rpfilter --validmark --invert -j DROP")
	mark := uint32(0)
	p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: &mark, In: &nf.Dev{Index: 2, Name: "eth0"}}
	require.Equal(t, nf.Accept, tables.Run(nf.Raw, nf.Prerouting, &p, nil).Action)
	e.path = false
	require.Equal(t, nf.Drop, tables.Run(nf.Raw, nf.Prerouting, &p, nil).Action)
}

// verdicts runs n packets and writes D for each that is dropped.
func verdicts(t *nf.Tables, n int) string {
	var b strings.Builder
	mark := uint32(0)
	p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: &mark}
	for range n {
		b.WriteByte("AD"[t.Run(nf.Filter, nf.Output, &p, nil).Action])
	}
	return b.String()
}

func TestNthTakesItsTurn(t *testing.T) {
	tables := nf.New(&env{})
	do(t, tables, "-A OUTPUT -m statistic --mode nth --every 3 --packet 1 -j DROP")
	require.Equal(t, "ADAADAADA", verdicts(tables, 9))
	do(t, tables, "-A INPUT -j ACCEPT") // the table is written anew, the count starts again
	require.Equal(t, "ADA", verdicts(tables, 3))
}

func TestLimitIsATokenBucketInVirtualTime(t *testing.T) {
	e := &env{}
	tables := nf.New(e)
	do(t, tables, "-A OUTPUT -m limit --limit 2/s --limit-burst 3 -j DROP")
	require.Equal(t, "DDDAA", verdicts(tables, 5), "the burst")
	e.now = clock.Instant(490 * time.Millisecond)
	require.Equal(t, "A", verdicts(tables, 1), "too early")
	e.now = clock.Instant(500 * time.Millisecond)
	require.Equal(t, "DA", verdicts(tables, 2), "one more every half second")
	e.now = clock.Instant(time.Hour)
	require.Equal(t, "DDDA", verdicts(tables, 4), "never more than the burst")
}

func TestChainsAreWalkedAsInTheKernel(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  nf.Action
		rule  string // that decided, "" the policy
	}{
		{"the policy decides at the end", []string{"-P OUTPUT DROP"}, nf.Drop, ""},
		{"the first match decides", []string{"-A OUTPUT -j ACCEPT", "-A OUTPUT -j DROP"}, nf.Accept, "-A OUTPUT -j ACCEPT"},
		{"a jump comes back", []string{"-N a", "-A OUTPUT -j a", "-A OUTPUT -j DROP", "-A a -p tcp -j ACCEPT"}, nf.Drop, "-A OUTPUT -j DROP"},
		{"RETURN comes back", []string{"-N a", "-A OUTPUT -j a", "-A OUTPUT -j DROP", "-A a -j RETURN", "-A a -j ACCEPT"}, nf.Drop, "-A OUTPUT -j DROP"},
		{"goto does not come back", []string{"-N a", "-A OUTPUT -g a", "-A OUTPUT -j DROP"}, nf.Accept, ""},
		{"goto returns to the caller of its chain", []string{"-N a", "-N b", "-A OUTPUT -j a", "-A OUTPUT -j DROP", "-A a -g b", "-A a -j ACCEPT"}, nf.Drop, "-A OUTPUT -j DROP"},
		{"RETURN in a built-in chain means the policy", []string{"-A OUTPUT -j RETURN", "-A OUTPUT -j DROP"}, nf.Accept, ""},
		{"a rule without target goes on", []string{"-A OUTPUT", "-A OUTPUT -j DROP"}, nf.Drop, "-A OUTPUT -j DROP"},
		{"LOG goes on", []string{"-A OUTPUT -j LOG --log-prefix x", "-A OUTPUT -j DROP"}, nf.Drop, "-A OUTPUT -j DROP"},
		{"REJECT decides", []string{"-A OUTPUT -j REJECT --reject-with icmp-host-prohibited"}, nf.Reject, "-A OUTPUT -j REJECT --reject-with icmp-host-prohibited"},
		{"a renamed chain is still jumped to", []string{"-N a", "-A OUTPUT -j a", "-A a -j DROP", "-E a b"}, nf.Drop, "-A b -j DROP"},
		{"deep jumps", []string{"-N a", "-N b", "-N c", "-A OUTPUT -j a", "-A a -j b", "-A b -j c", "-A c -j RETURN", "-A a -j DROP"}, nf.Drop, "-A a -j DROP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := nf.New(&env{})
			do(t, tables, c.lines...)
			mark := uint32(0)
			p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: &mark}
			v := tables.Run(nf.Filter, nf.Output, &p, nil)
			require.Equal(t, c.want, v.Action)
			require.NotNil(t, v.Chain)
			if c.rule == "" {
				require.Nil(t, v.Rule)
				require.Equal(t, "OUTPUT", v.Chain.Name)
				require.EqualValues(t, 1, v.Chain.Packets)
				require.EqualValues(t, 84, v.Chain.Bytes)
				return
			}
			require.Equal(t, c.rule, v.Rule.String())
			packets, bytes := v.Rule.Counters()
			require.EqualValues(t, 1, packets)
			require.EqualValues(t, 84, bytes)
			require.Same(t, v.Rule, tables.RuleByIndex(v.Rule.Index))
		})
	}
}

func TestTargetsChangeThePacket(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		mark       uint32
		connmark   uint32
		ttl, tos   uint8
	}{
		{"MARK set", "MARK --set-mark 0x5", 0x5, 0xf0, 64, 0},
		{"MARK under a mask", "MARK --set-xmark 0x40000/0x40000", 0x4000f, 0xf0, 64, 0},
		{"MARK or", "MARK --or-mark 0x30", 0x3f, 0xf0, 64, 0},
		{"MARK and", "MARK --and-mark 0x9", 0x9, 0xf0, 64, 0},
		{"MARK xor", "MARK --xor-mark 0x1", 0xe, 0xf0, 64, 0},
		{"CONNMARK set", "CONNMARK --set-mark 0x1/0xff", 0xf, 0x1, 64, 0},
		{"CONNMARK save", "CONNMARK --save-mark", 0xf, 0xf, 64, 0},
		{"CONNMARK save under masks", "CONNMARK --save-mark --nfmask 0x3 --ctmask 0x10", 0xf, 0xe3, 64, 0},
		{"CONNMARK restore", "CONNMARK --restore-mark --mask 0xf0", 0xff, 0xf0, 64, 0},
		{"TTL set", "TTL --ttl-set 5", 0xf, 0xf0, 5, 0},
		{"TTL never above 255", "TTL --ttl-inc 250", 0xf, 0xf0, 255, 0},
		{"TTL never below 0", "TTL --ttl-dec 65", 0xf, 0xf0, 0, 0},
		{"TOS", "TOS --set-tos 0x10/0x3f", 0xf, 0xf0, 64, 0x10},
		{"DSCP", "DSCP --set-dscp-class EF", 0xf, 0xf0, 64, 0xb8},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables := nf.New(&env{})
			do(t, tables, "-t mangle -A FORWARD -j "+c.rule)
			mark, ct := uint32(0xf), conntrack.Conn{Mark: 0xf0}
			p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: &mark, CT: &ct}
			require.Equal(t, nf.Accept, tables.Run(nf.Mangle, nf.Forward, &p, nil).Action)
			require.Equal(t, c.mark, mark)
			require.Equal(t, c.connmark, ct.Mark)
			require.Equal(t, c.ttl, p.IP.TTL())
			require.Equal(t, c.tos, p.IP.TOS())
			require.True(t, p.IP.ChecksumOK())
		})
	}
}

func TestNotrackLeavesConnectionsAlone(t *testing.T) {
	tables := nf.New(&env{})
	do(t, tables, "-t raw -A PREROUTING -j CT --notrack")
	mark := uint32(0)
	p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: &mark}
	tables.Run(nf.Raw, nf.Prerouting, &p, nil)
	require.True(t, p.Untracked)
	p = nf.Packet{IP: p.IP, Mark: &mark, CT: &conntrack.Conn{}}
	tables.Run(nf.Raw, nf.Prerouting, &p, nil)
	require.False(t, p.Untracked, "it belongs to a connection already")
}

func TestNATVerdictsCarryTheRange(t *testing.T) {
	tables := nf.New(&env{})
	do(t, tables, "-t nat -A POSTROUTING -p tcp -j SNAT --to-source 192.0.2.1-192.0.2.9:1000-2000 --random", "-t nat -A POSTROUTING -j MASQUERADE --random-fully",
		"-t nat -A PREROUTING -p tcp -j DNAT --to-destination :8080", "-t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 81")
	mark := uint32(0)
	p := nf.Packet{IP: tcp("10.0.0.1", "10.0.0.2", 1, 2, 2), Mark: &mark}
	v := tables.Run(nf.NAT, nf.Postrouting, &p, nil)
	require.Equal(t, nf.SNAT, v.Action)
	require.Equal(t, nf.NATRange{MinAddr: ip32("192.0.2.1"), MaxAddr: ip32("192.0.2.9"), MinPort: 1000, MaxPort: 2000,
		Flags: conntrack.MapIPs | conntrack.ProtoSpecified | conntrack.ProtoRandom}, *v.NAT)
	v = tables.Run(nf.NAT, nf.Prerouting, &p, nil)
	require.Equal(t, nf.DNAT, v.Action)
	require.Equal(t, nf.NATRange{MinPort: 8080, MaxPort: 8080, Flags: conntrack.ProtoSpecified}, *v.NAT)
	v = tables.Run(nf.NAT, nf.Output, &p, nil)
	require.Equal(t, nf.Redirect, v.Action)
	p.IP = echo("10.0.0.1", "10.0.0.2")
	v = tables.Run(nf.NAT, nf.Postrouting, &p, nil)
	require.Equal(t, nf.Masquerade, v.Action)
	require.Equal(t, conntrack.RandomFully, v.NAT.Flags)
	v = tables.Run(nf.NAT, nf.Output, &p, nil)
	require.Equal(t, nf.Accept, v.Action)
	require.Equal(t, nf.NATRange{}, *v.NAT)
}

func TestATableExistsOnceItIsTouched(t *testing.T) {
	tables := nf.New(&env{})
	require.False(t, tables.Has(nf.NAT, nf.Postrouting))
	list(t, tables, "-t nat -S")
	require.True(t, tables.Has(nf.NAT, nf.Postrouting))
	require.False(t, tables.Has(nf.NAT, nf.Forward), "nat has no FORWARD")
	require.False(t, tables.Has(nf.Filter, nf.Forward))
	p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: new(uint32)}
	v := tables.Run(nf.Filter, nf.Forward, &p, nil)
	require.Equal(t, nf.Accept, v.Action, "what does not exist accepts")
	require.NotNil(t, v.NAT)
}

func TestConntrackIsNeededWhileARuleNeedsIt(t *testing.T) {
	for _, rule := range []string{"FORWARD -m conntrack --ctstate NEW", "FORWARD -m state --state NEW", "FORWARD -m connmark --mark 1", "FORWARD -j CONNMARK --save-mark"} {
		tables := nf.New(&env{})
		list(t, tables, "-t nat -S")
		require.False(t, tables.NeedsConntrack(), "an empty nat table does not")
		do(t, tables, "-A "+rule)
		require.True(t, tables.NeedsConntrack(), rule)
		do(t, tables, "-D "+rule)
		require.False(t, tables.NeedsConntrack(), rule)
		do(t, tables, "-t nat -A POSTROUTING -j MASQUERADE")
		require.True(t, tables.NeedsConntrack())
		do(t, tables, "-t nat -F")
		require.False(t, tables.NeedsConntrack())
	}
}

func TestLoopsAreRefusedWhereTheyCanBeReached(t *testing.T) {
	tables := nf.New(&env{})
	const loop = "iptables: Too many levels of symbolic links."
	do(t, tables, "-N a", "-N b", "-A a -j b", "-A b -j a") // out of reach: the kernel does not look
	require.Equal(t, loop, fails(t, tables, "-A OUTPUT -j a"))
	do(t, tables, "-D b -j a", "-A OUTPUT -j a")
	require.Equal(t, loop, fails(t, tables, "-A b -j a"))
	require.Equal(t, loop, fails(t, tables, "-A b -g b"))
	require.Equal(t, "-P OUTPUT ACCEPT\n-A OUTPUT -j a\n", list(t, tables, "-S OUTPUT"))
}

func TestTargetsAreCheckedForEveryHookThatReachesThem(t *testing.T) {
	const invalid = "iptables: Invalid argument. Run `dmesg' for more information."
	tables := nf.New(&env{})
	do(t, tables, "-t nat -N a", "-t nat -A a -j MASQUERADE") // nobody jumps there yet
	require.Equal(t, invalid, fails(t, tables, "-t nat -A PREROUTING -j a"))
	do(t, tables, "-t nat -N b", "-t nat -A b -j a", "-t nat -A POSTROUTING -j b")
	require.Equal(t, invalid, fails(t, tables, "-t nat -A OUTPUT -j b"))
	require.Equal(t, invalid, fails(t, tables, "-t nat -A a -j DNAT --to-destination 1.2.3.4"), "a is reached from POSTROUTING")
	do(t, tables, "-t nat -D POSTROUTING -j b", "-t nat -F a", "-t nat -A OUTPUT -j b", "-t nat -A a -j DNAT --to-destination 1.2.3.4")
}

func TestSetsInRulesCannotBeDestroyed(t *testing.T) {
	tables := nf.New(&env{})
	require.NoError(t, tables.Sets().Create("s", ipset.HashNet, ipset.Options{}, false))
	do(t, tables, "-A FORWARD -m set --match-set s src -j DROP", "-A FORWARD -m set --match-set s dst -j DROP")
	require.EqualError(t, tables.Sets().Destroy("s"), "Set cannot be destroyed: it is in use by a kernel component")
	do(t, tables, "-D FORWARD 1")
	require.Error(t, tables.Sets().Destroy("s"))
	do(t, tables, "-F")
	require.NoError(t, tables.Sets().Destroy("s"))
}

func TestADeletedRuleKeepsItsText(t *testing.T) {
	tables := nf.New(&env{})
	do(t, tables, "-N a", "-A FORWARD -s 10.0.0.0/8 -g a")
	r := tables.Table(nf.Filter).Chain("FORWARD").Rules()[0]
	require.Equal(t, "test", r.By)
	do(t, tables, "-F", "-X")
	require.Equal(t, "-A FORWARD -s 10.0.0.0/8 -g a", tables.RuleByIndex(r.Index).String())
	do(t, tables, "-A FORWARD -j DROP")
	require.NotEqual(t, r.Index, tables.Table(nf.Filter).Chain("FORWARD").Rules()[0].Index)
	require.Nil(t, tables.RuleByIndex(0))
	require.Nil(t, tables.RuleByIndex(99))
}

func TestARenamedDeviceIsSeenByItsNewName(t *testing.T) {
	tables := nf.New(&env{})
	do(t, tables, "-A FORWARD -i new0 -j DROP")
	mark := uint32(0)
	dev := &nf.Dev{Index: 2, Name: "old0"}
	p := nf.Packet{IP: echo("10.0.0.1", "10.0.0.2"), Mark: &mark, In: dev}
	require.Equal(t, nf.Accept, tables.Run(nf.Filter, nf.Forward, &p, nil).Action)
	dev.Rename("new0")
	require.Equal(t, nf.Drop, tables.Run(nf.Filter, nf.Forward, &p, nil).Action)
}

func TestNearMissNamesTheRuleThatAlmostMatched(t *testing.T) {
	tables := calico(t, &env{path: true, types: map[uint32]uint8{ip32("172.16.158.0"): 2}, onDev: map[int32]uint32{3: ip32("172.16.158.0")}})
	mark := uint32(0)
	p := nf.Packet{IP: echo("172.16.158.1", "172.16.184.1"), Mark: &mark, CT: &conntrack.Conn{}, Info: conntrack.New, Out: &nf.Dev{Index: 3, Name: "tunl0"}}
	var trail nf.Trail
	v := tables.Run(nf.NAT, nf.Postrouting, &p, &trail)
	require.Nil(t, v.Rule)
	step, ok := trail.NearMiss()
	require.True(t, ok)
	require.Equal(t, "cali-nat-outgoing", step.Chain.Name)
	require.Equal(t, "source in cali40masq-ipam-pools (172.16.0.0/16), but destination in cali40all-ipam-pools (172.16.0.0/16)", step.Rule.Explain(step, p.IP))
	require.Equal(t, "felix", step.Rule.By)

	// To the internet the same rule decides.
	p.IP = echo("172.16.158.1", "8.8.8.8")
	trail.Reset()
	v = tables.Run(nf.NAT, nf.Postrouting, &p, &trail)
	require.Equal(t, nf.Masquerade, v.Action)
	require.Same(t, step.Rule, v.Rule)
	last := trail.Steps[len(trail.Steps)-1]
	require.True(t, last.Matched)
	require.Equal(t, "source in cali40masq-ipam-pools (172.16.0.0/16) and destination not in cali40all-ipam-pools", v.Rule.Explain(last, p.IP))
	require.Equal(t, []string{"POSTROUTING", "cali-POSTROUTING", "cali-nat-outgoing"}, trail.Chains())
}

func TestNearMissIsNothingWhenNoRuleWasNear(t *testing.T) {
	tables := nf.New(&env{})
	do(t, tables, "-A FORWARD -p tcp --dport 80 -j DROP", "-A FORWARD -j ACCEPT")
	mark := uint32(0)
	p := nf.Packet{IP: echo("1.1.1.1", "2.2.2.2"), Mark: &mark}
	var trail nf.Trail
	tables.Run(nf.Filter, nf.Forward, &p, &trail)
	require.Len(t, trail.Steps, 2)
	_, ok := trail.NearMiss()
	require.False(t, ok)
	require.Equal(t, "protocol is not tcp", trail.Steps[0].Rule.Explain(trail.Steps[0], nil))
	require.Equal(t, "it matches every packet", trail.Steps[1].Rule.Explain(trail.Steps[1], nil))
}

func TestTheWalkAllocatesNothing(t *testing.T) {
	tables := calico(t, &env{path: true})
	mark := uint32(0)
	p := nf.Packet{IP: echo("172.16.158.1", "8.8.8.8"), Mark: &mark, CT: &conntrack.Conn{}, Info: conntrack.New}
	pod, ens5 := &nf.Dev{Index: 4, Name: "calice0906292e2"}, &nf.Dev{Index: 2, Name: "ens5"}
	require.Zero(t, testing.AllocsPerRun(100, func() { forward(tables, &p, pod, ens5, &mark, true) }))
}

// TestOwnChainsWithManyLevels: a chain of jumps as deep as there are chains.
func TestJumpsAsDeepAsThereAreChains(t *testing.T) {
	tables := nf.New(&env{})
	lines := []string{"-N c000"}
	name := func(i int) string {
		return "c" + string([]byte{byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
	}
	for i := 1; i < 300; i++ {
		lines = append(lines, "-N "+name(i), "-A "+name(i-1)+" -j "+name(i))
	}
	do(t, tables, append(lines, "-A c299 -j DROP", "-A OUTPUT -j c000")...)
	require.Equal(t, "D", verdicts(tables, 1))
}
