package conntrack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// Table is the connection tracking table of one namespace. It is not safe for
// concurrent use.
type Table struct {
	// What every packet asks for comes first, so that it shares cache lines.
	buckets []node        // index of tuples, a power of two long
	got     *Conn         // the entry of gotBy
	gotBy   uint32        // the handle that Get saw last, 0 none
	last    clock.Instant // of the last packet

	// Entries live in chunks, so that pointers to them stay valid. A slot is the
	// number of an entry's place, from 1; 0 is none.
	chunks []*[chunkLen]Conn
	slots  uint32 // places ever made

	cfg   Config
	watch []*watcher
	rand  func() uint32
	stats Stats
	ids   uint32 // last Conn.ID
	user  int    // the program that deletes entries now, 0 none
	live  int    // entries in them that did not end

	// Ended entries, oldest first. They are reused at a later instant: the
	// packet that held one is through by then.
	ended, endedLast uint32

	first, tail uint32 // confirmed entries in the order of confirmation
	sweepAt     uint32 // where sweep goes on, 0 at first
	sweptAt     clock.Instant

	nodes       int      // in buckets
	sources     []uint32 // index of original sources, likewise
	sourceNodes int
}

const chunkLen = 16

// A handle names an entry outside of this package: its slot, and above that
// how often the slot was reused, so that a handle kept too long names nothing.
const (
	slotBits = 24
	slotMask = 1<<slotBits - 1
)

// sweepStep is how many entries are looked at whenever one is made. With 4,
// expired ones are never more than a third of the live ones.
const sweepStep = 4

// evictRange is the number of buckets that early drop looks through
// (NF_CT_EVICTION_RANGE).
const evictRange = 8

// NewTable returns an empty table. rand is the only source of chance: ports
// and ids that NAT picks.
func NewTable(cfg Config, rand func() uint32) *Table { return &Table{cfg: cfg, rand: rand} }

// Config returns the settings; a change holds from the next packet on.
func (t *Table) Config() *Config { return &t.cfg }

// Stats returns the counters.
func (t *Table) Stats() Stats { return t.stats }

// Len is the number of entries, unconfirmed ones and those that expired but
// were not yet cleaned up included: nf_conntrack_count.
func (t *Table) Len() int { return t.live }

func (t *Table) at(slot uint32) *Conn {
	i := slot - 1
	return &t.chunks[i/chunkLen][i%chunkLen]
}

func (c *Conn) handle(slot uint32) uint32 { return slot | uint32(c.gen)<<slotBits }

// Get returns the entry of a handle that In gave out. It is nil for 0 and once
// another entry took the place; an entry that ended is still there before.
func (t *Table) Get(conn uint32) *Conn {
	if conn == t.gotBy {
		return t.got
	}
	return t.get(conn)
}

func (t *Table) get(conn uint32) *Conn {
	slot := conn & slotMask
	if slot == 0 || slot > t.slots {
		return nil
	}
	c := t.at(slot)
	if c.gen != uint8(conn>>slotBits) {
		return nil
	}
	t.gotBy, t.got = conn, c
	return c
}

// Find returns the live entry that packets with this tuple belong to, and
// their direction in it. conn is 0 if there is none.
func (t *Table) Find(tp Tuple, now clock.Instant) (conn uint32, d Dir) {
	slot, d, c := t.find(&tp, now)
	if c == nil {
		return 0, Original
	}
	return c.handle(slot), d
}

// find is lookup for entries that did not expire; others end here.
func (t *Table) find(tp *Tuple, now clock.Instant) (slot uint32, d Dir, c *Conn) {
	slot, d, c = t.lookup(tp)
	if c != nil && c.expired(now) {
		t.end(slot, c)
		return 0, Original, nil
	}
	return slot, d, c
}

