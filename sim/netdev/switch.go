package netdev

import (
	"encoding/binary"
	"slices"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// ageing is how long a learnt MAC address is believed, as br_ageing_time in
// net/bridge: 300 s.
const ageing = 300e9

// fdb is the forwarding database of a bridge or a segment: which port a MAC
// address was last seen at. Up to fewMACs of them are found by looking at one
// after the other.
type fdb struct {
	entries []fdbEntry     // in order of learning
	index   map[uint64]int // by MAC as a number
}

type fdbEntry struct {
	mac   packet.MAC
	port  *Device // nil: a bridge's own address
	seen  clock.Instant
	used  clock.Instant // as a destination
	flags FDBFlags      // of a bridge
}

// old says that the address was not seen for too long.
func (e *fdbEntry) old(now clock.Instant) bool {
	return now-e.seen > ageing && e.flags&(FDBStatic|FDBExt) == 0
}

const fewMACs = 8

// number is an address as a number: maps have a fast path for those.
func number(m packet.MAC) uint64 {
	return uint64(binary.BigEndian.Uint32(m[:4]))<<16 | uint64(binary.BigEndian.Uint16(m[4:]))
}

// find is the entry of an address, nil when unknown.
func (f *fdb) find(m packet.MAC) *fdbEntry {
	if f.index != nil {
		if i, ok := f.index[number(m)]; ok {
			return &f.entries[i]
		}
		return nil
	}
	for i := range f.entries {
		if f.entries[i].mac == m {
			return &f.entries[i]
		}
	}
	return nil
}

func (f *fdb) learn(m packet.MAC, port *Device, now clock.Instant) {
	if m.IsMulticast() {
		return
	}
	e := f.find(m)
	if e != nil && e.old(now) {
		f.delete(m)
		e = nil
	}
	switch {
	case e == nil:
		e = f.add(m, port, now)
		e.used = now
	case e.flags&FDBLocal != 0: // somebody else has the bridge's own address
	case e.flags&FDBSticky != 0:
		e.seen = now
	default:
		if e.port != port {
			e.port, e.flags = port, e.flags&^FDBExt
		}
		e.seen = now
	}
}

func (f *fdb) add(m packet.MAC, port *Device, now clock.Instant) *fdbEntry {
	f.entries = append(f.entries, fdbEntry{mac: m, port: port, seen: now})
	f.reindex(len(f.entries) - 1)
	return &f.entries[len(f.entries)-1]
}

func (f *fdb) delete(m packet.MAC) {
	f.entries = slices.DeleteFunc(f.entries, func(e fdbEntry) bool { return e.mac == m })
	f.index = nil
	f.reindex(0)
}

// port is where m was seen, nil when unknown or too long ago.
func (f *fdb) port(m packet.MAC, now clock.Instant) *Device {
	if m.IsMulticast() {
		return nil
	}
	e := f.find(m)
	if e == nil || e.old(now) {
		return nil
	}
	return e.port
}

func (f *fdb) forget(port *Device) {
	f.entries = slices.DeleteFunc(f.entries, func(e fdbEntry) bool { return e.port == port })
	f.index = nil
	f.reindex(0)
}

// reindex brings the index up to date with the entries from that one on.
func (f *fdb) reindex(from int) {
	if len(f.entries) <= fewMACs {
		return
	}
	if f.index == nil {
		f.index, from = make(map[uint64]int, 2*fewMACs), 0
	}
	for i := from; i < len(f.entries); i++ {
		f.index[number(f.entries[i].mac)] = i
	}
}

// Segment is a LAN: a switch without an address that NICs are attached to. It
// floods as a Linux bridge does, to the NIC that was attached last first.
type Segment struct {
	Name  string
	MTU   int
	world *World
	ports []*Device
	fdb   fdb
}

// NewSegment returns a segment without ports.
func (w *World) NewSegment(name string, mtu int) *Segment {
	return &Segment{Name: name, MTU: mtu, world: w}
}

// Attach plugs the NIC d in. props hold for what d sends.
func (s *Segment) Attach(d *Device, props Properties) {
	d.seg = s
	d.link = link{Properties: props, rng: d.World.Stream("port " + s.Name + " " + d.MAC.String())}
	s.ports = slices.Insert(s.ports, 0, d)
}

func (s *Segment) detach(d *Device) {
	s.ports = slices.DeleteFunc(s.ports, func(p *Device) bool { return p == d })
	s.fdb.forget(d)
	d.seg = nil
}

// forward sends the frame to the port that its destination was seen at, or
// to all others; it arrives at the given instant. It takes ownership of b.
func (s *Segment) forward(from *Device, b *packet.Buffer, at clock.Instant) {
	w := s.world
	eth, err := packet.ParseEthernet(b.Bytes())
	if err != nil {
		w.Drop(b, from.Place, trace.StageLink, trace.PktTooSmall, trace.RefDevice, uint32(from.Place))
		return
	}
	now := w.Clock.Now()
	s.fdb.learn(eth.Src(), from, now)
	if to := s.fdb.port(eth.Dst(), now); to != nil {
		if to == from {
			w.Drop(b, from.Place, trace.StageLink, trace.NoMaster, trace.RefDevice, uint32(from.Place))
			return
		}
		s.deliver(from, to, b, at)
		return
	}
	var last *Device
	for _, p := range s.ports {
		if p == from || !p.up {
			continue
		}
		if last != nil {
			s.deliver(from, last, b.Clone(), at)
		}
		last = p
	}
	if last == nil {
		w.Drop(b, from.Place, trace.StageLink, trace.LinkDown, trace.RefDevice, uint32(from.Place))
		return
	}
	s.deliver(from, last, b, at)
}

func (s *Segment) deliver(from, to *Device, b *packet.Buffer, at clock.Instant) {
	if limit := min(s.MTU, to.MTU) + packet.EthernetLen + vlanLen; b.Len() > limit {
		s.world.Drop(b, from.Place, trace.StageLink, trace.MTUExceeded, trace.RefDevice, uint32(to.Place))
		return
	}
	s.world.send(to, b, at)
}

// bridge is a bridge device's forwarding: learning, no spanning tree.
type bridge struct {
	ports []*Device // the one that was added last comes first, as in the kernel's list: new_nbp
	fdb   fdb
	used  bool // had a port
	idle  bool // no carrier: had ports, but none of them forwards
}

// AddPort makes p a port of the bridge d.
func (d *Device) AddPort(p *Device) {
	p.master = d
	if d.bridge == nil { // a VRF
		return
	}
	p.Attrs.Port = PortAttrs{Priority: DefaultPortPriority}
	d.bridge.ports = slices.Insert(d.bridge.ports, 0, p)
	d.addLocal(nil, d.MAC)
	d.addLocal(p, p.MAC)
	d.portChanged()
}

// RemovePort takes p off the bridge d.
func (d *Device) RemovePort(p *Device) {
	p.master = nil
	if d.bridge == nil {
		return
	}
	d.bridge.ports = slices.DeleteFunc(d.bridge.ports, func(x *Device) bool { return x == p })
	d.forgetPort(p, true)
	d.portChanged()
}

// Master is the bridge that d is a port of, nil for none.
func (d *Device) Master() *Device { return d.master }

// Ports are the ports of a bridge in the order in which they were added.
func (d *Device) Ports() []*Device {
	if d.bridge == nil {
		return nil
	}
	ports := slices.Clone(d.bridge.ports)
	slices.Reverse(ports)
	return ports
}

// input takes a frame that came in by a port: like br_handle_frame_finish in
// net/bridge/br_input.c.
func (g *bridge) input(d, port *Device, b *packet.Buffer) {
	w := d.World
	if !d.up {
		w.Drop(b, port.Place, trace.StageBridge, trace.DevReady, trace.RefDevice, uint32(d.Place))
		return
	}
	eth := packet.Ethernet(b.Bytes())
	now := w.Clock.Now()
	src, dst := eth.Src(), eth.Dst()
	if src.IsZero() || src.IsMulticast() {
		w.Drop(b, port.Place, trace.StageBridge, trace.MACInvalidSource, trace.RefDevice, uint32(d.Place))
		return
	}
	if port.Attrs.Port.Flags&PortLocked != 0 {
		if e := g.fdb.find(src); e == nil || e.port != port || e.flags&FDBLocal != 0 {
			w.Drop(b, port.Place, trace.StageBridge, trace.NoMaster, trace.RefDevice, uint32(port.Place))
			return
		}
	}
	if port.Attrs.Port.Flags&PortNoLearning == 0 {
		g.fdb.learn(src, port, now)
	}
	var to *fdbEntry
	if !dst.IsMulticast() {
		if to = g.fdb.find(dst); to != nil && to.old(now) {
			to = nil
		}
	}
	switch {
	case to != nil && to.flags&FDBLocal != 0:
		g.up(d, b)
	case dst.IsMulticast():
		g.flood(d, port, b.Clone())
		g.up(d, b)
	default:
		var seen *packet.Buffer // by who looks at the bridge device itself
		if d.Attrs.Promisc || d.Attrs.Promiscuity > 0 {
			seen = b.Clone()
		}
		if to != nil {
			to.used = now
			g.toPort(d, port, to.port, b)
		} else {
			g.flood(d, port, b)
		}
		if seen != nil {
			g.up(d, seen)
		}
	}
}

// up hands a frame to the bridge device itself. What the frame was addressed
// to, seen from the port, stays.
func (g *bridge) up(d *Device, b *packet.Buffer) {
	d.CountRx(b.Len() - packet.EthernetLen) // the header is off by now: br_pass_frame_up
	was := b.Type
	b.Scrub(false)
	if packet.Ethernet(b.Bytes()).Dst() == d.MAC {
		was = packet.Host
	}
	b.Type = was
	d.input(b)
}

// xmit sends a frame of the bridge device itself: br_dev_xmit.
func (g *bridge) xmit(d *Device, b *packet.Buffer) {
	eth := packet.Ethernet(b.Bytes())
	if dst := eth.Dst(); !dst.IsMulticast() {
		if e := g.fdb.find(dst); e != nil && !e.old(d.World.Clock.Now()) {
			g.toPort(d, nil, e.port, b)
			return
		}
	}
	g.flood(d, nil, b)
}

// delivers says that a frame may go from one port to another: should_deliver.
// A nil from is the bridge itself.
func delivers(from, to *Device) bool {
	switch {
	case from == nil:
		return true
	case from == to:
		return to.Attrs.Port.Flags&PortHairpin != 0
	}
	return from.Attrs.Port.Flags&to.Attrs.Port.Flags&PortIsolated == 0
}

func (g *bridge) toPort(d, from, to *Device, b *packet.Buffer) {
	if to == nil { // the bridge's own address, from the bridge itself
		d.World.Drop(b, d.Place, trace.StageBridge, trace.NoMaster, trace.RefDevice, uint32(d.Place))
		return
	}
	if !delivers(from, to) {
		d.World.Drop(b, d.Place, trace.StageBridge, trace.NoMaster, trace.RefDevice, uint32(to.Place))
		return
	}
	to.Xmit(b)
}

func (g *bridge) flood(d, from *Device, b *packet.Buffer) {
	dst := packet.Ethernet(b.Bytes()).Dst()
	deaf := PortNoFlood
	switch {
	case dst == packet.BroadcastMAC:
		deaf = PortNoBcastFlood
	case dst.IsMulticast():
		deaf = PortNoMcastFlood
	}
	if from == nil && deaf != PortNoFlood {
		deaf = 0
	}
	var last *Device
	for _, p := range g.ports {
		if !p.Carrier() || p.Attrs.Port.Flags&deaf != 0 || !delivers(from, p) {
			continue
		}
		if last != nil {
			g.toPort(d, from, last, b.Clone())
		}
		last = p
	}
	if last == nil {
		d.World.Drop(b, d.Place, trace.StageBridge, trace.NoMaster, trace.RefDevice, uint32(d.Place))
		return
	}
	g.toPort(d, from, last, b)
}
