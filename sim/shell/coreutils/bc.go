package coreutils

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"hoplab/sim/shell"
)

// bcNum is a decimal number: n / 10^scale.
type bcNum struct {
	n     *big.Int
	scale int
}

// bcError ends a statement of bc.
type bcError struct{ msg string }

// bc is one run: expressions with exact decimals. Statements such as for and
// define are not modelled.
type bc struct {
	c     *shell.Call
	vars  map[string]bcNum
	scale int
	obase int
	ibase int
	lib   bool
	last  bcNum
	s     string
	i     int
	out   *strings.Builder
	assig bool // the expression was an assignment
}

const maxBCDigits = 20000

func bcTool(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	b := &bc{c: c, vars: map[string]bcNum{}, obase: 10, ibase: 10, last: bcInt(0), out: &strings.Builder{}}
	if a.Has("-l") {
		b.lib, b.scale = true, 20
	}
	line, status, quit := 0, 0, false
	names := a.Operands
	if len(names) == 0 {
		names = []string{"-"}
	}
	good := eachLine(c, names, func(text string) error {
		line++
		if i := strings.IndexByte(text, '#'); i >= 0 {
			text = text[:i]
		}
		if msg := b.line(text, &quit); msg != "" {
			if strings.HasPrefix(msg, "not modelled") {
				c.Errorf("%s", msg)
				status = 1
				return errStop
			}
			fmt.Fprintln(c.Err, strings.ReplaceAll(msg, "LINE", strconv.Itoa(line+1)))
		}
		fmt.Fprint(c.Out, b.out.String())
		b.out.Reset()
		if quit {
			return errStop
		}
		return nil
	})
	if !good {
		return 1
	}
	return status
}

func bcInt(n int64) bcNum { return bcNum{big.NewInt(n), 0} }

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// to changes the number of decimals; what is too much is cut off.
func (x bcNum) to(scale int) bcNum {
	switch {
	case scale > x.scale:
		return bcNum{new(big.Int).Mul(x.n, pow10(scale-x.scale)), scale}
	case scale < x.scale:
		return bcNum{new(big.Int).Quo(x.n, pow10(x.scale-scale)), scale}
	}
	return x
}

func (x bcNum) cmp(y bcNum) int {
	s := max(x.scale, y.scale)
	return x.to(s).n.Cmp(y.to(s).n)
}

// line runs the statements of a line. The result is a message if one failed.
func (b *bc) line(text string, quit *bool) (msg string) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(bcError)
			if !ok {
				panic(r)
			}
			msg = e.msg
		}
	}()
	b.s, b.i = text, 0
	for {
		b.blank()
		switch {
		case b.i >= len(b.s):
			return ""
		case b.s[b.i] == ';':
			b.i++
			continue
		case b.word("quit"), b.word("halt"):
			*quit = true
			return ""
		case b.s[b.i] == '"':
			end := strings.IndexByte(b.s[b.i+1:], '"')
			if end < 0 {
				b.fail()
			}
			b.out.WriteString(b.s[b.i+1 : b.i+1+end])
			b.i += end + 2
		default:
			for _, w := range []string{"if", "for", "while", "define", "auto", "return", "print", "read", "break", "continue", "limits"} {
				if b.word(w) {
					panic(bcError{"not modelled: " + w})
				}
			}
			b.assig = false
			v := b.or()
			if !b.assig {
				b.last = v
				b.out.WriteString(b.text(v) + "\n")
			}
		}
		b.blank()
		if b.i < len(b.s) && b.s[b.i] != ';' {
			b.fail()
		}
	}
}

func (b *bc) fail() { panic(bcError{"(standard_in) LINE: syntax error"}) }

func (b *bc) blank() {
	for b.i < len(b.s) && (b.s[b.i] == ' ' || b.s[b.i] == '\t' || b.s[b.i] == '\r') {
		b.i++
	}
}

// word takes a word if it is the next.
func (b *bc) word(w string) bool {
	rest := b.s[b.i:]
	if !strings.HasPrefix(rest, w) || len(rest) > len(w) && isWordByte(rest[len(w)]) {
		return false
	}
	b.i += len(w)
	return true
}

