package conntrack

import (
	"math/bits"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// NATInitialized says that the binding of this kind was chosen for the entry,
// so that the nat table is not asked again: nf_nat_initialized.
func (t *Table) NATInitialized(conn uint32, manip Manip) bool {
	c := t.Get(conn)
	return c == nil || c.Status&manip.done() != 0
}

func (m Manip) done() Status {
	if m == SNAT {
		return SrcNATDone
	}
	return DstNATDone
}

// bit is the status bit of an entry whose packets of direction d change at
// hooks of this manip: what is source NAT on the way there is destination NAT
// on the way back.
func (m Manip) bit(d Dir) Status {
	if (m == SNAT) == (d == Original) {
		return SrcNAT
	}
	return DstNAT
}

// SetupNAT chooses the translation of a new entry within r:
// nf_nat_setup_info. MASQUERADE is SNAT to the one address that the walk chose
// and sets Conn.MasqIndex before. It does nothing for an entry that is
// confirmed. False means that the packet must be dropped.
func (t *Table) SetupNAT(conn uint32, manip Manip, r Range, now clock.Instant) bool {
	c := t.Get(conn)
	switch {
	case c == nil || c.Status&Confirmed != 0:
		return true
	case c.Status&(manip.done()|Dying) != 0:
		return false
	}
	// The packet as it looks now is what a reply would be the answer to; an
	// earlier binding of the other kind is in it already.
	current, _ := c.Reply.Invert()
	chosen := t.uniqueTuple(c, current, manip, &r, now)
	if chosen != current {
		c.Reply, _ = chosen.Invert()
		if manip == SNAT {
			c.Status |= SrcNAT
		} else {
			c.Status |= DstNAT
		}
	}
	if manip == SNAT {
		t.linkSource(conn&slotMask, c)
	}
	c.Status |= manip.done()
	return true
}

// AllocNullBinding is SetupNAT when no rule of the nat table matched:
// addresses stay, but ports and ids move if the tuple is taken
// (nf_nat_alloc_null_binding).
func (t *Table) AllocNullBinding(conn uint32, manip Manip, now clock.Instant) bool {
	c := t.Get(conn)
	if c == nil {
		return true
	}
	addr := c.Reply.Dst
	if manip == DNAT {
		addr = c.Reply.Src
	}
	return t.SetupNAT(conn, manip, Range{MinAddr: addr, MaxAddr: addr, Flags: MapIPs}, now)
}

// taken says that packets answering tp would belong to another entry:
// nf_nat_used_tuple. c is the entry that asks; it is not in the index yet.
func (t *Table) taken(tp Tuple, c *Conn, now clock.Instant) bool {
	inv, _ := tp.Invert()
	_, _, other := t.find(&inv, now)
	// The same flow twice is for Confirm to sort out.
	if other == nil || other.Orig == c.Orig {
		return false
	}
	t.stats.Found++
	return true
}

// uniqueTuple picks a translation of orig in the range that no other flow
// uses: get_unique_tuple. Where there is none it returns a taken one, and
// Confirm will refuse it.
func (t *Table) uniqueTuple(c *Conn, orig Tuple, manip Manip, r *Range, now clock.Instant) Tuple {
	random := r.Flags&(ProtoRandom|RandomFully) != 0
	if manip == SNAT && !random {
		if r.allowsSource(&orig) {
			if !t.taken(orig, c, now) {
				return orig
			}
		} else if tp, ok := t.sameSource(&orig, r); ok && !t.taken(tp, c, now) {
			return tp
		}
	}
	tp := orig
	r.chooseAddr(&tp, manip)
	if !random {
		if r.Flags&ProtoSpecified != 0 {
			if r.allowsPort(&tp, manip) && (r.MinPort == r.MaxPort || !t.taken(tp, c, now)) {
				return tp
			}
		} else if !t.taken(tp, c, now) {
			return tp
		}
	}
	t.choosePort(&tp, c, manip, r, now)
	return tp
}

// sameSource gives tp the translated source of another flow from the same
// original source, the youngest first: find_appropriate_src.
func (t *Table) sameSource(tp *Tuple, r *Range) (Tuple, bool) {
	if len(t.sources) == 0 {
		return Tuple{}, false
	}
	for h := t.sources[tp.sourceHash()&uint64(len(t.sources)-1)]; h != 0; {
		c := t.at(h)
		if c.Orig.Src == tp.Src && c.Orig.SrcPort == tp.SrcPort && c.Orig.Proto == tp.Proto {
			mapped, _ := c.Reply.Invert()
			mapped.Dst, mapped.DstPort = tp.Dst, tp.DstPort
			if r.allowsSource(&mapped) {
				return mapped, true
			}
		}
		h = c.srcNext
	}
	return Tuple{}, false
}

// allowsSource says that a source lies within the range: nf_in_range.
func (r *Range) allowsSource(tp *Tuple) bool {
	if r.Flags&MapIPs != 0 && (tp.Src < r.MinAddr || tp.Src > r.MaxAddr) {
		return false
	}
	return r.Flags&ProtoSpecified == 0 || r.allowsPort(tp, SNAT)
}

// allowsPort says that the port or id that manip changes lies within the
// range: l4proto_in_range.
func (r *Range) allowsPort(tp *Tuple, manip Manip) bool {
	var port uint16
	switch tp.Proto {
	case packet.ProtoTCP, packet.ProtoUDP:
		port = *tp.port(manip)
	case packet.ProtoICMP:
		port = tp.SrcPort
	default:
		return true
	}
	return r.MinPort <= port && port <= r.MaxPort
}

// port is the port that manip changes.
func (t *Tuple) port(manip Manip) *uint16 {
	if manip == SNAT {
		return &t.SrcPort
	}
	return &t.DstPort
}

// chooseAddr picks one address of the range by the packet's addresses, always
// the same for the same ones: find_best_ips_proto.
func (r *Range) chooseAddr(tp *Tuple, manip Manip) {
	if r.Flags&MapIPs == 0 {
		return
	}
	addr := r.MinAddr
	if r.MinAddr != r.MaxAddr {
		var seed uint32
		if r.Flags&Persistent == 0 {
			seed = bits.ReverseBytes32(tp.Dst)
		}
		h := uint64(jhashAddr(bits.ReverseBytes32(tp.Src), seed))
		addr += uint32(h * uint64(r.MaxAddr-r.MinAddr+1) >> 32)
	}
	if manip == SNAT {
		tp.Src = addr
	} else {
		tp.Dst = addr
	}
}

// jhashAddr is jhash2 of include/linux/jhash.h (Bob Jenkins' lookup3, public
// domain) for the four words of a union nf_inet_addr, of which IPv4 uses one.
// Which address of a pool a client gets depends on it.
func jhashAddr(word, seed uint32) uint32 {
	c := 0xdeadbeef + 4*4 + seed
	a, b := c+word, c
	// mix
	a = (a - c) ^ bits.RotateLeft32(c, 4)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 6)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 8)
	b += a
	a = (a - c) ^ bits.RotateLeft32(c, 16)
	c += b
	b = (b - a) ^ bits.RotateLeft32(a, 19)
	a += c
	c = (c - b) ^ bits.RotateLeft32(b, 4)
	b += a
	// final
	c = (c ^ b) - bits.RotateLeft32(b, 14)
	a = (a ^ c) - bits.RotateLeft32(c, 11)
	b = (b ^ a) - bits.RotateLeft32(a, 25)
	c = (c ^ b) - bits.RotateLeft32(b, 16)
	a = (a ^ c) - bits.RotateLeft32(c, 4)
	b = (b ^ a) - bits.RotateLeft32(a, 14)
	return (c ^ b) - bits.RotateLeft32(b, 24)
}

