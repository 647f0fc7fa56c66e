package tcpdump

import (
	"bytes"
	"encoding/binary"

	"hoplab/packet"
)

// TCP flags in the order in which tcpdump prints them, RFC 9293 section 3.1.
const (
	tcpFIN = 1 << iota
	tcpSYN
	tcpRST
	tcpPSH
	tcpACK
	tcpURG
)

const tcpFlagLetters = "FSRP.UEW"

// connections remembers where the sequence numbers of each connection start, and
// first of all those of the last one.
type connections struct {
	starts    map[connection]sequence
	last      connection
	lastStart sequence
	any       bool // last is set
}

// start is where a connection's numbers start.
func (c *connections) start(key connection) (start sequence, known bool) {
	if c.any && key == c.last {
		return c.lastStart, true
	}
	start, known = c.starts[key]
	if known {
		c.last, c.lastStart, c.any = key, start, true
	}
	return start, known
}

func (c *connections) set(key connection, start sequence) {
	c.starts[key] = start
	c.last, c.lastStart, c.any = key, start, true
}

// connection is a pair of endpoints, ordered so that both directions are equal.
type connection struct {
	lowAddr, highAddr uint32
	lowPort, highPort uint16
}

// connections6 and connection6 are the same for IPv6.
type connections6 map[connection6]sequence

type connection6 struct {
	lowAddr, highAddr [16]byte
	lowPort, highPort uint16
}

// sequence is what relative numbers are counted from.
type sequence struct{ low, high uint32 } // of each end's own sequence numbers

// segment is what is known of a TCP segment while it is printed.
type segment struct {
	at, hlen, length int // length with the header
	flags            int
	seq, ack         uint32
	sackBase         uint32 // where the other side's numbers start
}

// tcp prints a TCP segment of length bytes.
func (l *line) tcp(ip ipHeader, at, length int, fragmented bool) {
	l.enter("tcp")
	if !l.has(at, 4) {
		l.source(ip)
		l.str(" > ")
		l.destination(ip)
		l.str(":")
		l.truncated()
		return
	}
	ports := l.frame[at : at+4]
	src, dst := int(binary.BigEndian.Uint16(ports)), int(binary.BigEndian.Uint16(ports[2:]))
	l.tcpEndpoints(ip, src, dst)
	if !l.has(at, packet.TCPLen) {
		l.truncated()
		return
	}
	h := packet.TCP(l.frame[at : at+packet.TCPLen])
	s := segment{at: at, length: length, hlen: h.HeaderLen(), flags: int(h[13]), seq: h.Seq(), ack: h.Ack()}
	if s.hlen < packet.TCPLen {
		l.str(" tcp ")
		l.unsigned(uint32(length - s.hlen))
		l.str(" [bad hdr length ")
		l.num(s.hlen)
		l.str(" - too short, < 20]")
		return
	}
	if l.opt.Quiet {
		l.str("tcp ")
		l.unsigned(uint32(length - s.hlen))
		l.tcpTooLong(s)
		return
	}
	l.str("Flags [")
	l.tcpFlags(s.flags)
	l.str("]")
	l.relative(&s, ip, src, dst)
	if l.tcpTooLong(s) {
		return
	}
	if l.opt.Verbose > 0 && !l.opt.NoChecksums && !fragmented {
		l.tcpChecksum(ip, s)
	}
	l.tcpNumbers(s)
	if s.hlen > packet.TCPLen && !l.tcpOptions(s) {
		return
	}
	l.str(", length ")
	l.num(length - s.hlen)
	if length > s.hlen && !l.stopped {
		if !l.has(at, s.hlen) {
			l.headerCut(at, s.hlen)
			return
		}
		l.tcpPayload(ip, s, src, dst)
	}
}

func (l *line) tcpTooLong(s segment) bool {
	if s.hlen <= s.length {
		return false
	}
	l.str(" [bad hdr length ")
	l.num(s.hlen)
	l.str(" - too long, > ")
	l.num(s.length)
	l.str("]")
	return true
}

func (l *line) tcpFlags(flags int) {
	switch flags {
	case 0:
		l.str("none")
		return
	case tcpACK:
		l.str(".")
		return
	}
	for i := range len(tcpFlagLetters) {
		if flags&(1<<i) != 0 {
			l.str(tcpFlagLetters[i : i+1])
		}
	}
}

