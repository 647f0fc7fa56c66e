package tcpdump

import (
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

// connections remembers where the sequence numbers of each connection start.
type connections map[connection]sequence

// connection is a pair of endpoints, ordered so that both directions are equal.
type connection struct {
	lowAddr, highAddr uint32
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
		l.ip(int(ip) + 12)
		l.str(" > ")
		l.ip(int(ip) + 16)
		l.str(":")
		l.truncated()
		return
	}
	src, dst := l.u16(at), l.u16(at+2)
	l.endpoints(ip, src, dst)
	if !l.has(at, packet.TCPLen) {
		l.truncated()
		return
	}
	s := segment{at: at, length: length, hlen: l.u8(at+12) >> 4 * 4, flags: l.u8(at + 13), seq: l.u32(at + 4), ack: l.u32(at + 8)}
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
	if length > s.hlen {
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
	if flags == 0 {
		l.str("none")
	}
	for i := range len(tcpFlagLetters) {
		if flags&(1<<i) != 0 {
			l.str(tcpFlagLetters[i : i+1])
		}
	}
}

// relative makes the numbers of a segment relative to the first one with ACK
// that was seen of its connection. That one and all with SYN or without ACK
// keep theirs.
func (l *line) relative(s *segment, ip ipHeader, src, dst int) {
	if l.stopped || l.conns == nil || l.opt.AbsoluteSeq || s.flags&tcpACK == 0 {
		return
	}
	srcAddr, dstAddr := binary.BigEndian.Uint32(l.frame[int(ip)+12:]), binary.BigEndian.Uint32(l.frame[int(ip)+16:])
	// tcpdump orders the ends by port first.
	reversed := src > dst || src == dst && srcAddr > dstAddr
	key := connection{srcAddr, dstAddr, uint16(src), uint16(dst)}
	if reversed {
		key = connection{dstAddr, srcAddr, uint16(dst), uint16(src)}
	}
	start, known := l.conns[key]
	if !known || s.flags&tcpSYN != 0 {
		start = sequence{low: s.seq, high: s.ack - 1}
		if reversed {
			start.low, start.high = start.high, start.low
		}
		l.conns[key] = start
	} else if reversed {
		s.seq -= start.high
		s.ack -= start.low
	} else {
		s.seq -= start.low
		s.ack -= start.high
	}
	s.sackBase = start.high
	if reversed {
		s.sackBase = start.low
	}
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
		l.tcpApplication(ip, src, dst, payload, length)
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
