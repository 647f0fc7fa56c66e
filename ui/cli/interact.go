package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"hoplab/sim/shell"
	"hoplab/ui/complete"
)

// LineEditor reads lines from the person at the keyboard.
type LineEditor interface {
	// Prompt shows a prompt and reads a line. The error is io.EOF for Ctrl-D
	// and errInterrupted for Ctrl-C.
	Prompt(prompt string) (string, error)
	// Remember puts a line into the history.
	Remember(line string)
	// Lend hands the terminal to the programs of the lab; TakeBack gets it
	// again.
	Lend()
	TakeBack()
	Close() error
}

// Completer finds what the word in front of pos may become: line[:pos] without
// that word, the words, and what follows.
type Completer func(line string, pos int) (head string, words []string, tail string)

// errInterrupted is Ctrl-C at the prompt.
var errInterrupted = errors.New("interrupted")

// session is an interactive shell.
type session struct {
	app     *app
	shell   *shell.Shell
	term    *shell.Terminal
	edit    LineEditor
	signals <-chan int
	speed   float64 // virtual seconds in a real one; 0: as fast as possible
	rest    []byte  // of a line that a shell inside has begun to read
}

// interact runs the shell on a terminal until exit or Ctrl-D.
func (x *session) interact(s *shell.Shell) (int, error) {
	a := x.app
	t, err := s.Terminal("")
	if err != nil {
		return 0, err
	}
	x.shell, x.term = s, t
	if x.edit = a.env.Editor(x.complete); x.edit == nil {
		x.edit = &plainEditor{a.stdin, a.out}
	}
	if err := x.run(""); err != nil { // it starts
		return 0, err
	}
	defer func() { _ = x.edit.Close() }()
	for !t.Done() {
		since := time.Now()
		line, err := x.read()
		x.pass(time.Since(since))
		switch {
		case errors.Is(err, errInterrupted):
			continue
		case errors.Is(err, io.EOF):
			fmt.Fprintln(a.out, "exit")
			t.Close()
			return t.Status(), x.settle(t.Done)
		case err != nil:
			return 1, err
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		for part := range strings.SplitSeq(line, "\n") {
			x.edit.Remember(part)
		}
		x.edit.Lend()
		err = x.run(line)
		x.edit.TakeBack()
		if err != nil {
			return 1, err
		}
	}
	return t.Status(), nil
}

// pass lets the lab's time follow that of the person who thought about a line:
// what runs in the background goes on.
func (x *session) pass(d time.Duration) {
	lab := x.shell.Lab()
	end := lab.Now().Add(time.Duration(float64(min(d, maxThought)) * x.speed))
	for {
		next, ok := lab.World().Clock.Next()
		if !ok || next > end {
			break
		}
		if sig := x.wait(0); sig != 0 {
			x.shell.Interrupt(sig)
		}
		lab.Step()
	}
	lab.RunFor(end.Sub(lab.Now()))
}

// maxThought is how much of a pause at the prompt passes in the lab.
const maxThought = 10 * time.Minute

// inputReady says that a program which reads the terminal gets something at once.
func (x *session) inputReady() bool {
	return len(x.rest) > 0 || x.app.env.Readable == nil || x.inner() != nil || x.app.env.Readable(x.app.stdin, 0)
}

// read reads a command: a line, and more of them while something is open.
func (x *session) read() (string, error) {
	text, err := x.edit.Prompt(x.where(x.term.Process()))
	for err == nil && shell.Incomplete(text+"\n") {
		var more string
		if more, err = x.edit.Prompt("> "); errors.Is(err, io.EOF) {
			return text, nil // the shell tells what is missing
		}
		text += "\n" + more
	}
	return text, err
}

// Read is what programs read from the terminal. A shell that was started from
// the shell, as by `ip netns exec pod1 bash`, gets lines with a prompt.
func (x *session) Read(b []byte) (int, error) {
	p := x.inner()
	if len(x.rest) == 0 && p != nil {
		x.edit.TakeBack()
		defer x.edit.Lend()
		line, err := x.edit.Prompt(x.where(p))
		for errors.Is(err, errInterrupted) {
			line, err = x.edit.Prompt(x.where(p))
		}
		if err != nil {
			return 0, err
		}
		if line != "" {
			x.edit.Remember(line)
		}
		x.rest = []byte(line + "\n")
	}
	if len(x.rest) == 0 {
		return x.app.stdin.Read(b)
	}
	n := copy(b, x.rest)
	x.rest = x.rest[n:]
	return n, nil
}

// inner is the shell inside that reads commands right now, nil if another
// program reads.
func (x *session) inner() *shell.Process {
	for _, p := range x.shell.Processes() {
		if !p.Proc.Running() || p == x.term.Process() {
			continue
		}
		if _, ok := p.Prompt(); ok {
			return p
		}
	}
	return nil
}

// where is the prompt of a shell.
func (x *session) where(p *shell.Process) string {
	prompt, _ := p.Prompt()
	if x.isPod(p.NS.Name) {
		prompt = strings.TrimPrefix(prompt, "root@")
	}
	return prompt
}

func (x *session) isPod(name string) bool { return x.shell.Lab().Node(name) != name }

// run runs a line.
func (x *session) run(line string) error {
	x.term.Start(line)
	return x.settle(x.term.Ready)
}

// settle lets the lab's time pass, as fast as real time does, until done says
// so.
func (x *session) settle(done func() bool) error {
	lab := x.shell.Lab()
	start, first := time.Now(), lab.Now()
	for !done() {
		next, ok := lab.World().Clock.Next()
		wait := time.Duration(-1) // for a signal
		if ok {
			wait = 0
			if x.speed > 0 {
				wait = max(0, time.Until(start.Add(time.Duration(float64(next.Sub(first))/x.speed))))
			}
		}
		if sig := x.wait(wait); sig != 0 {
			x.shell.Interrupt(sig)
			continue
		}
		if ok {
			lab.Step()
		}
	}
	return x.app.out.err
}

// keyboardPoll is how often the keyboard is asked while a program reads it.
const keyboardPoll = 20 * time.Millisecond

// wait waits for a signal, at most d; for ever if that is negative. It tells
// programs that read the terminal when a line is there.
func (x *session) wait(d time.Duration) shell.Signal {
	for x.shell.Reading() {
		turn := keyboardPoll
		if d >= 0 {
			turn = min(turn, d)
		}
		if x.app.env.Readable(x.app.stdin, turn) {
			x.shell.Typed()
			return 0
		}
		if sig := x.signal(0); sig != 0 || d == turn {
			return sig
		}
		if d > 0 {
			d -= turn
		}
	}
	return x.signal(d)
}

func (x *session) signal(d time.Duration) shell.Signal {
	if d >= 0 && d < time.Millisecond {
		select {
		case n := <-x.signals:
			return shell.Signal(n)
		default:
			return 0
		}
	}
	var timeout <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case n := <-x.signals:
		return shell.Signal(n)
	case <-timeout:
		return 0
	}
}

// complete proposes commands, files, interfaces and namespaces.
func (x *session) complete(line string, pos int) (head string, words []string, tail string) {
	return complete.Line(x.shell, x.term.Process(), line, pos)
}

// plainEditor is for terminals without line editing, and for tests.
type plainEditor struct {
	in  io.Reader
	out io.Writer
}

// Prompt reads a line byte by byte, so that programs find the rest.
func (e *plainEditor) Prompt(prompt string) (string, error) {
	if _, err := io.WriteString(e.out, prompt); err != nil {
		return "", err
	}
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := e.in.Read(b)
		switch {
		case n > 0 && b[0] == '\n':
			return strings.TrimSuffix(string(line), "\r"), nil
		case n > 0:
			line = append(line, b[0])
		case err != nil && len(line) > 0:
			return string(line), nil
		case err != nil:
			return "", err
		}
	}
}

// Remember forgets.
func (*plainEditor) Remember(string) {}

// Lend does nothing.
func (*plainEditor) Lend() {}

// TakeBack does nothing.
func (*plainEditor) TakeBack() {}

// Close does nothing.
func (*plainEditor) Close() error { return nil }
