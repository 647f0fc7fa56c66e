package fib

import (
	"net/netip"
	"slices"
	"strconv"

	"hoplab/packet"
)

// Ifaddr is an address of a device, as `ip addr` shows it.
type Ifaddr struct {
	Local         netip.Addr
	Peer          netip.Addr // of a point-to-point address; zero: Local
	PrefixLen     int
	Broadcast     netip.Addr // zero: none
	Scope         Scope
	Secondary     bool   // another address of the same prefix came first
	NoPrefixRoute bool   // IFA_F_NOPREFIXROUTE
	Metric        uint32 // of the prefix route
}

// prefix is the network of the address; addr its address in that network.
func (a *Ifaddr) prefix() (prefix, addr, m uint32) {
	m = mask(uint8(a.PrefixLen))
	addr = packet.Addr32(a.Local)
	prefix = addr & m
	if a.Peer.IsValid() {
		prefix = packet.Addr32(a.Peer) & m
	}
	return prefix, addr, m
}

// brd is the broadcast address of the network.
func (a *Ifaddr) brd() uint32 {
	p, _, m := a.prefix()
	return p | ^m
}

// inPrefix is inet_ifa_match with an equal mask.
func (a *Ifaddr) inPrefix(b *Ifaddr) bool {
	p, _, _ := a.prefix()
	q, _, _ := b.prefix()
	return a.PrefixLen == b.PrefixLen && p == q
}

// devAddrs are the addresses of one device, in the order of `ip addr`.
type devAddrs struct {
	dev  int32
	list []Ifaddr
}

func (f *FIB) addrsOf(dev int32) *devAddrs {
	for i := range f.ifaddrs {
		if f.ifaddrs[i].dev == dev {
			return &f.ifaddrs[i]
		}
	}
	return &devAddrs{dev: dev}
}

// AddAddress makes the routes that come with an address: the local one, and
// if the device is up those of its network and broadcast address. Like
// fib_add_ifaddr in net/ipv4/fib_frontend.c.
func (f *FIB) AddAddress(dev int32, a Ifaddr, env Env) {
	d := f.addrsOf(dev)
	if !slices.ContainsFunc(f.ifaddrs, func(x devAddrs) bool { return x.dev == dev }) {
		f.ifaddrs = append(f.ifaddrs, devAddrs{dev: dev})
		d = &f.ifaddrs[len(f.ifaddrs)-1]
	}
	at := len(d.list)
	if !a.Secondary { // primaries first
		for at > 0 && d.list[at-1].Secondary {
			at--
		}
	}
	d.list = slices.Insert(d.list, at, a)
	f.addRoutes(d, &a, env)
	f.gen++
}

// addRoutes is fib_add_ifaddr.
func (f *FIB) addRoutes(d *devAddrs, a *Ifaddr, env Env) {
	prim := d.primary(a)
	if prim == nil {
		return
	}
	prefix, addr, _ := a.prefix()
	local := packet.Addr32(a.Local)
	f.magic(true, Local, local, 32, d.dev, prim, 0, env)
	if !env.DevUp(d.dev) {
		return
	}
	if b := packet.Addr32(a.Broadcast); b != 0 && b != 0xffffffff {
		f.magic(true, Broadcast, b, 32, d.dev, prim, 0, env)
	}
	if prefix == 0 || a.Secondary || prefix == addr && a.PrefixLen == 32 {
		return
	}
	if !a.NoPrefixRoute {
		f.magic(true, prefixType(d.dev, env), prefix, a.PrefixLen, d.dev, prim, a.Metric, env)
	}
	if a.PrefixLen < 31 {
		f.magic(true, Broadcast, a.brd(), 32, d.dev, prim, 0, env)
	}
}

// prefixType is the type of the route to a device's network: on lo all of it
// is local.
func prefixType(dev int32, env Env) Type {
	if env.DevLoopback(dev) {
		return Local
	}
	return Unicast
}

// primary is the address that routes of a are made for: a itself, or the
// first of its network if a is secondary.
func (d *devAddrs) primary(a *Ifaddr) *Ifaddr {
	if !a.Secondary {
		return a
	}
	for i := range d.list {
		if b := &d.list[i]; !b.Secondary && b.inPrefix(a) {
			return b
		}
	}
	return nil
}

// magic adds or deletes a route on the kernel's own account: fib_magic.
func (f *FIB) magic(add bool, typ Type, dst uint32, n int, dev int32, prim *Ifaddr, metric uint32, env Env) {
	r := Route{
		Dst:  netip.PrefixFrom(packet.AddrFrom32(dst), n),
		Type: typ, Proto: ProtoKernel, Scope: Link, Table: TableLocal,
		Metric: metric, PrefSrc: prim.Local, Dev: dev,
		By: "kernel", Object: prim.Local.String() + "/" + strconv.Itoa(prim.PrefixLen) + " on " + env.DevName(dev),
	}
	switch typ {
	case Unicast:
		r.Table = TableMain
	case Local:
		r.Scope = Host
	}
	r.Table = f.tableOf(dev, r.Table)
	// As in the kernel nobody hears of errors: the route is there already, or
	// gone.
	if add {
		_, _ = f.Add(r, Create|Append, env)
	} else {
		_ = f.Delete(r)
	}
}

