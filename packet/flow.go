package packet

import "encoding/binary"

// Flow is what a reader wants to know of a packet at a glance, in 24 bytes:
// the header fields that stations change.
type Flow struct {
	Src, Dst uint32 // IPv4 addresses; of ARP sender and target
	Len      uint16 // IP total length, bytes
	IPID     uint16
	A, B     uint16 // ports; ICMP: id and seq of echo, otherwise 0; ARP: operation, 0
	Proto    Proto  // 0 for ARP
	TTL      uint8
	TOS      uint8
	ICMPType uint8 // valid iff Proto is ICMP
	ICMPCode uint8
	Frag     uint8 // bit 0 DF, bit 1 MF, bit 2 offset not 0
	ARP      bool
}

// IPv4Flow reads the flow of a checked IPv4 datagram.
func IPv4Flow(p IPv4) Flow {
	f := Flow{Src: p.Src32(), Dst: p.Dst32(), Len: uint16(p.TotalLen()), IPID: p.ID(), Proto: p.Proto(), TTL: p.TTL(), TOS: p.TOS()}
	frag := p.Frag()
	if frag&FlagDF != 0 {
		f.Frag |= 1
	}
	if frag&FlagMF != 0 {
		f.Frag |= 2
	}
	if frag&OffsetMask != 0 {
		f.Frag |= 4
		return f
	}
	hl := p.HeaderLen()
	switch f.Proto {
	case ProtoICMP:
		if len(p) >= hl+ICMPLen {
			f.ICMPType, f.ICMPCode = p[hl], p[hl+1]
			if t := ICMPType(p[hl]); t == ICMPEcho || t == ICMPEchoReply {
				f.A, f.B = binary.BigEndian.Uint16(p[hl+4:]), binary.BigEndian.Uint16(p[hl+6:])
			}
		}
	case ProtoUDP, ProtoTCP:
		if len(p) >= hl+4 {
			f.A, f.B = binary.BigEndian.Uint16(p[hl:]), binary.BigEndian.Uint16(p[hl+2:])
		}
	}
	return f
}

// ARPFlow reads the flow of a checked ARP packet.
func ARPFlow(a ARP) Flow {
	return Flow{Src: binary.BigEndian.Uint32(a[14:18]), Dst: binary.BigEndian.Uint32(a[24:28]), Len: ARPLen, A: a.Op(), ARP: true}
}
