package shell

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/shell/vfs"

	"mvdan.cc/sh/v3/syntax"
)

// interp is one shell: it evaluates the language as a process.
type interp struct {
	p      *Process
	name   string // $0
	params []string
	scopes []*scope
	funcs  map[string]*function
	opts   options

	status     int
	pipeStatus []int
	line       int
	current    running // for BASH_COMMAND
	source     string  // file being run
	src        string  // text that runs
	fixedLine  int     // line that a trap stands for, 0 if it counts its own
	calls      []call
	shellPID   int  // $$
	lineRuns   bool // of an interactive shell
	lastBG     int  // $!
	depth      int  // BASH_SUBSHELL
	jobs       []*job
	reaped     map[int]int // exit statuses of jobs that were forgotten
	dirs       []string

	noErr   int // set -e does not count: a condition is being evaluated
	loops   int
	brk     int // loops still to leave
	cont    bool
	ret     bool // a function or sourced file is over
	nesting int
	inner   int // nested texts: eval, source, traps
	evals   int
	sources int           // files being sourced
	asTool  bool          // a builtin that runs as a program
	text    func() string // of the command in the foreground

	traps       map[Signal]string // 0 is EXIT
	errTrap     string
	retTrap     string
	debugTrap   string
	retStatus   int // before return
	inTrap      bool
	exiting     bool
	interactive bool // it talks to a person
	personal    bool // likewise, or it is a subshell of one that does: bash's interactive_shell
	tail        bool // the next simple command is the last thing of this process

	dynamic     map[string]bool
	rand        uint32
	lastRand    int
	secondsBase int
	started     clock.Instant
	optPos      int
	memory      int
	arithDepth  int
	arithSource string
	substStatus int // of the last command substitution of a command, -1 if none
	procSubs    []int
	coprocs     []*coproc
	inherited   map[Signal]string // traps of the shell around, which trap shows until one is set here
	deaf        uint32            // signals that were ignored when the shell started
}

// options are what set and shopt switch.
type options struct {
	allexport, errexit, noglob, nounset, verbose, xtrace, noclobber, noexec, pipefail, errtrace, functrace, nobraces, monitor, posix bool

	dotglob, extglob, failglob, globstar, nullglob, nocaseglob, nocasematch, inheritErrexit bool
}

type function struct {
	body     *syntax.Stmt
	source   string
	src      string // text that it was read from
	line     int
	exported bool
	readonly bool
}

type call struct {
	name   string
	line   int
	source string
	params []string
}

// discardPanic gives up the rest of the line, as bash does after an error in an
// expansion.
type discardPanic struct{ status int }

// lineAbort ends the line of an interactive shell: Ctrl-C.
type lineAbort struct{}

// Limits of one shell.
const (
	maxCalls   = 1000    // nested calls of functions
	maxNesting = 3000    // nested commands
	maxSource  = 4 << 20 // bytes of a script
	maxParens  = 1000    // nested parentheses in a script
)

// newInterp returns a shell as the process starts it: variables come from the
// environment.
func newInterp(p *Process, name string, params []string) *interp {
	in := &interp{p: p, name: name, params: params, funcs: map[string]*function{}, traps: map[Signal]string{}, dynamic: dynamicNames(),
		reaped: map[int]int{}, shellPID: p.PID, started: p.Proc.Now(), rand: uint32(p.shell.lab.Seed())*2654435761 + uint32(p.PID)}
	in.rand &= 0x7fffffff
	p.interp = in
	p.caught = 0
	in.deaf = p.ignored
	global := newScope()
	in.scopes = []*scope{global}
	for _, kv := range p.env {
		if k, v, ok := strings.Cut(kv, "="); ok && !in.importFunction(k, v) && validName(k) {
			global.vars[k] = &variable{set: true, str: v, exported: true}
		}
	}
	put := func(name, val string) {
		if global.vars[name] == nil {
			global.vars[name] = &variable{set: true, str: val}
		}
	}
	put("IFS", " \t\n")
	global.vars["IFS"] = &variable{set: true, str: " \t\n"}
	put("PATH", defaultPath)
	put("PS4", "+ ")
	put("OPTIND", "1")
	put("OPTERR", "1")
	put("HOSTNAME", p.shell.hostname(p.NS))
	put("HOSTTYPE", "x86_64")
	put("MACHTYPE", "x86_64-pc-linux-gnu")
	put("OSTYPE", "linux-gnu")
	put("BASH", "/bin/bash")
	put("BASH_VERSION", "5.2.15(1)-release")
	put("UID", "0")
	put("EUID", "0")
	global.vars["UID"].readonly = true
	global.vars["EUID"].readonly = true
	global.vars["PPID"] = &variable{set: true, str: strconv.Itoa(p.PPID), readonly: true, integer: true}
	global.vars["BASH_VERSINFO"] = &variable{set: true, kind: indexed, readonly: true, arr: newArray([]string{"5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"})}
	global.vars["PWD"] = &variable{set: true, str: p.Dir, exported: true}
	level, _ := strconv.Atoi(in.get("SHLVL"))
	global.vars["SHLVL"] = &variable{set: true, str: strconv.Itoa(level + 1), exported: true}
	return in
}

