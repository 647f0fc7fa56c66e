package topology

import (
	"errors"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// value is a node of the file and the path to it. Its methods read the node as
// one type each; where it is something else they report that and give the zero
// value, so that reading goes on and finds the next fault.
type value struct {
	src  *source
	node *yaml.Node
	path string
}

func (v value) pos() Pos { return v.src.pos(v.node) }

func (v value) errorf(format string, args ...any) {
	v.src.add(v.pos().Errorf(v.path, format, args...))
}

// expected reports a value of the wrong type.
func (v value) expected(what string) { v.errorf("expected %s, found %s", what, describe(v.node)) }

func (v value) child(n *yaml.Node, key string) value {
	if v.path != "" && key[0] != '[' {
		key = "." + key
	}
	return value{src: v.src, node: n, path: v.path + key}
}

// fields says how to read each key of a mapping.
type fields map[string]func(value)

// object reads a mapping whose keys are all known.
func (v value) object(f fields) {
	v.each(func(key, val value) {
		if read := f[key.node.Value]; read != nil {
			read(val)
			return
		}
		known := make([]string, 0, len(f))
		for k := range f {
			known = append(known, k)
		}
		slices.Sort(known)
		hint := didYouMean(key.node.Value, known)
		if hint == "" {
			hint = "; expected " + oneOf(known)
		}
		key.path = v.path
		key.errorf("unknown key %q%s", shorten(key.node.Value), hint)
	})
}

// each reads a mapping in the order in which it is written. The key's path is
// that of its value.
func (v value) each(read func(key, val value)) {
	if !v.isMapping() {
		v.expected("a mapping")
		return
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		k := v.node.Content[i]
		val := v.child(v.node.Content[i+1], pathKey(k.Value))
		read(value{src: v.src, node: k, path: val.path}, val)
	}
}

// list reads a sequence.
func (v value) list(read func(value)) {
	if !v.isList() {
		v.expected("a list")
		return
	}
	for i, n := range v.node.Content {
		read(v.child(n, "["+strconv.Itoa(i)+"]"))
	}
}

func (v value) isMapping() bool { return v.node.Kind == yaml.MappingNode }
func (v value) isList() bool    { return v.node.Kind == yaml.SequenceNode }
func (v value) isScalar() bool  { return v.node.Kind == yaml.ScalarNode && !isNull(v.node) }

// atMost reports a mapping or list with too many elements.
func (v value) atMost(n int, what string) bool {
	have := len(v.node.Content)
	if v.isMapping() {
		have /= 2
	}
	if have > n {
		v.errorf("%d %s; %d are the most", have, what, n)
		return false
	}
	return true
}

// has reports whether a mapping has a key.
func (v value) has(key string) bool { return v.get(key) != nil }

// get finds the value of a key, or nil.
func (v value) get(key string) *yaml.Node {
	if !v.isMapping() {
		return nil
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value == key {
			return v.node.Content[i+1]
		}
	}
	return nil
}

// isNull reports a key that is not there or has no value.
func (v value) isNull(key string) bool {
	n := v.get(key)
	return n == nil || isNull(n)
}

// at gives the value of a key that is there, or v itself.
func (v value) at(key string) value {
	if n := v.get(key); n != nil {
		return v.child(n, key)
	}
	return v
}

// text reads any scalar but null as it is written: 1.10 stays 1.10.
func (v value) text() string {
	if !v.isScalar() {
		v.expected("text")
		return ""
	}
	return v.node.Value
}

// filled reads a text that must not be empty.
func (v value) filled() string {
	s := v.text()
	if s == "" && v.isScalar() {
		v.errorf("expected text, found nothing between the quotes")
	}
	return s
}

// line reads one line for a tool.
func (v value) line() Line {
	s := v.filled()
	if strings.ContainsFunc(s, isControl) {
		v.errorf("expected one line, found a control character in %q", shorten(s))
	}
	if len(s) > maxText {
		v.errorf("a line of %d bytes; %d are the most", len(s), maxText)
	}
	return Line{Text: s, Pos: v.pos()}
}

// prose reads a text for people: it may have several lines, but nothing that moves a
// terminal's cursor, changes its colours or turns the direction of what follows.
func (v value) prose() string {
	s := v.text()
	bad := func(r rune) bool { return isControl(r) && r != '\n' && r != '\t' }
	if i := strings.IndexFunc(s, bad); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		v.errorf("expected text, found the control character %U in %q", r, shorten(s))
	}
	if len(s) > maxProse {
		v.errorf("a text of %d bytes; %d are the most", len(s), maxProse)
	}
	return s
}

