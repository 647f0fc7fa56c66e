package topology

import (
	"fmt"
	"net/netip"
)

// bundleCheck looks at what the things of a bundle say of each other. Each of
// them has been checked by itself.
type bundleCheck struct {
	*source
	*Bundle
	cluster  *Lab                 // nil when no lab is known
	machines map[*Lab]machineRole // by name
	pods     map[PodName]*Pod
}

type machineRole map[string]Role

func (c *bundleCheck) run() {
	c.cluster = c.Cluster()
	c.machines = make(map[*Lab]machineRole)
	for _, l := range c.Labs {
		roles := make(machineRole, len(l.Machines))
		for _, m := range l.Machines {
			roles[m.Name] = m.Role
		}
		c.machines[l] = roles
	}
	c.uniqueNames()
	c.oneCluster()
	c.checkPools()
	c.checkNodes()
	c.checkPods()
	for _, s := range c.Scenarios {
		(&scenarioCheck{bundleCheck: c, scenario: s}).run()
	}
}

func (c *bundleCheck) uniqueNames() {
	seen := make(map[[2]string]Pos) // kind and name
	once := func(kind, name string, pos Pos) {
		key := [2]string{kind, name}
		if first, taken := seen[key]; taken && name != "" {
			where := first.String()
			if first.File == pos.File {
				where = fmt.Sprintf("line %d", first.Line)
			}
			c.add(pos.Errorf("metadata.name", "there is a %s %q already (%s)", kind, shorten(name), where))
			return
		}
		seen[key] = pos
	}
	for _, l := range c.Labs {
		once("Lab", l.Name, l.Pos)
	}
	for _, s := range c.Scenarios {
		once("Scenario", s.Name, s.Pos)
	}
	for _, p := range c.Pools {
		once("IPPool", p.Name, p.Pos)
	}
	for _, n := range c.Nodes {
		once("Node", n.Name, n.Pos)
	}
	c.pods = make(map[PodName]*Pod, len(c.Pods))
	for _, p := range c.Pods {
		once("Pod", p.Namespace+"/"+p.Name, p.Pos)
		c.pods[PodName{p.Namespace, p.Name}] = p
	}
}

// netns is the name of a pod's network namespace: pods outside of default
// carry their Kubernetes namespace behind a dot.
func (p PodName) netns() string {
	if p.Namespace == "default" {
		return p.Name
	}
	return p.Name + "." + p.Namespace
}

// oneCluster refuses Kubernetes objects that could belong to two labs.
func (c *bundleCheck) oneCluster() {
	if len(c.Pods)+len(c.Pools)+len(c.Nodes) == 0 {
		return
	}
	for _, l := range c.Labs {
		if l != c.cluster && l.hasNode() {
			c.add(l.Pos.Errorf("spec.machines", "labs %q and %q both have nodes, and the Kubernetes objects can belong to one cluster only; move one lab into a file of its own",
				c.cluster.Name, l.Name))
		}
	}
}

func (c *bundleCheck) checkPools() {
	if len(c.Pools) > maxPools {
		c.add(c.Pools[maxPools].Pos.Errorf("", "%d IPPools; %d are the most", len(c.Pools), maxPools))
		return
	}
	for i, p := range c.Pools {
		for _, old := range c.Pools[:i] {
			if p.CIDR.IsValid() && p.CIDR.Overlaps(old.CIDR) {
				c.add(p.CIDRPos.Errorf("spec.cidr", "IPPool(%s) CIDR overlaps with IPPool(%s) CIDR %s", p.Name, old.Name, old.CIDR))
				break
			}
		}
	}
}

func (c *bundleCheck) checkNodes() {
	for _, n := range c.Nodes {
		if len(c.Labs) > 0 && !c.isNode(n.Name) {
			c.add(n.Pos.Errorf("metadata.name", "node %q is not a machine of role node%s", shorten(n.Name), c.suggest(n.Name, c.nodeNames)))
		}
	}
}

func (c *bundleCheck) isNode(name string) bool {
	return c.cluster != nil && c.machines[c.cluster][name] == RoleNode
}

func (c *bundleCheck) nodeNames() []string {
	var names []string
	if c.cluster == nil {
		return nil
	}
	for _, m := range c.cluster.Machines {
		if m.Role == RoleNode {
			names = append(names, m.Name)
		}
	}
	return names
}

func (c *bundleCheck) checkPods() {
	pinned := make(map[netip.Addr]*Pod)
	for _, p := range c.Pods {
		if len(c.Labs) > 0 && p.NodeName != "" && !c.isNode(p.NodeName) {
			c.add(p.NodePos.Errorf("spec.nodeName", "pod %s is on node %q, which is not a machine of role node%s",
				p.Name, shorten(p.NodeName), c.suggest(p.NodeName, c.nodeNames)))
		}
		if !p.HostNetwork {
			c.checkNetns(p)
		}
		if p.IP.IsValid() {
			c.checkPinned(p, pinned)
		}
	}
}

// checkNetns reports a pod whose network namespace has the name of a machine.
// Two pods of one such name are left to whoever makes the namespaces.
func (c *bundleCheck) checkNetns(p *Pod) {
	name := PodName{p.Namespace, p.Name}.netns()
	if role, taken := c.machines[c.cluster][name]; taken {
		c.add(p.Pos.Errorf("metadata.name", "pod %s has the name of a machine of role %s; a network namespace needs a name of its own", name, role))
	}
}

func (c *bundleCheck) checkPinned(p *Pod, pinned map[netip.Addr]*Pod) {
	path := "metadata.annotations." + AnnotationIPAddrs
	if first := pinned[p.IP]; first != nil {
		c.add(p.IPPos.Errorf(path, "%s is the address of pod %s already (line %d)", p.IP, first.Name, first.IPPos.Line))
		return
	}
	pinned[p.IP] = p
	if len(c.Pools) == 0 {
		return // the default pool is not known here
	}
	for _, pool := range c.Pools {
		if pool.CIDR.IsValid() && pool.CIDR.Contains(p.IP) {
			return
		}
	}
	c.add(p.IPPos.Errorf(path, "%s: The provided IP address is not in a configured pool", p.IP))
}
