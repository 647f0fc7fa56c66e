package sock

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// TracerouteOptions say where to and how. The zero values are the defaults of
// traceroute 2.1.2.
type TracerouteOptions struct {
	Host      string
	PacketLen int // bytes with IP header; 0: 60

	ICMP    bool           // -I: echo requests
	UDP     bool           // -U: to one port
	TCP     bool           // -T: SYNs to one port
	Numeric bool           // -n
	DontF   bool           // -F: set DF
	First   int            // -f
	MaxHops int            // -m
	Sim     int            // -N: probes in flight
	Queries int            // -q: probes for each hop
	Port    int            // -p
	TOS     uint8          // -t
	Wait    clock.Duration // -w: 0: 5 s; negative: none
	Here    float64        // of a reply from the same hop: how many times longer to wait
	Near    float64        // of a reply from a later one
	SetWait bool           // -w was given: Here and Near count as they are
	Dev     string         // -i
	Source  netip.Addr     // -s
	Gap     clock.Duration // -z: least time between probes

	// Lookup and Name are those of PingOptions.
	Lookup func(host string) (addr netip.Addr, canonical string, err error)
	Name   func(a netip.Addr) string
}

// Numbers of traceroute.c.
const (
	trHops      = 30
	trSim       = 16
	trQueries   = 3
	trPort      = 33434
	trUDPPort   = 53
	trData      = 40 // bytes behind the IP header
	trMaxHops   = 255
	trMaxProbes = 10
	trMaxLen    = 65000
	trHere      = 3
	trNear      = 10
)

func trError(format string, args ...any) *ExitError {
	return &ExitError{Status: 2, Stderr: fmt.Sprintf(format, args...) + "\n"}
}

// ParseTraceroute reads the words after `traceroute`. The error is an
// *ExitError with what traceroute prints and its exit status.
func ParseTraceroute(args []string) (TracerouteOptions, error) {
	var o TracerouteOptions
	var words []string
	if len(args) == 0 {
		return o, &ExitError{Status: 0, Stderr: trUsage}
	}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			words = append(words, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			words = append(words, a)
			continue
		}
		if long, value, has := strings.Cut(a, "="); strings.HasPrefix(a, "--") {
			short, ok := trLong[long]
			switch {
			case long == "--help":
				return o, &ExitError{Status: 0, Stderr: trUsage}
			case long == "--version":
				return o, &ExitError{Status: 0, Stdout: trVersion}
			case !ok:
				return o, trError("Bad option `%s' (argc %d)", a, i+1)
			}
			a = "-" + short
			if has {
				a += value
			}
		}
		for rest := a[1:]; rest != ""; {
			f := rest[0]
			rest = rest[1:]
			value := ""
			if strings.IndexByte("fmNpqtwisz", f) >= 0 {
				value = rest
				if value == "" {
					if i+1 >= len(args) {
						return o, trError("Option `-%c' (argc %d) requires an argument: `-%c %s'", f, i+1, f, trArg[f])
					}
					i++
					value = args[i]
				}
				rest = ""
			}
			if err := o.set(f, value, i+1); err != nil {
				return o, err
			}
		}
	}
	switch len(words) {
	case 0:
		return o, trError("Specify \"host\" missing argument.")
	case 2:
		n, err := strconv.ParseInt(words[1], 0, 32)
		if err != nil {
			return o, trError("Cannot handle \"packetlen\" cmdline arg `%s' on position 2 (argc %d)", words[1], len(args))
		}
		o.PacketLen = int(n)
		if n > trMaxLen {
			return o, trError("too big packetlen %d specified", n)
		}
	case 1:
	default:
		return o, trError("Extra arg `%s' (position 3, argc %d)", words[2], len(args))
	}
	o.Host = words[0]
	return o, o.check()
}

var errTrValue = errors.New("value")

