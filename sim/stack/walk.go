package stack

import (
	"hoplab/packet"
	"hoplab/sim/conntrack"
	"hoplab/sim/fib"
	"hoplab/sim/ipfrag"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// The walk of a packet through one namespace, station by station, in the order
// of net/ipv4. Each station hands the packet on, answers it, holds it or drops
// it; whoever does the latter three says so to the log and ends the buffer's
// life.
//
//	wire ─▶ Receive ─▶ rcv ─▶ PREROUTING ─▶ rcvFinish ─┬─▶ localDeliver ─▶ INPUT ─▶ localDeliverFinish ─▶ socket
//	                                    (route lookup) │
//	                                                   └─▶ forward ─▶ FORWARD ─▶ forwardFinish ─┐
//	                                                       (ttl, mtu)                           │
//	socket ─▶ (route lookup) ─▶ localOut ─▶ OUTPUT ────────────────────────────────────────────┴─▶ output ─▶
//	          POSTROUTING ─▶ finishOutput ─▶ (fragment) ─▶ finishOutput2 ─▶ neighbour ─▶ Xmit ─▶ wire

// Receive takes a frame that came in by d and gives it to its protocol.
func (ns *Namespace) Receive(d *netdev.Device, b *packet.Buffer) {
	in := ns.dev(d.Index)
	proto := packet.EtherIPv4
	if d.HasEthernet() {
		proto = packet.Ethernet(b.Bytes()).Type()
		b.TrimFront(packet.EthernetLen)
	}
	b.SetNetwork()
	switch proto {
	case packet.EtherIPv4:
		ns.rcv(in, b)
	case packet.EtherARP:
		ns.arpRcv(in, b)
	default:
		ns.drop(b, in, trace.StageIngress, trace.UnhandledProto)
	}
}

// rcv checks the header and shows the packet to PREROUTING: ip_rcv and
// ip_rcv_core in net/ipv4/ip_input.c.
func (ns *Namespace) rcv(in *inDev, b *packet.Buffer) {
	if b.Type == packet.OtherHost {
		ns.drop(b, in, trace.StageRcv, trace.OtherHost)
		return
	}
	ns.domain, ns.port = 0, 0
	ns.MIB.IP.InReceives++
	ns.MIB.IPExt.InOctets += uint64(b.Len())
	ip, err := packet.ParseIPv4(b.Network())
	if err != nil {
		if err == packet.ErrTruncated {
			ns.MIB.IP.InTruncatedPkts++
			ns.drop(b, in, trace.StageRcv, trace.PktTooSmall)
			return
		}
		ns.MIB.IP.InHdrErrors++
		ns.drop(b, in, trace.StageRcv, trace.IPInHdr)
		return
	}
	ns.MIB.IPExt.inECN(ip.TOS())
	if !ip.ChecksumOK() {
		ns.MIB.IP.InCsumErrors++
		ns.MIB.IP.InHdrErrors++
		ns.drop(b, in, trace.StageRcv, trace.IPCsum)
		return
	}
	b.TrimTo(len(ip))
	b, ok := ns.hookPrerouting(b, in)
	if !ok {
		return
	}
	ns.rcvFinish(in, b)
}

// rcvFinish finds the route: ip_rcv_finish. Packets on lo, and what loopBack
// made, still have the route that they were sent with (the kernel's skb keeps
// its dst).
func (ns *Namespace) rcvFinish(in *inDev, b *packet.Buffer) {
	ip := b.IPv4()
	var rt route
	if b.Flags&packet.LocalRoute != 0 {
		rt = route{typ: fib.Local, flags: rtLocal, dev: in}
		switch {
		case in.Kind == netdev.Loopback, in.Kind == netdev.VRF:
		case isMulticast(ip.Dst32()):
			rt.typ, rt.flags = fib.Multicast, rtLocal|rtMulticast
			ns.MIB.IPExt.inMcast(len(ip))
		default:
			rt.typ, rt.flags = fib.Broadcast, rtLocal|rtBroadcast
			ns.MIB.IPExt.inBcast(len(ip))
		}
		if ip.HeaderLen() > packet.IPv4Len && !ns.rcvOptions(in, b, &rt) {
			return
		}
		ns.localDeliver(in, b, &rt)
		return
	}
	if in.Master() != nil {
		in = ns.vrfRcv(in, b)
	}
	ns.routing = b
	why, sysctl := ns.routeFlow(ip.Src32(), ip.Dst32(), ip.TOS(), b.Mark, in, &rt)
	if why != trace.ReasonNone {
		if why == trace.IPRPFilter {
			ns.MIB.TCPExt.IPReversePathFilter++
		}
		kind, idx := rt.ref()
		if sysctl != 0 {
			kind, idx = trace.RefSysctl, uint32(sysctl)
		}
		ns.dropRef(b, in, trace.StageRoute, why, kind, idx)
		return
	}
	if ns.w.Log.On() {
		ns.noteRoute(b, in.Place, &rt)
	}
	if ip.HeaderLen() > packet.IPv4Len && !ns.rcvOptions(in, b, &rt) {
		return
	}
	switch {
	case rt.typ == fib.Broadcast:
		ns.MIB.IPExt.inBcast(len(ip))
	case rt.flags&rtMulticast != 0:
		ns.MIB.IPExt.inMcast(len(ip))
	case b.Type != packet.Host && ns.confOr(in, ConfDropUnicastInL2Multicast):
		ns.drop(b, in, trace.StageRcv, trace.UnicastInL2Multicast)
		return
	}
	switch {
	case rt.err != 0:
		ns.ipError(in, b, &rt)
	case rt.flags&rtLocal != 0:
		ns.localDeliver(in, b, &rt)
	default:
		ns.forward(in, b, &rt)
	}
}

// localDeliver makes fragments whole and shows the packet to INPUT:
// ip_local_deliver.
func (ns *Namespace) localDeliver(in *inDev, b *packet.Buffer, rt *route) {
	if b.IPv4().IsFragment() {
		if b = ns.defrag(in, b, ipfrag.LocalDeliver); b == nil {
			return
		}
	}
	if !ns.hookInput(b, in) {
		return
	}
	ns.localDeliverFinish(in, b, rt)
}

// localDeliverFinish hands the packet to raw sockets and to its protocol:
// ip_local_deliver_finish and ip_protocol_deliver_rcu. The handler named here
// ends the buffer's life.
func (ns *Namespace) localDeliverFinish(in *inDev, b *packet.Buffer, rt *route) {
	ip := b.IPv4()
	if in.Kind == netdev.VRF {
		ns.domain, ns.port = in.Index, b.IIF
	}
	raw := ns.rawDeliver(in, b)
	handled := true
	switch proto := ip.Proto(); {
	case proto == packet.ProtoICMP:
		ns.icmpRcv(in, b, rt, raw)
	case proto == packet.ProtoIPIP && ns.tunl0 != nil:
		ns.ipipRcv(in, b, rt)
	case proto == packet.ProtoUDP:
		ns.udpRcv(in, b, rt)
	case proto == packet.ProtoTCP:
		ns.tcpRcv(in, b, rt)
	default:
		handled = false
	}
	if handled {
		ns.MIB.IP.InDelivers++
		return
	}
	if raw {
		ns.MIB.IP.InDelivers++
		ns.deliver(b, in)
		return
	}
	ns.MIB.IP.InUnknownProtos++
	ns.icmpSend(b, in, rt, packet.ICMPUnreachable, packet.CodeProtoUnreachable, 0)
	ns.drop(b, in, trace.StageDeliver, trace.IPNoProto)
}

// forward takes a packet that is not for this namespace and sends it on:
// ip_forward in net/ipv4/ip_forward.c. The order is Linux's: TTL, then MTU,
// then the decrement, and only then the FORWARD hook.
func (ns *Namespace) forward(in *inDev, b *packet.Buffer, rt *route) {
	if b.Type != packet.Host {
		ns.drop(b, in, trace.StageForward, trace.OtherHost)
		return
	}
	ip := b.IPv4()
	if ip.TTL() <= 1 {
		ns.MIB.IP.InHdrErrors++
		ns.icmpSend(b, in, rt, packet.ICMPTimeExceeded, packet.CodeTTLExceeded, 0)
		ns.drop(b, in, trace.StageForward, trace.TTLExpired)
		return
	}
	b.Flags |= packet.Forwarded
	mtu, _ := ns.routeMTU(rt, ip.Dst32(), true)
	rt.mtu = int32(mtu)
	if exceedsMTU(b, ip, mtu) {
		ns.MIB.IP.FragFails++
		ns.icmpSend(b, in, rt, packet.ICMPUnreachable, packet.CodeFragNeeded, uint32(mtu))
		ns.dropRef(b, in, trace.StageForward, trace.PktTooBig, trace.RefValue, uint32(mtu))
		return
	}
	ip.DecrementTTL()
	if ns.w.Log.On() {
		ns.note(b, in.Place, trace.StageForward, trace.Continue, trace.ReasonNone, trace.RefNone, 0, true)
	}
	if rt.flags&rtRedirect != 0 {
		ns.sendRedirect(in, b, rt)
	}
	if !ns.hookForward(b, in, rt) {
		return
	}
	ns.forwardFinish(b, rt)
}

// exceedsMTU is ip_exceeds_mtu: too large, and not to be fragmented.
func exceedsMTU(b *packet.Buffer, ip packet.IPv4, mtu int) bool {
	if len(ip) <= mtu || !ip.DF() {
		return false
	}
	if int(b.FragMax) > mtu {
		return true
	}
	return b.Flags&packet.IgnoreDF == 0
}

// forwardFinish is ip_forward_finish.
func (ns *Namespace) forwardFinish(b *packet.Buffer, rt *route) {
	ns.MIB.IP.ForwDatagrams++
	ns.MIB.IPExt.OutOctets += uint64(b.Len())
	if b.IPv4().HeaderLen() > packet.IPv4Len {
		ns.forwardOptions(b, rt)
	}
	ns.output(b, rt)
}

// ipError answers a packet for which there is no way: ip_error in
// net/ipv4/route.c.
func (ns *Namespace) ipError(in *inDev, b *packet.Buffer, rt *route) {
	why := trace.IPInNoRoutes
	if rt.fib != nil {
		why = routeReason(rt.fib.Type)
	}
	kind, idx := rt.ref()
	if in.conf[ConfForwarding] == 0 {
		if rt.err == fib.EHOSTUNREACH {
			ns.MIB.IP.InAddrErrors++
		} else {
			ns.MIB.IP.InNoRoutes++
		}
		ns.dropRef(b, in, trace.StageRoute, trace.ForwardingOff, trace.RefSysctl, uint32(trace.SysctlForwarding))
		return
	}
	var code uint8
	switch rt.err {
	case fib.EHOSTUNREACH:
		code = packet.CodeHostUnreachable
	case fib.ENETUNREACH:
		code = packet.CodeNetUnreachable
		ns.MIB.IP.InNoRoutes++
	case fib.EACCES:
		code = packet.CodeAdminProhibited
	default: // EINVAL: a blackhole is silent
		ns.dropRef(b, in, trace.StageRoute, why, kind, idx)
		return
	}
	if ns.peer(b.IPv4().Src32()).allowRouteError(ns.Now()) {
		ns.icmpSend(b, in, rt, packet.ICMPUnreachable, code, 0)
	}
	ns.dropRef(b, in, trace.StageRoute, why, kind, idx)
}

func routeReason(t fib.Type) trace.Reason {
	switch t {
	case fib.Blackhole:
		return trace.Blackhole
	case fib.Unreachable:
		return trace.Unreachable
	case fib.Prohibit:
		return trace.Prohibit
	}
	return trace.IPInNoRoutes
}

// localOut shows a packet of this namespace to OUTPUT and sends it:
// ip_local_out in net/ipv4/ip_output.c.
func (ns *Namespace) localOut(b *packet.Buffer, rt *route) {
	if rt.dev.Master() != nil {
		ns.vrfOut(b, rt.dev)
	}
	b, ok := ns.hookOutput(b, rt)
	if !ok {
		return
	}
	ns.output(b, rt)
}

// tryOut is localOut for a sender that hears of a refusal by netfilter: EPERM,
// as nf_hook_slow returns.
func (ns *Namespace) tryOut(b *packet.Buffer, rt *route) fib.Errno {
	id, errno := ns.sending, ns.sendErr
	ns.sending, ns.sendErr = b.ID, 0
	ns.localOut(b, rt)
	refused := ns.sendErr
	ns.sending, ns.sendErr = id, errno
	return refused
}

// sendOut sends what a socket made: ip_send_skb.
func (ns *Namespace) sendOut(b *packet.Buffer, rt *route) fib.Errno {
	errno := ns.tryOut(b, rt)
	if errno != 0 {
		ns.MIB.IP.OutDiscards++
	}
	return errno
}

// output shows the packet to POSTROUTING: ip_output, and ip_mc_output for
// packets to several receivers.
func (ns *Namespace) output(b *packet.Buffer, rt *route) {
	ns.MIB.IP.OutRequests++
	ns.MIB.IPExt.OutOctets += uint64(b.Len())
	if rt.flags&(rtBroadcast|rtMulticast) != 0 && rt.flags&rtLocal != 0 && rt.flags&rtInput == 0 {
		ns.loopBack(b, rt)
	}
	if !ns.hookPostrouting(b, rt) {
		return
	}
	ns.finishOutput(b, rt)
}

// loopBack gives this namespace its copy of what it sends to a broadcast or
// multicast address that it listens to itself: ip_mc_finish_output.
// The copy keeps its connection and its route, and passes POSTROUTING first.
func (ns *Namespace) loopBack(b *packet.Buffer, rt *route) {
	c := b.Clone()
	if !ns.hookPostrouting(c, rt) {
		return
	}
	c.Type, c.IIF = packet.Broadcast, rt.dev.Index // PACKET_LOOPBACK: not to us alone
	c.Flags |= packet.LocalRoute
	ns.rcv(rt.dev, c)
}

// finishOutput cuts what is too large for the way out: ip_finish_output and
// ip_fragment.
func (ns *Namespace) finishOutput(b *packet.Buffer, rt *route) {
	ip := b.IPv4()
	mtu, learnt := int(rt.mtu), false
	if mtu == 0 {
		mtu, learnt = ns.routeMTU(rt, ip.Dst32(), b.Flags&packet.Forwarded != 0)
	}
	if b.Flags&packet.DeviceMTU != 0 { // the socket does not look at path MTUs
		mtu = rt.dev.MTU
	}
	if len(ip) <= mtu && b.FragMax == 0 {
		ns.finishOutput2(b, rt)
		return
	}
	if ip.DF() && (b.Flags&packet.IgnoreDF == 0 || int(b.FragMax) > mtu) {
		ns.MIB.IP.FragFails++
		ns.icmpSend(b, rt.dev, rt, packet.ICMPUnreachable, packet.CodeFragNeeded, uint32(mtu))
		kind, idx := trace.RefValue, uint32(mtu)
		if learnt {
			kind, idx = trace.RefException, rt.fib.Index
		}
		ns.dropRef(b, rt.dev, trace.StageFragment, trace.PktTooBig, kind, idx)
		return
	}
	if fm := int(b.FragMax); fm != 0 && fm < mtu {
		mtu = fm
	}
	if len(ip) <= mtu {
		ns.finishOutput2(b, rt)
		return
	}
	id, parent := b.ID, b.Parent
	frags, ok := ipfrag.Fragment(b, &ns.w.Pool, mtu)
	ns.w.Account.Absorbed++ // the datagram lives on in its fragments
	if !ok {
		ns.MIB.IP.FragFails++
		return
	}
	if ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), id, parent, rt.dev.Place, trace.StageFragment, trace.Absorb, trace.RefValue, uint32(mtu))
		r.Aux = uint16(frags.Len())
		ns.w.Log.Commit(r, nil)
	}
	ns.MIB.IP.FragOKs++
	for f := frags.Pop(); f != nil; f = frags.Pop() {
		ns.MIB.IP.FragCreates++
		ns.finishOutput2(f, rt)
	}
}

