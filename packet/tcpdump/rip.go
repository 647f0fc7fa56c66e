package tcpdump

import "math/bits"

var ripCommands = []numbered{{1, "Request"}, {2, "Response"}, {3, "Trace on"}, {4, "Trace off"}, {5, "Poll"}, {6, "Poll Entry"}}

const (
	ripHeaderLen = 4
	ripRouteLen  = 20
	ripFamilyIP  = 2
)

// rip prints RFC 1058 and RFC 2453.
func (l *line) rip(at, length int) {
	const request, response, traceOff = 1, 2, 4
	l.enter("rip")
	left := min(l.end-at, length) - ripHeaderLen
	if left < 0 {
		l.truncated()
		return
	}
	command, version := l.u8(at), l.u8(at+1)
	if l.opt.Verbose > 0 {
		l.str("\n\t")
	}
	l.str("RIPv")
	l.num(version)
	if version == 0 {
		l.unknown(at, length, "\n\t")
		return
	}
	l.str(", ")
	l.named(ripCommands, "unknown command (", command, ")")
	l.str(", length: ")
	l.num(length)
	if l.opt.Verbose == 0 {
		return
	}
	switch {
	case (command == request || command == response) && version <= 2:
		l.str(", routes: ")
		l.num(length / ripRouteLen)
		entry := l.ripRoute1
		if version == 2 {
			l.str(" or less")
			entry = l.ripRoute2
		}
		l.ripRoutes(at+ripHeaderLen, left, entry)
	case command == request || command == response:
		l.str(", unknown version")
	case command >= traceOff && command <= 6:
	case l.opt.Verbose <= 1:
		l.unknown(at, length, "\n\t")
	}
	if l.opt.Verbose > 1 {
		l.unknown(at, length, "\n\t")
	}
}

// ripRoutes prints entries; entry gives the length of one, 0 if it was cut.
func (l *line) ripRoutes(at, left int, entry func(at, left int) int) {
	for left > 0 && !l.stopped {
		n := entry(at, left)
		if n == 0 {
			l.truncated()
			return
		}
		if left < n {
			l.str(" [remaining entries length ")
			l.num(left)
			l.str(" < ")
			l.num(n)
			l.str("]")
			l.invalid()
			return
		}
		at += n
		left -= n
	}
}

func (l *line) ripRoute1(at, left int) int {
	if left < ripRouteLen || !l.has(at, ripRouteLen) {
		return 0
	}
	family := l.u16(at)
	switch {
	case family != ripFamilyIP && family != 0:
		l.str("\n\t AFI ")
		l.named(bsdFamilies, "Unknown (", family, ")")
		l.str(", ")
		l.unknown(at+4, ripRouteLen-4, "\n\t  ")
		return ripRouteLen
	case l.u16(at+2) != 0 || l.u64(at+8) != 0:
		l.unknown(at, ripRouteLen, "\n\t  ")
		return ripRouteLen
	case family == 0:
		l.str("\n\t  AFI 0, ")
	default:
		l.str("\n\t  ")
	}
	l.ip(at + 4)
	l.str(", metric: ")
	l.unsigned(l.u32(at + 16))
	return ripRouteLen
}

func (l *line) ripRoute2(at, left int) int {
	if left < 4 || !l.has(at, 4) {
		return 0
	}
	family := l.u16(at)
	switch {
	case family == 0xffff:
		return l.ripAuthentication(at, left)
	case family != ripFamilyIP && family != 0:
		l.str("\n\t  AFI ")
		l.named(bsdFamilies, "Unknown (", family, ")")
		l.unknown(at+4, ripRouteLen-4, "\n\t  ")
		return ripRouteLen
	case !l.has(at, ripRouteLen) || left < ripRouteLen:
		return 0
	}
	l.str("\n\t  AFI ")
	l.named(bsdFamilies, "", family, "")
	l.str(", ")
	start := len(l.out)
	l.ip(at + 4)
	l.padLeft(start, 15)
	l.str("/")
	start = len(l.out)
	l.num(prefixLength(l.u32(at + 8)))
	for len(l.out)-start < 2 && !l.stopped {
		l.out = append(l.out, ' ')
	}
	l.str(", tag 0x")
	l.hex(uint32(l.u16(at+2)), 4)
	l.str(", metric: ")
	l.unsigned(l.u32(at + 16))
	l.str(", next-hop: ")
	if l.u32(at+12) != 0 {
		l.ip(at + 12)
	} else {
		l.str("self")
	}
	return ripRouteLen
}

// padLeft puts blanks before what was printed since start.
func (l *line) padLeft(start, width int) {
	for !l.stopped && len(l.out)-start < width {
		l.out = append(l.out, 0)
		copy(l.out[start+1:], l.out[start:])
		l.out[start] = ' '
	}
}

