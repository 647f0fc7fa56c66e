package shell

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Terminal is an interactive shell: variables, functions, directory and jobs
// stay from line to line.
type Terminal struct {
	s    *Shell
	p    *Process
	in   *interp
	line string
	busy bool
	wait waitQueue
	eof  bool
}

// Terminal starts an interactive shell in a namespace, the one of Options.Start
// if ns is empty.
func (s *Shell) Terminal(ns string) (*Terminal, error) {
	p := s.newProcess("bash")
	if ns != "" {
		p.NS = s.lab.Namespace(ns)
		if p.NS == nil {
			p.discard()
			return nil, &noNamespaceError{ns}
		}
	}
	t := &Terminal{s: s, p: p}
	p.start(func() int {
		t.in = newInterp(p, "bash", nil)
		t.in.interactive, t.in.personal = true, true
		t.in.shellPID = p.PID
		return t.loop()
	})
	return t, nil
}

// At is a process in a namespace that runs nothing, for questions such as how a
// line may go on; nil if there is no such namespace.
func (s *Shell) At(ns string) *Process {
	p := s.newProcess("bash")
	p.discard()
	p.NS = s.lab.Namespace(ns)
	if p.NS == nil {
		return nil
	}
	return p
}

type noNamespaceError struct{ name string }

// Error says so.
func (e *noNamespaceError) Error() string { return "there is no machine or pod called " + e.name }

// loop runs lines as they come.
func (t *Terminal) loop() int {
	for !t.eof {
		if !t.busy {
			t.p.block(&t.wait)
			continue
		}
		t.in.line = 0
		t.in.personally(t.line)
		t.busy = false
	}
	t.in.exitTrap(t.in.status)
	return t.in.status
}

// personally runs what a person typed: Ctrl-C ends it and not the shell, and jobs
// that have ended are told of.
func (in *interp) personally(src string) {
	scopes := len(in.scopes)
	in.lineRuns = true
	defer func() {
		in.lineRuns = false
		switch r := recover().(type) {
		case nil:
		case lineAbort:
			in.status = 128 + int(SIGINT)
			in.scopes, in.calls = in.scopes[:min(1, scopes)], nil
			in.loops, in.brk, in.cont, in.ret, in.noErr, in.nesting, in.inner, in.inTrap = 0, 0, false, false, 0, 0, 0, false
		default:
			panic(r)
		}
	}()
	in.runSource(src)
	in.ret = false
	in.runTraps()
	for _, j := range append([]*job(nil), in.jobs...) {
		if j.done() {
			fmt.Fprint(fdStream{in.p, 2}, in.jobLine(j, false))
			j.told = true
			in.forget(j)
		}
	}
}

// Run runs one line, or several, and drives the lab's clock until it is done. It
// returns the exit status. Jobs in the background stay.
func (t *Terminal) Run(line string) (int, error) {
	t.Start(line)
	err := t.s.Drive(func() bool { return t.Ready() })
	return t.Status(), err
}

// Start begins to run a line without driving the clock; Ready tells when it is
// done.
func (t *Terminal) Start(line string) {
	t.line, t.busy = line, true
	t.s.fg = t.p.pgid
	t.p.Proc.Wake()
}

// Ready says that the shell waits for the next line, or has ended.
func (t *Terminal) Ready() bool { return !t.busy && !t.eof || t.p.done }

// Done says that the shell has ended: exit.
func (t *Terminal) Done() bool { return t.p.done }

// Status is $?.
func (t *Terminal) Status() int {
	if t.p.done || t.in == nil {
		return t.p.status
	}
	return t.in.status
}

// Close ends the shell, as Ctrl-D does.
func (t *Terminal) Close() {
	t.eof = true
	t.p.Proc.Wake()
}

// Process is the shell's process: where it is, its namespace.
func (t *Terminal) Process() *Process { return t.p }

// Prompt is PS1, or what stands for it: root@k8s-w1:~#.
func (t *Terminal) Prompt() string {
	prompt, _ := t.p.Prompt()
	return prompt
}

// Prompt is what a shell shows before it reads a command. waits reports that the
// process is a shell that talks to a person and waits for one.
func (p *Process) Prompt() (prompt string, waits bool) {
	waits = p.interp != nil && p.interp.interactive && !p.interp.lineRuns
	if p.interp != nil {
		if ps1, ok := p.interp.find("PS1").value(); ok {
			return p.interp.prompt(ps1), waits
		}
	}
	return p.shell.prompt(p, `\u@\h:\w\$ `), waits
}

// Incomplete says that a line needs more: an open quote, an if without fi.
func Incomplete(line string) bool {
	if checkSource(line) != nil {
		return false
	}
	p := syntax.NewParser(syntax.Variant(syntax.LangBash))
	_, err := p.Parse(strings.NewReader(line), "")
	return err != nil && syntax.IsIncomplete(err) || strings.HasSuffix(line, "\\\n")
}

// CheckSyntax says what is wrong with the text of a script before anything of it
// runs.
func CheckSyntax(src string) error {
	if err := checkSource(src); err != nil {
		return err
	}
	_, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(src), "")
	if _, ok := quoteArith(src, err); ok {
		return nil // only running it tells
	}
	var bad syntax.ParseError
	if errors.As(err, &bad) {
		return fmt.Errorf("line %d, column %d: %s", bad.Pos.Line(), bad.Pos.Col(), bad.Text)
	}
	return err
}

func (in *interp) prompt(s string) string { return in.p.shell.prompt(in.p, s) }

// prompt expands the escapes of PS1.
func (s *Shell) prompt(p *Process, text string) string {
	var b strings.Builder
	dir := p.Dir
	home := p.Getenv("HOME")
	short := dir
	if home != "" && (dir == home || strings.HasPrefix(dir, home+"/")) {
		short = "~" + dir[len(home):]
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch text[i] {
		case 'u':
			b.WriteString("root")
		case 'h', 'H':
			b.WriteString(s.hostname(p.NS))
		case 'w':
			b.WriteString(short)
		case 'W':
			b.WriteString(short[strings.LastIndexByte(short, '/')+1:])
		case '$':
			b.WriteByte('#')
		case 's':
			b.WriteString("bash")
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteString(s.lab.Time(s.lab.Now()).Format("15:04:05"))
		case 'e':
			b.WriteByte(27)
		case '[', ']':
		default:
			b.WriteByte('\\')
			b.WriteByte(text[i])
		}
	}
	return b.String()
}
