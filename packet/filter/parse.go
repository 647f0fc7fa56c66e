package filter

import "strings"

// qualifiers say what an identifier means: "tcp src port" before 80.
type qualifiers struct {
	proto   string // ether, ip, tcp, ...; empty: any
	dir     string // src, dst, "src and dst"; empty: src or dst
	kind    string // host, net, port, portrange, proto; empty: host
	invalid bool   // no identifier can follow
}

// compiler reads an expression by recursive descent and builds nodes as it
// goes. After the first error everything is a no-op until the end.
type compiler struct {
	lexer
	f         Filter
	tok       token
	err       *Error
	link      int
	etherType uint32 // offset of the ethertype; meaningless on a raw link
	nesting   int
}

func (c *compiler) fail(t token, text string) int32 {
	if c.err == nil {
		c.err = &Error{Column: t.column, Near: t.text, Text: text}
		c.tok = token{kind: tokEnd}
	}
	return isFalse
}

func (c *compiler) syntaxError() int32 {
	return c.fail(c.tok, "can't parse filter expression: syntax error")
}

func (c *compiler) advance() {
	if c.err != nil {
		return
	}
	t, err := c.lexer.next()
	if err != nil {
		c.err = err
		t = token{kind: tokEnd}
	}
	c.tok = t
}

// accept consumes a keyword or symbol if it is next.
func (c *compiler) accept(text string) bool {
	if !c.tok.is(text) {
		return false
	}
	c.advance()
	return true
}

func (c *compiler) expect(text string) {
	if c.err == nil && !c.accept(text) {
		c.syntaxError()
	}
}

// mark remembers a place to come back to.
type mark struct {
	at    int
	tok   token
	nodes int
}

func (c *compiler) mark() mark { return mark{c.at, c.tok, len(c.f.nodes)} }

func (c *compiler) reset(m mark) {
	c.at, c.tok, c.err = m.at, m.tok, nil
	c.f.nodes = c.f.nodes[:m.nodes]
}

// deeper guards the recursion; call shallower when it was true.
func (c *compiler) deeper() bool {
	if c.nesting++; c.nesting > maxNesting {
		c.fail(c.tok, "expression is nested too deeply")
	}
	return c.err == nil
}

func (c *compiler) shallower() { c.nesting-- }

// expression reads terms joined by "and" and "or", which group to the left. q
// is what an identifier without qualifiers takes; onlyIDs says that nothing but
// identifiers may stand here, as in "port (80 or 443)".
func (c *compiler) expression(q qualifiers, onlyIDs bool) (int32, qualifiers) {
	n, q := c.term(q, onlyIDs)
	for c.err == nil && (c.tok.is("and") || c.tok.is("or")) {
		or := c.tok.is("or")
		c.advance()
		var right int32
		right, q = c.term(q, onlyIDs)
		if or {
			n = c.or(n, right)
		} else {
			n = c.and(n, right)
		}
	}
	return n, q
}

// term reads one primitive, an identifier, a negation or parentheses, and
// returns the qualifiers that an identifier behind it would take.
func (c *compiler) term(q qualifiers, onlyIDs bool) (int32, qualifiers) {
	if c.accept("not") {
		if !c.deeper() {
			return isFalse, q
		}
		defer c.shallower()
		n, q := c.term(q, onlyIDs)
		return c.not(n), q
	}
	if !onlyIDs {
		if n, ok := c.tryComparison(); ok {
			return n, qualifiers{invalid: true}
		}
	}
	if c.err != nil {
		return isFalse, q
	}
	switch {
	case c.tok.is("("):
		if !c.deeper() {
			return isFalse, q
		}
		defer c.shallower()
		c.advance()
		n, _ := c.expression(q, onlyIDs)
		c.expect(")")
		return n, q
	case c.tok.kind == tokWord && !onlyIDs:
		return c.primitive()
	case c.tok.kind == tokWord || c.tok.kind == tokSymbol || c.tok.kind == tokEnd || c.tok.kind == tokInvalid || q.invalid:
		return c.syntaxError(), q
	}
	return c.identifier(q), q
}

// tryComparison reads "arithmetic relation arithmetic". It returns false, with
// nothing consumed, when that is not what stands here.
func (c *compiler) tryComparison() (int32, bool) {
	switch {
	case c.tok.kind == tokNumber, c.tok.is("-"), c.tok.is("("), c.tok.is("len"):
	case c.tok.kind == tokWord && isProtocol(c.tok.text):
	default:
		return isFalse, false
	}
	start := c.mark()
	sure := c.tok.is("-") || c.tok.is("len")
	if c.tok.kind == tokWord && isProtocol(c.tok.text) {
		c.advance()
		sure = c.tok.is("[")
		c.reset(start)
		if !sure {
			return isFalse, false
		}
	}
	nesting := c.nesting
	left := c.arithmetic(1)
	c.nesting = nesting
	r, ok := c.relation()
	if !ok {
		if sure || c.err != nil && c.fatal() {
			if c.err == nil {
				c.syntaxError()
			}
			return isFalse, true
		}
		c.reset(start)
		return isFalse, false
	}
	c.advance()
	right := c.arithmetic(1)
	return c.compare(left, r, right), true
}

// fatal tells the errors that stay wrong however the text is read.
func (c *compiler) fatal() bool {
	return !strings.HasSuffix(c.err.Text, "syntax error")
}

