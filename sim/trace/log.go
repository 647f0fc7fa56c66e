package trace

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// RingSize is the number of records that the bounded ring keeps.
const RingSize = 1 << 14

// Mode says what a Log keeps.
type Mode uint8

// The modes.
const (
	Off  Mode = iota // nothing: recording costs one branch
	Ring             // the last RingSize records
	Keep             // all records; those that leave the ring are packed
)

// Log takes the records of one lab. The zero value is off and has no readers.
//
// A station that has something to tell asks On, takes a record from Next,
// fills in what it knows and gives it to Commit:
//
//	if log.On() {
//		r := log.Next(now, b.ID, b.Parent, place, trace.StageRoute, trace.Continue, trace.RefRoute, route.Index)
//		log.Commit(r, b.Network())
//	}
type Log struct {
	mode   Mode
	on     bool
	n      uint64 // records so far
	nflows uint64 // flows so far
	ring   *[RingSize]Record
	flows  *[RingSize]header // of the records in the ring
	known  [1024]packet.ID   // packets whose flow was recorded, by the low bits of their ID
	shown  packet.Flow       // the one that readers look at
	packed *archive          // what left the ring, only in mode Keep
	sinks  []Sink
	drops  [numReasons]uint64
}

// SetMode says what is kept from now on; what was kept before is forgotten.
func (l *Log) SetMode(m Mode) {
	l.mode, l.n, l.packed = m, 0, nil
	if m == Keep {
		l.packed = new(archive)
	}
	l.start()
}

// Attach lets s receive every record from now on.
func (l *Log) Attach(s Sink) {
	l.sinks = append(l.sinks, s)
	l.start()
}

// Detach takes s off again.
func (l *Log) Detach(s Sink) {
	for i, x := range l.sinks {
		if x == s {
			l.sinks = append(l.sinks[:i:i], l.sinks[i+1:]...)
			break
		}
	}
	l.start()
}

// start makes ready for whoever listens now, who knows no packet yet.
func (l *Log) start() {
	l.on = l.mode != Off || len(l.sinks) > 0
	if l.on && l.ring == nil {
		l.ring, l.flows = new([RingSize]Record), new([RingSize]header)
	}
	clear(l.known[:])
}

// On reports whether anybody wants records. Stations ask before they fill one.
func (l *Log) On() bool { return l.on }

// Listening reports whether somebody reads along, so that explanations are
// worth collecting.
func (l *Log) Listening() bool { return len(l.sinks) > 0 }

// Next hands out a record of what a station did with a packet and what made it
// do so. The station may add a reason and more; Commit follows. Only when On.
func (l *Log) Next(now clock.Instant, id, parent packet.ID, at Place, s Stage, v Verdict, kind RefKind, idx uint32) *Record {
	i := l.n % RingSize
	if i == 0 {
		l.wrap()
	}
	l.n++
	r := &l.ring[i]
	r.At, r.Packet, r.Parent, r.Place = now, id, parent, at
	r.RefIdx, r.Aux, r.flow = idx, 0, 0
	r.Stage, r.Verdict, r.Reason, r.RefKind = s, v, ReasonNone, kind
	return r
}

// wrap begins the ring anew. From then on each packet's flow is told again, so
// that a ring explains itself.
func (l *Log) wrap() {
	if l.mode == Keep && l.n > 0 {
		for i := range l.ring {
			l.packed.add(&l.ring[i], l.header(&l.ring[i]))
		}
	}
	clear(l.known[:])
}

// Knows reports that the flow of a packet was recorded and did not change
// since, as far as the log was told.
func (l *Log) Knows(id packet.ID) bool { return l.known[id%packet.ID(len(l.known))] == id }

// Forget says that the packet's header is not what it was.
func (l *Log) Forget(id packet.ID) {
	if l.Knows(id) {
		l.known[id%packet.ID(len(l.known))] = 0
	}
}

// SetIPv4 adds to the record what the packet looks like now: a datagram that
// was checked.
func (l *Log) SetIPv4(r *Record, p packet.IPv4) { l.newHeader(r).set(p) }

// SetARP is SetIPv4 for an ARP packet.
func (l *Log) SetARP(r *Record, a packet.ARP) { l.newHeader(r).setARP(a) }

// SetUnknown says that the packet is neither.
func (l *Log) SetUnknown(r *Record) { *l.newHeader(r) = header{} }

func (l *Log) newHeader(r *Record) *header {
	i := l.nflows % RingSize
	l.nflows++
	r.flow = uint16(i) + 1
	l.known[r.Packet%packet.ID(len(l.known))] = r.Packet
	return &l.flows[i]
}

// header is what the record in the ring was given, nil if nothing.
func (l *Log) header(r *Record) *header {
	if r.flow == 0 {
		return nil
	}
	return &l.flows[r.flow-1]
}

// flow is that of a record in the ring, nil if it has none.
func (l *Log) flow(r *Record) *packet.Flow {
	h := l.header(r)
	if h == nil {
		return nil
	}
	l.shown = h.flow()
	return &l.shown
}

// Commit shows the record that Next handed out to the readers.
func (l *Log) Commit(r *Record, frame []byte) {
	if len(l.sinks) > 0 {
		l.show(r, frame)
	}
}

func (l *Log) show(r *Record, frame []byte) {
	f := l.flow(r)
	for _, s := range l.sinks {
		s.Trace(r, f, frame)
	}
}

// Seq is the number of records so far.
func (l *Log) Seq() uint64 { return l.n }

// CountDrop counts a dropped packet; it counts also when the log is off.
func (l *Log) CountDrop(r Reason) { l.drops[r]++ }

// Drops is the number of packets dropped for a reason since the start.
func (l *Log) Drops(r Reason) uint64 { return l.drops[r] }

// Each calls f with the kept records, oldest first, their sequence numbers
// (from 1) and their flows (nil: as at the packet's record before), until f
// returns false. Both pointers are only valid during the call.
func (l *Log) Each(f func(seq uint64, r *Record, flow *packet.Flow) bool) {
	if l.mode == Off || l.n == 0 {
		return
	}
	first := (l.n - 1) / RingSize * RingSize // of the ring's last round
	switch {
	case l.mode == Keep:
		if !l.packed.each(f) {
			return
		}
	case l.n > RingSize:
		first = l.n - RingSize
	}
	for i := first; i < l.n; i++ {
		r := &l.ring[i%RingSize]
		if !f(i+1, r, l.flow(r)) {
			return
		}
	}
}
