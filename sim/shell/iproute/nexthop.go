package iproute

import (
	"fmt"
	"net/netip"
	"strings"

	"hoplab/sim/fib"
)

// doNextHop is `ip nexthop`: ip/ipnexthop.c.
func (c *command) doNextHop(a args) error {
	if !a.more() {
		return c.showNextHops(a)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "add"):
		return c.changeNextHop(fib.Create|fib.Excl, a)
	case matches(verb, "replace"):
		return c.changeNextHop(fib.Create|fib.Replace, a)
	case matches(verb, "delete"):
		return c.changeNextHop(0, a)
	case matches(verb, "list"), matches(verb, "show"), matches(verb, "lst"):
		return c.showNextHops(a)
	case matches(verb, "get"):
		return c.getNextHop(a)
	case matches(verb, "flush"):
		return c.flushNextHops(a)
	case matches(verb, "bucket"):
		return notModelled("ip nexthop bucket")
	case matches(verb, "help"):
		return c.usage("nexthop")
	}
	return fail(255, `Command "%s" is unknown, try "ip nexthop help".`, verb)
}

func (a *args) nextHopID() (uint32, error) {
	n, err := a.number("invalid id value")
	return uint32(n), err
}

// changeNextHop is ipnh_modify; flags 0 deletes.
func (c *command) changeNextHop(flags fib.Flags, a args) error {
	var n fib.NextHop
	fam := c.family
	some := false
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "id":
			n.ID, err = a.nextHopID()
		case w == "dev":
			if w, err = a.next(); err == nil {
				d := c.ns.Device(w)
				if d == nil {
					err = invalid("Device does not exist\n", w)
				} else {
					n.Dev = d.Index
				}
			}
			some = true
		case w == "via":
			if a.peek() == "inet" {
				_, _ = a.next()
				fam = inet
			}
			if a.peek() == "inet6" {
				return notModelled("IPv6: ip nexthop … via inet6")
			}
			if w, err = a.next(); err == nil {
				n.Gw, err = fam.addr(w)
			}
			if n.Gw == netip.IPv4Unspecified() {
				n.Gw = netip.Addr{}
			}
			some = true
		case w == "blackhole":
			n.Blackhole, some = true, true
		case w == "onlink":
			n.Onlink = true
		case w == "group":
			if w, err = a.next(); err == nil {
				n.Group, err = parseGroupMembers(w)
			}
		case w == "type":
			if w, err = a.next(); err == nil && w != "mpath" {
				if w != "resilient" {
					err = invalid("\"type\" value is invalid\n", w)
				} else {
					err = notModelled("ip nexthop … type resilient")
				}
			}
		case w == "encap", w == "fdb":
			err = notModelled("ip nexthop … %s", w)
		case matches(w, "protocol"):
			var proto *fib.Proto
			if proto, err = pointer(&a, fib.ParseProto, "\"protocol\" value is invalid\n"); err == nil && proto != nil {
				n.Proto = *proto
			}
		case w == "help":
			return c.usage("nexthop")
		default:
			err = invalid("", w)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case c.family == inet6 && flags != 0:
		return notModelled("IPv6: ip -6 nexthop")
	case flags == 0 && n.ID == 0: // __nh_valid_get_del_req
		return fail(2, "Error: Nexthop id is missing.")
	case flags == 0:
		return c.ns.FIB.DeleteNextHop(n.ID)
	case n.Group == nil && !some:
		return fail(2, "Error: Invalid address family.")
	case n.Group != nil && (some || fam == inet || fam == inet6):
		return fail(2, "Error: Invalid family for group.")
	}
	_, err := c.ns.FIB.AddNextHop(n, flags, c.ns.Env())
	return err
}

// parseGroupMembers reads ID[,WEIGHT]/…
func parseGroupMembers(w string) ([]fib.GroupMember, error) {
	var list []fib.GroupMember
	for s := range strings.SplitSeq(w, "/") {
		id, weight, given := strings.Cut(s, ",")
		n, ok := parseNumber(id)
		if !ok || id == "" {
			return nil, invalid("\"group\" value is invalid\n", w)
		}
		m := fib.GroupMember{ID: uint32(n), Weight: 1}
		if given {
			if m.Weight, ok = parseNumber(weight); !ok || m.Weight == 0 || m.Weight > 256 {
				return nil, invalid("\"weight\" is invalid\n", weight)
			}
		}
		list = append(list, m)
	}
	return list, nil
}

// nextHopFilter is what to list: nh_dump_filtered.
type nextHopFilter struct {
	id          uint32
	dev, master int32
	groups, fdb bool
	proto       fib.Proto
}

