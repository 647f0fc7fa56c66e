package netprogs

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/netfilter/etc"
	"hoplab/sim/proc"
	"hoplab/sim/shell"
	"hoplab/sim/sock"
	"hoplab/sim/stack"
)

// ncTool is nc as Debian, and nicolaka/netshoot, have it: OpenBSD's netcat.
// The nc of nmap is ncat.
func ncTool() shell.Tool {
	return shell.Tool{
		Name:    "nc",
		Summary: "arbitrary TCP and UDP connections and listens (OpenBSD netcat, Debian patchlevel 1.219-1)",
		Run:     runNc,
		Options: []shell.Option{
			{Flag: "-4", Help: "use IPv4"},
			{Flag: "-b", Help: "allow broadcast"},
			{Flag: "-C", Help: "send CRLF as line ending"},
			{Flag: "-D", Help: "enable the debug socket option: without effect"},
			{Flag: "-d", Help: "detach from stdin"},
			{Flag: "-h", Help: "print help and exit"},
			{Flag: "-i <interval>", Help: "delay interval for lines sent, ports scanned"},
			{Flag: "-k", Help: "keep inbound sockets open for multiple connects"},
			{Flag: "-l", Help: "listen mode, for inbound connects"},
			{Flag: "-M <ttl>", Help: "outgoing TTL"},
			{Flag: "-N", Help: "shut down the network socket after EOF on stdin"},
			{Flag: "-n", Help: "suppress name and port resolutions"},
			{Flag: "-p <port>", Help: "local port for remote connects"},
			{Flag: "-q <secs>", Help: "quit after EOF on stdin and delay of secs"},
			{Flag: "-s <sourceaddr>", Help: "local source address"},
			{Flag: "-T <keyword>", Help: "TOS value"},
			{Flag: "-u", Help: "UDP mode"},
			{Flag: "-v", Help: "verbose"},
			{Flag: "-W <recvlimit>", Help: "terminate after receiving a number of packets"},
			{Flag: "-w <timeout>", Help: "timeout for connects and final net reads"},
			{Flag: "-z", Help: "zero-I/O mode, used for scanning"},
			{Flag: "-6", Help: "use IPv6", NotModelled: true},
			{Flag: "-F", Help: "pass socket fd", NotModelled: true},
			{Flag: "-I <length>", Help: "TCP receive buffer length", NotModelled: true},
			{Flag: "-m <minttl>", Help: "minimum incoming TTL", NotModelled: true},
			{Flag: "-O <length>", Help: "TCP send buffer length", NotModelled: true},
			{Flag: "-P <proxyuser>", Help: "username for proxy authentication", NotModelled: true},
			{Flag: "-r", Help: "randomize remote ports", NotModelled: true},
			{Flag: "-S", Help: "TCP MD5 signature option", NotModelled: true},
			{Flag: "-t", Help: "answer TELNET negotiation", NotModelled: true},
			{Flag: "-U", Help: "use UNIX domain socket", NotModelled: true},
			{Flag: "-V <rtable>", Help: "alternate routing table", NotModelled: true},
			{Flag: "-X <proto>", Help: "proxy protocol", NotModelled: true},
			{Flag: "-x <addr>", Help: "proxy address and port", NotModelled: true},
			{Flag: "-Z", Help: "DCCP mode", NotModelled: true},
		},
	}
}

const ncUsage = `usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]
	  [-m minttl] [-O length] [-P proxy_username] [-p source_port]
	  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]
	  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]
	  [destination] [port]
`

// nc is one run.
type nc struct {
	*shell.Call
	p     *proc.Proc
	hosts hosts
	in    *feed

	listen, keep, udp, verbose, zero, numeric, shut, detached, broadcast, crlf bool

	interval, wait clock.Duration // 0: none
	quit           int            // seconds, -1: for ever
	limit          int            // -W, 0: none
	ttl, tos       uint8
	source, port   string // -s, -p
	got            int    // reads, for -W
}

// ncEnd ends a run from within.
type ncEnd struct{ status int }

func runNc(c *shell.Call) (status int) {
	n := &nc{Call: c, p: c.Proc, hosts: readHosts(c.View), quit: -1}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(ncEnd)
			if !ok {
				panic(r)
			}
			status = e.status
		}
	}()
	host, ports := n.options()
	if n.listen {
		return n.serve(host, ports)
	}
	return n.connect(host, ports)
}

// die is errx(3): why, and the end.
func (n *nc) die(format string, args ...any) {
	n.Errorf(format, args...)
	panic(ncEnd{1})
}

