package stack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/fib"
	"hoplab/sim/ipfrag"
	"hoplab/sim/netfilter"
	"hoplab/sim/trace"
)

// hook shows b to everything that is registered at one netfilter hook, in the
// order of the priorities of include/uapi/linux/netfilter_ipv4.h:
//
//	-400 defrag   -300 raw   -200 conntrack   -150 mangle   -100 DNAT
//	   0 filter    100 SNAT   max confirm
//
// rt is the packet's route where it has one; OUTPUT may change it. ok false
// says that the packet ended here (or waits for fragments); otherwise the
// buffer returned goes on, which is another one after reassembly.
func (ns *Namespace) hook(h netfilter.Hook, b *packet.Buffer, in, out *inDev, rt *route) (*packet.Buffer, bool) {
	if !ns.filtering {
		return b, true
	}
	ct := ns.Conn
	if !ns.tracking {
		ct = nil
	}
	tracked := h == netfilter.Prerouting || h == netfilter.Output
	if tracked && ct != nil && b.IPv4().IsFragment() {
		user := ipfrag.ConntrackIn
		if h == netfilter.Output {
			user = ipfrag.ConntrackOut
		}
		if b = ns.defrag(in, b, user); b == nil {
			return nil, false
		}
		b.Flags |= packet.IgnoreDF
	}
	p := ns.show(b, in, out)
	say := ns.Filter.Path(h, p.In, p.Out)
	if tracked && say.Has(netfilter.Raw) {
		p.CT, p.Info = nil, conntrack.Untracked
		if b.Conn != 0 {
			p.CT, p.Info = ct.Get(b.Conn), conntrack.Info(b.CTInfo)
		}
		if !ns.table(say, netfilter.Raw, h, b, in, out) {
			return nil, false
		}
		if p.Untracked {
			b.Flags |= packet.Untracked
		}
	}
	if tracked && ct != nil && !ns.track(h, b, in) {
		return nil, false
	}
	ns.showConn(b)
	if say.Has(netfilter.Mangle) {
		was := headerOf(p.IP)
		src, dst, mark := p.IP.Src32(), p.IP.Dst32(), b.Mark
		if !ns.table(say, netfilter.Mangle, h, b, in, out) {
			return nil, false
		}
		if headerOf(p.IP) != was {
			ns.w.Log.Forget(b.ID)
		}
		if h == netfilter.Output && (p.IP.Src32() != src || p.IP.Dst32() != dst || p.IP.TOS() != was.tos || b.Mark != mark) && !ns.reroute(b, rt) {
			return nil, false
		}
	}
	switch h {
	case netfilter.Prerouting:
		if !ns.nat(say, h, conntrack.DNAT, b, in, out, rt) {
			return nil, false
		}
	case netfilter.Output:
		dst := p.IP.Dst32()
		if !ns.nat(say, h, conntrack.DNAT, b, in, out, rt) {
			return nil, false
		}
		if p.IP.Dst32() != dst && !ns.reroute(b, rt) {
			return nil, false
		}
		if rt.dev != out { // by rerouting
			out = rt.dev
			p.Out = &out.nf
			say = ns.Filter.Path(h, p.In, p.Out)
		}
	}
	if h != netfilter.Prerouting && h != netfilter.Postrouting && say.Has(netfilter.Filter) && !ns.table(say, netfilter.Filter, h, b, in, out) {
		return nil, false
	}
	if h == netfilter.Input || h == netfilter.Postrouting {
		if !ns.nat(say, h, conntrack.SNAT, b, in, out, rt) {
			return nil, false
		}
		if c := p.CT; c != nil && c.Status&conntrack.Confirmed == 0 && !ct.Confirm(b.Conn, conntrack.Info(b.CTInfo), ns.Now()) {
			b.Conn = 0
			ns.drop(b, ns.either(in, out), trace.StageConntrack, trace.NATFailed)
			return nil, false
		}
	}
	return b, true
}

// show makes the packet that rules see of b.
func (ns *Namespace) show(b *packet.Buffer, in, out *inDev) *netfilter.Packet {
	p := &ns.nfp
	p.IP, p.Mark, p.Untracked = b.IPv4(), &b.Mark, false
	p.In, p.Out = nil, nil
	if in != nil {
		p.In = &in.nf
	}
	if out != nil {
		p.Out = &out.nf
	}
	return p
}