// tcpEndpoints prints "a.1 > b.2: ", without the addresses behind an extension
// header, which has printed them.
func (l *line) tcpEndpoints(ip ipHeader, src, dst int) {
	own := l.carries(ip, protoTCP)
	if own {
		l.source(ip)
		l.str(".")
	}
	l.tcpPort(src)
	l.str(" > ")
	if own {
		l.destination(ip)
		l.str(".")
	}
	l.tcpPort(dst)
	l.str(": ")
}

// relative makes the numbers of a segment relative to the first one with ACK
// that was seen of its connection. That one and all with SYN or without ACK
// keep theirs.
func (l *line) relative(s *segment, ip ipHeader, src, dst int) {
	if l.stopped || l.conns == nil || l.opt.AbsoluteSeq || s.flags&tcpACK == 0 {
		return
	}
	if l.isIPv6(ip) {
		from, to := [16]byte(l.frame[ip+8:]), [16]byte(l.frame[ip+24:])
		// tcpdump orders the ends by port first.
		reversed := src > dst || src == dst && bytes.Compare(from[:], to[:]) > 0
		key := connection6{from, to, uint16(src), uint16(dst)}
		if reversed {
			key = connection6{to, from, uint16(dst), uint16(src)}
		}
		start, known := l.conns6[key]
		if s.count(&start, known, reversed) {
			l.conns6[key] = start
		}
		return
	}
	from, to := binary.BigEndian.Uint32(l.frame[ip+12:]), binary.BigEndian.Uint32(l.frame[ip+16:])
	reversed := src > dst || src == dst && from > to
	key := connection{from, to, uint16(src), uint16(dst)}
	if reversed {
		key = connection{to, from, uint16(dst), uint16(src)}
	}
	start, known := l.conns.start(key)
	if s.count(&start, known, reversed) {
		l.conns.set(key, start)
	}
}

// count makes the numbers of a segment relative to the start of a connection,
// or makes that start, which it tells.
func (s *segment) count(start *sequence, known, reversed bool) (begins bool) {
	own, other := &start.low, &start.high
	if reversed {
		own, other = other, own
	}
	if begins = !known || s.flags&tcpSYN != 0; begins {
		*own, *other = s.seq, s.ack-1
	} else {
		s.seq -= *own
		s.ack -= *other
	}
	s.sackBase = *other
	return begins
}

func (l *line) tcpChecksum(ip ipHeader, s segment) {
	if !l.has(s.at, s.length) {
		return
	}
	stored := l.u16(s.at + 16)
	l.str(", cksum 0x")
	l.hex(uint32(stored), 4)
	sum := l.transportSum(ip, s.at, s.length, protoTCP)
	if sum == 0 {
		l.str(" (correct)")
		return
	}
	l.str(" (incorrect -> 0x")
	l.hex(uint32(shouldBe(stored, sum)), 4)
	l.str(")")
}

func (l *line) tcpNumbers(s segment) {
	data := s.length - s.hlen
	if l.opt.Verbose > 1 || data > 0 || s.flags&(tcpSYN|tcpFIN|tcpRST) != 0 {
		l.str(", seq ")
		l.unsigned(s.seq)
		if data > 0 {
			l.str(":")
			l.unsigned(s.seq + uint32(data))
		}
	}
	if s.flags&tcpACK != 0 {
		l.str(", ack ")
		l.unsigned(s.ack)
	}
	l.str(", win ")
	l.num(l.u16(s.at + 14))
	if s.flags&tcpURG != 0 {
		l.str(", urg ")
		l.num(l.u16(s.at + 18))
	}
}

// tcpPayload prints what follows "length N".
func (l *line) tcpPayload(ip ipHeader, s segment, src, dst int) {
	payload, length := s.at+s.hlen, s.length-s.hlen
	switch {
	case s.flags&tcpRST != 0 && l.opt.Verbose > 0:
		l.resetData(payload, length)
	default:
		l.tcpApplication(src, dst, payload, length)
	}
}

// resetData prints what a reset says about its cause, RFC 1122 section 4.2.2.12.
func (l *line) resetData(at, length int) {
	const most = 30
	if l.has(at, length) {
		l.str(" [RST")
	} else {
		l.str(" [!RST")
	}
	if length > most {
		l.str("+")
		length = most
	}
	l.str(" ")
	for i := 0; i < length && at+i < l.end; i++ {
		l.char(byte(l.u8(at + i)))
	}
	l.str("]")
}

// char prints a byte as terminals of old showed it: ^A, M-a.
func (l *line) char(b byte) {
	if b >= 0x80 {
		l.str("M-")
		b &= 0x7f
	}
	if b < ' ' || b == 0x7f {
		b ^= 0x40
		l.str("^")
	}
	if !l.stopped {
		l.out = append(l.out, b)
	}
}
