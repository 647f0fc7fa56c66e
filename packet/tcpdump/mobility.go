package tcpdump

// Mobility messages, RFC 6275 section 6.1.
const (
	mobilityRequest = iota
	mobilityHomeInit
	mobilityCareOfInit
	mobilityHomeTest
	mobilityCareOfTest
	mobilityUpdate
	mobilityAck
	mobilityError
)

// mobilityKinds are their names and their least lengths in bytes.
var mobilityKinds = [...]struct {
	name string
	min  int
}{
	mobilityRequest: {"BRR", 8}, mobilityHomeInit: {"HoTI", 16}, mobilityCareOfInit: {"CoTI", 16}, mobilityHomeTest: {"HoT", 24},
	mobilityCareOfTest: {"CoT", 24}, mobilityUpdate: {"BU", 12}, mobilityAck: {"BA", 12}, mobilityError: {"BE", 24},
}

// mobility prints a mobility header. It returns false when it is broken.
func (l *line) mobility(at int) bool {
	l.enter("mobility")
	if !l.has(at, 2) {
		l.truncated()
		return false
	}
	length := (l.u8(at+1) + 1) * 8
	kind := l.u8(at + 2)
	if kind < len(mobilityKinds) && length < mobilityKinds[kind].min {
		l.str("(header length ")
		l.num(length)
		l.str(" is too small for type ")
		l.num(kind)
		l.str(")")
		l.truncated()
		return false
	}
	l.str("mobility: ")
	if kind >= len(mobilityKinds) {
		l.str("type-#")
		l.num(kind)
		l.str(" len=")
		l.num(l.u8(at + 1))
		return true
	}
	l.str(mobilityKinds[kind].name)
	data := at + 8
	verbose := l.opt.Verbose > 0
	which := pick(btoi(kind == mobilityHomeInit || kind == mobilityHomeTest), " Care-of", " Home")
	switch kind {
	case mobilityHomeInit, mobilityCareOfInit:
		if verbose {
			l.cookie(which, " Init Cookie=", data)
		}
	case mobilityHomeTest, mobilityCareOfTest:
		nonce := l.u16(at + 6)
		l.str(" nonce id=0x")
		l.hex(uint32(nonce), 1)
		if verbose {
			l.cookie(which, " Init Cookie=", data)
			l.cookie(which, " Keygen Token=", data+8)
		}
	case mobilityUpdate:
		if !l.bindingUpdate(at) {
			return false
		}
	case mobilityAck:
		status := l.u8(at + 6)
		l.str(" status=")
		l.num(status)
		if l.u8(at+7)&0x80 != 0 {
			l.str(" K")
		}
		seq := l.u16(data)
		l.str(" seq#=")
		l.num(seq)
		l.lifetime4(data + 2)
	case mobilityError:
		status := l.u8(at + 6)
		l.str(" status=")
		l.num(status)
		l.need(data, 16)
		l.str(" homeaddr ")
		l.ip6(data)
	}
	if head := mobilityKinds[kind].min; verbose && !l.mobilityOptions(at+head, length-head) {
		l.truncated()
		return false
	}
	return true
}

func (l *line) cookie(which, label string, at int) {
	l.need(at, 8)
	l.str(which)
	l.str(label)
	l.hex(l.u32(at), 8)
	l.str(":")
	l.hex(l.u32(at+4), 8)
}

// lifetime4 prints a lifetime in units of 4 s.
func (l *line) lifetime4(at int) {
	n := l.u16(at)
	l.str(" lifetime=")
	l.num(4 * n)
}

func (l *line) bindingUpdate(at int) bool {
	seq := l.u16(at + 6)
	l.str(" seq#=")
	l.num(seq)
	if l.stopped {
		return false
	}
	if !l.has(at+8, 2) {
		l.truncated()
		return false
	}
	if bits := l.u8(at+8) >> 4; bits != 0 {
		l.str(" ")
		for i, s := range [...]string{"A", "H", "L", "K"} {
			if bits&(8>>i) != 0 {
				l.str(s)
			}
		}
	}
	l.lifetime4(at + 10)
	return true
}

// mobilityOptions prints n bytes of RFC 6275 section 6.2. It returns false when
// they are broken; tcpdump wants one more byte behind each.
func (l *line) mobilityOptions(at, n int) bool {
	options := [...]struct {
		name string
		min  int
	}{{"pad1", 1}, {"padn", 2}, {"refresh", 4}, {"altcoa", 18}, {"ni", 6}, {"auth", 12}}
	for n > 0 && !l.stopped {
		length := l.option6Length(at, n)
		if l.stopped {
			return true
		}
		if length < 0 || !l.has(at+length, 1) {
			return false
		}
		kind := l.u8(at)
		if kind >= len(options) {
			l.str("(type-0x")
			l.hex(uint32(kind), 2)
			l.str(": len=")
			l.num(length - 2)
			l.str(")")
		} else if n < options[kind].min {
			l.str("(")
			l.str(options[kind].name)
			l.str(": trunc)")
			return false
		}
		switch kind {
		case 0, 1, 5:
			l.str("(")
			l.str(options[kind].name)
			l.str(")")
		case 2:
			units := l.u16(at + 2)
			l.str("(refresh: ")
			l.num(4 * units)
			l.str(")")
		case 3:
			l.need(at+2, 16)
			l.str("(alt-CoA: ")
			l.ip6(at + 2)
			l.str(")")
		case 4:
			l.need(at+2, 4)
			l.str("(ni: ho=0x")
			l.hex(uint32(l.u16(at+2)), 4)
			l.str(" co=0x")
			l.hex(uint32(l.u16(at+4)), 4)
			l.str(")")
		}
		at += length
		n -= length
	}
	return true
}
