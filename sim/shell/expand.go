package shell

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// frag is a piece of a word after expansion; quoted pieces are not split, and
// nothing in them is a pattern.
type frag struct {
	s      string
	quoted bool
}

// expander turns the parts of words into fields.
type expander struct {
	in      *interp
	nosplit bool // one field whatever happens: assignments, case words
	heredoc bool // inside a here-document, where \" stays

	fields  [][]frag
	cur     []frag
	started bool // cur is a field even if it is empty
	ws      bool // white space just ended a field
	size    int
}

// maxFields limits what one command line expands to.
const maxFields = 1 << 20

func (e *expander) add(s string, quoted bool) {
	e.started = true
	e.ws = false
	if e.size += len(s); e.size > 1<<16 {
		e.in.checkSize(e.size)
	}
	if s != "" {
		e.cur = append(e.cur, frag{s, quoted})
	}
}

// brk ends a field.
func (e *expander) brk() {
	if e.nosplit {
		e.add(" ", true)
		return
	}
	e.flush()
	e.started = true
}

func (e *expander) flush() {
	if e.started {
		e.fields = append(e.fields, e.cur)
		if len(e.fields) > maxFields {
			e.in.errf("xrealloc: cannot allocate %d words", len(e.fields))
			panic(exitPanic{2})
		}
	}
	e.cur, e.started = nil, false
}

// split adds the result of an unquoted expansion, split by IFS.
func (e *expander) split(s string) {
	ifs, ok := e.in.lookup("IFS").value()
	if !ok {
		ifs = " \t\n"
	}
	if e.nosplit || ifs == "" {
		if s != "" {
			e.add(s, false)
		}
		return
	}
	start := -1
	end := func(i int) {
		if start >= 0 {
			e.add(s[start:i], false)
			start = -1
		}
	}
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		c := s[i : i+n]
		if !strings.Contains(ifs, c) {
			if start < 0 {
				start = i
			}
			i += n
			continue
		}
		end(i)
		i += n
		if c == " " || c == "\t" || c == "\n" {
			if e.started {
				e.flush()
				e.ws = true
			}
			continue
		}
		switch {
		case e.started:
			e.flush()
		case e.ws: // the white space and this are one separator
			e.ws = false
		default:
			e.started = true
			e.flush()
		}
	}
	end(len(s))
}

// text joins everything; what quoting means is over.
func (e *expander) text() string {
	if len(e.cur) == 1 {
		return e.cur[0].s
	}
	var b strings.Builder
	for _, f := range e.cur {
		b.WriteString(f.s)
	}
	return b.String()
}

// pattern joins everything so that quoted pieces match only themselves.
func (e *expander) pattern() string { return fragPattern(e.cur) }

func fragPattern(l []frag) string {
	var b strings.Builder
	for _, f := range l {
		if f.quoted {
			quoteMeta(&b, f.s)
		} else {
			b.WriteString(f.s)
		}
	}
	return b.String()
}

