package tcpdump

import "hoplab/packet"

// ICMP types, https://www.iana.org/assignments/icmp-parameters.
const (
	icmpEchoReply          = 0
	icmpUnreachable        = 3
	icmpSourceQuench       = 4
	icmpRedirect           = 5
	icmpEcho               = 8
	icmpRouterAdvert       = 9
	icmpRouterSolicitation = 10
	icmpTimeExceeded       = 11
	icmpParamProblem       = 12
	icmpTimestamp          = 13
	icmpTimestampReply     = 14
	icmpInfoRequest        = 15
	icmpInfoReply          = 16
	icmpMaskRequest        = 17
	icmpMaskReply          = 18
)

// icmpTextMax is how much of a message's text tcpdump has room for, in bytes.
const icmpTextMax = 163

const icmpPortUnreachable = 3 // code of icmpUnreachable

// icmpQuote is where the packet that an error is about starts.
const icmpQuote = 8

// icmp prints an ICMP message of length bytes.
func (l *line) icmp(at, length int, fragmented bool) {
	l.enter("icmp")
	// tcpdump makes the whole text before it prints any of it.
	begin := len(l.out)
	kind, code := l.u8(at), l.u8(at+1)
	if !l.stopped && !l.has(at, l.icmpLeast(at, kind, code)) {
		l.truncated()
		return
	}
	l.str("ICMP ")
	text := len(l.out)
	l.icmpText(at, kind, code)
	if l.stopped {
		l.out = append(l.out[:begin], " [|icmp]"...)
		return
	}
	if len(l.out)-text > icmpTextMax {
		l.out = l.out[:text+icmpTextMax]
	}
	l.str(", length ")
	l.num(length)
	if l.opt.Verbose == 0 {
		return
	}
	if !fragmented && l.has(at, length) { // -K does not reach ICMP
		if sum := packet.Checksum(l.frame[at : at+length]); sum != 0 {
			stored := l.u16(at + 2)
			l.str(" (wrong icmp cksum ")
			l.hex(uint32(stored), 1)
			l.str(" (->")
			l.hex(uint32(shouldBe(stored, sum)), 1)
			l.str(")!)")
		}
	}
	if quotes(kind) {
		l.str("\n\t")
		quote := at + icmpQuote
		total := l.u16(quote + 2)
		outer := l.end
		l.end = min(l.end, quote+total)
		total = l.u16(quote + 2) // again, as tcpdump: fails when the quote ends before it
		l.ipv4(quote, total)
		l.end = outer
		l.enter("icmp")
		l.icmpExtension(at, kind, length)
	}
}

// icmpLeast is how many bytes of a message tcpdump wants before it looks at it,
// 0 when it takes what is there.
func (l *line) icmpLeast(at, kind, code int) int {
	switch {
	case kind == icmpUnreachable && code == icmpPortUnreachable:
		return icmpQuote + 10
	case kind == icmpRouterAdvert:
		if l.has(at, 8) && l.frame[at+5] == 2 {
			return 8 + 8*int(l.frame[at+4])
		}
		return 8
	case kind == icmpTimeExceeded:
		return icmpQuote + 20
	case kind == icmpTimestampReply:
		return 20
	}
	return 0
}

