package filter

import (
	"net/netip"
	"strconv"
	"strings"
)

// kind is what a token is.
type kind uint8

const (
	tokEnd     kind = iota
	tokWord         // a keyword
	tokSymbol       // ( ) [ ] : + - * / % & | ^ ! << >> = != < > <= >=
	tokNumber       // 80, 0x800, tcp-syn
	tokDotted       // 172.16, 10.0.0.1
	tokIPv6         // fe80::1
	tokMAC          // 02:00:c0:a8:0a:65
	tokName         // any other name; \tcp is a name, tcp a keyword
	tokInvalid      // bytes that no expression has
)

// token is a piece of an expression.
type token struct {
	kind   kind
	text   string
	column int // of its first byte, counted from 1
	number uint32
	width  int // of a dotted address in bits: 8 for each number
	addr   netip.Addr
	mac    [6]byte
}

// is tells whether the token is this keyword or symbol.
func (t token) is(text string) bool {
	return (t.kind == tokWord || t.kind == tokSymbol) && t.text == text
}

// lexer splits an expression into tokens.
type lexer struct {
	expr string
	at   int
}

func (l *lexer) next() (token, *Error) {
	for l.at < len(l.expr) && strings.IndexByte(" \t\r\n", l.expr[l.at]) >= 0 {
		l.at++
	}
	t := token{column: l.at + 1}
	rest := l.expr[l.at:]
	if rest == "" {
		t.kind, t.text = tokEnd, "end of expression"
		return t, nil
	}
	if n := symbolLength(rest); n > 0 {
		t.kind, t.text = tokSymbol, rest[:n]
		l.at += n
		t.text = canonical(t.text)
		return t, nil
	}
	if rest[0] == '\\' {
		n := 1
		for n < len(rest) && strings.IndexByte(" !()\n\t", rest[n]) < 0 {
			n++
		}
		t.kind, t.text = tokName, rest[1:n]
		l.at += n
		return t, nil
	}
	err := l.word(&t, rest)
	l.at += len(t.text)
	switch t.text { // keywords with two spellings
	case "length":
		t.text = "len"
	case "link":
		t.text = "ether"
	}
	return t, err
}

func symbolLength(s string) int {
	for _, two := range [...]string{"&&", "||", "==", "!=", "<=", ">=", "<<", ">>"} {
		if strings.HasPrefix(s, two) {
			return 2
		}
	}
	if strings.IndexByte("()[]:+-*/%&|^!<>=", s[0]) >= 0 && !startsIPv6(s) {
		return 1
	}
	return 0
}

// canonical gives the symbols that have two spellings one.
func canonical(symbol string) string {
	switch symbol {
	case "&&":
		return "and"
	case "||":
		return "or"
	case "!":
		return "not"
	case "==":
		return "="
	}
	return symbol
}

// startsIPv6 tells an address like ::1 from the colon in ip[6:2].
func startsIPv6(s string) bool {
	_, ok := ipv6Prefix(s)
	return s[0] == ':' && ok
}

// ipv6Prefix parses the longest run of address characters.
func ipv6Prefix(s string) (netip.Addr, bool) {
	n := 0
	for n < len(s) && strings.IndexByte("0123456789abcdefABCDEF:.", s[n]) >= 0 {
		n++
	}
	if strings.Count(s[:n], ":") < 2 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s[:n])
	return a, err == nil && a.Is6()
}

// word reads what is made of letters, digits and the signs that names have.
func (l *lexer) word(t *token, rest string) *Error {
	if mac, n, ok := macPrefix(rest); ok {
		t.kind, t.text, t.mac = tokMAC, rest[:n], mac
		return nil
	}
	if a, ok := ipv6Prefix(rest); ok {
		n := 0
		for n < len(rest) && strings.IndexByte("0123456789abcdefABCDEF:.", rest[n]) >= 0 {
			n++
		}
		t.kind, t.text, t.addr = tokIPv6, rest[:n], a
		return nil
	}
	n := 0
	for n < len(rest) && isName(rest[n]) {
		n++
	}
	for n > 0 && (rest[n-1] == '-' || rest[n-1] == '_') {
		n--
	}
	t.text = rest[:n]
	if n == 0 {
		t.kind, t.text = tokInvalid, rest[:1]
		return nil
	}
	if value, ok := constant(t.text); ok {
		t.kind, t.number = tokNumber, value
		return nil
	}
	if isKeyword(t.text) {
		t.kind = tokWord
		return nil
	}
	return l.numeric(t)
}

// numeric tells numbers and dotted addresses from names.
func (l *lexer) numeric(t *token) *Error {
	t.kind = tokName
	digits := strings.TrimLeft(t.text, "0123456789") == ""
	hexa := len(t.text) > 2 && (t.text[:2] == "0x" || t.text[:2] == "0X") && strings.TrimLeft(t.text[2:], "0123456789abcdefABCDEF") == ""
	if digits || hexa {
		value, err := strconv.ParseUint(t.text, 0, 64)
		if err != nil && digits {
			value, err = strconv.ParseUint(t.text, 10, 64) // 08 is no octal number
		}
		if err != nil || value > 1<<32-1 {
			return l.errorAt(*t, "number "+t.text+" overflows 32 bits")
		}
		t.kind, t.number = tokNumber, uint32(value)
		return nil
	}
	parts := strings.Split(t.text, ".")
	if len(parts) > 4 {
		return nil
	}
	var value uint32
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return nil
		}
		value = value<<8 | uint32(n)
	}
	t.kind, t.width = tokDotted, 8*len(parts)
	t.number = value << (32 - t.width)
	return nil
}

func (l *lexer) errorAt(t token, text string) *Error {
	return &Error{Column: t.column, Near: t.text, Text: text}
}

func isName(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '.' || b == '-' || b == '_'
}

// macPrefix reads 02:00:c0:a8:0a:65, with colons, dashes or dots.
func macPrefix(s string) (mac [6]byte, n int, ok bool) {
	var sep byte
	for i := range 6 {
		digits := 0
		for digits < 2 && n+digits < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[n+digits]) >= 0 {
			digits++
		}
		value, err := strconv.ParseUint(s[n:n+digits], 16, 8)
		if err != nil {
			return mac, 0, false
		}
		mac[i] = byte(value)
		n += digits
		if i == 5 {
			break
		}
		if n == len(s) || i > 0 && s[n] != sep || strings.IndexByte(":-.", s[n]) < 0 {
			return mac, 0, false
		}
		sep = s[n]
		n++
	}
	return mac, n, n == len(s) || !isName(s[n]) && s[n] != ':'
}

func isKeyword(s string) bool {
	switch s {
	case "and", "or", "not", "src", "dst", "host", "net", "mask", "port", "portrange", "proto", "protochain", "gateway",
		"less", "greater", "byte", "broadcast", "multicast", "len", "length", "inbound", "outbound", "ifindex",
		"vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan", "llc", "ifname", "on", "rset", "rulenum", "reason", "action",
		"type", "subtype", "direction", "dir", "wlan", "fddi", "tr", "radio", "lane", "oam", "metac", "bcc", "oamf4", "sc", "ilmic", "vpi", "vci":
		return true
	}
	return isProtocol(s)
}

// isProtocol tells the keywords that can stand alone or qualify.
func isProtocol(s string) bool {
	switch s {
	case "ether", "link", "ip", "arp", "rarp", "ip6", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "igrp", "pim", "vrrp", "carp", "ah", "esp",
		"atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl", "iso", "esis", "isis", "clnp", "stp", "ipx", "netbeui":
		return true
	}
	return false
}