// finishOutput2 finds the neighbour and sends: ip_finish_output2.
func (ns *Namespace) finishOutput2(b *packet.Buffer, rt *route) {
	ip := b.IPv4()
	switch {
	case rt.flags&rtBroadcast != 0:
		ns.MIB.IPExt.outBcast(len(ip))
	case rt.flags&rtMulticast != 0:
		ns.MIB.IPExt.outMcast(len(ip))
	}
	dev := rt.dev
	if dev.NoARP() {
		ns.sendDirect(b, rt)
		return
	}
	dst := ip.Dst32()
	e := ns.neighbour(rt, rt.nextHop(dst))
	if b.Flags&packet.Confirm != 0 { // sock_confirm_neigh
		ns.Neigh.Confirm(e)
	}
	if ns.w.Log.On() {
		v := trace.Continue
		if e.State&neigh.Valid == 0 {
			v = trace.Hold
		}
		ns.note(b, dev.Place, trace.StageNeigh, v, trace.ReasonNone, trace.RefNeigh, e.Index, false)
	}
	if e.Connected() {
		if dev.vxlan != nil {
			ns.skbDst = *rt
		}
		packet.PutEthernet(b.Prepend(packet.EthernetLen), e.MAC, dev.MAC, packet.EtherIPv4)
		dev.Xmit(b)
		return
	}
	ns.Neigh.Send(e, b)
}

