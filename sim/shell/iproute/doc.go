// Package iproute is the commands ip, bridge and tc of the lab's shell, after
// iproute2 6.1: the same words, abbreviations, texts, JSON and exit statuses.
//
// All they change goes through the calls of sim, sim/stack, sim/fib and
// sim/neigh that everything else that configures a namespace uses. What they
// show is made once, for text and JSON alike, by a printer that works as
// iproute2's print_… functions do.
//
//	tool.go     the two Tools of the shell and their tables of options
//	ip.go       options, objects, -batch; bridge.go the same for bridge
//	printer.go  text, colour and JSON; json.go the latter's layout
//	args.go     arguments and the errors about them
//	link.go     ip link show, addr show; linkset.go ip link add, set, del
//	addr.go     ip address; route.go, routeget.go ip route; rule.go; neigh.go
//	nexthop.go  ip nexthop; vrf.go ip vrf; monitor.go ip monitor, ip netconf
//	netns.go    ip netns; tunnel.go ip tunnel; tc.go tc
//	usage.go    the usage texts
//
// Not modelled: IPv6 (showing it shows nothing), devices other than veth,
// bridge, dummy, vxlan, vlan, macvlan, vrf and ipip, and what Options of the
// tools name.
package iproute
