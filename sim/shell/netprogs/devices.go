package netprogs

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"hoplab/packet/pcap"
	"hoplab/sim/netdev"
)

// anyDevice is libpcap's device that captures on all interfaces.
const anyDevice = "any"

// listed is one entry of pcap_findalldevs.
type listed struct {
	name, text string
	flags      string // as -D prints them
	rank       uint32 // libpcap's figure of merit: the lowest comes first
}

// Bits of the figure of merit, in get_figure_of_merit of libpcap's pcap.c.
const (
	rankNotRunning   = 0x80000000
	rankNotUp        = 0x40000000
	rankDisconnected = 0x20000000
	rankLoopback     = 0x10000000
	rankAny          = 0x08000000
)

// devices lists what -D shows, in its order: what is up and connected first.
func (d *dump) devices() []listed {
	var all []listed
	for _, dev := range d.c.NS.Devices() {
		l := listed{name: dev.Name}
		var flags []string
		if dev.Up() {
			flags = append(flags, "Up")
		} else {
			l.rank |= rankNotUp
		}
		if dev.Up() && dev.Carrier() {
			flags = append(flags, "Running")
		} else {
			l.rank |= rankNotRunning
		}
		switch {
		case dev.Kind == netdev.Loopback:
			flags = append(flags, "Loopback")
			l.rank |= rankLoopback
		case len(flags) == 0:
			flags = []string{"none", "Disconnected"}
			l.rank |= rankDisconnected
		case dev.Carrier():
			flags = append(flags, "Connected")
		default:
			flags = append(flags, "Disconnected")
			l.rank |= rankDisconnected
		}
		l.flags = strings.Join(flags, ", ")
		all = append(all, l)
	}
	const down = rankNotRunning | rankNotUp
	all = append(all,
		listed{name: anyDevice, text: "Pseudo-device that captures on all interfaces", flags: "Up, Running", rank: rankAny},
		listed{name: "bluetooth-monitor", text: "Bluetooth Linux Monitor", flags: "Wireless", rank: down},
		listed{name: "nflog", text: "Linux netfilter log (NFLOG) interface", flags: "none", rank: down},
		listed{name: "nfqueue", text: "Linux netfilter queue (NFQUEUE) interface", flags: "none", rank: down},
		listed{name: "dbus-system", text: "D-Bus system bus", flags: "none", rank: down},
		listed{name: "dbus-session", text: "D-Bus session bus", flags: "none", rank: down},
	)
	slices.SortStableFunc(all, func(a, b listed) int {
		switch {
		case a.rank < b.rank:
			return -1
		case a.rank > b.rank:
			return 1
		}
		return 0
	})
	return all
}

// listDevices is -D.
func (d *dump) listDevices() {
	for i, l := range d.devices() {
		text := fmt.Sprintf("%d.%s", i+1, l.name)
		if l.text != "" {
			text += " (" + l.text + ")"
		}
		_, _ = io.WriteString(d.h.Out, text+" ["+l.flags+"]\n")
	}
}

// open finds the device to capture on. A nil device is any.
func (d *dump) open() (*netdev.Device, error) {
	all := d.devices()
	if d.device == "" {
		d.device = all[0].name
	}
	name := strings.TrimPrefix(d.device, "\x00")
	known := func(l listed) bool { return l.name == name }
	i := slices.IndexFunc(all, known)
	if i < 0 && isNumber(name) {
		n := atoi(name)
		if n <= 0 || n > len(all) {
			return nil, fmt.Errorf("Invalid adapter index") //nolint:staticcheck // tcpdump's own words
		}
		i = n - 1
	}
	if i < 0 {
		return nil, fmt.Errorf("%s: No such device exists\n(No such device exists)", name)
	}
	d.device = all[i].name
	switch dev := d.c.NS.Device(d.device); {
	case dev != nil && !dev.Up():
		return nil, fmt.Errorf("%s: That device is not up", d.device)
	case dev != nil:
		return dev, nil
	case d.device == anyDevice:
		return nil, nil
	}
	return nil, fmt.Errorf("not modelled: capturing on %s", d.device)
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == "" || strings.HasPrefix(s, "-") && isNumber(s[1:])
}

// linkTypesOf lists the link types that a device offers, the usual one first.
func linkTypesOf(dev *netdev.Device) []int {
	switch {
	case dev == nil:
		return []int{pcap.LinkLinuxSLL2, pcap.LinkLinuxSLL}
	case dev.HasEthernet():
		return []int{pcap.LinkEthernet}
	}
	return []int{pcap.LinkRaw}
}

// chooseLink sets the link type: -y, or the device's own.
func (d *dump) chooseLink(dev *netdev.Device) error {
	offered := linkTypesOf(dev)
	d.linkType = offered[0]
	if dev == nil && d.dlt == nil {
		d.dlt = linkTypeByName("LINUX_SLL2") // tcpdump asks for it by itself
	}
	if d.dlt == nil {
		return nil
	}
	if d.linkType = d.dlt.number; !slices.Contains(offered, d.linkType) {
		return fmt.Errorf("%s is not one of the DLTs supported by this device", d.dlt.name)
	}
	d.warn("data link type " + d.dlt.name)
	return nil
}

// listLinkTypes is -L.
func (d *dump) listLinkTypes(dev *netdev.Device) error {
	text := fmt.Sprintf("Data link types for %s (use option -y to set):\n", d.device)
	for _, t := range slices.Backward(linkTypesOf(dev)) {
		text += "  " + describeLink(t) + "\n"
	}
	if dev != nil && dev.Kind != netdev.Loopback && dev.HasEthernet() {
		text += "  DOCSIS (DOCSIS) (printing not supported)\n"
	}
	_, _ = io.WriteString(d.h.Err, text)
	return &stop{0}
}
