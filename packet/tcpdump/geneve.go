package tcpdump

// bitNames prints the names of the bits that are set, one behind the other.
func (l *line) bitNames(names []numbered, bits int, otherwise string) {
	none := true
	for _, n := range names {
		if bits&n.number != 0 {
			l.str(n.name)
			none = false
		}
	}
	if none {
		l.str(otherwise)
	}
}

var geneveFlags = []numbered{
	{0x80, "O"}, {0x40, "C"}, {0x20, "R1"}, {0x10, "R2"}, {0x08, "R3"}, {0x04, "R4"}, {0x02, "R5"}, {0x01, "R6"},
}

// geneve prints RFC 8926's header and what follows it.
func (l *line) geneve(at, length int) {
	const header = 8
	l.enter("geneve")
	l.str("Geneve")
	if length < header {
		l.str(" [length ")
		l.num(length)
		l.str(" < 8]")
		l.invalid()
		return
	}
	if !l.has(at, header) {
		l.truncated()
		return
	}
	first, flags, proto := l.u8(at), l.u8(at+1), l.u16(at+2)
	if version := first >> 6; version != 0 {
		l.str(" ERROR: unknown-version ")
		l.num(version)
		return
	}
	l.str(", Flags [")
	l.bitNames(geneveFlags, flags, "none")
	l.str("], vni 0x")
	l.hex(uint32(l.u24(at+4)), 1)
	if reserved := l.u8(at + 7); reserved != 0 {
		l.str(", rsvd 0x")
		l.hex(uint32(reserved), 1)
	}
	l.protocol(proto)
	options := first & 0x3f * 4
	at += header
	length -= header
	if length < options {
		l.str(" truncated-geneve - ")
		l.num(options - length)
		l.str(" bytes missing")
		return
	}
	if !l.has(at, options) {
		l.truncated()
		return
	}
	if options > 0 {
		l.str(", options [")
		if l.opt.Verbose > 0 {
			l.geneveOptions(at, options)
		} else {
			l.num(options)
			l.str(" bytes")
		}
		l.str("]")
	}
	at += options
	length -= options
	l.payloadStart()
	switch {
	case l.etherPayload(proto, at, length, noMAC):
	case proto == etherTEB:
		l.ethernet(at, length)
	default:
		l.str("geneve-proto-0x")
		l.hex(uint32(proto), 1)
	}
}

func geneveClass(class int) string {
	switch {
	case class == 0x0100:
		return "Linux"
	case class == 0x0101:
		return "Open vSwitch"
	case class == 0x0102:
		return "Open Virtual Networking (OVN)"
	case class == 0x0103:
		return "In-band Network Telemetry (INT)"
	case class == 0x0104:
		return "VMware"
	case class <= 0x00ff:
		return "Standard"
	case class >= 0xfff0:
		return "Experimental"
	}
	return "Unknown"
}

func (l *line) geneveOptions(at, length int) {
	for first := true; length > 0; first = false {
		if !first {
			l.str(", ")
		}
		class, kind, n := l.u16(at), l.u8(at+2), 4+l.u8(at+3)&0x1f*4
		l.str("class ")
		l.str(geneveClass(class))
		l.str(" (0x")
		l.hex(uint32(class), 1)
		l.str(") type 0x")
		l.hex(uint32(kind), 1)
		if kind&0x80 != 0 {
			l.str("(C)")
		}
		l.str(" len ")
		l.num(n)
		if n > length {
			l.str(" [bad length]")
			return
		}
		if l.opt.Verbose > 1 && n > 4 {
			l.str(" data")
			for i := 4; i < n; i += 4 {
				l.str(" ")
				l.hex(l.u32(at+i), 8)
			}
		}
		at += n
		length -= n
	}
}

var gpeFlags = []numbered{{0x08, "I"}, {0x04, "P"}, {0x02, "B"}, {0x01, "O"}}

// vxlanGPE prints draft-ietf-nvo3-vxlan-gpe's header and what follows it.
func (l *line) vxlanGPE(at, length int) {
	const header = 8
	l.enter("vxlan_gpe")
	l.str("VXLAN-GPE, ")
	if length < header {
		l.str(" (len ")
		l.num(length)
		l.str(" < 8)")
		l.invalid()
		return
	}
	flags := l.u8(at)
	l.str("flags [")
	l.bitNames(gpeFlags, flags, "none")
	l.str("], ")
	next, vni := l.u8(at+3), l.u24(at+4)
	if !l.need(at+7, 1) {
		return
	}
	l.str("vni ")
	l.num(vni)
	l.nextStart()
	if !l.serviceProtocol(next, at+header, length-header, true) {
		l.str("ERROR: unknown-next-protocol")
		l.invalid()
	}
}