// subshell makes a shell that is a copy of this one, in a new process that does
// not run yet.
func (in *interp) subshell() (*interp, error) {
	c, err := in.fork("bash")
	if err != nil {
		return nil, err
	}
	sub := *in
	sub.p = c
	c.interp = &sub
	sub.scopes = make([]*scope, len(in.scopes))
	for i, sc := range in.scopes {
		sub.scopes[i] = sc.fork()
	}
	sub.funcs = maps.Clone(in.funcs)
	sub.dynamic = maps.Clone(in.dynamic)
	sub.calls = slices.Clone(in.calls)
	sub.jobs, sub.reaped = nil, map[int]int{}
	sub.depth++
	sub.interactive, sub.exiting, sub.inTrap = false, false, false
	sub.procSubs, sub.coprocs = nil, nil
	sub.loops, sub.brk, sub.cont, sub.ret = 0, 0, false, false
	sub.traps = map[Signal]string{}
	if in.inherited == nil {
		sub.inherited = in.traps
	}
	for sig, t := range in.traps { // any order: a copy
		if t == "" && sig != 0 {
			sub.traps[sig] = "" // what is ignored stays so
		}
	}
	if !in.opts.errtrace {
		sub.errTrap = ""
	}
	if !in.opts.functrace {
		sub.retTrap, sub.debugTrap = "", ""
	}
	sub.memory /= 2
	return &sub, nil
}

// fork makes a child process. Where there are too many it waits for others to
// end, as bash does, and then gives up.
func (in *interp) fork(args ...string) (*Process, error) {
	for wait := time.Second; ; wait *= 2 {
		c, err := in.p.fork(args...)
		if err == nil {
			c.env = in.p.env
			if in.interactive {
				c.pgid = 0
			}
			return c, nil
		}
		if wait > 8*time.Second {
			in.errf("fork: %s", vfs.Text(err))
			return nil, err
		}
		in.errf("fork: retry: %s", vfs.Text(err))
		in.p.sleepUntil(in.p.Proc.Now().Add(wait))
	}
}

func (in *interp) now() time.Time { return in.p.shell.lab.Time(in.p.Proc.Now()) }

// prefix is what messages start with.
func (in *interp) prefix() string {
	if in.asTool {
		return ""
	}
	if in.personal {
		return "bash: "
	}
	return fmt.Sprintf("%s: line %d: ", in.name, in.line)
}

// errf prints a message.
func (in *interp) errf(format string, args ...any) { in.errfTo(in.p, format, args...) }

func (in *interp) errfTo(p *Process, format string, args ...any) {
	fmt.Fprintf(fdStream{p, 2}, "%s%s\n", in.prefix(), fmt.Sprintf(format, args...))
}

// errorf makes an error that gives up the line.
func (in *interp) errorf(format string, args ...any) error {
	return &expansionError{msg: fmt.Sprintf(format, args...)}
}

// fail prints an error of an expansion and gives up the line, or the shell.
func (in *interp) fail(err error) {
	var x *expansionError
	if !errors.As(err, &x) {
		in.errf("%s", vfs.Text(err))
		panic(discardPanic{1})
	}
	in.errf("%s", x.msg)
	in.status = 1
	if x.fatal && !in.interactive {
		if in.source == "" {
			in.exit(127)
		}
		in.exit(1)
	}
	panic(discardPanic{1})
}

// out writes to standard output.
func (in *interp) out(s string) { _, _ = io.WriteString(fdStream{in.p, 1}, s) }

// checkSource refuses text that would make the parser recurse without end.
func checkSource(src string) error {
	if len(src) > maxSource {
		return fmt.Errorf("the text is longer than %d bytes", maxSource)
	}
	depth := 0
	for i := range len(src) {
		switch src[i] {
		case '(', '{', '[', '`':
			if depth++; depth > maxParens {
				if maxDepth(src) > maxParens {
					return fmt.Errorf("parentheses are nested deeper than %d", maxParens)
				}
				return nil
			}
		case ')', '}', ']':
			depth = max(0, depth-1)
		}
	}
	return nil
}

// maxDepth counts brackets outside of quotes, line by line at the end.
func maxDepth(src string) int {
	depth, deepest := 0, 0
	for i := range len(src) {
		switch src[i] {
		case '(', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', '}':
			depth = max(0, depth-1)
		}
	}
	return deepest
}

// runSource parses and runs a text, line by line. It returns the status.
func (in *interp) runSource(src string) int {
	in.p.step(parseSteps + len(src)>>6)
	if err := checkSource(src); err != nil {
		in.errf("%v", err)
		return 2
	}
	was := in.src
	defer func() { in.src = was }()
	in.src = src
	var group []*syntax.Stmt
	parser := syntax.NewParser(syntax.Variant(syntax.LangBash))
	seen, known := 0, 0
again:
	for st, err := range statements(parser, src) {
		if err == nil {
			if seen++; seen <= known {
				continue
			}
		}
		if text, ok := quoteArith(src, err); ok {
			src, known, seen = text, max(seen, known), 0
			in.src = src
			goto again
		}
		if err != nil {
			if n := len(group); n > 0 && errorLine(err) <= lastLine(group[n-1]) {
				group = nil // nothing of a line with an error runs
			}
			if in.runLine(group) {
				return in.status
			}
			in.syntaxError(src, err)
			in.status = 2
			return 2
		}
		if n := len(group); n > 0 && st.Pos().Line() > lastLine(group[n-1]) {
			if in.runLine(group) {
				return in.status
			}
			group = nil
		}
		group = append(group, st)
	}
	in.runLine(group)
	if seen == 0 {
		in.status = 0
	}
	return in.status
}

