package stack

import (
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
)

// VXLAN devices, RFC 7348: drivers/net/vxlan/vxlan_core.c. This file makes and
// changes them; vxlanfdb.go is their forwarding database, vxlanxmit.go and
// vxlanrcv.go are the two ways through one. Not modelled: IPv6 outside,
// multicast groups, external mode, GBP, GPE, remote checksum offload, VNI
// filters and nexthop ids.

// VXLANDF says what DF the outer header gets.
type VXLANDF uint8

// The values of `df`.
const (
	VXLANDFUnset VXLANDF = iota
	VXLANDFSet
	VXLANDFInherit
)

// VXLANConfig are the settings of a device of type vxlan.
type VXLANConfig struct {
	VNI              uint32
	Local, Remote    netip.Addr // zero: any
	Lower            int32      // interface index of `dev` in the namespace that made the device, 0 none
	Port             uint16     // destination; 0: Linux's own, 8472
	PortMin, PortMax uint16     // source; net.ipv4.ip_local_port_range unless min is less than max
	TTL              uint8      // 0: the route's
	TTLInherit       bool
	TOS              uint8 // 1: that of the inner packet
	DF               VXLANDF
	Learning         bool
	Ageing           uint32 // s; 0: 300
	Limit            uint32 // of addresses in the database; 0: none
	Proxy            bool   // answer ARP from the neighbour table
	RSC              bool   // route short circuit
	L2Miss, L3Miss   bool   // tell listeners of netlink, of which there are none
	NoChecksum       bool   // outer UDP checksum 0
	ZeroCsum6TX      bool   // of IPv6 outside: shown only
	ZeroCsum6RX      bool   // likewise; devices share a port only where it is the same
}

// VXLANField is a set of fields of a VXLANConfig: those that a request names.
type VXLANField uint32

// The fields.
const (
	VXLANVNI VXLANField = 1 << iota
	VXLANLocal
	VXLANRemote
	VXLANLower
	VXLANPort
	VXLANPortRange
	VXLANTTL
	VXLANTTLInherit
	VXLANTOS
	VXLANDFGiven
	VXLANLearning
	VXLANAgeing
	VXLANLimit
	VXLANProxy
	VXLANRSC
	VXLANL2Miss
	VXLANL3Miss
	VXLANChecksum
	VXLANZeroCsum6TX
	VXLANZeroCsum6RX
)

const (
	vxlanHeadroom    = packet.IPv4Len + packet.UDPLen + vxlanLen + packet.EthernetLen // bytes that the tunnel adds to an IP packet
	vxlanLen         = 8                                                              // the VXLAN header, bytes
	vxlanDefaultPort = 8472
	vxlanDefaultAge  = 300     // s: FDB_AGE_DEFAULT
	vxlanMaxVNI      = 1 << 24 // VXLAN_N_VID
)

// vxlan is one device: struct vxlan_dev.
type vxlan struct {
	cfg VXLANConfig
	dev *netdev.Device
	net *Namespace // of the outer packets: where the device was made
	fdb vxlanFDB

	sock  *vxlanSock // nil while the device is down
	timer clock.Ref  // of the next look at the ages, where set says so
	set   bool
	scan  clock.Instant // when that look is, or would be
}

// vxlanSock is a UDP port that VXLAN devices share: struct vxlan_sock.
type vxlanSock struct {
	sock     *Socket // bound to the VRF of the devices below, if they are in one
	zeroCsum bool    // ZeroCsum6RX of its devices
	devs     []*vxlan
}

// vrf is the index of the VRF that the device below is in, 0 for none.
func (v *vxlan) vrf() int32 {
	if in := v.net.dev(v.cfg.Lower); in != nil {
		if m := v.net.vrfOf(in.Device); m != nil {
			return m.Index
		}
	}
	return 0
}

// find is the device for a VNI, nil if none.
func (s *vxlanSock) find(vni uint32) *vxlan {
	for _, v := range s.devs {
		if v.cfg.VNI == vni {
			return v
		}
	}
	return nil
}

