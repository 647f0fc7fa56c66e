package tcpdump

// ARP operations, RFC 826, 903 and 2390.
const (
	arpRequest = iota + 1
	arpReply
	rarpRequest
	rarpReply
	inverseRequest = iota + 4
	inverseReply
)

// arp prints an ARP packet of length bytes, padding included.
func (l *line) arp(at, length int) {
	l.enter("arp")
	hardware, protocol := l.u16(at), l.u16(at+2)
	hlen, plen, op := l.u8(at+4), l.u8(at+5), l.u16(at+6)
	sha := at + 8
	spa := sha + hlen
	tha := spa + plen
	tpa := tha + hlen
	if !l.need(tpa, plen) {
		return
	}
	if !l.opt.Link {
		l.str("ARP, ")
	}
	known := protocol == etherIPv4 && plen == 4 && hlen != 0
	if !known || l.opt.Verbose > 0 {
		l.arpHardware(hardware)
		l.str(" (len ")
		l.num(hlen)
		l.str("), ")
		if name := nameOf(etherNames, protocol); name != "" {
			l.str(name)
		} else {
			l.str("Unknown Protocol (0x")
			l.hex(uint32(protocol), 4)
			l.str(")")
		}
		l.str(" (len ")
		l.num(plen)
		l.str(")")
		if l.opt.Verbose == 0 {
			l.arpLength(length)
			return
		}
		l.str(", ")
	}
	switch op {
	case arpRequest:
		l.str("Request who-has ")
		l.arpIP(tpa, protocol, plen)
		if l.nonZero(tha, hlen) {
			l.str(" (")
			l.mac(tha, hlen)
			l.str(")")
		}
		l.str(" tell ")
		l.arpIP(spa, protocol, plen)
	case arpReply:
		l.str("Reply ")
		l.arpIP(spa, protocol, plen)
		l.str(" is-at ")
		l.mac(sha, hlen)
	case rarpRequest, inverseRequest:
		l.str(arpOperation(op))
		l.str(" who-is ")
		l.mac(tha, hlen)
		l.str(" tell ")
		l.mac(sha, hlen)
	case rarpReply:
		l.str("Reverse Reply ")
		l.mac(tha, hlen)
		l.str(" at ")
		l.arpIP(tpa, protocol, plen)
	case inverseReply:
		l.str("Inverse Reply ")
		l.mac(sha, hlen)
		l.str(" at ")
		l.arpIP(spa, protocol, plen)
	default:
		if op == 10 {
			l.str("NACK Reply ")
		} else {
			l.str("Unknown (")
			l.num(op)
			l.str(") ")
		}
		l.dump(at, l.end)
		return
	}
	l.arpLength(length)
}

// arpIP prints a protocol address if it is one of IPv4.
func (l *line) arpIP(at, protocol, plen int) {
	switch {
	case protocol != etherIPv4:
		l.str("<wrong proto type>")
	case plen != 4:
		l.str("<wrong len>")
	default:
		l.ip(at)
	}
}

func arpOperation(op int) string {
	if op == rarpRequest {
		return "Reverse Request"
	}
	return "Inverse Request"
}

func (l *line) arpLength(length int) {
	l.str(", length ")
	l.num(length)
}

// arpHardware names a hardware type, https://www.iana.org/assignments/arp-parameters.
func (l *line) arpHardware(hardware int) {
	switch hardware {
	case 1:
		l.str("Ethernet")
	case 6:
		l.str("TokenRing")
	case 7:
		l.str("ArcNet")
	case 15:
		l.str("FrameRelay")
	case 19:
		l.str("ATM")
	case 24:
		l.str("IEEE1394")
	case 32:
		l.str("InfiniBand")
	default:
		l.str("Unknown Hardware (")
		l.num(hardware)
		l.str(")")
	}
}

// nonZero tells whether any of n bytes is not zero.
func (l *line) nonZero(at, n int) bool {
	for i := range n {
		if l.u8(at+i) != 0 {
			return true
		}
	}
	return false
}
