package tcpdump

// Headers of RFC 8200 and the number of the last one.
const (
	protoHopByHop    = 0
	protoRouting     = 43
	protoFragment    = 44
	protoNone        = 59
	protoDestination = 60
	protoMobilityOld = 62
	protoMobility    = 135
)

const ipv6Len = 40

// extension is where the printing of an IPv6 packet has got to.
type extension struct {
	ip        int // where the packet starts
	at        int
	next      int    // what is at
	remaining int    // bytes of the packet from at on
	payload   uint32 // length as the header or a jumbo option has it
	jumbo     bool
	hopByHop  bool
	any       bool // a header other than the fixed one was there
	fragment  bool
}

// ipv6 prints an IPv6 packet for which its carrier has length bytes.
func (l *line) ipv6(at, length int) {
	l.enter("ip6")
	if !l.has(at, ipv6Len) {
		l.truncated()
		return
	}
	if length < ipv6Len {
		l.str("truncated-ip6 ")
		l.num(length)
		return
	}
	if !l.opt.Link {
		l.str("IP6 ")
	}
	if version := l.u8(at) >> 4; version != 6 {
		l.str("version error: ")
		l.num(version)
		l.str(" != 6")
		return
	}
	payload := l.u16(at + 4)
	total := payload + ipv6Len
	if payload == 0 { // perhaps a jumbo option tells it
		total = length + ipv6Len
	} else if length < total {
		l.missing6(total - length)
	}
	if l.opt.Verbose > 0 {
		l.ipv6Details(at)
	}
	outer := l.end
	l.end = min(l.end, at+total)
	x := extension{ip: at, at: at + ipv6Len, next: l.u8(at + 6), remaining: total - ipv6Len, payload: uint32(payload)}
	l.extensions(&x, length, outer)
	l.end = outer
}

func (l *line) missing6(n int) {
	l.str("truncated-ip6 - ")
	l.num(n)
	l.str(" bytes missing!")
}

// ipv6Details prints the parentheses of -v.
func (l *line) ipv6Details(at int) {
	flow := l.u32(at)
	l.str("(")
	if class := flow >> 20 & 0xff; class != 0 {
		l.str("class 0x")
		l.hex(class, 2)
		l.str(", ")
	}
	if label := flow & 0xfffff; label != 0 {
		l.str("flowlabel 0x")
		l.hex(label, 5)
		l.str(", ")
	}
	next := l.u8(at + 6)
	l.str("hlim ")
	l.num(l.u8(at + 7))
	l.str(", next-header ")
	l.str(protocolName(next))
	l.str(" (")
	l.num(next)
	l.str(") payload length: ")
	l.num(l.u16(at + 4))
	l.str(") ")
}

// extensions prints the extension headers and what follows them. length is what
// the carrier has for the packet and outer where its captured bytes end.
func (l *line) extensions(x *extension, length, outer int) {
	if !carriesPorts(x.next) {
		l.addresses(ipHeader(x.ip))
	}
	for first := true; !l.stopped; first = false {
		advance := 0
		switch x.next {
		case protoHopByHop:
			switch {
			case x.hopByHop:
				l.str("[The Hop-by-Hop Options header was already found]")
				l.invalid()
				return
			case !first:
				l.str("[The Hop-by-Hop Options header don't follow the IPv6 header]")
				l.invalid()
				return
			}
			advance = l.optionsHeader(x, "hbhopt")
			if x.payload == 0 && !x.jumbo {
				l.str("[No valid Jumbo Payload Hop-by-Hop option found]")
				l.invalid()
				return
			}
			x.hopByHop = true
		case protoDestination:
			advance = l.optionsHeader(x, "dstopt")
		case protoFragment:
			advance = l.fragmentHeader(x)
			if advance > 0 && l.end <= x.at+advance {
				return
			}
			x.fragment = true
		case protoMobilityOld, protoMobility:
			if l.mobility(x.at) {
				l.need(x.at, 1)
			}
			return
		case protoRouting:
			if !l.has(x.at, 1) {
				l.truncated()
				return
			}
			advance = l.routingHeader(x.at)
		default:
			l.ipv6Payload(x, length, outer)
			return
		}
		if advance < 0 {
			return
		}
		x.any = true
		x.next = l.u8(x.at)
		l.enter("ip6")
		if x.at >= l.end {
			return
		}
		if x.remaining < advance {
			l.truncated()
			return
		}
		x.at += advance
		x.remaining -= advance
	}
}

