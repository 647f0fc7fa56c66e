package sock

import (
	"io"
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// TCPConn is a TCP connection as a process sees it: RFC 9293 with the socket
// calls of tcp(7). Calls block the process in virtual time. Several processes
// may hold one connection: see As.
type TCPConn struct {
	c        *tcb
	p        *proc.Proc
	deadline clock.Instant
}

// DialTCP opens a connection from any address of the namespace.
func DialTCP(p *proc.Proc, ns *stack.Namespace, to netip.AddrPort) (*TCPConn, error) {
	return TCPDialer{}.Dial(p, ns, to)
}

// TCPDialer says how to open a connection. The zero value is fine.
type TCPDialer struct {
	Local     netip.AddrPort // bound address and port, either may be zero
	Dev       int32          // SO_BINDTODEVICE
	TTL, TOS  uint8
	Deadline  clock.Instant // 0: until the kernel gives up, after 127 s
	ReuseAddr bool

	// BindFailed, if set, is told that Local is not to be had; the connection
	// is then opened without.
	BindFailed func(stack.Errno)
}

// Dial opens a connection: RFC 9293 section 3.10.1.
func (d TCPDialer) Dial(p *proc.Proc, ns *stack.Namespace, to netip.AddrPort) (*TCPConn, error) {
	s := ns.OpenSocket(packet.ProtoTCP)
	s.Dev, s.TTL, s.TOS, s.ReuseAddr = d.Dev, d.TTL, d.TOS, d.ReuseAddr
	if d.Local.IsValid() {
		switch errno := s.Bind(d.Local); {
		case errno != 0 && d.BindFailed != nil:
			d.BindFailed(errno)
		case errno != 0:
			return nil, Error{errno}
		}
	}
	if errno := s.Connect(to); errno != 0 {
		s.Close()
		return nil, Error{errno}
	}
	c := newTCB(s)
	t := c.heldBy(p)
	c.open()
	for c.state == tcpSynSent || c.state == tcpSynReceived {
		if !await(p, d.Deadline) {
			t.Abort()
			return nil, Error{stack.ETIMEDOUT}
		}
	}
	if c.ended {
		errno := c.takeError()
		if errno == 0 {
			errno = stack.ECONNABORTED
		}
		return nil, Error{errno}
	}
	return t, nil
}

// heldBy is the connection as process p sees it. Once all that held it have
// ended it is closed, as the kernel closes files.
func (c *tcb) heldBy(p *proc.Proc) *TCPConn {
	t := &TCPConn{c: c, p: p}
	c.holders++
	c.pids = append(c.pids, p.PID)
	c.notify = append(c.notify, p.Wake)
	p.OnEnd(func() {
		c.pids = slices.DeleteFunc(c.pids, func(n int) bool { return n == p.PID })
		if c.holders--; c.holders == 0 {
			_ = t.Close()
		}
	})
	return t
}

// open sends the SYN: tcp_connect.
func (c *tcb) open() {
	mtu, adv, _ := c.s.PathMTU()
	c.advMSS = adv
	c.firstWindow(adv)
	c.syncMSS(mtu)
	c.ns.MIB.TCP.ActiveOpens++
	c.setState(tcpSynSent)
	c.launch(packet.TCPSyn)
}

// firstWindow is tcp_select_initial_window: what fits in the buffer in whole
// segments.
func (c *tcb) firstWindow(mss int) {
	w := uint32(min(tcpBuffer, 0xffff))
	if mss > 0 && int(w) > mss {
		w = w / uint32(mss) * uint32(mss)
	}
	c.rwnd, c.firstWnd = w, w
}

// launch sends the first segment of this end.
func (c *tcb) launch(flags uint8) {
	c.nxt = c.iss + 1
	c.flight = append(c.flight, sentSegment{span: span{c.iss, c.nxt}, at: c.ns.Now(), flags: flags})
	c.sendSYN(flags, false)
	c.armRTO()
}

// As is the connection as another process sees it.
func (t *TCPConn) As(p *proc.Proc) *TCPConn {
	other := t.c.heldBy(p)
	other.deadline = t.deadline
	return other
}

// Notify lets f be called whenever something changed.
func (t *TCPConn) Notify(f func()) { t.c.notify = append(t.c.notify, f) }

// SetDeadline ends blocking calls at an instant with EAGAIN; 0 never.
func (t *TCPConn) SetDeadline(at clock.Instant) { t.deadline = at }

// Local is this end.
func (t *TCPConn) Local() netip.AddrPort { return t.c.s.Local() }

// Remote is the other end.
func (t *TCPConn) Remote() netip.AddrPort { return t.c.s.Remote() }

// Writable says that WriteSome would take something, or fail.
func (t *TCPConn) Writable() bool { return len(t.c.buf) < tcpSendBuffer || t.c.err != 0 }

// State is the state as ss(8) prints it.
func (t *TCPConn) State() string { return t.c.state.String() }

// MSS is what a segment of this end may carry now, in bytes.
func (t *TCPConn) MSS() int { return t.c.currentMSS() }

// Readable says that Read would not block.
func (t *TCPConn) Readable() bool { return t.c.unread() > 0 || t.c.readShut || t.c.err != 0 }

// Read gives what came in; io.EOF once the other end has closed. RFC 9293
// section 3.10.3.
func (t *TCPConn) Read(b []byte) (int, error) {
	c := t.c
	for {
		if c.orphan {
			return 0, Error{fib.EINVAL}
		}
		if n := c.unread(); n > 0 {
			n = copy(b, c.in[c.inAt:])
			if c.inAt += n; c.inAt == len(c.in) {
				c.in, c.inAt = c.in[:0], 0
			}
			c.afterRead(n)
			return n, nil
		}
		if e := c.takeError(); e != 0 {
			return 0, Error{e}
		}
		if c.readShut || len(b) == 0 {
			return 0, io.EOF
		}
		if !await(t.p, t.deadline) {
			return 0, Error{stack.EAGAIN}
		}
	}
}

// afterRead tells the other end of room in the buffer where that matters:
// tcp_cleanup_rbuf.
func (c *tcb) afterRead(n int) {
	if c.ended || c.state == tcpTimeWait {
		return
	}
	due := c.ackDue && (int(c.rnxt-c.rwup) > c.rcvMSS || (c.pushed > 1 || c.pushed == 1 && !c.pingpong) && c.unread() == 0)
	if !due && !c.finSeen {
		if now := c.receiveWindow(); 2*now <= tcpBuffer {
			win := c.freeWindow()
			due = win > 0 && win >= 2*now
		}
	}
	if due {
		c.sendAck()
	}
}

// Write sends data, as far as the buffer takes it at once, and waits for the
// rest. RFC 9293 section 3.10.2.
func (t *TCPConn) Write(b []byte) (int, error) {
	for done := 0; ; {
		n, err := t.WriteSome(b[done:])
		if done += n; err != nil || done == len(b) {
			return done, err
		}
		if !await(t.p, t.deadline) {
			return done, Error{stack.EAGAIN}
		}
	}
}

// WriteSome sends what the buffer takes now, and does not block: n may be 0.
func (t *TCPConn) WriteSome(b []byte) (n int, err error) {
	c := t.c
	if e := c.takeError(); e != 0 {
		return 0, Error{e}
	}
	if c.orphan || c.writeShut || c.finQueued {
		return 0, Error{stack.EPIPE}
	}
	if n = min(tcpSendBuffer-len(c.buf), len(b)); n > 0 {
		c.buf = append(c.buf, b[:n]...)
		c.push()
		settle(t.p, c.ns)
	}
	return n, nil
}

// CloseWrite sends FIN behind what is written; reading goes on. shutdown(2)
// with SHUT_WR.
func (t *TCPConn) CloseWrite() error {
	c := t.c
	if c.ended || c.state == tcpTimeWait {
		return Error{stack.ENOTCONN}
	}
	c.writeShut = true
	c.sendFIN()
	settle(t.p, c.ns)
	return nil
}

// sendFIN: RFC 9293 section 3.10.4.
func (c *tcb) sendFIN() {
	if c.finQueued {
		return
	}
	switch c.state {
	case tcpEstablished, tcpSynReceived:
		c.setState(tcpFinWait1)
	case tcpCloseWait:
		c.setState(tcpLastAck)
	default:
		return
	}
	c.finQueued = true
	c.push()
}

// Close ends the use of the connection: tcp_close. Where data was not read,
// the other end is told by RST.
func (t *TCPConn) Close() error {
	c := t.c
	if c.orphan {
		return nil
	}
	unread := c.unread()
	c.orphan, c.notify, c.in, c.inAt, c.pids = true, nil, nil, 0, nil
	switch {
	case c.ended:
	case c.state == tcpSynSent:
		c.forget()
	case unread > 0 && c.state != tcpTimeWait: // RFC 2525 section 2.17
		c.ns.MIB.TCPExt.TCPAbortOnClose++
		c.reset()
		c.end(0)
	case c.state == tcpFinWait2:
		c.waitWithout()
	default:
		c.sendFIN()
	}
	return nil
}

// Abort is Close with RST: RFC 9293 section 3.10.5.
func (t *TCPConn) Abort() {
	c := t.c
	c.orphan, c.notify = true, nil
	if c.ended {
		return
	}
	switch c.state {
	case tcpSynSent:
		c.forget()
		return
	case tcpTimeWait:
	default:
		c.reset()
	}
	c.end(0)
}

// forget ends a connection that its program does not want before anybody has
// answered: no failed attempt.
func (c *tcb) forget() {
	c.state = tcpClosed
	c.end(0)
}