// VXLAN are the settings of a device of type vxlan and the namespace of its
// outer packets; nil for other devices.
func (ns *Namespace) VXLAN(d *netdev.Device) (*VXLANConfig, *Namespace) {
	v := ns.vxlan(d)
	if v == nil {
		return nil, nil
	}
	c := v.cfg
	return &c, v.net
}

func (ns *Namespace) vxlan(d *netdev.Device) *vxlan {
	if in := ns.dev(d.Index); in != nil && in.Device == d {
		return in.vxlan
	}
	return nil
}

// AddVXLAN is `ip link add type vxlan` of a caller in namespace home for a
// device in ns: vxlan_newlink. given tells what the request says.
func (ns *Namespace) AddVXLAN(home *Namespace, l NewLink, c VXLANConfig, given VXLANField) (*netdev.Device, error) {
	if err := vxlanValidate(&l, &c, given); err != nil {
		return nil, err
	}
	if err := ns.checkLink(&l, netdev.VXLAN); err != nil {
		return nil, err
	}
	if given&VXLANLearning == 0 {
		c.Learning = true
	}
	v := &vxlan{net: home}
	lower, err := v.validate(&c)
	if err != nil {
		return nil, err
	}
	asked := l.MTU
	if lower != nil {
		most := max(lower.MTU-vxlanHeadroom, minMTU)
		if l.MTU == 0 || l.MTU > most {
			l.MTU = most
		}
	}
	v.cfg = c
	v.dev = ns.makeLink(netdev.VXLAN, l)
	v.dev.Attrs.MTUSet = asked != 0
	ns.dev(v.dev.Index).vxlan = v
	ns.kernel.vxlans = append(ns.kernel.vxlans, v)
	if ns != home {
		ns.NetNSID(home)
	}
	if c.Remote.IsValid() {
		v.insertDefault()
	}
	return v.dev, nil
}

func (v *vxlan) insertDefault() {
	c := &v.cfg
	v.fdb.insert(&vxlanEntry{state: neigh.Reachable | neigh.Permanent, flags: FDBSelf, used: v.now(), updated: v.now(),
		remotes: []vxlanRemote{{ip: packet.Addr32(c.Remote), port: c.Port, vni: c.VNI, oif: c.Lower}}})
}

// vxlanValidate is the driver's look at a request: vxlan_validate.
func vxlanValidate(l *NewLink, c *VXLANConfig, given VXLANField) error {
	switch {
	case !l.MAC.IsZero() && l.MAC.IsMulticast():
		return &fib.Error{Errno: fib.EADDRNOTAVAIL, Msg: "Provided Ethernet address is not unicast"}
	case l.MTU != 0 && (l.MTU < minMTU || l.MTU > maxMTU):
		return &fib.Error{Errno: fib.EINVAL, Msg: "MTU must be between 68 and 65535"}
	case c.VNI >= vxlanMaxVNI:
		return &fib.Error{Errno: fib.ERANGE, Msg: "VXLAN ID must be lower than 16777216"}
	case given&VXLANPortRange != 0 && c.PortMax < c.PortMin:
		return &fib.Error{Errno: fib.EINVAL, Msg: "Invalid source port range"}
	}
	return nil
}

// validate completes the settings that v is to get and finds the device below:
// vxlan_config_validate.
func (v *vxlan) validate(c *VXLANConfig) (lower *netdev.Device, err error) {
	if c.Local.IsValid() && c.Local.IsMulticast() {
		return nil, &fib.Error{Errno: fib.EINVAL, Msg: "Local address cannot be multicast"}
	}
	if c.Local.IsValid() && c.Local.IsUnspecified() {
		c.Local = netip.Addr{}
	}
	if c.Remote.IsValid() && c.Remote.IsUnspecified() {
		c.Remote = netip.Addr{}
	}
	if c.Lower != 0 {
		in := v.net.dev(c.Lower)
		if in == nil {
			return nil, &fib.Error{Errno: fib.ENODEV, Msg: "Invalid local interface, device not found"}
		}
		lower = in.Device
	}
	if c.Port == 0 {
		c.Port = vxlanDefaultPort
	}
	if c.Ageing == 0 {
		c.Ageing = vxlanDefaultAge
	}
	for _, x := range v.net.kernel.vxlans {
		if x != v && x.net == v.net && x.cfg.VNI == c.VNI && x.cfg.Port == c.Port && x.cfg.ZeroCsum6RX == c.ZeroCsum6RX {
			return nil, &fib.Error{Errno: fib.EEXIST, Msg: "A VXLAN device with the specified VNI already exists"}
		}
	}
	return lower, nil
}

