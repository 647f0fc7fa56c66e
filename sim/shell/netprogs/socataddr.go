package netprogs

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/netfilter/etc"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/sock"
	"hoplab/sim/stack"
)

// address is one in words: KEYWORD:PARAMETER:…,OPTION=VALUE,….
type address struct {
	name   string // as it was written
	key    string // canonical
	params []string
	options
	number int // 0 the first, 1 the second
	read   bool
	write  bool
}

// use says what the address is opened for.
func (a *address) use() string {
	switch {
	case !a.write:
		return "reading"
	case !a.read:
		return "writing"
	}
	return "reading and writing"
}

// options of an address by their first name.
type options map[string]string

func (o options) has(name string) bool { _, ok := o[name]; return ok }

// socatOptions are the options of addresses: their names, the first of which
// stands for all, and what follows.
var socatOptions = [...]struct {
	names string
	kind  byte // b: nothing or a number, i: number, s: text, t: seconds, x: not modelled
}{
	{"bind", 's'}, {"sourceport sp", 'i'}, {"so-bindtodevice bindtodevice if interface", 's'}, {"ttl ip-ttl ipttl", 'i'}, {"tos ip-tos iptos", 'i'},
	{"reuseaddr so-reuseaddr", 'b'}, {"fork", 'b'}, {"max-children", 'i'}, {"backlog", 'i'}, {"broadcast so-broadcast", 'b'}, {"connect-timeout", 't'}, {"retry", 'i'}, {"interval intervall", 't'}, {"forever", 'b'},
	{"append o-append", 'b'}, {"trunc o-trunc", 'b'}, {"creat create o-creat o-create", 'b'}, {"stderr", 'b'},
	{"ignoreeof", 'x'}, {"excl o-excl", 'x'}, {"rdonly", 'x'}, {"wronly", 'x'}, {"rdwr", 'x'}, {"nodelay tcp-nodelay", 'x'}, {"pf", 'x'}, {"reuseport so-reuseport", 'x'},
	{"range", 'x'}, {"pty", 'x'}, {"setsid sid", 'x'}, {"ctty", 'x'}, {"raw", 'x'}, {"echo", 'x'}, {"crnl crlf", 'x'}, {"cr", 'x'}, {"null-eof", 'x'}, {"shut-none", 'x'}, {"shut-null", 'x'}, {"shut-down", 'x'}, {"shut-close", 'x'}, {"keepalive so-keepalive", 'x'}, {"keepidle", 'x'}, {"linger so-linger", 'x'}, {"mtudiscover", 'x'}, {"mode", 'x'}, {"perm", 'x'}, {"user", 'x'}, {"group", 'x'}, {"su", 'x'}, {"nofork", 'x'}, {"pipes", 'x'}, {"fdin", 'x'}, {"fdout", 'x'}, {"lowport", 'x'}, {"ip-add-membership membership", 'x'}, {"ip-multicast-if", 'x'}, {"ip-multicast-ttl", 'x'}, {"ip-multicast-loop", 'x'}, {"ip-options", 'x'}, {"mss tcp-maxseg", 'x'}, {"sndbuf so-sndbuf", 'x'}, {"rcvbuf so-rcvbuf", 'x'}, {"readbytes bytes", 'x'}, {"end-close", 'x'}, {"escape", 'x'}, {"nonblock o-nonblock", 'x'}, {"cool-write", 'x'}, {"sigint", 'x'}, {"tcpwrap", 'x'}, {"unlink-early", 'x'}, {"seek", 'x'}, {"ip-transparent", 'x'}, {"so-mark", 'x'}, {"so-priority", 'x'}, {"accept-timeout", 'x'}, {"defer-accept", 'x'}, {"quickack", 'x'}, {"cork", 'x'}, {"md5sig", 'x'}, {"syncnt", 'x'}, {"user-timeout", 'x'}, {"login", 'x'}, {"path", 'x'}, {"chroot", 'x'}, {"dash", 'x'},
}

