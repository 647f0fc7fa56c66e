package sock

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/stack"
)

// What a connection sends: like net/ipv4/tcp_output.c.

// optionLen is the length of the options of a segment with data.
func (c *tcb) optionLen() int {
	n := 0
	if c.tsOK {
		n += tsOptLen
	}
	if k := c.sackBlocks(); k > 0 {
		n += 4 + 8*k
	}
	return n
}

func (c *tcb) sackBlocks() int {
	if !c.sackOK {
		return 0
	}
	most := 4
	if c.tsOK {
		most = 3
	}
	return min(len(c.ooo), most)
}

// currentMSS is what a segment may carry now, in bytes: tcp_current_mss. RFC
// 9293 section 3.7.1.
func (c *tcb) currentMSS() int {
	if mtu, _, ok := c.s.PathMTU(); ok && mtu != c.pmtu {
		c.syncMSS(mtu)
	}
	return max(c.mss-c.optionLen(), 8)
}

// syncMSS is tcp_sync_mss: path MTU, what the other end takes, and half of the
// largest window it ever had.
func (c *tcb) syncMSS(mtu int) {
	c.pmtu = mtu
	m := min(mtu-packet.IPv4Len-packet.TCPLen, c.peerMSS)
	cutoff := int(c.maxWnd)
	if cutoff > tcpDefaultMSS {
		cutoff /= 2
	}
	if cutoff > 0 && m > cutoff {
		m = max(cutoff, 68-packet.IPv4Len-packet.TCPLen)
	}
	c.mss = max(m, 48)
}

// data are n bytes of the send buffer from a sequence number on.
func (c *tcb) data(seq uint32, n int) []byte {
	at := int(seq - c.bufSeq)
	return c.buf[at : at+n]
}

// bufEnd is the sequence number behind all data, where a FIN goes.
func (c *tcb) bufEnd() uint32 { return c.bufSeq + uint32(len(c.buf)) }

// unsent is the number of bytes that were never sent.
func (c *tcb) unsent() int { return max(int(int32(c.bufEnd()-c.nxt)), 0) }

// finSent says that the FIN is on its way.
func (c *tcb) finSent() bool { return c.finQueued && after(c.nxt, c.bufEnd()) }

// pipe is the number of segments that the network is thought to hold: RFC 6675
// section 2.
func (c *tcb) pipe() int {
	n := 0
	for i := range c.flight {
		if x := &c.flight[i]; !x.sacked && (!x.lost || x.again) {
			n++
		}
	}
	return n
}

// push sends what windows and Nagle's rule allow: tcp_write_xmit. RFC 9293
// section 3.8.6.2.1.
func (c *tcb) push() {
	if c.state < tcpEstablished || c.state == tcpTimeWait || c.ended {
		return
	}
	mss := c.currentMSS()
	idle, sent := len(c.flight) == 0, false
	for !c.ended {
		n := min(c.unsent(), mss)
		if c.finSent() {
			break
		}
		fin := c.finQueued && c.nxt+uint32(n) == c.bufEnd()
		if n == 0 && !fin || c.pipe() >= c.cwnd {
			break
		}
		if n > 0 && after(c.nxt+uint32(n), c.una+c.wnd) {
			break
		}
		if n < mss && !c.finQueued && c.nagle() {
			break
		}
		c.sendNew(n, fin)
		sent = true
	}
	switch {
	case sent && (idle || c.timerIs == timerProbe):
		c.armRTO()
		c.armTLP()
	case sent:
		c.armTLP()
	case len(c.flight) == 0 && c.timer == (clock.Ref{}) && (c.unsent() > 0 || c.finQueued && !c.finSent()):
		c.startTimer(timerProbe, max(c.rto, tcpRTOMin)) // tcp_check_probe_timer
	}
}

// nagle holds back a small segment while another small one is under way:
// tcp_nagle_check with Minshall's variant; RFC 9293 section 3.7.4.
func (c *tcb) nagle() bool {
	return len(c.flight) > 0 && after(c.small, c.una) && !after(c.small, c.nxt)
}

