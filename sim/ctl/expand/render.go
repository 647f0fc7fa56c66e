package expand

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hoplab/sim/ctl/bird"
	"hoplab/sim/ctl/cni"
	"hoplab/sim/ctl/felix"
	"hoplab/topology"
)

// render makes the plain lab. Nothing can fail any more.
func (c *cluster) render() *topology.Lab {
	peers := make([]bird.Node, len(c.nodes))
	for i, n := range c.nodes {
		peers[i] = c.birdNode(n)
	}
	vteps := make([]felix.VTEP, len(c.nodes))
	for i, n := range c.nodes {
		vteps[i] = felix.VTEP{Name: n.Name, Address: n.address, Device: n.device, Tunnel: n.vxlan, Blocks: peers[i].Blocks, Addresses: peers[i].Addresses}
	}
	lab := *c.lab
	lab.Machines = slices.Clone(lab.Machines)
	next := 0
	for i, m := range lab.Machines {
		if m.Role == topology.RoleNode {
			lab.Machines[i] = c.machine(c.nodes[next], bird.Routes(peers[next], peers, c.birdPools()), felix.VXLANRoutes(vteps[next], vteps, c.felixPools()))
			next++
		}
	}
	for _, p := range c.pods {
		lab.Machines = append(lab.Machines, c.podMachine(p))
	}
	return &lab
}

func (c *cluster) birdNode(n *node) bird.Node {
	b := bird.Node{Name: n.Name, Address: n.address, Kernel: n.kernel}
	for _, block := range c.ipam.Affine(n.Name) {
		b.Blocks = append(b.Blocks, block.CIDR)
	}
	for _, a := range []netip.Addr{n.tunnel, n.vxlan} {
		if a.IsValid() {
			b.Addresses = append(b.Addresses, a)
		}
	}
	for _, p := range n.pods {
		b.Addresses = append(b.Addresses, p.address)
	}
	return b
}

// add runs the CNI plugin for a pod.
func (p *pod) add() cni.Result {
	return cni.Add(cni.Request{Namespace: p.Namespace, Pod: p.Name, Address: p.address, MAC: p.HardwareMAC})
}

func (p *pod) by() string { return "CNI plugin: pod " + p.title() }

const byFelix = "Felix"

// machine is a node with what Calico adds. Routes to pods go by address.
func (c *cluster) machine(n *node, routes []bird.Route, tunnelled []felix.Route) *topology.Machine {
	m := *n.Machine
	m.Interfaces = slices.Clone(m.Interfaces)
	m.Routes = slices.Clone(m.Routes)
	if c.ipip {
		tunl := &topology.Interface{Pos: n.Pos, Name: tunnelDevice, Kind: topology.IPIP, MTU: felix.TunnelMTU(n.hostMTU), Up: true}
		if n.tunnel.IsValid() {
			tunl.Addresses = []topology.Address{address(n.Pos, netip.PrefixFrom(n.tunnel, 32))}
		}
		m.Interfaces = append(m.Interfaces, tunl)
	}
	if n.vxlan.IsValid() { // without an address Felix makes no device
		m.Interfaces = append(m.Interfaces, c.vxlanDevice(n))
		m.Neighbors = append(slices.Clone(m.Neighbors), c.vxlanNeighbours(n)...)
	}
	for _, p := range n.pods {
		r := p.add()
		m.Interfaces = append(m.Interfaces, &topology.Interface{
			Pos: p.Pos, Name: r.HostDevice, Kind: topology.Veth, MAC: r.HostMAC, Up: true,
			Peer: topology.Endpoint{Machine: r.Netns, Interface: cni.PodInterface},
			MTU:  felix.PodMTU(n.hostMTU, c.encap()),
		})
	}
	for _, p := range n.podsByAddress() {
		m.Routes = append(m.Routes, line(p.Pos, p.by(), p.add().HostRoute))
	}
	for _, r := range routes {
		m.Routes = append(m.Routes, line(c.poolPos(r.To), c.learnt("BIRD: ", "learnt from ", r.From, r.To), r.String()))
	}
	for _, r := range tunnelled {
		m.Routes = append(m.Routes, line(c.poolPos(r.To), c.learnt("Felix: ", "to ", r.From, r.To), r.Text))
	}

	state := c.felixNode(n)
	m.Sysctls = addSysctls(m.Sysctls, n.Pos, byFelix, felix.Sysctls(state))
	m.IPSets = addLines(m.IPSets, n.Pos, felix.IPSets(state))
	m.IPTables = addLines(m.IPTables, n.Pos, felix.IPTables(state))
	return &m
}

