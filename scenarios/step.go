package scenarios

import (
	"fmt"
	"time"

	"hoplab/sim"
	"hoplab/sim/clock"
)

// begun is a step that runs: its command until it has ended, then the frames
// that are still on wires, then the time that the step waits.
type begun struct {
	n       int
	step    *step
	report  *StepReport
	journal *journal
	cancel  func() // no longer looks at events

	desk     *desk         // nil without a command
	deadline clock.Instant // of the command
	worked   int           // by the desk before
	phase    phase
	until    clock.Instant // of the phase
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
	if s.Run.Text != "" {
		rep.In = s.netns
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
	if s.Run.Text != "" {
		longest := r.o.MaxTime
		if longest == 0 {
			longest = DefaultMaxTime
		}
		b.deadline = r.lab.Now().Add(longest)
		var err error
		if b.desk, err = r.sitDown(s.netns); err != nil {
			r.stop()
			b.cancel()
			if r.lab.Namespace(s.netns) == nil {
				return false, s.Run.Pos.Errorf("", "%s: %s is not there any more: a step before has deleted it", firstLine(s.Run.Text), s.netns)
			}
			return false, s.Run.Pos.Errorf("", "%s: %v", firstLine(s.Run.Text), err)
		}
		b.worked = b.desk.sh.Worked()
		b.desk.term.Start(s.Run.Text)
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
	return r.begun.report.text(true, true)
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
		if b.desk != nil && !b.desk.over() && some && next <= b.deadline && b.desk.sh.Worked() <= b.worked+r.maxWork() {
			return false, r.count(b)
		}
		if err := r.ended(b, some); err != nil {
			r.stop()
			return true, err
		}
		b.phase, b.until = phaseFlight, r.lab.Now().Add(flightTime)
		if u := clock.Instant(b.step.Until); u > r.lab.Now() && u < b.until {
			b.until = u
		}
	}
	if b.phase == phaseFlight {
		if b.desk != nil && some && next <= b.until && r.lab.World().InFlight() > 0 {
			return false, r.count(b)
		}
		b.phase, b.until = phaseWait, max(r.lab.Now().Add(b.step.Wait), clock.Instant(b.step.Until))
	}
	if b.step.Wait > 0 || b.step.Until > 0 {
		if some && next <= b.until {
			return false, r.count(b)
		}
		r.lab.RunFor(max(b.until.Sub(r.lab.Now()), 0))
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

// flightTime is how long frames that are on wires when a command has ended get to
// arrive. A step that wants more waits.
const flightTime = time.Second

// over reports that the command at the desk has ended, or was ended.
func (d *desk) over() bool { return d.term.Ready() || d.sh.Err() != nil }

func (r *Runner) maxWork() int {
	if r.o.MaxWork > 0 {
		return r.o.MaxWork
	}
	return DefaultMaxWork
}

// Worked is how much the commands of all steps have done, in units of
// shell.Shell.Worked: between two calls of Settle it may be much.
func (r *Runner) Worked() int {
	n := 0
	for _, d := range r.desks { // any order: a sum
		n += d.sh.Worked()
	}
	return n
}

// ended looks at how the command came to its end. some says that there is
// something left to happen in the lab.
func (r *Runner) ended(b *begun, some bool) error {
	d := b.desk
	if d == nil {
		return nil
	}
	if err := d.sh.Err(); err != nil {
		return b.step.Run.Pos.Errorf("", "%s: %v", firstLine(b.step.Run.Text), err)
	}
	if d.term.Ready() {
		b.report.Exit = d.term.Status()
		return nil
	}
	defer d.sh.Close()
	const advice = "give it an end, such as ping -c 3, or put & behind it and it goes on into the next steps"
	fail := func(format string, args ...any) error {
		return b.step.Run.Pos.Errorf("", "%s: the command has not ended %s; %s", firstLine(b.step.Run.Text), fmt.Sprintf(format, args...), advice)
	}
	switch {
	case !some:
		return fail("and never will: nothing is left to happen in the lab")
	case d.sh.Worked() > b.worked+r.maxWork():
		return fail("after %d units of work, such as commands in a loop", r.maxWork())
	}
	return fail("after %v of the lab's time", b.deadline.Sub(b.report.Begin))
}

// stop breaks the scenario off.
func (r *Runner) stop() {
	if b := r.begun; b != nil {
		b.report.Output = b.report.text(true, true)
		b.cancel()
	}
	r.begun, r.next = nil, len(r.steps)
}

// judge closes the report of a step.
func (r *Runner) judge(b *begun) {
	b.cancel()
	r.begun = nil
	rep := b.report
	rep.Output, rep.End = rep.text(true, true), r.lab.Now()
	if !r.o.Blind {
		o := &outcome{lab: r.lab, journal: b.journal, report: rep}
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
