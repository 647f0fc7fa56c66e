package scenarios

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/ctl/expand"
	"hoplab/sim/shell"
	"hoplab/topology"
)

// Options change how a scenario runs. The zero value runs it as it is written.
type Options struct {
	Seed       *uint64 // nil is the lab's own
	KeepFrames bool    // fill Report.Frames with what crosses the taps

	// What a reader may follow while it happens. The event is valid only during
	// the call, and none of them may run the lab.
	OnLab   func(l *sim.Lab)              // it is built, and nothing has run
	OnStep  func(n int, s *topology.Step) // a step begins
	OnEvent func(e *sim.Event)            // in order
	OnDone  func(n int, s *StepReport)    // a step is over and judged
	OnFrame func(tap Tap, f *Frame)       // a frame crossed a tap of the step

	// Blind runs the steps without looking at what happens: nothing is judged.
	Blind bool

	MaxEvents uint64        // of one step, 0 is sim.DefaultEventLimit
	MaxTime   time.Duration // of one command in the lab's time, 0 is DefaultMaxTime
	MaxWork   int           // of one command: units of shell.Shell.Worked, 0 is DefaultMaxWork
}

// DefaultMaxTime is how long a command may run in the lab's time: one that has
// not ended by then never will, such as ping without -c.
const DefaultMaxTime = time.Hour

// DefaultMaxWork is how much a command may do: an endless loop has done it after
// some seconds.
const DefaultMaxWork = 10_000_000

// Runner runs a scenario step by step.
type Runner struct {
	scenario *topology.Scenario
	o        Options
	lab      *sim.Lab
	machines map[string]*shell.Shell // the first shell of each
	desks    map[string]*desk
	steps    []*step
	report   *Report
	next     int
	begun    *begun // the step that runs, nil between steps
}

// step is a step of the file, made ready for the lab.
type step struct {
	*topology.Step
	netns  string // where Run is typed
	taps   []int  // indexes into Report.Taps
	checks []check

	questions []*question
}

// Run builds the lab of a scenario and runs all steps. The error says what is
// wrong with the input, that something is not modelled, or that ctx ended; an
// expectation that is not met is no error. When a run breaks off, the report
// tells what ran so far.
func Run(ctx context.Context, s *topology.Scenario, b *topology.Bundle, o Options) (*Report, error) {
	r, err := NewRunner(s, b, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		if more, err := r.Step(ctx); err != nil || !more {
			return r.Report(), err
		}
	}
}

// NewRunner builds the lab of a scenario and checks every step against it.
// Nothing has run when it returns.
func NewRunner(s *topology.Scenario, b *topology.Bundle, o Options) (*Runner, error) {
	declared, err := labOf(s, b)
	if err != nil {
		return nil, err
	}
	plain, notes, err := expand.Expand(b, declared)
	if err != nil {
		return nil, err
	}
	var opts []sim.Option
	if o.Seed != nil {
		opts = append(opts, sim.WithSeed(*o.Seed))
	}
	lab, err := sim.New(plain, opts...)
	if err != nil {
		return nil, err
	}
	r := &Runner{scenario: s, o: o, lab: lab, machines: map[string]*shell.Shell{}, desks: map[string]*desk{}, report: &Report{
		Scenario: s.Name, Pos: s.Pos, Title: s.Title, Lab: plain.Name, Seed: lab.Seed(), Start: lab.Time(0), Notes: notes,
	}}
	if err := r.compile(); err != nil {
		lab.Close()
		return nil, err
	}
	if o.OnLab != nil {
		o.OnLab(lab)
	}
	return r, nil
}

// Lab is the lab that the scenario runs on.
func (r *Runner) Lab() *sim.Lab { return r.lab }

// Close ends what still runs in the lab.
func (r *Runner) Close() { r.lab.Close() }

// Report is what the run came to so far.
func (r *Runner) Report() *Report {
	r.report.End = r.lab.Now()
	r.report.Events = r.lab.World().Log.Seq()
	r.report.Accounting = r.lab.Accounting()
	return r.report
}

