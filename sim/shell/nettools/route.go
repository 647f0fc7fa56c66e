package nettools

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/shell"
)

func routeTool() shell.Tool {
	return shell.Tool{Name: "route", Dir: "/usr/sbin", Summary: "show and change the routing table", Usage: "[-nvee] | [-v] {add|del} [-net|-host] TARGET [netmask NM] [gw GW] [metric N] [mss M] [reject] [[dev] IF]",
		Run: runRoute, Options: []shell.Option{
			{Flag: "-n, --numeric", Help: "don't resolve names"},
			{Flag: "-N, --symbolic", Help: "resolve names"},
			{Flag: "-e, --extend", Help: "display other information; twice: more"},
			{Flag: "-v, --verbose", Help: "be verbose"},
			{Flag: "-F, --fib", Help: "the forwarding table (default)"},
			{Flag: "-4", Help: "inet (default)"},
			{Flag: "-A FAMILY", Help: "inet"},
			{Flag: "-V, --version", Help: "print the version"},
			{Flag: "-h, -?", Help: "show this help"},
			{Flag: "-C, --cache", Help: "the routing cache", NotModelled: true},
			{Flag: "-6", Help: "IPv6", NotModelled: true},
			{Flag: "window, irtt, mod, dyn, reinstate", NotModelled: true},
		}}
}

const routeUsage = `Usage: route [-nNvee] [-FC] [<AF>]           List kernel routing tables
       route [-v] [-FC] {add|del|flush} ...  Modify routing table for AF.

       route {-h|--help} [<AF>]              Detailed usage syntax for specified AF.
       route {-V|--version}                  Display version/author and exit.
`

const inetRouteUsage = `Usage: inet_route [-vF] del {-host|-net} Target[/prefix] [gw Gw] [metric M] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [gw Gw] [metric M]
                              [netmask N] [mss Mss] [window W] [irtt I]
                              [mod] [dyn] [reinstate] [[dev] If]
       inet_route [-vF] add {-host|-net} Target[/prefix] [metric M] reject
       inet_route [-FC] flush      NOT supported
`

func runRoute(c *shell.Call) int {
	// Options stand before the command; -net and -host after it are words.
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], true)
	if err != nil {
		return usageError(c, err, 3, routeUsage)
	}
	numeric, extended := false, 0
	for _, g := range opts {
		switch g.Name {
		case "-n":
			numeric = true
		case "-N":
			numeric = false
		case "-e":
			extended++
		case "-A":
			if g.Value != "inet" {
				return c.NotModelled(3, "address family "+g.Value)
			}
		case "-V":
			io.WriteString(c.Out, "net-tools 2.10\n")
			return 0
		case "-h":
			c.Tool.Help(c.Out)
			return 0
		}
	}
	if len(rest) == 0 {
		printRoutes(c, numeric, extended)
		return 0
	}
	switch rest[0] {
	case "add":
		return changeRoute(c, fib.VerbPrepend, "SIOCADDRT", rest[1:]) // the ioctl has no NLM_F_EXCL
	case "del", "delete":
		return changeRoute(c, fib.VerbDelete, "SIOCDELRT", rest[1:])
	case "flush":
		io.WriteString(c.Err, "Flushing `inet' routing table not supported\n")
		return 5
	}
	io.WriteString(c.Err, routeUsage)
	return 3
}

