package conntrack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// TCPState is the tracker's view of a TCP flow: enum tcp_conntrack.
type TCPState uint8

// The states.
const (
	TCPNone        TCPState = iota
	SynSent                 // SYN seen
	SynRecv                 // SYN-ACK seen
	TCPEstablished          // ACK seen
	FinWait                 // FIN seen
	CloseWait               // ACK of the FIN seen
	LastAck                 // FIN of the other side seen
	TimeWait                // last ACK seen
	Close                   // RST seen
	SynSent2                // SYN of both sides seen
	numTCPStates

	tcpInvalid = numTCPStates     // the segment fits nowhere
	tcpIgnore  = numTCPStates + 1 // let it pass: the answer to it will tell
)

var tcpStateNames = [numTCPStates]string{"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"}

// String is the word of conntrack -L.
func (s TCPState) String() string {
	if s < numTCPStates {
		return tcpStateNames[s]
	}
	return "UNKNOWN"
}

// tcpKind is what the tracker sees in the flags of a segment: enum
// tcp_bit_set.
type tcpKind uint8

const (
	tcpSyn tcpKind = iota
	tcpSynAck
	tcpFin
	tcpAck
	tcpRst
	tcpNone
	numTCPKinds
)

func kindOf(flags uint8) tcpKind {
	switch {
	case flags&packet.TCPRst != 0:
		return tcpRst
	case flags&(packet.TCPSyn|packet.TCPAck) == packet.TCPSyn|packet.TCPAck:
		return tcpSynAck
	case flags&packet.TCPSyn != 0:
		return tcpSyn
	case flags&packet.TCPFin != 0:
		return tcpFin
	case flags&packet.TCPAck != 0:
		return tcpAck
	}
	return tcpNone
}

// tcpFlagsValid says whether a real stack could send this combination; PSH
// does not matter.
func tcpFlagsValid(flags uint8) bool {
	switch flags &^ packet.TCPPsh {
	case packet.TCPSyn, packet.TCPSyn | packet.TCPUrg, packet.TCPSyn | packet.TCPAck,
		packet.TCPRst, packet.TCPRst | packet.TCPAck,
		packet.TCPFin | packet.TCPAck, packet.TCPFin | packet.TCPAck | packet.TCPUrg,
		packet.TCPAck, packet.TCPAck | packet.TCPUrg:
		return true
	}
	return false
}

// Short names for the table below.
const (
	sNO = TCPNone
	sSS = SynSent
	sSR = SynRecv
	sES = TCPEstablished
	sFW = FinWait
	sCW = CloseWait
	sLA = LastAck
	sTW = TimeWait
	sCL = Close
	sS2 = SynSent2
	sIV = tcpInvalid
	sIG = tcpIgnore
)

// tcpNext is the state machine: by direction, kind of segment and old state,
// the new one (tcp_conntracks in nf_conntrack_proto_tcp.c).
var tcpNext = [2][numTCPKinds][numTCPStates]TCPState{
	Original: {
		//          sNO  sSS  sSR  sES  sFW  sCW  sLA  sTW  sCL  sS2
		tcpSyn:    {sSS, sSS, sIG, sIG, sIG, sIG, sIG, sSS, sSS, sS2},
		tcpSynAck: {sIV, sIV, sSR, sIV, sIV, sIV, sIV, sIV, sIV, sSR},
		tcpFin:    {sIV, sIV, sFW, sFW, sLA, sLA, sLA, sTW, sCL, sIV},
		tcpAck:    {sES, sIV, sES, sES, sCW, sCW, sTW, sTW, sCL, sIV},
		tcpRst:    {sIV, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL},
		tcpNone:   {sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV},
	},
	Reply: {
		tcpSyn:    {sIV, sS2, sIV, sIV, sIV, sIV, sIV, sSS, sIV, sS2},
		tcpSynAck: {sIV, sSR, sIG, sIG, sIG, sIG, sIG, sIG, sIG, sSR},
		tcpFin:    {sIV, sIV, sFW, sFW, sLA, sLA, sLA, sTW, sCL, sIV},
		tcpAck:    {sIV, sIG, sSR, sES, sCW, sCW, sTW, sTW, sCL, sIG},
		tcpRst:    {sIV, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL, sCL},
		tcpNone:   {sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV, sIV},
	},
}

// TCPInfo is what the tracker remembers of a TCP flow: struct ip_ct_tcp.
type TCPInfo struct {
	sides     [2]tcpSide // by the sender's Dir
	State     TCPState
	lastDir   Dir // of the last segment …
	lastKind  tcpKind
	lastFlags tcpFlags // options of an ignored SYN, and what it may lead to
	lastScale uint8
	retrans   uint8 // equal ACKs in a row
	lastWin   uint16
	lastSeq   uint32
	lastAck   uint32
	lastEnd   uint32 // sequence number behind it
}

// tcpSide is what one sender may send: struct ip_ct_tcp_state.
type tcpSide struct {
	end    uint32 // highest sequence number sent, plus one
	maxEnd uint32 // limit that the receiver's window sets
	maxWin uint32 // largest window it offered
	maxAck uint32 // highest acknowledgment it sent
	scale  uint8  // shift of its window field
	flags  tcpFlags
}

