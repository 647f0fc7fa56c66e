package stack

import (
	"fmt"
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/fib"
	"hoplab/sim/ipfrag"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/netfilter"
	"hoplab/sim/trace"
)

// Kernel is what all namespaces of a lab share, like the one kernel under the
// containers of a machine: the world of devices and the counters that are not
// per namespace.
type Kernel struct {
	World         *netdev.World
	SinceMidnight clock.Duration // time of day, UT, when the clock starts

	idents  identTable
	rng     *netdev.Rand
	list    []*Namespace
	vxlans  []*vxlan
	hashKey uint64 // of flow hashes
	seen    view   // of the packet at a hook
}

// NewKernel returns the kernel of a world.
func NewKernel(w *netdev.World) *Kernel {
	k := &Kernel{World: w, rng: w.Stream("kernel")}
	k.idents.init(w.Stream("ip idents"))
	hash := w.Stream("flow hash")
	k.hashKey = uint64(hash.Uint32())<<32 | uint64(hash.Uint32())
	return k
}

// Namespaces lists the namespaces in order of creation.
func (k *Kernel) Namespaces() []*Namespace { return k.list }

// Namespace is one network namespace. What every packet asks for comes first,
// so that it shares cache lines.
type Namespace struct {
	FIB    *fib.FIB
	Neigh  *neigh.Table
	Filter *netfilter.Tables
	Conn   *conntrack.Table // nil until a rule needs it

	kernel      *Kernel
	w           *netdev.World
	lo          *inDev
	tunl0       *inDev
	raws        []*RawSocket
	lookups     memory[cachedLookup] // empty until the namespace forwards packets
	ways        memory[way]          // likewise
	routing     *packet.Buffer       // whose way is being looked up
	devs        []*inDev             // by interface index; nil where none (any more)
	domain      int32                // the VRF that the packet being delivered came in by, 0 none
	port        int32                // and by which of its ports
	filtering   bool                 // some table exists
	tracking    bool                 // some rule needs connections to be tracked
	customLocal bool                 // somebody put a local route into a table
	vrfs        bool                 // there is or was a VRF
	sending     packet.ID            // what tryOut is sending

	MIB     Counters
	Sysctls Sysctls

	Name    string
	Place   trace.Place // of the namespace itself, where no device is concerned
	tunnels []*inDev    // other ipip devices, in order of creation
	locals  []uint32    // all addresses of the devices
	nextID  int32       // next interface index
	key     uint32
	peerNS  []Peer // by nsid
	dead    bool

	frags      *ipfrag.Reassembler
	opened     int      // raw sockets so far
	socks      *sockets // nil until the first is opened
	peers      map[uint32]*inetPeer
	icmpGlobal tokenBucket
	trail      netfilter.Trail
	sendErr    fib.Errno // why it does not get out
	skbDst     route     // of the packet that a tunnel device is about to send
	icmpBusy   bool      // an ICMP message of the kernel's own is on its way out
	rng        *netdev.Rand
	messages   []KernelMessage

	good     func(*fib.Route) bool // goodHop
	watchers []*watcher
	ageing   clock.Ref // of addresses: the next check
}

// NewNamespace returns a namespace with a loopback device that is down, as
// `ip netns add` makes it.
func (k *Kernel) NewNamespace(name string) *Namespace {
	ns := &Namespace{Name: name, kernel: k, w: k.World, nextID: 1, devs: make([]*inDev, 1), rng: k.World.Stream("namespace " + name)}
	ns.Place = k.World.AddPlace(name, nil)
	ns.key = ns.rng.Uint32()
	ns.FIB = fib.New()
	ns.Neigh = neigh.New(&k.World.Clock, (*neighOwner)(ns), ns.rng.Uint32)
	ns.Filter = netfilter.New((*filterEnv)(ns))
	ns.Sysctls.init()
	ns.good = ns.goodHop
	k.list = append(k.list, ns)
	lo := ns.AddDevice(netdev.New(k.World, ns, name, netdev.Loopback, "lo", 65536, packet.MAC{}))
	ns.lo = ns.devs[lo.Index]
	return ns
}

// Now is the virtual time.
func (ns *Namespace) Now() clock.Instant { return ns.w.Clock.Now() }

// World is where the namespace lives.
func (ns *Namespace) World() *netdev.World { return ns.w }

// AddDevice puts d into the namespace under the next free interface index.
func (ns *Namespace) AddDevice(d *netdev.Device) *netdev.Device {
	for ns.dev(ns.nextID) != nil {
		ns.nextID++
	}
	ns.enter(d, ns.nextID)
	ns.nextID++
	return d
}

