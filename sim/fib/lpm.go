package fib

import (
	"math/bits"
	"slices"
)

// fewLeaves is the size up to which an lpm is a sorted slice: pods have five
// prefixes, and a scan of so few is faster than any index (BenchmarkLookup).
const fewLeaves = 8

// leaf is one prefix and its routes, in the order in which they are tried.
type leaf struct {
	key  uint32 // prefix address
	bits uint8  // prefix length
	head *Route
}

// lpm finds routes by longest prefix. Few prefixes are a slice, longest
// first; many are a hash table that is asked once for every prefix length in
// use, longest first. Both fall back to shorter prefixes when no route of the
// longest suits, as the kernel's trie does by backtracking.
//
// A trie is no better here: the tables of a node use four to six prefix
// lengths, so that BenchmarkBart takes 20 ns where this takes 6 to 9, and 10
// against 17 for the default route; and it cannot go on from a prefix none of
// whose routes suits.
type lpm struct {
	few   []leaf  // all leaves while slots is nil
	slots []leaf  // open addressing, a power of two long; head nil: free
	lens  uint64  // bit n: there are prefixes of length n; valid with slots
	count []int32 // prefixes by length; valid with slots
	n     int     // leaves
}

// mask is the network mask of a prefix length.
func mask(n uint8) uint32 { return uint32(^uint64(0) << ((32 - n) & 63)) } // with 64 bits no length is a special case

// hash spreads prefixes over slots (Fibonacci hashing).
func hash(key uint32, n uint8) uint32 {
	h := (uint64(key)<<6 | uint64(n)) * 0x9e3779b97f4a7c15
	return uint32(h >> 32)
}

// lookup finds the first route that suits k, nil if there is none. Like
// fib_table_lookup in net/ipv4/fib_trie.c.
func (l *lpm) lookup(k *Key) *Route {
	if l.slots == nil {
		for i := range l.few {
			f := &l.few[i]
			if (k.Dst^f.key)&mask(f.bits) != 0 {
				continue
			}
			for r := f.head; r != nil; r = r.next {
				if way := r.suits(k); way != nil {
					return way
				}
			}
		}
		return nil
	}
	m := uint32(len(l.slots) - 1)
	for lens := l.lens; lens != 0; {
		n := uint8(bits.Len64(lens) - 1)
		lens &^= 1 << n
		key := k.Dst & mask(n)
		for i := hash(key, n) & m; ; i = (i + 1) & m {
			s := &l.slots[i]
			if s.head == nil {
				break
			}
			if s.key != key || s.bits != n {
				continue
			}
			for r := s.head; r != nil; r = r.next {
				if way := r.suits(k); way != nil {
					return way
				}
			}
			break
		}
	}
	return nil
}

// suits is where a lookup for k ends at r, whose prefix matches: r, the first of
// its hops that will do, or nil. The order of the tests is the kernel's: a route
// that refuses does so whatever the device asked for.
func (r *Route) suits(k *Key) *Route {
	if r.TOS != 0 && r.TOS != k.TOS || r.Scope < k.Scope {
		return nil
	}
	if r.Type.refuses() || r.reject {
		return r
	}
	if r.Hops != nil {
		for _, h := range r.Hops {
			if h.usable(k) {
				return h
			}
		}
		return nil
	}
	if !r.usable(k) {
		return nil
	}
	return r
}

// usable is fib_lookup_good_nhc.
func (r *Route) usable(k *Key) bool {
	return (!r.off || k.AnyLink && !r.Dead) && (k.OIF == 0 || k.OIF == r.Dev || k.SkipOIF)
}

// routes are those of one prefix in order.
func (l *lpm) routes(key uint32, n uint8) []*Route {
	var list []*Route
	if f := l.find(key, n); f != nil {
		for r := f.head; r != nil; r = r.next {
			list = append(list, r)
		}
	}
	return list
}

func (l *lpm) find(key uint32, n uint8) *leaf {
	if l.slots == nil {
		for i := range l.few {
			if l.few[i].key == key && l.few[i].bits == n {
				return &l.few[i]
			}
		}
		return nil
	}
	m := uint32(len(l.slots) - 1)
	for i := hash(key, n) & m; l.slots[i].head != nil; i = (i + 1) & m {
		if l.slots[i].key == key && l.slots[i].bits == n {
			return &l.slots[i]
		}
	}
	return nil
}

// set replaces the routes of one prefix.
func (l *lpm) set(key uint32, n uint8, list []*Route) {
	for i, r := range list {
		r.next = nil
		if i > 0 {
			list[i-1].next = r
		}
	}
	f := l.find(key, n)
	switch {
	case len(list) == 0 && f != nil:
		l.remove(f)
	case len(list) > 0 && f != nil:
		f.head = list[0]
	case len(list) > 0:
		l.insert(leaf{key, n, list[0]})
	}
}

func (l *lpm) insert(f leaf) {
	l.n++
	if l.slots == nil && l.n <= fewLeaves {
		at, _ := slices.BinarySearchFunc(l.few, f, func(a, b leaf) int { return int(b.bits) - int(a.bits) })
		l.few = slices.Insert(l.few, at, f)
		return
	}
	if l.slots == nil || 2*l.n > len(l.slots) {
		l.grow()
	}
	l.place(f)
}

// grow doubles the slots, or makes the first.
func (l *lpm) grow() {
	old := l.slots
	if old == nil {
		old, l.few = l.few, nil
	}
	l.slots = make([]leaf, max(4*fewLeaves, 2*len(l.slots)))
	l.lens, l.count = 0, make([]int32, 33)
	for _, f := range old {
		if f.head != nil {
			l.place(f)
		}
	}
}

func (l *lpm) place(f leaf) {
	m := uint32(len(l.slots) - 1)
	i := hash(f.key, f.bits) & m
	for l.slots[i].head != nil {
		i = (i + 1) & m
	}
	l.slots[i] = f
	l.count[f.bits]++
	l.lens |= 1 << f.bits
}

// remove takes a leaf out and closes the gap.
func (l *lpm) remove(f *leaf) {
	l.n--
	if l.slots == nil {
		l.few = slices.DeleteFunc(l.few, func(g leaf) bool { return g.key == f.key && g.bits == f.bits })
		return
	}
	if l.count[f.bits]--; l.count[f.bits] == 0 {
		l.lens &^= 1 << f.bits
	}
	m := uint32(len(l.slots) - 1)
	gap := hash(f.key, f.bits) & m
	for l.slots[gap] != *f {
		gap = (gap + 1) & m
	}
	for i := (gap + 1) & m; l.slots[i].head != nil; i = (i + 1) & m {
		// A leaf may fill the gap if the gap lies between its home and itself.
		home := hash(l.slots[i].key, l.slots[i].bits) & m
		if (i-home)&m >= (i-gap)&m {
			l.slots[gap] = l.slots[i]
			gap = i
		}
	}
	l.slots[gap] = leaf{}
}

// leaves are all prefixes in the kernel's dump order: ascending address, of
// equal addresses the longest first.
func (l *lpm) leaves() []leaf {
	list := make([]leaf, 0, l.n)
	list = append(list, l.few...)
	for _, f := range l.slots {
		if f.head != nil {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b leaf) int {
		if a.key != b.key {
			if a.key < b.key {
				return -1
			}
			return 1
		}
		return int(b.bits) - int(a.bits)
	})
	return list
}
