package shell

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// expansionError ends the command, and a script: a message was not yet printed.
type expansionError struct {
	msg   string
	fatal bool // a script ends, too
}

// Error is the message.
func (e *expansionError) Error() string { return e.msg }

func (in *interp) unbound(name string) error {
	if name != "" && strings.Trim(name, "0123456789") == "" {
		name = "$" + name
	}
	return &expansionError{name + ": unbound variable", true}
}

// operand is what stands in ${…} before any operator.
type operand struct {
	name  string
	index string // of an element
	elem  bool
	list  bool // @ or *
	star  bool // *
	v     *variable
	elems []string // of a list
	str   string
	set   bool
}

// subscript is the text of an index: arithmetic text for indexed arrays, the key
// for associative ones.
func (in *interp) subscript(name string, x syntax.ArithmExpr) (string, error) {
	v := in.find(name)
	if v != nil && v.kind == assoc {
		if w, ok := x.(*syntax.Word); ok {
			return in.literal(w)
		}
		// The parser read a key like a-b as arithmetic.
		return in.keyText(x)
	}
	n, err := in.arith(x)
	return strconv.FormatInt(n, 10), err
}

func (in *interp) keyText(x syntax.ArithmExpr) (string, error) {
	switch x := x.(type) {
	case *syntax.Word:
		return in.literal(x)
	case *syntax.ParenArithm:
		s, err := in.keyText(x.X)
		return "(" + s + ")", err
	case *syntax.UnaryArithm:
		s, err := in.keyText(x.X)
		if x.Post {
			return s + x.Op.String(), err
		}
		return x.Op.String() + s, err
	case *syntax.BinaryArithm:
		a, err := in.keyText(x.X)
		if err != nil {
			return "", err
		}
		b, err := in.keyText(x.Y)
		return a + x.Op.String() + b, err
	}
	return "", in.errorf("not modelled: this key of an array")
}

// element reads an element by the text of its index.
func (in *interp) element(v *variable, name, index string) (string, bool, error) {
	if v == nil || !v.set {
		return "", false, nil
	}
	if v.kind == assoc {
		it, ok := v.m.items[index]
		return it.val, ok, nil
	}
	n, err := in.evalString(index)
	if err != nil {
		return "", false, err
	}
	if v.kind == scalar {
		return v.str, n == 0 || n == -1, nil
	}
	if n < 0 {
		if n += v.arr.end(); n < 0 {
			in.errf("%s: bad array subscript", name)
			return "", false, nil
		}
	}
	s, ok := v.arr.get(n)
	return s, ok, nil
}

func (in *interp) operand(pe *syntax.ParamExp) (operand, error) {
	o := operand{name: pe.Param.Value}
	o.v = in.lookup(o.name)
	if raw := in.findRaw(o.name); raw != nil && raw.nameref && pe.Index == nil {
		if base, idx, ok := splitElement(raw.str); ok {
			o.name, o.index, o.elem = base, idx, true
			o.v = in.lookup(base)
			var err error
			o.str, o.set, err = in.element(o.v, base, idx)
			return o, err
		}
	}
	switch lit := wordLit(pe.Index); {
	case o.name == "@" || o.name == "*":
		o.list, o.star, o.elems = true, o.name == "*", in.params
		o.set = len(in.params) > 0
	case lit == "@" || lit == "*":
		o.list, o.star, o.elems = true, lit == "*", o.v.elems()
		o.set = len(o.elems) > 0
	case pe.Index != nil:
		var err error
		if o.index, err = in.subscript(o.name, pe.Index); err != nil {
			return o, err
		}
		o.elem = true
		o.str, o.set, err = in.element(o.v, o.name, o.index)
		return o, err
	default:
		o.str, o.set = o.v.value()
	}
	if o.list {
		o.str = strings.Join(o.elems, " ")
		if o.star {
			o.str = in.ifsJoin(o.elems)
		}
	}
	return o, nil
}

// ifsJoin joins with the first character of IFS.
func (in *interp) ifsJoin(l []string) string {
	ifs, ok := in.lookup("IFS").value()
	sep := " "
	if ok {
		_, n := utf8.DecodeRuneInString(ifs)
		sep = ifs[:n]
	}
	return strings.Join(l, sep)
}

