// Package clock is virtual time: an instant, and one queue of events ordered
// by time and, at equal times, by the order of insertion. Nothing below sim
// looks at the wall clock.
package clock

import "time"

// Instant is a moment of the run: nanoseconds since the lab started.
type Instant int64

// Duration is a span of virtual time.
type Duration = time.Duration

// Jiffy is the tick of the simulated kernel: HZ=100 as on the machine of the
// recordings. Neighbour timers and the IP identification counters count in it.
const Jiffy = 10 * time.Millisecond

// Add returns the instant d later.
func (t Instant) Add(d Duration) Instant { return t + Instant(d) }

// Sub returns the span from u to t.
func (t Instant) Sub(u Instant) Duration { return Duration(t - u) }

// Jiffies is the number of whole ticks since the lab started.
func (t Instant) Jiffies() int64 { return int64(t) / int64(Jiffy) }

// Wheel is the instant at which a kernel timer fires that is set at t to expire
// after so many jiffies: like calc_wheel_index in kernel/time/timer.c, far
// timers sit in buckets that are 8, 64, 512 … jiffies wide, and none fires
// early. 100 jiffies become 1.04 s on average.
func (t Instant) Wheel(after int64) Instant {
	expires := t.Jiffies() + after
	shift := 0
	for start := int64(63); after >= start && shift < 24; start <<= 3 {
		shift += 3
	}
	return Instant((expires>>shift + 1) << shift * int64(Jiffy))
}

// Handler receives an event when its time has come. arg is what Schedule was
// given.
type Handler interface{ Fire(arg uint64) }

// HandlerFunc makes a function a Handler. It costs an allocation where it is
// made; the packet path uses types with a Fire method.
type HandlerFunc func(arg uint64)

// Fire calls f.
func (f HandlerFunc) Fire(arg uint64) { f(arg) }

// Ref names a scheduled event, for Cancel. The zero Ref names none.
type Ref struct {
	slot uint32 // index + 1
	gen  uint32
}

// item is one entry of the heap: 16 bytes, so that four share a cache line.
type item struct {
	at   Instant
	seq  uint32 // order of insertion; compared by signed distance, so wrapping is fine
	slot uint32
}

type slot struct {
	h   Handler // nil: cancelled or free
	arg uint64
	gen uint32
}

// Queue is the event queue: a binary heap of small structs for the future and
// a ring for what happens at this very instant. The zero value is ready and
// stands at instant 0. It is not safe for concurrent use.
type Queue struct {
	now     Instant
	seq     uint32
	next    item // the front of the future, in front of the heap; valid iff hasNext
	hasNext bool
	heap    []item
	ring    []item // events at now, oldest at ringAt; a power of two long
	ringAt  int
	ringLen int
	slots   []slot
	free    []uint32
	pending int
	fired   uint64
}

// Now is the virtual time.
func (q *Queue) Now() Instant { return q.now }

// Pending is the number of events that are scheduled and not cancelled.
func (q *Queue) Pending() int { return q.pending }

// Fired is the number of events that ran.
func (q *Queue) Fired() uint64 { return q.fired }

// Schedule lets h receive arg at the given instant; an instant in the past
// means now, behind whatever is already scheduled for now.
func (q *Queue) Schedule(at Instant, h Handler, arg uint64) Ref {
	var s uint32
	if n := len(q.free); n > 0 {
		s = q.free[n-1]
		q.free = q.free[:n-1]
	} else {
		s = uint32(len(q.slots))
		q.slots = append(q.slots, slot{})
	}
	sl := &q.slots[s]
	sl.h, sl.arg = h, arg
	it := item{at: at, seq: q.seq, slot: s}
	q.seq++
	q.pending++
	if at <= q.now {
		it.at = q.now
		q.pushRing(it)
	} else {
		q.push(it)
	}
	return Ref{slot: s + 1, gen: sl.gen}
}

// After is Schedule at d from now.
func (q *Queue) After(d Duration, h Handler, arg uint64) Ref {
	return q.Schedule(q.now.Add(d), h, arg)
}

// Cancel takes an event back. It reports whether the event was still to come.
func (q *Queue) Cancel(r Ref) bool {
	if r.slot == 0 || int(r.slot) > len(q.slots) {
		return false
	}
	s := &q.slots[r.slot-1]
	if s.gen != r.gen || s.h == nil {
		return false
	}
	s.h = nil // the item stays where it is and is skipped
	q.pending--
	return true
}

