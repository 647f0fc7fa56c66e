package nettools

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/shell"
)

const conntrackVersion = "conntrack v1.4.7 (conntrack-tools)"

func conntrackTool() shell.Tool {
	o := func(flag, help string) shell.Option { return shell.Option{Flag: flag, Help: help} }
	no := func(flag, help string) shell.Option {
		return shell.Option{Flag: flag, Help: help, NotModelled: true}
	}
	return shell.Tool{Name: "conntrack", Dir: "/usr/sbin", Summary: "command line interface for the connection tracking system", Run: runConntrack, Options: []shell.Option{
		o("-L, --dump", "list the entries; -L expect lists none"),
		o("-D, --delete", "delete entries"),
		o("-G, --get", "show one entry"),
		o("-F, --flush", "delete all entries"),
		o("-C, --count", "show how many there are"),
		o("-S, --stats", "show statistics"),
		o("-s, --src, --orig-src IP[/N]", "source address of the original direction"),
		o("-d, --dst, --orig-dst IP[/N]", "destination address of the original direction"),
		o("-r, --reply-src IP[/N]", "source address of the reply direction"),
		o("-q, --reply-dst IP[/N]", "destination address of the reply direction"),
		o("-n, --src-nat[=IP]", "source translated (to IP)"),
		o("-g, --dst-nat[=IP]", "destination translated (to IP)"),
		o("-j, --any-nat[=IP]", "either of them"),
		o("-p, --proto, --protonum PROTO", "tcp, udp, icmp or a number"),
		o("-f, --family FAMILY", "ipv4; ipv6 has no entries"),
		o("-m, --mark MARK[/MASK]", "connection mark"),
		o("-u, --status STATUS", "ASSURED, SEEN_REPLY or UNREPLIED"),
		o("-E, --event", "follow what happens"), o("-e, --event-mask MASK", "NEW, UPDATES, DESTROY or ALL"), o("-b, --buffer-size SIZE", "without effect"),
		o("-U, --update", "change mark (-m) or timeout (-t) of entries"), o("-t, --timeout SECONDS", "for -U"),
		o("-w, --zone ZONE", "there is zone 0 alone"), o("--orig-zone ZONE", "likewise"), o("--reply-zone ZONE", "likewise"),
		o("--mask-src IP", "netmask of -s"), o("--mask-dst IP", "netmask of -d"),
		o("-o, --output TYPE", "extended, id, timestamp, ktimestamp, labels, save"),
		o("-z, --zero", "zero the counters that are listed"),
		o("--sport, --orig-port-src PORT", "of tcp and udp"), o("--dport, --orig-port-dst PORT", "of tcp and udp"),
		o("--reply-port-src PORT", "of tcp and udp"), o("--reply-port-dst PORT", "of tcp and udp"),
		o("--state STATE", "of tcp"),
		o("--icmp-type TYPE", "of icmp"), o("--icmp-code CODE", "of icmp"), o("--icmp-id ID", "of icmp"),
		o("-V, --version", "show the version"), o("-h, --help", "show this help"),
		no("-I, --create", "make an entry"), no("-A, --add", "make an entry"),
		no("-R, --load-file FILE", "restore entries"), no("-l, --label LABEL", ""), no("--label-add LABEL", ""),
		no("--label-del LABEL", ""), no("-c, --secmark SECMARK", ""), no("--tuple-src IP", ""), no("--tuple-dst IP", ""), no("-o xml", ""),
	}}
}

// connFilter is what entries must look like.
type connFilter struct {
	proto                      packet.Proto // 0 any
	src, dst, rsrc, rdst       netip.Prefix
	ports                      [4]int // original source and destination, reply source and destination; -1 any
	icmpType, icmpCode, icmpID int    // -1 any
	state                      string
	snat, dnat, anyNAT         *netip.Addr // not nil: asked for; invalid: to any address
	mark, markMask             uint32
	hasMark                    bool
	status                     func(conntrack.Status) bool
	none                       bool // of another family: matches nothing
}

