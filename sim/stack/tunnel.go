package stack

import (
	"hoplab/packet"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// ECN code points, RFC 3168 section 5.
const (
	ecnMask = 3
	ecnECT1 = 1
	ecnECT0 = 2
	ecnCE   = 3
)

// TunnelXmit encapsulates a packet that was sent out by an ipip device and sends
// the outer one: ip_tunnel_xmit in net/ipv4/ip_tunnel.c. Where the device names no
// remote end, the outer destination is the next hop of the packet's route.
func (ns *Namespace) TunnelXmit(d *netdev.Device, b *packet.Buffer) {
	dev := ns.dev(d.Index)
	if dev.vxlan != nil {
		ns.vxlanXmit(dev.vxlan, b)
		return
	}
	t := dev.tun
	inner := b.IPv4()
	rt := ns.skbDst
	n := b.Len()
	if rt.dev != dev {
		d.Stats.TxErrors++
		ns.drop(b, dev, trace.StageEncap, trace.TunnelNoDst)
		return
	}
	tos := t.TOS
	if tos&tosInherit != 0 {
		tos = inner.TOS()
	}
	var fl flow
	fl.dst, fl.src, fl.oif, fl.tos, fl.mark, fl.proto = t.remote, t.local, t.Dev, tos&0x1e, t.Mark, packet.ProtoIPIP
	if fl.dst == 0 {
		fl.dst = rt.nextHop(inner.Dst32())
	}
	var out route
	if errno := ns.routeOutput(&fl, &out); errno != 0 {
		d.Stats.TxErrors++
		d.Stats.TxCarrier++
		kind, idx := out.ref()
		ns.dropRef(b, dev, trace.StageEncap, trace.IPOutNoRoutes, kind, idx)
		return
	}
	if out.dev == dev {
		d.Stats.TxErrors++
		d.Stats.TxCollisions++
		kind, idx := out.ref()
		ns.dropRef(b, dev, trace.StageEncap, trace.TunnelLoop, kind, idx)
		return
	}
	df := inner.Frag() & packet.FlagDF
	if t.PMTUDisc {
		df = packet.FlagDF
	}
	if mtu, ok := ns.tunnelPMTU(b, inner, dev, &rt, &out, fl.dst, df != 0); !ok {
		d.Stats.TxErrors++
		ns.dropRef(b, dev, trace.StageEncap, trace.PktTooBig, trace.RefValue, uint32(mtu))
		return
	}
	if t.errors > 0 { // the other end could not be reached lately: say so to the sender
		if ns.Now() < t.errorAt.Add(tunnelErrTime) {
			t.errors--
			ns.icmpSend(b, dev, &rt, packet.ICMPUnreachable, packet.CodeHostUnreachable, 0)
		} else {
			t.errors = 0
		}
	}
	// INET_ECN_encapsulate: CE inside becomes ECT(0) outside.
	ecn := inner.TOS() & ecnMask
	if ecn == ecnCE {
		ecn = ecnECT0
	}
	tos = tos&^ecnMask | ecn
	ttl := t.TTL
	if ttl == 0 {
		ttl = inner.TTL()
	}
	var h packet.IPv4Header
	h.TOS, h.TotalLen, h.Frag, h.TTL, h.Proto, h.Src, h.Dst = tos, packet.IPv4Len+n, df, ttl, packet.ProtoIPIP, packet.AddrFrom32(fl.src), packet.AddrFrom32(fl.dst)
	if ns.mtuLocked(&out, fl.dst) {
		h.Frag = 0
	}
	h.ID = ns.kernel.idents.next(ns, fl.src, fl.dst, packet.ProtoIPIP, 1)
	b.Scrub(false)
	h.Put(b.Prepend(packet.IPv4Len))
	b.SetNetwork()
	if ns.w.Log.On() {
		kind, idx := out.ref()
		ns.note(b, dev.Place, trace.StageEncap, trace.Continue, trace.ReasonNone, kind, idx, true)
	}
	if ns.tryOut(b, &out) != 0 { // iptunnel_xmit
		d.Stats.TxDropped++
		return
	}
	d.CountTx(n)
}

// tunnelPMTU is tnl_update_pmtu: notes on the inner packet's route what fits
// into the tunnel, and answers "fragmentation needed" to the sender of one
// that does not fit and must not be fragmented. Like the kernel it notes the
// MTU for every packet, also when it is nothing new.
func (ns *Namespace) tunnelPMTU(b *packet.Buffer, inner packet.IPv4, dev *inDev, rt, out *route, outer uint32, df bool) (mtu int, ok bool) {
	if df {
		mtu = ns.pathMTU(out, outer) - packet.IPv4Len
	} else {
		mtu = ns.pathMTU(rt, inner.Dst32())
	}
	ns.updatePMTU(rt, inner.Dst32(), mtu)
	if inner.DF() && mtu < len(inner) {
		// icmp_ndo_send: the sender must recognise its packet, so NAT of the
		// source is undone in the quote.
		quote := inner
		if ns.Conn != nil && b.Conn != 0 {
			quote = ns.beforeSNAT(b, inner)
		}
		ns.icmpSendQuoting(b, quote, dev, rt, packet.ICMPUnreachable, packet.CodeFragNeeded, uint32(mtu))
		return mtu, false
	}
	return mtu, true
}

// ipipRcv takes a protocol 4 packet for this namespace: tunnel4_rcv, ipip_rcv
// and ip_tunnel_rcv. The inner packet comes in again by the tunnel's device.
func (ns *Namespace) ipipRcv(in *inDev, b *packet.Buffer, rt *route) {
	tun := ns.findTunnel(in.Index, b.IPv4().Src32(), b.IPv4().Dst32())
	if tun == nil {
		ns.icmpSend(b, in, rt, packet.ICMPUnreachable, packet.CodePortUnreachable, 0)
		ns.dropRef(b, in, trace.StageDecap, trace.NoTunnel, trace.RefDevice, uint32(ns.tunl0.Place))
		return
	}
	outer := b.IPv4()
	outerECN := outer.TOS() & ecnMask
	outerSrc := outer.Src32()
	hl := outer.HeaderLen()
	if len(outer) < hl+packet.IPv4Len || outer[hl]>>4 != 4 {
		tun.Stats.RxErrors++
		ns.drop(b, in, trace.StageDecap, trace.IPInHdr)
		return
	}
	b.TrimFront(hl)
	b.SetNetwork()
	inner := packet.IPv4(b.Network())
	switch ecn := inner.TOS() & ecnMask; {
	case outerECN == ecnCE && ecn == 0:
		tun.Stats.RxFrame++
		tun.Stats.RxErrors++
		ns.drop(b, tun, trace.StageDecap, trace.TunnelECN)
		return
	case outerECN == ecnCE && (ecn == ecnECT0 || ecn == ecnECT1): // RFC 6040 section 4.2
		inner.SetTOS(inner.TOS() | ecnCE)
	case outerECN == ecnECT1 && ecn == ecnECT0:
		inner.SetTOS(inner.TOS()&^ecnMask | ecnECT1)
	}
	b.Scrub(false)
	tun.CountRx(b.Len())
	if ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, tun.Place, trace.StageDecap, trace.Continue, trace.RefAddress, outerSrc)
		netdev.SetFlow(&ns.w.Log, r, false, b.Bytes())
		if ns.w.Log.Listening() {
			ns.w.Log.Commit(r, b.Network())
		}
	}
	tun.Input(b)
}

