package tcpdump

var mplsLabels = [16]string{"IPv4 explicit NULL", "router alert", "IPv6 explicit NULL", "implicit NULL"}

// mpls prints a stack of labels (RFC 3032) and what is guessed to follow it.
func (l *line) mpls(at, length int) {
	const word, bottom = 4, 0x100
	l.enter("mpls")
	l.str("MPLS")
	label := uint32(0)
	for depth := 0; ; depth++ {
		if length < word {
			l.invalid()
			l.need(at, length)
			return
		}
		entry := l.u32(at)
		label = entry >> 12
		if depth > 0 && l.opt.Verbose > 0 {
			l.str("\n\t")
		} else {
			l.str(" ")
		}
		l.str("(label ")
		l.unsigned(label)
		if l.opt.Verbose > 0 && label < uint32(len(mplsLabels)) {
			l.str(" (")
			if s := mplsLabels[label]; s != "" {
				l.str(s)
			} else {
				l.str("rsvd")
			}
			l.str(")")
		}
		l.str(", tc ")
		l.unsigned(entry >> 9 & 7)
		if entry&bottom != 0 {
			l.str(", [S]")
		}
		l.str(", ttl ")
		l.unsigned(entry & 0xff)
		l.str(")")
		at += word
		length -= word
		if entry&bottom != 0 || l.stopped {
			break
		}
	}
	first := 0
	switch label {
	case 0, 3:
		first = 0x45
	case 2:
		first = 0x60
	default:
		if length < 1 {
			return
		}
		first = l.u8(at)
	}
	switch {
	case first >= 0x45 && first <= 0x4f:
		l.mplsPayloadStart()
		l.ipv4(at, length)
	case first >= 0x60 && first <= 0x6f:
		l.mplsPayloadStart()
		l.ipv6(at, length)
	case first >= 0x81 && first <= 0x83:
		l.mplsPayloadStart()
		l.notModelled("OSI")
	default:
		l.unlessQuiet(at, length)
	}
}

func (l *line) mplsPayloadStart() {
	if l.opt.Verbose > 0 {
		l.str("\n\t")
	} else {
		l.str(" ")
	}
}
