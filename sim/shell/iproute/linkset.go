package iproute

import (
	"slices"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// linkWords is what the words of `ip link add` and `set` say: iplink_parse of
// ip/iplink.c.
type linkWords struct {
	dev, name string
	index     int
	mac       []byte
	mtu       int
	qlen      int // -1: not given
	alias     *string
	group     int // -1: not given
	netns     *stack.Namespace
	up        *bool
	master    *netdev.Device
	hasMaster bool
	typ       string
	promisc   *bool
	allmulti  *bool
	multicast *bool
	arp       *bool
	carrier   *bool
	link      string // the device below
	txq, rxq  int    // -1: not given
	rest      args   // what follows type
}

// parseLink reads options up to type.
func (c *command) parseLink(a args) (linkWords, error) {
	l := linkWords{qlen: -1, group: -1, mtu: -1, txq: -1, rxq: -1}
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "up" || w == "down":
			up := w == "up"
			l.up = &up
		case w == "name":
			if w, err = a.next(); err == nil {
				if l.name != "" {
					err = duplicate("name", w)
				} else if !stack.ValidName(w) {
					err = fail(255, `Error: argument "%s" is wrong: "name" not a valid ifname`, w)
				}
				l.name = w
				if l.dev == "" {
					l.dev = w
				}
			}
		case w == "index":
			if l.index, err = a.number("Invalid \"index\" value"); err == nil && l.index == 0 {
				err = invalid("Invalid \"index\" value", "0")
			}
		case matches(w, "link"):
			l.link, err = a.next()
		case matches(w, "address"):
			if w, err = a.next(); err == nil {
				l.mac, err = parseMAC(w)
			}
		case matches(w, "broadcast"), w == "brd":
			if w, err = a.next(); err == nil {
				if _, err = parseMAC(w); err == nil {
					err = notModelled("ip link … broadcast")
				}
			}
		case matches(w, "txqueuelen"), w == "qlen", matches(w, "txqlen"):
			if l.qlen != -1 {
				err = duplicate("txqueuelen", a.peek())
			} else {
				l.qlen, err = a.number("Invalid \"txqueuelen\" value\n")
			}
		case w == "mtu":
			if l.mtu != -1 {
				err = duplicate("mtu", a.peek())
			} else {
				l.mtu, err = a.number("Invalid \"mtu\" value\n")
			}
		case w == "netns":
			if w, err = a.next(); err == nil {
				l.netns, err = c.netnsOrPID(w)
			}
		case w == "multicast":
			l.multicast, err = a.onOffPointer(w)
		case w == "allmulticast":
			l.allmulti, err = a.onOffPointer(w)
		case w == "promisc":
			l.promisc, err = a.onOffPointer(w)
		case w == "arp":
			l.arp, err = a.onOffPointer(w)
		case w == "carrier":
			l.carrier, err = a.onOffPointer(w)
		case w == "vrf":
			if w, err = a.next(); err == nil {
				l.hasMaster = true
				if l.master = c.ns.Device(w); l.master == nil || l.master.Kind != netdev.VRF {
					err = invalid("Not a valid VRF name\n", w)
				}
			}
		case matches(w, "numtxqueues"):
			l.txq, err = a.number("Invalid \"numtxqueues\" value\n")
		case matches(w, "numrxqueues"):
			l.rxq, err = a.number("Invalid \"numrxqueues\" value\n")
		case matches(w, "addrgenmode"):
			if w, err = a.next(); err == nil && w != "eui64" && w != "none" && w != "stable_secret" && w != "random" {
				err = invalid("Invalid address generation mode\n", w)
			}
		case w == "gso_max_size", w == "gso_max_segs", w == "gro_max_size":
			_, err = a.number("Invalid \"" + w + "\" value\n")
		case w == "master":
			if w, err = a.next(); err == nil {
				l.hasMaster = true
				if l.master = c.ns.Device(w); l.master == nil {
					err = invalid("Device does not exist\n", w)
				}
			}
		case matches(w, "nomaster"):
			l.hasMaster, l.master = true, nil
		case matches(w, "type"):
			if l.typ, err = a.next(); err == nil {
				l.rest = a
				return l, nil
			}
		case matches(w, "alias"):
			if w, err = a.next(); err == nil {
				l.alias = &w
			}
		case w == "group":
			if w, err = a.next(); err == nil {
				l.group, err = parseGroup(w)
			}
		case notModelledLink(w):
			err = notModelled("ip link … %s", w)
		default:
			if matches(w, "help") {
				return l, c.usage("link")
			}
			if w == "dev" {
				w, err = a.next()
			}
			if err == nil && l.dev != "" && l.dev != l.name {
				err = garbage("dev", w)
			}
			if err == nil && !stack.ValidAltName(w) {
				err = fail(255, `Error: argument "%s" is wrong: "dev" not a valid ifname`, w)
			}
			l.dev = w
		}
		if err != nil {
			return l, err
		}
	}
	return l, nil
}

