package replay

import (
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// Event is an event that stays: its texts and bytes are copies, and Frame is
// kept only of crossings and where an explanation needs it.
type Event struct {
	sim.Event
	Tick    uint64
	Journey int // index in History.Journeys
	Hop     int // index of the crossing that this is or follows, -1 before the packet's first
}

// Hop is one crossing of an interface.
type Hop struct {
	Event   int // index in History.Events
	At      clock.Instant
	Node    string
	NetNS   string
	Dev     string
	Dir     trace.Dir
	Link    int // pcap.LinkEthernet or pcap.LinkRaw
	Line    string
	Frame   []byte
	Packet  packet.ID
	Journey int
}

// Place is NETNS:DEV.
func (h *Hop) Place() string { return h.NetNS + ":" + h.Dev }

// Journey is the way of one packet: through NAT, tunnels, copies and fragments.
// What answers it, and the ARP that it waits for, are journeys of their own in
// the same talk.
type Journey struct {
	Talk     int // index of the journey that began it
	Cause    int // the journey that it answers or asks for, -1 for none
	Answer   bool
	Packet   packet.ID
	What     string // line of its first crossing
	FirstHop int    // -1 before any
	Number   int    // among those that crossed something, by their first crossing
	Colour   int    // number of its talk
}

// Chunk is something that a shell printed, and when.
type Chunk struct {
	Event int // how many events were over
	Text  string
}

// Mark is what a shell or the scenario did, and when.
type Mark struct {
	Event int // how many events were over
	Tick  uint64
	Input Input
	standing
}

// History is all that happened so far. What stands in it never changes.
type History struct {
	Events   []Event
	Hops     []Hop
	Journeys []Journey
	Outputs  [][]Chunk // of each shell
	Marks    []Mark
	Done     []Done // steps that are over
}

// HopAt is the last crossing among the first n events, -1 for none.
func (h *History) HopAt(n int) int {
	lo, hi := 0, len(h.Hops)
	for lo < hi {
		if mid := (lo + hi) / 2; h.Hops[mid].Event < n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// Last is the last crossing of a journey among the first n events, -1 for none.
func (h *History) Last(journey, n int) int {
	for i := h.HopAt(n); i >= 0; i-- {
		if h.Hops[i].Journey == journey {
			return i
		}
	}
	return -1
}

// NextOf is the next crossing of the same journey, -1 for none yet.
func (h *History) NextOf(hop int) int {
	for i := hop + 1; i < len(h.Hops); i++ {
		if h.Hops[i].Journey == h.Hops[hop].Journey {
			return i
		}
	}
	return -1
}

// PrevOf is the crossing of the same journey before, -1 for none. Of several copies
// of a packet it is the one that this one was made from.
func (h *History) PrevOf(hop int) int {
	x := &h.Hops[hop]
	e := &h.Events[x.Event]
	for i := hop - 1; i >= 0; i-- {
		if y := &h.Hops[i]; y.Journey == x.Journey && (y.Packet == e.Packet || y.Packet == e.Parent) {
			return i
		}
	}
	return -1
}

// CauseOf is the last crossing of the packet because of which this one was made, -1
// for none.
func (h *History) CauseOf(hop int) int {
	cause := h.Events[h.Hops[hop].Event].Parent
	for i := hop - 1; i >= 0 && cause != 0; i-- {
		if h.Hops[i].Packet == cause {
			return i
		}
	}
	return -1
}

// Of calls f with the events that belong to a crossing: what was decided about
// its packet from there, or before it where the packet came from a program,
// until the next one.
func (h *History) Of(hop int, f func(i int, e *Event)) {
	x := &h.Hops[hop]
	from := x.Event
	first := h.Journeys[x.Journey].FirstHop == hop
	if first {
		from = max(0, from-lookBack)
	}
	next := len(h.Events)
	if n := h.NextOf(hop); n >= 0 {
		next = h.Hops[n].Event
	}
	for i := from; i < next; i++ {
		e := &h.Events[i]
		if e.Journey != x.Journey || e.Packet != x.Packet && e.Parent != x.Packet || e.Hop != hop && !(first && i < x.Event && e.Hop < 0) {
			continue
		}
		f(i, e)
	}
}

// lookBack is how many events before its first crossing a packet may have begun.
const lookBack = 256

// Output is what a shell printed during the first n events.
func (h *History) Output(shell, n int) string {
	if shell >= len(h.Outputs) {
		return ""
	}
	var b strings.Builder
	for _, c := range h.Outputs[shell] {
		if c.Event > n {
			break
		}
		b.WriteString(c.Text)
	}
	return b.String()
}

// Tick is that of the last of the first n events, 0 when there is none.
func (h *History) Tick(n int) uint64 {
	if n <= 0 || len(h.Events) == 0 {
		return 0
	}
	return h.Events[min(n, len(h.Events))-1].Tick
}

// FirstOutput is how many events were over when a shell first printed something,
// that is when its first line was typed.
func (h *History) FirstOutput(shell int) int {
	n := 0
	for _, m := range h.Marks {
		if m.Input.Kind == OpenShell {
			if n == shell {
				return m.Event
			}
			n++
		}
	}
	return 0
}
