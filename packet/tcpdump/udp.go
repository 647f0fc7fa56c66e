package tcpdump

import "hoplab/packet"

// udp prints a UDP datagram for which IP has length bytes.
func (l *line) udp(ip ipHeader, at, length int, fragmented bool) {
	l.enter("udp")
	if !l.has(at, 4) {
		if l.carries(ip, protoUDP) {
			l.addresses(ip)
		}
		l.truncated()
		return
	}
	src, dst := l.u16(at), l.u16(at+2)
	start := len(l.out)
	l.udpEndpoints(ip, src, dst)
	if length < packet.UDPLen {
		l.str("truncated-udp ")
		l.num(length)
		return
	}
	if !l.has(at, 6) {
		l.truncated()
		return
	}
	data := l.u16(at + 4)
	if data == 0 && length > 0xffff { // RFC 2675: it does not fit
		data = length
	}
	if data < packet.UDPLen {
		l.str("truncated-udplength ")
		l.num(data)
		return
	}
	data -= packet.UDPLen
	length = min(length-packet.UDPLen, data)
	payload := at + packet.UDPLen
	if payload > l.end {
		l.truncated()
		return
	}
	switch l.opt.As {
	case "":
	case "resp", "zmtp1", "carp": // not above UDP: tcpdump is silent
		l.out = l.out[:start]
		return
	default:
		l.udpData(l.opt.As, dst, payload, length)
		return
	}
	if !l.opt.Quiet && l.nfs("", src, dst, payload, length) {
		return
	}
	if !l.opt.NoChecksums && !fragmented && (l.opt.Verbose > 1 || l.opt.Verbose == 1 && l.isIPv6(ip)) {
		l.udpChecksum(ip, at, length)
	}
	if !l.opt.Quiet && l.udpApplication(src, dst, payload, length) {
		return
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
}

// udpEndpoints prints "a.1 > b.2: ", without the addresses behind an extension
// header, which has printed them.
func (l *line) udpEndpoints(ip ipHeader, src, dst int) {
	own := l.carries(ip, protoUDP)
	if own {
		l.source(ip)
		l.str(".")
	}
	l.udpPort(src)
	l.str(" > ")
	if own {
		l.destination(ip)
		l.str(".")
	}
	l.udpPort(dst)
	l.str(": ")
}

// udpChecksum judges a datagram with length bytes of data.
func (l *line) udpChecksum(ip ipHeader, at, length int) {
	if !l.isIPv6(ip) && l.u16(at+6) == 0 {
		l.str("[no cksum] ")
		return
	}
	if l.stopped || !l.has(at+packet.UDPLen, length) {
		return
	}
	stored := l.u16(at + 6)
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

// transportSum is 0 when the checksum of a captured segment is right. Source
// routes and routing headers change the destination that it covers.
func (l *line) transportSum(ip ipHeader, at, length, proto int) uint16 {
	data := l.frame[at : at+length]
	if l.isIPv6(ip) {
		destination := l.finalDestination(int(ip))
		sum := packet.Sum(0, l.frame[ip+8:ip+24])
		sum = packet.Sum(sum, l.frame[destination:destination+16])
		sum = packet.Sum(sum, []byte{byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length), 0, byte(proto)})
		return packet.Fold(packet.Sum(sum, data))
	}
	destination := l.routedDestination(int(ip))
	sum := packet.PseudoSum([4]byte(l.frame[ip+12:]), [4]byte(l.frame[destination:]), packet.Proto(proto), length)
	return packet.Fold(packet.Sum(sum, data))
}

// routedDestination is where the address of the last hop is: at the end of a
// source route option, else in the header.
func (l *line) routedDestination(ip int) int {
	at, end := ip+packet.IPv4Len, ip+int(l.frame[ip]&15)*4
	for at < end && at+1 < l.end {
		kind, length := l.frame[at], 1
		if kind == optEnd {
			break
		}
		if kind != optNop {
			length = int(l.frame[at+1])
		}
		if length < 1 || kind != optNop && length < 2 || at+length > end || !l.has(at, length) {
			break
		}
		if (kind == optLooseRoute || kind == optStrictRoute) && length >= 7 {
			return at + length - 4
		}
		at += length
	}
	return ip + 16
}
