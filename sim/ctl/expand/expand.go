package expand

import (
	"cmp"
	"slices"

	"hoplab/sim/ctl/felix"
	"hoplab/sim/ctl/ipam"
	"hoplab/topology"
)

// Expand gives the lab with everything that Calico adds to it for the objects of
// the bundle. Neither is changed; machines that Calico leaves alone are shared. A
// bundle without pools and pods, or whose cluster is another lab, gives the lab
// itself. The error is of type topology.Errors.
//
// The notes say what was left out here; those of the bundle are not repeated.
func Expand(b *topology.Bundle, lab *topology.Lab) (*topology.Lab, []topology.Note, error) {
	if len(b.Pools) == 0 && len(b.Pods) == 0 {
		return lab, nil, nil
	}
	if !hasNode(lab) && b.Cluster() != nil {
		return lab, nil, nil
	}
	c := &cluster{bundle: b, lab: lab}
	for _, step := range []func(){c.readPools, c.readNodes, c.readPods, c.allocate} {
		if step(); len(c.errs) > 0 {
			return nil, nil, sorted(c.errs)
		}
	}
	return c.render(), nil, nil
}

func hasNode(lab *topology.Lab) bool {
	return slices.ContainsFunc(lab.Machines, func(m *topology.Machine) bool { return m.Role == topology.RoleNode })
}

// cluster is an expansion at work. A step that meets faults reports all of them
// and ends the work.
type cluster struct {
	bundle *topology.Bundle
	lab    *topology.Lab
	errs   topology.Errors

	pools []*topology.IPPool // IPv4, by name
	ipip  bool               // one of them uses IPIP, disabled or not
	vxlan bool               // likewise VXLAN
	nodes []*node            // in the order of the machines
	pods  []*pod             // those with a network of their own, in the order of the file
	ipam  *ipam.IPAM

	byName map[string]*node
}

func (c *cluster) errorf(pos topology.Pos, path, format string, args ...any) {
	c.errs = append(c.errs, pos.Errorf(path, format, args...))
}

func (c *cluster) encap() felix.Encap { return felix.Encap{IPIP: c.ipip, VXLAN: c.vxlan} }

// sorted orders errors by place, as package topology does.
func sorted(errs topology.Errors) topology.Errors {
	slices.SortStableFunc(errs, func(a, b *topology.Error) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return errs
}
