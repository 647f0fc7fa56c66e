package sock

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/sim/clock"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// NcatOptions are those of ncat 7.93, as far as they are modelled.
type NcatOptions struct {
	Host string // empty with Listen: any address
	Port uint16

	Listen     bool           // -l
	Keep       bool           // -k
	UDP        bool           // -u
	Verbose    bool           // -v
	Zero       bool           // -z
	SendOnly   bool           // --send-only
	RecvOnly   bool           // --recv-only
	Wait       clock.Duration // -w: for a connection; 0: 10 s
	Idle       clock.Duration // -i: 0 for ever
	Source     netip.Addr     // -s
	SourcePort uint16         // -p
	Command    string         // -c and -e

	// In is the standard input as process p reads it; nil is empty.
	In func(p *proc.Proc) io.Reader
	// Go starts another process of this program, to read In meanwhile.
	Go func(f func(p *proc.Proc) error) *proc.Proc
	// Exec runs Command with the connection as its input and output until it
	// ends.
	Exec func(p *proc.Proc, command string, in io.Reader, out io.Writer)
	// Lookup is that of PingOptions.
	Lookup func(host string) (addr netip.Addr, canonical string, err error)
}

const (
	ncatPort    = 31337
	ncatConnect = 10 * second
	ncatVersion = "Ncat: Version 7.93 ( https://nmap.org/ncat )\n"
	ncatBacklog = 10 // BACKLOG
)

func ncatError(format string, args ...any) *ExitError {
	return &ExitError{Status: 2, Stderr: "Ncat: " + fmt.Sprintf(format, args...) + " QUITTING.\n"}
}

// ParseNcat reads the words after `ncat` or `nc`. The error is an *ExitError.
func ParseNcat(args []string) (NcatOptions, error) {
	var o NcatOptions
	var words []string
	var err error
	for i := 0; i < len(args) && err == nil; i++ {
		a := args[i]
		switch {
		case a == "--":
			words = append(words, args[i+1:]...)
			i = len(args)
			continue
		case len(a) < 2 || a[0] != '-':
			words = append(words, a)
			continue
		case strings.HasPrefix(a, "--"):
			name, value, has := strings.Cut(a, "=")
			short, ok := ncatLong[name]
			if !ok {
				return o, ncatUsage(fmt.Sprintf("unrecognized option '%s'", a))
			}
			if strings.IndexByte(ncatWithArg, short) >= 0 && !has {
				if i++; i >= len(args) {
					return o, ncatUsage(fmt.Sprintf("option '%s' requires an argument", name))
				}
				value = args[i]
			}
			err = o.set(short, value)
			continue
		}
		for rest := a[1:]; rest != "" && err == nil; {
			f := rest[0]
			rest = rest[1:]
			value := ""
			if strings.IndexByte(ncatWithArg, f) >= 0 {
				if value = rest; value == "" {
					if i++; i >= len(args) {
						return o, ncatUsage(fmt.Sprintf("option requires an argument -- '%c'", f))
					}
					value = args[i]
				}
				rest = ""
			}
			err = o.set(f, value)
		}
	}
	if err != nil {
		return o, err
	}
	return o, o.place(words)
}

