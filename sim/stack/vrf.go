package stack

import (
	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// Virtual routing and forwarding: drivers/net/vrf.c. A VRF is a device whose
// ports have their routes in a table of their own. Rules of netfilter see
// packets of a port as coming in by the VRF from INPUT and FORWARD on;
// the additional passes of PREROUTING, OUTPUT and POSTROUTING with the VRF's
// name are left out.

// vrfMTU is IP6_MAX_MTU, which VRFs start with.
const vrfMTU = 65575

// minVRFMTU is IPV6_MIN_MTU.
const minVRFMTU = 1280

// vrfRulePriority is FIB_RULE_PREF of vrf.c.
const vrfRulePriority = 1000

// AddVRF makes a VRF with that table. The first one of a namespace brings the
// rule that makes lookups go there.
func (ns *Namespace) AddVRF(l NewLink, table uint32) (*netdev.Device, error) {
	if table == 0 {
		return nil, &fib.Error{Errno: fib.EINVAL, Msg: "Invalid VRF table id"}
	}
	if l.MTU == 0 {
		l.MTU = vrfMTU
	}
	d, err := ns.AddLink(netdev.VRF, l)
	if err != nil {
		return nil, err
	}
	d.Attrs.Table = table
	ns.FIB.SetMaster(d.Index, d.Index, table)
	if !ns.vrfs {
		ns.vrfs = true
		_, _ = ns.FIB.AddRule(fib.Rule{Priority: vrfRulePriority, Action: fib.ToTable, L3MDev: true, SuppressPrefixLen: -1, SuppressGroup: -1, Proto: fib.ProtoKernel, By: "kernel"}, ns.env())
	}
	return d, nil
}

// VRFTable finds the table of a VRF by name.
func (ns *Namespace) VRFTable(name string) (uint32, bool) {
	d := ns.Device(name)
	if d == nil || d.Kind != netdev.VRF {
		return 0, false
	}
	return d.Attrs.Table, true
}

// VRFTable makes the view of the routing tables know VRFs.
func (e *fibEnv) VRFTable(name string) (uint32, bool) { return (*Namespace)(e).VRFTable(name) }

// EachGroup tells the groups of devices.
func (e *fibEnv) EachGroup(yield func(dev int32, group int)) {
	for _, d := range (*Namespace)(e).Devices() {
		yield(d.Index, d.Attrs.Group)
	}
}

// setVRF puts a port into a VRF, or out of one: do_vrf_add_slave and
// do_vrf_del_slave. The port goes down and up, so that its routes move.
func (ns *Namespace) setVRF(d, vrf *netdev.Device) {
	if vrf != nil {
		vrf.AddPort(d)
		ns.FIB.ChangeMaster(d.Index, vrf.Index, vrf.Attrs.Table)
	} else {
		d.Master().RemovePort(d)
		ns.FIB.ChangeMaster(d.Index, 0, 0)
	}
	ns.Neigh.DevDown(d.Index)
	if d.Up() {
		d.SetUp(false)
		d.SetUp(true)
	}
}

// vrfOf is the VRF that a device is a port of, nil for none.
func (ns *Namespace) vrfOf(d *netdev.Device) *inDev {
	if m := d.Master(); m != nil && m.Kind == netdev.VRF {
		return ns.dev(m.Index)
	}
	return nil
}

// vrfRcv lets a packet that came in by a port come in by the VRF: vrf_ip_rcv.
func (ns *Namespace) vrfRcv(in *inDev, b *packet.Buffer) *inDev {
	v := ns.vrfOf(in.Device)
	if v == nil {
		return in
	}
	v.CountRx(b.Len())
	if v.Tapped() {
		if in.HasEthernet() {
			b.Prepend(packet.EthernetLen) // still there
		} else {
			packet.PutEthernet(b.Prepend(packet.EthernetLen), v.MAC, v.MAC, packet.EtherIPv4)
		}
		v.Show(trace.Out, b)
		b.TrimFront(packet.EthernetLen)
	}
	return v
}

// vrfOut shows a packet that goes out by a port to those who listen on the VRF:
// vrf_ip_out_direct.
func (ns *Namespace) vrfOut(b *packet.Buffer, dev *inDev) {
	v := ns.vrfOf(dev.Device)
	if v == nil || !v.Tapped() {
		return
	}
	packet.PutEthernet(b.Prepend(packet.EthernetLen), packet.MAC{}, v.MAC, packet.EtherIPv4)
	v.Show(trace.Out, b)
	b.TrimFront(packet.EthernetLen)
}
