package netprogs

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"hoplab/sim/clock"
	"hoplab/sim/proc"
	"hoplab/sim/shell"
	"hoplab/sim/sock"
)

// socatTool is socat 1.7.4.4: socat.go copies between two addresses,
// socataddr.go opens them, socatchan.go is what an open one is.
func socatTool() shell.Tool {
	forks := map[string]*socatFork{}
	return shell.Tool{
		Name:    "socat",
		Summary: "multipurpose relay",
		Run:     func(c *shell.Call) int { return runSocat(c, forks) },
		Options: []shell.Option{
			{Flag: "-4", Help: "prefer IPv4"},
			{Flag: "-b <size>", Help: "set data buffer size (8192)"},
			{Flag: "-d", Help: "increase verbosity (-d -d for notices)"},
			{Flag: "-h", Help: "print help and exit"},
			{Flag: "-T <timeout>", Help: "total inactivity timeout in seconds"},
			{Flag: "-t <timeout>", Help: "wait seconds before closing second channel"},
			{Flag: "-U", Help: "unidirectional mode (right to left)"},
			{Flag: "-u", Help: "unidirectional mode (left to right)"},
			{Flag: "-V", Help: "print version and exit"},
			{Flag: "-v", Help: "verbose text dump of data traffic"},
			{Flag: "-x", Help: "verbose hexadecimal dump of data traffic"},
			{Flag: "STDIN, STDOUT, STDIO, -", Help: "the streams of the process"},
			{Flag: "TCP:<host>:<port>", Help: "also TCP4, TCP-CONNECT, TCP4-CONNECT"},
			{Flag: "TCP-LISTEN:<port>", Help: "also TCP-L, TCP4-LISTEN, TCP4-L"},
			{Flag: "UDP:<host>:<port>", Help: "also UDP4, UDP-CONNECT, UDP4-CONNECT"},
			{Flag: "UDP-LISTEN:<port>", Help: "also UDP-L, UDP4-LISTEN, UDP4-L"},
			{Flag: "UDP-SENDTO:<host>:<port>", Help: "also UDP4-SENDTO"},
			{Flag: "UDP-DATAGRAM:<host>:<port>", Help: "also UDP4-DATAGRAM"},
			{Flag: "UDP-RECV:<port>, UDP-RECVFROM:<port>", Help: "also UDP4-"},
			{Flag: "EXEC:<command>, SYSTEM:<shell-command>", Help: "a command of the lab"},
			{Flag: "OPEN:<file>, CREATE:<file>, GOPEN:<file>", Help: "a file of the lab; also a name with a /"},
			{Flag: "PIPE", Help: "an unnamed pipe; also FIFO, ECHO"},
			{Flag: "append, backlog, bind, bindtodevice, broadcast, connect-timeout, creat, fork, forever, interval, max-children, reuseaddr, retry, sp, stderr, tos, trunc, ttl", Help: "options of addresses"},
			{Flag: "-6", Help: "prefer IPv6", NotModelled: true},
			{Flag: "-D", Help: "analyze file descriptors", NotModelled: true},
			{Flag: "-d -d -d", Help: "information and debug messages", NotModelled: true},
			{Flag: "-g", Help: "do not check option groups", NotModelled: true},
			{Flag: "-L <lockfile>, -W <lockfile>", Help: "locks", NotModelled: true},
			{Flag: "-l", Help: "where to log", NotModelled: true},
			{Flag: "-r <file>, -R <file>", Help: "raw dumps", NotModelled: true},
			{Flag: "-s", Help: "continue on error", NotModelled: true},
			{Flag: "OPENSSL, SOCKS4, PROXY, PTY, READLINE, UNIX, IP, SCTP, TUN, …", Help: "other addresses", NotModelled: true},
		},
	}
}

// socat is one process of it.
type socat struct {
	*shell.Call
	p     *proc.Proc
	hosts hosts
	forks map[string]*socatFork

	pid       int
	level     int // of messages: 0 errors, 1 warnings, 2 notices
	verbose   bool
	hex       bool
	left      bool // -u: from the first to the second only
	right     bool // -U: the other way
	size      int
	linger    clock.Duration // -t
	idle      clock.Duration // -T, 0: none
	addresses []string
	nextFD    int

	children int
	stdin    *feed
}

// socatFork is what a forked process of socat starts with.
type socatFork struct {
	parent *socat
	first  func(s *socat) channel // its open address, by the process that owns it
	second string
	swap   bool // the forking address was the second one
	args   []string
}

// socatEnd ends a run from within.
type socatEnd struct{ status int }

func runSocat(c *shell.Call, forks map[string]*socatFork) (status int) {
	s := &socat{Call: c, p: c.Proc, pid: c.Process.PID, hosts: readHosts(c.View), forks: forks, size: 8192, linger: 5e8, nextFD: 5}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(socatEnd)
			if !ok {
				panic(r)
			}
			status = e.status
		}
	}()
	c.Catch(shell.SIGTERM, shell.SIGINT, shell.SIGQUIT)
	if len(c.Args) == 3 && c.Args[1] == forkMark {
		return s.child(c.Args[2])
	}
	s.options(c.Args[1:])
	return s.run()
}

