package iproute

import (
	"fmt"

	"hoplab/sim/netdev"
)

// doVRF is `ip vrf`: ip/ipvrf.c. No program of the lab is bound to a VRF as
// `ip vrf exec` would do it, so that none is ever found to be.
func (c *command) doVRF(a args) error {
	verb := "show"
	if a.more() {
		verb, _ = a.next()
	}
	switch {
	case matches(verb, "identify"):
		return nil
	case matches(verb, "pids"):
		if len(a.list) != 1 {
			return fail(1, "Invalid arguments")
		}
		if c.vrfTable(a.peek()) == 0 {
			return fail(1, "Invalid VRF name")
		}
		return nil
	case matches(verb, "exec"):
		return notModelled("ip vrf exec")
	case matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showVRFs(a)
	case matches(verb, "help"):
		return c.usage("vrf")
	}
	return fail(255, `Command "%s" is unknown, try "ip vrf help".`, verb)
}

func (c *command) vrfTable(name string) uint32 {
	if d := c.ns.Device(name); d != nil && d.Kind == netdev.VRF {
		return d.Attrs.Table
	}
	return 0
}

func (c *command) showVRFs(a args) error {
	p := &c.p
	if len(a.list) > 1 {
		return c.usage("vrf")
	}
	if a.more() {
		table := c.vrfTable(a.peek())
		if table == 0 {
			return fail(255, "Invalid VRF")
		}
		p.text(fmt.Sprintf("%s %d\n", a.peek(), table))
		return nil
	}
	p.start(c.opt.json, c.opt.pretty)
	p.text(fmt.Sprintf("%-16s  %5s\n%s\n", "Name", "Table", "-----------------------"))
	any := false
	for _, d := range c.ns.Devices() {
		if d.Kind != netdev.VRF {
			continue
		}
		any = true
		p.object()
		p.raw("name", fmt.Sprintf("%-16s", d.Name), `"`+d.Name+`"`)
		p.raw("table", fmt.Sprintf(" %5d", d.Attrs.Table), fmt.Sprint(d.Attrs.Table))
		p.text("\n")
		p.endObject()
	}
	if !any {
		p.text("No VRF has been configured\n")
	}
	p.finish()
	return nil
}
