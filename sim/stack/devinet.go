package stack

import (
	"fmt"
	"net/netip"
	"slices"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/netfilter"
)

// Address is an IPv4 address of a device, like the kernel's struct in_ifaddr.
type Address struct {
	Prefix    netip.Prefix // host bits kept: 192.168.10.101/24
	Broadcast netip.Addr   // zero: none
	Scope     fib.Scope
	Secondary bool // another address of the same subnet came first
	Metric    uint32
	NoPrefix  bool       // noprefixroute
	Peer      netip.Addr // other end of a point-to-point link; zero: none
	Label     string     // empty: the device's name

	Lifetime
}

// subnet is the network that the address is on: its peer's, if it has one.
func (a *Address) subnet() netip.Prefix {
	if a.Peer.IsValid() {
		return netip.PrefixFrom(a.Peer, a.Prefix.Bits()).Masked()
	}
	return a.Prefix.Masked()
}

// inDev is a device with its IPv4 part: the kernel's struct in_device.
type inDev struct {
	*netdev.Device
	tun   *tunnel // of an ipip device
	vxlan *vxlan  // iff Kind is VXLAN
	conf  Conf
	paths [5]hookPath // by hook
	addrs []Address
	nf    netfilter.Dev
	neigh neigh.Params
	wasUp bool

	delayed []*delayedARP // ARP requests that wait for proxy_delay
}

// Addresses lists the addresses of a device in the order of `ip addr`.
func (ns *Namespace) Addresses(d *netdev.Device) []Address {
	in := ns.dev(d.Index)
	if in == nil {
		return nil
	}
	return in.addrs
}

// AddAddress is `ip addr add`: __inet_insert_ifa in net/ipv4/devinet.c.
func (ns *Namespace) AddAddress(d *netdev.Device, a Address) error {
	in := ns.dev(d.Index)
	if in == nil {
		return fmt.Errorf("device %s is not in namespace %s", d.Name, ns.Name)
	}
	if !a.Prefix.IsValid() || !a.Prefix.Addr().Is4() {
		return fmt.Errorf("address %v is not IPv4", a.Prefix)
	}
	a.Secondary = false
	last := 0
	for i, x := range in.addrs {
		if !x.Secondary && a.Scope <= x.Scope {
			last = i + 1
		}
		if x.subnet() == a.subnet() {
			if x.Prefix.Addr() == a.Prefix.Addr() {
				return &fib.Error{Errno: fib.EEXIST}
			}
			if x.Scope != a.Scope {
				return &fib.Error{Errno: fib.EINVAL}
			}
			a.Secondary = true
		}
	}
	if a.Secondary {
		in.addrs = append(in.addrs, a)
	} else {
		in.addrs = slices.Insert(in.addrs, last, a)
	}
	ns.listLocals()
	ns.watchLifetime(a)
	ns.notifyAddress(d, a, false)
	ns.FIB.AddAddress(d.Index, a.ifaddr(), ns.env())
	return nil
}

// DelAddress is `ip addr del`: the secondaries of a primary address go with
// it.
func (ns *Namespace) DelAddress(d *netdev.Device, p netip.Prefix) error {
	in := ns.dev(d.Index)
	if in == nil {
		return &fib.Error{Errno: fib.ENODEV}
	}
	i := slices.IndexFunc(in.addrs, func(a Address) bool { return a.Prefix == p })
	if i < 0 {
		return &fib.Error{Errno: fib.EADDRNOTAVAIL}
	}
	ns.delAddress(in, i)
	return nil
}

// RemoveAddress deletes the first address of d that match picks, in the order
// of `ip addr`, as inet_rtm_deladdr does.
func (ns *Namespace) RemoveAddress(d *netdev.Device, match func(Address) bool) error {
	in := ns.dev(d.Index)
	if in == nil {
		return &fib.Error{Errno: fib.ENODEV}
	}
	i := slices.IndexFunc(in.addrs, match)
	if i < 0 {
		return &fib.Error{Errno: fib.EADDRNOTAVAIL}
	}
	ns.delAddress(in, i)
	return nil
}