// param expands $x and ${…}.
func (e *expander) param(pe *syntax.ParamExp, quoted bool) error {
	in := e.in
	if pe.Param == nil || pe.NestedParam != nil || pe.Flags != nil || pe.Width || pe.IsSet || len(pe.Modifiers) > 0 {
		return &expansionError{"not modelled: this parameter expansion", true}
	}
	if pe.Excl {
		done, target, err := in.indirect(pe)
		if err != nil {
			return err
		}
		if target == nil {
			e.listValue(done, pe.Names == syntax.NamesPrefix || wordLit(pe.Index) == "*", quoted)
			return nil
		}
		pe = target
	}
	o, err := in.operand(pe)
	if err != nil {
		return err
	}
	if pe.Length {
		return e.length(o, quoted)
	}
	if pe.Exp != nil && pe.Exp.Op <= syntax.AssignUnsetOrNull && pe.Exp.Op >= syntax.AlternateUnset {
		return e.conditional(pe, o, quoted)
	}
	if !o.set && in.opts.nounset && !o.list && o.name != "!" || o.name == "!" && !o.set && in.opts.nounset {
		name := o.name
		if o.elem {
			name += "[" + exprText(pe.Index) + "]"
		}
		return in.unbound(name)
	}
	l := []string{o.str}
	if o.list {
		l = o.elems
	}
	switch {
	case pe.Slice != nil:
		if l, err = in.slice(pe.Slice, o, l); err != nil {
			return err
		}
	case pe.Repl != nil:
		if l, err = in.replace(pe.Repl, l); err != nil {
			return err
		}
	case pe.Exp != nil:
		if l, err = in.operator(pe, o, l); err != nil {
			return err
		}
	}
	if o.list {
		e.listValue(l, o.star, quoted)
	} else if len(l) > 0 {
		e.value(l[0], quoted)
	}
	return nil
}

// listValue adds the elements of a list: as fields of their own, except that
// "$*" joins them.
func (e *expander) listValue(l []string, star, quoted bool) {
	switch {
	case star && (quoted || e.nosplit):
		e.add(e.in.ifsJoin(l), true)
	case quoted:
		for i, s := range l {
			if i > 0 {
				e.brk()
			}
			e.add(s, true)
		}
	case e.nosplit:
		e.add(strings.Join(l, " "), false)
	default:
		for i, s := range l {
			if i > 0 {
				e.flush()
			}
			e.split(s)
		}
	}
}

func (e *expander) length(o operand, quoted bool) error {
	n := utf8.RuneCountInString(o.str)
	if o.list {
		n = len(o.elems)
	} else if !o.set && e.in.opts.nounset {
		return e.in.unbound(o.name)
	}
	e.value(strconv.Itoa(n), quoted)
	return nil
}

// conditional is ${x-y} and its relatives.
func (e *expander) conditional(pe *syntax.ParamExp, o operand, quoted bool) error {
	op := pe.Exp.Op
	missing := !o.set
	switch op {
	case syntax.AlternateUnsetOrNull, syntax.DefaultUnsetOrNull, syntax.ErrorUnsetOrNull, syntax.AssignUnsetOrNull:
		missing = missing || o.str == ""
	}
	if op == syntax.AlternateUnset || op == syntax.AlternateUnsetOrNull {
		if missing {
			return nil
		}
		return e.operandWord(pe.Exp.Word, quoted)
	}
	if !missing {
		if o.list {
			e.listValue(o.elems, o.star, quoted)
		} else {
			e.value(o.str, quoted)
		}
		return nil
	}
	switch op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		return e.operandWord(pe.Exp.Word, quoted)
	}
	s, err := e.in.literal(pe.Exp.Word)
	if err != nil {
		return err
	}
	if op == syntax.ErrorUnset || op == syntax.ErrorUnsetOrNull {
		if s == "" {
			s = "parameter null or not set"
			if op == syntax.ErrorUnset {
				s = "parameter not set"
			}
		}
		return &expansionError{o.name + ": " + s, true}
	}
	if o.elem {
		err = e.in.setElement(o.name, o.index, s, false)
	} else if !validName(o.name) {
		return &expansionError{"$" + o.name + ": cannot assign in this way", true}
	} else {
		err = e.in.set(o.name, s)
	}
	if err != nil {
		return err
	}
	e.value(e.in.get(o.name), quoted)
	return nil
}

