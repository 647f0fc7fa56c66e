package stack

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// maxQuote is the largest ICMP error, IP header included, in bytes: RFC 1812
// section 4.3.2.3.
const maxQuote = 576

// icmpSend answers b with an ICMP error: icmp_send in net/ipv4/icmp.c. b stays
// the caller's. in is the device that b came in by or goes out by, rt its
// route. rest is the second word of the ICMP header.
func (ns *Namespace) icmpSend(b *packet.Buffer, in *inDev, rt *route, t packet.ICMPType, code uint8, rest uint32) {
	ns.icmpSendQuoting(b, b.IPv4(), in, rt, t, code, rest)
}

// icmpSendQuoting is icmpSend with the datagram to quote given apart, for a
// tunnel that answers with the packet as it was before NAT.
func (ns *Namespace) icmpSendQuoting(b *packet.Buffer, ip packet.IPv4, in *inDev, rt *route, t packet.ICMPType, code uint8, rest uint32) {
	if ns.icmpBusy {
		return
	}
	// RFC 1122 section 3.2.2: no errors about broadcasts, later fragments and
	// other errors.
	if b.Type != packet.Host || rt.flags&(rtBroadcast|rtMulticast) != 0 || ip.FragOffset() != 0 {
		return
	}
	if ip.Proto() == packet.ProtoICMP {
		if m := ip.Payload(); len(m) < 1 || packet.ICMPType(m[0]).IsError() || m[0] > 18 {
			return
		}
	}
	limited := !(in != nil && in.Kind == netdev.Loopback) && !ns.icmpUnlimited(t, code)
	if limited && !ns.allowGlobal(b, in) {
		return
	}
	// Where from: our address if it was meant for us, otherwise whatever the
	// way back prefers.
	var src uint32
	if rt.flags&rtLocal != 0 {
		src = ip.Dst32()
	} else if rt.flags&rtInput != 0 && ns.Sysctls.ErrorsUseInboundIfaddr && in != nil {
		src = ns.selectAddr(in, ip.Src32(), fib.Link)
	}
	fl := flow{src: src, dst: ip.Src32(), tos: ip.TOS()&0x1e | 0xc0, proto: packet.ProtoICMP}
	if in != nil {
		fl.oif = ns.FIB.Master(in.Index)
	}
	var back route
	if !ns.icmpRoute(b, in, limited, &fl, &back) {
		return
	}
	var opts []byte
	if seen := ip.Options(); len(seen) > 0 {
		if t == packet.ICMPParamProblem { // those up to the malformed one were read
			seen = seen[:min(int(rest>>24)-packet.IPv4Len, len(seen))]
		}
		var ok bool
		if opts, ok = echoOptions(seen, ns, fl.src); !ok && t != packet.ICMPParamProblem {
			return
		}
	}
	room := min(ns.pathMTU(&back, fl.dst), maxQuote) - packet.IPv4Len - len(opts) - packet.ICMPLen
	if room <= packet.IPv4Len {
		return
	}
	quote := ip[:min(len(ip), room)]
	e := ns.w.Pool.New(packet.ICMPLen + len(quote))
	e.Parent = b.ID
	e.Mark = fl.mark
	if ns.Conn != nil && ns.Conn.Get(b.Conn) != nil { // nf_ct_attach: related to what it is about
		e.Conn, e.CTInfo = b.Conn, uint8(conntrack.Info(b.CTInfo).Attach())
	}
	m := packet.PutICMP(e.Bytes(), t, code, rest)
	copy(m.Payload(), quote)
	m.UpdateChecksum()
	ns.MIB.ICMP.OutMsgs++
	ns.MIB.ICMP.Out(t)
	ns.noteReply(b, in, trace.StageICMP, e.ID)
	ns.icmpPush(e, &fl, &back, opts)
}

