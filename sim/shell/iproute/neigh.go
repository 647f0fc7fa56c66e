package iproute

import (
	"fmt"
	"net/netip"
	"strings"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// doNeigh is `ip neighbour`.
func (c *command) doNeigh(a args) error {
	if !a.more() {
		return c.showNeigh(a)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "add"):
		return c.changeNeigh(fib.VerbAdd, a)
	case matches(verb, "change"), verb == "chg":
		return c.changeNeigh(fib.VerbChange, a)
	case matches(verb, "replace"):
		return c.changeNeigh(fib.VerbReplace, a)
	case matches(verb, "delete"):
		return c.changeNeigh(fib.VerbDelete, a)
	case matches(verb, "get"):
		return c.getNeigh(a)
	case matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showNeigh(a)
	case matches(verb, "flush"):
		return c.flushNeigh(a)
	case matches(verb, "help"):
		return c.usage("neigh")
	}
	return fail(255, `Command "%s" is unknown, try "ip neigh help".`, verb)
}

func (c *command) changeNeigh(v fib.Verb, a args) error {
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 neigh")
	}
	extern, proto, words, err := neighExtras(a)
	if err != nil {
		return err
	}
	a = words
	for i, w := range a.list[:max(len(a.list)-1, 0)] {
		if !matches(w, "lladdr") || a.list[i+1] == "null" {
			continue
		}
		if mac, err := parseMAC(a.list[i+1]); err != nil {
			return err
		} else if len(mac) < 6 {
			return fail(2, "Error: Invalid link address.")
		} else if len(mac) > 6 { // the rest is not looked at
			a.list[i+1] = packet.MAC(mac[:6]).String()
		}
	}
	s, err := neigh.ParseNeigh(a.list, c.ns.Env())
	if err != nil {
		return err
	}
	s.ExtLearned, s.Proto = extern, uint8(proto)
	return c.ns.ChangeNeighbour(v, s)
}

// neighExtras takes extern_learn and protocol out of the words, as far as they
// stand where an option may.
func neighExtras(a args) (extern bool, proto fib.Proto, rest args, err error) {
	for a.more() {
		w, _ := a.next()
		switch {
		case w == "dev", w == "nud", w == "to", matches(w, "lladdr"), w != "p" && w != "pr" && w != "pro" && matches(w, "proxy"):
			rest.list = append(rest.list, w)
			if a.more() {
				w, _ = a.next()
				rest.list = append(rest.list, w)
			}
		case matches(w, "extern_learn"):
			extern = true
		case matches(w, "protocol"):
			p, err := pointer(&a, fib.ParseProto, "\"protocol\" value is invalid\n")
			if err != nil {
				return false, 0, rest, err
			}
			if p != nil {
				proto = *p
			}
		default:
			rest.list = append(rest.list, w)
		}
	}
	return extern, proto, rest, nil
}

// neighFilter is the filter of ip/ipneigh.c.
type neighFilter struct {
	dev     *netdev.Device
	to      netip.Prefix
	states  neigh.State // that are shown
	none    bool        // NONE too
	unused  bool
	proxy   bool
	hasNud  bool
	hasSome bool // some argument was given
	proto   *fib.Proto
	master  int32 // of the device; -1: it has none
	ns      *stack.Namespace
}

