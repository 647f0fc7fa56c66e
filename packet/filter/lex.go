package filter

import (
	"fmt"
	"net/netip"
	"strings"
)

// tokenKind is a kind of token. Words of the language and symbols are told
// apart by their text.
type tokenKind uint8

const (
	tokEnd     tokenKind = iota
	tokInvalid           // a character that starts nothing
	tokWord              // a keyword: the text is its first spelling
	tokSymbol
	tokNumber // also a named one
	tokName   // an identifier: a host, a service, ...
	tokAddress
	tokAddress6
	tokMAC
	tokARCnet
)

type token struct {
	kind   tokenKind
	text   string // a keyword in its first spelling, an identifier without its backslash
	number uint32
	word   Keyword
	at     int // offset of its first byte
	end    int // offset behind its last
	fault  string
}

func (t token) is(text string) bool {
	return t.text == text && (t.kind == tokWord || t.kind == tokSymbol)
}

// protocol is the protocol that a keyword names.
func (t token) protocol() (protocol, bool) {
	if t.kind != tokWord || t.word.Class != ClassProtocol {
		return 0, false
	}
	for p, name := range protocolNames {
		if name == t.text {
			return protocol(p), true
		}
	}
	return 0, false
}

// lexer cuts an expression into tokens, each the longest that fits, like the
// scanner of libpcap.
type lexer struct {
	expr string
	at   int
}

// next returns the next token. One with a fault inside, such as a number that does
// not fit, says so.
func (l *lexer) next() token {
	for l.at < len(l.expr) && strings.IndexByte(" \r\n\t", l.expr[l.at]) >= 0 {
		l.at++
	}
	t := token{at: l.at, end: l.at}
	rest := l.expr[l.at:]
	if rest == "" || rest[0] == 0 {
		return t
	}
	n := t.scan(rest)
	l.at += n
	t.end = l.at
	if t.kind == tokNumber && t.fault != "" {
		t.kind = tokInvalid
	}
	return t
}

// scan reads a token from the start of s and returns its length.
func (t *token) scan(s string) int {
	if n := symbol(s); n > 0 && lengthIPv6(s) == 0 {
		t.kind, t.text = tokSymbol, s[:n]
		switch t.text {
		case "==":
			t.text = "="
		case "&&":
			t.kind, t.text = tokWord, "and"
		case "||":
			t.kind, t.text = tokWord, "or"
		}
		return n
	}
	switch s[0] {
	case '\\':
		if n := strings.IndexAny(s, " !()\n\t\x00"); n > 1 || n < 0 && len(s) > 1 {
			if n < 0 {
				n = len(s)
			}
			t.kind, t.text = tokName, s[1:n]
			return n
		}
	case '$':
		if n := lengthHex(s[1:], 2); n > 0 {
			t.kind, t.text = tokARCnet, s[:1+n]
			return 1 + n
		}
	}
	return t.scanWord(s)
}

// scanWord reads what may be a word, a number or an address: the one that is
// longest, and of several equally long ones the first here.
func (t *token) scanWord(s string) int {
	n := 0
	word := lengthName(s)
	if k, ok := keyword(s[:word]); ok && k.Class != ClassConstant {
		t.kind, t.text, t.word, n = tokWord, k.Name, k, word
		if k.same != "" {
			t.text = k.same
		}
		if t.text == "!" {
			t.kind = tokSymbol
		}
	}
	try := func(kind tokenKind, length int) bool {
		if length <= n {
			return false
		}
		t.kind, t.text, n, t.fault = kind, s[:length], length, ""
		return true
	}
	try(tokMAC, lengthMAC(s))
	if try(tokNumber, lengthNumber(s)) {
		t.number, t.fault = parseNumber(t.text)
	}
	try(tokAddress, lengthAddress(s))
	if try(tokAddress6, lengthIPv6(s)) {
		if _, err := netip.ParseAddr(t.text); err != nil {
			t.fault = "bogus IPv6 address " + t.text
		}
	}
	if try(tokMAC, lengthBogusMAC(s)) {
		t.fault = "bogus ethernet address " + t.text
	}
	if try(tokName, word) {
		if k, ok := keyword(t.text); ok {
			t.kind, t.number = tokNumber, k.Value
		}
	}
	if n == 0 {
		t.kind, t.text = tokInvalid, s[:1]
		return 1
	}
	return n
}

