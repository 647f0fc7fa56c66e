package packet

import "encoding/binary"

// ICMPType is the type field, RFC 792.
type ICMPType uint8

// ICMP types (IANA).
const (
	ICMPEchoReply      ICMPType = 0
	ICMPUnreachable    ICMPType = 3
	ICMPSourceQuench   ICMPType = 4
	ICMPRedirect       ICMPType = 5
	ICMPEcho           ICMPType = 8
	ICMPTimeExceeded   ICMPType = 11
	ICMPParamProblem   ICMPType = 12
	ICMPTimestamp      ICMPType = 13
	ICMPTimestampReply ICMPType = 14
)

// Codes of ICMPUnreachable, RFC 792 and RFC 1812 section 5.2.7.1.
const (
	CodeNetUnreachable   uint8 = 0
	CodeHostUnreachable  uint8 = 1
	CodeProtoUnreachable uint8 = 2
	CodePortUnreachable  uint8 = 3
	CodeFragNeeded       uint8 = 4
	CodeSourceRoute      uint8 = 5
	CodeNetProhibited    uint8 = 9
	CodeHostProhibited   uint8 = 10
	CodeAdminProhibited  uint8 = 13
)

// Codes of ICMPTimeExceeded.
const (
	CodeTTLExceeded    uint8 = 0
	CodeFragReassembly uint8 = 1
)

// ICMPLen is the length of the ICMP header in bytes.
const ICMPLen = 8

// ICMP is a view of an ICMP message, RFC 792:
//
//	0      1      2          4             8
//	| type | code | checksum | rest of header | data …
type ICMP []byte

// ParseICMP checks that b holds a whole ICMP header.
func ParseICMP(b []byte) (ICMP, error) {
	if len(b) < ICMPLen {
		return nil, ErrTruncated
	}
	return ICMP(b), nil
}

// Type is the message type.
func (m ICMP) Type() ICMPType { return ICMPType(m[0]) }

// Code is the message code.
func (m ICMP) Code() uint8 { return m[1] }

// Checksum is the checksum as it stands.
func (m ICMP) Checksum() uint16 { return binary.BigEndian.Uint16(m[2:4]) }

// ID is the identifier of an echo or timestamp message.
func (m ICMP) ID() uint16 { return binary.BigEndian.Uint16(m[4:6]) }

// Seq is the sequence number of an echo or timestamp message.
func (m ICMP) Seq() uint16 { return binary.BigEndian.Uint16(m[6:8]) }

// MTU is the next-hop MTU of "fragmentation needed", RFC 1191 section 4.
func (m ICMP) MTU() int { return int(binary.BigEndian.Uint16(m[6:8])) }

// Payload is what follows the eight bytes of header.
func (m ICMP) Payload() []byte { return m[ICMPLen:] }

// IsError says that the message quotes another packet (RFC 1122 section
// 3.2.2): never answer such a one with an error.
func (m ICMP) IsError() bool { return m.Type().IsError() }

// IsError says that messages of this type quote another packet.
func (t ICMPType) IsError() bool {
	switch t {
	case ICMPUnreachable, ICMPSourceQuench, ICMPRedirect, ICMPTimeExceeded, ICMPParamProblem:
		return true
	}
	return false
}

// ChecksumOK verifies the checksum over the whole message.
func (m ICMP) ChecksumOK() bool { return Checksum(m) == 0 }

// UpdateChecksum computes the checksum anew.
func (m ICMP) UpdateChecksum() {
	m[2], m[3] = 0, 0
	binary.BigEndian.PutUint16(m[2:4], Checksum(m))
}

// SetID changes the identifier and patches the checksum.
func (m ICMP) SetID(id uint16) {
	c := Update16(m.Checksum(), m.ID(), id)
	binary.BigEndian.PutUint16(m[4:6], id)
	binary.BigEndian.PutUint16(m[2:4], c)
}

// PutICMP writes type, code and the four bytes after the checksum; the
// checksum is left for UpdateChecksum once the payload is there.
func PutICMP(b []byte, t ICMPType, code uint8, rest uint32) ICMP {
	_ = b[ICMPLen-1]
	b[0], b[1], b[2], b[3] = byte(t), code, 0, 0
	binary.BigEndian.PutUint32(b[4:8], rest)
	return ICMP(b)
}
