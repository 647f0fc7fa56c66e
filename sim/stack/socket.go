package stack

import (
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

// PMTUDisc is the socket option IP_MTU_DISCOVER (ip(7)).
type PMTUDisc uint8

// The values of IP_MTU_DISCOVER.
const (
	PMTUDont  PMTUDisc = iota // never DF
	PMTUWant                  // DF where it fits, fragment otherwise
	PMTUDo                    // always DF, EMSGSIZE where it does not fit
	PMTUProbe                 // always DF, ignoring the path MTU
)

// RawSocket is a SOCK_RAW socket: it sends what it likes as payload of an IPv4
// datagram, and gets a copy of all datagrams of its protocol. Settings may
// change at any time.
type RawSocket struct {
	Proto     packet.Proto
	Source    netip.Addr // bound address, zero none
	Dev       int32      // bound device's interface index, 0 none
	TTL       uint8      // 0: the route's or the namespace's default
	TOS       uint8
	Mark      uint32
	PMTU      PMTUDisc
	Broadcast bool   // SO_BROADCAST
	Options   []byte // IP options to send, padded to a multiple of 4 bytes
	Checksum  bool   // compute the ICMP checksum of what is sent

	// Recv gets each datagram; Error what came back as an ICMP error about
	// one of its own. Both see bytes that are valid only during the call.
	Recv  func(ip packet.IPv4)
	Error func(e SocketError)

	Number int // how many raw sockets the namespace has opened, with this one

	ns *Namespace
}

// SocketError is an ICMP error about a datagram of a socket (the IP_RECVERR
// queue of ip(7)).
type SocketError struct {
	Errno    Errno
	From     netip.Addr // who says so
	Type     packet.ICMPType
	Code     uint8
	MTU      int         // of "fragmentation needed"
	Datagram packet.IPv4 // the datagram, as far as it is quoted
	TTL      uint8       // of the ICMP message as it came in (IP_RECVTTL)
}

// Errno is a Linux error number; its String is strerror's text.
type Errno = fib.Errno

// Errors of sending beside those of package fib.
const (
	EMSGSIZE Errno = 90
	ENOBUFS  Errno = 105
)

// OpenRaw opens a raw socket. The caller may set its fields.
func (ns *Namespace) OpenRaw(proto packet.Proto) *RawSocket {
	ns.opened++
	s := &RawSocket{Proto: proto, PMTU: PMTUWant, Number: ns.opened, ns: ns}
	if ns.Sysctls.NoPMTUDisc != 0 {
		s.PMTU = PMTUDont
	}
	ns.raws = append(ns.raws, s)
	return s
}

// Close ends the socket.
func (s *RawSocket) Close() {
	s.ns.raws = slices.DeleteFunc(s.ns.raws, func(x *RawSocket) bool { return x == s })
}

// Route is what a socket learns about the way to a destination by connecting:
// the source it would use. errno is 0 when there is a way.
func (ns *Namespace) Route(dst, src netip.Addr, dev int32, tos uint8) (source netip.Addr, broadcast bool, errno Errno) {
	fl := flow{dst: packet.Addr32(dst), src: packet.Addr32(src), oif: dev, tos: tos}
	var rt route
	if errno := ns.routeOutput(&fl, &rt); errno != 0 {
		if errno == fib.ENETUNREACH { // __ip4_datagram_connect
			ns.MIB.IP.OutNoRoutes++
		}
		return netip.Addr{}, false, errno
	}
	return packet.AddrFrom32(fl.src), rt.flags&rtBroadcast != 0, 0
}

// Send sends payload to dst: raw_sendmsg. confirm is MSG_CONFIRM: the next hop
// has just proved to be alive. mtu is what would fit, options excluded, when errno is
// EMSGSIZE.
func (s *RawSocket) Send(dst netip.Addr, payload []byte, confirm bool) (id packet.ID, errno Errno, mtu int) {
	ns := s.ns
	fl := flow{src: packet.Addr32(s.Source), dst: packet.Addr32(dst), oif: s.Dev, mark: s.Mark, tos: s.TOS, proto: s.Proto}
	var rt route
	if errno := ns.routeOutput(&fl, &rt); errno != 0 {
		if errno == fib.ENETUNREACH {
			ns.MIB.IP.OutNoRoutes++
		}
		return 0, errno, 0
	}
	if rt.flags&rtBroadcast != 0 && !s.Broadcast {
		return 0, fib.EACCES, 0
	}
	hl := packet.IPv4Len + len(s.Options)
	n := hl + len(payload)
	path := ns.pathMTU(&rt, fl.dst)
	size, limit := path, maxMTU
	if s.PMTU == PMTUProbe {
		size = rt.dev.MTU
	}
	ignoreDF := s.PMTU < PMTUDo
	if !ignoreDF {
		limit = size
	}
	if n > limit { // __ip_append_data names the size that fits, less the options
		return 0, EMSGSIZE, size - len(s.Options)
	}
	b := ns.w.Pool.New(len(payload))
	copy(b.Bytes(), payload)
	if s.Checksum && s.Proto == packet.ProtoICMP && len(payload) >= packet.ICMPLen {
		packet.ICMP(b.Bytes()).UpdateChecksum()
	}
	b.Mark = s.Mark
	if confirm {
		b.Flags |= packet.Confirm
	}
	if ignoreDF {
		b.Flags |= packet.IgnoreDF
	}
	if s.PMTU == PMTUProbe {
		b.Flags |= packet.DeviceMTU
	}
	h := packet.IPv4Header{TOS: s.TOS, TotalLen: n, TTL: s.TTL, Proto: s.Proto, Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst), Options: s.Options}
	if h.TTL == 0 {
		h.TTL = ns.ttlFor(&rt, fl.dst)
	}
	// ip_dont_fragment, and __ip_make_skb: what does not fit goes without DF.
	if s.PMTU >= PMTUDo || s.PMTU == PMTUWant && n <= path && !ns.mtuLocked(&rt, fl.dst) {
		h.Frag = packet.FlagDF
	}
	if h.Frag == 0 || ignoreDF { // ip_select_ident: DF alone needs no identification
		h.ID = ns.kernel.idents.next(ns, fl.src, fl.dst, s.Proto, 1)
	}
	if len(s.Options) > 0 {
		h.Options = ns.buildOptions(s.Options, fl.src)
	}
	h.Put(b.Prepend(hl))
	b.SetNetwork()
	if s.Proto == packet.ProtoICMP {
		ns.MIB.ICMP.OutMsgs++
		if len(payload) > 0 {
			ns.MIB.ICMP.Out(packet.ICMPType(payload[0]))
		}
	}
	id = b.ID
	ns.note(b, ns.Place, trace.StageSocket, trace.Continue, trace.ReasonNone, trace.RefNone, 0, true)
	if ns.w.Log.On() {
		ns.noteRoute(b, ns.Place, &rt)
	}
	return id, ns.sendOut(b, &rt), 0
}

