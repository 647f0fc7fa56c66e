package shell

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxArithDepth limits how far variables that name variables are followed:
// bash's "expression recursion level exceeded".
const maxArithDepth = 256

// arith evaluates an arithmetic expression in 64 bits.
func (in *interp) arith(x syntax.ArithmExpr) (int64, error) {
	if in.arithDepth++; in.arithDepth > maxArithDepth {
		in.arithDepth = 0
		return 0, in.errorf("expression recursion level exceeded")
	}
	defer func() { in.arithDepth = max(0, in.arithDepth-1) }()
	switch x := x.(type) {
	case *syntax.Word:
		return in.arithWord(x)
	case *syntax.ParenArithm:
		return in.arith(x.X)
	case *syntax.UnaryArithm:
		return in.arithUnary(x)
	case *syntax.BinaryArithm:
		return in.arithBinary(x)
	}
	return 0, in.errorf("not modelled: this arithmetic expression")
}

// lvalue is a variable or an element of an array in arithmetic.
type lvalue struct {
	name  string
	index string
	elem  bool
}

func (in *interp) lvalue(x syntax.ArithmExpr) (lvalue, bool, error) {
	w, ok := x.(*syntax.Word)
	if !ok || len(w.Parts) != 1 {
		return lvalue{}, false, nil
	}
	switch p := w.Parts[0].(type) {
	case *syntax.Lit:
		return lvalue{name: p.Value}, validName(p.Value), nil
	case *syntax.ParamExp:
		if p.Dollar.IsValid() || p.Index == nil {
			break
		}
		index, err := in.subscript(p.Param.Value, p.Index)
		return lvalue{p.Param.Value, index, true}, true, err
	}
	// $name and the like: what they expand to is the variable.
	s, err := in.literal(w)
	return lvalue{name: s}, err == nil && validName(s), err
}

func (in *interp) lget(l lvalue) (int64, error) {
	var v *variable
	var s string
	var ok bool
	if l.elem {
		v = in.find(l.name)
		var err error
		if s, ok, err = in.element(v, l.name, l.index); err != nil {
			return 0, err
		}
	} else {
		v = in.lookup(l.name)
		s, ok = v.value()
	}
	if !ok {
		if in.opts.nounset {
			return 0, in.unbound(l.name)
		}
		return 0, nil
	}
	return in.evalString(s)
}

func (in *interp) lset(l lvalue, n int64) error {
	s := strconv.FormatInt(n, 10)
	if l.elem {
		return in.setElement(l.name, l.index, s, false)
	}
	return in.set(l.name, s)
}

func (in *interp) arithWord(w *syntax.Word) (int64, error) {
	l, ok, err := in.lvalue(w)
	if err != nil {
		return 0, err
	}
	if ok {
		return in.lget(l)
	}
	s, err := in.arithText(w)
	if err != nil {
		return 0, err
	}
	return in.evalString(s)
}

// arithText expands a word of an arithmetic expression: as if in double quotes.
func (in *interp) arithText(w *syntax.Word) (string, error) {
	e := expander{in: in, nosplit: true}
	if err := e.parts(w.Parts, true); err != nil {
		return "", err
	}
	return e.text(), nil
}

// evalString evaluates text: a number, a name or a whole expression.
func (in *interp) evalString(s string) (int64, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, nil
	}
	if c := s[0]; c >= '0' && c <= '9' || c == '-' && len(s) > 1 && s[1] >= '0' && s[1] <= '9' {
		if n, ok := parseNumber(strings.TrimPrefix(s, "-")); ok {
			if c == '-' {
				n = -n
			}
			return n, nil
		}
	}
	if in.arithDepth++; in.arithDepth > maxArithDepth {
		in.arithDepth = 0
		return 0, in.errorf("%s: expression recursion level exceeded (error token is %q)", s, s)
	}
	defer func() { in.arithDepth = max(0, in.arithDepth-1) }()
	if validName(s) {
		return in.lget(lvalue{name: s})
	}
	if err := checkSource(s); err != nil {
		return 0, in.errorf("%v", err)
	}
	x, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Arithmetic(strings.NewReader(s))
	if err != nil || x == nil {
		return 0, in.arithSyntax(s)
	}
	if w, ok := x.(*syntax.Word); ok {
		lit := w.Lit()
		if lit != "" && !validName(lit) {
			n, ok := parseNumber(lit)
			if !ok {
				return 0, in.arithSyntax(s)
			}
			return n, nil
		}
	}
	return in.arith(x)
}

