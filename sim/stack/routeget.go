package stack

import (
	"net/netip"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

// RouteQuery is what `ip route get` asks.
type RouteQuery struct {
	Dst, Src netip.Addr // Src may be zero
	IIF, OIF int32      // 0: none. With IIF, as if the packet came in there
	Mark     uint32
	TOS      uint8

	Proto        packet.Proto // with the ports, for rules and multipath
	SPort, DPort uint16
}

// RouteAnswer is the way that the kernel would send such a packet: rtable as
// rt_fill_info in net/ipv4/route.c tells it.
type RouteAnswer struct {
	Type      fib.Type
	Route     *fib.Route // what decided; nil for broadcast, multicast and the like
	Table     uint32     // that the route was found in
	Dst       netip.Addr
	Gw        netip.Addr // zero: on the link
	Dev       int32
	Src       netip.Addr // chosen for local senders
	Local     bool       // comes to this namespace
	Broadcast bool
	Multicast bool
	Redirect  bool          // the sender would be told of a better way
	Exception fib.Exception // what was learnt about Dst; zero: nothing
}

// RouteGet finds the way of a packet without sending one: inet_rtm_getroute.
func (ns *Namespace) RouteGet(q RouteQuery) (RouteAnswer, fib.Errno) {
	dst := packet.Addr32(q.Dst)
	var src uint32
	if q.Src.IsValid() {
		src = packet.Addr32(q.Src)
	}
	ns.routing = nil
	var rt route
	if q.IIF != 0 {
		in := ns.dev(q.IIF)
		if in == nil {
			return RouteAnswer{}, fib.ENODEV
		}
		if why, _ := ns.routeInput(src, dst, q.TOS, q.Mark, in, &rt); why != trace.ReasonNone {
			return RouteAnswer{}, inputErrno(why)
		}
		if rt.err != 0 {
			return RouteAnswer{}, rt.err
		}
		if rt.flags&rtLocal != 0 {
			rt.dev = ns.lo
		}
	} else {
		fl := flow{src: src, dst: dst, oif: q.OIF, mark: q.Mark, tos: q.TOS, proto: q.Proto, sport: q.SPort, dport: q.DPort}
		if errno := ns.routeOutput(&fl, &rt); errno != 0 {
			return RouteAnswer{}, errno
		}
		dst, src = fl.dst, fl.src
	}
	a := RouteAnswer{Type: rt.typ, Route: rt.fib, Table: fib.TableMain, Dst: packet.AddrFrom32(dst), Dev: rt.dev.Index,
		Local: rt.flags&rtLocal != 0, Broadcast: rt.flags&rtBroadcast != 0, Multicast: rt.flags&rtMulticast != 0, Redirect: rt.flags&rtRedirect != 0}
	if q.IIF == 0 {
		a.Src = packet.AddrFrom32(src)
	}
	if rt.gw != 0 {
		a.Gw = packet.AddrFrom32(rt.gw)
	}
	if r := rt.fib; r != nil {
		if r.Table != fib.TableLocal || ns.FIB.CustomRules() { // until then one lookup serves local and main
			a.Table = r.Table
		}
		if !a.Local {
			if e := r.UseException(dst, ns.Now()); e != nil {
				a.Exception = *e
			}
		}
	}
	return a, 0
}

// inputErrno is the errno that a packet would be dropped with.
func inputErrno(why trace.Reason) fib.Errno {
	if why == trace.IPRPFilter {
		return fib.EXDEV
	}
	return fib.EINVAL
}
