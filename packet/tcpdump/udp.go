package tcpdump

import "hoplab/packet"

// UDP ports whose payload is decoded.
const (
	portVXLAN = 4789
	portOTV   = 8472
)

// udp prints a UDP datagram for which IPv4 has length bytes.
func (l *line) udp(ip ipHeader, at, length int, fragmented bool) {
	l.enter("udp")
	if !l.has(at, 4) {
		l.addresses(ip)
		l.truncated()
		return
	}
	src, dst := l.u16(at), l.u16(at+2)
	l.endpoints(ip, src, dst)
	if length < packet.UDPLen {
		l.str("truncated-udp ")
		l.num(length)
		return
	}
	data := l.u16(at+4) - packet.UDPLen
	if l.stopped {
		return
	}
	if data < 0 {
		l.str("truncated-udplength ")
		l.num(data + packet.UDPLen)
		return
	}
	length = min(length-packet.UDPLen, data)
	payload := at + packet.UDPLen
	if payload > l.end {
		l.truncated()
		return
	}
	if l.opt.Verbose > 1 && !l.opt.NoChecksums && !fragmented {
		l.udpChecksum(ip, at, length)
	}
	other := ""
	switch {
	case l.opt.Quiet:
	case src == portVXLAN || dst == portVXLAN:
		l.vxlan(payload, length)
		return
	case src == portOTV || dst == portOTV:
		l.otv(payload, length)
		return
	default:
		if other = udpDecoder(dst); other == "" {
			other = udpDecoder(src)
		}
	}
	if data > length && !fragmented {
		l.str("UDP, bad length ")
		l.num(data)
		l.str(" > ")
		l.num(length)
	} else {
		l.str("UDP, length ")
		l.num(data)
	}
	if other != "" {
		l.str(" ")
		l.notModelled(other)
	}
}

// endpoints prints "a.1 > b.2: ".
func (l *line) endpoints(ip ipHeader, src, dst int) {
	l.ip(int(ip) + 12)
	l.str(".")
	l.num(src)
	l.str(" > ")
	l.ip(int(ip) + 16)
	l.str(".")
	l.num(dst)
	l.str(": ")
}

// udpChecksum judges a datagram with length bytes of data.
func (l *line) udpChecksum(ip ipHeader, at, length int) {
	stored := l.u16(at + 6)
	if l.stopped {
		return
	}
	if stored == 0 {
		l.str("[no cksum] ")
		return
	}
	if !l.has(at+packet.UDPLen, length) {
		return
	}
	sum := l.transportSum(ip, at, packet.UDPLen+length, protoUDP)
	if sum == 0 {
		l.str("[udp sum ok] ")
		return
	}
	l.str("[bad udp cksum 0x")
	l.hex(uint32(stored), 4)
	l.str(" -> 0x")
	l.hex(uint32(shouldBe(stored, sum)), 4)
	l.str("!] ")
}

// transportSum is 0 when the checksum of a captured segment is right.
func (l *line) transportSum(ip ipHeader, at, length int, proto packet.Proto) uint16 {
	addresses := l.frame[int(ip)+12:]
	sum := packet.PseudoSum([4]byte(addresses), [4]byte(addresses[4:]), proto, length)
	return packet.Fold(packet.Sum(sum, l.frame[at:at+length]))
}

// vxlan prints RFC 7348's header and the frame inside, on a line of its own.
func (l *line) vxlan(at, length int) {
	const header = 8
	l.enter("vxlan")
	l.str("VXLAN")
	if length < header {
		l.invalid()
		return
	}
	l.vxlanFlags(at, "invalid")
	vni := l.u24(at + 4)
	l.str("vni ")
	l.num(vni)
	l.str("\n")
	l.need(at+7, 1)
	l.ethernet(at+header, length-header)
}

// otv prints draft-hasmit-otv, which has port 8472 and looks like VXLAN.
func (l *line) otv(at, length int) {
	const header = 8
	l.enter("otv")
	l.str("OTV")
	if length < header {
		l.str(", [length ")
		l.num(length)
		l.str(" < 8]")
		l.invalid()
		return
	}
	l.vxlanFlags(at, ".")
	overlay := l.u24(at + 1)
	l.str("overlay ")
	l.num(overlay)
	l.str(", ")
	instance := l.u24(at + 4)
	l.str("instance ")
	l.num(instance)
	l.str("\n")
	l.need(at+7, 1)
	l.ethernet(at+header, length-header)
}

func (l *line) u24(at int) int {
	if !l.need(at, 3) {
		return 0
	}
	return l.u8(at)<<16 | l.u16(at+1)
}

// vxlanFlags prints the flags byte; without names what I is called when unset.
func (l *line) vxlanFlags(at int, without string) {
	flags := l.u8(at)
	l.str(", flags [")
	if flags&0x08 != 0 {
		l.str("I")
	} else {
		l.str(without)
	}
	l.str("] (0x")
	l.hex(uint32(flags), 2)
	l.str("), ")
}

// udpDecoder names what tcpdump decodes on a port and we do not.
func udpDecoder(port int) string {
	switch port {
	case 53, 5353:
		return "DNS"
	case 67, 68:
		return "DHCP"
	case 69:
		return "TFTP"
	case 88:
		return "Kerberos"
	case 123:
		return "NTP"
	case 137, 138:
		return "NetBIOS"
	case 161, 162:
		return "SNMP"
	case 319, 320:
		return "PTP"
	case 496:
		return "Auto-RP"
	case 500, 4500:
		return "ISAKMP"
	case 514:
		return "syslog"
	case 520, 521:
		return "RIP"
	case 525:
		return "timed"
	case 546, 547:
		return "DHCPv6"
	case 646:
		return "LDP"
	case 654:
		return "AODV"
	case 698:
		return "OLSR"
	case 701:
		return "LMP"
	case 1645, 1646, 1812, 1813, 3799:
		return "RADIUS"
	case 1701:
		return "L2TP"
	case 1985:
		return "HSRP"
	case 2055:
		return "NetFlow"
	case 3503:
		return "LSP ping"
	case 3784, 3785, 4784, 6784:
		return "BFD"
	case 4341, 4342:
		return "LISP"
	case 4790:
		return "VXLAN-GPE"
	case 5060, 5061:
		return "SIP"
	case 6081:
		return "Geneve"
	case 6343:
		return "sFlow"
	case 6635:
		return "MPLS"
	case 6696, 6697:
		return "Babel"
	}
	return ""
}
