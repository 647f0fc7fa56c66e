package iproute

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// bridgeFDB is `bridge fdb`: do_fdb of bridge/fdb.c.
func (c *command) bridgeFDB(a args) error {
	verb, _ := a.next()
	switch {
	case verb == "", matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showFDB(a)
	case matches(verb, "add"):
		return c.changeFDB(a, stack.FDBAdd)
	case matches(verb, "append"):
		return c.changeFDB(a, stack.FDBAppend)
	case matches(verb, "replace"):
		return c.changeFDB(a, stack.FDBReplace)
	case matches(verb, "delete"):
		return c.changeFDB(a, stack.FDBDelete)
	case matches(verb, "get"):
		return c.getFDB(a)
	case verb == "flush":
		return c.flushFDB(a)
	case matches(verb, "help"):
		return c.usage("bridge")
	}
	return fail(255, `Command "%s" is unknown, try "bridge fdb help".`, verb)
}

// changeFDB is fdb_modify.
func (c *command) changeFDB(a args, op stack.FDBOp) error {
	r := stack.FDBChange{Op: op, State: neigh.NoARP}
	var addr, dev string
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "dev":
			dev, err = a.next()
		case w == "dst":
			if w, err = a.next(); err == nil {
				if r.Dst.IsValid() {
					err = garbage("dst", w)
				} else if r.Dst, err = anyFamily.addr(w); err == nil && r.Dst.IsUnspecified() && w != "0.0.0.0" {
					r.Dst = netip.IPv4Unspecified()
				}
			}
		case w == "nhid":
			err = notModelled("bridge fdb … nhid")
		case w == "port":
			if w, err = a.next(); err == nil {
				r.Port, err = udpPort(w)
			}
		case w == "vni":
			if w, err = a.next(); err == nil {
				r.VNI, err = vniWord(w, "invalid VNI\n")
				r.HasVNI = true
			}
		case w == "src_vni":
			err = notModelled("bridge fdb … src_vni")
		case w == "via":
			if w, err = a.next(); err == nil {
				d := c.ns.Device(w)
				if d == nil {
					return fail(255, `Cannot find device "%s"`, w)
				}
				r.Via = d.Index
			}
		case w == "self":
			r.Flags |= stack.FDBSelf
		case matches(w, "master"):
			r.Flags |= stack.FDBMaster
		case matches(w, "router"):
			r.Flags |= stack.FDBRouter
		case matches(w, "local"), matches(w, "permanent"):
			r.State |= neigh.Permanent
		case matches(w, "temp"), matches(w, "static"):
			r.State |= neigh.Reachable
		case matches(w, "dynamic"):
			r.State = r.State&^neigh.NoARP | neigh.Reachable
		case matches(w, "vlan"):
			if w, err = a.next(); err == nil {
				if r.HasVLAN {
					err = garbage("vlan", w)
				}
				r.VLAN, r.HasVLAN = atoi(w), true
			}
		case matches(w, "use"):
			r.Flags |= stack.FDBUse
		case matches(w, "extern_learn"):
			r.Flags |= stack.FDBExtLearned
		case matches(w, "sticky"):
			r.Flags |= stack.FDBSticky
		default:
			if w == "to" {
				w, err = a.next()
			}
			switch {
			case err != nil:
			case matches(w, "help"):
				return c.usage("bridge")
			case addr != "":
				err = garbage("to", w)
			}
			addr = w
		}
		if err != nil {
			return err
		}
	}
	if dev == "" || addr == "" {
		return fail(255, "Device and address are required arguments.")
	}
	if r.Flags&(stack.FDBSelf|stack.FDBMaster) == 0 {
		r.Flags |= stack.FDBSelf
	}
	if r.State&(neigh.Permanent|neigh.Reachable) == 0 {
		r.State |= neigh.Permanent
	}
	var ok bool
	if r.MAC, ok = sixBytes(addr); !ok {
		return fail(255, "Invalid mac address %s", addr)
	}
	if r.Dev = c.ns.Device(dev); r.Dev == nil {
		return fail(255, `Cannot find device "%s"`, dev)
	}
	return refused(255, c.ns.ChangeFDB(r))
}

// refused gives the kernel's refusal the exit status that bridge ends with.
func refused(status int, err error) error {
	if err == nil {
		return nil
	}
	return fail(status, "%s", err.Error())
}

// sixBytes reads an address as sscanf does with six %hhx: it does not mind what
// follows.
func sixBytes(s string) (m packet.MAC, ok bool) {
	for i := range m {
		part, rest, found := strings.Cut(s, ":")
		n, ok := scanHex(part)
		if !ok || !found && i < len(m)-1 {
			return m, false
		}
		m[i], s = byte(n), rest
	}
	return m, true
}

