package coreutils

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The language of POSIX awk: tokens, then a tree of nodes.

type awkTok uint8

const (
	tEOF awkTok = iota
	tNewline
	tNumber
	tString
	tRegex
	tName
	tFunc // NAME directly followed by (
	tBuiltin
	tKeyword
	tOp
)

const awkKeywords = " BEGIN END function func if else while for do break continue next nextfile exit return delete in getline print printf "

const awkBuiltins = " length substr index split sub gsub gensub match sprintf sin cos atan2 exp log sqrt int rand srand tolower toupper system close fflush systime strftime mktime "

// awkError is an error of the program, with its line.
type awkError struct {
	line int
	msg  string
}

// Error is like mawk's.
func (e *awkError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.msg) }

type awkLexer struct {
	s    string
	i    int
	line int

	tok  awkTok
	text string
	num  float64
	last awkTok // token before, to tell a / from a regular expression
	prev string
	at   int // where the token begins
}

func (l *awkLexer) fail(format string, args ...any) {
	panic(&awkError{l.line, fmt.Sprintf(format, args...)})
}

func (l *awkLexer) next() {
	l.last, l.prev = l.tok, l.text
	for l.i < len(l.s) {
		c := l.s[l.i]
		switch {
		case c == ' ' || c == '\t' || c == '\r':
			l.i++
			continue
		case c == '\\' && l.i+1 < len(l.s) && l.s[l.i+1] == '\n':
			l.i += 2
			l.line++
			continue
		case c == '\\' && strings.HasPrefix(l.s[l.i:], "\\\r\n"):
			l.i += 3
			l.line++
			continue
		case c == '#':
			for l.i < len(l.s) && l.s[l.i] != '\n' {
				l.i++
			}
			continue
		}
		break
	}
	l.at = l.i
	if l.i >= len(l.s) {
		l.tok, l.text = tEOF, "end of file"
		return
	}
	c := l.s[l.i]
	switch {
	case c == '\n':
		l.i++
		l.tok, l.text = tNewline, "newline"
		l.line++
	case c >= '0' && c <= '9' || c == '.' && l.i+1 < len(l.s) && l.s[l.i+1] >= '0' && l.s[l.i+1] <= '9':
		n := numberLen(l.s[l.i:])
		l.num, _ = strconv.ParseFloat(l.s[l.i:l.i+n], 64)
		l.tok, l.text = tNumber, l.s[l.i:l.i+n]
		l.i += n
	case c == '"':
		l.string()
	case c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z':
		start := l.i
		for l.i < len(l.s) && (l.s[l.i] == '_' || l.s[l.i]|0x20 >= 'a' && l.s[l.i]|0x20 <= 'z' || l.s[l.i] >= '0' && l.s[l.i] <= '9') {
			l.i++
		}
		l.text = l.s[start:l.i]
		switch {
		case strings.Contains(awkKeywords, " "+l.text+" "):
			l.tok = tKeyword
		case strings.Contains(awkBuiltins, " "+l.text+" "):
			l.tok = tBuiltin
		case l.i < len(l.s) && l.s[l.i] == '(':
			l.tok = tFunc
		default:
			l.tok = tName
		}
	default:
		l.tok = tOp
		for _, op := range []string{"&&", "||", "!~", "<=", ">=", "==", "!=", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", ">>"} {
			if strings.HasPrefix(l.s[l.i:], op) {
				l.text = op
				l.i += len(op)
				return
			}
		}
		if strings.IndexByte("{}()[];,+-*/%^!<>|?:~$=", c) < 0 {
			l.fail("syntax error at or near %c", c)
		}
		l.text = l.s[l.i : l.i+1]
		l.i++
	}
}

// numberLen is how much of s is a decimal number.
func numberLen(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	d := i
	if i < len(s) && s[i] == '.' {
		i++
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
			d++
		}
	}
	if d == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if j < len(s) && s[j] >= '0' && s[j] <= '9' {
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			return j
		}
	}
	return i
}

