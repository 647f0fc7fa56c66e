package stack

import (
	"math/bits"

	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

// cachedLookup is what the routing tables said last about a destination. A router asks the same again for every packet of a flow.
//
// An entry holds for one generation of the tables, which ends with every
// change of a route, an address, a rule or a device (fib.FIB.Gen). With rules
// of its own the namespace asks them each time. It is one cache line.
type cachedLookup struct {
	dst  uint32
	oif  int32
	rest uint32
	gen  uint32 // plus 1; 0 is an empty entry
	res  fib.Result
	err  error
	_    [8]byte
}

// way is where the last packet of a flow that came in by a device went, source
// validation included: the routing cache that Linux had until 3.6. It
// holds as long as a cachedLookup, and no setting or address changes
// meanwhile (FIB.Outdate).
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

// memory is a cache with one place for each hash. It grows with what it is asked for.
type memory[T any] struct {
	slots []T   // a power of two; nil: nothing is remembered
	shift uint8 // of a hash
	lost  int   // entries that others took the place of, since it grew
}

// Lengths of a memory.
const (
	fewRemembered = 32
	maxRemembered = 512
)

func (m *memory[T]) resize(n int) {
	*m = memory[T]{slots: make([]T, n), shift: uint8(64 - bits.TrailingZeros(uint(n)))}
}

// at is the place for a key.
func (m *memory[T]) at(key uint64) *T { return &m.slots[key*0x9e3779b97f4a7c15>>(m.shift&63)] }

// lose is told of an entry that still held and goes for another one. It may grow the memory,
// which is empty then.
func (m *memory[T]) lose() {
	if m.lost++; m.lost > len(m.slots) && len(m.slots) < maxRemembered {
		m.resize(2 * len(m.slots))
	}
}

// lookup is FIB.Lookup.
func (ns *Namespace) lookup(k *fib.Key) (fib.Result, error) {
	if ns.lookups.slots == nil || ns.FIB.CustomRules() {
		if ns.lookups.slots == nil && ns.MIB.IP.ForwDatagrams > routerAfter {
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
	e := ns.lookups.at(uint64(k.Dst))
	if e.dst != k.Dst || e.gen != gen || e.oif != k.OIF || e.rest != rest {
		if e.gen == gen {
			ns.lookups.lose()
			e = ns.lookups.at(uint64(k.Dst))
		}
		e.res, e.err = ns.FIB.Lookup(k)
		e.dst, e.gen, e.oif, e.rest = k.Dst, gen, k.OIF, rest
	}
	return e.res, e.err
}

func (ns *Namespace) remember() {
	ns.lookups.resize(fewRemembered)
	ns.ways.resize(2 * fewRemembered)
}

// routeFlow is routeInput for one packet of many.
func (ns *Namespace) routeFlow(src, dst uint32, tos uint8, mark uint32, in *inDev, rt *route) (trace.Reason, trace.Sysctl) {
	if ns.ways.slots == nil || ns.FIB.CustomRules() {
		return ns.routeInput(src, dst, tos, mark, in, rt)
	}
	gen := ns.FIB.Gen() + 1
	key := uint64(src)<<32 | uint64(dst)
	w := ns.ways.at(key)
	if w.src == src && w.dst == dst && w.gen == gen && w.in == in && w.tos == tos {
		rt.fib, rt.dev, rt.typ, rt.flags = w.fib, w.dev, w.typ, w.flags
		if w.flags&rtLocal == 0 {
			rt.gw = w.fib.Gateway(dst, ns.Now())
		}
		return trace.ReasonNone, 0
	}
	why, sysctl := ns.routeInput(src, dst, tos, mark, in, rt)
	if why == trace.ReasonNone && rt.err == 0 && rt.fib != nil && rt.fib.Whole() == rt.fib && (rt.typ == fib.Unicast || rt.typ == fib.Local) {
		if w.gen == gen {
			ns.ways.lose()
			w = ns.ways.at(key)
		}
		w.src, w.dst, w.gen, w.in, w.tos = src, dst, gen, in, tos
		w.fib, w.dev, w.typ, w.flags = rt.fib, rt.dev, rt.typ, rt.flags
	}
	return why, sysctl
}
