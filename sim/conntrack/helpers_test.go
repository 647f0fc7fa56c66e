package conntrack

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim/clock"
)

func addr(s string) uint32 { return packet.Addr32(netip.MustParseAddr(s)) }

func at(seconds float64) clock.Instant { return clock.Instant(seconds * 1e9) }

// start is when things happen in these tests: not 0, and on a tick.
const start = clock.Instant(100 * time.Second)

// datagram builds an IPv4 datagram around a transport packet whose checksum is
// filled in.
func datagram(src, dst string, proto packet.Proto, l4 []byte) packet.IPv4 {
	h := packet.IPv4Header{TotalLen: packet.IPv4Len + len(l4), ID: 7, TTL: 64, Proto: proto, Src: netip.MustParseAddr(src), Dst: netip.MustParseAddr(dst)}
	b := make([]byte, h.TotalLen)
	copy(b[packet.IPv4Len:], l4)
	ip := h.Put(b)
	fillChecksum(ip)
	return ip
}

func fillChecksum(ip packet.IPv4) {
	src, dst := [4]byte(ip[12:16]), [4]byte(ip[16:20])
	switch ip.Proto() {
	case packet.ProtoICMP:
		packet.ICMP(ip.Payload()).UpdateChecksum()
	case packet.ProtoUDP:
		packet.UDP(ip.Payload()).UpdateChecksum(src, dst)
	case packet.ProtoTCP:
		packet.TCP(ip.Payload()).UpdateChecksum(src, dst)
	}
}

func echo(src, dst string, id uint16) packet.IPv4 {
	return icmp(src, dst, packet.ICMPEcho, 0, uint32(id)<<16|1, []byte("abcdefgh"))
}

func echoReply(src, dst string, id uint16) packet.IPv4 {
	return icmp(src, dst, packet.ICMPEchoReply, 0, uint32(id)<<16|1, []byte("abcdefgh"))
}

func icmp(src, dst string, t packet.ICMPType, code uint8, rest uint32, data []byte) packet.IPv4 {
	l4 := make([]byte, packet.ICMPLen+len(data))
	packet.PutICMP(l4, t, code, rest)
	copy(l4[packet.ICMPLen:], data)
	return datagram(src, dst, packet.ProtoICMP, l4)
}

func udp(src, dst string, sport, dport uint16) packet.IPv4 {
	l4 := make([]byte, packet.UDPLen+3)
	packet.PutUDP(l4, sport, dport, len(l4))
	copy(l4[packet.UDPLen:], "hi\n")
	return datagram(src, dst, packet.ProtoUDP, l4)
}

func tcp(src, dst string, sport, dport uint16, flags uint8, seq, ack uint32, data string) packet.IPv4 {
	l4 := make([]byte, packet.TCPLen+len(data))
	copy(l4, []byte{byte(sport >> 8), byte(sport), byte(dport >> 8), byte(dport),
		byte(seq >> 24), byte(seq >> 16), byte(seq >> 8), byte(seq), byte(ack >> 24), byte(ack >> 16), byte(ack >> 8), byte(ack),
		5 << 4, flags, 0xfa, 0xf0})
	copy(l4[packet.TCPLen:], data)
	return datagram(src, dst, packet.ProtoTCP, l4)
}

func clone(ip packet.IPv4) packet.IPv4 { return bytes.Clone(ip) }

// router is a machine that forwards: the part of the packet walk that concerns
// this package.
type router struct {
	*Table
	t    testing.TB
	now  clock.Instant
	snat *Range // what POSTROUTING's nat table says, nil no rule
	dnat *Range // what PREROUTING's says
	draw []uint32
}

func newRouter(t testing.TB) *router {
	n := &router{t: t, now: start}
	seed := uint32(1)
	n.Table = NewTable(DefaultConfig(), func() uint32 {
		if len(n.draw) > 0 {
			r := n.draw[0]
			n.draw = n.draw[1:]
			return r
		}
		seed = seed*1664525 + 1013904223
		return seed >> 8
	})
	return n
}

func masquerade(to string, flags RangeFlags) *Range {
	return &Range{MinAddr: addr(to), MaxAddr: addr(to), Flags: MapIPs | flags}
}