// arithSyntax is bash's message about text that is no expression.
func (in *interp) arithSyntax(s string) error {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9') {
		i++
	}
	switch {
	case i == len(s) && s[0] == '0':
		return in.errorf("%s: value too great for base (error token is %q)", s, s)
	case i == len(s), i == 0:
		return in.errorf("%s: syntax error: operand expected (error token is %q)", s, s)
	case validName(s[i:]) || s[i] == '#':
		return in.errorf("%s: value too great for base (error token is %q)", s, s)
	}
	rest := strings.TrimLeft(s[i:], " ")
	return in.errorf("%s: syntax error in expression (error token is %q)", s, rest)
}

// parseNumber reads 10, 0x1f, 017 and 2#101.
func parseNumber(s string) (int64, bool) {
	base := int64(10)
	switch {
	case strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X"):
		base, s = 16, s[2:]
		if s == "" {
			return 0, true
		}
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	default:
		if b, digits, ok := strings.Cut(s, "#"); ok {
			n, err := strconv.Atoi(b)
			if err != nil || n < 2 || n > 64 {
				return 0, false
			}
			base, s = int64(n), digits
		}
	}
	var n int64
	for i := range len(s) {
		d := digit(s[i], base)
		if d < 0 || d >= base {
			return 0, false
		}
		n = n*base + d
	}
	return n, s != ""
}

func digit(c byte, base int64) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c >= 'a' && c <= 'z':
		return int64(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		if base <= 36 {
			return int64(c-'A') + 10
		}
		return int64(c-'A') + 36
	case c == '@':
		return 62
	case c == '_':
		return 63
	}
	return -1
}

func (in *interp) arithUnary(x *syntax.UnaryArithm) (int64, error) {
	if x.Op == syntax.Inc || x.Op == syntax.Dec {
		l, ok, err := in.lvalue(x.X)
		if err != nil {
			return 0, err
		}
		if !ok {
			return 0, in.errorf("syntax error: operand expected (error token is %q)", x.Op.String())
		}
		old, err := in.lget(l)
		if err != nil {
			return 0, err
		}
		n := old + 1
		if x.Op == syntax.Dec {
			n = old - 1
		}
		if err := in.lset(l, n); err != nil {
			return 0, err
		}
		if x.Post {
			return old, nil
		}
		return n, nil
	}
	n, err := in.arith(x.X)
	switch x.Op {
	case syntax.Not:
		return b2i(n == 0), err
	case syntax.BitNegation:
		return ^n, err
	case syntax.Minus:
		return -n, err
	}
	return n, err
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (in *interp) arithBinary(x *syntax.BinaryArithm) (int64, error) {
	switch x.Op {
	case syntax.Assgn, syntax.AddAssgn, syntax.SubAssgn, syntax.MulAssgn, syntax.QuoAssgn, syntax.RemAssgn,
		syntax.AndAssgn, syntax.OrAssgn, syntax.XorAssgn, syntax.ShlAssgn, syntax.ShrAssgn:
		return in.arithAssign(x)
	case syntax.TernQuest:
		c, err := in.arith(x.X)
		if err != nil {
			return 0, err
		}
		b, ok := x.Y.(*syntax.BinaryArithm)
		if !ok || b.Op != syntax.TernColon {
			return 0, in.errorf("`:' expected for conditional expression")
		}
		if c != 0 {
			return in.arith(b.X)
		}
		return in.arith(b.Y)
	case syntax.AndArit, syntax.OrArit:
		a, err := in.arith(x.X)
		if err != nil || (a != 0) == (x.Op == syntax.OrArit) {
			return b2i(a != 0), err
		}
		b, err := in.arith(x.Y)
		return b2i(b != 0), err
	}
	a, err := in.arith(x.X)
	if err != nil {
		return 0, err
	}
	b, err := in.arith(x.Y)
	if err != nil {
		return 0, err
	}
	return in.binary(x.Op, a, b, x.Y)
}

func (in *interp) binary(op syntax.BinAritOperator, a, b int64, y syntax.ArithmExpr) (int64, error) {
	switch op {
	case syntax.Add:
		return a + b, nil
	case syntax.Sub:
		return a - b, nil
	case syntax.Mul:
		return a * b, nil
	case syntax.Quo, syntax.Rem:
		if b == 0 {
			return 0, in.errorf("%s: division by 0 (error token is %q)", in.arithSource, exprText(y))
		}
		if b == -1 { // the smallest number has no opposite: no trap here
			if op == syntax.Rem {
				return 0, nil
			}
			return -a, nil
		}
		if op == syntax.Rem {
			return a % b, nil
		}
		return a / b, nil
	case syntax.Pow:
		if b < 0 {
			return 0, in.errorf("%s: exponent less than 0 (error token is %q)", in.arithSource, exprText(y))
		}
		p := int64(1)
		for ; b > 0; b >>= 1 {
			if b&1 != 0 {
				p *= a
			}
			a *= a
		}
		return p, nil
	case syntax.Eql:
		return b2i(a == b), nil
	case syntax.Neq:
		return b2i(a != b), nil
	case syntax.Gtr:
		return b2i(a > b), nil
	case syntax.Lss:
		return b2i(a < b), nil
	case syntax.Leq:
		return b2i(a <= b), nil
	case syntax.Geq:
		return b2i(a >= b), nil
	case syntax.And:
		return a & b, nil
	case syntax.Or:
		return a | b, nil
	case syntax.Xor:
		return a ^ b, nil
	case syntax.Shl:
		return a << (uint64(b) & 63), nil
	case syntax.Shr:
		return a >> (uint64(b) & 63), nil
	case syntax.Comma:
		return b, nil
	}
	return 0, in.errorf("not modelled: operator %s", op)
}

func (in *interp) arithAssign(x *syntax.BinaryArithm) (int64, error) {
	l, ok, err := in.lvalue(x.X)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, in.errorf("%s: attempted assignment to non-variable (error token is %q)", in.arithSource, "= "+exprText(x.Y))
	}
	var old int64
	if x.Op != syntax.Assgn {
		if old, err = in.lget(l); err != nil {
			return 0, err
		}
	}
	n, err := in.arith(x.Y)
	if err != nil {
		return 0, err
	}
	if op := assignedOp(x.Op); op != 0 {
		if n, err = in.binary(op, old, n, x.Y); err != nil {
			return 0, err
		}
	}
	return n, in.lset(l, n)
}

