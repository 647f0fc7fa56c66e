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
	for _, m := range d.Attrs.Filter { // unicast first
		if !m.IsMulticast() {
			add(m)
		}
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
	for _, m := range d.Attrs.Filter {
		if m.IsMulticast() {
			add(m)
		}
	}
	return all
}

// minMTU6 is IPV6_MIN_MTU: a device below it has no IPv6 at all.
const minMTU6 = 1280

// bridgeEntries are those of a bridge for one of its ports, or for the bridge
// itself (nil), the newest first: br_fdb_dump.
func bridgeEntries(br, port *netdev.Device) []FDBEntry {
	var all []FDBEntry
	for _, e := range slices.Backward(br.FDB()) {
		if e.Port == port {
			all = append(all, bridgeEntry(br, &e))
		}
	}
	return all
}

// bridgeEntry is fdb_fill_info.
func bridgeEntry(br *netdev.Device, e *netdev.FDBEntry) FDBEntry {
	now := br.World.Clock.Now().Jiffies()
	x := FDBEntry{MAC: e.MAC, Dev: e.Port, State: neigh.Reachable, Master: br, Used: (now - e.Used.Jiffies()) / hz, Updated: (now - e.Updated.Jiffies()) / hz}
	if e.Port == nil {
		x.Dev = br
	}
	switch {
	case e.Flags&netdev.FDBLocal != 0:
		x.State = neigh.Permanent
	case e.Flags&netdev.FDBStatic != 0:
		x.State = neigh.NoARP
	}
	if e.Flags&netdev.FDBExt != 0 {
		x.Flags |= FDBExtLearned
	}
	if e.Flags&netdev.FDBSticky != 0 {
		x.Flags |= FDBSticky
	}
	return x
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
	if br := c.Dev.Master(); c.Flags&FDBMaster != 0 {
		switch {
		case br != nil && br.Kind == netdev.Bridge:
			if err := changeBridge(br, c.Dev, &c); err != nil {
				return err
			}
		case c.Flags&FDBSelf == 0:
			return &fib.Error{Errno: fib.EOPNOTSUPP}
		}
	}
	if c.Flags&FDBSelf == 0 {
		return nil
	}
	if v := ns.vxlan(c.Dev); v != nil {
		return v.change(&c)
	}
	if c.Dev.Kind == netdev.Bridge {
		return changeBridge(c.Dev, nil, &c)
	}
	return changeFilter(c.Dev, &c)
}

// changeFilter changes the addresses that a device lets in: ndo_dflt_fdb_add
// and ndo_dflt_fdb_del.
func changeFilter(d *netdev.Device, c *FDBChange) error {
	i := slices.Index(d.Attrs.Filter, c.MAC)
	switch {
	case c.Op == FDBDelete && i < 0:
		return &fib.Error{Errno: fib.ENOENT}
	case c.Op == FDBDelete:
		d.Attrs.Filter = slices.Delete(d.Attrs.Filter, i, i+1)
		return nil
	case c.State&neigh.Permanent == 0 || c.HasVLAN:
		return &fib.Error{Errno: fib.EINVAL}
	case i >= 0 && c.Op == FDBAdd:
		return &fib.Error{Errno: fib.EEXIST}
	case i < 0:
		d.Attrs.Filter = append(d.Attrs.Filter, c.MAC)
	}
	return nil
}

