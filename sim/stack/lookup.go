package stack

import "hoplab/sim/fib"

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

// routerAfter is the number of forwarded packets from which a namespace is
// worth a cache.
const routerAfter = 4

// lookup is FIB.Lookup.
func (ns *Namespace) lookup(k *fib.Key) (fib.Result, error) {
	if ns.lookups == nil || ns.FIB.CustomRules() {
		if ns.lookups == nil && ns.MIB.IP.ForwDatagrams > routerAfter {
			ns.lookups = new(lookupCache)
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