// sendNew sends the next n bytes, and the FIN.
func (c *tcb) sendNew(n int, fin bool) {
	x := sentSegment{span: span{c.nxt, c.nxt + uint32(n)}, flags: packet.TCPAck}
	if n > 0 && x.end == c.bufEnd() {
		x.flags |= packet.TCPPsh
	}
	if fin {
		x.flags |= packet.TCPFin
		x.end++
	}
	if n > 0 && n < c.mss-c.optionLen() {
		c.small = x.end
	}
	c.nxt = x.end
	x.at = c.ns.Now()
	c.flight = append(c.flight, x)
	c.transmit(x)
}

// transmit sends a segment of the retransmission queue.
func (c *tcb) transmit(x sentSegment) {
	n := int(x.end - x.seq)
	if x.flags&packet.TCPFin != 0 {
		n--
	}
	if x.flags&packet.TCPSyn != 0 {
		c.sendSYN(x.flags, x.karn)
		return
	}
	if n > 0 {
		// A reply to what just came in: the next ACK can wait for data.
		if c.jiffies()-c.lastRcv < c.ato {
			c.pingpong = true
		}
	}
	c.put(x.seq, x.flags, c.data(x.seq, n), x.karn)
}

// sendSYN sends SYN or SYN-ACK. A listener's SYN-ACK is not sent by the socket
// that the connection will have, and is a new segment each time.
func (c *tcb) sendSYN(flags uint8, again bool) {
	var room [24]byte
	scaling := flags&packet.TCPAck == 0 || c.rcvScale != 0 || c.sndScale != 0
	g := stack.Segment{Seq: c.iss, Flags: flags, Window: uint16(min(c.rwnd, 0xffff)), Unowned: c.lis != nil, Again: again && flags&packet.TCPAck == 0}
	if flags&packet.TCPAck == 0 {
		g.Options = synOptions(room[:0], uint16(c.advMSS), true, true, c.tsNow(), 0, true, tcpMyScale)
	} else {
		g.Ack = c.rnxt
		g.Options = synOptions(room[:0], uint16(c.advMSS), c.sackOK, c.tsOK, c.tsNow(), c.tsRecent, scaling, c.rcvScale)
	}
	c.s.SendTCP(&g)
}

// emit sends a segment that is in no queue.
func (c *tcb) emit(seq uint32, flags uint8, data []byte) { c.put(seq, flags, data, false) }

// put sends a segment with the window and options of now; again says that it
// was sent before.
func (c *tcb) put(seq uint32, flags uint8, data []byte, again bool) {
	var room [40]byte
	g := stack.Segment{Seq: seq, Flags: flags, Data: data, Options: room[:0], Confirm: c.confirm, Unowned: c.mini(), Again: again}
	c.confirm = false
	if flags&packet.TCPAck != 0 {
		g.Ack = c.rnxt
	}
	if c.tsOK {
		g.Options = tsOption(g.Options, c.tsNow(), c.tsRecent)
	}
	if k := c.sackBlocks(); k > 0 && flags&packet.TCPAck != 0 {
		g.Options = sackOption(g.Options, c.sackList(k))
	}
	g.Window = c.selectWindow()
	if flags&packet.TCPRst != 0 {
		g.Window = 0
	}
	if flags&packet.TCPAck != 0 { // tcp_event_ack_sent
		if c.quick > 0 && c.ackDue {
			if c.quick--; c.quick == 0 {
				c.ato = tcpATOMin
			}
		}
		c.ackDue, c.ackNow, c.pushed = false, false, 0
		c.clock.Cancel(c.ackTimer)
		c.ackTimer = clock.Ref{}
	}
	c.s.SendTCP(&g)
}

// mini says that the kernel keeps only what it must of the connection (struct
// inet_timewait_sock).
func (c *tcb) mini() bool { return c.state == tcpTimeWait || c.state == tcpFinWait2 && c.orphan }

