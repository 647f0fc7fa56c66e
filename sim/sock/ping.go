package sock

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// Numbers of iputils' ping.h.
const (
	defaultSize   = 56
	defaultLinger = 10 * second
	minInterval   = 10 // ms between probes while no reply comes
	timevalLen    = 16 // struct timeval at the front of the payload
	maxProbe      = 0xffff
)

// probeTime is what sending a probe costs when ping does not wait between
// them. A simulated program runs in no time, so a flood over a link without
// delay would never end otherwise.
const probeTime = 10 * time.Microsecond

// PingResult is what ping found out.
type PingResult struct {
	Dst      netip.Addr
	Ident    uint16
	Sent     int
	Received int // without duplicates

	Duplicates int
	Errors     int // what the statistics call so: ICMP errors and datagrams that were too large
	Pipe       int // most probes that were in flight at once

	TTLs     []uint8         // of each reply, duplicates among them
	RTTs     []time.Duration // likewise, in microseconds; none for a payload without room for the time
	Failures []PingFailure
	Time     time.Duration // from the first probe to the last
	Exit     int           // exit status: 0 some reply, 1 none, 2 nothing was sent, 128 + signal
}

// PingFailure is an ICMP error about a probe, or one that was too large to
// send.
type PingFailure struct {
	Local bool // not sent: larger than MTU
	From  netip.Addr
	Seq   uint16
	Type  packet.ICMPType
	Code  uint8
	MTU   int // of "fragmentation needed"
}

// Ping runs ping in a namespace until it is done, as process p. What it
// prints goes to out and errOut, either of which may be nil. start is the time
// of day of instant 0; it shows in the payload and with -D.
//
// The error is an *ExitError, already printed, when nothing could be sent. A
// signal sent to p ends it as it ends the real one: SIGINT prints the
// statistics, SIGQUIT a line of them.
func Ping(p *proc.Proc, ns *stack.Namespace, o PingOptions, out, errOut io.Writer, start time.Time) (PingResult, error) {
	g := &pinger{p: p, ns: ns, o: o, out: out, errOut: errOut, start: start, pipe: -1}
	defer g.close()
	if err := g.run(); err != nil {
		g.result.Exit = err.Status
		g.flush()
		g.stderr(err.Stderr)
		return g.result, err
	}
	g.result.Pipe = max(g.pipe, 0)
	return g.result, nil
}

// pinger is one run: iputils' struct ping_rts.
type pinger struct {
	p           *proc.Proc
	ns          *stack.Namespace
	o           PingOptions
	out, errOut io.Writer
	start       time.Time

	sock     *stack.RawSocket
	host     string     // as the statistics name it
	dst      netip.Addr // whereto
	source   netip.Addr
	several  bool // to several receivers
	numeric  bool
	size     int
	optLen   int // bytes of IP options that the first line speaks of
	preload  int
	interval int // ms
	recvTime clock.Duration
	timing   bool // the payload has room for the time
	probe    []byte
	options  []byte

	// What came in, in the order it came: the socket's receive queue and its
	// error queue.
	inbox   []datagram
	inboxAt int
	errors  []PingFailure
	errAt   int

	began     clock.Instant // setup was over: start_time
	last      clock.Instant // of the last probe: cur_time; valid once sending
	sending   bool
	tokens    int       // ms
	alarm     clock.Ref // SIGALRM
	timer     clock.Ref // end of a poll
	lingering bool
	exiting   bool
	snapshot  bool
	died      int // of this signal

	acked uint16
	seen  [maxDup / 64]uint64 // replies, by sequence number
	pipe  int
	rtt   int64 // smoothed round trip time in eighths of a microsecond
	tmin  int64 // µs
	tmax  int64
	tsum  float64
	tsum2 float64

	buf   []byte // of out
	oldRR [40]byte
	rrLen int

	result PingResult
}

// datagram is one that the raw socket received.
type datagram struct {
	at clock.Instant
	ip []byte
}

func (g *pinger) close() {
	if g.sock != nil {
		g.sock.Close()
	}
	q := &g.ns.World().Clock
	q.Cancel(g.alarm)
	q.Cancel(g.timer)
}

