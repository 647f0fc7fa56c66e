package conntrack

import (
	"encoding/binary"

	"hoplab/packet"
)

// Tuple is one direction of a flow: struct nf_conntrack_tuple.
type Tuple struct {
	Src, Dst uint32       // IPv4 addresses
	SrcPort  uint16       // TCP and UDP: port. ICMP: id. Otherwise 0
	DstPort  uint16       // TCP and UDP: port. ICMP: type<<8 | code. Otherwise 0
	Proto    packet.Proto // of the IP header
}

// ICMP types that only this package needs, RFC 792 and RFC 950.
const (
	icmpInfoRequest    packet.ICMPType = 15
	icmpInfoReply      packet.ICMPType = 16
	icmpAddressRequest packet.ICMPType = 17
	icmpAddressReply   packet.ICMPType = 18
	icmpMaxType                        = icmpAddressReply // NR_ICMP_TYPES
)

// ICMPType is the type of an ICMP tuple.
func (t Tuple) ICMPType() packet.ICMPType { return packet.ICMPType(t.DstPort >> 8) }

// ICMPCode is the code of an ICMP tuple.
func (t Tuple) ICMPCode() uint8 { return uint8(t.DstPort) }

// Invert is the tuple of the answer. ok is false for ICMP types that have
// none: nf_ct_invert_tuple.
func (t Tuple) Invert() (inv Tuple, ok bool) {
	inv = t.turned()
	if t.Proto != packet.ProtoICMP {
		return inv, true
	}
	answer, ok := icmpAnswer(t.ICMPType())
	inv.DstPort = uint16(answer)<<8 | t.DstPort&0xff
	return inv, ok
}

// turned is Invert but for the ICMP type: all that translation looks at.
func (t *Tuple) turned() Tuple {
	inv := Tuple{Src: t.Dst, Dst: t.Src, SrcPort: t.DstPort, DstPort: t.SrcPort, Proto: t.Proto}
	if t.Proto == packet.ProtoICMP {
		inv.SrcPort, inv.DstPort = t.SrcPort, t.DstPort
	}
	return inv
}

// icmpAnswer pairs requests and replies, both ways.
func icmpAnswer(t packet.ICMPType) (packet.ICMPType, bool) {
	switch t {
	case packet.ICMPEcho:
		return packet.ICMPEchoReply, true
	case packet.ICMPEchoReply:
		return packet.ICMPEcho, true
	case packet.ICMPTimestamp, icmpInfoRequest, icmpAddressRequest:
		return t + 1, true
	case packet.ICMPTimestampReply, icmpInfoReply, icmpAddressReply:
		return t - 1, true
	}
	return 0, false
}

// icmpRequest says that the type may start a flow.
func icmpRequest(t packet.ICMPType) bool {
	switch t {
	case packet.ICMPEcho, packet.ICMPTimestamp, icmpInfoRequest, icmpAddressRequest:
		return true
	}
	return false
}

// tupleOf reads the tuple of a datagram that may be cut short, as those quoted
// by ICMP errors are. ok is false for a later fragment and where the ports are
// missing: nf_ct_get_tuple.
func tupleOf(b []byte) (t Tuple, ok bool) {
	ok = t.read(b)
	return t, ok
}

// read is tupleOf in place.
func (t *Tuple) read(b []byte) bool {
	if len(b) < packet.IPv4Len {
		return false
	}
	ip := packet.IPv4(b)
	hl := ip.HeaderLen()
	if hl < packet.IPv4Len || hl > len(b) || ip.Frag()&packet.OffsetMask != 0 {
		return false
	}
	t.Src, t.Dst, t.Proto = ip.Src32(), ip.Dst32(), ip.Proto()
	l4 := b[hl:]
	switch t.Proto {
	case packet.ProtoICMP:
		if len(l4) < packet.ICMPLen {
			return false
		}
		t.SrcPort, t.DstPort = binary.BigEndian.Uint16(l4[4:6]), binary.BigEndian.Uint16(l4[0:2])
	case packet.ProtoTCP, packet.ProtoUDP:
		if len(l4) < 4 {
			return false
		}
		t.SrcPort, t.DstPort = binary.BigEndian.Uint16(l4[0:2]), binary.BigEndian.Uint16(l4[2:4])
	}
	return true
}
