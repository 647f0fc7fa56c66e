package filter

import "encoding/binary"

// op is what a node of the tree tests or computes.
type op uint8

const (
	opFalse op = iota
	opTrue
	opNot     // left
	opAnd     // left and right
	opOr      // left or right
	opField   // the field at base+offset of size bytes, masked, is value
	opRange   // the same, between mask and value
	opMAC     // six bytes at base+offset are bytes
	opAddr6   // 16 bytes at base+offset, masked by the first value bits, are bytes
	opCompare // left relation right

	opNumber // value
	opLength // of the packet on the wire
	opLoad   // the field at base + left of size bytes
	opNegate // left
	opAdd    // the arithmetic ones compute left OP right
	opSub
	opMul
	opDiv
	opMod
	opBitAnd
	opBitOr
	opBitXor
	opShiftLeft
	opShiftRight
)

// base is where offsets count from.
type base uint8

const (
	fromFrame     base = iota // the first byte
	fromNetwork               // the first byte behind the link header
	fromTransport             // the first byte behind the IPv4 header
	fromIPv6Data              // the first byte behind the fixed IPv6 header
)

// relation is how opCompare compares, unsigned.
type relation uint8

const (
	equal relation = iota
	notEqual
	less
	lessEqual
	greater
	greaterEqual
)

// node is one step of a filter. Its children stand before it in the list.
type node struct {
	op          op
	base        base
	size        uint8 // bytes: 1, 2 or 4
	relation    relation
	left, right int32
	offset      uint32
	mask, value uint32
	bytes       [16]byte
}

// frame is what a filter is run over.
type frame struct {
	data    []byte
	network uint32 // offset of the network header
	length  uint32 // on the wire
	outside bool   // a read went behind the captured bytes: no match
}

// Match tells whether a wholly captured frame matches.
func (f *Filter) Match(data []byte) bool { return f.MatchLength(data, len(data)) }

// MatchLength tells whether a frame of length bytes on the wire matches, of
// which data was captured.
func (f *Filter) MatchLength(data []byte, length int) bool {
	p := frame{data: data, network: f.network, length: uint32(length)}
	return f.test(f.root, &p) && !p.outside
}

// test decides a node that is true or false. Once a read went outside, its
// answer does not count any more.
func (f *Filter) test(i int32, p *frame) bool {
	n := &f.nodes[i]
	switch n.op {
	case opTrue:
		return true
	case opNot:
		return !f.test(n.left, p) && !p.outside
	case opAnd:
		return f.test(n.left, p) && !p.outside && f.test(n.right, p)
	case opOr:
		return f.test(n.left, p) || !p.outside && f.test(n.right, p)
	case opField:
		return p.field(n.base, n.offset, n.size)&n.mask == n.value && !p.outside
	case opRange:
		v := p.field(n.base, n.offset, n.size)
		return n.mask <= v && v <= n.value && !p.outside
	case opMAC:
		b := p.bytes(p.start(n.base)+n.offset, 6)
		return b != nil && [6]byte(b) == [6]byte(n.bytes[:6])
	case opAddr6:
		b := p.bytes(p.start(n.base)+n.offset, 16)
		return b != nil && samePrefix([16]byte(b), n.bytes, n.value)
	case opCompare:
		left := f.compute(n.left, p)
		right := f.compute(n.right, p)
		return !p.outside && compare(left, n.relation, right)
	}
	return false
}

func compare(left uint32, r relation, right uint32) bool {
	switch r {
	case equal:
		return left == right
	case notEqual:
		return left != right
	case less:
		return left < right
	case lessEqual:
		return left <= right
	case greater:
		return left > right
	}
	return left >= right
}

func samePrefix(a, b [16]byte, bits uint32) bool {
	for i := range a {
		switch {
		case bits >= 8:
			bits -= 8
			if a[i] != b[i] {
				return false
			}
		default:
			return (a[i]^b[i])>>(8-bits) == 0
		}
	}
	return true
}

// compute gives the value of an arithmetic node. Everything is modulo 2^32, as
// in the BPF machine.
func (f *Filter) compute(i int32, p *frame) uint32 {
	n := &f.nodes[i]
	switch n.op {
	case opNumber:
		return n.value
	case opLength:
		return p.length
	case opLoad:
		return p.field(n.base, f.compute(n.left, p), n.size)
	case opNegate:
		return -f.compute(n.left, p)
	}
	left, right := f.compute(n.left, p), f.compute(n.right, p)
	if right == 0 && (n.op == opDiv || n.op == opMod) {
		p.outside = true // BPF ends the program
		return 0
	}
	return arithmetic(n.op, left, right)
}

// arithmetic computes left OP right; right is not 0 for a division.
func arithmetic(o op, left, right uint32) uint32 {
	switch o {
	case opAdd:
		return left + right
	case opSub:
		return left - right
	case opMul:
		return left * right
	case opDiv:
		return left / right
	case opMod:
		return left % right
	case opBitAnd:
		return left & right
	case opBitOr:
		return left | right
	case opBitXor:
		return left ^ right
	case opShiftLeft:
		return left << right
	}
	return left >> right
}

// start is the offset in the frame that a base stands for.
func (p *frame) start(b base) uint32 {
	switch b {
	case fromNetwork:
		return p.network
	case fromTransport:
		return p.network + p.load(p.network, 1)&15*4
	case fromIPv6Data:
		return p.network + 40
	}
	return 0
}

func (p *frame) field(b base, offset uint32, size uint8) uint32 {
	return p.load(p.start(b)+offset, size)
}

// load reads a big-endian number. Behind the captured bytes it gives 0 and
// says so in outside.
func (p *frame) load(at uint32, size uint8) uint32 {
	b := p.bytes(at, uint32(size))
	switch len(b) {
	case 1:
		return uint32(b[0])
	case 2:
		return uint32(binary.BigEndian.Uint16(b))
	case 4:
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// bytes returns n captured bytes, or nil after noting that they are not there.
func (p *frame) bytes(at, n uint32) []byte {
	if uint64(at)+uint64(n) > uint64(len(p.data)) {
		p.outside = true
		return nil
	}
	return p.data[at : at+n]
}
