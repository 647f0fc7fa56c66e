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

// What is registered at the netfilter hooks, in the order of the priorities of
// include/uapi/linux/netfilter_ipv4.h:
//
//	              -400    -300  -200       -150    -100  0       100   max
//	PREROUTING    defrag  raw   conntrack  mangle  DNAT
//	INPUT                                  mangle        filter  SNAT  confirm
//	FORWARD                                mangle        filter
//	OUTPUT        defrag  raw   conntrack  mangle  DNAT  filter
//	POSTROUTING                            mangle                SNAT  confirm
//
// There is a function for each of them. False says that the packet ended there,
// or waits for fragments; otherwise the buffer returned goes on, which is another
// one after reassembly.

func (ns *Namespace) hookPrerouting(b *packet.Buffer, in *inDev) (*packet.Buffer, bool) {
	if !ns.filtering {
		return b, true
	}
	if ns.tracking && b.IPv4().IsFragment() {
		if b = ns.hookDefrag(b, in, ipfrag.ConntrackIn); b == nil {
			return nil, false
		}
	}
	v := ns.look(netfilter.Prerouting, b, in, nil)
	return b, ns.raw(v) && ns.track(v) && ns.passes(v, netfilter.Mangle) && (!v.translates() || ns.nat(v, conntrack.DNAT, nil))
}

func (ns *Namespace) hookInput(b *packet.Buffer, in *inDev) bool {
	if !ns.filtering {
		return true
	}
	v := ns.look(netfilter.Input, b, in, nil)
	ns.relate(v)
	return ns.passes(v, netfilter.Mangle) && ns.passes(v, netfilter.Filter) && (!v.translates() || ns.nat(v, conntrack.SNAT, nil)) && ns.confirm(v)
}

func (ns *Namespace) hookForward(b *packet.Buffer, in *inDev, rt *route) bool {
	if !ns.filtering {
		return true
	}
	v := ns.look(netfilter.Forward, b, in, rt.dev)
	ns.relate(v)
	return ns.passes(v, netfilter.Mangle) && ns.passes(v, netfilter.Filter)
}

// hookOutput may change the packet's route.
func (ns *Namespace) hookOutput(b *packet.Buffer, rt *route) (*packet.Buffer, bool) {
	if !ns.filtering {
		return b, true
	}
	if ns.tracking && b.IPv4().IsFragment() {
		if b = ns.hookDefrag(b, nil, ipfrag.ConntrackOut); b == nil {
			return nil, false
		}
	}
	v := ns.look(netfilter.Output, b, nil, rt.dev)
	if !ns.raw(v) || !ns.track(v) {
		return b, false
	}
	mark, tos := b.Mark, v.IP.TOS()
	if !ns.passes(v, netfilter.Mangle) || (b.Mark != mark || v.IP.TOS() != tos) && !ns.reroute(b, rt) { // ipt_mangle_out
		return b, false
	}
	dst := v.IP.Dst32()
	if v.translates() && !ns.nat(v, conntrack.DNAT, rt) || v.IP.Dst32() != dst && !ns.reroute(b, rt) {
		return b, false
	}
	if rt.dev != v.out {
		v = ns.look(netfilter.Output, b, nil, rt.dev)
	}
	return b, ns.passes(v, netfilter.Filter)
}

