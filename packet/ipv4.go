package packet

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Proto is the protocol field of an IPv4 header.
type Proto uint8

// The protocols that the simulator speaks (IANA numbers).
const (
	ProtoICMP Proto = 1
	ProtoIGMP Proto = 2
	ProtoIPIP Proto = 4
	ProtoTCP  Proto = 6
	ProtoUDP  Proto = 17
	ProtoIPv6 Proto = 41
	ProtoGRE  Proto = 47
)

// IPv4 header lengths in bytes.
const (
	IPv4Len    = 20
	IPv4MaxLen = 60
)

// Bits of the flags and fragment offset field, RFC 791 section 3.1.
const (
	FlagDF     uint16 = 0x4000
	FlagMF     uint16 = 0x2000
	OffsetMask uint16 = 0x1fff
)

// Errors of ParseIPv4 and its siblings.
var (
	ErrHeader   = errors.New("malformed header")
	ErrChecksum = errors.New("wrong checksum")
)

// IPv4 is a view of a datagram from its header on, RFC 791 section 3.1:
//
//	0       1       2              4              6           8
//	|ver/ihl|  tos  | total length | identification | fl/offset |
//	| ttl   | proto |   checksum   |      source address        |
//	|    destination address       |    options …
type IPv4 []byte

// ParseIPv4 checks version, header length and total length as ip_rcv_core in
// net/ipv4/ip_input.c does, and cuts link padding off. It does not verify the
// checksum: see ChecksumOK.
func ParseIPv4(b []byte) (IPv4, error) {
	if len(b) < IPv4Len {
		return nil, ErrTruncated
	}
	if b[0]>>4 != 4 {
		return nil, ErrHeader
	}
	hl := int(b[0]&15) * 4
	if hl < IPv4Len {
		return nil, ErrHeader
	}
	if len(b) < hl {
		return nil, ErrTruncated
	}
	tl := int(binary.BigEndian.Uint16(b[2:4]))
	if tl < hl {
		return nil, ErrHeader
	}
	if len(b) < tl {
		return nil, ErrTruncated
	}
	return IPv4(b[:tl]), nil
}

// HeaderLen is the header's length with options, in bytes.
func (p IPv4) HeaderLen() int { return int(p[0]&15) * 4 }

// TOS is the type of service byte: DSCP and ECN.
func (p IPv4) TOS() uint8 { return p[1] }

// TotalLen is the datagram's length in bytes as the header says.
func (p IPv4) TotalLen() int { return int(binary.BigEndian.Uint16(p[2:4])) }

// ID is the identification.
func (p IPv4) ID() uint16 { return binary.BigEndian.Uint16(p[4:6]) }

// Frag is the whole flags and fragment offset field.
func (p IPv4) Frag() uint16 { return binary.BigEndian.Uint16(p[6:8]) }

// DF is "don't fragment".
func (p IPv4) DF() bool { return p[6]&0x40 != 0 }

// MF is "more fragments".
func (p IPv4) MF() bool { return p[6]&0x20 != 0 }

// FragOffset is the fragment's offset in bytes.
func (p IPv4) FragOffset() int { return int(p.Frag()&OffsetMask) * 8 }

// IsFragment says that the datagram is not whole.
func (p IPv4) IsFragment() bool { return p.Frag()&(FlagMF|OffsetMask) != 0 }

// TTL is the time to live.
func (p IPv4) TTL() uint8 { return p[8] }

// Proto is the protocol of the payload.
func (p IPv4) Proto() Proto { return Proto(p[9]) }

// Checksum is the header checksum as it stands.
func (p IPv4) Checksum() uint16 { return binary.BigEndian.Uint16(p[10:12]) }

// Src is the source address.
func (p IPv4) Src() netip.Addr { return netip.AddrFrom4([4]byte(p[12:16])) }

// Dst is the destination address.
func (p IPv4) Dst() netip.Addr { return netip.AddrFrom4([4]byte(p[16:20])) }

// Src32 is the source address as a number, for keys and comparisons.
func (p IPv4) Src32() uint32 { return binary.BigEndian.Uint32(p[12:16]) }

// Dst32 is the destination address as a number.
func (p IPv4) Dst32() uint32 { return binary.BigEndian.Uint32(p[16:20]) }

