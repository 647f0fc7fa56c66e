package trace

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// kept is one record as it was told, with its packet where that is news.
type kept struct {
	rec Record
	ip  packet.IPv4
	arp packet.ARP
}

func (k *kept) flow() *packet.Flow {
	var f packet.Flow
	switch {
	case k.ip != nil:
		f = packet.IPv4Flow(k.ip)
	case k.arp != nil:
		f = packet.ARPFlow(k.arp)
	default:
		return nil
	}
	return &f
}

// datagram is a packet with some numbers in it, options and cut ones included.
func datagram(ttl uint8, id uint16, frag uint16, proto packet.Proto, options, payload int) packet.IPv4 {
	b := make([]byte, packet.IPv4Len+options+payload)
	h := packet.IPv4Header{TotalLen: len(b), TTL: ttl, ID: id, Frag: frag, Proto: proto, TOS: ttl, Src: packet.AddrFrom32(1<<24 + 1), Dst: packet.AddrFrom32(2<<24 + uint32(id)), Options: make([]byte, options)}
	p := h.Put(b)
	for i := range payload {
		p.Payload()[i] = byte(i + int(id))
	}
	if proto == packet.ProtoICMP && payload > 0 {
		p.Payload()[0] = 8
	}
	return p
}

// story makes records like those of a network, where most repeat what was said
// before, mixed with ones that are anything.
func story(rng *rand.Rand, n int) []kept {
	all := make([]kept, 0, n)
	at, id := clock.Instant(0), packet.ID(0)
	for len(all) < n {
		at += clock.Instant(rng.Uint64N(3) * rng.Uint64N(1<<40))
		id++
		for station := range 8 {
			k := kept{rec: Record{At: at, Packet: id, Place: Place(station), Stage: Stage(station), RefKind: RefRoute, RefIdx: uint32(station) * 7}}
			if id%3 == 0 {
				k.rec.Parent = id - 1
			}
			if station == 5 {
				k.rec.RefKind, k.rec.RefIdx = RefPacket, uint32(id)+1
			}
			if station%3 == 0 {
				k.ip = datagram(64-uint8(station), uint16(id), packet.FlagDF, packet.ProtoICMP, 0, 64)
			}
			if rng.IntN(10) == 0 {
				k.rec = Record{At: at, Packet: packet.ID(rng.Uint32()), Parent: packet.ID(rng.Uint32()), Place: Place(rng.Uint32()), RefIdx: rng.Uint32(), Aux: uint16(rng.Uint32()),
					Stage: Stage(rng.Uint32()), Verdict: Verdict(rng.Uint32()), Reason: Reason(rng.Uint32()), RefKind: RefKind(rng.Uint32())}
				k.ip, k.arp = nil, nil
				switch rng.IntN(4) {
				case 0:
					protos := []packet.Proto{packet.ProtoICMP, packet.ProtoUDP, packet.ProtoTCP, packet.ProtoIPIP}
					k.ip = datagram(uint8(rng.Uint32()), uint16(rng.Uint32()), uint16(rng.Uint32())&rngMask(rng), protos[rng.IntN(4)], rng.IntN(11)*4, rng.IntN(12))
				case 1:
					k.arp = make(packet.ARP, packet.ARPLen)
					packet.PutARP(k.arp, packet.ARPRequest, packet.MAC{1}, packet.AddrFrom32(rng.Uint32()), packet.MAC{2}, packet.AddrFrom32(rng.Uint32()))
				}
			}
			all = append(all, k)
		}
	}
	return all[:n]
}

// rngMask leaves a fragment field as it is, or makes it that of a whole packet.
func rngMask(rng *rand.Rand) uint16 {
	if rng.IntN(2) == 0 {
		return packet.FlagDF
	}
	return 0xffff
}

