package tcpdump

var pim1Types = [...]string{"Query", "Register", "Register-Stop", "Join/Prune", "RP-reachable", "Assert", "Graft", "Graft-ACK"}

// pim1 prints version 1 of PIM, which came in IGMP: length bytes with its header.
func (l *line) pim1(at, length int) {
	l.enter("pimv1")
	kind := l.u8(at + 1)
	l.str(" ")
	if kind < len(pim1Types) {
		l.str(pim1Types[kind])
	} else {
		l.str("[type ")
		l.num(kind)
		l.str("]")
	}
	verbose := l.opt.Verbose > 0
	switch kind {
	case 0:
		l.pim1Query(at)
	case 1:
		if l.stopped {
			return
		}
		if !l.has(at+8, 20) {
			l.truncated()
			return
		}
		l.pim1For(at+20, at+24)
	case 2:
		l.pim1For(at+8, at+12)
	case 4:
		if verbose {
			l.need(at+8, 4)
			l.str(" group ")
			l.pim1Masked(at+8, at+12)
			l.need(at+16, 4)
			l.str(" RP ")
			l.ip(at + 16)
			l.str(" hold ")
			l.span(uint32(l.u16(at + 22)))
		}
	case 5:
		l.need(at+8, 4)
		l.need(at+16, 4)
		l.str(" for ")
		l.ip(at + 16)
		l.str(" > ")
		l.pim1Masked(at+8, at+12)
		l.need(at+20, 8)
		l.str(pick(l.u8(at+20)>>7, " SPT", " RP-tree"))
		l.str(" pref ")
		l.unsigned(l.u32(at+20) & 0x7fffffff)
		l.str(" metric ")
		l.unsigned(l.u32(at + 24))
	case 3, 6, 7:
		if verbose {
			if length < 8 {
				l.truncated()
				return
			}
			l.pim1JoinPrune(at+8, length-8)
		}
	}
	if version := l.u8(at+4) >> 4; version != 1 {
		l.str(" [v")
		l.num(version)
		l.str("]")
	}
}

func (l *line) pim1Query(at int) {
	if l.stopped {
		return
	}
	if l.has(at+8, 1) {
		switch mode := l.u8(at+8) >> 4; mode {
		case 0:
			l.str(" Dense-mode")
		case 1:
			l.str(" Sparse-mode")
		case 2:
			l.str(" Sparse-Dense-mode")
		default:
			l.str(" mode-")
			l.num(mode)
		}
	}
	if l.opt.Verbose > 0 {
		l.str(" (Hold-time ")
		l.span(uint32(l.u16(at + 10)))
		l.str(")")
	}
}

func (l *line) pim1For(src, dst int) {
	l.need(min(src, dst), 4)
	l.need(max(src, dst), 4)
	l.str(" for ")
	l.ip(src)
	l.str(" > ")
	l.ip(dst)
}

// pim1Masked prints an address with its mask unless that is all ones.
func (l *line) pim1Masked(address, mask int) {
	l.ip(address)
	if l.u32(mask) != 0xffffffff {
		l.str("/")
		l.ip(mask)
	}
}

// pim1JoinPrune prints n bytes of groups with their sources.
func (l *line) pim1JoinPrune(at, n int) {
	if l.stopped {
		return
	}
	if l.has(at, 30) && l.u8(at+11) == 1 && l.u16(at+20)+l.u16(at+22) == 1 {
		l.pim1Single(at)
		return
	}
	more := func(want int) bool {
		if n < want {
			l.truncated()
			return false
		}
		return !l.stopped
	}
	skip := func(by int) { at, n = at+by, n-by }
	newline := func() {
		if l.opt.Verbose > 1 {
			l.str("\n")
		}
	}
	if !more(4) {
		return
	}
	newline()
	l.need(at, 4)
	l.str(" Upstream Nbr: ")
	l.ip(at)
	skip(4)
	if !more(4) {
		return
	}
	newline()
	l.str(" Hold time: ")
	l.span(uint32(l.u16(at + 2)))
	skip(4)
	if l.opt.Verbose < 2 || !more(4) {
		return
	}
	groups := l.u8(at + 3)
	skip(4)
	for ; groups > 0; groups-- {
		if !more(4) {
			return
		}
		l.need(at, 4)
		l.str("\n\tGroup: ")
		l.ip(at)
		skip(4)
		if !more(4) {
			return
		}
		if l.u32(at) != 0xffffffff {
			l.str("/")
			l.ip(at)
		}
		skip(4)
		if !more(4) {
			return
		}
		joined, pruned := l.u16(at), l.u16(at+2)
		l.str(" joined: ")
		l.num(joined)
		l.str(" pruned: ")
		l.num(pruned)
		skip(4)
		for i := range joined + pruned {
			if !more(6) {
				return
			}
			l.need(at, 6)
			l.str(pick(btoi(i < joined), "\n\tPrune ", "\n\tJoin  "))
			flags := l.u8(at + 1)
			l.str(pick(l.u8(at)&1, "Dense ", "Sparse "))
			l.str(pick(flags>>7, "", "WC "))
			l.str(pick(flags>>6&1, "SPT ", "RP "))
			l.ip(at + 2)
			l.str("/")
			l.num(flags & 0x3f)
			skip(6)
		}
	}
}

// pim1Single prints one group with one source in one line.
func (l *line) pim1Single(at int) {
	l.str(" RPF ")
	l.ip(at)
	l.str(" ")
	if hold := l.u16(at + 6); hold != 180 {
		l.str("Hold ")
		l.span(uint32(hold))
	}
	flags := l.u8(at + 25)
	l.str(pick(btoi(l.u16(at+20) != 0), "Prune (", "Join ("))
	l.ip(at + 26)
	l.str("/")
	l.num(flags & 0x3f)
	l.str(", ")
	l.pim1Masked(at+12, at+16)
	l.str(pick(l.u8(at+24)&1, ") Dense", ") Sparse"))
	l.str(pick(flags>>7, "", " WC"))
	l.str(pick(flags>>6&1, " SPT", " RP"))
}
