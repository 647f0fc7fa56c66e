package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/packet/layers"
	"hoplab/topology"
)

// header is one header that a packet must have, ready to compare.
type header struct {
	layer  string
	fields []headerField
	text   string
}

// headerField is one field of it, and its value in the form that readField gives.
type headerField struct{ name, want string }

// layer is one header of a packet.
type layer struct {
	name   string
	bytes  []byte // from its first byte to the end of the packet
	inside bool   // of the packet in a tunnel, or the one that an ICMP error quotes
}

// layersOf are the headers of a frame that an expectation can name, outermost
// first. What follows an ICMP error is the packet that it quotes.
func layersOf(linkType int, frame []byte) []layer {
	var out []layer
	for _, l := range layers.Parse(linkType, frame) {
		if name := strings.ToLower(l.Name); slices.Contains(topology.HeaderLayers(), name) {
			out = append(out, layer{name, frame[l.Off:], l.Depth > 0})
		}
	}
	return out
}

// compareHeaders says how a frame differs from the headers it must have; empty
// when it does not. They are the frame's layers from the outermost on, without
// a gap, of which a leading ethernet may be left out and any at the end.
func compareHeaders(want []header, linkType int, frame []byte) string {
	got := layersOf(linkType, frame)
	if len(got) > 0 && got[0].name == "ethernet" && want[0].layer != "ethernet" {
		got = got[1:]
	}
	for i, h := range want {
		switch {
		case i >= len(got):
			return fmt.Sprintf("header %d: expected %s, found no further header", i+1, h.layer)
		case got[i].name != h.layer:
			return fmt.Sprintf("header %d: expected %s, found %s", i+1, h.layer, got[i].name)
		}
		for _, f := range h.fields {
			if is := readField(got[i], f.name); is != f.want {
				if is == "" {
					is = "no such field"
				}
				return fmt.Sprintf("header %d, %s %s: expected %s, found %s", i+1, h.layer, f.name, f.want, is)
			}
		}
	}
	return ""
}

// header brings the values of a header into the form that readField gives.
func (c *compiler) header(h topology.Header, path string) header {
	out := header{layer: h.Layer, text: h.Layer}
	for _, f := range h.Fields {
		value, expected := canonical(h.Layer, f.Name, f.Value)
		if expected != "" {
			c.add(f.Pos.Errorf(path+"."+h.Layer+"."+f.Name, "expected %s, found %q", expected, f.Value))
		}
		out.fields = append(out.fields, headerField{f.Name, value})
		out.text += " " + f.Name + " " + value
	}
	return out
}
