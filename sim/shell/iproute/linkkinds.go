package iproute

import (
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// VLANs, macvlans and VRFs, and other names of devices.

// addVLAN reads `id N [protocol P] [FLAGS]`: ip/iplink_vlan.c.
func (c *command) addVLAN(ns *stack.Namespace, n stack.NewLink, lower *netdev.Device, a args) (*netdev.Device, error) {
	id := -1
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case matches(w, "protocol"):
			if w, err = a.next(); err == nil && w != "802.1Q" && w != "802.1q" {
				if w == "802.1ad" || w == "802.1AD" {
					err = notModelled("ip link … type vlan protocol %s", w)
				} else {
					err = invalid("protocol is invalid", w)
				}
			}
		case matches(w, "id"):
			if id, err = a.number("id is invalid"); err == nil && id > 0xffff {
				err = invalid("id is invalid", "")
			}
		case matches(w, "reorder_hdr"), matches(w, "gvrp"), matches(w, "mvrp"), matches(w, "loose_binding"), matches(w, "bridge_binding"):
			var on bool
			if on, err = a.onOff(w); err == nil && on != matches(w, "reorder_hdr") {
				err = notModelled("ip link … type vlan %s", w)
			}
		case matches(w, "ingress-qos-map"), matches(w, "egress-qos-map"):
			err = notModelled("ip link … type vlan %s", w)
		case matches(w, "help"):
			return nil, c.usageText(1, vlanUsage)
		default:
			return nil, c.usageText(1, "vlan: unknown command \""+w+"\"?\n"+vlanUsage)
		}
		if err != nil {
			return nil, err
		}
	}
	return ns.AddVLAN(n, lower, id)
}

const vlanUsage = `Usage: ... vlan id VLANID
                [ protocol 802.1Q ]
                [ reorder_hdr on ]

VLANID := 0-4095`

// addMacvlan reads `[mode M]`: ip/iplink_macvlan.c.
func (c *command) addMacvlan(ns *stack.Namespace, n stack.NewLink, lower *netdev.Device, a args) (*netdev.Device, error) {
	mode := netdev.VEPA
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case matches(w, "mode"):
			if w, err = a.next(); err != nil {
				break
			}
			switch w {
			case "private":
				mode = netdev.PrivateMode
			case "vepa":
				mode = netdev.VEPA
			case "bridge":
				mode = netdev.BridgeMode
			case "passthru", "source":
				err = notModelled("ip link … type macvlan mode %s", w)
			default:
				err = fail(1, `Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "%s"`, w)
			}
		case matches(w, "flag"), matches(w, "macaddr"), matches(w, "nopromisc"), matches(w, "nodst"), matches(w, "bcqueuelen"):
			err = notModelled("ip link … type macvlan %s", w)
		case matches(w, "help"):
			return nil, c.usageText(1, macvlanUsage)
		default:
			return nil, c.usageText(1, "macvlan: unknown option \""+w+"\"?\n"+macvlanUsage)
		}
		if err != nil {
			return nil, err
		}
	}
	return ns.AddMacvlan(n, lower, mode)
}

const macvlanUsage = `Usage: ... macvlan mode MODE

MODE: private | vepa | bridge`

// addVRF reads `table T`: ip/iplink_vrf.c.
func (c *command) addVRF(ns *stack.Namespace, n stack.NewLink, a args) (*netdev.Device, error) {
	var table uint32
	given := false
	for a.more() {
		w, _ := a.next()
		switch {
		case matches(w, "table"):
			w, err := a.next()
			if err != nil {
				return nil, err
			}
			t, ok := fib.ParseTable(w)
			if !ok {
				return nil, invalid("invalid table ID\n", w)
			}
			table, given = t, true
		case matches(w, "help"):
			return nil, c.usageText(1, "Usage: ... vrf table TABLEID")
		default:
			return nil, c.usageText(1, "vrf: unknown option \""+w+"\"?\nUsage: ... vrf table TABLEID")
		}
	}
	if !given {
		return nil, &fib.Error{Errno: fib.EINVAL, Msg: "VRF table id is missing"}
	}
	return ns.AddVRF(n, table)
}

// printUpper is the print_opt of these kinds.
func (c *command) printUpper(d *netdev.Device) {
	p := &c.p
	switch d.Kind {
	case netdev.VLAN:
		p.str("protocol", "protocol ", "802.1Q", " ")
		p.num("id", "id ", int64(d.Attrs.VLAN.ID), " ")
		p.array("flags")
		p.text("<")
		p.element("", "REORDER_HDR", "")
		p.text("> ")
		p.endArray()
	case netdev.Macvlan:
		p.str("mode", "mode ", d.Attrs.VLAN.Mode.String(), " ")
		p.num("bcqueuelen", "bcqueuelen ", 1000, " ")
		p.num("usedbcqueuelen", "usedbcqueuelen ", 1000, " ")
	case netdev.VRF:
		p.num("table", "table ", int64(d.Attrs.Table), " ")
	}
}

// printAltNames prints the other names of a device.
func (c *command) printAltNames(d *netdev.Device) {
	if len(d.Attrs.AltNames) == 0 {
		return
	}
	p := &c.p
	p.array("altnames")
	for _, n := range d.Attrs.AltNames {
		p.newline()
		p.text("    altname ")
		p.element("", n, "")
	}
	p.endArray()
}

// linkProperty is `ip link property`: iplink_prop.
func (c *command) linkProperty(a args) error {
	if !a.more() {
		return c.usage("link")
	}
	verb, _ := a.next()
	del := false
	switch {
	case matches(verb, "add"):
	case matches(verb, "del"):
		del = true
	case matches(verb, "help"):
		return c.usage("link")
	default:
		return fail(255, "Operator required")
	}
	var names []string
	dev := ""
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case matches(w, "altname"):
			if w, err = a.next(); err == nil {
				if !stack.ValidAltName(w) {
					err = invalid("not a valid altname", w)
				}
				names = append(names, w)
			}
		case matches(w, "help"):
			return c.usage("link")
		default:
			if w == "dev" {
				w, err = a.next()
			}
			switch {
			case err != nil:
			case dev != "":
				err = garbage("dev", w)
			case !stack.ValidAltName(w):
				err = fail(255, `Error: argument "%s" is wrong: "dev" not a valid ifname`, w)
			}
			dev = w
		}
		if err != nil {
			return err
		}
	}
	if dev == "" {
		return fail(255, `Not enough of information: "dev" argument is required.`)
	}
	d := c.ns.Device(dev)
	if d == nil {
		return noDevice(dev)
	}
	for _, n := range names {
		if err := c.ns.SetAltName(d, n, !del); err != nil {
			return err
		}
	}
	return nil
}
