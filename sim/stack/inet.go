package stack

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// The ports of a namespace: what net/ipv4/udp.c, inet_hashtables.c and
// inet_connection_sock.c know of sockets. What a TCP connection does with its
// segments is package sock's business.

// Errors of UDP and TCP sockets.
const (
	EPIPE         Errno = 32
	EAGAIN        Errno = 11
	EDESTADDRREQ  Errno = 89
	EADDRINUSE    Errno = 98
	EADDRNOTAVAIL Errno = 99
	ECONNABORTED  Errno = 103
	ECONNRESET    Errno = 104
	EISCONN       Errno = 106
	ENOTCONN      Errno = 107
	ETIMEDOUT     Errno = 110
)

// The ports that a socket gets which did not ask for one, where
// net.ipv4.ip_local_port_range does not say otherwise.
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
)

// Socket is a UDP or TCP socket as the network layer sees it: its addresses,
// what it wants in the IP header, and whom to tell. The fields are settings
// and may change at any time.
type Socket struct {
	Dev       int32 // bound device's interface index, 0 none
	TTL       uint8 // 0: the route's or the namespace's default
	TOS       uint8
	Mark      uint32
	PMTU      PMTUDisc
	Broadcast bool // SO_BROADCAST
	ReuseAddr bool // SO_REUSEADDR
	RecvErr   bool // IP_RECVERR: soft errors too are told (UDP)
	Listening bool // a TCP socket in state LISTEN

	// Recv gets each datagram or segment, Error what came back as an ICMP
	// error about one of its own. Both see bytes that are valid only during
	// the call.
	Recv  func(ip packet.IPv4)
	Error func(e SocketError)

	// Status, if set, says in which state the socket is and what waits in it.
	Status func() SocketStatus

	// Waiting is set while a TCP connection is in TIME-WAIT with time stamps,
	// which tell its segments from those of a new one between the same ports. It
	// ends the connection and says where the new one begins (tcp_twsk_unique).
	Waiting func() Heir
	Heir    *Heir // of a connection that waited, set by Connect

	proto        packet.Proto
	laddr, saddr uint32 // bound address, 0 any; source of what is sent
	raddr        uint32
	lport, rport uint16
	explicit     bool   // the port was asked for
	id           uint16 // of the next datagram of a connected socket: inet_id
	ns           *Namespace
	encap        *vxlanSock // of a VXLAN device: takes what comes in
}

// Heir is what a TCP connection takes from the one between the same ports that
// was in TIME-WAIT.
type Heir struct {
	Seq                uint32 // its initial sequence number
	TSOffset, TSRecent uint32 // of its own clock of time stamps; the other end's last one
}

// sockets are the ports of one namespace.
type sockets struct {
	ports map[portKey][]*Socket // in order of binding
	flows map[flowKey]*Socket   // connected TCP sockets
	rng   *netdev.Rand
}

type portKey struct {
	proto packet.Proto
	port  uint16
}

type flowKey struct {
	laddr, raddr uint32
	lport, rport uint16
}

// OpenSocket opens a socket of UDP or TCP, without a port yet.
func (ns *Namespace) OpenSocket(proto packet.Proto) *Socket {
	if ns.socks == nil {
		ns.socks = &sockets{ports: map[portKey][]*Socket{}, flows: map[flowKey]*Socket{}, rng: ns.w.Stream("sockets " + ns.Name)}
	}
	s := &Socket{proto: proto, PMTU: PMTUWant, ns: ns}
	if ns.Sysctls.NoPMTUDisc != 0 {
		s.PMTU = PMTUDont
	}
	return s
}

// Namespace is where the socket lives.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Random is a number from the chance of this namespace's sockets.
func (s *Socket) Random() uint32 { return s.ns.socks.rng.Uint32() }

// Local is the socket's own address; 0.0.0.0 where it is bound to any.
func (s *Socket) Local() netip.AddrPort {
	a := s.laddr
	if a == 0 {
		a = s.saddr
	}
	return netip.AddrPortFrom(packet.AddrFrom32(a), s.lport)
}

// Remote is the address the socket is connected to; invalid when it is not.
func (s *Socket) Remote() netip.AddrPort {
	if s.rport == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(packet.AddrFrom32(s.raddr), s.rport)
}

// Connected says that Connect succeeded.
func (s *Socket) Connected() bool { return s.rport != 0 || s.raddr != 0 }

