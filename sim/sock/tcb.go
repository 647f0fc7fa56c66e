package sock

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/stack"
)

// tcpState is a state of RFC 9293 section 3.3.2.
type tcpState uint8

const (
	tcpClosed tcpState = iota
	tcpSynSent
	tcpSynReceived
	tcpEstablished
	tcpFinWait1
	tcpFinWait2
	tcpCloseWait
	tcpClosing
	tcpLastAck
	tcpTimeWait
)

var tcpStateNames = [...]string{"CLOSED", "SYN-SENT", "SYN-RECV", "ESTAB", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}

// String is the state as ss(8) prints it.
func (s tcpState) String() string { return tcpStateNames[s] }

// Numbers of include/net/tcp.h; times of the kernel's timers in jiffies.
const (
	tcpBuffer     = 65536   // bytes to receive: half of tcp_rmem[1], the rest is the kernel's overhead
	tcpSendBuffer = 87040   // bytes to send, after the kernel has tuned it
	tcpMyScale    = 7       // window scale that tcp_rmem[2] asks for
	tcpDefaultMSS = 536     // TCP_MSS_DEFAULT, RFC 9293 section 3.7.1
	tcpInitCwnd   = 10      // TCP_INIT_CWND, RFC 6928, segments
	tcpInfinite   = 1 << 30 // ssthresh before the first loss

	tcpRTOInit    = 100   // TCP_TIMEOUT_INIT: 1 s, RFC 6298 section 2
	tcpRTOMin     = 20    // TCP_RTO_MIN: 200 ms
	tcpRTOMax     = 12000 // TCP_RTO_MAX: 120 s
	tcpATOMin     = 4     // TCP_ATO_MIN: 40 ms
	tcpDelAckMax  = 20    // TCP_DELACK_MAX: 200 ms
	tcpTimeWaitJ  = 6000  // TCP_TIMEWAIT_LEN: 60 s
	tcpSynRetries = 6     // net.ipv4.tcp_syn_retries
	tcpSynAckTry  = 5     // net.ipv4.tcp_synack_retries
	tcpOrphanTry  = 8     // tcp_orphan_retries

	tcpMaxQuickAcks = 16
	tcpDupThresh    = 3 // duplicate ACKs that tell of a loss, RFC 5681 section 3.2
)

// tcpGiveUp is how long data is sent again: tcp_retries2 = 15 doublings from
// TCP_RTO_MIN, at most TCP_RTO_MAX apart (retransmits_timed_out).
const tcpGiveUp = 924600 * millisecond

// tcb is a connection: the transmission control block of RFC 9293 section 3.3.1.
// SND.UNA is una, SND.NXT nxt, RCV.NXT rnxt, and so on.
type tcb struct {
	s     *stack.Socket
	ns    *stack.Namespace
	clock *clock.Queue
	state tcpState
	lis   *tcpListener // of a connection that is not accepted yet

	// Sending.
	iss, una, nxt uint32
	wnd           uint32 // SND.WND, bytes
	wl1           uint32 // segment that set wnd
	maxWnd        uint32
	buf           []byte // from sequence number bufSeq on: what is not acknowledged yet
	bufSeq        uint32
	finQueued     bool // a FIN follows buf
	flight        []sentSegment
	small         uint32 // end of the last segment below the MSS: Minshall's Nagle
	peerMSS       int
	mss           int // without options; for the path MTU at pmtu
	pmtu          int
	sndScale      uint8

	// Receiving.
	irs, rnxt  uint32
	rwnd, rwup uint32 // window as promised, and RCV.NXT then
	rcvScale   uint8
	firstWnd   uint32
	in         []byte // for the program; from inAt on not read yet
	inAt       int
	ooo        []block // beyond a hole, ordered and apart
	lastOOO    uint32  // sequence number of what came last beyond a hole
	finSeen    bool

	// Options of the connection.
	advMSS   int
	sackOK   bool
	tsOK     bool
	tsRecent uint32
	tsOffset uint32

	// Acknowledging: struct inet_connection_sock's icsk_ack.
	ackDue   bool
	pushed   int // 1: a small segment came, 2: another one
	ackNow   bool
	quick    int
	pingpong bool
	ato      int64 // jiffies
	lastRcv  int64 // jiffies; of the last data
	rcvMSS   int
	confirm  bool

	// Time and congestion: RFC 6298, RFC 5681.
	srtt, rttvar clock.Duration
	rto          int64 // jiffies
	backoff      int
	tries        int           // SYNs, SYN-ACKs or orphan's segments that were sent again
	since        clock.Instant // of the first retransmission that nothing answered; 0 none
	probed       bool          // the tail of this flight was sent once more (TLP)
	probes       int           // of a closed window
	cwnd         int           // segments
	cwndCount    int
	ssthresh     int
	recovering   bool
	lossState    bool // after a timeout
	highSeq      uint32
	dupAcks      int

	timer     clock.Ref
	timerIs   uint64
	timerAt   clock.Instant
	waitAt    clock.Instant
	ackTimer  clock.Ref
	ackDueAt  clock.Instant
	waitTimer clock.Ref

	err                 stack.Errno // sk_err
	soft                stack.Errno // sk_err_soft: told when time is out
	readShut, writeShut bool
	orphan              bool // the program has closed it
	ended               bool
	holders             int // processes
	pids                []int
	notify              []func()
}

