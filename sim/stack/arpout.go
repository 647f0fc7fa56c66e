package stack

import (
	"net/netip"

	"hoplab/packet"
	"hoplab/sim/netdev"
)

// SendARP sends an ARP packet from d, as a program with a packet socket does.
// Devices without ARP send nothing.
func (ns *Namespace) SendARP(d *netdev.Device, op uint16, ethDst, senderMAC packet.MAC, sender netip.Addr, targetMAC packet.MAC, target netip.Addr) {
	if in := ns.dev(d.Index); in != nil && in.Device == d {
		ns.arpSend(in, op, ethDst, senderMAC, packet.Addr32(sender), targetMAC, packet.Addr32(target), 0, 0)
	}
}
