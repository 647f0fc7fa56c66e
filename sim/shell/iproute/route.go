package iproute

import (
	"fmt"
	"net/netip"
	"strconv"

	"hoplab/packet"
	"hoplab/sim/fib"
)

// doRoute is `ip route`.
func (c *command) doRoute(a args) error {
	if !a.more() {
		return c.showRoutes(a)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "list"), matches(verb, "show"), matches(verb, "lst"):
		return c.showRoutes(a)
	case matches(verb, "get"):
		return c.getRoute(a)
	}
	if v, ok := fib.ParseVerb(verb); ok {
		return c.changeRoute(v, a)
	}
	switch {
	case matches(verb, "flush"):
		return c.flushRoutes(a)
	case matches(verb, "save"), matches(verb, "restore"), matches(verb, "showdump"):
		return notModelled("ip route %s", verb)
	case matches(verb, "help"):
		return c.usage("route")
	}
	return fail(255, `Command "%s" is unknown, try "ip route help".`, verb)
}

// by is who put routes and rules there, for explanations.
const by = "ip"

func (c *command) changeRoute(v fib.Verb, a args) error {
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 route")
	}
	r, err := fib.ParseRoute(v, a.list, c.family == inet, c.ns.Env())
	if err != nil {
		return err
	}
	r.By = by
	return c.ns.ChangeRoute(v, r)
}

// routeFilter is what `ip route show` is to show: the filter of ip/iproute.c.
type routeFilter struct {
	table      uint32 // 0: all
	cached     bool   // what routes learnt, in place of the routes
	root       netip.Prefix
	match      netip.Prefix
	tos        *uint8
	proto      *fib.Proto
	scope      *fib.Scope
	typ        *fib.Type
	metric     *uint32
	dev        string
	via        netip.Prefix
	src        netip.Prefix
	devIndex   int32
	tableGiven bool
	vrf        bool // the table is that of a VRF
}

// pointer reads an argument that parse understands.
func pointer[T any](a *args, parse func(string) (T, bool), why string) (*T, error) {
	w, err := a.next()
	if err != nil {
		return nil, err
	}
	if w == "all" {
		return nil, nil
	}
	v, ok := parse(w)
	if !ok {
		return nil, invalid(why, w)
	}
	return &v, nil
}

// parseRoutes reads the words after `ip route show` or flush.
func (c *command) parseRoutes(a args) (routeFilter, error) {
	f := routeFilter{table: fib.TableMain}
	fam := c.family
	prefix := func() (p netip.Prefix, err error) {
		w, err := a.next()
		if err == nil {
			p, _, err = fam.prefix(w)
		}
		return p, err
	}
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case matches(w, "table"):
			if w, err = a.next(); err != nil {
				break
			}
			f.tableGiven = true
			t, ok := fib.ParseTable(w)
			switch {
			case w == "cache":
				f.cached, f.table = true, 0
			case w == "all":
				f.table = 0
			case ok:
				f.table = t
			default:
				err = invalid("table id value is invalid\n", w)
			}
		case matches(w, "vrf"):
			if w, err = a.next(); err == nil {
				var ok bool
				if f.table, ok = c.ns.VRFTable(w); !ok {
					err = invalid("Invalid VRF\n", w)
				}
				f.tableGiven, f.vrf = true, true
			}
		case matches(w, "cached"), matches(w, "cloned"):
			f.cached, f.table = true, 0
		case w == "tos", matches(w, "dsfield"):
			f.tos, err = pointer(&a, fib.ParseTOS, "TOS value is invalid\n")
		case matches(w, "metric"), matches(w, "priority"), w == "preference":
			f.metric, err = pointer(&a, func(s string) (uint32, bool) { n, ok := parseNumber(s); return uint32(n), ok }, "\"metric\" value is invalid\n")
		case matches(w, "protocol"):
			f.proto, err = pointer(&a, fib.ParseProto, "invalid \"protocol\"\n")
		case matches(w, "scope"):
			f.scope, err = pointer(&a, fib.ParseScope, "invalid \"scope\"\n")
		case matches(w, "type"):
			f.typ, err = pointer(&a, fib.ParseType, "node type value is invalid\n")
		case w == "dev", w == "oif":
			f.dev, err = a.next()
		case w == "via":
			if a.peek() == "inet" {
				_, _ = a.next()
			}
			f.via, err = prefix()
		case w == "src":
			f.src, err = prefix()
		case w == "iif", w == "mark", matches(w, "realms"), w == "from":
			err = notModelled("ip route show %s", w)
		default:
			if w == "to" {
				w, err = a.next()
			}
			switch {
			case err != nil:
			case matches(w, "root"):
				f.root, err = prefix()
			case matches(w, "match"):
				f.match, err = prefix()
			default:
				if matches(w, "exact") {
					w, err = a.next()
				}
				if matches(w, "help") {
					return f, c.usage("route")
				}
				if err == nil {
					f.match, _, err = fam.prefix(w)
					f.root = f.match
				}
			}
		}
		if err != nil {
			return f, err
		}
	}
	if f.dev != "" {
		d := c.ns.Device(f.dev)
		if d == nil {
			return f, noDevice(f.dev)
		}
		f.devIndex = d.Index
	}
	return f, nil
}

