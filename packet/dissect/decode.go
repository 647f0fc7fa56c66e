package dissect

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/gopacket/layers"

	"hoplab/packet/pcap"
)

// Tree is the layers of a frame, outermost first.
type Tree []Layer

// Layer is one header, or the payload behind the last one.
type Layer struct {
	Name   string // Ethernet, ARP, IPv4, ICMP, UDP, TCP, VXLAN, Payload or Padding
	Offset int    // of its first byte in the frame
	Length int    // bytes, without what it carries
	Fields []Field
	Quoted Tree // the packet that an ICMP error is about
}

// Field is one value of a header.
type Field struct {
	Name   string
	Value  string // as people write it: 192.168.10.101, 0x1c46, DF
	Offset int    // of its first byte in the frame; several flags share one
	Length int    // bytes
}

// Decode takes a frame of the given link type (pcap.LinkEthernet or
// pcap.LinkRaw) apart. When a layer is damaged or cut short it returns the
// layers above and an error that names it; the bytes from there on are a
// Payload.
func Decode(linkType int, frame []byte) (Tree, error) {
	d := decoder{frame: frame}
	var err error
	switch linkType {
	case pcap.LinkEthernet:
		err = d.ethernet(0)
	case pcap.LinkRaw:
		err = d.ipv4(0, len(frame), false)
	default:
		return nil, fmt.Errorf("not modelled: link type %d", linkType)
	}
	return d.tree, err
}

// decoder adds layers to a tree. Its methods take the place of a layer in the
// frame: from is its first byte, to the end of what carries it.
type decoder struct {
	frame []byte
	tree  Tree
}

// layer starts a layer. The caller fills it before the next one.
func (d *decoder) layer(name string, from, length int) *Layer {
	d.tree = append(d.tree, Layer{Name: name, Offset: from, Length: length})
	return &d.tree[len(d.tree)-1]
}

// rest adds opaque bytes, if there are any.
func (d *decoder) rest(name string, from, to int) {
	if from < to {
		d.layer(name, from, to-from).add("Data", fmt.Sprintf("%d bytes", to-from), 0, to-from)
	}
}

// broken adds the bytes of a layer that cannot be decoded and words the error.
func (d *decoder) broken(name string, from, to int, err error) error {
	d.rest("Payload", from, to)
	return fmt.Errorf("%s: %w", name, err)
}

// add adds a field; at counts from the start of the layer.
func (l *Layer) add(name, value string, at, length int) {
	l.Fields = append(l.Fields, Field{name, value, l.Offset + at, length})
}

func (l *Layer) number(name string, value, at, length int) {
	l.add(name, strconv.Itoa(value), at, length)
}

func (l *Layer) hex16(name string, value uint16, at int) {
	l.add(name, fmt.Sprintf("0x%04x", value), at, 2)
}

func (d *decoder) ethernet(from int) error {
	var eth layers.Ethernet
	if err := eth.DecodeFromBytes(d.frame[from:], &feedback{}); err != nil {
		return d.broken("Ethernet", from, len(d.frame), err)
	}
	l := d.layer("Ethernet", from, 14)
	l.add("Destination", eth.DstMAC.String(), 0, 6)
	l.add("Source", eth.SrcMAC.String(), 6, 6)
	kind := binary.BigEndian.Uint16(d.frame[from+12:])
	switch {
	case eth.EthernetType == layers.EthernetTypeLLC:
		l.number("Length", int(kind), 12, 2)
	case eth.EthernetType == layers.EthernetTypeIPv4, eth.EthernetType == layers.EthernetTypeARP:
		l.add("Type", fmt.Sprintf("%s (0x%04x)", eth.EthernetType, kind), 12, 2)
	default:
		l.hex16("Type", kind, 12)
	}
	switch eth.EthernetType {
	case layers.EthernetTypeARP:
		return d.arp(from+14, len(d.frame))
	case layers.EthernetTypeIPv4:
		return d.ipv4(from+14, len(d.frame), false)
	}
	d.rest("Payload", from+14, len(d.frame))
	return nil
}

func (d *decoder) arp(from, to int) error {
	b := d.frame[from:to]
	if len(b) < 28 {
		return d.broken("ARP", from, to, fmt.Errorf("%d bytes are too few for an ARP packet of 28", len(b)))
	}
	// gopacket adds the address lengths up in eight bits; others than these are not shown.
	if b[4] != 6 || b[5] != 4 {
		return d.broken("ARP", from, to, fmt.Errorf("not modelled: address lengths %d and %d", b[4], b[5]))
	}
	var arp layers.ARP
	if err := arp.DecodeFromBytes(b, &feedback{}); err != nil {
		return d.broken("ARP", from, to, err)
	}
	l := d.layer("ARP", from, 28)
	l.add("Hardware type", fmt.Sprintf("%s (%d)", arp.AddrType, uint16(arp.AddrType)), 0, 2)
	l.hex16("Protocol type", uint16(arp.Protocol), 2)
	l.number("Hardware address length", 6, 4, 1)
	l.number("Protocol address length", 4, 5, 1)
	operation := strconv.Itoa(int(arp.Operation))
	switch arp.Operation {
	case layers.ARPRequest:
		operation = "request (1)"
	case layers.ARPReply:
		operation = "reply (2)"
	}
	l.add("Operation", operation, 6, 2)
	l.add("Sender MAC", mac(arp.SourceHwAddress), 8, 6)
	l.add("Sender IP", ipv4(arp.SourceProtAddress), 14, 4)
	l.add("Target MAC", mac(arp.DstHwAddress), 18, 6)
	l.add("Target IP", ipv4(arp.DstProtAddress), 24, 4)
	d.rest("Padding", from+28, to)
	return nil
}

