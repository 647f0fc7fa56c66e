package nettools

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/netfilter/etc"
	"hoplab/sim/shell"
	"hoplab/sim/stack"
)

// socket is a socket as ss and netstat show it.
type socket struct {
	netid         string // "tcp", "udp", "raw"
	state         string // as ss has it
	recvQ, sendQ  int
	local, remote netip.AddrPort // 0.0.0.0:0 for any
	dev           int32          // that it is bound to
	status        stack.SocketStatus
}

// sockets lists the sockets of a namespace: raw, UDP and TCP ones, and of the
// latter the listeners first, as the kernel's dumps have them.
func sockets(ns *stack.Namespace) []socket {
	any4 := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	var all []socket
	for _, s := range ns.RawSockets() {
		x := socket{netid: "raw", state: "UNCONN", local: netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(s.Proto)), remote: any4}
		if s.Source.IsValid() {
			x.local = netip.AddrPortFrom(s.Source, uint16(s.Proto))
		}
		all = append(all, x)
	}
	var tcp []socket
	for _, s := range ns.Sockets() {
		st := s.CurrentStatus()
		addr, port := s.Bound()
		x := socket{netid: "udp", state: st.State, recvQ: st.RecvQ, sendQ: st.SendQ, dev: s.Dev, status: st, local: netip.AddrPortFrom(packet.AddrFrom32(addr), port), remote: any4}
		if s.Connected() {
			x.remote = s.Remote()
		}
		switch {
		case s.Proto() == packet.ProtoUDP:
			all = append(all, x)
		case st.State != "CLOSED" && st.State != "UNCONN": // the kernel lists no closed ones
			x.netid = "tcp"
			tcp = append(tcp, x)
		}
	}
	slices.SortStableFunc(tcp, func(a, b socket) int { return tcpOrder(a.state) - tcpOrder(b.state) })
	return append(all, tcp...)
}

func tcpOrder(state string) int {
	switch state {
	case "LISTEN":
		return 0
	case "TIME-WAIT":
		return 2
	}
	return 1
}

// socketCounts are the numbers of sockstat and ss -s.
type socketCounts struct{ tcp, established, timeWait, udp, raw int }

func countSockets(ns *stack.Namespace) (n socketCounts) {
	for _, s := range sockets(ns) {
		switch {
		case s.netid == "raw":
			n.raw++
		case s.netid == "udp":
			n.udp++
		case s.state == "TIME-WAIT":
			n.timeWait++
		default:
			n.tcp++
			if s.state == "ESTAB" {
				n.established++
			}
		}
	}
	return n
}

func ssTool() shell.Tool {
	o := func(flag, help string) shell.Option { return shell.Option{Flag: flag, Help: help} }
	no := func(flag, help string) shell.Option {
		return shell.Option{Flag: flag, Help: help, NotModelled: true}
	}
	return shell.Tool{Name: "ss", Summary: "show sockets", Usage: "[OPTIONS] [state STATE] [FILTER]", Run: runSS, Options: []shell.Option{
		o("-h, --help", "this message"), o("-V, --version", "output version information"),
		o("-n, --numeric", "don't resolve service names"), o("-a, --all", "display all sockets"), o("-l, --listening", "display listening sockets"),
		o("-t, --tcp", "display only TCP sockets"), o("-u, --udp", "display only UDP sockets"), o("-w, --raw", "display only RAW sockets"),
		o("-x, --unix", "display only Unix domain sockets: there are none"),
		o("-4, --ipv4", "display only IP version 4 sockets"), o("-6, --ipv6", "display only IP version 6 sockets: there are none"),
		o("-s, --summary", "show socket usage summary"), o("-H, --no-header", "suppress header line"), o("-O, --oneline", "one line for each socket"),
		o("-f, --family=FAMILY", "inet, inet6, unix, link, netlink"),
		o("state STATE", "tcp states, connected, synchronized, all"), o("exclude STATE", "all but these states"), o("src, dst, sport, dport, dev, and, or, not, ( )", "expressions; ports compare with = != < > <= >= or eq, neq, lt, gt, le, ge"),
		o("-p, --processes", "show process using socket"), o("-r, --resolve", "resolve host names"), o("-o, --options", "show timer information"),
		o("-A, --query, --socket=QUERY", "all, inet, tcp, udp, raw, unix"),
		no("-T, --threads", ""),
		no("-e, --extended", ""), no("-m, --memory", ""), no("-i, --info", "show internal TCP information"), no("-N, --net NAME", ""), no("-K, --kill", ""), no("-E, --events", ""),
		no("-b, --bpf", ""), no("-Z, --context", ""), no("-z, --contexts", ""), no("-0, --packet", ""), no("-M, --mptcp", ""), no("-S, --sctp", ""), no("-d, --dccp", ""),
		no("-D, --diag FILE", ""), no("-F, --filter FILE", ""), no("--tos", ""), no("--cgroup", ""), no("--tipc", ""), no("--vsock", ""), no("--xdp", ""),
	}}
}

