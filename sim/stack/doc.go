// Package stack is one Linux network namespace: its devices, addresses,
// routes, neighbours, netfilter, connection tracking and sysctls, and the walk
// of an IPv4 packet through them. It has never heard of a cluster.
//
// Start reading at walk.go: it follows a packet in Linux's order. Around it:
// route.go (which way), multipath.go (which of several), vrf.go, upper.go (VLAN
// and macvlan devices), netfilter.go (the hooks), arp.go, icmp.go, tunnel.go
// (ipip), devinet.go (addresses), lifetime.go (of addresses), watch.go (what
// ip monitor shows), sysctl.go.
//
// Left out: IPv6, multicast routing and IGMP, source routing (such packets are
// dropped, as on Linux), XFRM, GSO, the second pass
// of packets of a VRF through the hooks with the VRF as their device, early demux.
package stack