// compile checks all steps before the first one runs.
func (r *Runner) compile() error {
	c := &compiler{refs: refs{lab: r.lab}}
	for _, s := range r.scenario.Steps {
		path := fmt.Sprintf("spec.steps[%d]", s.Index)
		st := &step{Step: s}
		r.steps = append(r.steps, st)
		c.late = c.late || makesInterfaces(s.Run.Text)
		if s.Run.Text != "" {
			st.netns = c.command(s, path)
		} else if !s.In.IsZero() {
			_, err := c.namespace(s.In, path+".in")
			c.add(err)
		}
		for i, ref := range s.Tap {
			places, err := c.interfaces(ref, fmt.Sprintf("%s.tap[%d]", path, i))
			c.add(err)
			for _, p := range places {
				st.taps = append(st.taps, r.tap(p, c.linkType(p)))
			}
		}
		for i, x := range s.Expect {
			st.checks = append(st.checks, c.expectation(s, x, fmt.Sprintf("%s.expect[%d]", path, i)))
		}
		for i, p := range s.Predict {
			st.questions = append(st.questions, c.question(p, fmt.Sprintf("%s.predict[%d]", path, i)))
		}
	}
	if len(c.errs) > 0 {
		return c.errs
	}
	return nil
}

// tap numbers an interface that a step taps.
func (r *Runner) tap(p place, linkType int) int {
	if i := slices.IndexFunc(r.report.Taps, func(t Tap) bool { return t.NetNS == p.netns && t.Dev == p.dev }); i >= 0 {
		return i
	}
	if linkType == linkLate {
		linkType = pcap.LinkEthernet // until a frame tells
	}
	r.report.Taps = append(r.report.Taps, Tap{p.netns, p.dev, linkType})
	return len(r.report.Taps) - 1
}

// Step runs the next step and judges it. It reports false when there was none.
func (r *Runner) Step(ctx context.Context) (bool, error) {
	more, err := r.Begin()
	if err != nil || !more {
		return false, err
	}
	const often = 1 << 10 // events, or units of work, between two looks at the context
	worked := 0
	for n := 1; ; n++ {
		over, err := r.Settle()
		if err != nil {
			return false, err
		}
		if over {
			return true, nil
		}
		r.lab.Step()
		if w := r.Worked(); (n%often == 0 || w > worked+often) && ctx.Err() != nil {
			r.stop()
			return false, fmt.Errorf("scenario %s was interrupted: %w", r.scenario.Name, context.Cause(ctx))
		} else if w > worked+often {
			worked = w
		}
	}
}

// see shows an event to everybody who follows the step.
func (r *Runner) see(s *step, j *journal, e *sim.Event) {
	t := j.see(e)
	for _, c := range s.checks {
		c.see(e, t)
	}
	for _, q := range s.questions {
		q.see(e)
	}
	if r.o.OnEvent != nil {
		r.o.OnEvent(e)
	}
	if r.o.KeepFrames || r.o.OnFrame != nil {
		r.frame(s, e)
	}
}

// frame keeps the frame of a crossing if the step taps the interface.
func (r *Runner) frame(s *step, e *sim.Event) {
	dir, ok := crossing(e)
	if !ok {
		return
	}
	for _, i := range s.taps {
		tap := &r.report.Taps[i]
		if tap.Dev != e.Dev || tap.NetNS != e.NetNS {
			continue
		}
		if link := (refs{lab: r.lab}).linkType(place{tap.NetNS, tap.Dev}); link != linkLate {
			tap.LinkType = link
		}
		f := Frame{Tap: i, At: e.At, Dir: dir, Seq: e.Seq, Packet: e.Packet, Data: slices.Clone(e.Frame)}
		if r.o.KeepFrames {
			r.report.Frames = append(r.report.Frames, f)
		}
		if r.o.OnFrame != nil {
			r.o.OnFrame(*tap, &f)
		}
		return
	}
}
