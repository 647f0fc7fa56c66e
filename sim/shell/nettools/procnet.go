package nettools

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// procNet is /proc/net of a namespace.
func (s *Suite) procNet() vfs.Dynamic {
	files := map[string]func(ns *stack.Namespace) []byte{
		"arp":             procARP,
		"dev":             procDev,
		"ip_tables_names": procTables,
		"icmp":            func(*stack.Namespace) []byte { return procSockets(nil, "icmp") },
		"raw":             func(ns *stack.Namespace) []byte { return procSockets(ns, "raw") },
		"tcp":             func(ns *stack.Namespace) []byte { return procSockets(ns, "tcp") },
		"udp":             func(ns *stack.Namespace) []byte { return procSockets(ns, "udp") },
		"netstat":         func(ns *stack.Namespace) []byte { return appendMIBs(nil, netstatMIBs(ns)) },
		"nf_conntrack":    procConntrack,
		"route":           procRoute,
		"snmp":            func(ns *stack.Namespace) []byte { return appendMIBs(nil, snmpMIBs(ns)) },
		"sockstat":        procSockstat,
	}
	return &place{s.lab, func(ns *stack.Namespace, parts []string) (entry, error) {
		switch {
		case len(parts) == 0:
			return folder(slices.Sorted(maps.Keys(files))...), nil
		case len(parts) == 1 && files[parts[0]] != nil:
			return text(func() []byte { return files[parts[0]](ns) }), nil
		}
		return entry{}, vfs.ENOENT
	}}
}

// The flags of an entry of /proc/net/arp: ATF_* of include/uapi/linux/if_arp.h.
const (
	atfCom  = 0x2
	atfPerm = 0x4
	atfPubl = 0x8
)

// arpEntry is one line of /proc/net/arp.
type arpEntry struct {
	addr  netip.Addr
	hw    int
	flags int
	mac   packet.MAC
	dev   string
}

// arpEntries are the neighbours and then the proxy entries: arp_seq_start in
// net/ipv4/arp.c.
func arpEntries(ns *stack.Namespace) []arpEntry {
	env := ns.Env()
	hw := func(dev string) int {
		if d := ns.Device(dev); d != nil {
			return hardwareType(d)
		}
		return 0
	}
	var all []arpEntry
	for _, e := range ns.Neigh.Entries() {
		if !e.Listed() {
			continue
		}
		x := arpEntry{addr: e.Addr, mac: e.MAC, dev: env.DevName(e.Dev)}
		x.hw = hw(x.dev)
		switch {
		case e.State&neigh.Permanent != 0:
			x.flags = atfPerm | atfCom
		case e.State&neigh.Valid != 0:
			x.flags = atfCom
		default:
			x.mac = packet.MAC{}
		}
		all = append(all, x)
	}
	for _, p := range ns.Neigh.Proxies() {
		x := arpEntry{addr: p.Addr, flags: atfPubl | atfPerm, dev: "*"}
		if p.Dev != 0 {
			x.dev = env.DevName(p.Dev)
			x.hw = hw(x.dev)
		}
		all = append(all, x)
	}
	return all
}

