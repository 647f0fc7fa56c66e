package nettools

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
	"hoplab/sim/netdev"
	"hoplab/sim/shell"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
)

func arpingTool() shell.Tool {
	return shell.Tool{Name: "arping", Summary: "send ARP requests to a neighbour", Usage: "[OPTIONS] DESTINATION", Run: runArping, Options: []shell.Option{
		{Flag: "-f", Help: "quit on first reply"},
		{Flag: "-q", Help: "be quiet"},
		{Flag: "-b", Help: "keep on broadcasting, do not unicast"},
		{Flag: "-D", Help: "duplicate address detection mode"},
		{Flag: "-U", Help: "unsolicited ARP mode, update your neighbours"},
		{Flag: "-A", Help: "ARP answer mode, update your neighbours"},
		{Flag: "-V", Help: "print version and exit"},
		{Flag: "-c COUNT", Help: "how many packets to send"},
		{Flag: "-w TIMEOUT", Help: "how long to wait for a reply, in seconds"},
		{Flag: "-i INTERVAL", Help: "seconds between packets (1)"},
		{Flag: "-I DEVICE", Help: "which device to use"},
		{Flag: "-s SOURCE", Help: "source address"},
		{Flag: "-h", Help: "show this help"},
	}}
}

const arpingUsage = `
Usage:
  arping [options] <destination>

Options:
  -f            quit on first reply
  -q            be quiet
  -b            keep on broadcasting, do not unicast
  -D            duplicate address detection mode
  -U            unsolicited ARP mode, update your neighbours
  -A            ARP answer mode, update your neighbours
  -V            print version and exit
  -c <count>    how many packets to send
  -w <timeout>  how long to wait for a reply
  -i <interval> set interval between packets (default: 1 second)
  -I <device>   which ethernet device to use
  -s <source>   source ip address
  <destination> dns name or ip address

For more details see arping(8).
`

// arping is one run.
type arping struct {
	*shell.Call
	d                       *netdev.Device
	src, dst                netip.Addr
	to                      packet.MAC // where the next request goes
	unicasting              bool
	first, quiet, keepBroad bool
	dad, unsolicited, reply bool
	count                   int // 0: without end
	interval, timeout       clock.Duration

	replies                             []arpReply // not printed yet
	sentAt                              clock.Instant
	sent, broadcasts                    int
	received, requests, heardBroadcasts int
}

// arpReply is an ARP packet that came in for us.
type arpReply struct {
	at      clock.Instant
	unicast bool
	arp     packet.ARP
}

func runArping(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 2, arpingUsage)
	}
	a := &arping{Call: c, to: packet.BroadcastMAC, interval: time.Second}
	device := ""
	for _, g := range opts {
		switch g.Name {
		case "-f":
			a.first = true
		case "-q":
			a.quiet = true
		case "-b":
			a.keepBroad = true
		case "-D":
			a.dad = true
		case "-U":
			a.unsolicited = true
		case "-A":
			a.unsolicited, a.reply = true, true
		case "-V":
			io.WriteString(c.Out, "arping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes\n")
			return 0
		case "-c", "-w", "-i":
			least := 1
			if g.Name == "-w" || g.Name == "-i" {
				least = 0
			}
			n, err := strconv.Atoi(g.Value)
			switch {
			case err != nil:
				return c.Fail(1, "invalid argument: '%s'", g.Value)
			case n < least || n > 1<<31-1:
				return c.Fail(1, "invalid argument: '%s': out of range: %d <= value <= 2147483647", g.Value, least)
			case g.Name == "-c":
				a.count = n
			case g.Name == "-w":
				a.timeout = time.Duration(n) * time.Second
			default:
				a.interval = max(time.Duration(n)*time.Second, clock.Jiffy)
			}
		case "-I":
			device = g.Value
		case "-s":
			addr, err := netip.ParseAddr(g.Value)
			if err != nil || !addr.Is4() {
				return c.Fail(2, "invalid source %s", g.Value)
			}
			a.src = addr
		case "-h":
			io.WriteString(c.Out, arpingUsage)
			return 2
		}
	}
	if len(rest) != 1 {
		io.WriteString(c.Err, arpingUsage)
		return 2
	}
	host, ok := lookupHost(c, rest[0])
	if !ok {
		return c.Fail(2, "%s: Temporary failure in name resolution", rest[0])
	}
	a.dst = netip.MustParseAddr(host)
	if status := a.findDevice(device); status != 0 {
		return status
	}
	if status := a.findSource(); status != 0 {
		return status
	}
	return a.run()
}

// findDevice checks the device that was named, or takes the one that a packet
// to the target would leave by.
func (a *arping) findDevice(name string) int {
	if name == "" {
		way, errno := a.NS.RouteGet(stack.RouteQuery{Dst: a.dst})
		if errno != 0 || way.Dev == 0 {
			return a.Fail(1, "NETLINK_ROUTE unexpected iov element")
		}
		name = a.NS.Env().DevName(way.Dev)
	}
	a.d = a.NS.Device(name)
	switch {
	case a.d == nil:
		return a.Fail(2, "Device %s not available.", name)
	case !a.d.Up():
		fmt.Fprintf(a.Out, "Interface %q is down\n", name)
		return 2
	case a.d.NoARP():
		fmt.Fprintf(a.Out, "Interface %q is not ARPable\n", name)
		return 2
	}
	return 0
}

