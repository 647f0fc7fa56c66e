package stack

import (
	"hoplab/packet"
	"hoplab/sim/fib"
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

// TunnelXmit encapsulates a packet that was sent out by tunl0 and sends the
// outer one: ip_tunnel_xmit in net/ipv4/ip_tunnel.c, for the fallback device
// (remote any, ttl and tos inherit as Calico leaves them, nopmtudisc). The
// outer destination is the next hop of the packet's route.
func (ns *Namespace) TunnelXmit(d *netdev.Device, b *packet.Buffer) {
	dev := ns.dev(d.Index)
	if dev.vxlan != nil {
		ns.vxlanXmit(dev.vxlan, b)
		return
	}
	inner := b.IPv4()
	rt := ns.skbDst
	n := b.Len()
	if rt.dev != dev {
		d.Stats.TxErrors++
		ns.drop(b, dev, trace.StageEncap, trace.TunnelNoDst)
		return
	}
	fl := flow{dst: rt.nextHop(inner.Dst32())}
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
	if mtu, ok := ns.tunnelPMTU(b, inner, dev, &rt, &out, fl.dst, df != 0); !ok {
		d.Stats.TxErrors++
		ns.dropRef(b, dev, trace.StageEncap, trace.PktTooBig, trace.RefValue, uint32(mtu))
		return
	}
	// INET_ECN_encapsulate: CE inside becomes ECT(0) outside. DSCP stays 0.
	tos := inner.TOS() & ecnMask
	if tos == ecnCE {
		tos = ecnECT0
	}
	h := packet.IPv4Header{TOS: tos, TotalLen: packet.IPv4Len + n, Frag: df, TTL: inner.TTL(), Proto: packet.ProtoIPIP, Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst)}
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
// and ip_tunnel_rcv. The inner packet comes in again by tunl0.
func (ns *Namespace) ipipRcv(in *inDev, b *packet.Buffer, rt *route) {
	tun := ns.tunl0
	if !tun.Up() {
		ns.icmpSend(b, in, rt, packet.ICMPUnreachable, packet.CodePortUnreachable, 0)
		ns.dropRef(b, in, trace.StageDecap, trace.NoTunnel, trace.RefDevice, uint32(tun.Place))
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
// net/ipv4/ipip.c. With remote any there is nobody to pass it on to; only the
// path MTU and redirects are noted.
func (ns *Namespace) ipipErr(in *inDev, b *packet.Buffer, m packet.ICMP, q packet.IPv4, info int) bool {
	if ns.tunl0 == nil || !ns.tunl0.Up() {
		return false
	}
	switch {
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
		ns.updatePMTUFor(q, info)
	case m.Type() == packet.ICMPRedirect:
		ns.redirect(in, b, m, q)
	default:
		return false
	}
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

var _ = fib.Unicast