// symbol is the length of the symbol at the start of s, 0 without one.
func symbol(s string) int {
	if len(s) > 1 {
		switch s[:2] {
		case ">=", "<=", "!=", "==", "<<", ">>", "&&", "||":
			return 2
		}
	}
	if strings.IndexByte(`+-*/%:[]!<>()&|^=`, s[0]) >= 0 {
		return 1
	}
	return 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isAlnum(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

// lengthHex is how many hex digits s starts with, at most limit.
func lengthHex(s string, limit int) int {
	n := 0
	for n < len(s) && n < limit && isHex(s[n]) {
		n++
	}
	return n
}

// lengthName is the length of the longest identifier: letters, digits, '-', '_'
// and '.', the first a letter or digit, the last no '-' or '_'.
func lengthName(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlnum(c), c == '.' && i > 0:
			n = i + 1
		case i > 0 && (c == '-' || c == '_'):
		default:
			return n
		}
	}
	return n
}

// lengthNumber is the length of a number: decimal, octal or hex.
func lengthNumber(s string) int {
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && isHex(s[2]) {
		return 2 + lengthHex(s[2:], len(s))
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// parseNumber reads a number that may be written octal or hex.
func parseNumber(s string) (value uint32, fault string) {
	digits, radix := s, uint64(10)
	if s[0] == '0' {
		digits, radix = s[1:], 8
		if len(s) > 1 && s[1]|0x20 == 'x' {
			digits, radix = s[2:], 16
		}
	}
	var v uint64
	for i := range len(digits) {
		d := uint64(digits[i] - '0')
		if !isDigit(digits[i]) {
			d = uint64(digits[i]|0x20-'a') + 10
		}
		if radix == 8 && d > 7 {
			return 0, fmt.Sprintf("number %s contains non-octal digit", s)
		}
		if v = v*radix + d; v > allBits {
			return 0, fmt.Sprintf("number %s overflows 32 bits", s)
		}
	}
	return uint32(v), ""
}

// lengthAddress is the length of two to four numbers joined by dots.
func lengthAddress(s string) int {
	length, n := 0, lengthNumber(s)
	for part := 1; part < 4 && n > 0 && n < len(s) && s[n] == '.'; part++ {
		more := lengthNumber(s[n+1:])
		if more == 0 {
			break
		}
		n += 1 + more
		length = n
	}
	return length
}

// lengthDotted4 is the length of exactly four numbers joined by dots.
func lengthDotted4(s string) int {
	n := lengthAddress(s)
	if strings.Count(s[:n], ".") != 3 {
		return 0
	}
	return n
}

// lengthMAC is the length of an Ethernet address: six groups of one or two
// hex digits joined by ':', '-' or '.', three of four joined by '.', or twelve
// digits.
func lengthMAC(s string) int {
	if lengthHex(s, 12) == 12 {
		return 12
	}
	groups := func(count, least, most int, separator byte) int {
		n := 0
		for i := range count {
			if i > 0 {
				if n >= len(s) || s[n] != separator {
					return 0
				}
				n++
			}
			digits := lengthHex(s[n:], most)
			if digits < least {
				return 0
			}
			n += digits
		}
		return n
	}
	return max(groups(6, 1, 2, ':'), groups(6, 1, 2, '-'), groups(6, 1, 2, '.'), groups(3, 4, 4, '.'))
}

// lengthBogusMAC is the length of groups with colons that are no address: two
// or more groups, each with colons behind it.
func lengthBogusMAC(s string) int {
	n, length := 0, 0
	for group := 0; ; group++ {
		digits := lengthHex(s[n:], 2)
		if digits == 0 {
			return length
		}
		n += digits
		if n >= len(s) || s[n] != ':' {
			return length
		}
		for n < len(s) && s[n] == ':' {
			n++
		}
		if group > 0 {
			length = n
		}
	}
}

// lengthIPv6 is the length of what has the shape of an IPv6 address.
func lengthIPv6(s string) int {
	at, length, groups, compressed := 0, 0, 0, false
	if strings.HasPrefix(s, "::") {
		at, length, compressed = 2, 2, true
	}
	for {
		if !compressed && groups == 6 || compressed && groups <= 5 {
			if n := lengthDotted4(s[at:]); n > 0 {
				length = max(length, at+n)
			}
		}
		n := lengthHex(s[at:], 4)
		if n == 0 || groups == 8 || compressed && groups == 7 {
			return length
		}
		at += n
		groups++
		if compressed || groups == 8 {
			length = max(length, at)
		}
		switch {
		case !compressed && groups <= 7 && strings.HasPrefix(s[at:], "::"):
			at, compressed = at+2, true
			length = max(length, at)
		case at < len(s) && s[at] == ':':
			at++
		default:
			return length
		}
	}
}