func (c *command) parseNextHops(a args) (f nextHopFilter, err error) {
	device := func(vrf bool) (int32, error) {
		w, err := a.next()
		if err != nil {
			return 0, err
		}
		if vrf {
			if _, ok := c.ns.VRFTable(w); !ok {
				return 0, invalid("Invalid VRF\n", w)
			}
		}
		d := c.ns.Device(w)
		if d == nil {
			return 0, invalid("Device does not exist\n", w)
		}
		return d.Index, nil
	}
	for a.more() && err == nil {
		w, _ := a.next()
		switch {
		case matches(w, "dev"):
			f.dev, err = device(false)
		case matches(w, "groups"):
			f.groups = true
		case matches(w, "master"):
			f.master, err = device(false)
		case matches(w, "vrf"):
			f.master, err = device(true)
		case w == "id":
			f.id, err = a.nextHopID()
			return f, err
		case matches(w, "protocol"):
			var n int
			n, err = a.number("invalid protocol value")
			f.proto = fib.Proto(n)
		case matches(w, "fdb"):
			f.fdb = true
		case matches(w, "help"):
			return f, c.usage("nexthop")
		default:
			err = invalid("", w)
		}
	}
	return f, err
}

func (c *command) takesNextHop(f *nextHopFilter, n *fib.NextHop) bool {
	switch {
	case f.groups && n.Group == nil, f.fdb, c.family == inet6:
		return false
	case f.dev == 0 && f.master == 0 && c.family == anyFamily:
		return true
	case n.Group != nil:
		return false
	}
	return (f.dev == 0 || f.dev == c.nextHopDev(n)) && (f.master == 0 || f.master == c.ns.FIB.Master(n.Dev) && n.Dev != f.master)
}

// nextHopDev is the device of a nexthop; a blackhole's is lo.
func (c *command) nextHopDev(n *fib.NextHop) int32 {
	if n.Blackhole {
		return 1
	}
	return n.Dev
}

func (c *command) showNextHops(a args) error {
	f, err := c.parseNextHops(a)
	if err != nil {
		return err
	}
	if f.id != 0 {
		return c.showNextHop(f.id)
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, n := range c.ns.FIB.NextHops() {
		if c.takesNextHop(&f, n) && (f.proto == 0 || f.proto == n.Proto) {
			c.printNextHop("", n, false)
			p.text("\n")
		}
	}
	p.finish()
	return nil
}

func (c *command) getNextHop(a args) error {
	var id uint32
	for a.more() {
		w, _ := a.next()
		if w != "id" {
			return c.usage("nexthop")
		}
		var err error
		if id, err = a.nextHopID(); err != nil {
			return err
		}
	}
	if id == 0 {
		return c.usage("nexthop")
	}
	return c.showNextHop(id)
}

func (c *command) showNextHop(id uint32) error {
	n := c.ns.FIB.NextHop(id)
	if n == nil {
		return &fib.Error{Errno: fib.ENOENT}
	}
	c.p.start(c.opt.json, c.opt.pretty)
	c.printNextHop("", n, false)
	c.p.text("\n")
	c.p.finish()
	return nil
}

// printNextHop is __print_nexthop_entry. key is its name as a member of another
// object.
func (c *command) printNextHop(key string, n *fib.NextHop, deleted bool) {
	p := &c.p
	if key != "" {
		p.member(key)
	} else {
		p.object()
	}
	if deleted {
		p.truth("deleted", "Deleted ")
	}
	p.num("id", "id ", int64(n.ID), " ")
	if n.Group != nil {
		p.array("group")
		p.text("group ")
		for i, m := range n.Group {
			p.object()
			if i > 0 {
				p.text("/")
			}
			p.num("id", "", int64(m.ID), "")
			if m.Weight > 1 {
				p.num("weight", ",", int64(m.Weight), "")
			}
			p.endObject()
		}
		p.text(" ")
		p.endArray()
	}
	if n.Gw.IsValid() {
		p.colored(colorInet, "gateway", "via ", n.Gw.String(), " ")
	}
	if n.Dev != 0 {
		p.colored(colorIfname, "dev", "dev ", c.ns.Env().DevName(n.Dev), " ")
	}
	if n.Scope != fib.Universe || c.opt.details {
		p.str("scope", "scope ", c.scopeName(n.Scope), " ")
	}
	if n.Blackhole {
		p.null("blackhole", "blackhole ")
	}
	if n.Proto != 0 || c.opt.details {
		p.str("protocol", "proto ", c.protoName(n.Proto), " ")
	}
	var flags []string
	if n.Onlink {
		flags = append(flags, "onlink")
	}
	c.routeFlags(flags)
	p.endObject()
}

func (c *command) flushNextHops(a args) error {
	all := !a.more()
	f, err := c.parseNextHops(a)
	if err != nil {
		return err
	}
	if f.id != 0 {
		return c.ns.FIB.DeleteNextHop(f.id)
	}
	n := 0
	flush := func() {
		for _, x := range c.ns.FIB.NextHops() {
			if c.takesNextHop(&f, x) && (f.proto == 0 || f.proto == x.Proto) && c.ns.FIB.DeleteNextHop(x.ID) == nil {
				n++
			}
		}
	}
	if all { // groups first
		f.groups = true
		flush()
		f.groups = false
	}
	flush()
	if n == 0 {
		c.p.text("Nothing to flush\n")
	} else {
		c.p.text(fmt.Sprintf("Flushed %d nexthops\n", n))
	}
	return nil
}