// statements are the parser's, which some errors make call once more after it
// was told to stop.
func statements(p *syntax.Parser, src string) iter.Seq2[*syntax.Stmt, error] {
	return func(yield func(*syntax.Stmt, error) bool) {
		done := false
		p.StmtsSeq(strings.NewReader(src))(func(st *syntax.Stmt, err error) bool {
			done = done || !yield(st, err)
			return !done
		})
	}
}

// errorLine is the line that the parser complains about.
func errorLine(err error) uint {
	var pe syntax.ParseError
	var le syntax.LangError
	switch {
	case errors.As(err, &pe):
		return pe.Pos.Line()
	case errors.As(err, &le):
		return le.Pos.Line()
	}
	return 1 << 30
}

// lastLine is the line that a statement ends on.
func lastLine(st *syntax.Stmt) uint {
	n := st.End().Line()
	if st.Cmd != nil {
		n = max(n, st.Cmd.End().Line())
	}
	return n
}

// runLine runs statements that stand on one line; an error in an expansion gives
// up those behind it. It reports that the text is over: a return.
func (in *interp) runLine(l []*syntax.Stmt) (over bool) {
	defer func() {
		if r := recover(); r != nil {
			d, ok := r.(discardPanic)
			if !ok || in.inner > 0 || in.depth > 0 {
				panic(r) // up to the top level, or the end of the subshell
			}
			in.status = d.status
			in.pipeStatus = []int{d.status}
			in.loops, in.brk, in.cont, in.ret, in.noErr, in.arithDepth = 0, 0, false, false, 0, 0
			in.closeProcSubs(0)
		}
	}()
	in.stmts(l)
	return in.ret
}

// syntaxError prints what the parser found, in bash's words where they are
// known.
func (in *interp) syntaxError(src string, err error) {
	var pe syntax.ParseError
	var le syntax.LangError
	line, text := uint(in.line), err.Error()
	incomplete := false
	switch {
	case errors.As(err, &pe):
		line, text, incomplete = pe.Pos.Line(), pe.Text, pe.Incomplete
	case errors.As(err, &le):
		line, text = le.Pos.Line(), le.Feature+" is not modelled"
	}
	w := fdStream{in.p, 2}
	if incomplete {
		lines := uint(strings.Count(strings.TrimSuffix(src, "\n"), "\n") + 2)
		in.line = int(lines)
		if strings.Contains(text, "closing quote") {
			in.line = int(line)
			q := text[len(text)-1:]
			if i := strings.LastIndex(text, "`"); i > 0 {
				q = text[i-1 : i]
			}
			for _, c := range []string{`"`, "'"} {
				if strings.Contains(text, c) {
					q = c
				}
			}
			in.errf("unexpected EOF while looking for matching `%s'", q)
			return
		}
		in.errf("syntax error: unexpected end of file")
		return
	}
	in.line = int(line)
	lines := strings.Split(src, "\n")
	shown := ""
	if int(line) >= 1 && int(line) <= len(lines) {
		shown = lines[line-1]
	}
	if tok := unexpectedToken(text, shown, pe.Pos); tok != "" {
		in.errf("syntax error near unexpected token `%s'", tok)
		fmt.Fprintf(w, "%s`%s'\n", in.prefix(), shown)
		return
	}
	in.errf("syntax error: %s", text)
}

// unexpectedToken is the token at the place of an error, if it can be told.
func unexpectedToken(text, line string, pos syntax.Pos) string {
	if !pos.IsValid() || pos.Col() == 0 || int(pos.Col()) > len(line) {
		return ""
	}
	rest := line[pos.Col()-1:]
	if strings.Contains(text, "must be followed by `)`") {
		if i := strings.IndexByte(rest, '('); i >= 0 {
			rest = strings.TrimLeft(rest[i+1:], " ")
			if word := strings.TrimRight(strings.SplitN(rest, " ", 2)[0], ";&|"); word != "" {
				return word
			}
			return "newline"
		}
	}
	for _, op := range []string{"&&", "||", ";;", "|&", "&", "|", ";", "(", ")", "<", ">"} {
		if strings.HasPrefix(rest, op) {
			return op
		}
	}
	word, _, _ := strings.Cut(rest, " ")
	word = strings.TrimRight(word, ";&|()")
	switch word {
	case "then", "else", "elif", "fi", "do", "done", "esac", "}", "in":
		return word
	}
	return ""
}

// runScript runs the text of a file as the whole of the process.
func (in *interp) runScript(src string) int {
	in.source = in.name
	if strings.IndexByte(firstLineOf(src), 0) >= 0 {
		in.line = 0
		fmt.Fprintf(fdStream{in.p, 2}, "%s: %s: cannot execute binary file\n", in.name, in.name)
		return 126
	}
	return in.toplevel(func() int { return in.runSource(src) })
}

func firstLineOf(s string) string {
	s, _, _ = strings.Cut(s[:min(len(s), 80)], "\n")
	return s
}

// runCommandString is bash -c.
func (in *interp) runCommandString(src string) int {
	return in.toplevel(func() int {
		if st := in.oneCommand(src); st != nil {
			in.tail = true
			in.src = src
			in.runLine([]*syntax.Stmt{st})
			return in.status
		}
		return in.runSource(src)
	})
}

// oneCommand parses a text that is a single simple command: bash runs it in
// place of itself.
func (in *interp) oneCommand(src string) *syntax.Stmt {
	if len(src) > 4096 || checkSource(src) != nil {
		return nil
	}
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(src), "")
	if err != nil || len(f.Stmts) != 1 || f.Stmts[0].Background || f.Stmts[0].Negated {
		return nil
	}
	if _, ok := f.Stmts[0].Cmd.(*syntax.CallExpr); !ok {
		return nil
	}
	return f.Stmts[0]
}

