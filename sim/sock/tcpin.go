package sock

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/stack"
)

// What a connection does with segments that come in: RFC 9293 section 3.10.7,
// in the order of net/ipv4/tcp_input.c.

// arrival is a segment that came in.
type arrival struct {
	ip       packet.IPv4
	seq, end uint32 // with SYN and FIN
	ack      uint32
	flags    uint8
	wnd      uint16 // as it stands
	data     []byte
	opt      tcpOptions
}

func (g *arrival) has(flags uint8) bool { return g.flags&flags != 0 }

func readSegment(ip packet.IPv4) arrival {
	t := packet.TCP(ip.Payload())
	g := arrival{ip: ip, seq: t.Seq(), ack: t.Ack(), flags: t.Flags(), wnd: uint16(t[14])<<8 | uint16(t[15]), data: t.Payload(), opt: parseTCPOptions(t[packet.TCPLen:t.HeaderLen()])}
	g.end = g.seq + uint32(len(g.data))
	if g.has(packet.TCPSyn) {
		g.end++
	}
	if g.has(packet.TCPFin) {
		g.end++
	}
	return g
}

// segment takes a segment: tcp_v4_do_rcv.
func (c *tcb) segment(ip packet.IPv4) {
	g := readSegment(ip)
	switch c.state {
	case tcpClosed:
		c.ns.Reset(ip)
	case tcpSynSent:
		c.inSynSent(&g)
	case tcpSynReceived:
		c.inSynReceived(&g)
	case tcpTimeWait:
		c.inTimeWait(&g)
	default:
		c.inSynchronized(&g)
	}
}

// inSynSent: RFC 9293 section 3.10.7.3.
func (c *tcb) inSynSent(g *arrival) {
	if g.has(packet.TCPAck) && g.ack != c.iss+1 {
		c.ns.Reset(g.ip)
		return
	}
	if g.has(packet.TCPRst) {
		if g.has(packet.TCPAck) {
			c.end(stack.ECONNREFUSED)
		}
		return
	}
	if !g.has(packet.TCPSyn) {
		return
	}
	c.learn(g)
	if !g.has(packet.TCPAck) { // both ends opened at the same time
		c.setState(tcpSynReceived)
		c.flight[0].flags |= packet.TCPAck
		c.resendAt(0)
		c.armRTO()
		return
	}
	c.wl1, c.wnd = g.seq, uint32(g.wnd)
	c.maxWnd = c.wnd
	c.lastRcv = c.jiffies()
	c.establish(g)
	c.sendAck()
	c.push()
}

// learn takes what a SYN says: sequence number and options.
func (c *tcb) learn(g *arrival) {
	c.irs, c.rnxt, c.rwup = g.seq, g.seq+1, g.seq+1
	if g.opt.mss != 0 {
		c.peerMSS = int(g.opt.mss)
	}
	c.sackOK = g.opt.sackOK
	if c.tsOK = g.opt.hasTS; c.tsOK {
		c.tsRecent = g.opt.tsVal
	}
	c.sndScale, c.rcvScale = 0, 0
	if g.opt.hasScale {
		c.sndScale, c.rcvScale = g.opt.wscale, tcpMyScale
	}
	if c.pmtu > 0 {
		c.syncMSS(c.pmtu)
	}
	c.rcvMSS = max(min(c.advMSS, c.mss, tcpDefaultMSS), 88) // tcp_initialize_rcv_mss
}

// establish is the end of the handshake: tcp_finish_connect and
// tcp_init_transfer.
func (c *tcb) establish(g *arrival) {
	c.removeAcked(g)
	c.tries, c.backoff, c.since = 0, 0, 0
	c.setState(tcpEstablished)
	c.armRTO()
	c.wake()
}