// op takes one of the operators if it is the next.
func (b *bc) op(ops ...string) string {
	b.blank()
	for _, o := range ops {
		if strings.HasPrefix(b.s[b.i:], o) {
			b.i += len(o)
			return o
		}
	}
	return ""
}

func bcBool(v bool) bcNum {
	if v {
		return bcInt(1)
	}
	return bcInt(0)
}

func (b *bc) or() bcNum {
	x := b.and()
	for b.op("||") != "" {
		y := b.and()
		x, b.assig = bcBool(x.n.Sign() != 0 || y.n.Sign() != 0), false
	}
	return x
}

func (b *bc) and() bcNum {
	x := b.not()
	for b.op("&&") != "" {
		y := b.not()
		x, b.assig = bcBool(x.n.Sign() != 0 && y.n.Sign() != 0), false
	}
	return x
}

func (b *bc) not() bcNum {
	b.blank()
	if b.i < len(b.s) && b.s[b.i] == '!' && !strings.HasPrefix(b.s[b.i:], "!=") {
		b.i++
		x := b.not()
		b.assig = false
		return bcBool(x.n.Sign() == 0)
	}
	return b.compare()
}

func (b *bc) compare() bcNum {
	x := b.sum()
	for {
		o := b.op("==", "!=", "<=", ">=", "<", ">")
		if o == "" {
			return x
		}
		d := x.cmp(b.sum())
		b.assig = false
		x = bcBool(o == "==" && d == 0 || o == "!=" && d != 0 || o == "<=" && d <= 0 || o == ">=" && d >= 0 || o == "<" && d < 0 || o == ">" && d > 0)
	}
}

func (b *bc) sum() bcNum {
	x := b.product()
	for {
		o := b.op("+", "-")
		if o == "" {
			return x
		}
		x, b.assig = b.calc(o, x, b.product()), false
	}
}

func (b *bc) product() bcNum {
	x := b.power()
	for {
		o := b.op("*", "/", "%")
		if o == "" {
			return x
		}
		x, b.assig = b.calc(o, x, b.power()), false
	}
}

func (b *bc) power() bcNum {
	x := b.unary()
	if b.op("^") != "" {
		x, b.assig = b.calc("^", x, b.power()), false
	}
	return x
}

func (b *bc) unary() bcNum {
	if b.op("-") != "" {
		x := b.unary()
		b.assig = false
		return bcNum{new(big.Int).Neg(x.n), x.scale}
	}
	return b.primary()
}

// calc is an operator; the scales of results are those of POSIX.
func (b *bc) calc(o string, x, y bcNum) bcNum {
	b.c.Step(1 + x.n.BitLen()/1000 + y.n.BitLen()/1000)
	s := max(x.scale, y.scale)
	switch o {
	case "+":
		return bcNum{new(big.Int).Add(x.to(s).n, y.to(s).n), s}
	case "-":
		return bcNum{new(big.Int).Sub(x.to(s).n, y.to(s).n), s}
	case "*":
		full := bcNum{new(big.Int).Mul(x.n, y.n), x.scale + y.scale}
		return full.to(min(full.scale, max(b.scale, s)))
	case "/", "%":
		if y.n.Sign() == 0 {
			what := "Divide by zero"
			if o == "%" {
				what = "Modulo by zero"
			}
			panic(bcError{"Runtime error (func=(main), adr=3): " + what})
		}
		q := bcNum{new(big.Int).Quo(x.to(b.scale+y.scale+x.scale).n, new(big.Int).Mul(y.n, pow10(x.scale))), b.scale}
		if o == "/" {
			return q
		}
		s = max(b.scale+y.scale, x.scale)
		prod := bcNum{new(big.Int).Mul(q.n, y.n), q.scale + y.scale}
		return bcNum{new(big.Int).Sub(x.to(s).n, prod.to(s).n), s}
	}
	e := y.to(0).n
	if y.scale > 0 && y.to(0).to(y.scale).n.Cmp(y.n) != 0 {
		fmt.Fprintln(b.c.Err, "Runtime warning (func=(main), adr=7): non-zero scale in exponent")
	}
	if !e.IsInt64() || int64(x.n.BitLen())*max(e.Int64(), -e.Int64()) > maxBCDigits*4 {
		panic(bcError{"Runtime error (func=(main), adr=7): exponent too large in raise"})
	}
	n := e.Int64()
	if n < 0 {
		p := bcNum{new(big.Int).Exp(x.n, big.NewInt(-n), nil), x.scale * int(-n)}
		return b.calc("/", bcInt(1), p)
	}
	p := bcNum{new(big.Int).Exp(x.n, big.NewInt(n), nil), x.scale * int(n)}
	return p.to(min(p.scale, max(b.scale, x.scale)))
}

