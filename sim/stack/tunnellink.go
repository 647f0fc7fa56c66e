package stack

import (
	"net/netip"
	"slices"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
)

// Tunnel are the settings of an ipip device: struct ip_tunnel_parm of
// include/uapi/linux/if_tunnel.h.
type Tunnel struct {
	Local, Remote netip.Addr // zero: any
	Dev           int32      // that outer packets leave by, 0 any
	TTL           uint8      // of outer packets, 0: the inner packet's
	TOS           uint8      // of outer packets; bit 0: the inner packet's
	PMTUDisc      bool       // outer packets have DF
	Mark          uint32     // outer packets are routed with
	IPIP          bool       // IPv4 inside and nothing else; otherwise "any"
}

const (
	tosInherit    = 1
	tunnelErrTime = 30 * time.Second // IPTUNNEL_ERR_TIMEO
)

// tunnel is an ipip device's own state.
type tunnel struct {
	Tunnel
	local, remote uint32
	fallback      bool          // tunl0
	bounded       bool          // made by SIOCADDTUNNEL, which gives the device limits of its MTU
	errors        int           // that came back about outer packets and nobody was told of
	errorAt       clock.Instant // the last one
}

func (t *tunnel) set(c Tunnel) {
	t.Tunnel, t.local, t.remote = c, 0, 0
	if c.Local.IsValid() {
		t.local = packet.Addr32(c.Local)
	}
	if c.Remote.IsValid() {
		t.remote = packet.Addr32(c.Remote)
	}
}

// TunnelOf gives the settings of an ipip device; ok is false for others.
// fallback says that it is tunl0.
func (ns *Namespace) TunnelOf(d *netdev.Device) (t Tunnel, fallback, ok bool) {
	in := ns.dev(d.Index)
	if in == nil || in.Device != d || in.tun == nil {
		return Tunnel{}, false, false
	}
	return in.tun.Tunnel, in.tun.fallback, true
}

// findTunnel chooses the device for an outer packet that came from remote by
// the device of index link: ip_tunnel_lookup. nil if there is none.
func (ns *Namespace) findTunnel(link int32, remote, local uint32) *inDev {
	var best *inDev
	for step := range 3 {
		for _, in := range slices.Backward(ns.tunnels) {
			t := in.tun
			if !in.Up() {
				continue
			}
			suits := false
			switch step {
			case 0:
				suits = t.local == local && t.remote == remote
			case 1:
				suits = t.local == 0 && t.remote == remote
			case 2:
				suits = t.local == local && t.remote == 0
			}
			switch {
			case !suits:
			case t.Dev == link:
				return in
			case best == nil:
				best = in
			}
		}
	}
	if best == nil && ns.tunl0 != nil && ns.tunl0.Up() {
		return ns.tunl0
	}
	return best
}

// TunnelMTURange are the limits of an ipip device's MTU as the device tells
// them, in bytes: `ip tunnel` sets some (ip_tunnel_create of
// net/ipv4/ip_tunnel.c), `ip link` does not, and what breaks the driver's own
// is refused without them, too. 0, 0: none.
func (ns *Namespace) TunnelMTURange(d *netdev.Device) (lo, hi int) {
	if in := ns.dev(d.Index); in != nil && in.Device == d && in.tun != nil && in.tun.bounded {
		return MTURange(netdev.IPIP)
	}
	return 0, 0
}

// sameTunnel finds the device with the same ends: ip_tunnel_find. tunl0's are
// any and any.
func (ns *Namespace) sameTunnel(t Tunnel) *inDev {
	if ns.tunl0 != nil && !t.Local.IsValid() && !t.Remote.IsValid() && t.Dev == 0 {
		return ns.tunl0
	}
	for _, in := range ns.tunnels {
		if in.tun.Local == t.Local && in.tun.Remote == t.Remote && in.tun.Dev == t.Dev {
			return in
		}
	}
	return nil
}

// AddTunnelByName is SIOCADDTUNNEL, which `ip tunnel add` uses.
func (ns *Namespace) AddTunnelByName(l NewLink, t Tunnel) (*netdev.Device, error) {
	d, err := ns.AddTunnel(l, t)
	if err == nil {
		ns.dev(d.Index).tun.bounded = true
	}
	return d, err
}

// AddTunnel makes an ipip device.
func (ns *Namespace) AddTunnel(l NewLink, t Tunnel) (*netdev.Device, error) {
	if t.Remote.IsValid() && isMulticast(packet.Addr32(t.Remote)) {
		return nil, &fib.Error{Errno: fib.EINVAL}
	}
	if ns.sameTunnel(t) != nil {
		return nil, &fib.Error{Errno: fib.EEXIST}
	}
	if l.Name == "" {
		l.Name = "tunl%d"
	}
	mtu := l.MTU
	if mtu == 0 {
		mtu = ns.tunnelMTU(t)
	}
	l.MTU = min(mtu, maxMTU-packet.IPv4Len)
	d, err := ns.AddLink(netdev.IPIP, l)
	if err != nil {
		return nil, err
	}
	in := ns.dev(d.Index)
	d.MAC = packet.MAC{}
	in.tun.set(t)
	ns.tunnels = append(ns.tunnels, in)
	return d, nil
}

// tunnelMTU is what fits into a tunnel on the way that its outer packets take:
// ip_tunnel_bind_dev.
func (ns *Namespace) tunnelMTU(t Tunnel) int {
	const ethData = 1500
	mtu := ethData
	under := ns.dev(t.Dev)
	if t.Remote.IsValid() {
		fl := flow{dst: packet.Addr32(t.Remote), oif: t.Dev, tos: t.TOS & 0x1e}
		if t.Local.IsValid() {
			fl.src = packet.Addr32(t.Local)
		}
		var rt route
		if ns.routeOutput(&fl, &rt) == 0 {
			under = rt.dev
		}
	}
	if under != nil {
		mtu = min(under.MTU, maxMTU)
	}
	return max(mtu-packet.IPv4Len, minMTU)
}

// ChangeTunnel gives an ipip device other ends or other settings:
// ip_tunnel_changelink.
func (ns *Namespace) ChangeTunnel(d *netdev.Device, t Tunnel) error {
	in := ns.dev(d.Index)
	if in == nil || in.tun == nil {
		return &fib.Error{Errno: fib.EINVAL}
	}
	old := in.tun.Tunnel
	if in.tun.fallback { // SIOCCHGTUNNEL: only how outer packets are made
		old.TTL, old.TOS, old.PMTUDisc = t.TTL, t.TOS, t.PMTUDisc
		in.tun.set(old)
		return nil
	}
	if same := ns.sameTunnel(t); same != nil && same != in {
		return &fib.Error{Errno: fib.EEXIST}
	}
	if old.Remote.IsValid() != t.Remote.IsValid() { // a point-to-point link stays one
		return &fib.Error{Errno: fib.EINVAL}
	}
	in.tun.set(t)
	if old.Dev != t.Dev || old.Mark != t.Mark {
		ns.SetMTU(d, ns.tunnelMTU(t))
	}
	return nil
}