// ChangeVXLAN is `ip link set type vxlan`: vxlan_changelink. Only given fields
// of c count.
func (ns *Namespace) ChangeVXLAN(d *netdev.Device, c VXLANConfig, given VXLANField) error {
	v := ns.vxlan(d)
	if v == nil {
		return &fib.Error{Errno: fib.EOPNOTSUPP}
	}
	if err := vxlanValidate(&NewLink{}, &c, given); err != nil {
		return err
	}
	n, err := v.merge(c, given)
	if err != nil {
		return err
	}
	lower, err := v.validate(&n)
	if err != nil {
		return err
	}
	old := v.cfg
	if n.Remote != old.Remote {
		if err := v.moveDefault(&n, &old); err != nil {
			return err
		}
	}
	v.cfg = n
	if n.Lower == old.Lower {
		lower = nil
	}
	if lower != nil {
		if most := max(lower.MTU-vxlanHeadroom, minMTU); d.MTU > most {
			ns.SetMTU(d, most)
			bridgeChanged(d.Master())
		}
	}
	if v.sock != nil && n.Ageing != old.Ageing {
		v.scan = ns.Now()
		v.arm()
	}
	return nil
}

// moveDefault follows a change of the default remote in the all-zero entry.
func (v *vxlan) moveDefault(n, old *VXLANConfig) error {
	if n.Remote.IsValid() {
		r := vxlanRemote{ip: packet.Addr32(n.Remote), port: old.Port, vni: n.VNI, oif: n.Lower}
		if err := v.update(packet.MAC{}, neigh.Reachable|neigh.Permanent, FDBSelf, FDBAppend, r); err != nil {
			return err
		}
	}
	if old.Remote.IsValid() {
		v.remove(packet.MAC{}, vxlanRemote{ip: packet.Addr32(old.Remote), port: old.Port, vni: old.VNI, oif: old.Lower})
	}
	return nil
}

// merge gives the settings with what a change asks for; most are fixed for the
// life of the device: vxlan_nl2conf.
func (v *vxlan) merge(c VXLANConfig, given VXLANField) (VXLANConfig, error) {
	n := v.cfg
	refuse := func(msg string) (VXLANConfig, error) {
		return n, &fib.Error{Errno: fib.EOPNOTSUPP, Msg: msg}
	}
	if given&VXLANVNI != 0 && c.VNI != n.VNI {
		return refuse("Cannot change VNI")
	}
	if given&VXLANRemote != 0 {
		n.Remote = c.Remote
	}
	if given&VXLANLocal != 0 {
		n.Local = c.Local
	}
	if given&VXLANLower != 0 {
		n.Lower = c.Lower
	}
	if given&VXLANTOS != 0 {
		n.TOS = c.TOS
	}
	if given&VXLANTTL != 0 {
		n.TTL = c.TTL
	}
	if given&VXLANTTLInherit != 0 {
		return refuse("vxlan: cannot change TTL_INHERIT flag")
	}
	if given&VXLANLearning != 0 {
		n.Learning = c.Learning
	}
	if given&VXLANAgeing != 0 {
		n.Ageing = c.Ageing
	}
	for _, fixed := range [...]struct {
		field VXLANField
		msg   string
	}{
		{VXLANProxy, "vxlan: cannot change PROXY flag"}, {VXLANRSC, "vxlan: cannot change RSC flag"},
		{VXLANL2Miss, "vxlan: cannot change L2MISS flag"}, {VXLANL3Miss, "vxlan: cannot change L3MISS flag"},
		{VXLANLimit, "Cannot change limit"}, {VXLANPortRange, "Cannot change port range"}, {VXLANPort, "Cannot change port"},
		{VXLANChecksum, "Cannot change UDP_CSUM flag"},
		{VXLANZeroCsum6TX, "vxlan: cannot change UDP_ZERO_CSUM6_TX flag"}, {VXLANZeroCsum6RX, "vxlan: cannot change UDP_ZERO_CSUM6_RX flag"},
	} {
		if given&fixed.field != 0 {
			return refuse(fixed.msg)
		}
	}
	if given&VXLANDFGiven != 0 {
		n.DF = c.DF
	}
	return n, nil
}