// findSource chooses the sender's address, as connecting a socket bound to the
// device does.
func (a *arping) findSource() int {
	switch {
	case a.src.IsValid():
		for _, d := range a.NS.Devices() {
			for _, x := range a.NS.Addresses(d) {
				if x.Prefix.Addr() == a.src {
					return 0
				}
			}
		}
		if !a.dad {
			return a.Fail(2, "bind: Cannot assign requested address")
		}
	case a.dad:
		a.src = netip.IPv4Unspecified()
	case a.unsolicited:
		a.src = a.dst
	default:
		for _, x := range a.NS.Addresses(a.d) {
			if !a.src.IsValid() || x.Prefix.Contains(a.dst) {
				a.src = x.Prefix.Addr()
			}
			if x.Prefix.Contains(a.dst) {
				return 0
			}
		}
		if !a.src.IsValid() {
			src, _, errno := a.NS.Route(a.dst, netip.IPv4Unspecified(), a.d.Index, 0)
			if errno != 0 {
				return a.Fail(2, "connect: %s", errno.String())
			}
			a.src = src
		}
	}
	return 0
}

// run sends until it is over and says what came back.
func (a *arping) run() int {
	a.Catch(shell.SIGINT)
	defer a.d.AddTap(a.tap)()
	if !a.quiet {
		fmt.Fprintf(a.Out, "ARPING %s from %s %s\n", a.dst, a.src, a.d.Name)
	}
	start := a.Proc.Now()
	next := start
	for a.Proc.Signaled() == 0 {
		if now := a.Proc.Now(); now >= next {
			if a.count > 0 && a.sent == a.count {
				break
			}
			a.send()
			next = next.Add(a.interval)
		}
		if a.timeout > 0 && a.Proc.Now() >= start.Add(a.timeout) {
			break
		}
		a.Proc.WaitTick(next)
		if a.print() && (a.first || a.dad) {
			break
		}
	}
	if !a.quiet {
		fmt.Fprintf(a.Out, "Sent %d probes (%d broadcast(s))\nReceived %d response(s)", a.sent, a.broadcasts, a.received)
		var kinds []string
		if a.requests > 0 {
			kinds = append(kinds, fmt.Sprintf("%d request(s)", a.requests))
		}
		if a.heardBroadcasts > 0 {
			kinds = append(kinds, fmt.Sprintf("%d broadcast(s)", a.heardBroadcasts))
		}
		if len(kinds) > 0 {
			fmt.Fprintf(a.Out, " (%s)", strings.Join(kinds, ", "))
		}
		fmt.Fprintln(a.Out)
	}
	switch {
	case a.dad:
		return number(a.received > 0)
	case a.unsolicited:
		return 0
	}
	if a.timeout > 0 && a.count == 0 {
		return number(a.received == 0)
	}
	return number(a.received != a.sent)
}

// send sends one request, or answer with -A.
func (a *arping) send() {
	op, target := packet.ARPRequest, a.to
	if a.reply {
		op, target = packet.ARPReply, a.d.MAC
	}
	a.sent++
	if !a.unicasting {
		a.broadcasts++
	}
	a.sentAt = a.Proc.Now()
	a.NS.SendARP(a.d, op, a.to, a.d.MAC, a.src, target, a.dst)
}

// errNoARP says that a frame is none of ours.
var errNoARP = errors.New("no ARP for us")

// tap takes the ARP packets that come in and are about the destination.
func (a *arping) tap(_ *netdev.Device, dir trace.Dir, at clock.Instant, frame []byte) {
	if dir != trace.In {
		return
	}
	r, err := a.parse(frame)
	if err != nil {
		return
	}
	r.at = at
	a.replies = append(a.replies, r)
	a.Proc.Wake()
}

func (a *arping) parse(frame []byte) (r arpReply, err error) {
	if len(frame) < packet.EthernetLen {
		return r, errNoARP
	}
	eth := packet.Ethernet(frame)
	if eth.Type() != packet.EtherARP || eth.Dst() != a.d.MAC && !eth.Dst().IsMulticast() {
		return r, errNoARP
	}
	p, err := packet.ParseARP(append([]byte(nil), eth.Payload()...))
	switch {
	case err != nil:
		return r, err
	case p.SenderIP() != a.dst, p.Op() != packet.ARPRequest && p.Op() != packet.ARPReply:
		return r, errNoARP
	case a.dad && (p.SenderMAC() == a.d.MAC || !a.src.IsUnspecified() && p.TargetIP() != a.src):
		return r, errNoARP
	case !a.dad && (p.TargetIP() != a.src || p.TargetMAC() != a.d.MAC):
		return r, errNoARP
	}
	return arpReply{unicast: eth.Dst() == a.d.MAC, arp: p}, nil
}

// print prints what came in since the last time, and reports whether there was
// something.
func (a *arping) print() bool {
	got := a.replies
	a.replies = nil
	for _, r := range got {
		how, what := "Unicast", "reply"
		if !r.unicast {
			how = "Broadcast"
			a.heardBroadcasts++
		}
		if r.arp.Op() == packet.ARPRequest {
			what = "request"
			a.requests++
		}
		a.received++
		if !a.quiet {
			us := r.at.Sub(a.sentAt) / time.Microsecond
			fmt.Fprintf(a.Out, "%s %s from %s [%s] ", how, what, r.arp.SenderIP(), strings.ToUpper(r.arp.SenderMAC().String()))
			if r.arp.TargetIP() != a.src {
				fmt.Fprintf(a.Out, "for %s ", r.arp.TargetIP())
			}
			fmt.Fprintf(a.Out, " %d.%03dms\n", us/1000, us%1000)
		}
		if !a.keepBroad && !a.dad && !a.unsolicited {
			a.to, a.unicasting = r.arp.SenderMAC(), true
		}
		if a.first || a.dad {
			return true
		}
	}
	return len(got) > 0
}
