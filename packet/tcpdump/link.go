package tcpdump

// Ethertypes that are decoded or at least named.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherRARP = 0x8035
	etherVLAN = 0x8100
	etherIPv6 = 0x86dd
)

// maxEthernetLength is the largest value of an ethertype field that is a
// length (IEEE 802.3).
const maxEthernetLength = 1500

// ethernet prints a frame of length bytes on the wire.
func (l *line) ethernet(at, length int) {
	const header = 14
	l.enter("ether")
	if captured := l.end - at; length < captured { // only inside a tunnel
		l.str("[length ")
		l.num(length)
		l.str(" < caplen ")
		l.num(captured)
		l.str("]")
		l.invalid()
		return
	}
	if length < header || !l.has(at, header) {
		l.truncated()
		return
	}
	from, whole := at, length
	kind := l.u16(at + 12)
	if l.opt.Link {
		l.etherAddresses(from)
	}
	outermost := kind
	at += header
	length -= header
	for isVLAN(kind) {
		if !l.has(at, 4) || length < 4 {
			l.enter("vlan")
			l.truncated()
			return
		}
		if l.opt.Link && at == from+header {
			l.etherKind(outermost, whole)
		}
		tag := l.u16(at)
		kind = l.u16(at + 2)
		if l.opt.Link {
			l.vlanTag(tag, kind)
		}
		at += 4
		length -= 4
	}
	if l.opt.Link && kind == outermost && at == from+header {
		l.etherKind(kind, whole)
	}
	switch {
	case kind <= maxEthernetLength:
		l.notModelled("LLC")
	case !l.etherPayload(kind, at, length):
		if !l.opt.Link {
			l.etherAddresses(from)
			l.etherKind(kind, whole)
		}
		if !l.opt.Quiet {
			l.dump(at, l.end)
		}
	}
}

// etherPayload prints what an ethertype announces, if that is known.
func (l *line) etherPayload(kind, at, length int) bool {
	switch kind {
	case etherIPv4:
		l.ipv4(at, length)
	case etherARP, etherRARP:
		l.arp(at, length)
	default:
		if !hasDecoder(kind) {
			return false
		}
		l.notModelled(etherName(kind))
	}
	return true
}

func (l *line) etherAddresses(at int) {
	l.mac(at+6, 6)
	l.str(" > ")
	l.mac(at, 6)
	l.str(", ")
}

func (l *line) etherKind(kind, length int) {
	switch {
	case kind <= maxEthernetLength:
		l.str("802.3")
	case !l.opt.Quiet:
		l.etherType(kind)
	case etherName(kind) == unknownEther:
		l.str("Unknown Ethertype (0x")
		l.hex(uint32(kind), 4)
		l.str(")")
	default:
		l.str(etherName(kind))
	}
	l.str(", length ")
	l.num(length)
	l.str(": ")
}

func (l *line) etherType(kind int) {
	l.str("ethertype ")
	l.str(etherName(kind))
	l.str(" (0x")
	l.hex(uint32(kind), 4)
	l.str(")")
}

func (l *line) vlanTag(tag, kind int) {
	l.str("vlan ")
	l.num(tag & 0xfff)
	l.str(", p ")
	l.num(tag >> 13)
	if tag&0x1000 != 0 {
		l.str(", DEI")
	}
	l.str(", ")
	if kind > maxEthernetLength {
		l.etherType(kind)
		l.str(", ")
	}
}

func isVLAN(kind int) bool {
	switch kind {
	case etherVLAN, 0x88a8, 0x9100, 0x9200:
		return true
	}
	return false
}

// hasDecoder tells the ethertypes of which tcpdump prints more than bytes.
func hasDecoder(kind int) bool {
	switch kind {
	case etherIPv6, 0x809b, 0x80f3, 0x6004, 0x6002, 0x876b, 0x880b, 0x8809, 0x8847, 0x8848, 0x8863, 0x8864,
		0x888e, 0x88c7, 0x88cc, 0x88d9, 0x88ca, 0x88f7, 0x8902, 0x88e5, 0x894f, 0x9000, 0x8912:
		return true
	}
	return false
}

// unknownEther is the name of ethertypes without one.
const unknownEther = "Unknown"

func etherName(kind int) string {
	switch kind {
	case etherIPv4:
		return "IPv4"
	case etherARP:
		return "ARP"
	case etherRARP:
		return "Reverse ARP"
	case etherIPv6:
		return "IPv6"
	case etherVLAN:
		return "802.1Q"
	case 0x88a8:
		return "802.1Q-QinQ"
	case 0x9100, 0x9200:
		return "802.1Q-9100"
	case 0x0600:
		return "NS"
	case 0x1000:
		return "Trail"
	case 0x8847:
		return "MPLS unicast"
	case 0x8848:
		return "MPLS multicast"
	case 0x8863:
		return "PPPoE D"
	case 0x8864:
		return "PPPoE S"
	case 0x888e:
		return "EAPOL"
	case 0x88cc:
		return "LLDP"
	case 0x9000:
		return "Loopback"
	}
	return unknownEther
}
