package sock

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"hoplab/packet"
)

// What ping prints. The reply line is put together without fmt, as it is the
// one that comes often.

func (g *pinger) text(s string) {
	if g.out != nil {
		g.buf = append(g.buf, s...)
	}
}

func (g *pinger) printf(format string, args ...any) {
	if g.out != nil {
		g.buf = fmt.Appendf(g.buf, format, args...)
	}
}

func (g *pinger) int(v int64) { g.buf = strconv.AppendInt(g.buf, v, 10) }

// write is write(2) past the buffer, for the dots of -f.
func (g *pinger) write(s string) {
	g.text(s)
	g.flush()
}

// flush hands the buffer on. Where nobody reads any more, SIGPIPE ends ping.
func (g *pinger) flush() {
	if len(g.buf) == 0 {
		return
	}
	if _, err := g.out.Write(g.buf); err != nil {
		g.die(sigPIPE)
	}
	g.buf = g.buf[:0]
}

// addr is pr_addr: an address, with its name in front if it is known.
func (g *pinger) addr(a netip.Addr) {
	if !g.numeric && g.o.Name != nil && !g.exiting {
		if name := g.o.Name(a); name != "" {
			g.text(name)
			g.text(" (")
			g.buf = a.AppendTo(g.buf)
			g.text(")")
			return
		}
	}
	g.buf = a.AppendTo(g.buf)
}

// wallTime is the time of day of -D.
func (g *pinger) wallTime() {
	if g.o.WallTime {
		sec, usec := g.timeOfDay(g.p.Now())
		g.printf("[%d.%06d] ", sec, usec)
	}
}

// replyLine is the line of an echo reply: the second half of
// gather_statistics, and pr_options.
func (g *pinger) replyLine(ip packet.IPv4, m packet.ICMP, r measured) {
	g.wallTime()
	g.int(int64(len(m)))
	g.text(" bytes from ")
	g.addr(ip.Src())
	g.text(": icmp_seq=")
	g.int(int64(m.Seq()))
	if g.o.Verbose {
		g.text(" ident=")
		g.int(int64(g.result.Ident))
	}
	g.text(" ttl=")
	g.int(int64(ip.TTL()))
	if len(m) < g.size+packet.ICMPLen {
		g.text(" (truncated)\n")
		return
	}
	if g.timing {
		g.text(" time=")
		g.milliseconds(r.rtt)
		g.text(" ms")
	}
	if r.dup && (!g.several || g.o.Verbose) {
		g.text(" (DUP!)")
	}
	if !g.several && ip.Src() != g.dst {
		g.text(" (DIFFERENT ADDRESS!)")
	}
	g.compare(m.Payload())
	if g.o.Audible {
		g.text("\a")
	}
	g.ipOptions(ip.Options())
	g.text("\n")
}

// milliseconds prints microseconds with three digits that count.
func (g *pinger) milliseconds(us int64) {
	switch {
	case us >= 100000-50:
		g.int((us + 500) / 1000)
	case us >= 10000-5:
		us += 50
		g.fraction(us/1000, us%1000/100, 1)
	case us >= 1000:
		us += 5
		g.fraction(us/1000, us%1000/10, 2)
	default:
		g.fraction(us/1000, us%1000, 3)
	}
}

// fraction prints whole.part with so many digits in part.
func (g *pinger) fraction(whole, part int64, digits int) {
	g.int(whole)
	g.text(".")
	for limit := int64(10); digits > 1; digits-- {
		if part < limit {
			g.text("0")
		}
		limit *= 10
	}
	g.int(part)
}

// compare looks for the first byte that is not what was sent.
func (g *pinger) compare(data []byte) {
	sent := g.probe[packet.ICMPLen:]
	for i := timevalLen; i < g.size; i++ {
		if data[i] == sent[i] {
			continue
		}
		g.printf("\nwrong data byte #%d should be 0x%x but was 0x%x", i, sent[i], data[i])
		for i := timevalLen; i < g.size; i++ {
			if i%32 == timevalLen {
				g.printf("\n#%d\t", i)
			}
			g.printf("%x ", data[i])
		}
		return
	}
}

// IP options, RFC 791 section 3.1.
const (
	optEnd         = 0
	optNOP         = 1
	optRecordRoute = 7
	optTimestamp   = 68
	optLSRR        = 131
	optSSRR        = 137
)

// ipOptions prints the options of a datagram: pr_options.
func (g *pinger) ipOptions(opts []byte) {
	for len(opts) > 0 && opts[0] != optEnd {
		if opts[0] == optNOP {
			g.text("\nNOP")
			opts = opts[1:]
			continue
		}
		if len(opts) < 2 || opts[1] < 2 || int(opts[1]) > len(opts) {
			return
		}
		o := opts[:opts[1]]
		switch kind := o[0]; kind {
		case optSSRR, optLSRR:
			g.sourceRoute(o)
		case optRecordRoute:
			g.recordedRoute(o)
		case optTimestamp:
			g.timestamps(o)
		default:
			g.printf("\nunknown option %x", kind)
		}
		opts = opts[len(o):]
	}
}