func (b *bc) primary() bcNum {
	b.blank()
	if b.i >= len(b.s) {
		b.fail()
	}
	switch c := b.s[b.i]; {
	case c == '(':
		b.i++
		x := b.or()
		if b.op(")") == "" {
			b.fail()
		}
		b.assig = false
		return x
	case c == '.' && (b.i+1 >= len(b.s) || b.s[b.i+1] < '0' || b.s[b.i+1] > '9'):
		b.i++
		return b.last
	case c >= '0' && c <= '9' || c == '.' || c >= 'A' && c <= 'F':
		return b.number()
	case c == '+' && strings.HasPrefix(b.s[b.i:], "++"):
		b.i += 2
		name := b.name()
		b.set(name, b.calc("+", b.get(name), bcInt(1)))
		return b.get(name)
	case c < 'a' || c > 'z':
		b.fail()
	}
	name := b.name()
	b.blank()
	if b.i < len(b.s) && (b.s[b.i] == '(' || b.s[b.i] == '[') {
		if b.s[b.i] == '[' {
			panic(bcError{"not modelled: arrays"})
		}
		b.i++
		x := b.or()
		if b.op(")") == "" {
			b.fail()
		}
		b.assig = false
		return b.function(name, x)
	}
	switch {
	case b.op("++") != "":
		x := b.get(name)
		b.set(name, b.calc("+", x, bcInt(1)))
		return x
	case b.op("--") != "":
		x := b.get(name)
		b.set(name, b.calc("-", x, bcInt(1)))
		return x
	}
	at := b.i
	if o := b.op("+=", "-=", "*=", "/=", "%=", "^=", "="); o == "=" && strings.HasPrefix(b.s[at:], "==") {
		b.i = at
	} else if o != "" {
		x := b.or()
		if o != "=" {
			x = b.calc(o[:1], b.get(name), x)
		}
		b.set(name, x)
		b.assig = true
		return x
	}
	return b.get(name)
}

func (b *bc) name() string {
	start := b.i
	for b.i < len(b.s) && isWordByte(b.s[b.i]) {
		b.i++
	}
	if start == b.i {
		b.fail()
	}
	return b.s[start:b.i]
}

func (b *bc) get(name string) bcNum {
	switch name {
	case "scale":
		return bcInt(int64(b.scale))
	case "ibase":
		return bcInt(int64(b.ibase))
	case "obase":
		return bcInt(int64(b.obase))
	case "last":
		return b.last
	}
	if v, ok := b.vars[name]; ok {
		return v
	}
	return bcInt(0)
}

func (b *bc) set(name string, v bcNum) {
	n := int(max(-1, min(v.to(0).n.Int64(), 1<<30)))
	switch name {
	case "scale":
		b.scale = max(0, min(n, 2000))
	case "ibase":
		b.ibase = max(2, min(n, 16))
	case "obase":
		if n > 16 {
			panic(bcError{"not modelled: obase above 16"})
		}
		b.obase = max(2, n)
	case "last":
		b.last = v
	default:
		b.vars[name] = v
	}
}

