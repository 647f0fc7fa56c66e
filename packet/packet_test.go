package packet

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// slowSum is RFC 1071 section 4.1 word by word.
func slowSum(b []byte) uint16 {
	var s uint32
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(b[i])<<8 | uint32(b[i+1])
		s = s>>16 + s&0xffff
	}
	if len(b)%2 == 1 {
		s += uint32(b[len(b)-1]) << 8
		s = s>>16 + s&0xffff
	}
	return ^uint16(s)
}

func TestChecksumEqualsTheSlowSum(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	require.Equal(t, uint16(0x220d), Checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), "the example of RFC 1071 section 3")
	for range 2000 {
		b := make([]byte, rng.Intn(200))
		rng.Read(b)
		if rng.Intn(4) == 0 {
			for i := range b {
				b[i] = 0xff
			}
		}
		require.Equal(t, slowSum(b), Checksum(b), "%x", b)
		if n := len(b) / 4 * 2; n > 0 {
			require.Equal(t, slowSum(b), Fold(Sum(Sum(0, b[:n]), b[n:])), "in two pieces: %x", b)
		}
	}
}

func TestUpdateEqualsANewChecksum(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	for range 5000 {
		b := make([]byte, 40)
		rng.Read(b)
		binary.BigEndian.PutUint16(b[10:], 0)
		sum := Checksum(b)
		at := 2 * rng.Intn(20)
		if at == 10 {
			continue
		}
		old := binary.BigEndian.Uint16(b[at:])
		new := uint16(rng.Intn(1 << 16))
		binary.BigEndian.PutUint16(b[at:], new)
		got := Update16(sum, old, new)
		want := Checksum(b)
		if want != got && !(want == 0 && got == 0xffff || want == 0xffff && got == 0) {
			t.Fatalf("word at %d from %04x to %04x: %04x, not %04x", at, old, new, got, want)
		}
	}
}

func header(rng *rand.Rand) IPv4 {
	opts := make([]byte, 4*rng.Intn(11))
	for i := range opts {
		opts[i] = 1 // NOP
	}
	h := IPv4Header{TOS: uint8(rng.Intn(256)), TotalLen: 20 + len(opts) + 8, ID: uint16(rng.Intn(1 << 16)), Frag: uint16(rng.Intn(1 << 16)), TTL: uint8(1 + rng.Intn(255)),
		Proto: Proto(rng.Intn(256)), Src: AddrFrom32(rng.Uint32()), Dst: AddrFrom32(rng.Uint32()), Options: opts}
	return h.Put(make([]byte, h.TotalLen))
}

func TestSettersKeepTheHeaderChecksumRight(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	for range 2000 {
		p := header(rng)
		require.True(t, p.ChecksumOK())
		p.DecrementTTL()
		require.True(t, p.ChecksumOK(), "after the TTL")
		p.SetTOS(uint8(rng.Intn(256)))
		require.True(t, p.ChecksumOK(), "after the TOS")
		p.SetTTL(uint8(rng.Intn(256)))
		p.SetSrc32(rng.Uint32())
		p.SetDst32(rng.Uint32())
		require.True(t, p.ChecksumOK(), "after the addresses")
		p[16] ^= 1
		require.False(t, p.ChecksumOK(), "a flipped bit")
	}
}

