package tcpdump

import "hoplab/packet"

// igmp prints an IGMP message of length bytes, RFC 3376.
func (l *line) igmp(at, length int) {
	l.enter("igmp")
	if l.opt.Quiet {
		l.str("igmp")
		return
	}
	switch kind := l.u8(at); kind {
	case 0x11:
		l.str("igmp query")
		if length >= 12 {
			l.igmp3Query(at, length)
		} else {
			l.igmpQuery(at, length)
		}
	case 0x12:
		l.igmpGroup("igmp v1 report ", at)
		l.igmpLength(length, 8)
	case 0x16:
		l.igmpGroup("igmp v2 report ", at)
	case 0x17:
		l.igmpGroup("igmp leave ", at)
	case 0x22:
		l.str("igmp v3 report")
		l.igmp3Report(at, length)
	case 0x13:
		l.str("igmp dvmrp")
		if length < 8 {
			l.igmpLength(length, 8)
		} else {
			l.dvmrp(at, length)
		}
	case 0x14:
		l.str("igmp pimv1")
		l.pim1(at, length)
	case 0x1e:
		l.multicastTrace("mresp ", at, length)
	case 0x1f:
		l.multicastTrace("mtrace ", at, length)
	default:
		l.str("igmp-")
		l.num(kind)
	}
	if l.opt.Verbose > 0 && length >= 4 && l.has(at, length) && packet.Checksum(l.frame[at:at+length]) != 0 {
		l.str(" bad igmp cksum ")
		l.hex(uint32(l.u16(at+2)), 1)
		l.str("!")
	}
}

func (l *line) igmpGroup(what string, at int) {
	l.need(at+4, 4)
	l.str(what)
	l.ip(at + 4)
}

func (l *line) igmpLength(n, want int) {
	if n != want {
		l.str(" [len ")
		l.num(n)
		l.str("]")
	}
}

func (l *line) igmpQuery(at, length int) {
	switch tenths := l.u8(at + 1); tenths {
	case 0:
		l.str(" v1")
	case 100:
		l.str(" v2")
	default:
		l.str(" v2 [max resp time ")
		l.num(tenths)
		l.str("]")
	}
	if l.u32(at+4) != 0 {
		l.str(" [gaddr ")
		l.ip(at + 4)
		l.str("]")
	}
	l.igmpLength(length, 8)
}

func (l *line) igmp3Query(at, length int) {
	const head = 12
	l.str(" v3")
	if length&3 != 0 {
		l.invalidLength(length)
		return
	}
	code := l.u8(at + 1)
	tenths := code
	if code >= 0x80 {
		tenths = (code&15 | 16) << (code>>4&7 + 3)
	}
	if code != 100 {
		l.str(" [max resp time ")
		if tenths < 600 {
			l.num(tenths / 10)
			l.str(".")
			l.num(tenths % 10)
			l.str("s")
		} else {
			l.span(uint32(tenths / 10))
		}
		l.str("]")
	}
	if l.u32(at+4) == 0 || l.stopped {
		return
	}
	l.str(" [gaddr ")
	l.ip(at + 4)
	if n := l.u16(at + 10); n > 0 {
		if length < head+4*n {
			l.str(" [invalid number of sources]")
		} else {
			l.sources(at+head, n, 4, l.opt.Verbose > 1)
		}
	}
	l.str("]")
}

func (l *line) igmp3Report(at, length int) {
	const head = 8
	if length < 2*head || length&3 != 0 {
		l.invalidLength(length)
		return
	}
	records := l.u16(at + 6)
	l.str(", ")
	l.num(records)
	l.str(" group record(s)")
	if l.opt.Verbose > 0 {
		l.groupRecords(at, head, length, records, 4)
	}
}

// multicastTrace prints the request of mtrace, draft-ietf-idmr-traceroute-ipm.
func (l *line) multicastTrace(what string, at, length int) {
	const head = 8 + 16
	if length < head {
		l.invalidLength(length)
		return
	}
	query := at + 8
	l.need(query, 12)
	l.need(query+13, 3)
	l.str(what)
	l.num(l.u24(query + 13))
	l.str(": ")
	l.ip(query)
	l.str(" to ")
	l.ip(query + 4)
	l.str(" reply-to ")
	l.ip(query + 8)
	if l.u8(query+8)&0xf0 == 0xe0 {
		l.str(" with-ttl ")
		l.num(l.u8(query + 12))
	}
}