// tcpFlags are the kernel's IP_CT_TCP_FLAG_* and its siblings.
type tcpFlags uint8

const (
	tcpWindowScale tcpFlags = 1 << iota
	tcpSackPerm
	tcpCloseInit // this side closed first
	tcpLiberal   // picked up in the middle: the window is a guess
	tcpUnacked   // data waits for an acknowledgment
	tcpMaxAckSet
	tcpChallengeAck // an ignored SYN may be answered by a challenge ACK
	tcpSimultaneous // both sides sent SYN
)

// closing says that the flow is on its way out (tcp_can_early_drop).
func (s TCPState) closing() bool {
	switch s {
	case FinWait, CloseWait, LastAck, TimeWait, Close:
		return true
	}
	return false
}

// trackTCP is nf_conntrack_tcp_packet.
func (t *Table) trackTCP(slot uint32, c *Conn, info Info, ip packet.IPv4, verify bool, now clock.Instant) outcome {
	seg, err := packet.ParseTCP(ip.Payload())
	if err != nil || verify && !checksumOK(ip) || !tcpFlagsValid(seg.Flags()) {
		return invalid
	}
	x := &c.TCP
	if c.Status&Confirmed == 0 && !t.newTCP(x, seg) {
		return invalid
	}
	dir, kind, old := info.Dir(), kindOf(seg.Flags()), x.State
	state := tcpNext[dir][kind][old]
	inWindow := false

	switch state {
	case SynSent:
		if old >= TimeWait {
			// A closed or aborted connection opens again: with an entry of its own
			// if this side may do so, otherwise the SYN passes unheeded.
			if (x.sides[0].flags|x.sides[1].flags)&tcpCloseInit != 0 || x.lastDir == dir && x.lastKind == tcpRst {
				t.end(slot, c)
				return reopen
			}
			x.ignore(seg, kind, dir, old)
			return tracked
		}
	case tcpIgnore:
		if kind == tcpSynAck && x.lastKind == tcpSyn && x.lastDir != dir && seg.Ack() == x.lastEnd {
			// The answer to a SYN that was ignored: the two hosts agree, so
			// believe them.
			old, state = SynSent, SynRecv
			x.adopt()
			break
		}
		x.ignore(seg, kind, dir, old)
		return tracked
	case tcpInvalid:
		return invalid
	case TimeWait:
		if old == LastAck && kind == tcpAck && x.lastDir != dir && x.lastKind == tcpSyn && x.lastFlags&tcpChallengeAck != 0 {
			// RFC 5961 section 4: a challenge ACK, not the ACK of the last FIN.
			x.lastFlags &^= tcpChallengeAck
			return tracked
		}
	case SynSent2:
		x.lastFlags |= tcpSimultaneous
	case SynRecv:
		if dir == Reply && kind == tcpAck && x.lastFlags&tcpSimultaneous != 0 {
			state = TCPEstablished
		}
	case Close:
		if kind == tcpRst {
			var ok bool
			if state, inWindow, ok = x.reset(c, seg, dir); !ok {
				return invalid
			}
		}
	}

	if !inWindow {
		switch x.window(seg, kind, dir, t.cfg.TCPBeLiberal) {
		case windowIgnore:
			return tracked
		case windowInvalid:
			t.shortenInvalid(c, kind, dir, now)
			return invalid
		}
	}
	x.lastKind, x.lastDir = kind, dir
	x.State = state
	if old != state && state == FinWait {
		x.sides[dir].flags |= tcpCloseInit
	}

	timeout := t.tcpTimeout(x, kind)
	switch {
	case c.Status&SeenReply == 0:
		if kind == tcpRst {
			// Refused: no connection came about, so the entry goes at once.
			c.account(info, ip)
			t.end(slot, c)
			return tracked
		}
		if kind == tcpSyn && old == SynSent {
			return tracked // a repeated SYN does not prolong
		}
		if state == TCPEstablished {
			timeout = min(timeout, t.cfg.TCPUnack) // picked up in the middle
		}
	case c.Status&Assured == 0 && (old == SynRecv || old == TCPEstablished) && state == TCPEstablished:
		c.Status |= Assured
	}
	c.refresh(info, ip, timeout, now)
	return tracked
}

// SetClosing ends the flow of an entry that a reset made here belongs to:
// nf_conntrack_tcp_set_closing.
func (t *Table) SetClosing(conn uint32, now clock.Instant) {
	c := t.Get(conn)
	if c == nil || c.Status&Confirmed == 0 || c.Orig.Proto != packet.ProtoTCP || c.TCP.State == Close {
		return
	}
	c.TCP.State = Close
	if c.Status&FixedTimeout == 0 {
		c.timeout = t.cfg.TCPTimeouts[Close]
		c.Expires = jiffy(now).Add(c.timeout)
	}
}

