// Package netdev moves frames between namespaces: loopback, veth pairs, NICs
// on a segment, bridges, tunnels (ipip, vxlan), dummies, VLAN and macvlan
// devices and VRFs, with the delay, bandwidth, loss, duplication, corruption and
// reordering of their links and of the netem, tbf, pfifo and bfifo that queue in
// front of them (qdisc.go).
//
// A device knows the namespace it belongs to only as an Owner that receives
// frames. Time passes on links only: whatever one namespace does with a frame
// happens at one instant. Start reading at Device.Xmit and Device.Fire.
package netdev