func (f *connFilter) match(c *conntrack.Conn) bool {
	in := func(p netip.Prefix, a uint32) bool { return !p.IsValid() || p.Contains(packet.AddrFrom32(a)) }
	eq := func(want int, have uint16) bool { return want < 0 || want == int(have) }
	icmp := c.Orig.Proto == packet.ProtoICMP
	src, dst := c.Reply.Dst != c.Orig.Src, c.Reply.Src != c.Orig.Dst
	ports := c.Status&conntrack.DstNATDone != 0 && c.Orig.Proto == packet.ProtoICMP // the id is none of its ports
	dst = dst || ports
	nat := func(want *netip.Addr, is bool, to uint32) bool {
		return is && (!want.IsValid() || packet.Addr32(*want) == to)
	}
	switch {
	case f.none, f.proto != 0 && f.proto != c.Orig.Proto,
		!in(f.src, c.Orig.Src), !in(f.dst, c.Orig.Dst), !in(f.rsrc, c.Reply.Src), !in(f.rdst, c.Reply.Dst),
		!icmp && !(eq(f.ports[0], c.Orig.SrcPort) && eq(f.ports[1], c.Orig.DstPort) && eq(f.ports[2], c.Reply.SrcPort) && eq(f.ports[3], c.Reply.DstPort)),
		icmp && !(eq(f.icmpType, uint16(c.Orig.ICMPType())) && eq(f.icmpCode, uint16(c.Orig.ICMPCode())) && eq(f.icmpID, c.Orig.SrcPort)),
		f.state != "" && f.state != c.TCP.State.String(),
		f.hasMark && c.Mark&f.markMask != f.mark,
		f.status != nil && !f.status(c.Status),
		f.snat != nil && !nat(f.snat, src, c.Reply.Dst),
		f.dnat != nil && !nat(f.dnat, dst, c.Reply.Src),
		f.anyNAT != nil && !nat(f.anyNAT, src, c.Reply.Dst) && !nat(f.anyNAT, dst, c.Reply.Src):
		return false
	}
	return true
}

// conntrackRun is one command line.
type conntrackRun struct {
	*shell.Call
	f            connFilter
	cmd          string // "-L"
	table        string
	extended, id bool
	zero         bool
	save         bool
	stamps       bool // -o timestamp
	kinds        [3]bool
	timeout      int // of -U, -1 none

	// Like stdio's buffer for files and pipes, w goes out when it is full or at
	// the end, so that the last line, on stderr, comes first when both are one
	// file; on a terminal it goes out before.
	w *bufio.Writer
}

// fail prints a message as conntrack does and the hint below it.
func (r *conntrackRun) fail(format string, args ...any) int {
	fmt.Fprintf(r.Err, "%s: %s\nTry `conntrack -h' or 'conntrack --help' for more information.\n", conntrackVersion, fmt.Sprintf(format, args...))
	return 2
}

// say prints the line that conntrack ends with on stderr.
func (r *conntrackRun) say(format string, args ...any) {
	if r.IsTerminal(1) {
		r.w.Flush()
	}
	fmt.Fprintf(r.Err, "%s: %s\n", conntrackVersion, fmt.Sprintf(format, args...))
}

func runConntrack(c *shell.Call) int {
	r := &conntrackRun{Call: c, f: connFilter{ports: [4]int{-1, -1, -1, -1}, icmpType: -1, icmpCode: -1, icmpID: -1}, timeout: -1}
	opts, rest, err := shell.Getopt(c.Tool.Options, joinOptional(c.Args[1:]), false)
	if err != nil {
		var o *shell.OptError
		switch errors.As(err, &o); {
		case o.NotModelled:
			return r.fail("not modelled: %s", o.Word)
		case o.NoValue:
			return r.fail("option `%s' requires an argument", o.Word)
		}
		return r.fail("unknown option `%s'", o.Word)
	}
	if status := r.read(opts); status >= 0 {
		return status
	}
	if r.cmd == "" {
		conntrackHelp(c)
		return 0
	}
	r.table = "conntrack"
	if len(rest) > 0 {
		r.table = rest[0]
	}
	switch r.table {
	case "conntrack", "expect":
	case "dying", "unconfirmed": // nothing stays in them
		r.f.none = true
	default:
		return r.fail("unknown type `%s'", r.table)
	}
	r.w = bufio.NewWriterSize(c.Out, stdioBuffer)
	defer r.w.Flush()
	return r.run()
}

// joinOptional puts the argument of -n, -g and -j, which may be missing, into
// the same word.
func joinOptional(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			switch a {
			case "-n", "-g", "-j":
				i++
				a += args[i]
			case "--src-nat", "--dst-nat", "--any-nat":
				i++
				a += "=" + args[i]
			}
		}
		out = append(out, a)
	}
	return out
}