// icmpPush puts the IP header in front of an ICMP message and sends it:
// icmp_push_reply. The kernel's ICMP socket does not set DF.
func (ns *Namespace) icmpPush(e *packet.Buffer, fl *flow, rt *route, opts []byte) {
	h := packet.IPv4Header{TOS: fl.tos, TotalLen: packet.IPv4Len + len(opts) + e.Len(), TTL: ns.ttlFor(rt, fl.dst), Proto: packet.ProtoICMP,
		Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst), Options: opts}
	h.ID = ns.kernel.idents.next(ns, fl.src, fl.dst, packet.ProtoICMP, 1)
	h.Put(e.Prepend(h.Len()))
	e.SetNetwork()
	ns.note(e, ns.Place, trace.StageICMP, trace.Continue, trace.ReasonNone, trace.RefNone, 0, true)
	if ns.w.Log.On() {
		ns.noteRoute(e, ns.Place, rt)
	}
	ns.icmpBusy = true // what happens on the way out causes no further message (icmp_xmit_lock)
	ns.sendOut(e, rt)
	ns.icmpBusy = false
}

// icmpUnlimited says that messages of this kind are not rate limited:
// icmpv4_mask_allow.
func (ns *Namespace) icmpUnlimited(t packet.ICMPType, code uint8) bool {
	return t > 18 || t == packet.ICMPUnreachable && code == packet.CodeFragNeeded || ns.Sysctls.ICMPRateMask&(1<<t) == 0
}

// allowGlobal asks whether the namespace has credit left for a message because
// of b: icmpv4_global_allow.
func (ns *Namespace) allowGlobal(b *packet.Buffer, in *inDev) bool {
	if ns.icmpGlobal.allow(ns.Now(), ns.Sysctls.ICMPMsgsPerSec, ns.Sysctls.ICMPMsgsBurst) {
		return true
	}
	ns.noteICMP(b, in, trace.RateLimited, trace.SysctlICMPMsgsPerSec)
	return false
}

// icmpRoute finds the way of a message because of b, then asks the limit of
// its receiver and takes from the namespace's credit: icmp_route_lookup and
// icmpv4_xrlim_allow.
func (ns *Namespace) icmpRoute(b *packet.Buffer, in *inDev, limited bool, fl *flow, rt *route) bool {
	if ns.Sysctls.FwmarkReflect {
		fl.mark = b.Mark
	}
	if ns.routeOutput(fl, rt) != 0 {
		return false
	}
	if !limited {
		return true
	}
	if rt.dev.Kind != netdev.Loopback && !ns.peer(fl.dst).allowICMP(ns.Now(), ns.Sysctls.ICMPRateLimit) {
		ns.noteICMP(b, in, trace.RateLimited, trace.SysctlICMPRateLimit)
		return false
	}
	ns.icmpGlobal.consume(ns.kernel.rng)
	return true
}

// noteICMP says and counts that a message is not sent because of a limit.
func (ns *Namespace) noteICMP(b *packet.Buffer, in *inDev, why trace.Reason, s trace.Sysctl) {
	if s == trace.SysctlICMPRateLimit {
		ns.MIB.ICMP.OutRateLimitHost++
	} else {
		ns.MIB.ICMP.OutRateLimitGlobal++
	}
	ns.note(b, ns.placeOf(in), trace.StageICMP, trace.Continue, why, trace.RefSysctl, uint32(s), false)
}

// noteReply says that packet answer was made because of b.
func (ns *Namespace) noteReply(b *packet.Buffer, in *inDev, stage trace.Stage, answer packet.ID) {
	ns.note(b, ns.placeOf(in), stage, trace.Reply, trace.ReasonNone, trace.RefPacket, uint32(answer), false)
}