// sendDirect sends by a device that needs no neighbours: lo, tunl0, dummy.
func (ns *Namespace) sendDirect(b *packet.Buffer, rt *route) {
	dev := rt.dev
	switch dev.Kind {
	case netdev.IPIP:
		ns.skbDst = *rt
	case netdev.Loopback, netdev.VRF:
		// The packet keeps its route and its connection; it comes back in by lo.
		b.Flags, b.FragMax, b.BoundIF = packet.LocalRoute, 0, rt.oif
		packet.PutEthernet(b.Prepend(packet.EthernetLen), packet.MAC{}, packet.MAC{}, packet.EtherIPv4)
	default: // arp_constructor: the device's own address, or the group's
		dst := dev.MAC
		if a := b.IPv4().Dst32(); rt.flags&rtMulticast != 0 {
			dst = packet.MAC{1, 0, 0x5e, byte(a>>16) & 0x7f, byte(a >> 8), byte(a)}
		}
		packet.PutEthernet(b.Prepend(packet.EthernetLen), dst, dev.MAC, packet.EtherIPv4)
	}
	dev.Xmit(b)
}

// defrag gives b to the reassembler and returns the whole datagram when it is
// complete: ip_defrag.
func (ns *Namespace) defrag(in *inDev, b *packet.Buffer, user ipfrag.User) *packet.Buffer {
	if ns.frags == nil {
		ns.frags = ipfrag.New(ns.Sysctls.Frag, &ns.w.Pool, &ns.w.Clock, (*fragOwner)(ns))
	}
	ns.note(b, ns.placeOf(in), trace.StageDefrag, trace.Hold, trace.ReasonNone, trace.RefNone, 0, false)
	whole, res := ns.frags.Add(b, user, ns.Now())
	if res != ipfrag.Complete {
		return nil
	}
	ns.note(whole, ns.placeOf(in), trace.StageDefrag, trace.Continue, trace.ReasonNone, trace.RefValue, uint32(len(whole.IPv4())), true)
	return whole
}

