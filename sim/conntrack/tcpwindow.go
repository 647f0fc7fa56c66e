package conntrack

import (
	"encoding/binary"
	"time"

	"hoplab/packet"
)

// verdictOf the window check.
type windowVerdict uint8

const (
	windowAccept  windowVerdict = iota
	windowIgnore                // let it pass, learn nothing from it
	windowInvalid               // outside what the receiver can take
)

const (
	tcpMaxAckWindow = 66000             // MAXACKWINCONST, bytes
	tcpMaxScale     = 14                // RFC 7323 section 2.3
	tcpShortenFrom  = 120 * time.Second // nf_tcp_handle_invalid
)

// TCP options, RFC 9293 section 3.1, RFC 7323 and RFC 2018.
const (
	optEnd      = 0
	optNop      = 1
	optScale    = 3 // length 3
	optSackPerm = 4 // length 2
	optSack     = 5 // length 2 + 8 per block
)

func before(a, b uint32) bool { return int32(a-b) < 0 }
func after(a, b uint32) bool  { return before(b, a) }

func window(seg packet.TCP) uint16 { return binary.BigEndian.Uint16(seg[14:16]) }

// segmentEnd is the sequence number behind the segment; SYN and FIN count one.
func segmentEnd(seg packet.TCP) uint32 {
	end := seg.Seq() + uint32(len(seg)-seg.HeaderLen())
	if seg.Flags()&packet.TCPSyn != 0 {
		end++
	}
	if seg.Flags()&packet.TCPFin != 0 {
		end++
	}
	return end
}

// eachOption calls f with every well-formed option until f returns false.
func eachOption(seg packet.TCP, f func(kind byte, data []byte) bool) {
	for o := seg[packet.TCPLen:seg.HeaderLen()]; len(o) > 0; {
		switch o[0] {
		case optEnd:
			return
		case optNop:
			o = o[1:]
			continue
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) || !f(o[0], o[2:o[1]]) {
			return
		}
		o = o[o[1]:]
	}
}

// readOptions takes window scale and SACK permission from a SYN: tcp_options.
func (s *tcpSide) readOptions(seg packet.TCP) {
	if seg.HeaderLen() == packet.TCPLen {
		return
	}
	s.scale = 0
	s.flags &= tcpLiberal
	eachOption(seg, func(kind byte, data []byte) bool {
		switch {
		case kind == optSackPerm && len(data) == 0:
			s.flags |= tcpSackPerm
		case kind == optScale && len(data) == 1:
			s.scale = min(data[0], tcpMaxScale)
			s.flags |= tcpWindowScale
		}
		return true
	})
}

// highestSack is the highest right edge of a SACK block, or ack: tcp_sack.
func highestSack(seg packet.TCP, ack uint32) uint32 {
	eachOption(seg, func(kind byte, data []byte) bool {
		if kind != optSack || len(data) == 0 || len(data)%8 != 0 {
			return true
		}
		for ; len(data) > 0; data = data[8:] {
			if right := binary.BigEndian.Uint32(data[4:8]); after(right, ack) {
				ack = right
			}
		}
		return false
	})
	return ack
}

// start begins a side with its SYN: tcp_init_sender.
func (s *tcpSide) start(receiver *tcpSide, seg packet.TCP, dir Dir) {
	s.end = segmentEnd(seg)
	s.maxEnd = s.end
	s.maxWin = max(1, uint32(window(seg)))
	s.readOptions(seg)
	if dir == Reply && s.flags&receiver.flags&tcpWindowScale == 0 {
		s.scale, receiver.scale = 0, 0 // only if both sides offer it
	}
}

// window says whether a segment fits what sender and receiver agreed on, and
// learns from it: tcp_in_window.
func (x *TCPInfo) window(seg packet.TCP, kind tcpKind, dir Dir, liberal bool) windowVerdict {
	sender, receiver := &x.sides[dir], &x.sides[dir^1]
	flags := seg.Flags()
	syn, hasAck := flags&packet.TCPSyn != 0, flags&packet.TCPAck != 0
	seq, ack, winRaw := seg.Seq(), seg.Ack(), window(seg)
	end, win, sack := segmentEnd(seg), uint32(winRaw), ack
	if receiver.flags&tcpSackPerm != 0 && seg.HeaderLen() > packet.TCPLen {
		sack = highestSack(seg, ack)
	}

	switch {
	case sender.maxWin == 0 && syn:
		sender.start(receiver, seg, dir)
		if !hasAck {
			return windowAccept // both open at once
		}
	case sender.maxWin == 0:
		// The first segment of this side that is seen: guess.
		sender.end = end
		sender.maxWin = max(1, win<<sender.scale)
		sender.maxEnd = end + sender.maxWin
		if receiver.maxWin == 0 {
			receiver.end, receiver.maxEnd = sack, sack
		} else if sack == receiver.end+1 {
			receiver.end++ // likely the answer to a keep-alive
		}
	case syn && after(end, sender.end) && (x.State == SynSent || x.State == SynRecv):
		sender.start(receiver, seg, dir) // a new attempt with another sequence number
		if dir == Reply && !hasAck {
			return windowAccept
		}
	}

	if !hasAck || kind == tcpRst && ack == 0 {
		ack, sack = receiver.end, receiver.end
	}
	if kind == tcpRst && seq == 0 && x.State == SynSent {
		seq, end = sender.end, sender.end // the answer to a SYN
	}

	maxAckWin := max(sender.maxWin, tcpMaxAckWindow)
	inReceiveWindow := receiver.maxWin == 0 || after(end, sender.end-receiver.maxWin-1)
	ackRecent := after(sack, receiver.end-maxAckWin-1)
	ackPossible := before(sack, receiver.end+1)
	bad := windowAccept
	switch {
	case !before(seq, sender.maxEnd+1):
		bad = windowInvalid
		if receiver.maxWin != 0 && inReceiveWindow && ackRecent && ackPossible && end-sender.maxEnd+1 <= receiver.maxWin {
			// Slightly too much: the receiver may take it all the same.
			sender.end = end
			sender.flags |= tcpUnacked
			bad = windowIgnore
		}
	case !ackPossible:
		bad = windowInvalid
	case !inReceiveWindow, !ackRecent:
		bad = windowIgnore
	}
	if bad != windowAccept {
		if liberal || sender.flags&tcpLiberal != 0 {
			return windowAccept
		}
		return bad
	}

	if !syn {
		win <<= sender.scale
	}
	sender.maxWin = max(sender.maxWin, win+(sack-ack))
	if after(end, sender.end) {
		sender.end = end
		sender.flags |= tcpUnacked
	}
	if hasAck && (sender.flags&tcpMaxAckSet == 0 || after(ack, sender.maxAck)) {
		sender.maxAck = ack
		sender.flags |= tcpMaxAckSet
	}
	if receiver.maxWin != 0 && after(end, sender.maxEnd) {
		receiver.maxWin += end - sender.maxEnd
	}
	if after(sack+win, receiver.maxEnd-1) {
		receiver.maxEnd = sack + win
		if win == 0 {
			receiver.maxEnd++
		}
	}
	if ack == receiver.end {
		receiver.flags &^= tcpUnacked
	}
	if kind == tcpAck {
		if x.lastDir == dir && x.lastSeq == seq && x.lastAck == ack && x.lastEnd == end && x.lastWin == winRaw {
			x.retrans++
		} else {
			x.lastDir, x.lastSeq, x.lastAck, x.lastEnd, x.lastWin = dir, seq, ack, end, winRaw
			x.retrans = 0
		}
	}
	return windowAccept
}
