// Package stack is one Linux network namespace: its devices, addresses,
// routes, neighbours, netfilter, connection tracking and sysctls, and the walk
// of an IPv4 packet through them. It has never heard of a cluster.
//
// Start reading at walk.go: it follows a packet in Linux's order. Around it:
// route.go (which way), netfilter.go (the hooks), arp.go, icmp.go, tunnel.go
// (tunl0), output.go (what local programs send), devinet.go (addresses),
// sysctl.go.
//
// Left out: IPv6, multicast routing and IGMP, source routing (such packets are
// dropped, as on Linux), XFRM, VRF, GSO, early demux.
package stack
