package bytes

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
	Len    int
	Depth  int  // how many IP headers are around it
	Quoted bool // part of the packet that an ICMP error is about
	Fields []Field
}

// Field is one field of a header.
type Field struct {
	Name, Value string
	Off, Len    int  // in the frame, bytes
	Check       bool // a checksum
	OK          bool // and it is right
}

// Layers takes a frame apart. What cannot be read any further is data.
func Layers(link int, frame []byte) []Layer {
	d := &dissector{frame: frame}
	if link == pcap.LinkEthernet {
		d.ethernet(0)
	} else {
		d.ipv4(0)
	}
	return d.layers
}

type dissector struct {
	frame  []byte
	layers []Layer
	depth  int
	quoted bool
}

func (d *dissector) add(name, what string, off, n int, fields ...Field) {
	d.layers = append(d.layers, Layer{Name: name, What: what, Off: off, Len: n, Depth: d.depth, Quoted: d.quoted, Fields: fields})
}

func (d *dissector) data(off int) {
	if off < len(d.frame) {
		n := len(d.frame) - off
		d.add("Data", fmt.Sprintf("%d bytes", n), off, n, Field{Name: "bytes", Value: strconv.Itoa(n), Off: off, Len: n})
	}
}

func field(name, value string, off, n int) Field {
	return Field{Name: name, Value: value, Off: off, Len: n}
}

