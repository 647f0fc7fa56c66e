package stack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// route is where a packet goes: the kernel's struct rtable. It lives for one
// walk.
type route struct {
	fib   *fib.Route // what decided; nil for broadcast, "no route" and the like
	dev   *inDev     // goes out by; nil for input routes to an error
	gw    uint32     // next hop, 0: the destination itself
	src   uint32     // source for local senders
	oif   int32      // the device that the sender asked for, 0 any
	mtu   int32      // that forward found, in bytes; 0: not asked yet
	typ   fib.Type
	err   fib.Errno // of an input route that refuses: goes to ip_error
	flags routeFlags
}

type routeFlags uint8

const (
	rtLocal     routeFlags = 1 << iota // RTCF_LOCAL
	rtBroadcast                        // RTCF_BROADCAST
	rtMulticast                        // RTCF_MULTICAST
	rtInput                            // made by ip_route_input
	rtRedirect                         // the sender could reach the next hop itself
)

// nextHop is whom to ask ARP for.
func (rt *route) nextHop(dst uint32) uint32 {
	if rt.gw != 0 {
		return rt.gw
	}
	return dst
}

// ref is what decided, for events.
func (rt *route) ref() (trace.RefKind, uint32) {
	if rt.fib != nil {
		return trace.RefRoute, rt.fib.Index
	}
	return trace.RefNone, 0
}

// routeInput finds the way of a packet that came in by in:
// ip_route_input_slow in net/ipv4/route.c. A reason other than ReasonNone says
// that the packet must be dropped silently; a route with err set goes to
// ipError.
func (ns *Namespace) routeInput(src, dst uint32, tos uint8, mark uint32, in *inDev, rt *route) (trace.Reason, trace.Sysctl) {
	*rt = route{flags: rtInput, typ: fib.Unspec}
	if isMulticast(src) || src == 0xffffffff {
		return trace.IPMartianSource, 0
	}
	if dst == 0xffffffff || src == 0 && dst == 0 {
		return ns.routeBroadcast(src, tos, mark, in, rt)
	}
	if src == 0 {
		return trace.IPMartianSource, 0
	}
	if dst == 0 {
		return trace.IPMartianDestination, 0
	}
	if isMulticast(dst) {
		// No multicast routing, and no group but all-hosts is joined.
		if dst != allHosts {
			return trace.IPMartianDestination, 0
		}
		rt.typ, rt.flags, rt.dev = fib.Multicast, rt.flags|rtLocal|rtMulticast, in
		return trace.ReasonNone, 0
	}
	if isLoopback(dst) && !ns.confOr(in, ConfRouteLocalnet) {
		return trace.IPMartianDestination, trace.SysctlRouteLocalnet
	}
	if isLoopback(src) && !ns.confOr(in, ConfRouteLocalnet) {
		return trace.IPMartianSource, trace.SysctlRouteLocalnet
	}

	var key fib.Key // field by field: a literal would be made elsewhere and copied
	key.Dst, key.Src, key.IIF, key.Mark, key.TOS = dst, src, in.Index, mark, tos&iptosRT
	if ns.FIB.Dissects() {
		ns.dissect(&key)
	}
	res, err := ns.lookup(&key)
	rt.fib = res.Route
	if err != nil {
		rt.typ = fib.Unreachable
		rt.err = lookupErrno(err)
		if in.conf[ConfForwarding] == 0 {
			rt.err = fib.EHOSTUNREACH
		}
		return trace.ReasonNone, 0
	}
	rt.typ = res.Type
	switch res.Type {
	case fib.Broadcast:
		if !ns.confAnd(in, ConfBCForwarding) {
			return ns.routeBroadcast(src, tos, mark, in, rt)
		}
	case fib.Local:
		if why, s, _ := ns.validateSource(src, dst, tos, mark, 0, in); why != trace.ReasonNone {
			return why, s
		}
		rt.flags |= rtLocal
		rt.dev = ns.lo
		if in.Kind == netdev.VRF {
			rt.dev = in
		}
		return trace.ReasonNone, 0
	}
	if in.conf[ConfForwarding] == 0 && res.Type != fib.Broadcast {
		rt.typ, rt.err = fib.Unreachable, fib.EHOSTUNREACH
		return trace.ReasonNone, trace.SysctlForwarding
	}
	if res.Type != fib.Unicast && res.Type != fib.Broadcast {
		return trace.IPMartianDestination, 0
	}
	if res.Route.Whole() != res.Route { // several ways
		res.Route = ns.selectHop(res.Route, ns.packetHash(src, dst))
		rt.fib = res.Route
	}
	rt.dev = ns.dev(res.Route.Dev)
	if rt.dev == nil {
		return trace.IPInNoRoutes, 0
	}
	rt.gw = res.Route.Gateway(dst, ns.Now())
	why, s, direct := ns.validateSource(src, dst, tos, mark, rt.dev.Index, in)
	if why != trace.ReasonNone {
		return why, s
	}
	if direct && rt.dev == in && ns.confOr(in, ConfSendRedirects) && in.Kind != netdev.IPIP &&
		(ns.confOr(in, ConfSharedMedia) || ns.onLink(in, src, res.Route.NextHop(0))) {
		rt.flags |= rtRedirect
	}
	return trace.ReasonNone, 0
}