// inSynReceived: RFC 9293 section 3.10.7.4 for the state SYN-RECEIVED, and
// tcp_check_req for connections of a listener.
func (c *tcb) inSynReceived(g *arrival) {
	if g.has(packet.TCPSyn) && !g.has(packet.TCPAck|packet.TCPRst) && g.seq == c.irs { // the SYN once more: our SYN-ACK was lost
		c.flight[0].at = c.ns.Now()
		c.sendSYN(c.flight[0].flags, true)
		return
	}
	if g.has(packet.TCPAck) && g.ack != c.iss+1 {
		c.ns.Reset(g.ip)
		return
	}
	if c.stale(g) || before(g.end, c.rnxt) || after(g.seq, c.rnxt+c.rwnd) {
		if !g.has(packet.TCPRst) {
			c.sendAck()
		}
		return
	}
	switch {
	case g.has(packet.TCPRst):
		c.end(stack.ECONNREFUSED)
		return
	case g.has(packet.TCPSyn) && !g.has(packet.TCPAck):
		c.ns.Reset(g.ip)
		c.end(stack.ECONNRESET)
		return
	case !g.has(packet.TCPAck):
		return
	}
	if c.lis != nil && !c.lis.admit(c) { // tcp_v4_syn_recv_sock: the queue is full
		return
	}
	c.wl1, c.wnd = g.seq, uint32(g.wnd)<<c.sndScale
	if g.has(packet.TCPSyn) {
		c.wnd = uint32(g.wnd)
	}
	c.maxWnd = max(c.maxWnd, c.wnd)
	c.syncMSS(c.pmtu)
	c.lastRcv = c.jiffies()
	c.establish(g)
	if len(g.data) > 0 || g.has(packet.TCPFin) {
		c.text(g)
		c.checkAck()
	}
	c.push()
}

// stale is PAWS: RFC 7323 section 5.3.
func (c *tcb) stale(g *arrival) bool {
	return c.tsOK && g.opt.hasTS && int32(g.opt.tsVal-c.tsRecent) < 0 && !g.has(packet.TCPSyn)
}

// inSynchronized takes a segment in ESTABLISHED and the states after it: RFC
// 9293 section 3.10.7.4, tcp_rcv_established and tcp_rcv_state_process.
func (c *tcb) inSynchronized(g *arrival) {
	if !c.acceptable(g) {
		return
	}
	if !g.has(packet.TCPAck) {
		return
	}
	if !c.ackField(g) || c.ended {
		return
	}
	if c.orphan && (c.state == tcpFinWait1 || c.state == tcpFinWait2) && len(g.data) > 0 && after(g.seq+uint32(len(g.data)), c.rnxt) {
		// Data for a program that is gone.
		c.ns.Reset(g.ip)
		c.end(0)
		return
	}
	c.text(g)
	if c.ended {
		return
	}
	c.push()
	c.checkAck()
}

// acceptable is tcp_validate_incoming: first to fourth check of RFC 9293 section
// 3.10.7.4, with the challenge ACKs of RFC 5961.
func (c *tcb) acceptable(g *arrival) bool {
	if c.stale(g) {
		if !g.has(packet.TCPRst) {
			c.duplicate(g)
		}
		return false
	}
	if before(g.end, c.rwup) || after(g.seq, c.rnxt+c.receiveWindow()) {
		switch {
		case g.has(packet.TCPRst):
			if c.state >= tcpCloseWait && g.seq == c.rnxt-1 { // tcp_reset_check: the RST of a FIN
				c.peerReset()
			}
		case g.has(packet.TCPSyn):
			c.sendAck()
		default:
			c.duplicate(g)
		}
		return false
	}
	if g.has(packet.TCPRst) {
		if g.seq == c.rnxt {
			c.peerReset()
		} else {
			c.sendAck()
		}
		return false
	}
	if g.has(packet.TCPSyn) {
		c.sendAck()
		return false
	}
	if c.tsOK && g.opt.hasTS && !after(g.seq, c.rwup) && int32(g.opt.tsVal-c.tsRecent) >= 0 {
		c.tsRecent = g.opt.tsVal
	}
	return true
}

// peerReset is tcp_reset: the other end gave up.
func (c *tcb) peerReset() {
	switch c.state {
	case tcpCloseWait:
		c.end(stack.EPIPE)
	default:
		c.end(stack.ECONNRESET)
	}
}

// duplicate answers what is old or out of the window: tcp_send_dupack.
func (c *tcb) duplicate(g *arrival) {
	if g.end != g.seq && before(g.seq, c.rnxt) {
		c.quickAcks()
	}
	c.sendAck()
}

