package tcpdump

import "hoplab/packet"

// Messages of RFC 7761.
const (
	pimHello        = 0
	pimRegister     = 1
	pimRegisterStop = 2
	pimJoinPrune    = 3
	pimBootstrap    = 4
	pimAssert       = 5
	pimGraft        = 6
	pimGraftAck     = 7
	pimCandidate    = 8
	pimRefresh      = 9
	pimElection     = 10
)

var pimTypes = [...]string{
	"Hello", "Register", "Register Stop", "Join / Prune", "Bootstrap", "Assert", "Graft", "Graft Acknowledgement", "Candidate RP Advertisement",
	"Prune Refresh", "DF Election", "ECMP Redirect",
}

var pimOptions = []numbered{
	{1, "Hold Time"}, {2, "LAN Prune Delay"}, {18, "DR Priority (Old)"}, {19, "DR Priority"}, {20, "Generation ID"},
	{21, "State Refresh Capability"}, {22, "Bi-Directional Capability"}, {24, "Address List"}, {65001, "Address List (Old)"},
}

// pim prints protocol independent multicast.
func (l *line) pim(ip ipHeader, at, length int) {
	l.enter("pim")
	version, kind := l.u8(at)>>4, l.u8(at)&15
	name := "Unknown Type"
	if kind < len(pimTypes) {
		name = pimTypes[kind]
	}
	l.str("PIMv")
	l.num(version)
	if version != 2 {
		l.length(length)
		return
	}
	if l.opt.Verbose == 0 {
		l.str(", ")
		l.str(name)
		l.length(length)
		return
	}
	l.length(length)
	l.str("\n\t")
	l.str(name)
	l.enter("pimv2")
	if length < 2 {
		l.str("[length ")
		l.num(length)
		l.str(" < 2]")
		l.invalid()
		return
	}
	addressLen := l.u8(at+1) & 15
	if addressLen != 0 {
		l.str(", RFC2117-encoding")
	}
	if length < 4 {
		l.str("[length ")
		l.num(length)
		l.str(" < 4]")
		l.invalid()
		return
	}
	stored := l.u16(at + 2)
	l.str(", cksum 0x")
	l.hex(uint32(stored), 4)
	l.str(" (")
	l.str(l.pimSum(ip, at, length, kind, stored))
	l.str(")")
	at += 4
	length -= 4
	ok := true
	switch kind {
	case pimHello:
		ok = l.pimHello(at, length, addressLen)
	case pimRegister:
		ok = l.pimRegister(at, length)
	default:
		c := pimCursor{line: l, at: at, left: length, size: addressLen, ok: true}
		c.message(kind, l.u8(at-3)>>4)
		ok = c.ok
	}
	if !ok {
		l.truncated()
	}
}

// pimSum judges a checksum. That of a Register may leave out what it carries.
func (l *line) pimSum(ip ipHeader, at, length, kind, stored int) string {
	if stored == 0 || l.stopped {
		return "unverified"
	}
	judge := func(n int) string {
		switch {
		case !l.has(at, n):
			return "unverified"
		case l.isIPv6(ip) && l.transportSum(ip, at, n, protoPIM) == 0, !l.isIPv6(ip) && packet.Checksum(l.frame[at:at+n]) == 0:
			return "correct"
		}
		return "incorrect"
	}
	if kind == pimRegister {
		if verdict := judge(8); verdict != "incorrect" {
			return verdict
		}
	}
	return judge(length)
}

// pimHello prints the options of a Hello. It returns false when one is cut.
func (l *line) pimHello(at, length, addressLen int) bool {
	for length > 0 && !l.stopped {
		if length < 4 {
			return false
		}
		kind, n := l.u16(at), l.u16(at+2)
		l.str("\n\t  ")
		if s := nameOf(pimOptions, kind); s != "" {
			l.str(s)
		} else {
			l.str("Unknown")
		}
		l.str(" Option (")
		l.num(kind)
		l.str("), length ")
		l.num(n)
		l.str(", Value: ")
		at += 4
		length -= 4
		if l.stopped {
			return true
		}
		if length < n || !l.has(at, n) {
			return false
		}
		if want := pimOptionLen(kind); want >= 0 && n != want && (n != 0 || kind != 18 && kind != 19) {
			l.str("[option length ")
			l.num(n)
			l.str(" != ")
			l.num(want)
			l.str("]")
			l.invalid()
			return true
		}
		if !l.pimOption(kind, at, n, length, addressLen) {
			return false
		}
		if l.opt.Verbose > 1 {
			l.unknown(at, n, "\n\t    ")
		}
		at += n
		length -= n
	}
	return true
}

