package fib

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"

	"hoplab/packet"
)

// Key is what a lookup knows of the packet: the kernel's struct flowi4.
type Key struct {
	Dst, Src uint32 // IPv4 addresses as numbers
	IIF      int32  // came in by; 0 for local packets, which rules see as lo
	OIF      int32  // must go out by, 0 any
	Mark     uint32 // fwmark
	TOS      uint8  // without the ECN bits: tos & 0x1c (IPTOS_RT_MASK)
	Proto    uint8  // of the transport, for rules
	Scope    Scope  // wider routes (with a smaller number) are not looked at
	SkipOIF  bool   // OIF is for rules only, routes by any device will do
	SPort    uint16 // likewise
	DPort    uint16
	UID      uint32 // of a local sender
	L3MDev   int32  // VRF of the sender's socket, 0 as OIF and IIF say
	AnyLink  bool   // routes by devices without carrier will do, whatever the sysctl says
}

// Result is what a lookup found.
type Result struct {
	Route     *Route // nil when a rule or nothing decided
	Rule      *Rule  // nil while there are only the default rules
	Type      Type
	PrefixLen uint8
}

// Errors of Lookup. For all but ErrUnreachable the Result says which route or
// rule decided.
var (
	ErrUnreachable = errors.New("network is unreachable") // no route: ENETUNREACH
	ErrBlackhole   = errors.New("invalid argument")       // blackhole: EINVAL
	ErrHostUnreach = errors.New("no route to host")       // unreachable: EHOSTUNREACH
	ErrProhibit    = errors.New("permission denied")      // prohibit: EACCES
)

// Env answers for the devices of the namespace.
type Env interface {
	DevIndex(name string) (int32, bool)
	DevName(index int32) string   // empty for an unknown device
	DevUp(index int32) bool       // IFF_UP; false for an unknown device
	DevLoopback(index int32) bool // IFF_LOOPBACK
	DevCarrier(index int32) bool  // netif_carrier_ok: LOWER_UP
}

// table is one routing table. While there are only the default rules, local
// and main share one lpm, so that one lookup answers for both, as in the
// kernel (fib_trie_unmerge splits them).
type table struct {
	id uint32
	*lpm
}

// each calls fn for every route of the table, in no particular order.
func (t *table) each(fn func(*Route)) {
	for _, list := range [...][]leaf{t.few, t.slots} {
		for _, f := range list {
			for r := f.head; r != nil; r = r.next {
				if r.Table == t.id {
					fn(r)
				}
			}
		}
	}
}

// FIB is the routing state of one namespace. It is not safe for concurrent
// use; the zero value lacks the default rules: use New.
type FIB struct {
	tables            []*table // in order of creation
	local, main, dflt *table   // nil until they are needed
	rules             []*Rule  // by priority
	custom            bool     // rules were changed: look them up one by one
	byIndex           []*Route
	ruleByIndex       []*Rule
	ifaddrs           []devAddrs
	nexthops          []*NextHop     // by ID
	nhGroups          []*NextHop     // those that are groups, by ID
	quiet             map[int32]bool // devices with ignore_routes_with_linkdown
	groups            map[int32]int  // groups of devices, once a rule wants to know them
	l3                map[int32]l3   // devices in a VRF, and VRFs
	ports             int            // rules that look at ports or the protocol
	gen               uint32

	// Watch, if set, hears of each route, rule and nexthop object that
	// somebody adds or deletes, as rtnetlink's listeners do: not of routes
	// that go with their device.
	Watch func(Change)
}

// New returns a FIB with the three default rules and no route.
func New() *FIB {
	f := &FIB{}
	for _, r := range [...]Rule{
		{Priority: 0, Table: TableLocal},
		{Priority: 32766, Table: TableMain},
		{Priority: 32767, Table: TableDefault},
	} {
		r.Action, r.SuppressPrefixLen, r.SuppressGroup, r.Proto, r.By = ToTable, -1, -1, ProtoKernel, "kernel"
		f.register(&r)
		f.rules = append(f.rules, &r)
	}
	return f
}

// Gen changes whenever a route, a rule or a flag of a route does: what was
// found before may no longer hold (the kernel's rt_genid).
func (f *FIB) Gen() uint32 { return f.gen }

// Outdate lets Gen change because of something else that routes depend on: a
// setting or an address (rt_cache_flush).
func (f *FIB) Outdate() { f.gen++ }

// CustomRules reports that rules were ever added or deleted
// (fib4_has_custom_rules).
func (f *FIB) CustomRules() bool { return f.custom }

