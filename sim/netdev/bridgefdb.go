package netdev

import (
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// The forwarding database of a bridge as `bridge fdb` sees it:
// net/bridge/br_fdb.c.

// FDBFlags say where an entry of a bridge's database comes from.
type FDBFlags uint8

// The flags: BR_FDB_*.
const (
	FDBLocal  FDBFlags = 1 << iota // the bridge's own: such frames go up
	FDBStatic                      // does not age
	FDBSticky                      // does not move to another port
	FDBExt                         // learnt by somebody else
	FDBUser                        // set by hand
)

// FDBEntry is an entry of a bridge's database.
type FDBEntry struct {
	MAC     packet.MAC
	Port    *Device // nil: the bridge itself
	Flags   FDBFlags
	Updated clock.Instant
	Used    clock.Instant
}

// PortFlags are the settings of a bridge port that differ from what a new one
// has: BR_* of include/linux/if_bridge.h.
type PortFlags uint8

// The flags.
const (
	PortHairpin      PortFlags = 1 << iota // sends back where a frame came from
	PortNoLearning                         //
	PortNoFlood                            // of unknown addresses
	PortNoMcastFlood                       //
	PortNoBcastFlood                       //
	PortIsolated                           // not to other isolated ports
	PortLocked                             // only from addresses that were set by hand
)

// PortAttrs are the settings of a bridge port.
type PortAttrs struct {
	Flags                       PortFlags
	Cost                        int  // 0: that of its speed
	Priority                    int  // of spanning tree: 0 to 63
	Guard, RootBlock, FastLeave bool // of protocols that nobody speaks here
}

// DefaultPortPriority is BR_DEFAULT port priority.
const DefaultPortPriority = 32

// FDB lists a bridge's entries, the oldest first.
func (d *Device) FDB() []FDBEntry {
	if d.bridge == nil {
		return nil
	}
	now := d.World.Clock.Now()
	if d.Attrs.MACSet && !d.bridge.used { // an address that the user gave is there before any port
		return []FDBEntry{{MAC: d.MAC, Flags: FDBLocal | FDBStatic, Updated: now, Used: now}}
	}
	var all []FDBEntry
	for i := range d.bridge.fdb.entries {
		if e := &d.bridge.fdb.entries[i]; !e.old(now) {
			all = append(all, FDBEntry{e.mac, e.port, e.flags, e.seen, e.used})
		}
	}
	return all
}

// PutFDB makes an entry of a bridge, or changes the one of that address.
func (d *Device) PutFDB(x FDBEntry) {
	f := &d.bridge.fdb
	e := f.find(x.MAC)
	if e == nil || e.old(d.World.Clock.Now()) {
		f.delete(x.MAC)
		e = f.add(x.MAC, nil, 0)
	}
	*e = fdbEntry{x.MAC, x.Port, x.Updated, x.Used, x.Flags}
}

// DeleteFDB deletes an entry of a bridge.
func (d *Device) DeleteFDB(m packet.MAC) { d.bridge.fdb.delete(m) }

// SetMAC gives the device another address, which a bridge takes for its own.
func (d *Device) SetMAC(m packet.MAC) {
	old := d.MAC
	d.MAC = m
	if g := d.bridge; g != nil { // br_fdb_change_mac_address
		if e := g.fdb.find(old); e != nil && e.port == nil && e.flags&(FDBLocal|FDBUser) == FDBLocal {
			d.dropLocal(nil, old)
		}
		d.addLocal(nil, m)
	}
	if br := d.master; br != nil && br.bridge != nil { // br_fdb_changeaddr
		for _, e := range slices.Clone(br.bridge.fdb.entries) {
			if e.port == d && e.flags&(FDBLocal|FDBUser) == FDBLocal {
				br.dropLocal(d, e.mac)
			}
		}
		br.addLocal(d, m)
	}
}

// addLocal makes an address the bridge's own: fdb_add_local. The first port of
// several with the same address has it.
func (d *Device) addLocal(port *Device, m packet.MAC) {
	f := &d.bridge.fdb
	if m.IsZero() || m.IsMulticast() {
		return
	}
	if e := f.find(m); e != nil {
		if e.flags&FDBLocal != 0 {
			return
		}
		f.delete(m)
	}
	e := f.add(m, port, d.World.Clock.Now())
	e.flags, e.used = FDBLocal|FDBStatic, e.seen
}

// dropLocal takes an address off a port, or off the bridge itself (nil), unless
// another of them has it too: fdb_delete_local.
func (d *Device) dropLocal(port *Device, m packet.MAC) {
	f := &d.bridge.fdb
	e := f.find(m)
	for _, other := range slices.Backward(d.bridge.ports) {
		if other != port && other.MAC == m {
			e.port, e.flags = other, e.flags&^FDBUser
			return
		}
	}
	if port != nil && d.MAC == m {
		e.port, e.flags = nil, e.flags&^FDBUser
		return
	}
	f.delete(m)
}

// forgetPort lets a bridge forget what it knows of a port: all, or what was
// learnt only: br_fdb_delete_by_port.
func (d *Device) forgetPort(port *Device, all bool) {
	f := &d.bridge.fdb
	for _, e := range slices.Clone(f.entries) {
		switch {
		case e.port != port || !all && e.flags&(FDBStatic|FDBExt) != 0:
		case e.flags&FDBLocal != 0:
			d.dropLocal(port, e.mac)
		default:
			f.delete(e.mac)
		}
	}
}