// fragOwner is told what became of fragments.
type fragOwner Namespace

// FragAbsorbed counts a fragment whose bytes are part of a datagram now.
func (o *fragOwner) FragAbsorbed(*packet.Buffer, *packet.Buffer) { o.w.Account.Absorbed++ }

// FragDropped counts a fragment that was given up; the reassembler releases it.
func (o *fragOwner) FragDropped(b *packet.Buffer, why ipfrag.Result) {
	ns := (*Namespace)(o)
	reason := trace.FragReasmTimeout
	switch why {
	case ipfrag.Duplicate, ipfrag.Overlap:
		reason = trace.DupFrag
	case ipfrag.Malformed:
		reason = trace.IPInHdr
	case ipfrag.TooLong:
		reason = trace.FragTooFar
	case ipfrag.BadECN:
		reason = trace.TunnelECN
	case ipfrag.NoMemory:
		reason = trace.FragNoMem
	}
	ns.w.NoteDrop(b, ns.placeOf(ns.dev(b.IIF)), trace.StageDefrag, reason, trace.RefNone, 0)
}

// FragExpired answers for a datagram of which only the first part came:
// ip_expire in net/ipv4/ip_fragment.c.
func (o *fragOwner) FragExpired(first *packet.Buffer, user ipfrag.User) {
	ns := (*Namespace)(o)
	in := ns.dev(first.IIF)
	if in != nil {
		ip := first.IPv4()
		var rt route
		why, _ := ns.routeInput(ip.Src32(), ip.Dst32(), ip.TOS(), 0, in, &rt)
		if why == trace.ReasonNone && (user == ipfrag.LocalDeliver || rt.typ == fib.Local) {
			ns.icmpSend(first, in, &rt, packet.ICMPTimeExceeded, packet.CodeFragReassembly, 0)
		}
	}
	ns.drop(first, in, trace.StageDefrag, trace.FragReasmTimeout)
}

