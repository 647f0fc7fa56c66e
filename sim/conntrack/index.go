package conntrack

import "math/bits"

// Both indexes are chained hash tables whose links lie in the entries, as in
// the kernel, so that neither look-up nor insertion allocates. They start
// empty and double when there are more nodes than buckets; a machine that
// tracks nothing pays nothing.

// node is a tuple's place in the index of tuples: slot<<1 | Dir, 0 none.
type node = uint32

const minBuckets = 16

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	return hi ^ lo
}

func (t *Tuple) hash() uint64 {
	return mix(uint64(t.Src)<<32|uint64(t.Dst), uint64(t.SrcPort)<<32|uint64(t.DstPort)<<8|uint64(t.Proto))
}

// sourceHash covers what same_src in nf_nat_core.c compares.
func (t *Tuple) sourceHash() uint64 {
	return mix(uint64(t.Src), uint64(t.SrcPort)<<8|uint64(t.Proto))
}

// lookup finds the node with exactly this tuple, whether it expired or not.
func (t *Table) lookup(tp *Tuple) (slot uint32, d Dir, c *Conn) {
	if len(t.buckets) == 0 {
		return 0, Original, nil
	}
	for n := t.buckets[tp.hash()&uint64(len(t.buckets)-1)]; n != 0; {
		d = Dir(n & 1)
		c = t.at(n >> 1)
		if *c.tuple(d) == *tp {
			return n >> 1, d, c
		}
		n = c.next[d]
	}
	return 0, Original, nil
}

// link puts both tuples of an entry into the index. The reply goes in front:
// it is the one found where both are equal, as in __nf_conntrack_hash_insert.
func (t *Table) link(slot uint32, c *Conn) {
	t.nodes += 2
	if t.nodes > len(t.buckets) {
		t.buckets = make([]node, max(minBuckets, 2*len(t.buckets)))
		for h := t.first; h != 0; {
			e := t.at(h)
			t.linkTuple(h, e, Original)
			t.linkTuple(h, e, Reply)
			h = e.succ
		}
	}
	t.linkTuple(slot, c, Original)
	t.linkTuple(slot, c, Reply)
}

func (t *Table) linkTuple(slot uint32, c *Conn, d Dir) {
	b := &t.buckets[c.tuple(d).hash()&uint64(len(t.buckets)-1)]
	c.next[d] = *b
	*b = slot<<1 | node(d)
}

func (t *Table) unlink(slot uint32, c *Conn) {
	t.nodes -= 2
	for _, d := range [...]Dir{Original, Reply} {
		at := &t.buckets[c.tuple(d).hash()&uint64(len(t.buckets)-1)]
		for want := slot<<1 | node(d); *at != want; {
			at = &t.at(*at >> 1).next[*at&1]
		}
		*at = c.next[d]
		c.next[d] = 0
	}
}

// linkSource puts an entry in front of those with the same original source:
// the kernel's nf_nat_bysource.
func (t *Table) linkSource(slot uint32, c *Conn) {
	t.sourceNodes++
	if t.sourceNodes > len(t.sources) {
		old := t.sources
		t.sources = make([]uint32, max(minBuckets, 2*len(old)))
		for _, h := range old {
			// Moving a chain head first would turn it round, and its order says
			// which mapping is reused: the youngest.
			var back uint32
			for h != 0 {
				e := t.at(h)
				h, e.srcNext, back = e.srcNext, back, h
			}
			for back != 0 {
				e := t.at(back)
				h := back
				back = e.srcNext
				t.pushSource(h, e)
			}
		}
	}
	t.pushSource(slot, c)
}

func (t *Table) pushSource(slot uint32, c *Conn) {
	b := &t.sources[c.Orig.sourceHash()&uint64(len(t.sources)-1)]
	c.srcNext = *b
	*b = slot
}

func (t *Table) unlinkSource(slot uint32, c *Conn) {
	t.sourceNodes--
	at := &t.sources[c.Orig.sourceHash()&uint64(len(t.sources)-1)]
	for *at != slot {
		at = &t.at(*at).srcNext
	}
	*at = c.srcNext
	c.srcNext = 0
}
