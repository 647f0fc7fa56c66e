package netprogs

import (
	"errors"
	"fmt"
	"io"
	"net/netip"

	"hoplab/packet/filter"
	"hoplab/packet/pcap"
	"hoplab/sim/clock"
	"hoplab/sim/netdev"
	"hoplab/sim/shell"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
)

// A live capture without --immediate-mode reads a ring of blocks (TPACKET_V3):
// the kernel hands a block over when it is full or when its timer finds packets
// in it. What is in a block when tcpdump ends was received, but never seen; on
// a real machine, too, `kill -INT` right after a ping loses its packets.
const (
	blockSize     = 256 << 10                  // bytes, for the greatest snapshot length
	blockHead     = 82                         // bytes of the kernel's own in front of a packet
	blockTimeout  = 1000 * clock.Duration(1e6) // of a program that does not print to a person
	promptTimeout = 100 * clock.Duration(1e6)  // of one that does: -l, or a terminal
)

// ring is the packet socket of a live capture.
type ring struct {
	d       *dump
	dev     *netdev.Device // nil: any
	period  clock.Duration // of the block timer; 0: immediate mode
	began   clock.Instant  // the timer's last start
	queue   []pcap.Packet
	bytes   int // in queue
	full    bool
	scratch []byte
	tapped  []tapped
}

type tapped struct {
	dev    *netdev.Device
	remove func()
}

// capture is the live half of main in tcpdump.c.
func (d *dump) capture() error {
	dev, err := d.open()
	if err != nil {
		return err
	}
	if d.list != 'J' && d.monitor {
		return fmt.Errorf("%s: That device doesn't support monitor mode", d.device)
	}
	if d.stampType != "" && d.stampType != "host" && d.list != 'J' {
		d.warn("WARNING: When trying to set timestamp type '" + d.stampType + "' on " + d.device + ": That type of time stamp is not supported by that device")
	}
	switch d.list {
	case 'J':
		fmt.Fprintf(d.h.Err, "Time stamp types for %s (use option -j to set):\n  host (Host)\n", d.device)
		return &stop{0}
	case 'L':
		return d.listLinkTypes(dev)
	}
	if err := d.chooseLink(dev); err != nil {
		return err
	}
	if d.foreign {
		var addresses []netip.Prefix
		if dev != nil {
			for _, a := range d.c.NS.Addresses(dev) {
				addresses = append(addresses, a.Prefix)
			}
		}
		local, err := localNet(dev, addresses)
		if err != nil {
			d.warn("WARNING: foreign (-f) flag used but: " + err.Error())
		}
		d.netmask = filter.Netmask(local.Bits())
		if !d.numeric {
			d.printer.Options.Names = namesOf(d.c, d.short, local)
		}
	}
	if d.snapLen == 0 {
		d.snapLen = pcap.MaxSnapLen
	}
	if err := d.compile(d.snapLen, true); err != nil {
		return err
	}
	if err := d.openSave(d.snapLen); err != nil {
		return err
	}
	d.printer.Options.Interface, d.printer.Options.LinkType = d.deviceName, d.linkType
	d.left = d.count
	r := &ring{d: d, dev: dev, began: d.c.Proc.Now()}
	switch {
	case d.immediate:
	case (!d.writing || d.alsoPrint) && (d.terminal || d.lineBuf):
		r.period = promptTimeout
	default:
		r.period = blockTimeout
	}
	d.c.Catch(shell.SIGINT, shell.SIGTERM, shell.SIGHUP, shell.SIGUSR1, shell.SIGUSR2)
	r.attach()
	defer r.detach()
	defer d.c.NS.Watch(r.linkChanged)()
	d.announce()
	err = d.loop(r)
	if !d.writing && d.interrupted {
		_ = d.out.WriteByte('\n')
	}
	_ = d.out.Flush()
	if err == nil || errors.Is(err, errDisappeared) {
		if err != nil {
			d.warn("pcap_loop: " + err.Error())
			err = &stop{1}
		}
		d.counts("\n", "")
	}
	if d.save != nil {
		err = errors.Join(d.save.close(), err)
	}
	return err
}

// announce is the line "listening on".
func (d *dump) announce() {
	text := "tcpdump: "
	if d.printer.Options.Verbose == 0 && !d.writing {
		text += "verbose output suppressed, use -v[v]... for full protocol decode\n"
	}
	text += fmt.Sprintf("listening on %s, link-type %s, snapshot length %d bytes\n", d.device, describeLink(d.linkType), d.snapLen)
	_, _ = io.WriteString(d.h.Err, text)
}

// counts tells the numbers of packets: info of tcpdump.c.
func (d *dump) counts(between, before string) {
	_, _ = io.WriteString(d.h.Err, before+plural(d.captured)+" captured"+between+plural(d.received)+" received by filter"+between+"0 packets dropped by kernel\n")
}

func plural(n int) string {
	if n == 1 {
		return "1 packet"
	}
	return fmt.Sprintf("%d packets", n)
}

var errDisappeared = errors.New("The interface disappeared") //nolint:staticcheck // libpcap's own words

