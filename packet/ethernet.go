package packet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MAC is a link-layer address.
type MAC [6]byte

// BroadcastMAC is ff:ff:ff:ff:ff:ff.
var BroadcastMAC = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsMulticast reports the group bit, which broadcast has too.
func (m MAC) IsMulticast() bool { return m[0]&1 != 0 }

// IsZero reports 00:00:00:00:00:00.
func (m MAC) IsZero() bool { return m == MAC{} }

const hexDigits = "0123456789abcdef"

// Append appends the address as aa:bb:cc:dd:ee:ff.
func (m MAC) Append(dst []byte) []byte {
	for i, x := range m {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigits[x>>4], hexDigits[x&15])
	}
	return dst
}

// String is the address as aa:bb:cc:dd:ee:ff.
func (m MAC) String() string { return string(m.Append(make([]byte, 0, 17))) }

// ParseMAC reads six hexadecimal bytes with colons between them.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	if len(s) != 17 {
		return m, fmt.Errorf("%q is not a MAC address: want six bytes such as 02:00:c0:a8:0a:65", s)
	}
	for i := range m {
		hi, lo := unhex(s[3*i]), unhex(s[3*i+1])
		if hi < 0 || lo < 0 || i < 5 && s[3*i+2] != ':' {
			return MAC{}, fmt.Errorf("%q is not a MAC address: want six bytes such as 02:00:c0:a8:0a:65", s)
		}
		m[i] = byte(hi<<4 | lo)
	}
	return m, nil
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// EtherType is the protocol field of an Ethernet header.
type EtherType uint16

// The EtherTypes that the simulator speaks (IEEE 802 numbers).
const (
	EtherIPv4 EtherType = 0x0800
	EtherARP  EtherType = 0x0806
	EtherVLAN EtherType = 0x8100
	EtherIPv6 EtherType = 0x86dd
)

// EthernetLen is the length of an untagged Ethernet header in bytes.
const EthernetLen = 14

// Ethernet is a view of a frame, from the destination address on:
//
//	0      6      12     14
//	| dst  | src  | type | payload …
type Ethernet []byte

// ErrTruncated says that there are fewer bytes than the header needs.
var ErrTruncated = errors.New("truncated packet")

// ParseEthernet checks that b holds a whole Ethernet header.
func ParseEthernet(b []byte) (Ethernet, error) {
	if len(b) < EthernetLen {
		return nil, ErrTruncated
	}
	return Ethernet(b), nil
}

// Dst is the destination address.
func (e Ethernet) Dst() MAC { return MAC(e[0:6]) }

// Src is the source address.
func (e Ethernet) Src() MAC { return MAC(e[6:12]) }

// Type is the EtherType.
func (e Ethernet) Type() EtherType { return EtherType(binary.BigEndian.Uint16(e[12:14])) }

// Payload is what follows the header.
func (e Ethernet) Payload() []byte { return e[EthernetLen:] }

// PutEthernet writes a header into the first 14 bytes of b.
func PutEthernet(b []byte, dst, src MAC, t EtherType) {
	_ = b[13]
	copy(b[0:6], dst[:])
	copy(b[6:12], src[:])
	binary.BigEndian.PutUint16(b[12:14], uint16(t))
}