// relation tells which relation is next.
func (c *compiler) relation() (relation, bool) {
	if c.err != nil || c.tok.kind != tokSymbol {
		return 0, false
	}
	switch c.tok.text {
	case "=":
		return equal, true
	case "!=":
		return notEqual, true
	case "<":
		return less, true
	case "<=":
		return lessEqual, true
	case ">":
		return greater, true
	case ">=":
		return greaterEqual, true
	}
	return 0, false
}

// binary gives an arithmetic operator and how tightly it binds.
func (t token) binary() (o op, level int) {
	if t.kind != tokSymbol {
		return 0, 0
	}
	switch t.text {
	case "|":
		return opBitOr, 1
	case "^":
		return opBitXor, 1
	case "&":
		return opBitAnd, 2
	case "<<":
		return opShiftLeft, 3
	case ">>":
		return opShiftRight, 3
	case "+":
		return opAdd, 4
	case "-":
		return opSub, 4
	case "*":
		return opMul, 5
	case "/":
		return opDiv, 5
	case "%":
		return opMod, 5
	}
	return 0, 0
}

// value is a piece of arithmetic: what it computes and what must hold before
// its loads make sense.
type value struct {
	node  int32
	guard int32
}

// arithmetic reads operators that bind at least as tightly as level.
func (c *compiler) arithmetic(level int) value {
	left := c.operand()
	for c.err == nil {
		o, l := c.tok.binary()
		if l < level || l == 0 {
			break
		}
		sign := c.tok
		c.advance()
		left = c.calculate(sign, o, left, c.arithmetic(l+1))
	}
	return left
}

func (c *compiler) operand() value {
	if !c.deeper() {
		return value{}
	}
	defer c.shallower()
	t := c.tok
	switch {
	case t.kind == tokNumber:
		c.advance()
		return value{c.add(node{op: opNumber, value: t.number}), isTrue}
	case c.accept("len"):
		return value{c.add(node{op: opLength}), isTrue}
	case c.accept("-"):
		v := c.operand()
		return value{c.add(node{op: opNegate, left: v.node}), v.guard}
	case c.accept("("):
		v := c.arithmetic(1)
		c.expect(")")
		return v
	case t.kind == tokWord && isProtocol(t.text):
		c.advance()
		c.expect("[")
		index := c.arithmetic(1)
		size := uint32(1)
		if c.accept(":") {
			size = c.tok.number
			if c.tok.kind != tokNumber {
				c.syntaxError()
			} else if size != 1 && size != 2 && size != 4 {
				c.fail(c.tok, "data size must be 1, 2, or 4")
			}
			c.advance()
		}
		c.expect("]")
		return c.load(t, index, uint8(size))
	}
	c.syntaxError()
	return value{}
}

// primitive reads what starts with a keyword.
func (c *compiler) primitive() (int32, qualifiers) {
	first := c.tok
	none := qualifiers{invalid: true}
	switch first.text {
	case "less", "greater":
		c.advance()
		limit := c.tok
		if limit.kind != tokNumber {
			return c.syntaxError(), none
		}
		c.advance()
		r := greaterEqual
		if first.text == "less" {
			r = lessEqual
		}
		return c.compareLength(r, limit.number), none
	case "broadcast", "multicast":
		c.advance()
		return c.cast(first, "", first.text), none
	case "inbound", "outbound", "vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan", "llc", "ifindex", "ifname", "on", "byte", "gateway", "protochain",
		"wlan", "fddi", "tr", "radio":
		c.advance()
		return c.fail(first, "not modelled: "+first.text), none
	}
	var q qualifiers
	if isProtocol(first.text) {
		q.proto = first.text
		c.advance()
	}
	switch {
	case c.tok.is("broadcast"), c.tok.is("multicast"):
		what := c.tok.text
		c.advance()
		return c.cast(first, q.proto, what), none
	case c.tok.is("proto"):
		q.kind = "proto"
		c.advance()
		return c.argument(q), q
	case c.tok.is("protochain"):
		return c.fail(c.tok, "not modelled: protochain"), none
	}
	q.dir = c.direction()
	switch {
	case c.tok.is("host"), c.tok.is("net"), c.tok.is("port"), c.tok.is("portrange"):
		q.kind = c.tok.text
		c.advance()
	case c.tok.is("gateway"):
		return c.fail(c.tok, "not modelled: gateway"), none
	case q.proto != "" && q.dir == "":
		return c.protocol(first), none
	case q.dir == "":
		return c.syntaxError(), none
	}
	return c.argument(q), q
}

// direction reads src, dst, "src or dst" or "src and dst".
func (c *compiler) direction() string {
	if !c.tok.is("src") && !c.tok.is("dst") {
		return ""
	}
	first := c.tok.text
	c.advance()
	joint := c.mark()
	if !c.tok.is("and") && !c.tok.is("or") {
		return first
	}
	word := c.tok.text
	c.advance()
	if !c.tok.is("src") && !c.tok.is("dst") || c.tok.is(first) {
		c.reset(joint)
		return first
	}
	c.advance()
	if word == "and" {
		return "src and dst"
	}
	return "src or dst"
}

// argument reads the identifier behind qualifiers, or several in parentheses.
func (c *compiler) argument(q qualifiers) int32 {
	n := isFalse
	switch {
	case c.err != nil:
	case c.tok.is("not"), c.tok.is("("):
		n, _ = c.term(q, true)
	case c.tok.kind == tokWord || c.tok.kind == tokSymbol || c.tok.kind == tokEnd || c.tok.kind == tokInvalid:
		c.syntaxError()
	default:
		n = c.identifier(q)
	}
	return n
}
