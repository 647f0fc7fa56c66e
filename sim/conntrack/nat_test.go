package conntrack

import (
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
)

func id(ip packet.IPv4) uint16 { return packet.ICMP(ip.Payload()).ID() }

func sport(ip packet.IPv4) uint16 { return packet.UDP(ip.Payload()).SrcPort() }

func TestMasqueradeKeepsTheIDUnlessItIsTaken(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, 0)
	a, b, c := echo(pod1, dns, 7), echo(pod2, dns, 7), echo(pod2, "1.1.1.1", 7)
	n.mustForward(a)
	require.Equal(t, uint16(7), id(a))
	n.draw = []uint32{4242}
	n.mustForward(b)
	require.Equal(t, uint16(4242), id(b), "taken: a random one")
	n.mustForward(c)
	// find_appropriate_src: the same pod and id goes out with the same mapping.
	require.Equal(t, uint16(4242), id(c))
	require.Equal(t, addr(node1), c.Src32())
	require.Equal(t, uint64(1), n.Stats().Found)
	n.check()
}

func TestRandomFullyDrawsEvenIfTheIDIsFree(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, RandomFully)
	n.draw = []uint32{0x12345, 0x12345}
	first := echo(pod1, dns, 7)
	n.mustForward(first)
	require.Equal(t, uint16(0x2345), id(first))
	again := echo(pod1, dns, 7)
	n.mustForward(again)
	require.Equal(t, uint16(0x2345), id(again), "the flow keeps its id")
	other := echo(pod2, dns, 7)
	n.mustForward(other)
	require.Equal(t, uint16(0x2346), id(other), "the next one, the drawn one is taken")

	n.now += at(29.99)
	again = echo(pod1, dns, 7)
	n.mustForward(again)
	require.Equal(t, uint16(0x2345), id(again))
	n.now += at(30)
	n.draw = []uint32{99}
	again = echo(pod1, dns, 7)
	n.mustForward(again)
	require.Equal(t, uint16(99), id(again), "forgotten after 30 s")
	n.check()
}

func TestSourcePortsStayInTheirClass(t *testing.T) {
	for _, c := range []struct{ port, lo, hi uint16 }{{22, 1, 511}, {511, 1, 511}, {512, 600, 1023}, {1023, 600, 1023}, {1024, 1024, 65535}, {65535, 1024, 65535}} {
		n := newRouter(t)
		n.snat = masquerade(node1, RandomFully)
		for i := range 300 {
			ip := udp("10.0."+string(rune('0'+i/256))+".1", dns, c.port, 53)
			ip.SetSrc32(addr("10.0.0.0") + uint32(i))
			ip[26], ip[27] = 0, 0
			n.mustForward(ip)
			require.LessOrEqual(t, c.lo, sport(ip))
			require.GreaterOrEqual(t, c.hi, sport(ip))
		}
		n.check()
	}
}

func TestPortRangeIsUsedUp(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, ProtoSpecified)
	n.snat.MinPort, n.snat.MaxPort = 5000, 5009
	seen := map[uint16]bool{}
	for i := range 10 {
		ip := tcp(pod1, dns, uint16(40000+i), 80, packet.TCPSyn, 1, 0, "")
		n.mustForward(ip)
		require.False(t, seen[sport(ip)])
		seen[sport(ip)] = true
		require.LessOrEqual(t, uint16(5000), sport(ip))
		require.GreaterOrEqual(t, uint16(5009), sport(ip))
	}
	_, _, ok := n.forward(tcp(pod1, dns, 50000, 80, packet.TCPSyn, 1, 0, ""))
	require.False(t, ok, "no port is left: dropped at confirm")
	require.Equal(t, uint64(1), n.Stats().InsertFailed)
	n.mustForward(tcp(pod1, "1.1.1.1", 50000, 80, packet.TCPSyn, 1, 0, ""))
	n.check()
}

func TestRangeOfIDs(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, ProtoSpecified)
	n.snat.MinPort, n.snat.MaxPort = 11, 10 // the wrong way round: taken as 10 to 11
	ids := map[uint16]bool{}
	for _, pod := range []string{pod1, pod2} {
		ip := echo(pod, dns, 7)
		n.mustForward(ip)
		ids[id(ip)] = true
	}
	require.Equal(t, map[uint16]bool{10: true, 11: true}, ids)
}

