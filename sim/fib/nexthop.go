package fib

import (
	"cmp"
	"net/netip"
	"slices"

	"hoplab/packet"
)

// NextHop is a nexthop object: `ip nexthop`, net/ipv4/nexthop.c. It is a way,
// a blackhole, or a group of others. Routes name it by its ID and follow its
// changes.
type NextHop struct {
	ID        uint32
	Gw        netip.Addr // zero: none
	Dev       int32
	Onlink    bool
	Blackhole bool
	Group     []GroupMember // not empty: a group, and all of the above is zero
	Proto     Proto
	Scope     Scope // of a way: what the gateway was found to be, less one

	gw       uint32 // as in Route
	nhScope  Scope
	linkdown bool
}

// GroupMember is a nexthop of a group.
type GroupMember struct {
	ID     uint32
	Weight int // from 1
}

// Change is what Watch hears.
type Change struct {
	Route           *Route
	Rule            *Rule
	NextHop         *NextHop
	Del             bool
	Replace, Append bool // how a route came: NLM_F_REPLACE, NLM_F_APPEND
}

func (f *FIB) notify(c Change) {
	if f.Watch != nil {
		f.Watch(c)
	}
}

// NextHop finds a nexthop object, nil if there is none.
func (f *FIB) NextHop(id uint32) *NextHop {
	i, ok := findNextHop(f.nexthops, id)
	if !ok {
		return nil
	}
	return f.nexthops[i]
}

// NextHops lists the nexthop objects by ID.
func (f *FIB) NextHops() []*NextHop { return slices.Clone(f.nexthops) }

// AddNextHop adds a nexthop object or, with Replace, changes it:
// rtm_new_nexthop. Without an ID it gets the first free one.
func (f *FIB) AddNextHop(n NextHop, flags Flags, env Env) (*NextHop, error) {
	if err := f.checkNextHop(&n, env); err != nil {
		return nil, err
	}
	if n.ID == 0 {
		if flags&Replace != 0 {
			return nil, &Error{EINVAL, "Replace requires nexthop id"}
		}
		for n.ID = 1; f.NextHop(n.ID) != nil; n.ID++ {
			continue
		}
	}
	if n.Group == nil && !n.Blackhole {
		if err := f.checkWay(&n, env); err != nil {
			return nil, err
		}
	}
	old := f.NextHop(n.ID)
	switch {
	case old != nil && flags&Replace == 0:
		return nil, &Error{EEXIST, ""}
	case old != nil:
		if err := f.replaceNextHop(old, &n); err != nil {
			return nil, err
		}
		f.notify(Change{NextHop: old})
		for _, r := range f.users(old) { // nexthop_replace_notify: compat mode
			f.notify(Change{Route: r, Replace: true})
		}
		return old, nil
	case flags&Create == 0:
		return nil, &Error{ENOENT, "Replace specified without create and no entry exists"}
	}
	f.nexthops = insertNextHop(f.nexthops, &n)
	if n.Group != nil {
		f.nhGroups = insertNextHop(f.nhGroups, &n)
	}
	f.notify(Change{NextHop: &n})
	return &n, nil
}

// checkNextHop is rtm_to_nh_config.
func (f *FIB) checkNextHop(n *NextHop, env Env) error {
	switch {
	case n.Group != nil:
		return f.checkGroup(n)
	case n.Blackhole:
		if n.Gw.IsValid() || n.Dev != 0 {
			return &Error{EINVAL, "Blackhole attribute can not be used with gateway, oif, encap or fdb"}
		}
	case n.Dev == 0:
		return &Error{EINVAL, "Device attribute required for non-blackhole and non-fdb nexthops"}
	case !env.DevUp(n.Dev):
		return &Error{ENETDOWN, "Nexthop device is not up"}
	case !env.DevCarrier(n.Dev):
		return &Error{ENETDOWN, "Carrier for nexthop device is down"}
	case n.Onlink && !n.Gw.IsValid():
		return &Error{EINVAL, "ONLINK flag can not be set for nexthop without a gateway"}
	}
	return nil
}

