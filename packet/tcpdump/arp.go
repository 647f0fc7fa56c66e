package tcpdump

import "encoding/binary"

// ARP operations, RFC 826, 903, 2390 and 2225.
const (
	arpRequest     = 1
	arpReply       = 2
	rarpRequest    = 3
	rarpReply      = 4
	inverseRequest = 8
	inverseReply   = 9
	arpNAK         = 10
)

var (
	arpOperations = []numbered{
		{arpRequest, "Request"}, {arpReply, "Reply"}, {rarpRequest, "Reverse Request"}, {rarpReply, "Reverse Reply"},
		{inverseRequest, "Inverse Request"}, {inverseReply, "Inverse Reply"}, {arpNAK, "NACK Reply"},
	}
	// arpHardware names hardware types, https://www.iana.org/assignments/arp-parameters.
	arpHardware = []numbered{
		{1, "Ethernet"}, {6, "TokenRing"}, {7, "ArcNet"}, {hardwareRelay, "FrameRelay"}, {23, "Strip"}, {24, "IEEE 1394"},
		{hardwareATM, "ATM"}, {32, "InfiniBand"},
	}
)

const (
	hardwareRelay = 15
	hardwareATM   = 19
)

// arp prints an ARP packet of length bytes, padding included.
func (l *line) arp(at, length int) {
	l.enter("arp")
	if !l.need(at, 8) {
		return
	}
	h := l.frame[at : at+8]
	hardware, protocol := int(binary.BigEndian.Uint16(h)), int(binary.BigEndian.Uint16(h[2:]))
	if hardware == hardwareATM {
		l.atmARP(at, length)
		return
	}
	hlen, plen, op := int(h[4]), int(h[5]), int(binary.BigEndian.Uint16(h[6:]))
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
	known := isIPARP(protocol) && plen == 4 && hlen != 0
	if !known || l.opt.Verbose > 0 {
		l.named(arpHardware, "Unknown Hardware (", hardware, ")")
		l.str(" (len ")
		l.num(hlen)
		l.str("), ")
		l.arpProtocol(protocol)
		l.str(" (len ")
		l.num(plen)
		l.str(")")
		if l.opt.Verbose == 0 {
			l.length(length)
			return
		}
		l.str(", ")
	}
	l.named(arpOperations, "Unknown (", op, ")")
	l.str(" ")
	switch op {
	case arpRequest:
		l.str("who-has ")
		l.arpIP(tpa, protocol, plen)
		if l.nonZero(tha, hlen) {
			l.str(" (")
			l.arpAddress(hardware, tha, hlen)
			l.str(")")
		}
		l.str(" tell ")
		l.arpIP(spa, protocol, plen)
	case arpReply:
		l.arpIP(spa, protocol, plen)
		l.str(" is-at ")
		l.arpAddress(hardware, sha, hlen)
	case rarpRequest, inverseRequest:
		l.str("who-is ")
		l.arpAddress(hardware, tha, hlen)
		l.str(" tell ")
		l.arpAddress(hardware, sha, hlen)
	case rarpReply:
		l.arpAddress(hardware, tha, hlen)
		l.str(" at ")
		l.arpIP(tpa, protocol, plen)
	case inverseReply:
		l.arpAddress(hardware, sha, hlen)
		l.str(" at ")
		l.arpIP(spa, protocol, plen)
	default:
		l.dump(at, l.end)
		return
	}
	l.length(length)
}

func isIPARP(protocol int) bool { return protocol == etherIPv4 || protocol == etherTrail }

func (l *line) arpProtocol(protocol int) {
	if name := nameOf(etherNames, protocol); name != "" {
		l.str(name)
		return
	}
	l.str("Unknown Protocol (0x")
	l.hex(uint32(protocol), 4)
	l.str(")")
}

// arpIP prints a protocol address if it is one of IPv4.
func (l *line) arpIP(at, protocol, plen int) {
	switch {
	case !isIPARP(protocol):
		l.str("<wrong proto type>")
	case plen != 4:
		l.str("<wrong len>")
	default:
		l.ip(at)
	}
}

// arpAddress prints a hardware address.
func (l *line) arpAddress(hardware, at, hlen int) {
	if hardware != hardwareRelay || hlen == 0 {
		l.mac(at, hlen)
		return
	}
	switch a, cut, ok := l.relayAddress(at, hlen); {
	case cut:
		l.str("<Truncated>")
	case !ok:
		l.str("<Invalid DLCI>")
	default:
		l.str("DLCI ")
		l.num(a.circuit)
	}
}

// atmARP prints RFC 2225, whose addresses have two parts.
func (l *line) atmARP(at, length int) {
	const header, lengthBits = 12, 0x3f
	if !l.need(at, header) {
		return
	}
	protocol, op := l.u16(at+2), l.u16(at+6)
	sizes := [...]int{l.u8(at+4) & lengthBits, l.u8(at+5) & lengthBits, l.u8(at + 8), l.u8(at+9) & lengthBits, l.u8(at+10) & lengthBits, l.u8(at + 11)}
	var fields [len(sizes)]int
	next := at + header
	for i, size := range sizes {
		fields[i] = next
		next += size
	}
	const source, sourceIP, target, targetIP = 0, 2, 3, 5 // each subaddress behind its address
	if !l.need(fields[targetIP], sizes[targetIP]) {
		return
	}
	if !l.opt.Link {
		l.str("ARP, ")
	}
	if !isIPARP(protocol) || sizes[sourceIP] != 4 || sizes[targetIP] != 4 || l.opt.Verbose > 0 {
		l.str("ATM, ")
		l.arpProtocol(protocol)
		l.str(" (len ")
		l.num(sizes[sourceIP])
		l.str("/")
		l.num(sizes[targetIP])
		l.str(")")
		if l.opt.Verbose == 0 {
			l.length(length)
			return
		}
		l.str(", ")
	}
	l.named(arpOperations, "Unknown (", op, ")")
	l.str(" ")
	ip := func(which int, wrong string) {
		if isIPARP(protocol) && sizes[which] != 4 {
			l.str(wrong)
			return
		}
		l.arpIP(fields[which], protocol, sizes[which])
	}
	address := func(which int) {
		if sizes[which] == 0 {
			l.str("<No address>")
			return
		}
		l.macBytes(fields[which], sizes[which])
		if sub := which + 1; sizes[sub] != 0 {
			l.str(",")
			l.macBytes(fields[sub], sizes[sub])
		}
	}
	switch op {
	case arpRequest:
		l.str("who-has ")
		ip(targetIP, "<wrong tplen>")
		if sizes[target] != 0 {
			l.str(" (")
			address(target)
			l.str(")")
		}
		l.str(" tell ")
		ip(sourceIP, "<wrong splen>")
	case arpReply:
		ip(sourceIP, "<wrong splen>")
		l.str(" is-at ")
		address(source)
	case inverseRequest:
		l.str("who-is ")
		address(target)
		l.str(" tell ")
		address(source)
	case inverseReply:
		address(source)
		l.str("at ")
		ip(sourceIP, "<wrong splen>")
	case arpNAK:
		l.str("for ")
		ip(sourceIP, "<wrong splen>")
	default:
		l.dump(at, l.end)
		return
	}
	l.length(length)
}

// nonZero tells whether any of n bytes is not zero.
func (l *line) nonZero(at, n int) bool {
	if !l.need(at, n) {
		return false
	}
	for _, b := range l.frame[at : at+n] {
		if b != 0 {
			return true
		}
	}
	return false
}