// message prints as diag.c does.
func (s *socat) message(level int, letter, format string, args ...any) {
	if level <= s.level {
		fmt.Fprintf(s.Err, "%s socat[%d] %s %s\n", s.Time().Format("2006/01/02 15:04:05"), s.pid, letter, fmt.Sprintf(format, args...))
	}
}

func (s *socat) notice(format string, args ...any) { s.message(2, "N", format, args...) }

func (s *socat) warn(format string, args ...any) { s.message(1, "W", format, args...) }

// die is an error, which ends socat.
func (s *socat) die(format string, args ...any) {
	s.message(0, "E", format, args...)
	s.exit(1)
}

func (s *socat) exit(status int) {
	s.notice("exit(%d)", status)
	panic(socatEnd{status})
}

func (s *socat) missing(what string) {
	s.Errorf("not modelled: %s", what)
	panic(socatEnd{1})
}

// look acts on a signal that came.
func (s *socat) look() {
	sig := s.p.Signaled()
	if sig == 0 || shell.Signal(sig) == shell.SIGCHLD {
		return
	}
	s.notice("socat_signal(): handling signal %d", sig)
	s.warn("exiting on signal %d", sig)
	s.notice("socat_signal(): finishing signal %d", sig)
	s.exit(128 + sig)
}

// pause waits for something to happen, at the latest until an instant; 0: for
// ever.
func (s *socat) pause(until clock.Instant) {
	if until == 0 {
		s.p.Pause()
	} else {
		s.p.WaitTick(until)
	}
	s.look()
}

const socatVersion = `socat by Gerhard Rieger and contributors - see www.dest-unreach.org
socat version 1.7.4.4 on 06 Nov 2022 08:15:51
`

func (s *socat) options(args []string) {
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		a := args[0]
		value := a[2:]
		takes := func() string {
			if value == "" {
				if args = args[1:]; len(args) == 0 {
					s.die("option %s requires an argument; use option \"-h\" for help", a[:2])
				}
				value = args[0]
			}
			return value
		}
		switch a[1] {
		case 'V':
			_, _ = io.WriteString(s.Out, socatVersion)
			panic(socatEnd{0})
		case 'h', '?':
			s.Tool.Help(s.Out)
			panic(socatEnd{0})
		case 'd':
			if strings.Trim(value, "d") != "" {
				s.Tool.Help(s.Err)
				panic(socatEnd{1})
			}
			if s.level += 1 + len(value); s.level > 2 {
				s.missing("-d more than twice")
			}
		case 'v':
			s.verbose = true
		case 'x':
			s.hex = true
		case 'u', 'U':
			if s.left, s.right = s.left || a[1] == 'u', s.right || a[1] == 'U'; s.left && s.right {
				s.die("-U and -u must not be combined")
			}
		case 'b':
			n, err := strconv.ParseUint(takes(), 0, 20)
			if err != nil || n == 0 {
				s.missing("-b " + value)
			}
			s.size = int(n)
		case 't':
			s.linger = s.seconds("-t", takes())
		case 'T':
			s.idle = s.seconds("-T", takes())
		case '4':
		case 's', 'g', 'D', 'L', 'W', 'l', 'r', 'R', '6':
			s.missing(a)
		default:
			s.die("unknown option \"%s\"; use option \"-h\" for help", a)
		}
		args = args[1:]
	}
	if len(args) != 2 {
		s.die("exactly 2 addresses required (there are %d); use option \"-h\" for help", len(args))
	}
	s.addresses = args
}

// seconds reads a time, such as 0.5.
func (s *socat) seconds(option, text string) clock.Duration {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1e9 {
		s.die("parseopts(): missing numerical value of option \"%s\"", option)
	}
	return clock.Duration(v * 1e9)
}

// run opens both addresses and copies.
func (s *socat) run() int {
	a := s.open(s.addresses[0], !s.right, !s.left, 0)
	b := s.open(s.addresses[1], !s.left, !s.right, 1)
	return s.transfer(a, b)
}

// flow is one direction.
type flow struct {
	from, to channel
	number   int // of the socket that is read
	mark     string
	at       int // bytes that have gone
	eof      bool
}