// socatAddresses are the addresses: canonical key, names, how many parameters
// they take.
var socatAddresses = [...]struct {
	key, names string
	params     int
}{
	{"stdio", "- STDIO", 0}, {"stdin", "STDIN", 0}, {"stdout", "STDOUT", 0}, {"stderr", "STDERR", 0},
	{"tcp", "TCP TCP4 TCP-CONNECT TCP4-CONNECT INET INET4", 2}, {"tcp-listen", "TCP-LISTEN TCP-L TCP4-LISTEN TCP4-L INET-LISTEN INET4-LISTEN", 1},
	{"udp", "UDP UDP4 UDP-CONNECT UDP4-CONNECT", 2}, {"udp-listen", "UDP-LISTEN UDP-L UDP4-LISTEN UDP4-L", 1}, {"udp-sendto", "UDP-SENDTO UDP4-SENDTO UDP-SEND UDP4-SEND", 2},
	{"udp-datagram", "UDP-DATAGRAM UDP4-DATAGRAM UDP-DGRAM UDP4-DGRAM", 2}, {"udp-recv", "UDP-RECV UDP4-RECV", 1}, {"udp-recvfrom", "UDP-RECVFROM UDP4-RECVFROM", 1},
	{"exec", "EXEC", 1}, {"system", "SYSTEM", 1}, {"open", "OPEN FILE", 1}, {"create", "CREATE CREAT", 1}, {"gopen", "GOPEN", 1}, {"pipe", "PIPE FIFO ECHO", 0},
	{"", "ABSTRACT ABSTRACT-CLIENT ABSTRACT-CONNECT ABSTRACT-LISTEN DCCP FD IP IP4 IP6 IP-SENDTO IP4-SENDTO IP-DATAGRAM IP4-DATAGRAM IP-RECV IP4-RECV IP-RECVFROM IP4-RECVFROM INTERFACE LOCAL OPENSSL SSL OPENSSL-LISTEN SSL-L PROXY PTY READLINE SCTP SCTP-CONNECT SCTP-LISTEN SCTP4 SOCKET SOCKET-CONNECT SOCKET-DATAGRAM SOCKET-LISTEN SOCKS SOCKS4 SOCKS4A TCP6 TCP6-LISTEN TCP6-L TUN UDP6 UDP6-LISTEN UDP6-RECV UDP6-RECVFROM UDP6-SENDTO UDP6-DATAGRAM UDPLITE UNIX UNIX-CLIENT UNIX-CONNECT UNIX-LISTEN UNIX-RECV UNIX-RECVFROM UNIX-SENDTO VSOCK VSOCK-CONNECT VSOCK-LISTEN", -1},
}

// splitAddress finds the commas that separate options: those outside of quotes
// and brackets. Quotes around all of it are gone then.
func splitAddress(text string) (head string, opts []string) {
	var parts []string
	var b strings.Builder
	quote := byte(0)
	depth := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case (c == ')' || c == ']' || c == '}') && depth > 0:
			depth--
		case c == '\\' && i+1 < len(text):
			b.WriteByte(c)
			i++
			c = text[i]
		case c == ',' && depth == 0:
			parts = append(parts, b.String())
			b.Reset()
			continue
		}
		b.WriteByte(c)
	}
	parts = append(parts, b.String())
	return parts[0], parts[1:]
}

