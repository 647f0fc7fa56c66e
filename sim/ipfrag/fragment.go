package ipfrag

import (
	"encoding/binary"

	"hoplab/packet"
)

// Fragment cuts a datagram into fragments that fit mtu bytes, IP header
// included: ip_do_fragment. A datagram that was reassembled here (Meta.FragMax)
// is cut no larger than its largest fragment was. If the fragments that it was
// made of fit (FragList), it is cut into them again, without DF; otherwise as
// large as may be, with DF iff Meta.Flags has FragPMTU. The transport checksum
// must be complete.
//
// The fragments are new buffers from pool, in order, with b's metadata and b as
// parent; b is released. ok is false when mtu leaves no room for 8 bytes of
// payload; b is released and there are no fragments then.
//
// Whether DF forbids it is for the caller to decide (ip_fragment).
func Fragment(b *packet.Buffer, pool *packet.Pool, mtu int) (frags packet.Queue, ok bool) {
	ip := b.IPv4()
	hl := ip.HeaderLen()
	if b.FragMax != 0 {
		mtu = min(mtu, int(b.FragMax))
	}
	if mtu < hl+8 {
		b.Release()
		return packet.Queue{}, false
	}
	room := mtu - hl
	off, more := ip.FragOffset(), ip.MF()
	var df uint16
	if b.Flags&packet.FragPMTU != 0 {
		df = packet.FlagDF
	}
	left := ip.Payload()
	first, rest := 0, b.FragList
	if rest != nil && !more && off == 0 {
		first = firstOf(len(left), rest, room)
	}
	if first != 0 {
		df = 0
	}
	for n := first; len(left) > 0; {
		switch {
		case first == 0: // the slow path
			n = len(left)
			if n > room {
				n = room &^ 7 // where the next one starts is counted in 8 bytes
			}
		case off != 0:
			n, rest = int(rest[0]), rest[1:]
		}
		f := pool.New(hl + n)
		f.Parent = b.ID
		f.Meta = b.Meta
		f.FragMax = 0
		f.Flags &^= packet.IgnoreDF

		p := f.IPv4()
		copy(p, ip[:hl])
		copy(p[hl:], left[:n])
		left = left[n:]
		field := df | uint16(off/8)
		if len(left) > 0 || more {
			field |= packet.FlagMF
		}
		binary.BigEndian.PutUint16(p[2:4], uint16(hl+n))
		binary.BigEndian.PutUint16(p[6:8], field)
		p.UpdateChecksum()
		frags.Push(f)
		if off == 0 {
			keepCopied(ip.Options())
		}
		off += n
	}
	b.Release()
	return frags, true
}

// firstOf is the payload length of the first fragment of a datagram of n bytes
// whose others have the given ones, or 0 if they cannot go out as they are:
// they are larger than room, or end where no other can start.
func firstOf(n int, others []uint16, room int) int {
	for i, o := range others {
		if int(o) > room || o&7 != 0 && i < len(others)-1 {
			return 0
		}
		n -= int(o)
	}
	if n > room || n&7 != 0 {
		return 0
	}
	return n
}

// keepCopied makes NOPs of the options that only the first fragment carries:
// those without the copied flag, RFC 791 section 3.1 (ip_options_fragment).
func keepCopied(o []byte) {
	const (
		end    = 0
		nop    = 1
		copied = 0x80
	)
	for len(o) > 0 {
		switch o[0] {
		case end:
			return
		case nop:
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return
		}
		n := int(o[1])
		if o[0]&copied == 0 {
			for i := range n {
				o[i] = nop
			}
		}
		o = o[n:]
	}
}