// prefixLength is how many bits a netmask sets, -1 if they have a gap.
func prefixLength(mask uint32) int {
	n := bits.LeadingZeros32(^mask)
	if mask<<n != 0 {
		return -1
	}
	return n
}

// ripAuthentication prints RFC 4822's entries.
func (l *line) ripAuthentication(at, left int) int {
	const authLen = 16
	kind := l.u16(at + 2)
	at += 4
	left -= 4
	switch kind {
	case 2:
		l.str("\n\t  Simple Text Authentication data: ")
		l.padded(at, authLen)
		return ripRouteLen
	case 3:
		if !l.has(at, authLen) || left < authLen {
			return 0
		}
		l.str("\n\t  Auth header: Packet Len ")
		l.num(l.u16(at))
		l.str(", Key-ID ")
		l.num(l.u8(at + 2))
		l.str(", Auth Data Len ")
		l.num(l.u8(at + 3))
		l.str(", SeqNo ")
		l.unsigned(l.u32(at + 4))
		l.str(", MBZ ")
		l.unsigned(l.u32(at + 8))
		l.str(", MBZ ")
		l.unsigned(l.u32(at + 12))
		return ripRouteLen
	case 1:
		l.str("\n\t  Auth trailer:")
	default:
		l.str("\n\t  Unknown (")
		l.num(kind)
		l.str(") Authentication data:")
	}
	l.unknown(at, left, "\n\t  ")
	return 4 + left
}

// ripng prints RFC 2080.
func (l *line) ripng(at, length int) {
	const infinity = 16
	l.enter("ripng")
	command, version := l.u8(at), l.u8(at+1)
	if version != 1 {
		l.str(" [vers ")
		l.num(version)
		l.str("]")
		l.invalid()
		return
	}
	if command != 1 && command != 2 {
		l.str(" ripng-")
		l.num(command)
		l.str(" ?? ")
		l.num(length)
		l.invalid()
		return
	}
	left := length - ripHeaderLen
	if left < 0 {
		l.invalid()
		return
	}
	n := left / ripRouteLen
	title := " ripng-resp "
	if command == 1 {
		title = " ripng-req "
		if n == 1 && l.u8(at+23) == infinity && l.u64(at+4) == 0 && l.u64(at+12) == 0 {
			l.str(" ripng-req dump")
			return
		}
	}
	l.str(title)
	l.num(n)
	if n*ripRouteLen != left {
		l.str("[")
		l.num(length)
		l.str("]")
	}
	l.str(":")
	for at += ripHeaderLen; left >= ripRouteLen && !l.stopped; at, left = at+ripRouteLen, left-ripRouteLen {
		if l.opt.Verbose > 1 {
			l.str("\n\t")
		} else {
			l.str(" ")
		}
		if !l.need(at, 19) {
			return
		}
		l.ip6(at)
		l.str("/")
		l.num(l.u8(at + 18))
		if tag := l.u16(at + 16); tag != 0 {
			l.str(" [")
			l.num(tag)
			l.str("]")
		}
		if metric := l.u8(at + 19); metric != 0 && command == 2 {
			l.str(" (")
			l.num(metric)
			l.str(")")
		}
	}
	if left != 0 {
		l.invalid()
	}
}

var (
	hsrpOperations = []numbered{{0, "hello"}, {1, "coup"}, {2, "resign"}}
	hsrpStates     = []numbered{{0, "initial"}, {1, "learn"}, {2, "listen"}, {4, "speak"}, {8, "standby"}, {16, "active"}}
)

// hsrp prints RFC 2281.
func (l *line) hsrp(at, length int) {
	l.enter("hsrp")
	version := l.u8(at)
	l.str("HSRPv")
	l.num(version)
	if version != 0 {
		return
	}
	l.str("-")
	operation := l.u8(at + 1)
	l.named(hsrpOperations, "unknown (", operation, ")")
	l.str(" ")
	l.num(length)
	l.str(": ")
	state := l.u8(at + 2)
	l.str("state=")
	l.named(hsrpStates, "Unknown (", state, ")")
	l.str(" ")
	group := l.u8(at + 6)
	l.str("group=")
	l.num(group)
	l.str(" ")
	if reserved := l.u8(at + 7); reserved != 0 {
		l.str("[reserved=")
		l.num(reserved)
		l.str("!] ")
	}
	if l.need(at+16, 4) {
		l.str("addr=")
		l.ip(at + 16)
	}
	if l.opt.Verbose == 0 {
		return
	}
	l.str(" hellotime=")
	l.span(uint32(l.u8(at + 3)))
	l.str(" holdtime=")
	l.span(uint32(l.u8(at + 4)))
	l.str(" priority=")
	l.num(l.u8(at + 5))
	l.str(` auth="`)
	l.padded(at+8, 8)
	l.str(`"`)
}
