package netdev

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// Delays of a crossing where the lab does not say otherwise: enough to keep
// the order of a capture readable, far below anything a ping would notice.
const (
	DefaultVethDelay    = 2e3  // ns, one way
	DefaultSegmentDelay = 20e3 // ns, one way

	// LoopbackDelay is until what was sent by lo comes in again: the receiving
	// softirq runs behind the programs that the same tick woke.
	LoopbackDelay = 1e3 // ns
)

// Properties of a link, one way.
type Properties struct {
	Delay     clock.Duration
	Bandwidth float64 // bits per second, 0 unlimited
	Loss      float64 // probabilities, 0 to 1
	Duplicate float64
	Corrupt   float64
	Reorder   float64 // chance to skip the delay and so overtake, as in tc-netem(8)
}

// link is one direction of a wire.
type link struct {
	Properties
	rng       *Rand
	busyUntil clock.Instant // the last bit of the frame before leaves then
}

// carry puts b on the wire from d to each of its receivers by way of out,
// or loses it there. It takes ownership of b.
func (l *link) carry(d *Device, b *packet.Buffer, out func(w *World, b *packet.Buffer, at clock.Instant)) {
	w := d.World
	if l.rng == nil || l.Loss == 0 && l.Duplicate == 0 && l.Corrupt == 0 && l.Reorder == 0 && l.Bandwidth == 0 {
		out(w, b, w.Clock.Now().Add(l.Delay))
		return
	}
	if l.rng.Chance(l.Loss) {
		w.Drop(b, d.Place, trace.StageLink, trace.LinkLoss, trace.RefDevice, uint32(d.Place))
		return
	}
	if l.rng.Chance(l.Duplicate) {
		c := b.Clone()
		d.noteLink(c, trace.LinkDuplicate)
		out(w, c, l.arrival(w, c.Len()))
	}
	if l.rng.Chance(l.Corrupt) {
		bits := l.rng.Below(uint32(b.Len()) * 8)
		b.Bytes()[bits/8] ^= 1 << (bits % 8)
		w.Log.Forget(b.ID)
		d.noteLink(b, trace.LinkCorrupt)
	}
	at := l.arrival(w, b.Len())
	if l.rng.Chance(l.Reorder) {
		at -= clock.Instant(l.Delay)
		d.noteLink(b, trace.LinkReorder)
	}
	out(w, b, at)
}

// noteLink tells the log what the wire from d did to b.
func (d *Device) noteLink(b *packet.Buffer, why trace.Reason) {
	if d.World.Log.On() {
		d.note(b, trace.StageLink, why)
	}
}

// arrival is when the last bit of a frame of n bytes that is sent now comes
// out at the other end.
func (l *link) arrival(w *World, n int) clock.Instant {
	start := w.Clock.Now()
	if l.Bandwidth > 0 {
		start = max(start, l.busyUntil)
		start = start.Add(clock.Duration(float64(n*8) / l.Bandwidth * 1e9))
		l.busyUntil = start
	}
	return start.Add(l.Delay)
}