// run is main and ping4_run of ping.c.
func (g *pinger) run() *ExitError {
	g.defaults()
	if g.o.warnings != "" {
		g.stderr(g.o.warnings)
	}
	if g.o.Pattern != nil && !g.o.Quiet {
		g.printf("PATTERN: 0x%x\n", g.o.Pattern)
	}
	if g.o.FixIdent && g.o.Ident == 0 && g.o.Verbose {
		g.warn("WARNING: ident 0 => forcing raw socket")
	}
	g.sock = g.ns.OpenRaw(packet.ProtoICMP)
	g.sock.Checksum = true
	if g.o.Verbose {
		if g.o.IPv4 {
			g.warn("sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: -1 (socktype: 0), hints.ai_family: AF_INET\n")
		} else {
			g.warn("sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: 4 (socktype: SOCK_RAW), hints.ai_family: AF_UNSPEC\n")
		}
	}
	if g.source.IsValid() && !g.source.Is4() {
		return notModelled("-I " + g.source.String())
	}
	if err := g.resolve(); err != nil {
		return err
	}
	if err := g.connect(); err != nil {
		return err
	}
	if err := g.configure(); err != nil {
		return err
	}
	g.header()
	if err := g.setup(); err != nil {
		return err
	}
	g.loop()
	g.finish()
	return nil
}

// defaults turns the zero values of the options into numbers.
func (g *pinger) defaults() {
	o := &g.o
	g.size = or(o.Size, defaultSize)
	g.preload = or(o.Preload, 1)
	g.interval = or(int(o.Interval/millisecond), 0)
	if o.Interval == 0 && !o.Flood {
		g.interval = 1000
	}
	if o.Linger == 0 {
		o.Linger = defaultLinger
	}
	if o.Dev != "" {
		o.hasDev = true
	}
	if o.Source.IsValid() {
		o.Sticky = true
	}
	g.source = o.Source
	g.timing = g.size >= timevalLen
}

// or is v, unless that says "the default" with 0 or "none" by being negative.
func or(v, byDefault int) int {
	switch {
	case v == 0:
		return byDefault
	case v < 0:
		return 0
	}
	return v
}

// resolve finds the addresses of the destination and the hops before it.
func (g *pinger) resolve() *ExitError {
	host, canonical := g.o.Host, g.o.Host
	addr, isAddr := inetAton(host)
	if !isAddr {
		var err *ExitError
		if addr, canonical, err = g.lookup(host); err != nil {
			return err
		}
	}
	if g.o.Verbose {
		g.printf("ai->ai_family: AF_INET, ai->ai_canonname: '%s'\n", canonical)
	}
	g.host, g.dst, g.numeric = canonical, addr, g.o.Numeric || isAddr && len(g.o.Hops) == 0
	switch n := len(g.o.Hops); {
	case n == 0:
		return nil
	case g.o.Route, g.o.Timestamp != TSNone && (g.o.Timestamp != TSPrespec || n > 4), n > 9:
		return usage("")
	case g.o.Timestamp == TSNone:
		return notModelled("source routing (more than one destination)")
	}
	return nil
}

func (g *pinger) lookup(host string) (netip.Addr, string, *ExitError) {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		if g.o.IPv4 {
			return netip.Addr{}, "", exitf(2, "%s: Address family for hostname not supported", host)
		}
		return netip.Addr{}, "", notModelled("IPv6 (" + host + ")")
	}
	if g.o.Lookup == nil {
		return netip.Addr{}, "", exitf(2, "%s: Name or service not known", host)
	}
	a, canonical, err := g.o.Lookup(host)
	if err != nil {
		return netip.Addr{}, "", exitf(2, "%s: %v", host, err)
	}
	if a = a.Unmap(); !a.Is4() {
		return netip.Addr{}, "", notModelled(fmt.Sprintf("IPv6 (%s is %v)", host, a))
	}
	return a, canonical, nil
}

