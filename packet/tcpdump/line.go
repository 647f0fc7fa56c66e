package tcpdump

import (
	"encoding/binary"
	"strconv"
)

// line is the text of one packet in the making. at, from and to are offsets in
// the frame.
//
// When a printer reads behind the captured bytes, the line gets the mark of the
// current protocol and is stopped: from then on reads give 0 and nothing more
// is printed. So a printer reads what it needs, then prints, and needs no error
// handling; its loops end when stopped says so.
type line struct {
	out     []byte
	frame   []byte
	end     int    // captured bytes of the current packet end here
	proto   string // for the truncation mark
	stopped bool
	opt     Options
	header  int          // length of the link header in bytes
	conns   *connections // nil: sequence numbers are absolute
	conns6  connections6
	slips   *slipLines // nil until a serial line has been seen
}

// enter names the protocol that is being printed.
func (l *line) enter(proto string) {
	if !l.stopped {
		l.proto = proto
	}
}

// truncated prints the mark of the current protocol.
func (l *line) truncated() {
	l.str(" [|")
	l.str(l.proto)
	l.str("]")
}

// has tells whether n bytes from at on were captured.
func (l *line) has(at, n int) bool { return at+n <= l.end }

// need stops the line unless n bytes from at on were captured.
func (l *line) need(at, n int) bool {
	if l.stopped {
		return false
	}
	if !l.has(at, n) {
		l.truncated()
		l.stopped = true
		return false
	}
	return true
}

func (l *line) u8(at int) int {
	if !l.need(at, 1) {
		return 0
	}
	return int(l.frame[at])
}

func (l *line) u16(at int) int {
	if !l.need(at, 2) {
		return 0
	}
	return int(binary.BigEndian.Uint16(l.frame[at:]))
}

func (l *line) u24(at int) int {
	if !l.need(at, 3) {
		return 0
	}
	return l.u8(at)<<16 | l.u16(at+1)
}

func (l *line) u32(at int) uint32 {
	if !l.need(at, 4) {
		return 0
	}
	return binary.BigEndian.Uint32(l.frame[at:])
}

func (l *line) str(s string) {
	if !l.stopped {
		l.out = append(l.out, s...)
	}
}

func (l *line) num(n int) {
	if !l.stopped {
		if n < 0 {
			l.out = strconv.AppendInt(l.out, int64(n), 10)
			return
		}
		l.out = appendUint(l.out, uint64(n))
	}
}

func (l *line) unsigned(n uint32) {
	if !l.stopped {
		l.out = appendUint(l.out, uint64(n))
	}
}

const hexDigits = "0123456789abcdef"

// hex prints n with at least the given number of hex digits.
func (l *line) hex(n uint32, digits int) {
	if l.stopped {
		return
	}
	for shift := 28; shift >= 0; shift -= 4 {
		if n>>shift != 0 || shift < 4*digits {
			l.out = append(l.out, hexDigits[n>>shift&15])
		}
	}
}

// twoDigits prints n as 07 or 42.
func (l *line) twoDigits(n int) {
	if n < 10 {
		l.str("0")
	}
	l.num(n)
}

// hexBytes prints n bytes as hex digits without separators.
func (l *line) hexBytes(at, n int) {
	for i := range n {
		l.hex(uint32(l.u8(at+i)), 2)
	}
}

func (l *line) invalid() { l.str(" (invalid)") }

// notModelled says what tcpdump would have decoded and this package does not.
func (l *line) notModelled(what string) {
	l.str("[not modelled: ")
	l.str(what)
	l.str("]")
}

// pairs are 00 to 99.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// appendUint is strconv.AppendUint for base 10, faster where most of a line's
// numbers are: it writes into place.
func appendUint(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, '0'+byte(n))
	}
	width := 2
	for limit := uint64(100); limit <= n; limit *= 10 {
		if width++; width == 19 {
			return strconv.AppendUint(dst, n, 10)
		}
	}
	at := len(dst)
	dst = append(dst, pairs[:width]...) // room
	out := dst[at:]
	for n >= 100 {
		rest := n % 100 * 2
		n /= 100
		width -= 2
		out[width], out[width+1] = pairs[rest], pairs[rest+1]
	}
	if n >= 10 {
		out[0], out[1] = pairs[2*n], pairs[2*n+1]
	} else {
		out[0] = '0' + byte(n)
	}
	return dst
}
