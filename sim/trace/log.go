package trace

// RingSize is the number of records that the bounded ring keeps.
const RingSize = 1 << 14

// Mode says what a Log keeps.
type Mode uint8

// The modes.
const (
	Off  Mode = iota // nothing: recording costs one branch
	Ring             // the last RingSize records
	Keep             // all records, in chunks of RingSize
)

// Log takes the records of one lab. The zero value is off and has no readers.
type Log struct {
	mode   Mode
	on     bool
	n      uint64
	ring   []Record
	chunks [][]Record // full ones, only in mode Keep
	sinks  []Sink
	drops  [numReasons]uint64
}

// SetMode says what is kept from now on; what was kept before is forgotten.
func (l *Log) SetMode(m Mode) {
	l.mode, l.n, l.chunks = m, 0, nil
	if m != Off && l.ring == nil {
		l.ring = make([]Record, RingSize)
	}
	l.on = m != Off || len(l.sinks) > 0
}

// Attach lets s receive every record from now on.
func (l *Log) Attach(s Sink) {
	l.sinks = append(l.sinks, s)
	if l.ring == nil {
		l.ring = make([]Record, RingSize)
	}
	l.on = true
}

// Detach takes s off again.
func (l *Log) Detach(s Sink) {
	for i, x := range l.sinks {
		if x == s {
			l.sinks = append(l.sinks[:i:i], l.sinks[i+1:]...)
			break
		}
	}
	l.on = l.mode != Off || len(l.sinks) > 0
}

// On reports whether anybody wants records. Stations ask before they fill one.
func (l *Log) On() bool { return l.on }

// Listening reports whether somebody reads along, so that explanations are
// worth collecting.
func (l *Log) Listening() bool { return len(l.sinks) > 0 }

// Next hands out the record to fill; Commit follows. Only when On.
func (l *Log) Next() *Record {
	i := l.n & (RingSize - 1)
	if i == 0 && l.n > 0 && l.mode == Keep {
		l.chunks = append(l.chunks, l.ring)
		l.ring = make([]Record, RingSize)
	}
	l.n++
	return &l.ring[i]
}

// Commit shows the record that Next handed out to the readers.
func (l *Log) Commit(r *Record, frame []byte) {
	for _, s := range l.sinks {
		s.Trace(r, frame)
	}
}

// Seq is the number of records so far.
func (l *Log) Seq() uint64 { return l.n }

// CountDrop counts a dropped packet; it counts also when the log is off.
func (l *Log) CountDrop(r Reason) { l.drops[r]++ }

// Drops is the number of packets dropped for a reason since the start.
func (l *Log) Drops(r Reason) uint64 { return l.drops[r] }

// Each calls f with the kept records, oldest first, and their sequence
// numbers (from 1), until f returns false.
func (l *Log) Each(f func(seq uint64, r *Record) bool) {
	if l.mode == Off || l.n == 0 {
		return
	}
	first := uint64(0)
	if l.mode == Ring && l.n > RingSize {
		first = l.n - RingSize
	}
	for i := first; i < l.n; i++ {
		ring := l.ring
		if c := i / RingSize; l.mode == Keep && int(c) < len(l.chunks) {
			ring = l.chunks[c]
		}
		if !f(i+1, &ring[i&(RingSize-1)]) {
			return
		}
	}
}