// Bind gives the socket an address and a port, either of which may be zero:
// inet_bind.
func (s *Socket) Bind(a netip.AddrPort) Errno {
	if s.lport != 0 {
		return fib.EINVAL
	}
	ns, addr := s.ns, packet.Addr32(a.Addr())
	typ := fib.Local
	if addr != 0 {
		typ = ns.FIB.AddrTypeFor(addr, s.Dev)
		if typ != fib.Local && typ != fib.Multicast && typ != fib.Broadcast && addr != 0xffffffff && !ns.Sysctls.NonlocalBind {
			return EADDRNOTAVAIL
		}
	}
	port := a.Port()
	if port == 0 {
		if port = s.ephemeral(func(p uint16) bool { return !s.conflict(addr, p) }, 1); port == 0 {
			return EADDRINUSE
		}
	} else if s.conflict(addr, port) {
		return EADDRINUSE
	}
	s.laddr, s.saddr, s.explicit = addr, addr, a.Port() != 0
	if typ == fib.Multicast || typ == fib.Broadcast {
		s.saddr = 0 // use the device's
	}
	s.hold(port)
	return 0
}

// ephemeral chooses a port by chance: udp_lib_get_port and
// __inet_hash_connect. TCP takes even offsets for connections and odd ones for
// bind while there are any.
func (s *Socket) ephemeral(free func(port uint16) bool, parity uint32) uint16 {
	lo, hi := s.ns.Sysctls.PortRange[0], s.ns.Sysctls.PortRange[1]
	n := uint32(hi-lo) + 1
	if s.proto == packet.ProtoTCP && n > 1 {
		n &^= 1
	}
	at := s.ns.socks.rng.Below(n)
	step := uint32(1)
	if s.proto == packet.ProtoTCP {
		at, step = at&^1+parity, 2
	}
	for i := uint32(0); i < n; i++ {
		if step == 2 && i == n/2 {
			at ^= 1
		}
		if p := lo + uint16(at%n); free(p) {
			return p
		}
		at += step
	}
	return 0
}

// conflict says that another socket keeps this one from addr and port:
// inet_rcv_saddr_equal and its callers.
func (s *Socket) conflict(addr uint32, port uint16) bool {
	for _, x := range s.ns.socks.ports[portKey{s.proto, port}] {
		if x == s || x.Dev != 0 && s.Dev != 0 && x.Dev != s.Dev || x.laddr != 0 && addr != 0 && x.laddr != addr {
			continue
		}
		if s.ReuseAddr && x.ReuseAddr && !x.Listening {
			continue
		}
		return true
	}
	return false
}

// hold enters the socket under its port.
func (s *Socket) hold(port uint16) {
	s.lport = port
	k := portKey{s.proto, port}
	s.ns.socks.ports[k] = append(s.ns.socks.ports[k], s)
}

// Listen makes a bound TCP socket a listener: inet_csk_listen_start looks once
// more whether the port is still free.
func (s *Socket) Listen() Errno {
	if s.Listening {
		return 0
	}
	for _, x := range s.ns.socks.ports[portKey{s.proto, s.lport}] {
		if x != s && x.Listening && (x.laddr == 0 || s.laddr == 0 || x.laddr == s.laddr) && (x.Dev == 0 || s.Dev == 0 || x.Dev == s.Dev) {
			return EADDRINUSE
		}
	}
	s.Listening = true
	return 0
}

// Connect fixes the other end, and chooses source address and port where the
// socket has none yet: __ip4_datagram_connect and tcp_v4_connect.
func (s *Socket) Connect(to netip.AddrPort) Errno {
	ns := s.ns
	fl := flow{src: s.saddr, dst: packet.Addr32(to.Addr()), oif: s.Dev, mark: s.Mark, tos: s.TOS, proto: s.proto, sport: s.lport, dport: to.Port()}
	var rt route
	if errno := ns.routeOutput(&fl, &rt); errno != 0 {
		if errno == fib.ENETUNREACH {
			ns.MIB.IP.OutNoRoutes++
		}
		return errno
	}
	if s.proto == packet.ProtoTCP {
		if rt.flags&(rtBroadcast|rtMulticast) != 0 {
			return fib.ENETUNREACH
		}
		return s.connectTCP(&fl, to.Port())
	}
	if rt.flags&rtBroadcast != 0 && !s.Broadcast {
		return fib.EACCES
	}
	if s.lport == 0 {
		if errno := s.Bind(netip.AddrPort{}); errno != 0 {
			return EAGAIN // inet_autobind
		}
	}
	if s.saddr == 0 {
		s.saddr = fl.src
	}
	if s.laddr == 0 {
		s.laddr = fl.src
	}
	s.raddr, s.rport = fl.dst, to.Port()
	s.id = uint16(ns.socks.rng.Uint32())
	return 0
}

