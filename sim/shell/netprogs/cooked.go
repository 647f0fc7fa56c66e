package netprogs

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// Packet types of a cooked header.
const (
	cookedIn = iota
	cookedBroadcast
	cookedMulticast
	cookedOther
	cookedOut
)

// Hardware types of devices: include/uapi/linux/if_arp.h.
const (
	arphrdEther    = 1
	arphrdTunnel   = 768
	arphrdLoopback = 772
)

// appendCooked appends a frame with a cooked header in place of its own.
//
//	 0               1               2               3
//	+-------------------------------+-------------------------------+
//	|         Protocol Type         |           Reserved            |
//	+-------------------------------+-------------------------------+
//	|                        Interface Index                        |
//	+-------------------------------+---------------+---------------+
//	|        ARPHRD_ Type           |  Packet Type  | Address Length|
//	+-------------------------------+---------------+---------------+
//	|                  Link-Layer Address, 8 bytes                  |
//	+---------------------------------------------------------------+
func appendCooked(dst []byte, linkType int, dev *netdev.Device, dir trace.Dir, frame []byte) []byte {
	proto, hardware, kind := packet.EtherIPv4, uint16(arphrdTunnel), byte(cookedIn)
	var address [8]byte
	length := 0
	if dev.HasEthernet() {
		e := packet.Ethernet(frame)
		proto, frame, hardware = e.Type(), frame[packet.EthernetLen:], arphrdEther
		src, to := e.Src(), e.Dst()
		length = copy(address[:], src[:])
		switch {
		case dev.Kind == netdev.Loopback:
			hardware = arphrdLoopback
		case to == packet.BroadcastMAC:
			kind = cookedBroadcast
		case to.IsMulticast():
			kind = cookedMulticast
		case to != dev.MAC:
			kind = cookedOther
		}
	}
	if dir == trace.Out {
		kind = cookedOut
	}
	if linkType == pcap.LinkLinuxSLL {
		dst = append(dst, 0, kind)
		dst = binary.BigEndian.AppendUint16(dst, hardware)
		dst = append(dst, 0, byte(length))
		dst = append(dst, address[:]...)
		dst = binary.BigEndian.AppendUint16(dst, uint16(proto))
		return append(dst, frame...)
	}
	dst = binary.BigEndian.AppendUint16(dst, uint16(proto))
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(dev.Index))
	dst = binary.BigEndian.AppendUint16(dst, hardware)
	dst = append(dst, kind, byte(length))
	dst = append(dst, address[:]...)
	return append(dst, frame...)
}
