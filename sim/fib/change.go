package fib

import (
	"net/netip"
	"slices"

	"hoplab/packet"
)

// Flags say what Add may do to a route that is there already: NLM_F_*.
type Flags uint8

// The flags. `ip route add` is Create|Excl; Verb.Flags gives the others.
const (
	Create Flags = 1 << iota
	Excl
	Replace
	Append
)

// Add adds or changes a route, like fib_table_insert in net/ipv4/fib_trie.c.
// Errors are of type *Error and read as iproute2 prints them. Index, Dead and
// Linkdown of r are ignored. When the very route exists and flags allow that,
// Add returns it and changes nothing.
func (f *FIB) Add(r Route, flags Flags, env Env) (*Route, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if r.Table == 0 {
		r.Table = TableMain
	}
	t := f.newTable(r.Table)
	r.Index, r.next, r.exceptions, r.exceptAt = 0, nil, nil, nil
	r.Dead, r.Linkdown, r.whole, r.reject = false, false, nil, false
	r.MTU = min(r.MTU, 65535-15)
	r.AdvMSS = min(r.AdvMSS, 65535-40)
	r.Hoplimit = min(r.Hoplimit, 255)
	if err := f.checkInfo(&r, env); err != nil {
		return nil, err
	}

	key, n := prefixOf(r.Dst)
	list := t.routes(key, n)
	at, found := r.position(list)
	if found {
		if flags&Excl != 0 {
			return nil, &Error{EEXIST, ""}
		}
		first, twin := at, -1
		for ; at < len(list) && r.sameKey(list[at]); at++ {
			if r.sameInfo(list[at]) {
				twin = at
				break
			}
		}
		if flags&Replace != 0 {
			if twin == first {
				return list[first], nil
			}
			if twin > first {
				return nil, &Error{EEXIST, ""}
			}
			list[first] = f.enter(&r)
			t.set(key, n, list)
			f.notify(Change{Route: &r, Replace: true})
			return &r, nil
		}
		if twin >= 0 {
			return nil, &Error{EEXIST, ""}
		}
		if flags&Append == 0 {
			at = first
		}
	}
	if flags&Create == 0 {
		return nil, &Error{ENOENT, ""}
	}
	t.set(key, n, slices.Insert(list, at, f.enter(&r)))
	f.notify(Change{Route: &r, Append: found && flags&Append != 0})
	return &r, nil
}

// enter gives a new route its number.
func (f *FIB) enter(r *Route) *Route {
	f.byIndex = append(f.byIndex, r)
	r.Index = uint32(len(f.byIndex))
	for _, h := range r.Hops {
		h.Index, h.whole = r.Index, r
	}
	f.gen++
	return r
}

// position finds where r belongs among the routes of its prefix: in front of
// the first of its table with the same TOS and no lower metric, or with a
// lower TOS. found says that this one has the same TOS and metric. Like
// fib_find_alias and fib_insert_alias.
func (r *Route) position(list []*Route) (at int, found bool) {
	for at < len(list) {
		o := list[at]
		if o.Table < r.Table ||
			o.Table == r.Table && (o.TOS < r.TOS || o.TOS == r.TOS && o.Metric >= r.Metric) {
			break
		}
		at++
	}
	return at, at < len(list) && r.sameKey(list[at])
}

// sameKey reports that two routes of one prefix exclude each other in
// `ip route add`.
func (r *Route) sameKey(o *Route) bool {
	return r.Table == o.Table && r.TOS == o.TOS && r.Metric == o.Metric
}

// sameInfo reports that two routes of one prefix, TOS and metric are the same
// in every respect: fib_find_info.
func (r *Route) sameInfo(o *Route) bool {
	return r.Type == o.Type && r.Proto == o.Proto && r.Scope == o.Scope && r.PrefSrc == o.PrefSrc &&
		r.NHID == o.NHID && slices.EqualFunc(r.ways(), o.ways(), func(a, b *Route) bool {
		return a.Gw == b.Gw && a.Dev == b.Dev && a.Onlink == b.Onlink && a.Weight == b.Weight && a.nhScope == b.nhScope
	}) &&
		r.MTU == o.MTU && r.MTULock == o.MTULock && r.AdvMSS == o.AdvMSS && r.Hoplimit == o.Hoplimit
}

