package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A printer writes commands down in bash's own layout: what declare -f, type,
// jobs, BASH_COMMAND and the environment of exported functions show. Like
// print_cmd.c. Words stand as in the source, but command substitutions, which
// bash reads and prints again.
type printer struct {
	b        strings.Builder
	src      string
	indent   int
	inFunc   int
	skip     bool // the next command stands on the line at hand
	deferred []*syntax.Redirect
	heredoc  bool // a document was just printed: no semicolon
}

// commandText is a command on its own, as jobs shows it.
func commandText(src string, n syntax.Node) string {
	p := printer{src: src}
	switch n := n.(type) {
	case *syntax.Stmt:
		p.stmt(n)
	case syntax.Command:
		p.cmd(n, nil)
	}
	p.flush("")
	return p.b.String()
}

// stmtsText is a list of statements on one line, as far as bash keeps one.
func stmtsText(src string, l []*syntax.Stmt) string {
	p := printer{src: src}
	p.list(l)
	p.flush("")
	return p.b.String()
}

// functionText is a function as declare -f prints it.
func functionText(name string, f *function) string {
	p := printer{src: f.src}
	p.b.WriteString(name + " () \n{ \n")
	p.body(f.body, 4)
	return p.b.String() + "\n"
}

// functionValue is a function as the environment holds it.
func functionValue(f *function) string {
	p := printer{src: f.src}
	p.b.WriteString("() { ")
	p.body(f.body, 1)
	return p.b.String()
}

// body prints the inside of a function and its closing brace.
func (p *printer) body(st *syntax.Stmt, indent int) {
	p.inFunc++
	p.indent += indent
	block, isBlock := st.Cmd.(*syntax.Block)
	if isBlock {
		p.list(block.Stmts)
	} else {
		bare := *st
		bare.Redirs = nil
		p.stmt(&bare)
	}
	p.flush("")
	p.indent -= indent
	p.inFunc--
	p.newline("}")
	if len(st.Redirs) > 0 {
		p.redirs(st.Redirs)
	}
}

func (p *printer) put(s string) { p.b.WriteString(s) }

func (p *printer) last() byte {
	s := p.b.String()
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}

func (p *printer) newline(s string) {
	p.put("\n" + strings.Repeat(" ", p.indent) + s)
}

func (p *printer) semicolon() {
	if c := p.last(); c != '&' && c != '\n' {
		p.put(";")
	}
}

// begin is the start of a command: its indentation, unless it goes on with a line.
func (p *printer) begin() {
	if p.skip {
		p.skip = false
		return
	}
	p.put(strings.Repeat(" ", p.indent))
}

// flush prints the documents that commands so far asked for. op is what stands
// between the command and the next.
func (p *printer) flush(op string) {
	if len(p.deferred) == 0 {
		if op != "" && op != ";" {
			p.put(op)
		}
		return
	}
	if op != ";" {
		p.put(op)
	}
	p.put("\n")
	for _, r := range p.deferred {
		p.put(p.document(r))
	}
	p.deferred = nil
	p.heredoc = true
	if op != "" && op != ";" {
		p.put(" ")
	}
}

// document is the body of a here-document and its end.
func (p *printer) document(r *syntax.Redirect) string {
	text := ""
	if r.Hdoc != nil {
		text = p.source(r.Hdoc)
	}
	if r.Op == syntax.DashHdoc {
		lines := strings.Split(text, "\n")
		for i, l := range lines {
			lines[i] = strings.TrimLeft(l, "\t")
		}
		text = strings.Join(lines, "\n")
	}
	return text[:strings.LastIndexByte(text, '\n')+1] + documentEnd(r) + "\n"
}

