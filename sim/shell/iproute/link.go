package iproute

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
)

// selector is what `ip addr show` and `ip link show` are to show: the filter
// of ip/ipaddress.c.
type selector struct {
	name     string
	dev      *netdev.Device // of that name
	up       bool
	family   family
	prefix   netip.Prefix
	scope    fib.Scope
	hasScope bool
	label    string
	kind     string
	group    int // -1: any
	master   *netdev.Device
	noMaster bool
	flags    []addrFlag
}

// addrFlag is an address flag that is wanted, or not.
type addrFlag struct {
	name   string
	wanted bool
}

// parseSelector reads the words after show or flush.
func (c *command) parseSelector(a args) (selector, error) {
	s := selector{family: c.family, group: -1}
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "to":
			if w, err = a.next(); err == nil {
				s.prefix, _, err = s.family.prefix(w)
				s.family = inet
			}
		case w == "scope":
			if w, err = a.next(); err == nil && w != "all" {
				var ok bool
				if s.scope, ok = fib.ParseScope(w); !ok {
					err = invalid("invalid \"scope\"\n", w)
				}
				s.hasScope = true
			}
		case w == "up":
			s.up = true
		case isAddrFlag(strings.TrimPrefix(w, "-")):
			name := strings.TrimPrefix(w, "-")
			f := addrFlag{name, w == name}
			if name == "primary" {
				f = addrFlag{"secondary", !f.wanted}
			}
			s.flags = append(s.flags, f)
		case w == "label":
			s.label, err = a.next()
		case w == "group":
			if w, err = a.next(); err == nil {
				s.group, err = parseGroup(w)
			}
		case w == "master":
			if w, err = a.next(); err == nil {
				if s.master = c.ns.Device(w); s.master == nil {
					err = invalid("Device does not exist\n", w)
				}
			}
		case w == "vrf":
			if w, err = a.next(); err == nil {
				if s.master = c.ns.Device(w); s.master == nil || s.master.Kind != netdev.VRF {
					err = invalid("Not a valid VRF name\n", w)
				}
			}
		case w == "nomaster":
			s.noMaster = true
		case w == "type":
			s.kind, err = a.next()
		default:
			if w == "dev" {
				w, err = a.next()
			} else if matches(w, "help") {
				return s, c.usage("address")
			}
			if err == nil && s.name != "" {
				err = garbage("dev", w)
			}
			s.name = w
		}
		if err != nil {
			return s, err
		}
	}
	if s.name != "" {
		if s.dev = c.ns.Device(s.name); s.dev == nil {
			return s, fail(1, `Device "%s" does not exist.`, s.name)
		}
	}
	return s, nil
}

// isAddrFlag knows the flags of IPv4 addresses that can be asked for.
func isAddrFlag(w string) bool {
	switch w {
	case "primary", "secondary", "temporary", "permanent", "dynamic", "deprecated", "noprefixroute", "nodad", "optimistic", "dadfailed", "home", "tentative",
		"mngtmpaddr", "autojoin", "stable-privacy":
		return true
	}
	return false
}

func parseGroup(w string) (int, error) {
	if w == "default" {
		return 0, nil
	}
	n, ok := parseNumber(w)
	if !ok {
		return 0, invalid("Invalid \"group\" value\n", w)
	}
	return n, nil
}

// takesAddr says that an address is wanted.
func (s *selector) takesAddr(d *netdev.Device, x stack.Address) bool {
	if s.family == inet6 || s.family == link {
		return false
	}
	if s.hasScope && x.Scope != s.scope {
		return false
	}
	for _, f := range s.flags {
		has := false
		switch f.name {
		case "secondary", "temporary":
			has = x.Secondary
		case "permanent":
			has = !x.Finite
		case "dynamic":
			has = x.Finite
		case "deprecated":
			has = x.Deprecated
		case "noprefixroute":
			has = x.NoPrefix
		}
		if has != f.wanted {
			return false
		}
	}
	if s.label != "" {
		if ok, _ := path.Match(s.label, labelOf(d, x)); !ok {
			return false
		}
	}
	return !s.prefix.IsValid() || s.prefix.Contains(x.Prefix.Addr())
}

func labelOf(d *netdev.Device, x stack.Address) string {
	if x.Label != "" {
		return x.Label
	}
	return d.Name
}

