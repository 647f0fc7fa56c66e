package packet

import (
	"encoding/binary"
	"math/bits"
)

// Sum adds b to a ones' complement sum, RFC 1071 section 4.1, eight bytes at
// a time with end-around carry. Start with 0; the result goes into another
// Sum or into Fold. Only the last piece of a packet may have odd length.
func Sum(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(b), 0)
		sum += carry
		b = b[8:]
	}
	if len(b) >= 4 {
		sum, carry = bits.Add64(sum, uint64(binary.BigEndian.Uint32(b)), 0)
		sum += carry
		b = b[4:]
	}
	if len(b) >= 2 {
		sum, carry = bits.Add64(sum, uint64(binary.BigEndian.Uint16(b)), 0)
		sum += carry
		b = b[2:]
	}
	if len(b) == 1 {
		sum, carry = bits.Add64(sum, uint64(b[0])<<8, 0)
		sum += carry
	}
	return sum
}

// Fold turns a sum into the 16-bit checksum that goes on the wire: folded and
// complemented.
func Fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return ^uint16(sum)
}

// Checksum is the Internet checksum of b. Over bytes that contain their own
// correct checksum it is 0.
func Checksum(b []byte) uint16 { return Fold(Sum(0, b)) }

// PseudoSum is the sum of the IPv4 pseudo header that UDP and TCP checksums
// start with (RFC 768, RFC 9293 section 3.1). length is that of the transport
// header and its data in bytes.
func PseudoSum(src, dst [4]byte, proto Proto, length int) uint64 {
	return uint64(binary.BigEndian.Uint32(src[:])) + uint64(binary.BigEndian.Uint32(dst[:])) + uint64(proto) + uint64(length)
}

// Update16 gives the checksum after one 16-bit word of the packet changed
// from old to new: RFC 1624 equation 3.
func Update16(check, old, new uint16) uint16 {
	s := uint32(^check) + uint32(^old) + uint32(new)
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	return ^uint16(s)
}

// Update32 is Update16 for a 32-bit word on an even offset, such as an IPv4
// address.
func Update32(check uint16, old, new uint32) uint16 {
	return Update16(Update16(check, uint16(old>>16), uint16(new>>16)), uint16(old), uint16(new))
}
