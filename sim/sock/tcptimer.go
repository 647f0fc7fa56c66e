package sock

import (
	"math/bits"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/stack"
)

// The timers of a connection: like net/ipv4/tcp_timer.c, in jiffies and with the
// buckets of the kernel's timer wheel.

// Timers of a connection. The first three share one.
const (
	timerRTO    uint64 = iota // retransmission, RFC 6298
	timerTLP                  // tail loss probe, RFC 8985 section 7
	timerProbe                // zero window probe, RFC 9293 section 3.8.6.1
	timerDelAck               // delayed ACK, RFC 9293 section 3.8.6.3
	timerWait                 // TIME-WAIT, and FIN-WAIT-2 without a program
)

// Fire is a timer of the connection.
func (c *tcb) Fire(which uint64) {
	if c.ended {
		return
	}
	switch which {
	case timerDelAck:
		c.ackTimer = clock.Ref{}
		c.delayedAck()
	case timerWait:
		c.end(0)
	default:
		c.timer = clock.Ref{}
		switch c.timerIs {
		case timerRTO:
			c.timeout()
		case timerTLP:
			c.tailProbe()
		case timerProbe:
			c.windowProbe()
		}
	}
}

func (c *tcb) startTimer(which uint64, jiffies int64) {
	c.clock.Cancel(c.timer)
	c.timerIs = which
	c.timerAt = c.ns.Now().Wheel(max(jiffies, 1))
	c.timer = c.clock.Schedule(c.timerAt, c, which)
}

// timerStatus says which timer runs: tcp_diag_get_info and inet_sk_diag_fill.
func (c *tcb) timerStatus(st *stack.SocketStatus) {
	at := c.timerAt
	switch {
	case c.state == tcpTimeWait || c.waitTimer != clock.Ref{} && c.state == tcpFinWait2:
		st.Timer, at = "timewait", c.waitAt
	case c.timer == clock.Ref{}:
		return
	case c.timerIs == timerProbe:
		st.Timer, st.Retries = "persist", c.probes
	default:
		st.Timer, st.Retries = "on", max(c.backoff, c.tries)
	}
	st.TimerLeft = max(at.Sub(c.ns.Now()), 0)
}

func (c *tcb) stopTimer() {
	c.clock.Cancel(c.timer)
	c.timer = clock.Ref{}
}

// armRTO starts the retransmission timer for what is under way, or stops it:
// tcp_rearm_rto.
func (c *tcb) armRTO() {
	if len(c.flight) == 0 {
		c.stopTimer()
		return
	}
	c.startTimer(timerRTO, min(c.rto<<min(c.backoff, 10), tcpRTOMax))
}

// armTLP replaces the retransmission timer by an earlier probe of the tail:
// tcp_schedule_loss_probe. Two round trips, and a delayed ACK where only one
// segment is under way.
func (c *tcb) armTLP() {
	if !c.sackOK || c.recovering || c.lossState || c.probed || c.srtt == 0 || len(c.flight) == 0 || c.state == tcpSynSent || c.state == tcpSynReceived {
		return
	}
	if c.finQueued && !c.finSent() && c.wnd == 0 {
		return
	}
	j := toJiffies(2 * c.srtt)
	if len(c.flight) == 1 {
		j += tcpRTOMin
	} else {
		j += 2 // TCP_TIMEOUT_MIN
	}
	// Never later than the retransmission that is due.
	due := c.flight[0].at.Add(clock.Duration(c.rto) * clock.Jiffy)
	if left := toJiffies(due.Sub(c.ns.Now())); left > 0 && left < j {
		j = left
	}
	c.startTimer(timerTLP, j)
}

// toJiffies rounds up.
func toJiffies(d clock.Duration) int64 { return int64((d + clock.Jiffy - 1) / clock.Jiffy) }

// tailProbe sends something new, or the last segment once more, so that its
// ACK tells of a loss: tcp_send_loss_probe.
func (c *tcb) tailProbe() {
	if len(c.flight) == 0 {
		return
	}
	c.probed = true
	mss := c.currentMSS()
	if n := min(c.unsent(), mss); n > 0 && !after(c.nxt+uint32(n), c.una+c.wnd) {
		c.sendNew(n, false)
	} else {
		i := len(c.flight) - 1
		c.resendAt(i)
		c.since = 0
	}
	c.ns.MIB.TCPExt.TCPLossProbes++
	c.armRTO()
}