// sentSegment is one on the retransmission queue. SYN and FIN count as a
// sequence number each.
type sentSegment struct {
	span
	at     clock.Instant // last sent
	flags  uint8
	sacked bool
	lost   bool
	again  bool // sent more than once since it counted as lost
	karn   bool // sent more than once: no measure of the round trip time
}

// block is data that came beyond a hole.
type block struct {
	span
	data []byte
	fin  bool
}

func newTCB(s *stack.Socket) *tcb {
	ns := s.Namespace()
	c := &tcb{s: s, ns: ns, clock: &ns.World().Clock, rto: tcpRTOInit, cwnd: tcpInitCwnd, ssthresh: tcpInfinite, peerMSS: tcpDefaultMSS, rcvMSS: tcpDefaultMSS}
	c.iss, c.tsOffset = s.Random(), s.Random()
	if h := s.Heir; h != nil {
		c.iss, c.tsOffset, c.tsRecent = h.Seq, h.TSOffset, h.TSRecent
	}
	c.una, c.nxt, c.bufSeq, c.small = c.iss, c.iss, c.iss+1, c.iss
	s.Recv, s.Error = c.segment, c.icmpError
	s.Status = func() stack.SocketStatus {
		st := stack.SocketStatus{State: c.state.String(), RecvQ: c.unread(), SendQ: len(c.buf), Holders: c.pids}
		c.timerStatus(&st)
		return st
	}
	return c
}

// Sequence numbers wrap: RFC 9293 section 3.4.

func before(a, b uint32) bool { return int32(a-b) < 0 }
func after(a, b uint32) bool  { return int32(a-b) > 0 }

// tsNow is the clock of the time stamps: milliseconds and the connection's
// offset, RFC 7323 section 5.4.
func (c *tcb) tsNow() uint32 { return uint32(int64(c.ns.Now())/1e6) + c.tsOffset }

func (c *tcb) jiffies() int64 { return c.ns.Now().Jiffies() }

// setState moves to another state and counts.
func (c *tcb) setState(s tcpState) {
	mib := &c.ns.MIB.TCP
	counted := func(s tcpState) bool { return s == tcpEstablished || s == tcpCloseWait }
	switch {
	case s == tcpEstablished:
		mib.CurrEstab++
	case counted(c.state) && !counted(s):
		mib.CurrEstab--
		if s == tcpClosed {
			mib.EstabResets++
		}
	}
	if s == tcpClosed && (c.state == tcpSynSent || c.state == tcpSynReceived) {
		mib.AttemptFails++
	}
	c.state = s
}

// end is tcp_done: the connection is gone, the program learns why.
func (c *tcb) end(why stack.Errno) {
	if c.ended {
		return
	}
	c.ended = true
	c.setState(tcpClosed)
	c.stopTimer()
	c.clock.Cancel(c.ackTimer)
	c.clock.Cancel(c.waitTimer)
	c.ackDue = false
	if why != 0 {
		c.err = why
	}
	c.readShut, c.writeShut = true, true
	c.buf, c.flight, c.ooo = nil, nil, nil
	c.s.Close()
	if c.lis != nil {
		c.lis.forget(c)
	}
	c.wake()
}

// wake tells whoever waits that something changed.
func (c *tcb) wake() {
	for _, f := range c.notify {
		f()
	}
}

// unread is the number of bytes that wait for the program.
func (c *tcb) unread() int { return len(c.in) - c.inAt }

// icmpError takes an ICMP error about a segment: tcp_v4_err. RFC 9293 section
// 3.9.2.2, RFC 5927 section 4: only about what is under way.
func (c *tcb) icmpError(e stack.SocketError) {
	seq := binary.BigEndian.Uint32(e.Datagram.Payload()[4:]) // eight bytes are always quoted
	if c.state == tcpClosed || c.state == tcpTimeWait || before(seq, c.una) || after(seq, c.nxt) {
		return
	}
	if e.Type == packet.ICMPUnreachable && e.Code == packet.CodeFragNeeded {
		c.s.PathMTUChanged(e.Datagram, e.MTU)
		c.mtuReduced()
		return
	}
	switch c.state {
	case tcpSynSent:
		c.end(e.Errno)
	case tcpSynReceived:
		if c.lis != nil && (e.Type != packet.ICMPUnreachable || e.Code <= packet.CodeHostUnreachable) {
			return // tcp_req_err: these may be over soon
		}
		c.end(e.Errno)
	default:
		c.soft = e.Errno
	}
}

// mtuReduced sends again what was too large: tcp_simple_retransmit, RFC 1191
// section 6.4.
func (c *tcb) mtuReduced() {
	old := c.mss
	c.currentMSS()
	if c.mss >= old || c.state == tcpSynSent || len(c.flight) == 0 {
		return
	}
	for i := range c.flight {
		if x := &c.flight[i]; int(x.end-x.seq) > c.mss-c.optionLen() && !x.sacked {
			x.lost, x.again = true, false
		}
	}
	c.resend()
}

// takeError is sock_error: reading it takes it.
func (c *tcb) takeError() stack.Errno {
	e := c.err
	c.err = 0
	return e
}