func (d *decoder) ipv4(from, to int, quoted bool) error {
	var ip layers.IPv4
	var fb feedback
	if err := ip.DecodeFromBytes(d.frame[from:to], &fb); err != nil {
		return d.broken("IPv4", from, to, err)
	}
	if ip.Version != 4 {
		return d.broken("IPv4", from, to, fmt.Errorf("version is %d", ip.Version))
	}
	l := d.layer("IPv4", from, len(ip.Contents))
	l.ipv4Fields(&ip)
	start, end := from+len(ip.Contents), min(from+int(ip.Length), to)
	err := d.ipv4Payload(&ip, start, end, quoted)
	d.rest("Padding", end, to)
	if err == nil && fb.truncated && !quoted {
		err = fmt.Errorf("IPv4: total length is %d, but only %d bytes are there", ip.Length, to-from)
	}
	return err
}

func (l *Layer) ipv4Fields(ip *layers.IPv4) {
	l.number("Version", int(ip.Version), 0, 1)
	l.add("Header length", fmt.Sprintf("%d bytes", int(ip.IHL)*4), 0, 1)
	l.add("TOS", fmt.Sprintf("0x%x", ip.TOS), 1, 1)
	l.number("Total length", int(ip.Length), 2, 2)
	l.number("ID", int(ip.Id), 4, 2)
	flags := "none"
	if ip.Flags != 0 {
		flags = strings.ReplaceAll(ip.Flags.String(), "|", ", ")
	}
	l.add("Flags", flags, 6, 2)
	l.number("Fragment offset", int(ip.FragOffset)*8, 6, 2)
	l.number("TTL", int(ip.TTL), 8, 1)
	protocol := strconv.Itoa(int(ip.Protocol))
	if name, ok := protocolName(ip.Protocol); ok {
		protocol = fmt.Sprintf("%s (%d)", name, ip.Protocol)
	}
	l.add("Protocol", protocol, 9, 1)
	l.hex16("Checksum", ip.Checksum, 10)
	l.add("Source", ip.SrcIP.String(), 12, 4)
	l.add("Destination", ip.DstIP.String(), 16, 4)
	at := 20
	for _, o := range ip.Options {
		value := fmt.Sprintf("type %d, % x", o.OptionType, o.OptionData)
		switch o.OptionType {
		case 0:
			value = "end of options"
		case 1:
			value = "no operation"
		}
		l.add("Option", value, at, int(o.OptionLength))
		at += int(o.OptionLength)
	}
}

func protocolName(p layers.IPProtocol) (string, bool) {
	switch p {
	case layers.IPProtocolICMPv4:
		return "ICMP", true
	case protoIPIP:
		return "IPIP", true
	case layers.IPProtocolTCP:
		return "TCP", true
	case layers.IPProtocolUDP:
		return "UDP", true
	}
	return "", false
}

func (d *decoder) ipv4Payload(ip *layers.IPv4, from, to int, quoted bool) error {
	if ip.FragOffset != 0 {
		d.rest("Payload", from, to)
		return nil
	}
	switch {
	case ip.Protocol == layers.IPProtocolICMPv4:
		return d.icmp(from, to)
	case ip.Protocol == layers.IPProtocolUDP:
		return d.udp(from, to)
	case ip.Protocol == layers.IPProtocolTCP && quoted && to-from < 20 && to-from >= 8:
		// RFC 792 quotes eight bytes: the ports and the sequence number.
		l := d.layer("TCP", from, to-from)
		l.number("Source port", int(binary.BigEndian.Uint16(d.frame[from:])), 0, 2)
		l.number("Destination port", int(binary.BigEndian.Uint16(d.frame[from+2:])), 2, 2)
		l.add("Sequence number", fmt.Sprint(binary.BigEndian.Uint32(d.frame[from+4:])), 4, 4)
		return nil
	case ip.Protocol == layers.IPProtocolTCP:
		return d.tcp(from, to)
	case ip.Protocol == protoIPIP && !(quoted && to-from < 20):
		return d.ipv4(from, to, quoted)
	}
	d.rest("Payload", from, to)
	return nil
}