// ipv6Payload prints what is no extension header.
func (l *line) ipv6Payload(x *extension, length, outer int) {
	done := x.at - x.ip
	switch {
	case x.jumbo:
		total := int(x.payload) + ipv6Len
		if total < done {
			l.truncated()
			return
		}
		if length < total {
			l.missing6(total - length)
		}
		l.end = min(outer, x.ip+total)
		x.remaining = total - done
	case x.payload == 0 && x.any:
		l.truncated()
		return
	case x.payload == 0:
		l.end = min(outer, x.ip+ipv6Len)
		x.remaining = 0
	}
	l.ipPayload(ipHeader(x.ip), x.at, x.remaining, x.next, x.fragment, l.u8(x.ip+7))
}

// fragmentHeader prints RFC 8200 section 4.5 and returns its length, -1 when
// what follows is no start.
func (l *line) fragmentHeader(x *extension) int {
	const length = 8
	l.enter("frag6")
	// As tcpdump's 64-bit arithmetic has it when the packet is too short.
	rest := uint64(ipv6Len + l.u16(x.ip+4) - (x.at - x.ip) - length)
	offset := l.u16(x.at+2) &^ 7
	if l.opt.Verbose > 0 {
		id := l.u32(x.at + 4)
		l.str("frag (0x")
		l.hex(id, 8)
		l.str(":")
	} else {
		l.str("frag (")
	}
	l.num(offset)
	l.str("|")
	l.unsigned64(rest)
	l.str(")")
	if offset != 0 {
		return -1
	}
	l.str(" ")
	return length
}

// routingHeader prints RFC 5095, 6275 and 8754 and returns the header's length,
// -1 when it is broken.
func (l *line) routingHeader(at int) int {
	const sourceRoute, mobileHome, segments = 0, 2, 4
	l.enter("rt6")
	l.str("RT6")
	length := l.u8(at + 1)
	l.str(" (len=")
	l.num(length)
	kind := l.u8(at + 2)
	l.str(", type=")
	l.num(kind)
	if kind == sourceRoute {
		l.str(" [Deprecated]")
	}
	left := l.u8(at + 3)
	l.str(", segleft=")
	l.num(left)
	switch kind {
	case sourceRoute, mobileHome:
		if reserved := l.u32(at + 4); reserved != 0 || l.opt.Verbose > 0 {
			l.str(", rsv=0x")
			l.hex(reserved, 1)
		}
	case segments:
		last := l.u8(at + 4)
		l.str(", last-entry=")
		l.num(last)
		if flags := l.u8(at + 5); flags != 0 || l.opt.Verbose > 0 {
			l.str(", flags=0x")
			l.hex(uint32(flags), 1)
		}
		tag := l.u16(at + 6)
		l.str(", tag=")
		l.hex(uint32(tag), 1)
	default:
		l.str(" (unknown type)")
		l.invalid()
		return -1
	}
	if length%2 == 1 {
		l.str(" (invalid length ")
		l.num(length)
		l.str(")")
		l.invalid()
		return -1
	}
	for i := 0; i < length/2 && l.need(at+8+16*i, 16); i++ {
		l.str(", [")
		l.num(i)
		l.str("]")
		l.ip6(at + 8 + 16*i)
	}
	l.str(") ")
	return (length + 1) * 8
}

// finalDestination is where the address is that transport checksums cover: a
// routing header may hold it.
func (l *line) finalDestination(ip int) int {
	at, next, destination := ip+ipv6Len, int(l.frame[ip+6]), ip+24
	for at < l.end {
		switch next {
		case protoHopByHop, protoDestination, protoMobilityOld, protoMobility:
			if !l.need(at, 2) {
				return destination
			}
			next, at = l.u8(at), at+(l.u8(at+1)+1)*8
		case protoFragment:
			if !l.need(at, 1) {
				return destination
			}
			next, at = l.u8(at), at+8
		case protoRouting:
			if !l.has(at, 4) {
				return destination
			}
			length := l.u8(at + 1)
			switch kind := l.u8(at + 2); {
			case length%2 == 1:
			case kind == 0 || kind == 2:
				for i := 0; i < length/2 && l.has(at+8+16*i, 16); i++ {
					destination = at + 8 + 16*i
				}
			case kind == 4 && l.has(at+8, 16): // the list is in reverse order
				destination = at + 8
			}
			return destination
		default:
			return destination
		}
	}
	return destination
}