// How long a free port is searched: nf_nat_l4proto_unique_tuple.
const (
	portAttempts    = 128
	portAttemptsMin = 16
)

// choosePort looks for a free port or ICMP id from a random place on, in ever
// shorter rounds: nf_nat_l4proto_unique_tuple. The last one tried stands.
func (t *Table) choosePort(tp *Tuple, c *Conn, manip Manip, r *Range, now clock.Instant) {
	var key *uint16
	lo, hi := uint32(r.MinPort), uint32(r.MaxPort)
	switch tp.Proto {
	case packet.ProtoICMP:
		key = &tp.SrcPort
		if r.Flags&ProtoSpecified == 0 {
			lo, hi = 0, 65535
		}
	case packet.ProtoTCP, packet.ProtoUDP:
		key = tp.port(manip)
		if r.Flags&ProtoSpecified == 0 {
			if manip == DNAT {
				return
			}
			lo, hi = portClass(*key)
		}
	default:
		return
	}
	if hi < lo {
		lo, hi = hi, lo
	}
	size := hi - lo + 1
	off := uint16(t.rand())
	attempts := min(size, portAttempts)
	for {
		for range attempts {
			*key = uint16(lo + uint32(off)%size)
			if !t.taken(*tp, c, now) {
				return
			}
			off++
		}
		if attempts >= size || attempts < portAttemptsMin {
			return
		}
		attempts /= 2
		off = uint16(t.rand())
	}
}

// portClass is the range that a source port stays in, so that a privileged one
// stays privileged.
func portClass(port uint16) (lo, hi uint32) {
	switch {
	case port < 512:
		return 1, 511
	case port < 1024:
		return 600, 1023
	}
	return 1024, 65535
}

// MasqueradeMoved says at POSTROUTING that the entry was masqueraded to the
// address of another interface than the packet leaves by now. The entry is
// gone then, and the packet must be dropped (nf_nat_oif_changed).
func (t *Table) MasqueradeMoved(conn uint32, info Info, oif int32) bool {
	c := t.Get(conn)
	if c == nil || c.MasqIndex == 0 || c.MasqIndex == oif || info != New && info != Established {
		return false
	}
	t.Delete(conn)
	return true
}

// FlushMasqueraded forgets the entries that MASQUERADE bound to an interface
// that went down (masq_device_event in nf_nat_masquerade.c) and returns their
// number.
func (t *Table) FlushMasqueraded(ifindex int32) int {
	return t.flush(func(c *Conn) bool { return c.MasqIndex == ifindex })
}

// FlushMasqueradedAddr forgets those that use one address of the interface,
// when it is removed (inet_cmp).
func (t *Table) FlushMasqueradedAddr(ifindex int32, addr uint32) int {
	return t.flush(func(c *Conn) bool { return c.MasqIndex == ifindex && c.Reply.Dst == addr })
}

func (t *Table) flush(gone func(*Conn) bool) (n int) {
	for slot := t.first; slot != 0; {
		c := t.at(slot)
		succ := c.succ
		if gone(c) {
			t.end(slot, c)
			n++
		}
		slot = succ
	}
	return n
}
