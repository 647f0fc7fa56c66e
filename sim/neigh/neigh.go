// Package neigh is the neighbour table of one network namespace: the state
// machine of Linux's net/core/neighbour.c as ARP uses it, and the text of
// `ip neigh`. It sends nothing itself: an Owner does.
//
// Left out: IPv6, neighbour proxy timers' queue shaping, externally learned
// and managed entries.
//
// Start reading at Table.Send and Table.Fire.
package neigh

import (
	"net/netip"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// State is the state of an entry: NUD_* of include/uapi/linux/neighbour.h.
type State uint8

// The states.
const (
	None       State = 0
	Incomplete State = 0x01 // being asked for, packets wait
	Reachable  State = 0x02 // confirmed a short while ago
	Stale      State = 0x04 // known, but not confirmed lately
	Delay      State = 0x08 // stale and in use: soon to be probed
	Probe      State = 0x10 // being probed by unicast, still in use
	Failed     State = 0x20 // nobody answered
	NoARP      State = 0x40 // needs no resolution
	Permanent  State = 0x80 // set by hand
)

// Sets of states, as in include/net/neighbour.h.
const (
	Connected = Permanent | NoARP | Reachable
	Valid     = Connected | Probe | Stale | Delay
	InTimer   = Incomplete | Reachable | Delay | Probe
)

// Flags of Update: NEIGH_UPDATE_F_*.
type Flags uint8

// The flags.
const (
	Override     Flags = 1 << iota // replace a different MAC
	WeakOverride                   // keep a different MAC that is known, but suspect it
	Admin                          // by `ip neigh`, not by the protocol
)

// Entry is one neighbour.
type Entry struct {
	Addr      netip.Addr
	Dev       int32
	MAC       packet.MAC // valid iff State & Valid
	State     State
	Probes    int
	Updated   clock.Instant // MAC or state changed
	Used      clock.Instant // last packet sent
	Confirmed clock.Instant // last proof of reachability
	Index     uint32        // number in its table, from 1
	By        string        // how it was learnt: "own request", "their request"

	queue packet.Queue
}

// Connected reports that the caller may write MAC into the link header and
// send without asking the table.
func (e *Entry) Connected() bool { return e.State&Connected != 0 }

// Owner acts for the table.
type Owner interface {
	// Solicit asks for e.Addr: by unicast to e.MAC when unicast, otherwise by
	// broadcast. first is the oldest waiting packet or nil; it stays the table's.
	Solicit(e *Entry, first *packet.Buffer, unicast bool)
	// Output sends b to e.MAC; b is handed over.
	Output(e *Entry, b *packet.Buffer)
	// Failed reports that b could not be delivered (arp_error_report); b is
	// handed over.
	Failed(e *Entry, b *packet.Buffer)
	// Overflow reports that the queue of e is full and b, its oldest packet,
	// was dropped; b is handed over.
	Overflow(e *Entry, b *packet.Buffer)
	// Changed reports that e's state or MAC changed.
	Changed(e *Entry)
}

// Params are the settings of one device: /proc/sys/net/ipv4/neigh/IF/.
type Params struct{}

// Table is the neighbour table of one namespace.
type Table struct{}

// New returns an empty table.
func New(q *clock.Queue, owner Owner, rand func() uint32) *Table { return &Table{} }

// Lookup finds an entry, nil if there is none.
func (t *Table) Lookup(dev int32, addr netip.Addr) *Entry { return nil }

// Get finds an entry or creates it.
func (t *Table) Get(dev int32, addr netip.Addr, p *Params) *Entry { return nil }

// SetNoARP makes e an entry that needs no resolution.
func (t *Table) SetNoARP(e *Entry, mac packet.MAC) {}

// Send sends b to e or queues it; b is handed over.
func (t *Table) Send(e *Entry, b *packet.Buffer) {}

// Update is neigh_update.
func (t *Table) Update(e *Entry, mac packet.MAC, s State, flags Flags) {}

// EventNS learns from somebody's request: neigh_event_ns.
func (t *Table) EventNS(dev int32, mac packet.MAC, addr netip.Addr) *Entry { return nil }

// Confirm notes a proof of reachability.
func (t *Table) Confirm(e *Entry) {}
