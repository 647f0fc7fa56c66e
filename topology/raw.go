package topology

import "gopkg.in/yaml.v3"

// Raw is a piece of the YAML as it was written, aliases expanded.
type Raw struct{ node *yaml.Node }

// IsZero reports that nothing was written.
func (r Raw) IsZero() bool { return r.node == nil }

// Decode fills in v by the rules of yaml.v3.
func (r Raw) Decode(v any) error {
	if r.node == nil {
		return nil
	}
	return r.node.Decode(v)
}

// YAML gives the text, "" when nothing was written.
func (r Raw) YAML() (string, error) {
	if r.node == nil {
		return "", nil
	}
	out, err := yaml.Marshal(r.node)
	return string(out), err
}