func (n *nc) usage() {
	_, _ = io.WriteString(n.Err, ncUsage)
	panic(ncEnd{1})
}

// number is strtonum(3).
func (n *nc) number(s, what string, most int) int {
	v, err := strconv.Atoi(s)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		n.die("%s invalid: %s", what, s)
	case v < 0:
		n.die("%s too small: %s", what, s)
	case v > most:
		n.die("%s too large: %s", what, s)
	}
	return v
}

func (n *nc) options() (host, ports string) {
	opts, words, err := shell.Getopt(n.Tool.Options, n.Args[1:], false)
	var refused *shell.OptError
	switch {
	case errors.As(err, &refused) && refused.NotModelled:
		n.die("%v", err)
	case err != nil:
		n.Errorf("%v", err)
		n.usage()
	}
	const years = 1<<31/1000 - 1
	for _, o := range opts {
		switch o.Name {
		case "-b":
			n.broadcast = true
		case "-C":
			n.crlf = true
		case "-d":
			n.detached = true
		case "-h":
			_, _ = io.WriteString(n.Err, ncHelp())
			panic(ncEnd{0})
		case "-i":
			n.interval = clock.Duration(n.number(o.Value, "interval", 1<<32-1)) * 1e9
		case "-k":
			n.keep = true
		case "-l":
			n.listen = true
		case "-M":
			n.ttl = uint8(n.smaller(o.Value, "ttl", 0, 255))
		case "-N":
			n.shut = true
		case "-n":
			n.numeric = true
		case "-p":
			n.port = o.Value
		case "-q":
			if v, err := strconv.Atoi(o.Value); err == nil && v < 0 {
				n.quit = -1
			} else if n.quit = n.smaller(o.Value, "quit timer", -1<<31, 1<<31-1); n.quit >= 0 {
				n.shut = true
			}
		case "-s":
			n.source = o.Value
		case "-T":
			n.tos = n.parseTOS(o.Value)
		case "-u":
			n.udp = true
		case "-v":
			n.verbose = true
		case "-W":
			n.limit = n.smaller(o.Value, "receive limit", 1, 1<<31-1)
		case "-w":
			n.wait = clock.Duration(n.number(o.Value, "timeout", years)) * 1e9
		case "-z":
			n.zero = true
		}
	}
	return n.place(words)
}

// smaller is strtonum(3) in the words of Debian's patches.
func (n *nc) smaller(s, what string, least, most int) int {
	v, err := strconv.Atoi(s)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		n.die("%s invalid: %s", what, s)
	case v < least:
		if what == "receive limit" {
			n.die("receive limit too small: %s", s)
		}
		n.die("%s is too small", what)
	case v > most:
		n.die("%s is too large", what)
	}
	return v
}

// parseTOS reads -T: a keyword or a number.
func (n *nc) parseTOS(s string) uint8 {
	for _, t := range []struct {
		name string
		tos  uint8
	}{{"critical", 0xa0}, {"inetcontrol", 0xc0}, {"lowdelay", 0x10}, {"netcontrol", 0xe0}, {"reliability", 4}, {"throughput", 8},
		{"ef", 0xb8}, {"cs0", 0}, {"cs1", 0x20}, {"cs2", 0x40}, {"cs3", 0x60}, {"cs4", 0x80}, {"cs5", 0xa0}, {"cs6", 0xc0}, {"cs7", 0xe0},
		{"af11", 0x28}, {"af12", 0x30}, {"af13", 0x38}, {"af21", 0x48}, {"af22", 0x50}, {"af23", 0x58}, {"af31", 0x68}, {"af32", 0x70}, {"af33", 0x78}, {"af41", 0x88}, {"af42", 0x90}, {"af43", 0x98}} {
		if t.name == s {
			return t.tos
		}
	}
	v, err := strconv.ParseUint(s, 0, 8)
	if err != nil {
		n.die("illegal tos value %s", s)
	}
	return uint8(v)
}

// place takes host and port from the words that are no options.
func (n *nc) place(words []string) (host, ports string) {
	switch {
	case len(words) == 0 && n.port == "" && !n.listen:
		n.usage()
	case len(words) > 2, n.listen && n.port != "" && len(words) > 1:
		n.usage()
	case n.listen && n.port != "":
		ports = n.port
		if len(words) == 1 {
			if strings.Trim(words[0], "0123456789") == "" {
				n.usage()
			}
			host = words[0]
		}
	case n.listen && len(words) == 1:
		ports = words[0]
	case len(words) == 2:
		host, ports = words[0], words[1]
	case len(words) == 1:
		host = words[0]
	}
	switch {
	case n.listen && n.source != "":
		n.die("cannot use -s and -l")
	case n.listen && n.zero:
		n.die("cannot use -z and -l")
	case !n.listen && n.keep:
		n.die("must use -l with -k")
	case ports == "":
		n.die("missing port number")
	}
	return host, ports
}

