package tcpdump

// dtp prints Cisco's dynamic trunking protocol.
func (l *line) dtp(at, length int) {
	l.enter("dtp")
	bad := func() {
		l.invalid()
		l.need(at, length)
	}
	if length < 1 {
		l.str("[zero packet length]")
		bad()
		return
	}
	version := l.u8(at)
	l.str("DTPv")
	l.num(version)
	l.length(length)
	if l.opt.Verbose == 0 {
		return
	}
	at++
	length--
	names := [...]string{1: "Domain", 2: "Status", 3: "DTP type", 4: "Neighbor"}
	for length > 0 && !l.stopped {
		if length < 4 {
			l.str("[")
			l.num(length)
			l.str(" bytes remaining]")
			bad()
			return
		}
		kind, n := l.u16(at), l.u16(at+2)
		if kind == 0 {
			return
		}
		l.str("\n\t")
		if kind < len(names) {
			l.str(names[kind])
		} else {
			l.str("Unknown")
		}
		l.str(" (0x")
		l.hex(uint32(kind), 4)
		l.str(") TLV")
		l.length(n)
		if n < 4 || n > length {
			l.str("[invalid TLV length ")
			l.num(n)
			l.str("]")
			bad()
			return
		}
		switch kind {
		case 1:
			l.str(", ")
			l.padded(at+4, n-4)
		case 2, 3:
			if n != 5 {
				bad()
				return
			}
			value := l.u8(at + 4)
			l.str(", 0x")
			l.hex(uint32(value), 1)
		case 4:
			if n != 10 {
				bad()
				return
			}
			l.need(at+4, 6)
			l.str(", ")
			l.ether(at + 4)
		default:
			l.need(at, n)
		}
		at += n
		length -= n
	}
}
