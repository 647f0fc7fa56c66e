package replay

import (
	"errors"
	"fmt"
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
	BeginStep  InputKind = iota // the scenario's next step
	OpenShell                   // Text: the namespace
	TypeLine                    // Shell, Text
	Interrupt                   // Shell: Ctrl-C
	CloseShell                  // Shell: Ctrl-D
	PassTime                    // For
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
}

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

// apply lets an input in. It takes a tick.
func (w *world) apply(in Input) error {
	w.ticks++
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
		if t.term.Done() {
			return errors.New("the shell has ended; open another one")
		}
		w.print(in.Shell, w.prompt(t)+in.Text+"\n")
		t.term.Start(in.Text)
	case Interrupt:
		w.print(in.Shell, "^C\n")
		t.sh.Interrupt(shell.SIGINT)
	case CloseShell:
		t.term.Close()
	}
	return nil
}

// out is where the programs of a shell write.
type out struct {
	w *world
	n int
}

// Write hands on what a program prints.
func (o out) Write(b []byte) (int, error) {
	o.w.print(o.n, string(b))
	return len(b), nil
}

func (w *world) open(netns string) error {
	o := out{w, len(w.shells)}
	sh, err := w.runner.OpenShell(shell.Options{Start: netns, Stdout: o, Stderr: o, TTY: true, MaxOutput: maxOutput})
	if err != nil {
		return err
	}
	t, err := sh.Terminal(netns)
	if err != nil {
		sh.Close()
		return err
	}
	w.shells = append(w.shells, &terminal{netns, sh, t})
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
	return w.lab.Step()
}

// prompt says where one is: root@k8s-w1:~# on a machine, pod1:~# in a pod.
func (w *world) prompt(t *terminal) string {
	p := t.term.Prompt()
	if ns := t.term.Process().NS.Name; w.lab.Node(ns) != ns {
		p = strings.TrimPrefix(p, "root@")
	}
	return p
}

// waits reports that what runs in a shell waits for others: packets that nobody
// sends do not come by letting time pass.
func (t *terminal) waits() bool {
	if t.term.Ready() {
		return false
	}
	for _, p := range t.sh.Own() {
		switch path.Base(p.Args[0]) {
		case "tcpdump", "ncat", "nc", "cat", "tail":
			return true
		}
	}
	return false
}