// check is what the kernel finds wrong with a request before it looks at its
// tables: rtm_to_fib_config in net/ipv4/fib_frontend.c.
func (r *Route) check() error {
	switch {
	case r.TOS&3 != 0:
		return &Error{EINVAL, "Invalid dsfield (tos): ECN bits must be 0"}
	case r.Type > Throw:
		return &Error{EINVAL, "Invalid route type"}
	case !r.Dst.IsValid() || !r.Dst.Addr().Is4():
		return &Error{EINVAL, "Invalid prefix length"}
	case r.Dst != r.Dst.Masked():
		return &Error{EINVAL, "Invalid prefix for given prefix length"}
	case r.NHID != 0 && (r.Dev != 0 || r.Gw.IsValid() || r.Hops != nil):
		return &Error{EINVAL, "Nexthop specification and nexthop id are mutually exclusive"}
	}
	return nil
}

// checkInfo checks the route against devices, addresses and other routes and
// fills in what follows from them: fib_create_info in
// net/ipv4/fib_semantics.c.
func (f *FIB) checkInfo(r *Route, env Env) error {
	if r.Type.nearest() > r.Scope {
		return &Error{EINVAL, "Invalid scope"}
	}
	r.nhScope, r.gw = Universe, 0
	var object *NextHop
	if r.NHID != 0 {
		if object = f.NextHop(r.NHID); object == nil {
			return &Error{EINVAL, "Nexthop id does not exist"}
		}
	}
	if h := r.Hops; h != nil { // fib_get_nhs
		switch {
		case r.Dev != 0 && r.Dev != h[0].Dev:
			return &Error{EINVAL, "Nexthop device index does not match RTA_OIF"}
		case r.Gw.IsValid() && r.Gw != h[0].Gw:
			return &Error{EINVAL, "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA"}
		}
	}
	if r.Type.refuses() {
		if r.Gw.IsValid() || r.Dev != 0 || r.Hops != nil {
			return &Error{EINVAL, "Gateway, device and multipath can not be specified for this route type"}
		}
		return nil
	}
	if r.Type == Unspec {
		return &Error{EINVAL, "Invalid route type"}
	}
	switch {
	case r.Scope > Host:
		return &Error{EINVAL, "Invalid scope"}
	case object != nil:
		if err := object.suits(r.Scope); err != nil {
			return err
		}
		f.follow(r, object)
	case r.Hops != nil && r.Scope == Host:
		return &Error{EINVAL, "Route with host scope can not have multiple nexthops"}
	case r.Hops != nil:
		if err := f.checkHops(r, env); err != nil {
			return err
		}
	default:
		if err := f.checkHop(r, env); err != nil {
			return err
		}
	}
	if r.PrefSrc.IsValid() && !f.validPrefSrc(r) {
		return &Error{EINVAL, "Invalid prefsrc address"}
	}
	f.settle(r)
	return nil
}

// checkHops checks each way of a multipath route. They become routes of their
// own, alike but for the way. One hop alone makes an ordinary route.
func (f *FIB) checkHops(r *Route, env Env) error {
	hops := make([]*Route, len(r.Hops))
	for i, h := range r.Hops {
		hop := *r
		hop.Hops, hop.Dev, hop.Gw, hop.Onlink, hop.Weight = nil, h.Dev, h.Gw, h.Onlink, max(h.Weight, 1)
		if err := f.checkHop(&hop, env); err != nil {
			return err
		}
		hops[i] = &hop
	}
	if len(hops) == 1 {
		h := hops[0]
		r.Dev, r.Gw, r.Onlink, r.nhScope, r.gw, r.Linkdown = h.Dev, h.Gw, h.Onlink, h.nhScope, h.gw, h.Linkdown
		r.Hops = nil
		return nil
	}
	r.Hops, r.Dev, r.Gw = hops, 0, netip.Addr{}
	r.Linkdown = !slices.ContainsFunc(hops, func(h *Route) bool { return !h.Linkdown })
	return nil
}

