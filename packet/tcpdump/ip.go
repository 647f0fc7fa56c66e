package tcpdump

import "hoplab/packet"

// ipHeader is where an IPv4 header starts; UDP and TCP need its addresses.
type ipHeader int

// Bits of the flags and fragment offset field, RFC 791 section 3.1.
const (
	flagReserved = 0x8000
	flagDF       = 0x4000
	flagMF       = 0x2000
	offsetMask   = 0x1fff
)

// ipv4 prints an IPv4 packet for which its carrier has length bytes.
func (l *line) ipv4(at, length int) {
	l.enter("ip")
	switch version := l.u8(at) >> 4; {
	case l.stopped:
		return
	case version == 6:
		l.str("IP6, wrong link-layer encapsulation")
		l.invalid()
		return
	case version != 4:
		l.str("IP")
		l.num(version)
		l.invalid()
		return
	}
	if !l.opt.Link {
		l.str("IP ")
	}
	if !l.has(at, packet.IPv4Len) {
		l.truncated()
		return
	}
	if length < packet.IPv4Len {
		l.str("truncated-ip ")
		l.num(length)
		return
	}
	hlen := l.u8(at) & 15 * 4
	if hlen < packet.IPv4Len {
		l.str("bad-hlen ")
		l.num(hlen)
		return
	}
	total := l.u16(at + 2)
	if length < total {
		l.str("truncated-ip - ")
		l.num(total - length)
		l.str(" bytes missing! ")
	}
	if total < hlen {
		l.str("bad-len ")
		l.num(total)
		return
	}
	outer := l.end
	l.end = min(l.end, at+total)
	l.ipv4Packet(at, hlen, total)
	l.end = outer
}

// ipv4Packet prints a packet whose lengths are sane.
func (l *line) ipv4Packet(at, hlen, total int) {
	if l.opt.Verbose > 0 && !l.ipv4Details(at, hlen, total) {
		return
	}
	frag, proto := l.u16(at+6), l.u8(at+9)
	if frag&offsetMask != 0 {
		l.ip(at + 12)
		l.str(" > ")
		l.ip(at + 16)
		l.str(": ip-proto-")
		l.num(proto)
		return
	}
	if proto != protoTCP && proto != protoUDP && proto != protoSCTP && proto != protoDCCP {
		l.addresses(ipHeader(at))
	}
	if !l.has(at, hlen) {
		l.str(" [remaining caplen(")
		l.num(l.end - at)
		l.str(") < header length(")
		l.num(hlen)
		l.str(")]")
		l.truncated()
		return
	}
	l.ipv4Payload(ipHeader(at), at+hlen, total-hlen, proto, frag&flagMF != 0)
}

// addresses prints "a > b: ".
func (l *line) addresses(ip ipHeader) {
	l.ip(int(ip) + 12)
	l.str(" > ")
	l.ip(int(ip) + 16)
	l.str(": ")
}

// Protocol numbers, https://www.iana.org/assignments/protocol-numbers.
const (
	protoICMP = 1
	protoIPIP = 4
	protoTCP  = 6
	protoUDP  = 17
	protoGRE  = 47
	protoDCCP = 33
	protoSCTP = 132

	protoICMPv6   = 58
	protoEthernet = 143 // RFC 8986
)

// ipv4Payload prints the length bytes that an IPv4 header announces.
// fragmented says that more fragments follow.
func (l *line) ipv4Payload(ip ipHeader, at, length, proto int, fragmented bool) {
	switch proto {
	case protoICMP:
		l.icmp(at, length, fragmented)
	case protoUDP:
		l.udp(ip, at, length, fragmented)
	case protoTCP:
		l.tcp(ip, at, length, fragmented)
	case protoIPIP:
		l.ipv4(at, length)
	case protoGRE:
		l.gre(at, length)
	case protoICMPv6, protoEthernet:
		l.str("[")
		l.str(protocolName(proto))
		l.str(" requires IPv6]")
		l.invalid()
	default:
		if name := decodedElsewhere(proto); name != "" {
			if proto == protoSCTP || proto == protoDCCP {
				l.addresses(ip)
			}
			l.notModelled(name)
			return
		}
		l.str(" ip-proto-")
		l.num(proto)
		l.str(" ")
		l.num(length)
	}
}