// ssRun is one command line of ss.
type ssRun struct {
	*shell.Call
	kinds                    []string // netids asked for, none: all
	numeric, all, listening  bool
	noHeader, empty, summary bool
	users, timers, resolve   bool
	states                   []string // asked for by "state", none: by -a and -l
	only                     func(s socket) bool
}

func runSS(c *shell.Call) int {
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 255, ssUsage)
	}
	r := &ssRun{Call: c}
	for _, g := range opts {
		switch g.Name {
		case "-h":
			io.WriteString(c.Out, ssUsage)
			return 0
		case "-V":
			fmt.Fprintln(c.Out, "ss utility, iproute2-6.1.0")
			return 0
		case "-n":
			r.numeric = true
		case "-a":
			r.all = true
		case "-l":
			r.listening = true
		case "-t":
			r.kinds = append(r.kinds, "tcp")
		case "-u":
			r.kinds = append(r.kinds, "udp")
		case "-w":
			r.kinds = append(r.kinds, "raw")
		case "-x":
			r.kinds = append(r.kinds, "other", "another")
		case "-6":
			r.empty = true
		case "-p":
			r.users = true
		case "-o":
			r.timers = true
		case "-r":
			r.resolve = true
		case "-A":
			for q := range strings.SplitSeq(g.Value, ",") {
				switch q {
				case "all", "inet":
					r.kinds = append(r.kinds, "tcp", "udp", "raw")
				case "tcp", "udp", "raw":
					r.kinds = append(r.kinds, q)
				case "unix", "unix_stream", "unix_dgram", "unix_seqpacket", "u_str", "u_dgr", "u_seq", "mptcp", "packet", "packet_raw", "packet_dgram", "p_raw", "p_dgr", "netlink", "dccp", "sctp", "vsock_stream", "vsock_dgram", "v_str", "v_dgr", "tipc", "xdp":
					r.kinds = append(r.kinds, "other", "another")
				default:
					c.Errorf("\"%s\" is illegal socket table id", q)
					io.WriteString(c.Err, ssUsage)
					return 255
				}
			}
		case "-s":
			r.summary = true
		case "-H":
			r.noHeader = true
		case "-f":
			switch g.Value {
			case "inet":
			case "inet6":
				r.empty = true
			case "unix", "link", "netlink", "vsock", "tipc", "xdp":
				r.kinds = append(r.kinds, "other", "another")
			default:
				c.Errorf("\"%s\" is invalid family", g.Value)
				io.WriteString(c.Err, ssUsage)
				return 255
			}
		}
	}
	if r.summary {
		n := countSockets(c.NS)
		fmt.Fprintf(c.Out, "Total: %d\nTCP:   %d (estab %d, closed %d, orphaned 0, timewait %d)\n\nTransport Total     IP        IPv6\n", n.tcp+n.udp+n.raw, n.tcp+n.timeWait, n.established, n.timeWait, n.timeWait)
		for _, x := range []struct {
			name string
			n    int
		}{{"RAW", n.raw}, {"UDP", n.udp}, {"TCP", n.tcp}, {"INET", n.raw + n.udp + n.tcp}, {"FRAG", 0}} {
			fmt.Fprintf(c.Out, "%s\t  %-9d %-9d %-9d\n", x.name, x.n, x.n, 0)
		}
		fmt.Fprintln(c.Out)
		return 0
	}
	if status := r.filter(rest); status != 0 {
		return status
	}
	r.print()
	return 0
}

