package nettools

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/shell"
	"hoplab/sim/stack"
)

func arpTool() shell.Tool {
	return shell.Tool{Name: "arp", Dir: "/usr/sbin", Summary: "show and change the ARP cache", Usage: "[-vn] [-i IF] [-a] [HOST] | -d HOST [pub] | -s HOST HWADDR [temp] [pub] | -Ds HOST IF pub",
		Run: runARP, Options: []shell.Option{
			{Flag: "-a", Help: "display in the style of BSD"},
			{Flag: "-e", Help: "display in the style of Linux"},
			{Flag: "-s, --set", Help: "set a new entry"},
			{Flag: "-d, --delete", Help: "delete an entry"},
			{Flag: "-v, --verbose", Help: "count the entries"},
			{Flag: "-n, --numeric", Help: "do not resolve names"},
			{Flag: "-i, --device IF", Help: "only this interface"},
			{Flag: "-D, --use-device", Help: "take the hardware address from an interface"},
			{Flag: "-A, -p, --protocol FAMILY", Help: "inet"},
			{Flag: "-H, -t, --hw-type TYPE", Help: "ether"},
			{Flag: "-V, --version", Help: "print the version"},
			{Flag: "-h, -?, --help", Help: "show this help"},
			{Flag: "-f, --file FILE", Help: "read entries from a file", NotModelled: true},
		}}
}

const arpUsage = `Usage:
  arp [-vn]  [<HW>] [-i <if>] [-a] [<hostname>]             <-Display ARP cache
  arp [-v]          [-i <if>] -d  <host> [pub]               <-Delete ARP entry
  arp [-v]   [<HW>] [-i <if>] -s  <host> <hwaddr> [temp]            <-Add entry
  arp [-v]   [<HW>] [-i <if>] -Ds <host> <if> [netmask <nm>] pub          <-''-
`

// arpRun is one command line of arp.
type arpRun struct {
	*shell.Call
	bsd, numeric, verbose, fromDevice, hw bool
	dev                                   string
}

func runARP(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 3, arpUsage)
	}
	r := arpRun{Call: c}
	do := ""
	for _, g := range opts {
		switch g.Name {
		case "-a":
			r.bsd = true
		case "-e":
			r.bsd = false
		case "-s", "-d":
			do = g.Name
		case "-v":
			r.verbose = true
		case "-n":
			r.numeric = true
		case "-i":
			r.dev = g.Value
		case "-D":
			r.fromDevice = true
		case "-A":
			if g.Value != "inet" {
				return c.Fail(255, "%s: unknown address family.", g.Value)
			}
		case "-H":
			if g.Value != "ether" {
				return c.NotModelled(255, "hardware type "+g.Value)
			}
			r.hw = true
		case "-V":
			io.WriteString(c.Out, "net-tools 2.10\n")
			return 0
		case "-h":
			c.Tool.Help(c.Out)
			return 0
		}
	}
	switch do {
	case "-s":
		return r.set(rest)
	case "-d":
		return r.delete(rest)
	}
	return r.show(rest)
}

// host reads an address or a name of /etc/hosts.
func (r *arpRun) host(name string) (netip.Addr, bool) {
	a, ok := lookupHost(r.Call, name)
	if !ok {
		fmt.Fprintf(r.Err, "%s: Unknown host\n", name)
		return netip.Addr{}, false
	}
	return netip.MustParseAddr(a), true
}

func (r *arpRun) show(rest []string) int {
	var only netip.Addr
	if len(rest) > 0 {
		a, ok := r.host(rest[0])
		if !ok {
			return 255
		}
		only = a
	}
	entries := arpEntries(r.NS)
	shown := 0
	for _, e := range entries {
		if only.IsValid() && e.addr != only || r.dev != "" && e.dev != r.dev || r.hw && e.hw != 1 {
			continue
		}
		shown++
		name := ""
		if !r.numeric {
			name = hostName(r.Call, e.addr.String())
		}
		if r.bsd {
			r.printBSD(e, name)
			continue
		}
		if shown == 1 {
			io.WriteString(r.Out, "Address                  HWtype  HWaddress           Flags Mask            Iface\n")
		}
		r.print(e, name)
	}
	if r.verbose {
		fmt.Fprintf(r.Out, "Entries: %d\tSkipped: %d\tFound: %d\n", len(entries), len(entries)-shown, shown)
	}
	switch {
	case shown > 0:
	case only.IsValid() && !r.bsd:
		fmt.Fprintf(r.Out, "%s (%s) -- no entry\n", rest[0], only)
	case r.hw || only.IsValid() || r.dev != "":
		fmt.Fprintf(r.Out, "arp: in %d entries no match found.\n", len(entries))
	}
	return 0
}

func hwName(hw int) string {
	switch hw {
	case 1:
		return "ether"
	case 768:
		return "tunnel"
	case 772:
		return "loop"
	}
	return "unkn"
}

