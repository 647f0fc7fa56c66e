package netprogs

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// Lengths of the Linux cooked headers in bytes: LINKTYPE_LINUX_SLL and
// LINKTYPE_LINUX_SLL2 of https://www.tcpdump.org/linktypes.html.
const (
	sllLen  = 16
	sll2Len = 20
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

// cooked is a cooked header as read.
type cooked struct {
	index   int32 // 0 in version 1
	kind    byte
	address []byte // 6 bytes, or nil
	proto   uint16
	length  int // of the header
}

// parseCooked reads a cooked header; false if the frame is too short.
func parseCooked(linkType int, b []byte) (h cooked, ok bool) {
	if linkType == pcap.LinkLinuxSLL {
		if len(b) < sllLen {
			return h, false
		}
		h = cooked{kind: b[1], proto: binary.BigEndian.Uint16(b[14:]), length: sllLen}
		if binary.BigEndian.Uint16(b[4:]) == 6 {
			h.address = b[6:12]
		}
		return h, true
	}
	if len(b) < sll2Len {
		return h, false
	}
	h = cooked{index: int32(binary.BigEndian.Uint32(b[4:])), kind: b[10], proto: binary.BigEndian.Uint16(b), length: sll2Len}
	if b[11] == 6 {
		h.address = b[12:18]
	}
	return h, true
}

// direction is how tcpdump prints a packet type.
func (h *cooked) direction() string {
	switch h.kind {
	case cookedIn:
		return "In"
	case cookedBroadcast:
		return "B"
	case cookedMulticast:
		return "M"
	case cookedOther:
		return "P"
	case cookedOut:
		return "Out"
	}
	return "?"
}