// delAddress is __inet_del_ifa: the secondaries of a primary address go first,
// or with promote_secondaries the first of them takes its place.
func (ns *Namespace) delAddress(in *inDev, i int) {
	first := in.addrs[i]
	mates := func(a Address) bool { return a.Secondary && a.subnet() == first.subnet() }
	promote := -1
	if !first.Secondary {
		if ns.confOr(in, ConfPromoteSecondaries) {
			promote = slices.IndexFunc(in.addrs, mates)
		} else {
			for k := slices.IndexFunc(in.addrs, mates); k >= 0; k = slices.IndexFunc(in.addrs, mates) {
				ns.dropAddress(in, k, false)
			}
			i = slices.Index(in.addrs, first)
		}
	}
	if promote < 0 {
		ns.dropAddress(in, i, false)
		return
	}
	heir := in.addrs[promote]
	var rest []Address
	for _, a := range in.addrs[promote+1:] {
		if mates(a) {
			rest = append(rest, a)
		}
	}
	// All secondaries change their primary: their routes go first.
	for _, a := range append([]Address{heir}, rest...) {
		ns.FIB.WithdrawAddress(in.Index, a.ifaddr(), ns.env(), false)
	}
	ns.dropAddress(in, i, true)
	in.addrs = slices.DeleteFunc(in.addrs, func(a Address) bool { return a == heir })
	heir.Secondary = false
	at := len(in.addrs)
	for at > 0 && in.addrs[at-1].Secondary {
		at--
	}
	in.addrs = slices.Insert(in.addrs, at, heir)
	ns.listLocals()
	ns.notifyAddress(in.Device, heir, false)
	for _, a := range append([]Address{heir}, rest...) {
		ns.FIB.AddAddress(in.Index, a.ifaddr(), ns.env())
	}
}

// dropAddress deletes one address. heirs says that the device has others,
// though their routes are away.
func (ns *Namespace) dropAddress(in *inDev, i int, heirs bool) {
	d, a := in.Device, in.addrs[i]
	in.addrs = slices.Delete(in.addrs, i, i+1)
	ns.listLocals()
	ns.notifyAddress(d, a, true)
	if heirs {
		ns.FIB.WithdrawAddress(d.Index, a.ifaddr(), ns.env(), true)
	} else if ns.FIB.DelAddress(d.Index, a.ifaddr(), ns.env()) {
		ns.Neigh.DevDown(d.Index) // the last one: IPv4 is off on the device (fib_inetaddr_event)
	}
	if ns.Conn != nil {
		ns.Conn.FlushMasqueradedAddr(d.Index, packet.Addr32(a.Prefix.Addr()))
	}
}

func (a Address) ifaddr() fib.Ifaddr {
	return fib.Ifaddr{Local: a.Prefix.Addr(), Peer: a.Peer, PrefixLen: a.Prefix.Bits(), Broadcast: a.Broadcast, Scope: a.Scope, Secondary: a.Secondary, NoPrefixRoute: a.NoPrefix, Metric: a.Metric}
}

// selectAddr chooses the source address for packets by in towards dst (0 none)
// of at most that scope: inet_select_addr in net/ipv4/devinet.c. When the
// device has none, the first one of another device in the order of interface
// indexes serves.
func (ns *Namespace) selectAddr(in *inDev, dst uint32, scope fib.Scope) uint32 {
	var addr uint32
	if in != nil {
		localnet := fib.Host
		if in.conf[ConfRouteLocalnet] != 0 {
			localnet = fib.Link
		}
		for i := range in.addrs {
			a := &in.addrs[i]
			if a.Secondary || min(a.Scope, localnet) > scope {
				continue
			}
			if dst == 0 || a.subnet().Contains(packet.AddrFrom32(dst)) {
				return packet.Addr32(a.Prefix.Addr())
			}
			if addr == 0 {
				addr = packet.Addr32(a.Prefix.Addr())
			}
		}
	}
	if addr != 0 {
		return addr
	}
	for _, other := range ns.devs {
		if other == nil {
			continue
		}
		for i := range other.addrs {
			a := &other.addrs[i]
			if !a.Secondary && a.Scope != fib.Link && a.Scope <= scope {
				return packet.Addr32(a.Prefix.Addr())
			}
		}
	}
	return 0
}

// isLocal says that some device has the address: inet_lookup_ifaddr_rcu.
func (ns *Namespace) isLocal(a uint32) bool {
	return slices.Contains(ns.locals, a)
}

// listLocals follows a change of addresses.
func (ns *Namespace) listLocals() {
	ns.FIB.Outdate()
	ns.locals = ns.locals[:0]
	for _, in := range ns.devs {
		if in == nil {
			continue
		}
		for i := range in.addrs {
			ns.locals = append(ns.locals, packet.Addr32(in.addrs[i].Prefix.Addr()))
		}
	}
}

// addrType is what an address is for this namespace, of the local table's
// view; dev restricts it to routes by that device, 0 any:
// inet_addr_type_dev_table in net/ipv4/fib_frontend.c.
func (ns *Namespace) addrType(a uint32, dev int32) fib.Type { return ns.FIB.AddrType(a, dev) }
