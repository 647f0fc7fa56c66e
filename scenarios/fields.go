package scenarios

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
)

// fieldForm is how the value of a field is written.
type fieldForm uint8

const (
	formNumber fieldForm = iota
	formHex              // a number that is printed in hexadecimal
	formAddr
	formMAC
	formBool
	formEtherType
	formProto
	formICMPType
	formARPOp
	formTCPFlags
)

func formOf(layer, field string) fieldForm {
	switch field {
	case "src", "dst":
		if layer == "ethernet" {
			return formMAC
		}
		return formAddr
	case "senderMAC", "targetMAC":
		return formMAC
	case "senderIP", "targetIP", "gateway":
		return formAddr
	case "df", "mf":
		return formBool
	case "tos", "checksum":
		return formHex
	case "protocol":
		return formProto
	case "op":
		return formARPOp
	case "flags":
		return formTCPFlags
	case "type":
		if layer == "ethernet" {
			return formEtherType
		}
		return formICMPType
	}
	return formNumber
}

// canonical reads a value as an author writes it and gives it as readField
// does; expected says what it should be when it is not that.
func canonical(layer, field, value string) (text, expected string) {
	form := formOf(layer, field)
	switch form {
	case formAddr:
		if a, err := netip.ParseAddr(value); err == nil && a.Is4() {
			return a.String(), ""
		}
		return "", "an IPv4 address"
	case formMAC:
		if m, err := packet.ParseMAC(strings.ToLower(value)); err == nil {
			return m.String(), ""
		}
		return "", "a MAC address"
	case formBool:
		if value == "true" || value == "false" {
			return value, ""
		}
		return "", "true or false"
	case formTCPFlags:
		if flags, ok := parseTCPFlags(value); ok {
			return tcpFlags(flags), ""
		}
		return "", "flags such as S, SA or FA (of F, S, R, P, A and U), or none"
	}
	if n, ok := named(form, value); ok {
		return show(form, n), ""
	}
	n, err := strconv.ParseUint(value, 0, 32)
	if err != nil || len(value) > 1 && value[0] == '0' && value[1]|0x20 != 'x' {
		return "", "a number" + knownNames(form)
	}
	return show(form, uint32(n)), ""
}

// word is a name of a number.
type word struct {
	name string
	n    uint32
}

// wordsOf lists the names that a form knows; the first of a number is printed.
func wordsOf(form fieldForm) []word {
	switch form {
	case formEtherType:
		return []word{{"ipv4", uint32(packet.EtherIPv4)}, {"arp", uint32(packet.EtherARP)}}
	case formProto:
		return []word{{"icmp", 1}, {"ipip", 4}, {"tcp", 6}, {"udp", 17}}
	case formARPOp:
		return []word{{"request", 1}, {"reply", 2}}
	case formICMPType:
		return []word{{"echo-reply", 0}, {"unreachable", 3}, {"source-quench", 4}, {"redirect", 5}, {"echo-request", 8},
			{"time-exceeded", 11}, {"parameter-problem", 12}, {"timestamp-request", 13}, {"timestamp-reply", 14},
			{"destination-unreachable", 3}, {"ttl-exceeded", 11}, {"echo", 8}}
	}
	return nil
}

func named(form fieldForm, value string) (uint32, bool) {
	for _, w := range wordsOf(form) {
		if w.name == strings.ToLower(value) {
			return w.n, true
		}
	}
	return 0, false
}

func knownNames(form fieldForm) string {
	words := wordsOf(form)
	if len(words) == 0 {
		return ""
	}
	var out []string
	for _, w := range words {
		out = append(out, w.name)
	}
	return " or one of " + strings.Join(out, ", ")
}

func show(form fieldForm, n uint32) string {
	if i := slices.IndexFunc(wordsOf(form), func(w word) bool { return w.n == n }); i >= 0 {
		return wordsOf(form)[i].name
	}
	if form == formHex || form == formEtherType {
		return fmt.Sprintf("0x%02x", n)
	}
	return strconv.FormatUint(uint64(n), 10)
}

const (
	tcpFlagLetters = "FSRPAU" // from the lowest bit on, RFC 9293 section 3.1
	noFlags        = "none"
)

func parseTCPFlags(s string) (uint8, bool) {
	if s == noFlags {
		return 0, true
	}
	var flags uint8
	for _, c := range strings.ToUpper(s) {
		i := strings.IndexRune(tcpFlagLetters, c)
		if i < 0 {
			return 0, false
		}
		flags |= 1 << i
	}
	return flags, s != ""
}

func tcpFlags(flags uint8) string {
	var out []byte
	for i := range len(tcpFlagLetters) {
		if flags&(1<<i) != 0 {
			out = append(out, tcpFlagLetters[i])
		}
	}
	if len(out) == 0 {
		return noFlags
	}
	return string(out)
}

