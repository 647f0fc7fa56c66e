package conntrack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// Table is the connection tracking table of one namespace. It is not safe for
// concurrent use.
type Table struct {
	cfg   Config
	rand  func() uint32
	stats Stats
}

// NewTable returns an empty table. rand is the only source of chance: ports
// and ids that NAT picks.
func NewTable(cfg Config, rand func() uint32) *Table { return &Table{cfg: cfg, rand: rand} }

// Config returns the settings; a change holds from the next packet on.
func (t *Table) Config() *Config { return &t.cfg }

// Stats returns the counters.
func (t *Table) Stats() Stats { return t.stats }

// In finds the entry of a datagram or makes one: nf_conntrack_in. The datagram
// must be whole (defragmented). atPrerouting verifies checksums as the kernel
// does there; pass false at OUTPUT and for packets whose checksum is left to
// the device.
//
// conn is 0 iff info is InvalidInfo. An entry whose info is New and that is
// not yet Confirmed must be given to Confirm or to Discard.
func (t *Table) In(ip packet.IPv4, atPrerouting bool, now clock.Instant) (conn uint32, info Info, v Verdict) {
	return 0, InvalidInfo, Accept
}

// Get returns the entry of a handle, nil for 0.
func (t *Table) Get(conn uint32) *Conn { return nil }

// Confirm puts a new entry into the table when its first packet has passed
// INPUT or POSTROUTING: nf_conntrack_confirm. It does nothing for entries that
// are confirmed and for conn 0. False means that the packet must be dropped:
// another flow took one of its tuples, and the entry is gone.
func (t *Table) Confirm(conn uint32, now clock.Instant) bool { return true }

// Discard forgets an entry whose first packet was dropped before Confirm. It
// does nothing for entries that are confirmed and for conn 0.
func (t *Table) Discard(conn uint32) {}

// Delete removes an entry: conntrack -D.
func (t *Table) Delete(conn uint32) {}

// Flush removes all entries: conntrack -F.
func (t *Table) Flush() {}

// Len is the number of entries, unconfirmed ones and those that ended but were
// not yet cleaned up included: nf_conntrack_count.
func (t *Table) Len() int { return 0 }

// Entries yields the live entries with their handles in the order of their
// confirmation until yield returns false.
func (t *Table) Entries(now clock.Instant, yield func(conn uint32, c *Conn) bool) {}
