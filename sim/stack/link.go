package stack

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// What `ip link` does to the devices of namespaces: net/core/rtnetlink.c,
// dev.c, drivers/net/veth.c and net/bridge/br_if.c. Errors are *fib.Error and
// read as iproute2 prints them.

// NewLink says how a device is to be made. The zero value of a field leaves it
// to the kernel.
type NewLink struct {
	Name  string // may hold one %d, for the first free number
	Index int32
	MAC   packet.MAC
	MTU   int
	Alias string
	QLen  int // packets; -1: not given
}

// maxIndex bounds interface indexes that are asked for.
const maxIndex = 1 << 16

// AddLink makes a device without a peer: a bridge or a dummy.
func (ns *Namespace) AddLink(kind netdev.Kind, l NewLink) (*netdev.Device, error) {
	if err := ns.checkLink(&l, kind); err != nil {
		return nil, err
	}
	d := ns.makeLink(kind, l)
	if kind != netdev.VLAN && kind != netdev.Macvlan { // those are not complete yet
		ns.NotifyLink(d)
	}
	return d, nil
}

// AddVeth makes a veth pair; the two ends may be in different namespaces. As
// in veth_newlink the peer is made first.
func AddVeth(ns *Namespace, l NewLink, peerNS *Namespace, peer NewLink) (*netdev.Device, *netdev.Device, error) {
	if peer.Index > 0 && peerNS.dev(peer.Index) != nil {
		return nil, nil, &fib.Error{Errno: fib.EBUSY}
	}
	if err := peerNS.checkLink(&peer, netdev.Veth); err != nil {
		return nil, nil, err
	}
	p := peerNS.makeLink(netdev.Veth, peer)
	peerNS.NotifyLink(p)
	if err := ns.checkLink(&l, netdev.Veth); err != nil {
		peerNS.RemoveDevice(p)
		return nil, nil, err
	}
	d := ns.makeLink(netdev.Veth, l)
	wire := netdev.Properties{Delay: netdev.DefaultVethDelay}
	netdev.Connect(d, p, wire, wire)
	ns.NotifyLink(d)
	return d, p, nil
}

// AddTunl0 makes the ipip module's fallback device, as loading the module does
// in every namespace.
func (ns *Namespace) AddTunl0() *netdev.Device {
	if ns.tunl0 != nil || ns.Device("tunl0") != nil {
		return ns.Device("tunl0")
	}
	return ns.AddDevice(netdev.New(ns.w, ns, ns.Name, netdev.IPIP, "tunl0", defaultTunnelMTU, packet.MAC{}))
}

// defaultTunnelMTU is 1500 less the outer header, in bytes.
const defaultTunnelMTU = 1480

// checkLink chooses the name and refuses what rtnl_newlink refuses.
func (ns *Namespace) checkLink(l *NewLink, kind netdev.Kind) error {
	if l.Name == "" {
		l.Name = kind.String() + "%d"
	}
	name, err := ns.freeName(l.Name)
	if err != nil {
		return err
	}
	l.Name = name
	lo, hi := MTURange(kind)
	switch {
	case l.Index < 0 || l.Index > maxIndex:
		return &fib.Error{Errno: fib.EINVAL}
	case l.Index > 0 && ns.dev(l.Index) != nil:
		return &fib.Error{Errno: fib.EEXIST}
	case l.MTU != 0 && l.MTU < lo:
		return &fib.Error{Errno: fib.EINVAL, Msg: "mtu less than device minimum"}
	case l.MTU > hi:
		return &fib.Error{Errno: fib.EINVAL, Msg: "mtu greater than device maximum"}
	case !l.MAC.IsZero() && l.MAC.IsMulticast():
		return &fib.Error{Errno: fib.EADDRNOTAVAIL}
	}
	return nil
}