// decodedElsewhere names the protocols that tcpdump decodes and we do not.
func decodedElsewhere(proto int) string {
	switch proto {
	case 2:
		return "IGMP"
	case 8:
		return "EGP"
	case 9:
		return "IGRP"
	case protoDCCP:
		return "DCCP"
	case 41:
		return "IPv6"
	case 46:
		return "RSVP"
	case 50:
		return "ESP"
	case 51:
		return "AH"
	case 55:
		return "Mobile IP"
	case 59:
		return "no next header"
	case 77:
		return "ND"
	case 88:
		return "EIGRP"
	case 89:
		return "OSPF"
	case 103:
		return "PIM"
	case 108:
		return "IPComp"
	case 112:
		return "VRRP"
	case 113:
		return "PGM"
	case protoSCTP:
		return "SCTP"
	}
	return ""
}

// protocolName is how -v names a protocol.
func protocolName(proto int) string {
	switch proto {
	case 0:
		return "Options"
	case protoICMP:
		return "ICMP"
	case 2:
		return "IGMP"
	case protoIPIP:
		return "IPIP"
	case protoTCP:
		return "TCP"
	case 8:
		return "EGP"
	case 9:
		return "IGRP"
	case protoUDP:
		return "UDP"
	case protoDCCP:
		return "DCCP"
	case 41:
		return "IPv6"
	case 43:
		return "Routing"
	case 44:
		return "Fragment"
	case 46:
		return "RSVP"
	case 47:
		return "GRE"
	case 50:
		return "ESP"
	case 51:
		return "AH"
	case 55:
		return "Mobile IP"
	case protoICMPv6:
		return "ICMPv6"
	case 62:
		return "Mobile IP (old)"
	case 88:
		return "EIGRP"
	case 89:
		return "OSPF"
	case 103:
		return "PIM"
	case 108:
		return "Compressed IP"
	case 112:
		return "VRRP"
	case 113:
		return "PGM"
	case protoSCTP:
		return "SCTP"
	case 135:
		return "Mobility"
	case protoEthernet:
		return "Ethernet"
	}
	return "unknown"
}

// ipv4Details prints the parentheses of -v. It returns false when the options
// were cut, which ends the packet.
func (l *line) ipv4Details(at, hlen, total int) bool {
	tos, ttl, frag, proto := l.u8(at+1), l.u8(at+8), l.u16(at+6), l.u8(at+9)
	l.str("(tos 0x")
	l.hex(uint32(tos), 1)
	switch tos & 3 { // RFC 3168
	case 1:
		l.str(",ECT(1)")
	case 2:
		l.str(",ECT(0)")
	case 3:
		l.str(",CE")
	}
	if ttl > 0 {
		l.str(", ttl ")
		l.num(ttl)
	}
	l.str(", id ")
	l.num(l.u16(at + 4))
	l.str(", offset ")
	l.num(frag & offsetMask * 8)
	l.str(", flags [")
	l.fragmentFlags(frag)
	l.str("], proto ")
	l.str(protocolName(proto))
	l.str(" (")
	l.num(proto)
	l.str("), length ")
	l.num(total)
	whole := true
	if hlen > packet.IPv4Len {
		l.str(", options (")
		if whole = l.ipv4Options(at+packet.IPv4Len, hlen-packet.IPv4Len); !whole {
			l.str(" [truncated-option]")
		}
		l.str(")")
	}
	if !l.opt.NoChecksums && l.has(at, hlen) {
		if sum := packet.Checksum(l.frame[at : at+hlen]); sum != 0 {
			stored := l.u16(at + 10)
			l.str(", bad cksum ")
			l.hex(uint32(stored), 1)
			l.str(" (->")
			l.hex(uint32(shouldBe(stored, sum)), 1)
			l.str(")!")
		}
	}
	l.str(")\n    ")
	if !whole {
		l.addresses(ipHeader(at))
		l.truncated()
	}
	return whole
}

// shouldBe is the right checksum of a packet with the stored one, whose bytes
// have the checksum sum where 0 would be right.
func shouldBe(stored int, sum uint16) uint16 {
	n := uint32(stored) + uint32(sum)
	return uint16(n&0xffff + n>>16)
}

func (l *line) fragmentFlags(frag int) {
	sep := ""
	for _, f := range [...]struct {
		bit  int
		name string
	}{{flagMF, "+"}, {flagDF, "DF"}, {flagReserved, "rsvd"}} {
		if frag&f.bit != 0 {
			l.str(sep)
			l.str(f.name)
			sep = ", "
		}
	}
	if sep == "" {
		l.str("none")
	}
}
