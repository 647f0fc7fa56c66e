package neigh

import (
	"net/netip"

	"hoplab/packet"
)

// Send sends b to e, or keeps it until e's MAC is known; b is handed over.
// Like neigh_resolve_output.
func (t *Table) Send(e *Entry, b *packet.Buffer) {
	e.Used = t.q.Now()
	if e.State&(Connected|Delay|Probe) == 0 && !t.event(e, b) {
		return
	}
	e.fast = true
	t.owner.Output(e, b)
}

// Sending is the state that an entry gets when a packet is sent by it: what event
// makes of it.
func (e *Entry) Sending() State {
	switch {
	case e.Dead, e.State&(Connected|Delay|Probe|Incomplete) != 0:
		return e.State
	case e.State&Stale != 0:
		return Delay
	case e.params.McastProbes+e.params.AppProbes == 0:
		return Failed
	}
	return Incomplete
}

// Use starts the resolution of e without a packet: neigh_event_send with nil,
// as `ip neigh add … use` does.
func (t *Table) Use(e *Entry) {
	e.Used = t.q.Now()
	if e.State&(Connected|Delay|Probe) == 0 {
		t.event(e, nil)
	}
}

// event is __neigh_event_send: somebody wants to use an entry that is not
// connected. It reports that b may be sent now; otherwise it took b.
func (t *Table) event(e *Entry, b *packet.Buffer) bool {
	p := e.params
	probe := false
	switch {
	case e.Dead:
		if b != nil {
			t.owner.Purged(e, b)
		}
		return false
	case e.State&Stale != 0:
		t.stopTimer(e)
		t.enter(e, Delay)
		t.startTimer(e, jiffies(p.DelayProbe))
		t.owner.Changed(e)
		return true
	case e.State&Incomplete == 0: // None, Failed
		if p.McastProbes+p.AppProbes == 0 {
			t.enter(e, Failed)
			t.owner.Changed(e)
			if b != nil {
				t.owner.Purged(e, b)
			}
			return false
		}
		e.Probes = p.UcastProbes
		t.stopTimer(e)
		t.enter(e, Incomplete)
		t.startTimer(e, max(jiffies(p.Retrans), 1))
		probe = true
	}
	if b != nil {
		t.push(e, b)
	}
	if probe {
		t.owner.Changed(e)
		t.solicit(e)
	}
	return false
}

// enter changes the state and notes when.
func (t *Table) enter(e *Entry, s State) {
	e.State = s
	e.Updated = t.q.Now()
}

// push lets b wait. The oldest make room if there are too many bytes.
func (t *Table) push(e *Entry, b *packet.Buffer) {
	n := truesize(b.Len())
	for e.bytes+n > e.params.QueueBytes && e.queue.Len() > 0 {
		t.owner.Overflow(e, t.pop(e))
	}
	e.queue.Push(b)
	e.newest = b
	e.bytes += n
}

// pop takes the oldest waiting packet.
func (t *Table) pop(e *Entry) *packet.Buffer {
	b := e.queue.Pop()
	e.bytes -= truesize(b.Len())
	if e.queue.Len() == 0 {
		e.newest, e.bytes = nil, 0
	}
	return b
}

// truesize is what a packet of n bytes counts in the queue: the kernel's
// skb->truesize, which is the allocation its bytes need (a power of two, with
// headroom and skb_shared_info) and struct sk_buff.
func truesize(n int) int {
	const headroom, sharedInfo, skBuff = 32, 320, 256
	size := 512
	for size < n+headroom+sharedInfo {
		size *= 2
	}
	return size + skBuff
}

// solicit is neigh_probe: one more request, by unicast for the first
// UcastProbes of them.
func (t *Table) solicit(e *Entry) {
	n := e.Probes - e.params.UcastProbes
	if n < 0 || n >= e.params.AppProbes {
		t.owner.Solicit(e, e.newest, n < 0)
	}
	e.Probes++
}

// Fire is the clock's handler: an entry's timer or the garbage collector.
func (t *Table) Fire(arg uint64) {
	if arg == fireGC {
		t.collect()
		return
	}
	t.expire(t.ByIndex(uint32(arg)))
}