// freeName is dev_get_valid_name: "%d" becomes the first free number.
func (ns *Namespace) freeName(name string) (string, error) {
	switch {
	case len(name) >= ifNameSize: // ifla_policy
		return "", &fib.Error{Errno: fib.ERANGE, Msg: "Attribute failed policy validation"}
	case !ValidName(name):
		return "", &fib.Error{Errno: fib.EINVAL}
	}
	if before, after, ok := strings.Cut(name, "%d"); ok && !strings.Contains(before+after, "%") {
		for i := 0; ; i++ {
			if n := before + strconv.Itoa(i) + after; ns.Device(n) == nil {
				return n, nil
			}
		}
	}
	if ns.Device(name) != nil {
		return "", &fib.Error{Errno: fib.EEXIST}
	}
	return name, nil
}

// ifNameSize is IFNAMSIZ, in bytes with the zero at the end.
const ifNameSize = 16

// ValidName says that a device may have that name: dev_valid_name.
func ValidName(name string) bool {
	return name != "" && len(name) < ifNameSize && name != "." && name != ".." && !strings.ContainsAny(name, "/: \t\n\v\f\r")
}

// MTURange are the smallest and the largest MTU of a kind of device, in bytes.
func MTURange(kind netdev.Kind) (lo, hi int) {
	switch kind {
	case netdev.Loopback, netdev.Dummy: // the kernel has no limit; IPv4 has
		return minMTU, 1<<31 - 1
	case netdev.IPIP:
		return minMTU, maxMTU - packet.IPv4Len
	case netdev.VRF:
		return minVRFMTU, vrfMTU
	}
	return minMTU, maxMTU
}

// minMTU is ETH_MIN_MTU, and the least that IPv4 works with: RFC 791 section 3.2.
const minMTU = 68

func (ns *Namespace) makeLink(kind netdev.Kind, l NewLink) *netdev.Device {
	mtu := l.MTU
	if mtu == 0 {
		mtu = 1500
	}
	mac := l.MAC
	if mac.IsZero() {
		mac = ns.randomMAC(l.Name)
	}
	d := netdev.New(ns.w, ns, ns.Name, kind, l.Name, mtu, mac)
	d.Attrs.MACSet = !l.MAC.IsZero()
	d.Attrs.Alias = l.Alias
	if l.QLen >= 0 {
		d.Attrs.QueueLen = l.QLen
	}
	if l.Index != 0 {
		ns.enter(d, l.Index)
	} else {
		ns.AddDevice(d)
	}
	return d
}

// randomMAC is eth_random_addr, from the chance of this namespace's device.
func (ns *Namespace) randomMAC(name string) packet.MAC {
	r := ns.w.Stream("mac " + ns.Name + " " + name)
	x, y := r.Uint32(), r.Uint32()
	return packet.MAC{byte(x>>24)&0xfc | 2, byte(x >> 16), byte(x >> 8), byte(x), byte(y >> 8), byte(y)}
}

// DelLink is `ip link del`: a veth's other end goes too.
func (ns *Namespace) DelLink(d *netdev.Device) error {
	switch {
	case d.Kind == netdev.Loopback || d.Kind == netdev.NIC:
		return &fib.Error{Errno: fib.EOPNOTSUPP}
	case ns.tunl0 != nil && ns.tunl0.Device == d: // ipip_dellink spares the fallback device, and says nothing
		return nil
	}
	master := d.Master()
	var peerMaster *netdev.Device
	if d.Peer() != nil {
		peerMaster = d.Peer().Master()
	}
	ns.RemoveDevice(d)
	bridgeChanged(master)
	bridgeChanged(peerMaster)
	return nil
}

// Rename is `ip link set name`: dev_change_name.
func (ns *Namespace) Rename(d *netdev.Device, name string) error {
	if d.Up() {
		return &fib.Error{Errno: fib.EBUSY}
	}
	if name == d.Name {
		return nil
	}
	name, err := ns.freeName(name)
	if err != nil {
		return err
	}
	ns.rename(d, name)
	ns.NotifyLink(d)
	in := ns.dev(d.Index)
	ns.notifyConf(d, "", &in.conf, AllConf, true)
	ns.notifyConf(d, "", &in.conf, AllConf, false)
	return nil
}