// ssStates are the states that a word of ss(8) stands for.
func ssStates(word string) ([]string, bool) {
	connected := []string{"ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK", "CLOSING"}
	switch word {
	case "all":
		return append(connected, "LISTEN", "UNCONN"), true
	case "connected":
		return connected, true
	case "synchronized":
		return slices.DeleteFunc(connected, func(s string) bool { return s == "SYN-SENT" }), true
	case "bucket":
		return []string{"SYN-RECV", "TIME-WAIT"}, true
	case "big":
		return append(slices.DeleteFunc(connected, func(s string) bool { return s == "SYN-RECV" || s == "TIME-WAIT" }), "LISTEN", "UNCONN"), true
	case "syn-rcv":
		return []string{"SYN-RECV"}, true
	case "established":
		return []string{"ESTAB"}, true
	case "listening", "listen":
		return []string{"LISTEN"}, true
	case "closed", "unconnected":
		return []string{"UNCONN"}, true
	}
	if s := strings.ToUpper(word); slices.Contains(connected, s) {
		return []string{s}, true
	}
	return nil, false
}

// wanted says that a socket is shown.
func (r *ssRun) wanted(s socket) bool {
	if r.empty || len(r.kinds) > 0 && !slices.Contains(r.kinds, s.netid) {
		return false
	}
	waits := s.state == "LISTEN" || s.state == "UNCONN"
	switch {
	case len(r.states) > 0:
		if !slices.Contains(r.states, s.state) {
			return false
		}
	case r.all:
	case r.listening != waits, !r.listening && (s.state == "TIME-WAIT" || s.state == "SYN-RECV"):
		return false
	}
	return r.only == nil || r.only(s)
}

// print prints the table. Columns are as wide as what is in them, as ss has it
// when it does not write to a terminal.
func (r *ssRun) print() {
	var rows [][]string
	if !r.noHeader {
		rows = append(rows, []string{"Netid", "State", "Recv-Q", "Send-Q", "Local Address:", "Port", "Peer Address:", "Port", "Process"})
	}
	for _, s := range sockets(r.NS) {
		if r.wanted(s) {
			rows = append(rows, []string{s.netid, s.state, fmt.Sprintf("%-6d", s.recvQ), fmt.Sprintf("%-6d", s.sendQ), r.host(s.local.Addr()) + ":", r.port(s.netid, s.local.Port()),
				r.host(s.remote.Addr()) + ":", r.port(s.netid, s.remote.Port()), r.process(s)})
		}
	}
	first := 0
	unconnected := !r.all && !r.listening && len(r.states) == 0 && len(r.kinds) > 0 && !slices.Contains(r.kinds, "tcp") && !slices.Contains(r.kinds, "other")
	hide := func(i int) bool { return i == 0 && len(r.kinds) == 1 || i == 1 && (len(r.states) == 1 || unconnected) }
	width := make([]int, 9)
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	for hide(first) {
		first++
	}
	var b []byte
	for _, row := range rows {
		for i, cell := range row {
			switch {
			case hide(i):
				continue
			case i > first && i < 7 && i != 5:
				b = append(b, ' ')
			}
			if i == 4 || i == 6 {
				b = fmt.Appendf(b, "%*s", width[i], cell)
			} else {
				b = fmt.Appendf(b, "%-*s", width[i], cell)
			}
		}
		b = append(b, '\n')
	}
	r.Out.Write(b)
}

// host is an address; with -r a name.
func (r *ssRun) host(a netip.Addr) string {
	if r.resolve && !a.IsUnspecified() {
		if name := hostName(r.Call, a.String()); name != "" {
			return name
		}
	}
	return a.String()
}

// process is the last column: -p and -o.
func (r *ssRun) process(s socket) string {
	text := ""
	if r.users {
		var users []string
		for _, p := range s.holders(r.Call) {
			users = append(users, fmt.Sprintf("(\"%s\",pid=%d,fd=3)", p.Args[0][strings.LastIndexByte(p.Args[0], '/')+1:], p.PID))
		}
		if users != nil {
			text = " users:(" + strings.Join(users, ",") + ")"
		}
	}
	if r.timers && s.status.Timer != "" {
		text += fmt.Sprintf(" timer:(%s,%s,%d)", s.status.Timer, ssTime(int(s.status.TimerLeft/1e6)), s.status.Retries)
	}
	return text
}

