package sim

import (
	"errors"
	"net/netip"
	"sort"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
	"hoplab/topology"
)

// builder makes a lab of a topology. Faults are collected, so that a reader
// sees all of them at once.
type builder struct {
	l      *Lab
	segs   map[string]*netdev.Segment
	errs   topology.Errors
	failed bool
}

// build makes the network in the order in which a script would: devices, the
// wires between them, links up and addresses, then settings, routes and rules
// machine by machine, and at last the setup commands.
func (l *Lab) build(t *topology.Lab) error {
	b := &builder{l: l, segs: map[string]*netdev.Segment{}}
	for _, s := range t.Segments {
		b.segs[s.Name] = l.world.NewSegment(s.Name, s.MTU)
	}
	for _, m := range t.Machines {
		if l.byName[m.Name] != nil {
			b.fail(m.Pos, "", "machine %q is declared twice", m.Name)
			continue
		}
		b.machine(m)
	}
	for _, m := range t.Machines {
		b.wires(t, m)
	}
	if b.failed { // the rest would only repeat it
		return b.err()
	}
	for _, m := range t.Machines {
		b.addresses(m)
	}
	for _, m := range t.Machines {
		b.configure(m)
	}
	for _, m := range t.Machines {
		for _, line := range m.Setup {
			b.check(line.Pos, "setup", l.Command(m.Name, line.Text, by(line)))
		}
	}
	return b.err()
}

func (b *builder) err() error {
	if len(b.errs) == 0 {
		return nil
	}
	sort.SliceStable(b.errs, func(i, j int) bool {
		x, y := b.errs[i].Pos, b.errs[j].Pos
		if x.File != y.File {
			return x.File < y.File
		}
		return x.Line < y.Line || x.Line == y.Line && x.Col < y.Col
	})
	return b.errs
}

func (b *builder) fail(p topology.Pos, path, format string, args ...any) {
	b.failed = true
	b.errs = append(b.errs, p.Errorf(path, format, args...))
}

func (b *builder) check(p topology.Pos, path string, err error) {
	if err != nil {
		b.fail(p, path, "%v", err)
	}
}

// by is who put a line there: what the line says, or its place.
func by(l topology.Line) string {
	if l.By != "" {
		return l.By
	}
	if l.Pos.IsValid() {
		return l.Pos.String()
	}
	return "lab"
}

// place is where a line stands, empty when it stands in no file.
func place(p topology.Pos) string {
	if !p.IsValid() {
		return ""
	}
	return p.String()
}

// machine makes a namespace and its devices, in order of declaration, so that
// interface indexes follow it.
func (b *builder) machine(m *topology.Machine) {
	l := b.l
	ns := l.kernel.NewNamespace(m.Name)
	l.byName[m.Name] = ns
	for _, i := range m.Interfaces {
		if i.Kind == topology.Loopback {
			continue // it is there
		}
		if ns.Device(i.Name) != nil {
			b.fail(i.Pos, "", "%s has two interfaces called %q", m.Name, i.Name)
			continue
		}
		mtu := i.MTU
		if mtu == 0 {
			mtu = topology.DefaultMTU
		}
		if i.Kind == topology.VXLAN {
			b.vxlan(m, i, ns)
			continue
		}
		ns.AddDevice(netdev.New(l.world, ns, m.Name, deviceKind(i.Kind), i.Name, mtu, b.mac(m, i, ns)))
	}
}

// vxlan makes a VXLAN device, whose forwarding database is filled here too.
func (b *builder) vxlan(m *topology.Machine, i *topology.Interface, ns *stack.Namespace) {
	t := i.Tunnel
	c := stack.VXLANConfig{VNI: uint32(t.ID), Local: t.Local, Remote: t.Remote, Port: uint16(t.Port), Learning: t.Learning}
	if t.Dev != "" {
		lower := ns.Device(t.Dev)
		if lower == nil {
			b.fail(i.Pos, "dev", "%s has no interface %q before %s", m.Name, t.Dev, i.Name)
			return
		}
		c.Lower = lower.Index
	}
	d, err := ns.AddVXLAN(ns, stack.NewLink{Name: i.Name, MTU: i.MTU, MAC: b.mac(m, i, ns), QLen: -1}, c, stack.VXLANLearning)
	if err != nil {
		b.check(i.Pos, "type", err)
		return
	}
	for _, l := range t.FDB {
		b.check(l.Pos, "fdb", fdb(ns, stack.FDBAppend, append(fields(l.Text), "dev", d.Name)))
	}
}

func deviceKind(k topology.InterfaceKind) netdev.Kind {
	switch k {
	case topology.NIC:
		return netdev.NIC
	case topology.IPIP:
		return netdev.IPIP
	case topology.Bridge:
		return netdev.Bridge
	case topology.Dummy:
		return netdev.Dummy
	}
	return netdev.Veth
}

// mac is the declared address, the one that Calico or the lab's convention
// gives, or a locally administered one from the lab's chance.
func (b *builder) mac(m *topology.Machine, i *topology.Interface, ns *stack.Namespace) packet.MAC {
	if !i.MAC.IsZero() {
		return packet.MAC(i.MAC)
	}
	var addr netip.Addr
	if len(i.Addresses) > 0 {
		addr = i.Addresses[0].Prefix.Addr()
	}
	if mac := topology.DefaultMAC(m.Role, i.Name, addr); !mac.IsZero() || i.Kind == topology.IPIP {
		return packet.MAC(mac)
	}
	r := b.l.world.Stream("mac " + m.Name + " " + i.Name)
	x, y := r.Uint32(), r.Uint32()
	return packet.MAC{byte(x>>24)&0xfc | 2, byte(x >> 16), byte(x >> 8), byte(x), byte(y >> 8), byte(y)}
}

