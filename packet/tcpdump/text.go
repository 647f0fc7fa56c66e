package tcpdump

import (
	"net/netip"
	"strconv"
)

// named prints the name of a number, or the number between two texts.
func (l *line) named(names []numbered, before string, number int, after string) {
	if s := nameOf(names, number); s != "" {
		l.str(s)
		return
	}
	l.str(before)
	l.unsigned(uint32(number))
	l.str(after)
}

// flagNames prints the names of the bits that are set, separated, or otherwise
// when none is.
func (l *line) flagNames(names []numbered, bits int, otherwise string) {
	sep := ""
	for i := range names {
		if n := names[i].number; n != 0 && bits&n == n {
			l.str(sep)
			l.str(names[i].name)
			sep = ", "
		}
	}
	if sep == "" {
		l.str(otherwise)
	}
}

// u64 reads 8 bytes.
func (l *line) u64(at int) uint64 {
	high, low := l.u32(at), l.u32(at+4)
	return uint64(high)<<32 | uint64(low)
}

func (l *line) unsigned64(n uint64) {
	if !l.stopped {
		l.out = strconv.AppendUint(l.out, n, 10)
	}
}

// hex64 prints n with at least the given number of hex digits.
func (l *line) hex64(n uint64, digits int) {
	if high := uint32(n >> 32); high != 0 || digits > 8 {
		l.hex(high, max(digits-8, 1))
		digits = 8
	}
	l.hex(uint32(n), digits)
}

// byteChar prints one byte as it is.
func (l *line) byteChar(b byte) {
	if !l.stopped {
		l.out = append(l.out, b)
	}
}

// decimal prints n with at least width digits, filled up with the given byte.
func (l *line) decimal(n, width int, fill byte) {
	if l.stopped {
		return
	}
	start := len(l.out)
	l.out = strconv.AppendInt(l.out, int64(n), 10)
	for missing := width - (len(l.out) - start); missing > 0; missing-- {
		l.out = append(l.out, 0)
		copy(l.out[start+1:], l.out[start:])
		l.out[start] = fill
	}
}

// text prints n bytes with their unprintable ones made visible, as many as were
// captured. It tells whether that was all.
func (l *line) text(at, n int) bool {
	for ; n > 0 && at < l.end; n-- {
		l.char(byte(l.u8(at)))
		at++
	}
	return n <= 0
}

// cstring prints up to n bytes that a zero byte ends and tells whether the zero
// byte was there.
func (l *line) cstring(at, n int) bool {
	for ; n > 0 && at < l.end; n-- {
		b := byte(l.u8(at))
		if b == 0 {
			return true
		}
		l.char(b)
		at++
	}
	return false
}

// padded prints up to n bytes that zero bytes may fill up. Bytes that were not
// captured stop the line.
func (l *line) padded(at, n int) {
	for i := range n {
		b := byte(l.u8(at + i))
		if b == 0 || l.stopped {
			return
		}
		l.char(b)
	}
}

// span prints a number of seconds as 1y1w1d1h1m1s.
func (l *line) span(seconds uint32) {
	if seconds == 0 {
		l.str("0s")
		return
	}
	for _, unit := range [...]struct {
		seconds uint32
		text    string
	}{{31536000, "y"}, {604800, "w"}, {86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}} {
		if n := seconds / unit.seconds; n > 0 {
			l.unsigned(n)
			l.str(unit.text)
			seconds -= n * unit.seconds
		}
	}
}

// unknown prints up to n bytes as rows of hex after the given start of a line:
// what follows a protocol's known part.
func (l *line) unknown(at, n int, indent string) {
	if at > l.end {
		l.str(indent)
		l.str("Dissector error: print_unknown_data called with pointer past end of packet")
		return
	}
	l.hexRows(at, min(n, l.end-at), indent)
}

// hexRows prints rows of 16 bytes in hex.
func (l *line) hexRows(at, n int, indent string) {
	if l.stopped {
		return
	}
	for row := 0; row < n; row += 16 {
		l.str(indent)
		l.str("0x")
		l.hex(uint32(row), 4)
		l.str(": ")
		for i := row; i < min(row+16, n); i++ {
			if i%2 == 0 {
				l.str(" ")
			}
			l.hex(uint32(l.u8(at+i)), 2)
		}
	}
}

// dotted prints an IPv4 address that is never resolved to a name.
func (l *line) dotted(at int) {
	if l.need(at, 4) {
		l.dottedBytes([4]byte(l.frame[at:]))
	}
}

// address6 prints an IPv6 address that is never resolved to a name.
func (l *line) address6(at int) {
	if l.need(at, 16) {
		l.numeric6([16]byte(l.frame[at:]))
	}
}

func (l *line) numeric6(a [16]byte) {
	names := l.opt.Names
	l.opt.Names = nil
	l.ip6Bytes(a)
	l.opt.Names = names
}

// ipBytes prints an IPv4 address that does not stand in the packet.
func (l *line) ipBytes(a [4]byte) {
	if l.opt.Names == nil || !l.host(netip.AddrFrom4(a)) {
		l.dottedBytes(a)
	}
}

// wholeText prints n bytes; those that were not captured stop the line.
func (l *line) wholeText(at, n int) {
	for i := 0; i < n && !l.stopped; i++ {
		if b := byte(l.u8(at + i)); !l.stopped {
			l.char(b)
		}
	}
}
