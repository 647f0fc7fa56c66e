package expand

import (
	"net/netip"
	"slices"
	"strconv"

	"hoplab/sim/ctl/bird"
	"hoplab/sim/ctl/felix"
	"hoplab/topology"
)

// tunnelDevice is the fallback IPIP device.
const tunnelDevice = "tunl0"

// node is a machine of role node.
type node struct {
	*topology.Machine              // as the user declared it
	address           netip.Prefix // node address and its subnet
	kernel            []bird.Hop   // routes without Calico's
	hostMTU           int          // bytes
	device            string       // that has the node address
	tunnel            netip.Addr   // of tunl0; zero when it has none
	vxlan             netip.Addr   // of vxlan.calico; likewise
	pods              []*pod
}

func (c *cluster) readNodes() {
	c.byName = make(map[string]*node)
	for _, m := range c.lab.Machines {
		if m.Role != topology.RoleNode {
			continue
		}
		n := &node{Machine: m, hostMTU: hostMTU(m)}
		c.nodes = append(c.nodes, n)
		c.byName[n.Name] = n
		n.kernel = c.hops(m)
		if n.address = nodeAddress(m, n.kernel); !n.address.IsValid() {
			c.errorf(m.Pos, "spec.machines."+m.Name, "node %s has no address; give its interface on a segment one", m.Name)
		}
		n.device = deviceOf(m, n.address.Addr())
		if i := m.Interface(tunnelDevice); i != nil && c.ipip {
			c.errorf(i.Pos, "spec.machines."+m.Name+".interfaces."+tunnelDevice,
				"Calico makes tunl0 on every node when a pool uses IPIP; leave it out and change it in setup")
		}
		if i := m.Interface(felix.VXLANDevice); i != nil && c.vxlan {
			c.errorf(i.Pos, "spec.machines."+m.Name+".interfaces."+felix.VXLANDevice,
				"Calico makes vxlan.calico on every node when a pool uses VXLAN; leave it out and change it in setup")
		}
	}
}

// nodeAddress is the first address of the interface with the default route, or
// else of the first interface on a segment.
//
// Calico's autodetection method first-found prefers the first interface; both
// agree wherever a node has one interface.
func nodeAddress(m *topology.Machine, kernel []bird.Hop) netip.Prefix {
	var uplink string
	metric := uint32(0)
	for _, h := range kernel {
		if h.To.Bits() == 0 && !h.Reject && h.Dev != "" && (uplink == "" || h.Metric < metric) {
			uplink, metric = h.Dev, h.Metric
		}
	}
	if i := m.Interface(uplink); i != nil {
		if p := firstAddress(i); p.IsValid() {
			return p
		}
	}
	for _, i := range m.Interfaces {
		if p := firstAddress(i); p.IsValid() && i.Kind == topology.NIC {
			return p
		}
	}
	return netip.Prefix{}
}

// deviceOf is the interface that has an address.
func deviceOf(m *topology.Machine, a netip.Addr) string {
	for _, i := range m.Interfaces {
		for _, x := range i.Addresses {
			if x.Prefix.Addr() == a {
				return i.Name
			}
		}
	}
	return ""
}

func firstAddress(i *topology.Interface) netip.Prefix {
	for _, a := range i.Addresses {
		if a.Prefix.Addr().Is4() && a.Scope != topology.ScopeHost {
			return a.Prefix
		}
	}
	return netip.Prefix{}
}

func hostMTU(m *topology.Machine) int {
	var devices []felix.Device
	for _, i := range m.Interfaces {
		if i.MTU > 0 {
			devices = append(devices, felix.Device{Name: i.Name, MTU: i.MTU, Up: i.Up})
		}
	}
	return felix.HostMTU(devices)
}

// ownAddresses are those of all interfaces but the pods'.
func (n *node) ownAddresses() []netip.Addr {
	var out []netip.Addr
	for _, i := range n.Interfaces {
		for _, a := range i.Addresses {
			if a.Prefix.Addr().Is4() {
				out = append(out, a.Prefix.Addr())
			}
		}
	}
	for _, a := range []netip.Addr{n.tunnel, n.vxlan} {
		if a.IsValid() {
			out = append(out, a)
		}
	}
	return out
}

func (n *node) podsByAddress() []*pod {
	pods := slices.Clone(n.pods)
	slices.SortFunc(pods, func(a, b *pod) int { return a.address.Compare(b.address) })
	return pods
}

// defaultRPFilter is what Felix gives to the pods' interfaces unless the node
// says otherwise: strict.
const defaultRPFilter = 1

func (n *node) rpFilter() int {
	for _, s := range n.Sysctls {
		if s.Path() == "net/ipv4/conf/default/rp_filter" {
			if v, err := strconv.Atoi(s.Value); err == nil {
				return v
			}
		}
	}
	return defaultRPFilter
}
