package ipam

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// Use says what an address is for.
type Use string

// The uses of addresses.
const (
	Workload Use = "Workload"
	Tunnel   Use = "Tunnel"
)

// Pool is what IPAM needs to know of an IPPool.
type Pool struct {
	Name      string
	CIDR      netip.Prefix // masked, IPv4
	BlockSize int          // prefix length of a block, 20 to 32; 0 means 26
	Disabled  bool         // hands out nothing; what it gave stays
	Uses      []Use        // empty means Workload and Tunnel
	AllNodes  bool         // the node selector is all()
	Nodes     []string     // those that the node selector matches; valid iff not AllNodes
}

// DefaultBlockSize is the prefix length of IPv4 blocks.
const DefaultBlockSize = 26

func (p *Pool) selects(node string) bool { return p.AllNodes || slices.Contains(p.Nodes, node) }

func (p *Pool) uses(u Use) bool { return len(p.Uses) == 0 || slices.Contains(p.Uses, u) }

// block gives the block that holds an address of the pool.
func (p *Pool) block(a netip.Addr) netip.Prefix {
	return netip.PrefixFrom(a, p.BlockSize).Masked()
}

func (p *Pool) check() error {
	switch {
	case !p.CIDR.IsValid():
		return errors.New("IPPool CIDR must be a valid subnet")
	case !p.CIDR.Addr().Is4():
		return errors.New("not modelled: IPv6 pools")
	case p.CIDR != p.CIDR.Masked():
		return errors.New("IPPool CIDR is not strictly masked")
	case p.BlockSize < 20 || p.BlockSize > 32:
		return errors.New("IPv4 block size must be between 20 and 32")
	case !p.Disabled && p.CIDR.Bits() > p.BlockSize:
		return errors.New("IP pool size is too small for use with Calico IPAM. It must be equal to or greater than the block size.")
	}
	return nil
}

// SetPools replaces the pools. Addresses that were handed out stay, also those
// of a pool that is gone.
func (m *IPAM) SetPools(pools []Pool) error {
	pools = slices.Clone(pools)
	for i := range pools {
		p := &pools[i]
		p.BlockSize = cmp.Or(p.BlockSize, DefaultBlockSize)
		if err := p.check(); err != nil {
			return fmt.Errorf("pool %s: %w", p.Name, err)
		}
	}
	// The datastore lists by name; the order of creation does not matter.
	slices.SortFunc(pools, func(a, b Pool) int { return cmp.Compare(a.Name, b.Name) })
	for i := range pools[min(1, len(pools)):] {
		if pools[i].Name == pools[i+1].Name {
			return fmt.Errorf("two pools are named %s", pools[i].Name)
		}
	}
	m.pools = pools
	return nil
}

// poolOf finds the enabled pool that holds an address, or nil.
func (m *IPAM) poolOf(a netip.Addr) *Pool {
	for i := range m.pools {
		if p := &m.pools[i]; !p.Disabled && p.CIDR.Contains(a) {
			return p
		}
	}
	return nil
}

// qualified gives the pools that may serve a request, and those that select its
// node whatever their use. Pools that the request names skip the node selector.
func (m *IPAM) qualified(r Request) (usable, selecting []*Pool, err error) {
	var enabled []*Pool
	for i := range m.pools {
		if !m.pools[i].Disabled {
			enabled = append(enabled, &m.pools[i])
		}
	}
	if len(enabled) == 0 {
		return nil, nil, ErrNoQualifiedPool
	}
	for _, cidr := range r.Pools {
		i := slices.IndexFunc(enabled, func(p *Pool) bool { return p.CIDR == cidr.Masked() })
		if i < 0 {
			return nil, nil, fmt.Errorf("the given pool (%s) does not exist, or is not enabled", cidr.Masked())
		}
		selecting = append(selecting, enabled[i])
	}
	if len(r.Pools) == 0 {
		for _, p := range enabled {
			if p.selects(r.Node) {
				selecting = append(selecting, p)
			}
		}
	}
	if len(selecting) == 0 {
		return nil, nil, fmt.Errorf("no configured Calico pools for node %s", r.Node)
	}
	for _, p := range selecting {
		if p.uses(r.Use) {
			usable = append(usable, p)
		}
	}
	if len(usable) == 0 {
		return nil, nil, fmt.Errorf("%w, no pools match the required use (%s)", ErrNoQualifiedPool, r.Use)
	}
	return usable, selecting, nil
}
