package sock

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
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