// ports is a list such as 80, http or 20-25.
func (n *nc) ports(s string) []uint16 {
	if p, ok := n.service(s); ok {
		return []uint16{p}
	}
	lo, hi, isRange := strings.Cut(s, "-")
	if !isRange {
		return []uint16{uint16(n.portNumber(s))}
	}
	a, b := n.portNumber(lo), n.portNumber(hi)
	if a > b {
		a, b = b, a
	}
	var all []uint16
	for p := a; p <= b; p++ {
		all = append(all, uint16(p))
	}
	return all
}

func (n *nc) portNumber(s string) int {
	v, err := strconv.Atoi(s)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		n.die("port number invalid: %s", s)
	case v < 1:
		n.die("port number too small: %s", s)
	case v > 0xffff:
		n.die("port number too large: %s", s)
	}
	return v
}

func (n *nc) protocol() string {
	if n.udp {
		return "udp"
	}
	return "tcp"
}

func (n *nc) service(s string) (uint16, bool) {
	if n.numeric {
		return 0, false
	}
	return etc.ServicePort(s, n.protocol())
}

// address finds a host; text is who asks: "for host \"x\" port 80".
func (n *nc) address(host, text string) netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return a
	}
	a, _, err := n.hosts.lookup(host)
	if err != nil || n.numeric {
		n.die("getaddrinfo%s: Name or service not known", text)
	}
	return a
}

// name is an address as a verbose nc prints it.
func (n *nc) name(a netip.Addr) string {
	if name := n.hosts.name(a); name != "" && !n.numeric {
		return name
	}
	return a.String()
}

// local is -s and -p.
func (n *nc) local() netip.AddrPort {
	a, port := netip.IPv4Unspecified(), 0
	if n.port != "" {
		if p, ok := n.service(n.port); ok {
			port = int(p)
		} else if v, err := strconv.ParseUint(n.port, 10, 16); err == nil {
			port = int(v)
		} else {
			n.die("getaddrinfo: Servname not supported for ai_socktype")
		}
	}
	if n.source != "" {
		a = n.address(n.source, "")
	}
	return netip.AddrPortFrom(a, uint16(port))
}

// connect goes to each of the ports.
func (n *nc) connect(host, ports string) int {
	status := 1
	for i, port := range n.ports(ports) {
		if i > 0 && n.interval > 0 {
			n.Sleep(n.interval)
		}
		a := n.address(host, fmt.Sprintf(" for host \"%s\" port %d", host, port))
		if n.connectTo(host, netip.AddrPortFrom(a, port)) {
			status = 0
		}
	}
	return status
}

// connectTo reports that there was a connection.
func (n *nc) connectTo(host string, at netip.AddrPort) bool {
	var c io.ReadWriteCloser
	if n.udp {
		u := n.dialUDP(at)
		if u == nil || !n.probe(u) {
			return false
		}
		c = udpCloser{u}
	} else {
		t := n.dialTCP(at)
		if t == nil {
			return false
		}
		c = t
	}
	defer func() { _ = c.Close() }()
	if n.verbose {
		service := "*"
		if s, ok := etc.ServiceName(at.Port(), n.protocol()); ok && !n.numeric {
			service = s
		}
		fmt.Fprintf(n.Err, "Connection to %s %d port [%s/%s] succeeded!\n", host, at.Port(), n.protocol(), service)
	}
	if !n.zero {
		n.relay(c)
	}
	return true
}

func (n *nc) dialTCP(at netip.AddrPort) *sock.TCPConn {
	d := sock.TCPDialer{TTL: n.ttl, TOS: n.tos}
	if n.source != "" || n.port != "" {
		d.Local = n.local()
		// The real one binds first, and says so.
		probe := n.NS.OpenSocket(packet.ProtoTCP)
		if errno := probe.Bind(d.Local); errno != 0 {
			n.die("bind failed: %v", sock.Error{Errno: errno})
		}
		probe.Close()
	}
	if n.wait > 0 {
		d.Deadline = n.p.Now().Add(n.wait)
	}
	t, err := d.Dial(n.p, n.NS, at)
	if err == nil {
		return t
	}
	var e sock.Error
	errors.As(err, &e)
	switch {
	case e.Errno == stack.EADDRINUSE, e.Errno == stack.EADDRNOTAVAIL:
		n.die("bind failed: %v", err)
	case !n.verbose:
	case n.wait > 0 && n.p.Now() >= d.Deadline:
		n.Errorf("connect to %s port %d (tcp) timed out: Operation now in progress", at.Addr(), at.Port())
	default:
		n.Errorf("connect to %s port %d (tcp) failed: %v", at.Addr(), at.Port(), err)
	}
	return nil
}