// checkHop is fib_check_nh.
func (f *FIB) checkHop(r *Route, env Env) (err error) {
	switch {
	case r.Scope == Host && r.Gw.IsValid():
		return &Error{EINVAL, "Route with host scope can not have a gateway"}
	case r.Scope == Host:
		r.nhScope = Nowhere
		if r.Dev == 0 {
			return &Error{ENODEV, ""}
		}
	case r.Gw.IsValid() && r.Onlink:
		err = f.checkOnlink(r, env)
	case r.Gw.IsValid():
		err = f.checkGateway(r, env)
	default:
		err = checkDevice(r, env)
	}
	if err != nil {
		return err
	}
	if r.Gw.IsValid() && r.nhScope == Link {
		r.gw = packet.Addr32(r.Gw)
	}
	return nil
}

// settle works out which hops lookups may take, and with which share:
// fib_rebalance. Whoever changes flags of hops calls it.
func (f *FIB) settle(r *Route) {
	total := int64(0)
	for _, h := range r.ways() {
		h.off = h.Dead || h.Linkdown && f.quiet[h.Dev]
		if !h.off || r.NHID != 0 {
			total += int64(h.Weight)
		}
	}
	sum := int64(0)
	for _, h := range r.Hops {
		h.upper = -1
		if !h.off || r.NHID != 0 {
			sum += int64(h.Weight)
			h.upper = (sum<<31+total/2)/total - 1
		}
	}
}

// checkOnlink is the first half of fib_check_nh_v4_gw: the user vouches for
// the gateway.
func (f *FIB) checkOnlink(r *Route, env Env) error {
	switch {
	case r.Scope >= Link:
		return &Error{EINVAL, "Nexthop has invalid scope"}
	case r.Dev == 0:
		return &Error{ENODEV, "Nexthop device required for onlink"}
	case !env.DevUp(r.Dev):
		return &Error{ENETDOWN, "Nexthop device is not up"}
	case f.AddrType(packet.Addr32(r.Gw), 0) != Unicast:
		return &Error{EINVAL, "Nexthop has invalid gateway"}
	}
	r.Linkdown = !env.DevCarrier(r.Dev)
	r.nhScope = Link
	return nil
}

// checkGateway is the second half: a route of narrower scope must lead to the
// gateway, and says by which device.
func (f *FIB) checkGateway(r *Route, env Env) error {
	k := Key{Dst: packet.Addr32(r.Gw), OIF: r.Dev, Scope: max(r.Scope+1, Link), AnyLink: true}
	var res Result
	var err error
	found := false
	if t := f.table(r.Table); t != nil && r.Table != TableMain {
		if via := t.lookup(&k); via != nil && via.Type < Blackhole {
			res, _ = via.result(nil)
			found = true
		}
	}
	if !found {
		if res, err = f.Lookup(&k); err != nil {
			return &Error{errnoOf(err), "Nexthop has invalid gateway"}
		}
	}
	if res.Type != Unicast && res.Type != Local {
		return &Error{EINVAL, "Nexthop has invalid gateway"}
	}
	r.nhScope, r.Dev = res.Route.Scope, res.Route.Dev
	r.Linkdown = !env.DevCarrier(r.Dev)
	if !env.DevUp(r.Dev) {
		return &Error{ENETDOWN, ""}
	}
	return nil
}

// checkDevice is fib_check_nh_nongw: the destination is on a link.
func checkDevice(r *Route, env Env) error {
	switch {
	case r.Onlink:
		return &Error{EINVAL, "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set"}
	case r.Dev == 0:
		return &Error{ENODEV, ""}
	case !env.DevUp(r.Dev):
		return &Error{ENETDOWN, "Device for nexthop is not up"}
	}
	r.Linkdown = !env.DevCarrier(r.Dev)
	r.nhScope = Host
	return nil
}

