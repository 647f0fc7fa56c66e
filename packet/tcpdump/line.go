package tcpdump

import (
	"encoding/binary"
	"math/bits"
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

// headerCut stops the line where a header of hlen bytes was not wholly captured.
func (l *line) headerCut(at, hlen int) {
	l.str(" [remaining caplen(")
	l.num(l.end - at)
	l.str(") < header length(")
	l.num(hlen)
	l.str(")]")
	l.truncated()
	l.stopped = true
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
		l.digits(uint64(n))
	}
}

func (l *line) unsigned(n uint32) {
	if !l.stopped {
		l.digits(uint64(n))
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

// digits prints n in decimal.
func (l *line) digits(n uint64) {
	const whole = 100_000_000 // more than digits8 takes
	if n >= whole {
		l.digits(n / whole)
		l.out = binary.LittleEndian.AppendUint64(l.out, digits8(uint32(n%whole))|zeros8)
		return
	}
	digits := digits8(uint32(n))
	leading := bits.TrailingZeros64(digits|1<<56) / 8 // zeros in front; the last digit stays
	l.out = binary.LittleEndian.AppendUint64(l.out, (digits|zeros8)>>(8*leading))
	l.out = l.out[:len(l.out)-leading]
}

const zeros8 = 0x3030303030303030 // "00000000"

// digits8 gives the eight decimal digits of n < 10^8, the first one in the lowest
// byte. It halves twice what is in each part of the word, all parts at once: by
// 10000, 100 and 10, as multiplications by the inverse.
func digits8(n uint32) uint64 {
	high := n / 10000
	x := uint64(high) | uint64(n-high*10000)<<32
	hundreds := x * 10486 >> 20 & 0x0000007f_0000007f // /100 of up to 9999
	x = hundreds | (x-hundreds*100)<<16
	tens := x * 103 >> 10 & 0x000f000f_000f000f // /10 of up to 99
	return tens | (x-tens*10)<<8
}