// icmpExtension prints what RFC 4884 allows behind 128 quoted bytes of a
// message of length bytes. Without the length field of that RFC, only a right
// checksum tells it from more quote.
func (l *line) icmpExtension(at, kind, length int) {
	const extension, objectLen, mplsStack = 136, 4, 1
	if l.stopped || length <= extension || kind == icmpSourceQuench || kind == icmpRedirect {
		return
	}
	if !l.has(at, extension+5) {
		l.truncated()
		return
	}
	rest := length - extension
	whole := l.has(at+extension, rest)
	sum := uint16(1)
	if whole {
		sum = packet.Checksum(l.frame[at+extension : at+extension+rest])
	}
	if l.u8(at+5) == 0 && whole && sum != 0 {
		return
	}
	version := l.u8(at+extension) >> 4
	l.str("\n\tICMP Multi-Part extension v")
	l.num(version)
	if version != 2 {
		l.str(" packet not supported")
		return
	}
	if whole {
		l.str(", checksum 0x")
		l.hex(uint32(l.u16(at+extension+2)), 4)
		l.str(pick(btoi(sum == 0), " (incorrect)", " (correct)"))
		l.length(rest)
	}
	object := at + extension + 4
	// tcpdump counts without sign: what is shorter than the header never ends.
	for rest -= 4; rest > objectLen || rest < 0; {
		if !l.has(object, objectLen) {
			l.truncated()
			return
		}
		size, class, kind := l.u16(object), l.u8(object+2), l.u8(object+3)
		l.str("\n\t  ")
		l.str(extensionClass(class))
		l.str(" Object (")
		l.num(class)
		l.str("), Class-Type: ")
		l.num(kind)
		l.length(size)
		object += objectLen
		rest -= objectLen
		if class == 0 || size < objectLen {
			return
		}
		size -= objectLen
		if class == mplsStack && kind == 1 {
			l.mplsEntry(object)
		} else {
			l.unknown(object, size, "\n\t    ")
		}
		if l.stopped || rest >= 0 && rest < size {
			return
		}
		object += size
		rest -= size
	}
}

func extensionClass(class int) string {
	switch class {
	case 1:
		return "MPLS Stack Entry"
	case 2:
		return "Interface Identification"
	}
	return "unknown"
}

// mplsEntry prints RFC 4950's label.
func (l *line) mplsEntry(at int) {
	entry := l.u32(at)
	l.str("\n\t    label ")
	l.unsigned(entry >> 12)
	l.str(", tc ")
	l.unsigned(entry >> 9 & 7)
	if entry&0x100 != 0 {
		l.str(", [S]")
	}
	l.str(", ttl ")
	l.unsigned(entry & 0xff)
}

// quotes tells the messages that carry the packet they are about.
func quotes(kind int) bool {
	switch kind {
	case icmpUnreachable, icmpSourceQuench, icmpRedirect, icmpTimeExceeded, icmpParamProblem:
		return true
	}
	return false
}

func (l *line) icmpText(at, kind, code int) {
	switch kind {
	case icmpEcho:
		l.str("echo request")
		l.icmpID(at, ", id ", ", seq ")
	case icmpEchoReply:
		l.str("echo reply")
		l.icmpID(at, ", id ", ", seq ")
	case icmpUnreachable:
		l.unreachable(at, code)
	case icmpRedirect:
		l.redirect(at, code)
	case icmpRouterAdvert:
		l.routerAdvertisement(at)
	case icmpTimeExceeded:
		l.need(at+icmpQuote+16, 4)
		switch code {
		case 0:
			l.str("time exceeded in-transit")
		case 1:
			l.str("ip reassembly time exceeded")
		default:
			l.str("time exceeded-#")
			l.num(code)
		}
	case icmpParamProblem:
		l.str("parameter problem - ")
		if code != 0 {
			l.str("code ")
			l.num(code)
		} else {
			l.str("octet ")
			l.num(l.u8(at + 4))
		}
	case icmpMaskReply:
		l.str("address mask is 0x")
		l.hex(l.u32(at+8), 8)
	case icmpTimestamp:
		l.str("time stamp query")
		l.icmpID(at, " id ", " seq ")
	case icmpTimestampReply:
		l.need(at+16, 4)
		l.str("time stamp reply")
		l.icmpID(at, " id ", " seq ")
		l.str(": org ")
		l.dayTime(l.u32(at + 8))
		l.str(", recv ")
		l.dayTime(l.u32(at + 12))
		l.str(", xmit ")
		l.dayTime(l.u32(at + 16))
	case icmpSourceQuench:
		l.str("source quench")
	case icmpRouterSolicitation:
		l.str("router solicitation")
	case icmpInfoRequest:
		l.str("information request")
	case icmpInfoReply:
		l.str("information reply")
	case icmpMaskRequest:
		l.str("address mask request")
	default:
		l.str("type-#")
		l.num(kind)
	}
}

func (l *line) icmpID(at int, idLabel, seqLabel string) {
	l.str(idLabel)
	l.num(l.u16(at + 4))
	l.str(seqLabel)
	l.num(l.u16(at + 6))
}

