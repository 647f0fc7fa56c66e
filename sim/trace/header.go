package trace

import (
	"encoding/binary"

	"hoplab/packet"
)

// header is the part of a packet that its flow is read from, as it stands in
// the packet: 28 bytes, in words so that they are copied and not understood.
// Reading the fields is left to whoever wants to know them.
//
//	0                              20               28
//	| IPv4 header without options  | what follows   | kind |
//
// ARP has its sender and target in the place of the addresses and its
// operation behind them.
type header [4]uint64

// What a header is of, in the upper half of its last word.
const (
	kindNone uint64 = iota << 32
	kindIPv4
	kindARP
)

// headerLen is the number of a header's bytes.
const headerLen = 28

// set copies the header of a checked datagram.
func (h *header) set(p packet.IPv4) {
	if len(p) >= headerLen && p[0]&15 == 5 {
		h[0], h[1], h[2] = binary.LittleEndian.Uint64(p), binary.LittleEndian.Uint64(p[8:]), binary.LittleEndian.Uint64(p[16:])
		h[3] = uint64(binary.LittleEndian.Uint32(p[24:])) | kindIPv4
		return
	}
	var b [headerLen]byte
	copy(b[:], p[:packet.IPv4Len])
	copy(b[packet.IPv4Len:], p.Payload())
	h.put(&b, kindIPv4)
}

// setARP copies what is worth telling of an ARP packet.
func (h *header) setARP(a packet.ARP) {
	var b [headerLen]byte
	binary.BigEndian.PutUint32(b[12:], packet.Addr32(a.SenderIP()))
	binary.BigEndian.PutUint32(b[16:], packet.Addr32(a.TargetIP()))
	binary.BigEndian.PutUint16(b[20:], a.Op())
	h.put(&b, kindARP)
}

func (h *header) put(b *[headerLen]byte, kind uint64) {
	h[0], h[1], h[2] = binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
	h[3] = uint64(binary.LittleEndian.Uint32(b[24:])) | kind
}

// flow reads the fields.
func (h *header) flow() packet.Flow {
	var b [headerLen + 4]byte
	for i, w := range h {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
	switch h[3] &^ 0xffffffff {
	case kindIPv4:
		p := packet.IPv4(b[:headerLen])
		payload := p.TotalLen() - p.HeaderLen()
		b[0] = 0x45 // options are left out
		return packet.IPv4Flow(p[:packet.IPv4Len+min(payload, headerLen-packet.IPv4Len)])
	case kindARP:
		return packet.Flow{Src: binary.BigEndian.Uint32(b[12:]), Dst: binary.BigEndian.Uint32(b[16:]), A: binary.BigEndian.Uint16(b[20:]), Len: packet.ARPLen, ARP: true}
	}
	return packet.Flow{}
}
