// Package netdev moves frames between namespaces: loopback, veth pairs, NICs
// on a segment, bridges, tunnels (ipip, vxlan) and dummies, with the delay,
// bandwidth, loss, duplication, corruption and reordering of their links.
//
// A device knows the namespace it belongs to only as an Owner that receives
// frames. Time passes on links only: whatever one namespace does with a frame
// happens at one instant. Start reading at Device.Xmit and Device.Fire.
package netdev