func TestBuildersAndViewsAgree(t *testing.T) {
	src, dst := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	h := IPv4Header{TOS: 0xb8, TotalLen: 28, ID: 7, Frag: FlagDF, TTL: 64, Proto: ProtoICMP, Src: src, Dst: dst}
	b := make([]byte, 40)
	h.Put(b)
	p, err := ParseIPv4(b)
	require.NoError(t, err)
	require.Len(t, p, 28, "padding is cut off")
	require.Equal(t, []any{uint8(0xb8), 28, uint16(7), true, false, 0, uint8(64), ProtoICMP, src, dst, 20},
		[]any{p.TOS(), p.TotalLen(), p.ID(), p.DF(), p.MF(), p.FragOffset(), p.TTL(), p.Proto(), p.Src(), p.Dst(), p.HeaderLen()})
	require.Equal(t, src, AddrFrom32(p.Src32()))
	require.Equal(t, Addr32(dst), p.Dst32())

	a := make([]byte, ARPLen)
	m1, m2 := MAC{2, 0, 0, 0, 0, 1}, MAC{2, 0, 0, 0, 0, 2}
	PutARP(a, ARPReply, m1, src, m2, dst)
	arp, err := ParseARP(a)
	require.NoError(t, err)
	require.Equal(t, []any{ARPReply, m1, src, m2, dst}, []any{arp.Op(), arp.SenderMAC(), arp.SenderIP(), arp.TargetMAC(), arp.TargetIP()})

	u := PutUDP(make([]byte, 12), 1000, 53, 12)
	u.UpdateChecksum(src.As4(), dst.As4())
	require.True(t, u.ChecksumOK(src.As4(), dst.As4()))
	u[9]++
	require.False(t, u.ChecksumOK(src.As4(), dst.As4()))

	i := PutICMP(make([]byte, 16), ICMPEcho, 0, 7<<16|9)
	i.UpdateChecksum()
	require.True(t, i.ChecksumOK())
	i.SetID(4711)
	require.True(t, i.ChecksumOK())
	require.Equal(t, []any{uint16(4711), uint16(9)}, []any{i.ID(), i.Seq()})
}

func TestParsersRefuseWhatIsNotWhole(t *testing.T) {
	rng := rand.New(rand.NewSource(4))
	p := header(rng)
	for n := range len(p) {
		_, err := ParseIPv4(p[:n])
		require.Error(t, err, "%d of %d bytes", n, len(p))
	}
	for _, bad := range []struct {
		name string
		at   int
		to   byte
	}{{"version 6", 0, 0x65}, {"header of 16 bytes", 0, 0x44}, {"header longer than the packet", 0, 0x4f}, {"total length below the header's", 3, 19}} {
		q := (&IPv4Header{TotalLen: 28, Src: AddrFrom32(1), Dst: AddrFrom32(2)}).Put(make([]byte, 28))
		q[bad.at] = bad.to
		_, err := ParseIPv4(q)
		require.Error(t, err, bad.name)
	}
	for name, parse := range map[string]func([]byte) error{
		"ethernet": func(b []byte) error { _, err := ParseEthernet(b); return err },
		"arp":      func(b []byte) error { _, err := ParseARP(b); return err },
		"icmp":     func(b []byte) error { _, err := ParseICMP(b); return err },
		"udp":      func(b []byte) error { _, err := ParseUDP(b); return err },
		"tcp":      func(b []byte) error { _, err := ParseTCP(b); return err },
	} {
		require.Error(t, parse(nil), name)
		require.Error(t, parse(make([]byte, 7)), name)
	}
}

func TestMACsAreReadAndPrinted(t *testing.T) {
	m, err := ParseMAC("02:00:C0:a8:0a:65")
	require.NoError(t, err)
	require.Equal(t, "02:00:c0:a8:0a:65", m.String())
	for _, bad := range []string{"", "02:00:c0:a8:0a", "02-00-c0-a8-0a-65", "02:00:c0:a8:0a:6g", "02:00:c0:a8:0a:65:00"} {
		_, err := ParseMAC(bad)
		require.Error(t, err, bad)
	}
}

func TestEncapsulationDoesNotMoveThePayload(t *testing.T) {
	var pool Pool
	b := pool.FromBytes([]byte("payload"))
	first := &b.Bytes()[0]
	copy(b.Prepend(20), bytes.Repeat([]byte{1}, 20))
	b.SetNetwork()
	copy(b.Prepend(14), bytes.Repeat([]byte{2}, 14))
	require.Equal(t, 41, b.Len())
	require.Equal(t, bytes.Repeat([]byte{2}, 14), b.LinkHeader(14))
	b.TrimFront(14)
	require.Equal(t, byte(1), b.Network()[0])
	b.TrimFront(20)
	require.Same(t, first, &b.Bytes()[0])
	for range 20 { // deeper than the headroom
		copy(b.Prepend(20), bytes.Repeat([]byte{3}, 20))
	}
	require.Equal(t, "payload", string(b.Bytes()[400:]))
	b.TrimTo(404)
	require.Equal(t, "payl", string(b.Bytes()[400:]))
	b.Release()
	require.Zero(t, pool.Stats().Live())
}

