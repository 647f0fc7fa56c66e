package topology

import (
	"slices"
	"strings"
)

func (r *labReader) vethFields(m *Machine, i *Interface, f fields) {
	for key, read := range linkFields(&i.Link) {
		f[key] = func(v value) {
			r.shaped[i] = true
			read(v)
		}
	}
	f["veth"] = func(v value) { r.readPeer(m, i, v) }
}

func (r *labReader) readPeer(m *Machine, i *Interface, v value) {
	s := v.filled()
	if s == "" {
		return
	}
	machine, dev, found := strings.Cut(s, ":")
	err := checkName(machine)
	if err == nil && found {
		err = checkDevice(dev)
	}
	switch {
	case !found:
		v.errorf("expected MACHINE:IFACE, found %s", describe(v.node))
		return
	case err != nil:
		v.errorf("%v", err)
		return
	}
	i.Peer = Endpoint{machine, dev}
	r.later = append(r.later, func() { r.checkPeer(m, i, v) })
}

// pairVeths adds the ends that are declared on the other end alone, and lets
// each end take over what only the other one says about their wire. It runs
// before the checks in later, so that those see every device.
func (r *labReader) pairVeths() {
	for _, m := range slices.Clone(r.lab.Machines) {
		for _, i := range slices.Clone(m.Interfaces) {
			if i.Kind == Veth && i.Peer != (Endpoint{}) {
				r.pairVeth(Endpoint{m.Name, i.Name}, i)
			}
		}
	}
}

func (r *labReader) pairVeth(here Endpoint, i *Interface) {
	m := r.machines[i.Peer.Machine]
	if m == nil || here == i.Peer {
		return // checkPeer reports it
	}
	peer := r.devices[i.Peer]
	if peer == nil && len(m.Interfaces) < maxInterfaces && i.Peer.Interface != "lo" {
		peer = &Interface{Pos: i.Pos, Name: i.Peer.Interface, Kind: Veth, Peer: here, Up: true}
		m.Interfaces = append(m.Interfaces, peer)
		r.devices[i.Peer] = peer
	}
	if peer == nil || peer.Kind != Veth || peer.Peer != here {
		return
	}
	if !r.shaped[i] && r.shaped[peer] {
		i.Link = peer.Link
	} else if !r.shaped[peer] && r.shaped[i] {
		peer.Link = i.Link
	}
	for _, end := range []*Interface{i, peer} {
		for _, mtu := range []int{i.MTU, peer.MTU, DefaultMTU} {
			if end.MTU == 0 {
				end.MTU = mtu
			}
		}
	}
}

// checkPeer reports an end whose other end does not fit, and that end's place.
func (r *labReader) checkPeer(m *Machine, i *Interface, v value) {
	here := Endpoint{m.Name, i.Name}
	other := r.machines[i.Peer.Machine]
	if other == nil {
		v.errorf("unknown machine %q%s", i.Peer.Machine, r.src.suggest(i.Peer.Machine, r.machineNames))
		return
	}
	peer := r.devices[i.Peer]
	switch {
	case i.Peer == here:
		v.errorf("%s cannot be its own other end", here)
	case i.Peer.Interface == "lo":
		v.errorf("lo cannot be the end of a veth pair")
	case peer == nil:
		v.errorf("%s would have more than %d interfaces", other.Name, maxInterfaces)
	case peer.Kind == "":
		// Its own fault is reported.
	case peer.Kind != Veth:
		v.errorf("%s is declared as a %s device in line %d, not as a veth", i.Peer, peer.Kind, peer.Pos.Line)
	case peer.Peer != here && peer.Peer != (Endpoint{}):
		v.errorf("%s is the other end of %s (line %d), not of %s; both ends must name each other",
			i.Peer, peer.Peer, peer.Pos.Line, here)
	}
}

func (r *labReader) machineNames() []string {
	names := make([]string, len(r.lab.Machines))
	for i, m := range r.lab.Machines {
		names[i] = m.Name
	}
	return names
}