func TestNearlyFullPortRangeIsSearchedInRounds(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, ProtoSpecified|RandomFully)
	n.snat.MinPort, n.snat.MaxPort = 2000, 2999
	dropped := 0
	for i := range 1000 {
		ip := udp(pod1, dns, uint16(10000+i), 53)
		if _, _, ok := n.forward(ip); !ok {
			dropped++
		}
	}
	require.Less(t, dropped, 100)
	require.NotZero(t, dropped, "a search gives up in the end, as the kernel's")
	n.check()
}

func TestServiceTranslatesThereAndBack(t *testing.T) {
	n := newRouter(t)
	n.dnat = &Range{MinAddr: addr(pod3), MaxAddr: addr(pod3), MinPort: 8080, MaxPort: 8080, Flags: MapIPs | ProtoSpecified}
	n.snat = masquerade(node1, RandomFully)
	n.draw = []uint32{0, 60000} // one for the only port of the service, one for the client
	ip := tcp(pod1, "10.96.0.10", 40000, 80, packet.TCPSyn, 100, 0, "")
	was := clone(ip)
	conn, _ := n.mustForward(ip)
	port := uint16(1024 + 60000%64512)
	require.Equal(t, tcp(node1, pod3, port, 8080, packet.TCPSyn, 100, 0, ""), ip)
	require.Equal(t, SrcNAT|DstNAT|SrcNATDone|DstNATDone|Confirmed, n.Get(conn).Status)

	answer := tcp(pod3, node1, 8080, port, packet.TCPSyn|packet.TCPAck, 500, 101, "")
	_, info := n.mustForward(answer)
	require.Equal(t, EstablishedReply, info)
	require.Equal(t, tcp("10.96.0.10", pod1, 80, 40000, packet.TCPSyn|packet.TCPAck, 500, 101, ""), answer)

	// Port unreachable from the pod behind the service: the client must see
	// what it sent itself.
	e := icmp(pod3, node1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, ip)
	_, info = n.mustForward(e)
	require.Equal(t, RelatedReply, info)
	require.Equal(t, icmp("10.96.0.10", pod1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, was), e)

	// And with only eight bytes of the segment quoted.
	e = icmp(pod3, node1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, ip[:28])
	n.mustForward(e)
	require.Equal(t, icmp("10.96.0.10", pod1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, was[:28]), e)

	// An error of the client about the answer goes the other way.
	e = icmp(pod1, "10.96.0.10", packet.ICMPTimeExceeded, packet.CodeFragReassembly, 0, answer)
	_, info = n.mustForward(e)
	require.Equal(t, Related, info)
	require.Equal(t, icmp(node1, pod3, packet.ICMPTimeExceeded, packet.CodeFragReassembly, 0, tcp(pod3, node1, 8080, port, packet.TCPSyn|packet.TCPAck, 500, 101, "")), e)
	n.check()
}

func TestUDPClosedPortBehindMasquerade(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, RandomFully)
	ip := udp(pod1, dns, 35719, 9999)
	was := clone(ip)
	n.mustForward(ip)
	e := icmp(dns, node1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, ip)
	n.mustForward(e)
	require.Equal(t, icmp(dns, pod1, packet.ICMPUnreachable, packet.CodePortUnreachable, 0, was), e)
	require.Contains(t, n.list()[0], "[UNREPLIED]")
}

func TestUDPWithoutChecksumStaysWithout(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, RandomFully)
	ip := udp(pod1, dns, 35719, 53)
	ip[26], ip[27] = 0, 0
	n.mustForward(ip)
	require.Equal(t, addr(node1), ip.Src32())
	require.Zero(t, packet.UDP(ip.Payload()).Checksum())
}

func TestRedirectOfATranslatedFlowIsDropped(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, 0)
	ip := echo(pod1, dns, 7)
	n.mustForward(ip)
	_, _, ok := n.forward(icmp("192.168.10.1", node1, packet.ICMPRedirect, 1, 0, ip))
	require.False(t, ok)

	n = newRouter(t)
	ip = echo(pod1, dns, 7)
	n.mustForward(ip)
	_, _, ok = n.forward(icmp("192.168.10.1", pod1, packet.ICMPRedirect, 1, 0, ip))
	require.True(t, ok, "without translation it passes")
}

func TestErrorWithWrongChecksumIsNotTranslated(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, 0)
	ip := echo(pod1, dns, 7)
	n.mustForward(ip)
	e := icmp(dns, node1, packet.ICMPTimeExceeded, 0, 0, ip)
	e[len(e)-1] ^= 1
	n.Config().Checksum = false
	_, _, ok := n.forward(e)
	require.False(t, ok)
}

