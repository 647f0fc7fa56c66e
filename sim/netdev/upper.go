package netdev

import (
	"encoding/binary"
	"slices"

	"hoplab/packet"
	"hoplab/sim/trace"
)

// Devices that stand on another one: VLANs (net/8021q) and macvlans
// (drivers/net/macvlan.c).

// VLANAttrs are the settings of a VLAN device, and the mode of a macvlan.
type VLANAttrs struct {
	ID   uint16
	Mode MacvlanMode
}

// MacvlanMode says whom a macvlan reaches without the lower device.
type MacvlanMode uint8

// The modes that are modelled.
const (
	VEPA        MacvlanMode = iota // nobody: the switch outside sends it back
	BridgeMode                     // its siblings
	PrivateMode                    // nobody, not even by way of the switch
)

// String is iproute2's word.
func (m MacvlanMode) String() string {
	switch m {
	case BridgeMode:
		return "bridge"
	case PrivateMode:
		return "private"
	}
	return "vepa"
}

// etherVLAN is the EtherType of an 802.1Q tag.
const etherVLAN = 0x8100

// macsLen is the length of the two addresses of a frame, in bytes.
const macsLen = 12

// SetLower puts d on another device.
func (d *Device) SetLower(lower *Device) {
	d.lower = lower
	lower.uppers = append(lower.uppers, d)
}

// Lower is the device that d stands on, nil for none.
func (d *Device) Lower() *Device { return d.lower }

// Uppers are the devices that stand on d.
func (d *Device) Uppers() []*Device { return slices.Clone(d.uppers) }

func (d *Device) dropUpper(u *Device) {
	d.uppers = slices.DeleteFunc(d.uppers, func(x *Device) bool { return x == u })
	u.lower = nil
}

// tellUppers follows d going up or down: vlan_device_event takes VLANs along
// (there is no loose binding here); macvlans only lose or get their carrier.
func (d *Device) tellUppers() {
	for _, u := range d.uppers {
		if u.Kind == VLAN && u.up != d.up {
			u.SetUp(d.up)
		} else if u.up {
			u.Owner.LinkChanged(u)
			u.master.portChanged()
		}
	}
}

// SetCarrier takes the carrier of a dummy away or gives it back:
// `ip link set carrier`.
func (d *Device) SetCarrier(on bool) {
	if d.lost != on {
		return
	}
	d.lost = !on
	d.flips++
	d.Owner.LinkChanged(d)
	d.master.portChanged()
	d.tellUppers()
}

// xmitTagged is vlan_dev_hard_start_xmit: the tag goes behind the addresses.
func (d *Device) xmitTagged(b *packet.Buffer) {
	b.Prepend(vlanLen)
	f := b.Bytes()
	copy(f, f[vlanLen:vlanLen+macsLen])
	binary.BigEndian.PutUint16(f[macsLen:], etherVLAN)
	binary.BigEndian.PutUint16(f[macsLen+2:], d.Attrs.VLAN.ID)
	d.lower.Xmit(b)
}

// toUppers hands a frame that came in by d to the device on it that wants it,
// and copies to all of them. It reports that nobody else gets the frame.
func (d *Device) toUppers(b *packet.Buffer) bool {
	f := b.Bytes()
	if len(f) >= packet.EthernetLen+vlanLen && binary.BigEndian.Uint16(f[macsLen:]) == etherVLAN {
		id := binary.BigEndian.Uint16(f[macsLen+2:]) & 0xfff
		for _, u := range d.uppers {
			if u.Kind == VLAN && u.Attrs.VLAN.ID == id {
				d.toVLAN(u, b)
				return true
			}
		}
	}
	dst := packet.Ethernet(f).Dst()
	for _, u := range d.uppers {
		switch {
		case u.Kind != Macvlan || !u.up:
		case dst.IsMulticast():
			if src := packet.Ethernet(f).Src(); src != u.MAC && (u.Attrs.VLAN.Mode != PrivateMode || !d.isUpper(src)) {
				u.take(b.Clone())
			}
		case dst == u.MAC:
			u.take(b)
			return true
		}
	}
	return false
}

// isUpper says that a macvlan on d has that address.
func (d *Device) isUpper(m packet.MAC) bool {
	return slices.ContainsFunc(d.uppers, func(u *Device) bool { return u.Kind == Macvlan && u.MAC == m })
}

// toVLAN is vlan_do_receive.
func (d *Device) toVLAN(u *Device, b *packet.Buffer) {
	if !u.up {
		d.World.Drop(b, d.Place, trace.StageIngress, trace.DevReady, trace.RefDevice, uint32(u.Place))
		return
	}
	f := b.Bytes()
	copy(f[vlanLen:], f[:macsLen])
	b.TrimFront(vlanLen)
	u.CountRx(b.Len() - packet.EthernetLen)
	if b.Type == packet.OtherHost && packet.Ethernet(b.Bytes()).Dst() == u.MAC {
		b.Type = packet.Host
	}
	u.input(b)
}

// take is the way in of a macvlan: macvlan_handle_frame.
func (d *Device) take(b *packet.Buffer) {
	d.CountRx(b.Len())
	d.Input(b)
}

// xmitMacvlan is macvlan_queue_xmit in bridge mode: siblings are reached
// directly, everybody else by the lower device.
func (d *Device) xmitMacvlan(b *packet.Buffer) {
	dst := packet.Ethernet(b.Bytes()).Dst()
	if d.Attrs.VLAN.Mode == BridgeMode {
		for _, u := range d.lower.uppers {
			if u == d || u.Kind != Macvlan || !u.up || u.Attrs.VLAN.Mode != BridgeMode {
				continue
			}
			if dst.IsMulticast() {
				c := b.Clone()
				c.Scrub(true)
				d.World.send(u, c, d.World.Clock.Now().Add(DefaultVethDelay))
			} else if dst == u.MAC {
				b.Scrub(true)
				d.World.send(u, b, d.World.Clock.Now().Add(DefaultVethDelay))
				return
			}
		}
	}
	d.lower.Xmit(b)
}
