package tcpdump

// Options of hop-by-hop and destination headers,
// https://www.iana.org/assignments/ipv6-parameters.
const (
	opt6Pad1        = 0x00
	opt6PadN        = 0x01
	opt6RouterAlert = 0x05
	opt6Jumbo       = 0xc2
	opt6HomeAddress = 0xc9
)

// optionsHeader prints a hop-by-hop or a destination header and returns its
// length, -1 when it is broken.
func (l *line) optionsHeader(x *extension, proto string) int {
	l.enter(proto)
	length := (l.u8(x.at+1) + 1) * 8
	if l.stopped {
		return -1
	}
	if !l.has(x.at, length) {
		l.truncated()
		return -1
	}
	hopByHop := proto == "hbhopt"
	if hopByHop {
		l.str("HBH ")
	} else {
		l.str("DSTOPT ")
		if l.opt.Verbose == 0 {
			return length
		}
	}
	if !l.options6(x, x.at+2, length-2, hopByHop) {
		l.truncated()
		return -1
	}
	return length
}

// option6Length is how long the option at at is, of n bytes that are left, or
// -1 if it is longer.
func (l *line) option6Length(at, n int) int {
	length := 1
	if l.u8(at) != opt6Pad1 {
		if n < 2 {
			return -1
		}
		length = l.u8(at+1) + 2
	}
	if length > n {
		return -1
	}
	return length
}

// options6 prints n bytes of options. It returns false when they are broken.
func (l *line) options6(x *extension, at, n int, hopByHop bool) bool {
	verbose := l.opt.Verbose > 0
	jumboSeen := false
	for n > 0 && !l.stopped {
		length := l.option6Length(at, n)
		if length < 0 {
			return false
		}
		kind := l.u8(at)
		data := length - 2
		switch kind {
		case opt6Pad1:
			if verbose {
				l.str("(pad1)")
			}
		case opt6PadN:
			if verbose {
				l.str("(padn)")
			}
		case opt6RouterAlert:
			if !l.option6Is("rtalert", n, data, 2) {
				return false
			}
			if verbose {
				l.str("(rtalert: 0x")
				l.hex(uint32(l.u16(at+2)), 4)
				l.str(") ")
			}
		case opt6Jumbo:
			if !l.option6Is("jumbo", n, data, 4) {
				return false
			}
			l.jumboOption(x, l.u32(at+2), jumboSeen, hopByHop)
			jumboSeen = true
		case opt6HomeAddress:
			if !l.homeAddress(at, n, data) {
				return false
			}
		default:
			if verbose {
				l.str("(opt_type 0x")
				l.hex(uint32(kind), 2)
				l.str(": len=")
				l.num(data)
				l.str(")")
			}
		}
		at += length
		n -= length
	}
	if verbose {
		l.str(" ")
	}
	return true
}

// option6Is checks the length of an option's data, of which n bytes with the
// option's head are left.
func (l *line) option6Is(what string, n, data, want int) bool {
	switch {
	case n < want+2:
		l.str("(")
		l.str(what)
		l.str(": trunc)")
		return false
	case data != want:
		l.str("(")
		l.str(what)
		l.str(": invalid len ")
		l.num(data)
		l.str(")")
		return false
	}
	return true
}

// jumboOption prints RFC 2675's length and keeps it if it is valid.
func (l *line) jumboOption(x *extension, length uint32, seen, hopByHop bool) {
	why := ""
	switch {
	case seen:
		why = " - already seen"
	case !hopByHop:
		why = " - not a hop-by-hop option"
	case x.payload != 0:
		why = " - payload len != 0"
	case length < 65536:
		why = " - < 65536"
	default:
		x.jumbo, x.payload = true, length
	}
	if l.opt.Verbose > 0 {
		l.str("(jumbo: ")
		l.unsigned(length)
		l.str(why)
		l.str(") ")
	}
}

// homeAddress prints RFC 6275's option and the options in it.
func (l *line) homeAddress(at, n, data int) bool {
	const length = 18
	switch {
	case n < length:
		l.str("(homeaddr: trunc)")
		return false
	case data < length-2:
		l.str("(homeaddr: invalid len ")
		l.num(data)
		l.str(")")
		return false
	case l.opt.Verbose == 0:
		return true
	}
	l.need(at+2, 16)
	l.str("(homeaddr: ")
	l.ip6(at + 2)
	at, n = at+length, data+2-length
	for n > 0 && !l.stopped {
		size := l.option6Length(at, n)
		if size < 0 {
			return false
		}
		switch kind := l.u8(at); kind {
		case opt6Pad1:
			l.str(", pad1")
		case opt6PadN:
			l.str(", padn")
		default:
			l.str(", sopt_type 0x")
			l.hex(uint32(kind), 2)
			l.str(": len=")
			l.num(size - 2)
		}
		at += size
		n -= size
	}
	l.str(")")
	return true
}
