package tcpdump

// IPv4 options, RFC 791 section 3.1, RFC 2113.
const (
	optEnd         = 0
	optNop         = 1
	optRecordRoute = 7
	optTimestamp   = 68
	optSecurity    = 130
	optLooseRoute  = 131
	optStrictRoute = 137
	optRouterAlert = 148
)

// ipv4Options prints n bytes of options. It returns false when they were cut.
func (l *line) ipv4Options(at, n int) bool {
	sep := ""
	for n > 0 {
		l.str(sep)
		sep = ","
		kind := l.u8(at)
		if l.stopped {
			return true
		}
		l.optionName(kind)
		length := 1
		if kind != optEnd && kind != optNop {
			if length = l.u8(at + 1); length < 2 {
				l.badLength(" ", length)
				return true
			}
		}
		if length > n {
			l.badLength(" ", length)
			return true
		}
		if !l.has(at, length) {
			return false
		}
		switch kind {
		case optEnd:
			return true
		case optTimestamp:
			if !l.timestampOption(at, length) {
				return false
			}
		case optRecordRoute, optLooseRoute, optStrictRoute:
			if !l.routeOption(at, length) {
				return false
			}
		case optRouterAlert:
			if length < 4 {
				l.badLength(" ", length)
			} else if value := l.u16(at + 2); value != 0 {
				l.str(" value ")
				l.num(value)
			}
		}
		at += length
		n -= length
	}
	return true
}

func (l *line) optionName(kind int) {
	switch kind {
	case optEnd:
		l.str("EOL")
	case optNop:
		l.str("NOP")
	case optRecordRoute:
		l.str("RR")
	case optTimestamp:
		l.str("timestamp")
	case optSecurity:
		l.str("security")
	case optLooseRoute:
		l.str("LSRR")
	case optStrictRoute:
		l.str("SSRR")
	case optRouterAlert:
		l.str("RA")
	case 82:
		l.str("traceroute")
	default:
		l.str("unknown ")
		l.num(kind)
	}
}

func (l *line) badLength(before string, n int) {
	l.str(before)
	l.str("[bad length ")
	l.num(n)
	l.str("]")
}

func (l *line) badPointer(before string, n int) {
	l.str(before)
	l.str("[bad ptr ")
	l.num(n)
	l.str("]")
}

// routeOption prints the addresses of a record or source route option. Those
// before the pointer are followed by a comma. It returns false when one
// reaches behind what was captured.
func (l *line) routeOption(at, length int) bool {
	if length < 3 {
		l.badLength(" ", length)
		return true
	}
	if (length+1)%4 != 0 {
		l.badLength(" ", length)
	}
	pointer := l.u8(at+2) - 1
	if pointer < 3 || (pointer+1)%4 != 0 || pointer > length+1 {
		l.badPointer(" ", pointer+1)
	}
	if pointer < 0 { // tcpdump counts without sign
		pointer = length
	}
	for i := 3; i < length; i += 4 {
		if !l.has(at+i, 4) {
			return false
		}
		l.str(" ")
		l.ip(at + i)
		if pointer > i {
			l.str(",")
		}
	}
	return true
}

// timestampOption prints the time stamps of RFC 781. A caret marks the pointer.
// It returns false when an entry reaches behind what was captured.
func (l *line) timestampOption(at, length int) bool {
	const onlyTimes, timesAndAddresses, prespecified = 0, 1, 3
	if length < 4 {
		l.badLength("", length)
		return true
	}
	l.str(" TS{")
	kind, missed := l.u8(at+3)&15, l.u8(at+3)>>4
	hop := 8
	if kind == onlyTimes {
		hop = 4
	}
	if (length-4)%hop != 0 {
		l.badLength("", length)
	}
	pointer := l.u8(at+2) - 1
	if pointer < 4 || (pointer-4)%hop != 0 || pointer > length+1 {
		l.badPointer("", pointer+1)
	}
	i := 0
	switch kind {
	case onlyTimes:
		l.str("TSONLY")
	case timesAndAddresses:
		l.str("TS+ADDR")
	case prespecified:
		l.str("PRESPEC")
	default:
		l.str("[bad ts type ")
		l.num(kind)
		l.str("]")
	}
	if kind == onlyTimes || kind == timesAndAddresses || kind == prespecified {
		for i = 4; i < length; i += hop {
			if !l.has(at+i, hop) {
				return false
			}
			l.str(" ")
			if pointer == i {
				l.str("^ ")
			}
			l.unsigned(l.u32(at + i + hop - 4))
			l.str("@")
			if hop == 8 {
				l.ip(at + i)
			}
		}
	}
	if pointer == i {
		l.str(" ^ ")
	}
	if missed != 0 {
		l.str(" [")
		l.num(missed)
		l.str(" hops not recorded]} ")
	} else {
		l.str("}")
	}
	return true
}