// In finds the entry of a datagram or makes one: nf_conntrack_in. It is not for
// packets that have an entry already: those that come by lo, and ICMP errors
// made here (Info.Attach). The datagram must be whole (defragmented). atPrerouting verifies checksums as the kernel
// does there; pass false at OUTPUT and for packets whose checksum is left to
// the device.
//
// conn is 0 iff info is InvalidInfo. An entry whose info is New and that is
// not yet Confirmed must be given to Confirm or to Discard.
func (t *Table) In(ip packet.IPv4, atPrerouting bool, now clock.Instant) (conn uint32, info Info, v Verdict) {
	t.last = now
	verify := atPrerouting && t.cfg.Checksum
	if ip.Frag()&packet.OffsetMask != 0 {
		t.stats.Invalid++
		return 0, InvalidInfo, Accept
	}
	if ip.Proto() == packet.ProtoICMP {
		if m, err := packet.ParseICMP(ip.Payload()); err != nil || verify && !ip.IsFragment() && !m.ChecksumOK() || m.Type() > icmpMaxType {
			t.stats.Error++
			return 0, InvalidInfo, Accept
		} else if m.IsError() {
			return t.relatedError(ip, m, now)
		}
	}
	var tp Tuple
	if !tp.read(ip) {
		t.stats.Invalid++
		return 0, InvalidInfo, Accept
	}
	for {
		slot, c, info, v := t.resolve(&tp, now)
		if c == nil {
			return 0, InvalidInfo, v
		}
		status, state := c.Status, c.TCP.State
		switch t.track(slot, c, info, ip, verify, now) {
		case tracked:
			if info == EstablishedReply {
				c.Status |= SeenReply
			}
			if len(t.watch) > 0 {
				c.note(status, state)
			}
			conn = c.handle(slot)
			t.gotBy, t.got = conn, c // the walk asks for it next
			return conn, info, Accept
		case invalid:
			t.Discard(c.handle(slot))
			t.stats.Invalid++
			return 0, InvalidInfo, Accept
		case reopen:
			// The entry is gone; look again and find room for a new one.
		}
	}
}

// outcome is what a protocol's tracker says of a packet.
type outcome uint8

const (
	tracked outcome = iota
	invalid         // belongs to no entry
	reopen          // the entry ended, a new one takes its place (NF_REPEAT)
)

// track hands the packet to its protocol's tracker:
// nf_conntrack_handle_packet.
func (t *Table) track(slot uint32, c *Conn, info Info, ip packet.IPv4, verify bool, now clock.Instant) outcome {
	switch ip.Proto() {
	case packet.ProtoICMP:
		if !icmpRequest(c.Orig.ICMPType()) {
			return invalid
		}
		c.refresh(info, ip, t.cfg.ICMPTimeout, now)
		return tracked
	case packet.ProtoUDP:
		return t.trackUDP(c, info, ip, verify, now)
	case packet.ProtoTCP:
		return t.trackTCP(slot, c, info, ip, verify, now)
	}
	c.refresh(info, ip, t.cfg.GenericTimeout, now)
	return tracked
}

// resolve finds the entry of a tuple or makes one: resolve_normal_ct. c is nil
// when there is none; the packet is invalid then or, with Drop, too much.
func (t *Table) resolve(tp *Tuple, now clock.Instant) (slot uint32, c *Conn, info Info, v Verdict) {
	slot, d, c := t.find(tp, now)
	switch {
	case c == nil:
		reply, ok := tp.Invert()
		if !ok {
			t.stats.Invalid++
			return 0, nil, InvalidInfo, Accept
		}
		slot = t.make(tp, now)
		if slot == 0 {
			t.stats.Drop++
			return 0, nil, InvalidInfo, Drop
		}
		c = t.at(slot)
		c.Orig, c.Reply = *tp, reply
		return slot, c, New, Accept
	case d == Reply:
		return slot, c, EstablishedReply, Accept
	case c.Status&SeenReply != 0:
		return slot, c, Established, Accept
	}
	return slot, c, New, Accept
}

// relatedError finds the entry that an ICMP error talks about by the datagram
// it quotes: nf_conntrack_inet_error.
func (t *Table) relatedError(ip packet.IPv4, m packet.ICMP, now clock.Instant) (conn uint32, info Info, v Verdict) {
	quoted, ok := tupleOf(m.Payload())
	if ok {
		// Whoever answered the quoted datagram would send this tuple, and its
		// receiver is whom the error must be for.
		quoted, ok = quoted.Invert()
	}
	if ok {
		slot, d, c := t.find(&quoted, now)
		if c != nil && c.tuple(d).Dst == ip.Dst32() {
			if d == Reply {
				return c.handle(slot), RelatedReply, Accept
			}
			return c.handle(slot), Related, Accept
		}
	}
	t.stats.Error++
	return 0, InvalidInfo, Accept
}

