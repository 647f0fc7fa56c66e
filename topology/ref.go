package topology

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
