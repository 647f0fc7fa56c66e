package tcpdump

import "time"

var (
	ntpModes = [...]string{
		"unspecified", "symmetric active", "symmetric passive", "Client", "Server", "Broadcast", "Control Message", "Reserved",
	}
	ntpLeaps = [...]string{"", "+1s", "-1s", "clock unsynchronized"}
)

const (
	ntpControlMode = 6
	ntpHeaderLen   = 48
	ntpControlLen  = 12
)

// ntp prints RFC 5905's messages.
func (l *line) ntp(at, length int) {
	l.enter("ntp")
	status := l.u8(at)
	mode := status & 7
	l.str("NTPv")
	l.num(status >> 3 & 7)
	l.str(", ")
	l.str(ntpModes[mode])
	l.str(", length ")
	l.num(length)
	if l.opt.Verbose == 0 {
		return
	}
	l.str("\n\tLeap indicator: ")
	l.str(ntpLeaps[status>>6])
	l.str(" (")
	l.num(status & 0xc0)
	l.str(")")
	whole := true
	switch {
	case mode < ntpControlMode:
		whole = l.ntpTimes(at, length)
	case mode == ntpControlMode:
		whole = l.ntpControl(at, length)
	}
	if !whole {
		l.truncated()
	}
}

// ntpTimes prints how good a clock is, and the times.
func (l *line) ntpTimes(at, length int) (whole bool) {
	if length < ntpHeaderLen {
		l.invalid()
		return l.has(at, length)
	}
	stratum := l.u8(at + 1)
	l.str(", Stratum ")
	l.num(stratum)
	switch {
	case stratum == 0:
		l.str(" (unspecified)")
	case stratum == 1:
		l.str(" (primary reference)")
	case stratum <= 15:
		l.str(" (secondary reference)")
	default:
		l.str(" (reserved)")
	}
	poll := int(int8(l.u8(at + 2)))
	l.str(", poll ")
	l.num(poll)
	switch {
	case poll >= 0 && poll < 32:
		l.str(" (")
		l.unsigned(1 << poll)
		l.str("s)")
	case poll < 0 && poll > -32:
		l.str(" (1/")
		l.unsigned(1 << -poll)
		l.str("s)")
	}
	precision := int(int8(l.u8(at + 3)))
	l.str(", precision ")
	l.num(precision)
	for i, title := range [...]string{"\n\tRoot Delay: ", ", Root dispersion: "} {
		if !l.has(at+4+4*i, 4) {
			return false
		}
		l.str(title)
		l.num(l.u16(at + 4 + 4*i))
		l.str(".")
		l.decimal(l.u16(at+6+4*i)*1000000>>16, 6, '0')
	}
	if !l.has(at+12, 4) {
		return false
	}
	l.str(", Reference-ID: ")
	switch stratum {
	case 0:
		l.str("(unspec)")
	case 1:
		l.text(at+12, 4)
	case 62, 63:
		l.ip(at + 12)
		if stratum == 62 {
			l.str(" INFO_QUERY")
		} else {
			l.str(" INFO_REPLY")
		}
		return true
	default:
		l.str("0x")
		l.hex(l.u32(at+12), 8)
	}
	for i, title := range [...]string{"Reference Timestamp:  ", "Originator Timestamp: ", "Receive Timestamp:    ", "Transmit Timestamp:   "} {
		if !l.has(at+16+8*i, 8) {
			return false
		}
		l.str("\n\t  ")
		l.str(title)
		l.ntpTime(at + 16 + 8*i)
	}
	l.str("\n\t    Originator - Receive Timestamp:  ")
	l.ntpDelta(at+24, at+32)
	l.str("\n\t    Originator - Transmit Timestamp: ")
	l.ntpDelta(at+24, at+40)
	return l.ntpTrailer(at+ntpHeaderLen, length-ntpHeaderLen)
}

// ntpTrailer prints the key and the digest of a message.
func (l *line) ntpTrailer(at, length int) (whole bool) {
	const key = 4
	switch length {
	case 0:
		return true
	case key, key + 16, key + 20:
	default:
		l.str("\n\t(")
		l.num(length)
		l.str(" more bytes after the header)")
		return true
	}
	id := l.u32(at)
	l.str("\n\tKey id: ")
	l.unsigned(id)
	if length > key {
		if !l.has(at+key, length-key) {
			return false
		}
		l.str("\n\tAuthentication: ")
		l.hexBytes(at+key, length-key)
	}
	return true
}

// ntpFraction is a fraction of a second in ns.
func ntpFraction(f uint32) int {
	return int(uint32(float64(f) / (1 << 32) * 1000000000.0))
}

// ntpTime prints seconds since 1900.
func (l *line) ntpTime(at int) {
	const since1970 = 2208988800
	seconds, fraction := l.u32(at), l.u32(at+4)
	l.unsigned(seconds)
	l.str(".")
	l.decimal(ntpFraction(fraction), 9, '0')
	if seconds != 0 && !l.stopped {
		l.str(" (")
		l.out = time.Unix(int64(seconds)-since1970, 0).UTC().AppendFormat(l.out, "2006-01-02T15:04:05Z")
		l.str(")")
	}
}

// ntpDelta prints how much later the second time is.
func (l *line) ntpDelta(from, to int) {
	old, now := l.u64(from), l.u64(to)
	if old == 0 {
		l.ntpTime(to)
		return
	}
	sign, delta := "+", now-old
	if now <= old {
		sign, delta = "-", old-now
	}
	l.str(sign)
	l.unsigned(uint32(delta >> 32))
	l.str(".")
	l.decimal(ntpFraction(uint32(delta)), 9, '0')
}

// ntpControl prints RFC 9327's control messages.
func (l *line) ntpControl(at, length int) (whole bool) {
	if length < ntpControlLen {
		l.invalid()
		return l.has(at, length)
	}
	control := l.u8(at + 1)
	l.str(", ")
	l.str(pick(control&0x80, "Request", "Response"))
	l.str(", ")
	l.str(pick(control&0x40, "OK", "Error"))
	l.str(", ")
	l.str(pick(control&0x20, "Last", "More"))
	l.str(", OpCode=")
	l.num(control & 0x1f)
	l.str("\n")
	for i, title := range [...]string{"\tSequence=", ", Status=", ", Assoc.=", ", Offset=", ", Count="} {
		n := l.u16(at + 2 + 2*i)
		l.str(title)
		if i != 1 {
			l.num(n)
			continue
		}
		if n != 0 {
			l.str("0x")
		}
		l.hex(uint32(n), 1)
	}
	count := l.u16(at + 10)
	if ntpControlLen+count > length {
		l.invalid()
		return l.has(at, length)
	}
	if count != 0 {
		if !l.has(at+ntpControlLen, count) {
			return false
		}
		l.str("\n\tTO-BE-DONE: data not interpreted")
	}
	return true
}
