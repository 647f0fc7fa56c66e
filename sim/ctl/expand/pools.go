package expand

import (
	"cmp"
	"slices"

	"hoplab/sim/ctl/bird"
	"hoplab/sim/ctl/felix"
	"hoplab/sim/ctl/ipam"
	"hoplab/sim/ctl/selector"
	"hoplab/topology"
)

// readPools keeps the IPv4 pools. The datastore lists them by name, so their
// order in the file does not matter.
func (c *cluster) readPools() {
	for _, p := range c.bundle.Pools {
		if !p.CIDR.Addr().Is4() {
			continue // noted when it was read
		}
		c.ipip = c.ipip || usesIPIP(p)
		c.vxlan = c.vxlan || usesVXLAN(p)
		c.pools = append(c.pools, p)
	}
	slices.SortFunc(c.pools, func(a, b *topology.IPPool) int { return cmp.Compare(a.Name, b.Name) })
}

func usesIPIP(p *topology.IPPool) bool {
	return p.IPIPMode == topology.EncapAlways || p.IPIPMode == topology.EncapCrossSubnet
}

func usesVXLAN(p *topology.IPPool) bool {
	return p.VXLANMode == topology.EncapAlways || p.VXLANMode == topology.EncapCrossSubnet
}

// ipamPools is how IPAM sees the pools.
func (c *cluster) ipamPools() []ipam.Pool {
	var out []ipam.Pool
	for _, p := range c.pools {
		pool := ipam.Pool{Name: p.Name, CIDR: p.CIDR, BlockSize: p.BlockSize, Disabled: p.Disabled}
		for _, u := range p.AllowedUses {
			pool.Uses = append(pool.Uses, ipam.Use(u))
		}
		s, err := selector.Parse(p.NodeSelector)
		if err != nil {
			c.errorf(p.Pos, "spec.nodeSelector", "%v", err)
			continue
		}
		for _, n := range c.nodes {
			if s.Matches(c.labels(n.Name)) {
				pool.Nodes = append(pool.Nodes, n.Name)
			}
		}
		out = append(out, pool)
	}
	return out
}

// labels are those of the node's v1 Node object, and the two that every node has.
func (c *cluster) labels(node string) selector.Labels {
	return func(key string) (string, bool) {
		for _, n := range c.bundle.Nodes {
			if n.Name == node {
				if v, ok := n.Labels.Get(key); ok {
					return v, true
				}
			}
		}
		switch key {
		case "kubernetes.io/hostname":
			return node, true
		case "kubernetes.io/os":
			return "linux", true
		}
		return "", false
	}
}

func (c *cluster) felixPools() []felix.Pool {
	var out []felix.Pool
	for _, p := range c.pools {
		pool := felix.Pool{CIDR: p.CIDR, NATOutgoing: p.NATOutgoing}
		if usesVXLAN(p) {
			pool.VXLAN = felix.VXLANMode(p.VXLANMode)
		}
		out = append(out, pool)
	}
	return out
}

func (c *cluster) birdPools() []bird.Pool {
	var out []bird.Pool
	for _, p := range c.pools {
		out = append(out, bird.Pool{CIDR: p.CIDR, IPIP: bird.Mode(p.IPIPMode), VXLAN: usesVXLAN(p), DisableExport: p.DisableBGPExport})
	}
	return out
}
