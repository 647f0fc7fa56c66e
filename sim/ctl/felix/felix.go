package felix

import (
	"cmp"
	"net/netip"
	"slices"
)

// Node is the state of one node as Felix sees it. The order inside the slices
// does not matter.
type Node struct {
	Endpoints      []Endpoint
	Pools          []Pool       // all IPv4 pools, disabled ones too
	Hosts          []netip.Addr // the node address of every Calico node, this one's too
	Addresses      []netip.Addr // of this node's own interfaces
	IPIP           bool         // some pool has ipipMode Always or CrossSubnet
	TunnelAddress  netip.Addr   // of tunl0; the zero Addr when it has none
	VXLAN          bool         // some pool has vxlanMode Always or CrossSubnet
	VXLANAddress   netip.Addr   // of vxlan.calico; the zero Addr when it has none
	VXLANPeers     []netip.Addr // the node address of every other node that has a vxlan.calico
	EndpointToHost Action       // DefaultEndpointToHostAction; empty means ACCEPT, as in Calico's manifest
	RPFilter       int          // the host's net.ipv4.conf.default.rp_filter: 0 off, 1 strict, 2 loose
}

// Endpoint is a pod of the node.
type Endpoint struct {
	Interface string   // host side: calice0906292e2
	Profiles  []string // in this order: kns.NAMESPACE, ksa.NAMESPACE.ACCOUNT
}

// Pool is what Felix needs of an IPPool.
type Pool struct {
	CIDR        netip.Prefix
	NATOutgoing bool
	VXLAN       VXLANMode
}

// Action is what a rule does in the end.
type Action string

// The actions that Felix's configuration knows.
const (
	Accept Action = "ACCEPT"
	Drop   Action = "DROP"
	Return Action = "RETURN"
)

// Table is one iptables table.
type Table struct {
	Name    string
	Chains  []Chain // Felix's own, by name
	Inserts []Jump  // at the top of kernel chains
	Appends []Jump  // at the end of kernel chains
}

// Chain is a chain that Felix owns.
type Chain struct {
	Name  string
	Rules []Rule
}

// Jump is a rule in one of the kernel's chains.
type Jump struct {
	Chain string // FORWARD
	Rule
}

// Lines are the arguments of the iptables commands that make a table: first all
// chains, then their rules, and the kernel's chains last, so that no packet meets
// a half-made set. (Felix itself commits a whole table at once.)
func (t Table) Lines() []string {
	var lines []string
	for _, c := range t.Chains {
		lines = append(lines, "-t "+t.Name+" -N "+c.Name)
	}
	for _, c := range t.Chains {
		for _, r := range c.Rules {
			lines = append(lines, "-t "+t.Name+" -A "+c.Name+" "+r.Save)
		}
	}
	for _, j := range t.Inserts {
		lines = append(lines, "-t "+t.Name+" -I "+j.Chain+" "+j.Save)
	}
	for _, j := range t.Appends {
		lines = append(lines, "-t "+t.Name+" -A "+j.Chain+" "+j.Save)
	}
	return lines
}

// IPTables are the arguments of all iptables commands for a node.
func IPTables(n Node) []string {
	var lines []string
	for _, t := range Tables(n) {
		lines = append(lines, t.Lines()...)
	}
	return lines
}

// Tables renders the four tables in the order in which packets meet them.
func Tables(n Node) []Table {
	return []Table{
		table("raw", rawChains(), "PREROUTING", "OUTPUT"),
		table("mangle", mangleChains(), "PREROUTING", "POSTROUTING"),
		table("nat", natChains(n), "PREROUTING", "OUTPUT", "POSTROUTING"),
		filterTable(n),
	}
}

func filterTable(n Node) Table {
	t := table("filter", filterChains(n), "INPUT", "FORWARD", "OUTPUT")
	for _, r := range render("FORWARD*appends*", []rule{
		{comment("Policy explicitly accepted packet."), marked(markAccept), jump("ACCEPT")},
		{setMark(markAccept)},
	}) {
		t.Appends = append(t.Appends, Jump{"FORWARD", r})
	}
	return t
}

// table hashes the chains, sorts them as `iptables -S` lists them, and jumps
// from the kernel's chains into cali-CHAIN.
func table(name string, chains []chain, hooks ...string) Table {
	t := Table{Name: name}
	for _, c := range chains {
		t.Chains = append(t.Chains, Chain{c.name, render(c.name, c.rules)})
	}
	slices.SortFunc(t.Chains, func(a, b Chain) int { return cmp.Compare(a.Name, b.Name) })
	for _, h := range hooks {
		t.Inserts = append(t.Inserts, Jump{h, render(h, []rule{{jump("cali-" + h)}})[0]})
	}
	return t
}