// toplevel runs f as the whole of the process: traps and errors end here.
func (in *interp) toplevel(f func() int) (status int) {
	func() {
		defer func() {
			if r := recover(); r != nil {
				d, ok := r.(discardPanic)
				if !ok {
					panic(r)
				}
				in.status = d.status
			}
		}()
		in.status = f()
	}()
	in.runTraps()
	in.exitTrap(in.status)
	return in.status
}

// exit ends the shell.
func (in *interp) exit(status int) {
	in.status = status & 0xff
	in.exitTrap(in.status)
	panic(exitPanic{in.status})
}

func (in *interp) hasExitTrap() bool { return in.traps[0] != "" }

// exitTrap runs trap EXIT, once.
func (in *interp) exitTrap(status int) {
	t := in.traps[0]
	if t == "" || in.exiting {
		return
	}
	in.exiting = true
	delete(in.traps, 0)
	in.status = status & 0xff
	in.loops, in.brk, in.cont, in.ret = 0, 0, false, false
	in.calls = nil
	func() {
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(discardPanic); !ok {
					panic(r)
				}
			}
		}()
		in.runNested(t)
	}()
	in.status = status & 0xff
}

// trapped says that the shell has a trap for the signal.
func (in *interp) trapped(sig Signal) bool { return in.traps[sig] != "" }

// runTraps runs the traps of signals that came.
func (in *interp) runTraps() {
	for len(in.p.pending) > 0 && !in.inTrap {
		sig := in.p.pending[0]
		in.p.pending = in.p.pending[1:]
		if t := in.traps[sig]; t != "" {
			in.runTrap(t)
		}
	}
}

func (in *interp) runTrap(text string) {
	status, pipes, line := in.status, in.pipeStatus, in.line
	was, loops, brk, cont, current := in.inTrap, in.loops, in.brk, in.cont, in.current
	in.inTrap = true
	in.loops, in.brk, in.cont = 0, 0, false
	in.runNested(text)
	in.inTrap, in.loops, in.brk, in.cont, in.current = was, loops, brk, cont, current
	if !in.ret {
		in.status = status
	}
	in.pipeStatus, in.line = pipes, line
}

// stop says that control is on its way out of the list at hand.
func (in *interp) stop() bool { return in.brk > 0 || in.cont || in.ret }

func (in *interp) stmts(l []*syntax.Stmt) {
	for _, st := range l {
		in.stmt(st)
		if in.stop() {
			return
		}
	}
}

// body runs the statements of a compound command, where a process is not yet at
// its end.
func (in *interp) body(l []*syntax.Stmt) { in.stmts(l) }

// stmt runs one statement.
func (in *interp) stmt(st *syntax.Stmt) {
	if in.nesting++; in.nesting > maxNesting {
		in.errf("maximum nesting level exceeded (%d)", maxNesting)
		in.nesting = 0
		in.exit(2)
	}
	defer func() { in.nesting-- }()
	in.p.step(1)
	in.runTraps()
	if in.stop() {
		return
	}
	if in.opts.noexec && !in.interactive {
		return
	}
	tail := in.tail
	in.tail = false
	in.line = int(st.Pos().Line())
	if in.fixedLine > 0 {
		in.line = in.fixedLine
	}
	if st.Coprocess || st.Disown {
		in.errf("not modelled: coprocesses")
		in.exit(2)
	}
	if st.Background {
		in.background(st)
		return
	}
	if st.Negated {
		in.noErr++
	}
	mark := len(in.procSubs)
	if c, ok := st.Cmd.(*syntax.CallExpr); ok {
		in.tail = tail && !st.Negated && in.mayExec()
		in.simple(c, st.Redirs)
	} else if len(st.Redirs) > 0 {
		in.redirected(st)
	} else {
		in.cmd(st.Cmd)
	}
	in.closeProcSubs(mark)
	if st.Negated {
		in.noErr--
		if in.status == 0 {
			in.status = 1
		} else {
			in.status = 0
		}
		return
	}
	if in.status != 0 && !in.stop() {
		in.errexit(st)
	}
}

// mayExec says that a command may take over the process: nothing is left to do
// afterwards.
func (in *interp) mayExec() bool {
	for _, t := range in.traps { // any order: one is enough
		if t != "" {
			return false
		}
	}
	return in.errTrap == "" && !in.interactive
}

// errexit acts on a command that failed: trap ERR and set -e.
func (in *interp) errexit(st *syntax.Stmt) {
	if in.noErr > 0 {
		return
	}
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr, *syntax.Subshell, *syntax.ArithmCmd, *syntax.TestClause, *syntax.LetClause, *syntax.DeclClause:
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt || c.Op == syntax.OrStmt {
			return
		}
	case nil:
	default:
		if len(st.Redirs) == 0 {
			return
		}
	}
	if in.errTrap != "" && !in.inTrap && (len(in.calls) == 0 || in.opts.errtrace) {
		in.trapHere(in.errTrap)
	}
	if in.opts.errexit {
		in.exit(in.status)
	}
}

// redirected runs a compound command with redirections.
func (in *interp) redirected(st *syntax.Stmt) {
	saved := in.p.saveFDs()
	defer func() { in.p.restoreFDs(saved) }()
	if err := in.redirect(in.p, st.Redirs); err != nil {
		in.errf("%s", err.Error())
		in.status = 1
		return
	}
	if st.Cmd == nil {
		in.status = 0
		return
	}
	in.cmd(st.Cmd)
}

