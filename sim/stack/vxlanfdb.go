package stack

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
)

// FDBFlags are NTF_* of include/uapi/linux/neighbour.h, as `bridge fdb` has them.
type FDBFlags uint8

// The flags.
const (
	FDBUse        FDBFlags = 0x01
	FDBSelf       FDBFlags = 0x02
	FDBMaster     FDBFlags = 0x04
	FDBExtLearned FDBFlags = 0x10
	FDBSticky     FDBFlags = 0x40
	FDBRouter     FDBFlags = 0x80
)

// FDBOp is what a change of a forwarding database may do.
type FDBOp uint8

// What `bridge fdb` can ask for.
const (
	FDBAdd     FDBOp = iota // only a new address
	FDBAppend               // one more remote of an address for several
	FDBReplace              // the remote of an address for one
	FDBDelete
)

// FDBChange is a request of `bridge fdb`.
type FDBChange struct {
	Op    FDBOp
	Dev   *netdev.Device
	MAC   packet.MAC
	State neigh.State
	Flags FDBFlags

	Dst     netip.Addr // zero: not given; likewise the others
	Port    uint16
	VNI     uint32
	HasVNI  bool
	Via     int32 // interface index
	VLAN    uint16
	HasVLAN bool
}

// FDBEntry is one line of `bridge fdb`: an address, and one of its remotes.
type FDBEntry struct {
	MAC           packet.MAC
	Dev           *netdev.Device
	State         neigh.State
	Flags         FDBFlags
	Master        *netdev.Device
	Used, Updated int64      // s ago
	Dst           netip.Addr // zero: none
	Port          uint16     // 0: the device's
	VNI           uint32
	HasVNI        bool // it is not the device's
	Via           int32
	Link          *Namespace // whose interface Via is, if not the device's
	Filter        bool       // not of a database: an address that the device lets in
}

// vxlanFDB is the forwarding database of a VXLAN device. It lists its entries
// as the kernel does, whose table has 256 chains with the newest entry first.
type vxlanFDB struct {
	list  []*vxlanEntry
	index map[packet.MAC]*vxlanEntry // nil while there are few
}

// vxlanEntry is struct vxlan_fdb.
type vxlanEntry struct {
	mac           packet.MAC
	state         neigh.State
	flags         FDBFlags
	used, updated int64 // jiffies
	remotes       []vxlanRemote
}

// vxlanRemote is struct vxlan_rdst.
type vxlanRemote struct {
	ip   uint32
	port uint16
	vni  uint32
	oif  int32
}

// fewEntries are found by looking at one after the other.
const fewEntries = 8

func (f *vxlanFDB) find(m packet.MAC) *vxlanEntry {
	if f.index != nil {
		return f.index[m]
	}
	for _, e := range f.list {
		if e.mac == m {
			return e
		}
	}
	return nil
}

// chain is the number of an address's hash chain: eth_hash, on a little-endian
// machine.
func chain(m packet.MAC) uint8 {
	const golden = 0x61c8864680b583eb // GOLDEN_RATIO_64
	v := uint64(binary.LittleEndian.Uint32(m[0:4]))<<16 | uint64(binary.LittleEndian.Uint16(m[4:6]))<<48
	return uint8(v * golden >> 56)
}

func (f *vxlanFDB) insert(e *vxlanEntry) {
	c := chain(e.mac)
	at := slices.IndexFunc(f.list, func(x *vxlanEntry) bool { return chain(x.mac) >= c })
	if at < 0 {
		at = len(f.list)
	}
	f.list = slices.Insert(f.list, at, e)
	switch {
	case f.index != nil:
		f.index[e.mac] = e
	case len(f.list) > fewEntries:
		f.index = make(map[packet.MAC]*vxlanEntry, 2*fewEntries)
		for _, x := range f.list {
			f.index[x.mac] = x
		}
	}
}

func (f *vxlanFDB) delete(e *vxlanEntry) {
	f.list = slices.DeleteFunc(f.list, func(x *vxlanEntry) bool { return x == e })
	delete(f.index, e.mac)
}

func (v *vxlan) now() int64 { return v.net.Now().Jiffies() }

// find looks an address up for a packet, which keeps the entry young:
// vxlan_find_mac.
func (v *vxlan) find(m packet.MAC) *vxlanEntry {
	e := v.fdb.find(m)
	if e != nil {
		e.used = v.now()
	}
	return e
}

// manyOf says that an address can have several remotes.
func manyOf(m packet.MAC) bool { return m.IsZero() || m.IsMulticast() }

// create makes an entry unless the device has too many: vxlan_fdb_create.
func (v *vxlan) create(m packet.MAC, state neigh.State, flags FDBFlags, r vxlanRemote) bool {
	if v.cfg.Limit != 0 && len(v.fdb.list) >= int(v.cfg.Limit) {
		return false
	}
	v.fdb.insert(&vxlanEntry{mac: m, state: state, flags: flags &^ FDBUse, used: v.now(), updated: v.now(), remotes: []vxlanRemote{r}})
	v.arm()
	return true
}