// ipipErr takes an ICMP error about an outer packet: ipip_err in
// net/ipv4/ipip.c. Path MTU and redirects are noted. Where the device names its
// remote end, the next packets into the tunnel tell their senders that it cannot
// be reached.
func (ns *Namespace) ipipErr(in *inDev, b *packet.Buffer, m packet.ICMP, q packet.IPv4, info int) bool {
	tun := ns.findTunnel(in.Index, q.Dst32(), q.Src32())
	if tun == nil {
		return false
	}
	t := tun.tun
	switch {
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeSourceRoute,
		m.Type() == packet.ICMPTimeExceeded && m.Code() != packet.CodeTTLExceeded:
		return true
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
		ns.updatePMTUFor(q, info)
		return true
	case m.Type() == packet.ICMPRedirect:
		ns.redirect(in, b, m, q)
		return true
	case m.Type() != packet.ICMPUnreachable && m.Type() != packet.ICMPTimeExceeded:
		return true
	case t.remote == 0:
		return false
	case t.TTL == 0 && m.Type() == packet.ICMPTimeExceeded:
		return true
	}
	if ns.Now() >= t.errorAt.Add(tunnelErrTime) {
		t.errors = 0
	}
	t.errors++
	t.errorAt = ns.Now()
	return true
}

// beforeSNAT copies the datagram with the source that it had before NAT.
func (ns *Namespace) beforeSNAT(b *packet.Buffer, ip packet.IPv4) packet.IPv4 {
	c := ns.Conn.Get(b.Conn)
	if c == nil || ip.Src32() == c.Orig.Src {
		return ip
	}
	dup := append(packet.IPv4(nil), ip...)
	if ip.Src32() == c.Reply.Dst {
		dup.SetSrc32(c.Orig.Src)
	}
	return dup
}

var _ netdev.Owner = (*Namespace)(nil)