// takes is filter_nlmsg.
func (f *routeFilter) takes(r *fib.Route) bool {
	return (f.table == 0 || r.Table == f.table) &&
		(f.tos == nil || *f.tos == r.TOS) &&
		(f.proto == nil || *f.proto == r.Proto) &&
		(f.scope == nil || *f.scope == r.Scope) &&
		(f.typ == nil || *f.typ == r.Type) &&
		(f.metric == nil || *f.metric == r.Metric) &&
		(f.devIndex == 0 || f.devIndex == r.Dev) &&
		within(f.via, r.Gw) && within(f.src, r.PrefSrc) &&
		f.takesDst(r.Dst)
}

func (f *routeFilter) takesDst(dst netip.Prefix) bool {
	return (!f.root.IsValid() || f.root.Bits() <= dst.Bits() && f.root.Contains(dst.Addr())) &&
		(!f.match.IsValid() || f.match.Bits() >= dst.Bits() && dst.Contains(f.match.Addr()))
}

// within says that a is in p; an address that is missing counts as 0.0.0.0.
func within(p netip.Prefix, a netip.Addr) bool {
	if !p.IsValid() {
		return true
	}
	if !a.IsValid() {
		a = netip.IPv4Unspecified()
	}
	return p.Contains(a)
}

// showRoutes is `ip route show`.
func (c *command) showRoutes(a args) error {
	f, err := c.parseRoutes(a)
	if err != nil {
		return err
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	if c.family == inet6 {
		p.finish()
		return nil
	}
	if f.table != 0 && f.table != fib.TableMain && !c.ns.FIB.HasTable(f.table) {
		return fail(2, "Error: ipv4: FIB table does not exist.\nDump terminated")
	}
	for _, r := range c.ns.FIB.Routes(f.table) {
		if f.cached {
			c.printCached(r, &f)
			continue
		}
		if f.takes(r) {
			c.printRoute(r, &f)
			p.text("\n")
		}
	}
	p.finish()
	return nil
}

// printCached prints what r learnt about destinations: the kernel's
// exceptions.
func (c *command) printCached(r *fib.Route, f *routeFilter) {
	p := &c.p
	for _, e := range r.Exceptions(c.lab.Now()) {
		dst := netip.PrefixFrom(packet.AddrFrom32(e.Dst), 32)
		if !e.Used || f.devIndex != 0 && f.devIndex != r.Dev || !f.takesDst(dst) {
			continue
		}
		q := fib.Route{Dst: dst, Type: fib.Unicast, Table: r.Table, Dev: r.Dev}
		switch {
		case e.Gw != 0:
			q.Gw = packet.AddrFrom32(e.Gw)
		case r.HasGateway():
			q.Gw = r.Gw
		}
		p.object()
		c.routeHead(&q, f, false)
		c.routeFlags(nil)
		var flags []string
		if e.Gw != 0 {
			flags = []string{"redirected"}
		}
		c.cache(flags)
		c.learnt(e, nil)
		p.endObject()
		p.text("\n")
	}
}

// printRoute is print_route of ip/iproute.c: the line of a route in a table,
// without its end. f is the filter; what it asked for is not said again.
func (c *command) printRoute(r *fib.Route, f *routeFilter) {
	p := &c.p
	p.object()
	c.routeHead(r, f, true)
	if r.PrefSrc.IsValid() && !f.host(f.src) {
		p.colored(colorInet, "prefsrc", "src ", r.PrefSrc.String(), " ")
	}
	if r.Metric != 0 && f.metric == nil {
		p.num("metric", "metric ", int64(r.Metric), " ")
	}
	c.routeFlags(routeFlags(r))
	c.metrics(r.MTU, r.MTULock, r)
	if r.NHID != 0 && c.opt.details {
		if n := c.ns.FIB.NextHop(r.NHID); n != nil {
			if p.json == nil {
				p.text("\n\tnh_info ")
			}
			c.printNextHop("nh_info", n, false)
		}
	}
	c.printHops(r)
	p.endObject()
}

// routeFlags are the words of print_rt_flags.
func routeFlags(r *fib.Route) (flags []string) {
	for _, x := range []struct {
		name string
		on   bool
	}{{"dead", r.Off()}, {"onlink", r.Onlink}, {"linkdown", r.Linkdown}} {
		if x.on {
			flags = append(flags, x.name)
		}
	}
	return flags
}

// printHops is print_rta_multipath.
func (c *command) printHops(r *fib.Route) {
	if r.Hops == nil {
		return
	}
	p := &c.p
	p.array("nexthops")
	for _, h := range r.Hops {
		p.object()
		p.newline()
		p.text("\tnexthop ")
		if h.Gw.IsValid() {
			p.colored(colorInet, "gateway", "via ", h.Gw.String(), " ")
		}
		p.str("dev", "dev ", c.ns.Env().DevName(h.Dev), " ")
		p.num("weight", "weight ", int64(h.Weight), " ")
		c.routeFlags(routeFlags(h))
		p.endObject()
	}
	p.endArray()
}

// host says that a filter names one address.
func (*routeFilter) host(p netip.Prefix) bool { return p.IsValid() && p.Bits() == 32 }

// routeHead prints up to the scope. Protocol and scope are those of a route,
// not of an answer of the kernel's (stored false).
func (c *command) routeHead(r *fib.Route, f *routeFilter, stored bool) {
	c.routeDst(r, "")
	c.routeWay(r, f, stored)
}

// routeDst prints type and destination, and the source of `ip route get`.
func (c *command) routeDst(r *fib.Route, from string) {
	p := &c.p
	if typ := r.Shown(); typ != fib.Unicast || c.opt.details {
		name := typ.String()
		if c.opt.numeric {
			name = strconv.Itoa(int(typ))
		}
		p.str("type", "", name, " ")
	}
	dst := r.Dst.String()
	switch r.Dst.Bits() {
	case 32:
		dst = r.Dst.Addr().String()
	case 0:
		dst = "default"
	}
	tint := colorInet
	if dst == "default" {
		tint = noColor
	}
	p.colored(tint, "dst", "", dst, " ")
	if from != "" {
		p.colored(colorInet, "from", "from ", from, " ")
	}
	if r.NHID != 0 {
		p.num("nhid", "nhid ", int64(r.NHID), " ")
	}
	if r.TOS != 0 {
		p.str("tos", "tos ", fib.TOSName(r.TOS), " ")
	}
}

// routeWay prints gateway, device, table, protocol and scope.
func (c *command) routeWay(r *fib.Route, f *routeFilter, stored bool) {
	p := &c.p
	if r.Gw.IsValid() && !f.host(f.via) {
		p.colored(colorInet, "gateway", "via ", r.Gw.String(), " ")
	}
	if r.Dev != 0 && f.devIndex == 0 {
		p.colored(colorIfname, "dev", "dev ", c.ns.Env().DevName(r.Dev), " ")
	}
	if (r.Table != fib.TableMain || c.opt.details) && f.table == 0 {
		p.str("table", "table ", c.tableName(r.Table), " ")
	}
	if !stored {
		return
	}
	if (r.Proto != fib.ProtoBoot || c.opt.details) && f.proto == nil {
		p.str("protocol", "proto ", c.protoName(r.Proto), " ")
	}
	if (r.Scope != fib.Universe || c.opt.details) && f.scope == nil {
		p.str("scope", "scope ", c.scopeName(r.Scope), " ")
	}
}

func (c *command) tableName(t uint32) string {
	if c.opt.numeric {
		return strconv.FormatUint(uint64(t), 10)
	}
	return fib.TableName(t)
}

func (c *command) protoName(p fib.Proto) string {
	if c.opt.numeric {
		return strconv.Itoa(int(p))
	}
	return p.String()
}

func (c *command) routeFlags(flags []string) {
	c.p.array("flags")
	for _, f := range flags {
		c.p.element("", f, " ")
	}
	c.p.endArray()
}

// metrics is print_rta_metrics. Hoplimit and MSS are those of r, which may be
// nil.
func (c *command) metrics(mtu int, lock bool, r *fib.Route) {
	p := &c.p
	mss, hops := 0, 0
	if r != nil {
		mss, hops = r.AdvMSS, r.Hoplimit
	}
	if mtu == 0 && !lock && mss == 0 && hops == 0 {
		return
	}
	p.array("metrics")
	p.object()
	if mtu != 0 || lock {
		word := "mtu "
		if lock {
			word += "lock "
		}
		p.num("mtu", word, int64(mtu), " ")
	}
	if mss != 0 {
		p.num("advmss", "advmss ", int64(mss), " ")
	}
	if hops != 0 {
		p.num("hoplimit", "hoplimit ", int64(hops), " ")
	}
	p.endObject()
	p.endArray()
}

// cache is print_cache_flags: the second line of an answer.
func (c *command) cache(flags []string) {
	p := &c.p
	p.newline()
	p.text("    cache ")
	p.array("cache")
	for i, f := range flags {
		before, after := "", ","
		if i == 0 {
			before = "<"
		}
		if i == len(flags)-1 {
			after = "> "
		}
		p.element(before, f, after)
	}
	p.endArray()
}

// learnt is print_rta_cacheinfo and the metrics with what was learnt about a
// destination; r is the route's own, which may be nil.
func (c *command) learnt(e fib.Exception, r *fib.Route) {
	mtu, lock := 0, false
	if r != nil {
		mtu, lock = r.MTU, r.MTULock
	}
	if e.Expires != 0 {
		left := (e.Expires.Jiffies() - c.lab.Now().Jiffies()) / 100
		c.p.num("expires", "expires ", left, "sec ")
		if e.MTU != 0 {
			mtu = e.MTU
			lock = lock || e.Lock
		}
	}
	c.metrics(mtu, lock, r)
}

// flushRoutes is `ip route flush`.
func (c *command) flushRoutes(a args) error {
	if !a.more() {
		return fail(1, `"ip route flush" requires arguments.`)
	}
	f, err := c.parseRoutes(a)
	if err != nil {
		return err
	}
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 route flush")
	}
	if a.peek() == "cache" || f.cached {
		c.ns.FIB.FlushCache()
		if c.opt.stats > 0 {
			c.p.text("*** IPv4 routing cache is flushed.\n")
		}
		return nil
	}
	if f.table != 0 && !c.ns.FIB.HasTable(f.table) {
		return fail(2, "Error: ipv4: FIB table does not exist.\nFlush terminated")
	}
	n := 0
	for _, r := range c.ns.FIB.Routes(f.table) {
		if !f.takes(r) {
			continue
		}
		if c.opt.stats > 1 {
			c.printRoute(r, &f)
			c.p.text("\n")
		}
		if err := c.ns.ChangeRoute(fib.VerbDelete, *r); err != nil {
			return err
		}
		n++
	}
	if c.opt.stats > 0 && n > 0 {
		c.p.text(fmt.Sprintf("\n*** Round 1, deleting %d entries ***\n", n))
	}
	c.flushed(n, 1, "Nothing to flush.\n")
	return nil
}
