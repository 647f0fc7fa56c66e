// Package netdev moves frames between namespaces: loopback, veth pairs, NICs
// on a segment, bridges, tunnels (ipip, vxlan), dummies, VLAN and macvlan
// devices and VRFs, with the delay, bandwidth, loss, duplication, corruption and
// reordering of their links and of the netem, tbf, pfifo and bfifo that queue in
// front of them (qdisc.go).
//
// A device knows the namespace it belongs to only as an Owner that receives
// frames. Time passes on links only: whatever one namespace does with a frame
// happens at one instant.
//
// Packets are never larger than the MTU: there is no segmentation offload. Not
// modelled are VLAN filtering of bridges, with the second line for VLAN 1 that
// `bridge fdb` has for every address of a bridge's own, and multicast snooping:
// a bridge that comes up does not join 224.0.0.106, which Linux reports by IGMP
// twice within two seconds.
//
// Start reading at Device.Xmit and Device.Fire.
package netdev
