package ipam

import (
	"encoding/binary"
	"hash/fnv"
	"math/big"
	"math/rand"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Block is a part of a pool, with what is allocated in it.
type Block struct {
	CIDR     netip.Prefix
	Affinity string   // the node that owns it
	handles  []string // by ordinal; "" is free
	nodes    []string // by ordinal: the node whose request took it
	free     []int    // ordinals, in the order in which they will be handed out
}

// Allocation is one address that is taken.
type Allocation struct {
	Addr   netip.Addr
	Handle string
	Node   string // where it is used; not Block.Affinity when it was borrowed
}

func newBlock(cidr netip.Prefix, node string) *Block {
	size := 1 << (32 - cidr.Bits())
	b := &Block{CIDR: cidr, Affinity: node, handles: make([]string, size), nodes: make([]string, size), free: make([]int, size)}
	for i := range b.free {
		b.free[i] = i
	}
	return b
}

// Size is the number of addresses. The first and the last are ordinary ones.
func (b *Block) Size() int { return len(b.handles) }

// Free is how many addresses are not taken.
func (b *Block) Free() int { return len(b.free) }

// Allocations lists what is taken, by address.
func (b *Block) Allocations() []Allocation {
	var out []Allocation
	for i, h := range b.handles {
		if h != "" {
			out = append(out, Allocation{b.addr(i), h, b.nodes[i]})
		}
	}
	return out
}

func (b *Block) addr(ordinal int) netip.Addr { return add(b.CIDR.Addr(), uint32(ordinal)) }

func (b *Block) ordinal(a netip.Addr) int { return int(toUint(a) - toUint(b.CIDR.Addr())) }

// take gives the i-th entry of the queue of free addresses away.
func (b *Block) take(i int, handle, node string) netip.Addr {
	o := b.free[i]
	b.free = slices.Delete(b.free, i, i+1)
	b.handles[o], b.nodes[o] = handle, node
	return b.addr(o)
}

// release puts an address at the end of the queue.
func (b *Block) release(ordinal int) {
	b.handles[ordinal], b.nodes[ordinal] = "", ""
	b.free = append(b.free, ordinal)
}

// affinityName is the name of the BlockAffinity resource. The datastore lists by it.
func affinityName(node string, cidr netip.Prefix) string {
	return node + "-" + strings.NewReplacer(".", "-", "/", "-").Replace(cidr.String())
}

// startIndex is where a node begins to look for a block: a number below n that
// follows from its name.
//
// Like libcalico-go/lib/ipam/ipam_block_reader_writer.go: FNV-1 (not 1a) of the
// name seeds Go's generator, whose sequence Go's compatibility promise freezes.
// The draw rejects numbers that are too large, so it is no modulo.
func startIndex(node string, n int64) int64 {
	h := fnv.New32()
	h.Write([]byte(node))
	src := rand.New(rand.NewSource(int64(h.Sum32())))
	return new(big.Int).Rand(src, big.NewInt(n)).Int64()
}

// walk visits the blocks of a pool from the node's start index upwards and round,
// until visit says stop.
func (p *Pool) walk(node string, visit func(netip.Prefix) (stop bool)) {
	n := int64(1) << (p.BlockSize - p.CIDR.Bits())
	start := startIndex(node, n)
	size := int64(1) << (32 - p.BlockSize)
	for i := int64(0); i < n; i++ {
		first := add(p.CIDR.Addr(), uint32((start+i)%n*size))
		if visit(netip.PrefixFrom(first, p.BlockSize)) {
			return
		}
	}
}

// Candidates lists the first blocks that a node would try in a pool, taken or not.
func Candidates(p Pool, node string, limit int) []netip.Prefix {
	var out []netip.Prefix
	if p.check() == nil && limit > 0 {
		p.walk(node, func(b netip.Prefix) bool {
			out = append(out, b)
			return len(out) == limit
		})
	}
	return out
}

func toUint(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func add(a netip.Addr, n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], toUint(a)+n)
	return netip.AddrFrom4(b)
}

// TunnelHandle is the handle of a node's tunl0 address.
func TunnelHandle(node string) string { return "ipip-tunnel-addr-" + node }

// VXLANHandle is the handle of a node's vxlan.calico address.
func VXLANHandle(node string) string { return "vxlan-tunnel-addr-" + node }

// PodHandle is the handle of a pod's address. A container's name is its ID on a
// real node.
func PodHandle(container string) string { return "k8s-pod-network." + container }

// String gives the owner and the fill: "172.16.158.0/24 host:k8s-w1 3/256".
func (b *Block) String() string {
	return b.CIDR.String() + " host:" + b.Affinity + " " + strconv.Itoa(b.Size()-b.Free()) + "/" + strconv.Itoa(b.Size())
}
