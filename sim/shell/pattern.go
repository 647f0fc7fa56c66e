package shell

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A pattern of the shell (fnmatch(3) with bash's extended operators) is
// compiled to a tree and matched with a memory of what failed, so that no
// pattern takes more than length × length steps.

type patKind uint8

const (
	patChar patKind = iota
	patAny
	patStar
	patSet
	patGroup // @(a|b), ?(…), *(…), +(…), !(…)
)

type patNode struct {
	kind patKind
	r    rune
	set  *charSet
	op   byte
	alts [][]patNode
}

// charSet is a bracket expression.
type charSet struct {
	not    bool
	ranges []rune // pairs
	class  []func(rune) bool
}

func (s *charSet) has(r rune, fold bool) bool {
	in := s.has1(r)
	if fold && !in {
		in = s.has1(unicode.ToLower(r)) || s.has1(unicode.ToUpper(r))
	}
	return in != s.not
}

func (s *charSet) has1(r rune) bool {
	for i := 0; i+1 < len(s.ranges); i += 2 {
		if r >= s.ranges[i] && r <= s.ranges[i+1] {
			return true
		}
	}
	for _, f := range s.class {
		if f(r) {
			return true
		}
	}
	return false
}

// charClass is a named class such as alpha.
func charClass(name string) func(rune) bool {
	switch name {
	case "alpha":
		return unicode.IsLetter
	case "digit":
		return func(r rune) bool { return r >= '0' && r <= '9' }
	case "alnum":
		return func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	case "upper":
		return unicode.IsUpper
	case "lower":
		return unicode.IsLower
	case "space":
		return unicode.IsSpace
	case "blank":
		return func(r rune) bool { return r == ' ' || r == '\t' }
	case "punct":
		return func(r rune) bool { return r > ' ' && r < 0x7f && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	case "print":
		return unicode.IsPrint
	case "graph":
		return unicode.IsGraphic
	case "cntrl":
		return unicode.IsControl
	case "xdigit":
		return func(r rune) bool {
			return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'f'
		}
	case "word":
		return func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	}
	return nil
}

// pattern is a compiled pattern.
type pattern struct {
	nodes   []patNode
	literal string // the whole text, if there is nothing special in it
	isLit   bool
	fold    bool
	tick    func(int) // counts work; may be nil
}

// compilePattern never fails: what is no valid operator is ordinary text. ext
// says that extended operators count.
func compilePattern(s string, ext, fold bool) *pattern {
	c := patCompiler{s: s, ext: ext}
	p := &pattern{nodes: c.seq(0), fold: fold}
	var b strings.Builder
	p.isLit = !fold
	for _, n := range p.nodes {
		if n.kind != patChar {
			p.isLit = false
			break
		}
		b.WriteRune(n.r)
	}
	if p.isLit {
		p.literal = b.String()
		p.isLit = utf8.ValidString(s)
	}
	return p
}

type patCompiler struct {
	s   string
	i   int
	ext bool
}

const maxPatternDepth = 50

// seq compiles up to | or ) if depth is not 0.
func (c *patCompiler) seq(depth int) []patNode {
	var l []patNode
	for c.i < len(c.s) {
		ch := c.s[c.i]
		if depth > 0 && (ch == '|' || ch == ')') {
			break
		}
		if c.ext && strings.IndexByte("@?*+!", ch) >= 0 && c.i+1 < len(c.s) && c.s[c.i+1] == '(' && depth < maxPatternDepth {
			if n, ok := c.group(depth); ok {
				l = append(l, n)
				continue
			}
		}
		switch ch {
		case '\\':
			if c.i+1 < len(c.s) {
				c.i++
			}
			r, size := utf8.DecodeRuneInString(c.s[c.i:])
			l = append(l, c.char(r, size))
			c.i += size
		case '*':
			c.i++
			if len(l) == 0 || l[len(l)-1].kind != patStar {
				l = append(l, patNode{kind: patStar})
			}
		case '?':
			c.i++
			l = append(l, patNode{kind: patAny})
		case '[':
			if set, ok := c.bracket(); ok {
				l = append(l, patNode{kind: patSet, set: set})
				continue
			}
			c.i++
			l = append(l, patNode{kind: patChar, r: '['})
		default:
			r, size := utf8.DecodeRuneInString(c.s[c.i:])
			l = append(l, c.char(r, size))
			c.i += size
		}
	}
	return l
}

// char is one character; bytes that are no UTF-8 get numbers of their own.
func (c *patCompiler) char(r rune, size int) patNode {
	if r == utf8.RuneError && size == 1 {
		r = rawByte + rune(c.s[c.i])
	}
	return patNode{kind: patChar, r: r}
}

const rawByte = 0x110000

func (c *patCompiler) group(depth int) (patNode, bool) {
	start := c.i
	n := patNode{kind: patGroup, op: c.s[c.i]}
	c.i += 2
	for {
		n.alts = append(n.alts, c.seq(depth+1))
		if c.i >= len(c.s) {
			c.i = start
			return n, false
		}
		c.i++
		if c.s[c.i-1] == ')' {
			return n, true
		}
	}
}

func (c *patCompiler) bracket() (*charSet, bool) {
	i := c.i + 1
	set := &charSet{}
	if i < len(c.s) && (c.s[i] == '!' || c.s[i] == '^') {
		set.not = true
		i++
	}
	first := true
	for i < len(c.s) {
		if c.s[i] == ']' && !first {
			c.i = i + 1
			return set, true
		}
		first = false
		if strings.HasPrefix(c.s[i:], "[:") {
			if end := strings.Index(c.s[i:], ":]"); end > 0 {
				if f := charClass(c.s[i+2 : i+end]); f != nil {
					set.class = append(set.class, f)
				}
				i += end + 2
				continue
			}
		}
		lo, size := c.setChar(i)
		if size == 0 {
			return nil, false
		}
		i += size
		hi := lo
		if i+1 < len(c.s) && c.s[i] == '-' && c.s[i+1] != ']' {
			var n int
			if hi, n = c.setChar(i + 1); n > 0 {
				i += 1 + n
			} else {
				hi = lo
			}
		}
		set.ranges = append(set.ranges, lo, hi)
	}
	return nil, false
}

func (c *patCompiler) setChar(i int) (rune, int) {
	if c.s[i] == '\\' && i+1 < len(c.s) {
		r, n := utf8.DecodeRuneInString(c.s[i+1:])
		return r, n + 1
	}
	r, n := utf8.DecodeRuneInString(c.s[i:])
	if r == utf8.RuneError && n == 1 {
		r = rawByte + rune(c.s[i])
	}
	return r, n
}

// runes decodes a string as compilePattern does.
func runes(s string) []rune {
	l := make([]rune, 0, len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			r = rawByte + rune(s[i])
		}
		l = append(l, r)
		i += n
	}
	return l
}

func unrunes(l []rune) string {
	var b strings.Builder
	for _, r := range l {
		if r >= rawByte {
			b.WriteByte(byte(r - rawByte))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// match says that all of s matches.
func (p *pattern) match(s string) bool {
	if p.isLit {
		return s == p.literal
	}
	m := matcher{s: runes(s), fold: p.fold}
	ends := m.ends(p.nodes, 0)
	return len(ends) > 0 && ends[len(ends)-1] == len(m.s)
}

// ends lists the positions where a match that starts at the beginning of s can
// end, ascending, in characters.
func (p *pattern) endsFrom(s []rune, at int) []int {
	if p.tick != nil {
		p.tick(1 + (len(s)-at)>>8)
	}
	m := matcher{s: s, fold: p.fold}
	return m.ends(p.nodes, at)
}

type matcher struct {
	s    []rune
	fold bool
}

// ends works through the nodes with the set of positions that are reachable.
func (m *matcher) ends(nodes []patNode, at int) []int {
	pos := []int{at}
	for i := range nodes {
		if pos = m.step(&nodes[i], pos); len(pos) == 0 {
			return nil
		}
	}
	return pos
}

func (m *matcher) step(n *patNode, pos []int) []int {
	switch n.kind {
	case patStar:
		var out []int
		for p := pos[0]; p <= len(m.s); p++ {
			out = append(out, p)
		}
		return out
	case patGroup:
		return m.group(n, pos)
	}
	out := pos[:0:0]
	for _, p := range pos {
		if p < len(m.s) && m.one(n, m.s[p]) {
			out = append(out, p+1)
		}
	}
	return out
}

func (m *matcher) one(n *patNode, r rune) bool {
	switch n.kind {
	case patChar:
		return n.r == r || m.fold && unicode.ToLower(n.r) == unicode.ToLower(r)
	case patSet:
		return n.set.has(r, m.fold)
	}
	return true
}

func (m *matcher) group(n *patNode, pos []int) []int {
	reach := make([]bool, len(m.s)+1)
	once := func(from []int, mark []bool) (fresh []int) {
		for _, p := range from {
			for _, alt := range n.alts {
				for _, e := range m.ends(alt, p) {
					if !mark[e] {
						mark[e] = true
						fresh = append(fresh, e)
					}
				}
			}
		}
		return fresh
	}
	switch n.op {
	case '@', '?':
		once(pos, reach)
	case '+', '*':
		for from := pos; len(from) > 0; {
			from = once(from, reach)
		}
	case '!':
		for _, p := range pos {
			not := make([]bool, len(m.s)+1)
			once([]int{p}, not)
			for e := p; e <= len(m.s); e++ {
				if !not[e] {
					reach[e] = true
				}
			}
		}
	}
	if n.op == '?' || n.op == '*' {
		for _, p := range pos {
			reach[p] = true
		}
	}
	var out []int
	for e, ok := range reach {
		if ok {
			out = append(out, e)
		}
	}
	return out
}

// hasMeta says that the text has something that a pattern treats specially.
func hasMeta(s string, ext bool) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '*', '?':
			return true
		case '[':
			if strings.IndexByte(s[i+1:], ']') >= 0 {
				return true
			}
		case '@', '+', '!':
			if ext && i+1 < len(s) && s[i+1] == '(' {
				return true
			}
		}
	}
	return false
}

// quoteMeta makes text match only itself.
func quoteMeta(b *strings.Builder, s string) {
	for i := range len(s) {
		if strings.IndexByte(`\*?[]@+!()|-^`, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
}

// removePrefix cuts the shortest or longest match off the front.
func (p *pattern) removePrefix(s string, longest bool) string {
	if p.isLit {
		return strings.TrimPrefix(s, p.literal)
	}
	rs := runes(s)
	ends := p.endsFrom(rs, 0)
	switch {
	case len(ends) == 0:
		return s
	case longest:
		return unrunes(rs[ends[len(ends)-1]:])
	}
	return unrunes(rs[ends[0]:])
}

// removeSuffix cuts the shortest or longest match off the end.
func (p *pattern) removeSuffix(s string, longest bool) string {
	if p.isLit {
		return strings.TrimSuffix(s, p.literal)
	}
	rs := runes(s)
	hit := func(at int) bool {
		ends := p.endsFrom(rs, at)
		return len(ends) > 0 && ends[len(ends)-1] == len(rs)
	}
	if longest {
		for at := 0; at <= len(rs); at++ {
			if hit(at) {
				return unrunes(rs[:at])
			}
		}
		return s
	}
	for at := len(rs); at >= 0; at-- {
		if hit(at) {
			return unrunes(rs[:at])
		}
	}
	return s
}

// replace is ${s/pattern/with}; anchor is '#', '%' or 0. with gets what matched
// where an unquoted & stands.
func (p *pattern) replace(s string, all bool, anchor byte, with func(match string) string) string {
	rs := runes(s)
	var b strings.Builder
	switch anchor {
	case '#':
		ends := p.endsFrom(rs, 0)
		if len(ends) == 0 {
			return s
		}
		e := ends[len(ends)-1]
		return with(unrunes(rs[:e])) + unrunes(rs[e:])
	case '%':
		for at := 0; at <= len(rs); at++ {
			if ends := p.endsFrom(rs, at); len(ends) > 0 && ends[len(ends)-1] == len(rs) {
				return unrunes(rs[:at]) + with(unrunes(rs[at:]))
			}
		}
		return s
	}
	if p.isLit {
		if p.literal == "" {
			return s
		}
		n := 1
		if all {
			n = -1
		}
		return strings.Replace(s, p.literal, with(p.literal), n)
	}
	for at := 0; at < len(rs); {
		ends := p.endsFrom(rs, at)
		if len(ends) == 0 || ends[len(ends)-1] == at {
			b.WriteString(unrunes(rs[at : at+1]))
			at++
			continue
		}
		e := ends[len(ends)-1]
		b.WriteString(with(unrunes(rs[at:e])))
		at = e
		if !all {
			b.WriteString(unrunes(rs[at:]))
			break
		}
	}
	return b.String()
}