// expire is neigh_timer_handler.
func (t *Table) expire(e *Entry) {
	if e.Dead || e.State&InTimer == 0 {
		return
	}
	p, now := e.params, t.q.Now().Jiffies()
	old := e.State
	next := now + max(jiffies(p.Retrans), 1)
	switch {
	case e.State&Reachable != 0:
		until := e.Confirmed.Jiffies() + t.reachable(p)
		switch {
		case now <= until:
			next = until
		case now <= e.Used.Jiffies()+jiffies(p.DelayProbe):
			t.enter(e, Delay)
			next = now + jiffies(p.DelayProbe)
		default:
			t.enter(e, Stale)
		}
	case e.State&Delay != 0:
		if now <= e.Confirmed.Jiffies()+jiffies(p.DelayProbe) {
			t.enter(e, Reachable)
			next = e.Confirmed.Jiffies() + t.reachable(p)
		} else {
			t.enter(e, Probe)
			e.Probes = 0
		}
	}
	if e.State&(Incomplete|Probe) != 0 && e.Probes >= p.maxProbes(e.State) {
		t.fail(e)
		return
	}
	if e.State&InTimer != 0 {
		t.rearm(e, max(next-now, 1))
	}
	if e.State != old {
		t.owner.Changed(e)
	}
	if e.State&(Incomplete|Probe) != 0 {
		t.solicit(e)
	}
}

// fail is neigh_invalidate: every waiting packet is reported. A report may
// lead to a new packet for this very neighbour, which starts the resolution
// again; then the kernel forgets those that are left, and so do we.
func (t *Table) fail(e *Entry) {
	e.State, e.Updated = Failed, t.q.Now()
	e.By = ""
	t.owner.Changed(e)
	for left := e.queue.Len(); left > 0 && e.queue.Len() > 0; left-- {
		if b := t.pop(e); e.State == Failed {
			t.owner.Failed(e, b)
		} else {
			t.owner.Purged(e, b)
		}
	}
}

// Update is neigh_update: what was learnt about e. s must not be None; mac is
// looked at iff s is in Valid.
func (t *Table) Update(e *Entry, mac packet.MAC, s State, flags Flags) {
	old, oldMAC := e.State, e.MAC
	if e.Dead || flags&Admin == 0 && old&(NoARP|Permanent) != 0 {
		return
	}
	if s&Valid == 0 {
		t.stopTimer(e)
		t.count(old, s)
		e.State = s
		if old&(Incomplete|Probe) != 0 && s&Failed != 0 {
			t.fail(e)
		} else if old != s {
			t.owner.Changed(e)
		}
		return
	}

	now := t.q.Now()
	known := old&Valid != 0
	same := known && mac == oldMAC
	if s&Connected != 0 {
		e.Confirmed = now
	}
	if known {
		switch {
		case !same && flags&Override == 0:
			if flags&WeakOverride == 0 || old&Connected == 0 {
				return
			}
			mac, same, s = oldMAC, true, Stale
		case same && s == Stale && flags&Admin == 0:
			s = old
		}
	}
	if s == old && same {
		return
	}
	e.Updated = now
	if s != old {
		t.stopTimer(e)
		if s&Probe != 0 {
			e.Probes = 0
		}
		if s&InTimer != 0 {
			after := int64(0)
			if s&Reachable != 0 {
				after = t.reachable(e.params)
			}
			t.startTimer(e, after)
		}
		t.count(old, s)
		e.State = s
	}
	if !same {
		e.MAC = mac
		if s&Connected == 0 {
			e.Confirmed = now.Add(-2 * e.params.BaseReachable)
		}
	}
	switch {
	case flags&Admin != 0:
		e.By = ByHand
	case s&Reachable != 0:
		e.By = ByOwnRequest
	case !same:
		e.By = ByTheirRequest
	}
	t.owner.Changed(e)
	if !known {
		t.flushQueue(e)
	}
}

// count keeps the number of entries that the limits do not count.
func (t *Table) count(old, s State) {
	if old&Permanent != 0 {
		t.exempt--
	}
	if s&Permanent != 0 {
		t.exempt++
	}
}

// flushQueue sends what waited for the MAC.
func (t *Table) flushQueue(e *Entry) {
	for left := e.queue.Len(); left > 0 && e.queue.Len() > 0; left-- {
		if b := t.pop(e); e.State&Valid != 0 {
			t.Send(e, b)
		} else {
			t.owner.Purged(e, b)
		}
	}
}

// EventNS learns the MAC of somebody who asked for one of our addresses:
// neigh_event_ns. The entry is made if need be, and is STALE if its MAC is
// new. When the table is full it is a dead one, as with Get.
func (t *Table) EventNS(dev int32, mac packet.MAC, addr netip.Addr, p *Params) *Entry {
	e := t.Get(dev, addr, p)
	t.Update(e, mac, Stale, Override)
	return e
}

// Confirm notes a proof of reachability by an upper layer: neigh_confirm.
func (t *Table) Confirm(e *Entry) { e.Confirmed = t.q.Now() }
