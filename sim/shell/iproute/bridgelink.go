package iproute

import (
	"strconv"
	"strings"

	"hoplab/sim/netdev"
)

// bridgeLink is `bridge link`: do_link of bridge/link.c.
func (c *command) bridgeLink(a args) error {
	verb, _ := a.next()
	switch {
	case verb == "", matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showPorts(a)
	case matches(verb, "set"), matches(verb, "change"):
		return c.setPort(a)
	case matches(verb, "help"):
		return c.usage("bridge")
	}
	return fail(255, `Command "%s" is unknown, try "bridge link help".`, verb)
}

// showPorts is brlink_show.
func (c *command) showPorts(a args) error {
	dev, err := c.onlyDevice(a)
	if err != nil {
		return err
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, d := range c.ns.Devices() {
		if d.Master() == nil || d.Master().Kind != netdev.Bridge || dev != nil && d != dev {
			continue
		}
		port := &d.Attrs.Port
		p.object()
		p.num("ifindex", "", int64(d.Index), ": ")
		c.printPort(d)
		p.num("mtu", "mtu ", int64(d.MTU), " ")
		p.str("master", "master ", d.Master().Name, " ")
		p.str("state", "state ", portState(d), " ")
		p.num("priority", "priority ", int64(port.Priority), " ")
		p.num("cost", "cost ", c.portCost(d), " ")
		if c.opt.details {
			p.newline()
			p.text("    ")
			c.portFlag("hairpin", port.Flags&netdev.PortHairpin != 0)
			c.portFlag("guard", port.Guard)
			c.portFlag("root_block", port.RootBlock)
			c.portFlag("fastleave", port.FastLeave)
			c.portFlag("learning", port.Flags&netdev.PortNoLearning == 0)
			c.portFlag("flood", port.Flags&netdev.PortNoFlood == 0)
			c.portFlag("mcast_flood", port.Flags&netdev.PortNoMcastFlood == 0)
			c.portFlag("bcast_flood", port.Flags&netdev.PortNoBcastFlood == 0)
			p.num("mcast_router", "mcast_router ", 1, " ")
			c.portFlag("mcast_to_unicast", false)
			c.portFlag("neigh_suppress", false)
			c.portFlag("vlan_tunnel", false)
			c.portFlag("isolated", port.Flags&netdev.PortIsolated != 0)
			c.portFlag("locked", port.Flags&netdev.PortLocked != 0)
		}
		p.endObject()
		p.text("\n")
	}
	p.finish()
	return nil
}

// printPort prints name and flags of a port. The message of a bridge does not
// say that the other end of a veth is in another namespace, so that iproute2
// takes its index for one of this namespace.
func (c *command) printPort(d *netdev.Device) {
	p := &c.p
	peer := d.Peer()
	if peer == nil || peer.Owner == d.Owner {
		c.printName(d, 0, ": ")
		c.printFlags(d)
		return
	}
	flags := linkFlags(d)
	name := d.Name
	if peer.Index != d.Index {
		link := c.indexName(peer.Index)
		p.jsonOnly("link", strconv.Quote(link))
		name += "@" + link
		if x := c.ns.Device(link); x != nil && !x.Up() {
			flags = append(flags, "M-DOWN")
		}
	}
	if p.json == nil {
		p.text(name + ": <" + strings.Join(flags, ",") + "> ")
		return
	}
	p.str("ifname", "", d.Name, "")
	p.array("flags")
	for _, f := range flags {
		p.element("", f, "")
	}
	p.endArray()
}

// setPort is brlink_modify. Settings of protocols that nobody speaks here are
// kept and shown.
func (c *command) setPort(a args) error {
	var name string
	var port netdev.PortAttrs // what is wanted
	var given, on netdev.PortFlags
	var guard, rootBlock, fastLeave *bool
	cost, priority := 0, -1
	for a.more() {
		w, _ := a.next()
		var err error
		flag := func(f netdev.PortFlags, inverse bool) {
			var yes *bool
			if yes, err = a.portOnOff(w); err == nil {
				given |= f
				if *yes != inverse {
					on |= f
				}
			}
		}
		switch w {
		case "dev":
			name, err = a.next()
		case "guard":
			guard, err = a.portOnOff(w)
		case "root_block":
			rootBlock, err = a.portOnOff(w)
		case "fastleave":
			fastLeave, err = a.portOnOff(w)
		case "hairpin":
			flag(netdev.PortHairpin, false)
		case "learning":
			flag(netdev.PortNoLearning, true)
		case "flood":
			flag(netdev.PortNoFlood, true)
		case "mcast_flood":
			flag(netdev.PortNoMcastFlood, true)
		case "bcast_flood":
			flag(netdev.PortNoBcastFlood, true)
		case "isolated":
			flag(netdev.PortIsolated, false)
		case "locked":
			flag(netdev.PortLocked, false)
		case "neigh_suppress", "vlan_tunnel", "mcast_to_unicast", "learning_sync":
			var yes *bool
			if yes, err = a.portOnOff(w); err == nil && *yes {
				err = notModelled("bridge link set … %s on", w)
			}
		case "cost", "priority":
			var v string
			if v, err = a.next(); err == nil {
				n := int(atoi(v))
				if w == "cost" {
					cost = n
				} else {
					priority = n
				}
			}
		case "self", "master":
		case "state", "mcast_router", "hwmode", "backup_port", "nobackup_port":
			err = notModelled("bridge link set … %s", w)
		default:
			return c.usageText(255, portUsage)
		}
		if err != nil {
			return err
		}
	}
	if name == "" {
		return fail(255, "Device is a required argument.")
	}
	d := c.ns.Device(name)
	if d == nil {
		return fail(255, `Cannot find bridge device "%s"`, name)
	}
	if m := d.Master(); m == nil || m.Kind != netdev.Bridge {
		return fail(255, "RTNETLINK answers: Operation not supported")
	}
	port = d.Attrs.Port
	port.Flags = port.Flags&^given | on
	for _, x := range []struct {
		to   *bool
		from *bool
	}{{&port.Guard, guard}, {&port.RootBlock, rootBlock}, {&port.FastLeave, fastLeave}} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	if cost > 0 {
		port.Cost = cost
	}
	if priority > 63 { // BR_MAX_PORTS, BR_PORT_BITS
		return fail(255, "RTNETLINK answers: Numerical result out of range")
	}
	if priority >= 0 {
		port.Priority = priority
	}
	d.Attrs.Port = port
	return nil
}

// portOnOff is parse_on_off, as bridge reports it.
func (a *args) portOnOff(key string) (*bool, error) {
	w, err := a.next()
	if err != nil {
		return nil, err
	}
	on := w == "on"
	if !on && w != "off" {
		return nil, fail(234, `Error: argument of "%s" must be one of "off", "on", not "%s"`, key, w)
	}
	return &on, nil
}

// portUsage says what is modelled of a port.
const portUsage = `Usage: bridge link set dev DEV [ cost COST ] [ priority PRIO ]
                               [ guard {on | off} ]
                               [ hairpin {on | off} ]
                               [ fastleave {on | off} ]
                               [ root_block {on | off} ]
                               [ learning {on | off} ]
                               [ flood {on | off} ]
                               [ mcast_flood {on | off} ]
                               [ bcast_flood {on | off} ]
                               [ isolated {on | off} ]
                               [ locked {on | off} ]
                               [ self ] [ master ]
       bridge link show [dev DEV]`

func (c *command) portFlag(name string, on bool) {
	word := " off "
	if on {
		word = " on "
	}
	c.p.raw(name, name+word, strconv.FormatBool(on))
}

// onlyDevice reads [dev] NAME.
func (c *command) onlyDevice(a args) (*netdev.Device, error) {
	var dev *netdev.Device
	for a.more() {
		w, _ := a.next()
		var err error
		if w == "dev" {
			if w, err = a.next(); err != nil {
				return nil, err
			}
		}
		if dev != nil {
			return nil, duplicate("dev", w)
		}
		if dev = c.ns.Device(w); dev == nil {
			return nil, fail(255, `Cannot find device "%s"`, w)
		}
	}
	return dev, nil
}