// read takes the options; -1 means to go on.
func (r *conntrackRun) read(opts []shell.Given) int {
	for _, g := range opts { // those of a protocol need -p
		if g.Name == "-p" {
			n, ok := protocolNumber(g.Value)
			if !ok {
				return r.fail("`%s' unsupported protocol", g.Value)
			}
			r.f.proto = n
		}
	}
	slices.SortStableFunc(opts, func(a, b shell.Given) int { return masks(a) - masks(b) })
	for _, g := range opts {
		if status := r.option(g); status >= 0 {
			return status
		}
	}
	return -1
}

// masks orders netmasks behind the addresses that they are of.
func masks(g shell.Given) int {
	if strings.HasPrefix(g.Name, "--mask-") {
		return 1
	}
	return 0
}

func protocolNumber(s string) (packet.Proto, bool) {
	switch strings.ToLower(s) {
	case "tcp":
		return packet.ProtoTCP, true
	case "udp":
		return packet.ProtoUDP, true
	case "icmp":
		return packet.ProtoICMP, true
	}
	n, err := strconv.ParseUint(s, 0, 8)
	return packet.Proto(n), err == nil && n > 0
}

func (r *conntrackRun) option(g shell.Given) int {
	f := &r.f
	switch g.Name {
	case "-L", "-D", "-G", "-F", "-C", "-S", "-E", "-U":
		if r.cmd != "" && r.cmd != g.Name {
			return r.fail("Invalid commands combination")
		}
		r.cmd = g.Name
	case "-V":
		fmt.Fprintln(r.Out, conntrackVersion)
		return 0
	case "-h":
		conntrackHelp(r.Call)
		return 0
	case "-s":
		return r.prefix(&f.src, g.Value)
	case "-d":
		return r.prefix(&f.dst, g.Value)
	case "-r":
		return r.prefix(&f.rsrc, g.Value)
	case "-q":
		return r.prefix(&f.rdst, g.Value)
	case "-n":
		return r.nat(&f.snat, g.Value)
	case "-g":
		return r.nat(&f.dnat, g.Value)
	case "-j":
		return r.nat(&f.anyNAT, g.Value)
	case "-f":
		switch g.Value {
		case "ipv4":
		case "ipv6":
			f.none = true
		default:
			return r.fail("`%s' unsupported protocol", g.Value)
		}
	case "-m":
		mark, mask, has := strings.Cut(g.Value, "/")
		m, err := strconv.ParseUint(mark, 0, 32)
		k := uint64(0xffffffff)
		if err == nil && has {
			k, err = strconv.ParseUint(mask, 0, 32)
		}
		if err != nil {
			return r.fail("Bad parameter `%s'", g.Value)
		}
		f.mark, f.markMask, f.hasMark = uint32(m), uint32(k), true
	case "-u":
		return r.statusFilter(g.Value)
	case "-o":
		for word := range strings.SplitSeq(g.Value, ",") {
			switch word {
			case "extended":
				r.extended = true
			case "id":
				r.id = true
			case "save":
				r.save = true
			case "timestamp":
				r.stamps = true
			case "ktimestamp", "labels": // entries have none of them
			case "xml", "userspace":
				return r.fail("not modelled: -o %s", word)
			default:
				return r.fail("Bad parameter `%s'", word)
			}
		}
	case "-z":
		r.zero = true
	case "-b", "--buffer-size":
	case "-e":
		return r.mask(g.Value)
	case "-t":
		return r.number(&r.timeout, g.Value, 1<<31-1)
	case "-w", "--orig-zone", "--reply-zone":
		n := 0
		if status := r.number(&n, g.Value, 65535); status >= 0 {
			return status
		}
		f.none = f.none || n != 0
	case "--mask-src":
		return r.netmask(&f.src, g.Value)
	case "--mask-dst":
		return r.netmask(&f.dst, g.Value)
	case "--sport", "--dport", "--reply-port-src", "--reply-port-dst":
		if f.proto != packet.ProtoTCP && f.proto != packet.ProtoUDP {
			return r.fail("unknown option `%s'", g.Name)
		}
		for i, name := range []string{"--sport", "--dport", "--reply-port-src", "--reply-port-dst"} {
			if name == g.Name {
				return r.number(&f.ports[i], g.Value, 65535)
			}
		}
	case "--icmp-type", "--icmp-code", "--icmp-id":
		if f.proto != packet.ProtoICMP {
			return r.fail("unknown option `%s'", g.Name)
		}
		switch g.Name {
		case "--icmp-type":
			return r.number(&f.icmpType, g.Value, 255)
		case "--icmp-code":
			return r.number(&f.icmpCode, g.Value, 255)
		}
		return r.number(&f.icmpID, g.Value, 65535)
	case "--state":
		if f.proto != packet.ProtoTCP {
			return r.fail("unknown option `--state'")
		}
		switch g.Value {
		case "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "LISTEN", "SYN_SENT2":
			f.state = g.Value
		default:
			return r.fail("unknown TCP state `%s'", g.Value)
		}
	}
	return -1
}

