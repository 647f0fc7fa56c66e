package sock

import (
	"fmt"
	"net/netip"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
)

// What happens before the first probe: destination, source and sockets.

// resolve finds the addresses of the destination and the hops before it.
func (g *pinger) resolve() *ExitError {
	host, canonical := g.o.Host, g.o.Host
	addr, isAddr := inetAton(host)
	if !isAddr {
		var err *ExitError
		if addr, canonical, err = g.lookup(host); err != nil {
			return err
		}
	}
	if g.o.Verbose {
		g.printf("ai->ai_family: AF_INET, ai->ai_canonname: '%s'\n", canonical)
	}
	g.host, g.dst, g.numeric = canonical, addr, g.o.Numeric || isAddr && len(g.o.Hops) == 0
	switch n := len(g.o.Hops); {
	case n == 0:
		return nil
	case g.o.Route, g.o.Timestamp != TSNone && (g.o.Timestamp != TSPrespec || n > 4), n > 9:
		return usage("")
	case g.o.Timestamp == TSNone:
		return notModelled("source routing (more than one destination)")
	}
	return nil
}

func (g *pinger) lookup(host string) (netip.Addr, string, *ExitError) {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		if g.o.IPv4 {
			return netip.Addr{}, "", exitf(2, "%s: Address family for hostname not supported", host)
		}
		return netip.Addr{}, "", notModelled("IPv6 (" + host + ")")
	}
	if g.o.Lookup == nil {
		return netip.Addr{}, "", exitf(2, "%s: Name or service not known", host)
	}
	a, canonical, err := g.o.Lookup(host)
	if err != nil {
		return netip.Addr{}, "", exitf(2, "%s: %v", host, err)
	}
	if a = a.Unmap(); !a.Is4() {
		return netip.Addr{}, "", notModelled(fmt.Sprintf("IPv6 (%s is %v)", host, a))
	}
	return a, canonical, nil
}

// connect asks the kernel for the way by connecting a UDP socket, and so
// learns the source address.
func (g *pinger) connect() *ExitError {
	var hops []netip.Addr
	for _, h := range g.o.Hops {
		a, ok := inetAton(h)
		if !ok {
			var err *ExitError
			if a, _, err = g.lookup(h); err != nil {
				return err
			}
		}
		hops = append(hops, a)
	}
	g.recordOptions(hops)
	if g.o.hasDev {
		if err := g.bindDevice(); err != nil {
			return err
		}
	}
	if !g.source.IsValid() || g.source.IsUnspecified() {
		dst := g.dst
		if len(hops) > 0 {
			dst = hops[0]
		}
		if err := g.connectTo(dst); err != nil {
			return err
		}
	}
	if g.dst.IsUnspecified() {
		g.dst = g.source
	}
	return nil
}