// cmd runs a command that is not a simple one.
func (in *interp) cmd(c syntax.Command) {
	switch c := c.(type) {
	case nil:
		in.status = 0
	case *syntax.CallExpr:
		in.simple(c, nil)
	case *syntax.Block:
		in.body(c.Stmts)
	case *syntax.Subshell:
		in.runs(c)
		in.runSubshell(c.Stmts)
	case *syntax.BinaryCmd:
		in.binaryCmd(c)
	case *syntax.IfClause:
		in.ifClause(c)
	case *syntax.WhileClause:
		in.while(c)
	case *syntax.ForClause:
		in.forClause(c)
	case *syntax.CaseClause:
		in.debug(c)
		in.caseClause(c)
	case *syntax.FuncDecl:
		if c.Name == nil {
			in.errf("not modelled: this kind of function")
			in.status = 2
			return
		}
		in.defineFunction(c)
	case *syntax.ArithmCmd:
		in.debug(c)
		if in.opts.xtrace {
			p := printer{src: in.src}
			in.trace("(( " + p.slice(int(c.Left.Offset())+2, int(c.Right.Offset())) + " ))")
		}
		in.arithCmd(c.X)
	case *syntax.LetClause:
		in.debug(c)
		for _, x := range c.Exprs {
			in.arithCmd(x)
		}
	case *syntax.TestClause:
		in.debug(c)
		in.testClause(c)
	case *syntax.DeclClause:
		in.debug(c)
		in.declClause(c)
	case *syntax.TimeClause:
		in.timeClause(c)
	case *syntax.CoprocClause:
		in.coprocClause(c)
	default:
		in.errf("not modelled: this kind of command")
		in.status = 2
	}
}

func (in *interp) arithCmd(x syntax.ArithmExpr) {
	if x == nil {
		in.status = 1
		return
	}
	in.arithSource = "((: " + exprText(x)
	n, err := in.arith(x)
	if err != nil {
		var e *expansionError
		if errors.As(err, &e) && e.fatal {
			in.fail(err)
		}
		msg := err.Error()
		if !strings.HasPrefix(msg, "((: ") {
			msg = "((: " + msg
		}
		in.errf("%s", msg)
		in.setStatus(1)
		return
	}
	in.setStatus(int(b2i(n == 0)))
}

func (in *interp) setStatus(n int) {
	in.status = n
	in.pipeStatus = []int{n}
}

func (in *interp) binaryCmd(c *syntax.BinaryCmd) {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		in.noErr++
		in.stmt(c.X)
		in.noErr--
		if in.stop() || (in.status == 0) != (c.Op == syntax.AndStmt) {
			return
		}
		in.stmt(c.Y)
	default:
		in.pipeline(c)
	}
}

func (in *interp) cond(l []*syntax.Stmt) bool {
	in.noErr++
	in.stmts(l)
	in.noErr--
	return in.status == 0
}

func (in *interp) ifClause(c *syntax.IfClause) {
	for ; c != nil; c = c.Else {
		if len(c.Cond) == 0 || in.cond(c.Cond) {
			if in.stop() {
				return
			}
			in.body(c.Then)
			return
		}
		if in.stop() {
			return
		}
	}
	in.status = 0
}

// loop runs the body of a loop once. It reports whether the loop goes on.
func (in *interp) loop(l []*syntax.Stmt) bool {
	in.body(l)
	return in.next()
}

func (in *interp) next() bool {
	if in.brk > 0 {
		in.brk--
		return false
	}
	if in.cont {
		in.cont = false
		return true
	}
	return !in.ret
}

func (in *interp) while(c *syntax.WhileClause) {
	in.loops++
	defer func() { in.loops = max(0, in.loops-1) }()
	status := 0
	for {
		ok := in.cond(c.Cond)
		if in.stop() {
			if !in.next() {
				return
			}
			continue
		}
		if ok == c.Until {
			break
		}
		if !in.loop(c.Do) {
			return
		}
		status = in.status
	}
	in.status = status
}

func (in *interp) forClause(c *syntax.ForClause) {
	switch l := c.Loop.(type) {
	case *syntax.WordIter:
		items := in.params
		if l.InPos.IsValid() {
			var err error
			if items, err = in.fieldsOf(l.Items); err != nil {
				in.fail(err)
			}
		}
		if len(items) == 0 {
			in.status = 0
		}
		if c.Select {
			in.selectLoop(c, l, items)
			return
		}
		in.loops++
		defer func() { in.loops = max(0, in.loops-1) }()
		for _, s := range items {
			in.debug(c)
			if in.opts.xtrace {
				in.trace("for " + l.Name.Value + " in " + wordsText(l.Items))
			}
			if err := in.set(l.Name.Value, s); err != nil {
				in.fail(err)
			}
			if !in.loop(c.Do) {
				return
			}
		}
	case *syntax.CStyleLoop:
		in.cStyle(l, c.Do)
	}
}