// changeBridge changes the database of a bridge, for a port or for the bridge
// itself (nil): br_fdb_add, fdb_add_entry and br_fdb_delete.
func changeBridge(br, port *netdev.Device, c *FDBChange) error {
	invalid := &fib.Error{Errno: fib.EINVAL}
	if c.HasVLAN { // none is configured
		return invalid
	}
	list := br.FDB()
	i := slices.IndexFunc(list, func(e netdev.FDBEntry) bool { return e.MAC == c.MAC })
	if c.Op == FDBDelete {
		if i < 0 || list[i].Port != port {
			return &fib.Error{Errno: fib.ENOENT}
		}
		br.DeleteFDB(c.MAC)
		return nil
	}
	forwards := port != nil && br.Up() && port.Carrier()
	now := br.World.Clock.Now()
	fresh := netdev.FDBEntry{MAC: c.MAC, Port: port, Flags: netdev.FDBUser, Updated: now, Used: now}
	e := fresh
	if i >= 0 {
		e = list[i]
		e.Port, e.Flags = port, e.Flags|netdev.FDBUser
	}
	switch permanent := c.State&neigh.Permanent != 0; {
	case c.MAC.IsZero():
		return invalid
	case c.Flags&FDBUse != 0: // as if a frame had come
		if port == nil {
			return invalid
		}
		if forwards && (i < 0 || e.Flags&netdev.FDBLocal == 0) {
			e.Updated = now
			br.PutFDB(e)
		}
		return nil
	case c.Flags&FDBExtLearned != 0:
		if port == nil && !permanent {
			return &fib.Error{Errno: fib.EINVAL, Msg: "bridge: FDB entry towards bridge must be permanent"}
		}
		e.Flags, e.Updated = e.Flags|netdev.FDBExt, now
		if port == nil {
			e.Flags |= netdev.FDBLocal
		}
		br.PutFDB(e)
		return nil
	case port != nil && !permanent && c.State&neigh.NoARP == 0 && !forwards:
		return &fib.Error{Errno: fib.EPERM}
	case port == nil && !permanent, c.Flags&FDBSticky != 0 && permanent:
		return invalid
	case i >= 0 && c.Op == FDBAdd:
		return &fib.Error{Errno: fib.EEXIST}
	}
	e.Flags &^= netdev.FDBLocal | netdev.FDBStatic | netdev.FDBSticky
	switch {
	case c.State&neigh.Permanent != 0:
		e.Flags |= netdev.FDBLocal | netdev.FDBStatic
	case c.State&neigh.NoARP != 0:
		e.Flags |= netdev.FDBStatic
	}
	if c.Flags&FDBSticky != 0 {
		e.Flags |= netdev.FDBSticky
	}
	if i >= 0 && (e.Flags != list[i].Flags|netdev.FDBUser || e.Port != list[i].Port) {
		e.Updated = now
	}
	e.Used = now
	br.PutFDB(e)
	return nil
}

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

// FlushFDB is `bridge fdb flush`: br_fdb_delete_bulk. A VXLAN device of Linux
// 6.1 cannot.
func (ns *Namespace) FlushFDB(f FDBFlush) error {
	br, only := f.Dev, f.Port
	switch {
	case f.Dev.Kind == netdev.Bridge && f.Self:
	case f.Master && f.Dev.Master() != nil && f.Dev.Master().Kind == netdev.Bridge:
		if br = f.Dev.Master(); only == nil {
			only = f.Dev
		}
	default:
		return &fib.Error{Errno: fib.EOPNOTSUPP}
	}
	if p := f.Port; p != nil {
		switch m := p.Master(); {
		case p.Kind != netdev.Bridge && (m == nil || m.Kind != netdev.Bridge):
			return &fib.Error{Errno: fib.EINVAL, Msg: "bridge: Flush device is not a bridge or bridge port"}
		case p.Kind == netdev.Bridge && p != br:
			return &fib.Error{Errno: fib.EINVAL, Msg: "bridge: Flush bridge device does not match target bridge device"}
		case p.Kind != netdev.Bridge && m != br:
			return &fib.Error{Errno: fib.EINVAL, Msg: "bridge: Port belongs to a different bridge device"}
		}
	}
	bits := func(s neigh.State) (flags netdev.FDBFlags) {
		if s&neigh.Permanent != 0 {
			flags |= netdev.FDBLocal
		}
		if s&neigh.NoARP != 0 {
			flags |= netdev.FDBStatic
		}
		return flags
	}
	for _, e := range br.FDB() {
		of := e.Port
		if of == nil {
			of = br
		}
		if (only == nil || of == only) && (f.StateMask == 0 || e.Flags&bits(f.StateMask) == bits(f.State)) {
			br.DeleteFDB(e.MAC)
		}
	}
	return nil
}