// trackUDP is nf_conntrack_udp_packet.
func (t *Table) trackUDP(c *Conn, info Info, ip packet.IPv4, verify bool, now clock.Instant) outcome {
	u, err := packet.ParseUDP(ip.Payload())
	if err != nil || verify && u.Checksum() != 0 && !checksumOK(ip) {
		return invalid
	}
	if c.Status&Confirmed == 0 {
		c.streamAt = jiffy(now).Add(udpStreamAge)
	}
	if c.Status&SeenReply == 0 || jiffy(now) <= c.streamAt {
		c.refresh(info, ip, t.cfg.UDPTimeout, now)
		return tracked
	}
	c.refresh(info, ip, t.cfg.UDPTimeoutStream, now)
	c.Status |= Assured
	return tracked
}

// Confirm puts a new entry into the table when its first packet has passed
// INPUT or POSTROUTING: nf_conntrack_confirm. It does nothing for entries that
// are confirmed, for conn 0, and for packets of the reply direction: an ICMP
// error about a packet that was dropped does not make that one's entry real.
// False means that the packet must be dropped: another flow took one of its
// tuples, and the entry is gone.
func (t *Table) Confirm(conn uint32, info Info, now clock.Instant) bool {
	c := t.Get(conn)
	if c != nil && c.Status&(Confirmed|Dying) == Confirmed && len(t.watch) > 0 {
		t.tell(c)
	}
	if c == nil || c.Status&(Confirmed|Dying) != 0 || info.Dir() != Original {
		return true
	}
	t.last = now
	slot := conn & slotMask
	for _, d := range [...]Dir{Original, Reply} {
		if _, _, other := t.find(c.tuple(d), now); other != nil {
			ok := t.resolveClash(c, other)
			t.end(slot, c)
			return ok
		}
	}
	t.link(slot, c)
	c.prev, c.succ = t.tail, 0
	if t.tail == 0 {
		t.first = slot
	} else {
		t.at(t.tail).succ = slot
	}
	t.tail = slot
	c.Status |= Confirmed
	c.Expires = jiffy(now).Add(c.timeout)
	if len(t.watch) > 0 {
		c.changed, c.told = 0, c.Mark
		t.emit(Event{Kind: EventNew, Conn: c})
	}
	return true
}

// resolveClash says whether a packet may go on although another entry came
// first: nf_ct_resolve_clash. In one thread that takes two packets of one flow
// under way at once, so the entry that only sees replies (IPS_NAT_CLASH) is
// not modelled.
func (t *Table) resolveClash(loser, winner *Conn) bool {
	// ICMP and TCP never (allow_clash of the protocols).
	if p := loser.Orig.Proto; p != packet.ProtoTCP && p != packet.ProtoICMP &&
		(winner.Status&natDoneMask == 0 || winner.Orig == loser.Orig && winner.Reply == loser.Reply) {
		t.stats.ClashResolved++
		return true
	}
	t.stats.Drop++
	t.stats.InsertFailed++
	return false
}

// Discard forgets an entry whose first packet was dropped before Confirm. It
// does nothing for entries that are confirmed and for conn 0.
func (t *Table) Discard(conn uint32) {
	if c := t.Get(conn); c != nil && c.Status&(Confirmed|Dying) == 0 {
		t.end(conn&slotMask, c)
	}
}

// Delete removes an entry: conntrack -D.
func (t *Table) Delete(conn uint32) {
	if c := t.Get(conn); c != nil && c.Status&Dying == 0 {
		t.end(conn&slotMask, c)
	}
}

// Flush removes all confirmed entries: conntrack -F.
func (t *Table) Flush() {
	for t.first != 0 {
		t.end(t.first, t.at(t.first))
	}
}

// Entries yields the live entries with their handles in the order of their
// confirmation until yield returns false. yield may delete the entry it is
// given.
func (t *Table) Entries(now clock.Instant, yield func(conn uint32, c *Conn) bool) {
	for slot := t.first; slot != 0; {
		c := t.at(slot)
		succ := c.succ
		if c.expired(now) {
			t.end(slot, c)
		} else if !yield(c.handle(slot), c) {
			return
		}
		slot = succ
	}
}