// dayTime prints milliseconds since midnight.
func (l *line) dayTime(ms uint32) {
	l.twoDigits(int(ms / 3_600_000))
	l.str(":")
	l.twoDigits(int(ms / 60_000 % 60))
	l.str(":")
	l.twoDigits(int(ms / 1000 % 60))
	l.str(".")
	l.num(int(ms % 1000 / 100))
	l.num(int(ms % 100 / 10))
	l.num(int(ms % 10))
}

// unreachable prints "host 172.16.184.1 unreachable": the host is the
// destination of the quoted packet.
func (l *line) unreachable(at, code int) {
	const protocol, fragNeeded = 2, 4
	quote := at + icmpQuote
	switch code {
	case protocol:
		l.ip(quote + 16)
		l.str(" protocol ")
		l.num(l.u8(quote + 9))
		l.str(" unreachable")
		return
	case icmpPortUnreachable:
		l.unreachablePort(quote)
		return
	}
	before, after := unreachableWords(code)
	l.str(before)
	l.ip(quote + 16)
	l.str(" unreachable")
	l.str(after)
	switch mtu := l.u16(at + 6); {
	case code == fragNeeded && mtu != 0:
		l.str(" (mtu ")
		l.num(mtu)
		l.str(")")
	case code > 15:
		l.num(code)
	}
}

// unreachableWords are the words before the address and behind "unreachable",
// RFC 1812 section 5.2.7.1.
func unreachableWords(code int) (before, after string) {
	switch code {
	case 0:
		return "net ", ""
	case 1:
		return "host ", ""
	case 4:
		return "", " - need to frag"
	case 5:
		return "", " - source route failed"
	case 6:
		return "net ", " - unknown"
	case 7:
		return "host ", " - unknown"
	case 8:
		return "", " - source host isolated"
	case 9:
		return "net ", " - admin prohibited"
	case 10:
		return "host ", " - admin prohibited"
	case 11:
		return "net ", " - tos prohibited"
	case 12:
		return "host ", " - tos prohibited"
	case 13:
		return "host ", " - admin prohibited filter"
	case 14:
		return "host ", " - host precedence violation"
	case 15:
		return "host ", " - precedence cutoff"
	}
	return "", " - #"
}

func (l *line) unreachablePort(quote int) {
	proto := l.u8(quote + 9)
	port := l.u16(quote + l.u8(quote)&15*4 + 2)
	l.need(quote+16, 4)
	l.ip(quote + 16)
	switch proto {
	case protoTCP:
		l.str(" tcp port ")
		l.tcpPort(port)
	case protoUDP:
		l.str(" udp port ")
		l.udpPort(port)
	default:
		l.str(" protocol ")
		l.num(proto)
		l.str(" port ")
		l.num(port)
	}
	l.str(" unreachable")
}

func (l *line) redirect(at, code int) {
	target := " to "
	switch code {
	case 0:
		l.str("redirect ")
		target = " to net "
	case 1:
		l.str("redirect ")
		target = " to host "
	case 2:
		l.str("redirect-tos ")
		target = " to net "
	case 3:
		l.str("redirect-tos ")
		target = " to host "
	default:
		l.str("redirect-#")
		l.num(code)
		l.str(" ")
	}
	l.ip(at + icmpQuote + 16)
	l.str(target)
	l.ip(at + 4)
}

// routerAdvertisement prints RFC 1256's list of routers.
func (l *line) routerAdvertisement(at int) {
	count, size, lifetime := l.u8(at+4), l.u8(at+5), l.u16(at+6)
	l.str("router advertisement lifetime ")
	switch {
	case lifetime < 60:
		l.num(lifetime)
	case lifetime < 3600:
		l.num(lifetime / 60)
		l.str(":")
		l.twoDigits(lifetime % 60)
	default:
		l.num(lifetime / 3600)
		l.str(":")
		l.twoDigits(lifetime / 60 % 60)
		l.str(":")
		l.twoDigits(lifetime % 60)
	}
	l.str(" ")
	l.num(count)
	l.str(":")
	if size != 2 {
		l.str(" [size ")
		l.num(size)
		l.str("]")
		return
	}
	for i := 0; i < count && !l.stopped; i++ {
		l.str(" {")
		l.ip(at + 8 + 8*i)
		l.str(" ")
		l.unsigned(l.u32(at + 12 + 8*i))
		l.str("}")
	}
}