// nextStart is payloadStart for the headers of service chains.
func (l *line) nextStart() {
	if l.opt.Verbose > 0 {
		l.str("\n    ")
	} else {
		l.str(": ")
	}
}

// serviceProtocol prints what a next protocol field announces, if it is known.
func (l *line) serviceProtocol(next, at, length int, nsh bool) bool {
	switch {
	case next == 1:
		l.ipv4(at, length)
	case next == 2:
		l.ipv6(at, length)
	case next == 3:
		l.ethernet(at, length)
	case next == 4 && nsh:
		l.nsh(at, length)
	default:
		return false
	}
	return true
}

var (
	nshMetadata  = []numbered{{0, "reserved"}, {1, "1"}, {2, "2"}, {15, "experimental"}}
	nshProtocols = []numbered{
		{1, "IPv4"}, {2, "IPv6"}, {3, "Ethernet"}, {4, "NSH"}, {5, "MPLS"}, {0xfe, "Experiment 1"}, {0xff, "Experiment 2"},
	}
)

// nsh prints RFC 8300's network service header and what follows it.
func (l *line) nsh(at, length int) {
	const word, least = 4, 8
	l.enter("nsh")
	if length < least {
		l.str(" (packet length ")
		l.num(length)
		l.str(" < 8)")
		l.invalid()
		return
	}
	base := l.u32(at)
	words, metadata, next := int(base>>16&0x3f), int(base>>8&15), int(base&0xff)
	l.str("NSH, ")
	if l.opt.Verbose > 1 {
		l.str("ver ")
		l.unsigned(base >> 30)
		l.str(", ")
	}
	if base>>30 != 0 {
		return
	}
	l.str("flags [")
	if base>>29&1 != 0 {
		l.str("O")
	} else {
		l.str("none")
	}
	l.str("], ")
	if l.opt.Verbose > 2 {
		l.str("TTL ")
		l.unsigned(base >> 22 & 0x3f)
		l.str(", length ")
		l.num(words)
		l.str(", md type ")
		l.namedHex(nshMetadata, metadata)
		l.str(", ")
	}
	if l.opt.Verbose > 1 {
		l.str("next-protocol ")
		l.namedHex(nshProtocols, next)
		l.str(", ")
	}
	if length < words*word {
		l.str(" (too many headers for packet length ")
		l.num(length)
		l.str(")")
		l.invalid()
		return
	}
	path := l.u24(at + 4)
	l.str("service-path-id 0x")
	l.hex(uint32(path), 6)
	l.str(", ")
	index := l.u8(at + 7)
	l.str("service-index 0x")
	l.hex(uint32(index), 1)
	if words < 2 {
		l.str(" (less than two headers)")
		l.invalid()
		return
	}
	context, ok := at+least, true
	if l.opt.Verbose > 2 {
		ok = l.nshContext(metadata, context, words-2)
	} else {
		l.need(context, (words-2)*word)
	}
	if !ok {
		l.invalid()
		return
	}
	l.nextStart()
	if !l.serviceProtocol(next, at+words*word, length-words*word, false) {
		l.str("ERROR: unknown-next-protocol")
	}
}

// nshContext prints the words of metadata.
func (l *line) nshContext(kind, at, words int) bool {
	const word = 4
	switch kind {
	case 1:
		if words != 4 {
			l.str(" (invalid length for the MD type)")
			return false
		}
		for i := range words {
			l.str("\n        Context[")
			l.twoDigits(i)
			l.str("]: 0x")
			l.hex(l.u32(at+word*i), 8)
		}
		return true
	case 2:
	default:
		l.need(at, words*word)
		return true
	}
	for n := 0; n < words && !l.stopped; {
		class, t, size := l.u16(at), l.u8(at+2), l.u8(at+3)&0x7f
		padded := (size + word - 1) / word
		at += word
		n++
		l.str("\n        TLV Class ")
		l.num(class)
		l.str(", Type ")
		l.num(t)
		l.str(", Len ")
		l.num(size)
		if words < n+padded {
			l.str(" (length too big)")
			return false
		}
		if size == 0 {
			continue
		}
		l.str("\n            Value: ")
		for i := range size {
			b := l.u8(at + i)
			if i == 0 {
				l.str("0x")
			} else {
				l.str(":")
			}
			l.hex(uint32(b), 2)
		}
		l.need(at, padded*word)
		at += padded * word
		n += padded
	}
	return true
}