// hook is nf_nat_inet_fn.
func (n *router) hook(conn uint32, info Info, manip Manip, rule *Range, ip packet.IPv4) bool {
	if info == New && !n.NATInitialized(conn, manip) {
		if rule != nil && !n.SetupNAT(conn, manip, *rule, n.now) || rule == nil && !n.AllocNullBinding(conn, manip, n.now) {
			return false
		}
	}
	_, ok := n.NATPacket(conn, info, manip, ip)
	return ok
}

// forward takes a packet through PREROUTING and POSTROUTING in place.
func (n *router) forward(ip packet.IPv4) (conn uint32, info Info, ok bool) {
	conn, info, v := n.In(ip, true, n.now)
	if v == Drop {
		return 0, info, false
	}
	if conn == 0 {
		return 0, info, true
	}
	if !n.hook(conn, info, DNAT, n.dnat, ip) || !n.hook(conn, info, SNAT, n.snat, ip) {
		n.Discard(conn)
		return 0, info, false
	}
	return conn, info, n.Confirm(conn, info, n.now)
}

// mustForward is forward for packets that pass, and checks their checksums.
func (n *router) mustForward(ip packet.IPv4) (uint32, Info) {
	n.t.Helper()
	conn, info, ok := n.forward(ip)
	require.True(n.t, ok, "dropped")
	requireChecksums(n.t, ip)
	return conn, info
}

func requireChecksums(t testing.TB, ip packet.IPv4) {
	t.Helper()
	require.True(t, ip.ChecksumOK(), "IP checksum")
	src, dst := [4]byte(ip[12:16]), [4]byte(ip[16:20])
	switch ip.Proto() {
	case packet.ProtoICMP:
		require.True(t, packet.ICMP(ip.Payload()).ChecksumOK(), "ICMP checksum")
	case packet.ProtoUDP:
		require.True(t, packet.UDP(ip.Payload()).ChecksumOK(src, dst), "UDP checksum")
	case packet.ProtoTCP:
		require.True(t, packet.TCP(ip.Payload()).ChecksumOK(src, dst), "TCP checksum")
	}
}

// list is conntrack -L.
func (n *router) list() (lines []string) {
	n.Entries(n.now, func(_ uint32, c *Conn) bool {
		lines = append(lines, string(c.AppendText(nil, n.now)))
		return true
	})
	return lines
}

// check verifies the table's own order: every entry is found by both tuples,
// and counts fit.
func (n *router) check() {
	n.t.Helper()
	live, sources := 0, 0
	var last uint32
	for conn := n.first; conn != 0; conn = n.at(conn).succ {
		c := n.at(conn)
		live++
		require.Equal(n.t, last, c.prev)
		last = conn
		require.NotZero(n.t, c.Status&Confirmed)
		require.Zero(n.t, c.Status&Dying)
		for _, d := range []Dir{Original, Reply} {
			found, dir, _ := n.lookup(c.tuple(d))
			require.Equal(n.t, conn, found)
			if c.Orig != c.Reply {
				require.Equal(n.t, d, dir)
			}
		}
		if c.Status&SrcNATDone != 0 {
			sources++
		}
	}
	require.Equal(n.t, last, n.tail)
	require.Equal(n.t, 2*live, n.nodes)
	require.Equal(n.t, sources, n.sourceNodes)
	require.Equal(n.t, live, n.live)
}

type record struct {
	time int64
	ip   packet.IPv4
}

// capture reads the IPv4 datagrams of a capture file.
func capture(t testing.TB, name string) (all []record) {
	f, err := os.Open("testdata/" + name)
	require.NoError(t, err)
	defer f.Close()
	r, err := pcap.NewReader(f)
	require.NoError(t, err)
	for {
		p, err := r.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		data := p.Data
		if r.Interfaces()[p.Interface].LinkType == pcap.LinkEthernet {
			if e := packet.Ethernet(data); e.Type() != packet.EtherIPv4 {
				continue
			}
			data = data[packet.EthernetLen:]
		}
		ip, err := packet.ParseIPv4(data)
		require.NoError(t, err)
		all = append(all, record{p.Time, clone(ip)})
	}
}