// ackField is the fifth check: tcp_ack. It is false for an ACK of something
// that was never sent.
func (c *tcb) ackField(g *arrival) bool {
	if before(g.ack, c.una) {
		return true // old: nothing to learn
	}
	if after(g.ack, c.nxt) {
		if c.state != tcpEstablished {
			c.sendAck()
		}
		return false
	}
	wnd := uint32(g.wnd) << c.sndScale
	newWnd := false
	if after(g.ack, c.una) || after(g.seq, c.wl1) || g.seq == c.wl1 && wnd > c.wnd { // tcp_may_update_window
		newWnd = wnd != c.wnd
		c.wl1, c.wnd = g.seq, wnd
		if wnd > c.maxWnd {
			c.maxWnd = wnd
			c.syncMSS(c.pmtu)
		}
	}
	if len(c.flight) == 0 {
		c.probes = 0
		if c.wnd > 0 && c.timerIs == timerProbe { // tcp_ack_probe
			c.backoff, c.since = 0, 0
			c.stopTimer()
		}
		c.una = g.ack
		return true
	}
	n := c.removeAcked(g)
	sacked := c.markSacked(g)
	switch {
	case n > 0:
		c.progress(g, n)
	case len(g.data) == 0 && !newWnd && !g.has(packet.TCPFin) && (g.opt.nSacks == 0 || sacked):
		c.dupAcks++
	}
	c.findLost(n > 0)
	if n > 0 || sacked {
		c.confirm = true // sk_dst_confirm: the next hop is alive
	}
	if n > 0 || sacked && c.timerIs == timerTLP {
		c.armRTO()
		c.armTLP()
	}
	if c.recovering || c.lossState {
		c.resend()
	}
	c.finAcked()
	if n > 0 && !c.ended {
		c.wake() // there is room to write
	}
	return true
}

// removeAcked takes what is acknowledged off the queue and measures the round
// trip: tcp_clean_rtx_queue. It returns the number of segments.
func (c *tcb) removeAcked(g *arrival) int {
	n := 0
	for len(c.flight) > 0 && !after(c.flight[0].end, g.ack) {
		x := &c.flight[0]
		if !x.karn && !x.sacked {
			c.measure(c.ns.Now().Sub(x.at))
		} else if c.tsOK && g.opt.tsEcr != 0 && !x.sacked { // RFC 7323 section 4.2
			c.measure(clock.Duration(int32(c.tsNow()-g.opt.tsEcr)) * millisecond)
		}
		c.flight = c.flight[1:]
		n++
	}
	if len(c.flight) > 0 && after(g.ack, c.flight[0].seq) {
		c.flight[0].seq = g.ack // part of a segment: tcp_trim_head
	}
	c.una = g.ack
	if d := int32(g.ack - c.bufSeq); d > 0 {
		k := min(int(d), len(c.buf))
		c.buf = c.buf[k:]
		c.bufSeq += uint32(k)
		if len(c.buf) == 0 {
			c.buf = nil
		}
	}
	return n
}

// markSacked notes what came beyond a hole: RFC 2018 section 5. It reports whether
// anything is new.
func (c *tcb) markSacked(g *arrival) bool {
	news := false
	for _, b := range g.opt.sacks[:g.opt.nSacks] {
		if !before(b.seq, b.end) || before(b.seq, c.una) || after(b.end, c.nxt) {
			continue // also a D-SACK, RFC 2883
		}
		for i := range c.flight {
			if x := &c.flight[i]; !x.sacked && !before(x.seq, b.seq) && !after(x.end, b.end) {
				x.sacked, news = true, true
			}
		}
	}
	return news
}

// progress opens the congestion window: RFC 5681 section 3.1. n segments were
// acknowledged.
func (c *tcb) progress(g *arrival, n int) {
	c.dupAcks, c.backoff, c.tries, c.since, c.probed, c.soft = 0, 0, 0, 0, false, 0
	if c.recovering || c.lossState {
		if !before(g.ack, c.highSeq) {
			if c.recovering {
				c.cwnd = max(c.ssthresh, 2)
			}
			c.recovering, c.lossState = false, false
			return
		}
		if !c.lossState {
			return
		}
	}
	if c.cwnd < c.ssthresh {
		c.cwnd += n
		return
	}
	c.cwndCount += n
	if c.cwndCount >= c.cwnd {
		c.cwndCount -= c.cwnd
		c.cwnd++
	}
}

// findLost is fast retransmit: RFC 5681 section 3.2, RFC 6675 section 5 where
// SACK tells more.
func (c *tcb) findLost(progress bool) {
	beyond, lost := 0, false
	for i := len(c.flight) - 1; i >= 0; i-- {
		x := &c.flight[i]
		switch {
		case x.sacked:
			beyond++
		case beyond >= tcpDupThresh && !x.lost:
			x.lost, x.again, lost = true, false, true
		}
	}
	if !c.sackOK && len(c.flight) > 0 {
		x := &c.flight[0]
		if c.dupAcks >= tcpDupThresh && !c.recovering || c.recovering && progress { // NewReno: a partial ACK tells of the next hole, RFC 6582
			x.lost, x.again, lost = true, false, true
		}
	}
	if lost && !c.recovering && !c.lossState {
		c.recovering, c.highSeq = true, c.nxt
		c.ssthresh = max(c.pipe()/2, 2)
		c.cwnd, c.cwndCount = c.ssthresh, 0
	}
}