func (g *pinger) sourceRoute(o []byte) {
	c := byte('L')
	if o[0] == optSSRR {
		c = 'S'
	}
	g.printf("\n%cSRR: ", c)
	for rest := o[min(3, len(o)):]; len(rest) >= 4; rest = rest[4:] {
		g.text("\t")
		g.addr(netip.AddrFrom4([4]byte(rest)))
		g.text("\n")
	}
}

// recordedRoute prints -R, unless it is what the last reply had.
func (g *pinger) recordedRoute(o []byte) {
	if len(o) < 3 {
		return
	}
	n := min(int(o[2]), len(o)) - 4 // bytes recorded
	if n <= 0 {
		return
	}
	// The comparison starts at the pointer and so leaves the last byte out.
	if seen := o[2 : 2+n]; n == g.rrLen && string(seen) == string(g.oldRR[:n]) && !g.o.Flood {
		g.text("\t(same route)")
		return
	}
	g.rrLen = n
	copy(g.oldRR[:], o[2:2+n])
	g.text("\nRR: ")
	for rest := o[3:]; n > 0 && len(rest) >= 4; rest, n = rest[4:], n-4 {
		g.text("\t")
		g.addr(netip.AddrFrom4([4]byte(rest)))
		g.text("\n")
	}
}

// timestamps prints -T: the first time as milliseconds since midnight UT, the
// others as differences.
func (g *pinger) timestamps(o []byte) {
	if len(o) < 4 {
		return
	}
	n := min(int(o[2]), len(o)) - 5 // bytes recorded, one short where all are used
	if n <= 0 {
		return
	}
	flags := o[3]
	g.text("\nTS: ")
	var std, odd int64
	rest := o[4:]
	for n > 0 {
		if flags&15 != 0 {
			if len(rest) < 4 {
				break
			}
			g.text("\t")
			g.addr(netip.AddrFrom4([4]byte(rest)))
			rest = rest[4:]
			if n -= 4; n <= 0 {
				break
			}
		}
		if len(rest) < 4 {
			break
		}
		t := int64(binary.BigEndian.Uint32(rest))
		rest = rest[4:]
		switch {
		case t&0x80000000 != 0 && odd == 0:
			g.printf("\t%d absolute not-standard", t&0x7fffffff)
		case t&0x80000000 != 0:
			g.printf("\t%d not-standard", t&0x7fffffff-odd)
		case std == 0:
			g.printf("\t%d absolute", t)
		default:
			g.printf("\t%d", t-std)
		}
		if t&0x80000000 != 0 {
			odd = t & 0x7fffffff
		} else {
			std = t
		}
		n -= 4
		g.text("\n")
	}
	if flags>>4 != 0 {
		g.printf("Unrecorded hops: %d\n", flags>>4)
	}
}

// icmpText says what an ICMP error means: pr_icmph. info is the MTU, or the
// gateway of a redirect. quote is the datagram that -v shows, nil none.
func (g *pinger) icmpText(t packet.ICMPType, code uint8, info uint32, quote []byte) {
	switch t {
	case packet.ICMPUnreachable:
		g.text(unreachableText(code, info))
	case packet.ICMPSourceQuench:
		g.text("Source Quench\n")
	case packet.ICMPRedirect:
		g.text(redirectText(code))
		g.text("(New nexthop: ")
		g.addr(packet.AddrFrom32(info))
		g.text(")\n")
	case packet.ICMPTimeExceeded:
		switch code {
		case packet.CodeTTLExceeded:
			g.text("Time to live exceeded\n")
		case packet.CodeFragReassembly:
			g.text("Frag reassembly time exceeded\n")
		default:
			g.printf("Time exceeded, Bad Code: %d\n", code)
		}
	case packet.ICMPParamProblem:
		g.printf("Parameter problem: pointer = %d\n", info)
	default:
		g.printf("Bad ICMP type: %d\n", t)
	}
	if quote != nil && g.o.Verbose {
		g.ipHeader(quote)
	}
}

func unreachableText(code uint8, mtu uint32) string {
	switch code {
	case packet.CodeNetUnreachable:
		return "Destination Net Unreachable\n"
	case packet.CodeHostUnreachable:
		return "Destination Host Unreachable\n"
	case packet.CodeProtoUnreachable:
		return "Destination Protocol Unreachable\n"
	case packet.CodePortUnreachable:
		return "Destination Port Unreachable\n"
	case packet.CodeFragNeeded:
		return fmt.Sprintf("Frag needed and DF set (mtu = %d)\n", mtu)
	case packet.CodeSourceRoute:
		return "Source Route Failed\n"
	case 6:
		return "Destination Net Unknown\n"
	case 7:
		return "Destination Host Unknown\n"
	case 8:
		return "Source Host Isolated\n"
	case packet.CodeNetProhibited:
		return "Destination Net Prohibited\n"
	case packet.CodeHostProhibited:
		return "Destination Host Prohibited\n"
	case 11:
		return "Destination Net Unreachable for Type of Service\n"
	case 12:
		return "Destination Host Unreachable for Type of Service\n"
	case packet.CodeAdminProhibited:
		return "Packet filtered\n"
	case 14:
		return "Precedence Violation\n"
	case 15:
		return "Precedence Cutoff\n"
	}
	return fmt.Sprintf("Dest Unreachable, Bad Code: %d\n", code)
}

