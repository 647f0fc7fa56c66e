package scenarios

import (
	"fmt"

	"hoplab/packet"
	"hoplab/packet/pcap"
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
	name  string
	bytes []byte // from its first byte to the end of the packet
}

// layersOf takes a frame apart as far as the layers go that an expectation can
// name. What follows an ICMP error is the packet that it quotes.
func layersOf(linkType int, frame []byte) []layer {
	var out []layer
	next := packet.EtherIPv4
	if linkType == pcap.LinkEthernet {
		eth, err := packet.ParseEthernet(frame)
		if err != nil {
			return nil
		}
		out = append(out, layer{"ethernet", frame})
		next, frame = eth.Type(), eth.Payload()
	}
	switch next {
	case packet.EtherARP:
		if a, err := packet.ParseARP(frame); err == nil {
			out = append(out, layer{"arp", a})
		}
	case packet.EtherIPv4:
		out = ipLayers(out, frame)
	}
	return out
}

func ipLayers(out []layer, b []byte) []layer {
	for {
		ip, err := packet.ParseIPv4(b)
		if err != nil {
			return out
		}
		out = append(out, layer{"ipv4", ip})
		if ip.FragOffset() != 0 {
			return out
		}
		b = ip.Payload()
		switch ip.Proto() {
		case packet.ProtoIPIP:
			continue
		case packet.ProtoICMP:
			m, err := packet.ParseICMP(b)
			if err != nil {
				return out
			}
			out = append(out, layer{"icmp", m})
			if !m.IsError() {
				return out
			}
			b = m.Payload()
			continue
		case packet.ProtoUDP:
			if u, err := packet.ParseUDP(b); err == nil {
				out = append(out, layer{"udp", u})
			}
		case packet.ProtoTCP:
			if t, err := packet.ParseTCP(b); err == nil {
				out = append(out, layer{"tcp", t})
			}
		}
		return out
	}
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
