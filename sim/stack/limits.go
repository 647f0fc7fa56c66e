package stack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/netdev"
)

// hz is the number of jiffies a second.
const hz = int64(1e9) / int64(clock.Jiffy)

// inetPeer is what is remembered of one remote address: struct inet_peer in
// net/ipv4/inetpeer.c, here the token bucket of ICMP errors.
type inetPeer struct {
	tokens    int64 // jiffies
	last      int64 // jiffies; of errors and redirects alike
	redirects int
}

// peer finds or makes the entry of an address. A new one was last used a
// minute ago, so its bucket is full.
func (ns *Namespace) peer(addr uint32) *inetPeer {
	p := ns.peers[addr]
	if p == nil {
		if ns.peers == nil {
			ns.peers = map[uint32]*inetPeer{}
		}
		p = &inetPeer{last: ns.Now().Jiffies() - 60*hz}
		ns.peers[addr] = p
	}
	return p
}

// allowICMP is inet_peer_xrlim_allow: one message per limit (ms), bursts of
// six.
func (p *inetPeer) allowICMP(now clock.Instant, limit int) bool {
	const burst = 6                  // XRLIM_BURST_FACTOR
	cost := int64(limit) * hz / 1000 // 0 always allows, and leaves nothing in the bucket
	j := now.Jiffies()
	p.tokens = min(p.tokens+j-p.last, burst*cost)
	p.last = j
	if p.tokens < cost {
		return false
	}
	p.tokens -= cost
	return true
}

// allowRouteError is the bucket of ip_error: ip_rt_error_cost and
// ip_rt_error_burst, one a second and bursts of five.
func (p *inetPeer) allowRouteError(now clock.Instant) bool {
	j := now.Jiffies()
	p.tokens = min(p.tokens+j-p.last, 5*hz)
	p.last = j
	if p.tokens < hz {
		return false
	}
	p.tokens -= hz
	return true
}

// Redirects, net/ipv4/route.c: ip_rt_redirect_number of them, then silence
// for ip_rt_redirect_silence, and ever longer gaps between them.
const (
	redirectNumber  = 9
	redirectLoad    = 2 // jiffies: HZ/50
	redirectSilence = redirectLoad << (redirectNumber + 1)
)

func (p *inetPeer) allowRedirect(now clock.Instant) bool {
	j := now.Jiffies()
	if j > p.last+redirectSilence {
		p.tokens, p.redirects = 0, 0
	}
	if p.redirects >= redirectNumber {
		p.last = j
		return false
	}
	return p.redirects == 0 || j > p.last+redirectLoad<<p.redirects
}

func (p *inetPeer) redirected(now clock.Instant) {
	p.last = now.Jiffies()
	p.redirects++
}

// tokenBucket limits all ICMP errors of a namespace: icmp_global_allow and
// icmp_global_consume in net/ipv4/icmp.c.
type tokenBucket struct {
	credit int   // may be one below zero
	stamp  int64 // jiffies
	used   bool
}

// allow asks, without taking, for the credit of one message.
func (t *tokenBucket) allow(now clock.Instant, perSec, burst int) bool {
	if t.credit > 0 {
		return true
	}
	j := now.Jiffies()
	if !t.used { // as if the machine had been up for a while
		t.used, t.stamp = true, j-hz
	}
	delta := min(j-t.stamp, hz)
	if delta < hz/50 {
		return false
	}
	incr := perSec * int(delta) / int(hz)
	if incr == 0 {
		return false
	}
	t.stamp = j
	t.credit = min(t.credit+incr, burst)
	return true
}

// consume takes the credit of a message that is sent, a random one so that
// nobody can count them from outside.
func (t *tokenBucket) consume(rng *netdev.Rand) { t.credit -= int(rng.Below(3)) }

// identTable are the counters that IPv4 identifications come from:
// ip_idents_reserve in net/ipv4/route.c. They are the machine's, indexed by a
// hash of addresses, protocol and namespace.
type identTable struct {
	slots [2048]ident
	rng   *netdev.Rand
}

type ident struct {
	id    uint32
	stamp int64 // jiffies
}

func (t *identTable) init(rng *netdev.Rand) {
	t.rng = rng
	for i := range t.slots {
		t.slots[i].id = rng.Uint32()
	}
}

// next reserves n identifications and returns the first: one more than the
// last within a jiffy, otherwise a random step of at most the jiffies passed.
func (t *identTable) next(ns *Namespace, src, dst uint32, proto packet.Proto, n uint32) uint16 {
	h := uint64(dst)<<32 | uint64(src)
	h ^= uint64(proto)<<17 ^ uint64(ns.key)<<13
	h *= 0x9e3779b97f4a7c15
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	s := &t.slots[h>>53]
	now := t.now(ns)
	var delta uint32
	if s.stamp != now {
		delta = t.rng.Below(uint32(min(now-s.stamp, 1<<31)))
		s.stamp = now
	}
	s.id += n + delta
	return uint16(s.id - n)
}

// now counts from before the start: a machine that has just booted would give
// steps of 0.
func (t *identTable) now(ns *Namespace) int64 { return ns.Now().Jiffies() + 1000*hz }
