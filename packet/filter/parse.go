package filter

import (
	"fmt"
	"net/netip"
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

// identifier reads a name or an address under qualifiers.
func (p *parser) identifier(q qualifiers) *test {
	t := p.take()
	if t.fault != "" && (t.kind != tokAddress6 || !p.peek().is("/")) {
		panic(p.pending)
	}
	switch t.kind {
	case tokMAC:
		return p.macID(t, q)
	case tokARCnet:
		p.fail(t, "aid supported only on ARCnet")
	case tokAddress:
		return p.addressID(t, q)
	case tokAddress6:
		length := uint32(128)
		if p.accept("/") {
			length = p.expectKind(tokNumber).number
			if t.fault == "" && length > 128 {
				p.failf("mask length must be <= 128")
			}
		}
		if p.here = t; t.fault != "" {
			panic(p.pending)
		}
		return p.address6ID(t.text, length, q)
	}
	return p.nameID(t.text, q)
}

// syntax is the fault of an identifier where there are no qualifiers to take.
func (p *parser) syntax() { p.failf("syntax error in filter expression") }

// numberID is a number as an identifier: a host, a net, a port, a protocol.
func (p *parser) numberID(v uint32, q qualifiers) *test {
	if q.invalid {
		p.syntax()
	}
	switch q.kind {
	case kindPort, kindPortRange:
		proto := p.portProtocol(q)
		if v > 65535 {
			p.failf("illegal port number %d > 65535", v)
		}
		return p.gen.portRange(v, v, q.kind == kindPort, proto, q.direction)
	case kindGateway:
		p.failf("'gateway' requires a name")
	case kindProto:
		return p.gen.proto(v, q.protocol)
	case kindProtoChain:
		return p.gen.chain(v, q.protocol)
	}
	if q.protocol == nameLink {
		p.failf("illegal link layer address")
	}
	length := 32
	if q.protocol == nameDECnet {
		length = 0
	} else if q.kind == kindNet { // "net 10" is 10.0.0.0/8
		v, length = shiftUp(v)
	}
	return p.gen.host(v, prefixMask(length), q.protocol, q.direction, q.kind)
}

// shiftUp moves a number that stands for the first bytes of an address to its
// place and tells how many bits it has.
func shiftUp(v uint32) (address uint32, length int) {
	length = 32
	for v != 0 && v>>24 == 0 {
		v <<= 8
		length -= 8
	}
	return v, length
}

// portProtocol gives the protocol of the ports that qualifiers ask for.
func (p *parser) portProtocol(q qualifiers) int {
	switch q.protocol {
	case anyProtocol:
		return anyPort
	case nameTCP:
		return protoTCP
	case nameUDP:
		return protoUDP
	case nameSCTP:
		return protoSCTP
	}
	p.failf("illegal qualifier of '%s'", portWord(q.kind))
	return 0
}

func portWord(k kind) string {
	if k == kindPortRange {
		return "portrange"
	}
	return "port"
}

// parseDotted reads up to four numbers as the first bytes of an address.
func parseDotted(s string) (address uint32, bits int, ok bool) {
	for part := range strings.SplitSeq(s, ".") {
		var n uint32
		for _, c := range []byte(part) {
			if n > 25 {
				return 0, 0, false
			}
			n = n*10 + uint32(c) - '0'
		}
		if n > 255 {
			return 0, 0, false
		}
		address = address<<8 | n
		bits += 8
	}
	return address << (32 - bits), bits, true
}

func (p *parser) dotted(t token) (address uint32, bits int) {
	address, bits, ok := parseDotted(t.text)
	if !ok {
		p.fail(t, "invalid IPv4 address '"+t.text+"'")
	}
	return address, bits
}

// addressID is an IPv4 address or net. A short one covers what it leaves out.
func (p *parser) addressID(t token, q qualifiers) *test {
	switch {
	case p.accept("/"):
		length := p.expectKind(tokNumber)
		address, _ := p.dotted(t)
		if length.number > 32 {
			p.failf("mask length must be <= 32")
		}
		p.here = t
		return p.maskedID(address, prefixMask(int(length.number)), fmt.Sprintf("%s/%d", t.text, length.number), q)
	case p.accept("mask"):
		m := p.expectKind(tokAddress)
		address, _ := p.dotted(t)
		mask, _ := p.dotted(m)
		p.here = t
		return p.maskedID(address, mask, t.text+" mask "+m.text, q)
	}
	p.here = t
	switch q.kind {
	case kindPort, kindPortRange, kindProto, kindProtoChain:
		if !q.invalid {
			p.failf("'%s' modifier applied to ip host", map[kind]string{kindPort: "port", kindPortRange: "portrange",
				kindProto: "proto", kindProtoChain: "protochain"}[q.kind])
		}
	}
	if q.protocol == nameDECnet {
		return p.decnetID(t.text, q)
	}
	address, bits := p.dotted(t)
	switch {
	case q.invalid:
		p.syntax()
	case q.kind == kindGateway:
		p.failf("'gateway' requires a name")
	case q.protocol == nameLink:
		p.failf("illegal link layer address")
	}
	return p.gen.host(address, prefixMask(bits), q.protocol, q.direction, q.kind)
}

// maskedID is a net with its mask; text is how it was written.
func (p *parser) maskedID(address, mask uint32, text string, q qualifiers) *test {
	switch {
	case address&^mask != 0:
		p.failf("non-network bits set in \"%s\"", text)
	case q.invalid || q.kind != kindNet:
		p.failf("Mask syntax for networks only")
	}
	return p.gen.host(address, mask, q.protocol, q.direction, q.kind)
}

// decnetID is AREA.NODE.
func (p *parser) decnetID(s string, q qualifiers) *test {
	var area, node uint32
	if n, _ := fmt.Sscanf(s, "%d.%d", &area, &node); n != 2 {
		p.failf("malformed decnet address '%s'", s)
	}
	if q.invalid {
		p.syntax()
	}
	return p.gen.host(area<<10&0xfc00|node&0x3ff, 0, q.protocol, q.direction, q.kind)
}

func (p *parser) address6ID(s string, length uint32, q qualifiers) *test {
	address := netip.MustParseAddr(s) // the lexer checked it
	if netip.PrefixFrom(address, int(length)).Masked().Addr() != address {
		p.failf("non-network bits set in \"%s/%d\"", s, length)
	}
	switch {
	case q.invalid:
		p.failf("invalid qualifier against IPv6 address")
	case q.kind == kindNet:
	case q.kind != anyKind && q.kind != kindHost:
		p.failf("invalid qualifier against IPv6 address")
	case length != 128:
		p.failf("Mask syntax for networks only")
	}
	return p.gen.host6(address, int(length), q.protocol, q.direction, q.kind)
}

func (p *parser) macID(t token, q qualifiers) *test {
	switch {
	case q.invalid, q.kind != anyKind && q.kind != kindHost, q.protocol != nameLink:
		p.failf("ethernet address used in non-ether expression")
	case !p.gen.hasEthernet():
		p.failf("ethernet addresses supported only on %s", ethernetLike)
	}
	return p.gen.hardware(parseMAC(t.text), q.direction)
}

// parseMAC reads an address that the lexer found to be one.
func parseMAC(s string) (mac [6]byte) {
	for i := range mac {
		s = strings.TrimLeft(s, ":-.")
		n := lengthHex(s, 2)
		for _, c := range []byte(s[:n]) {
			digit := c - '0'
			if !isDigit(c) {
				digit = c | 0x20 - 'a' + 10
			}
			mac[i] = mac[i]<<4 | digit
		}
		s = s[n:]
	}
	return mac
}

// nameID is a name: of a host, a net, a service or a protocol.
func (p *parser) nameID(name string, q qualifiers) *test {
	if q.invalid {
		p.syntax()
	}
	switch q.kind {
	case kindNet:
		net := p.names.network(name)
		if net == 0 {
			p.failf("unknown network '%s'", name)
		}
		address, length := shiftUp(net)
		return p.gen.host(address, prefixMask(length), q.protocol, q.direction, q.kind)
	case kindPort:
		return p.portName(name, q)
	case kindPortRange:
		return p.rangeName(name, q)
	case kindGateway:
		p.failf("'gateway' not supported in this configuration")
	case kindProto, kindProtoChain:
		number := p.protocolNumber(name, q)
		if q.kind == kindProto {
			return p.gen.proto(number, q.protocol)
		}
		return p.gen.chain(number, q.protocol)
	}
	return p.hostName(name, q)
}

func (p *parser) hostName(name string, q qualifiers) *test {
	switch q.protocol {
	case nameLink:
		if !p.gen.hasEthernet() {
			p.failf("only %s supports link-level host name", ethernetLike)
		}
		mac, ok := p.names.ether(name)
		if !ok {
			p.failf("unknown ether host '%s'", name)
		}
		return p.gen.hardware(mac, q.direction)
	case nameDECnet:
		p.failf("decnet name support not included, '%s' cannot be translated\n", name)
	}
	addresses := p.names.host(name)
	if len(addresses) == 0 {
		p.failf("unknown host '%s'", name)
	}
	in4, in6 := q.protocol, q.protocol
	if q.protocol == anyProtocol && p.gen.linkType.constant == notSet {
		in4, in6 = nameIP, nameIP6
	}
	var t *test
	for _, a := range addresses {
		var one *test
		switch {
		case a.Is4() && in4 != nameIP6:
			b := a.As4()
			one = p.gen.host(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), allBits, in4, q.direction, q.kind)
		case !a.Is4() && in6 != nameIP:
			one = p.gen.host6(a, 128, in6, q.direction, q.kind)
		default:
			continue
		}
		if t != nil {
			one = or(t, one)
		}
		t = one
	}
	if t == nil {
		p.failf("unknown host '%s' for specified address family", name)
	}
	return t
}

