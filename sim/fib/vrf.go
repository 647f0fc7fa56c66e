package fib

// Virtual routing and forwarding: the part of drivers/net/vrf.c and
// net/l3mdev/l3mdev.c that routing tables know.

// l3 says in which VRF a device is.
type l3 struct {
	master int32 // the VRF's device
	table  uint32
}

// SetMaster puts a device into a VRF: the device of index master, whose routes
// are in table. A VRF is in itself. Master 0 takes the device out.
func (f *FIB) SetMaster(dev, master int32, table uint32) {
	if master == 0 {
		delete(f.l3, dev)
	} else {
		if f.l3 == nil {
			f.l3 = map[int32]l3{}
		}
		f.l3[dev] = l3{master, table}
	}
	f.gen++
}

// Master is the VRF of a device, 0 if it is in none.
func (f *FIB) Master(dev int32) int32 {
	if f.l3 == nil {
		return 0
	}
	return f.l3[dev].master
}

// VRFTable is the table of a device's VRF, 0 if it is in none:
// l3mdev_fib_table.
func (f *FIB) VRFTable(dev int32) uint32 { return f.l3[dev].table }

// tableOf is VRFTable with the table that serves outside VRFs.
func (f *FIB) tableOf(dev int32, plain uint32) uint32 {
	if x, ok := f.l3[dev]; ok {
		return x.table
	}
	return plain
}

// AddrTypeFor is AddrType as the VRF of a device sees it; the address may be
// that of another device.
func (f *FIB) AddrTypeFor(addr uint32, dev int32) Type {
	return f.addrType(f.table(f.tableOf(dev, TableLocal)), addr, 0)
}

// flowMaster is the VRF that a lookup is in: l3mdev_update_flow.
func (f *FIB) flowMaster(k *Key) int32 {
	switch {
	case k.L3MDev != 0:
		return k.L3MDev
	case k.OIF != 0:
		return f.l3[k.OIF].master
	case k.IIF > 1:
		return f.l3[k.IIF].master
	}
	return 0
}

// GroupChanged tells the rules about device groups.
func (f *FIB) GroupChanged(dev int32, group int) {
	if f.groups != nil {
		f.groups[dev] = group
		f.gen++
	}
}

// Grouper is an Env that knows the groups of devices.
type Grouper interface {
	EachGroup(yield func(dev int32, group int))
}

// learnGroups asks for the groups of all devices once a rule needs them.
func (f *FIB) learnGroups(r *Rule, env Env) {
	if r.SuppressGroup < 0 || f.groups != nil {
		return
	}
	f.groups = map[int32]int{}
	if g, ok := env.(Grouper); ok {
		g.EachGroup(func(dev int32, group int) { f.groups[dev] = group })
	}
}

// ChangeMaster is SetMaster for a device that has routes: they go, as if it
// went down (NETDEV_CHANGEUPPER).
func (f *FIB) ChangeMaster(dev, master int32, table uint32) {
	f.disable(dev, true)
	f.SetMaster(dev, master, table)
}
