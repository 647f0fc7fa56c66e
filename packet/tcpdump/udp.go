package tcpdump

import "hoplab/packet"

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
	if !l.opt.Quiet && l.udpApplication(ip, src, dst, payload, length) {
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
