package iproute

import (
	"errors"
	"io"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// Tools are ip, tc and bridge.
func Tools() []shell.Tool {
	return []shell.Tool{
		{Name: "ip", Summary: "show / manipulate routing, network devices, interfaces and tunnels", Options: ipOptions(),
			Run: func(c *shell.Call) int { return newCommand(c, "ip").runIP(c.Args[1:]) }},
		{Name: "tc", Dir: "/usr/sbin", Summary: "show / manipulate traffic control settings", Options: tcOptions(),
			Run: func(c *shell.Call) int { return newCommand(c, "tc").runTC(c.Args[1:]) }},
		{Name: "bridge", Dir: "/usr/sbin", Summary: "show bridge addresses and devices", Options: bridgeToolOptions(),
			Run: func(c *shell.Call) int { return newCommand(c, "bridge").runBridge(c.Args[1:]) }},
	}
}

func newCommand(c *shell.Call, name string) *command {
	return &command{name: name, lab: c.Lab, home: c.NS, ns: c.NS, in: c.In, out: c.Out, err: c.Err, sys: &caller{c}}
}

// caller is the system of a command that the shell runs.
type caller struct{ c *shell.Call }

// Exec is execve(2), or with child fork(2), execve(2) and wait(2).
func (s *caller) Exec(ns *stack.Namespace, argv []string, child bool) (int, bool) {
	if !child {
		return s.c.Exec(ns, argv)
	}
	p, err := s.c.Spawn(ns, argv, shell.Stdio{})
	if err != nil {
		return 0, false
	}
	s.c.Wait(p)
	return p.Status(), true
}

// Open opens a file of the lab.
func (s *caller) Open(name string) (io.ReadCloser, error) {
	f, err := s.c.Open(name)
	if err != nil {
		return nil, errors.New(vfs.Text(err))
	}
	return f, nil
}

// Processes lists the programs of the shell.
func (s *caller) Processes() []process {
	var list []process
	for _, p := range s.c.Shell.Processes() {
		list = append(list, process{p.PID, p.NS})
	}
	return list
}

// Follow waits for what happens.
func (s *caller) Follow(start func(wake func()) (cancel func()), drain func()) {
	s.c.Process.OnEnd(start(s.c.Proc.Wake))
	for {
		s.c.Pause()
		drain()
	}
}

// Terminal says that standard output is a terminal.
func (s *caller) Terminal() bool { return s.c.IsTerminal(1) }

// ipOptions are the options of ip, its objects and their verbs.
func ipOptions() []shell.Option {
	modelled := []shell.Option{
		{Flag: "-V, -Version", Help: "print the version"},
		{Flag: "-n, -netns NAME", Help: "work in that namespace"},
		{Flag: "-4, -6, -0, -family F", Help: "family of addresses; IPv6 shows nothing"},
		{Flag: "-s, -stats", Help: "statistics; twice for more"},
		{Flag: "-d, -details", Help: "details"},
		{Flag: "-o, -oneline", Help: "one line for each record"},
		{Flag: "-br, -brief", Help: "a table"},
		{Flag: "-j, -json", Help: "JSON; -p, -pretty with line breaks"},
		{Flag: "-N, -Numeric", Help: "numbers in place of names"},
		{Flag: "-c, -color[=WHEN]", Help: "colours: always, auto, never"},
		{Flag: "-b, -batch FILE", Help: "commands from a file or - for standard input; -force goes on after errors"},
		{Flag: "-a, -all", Help: "all namespaces, for netns delete and exec"},
		{Flag: "-t, -timestamp, -ts, -tshort", Help: "the time, for monitor"},
		{Flag: "-l, -loops N", Help: "accepted: flushing needs no second round"},
		{Flag: "-rc, -rcvbuf SIZE", Help: "accepted: there is no buffer to enlarge"},
		{Flag: "address", Help: "add, change, replace, del, show, flush; valid_lft, preferred_lft"},
		{Flag: "link", Help: "add (veth, bridge, dummy, vxlan, vlan, macvlan, vrf, ipip), set, del, show; property add, del"},
		{Flag: "route", Help: "add, change, replace, append, prepend, del, show, flush, get; several nexthops, nhid, vrf"},
		{Flag: "rule", Help: "add, del, show, flush; l3mdev, uidrange, ipproto, sport, dport, tun_id"},
		{Flag: "neigh", Help: "add, change, replace, del, show, flush, get; proxy, extern_learn, protocol"},
		{Flag: "nexthop", Help: "add, replace, del, show, flush, get; groups with weights"},
		{Flag: "netns", Help: "add, del, set, list, list-id, exec, identify, pids"},
		{Flag: "tunnel", Help: "add, change, del, show; mode ipip"},
		{Flag: "vrf", Help: "show, identify, pids"},
		{Flag: "monitor", Help: "address, link, neigh, netconf, nexthop, nsid, route, rule; label, dev"},
		{Flag: "netconf", Help: "show"},
	}
	return append(modelled, missingOptions(
		"-h, -human-readable", "-iec", "-r, -resolve", "-M, -B",
		"address … anycast", "address save | restore",
		"link add … type (others)", "link add … type vlan … ingress-qos-map | egress-qos-map | protocol 802.1ad | loose_binding", "link add … type macvlan mode passthru | source", "link set … vf | xdp | dynamic", "link xstats",
		"route … encap | realms", "route get … notify", "route save | restore",
		"nexthop … fdb | encap | type resilient", "nexthop bucket", "neigh … managed",
		"netns attach | monitor", "tunnel … mode gre | isatap | sit | vti", "monitor file | all-nsid", "vrf exec", "maddress", "mroute", "tuntap", "xfrm", "macsec")...)
}

func tcOptions() []shell.Option {
	modelled := []shell.Option{
		{Flag: "-V, -Version", Help: "print the version"},
		{Flag: "-n, -netns NAME", Help: "work in that namespace"},
		{Flag: "-s, -statistics", Help: "counters"},
		{Flag: "-d, -details", Help: "details"},
		{Flag: "-j, -json", Help: "JSON; -p, -pretty with line breaks"},
		{Flag: "-b, -batch FILE", Help: "commands from a file or - for standard input; -force goes on after errors"},
		{Flag: "qdisc", Help: "add, change, replace, del, show: netem, tbf, pfifo, bfifo at the root of a device"},
		{Flag: "netem", Help: "limit, delay, distribution normal, loss random, duplicate, corrupt, reorder, gap, rate"},
		{Flag: "tbf", Help: "rate, burst, limit, latency"},
		{Flag: "class show, filter show", Help: "there are none"},
	}
	return append(modelled, missingOptions("-r, -raw", "-graph", "-iec", "qdisc: parent, ingress, clsact, estimator, stab", "qdisc: classful ones (htb, prio …), fq_codel, red …",
		"netem loss state | gemodel, ecn, slot, distribution pareto | paretonormal", "tbf peakrate, mtu, mpu, overhead, linklayer", "class, filter: add and others", "actions", "monitor", "exec")...)
}

func bridgeToolOptions() []shell.Option {
	modelled := []shell.Option{
		{Flag: "-V, -Version", Help: "print the version"},
		{Flag: "-n, -netns NAME", Help: "work in that namespace"},
		{Flag: "-s, -statistics", Help: "ages of addresses"},
		{Flag: "-d, -details", Help: "flags of ports"},
		{Flag: "-o, -oneline", Help: "one line for each record"},
		{Flag: "-j, -json", Help: "JSON; -p, -pretty with line breaks"},
		{Flag: "link", Help: "show, set"},
		{Flag: "fdb", Help: "show, get, add, append, replace, del, flush"},
	}
	return append(modelled, missingOptions("-color", "-t, -timestamp", "-batch", "link set … state | mcast_router | neigh_suppress | vlan_tunnel", "fdb … nhid | src_vni | vlan", "mdb", "vlan", "vni", "monitor")...)
}

func missingOptions(flags ...string) []shell.Option {
	var list []shell.Option
	for _, f := range flags {
		list = append(list, shell.Option{Flag: f, NotModelled: true})
	}
	return list
}