// place takes host and port from the words that are no options, and looks
// whether the options go together.
func (o *NcatOptions) place(words []string) error {
	o.Port = ncatPort
	if o.Listen && o.SourcePort != 0 {
		o.Port = o.SourcePort
	}
	if len(words) > 0 && strings.Trim(words[0], "0123456789") != "" {
		o.Host, words = words[0], words[1:]
	}
	switch {
	case o.Zero && o.Listen:
		return ncatError("Services designed for LISTENING can't be used with -z")
	case o.Zero && o.Command != "":
		return ncatError("Command execution can't be done along with option -z.")
	case o.Listen && o.Source.IsValid():
		return ncatError("-l and -s are incompatible.  Specify the address and port to bind to like you would a host to connect to.")
	case o.Host == "" && !o.Listen:
		return ncatError("You must specify a host to connect to.")
	case len(words) > 1, len(words) == 1 && o.Listen && o.SourcePort != 0:
		text := "Got more than one port specification:"
		if o.Listen && o.SourcePort != 0 {
			text += fmt.Sprintf(" %d", o.SourcePort)
		}
		return ncatError("%s %s.", text, strings.Join(words, " "))
	case len(words) == 1:
		n, err := strconv.ParseUint(words[0], 10, 32)
		if err != nil || n < 1 || n > 0xffff {
			return ncatError("Invalid port number \"%s\".", words[0])
		}
		o.Port = uint16(n)
	}
	switch {
	case o.UDP && o.Keep && o.Command == "":
		return ncatError("UDP mode does not support the -k or --keep-open options, except with --exec or --sh-exec.")
	case o.UDP && o.Keep:
		return ncatError("not modelled: -u with -k.")
	case o.Keep && !o.Listen:
		return ncatError("Invalid option combination: `--keep-open' with connect.")
	}
	return nil
}

func (o *NcatOptions) set(f byte, value string) error {
	var err error
	switch f {
	case '4', 'n':
	case 'l':
		o.Listen = true
	case 'k':
		o.Keep = true
	case 'u':
		o.UDP = true
	case 'v':
		o.Verbose = true
	case 'z':
		o.Zero = true
	case 'S':
		o.SendOnly = true
	case 'R':
		o.RecvOnly = true
	case 'c', 'e':
		o.Command = value
	case 'w':
		if o.Wait, err = ncatTime(value); err != nil || o.Wait == 0 {
			return ncatError("Invalid -w timeout (must be greater than 0).")
		}
	case 'i':
		if o.Idle, err = ncatTime(value); err != nil || o.Idle == 0 {
			return ncatError("Invalid -i timeout (must be greater than 0).")
		}
	case 'p':
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil || n > 0xffff {
			return ncatError("Invalid source port %s.", value)
		}
		o.SourcePort = uint16(n)
	case 's':
		a, ok := inetAton(value)
		if !ok {
			return ncatError("Could not resolve source address \"%s\": Name or service not known.", value)
		}
		o.Source = a
	case 'V':
		return &ExitError{Stdout: ncatVersion}
	case 'h':
		return &ExitError{Stdout: ncatHelp}
	case '6', 'C', 'g', 'G', 'm', 'd', 'o', 'x', 't', 'U':
		return ncatError("not modelled: -%c.", f)
	default:
		return ncatUsage(fmt.Sprintf("invalid option -- '%c'", f))
	}
	return nil
}