func TestNullBindingMovesALocalSenderOutOfTheWay(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, 0)
	n.mustForward(udp(pod1, dns, 5000, 53))
	n.snat = nil
	n.draw = []uint32{1}
	ip := udp(node1, dns, 5000, 53) // the node's own program with the same port
	conn, _ := n.mustForward(ip)
	require.Equal(t, uint16(1025), sport(ip))
	require.NotZero(t, n.Get(conn).Status&SrcNAT)
	n.check()
}

func TestPoolAddressDependsOnTheClient(t *testing.T) {
	pool := Range{MinAddr: addr("203.0.113.16"), MaxAddr: addr("203.0.113.31"), Flags: MapIPs}
	used := map[uint32]int{}
	for i := range 1000 {
		n := newRouter(t)
		n.snat = &pool
		src := packet.AddrFrom32(addr("10.0.0.0") + uint32(i)).String()
		a, b := udp(src, dns, 1000, 53), udp(src, dns, 2000, 53)
		n.mustForward(a)
		n.mustForward(b)
		require.Equal(t, a.Src32(), b.Src32(), "two flows of one client share the address")
		require.LessOrEqual(t, pool.MinAddr, a.Src32())
		require.GreaterOrEqual(t, pool.MaxAddr, a.Src32())
		used[a.Src32()]++
	}
	require.Len(t, used, 16)
}

// As a real kernel chose for pings to 10.0.255.1.
func TestPoolAddressIsTheKernels(t *testing.T) {
	for flags, want := range map[RangeFlags][]uint32{
		0:          {27, 31, 31, 25, 21, 19, 23, 26, 30},
		Persistent: {20, 31, 29},
	} {
		for i, last := range want {
			n := newRouter(t)
			n.snat = &Range{MinAddr: addr("203.0.113.16"), MaxAddr: addr("203.0.113.31"), Flags: MapIPs | flags}
			ip := echo("10.0.0."+string(rune('1'+i)), "10.0.255.1", 7)
			n.mustForward(ip)
			require.Equal(t, addr("203.0.113.0")+last, ip.Src32(), "10.0.0.%d", i+1)
		}
	}
}

func TestSetupNATRefusesASecondBinding(t *testing.T) {
	n := newRouter(t)
	ip := echo(pod1, dns, 7)
	conn, _, _ := n.In(ip, true, n.now)
	require.False(t, n.NATInitialized(conn, SNAT))
	require.True(t, n.SetupNAT(conn, SNAT, *masquerade(node1, 0), n.now))
	require.True(t, n.NATInitialized(conn, SNAT))
	require.False(t, n.NATInitialized(conn, DNAT))
	require.False(t, n.SetupNAT(conn, SNAT, *masquerade(node2, 0), n.now))
	require.True(t, n.Confirm(conn, New, n.now))
	require.True(t, n.SetupNAT(conn, DNAT, *masquerade(node2, 0), n.now), "too late, but no reason to drop")
	require.Zero(t, n.Get(conn).Status&DstNAT)
	n.check()
}

func TestMasqueradedEntriesGoWithTheirInterface(t *testing.T) {
	n := newRouter(t)
	n.snat = masquerade(node1, 0)
	for i := range 6 {
		conn, _ := n.mustForward(echo(pod1, dns, uint16(i)))
		n.Get(conn).MasqIndex = int32(i%3) + 1
	}
	n.snat = nil
	n.mustForward(echo(pod1, pod3, 9))
	require.Equal(t, 2, n.FlushMasqueraded(1))
	require.Zero(t, n.FlushMasqueradedAddr(2, addr(node2)))
	require.Equal(t, 2, n.FlushMasqueradedAddr(2, addr(node1)))
	require.Len(t, n.list(), 3)

	var moved uint32
	n.Entries(n.now, func(conn uint32, c *Conn) bool { moved = conn; return c.MasqIndex == 0 })
	require.False(t, n.MasqueradeMoved(moved, Established, 3))
	require.False(t, n.MasqueradeMoved(moved, EstablishedReply, 4))
	require.True(t, n.MasqueradeMoved(moved, Established, 4))
	require.Len(t, n.list(), 2)
	n.check()
}