// enter puts d into the namespace under that index, which is free.
func (ns *Namespace) enter(d *netdev.Device, index int32) {
	d.Index = index
	in := &inDev{Device: d, conf: ns.Sysctls.confDefault, nf: netfilter.Dev{Index: d.Index, Name: d.Name}}
	for int(index) >= len(ns.devs) {
		ns.devs = append(ns.devs, nil)
	}
	ns.devs[index] = in
	in.neigh = ns.Sysctls.neighDefault
	ns.FIB.DevRegistered(d.Index, d.Name)
	if d.Kind == netdev.IPIP {
		in.tun = &tunnel{fallback: ns.tunl0 == nil && d.Name == "tunl0"}
		if in.tun.fallback {
			ns.tunl0 = in
		}
	}
	if i := slices.IndexFunc(ns.kernel.vxlans, func(v *vxlan) bool { return v.dev == d }); i >= 0 {
		in.vxlan = ns.kernel.vxlans[i] // moved here
	}
	ns.notifyConf(d, "", &in.conf, AllConf, false)
}

// RemoveDevice takes a device out of the namespace with all that hangs on it.
// A veth's other end goes with it.
func (ns *Namespace) RemoveDevice(d *netdev.Device) {
	uppers := d.Uppers()
	if d.Peer() != nil {
		uppers = append(uppers, d.Peer().Uppers()...)
	}
	for _, u := range uppers {
		u.Owner.(*Namespace).RemoveDevice(u)
	}
	if d.Kind == netdev.VRF {
		for _, p := range ns.Devices() {
			if p.Master() == d {
				ns.setVRF(p, nil)
			}
		}
	}
	peer := d.Peer()
	if v := ns.vxlan(d); v != nil {
		defer v.gone()
	}
	d.Part()
	d.SetUp(false) // unregister_netdevice_many closes all first
	if peer != nil {
		peer.SetUp(false)
	}
	ns.forget(d)
	ns.notifyGone(d, nil)
	if peer != nil {
		o := peer.Owner.(*Namespace)
		o.forget(peer)
		o.notifyGone(peer, nil)
		peer.Remove()
	}
	d.Remove()
}

// notifyGone tells that a device left, to another namespace if to is not nil.
func (ns *Namespace) notifyGone(d *netdev.Device, to *Namespace) {
	if len(ns.watchers) == 0 {
		return
	}
	e := Event{Kind: LinkEvent, Del: true, Dev: d, To: to}
	if to != nil {
		e.ToIndex = to.nextID
		if to.dev(d.Index) == nil {
			e.ToIndex = d.Index
		}
	}
	ns.emit(&e)
}

func (ns *Namespace) forget(d *netdev.Device) {
	in := ns.dev(d.Index)
	if in == nil || in.Device != d {
		return
	}
	d.SetUp(false)
	for len(in.addrs) > 0 { // inetdev_destroy: secondary ones have their turn
		ns.dropAddress(in, 0, false)
	}
	ns.notifyConf(d, "", &in.conf, AllConf, true)
	ns.dropDelayed(in)
	ns.Neigh.DevDown(d.Index)
	ns.FIB.DevGone(d.Index)
	ns.devs[d.Index] = nil
	if ns.tunl0 == in {
		ns.tunl0 = nil
	}
	ns.tunnels = slices.DeleteFunc(ns.tunnels, func(x *inDev) bool { return x == in })
	ns.dropVXLANs(d)
}

// dev is the device of an index, nil if there is none.
func (ns *Namespace) dev(index int32) *inDev {
	if index <= 0 || int(index) >= len(ns.devs) {
		return nil
	}
	return ns.devs[index]
}

// Device finds a device by name, nil if there is none.
func (ns *Namespace) Device(name string) *netdev.Device {
	for _, in := range ns.devs {
		if in != nil && (in.Name == name || in.Attrs.AltNames != nil && slices.Contains(in.Attrs.AltNames, name)) {
			return in.Device
		}
	}
	return nil
}

// Devices lists the devices by interface index.
func (ns *Namespace) Devices() []*netdev.Device {
	var all []*netdev.Device
	for _, in := range ns.devs {
		if in != nil {
			all = append(all, in.Device)
		}
	}
	return all
}

// SetUp takes a device up or down.
func (ns *Namespace) SetUp(d *netdev.Device, up bool) { d.SetUp(up) }

// LinkChanged follows a device that went up or down (fib_netdev_event,
// arp_netdev_event and inetdev_event in net/ipv4).
func (ns *Namespace) LinkChanged(d *netdev.Device) {
	in := ns.dev(d.Index)
	if in == nil || in.Device != d {
		return
	}
	switch {
	case d.Up() && !in.wasUp:
		in.wasUp = true
		ns.notifyUp(d, true)
		if in.vxlan != nil {
			in.vxlan.open()
		}
		if d.Kind == netdev.Loopback && len(in.addrs) == 0 {
			ns.mustAdd(d, Address{Prefix: netip.MustParsePrefix("127.0.0.1/8"), Scope: fib.Host})
		} else {
			ns.FIB.DevUp(d.Index, ns.env())
		}
		ns.arpNotify(in)
	case !d.Up() && in.wasUp:
		in.wasUp = false
		ns.notifyUp(d, false)
		if in.vxlan != nil {
			in.vxlan.stop()
		}
		ns.FIB.DevDown(d.Index)
		ns.Neigh.DevDown(d.Index)
		if ns.Conn != nil {
			ns.Conn.FlushMasqueraded(d.Index)
		}
	case d.Up():
		ns.notifyUp(d, false)
	}
	ns.FIB.Carrier(d.Index, d.Carrier())
	if d.Up() && !d.Carrier() && ns.confAnd(in, ConfARPEvictNocarrier) { // arp_netdev_event
		ns.Neigh.CarrierDown(d.Index)
	}
}