// finAcked moves on where the other end has acknowledged the FIN.
func (c *tcb) finAcked() {
	if !c.finSent() || before(c.una, c.bufEnd()+1) {
		return
	}
	switch c.state {
	case tcpFinWait1:
		c.setState(tcpFinWait2)
		if c.orphan {
			c.waitWithout()
		}
		c.wake()
	case tcpClosing:
		c.timeWait()
	case tcpLastAck:
		c.end(0)
	}
}

// text is the seventh and eighth step: data and FIN. tcp_data_queue.
func (c *tcb) text(g *arrival) {
	if len(g.data) == 0 && !g.has(packet.TCPFin) {
		return
	}
	switch c.state {
	case tcpCloseWait, tcpClosing, tcpLastAck: // nothing may follow a FIN
		if before(g.seq, c.rnxt) {
			c.ackDue = true
			c.quickAcks()
			c.ackNow = true
		}
		return
	}
	if !after(g.end, c.rnxt) { // all of it came before: its ACK was lost
		c.quickAcks()
		c.ackDue, c.ackNow = true, true
		return
	}
	onlyFIN := len(g.data) == 0 && g.seq == c.rnxt // taken also by a closed window
	if !onlyFIN && !before(g.seq, c.rnxt+c.receiveWindow()) {
		c.quickAcks()
		c.ackDue, c.ackNow = true, true
		return
	}
	if after(g.seq, c.rnxt) {
		c.beyondHole(g)
		return
	}
	c.received(len(g.data))
	c.take(g.seq, g.data, g.has(packet.TCPFin))
	filled := len(c.ooo) > 0
	for len(c.ooo) > 0 && !after(c.ooo[0].seq, c.rnxt) {
		x := c.ooo[0]
		c.ooo = c.ooo[1:]
		if after(x.end, c.rnxt) {
			c.take(x.seq, x.data, x.fin)
		}
	}
	if filled && len(c.ooo) == 0 {
		c.ackNow = true // RFC 5681 section 4.2: a gap is filled
	}
	c.wake()
}

// take appends data from seq on to what the program reads, and the FIN.
func (c *tcb) take(seq uint32, data []byte, fin bool) {
	data = data[c.rnxt-seq:]
	if !c.orphan {
		if c.inAt > 0 && len(c.in)+len(data) > cap(c.in) {
			c.in = append(c.in[:0], c.in[c.inAt:]...)
			c.inAt = 0
		}
		c.in = append(c.in, data...)
	}
	c.rnxt += uint32(len(data))
	if fin {
		c.rnxt++
		c.fin()
	}
}

// beyondHole keeps what cannot be read yet: tcp_data_queue_ofo. The blocks are
// kept apart and in order.
func (c *tcb) beyondHole(g *arrival) {
	c.ackDue, c.ackNow = true, true
	c.lastOOO = g.seq
	n := block{span{g.seq, g.end}, append([]byte(nil), g.data...), g.has(packet.TCPFin)}
	at := 0
	for at < len(c.ooo) && before(c.ooo[at].end, n.seq) {
		at++
	}
	to := at
	for to < len(c.ooo) && !after(c.ooo[to].seq, n.end) { // touches: make one of them
		n = join(c.ooo[to], n)
		to++
	}
	c.ooo = append(c.ooo[:at], append([]block{n}, c.ooo[to:]...)...)
}

// join makes one block of two that touch.
func join(a, b block) block {
	if before(b.seq, a.seq) {
		a, b = b, a
	}
	if after(b.end, a.end) {
		a.data = append(a.data, b.data[a.end-b.seq:]...)
		a.end, a.fin = b.end, b.fin
	}
	return a
}

// fin: the other end has nothing more to say. tcp_fin.
func (c *tcb) fin() {
	c.ackDue, c.finSeen, c.readShut = true, true, true
	c.ooo = nil
	switch c.state {
	case tcpEstablished, tcpSynReceived:
		c.setState(tcpCloseWait)
		c.pingpong = true
	case tcpFinWait1:
		// Ours is not acknowledged yet: simultaneous close.
		c.sendAck()
		c.setState(tcpClosing)
	case tcpFinWait2:
		c.sendAck()
		c.timeWait()
	}
	c.wake()
}