func (n *nc) dialUDP(at netip.AddrPort) *sock.UDPConn {
	c := sock.OpenUDP(n.p, n.NS)
	c.ReuseAddr, c.Broadcast, c.TTL, c.TOS = true, n.broadcast, n.ttl, n.tos
	if n.source != "" || n.port != "" {
		if errno := c.Bind(n.local()); errno != 0 {
			n.die("bind failed: %v", sock.Error{Errno: errno})
		}
	}
	if errno := c.Connect(at); errno != 0 {
		if n.verbose {
			n.Errorf("connect to %s port %d (udp) failed: %v", at.Addr(), at.Port(), sock.Error{Errno: errno})
		}
		c.Close()
		return nil
	}
	return c
}

// probe is udptest: with -v or -z some datagrams tell whether anybody is there.
func (n *nc) probe(c *sock.UDPConn) bool {
	if !n.verbose && !n.zero {
		return true
	}
	tries := 2
	if n.wait > 0 {
		tries = int(n.wait / 1e9)
	}
	for i := range tries + 2 {
		if i > 1 {
			n.Sleep(1e9)
		}
		if _, err := c.Write([]byte("X")); err != nil {
			c.Close()
			return false
		}
		sock.Turn(n.p, n.NS, 100_000) // who is close by has answered
	}
	return true
}

// udpCloser is a UDP socket as a stream.
type udpCloser struct{ *sock.UDPConn }

// Close closes the socket.
func (c udpCloser) Close() error {
	c.UDPConn.Close()
	return nil
}

// serve is -l.
func (n *nc) serve(host, ports string) int {
	a := netip.IPv4Unspecified()
	if host != "" {
		a = n.address(host, "")
	}
	var at netip.AddrPort
	if p, ok := n.service(ports); ok {
		at = netip.AddrPortFrom(a, p)
	} else if v, err := strconv.ParseUint(ports, 10, 16); err == nil {
		at = netip.AddrPortFrom(a, uint16(v))
	} else {
		n.die("getaddrinfo: Servname not supported for ai_socktype")
	}
	if n.udp {
		return n.serveUDP(at)
	}
	l, err := sock.ListenTCPWith(n.p, n.NS, at, 1, func(s *stack.Socket) { s.ReuseAddr, s.TTL, s.TOS = true, n.ttl, n.tos })
	if err != nil {
		n.die("%v", err)
	}
	n.report("Listening on", at)
	for {
		c, err := l.Accept()
		if err != nil {
			n.die("accept: %v", err)
		}
		if !n.keep {
			l.Close()
		}
		n.report("Connection received on", c.Remote())
		n.relay(c)
		_ = c.Close()
		if !n.keep {
			return 0
		}
	}
}

// report is report_sock.
func (n *nc) report(what string, at netip.AddrPort) {
	if n.verbose {
		fmt.Fprintf(n.Err, "%s %s %d\n", what, n.name(at.Addr()), at.Port())
	}
}

func (n *nc) serveUDP(at netip.AddrPort) int {
	c := sock.OpenUDP(n.p, n.NS)
	defer c.Close()
	c.ReuseAddr, c.TTL, c.TOS = true, n.ttl, n.tos
	if errno := c.Bind(at); errno != 0 {
		n.die("%v", sock.Error{Errno: errno})
	}
	n.report("Bound on", at)
	if n.keep { // whoever sends is heard, nobody is answered
		n.relay(udpCloser{c})
		return 0
	}
	for !c.Readable() {
		n.p.Pause()
	}
	from, ok := c.Peek()
	if !ok {
		return 1
	}
	if errno := c.Connect(from); errno != 0 {
		n.die("connect: %v", sock.Error{Errno: errno})
	}
	n.report("Connection received on", from)
	n.relay(udpCloser{c})
	return 0
}

// ncBuffer is BUFSIZE, in bytes.
const ncBuffer = 16384

