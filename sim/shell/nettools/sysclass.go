package nettools

import (
	"fmt"
	"strconv"
	"strings"

	"hoplab/sim/netdev"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// classNet is what is at a path below /sys/class/net. Linux has a symbolic link
// for each device there; here it is the folder itself.
func classNet(ns *stack.Namespace, parts []string) (entry, error) {
	if len(parts) == 0 {
		var names []string
		for _, d := range ns.Devices() {
			names = append(names, d.Name)
		}
		return folder(names...), nil
	}
	d := ns.Device(parts[0])
	if d == nil {
		return entry{}, vfs.ENOENT
	}
	line := func(format string, args ...any) (entry, error) {
		return text(func() []byte { return fmt.Appendf(nil, format+"\n", args...) }), nil
	}
	switch rest := strings.Join(parts[1:], "/"); rest {
	case "":
		return folder("addr_len", "address", "broadcast", "carrier", "flags", "ifindex", "iflink", "mtu", "operstate", "statistics", "tx_queue_len", "type"), nil
	case "addr_len":
		return line("%d", addrLen(d))
	case "address":
		return line("%s", hardwareAddr(d))
	case "broadcast":
		if d.HasEthernet() && d.Kind != netdev.Loopback {
			return line("ff:ff:ff:ff:ff:ff")
		}
		return line("%s", hardwareAddr(d))
	case "carrier":
		return entry{read: func() ([]byte, error) {
			if !d.Up() {
				return nil, vfs.EINVAL // netif_running, net/core/net-sysfs.c
			}
			return fmt.Appendf(nil, "%d\n", number(d.Carrier())), nil
		}}, nil
	case "flags":
		return line("0x%x", deviceFlags(d)&^iffRunning)
	case "ifindex":
		return line("%d", d.Index)
	case "iflink":
		if p := d.Peer(); p != nil {
			return line("%d", p.Index)
		}
		if d.Kind == netdev.IPIP {
			return line("0")
		}
		return line("%d", d.Index)
	case "mtu":
		e, err := line("%d", d.MTU)
		e.write = func(data []byte) error { return writeMTU(ns, d, string(data)) }
		return e, err
	case "operstate":
		return line("%s", operState(d))
	case "tx_queue_len":
		return line("%d", txQueueLen)
	case "type":
		return line("%d", hardwareType(d))
	case "statistics":
		var names []string
		for _, s := range statistics(d) {
			names = append(names, s.name)
		}
		return folder(names...), nil
	default:
		if name, ok := strings.CutPrefix(rest, "statistics/"); ok {
			for _, s := range statistics(d) {
				if s.name == name {
					return line("%d", s.value)
				}
			}
		}
	}
	return entry{}, vfs.ENOENT
}

// txQueueLen is what every device shows: DEFAULT_TX_QUEUE_LEN.
const txQueueLen = 1000

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// operState is the device's RFC 2863 state, as /sys has it.
func operState(d *netdev.Device) string {
	switch {
	case !d.Up():
		return "down"
	case d.Kind == netdev.Loopback || d.Kind == netdev.IPIP || d.Kind == netdev.Dummy || d.Kind == netdev.VXLAN:
		return "unknown"
	case !d.Carrier() && d.Kind == netdev.Veth:
		return "lowerlayerdown"
	case !d.Carrier():
		return "down"
	}
	return "up"
}

// addrLen is the length of a link address in bytes.
func addrLen(d *netdev.Device) int {
	if d.Kind == netdev.IPIP {
		return 4
	}
	return 6
}

// hardwareAddr is the device's address as /sys has it: that of a tunnel is its
// local end, here always any.
func hardwareAddr(d *netdev.Device) string {
	if d.Kind == netdev.IPIP {
		return "00:00:00:00"
	}
	return d.MAC.String()
}

// minMTU and maxMTU are the range of a device's MTU in bytes.
func minMTU(d *netdev.Device) int {
	switch d.Kind {
	case netdev.Loopback, netdev.Dummy:
		return 0
	}
	return 68
}

const maxMTU = 65535

// setMTU changes the MTU if the device takes it: dev_validate_mtu.
func setMTU(ns *stack.Namespace, d *netdev.Device, mtu int) bool {
	if mtu < minMTU(d) || mtu > maxMTU && d.Kind != netdev.Loopback {
		return false
	}
	ns.SetMTU(d, mtu)
	return true
}

func writeMTU(ns *stack.Namespace, d *netdev.Device, s string) error {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || !setMTU(ns, d, n) {
		return vfs.EINVAL
	}
	return nil
}

// statistics are the files of statistics/ of a device, sorted by name. What has
// no counter here does not happen.
func statistics(d *netdev.Device) []struct {
	name  string
	value uint64
} {
	s := d.Stats
	return []struct {
		name  string
		value uint64
	}{
		{"collisions", s.TxCollisions}, {"multicast", s.Multicast},
		{"rx_bytes", s.RxBytes}, {"rx_compressed", 0}, {"rx_crc_errors", 0}, {"rx_dropped", s.RxDropped}, {"rx_errors", s.RxErrors}, {"rx_fifo_errors", 0},
		{"rx_frame_errors", s.RxFrame}, {"rx_length_errors", 0}, {"rx_missed_errors", 0}, {"rx_nohandler", 0}, {"rx_over_errors", 0}, {"rx_packets", s.RxPackets},
		{"tx_aborted_errors", 0}, {"tx_bytes", s.TxBytes}, {"tx_carrier_errors", s.TxCarrier}, {"tx_compressed", 0}, {"tx_dropped", s.TxDropped}, {"tx_errors", s.TxErrors},
		{"tx_fifo_errors", 0}, {"tx_heartbeat_errors", 0}, {"tx_packets", s.TxPackets}, {"tx_window_errors", 0},
	}
}
