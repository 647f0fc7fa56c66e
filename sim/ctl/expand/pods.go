package expand

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"hoplab/sim/ctl/felix"
	"hoplab/sim/ctl/ipam"
	"hoplab/sim/ctl/names"
	"hoplab/topology"
)

// pod is a pod with a network namespace of its own.
type pod struct {
	*topology.Pod
	node    *node
	account string         // service account
	pools   []netip.Prefix // those of its annotation
	address netip.Addr
}

// title is what people call the pod: its name, with the namespace if not default.
func (p *pod) title() string {
	if p.Namespace == "default" {
		return p.Name
	}
	return p.Namespace + "/" + p.Name
}

func (p *pod) netns() string  { return names.PodNetns(p.Namespace, p.Name) }
func (p *pod) device() string { return names.Veth("", p.Namespace, p.Name) }
func (p *pod) handle() string { return ipam.PodHandle(p.netns()) }

func (p *pod) profiles() []string {
	return []string{names.ProfileNamespace(p.Namespace), names.ProfileServiceAccount(p.Namespace, p.account)}
}

func (c *cluster) readPods() {
	netns := map[string]string{} // who has the name
	for _, m := range c.lab.Machines {
		netns[m.Name] = "a machine"
	}
	for _, spec := range c.bundle.Pods {
		p := &pod{Pod: spec, node: c.byName[spec.NodeName], account: c.serviceAccount(spec)}
		switch {
		case spec.NodeName == "":
			c.errorf(spec.Pos, "spec.nodeName", "not modelled: scheduling of pods; name the node of pod %s: %s", p.title(), c.nodeNames())
			continue
		case p.node == nil:
			c.errorf(spec.NodePos, "spec.nodeName", "pod %s is on node %q, which is no machine of role node; there are: %s", p.title(), spec.NodeName, c.nodeNames())
			continue
		case spec.HostNetwork:
			continue
		}
		if who := netns[p.netns()]; who != "" {
			c.errorf(spec.Pos, "metadata.name", "the network namespace of pod %s would be called %s, like that of %s; rename one of them", p.title(), p.netns(), who)
			continue
		}
		netns[p.netns()] = "pod " + p.title()
		if p.node.Interface(p.device()) != nil {
			c.errorf(spec.Pos, "metadata.name", "the interface of pod %s is called %s, and %s has one of that name", p.title(), p.device(), p.node.Name)
		}
		p.pools = c.requestedPools(p)
		p.node.pods = append(p.node.pods, p)
		c.pods = append(c.pods, p)
	}
}

func (c *cluster) nodeNames() string {
	var list []string
	for _, n := range c.nodes {
		list = append(list, n.Name)
	}
	if len(list) > 5 {
		list = append(list[:5], "…")
	}
	if len(list) == 0 {
		return "none (a node is a machine with role: node)"
	}
	return strings.Join(list, ", ")
}

// serviceAccount is part of the name of a profile.
func (c *cluster) serviceAccount(p *topology.Pod) string {
	var obj struct {
		Spec struct {
			ServiceAccountName string `yaml:"serviceAccountName"`
			ServiceAccount     string `yaml:"serviceAccount"` // the older name
		}
	}
	if err := p.Raw.Decode(&obj); err != nil {
		c.errorf(p.Pos, "spec.serviceAccountName", "expected text")
	}
	for _, name := range []string{obj.Spec.ServiceAccountName, obj.Spec.ServiceAccount} {
		if name != "" {
			return name
		}
	}
	return "default"
}

// requestedPools are the pools of annotation ipv4pools, named by CIDR or by name.
func (c *cluster) requestedPools(p *pod) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range p.IPv4Pools {
		if cidr, err := netip.ParsePrefix(text); err == nil {
			out = append(out, cidr.Masked())
			continue
		}
		i := slices.IndexFunc(c.pools, func(pool *topology.IPPool) bool { return pool.Name == text })
		if i < 0 {
			c.errorf(p.Pos, "metadata.annotations."+topology.AnnotationIPv4Pools, "pod %s asks for pool %q, which does not exist", p.title(), text)
			continue
		}
		out = append(out, c.pools[i].CIDR)
	}
	return out
}

// allocate gives addresses: to the tunnels of all nodes first, because calico-node
// runs before any pod, then to the pods in the order of the file.
func (c *cluster) allocate() {
	pools := c.ipamPools()
	if len(c.errs) > 0 {
		return
	}
	var err error
	if c.ipam, err = ipam.New(ipam.Config{}, pools); err != nil {
		c.errorf(c.pools[0].Pos, "", "%v", err)
		return
	}
	for _, n := range c.nodes {
		n.tunnel = c.allocateTunnel(n, pools, tunnelDevice, ipam.TunnelHandle(n.Name), usesIPIP)
		n.vxlan = c.allocateTunnel(n, pools, felix.VXLANDevice, ipam.VXLANHandle(n.Name), usesVXLAN)
	}
	for _, p := range c.pods {
		c.allocatePod(p)
	}
}

// allocateTunnel asks for the address of a tunnel device in the pools that use
// it and select the node; the zero Addr if there are none.
// Like node/pkg/allocateip/allocateip.go.
func (c *cluster) allocateTunnel(n *node, pools []ipam.Pool, device, handle string, uses func(*topology.IPPool) bool) netip.Addr {
	var from []netip.Prefix
	for i, p := range c.pools {
		if uses(p) && !p.Disabled && slices.Contains(pools[i].Nodes, n.Name) {
			from = append(from, p.CIDR)
		}
	}
	if len(from) == 0 {
		return netip.Addr{}
	}
	a, err := c.ipam.Assign(ipam.Request{Node: n.Name, Handle: handle, Use: ipam.Tunnel, Pools: from})
	if err != nil {
		c.errorf(n.Pos, "spec.machines."+n.Name, "no address for %s of %s: %v", device, n.Name, err)
	}
	return a
}

func (c *cluster) allocatePod(p *pod) {
	if p.IP.IsValid() {
		p.address = p.IP
		err := c.ipam.AssignIP(p.IP, p.node.Name, p.handle())
		hint := ""
		if errors.Is(err, ipam.ErrAssigned) {
			hint = c.holder(p.IP)
		}
		if err != nil {
			c.errorf(p.IPPos, "metadata.annotations."+topology.AnnotationIPAddrs, "pod %s cannot have %s: %v%s", p.title(), p.IP, err, hint)
		}
		return
	}
	a, err := c.ipam.Assign(ipam.Request{Node: p.node.Name, Handle: p.handle(), Use: ipam.Workload, Pools: p.pools})
	p.address = a
	switch {
	case err != nil && len(c.pools) == 0:
		c.errorf(p.Pos, "", "pod %s gets no address: %v; add an IPPool such as 172.16.0.0/16", p.title(), err)
	case err != nil:
		c.errorf(p.Pos, "", "pod %s gets no address: %v", p.title(), err)
	}
}

// holder says who has an address.
func (c *cluster) holder(a netip.Addr) string {
	for _, n := range c.nodes {
		switch a {
		case n.tunnel:
			return " (tunl0 of " + n.Name + " has it)"
		case n.vxlan:
			return " (vxlan.calico of " + n.Name + " has it)"
		}
	}
	for _, p := range c.pods {
		if p.address == a && p.IP != a {
			return " (pod " + p.title() + " has it; move the pod with the pinned address before it)"
		}
	}
	return ""
}