// wires connects veth pairs (once, from the end that comes first), plugs NICs
// into segments and ports into bridges.
func (b *builder) wires(t *topology.Lab, m *topology.Machine) {
	ns := b.l.byName[m.Name]
	for _, i := range m.Interfaces {
		d := ns.Device(i.Name)
		switch i.Kind {
		case topology.NIC:
			seg := b.segs[i.Segment]
			if seg == nil {
				b.fail(i.Pos, "segment", "there is no segment %q", i.Segment)
				continue
			}
			seg.Attach(d, properties(t.Segment(i.Segment).Link, netdev.DefaultSegmentDelay))
		case topology.Veth:
			b.veth(t, m, i, d)
		case topology.Bridge:
			for _, port := range i.Ports {
				p := ns.Device(port.Text)
				if p == nil {
					b.fail(port.Pos, "ports", "%s has no interface %q", m.Name, port.Text)
					continue
				}
				d.AddPort(p)
			}
		}
	}
}

func (b *builder) veth(t *topology.Lab, m *topology.Machine, i *topology.Interface, d *netdev.Device) {
	if d.Peer() != nil {
		return
	}
	other := t.Machine(i.Peer.Machine)
	if other == nil || b.l.byName[other.Name] == nil {
		b.fail(i.Pos, "veth", "there is no machine %q", i.Peer.Machine)
		return
	}
	oi := other.Interface(i.Peer.Interface)
	if oi == nil || oi.Kind != topology.Veth {
		b.fail(i.Pos, "veth", "%s has no veth called %q", other.Name, i.Peer.Interface)
		return
	}
	od := b.l.byName[other.Name].Device(oi.Name)
	if od == d || od.Peer() != nil {
		b.fail(i.Pos, "veth", "%s is already one end of another pair", i.Peer)
		return
	}
	netdev.Connect(d, od, properties(i.Link, netdev.DefaultVethDelay), properties(oi.Link, netdev.DefaultVethDelay))
	if m.Role == topology.RolePod && other.Role != topology.RolePod {
		b.l.nodes[m.Name] = other.Name
	} else if other.Role == topology.RolePod && m.Role != topology.RolePod {
		b.l.nodes[other.Name] = m.Name
	}
}

func properties(l topology.Link, delay int64) netdev.Properties {
	p := netdev.Properties{Delay: l.Delay, Bandwidth: float64(l.Bandwidth), Loss: l.Loss, Duplicate: l.Duplicate, Corrupt: l.Corrupt, Reorder: l.Reorder}
	if p.Delay == 0 {
		p.Delay = durationNS(delay)
	}
	return p
}

// addresses takes the links up, lo first, and gives them their addresses.
func (b *builder) addresses(m *topology.Machine) {
	ns := b.l.byName[m.Name]
	if lo := m.Interface("lo"); lo == nil || lo.Up {
		ns.Device("lo").SetUp(true)
	}
	for _, i := range m.Interfaces {
		d := ns.Device(i.Name)
		if i.Up {
			d.SetUp(true)
		}
		for _, a := range i.Addresses {
			addr := stack.Address{Prefix: a.Prefix, Broadcast: a.Broadcast, Scope: scope(a.Scope)}
			if i.Kind == topology.Loopback && a.Prefix == netip.MustParsePrefix("127.0.0.1/8") {
				continue // lo has it from going up
			}
			if err := ns.AddAddress(d, addr); err != nil {
				b.fail(a.Pos, "address", "%s: %v", a.Prefix, err)
			}
		}
	}
}

func scope(s topology.Scope) fib.Scope {
	switch s {
	case topology.ScopeLink:
		return fib.Link
	case topology.ScopeHost:
		return fib.Host
	}
	return fib.Universe
}

// configure applies what a machine declares beside its interfaces.
func (b *builder) configure(m *topology.Machine) {
	ns := b.l.byName[m.Name]
	if m.Role == topology.RoleRouter || m.Role == topology.RoleNode { // what the role means; the lab's own settings follow
		b.check(m.Pos, "role", ns.SetSysctl("net.ipv4.ip_forward", "1"))
	}
	for _, s := range m.Sysctls {
		b.check(s.Pos, "sysctls", ns.SetSysctl(s.Path(), s.Value))
	}
	run := func(path string, lines []topology.Line, f func(line topology.Line) error) {
		for _, line := range lines {
			if err := f(line); err != nil {
				var usage *fib.UsageError
				if errors.As(err, &usage) {
					err = errors.New(firstLine(err.Error()))
				}
				b.fail(line.Pos, path, "%s: %s: %s", m.Name, line.Text, firstLine(err.Error()))
			}
		}
	}
	run("routes", m.Routes, func(l topology.Line) error { return route(ns, fib.VerbAdd, fields(l.Text), by(l), place(l.Pos)) })
	run("rules", m.Rules, func(l topology.Line) error { return policyRule(ns, fib.VerbAdd, fields(l.Text), by(l)) })
	run("neighbors", m.Neighbors, func(l topology.Line) error { return neighbour(ns, fib.VerbAdd, fields(l.Text)) })
	run("ipsets", m.IPSets, func(l topology.Line) error { return ipsetLine(ns, l.Text) })
	run("iptables", m.IPTables, func(l topology.Line) error { return iptablesLine(ns, l.Text, by(l)) })
}