// icmpRcv takes an ICMP message for this namespace: icmp_rcv. raw says that a
// raw socket got it too. It ends the buffer's life.
func (ns *Namespace) icmpRcv(in *inDev, b *packet.Buffer, rt *route, raw bool) {
	ns.MIB.ICMP.InMsgs++
	m, err := packet.ParseICMP(b.IPv4().Payload())
	if err != nil {
		if packet.Checksum(b.IPv4().Payload()) != 0 {
			ns.MIB.ICMP.InCsumErrors++
		}
		ns.MIB.ICMP.InErrors++
		ns.icmpDone(in, b, raw, trace.PktTooSmall)
		return
	}
	if !m.ChecksumOK() {
		ns.MIB.ICMP.InCsumErrors++
		ns.MIB.ICMP.InErrors++
		ns.icmpDone(in, b, raw, trace.ICMPCsum)
		return
	}
	ns.MIB.ICMP.In(m.Type())
	t := m.Type()
	if int(t) >= len(ns.MIB.ICMP.InType) { // more than NR_ICMP_TYPES
		ns.MIB.ICMP.InErrors++
		ns.icmpDone(in, b, raw, trace.ICMPIgnored)
		return
	}
	if rt.flags&(rtBroadcast|rtMulticast) != 0 {
		if (t == packet.ICMPEcho || t == packet.ICMPTimestamp) && ns.Sysctls.EchoIgnoreBroadcasts {
			ns.MIB.ICMP.InErrors++
			if raw {
				ns.deliver(b, in)
				return
			}
			ns.dropRef(b, in, trace.StageICMP, trace.ICMPIgnored, trace.RefSysctl, uint32(trace.SysctlEchoIgnoreBroadcasts))
			return
		}
		if t != packet.ICMPEcho && t != packet.ICMPTimestamp {
			ns.MIB.ICMP.InErrors++
			ns.icmpDone(in, b, raw, trace.ICMPIgnored)
			return
		}
	}
	switch t {
	case packet.ICMPEcho:
		if ns.Sysctls.EchoIgnoreAll {
			if raw {
				ns.deliver(b, in)
				return
			}
			ns.dropRef(b, in, trace.StageICMP, trace.ICMPIgnored, trace.RefSysctl, uint32(trace.SysctlEchoIgnoreAll))
			return
		}
		ns.icmpReply(in, b, rt, packet.ICMPEchoReply)
		ns.deliver(b, in)
	case packet.ICMPTimestamp:
		if len(m) >= 20 {
			ns.icmpReply(in, b, rt, packet.ICMPTimestampReply)
		}
		ns.deliver(b, in)
	case packet.ICMPUnreachable, packet.ICMPTimeExceeded, packet.ICMPParamProblem, packet.ICMPSourceQuench, packet.ICMPRedirect:
		ns.icmpError(in, b, m)
	default:
		ns.icmpDone(in, b, raw, trace.ICMPIgnored)
	}
}

// icmpDone ends a message that the kernel itself has no use for.
func (ns *Namespace) icmpDone(in *inDev, b *packet.Buffer, raw bool, why trace.Reason) {
	if raw {
		ns.deliver(b, in)
		return
	}
	if why == trace.ICMPIgnored {
		why = trace.NoSocket
	}
	ns.drop(b, in, trace.StageICMP, why)
}

