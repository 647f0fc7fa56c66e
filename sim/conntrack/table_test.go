package conntrack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
)

const (
	pod1, pod2, pod3 = "172.16.158.1", "172.16.158.2", "172.16.184.1"
	node1, node2     = "192.168.10.101", "192.168.10.102"
	dns              = "8.8.8.8"
)

func TestStatesOfAPing(t *testing.T) {
	n := newRouter(t)
	for _, step := range []struct {
		ip   packet.IPv4
		want Info
	}{
		{echo(pod1, pod3, 7), New},
		{echo(pod1, pod3, 7), New}, // nobody answered yet
		{echoReply(pod3, pod1, 7), EstablishedReply},
		{echo(pod1, pod3, 7), Established},
		{echoReply(pod3, pod1, 8), InvalidInfo}, // the answer to nothing
		{echo(pod1, pod3, 8), New},
	} {
		_, info := n.mustForward(step.ip)
		require.Equal(t, step.want, info)
	}
	require.Equal(t, []string{
		"icmp     1 30 src=172.16.158.1 dst=172.16.184.1 type=8 code=0 id=7 src=172.16.184.1 dst=172.16.158.1 type=0 code=0 id=7 mark=0 use=1",
		"icmp     1 30 src=172.16.158.1 dst=172.16.184.1 type=8 code=0 id=8 [UNREPLIED] src=172.16.184.1 dst=172.16.158.1 type=0 code=0 id=8 mark=0 use=1",
	}, n.list())
	require.Equal(t, uint64(1), n.Stats().Invalid)
	n.check()
}

func TestLinesOfConntrackL(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets []packet.IPv4
		after   float64 // seconds
		want    string
	}{
		{"the outer packets of a tunnel are of an unknown protocol", []packet.IPv4{datagram(node1, node2, packet.ProtoIPIP, echo(pod1, pod3, 1)), datagram(node2, node1, packet.ProtoIPIP, echo(pod3, pod1, 1))}, 7.5,
			"unknown  4 592 src=192.168.10.101 dst=192.168.10.102 src=192.168.10.102 dst=192.168.10.101 mark=0 use=1"},
		{"nobody answers in the tunnel", []packet.IPv4{datagram(node1, node2, packet.ProtoIPIP, echo(pod1, pod3, 1))}, 8.01,
			"unknown  4 591 src=192.168.10.101 dst=192.168.10.102 [UNREPLIED] src=192.168.10.102 dst=192.168.10.101 mark=0 use=1"},
		{"an icmp error is no reply of udp", []packet.IPv4{udp(pod1, pod3, 35719, 9999), icmp(pod3, pod1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, udp(pod1, pod3, 35719, 9999))}, 7.5,
			"udp      17 22 src=172.16.158.1 dst=172.16.184.1 sport=35719 dport=9999 [UNREPLIED] src=172.16.184.1 dst=172.16.158.1 sport=9999 dport=35719 mark=0 use=1"},
		{"within the same tick nothing has passed", []packet.IPv4{echo(pod1, pod3, 7)}, 0.0099,
			"icmp     1 30 src=172.16.158.1 dst=172.16.184.1 type=8 code=0 id=7 [UNREPLIED] src=172.16.184.1 dst=172.16.158.1 type=0 code=0 id=7 mark=0 use=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newRouter(t)
			for _, ip := range c.packets {
				n.mustForward(ip)
			}
			n.now += at(c.after)
			require.Equal(t, []string{c.want}, n.list())
		})
	}
}

func TestEntriesExpireInVirtualTime(t *testing.T) {
	n := newRouter(t)
	n.mustForward(echo(pod1, pod3, 7))
	n.now = start.Add(29990 * time.Millisecond)
	require.Len(t, n.list(), 1)
	_, info := n.mustForward(echo(pod1, pod3, 7)) // prolongs
	require.Equal(t, New, info)
	n.now = start.Add(59980 * time.Millisecond)
	require.Len(t, n.list(), 1)
	n.now = start.Add(59990 * time.Millisecond)
	require.Empty(t, n.list())
	require.Zero(t, n.Len())
	_, info = n.mustForward(echoReply(pod3, pod1, 7))
	require.Equal(t, InvalidInfo, info)
	n.check()
}

