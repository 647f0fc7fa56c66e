package tcpdump

var (
	rplModes   = [...]string{"nonstoring", "storing", "nonstoring-multicast", "storing-multicast"}
	rplOptions = [...]string{"pad1", "padN", "metrics", "routinginfo", "config", "rpltarget", "transitinfo", "", "destprefix", "rpltargetdesc"}
)

// rpl prints the n bytes of a message of RFC 6550 behind ICMPv6's checksum.
func (l *line) rpl(code, at, n int) {
	const secured = 0x80
	if code&secured != 0 {
		l.str(", (SEC) [worktodo]")
		return
	}
	l.str(", (CLR)")
	verbose := l.opt.Verbose > 0
	switch code {
	case 0:
		l.str("DODAG Information Solicitation")
	case 1:
		l.str("DODAG Information Object")
		if verbose {
			l.rplObject(at, n)
		}
	case 2:
		l.str("Destination Advertisement Object")
		if verbose {
			l.rplAdvertisement(at, n)
		}
	case 3:
		l.str("Destination Advertisement Object Ack")
		if verbose {
			l.rplAck(at, n)
		}
	default:
		l.str("RPL message, unknown code ")
		l.num(code)
	}
}

// rplList prints n bytes of options if -vv.
func (l *line) rplList(at, n int) {
	if l.opt.Verbose < 2 {
		return
	}
	for n > 0 && !l.stopped {
		kind, length := l.u8(at), 1
		if kind == 0 {
			l.str(" opt:pad1")
		} else {
			if n < 2 {
				l.truncated()
				return
			}
			length = l.u8(at+1) + 2
			l.str(" opt:")
			if kind < len(rplOptions) && rplOptions[kind] != "" {
				l.str(rplOptions[kind])
			} else {
				l.str("subopt:")
				l.num(kind)
			}
			l.str(" len:")
			l.num(length)
			l.str(" ")
			if l.stopped {
				return
			}
			if !l.has(at, length) || n < length {
				l.truncated()
				return
			}
			if l.opt.Verbose > 2 {
				l.hexRows(at+2, length-2, " ")
			}
		}
		at += length
		n -= length
	}
}

// rplObject prints RFC 6550 section 6.3.
func (l *line) rplObject(at, n int) {
	const size = 24
	if n < size {
		l.str(" [length ")
		l.num(n)
		l.str(" < 24]")
		l.invalid()
		return
	}
	l.need(at, size)
	flags := l.u8(at + 4)
	l.str(" [dagid:")
	l.ip6(at + 8)
	l.str(",seq:")
	l.num(l.u8(at + 5))
	l.str(",instance:")
	l.num(l.u8(at))
	l.str(",rank:")
	l.num(l.u16(at + 2))
	l.str(",")
	if flags&0x80 != 0 {
		l.str("grounded,")
	}
	l.str("mop:")
	if mode := flags >> 3 & 7; mode < len(rplModes) {
		l.str(rplModes[mode])
	} else {
		l.str("mop")
		l.num(mode)
	}
	l.str(",prf:")
	l.num(flags & 7)
	l.str("]")
	l.rplList(at+size, n-size)
}

// rplGraph starts the brackets with the graph's identity, which messages may
// leave out. It returns false when the message is too short for it.
func (l *line) rplGraph(at, n int, given bool, short string) (size int, ok bool) {
	const head, id = 4, 16
	if n < head {
		l.str(short)
		return 0, false
	}
	if !given {
		l.str(" [dagid:<elided>")
		return head, true
	}
	if !l.has(at+head, id) {
		l.truncated()
		return 0, false
	}
	if n < head+id {
		l.str(short)
		return 0, false
	}
	l.str(" [dagid:")
	l.ip6(at + head)
	return head + id, true
}

// rplAdvertisement prints RFC 6550 section 6.4.
func (l *line) rplAdvertisement(at, n int) {
	if !l.has(at, 20) {
		l.truncated()
		return
	}
	flags := l.u8(at + 1)
	size, ok := l.rplGraph(at, n, flags&0x40 != 0, " [|length too short]")
	if !ok {
		return
	}
	l.str(",seq:")
	l.num(l.u8(at + 3))
	l.str(",instance:")
	l.num(l.u8(at))
	if flags&0x80 != 0 {
		l.str(",acK")
	}
	if flags&0x40 != 0 {
		l.str(",Dagid")
	}
	l.str(",")
	l.hex(uint32(flags), 2)
	l.str("]")
	l.rplList(at+size, n-size)
}

// rplAck prints RFC 6550 section 6.5.
func (l *line) rplAck(at, n int) {
	if !l.has(at, 4) {
		l.truncated()
		return
	}
	size, ok := l.rplGraph(at, n, l.u8(at+1)&0x80 != 0, " [|dao-length too short]")
	if !ok {
		return
	}
	l.str(",seq:")
	l.num(l.u8(at + 2))
	l.str(",instance:")
	l.num(l.u8(at))
	l.str(",status:")
	l.num(l.u8(at + 3))
	l.str("]")
	l.rplList(at+size, n-size)
}
