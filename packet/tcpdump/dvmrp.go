package tcpdump

var dvmrpTypes = []numbered{
	{1, "Probe"}, {2, "Report"}, {3, "Ask-neighbors(old)"}, {4, "Neighbors(old)"}, {5, "Ask-neighbors2"}, {6, "Neighbors2"}, {7, "Prune"}, {8, "Graft"},
	{9, "Graft-ACK"},
}

// dvmrp prints RFC 1075 and its successor draft-ietf-idmr-dvmrp-v3: length bytes
// with IGMP's header.
func (l *line) dvmrp(at, length int) {
	const header = 8
	l.enter("dvmrp")
	kind := l.u8(at + 1)
	l.str(" ")
	l.named(dvmrpTypes, "[type ", kind, "]")
	data, rest := at+header, length-header
	switch kind {
	case 1:
		if l.opt.Verbose > 0 {
			l.dvmrpProbe(data, rest)
		}
	case 2:
		if l.opt.Verbose > 1 {
			l.dvmrpReport(data, rest)
		}
	case 4:
		l.dvmrpNeighbours(data, rest)
	case 6:
		minor, major := l.u8(at+6), l.u8(at+7)
		l.str(" (v ")
		l.num(major)
		l.str(".")
		l.num(minor)
		l.str("):")
		l.dvmrpNeighbours2(data, rest)
	case 7, 8, 9:
		l.need(data, 8)
		l.str(" src ")
		l.ip(data)
		l.str(" grp ")
		l.ip(data + 4)
		if kind == 7 {
			l.str(" timer ")
			l.span(l.u32(data + 8))
		}
	}
}

// tooShort prints what a length should be at least.
func (l *line) tooShort(what string, n, least int) {
	l.str("[")
	l.str(what)
	l.str(" ")
	l.num(n)
	l.str(" < ")
	l.num(least)
	l.str("]")
	l.invalid()
}

func (l *line) dvmrpProbe(at, n int) {
	if n < 4 {
		l.str(" ")
		l.tooShort("full length", n, 4)
		return
	}
	if l.opt.Verbose > 1 {
		l.str("\n\t")
	} else {
		l.str(" ")
	}
	id := l.u32(at)
	l.str("genid ")
	l.unsigned(id)
	if l.opt.Verbose < 2 {
		return
	}
	for at, n = at+4, n-4; n > 0 && !l.stopped; at, n = at+4, n-4 {
		if n < 4 {
			l.tooShort("remaining length", n, 4)
			return
		}
		l.need(at, 4)
		l.str("\n\tneighbor ")
		l.ip(at)
	}
}

// dvmrpReport prints routes: masks, each with origins and metrics. Zero bytes at
// the end of a mask are left out of its origins.
func (l *line) dvmrpReport(at, n int) {
	for n > 0 && !l.stopped {
		if n < 3 {
			l.str(" ")
			l.tooShort("length", n, 3)
			return
		}
		if !l.need(at, 3) {
			return
		}
		mask := [4]byte{0xff, l.frame[at], l.frame[at+1], l.frame[at+2]}
		width := 1
		for i, b := range mask[1:] {
			if b != 0 {
				width = i + 2
			}
		}
		l.str("\n\tMask ")
		l.dottedBytes(mask)
		at += 3
		n -= 3
		for last := false; !last; {
			if n < width+1 {
				l.str("\n\t  [Truncated Report]")
				l.invalid()
				return
			}
			if !l.need(at, width+1) {
				return
			}
			var origin [4]byte
			copy(origin[:], l.frame[at:at+width])
			metric := l.u8(at + width)
			last = metric&0x80 != 0
			l.str("\n\t  ")
			l.dottedBytes(origin)
			l.str(" metric ")
			l.num(metric & 0x7f)
			at += width + 1
			n -= width + 1
		}
	}
}

func (l *line) dvmrpNeighbours(at, n int) {
	for n > 0 && !l.stopped {
		if n < 7 {
			l.str(" ")
			l.tooShort("length", n, 7)
			return
		}
		own := at
		l.need(at+4, 3)
		metric, threshold, count := l.u8(at+4), l.u8(at+5), l.u8(at+6)
		at += 7
		n -= 7
		for ; count > 0 && !l.stopped; count-- {
			if n < 4 {
				l.str(" ")
				l.tooShort("length", n, 4)
				return
			}
			l.str(" [")
			l.ip(own)
			l.str(" ->")
			l.need(at, 4)
			l.str(" ")
			l.ip(at)
			l.str(", (")
			l.num(metric)
			l.str("/")
			l.num(threshold)
			l.str(")]")
			at += 4
			n -= 4
		}
	}
}

func (l *line) dvmrpNeighbours2(at, n int) {
	for n > 0 && !l.stopped {
		if n < 8 {
			l.str(" ")
			l.tooShort("length", n, 8)
			return
		}
		own := at
		l.need(at+4, 4)
		metric, threshold, flags, count := l.u8(at+4), l.u8(at+5), l.u8(at+6), l.u8(at+7)
		at += 8
		n -= 8
		for ; count > 0 && n > 0 && !l.stopped; count-- {
			if n < 4 {
				l.str(" ")
				l.tooShort("length", n, 4)
				return
			}
			l.str(" [")
			l.ip(own)
			l.str(" -> ")
			l.need(at, 4)
			l.ip(at)
			l.str(" (")
			l.num(metric)
			l.str("/")
			l.num(threshold)
			for _, f := range [...]struct {
				bit  int
				name string
			}{{0x01, "/tunnel"}, {0x02, "/srcrt"}, {0x40, "/querier"}, {0x20, "/disabled"}, {0x10, "/down"}} {
				if flags&f.bit != 0 {
					l.str(f.name)
				}
			}
			l.str(")]")
			at += 4
			n -= 4
		}
		if count > 0 {
			l.str(" [invalid ncount]")
			l.invalid()
			return
		}
	}
}
