package netdev

import "hoplab/packet"

// Attrs are the settings of a device that `ip link` shows and that move no
// packet, but for a promiscuous bridge, which looks at what it forwards.
type Attrs struct {
	NoARP       bool // IFF_NOARP was set; first, where every frame finds it
	Alias       string
	QueueLen    int  // packets: txqueuelen
	Group       int  // 0: default
	MACSet      bool // by the user: a bridge keeps it whatever ports it gets
	MTUSet      bool // likewise
	Promisc     bool // IFF_PROMISC
	AllMulti    bool // IFF_ALLMULTI
	NoMulticast bool // IFF_MULTICAST was taken away
	TxQueues    int  // numtxqueues, 0: one
	RxQueues    int
	AltNames    []string
	VLAN        VLANAttrs
	Table       uint32       // of a VRF
	Promiscuity int          // programs that want to see all frames: tcpdump without -p
	Port        PortAttrs    // of a port of a bridge
	Filter      []packet.MAC // addresses that it lets in beside its own
	Bridge      BridgeAttrs
}

// BridgeAttrs are the settings of a bridge that change nothing while spanning
// tree is off and nobody joins a group.
type BridgeAttrs struct {
	ForwardDelay int  // 1/100 s
	NoSnooping   bool // mcast_snooping 0
}

// DefaultForwardDelay is BR_FORWARD_DELAY, in 1/100 s.
const DefaultForwardDelay = 1500

// defaultQueueLen is DEFAULT_TX_QUEUE_LEN of include/net/pkt_sched.h.
const defaultQueueLen = 1000

// Opened says that the device was up at least once; from then on it has a
// queueing discipline.
func (d *Device) Opened() bool { return d.opened }

// CarrierChanges counts how often the carrier came or went, as far as the
// driver speaks of it.
func (d *Device) CarrierChanges() int { return d.flips }

// Rename gives d another name. Its earlier records keep the old one.
func (d *Device) Rename(name string) {
	owner := d.World.places[d.Place].owner
	d.Name = name
	d.Place = d.World.AddPlace(owner, d)
}

// Move gives d to another owner. It must be down and in no bridge; the owner
// gives it its index.
func (d *Device) Move(o Owner, ownerName string) {
	d.Owner = o
	d.opened = false // dev_shutdown
	d.DropQdisc()
	d.Place = d.World.AddPlace(ownerName, d)
}

// portChanged follows a port of the bridge d that came, went or changed: the
// bridge has a carrier while some port forwards (br_port_state_selection in
// net/bridge/br_stp.c). One that never had a port has one too. A nil d is no
// bridge.
func (d *Device) portChanged() {
	if d == nil || d.gone || d.bridge == nil {
		return
	}
	g := d.bridge
	g.used = g.used || len(g.ports) > 0
	idle := g.used
	for _, p := range g.ports {
		idle = idle && !p.Carrier()
	}
	if idle == g.idle {
		return
	}
	g.idle = idle
	d.flips++
	if d.up {
		d.Owner.LinkChanged(d)
	}
}

// HadPorts says that the bridge d has or had a port, so that its state is known.
func (d *Device) HadPorts() bool { return d.bridge != nil && d.bridge.used }
