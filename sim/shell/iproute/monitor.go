package iproute

import (
	"fmt"
	"strings"

	"hoplab/sim/fib"
	"hoplab/sim/stack"
)

// monitorObjects are the words that choose what `ip monitor` shows, in the
// order in which abbreviations are looked up.
var monitorObjects = []struct {
	name string
	bit  uint
}{
	{"link", monLink}, {"address", monAddr}, {"route", monRoute}, {"mroute", monOther}, {"prefix", monOther}, {"neigh", monNeigh},
	{"netconf", monConf}, {"rule", monRule}, {"nsid", monNSID}, {"nexthop", monNextHop},
}

const (
	monLink uint = 1 << iota
	monAddr
	monRoute
	monNeigh
	monRule
	monConf
	monNSID
	monNextHop
	monOther // what never happens here
)

// doMonitor is `ip monitor`: ip/ipmonitor.c. It shows each change at the moment
// at which it happens, until a signal ends it. Messages of bridges about their
// ports (AF_BRIDGE) and of IPv6 are left out.
func (c *command) doMonitor(a args) error {
	var mask uint
	m := monitor{c: c}
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case matches(w, "file"):
			if _, err = a.next(); err == nil {
				err = notModelled("ip monitor file")
			}
		case matches(w, "label"), w == "all":
			m.label = true
		case w == "stats":
			mask |= monOther
		case w == "dev":
			if w, err = a.next(); err == nil {
				d := c.ns.Device(w)
				if d == nil {
					err = invalid("Device does not exist\n", w)
				} else {
					m.dev = d.Index
				}
			}
		default:
			found := false
			for _, o := range monitorObjects {
				if matches(w, o.name) {
					mask |= o.bit
					found = true
					break
				}
			}
			switch {
			case found:
			case matches(w, "all-nsid"):
				err = notModelled("ip monitor all-nsid")
			case matches(w, "help"):
				err = c.usage("monitor")
			default:
				err = fail(255, `Argument "%s" is unknown, try "ip monitor help".`, w)
			}
		}
		if err != nil {
			return err
		}
	}
	if mask == 0 {
		mask = ^uint(0)
	}
	m.mask = mask
	if c.opt.json {
		return notModelled("ip -json monitor")
	}
	c.sys.Follow(func(wake func()) (cancel func()) {
		return c.ns.Watch(func(e *stack.Event) {
			before := c.p.buf.Len()
			m.show(e)
			if c.p.buf.Len() > before {
				wake()
			}
		})
	}, c.flush)
	return nil
}

type monitor struct {
	c     *command
	mask  uint
	label bool
	dev   int32
}

// head is print_headers.
func (m *monitor) head(label string) {
	c := m.c
	if c.opt.stamp != 0 {
		t := c.lab.Time(c.lab.Now()).UTC()
		if c.opt.stamp == shortStamp {
			c.p.text(t.Format("[2006-01-02T15:04:05.000000] "))
		} else {
			c.p.text("Timestamp: " + t.Format("Mon Jan _2 15:04:05 2006") + fmt.Sprintf(" %d usec\n", t.Nanosecond()/1000))
		}
	}
	if m.label {
		c.p.text("[" + label + "]")
	}
}

// wants says that an object was asked for, and the device.
func (m *monitor) wants(bit uint, dev int32) bool {
	return m.mask&bit != 0 && (m.dev == 0 || m.dev == dev)
}

// show prints one message: accept_msg.
func (m *monitor) show(e *stack.Event) {
	c := m.c
	deleted := func() {
		if e.Del {
			c.p.text("Deleted ")
		}
	}
	switch e.Kind {
	case stack.LinkEvent:
		if m.wants(monLink, e.Dev.Index) {
			m.head("LINK")
			deleted()
			c.event = e
			c.printLink(e.Dev, false, anyFamily)
			c.event = nil
		}
	case stack.AddressEvent:
		if m.wants(monAddr, e.Dev.Index) && c.family != inet6 {
			m.head("ADDR")
			deleted()
			old := c.opt.oneline
			c.opt.oneline = true // device and address on one line; the rest as -o says
			c.printAddress(e.Dev, e.Address)
			c.opt.oneline = old
		}
	case stack.RouteEvent:
		if c.family != inet6 {
			m.showFIB(&e.Fib)
		}
	case stack.NeighEvent:
		if m.wants(monNeigh, e.Dev.Index) && c.family != inet6 {
			m.head("NEIGH")
			deleted()
			n := *e.Neigh
			if n.Dead {
				n.State = n.Was
			}
			c.printNeigh(&n, false)
		}
	case stack.ConfEvent:
		index := int32(0)
		if e.Dev != nil {
			index = e.Dev.Index
		}
		if m.wants(monConf, index) && c.family != inet6 {
			m.head("NETCONF")
			deleted()
			name := e.ConfOf
			if e.Dev != nil {
				name = e.Dev.Name
			}
			c.printConf(name, e.Conf, e.Only, e.Del)
		}
	case stack.NSIDEvent:
		if m.mask&monNSID != 0 {
			m.head("NSID")
			deleted()
			c.event = e
			c.printNSID(e.NSID, e.NS)
			c.event = nil
		}
	}
}

