package conntrack

import (
	"slices"
	"strconv"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// EventKind is what happened to an entry.
type EventKind uint8

// The kinds, as conntrack -E names them.
const (
	EventNew EventKind = iota
	EventUpdate
	EventDestroy
)

// Change is what an update is about: bits of enum ip_conntrack_events.
type Change uint8

// The changes.
const (
	ChangedStatus Change = 1 << iota // a reply was seen, or the entry is assured
	ChangedProto                     // the TCP state
	ChangedMark
)

// Event is one message of the kernel's event cache.
type Event struct {
	Kind    EventKind
	Changed Change // of an update
	User    int    // of a destruction: the program that asked for it, 0 the kernel
	Conn    *Conn  // as it is; valid only during the call
}

type watcher struct{ f func(Event) }

// Watch lets f be called at each event until cancel is: nf_conntrack_ecache.
// New entries are told when they are confirmed, changes when the packet that
// made them is through INPUT or POSTROUTING.
func (t *Table) Watch(f func(Event)) (cancel func()) {
	w := &watcher{f}
	t.watch = append(t.watch, w)
	for slot := t.first; slot != 0; slot = t.at(slot).succ {
		c := t.at(slot)
		c.changed, c.told = 0, c.Mark
	}
	return func() { t.watch = slices.DeleteFunc(t.watch, func(x *watcher) bool { return x == w }) }
}

// By says which program deletes entries until it is called with 0.
func (t *Table) By(pid int) { t.user = pid }

// Expire ends the entries whose time is over, as the kernel does now and then,
// and says when the next one's will be; 0 if there is none.
func (t *Table) Expire(now clock.Instant) (next clock.Instant) {
	t.last = now
	for slot := t.first; slot != 0; {
		c := t.at(slot)
		succ := c.succ
		switch {
		case c.expired(now):
			t.end(slot, c)
		case next == 0 || c.Expires < next:
			next = c.Expires
		}
		slot = succ
	}
	return next
}

func (t *Table) emit(e Event) {
	for _, w := range slices.Clone(t.watch) {
		w.f(e)
	}
}

// note keeps what a packet changed until it is through.
func (c *Conn) note(status Status, state TCPState) {
	if c.Status&Confirmed == 0 {
		return
	}
	if (c.Status^status)&(SeenReply|Assured) != 0 {
		c.changed |= ChangedStatus
	}
	if c.Orig.Proto == packet.ProtoTCP && c.TCP.State != state {
		c.changed |= ChangedProto
	}
}

// tell is nf_ct_deliver_cached_events.
func (t *Table) tell(c *Conn) {
	if c.Mark != c.told {
		c.changed |= ChangedMark
		c.told = c.Mark
	}
	if what := c.changed; what != 0 {
		c.changed = 0
		t.emit(Event{Kind: EventUpdate, Changed: what, Conn: c})
	}
}

// AppendText appends an event as a line of conntrack -E (1.4.7) without the
// newline and without what the program's options add.
func (e Event) AppendText(dst []byte, now clock.Instant) []byte {
	c := e.Conn
	dst = append(dst, [...]string{"    [NEW] ", " [UPDATE] ", "[DESTROY] "}[e.Kind]...)
	dst = c.appendProto(dst)
	dst = append(dst, ' ')
	if left := int64(c.Left(now) / time.Second); left > 0 || e.Kind != EventDestroy {
		dst = strconv.AppendInt(dst, left, 10)
		dst = append(dst, ' ')
	}
	if c.Orig.Proto == packet.ProtoTCP && (e.Kind != EventUpdate || e.Changed&ChangedProto != 0) {
		dst = append(dst, c.TCP.State.String()...)
		dst = append(dst, ' ')
	}
	acct := e.Kind == EventDestroy
	dst = c.appendSide(dst, Original, acct)
	if c.Status&SeenReply == 0 {
		dst = append(dst, "[UNREPLIED] "...)
	}
	dst = c.appendSide(dst, Reply, acct)
	if c.Status&Assured != 0 {
		dst = append(dst, "[ASSURED] "...)
	}
	if c.Mark != 0 || e.Kind == EventUpdate && e.Changed&ChangedMark != 0 {
		dst = append(dst, "mark="...)
		dst = strconv.AppendUint(dst, uint64(c.Mark), 10)
		dst = append(dst, ' ')
	}
	return dst[:len(dst)-1]
}
