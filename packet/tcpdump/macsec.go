package tcpdump

import "encoding/binary"

// Bits of the first byte of a MACsec header, IEEE 802.1AE clause 9.5.
const (
	macsecVersion = 0x80
	macsecSCI     = 0x20 // a channel's identity follows
	macsecSecret  = 0x0c // encrypted or changed
)

// macsecHead prints the header at at.
func (l *line) macsecHead(at int) {
	flags := l.u8(at)
	l.str("an ")
	l.num(flags & 3)
	l.str(", pn ")
	l.unsigned(l.u32(at + 2))
	l.str(", flags ")
	if flags&0x7c == 0 {
		l.str("none")
	}
	for _, f := range [...]struct {
		bit    int
		letter string
	}{{0x08, "E"}, {0x04, "C"}, {0x40, "S"}, {0x10, "B"}, {0x20, "I"}} {
		if flags&f.bit != 0 {
			l.str(f.letter)
		}
	}
	if short := l.u8(at + 1); short != 0 {
		l.str(", sl ")
		l.num(short)
	}
	if flags&macsecSCI != 0 {
		l.str(", sci ")
		l.hex64(l.u64(at+6), 16)
	}
	l.str(", ")
}

// macsec prints the header of IEEE 802.1AE. kind, next and rest are what follows
// it and its length; more is false when that is not to be printed, and header
// then the length of the link header that begins at mac.
func (l *line) macsec(at, length, mac int) (kind, next, rest, header int, more bool) {
	const least, withSCI, check = 6, 14, 16
	captured := l.end - at
	cut := func() (int, int, int, int, bool) {
		l.enter("macsec")
		l.truncated()
		l.enter("ether")
		return 0, 0, 0, at + captured - mac, false
	}
	if captured < least || length < least {
		return cut()
	}
	flags, short := l.u8(at), l.u8(at+1)
	size := least
	if flags&macsecSCI != 0 {
		if size = withSCI; captured < size || length < size {
			return cut()
		}
	}
	if short&^0x3f != 0 || flags&macsecVersion != 0 {
		l.invalid()
		return 0, 0, 0, at + captured - mac, false
	}
	if l.opt.Link {
		l.macsecHead(at)
	}
	rest = length - size
	if flags&macsecSecret != 0 {
		if !l.opt.Link {
			l.ether(mac + 6)
			l.str(" > ")
			l.ether(mac)
			l.str(" 802.1AE MACsec, ")
			l.macsecHead(at)
		}
		l.unlessQuiet(at+size, captured-size)
		return 0, 0, 0, at + size - mac, false
	}
	if rest < check || captured-size < check {
		return cut()
	}
	rest -= check
	l.end -= check
	left := captured - size - check
	if short != 0 {
		if short > rest || short > left {
			return cut()
		}
		rest = short
		left = short
	}
	next = at + size
	if !l.need(next, 2) {
		return 0, 0, 0, next - mac, false
	}
	kind = int(binary.BigEndian.Uint16(l.frame[next:]))
	if left < 2 {
		l.str(" [length ")
		l.num(left)
		l.str(" < 2]")
		l.invalid()
		return 0, 0, 0, next - mac, false
	}
	return kind, next + 2, rest - 2, 0, true
}
