package topology

import (
	"fmt"
	"strings"
)

// scenarioCheck compares a scenario's references with its lab.
type scenarioCheck struct {
	*bundleCheck
	scenario *Scenario
	lab      *Lab
	newPods  bool // a step so far may have created pods
	newSpace bool // a step so far may have created namespaces
}

func (c *scenarioCheck) run() {
	if !c.findLab() || c.lab == nil {
		return
	}
	for _, s := range c.scenario.Steps {
		path := fmt.Sprintf("spec.steps[%d].", s.Index)
		c.pages(s.Pages)
		c.newPods = c.newPods || strings.Contains(s.Run.Text, "kubectl") || strings.Contains(s.Run.Text, "calicoctl")
		c.newSpace = c.newSpace || strings.Contains(s.Run.Text, "netns")
		c.ref(path+"in", s.In)
		for i, r := range s.Tap {
			c.ref(fmt.Sprintf("%stap[%d]", path, i), r)
		}
		for i, e := range s.Expect {
			c.expectation(fmt.Sprintf("%sexpect[%d].%s", path, i, e.Kind), e)
		}
		for i, p := range s.Predict {
			if p.About != nil {
				c.ref(fmt.Sprintf("%spredict[%d].about.at", path, i), p.About.At)
			}
		}
	}
	c.pages(c.scenario.After)
}

// pages checks what pages name.
func (c *scenarioCheck) pages(list []*Page) {
	for _, p := range list {
		path := fmt.Sprintf("spec.steps[%d].", p.Index)
		for i, t := range p.Try {
			c.ref(fmt.Sprintf("%stry[%d].in", path, i), t.In)
		}
		for i, r := range p.Pods {
			c.ref(fmt.Sprintf("%spods[%d]", path, i), r)
		}
	}
}

// findLab finds the lab that the scenario runs on. A name that the bundle does
// not know is no fault here: it may be found elsewhere, by whoever knows the
// other files and the built-ins.
func (c *scenarioCheck) findLab() bool {
	ref := c.scenario.LabRef
	switch {
	case len(c.Labs) == 0:
		return true
	case ref.Text != "":
		c.lab = c.Lab(ref.Text)
		return true
	case len(c.Labs) == 1:
		c.lab = c.Labs[0]
	default:
		c.add(c.scenario.Pos.Errorf("spec", "labRef is missing, and there are %d labs; write labRef: %s", len(c.Labs), c.Labs[0].Name))
	}
	return c.lab != nil
}

func (c *scenarioCheck) expectation(path string, e *Expectation) {
	for i, r := range e.Path {
		c.ref(fmt.Sprintf("%s[%d]", path, i), r)
	}
	if e.Packets != nil {
		c.ref(path+".at", e.Packets.At)
	}
	if e.Drop != nil {
		c.ref(path+".at", e.Drop.At)
	}
	if e.ARP != nil {
		c.ref(path+".at", e.ARP.At)
	}
	if e.Route != nil {
		c.ref(path+".in", e.Route.In)
	}
	if e.NAT != nil {
		c.ref(path+".at", e.NAT.At)
	}
	if e.Conntrack != nil {
		c.ref(path+".in", e.Conntrack.In)
	}
	if e.ICMPError != nil {
		c.ref(path+".to", e.ICMPError.To)
	}
}

// ref checks that there is what a reference names. Its interface is left to
// the run: Calico and commands add interfaces.
func (c *scenarioCheck) ref(path string, r RefAt) {
	if r.IsZero() {
		return
	}
	if (r.Cali != PodName{}) {
		c.pod(path, r.Pos, r.Cali.Full())
	}
	if r.Kind == RefPod {
		c.pod(path, r.Pos, r.Pod())
		return
	}
	role, found := c.machines[c.lab][r.Name]
	switch {
	case !found && r.Kind == RefMachine && c.hasPod(PodName{Name: r.Name}.Full()):
	case !found && c.newSpace && r.Kind == RefMachine:
	case !found:
		c.add(r.Pos.Errorf(path, "unknown machine %q in lab %s%s", shorten(r.Name), c.lab.Name, c.suggest(r.Name, c.spaceNames)))
	case r.Kind != RefMachine && role != "" && string(role) != string(r.Kind):
		c.add(r.Pos.Errorf(path, "%s is a %s; write %s/%s", r.Name, role, role, r.Name))
	}
}

func (c *scenarioCheck) pod(path string, pos Pos, p PodName) {
	if c.hasPod(p) || c.newPods {
		return
	}
	c.add(pos.Errorf(path, "unknown pod %q in lab %s%s", shorten(p.String()), c.lab.Name, c.suggest(p.Name, c.podNames)))
}

// hasPod reports a declared pod, or a machine that stands for one.
func (c *scenarioCheck) hasPod(p PodName) bool {
	if c.lab == c.cluster && c.pods[p] != nil {
		return true
	}
	return c.machines[c.lab][p.netns()] == RolePod
}

func (c *scenarioCheck) podNames() []string {
	var names []string
	if c.lab == c.cluster {
		for _, p := range c.Pods {
			names = append(names, p.Name)
		}
	}
	for _, m := range c.lab.Machines {
		if m.Role == RolePod {
			names = append(names, m.Name)
		}
	}
	return names
}

func (c *scenarioCheck) spaceNames() []string {
	names := make([]string, len(c.lab.Machines))
	for i, m := range c.lab.Machines {
		names[i] = m.Name
	}
	return names
}
