package ipfrag

import (
	"slices"
	"time"

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

// The results. All but Queued, Complete, Duplicate and NoMemory end the whole
// queue.
const (
	Queued    Result = iota // waits for the others
	Complete                // the datagram is whole
	Duplicate               // came before: dropped alone
	Overlap                 // covers part of another one (RFC 5722 section 4)
	Malformed               // not an IPv4 fragment, empty, or its end contradicts another one's
	TooLong                 // the datagram would exceed 65535 bytes
	BadECN                  // ECN marks that cannot belong to one datagram (RFC 3168 section 5.3)
	NoMemory                // above the high threshold: dropped alone
	TooFar                  // too many other fragments of the sender came since: older ones dropped
	Expired                 // the others did not come in time
	Closed                  // the namespace went away
	numResults
)

var resultNames = [numResults]string{"queued", "complete", "duplicate", "overlap", "malformed", "too-long", "bad-ecn", "no-memory", "too-far", "expired", "closed"}

// String is the result in lower case.
func (r Result) String() string {
	if r < numResults {
		return resultNames[r]
	}
	return "unknown"
}

// Config holds the sysctls net.ipv4.ipfrag_*.
type Config struct {
	Time       clock.Duration // ipfrag_time
	HighThresh int            // ipfrag_high_thresh: bytes; 0 refuses all fragments
	LowThresh  int            // ipfrag_low_thresh: without effect, as in Linux 6.1
	MaxDist    int            // ipfrag_max_dist: other fragments of the sender between two of a datagram; 0 any
}

// DefaultConfig gives the kernel's values (ipv4_frags_init_net).
func DefaultConfig() Config {
	return Config{Time: 30 * time.Second, HighThresh: 4 << 20, LowThresh: 3 << 20, MaxDist: 64}
}

// Stats are the counters of /proc/net/snmp and netstat.
type Stats struct {
	Reqds    uint64 // IpReasmReqds: fragments given to Add
	OKs      uint64 // IpReasmOKs: datagrams made whole
	Fails    uint64 // IpReasmFails
	Timeouts uint64 // IpReasmTimeout
	Overlaps uint64 // IpReasmOverlaps
	Absorbed uint64 // fragments whose bytes live on in a whole datagram
	Dropped  uint64 // fragments given up; those handed to FragExpired included
}

// Owner learns what became of fragments that waited. The buffers are valid
// during the call; who is called does not release them, except where said.
type Owner interface {
	// FragAbsorbed is called for each fragment that became part of whole.
	FragAbsorbed(b, whole *packet.Buffer)
	// FragDropped is called for each fragment that is given up, the one just
	// given to Add included.
	FragDropped(b *packet.Buffer, why Result)
	// FragExpired is called when the time of a queue ran out and its first
	// fragment (offset 0) is there: ICMP time exceeded code 1 is due, for
	// ConntrackIn only if the datagram is for this machine (ip_expire). Its IIF
	// is that of the fragment that came last. The owner owns first.
	FragExpired(first *packet.Buffer, user User)
}

// Reassembler is the fragment cache of one namespace.
type Reassembler struct {
	cfg   Config
	pool  *packet.Pool
	clock *clock.Queue
	owner Owner
	stats Stats

	queues  []*queue // slots; a timer's arg names slot and generation
	free    []uint32
	byKey   map[key]uint32    // slot
	senders map[uint32]sender // by source address, of those with a queue
	mem     int               // bytes held, as the kernel would count them
	held    int               // fragments
}

// sender counts the fragments of one source: inet_peer's rid.
type sender struct {
	count  uint32
	queues int
}

// key is struct frag_v4_compare_key.
type key struct {
	src, dst uint32
	id       uint16
	proto    packet.Proto
	user     User
}

// queue collects the fragments of one datagram: struct ipq.
type queue struct {
	key
	gen   uint32
	timer clock.Ref

	frags []frag // by offset
	runs  []run  // by offset: pieces that came in order, one behind the other

	length  int // of the payload as far as known, bytes
	have    int // bytes of payload
	firstIn bool
	lastIn  bool
	ecn     uint8 // set of ECN values seen: bit 1<<value
	maxSize int   // largest fragment, IP header included
	maxDF   int   // likewise among those with DF
	iif     int32 // of the last one
	seen    uint32
	mem     int
}

type frag struct {
	off, end int // of its payload within the datagram's
	b        *packet.Buffer
}

type run struct{ off, end int }

// New returns an empty reassembler. q runs its timers; whole datagrams come
// from pool.
func New(cfg Config, pool *packet.Pool, q *clock.Queue, owner Owner) *Reassembler {
	return &Reassembler{cfg: cfg, pool: pool, clock: q, owner: owner, byKey: map[key]uint32{}, senders: map[uint32]sender{}}
}

// Config returns the settings; a change holds from the next fragment on.
func (r *Reassembler) Config() *Config { return &r.cfg }

// Stats returns the counters.
func (r *Reassembler) Stats() Stats { return r.stats }

// Held is the number of fragments that wait.
func (r *Reassembler) Held() int { return r.held }

// Add takes a fragment, of which it becomes the owner: ip_defrag. With
// Complete, whole is the datagram, a new buffer whose Parent is b, with the
// header, options and metadata of its first fragment. Otherwise whole is nil.
func (r *Reassembler) Add(b *packet.Buffer, user User, now clock.Instant) (whole *packet.Buffer, res Result) {
	r.stats.Reqds++
	ip, err := packet.ParseIPv4(b.Network())
	if err != nil {
		r.stats.Fails++
		return nil, r.drop(b, Malformed)
	}
	if r.mem > r.cfg.HighThresh || r.cfg.HighThresh == 0 {
		r.stats.Fails++
		return nil, r.drop(b, NoMemory)
	}
	k := key{src: ip.Src32(), dst: ip.Dst32(), id: ip.ID(), proto: ip.Proto(), user: user}
	slot, ok := r.byKey[k]
	if !ok {
		slot = r.open(k, now)
	}
	q := r.queues[slot]
	if r.tooFar(q) {
		r.stats.Fails++
		r.purge(q, TooFar)
		r.clock.Cancel(q.timer)
		q.timer = r.schedule(slot, q, now)
	}
	return r.insert(slot, q, b, ip)
}

// insert puts a fragment into its queue: ip_frag_queue.
func (r *Reassembler) insert(slot uint32, q *queue, b *packet.Buffer, ip packet.IPv4) (*packet.Buffer, Result) {
	hl := ip.HeaderLen()
	off := ip.FragOffset()
	end := off + len(ip) - hl
	if !ip.MF() {
		if end < q.length || q.lastIn && end != q.length {
			return nil, r.giveUp(slot, q, b, Malformed)
		}
		q.lastIn, q.length = true, end
	} else {
		end &^= 7 // what is over belongs to nobody
		if end > q.length {
			if q.lastIn {
				return nil, r.giveUp(slot, q, b, Malformed)
			}
			q.length = end
		}
	}
	if end <= off {
		return nil, r.giveUp(slot, q, b, Malformed)
	}
	switch q.place(off, end) {
	case Duplicate:
		return nil, r.drop(b, Duplicate)
	case Overlap:
		r.stats.Overlaps++
		return nil, r.giveUp(slot, q, b, Overlap)
	}
	i, _ := slices.BinarySearchFunc(q.frags, off, func(f frag, off int) int { return f.off - off })
	q.frags = slices.Insert(q.frags, i, frag{off, end, b})
	r.held++
	r.charge(q, truesize(len(ip)))

	size := hl + end - off
	q.iif = b.IIF
	q.have += end - off
	q.ecn |= 1 << (ip.TOS() & 3)
	q.firstIn = q.firstIn || off == 0
	q.maxSize = max(q.maxSize, size)
	if ip.DF() {
		q.maxDF = max(q.maxDF, size)
	}
	if q.firstIn && q.lastIn && q.have == q.length {
		return r.assemble(slot, q, b)
	}
	return nil, Queued
}

// place finds out whether bytes off to end are free, and notes them if so:
// inet_frag_queue_insert. Bytes within one run are a duplicate; any other
// contact with bytes that are there is an overlap.
func (q *queue) place(off, end int) Result {
	if n := len(q.runs); n > 0 && off == q.runs[n-1].end {
		q.runs[n-1].end = end
		return Queued
	}
	i, _ := slices.BinarySearchFunc(q.runs, off, func(r run, off int) int { return r.end - off - 1 })
	// runs[i] is the first one that ends behind off.
	if i < len(q.runs) && q.runs[i].off < end {
		if q.runs[i].off <= off && end <= q.runs[i].end {
			return Duplicate
		}
		return Overlap
	}
	q.runs = slices.Insert(q.runs, i, run{off, end})
	return Queued
}

// ceOr says what ECN value a datagram gets, by the set of those of its
// fragments: CE wins over ECT, but Not-ECT mixes with nothing
// (ip_frag_ecn_table). The value is or-ed into the first fragment's TOS.
func ceOr(set uint8) (or uint8, ok bool) {
	const notECT, ce, ect = 1 << 0, 1 << 3, 1<<1 | 1<<2
	switch {
	case set&notECT != 0 && set != notECT:
		return 0, false
	case set&ce != 0 && set&ect != 0:
		return 3, true
	}
	return 0, true
}

// assemble makes the datagram of a queue that has all its fragments:
// ip_frag_reasm.
func (r *Reassembler) assemble(slot uint32, q *queue, last *packet.Buffer) (*packet.Buffer, Result) {
	first := q.frags[0].b
	hl := first.IPv4().HeaderLen()
	ecn, ok := ceOr(q.ecn)
	if !ok {
		r.stats.Fails++
		r.closeQueue(slot, q, BadECN)
		return nil, BadECN
	}
	if hl+q.length > 65535 {
		r.stats.Fails++
		r.closeQueue(slot, q, TooLong)
		return nil, TooLong
	}
	whole := r.pool.New(hl + q.length)
	whole.Parent = last.ID
	whole.Meta = first.Meta
	whole.IIF = q.iif
	whole.FragMax = uint16(q.maxSize)
	if q.key.user != LocalDeliver {
		whole.Flags |= packet.IgnoreDF // nf_ct_ipv4_gather_frags
		for _, f := range q.frags[1:] {
			whole.FragList = append(whole.FragList, uint16(f.end-f.off))
		}
	}
	bytes := whole.Bytes()
	copy(bytes, first.Network()[:hl])
	for _, f := range q.frags {
		n := f.b.IPv4().HeaderLen()
		copy(bytes[hl+f.off:hl+f.end], f.b.Network()[n:])
	}
	ip := whole.IPv4()
	ip[1] |= ecn
	ip[2], ip[3] = byte(len(bytes)>>8), byte(len(bytes))
	ip[6], ip[7] = 0, 0
	if q.maxDF == q.maxSize {
		// The largest fragment had DF: cut again, pieces this large keep it.
		whole.Flags |= packet.FragPMTU
		ip[6] = byte(packet.FlagDF >> 8)
	}
	ip.UpdateChecksum()
	r.stats.OKs++
	r.stats.Absorbed += uint64(len(q.frags))
	for _, f := range q.frags {
		r.owner.FragAbsorbed(f.b, whole)
		f.b.Release()
	}
	r.held -= len(q.frags)
	q.frags = q.frags[:0]
	r.closeQueue(slot, q, Complete)
	return whole, Complete
}

// open starts a queue: inet_frag_create.
func (r *Reassembler) open(k key, now clock.Instant) uint32 {
	var slot uint32
	if n := len(r.free); n > 0 {
		slot = r.free[n-1]
		r.free = r.free[:n-1]
	} else {
		slot = uint32(len(r.queues))
		r.queues = append(r.queues, new(queue))
	}
	q := r.queues[slot]
	q.key = k
	q.timer = r.schedule(slot, q, now)
	r.byKey[k] = slot
	s := r.senders[k.src]
	s.queues++
	r.senders[k.src] = s
	r.charge(q, queueSize)
	return slot
}

func (r *Reassembler) schedule(slot uint32, q *queue, now clock.Instant) clock.Ref {
	return r.clock.Schedule(now.Add(r.cfg.Time), r, uint64(q.gen)<<32|uint64(slot))
}

// Fire ends a queue whose time ran out: ip_expire. The clock calls it.
func (r *Reassembler) Fire(arg uint64) {
	slot := uint32(arg)
	q := r.queues[slot]
	if q.gen != uint32(arg>>32) {
		return
	}
	r.stats.Fails++
	r.stats.Timeouts++
	var first *packet.Buffer
	if q.firstIn && len(q.frags) > 0 && q.frags[0].off == 0 {
		first = q.frags[0].b
		first.IIF = q.iif
		q.frags = slices.Delete(q.frags, 0, 1)
		r.held--
		r.stats.Dropped++
	}
	user := q.key.user
	r.closeQueue(slot, q, Expired)
	if first != nil {
		r.owner.FragExpired(first, user)
	}
}

// Close drops all fragments, when the namespace goes.
func (r *Reassembler) Close() {
	for slot, q := range r.queues {
		if at, ok := r.byKey[q.key]; ok && at == uint32(slot) {
			r.closeQueue(at, q, Closed)
		}
	}
}

// tooFar says that more than max_dist fragments of the sender came since the
// last one of this queue: the sender's 16-bit IDs may have wrapped
// (ip_frag_too_far).
func (r *Reassembler) tooFar(q *queue) bool {
	if r.cfg.MaxDist == 0 {
		return false
	}
	s := r.senders[q.src]
	start := q.seen
	s.count++
	q.seen = s.count
	r.senders[q.src] = s
	return len(q.frags) > 0 && s.count-start > uint32(r.cfg.MaxDist)
}

// giveUp drops a fragment and the queue it was for.
func (r *Reassembler) giveUp(slot uint32, q *queue, b *packet.Buffer, why Result) Result {
	r.stats.Fails++
	r.closeQueue(slot, q, why)
	return r.drop(b, why)
}

// closeQueue drops what is in a queue and forgets it.
func (r *Reassembler) closeQueue(slot uint32, q *queue, why Result) {
	r.purge(q, why)
	r.clock.Cancel(q.timer)
	delete(r.byKey, q.key)
	s := r.senders[q.src]
	if s.queues--; s.queues == 0 {
		delete(r.senders, q.src)
	} else {
		r.senders[q.src] = s
	}
	r.charge(q, -q.mem)
	*q = queue{gen: q.gen + 1, frags: q.frags, runs: q.runs}
	r.free = append(r.free, slot)
}

// purge empties a queue: ip_frag_reinit.
func (r *Reassembler) purge(q *queue, why Result) {
	for _, f := range q.frags {
		r.drop(f.b, why)
	}
	r.held -= len(q.frags)
	r.charge(q, queueSize-q.mem)
	clear(q.frags)
	*q = queue{key: q.key, gen: q.gen, timer: q.timer, seen: q.seen, mem: q.mem, maxSize: q.maxSize, maxDF: q.maxDF, frags: q.frags[:0], runs: q.runs[:0]}
}

func (r *Reassembler) drop(b *packet.Buffer, why Result) Result {
	r.stats.Dropped++
	r.owner.FragDropped(b, why)
	b.Release()
	return why
}

func (r *Reassembler) charge(q *queue, bytes int) {
	q.mem += bytes
	r.mem += bytes
}

// What the kernel counts against the threshold: a queue, and an sk_buff with
// its storage (skb->truesize).
const (
	queueSize  = 200
	skbSize    = 256
	sharedSize = 320 // struct skb_shared_info
)

// truesize is what a received datagram of n bytes occupies: storage comes in
// powers of two.
func truesize(n int) int {
	size := 512
	for size < n+sharedSize {
		size *= 2
	}
	return size + skbSize
}