// documentEnd is the word that ends a here-document, without quotes.
func documentEnd(r *syntax.Redirect) string {
	var b strings.Builder
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, x := range parts {
			switch x := x.(type) {
			case *syntax.Lit:
				b.WriteString(strings.ReplaceAll(x.Value, `\`, ""))
			case *syntax.SglQuoted:
				b.WriteString(x.Value)
			case *syntax.DblQuoted:
				add(x.Parts)
			}
		}
	}
	add(r.Word.Parts)
	return b.String()
}

func (p *printer) list(l []*syntax.Stmt) {
	for i, st := range l {
		if i > 0 {
			p.connect(l[i-1].Background)
		} else if len(l) > 1 {
			p.begin()
			p.skip = true
		}
		p.stmt(st)
		if i == len(l)-1 && st.Background {
			p.flush(" &")
		}
	}
}

// connect goes from one statement of a list to the next.
func (p *printer) connect(background bool) {
	if background {
		p.flush(" &")
		p.put(" ")
		p.skip = true
		return
	}
	if len(p.deferred) > 0 {
		p.flush(";")
		p.heredoc = false
	} else if p.heredoc {
		p.heredoc = false
	} else {
		p.put(";")
	}
	if p.inFunc > 0 {
		p.put("\n")
		return
	}
	p.put(" ")
	p.skip = true
}

// stmt prints a statement without its & or semicolon.
func (p *printer) stmt(st *syntax.Stmt) {
	if st.Negated {
		p.begin()
		p.put("! ")
		p.skip = true
	}
	p.cmd(st.Cmd, st.Redirs)
}

func (p *printer) cmd(c syntax.Command, redirs []*syntax.Redirect) {
	p.begin()
	switch c := c.(type) {
	case *syntax.CallExpr:
		p.call(c)
	case *syntax.DeclClause:
		p.put(c.Variant.Value)
		for _, a := range c.Args {
			p.put(" " + p.text(a))
		}
	case *syntax.LetClause:
		p.put(p.text(c))
	case *syntax.Block:
		p.block(c.Stmts)
	case *syntax.Subshell:
		p.put("( ")
		p.skip = true
		p.list(c.Stmts)
		p.flush("")
		p.put(" )")
	case *syntax.BinaryCmd:
		p.binary(c)
	case *syntax.IfClause:
		p.ifClause(c)
	case *syntax.WhileClause:
		word := "while "
		if c.Until {
			word = "until "
		}
		p.put(word)
		p.skip = true
		p.list(c.Cond)
		p.flush("")
		p.semicolon()
		p.put(" do\n")
		p.inner(c.Do)
		p.semicolon()
		p.newline("done")
	case *syntax.ForClause:
		p.forHead(c)
		p.newline("do\n")
		p.inner(c.Do)
		p.semicolon()
		p.newline("done")
	case *syntax.CaseClause:
		p.caseClause(c)
	case *syntax.FuncDecl:
		if c.Name != nil {
			p.put("function " + c.Name.Value + " () \n")
			p.put(strings.Repeat(" ", p.indent) + "{ \n")
			p.body(c.Body, 4)
		}
	case *syntax.ArithmCmd:
		p.put("((" + p.slice(int(c.Left.Offset())+2, int(c.Right.Offset())) + "))")
	case *syntax.TestClause:
		p.put("[[ " + p.test(c.X) + " ]]")
	case *syntax.TimeClause:
		p.put("time ")
		if c.PosixFormat {
			p.put("-p ")
		}
		if c.Stmt != nil {
			p.skip = true
			p.stmt(c.Stmt)
		}
	case *syntax.CoprocClause:
		name := "COPROC"
		if c.Name != nil {
			name = p.text(c.Name)
		}
		p.put("coproc " + name + " ")
		p.skip = true
		p.stmt(c.Stmt)
	}
	if len(redirs) > 0 {
		if c == nil {
			p.redirsAt(redirs)
		} else {
			p.redirs(redirs)
		}
	}
}

// inner prints the body of a compound command.
func (p *printer) inner(l []*syntax.Stmt) {
	p.indent += 4
	p.list(l)
	p.flush("")
	p.indent -= 4
}

func (p *printer) block(l []*syntax.Stmt) {
	p.put("{ ")
	if p.inFunc == 0 {
		p.skip = true
		p.list(l)
		p.flush("")
		p.semicolon()
		p.put(" }")
		return
	}
	p.put("\n")
	p.inner(l)
	p.newline("}")
}

func (p *printer) call(c *syntax.CallExpr) {
	for i, a := range c.Assigns {
		if i > 0 {
			p.put(" ")
		}
		p.put(p.text(a))
	}
	for i, w := range c.Args {
		if i > 0 || len(c.Assigns) > 0 {
			p.put(" ")
		}
		p.put(p.text(w))
	}
}

func (p *printer) binary(c *syntax.BinaryCmd) {
	p.skip = true
	x := c.X
	op := " | "
	switch c.Op {
	case syntax.AndStmt:
		op = " && "
	case syntax.OrStmt:
		op = " || "
	case syntax.PipeAll: // 2>&1 behind the command's own redirections
		p.stmt(x)
		p.put(" 2>&1")
	}
	if c.Op != syntax.PipeAll {
		p.stmt(x)
	}
	if op == " | " {
		p.flush(" |")
		p.put(" ")
	} else {
		p.flush(op)
	}
	p.skip = true
	p.stmt(c.Y)
}

func (p *printer) ifClause(c *syntax.IfClause) {
	p.put("if ")
	p.skip = true
	p.list(c.Cond)
	p.flush("")
	p.semicolon()
	p.put(" then\n")
	p.inner(c.Then)
	if e := c.Else; e != nil {
		p.semicolon()
		p.newline("else\n")
		if len(e.Cond) == 0 {
			p.inner(e.Then)
		} else {
			p.indent += 4
			p.begin()
			p.ifClause(e)
			p.indent -= 4
		}
	}
	p.semicolon()
	p.newline("fi")
}

// forHead is what stands before do.
func (p *printer) forHead(c *syntax.ForClause) {
	switch l := c.Loop.(type) {
	case *syntax.WordIter:
		word := "for "
		if c.Select {
			word = "select "
		}
		p.put(word + l.Name.Value + " in " + p.items(l) + ";")
	case *syntax.CStyleLoop:
		p.put("for ((" + p.cParts(l, "; ") + "))")
	}
}

// items are the words that a loop goes through.
func (p *printer) items(l *syntax.WordIter) string {
	if !l.InPos.IsValid() {
		return `"$@"`
	}
	var words []string
	for _, w := range l.Items {
		words = append(words, p.text(w))
	}
	return strings.Join(words, " ")
}

// cParts are the three expressions of a loop as in C.
func (p *printer) cParts(l *syntax.CStyleLoop, sep string) string {
	parts := []string{"1", "1", "1"}
	for i, x := range []syntax.ArithmExpr{l.Init, l.Cond, l.Post} {
		if x != nil {
			parts[i] = p.text(x)
		}
	}
	return strings.Join(parts, sep)
}

func (p *printer) caseClause(c *syntax.CaseClause) {
	p.put("case " + p.text(c.Word) + " in ")
	p.indent += 4
	for _, item := range c.Items {
		p.newline("")
		for i, w := range item.Patterns {
			if i > 0 {
				p.put(" | ")
			}
			p.put(p.text(w))
		}
		p.put(")\n")
		p.inner(item.Stmts)
		op := item.Op.String()
		if item.Op == 0 || !item.OpPos.IsValid() {
			op = ";;"
		}
		p.newline(op)
	}
	p.indent -= 4
	p.newline("esac")
}

// test is the inside of [[ ]].
func (p *printer) test(x syntax.TestExpr) string {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return "( " + p.test(x.X) + " )"
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return "! " + p.test(x.X)
		}
		if w, ok := x.X.(*syntax.Word); ok {
			return x.Op.String() + " " + p.text(w)
		}
		return x.Op.String() + " " + p.test(x.X)
	case *syntax.BinaryTest:
		if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
			return p.test(x.X) + " " + x.Op.String() + " " + p.test(x.Y)
		}
		op := p.slice(int(x.OpPos.Offset()), int(x.OpPos.Offset())+len(x.Op.String()))
		if x.Op == syntax.TsMatchShort && op != "=" || op == "" {
			op = x.Op.String()
		}
		return p.text(x.X) + " " + op + " " + p.text(x.Y)
	case *syntax.Word:
		return "-n " + p.text(x)
	}
	return ""
}

func (p *printer) redirs(l []*syntax.Redirect) {
	p.put(" ")
	p.redirsAt(l)
}

func (p *printer) redirsAt(l []*syntax.Redirect) {
	for i, r := range l {
		if i > 0 {
			p.put(" ")
		}
		p.put(p.redirect(r))
		if r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc {
			p.deferred = append(p.deferred, r)
		}
	}
}

// redirect is one redirection: the number of its descriptor where it is not the
// usual one, or where the operator is about descriptors.
func (p *printer) redirect(r *syntax.Redirect) string {
	n := ""
	if r.N != nil {
		n = r.N.Value
	}
	word := p.text(r.Word)
	switch r.Op {
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob:
		if n == "1" {
			n = ""
		}
		op := r.Op.String()
		if r.Op == syntax.RdrClob {
			op = ">|"
		}
		return n + op + " " + word
	case syntax.RdrIn, syntax.WordHdoc:
		if n == "0" {
			n = ""
		}
		return n + r.Op.String() + " " + word
	case syntax.RdrInOut:
		if n == "" {
			n = "0"
		}
		if n == "1" {
			n = ""
		}
		return n + "<> " + word
	case syntax.Hdoc, syntax.DashHdoc:
		if n == "0" {
			n = ""
		}
		return n + r.Op.String() + word
	case syntax.DplIn, syntax.DplOut:
		std := "1"
		if r.Op == syntax.DplIn {
			std = "0"
		}
		number := word == "-" || word != "" && strings.Trim(word, "0123456789") == ""
		switch {
		case word == "-":
			if n == "" {
				n = std
			}
			return n + ">&-"
		case number && n == "":
			n = std
		case n == std && !number:
			n = ""
		}
		return n + r.Op.String() + word
	case syntax.RdrAll:
		return "&> " + word
	case syntax.AppAll:
		return "&>> " + word
	}
	return n + r.Op.String() + word
}

// slice is a part of the source.
func (p *printer) slice(from, to int) string {
	if from < 0 || to > len(p.src) || from > to {
		return ""
	}
	return p.src[from:to]
}

// source is a node as it was written.
func (p *printer) source(n syntax.Node) string {
	if n == nil || !n.Pos().IsValid() || !n.End().IsValid() {
		return ""
	}
	return p.slice(int(n.Pos().Offset()), int(n.End().Offset()))
}

// text is a word, or a part of one, as bash prints it.
func (p *printer) text(n syntax.Node) string {
	type span struct {
		from, to int
		text     string
	}
	var spans []span
	inBackquotes := 0
	syntax.Walk(n, func(x syntax.Node) bool {
		open, shut, stmts := "$(", ")", []*syntax.Stmt(nil)
		switch x := x.(type) {
		case *syntax.CmdSubst:
			if x.Backquotes || x.TempFile || x.ReplyVar || inBackquotes > 0 {
				return false
			}
			stmts = x.Stmts
		case *syntax.ProcSubst:
			open, stmts = x.Op.String(), x.Stmts
		default:
			return true
		}
		spans = append(spans, span{int(x.Pos().Offset()), int(x.End().Offset()), open + stmtsText(p.src, stmts) + shut})
		return false
	})
	slices.SortStableFunc(spans, func(a, b span) int { return a.from - b.from })
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if !n.Pos().IsValid() || to > len(p.src) || from > to {
		return printed(n)
	}
	var b strings.Builder
	for _, s := range spans {
		if s.from < from || s.to > to {
			continue
		}
		b.WriteString(p.joined(from, s.from))
		b.WriteString(s.text)
		from = s.to
	}
	b.WriteString(p.joined(from, to))
	return b.String()
}

// joined is a part of the source whose lines are joined where a backslash ends
// them.
func (p *printer) joined(from, to int) string {
	return strings.ReplaceAll(p.slice(from, to), "\\\n", "")
}

// printed is a node whose source is gone.
func printed(n syntax.Node) string {
	if x, ok := n.(syntax.ArithmExpr); ok {
		return exprText(x)
	}
	var b strings.Builder
	if syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, n) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}