func (ns *Namespace) routeBroadcast(src uint32, tos uint8, mark uint32, in *inDev, rt *route) (trace.Reason, trace.Sysctl) {
	if src != 0 {
		if why, s, _ := ns.validateSource(src, 0, tos, mark, 0, in); why != trace.ReasonNone {
			return why, s
		}
	}
	rt.typ = fib.Broadcast
	rt.flags |= rtBroadcast | rtLocal
	rt.dev = in
	rt.gw = 0
	return trace.ReasonNone, 0
}

// validateSource asks whether a packet from src may come in by in:
// fib_validate_source in net/ipv4/fib_frontend.c. oif is where it will leave,
// 0 for local delivery. direct says that src is on the link of in, where this
// was looked up.
func (ns *Namespace) validateSource(src, dst uint32, tos uint8, mark uint32, oif int32, in *inDev) (why trace.Reason, sysctl trace.Sysctl, direct bool) {
	rpf := ns.confMax(in, ConfRPFilter)
	if rpf == 0 && (in.Index != oif || !ns.confOr(in, ConfSendRedirects)) {
		if ns.confOr(in, ConfAcceptLocal) {
			return trace.ReasonNone, 0, false
		}
		if !ns.FIB.CustomRules() && !ns.customLocal {
			if ns.isLocal(src) {
				return trace.IPMartianSource, trace.SysctlAcceptLocal, false
			}
			return trace.ReasonNone, 0, false
		}
	}
	// A packet back to src, as if sent from here, or forwarded from lo.
	var key fib.Key
	key.Dst, key.Src, key.IIF, key.TOS, key.L3MDev = src, dst, oif, tos&iptosRT, ns.FIB.Master(in.Index)
	if ns.FIB.Dissects() {
		ns.dissect(&key)
		key.SPort, key.DPort = key.DPort, key.SPort
	}
	if oif == 0 {
		key.IIF = ns.lo.Index
	}
	if ns.confOr(in, ConfSrcValidMark) {
		key.Mark = mark
	}
	noAddr := len(in.addrs) == 0
	res, err := ns.lookup(&key)
	if err == nil {
		if res.Type != fib.Unicast && (res.Type != fib.Local || !ns.confOr(in, ConfAcceptLocal)) {
			return trace.IPMartianSource, 0, false
		}
		if ns.uses(res.Route, in) || res.Type == fib.Local && in == ns.lo {
			return trace.ReasonNone, 0, !res.Route.HasGateway()
		}
		if !noAddr {
			if rpf == 1 {
				return trace.IPRPFilter, trace.SysctlRPFilter, false
			}
			key.OIF, key.AnyLink = in.Index, true // rp_filter 0 or 2: that some interface leads back is enough
			res, err = ns.lookup(&key)
			return trace.ReasonNone, 0, err == nil && res.Type == fib.Unicast && !res.Route.HasGateway()
		}
	}
	if rpf != 0 {
		return trace.IPRPFilter, trace.SysctlRPFilter, false
	}
	return trace.ReasonNone, 0, false
}

// Flow is what a local sender asks a route for: struct flowi4.
type flow struct {
	src, dst uint32
	oif      int32
	mark     uint32
	tos      uint8
	proto    packet.Proto // with the ports, for rules and multipath
	sport    uint16
	dport    uint16
	anySrc   bool // the source need not be an address of this namespace
}