// relay copies both ways: readwrite.
func (n *nc) relay(c io.ReadWriteCloser) {
	tcp, _ := c.(*sock.TCPConn)
	readable := func() bool {
		if tcp != nil {
			return tcp.Readable()
		}
		return c.(udpCloser).Readable()
	}
	if n.in == nil && !n.detached {
		n.in = openFeed(n.Call, n.p)
	}
	stdin, netIn, netOut := !n.detached, true, true
	var held []byte // from stdin, not sent yet
	buf := make([]byte, ncBuffer)
	alarm := clock.Instant(0)
	last := n.p.Now()
	for {
		if !stdin && len(held) == 0 && netOut { // stdin gone and all is sent
			netOut = false
			if n.shut && tcp != nil {
				_ = tcp.CloseWrite()
			}
			if n.quit >= 0 {
				alarm = n.p.Now().Add(clock.Duration(n.quit) * 1e9)
			}
		}
		switch {
		case !stdin && !netIn && len(held) == 0, n.listen && !netIn && len(held) == 0:
			return
		}
		if n.interval > 0 {
			n.Sleep(n.interval)
		}
		switch {
		case netIn && readable():
			last = n.p.Now()
			k, err := c.Read(buf)
			if err != nil || k == 0 && tcp != nil {
				netIn = false
				continue
			}
			_, _ = n.Out.Write(buf[:k])
			if n.got++; n.limit > 0 && n.got >= n.limit {
				return
			}
		case len(held) > 0 && (tcp == nil || tcp.Writable()):
			last = n.p.Now()
			if !n.send(c, tcp, &held) {
				stdin, netOut, held = false, false, nil
				if tcp == nil {
					netIn = false
				}
			}
		case stdin && len(held) == 0 && n.in.ready():
			last = n.p.Now()
			if held = n.in.take(n.chunk()); len(held) == 0 {
				stdin = false
			} else if n.crlf {
				held = []byte(strings.ReplaceAll(string(held), "\n", "\r\n"))
			}
		default:
			if !n.sleep(last, alarm) {
				return
			}
		}
	}
}

// chunk is how much of the input is sent at once: with -i a line.
func (n *nc) chunk() int {
	if n.interval > 0 {
		if i := strings.IndexByte(string(n.in.data), '\n'); i >= 0 {
			return i + 1
		}
	}
	return ncBuffer
}

// send sends of held what goes. It is false where the other end is gone.
func (n *nc) send(c io.Writer, tcp *sock.TCPConn, held *[]byte) bool {
	if tcp != nil {
		k, err := tcp.WriteSome(*held)
		*held = (*held)[k:]
		return err == nil
	}
	_, err := c.Write(*held)
	*held = nil
	return err == nil
}

// sleep waits for something to happen. It is false when -w or -q ends the run.
func (n *nc) sleep(last, alarm clock.Instant) bool {
	until := alarm
	if n.wait > 0 {
		if w := last.Add(n.wait); until == 0 || w < until {
			until = w
		}
	}
	if until == 0 {
		n.p.Pause()
		return true
	}
	return n.p.WaitTick(until) || n.p.Now() < until
}

// ncHelp is -h.
func ncHelp() string {
	return "OpenBSD netcat (Debian patchlevel 1.219-1)\n" + ncUsage + `	Command Summary:
		-4		Use IPv4
		-6		Use IPv6
		-b		Allow broadcast
		-C		Send CRLF as line-ending
		-D		Enable the debug socket option
		-d		Detach from stdin
		-F		Pass socket fd
		-h		This help text
		-I length	TCP receive buffer length
		-i interval	Delay interval for lines sent, ports scanned
		-k		Keep inbound sockets open for multiple connects
		-l		Listen mode, for inbound connects
		-M ttl		Outgoing TTL / Hop Limit
		-m minttl	Minimum incoming TTL / Hop Limit
		-N		Shutdown the network socket after EOF on stdin
		-n		Suppress name/port resolutions
		-O length	TCP send buffer length
		-P proxyuser	Username for proxy authentication
		-p port		Specify local port for remote connects
		-q secs		quit after EOF on stdin and delay of secs
		-r		Randomize remote ports
		-S		Enable the TCP MD5 signature option
		-s sourceaddr	Local source address
		-T keyword	TOS value
		-t		Answer TELNET negotiation
		-U		Use UNIX domain socket
		-u		UDP mode
		-V rtable	Specify alternate routing table
		-v		Verbose
		-W recvlimit	Terminate after receiving a number of packets
		-w timeout	Timeout for connects and final net reads
		-X proto	Proxy protocol: "4", "5" (SOCKS) or "connect"
		-x addr[:port]	Specify proxy address and port
		-Z		DCCP mode
		-z		Zero-I/O mode [used for scanning]
	Port numbers can be individual or ranges: lo-hi [inclusive]
`
}
