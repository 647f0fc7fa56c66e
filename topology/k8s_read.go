package topology

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// Annotations of Calico's CNI plugin that decide about a pod's interface.
const (
	AnnotationIPAddrs   = "cni.projectcalico.org/ipAddrs"
	AnnotationIPv4Pools = "cni.projectcalico.org/ipv4pools"
	AnnotationHwAddr    = "cni.projectcalico.org/hwAddr"
)

// objectReader reads an object that others defined: what is not modelled is
// noted, a null stands for an absent field as in Kubernetes.
type objectReader struct {
	*source
	kind    string
	base    string // path of the object inside its document, "" or "items[3]."
	anyName bool   // names need not be those of DNS; some kinds have colons
}

// model reads the modelled fields of a mapping.
func (o objectReader) model(v value, f fields) {
	v.each(func(key, val value) {
		read := f[key.node.Value]
		switch {
		case read == nil:
			o.note(key.pos(), o.kind, withoutIndexes(strings.TrimPrefix(key.path, o.base)))
		case !isNull(val.node):
			read(val)
		}
	})
}

// withoutIndexes turns spec.containers[3].env into spec.containers[].env.
func withoutIndexes(path string) string {
	var b strings.Builder
	inside := false
	for _, r := range path {
		if r == ']' {
			inside = false
		}
		if !inside {
			b.WriteRune(r)
		}
		if r == '[' {
			inside = true
		}
	}
	return b.String()
}

// read reads an object: what all have, and the spec as its kind has it.
func (o objectReader) read(v value, spec func(value)) Object {
	obj := Object{Pos: v.pos(), Kind: o.kind, Raw: Raw{v.node}}
	known := fields{
		"apiVersion": func(v value) { obj.APIVersion = v.text() },
		"kind":       func(value) {},
		"metadata":   func(v value) { o.metadata(&obj, v) },
	}
	if spec != nil {
		known["spec"] = spec
	}
	o.model(v, known)
	if meta := v.at("metadata"); !v.has("metadata") || meta.isMapping() && meta.isNull("name") {
		v.errorf("metadata.name is missing")
	}
	return obj
}

func (o objectReader) metadata(obj *Object, v value) {
	o.model(v, fields{
		"name":        func(v value) { obj.Name = o.readName(v) },
		"namespace":   func(v value) { obj.Namespace = o.readName(v) },
		"labels":      func(v value) { obj.Labels = readPairs(v) },
		"annotations": func(v value) { obj.Annotations = readPairs(v) },
	})
}

func (o objectReader) readName(v value) string {
	if o.anyName {
		return v.text()
	}
	s := v.filled()
	if s == "" {
		return s
	}
	if err := checkDNSName(s); err != nil {
		v.errorf("%v", err)
	}
	return s
}

func readPairs(v value) Pairs {
	var out Pairs
	v.each(func(key, v value) {
		out = append(out, Pair{Pos: v.pos(), Key: key.node.Value, Value: v.text()})
	})
	return out
}

// readOther reads an object of which nothing is modelled but its name.
func (o objectReader) readOther(v value) *Object {
	obj := &Object{Pos: v.pos(), Kind: o.kind, Raw: Raw{v.node}}
	if n := v.get("apiVersion"); n != nil {
		obj.APIVersion = n.Value
	}
	n := v.get("metadata")
	if n == nil {
		return obj
	}
	quiet := objectReader{source: newSource(o.name), kind: o.kind, anyName: true} // its notes would only repeat that of the kind
	quiet.metadata(obj, value{src: o.source, node: n, path: o.base + "metadata"})
	return obj
}

func (o objectReader) readPod(v value) *Pod {
	p := &Pod{}
	hasContainers := false
	p.Object = o.read(v, func(v value) {
		o.model(v, fields{
			"nodeName":    func(v value) { p.NodeName, p.NodePos = v.text(), v.pos() },
			"hostNetwork": func(v value) { p.HostNetwork = v.boolean() },
			"containers": func(v value) {
				v.list(func(v value) { p.Containers = append(p.Containers, o.readContainer(v)) })
				hasContainers = v.isList() && len(p.Containers) > 0 || !v.isList()
			},
		})
	})
	if p.Namespace == "" {
		p.Namespace = "default"
	}
	if !hasContainers {
		v.errorf("spec.containers is missing; a pod has at least one container")
	}
	o.readAnnotations(p)
	return p
}

func (o objectReader) readContainer(v value) Container {
	var c Container
	o.model(v, fields{
		"name":  func(v value) { c.Name = v.text() },
		"image": func(v value) { c.Image = v.text() },
	})
	if v.isMapping() && c.Name == "" {
		v.errorf("the container has no name")
	}
	return c
}

// readAnnotations reads what Calico's CNI plugin would; the annotations that
// Calico itself writes (podIP, podIPs, containerID) say nothing new.
func (o objectReader) readAnnotations(p *Pod) {
	for _, a := range p.Annotations {
		path := o.base + "metadata.annotations." + a.Key
		var err error
		switch a.Key {
		case AnnotationIPAddrs:
			p.IPPos = a.Pos
			p.IP, err = pinnedAddress(a.Value)
		case AnnotationIPv4Pools:
			if json.Unmarshal([]byte(a.Value), &p.IPv4Pools) != nil {
				err = fmt.Errorf(`expected a list of pools in JSON such as ["172.16.0.0/16"], found %q`, shorten(a.Value))
			}
		case AnnotationHwAddr:
			p.HardwareMAC, err = ParseMAC(a.Value)
		case "cni.projectcalico.org/podIP", "cni.projectcalico.org/podIPs", "cni.projectcalico.org/containerID":
		case "kubernetes.io/ingress-bandwidth", "kubernetes.io/egress-bandwidth":
			o.note(a.Pos, o.kind, "metadata.annotations."+a.Key)
		default:
			if strings.HasPrefix(a.Key, "cni.projectcalico.org/") {
				o.note(a.Pos, o.kind, "metadata.annotations."+pathKey(a.Key))
			}
		}
		if err != nil {
			o.add(a.Pos.Errorf(path, "%s", shortenQuoted(err, a.Value)))
		}
	}
}

// pinnedAddress reads the JSON list of one address in AnnotationIPAddrs.
func pinnedAddress(s string) (netip.Addr, error) {
	var list []string
	if json.Unmarshal([]byte(s), &list) != nil || len(list) != 1 {
		return netip.Addr{}, fmt.Errorf(`expected a list of one address in JSON such as ["172.16.158.4"], found %q`, shorten(s))
	}
	a, err := netip.ParseAddr(list[0])
	switch {
	case err != nil:
		return netip.Addr{}, fmt.Errorf("%q is not an IP address", shorten(list[0]))
	case !a.Is4():
		return netip.Addr{}, fmt.Errorf("not modelled: IPv6 address %s", a)
	}
	return a, nil
}
