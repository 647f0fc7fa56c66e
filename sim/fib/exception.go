package fib

import "hoplab/sim/clock"

// Exception is what a route learnt about one destination: the path MTU, or a
// better gateway (fib_nh_exception of include/net/ip_fib.h).
type Exception struct {
	Dst     uint32
	MTU     int    // bytes, 0: not learnt
	Lock    bool   // the path is narrower than MTU, the least we note: do not set DF
	Gw      uint32 // from a redirect, 0: none
	Expires clock.Instant

	// Used says that a packet was routed by it since it was noted: the kernel
	// lists the routes that it made of exceptions, not the exceptions
	// (fnhe_dump_bucket in net/ipv4/route.c).
	Used bool
}

// Limits of the exceptions of one route.
const (
	fewExceptions = 8        // up to here a scan is faster than a map
	maxExceptions = 2048 * 5 // FNHE_HASH_SIZE * FNHE_RECLAIM_DEPTH: the oldest goes
)

// SetException notes the path MTU towards dst, like update_or_create_fnhe in
// net/ipv4/route.c. expires is the instant after which it no longer holds.
func (r *Route) SetException(dst uint32, mtu int, lock bool, expires clock.Instant) {
	e := r.makeException(dst)
	e.MTU, e.Lock, e.Expires = mtu, lock, expires
}

// SetRedirect notes a gateway for dst that the route's own one told us of, and
// keeps what is known of the path MTU.
func (r *Route) SetRedirect(dst, gw uint32, expires clock.Instant) {
	e := r.makeException(dst)
	e.Gw, e.Expires = gw, expires
	r.redirected = true
}

// Gateway is the gateway for packets to dst at now, a redirect's before the
// route's own; 0 when dst is on the link. A gateway that is an address of this
// namespace does not count as one (as NextHop).
func (r *Route) Gateway(dst uint32, now clock.Instant) uint32 {
	if r.redirected {
		if e := r.Exception(dst, now); e != nil && e.Gw != 0 {
			return e.Gw
		}
	}
	return r.gw
}

// makeException finds the exception of dst or makes one.
func (r *Route) makeException(dst uint32) *Exception {
	if i := r.exception(dst); i >= 0 {
		return &r.exceptions[i]
	}
	if len(r.exceptions) >= maxExceptions {
		r.dropException(0)
	}
	r.exceptions = append(r.exceptions, Exception{Dst: dst})
	last := len(r.exceptions) - 1
	r.indexExceptions(last)
	return &r.exceptions[last]
}

// Exception is what is known about dst and holds at now, nil if nothing does.
// What expired is forgotten. It is good until the next change.
func (r *Route) Exception(dst uint32, now clock.Instant) *Exception {
	if len(r.exceptions) == 0 {
		return nil
	}
	return r.lookupException(dst, now)
}

// UseException is Exception for a packet that goes to dst.
func (r *Route) UseException(dst uint32, now clock.Instant) *Exception {
	e := r.Exception(dst, now)
	if e != nil {
		e.Used = true
	}
	return e
}

func (r *Route) lookupException(dst uint32, now clock.Instant) *Exception {
	i := r.exception(dst)
	if i < 0 {
		return nil
	}
	if now > r.exceptions[i].Expires {
		r.dropException(i)
		return nil
	}
	return &r.exceptions[i]
}

// Exceptions are those that hold at now, in the order in which they were
// learnt.
func (r *Route) Exceptions(now clock.Instant) []Exception {
	var list []Exception
	for _, e := range r.exceptions {
		if now <= e.Expires {
			list = append(list, e)
		}
	}
	return list
}

// exception is the position of dst's exception, -1 if there is none.
func (r *Route) exception(dst uint32) int {
	if r.exceptAt != nil {
		if i, ok := r.exceptAt[dst]; ok {
			return i
		}
		return -1
	}
	for i := range r.exceptions {
		if r.exceptions[i].Dst == dst {
			return i
		}
	}
	return -1
}

// dropException takes one out and keeps the order of the others.
func (r *Route) dropException(i int) {
	r.exceptions = append(r.exceptions[:i], r.exceptions[i+1:]...)
	r.exceptAt = nil
	r.indexExceptions(0)
}

// indexExceptions brings the index up to date from position i on.
func (r *Route) indexExceptions(i int) {
	if len(r.exceptions) <= fewExceptions {
		return
	}
	if r.exceptAt == nil {
		r.exceptAt, i = make(map[uint32]int, 2*len(r.exceptions)), 0
	}
	for ; i < len(r.exceptions); i++ {
		r.exceptAt[r.exceptions[i].Dst] = i
	}
}

// FlushCache forgets all exceptions: `ip route flush cache`.
func (f *FIB) FlushCache() {
	for _, t := range f.tables {
		t.each(func(r *Route) {
			for _, h := range r.ways() {
				h.exceptions, h.exceptAt, h.redirected = nil, nil, false
			}
		})
	}
}

// MTUChanged tells the exceptions of the routes by a device that its MTU went
// from old to new bytes, like fib_nhc_update_mtu in net/ipv4/fib_semantics.c:
// those that knew a smaller path keep it, those that were the device's own
// limit follow it.
func (f *FIB) MTUChanged(dev int32, old, new int) {
	for _, t := range f.tables {
		t.each(func(r *Route) {
			for _, h := range r.ways() {
				if h.Dev == dev {
					h.mtuChanged(old, new)
				}
			}
		})
	}
	f.gen++
}

func (r *Route) mtuChanged(old, new int) {
	for i := range r.exceptions {
		e := &r.exceptions[i]
		if e.Lock {
			if new <= e.MTU {
				e.MTU, e.Lock = new, false
			}
		} else if e.MTU != 0 && (new < e.MTU || old == e.MTU) {
			e.MTU = new
		}
	}
}