func TestUDPBothWaysForTwoSecondsIsAStream(t *testing.T) {
	n := newRouter(t)
	there, back := udp(pod1, pod3, 1000, 53), udp(pod3, pod1, 53, 1000)
	n.mustForward(clone(there))
	n.mustForward(clone(back))
	require.Contains(t, n.list()[0], "udp      17 30 ")
	n.now += at(2)
	n.mustForward(clone(there))
	require.NotContains(t, n.list()[0], "ASSURED", "not after two seconds sharp")
	n.now += at(0.01)
	n.mustForward(clone(there))
	require.Equal(t, "udp      17 120 src=172.16.158.1 dst=172.16.184.1 sport=1000 dport=53 src=172.16.184.1 dst=172.16.158.1 sport=53 dport=1000 [ASSURED] mark=0 use=1", n.list()[0])
}

func TestInvalidPackets(t *testing.T) {
	bad := func(ip packet.IPv4, change func(ip packet.IPv4)) packet.IPv4 { change(ip); return ip }
	for _, c := range []struct {
		name          string
		ip            packet.IPv4
		atOutput      Info // where checksums are not verified
		error_, other uint64
	}{
		{"wrong icmp checksum", bad(echo(pod1, pod3, 1), func(ip packet.IPv4) { ip[27] ^= 1 }), New, 1, 0},
		{"wrong udp checksum", bad(udp(pod1, pod3, 1, 2), func(ip packet.IPv4) { ip[30] ^= 1 }), New, 0, 1},
		{"wrong tcp checksum", bad(tcp(pod1, pod3, 1, 2, packet.TCPSyn, 1, 0, ""), func(ip packet.IPv4) { ip[25] ^= 1 }), New, 0, 1},
		{"udp length beyond the datagram", bad(udp(pod1, pod3, 1, 2), func(ip packet.IPv4) { ip[25] = 200 }), InvalidInfo, 0, 1},
		{"icmp cut short", datagram(pod1, pod3, 99, []byte{8, 0, 0, 0}), 0, 0, 0},
		{"unknown icmp type", icmp(pod1, pod3, 19, 0, 0, nil), InvalidInfo, 1, 0},
		{"icmp type without an answer", icmp(pod1, pod3, 9, 0, 0, nil), InvalidInfo, 0, 1},
		{"icmp error about nothing we know", icmp(pod1, pod3, packet.ICMPTimeExceeded, 0, 0, echo(pod3, pod1, 1)), InvalidInfo, 1, 0},
		{"icmp error that quotes a later fragment", icmp(pod1, pod3, packet.ICMPTimeExceeded, 0, 0, bad(echo(pod3, pod1, 1), func(ip packet.IPv4) { ip[7] = 1 })), InvalidInfo, 1, 0},
		{"icmp error that quotes too little", icmp(pod1, pod3, packet.ICMPTimeExceeded, 0, 0, echo(pod3, pod1, 1)[:24]), InvalidInfo, 1, 0},
		{"syn and fin", tcp(pod1, pod3, 1, 2, packet.TCPSyn|packet.TCPFin, 1, 0, ""), InvalidInfo, 0, 1},
		{"no tcp flags", tcp(pod1, pod3, 1, 2, 0, 1, 0, ""), InvalidInfo, 0, 1},
		{"reset of nothing", tcp(pod1, pod3, 1, 2, packet.TCPRst, 1, 0, ""), InvalidInfo, 0, 1},
		{"a later fragment", bad(udp(pod1, pod3, 1, 2), func(ip packet.IPv4) { ip[7] = 1 }), InvalidInfo, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "icmp cut short" {
				c.ip[9] = byte(packet.ProtoICMP)
				c.atOutput, c.error_ = InvalidInfo, 1
			}
			n := newRouter(t)
			conn, info, v := n.In(c.ip, true, n.now)
			require.Equal(t, InvalidInfo, info)
			require.Equal(t, Accept, v)
			require.Zero(t, conn)
			require.Equal(t, [2]uint64{c.error_, c.other}, [2]uint64{n.Stats().Error, n.Stats().Invalid})
			require.Zero(t, n.Len(), "nothing stays behind")

			_, info, _ = n.In(c.ip, false, n.now)
			require.Equal(t, c.atOutput, info)
		})
	}
}

func TestErrorForSomebodyElseIsNotRelated(t *testing.T) {
	n := newRouter(t)
	n.mustForward(echo(pod1, pod3, 7))
	quoted := echo(pod1, pod3, 7)
	_, info := n.mustForward(icmp(node2, pod2, packet.ICMPTimeExceeded, 0, 0, quoted))
	require.Equal(t, InvalidInfo, info)
	_, info = n.mustForward(icmp(node2, pod1, packet.ICMPTimeExceeded, 0, 0, quoted))
	require.Equal(t, RelatedReply, info)
	_, info = n.mustForward(icmp(pod1, pod3, packet.ICMPTimeExceeded, 1, 0, echoReply(pod3, pod1, 7)))
	require.Equal(t, Related, info)
}