// TestAnySequence compares the table with a slow twin: a plain map of what
// each flow was translated to. Whatever comes, a flow keeps its translation,
// no two live flows look alike outside, and the answer comes back as the
// original turned round, byte for byte.
func TestAnySequence(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	pods := []string{pod1, pod2, "172.16.158.3"}
	servers := []string{dns, "10.96.0.10"}
	for range 60 {
		n := newRouter(t)
		masq, dnat := masquerade(node1, []RangeFlags{0, RandomFully, ProtoRandom, ProtoSpecified}[rng.Intn(4)]), &Range{MinAddr: addr(pod3), MaxAddr: addr(pod3), Flags: MapIPs}
		masq.MinPort, masq.MaxPort = 100, 140
		twin := map[string]packet.IPv4{} // sent → seen outside
		for range 300 {
			if rng.Intn(20) == 0 {
				n.now += at(rng.Float64() * 40)
			}
			src, dst, port := pods[rng.Intn(len(pods))], servers[rng.Intn(2)], uint16(rng.Intn(6)+700)
			var ip packet.IPv4
			switch rng.Intn(3) {
			case 0:
				ip = echo(src, dst, port)
			case 1:
				ip = udp(src, dst, port, 53)
			default:
				ip = datagram(src, dst, 99, []byte{1, 2, 3, 4})
			}
			if n.snat, n.dnat = masq, nil; dst != dns {
				n.dnat = dnat
			}
			sent := clone(ip)
			conn, info, ok := n.forward(ip)
			if !ok {

				continue // no port left, or an unknown protocol taken by another pod
			}
			requireChecksums(t, ip)
			if info != New {
				require.Equal(t, twin[string(sent)], ip)
			}
			twin[string(sent)] = ip
			out, _ := tupleOf(ip)
			n.Entries(n.now, func(other uint32, c *Conn) bool {
				inv, _ := c.Reply.Invert()
				require.Equal(t, other == conn, inv == out)
				return true
			})
			if rng.Intn(2) == 0 {
				back, want := turn(ip), turn(sent)
				_, info := n.mustForward(back)
				require.Equal(t, EstablishedReply, info)
				require.Equal(t, want, back)
			}
			if rng.Intn(4) == 0 {
				e, want := icmp("192.168.10.1", node1, packet.ICMPTimeExceeded, 0, 0, ip), icmp("192.168.10.1", sent.Src().String(), packet.ICMPTimeExceeded, 0, 0, sent)
				if n.dnat != nil {
					// With DNAT the error seems to come from the service.
					want.SetSrc32(sent.Dst32())
				}
				_, info := n.mustForward(e)
				require.Equal(t, RelatedReply, info)
				require.Equal(t, want, e)
			}
		}
		n.check()
	}
}

// turn is the answer to a datagram: addresses, ports and ICMP type swapped.
func turn(ip packet.IPv4) packet.IPv4 {
	b := clone(ip)
	copy(b[12:16], ip[16:20])
	copy(b[16:20], ip[12:16])
	switch ip.Proto() {
	case packet.ProtoICMP:
		b[20] = byte(packet.ICMPEchoReply)
	case packet.ProtoUDP:
		copy(b[20:22], ip[22:24])
		copy(b[22:24], ip[20:22])
	}
	fillChecksum(b)
	return b
}

func FuzzIn(f *testing.F) {
	for _, ip := range []packet.IPv4{echo(pod1, dns, 7), echoReply(dns, node1, 7), udp(pod1, dns, 1, 2), tcp(pod1, dns, 1, 2, packet.TCPSyn, 1, 0, ""),
		icmp("192.168.10.1", node1, packet.ICMPTimeExceeded, 0, 0, echo(node1, dns, 7)), icmp("192.168.10.1", node1, packet.ICMPUnreachable, 3, 0, tcp(node1, dns, 1, 2, 0, 1, 0, "")[:28])} {
		f.Add([]byte(ip), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, verify bool) {
		ip, err := packet.ParseIPv4(b)
		if err != nil {
			return
		}
		n := newRouter(t)
		n.Config().Checksum = verify
		n.snat = masquerade(node1, 0)
		n.mustForward(echo(pod1, dns, 7))
		n.mustForward(udp(pod1, dns, 1, 2))
		n.mustForward(tcp(pod1, dns, 1, 2, packet.TCPSyn, 1, 0, ""))
		good := ip.ChecksumOK()
		for range 2 {
			n.forward(clone(ip))
			n.check()
			turned := clone(ip)
			copy(turned[12:16], ip[16:20])
			copy(turned[16:20], ip[12:16])
			n.forward(turned)
			n.check()
		}
		if _, info, ok := n.forward(ip); ok && good && info != InvalidInfo {
			require.True(t, ip.ChecksumOK())
		}
		n.list()
	})
}
