package stack

import (
	"slices"
	"strings"

	"hoplab/sim/fib"
	"hoplab/sim/netdev"
)

// Devices that stand on others: net/8021q/vlan_netlink.c and
// drivers/net/macvlan.c. The lower one may be in another namespace.

// maxVLAN is the first VLAN ID that is none.
const maxVLAN = 4095

// AddVLAN makes an 802.1Q device on lower; id -1 is none given.
func (ns *Namespace) AddVLAN(l NewLink, lower *netdev.Device, id int) (*netdev.Device, error) {
	if l.QLen < 0 {
		l.QLen = 1000
	}
	switch {
	case id >= maxVLAN:
		return nil, &fib.Error{Errno: fib.ERANGE, Msg: "8021q: Invalid VLAN id"}
	case id < 0:
		return nil, &fib.Error{Errno: fib.EINVAL, Msg: "8021q: VLAN properties not specified"}
	case lower == nil:
		return nil, &fib.Error{Errno: fib.EINVAL, Msg: "8021q: link not specified"}
	case lower.Kind == netdev.Loopback || lower.Kind == netdev.VRF || !lower.HasEthernet():
		return nil, &fib.Error{Errno: fib.EOPNOTSUPP, Msg: "8021q: VLANs not supported on device"}
	case slices.ContainsFunc(lower.Uppers(), func(u *netdev.Device) bool { return u.Kind == netdev.VLAN && int(u.Attrs.VLAN.ID) == id }):
		return nil, &fib.Error{Errno: fib.EEXIST, Msg: "8021q: VLAN device already exists"}
	case l.MTU > lower.MTU:
		return nil, &fib.Error{Errno: fib.EINVAL}
	}
	if l.MTU == 0 {
		l.MTU = lower.MTU
	}
	if l.MAC.IsZero() {
		l.MAC = lower.MAC
	}
	d, err := ns.AddLink(netdev.VLAN, l)
	if err != nil {
		return nil, err
	}
	d.Attrs.VLAN.ID = uint16(id)
	ns.setLower(d, lower)
	return d, nil
}

// AddMacvlan makes a macvlan on lower.
func (ns *Namespace) AddMacvlan(l NewLink, lower *netdev.Device, mode netdev.MacvlanMode) (*netdev.Device, error) {
	if lower != nil && lower.Kind == netdev.Macvlan {
		lower = lower.Lower()
	}
	switch {
	case lower == nil:
		return nil, &fib.Error{Errno: fib.EINVAL}
	case l.MTU > lower.MTU, lower.Kind == netdev.Loopback, !lower.HasEthernet():
		return nil, &fib.Error{Errno: fib.EINVAL}
	case lower.Master() != nil && lower.Master().Kind == netdev.Bridge:
		return nil, &fib.Error{Errno: fib.EBUSY}
	}
	if l.MTU == 0 {
		l.MTU = lower.MTU
	}
	d, err := ns.AddLink(netdev.Macvlan, l)
	if err != nil {
		return nil, err
	}
	d.Attrs.VLAN.Mode = mode
	ns.setLower(d, lower)
	return d, nil
}

func (ns *Namespace) setLower(d, lower *netdev.Device) {
	d.SetLower(lower)
	if o := lower.Owner.(*Namespace); o != ns {
		ns.NetNSID(o)
		o.NetNSID(ns)
	}
	ns.NotifyLink(d)
}

// maxAltName is ALTIFNAMSIZ, in bytes with the final zero.
const maxAltName = 128

// ValidAltName says that a device may have that other name.
func ValidAltName(name string) bool {
	return name != "" && len(name) < maxAltName && !strings.ContainsAny(name, "/ \t\n\v\f\r")
}

// SetAltName gives a device another name beside its own, or takes it away.
func (ns *Namespace) SetAltName(d *netdev.Device, name string, add bool) error {
	i := slices.Index(d.Attrs.AltNames, name)
	switch {
	case add && ns.Device(name) != nil:
		return &fib.Error{Errno: fib.EEXIST}
	case add:
		d.Attrs.AltNames = append(d.Attrs.AltNames, name)
	case i >= 0:
		d.Attrs.AltNames = slices.Delete(d.Attrs.AltNames, i, i+1)
	case ns.Device(name) == nil:
		return &fib.Error{Errno: fib.ENOENT}
	default: // its own name, or another device's
		return &fib.Error{Errno: fib.EINVAL}
	}
	ns.NotifyLink(d)
	return nil
}

// SetARP is `ip link set arp`.
func (ns *Namespace) SetARP(d *netdev.Device, on bool) {
	if d.Attrs.NoARP == !on {
		return
	}
	d.Attrs.NoARP = !on
	ns.Neigh.AddrChanged(d.Index) // arp_netdev_event
}

// lowerMTU follows the MTU of the device below: VLANs and macvlans are never
// larger.
func lowerMTU(lower *netdev.Device) {
	for _, u := range lower.Uppers() {
		if u.MTU > lower.MTU {
			u.Owner.(*Namespace).SetMTU(u, lower.MTU)
		}
	}
}