func (ns *Namespace) rename(d *netdev.Device, name string) {
	in := ns.dev(d.Index)
	d.Rename(name)
	in.nf.Rename(name)
	ns.FIB.DevRenamed(d.Index, name)
	// inetdev_changename: labels follow, the later ones with a number.
	for i := range in.addrs {
		a := &in.addrs[i]
		suffix := ""
		if i > 0 {
			if _, after, ok := strings.Cut(a.Label, ":"); ok {
				suffix = ":" + after
			} else {
				suffix = ":" + strconv.Itoa(i+1)
			}
		}
		a.Label = name + suffix
		if len(a.Label) > 15 {
			a.Label = name[:min(len(name), 15-len(suffix))] + suffix
		}
		if i == 0 {
			a.Label = ""
		}
	}
}

// Move is `ip link set netns`: __dev_change_net_namespace. The device goes
// down; addresses, routes, neighbours and settings are gone. name, if not
// empty, serves where the device's own is taken there; the index stays if it
// is free.
func (ns *Namespace) Move(d *netdev.Device, to *Namespace, name string) error {
	if in := ns.dev(d.Index); d.Kind == netdev.IPIP && in != nil && in.tun != nil && !in.tun.fallback {
		return errors.New("not modelled: moving an ipip device to another namespace")
	}
	if d.Kind == netdev.Loopback || d.Kind == netdev.IPIP || d.Kind == netdev.Bridge || d.Kind == netdev.VRF { // NETIF_F_NETNS_LOCAL
		return &fib.Error{Errno: fib.EINVAL}
	}
	if ns == to {
		return nil
	}
	if to.Device(d.Name) != nil {
		if name == "" {
			return &fib.Error{Errno: fib.EEXIST}
		}
		free, err := to.freeName(name)
		if err != nil {
			return err
		}
		name = free
	} else {
		name = d.Name
	}
	if m := d.Master(); m != nil {
		m.RemovePort(d)
		bridgeChanged(m)
	}
	ns.forget(d)
	if l := d.Lower(); l != nil && l.Owner.(*Namespace) != to {
		to.NetNSID(l.Owner.(*Namespace))
	}
	ns.NetNSID(to)
	ns.notifyGone(d, to)
	d.Name = name
	d.Move(to, to.Name)
	if to.dev(d.Index) == nil {
		to.enter(d, d.Index)
	} else {
		to.AddDevice(d)
	}
	if p := d.Peer(); p != nil && p.Owner.(*Namespace) != to {
		to.NetNSID(p.Owner.(*Namespace))
	}
	to.NotifyLink(d)
	return nil
}

// SetMAC is `ip link set address`.
func (ns *Namespace) SetMAC(d *netdev.Device, mac packet.MAC) error {
	switch {
	case d.Kind == netdev.IPIP:
		return &fib.Error{Errno: fib.EOPNOTSUPP}
	case mac.IsZero() || mac.IsMulticast():
		return &fib.Error{Errno: fib.EADDRNOTAVAIL}
	}
	d.Attrs.MACSet = true
	if d.MAC != mac {
		d.SetMAC(mac)
		ns.NotifyLink(d)
		ns.macChanged(d)
	}
	bridgeChanged(d.Master())
	return nil
}

// setMAC gives a device the address that another one's brings with it.
func (ns *Namespace) setMAC(d *netdev.Device, mac packet.MAC) {
	if d.MAC == mac {
		return
	}
	d.SetMAC(mac)
	ns.macChanged(d)
}

// macChanged is NETDEV_CHANGEADDR: arp_netdev_event and inetdev_event.
func (ns *Namespace) macChanged(d *netdev.Device) {
	ns.Neigh.AddrChanged(d.Index)
	ns.arpNotify(ns.dev(d.Index))
}

