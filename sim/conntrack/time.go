package conntrack

import (
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
)

const (
	udpStreamAge  = 2 * time.Second // nf_conntrack_proto_udp.c
	sweepAllEvery = time.Second
)

// jiffy is the tick that an instant belongs to; the kernel's timeouts count in
// ticks.
func jiffy(now clock.Instant) clock.Instant { return now - now%clock.Instant(clock.Jiffy) }

// expired is nf_ct_is_expired.
func (c *Conn) expired(now clock.Instant) bool { return c.Status&Confirmed != 0 && now >= c.Expires }

// refresh prolongs the entry's life and counts the packet: nf_ct_refresh_acct.
func (c *Conn) refresh(info Info, ip packet.IPv4, timeout clock.Duration, now clock.Instant) {
	c.account(info, ip)
	if c.Status&FixedTimeout != 0 {
		return
	}
	c.timeout = timeout
	if c.Status&Confirmed != 0 {
		c.Expires = jiffy(now).Add(timeout)
	}
}

func (c *Conn) account(info Info, ip packet.IPv4) {
	if c.acct {
		a := &c.Acct[info.Dir()]
		a.Packets++
		a.Bytes += uint64(ip.TotalLen())
	}
}
