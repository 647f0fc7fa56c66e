package neigh

import (
	"net/netip"
	"slices"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// Owner acts for the table. Every method may call the table again.
type Owner interface {
	// Solicit asks for e.Addr: by unicast to e.MAC when unicast, otherwise by
	// broadcast (arp_solicit). newest is the packet that came last to wait, or
	// nil; its source address may become the request's. It stays the table's.
	Solicit(e *Entry, newest *packet.Buffer, unicast bool)
	// Output sends b to e.MAC; b is handed over.
	Output(e *Entry, b *packet.Buffer)
	// Failed reports that b could not be delivered (arp_error_report: host
	// unreachable to its sender); b is handed over.
	Failed(e *Entry, b *packet.Buffer)
	// Overflow reports that b is dropped to make room in e's queue
	// (NEIGH_QUEUEFULL); b is handed over.
	Overflow(e *Entry, b *packet.Buffer)
	// Purged reports that b is dropped because its entry went away
	// (NEIGH_DEAD), or with Index 0 never came in because the table is full
	// (NEIGH_CREATEFAIL); b is handed over.
	Purged(e *Entry, b *packet.Buffer)
	// Changed reports that e's state or MAC changed, or that it is Dead.
	Changed(e *Entry)
}

// Limits of the garbage collector: arp_tbl in net/ipv4/arp.c.
const (
	gcThresh1 = 128  // below this nothing is collected
	gcThresh2 = 512  // above this for 5 s, old entries make room for new ones
	gcThresh3 = 1024 // never more
	gcEvery   = 15 * time.Second
	redraw    = 300 * time.Second // of reachable times
)

// fireGC is the argument of Fire for the garbage collector; all others are an
// entry's Index.
const fireGC = uint64(1) << 32

type key struct {
	dev  int32
	addr uint32
}

// Table is the neighbour table of one namespace. Make it with New; it is not
// safe for concurrent use.
type Table struct {
	// Construct, if set, is called with every new entry: arp_constructor. It
	// calls SetNoARP for those that need no resolution.
	Construct func(*Entry)

	q     *clock.Queue
	owner Owner
	rand  func() uint32

	keys    []key    // of entries, for small tables
	entries []*Entry // in order of creation
	byKey   map[key]*Entry
	byIndex []*Entry

	proxies   []Proxy
	gcPending bool
	lastFlush clock.Instant
	exempt    int // permanent entries, which do not count for the limits
}

// fewEntries is the size up to which a scan finds entries.
const fewEntries = 8

// New returns an empty table. rand gives random numbers from the lab's seed.
func New(q *clock.Queue, owner Owner, rand func() uint32) *Table {
	return &Table{q: q, owner: owner, rand: rand}
}

// Lookup finds an entry, nil if there is none. It allocates nothing.
func (t *Table) Lookup(dev int32, addr netip.Addr) *Entry { return t.Find(dev, packet.Addr32(addr)) }

// Find is Lookup for an address as a number.
func (t *Table) Find(dev int32, addr uint32) *Entry {
	k := key{dev, addr}
	if t.byKey != nil {
		return t.byKey[k]
	}
	for i, o := range t.keys {
		if o == k {
			return t.entries[i]
		}
	}
	return nil
}

// Get finds an entry or creates it in state None, unless Construct or the
// caller, by SetNoARP, says that the address needs no resolution. When the table is full ("neighbour table overflow") the entry is a
// dead one with Index 0, whose packets are purged.
func (t *Table) Get(dev int32, addr netip.Addr, p *Params) *Entry {
	if e := t.Lookup(dev, addr); e != nil {
		return e
	}
	now := t.q.Now()
	e := &Entry{
		Addr: addr, Dev: dev, params: p,
		Updated: now, Used: now, Confirmed: now.Add(-2 * p.BaseReachable),
	}
	if !t.makeRoom() {
		e.Dead = true
		return e
	}
	t.byIndex = append(t.byIndex, e)
	e.Index = uint32(len(t.byIndex))
	t.entries = append(t.entries, e)
	k := key{dev, packet.Addr32(addr)}
	t.keys = append(t.keys, k)
	if t.byKey != nil {
		t.byKey[k] = e
	} else if len(t.entries) > fewEntries {
		t.byKey = make(map[key]*Entry, 2*fewEntries)
		for i, k := range t.keys {
			t.byKey[k] = t.entries[i]
		}
	}
	if t.Construct != nil {
		t.Construct(e)
	}
	t.scheduleGC()
	return e
}

// ByIndex finds an entry by its number, also after it was deleted; nil if
// there never was one.
func (t *Table) ByIndex(i uint32) *Entry {
	if i == 0 || int(i) > len(t.byIndex) {
		return nil
	}
	return t.byIndex[i-1]
}

// Entries lists the entries in order of creation.
func (t *Table) Entries() []*Entry { return slices.Clone(t.entries) }

// Waiting is the number of packets that the table holds.
func (t *Table) Waiting() int {
	n := 0
	for _, e := range t.entries {
		n += e.queue.Len()
	}
	return n
}

// SetNoARP makes e an entry that needs no resolution: multicast, broadcast,
// loopback and devices without addresses.
func (t *Table) SetNoARP(e *Entry, mac packet.MAC) {
	if e.Dead {
		return
	}
	e.State, e.MAC, e.By = NoARP, mac, ByNature
	e.fast = true
}

// remove takes an entry out of the table and drops what waits on it.
func (t *Table) remove(e *Entry) {
	if e.Dead {
		return
	}
	t.stopTimer(e)
	if e.State&Permanent != 0 {
		t.exempt--
	}
	i := slices.Index(t.entries, e)
	delete(t.byKey, t.keys[i])
	t.entries = slices.Delete(t.entries, i, i+1)
	t.keys = slices.Delete(t.keys, i, i+1)
	e.Was = e.State
	e.Dead, e.State = true, None
	t.purge(e)
	t.owner.Changed(e)
}

func (t *Table) purge(e *Entry) {
	for e.queue.Len() > 0 {
		t.owner.Purged(e, t.pop(e))
	}
}

// removeIf removes the entries that gone picks.
func (t *Table) removeIf(gone func(*Entry) bool) {
	for _, e := range slices.Clone(t.entries) {
		if !e.Dead && gone(e) {
			t.remove(e)
		}
	}
}

// DevDown removes the entries and proxy entries of a device that goes down or
// away: neigh_ifdown.
func (t *Table) DevDown(dev int32) { t.ifdown(dev, false) }

// CarrierDown is DevDown, but permanent entries stay: neigh_carrier_down.
func (t *Table) CarrierDown(dev int32) { t.ifdown(dev, true) }

// AddrChanged removes the entries of a device whose MAC changed:
// neigh_changeaddr.
func (t *Table) AddrChanged(dev int32) {
	t.removeIf(func(e *Entry) bool { return e.Dev == dev })
}

func (t *Table) ifdown(dev int32, keepPermanent bool) {
	t.removeIf(func(e *Entry) bool {
		return e.Dev == dev && (!keepPermanent || e.State&Permanent == 0)
	})
	t.proxies = slices.DeleteFunc(t.proxies, func(p Proxy) bool {
		return p.Dev == dev && (!keepPermanent || !p.Permanent)
	})
}

// Flush removes the entries that match: `ip neigh flush`, which first makes
// them FAILED. Permanent and NOARP entries stay unless all.
func (t *Table) Flush(all bool, match func(*Entry) bool) {
	t.removeIf(func(e *Entry) bool {
		return (all || e.State&(Permanent|NoARP) == 0) && match(e)
	})
}

// --- garbage collection

// makeRoom reports that there is room for one more entry, after a forced
// collection if need be: neigh_alloc.
func (t *Table) makeRoom() bool {
	n := len(t.entries) - t.exempt
	if n < gcThresh2 || n < gcThresh3 && t.q.Now().Sub(t.lastFlush) <= 5*time.Second {
		return true
	}
	return t.forcedGC(n-gcThresh2) > 0 || n < gcThresh3
}

// forcedGC is neigh_forced_gc: the oldest entries that failed or did not
// change in the last 5 s.
func (t *Table) forcedGC(most int) int {
	now, n := t.q.Now(), 0
	for _, e := range slices.Clone(t.entries) {
		if e.State&Permanent != 0 || e.Dead {
			continue
		}
		if e.State == Failed || e.State == NoARP || e.Addr.IsMulticast() || now.Sub(e.Updated) > 5*time.Second {
			t.remove(e)
			if n++; n >= most {
				break
			}
		}
	}
	t.lastFlush = now
	return n
}

// scheduleGC starts the periodic collection; it runs only while there are
// enough entries for it to do anything.
func (t *Table) scheduleGC() {
	if t.gcPending || len(t.entries) < gcThresh1 {
		return
	}
	t.gcPending = true
	t.q.After(gcEvery, t, fireGC)
}

// collect is neigh_periodic_work.
func (t *Table) collect() {
	t.gcPending = false
	now := t.q.Now()
	if len(t.entries) >= gcThresh1 {
		t.removeIf(func(e *Entry) bool {
			if e.State&(Permanent|InTimer) != 0 {
				return false
			}
			if e.Used < e.Confirmed {
				e.Used = e.Confirmed
			}
			return e.State == Failed || now >= e.Used.Add(e.params.GCStale)
		})
	}
	t.scheduleGC()
}

// --- proxy entries

// Proxy is an address that this namespace answers for: `ip neigh add proxy`.
type Proxy struct {
	Addr      netip.Addr
	Dev       int32 // 0: any device
	Permanent bool
	Router    bool

	ExtLearned bool
	Proto      uint8 // RTPROT_*
}

// Proxied reports that there is a proxy entry for an address: pneigh_lookup.
func (t *Table) Proxied(dev int32, addr netip.Addr) bool {
	return slices.ContainsFunc(t.proxies, func(p Proxy) bool {
		return (p.Dev == dev || p.Dev == 0) && p.Addr == addr
	})
}

// Proxies lists the proxy entries in order of creation.
func (t *Table) Proxies() []Proxy { return slices.Clone(t.proxies) }

// --- time

// below is a random number from 0 to n-1: prandom_u32_max.
func (t *Table) below(n int64) int64 {
	return int64(uint64(t.rand()) * uint64(max(n, 0)) >> 32)
}

// reachable is how long REACHABLE holds, in jiffies: half to one and a half
// times the base, drawn anew when the base changes and after 300 s.
func (t *Table) reachable(p *Params) int64 {
	now := t.q.Now()
	if p.base != p.BaseReachable || now.Sub(p.drawn) > redraw {
		base := jiffies(p.BaseReachable)
		p.reachable = time.Duration(t.below(base)+base/2) * clock.Jiffy
		p.base, p.drawn = p.BaseReachable, now
	}
	return jiffies(p.reachable)
}

func jiffies(d clock.Duration) int64 { return int64(d / clock.Jiffy) }

// wheel is the instant at which a timer fires that was set to expire after so
// many jiffies. Like calc_wheel_index in kernel/time/timer.c: far timers sit
// in buckets that are 8, 64, 512 … jiffies wide, and none fires early.
func (t *Table) wheel(after int64) clock.Instant {
	expires := t.q.Now().Jiffies() + after
	shift := 0
	for start := int64(63); after >= start && shift < 24; start <<= 3 {
		shift += 3
	}
	expires = (expires>>shift + 1) << shift
	return clock.Instant(expires * int64(clock.Jiffy))
}

// startTimer is neigh_add_timer.
func (t *Table) startTimer(e *Entry, after int64) {
	if e.Used < e.Confirmed {
		e.Used = e.Confirmed
	}
	t.rearm(e, after)
}

// rearm is mod_timer.
func (t *Table) rearm(e *Entry, after int64) {
	t.q.Cancel(e.timer)
	e.timer = t.q.Schedule(t.wheel(after), t, uint64(e.Index))
}

func (t *Table) stopTimer(e *Entry) {
	t.q.Cancel(e.timer)
	e.timer = clock.Ref{}
}