// routeOutput finds the way of a packet of this namespace and chooses its
// source: ip_route_output_key_hash_rcu in net/ipv4/route.c. errno is 0 when
// there is one; rt.fib then or otherwise says what decided.
func (ns *Namespace) routeOutput(fl *flow, rt *route) fib.Errno {
	*rt = route{}
	if fl.src != 0 {
		if isMulticast(fl.src) || fl.src == 0xffffffff {
			return fib.EINVAL
		}
		if !fl.anySrc && ns.addrType(fl.src, 0) != fib.Local && !ns.isLocal(fl.src) {
			return fib.ENETUNREACH
		}
	}
	var out *inDev
	if fl.oif == 0 && fl.src != 0 && (isMulticast(fl.dst) || fl.dst == 0xffffffff) {
		out = ns.devOf(fl.src)
	}
	if fl.oif != 0 {
		out = ns.dev(fl.oif)
		if out == nil {
			return fib.ENODEV
		}
		if !out.Up() {
			return fib.ENETUNREACH
		}
	}
	if out != nil && (isLocalMulticast(fl.dst) || fl.dst == 0xffffffff) {
		if fl.src == 0 {
			fl.src = ns.selectAddr(out, 0, fib.Link)
		}
		return ns.makeOutput(fl, out, fib.Unicast, rt)
	}
	if out != nil && fl.src == 0 {
		if isMulticast(fl.dst) {
			fl.src = ns.selectAddr(out, 0, fib.Universe)
		} else if fl.dst == 0 {
			fl.src = ns.selectAddr(out, 0, fib.Host)
		}
	}
	if fl.dst == 0 {
		fl.dst = fl.src
		if fl.dst == 0 {
			fl.dst = loopbackAddr
			fl.src = loopbackAddr
		}
		return ns.makeOutput(fl, ns.lo, fib.Local, rt)
	}

	var key fib.Key
	key.Dst, key.Src, key.OIF, key.Mark, key.TOS = fl.dst, fl.src, fl.oif, fl.mark, fl.tos&iptosRT
	key.Proto, key.SPort, key.DPort = uint8(fl.proto), fl.sport, fl.dport
	res, err := ns.lookup(&key)
	rt.fib = res.Route
	if err != nil {
		if fl.oif != 0 && (isMulticast(fl.dst) || ns.FIB.Master(fl.oif) == 0) {
			// The routing tables know nothing, the device is given: assume
			// that the destination is on the link.
			if fl.src == 0 {
				fl.src = ns.selectAddr(out, 0, fib.Link)
			}
			rt.fib = nil
			return ns.makeOutput(fl, out, fib.Unicast, rt)
		}
		return lookupErrno(err)
	}
	if res.Type == fib.Local {
		if fl.src == 0 {
			fl.src = packet.Addr32(res.Route.PrefSrc)
			if fl.src == 0 {
				fl.src = fl.dst
			}
		}
		lo := ns.lo
		if m := ns.FIB.Master(res.Route.Dev); m != 0 { // the VRF is the loopback of its devices
			lo = ns.dev(m)
		}
		errno := ns.makeOutput(fl, lo, fib.Local, rt)
		rt.oif = res.Route.Dev // whose address it is, though it goes by lo
		return errno
	}
	if res.Route.Whole() != res.Route && (fl.oif == 0 || out.Kind == netdev.VRF) {
		res.Route = ns.selectHop(res.Route, ns.flowHash(fl))
		rt.fib = res.Route
	}
	dev := ns.dev(res.Route.Dev)
	if dev == nil {
		return fib.ENETUNREACH
	}
	rt.gw = res.Route.Gateway(fl.dst, ns.Now())
	if fl.src == 0 {
		fl.src = ns.prefSrc(res.Route, dev)
	}
	return ns.makeOutput(fl, dev, res.Type, rt)
}

// prefSrc is the source that a route prefers: fib_result_prefsrc.
func (ns *Namespace) prefSrc(r *fib.Route, dev *inDev) uint32 {
	if s := packet.Addr32(r.PrefSrc); s != 0 {
		return s
	}
	return ns.selectAddr(dev, packet.Addr32(r.Gw), r.Scope)
}