func (o *TracerouteOptions) set(f byte, value string, argc int) error {
	number := func(to *int) error {
		n, err := strconv.ParseUint(value, 0, 31)
		if err != nil {
			return errTrValue
		}
		*to = int(n)
		if n == 0 {
			*to = -1
		}
		return nil
	}
	var err error
	switch f {
	case '4', 'd':
	case 'I':
		o.ICMP, o.UDP = true, false
	case 'T':
		o.TCP = true
	case 'U':
		o.ICMP, o.UDP = false, true
	case 'n':
		o.Numeric = true
	case 'F':
		o.DontF = true
	case 'f':
		err = number(&o.First)
	case 'm':
		err = number(&o.MaxHops)
	case 'N':
		err = number(&o.Sim)
	case 'p':
		err = number(&o.Port)
	case 'q':
		err = number(&o.Queries)
	case 't':
		n := 0
		err = number(&n)
		o.TOS = uint8(max(n, 0))
	case 'w':
		err = o.setWait(value)
	case 'i':
		o.Dev = value
	case 's':
		a, ok := inetAton(value)
		if !ok {
			return &ExitError{Status: 2, Stderr: value + ": Name or service not known\n" + fmt.Sprintf("Cannot handle `-s' option with arg `%s' (argc %d)\n", value, argc)}
		}
		o.Source = a
	case 'z':
		s, e := strconv.ParseFloat(value, 64)
		if err = e; s >= 10 {
			s /= 1000
		}
		if s < 0 {
			return trError("bad sendtime `%g' specified", s)
		}
		o.Gap = clock.Duration(s * 1e9)
	case 'V':
		return &ExitError{Status: 0, Stdout: trVersion}
	case '6', 'e', 'A', 'D', 'g', 'l', 'M', 'O', 'P', 'r':
		return trError("traceroute: not modelled: -%c", f)
	default:
		return trError("Bad option `-%c' (argc %d)", f, argc)
	}
	if err != nil {
		return trError("Cannot handle `-%c' option with arg `%s' (argc %d)", f, value, argc)
	}
	return nil
}

// setWait reads MAX[,HERE[,NEAR]].
func (o *TracerouteOptions) setWait(value string) error {
	o.SetWait, o.Here, o.Near = true, 0, 0
	var n [3]float64
	parts := strings.Split(value, ",")
	if len(parts) > len(n) {
		return errTrValue
	}
	for i, p := range parts {
		var err error
		if n[i], err = strconv.ParseFloat(p, 64); err != nil {
			return err
		}
	}
	if n[0] < 0 || n[1] < 0 || n[2] < 0 {
		return trError("bad wait specifications `%g,%g,%g' used", n[0], n[1], n[2])
	}
	o.Wait, o.Here, o.Near = clock.Duration(n[0]*1e9), n[1], n[2]
	return nil
}

func (o *TracerouteOptions) check() error {
	first, most, q := or(o.First, 1), or(o.MaxHops, trHops), or(o.Queries, trQueries)
	switch {
	case first == 0 || first > most:
		return trError("first hop out of range")
	case most > trMaxHops:
		return trError("max hops cannot be more than %d", trMaxHops)
	case q == 0 || q > trMaxProbes:
		return trError("no more than %d probes per hop", trMaxProbes)
	}
	return nil
}

// TracerouteProbe is what became of one probe.
type TracerouteProbe struct {
	TTL  int
	From netip.Addr     // who answered; invalid where nobody did
	RTT  clock.Duration // valid iff From is
	Note string         // !H, !N, !X …
}

// TracerouteResult is what traceroute found out, in the order of printing.
type TracerouteResult struct {
	Dst    netip.Addr
	Probes []TracerouteProbe
}

