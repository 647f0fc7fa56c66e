package topology

import (
	"slices"
	"strings"
)

// Bundle is what one YAML stream, or several together, declared.
type Bundle struct {
	Labs      []*Lab
	Scenarios []*Scenario
	Pools     []*IPPool
	Pods      []*Pod
	Nodes     []*K8sNode
	Other     []*Object // objects of kinds that the lab does not model, and Namespaces
	Notes     []Note
}

// Note says that something is kept but not modelled; one for each kind and field.
type Note struct {
	Pos   Pos
	Kind  string // "Pod"
	Field string // "spec.tolerations"; "" when the whole kind is not modelled
}

// Lab finds a lab by its name, or gives nil.
func (b *Bundle) Lab(name string) *Lab {
	for _, l := range b.Labs {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// Scenario finds a scenario by its name, or gives nil.
func (b *Bundle) Scenario(name string) *Scenario {
	for _, s := range b.Scenarios {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Cluster gives the lab that the Kubernetes objects belong to: the first with
// a machine of role node, or nil.
func (b *Bundle) Cluster() *Lab {
	for _, l := range b.Labs {
		if l.hasNode() {
			return l
		}
	}
	return nil
}

func (l *Lab) hasNode() bool {
	return slices.ContainsFunc(l.Machines, func(m *Machine) bool { return m.Role == RoleNode })
}

// String gives the note as a line of a report.
func (n Note) String() string {
	what := n.Kind
	if n.Field != "" {
		what += " " + n.Field
	}
	return n.Pos.String() + ": " + what + " is kept, but not modelled"
}

// Parse reads one YAML stream; name is what the places in errors call it. The
// error is of type Errors and holds every fault that was found.
//
// What the stream refers to but does not hold is no fault yet: a scenario may
// run on another file's lab, pods may wait for their nodes. Merge looks again.
func Parse(name string, src []byte) (*Bundle, error) {
	p := parser{source: newSource(name), bundle: &Bundle{}}
	for _, root := range p.documents(src) {
		p.document(value{src: p.source, node: root}, "", "")
	}
	p.bundle.Notes = p.notes
	slices.SortStableFunc(p.bundle.Notes, func(a, b Note) int { return a.Pos.compare(b.Pos) })
	return p.bundle.finish(p.source)
}

// Merge puts bundles together, in order, and checks what they say of each
// other. The parts are not changed, but the result shares their objects.
func Merge(parts ...*Bundle) (*Bundle, error) {
	b, src := &Bundle{}, newSource("")
	for _, p := range parts {
		b.Labs = append(b.Labs, p.Labs...)
		b.Scenarios = append(b.Scenarios, p.Scenarios...)
		b.Pools = append(b.Pools, p.Pools...)
		b.Pods = append(b.Pods, p.Pods...)
		b.Nodes = append(b.Nodes, p.Nodes...)
		b.Other = append(b.Other, p.Other...)
		for _, n := range p.Notes {
			src.note(n.Pos, n.Kind, n.Field)
		}
	}
	b.Notes = src.notes
	return b.finish(src)
}

// finish checks a complete bundle and gives it, or all faults.
func (b *Bundle) finish(src *source) (*Bundle, error) {
	(&bundleCheck{source: src, Bundle: b}).run()
	if len(src.errs) > 0 {
		return nil, src.errs.sorted()
	}
	return b, nil
}

// parser sorts documents by their kind.
type parser struct {
	*source
	bundle *Bundle
}

const apiHoplab = "hoplab/v1"

// document reads one object. The kind and version of a list stand in for those
// that its items leave out.
func (p *parser) document(v value, listVersion, listKind string) {
	if !v.isMapping() {
		v.expected("a mapping with apiVersion and kind")
		return
	}
	version, kind := p.head(v, "apiVersion", listVersion), p.head(v, "kind", listKind)
	switch {
	case version == "" || kind == "":
	case strings.ContainsFunc(kind, func(r rune) bool { return !isAlnum(r) }):
		v.at("kind").errorf("%q is not a kind", shorten(kind))
	case version == apiHoplab:
		p.own(v, kind)
	case kind == "Lab" || kind == "Scenario" || strings.HasPrefix(version, "hoplab"):
		v.at("apiVersion").errorf("expected %s for kind %s, found %s", apiHoplab, shorten(kind), describe(v.get("apiVersion")))
	case strings.HasSuffix(kind, "List"):
		p.list(v, version, strings.TrimSuffix(kind, "List"))
	default:
		p.foreign(v, version, kind)
	}
}

// head reads apiVersion or kind.
func (p *parser) head(v value, key, inherited string) string {
	switch {
	case v.has(key):
		return v.at(key).filled()
	case inherited == "":
		v.errorf("%s is missing", key)
	}
	return inherited
}

func (p *parser) own(v value, kind string) {
	switch kind {
	case "Lab":
		p.bundle.Labs = append(p.bundle.Labs, readLab(v))
	case "Scenario":
		p.bundle.Scenarios = append(p.bundle.Scenarios, readScenario(v))
	default:
		known := []string{"Lab", "Scenario"}
		v.at("kind").errorf("unknown kind %q of %s; expected %s%s", shorten(kind), apiHoplab, oneOf(known), didYouMean(kind, known))
	}
}

// list flattens a List, or a PodList and its like, of which the items may
// leave out what the list's name says.
func (p *parser) list(v value, version, kind string) {
	if kind == "" {
		version = ""
	}
	objectReader{source: p.source, kind: kind + "List", base: v.prefixPath()}.model(v, fields{
		"apiVersion": func(value) {},
		"kind":       func(value) {},
		"metadata":   func(value) {}, // resourceVersion and paging
		"items": func(v value) {
			v.list(func(v value) { p.document(v, version, kind) })
		},
	})
}

// foreign reads an object of Kubernetes or Calico.
func (p *parser) foreign(v value, version, kind string) {
	o := objectReader{source: p.source, kind: kind, base: v.prefixPath()}
	want := "v1"
	if kind == "IPPool" {
		want = "projectcalico.org/v3"
	}
	switch kind {
	case "Pod", "Node", "Namespace", "IPPool":
		if version != want && !(kind == "IPPool" && version == "crd.projectcalico.org/v1") {
			v.at("apiVersion").errorf("no matches for kind %q in version %q; write %s", kind, shorten(version), want)
			return
		}
	}
	switch kind {
	case "Pod":
		p.bundle.Pods = append(p.bundle.Pods, o.readPod(v))
	case "Node":
		node := &K8sNode{Object: o.read(v, nil)}
		p.bundle.Nodes = append(p.bundle.Nodes, node)
	case "Namespace":
		obj := o.read(v, nil)
		p.bundle.Other = append(p.bundle.Other, &obj)
	case "IPPool":
		p.bundle.Pools = append(p.bundle.Pools, o.readPool(v))
	default:
		p.bundle.Other = append(p.bundle.Other, o.readOther(v))
		p.note(v.pos(), kind, "")
	}
}

// prefixPath is the path with which the paths of fields begin.
func (v value) prefixPath() string {
	if v.path == "" {
		return ""
	}
	return v.path + "."
}
