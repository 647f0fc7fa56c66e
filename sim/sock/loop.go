package sock

import (
	"encoding/binary"
	"fmt"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/stack"
)

// When to send, when to wait and when to end.

// loop is main_loop of ping_common.c.
func (g *pinger) loop() {
	o := &g.o
	for {
		switch {
		case g.exiting,
			o.Count > 0 && g.result.Received+g.result.Errors >= o.Count,
			o.Deadline > 0 && g.result.Errors > 0:
			return
		}
		if g.snapshot {
			g.status()
		}
		next := 0
		for next <= 0 {
			next = g.scheduleExit(g.probeIfDue())
		}
		now := g.p.Now()
		until, how := now.Add(g.recvTime), byJiffies // recvmsg with SO_RCVTIMEO
		if o.Adaptive || next < atLeast(g.interval) {
			polls := o.Adaptive || g.interval != 0
			switch {
			case next <= minInterval && g.inFlight() == 0:
				// The real one spins until the next millisecond counts.
				ms := int(now.Sub(g.last)/millisecond) + next
				until, how = g.last.Add(clock.Duration(ms)*millisecond), exactly
			case next <= minInterval && polls:
				until, how = now.Add(minInterval*millisecond), byTicks
			case polls:
				until, how = now.Add(clock.Duration(next)*millisecond), byTicks
			}
		}
		for g.wait(until, how) {
			g.receive()
			if g.inFlight() == 0 || g.died != 0 {
				break
			}
			until = g.p.Now() // take what is there, do not wait for more
		}
	}
}

// precision is how a waiting program comes to the end of its time, on a kernel
// without high-resolution timers.
type precision uint8

const (
	byJiffies precision = iota // schedule_timeout
	byTicks                    // poll(2), setitimer(2): with the next tick
	exactly                    // it does not sleep at all
)

// wait waits until there is something to receive. It is false when the
// instant has come, and after a signal.
func (g *pinger) wait(until clock.Instant, how precision) bool {
	for {
		switch {
		case g.interrupted():
			return false
		case g.readable():
			return true
		case g.p.Now() >= until:
			return false
		case how == byJiffies:
			g.p.Wait(until)
		default:
			g.pause(until, how)
		}
	}
}

// pause waits until something wakes the process, at the latest until an
// instant.
func (g *pinger) pause(until clock.Instant, how precision) {
	if how == byTicks {
		until = nextTick(until)
	}
	q := &g.ns.World().Clock
	g.timer = q.Schedule(until, g, timerRings)
	g.p.Pause()
	q.Cancel(g.timer)
}

// nextTick is the first tick that is not before t.
func nextTick(t clock.Instant) clock.Instant {
	j := clock.Instant(clock.Jiffy)
	return (t + j - 1) / j * j
}

// setAlarm is setitimer(2).
func (g *pinger) setAlarm(d clock.Duration) {
	q := &g.ns.World().Clock
	g.alarm = q.Schedule(nextTick(q.Now().Add(d)), g, alarmRings)
}

// Events of a run.
const (
	timerRings uint64 = iota
	alarmRings
)

// Fire is a timer of this run.
func (g *pinger) Fire(what uint64) {
	if what == alarmRings {
		g.exiting = true
	}
	g.p.Wake()
}

func (g *pinger) readable() bool { return g.inboxAt < len(g.inbox) || g.errAt < len(g.errors) }

// interrupted says that a signal or the alarm came: EINTR.
func (g *pinger) interrupted() bool {
	n := g.p.Signaled()
	if n != 0 {
		g.signal(n)
	}
	return n != 0 || g.exiting
}

// Signals, signal(7).
const (
	sigINT   = 2
	sigQUIT  = 3
	sigPIPE  = 13
	sigALRM  = 14
	sigCHLD  = 17
	sigCONT  = 18
	sigSTOP  = 19
	sigTTOU  = 22
	sigURG   = 23
	sigWINCH = 28
)

func (g *pinger) signal(n int) {
	switch {
	case n == sigINT, n == sigALRM:
		g.exiting = true
	case n == sigQUIT:
		g.snapshot = true
	case n == sigCHLD, n == sigCONT, n == sigURG, n == sigWINCH, n >= sigSTOP && n <= sigTTOU:
	default:
		g.die(n)
	}
}

// die is the end by a signal that ping does not catch: what was not flushed is
// lost.
func (g *pinger) die(n int) {
	g.exiting, g.died = true, n
	g.buf = g.buf[:0]
}

