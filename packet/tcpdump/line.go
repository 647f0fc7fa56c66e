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
	header  int         // length of the link header in bytes
	conns   connections // nil: sequence numbers are absolute
	conns6  connections6
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
		l.out = strconv.AppendInt(l.out, int64(n), 10)
	}
}

func (l *line) unsigned(n uint32) {
	if !l.stopped {
		l.out = strconv.AppendUint(l.out, uint64(n), 10)
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
