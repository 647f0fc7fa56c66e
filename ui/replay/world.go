package replay

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/shell"
)

// InputKind says what came from outside.
type InputKind uint8

// The kinds of inputs.
const (
	BeginStep InputKind = iota // the scenario's next step
	OpenShell                  // Text: the namespace
	TypeLine                   // Shell, Text: a command, or a line for the program that reads the keyboard
	Interrupt                  // Shell: Ctrl-C
	EndInput                   // Shell: Ctrl-D, for that program or the shell
	PassTime                   // For
)

// Input is something that came from outside, and when.
type Input struct {
	Tick  uint64 // it came when so many ticks were over
	Kind  InputKind
	Shell int
	Text  string
	For   time.Duration
}

// maxOutput is how many bytes the programs of one shell may print.
const maxOutput = 8 << 20

// world is a lab that is driven: what a session and its mirror do alike. The
// same inputs at the same ticks make the same world.
type world struct {
	runner *scenarios.Runner
	lab    *sim.Lab
	shells []*terminal
	ticks  uint64
	until  clock.Instant // of PassTime, 0 for none
	print  func(shell int, text string)
	err    error // the scenario broke off
}

// terminal is one shell of a world.
type terminal struct {
	netns string
	sh    *shell.Shell
	term  *shell.Terminal
	keys  *keyboard
	open  bool // the last thing on its line is a ^C
}

// keyboard is what was typed for programs that read it. They get a line at a time,
// as from a terminal.
type keyboard struct {
	text []byte
	eof  bool // Ctrl-D behind it
}

// Read gives the next line, or a part of it.
func (k *keyboard) Read(b []byte) (int, error) {
	if len(k.text) == 0 {
		k.eof = false
		return 0, io.EOF
	}
	n := copy(b, k.text[:bytes.IndexByte(k.text, '\n')+1])
	k.text = k.text[n:]
	return n, nil
}

// ready says that Read has something to give.
func (k *keyboard) ready() bool { return len(k.text) > 0 || k.eof }

// newWorld builds the lab. o says who looks.
func newWorld(e *scenarios.Entry, o scenarios.Options) (*world, error) {
	r, err := scenarios.NewRunner(e.Scenario, e.Bundle, o)
	if err != nil {
		return nil, err
	}
	return &world{runner: r, lab: r.Lab(), print: func(int, string) {}}, nil
}

func (w *world) close() {
	for _, t := range w.shells {
		t.sh.Close()
	}
	w.runner.Close()
}

// apply lets an input in. It takes a tick, unless it cannot be.
func (w *world) apply(in Input) error {
	w.ticks++
	err := w.let(in)
	if err != nil {
		w.ticks--
	}
	return err
}

func (w *world) let(in Input) error {
	switch in.Kind {
	case BeginStep:
		_, err := w.runner.Begin()
		return err
	case OpenShell:
		return w.open(in.Text)
	case PassTime:
		w.until = w.lab.Now().Add(in.For)
		return nil
	}
	if in.Shell < 0 || in.Shell >= len(w.shells) {
		return fmt.Errorf("there is no shell %d", in.Shell+1)
	}
	t := w.shells[in.Shell]
	switch in.Kind {
	case TypeLine:
		return w.typeLine(t, in)
	case Interrupt:
		w.print(in.Shell, "^C")
		*t.keys, t.open = keyboard{}, true
		t.sh.Interrupt(shell.SIGINT)
		w.closeLines()
	case EndInput:
		return w.endInput(t, in)
	}
	return nil
}

// typeLine gives a line to the shell, or to the program that reads.
func (w *world) typeLine(t *terminal, in Input) error {
	switch {
	case t.term.Done():
		return ErrEnded
	case t.term.Ready():
		w.print(in.Shell, w.prompt(t)+in.Text+"\n")
		*t.keys = keyboard{} // what the program before has left
		t.term.Start(in.Text)
	case t.sh.Reading():
		w.print(in.Shell, w.prompt(t)+in.Text+"\n")
		t.keys.text = append(append(t.keys.text, in.Text...), '\n')
		t.sh.Typed()
	default:
		return ErrRuns
	}
	return nil
}