func TestUnconfirmedEntriesAreNotFound(t *testing.T) {
	n := newRouter(t)
	conn, _, _ := n.In(echo(pod1, pod3, 7), true, n.now)
	require.Equal(t, 1, n.Len())
	require.Empty(t, n.list())
	_, info, _ := n.In(echoReply(pod3, pod1, 7), true, n.now)
	require.Equal(t, InvalidInfo, info)

	// An error about the packet carries its entry, but does not confirm it.
	require.True(t, n.Confirm(conn, New.Attach(), n.now))
	require.Empty(t, n.list())
	n.Discard(conn)
	require.Zero(t, n.Len())
	n.Discard(conn)
	require.True(t, n.Confirm(conn, New, n.now), "an ended entry stays ended")
	require.Empty(t, n.list())
	n.check()
}

func TestOfTwoFirstPacketsTheLaterIsDroppedOrJoins(t *testing.T) {
	for _, c := range []struct {
		name string
		ip   packet.IPv4
		ok   bool
	}{
		{"icmp", echo(pod1, pod3, 7), false},
		{"tcp", tcp(pod1, pod3, 1, 2, packet.TCPSyn, 1, 0, ""), false},
		{"udp", udp(pod1, pod3, 1, 2), true},
		{"ipip", datagram(node1, node2, packet.ProtoIPIP, echo(pod1, pod3, 1)), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newRouter(t)
			a, _, _ := n.In(c.ip, true, n.now)
			b, _, _ := n.In(c.ip, true, n.now)
			require.NotEqual(t, a, b)
			require.True(t, n.Confirm(a, New, n.now))
			require.Equal(t, c.ok, n.Confirm(b, New, n.now))
			require.Equal(t, 1, n.Len())
			n.check()
		})
	}
}

func TestHandlesAreReusedOnlyLater(t *testing.T) {
	n := newRouter(t)
	a, _ := n.mustForward(echo(pod1, pod3, 1))
	c := n.Get(a)
	n.Delete(a)
	b, _ := n.mustForward(echo(pod1, pod3, 2))
	require.NotEqual(t, a, b, "a packet of this instant may still hold it")
	require.Equal(t, uint16(1), c.Orig.SrcPort)
	n.now++
	d, _ := n.mustForward(echo(pod1, pod3, 3))
	require.Same(t, c, n.Get(d), "the same place")
	require.Nil(t, n.Get(a), "but the old handle names nothing")
	n.Delete(a)
	changed, ok := n.NATPacket(a, Established, SNAT, echo(pod1, pod3, 1))
	require.True(t, ok)
	require.False(t, changed)
	require.Len(t, n.list(), 2)
	n.check()
}

func TestMemoryDoesNotGrowWithExpiredEntries(t *testing.T) {
	n := newRouter(t)
	for i := range 100_000 {
		n.mustForward(echo(pod1, pod3, uint16(i)))
		n.now = n.now.Add(100 * time.Millisecond) // 300 live ones
	}
	require.Less(t, int(n.slots), 450)
	n.check()
}

func TestFullTable(t *testing.T) {
	n := newRouter(t)
	n.Config().Max = 20
	for i := range 20 {
		n.mustForward(udp(pod1, pod3, uint16(i+1), 53))
	}
	n.Entries(n.now, func(_ uint32, c *Conn) bool { c.Status |= Assured; return true })
	conn, info, v := n.In(udp(pod1, pod3, 100, 53), true, n.now)
	require.Equal(t, Drop, v, "assured entries stay")
	require.Equal(t, InvalidInfo, info)
	require.Zero(t, conn)
	require.Equal(t, uint64(1), n.Stats().Drop)

	n.Entries(n.now, func(_ uint32, c *Conn) bool { c.Status &^= Assured; return true })
	for i := range 200 {
		_, _, ok := n.forward(udp(pod2, pod3, uint16(i+1), 53))
		require.True(t, ok, "others make room")
		require.LessOrEqual(t, n.Len(), 20)
		n.check()
	}
	require.NotZero(t, n.Stats().EarlyDrop)

	early, i := n.Stats().EarlyDrop, 0
	n.Entries(n.now, func(_ uint32, c *Conn) bool {
		c.Status |= Assured
		if i++; i <= 15 {
			c.Expires = c.Expires.Add(time.Hour)
		}
		return true
	})
	for n.Len() < 20 {
		n.mustForward(udp(pod1, pod3, uint16(n.Len()), 53))
	}
	n.now, n.sweepAt = n.now+at(31), n.first
	n.mustForward(udp(pod1, pod3, 100, 53))
	require.Equal(t, 16, n.Len(), "expired ones make room first")
	require.Equal(t, early, n.Stats().EarlyDrop)
	n.check()
}

