package expand

import (
	"net/netip"

	"hoplab/sim/ctl/felix"
	"hoplab/sim/ctl/names"
	"hoplab/topology"
)

// vxlanDevice is a node's vxlan.calico: which machine has which MAC address is
// no matter of learning, Felix knows it.
func (c *cluster) vxlanDevice(n *node) *topology.Interface {
	i := &topology.Interface{Pos: n.Pos, Name: felix.VXLANDevice, Kind: topology.VXLAN, MAC: names.VTEPMAC(n.Name), MTU: felix.VXLANMTU(n.hostMTU), Up: true,
		Addresses: []topology.Address{address(n.Pos, netip.PrefixFrom(n.vxlan, 32))},
		Tunnel:    &topology.Tunnel{ID: felix.VXLANVNI, Local: n.address.Addr(), Dev: n.device, Port: felix.VXLANPort}}
	for _, other := range c.nodes {
		if other != n && other.vxlan.IsValid() {
			mac := topology.MAC(names.VTEPMAC(other.Name))
			i.Tunnel.FDB = append(i.Tunnel.FDB, line(n.Pos, byFelix, mac.String()+" dst "+other.address.Addr().String()))
		}
	}
	return i
}

// vxlanNeighbours are the entries that spare vxlan.calico ARP.
func (c *cluster) vxlanNeighbours(n *node) []topology.Line {
	var out []topology.Line
	for _, other := range c.nodes {
		if other != n && other.vxlan.IsValid() {
			mac := topology.MAC(names.VTEPMAC(other.Name))
			out = append(out, line(n.Pos, byFelix, other.vxlan.String()+" lladdr "+mac.String()+" dev "+felix.VXLANDevice+" nud permanent"))
		}
	}
	return out
}