// number is a number in ibase; a single digit may be larger than that.
func (b *bc) number() bcNum {
	start := b.i
	for b.i < len(b.s) && (b.s[b.i] >= '0' && b.s[b.i] <= '9' || b.s[b.i] >= 'A' && b.s[b.i] <= 'F' || b.s[b.i] == '.') {
		b.i++
	}
	text := b.s[start:b.i]
	whole, frac, dot := strings.Cut(text, ".")
	if strings.Contains(frac, ".") {
		b.fail()
	}
	value := func(s string) *big.Int {
		n, base := new(big.Int), big.NewInt(int64(b.ibase))
		for i := range len(s) {
			d := int64(strings.IndexByte("0123456789ABCDEF", s[i]))
			if len(text) > 1 {
				d = min(d, int64(b.ibase)-1)
			}
			n.Add(n.Mul(n, base), big.NewInt(d))
		}
		return n
	}
	if !dot || frac == "" {
		return bcNum{value(whole), 0}
	}
	f := new(big.Int).Mul(value(whole+frac), pow10(len(frac)))
	return bcNum{f.Quo(f, new(big.Int).Exp(big.NewInt(int64(b.ibase)), big.NewInt(int64(len(frac))), nil)), len(frac)}
}

func (b *bc) function(name string, x bcNum) bcNum {
	switch name {
	case "sqrt":
		if x.n.Sign() < 0 {
			panic(bcError{"Runtime error (func=(main), adr=4): Square root of a negative number"})
		}
		s := max(b.scale, x.scale)
		return bcNum{new(big.Int).Sqrt(x.to(2 * s).n), s}
	case "length":
		return bcInt(int64(max(len(strings.TrimLeft(x.n.Text(10), "-")), x.scale)))
	case "scale":
		return bcInt(int64(x.scale))
	}
	if !b.lib {
		panic(bcError{"Runtime error (func=(main), adr=5): Function " + name + " not defined."})
	}
	switch name {
	case "s", "c", "a", "l", "e":
	default:
		panic(bcError{"Runtime error (func=(main), adr=5): Function " + name + " not defined."})
	}
	work := b.scale + 15
	var r bcNum
	switch name {
	case "e":
		r = b.exp(x.to(work), work)
	case "l":
		if x.n.Sign() <= 0 {
			r = b.calc("/", bcNum{new(big.Int).Sub(bcInt(1).n, pow10(b.scale)), 0}, bcInt(1))
			return r
		}
		r = b.ln(x.to(work), work)
	case "a":
		r = b.atan(x.to(work), work)
	default:
		r = b.sine(x.to(work), work, name == "c")
	}
	return r.to(b.scale)
}

func fixMul(x, y *big.Int, w int) *big.Int {
	n := new(big.Int).Mul(x, y)
	return n.Quo(n, pow10(w))
}

func fixDiv(x, y *big.Int, w int) *big.Int {
	n := new(big.Int).Mul(x, pow10(w))
	return n.Quo(n, y)
}

func (b *bc) exp(x bcNum, w int) bcNum {
	if x.to(0).n.CmpAbs(big.NewInt(5000)) > 0 {
		panic(bcError{"not modelled: e of a number that large"})
	}
	halves := 0
	t := new(big.Int).Set(x.n)
	one := pow10(w)
	for t.CmpAbs(one) > 0 {
		t.Quo(t, big.NewInt(2))
		halves++
	}
	extra := w + halves + 20
	t = bcNum{t, w}.to(extra).n
	if halves > 0 {
		t = new(big.Int).Quo(x.to(extra).n, new(big.Int).Lsh(big.NewInt(1), uint(halves)))
	}
	sum, term := pow10(extra), pow10(extra)
	for i := int64(1); term.Sign() != 0; i++ {
		b.c.Step(1)
		term = fixMul(term, t, extra)
		term.Quo(term, big.NewInt(i))
		sum.Add(sum, term)
	}
	for range halves {
		sum = fixMul(sum, sum, extra)
	}
	return bcNum{sum, extra}
}