// make finds room for an entry: __nf_conntrack_alloc. 0 means that the table
// is full.
func (t *Table) make(tp *Tuple, now clock.Instant) uint32 {
	t.sweep(sweepStep, now)
	if t.cfg.Max > 0 && t.live >= t.cfg.Max && !t.evict(tp, now) {
		return 0
	}
	slot := t.ended
	if slot != 0 && t.at(slot).Expires < now {
		c := t.at(slot)
		t.ended = c.succ
		if t.ended == 0 {
			t.endedLast = 0
		}
		t.live++
		t.ids++
		*c = Conn{ID: t.ids, acct: t.cfg.Acct, gen: c.gen + 1}
		t.gotBy, t.got = 0, nil // the handle that it had names nothing now
		return slot
	}
	if t.slots == slotMask {
		return 0
	}
	if int(t.slots) == len(t.chunks)*chunkLen {
		t.chunks = append(t.chunks, new([chunkLen]Conn))
	}
	t.slots++
	t.live++
	t.ids++
	c := t.at(t.slots)
	c.ID, c.acct = t.ids, t.cfg.Acct
	return t.slots
}

// end takes an entry out of everything. Its contents stay readable until it
// is reused at a later instant.
func (t *Table) end(slot uint32, c *Conn) {
	if c.Status&Confirmed != 0 {
		if len(t.watch) > 0 {
			t.emit(Event{Kind: EventDestroy, Conn: c, User: t.user})
		}
		t.unlink(slot, c)
		if t.sweepAt == slot {
			t.sweepAt = c.succ
		}
		if c.prev == 0 {
			t.first = c.succ
		} else {
			t.at(c.prev).succ = c.succ
		}
		if c.succ == 0 {
			t.tail = c.prev
		} else {
			t.at(c.succ).prev = c.prev
		}
	}
	if c.Status&SrcNATDone != 0 {
		t.unlinkSource(slot, c)
	}
	c.Status |= Dying
	c.Expires = t.last
	c.succ = 0
	if t.ended == 0 {
		t.ended = slot
	} else {
		t.at(t.endedLast).succ = slot
	}
	t.endedLast = slot
	t.live--
}

// sweep ends what expired among the next n entries, in place of the kernel's
// gc_worker.
func (t *Table) sweep(n int, now clock.Instant) {
	for range n {
		if t.sweepAt == 0 {
			if t.sweepAt = t.first; t.sweepAt == 0 {
				return
			}
		}
		slot := t.sweepAt
		c := t.at(slot)
		t.sweepAt = c.succ
		if c.expired(now) {
			t.end(slot, c)
		}
	}
}

// evict makes room in a full table: what expired (looked for once a second),
// otherwise entries near the new one's bucket that are not assured
// (early_drop).
func (t *Table) evict(tp *Tuple, now clock.Instant) bool {
	if now >= t.sweptAt {
		t.sweptAt = now.Add(sweepAllEvery)
		t.sweepAt = t.first
		t.sweep(t.live, now)
		if t.live < t.cfg.Max {
			return true
		}
	}
	for i := range uint64(min(evictRange, len(t.buckets))) {
		evicted := false
		for n := t.buckets[(tp.hash()+i)&uint64(len(t.buckets)-1)]; n != 0; {
			slot, c := n>>1, t.at(n>>1)
			n = c.next[n&1]
			if c.Status&Assured != 0 {
				continue
			}
			if n>>1 == slot { // the next node is the same entry's other tuple
				n = c.next[n&1]
			}
			t.end(slot, c)
			t.stats.EarlyDrop++
			evicted = true
		}
		if evicted {
			return true
		}
	}
	return false
}

// checksumOK verifies the checksum of UDP and TCP over all that the IP header
// covers.
func checksumOK(ip packet.IPv4) bool {
	l4 := ip.Payload()
	return packet.Fold(packet.Sum(packet.PseudoSum([4]byte(ip[12:16]), [4]byte(ip[16:20]), ip.Proto(), len(l4)), l4)) == 0
}
