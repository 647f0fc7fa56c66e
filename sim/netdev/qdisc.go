package netdev

import (
	"math"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// QdiscKind is a queueing discipline: net/sched/sch_*.c.
type QdiscKind uint8

// The disciplines that are modelled, as a device's root and without classes.
const (
	Netem QdiscKind = iota // delays, losses and the like
	TBF                    // token bucket: a rate with bursts
	PFIFO                  // a queue, which a device without one of its own never fills
	BFIFO
)

// String is tc's word.
func (k QdiscKind) String() string {
	return [...]string{"netem", "tbf", "pfifo", "bfifo"}[k]
}

// Correlated is a probability, of 2^32-1, and how much each draw depends on the
// one before.
type Correlated struct {
	P, Rho uint32
}

// QdiscConfig are the settings of a queueing discipline.
type QdiscConfig struct {
	Kind   QdiscKind
	Handle uint16
	Limit  uint32 // packets, or bytes for TBF and BFIFO

	// Netem: struct tc_netem_qopt.
	Delay, Jitter            clock.Duration
	DelayRho                 uint32
	Normal                   bool // the jitter's distribution; otherwise uniform
	Loss, Duplicate, Reorder Correlated
	Corrupt                  Correlated
	Gap                      uint32
	Rate                     uint64 // bytes per second, 0 unlimited; of TBF too
	PacketOverhead           int32  // bytes
	CellSize                 uint32
	CellOverhead             int32

	// What was given of netem's settings. A change leaves what was not, but for
	// limit, delay, jitter, loss, duplicate and gap, which it always sets.
	HasCorrelation, HasReorder, HasCorrupt, HasRate bool

	// TBF.
	Burst uint32 // bytes that may go at once
}

// Qdisc is the root queueing discipline of a device.
type Qdisc struct {
	QdiscConfig
	Bytes, Packets                uint64 // sent
	Dropped, Overlimits, Requeues uint64

	dev     *Device
	rng     *Rand
	queue   []queued // by time, then order
	backlog int      // bytes
	timer   clock.Ref
	armed   bool

	counter  uint32 // packets since the last that overtook
	last     struct{ delay, loss, duplicate, reorder, corrupt uint32 }
	doubling bool

	tokens clock.Duration // TBF: what may be sent now, as time
	filled clock.Instant  // when tokens were counted
}

type queued struct {
	b  *packet.Buffer
	at clock.Instant // earliest moment to send
}

// NextHandle is what a discipline gets that nobody gave a handle:
// qdisc_alloc_handle, whose counter is the machine's.
func (w *World) NextHandle() uint16 {
	w.handles++
	return 0x8000 + w.handles
}

// SetQdisc gives d a root queueing discipline.
func (d *Device) SetQdisc(c QdiscConfig) {
	d.DropQdisc()
	q := &Qdisc{dev: d, rng: d.World.Stream("qdisc " + d.World.places[d.Place].owner + " " + d.Name)}
	q.change(c)
	q.tokens, q.filled = q.bucket(), d.World.Clock.Now()
	d.qdisc = q
}

// ChangeQdisc changes the settings of d's discipline, which has one of that
// kind. What waits in it stays.
func (d *Device) ChangeQdisc(c QdiscConfig) {
	d.qdisc.change(c)
	d.qdisc.tokens = d.qdisc.bucket()
}

// change is the change function of a discipline: netem_change (sch_netem.c)
// keeps what nobody speaks of.
func (q *Qdisc) change(c QdiscConfig) {
	if c.Kind == Netem {
		old := &q.QdiscConfig
		if !c.HasCorrelation {
			c.DelayRho, c.Loss.Rho, c.Duplicate.Rho = old.DelayRho, old.Loss.Rho, old.Duplicate.Rho
		}
		switch {
		case c.HasReorder:
		case c.Gap > 0:
			c.Reorder = Correlated{P: math.MaxUint32, Rho: old.Reorder.Rho}
		default:
			c.Reorder = old.Reorder
		}
		if !c.HasCorrupt {
			c.Corrupt = old.Corrupt
		}
		if !c.HasRate {
			c.Rate, c.PacketOverhead, c.CellSize, c.CellOverhead = old.Rate, old.PacketOverhead, old.CellSize, old.CellOverhead
		}
		c.Normal = c.Normal || old.Normal
	}
	q.QdiscConfig = c
}

// DropQdisc takes d's discipline away. What waits in it is lost.
func (d *Device) DropQdisc() {
	if d.qdisc != nil {
		d.qdisc.reset()
		d.qdisc = nil
	}
}

// Qdisc is d's discipline; nil for the one that it has by itself.
func (d *Device) Qdisc() *Qdisc { return d.qdisc }

// Backlog is what waits, in bytes and packets.
func (q *Qdisc) Backlog() (bytes, packets int) { return q.backlog, len(q.queue) }

// reset gives up what waits: qdisc_reset.
func (q *Qdisc) reset() {
	for _, x := range q.queue {
		q.dev.World.Drop(x.b, q.dev.Place, trace.StageEgress, trace.DevReady, trace.RefDevice, uint32(q.dev.Place))
	}
	q.dev.World.waiting -= len(q.queue)
	q.queue, q.backlog = nil, 0
	q.dev.World.Clock.Cancel(q.timer)
	q.armed = false
	q.tokens, q.filled = q.bucket(), q.dev.World.Clock.Now()
}

func (q *Qdisc) drop(b *packet.Buffer, why trace.Reason) {
	q.Dropped++
	q.dev.World.Drop(b, q.dev.Place, trace.StageEgress, why, trace.RefDevice, uint32(q.dev.Place))
}

// enqueue takes a packet that is to leave by the device.
func (q *Qdisc) enqueue(b *packet.Buffer) {
	switch q.Kind {
	case Netem:
		q.netem(b)
	case TBF:
		if uint32(b.Len()) > q.maxSize() || q.backlog+b.Len() > int(q.Limit) {
			q.drop(b, trace.QdiscDrop)
			return
		}
		q.put(b, q.dev.World.Clock.Now())
		q.Fire(0)
	default:
		if q.Limit == 0 || q.Kind == BFIFO && b.Len() > int(q.Limit) {
			q.drop(b, trace.QdiscDrop)
			return
		}
		q.send(b)
	}
}

func (q *Qdisc) send(b *packet.Buffer) {
	q.Packets++
	q.Bytes += uint64(b.Len())
	q.dev.transmit(b)
}

// put lets a packet wait until the instant, behind those of the same time:
// tfifo_enqueue.
func (q *Qdisc) put(b *packet.Buffer, at clock.Instant) {
	i := len(q.queue)
	for i > 0 && q.queue[i-1].at > at {
		i--
	}
	q.queue = slices.Insert(q.queue, i, queued{b, at})
	q.backlog += b.Len()
	q.dev.World.waiting++
}

// pop takes the packet that is first.
func (q *Qdisc) pop() *packet.Buffer {
	b := q.queue[0].b
	q.queue = slices.Delete(q.queue, 0, 1)
	q.backlog -= b.Len()
	q.dev.World.waiting--
	return b
}

// arm sets the watchdog.
func (q *Qdisc) arm(at clock.Instant) {
	if q.armed {
		q.dev.World.Clock.Cancel(q.timer)
	}
	q.timer, q.armed = q.dev.World.Clock.Schedule(at, q, 1), true
}

// Fire sends what may be sent now.
func (q *Qdisc) Fire(watchdog uint64) {
	if watchdog != 0 {
		q.armed = false
	}
	for len(q.queue) > 0 && q.dev.Carrier() {
		now := q.dev.World.Clock.Now()
		if at := q.queue[0].at; at > now {
			q.arm(at)
			return
		}
		if q.Kind == TBF {
			if wait := q.spend(q.queue[0].b.Len()); wait > 0 {
				q.Overlimits++
				q.arm(now.Add(wait))
				return
			}
		}
		q.send(q.pop())
	}
}

// --- tbf

// length is the time that n bytes take: psched_l2t_ns.
func (q *Qdisc) length(n int) clock.Duration {
	if q.Rate == 0 {
		return 0
	}
	return clock.Duration(uint64(n) * 1e9 / q.Rate)
}

// bucket is the depth of the bucket as time. tc tells it in units of 64 ns.
func (q *Qdisc) bucket() clock.Duration { return Ticks(q.Rate, q.Burst) * tick }

const tick = 64 // ns: PSCHED_SHIFT

// Ticks is the time that a number of bytes takes at a rate, in units of 64 ns:
// tc_calc_xmittime.
func Ticks(rate uint64, bytes uint32) clock.Duration {
	if rate == 0 {
		return 0
	}
	us := uint64(bytes) * 1_000_000 / rate
	return clock.Duration(us * 1000 / tick)
}

// maxSize is the largest packet that ever gets through.
func (q *Qdisc) maxSize() uint32 {
	return uint32(uint64(q.bucket()) * q.Rate / 1e9)
}

// spend takes the tokens for n bytes, or says how long to wait for them:
// tbf_dequeue.
func (q *Qdisc) spend(n int) (wait clock.Duration) {
	now := q.dev.World.Clock.Now()
	tokens := min(q.tokens+min(now.Sub(q.filled), q.bucket()), q.bucket()) - q.length(n)
	if tokens < 0 {
		return -tokens
	}
	q.tokens, q.filled = tokens, now
	return 0
}

// --- netem

// draw is get_crandom: a number by chance that depends on the one before.
func (q *Qdisc) draw(rho uint32, last *uint32) uint32 {
	v := q.rng.Uint32()
	if rho == 0 {
		return v
	}
	r := uint64(rho) + 1
	*last = uint32((uint64(v)*(1<<32-r) + uint64(*last)*r) >> 32)
	return *last
}

func (q *Qdisc) happens(c Correlated, last *uint32) bool {
	return c.P != 0 && c.P >= q.draw(c.Rho, last)
}

// netem is netem_enqueue.
func (q *Qdisc) netem(b *packet.Buffer) {
	w := q.dev.World
	count := 1
	if !q.doubling && q.happens(q.Duplicate, &q.last.duplicate) {
		count++
	}
	if q.happens(q.Loss, &q.last.loss) {
		count--
	}
	if count == 0 {
		q.drop(b, trace.QdiscDrop)
		return
	}
	if count > 1 { // the copy goes first, and is not doubled again
		q.doubling = true
		c := b.Clone()
		c.Type, c.Mark = b.Type, b.Mark
		q.dev.noteLink(c, trace.LinkDuplicate)
		q.netem(c)
		q.doubling = false
	}
	if q.happens(q.Corrupt, &q.last.corrupt) {
		b.Bytes()[q.rng.Below(uint32(b.Len()))] ^= 1 << q.rng.Below(8)
		w.Log.Forget(b.ID)
		q.dev.noteLink(b, trace.LinkCorrupt)
	}
	if len(q.queue) >= int(q.Limit) {
		q.drop(b, trace.QdiscDrop)
		return
	}
	now := w.Clock.Now()
	if q.Gap != 0 && q.counter >= q.Gap-1 && q.Reorder.P >= q.draw(q.Reorder.Rho, &q.last.reorder) {
		q.counter = 0
		q.Requeues++
		q.dev.noteLink(b, trace.LinkReorder)
		q.queue = slices.Insert(q.queue, 0, queued{b, now})
		q.backlog += b.Len()
		w.waiting++
		q.Fire(0)
		return
	}
	delay := q.delay()
	if q.Rate != 0 {
		if n := len(q.queue); n > 0 { // behind the last one
			last := q.queue[n-1].at
			delay = max(delay-last.Sub(now), 0)
			now = last
		}
		delay += q.length(q.padded(b.Len()))
	}
	q.counter++
	q.put(b, now.Add(delay))
	q.Fire(0)
}

// padded is what a packet counts on the link that the rate speaks of:
// packet_time_ns.
func (q *Qdisc) padded(n int) int {
	n += int(q.PacketOverhead)
	if q.CellSize != 0 {
		cells := (n + int(q.CellSize) - 1) / int(q.CellSize)
		n = cells * (int(q.CellSize) + int(q.CellOverhead))
	}
	return max(n, 0)
}

// delay is tabledist.
func (q *Qdisc) delay() clock.Duration {
	if q.Jitter == 0 {
		return q.Delay
	}
	r := q.draw(q.DelayRho, &q.last.delay)
	if !q.Normal {
		return max(clock.Duration(uint64(r)%uint64(2*q.Jitter))+q.Delay-q.Jitter, 0)
	}
	const scale = 8192
	t := clock.Duration(normal(r % normalSize))
	x := q.Jitter % scale * t
	if x >= 0 {
		x += scale / 2
	} else {
		x -= scale / 2
	}
	return max(x/scale+q.Jitter/scale*t+q.Delay, 0)
}

const normalSize = 4096

// normal is an entry of a table of the normal distribution, in units of a
// deviation of 8192: its i-th quantile of 4096.
func normal(i uint32) int {
	p := (float64(i) + 0.5) / normalSize
	return int(math.Round(8192 * math.Sqrt2 * math.Erfinv(2*p-1)))
}
