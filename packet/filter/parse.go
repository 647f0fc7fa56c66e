package filter

import (
	"fmt"
	"slices"
	"strings"
)

// qualifiers say what an identifier means: "tcp src port" before 80.
type qualifiers struct {
	protocol  protocol
	direction direction
	kind      kind
	invalid   bool // no identifier can follow
}

// parser reads an expression by recursive descent. It generates code on the way,
// because primitives like vlan change what those behind them mean.
//
// The grammar is not regular enough to tell at its start what an operand is: "(80"
// may go on as "(80)" in "tcp port 22 or (80)", as "(80 or 443)", or as arithmetic.
// So operands have a kind, and who reads one says which kinds may stand there.
//
// Faults end the reading by a panic with an *Error that Options.Compile catches.
// Tokens are read as late as possible: of two faults libpcap's tells the one that
// its parser meets first, and so do we.
type parser struct {
	lexer
	gen     *generator
	names   Names
	ahead   token
	peeked  bool
	pending *Error // the first token with a fault inside: told unless the generator finds another fault
	here    token  // the last one taken: where faults of the generator are
	depth   int    // see enter
}

func (p *parser) peek() token {
	if !p.peeked {
		t := p.lexer.next()
		if t.fault != "" && p.pending == nil {
			p.pending = &Error{Offset: t.at, Length: t.end - t.at, Near: p.expr[t.at:t.end], Text: t.fault}
		}
		p.ahead, p.peeked = t, true
	}
	return p.ahead
}

func (p *parser) take() token {
	p.here = p.peek()
	p.peeked = false
	return p.here
}

// accept takes a keyword or symbol if it is next.
func (p *parser) accept(text string) bool {
	if !p.peek().is(text) {
		return false
	}
	p.take()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.syntaxError()
	}
}

func (p *parser) expectKind(k tokenKind) token {
	if p.peek().kind != k {
		p.syntaxError()
	}
	return p.take()
}

// fail ends the reading with a fault at a token.
func (p *parser) fail(t token, text string) {
	e := &Error{Offset: t.at, Length: t.end - t.at, Near: p.expr[t.at:t.end], Text: text}
	if t.kind == tokEnd {
		e.Near = "end of expression"
	}
	panic(e)
}

// failf ends the reading with a fault at the last token taken.
func (p *parser) failf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if g := p.gen; g.unmodelled { // libpcap may know more
		text = fmt.Sprintf("not modelled: filters for link type %d (%s)", g.link, describeLink(g.link))
	}
	p.fail(p.here, text)
}

func (p *parser) syntaxError() {
	if p.pending != nil {
		panic(p.pending)
	}
	p.fail(p.peek(), "can't parse filter expression: syntax error")
}

// maxDepth is how many symbols the stack of libpcap's parser holds.
const maxDepth = 9999

// enter counts symbols that stay on that stack while what follows them is read;
// leave takes them off. It bounds the recursion.
func (p *parser) enter(symbols int) {
	p.depth += symbols
	p.room(1)
}

func (p *parser) leave(symbols int) { p.depth -= symbols }

// room fails when there is none for so many symbols more.
func (p *parser) room(symbols int) {
	if p.depth+symbols > maxDepth {
		p.fail(p.peek(), "can't parse filter expression: memory exhausted")
	}
}

// expectClosing reads the ")" behind what is one symbol by then.
func (p *parser) expectClosing() {
	p.expect(")")
	p.room(2)
}

// parse reads the whole; nil for an empty expression.
func (p *parser) parse() *test {
	if p.peek().kind == tokEnd {
		return nil
	}
	p.enter(2) // the bottom, and an empty symbol
	o := p.rest(p.operand(qualifiers{invalid: true}, allowed{terms: true}))
	if p.peek().kind != tokEnd {
		p.syntaxError()
	}
	return o.test
}

// allowed says which operands may stand somewhere.
type allowed struct {
	terms bool // tests, and arithmetic that becomes one: "tcp", "ip[8] < 5"
	ids   bool // identifiers that take the qualifiers of those before: "or 443"
}

// operand is what "and", "or" and "not" work on, or what may still become that.
type operand struct {
	kind       operandKind
	number     uint32
	arithmetic *arithmetic
	test       *test
	q          qualifiers // what an identifier behind this takes
}

type operandKind uint8

const (
	isTerm       operandKind = iota
	isID                     // identifiers
	isNumber                 // a number, perhaps in parentheses: an identifier or arithmetic
	isArithmetic             // arithmetic that is no plain number
)

