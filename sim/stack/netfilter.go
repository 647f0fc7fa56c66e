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
	tracked := h == netfilter.Prerouting || h == netfilter.Output
	if tracked && ns.tracking && b.IPv4().IsFragment() {
		if b = ns.hookDefrag(h, b, in); b == nil {
			return nil, false
		}
	}
	p := &ns.seen
	p.IP, p.Mark, p.Untracked, p.Rewritten, p.Buffer = b.IPv4(), &b.Mark, false, false, b
	v := view{Packet: p, b: b, hook: h}
	v.lookAt(ns, in, out)
	if tracked {
		if v.path.Asks(netfilter.Raw, p) && !ns.raw(&v) {
			return nil, false
		}
		if ns.tracking && !ns.track(&v) {
			return nil, false
		}
	}
	switch {
	case b.Conn != 0:
		p.Tracked(ns.Conn.Get(b.Conn), conntrack.Info(b.CTInfo))
	case ns.tracking:
		p.Tracked(nil, conntrack.Info(b.CTInfo))
	default:
		p.Tracked(nil, conntrack.Untracked)
	}
	if v.path.Asks(netfilter.Mangle, p) {
		mark, tos := b.Mark, p.IP.TOS()
		if !ns.passes(&v, ns.ask(&v, netfilter.Mangle)) {
			return nil, false
		}
		if p.Rewritten {
			ns.w.Log.Forget(b.ID)
		}
		if h == netfilter.Output && (b.Mark != mark || p.IP.TOS() != tos) && !ns.reroute(b, rt) { // ipt_mangle_out
			return nil, false
		}
	}
	// An established connection without bindings passes NAT as it is.
	translate := p.CT != nil && (p.State != netfilter.StateEstablished || p.CT.MasqIndex != 0) && v.path.Has(netfilter.NAT)
	switch h {
	case netfilter.Prerouting:
		if translate && !ns.nat(&v, conntrack.DNAT, rt) {
			return nil, false
		}
	case netfilter.Output:
		dst := p.IP.Dst32()
		if translate && !ns.nat(&v, conntrack.DNAT, rt) || p.IP.Dst32() != dst && !ns.reroute(b, rt) {
			return nil, false
		}
		if rt.dev != out { // by rerouting
			v.lookAt(ns, in, rt.dev)
		}
	}
	if h != netfilter.Prerouting && h != netfilter.Postrouting && v.path.Asks(netfilter.Filter, p) && !ns.passes(&v, ns.ask(&v, netfilter.Filter)) {
		return nil, false
	}
	if h == netfilter.Input || h == netfilter.Postrouting {
		if translate && !ns.nat(&v, conntrack.SNAT, rt) {
			return nil, false
		}
		if p.CT != nil && !ns.Conn.Confirm(b.Conn, conntrack.Info(b.CTInfo), ns.Now()) {
			b.Conn = 0
			ns.drop(b, v.where, trace.StageConntrack, trace.NATFailed)
			return nil, false
		}
	}
	return b, true
}

// ConnTable is the table of connections, made if no rule has asked for it yet:
// for those who watch it.
func (ns *Namespace) ConnTable() *conntrack.Table {
	if ns.Conn == nil {
		ns.Conn = conntrack.NewTable(ns.Sysctls.Conntrack, ns.w.Stream("conntrack "+ns.Name).Uint32)
	}
	return ns.Conn
}

// view is a packet at a hook: what rules see of it, and what they have to say.
// There is one netfilter.Packet in a namespace: when a packet is made because
// of another one, such as a refusal, that one ends.
type view struct {
	*netfilter.Packet
	b     *packet.Buffer
	path  *netfilter.Path
	in    *inDev
	out   *inDev
	where *inDev // the one of the two that events are about
	hook  netfilter.Hook
}

// hookPath is the path that packets took last from in, where there was one, by
// the device that has it.
type hookPath struct {
	path *netfilter.Path
	in   *inDev
	gen  uint32 // of the tables
}

// lookAt finds what the tables say about packets between two devices.
func (v *view) lookAt(ns *Namespace, in, out *inDev) {
	where := out
	if out == nil {
		where = in
	}
	last := &where.paths[v.hook]
	if last.in != in || last.gen != ns.Filter.Gen() {
		ns.findPath(last, v.hook, in, out)
	}
	v.in, v.out, v.where, v.path = in, out, where, last.path
	v.In, v.Out = v.path.In, v.path.Out
}

