package nettools

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/shell"
	"hoplab/sim/stack"
)

func ifconfigTool() shell.Tool {
	return shell.Tool{Name: "ifconfig", Dir: "/usr/sbin", Summary: "show and configure interfaces", Usage: "[-a] [-v] [-s] [IF] [ADDRESS[/N]] [netmask NM] [broadcast BC] [mtu N] [up|down] …",
		Run: runIfconfig, Options: []shell.Option{
			{Flag: "-a", Help: "also interfaces that are down"},
			{Flag: "-s", Help: "a short list"},
			{Flag: "-v", Help: "be verbose"},
			{Flag: "-V, --version", Help: "print the version"},
			{Flag: "-h, -?, --help", Help: "show this help"},
			{Flag: "up, down", Help: "take the interface up or down"},
			{Flag: "mtu N", Help: "set the MTU in bytes"},
			{Flag: "netmask, broadcast ADDRESS", Help: "of the address"},
			{Flag: "add, del ADDRESS", Help: "IPv6 in Linux", NotModelled: true},
			{Flag: "hw, promisc, arp, allmulti, multicast, dynamic, pointopoint, txqueuelen", NotModelled: true},
			{Flag: "IF:LABEL", Help: "aliases", NotModelled: true},
		}}
}

const ifconfigHint = "ifconfig: `--help' gives usage information.\n"

func runIfconfig(c *shell.Call) int {
	args := c.Args[1:]
	all, short := false, false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") && c.NS.Device(args[0]) == nil {
		switch args[0] {
		case "-a":
			all = true
		case "-s":
			short = true
		case "-v":
		case "-V", "--version":
			io.WriteString(c.Out, "net-tools 2.10\n")
			return 0
		case "-h", "-?", "--help":
			c.Tool.Help(c.Out)
			return 0
		default:
			fmt.Fprintf(c.Err, "ifconfig: option `%s' not recognised.\n%s", args[0], ifconfigHint)
			return 1
		}
		args = args[1:]
	}
	if short {
		io.WriteString(c.Out, "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
	}
	show := printInterface
	if short {
		show = printInterfaceShort
	}
	if len(args) == 0 {
		devs := c.NS.Devices()
		slices.SortFunc(devs, func(a, b *netdev.Device) int { return strings.Compare(a.Name, b.Name) })
		for _, d := range devs {
			if all || d.Up() {
				show(c, d)
			}
		}
		return 0
	}
	d := c.NS.Device(args[0])
	switch {
	case d == nil && strings.Contains(args[0], ":"):
		return c.NotModelled(1, "aliases such as "+args[0])
	case d == nil && len(args) == 1:
		fmt.Fprintf(c.Err, "%s: error fetching interface information: Device not found\n", args[0])
		return 1
	case d == nil:
		fmt.Fprintf(c.Err, "%s: ERROR while getting interface flags: No such device\n", args[0])
		return 255
	case len(args) == 1:
		show(c, d)
		return 0
	}
	return configure(c, d, args[1:])
}

// primary is the first address that is no secondary one: what SIOCGIFADDR
// gives.
func primary(ns *stack.Namespace, d *netdev.Device) (stack.Address, bool) {
	for _, a := range ns.Addresses(d) {
		if !a.Secondary {
			return a, true
		}
	}
	return stack.Address{}, false
}