// rest reads "and" and "or", which have the same precedence and group to the
// left, with their right sides. Behind a term both kinds may follow, behind
// identifiers in parentheses identifiers only.
func (p *parser) rest(left operand) operand {
	right := allowed{ids: true, terms: left.kind == isTerm}
	for {
		join := and
		switch t := p.peek(); {
		case t.is("and"):
		case t.is("or"):
			join = or
		default:
			return left
		}
		p.take()
		p.enter(2)
		o := p.operand(left.q, right)
		p.leave(2)
		left.test, left.q = join(left.test, o.test), o.q
	}
}

// operand reads a term or an identifier.
func (p *parser) operand(q qualifiers, a allowed) operand {
	o := p.primary(q, a)
	switch {
	case o.kind == isNumber && a.ids && (!a.terms || p.endsOperand()):
		return operand{kind: isID, test: p.numberID(o.number, q), q: q}
	case o.kind == isNumber:
		return p.comparison(p.gen.number(o.number))
	case o.kind == isArithmetic:
		return p.comparison(o.arithmetic)
	}
	return o
}

// endsOperand tells that an operand ends here, and is not the first part of one.
func (p *parser) endsOperand() bool {
	t := p.peek()
	return t.kind == tokEnd || t.is("and") || t.is("or") || t.is(")")
}

// comparison reads the rest of "arithmetic relation arithmetic".
func (p *parser) comparison(left *arithmetic) operand {
	left = p.arithmeticRest(left, 0)
	jump, reverse, ok := relation(p.peek())
	if !ok {
		p.syntaxError()
	}
	sign := p.take()
	p.enter(2)
	right := p.arithmetic()
	p.leave(2)
	p.here = sign
	return operand{test: p.gen.relation(jump, left, right, reverse), q: qualifiers{invalid: true}}
}

// relation tells which test a sign stands for, perhaps with the opposite outcome.
func relation(t token) (jump int, reverse, ok bool) {
	if t.kind != tokSymbol {
		return 0, false, false
	}
	switch t.text {
	case "=":
		return jumpIfEQ, false, true
	case "!=":
		return jumpIfEQ, true, true
	case ">":
		return jumpIfGT, false, true
	case "<=":
		return jumpIfGT, true, true
	case ">=":
		return jumpIfGE, false, true
	case "<":
		return jumpIfGE, true, true
	}
	return 0, false, false
}

// primary reads an operand as far as its first token, or a closed pair of
// parentheses, goes.
func (p *parser) primary(q qualifiers, a allowed) operand {
	t := p.peek()
	switch {
	case t.kind == tokNumber:
		return operand{kind: isNumber, number: p.take().number}
	case t.is("("):
		p.take()
		p.enter(1)
		defer p.leave(1)
		return p.parenthesized(q, a)
	case t.is("!"):
		p.take()
		p.enter(1)
		o := p.operand(q, a)
		p.leave(1)
		o.test = not(o.test)
		return o
	case t.kind >= tokName:
		if !a.ids {
			p.syntaxError()
		}
		return operand{kind: isID, test: p.identifier(q), q: q}
	case !a.terms:
		p.syntaxError()
	case t.is("len"), t.is("-"):
		return operand{kind: isArithmetic, arithmetic: p.arithmeticOperand()}
	case t.kind == tokWord:
		return p.term()
	}
	p.syntaxError()
	return operand{}
}

// parenthesized reads what stands behind "(", up to the ")".
func (p *parser) parenthesized(q qualifiers, a allowed) operand {
	inner := a
	if p.peek().is("(") {
		inner.ids = false // "((80 or 443) or 22)" is no list
	}
	o := p.primary(q, inner)
	switch o.kind {
	case isNumber:
		switch t := p.peek(); {
		case t.is(")"):
			p.expectClosing()
			return o
		case a.ids && (!a.terms || t.is("and") || t.is("or")):
			o = operand{kind: isID, test: p.numberID(o.number, q), q: q}
			if !t.is("and") && !t.is("or") {
				p.syntaxError()
			}
		case a.terms:
			return p.parenthesizedArithmetic(p.gen.number(o.number), q)
		default:
			p.syntaxError()
		}
	case isArithmetic:
		return p.parenthesizedArithmetic(o.arithmetic, q)
	}
	return p.closed(o, q)
}

// closed reads the rest of an expression in parentheses.
func (p *parser) closed(o operand, q qualifiers) operand {
	o = p.rest(o)
	p.expectClosing()
	if o.kind == isTerm {
		o.q = q
	}
	return o
}

func (p *parser) parenthesizedArithmetic(left *arithmetic, q qualifiers) operand {
	left = p.arithmeticRest(left, 0)
	if p.peek().is(")") {
		p.expectClosing()
		return operand{kind: isArithmetic, arithmetic: left}
	}
	return p.closed(p.comparison(left), q)
}

