package topology

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

func (r *labReader) readInterfaces(m *Machine, v value) {
	if !v.atMost(maxInterfaces, "interfaces") {
		return
	}
	v.each(func(key, v value) {
		i := &Interface{Pos: key.pos(), Name: key.text(), Up: true}
		if err := checkDevice(i.Name); err != nil {
			key.errorf("%v", err)
		}
		m.Interfaces = append(m.Interfaces, i)
		r.devices[Endpoint{m.Name, i.Name}] = i
		r.readInterface(m, i, v)
	})
}

// readInterface reads an interface. What it is on decides which other fields
// it has: a segment, the other end of a veth pair, or a type.
func (r *labReader) readInterface(m *Machine, i *Interface, v value) {
	if !v.isMapping() {
		v.expected("a mapping with segment, veth or type")
		return
	}
	f := fields{
		"address": func(v value) { i.Addresses = readAddresses(v) },
		"mtu":     func(v value) { i.MTU = v.integer(minMTU, largestMTU(i)) },
		"up":      func(v value) { i.Up = v.boolean() },
	}
	i.Kind = interfaceKind(i.Name, v)
	switch i.Kind {
	case NIC:
		r.nicFields(i, f)
	case Veth:
		r.vethFields(m, i, f)
	case Bridge:
		f["ports"] = func(v value) { r.readPorts(m, i, v) }
	case IPIP:
		i.MTU = DefaultTunnelMTU
	case Dummy:
		i.MTU = DefaultMTU
	case Loopback:
		i.MTU = DefaultLoopbackMTU
	case VXLAN:
		r.vxlanFields(m, i, v, f)
	default:
		return // reported; which other fields are right is not known
	}
	if i.Kind != IPIP && i.Kind != Loopback {
		f["mac"] = func(v value) { i.MAC = v.mac() }
	}
	if i.Kind != NIC && i.Kind != Veth {
		f["type"] = func(value) {}
	}
	v.explainMisplaced(i, f)
	v.object(f)
}

func largestMTU(i *Interface) int {
	if i.Kind == Loopback {
		return DefaultLoopbackMTU
	}
	return maxMTU
}

// interfaceKind decides what an interface is, or reports why that is unclear.
func interfaceKind(name string, v value) InterfaceKind {
	var said []string
	for _, key := range []string{"segment", "veth", "type"} {
		if v.has(key) {
			said = append(said, key)
		}
	}
	switch {
	case len(said) > 1:
		v.errorf("declared as two things: %s; keep one of them", strings.Join(said, " and "))
		return ""
	case name == "lo":
		if len(said) > 0 {
			v.errorf("lo is the loopback device; leave %s out", said[0])
			return ""
		}
		return Loopback
	case len(said) == 0 && name == "tunl0":
		v.errorf("tunl0 needs type: ipip")
		return ""
	case len(said) == 0:
		v.errorf("not connected; write segment: NAME, veth: MACHINE:IFACE or type: ipip, bridge, vxlan or dummy")
		return ""
	case said[0] == "segment":
		return NIC
	case said[0] == "veth":
		return Veth
	}
	return v.at("type").interfaceType(name)
}

func (v value) interfaceType(name string) InterfaceKind {
	known := []string{string(Bridge), string(Dummy), string(IPIP), string(VXLAN)}
	switch s := v.text(); s {
	case "":
		return ""
	case string(Bridge), string(Dummy), string(VXLAN):
		return InterfaceKind(s)
	case string(IPIP):
		if name != "tunl0" {
			v.errorf("not modelled: ipip device other than tunl0")
			return ""
		}
		return IPIP
	case "veth":
		v.errorf("write veth: MACHINE:IFACE instead of type: veth")
	case "nic", "ethernet", "physical":
		v.errorf("write segment: NAME instead of type: %s", s)
	case "wireguard", "gre", "sit", "ip6tnl", "vlan", "macvlan", "ipvlan", "bond", "team", "vrf", "tun", "tap", "vti", "xfrm", "ifb":
		v.errorf("not modelled: device of type %s", s)
	default:
		v.errorf("unknown type %q; expected %s%s", shorten(s), oneOf(known), didYouMean(s, known))
	}
	return ""
}

// explainMisplaced reports fields that exist, but not on this kind of interface,
// in better words than "unknown key", and accepts them so that this is all.
func (v value) explainMisplaced(i *Interface, f fields) {
	wire := slices.Sorted(maps.Keys(linkFields(new(Link))))
	for _, key := range append(wire, "ports", "mac") {
		if f[key] != nil {
			continue
		}
		switch {
		case key == "ports":
			f[key] = func(v value) { v.errorf("only a bridge has ports; %s is a %s device", i.Name, i.Kind) }
		case key == "mac":
			f[key] = func(v value) { v.errorf("%s has no Ethernet address", i.Name) }
		case i.Kind == NIC:
			f[key] = func(v value) { v.errorf("%s belongs to the segment", key) }
		default:
			f[key] = func(v value) { v.errorf("%s belongs to a segment or a veth; %s is a %s device", key, i.Name, i.Kind) }
		}
	}
}

