package sim_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"hoplab/packet"
)

// names turns values that differ between two runs of a real kernel into
// symbols, in order of first appearance, so that relations are compared and
// not values.
type names map[string]string

func (n names) sym(kind string, v any) string {
	k := fmt.Sprint(kind, v)
	if s, ok := n[k]; ok {
		return s
	}
	count := 0
	for x := range n {
		if strings.HasPrefix(x, kind) {
			count++
		}
	}
	n[k] = fmt.Sprintf("%s%d", kind, count)
	return n[k]
}

// canonical is a packet in words, field by field, without what is volatile:
// the value of an IP identification (zero or not, and equality among
// fragments, stay), of an ICMP echo id, and ping's time stamp.
func canonical(ethernet bool, f []byte, n names) string {
	if !ethernet {
		return strings.Join(canonIPv4(f, n, false), " | ")
	}
	if len(f) < packet.EthernetLen {
		return "short " + hex.EncodeToString(f)
	}
	e := packet.Ethernet(f)
	head := fmt.Sprintf("eth %s > %s %04x", e.Src(), e.Dst(), uint16(e.Type()))
	switch e.Type() {
	case packet.EtherARP:
		if a, err := packet.ParseARP(e.Payload()); err == nil {
			return head + fmt.Sprintf(" | arp op %d %s %s > %s %s", a.Op(), a.SenderMAC(), a.SenderIP(), a.TargetMAC(), a.TargetIP())
		}
	case packet.EtherIPv4:
		return head + " | " + strings.Join(canonIPv4(e.Payload(), n, false), " | ")
	}
	return head + " | " + hex.EncodeToString(e.Payload())
}

func canonIPv4(b []byte, n names, quoted bool) []string {
	if len(b) < packet.IPv4Len || b[0]>>4 != 4 {
		return []string{"raw " + hex.EncodeToString(b)}
	}
	p := packet.IPv4(b)
	id, sum, flags := "zero", "", ""
	if p.ID() != 0 {
		id = "set"
		if p.IsFragment() && !quoted {
			id = n.sym("frag", fmt.Sprint(p.Src(), p.ID()))
		}
	}
	if !p.ChecksumOK() {
		sum = " sum-BAD"
		if p.Checksum() == 0 {
			sum = " sum-zero"
		}
	}
	if p.DF() {
		flags += " DF"
	}
	if p.MF() {
		flags += " MF"
	}
	if o := p.FragOffset(); o != 0 {
		flags += fmt.Sprintf(" off %d", o)
	}
	d := fmt.Sprintf("ip %s > %s tos %02x ttl %d proto %d len %d%s id %s%s", p.Src(), p.Dst(), p.TOS(), p.TTL(), p.Proto(), p.TotalLen(), flags, id, sum)
	if o := p.Options(); len(o) > 0 {
		d += " options " + hex.EncodeToString(o)
	}
	payload := b[p.HeaderLen():]
	if p.TotalLen() >= p.HeaderLen() && p.TotalLen() <= len(b) {
		payload = b[p.HeaderLen():p.TotalLen()]
	}
	if p.FragOffset() != 0 {
		return []string{d, fmt.Sprintf("data %d bytes", len(payload))}
	}
	return append([]string{d}, canonUpper(p, payload, n, quoted || p.MF())...)
}

func canonUpper(p packet.IPv4, b []byte, n names, partial bool) []string {
	switch {
	case p.Proto() == packet.ProtoIPIP:
		return canonIPv4(b, n, partial)
	case p.Proto() == packet.ProtoICMP && len(b) >= packet.ICMPLen:
		m := packet.ICMP(b)
		good := ""
		if !partial && !m.ChecksumOK() {
			good = " sum-BAD"
		}
		switch t := m.Type(); {
		case t == packet.ICMPEcho || t == packet.ICMPEchoReply:
			data := m.Payload()
			body := fmt.Sprintf("%d bytes", len(data))
			if len(data) > 16 {
				body += " " + hex.EncodeToString(data[16:])
			}
			return []string{fmt.Sprintf("icmp %d/%d id %s seq %d %s%s", t, m.Code(), n.sym("echo", m.ID()), m.Seq(), body, good)}
		case t.IsError():
			return append([]string{fmt.Sprintf("icmp %d/%d rest %x%s", t, m.Code(), b[4:8], good), "quotes"}, canonIPv4(m.Payload(), n, true)...)
		}
		return []string{fmt.Sprintf("icmp %d/%d %x%s", m.Type(), m.Code(), b[4:], good)}
	case p.Proto() == packet.ProtoUDP && len(b) >= packet.UDPLen:
		return []string{fmt.Sprintf("udp %d > %d len %d %x", binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:]), b[8:])}
	}
	return []string{fmt.Sprintf("proto %d %x", p.Proto(), b)}
}

// replace is strings.NewReplacer in one call.
func replace(text string, oldnew ...string) string {
	return strings.NewReplacer(oldnew...).Replace(text)
}
