package tcpdump

// authentication prints RFC 4302's header and returns its length in bytes.
func (l *line) authentication(at int) int {
	l.enter("ah")
	l.str("AH")
	words := l.u8(at + 1)
	length := (words + 2) * 4
	l.str("(")
	if l.opt.Verbose > 0 {
		l.str("length=")
		l.num(words)
		l.str("(")
		l.num(length)
		l.str("-bytes),")
	}
	if reserved := l.u16(at + 2); reserved != 0 {
		l.str("reserved=0x")
		l.hex(uint32(reserved), 1)
		l.str("[MustBeZero],")
	}
	spi := l.u32(at + 4)
	l.str("spi=0x")
	l.hex(spi, 8)
	l.str(",")
	seq := l.u32(at + 8)
	l.str("seq=0x")
	l.hex(seq, 1)
	l.str(",icv=0x")
	l.hexBytes(at+12, length-12)
	l.str("): ")
	return length
}

// encapsulated prints RFC 4303's header; what follows is secret.
func (l *line) encapsulated(at, length int) {
	l.enter("esp")
	if at+8 >= l.end {
		l.truncated()
		return
	}
	l.str("ESP(spi=0x")
	l.hex(l.u32(at), 8)
	l.str(",seq=0x")
	l.hex(l.u32(at+4), 1)
	l.str("), length ")
	l.num(length)
}

// compressed prints RFC 3173's header.
func (l *line) compressed(at int) {
	l.enter("ipcomp")
	index := l.u16(at + 2)
	l.str("IPComp(cpi=0x")
	l.hex(uint32(index), 4)
	l.str(")")
}