// tcpTimeout is the life that a segment gives its entry.
func (t *Table) tcpTimeout(x *TCPInfo, kind tcpKind) clock.Duration {
	timeout := t.cfg.TCPTimeouts[x.State]
	switch {
	case int(x.retrans) >= t.cfg.TCPMaxRetrans && timeout > t.cfg.TCPRetrans:
		return t.cfg.TCPRetrans
	case kind == tcpRst:
		return t.cfg.TCPTimeouts[Close]
	case (x.sides[0].flags|x.sides[1].flags)&tcpUnacked != 0 && timeout > t.cfg.TCPUnack:
		return t.cfg.TCPUnack
	case x.lastWin == 0 && timeout > t.cfg.TCPRetrans:
		return t.cfg.TCPRetrans
	}
	return timeout
}

// newTCP starts an entry with its first segment: tcp_new.
func (t *Table) newTCP(x *TCPInfo, seg packet.TCP) bool {
	first := tcpNext[Original][kindOf(seg.Flags())][TCPNone]
	if first == tcpInvalid || first != SynSent && !t.cfg.TCPLoose {
		return false
	}
	*x = TCPInfo{lastKind: tcpNone}
	s := &x.sides[Original]
	s.end = segmentEnd(seg)
	s.maxWin = max(1, uint32(window(seg)))
	s.maxEnd = s.end
	if first == SynSent {
		s.readOptions(seg)
		return true
	}
	// In the middle of a connection: guess, and be liberal.
	s.maxEnd += s.maxWin
	s.flags = tcpSackPerm | tcpLiberal
	x.sides[Reply].flags = s.flags
	return true
}

// ignore lets a segment pass that may or may not belong to the flow, and
// remembers it: the answer will tell.
func (x *TCPInfo) ignore(seg packet.TCP, kind tcpKind, dir Dir, old TCPState) {
	x.lastKind, x.lastDir = kind, dir
	x.lastSeq, x.lastEnd, x.lastWin = seg.Seq(), segmentEnd(seg), window(seg)
	if kind == tcpSyn && dir == Original {
		var s tcpSide
		s.readOptions(seg)
		x.lastScale = s.scale
		x.lastFlags = s.flags & (tcpWindowScale | tcpSackPerm)
		if old == LastAck {
			x.lastFlags |= tcpChallengeAck
		}
	}
	if old == SynSent && kind == tcpAck && dir == Reply {
		x.lastAck = seg.Ack()
	}
}

// adopt makes the ignored SYN the beginning of the flow.
func (x *TCPInfo) adopt() {
	x.lastFlags &^= tcpChallengeAck
	x.sides[x.lastDir] = tcpSide{end: x.lastEnd, maxEnd: x.lastEnd, maxWin: max(1, uint32(x.lastWin)), maxAck: x.sides[x.lastDir].maxAck, scale: x.lastScale, flags: x.lastFlags}
	other := &x.sides[x.lastDir^1]
	*other = tcpSide{flags: other.flags & tcpLiberal}
}

// reset judges an RST: the state it leads to, whether it needs no window
// check, and whether it is to be believed at all.
func (x *TCPInfo) reset(c *Conn, seg packet.TCP, dir Dir) (state TCPState, inWindow, ok bool) {
	if x.State.closing() {
		return Close, true, true
	}
	state = Close
	if peer := &x.sides[dir^1]; peer.flags&tcpMaxAckSet != 0 && x.lastKind != tcpSyn {
		established := x.State == TCPEstablished && c.Status&Assured != 0
		switch seq := seg.Seq(); {
		case seq == 0 && !established: // the answer to a SYN let through earlier
			return Close, false, true
		case before(seq, peer.maxAck):
			return Close, false, false
		case !established || seq == peer.maxAck, x.lastKind == tcpAck && x.lastDir == dir && seq == x.lastEnd:
			return Close, false, true
		}
		state = x.State // not exact: perhaps a challenge ACK follows
	}
	answersSyn := c.Status&SeenReply != 0 && x.lastKind == tcpSyn && x.lastDir != dir
	answersAck := c.Status&Assured == 0 && x.lastKind == tcpAck
	if (answersSyn || answersAck) && seg.Ack() == x.lastEnd {
		return state, true, true
	}
	if x.State == SynSent && x.lastKind == tcpAck && x.lastDir == Reply && seg.Seq() == x.lastAck {
		return state, true, true
	}
	return state, false, true
}

// shortenInvalid ends an assured flow sooner once FIN or RST outside the
// window came from both sides: nf_tcp_handle_invalid.
func (t *Table) shortenInvalid(c *Conn, kind tcpKind, dir Dir, now clock.Instant) {
	if c.Status&Assured == 0 || c.Status&FixedTimeout != 0 || kind != tcpRst && kind != tcpFin {
		return
	}
	x := &c.TCP
	if x.lastDir != dir && (x.lastKind == tcpFin || x.lastKind == tcpRst) {
		if left := c.Expires.Sub(jiffy(now)); left >= tcpShortenFrom && left > t.cfg.TCPUnack {
			c.Expires = jiffy(now).Add(t.cfg.TCPUnack)
		}
		return
	}
	x.lastKind, x.lastDir = kind, dir
}