// Traceroute runs traceroute in a namespace, as process p. What it prints goes
// to out and errOut, either of which may be nil. The error is an *ExitError,
// already printed.
func Traceroute(p *proc.Proc, ns *stack.Namespace, o TracerouteOptions, out, errOut io.Writer) (TracerouteResult, error) {
	t := &tracer{p: p, ns: ns, o: o, out: out, nextPort: or(o.Port, trPort), nextSeq: 1}
	defer t.close()
	err := t.run()
	if err != nil {
		if errOut != nil {
			_, _ = io.WriteString(errOut, err.Stderr)
		}
		return t.result, err
	}
	return t.result, nil
}

// tracer is one run: the state of traceroute.c.
type tracer struct {
	p   *proc.Proc
	ns  *stack.Namespace
	o   TracerouteOptions
	out io.Writer

	dst      netip.Addr
	dev      int32
	queries  int
	wait     clock.Duration
	here     float64
	near     float64
	data     []byte
	probes   []trProbe
	raw      *stack.RawSocket
	ident    uint16
	nextPort int
	nextSeq  uint16
	errors   []trReply // that came to the socket of -I: its error queue
	replies  []trReply // and its receive queue
	result   TracerouteResult
}

// trReply is something that came back to the socket of -I.
type trReply struct {
	at   clock.Instant
	seq  uint16
	from netip.Addr
	ttl  uint8
	typ  packet.ICMPType
	code uint8
	mtu  int
}

type trProbe struct {
	sent    bool
	done    bool
	final   bool
	at      clock.Instant
	got     clock.Instant
	replied bool
	from    netip.Addr
	ttl     uint8
	note    string
	seq     uint16
	conn    *UDPConn
	holder  *stack.Socket // keeps the source port of a SYN
}

func (t *tracer) close() {
	if t.raw != nil {
		t.raw.Close()
	}
	for i := range t.probes {
		t.release(&t.probes[i])
	}
}

func (t *tracer) printf(format string, args ...any) {
	if t.out != nil {
		fmt.Fprintf(t.out, format, args...)
	}
}

// perror is error(): a line end for what stands on stdout, and the text of the
// error.
func perror(call string, e stack.Errno) *ExitError {
	return &ExitError{Status: 1, Stderr: "\n" + call + ": " + strerror(e) + "\n"}
}

func (t *tracer) run() *ExitError {
	o := &t.o
	if err := o.check(); err != nil {
		return err.(*ExitError) //nolint:errorlint // check returns nothing else
	}
	var ok bool
	if t.dst, ok = inetAton(o.Host); !ok {
		if o.Lookup == nil {
			return trNoHost(o.Host, "Name or service not known")
		}
		a, _, err := o.Lookup(o.Host)
		if err != nil {
			return trNoHost(o.Host, err.Error())
		}
		t.dst = a.Unmap()
	}
	t.result.Dst = t.dst
	t.queries = or(o.Queries, trQueries)
	t.wait, t.here, t.near = o.Wait, o.Here, o.Near
	if !o.SetWait {
		t.here, t.near = trHere, trNear
		if t.wait == 0 {
			t.wait = 5 * second
		}
	}
	header := packet.IPv4Len
	size := trData
	switch {
	case o.TCP: // its header and options are all
		header, size = header+packet.TCPLen+trTCPOptions, 0
	case !o.ICMP:
		header += packet.UDPLen
		size -= packet.UDPLen
	}
	if o.PacketLen > 0 && !o.TCP {
		size = max(o.PacketLen-header, 0)
	}
	if o.ICMP {
		size = max(size, packet.ICMPLen)
	}
	t.data = make([]byte, size)
	for i := range t.data {
		t.data[i] = byte(0x40 + i&0x3f)
	}
	if o.Dev != "" {
		d := t.ns.Device(o.Dev)
		switch {
		case d != nil:
			t.dev = d.Index
		case !o.ICMP && !o.TCP: // the probes' own sockets come after the first line
			t.begin(header + size)
			fallthrough
		default:
			return perror("setsockopt SO_BINDTODEVICE", fib.ENODEV)
		}
	}
	t.probes = make([]trProbe, or(o.MaxHops, trHops)*t.queries)
	switch {
	case o.ICMP:
		if err := t.openRaw(); err != nil {
			return err
		}
	case o.TCP:
		if err := t.openRawTCP(); err != nil {
			return err
		}
	}
	t.begin(header + size)
	if err := t.loop(); err != nil {
		return err
	}
	t.printf("\n")
	return nil
}