// checkGroup is nh_check_attr_group.
func (f *FIB) checkGroup(n *NextHop) error {
	if n.Gw.IsValid() || n.Dev != 0 || n.Blackhole {
		return &Error{EINVAL, "No other attributes can be set in nexthop groups"}
	}
	for i, m := range n.Group {
		if slices.ContainsFunc(n.Group[i+1:], func(o GroupMember) bool { return o.ID == m.ID }) {
			return &Error{EINVAL, "Nexthop id can not be used twice in a group"}
		}
	}
	for _, m := range n.Group {
		x := f.NextHop(m.ID)
		switch {
		case x == nil:
			return &Error{EINVAL, "Invalid nexthop id"}
		case x.Group != nil: // valid_group_nh
			return &Error{EINVAL, "Hash-threshold group can not be a nexthop within a group"}
		case x.Blackhole && len(n.Group) > 1:
			return &Error{EINVAL, "Blackhole nexthop can not be used in a group with more than 1 path"}
		}
	}
	return nil
}

// checkWay finds out where the gateway is: nh_create_ipv4.
func (f *FIB) checkWay(n *NextHop, env Env) error {
	r := Route{Table: f.tableOf(n.Dev, TableMain), Gw: n.Gw, Dev: n.Dev, Onlink: n.Onlink, Type: Unicast}
	if err := f.checkHop(&r, env); err != nil {
		return err
	}
	n.Dev, n.gw, n.nhScope, n.linkdown = r.Dev, r.gw, r.nhScope, r.Linkdown
	n.Scope = r.nhScope
	return nil
}

// suits is fib_check_nexthop: whether a route of that scope may use it.
func (n *NextHop) suits(scope Scope) error {
	switch {
	case n.Group != nil && scope == Host:
		return &Error{EINVAL, "Route with host scope can not have multiple nexthops"}
	case scope == Host && n.Gw.IsValid():
		return &Error{EINVAL, "Route with host scope can not have a gateway"}
	case n.Onlink && scope >= Link:
		return &Error{EINVAL, "Scope mismatch with nexthop"}
	}
	return nil
}

// findNextHop is where an ID stands in a list.
func findNextHop(l []*NextHop, id uint32) (int, bool) {
	return slices.BinarySearchFunc(l, id, func(n *NextHop, id uint32) int { return cmp.Compare(n.ID, id) })
}

func insertNextHop(l []*NextHop, n *NextHop) []*NextHop {
	at, _ := findNextHop(l, n.ID)
	return slices.Insert(l, at, n)
}

// takeNextHop takes an object out of a list; of many, the first one, which goes
// first when all go, without moving the others.
func takeNextHop(l []*NextHop, n *NextHop) []*NextHop {
	at, ok := findNextHop(l, n.ID)
	switch {
	case !ok || l[at] != n:
		return l
	case at == 0:
		l[0] = nil
		return l[1:]
	}
	return slices.Delete(l, at, at+1)
}

// replaceNextHop is replace_nexthop.
func (f *FIB) replaceNextHop(old, n *NextHop) error {
	if users := f.users(old); len(users) > 0 { // fib_check_nh_list: the first user's scope
		if err := n.suits(users[0].Scope); err != nil {
			return err
		}
	}
	if n.Blackhole {
		for _, g := range f.nhGroups {
			if len(g.Group) > 1 && g.has(n.ID) {
				return &Error{EINVAL, "Blackhole nexthop can not be a member of a group with more than one path"}
			}
		}
	}
	switch {
	case old.Group != nil && n.Group == nil:
		return &Error{EINVAL, "Can not replace a nexthop group with a nexthop"}
	case old.Group == nil && n.Group != nil:
		return &Error{EINVAL, "Can not replace a nexthop with a nexthop group"}
	}
	*old = *n
	f.refollow(old)
	return nil
}

