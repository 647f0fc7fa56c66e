// Package selector reads Calico's selectors, the text of nodeSelector and later
// of policies, and asks them about labels.
//
//	all()   global()   has(k)   !has(k)
//	k == "v"   k != "v"   k in {"a", "b"}   k not in {"a"}
//	k contains "v"   k starts with "v"   k ends with "v"
//	a && b   a || b   !a   (a)          && binds tighter than ||
//
// Like libcalico-go/lib/selector of Calico v3.28.
package selector

import (
	"fmt"
	"slices"
	"strings"
)

// Labels finds the value of a label.
type Labels func(key string) (value string, ok bool)

// Selector is a parsed selector.
type Selector struct{ match func(Labels) bool }

// Matches reports whether something with these labels is meant.
func (s Selector) Matches(l Labels) bool { return s.match == nil || s.match(l) }

// maxDepth bounds nested parentheses and negations.
const maxDepth = 64

// Parse reads a selector. An empty one is all(), as is the zero Selector.
func Parse(text string) (Selector, error) {
	p := parser{rest: text}
	p.space()
	if p.rest == "" {
		return Selector{}, nil
	}
	m := p.or(0)
	if p.err == nil && p.rest != "" {
		p.fail("expected && or ||")
	}
	if p.err != nil {
		return Selector{}, fmt.Errorf("selector %q: %w", text, p.err)
	}
	return Selector{m}, nil
}

// parser reads from the left; after the first error it only returns.
type parser struct {
	rest string
	err  error
}

type match = func(Labels) bool

func (p *parser) fail(what string) match {
	if p.err == nil {
		found := "the end"
		if p.rest != "" {
			found = fmt.Sprintf("%q", p.rest)
		}
		p.err = fmt.Errorf("%s, found %s", what, found)
	}
	return func(Labels) bool { return false }
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take removes a token from the front, if it is there.
func (p *parser) take(token string) bool {
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
		p.space()
	}
	return ok
}

// word removes a keyword: a token that does not go on with a letter of a name.
func (p *parser) word(w string) bool {
	if rest, ok := strings.CutPrefix(p.rest, w); !ok || rest != "" && inName(rest[0]) {
		return false
	}
	return p.take(w)
}

func (p *parser) or(depth int) match {
	m := p.and(depth)
	for p.err == nil && p.take("||") {
		a, b := m, p.and(depth)
		m = func(l Labels) bool { return a(l) || b(l) }
	}
	return m
}

func (p *parser) and(depth int) match {
	m := p.not(depth)
	for p.err == nil && p.take("&&") {
		a, b := m, p.not(depth)
		m = func(l Labels) bool { return a(l) && b(l) }
	}
	return m
}

func (p *parser) not(depth int) match {
	if depth > maxDepth {
		return p.fail("too deep")
	}
	if strings.HasPrefix(p.rest, "!") {
		p.take("!")
		m := p.not(depth + 1)
		return func(l Labels) bool { return !m(l) }
	}
	if p.take("(") {
		m := p.or(depth + 1)
		if p.err == nil && !p.take(")") {
			return p.fail("expected )")
		}
		return m
	}
	return p.term()
}

func (p *parser) term() match {
	for _, everything := range [...]string{"all()", "global()"} {
		if p.take(everything) {
			return func(Labels) bool { return true }
		}
	}
	if p.take("has(") {
		key := p.name()
		if !p.take(")") {
			return p.fail("expected )")
		}
		return func(l Labels) bool { _, ok := l(key); return ok }
	}
	key := p.name()
	if p.err != nil {
		return p.fail("")
	}
	switch {
	case p.take("=="):
		v := p.quoted()
		return func(l Labels) bool { have, ok := l(key); return ok && have == v }
	case p.take("!="): // also where there is no such label
		v := p.quoted()
		return func(l Labels) bool { have, ok := l(key); return !ok || have != v }
	case p.word("in"):
		set := p.set()
		return func(l Labels) bool { have, ok := l(key); return ok && slices.Contains(set, have) }
	case p.word("not"):
		if !p.word("in") {
			return p.fail("expected in")
		}
		set := p.set()
		return func(l Labels) bool { have, ok := l(key); return !ok || !slices.Contains(set, have) }
	case p.word("contains"):
		return p.substring(key, strings.Contains)
	case p.word("starts"):
		return p.with(key, strings.HasPrefix)
	case p.word("ends"):
		return p.with(key, strings.HasSuffix)
	}
	return p.fail("expected ==, !=, in, not in, contains, starts with or ends with")
}

func (p *parser) with(key string, is func(s, part string) bool) match {
	if !p.word("with") {
		return p.fail("expected with")
	}
	return p.substring(key, is)
}

func (p *parser) substring(key string, is func(s, part string) bool) match {
	v := p.quoted()
	return func(l Labels) bool { have, ok := l(key); return ok && is(have, v) }
}

func (p *parser) name() string {
	n := 0
	for n < len(p.rest) && inName(p.rest[n]) {
		n++
	}
	if n == 0 {
		p.fail("expected a label")
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	p.space()
	return name
}

func inName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_.-/", c) >= 0
}

// quoted reads a text in single or double quotes; it cannot hold its own quote.
func (p *parser) quoted() string {
	if p.rest == "" || p.rest[0] != '"' && p.rest[0] != '\'' {
		p.fail("expected text in quotes")
		return ""
	}
	text, rest, ok := strings.Cut(p.rest[1:], p.rest[:1])
	if !ok {
		p.fail("expected the closing quote")
		return ""
	}
	p.rest = rest
	p.space()
	return text
}

func (p *parser) set() []string {
	if !p.take("{") {
		p.fail("expected {")
		return nil
	}
	var out []string
	for p.err == nil && !p.take("}") {
		out = append(out, p.quoted())
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			p.fail("expected , or }")
		}
	}
	return out
}
