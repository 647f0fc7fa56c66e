package felix

import (
	"net/netip"
	"slices"
	"strconv"
)

// The sets: "cali", the IP version, "0" while it is the one in use, and Felix's
// identifier (felix/ipsets/ipset_defs.go, felix/rules/rule_defs.go).
const (
	setAllHosts  = "cali40all-hosts-net"
	setAllPools  = "cali40all-ipam-pools"
	setMasqPools = "cali40masq-ipam-pools"
	setThisHost  = "cali40this-host"
	setAllVXLAN  = "cali40all-vxlan-net"
)

// maxSetSize is Felix's MaxIpsetSize, in entries.
const maxSetSize = 1048576

// IPSets are the arguments of the ipset commands for a node. They go before the
// iptables rules that use the sets.
func IPSets(n Node) []string {
	var lines []string
	set := func(name, kind string, members []string) {
		lines = append(lines, "create "+name+" "+kind+" family inet maxelem "+strconv.Itoa(maxSetSize))
		for _, m := range members {
			lines = append(lines, "add "+name+" "+m)
		}
	}
	var all, masq []netip.Prefix
	for _, p := range n.Pools {
		all = append(all, p.CIDR)
		if p.NATOutgoing {
			masq = append(masq, p.CIDR)
		}
	}
	if n.IPIP {
		set(setAllHosts, "hash:net", texts(n.Hosts, netip.Addr.Compare))
	}
	if n.VXLAN {
		set(setAllVXLAN, "hash:net", texts(n.VXLANPeers, netip.Addr.Compare))
	}
	set(setAllPools, "hash:net", texts(all, comparePrefix))
	set(setMasqPools, "hash:net", texts(masq, comparePrefix))
	// Felix reads the local routing table, where 127.0.0.0/8 and 127.0.0.1 stand.
	own := append([]netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 0}), netip.AddrFrom4([4]byte{127, 0, 0, 1})}, n.Addresses...)
	set(setThisHost, "hash:ip", texts(own, netip.Addr.Compare))
	return lines
}

// texts sorts and prints, each member once.
func texts[T interface {
	comparable
	String() string
}](members []T, compare func(a, b T) int) []string {
	members = slices.Clone(members)
	slices.SortFunc(members, compare)
	var out []string
	for _, m := range slices.Compact(members) {
		out = append(out, m.String())
	}
	return out
}

func comparePrefix(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}