// printRoutes prints the table as route and netstat -r do: rprint_fib in
// net-tools' lib/inet_gr.c. extended 1 is netstat's form, 2 both.
func printRoutes(c *shell.Call, numeric bool, extended int) {
	head := "Metric Ref    Use Iface"
	switch extended {
	case 0:
	case 1:
		head = "  MSS Window  irtt Iface"
	default:
		head = "Metric Ref    Use Iface    MSS   Window irtt"
	}
	fmt.Fprintf(c.Out, "Kernel IP routing table\nDestination     Gateway         Genmask         Flags %s\n", head)
	name := func(a netip.Addr, bits int) string {
		if numeric {
			return a.String()
		}
		if bits == 0 {
			return "default"
		}
		if n := hostName(c, a.String()); n != "" {
			return n
		}
		return a.String()
	}
	for _, l := range routeLines(c.NS) {
		flags := ""
		for _, f := range []struct {
			bit    int
			letter string
		}{{rtfReject, "!"}, {rtfUp, "U"}, {rtfGateway, "G"}, {rtfHost, "H"}} {
			if l.flags&f.bit != 0 && (f.bit != rtfUp || !l.refused) {
				flags += f.letter
			}
		}
		gw, ref, mss, zero, dev := l.gw.String(), "0", strconv.Itoa(max(0, l.mtu)), "0", l.dev
		if l.flags&rtfGateway != 0 {
			gw = name(l.gw, 32)
		}
		if l.refused {
			gw, ref, mss, zero, dev = "-", "-", "-", "-", "-"
		}
		fmt.Fprintf(c.Out, "%-15.15s %-15.15s %-16s%-6s", name(l.dst.Addr(), l.dst.Bits()), gw, netmask(l.dst.Bits()), flags)
		switch extended {
		case 0:
			fmt.Fprintf(c.Out, "%-6d %-2s %7s %s\n", l.metric, ref, "0", dev)
		case 1:
			fmt.Fprintf(c.Out, "%5s %-5s %6s %s\n", mss, zero, zero, dev)
		default:
			fmt.Fprintf(c.Out, "%-6d %-2s %7s %-8s %-5s %-6s %s\n", l.metric, ref, "0", dev, mss, zero, zero)
		}
	}
}

// routeError is a mistake in the words of route add or del.
type routeError struct{ msg string }

// Error is route's message.
func (e *routeError) Error() string { return e.msg }

var errRouteUsage = errors.New("usage")

// changeRoute is route add and route del: INET_setroute in net-tools'
// lib/inet_sr.c, and rtentry_to_fib_config in net/ipv4/fib_frontend.c.
func changeRoute(c *shell.Call, v fib.Verb, ioctl string, args []string) int {
	if len(args) == 0 {
		io.WriteString(c.Err, inetRouteUsage)
		return 0
	}
	r, err := parseRoute(c, v, args)
	var notModelled *missing
	var bad *routeError
	switch {
	case errors.As(err, &notModelled):
		return c.Fail(3, "%v", err)
	case errors.As(err, &bad):
		fmt.Fprintf(c.Err, "route: %s\n%s", bad.msg, inetRouteUsage)
		return 3
	case errors.Is(err, errRouteUsage):
		io.WriteString(c.Err, inetRouteUsage)
		return 3
	}
	if err == nil {
		r.By = by
		err = c.NS.ChangeRoute(v, r)
	}
	if err != nil {
		errno := fib.EINVAL
		var e *fib.Error
		if errors.As(err, &e) {
			errno = e.Errno
		}
		fmt.Fprintf(c.Err, "%s: %s\n", ioctl, errno.String())
		return 7
	}
	return 0
}