func (in *interp) cStyle(l *syntax.CStyleLoop, do []*syntax.Stmt) {
	eval := func(x syntax.ArithmExpr) (int64, bool) {
		if x == nil {
			return 1, true
		}
		in.debugAs(x)
		in.arithSource = "((: " + exprText(x)
		n, err := in.arith(x)
		if err != nil {
			in.errf("((: %s", strings.TrimPrefix(err.Error(), "((: "))
			in.status = 1
			return 0, false
		}
		return n, true
	}
	if _, ok := eval(l.Init); !ok {
		return
	}
	in.loops++
	defer func() { in.loops = max(0, in.loops-1) }()
	for first := true; ; first = false {
		n, ok := eval(l.Cond)
		if ok && n == 0 && first {
			in.status = 0
		}
		if !ok || n == 0 {
			return
		}
		in.p.step(1)
		if !in.loop(do) {
			return
		}
		if _, ok := eval(l.Post); !ok {
			return
		}
	}
}

func (in *interp) caseClause(c *syntax.CaseClause) {
	s, err := in.literal(c.Word)
	if err != nil {
		in.fail(err)
	}
	if in.opts.xtrace {
		in.trace("case " + wordsText([]*syntax.Word{c.Word}) + " in")
	}
	if !in.caseItems(c, s) {
		in.status = 0
	}
}

// caseItems runs what the first pattern that matches stands before. It reports
// whether there were commands.
func (in *interp) caseItems(c *syntax.CaseClause, s string) (ran bool) {
	through := false
	for _, item := range c.Items {
		if !through {
			hit := false
			for _, w := range item.Patterns {
				pat, err := in.patternOf(w)
				if err != nil {
					in.fail(err)
				}
				if in.compile(pat).match(s) {
					hit = true
					break
				}
			}
			if !hit {
				continue
			}
		}
		ran = len(item.Stmts) > 0
		in.body(item.Stmts)
		if in.stop() {
			return ran
		}
		switch item.Op {
		case syntax.Fallthrough:
			through = true
		case syntax.Resume:
			through = false
		default:
			return ran
		}
	}
	return ran
}

func (in *interp) timeClause(c *syntax.TimeClause) {
	start := in.p.Proc.Now()
	if c.Stmt != nil {
		in.stmt(c.Stmt)
	} else {
		in.status = 0
	}
	d := in.p.Proc.Now().Sub(start)
	sec := func(d time.Duration) string {
		return fmt.Sprintf("%dm%d.%03ds", int(d.Minutes()), int(d.Seconds())%60, d.Milliseconds()%1000)
	}
	if f, ok := in.find("TIMEFORMAT").value(); ok && !c.PosixFormat {
		if f != "" {
			fmt.Fprintln(fdStream{in.p, 2}, in.timeText(f, d))
		}
		return
	}
	if c.PosixFormat {
		fmt.Fprintf(fdStream{in.p, 2}, "real %.2f\nuser 0.00\nsys 0.00\n", d.Seconds())
		return
	}
	fmt.Fprintf(fdStream{in.p, 2}, "\nreal\t%s\nuser\t0m0.000s\nsys\t0m0.000s\n", sec(d))
}

// timeText is what time prints by TIMEFORMAT: %[p][l]R, and U and S, which are
// nothing on a machine whose processor takes no time; %P is the processor's share.
func (in *interp) timeText(format string, real time.Duration) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		digits, long := 3, false
		if c := format[i]; c >= '0' && c <= '9' && i+1 < len(format) {
			digits = min(int(c-'0'), 3)
			i++
		}
		if format[i] == 'l' && i+1 < len(format) {
			long = true
			i++
		}
		d := time.Duration(0)
		switch format[i] {
		case 'R':
			d = real
		case 'U', 'S':
		case 'P':
			b.WriteString("0.00")
			continue
		case '%':
			b.WriteByte('%')
			continue
		default:
			in.errf("TIMEFORMAT: `%c': invalid format character", format[i])
			return b.String()
		}
		unit := time.Second
		for range digits {
			unit /= 10
		}
		d = d.Truncate(unit)
		if long {
			fmt.Fprintf(&b, "%dm%.*fs", int(d.Minutes()), digits, (d % time.Minute).Seconds())
		} else {
			fmt.Fprintf(&b, "%.*f", digits, d.Seconds())
		}
	}
	return b.String()
}

func wordsText(l []*syntax.Word) string {
	var b strings.Builder
	for i, w := range l {
		if i > 0 {
			b.WriteByte(' ')
		}
		if syntax.NewPrinter().Print(&b, w) != nil {
			b.WriteString("…")
		}
	}
	return b.String()
}

// trace is set -x.
func (in *interp) trace(line string) {
	ps4 := in.get("PS4")
	if strings.ContainsAny(ps4, "$`") {
		in.opts.xtrace = false
		if w, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Document(strings.NewReader(ps4)); err == nil && w != nil {
			e := expander{in: in, nosplit: true}
			if e.parts(w.Parts, true) == nil {
				ps4 = e.text()
			}
		}
		in.opts.xtrace = true
	}
	if ps4 != "" {
		ps4 = strings.Repeat(ps4[:1], in.inner) + ps4
	}
	fmt.Fprintf(fdStream{in.p, 2}, "%s%s\n", ps4, line)
}

func (in *interp) traceWords(words []string) {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = quoteTrace(w)
	}
	in.trace(strings.Join(q, " "))
}