// assignedOp is the operator in +=, 0 for a plain =.
func assignedOp(op syntax.BinAritOperator) syntax.BinAritOperator {
	switch op {
	case syntax.AddAssgn:
		return syntax.Add
	case syntax.SubAssgn:
		return syntax.Sub
	case syntax.MulAssgn:
		return syntax.Mul
	case syntax.QuoAssgn:
		return syntax.Quo
	case syntax.RemAssgn:
		return syntax.Rem
	case syntax.AndAssgn:
		return syntax.And
	case syntax.OrAssgn:
		return syntax.Or
	case syntax.XorAssgn:
		return syntax.Xor
	case syntax.ShlAssgn:
		return syntax.Shl
	case syntax.ShrAssgn:
		return syntax.Shr
	}
	return 0
}

// exprText writes an expression down again, for messages and for the keys of
// associative arrays, which the parser reads as arithmetic.
func exprText(x syntax.ArithmExpr) string {
	switch x := x.(type) {
	case *syntax.Word:
		if s := x.Lit(); s != "" {
			return s
		}
		var b strings.Builder
		if syntax.NewPrinter().Print(&b, x) != nil {
			return ""
		}
		return b.String()
	case *syntax.ParenArithm:
		return "(" + exprText(x.X) + ")"
	case *syntax.UnaryArithm:
		if x.Post {
			return exprText(x.X) + x.Op.String()
		}
		return x.Op.String() + exprText(x.X)
	case *syntax.BinaryArithm:
		op := x.Op.String()
		return exprText(x.X) + gap(x.X.End(), x.OpPos, 0) + op + gap(x.OpPos, x.Y.Pos(), len(op)) + exprText(x.Y)
	}
	return ""
}

// gap is the space that the script has between two places, n bytes of the first
// being something else.
func gap(from, to syntax.Pos, n int) string {
	if from.Line() != to.Line() || to.Offset() <= from.Offset()+uint(n) {
		return ""
	}
	return strings.Repeat(" ", int(to.Offset()-from.Offset())-n)
}