// showConn lets rules see the connection of b.
func (ns *Namespace) showConn(b *packet.Buffer) {
	p := &ns.nfp
	p.CT, p.Info = nil, conntrack.Info(b.CTInfo)
	switch {
	case b.Conn != 0:
		p.CT = ns.Conn.Get(b.Conn)
	case !ns.tracking:
		p.Info = conntrack.Untracked
	}
}

// mangled is what targets of the mangle table can change in a header.
type mangled struct{ tos, ttl uint8 }

func headerOf(ip packet.IPv4) mangled { return mangled{ip.TOS(), ip.TTL()} }

// either is the device a hook is about.
func (ns *Namespace) either(in, out *inDev) *inDev {
	if out != nil {
		return out
	}
	return in
}

// track finds or makes the packet's conntrack entry: nf_conntrack_in.
func (ns *Namespace) track(h netfilter.Hook, b *packet.Buffer, in *inDev) bool {
	if b.Flags&packet.Untracked != 0 {
		b.CTInfo = uint8(conntrack.Untracked)
		return true
	}
	if b.Conn != 0 && ns.Conn.Get(b.Conn) != nil { // passed OUTPUT before lo, or an error about a tracked packet
		return true
	}
	conn, info, v := ns.Conn.In(b.IPv4(), h == netfilter.Prerouting, ns.Now())
	b.Conn, b.CTInfo = conn, uint8(info)
	if v == conntrack.Drop {
		ns.drop(b, in, trace.StageConntrack, trace.ConntrackFull)
		return false
	}
	if ns.w.Log.On() {
		ns.noteConn(b, in, info)
	}
	return true
}

func (ns *Namespace) noteConn(b *packet.Buffer, in *inDev, info conntrack.Info) {
	r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(in), trace.StageConntrack)
	r.RefKind, r.RefIdx, r.Aux = trace.RefConn, b.Conn, uint16(info)
	ns.w.Log.Commit(r, b.Network())
}

// table shows b to one table. false says that the packet ended.
func (ns *Namespace) table(say *netfilter.Path, t netfilter.TableID, h netfilter.Hook, b *packet.Buffer, in, out *inDev) bool {
	v := ns.run(say, t, h, b, in, out)
	if v.Action == netfilter.Accept {
		return true
	}
	kind, idx := ruleRef(v)
	switch v.Action {
	case netfilter.Drop:
		ns.dropRef(b, ns.either(in, out), hookStage(h), trace.NetfilterDrop, kind, idx)
		return false
	case netfilter.Reject:
		ns.reject(b, h, in, out, v.RejectWith)
		ns.dropRef(b, ns.either(in, out), hookStage(h), trace.NetfilterReject, kind, idx)
		return false
	}
	return true
}

// run asks the table and tells the log which rule decided.
func (ns *Namespace) run(say *netfilter.Path, t netfilter.TableID, h netfilter.Hook, b *packet.Buffer, in, out *inDev) netfilter.Verdict {
	l := &ns.w.Log
	var trail *netfilter.Trail
	if l.Listening() {
		trail = &ns.trail
		trail.Reset()
	}
	v := say.Run(t, &ns.nfp, trail)
	if l.On() && (v.Rule != nil || trail != nil && len(trail.Steps) > 0) {
		r := l.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(ns.either(in, out)), hookStage(h))
		r.RefKind, r.RefIdx = ruleRef(v)
		r.Aux = uint16(t)<<8 | uint16(v.Action)
		l.Commit(r, b.Network())
	}
	return v
}

func ruleRef(v netfilter.Verdict) (trace.RefKind, uint32) {
	if v.Rule != nil {
		return trace.RefRule, v.Rule.Index
	}
	return trace.RefPolicyOf, 0
}

func hookStage(h netfilter.Hook) trace.Stage {
	switch h {
	case netfilter.Prerouting:
		return trace.StagePrerouting
	case netfilter.Input:
		return trace.StageInput
	case netfilter.Forward:
		return trace.StageForward
	case netfilter.Output:
		return trace.StageOutput
	}
	return trace.StagePostrouting
}

