package ipam

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// The errors that callers may want to tell apart. All texts of this package are
// Calico's, capitals and full stops included: students look them up.
var (
	ErrBlockLimit      = errors.New("cannot allocate new block due to per host block limit")
	ErrNoQualifiedPool = errors.New("cannot find a qualified ippool")
	ErrNotInPool       = errors.New("The provided IP address is not in a configured pool")
	ErrAssigned        = errors.New("Address already assigned in block")
)

// defaultBlocksPerHost guards against a node that eats the pool.
const defaultBlocksPerHost = 20

// Config is the IPAMConfig resource. The zero value is Calico's default.
type Config struct {
	StrictAffinity   bool // never borrow from another node's block
	NoAutoBlocks     bool // autoAllocateBlocks: false
	MaxBlocksPerHost int  // 0 means 20
	Reserved         []netip.Prefix
}

// IPAM is the state of all pools.
type IPAM struct {
	cfg    Config
	pools  []Pool // by name
	blocks []*Block
	index  map[netip.Prefix]*Block
}

// New makes an IPAM in which nothing is allocated.
func New(cfg Config, pools []Pool) (*IPAM, error) {
	m := &IPAM{cfg: cfg, index: map[netip.Prefix]*Block{}}
	if err := m.SetPools(pools); err != nil {
		return nil, err
	}
	return m, nil
}

// Request asks for one address.
type Request struct {
	Node   string
	Handle string         // a name under which to release it; not empty
	Use    Use            // empty means Workload
	Pools  []netip.Prefix // only from these; empty means those that select the node
}

// Assign hands out the next address for a node.
//
// Like libcalico-go/lib/ipam/ipam.go, autoAssign: own blocks first, then a new
// block, then another node's.
func (m *IPAM) Assign(r Request) (netip.Addr, error) {
	if r.Use == "" {
		r.Use = Workload
	}
	pools, selecting, err := m.qualified(r)
	if err != nil {
		return netip.Addr{}, err
	}
	own := m.Affine(r.Node)
	usable := own[:0:0]
	for _, b := range own {
		switch {
		case within(pools, b.CIDR):
			usable = append(usable, b)
		case !within(selecting, b.CIDR):
			m.dropIfEmpty(b, r.Node)
		}
	}
	for _, b := range usable {
		if i := m.firstFree(b); i >= 0 {
			return b.take(i, r.Handle, r.Node), nil
		}
	}
	if len(usable) >= m.maxBlocks() {
		return netip.Addr{}, ErrBlockLimit
	}
	if m.cfg.NoAutoBlocks {
		return netip.Addr{}, errors.New("failed to find or claim a block")
	}
	if cidr, ok := m.unclaimed(pools, r.Node); ok {
		b := m.claim(cidr, r.Node)
		if i := m.firstFree(b); i >= 0 {
			return b.take(i, r.Handle, r.Node), nil
		}
		return netip.Addr{}, fmt.Errorf("Block '%s' has 0 free ips which is less than 1 ips required.", cidr)
	}
	if m.cfg.StrictAffinity {
		return netip.Addr{}, unfulfilled("No more free affine blocks and strict affinity enabled")
	}
	return m.borrow(pools, r)
}

// unfulfilled is the error of the CNI plugin for a request that got nothing.
func unfulfilled(why string) error {
	return errors.New("failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; " + why)
}

// unclaimed finds the first block in walk order that nobody owns.
func (m *IPAM) unclaimed(pools []*Pool, node string) (found netip.Prefix, ok bool) {
	for _, p := range pools {
		p.walk(node, func(cidr netip.Prefix) bool {
			if m.index[cidr] == nil && !m.reservedWhole(cidr) {
				found, ok = cidr, true
			}
			return ok
		})
		if ok {
			break
		}
	}
	return found, ok
}

