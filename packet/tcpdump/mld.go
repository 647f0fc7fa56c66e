package tcpdump

// groupRecords are the kinds of records in reports of IGMPv3 and MLDv2.
var groupRecords = [...]string{1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}

// groupRecord prints a record's kind; unknown is how others start.
func (l *line) groupRecord(kind int, unknown string) {
	l.str(" ")
	if kind > 0 && kind < len(groupRecords) {
		l.str(groupRecords[kind])
		return
	}
	l.str(unknown)
	l.num(kind)
	l.str("]")
}

// mld prints a message of RFC 2710.
func (l *line) mld(at int) {
	if l.stopped || !l.has(at, icmp6MLDLen) {
		return
	}
	l.str("max resp delay: ")
	l.num(l.u16(at + 4))
	l.str(" addr: ")
	l.ip6(at + 8)
}

// mld2Report prints RFC 3810 section 5.2.
func (l *line) mld2Report(at, length int) {
	const head = 8
	if length < head {
		l.invalidLength(length)
		return
	}
	records := l.u16(at + 6)
	l.str(", ")
	l.num(records)
	l.str(" group record(s)")
	if l.opt.Verbose > 0 {
		l.groupRecords(at, head, length, records, 16)
	}
}

func (l *line) invalidLength(n int) {
	l.str(" [invalid len ")
	l.num(n)
	l.str("]")
}

// groupRecords prints the records of a report, whose addresses have size bytes.
// offset is where the first one is in the message of length bytes.
func (l *line) groupRecords(at, offset, length, records, size int) {
	head := 4 + size
	unknown := " [v3-report-#"
	if size == 16 {
		unknown = " [v2-report-#"
	}
	for ; records > 0 && !l.stopped; records-- {
		if length < offset+head {
			l.str(" [invalid number of groups]")
			return
		}
		l.need(at+offset+4, size)
		l.str(" [gaddr ")
		l.address(at+offset+4, size)
		l.groupRecord(l.u8(at+offset), unknown)
		sources := l.u16(at + offset + 2)
		if length < offset+head+sources*size {
			l.str(" [invalid number of sources ")
			l.num(sources)
			l.str("]")
			return
		}
		l.sources(at+offset+head, sources, size, l.opt.Verbose > 1)
		offset += head + sources*size
		l.str("]")
	}
}

// address prints an IP address of size bytes.
func (l *line) address(at, size int) {
	if size == 16 {
		l.ip6(at)
		return
	}
	l.ip(at)
}

// sources prints a number of addresses of size bytes, or only how many.
func (l *line) sources(at, n, size int, all bool) {
	if !all {
		l.str(", ")
		l.num(n)
		l.str(" source(s)")
		return
	}
	l.str(" {")
	for ; n > 0 && l.need(at, size); n-- {
		l.str(" ")
		l.address(at, size)
		at += size
	}
	l.str(" }")
}

// mld2Query prints RFC 3810 section 5.1.
func (l *line) mld2Query(at, length int) {
	verbose := l.opt.Verbose > 0
	delay := l.u16(at + 4)
	if delay >= 0x8000 {
		delay = (delay&0xfff | 0x1000) << (delay>>12&7 + 3)
	}
	if verbose {
		l.str(" [max resp delay=")
		l.num(delay)
		l.str("]")
	}
	l.need(at+8, 16)
	l.str(" [gaddr ")
	l.ip6(at + 8)
	if verbose {
		flags := l.u8(at + 24)
		if flags&8 != 0 {
			l.str(" sflag")
		}
		if flags&7 != 0 {
			l.str(" robustness=")
			l.num(flags & 7)
		}
		interval := l.u8(at + 25)
		if interval >= 0x80 {
			interval = (interval&15 | 16) << (interval>>4&7 + 3)
		}
		l.str(" qqi=")
		l.num(interval)
	}
	if n := l.u16(at + 26); n > 0 {
		if length < icmp6MLD2Len+n*16 {
			l.str(" [invalid number of sources]")
		} else {
			l.sources(at+icmp6MLD2Len, n, 16, l.opt.Verbose > 1)
		}
	}
	l.str("]")
}