// begin prints the first line; probes have so many bytes.
func (t *tracer) begin(bytes int) {
	t.printf("traceroute to %s (%v), %d hops max, %d byte packets", t.o.Host, t.dst, or(t.o.MaxHops, trHops), bytes)
}

func trNoHost(host, why string) *ExitError {
	return trError("%s: %s\nCannot handle \"host\" cmdline arg `%s' on position 1 (argc 1)", host, why, host)
}

// rawSource binds and connects a raw socket: the address that it sends from.
func (t *tracer) rawSource() (netip.Addr, *ExitError) {
	if from := t.o.Source; from.IsValid() && !from.IsUnspecified() && t.ns.FIB.AddrTypeFor(packet.Addr32(from), t.dev) != fib.Local {
		return from, perror("bind", stack.EADDRNOTAVAIL)
	}
	src, _, errno := t.ns.Route(t.dst, t.o.Source, t.dev, t.o.TOS)
	if errno != 0 {
		return src, perror("connect", errno)
	}
	return src, nil
}

// openRaw makes the socket of -I.
func (t *tracer) openRaw() *ExitError {
	src, err := t.rawSource()
	if err != nil {
		return err
	}
	r := t.ns.OpenRaw(packet.ProtoICMP)
	r.Source, r.Dev, r.TOS, r.PMTU, r.Checksum = src, t.dev, t.o.TOS, t.pmtu(), true
	t.ident = uint16(t.p.PID)
	if t.o.Port > 0 {
		t.nextSeq = uint16(t.o.Port)
	}
	r.Recv = t.echoReply
	r.Error = func(e stack.SocketError) {
		m, err := packet.ParseICMP(e.Datagram.Payload())
		if err != nil || e.Datagram.Dst() != t.dst || m.ID() != t.ident {
			return
		}
		t.errors = append(t.errors, trReply{at: t.ns.Now(), seq: m.Seq(), from: e.From, ttl: e.TTL, typ: e.Type, code: e.Code, mtu: e.MTU})
		t.p.Wake()
	}
	t.raw = r
	return nil
}

func (t *tracer) pmtu() stack.PMTUDisc {
	if t.o.DontF {
		return stack.PMTUProbe
	}
	return stack.PMTUDont
}

func (t *tracer) echoReply(ip packet.IPv4) {
	m, err := packet.ParseICMP(ip.Payload())
	if err != nil || ip.Src() != t.dst || m.Type() != packet.ICMPEchoReply || m.ID() != t.ident {
		return
	}
	t.replies = append(t.replies, trReply{at: t.ns.Now(), seq: m.Seq(), from: ip.Src(), ttl: ip.TTL()})
	t.p.Wake()
}

func (t *tracer) bySeq(seq uint16) *trProbe {
	for i := range t.probes {
		if pb := &t.probes[i]; pb.sent && !pb.done && pb.seq == seq {
			return pb
		}
	}
	return nil
}

// finished is probe_done for one that was answered.
func (t *tracer) finished(pb *trProbe, at clock.Instant) {
	pb.got, pb.replied, pb.done = at, true, true
	t.release(pb)
}

func (t *tracer) release(pb *trProbe) {
	if pb.conn != nil {
		pb.conn.Close()
		pb.conn = nil
	}
	if pb.holder != nil {
		pb.holder.Close()
		pb.holder = nil
	}
}