func TestDeleteAndFlush(t *testing.T) {
	n := newRouter(t)
	for i := range 100 {
		n.mustForward(echo(pod1, pod3, uint16(i)))
	}
	n.Entries(n.now, func(conn uint32, c *Conn) bool {
		if c.Orig.SrcPort%3 != 0 {
			n.Delete(conn)
		}
		return true
	})
	require.Len(t, n.list(), 34)
	n.check()
	stopped := 0
	n.Entries(n.now, func(uint32, *Conn) bool { stopped++; return stopped < 5 })
	require.Equal(t, 5, stopped)
	n.Flush()
	require.Empty(t, n.list())
	n.check()
}

func TestInvertIsItsOwnInverse(t *testing.T) {
	for proto := range 256 {
		for typ := range 256 {
			tp := Tuple{Src: 1, Dst: 2, SrcPort: 3, DstPort: uint16(typ<<8 | 4), Proto: packet.Proto(proto)}
			inv, ok := tp.Invert()
			if proto == 1 {
				require.Equal(t, typ == 0 || typ == 8 || 13 <= typ && typ <= 18, ok)
			} else {
				require.True(t, ok)
			}
			if ok {
				back, _ := inv.Invert()
				require.Equal(t, tp, back)
			}
		}
	}
}

func TestNamesOfInfo(t *testing.T) {
	for info, want := range map[Info]string{Established: "ESTABLISHED ORIGINAL", Related: "RELATED ORIGINAL", New: "NEW ORIGINAL", EstablishedReply: "ESTABLISHED REPLY",
		RelatedReply: "RELATED REPLY", Untracked: "UNTRACKED ORIGINAL", InvalidInfo: "INVALID ORIGINAL"} {
		require.Equal(t, want, info.State()+" "+info.Dir().String())
	}
	require.Equal(t, Related, EstablishedReply.Attach())
	require.Equal(t, "UNKNOWN", TCPState(99).String())
}

func TestEstablishedPacketAllocatesNothing(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, RandomFully)
	there, back := establish(n)
	wasThere, wasBack := clone(there), clone(back)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		for _, ip := range []packet.IPv4{there, back} {
			conn, info, _ := n.In(ip, true, n.now)
			n.NATPacket(conn, info, DNAT, ip)
			n.NATPacket(conn, info, SNAT, ip)
			n.Confirm(conn, info, n.now)
		}
		copy(there, wasThere)
		copy(back, wasBack)
	}))
}

// establish pings through MASQUERADE once and returns both packets as they
// arrive.
func establish(n *router) (there, back packet.IPv4) {
	there = echo(pod1, dns, 7)
	out := clone(there)
	n.mustForward(out)
	back = echoReply(dns, node1, packet.ICMP(out.Payload()).ID())
	n.mustForward(clone(back))
	return there, back
}

func BenchmarkInEstablishedNATPacket(b *testing.B) {
	n := newRouter(b)
	n.snat = masquerade(node1, RandomFully)
	there, back := establish(n)
	wasThere, wasBack := clone(there), clone(back)
	b.ReportAllocs()
	for b.Loop() {
		for _, ip := range [...]packet.IPv4{there, back} {
			conn, info, _ := n.In(ip, true, n.now)
			n.NATPacket(conn, info, DNAT, ip)
			n.NATPacket(conn, info, SNAT, ip)
			n.Confirm(conn, info, n.now)
		}
		copy(there, wasThere)
		copy(back, wasBack)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(2*b.N), "ns/packet")
}

func BenchmarkNewFlow(b *testing.B) {
	n := newRouter(b)
	n.snat = masquerade(node1, RandomFully)
	ip := udp(pod1, dns, 0, 53)
	was := clone(ip)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		copy(ip, was)
		packet.UDP(ip.Payload())[0], packet.UDP(ip.Payload())[1] = byte(i>>8), byte(i)
		packet.UDP(ip.Payload())[6], packet.UDP(ip.Payload())[7] = 0, 0
		n.now += clock.Instant(10 * time.Millisecond)
		n.forward(ip)
	}
}