func (c *cluster) felixNode(n *node) felix.Node {
	f := felix.Node{
		Pools: c.felixPools(), IPIP: c.ipip, TunnelAddress: n.tunnel,
		VXLAN: c.vxlan, VXLANAddress: n.vxlan,
		Addresses: n.ownAddresses(), RPFilter: n.rpFilter(),
	}
	for _, other := range c.nodes {
		f.Hosts = append(f.Hosts, other.address.Addr())
		if other != n && other.vxlan.IsValid() {
			f.VXLANPeers = append(f.VXLANPeers, other.address.Addr())
		}
	}
	for _, p := range n.pods {
		f.Endpoints = append(f.Endpoints, felix.Endpoint{Interface: p.device(), Profiles: p.profiles()})
	}
	return f
}

// podMachine is the namespace of a pod.
func (c *cluster) podMachine(p *pod) *topology.Machine {
	r := p.add()
	m := &topology.Machine{Pos: p.Pos, Name: r.Netns, Role: topology.RolePod}
	if c.ipip {
		m.Interfaces = append(m.Interfaces, &topology.Interface{
			Pos: p.Pos, Name: tunnelDevice, Kind: topology.IPIP, MTU: topology.DefaultTunnelMTU, // the ipip module's own, not Calico's
		})
	}
	m.Interfaces = append(m.Interfaces, &topology.Interface{
		Pos: p.Pos, Name: cni.PodInterface, Kind: topology.Veth, MAC: r.PodMAC, Up: true,
		Peer:      topology.Endpoint{Machine: p.node.Name, Interface: r.HostDevice},
		MTU:       felix.PodMTU(p.node.hostMTU, c.encap()),
		Addresses: []topology.Address{address(p.Pos, r.PodAddress)},
	})
	for _, text := range r.PodRoutes {
		m.Routes = append(m.Routes, line(p.Pos, p.by(), text))
	}
	for _, s := range r.PodSysctls {
		m.Sysctls = addSysctls(m.Sysctls, p.Pos, p.by(), []felix.Sysctl{{Key: s[0], Value: s[1]}})
	}
	return m
}

// learnt says from whom a component has a route and what for.
func (c *cluster) learnt(who, how, from string, to netip.Prefix) string {
	if from == "" {
		return who + "own block"
	}
	what := "block"
	if to.IsSingleIP() {
		what = "address"
	}
	const most = 3 // pods that are named
	var pods []string
	for _, p := range c.byName[from].podsByAddress() {
		if to.Contains(p.address) {
			pods = append(pods, p.title())
		}
	}
	text := who + how + from
	if len(pods) == 0 {
		return text
	}
	text += ", " + what + " of " + strings.Join(pods[:min(most, len(pods))], ", ")
	if len(pods) > most {
		text += fmt.Sprintf(" and %d more", len(pods)-most)
	}
	return text
}

// poolPos is the place of the pool that a route is of.
func (c *cluster) poolPos(to netip.Prefix) topology.Pos {
	for _, p := range c.pools {
		if p.CIDR.Contains(to.Addr()) {
			return p.Pos
		}
	}
	return topology.Pos{}
}

func line(pos topology.Pos, by, text string) topology.Line {
	return topology.Line{Text: text, Pos: pos, By: by}
}

func address(pos topology.Pos, p netip.Prefix) topology.Address {
	return topology.Address{Pos: pos, Prefix: p, Scope: topology.ScopeGlobal}
}

// addLines puts Felix's lines behind the user's.
func addLines(have []topology.Line, pos topology.Pos, texts []string) []topology.Line {
	have = slices.Clone(have)
	for _, t := range texts {
		have = append(have, line(pos, byFelix, t))
	}
	return have
}

// addSysctls adds settings, except those that the user makes.
func addSysctls(have []topology.Sysctl, pos topology.Pos, by string, more []felix.Sysctl) []topology.Sysctl {
	user := make(map[string]bool, len(have))
	for _, s := range have {
		user[s.Path()] = true
	}
	have = slices.Clone(have)
	for _, s := range more {
		n := topology.Sysctl{Pos: pos, Key: s.Key, Value: s.Value, By: by}
		if !user[n.Path()] {
			have = append(have, n)
		}
	}
	return have
}
