// Package nettools is the classic network tools of a lab's shell: iptables and
// its save and restore, ipset, conntrack, sysctl, arp, route, ifconfig, nstat,
// netstat, ss, ethtool, modprobe, lsmod, nsenter and arping, and the files of
// /proc/net, /proc/sys/net and /sys/class/net that they and scripts read.
//
//	t := nettools.New(lab)
//	sh, err := shell.New(lab, shell.Options{Tools: t.Tools()})
//	…
//	err = t.Mount(sh)
//
// The texts are those of net-tools 2.10, iptables 1.8.9 (legacy), ipset 7.17,
// conntrack-tools 1.4.7, procps 4.0.2, iproute2 6.1, kmod 30 and iputils
// 20221126. Each tool changes a namespace by the calls that everything else
// uses (sim/stack, sim/fib, sim/neigh, sim/netfilter); files and tools of the
// same name show the same thing. An option that is not modelled is an error
// that names it.
//
//	suite.go     the list of tools; mounting the files
//	options.go   getopt_long(3) on a tool's table of options
//	dynamic.go   files made when they are read; procnet.go, procsys.go,
//	             sysclass.go what they say; mib.go the SNMP counters
//	iptables.go, ipset.go, conntrack.go, dmesg.go, …  one file for each tool or family
//
// Not modelled: IPv6, /proc/net/fib_trie, names of hosts
// other than those of /etc/hosts.
package nettools
