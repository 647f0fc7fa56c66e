package stack

import (
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/netfilter"
	"hoplab/sim/trace"
)

// neighbour is the entry of a next hop, made if need be; its constructor
// decides whether it needs resolving at all: arp_constructor in
// net/ipv4/arp.c.
func (ns *Namespace) neighbour(rt *route, hop uint32) *neigh.Entry {
	dev := rt.dev
	if e := ns.Neigh.Find(dev.Index, hop); e != nil {
		return e
	}
	e := ns.Neigh.Get(dev.Index, packet.AddrFrom32(hop), &dev.neigh)
	switch {
	case isMulticast(hop): // RFC 1112 section 6.4
		ns.Neigh.SetNoARP(e, packet.MAC{0x01, 0x00, 0x5e, byte(hop>>16) & 0x7f, byte(hop >> 8), byte(hop)})
	case rt.flags&rtBroadcast != 0 || rt.typ == fib.Broadcast || hop == 0xffffffff:
		ns.Neigh.SetNoARP(e, packet.BroadcastMAC)
	}
	return e
}

// neighOwner does what the neighbour table decides.
type neighOwner Namespace

// Solicit sends a request: arp_solicit. The sender address is that of the
// waiting packet when it is one of ours, otherwise what the device has.
func (o *neighOwner) Solicit(e *neigh.Entry, waiting *packet.Buffer, unicast bool) {
	ns := (*Namespace)(o)
	dev := ns.dev(e.Dev)
	if dev == nil {
		return
	}
	target := packet.Addr32(e.Addr)
	var src uint32
	switch announce := ns.confMax(dev, ConfARPAnnounce); {
	case waiting == nil:
	case announce == 0:
		if s := waiting.IPv4().Src32(); ns.FIB.AddrTypeFor(s, dev.Index) == fib.Local {
			src = s
		}
	case announce == 1:
		if s := waiting.IPv4().Src32(); ns.FIB.AddrTypeFor(s, dev.Index) == fib.Local && ns.onLink(dev, target, s) {
			src = s
		}
	}
	if src == 0 {
		src = ns.selectAddr(dev, target, fib.Link)
	}
	dst := packet.BroadcastMAC
	if unicast {
		dst = e.MAC
	}
	var cause packet.ID
	if waiting != nil {
		cause = waiting.ID
	}
	ns.arpSend(dev, packet.ARPRequest, dst, dev.MAC, src, packet.MAC{}, target, cause, e.Index)
}

// onLink says that both addresses are in the subnet of one address of dev; b
// may be 0: inet_addr_onlink.
func (ns *Namespace) onLink(dev *inDev, a, b uint32) bool {
	for i := range dev.addrs {
		p := dev.addrs[i].Prefix
		if p.Contains(packet.AddrFrom32(a)) && (b == 0 || p.Contains(packet.AddrFrom32(b))) {
			return true
		}
	}
	return false
}

// Output sends what waited for an answer.
func (o *neighOwner) Output(e *neigh.Entry, b *packet.Buffer) {
	ns := (*Namespace)(o)
	dev := ns.dev(e.Dev)
	if dev == nil {
		ns.drop(b, nil, trace.StageNeigh, trace.NeighDead)
		return
	}
	packet.PutEthernet(b.Prepend(packet.EthernetLen), e.MAC, dev.MAC, packet.EtherIPv4)
	dev.Xmit(b)
}

// Failed answers for a packet whose next hop did not answer: arp_error_report
// and ipv4_link_failure.
func (o *neighOwner) Failed(e *neigh.Entry, b *packet.Buffer) {
	ns := (*Namespace)(o)
	dev := ns.dev(e.Dev)
	ns.icmpSend(b, dev, &route{dev: dev}, packet.ICMPUnreachable, packet.CodeHostUnreachable, 0)
	ns.dropRef(b, dev, trace.StageNeigh, trace.NeighFailed, trace.RefNeigh, e.Index)
}

// Overflow drops a packet that had to make room.
func (o *neighOwner) Overflow(e *neigh.Entry, b *packet.Buffer) {
	o.ended(e, b, trace.NeighQueueFull)
}

// Purged drops a packet whose entry is gone or could not be made.
func (o *neighOwner) Purged(e *neigh.Entry, b *packet.Buffer) {
	if e.Index == 0 {
		o.ended(e, b, trace.NeighCreateFail)
		return
	}
	o.ended(e, b, trace.NeighDead)
}