// atoi is atoi(3) for a small number.
func atoi(s string) uint16 {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	v, _ := strconv.ParseUint(s[:n], 10, 16)
	return uint16(v)
}

// udpPort reads a port by number or name.
func udpPort(w string) (uint16, error) {
	n, ok := parseNumber(w)
	switch {
	case !ok && w == "vxlan":
		return 4789, nil
	case !ok || n > 0xffff:
		return 0, invalid("invalid port\n", w)
	}
	return uint16(n), nil
}

func vniWord(w, why string) (uint32, error) {
	n, ok := parseNumber(w)
	if !ok || n >= 1<<24 {
		return 0, invalid(why, w)
	}
	return uint32(n), nil
}

// fdbFilter is what `bridge fdb show` is to show.
type fdbFilter struct {
	dev, br *netdev.Device
	state   neigh.State
	dynamic bool
	vlan    bool
}

// showFDB is fdb_show.
func (c *command) showFDB(a args) error {
	var f fdbFilter
	var dev, br string
	for a.more() {
		w, _ := a.next()
		var err error
		switch w {
		case "brport", "dev":
			dev, err = a.next()
		case "br":
			br, err = a.next()
		case "vlan":
			if w, err = a.next(); err == nil {
				if f.vlan {
					err = duplicate("vlan", w)
				}
				f.vlan = atoi(w) != 0
			}
		case "state":
			if w, err = a.next(); err == nil {
				s, ok := fdbState(w)
				if !ok {
					err = invalid("invalid state", w)
				}
				f.state |= s
			}
		case "dynamic":
			f.dynamic = true
		default:
			if matches(w, "help") {
				return c.usage("bridge")
			}
		}
		if err != nil {
			return err
		}
	}
	if br != "" {
		if f.br = c.ns.Device(br); f.br == nil {
			return fail(255, `Cannot find bridge device "%s"`, br)
		}
	}
	if dev != "" {
		if f.dev = c.ns.Device(dev); f.dev == nil {
			return fail(255, `Cannot find device "%s"`, dev)
		}
	}
	c.p.start(c.opt.json, c.opt.pretty)
	for _, e := range c.ns.FDB(f.dev, f.br) {
		if f.state != 0 && e.State&f.state == 0 || f.vlan || f.dynamic && e.State&neigh.Permanent != 0 {
			continue
		}
		c.printFDB(&e, f.dev == nil)
	}
	c.p.finish()
	return nil
}

// fdbState is state_a2n.
func fdbState(w string) (neigh.State, bool) {
	switch {
	case matches(w, "permanent"):
		return neigh.Permanent, true
	case matches(w, "static"), matches(w, "temp"):
		return neigh.NoARP, true
	case matches(w, "stale"):
		return neigh.Stale, true
	case matches(w, "reachable"), matches(w, "dynamic"):
		return neigh.Reachable, true
	case w == "all":
		return 0xff, true
	}
	n, ok := parseNumber(w)
	return neigh.State(n), ok
}

// printFDB is print_fdb. named says that the line names the interface.
func (c *command) printFDB(e *stack.FDBEntry, named bool) {
	p := &c.p
	p.object()
	p.colored(colorMAC, "mac", "", e.MAC.String(), " ")
	if named {
		p.colored(colorIfname, "ifname", "dev ", e.Dev.Name, " ")
	}
	if e.Dst.IsValid() {
		p.colored(colorInet, "dst", "dst ", e.Dst.String(), " ")
	}
	if e.Port != 0 {
		p.num("port", "port ", int64(e.Port), " ")
	}
	if e.HasVNI {
		p.num("vni", "vni ", int64(e.VNI), " ")
	}
	if e.Via != 0 {
		if e.Link != nil {
			p.num("viaIfIndex", "via ifindex ", int64(e.Via), " ")
		} else {
			p.str("viaIf", "via ", c.indexName(e.Via), " ")
		}
	}
	if e.Link != nil {
		p.num("linkNetNsId", "link-netnsid ", int64(c.ns.NetNSID(e.Link)), " ")
	}
	if c.opt.stats > 0 && !e.Filter {
		p.jsonOnly("used", strconv.FormatInt(e.Used, 10))
		p.jsonOnly("updated", strconv.FormatInt(e.Updated, 10))
		p.text("used " + strconv.FormatInt(e.Used, 10) + "/" + strconv.FormatInt(e.Updated, 10) + " ")
	}
	p.array("flags")
	for _, f := range []struct {
		flag stack.FDBFlags
		name string
	}{{stack.FDBSelf, "self"}, {stack.FDBRouter, "router"}, {stack.FDBExtLearned, "extern_learn"}, {stack.FDBMaster, "master"}, {stack.FDBSticky, "sticky"}} {
		if e.Flags&f.flag != 0 {
			p.element("", f.name, " ")
		}
	}
	p.endArray()
	if e.Master != nil {
		p.str("master", "master ", e.Master.Name, " ")
	}
	state := ""
	switch {
	case e.State&neigh.Permanent != 0:
		state = "permanent"
	case e.State&neigh.NoARP != 0:
		state = "static"
	case e.State&neigh.Stale != 0:
		state = "stale"
	}
	p.str("state", "", state, "")
	p.endObject()
	p.text("\n")
}