// onOffPointer is onOff for an option that may be missing.
func (a *args) onOffPointer(key string) (*bool, error) {
	on, err := a.onOff(key)
	return &on, err
}

// notModelledLink knows the other options of iplink_parse.
func notModelledLink(w string) bool {
	switch w {
	case "xdp", "xdpgeneric", "xdpdrv", "xdpoffload", "trailers", "vf", "mode", "state", "protodown", "protodown_reason", "parentdev", "link-netnsid":
		return true
	}
	for _, full := range []string{"dynamic", "link-netns"} {
		if matches(w, full) {
			return true
		}
	}
	return false
}

// setLink is `ip link set`: do_setlink of net/core/rtnetlink.c, in its order.
func (c *command) setLink(a args) error {
	l, err := c.parseLink(a)
	if err != nil {
		return err
	}
	if l.dev == "" && l.group >= 0 && l.typ == "" { // all devices of a group
		group := l.group
		l.group = -1
		for _, d := range c.ns.Devices() {
			if d.Attrs.Group == group {
				if err := c.setOne(d, &l); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if l.dev == "" {
		return missing("dev")
	}
	d := c.ns.Device(l.dev)
	if d == nil {
		return noDevice(l.dev)
	}
	return c.setOne(d, &l)
}

// setOne changes one device.
func (c *command) setOne(d *netdev.Device, l *linkWords) error {
	var mac packet.MAC
	var err error
	if l.mac != nil {
		if mac, err = ethernet(l.mac); err != nil {
			return err
		}
	}
	if l.typ != "" {
		set := c.setBridge
		if l.typ == "vxlan" {
			set = func(d *netdev.Device, _ string, rest args) error { return c.setVXLAN(d, l.mtu >= 0, rest) }
		}
		if l.typ == "ipip" && l.rest.more() {
			set = func(d *netdev.Device, _ string, rest args) error { return c.setIPIP(d, rest) }
		}
		if err := set(d, l.typ, l.rest); err != nil {
			return err
		}
	}
	ns, tell := c.ns, false
	name := l.name
	if name == l.dev {
		name = ""
	}
	if l.netns != nil && l.netns != ns {
		if l.master != nil {
			return notModelled("ip link set … netns … master")
		}
		if err := ns.Move(d, l.netns, name); err != nil {
			return err
		}
		ns = l.netns
	}
	if l.mac != nil {
		if err := ns.SetMAC(d, mac); err != nil {
			return err
		}
	}
	if l.mtu >= 0 {
		if err := ns.ChangeMTU(d, l.mtu); err != nil {
			return err
		}
	}
	if l.group >= 0 {
		d.Attrs.Group = l.group
		ns.FIB.GroupChanged(d.Index, l.group)
		tell = true
	}
	if name != "" {
		if err := ns.Rename(d, name); err != nil {
			return err
		}
	}
	if l.alias != nil {
		d.Attrs.Alias = *l.alias
		tell = true
	}
	flags := linkFlags(d)
	if l.promisc != nil {
		d.Attrs.Promisc = *l.promisc
	}
	if l.allmulti != nil {
		d.Attrs.AllMulti = *l.allmulti
	}
	if l.multicast != nil {
		d.Attrs.NoMulticast = !*l.multicast
	}
	if l.arp != nil {
		ns.SetARP(d, *l.arp)
	}
	if (l.up == nil || *l.up == d.Up()) && !slices.Equal(flags, linkFlags(d)) {
		ns.NotifyLink(d)
	}
	if l.up != nil {
		if err := setUp(ns, d, *l.up); err != nil {
			return err
		}
	}
	if l.hasMaster {
		if err := ns.SetMaster(d, l.master); err != nil {
			return err
		}
	}
	if l.carrier != nil {
		if d.Kind != netdev.Dummy {
			return &fib.Error{Errno: fib.EOPNOTSUPP}
		}
		if !d.Up() {
			return &fib.Error{Errno: fib.EINVAL}
		}
		d.SetCarrier(*l.carrier)
	}
	if l.qlen >= 0 && l.qlen != d.Attrs.QueueLen {
		d.Attrs.QueueLen = l.qlen
		ns.NotifyLink(d)
	}
	if tell {
		ns.NotifyLink(d)
	}
	return nil
}

// addLink is `ip link add`.
func (c *command) addLink(a args) error {
	l, err := c.parseLink(a)
	if err != nil {
		return err
	}
	if l.typ == "" {
		return fail(1, `Not enough information: "type" argument is required`)
	}
	name := l.dev
	if l.name != "" {
		name = l.name
	}
	ns := c.ns
	if l.netns != nil {
		ns = l.netns
	}
	var lower *netdev.Device
	if l.link != "" {
		if lower = c.ns.Device(l.link); lower == nil {
			return noDevice(l.link)
		}
	}
	n, err := newLink(l, name)
	if err != nil {
		return err
	}
	var d *netdev.Device
	switch l.typ {
	case "veth":
		if d, err = c.addVeth(ns, n, l.rest); err != nil {
			return err
		}
	case "bridge":
		attrs := netdev.BridgeAttrs{ForwardDelay: netdev.DefaultForwardDelay}
		if err := c.bridgeWords(l.rest, &attrs); err != nil {
			return err
		}
		if d, err = ns.AddLink(netdev.Bridge, n); err != nil {
			return err
		}
		d.Attrs.Bridge = attrs
	case "dummy":
		if l.rest.more() {
			return fail(255, `Garbage instead of arguments "%s ...". Try "ip link help".`, l.rest.peek())
		}
		if d, err = ns.AddLink(netdev.Dummy, n); err != nil {
			return err
		}
	case "vxlan":
		if d, err = c.addVXLAN(ns, n, l.rest); err != nil {
			return err
		}
	case "ipip":
		if d, err = c.addIPIP(ns, n, l.rest); err != nil {
			return err
		}
	case "vlan":
		if d, err = c.addVLAN(ns, n, lower, l.rest); err != nil {
			return err
		}
	case "macvlan":
		if d, err = c.addMacvlan(ns, n, lower, l.rest); err != nil {
			return err
		}
	case "vrf":
		if d, err = c.addVRF(ns, n, l.rest); err != nil {
			return err
		}
	default:
		if !linkTypes[l.typ] {
			return fail(2, "Error: Unknown device type.")
		}
		return notModelled("ip link add … type %s", l.typ)
	}
	d.Attrs.TxQueues, d.Attrs.RxQueues = max(l.txq, 0), max(l.rxq, 0)
	if l.arp != nil {
		ns.SetARP(d, *l.arp)
	}
	if l.group >= 0 {
		d.Attrs.Group = l.group
	}
	if l.up != nil {
		if err := setUp(ns, d, *l.up); err != nil {
			return err
		}
	}
	if l.hasMaster {
		return ns.SetMaster(d, l.master)
	}
	return nil
}

func setUp(ns *stack.Namespace, d *netdev.Device, up bool) error {
	if up {
		return ns.BringUp(d)
	}
	ns.SetUp(d, false)
	return nil
}

func newLink(l linkWords, name string) (stack.NewLink, error) {
	n := stack.NewLink{Name: name, Index: int32(min(l.index, 1<<30)), MTU: max(l.mtu, 0), QLen: l.qlen}
	if l.mtu == 0 {
		n.MTU = 1 // refused: the kernel's 0 is below the minimum
	}
	if l.alias != nil {
		n.Alias = *l.alias
	}
	if l.mac != nil {
		if len(l.mac) != len(n.MAC) {
			return n, fail(2, "RTNETLINK answers: Invalid argument")
		}
		n.MAC = packet.MAC(l.mac)
	}
	return n, nil
}

// addVeth reads `[peer OPTIONS]`: ip/link_veth.c. A peer that is not spoken of
// has the first end's namespace and MTU; one that is comes into the caller's
// namespace: veth_newlink.
func (c *command) addVeth(ns *stack.Namespace, n stack.NewLink, rest args) (*netdev.Device, error) {
	peerNS, peer := ns, stack.NewLink{QLen: n.QLen, MTU: n.MTU}
	var up *bool
	if rest.more() {
		if w, _ := rest.next(); w != "peer" {
			return nil, c.usageText(1, "Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'")
		}
		l, err := c.parseLink(rest)
		if err != nil {
			return nil, err
		}
		if l.typ != "" {
			return nil, duplicate("type", l.typ)
		}
		name := l.dev
		if l.name != "" {
			name = l.name
		}
		if peer, err = newLink(l, name); err != nil {
			return nil, err
		}
		peerNS, up = c.ns, l.up
		if l.netns != nil {
			peerNS = l.netns
		}
	}
	d, p, err := stack.AddVeth(ns, n, peerNS, peer)
	if err == nil && up != nil {
		peerNS.SetUp(p, *up)
	}
	return d, err
}

// linkTypes are the kinds of devices that Linux knows and the lab has not.
var linkTypes = map[string]bool{"amt": true, "bareudp": true, "bond": true, "dsa": true, "erspan": true, "geneve": true, "gre": true, "gretap": true,
	"gtp": true, "ifb": true, "ip6erspan": true, "ip6gre": true, "ip6gretap": true, "ip6tnl": true, "ipoib": true, "ipvlan": true,
	"ipvtap": true, "macsec": true, "macvtap": true, "netdevsim": true, "nlmon": true, "rmnet": true, "sit": true, "team": true,
	"vcan": true, "vti": true, "vxcan": true, "wireguard": true, "wwan": true, "xfrm": true, "virt_wifi": true}

// setBridge is `ip link set … type bridge …`.
func (c *command) setBridge(d *netdev.Device, typ string, rest args) error {
	switch {
	case typ == "bridge" && d.Kind == netdev.Bridge:
		return c.bridgeWords(rest, &d.Attrs.Bridge)
	case !rest.more() && (typ == linkKind(d) || typ == "bridge" || linkTypes[typ]): // without options the type is not looked at
		return nil
	}
	return notModelled("ip link set … type %s", typ)
}

// bridgeWords reads the options of a bridge; those that would do something are
// not modelled.
func (c *command) bridgeWords(a args, b *netdev.BridgeAttrs) error {
	for a.more() {
		w, _ := a.next()
		if matches(w, "help") {
			return c.usage("link")
		}
		for _, o := range bridgeOptions {
			if !matches(w, o) {
				continue
			}
			n, err := a.number("invalid " + o)
			switch {
			case err != nil:
				return err
			case o == "forward_delay":
				b.ForwardDelay = n
			case o == "mcast_snooping" && n <= 1:
				b.NoSnooping = n == 0
			case n != bridgeDefaults[o]:
				return notModelled("ip link … type bridge %s %d", w, n)
			}
			w = ""
			break
		}
		if w != "" {
			return fail(1, `bridge: unknown command "%s"?`, w)
		}
	}
	return nil
}

// bridgeOptions are those of ip/iplink_bridge.c with a number, in the order in
// which abbreviations are looked up.
var bridgeOptions = []string{"forward_delay", "hello_time", "max_age", "ageing_time", "stp_state", "priority", "vlan_filtering", "group_fwd_mask",
	"vlan_default_pvid", "vlan_stats_enabled", "vlan_stats_per_port", "mcast_router", "mcast_snooping", "mcast_vlan_snooping", "mcast_query_use_ifaddr",
	"mcast_querier", "mcast_hash_elasticity", "mcast_hash_max", "nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables", "no_linklocal_learn"}

// bridgeDefaults are the values that change nothing; 0 where there is none.
var bridgeDefaults = map[string]int{"hello_time": 200, "max_age": 2000, "ageing_time": 30000, "priority": 32768, "vlan_default_pvid": 1,
	"mcast_router": 1, "mcast_hash_elasticity": 16, "mcast_hash_max": 4096}

// delLink is `ip link delete`.
func (c *command) delLink(a args) error {
	l, err := c.parseLink(a)
	if err != nil {
		return err
	}
	if l.dev == "" && l.group > 0 {
		none := true
		for _, d := range c.ns.Devices() {
			if d.Attrs.Group != l.group || c.ns.Device(d.Name) != d {
				continue
			}
			none = false
			if err := c.ns.DelLink(d); err != nil {
				return err
			}
		}
		if none {
			return &fib.Error{Errno: fib.ENODEV}
		}
		return nil
	}
	if l.dev == "" {
		return missing("dev")
	}
	d := c.ns.Device(l.dev)
	if d == nil {
		return noDevice(l.dev)
	}
	return c.ns.DelLink(d) // the kernel does not look at the type
}

// doLink is `ip link`.
func (c *command) doLink(a args) error {
	if !a.more() {
		return c.showLinks(a, true)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "add"):
		return c.addLink(a)
	case matches(verb, "set"), matches(verb, "change"):
		return c.setLink(a)
	case matches(verb, "replace"):
		return notModelled("ip link replace")
	case matches(verb, "delete"):
		return c.delLink(a)
	case matches(verb, "show"), matches(verb, "lst"), matches(verb, "list"):
		return c.showLinks(a, true)
	case matches(verb, "property"):
		return c.linkProperty(a)
	case matches(verb, "xstats"), matches(verb, "afstats"):
		return notModelled("ip link %s", verb)
	case matches(verb, "help"):
		return c.usage("link")
	}
	return fail(255, `Command "%s" is unknown, try "ip link help".`, verb)
}