// ncatTime reads a time: seconds, or with ms, s, m, h behind.
func ncatTime(s string) (clock.Duration, error) {
	unit := 1e9
	for _, u := range []struct {
		name string
		ns   float64
	}{{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}} {
		if strings.HasSuffix(s, u.name) {
			s, unit = strings.TrimSuffix(s, u.name), u.ns
			break
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n > 1e9 {
		return 0, errors.New("not a time")
	}
	return clock.Duration(n * unit), nil
}

func ncatUsage(what string) *ExitError {
	return &ExitError{Status: 2, Stderr: "ncat: " + what + "\nNcat: Try `--help' or man(1) ncat for more information, usage options and help. QUITTING.\n"}
}

const ncatWithArg = "cegGmdoxpswi"

var ncatLong = map[string]byte{"--listen": 'l', "--keep-open": 'k', "--udp": 'u', "--verbose": 'v', "--nodns": 'n', "--sh-exec": 'c', "--exec": 'e', "--wait": 'w', "--idle-timeout": 'i',
	"--source-port": 'p', "--source": 's', "--send-only": 'S', "--recv-only": 'R', "--version": 'V', "--help": 'h', "--crlf": 'C', "--max-conns": 'm', "--delay": 'd', "--output": 'o', "--hex-dump": 'x', "--telnet": 't'}

const ncatHelp = `Ncat 7.93 ( https://nmap.org/ncat )
Usage: ncat [options] [hostname] [port]
`

// Ncat runs ncat in a namespace, as process p, and returns its exit status.
func Ncat(p *proc.Proc, ns *stack.Namespace, o NcatOptions, out, errOut io.Writer) int {
	n := &ncat{p: p, ns: ns, o: o, out: out, errOut: errOut}
	if n.out == nil {
		n.out = io.Discard
	}
	if n.errOut == nil {
		n.errOut = io.Discard
	}
	defer n.close()
	status := n.run()
	if n.p.Now() > n.start { // who looks after its end finds the last segments delivered
		turn(p, ns, clock.Jiffy)
	}
	return status
}

// ncat is one run.
type ncat struct {
	p           *proc.Proc
	ns          *stack.Namespace
	o           NcatOptions
	out, errOut io.Writer
	addr        netip.Addr
	start       clock.Instant
	outClosed   bool
	sent, got   int

	input   *proc.Proc
	chunk   []byte // read from In, not taken yet
	inEOF   bool
	inTaken bool // EOF was acted on
}

func (n *ncat) close() {
	if n.input != nil && !n.input.Done() {
		n.input.Kill()
	}
}

func (n *ncat) say(format string, args ...any) {
	fmt.Fprintf(n.errOut, "Ncat: "+format+"\n", args...)
}

// fail says why and gives the exit status.
func (n *ncat) fail(err error) int {
	n.say("%v.", err)
	return 1
}

func (n *ncat) run() int {
	n.start = n.p.Now()
	if n.o.Verbose {
		_, _ = io.WriteString(n.errOut, ncatVersion)
	}
	n.addr = netip.IPv4Unspecified()
	if n.o.Host != "" {
		a, ok := inetAton(n.o.Host)
		if !ok {
			if n.o.Lookup == nil {
				_, _ = io.WriteString(n.errOut, ncatError("Could not resolve hostname \"%s\": Name or service not known.", n.o.Host).Stderr)
				return 2
			}
			found, _, err := n.o.Lookup(n.o.Host)
			if err != nil {
				_, _ = io.WriteString(n.errOut, ncatError("Could not resolve hostname \"%s\": %v.", n.o.Host, err).Stderr)
				return 2
			}
			a = found.Unmap()
		}
		n.addr = a
	}
	at := netip.AddrPortFrom(n.addr, n.o.Port)
	switch {
	case n.o.Listen && n.o.UDP:
		return n.listenUDP(at)
	case n.o.Listen:
		return n.listenTCP(at)
	case n.o.UDP:
		return n.connectUDP(at)
	}
	return n.connectTCP(at)
}

// read starts to read the standard input, if that is to be sent.
func (n *ncat) read() {
	if n.o.In == nil || n.o.Go == nil || n.o.RecvOnly || n.o.Zero {
		n.inEOF = n.o.In == nil || n.o.Go == nil
		n.inTaken = n.o.RecvOnly || n.o.Zero
		return
	}
	n.input = n.o.Go(func(q *proc.Proc) error {
		in, buf := n.o.In(q), make([]byte, 8192)
		for {
			k, err := in.Read(buf)
			n.chunk = buf[:k]
			if k == 0 && err != nil {
				n.inEOF = true
			}
			n.p.Wake()
			for len(n.chunk) > 0 {
				q.Pause()
			}
			if err != nil {
				n.inEOF = true
				n.p.Wake()
				return nil
			}
		}
	})
}

// taken says that k bytes of the input are on their way.
func (n *ncat) taken(k int) {
	n.sent += k
	if n.chunk = n.chunk[k:]; len(n.chunk) == 0 && n.input != nil {
		n.input.Wake()
	}
}

// pause waits for something to happen, at the latest until idle is over. It is
// false when that is so.
func (n *ncat) pause(since clock.Instant) bool {
	if n.o.Idle == 0 {
		n.p.Pause()
		return true
	}
	until := since.Add(n.o.Idle)
	return n.p.WaitTick(until) || n.p.Now() < until
}

func (n *ncat) idleExpired() int {
	n.say("Idle timeout expired (%d ms).", n.o.Idle/millisecond)
	return 1
}

// summary is the last line of -v.
func (n *ncat) summary() {
	if n.o.Verbose {
		n.say("%d bytes sent, %d bytes received in %.2f seconds.", n.sent, n.got, n.p.Now().Sub(n.start).Seconds())
	}
}

// local is what -s and -p ask for, invalid if they are not there.
func (n *ncat) local() netip.AddrPort {
	src := n.o.Source
	switch {
	case src.IsValid():
	case n.o.SourcePort == 0:
		return netip.AddrPort{}
	default:
		src = netip.IPv4Unspecified()
	}
	return netip.AddrPortFrom(src, n.o.SourcePort)
}

// bindFailed says so, as nsock does, which goes on without.
func (n *ncat) bindFailed(errno stack.Errno) {
	fmt.Fprintf(n.errOut, "libnsock mksock_bind_addr(): Bind to %v failed (IOD #1): %s (%d)\n", n.local(), strerror(errno), errno)
}

func (n *ncat) connectTCP(at netip.AddrPort) int {
	wait := n.o.Wait
	if wait == 0 {
		wait = ncatConnect
	}
	d := TCPDialer{Deadline: n.p.Now().Add(wait), ReuseAddr: true, Local: n.local(), BindFailed: n.bindFailed}
	c, err := d.Dial(n.p, n.ns, at)
	if err != nil {
		if n.p.Now() >= d.Deadline {
			n.say("TIMEOUT.")
			return 1
		}
		return n.fail(err)
	}
	defer func() { _ = c.Close() }()
	if n.o.Verbose {
		n.say("Connected to %v.", at)
	}
	if n.o.Zero {
		n.summary()
		return 0
	}
	if n.o.Command != "" {
		return n.exec(c)
	}
	status := n.relay(c)
	n.summary()
	return status
}

// relay copies both ways until both ends are done: ncat_connect.c.
func (n *ncat) relay(c *TCPConn) int {
	n.read()
	buf := make([]byte, 8192)
	eof := n.o.SendOnly
	last := n.p.Now()
	for !eof || !n.inTaken {
		switch {
		case !eof && c.Readable():
			k, err := c.Read(buf)
			last = n.p.Now()
			switch {
			case errors.Is(err, io.EOF):
				eof, n.outClosed = true, true
				if n.o.RecvOnly {
					return 0
				}
			case err != nil:
				return n.fail(err)
			default:
				n.got += k
				_, _ = n.out.Write(buf[:k])
			}
		case len(n.chunk) > 0:
			k, err := c.WriteSome(n.chunk)
			if err != nil {
				return n.fail(err)
			}
			last = n.p.Now()
			if n.taken(k); k == 0 && !n.pause(last) {
				return n.idleExpired()
			}
		case n.inEOF && !n.inTaken:
			n.inTaken = true
			_ = c.CloseWrite()
			if n.o.SendOnly {
				return 0
			}
		default:
			if !n.pause(last) {
				return n.idleExpired()
			}
		}
	}
	return 0
}

// exec runs the command on the connection: netexec.
func (n *ncat) exec(c *TCPConn) int {
	if n.o.Exec == nil {
		n.say("not modelled: -c without a shell.")
		return 2
	}
	n.o.Exec(n.p, n.o.Command, c, c)
	turn(n.p, n.ns, clock.Jiffy) // the end of the command's output is the next turn's
	buf := make([]byte, 8192)
	for c.c.unread() > 0 { // ncat has read it for the command
		_, _ = c.Read(buf)
	}
	_ = c.Close()
	return 0
}

func (n *ncat) listenTCP(at netip.AddrPort) int {
	l, err := ListenTCP(n.p, n.ns, at, ncatBacklog)
	if err != nil {
		_, _ = io.WriteString(n.errOut, ncatError("bind to %v: %v.", at, err).Stderr)
		return 2
	}
	defer l.Close()
	if n.o.Verbose {
		n.say("Listening on %v", at)
	}
	if n.o.Idle > 0 {
		l.SetDeadline(n.p.Now().Add(n.o.Idle))
	}
	if n.o.Keep && n.o.Command == "" {
		return n.serveMany(l)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			_, _ = io.WriteString(n.errOut, ncatError("Idle timeout expired (%d ms).", n.o.Idle/millisecond).Stderr)
			return 2
		}
		if !n.o.Keep {
			l.Close()
		}
		n.greet(c)
		if n.o.Command == "" {
			return n.serveOne(c)
		}
		if !n.o.Keep || n.o.Go == nil {
			status := n.exec(c)
			if !n.o.Keep {
				return status
			}
			continue
		}
		n.o.Go(func(q *proc.Proc) error {
			child := *n
			child.p, child.input = q, nil
			child.exec(c.As(q))
			return nil
		})
	}
}

func (n *ncat) greet(c *TCPConn) {
	if n.o.Verbose {
		n.say("Connection from %v.", c.Remote().Addr())
		n.say("Connection from %v.", c.Remote())
	}
}

// serveOne copies both ways until the client is done: ncat_listen_stream.
func (n *ncat) serveOne(c *TCPConn) int {
	defer func() { _ = c.Close() }()
	n.read()
	turn(n.p, n.ns, 1000) // what the input has already is seen in the same turn
	buf := make([]byte, 8192)
	for {
		switch {
		case len(n.chunk) > 0: // file descriptor 0 is looked at first
			k, err := c.WriteSome(n.chunk)
			if err != nil {
				return 1
			}
			if n.taken(k); k == 0 {
				n.p.Pause()
			}
		case !n.o.SendOnly && c.Readable():
			k, err := c.Read(buf)
			if err != nil {
				if errors.Is(err, io.EOF) {
					return 0
				}
				return 1
			}
			_, _ = n.out.Write(buf[:k])
		case n.inEOF && !n.inTaken:
			n.inTaken = true
			if n.o.SendOnly {
				return 0
			}
			_ = c.CloseWrite()
		default:
			n.p.Pause()
		}
	}
}

// serveMany is -k: what any client says goes to stdout, the input goes to all.
func (n *ncat) serveMany(l *TCPListener) int {
	var clients []*TCPConn
	buf := make([]byte, 8192)
	for {
		busy := false
		if len(l.l.ready) > 0 {
			c, err := l.Accept()
			if err != nil {
				return 1
			}
			n.greet(c)
			if len(clients) == 0 && n.input == nil {
				n.read()
			}
			if n.inTaken && n.inEOF {
				_ = c.CloseWrite()
			}
			clients = append(clients, c)
			busy = true
		}
		left := clients[:0]
		for _, c := range clients {
			if !c.Readable() {
				left = append(left, c)
				continue
			}
			busy = true
			k, err := c.Read(buf)
			if err != nil {
				_ = c.Close()
				continue
			}
			_, _ = n.out.Write(buf[:k])
			left = append(left, c)
		}
		clients = left
		if len(n.chunk) > 0 && len(clients) > 0 {
			for _, c := range clients {
				_, _ = c.Write(n.chunk)
			}
			n.taken(len(n.chunk))
			busy = true
		}
		if n.inEOF && !n.inTaken && len(clients) > 0 {
			n.inTaken, busy = true, true
			for _, c := range clients {
				_ = c.CloseWrite()
			}
		}
		if !busy {
			n.p.Pause()
		}
	}
}

func (n *ncat) connectUDP(at netip.AddrPort) int {
	c := OpenUDP(n.p, n.ns)
	defer c.Close()
	c.Broadcast, c.ReuseAddr = true, true
	if at := n.local(); at.IsValid() {
		if errno := c.Bind(at); errno != 0 {
			n.bindFailed(errno)
		}
	}
	if errno := c.Connect(at); errno != 0 {
		return n.fail(Error{errno})
	}
	if n.o.Verbose {
		n.say("Connected to %v.", at)
	}
	if n.o.Zero {
		return n.probeUDP(c)
	}
	status := n.relayUDP(c)
	if status == 0 {
		n.summary()
	}
	return status
}

// probeUDP is -z -u: a byte is sent, and no answer for two seconds is good
// news.
func (n *ncat) probeUDP(c *UDPConn) int {
	if _, err := c.Write([]byte{0}); err != nil {
		return n.fail(err)
	}
	n.sent = 1
	idle := n.o.Idle
	if idle == 0 {
		idle = 2 * second
	}
	for until := n.p.Now().Add(idle); !c.Readable(); {
		if !n.p.WaitTick(until) && n.p.Now() >= until {
			if n.o.Verbose {
				n.say("UDP packet sent successfully")
			}
			n.summary()
			return 0
		}
	}
	buf := make([]byte, 0xffff)
	k, err := c.Read(buf)
	if err != nil {
		if n.o.Verbose {
			n.say("%v.", err)
		}
		return 1
	}
	n.got += k
	n.summary()
	return 0
}

// relayUDP copies both ways; the end of the input is the end.
func (n *ncat) relayUDP(c *UDPConn) int {
	if n.input == nil {
		n.read()
	}
	buf := make([]byte, 0xffff)
	last := n.p.Now()
	turned := false
	for {
		switch {
		case !n.o.SendOnly && c.Readable():
			k, err := c.Read(buf)
			if err != nil {
				return n.fail(err)
			}
			last = n.p.Now()
			n.got += k
			_, _ = n.out.Write(buf[:k])
		case len(n.chunk) > 0:
			if _, err := c.Write(n.chunk); err != nil {
				return n.fail(err)
			}
			last = n.p.Now()
			n.taken(len(n.chunk))
		case n.inEOF && !n.inTaken && n.o.Listen:
			n.inTaken = true
		case n.inEOF && !n.inTaken:
			if !turned {
				turned = true
				turn(n.p, n.ns, clock.Jiffy)
				continue
			}
			return 0
		default:
			if !n.pause(last) {
				return n.idleExpired()
			}
		}
	}
}

// listenUDP waits for the first datagram and talks to its sender alone:
// ncat_listen_dgram.
func (n *ncat) listenUDP(at netip.AddrPort) int {
	c := OpenUDP(n.p, n.ns)
	defer c.Close()
	c.ReuseAddr = true
	if errno := c.Bind(at); errno != 0 {
		_, _ = io.WriteString(n.errOut, ncatError("bind to %v: %s.", at, strerror(errno)).Stderr)
		return 2
	}
	if n.o.Verbose {
		n.say("Listening on %v", at)
	}
	for !c.Readable() {
		if !n.pause(n.start) {
			return n.idleExpired()
		}
	}
	if len(c.inbox) == 0 {
		return n.fail(Error{c.takeError()})
	}
	from := c.inbox[0].from
	if errno := c.Connect(from); errno != 0 {
		return n.fail(Error{errno})
	}
	if n.o.Verbose {
		n.say("Connection from %v.", from.Addr())
	}
	if n.o.Command != "" {
		if n.o.Exec == nil {
			n.say("not modelled: -c without a shell.")
			return 2
		}
		n.o.Exec(n.p, n.o.Command, c, c)
		return 0
	}
	return n.relayUDP(c)
}
