package dissect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"hoplab/packet/pcap"
)

// minEthernet is what short frames are padded to on a wire, without the frame
// check sequence: IEEE 802.3 clause 3.2.8.
const minEthernet = 60

// Check judges a whole frame of the given link type (pcap.LinkEthernet or
// pcap.LinkRaw): every layer decodes, no length lies, no checksum is wrong, and
// gopacket serialises each layer to the same bytes. The error names the layer.
func Check(linkType int, frame []byte) error {
	switch linkType {
	case pcap.LinkEthernet:
		return checkEthernet(frame)
	case pcap.LinkRaw:
		return checkIPv4(frame, 0, false)
	}
	return fmt.Errorf("not modelled: link type %d", linkType)
}

func checkEthernet(b []byte) error {
	var eth layers.Ethernet
	if err := eth.DecodeFromBytes(b, &feedback{}); err != nil {
		return fmt.Errorf("Ethernet: %w", err)
	}
	if err := (unit{"Ethernet", &eth, b[:14], b[14:]}).same(); err != nil {
		return err
	}
	// Padding is allowed exactly up to the least length of a frame.
	padding := 0
	if len(b) == minEthernet {
		padding = minEthernet
	}
	switch eth.EthernetType {
	case layers.EthernetTypeARP:
		return checkARP(eth.Payload, padding)
	case layers.EthernetTypeIPv4:
		return checkIPv4(eth.Payload, padding, false)
	}
	return fmt.Errorf("Ethernet: not modelled: ethertype 0x%04x", binary.BigEndian.Uint16(b[12:]))
}

// checkARP judges an ARP packet with at most padding bytes behind it.
func checkARP(b []byte, padding int) error {
	const length = 28
	if len(b) < length {
		return fmt.Errorf("ARP: %d bytes are too few for an ARP packet of %d", len(b), length)
	}
	// gopacket adds the address lengths up in eight bits, so judge them first.
	if b[4] != 6 || b[5] != 4 {
		return fmt.Errorf("ARP: address lengths %d and %d are not those of Ethernet and IPv4", b[4], b[5])
	}
	var arp layers.ARP
	if err := arp.DecodeFromBytes(b, &feedback{}); err != nil {
		return fmt.Errorf("ARP: %w", err)
	}
	if arp.AddrType != layers.LinkTypeEthernet || arp.Protocol != layers.EthernetTypeIPv4 {
		return fmt.Errorf("ARP: hardware type %d and protocol 0x%04x are not Ethernet and IPv4", uint16(arp.AddrType), uint16(arp.Protocol))
	}
	if err := checkPadding("ARP", arp.Payload, padding); err != nil {
		return err
	}
	return unit{"ARP", &arp, b[:length], nil}.same()
}

// checkIPv4 judges an IPv4 packet with at most padding bytes behind it. A
// quoted packet may end anywhere behind its header.
func checkIPv4(b []byte, padding int, quoted bool) error {
	if len(b) >= 4 && binary.BigEndian.Uint16(b[2:]) == 0 {
		// gopacket takes a total length of 0 for segmentation offload and goes on.
		return errors.New("IPv4: total length is 0")
	}
	var ip layers.IPv4
	var fb feedback
	if err := ip.DecodeFromBytes(b, &fb); err != nil {
		return fmt.Errorf("IPv4: %w", err)
	}
	if ip.Version != 4 {
		return fmt.Errorf("IPv4: version is %d", ip.Version)
	}
	if fb.truncated && !quoted {
		return fmt.Errorf("IPv4: total length is %d, but only %d bytes are there", ip.Length, len(b))
	}
	if err := checkPadding("IPv4", b[min(int(ip.Length), len(b)):], padding); err != nil {
		return err
	}
	// gopacket rounds the options up to 32 bits with zeros instead of repeating
	// ip.Padding; anything but zeros behind the end of the list is refused here.
	u := unit{"IPv4", &ip, ip.Contents, ip.Payload}
	if err := u.same(); err != nil {
		return err
	}
	if err := u.checksum(10); err != nil {
		return err
	}
	if ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0 {
		return nil // the payload is a piece of something: opaque
	}
	if quoted {
		return checkQuoted(&ip, fb.truncated)
	}
	switch ip.Protocol {
	case layers.IPProtocolICMPv4:
		return checkICMP(ip.Payload)
	case layers.IPProtocolUDP:
		return checkUDP(&ip)
	case layers.IPProtocolTCP:
		return checkTCP(&ip)
	case protoIPIP:
		if err := checkIPv4(ip.Payload, 0, false); err != nil {
			return fmt.Errorf("IPv4: inner %w", err)
		}
		return nil
	case layers.IPProtocolIPv6:
		return errors.New("IPv4: not modelled: protocol 41 (IPv6)")
	}
	return nil // nothing is known about other payloads
}

// checkQuoted judges what an ICMP error quotes behind an IPv4 header. The
// quote may end early, and the transport checksum may not have been filled in
// when the error was made, so only the ports' place and nested headers count.
func checkQuoted(ip *layers.IPv4, truncated bool) error {
	// RFC 792 asks for eight bytes of the original payload.
	if truncated && len(ip.Payload) < 8 {
		return fmt.Errorf("IPv4: only %d bytes are quoted behind the header", len(ip.Payload))
	}
	// An 8-byte quote of IPIP ends inside the inner header.
	if ip.Protocol == protoIPIP && (!truncated || len(ip.Payload) >= 20) {
		if err := checkIPv4(ip.Payload, 0, true); err != nil {
			return fmt.Errorf("IPv4: inner %w", err)
		}
	}
	return nil
}