// PathMTU is what fits on the way to dst, in bytes: IP_MTU of ip(7).
func (s *RawSocket) PathMTU(dst netip.Addr) int {
	fl := flow{src: packet.Addr32(s.Source), dst: packet.Addr32(dst), oif: s.Dev, mark: s.Mark, tos: s.TOS}
	var rt route
	if s.ns.routeOutput(&fl, &rt) != 0 {
		return maxMTU
	}
	return s.ns.pathMTU(&rt, fl.dst)
}

// buildOptions fills in what the sender records of itself: ip_options_build.
func (ns *Namespace) buildOptions(opts []byte, src uint32) []byte {
	out := append([]byte(nil), opts...)
	walkOptions(out, func(kind byte, o []byte) int {
		var m packet.Meta
		switch kind {
		case optRecordRoute:
			return ns.record(o, src, &m)
		case optTimestamp:
			return ns.stamp(o, src, &m)
		}
		return optFine
	})
	return out
}

// ttlFor is the TTL of what is sent by rt: ip_select_ttl.
func (ns *Namespace) ttlFor(rt *route, dst uint32) uint8 {
	if isMulticast(dst) {
		return 1
	}
	if rt.fib != nil && rt.fib.Hoplimit != 0 {
		return uint8(rt.fib.Hoplimit)
	}
	return ns.Sysctls.DefaultTTL
}

// rawDeliver gives the raw sockets of its protocol a look at a datagram:
// raw_local_deliver. It reports whether there was one.
func (ns *Namespace) rawDeliver(in *inDev, b *packet.Buffer) bool {
	took := false
	ip := b.IPv4()
	for _, s := range ns.raws {
		if !s.matches(ip.Proto(), ip.Dst(), iif(in, b)) {
			continue
		}
		took = true
		if s.Recv != nil {
			s.Recv(ip)
		}
	}
	return took
}

// iif is the device by which a packet came in, as sockets see it (inet_iif):
// what a socket that is bound to a device sends to this namespace itself comes
// in by that device.
func iif(in *inDev, b *packet.Buffer) int32 {
	if b.BoundIF != 0 {
		return b.BoundIF
	}
	return in.Index
}

func (s *RawSocket) matches(proto packet.Proto, local netip.Addr, dev int32) bool {
	return s.Proto == proto && (!s.Source.IsValid() || s.Source == local) && (s.Dev == 0 || s.Dev == dev || s.ns.port != 0 && s.Dev == s.ns.port)
}

// rawError gives the raw sockets of the quoted packet's protocol the error:
// raw_icmp_error and raw_err.
func (ns *Namespace) rawError(in *inDev, b *packet.Buffer, m packet.ICMP, q packet.IPv4, info int) bool {
	took := false
	for _, s := range ns.raws {
		if s.matches(packet.ProtoICMP, b.IPv4().Dst(), iif(in, b)) {
			took = true // the message itself, by rawDeliver
		}
		if !s.matches(q.Proto(), q.Src(), iif(in, b)) {
			continue
		}
		took = true
		switch {
		case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
			ns.updatePMTUFor(q, info)
		case m.Type() == packet.ICMPRedirect:
			ns.redirect(in, b, m, q)
			continue
		}
		if s.Error != nil {
			s.Error(SocketError{Errno: icmpErrno(m), From: b.IPv4().Src(), Type: m.Type(), Code: m.Code(), MTU: info, Datagram: q, TTL: b.IPv4().TTL()})
		}
	}
	return took
}

// icmpErrno is icmp_err_convert in net/ipv4/icmp.c and the switch of raw_err.
func icmpErrno(m packet.ICMP) Errno {
	switch m.Type() {
	case packet.ICMPUnreachable:
		switch m.Code() {
		case packet.CodeNetUnreachable, 6, packet.CodeNetProhibited, 11:
			return fib.ENETUNREACH
		case packet.CodeProtoUnreachable:
			return ENOPROTOOPT
		case packet.CodePortUnreachable:
			return ECONNREFUSED
		case packet.CodeFragNeeded:
			return EMSGSIZE
		case packet.CodeSourceRoute:
			return fib.EOPNOTSUPP
		}
		return fib.EHOSTUNREACH
	case packet.ICMPParamProblem:
		return EPROTO
	}
	return fib.EHOSTUNREACH
}

// More error numbers.
const (
	EPROTO       Errno = 71
	ENOPROTOOPT  Errno = 92
	ECONNREFUSED Errno = 111
)
