package sim

import (
	"fmt"

	"hoplab/packet/pcap"
	"hoplab/sim/clock"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
)

// Frame is one packet that crossed an interface.
type Frame struct {
	At   clock.Instant
	Dir  trace.Dir
	Data []byte // from the link header on, or the IP header on tunl0
}

// Capture collects what crosses one interface, as tcpdump does.
type Capture struct {
	NetNS, Dev string
	LinkType   int // pcap.LinkEthernet or pcap.LinkRaw
	Frames     []Frame

	remove func()
}

// Capture starts to collect what crosses an interface of a machine or pod.
func (l *Lab) Capture(netns, dev string) (*Capture, error) {
	d, err := l.device(netns, dev)
	if err != nil {
		return nil, err
	}
	c := &Capture{NetNS: netns, Dev: dev, LinkType: linkType(d)}
	c.remove = d.AddTap(func(_ *netdev.Device, dir trace.Dir, at clock.Instant, frame []byte) {
		c.Frames = append(c.Frames, Frame{At: at, Dir: dir, Data: append([]byte(nil), frame...)})
	})
	return c, nil
}

// Stop ends the capture; what was collected stays.
func (c *Capture) Stop() {
	if c.remove != nil {
		c.remove()
		c.remove = nil
	}
}

// Tap lets f see what crosses an interface until the returned function is
// called. frame is valid only during the call.
func (l *Lab) Tap(netns, dev string, f func(dir trace.Dir, at clock.Instant, frame []byte)) (linktype int, remove func(), err error) {
	d, err := l.device(netns, dev)
	if err != nil {
		return 0, nil, err
	}
	return linkType(d), d.AddTap(func(_ *netdev.Device, dir trace.Dir, at clock.Instant, frame []byte) { f(dir, at, frame) }), nil
}

func (l *Lab) device(netns, dev string) (*netdev.Device, error) {
	ns := l.Namespace(netns)
	if ns == nil {
		return nil, fmt.Errorf("there is no machine or pod called %q in lab %s", netns, l.Topology.Name)
	}
	d := ns.Device(dev)
	if d == nil {
		return nil, fmt.Errorf("%s has no interface %q", netns, dev)
	}
	return d, nil
}

func linkType(d *netdev.Device) int {
	if d.HasEthernet() {
		return pcap.LinkEthernet
	}
	return pcap.LinkRaw
}