// unquoted is a parameter without quotes and backslashes.
func unquoted(s string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && quote != '\'':
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (s *socat) parse(text string) *address {
	head, opts := splitAddress(text)
	a := &address{options: options{}}
	name, rest, has := strings.Cut(head, ":")
	a.name = name
	count := -1
	for i := range socatAddresses {
		for n := range strings.FieldsSeq(socatAddresses[i].names) {
			if strings.EqualFold(n, name) {
				if a.key, count = socatAddresses[i].key, socatAddresses[i].params; count < 0 {
					s.missing("address " + name)
				}
			}
		}
	}
	switch {
	case count >= 0:
	case strings.Contains(name, "/"):
		a.name, a.key, count, rest, has = "GOPEN", "gopen", 1, head, true
	case name != "" && strings.Trim(name, "0123456789") == "":
		s.missing("address " + name)
	default:
		s.die("unknown device/address \"%s\"", name)
	}
	if has {
		switch a.key {
		case "exec", "system", "open", "create", "gopen":
			a.params = []string{rest}
		default:
			a.params = strings.Split(rest, ":")
			for i := range a.params {
				a.params[i] = unquoted(a.params[i])
			}
		}
	}
	if len(a.params) != count {
		if a.key == "pipe" {
			s.missing("named pipes")
		}
		s.die("%s: wrong number of parameters (%d instead of %d)", strings.ToUpper(a.name), len(a.params), count)
	}
	for _, o := range opts {
		s.option(a, o)
	}
	return a
}

func (s *socat) option(a *address, text string) {
	name, value, has := strings.Cut(text, "=")
	for i := range socatOptions {
		names := strings.Fields(socatOptions[i].names)
		for _, n := range names {
			if !strings.EqualFold(n, name) {
				continue
			}
			switch socatOptions[i].kind {
			case 'x':
				s.missing("option " + name)
			case 'i', 't':
				if !has {
					s.die("option \"%s\": value required", name)
				}
				fallthrough
			case 'b':
				if _, err := strconv.ParseFloat(value, 64); has && err != nil {
					if _, err := strconv.ParseUint(value, 0, 32); err != nil {
						s.die("parseopts(): missing numerical value of option \"%s\"", text)
					}
				}
			case 's':
				if !has {
					s.die("option \"%s\": value required", name)
				}
			}
			if socatOptions[i].kind == 'b' && value == "0" {
				delete(a.options, names[0])
				return
			}
			a.options[names[0]] = unquoted(value)
			return
		}
	}
	s.die("parseopts_table(): unknown option \"%s\"", name)
}

// number is an option that is a number.
func (a *address) integer(name string, otherwise int) int {
	if v, err := strconv.ParseInt(a.options[name], 0, 32); err == nil {
		return int(v)
	}
	return otherwise
}

// open opens an address; number is 0 for the first.
func (s *socat) open(text string, read, write bool, number int) channel {
	a := s.parse(text)
	a.number, a.read, a.write = number, read, write
	switch a.key {
	case "stdio", "stdin", "stdout", "stderr":
		return s.openStdio(a)
	case "tcp":
		return s.openTCP(a)
	case "tcp-listen":
		return s.listenTCP(a)
	case "exec", "system":
		return s.openCommand(a)
	case "open", "create", "gopen":
		return s.openFile(a)
	case "pipe":
		s.notice("writing to and reading from unnamed pipe")
		return &pipeChannel{numbers: numbers{s.fd(), s.fd()}}
	}
	return s.openUDP(a)
}

// fd is the next number of a descriptor.
func (s *socat) fd() int {
	s.nextFD++
	return s.nextFD - 1
}

func (s *socat) openStdio(a *address) channel {
	c := &stdioChannel{numbers: numbers{0, 1}, out: s.Out}
	how := a.use()
	switch {
	case !a.write:
		c.numbers = numbers{0, 0}
	case !a.read:
		c.numbers = numbers{1, 1}
	}
	switch a.key {
	case "stdio":
		switch {
		case a.read && a.write:
			s.notice("reading from and writing to stdio")
		case a.read:
			s.notice("using stdin for reading")
		default:
			s.notice("using stdout for writing")
		}
	case "stdin":
		c.numbers = numbers{0, 0}
		s.notice("using stdin for %s", how)
	case "stdout":
		c.numbers = numbers{1, 1}
		s.notice("using stdout for %s", how)
	case "stderr":
		c.numbers, c.out = numbers{2, 2}, s.Err
		s.notice("using stderr for %s", how)
	}
	if a.read && c.numbers[0] == 0 {
		if s.stdin == nil {
			s.stdin = openFeed(s.Call, s.p)
		}
		c.in = s.stdin
	}
	return c
}

// host is the address of a name.
func (s *socat) host(name string, kind int) netip.Addr {
	if a, err := netip.ParseAddr(name); err == nil && a.Is4() {
		return a
	}
	a, _, err := s.hosts.lookup(name)
	if err != nil {
		s.die("getaddrinfo(\"%s\", \"NULL\", {1,0,%d,%d}, {}): %v", name, kind, map[int]int{1: 6, 2: 17}[kind], err)
	}
	return a
}

// port is a port's number; like the real one it looks at 16 bits of it.
func (s *socat) port(host, text, proto string) uint16 {
	if p, ok := etc.ServicePort(text, proto); ok {
		return p
	}
	v, err := strconv.ParseUint(text, 0, 32)
	if err != nil {
		kind := 1
		if proto == "udp" {
			kind = 2
		}
		s.die("getaddrinfo\"%s\", \"%s\", {1,0,%d,0}, {}): Servname not supported for ai_socktype", host, text, kind)
	}
	return uint16(v)
}

// local is bind= and sp=; port is where a listener listens.
func (s *socat) local(a *address, port uint16, kind int) netip.AddrPort {
	at, proto := netip.IPv4Unspecified(), "tcp"
	if kind == 2 {
		proto = "udp"
	}
	if a.has("bind") {
		host, p, has := strings.Cut(a.options["bind"], ":")
		if host != "" {
			at = s.host(host, kind)
		}
		if has {
			port = s.port(host, p, proto)
		}
	}
	if a.has("sourceport") {
		port = uint16(a.integer("sourceport", 0))
	}
	return netip.AddrPortFrom(at, port)
}

// device is the index of so-bindtodevice, 0 none.
func (s *socat) device(a *address, fd int) int32 {
	name := a.options["so-bindtodevice"]
	if name == "" {
		return 0
	}
	d := s.NS.Device(name)
	if d == nil {
		s.die("setsockopt(%d, 1, 25, \"%s\", %d): No such device", fd, name, len(name)+1)
	}
	return d.Index
}

// set makes a socket as the options of an address say.
func (s *socat) set(a *address, k *stack.Socket, fd int) {
	k.Dev, k.TTL, k.TOS = s.device(a, fd), uint8(a.integer("ttl", 0)), uint8(a.integer("tos", 0))
	k.ReuseAddr, k.Broadcast = a.has("reuseaddr"), a.has("broadcast")
}

func (s *socat) openTCP(a *address) channel {
	to := netip.AddrPortFrom(s.host(a.params[0], 1), s.port(a.params[0], a.params[1], "tcp"))
	s.notice("opening connection to AF=2 %v", to)
	fd := s.fd()
	probe := s.NS.OpenSocket(packet.ProtoTCP)
	s.set(a, probe, fd)
	d := sock.TCPDialer{Dev: probe.Dev, TTL: probe.TTL, TOS: probe.TOS, ReuseAddr: probe.ReuseAddr}
	if a.has("bind") || a.has("sourceport") {
		d.Local = s.local(a, 0, 1)
		if errno := probe.Bind(d.Local); errno != 0 {
			s.die("bind(%d, {AF=2 %v}, 16): %v", fd, d.Local, sock.Error{Errno: errno})
		}
	}
	probe.Close()
	tries := a.integer("retry", 0)
	interval := clock.Duration(1e9)
	if a.has("interval") {
		interval = s.seconds("interval", a.options["interval"])
	}
	for {
		if a.has("connect-timeout") {
			d.Deadline = s.p.Now().Add(s.seconds("connect-timeout", a.options["connect-timeout"]))
		}
		t, err := d.Dial(s.p, s.NS, to)
		if err == nil {
			s.notice("successfully connected from local address AF=2 %v", t.Local())
			return &tcpChannel{numbers: numbers{fd, fd}, t: t}
		}
		s.look()
		timeout := d.Deadline != 0 && s.p.Now() >= d.Deadline
		if !timeout {
			s.warn("recvmsg(): Resource temporarily unavailable")
		}
		if tries == 0 && !a.has("forever") {
			if timeout {
				s.die("connecting to AF=2 %v: Connection timed out", to)
			}
			s.die("connect(%d, AF=2 %v, 16): %s", fd, to, failure(err))
		}
		tries--
		s.Sleep(interval)
		s.look()
	}
}

func (s *socat) listenTCP(a *address) channel {
	fd := s.fd()
	at := s.local(a, s.port("", a.params[0], "tcp"), 1)
	l, err := sock.ListenTCPWith(s.p, s.NS, at, a.integer("backlog", 5), func(k *stack.Socket) { s.set(a, k, fd) })
	if err != nil {
		s.die("bind(%d, {AF=2 %v}, 16): %s", fd, at, failure(err))
	}
	for {
		s.notice("listening on AF=2 %v", at)
		for !l.Readable() || a.tooMany(s) {
			s.pause(0)
		}
		t, err := l.Accept()
		if err != nil {
			s.die("accept(%d): %s", fd, failure(err))
		}
		s.notice("accepting connection from AF=2 %v on AF=2 %v", t.Remote(), t.Local())
		if !a.has("fork") {
			l.Close()
			s.peer("TCP", t.Remote(), t.Local())
			defer func() { s.nextFD = fd }() // the listener's is free again
			return &tcpChannel{numbers: numbers{fd + 1, fd + 1}, t: t}
		}
		var own *sock.TCPConn
		s.fork(a.number, func(s *socat) channel {
			s.peer("TCP", own.Remote(), own.Local())
			return &tcpChannel{numbers: numbers{fd + 1, fd + 1}, t: own}
		}, func(p *shell.Process) {
			own = t.As(p.Proc)
			p.OnEnd(func() { _ = own.Close() })
		})
	}
}

// tooMany is max-children.
func (a *address) tooMany(s *socat) bool {
	n := a.integer("max-children", 0)
	return n > 0 && s.children >= n
}

// peer tells commands who is at the other end.
func (s *socat) peer(_ string, remote, local netip.AddrPort) {
	s.Process.Setenv("SOCAT_PEERADDR", remote.Addr().String())
	s.Process.Setenv("SOCAT_PEERPORT", strconv.Itoa(int(remote.Port())))
	s.Process.Setenv("SOCAT_SOCKADDR", local.Addr().String())
	s.Process.Setenv("SOCAT_SOCKPORT", strconv.Itoa(int(local.Port())))
}

// udp makes a socket for an address, bound where it says so.
func (s *socat) udp(a *address, fd int, at netip.AddrPort, reuse bool) *sock.UDPConn {
	u := sock.OpenUDP(s.p, s.NS)
	s.set(a, u.Socket, fd)
	u.ReuseAddr = u.ReuseAddr || reuse
	if at.Port() != 0 || !at.Addr().IsUnspecified() {
		if errno := u.Bind(at); errno != 0 {
			s.die("bind(%d, {AF=2 %v}, 16): %v", fd, at, sock.Error{Errno: errno})
		}
	}
	return u
}

func (s *socat) openUDP(a *address) channel {
	fd := s.fd()
	n := numbers{fd, fd}
	if len(a.params) == 1 {
		at := s.local(a, s.port("", a.params[0], "udp"), 2)
		switch a.key {
		case "udp-listen":
			return s.listenUDP(a, n, at)
		case "udp-recvfrom":
			return s.receiveFrom(a, n, at)
		}
		if a.write {
			s.die("address \"%s\" is not usable for writing", a.name)
		}
		return &udpChannel{numbers: n, u: s.udp(a, fd, at, false), tell: true, mute: true}
	}
	to := netip.AddrPortFrom(s.host(a.params[0], 2), s.port(a.params[0], a.params[1], "udp"))
	local := s.local(a, 0, 2)
	if a.key == "udp" {
		s.notice("opening connection to AF=2 %v", to)
	}
	u := s.udp(a, fd, local, false)
	if a.key != "udp" {
		s.notice("successfully prepared local socket AF=2 %v", local)
		return &udpChannel{numbers: n, u: u, to: to, only: a.key == "udp-sendto"}
	}
	if errno := u.Connect(to); errno != 0 {
		s.die("connect(%d, AF=2 %v, 16): %v", fd, to, sock.Error{Errno: errno})
	}
	s.notice("successfully connected from local address AF=2 %v", u.Local())
	return &udpChannel{numbers: n, u: u}
}

// await waits for the first datagram of a socket.
func (s *socat) await(a *address, u *sock.UDPConn) netip.AddrPort {
	for {
		if from, ok := u.Peek(); ok && !a.tooMany(s) {
			return from
		}
		s.pause(0)
	}
}

// listenUDP treats a datagram as the beginning of a connection.
func (s *socat) listenUDP(a *address, n numbers, at netip.AddrPort) channel {
	for {
		u := s.udp(a, n[0], at, a.has("fork"))
		s.notice("listening on UDP AF=2 %v", at)
		from := s.await(a, u)
		s.notice("accepting UDP connection from AF=2 %v", from)
		if errno := u.Connect(from); errno != 0 {
			s.die("connect(%d, {AF=2 %v}, 16): %v", n[0], from, sock.Error{Errno: errno})
		}
		if !a.has("fork") {
			s.peer("UDP", from, u.Local())
			return &udpChannel{numbers: n, u: u}
		}
		s.fork(a.number, func(s *socat) channel {
			s.nextFD++
			s.peer("UDP", from, u.Local())
			return &udpChannel{numbers: n, u: u}
		}, func(p *shell.Process) { u.GiveTo(p.Proc) })
	}
}

// receiveFrom takes one datagram, and answers its sender.
func (s *socat) receiveFrom(a *address, n numbers, at netip.AddrPort) channel {
	u := s.udp(a, n[0], at, false)
	buf := make([]byte, 0xffff)
	for {
		s.notice("receiving on AF=2 %v", at)
		s.await(a, u)
		k, from, err := u.ReadFrom(buf)
		if err != nil {
			s.die("recvfrom(%d): %s", n[0], failure(err))
		}
		s.notice("receiving packet from AF=2 %v", from)
		c := &udpChannel{numbers: n, u: u, to: from, said: true, one: &datagram{from, append([]byte(nil), buf[:k]...)}}
		if !a.has("fork") {
			s.peer("UDP", from, u.Local())
			return c
		}
		s.fork(a.number, func(s *socat) channel {
			s.nextFD++
			s.peer("UDP", from, u.Local())
			return sharedUDP{c}
		}, func(*shell.Process) {})
	}
}

// sharedUDP is a socket that is the parent's too.
type sharedUDP struct{ *udpChannel }

func (sharedUDP) close() {}

func (s *socat) openCommand(a *address) channel {
	words := []string{"/bin/sh", "-c", unquoted(a.params[0])}
	if a.key == "exec" {
		words = commandWords(a.params[0])
	}
	fd := s.fd()
	d := &duplex{numbers: numbers{fd, fd}, sh: s.Shell, owner: s.p}
	s.notice("forking off child, using socket for %s", a.use())
	io := shell.Stdio{In: d, Out: d}
	if !a.write {
		io.In = nil
	}
	if !a.read {
		io.Out = nil
	}
	if a.has("stderr") {
		io.Err = d
	}
	child, err := s.Spawn(nil, words, io)
	if err != nil {
		name := ""
		if len(words) > 0 {
			name = words[0]
		}
		s.message(0, "E", "execvp(\"%s\", \"%s\"): No such file or directory", name, name)
		s.die("waitpid(): child %d exited with status 1", s.Process.PID+1)
	}
	d.child = child
	child.OnEnd(s.p.Wake)
	s.notice("forked off child process %d", child.PID)
	if a.key == "exec" {
		(&socat{Call: s.Call, level: s.level, pid: child.PID}).notice("execvp'ing \"%s\"", words[0])
	}
	return d
}

// commandWords splits the command of EXEC.
func commandWords(text string) []string {
	var words []string
	var b strings.Builder
	in, quote := false, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
			in = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, in = c, true
		case c == ' ' && quote == 0:
			if in {
				words = append(words, b.String())
				b.Reset()
				in = false
			}
		default:
			b.WriteByte(c)
			in = true
		}
	}
	if in {
		words = append(words, b.String())
	}
	return words
}

