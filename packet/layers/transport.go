package layers

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"hoplab/packet"
)

// whole says whether all that a transport checksum covers is here.
func (d *parser) whole(p packet.IPv4) bool {
	return !d.quoted && !p.IsFragment() && len(p) >= p.TotalLen() && p.TotalLen() >= p.HeaderLen()
}

// payload is what a datagram carries, without the padding of a short frame.
func payload(p packet.IPv4) []byte { return p[p.HeaderLen():p.TotalLen()] }

// transportSum is the checksum of UDP and TCP at a place in the transport's bytes.
func (d *parser) transportSum(p packet.IPv4, got uint16, at, off int) Field {
	if !d.whole(p) || len(payload(p)) < at+2 {
		return unchecked(got, off, Partial)
	}
	b := payload(p)
	want := without(packet.PseudoSum(p.Src().As4(), p.Dst().As4(), p.Proto(), len(b)), b, at)
	if want == 0 && p.Proto() == packet.ProtoUDP { // RFC 768: 0 is sent as all ones
		want = 0xffff
	}
	return checksum(got, want, off)
}

func icmpName(t packet.ICMPType) string {
	switch t {
	case packet.ICMPEchoReply:
		return "echo reply"
	case packet.ICMPUnreachable:
		return "unreachable"
	case packet.ICMPRedirect:
		return "redirect"
	case packet.ICMPEcho:
		return "echo request"
	case packet.ICMPTimeExceeded:
		return "time exceeded"
	case 12:
		return "parameter problem"
	case 13:
		return "timestamp"
	case 14:
		return "timestamp reply"
	}
	return ""
}

// unreachable are the codes of type 3, RFC 792 and RFC 1812 section 5.2.7.1.
func unreachable(code uint8) string {
	names := [...]string{"network", "host", "protocol", "port", "fragmentation needed", "source route failed", "network unknown", "host unknown", "isolated",
		"network prohibited", "host prohibited", "network tos", "host tos", "prohibited by filter"}
	if int(code) < len(names) {
		return " " + names[code]
	}
	return ""
}

func (d *parser) icmp(off int, ip packet.IPv4) {
	b := d.frame[off:]
	m, err := packet.ParseICMP(b)
	if err != nil {
		d.data(off)
		return
	}
	name := icmpName(m.Type())
	kind, code := strconv.Itoa(int(m.Type())), strconv.Itoa(int(m.Code()))
	if name != "" {
		kind += " " + name
	}
	if m.Type() == packet.ICMPUnreachable {
		code += unreachable(m.Code())
	}
	sum := unchecked(m.Checksum(), off+2, Partial)
	if d.whole(ip) && len(payload(ip)) >= packet.ICMPLen {
		sum = checksum(m.Checksum(), without(0, payload(ip), 2), off+2)
	}
	fields := []Field{field("type", kind, off, 1), field("code", code, off+1, 1), sum}
	what := name
	switch {
	case m.Type() == packet.ICMPEcho || m.Type() == packet.ICMPEchoReply:
		fields = append(fields, number("id", int(m.ID()), off+4, 2), number("seq", int(m.Seq()), off+6, 2))
		what += fmt.Sprintf(" id %d seq %d", m.ID(), m.Seq())
	case m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
		fields = append(fields, field("unused", fmt.Sprintf("% x", b[4:6]), off+4, 2), number("mtu", m.MTU(), off+6, 2))
		what += fmt.Sprintf(": mtu %d", m.MTU())
	case m.Type() == packet.ICMPRedirect:
		to := packet.AddrFrom32(binary.BigEndian.Uint32(b[4:8])).String()
		fields = append(fields, field("gateway", to, off+4, 4))
		what += " to " + to
	case m.IsError():
		fields = append(fields, field("unused", fmt.Sprintf("% x", b[4:8]), off+4, 4))
	default:
		fields = append(fields, field("rest", fmt.Sprintf("% x", b[4:8]), off+4, 4))
	}
	d.add("ICMP", what, off, packet.ICMPLen, fields...)
	if m.IsError() && !d.quoted {
		d.depth++
		d.quoted = true
		d.ipv4(off + packet.ICMPLen)
		return
	}
	d.data(off + packet.ICMPLen)
}

