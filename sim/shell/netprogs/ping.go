package netprogs

import (
	"errors"
	"io"
	"net/netip"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/sock"
)

func pingTool() shell.Tool {
	return shell.Tool{
		Name:    "ping",
		Summary: "send ICMP ECHO_REQUEST to network hosts",
		Run:     runPing,
		Options: []shell.Option{
			{Flag: "-4", Help: "use IPv4"},
			{Flag: "-a", Help: "use audible ping"},
			{Flag: "-A", Help: "use adaptive ping"},
			{Flag: "-b", Help: "allow pinging broadcast"},
			{Flag: "-B", Help: "sticky source address"},
			{Flag: "-c <count>", Help: "stop after count replies"},
			{Flag: "-d", Help: "use SO_DEBUG: without effect"},
			{Flag: "-D", Help: "print timestamps"},
			{Flag: "-e <identifier>", Help: "define identifier for ping session"},
			{Flag: "-f", Help: "flood ping"},
			{Flag: "-h", Help: "print help and exit"},
			{Flag: "-i <interval>", Help: "seconds between sending each packet"},
			{Flag: "-I <interface>", Help: "either interface name or address"},
			{Flag: "-l <preload>", Help: "send preload packets while waiting for replies"},
			{Flag: "-L", Help: "suppress loopback of multicast packets"},
			{Flag: "-m <mark>", Help: "tag the packets going out"},
			{Flag: "-M <pmtud opt>", Help: "define mtu discovery: do, dont or want"},
			{Flag: "-n", Help: "no name resolution"},
			{Flag: "-O", Help: "report outstanding replies"},
			{Flag: "-p <pattern>", Help: "contents of padding bytes"},
			{Flag: "-q", Help: "quiet output"},
			{Flag: "-Q <tclass>", Help: "quality of service bits"},
			{Flag: "-r", Help: "bypass the routing table"},
			{Flag: "-R", Help: "record route"},
			{Flag: "-s <size>", Help: "number of data bytes to be sent"},
			{Flag: "-t <ttl>", Help: "time to live"},
			{Flag: "-T <timestamp>", Help: "timestamp option: tsonly, tsandaddr or tsprespec"},
			{Flag: "-U", Help: "print user-to-user latency"},
			{Flag: "-v", Help: "verbose output"},
			{Flag: "-V", Help: "print version and exit"},
			{Flag: "-w <deadline>", Help: "end after deadline seconds"},
			{Flag: "-W <timeout>", Help: "time to wait for response"},
			{Flag: "-6", Help: "use IPv6", NotModelled: true},
			{Flag: "-C", Help: "call connect() on socket creation", NotModelled: true},
			{Flag: "-F <flowlabel>", Help: "define flow label (IPv6)", NotModelled: true},
			{Flag: "-N <nodeinfo opt>", Help: "node info query (IPv6)", NotModelled: true},
			{Flag: "-S <size>", Help: "use size as SO_SNDBUF", NotModelled: true},
		},
	}
}

func runPing(c *shell.Call) int {
	o, err := sock.ParsePing(c.Args[1:])
	if err != nil {
		return exit(c, err)
	}
	hosts := readHosts(c.View)
	o.Lookup, o.Name = hosts.lookup, hosts.name
	o.Terminal = c.IsTerminal(1)
	c.Catch(shell.SIGINT, shell.SIGQUIT, shell.SIGALRM)
	res, err := sock.Ping(c.Proc, c.NS, o, c.Out, c.Err, c.Lab.Time(0))
	c.Result(&res)
	var bad *sock.ExitError
	if errors.As(err, &bad) {
		return bad.Status // it has said why
	}
	return res.Exit
}

// exit prints what a program says about wrong arguments.
func exit(c *shell.Call, err error) int {
	var bad *sock.ExitError
	if !errors.As(err, &bad) {
		return c.Fail(2, "%v", err)
	}
	_, _ = io.WriteString(c.Out, bad.Stdout)
	_, _ = io.WriteString(c.Err, bad.Stderr)
	return bad.Status
}

// hosts is /etc/hosts: nobody else in the lab knows names.
type hosts []hostLine

type hostLine struct {
	addr  netip.Addr
	names []string
}

// readHosts reads hosts(5).
func readHosts(v vfs.View) hosts {
	text, err := v.ReadFile("/etc/hosts")
	if err != nil {
		return nil
	}
	var h hosts
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		if a, err := netip.ParseAddr(f[0]); err == nil && a.Is4() {
			h = append(h, hostLine{a, f[1:]})
		}
	}
	return h
}

var errUnknownName = errors.New("Name or service not known") //nolint:staticcheck // gai_strerror's own words

// lookup finds the address of a name and its canonical name.
func (h hosts) lookup(host string) (netip.Addr, string, error) {
	for _, l := range h {
		for _, n := range l.names {
			if strings.EqualFold(n, host) {
				return l.addr, l.names[0], nil
			}
		}
	}
	return netip.Addr{}, "", errUnknownName
}

// name finds the name of an address, empty if it has none.
func (h hosts) name(a netip.Addr) string {
	for _, l := range h {
		if l.addr == a {
			return l.names[0]
		}
	}
	return ""
}
