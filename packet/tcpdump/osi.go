package tcpdump

// osi prints what an ISO 9577 network layer identifier announces, as far as
// Internet protocols go.
func (l *line) osi(at, length int) {
	const null, q933, clnp, esis, isis, ip, ppp, ip6 = 0x00, 0x08, 0x81, 0x82, 0x83, 0xcc, 0xcf, 0x8e
	l.enter("isoclns")
	kind := l.u8(at)
	if l.opt.Link {
		l.str("OSI NLPID ")
		if s := nameOf(nlpids, kind); s != "" {
			l.str(s)
		} else {
			l.str("Unknown")
		}
		l.str(" (0x")
		l.hex(uint32(kind), 2)
		l.str("): ")
	}
	switch kind {
	case clnp, esis, isis:
		l.notModelled(nameOf(nlpids, kind))
	case q933:
		l.q933(at+1, length-1)
	case ip:
		l.ipv4(at+1, length-1)
	case ip6:
		l.ipv6(at+1, length-1)
	case ppp:
		l.ppp(at+1, length-1)
	default:
		if !l.opt.Link {
			if kind != null {
				l.str("OSI NLPID 0x")
				l.hex(uint32(kind), 2)
				l.str(" unknown")
			}
			l.str(", ")
		}
		l.str("length: ")
		l.num(length)
		if kind != null && length > 1 {
			l.unknown(at, length, "\n\t")
		}
	}
}

// q933 prints the signalling of frame relay, of which only broken messages are
// known.
func (l *line) q933(at, length int) {
	l.enter("q.933")
	if !l.opt.Link {
		l.str("Q.933")
	}
	head := 1 // call reference and message type
	if length > 0 && l.has(at, 1) {
		head = l.u8(at)&15 + 2
	}
	if length < head || !l.has(at, head) || length > head && !l.has(at, head+1) {
		if !l.opt.Link {
			l.str(", ")
		}
		l.str("length ")
		l.num(length)
		l.truncated()
		return
	}
	l.notModelled("Q.933 messages")
}