// DelAddress takes away the routes of an address, and those that had it as
// their source. Like fib_del_ifaddr. When it was the device's last address,
// all routes by the device go too and last is true: the caller then clears
// the neighbours of the device.
func (f *FIB) DelAddress(dev int32, a Ifaddr, env Env) (last bool) {
	d := f.addrsOf(dev)
	i := slices.IndexFunc(d.list, func(b Ifaddr) bool { return b.Local == a.Local && b.PrefixLen == a.PrefixLen && b.Peer == a.Peer })
	if i < 0 {
		return false
	}
	f.WithdrawAddress(dev, a, env, true)
	if d = f.addrsOf(dev); len(d.list) > 0 {
		return false
	}
	f.ifaddrs = slices.DeleteFunc(f.ifaddrs, func(x devAddrs) bool { return x.dev == dev })
	f.disable(dev, true)
	return true
}

// ChangeMetric changes the metric of an address's prefix route:
// fib_modify_prefix_metric.
func (f *FIB) ChangeMetric(dev int32, a Ifaddr, metric uint32, env Env) {
	d := f.addrsOf(dev)
	i := slices.IndexFunc(d.list, func(b Ifaddr) bool { return b.Local == a.Local && b.PrefixLen == a.PrefixLen && b.Peer == a.Peer })
	if i < 0 {
		return
	}
	old := d.list[i]
	d.list[i].Metric = metric
	prefix, addr, _ := a.prefix()
	if !env.DevUp(dev) || old.Secondary || old.NoPrefixRoute || prefix == 0 || prefix == addr && a.PrefixLen == 32 {
		return
	}
	f.magic(true, prefixType(dev, env), prefix, a.PrefixLen, dev, &old, metric, env)
	f.magic(false, prefixType(dev, env), prefix, a.PrefixLen, dev, &old, old.Metric, env)
	f.gen++
}

// WithdrawAddress takes the routes of an address away, and the address off the
// device's list. IPv4 stays on there, also without one: others take its place,
// or it comes again itself with another primary address. gone says that it does
// not.
func (f *FIB) WithdrawAddress(dev int32, a Ifaddr, env Env, gone bool) {
	d := f.addrsOf(dev)
	i := slices.IndexFunc(d.list, func(b Ifaddr) bool { return b.Local == a.Local && b.PrefixLen == a.PrefixLen && b.Peer == a.Peer })
	if i < 0 {
		return
	}
	a = d.list[i]
	d.list = slices.Delete(d.list, i, i+1)
	f.delRoutes(d, &a, env, gone)
	f.gen++
}

// delRoutes is fib_del_ifaddr. The remaining addresses of the device may need
// the same local or broadcast routes; those stay.
func (f *FIB) delRoutes(d *devAddrs, a *Ifaddr, env Env, gone bool) {
	prim := d.primary(a)
	if prim == nil {
		return
	}
	network, addr, _ := a.prefix()
	brd, ifb := a.brd(), packet.Addr32(a.Broadcast)
	subnet := false
	if !a.Secondary && network>>24 != 0 && (network != addr || a.PrefixLen < 32) {
		if !a.NoPrefixRoute {
			f.magic(false, prefixType(d.dev, env), network, a.PrefixLen, d.dev, prim, 0, env)
		}
		subnet = true
	}

	var keepLocal, keepBrd, keepBrd0, keepBrd1, sameSrc bool
	var prim1 *Ifaddr
	for i := range d.list {
		b := &d.list[i]
		switch {
		case !b.Secondary:
			if prim.Local != b.Local {
				continue
			}
			prim1 = b
			sameSrc = sameSrc || prim != b
		case b.inPrefix(prim):
			prim1 = prim
		default:
			if !sameSrc {
				continue
			}
			if prim1 == nil || !b.inPrefix(prim1) {
				prim1 = d.primary(b)
			}
			if prim1 == nil || prim1.Local != prim.Local {
				continue
			}
		}
		bb := packet.Addr32(b.Broadcast)
		keepLocal = keepLocal || a.Local == b.Local
		keepBrd = keepBrd || ifb == bb
		keepBrd1 = keepBrd1 || brd == bb
		keepBrd0 = keepBrd0 || network == bb
		if prim1 == b && b.PrefixLen < 31 { // a primary brings its network's broadcast
			any1, _, _ := b.prefix()
			brd1 := b.brd()
			if any1>>24 != 0 {
				keepBrd = keepBrd || ifb == brd1 || ifb == any1
				keepBrd1 = keepBrd1 || brd == brd1 || brd == any1
				keepBrd0 = keepBrd0 || network == brd1 || network == any1
			}
		}
	}

	if !keepBrd {
		f.magic(false, Broadcast, ifb, 32, d.dev, prim, 0, env)
	}
	if subnet && a.PrefixLen < 31 {
		if !keepBrd1 {
			f.magic(false, Broadcast, brd, 32, d.dev, prim, 0, env)
		}
		if !keepBrd0 {
			f.magic(false, Broadcast, network, 32, d.dev, prim, 0, env)
		}
	}
	if keepLocal {
		return
	}
	local := packet.Addr32(a.Local)
	f.magic(false, Local, local, 32, d.dev, prim, 0, env)
	if gone && f.AddrType(local, d.dev*int32(boolInt(f.l3 != nil))) != Local {
		// fib_sync_down_addr: of main, or of the VRF's table, only.
		t := f.tableOf(d.dev, TableMain)
		f.flush(func(r *Route) bool { return r.Table == t && r.PrefSrc == a.Local })
	}
}

