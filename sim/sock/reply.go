package sock

import (
	"encoding/binary"
	"fmt"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/stack"
)

// What comes back.

// recv is the raw socket's receive queue behind its filters: echo replies with
// our identifier, and redirects and source quenches about our probes. Other
// errors come by recvError.
func (g *pinger) recv(ip packet.IPv4) {
	m, err := packet.ParseICMP(ip.Payload())
	if err != nil {
		return
	}
	switch m.Type() {
	case packet.ICMPEchoReply:
		if m.ID() != g.result.Ident {
			return
		}
	case packet.ICMPRedirect, packet.ICMPSourceQuench:
		if _, ok := g.ours(m.Payload()); !ok {
			return
		}
	default:
		return
	}
	n := len(g.inbox)
	if n < cap(g.inbox) {
		g.inbox = g.inbox[:n+1] // with the bytes it had before
	} else {
		g.inbox = append(g.inbox, datagram{})
	}
	d := &g.inbox[n]
	d.at, d.ip = g.p.Now(), append(d.ip[:0], ip...)
	g.p.Wake()
}

// ours is the probe that an ICMP error quotes, if it is one of this run.
func (g *pinger) ours(quote []byte) (probe packet.ICMP, ok bool) {
	if len(quote) < packet.IPv4Len {
		return nil, false
	}
	q := packet.IPv4(quote)
	if q.HeaderLen() < packet.IPv4Len || len(quote) < q.HeaderLen()+packet.ICMPLen || q.Dst() != g.dst {
		return nil, false
	}
	m := packet.ICMP(q.Payload())
	return m, m.Type() == packet.ICMPEcho && m.ID() == g.result.Ident
}

// recvError is the socket's error queue (IP_RECVERR).
func (g *pinger) recvError(e stack.SocketError) {
	m, ok := g.ours(e.Datagram)
	if !ok {
		return
	}
	g.errors = append(g.errors, PingFailure{From: e.From, Seq: m.Seq(), Type: e.Type, Code: e.Code, MTU: e.MTU})
	g.p.Wake()
}

// receive takes one thing that came in; errors go first, as with recvmsg.
func (g *pinger) receive() {
	if g.errAt < len(g.errors) {
		e := &g.errors[g.errAt]
		g.errAt++
		g.icmpError(e)
		if g.errAt == len(g.errors) {
			g.errors, g.errAt = g.errors[:0], 0
		}
		return
	}
	d := &g.inbox[g.inboxAt]
	g.inboxAt++
	g.reply(d.at, d.ip)
	if g.inboxAt == len(g.inbox) {
		g.inbox, g.inboxAt = g.inbox[:0], 0
	}
}

// icmpError takes an ICMP error about a probe: ping4_receive_error_msg.
func (g *pinger) icmpError(e *PingFailure) {
	g.acknowledge(e.Seq)
	g.result.Errors++
	g.result.Failures = append(g.result.Failures, *e)
	switch {
	case g.o.Quiet || g.out == nil:
	case g.o.Flood:
		g.write("\bE")
	default:
		g.wallTime()
		g.text("From ")
		g.addr(e.From)
		g.printf(" icmp_seq=%d ", e.Seq)
		g.icmpText(e.Type, e.Code, uint32(e.MTU), nil)
		g.flush()
	}
}

// reply takes a datagram of the receive queue: ping4_parse_reply.
func (g *pinger) reply(at clock.Instant, ip packet.IPv4) {
	m := packet.ICMP(ip.Payload())
	if m.Type() != packet.ICMPEchoReply {
		g.redirect(ip, m)
		return
	}
	rtt := g.gather(at, ip, m)
	if g.o.Quiet || g.out == nil {
		return
	}
	if g.o.Flood {
		g.write("\b \b")
		if g.o.Audible {
			g.write("\a")
		}
		return
	}
	g.replyLine(ip, m, rtt)
	g.flush()
}

// measured is a reply's round trip time and what is special about it.
type measured struct {
	rtt int64 // µs
	dup bool
}

// gather counts a reply: the first half of gather_statistics.
func (g *pinger) gather(at clock.Instant, ip packet.IPv4, m packet.ICMP) measured {
	var r measured
	g.result.TTLs = append(g.result.TTLs, ip.TTL())
	g.acknowledge(m.Seq())
	if g.timing && len(m) >= packet.ICMPLen+timevalLen {
		r.rtt = g.roundTrip(at, m.Payload())
		g.tsum += float64(r.rtt)
		g.tsum2 += float64(r.rtt * r.rtt)
		if len(g.result.RTTs) == 0 || r.rtt < g.tmin {
			g.tmin = r.rtt
		}
		g.tmax = max(g.tmax, r.rtt)
		if g.rtt == 0 {
			g.rtt = r.rtt * 8
		} else {
			g.rtt += r.rtt - g.rtt/8
		}
		g.result.RTTs = append(g.result.RTTs, clock.Duration(r.rtt)*time.Microsecond)
		if g.o.Adaptive {
			g.interval = int((g.rtt/8 + 500) / 1000)
		}
	}
	if g.wasSeen(m.Seq()) {
		g.result.Duplicates++
		r.dup = true
	} else {
		g.result.Received++
		g.setSeen(m.Seq(), true)
	}
	return r
}

// roundTrip is the time since the probe was sent, in microseconds, as its
// payload says.
func (g *pinger) roundTrip(at clock.Instant, payload []byte) int64 {
	sec, usec := g.timeOfDay(at)
	rtt := (sec-int64(binary.LittleEndian.Uint64(payload)))*1e6 + usec - int64(binary.LittleEndian.Uint64(payload[8:]))
	if rtt < 0 { // somebody changed the payload
		g.warn(fmt.Sprintf("Warning: time of day goes back (%dus), taking countermeasures", rtt))
		rtt = 0
	}
	return rtt
}

// redirect reports a redirect or source quench about a probe.
func (g *pinger) redirect(ip packet.IPv4, m packet.ICMP) {
	if g.o.Quiet || g.o.Flood || g.out == nil {
		return
	}
	probe, ok := g.ours(m.Payload())
	if !ok {
		return
	}
	g.wallTime()
	g.text("From ")
	g.addr(ip.Src())
	g.printf(": icmp_seq=%d ", probe.Seq())
	if !m.ChecksumOK() {
		g.text("(BAD CHECKSUM)")
	}
	g.icmpText(m.Type(), m.Code(), binary.BigEndian.Uint32(m[4:8]), m.Payload())
}