// transfer is _socat: it copies until both ends are done.
func (s *socat) transfer(a, b channel) int {
	s.notice("starting data transfer loop with FDs [%d,%d] and [%d,%d]", a.fds()[0], a.fds()[1], b.fds()[0], b.fds()[1])
	var flows []*flow
	if !s.right {
		flows = append(flows, &flow{from: a, to: b, number: 1, mark: ">"})
	}
	if !s.left {
		flows = append(flows, &flow{from: b, to: a, number: 2, mark: "<"})
	}
	defer func() {
		a.close()
		b.close()
	}()
	last := s.p.Now()
	for {
		busy, open, closing := false, 0, false
		for _, f := range flows {
			if !f.eof && f.from.ready() {
				busy = true
				s.step(f)
			}
			if f.eof {
				closing = true
			} else {
				open++
			}
		}
		if open == 0 || closing && (s.left || s.right) {
			break
		}
		if busy {
			last = s.p.Now()
			s.look()
			continue
		}
		for _, c := range []channel{a, b} {
			c.check(s)
		}
		if closing {
			until := last.Add(s.linger)
			if s.p.Now() >= until {
				break
			}
			s.pause(until)
			continue
		}
		if s.idle > 0 {
			until := last.Add(s.idle)
			if s.p.Now() >= until {
				s.notice("inactivity timeout triggered")
				break
			}
			s.pause(until)
			continue
		}
		s.pause(0)
	}
	s.notice("exiting with status 0")
	return 0
}

// step moves what is there.
func (s *socat) step(f *flow) {
	data, err := f.from.read(s, s.size)
	switch {
	case errors.Is(err, io.EOF):
		f.eof = true
		f.from.check(s)
		s.notice("socket %d (fd %d) is at EOF", f.number, f.from.fds()[0])
		f.to.shut(s)
		return
	case err != nil:
		s.die("read(%d, %s, %d): %v", f.from.fds()[0], socatBuffer, s.size, err)
	case len(data) == 0:
		return
	}
	s.dump(f, data)
	f.at += len(data)
	if err := f.to.write(s, data); err != nil {
		s.die("write(%d, %s, %d): %v", f.to.fds()[1], socatBuffer, len(data), err)
	}
}

// socatBuffer is where the buffer of a simulated socat is.
const socatBuffer = "0x55d8a8c5e000"

// dump is -v and -x.
func (s *socat) dump(f *flow, data []byte) {
	if !s.verbose && !s.hex {
		return
	}
	t := s.Time()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s.%09d  length=%d from=%d to=%d\n", f.mark, t.Format("2006/01/02 15:04:05"), t.Nanosecond()/1000, len(data), f.at, f.at+len(data)-1)
	switch {
	case s.hex && s.verbose:
		for len(data) > 0 {
			n := min(16, len(data))
			if i := strings.IndexByte(string(data[:n]), '\n'); i >= 0 {
				n = i + 1
			}
			line := ""
			text := ""
			for _, c := range data[:n] {
				line += fmt.Sprintf(" %02x", c)
				if c < ' ' || c > '~' {
					c = '.'
				}
				text += string(rune(c))
			}
			fmt.Fprintf(&b, "%-48s  %s\n", line, text)
			data = data[n:]
		}
		b.WriteString("--\n")
	case s.hex:
		for _, c := range data {
			fmt.Fprintf(&b, " %02x", c)
		}
		b.WriteByte('\n')
	default:
		for _, c := range data {
			switch {
			case c == '\\':
				b.WriteString(`\\`)
			case c == '\r':
				b.WriteString(`\r`)
			case c == '\n', c == '\t', c >= ' ' && c <= '~':
				b.WriteByte(c)
			default:
				b.WriteByte('.')
			}
		}
	}
	_, _ = io.WriteString(s.Err, b.String())
}

// forkMark is the first argument of a forked socat: nobody can type it.
const forkMark = "\x00fork"

// fork starts a process that serves what first opens, as the option fork does.
func (s *socat) fork(number int, first func(s *socat) channel, give func(p *shell.Process)) {
	key := strconv.FormatUint(uint64(s.Process.PID), 10) + "." + strconv.Itoa(len(s.forks))
	s.forks[key] = &socatFork{parent: s, first: first, second: s.addresses[1-number], swap: number == 1, args: s.Args}
	child, err := s.Spawn(nil, []string{"/usr/bin/socat", forkMark, key}, shell.Stdio{})
	if err != nil {
		delete(s.forks, key)
		s.die("fork(): %v", err)
	}
	s.children++
	give(child)
	s.notice("forked off child process %d", child.PID)
	child.OnEnd(func() {
		s.children--
		s.notice("childdied(): handling signal 17")
		s.p.Wake()
	})
}

// child is a forked socat.
func (s *socat) child(key string) int {
	f := s.forks[key]
	if f == nil {
		return 1
	}
	delete(s.forks, key)
	p := f.parent
	s.Process.Args, s.Args = f.args, f.args
	s.level, s.verbose, s.hex, s.left, s.right, s.size, s.linger, s.idle, s.nextFD = p.level, p.verbose, p.hex, p.left, p.right, p.size, p.linger, p.idle, p.nextFD
	if f.swap {
		b := f.first(s)
		s.nextFD--
		return s.transfer(s.open(f.second, !s.right, !s.left, 0), b)
	}
	a := f.first(s)
	s.nextFD--
	return s.transfer(a, s.open(f.second, !s.left, !s.right, 1))
}

// failure is the text of an error of a socket.
func failure(err error) string {
	var e sock.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	return err.Error()
}