func (b *bc) ln(x bcNum, w int) bcNum {
	n, twos, one := x.n, int64(1), pow10(w)
	two := new(big.Int).Mul(one, big.NewInt(2))
	half := new(big.Int).Quo(one, big.NewInt(2))
	for n.Cmp(two) >= 0 || n.Cmp(half) <= 0 {
		b.c.Step(1)
		n = new(big.Int).Sqrt(new(big.Int).Mul(n, one))
		twos *= 2
	}
	z := fixDiv(new(big.Int).Sub(n, one), new(big.Int).Add(n, one), w)
	zz, sum, term := fixMul(z, z, w), new(big.Int), new(big.Int).Set(z)
	for i := int64(1); term.Sign() != 0; i += 2 {
		b.c.Step(1)
		sum.Add(sum, new(big.Int).Quo(term, big.NewInt(i)))
		term = fixMul(term, zz, w)
	}
	return bcNum{sum.Mul(sum, big.NewInt(2*twos)), w}
}

func (b *bc) atan(x bcNum, w int) bcNum {
	one := pow10(w)
	n, times := new(big.Int).Set(x.n), int64(1)
	fifth := new(big.Int).Quo(one, big.NewInt(5))
	for n.CmpAbs(fifth) > 0 { // atan x = 2 atan(x / (1 + sqrt(1 + x²)))
		b.c.Step(1)
		root := new(big.Int).Sqrt(new(big.Int).Mul(new(big.Int).Add(one, fixMul(n, n, w)), one))
		n = fixDiv(n, root.Add(root, one), w)
		times *= 2
	}
	nn, sum, term := fixMul(n, n, w), new(big.Int), new(big.Int).Set(n)
	for i := int64(1); term.Sign() != 0; i += 2 {
		b.c.Step(1)
		sum.Add(sum, new(big.Int).Quo(term, big.NewInt(i)))
		term = new(big.Int).Neg(fixMul(term, nn, w))
	}
	return bcNum{sum.Mul(sum, big.NewInt(times)), w}
}

func (b *bc) sine(x bcNum, w int, cosine bool) bcNum {
	if x.to(0).n.CmpAbs(big.NewInt(1_000_000)) > 0 {
		panic(bcError{"not modelled: s and c of a number that large"})
	}
	pi2 := new(big.Int).Mul(b.atan(bcNum{pow10(w), w}, w).n, big.NewInt(8))
	n := new(big.Int).Rem(x.n, pi2)
	nn, sum := fixMul(n, n, w), new(big.Int)
	term, i := new(big.Int).Set(n), int64(2)
	if cosine {
		term, i = pow10(w), 1
	}
	for ; term.Sign() != 0; i += 2 {
		b.c.Step(1)
		sum.Add(sum, term)
		term = fixMul(term, nn, w)
		term.Quo(term.Neg(term), big.NewInt(i*(i+1)))
	}
	return bcNum{sum, w}
}

// text is a number as bc prints it: no zero in front of the point, long lines
// broken after 68 digits.
func (b *bc) text(x bcNum) string {
	if x.n.Sign() == 0 {
		return "0"
	}
	if x.n.BitLen() > maxBCDigits*4 {
		panic(bcError{"not modelled: a number of that many digits"})
	}
	var s string
	if b.obase == 10 {
		s = new(big.Int).Abs(x.n).Text(10)
		for len(s) < x.scale {
			s = "0" + s
		}
		if x.scale > 0 {
			s = s[:len(s)-x.scale] + "." + s[len(s)-x.scale:]
		}
	} else {
		abs := bcNum{new(big.Int).Abs(x.n), x.scale}
		whole := abs.to(0)
		s = strings.ToUpper(whole.n.Text(b.obase))
		if whole.n.Sign() == 0 {
			s = ""
		}
		if x.scale > 0 {
			s += "."
			f := new(big.Int).Sub(abs.n, whole.to(x.scale).n)
			base, unit := big.NewInt(int64(b.obase)), pow10(x.scale)
			for p := big.NewInt(1); p.Cmp(unit) < 0; p.Mul(p, base) {
				f.Mul(f, base)
				d := new(big.Int)
				d.QuoRem(f, unit, f)
				s += strings.ToUpper(d.Text(b.obase))
			}
		}
	}
	if x.n.Sign() < 0 {
		s = "-" + s
	}
	var out strings.Builder
	for len(s) > 69 {
		out.WriteString(s[:68] + "\\\n")
		s = s[68:]
	}
	return out.String() + s
}
