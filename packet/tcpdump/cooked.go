package tcpdump

// Lengths of the headers of Linux cooked captures in bytes.
const (
	cookedLen  = 16
	cooked2Len = 20
)

// Protocols of a cooked header that are no ethertypes: include/uapi/linux/if_ether.h.
const (
	cooked8023 = 1 // Novell's 802.3 without an LLC header
	cooked8022 = 4
)

// cooked prints a packet of a Linux cooked capture, version 1:
//
//	type(2) ARPHRD_(2) address length(2) address(8) protocol(2)
func (l *line) cooked(length int) {
	l.enter("sll")
	if !l.need(0, cookedLen) {
		return
	}
	head := func(length int) {
		l.enter("sll")
		direction := cookedDirection(l.u16(0))
		for n := len(direction); n < 3; n++ {
			l.str(" ")
		}
		l.str(direction)
		l.str(" ")
		if l.u16(4) == 6 {
			l.ether(6)
			l.str(" ")
		}
		l.cookedProtocol(l.u16(14), length)
	}
	if l.opt.Link {
		head(length)
	}
	l.cookedPayload(l.u16(2), l.u16(14), cookedLen, length, head)
}

// cooked2 prints a packet of a Linux cooked capture, version 2:
//
//	protocol(2) reserved(2) interface(4) ARPHRD_(2) type(1) address length(1) address(8)
func (l *line) cooked2(length int) {
	l.enter("sll2")
	if !l.need(0, cooked2Len) {
		return
	}
	name, index := "", int32(l.u32(4))
	switch {
	case l.opt.Interface != nil:
		name = l.opt.Interface(index)
	case index == 1: // of every Linux machine
		name = "lo"
	}
	if name == "" {
		name = "?"
	}
	l.out = AppendAny(l.out, name, cookedDirection(l.u8(10)))
	head := func(length int) {
		l.enter("sll2")
		l.str("ifindex ")
		l.unsigned(l.u32(4))
		l.str(" ")
		if l.u8(11) == 6 {
			l.ether(12)
			l.str(" ")
		}
		l.cookedProtocol(l.u16(0), length)
	}
	if l.opt.Link {
		head(length)
	}
	l.cookedPayload(l.u16(8), l.u16(0), cooked2Len, length, head)
}

// cookedDirection is how tcpdump calls a packet type.
func cookedDirection(kind int) string {
	if names := [...]string{"In", "B", "M", "P", "Out"}; kind < len(names) {
		return names[kind]
	}
	return "?"
}

func (l *line) cookedProtocol(proto, length int) {
	if l.opt.Quiet {
		return
	}
	switch {
	case proto == cooked8023:
		l.str("802.3")
	case proto == cooked8022:
		l.str("802.2")
	default:
		l.str("ethertype ")
		if proto > maxEthernetLength {
			l.str(etherName(proto))
		} else {
			l.str("Unknown")
		}
		l.str(" (0x")
		l.hex(uint32(proto), 4)
		l.str(")")
	}
	l.str(", length ")
	l.num(length)
	l.str(": ")
}

// cookedPayload prints what a cooked header announces; length includes it. head
// prints the header, which unknown payload wants.
func (l *line) cookedPayload(hardware, proto, at, length int, head func(length int)) {
	const radiotap = 803
	header := at
	length -= header
	if hardware == radiotap {
		l.header = header
		l.notModelled("802.11")
		return
	}
	for proto == etherVLAN {
		if !l.has(at, 4) {
			l.enter("vlan")
			l.truncated()
			l.header = l.end
			return
		}
		if l.opt.Link {
			l.vlanTag(l.u16(at))
			l.str(", ")
		}
		if proto = l.u16(at + 2); proto <= maxEthernetLength {
			proto = cooked8022
		}
		if !l.opt.Quiet {
			l.str("ethertype ")
			l.str(etherName(proto))
			l.str(", ")
		}
		at += 4
		length -= 4
	}
	l.header = at
	switch {
	case proto == cooked8023:
		l.ipx(at)
	case proto == cooked8022:
		n, known := l.llc(at, length, noMAC)
		if known {
			l.header += n
		} else {
			l.unlessQuiet(at, l.end-at)
		}
	case proto <= maxEthernetLength:
		l.unlessQuiet(at, l.end-at)
	case !l.etherPayload(proto, at, length, noMAC):
		if !l.opt.Link {
			head(length + header)
		}
		l.unlessQuiet(at, l.end-at)
	}
}
