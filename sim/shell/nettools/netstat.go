package nettools

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/netdev"
	"hoplab/sim/shell"
)

func netstatTool() shell.Tool {
	return shell.Tool{Name: "netstat", Summary: "print sockets, routes, interfaces and statistics", Usage: "[-antulw] | -r [-n] | -i [-a] | -s [-tuw]", Run: runNetstat, Options: []shell.Option{
		{Flag: "-r, --route", Help: "display routing table"},
		{Flag: "-i, --interfaces", Help: "display interface table"},
		{Flag: "-s, --statistics", Help: "display networking statistics (like SNMP)"},
		{Flag: "-n, --numeric", Help: "don't resolve names"},
		{Flag: "-a, --all", Help: "display all sockets (default: connected)"},
		{Flag: "-l, --listening", Help: "display listening server sockets"},
		{Flag: "-t, --tcp", Help: "TCP"}, {Flag: "-u, --udp", Help: "UDP"}, {Flag: "-w, --raw", Help: "raw sockets"}, {Flag: "-x, --unix", Help: "Unix domain sockets: there are none"},
		{Flag: "-4, --inet", Help: "IPv4"}, {Flag: "-v, --verbose", Help: "be verbose"}, {Flag: "-W, --wide", Help: "don't truncate IP addresses"},
		{Flag: "-V, --version", Help: "print the version"}, {Flag: "-h, --help", Help: "show this help"},
		{Flag: "-e, --extend", Help: "more of routes"},
		{Flag: "-p, --programs", Help: "display PID/Program name for sockets"},
		{Flag: "-c, --continuous", NotModelled: true}, {Flag: "-o, --timers", NotModelled: true}, {Flag: "-g, --groups", NotModelled: true}, {Flag: "-M, --masquerade", NotModelled: true},
		{Flag: "-6, --inet6", NotModelled: true}, {Flag: "-C, --cache", NotModelled: true}, {Flag: "-Z, --context", NotModelled: true}, {Flag: "-S, --sctp", NotModelled: true},
		{Flag: "-N, --symbolic", NotModelled: true}, {Flag: "-F, --fib", Help: "the forwarding table (default)"},
	}}
}

func runNetstat(c *shell.Call) int {
	opts, _, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 2, "")
	}
	has := func(name string) bool {
		return slices.ContainsFunc(opts, func(g shell.Given) bool { return g.Name == name })
	}
	switch {
	case has("-h"):
		c.Tool.Help(c.Out)
		return 0
	case has("-V"):
		io.WriteString(c.Out, "net-tools 2.10\n")
		return 0
	case has("-r"):
		extended := 1
		if has("-e") {
			extended = 2
		}
		printRoutes(c, has("-n"), extended)
	case has("-i"):
		io.WriteString(c.Out, "Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n")
		devs := c.NS.Devices()
		slices.SortFunc(devs, func(a, b *netdev.Device) int { return strings.Compare(a.Name, b.Name) })
		for _, d := range devs {
			if has("-a") || d.Up() {
				printInterfaceShort(c, d)
			}
		}
	case has("-s"):
		printStatistics(c, has("-t"), has("-u"), has("-w"))
	default:
		printSockets(c, has)
	}
	return 0
}