func (d *dissector) ethernet(off int) {
	e, err := packet.ParseEthernet(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	names := map[packet.EtherType]string{packet.EtherIPv4: "IPv4", packet.EtherARP: "ARP"}
	kind := fmt.Sprintf("0x%04x", uint16(e.Type()))
	if n := names[e.Type()]; n != "" {
		kind += " " + n
	}
	d.add("Ethernet", e.Src().String()+" > "+e.Dst().String(), off, packet.EthernetLen,
		field("dst", e.Dst().String(), off, 6), field("src", e.Src().String(), off+6, 6), field("type", kind, off+12, 2))
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

func (d *dissector) arp(off int) {
	a, err := packet.ParseARP(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	op := "1 request"
	what := "who has " + a.TargetIP().String()
	if a.Op() == packet.ARPReply {
		op, what = "2 reply", a.SenderIP().String()+" is at "+a.SenderMAC().String()
	}
	d.add("ARP", what, off, packet.ARPLen,
		field("hardware", "1 Ethernet", off, 2), field("protocol", "0x0800 IPv4", off+2, 2), field("op", op, off+6, 2),
		field("sender MAC", a.SenderMAC().String(), off+8, 6), field("sender IP", a.SenderIP().String(), off+14, 4),
		field("target MAC", a.TargetMAC().String(), off+18, 6), field("target IP", a.TargetIP().String(), off+24, 4))
	d.data(off + packet.ARPLen)
}

var protoNames = [...]struct {
	p    packet.Proto
	name string
}{{packet.ProtoICMP, "ICMP"}, {packet.ProtoIPIP, "IPIP"}, {packet.ProtoTCP, "TCP"}, {packet.ProtoUDP, "UDP"}}

func protoName(p packet.Proto) string {
	s := strconv.Itoa(int(p))
	for _, n := range protoNames {
		if n.p == p {
			s += " " + n.name
		}
	}
	return s
}

func (d *dissector) ipv4(off int) {
	b := d.frame[off:]
	if len(b) < packet.IPv4Len || b[0]>>4 != 4 || int(b[0]&15)*4 < packet.IPv4Len || int(b[0]&15)*4 > len(b) {
		d.data(off)
		return
	}
	p := packet.IPv4(b)
	flags := ""
	switch {
	case p.DF():
		flags = " DF"
	case p.MF():
		flags = " MF"
	}
	n := p.HeaderLen()
	fields := []Field{
		field("version", "4, header "+strconv.Itoa(n)+" bytes", off, 1), field("tos", fmt.Sprintf("0x%02x", p.TOS()), off+1, 1),
		field("length", strconv.Itoa(p.TotalLen()), off+2, 2), field("id", strconv.Itoa(int(p.ID())), off+4, 2),
		field("flags", fmt.Sprintf("0x%04x%s offset %d", p.Frag(), flags, p.FragOffset()), off+6, 2),
		field("ttl", strconv.Itoa(int(p.TTL())), off+8, 1), field("proto", protoName(p.Proto()), off+9, 1),
		check("checksum", p.Checksum(), packet.Checksum(b[:n]) == 0, off+10),
		field("src", p.Src().String(), off+12, 4), field("dst", p.Dst().String(), off+16, 4)}
	if n > packet.IPv4Len {
		fields = append(fields, field("options", fmt.Sprintf("% x", b[packet.IPv4Len:n]), off+packet.IPv4Len, n-packet.IPv4Len))
	}
	d.add("IPv4", p.Src().String()+" > "+p.Dst().String()+" ttl "+strconv.Itoa(int(p.TTL())), off, n, fields...)
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
		d.icmp(off)
	case packet.ProtoUDP:
		d.udp(off, p)
	case packet.ProtoTCP:
		d.tcp(off, p)
	default:
		d.data(off)
	}
}

func check(name string, sum uint16, ok bool, off int) Field {
	return Field{Name: name, Value: fmt.Sprintf("0x%04x", sum), Off: off, Len: 2, Check: true, OK: ok}
}

// whole reports that a datagram's bytes are all there, so that its checksum can
// be judged.
func (d *dissector) whole(p packet.IPv4) bool {
	return !d.quoted && !p.IsFragment() && len(p) >= p.TotalLen()
}

func (d *dissector) icmp(off int) {
	b := d.frame[off:]
	m, err := packet.ParseICMP(b)
	if err != nil {
		d.data(off)
		return
	}
	names := map[packet.ICMPType]string{packet.ICMPEchoReply: "echo reply", packet.ICMPUnreachable: "unreachable", packet.ICMPRedirect: "redirect", packet.ICMPEcho: "echo request", packet.ICMPTimeExceeded: "time exceeded"}
	kind := strconv.Itoa(int(m.Type()))
	if n := names[m.Type()]; n != "" {
		kind += " " + n
	}
	sum := check("checksum", m.Checksum(), m.ChecksumOK(), off+2)
	if d.quoted {
		sum = field("checksum", fmt.Sprintf("0x%04x", m.Checksum()), off+2, 2)
	}
	fields := []Field{field("type", kind, off, 1), field("code", strconv.Itoa(int(m.Code())), off+1, 1), sum}
	what := names[m.Type()]
	switch {
	case m.Type() == packet.ICMPEcho || m.Type() == packet.ICMPEchoReply:
		fields = append(fields, field("id", strconv.Itoa(int(m.ID())), off+4, 2), field("seq", strconv.Itoa(int(m.Seq())), off+6, 2))
		what += fmt.Sprintf(" id %d seq %d", m.ID(), m.Seq())
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
		fields = append(fields, field("mtu", strconv.Itoa(m.MTU()), off+6, 2))
	default:
		fields = append(fields, field("rest", fmt.Sprintf("% x", b[4:8]), off+4, 4))
	}
	d.add("ICMP", what, off, packet.ICMPLen, fields...)
	if m.IsError() {
		d.depth++
		d.quoted = true
		d.ipv4(off + packet.ICMPLen)
		return
	}
	d.data(off + packet.ICMPLen)
}

// vxlanPort is the port of RFC 7348 section 5; the kernel's own default is 8472.
const vxlanPort, vxlanOldPort = 4789, 8472

func (d *dissector) udp(off int, ip packet.IPv4) {
	u, err := packet.ParseUDP(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	sum := field("checksum", fmt.Sprintf("0x%04x", u.Checksum()), off+6, 2)
	if d.whole(ip) && u.Checksum() != 0 {
		sum = check("checksum", u.Checksum(), u.ChecksumOK(ip.Src().As4(), ip.Dst().As4()), off+6)
	}
	d.add("UDP", fmt.Sprintf("%d > %d", u.SrcPort(), u.DstPort()), off, packet.UDPLen,
		field("src port", strconv.Itoa(int(u.SrcPort())), off, 2), field("dst port", strconv.Itoa(int(u.DstPort())), off+2, 2),
		field("length", strconv.Itoa(int(binary.BigEndian.Uint16(u[4:6]))), off+4, 2), sum)
	off += packet.UDPLen
	if port := u.DstPort(); (port == vxlanPort || port == vxlanOldPort) && len(d.frame)-off >= 8 {
		b := d.frame[off:]
		vni := strconv.Itoa(int(binary.BigEndian.Uint32(b[4:8]) >> 8))
		d.add("VXLAN", "vni "+vni, off, 8, field("flags", fmt.Sprintf("0x%02x", b[0]), off, 1), field("vni", vni, off+4, 3))
		d.depth++
		d.ethernet(off + 8)
		return
	}
	d.data(off)
}

func (d *dissector) tcp(off int, ip packet.IPv4) {
	t, err := packet.ParseTCP(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	flags := ""
	for i, c := range "FSRPAU" {
		if t.Flags()&(1<<i) != 0 {
			flags += string(c)
		}
	}
	sum := field("checksum", fmt.Sprintf("0x%04x", t.Checksum()), off+16, 2)
	if d.whole(ip) {
		sum = check("checksum", t.Checksum(), t.ChecksumOK(ip.Src().As4(), ip.Dst().As4()), off+16)
	}
	n := t.HeaderLen()
	fields := []Field{field("src port", strconv.Itoa(int(t.SrcPort())), off, 2), field("dst port", strconv.Itoa(int(t.DstPort())), off+2, 2),
		field("seq", strconv.FormatUint(uint64(t.Seq()), 10), off+4, 4), field("ack", strconv.FormatUint(uint64(t.Ack()), 10), off+8, 4),
		field("header", strconv.Itoa(n)+" bytes", off+12, 1), field("flags", flags, off+13, 1),
		field("window", strconv.Itoa(int(binary.BigEndian.Uint16(t[14:16]))), off+14, 2), sum}
	if n > packet.TCPLen {
		fields = append(fields, field("options", fmt.Sprintf("% x", t[packet.TCPLen:n]), off+packet.TCPLen, n-packet.TCPLen))
	}
	d.add("TCP", fmt.Sprintf("%d > %d [%s]", t.SrcPort(), t.DstPort(), flags), off, n, fields...)
	d.data(off + n)
}
