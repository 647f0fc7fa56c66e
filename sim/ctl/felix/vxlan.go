package felix

import (
	"cmp"
	"net/netip"
	"slices"
)

// VXLANDevice is the tunnel device of VXLAN pools.
const VXLANDevice = "vxlan.calico"

// What vxlan.calico is made with: VXLANVNI and VXLANPort.
const (
	VXLANVNI  = 4096
	VXLANPort = 4789
)

// VTEP is what the routes of a node need of a node.
type VTEP struct {
	Name      string
	Address   netip.Prefix   // node address and its subnet: 192.168.10.101/24
	Device    string         // that has it: ens5
	Tunnel    netip.Addr     // of vxlan.calico; the zero Addr when it has none
	Blocks    []netip.Prefix // affine to the node
	Addresses []netip.Addr   // of its pods and of vxlan.calico
}

// VXLANMode says when the routes of a pool use the tunnel.
type VXLANMode string

// The values of vxlanMode; empty means never.
const (
	VXLANAlways      VXLANMode = "Always"
	VXLANCrossSubnet VXLANMode = "CrossSubnet"
)

// Route is one route for the kernel.
type Route struct {
	To   netip.Prefix
	From string // the node whose block or address it is; "" for an own block
	Text string // as `ip route` shows it
}

// VXLANRoutes gives the routes that a node has for VXLAN pools, by prefix:
// Felix needs no BGP, it reads the blocks of all nodes from the datastore.
// Peers may contain the node itself.
//
// Like felix/dataplane/linux/vxlan_mgr.go: the gateway is the other node's
// vxlan.calico, whose MAC is a permanent neighbour; within a subnet a pool in
// mode CrossSubnet goes without the tunnel.
func VXLANRoutes(self VTEP, peers []VTEP, pools []Pool) []Route {
	var out []Route
	for _, b := range self.Blocks {
		if _, ok := vxlanPool(b, pools); ok && !b.IsSingleIP() {
			out = append(out, Route{To: b, Text: "blackhole " + b.String() + " proto 80"})
		}
	}
	for _, peer := range peers {
		if peer.Name == self.Name {
			continue
		}
		for _, to := range peer.networks() {
			pool, ok := vxlanPool(to, pools)
			text := to.String()
			if to.IsSingleIP() {
				text = to.Addr().String()
			}
			switch {
			case !ok:
				continue
			case pool.VXLAN == VXLANCrossSubnet && self.Address.Masked().Contains(peer.Address.Addr()):
				text += " via " + peer.Address.Addr().String() + " dev " + self.Device + " proto 80 onlink"
			case peer.Tunnel.IsValid():
				text += " via " + peer.Tunnel.String() + " dev " + VXLANDevice + " proto 80 onlink"
			default:
				continue
			}
			out = append(out, Route{To: to, From: peer.Name, Text: text})
		}
	}
	slices.SortFunc(out, func(a, b Route) int {
		return cmp.Or(a.To.Addr().Compare(b.To.Addr()), cmp.Compare(a.To.Bits(), b.To.Bits()), cmp.Compare(a.From, b.From))
	})
	return out
}

// networks are a node's blocks, and single addresses that it borrowed from the
// blocks of others.
func (v *VTEP) networks() []netip.Prefix {
	out := slices.DeleteFunc(slices.Clone(v.Blocks), netip.Prefix.IsSingleIP)
	blocks := len(out)
	for _, a := range v.Addresses {
		if !slices.ContainsFunc(out[:blocks], func(b netip.Prefix) bool { return b.Contains(a) }) {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}

// vxlanPool is the pool of a network, if it uses VXLAN.
func vxlanPool(p netip.Prefix, pools []Pool) (Pool, bool) {
	i := slices.IndexFunc(pools, func(pool Pool) bool { return pool.CIDR.Bits() <= p.Bits() && pool.CIDR.Contains(p.Addr()) })
	if i < 0 || pools[i].VXLAN == "" {
		return Pool{}, false
	}
	return pools[i], true
}