func (r *conntrackRun) prefix(p *netip.Prefix, s string) int {
	text := s
	if !strings.Contains(s, "/") {
		text += "/32"
	}
	v, err := netip.ParsePrefix(text)
	if err != nil {
		return r.fail("Invalid IP address `%s'", s)
	}
	if !v.Addr().Is4() {
		r.f.none = true
		return -1
	}
	*p = v.Masked()
	return -1
}

// netmask is --mask-src or --mask-dst, which stand behind the address.
func (r *conntrackRun) netmask(p *netip.Prefix, s string) int {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return r.fail("Invalid IP address `%s'", s)
	}
	n := bits.LeadingZeros32(^packet.Addr32(a))
	if !p.IsValid() {
		return r.fail("Can't use `%s' without an address", s)
	}
	*p = netip.PrefixFrom(p.Addr(), n).Masked()
	return -1
}

// mask is -e.
func (r *conntrackRun) mask(s string) int {
	for word := range strings.SplitSeq(s, ",") {
		switch strings.ToUpper(word) {
		case "ALL":
			r.kinds = [3]bool{true, true, true}
		case "NEW":
			r.kinds[conntrack.EventNew] = true
		case "UPDATES":
			r.kinds[conntrack.EventUpdate] = true
		case "DESTROY":
			r.kinds[conntrack.EventDestroy] = true
		default:
			return r.fail("Bad parameter `%s'", s)
		}
	}
	return -1
}

func (r *conntrackRun) nat(p **netip.Addr, s string) int {
	*p = new(netip.Addr)
	if s == "" {
		return -1
	}
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return r.fail("Invalid IP address `%s'", s)
	}
	**p = a
	return -1
}

func (r *conntrackRun) number(p *int, s string, most uint64) int {
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil || n > most {
		return r.fail("Bad parameter `%s'", s)
	}
	*p = int(n)
	return -1
}

func (r *conntrackRun) statusFilter(s string) int {
	switch strings.ToUpper(s) {
	case "ASSURED":
		r.f.status = func(x conntrack.Status) bool { return x&conntrack.Assured != 0 }
	case "SEEN_REPLY":
		r.f.status = func(x conntrack.Status) bool { return x&conntrack.SeenReply != 0 }
	case "UNREPLIED":
		r.f.status = func(x conntrack.Status) bool { return x&conntrack.SeenReply == 0 }
	case "UNSET", "FIXED_TIMEOUT", "EXPECTED", "OFFLOAD", "HW_OFFLOAD":
		return r.fail("not modelled: -u %s", s)
	default:
		return r.fail("Bad parameter `%s'", s)
	}
	return -1
}

func (r *conntrackRun) run() int {
	ct := r.NS.Conn
	expect := r.table == "expect"
	switch {
	case r.cmd == "-S":
		var s conntrack.Stats
		if ct != nil {
			s = ct.Stats()
		}
		fmt.Fprintf(r.Out, "cpu=0   \tfound=%d invalid=%d insert=0 insert_failed=%d drop=%d early_drop=%d error=%d search_restart=0 clash_resolve=%d chaintoolong=0 \n",
			s.Found, s.Invalid, s.InsertFailed, s.Drop, s.EarlyDrop, s.Error, s.ClashResolved)
	case r.cmd == "-C" && expect:
		fmt.Fprintln(r.Out, 0)
	case r.cmd == "-C":
		fmt.Fprintln(r.Out, countConnections(r.NS))
	case r.cmd == "-F" && expect:
		r.say("expectation table has been emptied.")
	case r.cmd == "-F":
		if ct != nil {
			ct.By(r.Process.PID)
			ct.Flush()
			ct.By(0)
		}
		r.say("connection tracking table has been emptied.")
	case expect && r.cmd == "-L":
		r.say("0 expectations have been shown.")
	case expect:
		return r.fail("not modelled: %s expect", r.cmd)
	case r.cmd == "-L":
		r.say("%d flow entries have been shown.", r.print(r.matching()))
	case r.cmd == "-D":
		found := r.matching()
		for _, conn := range found {
			r.print([]uint32{conn})
			ct.By(r.Process.PID)
			ct.Delete(conn)
			ct.By(0)
		}
		r.say("%d flow entries have been deleted.", len(found))
		if len(found) == 0 {
			return 1
		}
	case r.cmd == "-U":
		return r.update()
	case r.cmd == "-E":
		return r.follow()
	case r.cmd == "-G" && (!r.f.src.IsValid() || !r.f.dst.IsValid()):
		return r.fail("you have to specify `--src' and `--dst'")
	case r.cmd == "-G":
		found := r.matching()
		if len(found) == 0 {
			r.say("Operation failed: such conntrack doesn't exist")
			return 1
		}
		r.say("%d flow entries have been shown.", r.print(found[:1]))
	}
	return 0
}