// readField gives the value of a field of a layer; empty when it has none.
func readField(l layer, field string) string {
	form := formOf(l.name, field)
	number := func(n uint32) string { return show(form, n) }
	switch l.name {
	case "ethernet":
		e := packet.Ethernet(l.bytes)
		switch field {
		case "src":
			return e.Src().String()
		case "dst":
			return e.Dst().String()
		case "type":
			return number(uint32(e.Type()))
		}
	case "arp":
		a := packet.ARP(l.bytes)
		switch field {
		case "op":
			return number(uint32(a.Op()))
		case "senderMAC":
			return a.SenderMAC().String()
		case "senderIP":
			return a.SenderIP().String()
		case "targetMAC":
			return a.TargetMAC().String()
		case "targetIP":
			return a.TargetIP().String()
		}
	case "ipv4":
		return ipv4Field(packet.IPv4(l.bytes), field, number)
	case "icmp":
		return icmpField(packet.ICMP(l.bytes), field, number)
	case "udp":
		u := packet.UDP(l.bytes)
		switch field {
		case "srcPort":
			return number(uint32(u.SrcPort()))
		case "dstPort":
			return number(uint32(u.DstPort()))
		case "length":
			return number(uint32(binary.BigEndian.Uint16(u[4:6])))
		case "checksum":
			return number(uint32(u.Checksum()))
		}
	case "tcp":
		return tcpField(packet.TCP(l.bytes), field, number)
	}
	return ""
}

func ipv4Field(ip packet.IPv4, field string, number func(uint32) string) string {
	switch field {
	case "src":
		return ip.Src().String()
	case "dst":
		return ip.Dst().String()
	case "ttl":
		return number(uint32(ip.TTL()))
	case "protocol":
		return number(uint32(ip.Proto()))
	case "length":
		return number(uint32(ip.TotalLen()))
	case "id":
		return number(uint32(ip.ID()))
	case "tos":
		return number(uint32(ip.TOS()))
	case "df":
		return strconv.FormatBool(ip.DF())
	case "mf":
		return strconv.FormatBool(ip.MF())
	case "offset":
		return number(uint32(ip.FragOffset()))
	case "headerLength":
		return number(uint32(ip.HeaderLen()))
	case "checksum":
		return number(uint32(ip.Checksum()))
	}
	return ""
}

func icmpField(m packet.ICMP, field string, number func(uint32) string) string {
	echo := false
	switch m.Type() {
	case packet.ICMPEcho, packet.ICMPEchoReply, packet.ICMPTimestamp, packet.ICMPTimestampReply:
		echo = true
	}
	switch {
	case field == "type":
		return number(uint32(m.Type()))
	case field == "code":
		return number(uint32(m.Code()))
	case field == "checksum":
		return number(uint32(m.Checksum()))
	case field == "id" && echo:
		return number(uint32(m.ID()))
	case field == "seq" && echo:
		return number(uint32(m.Seq()))
	case field == "mtu" && m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded:
		return number(uint32(m.MTU()))
	case field == "gateway" && m.Type() == packet.ICMPRedirect:
		return packet.AddrFrom32(binary.BigEndian.Uint32(m[4:8])).String()
	}
	return ""
}

func tcpField(t packet.TCP, field string, number func(uint32) string) string {
	switch field {
	case "srcPort":
		return number(uint32(t.SrcPort()))
	case "dstPort":
		return number(uint32(t.DstPort()))
	case "seq":
		return number(t.Seq())
	case "ack":
		return number(t.Ack())
	case "flags":
		return tcpFlags(t.Flags())
	case "window":
		return number(uint32(binary.BigEndian.Uint16(t[14:16])))
	case "checksum":
		return number(uint32(t.Checksum()))
	case "mss":
		if mss, ok := tcpMSS(t[packet.TCPLen:t.HeaderLen()]); ok {
			return number(uint32(mss))
		}
	}
	return ""
}

// tcpMSS finds the maximum segment size among TCP options, RFC 9293 section 3.2.
func tcpMSS(o []byte) (uint16, bool) {
	const (
		end = 0
		nop = 1
		mss = 2
	)
	for len(o) > 0 {
		switch {
		case o[0] == end:
			return 0, false
		case o[0] == nop:
			o = o[1:]
			continue
		case len(o) < 2 || o[1] < 2 || int(o[1]) > len(o):
			return 0, false
		case o[0] == mss && o[1] == 4:
			return binary.BigEndian.Uint16(o[2:4]), true
		}
		o = o[o[1]:]
	}
	return 0, false
}
