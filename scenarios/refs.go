package scenarios

import (
	"strings"

	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/ctl/names"
	"hoplab/topology"
)

// place is one interface of a namespace, or all of it when dev is empty.
type place struct{ netns, dev string }

func (p place) String() string {
	if p.dev == "" {
		return p.netns
	}
	return p.netns + ":" + p.dev
}

// refs finds what references of a scenario name in a running lab.
type refs struct {
	lab *sim.Lab
	// late says that commands may make interfaces before these references count:
	// one that is not there yet is no fault.
	late bool
}

// makesInterfaces reports a command that may do so.
func makesInterfaces(line string) bool {
	for _, word := range []string{"link", "tunnel", "tuntap", "modprobe", "netns", "bridge", "bash", "sh ", "eval"} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// linkLate is the link type of an interface that is not there yet.
const linkLate = -1

// missing names the first of some interfaces that is not there.
func missing(l *sim.Lab, places []place) string {
	for _, p := range places {
		if ns := l.Namespace(p.netns); p.dev != "" && (ns == nil || ns.Device(p.dev) == nil) {
			return p.netns + " has no interface " + p.dev
		}
	}
	return ""
}

// namespace gives the network namespace of a reference.
func (r refs) namespace(ref topology.RefAt, path string) (string, *topology.Error) {
	if ref.Kind == topology.RefPod {
		return r.pod(ref.Pod(), ref.Pos, path)
	}
	m := r.lab.Topology.Machine(ref.Name)
	var all []string
	for _, m := range r.lab.Topology.Machines {
		all = append(all, m.Name)
	}
	switch {
	case m == nil:
		return "", ref.Pos.Errorf(path, "unknown machine %q in lab %s%s", ref.Name, r.lab.Topology.Name, oneOf(ref.Name, all))
	case ref.Kind != topology.RefMachine && string(m.Role) != string(ref.Kind):
		return "", ref.Pos.Errorf(path, "%s is a %s; write %s/%s", m.Name, m.Role, m.Role, m.Name)
	}
	return m.Name, nil
}

func (r refs) pod(p topology.PodName, pos topology.Pos, path string) (string, *topology.Error) {
	netns := names.PodNetns(p.Namespace, p.Name)
	if m := r.lab.Topology.Machine(netns); m != nil && m.Role == topology.RolePod {
		return netns, nil
	}
	var all []string
	for _, m := range r.lab.Topology.Machines {
		if m.Role == topology.RolePod {
			all = append(all, m.Name)
		}
	}
	return "", pos.Errorf(path, "unknown pod %q in lab %s%s", p.Name, r.lab.Topology.Name, oneOf(netns, all))
}

// interfaces gives the interfaces that a reference names: one, or all of the
// namespace for "*".
func (r refs) interfaces(ref topology.RefAt, path string) ([]place, *topology.Error) {
	netns, err := r.namespace(ref, path)
	if err != nil {
		return nil, err
	}
	ns := r.lab.Namespace(netns)
	var all []string
	var places []place
	for _, d := range ns.Devices() {
		all = append(all, d.Name)
		places = append(places, place{netns, d.Name})
	}
	dev := ref.Interface
	switch {
	case ref.Interface == topology.AllInterfaces:
		return places, nil
	case ref.Cali != topology.PodName{}:
		pod := ref.Cali.Full()
		netnsOfPod, err := r.pod(pod, ref.Pos, path)
		if err != nil {
			return nil, err
		}
		dev = names.Veth("", pod.Namespace, pod.Name)
		if home := r.lab.Node(netnsOfPod); home != netns {
			return nil, ref.Pos.Errorf(path, "pod %s is on %s, not on %s; write node/%s:cali(%s)", ref.Cali, home, netns, home, ref.Cali)
		}
	case dev == "":
		return nil, ref.Pos.Errorf(path, "expected an interface; write %s:%s", ref, all[len(all)-1])
	}
	if ns.Device(dev) == nil && !r.late {
		return nil, ref.Pos.Errorf(path, "%s has no interface %q%s", netns, dev, oneOf(dev, all))
	}
	return []place{{netns, dev}}, nil
}

// linkType is that of frames on an interface.
func (r refs) linkType(p place) int {
	ns := r.lab.Namespace(p.netns)
	if ns == nil {
		return linkLate
	}
	switch d := ns.Device(p.dev); {
	case d == nil:
		return linkLate
	case d.HasEthernet():
		return pcap.LinkEthernet
	}
	return pcap.LinkRaw
}