// nat is nf_nat_inet_fn and the ICMP part around it (nf_nat_ipv4_fn): a new
// connection is shown to the nat table once per kind of binding, and every
// packet is then rewritten as its entry says.
func (ns *Namespace) nat(say *netfilter.Path, h netfilter.Hook, manip conntrack.Manip, b *packet.Buffer, in, out *inDev, rt *route) bool {
	ct, c, info := ns.Conn, ns.nfp.CT, conntrack.Info(b.CTInfo)
	if c == nil || !say.Has(netfilter.NAT) || c.Untranslated(info) {
		return true
	}
	where := ns.either(in, out)
	if info == conntrack.New && !ct.NATInitialized(b.Conn, manip) {
		if !ns.bind(say, h, manip, b, in, out, rt) {
			return false
		}
	} else if h == netfilter.Postrouting && ct.MasqueradeMoved(b.Conn, info, out.Index) {
		b.Conn = 0
		ns.drop(b, where, trace.StageNAT, trace.NATFailed)
		return false
	}
	changed, ok := ct.NATPacket(b.Conn, info, manip, b.IPv4())
	if !ok {
		ns.drop(b, where, trace.StageNAT, trace.NATFailed)
		return false
	}
	if changed && ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(where), trace.StageNAT)
		r.RefKind, r.RefIdx, r.Aux = trace.RefConn, b.Conn, uint16(manip)
		ns.w.Log.SetFlow(r, packet.IPv4Flow(b.IPv4()))
		ns.w.Log.Commit(r, b.Network())
	}
	return true
}

// bind asks the nat table what a new connection is translated to.
func (ns *Namespace) bind(say *netfilter.Path, h netfilter.Hook, manip conntrack.Manip, b *packet.Buffer, in, out *inDev, rt *route) bool {
	v := ns.run(say, netfilter.NAT, h, b, in, out)
	where := ns.either(in, out)
	rng := conntrack.Range{MinAddr: v.NAT.MinAddr, MaxAddr: v.NAT.MaxAddr, MinPort: v.NAT.MinPort, MaxPort: v.NAT.MaxPort, Flags: conntrack.RangeFlags(v.NAT.Flags)}
	kind, idx := ruleRef(v)
	switch v.Action {
	case netfilter.Drop:
		ns.dropRef(b, where, hookStage(h), trace.NetfilterDrop, kind, idx)
		return false
	case netfilter.SNAT, netfilter.DNAT:
	case netfilter.Masquerade:
		// nf_nat_masquerade_ipv4: the address that the way out prefers.
		src := ns.selectAddr(out, rt.nextHop(b.IPv4().Dst32()), fib.Universe)
		if src == 0 {
			ns.dropRef(b, where, trace.StageNAT, trace.NATFailed, kind, idx)
			return false
		}
		rng.MinAddr, rng.MaxAddr = src, src
		rng.Flags |= conntrack.MapIPs
		ns.Conn.Get(b.Conn).MasqIndex = out.Index
	case netfilter.Redirect:
		dst := uint32(loopbackAddr)
		if h == netfilter.Prerouting {
			if dst = firstAddr(in); dst == 0 {
				ns.dropRef(b, where, trace.StageNAT, trace.NATFailed, kind, idx)
				return false
			}
		}
		rng.MinAddr, rng.MaxAddr = dst, dst
		rng.Flags |= conntrack.MapIPs
	default:
		if !ns.Conn.AllocNullBinding(b.Conn, manip, ns.Now()) {
			ns.dropRef(b, where, trace.StageNAT, trace.NATFailed, kind, idx)
			return false
		}
		return true
	}
	if !ns.Conn.SetupNAT(b.Conn, manip, rng, ns.Now()) {
		ns.dropRef(b, where, trace.StageNAT, trace.NATFailed, kind, idx)
		return false
	}
	return true
}

func firstAddr(in *inDev) uint32 {
	for i := range in.addrs {
		if !in.addrs[i].Secondary {
			return packet.Addr32(in.addrs[i].Prefix.Addr())
		}
	}
	return 0
}