func checkICMP(b []byte) error {
	var icmp layers.ICMPv4
	if err := icmp.DecodeFromBytes(b, &feedback{}); err != nil {
		return fmt.Errorf("ICMP: %w", err)
	}
	u := unit{"ICMP", &icmp, b[:8], icmp.Payload}
	if err := u.same(); err != nil {
		return err
	}
	if err := u.checksum(2); err != nil {
		return err
	}
	if isICMPError(icmp.TypeCode.Type()) {
		if err := checkIPv4(icmp.Payload, 0, true); err != nil {
			return fmt.Errorf("ICMP: quoted %w", err)
		}
	}
	return nil
}

func checkUDP(ip *layers.IPv4) error {
	b := ip.Payload
	var udp layers.UDP
	if err := udp.DecodeFromBytes(b, &feedback{}); err != nil {
		return fmt.Errorf("UDP: %w", err)
	}
	// gopacket takes a shorter or zero length as it comes (RFC 2675 jumbograms).
	if int(udp.Length) != len(b) {
		return fmt.Errorf("UDP: length is %d, but IPv4 carries %d bytes", udp.Length, len(b))
	}
	u := unit{"UDP", &udp, b[:8], udp.Payload}
	if err := u.same(); err != nil {
		return err
	}
	if sum := udp.Checksum; sum != 0 { // RFC 768: zero means that the sender made none
		if err := udp.SetNetworkLayerForChecksum(ip); err != nil {
			return fmt.Errorf("UDP: %w", err)
		}
		err := u.checksum(6)
		// RFC 768 sends a computed zero as ffff. gopacket computes plain zero.
		if err != nil && (sum != 0xffff || udp.Checksum != 0) {
			return err
		}
	}
	if udp.DstPort == vxlanPort {
		return checkVXLAN(udp.Payload)
	}
	return nil
}

func checkVXLAN(b []byte) error {
	var vxlan layers.VXLAN
	if err := vxlan.DecodeFromBytes(b, &feedback{}); err != nil {
		return fmt.Errorf("VXLAN: %w", err)
	}
	if err := (unit{"VXLAN", &vxlan, b[:8], vxlan.Payload}).same(); err != nil {
		return err
	}
	if err := checkEthernet(vxlan.Payload); err != nil {
		return fmt.Errorf("VXLAN: inner %w", err)
	}
	return nil
}

func checkTCP(ip *layers.IPv4) error {
	var tcp layers.TCP
	if err := tcp.DecodeFromBytes(ip.Payload, &feedback{}); err != nil {
		return fmt.Errorf("TCP: %w", err)
	}
	u := unit{"TCP", &tcp, tcp.Contents, tcp.Payload}
	if err := u.same(); err != nil {
		return err
	}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		return fmt.Errorf("TCP: %w", err)
	}
	return u.checksum(16)
}

// checkPadding allows zeros that fill a frame up.
func checkPadding(layer string, b []byte, most int) error {
	if len(b) > most {
		return fmt.Errorf("%s: %d bytes too many behind the packet", layer, len(b))
	}
	if len(bytes.TrimLeft(b, "\x00")) > 0 {
		return fmt.Errorf("%s: padding is not zero", layer)
	}
	return nil
}

// unit is a decoded layer and the bytes it came from.
type unit struct {
	name            string
	layer           gopacket.SerializableLayer
	header, payload []byte
}

// same lets gopacket serialise the layer again as it was decoded and compares
// the header.
func (u unit) same() error {
	got, err := u.serialize(gopacket.SerializeOptions{})
	if err != nil {
		return err
	}
	for i := range u.header {
		if got[i] != u.header[i] {
			return fmt.Errorf("%s: byte %d is 0x%02x, gopacket makes it 0x%02x", u.name, i, u.header[i], got[i])
		}
	}
	return nil
}

// checksum lets gopacket compute the checksum at offset at of the header.
func (u unit) checksum(at int) error {
	got, err := u.serialize(gopacket.SerializeOptions{ComputeChecksums: true})
	if err != nil {
		return err
	}
	is, want := binary.BigEndian.Uint16(u.header[at:]), binary.BigEndian.Uint16(got[at:])
	if is != want {
		return fmt.Errorf("%s: checksum is 0x%04x, should be 0x%04x", u.name, is, want)
	}
	return nil
}

// serialize returns the header that gopacket makes in front of the payload.
func (u unit) serialize(options gopacket.SerializeOptions) ([]byte, error) {
	// A new buffer each time: gopacket does not clear what it hands out, and its
	// IPv4 leaves the padding behind the options untouched.
	buf := gopacket.NewSerializeBuffer()
	room, err := buf.PrependBytes(len(u.payload))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", u.name, err)
	}
	copy(room, u.payload)
	if err := u.layer.SerializeTo(buf, options); err != nil {
		return nil, fmt.Errorf("%s: %w", u.name, err)
	}
	b := buf.Bytes()
	// gopacket pads Ethernet to 60 bytes when it serialises. A veth does not, so
	// bytes behind the payload are left out of the comparison.
	if _, ok := u.layer.(*layers.Ethernet); ok {
		b = b[:len(u.header)+len(u.payload)]
	}
	if n := len(b) - len(u.payload); n != len(u.header) {
		return nil, fmt.Errorf("%s: header of %d bytes is %d bytes long when serialised again", u.name, len(u.header), n)
	}
	return b[:len(u.header)], nil
}
