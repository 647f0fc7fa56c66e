package tcpdump

import "hoplab/packet"

// TCP options, https://www.iana.org/assignments/tcp-parameters.
const (
	tcpOptEnd       = 0
	tcpOptNop       = 1
	tcpOptMSS       = 2
	tcpOptWindow    = 3
	tcpOptSackOK    = 4
	tcpOptSack      = 5
	tcpOptEcho      = 6
	tcpOptEchoReply = 7
	tcpOptTimestamp = 8
	tcpOptCC        = 11
	tcpOptCCNew     = 12
	tcpOptCCEcho    = 13
	tcpOptMD5       = 19
	tcpOptSCPS      = 20
	tcpOptTimeout   = 28
	tcpOptAO        = 29
	tcpOptMPTCP     = 30
	tcpOptFastOpen  = 34
	tcpOptExpID     = 254
)

// tcpOptions prints ", options [...]". It returns false when the list is
// broken, which ends the line without a bracket.
func (l *line) tcpOptions(s segment) bool {
	l.str(", options [")
	at, end := s.at+packet.TCPLen, s.at+s.hlen
	for first := true; at < end; first = false {
		if !first {
			l.str(",")
		}
		kind := l.u8(at)
		at++
		length := 1
		if kind != tcpOptEnd && kind != tcpOptNop {
			length = l.u8(at)
			if !l.stopped && (length < 2 || length-1 > end-at) {
				return l.badOption(first)
			}
			at++
		}
		if l.stopped {
			return false
		}
		used, ok := l.tcpOption(s, kind, at, length-2, end-at)
		if l.stopped {
			if !first {
				l.out = append(l.out, '>')
			}
			return false
		}
		if !ok {
			return l.badOption(first)
		}
		at += used
		head := 2
		if kind == tcpOptEnd || kind == tcpOptNop {
			head = 1
		}
		if used+head != length {
			l.str("[len ")
			l.num(length)
			l.str("]")
		}
		if kind == tcpOptEnd {
			break
		}
	}
	l.str("]")
	return true
}

// badOption ends the line. Only behind another option tcpdump closes the list.
func (l *line) badOption(first bool) bool {
	l.str("[bad opt]")
	if !first {
		l.str("]")
	}
	return false
}

// tcpOption prints an option whose data of n bytes starts at at; left bytes
// remain in the header. It returns how many it used, and false when the
// option needs more than the header has.
func (l *line) tcpOption(s segment, kind, at, n, left int) (used int, ok bool) {
	fits := func(n int) bool { return n <= left && l.need(at, n) }
	switch kind {
	case tcpOptEnd:
		l.str("eol")
		return 0, true
	case tcpOptNop:
		l.str("nop")
		return 0, true
	case tcpOptMSS:
		l.str("mss")
		if !fits(2) {
			return 0, false
		}
		l.str(" ")
		l.num(l.u16(at))
		return 2, true
	case tcpOptWindow:
		l.str("wscale")
		if !fits(1) {
			return 0, false
		}
		l.str(" ")
		l.num(l.u8(at))
		return 1, true
	case tcpOptSackOK:
		l.str("sackOK")
		return 0, true
	case tcpOptSack:
		return l.sackOption(s, at, n, left)
	case tcpOptEcho, tcpOptEchoReply, tcpOptCC, tcpOptCCNew, tcpOptCCEcho:
		l.str(tcpOptionName(kind))
		if !fits(4) {
			return 0, false
		}
		l.str(" ")
		l.unsigned(l.u32(at))
		return 4, true
	case tcpOptTimestamp:
		l.str("TS")
		if !fits(8) {
			return 0, false
		}
		l.str(" val ")
		l.unsigned(l.u32(at))
		l.str(" ecr ")
		l.unsigned(l.u32(at + 4))
		return 8, true
	case tcpOptMD5:
		l.str("md5")
		if !fits(16) {
			return 0, false
		}
		l.str(" shared secret not supplied with -M, can't check - ")
		l.hexBytes(at, 16)
		return 16, true
	case tcpOptTimeout:
		l.str("uto")
		if !fits(2) {
			return 0, false
		}
		value := l.u16(at)
		l.str(" 0x")
		l.hex(uint32(value), 1)
		l.str(" ")
		seconds := value >> 1
		if value&1 != 0 { // the lowest bit of what was sent says minutes
			seconds *= 60
		}
		l.num(seconds)
		return 2, true
	case tcpOptFastOpen:
		l.str("tfo ")
		if !fits(n) {
			return 0, false
		}
		switch {
		case n == 0:
			l.str(" cookiereq")
		case n%2 != 0 || n < 4 || n > 16:
			l.invalid()
		default:
			l.str(" cookie ")
			l.hexBytes(at, n)
		}
		return n, true
	case tcpOptAO, tcpOptMPTCP, tcpOptExpID:
		l.str(tcpOptionName(kind))
		if !fits(n) {
			return 0, false
		}
		l.str(" [not modelled]")
		return n, true
	case tcpOptSCPS:
		l.str("scps")
		if !fits(2) {
			return 0, false
		}
		l.str(" cap ")
		l.hex(uint32(l.u8(at)), 2)
		l.str(" id ")
		l.num(l.u8(at + 1))
		return 2, true
	}
	l.str("unknown-")
	l.num(kind)
	if n > 0 {
		l.str(" 0x")
	}
	for i := range n {
		if !fits(i + 1) {
			return 0, false
		}
		l.hex(uint32(l.u8(at+i)), 2)
	}
	return n, true
}

func tcpOptionName(kind int) string {
	switch kind {
	case tcpOptEcho:
		return "echo"
	case tcpOptEchoReply:
		return "echoreply"
	case tcpOptCC:
		return "cc"
	case tcpOptCCNew:
		return "ccnew"
	case tcpOptCCEcho:
		return "" // so it is
	case tcpOptAO:
		return "tcp-ao"
	case tcpOptMPTCP:
		return "mptcp"
	}
	return "exp"
}

// sackOption prints blocks relative to the other side's numbers, RFC 2018.
func (l *line) sackOption(s segment, at, n, left int) (used int, ok bool) {
	l.str("sack")
	if n%8 != 0 {
		l.str(" invalid sack")
		return n, true
	}
	l.str(" ")
	l.num(n / 8)
	l.str(" ")
	for i := 0; i < n; i += 8 {
		if i+8 > left || !l.need(at+i, 8) {
			return 0, false
		}
		l.str("{")
		l.unsigned(l.u32(at+i) - s.sackBase)
		l.str(":")
		l.unsigned(l.u32(at+i+4) - s.sackBase)
		l.str("}")
	}
	return n, true
}