// checkMTU refuses an MTU that does not fit into the device below:
// vxlan_change_mtu.
func (v *vxlan) checkMTU(mtu int) error {
	if in := v.net.dev(v.cfg.Lower); in != nil && mtu > in.MTU-vxlanHeadroom {
		return &fib.Error{Errno: fib.EINVAL}
	}
	return nil
}

// BringUp is `ip link set up`, which a device may refuse.
func (ns *Namespace) BringUp(d *netdev.Device) error {
	if v := ns.vxlan(d); v != nil && !d.Up() && v.shared() == nil {
		s := v.net.OpenSocket(packet.ProtoUDP)
		s.Dev = v.vrf()
		if s.conflict(0, v.cfg.Port) {
			return &fib.Error{Errno: EADDRINUSE}
		}
	}
	if l := d.Lower(); d.Kind == netdev.VLAN && !l.Up() { // vlan_dev_open
		return &fib.Error{Errno: fib.ENETDOWN}
	}
	ns.SetUp(d, true)
	return nil
}

// shared is the socket of other devices that v can use too, nil if none.
func (v *vxlan) shared() *vxlanSock {
	for _, x := range v.net.kernel.vxlans {
		if x.net == v.net && x.sock != nil && x.cfg.Port == v.cfg.Port && x.sock.zeroCsum == v.cfg.ZeroCsum6RX && x.sock.sock.Dev == v.vrf() {
			return x.sock
		}
	}
	return nil
}

// open takes the port: vxlan_open.
func (v *vxlan) open() {
	if v.sock != nil {
		return
	}
	s := v.shared()
	if s == nil {
		s = &vxlanSock{sock: v.net.OpenSocket(packet.ProtoUDP), zeroCsum: v.cfg.ZeroCsum6RX}
		s.sock.Dev = v.vrf()
		if s.sock.Bind(netip.AddrPortFrom(netip.IPv4Unspecified(), v.cfg.Port)) != 0 {
			return // BringUp has said so; without a socket nothing is sent or heard
		}
		s.sock.encap = s
	}
	s.devs = append(s.devs, v)
	v.sock = s
	v.scan = v.net.Now().Wheel(vxlanScan)
	v.arm()
}

// stop gives the port back and forgets what was learnt: vxlan_stop.
func (v *vxlan) stop() {
	v.disarm()
	v.flush(false)
	s := v.sock
	if s == nil {
		return
	}
	v.sock = nil
	s.devs = slices.DeleteFunc(s.devs, func(x *vxlan) bool { return x == v })
	if len(s.devs) == 0 {
		s.sock.Close()
	}
}

// gone ends the life of the device.
func (v *vxlan) gone() {
	v.stop()
	v.flush(true)
	k := v.net.kernel
	k.vxlans = slices.DeleteFunc(k.vxlans, func(x *vxlan) bool { return x == v })
}

// dropVXLANs removes the devices whose outer packets leave this namespace, by d
// or, if d is nil, by whatever: vxlan_handle_lowerdev_unregister and
// vxlan_exit_net.
func (ns *Namespace) dropVXLANs(d *netdev.Device) {
	for _, v := range slices.Clone(ns.kernel.vxlans) {
		if v.net == ns && (d == nil || v.cfg.Lower == d.Index) && v.dev != d {
			v.dev.Owner.(*Namespace).DelLink(v.dev)
		}
	}
}
