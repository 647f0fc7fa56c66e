package tcpdump

// Kinds of questions, RFC 4620 section 4.
const (
	nodeNoop      = 0
	nodeTypes     = 1
	nodeName      = 2
	nodeAddresses = 3
)

const nodeInfoLen = 16 // ICMPv6's header and the nonce

// nodeFlags are the letters for the flags of addresses.
var nodeFlags = [...]struct {
	bit    int
	letter string
}{{0x40, "a"}, {0x20, "G"}, {0x10, "S"}, {0x08, "L"}, {0x04, "C"}, {0x02, "A"}, {0x01, "T"}}

// nodeFlagLetters prints the letters of the flags that are set.
func (l *line) nodeFlagLetters(flags, without int) {
	if flags == 0 {
		return
	}
	l.str(" [")
	for _, f := range nodeFlags {
		if flags&^without&f.bit != 0 {
			l.str(f.letter)
		}
	}
	l.str("]")
}

// nodeQuery prints RFC 4620's question.
func (l *line) nodeQuery(at int) {
	captured := l.end - at
	if captured == 12 {
		l.str(" who-are-you request")
		return
	}
	l.str(" node information query")
	if l.stopped {
		return
	}
	if captured < nodeInfoLen {
		l.truncated()
		return
	}
	l.str(" (")
	kind, flags := l.u16(at+4), l.u16(at+6)
	switch kind {
	case nodeNoop:
		l.str("noop")
	case nodeTypes:
		l.supportedTypes(flags)
	case nodeName:
		l.str("DNS name")
	case nodeAddresses:
		l.str("node addresses")
		l.nodeFlagLetters(flags, 1)
	default:
		l.str("unknown")
	}
	switch {
	case kind == nodeNoop, kind == nodeTypes:
		if captured != nodeInfoLen && l.opt.Verbose > 0 {
			l.str(", invalid len")
		}
	case captured == nodeInfoLen:
		l.str(", 03 draft")
	default:
		l.nodeSubject(at, captured)
	}
	l.str(")")
}

func (l *line) supportedTypes(flags int) {
	l.str("supported qtypes")
	if flags != 0 {
		l.str(" [")
		if flags&1 != 0 {
			l.str("C")
		}
		l.str("]")
	}
}

// nodeSubject prints whom a question is about.
func (l *line) nodeSubject(at, captured int) {
	subject := at + nodeInfoLen
	switch code := l.u8(at + 1); code {
	case 0, 2: // addresses
		size := 16
		if code == 2 {
			size = 4
		}
		switch {
		case captured < nodeInfoLen+size:
		case captured != nodeInfoLen+size:
			if l.opt.Verbose > 0 {
				l.str(", invalid subject len")
			}
		default:
			l.str(", subject=")
			l.address(subject, size)
		}
	case 1:
		l.str(", subject=DNS name")
		l.nodeDNSName(subject)
	default:
		l.str(", unknown subject")
	}
}

// nodeDNSName prints a name up to the end: one string in an old draft, else
// labels without compression.
func (l *line) nodeDNSName(at int) {
	if n := l.u8(at); n == l.end-at-1 {
		if l.opt.Verbose > 0 {
			l.str(", 03 draft")
		}
		l.str(", \"")
		l.text(at+1, n)
		l.str("\"")
		return
	}
	l.str(", \"")
	for at < l.end && !l.stopped {
		n := l.u8(at)
		at++
		if n == 0 {
			switch {
			case at == l.end:
				l.str(".")
			case at+1 == l.end && l.u8(at) == 0: // cut
			default:
				l.str("???")
			}
			break
		}
		if n > l.end-at {
			l.str("???")
			break
		}
		l.text(at, n)
		at += n
		if at+1 < l.end && l.u8(at) != 0 {
			l.str(".")
		}
	}
	l.str("\"")
}