// flagNames are those of ifconfig, in its order.
func flagNames(flags int) string {
	var names []string
	for _, f := range []struct {
		bit  int
		name string
	}{{iffUp, "UP"}, {iffBroadcast, "BROADCAST"}, {iffLoopback, "LOOPBACK"}, {iffRunning, "RUNNING"}, {iffNoARP, "NOARP"}, {iffMulticast, "MULTICAST"}} {
		if flags&f.bit != 0 {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ",")
}

// printInterface prints one interface: ife_print_long in net-tools'
// lib/interface.c.
func printInterface(c *shell.Call, d *netdev.Device) {
	flags := deviceFlags(d)
	fmt.Fprintf(c.Out, "%s: flags=%d<%s>  mtu %d\n", d.Name, flags, flagNames(flags), d.MTU)
	if a, ok := primary(c.NS, d); ok {
		fmt.Fprintf(c.Out, "        inet %s  netmask %s", a.Prefix.Addr(), netmask(a.Prefix.Bits()))
		if flags&iffBroadcast != 0 {
			b := a.Broadcast
			if !b.IsValid() {
				b = netip.IPv4Unspecified()
			}
			fmt.Fprintf(c.Out, "  broadcast %s", b)
		}
		fmt.Fprintln(c.Out)
	}
	switch d.Kind {
	case netdev.Loopback:
		fmt.Fprintf(c.Out, "        loop  txqueuelen %d  (Local Loopback)\n", txQueueLen)
	case netdev.IPIP:
		fmt.Fprintf(c.Out, "        tunnel   txqueuelen %d  (IPIP Tunnel)\n", txQueueLen)
	default:
		fmt.Fprintf(c.Out, "        ether %s  txqueuelen %d  (Ethernet)\n", d.MAC, txQueueLen)
	}
	s := d.Stats
	fmt.Fprintf(c.Out, "        RX packets %d  bytes %d (%s)\n        RX errors %d  dropped %d  overruns 0  frame %d\n", s.RxPackets, s.RxBytes, humanBytes(s.RxBytes), s.RxErrors, s.RxDropped, s.RxFrame)
	fmt.Fprintf(c.Out, "        TX packets %d  bytes %d (%s)\n        TX errors %d  dropped %d overruns 0  carrier %d  collisions %d\n\n",
		s.TxPackets, s.TxBytes, humanBytes(s.TxBytes), s.TxErrors, s.TxDropped, s.TxCarrier, s.TxCollisions)
}

// humanBytes is a number of bytes with one digit after the point.
func humanBytes(n uint64) string {
	v, unit := float64(n), "B"
	for _, u := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if v < 1024 {
			break
		}
		v, unit = v/1024, u
	}
	return fmt.Sprintf("%.1f %s", float64(int(v*10))/10, unit)
}

// printInterfaceShort prints one line of ifconfig -s and netstat -i.
func printInterfaceShort(c *shell.Call, d *netdev.Device) {
	s, flags, letters := d.Stats, deviceFlags(d), ""
	for _, f := range []struct {
		bit    int
		letter string
	}{{iffBroadcast, "B"}, {iffLoopback, "L"}, {iffMulticast, "M"}, {iffNoARP, "O"}, {iffRunning, "R"}, {iffUp, "U"}} {
		if flags&f.bit != 0 {
			letters += f.letter
		}
	}
	if letters == "" {
		letters = "[NO FLAGS]"
	}
	fmt.Fprintf(c.Out, "%-15s %5d %8d %6d %6d %-6d %8d %6d %6d %6d %s\n", d.Name, d.MTU, s.RxPackets, s.RxErrors, s.RxDropped, 0, s.TxPackets, s.TxErrors, s.TxDropped, 0, letters)
}

// configure does what the words after the interface say, one after the other.
func configure(c *shell.Call, d *netdev.Device, args []string) int {
	given := false // an address: the interface goes up at the end
	down := false
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch word {
		case "up":
			c.NS.SetUp(d, true)
			continue
		case "down":
			c.NS.SetUp(d, false)
			down = true
			continue
		case "mtu", "netmask", "broadcast":
		case "hw", "promisc", "-promisc", "arp", "-arp", "allmulti", "-allmulti", "multicast", "-multicast", "dynamic", "-dynamic", "trailers", "-trailers", "add", "del", "tunnel",
			"pointopoint", "dstaddr", "-pointopoint", "-broadcast", "metric", "txqueuelen", "name", "irq", "io_addr", "mem_start", "media", "outfill", "keepalive", "netrom", "address":
			return c.NotModelled(1, word)
		default:
			status, ok := assign(c, d, word, args)
			if !ok {
				return status
			}
			given = true
			continue
		}
		if len(args) == 0 {
			fmt.Fprintf(c.Err, "Usage:\n  ifconfig [-a] [-v] [-s] <interface> [[<AF>] <address>]\n")
			return 1
		}
		value := args[0]
		args = args[1:]
		if status := setOne(c, d, word, value); status != 0 {
			return status
		}
	}
	if given && !down {
		c.NS.SetUp(d, true)
	}
	return 0
}

// ioctlFail prints what perror does.
func ioctlFail(c *shell.Call, name string, errno stack.Errno) int {
	fmt.Fprintf(c.Err, "%s: %s\n", name, errno.String())
	return 1
}