// ChangeMTU is `ip link set mtu`.
func (ns *Namespace) ChangeMTU(d *netdev.Device, mtu int) error {
	lo, hi := MTURange(d.Kind)
	switch v := ns.vxlan(d); {
	case mtu >= lo && mtu <= hi && v != nil:
		if err := v.checkMTU(mtu); err != nil {
			return err
		}
	case mtu >= lo && mtu <= hi:
	case d.Kind == netdev.IPIP && !ns.dev(d.Index).tun.bounded: // ip_tunnel_change_mtu
		return &fib.Error{Errno: fib.EINVAL}
	case mtu < lo:
		return &fib.Error{Errno: fib.EINVAL, Msg: "mtu less than device minimum"}
	default:
		return &fib.Error{Errno: fib.EINVAL, Msg: "mtu greater than device maximum"}
	}
	if l := d.Lower(); l != nil && mtu > l.MTU {
		if d.Kind == netdev.VLAN {
			return &fib.Error{Errno: fib.ERANGE}
		}
		return &fib.Error{Errno: fib.EINVAL}
	}
	d.Attrs.MTUSet = true
	if d.MTU != mtu {
		ns.SetMTU(d, mtu)
		ns.NotifyLink(d)
	}
	lowerMTU(d)
	bridgeChanged(d.Master())
	return nil
}

// SetMaster makes d a port of a bridge, or of none (nil): do_set_master,
// br_add_if and br_del_if.
func (ns *Namespace) SetMaster(d, bridge *netdev.Device) error {
	old := d.Master()
	if old == bridge {
		return nil
	}
	if old != nil && old.Kind == netdev.VRF {
		ns.setVRF(d, nil)
	} else if old != nil {
		old.RemovePort(d)
		bridgeChanged(old)
	}
	switch {
	case bridge == nil:
		return nil
	case bridge.Kind == netdev.VRF:
		if d.Kind == netdev.VRF {
			return &fib.Error{Errno: fib.EINVAL, Msg: "Can not enslave an L3 master device to a VRF"}
		}
		ns.setVRF(d, bridge)
		return nil
	case bridge.Kind != netdev.Bridge:
		return &fib.Error{Errno: fib.EOPNOTSUPP}
	case d.Kind == netdev.Loopback || d.Kind == netdev.IPIP || d.MAC.IsZero():
		return &fib.Error{Errno: fib.EINVAL}
	case d.Kind == netdev.Bridge:
		return &fib.Error{Errno: fib.ELOOP, Msg: "Can not enslave a bridge to a bridge"}
	}
	bridge.AddPort(d)
	bridgeChanged(bridge)
	return nil
}

// bridgeChanged lets a bridge take the lowest MAC and the smallest MTU of its
// ports, unless the user chose: br_stp_recalculate_bridge_id,
// br_mtu_auto_adjust. A nil bridge is none.
func bridgeChanged(bridge *netdev.Device) {
	if bridge == nil || bridge.Kind != netdev.Bridge {
		return
	}
	ns := bridge.Owner.(*Namespace)
	var mac packet.MAC
	mtu := 0
	for _, p := range bridge.Ports() {
		if mac.IsZero() || slices.Compare(p.MAC[:], mac[:]) < 0 {
			mac = p.MAC
		}
		if mtu == 0 || p.MTU < mtu {
			mtu = p.MTU
		}
	}
	if mtu == 0 {
		mtu = 1500
	}
	if !bridge.Attrs.MACSet {
		ns.setMAC(bridge, mac)
	}
	if !bridge.Attrs.MTUSet && bridge.MTU != mtu {
		ns.SetMTU(bridge, mtu)
	}
}

// NetNSID is the number by which this namespace knows another one; the first
// time it chooses the lowest free one: peernet2id_alloc.
func (ns *Namespace) NetNSID(other *Namespace) int {
	if id, ok := ns.KnownNetNSID(other); ok {
		return id
	}
	id := 0 // the least that is free
	for _, p := range ns.peerNS {
		if p.ID != id {
			break
		}
		id++
	}
	ns.setNetNSID(other, id)
	return id
}

