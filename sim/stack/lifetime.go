package stack

import (
	"slices"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
)

// Addresses that are valid for a while: check_lifetime of net/ipv4/devinet.c.

// Forever is a lifetime without end: INFINITY_LIFE_TIME.
const Forever = 1<<32 - 1

// Lifetime says how long an address is valid and, less than that, preferred.
// The zero value is for ever.
type Lifetime struct {
	Finite           bool // not IFA_F_PERMANENT
	Deprecated       bool
	Valid, Preferred uint32        // seconds from Since on, or Forever; only if Finite
	Since            clock.Instant // when they were set
	Made             clock.Instant // when the address was
}

// NewLifetime is set_ifa_lifetime.
func (ns *Namespace) NewLifetime(valid, preferred uint32) Lifetime {
	now := ns.Now()
	return Lifetime{Finite: valid != Forever, Deprecated: preferred == 0, Valid: valid, Preferred: preferred, Since: now, Made: now}
}

// Left is what of both is left, in seconds.
func (l *Lifetime) Left(now clock.Instant) (valid, preferred uint32) {
	if !l.Finite {
		return Forever, Forever
	}
	valid, preferred = l.Valid, l.Preferred
	if preferred == Forever {
		return valid, preferred
	}
	gone := uint32((now.Jiffies() - l.Since.Jiffies()) / 100)
	if valid != Forever {
		valid -= min(valid, gone)
	}
	return valid, preferred - min(preferred, gone)
}

// lifetimes is the namespace as the handler of its check.
type lifetimes Namespace

// Fire looks for addresses whose time is over.
func (l *lifetimes) Fire(uint64) { (*Namespace)(l).checkLifetimes() }

// watchLifetime makes the check run now that an address has a lifetime.
func (ns *Namespace) watchLifetime(a Address) {
	if !a.Finite {
		return
	}
	ns.w.Clock.Cancel(ns.ageing)
	ns.ageing = ns.w.Clock.After(0, (*lifetimes)(ns), 0)
}

func (ns *Namespace) checkLifetimes() {
	const (
		second = clock.Duration(time.Second)
		fuzz   = second / 4
		early  = 2 * clock.Jiffy
	)
	now := ns.Now()
	next := clock.Instant(1<<63 - 1)
	for _, in := range slices.Clone(ns.devs) {
		if in == nil {
			continue
		}
		for _, a := range slices.Clone(in.addrs) {
			if !a.Finite {
				continue
			}
			age := uint32((now.Sub(a.Since) + early) / second)
			if a.Valid != Forever && age >= a.Valid {
				if i := slices.Index(in.addrs, a); i >= 0 {
					ns.delAddress(in, i)
				}
				continue
			}
			until := a.Valid
			switch {
			case a.Preferred == Forever:
			case age < a.Preferred:
				until = a.Preferred
			case !a.Deprecated:
				i := slices.Index(in.addrs, a)
				in.addrs[i].Deprecated = true
				ns.notifyAddress(in.Device, in.addrs[i], false)
			}
			if until != Forever {
				next = min(next, a.Since.Add(clock.Duration(until)*second))
			}
		}
	}
	if next == 1<<63-1 {
		return
	}
	if whole := (next + clock.Instant(second) - 1) / clock.Instant(second) * clock.Instant(second); whole < next.Add(fuzz) {
		next = whole
	}
	ns.ageing = ns.w.Clock.Schedule(max(next, now.Add(second)), (*lifetimes)(ns), 0)
}

// ChangeAddress gives an address of d another metric and other lifetimes:
// inet_rtm_newaddr for one that is there. ok is false where it is not.
func (ns *Namespace) ChangeAddress(d *netdev.Device, a Address) (ok bool, err error) {
	in := ns.dev(d.Index)
	if in == nil {
		return false, &fib.Error{Errno: fib.ENODEV}
	}
	i := slices.IndexFunc(in.addrs, func(x Address) bool { return x.Prefix == a.Prefix && x.subnet() == a.subnet() })
	if i < 0 {
		return false, nil
	}
	x := &in.addrs[i]
	if x.Metric != a.Metric {
		ns.FIB.ChangeMetric(d.Index, x.ifaddr(), a.Metric, ns.env())
		x.Metric = a.Metric
	}
	a.Made = x.Made
	x.Lifetime = a.Lifetime
	ns.watchLifetime(*x)
	ns.notifyAddress(d, *x, false)
	return true, nil
}