func (ns *Namespace) findPath(p *hookPath, h netfilter.Hook, in, out *inDev) {
	var from, to *netfilter.Dev
	if in != nil {
		from = &in.nf
	}
	if out != nil {
		to = &out.nf
	}
	*p = hookPath{ns.Filter.Path(h, from, to), in, ns.Filter.Gen()}
}

// hookDefrag makes a fragment whole before conntrack sees it:
// ipv4_conntrack_defrag.
func (ns *Namespace) hookDefrag(h netfilter.Hook, b *packet.Buffer, in *inDev) *packet.Buffer {
	user := ipfrag.ConntrackIn
	if h == netfilter.Output {
		user = ipfrag.ConntrackOut
	}
	if b = ns.defrag(in, b, user); b != nil {
		b.Flags |= packet.IgnoreDF
	}
	return b
}

// raw shows the packet to the raw table, which may exempt it from tracking.
func (ns *Namespace) raw(v *view) bool {
	v.Tracked(nil, conntrack.Untracked)
	if v.b.Conn != 0 {
		v.Tracked(ns.Conn.Get(v.b.Conn), conntrack.Info(v.b.CTInfo))
	}
	if !ns.passes(v, ns.ask(v, netfilter.Raw)) {
		return false
	}
	if v.Untracked {
		v.b.Flags |= packet.Untracked
	}
	return true
}

// track finds or makes the packet's conntrack entry: nf_conntrack_in.
func (ns *Namespace) track(v *view) bool {
	b := v.b
	if b.Flags&packet.Untracked != 0 {
		b.CTInfo = uint8(conntrack.Untracked)
		return true
	}
	if b.Conn != 0 && ns.Conn.Get(b.Conn) != nil { // passed OUTPUT before lo, or an error about a tracked packet
		return true
	}
	conn, info, verdict := ns.Conn.In(v.IP, v.hook == netfilter.Prerouting, ns.Now())
	b.Conn, b.CTInfo = conn, uint8(info)
	if verdict == conntrack.Drop {
		ns.drop(b, v.in, trace.StageConntrack, trace.ConntrackFull)
		return false
	}
	established := info == conntrack.Established || info == conntrack.EstablishedReply
	if ns.w.Log.Listening() || !established && ns.w.Log.On() { // the usual case is told to readers only
		ns.noteConn(b, v.in, info)
	}
	return true
}

func (ns *Namespace) noteConn(b *packet.Buffer, in *inDev, info conntrack.Info) {
	r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(in), trace.StageConntrack, trace.Continue, trace.RefConn, b.Conn)
	r.Aux = uint16(info)
	if ns.w.Log.Listening() {
		ns.w.Log.Commit(r, b.Network())
	}
}

// passes says that a packet goes on after the verdict of a table; otherwise it
// ended.
func (ns *Namespace) passes(v *view, verdict *netfilter.Verdict) bool {
	return verdict.Action == netfilter.Accept || ns.accepted(v, verdict)
}

// accepted ends a packet that a table refused. The targets of nat, which that
// table alone has, refuse nothing.
func (ns *Namespace) accepted(v *view, verdict *netfilter.Verdict) bool {
	why, kind, idx := trace.NetfilterDrop, trace.RefPolicyOf, uint32(0)
	if verdict.Rule != nil {
		kind, idx = trace.RefRule, verdict.Rule.Index
	}
	switch verdict.Action {
	case netfilter.Drop:
	case netfilter.Reject:
		why = trace.NetfilterReject
		ns.reject(v.b, v.hook, v.in, v.out, verdict.RejectWith)
	default:
		return true
	}
	ns.dropRef(v.b, v.where, hookStage(v.hook), why, kind, idx)
	return false
}

// ask shows the packet to a table and tells the log which rule decided.
func (ns *Namespace) ask(v *view, t netfilter.TableID) *netfilter.Verdict {
	if ns.w.Log.Listening() {
		return ns.askFor(v, t)
	}
	verdict := v.path.Run(t, v.Packet, nil)
	if rule := verdict.Rule; rule != nil && ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), v.b.ID, v.b.Parent, v.where.Place, hookStage(v.hook), trace.Continue, trace.RefRule, rule.Index)
		r.Aux = ruleAux(t, verdict)
	}
	return verdict
}

// askFor is ask for somebody who reads along and wants to know also which rules
// did not match.
func (ns *Namespace) askFor(v *view, t netfilter.TableID) *netfilter.Verdict {
	ns.trail.Reset()
	verdict := v.path.Run(t, v.Packet, &ns.trail)
	if verdict.Rule != nil || len(ns.trail.Steps) > 0 {
		kind, idx := ruleRef(verdict)
		r := ns.w.Log.Next(ns.Now(), v.b.ID, v.b.Parent, v.where.Place, hookStage(v.hook), trace.Continue, kind, idx)
		r.Aux = ruleAux(t, verdict)
		ns.w.Log.Commit(r, v.b.Network())
	}
	return verdict
}