// An operator binds as tightly as its level says. "%" and "^" have none:
// libpcap's grammar forgot them, so that they take all that follows, and what
// follows an operator takes them.
const (
	levelNone  = 0
	levelUnary = 6
)

// operatorOf gives an arithmetic operator.
func operatorOf(t token) (operation, level int, ok bool) {
	if t.kind != tokSymbol {
		return 0, 0, false
	}
	switch t.text {
	case "|":
		return aluOr, 1, true
	case "&":
		return aluAnd, 2, true
	case "<<":
		return aluLsh, 3, true
	case ">>":
		return aluRsh, 3, true
	case "+":
		return aluAdd, 4, true
	case "-":
		return aluSub, 4, true
	case "*":
		return aluMul, 5, true
	case "/":
		return aluDiv, 5, true
	case "%":
		return aluMod, levelNone, true
	case "^":
		return aluXor, levelNone, true
	}
	return 0, 0, false
}

func (p *parser) arithmetic() *arithmetic {
	return p.arithmeticRest(p.arithmeticOperand(), levelNone)
}

// arithmeticRest reads operators with their right sides as long as they bind
// more tightly than the one in front of left, which has a level.
func (p *parser) arithmeticRest(left *arithmetic, level int) *arithmetic {
	for {
		sign := p.peek()
		operation, l, ok := operatorOf(sign)
		if !ok || level != levelNone && l != levelNone && l <= level {
			return left
		}
		p.take()
		p.enter(2)
		right := p.arithmeticRest(p.arithmeticOperand(), l)
		p.leave(2)
		p.here = sign
		left = p.gen.calculate(operation, left, right)
	}
}

func (p *parser) arithmeticOperand() *arithmetic {
	t := p.peek()
	if name, ok := t.protocol(); ok {
		p.take()
		return p.index(name, t)
	}
	switch {
	case t.kind == tokNumber:
		return p.gen.number(p.take().number)
	case p.accept("len"):
		return p.gen.packetLength()
	case p.accept("-"):
		p.enter(1)
		defer p.leave(1)
		return p.gen.negate(p.arithmeticRest(p.arithmeticOperand(), levelUnary))
	case p.accept("("):
		p.enter(1)
		defer p.leave(1)
		v := p.arithmetic()
		p.expectClosing()
		return v
	}
	p.syntaxError()
	return nil
}

// index reads "[i:size]" behind a protocol.
func (p *parser) index(name protocol, at token) *arithmetic {
	p.expect("[")
	p.enter(2)
	i := p.arithmetic()
	p.leave(2)
	size := uint32(1)
	last := at
	if p.accept(":") {
		last = p.expectKind(tokNumber)
		size = last.number
	}
	p.expect("]")
	p.here = last
	return p.gen.index(name, i, size)
}

// term reads what starts with a keyword. It may turn out to be arithmetic.
func (p *parser) term() operand {
	first := p.peek()
	if name, ok := first.protocol(); ok {
		p.take()
		if p.peek().is("[") {
			return operand{kind: isArithmetic, arithmetic: p.index(name, first)}
		}
		if p.endsOperand() {
			p.here = first
			return operand{test: p.gen.protocolAlone(name), q: qualifiers{invalid: true}}
		}
		return p.qualified(name)
	}
	switch first.word.Class {
	case ClassPrimitive, classForeign:
		if t := p.primitive(); t != nil {
			return operand{test: t, q: qualifiers{invalid: true}}
		}
	}
	return p.qualified(anyProtocol)
}

// qualified reads qualifiers behind a protocol, or none, and what they apply to.
func (p *parser) qualified(name protocol) operand {
	q := qualifiers{protocol: name}
	t := p.peek()
	test := func(t *test) operand { return operand{test: t, q: qualifiers{invalid: true}} }
	switch {
	case t.is("broadcast"):
		p.take()
		return test(p.gen.broadcast(name))
	case t.is("multicast"):
		p.take()
		return test(p.gen.multicast(name))
	case t.is("type"), t.is("subtype"), t.is("dir"):
		p.take()
		p.wireless(t.text)
	case t.is("proto"):
		q.kind = kindProto
		p.take()
	case t.is("protochain"):
		q.kind = kindProtoChain
		p.take()
	case t.is("gateway"):
		q.kind = kindGateway
		p.take()
	default:
		if q.direction = p.direction(); q.direction != anyDirection {
			t = p.peek()
		}
		switch {
		case t.is("host"):
			q.kind = kindHost
		case t.is("net"):
			q.kind = kindNet
		case t.is("port"):
			q.kind = kindPort
		case t.is("portrange"):
			q.kind = kindPortRange
		case q.direction == anyDirection:
			p.syntaxError()
		}
		if q.kind != anyKind {
			p.take()
		}
	}
	p.enter(1)
	o := p.operand(q, allowed{ids: true})
	p.leave(1)
	o.kind = isTerm
	return o
}