// printSockets prints the table of netstat without -r, -i and -s.
func printSockets(c *shell.Call, has func(string) bool) {
	every := !has("-t") && !has("-u") && !has("-w") && !has("-x")
	what := "w/o servers"
	switch {
	case has("-a"):
		what = "servers and established"
	case has("-l"):
		what = "only servers"
	}
	if every || has("-t") || has("-u") || has("-w") {
		program := ""
		if has("-p") {
			program = " PID/Program name    "
		}
		fmt.Fprintf(c.Out, "Active Internet connections (%s)\nProto Recv-Q Send-Q Local Address           Foreign Address         State      %s\n", what, program)
	}
	for _, kind := range []struct{ netid, flag string }{{"tcp", "-t"}, {"udp", "-u"}, {"raw", "-w"}} {
		if !every && !has(kind.flag) {
			continue
		}
		for _, s := range sockets(c.NS) {
			waits := s.state == "LISTEN" || s.state == "UNCONN"
			if s.netid != kind.netid || !has("-a") && waits != has("-l") {
				continue
			}
			state, sendQ := netstatState(s.state), s.sendQ
			switch {
			case s.netid == "raw":
				state = "7"
			case s.state == "LISTEN":
				sendQ = 0 // ss shows the backlog there
			}
			side := func(host string, port uint16) string {
				p := strconv.Itoa(int(port))
				if port == 0 {
					p = "*"
				}
				if !has("-n") {
					if n := hostName(c, host); n != "" {
						host = n
					}
					if n := serviceName(port, s.netid); n != "" && s.netid != "raw" {
						p = n
					}
					if s.netid == "raw" && protocolName(port) != "" {
						p = protocolName(port)
					}
				}
				if n := 22 - len(p); len(host) > n && !has("-W") {
					host = host[:n]
				}
				return host + ":" + p
			}
			program := ""
			if has("-p") {
				program = "-"
				if p := s.holders(c); len(p) > 0 {
					program = fmt.Sprintf("%d/%s", p[0].PID, p[0].Args[0][strings.LastIndexByte(p[0].Args[0], '/')+1:])
				}
				program = fmt.Sprintf(" %-20s", program[:min(len(program), 20)])
			}
			fmt.Fprintf(c.Out, "%-4s  %6d %6d %-23s %-23s %-11s%s\n", s.netid, s.recvQ, sendQ, side(s.local.Addr().String(), s.local.Port()), side(s.remote.Addr().String(), s.remote.Port()), state, program)
		}
	}
	if every || has("-x") {
		fmt.Fprintf(c.Out, "Active UNIX domain sockets (%s)\nProto RefCnt Flags       Type       State         I-Node   Path\n", what)
	}
}

// netstatState is netstat's word for a state of ss.
func netstatState(s string) string {
	switch s {
	case "UNCONN":
		return ""
	case "ESTAB":
		return "ESTABLISHED"
	}
	return strings.NewReplacer("-", "_", "FIN-WAIT-", "FIN_WAIT").Replace(s)
}

// statistic is how netstat -s tells a counter: %s is the number. Without %s the
// number follows the name. Zero counters are left out unless always.
type statistic struct {
	name   string
	text   string
	always bool
}

// The counters that netstat -s has sentences for: Iptab and so on in net-tools'
// statistics.c. Others are shown by name when they are not zero.
func statisticTexts() []statistic {
	return []statistic{
		{"IpForwarding", "Forwarding: %s", true}, {"IpDefaultTTL", "", false},
		{"IpInReceives", "%s total packets received", true}, {"IpInHdrErrors", "%s with invalid headers", false}, {"IpInAddrErrors", "%s with invalid addresses", false},
		{"IpForwDatagrams", "%s forwarded", true}, {"IpInUnknownProtos", "%s with unknown protocol", false}, {"IpInDiscards", "%s incoming packets discarded", true},
		{"IpInDelivers", "%s incoming packets delivered", true}, {"IpOutRequests", "%s requests sent out", true}, {"IpOutDiscards", "%s outgoing packets dropped", false},
		{"IpOutNoRoutes", "%s dropped because of missing route", false}, {"IpReasmTimeout", "%s fragments dropped after timeout", false},
		{"IpReasmReqds", "%s reassemblies required", false}, {"IpReasmOKs", "%s packets reassembled ok", false}, {"IpReasmFails", "%s packet reassemblies failed", false},
		{"IpFragOKs", "%s fragments received ok", false}, {"IpFragFails", "%s fragments failed", false}, {"IpFragCreates", "%s fragments created", false},
		{"IcmpInMsgs", "%s ICMP messages received", true}, {"IcmpInErrors", "%s input ICMP message failed", true}, {"IcmpInCsumErrors", "", false},
		{"IcmpOutMsgs", "%s ICMP messages sent", true}, {"IcmpOutErrors", "%s ICMP messages failed", true},
		{"TcpActiveOpens", "%s active connection openings", true}, {"TcpPassiveOpens", "%s passive connection openings", true}, {"TcpAttemptFails", "%s failed connection attempts", true},
		{"TcpEstabResets", "%s connection resets received", true}, {"TcpCurrEstab", "%s connections established", true}, {"TcpInSegs", "%s segments received", true},
		{"TcpOutSegs", "%s segments sent out", true}, {"TcpRetransSegs", "%s segments retransmitted", true}, {"TcpInErrs", "%s bad segments received", true},
		{"TcpOutRsts", "%s resets sent", true},
		{"UdpInDatagrams", "%s packets received", true}, {"UdpNoPorts", "%s packets to unknown port received", true}, {"UdpInErrors", "%s packet receive errors", true},
		{"UdpOutDatagrams", "%s packets sent", true}, {"UdpRcvbufErrors", "%s receive buffer errors", true}, {"UdpSndbufErrors", "%s send buffer errors", true},
		{"TcpExtTW", "%s TCP sockets finished time wait in fast timer", false}, {"TcpExtDelayedACKs", "%s delayed acks sent", false},
		{"TcpExtDelayedACKLost", "Quick ack mode was activated %s times", false}, {"TcpExtTCPHPHits", "%s packet headers predicted", true},
		{"TcpExtTCPPureAcks", "%s acknowledgments not containing data payload received", false}, {"TcpExtTCPHPAcks", "%s predicted acknowledgments", false},
	}
}