// Options are the header's options with their padding.
func (p IPv4) Options() []byte { return p[IPv4Len:p.HeaderLen()] }

// Payload is what follows the header.
func (p IPv4) Payload() []byte { return p[p.HeaderLen():] }

// ChecksumOK verifies the header checksum.
func (p IPv4) ChecksumOK() bool {
	if p[0]&15 == 5 {
		// The usual header without options, summed in one go.
		s := uint64(binary.BigEndian.Uint32(p[0:4])) + uint64(binary.BigEndian.Uint32(p[4:8])) + uint64(binary.BigEndian.Uint32(p[8:12])) +
			uint64(binary.BigEndian.Uint32(p[12:16])) + uint64(binary.BigEndian.Uint32(p[16:20]))
		return Fold(s) == 0
	}
	return Checksum(p[:p.HeaderLen()]) == 0
}

// UpdateChecksum computes the header checksum anew.
func (p IPv4) UpdateChecksum() {
	p[10], p[11] = 0, 0
	binary.BigEndian.PutUint16(p[10:12], Checksum(p[:p.HeaderLen()]))
}

// DecrementTTL takes one from the TTL and patches the checksum, RFC 1624.
func (p IPv4) DecrementTTL() {
	old := binary.BigEndian.Uint16(p[8:10])
	p[8]--
	binary.BigEndian.PutUint16(p[10:12], Update16(p.Checksum(), old, binary.BigEndian.Uint16(p[8:10])))
}

// SetTOS changes the type of service byte and patches the checksum.
func (p IPv4) SetTOS(tos uint8) {
	old := binary.BigEndian.Uint16(p[0:2])
	p[1] = tos
	binary.BigEndian.PutUint16(p[10:12], Update16(p.Checksum(), old, binary.BigEndian.Uint16(p[0:2])))
}

// SetTTL changes the TTL and patches the checksum.
func (p IPv4) SetTTL(ttl uint8) {
	old := binary.BigEndian.Uint16(p[8:10])
	p[8] = ttl
	binary.BigEndian.PutUint16(p[10:12], Update16(p.Checksum(), old, binary.BigEndian.Uint16(p[8:10])))
}

// SetSrc32 changes the source address and patches the header checksum, not
// that of the transport.
func (p IPv4) SetSrc32(a uint32) { p.setAddr(12, a) }

// SetDst32 changes the destination address likewise.
func (p IPv4) SetDst32(a uint32) { p.setAddr(16, a) }

func (p IPv4) setAddr(at int, a uint32) {
	old := binary.BigEndian.Uint32(p[at : at+4])
	binary.BigEndian.PutUint32(p[at:at+4], a)
	binary.BigEndian.PutUint16(p[10:12], Update32(p.Checksum(), old, a))
}

// IPv4Header is a header in plain values, for building.
type IPv4Header struct {
	TOS      uint8
	TotalLen int // bytes, header included
	ID       uint16
	Frag     uint16 // flags and offset in units of 8 bytes
	TTL      uint8
	Proto    Proto
	Src, Dst netip.Addr // IPv4
	Options  []byte     // padded to a multiple of 4 bytes, at most 40
}

// Len is the length of the header in bytes.
func (h *IPv4Header) Len() int { return IPv4Len + len(h.Options) }

// Put writes the header with its checksum into the front of b.
func (h *IPv4Header) Put(b []byte) IPv4 {
	hl := h.Len()
	_ = b[hl-1]
	b[0] = 0x40 | byte(hl/4)
	b[1] = h.TOS
	binary.BigEndian.PutUint16(b[2:4], uint16(h.TotalLen))
	binary.BigEndian.PutUint16(b[4:6], h.ID)
	binary.BigEndian.PutUint16(b[6:8], h.Frag)
	b[8], b[9] = h.TTL, byte(h.Proto)
	src, dst := h.Src.As4(), h.Dst.As4()
	copy(b[12:16], src[:])
	copy(b[16:20], dst[:])
	copy(b[20:hl], h.Options)
	p := IPv4(b)
	p.UpdateChecksum()
	return p
}

// Addr32 is an IPv4 address as a number. It is 0 for anything else.
func Addr32(a netip.Addr) uint32 {
	if !a.Is4() {
		return 0
	}
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

// AddrFrom32 is the IPv4 address of a number.
func AddrFrom32(v uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}