// sackList are the blocks to tell: the one that came last first, RFC 2018
// section 4.
func (c *tcb) sackList(k int) []span {
	list := make([]span, 0, 4)
	for _, x := range c.ooo {
		if !after(x.seq, c.lastOOO) && after(x.end, c.lastOOO) {
			list = append(list, x.span)
		}
	}
	for _, x := range c.ooo {
		if len(list) == 0 || x.span != list[0] {
			list = append(list, x.span)
		}
	}
	return list[:k]
}

// sendAck sends an ACK without data: tcp_send_ack.
func (c *tcb) sendAck() {
	if c.ended {
		return
	}
	c.emit(c.nxt, packet.TCPAck, nil)
}

// selectWindow chooses the window to promise and never takes back what was
// promised: tcp_select_window. RFC 9293 section 3.8.6.2.2.
func (c *tcb) selectWindow() uint16 {
	cur := c.receiveWindow()
	win := c.freeWindow()
	if win < cur {
		win = roundUp(cur, 1<<c.rcvScale)
	}
	win = min(win, 0xffff<<c.rcvScale)
	c.rwnd, c.rwup = win, c.rnxt
	return uint16(win >> c.rcvScale)
}

// receiveWindow is what is left of the promised window.
func (c *tcb) receiveWindow() uint32 {
	if left := int32(c.rwup + c.rwnd - c.rnxt); left > 0 {
		return uint32(left)
	}
	return 0
}

// freeWindow is the window that the free buffer allows: __tcp_select_window,
// which keeps silent about small windows.
func (c *tcb) freeWindow() uint32 {
	used := c.unread()
	for i := range c.ooo {
		used += len(c.ooo[i].data)
	}
	free := tcpBuffer - used
	if mss := min(c.rcvMSS, tcpBuffer); free < tcpBuffer/2 && (free < tcpBuffer>>4 || free < mss) {
		return 0
	}
	win := min(uint32(free), c.firstWnd)
	if c.rcvScale > 0 {
		return roundUp(win, 1<<c.rcvScale)
	}
	return win
}

func roundUp(n, to uint32) uint32 { return (n + to - 1) / to * to }

// resend sends segments that count as lost, as far as the congestion window
// allows: tcp_xmit_retransmit_queue.
func (c *tcb) resend() {
	for i := 0; i < len(c.flight) && c.pipe() < max(c.cwnd, 1); i++ {
		if x := &c.flight[i]; x.lost && !x.sacked && !x.again {
			c.resendAt(i)
		}
	}
	c.armRTO()
}

// resendAt sends segment i once more, cut where it is too large by now.
func (c *tcb) resendAt(i int) {
	x := &c.flight[i]
	if mss := c.currentMSS(); x.flags&packet.TCPSyn == 0 && int(x.end-x.seq) > mss+1 || c.tooLong(x, mss) {
		rest := *x
		rest.seq = x.seq + uint32(mss)
		x.end = rest.seq
		x.flags &^= packet.TCPFin | packet.TCPPsh
		c.flight = append(c.flight, sentSegment{})
		copy(c.flight[i+2:], c.flight[i+1:])
		c.flight[i+1] = rest
		x = &c.flight[i]
	}
	x.at, x.again, x.karn = c.ns.Now(), true, true
	c.ns.MIB.TCP.RetransSegs++
	if x.flags&packet.TCPSyn != 0 {
		c.ns.MIB.TCPExt.TCPSynRetrans++
	}
	if c.since == 0 {
		c.since = c.ns.Now()
	}
	c.transmit(*x)
}

func (c *tcb) tooLong(x *sentSegment, mss int) bool {
	n := int(x.end - x.seq)
	if x.flags&(packet.TCPFin|packet.TCPSyn) != 0 {
		n--
	}
	return x.flags&packet.TCPSyn == 0 && n > mss
}

// reset tells the other end that the connection is gone:
// tcp_send_active_reset. RFC 9293 section 3.10.5.
func (c *tcb) reset() {
	c.ns.MIB.TCP.OutRsts++
	c.emit(c.nxt, packet.TCPRst|packet.TCPAck, nil)
}