// loop is do_it: send while few enough are in flight, print in order, wait.
func (t *tracer) loop() *ExitError {
	q := t.queries
	start, end := (or(t.o.First, 1)-1)*q, len(t.probes)
	sim := or(t.o.Sim, trSim)
	var last clock.Instant
	sentAny := false
	for start < end {
		var next clock.Instant
		now, inFlight := t.p.Now(), 0
		for n := start; n < end; n++ {
			pb := &t.probes[n]
			if n == start && !pb.done && pb.sent {
				if expire := pb.at.Add(t.timeoutOf(n)); expire > now {
					next = expire
				} else {
					pb.done = true
					t.release(pb)
					t.checkExpired(n)
				}
			}
			if pb.done {
				if n == start {
					t.print(n)
					start++
				}
				if pb.final {
					end = (n/q + 1) * q
				}
				continue
			}
			if !pb.sent {
				if due := last.Add(t.o.Gap); t.o.Gap > 0 && sentAny && due > now {
					next = due
					break
				}
				if err := t.send(pb, n/q+1); err != nil {
					return err
				}
				last, sentAny = pb.at, true
			}
			if next == 0 {
				next = pb.at.Add(t.timeoutOf(n))
			}
			if inFlight++; inFlight >= sim {
				break
			}
		}
		if next != 0 && start < end {
			t.poll(next)
		}
		if n := t.p.Signaled(); n != 0 {
			return &ExitError{Status: 128 + n}
		}
	}
	return nil
}

// poll waits for answers, in milliseconds as poll(2) does, and takes one from
// each socket.
func (t *tracer) poll(until clock.Instant) {
	if !t.readable() {
		ms := (until.Sub(t.p.Now()) + millisecond - 1) / millisecond
		if t.p.WaitTick(t.p.Now().Add(ms * millisecond)) {
			turn(t.p, t.ns, millisecond) // the answers to the other probes of the burst are here by then
		}
	}
	switch {
	case len(t.errors) > 0:
		e := t.errors[0]
		t.errors = t.errors[1:]
		if pb := t.bySeq(e.seq); pb != nil {
			t.icmpResult(pb, e.from, e.typ, e.code, e.mtu, e.ttl, e.at)
		}
	case len(t.replies) > 0:
		r := t.replies[0]
		t.replies = t.replies[1:]
		if pb := t.bySeq(r.seq); pb != nil {
			pb.final, pb.from, pb.ttl = true, r.from, r.ttl
			t.finished(pb, r.at)
		}
	}
	for i := range t.probes {
		pb := &t.probes[i]
		if pb.conn == nil {
			continue
		}
		if e, ok := pb.conn.ReadError(); ok {
			if e.Local {
				pb.note, pb.final = fmt.Sprintf("!F-%d", e.Info), true
				t.finished(pb, e.At)
				continue
			}
			t.icmpResult(pb, e.From, e.Type, e.Code, e.Info, e.TTL, e.At)
			continue
		}
		if len(pb.conn.inbox) > 0 { // something there listens, and has answered
			d := pb.conn.inbox[0]
			pb.final, pb.from, pb.ttl = true, d.from.Addr(), d.ttl
			t.finished(pb, d.at)
		}
	}
}

func (t *tracer) readable() bool {
	if len(t.errors) > 0 || len(t.replies) > 0 {
		return true
	}
	for i := range t.probes {
		if c := t.probes[i].conn; c != nil && (len(c.errs) > 0 || len(c.inbox) > 0) {
			return true
		}
	}
	return false
}

