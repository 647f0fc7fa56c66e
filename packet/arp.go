package packet

import (
	"encoding/binary"
	"net/netip"
)

// ARPLen is the length of an ARP packet for IPv4 over Ethernet in bytes.
const ARPLen = 28

// ARP operations, RFC 826.
const (
	ARPRequest uint16 = 1
	ARPReply   uint16 = 2
)

// ARP is a view of an ARP packet for IPv4 over Ethernet, RFC 826:
//
//	0       2       4   5   6    8          14         18         24
//	| htype | ptype |hln|pln| op | sender MAC | sender IP | target MAC | target IP |
type ARP []byte

// ParseARP checks length, hardware type, protocol type and address lengths.
func ParseARP(b []byte) (ARP, error) {
	if len(b) < ARPLen {
		return nil, ErrTruncated
	}
	if binary.BigEndian.Uint16(b[0:2]) != 1 || EtherType(binary.BigEndian.Uint16(b[2:4])) != EtherIPv4 || b[4] != 6 || b[5] != 4 {
		return nil, ErrHeader
	}
	return ARP(b[:ARPLen]), nil
}

// Op is the operation.
func (a ARP) Op() uint16 { return binary.BigEndian.Uint16(a[6:8]) }

// SenderMAC is ar$sha.
func (a ARP) SenderMAC() MAC { return MAC(a[8:14]) }

// SenderIP is ar$spa.
func (a ARP) SenderIP() netip.Addr { return netip.AddrFrom4([4]byte(a[14:18])) }

// TargetMAC is ar$tha.
func (a ARP) TargetMAC() MAC { return MAC(a[18:24]) }

// TargetIP is ar$tpa.
func (a ARP) TargetIP() netip.Addr { return netip.AddrFrom4([4]byte(a[24:28])) }

// PutARP writes an ARP packet into the first 28 bytes of b. Addresses must be
// IPv4.
func PutARP(b []byte, op uint16, senderMAC MAC, senderIP netip.Addr, targetMAC MAC, targetIP netip.Addr) {
	_ = b[ARPLen-1]
	binary.BigEndian.PutUint16(b[0:2], 1)
	binary.BigEndian.PutUint16(b[2:4], uint16(EtherIPv4))
	b[4], b[5] = 6, 4
	binary.BigEndian.PutUint16(b[6:8], op)
	copy(b[8:14], senderMAC[:])
	s, t := senderIP.As4(), targetIP.As4()
	copy(b[14:18], s[:])
	copy(b[18:24], targetMAC[:])
	copy(b[24:28], t[:])
}