// matching are the entries that the filter lets pass.
func (r *conntrackRun) matching() []uint32 {
	var found []uint32
	if r.NS.Conn != nil {
		r.NS.Conn.Entries(r.NS.Now(), func(conn uint32, c *conntrack.Conn) bool {
			if r.f.match(c) {
				found = append(found, conn)
			}
			return true
		})
	}
	return found
}

// print prints entries and returns how many.
func (r *conntrackRun) print(conns []uint32) int {
	now := r.NS.Now()
	for _, conn := range conns {
		c := r.NS.Conn.Get(conn)
		var b []byte
		if r.save {
			r.w.WriteString(saveLine(c, now))
			continue
		}
		if r.extended {
			b = append(b, "ipv4     2 "...)
		}
		b = c.AppendText(b, now)
		if r.id {
			b = fmt.Appendf(b, " id=%d", c.ID)
		}
		r.w.Write(append(b, '\n'))
		if r.zero {
			c.Acct = [2]conntrack.Counter{}
		}
	}
	return len(conns)
}

// update is -U: -m and -t say what to change, the other options which entries.
func (r *conntrackRun) update() int {
	f := &r.f
	mark, mask, hasMark := f.mark, f.markMask, f.hasMark
	f.hasMark = false
	found := r.matching()
	for _, conn := range found {
		c := r.NS.Conn.Get(conn)
		if c.Status&(conntrack.SrcNAT|conntrack.DstNAT) != 0 { // ctnetlink_change_conntrack: translations cannot be changed
			fmt.Fprintln(r.Err, "Operation failed: Operation not supported")
			r.say("Operation failed: Operation not supported")
			return 1
		}
		if hasMark {
			c.Mark = c.Mark&^mask ^ mark
		}
		if r.timeout >= 0 {
			c.Expires = r.NS.Now().Add(clock.Duration(r.timeout) * 1e9)
		}
	}
	r.print(found)
	r.say("%d flow entries have been updated.", len(found))
	if len(found) == 0 {
		return 1
	}
	return 0
}

// follow is -E: it prints events until a signal comes.
func (r *conntrackRun) follow() int {
	if r.kinds == [3]bool{} {
		r.kinds = [3]bool{true, true, true}
	}
	r.Catch(shell.SIGINT, shell.SIGTERM)
	shown := 0
	var lines []byte
	ct := r.NS.ConnTable()
	stop := ct.Watch(func(e conntrack.Event) {
		if !r.kinds[e.Kind] || !r.f.match(e.Conn) {
			return
		}
		shown++
		if r.stamps {
			t := r.Time()
			lines = fmt.Appendf(lines, "[%-8d.%-6d]\t", t.Unix(), t.Nanosecond()/1000)
		}
		text := e.AppendText(nil, r.NS.Now())
		if r.extended {
			text = append(append(text[:10:10], "ipv4     2 "...), text[10:]...)
		}
		lines = append(lines, text...)
		if r.id {
			lines = fmt.Appendf(lines, " id=%d", e.Conn.ID)
		}
		if e.User != 0 {
			lines = fmt.Appendf(lines, " [USERSPACE] portid=%d progname=conntrack", e.User)
		}
		lines = append(lines, '\n')
		r.Proc.Wake()
	})
	defer stop()
	for {
		if len(lines) > 0 {
			b := lines
			lines = nil
			r.Out.Write(b)
			continue
		}
		if r.Proc.Signaled() != 0 {
			r.say("%d flow events have been shown.", shown)
			return 0
		}
		if next := ct.Expire(r.NS.Now()); len(lines) > 0 {
			continue
		} else if next > 0 {
			r.Proc.WaitTick(next)
		} else {
			r.Proc.Pause()
		}
	}
}