// setOne is ifconfig IF WORD VALUE.
func setOne(c *shell.Call, d *netdev.Device, word, value string) int {
	if word == "mtu" {
		n, err := strconv.Atoi(value)
		if err != nil || !setMTU(c.NS, d, n) {
			return ioctlFail(c, "SIOCSIFMTU", fib.EINVAL)
		}
		return 0
	}
	v, err := netip.ParseAddr(value)
	if err != nil || !v.Is4() {
		fmt.Fprintf(c.Err, "%s: Unknown host\n%s", value, ifconfigHint)
		return 1
	}
	ioctl := map[string]string{"netmask": "SIOCSIFNETMASK", "broadcast": "SIOCSIFBRDADDR"}[word]
	a, ok := primary(c.NS, d)
	if !ok {
		return ioctlFail(c, ioctl, stack.EADDRNOTAVAIL)
	}
	was := a
	if word == "netmask" {
		bits, ok := maskBits(v)
		if !ok {
			return ioctlFail(c, ioctl, fib.EINVAL)
		}
		keep := a.Broadcast.IsValid() && a.Broadcast != broadcastOf(a.Prefix)
		a.Prefix = netip.PrefixFrom(a.Prefix.Addr(), bits)
		if !keep {
			a.Broadcast = broadcastOf(a.Prefix)
		}
	} else {
		a.Broadcast = v
	}
	return replaceAddress(c, d, &was, a, ioctl)
}

// replaceAddress takes an address away and puts another in its place:
// devinet_ioctl.
func replaceAddress(c *shell.Call, d *netdev.Device, was *stack.Address, a stack.Address, ioctl string) int {
	if was != nil {
		if err := c.NS.DelAddress(d, was.Prefix); err != nil {
			return ioctlFail(c, ioctl, fib.EINVAL)
		}
	}
	if a.Prefix.Addr().IsUnspecified() {
		return 0
	}
	if err := c.NS.AddAddress(d, a); err != nil {
		return ioctlFail(c, ioctl, fib.EINVAL)
	}
	return 0
}

// assign gives the interface the address that word is. ok false says that it is
// none.
func assign(c *shell.Call, d *netdev.Device, word string, rest []string) (status int, ok bool) {
	text, size, has := strings.Cut(word, "/")
	if text == "0" {
		text = "0.0.0.0"
	}
	host, found := lookupHost(c, text)
	if !found {
		fmt.Fprintf(c.Err, "%s: Host name lookup failure\n%s", word, ifconfigHint)
		return 1, false
	}
	addr := netip.MustParseAddr(host)
	bits, masked := classBits(addr), has
	if has {
		n, err := strconv.Atoi(size)
		if err != nil || n < 0 || n > 32 {
			return ioctlFail(c, "SIOCSIFNETMASK", fib.EINVAL), false
		}
		bits = n
	}
	// One change in place of three: what follows may name the mask, too.
	for i := 0; i+1 < len(rest); i++ {
		if rest[i] == "netmask" {
			if m, err := netip.ParseAddr(rest[i+1]); err == nil && m.Is4() {
				if n, ok := maskBits(m); ok {
					bits, masked = n, true
				}
			}
		}
	}
	was, ok := primary(c.NS, d)
	if ok && was.Prefix.Addr() == addr && !masked {
		return 0, true // SIOCSIFADDR leaves an address alone that is there
	}
	a := stack.Address{Prefix: netip.PrefixFrom(addr, bits), Scope: fib.Universe}
	if d.Kind == netdev.Loopback {
		a.Scope = fib.Host
	} else if deviceFlags(d)&iffBroadcast != 0 && bits < 31 {
		a.Broadcast = broadcastOf(a.Prefix)
	}
	old := &was
	if !ok {
		old = nil
	}
	if status := replaceAddress(c, d, old, a, "SIOCSIFADDR"); status != 0 {
		return status, false
	}
	return 0, true
}

// broadcastOf is the last address of a subnet.
func broadcastOf(p netip.Prefix) netip.Addr {
	if p.Bits() >= 31 {
		return netip.Addr{}
	}
	return packet.AddrFrom32(packet.Addr32(p.Addr()) | ^packet.Addr32(netmask(p.Bits())))
}
