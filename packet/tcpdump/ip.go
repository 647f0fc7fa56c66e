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
	h := packet.IPv4(l.frame[at : at+packet.IPv4Len])
	hlen := h.HeaderLen()
	if hlen < packet.IPv4Len {
		l.str("bad-hlen ")
		l.num(hlen)
		return
	}
	total := h.TotalLen()
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
	h := packet.IPv4(l.frame[at : at+packet.IPv4Len])
	frag, proto := int(h.Frag()), int(h.Proto())
	if frag&offsetMask != 0 {
		if l.opt.VeryQuiet {
			return
		}
		l.addresses(ipHeader(at))
		l.protocolNumber(proto)
		return
	}
	if !carriesPorts(proto) {
		l.addresses(ipHeader(at))
	}
	if !l.has(at, hlen) {
		l.headerCut(at, hlen)
		return
	}
	l.ipPayload(ipHeader(at), at+hlen, total-hlen, proto, h.MF(), int(h.TTL()))
}

// isIPv6 tells the version of an IP header.
func (l *line) isIPv6(ip ipHeader) bool { return l.frame[ip]>>4 == 6 }

// carries tells whether an IP header itself announces a protocol, without
// another header in between.
func (l *line) carries(ip ipHeader, proto int) bool {
	if l.isIPv6(ip) {
		return int(l.frame[ip+6]) == proto
	}
	return int(l.frame[ip+9]) == proto
}

// source and destination print the addresses of an IP header.
func (l *line) source(ip ipHeader) {
	if l.isIPv6(ip) {
		l.ip6(int(ip) + 8)
		return
	}
	l.ip(int(ip) + 12)
}

func (l *line) destination(ip ipHeader) {
	if l.isIPv6(ip) {
		l.ip6(int(ip) + 24)
		return
	}
	l.ip(int(ip) + 16)
}

// addresses prints "a > b: ".
func (l *line) addresses(ip ipHeader) {
	l.source(ip)
	l.str(" > ")
	l.destination(ip)
	l.str(": ")
}

// Protocol numbers, https://www.iana.org/assignments/protocol-numbers.
const (
	protoICMP     = 1
	protoIGMP     = 2
	protoIPIP     = 4
	protoTCP      = 6
	protoEGP      = 8
	protoIGRP     = 9
	protoUDP      = 17
	protoDCCP     = 33
	protoIPv6     = 41
	protoRSVP     = 46
	protoGRE      = 47
	protoESP      = 50
	protoAH       = 51
	protoMobileIP = 55
	protoICMPv6   = 58
	protoND       = 77
	protoEIGRP    = 88
	protoOSPF     = 89
	protoPIM      = 103
	protoIPComp   = 108
	protoVRRP     = 112
	protoPGM      = 113
	protoSCTP     = 132
	protoEthernet = 143 // RFC 8986
)

// carriesPorts tells the protocols that print the addresses themselves, with
// their ports.
func carriesPorts(proto int) bool {
	return proto == protoTCP || proto == protoUDP || proto == protoSCTP || proto == protoDCCP
}

// ipPayload prints the length bytes that an IP header announces. fragmented
// says that more fragments follow.
func (l *line) ipPayload(ip ipHeader, at, length, proto int, fragmented bool, ttl int) {
	six := l.isIPv6(ip)
	requires := func(version string) {
		l.str("[")
		l.str(protocolName(proto))
		l.str(" requires IPv")
		l.str(version)
		l.str("]")
		l.invalid()
	}
	for {
		switch proto {
		case protoAH:
			if !l.has(at, 1) {
				l.enter("ah")
				l.truncated()
				return
			}
			proto = l.u8(at)
			n := l.authentication(at)
			if l.stopped {
				return
			}
			at += n
			length -= n
			continue
		case protoICMP:
			if six {
				requires("4")
				return
			}
			l.icmp(at, length, fragmented)
		case protoICMPv6:
			if !six {
				requires("6")
				return
			}
			l.icmp6(ip, at, length, fragmented)
		case protoUDP:
			l.udp(ip, at, length, fragmented)
		case protoTCP:
			l.tcp(ip, at, length, fragmented)
		case protoIPIP:
			l.ipv4(at, length)
		case protoIPv6:
			l.ipv6(at, length)
		case protoGRE:
			l.gre(at, length)
		case protoSCTP:
			l.sctp(ip, at, length)
		case protoIGMP:
			if six {
				requires("4")
				return
			}
			l.igmp(at, length)
		case protoEthernet:
			if !six {
				requires("6")
				return
			}
			l.ethernet(at, length)
		case protoNone:
			l.str("no next header")
		default:
			l.otherPayload(ip, at, length, proto, ttl)
		}
		return
	}
}

// otherPayload prints the protocols that a lab does not carry.
func (l *line) otherPayload(ip ipHeader, at, length, proto, ttl int) {
	switch proto {
	case protoESP:
		l.encapsulated(at, length)
	case protoIPComp:
		l.compressed(at)
	case protoEGP:
		l.egp(at, length)
	case protoIGRP:
		l.igrp(at, length)
	case protoMobileIP:
		l.mobileIP(at, length)
	case protoVRRP:
		l.vrrp(ip, at, length, ttl)
	case protoEIGRP:
		l.eigrp(at, length)
	case protoOSPF:
		l.ospf(ip, at, length)
	case protoRSVP:
		l.rsvp(at, length)
	case protoPIM:
		l.pim(ip, at, length)
	case protoND:
		l.str(" nd ")
		l.unsigned(uint32(length))
	case protoDCCP, protoPGM:
		l.notModelled(protocolName(proto))
	default:
		l.str(" ")
		l.protocolNumber(proto)
		l.str(" ")
		l.unsigned(uint32(length))
	}
}

// protocolWords are how -v names protocols.
var protocolWords = [256]string{
	protoHopByHop: "Options", protoICMP: "ICMP", protoIGMP: "IGMP", protoIPIP: "IPIP", protoTCP: "TCP", protoEGP: "EGP", protoIGRP: "IGRP",
	protoUDP: "UDP", protoDCCP: "DCCP", protoIPv6: "IPv6", protoRouting: "Routing", protoFragment: "Fragment", protoRSVP: "RSVP",
	protoGRE: "GRE", protoESP: "ESP", protoAH: "AH", protoMobileIP: "Mobile IP", protoICMPv6: "ICMPv6", protoMobilityOld: "Mobile IP (old)",
	protoEIGRP: "EIGRP", protoOSPF: "OSPF", protoPIM: "PIM", protoIPComp: "Compressed IP", protoVRRP: "VRRP", protoPGM: "PGM",
	protoSCTP: "SCTP", protoMobility: "Mobility", protoEthernet: "Ethernet",
}

func protocolName(proto int) string {
	if s := protocolWords[proto]; s != "" {
		return s
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