func redirectText(code uint8) string {
	switch code {
	case 0:
		return "Redirect Network"
	case 1:
		return "Redirect Host"
	case 2:
		return "Redirect Type of Service and Network"
	case 3:
		return "Redirect Type of Service and Host"
	}
	return fmt.Sprintf("Redirect, Bad Code: %d", code)
}

// ipHeader prints the header of a quoted datagram for -v: pr_iph, with its
// two-byte fields the wrong way round as on a little endian machine.
func (g *pinger) ipHeader(b []byte) {
	ip := packet.IPv4(b)
	field := func(at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
	g.text("Vr HL TOS  Len   ID Flg  off TTL Pro  cks      Src      Dst Data\n")
	g.printf(" %1x  %1x  %02x %04x %04x", b[0]>>4, b[0]&15, ip.TOS(), field(2), field(4))
	g.printf("   %1x %04x", field(6)>>13, field(6)&0x1fff)
	g.printf("  %02x  %02x %04x %v  %v \n", ip.TTL(), uint8(ip.Proto()), field(10), ip.Src(), ip.Dst())
	g.ipOptions(ip.Options())
}

// statistics are ping's last lines: finish in ping_common.c.
func (g *pinger) statistics() {
	if g.out == nil {
		return
	}
	r := &g.result
	g.printf("\n--- %s ping statistics ---\n%d packets transmitted, %d received", g.host, r.Sent, r.Received)
	if r.Duplicates > 0 {
		g.printf(", +%d duplicates", r.Duplicates)
	}
	if r.Errors > 0 {
		g.printf(", +%d errors", r.Errors)
	}
	if r.Sent > 0 {
		loss := float32(float64(r.Sent-r.Received) * 100 / float64(r.Sent))
		g.text(", ")
		g.buf = strconv.AppendFloat(g.buf, float64(loss), 'g', 6, 64)
		g.printf("%% packet loss, time %dms", (r.Time+millisecond/2)/millisecond)
	}
	g.text("\n")
	comma := ""
	if r.Received > 0 && g.timing {
		total := int64(r.Received + r.Duplicates)
		avg := int64(g.tsum / float64(total))
		g.text("rtt min/avg/max/mdev = ")
		for i, v := range [...]int64{g.tmin, avg, g.tmax, g.deviation(total, avg)} {
			if i > 0 {
				g.text("/")
			}
			g.fraction(v/1000, v%1000, 3)
		}
		g.text(" ms")
		comma = ", "
	}
	if g.pipe > 1 {
		g.printf("%spipe %d", comma, g.pipe)
		comma = ", "
	}
	if r.Received > 0 && r.Sent > 1 && (g.interval == 0 || g.o.Flood || g.o.Adaptive) {
		ipg := r.Time.Microseconds() / int64(r.Sent-1)
		g.printf("%sipg/ewma %d.%03d/%d.%03d ms", comma, ipg/1000, ipg%1000, g.rtt/8000, g.rtt/8%1000)
	}
	g.text("\n")
}

// deviation is the standard deviation of the round trip times in
// microseconds.
func (g *pinger) deviation(total, avg int64) int64 {
	var variance int64
	n := float64(total)
	if g.tsum < maxInt {
		mean := g.tsum * g.tsum / n
		variance = int64((g.tsum2 - mean) / n)
	} else {
		variance = int64(g.tsum2/n - float64(avg*avg))
	}
	// Newton's method, as llsqrt.
	if variance <= 0 {
		return variance
	}
	prev, x := int64(maxLong), variance
	for x < prev {
		prev = x
		x = (x + variance/x) / 2
	}
	return x
}

// status is the line of SIGQUIT.
func (g *pinger) status() {
	g.snapshot = false
	if g.errOut == nil {
		return
	}
	r := &g.result
	loss := 0
	if r.Sent > 0 {
		loss = (r.Sent - r.Received) * 100 / r.Sent
	}
	line := fmt.Sprintf("\r%d/%d packets, %d%% loss", r.Received, r.Sent, loss)
	if r.Received > 0 && g.timing {
		avg := int64(g.tsum / float64(r.Received+r.Duplicates))
		line += fmt.Sprintf(", min/avg/ewma/max = %d.%03d/%d.%03d/%d.%03d/%d.%03d ms",
			g.tmin/1000, g.tmin%1000, avg/1000, avg%1000, g.rtt/8000, g.rtt/8%1000, g.tmax/1000, g.tmax%1000)
	}
	g.stderr(line + "\n")
}
