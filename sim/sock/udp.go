package sock

import (
	"net/netip"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// udpBuffer is what may wait to be received, in bytes: net.core.rmem_default
// without the kernel's overhead.
const udpBuffer = 212992

// UDPConn is a UDP socket of a program: RFC 768 with the socket calls of
// udp(7). Reads block the process in virtual time. Settings of the embedded
// socket (TTL, TOS, PMTU, Broadcast, Dev …) may change at any time; RecvErr is
// set by EnableErrors.
type UDPConn struct {
	*stack.Socket

	p        *proc.Proc
	deadline clock.Instant
	inbox    []datagramFrom
	waiting  int // bytes in inbox
	errs     []SocketError
	err      stack.Errno // sk_err: what the next call returns
	shutRead bool
	closed   bool
	notify   func()
}

type datagramFrom struct {
	at   clock.Instant
	from netip.AddrPort
	ttl  uint8
	data []byte
}

// SocketError is what a read of the error queue gives: IP_RECVERR of ip(7).
type SocketError struct {
	At    clock.Instant
	Errno stack.Errno
	Local bool       // of this machine: too large to be sent
	From  netip.Addr // who says so; invalid for a local one
	Type  packet.ICMPType
	Code  uint8
	Info  int            // MTU of EMSGSIZE
	To    netip.AddrPort // where the datagram went
	TTL   uint8          // of the ICMP message; 0 for a local one
	Data  []byte         // of the datagram, as far as it is quoted
}

// OpenUDP makes a UDP socket for process p.
func OpenUDP(p *proc.Proc, ns *stack.Namespace) *UDPConn {
	c := &UDPConn{Socket: ns.OpenSocket(packet.ProtoUDP), p: p}
	c.Socket.Recv = c.received
	c.Socket.Error = c.failed
	c.Status = func() stack.SocketStatus {
		state := "UNCONN"
		if c.Connected() {
			state = "ESTAB"
		}
		return stack.SocketStatus{State: state, RecvQ: c.waiting, Holders: []int{c.p.PID}}
	}
	c.GiveTo(p)
	return c
}

// ListenUDP makes a UDP socket that is bound to an address; a zero address
// means any, a zero port one by chance.
func ListenUDP(p *proc.Proc, ns *stack.Namespace, local netip.AddrPort) (*UDPConn, error) {
	c := OpenUDP(p, ns)
	if errno := c.Bind(local); errno != 0 {
		return nil, Error{errno}
	}
	return c, nil
}

// DialUDP makes a connected UDP socket.
func DialUDP(p *proc.Proc, ns *stack.Namespace, to netip.AddrPort) (*UDPConn, error) {
	c := OpenUDP(p, ns)
	if errno := c.Connect(to); errno != 0 {
		c.Close()
		return nil, Error{errno}
	}
	return c, nil
}

// EnableErrors is IP_RECVERR: errors go into a queue for ReadError, and soft
// ones are reported too.
func (c *UDPConn) EnableErrors() { c.RecvErr = true }

// SetDeadline ends blocking calls at an instant; 0 never.
func (c *UDPConn) SetDeadline(at clock.Instant) { c.deadline = at }

// Notify lets f be called whenever something came in.
func (c *UDPConn) Notify(f func()) { c.notify = f }

// Readable says that a call would not block: there is a datagram or an error.
func (c *UDPConn) Readable() bool { return len(c.inbox) > 0 || c.err != 0 || c.shutRead }

// Close gives the port back.
func (c *UDPConn) Close() {
	if c.closed {
		return
	}
	c.closed, c.inbox = true, nil
	c.Socket.Close()
}

// received queues a datagram: udp_queue_rcv_skb.
func (c *UDPConn) received(ip packet.IPv4) {
	u := packet.UDP(ip.Payload())
	if n, err := packet.ParseUDP(ip.Payload()); err == nil {
		u = n
	}
	data := u.Payload()
	mib := &c.Namespace().MIB.UDP
	if c.shutRead || c.waiting+len(data) > udpBuffer {
		mib.RcvbufErrors++
		mib.InErrors++
		return
	}
	c.inbox = append(c.inbox, datagramFrom{c.Namespace().Now(), netip.AddrPortFrom(ip.Src(), u.SrcPort()), ip.TTL(), append([]byte(nil), data...)})
	c.waiting += len(data)
	c.wake()
}

// failed takes an ICMP error: __udp4_lib_err. RFC 1122 section 4.1.3.3: the
// application must be told.
func (c *UDPConn) failed(e stack.SocketError) {
	if !c.RecvErr {
		if !hard(e) || !c.Connected() {
			return
		}
	} else {
		u := e.Datagram.Payload()
		x := SocketError{At: c.Namespace().Now(), Errno: e.Errno, From: e.From, Type: e.Type, Code: e.Code, Info: e.MTU, TTL: e.TTL,
			To: netip.AddrPortFrom(e.Datagram.Dst(), packet.UDP(u).DstPort())}
		x.Data = append(x.Data, u[packet.UDPLen:]...)
		c.errs = append(c.errs, x)
	}
	c.err = e.Errno
	c.wake()
}

// hard says that an ICMP error ends what it is about: the column "fatal" of
// icmp_err_convert.
func hard(e stack.SocketError) bool {
	switch e.Type {
	case packet.ICMPParamProblem:
		return true
	case packet.ICMPUnreachable:
		switch e.Code {
		case packet.CodeProtoUnreachable, packet.CodePortUnreachable, packet.CodeFragNeeded, packet.CodeNetProhibited, packet.CodeHostProhibited, packet.CodeAdminProhibited, 6, 7, 8, 14, 15:
			return true
		}
	}
	return false
}

func (c *UDPConn) wake() {
	c.p.Wake()
	if c.notify != nil {
		c.notify()
	}
}

// takeError is sock_error: reading it takes it.
func (c *UDPConn) takeError() stack.Errno {
	e := c.err
	c.err = 0
	return e
}

// Write sends a datagram to the other end of a connected socket.
func (c *UDPConn) Write(b []byte) (int, error) { return c.send(netip.AddrPort{}, b) }

// WriteTo sends a datagram.
func (c *UDPConn) WriteTo(b []byte, to netip.AddrPort) (int, error) { return c.send(to, b) }

func (c *UDPConn) send(to netip.AddrPort, b []byte) (int, error) {
	if c.closed {
		return 0, Error{fib.EINVAL}
	}
	if e := c.takeError(); e != 0 {
		return 0, Error{e}
	}
	errno, mtu := c.SendUDP(to, b)
	if errno == stack.EMSGSIZE && mtu != 0 && c.RecvErr { // ip_local_error
		c.errs = append(c.errs, SocketError{At: c.Namespace().Now(), Errno: errno, Local: true, Info: mtu, To: c.Remote()})
	}
	if errno != 0 {
		return 0, Error{errno}
	}
	settle(c.p, c.Namespace())
	return len(b), nil
}

// Read receives a datagram. What does not fit in b is lost.
func (c *UDPConn) Read(b []byte) (int, error) {
	n, _, err := c.ReadFrom(b)
	return n, err
}

// ReadFrom receives a datagram and says who sent it. It blocks until there is
// one, an error, or the deadline (EAGAIN).
func (c *UDPConn) ReadFrom(b []byte) (n int, from netip.AddrPort, err error) {
	for {
		if e := c.takeError(); e != 0 {
			return 0, from, Error{e}
		}
		if len(c.inbox) > 0 {
			d := c.inbox[0]
			c.inbox = c.inbox[1:]
			c.waiting -= len(d.data)
			c.Namespace().MIB.UDP.InDatagrams++
			return copy(b, d.data), d.from, nil
		}
		if c.shutRead || c.closed {
			return 0, from, nil
		}
		if !await(c.p, c.deadline) {
			return 0, from, Error{stack.EAGAIN}
		}
	}
}

// ReadError takes the oldest entry of the error queue without blocking:
// recvmsg with MSG_ERRQUEUE.
func (c *UDPConn) ReadError() (SocketError, bool) {
	if len(c.errs) == 0 {
		return SocketError{}, false
	}
	e := c.errs[0]
	c.errs = c.errs[1:]
	// sock_dequeue_err_skb: the next ICMP error, if any, is the pending one.
	c.err = 0
	if len(c.errs) > 0 && !c.errs[0].Local {
		c.err = c.errs[0].Errno
	}
	return e, true
}

// settle ends a system call that sent something: see netdev.World.Quiet.
func settle(p *proc.Proc, ns *stack.Namespace) { p.Aside(ns.World()) }

// await waits to be woken, at the latest until a deadline (0 none). It is
// false when that has come or the process got a signal.
func await(p *proc.Proc, deadline clock.Instant) bool {
	if deadline == 0 {
		p.Pause()
		return true
	}
	return p.Wait(deadline) || p.Now() < deadline
}

// GiveTo makes another process the one that reads the socket, and at whose end
// it is closed.
func (c *UDPConn) GiveTo(p *proc.Proc) {
	c.p = p
	p.OnEnd(func() {
		if c.p == p {
			c.Close()
		}
	})
}

// Peek says from where the datagram comes that is received next: recvmsg with
// MSG_PEEK.
func (c *UDPConn) Peek() (from netip.AddrPort, ok bool) {
	if len(c.inbox) == 0 {
		return from, false
	}
	return c.inbox[0].from, true
}

// Turn passes the time that a turn of a program's event loop takes.
func Turn(p *proc.Proc, ns *stack.Namespace, d clock.Duration) { turn(p, ns, d) }

// turn is what a turn of a program's event loop takes. A simulated program
// runs in no time; on the machine of the recordings, which has one processor,
// what the kernel has to do comes first: the answer of a network close by is there
// when the program looks again.
func turn(p *proc.Proc, ns *stack.Namespace, d clock.Duration) {
	q := &ns.World().Clock
	until := q.Now().Add(d)
	r := q.Schedule(until, clock.HandlerFunc(func(uint64) { p.Wake() }), 0)
	defer q.Cancel(r)
	for q.Now() < until {
		p.Pause()
	}
}
