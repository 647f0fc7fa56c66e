package layers

// Change is what became of one header between two places.
type Change struct {
	Layer  *Layer   // as it is now; as it was where it is gone
	Kind   Kind     // new, gone, or other fields
	Fields []Differ // of one that is in both
}

// Kind says what became of a header.
type Kind uint8

// What became of a header.
const (
	Altered Kind = iota
	Added
	Removed
)

// Differ is a field with another value.
type Differ struct{ Name, Before, After string }

// Compare tells what changed between a packet before and after. Headers are put
// beside each other from the inside: what a tunnel adds or takes off is on the
// outside.
func Compare(before, after []Layer) []Change {
	a, b := spine(before), spine(after)
	var out, shared []Change
	i, j := len(a), len(b)
	for i > 0 && j > 0 && a[i-1].Name == b[j-1].Name {
		i, j = i-1, j-1
		if c := differ(a[i], b[j]); len(c.Fields) > 0 {
			shared = append([]Change{c}, shared...)
		}
	}
	// Of two stacks of different heights the outermost may be alike: Ethernet.
	if i > 0 && j > 0 && a[0].Name == b[0].Name {
		if c := differ(a[0], b[0]); len(c.Fields) > 0 {
			out = append(out, c)
		}
		a, b, i, j = a[1:], b[1:], i-1, j-1
	}
	for _, l := range a[:i] {
		out = append(out, Change{Layer: l, Kind: Removed})
	}
	for _, l := range b[:j] {
		out = append(out, Change{Layer: l, Kind: Added})
	}
	return append(out, shared...)
}

// spine is the headers of a packet without those that an ICMP error quotes.
func spine(all []Layer) []*Layer {
	var out []*Layer
	for i := range all {
		if !all[i].Quoted && all[i].Name != Data {
			out = append(out, &all[i])
		}
	}
	return out
}

func differ(a, b *Layer) Change {
	c := Change{Layer: b}
	for k := range b.Fields {
		if k < len(a.Fields) && a.Fields[k].Name == b.Fields[k].Name && a.Fields[k].Value != b.Fields[k].Value {
			c.Fields = append(c.Fields, Differ{b.Fields[k].Name, a.Fields[k].Value, b.Fields[k].Value})
		}
	}
	return c
}