// parseNeighs reads the words after `ip neigh show` or flush.
func (c *command) parseNeighs(a args, flush bool) (neighFilter, error) {
	f := neighFilter{states: ^neigh.NoARP, ns: c.ns}
	if flush {
		f.states, f.none = ^(neigh.Permanent | neigh.NoARP), true
	}
	for a.more() {
		w, _ := a.next()
		f.hasSome = true
		var err error
		switch {
		case w == "dev":
			if w, err = a.next(); err == nil {
				if f.dev != nil {
					err = duplicate("dev", w)
				} else if f.dev = c.ns.Device(w); f.dev == nil {
					err = noDevice(w)
				}
			}
		case w == "master", w == "vrf":
			why := "Device does not exist\n"
			vrf := w == "vrf"
			if vrf {
				why = "Not a valid VRF name\n"
			}
			if w, err = a.next(); err == nil {
				d := c.ns.Device(w)
				if d == nil || vrf && d.Kind != netdev.VRF {
					err = invalid(why, w)
				} else {
					f.master = d.Index
				}
			}
		case w == "nomaster":
			f.master = -1
		case matches(w, "protocol"):
			f.proto, err = pointer(&a, fib.ParseProto, "\"protocol\" value is invalid\n")
		case w == "unused":
			f.unused = true
		case w == "nud":
			if w, err = a.next(); err != nil {
				break
			}
			if !f.hasNud {
				f.hasNud, f.states, f.none = true, 0, false
			}
			if w == "all" {
				f.states, f.none = ^neigh.State(0), true
				break
			}
			s, ok := parseNud(w)
			if !ok {
				err = invalid("nud state is bad", w)
			}
			f.states |= s
			f.none = f.none || s == neigh.None
		case w == "proxy":
			f.proxy = true
		default:
			if w == "to" {
				w, err = a.next()
			}
			if matches(w, "help") {
				return f, c.usage("neigh")
			}
			if err == nil {
				f.to, _, err = c.family.prefix(w)
			}
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// parseNud is nud_state_a2n.
func parseNud(w string) (neigh.State, bool) {
	for _, s := range [...]neigh.State{neigh.None, neigh.Incomplete, neigh.Reachable, neigh.Stale, neigh.Delay, neigh.Probe, neigh.Failed, neigh.NoARP, neigh.Permanent} {
		if strings.ToLower(s.String()) == w {
			return s, true
		}
	}
	n, ok := parseNumber(w)
	return neigh.State(n), ok && n <= 255
}

// takes is filter_nud and the rest of print_neigh's filter.
func (f *neighFilter) takes(e *neigh.Entry) bool {
	return (f.dev == nil || e.Dev == f.dev.Index) &&
		(e.State&f.states != 0 || e.State == neigh.None && f.none || e.ExtLearned) &&
		(f.proto == nil || uint8(*f.proto) == e.Proto) && f.takesMaster(e.Dev) &&
		(!f.to.IsValid() || f.to.Contains(e.Addr)) &&
		(!f.unused || refs(e) == 0)
}

// takesMaster says that a device is a port of the wanted one.
func (f *neighFilter) takesMaster(dev int32) bool {
	if f.master == 0 {
		return true
	}
	for _, d := range f.ns.Devices() {
		if d.Index == dev {
			m := d.Master()
			return f.master < 0 && m == nil || m != nil && m.Index == f.master
		}
	}
	return false
}

// refs is the number that `ip -s neigh` shows: a timer or a route holds the
// entry. Here only timers count.
func refs(e *neigh.Entry) int {
	if e.State&neigh.InTimer != 0 {
		return 1
	}
	return 0
}

// showNeigh is `ip neigh show`.
func (c *command) showNeigh(a args) error {
	f, err := c.parseNeighs(a, false)
	if err != nil {
		return err
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	switch {
	case c.family == inet6:
	case f.proxy:
		for _, x := range c.ns.Neigh.Proxies() {
			if (f.dev == nil || x.Dev == f.dev.Index) && (!f.to.IsValid() || f.to.Contains(x.Addr)) {
				c.printProxy(x, f.dev != nil)
			}
		}
	default:
		for _, e := range c.ns.Neigh.Entries() {
			if f.takes(e) {
				c.printNeigh(e, f.dev != nil)
			}
		}
	}
	p.finish()
	return nil
}

func (c *command) printProxy(x neigh.Proxy, hideDev bool) {
	p := &c.p
	p.object()
	p.colored(colorInet, "dst", "", x.Addr.String(), " ")
	if x.Dev != 0 && !hideDev {
		p.colored(colorIfname, "dev", "dev ", c.ns.Env().DevName(x.Dev), " ")
	}
	if x.Router {
		p.null("router", "router ")
	}
	p.null("proxy", "proxy ")
	if x.ExtLearned {
		p.null("extern_learn", "extern_learn ")
	}
	if x.Proto != 0 {
		p.str("protocol", "proto ", c.protoName(fib.Proto(x.Proto)), " ")
	}
	p.endObject()
	p.text("\n")
}

// printNeigh is print_neigh of ip/ipneigh.c.
func (c *command) printNeigh(e *neigh.Entry, hideDev bool) {
	p := &c.p
	dev := c.ns.Env().DevName(e.Dev)
	mac := ""
	if e.State&neigh.Valid != 0 {
		mac = e.MAC.String()
		if d := c.ns.Device(dev); d != nil && !d.HasEthernet() {
			mac = ""
		}
	}
	p.object()
	if c.opt.brief && p.json == nil {
		p.colored(colorInet, "", "", pad(e.Addr.String(), 39), " ")
		if !hideDev {
			p.colored(colorIfname, "", "", pad(dev, 16), " ")
		}
		if mac != "" {
			p.colored(colorMAC, "", "", mac, "")
		}
		p.text("\n")
		return
	}
	p.colored(colorInet, "dst", "", e.Addr.String(), " ")
	if !hideDev {
		p.colored(colorIfname, "dev", "dev ", dev, " ")
	}
	if mac != "" {
		p.colored(colorMAC, "lladdr", "lladdr ", mac, " ")
	}
	if c.opt.brief {
		p.endObject()
		return
	}
	if e.Router {
		p.null("router", "router ")
	}
	if e.ExtLearned {
		p.null("extern_learn", "extern_learn ")
	}
	if c.opt.stats > 0 {
		c.neighStats(e)
	}
	if e.State != neigh.None {
		p.array("state")
		for s := range strings.SplitSeq(e.State.String(), "|") {
			p.element("", s, " ")
		}
		p.endArray()
	}
	if e.Proto != 0 {
		p.str("protocol", "proto ", c.protoName(fib.Proto(e.Proto)), " ")
	}
	p.endObject()
	p.text("\n")
}

// neighStats is print_cacheinfo: times in seconds since.
func (c *command) neighStats(e *neigh.Entry) {
	p := &c.p
	now := c.lab.Now()
	ago := func(t clock.Instant) int64 { return int64(now-t) / 1e9 }
	p.text(" ")
	if n := refs(e); n > 0 {
		p.num("refcnt", "ref ", int64(n), " ")
	}
	p.num("used", "used ", ago(e.Used), "/")
	p.num("confirmed", "", ago(e.Confirmed), "/")
	p.num("updated", "", ago(e.Updated), "")
	p.num("probes", "probes ", int64(e.Probes), " ")
}

// getNeigh is `ip neigh get`.
func (c *command) getNeigh(a args) error {
	var to netip.Addr
	var dev string
	proxy := false
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "dev":
			dev, err = a.next()
		case matches(w, "proxy"):
			proxy = true
			if w, err = a.next(); err == nil {
				to, err = c.family.addr(w)
			}
		default:
			if w == "to" {
				w, err = a.next()
			}
			if matches(w, "help") {
				return c.usage("neigh")
			}
			if err == nil && to.IsValid() {
				err = garbage("to", w)
			}
			if err == nil {
				to, err = c.family.addr(w)
			}
		}
		if err != nil {
			return err
		}
	}
	if dev == "" || !to.IsValid() {
		return fail(1, "Device and address are required arguments.")
	}
	d := c.ns.Device(dev)
	if d == nil {
		return noDevice(dev)
	}
	if proxy {
		for _, x := range c.ns.Neigh.Proxies() {
			if x.Addr == to && (x.Dev == d.Index || x.Dev == 0) {
				c.printProxy(x, false)
				return nil
			}
		}
		return fail(2, "Error: Proxy neighbour entry not found.")
	}
	e := c.ns.Neigh.Lookup(d.Index, to)
	if e == nil {
		return fail(2, "Error: Neighbour entry not found.")
	}
	c.printNeigh(e, false) // never as JSON
	return nil
}

// flushNeigh is `ip neigh flush`.
func (c *command) flushNeigh(a args) error {
	f, err := c.parseNeighs(args{withoutAll(a.list)}, true)
	if err != nil {
		return err
	}
	if !a.more() {
		return fail(1, "Flush requires arguments.")
	}
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 neigh flush")
	}
	n := 0
	if f.proxy {
		for _, x := range c.ns.Neigh.Proxies() {
			if (f.dev == nil || x.Dev == f.dev.Index) && (!f.to.IsValid() || f.to.Contains(x.Addr)) {
				if err := c.ns.Neigh.Delete(neigh.Spec{Addr: x.Addr, Dev: x.Dev, Proxy: true}); err != nil {
					return err
				}
				n++
			}
		}
	}
	for _, e := range c.ns.Neigh.Entries() {
		if f.proxy || !f.takes(e) {
			continue
		}
		if c.opt.stats > 1 {
			c.printNeigh(e, false)
		}
		s := neigh.Spec{Addr: e.Addr, Dev: e.Dev}
		if err := c.ns.ChangeNeighbour(fib.VerbDelete, s); err != nil {
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

// withoutAll takes out the words "all", which say that there is no condition.
func withoutAll(list []string) []string {
	var out []string
	for i, w := range list {
		if w == "all" && (i == 0 || list[i-1] != "nud") {
			continue
		}
		out = append(out, w)
	}
	return out
}