// connect asks the kernel for the way by connecting a UDP socket, and so
// learns the source address.
func (g *pinger) connect() *ExitError {
	var hops []netip.Addr
	for _, h := range g.o.Hops {
		a, ok := inetAton(h)
		if !ok {
			var err *ExitError
			if a, _, err = g.lookup(h); err != nil {
				return err
			}
		}
		hops = append(hops, a)
	}
	g.recordOptions(hops)
	if g.o.hasDev {
		if err := g.bindDevice(); err != nil {
			return err
		}
	}
	if !g.source.IsValid() || g.source.IsUnspecified() {
		dst := g.dst
		if len(hops) > 0 {
			dst = hops[0]
		}
		if err := g.connectTo(dst); err != nil {
			return err
		}
	}
	if g.dst.IsUnspecified() {
		g.dst = g.source
	}
	return nil
}

func (g *pinger) connectTo(dst netip.Addr) *ExitError {
	source, broadcast, errno := g.ns.Route(dst, netip.Addr{}, g.sock.Dev, g.o.TOS)
	if broadcast && errno == 0 {
		errno = fib.EACCES
	}
	if errno == fib.EACCES {
		if !g.o.Broadcast {
			return exitf(2, "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
		}
		g.stderr("WARNING: pinging broadcast address\n")
		source, _, errno = g.ns.Route(dst, netip.Addr{}, g.sock.Dev, g.o.TOS)
	}
	if errno != 0 {
		return exitf(2, "connect: %v", errno)
	}
	g.source = source
	if g.o.hasDev && !g.deviceHas(source) {
		g.warn("Warning: source address might be selected on device other than: " + g.o.Dev)
	}
	return nil
}

// bindDevice is SO_BINDTODEVICE.
func (g *pinger) bindDevice() *ExitError {
	if g.o.Dev == "" {
		return nil // binds to none
	}
	d := g.ns.Device(g.o.Dev[:min(len(g.o.Dev), 15)])
	switch {
	case d != nil:
		g.sock.Dev = d.Index
		return nil
	case g.dst.IsMulticast():
		return exitf(2, "unknown iface: %s", g.o.Dev)
	}
	return exitf(2, "SO_BINDTODEVICE %s: No such device", g.o.Dev)
}

func (g *pinger) deviceHas(a netip.Addr) bool {
	d := g.ns.Device(g.o.Dev)
	if d == nil {
		return false
	}
	for _, x := range g.ns.Addresses(d) {
		if x.Prefix.Addr() == a {
			return true
		}
	}
	return false
}

// recordOptions makes the IP options of -R and -T. The kernel fills in the
// sender's own part.
func (g *pinger) recordOptions(hops []netip.Addr) {
	switch {
	case g.o.Route:
		g.options = make([]byte, 40)
		copy(g.options, []byte{optNOP, optRecordRoute, 39, 4})
	case g.o.Timestamp == TSOnly:
		g.options = make([]byte, 40)
		copy(g.options, []byte{optTimestamp, 40, 5, 0})
	case g.o.Timestamp == TSAndAddr:
		g.options = make([]byte, 36)
		copy(g.options, []byte{optTimestamp, 36, 5, 1})
	case g.o.Timestamp == TSPrespec:
		g.options = append(g.options, optTimestamp, byte(4+8*len(hops)), 5, 3)
		for _, h := range hops {
			a := h.As4()
			g.options = append(append(g.options, a[:]...), 0, 0, 0, 0)
		}
	default:
		return
	}
	g.optLen = 40
}

// configure sets the options of the raw socket.
func (g *pinger) configure() *ExitError {
	o, s := &g.o, g.sock
	s.TOS, s.Mark, s.Options, s.Broadcast = o.TOS, o.Mark, g.options, o.Broadcast
	g.several = o.Broadcast || g.dst.IsMulticast()
	if g.several && o.PMTU == PMTUDefault {
		o.PMTU = PMTUDo
	}
	if o.PMTU != PMTUDefault {
		s.PMTU = o.PMTU.disc()
	}
	deaf := false
	if o.Sticky {
		switch t := g.ns.FIB.AddrType(packet.Addr32(g.source), 0); {
		case t == fib.Local || g.ns.Sysctls.NonlocalBind && t == fib.Unicast:
			s.Source = g.source
		case t == fib.Multicast || t == fib.Broadcast:
			// Takes only what is sent to that address; sends from the device's.
			deaf = true
		default:
			return exitf(2, "bind: Cannot assign requested address")
		}
	}
	if o.DontRoute && o.hasDev {
		return notModelled("-r with -I DEVICE")
	}
	if o.NoLoop && g.dst.IsMulticast() {
		return notModelled("-L to a multicast address")
	}
	if g.rcvbufTooSmall() {
		g.warn("WARNING: probably, rcvbuf is not enough to hold preload")
	}
	if o.TTL < 0 {
		return exitf(2, "cannot set unicast time-to-live: Invalid argument")
	}
	s.TTL = uint8(o.TTL)
	if !deaf {
		s.Recv, s.Error = g.recv, g.recvError
	}
	return nil
}

// rcvbufTooSmall is the question that sock_setbufs asks, with Linux's default
// rmem_max of 212992 bytes.
func (g *pinger) rcvbufTooSmall() bool {
	alloc := g.size + packet.ICMPLen
	alloc += (alloc + 511) / 512 * (g.optLen + 20 + 16 + 64 + 160)
	want := alloc * g.preload
	return 2*min(max(want, 65536), 212992) < want
}

// setup prepares the first probe.
func (g *pinger) setup() *ExitError {
	if g.interval >= maxInt/g.preload {
		return exitf(2, "illegal preload and/or interval: %d", g.interval)
	}
	g.recvTime = clock.Duration(atLeast(g.interval)) * millisecond
	g.fillProbe()
	g.result.Ident = g.o.Ident
	if !g.o.FixIdent {
		g.result.Ident = uint16(g.ns.World().Stream(fmt.Sprintf("ping %s %d", g.ns.Name, g.p.PID)).Uint32())
	}
	g.result.Dst = g.dst
	if n := min(g.o.Count, 1024); n > 0 {
		g.result.TTLs = make([]uint8, 0, n)
		g.result.RTTs = make([]time.Duration, 0, n)
	}
	g.began = g.p.Now()
	if g.o.Deadline > 0 {
		g.setAlarm(g.o.Deadline)
	}
	return nil
}

// fillProbe makes the ICMP message: 0, 1, 2 … or the pattern of -p.
func (g *pinger) fillProbe() {
	g.probe = make([]byte, packet.ICMPLen+min(g.size, maxProbe))
	data := g.probe[packet.ICMPLen:]
	for i := range data {
		switch n := len(g.o.Pattern); {
		case n > 0:
			data[i] = g.o.Pattern[i%n]
		case g.o.Pattern == nil:
			data[i] = byte(i)
		}
	}
}

// atLeast is SCHINT.
func atLeast(ms int) int { return max(ms, minInterval) }

// timeOfDay is the wall clock's time in seconds and microseconds.
func (g *pinger) timeOfDay(at clock.Instant) (sec, usec int64) {
	ns := int64(g.start.Nanosecond()) + int64(at)
	return g.start.Unix() + ns/int64(second), ns % int64(second) / 1000
}

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
	// belongs to it in the empty error queue counts as having found one.
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

// warn prints a line on stderr as error(3) does, which flushes stdout first.
func (g *pinger) warn(line string) {
	g.flush()
	g.stderr("ping: " + line + "\n")
}

func (g *pinger) stderr(s string) {
	if g.errOut != nil && s != "" {
		_, _ = io.WriteString(g.errOut, s)
	}
}

// finish prints the statistics and chooses the exit status.
func (g *pinger) finish() {
	r := &g.result
	if r.Sent > 0 {
		r.Time = g.last.Sub(g.began)
	}
	if g.died == 0 {
		g.statistics()
		g.flush()
	}
	switch {
	case g.died != 0:
		r.Exit = 128 + g.died
	case r.Received == 0 || g.o.Deadline > 0 && r.Received < g.o.Count:
		r.Exit = 1
	}
}

// header is ping's first line.
func (g *pinger) header() {
	if g.out == nil {
		return
	}
	var from strings.Builder
	if g.o.hasDev || g.o.Sticky {
		fmt.Fprintf(&from, "from %v %s: ", g.source, g.o.Dev)
	}
	g.printf("PING %s (%v) %s%d(%d) bytes of data.\n", g.host, g.dst, from.String(), g.size, g.size+packet.ICMPLen+g.optLen+packet.IPv4Len)
	if g.o.Terminal {
		g.flush()
	}
}
