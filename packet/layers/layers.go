// Package layers takes a frame apart for people: its headers in order, outer and
// inner ones, with each field's value, its place in the frame, and whether a
// checksum is right. It reads what a lab sends (Ethernet, ARP, IPv4 with options,
// ICMP with the packet that it quotes, UDP, TCP, IPIP, VXLAN, DHCP, DNS); the rest
// is data. Any bytes will do; nothing is changed.
//
//	layers.go       Ethernet, ARP, IPv4
//	transport.go    ICMP, UDP, TCP, VXLAN
//	application.go  DHCP, DNS
//	compare.go      what differs between a packet here and there
package layers

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"hoplab/packet"
	"hoplab/packet/pcap"
)

// Layer is one header of a frame, or what follows the last one.
type Layer struct {
	Name   string // Ethernet, IPv4, …
	What   string // the most telling of it
	Off    int    // where it begins in the frame
	Len    int    // bytes, without what it carries
	Depth  int    // how many IP headers are around it
	Quoted bool   // part of the packet that an ICMP error is about
	Fields []Field
}

// Field is one field of a header.
type Field struct {
	Name, Value string
	Off, Len    int // in the frame, bytes; parts of one byte share it
	Sum         Sum // of a checksum
	Want        uint16
}

// Sum says what is known of a checksum.
type Sum uint8

// What is known of a checksum. Want is the right one where it could be computed.
const (
	NoSum   Sum = iota // the field is none
	Right              // it is what the bytes give
	Wrong              // it is not
	Unused             // 0: the sender made none (UDP, RFC 768)
	Partial            // what it covers is not all here: a fragment, or a quoted packet
)

// Data is the name of the layer that is not read any further.
const Data = "Data"

// Parse takes a frame apart. link is pcap.LinkEthernet or pcap.LinkRaw.
func Parse(link int, frame []byte) []Layer {
	d := &parser{frame: frame}
	if link == pcap.LinkEthernet {
		d.ethernet(0)
	} else {
		d.ipv4(0)
	}
	return d.layers
}

type parser struct {
	frame  []byte
	layers []Layer
	depth  int
	quoted bool
}

func (d *parser) add(name, what string, off, n int, fields ...Field) {
	d.layers = append(d.layers, Layer{Name: name, What: what, Off: off, Len: n, Depth: d.depth, Quoted: d.quoted, Fields: fields})
}

func (d *parser) data(off int) {
	if off < len(d.frame) {
		n := len(d.frame) - off
		d.add(Data, fmt.Sprintf("%d bytes", n), off, n)
	}
}

func field(name, value string, off, n int) Field {
	return Field{Name: name, Value: value, Off: off, Len: n}
}

func number(name string, n, off, size int) Field { return field(name, strconv.Itoa(n), off, size) }

// checksum is a field whose right value is known.
func checksum(got, want uint16, off int) Field {
	f := Field{Name: "checksum", Value: fmt.Sprintf("0x%04x", got), Off: off, Len: 2, Sum: Wrong, Want: want}
	if got == want {
		f.Sum = Right
	}
	return f
}

// unchecked is one of which that cannot be said.
func unchecked(got uint16, off int, why Sum) Field {
	return Field{Name: "checksum", Value: fmt.Sprintf("0x%04x", got), Off: off, Len: 2, Sum: why}
}

// without is the Internet checksum of b with the two bytes at i taken for 0,
// beginning with a sum.
func without(sum uint64, b []byte, i int) uint16 {
	return packet.Fold(packet.Sum(packet.Sum(sum, b[:i]), b[i+2:]))
}