func TestWhatIsKeptIsWhatWasTold(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 100, RingSize, RingSize + 1, 5*RingSize + 77} {
		all := story(rng, n)
		var l Log
		l.SetMode(Keep)
		for _, k := range all {
			r := l.Next(k.rec.At, k.rec.Packet, k.rec.Parent, k.rec.Place, k.rec.Stage, k.rec.Verdict, k.rec.RefKind, k.rec.RefIdx)
			r.Aux, r.Reason = k.rec.Aux, k.rec.Reason
			switch {
			case k.ip != nil:
				l.SetIPv4(r, k.ip)
			case k.arp != nil:
				l.SetARP(r, k.arp)
			}
			l.Commit(r, nil)
		}
		i := 0
		l.Each(func(seq uint64, r *Record, flow *packet.Flow) bool {
			require.Equal(t, uint64(i+1), seq)
			got := *r
			got.flow = 0
			if got != all[i].rec {
				t.Fatalf("record %d of %d: %+v, told was %+v", i, n, got, all[i].rec)
			}
			if want := all[i].flow(); (flow == nil) != (want == nil) || want != nil && *flow != *want {
				t.Fatalf("record %d of %d: flow %+v, told was %+v", i, n, flow, want)
			}
			i++
			return true
		})
		require.Equal(t, n, i)
	}
}

func TestEachStopsWhenTold(t *testing.T) {
	for _, mode := range []Mode{Ring, Keep} {
		var l Log
		l.SetMode(mode)
		for range RingSize + 10 {
			l.Commit(l.Next(0, 1, 0, 0, StageRoute, Continue, RefNone, 0), nil)
		}
		n := 0
		l.Each(func(uint64, *Record, *packet.Flow) bool { n++; return n < 5 })
		require.Equal(t, 5, n)
	}
}

// Whoever begins to listen, or reads a ring that lost its beginning, is told
// the flow of each packet again.
func TestFlowsAreToldAgainToNewListeners(t *testing.T) {
	var l Log
	l.SetMode(Ring)
	tell := func() {
		l.SetIPv4(l.Next(0, 7, 0, 0, StageRoute, Continue, RefNone, 0), datagram(1, 2, 0, packet.ProtoUDP, 0, 8))
	}
	tell()
	require.True(t, l.Knows(7))
	require.False(t, l.Knows(7+64), "another packet in the same place")
	l.Attach(new(countSink))
	require.False(t, l.Knows(7))
	tell()
	l.Forget(8)
	require.True(t, l.Knows(7))
	l.Forget(7)
	require.False(t, l.Knows(7))
	tell()
	for range RingSize {
		l.Next(0, 1, 0, 0, StageRoute, Continue, RefNone, 0)
	}
	require.False(t, l.Knows(7))
}

// A round trip across two nodes is some 70 records that mostly repeat.
func TestRepetitionTakesFewBytes(t *testing.T) {
	var l Log
	l.SetMode(Keep)
	const n = 4 * RingSize
	for i := range n {
		id := packet.ID(i/8 + 1)
		r := l.Next(clock.Instant(i/8*1000), id, 0, Place(i%8), Stage(i%8), Continue, RefNone, 0)
		r.RefKind, r.RefIdx = RefRule, uint32(i%8)*100
		if i%8 == 0 {
			l.SetIPv4(r, datagram(64, uint16(id), 0, packet.ProtoICMP, 0, 64))
		}
		l.Commit(r, nil)
	}
	bytes := len(l.packed.chunk)
	for _, c := range l.packed.chunks {
		bytes += len(c)
	}
	require.Less(t, float64(bytes)/n, 4.0, "bytes a record")
}

func BenchmarkRecord(b *testing.B) {
	for _, mode := range []Mode{Ring, Keep} {
		b.Run([]string{Ring: "ring", Keep: "keep"}[mode], func(b *testing.B) {
			var l Log
			l.SetMode(mode)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				r := l.Next(clock.Instant(i/8*1000), packet.ID(i/8), 0, Place(i%8), StageRoute, Continue, RefNone, 0)
				r.RefKind, r.RefIdx = RefRoute, uint32(i%8)
				l.Commit(r, nil)
			}
		})
	}
}