func TestCopiesAreIndependentAndCounted(t *testing.T) {
	var pool Pool
	b := pool.FromBytes([]byte("abc"))
	b.Mark = 7
	c := b.Clone()
	require.Equal(t, b.ID, c.Parent)
	require.NotEqual(t, b.ID, c.ID)
	require.Equal(t, uint32(7), c.Mark)
	c.Bytes()[0] = 'x'
	require.Equal(t, "abc", string(b.Bytes()))
	b.Release()
	require.Equal(t, Stats{Created: 1, Copied: 1, Released: 1}, pool.Stats())
	require.Equal(t, 1, pool.Stats().Live())
	c.Release()
	require.Panics(t, func() { c.Release() }, "released twice")
	d := pool.New(3)
	require.Equal(t, []byte{0, 0, 0}, d.Bytes(), "a recycled buffer is clean")
	require.Equal(t, Meta{}, d.Meta)
}

func TestQueuesKeepTheirOrder(t *testing.T) {
	var pool Pool
	var q Queue
	require.Nil(t, q.Pop())
	for i := range 5 {
		b := pool.New(1)
		b.Bytes()[0] = byte(i)
		q.Push(b)
	}
	require.Equal(t, 5, q.Len())
	require.Equal(t, byte(0), q.Front().Bytes()[0])
	for i := range 5 {
		b := q.Pop()
		require.Equal(t, byte(i), b.Bytes()[0])
		b.Release()
	}
	require.Zero(t, q.Len())
	require.Zero(t, pool.Stats().Live())
}

func TestPoolAllocatesNothingWhenWarm(t *testing.T) {
	var pool Pool
	for _, n := range []int{0, 84, 1500, 9000, 65535} {
		pool.New(n).Release()
		require.Zero(t, testing.AllocsPerRun(50, func() { pool.New(n).Release() }), "%d bytes", n)
	}
}

// Every view of whatever bytes: no panic, and what was accepted can be read.
func FuzzViews(f *testing.F) {
	rng := rand.New(rand.NewSource(5))
	for range 5 {
		f.Add([]byte(header(rng)))
	}
	arp := make([]byte, ARPLen)
	PutARP(arp, ARPRequest, MAC{}, AddrFrom32(1), MAC{}, AddrFrom32(2))
	f.Add(arp)
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := ParseEthernet(b); err == nil {
			_, _, _, _ = e.Dst(), e.Src(), e.Type(), e.Payload()
		}
		if a, err := ParseARP(b); err == nil {
			_ = ARPFlow(a)
			c := make([]byte, ARPLen)
			PutARP(c, a.Op(), a.SenderMAC(), a.SenderIP(), a.TargetMAC(), a.TargetIP())
			if !bytes.Equal(c, b[:ARPLen]) {
				t.Fatalf("rebuilt as %x", c)
			}
		}
		if p, err := ParseIPv4(b); err == nil {
			_, _, _ = IPv4Flow(p), p.Options(), p.ChecksumOK()
			h := IPv4Header{TOS: p.TOS(), TotalLen: p.TotalLen(), ID: p.ID(), Frag: p.Frag(), TTL: p.TTL(), Proto: p.Proto(), Src: p.Src(), Dst: p.Dst(), Options: p.Options()}
			c := append([]byte(nil), p...)
			q := h.Put(c)
			copy(q[10:12], p[10:12])
			if !bytes.Equal(q, p) {
				t.Fatalf("rebuilt as %x", q)
			}
			src, dst := p.Src().As4(), p.Dst().As4()
			if u, err := ParseUDP(p.Payload()); err == nil {
				_, _ = u.Payload(), u.ChecksumOK(src, dst)
			}
			if s, err := ParseTCP(p.Payload()); err == nil {
				_, _ = s.Payload(), s.ChecksumOK(src, dst)
			}
			if m, err := ParseICMP(p.Payload()); err == nil {
				_, _, _ = m.Payload(), m.ChecksumOK(), m.IsError()
			}
		}
	})
}

func BenchmarkChecksum(b *testing.B) {
	data := make([]byte, 1480)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		Checksum(data)
	}
}

func BenchmarkForwardBytes(b *testing.B) {
	p := header(rand.New(rand.NewSource(6)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseIPv4(p); err != nil || !p.ChecksumOK() {
			b.Fatal("bad header")
		}
		p.DecrementTTL()
	}
}