// send puts a probe on its way.
func (t *tracer) send(pb *trProbe, ttl int) *ExitError {
	pb.at, pb.sent = t.p.Now(), true
	if t.o.ICMP {
		t.raw.TTL = uint8(ttl)
		pb.seq = t.nextSeq
		packet.PutICMP(t.data, packet.ICMPEcho, 0, uint32(t.ident)<<16|uint32(pb.seq))
		t.nextSeq++
		_, errno, _ := t.raw.Send(t.dst, t.data, false)
		settle(t.p, t.ns)
		if errno != 0 && errno != stack.EMSGSIZE {
			return perror("send", errno)
		}
		return nil
	}
	if t.o.TCP {
		return t.sendSYN(pb, ttl)
	}
	port := t.nextPort
	if t.o.UDP {
		port = or(t.o.Port, trUDPPort)
	} else {
		t.nextPort++
	}
	c := OpenUDP(t.p, t.ns)
	c.TTL, c.TOS, c.PMTU, c.Dev = uint8(ttl), t.o.TOS, t.pmtu(), t.dev
	pb.conn = c
	if errno := c.Bind(netip.AddrPortFrom(t.o.Source, 0)); errno != 0 {
		return perror("bind", errno)
	}
	if errno := c.Connect(netip.AddrPortFrom(t.dst, uint16(port))); errno != 0 {
		return perror("connect", errno)
	}
	c.EnableErrors()
	if _, err := c.Write(t.data); err != nil {
		if errno := err.(Error).Errno; errno != stack.EMSGSIZE { //nolint:errorlint // nothing else comes
			return perror("send", errno)
		}
	}
	return nil
}

// icmpResult is parse_icmp_res.
func (t *tracer) icmpResult(pb *trProbe, from netip.Addr, typ packet.ICMPType, code uint8, info int, ttl uint8, at clock.Instant) {
	if typ == packet.ICMPSourceQuench || typ == packet.ICMPRedirect {
		return
	}
	pb.from, pb.ttl = from, ttl
	if typ != packet.ICMPTimeExceeded || code != packet.CodeTTLExceeded {
		pb.final = true
		pb.note = fmt.Sprintf("!<%d-%d>", typ, code)
		if typ == packet.ICMPUnreachable {
			pb.note = unreachableNote(code, info)
		}
	}
	t.finished(pb, at)
}

func unreachableNote(code uint8, info int) string {
	switch code {
	case packet.CodeNetUnreachable, 6, 8, 11:
		return "!N"
	case packet.CodeHostUnreachable, 7, 12:
		return "!H"
	case packet.CodeNetProhibited, packet.CodeHostProhibited, packet.CodeAdminProhibited:
		return "!X"
	case packet.CodePortUnreachable:
		return "" // the destination is reached
	case packet.CodeProtoUnreachable:
		return "!P"
	case packet.CodeFragNeeded:
		return "!F-" + strconv.Itoa(info)
	case packet.CodeSourceRoute:
		return "!S"
	case 14:
		return "!V"
	case 15:
		return "!C"
	}
	return fmt.Sprintf("!<%d>", code)
}

// timeoutOf is get_timeout: less patience once the same or a later hop has
// answered.
func (t *tracer) timeoutOf(n int) clock.Duration {
	within := func(pb *trProbe, factor float64) (clock.Duration, bool) {
		if !pb.done || !pb.replied || pb.got <= pb.at {
			return 0, false
		}
		d := clock.Duration(float64(pb.got.Sub(pb.at)+millisecond) * factor)
		return min(d, t.wait), true
	}
	if t.here > 0 {
		first := n - n%t.queries
		for i := first; i < first+t.queries; i++ {
			if d, ok := within(&t.probes[i], t.here); ok {
				return d
			}
		}
	}
	if t.near > 0 {
		for i := n + 1; i < len(t.probes) && t.probes[i].sent; i++ {
			if d, ok := within(&t.probes[i], t.near); ok {
				return d
			}
		}
	}
	return t.wait
}

// checkExpired is check_expired: where the destination let the first of its
// probes expire, a later answer of it takes their place.
func (t *tracer) checkExpired(n int) {
	q := t.queries
	seen := false
	for i := n - n%q; i < n; i++ {
		if !t.probes[i].done || !t.probes[i].final {
			return
		}
		seen = true
	}
	final := -1
	for i := n + 1; i < len(t.probes) && t.probes[i].sent; i++ {
		if p := &t.probes[i]; p.done {
			if !p.final {
				return
			}
			final = i
			break
		}
	}
	if final < 0 {
		return
	}
	if seen || n%q+final-n < q || t.sameBefore(n, final) || t.byTTL(n, final) {
		t.probes[n] = t.probes[final]
		t.probes[final] = trProbe{sent: true}
	}
}