func (n *NextHop) has(id uint32) bool {
	return slices.ContainsFunc(n.Group, func(m GroupMember) bool { return m.ID == id })
}

// users are the routes that name an object.
func (f *FIB) users(n *NextHop) []*Route {
	var list []*Route
	for _, r := range f.Routes(0) {
		if r.NHID == n.ID {
			list = append(list, r)
		}
	}
	return list
}

// refollow tells the routes that use an object, or a group with it, that it
// changed.
func (f *FIB) refollow(n *NextHop) {
	for _, x := range f.nexthops {
		if x == n || x.has(n.ID) {
			for _, r := range f.users(x) {
				f.follow(r, x)
				f.settle(r)
			}
		}
	}
	f.gen++
}

// follow gives a route the ways of an object.
func (f *FIB) follow(r *Route, n *NextHop) {
	r.Hops, r.Dev, r.Gw, r.Onlink, r.nhScope, r.gw, r.Linkdown, r.reject = nil, 0, netip.Addr{}, false, Universe, 0, false, false
	members := n.Group
	if len(members) == 1 {
		n, members = f.NextHop(members[0].ID), nil
	}
	if members == nil {
		n.lead(r)
		return
	}
	for _, m := range members {
		h := *r
		h.next, h.whole, h.Weight = nil, r, m.Weight
		h.exceptions, h.exceptAt, h.redirected = nil, nil, false
		f.NextHop(m.ID).lead(&h)
		r.Hops = append(r.Hops, &h)
	}
}

// loopback is LOOPBACK_IFINDEX, where blackholes stand.
const loopback = 1

// lead sets the way of a route.
func (n *NextHop) lead(r *Route) {
	if n.Blackhole {
		r.reject, r.Dev = true, loopback
		return
	}
	r.Dev, r.Gw, r.Onlink, r.nhScope, r.gw, r.Linkdown = n.Dev, n.Gw, n.Onlink, n.nhScope, n.gw, n.linkdown
}

// DeleteNextHop deletes a nexthop object with the routes that use it, and takes
// it out of its groups: remove_nexthop.
func (f *FIB) DeleteNextHop(id uint32) error {
	n := f.NextHop(id)
	if n == nil {
		return &Error{ENOENT, ""}
	}
	f.removeNextHop(n, true)
	return nil
}

func (f *FIB) removeNextHop(n *NextHop, tell bool) {
	f.nexthops, f.nhGroups = takeNextHop(f.nexthops, n), takeNextHop(f.nhGroups, n)
	if tell {
		f.notify(Change{NextHop: n, Del: true})
	}
	f.flush(func(r *Route) bool { return r.NHID == n.ID })
	for _, g := range slices.Clone(f.nhGroups) {
		if !g.has(n.ID) {
			continue
		}
		if len(g.Group) == 1 {
			f.removeNextHop(g, tell)
			continue
		}
		g.Group = slices.DeleteFunc(slices.Clone(g.Group), func(m GroupMember) bool { return m.ID == n.ID })
		f.refollow(g)
		if tell {
			f.notify(Change{NextHop: g})
		}
	}
}

// flushNextHops removes the objects by a device that went down, lost its
// carrier or is gone: nexthop_flush_dev. Blackholes stand on lo, which only
// matters when it goes away.
func (f *FIB) flushNextHops(dev int32, down bool) {
	for _, n := range slices.Clone(f.nexthops) {
		if n.Dev == dev && (!n.Blackhole || !down) && f.NextHop(n.ID) == n {
			f.removeNextHop(n, false)
		}
	}
}

// GatewayOnLink is the neighbour that a way leads to; not ok where there is
// none to know of.
func (r *Route) GatewayOnLink() (gateway uint32, ok bool) {
	return packet.Addr32(r.Gw), r.nhScope == Link && r.Gw.IsValid()
}