// icmpReply answers an echo or timestamp request with a message of type t:
// icmp_echo, icmp_timestamp and icmp_reply. The reply takes over the request's
// TOS, and the options that are to be echoed.
func (ns *Namespace) icmpReply(in *inDev, b *packet.Buffer, rt *route, t packet.ICMPType) {
	if ns.icmpBusy {
		return
	}
	ip := b.IPv4()
	limited := !ns.icmpUnlimited(t, 0)
	if limited && !ns.allowGlobal(b, in) {
		return
	}
	fl := flow{dst: ip.Src32(), tos: ip.TOS(), oif: ns.FIB.Master(in.Index), proto: packet.ProtoICMP}
	if rt.flags&(rtBroadcast|rtMulticast) == 0 {
		fl.src = ip.Dst32()
	} else {
		fl.src = ns.specDst(in, ip.Src32())
	}
	var back route
	if !ns.icmpRoute(b, in, limited, &fl, &back) {
		return
	}
	var opts []byte
	if len(ip.Options()) > 0 {
		var ok bool
		if opts, ok = echoOptions(ip.Options(), ns, fl.src); !ok {
			return
		}
	}
	payload := ip.Payload()
	if t == packet.ICMPTimestampReply {
		payload = payload[:20]
	}
	r := ns.w.Pool.New(len(payload))
	r.Parent = b.ID
	r.Mark = fl.mark
	copy(r.Bytes(), payload)
	m := packet.ICMP(r.Bytes())
	m[0] = byte(t) // the code stays
	if t == packet.ICMPTimestampReply {
		m[1] = 0
		ms := ns.timestamp()
		binary.BigEndian.PutUint32(m[12:16], ms)
		binary.BigEndian.PutUint32(m[16:20], ms)
	}
	m.UpdateChecksum()
	ns.MIB.ICMP.OutMsgs++
	ns.MIB.ICMP.Out(packet.ICMPEchoReply) // also of a timestamp reply: icmp_reply leaves fl4_icmp_type 0
	ns.noteReply(b, in, trace.StageICMP, r.ID)
	ns.icmpPush(r, &fl, &back, opts)
}

// specDst is the source for an answer to something sent to several receivers:
// fib_compute_spec_dst.
func (ns *Namespace) specDst(in *inDev, to uint32) uint32 {
	key := fib.Key{Dst: to, IIF: ns.lo.Index, Scope: fib.Universe}
	if res, err := ns.lookup(&key); err == nil {
		if dev := ns.dev(res.Route.Dev); dev != nil {
			return ns.prefSrc(res.Route, dev)
		}
	}
	return ns.selectAddr(in, 0, fib.Link)
}

// icmpError takes an error about a packet that this namespace sent: icmp_unreach
// and icmp_socket_deliver. It ends the buffer's life.
func (ns *Namespace) icmpError(in *inDev, b *packet.Buffer, m packet.ICMP) {
	q, ok := quoted(m)
	if !ok {
		ns.MIB.ICMP.InErrors++
		ns.drop(b, in, trace.StageICMP, trace.PktTooSmall)
		return
	}
	info := 0
	switch m.Type() {
	case packet.ICMPUnreachable:
		if m.Code() == packet.CodeFragNeeded {
			mode := ns.Sysctls.NoPMTUDisc
			if mode == 2 || mode == 3 && q.Proto() != packet.ProtoTCP { // 3: TCP can tell a forged one (icmp_tag_validation)
				ns.drop(b, in, trace.StageICMP, trace.ICMPIgnored)
				return
			}
			if mode == 0 || mode == 3 {
				info = m.MTU()
			}
		}
		if m.Code() > 15 { // NR_ICMP_UNREACH
			ns.drop(b, in, trace.StageICMP, trace.ICMPIgnored)
			return
		}
	case packet.ICMPTimeExceeded:
		if m.Code() == packet.CodeFragReassembly {
			ns.drop(b, in, trace.StageICMP, trace.ICMPIgnored)
			return
		}
	}
	if !ns.Sysctls.IgnoreBogusErrors && m.Type() != packet.ICMPRedirect && ns.addrType(q.Dst32(), 0) == fib.Broadcast {
		ns.drop(b, in, trace.StageICMP, trace.ICMPIgnored) // an answer to a broadcast, RFC 1122 section 3.2.2
		return
	}
	if len(q.Payload()) < 8 {
		ns.MIB.ICMP.InErrors++
		ns.drop(b, in, trace.StageICMP, trace.PktTooSmall)
		return
	}
	took := ns.rawError(in, b, m, q, info)
	switch q.Proto() {
	case packet.ProtoICMP:
		// icmp_err: only errors about the kernel's own echo replies; those
		// about requests went to the raw socket.
		if packet.ICMPType(q.Payload()[0]) == packet.ICMPEchoReply {
			switch {
			case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
				ns.updatePMTUFor(q, info)
			case m.Type() == packet.ICMPRedirect:
				ns.redirect(in, b, m, q)
			}
		}
	case packet.ProtoIPIP:
		took = ns.ipipErr(in, b, m, q, info) || took
	case packet.ProtoUDP, packet.ProtoTCP:
		took = ns.transportErr(in, b, m, q, info) || took
	}
	if took {
		ns.deliver(b, in)
		return
	}
	ns.drop(b, in, trace.StageICMP, trace.NoSocket)
}