// SetNetNSID gives another namespace a number here; with auto the kernel
// chooses: rtnl_net_newid.
func (ns *Namespace) SetNetNSID(other *Namespace, id int, auto bool) error {
	if _, ok := ns.KnownNetNSID(other); ok {
		return &fib.Error{Errno: fib.EEXIST, Msg: "Peer netns already has a nsid assigned"}
	}
	if auto {
		ns.NetNSID(other)
		return nil
	}
	if slices.ContainsFunc(ns.peerNS, func(p Peer) bool { return p.ID == id }) {
		return &fib.Error{Errno: fib.EEXIST, Msg: "The specified nsid is already used"}
	}
	ns.setNetNSID(other, id)
	return nil
}

func (ns *Namespace) setNetNSID(other *Namespace, id int) {
	i, _ := slices.BinarySearchFunc(ns.peerNS, id, func(p Peer, id int) int { return p.ID - id })
	ns.peerNS = slices.Insert(ns.peerNS, i, Peer{id, other})
	if len(ns.watchers) > 0 {
		ns.emit(&Event{Kind: NSIDEvent, NSID: id, NS: other})
	}
}

// KnownNetNSID is NetNSID for those that have a number already.
func (ns *Namespace) KnownNetNSID(other *Namespace) (id int, ok bool) {
	i := slices.IndexFunc(ns.peerNS, func(p Peer) bool { return p.NS == other })
	if i < 0 {
		return -1, false
	}
	return ns.peerNS[i].ID, true
}

// Peer is a namespace that has a NetNSID in another.
type Peer struct {
	ID int
	NS *Namespace
}

// Peers lists the namespaces that have a NetNSID here, by number.
func (ns *Namespace) Peers() []Peer { return ns.peerNS }

// Dead says that the namespace was deleted. Programs that were in it stay
// there, without any device.
func (ns *Namespace) Dead() bool { return ns.dead }

// NewNamespaceLike is NewNamespace with the settings below net.ipv4.conf of an
// existing one, as the kernel takes them over from its first namespace:
// devinet_init_net. like may be nil.
func (k *Kernel) NewNamespaceLike(name string, like *Namespace) *Namespace {
	ns := k.NewNamespace(name)
	if like != nil {
		ns.Sysctls.confAll, ns.Sysctls.confDefault = like.Sysctls.confAll, like.Sysctls.confDefault
		ns.lo.conf = ns.Sysctls.confDefault
	}
	return ns
}

// Delete takes a namespace away with everything in it: cleanup_net. Veths
// take their other ends along; packets that wait are dropped.
func (k *Kernel) Delete(ns *Namespace) {
	for _, other := range k.list {
		if id, ok := other.KnownNetNSID(ns); ok && len(other.watchers) > 0 {
			other.emit(&Event{Kind: NSIDEvent, Del: true, NSID: id, NS: ns})
		}
	}
	var bridges []*netdev.Device
	for _, d := range ns.Devices() {
		if p := d.Peer(); p != nil && p.Master() != nil && p.Owner != netdev.Owner(ns) {
			bridges = append(bridges, p.Master())
		}
		ns.RemoveDevice(d)
	}
	ns.dropVXLANs(nil)
	for _, b := range bridges {
		bridgeChanged(b)
	}
	if ns.frags != nil {
		ns.frags.Close()
	}
	ns.dead = true
	k.list = slices.DeleteFunc(k.list, func(x *Namespace) bool { return x == ns })
	for _, other := range k.list {
		other.peerNS = slices.DeleteFunc(other.peerNS, func(p Peer) bool { return p.NS == ns })
	}
}

// dropDelayed gives up the ARP requests that wait for proxy_delay.
func (ns *Namespace) dropDelayed(in *inDev) {
	for _, d := range in.delayed {
		ns.w.Clock.Cancel(d.timer)
		ns.drop(d.b, in, trace.StageARP, trace.DevReady)
	}
	in.delayed = nil
}
