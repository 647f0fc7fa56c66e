package trace

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// archive keeps records in few bytes. A network says the same things again and
// again: this packet's decisions are mostly those of the packet before it,
// station by station. So the archive guesses each record by what followed the
// last time the record before it was seen, and writes down where the guess was
// wrong (as PPP's Predictor does, RFC 1978). New memory is what costs most when
// everything is kept: a round trip across two nodes has some 70 records and
// takes about 200 bytes here.
//
// A record is a byte of parts, then those parts that it names, in their order.
type archive struct {
	chunks [][]byte
	chunk  []byte // the last one, not yet full
	n      uint64
	enc    predictor
}

// chunkSize is the size of a chunk in bytes.
const chunkSize = 1 << 16

// The parts of a packed record that are not as guessed.
const (
	partTime   = 1 << iota // nanoseconds since the record before, as uvarint
	partPacket             // difference of IDs, as varint
	partParent             // parent's ID less the packet's, as varint
	partWhat               // decision: 16 bytes
	partFlow               // there is a flow: a byte of its words that are not as guessed, then those
)

// maxPacked is the most bytes that a record can take.
const maxPacked = 1 + 3*binary.MaxVarintLen64 + 16 + 1 + 4*flowWords

// what is a decision in two numbers: all of a record but time and packets.
type what struct{ a, b uint64 }

func (r *Record) what() what {
	idx := r.RefIdx
	if r.RefKind == RefPacket {
		idx -= uint32(r.Packet) // an answer is mostly the next packet
	}
	return what{
		uint64(r.Place)<<32 | uint64(idx),
		uint64(r.Aux)<<32 | uint64(r.Stage)<<24 | uint64(r.Verdict)<<16 | uint64(r.Reason)<<8 | uint64(r.RefKind),
	}
}

func (r *Record) setWhat(w what) {
	r.Place, r.RefIdx = Place(w.a>>32), uint32(w.a)
	r.Aux, r.Stage, r.Verdict, r.Reason, r.RefKind = uint16(w.b>>32), Stage(w.b>>24), Verdict(w.b>>16), Reason(w.b>>8), RefKind(w.b)
	if r.RefKind == RefPacket {
		r.RefIdx += uint32(r.Packet)
	}
}

// flowWords is the number of words of a header.
const flowWords = 8

type words [flowWords]uint32

// words are those of a header without its checksums, which no flow has.
func (h *header) words() (w words) {
	for i, x := range h {
		w[2*i], w[2*i+1] = uint32(x), uint32(x>>32)
	}
	w[2] &= 0xffff
	if packet.Proto(w[2]>>8) == packet.ProtoICMP {
		w[5] &= 0xffff
	}
	return w
}

func (w *words) header() (h header) {
	for i := range h {
		h[i] = uint64(w[2*i]) | uint64(w[2*i+1])<<32
	}
	return h
}

// predictor is what writing and reading remember of the records before.
type predictor struct {
	at     clock.Instant
	packet packet.ID
	parent packet.ID // less the packet's ID
	ctx    uint32    // stands for the decisions before
	guess  [1 << 12]what
	flows  [1 << 8]words // by the decision that they came with
}

// follow notes that w came next.
func (p *predictor) follow(w what) {
	h := (w.a ^ w.b*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
	p.ctx = (p.ctx<<4 ^ uint32(h>>40)) % uint32(len(p.guess))
}

// add appends a record.
func (a *archive) add(r *Record, h *header) {
	if len(a.chunk)+maxPacked > cap(a.chunk) {
		if a.chunk != nil {
			a.chunks = append(a.chunks, a.chunk)
		}
		a.chunk = make([]byte, 0, chunkSize)
	}
	a.n++
	p := &a.enc
	b := append(a.chunk, 0)
	parts := &b[len(b)-1]
	if r.At != p.at {
		*parts |= partTime
		b = binary.AppendUvarint(b, uint64(r.At-p.at))
		p.at = r.At
	}
	if r.Packet != p.packet {
		*parts |= partPacket
		b = binary.AppendVarint(b, int64(int32(r.Packet-p.packet)))
		p.packet = r.Packet
	}
	if d := r.parent(); d != p.parent {
		*parts |= partParent
		b = binary.AppendVarint(b, int64(int32(d)))
		p.parent = d
	}
	w := r.what()
	if g := &p.guess[p.ctx]; *g != w {
		*parts |= partWhat
		b = binary.LittleEndian.AppendUint64(b, w.a)
		b = binary.LittleEndian.AppendUint64(b, w.b)
		*g = w
	}
	p.follow(w)
	if h != nil {
		*parts |= partFlow
		b = p.appendFlow(b, h)
	}
	a.chunk = b
}

func (p *predictor) appendFlow(b []byte, h *header) []byte {
	w, g := h.words(), &p.flows[p.ctx%uint32(len(p.flows))]
	b = append(b, 0)
	changed := &b[len(b)-1]
	for i := range w {
		if w[i] != g[i] {
			*changed |= 1 << i
			b = binary.LittleEndian.AppendUint32(b, w[i])
		}
	}
	*g = w
	return b
}

// parent is the parent's ID less the packet's, 0 for none.
func (r *Record) parent() packet.ID {
	if r.Parent == 0 {
		return 0
	}
	return r.Parent - r.Packet
}

// each calls f with the records in order, until it returns false.
func (a *archive) each(f func(seq uint64, r *Record, flow *packet.Flow) bool) bool {
	var (
		p    = new(predictor)
		r    Record
		flow packet.Flow
		seq  uint64
	)
	for i := range len(a.chunks) + 1 {
		b := a.chunk
		if i < len(a.chunks) {
			b = a.chunks[i]
		}
		for len(b) > 0 {
			seq++
			var fl *packet.Flow
			if b = p.read(b, &r, &flow); r.flow != 0 {
				fl = &flow
			}
			if !f(seq, &r, fl) {
				return false
			}
		}
	}
	return true
}

// read takes one record off the front of b. r.flow says whether it has a flow.
func (p *predictor) read(b []byte, r *Record, flow *packet.Flow) []byte {
	parts := b[0]
	b = b[1:]
	if parts&partTime != 0 {
		v, n := binary.Uvarint(b)
		p.at, b = p.at+clock.Instant(v), b[n:]
	}
	if parts&partPacket != 0 {
		v, n := binary.Varint(b)
		p.packet, b = p.packet+packet.ID(v), b[n:]
	}
	if parts&partParent != 0 {
		v, n := binary.Varint(b)
		p.parent, b = packet.ID(v), b[n:]
	}
	*r = Record{At: p.at, Packet: p.packet}
	if p.parent != 0 {
		r.Parent = p.packet + p.parent
	}
	g := &p.guess[p.ctx]
	if parts&partWhat != 0 {
		*g = what{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		b = b[16:]
	}
	w := *g
	r.setWhat(w)
	p.follow(w)
	if parts&partFlow == 0 {
		return b
	}
	r.flow = 1
	fg := &p.flows[p.ctx%uint32(len(p.flows))]
	changed := b[0]
	b = b[1:]
	for i := range fg {
		if changed>>i&1 != 0 {
			fg[i] = binary.LittleEndian.Uint32(b)
			b = b[4:]
		}
	}
	h := fg.header()
	*flow = h.flow()
	return b
}