func (ns *Namespace) hookPostrouting(b *packet.Buffer, rt *route) bool {
	if !ns.filtering {
		return true
	}
	v := ns.look(netfilter.Postrouting, b, nil, rt.dev)
	ns.relate(v)
	return ns.passes(v, netfilter.Mangle) && (!v.translates() || ns.nat(v, conntrack.SNAT, rt)) && ns.confirm(v)
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
// There is one for all namespaces, as there is one packet at a time: when another
// one is made because of it, such as a refusal, it ends.
type view struct {
	netfilter.Packet
	path  *netfilter.Path
	in    *inDev
	out   *inDev
	where *inDev // the one of the two that events are about
}

// look makes the view of a packet between two devices.
func (ns *Namespace) look(h netfilter.Hook, b *packet.Buffer, in, out *inDev) *view {
	where := out
	if out == nil {
		where = in
	}
	last := &where.paths[h]
	if last.in != in || last.gen != ns.Filter.Gen() {
		ns.findPath(last, h, in, out)
	}
	v, path := &ns.kernel.seen, last.path
	v.IP, v.Mark, v.Buffer, v.In, v.Out = b.IPv4(), &b.Mark, b, path.In, path.Out
	v.path, v.in, v.out, v.where = path, in, out, where
	v.Hook, v.Untracked, v.Rewritten = h, false, false
	return v
}

// hookPath is the path that packets took last from in, where there was one, by
// the device that has it.
type hookPath struct {
	path *netfilter.Path
	in   *inDev
	gen  uint32 // of the tables
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

// relate tells rules of the connection that the packet was found to belong to.
func (ns *Namespace) relate(v *view) {
	switch b := v.Buffer; {
	case b.Conn != 0:
		v.Tracked(ns.Conn.Get(b.Conn), conntrack.Info(b.CTInfo))
	case ns.tracking:
		v.Tracked(nil, conntrack.Info(b.CTInfo))
	default:
		v.Tracked(nil, conntrack.Untracked)
	}
}

// translates says that NAT must look at the packet: not if it is of an
// established connection without bindings.
func (v *view) translates() bool {
	return v.CT != nil && (v.State != netfilter.StateEstablished || v.CT.MasqIndex != 0) && v.path.Has(netfilter.NAT)
}

// hookDefrag makes a fragment whole before conntrack sees it:
// ipv4_conntrack_defrag.
func (ns *Namespace) hookDefrag(b *packet.Buffer, in *inDev, user ipfrag.User) *packet.Buffer {
	if b = ns.defrag(in, b, user); b != nil {
		b.Flags |= packet.IgnoreDF
	}
	return b
}

// confirm makes the connection of a packet that got this far a real one.
func (ns *Namespace) confirm(v *view) bool {
	b := v.Buffer
	if v.CT == nil || ns.Conn.Confirm(b.Conn, conntrack.Info(b.CTInfo), ns.Now()) {
		return true
	}
	b.Conn = 0
	ns.drop(b, v.where, trace.StageConntrack, trace.NATFailed)
	return false
}

// raw shows the packet to the raw table, which may exempt it from tracking.
func (ns *Namespace) raw(v *view) bool {
	v.Tracked(nil, conntrack.Untracked)
	if c := v.Buffer.Conn; c != 0 {
		v.Tracked(ns.Conn.Get(c), conntrack.Info(v.Buffer.CTInfo))
	}
	if !ns.passes(v, netfilter.Raw) {
		return false
	}
	if v.Untracked {
		v.Buffer.Flags |= packet.Untracked
	}
	return true
}

// track finds or makes the packet's conntrack entry, where a rule needs it:
// nf_conntrack_in.
func (ns *Namespace) track(v *view) bool {
	b := v.Buffer
	switch {
	case !ns.tracking:
	case b.Flags&packet.Untracked != 0:
		b.CTInfo = uint8(conntrack.Untracked)
	case b.Conn != 0 && ns.Conn.Get(b.Conn) != nil: // passed OUTPUT before lo, or an error about a tracked packet
	default:
		conn, info, verdict := ns.Conn.In(v.IP, v.Hook == netfilter.Prerouting, ns.Now())
		b.Conn, b.CTInfo = conn, uint8(info)
		if verdict == conntrack.Drop {
			ns.drop(b, v.in, trace.StageConntrack, trace.ConntrackFull)
			return false
		}
		established := info == conntrack.Established || info == conntrack.EstablishedReply
		if ns.w.Log.Listening() || !established && ns.w.Log.On() { // the usual case is told to readers only
			ns.noteConn(b, v.in, info)
		}
	}
	ns.relate(v)
	return true
}

func (ns *Namespace) noteConn(b *packet.Buffer, in *inDev, info conntrack.Info) {
	r := ns.w.Log.Next(ns.Now(), b.ID, b.Parent, ns.placeOf(in), trace.StageConntrack, trace.Continue, trace.RefConn, b.Conn)
	r.Aux = uint16(info)
	if ns.w.Log.Listening() {
		ns.w.Log.Commit(r, b.Network())
	}
}

// passes shows the packet to a table. False says that it ended there.
func (ns *Namespace) passes(v *view, t netfilter.TableID) bool {
	if !v.path.Asks(t, &v.Packet) {
		return true
	}
	verdict := ns.ask(v, t)
	return verdict.Action == netfilter.Accept || ns.accepted(v, verdict)
}

// accepted ends a packet that a table refused. The targets of nat, which that
// table alone has, refuse nothing.
func (ns *Namespace) accepted(v *view, verdict *netfilter.Verdict) bool {
	why, kind, idx := trace.NetfilterDrop, trace.RefPolicyOf, uint32(0)
	if verdict.Rule != nil {
		kind, idx = trace.RefRule, verdict.Rule.Index
	}
	b, where, stage := v.Buffer, v.where, hookStage(v.Hook) // the answer has a view of its own
	switch verdict.Action {
	case netfilter.Drop:
	case netfilter.Reject:
		why = trace.NetfilterReject
		ns.reject(b, v.Hook, v.in, v.out, verdict.RejectWith)
	default:
		return true
	}
	ns.dropRef(b, where, stage, why, kind, idx)
	return false
}

// ask shows the packet to a table and tells the log which rule decided.
func (ns *Namespace) ask(v *view, t netfilter.TableID) *netfilter.Verdict {
	if ns.w.Log.Listening() {
		return ns.askFor(v, t)
	}
	verdict := v.path.Run(t, &v.Packet, nil)
	if v.Rewritten {
		ns.forgetHeader(v)
	}
	if verdict.Index != 0 && ns.w.Log.On() {
		r := ns.w.Log.Next(ns.Now(), v.Buffer.ID, v.Buffer.Parent, v.where.Place, hookStage(v.Hook), trace.Continue, trace.RefRule, verdict.Index)
		r.Aux = ruleAux(t, verdict)
	}
	return verdict
}

// forgetHeader tells the log that a target changed the header.
func (ns *Namespace) forgetHeader(v *view) {
	v.Rewritten = false
	ns.w.Log.Forget(v.Buffer.ID)
}

// askFor is ask for somebody who reads along and wants to know also which rules
// did not match.
func (ns *Namespace) askFor(v *view, t netfilter.TableID) *netfilter.Verdict {
	ns.trail.Reset()
	verdict := v.path.Run(t, &v.Packet, &ns.trail)
	if v.Rewritten {
		ns.forgetHeader(v)
	}
	if verdict.Rule != nil || len(ns.trail.Steps) > 0 {
		kind, idx := ruleRef(verdict)
		r := ns.w.Log.Next(ns.Now(), v.Buffer.ID, v.Buffer.Parent, v.where.Place, hookStage(v.Hook), trace.Continue, kind, idx)
		r.Aux = ruleAux(t, verdict)
		ns.w.Log.Commit(r, v.Buffer.Network())
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
	info := conntrack.Info(v.Buffer.CTInfo)
	ct, b, where := ns.Conn, v.Buffer, v.where
	binds := info == conntrack.New || (info == conntrack.Related || info == conntrack.RelatedReply) && v.IP.Proto() != packet.ProtoICMP
	if binds && !ct.NATInitialized(b.Conn, manip) {
		if !ns.bind(v, manip, rt) {
			return false
		}
		v.Tracked(v.CT, info) // it may be SNAT or DNAT now
	} else if v.Hook == netfilter.Postrouting && ct.MasqueradeMoved(b.Conn, info, v.out.Index) {
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
	b, h, in, out, where := w.Buffer, w.Hook, w.in, w.out, w.where
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