// makeOutput is __mkroute_output.
func (ns *Namespace) makeOutput(fl *flow, dev *inDev, typ fib.Type, rt *route) fib.Errno {
	if isLoopback(fl.src) && dev.Kind != netdev.Loopback && dev.Kind != netdev.VRF && !ns.confOr(dev, ConfRouteLocalnet) {
		return fib.EINVAL
	}
	switch {
	case fl.dst == 0xffffffff:
		typ = fib.Broadcast
	case isMulticast(fl.dst):
		typ = fib.Multicast
	case fl.dst == 0:
		return fib.EINVAL
	}
	rt.typ, rt.dev, rt.src, rt.oif = typ, dev, fl.src, fl.oif
	if dev.Kind == netdev.Loopback || typ == fib.Local {
		rt.flags |= rtLocal
	}
	switch typ {
	case fib.Broadcast:
		rt.flags |= rtBroadcast | rtLocal
		rt.gw = 0
	case fib.Multicast:
		rt.flags |= rtMulticast
		rt.gw = 0
		if fl.dst == allHosts {
			rt.flags |= rtLocal
		}
	}
	return 0
}

// devOf is the device that has an address, nil if none.
func (ns *Namespace) devOf(a uint32) *inDev {
	for _, in := range ns.devs {
		if in == nil {
			continue
		}
		for i := range in.addrs {
			if packet.Addr32(in.addrs[i].Prefix.Addr()) == a {
				return in
			}
		}
	}
	return nil
}

// pathMTU is what a packet of this namespace may measure on the way to dst:
// ipv4_mtu, with what was learnt by ICMP or from a tunnel.
func (ns *Namespace) pathMTU(rt *route, dst uint32) int {
	mtu, _ := ns.routeMTU(rt, dst, false)
	return mtu
}

// routeMTU is ip_dst_mtu_maybe_forward: a forwarded packet ignores what was
// learnt unless ip_forward_use_pmtu. exception says that it was learnt.
func (ns *Namespace) routeMTU(rt *route, dst uint32, forwarding bool) (mtu int, exception bool) {
	r := rt.fib
	locked := false
	if r != nil {
		locked = r.MTULock
		if e := r.UseException(dst, ns.Now()); e != nil {
			locked = locked || e.Lock
			if e.MTU != 0 && (!forwarding || ns.Sysctls.ForwardUsePMTU || locked) {
				return e.MTU, true
			}
		}
		if r.MTU != 0 {
			return min(r.MTU, maxMTU), false
		}
	}
	mtu = rt.dev.MTU
	if locked && rt.gw != 0 {
		mtu = min(mtu, 576)
	}
	return min(mtu, maxMTU), false
}

// mtuLocked says that packets by rt to dst go without DF whatever the sender
// wants: ip_mtu_locked.
func (ns *Namespace) mtuLocked(rt *route, dst uint32) bool {
	if rt.fib == nil {
		return false
	}
	e := rt.fib.UseException(dst, ns.Now())
	return rt.fib.MTULock || e != nil && e.Lock
}

// updatePMTU notes that packets by rt to dst must not be larger than mtu:
// __ip_rt_update_pmtu in net/ipv4/route.c.
func (ns *Namespace) updatePMTU(rt *route, dst uint32, mtu int) {
	r := rt.fib
	if r == nil || rt.dev == nil {
		return
	}
	now := ns.Now()
	e := r.Exception(dst, now)
	if r.MTULock || e != nil && e.Lock {
		return
	}
	old := 0
	if e != nil {
		old = e.MTU
	}
	if old == 0 {
		old = ns.pathMTU(rt, dst)
	}
	if old < mtu {
		return
	}
	lock := false
	if mtu < ns.Sysctls.MinPMTU {
		lock = true
		mtu = min(old, ns.Sysctls.MinPMTU)
	}
	expires := clock.Duration(ns.Sysctls.MTUExpires) * 1e9
	if e != nil && e.MTU == mtu && !lock && now < e.Expires-clock.Instant(expires/2) {
		return
	}
	r.SetException(dst, mtu, lock, now.Add(expires))
}

func lookupErrno(err error) fib.Errno {
	switch err {
	case fib.ErrBlackhole:
		return fib.EINVAL
	case fib.ErrHostUnreach:
		return fib.EHOSTUNREACH
	case fib.ErrProhibit:
		return fib.EACCES
	}
	return fib.ENETUNREACH
}

const (
	iptosRT      = 0x1c // IPTOS_RT_MASK: what of the TOS byte routes look at
	maxMTU       = 0xffff
	loopbackAddr = 127<<24 | 1
	allHosts     = 224<<24 | 1
)

func isMulticast(a uint32) bool      { return a>>28 == 0xe }
func isLocalMulticast(a uint32) bool { return a>>8 == 224<<16 }
func isLoopback(a uint32) bool       { return a>>24 == 127 }
