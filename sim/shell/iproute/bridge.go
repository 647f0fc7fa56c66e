package iproute

import (
	"fmt"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/netdev"
)

// bridgeID is "8000." and the MAC as iproute2 writes it: without leading zeros.
func bridgeID(m packet.MAC) string {
	parts := make([]string, len(m))
	for i, b := range m {
		parts[i] = strconv.FormatUint(uint64(b), 16)
	}
	return "8000." + strings.Join(parts, ":")
}

// printBridge is bridge_print_opt for a bridge without spanning tree. What the
// lab does not change has the kernel's default.
func (c *command) printBridge(d *netdev.Device) {
	p := &c.p
	num := func(key, word string, n int64) { p.num(key, word+" ", n, " ") }
	timer := func(key, word string) { p.raw(key, fmt.Sprintf("%s %7.2f ", word, 0.0), "0.00") }
	num("forward_delay", "forward_delay", int64(d.Attrs.Bridge.ForwardDelay))
	num("hello_time", "hello_time", 200)
	num("max_age", "max_age", 2000)
	num("ageing_time", "ageing_time", 30000)
	num("stp_state", "stp_state", 0)
	num("priority", "priority", 32768)
	num("vlan_filtering", "vlan_filtering", 0)
	p.str("vlan_protocol", "vlan_protocol ", "802.1Q", " ")
	p.str("bridge_id", "bridge_id ", bridgeID(d.MAC), " ")
	p.str("root_id", "designated_root ", bridgeID(d.MAC), " ")
	num("root_port", "root_port", 0)
	num("root_path_cost", "root_path_cost", 0)
	num("topology_change", "topology_change", 0)
	num("topology_change_detected", "topology_change_detected", 0)
	timer("hello_timer", "hello_timer")
	timer("tcn_timer", "tcn_timer")
	timer("topology_change_timer", "topology_change_timer")
	timer("gc_timer", "gc_timer")
	p.str("group_fwd_mask", "group_fwd_mask ", "0", " ")
	p.str("group_addr", "group_address ", "01:80:c2:00:00:00", " ")
	snooping := int64(1)
	if d.Attrs.Bridge.NoSnooping {
		snooping = 0
	}
	num("mcast_snooping", "mcast_snooping", snooping)
	num("no_linklocal_learn", "no_linklocal_learn", 0)
	num("mcast_vlan_snooping", "mcast_vlan_snooping", 0)
	num("mcast_router", "mcast_router", 1)
	num("mcast_query_use_ifaddr", "mcast_query_use_ifaddr", 0)
	num("mcast_querier", "mcast_querier", 0)
	num("mcast_hash_elasticity", "mcast_hash_elasticity", 16)
	num("mcast_hash_max", "mcast_hash_max", 4096)
	num("mcast_last_member_cnt", "mcast_last_member_count", 2)
	num("mcast_startup_query_cnt", "mcast_startup_query_count", 2)
	num("mcast_last_member_intvl", "mcast_last_member_interval", 100)
	num("mcast_membership_intvl", "mcast_membership_interval", 26000)
	num("mcast_querier_intvl", "mcast_querier_interval", 25500)
	num("mcast_query_intvl", "mcast_query_interval", 12500)
	num("mcast_query_response_intvl", "mcast_query_response_interval", 1000)
	num("mcast_startup_query_intvl", "mcast_startup_query_interval", 3125)
	num("mcast_stats_enabled", "mcast_stats_enabled", 0)
	num("mcast_igmp_version", "mcast_igmp_version", 2)
	num("nf_call_iptables", "nf_call_iptables", 0)
	num("nf_call_ip6tables", "nf_call_ip6tables", 0)
	num("nf_call_arptables", "nf_call_arptables", 0)
}

// portState is what a port of a bridge without spanning tree does.
func portState(d *netdev.Device) string {
	if d.Carrier() && d.Master().Up() {
		return "forwarding"
	}
	return "disabled"
}

// portCost is that of the port's speed, 10 Gbit/s of what has a driver that
// knows one: port_cost in net/bridge/br_if.c.
func (c *command) portCost(d *netdev.Device) int64 {
	if n := d.Attrs.Port.Cost; n != 0 {
		return int64(n)
	}
	if cfg, _ := c.ns.VXLAN(d); d.Kind == netdev.Dummy || cfg != nil && cfg.Lower == 0 {
		return 100
	}
	return 2
}

// portNumber counts the ports in the order in which they were added, from 1.
func portNumber(d, bridge *netdev.Device) int {
	for i, p := range bridge.Ports() {
		if p == d {
			return i + 1
		}
	}
	return 0
}