// DevUp brings back the routes of a device's addresses: NETDEV_UP.
func (f *FIB) DevUp(dev int32, env Env) {
	d := f.addrsOf(dev)
	for i := range d.list {
		f.addRoutes(d, &d.list[i], env)
	}
	f.syncUp(dev, true, env.DevCarrier(dev))
}

// syncUp revives hops by a device that came up or got its carrier back:
// fib_sync_up.
func (f *FIB) syncUp(dev int32, dead, linkdown bool) {
	for _, t := range f.tables {
		t.each(func(r *Route) {
			if r.NHID != 0 || r.Type.refuses() || !r.by(dev) {
				return
			}
			alive := false
			for _, h := range r.ways() {
				if h.Dev == dev {
					h.Dead = h.Dead && !dead
					h.Linkdown = h.Linkdown && !linkdown
				}
				alive = alive || !h.Linkdown
			}
			if r.Hops != nil {
				r.Linkdown = r.Linkdown && !alive
			}
			f.settle(r)
		})
	}
	f.gen++
}

// DevDown removes the routes by a device that goes down, except those to its
// own addresses: NETDEV_DOWN.
func (f *FIB) DevDown(dev int32) {
	f.disable(dev, false)
	f.flushNextHops(dev, true)
}

// DevGone removes everything about a device: NETDEV_UNREGISTER.
func (f *FIB) DevGone(dev int32) {
	f.disable(dev, true)
	f.flush(func(r *Route) bool { return r.NHID == 0 && r.Hops != nil && r.by(dev) })
	f.flushNextHops(dev, false)
	delete(f.quiet, dev)
	delete(f.l3, dev)
	f.ifaddrs = slices.DeleteFunc(f.ifaddrs, func(d devAddrs) bool { return d.dev == dev })
	f.attach(func(_ string, old int32) bool { return old == dev }, -1)
}

// disable is fib_disable_ip. force is for routes of host scope too. Routes with
// a nexthop object follow that.
func (f *FIB) disable(dev int32, force bool) {
	f.flush(func(r *Route) bool {
		if r.Type.refuses() || r.NHID != 0 || !r.by(dev) {
			return false
		}
		dead := true
		for _, h := range r.ways() {
			if h.Dev == dev && (force || h.nhScope != Nowhere) {
				h.Dead, h.Linkdown = true, true
			}
			dead = dead && h.Dead
		}
		f.settle(r)
		return dead
	})
}

// Carrier marks the routes by a device whose link went away or came back. They
// stay in use unless IgnoreLinkdown says otherwise.
func (f *FIB) Carrier(dev int32, on bool) {
	if on {
		f.syncUp(dev, false, true)
		return
	}
	for _, t := range f.tables {
		t.each(func(r *Route) {
			if r.NHID != 0 || r.Type.refuses() || !r.by(dev) {
				return
			}
			down := true
			for _, h := range r.ways() {
				if h.Dev == dev && h.nhScope != Nowhere {
					h.Linkdown = true
				}
				down = down && h.Linkdown
			}
			if r.Hops != nil {
				r.Linkdown = down
			}
			f.settle(r)
		})
	}
	f.flushNextHops(dev, true)
	f.gen++
}

// IgnoreLinkdown is net.ipv4.conf.DEV.ignore_routes_with_linkdown: lookups pass
// over routes by that device while it has no carrier.
func (f *FIB) IgnoreLinkdown(dev int32, on bool) {
	if f.quiet[dev] == on {
		return
	}
	if f.quiet == nil {
		f.quiet = map[int32]bool{}
	}
	f.quiet[dev] = on
	for _, t := range f.tables {
		t.each(func(r *Route) { // the shares stay until a device changes
			for _, h := range r.ways() {
				h.off = h.Dead || h.Linkdown && f.quiet[h.Dev]
			}
		})
	}
	f.gen++
}

// flush deletes the routes that gone picks: fib_flush.
func (f *FIB) flush(gone func(*Route) bool) {
	for _, t := range f.tables {
		for _, lf := range t.leaves() {
			list := t.routes(lf.key, lf.bits)
			kept := slices.DeleteFunc(slices.Clone(list), func(r *Route) bool { return r.Table == t.id && gone(r) })
			if len(kept) < len(list) {
				t.set(lf.key, lf.bits, kept)
			}
		}
	}
	f.gen++
}
