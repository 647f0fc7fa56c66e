package stack

import (
	"slices"

	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
)

// What rtnetlink tells those who listen: net/core/rtnetlink.c and the rtmsg_…
// functions of net/ipv4.

// EventKind says what an Event is about.
type EventKind uint8

// The kinds.
const (
	LinkEvent EventKind = iota
	AddressEvent
	RouteEvent // also rules and nexthop objects: see fib.Change
	NeighEvent
	ConfEvent
	NSIDEvent
)

// Event is one message of the kernel. Its pointers hold for the call only: who
// wants to know how things stood reads them then.
type Event struct {
	Kind    EventKind
	Del     bool
	Dev     *netdev.Device // of link, address, neighbour and settings; nil for all and default
	Address Address
	Fib     fib.Change
	Neigh   *neigh.Entry

	// Rising is the first message of a device that went up, before its state
	// is known to have followed.
	Rising bool
	// To is where the device of a link that went away is now.
	To      *Namespace
	ToIndex int32

	ConfOf string // "all" or "default", where Dev is nil
	Conf   *Conf
	Only   ConfKey // the setting that changed; numConf: all are told

	NSID int
	NS   *Namespace
}

// AllConf is Event.Only for all settings.
const AllConf = numConf

type watcher struct{ f func(*Event) }

// Watch lets f hear of every change in the namespace, until cancel is called.
func (ns *Namespace) Watch(f func(*Event)) (cancel func()) {
	w := &watcher{f}
	ns.watchers = append(ns.watchers, w)
	ns.FIB.Watch = func(c fib.Change) { ns.emit(&Event{Kind: RouteEvent, Del: c.Del, Fib: c}) }
	return func() {
		ns.watchers = slices.DeleteFunc(slices.Clone(ns.watchers), func(x *watcher) bool { return x == w })
		if len(ns.watchers) == 0 {
			ns.FIB.Watch = nil
		}
	}
}

func (ns *Namespace) emit(e *Event) {
	for _, w := range ns.watchers {
		w.f(e)
	}
}

// NotifyLink tells that something about a device changed.
func (ns *Namespace) NotifyLink(d *netdev.Device) {
	ns.numberPeer(d)
	if len(ns.watchers) > 0 {
		ns.emit(&Event{Kind: LinkEvent, Dev: d})
	}
}

// numberPeer gives the namespace of the other end of a veth a NetNSID, as a
// message about the device names it whether or not anyone listens:
// rtnl_fill_link_netnsid.
func (ns *Namespace) numberPeer(d *netdev.Device) {
	if p := d.Peer(); p != nil {
		if other, ok := p.Owner.(*Namespace); ok && other != ns {
			ns.NetNSID(other)
		}
	}
}

// notifyUp tells of a device that came up or went down, and of one whose
// carrier came or went: linkwatch speaks of the carrier a little later.
func (ns *Namespace) notifyUp(d *netdev.Device, rose bool) {
	ns.numberPeer(d)
	if len(ns.watchers) == 0 {
		return
	}
	if rose && d.Carrier() && (d.Kind == netdev.Veth || d.Kind == netdev.VLAN || d.Kind == netdev.Macvlan) {
		ns.emit(&Event{Kind: LinkEvent, Dev: d, Rising: true})
	}
	ns.emit(&Event{Kind: LinkEvent, Dev: d})
}

func (ns *Namespace) notifyAddress(d *netdev.Device, a Address, del bool) {
	if len(ns.watchers) > 0 {
		ns.emit(&Event{Kind: AddressEvent, Del: del, Dev: d, Address: a})
	}
}

// notifyConf tells of the settings of a device: inet_netconf_notify_devconf.
func (ns *Namespace) notifyConf(d *netdev.Device, of string, c *Conf, only ConfKey, del bool) {
	if len(ns.watchers) > 0 {
		ns.emit(&Event{Kind: ConfEvent, Del: del, Dev: d, ConfOf: of, Conf: c, Only: only})
	}
}

// NetConf gives settings as `ip netconf` shows them; nil for a device that is
// not here. "all" and "default" name no device.
func (ns *Namespace) NetConf(name string) *Conf {
	c, err := ns.confOf(name)
	if err != nil {
		return nil
	}
	return c
}