// direction reads src, dst, "src or dst" or "src and dst".
func (p *parser) direction() direction {
	t := p.peek()
	switch {
	case t.is("src"), t.is("dst"):
		p.take()
		both := srcAndDst
		if p.peek().is("or") {
			both = srcOrDst
		} else if !p.peek().is("and") {
			return map[string]direction{"src": src, "dst": dst}[t.text]
		}
		p.take()
		p.expect(map[string]string{"src": "dst", "dst": "src"}[t.text])
		return both
	case t.kind == tokWord && t.word.Class == classForeign:
		if i := slices.Index([]string{"addr1", "addr2", "addr3", "addr4", "ra", "ta"}, t.text); i >= 0 {
			p.take()
			return addr1 + direction(i)
		}
	}
	return anyDirection
}

// primitive reads a test with a word of its own; nil when the word is another.
func (p *parser) primitive() *test {
	word := p.peek()
	number := func() uint32 { return p.expectKind(tokNumber).number }
	optional := func() (value uint32, given bool) {
		if t := p.peek(); t.kind != tokNumber && !t.is("(") {
			p.here = word
			return 0, false
		}
		return p.plainNumber(), true
	}
	switch word.text {
	case "less":
		p.take()
		return not(p.gen.length(jumpIfGT, number()))
	case "greater":
		p.take()
		return p.gen.length(jumpIfGE, number())
	case "byte":
		p.take()
		at, op := number(), p.peek()
		if op.kind != tokSymbol || !slices.Contains([]string{"&", "|", "<", ">", "="}, op.text) {
			p.syntaxError()
		}
		p.take()
		return p.gen.byteTest(op.text, at, number())
	case "inbound", "outbound":
		p.take()
		return p.gen.bound(word.text == "outbound")
	case "ifindex":
		p.take()
		return p.gen.ifIndex(number())
	case "vlan":
		p.take()
		return p.gen.vlan(optional())
	case "mpls":
		p.take()
		return p.gen.mpls(optional())
	case "pppoed":
		p.take()
		return p.gen.linkProtocol(etherPPPoED)
	case "pppoes":
		p.take()
		return p.gen.pppoe(optional())
	case "geneve":
		p.take()
		return p.gen.geneveHeader(optional())
	case "llc":
		p.take()
		return p.llc()
	}
	if word.word.Class == classForeign {
		p.foreign(word)
	}
	return nil
}

// plainNumber reads a number, perhaps in parentheses.
func (p *parser) plainNumber() uint32 {
	if p.accept("(") {
		p.enter(1)
		defer p.leave(1)
		n := p.plainNumber()
		p.expectClosing()
		return n
	}
	return p.expectKind(tokNumber).number
}

// llc reads what may follow "llc": a kind of frame.
func (p *parser) llc() *test {
	word := p.here
	t := p.peek()
	name := t.text
	switch {
	case t.is("rnr"):
	case t.kind == tokName:
	default:
		p.here = word
		return p.gen.llc()
	}
	p.take()
	const unnumbered, supervisory = 0xef, 0x0f // masks of the control field
	switch strings.ToLower(name) {
	case "i":
		return p.gen.llcInformation()
	case "s":
		return p.gen.llcKind(0x03, 0x01)
	case "u":
		return p.gen.llcKind(0x03, 0x03)
	case "rr":
		return p.gen.llcKind(supervisory, 0x01)
	case "rnr":
		return p.gen.llcKind(supervisory, 0x05)
	case "rej":
		return p.gen.llcKind(supervisory, 0x09)
	case "ui":
		return p.gen.llcKind(unnumbered, 0x03)
	case "ua":
		return p.gen.llcKind(unnumbered, 0x63)
	case "disc":
		return p.gen.llcKind(unnumbered, 0x43)
	case "dm":
		return p.gen.llcKind(unnumbered, 0x0f)
	case "sabme":
		return p.gen.llcKind(unnumbered, 0x6f)
	case "test":
		return p.gen.llcKind(unnumbered, 0xe3)
	case "xid":
		return p.gen.llcKind(unnumbered, 0xaf)
	case "frmr":
		return p.gen.llcKind(unnumbered, 0x87)
	}
	p.failf("unknown LLC type name \"%s\"", name)
	return nil
}