func (l *awkLexer) string() {
	start := l.i + 1
	for l.i++; l.i < len(l.s) && l.s[l.i] != '"'; l.i++ {
		switch l.s[l.i] {
		case '\\':
			l.i++
		case '\n':
			l.fail("runaway string constant \"%s ...", l.s[start:min(start+10, l.i)])
		}
	}
	if l.i >= len(l.s) {
		l.fail("runaway string constant \"%s ...", l.s[start:min(start+10, len(l.s))])
	}
	l.tok, l.text = tString, awkEscapes(l.s[start:l.i])
	l.i++
}

// awkEscapes works out the escapes in a string.
func awkEscapes(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if j := strings.IndexByte(`"\/abfnrtv`, s[i]); j >= 0 {
			b.WriteByte("\"\\/\a\b\f\n\r\t\v"[j])
			continue
		}
		n, k := 0, i
		for k < len(s) && k < i+3 && s[k] >= '0' && s[k] <= '7' {
			n = n*8 + int(s[k]-'0')
			k++
		}
		switch {
		case k > i:
			b.WriteByte(byte(n))
			i = k - 1
		case s[i] == '\n':
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// regex reads on as a regular expression from the slash that is the token.
func (l *awkLexer) regex() string {
	l.i = l.at + 1
	start := l.i
	bracket := false
	for ; l.i < len(l.s); l.i++ {
		switch c := l.s[l.i]; {
		case c == '\n':
			l.fail("regular expression compile failed (missing '/')")
		case c == '\\':
			l.i++
		case c == '[' && !bracket:
			bracket = true
			if l.i+1 < len(l.s) && l.s[l.i+1] == '^' {
				l.i++
			}
			if l.i+1 < len(l.s) && l.s[l.i+1] == ']' {
				l.i++
			}
		case c == ']':
			bracket = false
		case c == '/' && !bracket:
			s := l.s[start:l.i]
			l.i++
			return strings.ReplaceAll(s, `\/`, "/")
		}
	}
	l.fail("regular expression compile failed (missing '/')")
	return ""
}

// awkNode is an expression or a statement.
type awkNode struct {
	op   string
	s    string
	n    float64
	kids []*awkNode
	line int
	ref  *awkVar // of a name
	re   *awkRegex
	fn   *awkFunc
}

// awkVar is where a variable lives: globally, or in a frame.
type awkVar struct {
	local bool
	i     int
	name  string
}

type awkFunc struct {
	name   string
	params []string
	body   *awkNode
}

type awkRule struct {
	begin, end bool
	from, to   *awkNode
	body       *awkNode // nil: print
	in         bool
}

// awkProgram is a parsed program.
type awkProgram struct {
	rules   []*awkRule
	funcs   map[string]*awkFunc
	globals map[string]*awkVar
	names   []string
}

type awkParser struct {
	awkLexer
	prog   *awkProgram
	params []string
	noIn   int
	noGT   int
	loops  int
	inFunc bool
	depth  int
}

// parseAwk parses a program; the error is an *awkError.
func parseAwk(src string) (prog *awkProgram, err error) {
	p := &awkParser{awkLexer: awkLexer{s: src, line: 1}, prog: &awkProgram{funcs: map[string]*awkFunc{}, globals: map[string]*awkVar{}}}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*awkError)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	for _, n := range strings.Fields(awkSpecials) {
		p.global(n)
	}
	p.next()
	for p.skip(); p.tok != tEOF; p.skip() {
		p.item()
	}
	for _, name := range slices.Sorted(maps.Keys(p.prog.funcs)) {
		if p.prog.funcs[name].body == nil {
			return nil, &awkError{p.line, "function " + name + " never defined"}
		}
	}
	return p.prog, nil
}

func (p *awkParser) global(name string) *awkVar {
	v := p.prog.globals[name]
	if v == nil {
		v = &awkVar{i: len(p.prog.names), name: name}
		p.prog.globals[name] = v
		p.prog.names = append(p.prog.names, name)
	}
	return v
}

func (p *awkParser) is(op string) bool { return p.tok == tOp && p.text == op }

func (p *awkParser) kw(w string) bool { return p.tok == tKeyword && p.text == w }

func (p *awkParser) unexpected() { p.fail("syntax error at or near %s", p.text) }

func (p *awkParser) want(op string) {
	if !p.is(op) {
		p.unexpected()
	}
	p.next()
}

// skip passes over line ends and semicolons.
func (p *awkParser) skip() {
	for p.tok == tNewline || p.is(";") {
		p.next()
	}
}

func (p *awkParser) newlines() {
	for p.tok == tNewline {
		p.next()
	}
}

func (p *awkParser) item() {
	if p.kw("function") || p.kw("func") {
		p.function()
		return
	}
	r := &awkRule{}
	switch {
	case p.kw("BEGIN"):
		r.begin = true
		p.next()
	case p.kw("END"):
		r.end = true
		p.next()
	case !p.is("{"):
		r.from = p.expr()
		if p.is(",") {
			p.next()
			p.newlines()
			r.to = p.expr()
		}
	}
	if p.is("{") {
		r.body = p.block()
	} else if r.begin || r.end {
		p.unexpected()
	}
	p.prog.rules = append(p.prog.rules, r)
}

func (p *awkParser) function() {
	p.next()
	if p.tok != tName && p.tok != tFunc {
		p.unexpected()
	}
	f := p.funcNamed(p.text)
	if f.body != nil {
		p.fail("function %s multiply defined", p.text)
	}
	p.next()
	p.want("(")
	for !p.is(")") {
		if p.tok != tName {
			p.unexpected()
		}
		f.params = append(f.params, p.text)
		p.next()
		if p.is(",") {
			p.next()
			p.newlines()
		}
	}
	p.next()
	p.newlines()
	p.params, p.inFunc = f.params, true
	f.body = p.block()
	p.params, p.inFunc = nil, false
}

func (p *awkParser) funcNamed(name string) *awkFunc {
	f := p.prog.funcs[name]
	if f == nil {
		f = &awkFunc{name: name}
		p.prog.funcs[name] = f
	}
	return f
}

func (p *awkParser) block() *awkNode {
	p.want("{")
	b := &awkNode{op: "block"}
	for {
		p.skip()
		if p.is("}") {
			break
		}
		if p.tok == tEOF {
			p.unexpected()
		}
		b.kids = append(b.kids, p.statement())
	}
	p.next()
	return b
}

// body is a statement behind if, for and the like.
func (p *awkParser) body() *awkNode {
	p.newlines()
	if p.is(";") {
		p.next()
		return &awkNode{op: "block"}
	}
	return p.statement()
}

func (p *awkParser) endStmt() {
	switch {
	case p.tok == tNewline || p.is(";"):
		p.next()
	case p.is("}") || p.tok == tEOF:
	default:
		p.unexpected()
	}
}

func (p *awkParser) enter() {
	if p.depth++; p.depth > 500 {
		p.fail("the program is nested too deeply")
	}
}

func (p *awkParser) statement() *awkNode {
	p.enter()
	defer func() { p.depth-- }()
	n := &awkNode{line: p.line}
	if p.is("{") {
		return p.block()
	}
	if p.tok != tKeyword || p.text == "getline" {
		n = p.simple()
		p.endStmt()
		return n
	}
	n.op = p.text
	switch p.text {
	case "if":
		p.next()
		p.want("(")
		n.kids = []*awkNode{p.expr()}
		p.want(")")
		n.kids = append(n.kids, p.body())
		save := p.awkLexer
		p.skip()
		if p.kw("else") {
			p.next()
			n.kids = append(n.kids, p.body())
		} else {
			p.awkLexer = save
		}
		return n
	case "while":
		p.next()
		p.want("(")
		n.kids = []*awkNode{p.expr()}
		p.want(")")
		p.loops++
		n.kids = append(n.kids, p.body())
		p.loops--
		return n
	case "do":
		p.next()
		p.loops++
		b := p.body()
		p.loops--
		p.skip()
		if !p.kw("while") {
			p.unexpected()
		}
		p.next()
		p.want("(")
		n.kids = []*awkNode{p.expr(), b}
		p.want(")")
		p.endStmt()
		return n
	case "for":
		return p.forStmt(n)
	}
	n = p.simple()
	p.endStmt()
	return n
}

func (p *awkParser) forStmt(n *awkNode) *awkNode {
	p.next()
	p.want("(")
	if p.tok == tName { // for (k in a)
		save := p.awkLexer
		name := p.text
		p.next()
		if p.kw("in") {
			p.next()
			if p.tok == tName {
				arr := p.text
				p.next()
				if p.is(")") {
					p.next()
					n.op = "forin"
					n.kids = []*awkNode{p.name(name), p.name(arr)}
					p.loops++
					n.kids = append(n.kids, p.body())
					p.loops--
					return n
				}
			}
		}
		p.awkLexer = save
	}
	part := func(end string) *awkNode {
		if p.is(end) {
			return nil
		}
		return p.simple()
	}
	n.kids = make([]*awkNode, 4)
	n.kids[0] = part(";")
	p.want(";")
	p.newlines()
	if !p.is(";") {
		n.kids[1] = p.expr()
	}
	p.want(";")
	p.newlines()
	n.kids[2] = part(")")
	p.want(")")
	p.loops++
	n.kids[3] = p.body()
	p.loops--
	return n
}

// simple is a statement without a body.
func (p *awkParser) simple() *awkNode {
	n := &awkNode{line: p.line, op: p.text}
	if p.tok != tKeyword {
		return &awkNode{op: "expr", kids: []*awkNode{p.expr()}, line: p.line}
	}
	switch p.text {
	case "print", "printf":
		return p.print(n)
	case "next", "nextfile":
		if p.inFunc {
			n.op = p.text
		}
		p.next()
		return n
	case "break", "continue":
		if p.loops == 0 {
			p.fail("%s outside a loop", p.text)
		}
		p.next()
		return n
	case "exit", "return":
		if p.text == "return" && !p.inFunc {
			p.fail("return outside function body")
		}
		p.next()
		if p.tok != tNewline && !p.is(";") && !p.is("}") && p.tok != tEOF {
			n.kids = []*awkNode{p.expr()}
		}
		return n
	case "delete":
		p.next()
		if p.tok != tName {
			p.unexpected()
		}
		n.kids = []*awkNode{p.name(p.text)}
		p.next()
		if p.is("[") {
			p.next()
			n.kids = append(n.kids, p.subscript())
		}
		return n
	}
	return &awkNode{op: "expr", kids: []*awkNode{p.expr()}, line: p.line}
}

func (p *awkParser) print(n *awkNode) *awkNode {
	p.next()
	args := &awkNode{op: "list"}
	p.noGT++
	if p.is("(") {
		// Either all arguments in parentheses, or an expression that begins
		// with one.
		save := p.awkLexer
		p.next()
		gt := p.noGT
		p.noGT = 0
		l := p.list(")")
		p.noGT = gt
		p.want(")")
		if p.tok == tNewline || p.is(";") || p.is("}") || p.tok == tEOF || p.is(">") || p.is(">>") || p.is("|") {
			args.kids = l
		} else {
			p.awkLexer = save
			args.kids = p.list("")
		}
	} else if p.tok != tNewline && !p.is(";") && !p.is("}") && p.tok != tEOF && !p.is(">") && !p.is(">>") && !p.is("|") {
		args.kids = p.list("")
	}
	p.noGT--
	n.kids = []*awkNode{args}
	if p.is(">") || p.is(">>") || p.is("|") {
		n.s = p.text
		p.next()
		p.noGT++
		n.kids = append(n.kids, p.concat(true))
		p.noGT--
	}
	if n.op == "printf" && len(args.kids) == 0 {
		p.fail("no arguments in call to printf")
	}
	return n
}

func (p *awkParser) list(end string) []*awkNode {
	var l []*awkNode
	if end != "" && p.is(end) {
		return nil
	}
	for {
		l = append(l, p.expr())
		if !p.is(",") {
			return l
		}
		p.next()
		p.newlines()
	}
}

// subscript reads i, j] .
func (p *awkParser) subscript() *awkNode {
	in, gt := p.noIn, p.noGT
	p.noIn, p.noGT = 0, 0
	l := p.list("")
	p.noIn, p.noGT = in, gt
	p.want("]")
	if len(l) == 1 {
		return l[0]
	}
	return &awkNode{op: "subsep", kids: l}
}

func (p *awkParser) name(s string) *awkNode {
	n := &awkNode{op: "var", s: s, line: p.line}
	for i, q := range p.params {
		if q == s {
			n.ref = &awkVar{local: true, i: i, name: s}
			return n
		}
	}
	n.ref = p.global(s)
	return n
}

func (p *awkParser) expr() *awkNode {
	p.enter()
	defer func() { p.depth-- }()
	left := p.ternary()
	if p.tok == tOp && lvalue(left) {
		switch p.text {
		case "=", "+=", "-=", "*=", "/=", "%=", "^=":
			op := p.text
			p.next()
			p.newlines()
			return &awkNode{op: "assign", s: op[:len(op)-1], kids: []*awkNode{left, p.expr()}, line: p.line}
		}
	}
	return left
}

func lvalue(n *awkNode) bool { return n.op == "var" || n.op == "index" || n.op == "field" }

func (p *awkParser) ternary() *awkNode {
	c := p.or()
	if !p.is("?") {
		return c
	}
	p.next()
	p.newlines()
	a := p.expr()
	p.newlines()
	p.want(":")
	p.newlines()
	return &awkNode{op: "?", kids: []*awkNode{c, a, p.expr()}}
}

func (p *awkParser) or() *awkNode {
	a := p.and()
	for p.is("||") {
		p.next()
		p.newlines()
		a = &awkNode{op: "||", kids: []*awkNode{a, p.and()}}
	}
	return a
}

func (p *awkParser) and() *awkNode {
	a := p.in()
	for p.is("&&") {
		p.next()
		p.newlines()
		a = &awkNode{op: "&&", kids: []*awkNode{a, p.in()}}
	}
	return a
}

func (p *awkParser) in() *awkNode {
	a := p.match()
	for p.kw("in") && p.noIn == 0 {
		p.next()
		if p.tok != tName {
			p.unexpected()
		}
		a = &awkNode{op: "in", kids: []*awkNode{a, p.name(p.text)}}
		p.next()
	}
	return a
}

func (p *awkParser) match() *awkNode {
	a := p.compare()
	for p.is("~") || p.is("!~") {
		op := p.text
		p.next()
		a = &awkNode{op: op, kids: []*awkNode{a, p.compare()}, line: p.line}
	}
	return a
}

func (p *awkParser) compare() *awkNode {
	a := p.concat(false)
	for p.tok == tOp {
		switch p.text {
		case "<", "<=", "==", "!=", ">=":
		case ">":
			if p.noGT > 0 {
				return a
			}
		case "|":
			if p.noGT > 0 || !p.pipeGetline() {
				return a
			}
			a = p.readFrom(a)
			continue
		default:
			return a
		}
		op := p.text
		p.next()
		a = &awkNode{op: op, kids: []*awkNode{a, p.concat(false)}}
	}
	return a
}

func (p *awkParser) pipeGetline() bool {
	save := p.awkLexer
	p.next()
	ok := p.kw("getline")
	p.awkLexer = save
	return ok
}

// readFrom is cmd | getline [var].
func (p *awkParser) readFrom(cmd *awkNode) *awkNode {
	p.next()
	p.next()
	n := &awkNode{op: "getline", s: "|", kids: []*awkNode{cmd, nil}, line: p.line}
	if p.startsLvalue() {
		n.kids[1] = p.postfixOperand()
	}
	return n
}

func (p *awkParser) startsLvalue() bool { return p.tok == tName || p.is("$") }

// concat is a sequence of operands; pipe says that a | ends it.
func (p *awkParser) concat(bool) *awkNode {
	a := p.additive()
	for p.startsOperand() {
		a = &awkNode{op: "cat", kids: []*awkNode{a, p.additive()}}
	}
	// "cmd" | getline binds like concatenation where print's own | cannot
	// be meant.
	for p.is("|") && p.pipeGetline() {
		a = p.readFrom(a)
	}
	return a
}

func (p *awkParser) startsOperand() bool {
	switch p.tok {
	case tNumber, tString, tName, tFunc, tBuiltin:
		return true
	case tOp:
		switch p.text {
		case "$", "!", "(", "-", "+", "++", "--":
			return true
		}
	case tKeyword:
		return false
	}
	return false
}

func (p *awkParser) additive() *awkNode {
	a := p.term()
	for p.is("+") || p.is("-") {
		op := p.text
		p.next()
		a = &awkNode{op: op, kids: []*awkNode{a, p.term()}}
	}
	return a
}

func (p *awkParser) term() *awkNode {
	a := p.unary()
	for p.is("*") || p.is("/") || p.is("%") {
		op := p.text
		p.next()
		a = &awkNode{op: op, kids: []*awkNode{a, p.unary()}, line: p.line}
	}
	return a
}

func (p *awkParser) unary() *awkNode {
	p.enter()
	defer func() { p.depth-- }()
	if p.is("!") || p.is("-") || p.is("+") {
		op := "u" + p.text
		p.next()
		return &awkNode{op: op, kids: []*awkNode{p.unary()}}
	}
	return p.power()
}

func (p *awkParser) power() *awkNode {
	a := p.postfix()
	if p.is("^") {
		p.next()
		var b *awkNode
		if p.is("-") || p.is("+") || p.is("!") {
			b = p.unary()
		} else {
			b = p.power()
		}
		return &awkNode{op: "^", kids: []*awkNode{a, b}}
	}
	return a
}

func (p *awkParser) postfix() *awkNode {
	n := p.postfixOperand()
	if lvalue(n) && (p.is("++") || p.is("--")) {
		op := p.text
		p.next()
		return &awkNode{op: "post", s: op[:1], kids: []*awkNode{n}}
	}
	return n
}

func (p *awkParser) postfixOperand() *awkNode {
	p.enter()
	defer func() { p.depth-- }()
	n := &awkNode{line: p.line}
	switch {
	case p.tok == tNumber:
		n.op, n.n, n.s = "num", p.num, p.text
		p.next()
	case p.tok == tString:
		n.op, n.s = "str", p.text
		p.next()
	case p.is("/") || p.is("/="):
		n.op, n.s = "regex", p.regex()
		p.next()
	case p.is("$"):
		p.next()
		n.op = "field"
		if p.is("++") || p.is("--") {
			op := p.text
			p.next()
			n.kids = []*awkNode{{op: "pre", s: op[:1], kids: []*awkNode{p.postfixOperand()}}}
		} else if p.is("-") {
			p.next()
			n.kids = []*awkNode{{op: "u-", kids: []*awkNode{p.postfixOperand()}}}
		} else {
			n.kids = []*awkNode{p.postfixOperand()}
		}
	case p.is("++") || p.is("--"):
		n.op, n.s = "pre", p.text[:1]
		p.next()
		k := p.postfixOperand()
		if !lvalue(k) {
			p.unexpected()
		}
		n.kids = []*awkNode{k}
	case p.is("("):
		return p.paren()
	case p.is("-") || p.is("+") || p.is("!"):
		return p.unary()
	case p.tok == tName:
		name := p.text
		p.next()
		n = p.name(name)
		if p.is("[") {
			p.next()
			return &awkNode{op: "index", kids: []*awkNode{n, p.subscript()}, line: p.line}
		}
	case p.tok == tFunc:
		f := p.funcNamed(p.text)
		p.next()
		p.next()
		n.op, n.fn = "call", f
		n.kids = p.inParens()
	case p.tok == tBuiltin:
		n.op, n.s = "builtin", p.text
		p.next()
		if p.is("(") {
			p.next()
			n.kids = p.inParens()
		} else if n.s != "length" {
			p.unexpected()
		}
	case p.kw("getline"):
		p.next()
		n.op, n.kids = "getline", []*awkNode{nil, nil}
		if p.startsLvalue() {
			n.kids[1] = p.postfixOperand()
		}
		if p.is("<") {
			p.next()
			n.s, n.kids[0] = "<", p.postfixOperand()
		}
	default:
		p.unexpected()
	}
	return n
}

func (p *awkParser) inParens() []*awkNode {
	in, gt := p.noIn, p.noGT
	p.noIn, p.noGT = 0, 0
	p.newlines()
	l := p.list(")")
	p.newlines()
	p.noIn, p.noGT = in, gt
	p.want(")")
	return l
}

// paren is ( expr ) or (i, j) in array.
func (p *awkParser) paren() *awkNode {
	p.next()
	l := p.inParens()
	if len(l) == 0 {
		p.unexpected()
	}
	if len(l) > 1 {
		if !p.kw("in") {
			p.unexpected()
		}
		return &awkNode{op: "subsep", kids: l}
	}
	return &awkNode{op: "group", kids: l}
}