// reroute finds the way anew after OUTPUT changed the packet:
// ip_route_me_harder.
func (ns *Namespace) reroute(b *packet.Buffer, rt *route) bool {
	ip := b.IPv4()
	fl := flow{src: ip.Src32(), dst: ip.Dst32(), mark: b.Mark, tos: ip.TOS(), anySrc: true}
	if t := ns.addrType(fl.src, 0); t != fib.Local && t != fib.Unicast {
		fl.src = 0
	}
	if rt.flags&rtLocal == 0 {
		fl.oif = rt.oif // what the socket is bound to
	}
	var next route
	if errno := ns.routeOutput(&fl, &next); errno != 0 {
		kind, idx := next.ref()
		ns.dropRef(b, rt.dev, trace.StageRoute, trace.IPOutNoRoutes, kind, idx)
		return false
	}
	*rt = next
	if ns.w.Log.On() {
		ns.noteRoute(b, rt.dev.Place, rt)
	}
	return true
}

// reject answers for the REJECT target: nf_send_unreach and nf_send_reset in
// net/ipv4/netfilter/nf_reject_ipv4.c.
func (ns *Namespace) reject(b *packet.Buffer, h netfilter.Hook, in, out *inDev, with netfilter.RejectType) {
	ip := b.IPv4()
	if ip.FragOffset() != 0 || !checksumOK(ip) {
		return
	}
	if code, ok := with.ICMPCode(); ok {
		rt := route{dev: out}
		if h != netfilter.Output {
			rt.flags |= rtInput
		}
		if h == netfilter.Input {
			rt.flags |= rtLocal
		}
		ns.icmpSend(b, ns.either(in, out), &rt, packet.ICMPUnreachable, code, 0)
		return
	}
	ns.sendReset(ip)
}

// checksumOK says that the checksum behind the IP header is right. In a
// protocol that it does not know the kernel takes all of the payload for summed
// up to 0: nf_ip_checksum in net/netfilter/utils.c.
func checksumOK(ip packet.IPv4) bool {
	src, dst := [4]byte(ip[12:16]), [4]byte(ip[16:20])
	switch ip.Proto() {
	case packet.ProtoUDP:
		u, err := packet.ParseUDP(ip.Payload())
		return err == nil && u.ChecksumOK(src, dst)
	case packet.ProtoTCP:
		t, err := packet.ParseTCP(ip.Payload())
		return err == nil && t.ChecksumOK(src, dst)
	}
	return packet.Checksum(ip.Payload()) == 0
}

// filterEnv answers the questions of matches and targets.
type filterEnv Namespace

// AddrType is inet_addr_type_dev_table.
func (e *filterEnv) AddrType(addr uint32, dev int32) uint8 {
	return uint8((*Namespace)(e).addrType(addr, dev))
}

// ReversePath is the rpfilter match: a lookup back to the source, whose way
// must leave by the interface the packet came in by.
func (e *filterEnv) ReversePath(p *netfilter.Packet, f netfilter.RPFlags) bool {
	ns := (*Namespace)(e)
	ip := p.IP
	if p.In.Index == ns.lo.Index {
		return true
	}
	if ip.Src32() == 0 && (ip.Dst32() == 0xffffffff || isLocalMulticast(ip.Dst32())) { // DHCP and the like
		return true
	}
	key := fib.Key{Dst: ip.Src32(), TOS: ip.TOS() & iptosRT, IIF: ns.lo.Index}
	if a := ip.Dst32(); !isMulticast(a) && a != 0xffffffff && a != 0 {
		key.Src = a
	}
	if f&netfilter.RPValidMark != 0 {
		key.Mark = *p.Mark
	}
	res, err := ns.FIB.Lookup(&key)
	if err != nil {
		return false
	}
	if res.Type != fib.Unicast && (res.Type != fib.Local || f&netfilter.RPAcceptLocal == 0) {
		return false
	}
	return res.Route.Dev == p.In.Index || f&netfilter.RPLoose != 0
}

// Rand is the namespace's source of chance.
func (e *filterEnv) Rand() uint32 { return e.rng.Uint32() }

// Now is the virtual time.
func (e *filterEnv) Now() clock.Instant { return (*Namespace)(e).Now() }