func (o *neighOwner) ended(e *neigh.Entry, b *packet.Buffer, why trace.Reason) {
	ns := (*Namespace)(o)
	ns.dropRef(b, ns.dev(e.Dev), trace.StageNeigh, why, trace.RefNeigh, e.Index)
}

// Changed needs no action: sending looks at the entry itself.
func (o *neighOwner) Changed(e *neigh.Entry) {
	ns := (*Namespace)(o)
	if len(ns.watchers) == 0 || e.State&(neigh.Incomplete|neigh.Delay) != 0 { // __neigh_event_send tells nobody
		return
	}
	if in := ns.dev(e.Dev); in != nil {
		ns.emit(&Event{Kind: NeighEvent, Del: e.Dead, Dev: in.Device, Neigh: e})
	}
}

// arpSend sends an ARP packet: arp_send. cause is the packet because of which
// it is sent, 0 for none.
func (ns *Namespace) arpSend(dev *inDev, op uint16, ethDst, senderMAC packet.MAC, sender uint32, targetMAC packet.MAC, target uint32, cause packet.ID, neighIdx uint32) {
	if dev.NoARP() {
		return
	}
	b := ns.w.Pool.New(packet.EthernetLen + packet.ARPLen)
	b.Parent = cause
	f := b.Bytes()
	packet.PutEthernet(f, ethDst, dev.MAC, packet.EtherARP)
	packet.PutARP(f[packet.EthernetLen:], op, senderMAC, packet.AddrFrom32(sender), targetMAC, packet.AddrFrom32(target))
	if ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, cause, dev.Place, trace.StageARP, trace.Continue, trace.RefNone, 0)
		netdev.SetFlow(&ns.w.Log, r, true, f)
		if neighIdx != 0 {
			r.RefKind, r.RefIdx = trace.RefNeigh, neighIdx
		}
		ns.w.Log.Commit(r, f)
	}
	dev.Xmit(b)
}

// arpNotify sends a gratuitous request for each address of a device that came
// up or has a new MAC, if arp_notify wants that: inetdev_send_gratuitous_arp.
func (ns *Namespace) arpNotify(dev *inDev) {
	if dev == nil || !dev.Up() || !ns.confOr(dev, ConfARPNotify) {
		return
	}
	for i := range dev.addrs {
		a := packet.Addr32(dev.addrs[i].Prefix.Addr())
		ns.arpSend(dev, packet.ARPRequest, packet.BroadcastMAC, dev.MAC, a, packet.MAC{}, a, 0, 0)
	}
}

// arpRcv takes an ARP packet: arp_rcv and arp_process in net/ipv4/arp.c.
func (ns *Namespace) arpRcv(in *inDev, b *packet.Buffer) {
	if in.NoARP() || b.Type == packet.OtherHost {
		ns.drop(b, in, trace.StageARP, trace.OtherHost)
		return
	}
	a, err := packet.ParseARP(b.Network())
	if err != nil {
		ns.drop(b, in, trace.StageARP, trace.PktTooSmall)
		return
	}
	ns.arpProcess(in, b, a)
}