// validPrefSrc is fib_valid_prefsrc.
func (f *FIB) validPrefSrc(r *Route) bool {
	src := packet.Addr32(r.PrefSrc)
	if key, _ := prefixOf(r.Dst); r.Type == Local && key != 0 && key == src {
		return true
	}
	if r.Table != TableMain && f.addrType(f.table(r.Table), src, 0) == Local {
		return true
	}
	return f.AddrType(src, 0) == Local
}

func errnoOf(err error) Errno {
	switch err {
	case ErrBlackhole:
		return EINVAL
	case ErrHostUnreach:
		return EHOSTUNREACH
	case ErrProhibit:
		return EACCES
	}
	return ENETUNREACH
}

// Delete deletes the first route of a prefix, TOS and table that has
// everything that spec says, like fib_table_delete. Zero values match any,
// and so does scope Nowhere.
func (f *FIB) Delete(spec Route) error {
	if err := spec.check(); err != nil {
		return err
	}
	if spec.Table == 0 {
		spec.Table = TableMain
	}
	t := f.table(spec.Table)
	if t == nil {
		return &Error{ESRCH, "FIB table does not exist"}
	}
	key, n := prefixOf(spec.Dst)
	list := t.routes(key, n)
	i := slices.IndexFunc(list, spec.finds)
	if i < 0 {
		return &Error{ESRCH, ""}
	}
	gone := list[i]
	f.notify(Change{Route: gone, Del: true})
	t.set(key, n, slices.Delete(list, i, i+1))
	f.gen++
	return nil
}

// finds reports that o, a route of the same prefix, has everything that the
// specification r asks for.
func (r *Route) finds(o *Route) bool {
	return o.Table == r.Table && o.TOS == r.TOS &&
		(r.Type == Unspec || o.Type == r.Type) &&
		(r.Scope == Nowhere || o.Scope == r.Scope) &&
		(!r.PrefSrc.IsValid() || o.PrefSrc == r.PrefSrc) &&
		(r.Proto == ProtoUnspec || o.Proto == r.Proto) &&
		(r.Metric == 0 || o.Metric == r.Metric) &&
		r.findsHops(o) &&
		(r.MTU == 0 || o.MTU == r.MTU && o.MTULock == r.MTULock) &&
		(r.AdvMSS == 0 || o.AdvMSS == r.AdvMSS) &&
		(r.Hoplimit == 0 || o.Hoplimit == r.Hoplimit)
}

// findsHops is fib_nh_match.
func (r *Route) findsHops(o *Route) bool {
	switch {
	case r.NHID != 0:
		return r.NHID == o.NHID
	case o.NHID != 0:
		return r.Dev == 0 && !r.Gw.IsValid() && r.Hops == nil
	case r.Dev != 0 || r.Gw.IsValid():
		h := o.ways()[0]
		return (r.Dev == 0 || r.Dev == h.Dev) && (!r.Gw.IsValid() || r.Gw == h.Gw)
	case r.Hops == nil:
		return true
	}
	ways := o.ways()
	if len(r.Hops) < len(ways) {
		return false
	}
	for i, h := range ways {
		x := r.Hops[i]
		if x.Dev != 0 && x.Dev != h.Dev || x.Gw.IsValid() && x.Gw != h.Gw {
			return false
		}
	}
	return true
}

// IsGateway says that some route by dev, that is not dead, has gw as its
// gateway: ip_fib_check_default in net/ipv4/fib_semantics.c.
func (f *FIB) IsGateway(gw uint32, dev int32) bool {
	found := false
	for _, t := range f.tables {
		t.each(func(r *Route) {
			for _, h := range r.ways() {
				found = found || !h.Dead && h.Dev == dev && h.Gw.IsValid() && packet.Addr32(h.Gw) == gw
			}
		})
	}
	return found
}