// endInput is Ctrl-D.
func (w *world) endInput(t *terminal, in Input) error {
	switch {
	case t.term.Done():
		return ErrEnded
	case t.term.Ready():
		w.print(in.Shell, w.prompt(t)+"exit\n")
		t.term.Close()
	case t.sh.Reading():
		w.print(in.Shell, w.prompt(t))
		t.keys.eof = true
		t.sh.Typed()
	}
	return nil
}

// out is where the programs of a shell write.
type out struct {
	w *world
	n int
}

// Write hands on what a program prints. A terminal begins no line behind the ^C: what
// is interrupted mostly does.
func (o out) Write(b []byte) (int, error) {
	if o.n < len(o.w.shells) && len(b) > 0 {
		if t := o.w.shells[o.n]; t.open {
			if t.open = false; b[0] != '\n' {
				o.w.print(o.n, "\n")
			}
		}
	}
	o.w.print(o.n, string(b))
	return len(b), nil
}

func (w *world) open(netns string) error {
	o := out{w, len(w.shells)}
	keys := &keyboard{}
	sh, err := w.runner.OpenShell(shell.Options{Start: netns, Stdin: keys, InputReady: keys.ready, Stdout: o, Stderr: o, TTY: true, MaxOutput: maxOutput})
	if err != nil {
		return err
	}
	t, err := sh.Terminal(netns)
	if err != nil {
		sh.Close()
		return err
	}
	w.shells = append(w.shells, &terminal{netns: netns, sh: sh, term: t, keys: keys})
	return nil
}

// busy reports that something goes on that is worth time: a step, a line in a
// shell, a frame on a wire, time that was asked for.
func (w *world) busy() bool {
	if w.runner.Running() || w.until != 0 || w.lab.World().InFlight() > 0 {
		return true
	}
	return w.typing() >= 0
}

// worked is how much all programs have done; see shell.Shell.Worked.
func (w *world) worked() int {
	n := w.runner.Worked()
	for _, t := range w.shells {
		n += t.sh.Worked()
	}
	return n
}

// typing is the first shell whose line is not over, -1 for none.
func (w *world) typing() int {
	for i, t := range w.shells {
		if !t.term.Ready() {
			return i
		}
	}
	return -1
}

// tick runs one event of the lab. It reports false when nothing is worth time.
func (w *world) tick() bool {
	if w.err != nil || !w.busy() {
		return false
	}
	w.ticks++
	if w.runner.Running() {
		over, err := w.runner.Settle()
		if err != nil {
			w.err = err
			return true
		}
		if over {
			return true
		}
	}
	if w.until != 0 {
		if next, ok := w.lab.World().Clock.Next(); !ok || next > w.until {
			w.lab.RunFor(w.until.Sub(w.lab.Now()))
			w.until = 0
			return true
		}
	}
	more := w.lab.Step()
	w.closeLines()
	return more
}

// closeLines begins a line where a prompt follows on a ^C, as bash does.
func (w *world) closeLines() {
	for n, t := range w.shells {
		if t.open && t.term.Ready() {
			t.open = false
			w.print(n, "\n")
		}
	}
}

// prompt says where one is, root@k8s-w1:~# on a machine and pod1:~# in a pod, of
// the shell that reads; a program that reads has none.
func (w *world) prompt(t *terminal) string {
	p := t.term.Process()
	if !t.term.Ready() {
		if p = t.sh.Reader(); p == nil {
			return ""
		}
	}
	prompt, waits := p.Prompt()
	if !waits && !t.term.Ready() {
		return ""
	}
	if ns := p.NS.Name; w.lab.Node(ns) != ns {
		prompt = strings.TrimPrefix(prompt, "root@")
	}
	return prompt
}

// waits reports that what runs in a shell waits for others: packets that nobody
// sends do not come by letting time pass.
func (t *terminal) waits() bool {
	if t.term.Ready() {
		return false
	}
	if t.sh.Reading() {
		return true
	}
	for _, p := range t.sh.Own() {
		switch path.Base(p.Args[0]) {
		case "tcpdump", "ncat", "nc", "cat", "tail":
			return true
		}
	}
	return false
}