func (d *parser) ethernet(off int) {
	e, err := packet.ParseEthernet(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	kind := fmt.Sprintf("0x%04x", uint16(e.Type()))
	switch e.Type() {
	case packet.EtherIPv4:
		kind += " IPv4"
	case packet.EtherARP:
		kind += " ARP"
	case packet.EtherIPv6:
		kind += " IPv6"
	}
	dst := e.Dst().String()
	if e.Dst() == packet.BroadcastMAC {
		dst += " broadcast"
	}
	d.add("Ethernet", e.Src().String()+" > "+e.Dst().String(), off, packet.EthernetLen,
		field("dst", dst, off, 6), field("src", e.Src().String(), off+6, 6), field("type", kind, off+12, 2))
	off += packet.EthernetLen
	switch e.Type() {
	case packet.EtherIPv4:
		d.ipv4(off)
	case packet.EtherARP:
		d.arp(off)
	default:
		d.data(off)
	}
}

func (d *parser) arp(off int) {
	a, err := packet.ParseARP(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	op, what := strconv.Itoa(int(a.Op())), ""
	switch a.Op() {
	case packet.ARPRequest:
		op, what = "1 request", "who has "+a.TargetIP().String()+"?"
	case packet.ARPReply:
		op, what = "2 reply", a.SenderIP().String()+" is at "+a.SenderMAC().String()
	}
	d.add("ARP", what, off, packet.ARPLen,
		field("hardware", "1 Ethernet", off, 2), field("protocol", "0x0800 IPv4", off+2, 2), field("sizes", "6, 4", off+4, 2), field("op", op, off+6, 2),
		field("sender MAC", a.SenderMAC().String(), off+8, 6), field("sender IP", a.SenderIP().String(), off+14, 4),
		field("target MAC", a.TargetMAC().String(), off+18, 6), field("target IP", a.TargetIP().String(), off+24, 4))
	d.data(off + packet.ARPLen)
}

func protoName(p packet.Proto) string {
	s := strconv.Itoa(int(p))
	switch p {
	case packet.ProtoICMP:
		return s + " ICMP"
	case packet.ProtoIPIP:
		return s + " IPIP"
	case packet.ProtoTCP:
		return s + " TCP"
	case packet.ProtoUDP:
		return s + " UDP"
	}
	return s
}

func (d *parser) ipv4(off int) {
	b := d.frame[off:]
	if len(b) < packet.IPv4Len || b[0]>>4 != 4 || int(b[0]&15)*4 < packet.IPv4Len || int(b[0]&15)*4 > len(b) {
		d.data(off)
		return
	}
	p := packet.IPv4(b)
	n := p.HeaderLen()
	flags := fmt.Sprintf("0x%x", p.Frag()>>13)
	if p.DF() {
		flags += " DF"
	}
	if p.MF() {
		flags += " MF"
	}
	what := p.Src().String() + " > " + p.Dst().String() + " ttl " + strconv.Itoa(int(p.TTL()))
	if p.IsFragment() {
		what += fmt.Sprintf(" fragment at %d", p.FragOffset())
	}
	d.add("IPv4", what, off, n, append([]Field{
		number("version", 4, off, 1), field("header", strconv.Itoa(n)+" bytes", off, 1), field("tos", fmt.Sprintf("0x%02x", p.TOS()), off+1, 1),
		number("length", p.TotalLen(), off+2, 2), number("id", int(p.ID()), off+4, 2), field("flags", flags, off+6, 1), number("offset", p.FragOffset(), off+6, 2),
		number("ttl", int(p.TTL()), off+8, 1), field("proto", protoName(p.Proto()), off+9, 1),
		checksum(p.Checksum(), without(0, b[:n], 10), off+10),
		field("src", p.Src().String(), off+12, 4), field("dst", p.Dst().String(), off+16, 4)}, ipOptions(b[packet.IPv4Len:n], off+packet.IPv4Len)...)...)
	if p.FragOffset() != 0 {
		d.data(off + n)
		return
	}
	off += n
	switch p.Proto() {
	case packet.ProtoIPIP:
		d.depth++
		d.ipv4(off)
	case packet.ProtoICMP:
		d.icmp(off, p)
	case packet.ProtoUDP:
		d.udp(off, p)
	case packet.ProtoTCP:
		d.tcp(off, p)
	default:
		d.data(off)
	}
}

// ipOptions reads RFC 791 section 3.1 and RFC 2113.
func ipOptions(b []byte, off int) []Field {
	return options(b, off, func(kind byte, v []byte) (string, string) {
		switch kind {
		case 7, 131, 137:
			name := map[byte]string{7: "record route", 131: "loose source route", 137: "strict source route"}[kind]
			if len(v) == 0 {
				return name, ""
			}
			return name, fmt.Sprintf("pointer %d%s", v[0], addresses(v[1:]))
		case 68:
			return "timestamp", fmt.Sprintf("% x", v)
		case 148:
			return "router alert", fmt.Sprintf("% x", v)
		}
		return "option " + strconv.Itoa(int(kind)), fmt.Sprintf("% x", v)
	})
}

// options reads a list of kind, length, value, where 0 ends it and 1 fills it.
func options(b []byte, off int, read func(kind byte, v []byte) (name, value string)) []Field {
	var out []Field
	for i := 0; i < len(b); {
		switch {
		case b[i] == 0:
			return append(out, field("end", strconv.Itoa(len(b)-i)+" bytes", off+i, len(b)-i))
		case b[i] == 1:
			out = append(out, field("nop", "", off+i, 1))
			i++
		case i+1 >= len(b) || int(b[i+1]) < 2 || i+int(b[i+1]) > len(b):
			return append(out, field("options", fmt.Sprintf("% x", b[i:]), off+i, len(b)-i))
		default:
			n := int(b[i+1])
			name, value := read(b[i], b[i+2:i+n])
			out = append(out, field(name, value, off+i, n))
			i += n
		}
	}
	return out
}

func addresses(b []byte) string {
	s := ""
	for ; len(b) >= 4; b = b[4:] {
		s += " " + packet.AddrFrom32(binary.BigEndian.Uint32(b)).String()
	}
	return s
}