// Next is the time of the next event; ok is false when there is none.
func (q *Queue) Next() (at Instant, ok bool) {
	q.skip()
	if q.ringLen == 0 && !q.future() {
		return 0, false
	}
	return q.front().at, true
}

// Step runs the next event and reports whether there was one.
func (q *Queue) Step() bool {
	q.skip()
	if q.ringLen == 0 && !q.future() {
		return false
	}
	it := q.pop()
	sl := &q.slots[it.slot]
	h, arg := sl.h, sl.arg
	q.release(it.slot)
	q.now = it.at
	q.pending--
	q.fired++
	h.Fire(arg)
	return true
}

// RunUntil runs every event up to and including the instant, then stands
// there.
func (q *Queue) RunUntil(t Instant) {
	for {
		at, ok := q.Next()
		if !ok || at > t {
			break
		}
		q.Step()
	}
	if t > q.now {
		q.now = t
	}
}

// future says that there is an item behind this instant, or at it from before;
// first is the earliest of them.
func (q *Queue) future() bool { return q.hasNext || len(q.heap) > 0 }

func (q *Queue) first() item {
	if q.hasNext {
		return q.next
	}
	return q.heap[0]
}

// front is the next item: the older of heap and ring. The heap can hold items
// of this instant that were scheduled before the clock came here; their
// sequence numbers are lower than the ring's.
func (q *Queue) front() item {
	if q.ringLen == 0 {
		return q.first()
	}
	r := q.ring[q.ringAt]
	if q.future() && less(q.first(), r) {
		return q.first()
	}
	return r
}

func (q *Queue) pop() item {
	if q.ringLen == 0 || q.future() && less(q.first(), q.ring[q.ringAt]) {
		return q.popHeap()
	}
	it := q.ring[q.ringAt]
	q.ringAt = (q.ringAt + 1) & (len(q.ring) - 1)
	q.ringLen--
	return it
}

// skip drops cancelled items from the front.
func (q *Queue) skip() {
	for q.ringLen > 0 || q.future() {
		s := q.front().slot
		if q.slots[s].h != nil {
			return
		}
		q.pop()
		q.release(s)
	}
}

func (q *Queue) release(s uint32) {
	sl := &q.slots[s]
	sl.h = nil
	sl.gen++
	q.free = append(q.free, s)
}

func less(a, b item) bool {
	return a.at < b.at || a.at == b.at && int32(a.seq-b.seq) < 0
}

func (q *Queue) pushRing(it item) {
	if q.ringLen == len(q.ring) {
		bigger := make([]item, max(16, 2*len(q.ring)))
		for i := range q.ringLen {
			bigger[i] = q.ring[(q.ringAt+i)&(len(q.ring)-1)]
		}
		q.ring, q.ringAt = bigger, 0
	}
	q.ring[(q.ringAt+q.ringLen)&(len(q.ring)-1)] = it
	q.ringLen++
}

// push keeps the earliest item out of the heap: a frame on a link mostly
// arrives before any timer fires, and so it passes them by without a comparison
// with each level.
func (q *Queue) push(it item) {
	switch {
	case !q.hasNext && (len(q.heap) == 0 || less(it, q.heap[0])):
		q.next, q.hasNext = it, true
		return
	case q.hasNext && less(it, q.next):
		it, q.next = q.next, it
	}
	q.sink(it)
}

func (q *Queue) sink(it item) {
	q.heap = append(q.heap, it)
	i := len(q.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !less(it, q.heap[up]) {
			break
		}
		q.heap[i] = q.heap[up]
		i = up
	}
	q.heap[i] = it
}

func (q *Queue) popHeap() item {
	if q.hasNext {
		q.hasNext = false
		return q.next
	}
	top := q.heap[0]
	n := len(q.heap) - 1
	it := q.heap[n]
	q.heap = q.heap[:n]
	i := 0
	for {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && less(q.heap[c+1], q.heap[c]) {
			c++
		}
		if !less(q.heap[c], it) {
			break
		}
		q.heap[i] = q.heap[c]
		i = c
	}
	if n > 0 {
		q.heap[i] = it
	}
	return top
}
