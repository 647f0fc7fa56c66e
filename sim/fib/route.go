package fib

import (
	"net/netip"
	"slices"
)

// Route is one route: the kernel's fib_alias with its fib_info and its
// nexthop. One with several nexthops has Hops, and each of these is a Route as
// far as the walk of a packet is concerned. Those that Lookup and Routes return belong to the FIB: read only.
type Route struct {
	// What every packet asks for comes first, so that it shares cache lines.
	Type       Type
	Scope      Scope
	TOS        uint8
	Proto      Proto
	Onlink     bool   // the gateway is on the link whatever the tables say
	MTULock    bool   // no path MTU discovery on this route
	Dead       bool   // RTNH_F_DEAD: the device is down
	Linkdown   bool   // RTNH_F_LINKDOWN: the device has no carrier
	off        bool   // no lookup may end here: dead, or without carrier where that counts
	reject     bool   // a blackhole nexthop object
	redirected bool   // some exception has a gateway
	nhScope    Scope  // scope of the nexthop: what fib_check_nh found the gateway to be
	Dev        int32  // interface index, 0 none
	gw         uint32 // gateway that neighbours are asked for, 0: the destination itself
	Table      uint32 // 0 in a specification: main
	Metric     uint32 // priority; lower wins
	Index      uint32 // number of this route in its FIB, from 1, never used twice
	MTU        int    // bytes, 0: the device's
	exceptions []Exception
	whole      *Route         // that this is a hop of
	next       *Route         // with the same prefix, tried after this one
	exceptAt   map[uint32]int // index into exceptions by destination, once there are many

	Dst      netip.Prefix
	PrefSrc  netip.Addr // zero: none
	Gw       netip.Addr // zero: none
	AdvMSS   int        // bytes, 0: from the MTU
	Hoplimit int        // TTL of what is sent here, 0: the sysctl's
	Hops     []*Route   // several ways, each with Gw, Dev, Onlink and Weight of its own; nil for a single one
	Weight   int        // of a hop: its share, from 1
	NHID     uint32     // the nexthop object that says the way, 0 none
	By       string     // who put it there, for explanations: "BIRD: learnt from k8s-w2"
	Object   string     // the manifest or command line that caused it
	upper    int64      // of a hop: the largest hash that takes it, -1 none
}

// Whole is the route that a hop belongs to; any other route is its own.
func (r *Route) Whole() *Route {
	if r.whole != nil {
		return r.whole
	}
	return r
}

// Shown is the type that `ip route` prints: a route with a blackhole for its
// nexthop object is one.
func (r *Route) Shown() Type {
	if r.reject {
		return Blackhole
	}
	return r.Type
}

// Off says that no packet takes this way: what `ip route` calls dead.
func (r *Route) Off() bool { return r.off }

// ways are the hops of a route, or the route itself.
func (r *Route) ways() []*Route {
	if r.Hops != nil {
		return r.Hops
	}
	return []*Route{r}
}

// by says that a packet may leave by that device on this route.
func (r *Route) by(dev int32) bool {
	return slices.ContainsFunc(r.ways(), func(h *Route) bool { return h.Dev == dev })
}

// Select chooses one of several ways by the hash of a flow, 31 bits:
// fib_select_multipath in net/ipv4/fib_semantics.c, and nexthop_select_path in
// nexthop.c for routes with a nexthop object. good, if not nil, says that the
// neighbour is thought to be alive.
func (r *Route) Select(hash uint32, good func(*Route) bool) *Route {
	w := r.Whole()
	if w.Hops == nil {
		return r
	}
	var first *Route
	for _, h := range w.Hops {
		if good != nil {
			if !good(h) {
				continue
			}
			if first == nil {
				first = h
			}
		}
		if int64(hash) <= h.upper {
			return h
		}
	}
	switch {
	case first != nil:
		return first
	case w.NHID != 0:
		return w.Hops[0]
	}
	return r
}

// NextHop is the address whose neighbour gets a packet for dst: the gateway,
// or dst itself on a link. A gateway that is an address of this namespace
// does not count as one (fib_nh_scope, net/ipv4/route.c: rt_set_nexthop).
func (r *Route) NextHop(dst uint32) uint32 {
	if r.gw != 0 {
		return r.gw
	}
	return dst
}

// HasGateway reports that NextHop is the gateway.
func (r *Route) HasGateway() bool { return r.gw != 0 }

// failure is the error of a lookup that ends at a route of this type: the
// kernel's fib_props.
func (t Type) failure() error {
	switch t {
	case Blackhole:
		return ErrBlackhole
	case Unreachable:
		return ErrHostUnreach
	case Prohibit:
		return ErrProhibit
	}
	return nil
}

// refuses reports that lookups end in an error at routes of this type, or go
// on with the next rule (throw). Such routes have no device.
func (t Type) refuses() bool { return t >= Blackhole && t <= Throw }

// nearest is the widest scope that a route of this type may have: the scope
// column of fib_props.
func (t Type) nearest() Scope {
	switch t {
	case Local:
		return Host
	case Broadcast, Anycast:
		return Link
	case Unspec:
		return Nowhere
	}
	return Universe
}
