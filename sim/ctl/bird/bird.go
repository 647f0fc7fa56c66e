// Package bird computes the routes that BIRD puts into a node's kernel table:
// a blackhole for each own block, and what the full mesh of nodes teaches.
// State in, routes out; there are no sessions, timers or messages here.
//
// Two nodes have a session when each has a route to the other's node address.
// Left out are route reflectors, BGPPeers, service routes and everything that
// happens over time. Routes of VXLAN pools are Felix's.
//
// Like Calico v3.28's confd templates bird.cfg and bird_ipam.cfg, and
// projectcalico/bird: sysdep/linux/netlink.c for the tunnel routes.
package bird

import (
	"cmp"
	"net/netip"
	"slices"
)

// Node is one node as its BIRD sees it. The order inside the slices does not matter.
type Node struct {
	Name      string
	Address   netip.Prefix   // BGP address and its subnet: 192.168.10.101/24
	Blocks    []netip.Prefix // affine to the node
	Addresses []netip.Addr   // of its pods and of tunl0
	Kernel    []Hop          // the main table without Calico's routes, connected networks included
}

// Hop is one route of the kernel, as far as the lookup of next hops needs it.
type Hop struct {
	To     netip.Prefix
	Via    netip.Addr // zero: connected
	Dev    string     // may be empty when Via is set
	Metric uint32
	Reject bool // blackhole, unreachable, prohibit, throw
}

// Mode says when the routes of a pool use the tunnel.
type Mode string

// The values of ipipMode.
const (
	Always      Mode = "Always"
	CrossSubnet Mode = "CrossSubnet"
	Never       Mode = "Never"
)

// Pool is what BIRD's filters need of an IPPool.
type Pool struct {
	CIDR          netip.Prefix
	IPIP          Mode // empty means Never
	VXLAN         bool // vxlanMode Always or CrossSubnet: not for the kernel
	DisableExport bool // disableBGPExport
}

// Route is one route for the kernel.
type Route struct {
	To        netip.Prefix
	From      string // the node that taught it; "" for an own block
	Via       netip.Addr
	Dev       string
	Blackhole bool
	Onlink    bool // next hop not looked up: the tunnel finds its own way
}

// String is the route as `ip route` shows it: "172.16.184.0/24 via
// 192.168.10.102 dev tunl0 proto bird onlink".
func (r Route) String() string {
	to := r.To.String()
	if r.To.IsSingleIP() {
		to = r.To.Addr().String()
	}
	if r.Blackhole {
		return "blackhole " + to + " proto bird"
	}
	text := to + " via " + r.Via.String() + " dev " + r.Dev + " proto bird"
	if r.Onlink {
		text += " onlink"
	}
	return text
}

// Routes gives the routes of one node, by prefix. Peers may contain the node itself.
func Routes(self Node, peers []Node, pools []Pool) []Route {
	var out []Route
	for _, b := range self.Blocks {
		if !b.IsSingleIP() && !felixs(b, pools) { // the pod's own /32 would collide
			out = append(out, Route{To: b, Blackhole: true})
		}
	}
	for _, peer := range peers {
		if peer.Name == self.Name {
			continue
		}
		gw, dev, ok := self.resolve(peer.Address.Addr())
		if _, _, back := peer.resolve(self.Address.Addr()); !ok || !back {
			continue
		}
		for _, to := range advertised(peer, pools) {
			if felixs(to, pools) {
				continue
			}
			r := Route{To: to, From: peer.Name, Via: gw, Dev: dev}
			if tunnelled(self, peer, to, pools) {
				// Not the looked-up gateway but the BGP next hop, the peer itself.
				r.Via, r.Dev, r.Onlink = peer.Address.Addr(), "tunl0", true
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Route) int {
		return cmp.Or(a.To.Addr().Compare(b.To.Addr()), cmp.Compare(a.To.Bits(), b.To.Bits()), cmp.Compare(a.From, b.From))
	})
	return out
}

// advertised is what a node's export filter lets through: its blocks as a whole,
// and single addresses that it borrowed from the blocks of others.
func advertised(n Node, pools []Pool) []netip.Prefix {
	var out []netip.Prefix
	export := func(p netip.Prefix) {
		if i := poolOf(p, pools); i >= 0 && !pools[i].DisableExport {
			out = append(out, p)
		}
	}
	for _, b := range n.Blocks {
		if !b.IsSingleIP() {
			export(b)
		}
	}
	for _, a := range n.Addresses {
		inside := slices.ContainsFunc(n.Blocks, func(b netip.Prefix) bool { return !b.IsSingleIP() && b.Contains(a) })
		if !inside {
			export(netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}

// felixs says that the kernel export filter calico_kernel_programming rejects
// what is in a VXLAN pool: Felix makes those routes.
func felixs(to netip.Prefix, pools []Pool) bool {
	i := poolOf(to, pools)
	return i >= 0 && pools[i].VXLAN
}

// tunnelled is the kernel export filter calico_kernel_programming.
func tunnelled(self, peer Node, to netip.Prefix, pools []Pool) bool {
	i := poolOf(to, pools)
	if i < 0 {
		return false
	}
	switch pools[i].IPIP {
	case Always:
		return true
	case CrossSubnet:
		return !self.Address.Masked().Contains(peer.Address.Addr())
	}
	return false
}

func poolOf(p netip.Prefix, pools []Pool) int {
	return slices.IndexFunc(pools, func(pool Pool) bool {
		return pool.CIDR.Bits() <= p.Bits() && pool.CIDR.Contains(p.Addr())
	})
}

// resolve looks a next hop up: the gateway and device towards it. A connected
// address is its own gateway.
func (n *Node) resolve(a netip.Addr) (gw netip.Addr, dev string, ok bool) {
	h := n.lookup(a, false)
	if h == nil || h.Reject {
		return netip.Addr{}, "", false
	}
	if !h.Via.IsValid() {
		return a, h.Dev, true
	}
	if h.Dev != "" {
		return h.Via, h.Dev, true
	}
	if c := n.lookup(h.Via, true); c != nil {
		return h.Via, c.Dev, true
	}
	return netip.Addr{}, "", false
}

// lookup finds the longest prefix, then the lowest metric, then the first.
func (n *Node) lookup(a netip.Addr, connected bool) *Hop {
	var best *Hop
	for i := range n.Kernel {
		h := &n.Kernel[i]
		if !h.To.Contains(a) || connected && (h.Via.IsValid() || h.Reject) {
			continue
		}
		if best == nil || h.To.Bits() > best.To.Bits() || h.To.Bits() == best.To.Bits() && h.Metric < best.Metric {
			best = h
		}
	}
	return best
}