// Ports whose payload is read. VXLAN's is RFC 7348 section 5; the kernel's own
// default is 8472.
const (
	portDNS        = 53
	portDHCPServer = 67
	portDHCPClient = 68
	portVXLAN      = 4789
	portVXLANLinux = 8472
)

func (d *parser) udp(off int, ip packet.IPv4) {
	b := d.frame[off:]
	if len(b) < packet.UDPLen {
		d.data(off)
		return
	}
	src, dst, length, got := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
	sum := unchecked(got, off+6, Unused)
	if got != 0 {
		sum = d.transportSum(ip, got, 6, off+6)
	}
	d.add("UDP", fmt.Sprintf("%d > %d", src, dst), off, packet.UDPLen,
		number("src port", int(src), off, 2), number("dst port", int(dst), off+2, 2), number("length", int(length), off+4, 2), sum)
	off += packet.UDPLen
	rest := d.frame[off:]
	switch {
	case (dst == portVXLAN || dst == portVXLANLinux) && len(rest) >= 8:
		vni := strconv.Itoa(int(binary.BigEndian.Uint32(rest[4:8]) >> 8))
		d.add("VXLAN", "vni "+vni, off, 8, field("flags", fmt.Sprintf("0x%02x", rest[0]), off, 1), field("reserved", fmt.Sprintf("% x", rest[1:4]), off+1, 3),
			field("vni", vni, off+4, 3), field("reserved", fmt.Sprintf("%02x", rest[7]), off+7, 1))
		d.depth++
		d.ethernet(off + 8)
	case dst == portDHCPServer || dst == portDHCPClient:
		d.dhcp(off)
	case dst == portDNS || src == portDNS:
		d.dns(off)
	default:
		d.data(off)
	}
}

func (d *parser) tcp(off int, ip packet.IPv4) {
	t, err := packet.ParseTCP(d.frame[off:])
	if err != nil {
		d.data(off)
		return
	}
	flags := ""
	for i, c := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if t[13]&(1<<i) != 0 {
			if flags != "" {
				flags += " "
			}
			flags += c
		}
	}
	n := t.HeaderLen()
	d.add("TCP", fmt.Sprintf("%d > %d [%s]", t.SrcPort(), t.DstPort(), flags), off, n, append([]Field{
		number("src port", int(t.SrcPort()), off, 2), number("dst port", int(t.DstPort()), off+2, 2),
		field("seq", strconv.FormatUint(uint64(t.Seq()), 10), off+4, 4), field("ack", strconv.FormatUint(uint64(t.Ack()), 10), off+8, 4),
		field("header", strconv.Itoa(n)+" bytes", off+12, 1), field("flags", fmt.Sprintf("0x%02x %s", t[13], flags), off+13, 1),
		number("window", int(binary.BigEndian.Uint16(t[14:16])), off+14, 2), d.transportSum(ip, t.Checksum(), 16, off+16),
		number("urgent", int(binary.BigEndian.Uint16(t[18:20])), off+18, 2)}, tcpOptions(t[packet.TCPLen:n], off+packet.TCPLen)...)...)
	d.data(off + n)
}

// tcpOptions reads RFC 9293 section 3.2, RFC 7323 and RFC 2018.
func tcpOptions(b []byte, off int) []Field {
	return options(b, off, func(kind byte, v []byte) (string, string) {
		switch {
		case kind == 2 && len(v) == 2:
			return "mss", strconv.Itoa(int(binary.BigEndian.Uint16(v)))
		case kind == 3 && len(v) == 1:
			return "wscale", fmt.Sprintf("%d (window * %d)", v[0], 1<<min(v[0], 14))
		case kind == 4 && len(v) == 0:
			return "sackOK", ""
		case kind == 5 && len(v)%8 == 0:
			s := ""
			for ; len(v) > 0; v = v[8:] {
				s += fmt.Sprintf("{%d:%d}", binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:]))
			}
			return "sack", s
		case kind == 8 && len(v) == 8:
			return "timestamps", fmt.Sprintf("val %d ecr %d", binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:]))
		}
		return "option " + strconv.Itoa(int(kind)), fmt.Sprintf("% x", v)
	})
}