// Lookup finds the route of a packet. It allocates nothing.
func (f *FIB) Lookup(k *Key) (Result, error) {
	if f.custom {
		return f.lookupRules(k)
	}
	// Like fib_lookup in include/net/ip_fib.h.
	for _, t := range [...]*table{f.main, f.dflt} {
		if t == nil {
			continue
		}
		if r := t.lookup(k); r != nil && r.Type != Throw {
			return r.result(nil)
		}
	}
	return Result{}, ErrUnreachable
}

// result is the outcome of a lookup that ends at r.
func (r *Route) result(rule *Rule) (Result, error) {
	res := Result{Route: r, Rule: rule, Type: r.Type, PrefixLen: uint8(r.Dst.Bits())}
	switch {
	case r.reject:
		res.Type = Blackhole
		return res, ErrBlackhole
	case r.Type < Blackhole:
		return res, nil
	}
	return res, r.Type.failure()
}

// AddrType says what an address is to this namespace, like inet_addr_type in
// net/ipv4/fib_frontend.c: Local, Broadcast, Multicast or Unicast. With a
// device, Local and Broadcast only count if they are that device's.
func (f *FIB) AddrType(addr uint32, dev int32) Type {
	return f.addrType(f.local, addr, dev)
}

func (f *FIB) addrType(t *table, addr uint32, dev int32) Type {
	switch {
	case addr == 0 || addr == 0xffffffff:
		return Broadcast
	case addr>>28 == 0xe:
		return Multicast
	}
	if f.l3 != nil && dev != 0 {
		t = f.table(f.tableOf(dev, TableLocal))
	}
	if t == nil {
		return Broadcast
	}
	r := t.lookup(&Key{Dst: addr})
	if r == nil || r.Type.refuses() || dev != 0 && dev != r.Dev {
		return Unicast
	}
	return r.Type
}

// ByIndex finds a route by its number, also after it was deleted; nil if there
// never was one.
func (f *FIB) ByIndex(i uint32) *Route {
	if i == 0 || int(i) > len(f.byIndex) {
		return nil
	}
	return f.byIndex[i-1]
}

// HasTable reports that a table exists. They come into being with their first
// route; listing or deleting in one that does not exist is an error.
func (f *FIB) HasTable(id uint32) bool { return f.table(id) != nil }

// Routes lists the routes of a table, 0 all, in the order of the kernel's
// dump: tables by the low byte of their number, then ascending prefix
// address, then longest prefix first, then TOS and metric.
func (f *FIB) Routes(id uint32) []*Route {
	var list []*Route
	for _, t := range f.dumpOrder() {
		if id != 0 && t.id != id {
			continue
		}
		for _, lf := range t.leaves() {
			for r := lf.head; r != nil; r = r.next {
				if r.Table == t.id {
					list = append(list, r)
				}
			}
		}
	}
	return list
}

// dumpOrder is the order of tables in `ip route show table all`: the kernel
// walks its hash table of tables, whose chains grow at the front.
func (f *FIB) dumpOrder() []*table {
	list := slices.Clone(f.tables)
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b *table) int { return cmp.Compare(a.id&0xff, b.id&0xff) })
	return list
}

func (f *FIB) table(id uint32) *table {
	for _, t := range f.tables {
		if t.id == id {
			return t
		}
	}
	return nil
}

// newTable finds a table or creates it: fib_new_table.
func (f *FIB) newTable(id uint32) *table {
	if t := f.table(id); t != nil {
		return t
	}
	t := &table{id: id, lpm: &lpm{}}
	switch id {
	case TableLocal:
		if !f.custom {
			t.lpm = f.newTable(TableMain).lpm
		}
		f.local = t
	case TableMain:
		f.main = t
	case TableDefault:
		f.dflt = t
	}
	f.tables = append(f.tables, t)
	return t
}

// unmerge gives local and main an lpm each, before the first change of rules:
// from then on the rules decide which is asked first.
func (f *FIB) unmerge() {
	if f.custom {
		return
	}
	f.custom = true
	if f.local == nil {
		return
	}
	both := f.main.leaves()
	f.main.lpm, f.local.lpm = &lpm{}, &lpm{}
	for _, lf := range both {
		var main, local []*Route
		for r := lf.head; r != nil; r = r.next {
			if r.Table == TableLocal {
				local = append(local, r)
			} else {
				main = append(main, r)
			}
		}
		f.main.set(lf.key, lf.bits, main)
		f.local.set(lf.key, lf.bits, local)
	}
}

// prefixOf is a prefix as number and length.
func prefixOf(p netip.Prefix) (key uint32, n uint8) {
	return packet.Addr32(p.Addr()), uint8(p.Bits())
}
