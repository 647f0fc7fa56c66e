package netprogs

import (
	"errors"

	"hoplab/sim/shell"
	"hoplab/sim/sock"
)

func tracerouteTool() shell.Tool {
	return shell.Tool{
		Name:    "traceroute",
		Summary: "print the route packets trace to network host",
		Run:     runTraceroute,
		Options: []shell.Option{
			{Flag: "-4", Help: "use IPv4"},
			{Flag: "-F, --dont-fragment", Help: "do not fragment packets"},
			{Flag: "-f <first_ttl>, --first=<first_ttl>", Help: "start from the first_ttl hop"},
			{Flag: "-I, --icmp", Help: "use ICMP ECHO for tracerouting"},
			{Flag: "-i <device>, --interface=<device>", Help: "specify a network interface to operate with"},
			{Flag: "-m <max_ttl>, --max-hops=<max_ttl>", Help: "set the max number of hops"},
			{Flag: "-N <squeries>, --sim-queries=<squeries>", Help: "number of probes to be tried simultaneously"},
			{Flag: "-n", Help: "do not resolve IP addresses to their domain names"},
			{Flag: "-p <port>, --port=<port>", Help: "set the destination port to use"},
			{Flag: "-q <nqueries>, --queries=<nqueries>", Help: "set the number of probes per each hop"},
			{Flag: "-s <src_addr>, --source=<src_addr>", Help: "use source src_addr for outgoing packets"},
			{Flag: "-T, --tcp", Help: "use TCP SYN for tracerouting, to port 80"},
			{Flag: "-t <tos>, --tos=<tos>", Help: "set the TOS value for outgoing packets"},
			{Flag: "-U, --udp", Help: "use UDP to particular port for tracerouting"},
			{Flag: "-V, --version", Help: "print version info and exit"},
			{Flag: "-w <max>[,<here>,<near>], --wait=<max>", Help: "wait for a probe"},
			{Flag: "-z <sendwait>, --sendwait=<sendwait>", Help: "minimal time interval between probes"},
			{Flag: "-6", Help: "use IPv6", NotModelled: true},
			{Flag: "-A, --as-path-lookups", Help: "perform AS path lookups", NotModelled: true},
			{Flag: "-D, --dccp", Help: "use DCCP for tracerouting", NotModelled: true},
			{Flag: "-d, --debug", Help: "accepted: sockets tell nothing"},
			{Flag: "-e, --extensions", Help: "show ICMP extensions", NotModelled: true},
			{Flag: "-g <gate>, --gateway=<gate>", Help: "route packets through gateways", NotModelled: true},
			{Flag: "-l <flow_label>, --flowlabel=<flow_label>", Help: "IPv6 flow label", NotModelled: true},
			{Flag: "-M <name>, --module=<name>", Help: "use specified module", NotModelled: true},
			{Flag: "-O <opts>, --options=<opts>", Help: "module-specific options", NotModelled: true},
			{Flag: "-P <prot>, --protocol=<prot>", Help: "use raw packet of protocol prot", NotModelled: true},
			{Flag: "-r", Help: "bypass the normal routing", NotModelled: true},
		},
	}
}

func runTraceroute(c *shell.Call) int {
	o, err := sock.ParseTraceroute(c.Args[1:])
	if err != nil {
		return exit(c, err)
	}
	hosts := readHosts(c.View)
	o.Lookup, o.Name = hosts.lookup, hosts.name
	_, err = sock.Traceroute(c.Proc, c.NS, o, c.Out, c.Err)
	return statusOf(err)
}

func tracepathTool() shell.Tool {
	return shell.Tool{
		Name:    "tracepath",
		Summary: "trace path to a network host discovering MTU along this path",
		Run:     runTracepath,
		Options: []shell.Option{
			{Flag: "-4", Help: "use IPv4"},
			{Flag: "-b", Help: "print both name and IP"},
			{Flag: "-l <length>", Help: "use packet length"},
			{Flag: "-m <hops>", Help: "use maximum hops"},
			{Flag: "-n", Help: "no name resolution"},
			{Flag: "-p <port>", Help: "use destination port"},
			{Flag: "-V", Help: "print version and exit"},
			{Flag: "-6", Help: "use IPv6", NotModelled: true},
		},
	}
}

func runTracepath(c *shell.Call) int {
	o, err := sock.ParseTracepath(c.Args[1:])
	if err != nil {
		return exit(c, err)
	}
	hosts := readHosts(c.View)
	o.Lookup, o.Name = hosts.lookup, hosts.name
	_, err = sock.Tracepath(c.Proc, c.NS, o, c.Out, c.Err)
	return statusOf(err)
}

// statusOf is the exit status of a program that has printed its error.
func statusOf(err error) int {
	var bad *sock.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		return bad.Status
	}
	return 1
}