// simple runs a simple command.
func (in *interp) simple(c *syntax.CallExpr, redirs []*syntax.Redirect) {
	tail := in.tail
	in.tail = false
	in.substStatus = -1
	in.debugCall(c, redirs)
	words, err := in.fieldsOf(c.Args)
	if err != nil {
		in.fail(err)
	}
	if len(words) == 0 {
		in.assignOnly(c, redirs)
		return
	}
	name := words[0]
	if f := in.funcs[name]; f != nil {
		in.withTemp(c.Assigns, redirs, words, func() int { return in.callFunction(f, words) })
		return
	}
	if b := findBuiltin(name); b != nil {
		if name == "exec" {
			in.execBuiltin(c.Assigns, redirs, words)
			return
		}
		in.withTemp(c.Assigns, redirs, words, func() int { return b(in, words) })
		return
	}
	in.external(c, redirs, words, tail)
}

// assignOnly is a command without a word: assignments stay.
func (in *interp) assignOnly(c *syntax.CallExpr, redirs []*syntax.Redirect) {
	if len(redirs) > 0 {
		saved := in.p.saveFDs()
		err := in.redirect(in.p, redirs)
		in.p.restoreFDs(saved)
		if err != nil {
			in.errf("%s", err.Error())
			in.setStatus(1)
			return
		}
	}
	for _, a := range c.Assigns {
		if err := in.assign(a, nil); err != nil {
			in.fail(err)
		}
	}
	in.setStatus(max(0, in.substStatus))
}

// withTemp runs a function or builtin with temporary assignments and
// redirections.
func (in *interp) withTemp(assigns []*syntax.Assign, redirs []*syntax.Redirect, words []string, f func() int) {
	if len(redirs) > 0 {
		saved := in.p.saveFDs()
		defer func() { in.p.restoreFDs(saved) }()
		if err := in.redirect(in.p, redirs); err != nil {
			in.errf("%s", err.Error())
			in.setStatus(1)
			return
		}
	}
	if len(assigns) > 0 {
		sc := newScope()
		sc.temp = true
		n := len(in.scopes)
		in.scopes = append(in.scopes, sc) // later ones see the earlier
		defer func() { in.scopes = slices.Delete(in.scopes, n, n+1) }()
		for _, a := range assigns {
			if err := in.assign(a, sc); err != nil {
				in.fail(err)
			}
		}
	}
	if in.opts.xtrace {
		in.traceWords(words)
	}
	in.status = f()
	in.pipeStatus = []int{in.status}
}

func (in *interp) callFunction(f *function, words []string) int {
	if len(in.calls) >= maxCalls {
		in.errf("%s: maximum function nesting level exceeded (%d)", words[0], maxCalls)
		panic(discardPanic{1})
	}
	params, loops, line, source, src, fixed := in.params, in.loops, in.line, in.source, in.src, in.fixedLine
	in.calls = append(in.calls, call{words[0], in.line, in.source, params})
	in.params, in.loops = words[1:], 0
	in.source, in.src, in.fixedLine = f.source, f.src, 0
	n, calls := len(in.scopes), in.calls[:len(in.calls)-1]
	in.scopes = append(in.scopes, newScope())
	defer func() {
		in.scopes = in.scopes[:n]
		in.calls = calls
		in.params, in.loops, in.line, in.source, in.src, in.fixedLine = params, loops, line, source, src, fixed
	}()
	before, debug := in.retTrap, in.debugTrap
	if !in.opts.functrace {
		in.debugTrap = ""
	} else if in.debugTrap != "" {
		in.line = f.line
		in.runDebug()
	}
	in.retStatus = -1
	in.stmt(f.body)
	if in.debugTrap == "" && !in.opts.functrace {
		in.debugTrap = debug
	}
	if in.retTrap != "" && (in.opts.functrace || in.retTrap != before) {
		in.returnTrap()
	}
	in.ret = false
	return in.status
}

// external runs a command that is a program.
func (in *interp) external(c *syntax.CallExpr, redirs []*syntax.Redirect, words []string, tail bool) {
	assigns := c.Assigns
	n := len(in.scopes)
	if len(assigns) > 0 {
		sc := newScope()
		sc.temp = true
		in.scopes = append(in.scopes, sc)
		defer func() { in.scopes = slices.Delete(in.scopes, n, n+1) }()
		for _, a := range assigns {
			if err := in.assign(a, sc); err != nil {
				in.fail(err)
			}
		}
	}
	env, path := in.environ(), in.get("PATH")
	if in.opts.xtrace {
		in.traceWords(words)
	}
	if tail {
		if err := in.redirect(in.p, redirs); err != nil {
			in.errf("%s", err.Error())
			in.setStatus(1)
			return
		}
		tool, argv, ok := in.resolveCommand(in.p, words, path)
		if !ok {
			return
		}
		in.execTool(tool, argv, env)
	}
	child, err := in.fork(words...)
	if err != nil {
		in.exit(254)
	}
	child.env = env
	if err := in.redirect(child, redirs); err != nil {
		in.errfTo(child, "%s", err.Error())
		child.discard()
		in.setStatus(1)
		return
	}
	tool, argv, ok := in.resolveCommand(child, words, path)
	if !ok {
		child.discard()
		return
	}
	in.closeCoprocs(child)
	child.start(func() int { return child.runTool(tool, argv) })
	in.text = func() string { return in.stmtText(c) }
	in.waitForeground(child, nil)
}

// execTool lets a tool take over the process. It does not return.
func (in *interp) execTool(t *Tool, argv, env []string) {
	p := in.p
	p.env = env
	for sig, text := range in.traps { // any order: a set of bits
		if text == "" && sig != 0 {
			p.ignored |= 1 << sig
		}
	}
	p.interp = nil
	p.pending = nil
	panic(exitPanic{p.runTool(t, argv)})
}