// pimOptionLen is the length of an option's data in bytes, -1 for any.
func pimOptionLen(kind int) int {
	switch kind {
	case 1:
		return 2
	case 2, 18, 19, 20, 21:
		return 4
	}
	return -1
}

// pimOption prints an option of n bytes, length with what follows it.
func (l *line) pimOption(kind, at, n, length, addressLen int) bool {
	switch kind {
	case 1:
		l.span(uint32(l.u16(at)))
	case 2:
		delay := l.u16(at)
		l.str("\n\t    T-bit=")
		l.num(delay >> 15)
		l.str(", LAN delay ")
		l.num(delay & 0x7fff)
		l.str("ms, Override interval ")
		l.num(l.u16(at + 2))
		l.str("ms")
	case 18, 19:
		if n == 0 {
			l.str("Bi-Directional Capability (Old)")
		} else {
			l.unsigned(l.u32(at))
		}
	case 20:
		l.str("0x")
		l.hex(l.u32(at), 8)
	case 21:
		l.str("v")
		l.num(l.u8(at))
		if interval := l.u8(at + 1); interval != 0 {
			l.str(", interval ")
			l.span(uint32(interval))
		}
		if rest := l.u16(at + 2); rest != 0 {
			l.str(" ?0x")
			l.hex(uint32(rest), 4)
			l.str("?")
		}
	case 22:
	case 24, 65001:
		if l.opt.Verbose > 1 {
			for end := at + n; at < end; {
				l.str("\n\t    ")
				advance := l.pimAddress(at, length, addressLen, pimUnicast)
				if advance < 0 {
					return false
				}
				at += advance
				length -= advance
			}
		}
	default:
		if l.opt.Verbose <= 1 {
			l.unknown(at, n, "\n\t    ")
		}
	}
	return true
}

// What an address of PIM stands for.
const (
	pimUnicast = iota
	pimGroup   // with a mask
	pimSource  // with a mask and flags
)

// pimAddress prints an address with its encoding, or without one when size is
// given, and returns its length; -1 when it is broken.
func (l *line) pimAddress(at, n, size, kind int) int {
	begin := at
	if size == 0 {
		if n < 2 {
			return -1
		}
		switch l.u8(at) {
		case 1:
			size = 4
		case 2:
			size = 16
		default:
			return -1
		}
		if l.u8(at+1) != 0 {
			return -1
		}
		at += 2
		n -= 2
	}
	if size != 4 && size != 16 {
		return -1
	}
	if kind == pimUnicast {
		if n < size || !l.has(at, size) {
			return -1
		}
		l.address(at, size)
		return at + size - begin
	}
	if n < size+2 || !l.has(at, size+2) {
		return -1
	}
	l.address(at+2, size)
	if mask := l.u8(at + 1); mask != 8*size {
		l.str("/")
		l.num(mask)
	}
	if flags := l.u8(at); flags != 0 {
		l.str("(")
		if kind == pimGroup {
			l.str("0x")
			l.hex(uint32(flags), 2)
		} else {
			for i, letter := range [...]string{"S", "W", "R"} {
				if flags&(4>>i) != 0 {
					l.str(letter)
				}
			}
			if rest := flags & 0xf8; rest != 0 {
				l.str("+0x")
				l.hex(uint32(rest), 2)
			}
		}
		l.str(")")
	}
	return at + 2 + size - begin
}

// pimRegister prints the packet that a Register carries.
func (l *line) pimRegister(at, length int) bool {
	if length < 4 || !l.has(at, 4) {
		return false
	}
	l.str(", Flags [ ")
	switch l.u32(at) {
	case 0x80000000:
		l.str("Border")
	case 0x40000000:
		l.str("Null")
	default:
		l.str("none")
	}
	l.str(" ]\n\t")
	at += 4
	length -= 4
	if length == 0 {
		return false
	}
	switch version := l.u8(at) >> 4; version {
	case 0:
		l.need(at+12, 8)
		l.str("IP-Null-header ")
		l.ip(at + 12)
		l.str(" > ")
		l.ip(at + 16)
	case 4:
		l.ipv4(at, length)
	case 6:
		l.ipv6(at, length)
	default:
		l.str("IP ver ")
		l.num(version)
	}
	return true
}