func (r *labReader) nicFields(i *Interface, f fields) {
	f["segment"] = func(v value) {
		i.Segment = v.filled()
		r.later = append(r.later, func() {
			s := r.segments[i.Segment]
			if s == nil {
				if i.Segment != "" {
					v.errorf("unknown segment %q%s", shorten(i.Segment), r.src.suggest(i.Segment, r.segmentNames))
				}
				return
			}
			if i.MTU == 0 {
				i.MTU = s.MTU
			}
		})
	}
}

func (r *labReader) segmentNames() []string {
	names := make([]string, len(r.lab.Segments))
	for i, s := range r.lab.Segments {
		names[i] = s.Name
	}
	return names
}

// vxlanFields are those of a VXLAN device.
func (r *labReader) vxlanFields(m *Machine, i *Interface, v value, f fields) {
	t := &Tunnel{Port: DefaultVXLANPort, Learning: true}
	i.Tunnel = t
	if !v.has("id") {
		v.errorf("id is missing: the network identifier (VNI), a number below 16777216")
	}
	f["id"] = func(v value) { t.ID = v.integer(0, 1<<24-1) }
	f["local"] = func(v value) { t.Local = v.addr() }
	f["remote"] = func(v value) {
		if t.Remote = v.addr(); t.Remote.IsMulticast() {
			v.errorf("not modelled: multicast group of a VXLAN device")
		}
	}
	f["port"] = func(v value) { t.Port = v.integer(1, 0xffff) }
	f["learning"] = func(v value) { t.Learning = v.boolean() }
	f["fdb"] = func(v value) { t.FDB = v.toolLines("bridge fdb append") }
	f["dev"] = func(v value) {
		t.Dev = v.filled()
		if t.Dev != "" && !slices.ContainsFunc(m.Interfaces, func(x *Interface) bool { return x != i && x.Name == t.Dev }) {
			v.errorf("there is no interface %q before %s%s", shorten(t.Dev), i.Name, r.src.suggest(t.Dev, m.deviceNames))
		}
	}
}

// readPorts reads a bridge's ports and checks them once all devices are known.
func (r *labReader) readPorts(m *Machine, bridge *Interface, v value) {
	v.list(func(v value) {
		port := v.line()
		bridge.Ports = append(bridge.Ports, port)
		r.later = append(r.later, func() { r.checkPort(m, bridge, port.Text, v) })
	})
}

func (r *labReader) checkPort(m *Machine, bridge *Interface, port string, v value) {
	if port == "" {
		return
	}
	dev := r.devices[Endpoint{m.Name, port}]
	if dev == nil {
		v.errorf("unknown device %q%s", shorten(port), r.src.suggest(port, m.deviceNames))
		return
	}
	switch dev.Kind {
	case Bridge, IPIP, Loopback:
		v.errorf("%s cannot be a port of a bridge; it is a %s device", port, dev.Kind)
		return
	}
	if taken := r.ports[Endpoint{m.Name, port}]; taken != nil {
		v.errorf("%s is a port of %s already", port, taken.Name)
		return
	}
	r.ports[Endpoint{m.Name, port}] = bridge
}

func readAddresses(v value) []Address {
	if !v.isList() {
		return []Address{readAddress(v)}
	}
	if !v.atMost(maxAddresses, "addresses") {
		return nil
	}
	var out []Address
	v.list(func(v value) {
		a := readAddress(v)
		if a.Prefix.IsValid() && slices.ContainsFunc(out, func(o Address) bool { return o.Prefix == a.Prefix }) {
			v.errorf("address %s stands here twice", a.Prefix)
		}
		out = append(out, a)
	})
	return out
}

// readAddress reads 10.0.0.1/24 or {address: 10.0.0.1/24, scope: …, broadcast: …}.
func readAddress(v value) Address {
	a := Address{Pos: v.pos()}
	if !v.isMapping() {
		a.Prefix = v.hostPrefix()
		a.Scope = defaultScope(a.Prefix)
		return a
	}
	v.object(fields{
		"address": func(v value) { a.Pos, a.Prefix = v.pos(), v.hostPrefix() },
		"scope": func(v value) {
			a.Scope = Scope(v.word(string(ScopeLink), string(ScopeHost), string(ScopeGlobal)))
		},
		"broadcast": func(v value) { a.Broadcast = v.addr() },
	})
	if !v.has("address") {
		v.errorf("address is missing")
	}
	if a.Scope == "" {
		a.Scope = defaultScope(a.Prefix)
	}
	return a
}

// hostPrefix reads an address that a device can have.
func (v value) hostPrefix() netip.Prefix {
	p := v.prefix()
	if p.IsValid() && (p.Addr().IsUnspecified() || p.Addr().IsMulticast()) {
		v.errorf("%s is not an address for a device", p.Addr())
	}
	return p
}

// defaultScope is what `ip address add` chooses (iproute2 ip/ipaddress.c, default_scope).
func defaultScope(p netip.Prefix) Scope {
	if p.IsValid() && p.Addr().IsLoopback() {
		return ScopeHost
	}
	return ScopeGlobal
}
