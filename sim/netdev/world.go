package netdev

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// World is what all devices of a lab share: time, buffers and the event log.
type World struct {
	Clock clock.Queue
	Pool  packet.Pool
	Log   trace.Log

	Account Account

	flight  []*packet.Buffer // frames on links, by the argument of their event
	spare   []uint32
	places  []place
	seed    uint64
	waiting int    // frames in queueing disciplines
	handles uint16 // that those got
	nested  int    // devices without a queue that are sending right now, one by another
	near    int    // frames between two ends of one kernel: see Quiet
	quiet   []waiter
}

// Account says where packets ended. Together with the pool's counters it
// shows that nothing vanishes.
type Account struct {
	Delivered uint64 // reached a program
	Absorbed  uint64 // reassembled, answered ARP and other control traffic that did its work
	Dropped   uint64 // see trace.Log.Drops for the reasons
}

type place struct {
	owner string
	dev   *Device
	name  string // of dev at that time
}

// NewWorld returns an empty world at instant 0. All chance in it comes from
// seed.
func NewWorld(seed uint64) *World {
	return &World{seed: seed, places: make([]place, 1)}
}

// Stream returns a source of chance of its own for the consumer of that name:
// adding a consumer does not shift the others.
func (w *World) Stream(name string) *Rand { return NewRand(w.seed, name) }

// AddPlace numbers a place for the log: a namespace (dev nil) or one of its
// devices.
func (w *World) AddPlace(owner string, dev *Device) trace.Place {
	x := place{owner: owner, dev: dev}
	if dev != nil {
		x.name = dev.Name
	}
	w.places = append(w.places, x)
	return trace.Place(len(w.places) - 1)
}

// PlaceName gives the names behind a place; dev is empty for a namespace.
func (w *World) PlaceName(p trace.Place) (owner, dev string) {
	if int(p) >= len(w.places) {
		return "", ""
	}
	x := w.places[p]
	return x.owner, x.name
}

// PlaceDevice is the device of a place, nil for a namespace.
func (w *World) PlaceDevice(p trace.Place) *Device {
	if int(p) >= len(w.places) {
		return nil
	}
	return w.places[p].dev
}

// send puts b on its way to dst, where it arrives at the given instant.
func (w *World) send(dst *Device, b *packet.Buffer, at clock.Instant) {
	var i uint32
	if n := len(w.spare); n > 0 {
		i = w.spare[n-1]
		w.spare = w.spare[:n-1]
	} else {
		i = uint32(len(w.flight))
		w.flight = append(w.flight, nil)
	}
	w.flight[i] = b
	arg := uint64(i)
	if at.Sub(w.Clock.Now()) <= DefaultVethDelay {
		arg |= nearby
		w.near++
	}
	w.Clock.Schedule(at, dst, arg)
}

// nearby marks the event of a frame that is counted in near.
const nearby = 1 << 32

// Quiet says that no frame is on its way between devices of one kernel;
// otherwise h gets arg as soon as none is. A real kernel handles such a frame,
// and whatever comes of it, before the system call that sent it returns: it is
// the same CPU that does, in a softirq. Frames on wires with a longer delay do
// not count.
func (w *World) Quiet(h clock.Handler, arg uint64) bool {
	if w.near > 0 {
		w.quiet = append(w.quiet, waiter{h, arg})
	}
	return w.near == 0
}

// waiter is who asked to be told by Quiet.
type waiter struct {
	h   clock.Handler
	arg uint64
}

// arrived ends the way of a frame that was counted in near, once it was handled.
func (w *World) arrived() {
	w.near--
	if w.near > 0 || len(w.quiet) == 0 {
		return
	}
	for _, x := range w.quiet {
		w.Clock.After(0, x.h, x.arg)
	}
	w.quiet = w.quiet[:0]
}

// InFlight is the number of frames on links, and in front of them, now.
func (w *World) InFlight() int { return len(w.flight) - len(w.spare) + w.waiting }

// Deliver ends the life of b: it reached its program.
func (w *World) Deliver(b *packet.Buffer) {
	w.Account.Delivered++
	b.Release()
}

// Absorb ends the life of b: its bytes live on elsewhere or it did its work.
func (w *World) Absorb(b *packet.Buffer) {
	w.Account.Absorbed++
	b.Release()
}

// Drop ends the life of b for a reason, which the log shows at place.
func (w *World) Drop(b *packet.Buffer, at trace.Place, stage trace.Stage, why trace.Reason, ref trace.RefKind, refIdx uint32) {
	w.NoteDrop(b, at, stage, why, ref, refIdx)
	b.Release()
}

// NoteDrop is Drop for a buffer that its owner releases.
func (w *World) NoteDrop(b *packet.Buffer, at trace.Place, stage trace.Stage, why trace.Reason, ref trace.RefKind, refIdx uint32) {
	w.Account.Dropped++
	w.Log.CountDrop(why)
	if !w.Log.On() {
		return
	}
	r := w.Log.Next(w.Clock.Now(), b.ID, b.Parent, at, stage, trace.Drop, ref, refIdx)
	r.Reason = why
	w.Log.Commit(r, b.Bytes())
}