// quoted is the datagram that an ICMP error quotes, which may be cut short.
func quoted(m packet.ICMP) (packet.IPv4, bool) {
	p := m.Payload()
	if len(p) < packet.IPv4Len || p[0]>>4 != 4 {
		return nil, false
	}
	if hl := int(p[0]&15) * 4; hl < packet.IPv4Len || len(p) < hl {
		return nil, false
	}
	return packet.IPv4(p), true
}

// updatePMTUFor notes a path MTU for packets such as the quoted one:
// ipv4_update_pmtu.
func (ns *Namespace) updatePMTUFor(q packet.IPv4, mtu int) {
	fl := flow{src: q.Src32(), dst: q.Dst32(), tos: q.TOS()}
	var rt route
	if ns.routeOutput(&fl, &rt) == 0 {
		ns.updatePMTU(&rt, fl.dst, mtu)
	}
}

// sendRedirect tells the sender of b that it can reach the next hop itself:
// ip_rt_send_redirect.
func (ns *Namespace) sendRedirect(in *inDev, b *packet.Buffer, rt *route) {
	if !ns.confOr(in, ConfSendRedirects) {
		return
	}
	ip := b.IPv4()
	p := ns.peer(ip.Src32())
	if !p.allowRedirect(ns.Now()) {
		return
	}
	ns.icmpSend(b, in, rt, packet.ICMPRedirect, 1, rt.nextHop(ip.Dst32()))
	p.redirected(ns.Now())
}

// redirect takes a redirect about a packet like the quoted one:
// __ip_do_redirect in net/ipv4/route.c. The gateway that sent the packet may
// name another one on the link; it is believed once its MAC is known.
func (ns *Namespace) redirect(in *inDev, b *packet.Buffer, m packet.ICMP, q packet.IPv4) {
	fl := flow{src: q.Src32(), dst: q.Dst32(), tos: q.TOS()}
	var rt route
	if m.Code()&7 > 3 || ns.routeOutput(&fl, &rt) != 0 || rt.fib == nil {
		return
	}
	from, gw := b.IPv4().Src32(), binary.BigEndian.Uint32(m[4:8])
	if rt.gw != from || gw == from || !ns.acceptRedirects(in) || isMulticast(gw) || gw == 0xffffffff || gw == 0 {
		return
	}
	if ns.confOr(in, ConfSharedMedia) {
		if ns.addrType(gw, 0) != fib.Unicast {
			return
		}
	} else if !ns.onLink(in, gw, from) || ns.confOr(in, ConfSecureRedirects) && !ns.FIB.IsGateway(gw, in.Index) {
		return
	}
	e := ns.neighbour(&rt, gw)
	if e.State&neigh.Valid == 0 {
		ns.Neigh.Use(e)
		return
	}
	rt.fib.SetRedirect(fl.dst, gw, ns.Now().Add(redirectTimeout))
}

// redirectTimeout is how long a redirect holds: ip_rt_gc_timeout.
const redirectTimeout = 300 * clock.Duration(1e9)

// acceptRedirects is IN_DEV_RX_REDIRECTS: a router needs both settings, a host
// one of them.
func (ns *Namespace) acceptRedirects(in *inDev) bool {
	if in.conf[ConfForwarding] != 0 {
		return ns.confAnd(in, ConfAcceptRedirects)
	}
	return ns.confOr(in, ConfAcceptRedirects)
}