// borrow takes an address from the first block in walk order that has one. The
// block stays its owner's, so packets to the address travel by a /32 route of
// their own.
func (m *IPAM) borrow(pools []*Pool, r Request) (addr netip.Addr, err error) {
	var exhausted []string
	for _, p := range pools {
		p.walk(r.Node, func(cidr netip.Prefix) bool {
			if b := m.index[cidr]; b != nil {
				if i := m.firstFree(b); i >= 0 {
					addr = b.take(i, r.Handle, r.Node)
				}
			}
			return addr.IsValid()
		})
		if addr.IsValid() {
			return addr, nil
		}
		exhausted = append(exhausted, p.CIDR.String())
	}
	return netip.Addr{}, unfulfilled("No IPs available in pools: [" + strings.Join(exhausted, " ") + "]")
}

// AssignIP hands out a particular address, and its block if nobody owns it.
func (m *IPAM) AssignIP(addr netip.Addr, node, handle string) error {
	p := m.poolOf(addr)
	if p == nil {
		return ErrNotInPool
	}
	b := m.index[p.block(addr)]
	if b == nil {
		b = m.claim(p.block(addr), node)
	}
	if m.cfg.StrictAffinity && b.Affinity != node {
		return errors.New("Block host affinity does not match")
	}
	i := slices.Index(b.free, b.ordinal(addr))
	if i < 0 {
		return ErrAssigned
	}
	b.take(i, handle, node)
	return nil
}

// Release gives back all addresses of a handle, in ascending order within a
// block, and returns them.
func (m *IPAM) Release(handle string) []netip.Addr {
	var out []netip.Addr
	for _, b := range m.blocks {
		for o, h := range b.handles {
			if h == handle && h != "" {
				b.release(o)
				out = append(out, b.addr(o))
			}
		}
	}
	return out
}

// Blocks lists all blocks by address.
func (m *IPAM) Blocks() []*Block {
	out := slices.Clone(m.blocks)
	slices.SortFunc(out, func(a, b *Block) int { return a.CIDR.Addr().Compare(b.CIDR.Addr()) })
	return out
}

// Affine lists the blocks of a node as the datastore does: as strings, so that
// .34 comes after .184.
func (m *IPAM) Affine(node string) []*Block {
	var out []*Block
	for _, b := range m.blocks {
		if b.Affinity == node {
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b *Block) int {
		return strings.Compare(affinityName(node, a.CIDR), affinityName(node, b.CIDR))
	})
	return out
}

// Find gives the block and the allocation of an address that is taken.
func (m *IPAM) Find(addr netip.Addr) (*Block, Allocation, bool) {
	for _, b := range m.blocks {
		if !b.CIDR.Contains(addr) {
			continue
		}
		if o := b.ordinal(addr); b.handles[o] != "" {
			return b, Allocation{addr, b.handles[o], b.nodes[o]}, true
		}
	}
	return nil, Allocation{}, false
}

func (m *IPAM) maxBlocks() int {
	if m.cfg.MaxBlocksPerHost > 0 {
		return m.cfg.MaxBlocksPerHost
	}
	return defaultBlocksPerHost
}

func (m *IPAM) claim(cidr netip.Prefix, node string) *Block {
	b := newBlock(cidr, node)
	m.blocks = append(m.blocks, b)
	m.index[cidr] = b
	return b
}

// dropIfEmpty gives up a node's block whose pool no longer selects the node.
func (m *IPAM) dropIfEmpty(b *Block, node string) {
	p := m.poolOf(b.CIDR.Addr())
	if p == nil || p.selects(node) || b.Free() < b.Size() {
		return
	}
	delete(m.index, b.CIDR)
	m.blocks = slices.DeleteFunc(m.blocks, func(o *Block) bool { return o == b })
}

// firstFree is the index in b.free of the next address to hand out, or -1.
func (m *IPAM) firstFree(b *Block) int {
	return slices.IndexFunc(b.free, func(o int) bool {
		a := b.addr(o)
		return !slices.ContainsFunc(m.cfg.Reserved, func(r netip.Prefix) bool { return r.Contains(a) })
	})
}

func (m *IPAM) reservedWhole(cidr netip.Prefix) bool {
	return slices.ContainsFunc(m.cfg.Reserved, func(r netip.Prefix) bool {
		return r.Bits() <= cidr.Bits() && r.Contains(cidr.Addr())
	})
}

func within(pools []*Pool, cidr netip.Prefix) bool {
	return slices.ContainsFunc(pools, func(p *Pool) bool { return p.CIDR.Contains(cidr.Addr()) })
}