func (s *Socket) connectTCP(fl *flow, port uint16) Errno {
	k := flowKey{laddr: fl.src, raddr: fl.dst, lport: s.lport, rport: port}
	free := func(p uint16) bool {
		k.lport = p
		if s.ns.socks.flows[k] != nil {
			return false
		}
		return !slices.ContainsFunc(s.ns.socks.ports[portKey{s.proto, p}], func(x *Socket) bool { return x != s && (x.explicit || x.Listening) })
	}
	if s.lport == 0 {
		p := s.ephemeral(free, 0)
		if p == 0 {
			return EADDRNOTAVAIL
		}
		s.hold(p)
	}
	k.lport = s.lport
	if x := s.ns.socks.flows[k]; x != nil {
		if x.Waiting == nil {
			return EADDRNOTAVAIL
		}
		heir := x.Waiting()
		s.Heir = &heir
	}
	s.laddr, s.saddr, s.raddr, s.rport = fl.src, fl.src, fl.dst, port
	s.id = uint16(s.ns.socks.rng.Uint32())
	s.ns.socks.flows[k] = s
	return 0
}

// Disconnected gives up the other end: connecting failed.
func (s *Socket) Disconnected() {
	if s.proto == packet.ProtoTCP {
		s.unflow()
	}
	s.raddr, s.rport = 0, 0
}

func (s *Socket) unflow() {
	k := flowKey{s.laddr, s.raddr, s.lport, s.rport}
	if s.ns.socks.flows[k] == s {
		delete(s.ns.socks.flows, k)
	}
}

// Accept makes the socket of a connection that a segment to a listener opened.
func (s *Socket) Accept(ip packet.IPv4) *Socket {
	t := packet.TCP(ip.Payload())
	c := &Socket{Dev: s.Dev, TTL: s.TTL, TOS: s.TOS, Mark: s.Mark, PMTU: s.PMTU, ReuseAddr: s.ReuseAddr, proto: s.proto, ns: s.ns,
		laddr: ip.Dst32(), saddr: ip.Dst32(), raddr: ip.Src32(), rport: t.SrcPort(), explicit: s.explicit}
	c.id = uint16(s.ns.socks.rng.Uint32())
	c.hold(s.lport)
	s.ns.socks.flows[flowKey{c.laddr, c.raddr, c.lport, c.rport}] = c
	return c
}

// Close gives the port back. Nothing is told to the socket any more.
func (s *Socket) Close() {
	s.unflow()
	k := portKey{s.proto, s.lport}
	left := slices.DeleteFunc(s.ns.socks.ports[k], func(x *Socket) bool { return x == s })
	if len(left) == 0 {
		delete(s.ns.socks.ports, k)
	} else {
		s.ns.socks.ports[k] = left
	}
	s.Recv, s.Error, s.Listening = nil, nil, false
}

// lookup finds the socket for what came from src:sport to dst:dport by dev:
// __udp4_lib_lookup and __inet_lookup. The one that says most about itself
// wins, the newest of equals.
func (t *sockets) lookup(proto packet.Proto, src, dst uint32, sport, dport uint16, dev int32) *Socket {
	if t == nil {
		return nil
	}
	if proto == packet.ProtoTCP {
		if s := t.flows[flowKey{dst, src, dport, sport}]; s != nil && s.onDev(dev) {
			return s
		}
	}
	var best *Socket
	most := -1
	list := t.ports[portKey{proto, dport}]
	for i := len(list) - 1; i >= 0; i-- {
		s := list[i]
		if proto == packet.ProtoTCP && !s.Listening || !s.hears(src, dst, sport, dev) {
			continue
		}
		score := 0
		if s.laddr != 0 {
			score += 16 // looked up first, by address and port
		}
		if s.raddr != 0 {
			score += 4
		}
		if s.rport != 0 {
			score += 4
		}
		if s.Dev != 0 {
			score += 4
		}
		if score > most {
			best, most = s, score
		}
	}
	return best
}

