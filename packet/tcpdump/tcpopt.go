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

// usualTCPOptions is how the options of most segments start: two to fill, then
// a time stamp of 10 bytes (RFC 7323 appendix A).
const usualTCPOptions = tcpOptNop<<24 | tcpOptNop<<16 | tcpOptTimestamp<<8 | 10

// tcpOptions prints ", options [...]". It returns false when the list is
// broken, which ends the line without a bracket.
func (l *line) tcpOptions(s segment) bool {
	l.str(", options [")
	at, end := s.at+packet.TCPLen, s.at+s.hlen
	if s.hlen == packet.TCPLen+12 && l.has(at, 12) && l.u32(at) == usualTCPOptions {
		l.str("nop,nop,TS val ")
		l.unsigned(l.u32(at + 4))
		l.str(" ecr ")
		l.unsigned(l.u32(at + 8))
		l.str("]")
		return true
	}
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
		used, state := l.tcpOption(s, kind, at, length-2, end-at)
		switch {
		case l.stopped:
			return false
		case state == optionCut:
			l.truncated()
			if !first {
				l.str(">")
			}
			return false
		case state == optionBad:
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

// optionState tells what became of an option.
type optionState int

const (
	optionDone optionState = iota
	optionBad              // longer than the header
	optionCut              // longer than what was captured
)

// optionFits tells whether n of the left bytes of the header are there.
func (l *line) optionFits(at, n, left int) optionState {
	switch {
	case n > left:
		return optionBad
	case !l.has(at, n):
		return optionCut
	}
	return optionDone
}

// tcpFixedOptions are those with data of a fixed size, and the size in bytes.
var tcpFixedOptions = [256]struct {
	name string
	size int
}{
	tcpOptEnd: {"eol", 0}, tcpOptNop: {"nop", 0}, tcpOptMSS: {"mss", 2}, tcpOptWindow: {"wscale", 1}, tcpOptSackOK: {"sackOK", 0},
	tcpOptEcho: {"echo", 4}, tcpOptEchoReply: {"echoreply", 4}, tcpOptCC: {"cc", 4}, tcpOptCCNew: {"ccnew", 4},
	tcpOptCCEcho:    {"", 4}, // it has no name
	tcpOptTimestamp: {"TS", 8}, tcpOptMD5: {"md5", 16}, tcpOptTimeout: {"uto", 2}, tcpOptSCPS: {"scps", 2},
}

// tcpOption prints an option whose data of n bytes starts at at; left bytes
// remain in the header. It returns how many it used.
func (l *line) tcpOption(s segment, kind, at, n, left int) (used int, state optionState) {
	switch kind {
	case tcpOptSack:
		return n, l.sackOption(s, at, n, left)
	case tcpOptFastOpen:
		l.str("tfo")
		state = l.optionFits(at, n, left)
		if state == optionDone {
			l.str(" ")
			l.fastOpen(at, n)
		}
		return n, state
	case tcpOptMPTCP:
		l.str("mptcp")
		state = l.optionFits(at, n, left)
		if state == optionDone && !l.mptcp(at-2, n+2, s.flags) {
			state = optionBad
		}
		return n, state
	case tcpOptExpID:
		l.str("exp")
		state = l.optionFits(at, n, left)
		if state == optionDone && n < 2 {
			state = optionBad
		}
		if state == optionDone {
			l.experiment(at, n)
		}
		return n, state
	case tcpOptAO:
		return n, l.authenticationOption(at, n, left)
	}
	option := tcpFixedOptions[kind]
	if option.name == "" && kind != tcpOptCCEcho {
		return n, l.unknownOption(kind, at, n, left)
	}
	l.str(option.name)
	if state := l.optionFits(at, option.size, left); state != optionDone {
		return 0, state
	}
	switch kind {
	case tcpOptMSS:
		l.str(" ")
		l.num(l.u16(at))
	case tcpOptWindow:
		l.str(" ")
		l.num(l.u8(at))
	case tcpOptEcho, tcpOptEchoReply, tcpOptCC, tcpOptCCNew, tcpOptCCEcho:
		l.str(" ")
		l.unsigned(l.u32(at))
	case tcpOptTimestamp:
		l.str(" val ")
		l.unsigned(l.u32(at))
		l.str(" ecr ")
		l.unsigned(l.u32(at + 4))
	case tcpOptMD5:
		if l.has(s.at, s.length) {
			l.str(" shared secret not supplied with -M, can't check - ")
		} else {
			l.str(" snaplen too short, can't check - ")
		}
		l.hexBytes(at, 16)
	case tcpOptTimeout:
		value := l.u16(at)
		l.str(" 0x")
		l.hex(uint32(value), 1)
		l.str(" ")
		seconds := value >> 1
		if value&1 != 0 { // the lowest bit of what was sent says minutes
			seconds *= 60
		}
		l.num(seconds)
	case tcpOptSCPS:
		l.str(" cap ")
		l.hex(uint32(l.u8(at)), 2)
		l.str(" id ")
		l.num(l.u8(at + 1))
	}
	return option.size, optionDone
}

// fastOpen prints the cookie of RFC 7413.
func (l *line) fastOpen(at, n int) {
	switch {
	case n == 0:
		l.str(" cookiereq")
	case n%2 != 0 || n < 4 || n > 16:
		l.invalid()
	default:
		l.str(" cookie ")
		l.hexBytes(at, n)
	}
}

// experiment prints an option with an identifier of RFC 6994.
func (l *line) experiment(at, n int) {
	const fastOpen = 0xf989
	l.str("-")
	id := l.u16(at)
	if id == fastOpen {
		l.str("tfo")
		l.fastOpen(at+2, n-2)
		return
	}
	l.hex(uint32(id), 4)
}

// authenticationOption prints RFC 5925.
func (l *line) authenticationOption(at, n, left int) optionState {
	l.str("tcp-ao")
	if n < 2 {
		l.invalid()
		return optionDone
	}
	if state := l.optionFits(at, 1, left); state != optionDone {
		return state
	}
	l.str(" keyid ")
	l.num(l.u8(at))
	if state := l.optionFits(at, 2, left); state != optionDone {
		return state
	}
	l.str(" rnextkeyid ")
	l.num(l.u8(at + 1))
	if n == 2 {
		return optionDone
	}
	l.str(" mac 0x")
	return l.optionBytes(at, 2, n, left)
}

func (l *line) unknownOption(kind, at, n, left int) optionState {
	l.str("unknown-")
	l.num(kind)
	if n > 0 {
		l.str(" 0x")
	}
	return l.optionBytes(at, 0, n, left)
}

// optionBytes prints the bytes from first to n of an option's data.
func (l *line) optionBytes(at, first, n, left int) optionState {
	for i := first; i < n; i++ {
		if state := l.optionFits(at, i+1, left); state != optionDone {
			return state
		}
		l.hex(uint32(l.u8(at+i)), 2)
	}
	return optionDone
}

// sackOption prints blocks relative to the other side's numbers, RFC 2018.
func (l *line) sackOption(s segment, at, n, left int) optionState {
	l.str("sack")
	if n%8 != 0 {
		l.str(" invalid sack")
		return optionDone
	}
	l.str(" ")
	l.num(n / 8)
	l.str(" ")
	for i := 0; i < n; i += 8 {
		if state := l.optionFits(at, i+8, left); state != optionDone {
			return state
		}
		l.str("{")
		l.unsigned(l.u32(at+i) - s.sackBase)
		l.str(":")
		l.unsigned(l.u32(at+i+4) - s.sackBase)
		l.str("}")
	}
	return optionDone
}
