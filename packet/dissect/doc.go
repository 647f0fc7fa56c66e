// Package dissect judges frames with gopacket, the second opinion beside
// package packet's own views. Only tests import it; what people see of a frame
// is package layers'.
//
// [Check] decodes every layer, serialises it again and refuses frames with any
// byte that comes out different.
//
// Known are Ethernet, ARP, IPv4 (nested as in IPIP), ICMP with the packet that
// an error quotes, UDP, TCP and VXLAN; what other protocols carry is shown as
// payload and not judged. IPv6 and VLAN tags are left out.
package dissect

import (
	"github.com/google/gopacket/layers"
)

// vxlanPort is VXLAN's UDP destination port, RFC 7348 section 5.
const vxlanPort = 4789

// protoIPIP is IPv4 in IPv4, RFC 2003. gopacket calls it IPProtocolIPv4.
const protoIPIP = layers.IPProtocolIPv4

// isICMPError tells the ICMP messages that quote the packet they are about,
// RFC 1122 section 3.2.2.
func isICMPError(t uint8) bool {
	switch t {
	case layers.ICMPv4TypeDestinationUnreachable, layers.ICMPv4TypeSourceQuench, layers.ICMPv4TypeRedirect,
		layers.ICMPv4TypeTimeExceeded, layers.ICMPv4TypeParameterProblem:
		return true
	}
	return false
}

// feedback is gopacket's way to say that a length field promises more bytes
// than there are.
type feedback struct{ truncated bool }

func (f *feedback) SetTruncated() { f.truncated = true }