// parseRoute reads the words behind add and del.
func parseRoute(c *shell.Call, v fib.Verb, args []string) (fib.Route, error) {
	r := fib.Route{Type: fib.Unicast, Proto: fib.ProtoBoot, Scope: fib.Link}
	kind := ""
	if args[0] == "-net" || args[0] == "-host" {
		kind = args[0]
		args = args[1:]
	}
	if len(args) == 0 {
		return r, errRouteUsage
	}
	target, bits, err := routeTarget(c, args[0], kind)
	if err != nil {
		return r, err
	}
	var mask netip.Addr
	reject := false
	for args = args[1:]; len(args) > 0; args = args[1:] {
		word := args[0]
		value := func() string {
			if len(args) < 2 {
				return ""
			}
			args = args[1:]
			return args[0]
		}
		switch word {
		case "reject":
			reject = true
			continue
		case "mod", "dyn", "reinstate", "window", "irtt":
			return r, &missing{"route … " + word}
		case "netmask", "gw", "gateway", "metric", "mss", "dev", "device":
			if len(args) < 2 {
				return r, errRouteUsage
			}
		default:
			if len(args) > 1 {
				return r, errRouteUsage
			}
		}
		switch word {
		case "netmask":
			if mask, err = netip.ParseAddr(value()); err != nil || !mask.Is4() {
				return r, &routeError{fmt.Sprintf("bogus netmask %s", args[0])}
			}
		case "gw", "gateway":
			a, ok := lookupHost(c, value())
			if !ok {
				return r, &routeError{fmt.Sprintf("%s: Unknown host", args[0])}
			}
			r.Gw = netip.MustParseAddr(a)
			r.Scope = fib.Universe
		case "metric":
			n, err := strconv.Atoi(value())
			if err != nil || n < 0 {
				return r, errRouteUsage
			}
			r.Metric = uint32(n)
		case "mss":
			n, err := strconv.Atoi(value())
			if err != nil || n < 64 || n > 65536 {
				return r, &routeError{"Invalid MSS/MTU."}
			}
			r.AdvMSS = n - 40
		case "dev", "device":
			word = value()
			fallthrough
		default:
			d := c.NS.Device(word)
			if d == nil {
				return r, &fib.Error{Errno: fib.ENODEV}
			}
			r.Dev = d.Index
		}
	}
	if mask.IsValid() {
		if bits >= 0 {
			return r, errRouteUsage
		}
		var ok bool
		if bits, ok = maskBits(mask); !ok {
			return r, &routeError{fmt.Sprintf("bogus netmask %s", mask)}
		}
		if kind == "-host" || kind == "" && bits != 32 {
			return r, &routeError{fmt.Sprintf("netmask %s doesn't make sense with host route", strings.ToLower(hexAddr(mask)))}
		}
	}
	switch {
	case bits >= 0:
	case kind == "-net":
		bits = classBits(target)
	default:
		bits = 32
	}
	r.Dst = netip.PrefixFrom(target, bits)
	switch {
	case r.Dst.Masked() != r.Dst && mask.IsValid():
		return r, &routeError{"netmask doesn't match route address"}
	case r.Dst.Masked() != r.Dst:
		return r, &fib.Error{Errno: fib.EINVAL}
	case reject:
		r.Type, r.Scope = fib.Unreachable, fib.Host
	case v == fib.VerbDelete && !r.Gw.IsValid():
		r.Scope = fib.Nowhere
	case !r.Gw.IsValid() && r.Dev == 0:
		return r, &fib.Error{Errno: fib.ENODEV}
	}
	if v == fib.VerbDelete {
		r.Proto, r.Type = fib.ProtoUnspec, fib.Unspec
		if r.Gw.IsValid() {
			r.Scope = fib.Nowhere
		}
	}
	return r, nil
}

// routeTarget is the destination; bits is -1 where none were given.
func routeTarget(c *shell.Call, s, kind string) (netip.Addr, int, error) {
	if s == "default" {
		return netip.IPv4Unspecified(), 0, nil
	}
	addr, size, has := strings.Cut(s, "/")
	bits := -1
	if has {
		n, err := strconv.Atoi(size)
		if err != nil || n < 0 || n > 32 {
			return netip.Addr{}, 0, &routeError{fmt.Sprintf("%s: Unknown host", s)}
		}
		bits = n
		if kind != "-net" && n != 32 {
			return netip.Addr{}, 0, &routeError{fmt.Sprintf("netmask %s doesn't make sense with host route", strings.ToLower(hexAddr(netmask(n))))}
		}
	}
	a, ok := lookupHost(c, addr)
	if !ok {
		return netip.Addr{}, 0, &routeError{fmt.Sprintf("%s: Unknown host", s)}
	}
	return netip.MustParseAddr(a), bits, nil
}

// maskBits is the prefix length of a netmask.
func maskBits(mask netip.Addr) (int, bool) {
	m := packet.Addr32(mask)
	n := 0
	for m&(1<<31) != 0 {
		m <<= 1
		n++
	}
	return n, m == 0
}

// classBits is the prefix length that addresses of the classes A, B and C had.
func classBits(a netip.Addr) int {
	switch first := a.As4()[0]; {
	case first == 0:
		return 0
	case first < 128:
		return 8
	case first < 192:
		return 16
	case first < 224:
		return 24
	}
	return 32
}