// timeout is the retransmission timer: tcp_retransmit_timer. RFC 6298 section
// 5.
func (c *tcb) timeout() {
	c.ns.MIB.TCPExt.TCPTimeouts++
	switch c.state {
	case tcpSynSent:
		if c.tries >= tcpSynRetries {
			c.giveUp()
			return
		}
	case tcpSynReceived:
		if c.tries >= tcpSynAckTry {
			c.end(stack.ETIMEDOUT)
			return
		}
	default:
		if c.orphan && c.tries >= tcpOrphanTry || c.since != 0 && c.ns.Now().Sub(c.since) >= tcpGiveUp {
			c.giveUp()
			return
		}
	}
	if len(c.flight) == 0 {
		return
	}
	c.tries++
	if c.state >= tcpEstablished {
		if !c.lossState { // RFC 5681 section 3.1 equation 4
			c.ssthresh = max(c.pipe()/2, 2)
		}
		c.lossState, c.recovering, c.dupAcks = true, false, 0
		c.cwnd, c.cwndCount = 1, 0
		c.highSeq = c.nxt
		for i := range c.flight {
			x := &c.flight[i]
			x.lost, x.again = !x.sacked, false
		}
	}
	for i := range c.flight {
		if !c.flight[i].sacked {
			c.resendAt(i)
			break
		}
	}
	if c.ended {
		return
	}
	c.backoff++
	c.armRTO()
}

// whyNot is the error of a connection that ran out of time: what ICMP said
// last, otherwise ETIMEDOUT.
func (c *tcb) whyNot() stack.Errno {
	if c.soft != 0 {
		return c.soft
	}
	return stack.ETIMEDOUT
}

// windowProbe asks whether a closed window has opened: tcp_probe_timer and
// tcp_write_wakeup. What fits is sent; otherwise a segment without data from
// before the window.
func (c *tcb) windowProbe() {
	if len(c.flight) > 0 || c.unsent() == 0 && (!c.finQueued || c.finSent()) {
		c.probes = 0
		return
	}
	if c.since == 0 {
		c.since = c.ns.Now()
	} else if c.orphan && c.probes > tcpOrphanTry {
		c.giveUp()
		return
	}
	if room := int(int32(c.una + c.wnd - c.nxt)); room > 0 {
		n := min(c.unsent(), room, c.currentMSS())
		c.sendNew(n, c.finQueued && c.nxt+uint32(n) == c.bufEnd())
		c.armRTO()
		return
	}
	c.probes++
	c.backoff = min(c.backoff+1, bits.Len(tcpRTOMax/tcpRTOMin))
	c.emit(c.una-1, packet.TCPAck, nil)
	c.startTimer(timerProbe, min(max(c.rto, tcpRTOMin)<<c.backoff, tcpRTOMax))
}

// measure takes a round trip time: tcp_rtt_estimator, RFC 6298 section 2. The
// variance is never below TCP_RTO_MIN.
func (c *tcb) measure(r clock.Duration) {
	r = max(r, 1000)
	if c.srtt == 0 {
		c.srtt, c.rttvar = r, r/2
	} else {
		c.rttvar += ((c.srtt - r).Abs() - c.rttvar) / 4
		c.srtt += (r - c.srtt) / 8
	}
	c.rto = min(toJiffies(c.srtt+max(4*c.rttvar, tcpRTOMin*clock.Jiffy)), tcpRTOMax)
}

// delayAck lets the ACK wait for data to go with: tcp_send_delayed_ack.
func (c *tcb) delayAck() {
	ato := c.ato
	if ato > tcpATOMin {
		most := int64(50)
		if c.pingpong || c.pushed > 0 {
			most = tcpDelAckMax
		}
		if c.srtt > 0 {
			most = min(most, max(toJiffies(c.srtt), tcpATOMin))
		}
		ato = min(ato, most)
	}
	ato = min(ato, tcpDelAckMax)
	at := c.ns.Now().Add(clock.Duration(ato) * clock.Jiffy)
	if c.ackTimer != (clock.Ref{}) {
		if c.ackDueAt <= c.ns.Now().Add(clock.Duration(ato)*clock.Jiffy/4) {
			c.sendAck()
			return
		}
		if at >= c.ackDueAt {
			return
		}
		c.clock.Cancel(c.ackTimer)
	}
	c.ackDue, c.ackDueAt = true, at
	c.ackTimer = c.clock.Schedule(c.ns.Now().Wheel(ato), c, timerDelAck)
}

// delayedAck is the end of the wait: tcp_delack_timer_handler.
func (c *tcb) delayedAck() {
	if !c.ackDue {
		return
	}
	if !c.pingpong {
		c.ato = min(c.ato<<1, c.rto)
	} else {
		c.pingpong, c.ato = false, tcpATOMin
	}
	c.sendAck()
}

// giveUp ends a connection whose other end does not answer: tcp_write_err.
func (c *tcb) giveUp() {
	c.ns.MIB.TCPExt.TCPAbortOnTimeout++
	c.end(c.whyNot())
}
