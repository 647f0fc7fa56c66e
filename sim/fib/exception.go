package fib

import "hoplab/sim/clock"

// Exception is what a route learnt about one destination: the path MTU
// (fib_nh_exception of include/net/ip_fib.h).
type Exception struct {
	Dst     uint32
	MTU     int  // bytes
	Lock    bool // learnt value is below the minimum: do not set DF
	Expires clock.Instant
}

// Limits of the exceptions of one route.
const (
	fewExceptions = 8        // up to here a scan is faster than a map
	maxExceptions = 2048 * 5 // FNHE_HASH_SIZE * FNHE_RECLAIM_DEPTH: the oldest goes
)

// SetException notes the path MTU towards dst, like update_or_create_fnhe in
// net/ipv4/route.c. expires is the instant after which it no longer holds.
func (r *Route) SetException(dst uint32, mtu int, lock bool, expires clock.Instant) {
	if i := r.exception(dst); i >= 0 {
		r.exceptions[i] = Exception{dst, mtu, lock, expires}
		return
	}
	if len(r.exceptions) >= maxExceptions {
		r.dropException(0)
	}
	r.exceptions = append(r.exceptions, Exception{dst, mtu, lock, expires})
	r.indexExceptions(len(r.exceptions) - 1)
}

// Exception is the path MTU towards dst, if one is known that still holds. An
// expired one is forgotten.
func (r *Route) Exception(dst uint32, now clock.Instant) (mtu int, ok bool) {
	if len(r.exceptions) == 0 {
		return 0, false
	}
	e, ok := r.lookupException(dst, now)
	return e.MTU, ok
}

// ExceptionEntry is Exception with lock and time of expiry.
func (r *Route) ExceptionEntry(dst uint32, now clock.Instant) (Exception, bool) {
	return r.lookupException(dst, now)
}

func (r *Route) lookupException(dst uint32, now clock.Instant) (Exception, bool) {
	i := r.exception(dst)
	if i < 0 {
		return Exception{}, false
	}
	if now > r.exceptions[i].Expires {
		r.dropException(i)
		return Exception{}, false
	}
	return r.exceptions[i], true
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
		t.each(func(r *Route) { r.exceptions, r.exceptAt = nil, nil })
	}
}

// MTUChanged tells the exceptions of the routes by a device that its MTU went
// from old to new bytes, like fib_nhc_update_mtu in net/ipv4/fib_semantics.c:
// those that knew a smaller path keep it, those that were the device's own
// limit follow it.
func (f *FIB) MTUChanged(dev int32, old, new int) {
	for _, t := range f.tables {
		t.each(func(r *Route) {
			if r.Dev != dev {
				return
			}
			for i := range r.exceptions {
				e := &r.exceptions[i]
				if e.Lock {
					if new <= e.MTU {
						e.MTU, e.Lock = new, false
					}
				} else if new < e.MTU || old == e.MTU {
					e.MTU = new
				}
			}
		})
	}
	f.gen++
}