func (d *decoder) icmp(from, to int) error {
	var icmp layers.ICMPv4
	if err := icmp.DecodeFromBytes(d.frame[from:to], &feedback{}); err != nil {
		return d.broken("ICMP", from, to, err)
	}
	l := d.layer("ICMP", from, 8)
	kind, code := icmp.TypeCode.Type(), icmp.TypeCode.Code()
	l.number("Type", int(kind), 0, 1)
	l.number("Code", int(code), 1, 1)
	l.hex16("Checksum", icmp.Checksum, 2)
	switch {
	case kind == layers.ICMPv4TypeDestinationUnreachable && code == layers.ICMPv4CodeFragmentationNeeded:
		l.number("MTU", int(icmp.Seq), 6, 2)
	case kind == layers.ICMPv4TypeRedirect:
		l.add("Gateway", ipv4(d.frame[from+4:from+8]), 4, 4)
	case kind == layers.ICMPv4TypeParameterProblem:
		l.number("Pointer", int(icmp.Id>>8), 4, 1)
	case !isICMPError(kind):
		l.number("ID", int(icmp.Id), 4, 2)
		l.number("Sequence number", int(icmp.Seq), 6, 2)
	}
	if !isICMPError(kind) {
		d.rest("Payload", from+8, to)
		return nil
	}
	quote := decoder{frame: d.frame}
	err := quote.ipv4(from+8, to, true)
	l.Quoted = quote.tree
	if err != nil {
		return fmt.Errorf("ICMP: quoted %w", err)
	}
	return nil
}

func (d *decoder) udp(from, to int) error {
	var udp layers.UDP
	if err := udp.DecodeFromBytes(d.frame[from:to], &feedback{}); err != nil {
		return d.broken("UDP", from, to, err)
	}
	l := d.layer("UDP", from, 8)
	l.number("Source port", int(udp.SrcPort), 0, 2)
	l.number("Destination port", int(udp.DstPort), 2, 2)
	l.number("Length", int(udp.Length), 4, 2)
	l.hex16("Checksum", udp.Checksum, 6)
	if udp.DstPort == vxlanPort {
		return d.vxlan(from+8, to)
	}
	d.rest("Payload", from+8, to)
	return nil
}

func (d *decoder) vxlan(from, to int) error {
	var vxlan layers.VXLAN
	if err := vxlan.DecodeFromBytes(d.frame[from:to], &feedback{}); err != nil {
		return d.broken("VXLAN", from, to, err)
	}
	l := d.layer("VXLAN", from, 8)
	l.add("Flags", fmt.Sprintf("0x%02x", d.frame[from]), 0, 1)
	l.number("VNI", int(vxlan.VNI), 4, 3)
	inner := decoder{frame: d.frame[:to], tree: d.tree}
	err := inner.ethernet(from + 8)
	d.tree = inner.tree
	return err
}

func (d *decoder) tcp(from, to int) error {
	var tcp layers.TCP
	if err := tcp.DecodeFromBytes(d.frame[from:to], &feedback{}); err != nil {
		return d.broken("TCP", from, to, err)
	}
	l := d.layer("TCP", from, len(tcp.Contents))
	l.number("Source port", int(tcp.SrcPort), 0, 2)
	l.number("Destination port", int(tcp.DstPort), 2, 2)
	l.add("Sequence number", fmt.Sprint(tcp.Seq), 4, 4)
	l.add("Acknowledgment number", fmt.Sprint(tcp.Ack), 8, 4)
	l.add("Header length", fmt.Sprintf("%d bytes", len(tcp.Contents)), 12, 1)
	l.add("Flags", tcpFlags(d.frame[from+13]), 13, 1)
	l.number("Window", int(tcp.Window), 14, 2)
	l.hex16("Checksum", tcp.Checksum, 16)
	l.number("Urgent pointer", int(tcp.Urgent), 18, 2)
	at := 20
	for _, o := range tcp.Options {
		l.add("Option", tcpOption(o), at, int(o.OptionLength))
		at += int(o.OptionLength)
	}
	d.rest("Payload", from+len(tcp.Contents), to)
	return nil
}

// tcpFlags names the set bits, lowest first.
func tcpFlags(bits byte) string {
	var set []string
	for i, name := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if bits&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	if set == nil {
		return "none"
	}
	return strings.Join(set, ", ")
}

func tcpOption(o layers.TCPOption) string {
	switch {
	case o.OptionType == layers.TCPOptionKindEndList:
		return "end of options"
	case o.OptionType == layers.TCPOptionKindNop:
		return "no operation"
	case o.OptionType == layers.TCPOptionKindMSS && len(o.OptionData) == 2:
		return fmt.Sprintf("MSS %d", binary.BigEndian.Uint16(o.OptionData))
	case o.OptionType == layers.TCPOptionKindWindowScale && len(o.OptionData) == 1:
		return fmt.Sprintf("window scale %d", o.OptionData[0])
	case o.OptionType == layers.TCPOptionKindSACKPermitted:
		return "SACK permitted"
	case o.OptionType == layers.TCPOptionKindTimestamps && len(o.OptionData) == 8:
		return fmt.Sprintf("timestamp %d, echo %d", binary.BigEndian.Uint32(o.OptionData), binary.BigEndian.Uint32(o.OptionData[4:]))
	}
	return fmt.Sprintf("kind %d, % x", o.OptionType, o.OptionData)
}

func mac(b []byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
}

func ipv4(b []byte) string { return fmt.Sprintf("%d.%d.%d.%d", b[0], b[1], b[2], b[3]) }