// parts expands the parts of a word. quoted says that they stand in double
// quotes.
func (e *expander) parts(parts []syntax.WordPart, quoted bool) error {
	for i, part := range parts {
		var err error
		switch p := part.(type) {
		case *syntax.Lit:
			e.lit(p.Value, quoted, i == 0, len(parts) > 1)
		case *syntax.SglQuoted:
			s := p.Value
			if p.Dollar {
				s = ansiC(s)
			}
			e.add(s, true)
		case *syntax.DblQuoted:
			err = e.dblQuoted(p)
		case *syntax.ParamExp:
			err = e.param(p, quoted)
		case *syntax.CmdSubst:
			var s string
			if s, err = e.in.cmdSubst(p); err == nil {
				e.value(s, quoted)
			}
		case *syntax.ArithmExp:
			var n int64
			e.in.arithSource = strings.TrimSpace(exprText(p.X))
			if n, err = e.in.arith(p.X); err == nil {
				e.value(strconv.FormatInt(n, 10), quoted)
			}
		case *syntax.ProcSubst:
			var s string
			if s, err = e.in.procSubst(p); err == nil {
				e.add(s, true)
			}
		case *syntax.ExtGlob:
			e.add(p.Op.String()+p.Pattern.Value+")", false)
		default:
			err = e.in.errorf("not modelled: this kind of word")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// value adds what an expansion gave.
func (e *expander) value(s string, quoted bool) {
	if quoted {
		e.add(s, true)
	} else {
		e.split(s)
	}
}

// lit adds literal text: with its backslashes.
func (e *expander) lit(s string, quoted, first, more bool) {
	if !quoted && first && strings.HasPrefix(s, "~") {
		var home string
		if home, s = e.in.tilde(s, more); home != "" {
			e.add(home, true)
			if s == "" {
				return
			}
		}
	}
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i == len(s)-1 {
			e.add(s, quoted)
			return
		}
		if i > 0 {
			e.add(s[:i], quoted)
		}
		c := s[i+1]
		switch {
		case !quoted:
			_, n := utf8.DecodeRuneInString(s[i+1:])
			if c != '\n' {
				e.add(s[i+1:i+1+n], true)
			}
			s = s[i+1+n:]
		case c == '$' || c == '`' || c == '\\' || c == '"' && !e.heredoc:
			e.add(s[i+1:i+2], true)
			s = s[i+2:]
		case c == '\n':
			s = s[i+2:]
		default:
			e.add(`\`, true)
			s = s[i+1:]
		}
	}
}

// tilde expands ~, ~+, ~- and ~root at the front of s; rest is what follows.
func (in *interp) tilde(s string, more bool) (home, rest string) {
	name, rest, slash := strings.Cut(s[1:], "/")
	if slash {
		rest = "/" + rest
	} else if more {
		return "", s // ~"x": quoting inside the name
	}
	switch name {
	case "":
		if h, ok := in.lookup("HOME").value(); ok {
			return h, rest
		}
		return "/root", rest
	case "root":
		return "/root", rest
	case "+":
		return in.get("PWD"), rest
	case "-":
		if old := in.get("OLDPWD"); old != "" {
			return old, rest
		}
	}
	return "", s
}

func (e *expander) dblQuoted(p *syntax.DblQuoted) error {
	before, nFields := len(e.cur), len(e.fields)
	was := e.started
	if err := e.parts(p.Parts, true); err != nil {
		return err
	}
	// "$@" without parameters is no field at all, but "" is one.
	if len(p.Parts) > 0 && len(e.cur) == before && len(e.fields) == nFields && onlyLists(p.Parts) {
		e.started = was
		return nil
	}
	e.started = true
	e.ws = false
	return nil
}

// onlyLists says that the parts are "$@" or "${a[@]}" and nothing else.
func onlyLists(parts []syntax.WordPart) bool {
	for _, p := range parts {
		pe, ok := p.(*syntax.ParamExp)
		if !ok || pe.Length {
			return false
		}
		if pe.Param.Value != "@" && wordLit(pe.Index) != "@" && pe.Names != syntax.NamesPrefixWords {
			return false
		}
	}
	return true
}

func wordLit(x syntax.ArithmExpr) string {
	if w, ok := x.(*syntax.Word); ok && w != nil {
		return w.Lit()
	}
	return ""
}

// fieldsOf expands words to the fields of a command.
func (in *interp) fieldsOf(words []*syntax.Word) ([]string, error) {
	var out []string
	for _, w := range words {
		if s, ok := plain(w); ok {
			out = append(out, s)
			continue
		}
		for _, parts := range in.braces(w) {
			e := expander{in: in}
			if err := e.parts(parts, false); err != nil {
				return nil, err
			}
			e.flush()
			for _, f := range e.fields {
				var err error
				if out, err = in.glob(out, f); err != nil {
					return nil, err
				}
				if len(out) > maxFields {
					in.errf("xrealloc: cannot allocate %d words", len(out))
					panic(exitPanic{2})
				}
			}
		}
	}
	return out, nil
}

// plain is a short way for words without anything to expand.
func plain(w *syntax.Word) (string, bool) {
	if len(w.Parts) != 1 {
		return "", false
	}
	switch p := w.Parts[0].(type) {
	case *syntax.Lit:
		if !strings.ContainsAny(p.Value, "\\*?[~{") {
			return p.Value, true
		}
	case *syntax.SglQuoted:
		return p.Value, !p.Dollar
	}
	return "", false
}

// literal expands a word to one string, without splitting and globs.
func (in *interp) literal(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	if s, ok := plain(w); ok {
		return s, nil
	}
	e := expander{in: in, nosplit: true}
	if err := e.parts(w.Parts, false); err != nil {
		return "", err
	}
	return e.text(), nil
}

// assigned is literal for the value of an assignment, where a tilde also stands
// after a colon.
func (in *interp) assigned(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	if l, ok := w.Parts[0].(*syntax.Lit); ok && strings.Contains(l.Value, ":~") {
		items := strings.Split(l.Value, ":")
		for i, s := range items {
			if strings.HasPrefix(s, "~") {
				home, rest := in.tilde(s, len(w.Parts) > 1 && i == len(items)-1)
				items[i] = home + rest
			}
		}
		cp := *l
		cp.Value = strings.Join(items, ":")
		w = &syntax.Word{Parts: append([]syntax.WordPart{&cp}, w.Parts[1:]...)}
	}
	return in.literal(w)
}

// patternOf expands a word to a pattern.
func (in *interp) patternOf(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	e := expander{in: in, nosplit: true}
	if err := e.parts(w.Parts, false); err != nil {
		return "", err
	}
	return e.pattern(), nil
}

func (in *interp) compile(pat string) *pattern {
	p := compilePattern(pat, true, in.opts.nocasematch)
	p.tick = in.p.step
	return p
}

// regexOf expands a word to a regular expression: quoted pieces match only
// themselves.
func (in *interp) regexOf(w *syntax.Word) (string, error) {
	e := expander{in: in, nosplit: true}
	for i, part := range w.Parts {
		if l, ok := part.(*syntax.Lit); ok { // backslashes are the expression's own
			if i == 0 || !strings.HasPrefix(l.Value, "~") {
				e.add(l.Value, false)
				continue
			}
		}
		if err := e.parts([]syntax.WordPart{part}, false); err != nil {
			return "", err
		}
	}
	var b strings.Builder
	for _, f := range e.cur {
		if !f.quoted {
			b.WriteString(f.s)
			continue
		}
		for i := range len(f.s) {
			if strings.IndexByte(`\.+*?()|[]{}^$`, f.s[i]) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(f.s[i])
		}
	}
	return b.String(), nil
}

// document expands the body of a here-document.
func (in *interp) document(r *syntax.Redirect) (string, error) {
	if r.Hdoc == nil {
		return "", nil
	}
	parts := r.Hdoc.Parts
	if r.Op == syntax.DashHdoc {
		parts = withoutTabs(parts)
	}
	if quotedWord(r.Word) {
		return (&syntax.Word{Parts: parts}).Lit(), nil
	}
	e := expander{in: in, nosplit: true, heredoc: true}
	if err := e.parts(parts, true); err != nil {
		return "", err
	}
	return e.text(), nil
}

// withoutTabs takes the tabs off the front of lines, for <<-.
func withoutTabs(parts []syntax.WordPart) []syntax.WordPart {
	out := make([]syntax.WordPart, len(parts))
	start := true
	for i, p := range parts {
		out[i] = p
		l, ok := p.(*syntax.Lit)
		if !ok {
			start = false
			continue
		}
		lines := strings.SplitAfter(l.Value, "\n")
		for j := range lines {
			if j > 0 || start {
				lines[j] = strings.TrimLeft(lines[j], "\t")
			}
		}
		cp := *l
		cp.Value = strings.Join(lines, "")
		start = strings.HasSuffix(cp.Value, "\n") || start && cp.Value == ""
		out[i] = &cp
	}
	return out
}

// quotedWord says that some of a word is quoted.
func quotedWord(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		switch p := p.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		case *syntax.Lit:
			return strings.Contains(p.Value, `\`)
		}
		return false
	})
}

// braces performs brace expansion.
func (in *interp) braces(w *syntax.Word) [][]syntax.WordPart {
	if !slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		l, ok := p.(*syntax.Lit)
		return ok && strings.Contains(l.Value, "{")
	}) || in.opts.nobraces {
		return [][]syntax.WordPart{w.Parts}
	}
	cp := syntax.Word{Parts: slices.Clone(w.Parts)}
	if !syntax.SplitBraces(&cp) {
		return [][]syntax.WordPart{w.Parts}
	}
	b := bracer{in: in}
	b.expand(nil, cp.Parts)
	return b.out
}

// bracer collects the words that a word with braces stands for.
type bracer struct {
	in  *interp
	out [][]syntax.WordPart
}

func (b *bracer) expand(left, rest []syntax.WordPart) {
	for i, part := range rest {
		br, ok := part.(*syntax.BraceExp)
		if !ok {
			left = append(slices.Clip(left), part)
			continue
		}
		tail := rest[i+1:]
		if br.Sequence {
			for s := range braceSequence(br) {
				b.expand(left, append([]syntax.WordPart{&syntax.Lit{Value: s}}, tail...))
			}
			return
		}
		for _, e := range br.Elems {
			b.expand(left, slices.Concat(e.Parts, tail))
		}
		return
	}
	if len(b.out) > maxFields {
		b.in.errf("brace expansion: failed to allocate memory for %d elements", len(b.out))
		panic(exitPanic{2})
	}
	b.in.p.step(1)
	b.out = append(b.out, left)
}

// braceSequence yields the elements of {x..y..step}.
func braceSequence(br *syntax.BraceExp) func(func(string) bool) {
	return func(yield func(string) bool) {
		a, z := br.Elems[0].Lit(), br.Elems[1].Lit()
		from, err1 := strconv.ParseInt(a, 10, 64)
		to, err2 := strconv.ParseInt(z, 10, 64)
		chars := err1 != nil || err2 != nil
		if chars {
			if a == "" || z == "" {
				return
			}
			from, to = int64(a[0]), int64(z[0])
		}
		step := int64(1)
		if len(br.Elems) > 2 {
			n, _ := strconv.ParseInt(br.Elems[2].Lit(), 10, 64)
			if n < 0 {
				n = -n
			}
			step = max(n, 1)
		}
		width := 0
		for _, s := range []string{a, z} {
			if t := strings.TrimPrefix(s, "-"); !chars && len(t) > 1 && t[0] == '0' {
				width = max(len(a), len(z))
			}
		}
		up := from <= to
		for n := from; up && n <= to || !up && n >= to; {
			s := strconv.FormatInt(n, 10)
			if chars {
				s = string(rune(n))
			} else if pad := width - len(s); pad > 0 {
				sign := ""
				if n < 0 {
					sign, s = "-", s[1:]
				}
				s = sign + strings.Repeat("0", pad) + s
			}
			if !yield(s) {
				return
			}
			if up {
				if n > to-step {
					return
				}
				n += step
			} else {
				if n < to+step {
					return
				}
				n -= step
			}
		}
	}
}

// glob adds to out the names that a field matches, or the field as it is.
func (in *interp) glob(out []string, f []frag) ([]string, error) {
	candidate := false
	if !in.opts.noglob {
		for _, fr := range f {
			if !fr.quoted && (strings.ContainsAny(fr.s, "*?[") || in.opts.extglob && strings.Contains(fr.s, "(")) {
				candidate = true
				break
			}
		}
	}
	var b strings.Builder
	for _, fr := range f {
		b.WriteString(fr.s)
	}
	if !candidate {
		return append(out, b.String()), nil
	}
	pat := fragPattern(f)
	if !hasMeta(pat, in.opts.extglob) {
		return append(out, b.String()), nil
	}
	matches := in.globFiles(pat)
	switch {
	case len(matches) > 0:
		return append(out, matches...), nil
	case in.opts.failglob:
		return out, in.errorf("no match: %s", b.String())
	case in.opts.nullglob:
		return out, nil
	}
	return append(out, b.String()), nil
}

// globFiles lists the files that a pattern matches, sorted.
func (in *interp) globFiles(pat string) []string {
	var parts []string
	abs := strings.HasPrefix(pat, "/")
	for p := range strings.SplitSeq(pat, "/") {
		parts = append(parts, p)
	}
	matches := []string{""}
	if abs {
		matches[0] = "/"
		parts = parts[1:]
	}
	v := in.p.View()
	for i, part := range parts {
		last := i == len(parts)-1
		var next []string
		if part == "" && !last {
			continue
		}
		for _, dir := range matches {
			in.p.step(1)
			if !hasMeta(part, in.opts.extglob) {
				name := dir + unquoteMeta(part)
				look := name
				if part == "" {
					look = name + "."
				}
				if info, err := v.Stat(look); err == nil && (last || info.IsDir()) {
					next = append(next, name)
				} else if _, err := v.Lstat(look); err == nil && last {
					next = append(next, name)
				}
				continue
			}
			next = in.globDir(next, dir, part, last)
		}
		if !last {
			for i := range next {
				next[i] += "/"
			}
		}
		matches = next
	}
	slices.Sort(matches)
	return matches
}

func (in *interp) globDir(next []string, dir, part string, last bool) []string {
	v := in.p.View()
	where := dir
	if where == "" {
		where = "."
	}
	list, err := v.ReadDir(where)
	if err != nil {
		return next
	}
	if part == "**" && in.opts.globstar {
		return in.globStar(next, dir, last, 0)
	}
	m := compilePattern(part, in.opts.extglob, in.opts.nocaseglob)
	for _, info := range list {
		name := info.Name()
		if name[0] == '.' && !in.opts.dotglob && !strings.HasPrefix(part, ".") && !strings.HasPrefix(part, `\.`) {
			continue
		}
		if !m.match(name) {
			continue
		}
		if !last {
			if st, err := v.Stat(dir + name); err != nil || !st.IsDir() {
				continue
			}
		}
		next = append(next, dir+name)
	}
	return next
}

// globStar lists a whole tree. Between slashes, ** stands for no folder, too.
func (in *interp) globStar(next []string, dir string, last bool, depth int) []string {
	v := in.p.View()
	where := dir
	if where == "" {
		where = "."
	}
	if !last {
		next = append(next, strings.TrimSuffix(dir, "/"))
	} else if depth == 0 && dir != "" {
		next = append(next, dir)
	}
	list, err := v.ReadDir(where)
	if err != nil || depth > 64 {
		return next
	}
	for _, info := range list {
		if info.Name()[0] == '.' && !in.opts.dotglob {
			continue
		}
		in.p.step(1)
		if last {
			next = append(next, dir+info.Name())
		}
		if info.IsDir() {
			next = in.globStar(next, dir+info.Name()+"/", last, depth+1)
		}
	}
	return next
}

// unquoteMeta takes the backslashes out of a pattern without operators.
func unquoteMeta(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ansiC is $'…'.
func ansiC(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		n, stop := escape(&b, s[i:], ansiEscapes)
		if stop {
			break
		}
		i += n
	}
	out := b.String()
	if i := strings.IndexByte(out, 0); i >= 0 {
		out = out[:i]
	}
	return out
}

// escapeMode says which escapes count where.
type escapeMode uint8

const (
	ansiEscapes   escapeMode = iota // $'…'
	echoEscapes                     // echo -e: \0nnn and \c
	printfEscapes                   // the format of printf: \nnn
	printfB                         // %b: as echo, but \nnn also without 0
)

// escape writes what the escape at the front of s stands for, and tells how long
// it is; stop is \c.
func escape(b *strings.Builder, s string, mode escapeMode) (n int, stop bool) {
	c := s[1]
	digits := func(from, maxLen, base int) (int, int) {
		v, i := 0, from
		for i < len(s) && i < from+maxLen {
			d := digit(s[i], 16)
			if d < 0 || d >= int64(base) {
				break
			}
			v = v*base + int(d)
			i++
		}
		return v, i
	}
	switch c {
	case 'a':
		b.WriteByte(7)
	case 'b':
		b.WriteByte(8)
	case 'e', 'E':
		b.WriteByte(27)
	case 'f':
		b.WriteByte(12)
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'v':
		b.WriteByte(11)
	case '\\':
		b.WriteByte('\\')
	case '\'', '"', '?':
		switch {
		case mode == ansiEscapes, mode == printfEscapes && c != '?', mode == printfB && c != '?':
			b.WriteByte(c)
		case mode == printfEscapes:
			b.WriteByte(c)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	case 'c':
		if mode == ansiEscapes {
			if len(s) > 2 {
				b.WriteByte(s[2] & 0x1f)
				return 3, false
			}
		}
		if mode == echoEscapes || mode == printfB {
			return 2, true
		}
		b.WriteString(`\c`)
	case 'x':
		v, end := digits(2, 2, 16)
		if end == 2 {
			b.WriteString(`\x`)
			return 2, false
		}
		b.WriteByte(byte(v))
		return end, false
	case 'u', 'U':
		width := 4
		if c == 'U' {
			width = 8
		}
		v, end := digits(2, width, 16)
		if end == 2 {
			b.WriteByte('\\')
			b.WriteByte(c)
			return 2, false
		}
		b.WriteRune(rune(v))
		return end, false
	case '0', '1', '2', '3', '4', '5', '6', '7':
		from, width := 1, 3
		if mode == echoEscapes || mode == printfB {
			if c == '0' {
				from, width = 2, 3
			} else if mode == echoEscapes {
				b.WriteByte('\\')
				b.WriteByte(c)
				return 2, false
			}
		}
		v, end := digits(from, width, 8)
		b.WriteByte(byte(v))
		return end, false
	default:
		b.WriteByte('\\')
		_, size := utf8.DecodeRuneInString(s[1:])
		b.WriteString(s[1 : 1+size])
		return 1 + size, false
	}
	return 2, false
}
