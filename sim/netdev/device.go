package netdev

import (
	"fmt"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// Kind is what a device is.
type Kind uint8

// The kinds of devices.
const (
	Loopback Kind = iota
	Veth
	NIC // an interface on a segment
	Bridge
	IPIP
	Dummy
	VXLAN
	VLAN
	Macvlan
	VRF
)

// String is the kind as `ip -d link` names it.
func (k Kind) String() string {
	switch k {
	case Loopback:
		return "loopback"
	case Veth:
		return "veth"
	case NIC:
		return "nic"
	case Bridge:
		return "bridge"
	case IPIP:
		return "ipip"
	case Dummy:
		return "dummy"
	case VXLAN:
		return "vxlan"
	case VLAN:
		return "vlan"
	case Macvlan:
		return "macvlan"
	case VRF:
		return "vrf"
	}
	return "unknown"
}

// vlanLen is the allowance for a VLAN tag that is_skb_forwardable in
// net/core/dev.c grants on top of the MTU, in bytes.
const vlanLen = 4

// Owner is the namespace that a device belongs to.
type Owner interface {
	// Receive takes a frame that came in by d. Its first byte is the link
	// header's, or the network header's on a device without link header.
	Receive(d *Device, b *packet.Buffer)
	// TunnelXmit takes a packet that was sent out by the tunnel device d.
	TunnelXmit(d *Device, b *packet.Buffer)
	// LinkChanged says that d went up or down or that its carrier changed.
	LinkChanged(d *Device)
}

// Tap sees frames that cross a device, as a packet socket does. frame is
// valid only during the call.
type Tap func(d *Device, dir trace.Dir, at clock.Instant, frame []byte)

// Stats are the counters of `ip -s link`. Multicast is a network card's own
// count; the devices of this package, like the kernel's virtual ones, have none.
type Stats struct {
	RxBytes, RxPackets, TxBytes, TxPackets       uint64 // together: others hardly ever count
	RxErrors, RxDropped, Multicast, RxFrame      uint64
	TxErrors, TxDropped, TxCarrier, TxCollisions uint64
}

// maxNested is how many devices without a queue may send by one another:
// XMIT_RECURSION_LIMIT.
const maxNested = 8

// Device is one network interface. What every frame asks for comes first, so
// that it shares cache lines.
type Device struct {
	World *World
	Owner Owner
	MTU   int // bytes, IP header included
	Place trace.Place
	Index int32 // ifindex in its namespace, from 1
	MAC   packet.MAC
	Kind  Kind

	up     bool
	gone   bool
	lost   bool    // the carrier was taken away by the user
	opened bool    // was up once
	peer   *Device // other end of a veth

	master *Device // bridge this is a port of
	qdisc  *Qdisc  // nil: none but the device's own
	uppers []*Device
	taps   []*tapEntry
	link   link // towards the peer or into the segment
	seg    *Segment
	Stats  Stats

	Attrs  Attrs
	Name   string
	bridge *bridge // iff Kind is Bridge
	lower  *Device // that a VLAN or macvlan stands on
	flips  int     // of the carrier
}

type tapEntry struct{ f Tap }

// New returns a device that is down, in the namespace of that owner. The
// owner gives it its index.
func New(w *World, o Owner, ownerName string, kind Kind, name string, mtu int, mac packet.MAC) *Device {
	d := &Device{World: w, Owner: o, Kind: kind, Name: name, MTU: mtu, MAC: mac, Attrs: Attrs{QueueLen: defaultQueueLen, Bridge: BridgeAttrs{ForwardDelay: DefaultForwardDelay}}}
	d.Place = w.AddPlace(ownerName, d)
	switch kind {
	case Bridge:
		d.bridge = &bridge{}
	case Veth:
		d.flips = 1 // veth_newlink takes the carrier away
	}
	return d
}

// Connect makes a veth pair of a and b. Each direction has its own
// properties.
func Connect(a, b *Device, ab, ba Properties) {
	a.peer, b.peer = b, a
	a.link = link{Properties: ab, rng: a.World.Stream(fmt.Sprintf("link %d", a.Place))}
	b.link = link{Properties: ba, rng: b.World.Stream(fmt.Sprintf("link %d", b.Place))}
}

// Peer is the other end of a veth, nil for other kinds.
func (d *Device) Peer() *Device { return d.peer }

// Segment is what a NIC is attached to, nil for other kinds.
func (d *Device) Segment() *Segment { return d.seg }

// Link gives the properties of the wire from d.
func (d *Device) Link() Properties { return d.link.Properties }

// SetLink changes the properties of the wire from d.
func (d *Device) SetLink(p Properties) { d.link.Properties = p }

// Up says that the device is administratively up.
func (d *Device) Up() bool { return d.up }

// Carrier says that the other end is there and up.
func (d *Device) Carrier() bool {
	switch d.Kind {
	case Veth:
		return d.up && d.peer != nil && d.peer.up
	case VLAN, Macvlan:
		return d.up && d.lower != nil && d.lower.Carrier()
	case Dummy:
		return d.up && !d.lost
	case Bridge:
		return d.up && !d.bridge.idle
	}
	return d.up
}

// HasEthernet says that frames on d have an Ethernet header.
func (d *Device) HasEthernet() bool { return d.Kind != IPIP }

// HeaderLen is the length of the link header in bytes.
func (d *Device) HeaderLen() int {
	if d.Kind == IPIP {
		return 0
	}
	return packet.EthernetLen
}

// NoARP says that neighbours on d need no resolving (IFF_NOARP, loopback).
func (d *Device) NoARP() bool {
	return d.Kind == IPIP || d.Kind == Loopback || d.Kind == Dummy || d.Kind == VRF || d.Attrs.NoARP
}

// SetUp takes the device up or down and tells the owners of both ends, as
// veth_open and veth_close do with the carrier.
func (d *Device) SetUp(up bool) {
	if d.up == up {
		return
	}
	had := d.Carrier()
	d.up = up
	if d.Kind == Veth && d.peer != nil && d.Carrier() != had {
		d.flips++
		d.peer.flips++
	}
	d.opened = d.opened || up
	if !up && d.qdisc != nil {
		d.qdisc.reset()
	}
	if !up {
		d.unlearn()
		if d.peer != nil {
			d.peer.unlearn()
		}
	}
	d.Owner.LinkChanged(d)
	d.master.portChanged()
	d.tellUppers()
	if d.peer != nil && d.peer.up {
		d.peer.Owner.LinkChanged(d.peer)
		d.peer.master.portChanged()
		d.peer.tellUppers()
	}
}

// unlearn lets the bridge or the switch that d hangs on forget whom it saw
// there: br_stp_disable_port in net/bridge/br_stp_if.c.
func (d *Device) unlearn() {
	if d.seg != nil {
		d.seg.fdb.forget(d)
	}
	if d.master != nil && d.master.bridge != nil {
		d.master.forgetPort(d, false)
	}
}

// Part ends what two ends of a veth know of each other, before both go.
func (d *Device) Part() {
	if p := d.peer; p != nil {
		d.peer, p.peer = nil, nil
	}
}

// Remove takes the device out of the world; a veth takes its peer's link with
// it. The owners forget the devices.
func (d *Device) Remove() {
	p := d.peer
	d.takeOut()
	if p != nil {
		p.takeOut()
		d.peer, p.peer = nil, nil
	}
}

func (d *Device) takeOut() {
	d.SetUp(false)
	d.DropQdisc()
	d.gone = true
	if d.master != nil {
		d.master.RemovePort(d)
	}
	for _, p := range d.Ports() {
		d.RemovePort(p)
	}
	if d.seg != nil {
		d.seg.detach(d)
	}
	if d.lower != nil {
		d.lower.dropUpper(d)
	}
}

// AddTap lets f see every frame that crosses d, until the returned function is
// called.
func (d *Device) AddTap(f Tap) (remove func()) {
	e := &tapEntry{f}
	d.taps = append(d.taps, e)
	return func() {
		for i, x := range d.taps {
			if x == e {
				d.taps = append(d.taps[:i:i], d.taps[i+1:]...)
				return
			}
		}
	}
}

func (d *Device) tap(dir trace.Dir, b *packet.Buffer) {
	for _, t := range d.taps {
		t.f(d, dir, d.World.Clock.Now(), b.Bytes())
	}
}

// Xmit sends b, whose first byte is the link header's, out of d: like
// __dev_queue_xmit and the device's ndo_start_xmit. It takes ownership of b.
func (d *Device) Xmit(b *packet.Buffer) {
	w := d.World
	if !d.Carrier() {
		// A device without carrier has the noop qdisc: dropped before any
		// packet socket sees it, and not counted.
		why := trace.DevReady
		if d.up {
			why = trace.LinkDown
		}
		w.Drop(b, d.Place, trace.StageEgress, why, trace.RefDevice, uint32(d.Place))
		return
	}
	if d.qdisc != nil {
		d.qdisc.enqueue(b)
		return
	}
	d.transmit(b)
}

// transmit hands b to the driver: dev_hard_start_xmit.
func (d *Device) transmit(b *packet.Buffer) {
	w := d.World
	if d.taps != nil && d.Kind != Loopback { // libpcap hides what leaves by lo: it comes back in
		d.tap(trace.Out, b)
	}
	if w.Log.On() {
		d.note(b, trace.StageEgress, trace.ReasonNone)
	}
	n := uint64(b.Len())
	switch d.Kind {
	case Veth:
		if b.Len() > d.peer.MTU+packet.EthernetLen+vlanLen {
			d.Stats.TxDropped++
			d.peer.Stats.RxDropped++ // ____dev_forward_skb
			w.Drop(b, d.Place, trace.StageLink, trace.MTUExceeded, trace.RefDevice, uint32(d.peer.Place))
			return
		}
		d.sent(n)
		b.Scrub(true)
		if d.link.rng == nil || d.link.plain() {
			w.send(d.peer, b, w.Clock.Now().Add(d.link.Delay))
			return
		}
		d.link.carry(d, b, d.toPeer)
	case NIC:
		d.sent(n)
		b.Scrub(true)
		if d.seg == nil {
			w.Drop(b, d.Place, trace.StageLink, trace.LinkDown, trace.RefDevice, uint32(d.Place))
			return
		}
		if d.link.plain() {
			d.seg.forward(d, b, w.Clock.Now().Add(d.link.Delay))
			return
		}
		d.link.carry(d, b, d.toSegment)
	case VLAN:
		d.sent(n)
		d.xmitTagged(b)
	case Macvlan:
		d.sent(n)
		d.xmitMacvlan(b)
	case VRF: // to itself, as vrf_local_xmit does
		d.sent(n)
		w.send(d, b, w.Clock.Now().Add(LoopbackDelay))
	case Loopback: // loopback_xmit counts after the link header is gone
		d.sent(n - packet.EthernetLen)
		w.send(d, b, w.Clock.Now().Add(LoopbackDelay))
	case Bridge, IPIP, VXLAN:
		if w.nested > maxNested { // dev_xmit_recursion in __dev_queue_xmit
			d.Stats.TxDropped++
			w.Drop(b, d.Place, trace.StageEgress, trace.TunnelLoop, trace.RefDevice, uint32(d.Place))
			return
		}
		w.nested++
		if d.Kind == Bridge {
			d.sent(n)
			d.bridge.xmit(d, b)
		} else {
			d.Owner.TunnelXmit(d, b)
		}
		w.nested--
	case Dummy:
		d.sent(n)
		w.Absorb(b)
	}
}

// plain says that the link does nothing but delay.
func (l *link) plain() bool {
	return l.Loss == 0 && l.Duplicate == 0 && l.Corrupt == 0 && l.Reorder == 0 && l.Bandwidth == 0
}

func (d *Device) toPeer(w *World, b *packet.Buffer, at clock.Instant) { w.send(d.peer, b, at) }

func (d *Device) toSegment(_ *World, b *packet.Buffer, at clock.Instant) { d.seg.forward(d, b, at) }

func (d *Device) sent(n uint64) {
	d.Stats.TxPackets++
	d.Stats.TxBytes += n
}

// Fire is the arrival of the frame that World.send put on its way.
func (d *Device) Fire(arg uint64) {
	w := d.World
	i := uint32(arg)
	b := w.flight[i]
	w.flight[i] = nil
	w.spare = append(w.spare, i)
	d.arrive(b)
	if arg&nearby != 0 {
		w.arrived()
	}
}

// arrive takes a frame off the wire.
func (d *Device) arrive(b *packet.Buffer) {
	w := d.World
	if d.gone || !d.up {
		d.Stats.RxDropped++
		w.Drop(b, d.Place, trace.StageLink, trace.LinkDown, trace.RefDevice, uint32(d.Place))
		return
	}
	switch n := b.Len(); d.Kind {
	case Loopback:
		d.CountRx(n - packet.EthernetLen)
	case VXLAN: // by Requeue, whose caller counts
	default:
		d.CountRx(n)
	}
	d.Input(b)
}

// Requeue lets a frame come in by d a moment later, behind what goes on now:
// netif_rx. It takes ownership of b; the counters are the caller's.
func (d *Device) Requeue(b *packet.Buffer) {
	d.World.send(d, b, d.World.Clock.Now().Add(LoopbackDelay))
}

// Input hands a frame that came in by d to packet sockets, then to the bridge
// d is a port of, then to the namespace: like __netif_receive_skb_core. It
// takes ownership of b. The counters are the caller's.
func (d *Device) Input(b *packet.Buffer) {
	if d.HasEthernet() && b.Len() < packet.EthernetLen {
		d.Stats.RxErrors++
		d.World.Drop(b, d.Place, trace.StageIngress, trace.PktTooSmall, trace.RefDevice, uint32(d.Place))
		return
	}
	if d.HasEthernet() {
		dst := packet.Ethernet(b.Bytes()).Dst()
		switch {
		case dst == d.MAC:
			b.Type = packet.Host
		case dst == packet.BroadcastMAC:
			b.Type = packet.Broadcast
		case dst.IsMulticast():
			b.Type = packet.Multicast
		default:
			b.Type = packet.OtherHost
		}
		if d.Kind == Loopback || d.Kind == VRF {
			b.Type = packet.Host
		}
	} else {
		b.Type = packet.Host
	}
	d.input(b)
}

// input is Input for a frame of known type.
func (d *Device) input(b *packet.Buffer) {
	b.IIF = d.Index
	if d.taps != nil && d.Kind != VRF { // what comes in by a VRF went out by it (PACKET_LOOPBACK)
		d.tap(trace.In, b)
	}
	if d.World.Log.On() {
		d.note(b, trace.StageIngress, trace.ReasonNone)
	}
	if d.uppers != nil && d.toUppers(b) {
		return
	}
	if d.master != nil && d.master.bridge != nil {
		d.master.bridge.input(d.master, d, b)
		return
	}
	d.Owner.Receive(d, b)
}

// Count adds a packet of n bytes to the receive counters.
func (d *Device) CountRx(n int) {
	d.Stats.RxPackets++
	d.Stats.RxBytes += uint64(n)
}

// CountTx adds a packet of n bytes to the transmit counters.
func (d *Device) CountTx(n int) { d.sent(uint64(n)) }

// note tells the log that b crosses d. A frame whose flow it does not know is
// read.
func (d *Device) note(b *packet.Buffer, s trace.Stage, why trace.Reason) {
	l := &d.World.Log
	r := l.Next(d.World.Clock.Now(), b.ID, b.Parent, d.Place, s, trace.Continue, trace.RefDevice, uint32(d.Place))
	r.Reason = why
	if !l.Knows(b.ID) {
		SetFlow(l, r, d.HasEthernet(), b.Bytes())
	}
	if l.Listening() {
		l.Commit(r, b.Bytes())
	}
}

// SetFlow adds to a record what a frame with an Ethernet header, or without,
// looks like.
func SetFlow(l *trace.Log, r *trace.Record, ethernet bool, f []byte) {
	t := packet.EtherIPv4
	if ethernet && len(f) >= packet.EthernetLen {
		t, f = packet.Ethernet(f).Type(), f[packet.EthernetLen:]
	}
	switch t {
	case packet.EtherIPv4:
		if p, err := packet.ParseIPv4(f); err == nil {
			l.SetIPv4(r, p)
			return
		}
	case packet.EtherARP:
		if a, err := packet.ParseARP(f); err == nil {
			l.SetARP(r, a)
			return
		}
	}
	l.SetUnknown(r)
}

// Tapped says that somebody looks at the frames that cross d.
func (d *Device) Tapped() bool { return d.taps != nil }

// Show lets those who look at d see a frame that does not cross it in the
// usual way.
func (d *Device) Show(dir trace.Dir, b *packet.Buffer) { d.tap(dir, b) }
