package stack

import (
	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

// lookupCache remembers what the routing tables said last about a few
// destinations. A router asks the same again for every packet of a flow.
//
// An entry holds for one generation of the tables, which ends with every
// change of a route, an address, a rule or a device (fib.FIB.Gen). With rules
// of its own the namespace asks them each time.
type lookupCache [32]cachedLookup

type cachedLookup struct {
	dst  uint32
	oif  int32
	rest uint32
	gen  uint32 // plus 1; 0 is an empty entry
	res  fib.Result
	err  error
}

// wayCache remembers where the last packets of a few flows went, source
// validation included: the routing cache that Linux had until 3.6. An entry
// holds as long as one of lookupCache, and no setting or address changes
// meanwhile (FIB.Outdate).
type wayCache [64]way

// way is the route of packets that came in by a device.
type way struct {
	src, dst uint32
	gen      uint32 // plus 1; 0 is an empty entry
	tos      uint8
	typ      fib.Type
	flags    routeFlags
	in       *inDev
	dev      *inDev
	fib      *fib.Route
}

// routerAfter is the number of forwarded packets from which a namespace is
// worth a cache.
const routerAfter = 4

// lookup is FIB.Lookup.
func (ns *Namespace) lookup(k *fib.Key) (fib.Result, error) {
	if ns.lookups == nil || ns.FIB.CustomRules() {
		if ns.lookups == nil && ns.MIB.IP.ForwDatagrams > routerAfter {
			ns.remember()
		}
		return ns.FIB.Lookup(k)
	}
	// All that the tables look at; source, mark and incoming device are for
	// rules.
	rest := uint32(k.TOS)<<16 | uint32(k.Scope)<<8
	if k.SkipOIF {
		rest |= 1
	}
	if k.AnyLink {
		rest |= 2
	}
	gen := ns.FIB.Gen() + 1
	e := &ns.lookups[k.Dst*0x9e3779b1>>27]
	if e.dst != k.Dst || e.gen != gen || e.oif != k.OIF || e.rest != rest {
		e.res, e.err = ns.FIB.Lookup(k)
		e.dst, e.gen, e.oif, e.rest = k.Dst, gen, k.OIF, rest
	}
	return e.res, e.err
}

func (ns *Namespace) remember() { ns.lookups, ns.ways = new(lookupCache), new(wayCache) }

// routeFlow is routeInput for one packet of many.
func (ns *Namespace) routeFlow(src, dst uint32, tos uint8, mark uint32, in *inDev, rt *route) (trace.Reason, trace.Sysctl) {
	if ns.ways == nil || ns.FIB.CustomRules() {
		return ns.routeInput(src, dst, tos, mark, in, rt)
	}
	gen := ns.FIB.Gen() + 1
	w := &ns.ways[(uint64(src)<<32|uint64(dst))*0x9e3779b97f4a7c15>>58]
	if w.src == src && w.dst == dst && w.gen == gen && w.in == in && w.tos == tos {
		rt.fib, rt.dev, rt.typ, rt.flags = w.fib, w.dev, w.typ, w.flags
		if w.flags&rtLocal == 0 {
			rt.gw = w.fib.Gateway(dst, ns.Now())
		}
		return trace.ReasonNone, 0
	}
	why, sysctl := ns.routeInput(src, dst, tos, mark, in, rt)
	if why == trace.ReasonNone && rt.err == 0 && rt.fib != nil && rt.fib.Whole() == rt.fib && (rt.typ == fib.Unicast || rt.typ == fib.Local) {
		w.src, w.dst, w.gen, w.in, w.tos = src, dst, gen, in, tos
		w.fib, w.dev, w.typ, w.flags = rt.fib, rt.dev, rt.typ, rt.flags
	}
	return why, sysctl
}