// printBridgePort is bridge_slave_print_opt.
func (c *command) printBridgePort(d, bridge *netdev.Device) {
	p := &c.p
	onOff := func(key, word string, on bool) {
		text := word + " off "
		if on {
			text = word + " on "
		}
		p.raw(key, text, strconv.FormatBool(on))
	}
	num := func(key, word string, n int64) { p.num(key, word+" ", n, " ") }
	timer := func(key string) { p.raw(key, fmt.Sprintf("%s %7.2f ", key, 0.0), "0.00") }
	no := portNumber(d, bridge)
	port := &d.Attrs.Port
	id := port.Priority<<10 | no
	p.str("state", "state ", portState(d), " ")
	num("priority", "priority", int64(port.Priority))
	num("cost", "cost", c.portCost(d))
	onOff("hairpin", "hairpin", port.Flags&netdev.PortHairpin != 0)
	onOff("guard", "guard", port.Guard)
	onOff("root_block", "root_block", port.RootBlock)
	onOff("fastleave", "fastleave", port.FastLeave)
	onOff("learning", "learning", port.Flags&netdev.PortNoLearning == 0)
	onOff("flood", "flood", port.Flags&netdev.PortNoFlood == 0)
	p.str("id", "port_id ", fmt.Sprintf("0x%x", id), " ")
	p.str("no", "port_no ", fmt.Sprintf("0x%x", no), " ")
	num("designated_port", "designated_port", int64(id))
	num("designated_cost", "designated_cost", 0)
	p.str("bridge_id", "designated_bridge ", bridgeID(bridge.MAC), " ")
	p.str("root_id", "designated_root ", bridgeID(bridge.MAC), " ")
	timer("hold_timer")
	timer("message_age_timer")
	timer("forward_delay_timer")
	num("topology_change_ack", "topology_change_ack", 0)
	num("config_pending", "config_pending", 0)
	onOff("proxy_arp", "proxy_arp", false)
	onOff("proxy_arp_wifi", "proxy_arp_wifi", false)
	num("multicast_router", "mcast_router", 1)
	onOff("mcast_fast_leave", "mcast_fast_leave", port.FastLeave)
	onOff("mcast_flood", "mcast_flood", port.Flags&netdev.PortNoMcastFlood == 0)
	onOff("bcast_flood", "bcast_flood", port.Flags&netdev.PortNoBcastFlood == 0)
	onOff("mcast_to_unicast", "mcast_to_unicast", false)
	onOff("neigh_suppress", "neigh_suppress", false)
	p.str("group_fwd_mask", "group_fwd_mask ", "0", " ")
	p.str("group_fwd_mask_str", "group_fwd_mask_str ", "0x0", " ")
	onOff("vlan_tunnel", "vlan_tunnel", false)
	onOff("isolated", "isolated", port.Flags&netdev.PortIsolated != 0)
	onOff("locked", "locked", port.Flags&netdev.PortLocked != 0)
}

// runBridge runs the command bridge.
func (c *command) runBridge(words []string) int {
	a := args{words}
	for a.more() && strings.HasPrefix(a.peek(), "-") {
		w, _ := a.next()
		name := strings.TrimPrefix(w, "-")
		var err error
		switch {
		case w == "-V", len(name) > 1 && matches(name, "Version"):
			c.p.text("bridge utility, 6.1.0\n")
			c.flush()
			return 0
		case matches(name, "help"):
			err = c.usage("bridge")
		case matches(name, "stats"), matches(name, "statistics"):
			c.opt.stats++
		case matches(name, "details"):
			c.opt.details = true
		case matches(name, "oneline"):
			c.opt.oneline, c.p.oneline = true, true
		case w == "-n", matches(name, "netns"):
			if w, err = a.next(); err == nil {
				err = c.switchNetNS(w)
			}
		case matches(name, "json"):
			c.opt.json = true
		case matches(name, "pretty"):
			c.opt.pretty = true
		case w == "-4", w == "-0", w == "-B":
		case strings.HasPrefix(name, "c"), matches(name, "timestamp"), name == "tshort", name == "ts", matches(name, "force"), matches(name, "batch"), w == "-6", matches(name, "compressvlans"):
			err = notModelled("%s", w)
		default:
			err = fail(255, `Option "%s" is unknown, try "bridge help".`, name)
		}
		if err != nil {
			return c.report(err)
		}
	}
	var err error
	w, _ := a.next()
	switch {
	case w == "":
		err = c.usage("bridge")
	case matches(w, "link"):
		err = c.bridgeLink(a)
	case matches(w, "fdb"):
		err = c.bridgeFDB(a)
	case matches(w, "mdb"), matches(w, "vlan"), matches(w, "vni"), matches(w, "monitor"):
		err = notModelled("bridge %s", w)
	case matches(w, "help"):
		err = c.usage("bridge")
	default:
		err = fail(255, `Object "%s" is unknown, try "bridge help".`, w)
	}
	return c.report(err)
}