// resolveCommand finds the program of a command; if there is none it says so on
// the process's stderr and sets the status.
func (in *interp) resolveCommand(p *Process, words []string, path string) (*Tool, []string, bool) {
	tool, argv, err := p.lookup(words, path)
	if err == nil {
		return tool, argv, true
	}
	var bad *badInterpreter
	switch {
	case errors.As(err, &bad):
		in.errfTo(p, "%s: cannot execute: required file not found", words[0])
		in.setStatus(127)
		return nil, nil, false
	case err == errNotFound: //nolint:errorlint // our own value
		in.errfTo(p, "%s: command not found", words[0])
	case err == vfs.EISDIR: //nolint:errorlint // our own value
		in.errfTo(p, "%s: Is a directory", words[0])
	default:
		in.errfTo(p, "%s: %s", words[0], vfs.Text(err))
	}
	in.setStatus(execStatus(err))
	return nil, nil, false
}

// assign performs one assignment: in the scope given, or where the variable is.
func (in *interp) assign(a *syntax.Assign, sc *scope) error {
	name := a.Name.Value
	if a.Naked {
		return nil
	}
	if a.Array != nil {
		v, err := in.variable(name)
		if err != nil {
			return err
		}
		if sc != nil {
			return nil // bash ignores it, too
		}
		return in.assignArray(v, name, a.Array, a.Append)
	}
	val, err := in.assigned(a.Value)
	if err != nil {
		return err
	}
	if a.Index != nil {
		if lit := wordLit(a.Index); lit == "@" || lit == "*" {
			return in.errorf("%s[%s]: bad array subscript", name, lit)
		}
		index, err := in.subscript(name, a.Index)
		if err != nil {
			return err
		}
		if in.opts.xtrace {
			in.trace(name + "[" + exprText(a.Index) + "]=" + quoteTrace(val))
		}
		return in.setElement(name, index, val, a.Append)
	}
	if in.opts.xtrace {
		op := "="
		if a.Append {
			op = "+="
		}
		in.trace(name + op + quoteTrace(val))
	}
	if sc != nil {
		if v := in.findRaw(name); v != nil && v.readonly {
			return in.errorf("%s: readonly variable", name)
		}
		if a.Append {
			val = in.get(name) + val
		}
		sc.vars[name] = &variable{set: true, str: val, exported: true}
		return nil
	}
	if a.Append {
		if in.dynamic[name] {
			return in.set(name, in.get(name)+val)
		}
		v, err := in.variable(name)
		if err != nil {
			return err
		}
		if v.kind != scalar {
			return in.putElement(v, name, "0", val, true)
		}
		if v.integer {
			val, err = in.appendValue(v, v.str, val)
			if err != nil {
				return err
			}
			return in.set(name, val)
		}
		in.checkSize(len(v.str) + len(val))
		return in.set(name, v.str+val)
	}
	return in.set(name, val)
}

// assignArray assigns (a b [3]=c).
func (in *interp) assignArray(v *variable, name string, x *syntax.ArrayExpr, more bool) error {
	type elem struct {
		index    string
		hasIndex bool
		vals     []string
	}
	var l []elem
	for _, e := range x.Elems {
		switch {
		case e.Index != nil:
			val, err := in.assigned(e.Value)
			if err != nil {
				return err
			}
			var index string
			if v.kind == assoc {
				index, err = in.keyText(e.Index)
			} else {
				index, err = in.subscript(name, e.Index)
			}
			if err != nil {
				return err
			}
			l = append(l, elem{index, true, []string{val}})
		case e.Value != nil:
			vals, err := in.fieldsOf([]*syntax.Word{e.Value})
			if err != nil {
				return err
			}
			l = append(l, elem{vals: vals})
		}
	}
	if in.opts.xtrace {
		var words []string
		for _, e := range l {
			for _, s := range e.vals {
				words = append(words, quoteTrace(s))
			}
		}
		in.trace(name + "=(" + strings.Join(words, " ") + ")")
	}
	if v.kind == assoc {
		if !more || v.m == nil {
			v.m, v.shared = newTable(), false
		}
		v.own()
		v.set = true
		var pairs []string
		for _, e := range l {
			if e.hasIndex {
				if err := in.putElement(v, name, e.index, e.vals[0], false); err != nil {
					return err
				}
			} else {
				pairs = append(pairs, e.vals...)
			}
		}
		for i := 0; i < len(pairs); i += 2 {
			val := ""
			if i+1 < len(pairs) {
				val = pairs[i+1]
			}
			v.m.put(pairs[i], val)
		}
		return nil
	}
	old := v.arr
	if v.kind == scalar && v.set && more {
		old = newArray([]string{v.str})
	}
	v.kind, v.str, v.set = indexed, "", true
	if more && old != nil {
		v.arr = old
		v.own()
		v.arr = old
		if v.shared {
			v.own()
		}
	} else {
		v.arr, v.shared = &array{}, false
	}
	next := v.arr.end()
	for _, e := range l {
		if e.hasIndex {
			n, err := strconv.ParseInt(e.index, 10, 64)
			if err != nil {
				return in.errorf("%s: %s: bad array subscript", name, e.index)
			}
			if n < 0 {
				n += v.arr.end()
			}
			next = n
		}
		for _, s := range e.vals {
			s, err := in.convert(v, s)
			if err != nil {
				return err
			}
			if err := in.account(len(s)); err != nil {
				return err
			}
			v.arr.put(next, s)
			next++
		}
	}
	return nil
}