// deliver ends the life of a packet that a program got.
func (ns *Namespace) deliver(b *packet.Buffer, in *inDev) {
	ns.note(b, ns.placeOf(in), trace.StageDeliver, trace.Deliver, trace.ReasonNone, trace.RefNone, 0, false)
	ns.w.Deliver(b)
}

// absorb ends the life of a packet that did its work here.
func (ns *Namespace) absorb(b *packet.Buffer, in *inDev, stage trace.Stage) {
	ns.note(b, ns.placeOf(in), stage, trace.Absorb, trace.ReasonNone, trace.RefNone, 0, false)
	ns.w.Absorb(b)
}

func (ns *Namespace) drop(b *packet.Buffer, in *inDev, stage trace.Stage, why trace.Reason) {
	ns.dropRef(b, in, stage, why, trace.RefNone, 0)
}

func (ns *Namespace) dropRef(b *packet.Buffer, in *inDev, stage trace.Stage, why trace.Reason, kind trace.RefKind, idx uint32) {
	if i := conntrack.Info(b.CTInfo); ns.Conn != nil && i != conntrack.Related && i != conntrack.RelatedReply {
		ns.Conn.Discard(b.Conn) // an error about a packet does not take that packet's connection with it
	}
	if b.ID == ns.sending {
		switch why {
		case trace.NetfilterDrop, trace.NetfilterReject, trace.NATFailed, trace.ConntrackFull:
			ns.sendErr = fib.EPERM
		case trace.PktTooBig:
			if stage == trace.StageFragment { // ip_fragment; what a tunnel refuses nobody hears of
				ns.sendErr = EMSGSIZE
			}
		}
	}
	ns.w.Drop(b, ns.placeOf(in), stage, why, kind, idx)
}

func (ns *Namespace) placeOf(in *inDev) trace.Place {
	if in == nil {
		return ns.Place
	}
	return in.Place
}

// note tells the log what a station did with b. changed says that the header
// is not what it was at the packet's last record.
func (ns *Namespace) note(b *packet.Buffer, at trace.Place, stage trace.Stage, v trace.Verdict, why trace.Reason, kind trace.RefKind, idx uint32, changed bool) {
	l := &ns.w.Log
	if !l.On() {
		return
	}
	r := l.Next(ns.Now(), b.ID, b.Parent, at, stage, v, kind, idx)
	r.Reason = why
	if changed {
		l.SetIPv4(r, b.IPv4())
	}
	if l.Listening() {
		l.Commit(r, b.Network())
	}
}

func (ns *Namespace) noteRoute(b *packet.Buffer, at trace.Place, rt *route) {
	l := &ns.w.Log
	kind, idx := rt.ref()
	r := l.Next(ns.Now(), b.ID, b.Parent, at, trace.StageRoute, trace.Continue, kind, idx)
	r.Aux = uint16(rt.typ)
	if l.Listening() {
		l.Commit(r, b.Network())
	}
}