// getFDB is fdb_get.
func (c *command) getFDB(a args) error {
	var dev, br, addr string
	var self, master bool
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "brport", w == "dev":
			dev, err = a.next()
		case w == "br":
			br, err = a.next()
		case w == "vni":
			if w, err = a.next(); err == nil {
				if _, err = vniWord(w, "invalid VNI\n"); err == nil {
					err = notModelled("bridge fdb get … vni")
				}
			}
		case w == "self":
			self = true
		case matches(w, "master"):
			master = true
		case matches(w, "vlan"):
			err = notModelled("bridge fdb get … vlan")
		case matches(w, "dynamic"):
		default:
			if w == "to" {
				w, err = a.next()
			}
			switch {
			case err != nil:
			case matches(w, "help"):
				return c.usage("bridge")
			case addr != "":
				err = garbage("to", w)
			}
			addr = w
		}
		if err != nil {
			return err
		}
	}
	if dev == "" && br == "" || addr == "" {
		return fail(255, "Device or master and address are required arguments.")
	}
	m, ok := sixBytes(addr)
	if !ok {
		return fail(255, "Invalid mac address %s", addr)
	}
	var d, b *netdev.Device
	if dev != "" {
		if d = c.ns.Device(dev); d == nil {
			return fail(255, `Cannot find device "%s"`, dev)
		}
	}
	if br != "" {
		if b = c.ns.Device(br); b == nil {
			return fail(255, `Cannot find bridge device "%s"`, br)
		}
	}
	e, err := c.ns.GetFDB(d, b, m, self, master)
	if err != nil {
		return refused(254, err)
	}
	c.p.start(c.opt.json, c.opt.pretty)
	c.printFDB(&e, true)
	c.p.finish()
	return nil
}

// flushFDB is fdb_flush.
func (c *command) flushFDB(a args) error {
	f := stack.FDBFlush{}
	var dev, port string
	is := func(s neigh.State, mask neigh.State) { f.State, f.StateMask = f.State|s, f.StateMask|mask }
	isnt := func(s neigh.State) { f.State, f.StateMask = f.State&^s, f.StateMask|s }
	for a.more() {
		w, _ := a.next()
		var err error
		switch w {
		case "dev":
			dev, err = a.next()
		case "brport":
			port, err = a.next()
		case "vlan":
			err = notModelled("bridge fdb flush … vlan")
		case "master":
			f.Master = true
		case "self":
			f.Self = true
		case "permanent":
			is(neigh.Permanent, neigh.Permanent)
		case "nopermanent":
			isnt(neigh.Permanent)
		case "static":
			is(neigh.NoARP, neigh.NoARP|neigh.Permanent)
		case "nostatic":
			isnt(neigh.NoARP)
		case "dynamic":
			f.State &= ^neigh.NoARP | neigh.Permanent
			f.StateMask |= neigh.NoARP | neigh.Permanent
		case "nodynamic":
			is(neigh.NoARP, neigh.NoARP)
		case "added_by_user", "noadded_by_user", "extern_learn", "noextern_learn", "sticky", "nosticky", "offloaded", "nooffloaded":
			err = notModelled("bridge fdb flush … %s", w)
		}
		if err != nil {
			return err
		}
	}
	if dev == "" {
		return fail(255, "Device is a required argument.")
	}
	if f.Dev = c.ns.Device(dev); f.Dev == nil {
		return fail(255, `Cannot find bridge device "%s"`, dev)
	}
	if port != "" {
		if f.Port = c.ns.Device(port); f.Port == nil {
			return fail(255, `Cannot find bridge port device "%s"`, port)
		}
	}
	if !f.Self && !f.Master {
		f.Self = true
	}
	return refused(255, c.ns.FlushFDB(f))
}