// icmpTexts are the words of the ICMP histograms.
func icmpTexts() []statistic {
	return []statistic{
		{"DestUnreachs", "destination unreachable: %s", false}, {"TimeExcds", "timeout in transit: %s", false}, {"ParmProbs", "wrong parameters: %s", false},
		{"SrcQuenchs", "source quenches: %s", false}, {"Redirects", "redirects: %s", false}, {"Echos", "echo requests: %s", false}, {"EchoReps", "echo replies: %s", false},
		{"Timestamps", "timestamp requests: %s", false}, {"TimestampReps", "timestamp replies: %s", false}, {"AddrMasks", "address mask requests: %s", false},
		{"AddrMaskReps", "address mask replies: %s", false},
	}
}

// printStatistics is netstat -s, for all protocols or for some.
func printStatistics(c *shell.Call, tcp, udp, raw bool) {
	texts := statisticTexts()
	for _, m := range append(snmpMIBs(c.NS), netstatMIBs(c.NS)...) {
		if tcp || udp || raw {
			var kind bool
			switch m.prefix {
			case "Tcp", "TcpExt":
				kind = tcp
			case "Udp":
				kind = udp
			case "Icmp", "IcmpMsg":
				kind = raw
			case "IpExt":
				kind = true
			}
			if !kind {
				continue
			}
		}
		fmt.Fprintf(c.Out, "%s:\n", m.prefix)
		histogram := ""
		for _, x := range m.counters {
			value := strconv.FormatInt(x.value, 10)
			if m.prefix == "Icmp" {
				for _, dir := range []string{"In", "Out"} {
					for _, t := range icmpTexts() {
						if x.name != dir+t.name || x.value == 0 {
							continue
						}
						if histogram != dir {
							fmt.Fprintf(c.Out, "    ICMP %s histogram:\n", map[string]string{"In": "input", "Out": "output"}[dir])
							histogram = dir
						}
						fmt.Fprintf(c.Out, "        %s\n", strings.Replace(t.text, "%s", value, 1))
					}
				}
				if slices.ContainsFunc(icmpTexts(), func(t statistic) bool { return x.name == "In"+t.name || x.name == "Out"+t.name }) {
					continue
				}
			}
			i := slices.IndexFunc(texts, func(t statistic) bool { return t.name == m.prefix+x.name })
			switch {
			case m.prefix == "UdpLite" && x.value == 0:
			case i < 0 && (x.value == 0 || strings.HasPrefix(x.name, "Rto") || x.name == "MaxConn"):
			case i < 0 && m.prefix == "IcmpMsg":
				fmt.Fprintf(c.Out, "        %s: %s\n", x.name, value)
			case i < 0:
				fmt.Fprintf(c.Out, "    %s: %s\n", x.name, value)
			case texts[i].text != "" && (x.value != 0 || texts[i].always):
				fmt.Fprintf(c.Out, "    %s\n", strings.Replace(texts[i].text, "%s", value, 1))
			}
		}
	}
}
