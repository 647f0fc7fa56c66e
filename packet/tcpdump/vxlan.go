package tcpdump

// vxlan prints RFC 7348's header and the frame inside, on a line of its own.
func (l *line) vxlan(at, length int) {
	const header = 8
	l.enter("vxlan")
	l.str("VXLAN")
	if length < header {
		l.invalid()
		return
	}
	l.vxlanFlags(at, ", flags [", "invalid")
	vni := l.u24(at + 4)
	l.str("vni ")
	l.num(vni)
	l.str("\n")
	l.need(at+7, 1)
	l.ethernet(at+header, length-header)
}

// otv prints draft-hasmit-otv, which has port 8472 and looks like VXLAN.
func (l *line) otv(at, length int) {
	const header = 8
	l.enter("otv")
	l.str("OTV, ")
	if length < header {
		l.str("[length ")
		l.num(length)
		l.str(" < 8]")
		l.invalid()
		return
	}
	l.vxlanFlags(at, "flags [", ".")
	overlay := l.u24(at + 1)
	l.str("overlay ")
	l.num(overlay)
	l.str(", ")
	instance := l.u24(at + 4)
	l.str("instance ")
	l.num(instance)
	l.str("\n")
	l.need(at+7, 1)
	l.ethernet(at+header, length-header)
}

// vxlanFlags prints the flags byte after the given text; without names what I is
// called when unset.
func (l *line) vxlanFlags(at int, before, without string) {
	flags := l.u8(at)
	l.str(before)
	if flags&0x08 != 0 {
		l.str("I")
	} else {
		l.str(without)
	}
	l.str("] (0x")
	l.hex(uint32(flags), 2)
	l.str("), ")
}
