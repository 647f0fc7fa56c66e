package nettools

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/shell"
	"hoplab/sim/stack"
)

// socket is a socket as ss and netstat show it.
type socket struct {
	netid         string // "tcp", "udp", "raw"
	state         string // as ss has it
	recvQ, sendQ  int
	local, remote netip.AddrPort // 0.0.0.0:0 for any
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
		x := socket{netid: "udp", state: st.State, recvQ: st.RecvQ, sendQ: st.SendQ, local: netip.AddrPortFrom(packet.AddrFrom32(addr), port), remote: any4}
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
		o("-f, --family=FAMILY", "inet, inet6 or unix"),
		o("state STATE", "tcp states, connected, synchronized, all"), o("src, dst, sport, dport", "ADDRESS[/N][:PORT], or = :PORT"),
		no("-p, --processes", "show process using socket"), no("-T, --threads", ""), no("-r, --resolve", "resolve host names"), no("-o, --options", "show timer information"),
		no("-e, --extended", ""), no("-m, --memory", ""), no("-i, --info", "show internal TCP information"), no("-N, --net NAME", ""), no("-K, --kill", ""), no("-E, --events", ""),
		no("-b, --bpf", ""), no("-Z, --context", ""), no("-z, --contexts", ""), no("-0, --packet", ""), no("-M, --mptcp", ""), no("-S, --sctp", ""), no("-d, --dccp", ""),
		no("-A, --query, --socket QUERY", ""), no("-D, --diag FILE", ""), no("-F, --filter FILE", ""), no("--tos", ""), no("--cgroup", ""), no("--tipc", ""), no("--vsock", ""), no("--xdp", ""),
	}}
}

// ssRun is one command line of ss.
type ssRun struct {
	*shell.Call
	kinds                    []string // netids asked for, none: all
	numeric, all, listening  bool
	noHeader, empty, summary bool
	states                   []string // asked for by "state", none: by -a and -l
	filters                  []func(s socket) bool
}

func runSS(c *shell.Call) int {
	opts, rest, err := getopt(c.Tool, c.Args[1:], false)
	if err != nil {
		var help bytes.Buffer
		c.Tool.Help(&help)
		return usageError(c, err, 255, help.String())
	}
	r := &ssRun{Call: c}
	for _, g := range opts {
		switch g.name {
		case "-h":
			c.Tool.Help(c.Out)
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
			r.kinds = append(r.kinds, "u_str")
		case "-6":
			r.empty = true
		case "-s":
			r.summary = true
		case "-H":
			r.noHeader = true
		case "-f":
			switch g.value {
			case "inet":
			case "inet6", "unix":
				r.empty = true
			default:
				return c.NotModelled(255, "-f "+g.value)
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

// filter reads what follows the options: state STATE and simple expressions,
// all of which must hold.
func (r *ssRun) filter(words []string) int {
	for len(words) > 0 {
		word := words[0]
		if len(words) < 2 {
			return r.NotModelled(255, "filter "+word)
		}
		value := words[1]
		words = words[2:]
		switch word {
		case "state":
			states, ok := ssStates(value)
			if !ok {
				return r.Fail(255, "wrong state name: %s", value)
			}
			r.states = append(r.states, states...)
			continue
		case "src", "dst", "sport", "dport":
		default:
			return r.NotModelled(255, "filter "+word)
		}
		if len(words) > 0 && (value == "=" || value == "==" || value == "eq") {
			value, words = words[0], words[1:]
		}
		f, ok := addressFilter(word, value)
		if !ok {
			return r.NotModelled(255, fmt.Sprintf("filter %s %s", word, value))
		}
		r.filters = append(r.filters, f)
	}
	return 0
}

// addressFilter is src, dst, sport or dport with a value.
func addressFilter(word, value string) (func(socket) bool, bool) {
	host, port, hasPort := strings.Cut(value, ":")
	if strings.HasSuffix(word, "port") && !hasPort {
		host, port, hasPort = "", host, true
	}
	p, n := netip.Prefix{}, uint64(0)
	var err error
	if host != "" && host != "*" {
		if !strings.Contains(host, "/") {
			host += "/32"
		}
		if p, err = netip.ParsePrefix(host); err != nil {
			return nil, false
		}
	}
	if hasPort && port != "*" {
		if n, err = strconv.ParseUint(port, 10, 16); err != nil {
			return nil, false
		}
	}
	return func(s socket) bool {
		a := s.local
		if word[0] == 'd' {
			a = s.remote
		}
		return (!p.IsValid() || p.Contains(a.Addr())) && (n == 0 || uint16(n) == a.Port())
	}, true
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
	return !slices.ContainsFunc(r.filters, func(f func(socket) bool) bool { return !f(s) })
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
			rows = append(rows, []string{s.netid, s.state, fmt.Sprintf("%-6d", s.recvQ), fmt.Sprintf("%-6d", s.sendQ), s.local.Addr().String() + ":", r.port(s.netid, s.local.Port()),
				s.remote.Addr().String() + ":", r.port(s.netid, s.remote.Port()), ""})
		}
	}
	first := 0
	hide := func(i int) bool { return i == 0 && len(r.kinds) == 1 || i == 1 && len(r.states) == 1 }
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
		if name := serviceName(n); name != "" {
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

// serviceName is the name of /etc/services for the ports that labs use.
func serviceName(n uint16) string {
	switch n {
	case 21:
		return "ftp"
	case 22:
		return "ssh"
	case 23:
		return "telnet"
	case 25:
		return "smtp"
	case 53:
		return "domain"
	case 69:
		return "tftp"
	case 80:
		return "http"
	case 123:
		return "ntp"
	case 179:
		return "bgp"
	case 443:
		return "https"
	case 514:
		return "syslog"
	case 3306:
		return "mysql"
	case 5432:
		return "postgresql"
	case 8080:
		return "http-alt"
	}
	return ""
}