// nodeReply prints RFC 4620's answer of length bytes.
func (l *line) nodeReply(at, length int) {
	captured := l.end - at
	if l.stopped {
		return
	}
	if length > captured || captured < nodeInfoLen {
		l.truncated()
		return
	}
	sep := ""
	l.str(" node information reply (")
	wrongLength := func() {
		if captured != nodeInfoLen && l.opt.Verbose > 0 {
			l.str(", invalid length")
		}
	}
	code := l.u8(at + 1)
	switch code {
	case 0:
		if l.opt.Verbose > 0 {
			l.str("success")
			sep = ", "
		}
	case 1:
		l.str("refused")
		wrongLength()
	case 2:
		l.str("unknown")
		wrongLength()
	}
	if code != 0 {
		l.str(")")
		return
	}
	kind, flags := l.u16(at+4), l.u16(at+6)
	l.str(sep)
	switch kind {
	case nodeNoop:
		l.str("noop")
		wrongLength()
	case nodeTypes:
		l.supportedTypes(flags)
	case nodeName:
		l.str("DNS name")
		l.nodeDNSName(at + nodeInfoLen + 4)
		if flags&1 != 0 {
			ttl := l.u32(at + nodeInfoLen)
			l.str(" [TTL=")
			l.unsigned(ttl)
			l.str("]")
		}
	case nodeAddresses:
		l.str("node addresses")
		for i := nodeInfoLen; i+20 <= captured; i += 20 {
			l.str(" ")
			l.ip6(at + i + 4)
			l.str("(")
			l.unsigned(l.u32(at + i))
			l.str(")")
		}
		l.nodeFlagLetters(flags, 0)
	default:
		l.str("unknown")
	}
	l.str(")")
}

// renumbering prints RFC 2894.
func (l *line) renumbering(at int) {
	const command = 0
	if l.stopped {
		return
	}
	if !l.has(at, 16) {
		l.truncated()
		return
	}
	code := l.u8(at + 1)
	switch code {
	case command:
		l.str(", command")
	case 1:
		l.str(", result")
	case 255:
		l.str(", sequence number reset")
	default:
		l.str(", code-#")
		l.num(code)
	}
	l.str(", seq=")
	l.unsigned(l.u32(at + 4))
	if l.opt.Verbose > 0 {
		l.str("[")
		if flags := l.u8(at + 9); flags != 0 {
			for i, letter := range [...]string{"T", "R", "A", "S", "P"} {
				if flags&(0x80>>i) != 0 {
					l.str(letter)
				}
			}
			l.str(",")
		}
		l.str("seg=")
		l.num(l.u8(at + 8))
		l.str(",maxdelay=")
		l.num(l.u16(at + 10))
		if reserved := l.u32(at + 12); reserved != 0 {
			l.str("rsvd=0x")
			l.hex(reserved, 1)
		}
		l.str("]")
	}
	if code == command {
		l.renumberMatch(at + 16)
	}
}

func (l *line) renumberBreak() {
	if l.opt.Verbose > 1 {
		l.str("\n\t")
	} else {
		l.str(" ")
	}
}

// renumberMatch prints what prefixes are to be changed and the new ones.
func (l *line) renumberMatch(at int) {
	const size, useSize = 24, 32
	if !l.has(at, size) {
		l.truncated()
		return
	}
	l.renumberBreak()
	l.str("match(")
	if kind := l.u8(at); kind >= 1 && kind <= 3 {
		l.str([...]string{"add", "change", "setglobal"}[kind-1])
	} else {
		l.str("#")
		l.num(kind)
	}
	if l.opt.Verbose > 0 {
		for i, label := range [...]string{",ord=", ",min=", ",max="} {
			l.str(label)
			l.num(l.u8(at + [...]int{2, 4, 5}[i]))
		}
	}
	l.str(",")
	l.address6(at + 8)
	l.str("/")
	l.num(l.u8(at + 3))
	l.str(")")
	n := l.u8(at+1) - 3
	if n%4 != 0 {
		l.truncated()
		return
	}
	at += size
	for n /= 4; n > 0; n-- {
		if !l.has(at, useSize) {
			l.truncated()
			return
		}
		l.renumberBreak()
		l.renumberUse(at)
		at += useSize
	}
}

func (l *line) renumberUse(at int) {
	l.str("use(")
	if flags := l.u8(at + 12); flags != 0 {
		if flags&0x80 != 0 {
			l.str("V")
		}
		if flags&0x40 != 0 {
			l.str("P")
		}
		l.str(",")
	}
	if l.opt.Verbose > 0 {
		l.str("mask=0x")
		l.hex(uint32(l.u8(at+2)), 1)
		l.str(",raflags=0x")
		l.hex(uint32(l.u8(at+3)), 1)
		l.str(",")
		for i, label := range [...]string{"vltime=", "pltime="} {
			l.str(label)
			if t := l.u32(at + 4 + 4*i); t == 0xffffffff {
				l.str("infty")
			} else {
				l.unsigned(t)
			}
			l.str(",")
		}
	}
	l.address6(at + 16)
	l.str("/")
	l.num(l.u8(at))
	l.str("/")
	l.num(l.u8(at + 1))
	l.str(")")
}