func (ns *Namespace) arpProcess(in *inDev, b *packet.Buffer, a packet.ARP) {
	op := a.Op()
	if op != packet.ARPRequest && op != packet.ARPReply {
		ns.drop(b, in, trace.StageARP, trace.UnhandledProto)
		return
	}
	sip, tip := packet.Addr32(a.SenderIP()), packet.Addr32(a.TargetIP())
	sha := a.SenderMAC()
	if isMulticast(tip) || isLoopback(tip) && in.conf[ConfRouteLocalnet] == 0 {
		ns.drop(b, in, trace.StageARP, trace.IPMartianDestination)
		return
	}
	if sip == tip && ns.confOr(in, ConfDropGratuitousARP) {
		ns.dropRef(b, in, trace.StageARP, trace.ARPNotForUs, trace.RefNone, 0)
		return
	}
	if sip == 0 { // a probe for duplicates, RFC 5227
		if op == packet.ARPRequest && ns.FIB.AddrTypeFor(tip, in.Index) == fib.Local && !ns.arpIgnore(in, sip, tip) {
			ns.arpReply(in, b, sip, sha, tip, 0, trace.RefAddress, tip)
			return
		}
		ns.drop(b, in, trace.StageARP, trace.ARPNotForUs)
		return
	}
	why, ref, refIdx := trace.ARPNotForUs, trace.RefNone, uint32(0)
	if op == packet.ARPRequest {
		var rt route
		// As the kernel does, ask for the way to the target as if the sender
		// had sent it a packet: reverse path filter included.
		if drop, sysctl := ns.routeInput(sip, tip, 0, 0, in, &rt); drop != trace.ReasonNone {
			why = drop
			if sysctl != 0 {
				ref, refIdx = trace.RefSysctl, uint32(sysctl)
			}
		} else if rt.typ == fib.Local {
			if !ns.arpIgnore(in, sip, tip) && !(ns.confOr(in, ConfARPFilter) && ns.arpFilter(in, sip, tip)) {
				e := ns.Neigh.EventNS(in.Index, sha, packet.AddrFrom32(sip), &in.neigh)
				ns.arpReply(in, b, sip, sha, tip, e.Index, trace.RefAddress, tip)
				return
			}
			ns.dropRef(b, in, trace.StageARP, trace.ARPNotForUs, trace.RefSysctl, uint32(trace.SysctlARPIgnore))
			return
		} else if in.conf[ConfForwarding] != 0 && rt.typ == fib.Unicast && ns.proxyARP(in, &rt, sip, tip) {
			e := ns.Neigh.EventNS(in.Index, sha, packet.AddrFrom32(sip), &in.neigh)
			if b.Type == packet.Host || in.neigh.ProxyDelay == 0 {
				ns.arpReply(in, b, sip, sha, tip, e.Index, trace.RefSysctl, uint32(trace.SysctlProxyARP))
				return
			}
			ns.arpDelay(in, b)
			return
		} else {
			ref, refIdx = rt.ref()
		}
	}
	ns.arpLearn(in, b, a, op, sip, tip, sha, why, ref, refIdx)
}

// arpLearn is the second half of arp_process: a packet that is not answered
// may still say where the sender is.
func (ns *Namespace) arpLearn(in *inDev, b *packet.Buffer, a packet.ARP, op uint16, sip, tip uint32, sha packet.MAC, why trace.Reason, ref trace.RefKind, refIdx uint32) {
	e := ns.Neigh.Find(in.Index, sip)
	accept := ns.confMax(in, ConfARPAccept) == 1 || ns.confMax(in, ConfARPAccept) == 2 && ns.onLink(in, sip, sip)
	// arp_is_garp: gratuitous replies must name the sender's MAC twice.
	garp := tip == sip && (op == packet.ARPRequest || a.TargetMAC() == sha) && ns.FIB.AddrTypeFor(sip, in.Index) == fib.Unicast
	if e == nil && accept && (garp || op == packet.ARPReply && ns.FIB.AddrTypeFor(sip, in.Index) == fib.Unicast) {
		e = ns.Neigh.Get(in.Index, packet.AddrFrom32(sip), &in.neigh)
	}
	if e == nil {
		if op == packet.ARPReply {
			ns.absorb(b, in, trace.StageARP)
			return
		}
		ns.dropRef(b, in, trace.StageARP, why, ref, refIdx)
		return
	}
	// Only a reply to us alone proves that the neighbour is reachable, and
	// within locktime of the last change another MAC is not believed.
	state, flags := neigh.Stale, neigh.Flags(0)
	if op == packet.ARPReply && b.Type == packet.Host {
		state = neigh.Reachable
	}
	if ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, in.Place, trace.StageARP, trace.Absorb, trace.RefNeigh, e.Index)
		r.Aux = uint16(state)
		ns.w.Log.Commit(r, b.Network())
	}
	if garp || ns.Now().Jiffies() > e.Updated.Jiffies()+in.neigh.LockTime() {
		flags = neigh.Override
	}
	// The update may send what waited: end this packet's life first.
	ns.w.Absorb(b)
	ns.Neigh.Update(e, sha, state, flags)
}

// arpReply answers request b, which ends here. ref says why this machine
// answers for the target.
func (ns *Namespace) arpReply(in *inDev, b *packet.Buffer, to uint32, toMAC packet.MAC, target uint32, neighIdx uint32, ref trace.RefKind, refIdx uint32) {
	if ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, in.Place, trace.StageARP, trace.Reply, ref, refIdx)
		ns.w.Log.Commit(r, b.Network())
	}
	cause := b.ID
	ns.w.Absorb(b)
	ns.arpSend(in, packet.ARPReply, toMAC, in.MAC, target, toMAC, to, cause, neighIdx)
}