// isControl says that a character steers a terminal: C0, DEL, C1 and the marks that
// turn the direction of a text.
func isControl(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// word reads one of a few words.
func (v value) word(words ...string) string {
	s := v.text()
	if s != "" && !slices.Contains(words, s) {
		v.errorf("expected %s, found %s%s", oneOf(words), describe(v.node), didYouMean(s, words))
		return ""
	}
	return s
}

// boolean reads true or false. The yes and on of YAML 1.1 are text, as in YAML 1.2.
func (v value) boolean() bool {
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() != "!!bool" {
		v.expected("true or false")
		return false
	}
	return strings.EqualFold(v.node.Value, "true")
}

// integer reads a plain decimal number. 010 and 1_000 mean different things to
// different readers and are refused.
func (v value) integer(lo, hi int) int {
	n, ok := v.decimal(uint64(hi))
	if !ok || n < uint64(lo) {
		v.expected("a number from " + strconv.Itoa(lo) + " to " + strconv.Itoa(hi))
		return 0
	}
	return int(n)
}

// count reads a number of things.
func (v value) count() *int {
	n := v.integer(0, math.MaxInt32)
	return &n
}

// number64 reads an unsigned number of 64 bits.
func (v value) number64() uint64 {
	n, ok := v.decimal(math.MaxUint64)
	if !ok {
		v.expected("a number from 0 to 18446744073709551615")
	}
	return n
}

func (v value) decimal(hi uint64) (uint64, bool) {
	s := v.node.Value
	if v.node.Kind != yaml.ScalarNode || v.node.ShortTag() == "!!str" {
		return 0, false
	}
	if len(s) > 1 && s[0] == '0' || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= hi
}

// duration reads a time span with its unit, such as 200us.
func (v value) duration() time.Duration {
	s := v.text()
	d, err := time.ParseDuration(s)
	switch {
	case s == "":
	case err != nil:
		v.errorf("expected a time such as 200us, 5ms or 1.5s, found %s", describe(v.node))
		return 0
	case d < 0 || d > maxDuration:
		v.errorf("expected a time from 0s to 1000h, found %s", shorten(s))
		return 0
	}
	return d
}

// maxDuration keeps sums of times far from overflow.
const maxDuration = 1000 * time.Hour

// percent reads 1% as 0.01.
func (v value) percent() float64 {
	s := v.text()
	if s == "" {
		return 0
	}
	p, err := parsePercent(s)
	if err != nil {
		v.errorf("expected a percentage from 0%% to 100%%, found %s", describe(v.node))
	}
	return p
}

// bandwidth reads a rate in the units of tc(8), in bits per second.
func (v value) bandwidth() uint64 {
	s := v.text()
	if s == "" {
		return 0
	}
	r, err := parseRate(s)
	if err != nil {
		v.errorf("expected a rate in the units of tc such as 10mbit or 1Gbit, found %s", describe(v.node))
	}
	return r
}

// addr reads an IPv4 address.
func (v value) addr() netip.Addr {
	s := v.text()
	if s == "" {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		v.errorf("expected an IPv4 address, found %s", describe(v.node))
		return netip.Addr{}
	case !a.Is4():
		v.errorf("not modelled: IPv6 address %s", shorten(s))
		return netip.Addr{}
	}
	return a
}

// prefix reads an IPv4 address with its prefix length; host bits are kept.
func (v value) prefix() netip.Prefix {
	s := v.text()
	if s == "" {
		return netip.Prefix{}
	}
	p, err := parsePrefix(s)
	if err != nil {
		v.errorf("%v", err)
	}
	return p
}

func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Is4() {
		return netip.Prefix{}, errors.New(s + " has no prefix length; write " + s + "/24, or /32 for one address alone")
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return netip.Prefix{}, errors.New("expected an IPv4 address with its prefix length such as 192.168.10.1/24, found " + strconv.Quote(shorten(s)))
	case !p.Addr().Is4():
		return netip.Prefix{}, errors.New("not modelled: IPv6 address " + s)
	}
	return p, nil
}

// mac reads a device's Ethernet address.
func (v value) mac() MAC {
	s := v.text()
	if s == "" {
		return MAC{}
	}
	m, err := ParseMAC(s)
	if err != nil {
		v.errorf("%s", shortenQuoted(err, s))
	}
	return m
}

// shortenQuoted keeps an error that quotes a long input readable.
func shortenQuoted(err error, input string) string {
	return strings.Replace(err.Error(), strconv.Quote(input), strconv.Quote(shorten(input)), 1)
}

// clock reads a moment in RFC 3339's form.
func (v value) clock() time.Time {
	s := v.text()
	t, err := time.Parse(time.RFC3339, s)
	t = t.UTC()
	switch {
	case s == "":
		return time.Time{}
	case err != nil:
		v.errorf("expected a time such as 2024-09-21T15:00:00Z, found %s", describe(v.node))
	case t.Year() < 1970 || t.Year() > 2200:
		// Captures count from 1970, and nanoseconds in 64 bits end in 2262.
		v.errorf("expected a time from 1970 to 2200, found %s", shorten(s))
	}
	return t
}

// localized reads {en: …, ko: …} or plain English text.
func (v value) localized() Text {
	if !v.isMapping() {
		return Text{EN: v.prose()}
	}
	var t Text
	v.object(fields{
		"en": func(v value) { t.EN = v.prose() },
		"ko": func(v value) { t.KO = v.prose() },
	})
	return t
}
