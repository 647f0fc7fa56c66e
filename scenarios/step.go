package scenarios

import (
	"strings"

	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/proc"
)

// begun is a step that runs: its command until it has ended, then the frames
// that are still on wires, then the time that the step waits.
type begun struct {
	n       int
	step    *step
	report  *StepReport
	journal *journal
	cancel  func() // no longer looks at events

	proc     *proc.Proc // nil without a command
	out      strings.Builder
	deadline clock.Instant // of the command
	phase    phase
	until    clock.Instant // of the wait
	events   uint64
}

// phase is how far a step is.
type phase uint8

const (
	phaseCommand phase = iota
	phaseFlight        // frames are on wires
	phaseWait
)

// Steps is how many steps the scenario has.
func (r *Runner) Steps() int { return len(r.steps) }

// Begin starts the next step without letting time pass. It reports false when
// none is left. Then whoever drives the lab's clock calls Settle before each of
// its events until the step is over.
func (r *Runner) Begin() (bool, error) {
	if r.next == len(r.steps) {
		return false, nil
	}
	n := r.next
	r.next++
	s := r.steps[n]
	rep := &StepReport{Name: s.Name, Pos: s.Pos, Command: s.Run.Text, Begin: r.lab.Now()}
	if s.command != nil {
		rep.In = s.command.netns
	}
	r.report.Steps = append(r.report.Steps, rep)
	if r.o.OnStep != nil {
		r.o.OnStep(n, s.Step)
	}
	b := &begun{n: n, step: s, report: rep, journal: newJournal(rep.In), cancel: func() {}}
	for _, q := range s.questions {
		q.reset()
	}
	if !r.o.Blind {
		b.cancel = r.lab.Subscribe(func(e *sim.Event) { r.see(s, b.journal, e) })
	}
	if s.command != nil {
		longest := r.o.MaxTime
		if longest == 0 {
			longest = DefaultMaxTime
		}
		b.deadline = r.lab.Now().Add(longest)
		b.proc = s.command.start(r.lab, &b.out, rep)
	}
	r.begun = b
	return true, nil
}

// Running reports that a step has begun and is not over.
func (r *Runner) Running() bool { return r.begun != nil }

// Output is what the command of the step that runs has printed so far.
func (r *Runner) Output() string {
	if r.begun == nil {
		return ""
	}
	return r.begun.out.String()
}

// Settle looks whether the step that was begun is over, and judges it then. An
// error ends the scenario.
func (r *Runner) Settle() (over bool, err error) {
	b := r.begun
	if b == nil {
		return true, nil
	}
	next, some := r.lab.World().Clock.Next()
	if b.phase == phaseCommand {
		if b.proc != nil && !b.proc.Done() && some && next <= b.deadline {
			return false, r.count(b)
		}
		if err := r.ended(b); err != nil {
			r.stop()
			return true, err
		}
		b.phase = phaseFlight
	}
	if b.phase == phaseFlight {
		if b.proc != nil && some && r.lab.World().InFlight() > 0 {
			return false, r.count(b)
		}
		b.phase, b.until = phaseWait, r.lab.Now().Add(b.step.Wait)
	}
	if b.step.Wait > 0 {
		if some && next <= b.until {
			return false, r.count(b)
		}
		r.lab.RunFor(b.until.Sub(r.lab.Now()))
	}
	r.judge(b)
	return true, nil
}

// count counts an event that the step takes.
func (r *Runner) count(b *begun) error {
	most := r.o.MaxEvents
	if most == 0 {
		most = sim.DefaultEventLimit
	}
	if b.events >= most {
		r.stop()
		return &sim.EndlessError{Events: b.events}
	}
	b.events++
	return nil
}

// ended looks at how the command came to its end.
func (r *Runner) ended(b *begun) error {
	if b.proc == nil {
		return nil
	}
	if !b.proc.Done() {
		b.proc.Kill()
		return b.step.Run.Pos.Errorf("", "%s: the command has not ended after %v of the lab's time; give it an end, such as ping -c 3",
			b.step.Run.Text, b.deadline.Sub(b.report.Begin))
	}
	return b.proc.Err()
}

// stop breaks the scenario off.
func (r *Runner) stop() {
	if b := r.begun; b != nil {
		b.report.Output = b.out.String()
		b.cancel()
	}
	r.begun, r.next = nil, len(r.steps)
}

// judge closes the report of a step.
func (r *Runner) judge(b *begun) {
	b.cancel()
	r.begun = nil
	rep := b.report
	rep.Output, rep.End = b.out.String(), r.lab.Now()
	if !r.o.Blind {
		o := &outcome{journal: b.journal, ping: rep.Ping, output: rep.Output}
		for i, x := range b.step.Expect {
			rep.Expectations = append(rep.Expectations, result(x, b.step.checks[i], o))
		}
		for _, q := range b.step.questions {
			rep.Answers = append(rep.Answers, q.answer())
			if lie, ok := q.lie(); ok {
				rep.Expectations = append(rep.Expectations, lie)
			}
		}
	}
	if r.o.OnDone != nil {
		r.o.OnDone(b.n, rep)
	}
}