// sameBefore: the host of the final answer has also reported an exceeded TTL.
func (t *tracer) sameBefore(n, final int) bool {
	for i := n - 1; i >= 0; i-- {
		if p := &t.probes[i]; p.from.IsValid() && p.from == t.probes[final].from {
			return true
		}
	}
	return false
}

// byTTL guesses from the TTL of the answer how far the destination is.
func (t *tracer) byTTL(n, final int) bool {
	fp := &t.probes[final]
	if fp.ttl == 0 {
		return false
	}
	back := ttlToHops(fp.ttl)
	for i := n - 1; i >= 0; i-- {
		if p := &t.probes[i]; p.done && !p.final && p.ttl != 0 {
			if h := ttlToHops(p.ttl); h < back {
				back = back - h + i/t.queries + 1
				break
			}
		}
	}
	return back <= n/t.queries+1
}

// ttlToHops guesses the number of hops from a TTL that began at 64, 128 or 255.
func ttlToHops(ttl uint8) int {
	switch {
	case ttl <= 64:
		return 65 - int(ttl)
	case ttl <= 128:
		return 129 - int(ttl)
	}
	return 256 - int(ttl)
}

// print is print_probe.
func (t *tracer) print(n int) {
	pb := &t.probes[n]
	np := n % t.queries
	r := TracerouteProbe{TTL: n/t.queries + 1, From: pb.from, Note: pb.note}
	if np == 0 {
		t.printf("\n%2d ", r.TTL)
	}
	if !pb.from.IsValid() {
		t.printf(" *")
	} else {
		show := np == 0
		if np > 0 {
			i := n - 1
			for ; np > 0 && !t.probes[i].from.IsValid(); i-- {
				np--
			}
			show = np == 0 || t.probes[i].from != pb.from
		}
		if show {
			t.printf(" %s", t.addr(pb.from))
		}
	}
	if pb.replied {
		r.RTT = pb.got.Sub(pb.at)
		t.printf("  %.3f ms", float64(r.RTT/time.Microsecond)/1000)
	}
	if pb.note != "" {
		t.printf(" %s", pb.note)
	}
	t.result.Probes = append(t.result.Probes, r)
}

func (t *tracer) addr(a netip.Addr) string {
	if t.o.Numeric {
		return a.String()
	}
	name := a.String()
	if t.o.Name != nil {
		if s := t.o.Name(a); s != "" {
			name = s
		}
	}
	return fmt.Sprintf("%s (%v)", name, a)
}

const (
	trVersion = "Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n"
	trUsage   = `Usage:
  traceroute [ -46dFITnreAUDV ] [ -f first_ttl ] [ -g gate,... ] [ -i device ] [ -m max_ttl ] [ -N squeries ] [ -p port ] [ -t tos ] [ -l flow_label ] [ -w MAX,HERE,NEAR ] [ -q nqueries ] [ -s src_addr ] [ -z sendwait ] [ --fwmark=num ] host [ packetlen ]
`
)

// trLong are the long names of the options.
var trLong = map[string]string{"--dont-fragment": "F", "--first": "f", "--icmp": "I", "--interface": "i", "--max-hops": "m", "--sim-queries": "N", "--port": "p", "--tos": "t",
	"--wait": "w", "--queries": "q", "--source": "s", "--sendwait": "z", "--udp": "U", "--tcp": "T", "--gateway": "g", "--extensions": "e", "--as-path-lookups": "A"}

// trArg are the names of the options' arguments.
var trArg = map[byte]string{'f': "first_ttl", 'm': "max_ttl", 'N': "squeries", 'p': "port", 'q': "nqueries", 't': "tos", 'w': "MAX,HERE,NEAR", 'i': "device", 's': "src_addr", 'z': "sendwait"}