func (s *socat) openFile(a *address) channel {
	name := unquoted(a.params[0])
	flags, bits := vfs.Flags(0), 0
	if a.read {
		flags |= vfs.Read
	}
	if a.write {
		flags |= vfs.Write
		bits = 1
		if a.read {
			bits = 2
		}
	}
	if a.has("creat") || a.key == "create" || a.key == "gopen" && a.write {
		flags |= vfs.Create
		bits |= 0o100
	}
	if a.has("trunc") || a.key == "create" {
		flags |= vfs.Truncate
		bits |= 0o1000
	}
	if a.has("append") || a.key == "gopen" && a.write {
		flags |= vfs.Append
		bits |= 0o2000
	}
	kind := "undef"
	if _, err := s.View.Stat(name); err == nil {
		kind = "regular file"
	}
	s.notice("opening %s \"%s\" for %s", kind, name, a.use())
	fd := s.fd()
	f, err := s.View.Open(name, flags, 0o666&^s.Umask())
	if err != nil {
		var e vfs.Errno
		text := err.Error()
		if errors.As(err, &e) {
			text = vfs.Text(err)
		}
		s.die("open(\"%s\", %s, 0666): %s", name, fmt.Sprintf("0%o", bits), text)
	}
	return fileChannel{numbers{fd, fd}, f}
}
