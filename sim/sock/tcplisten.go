package sock

import (
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// maxHalfOpen is how many connections may be in SYN-RECEIVED, where a backlog
// is smaller. The kernel goes on with SYN cookies then; that is not modelled.
const maxHalfOpen = 1024

// TCPListener is a socket in the state LISTEN.
type TCPListener struct {
	l        *tcpListener
	p        *proc.Proc
	deadline clock.Instant
}

type tcpListener struct {
	s       *stack.Socket
	backlog int
	half    []*tcb // in SYN-RECEIVED
	ready   []*tcb // to accept
	closed  bool
	notify  []func()
}

// ListenTCP opens a port: RFC 9293 section 3.10.1, passive. A zero address means
// any. backlog is that of listen(2); one connection more may wait.
func ListenTCP(p *proc.Proc, ns *stack.Namespace, local netip.AddrPort, backlog int) (*TCPListener, error) {
	return ListenTCPWith(p, ns, local, backlog, func(s *stack.Socket) { s.ReuseAddr = true })
}

// ListenTCPWith is ListenTCP with socket options: set sees the socket before it
// has a port. What it sets, connections inherit.
func ListenTCPWith(p *proc.Proc, ns *stack.Namespace, local netip.AddrPort, backlog int, set func(*stack.Socket)) (*TCPListener, error) {
	s := ns.OpenSocket(packet.ProtoTCP)
	set(s)
	if errno := s.Bind(local); errno != 0 {
		return nil, Error{errno}
	}
	if errno := s.Listen(); errno != 0 {
		s.Close()
		return nil, Error{errno}
	}
	l := &tcpListener{s: s, backlog: backlog, notify: []func(){p.Wake}}
	s.Recv = l.segment
	s.Status = func() stack.SocketStatus {
		return stack.SocketStatus{State: "LISTEN", RecvQ: len(l.ready), SendQ: backlog, Holders: []int{p.PID}}
	}
	t := &TCPListener{l: l, p: p}
	p.OnEnd(t.Close)
	return t, nil
}

// Readable says that Accept would not block.
func (t *TCPListener) Readable() bool { return len(t.l.ready) > 0 || t.l.closed }

// SetDeadline ends Accept at an instant with EAGAIN; 0 never.
func (t *TCPListener) SetDeadline(at clock.Instant) { t.deadline = at }

// Accept waits for a connection.
func (t *TCPListener) Accept() (*TCPConn, error) {
	for {
		if t.l.closed {
			return nil, Error{stack.ECONNABORTED}
		}
		if len(t.l.ready) > 0 {
			c := t.l.ready[0]
			t.l.ready = t.l.ready[1:]
			c.lis = nil
			return c.heldBy(t.p), nil
		}
		if !await(t.p, t.deadline) {
			return nil, Error{stack.EAGAIN}
		}
	}
}

// Close gives the port back. Connections that nobody accepted are reset.
func (t *TCPListener) Close() {
	l := t.l
	if l.closed {
		return
	}
	l.closed = true
	for _, c := range slices.Clone(l.half) { // they just go: inet_csk_listen_stop
		c.end(0)
	}
	for _, c := range slices.Clone(l.ready) {
		if !c.ended {
			c.reset()
		}
		c.end(0)
	}
	l.s.Close()
}

// segment: RFC 9293 section 3.10.7.2, tcp_conn_request.
func (l *tcpListener) segment(ip packet.IPv4) {
	g := readSegment(ip)
	ns := l.s.Namespace()
	switch {
	case g.has(packet.TCPRst):
		return
	case g.has(packet.TCPAck):
		ns.Reset(ip)
		return
	case !g.has(packet.TCPSyn) || g.has(packet.TCPFin):
		return
	}
	if len(l.ready) > l.backlog || len(l.half) >= maxHalfOpen { // the client tries again
		return
	}
	c := newTCB(l.s.Accept(ip))
	c.lis = l
	l.half = append(l.half, c)
	mtu, adv, ok := c.s.PathMTU()
	if !ok {
		c.end(0)
		return
	}
	c.advMSS, c.pmtu = adv, mtu
	c.learn(&g)
	payload := adv
	if c.tsOK {
		payload -= tsOptLen
	}
	c.firstWindow(payload)
	c.setState(tcpSynReceived)
	c.launch(packet.TCPSyn | packet.TCPAck)
}

// admit moves a connection whose handshake is complete to those that wait to
// be accepted. It is false where too many wait.
func (l *tcpListener) admit(c *tcb) bool {
	if len(l.ready) > l.backlog {
		return false
	}
	l.half = slices.DeleteFunc(l.half, func(x *tcb) bool { return x == c })
	l.ready = append(l.ready, c)
	c.ns.MIB.TCP.PassiveOpens++
	for _, f := range l.notify {
		f()
	}
	return true
}

// forget takes a connection off the lists: it ended before it was accepted.
// One that is established stays to be accepted, with its error.
func (l *tcpListener) forget(c *tcb) {
	l.half = slices.DeleteFunc(l.half, func(x *tcb) bool { return x == c })
	if l.closed {
		l.ready = nil
	}
}
