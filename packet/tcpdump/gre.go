package tcpdump

// Flags of a GRE header, RFC 1701, 2637 and 2890.
const (
	greChecksum    = 0x8000
	greRouting     = 0x4000
	greKey         = 0x2000
	greSequence    = 0x1000
	greAcknowledge = 0x0080
	greVersion     = 0x0007
)

var greFlags = []numbered{
	{greChecksum, "checksum present"}, {greRouting, "routing present"}, {greKey, "key present"}, {greSequence, "sequence# present"},
	{0x0800, "source routing present"}, {greAcknowledge, "ack present"},
}

// Ethertypes that a tunnel's header has.
const (
	etherMPLS  = 0x8847
	etherTEB   = 0x6558 // transparent Ethernet bridging
	etherPPP   = 0x880b
	etherIPX   = 0x8137
	etherAtalk = 0x809b
	etherOSI   = 0x00fe // of GRE alone
)

// gre prints generic routing encapsulation of length bytes.
func (l *line) gre(at, length int) {
	l.enter("gre")
	if !l.has(at, 2) || length < 2 {
		l.truncated()
		return
	}
	flags := l.u16(at)
	l.str("GREv")
	l.num(flags & greVersion)
	g := greHeader{line: l, at: at + 2, left: length - 2, length: length, flags: flags}
	ok := true
	switch flags & greVersion {
	case 0:
		ok = g.routing()
	case 1:
		ok = g.pptp()
	default:
		l.str(" ERROR: unknown-version")
	}
	if !ok {
		l.truncated()
	}
}

// greHeader is a header while it is printed: at moves through it.
type greHeader struct {
	*line
	at, left int
	length   int
	flags    int
}

// take moves over n bytes, and says where they are.
func (g *greHeader) take(n int) (at int, ok bool) {
	at = g.at
	if !g.has(at, n) || g.left < n {
		return at, false
	}
	g.at += n
	g.left -= n
	return at, true
}

func (g *greHeader) flagNamesVerbose() {
	if g.opt.Verbose > 0 {
		g.str(", Flags [")
		g.flagNames(greFlags, g.flags, "none")
		g.str("]")
	}
}

// number prints a word of 4 bytes.
func (g *greHeader) number(before string) bool {
	at, ok := g.take(4)
	if ok {
		g.str(before)
		g.unsigned(g.u32(at))
	}
	return ok
}

// routing prints version 0, RFC 2784 and 1701.
func (g *greHeader) routing() bool {
	g.flagNamesVerbose()
	at, ok := g.take(2)
	if !ok {
		return false
	}
	proto := g.u16(at)
	if g.flags&(greChecksum|greRouting) != 0 {
		if at, ok = g.take(2); !ok {
			return false
		}
		if g.opt.Verbose > 0 {
			g.str(", sum 0x")
			g.hex(uint32(g.u16(at)), 1)
		}
		if at, ok = g.take(2); !ok {
			return false
		}
		g.str(", off 0x")
		g.hex(uint32(g.u16(at)), 1)
	}
	if g.flags&greKey != 0 {
		if at, ok = g.take(4); !ok {
			return false
		}
		g.str(", key=0x")
		g.hex(g.u32(at), 1)
	}
	if g.flags&greSequence != 0 && !g.number(", seq ") {
		return false
	}
	if g.flags&greRouting != 0 && !g.routes() {
		return false
	}
	g.protocol(proto)
	g.str(", length ")
	g.num(g.length)
	g.payloadStart()
	switch proto {
	case etherIPv4:
		g.ipv4(g.at, g.left)
	case etherIPv6:
		g.ipv6(g.at, g.left)
	case etherMPLS:
		g.mpls(g.at, g.left)
	case etherTEB:
		g.ethernet(g.at, g.left)
	case etherIPX:
		g.notModelled("IPX")
	case etherAtalk:
		g.notModelled("AppleTalk")
	case etherOSI:
		g.notModelled("OSI")
	default:
		g.unknownProtocol(proto)
	}
	return true
}

// pptp prints version 1, RFC 2637.
func (g *greHeader) pptp() bool {
	g.flagNamesVerbose()
	at, ok := g.take(2)
	if !ok {
		return false
	}
	proto := g.u16(at)
	if g.flags&greKey != 0 {
		if at, ok = g.take(4); !ok {
			return false
		}
		g.str(", call ")
		g.num(g.u16(at + 2))
	}
	if g.flags&greSequence != 0 && !g.number(", seq ") {
		return false
	}
	if g.flags&greAcknowledge != 0 && !g.number(", ack ") {
		return false
	}
	if g.flags&greSequence == 0 {
		g.str(", no-payload")
	}
	g.protocol(proto)
	g.str(", length ")
	g.num(g.length)
	if g.flags&greSequence == 0 {
		return true
	}
	g.payloadStart()
	if proto == etherPPP {
		g.ppp(g.at, g.left)
	} else {
		g.unknownProtocol(proto)
	}
	return true
}

// protocol prints with -e what the tunnel carries.
func (l *line) protocol(kind int) {
	if !l.opt.Link {
		return
	}
	l.str(", proto ")
	l.orUnknown(etherNames, kind, "unknown")
	l.str(" (0x")
	l.hex(uint32(kind), 4)
	l.str(")")
}

// payloadStart prints what stands between a tunnel's header and its payload.
func (l *line) payloadStart() {
	if l.opt.Verbose > 0 {
		l.str("\n\t")
	} else {
		l.str(": ")
	}
}

func (g *greHeader) unknownProtocol(proto int) {
	g.str("gre-proto-0x")
	g.hex(uint32(proto), 1)
}

// routes prints the source routes of RFC 1701.
func (g *greHeader) routes() bool {
	for {
		at, ok := g.take(4)
		if !ok {
			return false
		}
		family, offset, length := g.u16(at), g.u8(at+2), g.u8(at+3)
		if family == 0 && length == 0 {
			return true
		}
		g.str(", (rtaf=")
		switch family {
		case etherIPv4:
			g.str("ip")
			ok = g.route(offset, length, 4)
		case 0xfffe:
			g.str("asn")
			ok = g.route(offset, length, 2)
		default:
			g.str("0x")
			g.hex(uint32(family), 1)
		}
		g.str(")")
		if !ok || g.left < length {
			return false
		}
		g.at += length
		g.left -= length
	}
}

// route prints entries of size bytes, with a star before the current one.
func (g *greHeader) route(offset, length, size int) bool {
	switch {
	case offset%size != 0:
		g.str(", badoffset=")
		g.num(offset)
		return true
	case length%size != 0:
		g.str(", badlength=")
		g.num(length)
		return true
	case offset >= length:
		g.str(", badoff/len=")
		g.num(offset)
		g.str("/")
		g.num(length)
		return true
	}
	for i := 0; i < length; i += size {
		if !g.has(g.at+i, size) || g.left-i < size {
			return false
		}
		g.str(" ")
		if i == offset {
			g.str("*")
		}
		if size == 4 {
			g.dotted(g.at + i)
		} else {
			g.hex(uint32(g.u16(g.at+i)), 1)
		}
	}
	return true
}