// arpDelay answers after a random time up to proxy_delay, so that a host that
// has the address answers first: pneigh_enqueue.
func (ns *Namespace) arpDelay(in *inDev, b *packet.Buffer) {
	if len(in.delayed) > in.neigh.ProxyQlen {
		ns.drop(b, in, trace.StageARP, trace.NeighQueueFull)
		return
	}
	ns.note0(b, in, trace.StageARP, trace.Hold, trace.RefSysctl, uint32(trace.SysctlProxyARP))
	wait := clock.Duration(ns.rng.Below(uint32(in.neigh.ProxyDelayJiffies()))) * clock.Jiffy
	d := &delayedARP{ns: ns, in: in, b: b}
	d.timer = ns.w.Clock.After(wait, d, 0)
	in.delayed = append(in.delayed, d)
}

// delayedARP is a request that waits for proxy_delay.
type delayedARP struct {
	ns    *Namespace
	in    *inDev
	b     *packet.Buffer
	timer clock.Ref
}

// Fire processes the request again, this time without delay.
func (d *delayedARP) Fire(uint64) {
	d.in.delayed = slices.DeleteFunc(d.in.delayed, func(x *delayedARP) bool { return x == d })
	a, err := packet.ParseARP(d.b.Network())
	if err != nil || !d.in.Up() {
		d.ns.drop(d.b, d.in, trace.StageARP, trace.DevReady)
		return
	}
	d.b.Type = packet.Host // as LOCALLY_ENQUEUED
	d.ns.arpProcess(d.in, d.b, a)
}

// arpIgnore is arp_ignore in net/ipv4/arp.c; true means: do not answer.
func (ns *Namespace) arpIgnore(in *inDev, sip, tip uint32) bool {
	has := func(dev *inDev, sip uint32, maxScope fib.Scope) bool { // inet_confirm_addr
		for i := range dev.addrs {
			x := &dev.addrs[i]
			scope := x.Scope
			if ns.confOr(dev, ConfRouteLocalnet) {
				scope = min(scope, fib.Link)
			}
			if packet.Addr32(x.Prefix.Addr()) == tip && scope <= maxScope && (sip == 0 || x.Prefix.Contains(packet.AddrFrom32(sip))) {
				return true
			}
		}
		return false
	}
	switch ns.confMax(in, ConfARPIgnore) {
	case 1:
		return !has(in, 0, fib.Host)
	case 2:
		return !has(in, sip, fib.Host)
	case 3:
		for _, dev := range ns.devs {
			if dev != nil && has(dev, 0, fib.Link) {
				return false
			}
		}
		return true
	case 8:
		return true
	}
	return false
}

// arpFilter answers only if a reply to the sender would leave by in.
func (ns *Namespace) arpFilter(in *inDev, sip, tip uint32) bool {
	var rt route
	fl := flow{src: tip, dst: sip}
	if ns.routeOutput(&fl, &rt) != 0 {
		return true
	}
	if rt.dev == in {
		return false
	}
	ns.MIB.TCPExt.ArpFilter++
	return true
}

// proxyARP says whether this machine answers for somebody else's address: it
// has a way to it by another interface than the request came in by
// (arp_fwd_proxy; arp_fwd_pvlan for the same interface), or a proxy entry.
func (ns *Namespace) proxyARP(in *inDev, rt *route, sip, tip uint32) bool {
	if rt.dev != in {
		return ns.confOr(in, ConfProxyARP) || ns.Neigh.Proxied(in.Index, packet.AddrFrom32(tip))
	}
	return in.conf[ConfProxyARPPvlan] != 0 && sip != tip
}

// note0 is note for packets that are not IPv4.
func (ns *Namespace) note0(b *packet.Buffer, in *inDev, stage trace.Stage, v trace.Verdict, kind trace.RefKind, idx uint32) {
	if !ns.w.Log.On() {
		return
	}
	r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(in), stage, v, kind, idx)
	ns.w.Log.Commit(r, b.Network())
}

var _ netfilter.Env = (*filterEnv)(nil)
var _ neigh.Owner = (*neighOwner)(nil)