// update adds an entry or changes one: vxlan_fdb_update.
func (v *vxlan) update(m packet.MAC, state neigh.State, flags FDBFlags, op FDBOp, r vxlanRemote) error {
	e := v.fdb.find(m)
	if e == nil {
		if op == FDBReplace && manyOf(m) {
			return &fib.Error{Errno: fib.EOPNOTSUPP}
		}
		if !v.create(m, state, flags, r) {
			return &fib.Error{Errno: fib.ENOSPC}
		}
		return nil
	}
	if op == FDBAdd {
		return &fib.Error{Errno: fib.EEXIST}
	}
	if flags := flags &^ FDBUse; e.state != state || e.flags != flags {
		e.state, e.flags, e.updated = state, flags, v.now()
	}
	known := slices.Contains(e.remotes, r)
	switch {
	case op == FDBReplace && manyOf(m):
		return &fib.Error{Errno: fib.EOPNOTSUPP, Msg: "Cannot replace non-unicast fdb entries"}
	case known:
	case op == FDBReplace:
		e.remotes[0] = r
	case op == FDBAppend && manyOf(m):
		e.remotes = append(e.remotes, r)
	}
	if flags&FDBUse != 0 {
		e.used = v.now()
	}
	v.arm()
	return nil
}

// remove takes a remote off an entry, and the entry with the last one or when
// no remote is named: __vxlan_fdb_delete. A remote that is not there is no
// error.
func (v *vxlan) remove(m packet.MAC, r vxlanRemote) error {
	e := v.find(m)
	if e == nil {
		return &fib.Error{Errno: fib.ENOENT}
	}
	if r.ip != 0 {
		i := slices.Index(e.remotes, r)
		if i < 0 {
			return nil
		}
		if len(e.remotes) > 1 {
			e.remotes = slices.Delete(e.remotes, i, i+1)
			return nil
		}
	}
	v.fdb.delete(e)
	return nil
}

// flush forgets entries: all but those set by hand, or with all those too. The
// one for the default remote stays as long as the device: vxlan_flush.
func (v *vxlan) flush(all bool) {
	for _, e := range slices.Clone(v.fdb.list) {
		if !e.mac.IsZero() && (all || e.ages()) {
			v.fdb.delete(e)
		}
	}
}

// ages says that the entry was not set by hand.
func (e *vxlanEntry) ages() bool { return e.state&(neigh.Permanent|neigh.NoARP) == 0 }

// vxlanScan is FDB_AGE_INTERVAL in jiffies: how often ages are looked at.
const vxlanScan = 10 * hz

// arm sets the timer of the next look at ages, if there is anything to look
// at. The rhythm goes on from the time when the device went up.
func (v *vxlan) arm() {
	v.disarm()
	if v.sock == nil || !slices.ContainsFunc(v.fdb.list, func(e *vxlanEntry) bool { return e.ages() && e.flags&FDBExtLearned == 0 }) {
		return
	}
	now := v.net.Now()
	for v.scan < now {
		v.scan = v.scan.Wheel(vxlanScan)
	}
	v.set = true
	v.timer = v.net.w.Clock.Schedule(v.scan, v, 0)
}

func (v *vxlan) disarm() {
	if v.set {
		v.net.w.Clock.Cancel(v.timer)
		v.set = false
	}
}

// Fire looks at the ages: vxlan_cleanup.
func (v *vxlan) Fire(uint64) {
	v.set = false
	now := v.now()
	next := now + vxlanScan
	for _, e := range slices.Clone(v.fdb.list) {
		if !e.ages() || e.flags&FDBExtLearned != 0 {
			continue
		}
		if end := e.used + int64(v.cfg.Ageing)*hz; end <= now {
			v.fdb.delete(e)
		} else {
			next = min(next, end)
		}
	}
	v.scan = v.net.Now().Wheel(next - now)
	v.arm()
}

var _ clock.Handler = (*vxlan)(nil)

// change is a request for the device's own database: vxlan_fdb_add and
// vxlan_fdb_delete.
func (v *vxlan) change(c *FDBChange) error {
	if c.Op != FDBDelete {
		if c.State&(neigh.Permanent|neigh.Reachable) == 0 || !c.Dst.IsValid() {
			return &fib.Error{Errno: fib.EINVAL}
		}
	}
	r := vxlanRemote{port: v.cfg.Port, vni: v.cfg.VNI, oif: c.Via}
	if c.Dst.IsValid() {
		r.ip = packet.Addr32(c.Dst)
	}
	if c.Port != 0 {
		r.port = c.Port
	}
	if c.HasVNI {
		r.vni = c.VNI
	}
	if c.Via != 0 && v.dev.Owner.(*Namespace).dev(c.Via) == nil {
		return &fib.Error{Errno: fib.EADDRNOTAVAIL, Msg: "Device not found"}
	}
	if c.Op == FDBDelete {
		return v.remove(c.MAC, r)
	}
	return v.update(c.MAC, c.State, c.Flags, c.Op, r)
}

// entries lists what `bridge fdb` shows of the device: vxlan_fdb_dump.
func (v *vxlan) entries() []FDBEntry {
	var all []FDBEntry
	for _, e := range v.fdb.list {
		all = append(all, v.lines(e)...)
	}
	return all
}

// lines are the lines of an entry, one for each remote.
func (v *vxlan) lines(e *vxlanEntry) []FDBEntry {
	var all []FDBEntry
	now := v.now()
	for _, r := range e.remotes {
		x := FDBEntry{MAC: e.mac, Dev: v.dev, State: e.state, Flags: e.flags, Used: (now - e.used) / hz, Updated: (now - e.updated) / hz,
			Dst: packet.AddrFrom32(r.ip), VNI: r.vni, HasVNI: r.vni != v.cfg.VNI, Via: r.oif}
		if r.port != v.cfg.Port {
			x.Port = r.port
		}
		if v.dev.Owner != netdev.Owner(v.net) {
			x.Link = v.net
		}
		all = append(all, x)
	}
	return all
}