// ruleAux is what a record of a table's verdict tells beside the rule.
func ruleAux(t netfilter.TableID, v *netfilter.Verdict) uint16 {
	return uint16(t)<<8 | uint16(v.Action)
}

func ruleRef(v *netfilter.Verdict) (trace.RefKind, uint32) {
	if v.Rule != nil {
		return trace.RefRule, v.Rule.Index
	}
	return trace.RefPolicyOf, 0
}

var hookStages = [...]trace.Stage{netfilter.Prerouting: trace.StagePrerouting, netfilter.Input: trace.StageInput, netfilter.Forward: trace.StageForward,
	netfilter.Output: trace.StageOutput, netfilter.Postrouting: trace.StagePostrouting}

func hookStage(h netfilter.Hook) trace.Stage { return hookStages[h] }

// nat is nf_nat_inet_fn and the ICMP part around it (nf_nat_ipv4_fn): a new
// connection is shown to the nat table once per kind of binding, and every
// packet is then rewritten as its entry says.
func (ns *Namespace) nat(v *view, manip conntrack.Manip, rt *route) bool {
	info := conntrack.Info(v.b.CTInfo)
	ct, b, where := ns.Conn, v.b, v.where
	binds := info == conntrack.New || (info == conntrack.Related || info == conntrack.RelatedReply) && v.IP.Proto() != packet.ProtoICMP
	if binds && !ct.NATInitialized(b.Conn, manip) {
		if !ns.bind(v, manip, rt) {
			return false
		}
		v.Tracked(v.CT, info) // it may be SNAT or DNAT now
	} else if v.hook == netfilter.Postrouting && ct.MasqueradeMoved(b.Conn, info, v.out.Index) {
		b.Conn = 0
		ns.drop(b, where, trace.StageNAT, trace.NATFailed)
		return false
	}
	changed, ok := ct.NATPacket(b.Conn, info, manip, v.IP)
	if !ok {
		ns.drop(b, where, trace.StageNAT, trace.NATFailed)
		return false
	}
	if changed && ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(where), trace.StageNAT, trace.Continue, trace.RefConn, b.Conn)
		r.Aux = uint16(manip)
		ns.w.Log.SetIPv4(r, v.IP)
		if ns.w.Log.Listening() {
			ns.w.Log.Commit(r, b.Network())
		}
	}
	return true
}

// bind asks the nat table what a new connection is translated to.
func (ns *Namespace) bind(w *view, manip conntrack.Manip, rt *route) bool {
	v := ns.ask(w, netfilter.NAT)
	b, h, in, out, where := w.b, w.hook, w.in, w.out, w.where
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
	case netfilter.Netmap:
		addr := b.IPv4().Dst32()
		if manip == conntrack.SNAT {
			addr = b.IPv4().Src32()
		}
		rng.MinAddr = netfilter.NetmapAddr(addr, v.NAT)
		rng.MaxAddr = rng.MinAddr
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
		where := in
		if out != nil {
			where = out
		}
		ns.icmpSend(b, where, &rt, packet.ICMPUnreachable, code, 0)
		return
	}
	if t := ns.addrType(ip.Dst32(), 0); t != fib.Broadcast && t != fib.Multicast {
		ns.sendReset(ip, b)
	}
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
	res, err := ns.lookup(&key)
	if err != nil {
		return false
	}
	if res.Type != fib.Unicast && (res.Type != fib.Local || f&netfilter.RPAcceptLocal == 0) {
		return false
	}
	return res.Route.Dev == p.In.Index || f&netfilter.RPLoose != 0
}

// PathMTU is what fits both on the way to a packet's destination and on the way
// back: tcpmss_reverse_mtu and the MTU of the packet's own route.
func (e *filterEnv) PathMTU(p *netfilter.Packet) int {
	ns := (*Namespace)(e)
	least := maxMTU
	for _, dst := range [...]uint32{p.IP.Dst32(), p.IP.Src32()} {
		fl := flow{dst: dst}
		var rt route
		if ns.routeOutput(&fl, &rt) == 0 {
			least = min(least, ns.pathMTU(&rt, dst))
		}
	}
	return least
}

// Rand is the namespace's source of chance.
func (e *filterEnv) Rand() uint32 { return e.rng.Uint32() }

// Now is the virtual time.
func (e *filterEnv) Now() clock.Instant { return (*Namespace)(e).Now() }