// holders are the processes that have the socket open, the youngest first.
func (s *socket) holders(c *shell.Call) []*shell.Process {
	var all []*shell.Process
	for _, p := range slices.Backward(c.Shell.Processes()) {
		if slices.Contains(s.status.Holders, p.Proc.PID) && len(p.Args) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// ssTime is a timer's time: print_ms_timer.
func ssTime(ms int) string {
	secs := ms / 1000
	minutes := secs / 60
	ms %= 1000
	text := ""
	if minutes > 0 {
		text = fmt.Sprintf("%dmin", minutes)
		secs -= 60 * minutes
		ms = 0
		if minutes > 9 {
			secs = 0
		}
	}
	if secs > 0 {
		if secs > 9 {
			ms = 0
		}
		text += strconv.Itoa(secs)
		if ms == 0 {
			text += "sec"
		} else {
			text += "."
		}
	}
	if ms > 0 {
		text += fmt.Sprintf("%03dms", ms)
	}
	return text
}

// port is a port as ss prints it, * for any.
func (r *ssRun) port(netid string, n uint16) string {
	switch {
	case n == 0:
		return "*"
	case r.numeric:
	case netid == "raw":
		if name := protocolName(n); name != "" {
			return name
		}
	default:
		if name := serviceName(n, netid); name != "" {
			return name
		}
	}
	return strconv.Itoa(int(n))
}

// protocolName is the name of /etc/protocols.
func protocolName(n uint16) string {
	switch packet.Proto(n) {
	case packet.ProtoICMP:
		return "icmp"
	case packet.ProtoTCP:
		return "tcp"
	case packet.ProtoUDP:
		return "udp"
	case packet.ProtoIPIP:
		return "ipencap"
	}
	return ""
}

// serviceName is the name of a port in /etc/services, empty if it has none.
func serviceName(n uint16, proto string) string {
	name, _ := etc.ServiceName(n, proto)
	return name
}

const ssUsage = `Usage: ss [ OPTIONS ]
       ss [ OPTIONS ] [ FILTER ]
   -h, --help          this message
   -V, --version       output version information
   -n, --numeric       don't resolve service names
   -r, --resolve       resolve host names
   -a, --all           display all sockets
   -l, --listening     display listening sockets
   -o, --options       show timer information
   -e, --extended      show detailed socket information
   -m, --memory        show socket memory usage
   -p, --processes     show process using socket
   -T, --threads       show thread using socket
   -i, --info          show internal TCP information
       --tipcinfo      show internal tipc socket information
   -s, --summary       show socket usage summary
       --tos           show tos and priority information
       --cgroup        show cgroup information
   -b, --bpf           show bpf filter socket information
   -E, --events        continually display sockets as they are destroyed
   -Z, --context       display task SELinux security contexts
   -z, --contexts      display task and socket SELinux security contexts
   -N, --net           switch to the specified network namespace name

   -4, --ipv4          display only IP version 4 sockets
   -6, --ipv6          display only IP version 6 sockets
   -0, --packet        display PACKET sockets
   -t, --tcp           display only TCP sockets
   -M, --mptcp         display only MPTCP sockets
   -S, --sctp          display only SCTP sockets
   -u, --udp           display only UDP sockets
   -d, --dccp          display only DCCP sockets
   -w, --raw           display only RAW sockets
   -x, --unix          display only Unix domain sockets
       --tipc          display only TIPC sockets
       --vsock         display only vsock sockets
       --xdp           display only XDP sockets
   -f, --family=FAMILY display sockets of type FAMILY
       FAMILY := {inet|inet6|link|unix|netlink|vsock|tipc|xdp|help}

   -K, --kill          forcibly close sockets, display what was closed
   -H, --no-header     Suppress header line
   -O, --oneline       socket's data printed on a single line
       --inet-sockopt  show various inet socket options

   -A, --query=QUERY, --socket=QUERY
       QUERY := {all|inet|tcp|mptcp|udp|raw|unix|unix_dgram|unix_stream|unix_seqpacket|packet|packet_raw|packet_dgram|netlink|dccp|sctp|vsock_stream|vsock_dgram|tipc|xdp}[,QUERY]

   -D, --diag=FILE     Dump raw information about TCP sockets to FILE
   -F, --filter=FILE   read filter information from FILE
       FILTER := [ state STATE-FILTER ] [ EXPRESSION ]
       STATE-FILTER := {all|connected|synchronized|bucket|big|TCP-STATES}
         TCP-STATES := {established|syn-sent|syn-recv|fin-wait-{1,2}|time-wait|closed|close-wait|last-ack|listening|closing}
          connected := {established|syn-sent|syn-recv|fin-wait-{1,2}|time-wait|close-wait|last-ack|closing}
       synchronized := {established|syn-recv|fin-wait-{1,2}|time-wait|close-wait|last-ack|closing}
             bucket := {syn-recv|time-wait}
                big := {established|syn-sent|fin-wait-{1,2}|closed|close-wait|last-ack|listening|closing}
`