func (g *pinger) connectTo(dst netip.Addr) *ExitError {
	source, broadcast, errno := g.ns.Route(dst, netip.Addr{}, g.sock.Dev, g.o.TOS)
	if broadcast && errno == 0 {
		errno = fib.EACCES
	}
	if errno == fib.EACCES {
		if !g.o.Broadcast {
			return exitf(2, "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
		}
		g.stderr("WARNING: pinging broadcast address\n")
		source, _, errno = g.ns.Route(dst, netip.Addr{}, g.sock.Dev, g.o.TOS)
	}
	if errno != 0 {
		return exitf(2, "connect: %v", errno)
	}
	g.source = source
	if g.o.hasDev && !g.deviceHas(source) {
		g.warn("Warning: source address might be selected on device other than: " + g.o.Dev)
	}
	return nil
}

// bindDevice is SO_BINDTODEVICE.
func (g *pinger) bindDevice() *ExitError {
	if g.o.Dev == "" {
		return nil // binds to none
	}
	d := g.ns.Device(g.o.Dev[:min(len(g.o.Dev), 15)])
	switch {
	case d != nil:
		g.sock.Dev = d.Index
		return nil
	case g.dst.IsMulticast():
		return exitf(2, "unknown iface: %s", g.o.Dev)
	}
	return exitf(2, "SO_BINDTODEVICE %s: No such device", g.o.Dev)
}

func (g *pinger) deviceHas(a netip.Addr) bool {
	d := g.ns.Device(g.o.Dev)
	if d == nil {
		return false
	}
	for _, x := range g.ns.Addresses(d) {
		if x.Prefix.Addr() == a {
			return true
		}
	}
	return false
}

// recordOptions makes the IP options of -R and -T. The kernel fills in the
// sender's own part.
func (g *pinger) recordOptions(hops []netip.Addr) {
	switch {
	case g.o.Route:
		g.options = make([]byte, 40)
		copy(g.options, []byte{optNOP, optRecordRoute, 39, 4})
	case g.o.Timestamp == TSOnly:
		g.options = make([]byte, 40)
		copy(g.options, []byte{optTimestamp, 40, 5, 0})
	case g.o.Timestamp == TSAndAddr:
		g.options = make([]byte, 36)
		copy(g.options, []byte{optTimestamp, 36, 5, 1})
	case g.o.Timestamp == TSPrespec:
		g.options = append(g.options, optTimestamp, byte(4+8*len(hops)), 5, 3)
		for _, h := range hops {
			a := h.As4()
			g.options = append(append(g.options, a[:]...), 0, 0, 0, 0)
		}
	default:
		return
	}
	g.optLen = 40
}

// configure sets the options of the raw socket.
func (g *pinger) configure() *ExitError {
	o, s := &g.o, g.sock
	s.TOS, s.Mark, s.Options, s.Broadcast = o.TOS, o.Mark, g.options, o.Broadcast
	g.several = o.Broadcast || g.dst.IsMulticast()
	if g.several && o.PMTU == PMTUDefault {
		o.PMTU = PMTUDo
	}
	if o.PMTU != PMTUDefault {
		s.PMTU = o.PMTU.disc()
	}
	deaf := false
	if o.Sticky {
		switch t := g.ns.FIB.AddrType(packet.Addr32(g.source), 0); {
		case t == fib.Local || g.ns.Sysctls.NonlocalBind && t == fib.Unicast:
			s.Source = g.source
		case t == fib.Multicast || t == fib.Broadcast:
			// Takes only what is sent to that address; sends from the device's.
			deaf = true
		default:
			return exitf(2, "bind: Cannot assign requested address")
		}
	}
	if o.DontRoute && o.hasDev {
		return notModelled("-r with -I DEVICE")
	}
	if o.NoLoop && g.dst.IsMulticast() {
		return notModelled("-L to a multicast address")
	}
	if g.rcvbufTooSmall() {
		g.warn("WARNING: probably, rcvbuf is not enough to hold preload")
	}
	if o.TTL < 0 {
		return exitf(2, "cannot set unicast time-to-live: Invalid argument")
	}
	s.TTL = uint8(o.TTL)
	if !deaf {
		s.Recv, s.Error = g.recv, g.recvError
	}
	return nil
}

// rcvbufTooSmall is the question that sock_setbufs asks, with Linux's default
// rmem_max of 212992 bytes.
func (g *pinger) rcvbufTooSmall() bool {
	alloc := g.size + packet.ICMPLen
	alloc += (alloc + 511) / 512 * (g.optLen + 20 + 16 + 64 + 160)
	want := alloc * g.preload
	return 2*min(max(want, 65536), 212992) < want
}

// setup prepares the first probe.
func (g *pinger) setup() *ExitError {
	if g.interval >= maxInt/g.preload {
		return exitf(2, "illegal preload and/or interval: %d", g.interval)
	}
	g.recvTime = clock.Duration(atLeast(g.interval)) * millisecond
	g.fillProbe()
	g.result.Ident = g.o.Ident
	if !g.o.FixIdent {
		g.result.Ident = uint16(g.ns.World().Stream(fmt.Sprintf("ping %s %d", g.ns.Name, g.sock.Number)).Uint32())
	}
	g.result.Dst = g.dst
	if n := min(g.o.Count, 1024); n > 0 {
		g.result.TTLs = make([]uint8, 0, n)
		g.result.RTTs = make([]time.Duration, 0, n)
	}
	g.began = g.p.Now()
	if g.o.Deadline > 0 {
		g.setAlarm(g.o.Deadline)
	}
	return nil
}

// fillProbe makes the ICMP message: 0, 1, 2 … or the pattern of -p.
func (g *pinger) fillProbe() {
	g.probe = make([]byte, packet.ICMPLen+min(g.size, maxProbe))
	data := g.probe[packet.ICMPLen:]
	for i := range data {
		switch n := len(g.o.Pattern); {
		case n > 0:
			data[i] = g.o.Pattern[i%n]
		case g.o.Pattern == nil:
			data[i] = byte(i)
		}
	}
}

// atLeast is SCHINT.
func atLeast(ms int) int { return max(ms, minInterval) }

// timeOfDay is the wall clock's time in seconds and microseconds.
func (g *pinger) timeOfDay(at clock.Instant) (sec, usec int64) {
	ns := int64(g.start.Nanosecond()) + int64(at)
	return g.start.Unix() + ns/int64(second), ns % int64(second) / 1000
}