// hears says that a datagram is for the socket, the port aside.
func (s *Socket) hears(src, dst uint32, sport uint16, dev int32) bool {
	return (s.laddr == 0 || s.laddr == dst) && (s.raddr == 0 || s.raddr == src) && (s.rport == 0 || s.rport == sport) && s.onDev(dev)
}

// onDev says that the socket takes what came in by a device: inet_sk_bound_dev_eq.
// One that is bound to none takes nothing from the ports of a VRF
// (udp_l3mdev_accept, tcp_l3mdev_accept).
func (s *Socket) onDev(dev int32) bool {
	if s.Dev == 0 {
		return s.ns.port == 0
	}
	return s.Dev == dev || s.Dev == s.ns.port
}

// SendUDP sends a datagram; to may be invalid for a connected socket:
// udp_sendmsg. mtu is what would fit, the IP header included, when errno is
// EMSGSIZE.
func (s *Socket) SendUDP(to netip.AddrPort, data []byte) (errno Errno, mtu int) {
	ns := s.ns
	dst, port := s.raddr, s.rport
	switch {
	case len(data) > 0xffff:
		return EMSGSIZE, 0
	case to.IsValid() && to.Port() == 0:
		return fib.EINVAL, 0
	case to.IsValid():
		dst, port = packet.Addr32(to.Addr()), to.Port()
	case !s.Connected():
		return EDESTADDRREQ, 0
	}
	if s.lport == 0 {
		if errno := s.Bind(netip.AddrPort{}); errno != 0 {
			return EAGAIN, 0
		}
	}
	fl := flow{src: s.saddr, dst: dst, oif: s.Dev, mark: s.Mark, tos: s.TOS, proto: s.proto, sport: s.lport, dport: port}
	var rt route
	if errno := ns.routeOutput(&fl, &rt); errno != 0 {
		if errno == fib.ENETUNREACH {
			ns.MIB.IP.OutNoRoutes++
		}
		return errno, 0
	}
	if rt.flags&rtBroadcast != 0 && !s.Broadcast {
		return fib.EACCES, 0
	}
	// __ip_append_data names the size that fits.
	n := packet.IPv4Len + packet.UDPLen + len(data)
	path := ns.pathMTU(&rt, fl.dst)
	size, limit := path, maxMTU
	if s.PMTU == PMTUProbe {
		size = rt.dev.MTU
	}
	ignoreDF := s.PMTU < PMTUDo
	if !ignoreDF {
		limit = size
	}
	if n > limit {
		return EMSGSIZE, size
	}
	b := ns.w.Pool.New(packet.UDPLen + len(data))
	u := packet.PutUDP(b.Bytes(), s.lport, port, b.Len())
	copy(u.Payload(), data)
	b.Mark = s.Mark
	if ignoreDF {
		b.Flags |= packet.IgnoreDF
	}
	if s.PMTU == PMTUProbe {
		b.Flags |= packet.DeviceMTU
	}
	h := s.header(&fl, &rt, n)
	// ip_dont_fragment, and __ip_make_skb: what does not fit goes without DF.
	if s.PMTU >= PMTUDo || s.PMTU == PMTUWant && n <= path && !ns.mtuLocked(&rt, fl.dst) {
		h.Frag = packet.FlagDF
	}
	switch { // ip_select_ident
	case s.Connected():
		s.id++
		h.ID = s.id
	case h.Frag == 0 || ignoreDF:
		h.ID = ns.kernel.idents.next(ns, fl.src, fl.dst, s.proto, 1)
	}
	src32, dst32 := h.Src.As4(), h.Dst.As4()
	u.UpdateChecksum(src32, dst32)
	ns.MIB.UDP.OutDatagrams++
	ns.sendOwn(b, &h, &rt)
	return 0, 0
}

// header is the IP header of what the socket sends by rt, without flags and
// identification.
func (s *Socket) header(fl *flow, rt *route, total int) packet.IPv4Header {
	h := packet.IPv4Header{TOS: s.TOS, TotalLen: total, TTL: s.TTL, Proto: s.proto, Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst)}
	if h.TTL == 0 {
		h.TTL = s.ns.ttlFor(rt, fl.dst)
	}
	return h
}