func procARP(ns *stack.Namespace) []byte {
	b := []byte("IP address       HW type     Flags       HW address            Mask     Device\n")
	for _, e := range arpEntries(ns) {
		b = fmt.Appendf(b, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n", e.addr, e.hw, e.flags, e.mac, e.dev)
	}
	return b
}

// The flags of a route in include/uapi/linux/route.h.
const (
	rtfUp      = 0x1
	rtfGateway = 0x2
	rtfHost    = 0x4
	rtfReject  = 0x200
)

// routeLine is one line of /proc/net/route.
type routeLine struct {
	dev     string // "*" for none
	dst     netip.Prefix
	gw      netip.Addr // 0.0.0.0 for none
	flags   int
	metric  uint32
	mtu     int // bytes; of advmss
	refused bool
}

// routeLines are the routes of the table main but for broadcasts and
// multicasts: fib_route_seq_show in net/ipv4/fib_trie.c.
func routeLines(ns *stack.Namespace) []routeLine {
	env := ns.Env()
	var all []routeLine
	for _, r := range ns.FIB.Routes(fib.TableMain) {
		if r.Type == fib.Broadcast || r.Type == fib.Multicast {
			continue
		}
		l := routeLine{dev: "*", dst: r.Dst, gw: netip.IPv4Unspecified(), metric: r.Metric, flags: rtfUp}
		if r.Dev != 0 {
			l.dev = env.DevName(r.Dev)
		}
		if r.Gw.IsValid() {
			l.gw = r.Gw
			l.flags |= rtfGateway
		}
		if r.Dst.Bits() == 32 {
			l.flags |= rtfHost
		}
		if r.Type == fib.Unreachable || r.Type == fib.Prohibit {
			l.flags |= rtfReject
			l.refused = true
		}
		if r.AdvMSS != 0 {
			l.mtu = r.AdvMSS + 40
		}
		all = append(all, l)
	}
	return all
}

// hexAddr is an address as the kernel prints it on a little-endian machine.
func hexAddr(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("%08X", binary.LittleEndian.Uint32(b[:]))
}

// netmask is the mask of a prefix length.
func netmask(bits int) netip.Addr { return packet.AddrFrom32(^uint32(0) << (32 - bits)) }

func procRoute(ns *stack.Namespace) []byte {
	b := fmt.Appendf(nil, "%-127s\n", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT")
	for _, l := range routeLines(ns) {
		line := fmt.Sprintf("%s\t%s\t%s\t%04X\t0\t0\t%d\t%s\t%d\t0\t0", l.dev, hexAddr(l.dst.Addr()), hexAddr(l.gw), l.flags, l.metric, hexAddr(netmask(l.dst.Bits())), l.mtu)
		b = fmt.Appendf(b, "%-127s\n", line)
	}
	return b
}

// procDev is /proc/net/dev: dev_seq_printf_stats in net/core/net-procfs.c.
func procDev(ns *stack.Namespace) []byte {
	b := []byte("Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n")
	for _, d := range ns.Devices() {
		s := d.Stats
		b = fmt.Appendf(b, "%6s: %7d %7d %4d %4d %4d %5d %10d %9d %8d %7d %4d %4d %4d %5d %7d %10d\n", d.Name,
			s.RxBytes, s.RxPackets, s.RxErrors, s.RxDropped, 0, s.RxFrame, 0, s.Multicast,
			s.TxBytes, s.TxPackets, s.TxErrors, s.TxDropped, 0, s.TxCollisions, s.TxCarrier, 0)
	}
	return b
}

// procTables is /proc/net/ip_tables_names: the tables that exist, the newest
// first.
func procTables(ns *stack.Namespace) []byte {
	var b []byte
	for _, t := range ns.Filter.Existing() {
		b = append(append(b, t.ID().String()...), '\n')
	}
	return b
}

// procConntrack is /proc/net/nf_conntrack: ct_seq_show in
// net/netfilter/nf_conntrack_standalone.c, whose lines name the use count and
// the zone where conntrack(8) names the count alone.
func procConntrack(ns *stack.Namespace) []byte {
	if ns.Conn == nil {
		return nil
	}
	var b []byte
	now := ns.Now()
	ns.Conn.Entries(now, func(_ uint32, c *conntrack.Conn) bool {
		line := string(c.AppendText(nil, now))
		line = strings.TrimSuffix(line, "use=1") + "zone=0 use=2"
		b = append(append(append(b, "ipv4     2 "...), line...), '\n')
		return true
	})
	return b
}

func procSockstat(ns *stack.Namespace) []byte {
	n := countSockets(ns)
	return fmt.Appendf(nil, "sockets: used %d\nTCP: inuse %d orphan 0 tw %d alloc %d mem 0\nUDP: inuse %d mem 0\nUDPLITE: inuse 0\nRAW: inuse %d\nFRAG: inuse %d memory 0\n",
		n.tcp+n.udp+n.raw, n.tcp, n.timeWait, n.tcp, n.udp, n.raw, 0)
}

// socketColumns is the head of the tables of sockets.
const socketColumns = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

// procSockets is /proc/net/tcp, udp, raw or icmp: tcp4_seq_show, udp4_seq_show
// and raw_seq_show. Sockets of the lab have no inode and no address in memory:
// those columns are 0.
func procSockets(ns *stack.Namespace, netid string) []byte {
	width, head, number := 127, socketColumns+" ref pointer drops", "%5d"
	switch netid {
	case "tcp":
		width, head, number = 149, socketColumns, "%4d"
	case "udp":
		head = " " + head
	case "raw":
		width, number = 0, "%4d"
	}
	b := fmt.Appendf(nil, "%-*s\n", width, head)
	if ns == nil {
		return b
	}
	n := 0
	for _, s := range sockets(ns) {
		if s.netid != netid {
			continue
		}
		side := func(a netip.AddrPort) string {
			x := a.Addr().As4()
			return fmt.Sprintf("%08X:%04X", binary.LittleEndian.Uint32(x[:]), a.Port())
		}
		slot := n
		if netid != "tcp" {
			slot = int(s.local.Port())
		}
		timer, when := 0, 0
		switch s.status.Timer {
		case "on":
			timer = 1
		case "timewait":
			timer = 3
		case "persist":
			timer = 4
		}
		if timer != 0 {
			when = int(s.status.TimerLeft / clock.Jiffy)
		}
		sendQ := s.sendQ
		if s.state == "LISTEN" {
			sendQ = 0
		}
		line := fmt.Sprintf(number+": %s %s %02X %08X:%08X %02X:%08X %08X %5d %8d %d %d %016x", slot, side(s.local), side(s.remote), socketState(s.state), sendQ, s.recvQ,
			timer, when, s.status.Retries, 0, 0, 0, 2, 0)
		if netid != "tcp" {
			line += " 0"
		}
		b = fmt.Appendf(b, "%-*s\n", width, line)
		n++
	}
	return b
}

// socketState is the number of a state: include/net/tcp_states.h.
func socketState(state string) int {
	for i, name := range [...]string{"ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"} {
		if name == state {
			return i + 1
		}
	}
	return 7
}
