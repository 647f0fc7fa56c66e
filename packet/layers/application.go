package layers

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"hoplab/packet"
)

// DHCP's layout, RFC 2131 section 2.
const (
	dhcpLen    = 240 // with the cookie
	dhcpCookie = 0x63825363
)

func (d *parser) dhcp(off int) {
	b := d.frame[off:]
	if len(b) < dhcpLen || binary.BigEndian.Uint32(b[236:]) != dhcpCookie {
		d.data(off)
		return
	}
	ip := func(name string, at int) Field {
		return field(name, packet.AddrFrom32(binary.BigEndian.Uint32(b[at:])).String(), off+at, 4)
	}
	op := strconv.Itoa(int(b[0]))
	switch b[0] {
	case 1:
		op += " request"
	case 2:
		op += " reply"
	}
	opts, what := dhcpOptions(b[dhcpLen:], off+dhcpLen)
	n := dhcpLen
	for _, o := range opts {
		n += o.Len
	}
	d.add("DHCP", what, off, n, append([]Field{field("op", op, off, 1), number("hardware", int(b[1]), off+1, 1), number("hops", int(b[3]), off+3, 1),
		field("xid", fmt.Sprintf("0x%08x", binary.BigEndian.Uint32(b[4:])), off+4, 4), number("secs", int(binary.BigEndian.Uint16(b[8:])), off+8, 2),
		field("flags", fmt.Sprintf("0x%04x", binary.BigEndian.Uint16(b[10:])), off+10, 2), ip("client", 12), ip("your", 16), ip("server", 20), ip("relay", 24),
		field("client MAC", packet.MAC(b[28:34]).String(), off+28, 6), field("cookie", "0x63825363", off+236, 4)}, opts...)...)
	d.data(off + n)
}

// dhcpOptions reads RFC 2132; what is the message type.
func dhcpOptions(b []byte, off int) (out []Field, what string) {
	messages := [...]string{"", "Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform"}
	for i := 0; i < len(b); {
		kind := b[i]
		if kind == 0 || kind == 255 {
			name := map[byte]string{0: "pad", 255: "end"}[kind]
			out = append(out, field(name, "", off+i, 1))
			if i++; kind == 255 {
				return out, what
			}
			continue
		}
		if i+1 >= len(b) || i+2+int(b[i+1]) > len(b) {
			return append(out, field("options", fmt.Sprintf("% x", b[i:]), off+i, len(b)-i)), what
		}
		v := b[i+2 : i+2+int(b[i+1])]
		name, value := "option "+strconv.Itoa(int(kind)), fmt.Sprintf("% x", v)
		switch {
		case kind == 53 && len(v) == 1 && int(v[0]) < len(messages):
			name, what = "message", messages[v[0]]
			value = what
		case (kind == 1 || kind == 3 || kind == 6 || kind == 50 || kind == 54) && len(v) >= 4:
			name = map[byte]string{1: "netmask", 3: "router", 6: "DNS", 50: "requested", 54: "server"}[kind]
			value = strings.TrimPrefix(addresses(v), " ")
		case (kind == 51 || kind == 58 || kind == 59) && len(v) == 4:
			name = map[byte]string{51: "lease", 58: "renew", 59: "rebind"}[kind]
			value = strconv.FormatUint(uint64(binary.BigEndian.Uint32(v)), 10) + " s"
		case kind == 12 || kind == 15:
			name, value = map[byte]string{12: "host name", 15: "domain"}[kind], strconv.Quote(string(v))
		}
		out = append(out, field(name, value, off+i, 2+len(v)))
		i += 2 + len(v)
	}
	return out, what
}

// dnsLen is the length of a DNS header, RFC 1035 section 4.1.1.
const dnsLen = 12

func (d *parser) dns(off int) {
	b := d.frame[off:]
	if len(b) < dnsLen {
		d.data(off)
		return
	}
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
	kind := "query"
	if b[2]&0x80 != 0 {
		kind = "answer"
		if code := b[3] & 15; code != 0 {
			kind += fmt.Sprintf(", error %d", code)
		}
	}
	fields := []Field{field("id", strconv.Itoa(u16(0)), off, 2), field("flags", fmt.Sprintf("0x%04x %s", u16(2), kind), off+2, 2),
		number("questions", u16(4), off+4, 2), number("answers", u16(6), off+6, 2), number("authority", u16(8), off+8, 2), number("additional", u16(10), off+10, 2)}
	at, what := dnsLen, kind
	for range u16(4) {
		name, n, ok := dnsName(b, at)
		if !ok || n+4 > len(b) {
			break
		}
		value := dnsType(u16(n)) + " " + name
		fields = append(fields, field("question", value, off+at, n+4-at))
		what, at = what+" "+value, n+4
	}
	for i := range u16(6) + u16(8) + u16(10) {
		name, n, ok := dnsName(b, at)
		if !ok || n+10 > len(b) || n+10+u16(n+8) > len(b) {
			break
		}
		size := u16(n + 8)
		value := fmt.Sprintf("% x", b[n+10:n+10+size])
		switch {
		case u16(n) == 1 && size == 4:
			value = packet.AddrFrom32(binary.BigEndian.Uint32(b[n+10:])).String()
		case u16(n) == 5 || u16(n) == 12 || u16(n) == 2:
			value, _, _ = dnsName(b, n+10)
		}
		where := "answer"
		switch {
		case i >= u16(6)+u16(8):
			where = "additional"
		case i >= u16(6):
			where = "authority"
		}
		fields = append(fields, field(where, fmt.Sprintf("%s %s %s", name, dnsType(u16(n)), value), off+at, n+10+size-at))
		at = n + 10 + size
	}
	d.add("DNS", what, off, at, fields...)
	d.data(off + at)
}

func dnsType(t int) string {
	names := map[int]string{1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 41: "OPT"}
	if n := names[t]; n != "" {
		return n
	}
	return "type " + strconv.Itoa(t)
}

// maxLabels bounds the labels of a name: 255 bytes hold no more.
const maxLabels = 128

// dnsName reads a name, following pointers (RFC 1035 section 4.1.4). next is where
// what follows it begins.
func dnsName(b []byte, at int) (name string, next int, ok bool) {
	var s strings.Builder
	for range maxLabels {
		if at >= len(b) {
			return "", 0, false
		}
		n := int(b[at])
		switch {
		case n == 0:
			if next == 0 {
				next = at + 1
			}
			if s.Len() == 0 {
				return ".", next, true
			}
			return s.String(), next, true
		case n&0xc0 == 0xc0:
			if at+1 >= len(b) {
				return "", 0, false
			}
			if next == 0 {
				next = at + 2
			}
			at = n&0x3f<<8 | int(b[at+1])
		case n > 63 || at+1+n > len(b):
			return "", 0, false
		default:
			fmt.Fprintf(&s, "%s.", b[at+1:at+1+n])
			at += 1 + n
		}
	}
	return "", 0, false
}
