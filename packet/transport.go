package packet

import "encoding/binary"

// Lengths of transport headers in bytes.
const (
	UDPLen = 8
	TCPLen = 20
)

// UDP is a view of a UDP datagram, RFC 768:
//
//	0          2          4        6          8
//	| src port | dst port | length | checksum | data …
type UDP []byte

// ParseUDP checks header and length field.
func ParseUDP(b []byte) (UDP, error) {
	if len(b) < UDPLen {
		return nil, ErrTruncated
	}
	n := int(binary.BigEndian.Uint16(b[4:6]))
	if n < UDPLen {
		return nil, ErrHeader
	}
	if n > len(b) {
		return nil, ErrTruncated
	}
	return UDP(b[:n]), nil
}

// SrcPort is the source port.
func (u UDP) SrcPort() uint16 { return binary.BigEndian.Uint16(u[0:2]) }

// DstPort is the destination port.
func (u UDP) DstPort() uint16 { return binary.BigEndian.Uint16(u[2:4]) }

// Checksum is the checksum as it stands; 0 means none.
func (u UDP) Checksum() uint16 { return binary.BigEndian.Uint16(u[6:8]) }

// Payload is the data.
func (u UDP) Payload() []byte { return u[UDPLen:] }

// ChecksumOK verifies the checksum; a datagram without one is fine.
func (u UDP) ChecksumOK(src, dst [4]byte) bool {
	return u.Checksum() == 0 || Fold(Sum(PseudoSum(src, dst, ProtoUDP, len(u)), u)) == 0
}

// UpdateChecksum computes the checksum; a result of 0 is sent as 0xffff.
func (u UDP) UpdateChecksum(src, dst [4]byte) {
	u[6], u[7] = 0, 0
	c := Fold(Sum(PseudoSum(src, dst, ProtoUDP, len(u)), u))
	if c == 0 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(u[6:8], c)
}

// PutUDP writes ports and length; the checksum is left for UpdateChecksum.
func PutUDP(b []byte, src, dst uint16, length int) UDP {
	_ = b[UDPLen-1]
	binary.BigEndian.PutUint16(b[0:2], src)
	binary.BigEndian.PutUint16(b[2:4], dst)
	binary.BigEndian.PutUint16(b[4:6], uint16(length))
	b[6], b[7] = 0, 0
	return UDP(b)
}

// TCP flags, RFC 9293 section 3.1.
const (
	TCPFin uint8 = 1 << iota
	TCPSyn
	TCPRst
	TCPPsh
	TCPAck
	TCPUrg
)

// TCP is a view of a TCP segment, RFC 9293 section 3.1.
type TCP []byte

// ParseTCP checks the header and its data offset.
func ParseTCP(b []byte) (TCP, error) {
	if len(b) < TCPLen {
		return nil, ErrTruncated
	}
	off := int(b[12]>>4) * 4
	if off < TCPLen {
		return nil, ErrHeader
	}
	if off > len(b) {
		return nil, ErrTruncated
	}
	return TCP(b), nil
}

// SrcPort is the source port.
func (t TCP) SrcPort() uint16 { return binary.BigEndian.Uint16(t[0:2]) }

// DstPort is the destination port.
func (t TCP) DstPort() uint16 { return binary.BigEndian.Uint16(t[2:4]) }

// Seq is the sequence number.
func (t TCP) Seq() uint32 { return binary.BigEndian.Uint32(t[4:8]) }

// Ack is the acknowledgment number.
func (t TCP) Ack() uint32 { return binary.BigEndian.Uint32(t[8:12]) }

// HeaderLen is the header's length with options, in bytes.
func (t TCP) HeaderLen() int { return int(t[12]>>4) * 4 }

// Flags are the control bits FIN to URG.
func (t TCP) Flags() uint8 { return t[13] & 0x3f }

// Checksum is the checksum as it stands.
func (t TCP) Checksum() uint16 { return binary.BigEndian.Uint16(t[16:18]) }

// Payload is the data.
func (t TCP) Payload() []byte { return t[t.HeaderLen():] }

// UpdateChecksum computes the checksum anew.
func (t TCP) UpdateChecksum(src, dst [4]byte) {
	t[16], t[17] = 0, 0
	binary.BigEndian.PutUint16(t[16:18], Fold(Sum(PseudoSum(src, dst, ProtoTCP, len(t)), t)))
}

// ChecksumOK verifies the checksum.
func (t TCP) ChecksumOK(src, dst [4]byte) bool {
	return Fold(Sum(PseudoSum(src, dst, ProtoTCP, len(t)), t)) == 0
}