// takesLink says that a device is wanted; silent, that its line is left out
// but not its addresses.
func (s *selector) takesLink(d *netdev.Device) (ok, silent bool) {
	switch {
	case s.dev != nil && d != s.dev, s.up && !d.Up():
		return false, false
	case s.label != "" && s.family != inet && s.family != inet6:
		if m, _ := path.Match(s.label, d.Name); !m {
			return true, true
		}
	}
	switch {
	case s.group >= 0 && d.Attrs.Group != s.group,
		s.master != nil && d.Master() != s.master,
		s.noMaster && d.Master() != nil,
		s.kind != "" && s.kind != linkKind(d) && s.kind != slaveKind(d):
		return false, false
	}
	return true, false
}

// linkKind is IFLA_INFO_KIND: devices that the lab's machines were built with
// have none.
func linkKind(d *netdev.Device) string {
	switch d.Kind {
	case netdev.Loopback, netdev.NIC:
		return ""
	}
	return d.Kind.String()
}

func slaveKind(d *netdev.Device) string {
	if m := d.Master(); m != nil {
		return m.Kind.String() + "_slave"
	}
	return ""
}

// showLinks is `ip link show` (doLink) and `ip addr show`.
func (c *command) showLinks(a args, doLink bool) error {
	s, err := c.parseSelector(a)
	if err != nil {
		return err
	}
	if doLink {
		s.family = link
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	for _, d := range c.ns.Devices() {
		addrs := c.ns.Addresses(d)
		wanted := slices.ContainsFunc(addrs, func(x stack.Address) bool { return s.takesAddr(d, x) })
		if !doLink && s.family != link && !wanted && (len(addrs) > 0 || s.family != anyFamily) {
			continue // ipaddr_filter
		}
		ok, silent := s.takesLink(d)
		if !ok {
			continue
		}
		p.object()
		linkLine := (doLink || !c.opt.oneline || c.opt.brief) && !silent
		if linkLine {
			c.printLink(d, doLink, s.family)
		}
		if !doLink {
			c.printAddresses(d, addrs, &s)
			if c.opt.stats > 0 && linkLine && !c.opt.brief {
				c.printStats(d)
				if p.json == nil {
					p.text("\n")
				}
			}
		}
		p.endObject()
	}
	p.finish()
	return nil
}

// printAddresses is print_selected_addrinfo.
func (c *command) printAddresses(d *netdev.Device, list []stack.Address, s *selector) {
	p := &c.p
	p.array("addr_info")
	for _, x := range list {
		if s.family != anyFamily && s.family != inet {
			continue
		}
		p.object() // in JSON, those that are not wanted leave {}
		if s.takesAddr(d, x) {
			c.printAddress(d, x)
		}
		p.endObject()
	}
	p.endArray()
	if c.opt.brief {
		p.text("\n")
	}
}

// printAddress is print_addrinfo of ip/ipaddress.c.
func (c *command) printAddress(d *netdev.Device, x stack.Address) {
	p := &c.p
	if !c.opt.brief {
		if c.opt.oneline {
			p.num("index", "", int64(d.Index), ": ")
			p.str("dev", "", d.Name, "")
		}
		p.str("family", "    ", "inet", " ")
	}
	p.colored(colorInet, "local", "", x.Prefix.Addr().String(), "")
	if x.Peer.IsValid() {
		p.colored(colorInet, "address", " peer ", x.Peer.String(), "")
	}
	p.num("prefixlen", "/", int64(x.Prefix.Bits()), " ")
	if x.Metric != 0 {
		p.num("metric", "metric ", int64(x.Metric), " ")
	}
	if c.opt.brief {
		return
	}
	if x.Broadcast.IsValid() {
		p.colored(colorInet, "broadcast", "brd ", x.Broadcast.String(), " ")
	}
	p.str("scope", "scope ", c.scopeName(x.Scope), " ")
	if x.Secondary {
		p.truth("secondary", "secondary ")
	}
	if x.Deprecated {
		p.truth("deprecated", "deprecated ")
	}
	if x.Finite {
		p.truth("dynamic", "dynamic ")
	}
	if x.NoPrefix {
		p.truth("noprefixroute", "noprefixroute ")
	}
	p.str("label", "", labelOf(d, x), "")
	p.newline()
	valid, preferred := x.Left(c.lab.Now())
	p.raw("valid_life_time", "       valid_lft "+lifetimeText(valid), strconv.FormatUint(uint64(valid), 10))
	p.raw("preferred_life_time", " preferred_lft "+lifetimeText(preferred), strconv.FormatUint(uint64(preferred), 10))
	p.text("\n")
}

func lifetimeText(n uint32) string {
	if n == stack.Forever {
		return "forever"
	}
	return strconv.FormatUint(uint64(n), 10) + "sec"
}

func (c *command) scopeName(s fib.Scope) string {
	if c.opt.numeric {
		return strconv.Itoa(int(s))
	}
	return s.String()
}

// lowerUp is IFF_LOWER_UP; running is IFF_RUNNING: the same here, where links
// change state at once.
func lowerUp(d *netdev.Device) bool { return d.Up() && d.Carrier() }

// linkFlags are the words between < and >: print_link_flags.
func linkFlags(d *netdev.Device) []string {
	var f []string
	add := func(name string, on bool) {
		if on {
			f = append(f, name)
		}
	}
	add("NO-CARRIER", d.Up() && !d.Carrier())
	add("LOOPBACK", d.Kind == netdev.Loopback)
	ether := d.Kind != netdev.Loopback && d.Kind != netdev.IPIP && d.Kind != netdev.VRF
	add("BROADCAST", ether)
	add("POINTOPOINT", pointToPoint(d))
	add("MULTICAST", ether && d.Kind != netdev.Dummy && !d.Attrs.NoMulticast)
	add("NOARP", d.NoARP() && d.Kind != netdev.Loopback)
	add("ALLMULTI", d.Attrs.AllMulti)
	add("PROMISC", d.Attrs.Promisc)
	add("MASTER", d.Kind == netdev.VRF)
	add("UP", d.Up())
	add("LOWER_UP", lowerUp(d))
	if p := linked(d); p != nil && p.Owner == d.Owner {
		add("M-DOWN", !p.Up())
	}
	return f
}

// operState is RFC 2863's state: default_operstate in net/core/link_watch.c.
// Devices whose driver never speaks of a carrier stay UNKNOWN.
func operState(d *netdev.Device) string {
	switch {
	case !d.Up():
		return "DOWN"
	case d.Kind == netdev.Loopback || d.Kind == netdev.IPIP || d.Kind == netdev.Dummy && d.CarrierChanges() == 0 || d.Kind == netdev.VXLAN,
		d.Kind == netdev.Bridge && !d.HadPorts():
		return "UNKNOWN"
	case d.Carrier():
		return "UP"
	case linked(d) != nil && linked(d).Index != d.Index:
		return "LOWERLAYERDOWN"
	}
	return "DOWN"
}

// pointToPoint says that the device is a tunnel with one other end.
func pointToPoint(d *netdev.Device) bool {
	ns, ok := d.Owner.(*stack.Namespace)
	if !ok || d.Kind != netdev.IPIP {
		return false
	}
	t, _, _ := ns.TunnelOf(d)
	return t.Remote.IsValid()
}

// linked is what IFLA_LINK names: the other end of a veth, or the device below.
func linked(d *netdev.Device) *netdev.Device {
	if l := d.Lower(); l != nil {
		return l
	}
	return d.Peer()
}

func stateColor(state string) color {
	switch state {
	case "UP":
		return colorUp
	case "DOWN":
		return colorDown
	}
	return noColor
}

// qdisc is the root queueing discipline: none until the device was up. These
// devices have no queue; a network card would have one per queue.
func qdisc(d *netdev.Device) string {
	switch {
	case d.Qdisc() != nil:
		return d.Qdisc().Kind.String()
	case !d.Opened():
		return "noop"
	case d.Kind == netdev.NIC:
		return "mq"
	}
	return "noqueue"
}

// printName is print_name_and_link: NAME, NAME@PEER, NAME@ifN or NAME@NONE,
// padded to width.
func (c *command) printName(d *netdev.Device, width int, after string) {
	p := &c.p
	name := d.Name
	switch peer := linked(d); {
	case d.Kind == netdev.Veth && peer == nil: // it is just being made, or gone
		p.jsonOnly("link", "null")
		name += "@NONE"
	case d.Kind == netdev.IPIP:
		if t, _, _ := c.ns.TunnelOf(d); t.Dev != 0 {
			lower := c.ns.Env().DevName(t.Dev)
			p.jsonOnly("link", strconv.Quote(lower))
			name += "@" + lower
			break
		}
		p.jsonOnly("link", "null")
		name += "@NONE"
	case peer != nil && peer.Owner == d.Owner:
		p.jsonOnly("link", strconv.Quote(peer.Name))
		name += "@" + peer.Name
	case c.foreign(d):
		p.jsonOnly("link_index", strconv.Itoa(int(d.Index)))
		name += "@if" + strconv.Itoa(int(d.Index))
	case peer != nil:
		p.jsonOnly("link_index", strconv.Itoa(int(peer.Index)))
		name += "@if" + strconv.Itoa(int(peer.Index))
	}
	if p.json != nil {
		p.str("ifname", "", d.Name, "")
		return
	}
	p.colored(colorIfname, "", "", pad(name, width), after)
}

// jsonOnly is a member that the text says in another way.
func (p *printer) jsonOnly(key, json string) { p.raw(key, "", json) }

func pad(s string, width int) string {
	if len(s) < width {
		return s + strings.Repeat(" ", width-len(s))
	}
	return s
}

func (c *command) printFlags(d *netdev.Device) {
	p := &c.p
	flags := linkFlags(d)
	if c.event != nil && c.event.Rising {
		flags = risen(flags)
	}
	p.text("<" + strings.Join(flags, ",") + "> ")
	if p.json != nil {
		p.array("flags")
		for _, f := range flags {
			p.element("", f, "")
		}
		p.endArray()
	}
}

// printLink is print_linkinfo and, with -br, print_linkinfo_brief.
func (c *command) printLink(d *netdev.Device, doLink bool, f family) {
	p := &c.p
	if c.opt.brief {
		c.printName(d, 16, " ")
		state := operState(d)
		if p.json != nil {
			p.str("operstate", "", state, "")
		} else {
			p.colored(stateColor(state), "", "", pad(state, 14), " ")
		}
		if doLink {
			p.colored(colorMAC, "address", "", linkAddress(d), " ")
			c.printFlags(d)
			p.text("\n")
		}
		return
	}
	p.num("ifindex", "", int64(d.Index), ": ")
	c.printName(d, 0, ": ")
	c.printFlags(d)
	p.num("mtu", "mtu ", int64(d.MTU), " ")
	root := qdisc(d)
	if c.event != nil && c.event.Del {
		root = "noop"
	}
	p.str("qdisc", "qdisc ", root, " ")
	if m := d.Master(); m != nil {
		p.str("master", "master ", m.Name, " ")
	}
	state := operState(d)
	if c.event != nil && c.event.Rising {
		state = "LOWERLAYERDOWN"
	}
	p.colored(stateColor(state), "operstate", "state ", state, " ")
	if doLink {
		p.str("linkmode", "mode ", "DEFAULT", " ")
	}
	group := "default"
	if g := d.Attrs.Group; g != 0 || c.opt.numeric {
		group = strconv.Itoa(g)
	}
	p.str("group", "group ", group, " ")
	if c.event == nil { // in a message it would be an attribute of its own
		p.num("txqlen", "qlen ", int64(d.Attrs.QueueLen), "")
	}
	if f == anyFamily || f == link || c.opt.details {
		c.printLinkLayer(d)
	}
	if peer := linked(d); peer != nil && peer.Owner != d.Owner {
		c.printNetNS(peer.Owner.(*stack.Namespace))
	}
	if _, home := c.ns.VXLAN(d); home != nil && home != c.ns {
		c.printNetNS(home)
	}
	if e := c.event; e != nil && e.To != nil {
		if c.lab.Named(e.To) {
			p.text(" new-netns " + e.To.Name)
		} else {
			p.text(" new-netnsid " + strconv.Itoa(c.ns.NetNSID(e.To)))
		}
		p.text(" new-ifindex " + strconv.Itoa(int(e.ToIndex)))
	}
	if c.opt.details {
		c.printDetails(d, doLink)
	}
	if d.Attrs.Alias != "" && (doLink || c.opt.details) {
		p.newline()
		p.str("ifalias", "    alias ", d.Attrs.Alias, "")
	}
	if doLink && c.opt.stats > 0 {
		p.newline()
		c.printStats(d)
	}
	c.printAltNames(d)
	p.text("\n")
}

// linkAddress is the link layer address as text; that of a tunnel is an IPv4
// address.
func linkAddress(d *netdev.Device) string {
	if d.Kind == netdev.IPIP {
		if ns, ok := d.Owner.(*stack.Namespace); ok {
			if t, _, _ := ns.TunnelOf(d); t.Local.IsValid() {
				return t.Local.String()
			}
		}
		return "0.0.0.0"
	}
	return d.MAC.String()
}

func (c *command) printLinkLayer(d *netdev.Device) {
	p := &c.p
	typ, n, brd := "ether", 1, packet.BroadcastMAC.String() // n: ARPHRD_…
	switch d.Kind {
	case netdev.Loopback:
		typ, n, brd = "loopback", 772, packet.MAC{}.String()
	case netdev.IPIP:
		typ, n, brd = "ipip", 768, "0.0.0.0"
	}
	if c.opt.numeric {
		typ = "[" + strconv.Itoa(n) + "]"
	}
	p.newline()
	p.str("link_type", "    link/", typ, " ")
	p.colored(colorMAC, "address", "", linkAddress(d), "")
	if pointToPoint(d) {
		t, _, _ := c.ns.TunnelOf(d)
		p.truth("link_pointtopoint", " peer ")
		p.colored(colorMAC, "broadcast", "", t.Remote.String(), "")
		return
	}
	p.colored(colorMAC, "broadcast", " brd ", brd, "")
}

// printNetNS says in which namespace the other end of a veth or of a tunnel is.
func (c *command) printNetNS(other *stack.Namespace) {
	p := &c.p
	id := c.ns.NetNSID(other)
	if p.json != nil {
		p.num("link_netnsid", "", int64(id), "")
		return
	}
	if c.lab.Named(other) {
		p.text(" link-netns " + other.Name)
		return
	}
	p.text(" link-netnsid " + strconv.Itoa(id))
}

// printDetails is what -d adds. The limits are those of the kernel's drivers.
func (c *command) printDetails(d *netdev.Device, doLink bool) {
	p := &c.p
	promisc, allmulti := int64(d.Attrs.Promiscuity), int64(0)
	if d.Attrs.Promisc {
		promisc++
	}
	if d.Attrs.AllMulti {
		allmulti++
	}
	if m := d.Master(); m != nil && m.Kind == netdev.Bridge {
		promisc++
		allmulti++
	}
	p.num("promiscuity", " promiscuity ", promisc, " ")
	p.num("allmulti", " allmulti ", allmulti, " ")
	var lo, hi int64 = 68, 65535
	tso := int64(524280)
	switch d.Kind {
	case netdev.Loopback, netdev.Dummy:
		lo, hi = 0, 0
	case netdev.IPIP:
		least, most := c.ns.TunnelMTURange(d)
		lo, hi, tso = int64(least), int64(most), 65536
	case netdev.VLAN:
		lo = 0
	case netdev.VRF:
		lo, hi, tso = 1280, 65575, 65536
	case netdev.VXLAN: // taken over from the device below
		if cfg, _ := c.ns.VXLAN(d); cfg.Lower == 0 {
			tso = 65536
		}
	}
	p.num("min_mtu", "minmtu ", lo, " ")
	p.num("max_mtu", "maxmtu ", hi, " ")
	c.printLinkInfo(d)
	if doLink && c.hasIPv6(d) {
		p.str("inet6_addr_gen_mode", "addrgenmode ", "eui64", " ")
	}
	p.num("num_tx_queues", "numtxqueues ", int64(max(d.Attrs.TxQueues, 1)), " ")
	p.num("gso_max_size", "gso_max_size ", 65536, " ")
	p.num("gso_max_segs", "gso_max_segs ", 65535, " ")
	p.num("tso_max_size", "tso_max_size ", tso, " ")
	p.num("tso_max_segs", "tso_max_segs ", 65535, " ")
	p.num("gro_max_size", "gro_max_size ", 65536, " ")
}

// hasIPv6 says that the kernel keeps IPv6 settings for a device, although
// nobody uses IPv6: addrconf_notify (net/ipv6/addrconf.c) makes them where the
// MTU is enough. tunl0 comes with an MTU of 0, and nothing tells that it got
// one until it comes up.
func (c *command) hasIPv6(d *netdev.Device) bool {
	const minIPv6MTU = 1280 // bytes: RFC 8200 section 5
	_, fallback, _ := c.ns.TunnelOf(d)
	return d.MTU >= minIPv6MTU && (!fallback || d.Opened())
}

// printLinkInfo is print_linktype.
func (c *command) printLinkInfo(d *netdev.Device) {
	p := &c.p
	kind := linkKind(d)
	if kind == "" && d.Master() == nil {
		return
	}
	p.member("linkinfo")
	if kind != "" {
		p.newline()
		p.str("info_kind", "    ", kind, " ")
	}
	switch d.Kind {
	case netdev.IPIP:
		p.member("info_data")
		c.printIPIP(d)
		p.endObject()
	case netdev.Bridge:
		p.member("info_data")
		c.printBridge(d)
		p.endObject()
	case netdev.VXLAN:
		p.member("info_data")
		c.printVXLAN(d)
		p.endObject()
	case netdev.VLAN, netdev.Macvlan, netdev.VRF:
		p.member("info_data")
		c.printUpper(d)
		p.endObject()
	}
	if m := d.Master(); m != nil {
		p.newline()
		p.str("info_slave_kind", "    ", slaveKind(d), " ")
		p.member("info_slave_data")
		if m.Kind == netdev.VRF {
			p.num("table", "table ", int64(m.Attrs.Table), " ")
		} else {
			c.printBridgePort(d, m)
		}
		p.endObject()
	}
	p.endObject()
}

// printStats is __print_link_stats: print_stats64.
func (c *command) printStats(d *netdev.Device) {
	p, s := &c.p, &d.Stats
	more := c.opt.stats > 1
	if p.json != nil {
		p.member("stats64")
		p.member("rx")
		fields(p, []string{"bytes", "packets", "errors", "dropped", "over_errors", "multicast"}, s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, 0, s.Multicast)
		if more {
			fields(p, []string{"length_errors", "crc_errors", "frame_errors", "fifo_errors", "missed_errors"}, 0, 0, s.RxFrame, 0, 0)
		}
		p.endObject()
		p.member("tx")
		fields(p, []string{"bytes", "packets", "errors", "dropped", "carrier_errors", "collisions"}, s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, s.TxCarrier, s.TxCollisions)
		if more {
			fields(p, []string{"aborted_errors", "fifo_errors", "window_errors", "heartbeat_errors", "carrier_changes"}, 0, 0, 0, 0, uint64(d.CarrierChanges()))
		}
		p.endObject()
		p.endObject()
		return
	}
	rx := []uint64{s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, 0, s.Multicast}
	tx := []uint64{s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, s.TxCarrier, s.TxCollisions}
	rxErr := []uint64{0, 0, 0, s.RxFrame, 0, 0}
	txErr := []uint64{0, 0, 0, 0, 0, uint64(d.CarrierChanges())}
	cols := []int{len("*X errors:"), len("packets"), len("errors"), len("dropped"), len("heartbt"), len("overrun"), len("compressed")}
	widen := func(v []uint64) {
		for i, n := range v {
			cols[i] = max(cols[i], len(strconv.FormatUint(n, 10)))
		}
	}
	widen(rx)
	widen(tx)
	if more {
		widen(rxErr)
		widen(txErr)
	}
	row := func(head string, width int, names ...string) {
		p.text(fmt.Sprintf("    %s%*s", head, width, names[0]))
		for i, n := range names[1:] {
			p.text(fmt.Sprintf(" %*s", cols[i+1], n))
		}
		p.newline()
	}
	values := func(first string, v []uint64) {
		p.text("    " + first)
		for i, n := range v {
			p.text(fmt.Sprintf("%*d ", cols[i], n))
		}
	}
	row("RX: ", cols[0]-4, "bytes", "packets", "errors", "dropped", "missed", "mcast", "")
	values("", rx)
	p.newline()
	if more {
		row("RX errors:", cols[0]-10, "", "length", "crc", "frame", "fifo", "overrun")
		p.text("    " + strings.Repeat(" ", cols[0]) + " ")
		for i, n := range rxErr[1:] {
			p.text(fmt.Sprintf("%*d ", cols[i+1], n))
		}
		p.newline()
	}
	row("TX: ", cols[0]-4, "bytes", "packets", "errors", "dropped", "carrier", "collsns", "")
	values("", tx)
	if more {
		p.newline()
		row("TX errors:", cols[0]-10, "", "aborted", "fifo", "window", "heartbt", "transns")
		p.text("    " + strings.Repeat(" ", cols[0]) + " ")
		for i, n := range txErr[1:] {
			p.text(fmt.Sprintf("%*d ", cols[i+1], n))
		}
	}
}

func fields(p *printer, names []string, values ...uint64) {
	for i, n := range names {
		p.jsonOnly(n, strconv.FormatUint(values[i], 10))
	}
}