func (ns *Namespace) mustAdd(d *netdev.Device, a Address) {
	if err := ns.AddAddress(d, a); err != nil {
		panic("stack: " + err.Error())
	}
}

// RulesChanged must be called after netfilter rules were changed: connections
// are tracked as long as a rule needs it (nf_ct_netns_get and _put). Without
// such a rule nothing is translated any more either; the entries stay until
// their time is over.
func (ns *Namespace) RulesChanged() {
	ns.filtering = len(ns.Filter.Existing()) > 0
	ns.tracking = ns.Filter.NeedsConntrack()
	if ns.tracking && ns.Conn == nil {
		ns.Conn = conntrack.NewTable(ns.Sysctls.Conntrack, ns.w.Stream("conntrack "+ns.Name).Uint32)
	}
}

// Link properties that the lab may change at any time are those of the
// device; addresses and routes go through the namespace. Everything that
// configures a namespace (a lab file, a shell command, Felix) ends in these
// calls.

// ChangeRoute does what `ip route VERB ROUTE` does.
func (ns *Namespace) ChangeRoute(v fib.Verb, r fib.Route) error {
	if err := ns.FIB.Apply(v, r, ns.env()); err != nil {
		return err
	}
	if r.Type == fib.Local && r.Proto != fib.ProtoKernel {
		ns.customLocal = true // fib_has_custom_local_routes
	}
	return nil
}

// String is the namespace's name.
func (ns *Namespace) String() string { return fmt.Sprintf("netns %s", ns.Name) }

// Env is the view that the routing tables and the parsers of `ip` have of the
// namespace.
func (ns *Namespace) Env() fib.Env { return ns.env() }

func (ns *Namespace) env() *fibEnv { return (*fibEnv)(ns) }

// fibEnv answers for devices and addresses.
type fibEnv Namespace

// DevIndex finds a device by name.
func (e *fibEnv) DevIndex(name string) (int32, bool) {
	d := (*Namespace)(e).Device(name)
	if d == nil {
		return 0, false
	}
	return d.Index, true
}

// DevName is the name of an index, empty where there is none.
func (e *fibEnv) DevName(index int32) string {
	if in := (*Namespace)(e).dev(index); in != nil {
		return in.Name
	}
	return ""
}

// DevUp says that the device is up.
func (e *fibEnv) DevUp(index int32) bool {
	in := (*Namespace)(e).dev(index)
	return in != nil && in.Up()
}

// DevCarrier says that the other end of the device's wire is up.
func (e *fibEnv) DevCarrier(index int32) bool {
	in := (*Namespace)(e).dev(index)
	return in != nil && in.Carrier()
}

// DevLoopback says that the device is lo.
func (e *fibEnv) DevLoopback(index int32) bool {
	in := (*Namespace)(e).dev(index)
	return in != nil && in.Kind == netdev.Loopback
}

// SetMTU is `ip link set mtu`.
func (ns *Namespace) SetMTU(d *netdev.Device, mtu int) {
	old := d.MTU
	d.MTU = mtu
	ns.FIB.MTUChanged(d.Index, old, mtu)
}

// Held is the number of packets that wait in this namespace: for ARP, for the
// other fragments, or for proxy_delay.
func (ns *Namespace) Held() int {
	n := ns.Neigh.Waiting()
	for _, in := range ns.devs {
		if in != nil {
			n += len(in.delayed)
		}
	}
	if ns.frags != nil {
		n += ns.frags.Held()
	}
	return n
}

// Trail are the rules that the last table looked at; only while somebody
// listens to the log.
func (ns *Namespace) Trail() *netfilter.Trail { return &ns.trail }

// ConnState is the word for a packet's relation to its connection, as iptables
// --ctstate has it.
func ConnState(info uint8) string { return conntrack.Info(info).State() }

// ChangeNeighbour is `ip neigh VERB`.
func (ns *Namespace) ChangeNeighbour(v fib.Verb, s neigh.Spec) error {
	in := ns.dev(s.Dev)
	if in == nil {
		return neigh.ErrInvalid
	}
	switch v {
	case fib.VerbAdd:
		return ns.Neigh.Change(s, neigh.OpAdd, &in.neigh)
	case fib.VerbReplace:
		return ns.Neigh.Change(s, neigh.OpReplace, &in.neigh)
	case fib.VerbChange:
		return ns.Neigh.Change(s, neigh.OpChange, &in.neigh)
	case fib.VerbDelete:
		return ns.Neigh.Delete(s)
	}
	return neigh.ErrInvalid
}
