package stack

import (
	"encoding/binary"
	"math/bits"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// vxlanXmit sends a frame of a VXLAN device to the remotes of its destination:
// vxlan_xmit. What it knows no remote for goes to those of the all-zero
// address, to each a copy.
func (ns *Namespace) vxlanXmit(v *vxlan, b *packet.Buffer) {
	d := v.dev
	b.TrimFront(packet.EthernetLen) // a frame that a bridge hands over has no network header yet
	b.SetNetwork()
	eth := packet.Ethernet(b.Prepend(packet.EthernetLen))
	if v.cfg.Proxy && eth.Type() == packet.EtherARP {
		ns.vxlanProxy(v, b)
		return
	}
	e := v.find(eth.Dst())
	shorted := false
	if e != nil && v.cfg.RSC && e.flags&FDBRouter != 0 && eth.Type() == packet.EtherIPv4 {
		if shorted = ns.vxlanShortcut(v, b, eth); shorted {
			e = v.find(eth.Dst())
		}
	}
	if e == nil {
		e = v.find(packet.MAC{})
	}
	if e == nil {
		d.Stats.TxDropped++
		ns.w.Drop(b, d.Place, trace.StageEncap, trace.NoTxTarget, trace.RefDevice, uint32(d.Place))
		return
	}
	var inner route // of the IP packet inside, if this namespace has just routed it
	if ns.skbDst.dev != nil && ns.skbDst.dev.Device == d {
		inner = ns.skbDst
		ns.skbDst = route{}
	}
	for i := 1; i < len(e.remotes); i++ {
		ns.vxlanXmitOne(v, b.Clone(), &e.remotes[i], &inner, shorted)
	}
	ns.vxlanXmitOne(v, b, &e.remotes[0], &inner, shorted)
}

// vxlanXmitOne encapsulates a frame for one remote and sends it:
// vxlan_xmit_one and udp_tunnel_xmit_skb.
func (ns *Namespace) vxlanXmitOne(v *vxlan, b *packet.Buffer, r *vxlanRemote, inner *route, shorted bool) {
	d, under := v.dev, v.net
	n := b.Len() - packet.EthernetLen
	drop := func(why trace.Reason, kind trace.RefKind, idx uint32) {
		ns.w.Drop(b, d.Place, trace.StageEncap, why, kind, idx)
	}
	if r.ip == 0 {
		if shorted {
			vxlanBypass(v, v, b, true)
			return
		}
		d.Stats.TxDropped++
		drop(trace.VXLANNoRemote, trace.RefDevice, uint32(d.Place))
		return
	}
	if v.sock == nil {
		d.Stats.TxErrors++
		drop(trace.DevReady, trace.RefDevice, uint32(d.Place))
		return
	}
	eth := packet.Ethernet(b.Bytes())
	var ip packet.IPv4 // the packet inside, where it is one
	switch eth.Type() {
	case packet.EtherIPv4:
		ip, _ = packet.ParseIPv4(b.Network())
	case packet.EtherVLAN: // skb_protocol looks behind tags
		if p := b.Bytes()[packet.EthernetLen:]; len(p) > 4 && packet.EtherType(binary.BigEndian.Uint16(p[2:])) == packet.EtherIPv4 {
			ip, _ = packet.ParseIPv4(p[4:])
		}
	}
	tos, ttl := v.cfg.TOS, v.cfg.TTL
	if tos == 1 {
		tos = 0
		if ip != nil {
			tos = ip.TOS()
		}
	}
	if v.cfg.TTLInherit {
		ttl = 0
		if ip != nil {
			ttl = ip.TTL()
		}
	}
	sport := v.sourcePort(under, b.Bytes(), ip)
	fl := flow{dst: r.ip, oif: r.oif, tos: tos & 0x1e, mark: b.Mark}
	if fl.oif == 0 {
		fl.oif = v.sock.sock.Dev
	}
	if v.cfg.Local.IsValid() {
		fl.src = packet.Addr32(v.cfg.Local)
	}
	var out route
	if errno := under.routeOutput(&fl, &out); errno != 0 {
		d.Stats.TxErrors++
		d.Stats.TxCarrier++
		kind, idx := out.ref()
		drop(trace.IPOutNoRoutes, kind, idx)
		return
	}
	if out.dev.Device == d {
		d.Stats.TxErrors++
		d.Stats.TxCollisions++
		kind, idx := out.ref()
		drop(trace.TunnelLoop, kind, idx)
		return
	}
	if out.flags&rtLocal != 0 && out.flags&(rtBroadcast|rtMulticast) == 0 { // encap_bypass_if_local
		to := under.vxlanAt(r.port, r.vni, v.cfg.ZeroCsum6RX)
		if to == nil {
			d.Stats.TxErrors++
			drop(trace.VXLANNoRemote, trace.RefDevice, uint32(d.Place))
			return
		}
		vxlanBypass(v, to, b, true)
		return
	}
	var df uint16
	if v.cfg.DF == VXLANDFSet || v.cfg.DF == VXLANDFInherit && ip != nil && ip.DF() {
		df = packet.FlagDF
	}
	// skb_tunnel_check_pmtu: what is too large is noted for its own route; the
	// tunnel's packet is cut, unless DF is set on it.
	if mtu := under.pathMTU(&out, fl.dst) - vxlanHeadroom; n > mtu {
		if ip != nil {
			ns.vxlanTooBig(d, b, ip, inner, mtu)
			if d.Master() != nil && ns.vxlanNeedFrag(v, b, ip, mtu) {
				drop(trace.PktTooBig, trace.RefValue, uint32(mtu))
				return
			}
		}
	}
	ecn := uint8(0)
	if ip != nil {
		if ecn = ip.TOS() & ecnMask; ecn == ecnCE {
			ecn = ecnECT0
		}
	}
	h := packet.IPv4Header{TOS: tos&^ecnMask | ecn, TotalLen: packet.IPv4Len + packet.UDPLen + vxlanLen + b.Len(), Frag: df, TTL: ttl, Proto: packet.ProtoUDP,
		Src: packet.AddrFrom32(fl.src), Dst: packet.AddrFrom32(fl.dst)}
	if h.TTL == 0 {
		h.TTL = under.ttlFor(&out, fl.dst)
	}
	if under.mtuLocked(&out, fl.dst) {
		h.Frag = 0
	}
	h.ID = under.kernel.idents.next(under, fl.src, fl.dst, packet.ProtoUDP, 1)
	x := b.Prepend(vxlanLen)
	binary.BigEndian.PutUint32(x[0:], vxlanFlagVNI)
	binary.BigEndian.PutUint32(x[4:], r.vni<<8)
	packet.PutUDP(b.Prepend(packet.UDPLen), sport, r.port, b.Len())
	if !v.cfg.NoChecksum {
		packet.UDP(b.Bytes()).UpdateChecksum(h.Src.As4(), h.Dst.As4())
	}
	b.Scrub(under != ns)
	h.Put(b.Prepend(packet.IPv4Len))
	b.SetNetwork()
	if ns.w.Log.On() {
		kind, idx := out.ref()
		under.note(b, d.Place, trace.StageEncap, trace.Continue, trace.ReasonNone, kind, idx, true)
	}
	if under.tryOut(b, &out) != 0 {
		d.Stats.TxDropped++
		return
	}
	d.CountTx(n)
}

// vxlanFlagVNI is the I flag in the first word of the header: RFC 7348 section 5.
const vxlanFlagVNI = 1 << 27

// vxlanAt is the device that hears a VNI on a port, nil if none:
// vxlan_find_vni.
func (ns *Namespace) vxlanAt(port uint16, vni uint32, zeroCsum bool) *vxlan {
	for _, v := range ns.kernel.vxlans {
		if v.net == ns && v.sock != nil && v.cfg.Port == port && v.cfg.VNI == vni && v.cfg.ZeroCsum6RX == zeroCsum {
			return v
		}
	}
	return nil
}

// vxlanBypass gives a frame of one device to another of the same namespace
// without a tunnel: vxlan_encap_bypass.
func vxlanBypass(from, to *vxlan, b *packet.Buffer, snoop bool) {
	n, d := b.Len(), to.dev
	if !d.Up() {
		d.Stats.RxDropped++
		d.World.Drop(b, d.Place, trace.StageDecap, trace.DevReady, trace.RefDevice, uint32(d.Place))
		return
	}
	if snoop && to.cfg.Learning {
		to.snoop(loopbackAddr, packet.Ethernet(b.Bytes()).Src())
	}
	from.dev.CountTx(n)
	d.CountRx(n)
	d.Requeue(b)
}

// vxlanTooBig notes on the route of the packet inside what fits into the tunnel.
func (ns *Namespace) vxlanTooBig(d *netdev.Device, b *packet.Buffer, ip packet.IPv4, inner *route, mtu int) {
	rt := *inner
	if rt.dev == nil { // it waited for ARP, or it comes from a bridge
		src := d
		if m := d.Master(); m != nil {
			src = m
		}
		if b.Flags&packet.Forwarded != 0 || ns.addrType(ip.Src32(), 0) != fib.Local {
			in := ns.dev(b.IIF)
			if in == nil || d.Master() != nil {
				return // forwarded by the bridge: no route of ours
			}
			if why, _ := ns.routeInput(ip.Src32(), ip.Dst32(), ip.TOS(), b.Mark, in, &rt); why != trace.ReasonNone {
				return
			}
		} else if fl := (flow{src: ip.Src32(), dst: ip.Dst32(), tos: ip.TOS(), mark: b.Mark}); ns.routeOutput(&fl, &rt) != 0 {
			return
		}
		if rt.dev == nil || rt.dev.Device != src {
			return
		}
	}
	ns.updatePMTU(&rt, ip.Dst32(), mtu)
}

// vxlanNeedFrag answers for a port of a bridge, where no router does, a packet
// that must not be fragmented: iptunnel_pmtud_check_icmp. The answer comes in
// by the device, from whom the packet was for.
func (ns *Namespace) vxlanNeedFrag(v *vxlan, b *packet.Buffer, ip packet.IPv4, mtu int) bool {
	src, dst := ip.Src32(), ip.Dst32()
	if mtu < 576 || ip.Frag() != packet.FlagDF || dst == 0xffffffff || isMulticast(dst) ||
		src>>24 == 0 || isLoopback(src) || src == 0xffffffff || isMulticast(src) {
		return false
	}
	if ip.Proto() == packet.ProtoICMP {
		if m := ip.Payload(); len(m) == 0 || packet.ICMPType(m[0]).IsError() {
			return false
		}
	}
	eth := packet.Ethernet(b.Bytes())
	quote := ip[:min(len(ip), maxQuote-packet.IPv4Len-packet.ICMPLen)]
	e := ns.w.Pool.New(packet.ICMPLen + len(quote))
	e.Parent = b.ID
	m := packet.PutICMP(e.Bytes(), packet.ICMPUnreachable, packet.CodeFragNeeded, uint32(mtu))
	copy(m.Payload(), quote)
	m.UpdateChecksum()
	h := packet.IPv4Header{TotalLen: packet.IPv4Len + e.Len(), Frag: packet.FlagDF, TTL: ip.TTL(), Proto: packet.ProtoICMP, Src: ip.Dst(), Dst: ip.Src()}
	h.Put(e.Prepend(packet.IPv4Len))
	packet.PutEthernet(e.Prepend(packet.EthernetLen), eth.Src(), eth.Dst(), packet.EtherIPv4)
	vxlanBypass(v, v, e, false)
	return true
}

// vxlanProxy answers an ARP request from the neighbour table, and ends every
// other ARP packet: arp_reduce.
func (ns *Namespace) vxlanProxy(v *vxlan, b *packet.Buffer) {
	d := v.dev
	a, err := packet.ParseARP(b.Network())
	if err == nil && a.Op() == packet.ARPRequest && !a.TargetIP().IsLoopback() && !a.TargetIP().IsMulticast() {
		if n := ns.Neigh.Lookup(d.Index, a.TargetIP()); n != nil && n.State&neigh.Connected != 0 {
			if e := v.find(n.MAC); e == nil || e.remotes[0].ip != 0 {
				r := ns.w.Pool.New(packet.EthernetLen + packet.ARPLen)
				r.Parent = b.ID
				f := r.Bytes()
				packet.PutEthernet(f, a.SenderMAC(), n.MAC, packet.EtherARP)
				packet.PutARP(f[packet.EthernetLen:], packet.ARPReply, n.MAC, a.TargetIP(), a.SenderMAC(), a.SenderIP())
				d.Requeue(r)
			}
		}
	}
	ns.w.Absorb(b)
}

// vxlanShortcut sends a packet for a router straight to the neighbour that the
// router would send it to: route_shortcircuit.
func (ns *Namespace) vxlanShortcut(v *vxlan, b *packet.Buffer, eth packet.Ethernet) bool {
	ip, err := packet.ParseIPv4(b.Network())
	if err != nil {
		return false
	}
	n := ns.Neigh.Lookup(v.dev.Index, ip.Dst())
	if n == nil || n.MAC == eth.Dst() {
		return false
	}
	packet.PutEthernet(eth, n.MAC, eth.Dst(), packet.EtherIPv4)
	return true
}

// sourcePort is the outer source port of a frame: the same for all packets of a
// flow, so that routers with several ways keep them together:
// udp_flow_src_port.
func (v *vxlan) sourcePort(under *Namespace, frame []byte, ip packet.IPv4) uint16 {
	lo, hi := uint32(v.cfg.PortMin), uint32(v.cfg.PortMax)
	if lo >= hi {
		lo, hi = uint32(under.Sysctls.PortRange[0]), uint32(under.Sysctls.PortRange[1])
	}
	h := flowHash(v.net.kernel.hashKey, frame, ip)
	h ^= h << 16
	return uint16(uint64(h)*uint64(hi-lo)>>32 + uint64(lo))
}

// flowHash is a hash of what names a frame's flow: addresses, protocol and
// ports of an IPv4 packet that is no fragment. Both directions give the same,
// but not of TCP, where each socket has a number of its own (sk_txhash):
// __skb_get_hash, whose key too is the machine's and by chance.
func flowHash(key uint64, frame []byte, ip packet.IPv4) uint32 {
	x := key ^ uint64(packet.Ethernet(frame).Type())
	if ip != nil {
		src, dst := ip.Src32(), ip.Dst32()
		var sport, dport uint16
		proto := ip.Proto()
		if p := ip.Payload(); !ip.IsFragment() && len(p) >= 4 && (proto == packet.ProtoUDP || proto == packet.ProtoTCP) {
			sport, dport = binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
		}
		if proto != packet.ProtoTCP {
			if dst < src {
				src, dst = dst, src
			}
			if dport < sport {
				sport, dport = dport, sport
			}
		}
		x = mix(x ^ uint64(proto)<<32)
		x = mix(x ^ (uint64(src)<<32 | uint64(dst)))
		x ^= uint64(sport)<<16 | uint64(dport)
	}
	return uint32(mix(x) >> 32)
}

func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9)
	return hi ^ lo
}
