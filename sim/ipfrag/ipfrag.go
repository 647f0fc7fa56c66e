// Package ipfrag takes IPv4 datagrams apart into fragments and puts them
// together again, as net/ipv4/ip_fragment.c and ip_output.c of Linux 6.1 do.
package ipfrag

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// User says who wants a datagram whole: enum ip_defrag_users. Fragments of
// different users do not meet.
type User uint8

// The users.
const (
	LocalDeliver User = iota // ip_local_deliver
	ConntrackIn              // nf_defrag_ipv4 at PREROUTING
	ConntrackOut             // nf_defrag_ipv4 at OUTPUT
)

// Result says what became of a fragment.
type Result uint8

// The results of Add.
const (
	Queued    Result = iota // waits for the others
	Complete                // the datagram is whole
	Duplicate               // came before; dropped alone
	Overlap                 // overlaps another one; the whole queue was dropped
	Malformed               // empty, or its end contradicts another one's; the whole queue was dropped
	TooLong                 // the datagram would exceed 65535 bytes; the whole queue was dropped
	BadECN                  // ECN marks of the fragments contradict each other; the whole queue was dropped
	NoMemory                // above the high threshold; dropped alone
)

// Config holds the sysctls net.ipv4.ipfrag_*.
type Config struct {
	Time       clock.Duration // ipfrag_time
	HighThresh int            // ipfrag_high_thresh: bytes; 0 refuses all fragments
	MaxDist    int            // ipfrag_max_dist: other datagrams of the source between two fragments; 0 any
}

// Stats are the counters of /proc/net/snmp.
type Stats struct {
	Reqds, OKs, Fails, Timeouts, Overlaps uint64
}

// Owner is told about queues that were given up and of the fragments in them.
type Owner interface {
	// FragExpired is called when the time of a queue ran out. first is the
	// fragment with offset 0, nil when it did not come; the owner owns it.
	// user and the fragment's IIF say whether ICMP time exceeded is due.
	FragExpired(first *packet.Buffer, user User, now clock.Instant)
	// FragDropped is called for each fragment that is given up; it is released
	// afterwards.
	FragDropped(b *packet.Buffer, why Result, now clock.Instant)
}

// Reassembler is the fragment cache of one namespace.
type Reassembler struct{}

// New returns an empty reassembler. q runs its timers.
func New(cfg Config, pool *packet.Pool, q *clock.Queue, owner Owner) *Reassembler {
	return &Reassembler{}
}

// Add takes a fragment. whole is the datagram when this was the last one that
// was missing; it is a new buffer.
func (r *Reassembler) Add(b *packet.Buffer, user User, now clock.Instant) (whole *packet.Buffer, res Result) {
	b.Release()
	return nil, NoMemory
}

// Fragment cuts a datagram into fragments that fit mtu bytes, IP header
// included: the slow path of ip_do_fragment. A datagram that was reassembled
// here (Meta.FragMax) is cut no larger than its largest fragment was, and its
// fragments have DF iff Meta.Flags has FragPMTU. The fragments are new buffers
// with b's metadata and b as parent, in order; b is released. ok is false when
// mtu leaves no room for 8 bytes of payload; there are no fragments then.
//
// Whether DF forbids it is for the caller to decide (ip_fragment).
func Fragment(b *packet.Buffer, pool *packet.Pool, mtu int) (frags packet.Queue, ok bool) {
	b.Release()
	return packet.Queue{}, false
}
