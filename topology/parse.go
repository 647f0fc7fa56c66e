package topology

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

// Parse reads one YAML stream. The name stands in the places of errors. The
// error is of type Errors.
func Parse(name string, src []byte) (*Bundle, error) {
	return nil, Errors{Pos{File: name, Line: 1, Col: 1}.Errorf("", "not modelled: parsing")}
}
