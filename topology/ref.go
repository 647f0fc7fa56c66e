package topology

import (
	"errors"
	"fmt"
	"strings"
)

// RefKind is what a Ref points at; RefMachine is a machine by its plain name.
type RefKind string

// The kinds of references.
const (
	RefMachine RefKind = ""
	RefPod     RefKind = "pod"
	RefNode    RefKind = "node"
	RefHost    RefKind = "host"
	RefRouter  RefKind = "router"
)

// AllInterfaces as Ref.Interface stands for every interface of the namespace.
const AllInterfaces = "*"

// Ref names a namespace and, if it says so, an interface in it: pod/NAME,
// pod/NS/NAME, node/NAME, host/NAME, router/NAME or MACHINE, then optionally
// ":IFACE", ":cali(POD)" for a pod's host-side interface, or ":*" for all.
// The zero Ref is nowhere. Refs compare with ==.
type Ref struct {
	Kind      RefKind
	Namespace string // of a pod; "" when the text named none and default is meant
	Name      string
	Interface string // "", a device, or AllInterfaces; empty when Cali is set
	Cali      PodName
}

// PodName names a pod; the zero PodName is none.
type PodName struct {
	Namespace string // "" when the text named none and default is meant
	Name      string
}

// RefAt is a Ref and where it stands.
type RefAt struct {
	Ref
	Pos Pos
}

// ParseRef reads what Ref.String writes.
func ParseRef(s string) (Ref, error) {
	space, iface, hasIface := strings.Cut(s, ":") // names contain no colon
	r, err := parseNamespace(space)
	if err != nil {
		return Ref{}, fmt.Errorf("%q: %w", shorten(s), err)
	}
	if !hasIface {
		return r, nil
	}
	if pod, ok := strings.CutPrefix(iface, "cali("); ok {
		r.Cali, err = parsePodName(pod)
	} else if r.Interface = iface; iface != AllInterfaces {
		err = checkDevice(iface)
	}
	if err == nil && r.Cali != (PodName{}) && r.Kind == RefPod {
		err = errors.New("cali(POD) is an interface of the pod's node; write node/NAME:cali(POD)")
	}
	if err != nil {
		return Ref{}, fmt.Errorf("%q: %w", shorten(s), err)
	}
	return r, nil
}

func parseNamespace(s string) (Ref, error) {
	kind, name, found := strings.Cut(s, "/")
	if !found {
		return Ref{Name: s}, checkName(s)
	}
	r := Ref{Kind: RefKind(kind), Name: name}
	switch r.Kind {
	case RefPod:
		if ns, pod, two := strings.Cut(name, "/"); two {
			r.Namespace, r.Name = ns, pod
			if err := checkDNSName(ns); err != nil {
				return Ref{}, err
			}
		}
		return r, checkDNSName(r.Name)
	case RefNode, RefHost, RefRouter:
		return r, checkName(name)
	}
	kinds := []string{"pod", "node", "host", "router"}
	return Ref{}, fmt.Errorf("unknown kind of reference %q; expected %s%s",
		shorten(kind), oneOf(kinds), didYouMean(kind, kinds))
}

// parsePodName reads the "NAME)" or "NS/NAME)" behind "cali(".
func parsePodName(s string) (PodName, error) {
	s, closed := strings.CutSuffix(s, ")")
	if !closed {
		return PodName{}, errors.New("cali(POD) lacks its closing parenthesis")
	}
	var p PodName
	ns, name, two := strings.Cut(s, "/")
	if !two {
		ns, name = "", s
	} else if err := checkDNSName(ns); err != nil {
		return PodName{}, err
	}
	p.Namespace, p.Name = ns, name
	return p, checkDNSName(name)
}

// IsZero reports that the Ref points nowhere.
func (r Ref) IsZero() bool { return r == Ref{} }

// HasInterface reports whether the Ref names an interface, or all of them.
func (r Ref) HasInterface() bool { return r.Interface != "" || r.Cali != PodName{} }

// Machine gives the same Ref without its interface.
func (r Ref) Machine() Ref {
	r.Interface, r.Cali = "", PodName{}
	return r
}

// Pod gives the pod that a RefPod names, its namespace filled in.
func (r Ref) Pod() PodName { return PodName{Namespace: r.Namespace, Name: r.Name}.Full() }

// Full gives the pod's name with the namespace filled in.
func (p PodName) Full() PodName {
	if p.Namespace == "" {
		p.Namespace = "default"
	}
	return p
}

// String gives NAME or NS/NAME, as it was written.
func (p PodName) String() string {
	if p.Namespace == "" {
		return p.Name
	}
	return p.Namespace + "/" + p.Name
}

// String gives the text that ParseRef reads.
func (r Ref) String() string {
	s := PodName{Namespace: r.Namespace, Name: r.Name}.String()
	if r.Kind != RefMachine {
		s = string(r.Kind) + "/" + s
	}
	switch {
	case r.Cali != PodName{}:
		return s + ":cali(" + r.Cali.String() + ")"
	case r.Interface != "":
		return s + ":" + r.Interface
	}
	return s
}