// loop is pcap_loop: it ends with the last packet of -c, or by a signal.
func (d *dump) loop(r *ring) error {
	p := d.c.Proc
	var tell clock.Instant // next "Got N"
	if d.printer.Options.Verbose > 0 && d.writing && !d.alsoPrint {
		tell = p.Now().Add(1e9)
	}
	for {
		switch shell.Signal(p.Signaled()) {
		case shell.SIGINT, shell.SIGTERM, shell.SIGHUP:
			d.interrupted = true
			return nil
		case shell.SIGUSR1:
			d.counts(", ", "tcpdump: ")
		case shell.SIGUSR2:
			if d.save != nil {
				_ = d.save.flush()
			}
		}
		if r.ready() {
			more, err := r.deliver()
			if err != nil || !more {
				return err
			}
			continue
		}
		if r.gone() {
			return errDisappeared
		}
		if tell != 0 && p.Now() >= tell {
			tell = tell.Add(1e9)
			if d.told != d.captured {
				d.told = d.captured
				fmt.Fprintf(d.h.Err, "Got %d\r", d.captured)
			}
		}
		until := r.deadline()
		if tell != 0 && (until == 0 || tell < until) {
			until = tell
		}
		if until == 0 {
			p.Pause()
		} else {
			p.WaitTick(until)
		}
		r.attach()
	}
}

// deviceName is the name of an interface index, as if_indextoname(3) finds it.
func (d *dump) deviceName(index int32) string {
	for _, dev := range d.c.NS.Devices() {
		if dev.Index == index {
			return dev.Name
		}
	}
	return "?"
}

// attach taps the device, or for any those that are not tapped yet.
func (r *ring) attach() {
	if r.dev != nil {
		if len(r.tapped) == 0 {
			r.tap(r.dev)
		}
		return
	}
	for _, dev := range r.d.c.NS.Devices() {
		if !r.has(dev) {
			r.tap(dev)
		}
	}
}

func (r *ring) has(dev *netdev.Device) bool {
	for _, t := range r.tapped {
		if t.dev == dev {
			return true
		}
	}
	return false
}

func (r *ring) tap(dev *netdev.Device) {
	r.tapped = append(r.tapped, tapped{dev, dev.AddTap(r.packet)})
	if r.dev != nil {
		dev.Attrs.Promiscuity++
	}
}

func (r *ring) detach() {
	for _, t := range r.tapped {
		t.remove()
		if r.dev != nil {
			t.dev.Attrs.Promiscuity--
		}
	}
	r.tapped = nil
}

// linkChanged hears of devices that come and go: packet_notifier.
func (r *ring) linkChanged(e *stack.Event) {
	if e.Kind != stack.LinkEvent {
		return
	}
	if r.dev == nil {
		r.attach()
	} else if e.Del && e.Dev == r.dev {
		r.d.c.Proc.Wake()
	}
}

// gone says that the device was deleted.
func (r *ring) gone() bool {
	return r.dev != nil && r.d.c.NS.Device(r.dev.Name) != r.dev
}

// packet takes a packet from a device: tpacket_rcv, and what libpcap does with
// directions.
func (r *ring) packet(dev *netdev.Device, dir trace.Dir, at clock.Instant, frame []byte) {
	d := r.d
	if r.dev == nil {
		r.scratch = appendCooked(r.scratch[:0], d.linkType, dev, dir, frame)
		frame = r.scratch
	}
	if !d.filter.MatchPacket(&filter.Packet{Data: frame, Length: len(frame), Outgoing: dir == trace.Out, IfIndex: int(dev.Index)}) {
		return
	}
	d.received++
	if dev.Kind == netdev.Loopback {
		d.received++ // what leaves by lo passes the filter, too; libpcap hides it
	}
	if d.direction == "in" && dir == trace.Out || d.direction == "out" && dir == trace.In {
		return
	}
	data := append([]byte(nil), frame[:min(len(frame), d.snapLen)]...)
	r.queue = append(r.queue, pcap.Packet{Time: d.c.Lab.Time(at).UnixNano(), Data: data, OrigLen: len(frame)})
	if r.bytes += blockHead + len(data); r.bytes > blockSize {
		r.full = true
	}
	if r.period == 0 || r.full || len(r.queue) == 1 {
		d.c.Proc.Wake()
	}
}

// deadline is when the timer will find the block, 0 if that is empty.
func (r *ring) deadline() clock.Instant {
	if len(r.queue) == 0 || r.period == 0 {
		return 0
	}
	first := r.queue[0].Time - r.d.c.Lab.Time(r.began).UnixNano()
	n := first/int64(r.period) + 1
	return r.began.Add(clock.Duration(n) * r.period)
}

// ready says that packets can be read.
func (r *ring) ready() bool {
	return len(r.queue) > 0 && (r.period == 0 || r.full || r.d.c.Proc.Now() >= r.deadline())
}

// deliver hands the packets on. It says whether there may be more.
func (r *ring) deliver() (bool, error) {
	if r.full {
		r.began = r.d.c.Proc.Now()
	}
	queue := r.queue
	r.queue, r.bytes, r.full = nil, 0, false
	for _, p := range queue {
		if more, err := r.d.packetSeen(p); err != nil || !more {
			return false, err
		}
	}
	return true, nil
}