func (m *monitor) showFIB(x *fib.Change) {
	c := m.c
	deleted := ""
	if x.Del {
		deleted = "Deleted "
	}
	switch {
	case x.Route != nil:
		if m.mask&monRoute == 0 || m.dev != 0 && m.dev != x.Route.Dev {
			return
		}
		m.head("ROUTE")
		c.p.text(deleted)
		c.printRoute(x.Route, &routeFilter{})
		c.p.text("\n")
	case x.Rule != nil && m.mask&monRule != 0:
		m.head("RULE")
		c.p.text(deleted)
		c.printRule(x.Rule)
	case x.NextHop != nil && m.mask&monNextHop != 0:
		m.head("NEXTHOP")
		c.printNextHop("", x.NextHop, x.Del)
		c.p.text("\n")
	}
}

// printNSID is print_nsid.
func (c *command) printNSID(id int, ns *stack.Namespace) {
	p := &c.p
	p.object()
	p.num("nsid", "nsid ", int64(id), " ")
	if c.lab.Named(ns) || ns != c.lab.Host() && c.event != nil {
		p.str("name", "(iproute2 netns name: ", ns.Name, ")")
	}
	p.text("\n")
	p.endObject()
}

// doNetConf is `ip netconf`: the settings that rtnetlink tells.
func (c *command) doNetConf(a args) error {
	dev := ""
	if a.more() {
		verb, _ := a.next()
		if !matches(verb, "show") && !matches(verb, "lst") && !matches(verb, "list") {
			if matches(verb, "help") {
				return c.usage("netconf")
			}
			return fail(255, `Command "%s" is unknown, try "ip netconf help".`, verb)
		}
		for a.more() {
			w, _ := a.next()
			if w != "dev" {
				return c.usage("netconf")
			}
			var err error
			if dev, err = a.next(); err != nil {
				return err
			}
			if c.ns.Device(dev) == nil {
				return fail(255, `Device "%s" does not exist.`, dev)
			}
		}
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	if c.family != inet6 {
		var names []string
		for _, d := range c.ns.Devices() {
			names = append(names, d.Name)
		}
		for _, name := range append(names, "all", "default") {
			if dev == "" || dev == name {
				c.printConf(name, c.ns.NetConf(name), stack.AllConf, false)
			}
		}
	}
	p.finish()
	return nil
}

// printConf is print_netconf.
func (c *command) printConf(name string, conf *stack.Conf, only stack.ConfKey, deleted bool) {
	p := &c.p
	p.object()
	p.str("family", "", "inet", " ")
	p.colored(colorIfname, "interface", "", name, " ")
	for _, x := range []struct {
		key  stack.ConfKey
		name string
	}{{stack.ConfForwarding, "forwarding"}, {stack.ConfRPFilter, "rp_filter"}, {stack.AllConf, "mc_forwarding"}, {stack.ConfProxyARP, "proxy_neigh"}, {stack.ConfIgnoreRoutesWithLinkdown, "ignore_routes_with_linkdown"}} {
		if deleted || only != stack.AllConf && only != x.key {
			continue
		}
		n := int32(0)
		if x.key != stack.AllConf {
			n = conf[x.key]
		}
		if x.name == "rp_filter" {
			if words := []string{"off", "strict", "loose"}; n >= 0 && int(n) < len(words) {
				p.str(x.name, "rp_filter ", words[n], " ")
			} else {
				p.num(x.name, "rp_filter ", int64(n), " ")
			}
			continue
		}
		on, word := "false", "off"
		if n != 0 {
			on, word = "true", "on"
		}
		p.raw(x.name, x.name+" "+word+" ", on)
	}
	p.endObject()
	p.text("\n")
}

// risen changes the flags of a device whose carrier is there but whose state
// has not followed yet.
func risen(flags []string) []string {
	return append([]string{"NO-CARRIER"}, strings.Split(strings.TrimPrefix(strings.Join(flags, ","), "NO-CARRIER,"), ",")...)
}
