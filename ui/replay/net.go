package replay

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"

	"hoplab/sim"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
	"hoplab/topology"
)

// Net is the network as it is at a moment: a copy that stays when the lab goes on.
type Net struct {
	Machines []Machine // all namespaces, in order of creation
	Segments []topology.Segment

	names map[netip.Addr]string // whose an address is
	index map[string]int        // of machines, by name
}

// Machine is a namespace.
type Machine struct {
	Name    string
	Node    string        // that a pod lives on; of others their own name
	Role    topology.Role // empty: it came by a command
	Devices []Device      // by interface index
}

// Device is one network interface.
type Device struct {
	Name      string
	Kind      netdev.Kind
	Up        bool
	Carrier   bool // the other end is there and up
	Addresses []netip.Prefix
	Segment   string // of a NIC
	Peer      End    // of a veth; the zero End where the other end is gone
	Master    string // bridge or VRF that it is a port of
	Lower     string // device that a VLAN or macvlan stands on
	Detail    string // what tells it apart: "id 100", "remote 10.0.0.2"
	Spare     bool   // the tunl0 that every namespace has, as long as nobody uses it
}

// End is one end of a wire.
type End struct{ Machine, Device string }

// Place is NETNS:DEV.
func (e End) Place() string { return e.Machine + ":" + e.Device }

// NetOf looks at a lab.
func NetOf(l *sim.Lab) *Net {
	n := &Net{names: map[netip.Addr]string{}, index: map[string]int{}}
	for _, s := range l.Topology.Segments {
		n.Segments = append(n.Segments, *s)
	}
	for _, ns := range l.Namespaces() {
		m := Machine{Name: ns.Name, Node: l.Node(ns.Name)}
		if t := l.Topology.Machine(ns.Name); t != nil {
			m.Role = t.Role
		}
		for _, d := range ns.Devices() {
			m.Devices = append(m.Devices, deviceOf(ns, d))
		}
		for _, d := range m.Devices {
			for _, a := range d.Addresses {
				if _, taken := n.names[a.Addr()]; !taken && !a.Addr().IsLoopback() {
					n.names[a.Addr()] = m.Name
				}
			}
		}
		n.index[m.Name] = len(n.Machines)
		n.Machines = append(n.Machines, m)
	}
	return n
}

func deviceOf(ns *stack.Namespace, d *netdev.Device) Device {
	x := Device{Name: d.Name, Kind: d.Kind, Up: d.Up(), Carrier: d.Carrier()}
	for _, a := range ns.Addresses(d) {
		x.Addresses = append(x.Addresses, a.Prefix)
	}
	if s := d.Segment(); s != nil {
		x.Segment = s.Name
	}
	if p := d.Peer(); p != nil {
		if o, ok := p.Owner.(*stack.Namespace); ok {
			x.Peer = End{o.Name, p.Name}
		}
	}
	if m := d.Master(); m != nil {
		x.Master = m.Name
	}
	if l := d.Lower(); l != nil {
		x.Lower = l.Name
	}
	_, fallback, _ := ns.TunnelOf(d)
	x.Detail, x.Spare = detail(ns, d), fallback && !x.Up && len(x.Addresses) == 0
	return x
}

// detail is what tells a device of its kind apart, in the words of ip-link(8).
func detail(ns *stack.Namespace, d *netdev.Device) string {
	var remote netip.Addr
	text := ""
	switch d.Kind {
	case netdev.VLAN:
		return fmt.Sprintf("id %d", d.Attrs.VLAN.ID)
	case netdev.Macvlan:
		return d.Attrs.VLAN.Mode.String()
	case netdev.VRF:
		return fmt.Sprintf("table %d", d.Attrs.Table)
	case netdev.VXLAN:
		if c, _ := ns.VXLAN(d); c != nil {
			text, remote = fmt.Sprintf("id %d", c.VNI), c.Remote
		}
	case netdev.IPIP:
		if t, _, ok := ns.TunnelOf(d); ok {
			remote = t.Remote
		}
	}
	if remote.IsValid() && !remote.IsUnspecified() {
		if text != "" {
			text += " "
		}
		text += "remote " + remote.String()
	}
	return text
}

// Machine finds a machine by name, nil if there is none.
func (n *Net) Machine(name string) *Machine {
	i, ok := n.index[name]
	if !ok {
		return nil
	}
	return &n.Machines[i]
}

// Device finds a device by name, nil if there is none.
func (m *Machine) Device(name string) *Device {
	i := slices.IndexFunc(m.Devices, func(d Device) bool { return d.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Devices[i]
}

// Device finds the device at an end of a wire, nil if there is none.
func (n *Net) Device(e End) *Device {
	if m := n.Machine(e.Machine); m != nil {
		return m.Device(e.Device)
	}
	return nil
}

// Equal says that nothing differs.
func (n *Net) Equal(o *Net) bool { return reflect.DeepEqual(n, o) }

// Owner is the machine that has an address, empty if none has it.
func (n *Net) Owner(a netip.Addr) string { return n.names[a] }

// Places are all machines and NETNS:DEV.
func (n *Net) Places() []string {
	var l []string
	for _, m := range n.Machines {
		l = append(l, m.Name)
		for _, d := range m.Devices {
			l = append(l, m.Name+":"+d.Name)
		}
	}
	return l
}