func (r *arpRun) print(e arpEntry, name string) {
	if name == "" {
		name = e.addr.String()
	}
	hw, mac := hwName(e.hw), e.mac.String()
	switch {
	case e.flags&atfCom != 0:
	case e.flags&atfPubl != 0:
		hw, mac = "*", "<from_interface>"
	default:
		hw, mac = "", "(incomplete)"
	}
	flags := ""
	for _, f := range []struct {
		bit    int
		letter string
	}{{atfCom, "C"}, {atfPerm, "M"}, {atfPubl, "P"}} {
		if e.flags&f.bit != 0 {
			flags += f.letter
		}
	}
	fmt.Fprintf(r.Out, "%-23.23s  %-8.8s%-20.20s%-6.6s%-15s %s\n", name, hw, mac, flags, "", e.dev)
}

func (r *arpRun) printBSD(e arpEntry, name string) {
	if name == "" {
		name = "?"
	}
	s := fmt.Sprintf("%s (%s) at ", name, e.addr)
	switch {
	case e.flags&atfCom != 0:
		s += fmt.Sprintf("%s [%s] ", e.mac, hwName(e.hw))
	case e.flags&atfPubl != 0:
		s += "<from_interface> "
	default:
		s += "<incomplete> "
	}
	if e.flags&atfPerm != 0 {
		s += "PERM "
	}
	if e.flags&atfPubl != 0 {
		s += "PUB "
	}
	fmt.Fprintf(r.Out, "%son %s\n", s, e.dev)
}

// device is where a neighbour belongs: what -i says, or the way to it, as
// arp_req_set in net/ipv4/arp.c finds it.
func (r *arpRun) device(a netip.Addr) (*netdev.Device, stack.Errno) {
	if r.dev != "" {
		if d := r.NS.Device(r.dev); d != nil {
			return d, 0
		}
		return nil, fib.ENODEV
	}
	res, err := r.NS.FIB.Lookup(&fib.Key{Dst: packet.Addr32(a)})
	if err != nil || res.Route == nil || res.Route.Dev == 0 {
		return nil, fib.ENETUNREACH
	}
	return r.NS.Device(r.NS.Env().DevName(res.Route.Dev)), 0
}

func (r *arpRun) set(args []string) int {
	if len(args) == 0 {
		return r.Fail(255, "need host name")
	}
	addr, ok := r.host(args[0])
	switch {
	case !ok:
		return 255
	case len(args) == 1:
		return r.Fail(255, "need hardware address")
	}
	var mac packet.MAC
	var from *netdev.Device
	if r.fromDevice {
		if from = r.NS.Device(args[1]); from == nil {
			return r.Fail(255, "cant get HW-Address for `%s': No such device.", args[1])
		}
		mac = from.MAC
	} else if mac, ok = parseMAC(args[1]); !ok {
		return r.Fail(255, "invalid hardware address")
	}
	s := neigh.Spec{Addr: addr, MAC: mac, HasMAC: true, State: neigh.Permanent}
	for _, w := range args[2:] {
		switch w {
		case "temp":
			s.State = neigh.Stale
		case "pub":
			s.Proxy = true
		default:
			return r.NotModelled(255, w)
		}
	}
	d := from
	var errno stack.Errno
	if s.Proxy && d == nil { // the interface that has this address
		errno = fib.ENODEV
		for _, x := range r.NS.Devices() {
			if x.MAC == mac && (r.dev == "" || x.Name == r.dev) {
				d, errno = x, 0
				break
			}
		}
	} else if d == nil {
		d, errno = r.device(addr)
	}
	if errno != 0 {
		return r.ioctl("SIOCSARP", errno)
	}
	s.Dev = d.Index
	if err := r.NS.ChangeNeighbour(fib.VerbReplace, s); err != nil {
		return r.ioctl("SIOCSARP", fib.EINVAL)
	}
	return 0
}

func (r *arpRun) ioctl(name string, errno stack.Errno) int {
	fmt.Fprintf(r.Err, "%s: %s\n", name, errno.String())
	return 255
}

func (r *arpRun) delete(args []string) int {
	if len(args) == 0 {
		return r.Fail(255, "need host name")
	}
	addr, ok := r.host(args[0])
	if !ok {
		return 255
	}
	s := neigh.Spec{Addr: addr}
	for _, w := range args[1:] {
		if w != "pub" {
			return r.NotModelled(255, w)
		}
		s.Proxy = true
	}
	for _, e := range arpEntries(r.NS) {
		if e.addr != addr || r.dev != "" && e.dev != r.dev || s.Proxy && e.flags&atfPubl == 0 {
			continue
		}
		if d := r.NS.Device(e.dev); d != nil {
			s.Dev = d.Index
		}
		s.Proxy = e.flags&atfPubl != 0
		if err := r.NS.ChangeNeighbour(fib.VerbDelete, s); err == nil {
			return 0
		}
	}
	fmt.Fprintf(r.Out, "No ARP entry for %s\n", args[0])
	return 255
}

// parseMAC reads six bytes in hexadecimal with colons between.
func parseMAC(s string) (m packet.MAC, ok bool) {
	parts := strings.Split(s, ":")
	if len(parts) != len(m) {
		return m, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 16, 8)
		if err != nil || len(p) > 2 {
			return m, false
		}
		m[i] = byte(n)
	}
	return m, true
}

// isIPv4 says that s is an IPv4 address in numbers.
func isIPv4(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is4()
}