// probeIfDue sends a probe if it is time to: pinger in ping_common.c. It
// returns how many milliseconds the next one has; 0 and less mean at once.
func (g *pinger) probeIfDue() int {
	if g.exiting || g.sentAll() {
		return 1000
	}
	now := g.p.Now()
	if !g.sending {
		g.sending, g.last = true, now
		g.tokens = g.interval * (g.preload - 1)
	} else {
		// Packets must be fewer than rate × time + preload.
		n := int(now.Sub(g.last) / millisecond)
		if g.interval == 0 {
			if n < minInterval && g.inFlight() >= g.preload {
				return minInterval - n
			}
			if busy := g.last.Add(probeTime); now < busy {
				if g.sleep(busy); g.exiting {
					return 1000
				}
				now = g.p.Now()
			}
		}
		n = min(n+g.tokens, g.interval*g.preload)
		if n < g.interval {
			return g.interval - n
		}
		g.last = now
		g.tokens = n - g.interval
	}
	if g.o.Outstanding && g.result.Sent > 0 && !g.wasSeen(uint16(g.result.Sent)) {
		g.wallTime()
		g.printf("no answer yet for icmp_seq=%d\n", g.result.Sent%maxDup)
		g.flush()
	}

	errno, mtu := g.send()
	g.advance()
	if errno == 0 {
		if g.o.Flood && !g.o.Quiet {
			g.write(".")
		}
		return g.interval - g.tokens
	}
	if errno == stack.EMSGSIZE && mtu != 0 {
		g.localError(mtu)
	}
	// Other errors are silent in this release: looking for the error that
	// belongs to it in the empty error queue counts as having found one. Where
	// one is there, of a rule that rejects, the failure is told after it.
	if errno == fib.EPERM {
		turn(g.p, g.ns, time.Microsecond) // the answer comes by lo
		if g.errAt < len(g.errors) {
			g.receive()
			switch {
			case g.o.Quiet:
			case g.o.Flood:
				g.write("E")
			default:
				g.warn("sendmsg: " + strerror(errno))
			}
		}
	}
	g.tokens = 0
	return atLeast(g.interval)
}

// sleep passes time up to an instant, whatever comes in.
func (g *pinger) sleep(until clock.Instant) {
	for g.p.Now() < until && !g.exiting {
		g.pause(until, exactly)
		if n := g.p.Signaled(); n != 0 {
			g.signal(n)
		}
	}
}

func (g *pinger) sentAll() bool {
	return g.o.Count > 0 && g.result.Sent >= g.o.Count && g.o.Deadline == 0
}

// scheduleExit sets the alarm after the last probe: twice the longest round
// trip time and at least the interval, or -W when nothing was received.
func (g *pinger) scheduleExit(next int) int {
	if !g.sentAll() || g.lingering {
		return next
	}
	linger := g.o.Linger
	if g.result.Received > 0 {
		linger = max(2*clock.Duration(max(g.tmax, 1))*time.Microsecond, clock.Duration(g.interval)*millisecond)
	}
	if linger > 0 { // otherwise the alarm is off
		g.lingering = true
		g.setAlarm(linger)
		next = max(next, int(linger/millisecond))
	}
	return next
}

// send puts the next probe on its way: ping4_send_probe. mtu is what the
// kernel says when the datagram does not fit, 0 when it says nothing.
func (g *pinger) send() (errno stack.Errno, mtu int) {
	seq := uint16(g.result.Sent + 1)
	g.setSeen(seq, false)
	m := packet.PutICMP(g.probe, packet.ICMPEcho, 0, uint32(g.result.Ident)<<16|uint32(seq))
	if len(g.probe) > maxProbe {
		return stack.EMSGSIZE, 0
	}
	if g.timing {
		sec, usec := g.timeOfDay(g.p.Now())
		binary.LittleEndian.PutUint64(m.Payload(), uint64(sec))
		binary.LittleEndian.PutUint64(m.Payload()[8:], uint64(usec))
	}
	if g.o.DontRoute {
		key := fib.Key{Dst: packet.Addr32(g.dst), Src: packet.Addr32(g.sock.Source), Mark: g.o.Mark, TOS: g.o.TOS & 0x1c, Scope: fib.Link}
		if _, err := g.ns.FIB.Lookup(&key); err != nil {
			return fib.ENETUNREACH, 0
		}
	}
	// This release sends without MSG_CONFIRM.
	_, errno, mtu = g.sock.Send(g.dst, m, false)
	settle(g.p, g.ns)
	return errno, mtu
}

// localError takes the error that the kernel puts into the queue for a
// datagram that is too large.
func (g *pinger) localError(mtu int) {
	if g.o.Quiet {
		return
	}
	if g.o.Flood {
		g.write("E")
	} else {
		g.warn(fmt.Sprintf("local error: message too long, mtu=%d", mtu))
	}
	g.result.Errors++
	g.result.Failures = append(g.result.Failures, PingFailure{Local: true, Seq: uint16(g.result.Sent), MTU: mtu})
}

// advance counts a probe: advance_ntransmitted.
func (g *pinger) advance() {
	g.result.Sent++
	if uint16(g.result.Sent)-g.acked > 0x7fff { // 16 bits overflowed
		g.acked = uint16(g.result.Sent) + 1
	}
}

func (g *pinger) inFlight() int {
	if d := uint16(g.result.Sent) - g.acked; d <= 0x7fff {
		return int(d)
	}
	return g.result.Sent - g.result.Received - g.result.Errors
}

// acknowledge notes that something came back about a probe.
func (g *pinger) acknowledge(seq uint16) {
	d := uint16(g.result.Sent) - seq
	if d > 0x7fff {
		return
	}
	g.pipe = max(g.pipe, int(d)+1)
	if int16(seq-g.acked) > 0 || uint16(g.result.Sent)-g.acked > 0x7fff {
		g.acked = seq
	}
}

func (g *pinger) wasSeen(seq uint16) bool { return g.seen[seq/64]>>(seq%64)&1 != 0 }

func (g *pinger) setSeen(seq uint16, yes bool) {
	g.seen[seq/64] &^= 1 << (seq % 64)
	if yes {
		g.seen[seq/64] |= 1 << (seq % 64)
	}
}