// operandWord expands the word of ${x:-word} where it stands: its own quotes
// count, and outside of quotes it is split.
func (e *expander) operandWord(w *syntax.Word, quoted bool) error {
	if w == nil {
		return nil
	}
	if quoted {
		return e.quotedOperand(w)
	}
	for i, p := range w.Parts {
		l, ok := p.(*syntax.Lit)
		if !ok || e.nosplit {
			if err := e.parts(w.Parts[i:i+1], false); err != nil {
				return err
			}
			continue
		}
		s := l.Value
		if i == 0 && strings.HasPrefix(s, "~") {
			var home string
			home, s = e.in.tilde(s, len(w.Parts) > 1)
			if home != "" {
				e.add(home, true)
			}
		}
		// Literal text is split, too, but what a backslash quotes is not.
		for s != "" {
			j := strings.IndexByte(s, '\\')
			if j < 0 || j+1 == len(s) {
				e.split(s)
				break
			}
			e.split(s[:j])
			_, n := utf8.DecodeRuneInString(s[j+1:])
			e.add(s[j+1:j+1+n], true)
			s = s[j+1+n:]
		}
	}
	return nil
}

// quotedOperand expands the word of "${x:-word}": single quotes are ordinary
// there, and a backslash may also quote a brace.
func (e *expander) quotedOperand(w *syntax.Word) error {
	for i, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.SglQuoted:
			s := "'" + p.Value + "'"
			if p.Dollar {
				s = "$" + s
			}
			e.add(s, true)
			continue
		case *syntax.Lit:
			if strings.Contains(p.Value, `\}`) {
				e.lit(strings.ReplaceAll(p.Value, `\}`, "}"), true, false, true)
				continue
			}
		}
		if err := e.parts(w.Parts[i:i+1], true); err != nil {
			return err
		}
	}
	return nil
}

// indirect is ${!x}: either a list of names or keys, or the expansion of what x
// names.
func (in *interp) indirect(pe *syntax.ParamExp) ([]string, *syntax.ParamExp, error) {
	name := pe.Param.Value
	if pe.Names != 0 {
		var l []string
		for _, n := range in.names() {
			if strings.HasPrefix(n, name) {
				l = append(l, n)
			}
		}
		return l, nil, nil
	}
	if lit := wordLit(pe.Index); lit == "@" || lit == "*" {
		return in.lookup(name).keys(), nil, nil
	}
	if v := in.findRaw(name); v != nil && v.nameref {
		return []string{v.str}, nil, nil
	}
	cp := *pe
	cp.Excl = false
	cp.Exp, cp.Repl, cp.Slice = nil, nil, nil
	o, err := in.operand(&cp)
	if err != nil {
		return nil, nil, err
	}
	if !o.set {
		return nil, nil, &expansionError{name + ": invalid indirect expansion", true}
	}
	ref := o.str
	base, index, elem := splitElement(ref)
	if !elem {
		base = ref
	}
	if !validName(base) && !(len(base) == 1 && strings.ContainsAny(base, "@*#?$!-0123456789")) {
		return nil, nil, &expansionError{ref + ": invalid variable name", true}
	}
	target := *pe
	target.Excl = false
	target.Index = nil
	target.Param = &syntax.Lit{Value: base}
	if elem {
		w, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Document(strings.NewReader(index))
		if err != nil || w == nil {
			return nil, nil, &expansionError{ref + ": invalid variable name", true}
		}
		target.Index = w
	}
	return nil, &target, nil
}