// saveLine is an entry as options that would make it: -o save.
func saveLine(c *conntrack.Conn, now clock.Instant) string {
	status := "UNSET"
	switch {
	case c.Status&conntrack.Assured != 0:
		status = "SEEN_REPLY,ASSURED"
	case c.Status&conntrack.SeenReply != 0:
		status = "SEEN_REPLY"
	}
	rsrc, rdst := "-r", "-q"
	if c.Reply.Src != c.Orig.Dst {
		rsrc = "-g"
	}
	if c.Reply.Dst != c.Orig.Src {
		rdst = "-n"
	}
	text := fmt.Sprintf("-A -t %d -u %s -s %v -d %v %s %v %s %v ", c.Left(now)/1e9, status, packet.AddrFrom32(c.Orig.Src), packet.AddrFrom32(c.Orig.Dst), rsrc, packet.AddrFrom32(c.Reply.Src), rdst, packet.AddrFrom32(c.Reply.Dst))
	switch c.Orig.Proto {
	case packet.ProtoICMP:
		text += fmt.Sprintf("-p icmp --icmp-type %d --icmp-code %d --icmp-id %d ", c.Orig.ICMPType(), c.Orig.ICMPCode(), c.Orig.SrcPort)
	case packet.ProtoTCP, packet.ProtoUDP:
		name := "udp"
		if c.Orig.Proto == packet.ProtoTCP {
			name = "tcp"
		}
		text += fmt.Sprintf("-p %s --sport %d --dport %d --reply-port-src %d --reply-port-dst %d ", name, c.Orig.SrcPort, c.Orig.DstPort, c.Reply.SrcPort, c.Reply.DstPort)
		if name == "tcp" {
			text += "--state " + c.TCP.State.String() + " "
		}
	default:
		text += fmt.Sprintf("-p %d ", c.Orig.Proto)
	}
	return strings.TrimSuffix(text, " ") + "\n"
}

func conntrackHelp(c *shell.Call) { io.WriteString(c.Out, conntrackUsage) }

const conntrackUsage = `Command line interface for the connection tracking system. Version 1.4.7
Usage: conntrack [commands] [options]

Commands:
  -L [table] [options]		List conntrack or expectation table
  -G [table] parameters		Get conntrack or expectation
  -D [table] parameters		Delete conntrack or expectation
  -I [table] parameters		Create a conntrack or expectation
  -U [table] parameters		Update a conntrack
  -E [table] [options]		Show events
  -F [table]			Flush table
  -C [table]			Show counter
  -S				Show statistics

Tables: conntrack, expect, dying, unconfirmed

Conntrack parameters and options:
  -n, --src-nat ip			source NAT ip
  -g, --dst-nat ip			destination NAT ip
  -j, --any-nat ip			source or destination NAT ip
  -m, --mark mark			Set mark
  -c, --secmark secmark			Set selinux secmark
  -e, --event-mask eventmask		Event mask, eg. NEW,DESTROY
  -z, --zero 				Zero counters while listing
  -o, --output type[,...]		Output format, eg. xml
  -l, --label label[,...]		conntrack labels

Expectation parameters and options:
  --tuple-src ip	Source address in expect tuple
  --tuple-dst ip	Destination address in expect tuple

Updating parameters and options:
  --label-add label	Add label
  --label-del label	Delete label

Common parameters and options:
  -s, --src, --orig-src ip		Source address from original direction
  -d, --dst, --orig-dst ip		Destination address from original direction
  -r, --reply-src ip		Source addres from reply direction
  -q, --reply-dst ip		Destination address from reply direction
  -p, --protonum proto		Layer 4 Protocol, eg. 'tcp'
  -f, --family proto		Layer 3 Protocol, eg. 'ipv6'
  -t, --timeout timeout		Set timeout
  -u, --status status		Set status, eg. ASSURED
  -w, --zone value		Set conntrack zone
  --orig-zone value		Set zone for original direction
  --reply-zone value		Set zone for reply direction
  -b, --buffer-size		Netlink socket buffer size
  --mask-src ip			Source mask address
  --mask-dst ip			Destination mask address

`

// stdioBuffer is the size of stdio's buffer for files and pipes, in bytes.
const stdioBuffer = 4096