// sendOwn puts the header in front of b and sends it, as local programs do.
func (ns *Namespace) sendOwn(b *packet.Buffer, h *packet.IPv4Header, rt *route) {
	h.Put(b.Prepend(packet.IPv4Len))
	b.SetNetwork()
	ns.note(b, ns.Place, trace.StageSocket, trace.Continue, trace.ReasonNone, trace.RefNone, 0, true)
	if ns.w.Log.On() {
		ns.noteRoute(b, ns.Place, rt)
	}
	ns.localOut(b, rt)
}

// Segment is a TCP segment to send, apart from ports and checksum.
type Segment struct {
	Seq, Ack uint32
	Flags    uint8
	Window   uint16 // as it stands in the header
	Options  []byte // a multiple of 4 bytes
	Data     []byte

	// Unowned segments are sent by the kernel's own socket, without the
	// socket's IP identification: SYN-ACK (ip_build_and_send_pkt) and what
	// answers for a connection in TIME-WAIT (ip_send_unicast_reply).
	Unowned bool
	// Confirm: the other end has just proved to be alive.
	Confirm bool
	// Again: it was sent before, and counts as RetransSegs alone.
	Again bool
}

// SendTCP sends a segment to the other end: ip_queue_xmit.
func (s *Socket) SendTCP(g *Segment) Errno {
	ns := s.ns
	fl := flow{src: s.saddr, dst: s.raddr, oif: s.Dev, mark: s.Mark, tos: s.TOS, proto: s.proto, sport: s.lport, dport: s.rport}
	var rt route
	if errno := ns.routeOutput(&fl, &rt); errno != 0 {
		if errno == fib.ENETUNREACH {
			ns.MIB.IP.OutNoRoutes++
		}
		return errno
	}
	hl := packet.TCPLen + len(g.Options)
	b := ns.w.Pool.New(hl + len(g.Data))
	if g.Confirm {
		b.Flags |= packet.Confirm
	}
	b.Mark = s.Mark
	t := packet.TCP(b.Bytes())
	binary.BigEndian.PutUint16(t[0:], s.lport)
	binary.BigEndian.PutUint16(t[2:], s.rport)
	binary.BigEndian.PutUint32(t[4:], g.Seq)
	binary.BigEndian.PutUint32(t[8:], g.Ack)
	t[12], t[13] = byte(hl/4<<4), g.Flags
	binary.BigEndian.PutUint16(t[14:], g.Window)
	copy(t[packet.TCPLen:], g.Options)
	copy(t[hl:], g.Data)
	h := s.header(&fl, &rt, packet.IPv4Len+len(t))
	if s.PMTU >= PMTUDo || s.PMTU == PMTUWant && !ns.mtuLocked(&rt, fl.dst) {
		h.Frag = packet.FlagDF
	}
	switch {
	case !g.Unowned:
		h.ID = s.id
		s.id++
	case h.Frag == 0:
		h.ID = ns.kernel.idents.next(ns, fl.src, fl.dst, s.proto, 1)
	}
	src, dst := h.Src.As4(), h.Dst.As4()
	t.UpdateChecksum(src, dst)
	if !g.Again {
		ns.MIB.TCP.OutSegs++
	}
	ns.sendOwn(b, &h, &rt)
	return 0
}

// PathMTU is what a datagram to the other end may measure now, and the largest
// segment that is to be promised to it (ipv4_default_advmss). ok is false when
// there is no way.
func (s *Socket) PathMTU() (mtu, advMSS int, ok bool) {
	ns := s.ns
	fl := flow{src: s.saddr, dst: s.raddr, oif: s.Dev, mark: s.Mark, tos: s.TOS, proto: s.proto, sport: s.lport, dport: s.rport}
	var rt route
	if ns.routeOutput(&fl, &rt) != 0 {
		return 0, 0, false
	}
	mtu = ns.pathMTU(&rt, fl.dst)
	if rt.fib != nil && rt.fib.AdvMSS != 0 {
		return mtu, rt.fib.AdvMSS, true
	}
	const headers = packet.IPv4Len + packet.TCPLen
	return mtu, min(max(mtu-headers, minAdvMSS), maxMTU-headers), true
}

// minAdvMSS is ip_rt_min_advmss, bytes.
const minAdvMSS = 256