// slice is ${x:offset:length}.
func (in *interp) slice(s *syntax.Slice, o operand, l []string) ([]string, error) {
	off, err := in.arith(s.Offset)
	if err != nil {
		return nil, err
	}
	length, hasLen := int64(0), s.Length != nil
	if hasLen {
		if length, err = in.arith(s.Length); err != nil {
			return nil, err
		}
	}
	if !o.list {
		rs := []rune(o.str)
		n := int64(len(rs))
		if off < 0 {
			if off += n; off < 0 {
				return []string{""}, nil
			}
		}
		off = min(off, n)
		end := n
		if hasLen {
			if length < 0 {
				if end = n + length; end < off {
					return nil, &expansionError{strconv.FormatInt(length, 10) + ": substring expression < 0", false}
				}
			} else {
				end = off + min(length, n-off)
			}
		}
		return []string{string(rs[off:end])}, nil
	}
	if hasLen && length < 0 {
		return nil, &expansionError{strconv.FormatInt(length, 10) + ": substring expression < 0", false}
	}
	switch {
	case o.name == "@" || o.name == "*":
		n := int64(len(l))
		if off < 0 {
			off += n + 1
		}
		if off < 0 {
			return nil, nil
		}
		if off == 0 {
			l = append([]string{in.name}, l...)
		} else {
			off--
		}
	case o.v != nil && o.v.kind == indexed:
		if off < 0 {
			off += o.v.arr.end()
		}
		if off < 0 {
			return nil, nil
		}
		if o.v.arr.keys != nil {
			i, _ := slices.BinarySearch(o.v.arr.keys, off)
			off = int64(i)
		}
	default:
		if off < 0 {
			if off += int64(len(l)); off < 0 {
				return nil, nil
			}
		}
	}
	off = min(off, int64(len(l)))
	l = l[off:]
	if hasLen {
		l = l[:min(length, int64(len(l)))]
	}
	return l, nil
}

// replace is ${x/pattern/with}.
func (in *interp) replace(r *syntax.Replace, l []string) ([]string, error) {
	orig := r.Orig
	var anchor byte
	if !r.All && orig != nil && len(orig.Parts) > 0 {
		if lit, ok := orig.Parts[0].(*syntax.Lit); ok && lit.Value != "" && (lit.Value[0] == '#' || lit.Value[0] == '%') {
			anchor = lit.Value[0]
			cp := *lit
			cp.Value = lit.Value[1:]
			orig = &syntax.Word{Parts: append([]syntax.WordPart{&cp}, orig.Parts[1:]...)}
		}
	}
	pat, err := in.patternOf(orig)
	if err != nil {
		return nil, err
	}
	if pat == "" && anchor == 0 {
		return l, nil
	}
	// An unquoted & in the replacement is what matched (patsub_replacement).
	e := expander{in: in, nosplit: true}
	if r.With != nil {
		if err := e.parts(r.With.Parts, false); err != nil {
			return nil, err
		}
	}
	with := func(match string) string {
		var b strings.Builder
		for _, f := range e.cur {
			if f.quoted || !strings.Contains(f.s, "&") {
				b.WriteString(f.s)
				continue
			}
			for i := 0; i < len(f.s); i++ {
				switch {
				case f.s[i] == '\\' && i+1 < len(f.s) && f.s[i+1] == '&':
					b.WriteByte('&')
					i++
				case f.s[i] == '&':
					b.WriteString(match)
				default:
					b.WriteByte(f.s[i])
				}
			}
		}
		return b.String()
	}
	p := in.compile(pat)
	out := make([]string, len(l))
	for i, s := range l {
		out[i] = p.replace(s, r.All, anchor, with)
		in.checkSize(len(out[i]))
	}
	return out, nil
}

// operator is ${x#pattern}, ${x^^} and ${x@Q}.
func (in *interp) operator(pe *syntax.ParamExp, o operand, l []string) ([]string, error) {
	op := pe.Exp.Op
	if op == syntax.OtherParamOps {
		return in.transform(pe.Exp.Word.Lit(), o, l)
	}
	pat, err := in.patternOf(pe.Exp.Word)
	if err != nil {
		return nil, err
	}
	p := in.compile(pat)
	out := make([]string, len(l))
	for i, s := range l {
		switch op {
		case syntax.RemSmallPrefix, syntax.RemLargePrefix:
			s = p.removePrefix(s, op == syntax.RemLargePrefix)
		case syntax.RemSmallSuffix, syntax.RemLargeSuffix:
			s = p.removeSuffix(s, op == syntax.RemLargeSuffix)
		case syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
			s = changeCase(s, p, pat == "", op)
		default:
			return nil, &expansionError{"not modelled: ${" + o.name + op.String() + "…}", true}
		}
		out[i] = s
	}
	return out, nil
}

func changeCase(s string, p *pattern, all bool, op syntax.ParExpOperator) string {
	f := unicode.ToUpper
	if op == syntax.LowerFirst || op == syntax.LowerAll {
		f = unicode.ToLower
	}
	rs := runes(s)
	for i, r := range rs {
		if r < rawByte && (all || p.match(string(r))) {
			rs[i] = f(r)
		}
		if op == syntax.UpperFirst || op == syntax.LowerFirst {
			break
		}
	}
	return unrunes(rs)
}