// received keeps the times of arrivals, for the delayed ACK:
// tcp_event_data_recv.
func (c *tcb) received(n int) {
	if n == 0 {
		return
	}
	c.ackDue = true
	switch { // tcp_measure_rcv_mss
	case n >= c.rcvMSS:
		c.rcvMSS = min(n, c.advMSS)
	default:
		c.pushed = min(c.pushed+1, 2)
	}
	now := c.jiffies()
	if c.ato == 0 {
		c.moreQuick()
		c.ato = tcpATOMin
	} else {
		switch m := now - c.lastRcv; {
		case m <= tcpATOMin/2:
			c.ato = c.ato>>1 + tcpATOMin/2
		case m < c.ato:
			c.ato = min(c.ato>>1+m, c.rto)
		case m > c.rto:
			c.moreQuick()
		}
	}
	c.lastRcv = now
}

// moreQuick is tcp_incr_quickack: as many ACKs at once as the sender may need
// to open its window.
func (c *tcb) moreQuick() {
	n := int(c.rwnd) / (2 * c.rcvMSS)
	if n == 0 {
		n = 2
	}
	c.quick = max(c.quick, min(n, tcpMaxQuickAcks))
}

// quickAcks is tcp_enter_quickack_mode.
func (c *tcb) quickAcks() {
	c.moreQuick()
	c.pingpong, c.ato = false, tcpATOMin
}

// checkAck sends the ACK that is due, or lets it wait: __tcp_ack_snd_check.
func (c *tcb) checkAck() {
	if !c.ackDue || c.ended || c.state == tcpTimeWait {
		return
	}
	full := int(c.rnxt-c.rwup) > c.rcvMSS && c.freeWindow() >= c.receiveWindow()+(c.rnxt-c.rwup)
	if full || c.quick > 0 && !c.pingpong || c.ackNow || len(c.ooo) > 0 {
		c.sendAck()
		return
	}
	c.delayAck()
}

// timeWait keeps the ports until no segment of the connection can be under
// way any more: RFC 9293 section 3.6.1, 60 s in Linux.
func (c *tcb) timeWait() {
	if c.state != tcpTimeWait {
		c.setState(tcpTimeWait)
	}
	c.stopTimer()
	c.clock.Cancel(c.ackTimer)
	c.restartWait()
	if c.tsOK {
		c.s.Waiting = c.giveWay
	}
	c.wake()
}

// giveWay ends a connection in TIME-WAIT: this end opens another between the
// same ports, having asked for its own. Its sequence numbers begin behind all
// that can be under way.
func (c *tcb) giveWay() stack.Heir {
	h := stack.Heir{Seq: c.nxt + 65535 + 2, TSOffset: c.tsOffset, TSRecent: c.tsRecent}
	c.end(0)
	return h
}

func (c *tcb) restartWait() {
	c.clock.Cancel(c.waitTimer)
	c.waitAt = c.ns.Now().Wheel(tcpTimeWaitJ)
	c.waitTimer = c.clock.Schedule(c.waitAt, c, timerWait)
}

// waitWithout is FIN-WAIT-2 of a connection that its program has closed: it
// does not wait for the other end's FIN for ever (tcp_fin_timeout, RFC 9293
// section 3.10.4). The kernel keeps it as a time-wait socket at once.
func (c *tcb) waitWithout() { c.restartWait() }

// inTimeWait: tcp_timewait_state_process.
func (c *tcb) inTimeWait(g *arrival) {
	stale := c.stale(g)
	if !stale && g.seq == c.rnxt && (g.seq == g.end || g.has(packet.TCPRst)) {
		if g.has(packet.TCPRst) { // TIME-WAIT assassination, RFC 1337: Linux lets it happen
			c.end(0)
			return
		}
		c.restartWait()
		return
	}
	if g.has(packet.TCPSyn) && !g.has(packet.TCPRst|packet.TCPAck) && !stale && (after(g.seq, c.rnxt) || c.tsOK && g.opt.hasTS && int32(c.tsRecent-g.opt.tsVal) < 0) {
		ip := g.ip // RFC 9293 section 3.6.1: a new incarnation
		c.end(0)
		if !c.ns.Redeliver(ip) {
			c.ns.Reset(ip)
		}
		return
	}
	if !g.has(packet.TCPRst) {
		if stale || g.has(packet.TCPAck) {
			c.restartWait()
		}
		c.emit(c.nxt, packet.TCPAck, nil)
	}
}
