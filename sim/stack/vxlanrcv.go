package stack

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// vxlanRcv takes a datagram for the port of VXLAN devices: vxlan_rcv. What is
// inside comes in by the device of its VNI.
func (ns *Namespace) vxlanRcv(in *inDev, b *packet.Buffer, u packet.UDP, s *vxlanSock) {
	ns.MIB.UDP.InDatagrams++
	outer := b.IPv4()
	outerTOS, outerSrc := outer.TOS(), outer.Src32()
	x := u.Payload()
	if len(x) < vxlanLen || binary.BigEndian.Uint32(x)&vxlanFlagVNI == 0 {
		ns.drop(b, in, trace.StageDecap, trace.VXLANInvalidHdr)
		return
	}
	vni := binary.BigEndian.Uint32(x[4:]) >> 8
	v := s.find(vni)
	if v == nil {
		ns.dropRef(b, in, trace.StageDecap, trace.VXLANVNINotFound, trace.RefValue, vni)
		return
	}
	d := v.dev
	if len(x) < vxlanLen+packet.EthernetLen || binary.BigEndian.Uint32(x) != vxlanFlagVNI || x[7] != 0 {
		ns.drop(b, in, trace.StageDecap, trace.VXLANInvalidHdr) // bits that are reserved
		return
	}
	b.TrimFront(outer.HeaderLen() + packet.UDPLen + vxlanLen)
	b.TrimTo(len(x) - vxlanLen)
	b.SetNetwork()
	eth := packet.Ethernet(b.Bytes())
	refuse := func(why trace.Reason) { ns.w.Drop(b, d.Place, trace.StageDecap, why, trace.RefAddress, outerSrc) }
	if eth.Src() == d.MAC { // its own, come back
		refuse(trace.LocalMAC)
		return
	}
	if v.cfg.Learning {
		if why := v.snoop(outerSrc, eth.Src()); why != trace.ReasonNone {
			refuse(why)
			return
		}
	}
	if eth.Type() == packet.EtherIPv4 {
		inner := b.Bytes()[packet.EthernetLen:]
		if len(inner) < packet.IPv4Len {
			d.Stats.RxErrors++
			refuse(trace.PktTooSmall)
			return
		}
		if !ecnDecapsulate(outerTOS, packet.IPv4(inner)) {
			d.Stats.RxFrame++
			d.Stats.RxErrors++
			refuse(trace.TunnelECN)
			return
		}
	}
	if !d.Up() {
		d.Stats.RxDropped++
		refuse(trace.DevReady)
		return
	}
	b.Scrub(d.Owner != netdev.Owner(ns))
	d.CountRx(b.Len() - packet.EthernetLen)
	if ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, d.Place, trace.StageDecap, trace.Continue, trace.RefAddress, outerSrc)
		netdev.SetFlow(&ns.w.Log, r, true, b.Bytes())
		if ns.w.Log.Listening() {
			ns.w.Log.Commit(r, b.Network())
		}
	}
	d.Input(b)
}

// ecnDecapsulate brings congestion marks of the outer header inside, RFC 6040
// section 4.2; false says that the packet must be dropped:
// __INET_ECN_decapsulate.
func ecnDecapsulate(outerTOS uint8, ip packet.IPv4) bool {
	switch ecn := ip.TOS() & ecnMask; {
	case ecn == 0:
		return outerTOS&ecnMask != ecnCE
	case outerTOS&ecnMask == ecnCE:
		ip.SetTOS(ip.TOS() | ecnCE)
	case outerTOS&ecnMask == ecnECT1 && ecn == ecnECT0:
		ip.SetTOS(ip.TOS()&^ecnMask | ecnECT1)
	}
	return true
}

// snoop learns that an address is behind a remote, or says why a frame from
// there is bogus: vxlan_snoop.
func (v *vxlan) snoop(remote uint32, m packet.MAC) trace.Reason {
	if m.IsZero() || m.IsMulticast() {
		return trace.MACInvalidSource
	}
	e := v.find(m)
	if e == nil {
		if v.sock != nil {
			v.create(m, neigh.Reachable, FDBSelf, vxlanRemote{ip: remote, port: v.cfg.Port, vni: v.cfg.VNI})
		}
		return trace.ReasonNone
	}
	if r := &e.remotes[0]; r.ip != remote || r.oif != 0 {
		if !e.ages() {
			return trace.VXLANEntryExists
		}
		r.ip = remote
		e.updated = v.now()
	}
	return trace.ReasonNone
}

// vxlanErr takes an ICMP error about an outer packet: __udp4_lib_err_encap and
// vxlan_err_lookup. Nobody hears of it; the path MTU and redirects are noted.
func (ns *Namespace) vxlanErr(in *inDev, b *packet.Buffer, m packet.ICMP, q packet.IPv4, info int) bool {
	p := q.Payload()
	s := ns.socks.lookup(packet.ProtoUDP, q.Dst32(), q.Src32(), binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:]), iif(in, b))
	if s == nil || s.encap == nil || len(p) < packet.UDPLen+vxlanLen {
		return false
	}
	x := p[packet.UDPLen:]
	if binary.BigEndian.Uint32(x)&vxlanFlagVNI == 0 || s.encap.find(binary.BigEndian.Uint32(x[4:])>>8) == nil {
		return false
	}
	switch {
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
		ns.updatePMTUFor(q, info)
	case m.Type() == packet.ICMPRedirect:
		ns.redirect(in, b, m, q)
	}
	return true
}