// transform is ${x@op}.
func (in *interp) transform(op string, o operand, l []string) ([]string, error) {
	each := func(f func(string) string) ([]string, error) {
		if !o.set {
			return nil, nil
		}
		out := make([]string, len(l))
		for i, s := range l {
			out[i] = f(s)
		}
		return out, nil
	}
	switch op {
	case "Q":
		return each(quote)
	case "U":
		return each(strings.ToUpper)
	case "L":
		return each(strings.ToLower)
	case "u":
		return each(func(s string) string {
			r, n := utf8.DecodeRuneInString(s)
			if n == 0 {
				return s
			}
			return string(unicode.ToUpper(r)) + s[n:]
		})
	case "E":
		return each(ansiC)
	case "P":
		return each(in.prompt)
	case "a":
		if o.v == nil {
			return nil, nil
		}
		return []string{o.v.flags()}, nil
	case "A":
		if o.v == nil {
			return nil, nil
		}
		return []string{in.assignment(o.name, o.v)}, nil
	case "K", "k":
		if o.v == nil || o.v.kind == scalar {
			return each(quote)
		}
		var words []string
		keys, vals := o.v.keys(), o.v.elems()
		for i, k := range keys {
			words = append(words, k, vals[i])
			if op == "K" {
				words[len(words)-1] = quoteDouble(vals[i])
			}
		}
		if op == "K" {
			return []string{strings.Join(words, " ")}, nil
		}
		return words, nil
	}
	return nil, &expansionError{"${" + o.name + "@" + op + "}: bad substitution", true}
}

// assignment is what ${x@A} gives.
func (in *interp) assignment(name string, v *variable) string {
	f := v.flags()
	if v.kind == scalar {
		if f == "" {
			return name + "=" + quote(v.str)
		}
		return "declare -" + f + " " + name + "=" + quote(v.str)
	}
	return "declare -" + f + " " + name + "=" + compound(v)
}

// compound writes down an array as declare -p does.
func compound(v *variable) string {
	var b strings.Builder
	b.WriteByte('(')
	vals := v.elems()
	for i, k := range v.keys() {
		if i > 0 && v.kind == indexed {
			b.WriteByte(' ')
		}
		if v.kind == assoc && strings.ContainsAny(k, " \t\n\"'\\$`*?[]") {
			k = quoteDouble(k)
		}
		b.WriteString("[" + k + "]=" + quoteDouble(vals[i]))
		if v.kind == assoc {
			b.WriteByte(' ')
		}
	}
	b.WriteByte(')')
	return b.String()
}

// quoteDouble quotes as declare -p does.
func quoteDouble(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return quoteANSI(s)
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if strings.IndexByte("\"\\$`", s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// quote is ${x@Q}: single quotes.
func quote(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return quoteANSI(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteANSI is $'…'.
func quoteANSI(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(s) {
		switch c := s[i]; c {
		case 7:
			b.WriteString(`\a`)
		case 8:
			b.WriteString(`\b`)
		case '\t':
			b.WriteString(`\t`)
		case '\n':
			b.WriteString(`\n`)
		case 11:
			b.WriteString(`\v`)
		case 12:
			b.WriteString(`\f`)
		case '\r':
			b.WriteString(`\r`)
		case 27:
			b.WriteString(`\E`)
		case '\'', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			if c < ' ' || c == 0x7f {
				b.WriteString(`\` + strconv.FormatInt(int64(c)+01000, 8)[1:])
			} else {
				b.WriteByte(c)
			}
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// quoteBackslash is printf %q.
func quoteBackslash(s string) string {
	if s == "" {
		return "''"
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return quoteANSI(s)
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case strings.IndexByte(" '\"\\|&;()<>!{}*[]?^$`,", c) >= 0, c == '#' && i == 0, c == '~' && i == 0:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// quoteTrace is how set -x shows a word.
func quoteTrace(s string) string {
	if s == "" {
		return "''"
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return quoteANSI(s)
	}
	if strings.ContainsAny(s, " '\"\\|&;()<>!{}*[]?^$`~#") {
		return quote(s)
	}
	return s
}
