package conntrack

import (
	"encoding/binary"

	"hoplab/packet"
)

// NATPacket rewrites a packet as its entry says: nf_nat_packet, and
// nf_nat_icmp_reply_translation for ICMP errors. manip is that of the hook.
// Checksums are patched; they must be complete. changed says that bytes
// changed; ok false that the packet must be dropped.
func (t *Table) NATPacket(conn uint32, info Info, manip Manip, ip packet.IPv4) (changed, ok bool) {
	c := t.Get(conn)
	if c == nil {
		return false, true
	}
	d := info.Dir()
	if (info == Related || info == RelatedReply) && ip.Proto() == packet.ProtoICMP {
		return c.translateError(d, manip, ip)
	}
	if c.Status&manip.bit(d) == 0 {
		return false, true
	}
	// The packet must look like what the other direction answers.
	target := c.tuple(d ^ 1).turned()
	return true, mangle(ip, &target, manip)
}

// translateError undoes the translation in an ICMP error, both in its own
// header and in the datagram that it quotes, so that its receiver recognises
// what it sent.
func (c *Conn) translateError(d Dir, manip Manip, ip packet.IPv4) (changed, ok bool) {
	m, err := packet.ParseICMP(ip.Payload())
	if err != nil || !m.ChecksumOK() {
		return false, false
	}
	// A redirect quotes what this host routed, so it must not be translated.
	if m.Type() == packet.ICMPRedirect && (c.Status&natDoneMask != natDoneMask || c.Status&natMask != 0) {
		return false, false
	}
	if c.Status&manip.bit(d) == 0 {
		return false, true
	}
	// The quoted datagram went the other way: its source is what this hook
	// calls a destination.
	if !mangle(m.Payload(), c.tuple(d^1), manip^1) {
		return false, false
	}
	m.UpdateChecksum()
	target := c.tuple(d ^ 1).turned()
	target.setAddr(ip, manip)
	return true, true
}

// mangle gives a datagram, which may be cut short, source or destination of
// target: nf_nat_ipv4_manip_pkt.
func mangle(b []byte, target *Tuple, manip Manip) bool {
	if len(b) < packet.IPv4Len {
		return false
	}
	ip := packet.IPv4(b)
	hl := ip.HeaderLen()
	if hl < packet.IPv4Len || hl > len(b) {
		return false
	}
	l4 := b[hl:]
	switch target.Proto {
	case packet.ProtoTCP:
		// A quoted segment may end behind the sequence number.
		if len(l4) < 8 {
			return false
		}
		var check []byte
		if len(l4) >= packet.TCPLen {
			check = l4[16:18]
		}
		target.setPort(ip, l4, manip, check)
	case packet.ProtoUDP:
		if len(l4) < packet.UDPLen {
			return false
		}
		check := l4[6:8]
		if binary.BigEndian.Uint16(check) == 0 {
			target.setPort(ip, l4, manip, nil)
			break
		}
		target.setPort(ip, l4, manip, check)
		if binary.BigEndian.Uint16(check) == 0 {
			check[0], check[1] = 0xff, 0xff // 0 would mean none
		}
	case packet.ProtoICMP:
		m, err := packet.ParseICMP(l4)
		if err != nil {
			return false
		}
		if _, ok := icmpAnswer(m.Type()); ok {
			m.SetID(target.SrcPort)
		}
	}
	target.setAddr(ip, manip)
	return true
}

// setPort writes target's port into a TCP or UDP header and patches the
// checksum there for port and address; check is nil if there is none.
func (t *Tuple) setPort(ip packet.IPv4, l4 []byte, manip Manip, check []byte) {
	at, oldAddr, newAddr := l4[0:2], ip.Src32(), t.Src
	if manip == DNAT {
		at, oldAddr, newAddr = l4[2:4], ip.Dst32(), t.Dst
	}
	old, port := binary.BigEndian.Uint16(at), *t.port(manip)
	binary.BigEndian.PutUint16(at, port)
	if check != nil {
		sum := packet.Update32(binary.BigEndian.Uint16(check), oldAddr, newAddr)
		binary.BigEndian.PutUint16(check, packet.Update16(sum, old, port))
	}
}

func (t *Tuple) setAddr(ip packet.IPv4, manip Manip) {
	if manip == SNAT {
		ip.SetSrc32(t.Src)
	} else {
		ip.SetDst32(t.Dst)
	}
}