// portName is a service. One that has a number in one protocol only means that
// protocol.
func (p *parser) portName(name string, q qualifiers) *test {
	p.portProtocol(q)
	port, proto, ok := p.names.port(name)
	if !ok {
		p.failf("unknown port '%s'", name)
	}
	return p.gen.portRange(port, port, true, p.agree(proto, q, "port", name), q.direction)
}

// agree checks the protocol of a service against that of the qualifiers.
func (p *parser) agree(proto int, q qualifiers, what, name string) int {
	asked := p.portProtocol(q)
	switch {
	case asked == anyPort:
		return proto
	case proto != anyPort && proto != asked:
		p.failf("%s '%s' is %s", what, name, map[int]string{protoTCP: "tcp", protoUDP: "udp", protoSCTP: "sctp"}[proto])
	}
	return asked
}

// rangeName is a range of ports, in numbers or in names of services.
func (p *parser) rangeName(name string, q qualifiers) *test {
	p.portProtocol(q)
	low, high, proto, ok := p.names.portRange(name)
	if !ok {
		p.failf("unknown port in range '%s'", name)
	}
	proto = p.agree(proto, q, "port in range", name)
	for _, port := range [...]int32{low, high} {
		switch {
		case port < 0:
			p.failf("illegal port number %d < 0", port)
		case port > 65535:
			p.failf("illegal port number %d > 65535", port)
		}
	}
	return p.gen.portRange(uint32(low), uint32(high), false, proto, q.direction)
}

func (p *parser) protocolNumber(name string, q qualifiers) uint32 {
	var number uint32
	var ok bool
	switch q.protocol {
	case anyProtocol, nameIP, nameIP6:
		if number, ok = p.names.protocol(name); !ok {
			p.failf("unknown ip proto '%s'", name)
		}
	case nameLink:
		if number, ok = etherNumber(name); !ok {
			p.failf("unknown ether proto '%s'", name)
		}
	case nameISO:
		if number, ok = isoNumber(name); !ok {
			p.failf("unknown osi proto '%s'", name)
		}
	default:
		p.failf("unknown protocol: %s", name)
	}
	return number
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
