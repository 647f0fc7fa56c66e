package stack

import (
	"slices"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
)

// The forwarding databases of bridges and VXLAN devices, and the lists of
// addresses that other devices let in: rtnl_fdb_* of net/core/rtnetlink.c.

// FDB lists what `bridge fdb show` does: of all devices, or of one, or of one
// bridge and its ports. dev and br may be nil.
func (ns *Namespace) FDB(dev, br *netdev.Device) []FDBEntry {
	var all []FDBEntry
	for _, d := range ns.Devices() {
		master := d.Master()
		if master != nil && master.Kind != netdev.Bridge {
			master = nil
		}
		if dev != nil && d != dev || br != nil && d != br && master != br && (master == nil || d.Kind != netdev.Bridge) {
			continue
		}
		if master != nil {
			all = append(all, bridgeEntries(master, d)...)
		}
		if v := ns.vxlan(d); v != nil {
			all = append(all, v.entries()...)
			continue
		}
		all = append(all, filters(d)...)
		if d.Kind == netdev.Bridge {
			all = append(all, bridgeEntries(d, nil)...)
		}
	}
	return all
}

// filters are the addresses that a device lets in beside its own: those of the
// groups that IPv4, IPv6 and, on a bridge, snooping listen to:
// ndo_dflt_fdb_dump.
func filters(d *netdev.Device) []FDBEntry {
	if d.Kind == netdev.Loopback || !d.HasEthernet() {
		return nil
	}
	var all []FDBEntry
	add := func(m packet.MAC) {
		all = append(all, FDBEntry{MAC: m, Dev: d, State: neigh.Permanent, Flags: FDBSelf, Filter: true})
	}
	if d.MTU >= minMTU6 {
		add(packet.MAC{0x33, 0x33, 0, 0, 0, 1})
	}
	if d.Up() && d.Kind == netdev.Bridge && !d.Attrs.Bridge.NoSnooping {
		add(packet.MAC{1, 0, 0x5e, 0, 0, 0x6a})
		add(packet.MAC{0x33, 0x33, 0, 0, 0, 0x6a})
	}
	if d.Up() && !d.Attrs.NoMulticast {
		add(packet.MAC{1, 0, 0x5e, 0, 0, 1})
	}
	return all
}

// minMTU6 is IPV6_MIN_MTU: a device below it has no IPv6 at all.
const minMTU6 = 1280

// bridgeEntries are those of a bridge for one of its ports, or for the bridge
// itself (nil), the newest first: br_fdb_dump.
func bridgeEntries(br, port *netdev.Device) []FDBEntry {
	var all []FDBEntry
	now := br.World.Clock.Now()
	for _, n := range slices.Backward(br.Learnt()) {
		if n.Port == port {
			age := int64(now-n.Seen) / 1e9
			all = append(all, FDBEntry{MAC: n.MAC, Dev: port, State: neigh.Reachable, Master: br, Used: age, Updated: age})
		}
	}
	d := port
	if d == nil {
		if slices.ContainsFunc(br.Ports(), func(p *netdev.Device) bool { return p.MAC == br.MAC }) {
			return all // there is one entry for both, the port's
		}
		d = br
	}
	return append(all, FDBEntry{MAC: d.MAC, Dev: d, State: neigh.Permanent, Master: br})
}

// ChangeFDB is `bridge fdb add`, append, replace and delete.
func (ns *Namespace) ChangeFDB(c FDBChange) error {
	verb := "add"
	if c.Op == FDBDelete {
		verb = "delete"
	}
	if c.Dev.Kind == netdev.Loopback || !c.Dev.HasEthernet() {
		return &fib.Error{Errno: fib.EINVAL, Msg: "FDB " + verb + " only supported for Ethernet devices"}
	}
	if c.HasVLAN && (c.VLAN == 0 || c.VLAN >= 4095) {
		return &fib.Error{Errno: fib.EINVAL, Msg: "Invalid vlan id"}
	}
	if c.Flags&FDBMaster != 0 {
		if c.Dev.Master() == nil || c.Dev.Master().Kind != netdev.Bridge {
			if c.Flags&FDBSelf == 0 {
				return &fib.Error{Errno: fib.EOPNOTSUPP}
			}
		} else {
			return errNotModelled("bridge fdb " + verb + " … master")
		}
	}
	if v := ns.vxlan(c.Dev); v != nil {
		return v.change(&c)
	}
	return errNotModelled("bridge fdb " + verb + " on " + c.Dev.Name + ", a " + c.Dev.Kind.String() + " device")
}

// errNotModelled is the error of something that the kernel can do and the lab
// cannot.
type errNotModelled string

// Error names it.
func (e errNotModelled) Error() string { return "not modelled: " + string(e) }

// GetFDB is `bridge fdb get`: rtnl_fdb_get.
func (ns *Namespace) GetFDB(d, br *netdev.Device, m packet.MAC, self, master bool) (FDBEntry, error) {
	refuse := func(e fib.Errno, msg string) (FDBEntry, error) { return FDBEntry{}, &fib.Error{Errno: e, Msg: msg} }
	switch {
	case br != nil && d != nil:
		return refuse(fib.EINVAL, "Master and device are mutually exclusive")
	case d != nil && (!self || master):
		if br = d.Master(); br == nil || br.Kind != netdev.Bridge {
			return refuse(fib.EINVAL, "Device is not a bridge port")
		}
	case d != nil:
		if v := ns.vxlan(d); v != nil {
			if e := v.fdb.find(m); e != nil {
				return v.lines(e)[0], nil
			}
			return refuse(fib.ENOENT, "Fdb entry not found")
		}
		br = d
	}
	if br.Kind != netdev.Bridge {
		return refuse(fib.EOPNOTSUPP, "Fdb get operation not supported by device")
	}
	for _, p := range append(br.Ports(), nil) {
		for _, e := range bridgeEntries(br, p) {
			if e.MAC == m {
				return e, nil
			}
		}
	}
	return refuse(fib.ENOENT, "Fdb entry not found")
}

// FDBFlush is a request of `bridge fdb flush`.
type FDBFlush struct {
	Dev, Port        *netdev.Device
	Self, Master     bool
	State, StateMask neigh.State
}

// FlushFDB is `bridge fdb flush`, which a VXLAN device of Linux 6.1 cannot.
func (ns *Namespace) FlushFDB(f FDBFlush) error {
	if ns.vxlan(f.Dev) != nil && !f.Master {
		return &fib.Error{Errno: fib.EOPNOTSUPP}
	}
	return errNotModelled("bridge fdb flush")
}
