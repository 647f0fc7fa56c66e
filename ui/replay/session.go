package replay

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/shell"
	"hoplab/topology"
)

// Options change how a session is opened. The zero value is the scenario as it
// is written.
type Options struct {
	Seed   *uint64 // nil is the lab's own
	Events int     // how many the history keeps; 0: MaxEvents
}

// Session is a scenario that one walks through.
type Session struct {
	Entry   *scenarios.Entry
	History History

	o      Options
	world  *world
	rec    *recorder
	inputs []Input
	typed  clock.Instant // when the last input came
	moved  clock.Instant // when something last went on that is not just waiting
	cursor int           // how many events are behind it
	lab    *topology.Lab
	net    *Net // at the start
	taps   []string
	nodes  map[string]string
	notes  []topology.Note
	err    error
	mirror *Mirror
	now    now
}

// now is what readers want to know of the world. It is taken after each piece of
// work, because the world itself may be at work.
type now struct {
	ticks  uint64
	busy   bool
	stands bool
	shells []Shell
	standing
}

// Shell is a shell as one sees it.
type Shell struct {
	NetNS  string
	Prompt string
	Ready  bool  // it waits for a line
	Done   bool  // it has ended
	Wait   bool  // what runs waits for others to do something: tcpdump, ncat -l
	Reads  bool  // what runs waits for a line that is typed
	Err    error // why it was ended; nil if it was not, or ended by itself
}

func (s *Session) look() now {
	n := now{ticks: s.world.ticks, busy: s.world.busy(), stands: s.stands(), standing: s.standing()}
	for _, t := range s.world.shells {
		n.shells = append(n.shells, Shell{t.netns, s.world.prompt(t), t.term.Ready(), t.term.Done(), t.waits(), !t.term.Ready() && t.sh.Reading(), t.sh.Err()})
	}
	return n
}

// Open builds the lab. Nothing has run when it returns.
func Open(e *scenarios.Entry, o Options) (*Session, error) {
	if o.Events == 0 {
		o.Events = MaxEvents
	}
	s := &Session{Entry: e, o: o, nodes: map[string]string{}}
	if err := s.start(); err != nil {
		return nil, err
	}
	for _, ns := range s.world.lab.Namespaces() {
		s.nodes[ns.Name] = s.world.lab.Node(ns.Name)
	}
	s.now, s.net = s.look(), NetOf(s.world.lab)
	s.lab, s.notes = s.world.lab.Topology, s.world.runner.Report().Notes
	for _, t := range s.world.runner.Report().Taps {
		s.taps = append(s.taps, t.Name())
	}
	s.mirror = &Mirror{entry: e, seed: o.Seed}
	return s, nil
}

// start makes the world that the session runs on, with nothing in it.
func (s *Session) start() error {
	rec := newRecorder()
	w, err := newWorld(s.Entry, s.options(rec))
	if err != nil {
		return err
	}
	rec.w, w.print = w, rec.printed
	w.lab.Subscribe(rec.event)
	s.world, s.rec = w, rec
	return nil
}

func (s *Session) options(rec *recorder) scenarios.Options {
	return scenarios.Options{Seed: s.o.Seed, OnDone: func(n int, rep *scenarios.StepReport) {
		rec.fresh.Done = append(rec.fresh.Done, Done{rec.events, n, rep})
	}}
}

// Close ends what still runs.
func (s *Session) Close() {
	s.world.close()
	s.mirror.close()
}

// Topology is what the lab was built from.
func (s *Session) Topology() *topology.Lab { return s.lab }

// Notes say what of the file is kept but not modelled.
func (s *Session) Notes() []topology.Note { return s.notes }

// Seed is that of the lab's chance.
func (s *Session) Seed() uint64 { return s.world.lab.Seed() }

// Start is the date that the lab's clock showed at instant 0.
func (s *Session) Start() time.Time { return s.world.lab.Time(0) }

// Lab is the lab at the end of the history. It must not be run.
func (s *Session) Lab() *sim.Lab { return s.world.lab }

// Taps are the interfaces that the scenario looks at, as NETNS:DEV, in the order in
// which its steps name them.
func (s *Session) Taps() []string { return s.taps }

// Net is the network as it is at the start; Mirror.At and NetOf show later ones.
func (s *Session) Net() *Net { return s.net }

// Node is the node that a machine or pod of the file lives on.
func (s *Session) Node(name string) string { return s.nodes[name] }

// Cursor is how many events are behind one.
func (s *Session) Cursor() int { return s.cursor }

// AtEnd reports that the cursor is behind all that has happened.
func (s *Session) AtEnd() bool { return s.cursor == len(s.History.Events) }

// Seek moves the cursor within the history.
func (s *Session) Seek(n int) { s.cursor = min(max(n, 0), len(s.History.Events)) }

// Past reports that something happened after the cursor's own tick.
func (s *Session) Past() bool {
	n := len(s.History.Events)
	return s.cursor < n && (s.cursor == 0 || s.History.Events[n-1].Tick != s.History.Tick(s.cursor))
}

// Settled moves to the end if nothing but the rest of the cursor's own tick
// stands behind it: that has happened with it. It reports whether the cursor is
// at the end.
func (s *Session) Settled() bool {
	if !s.Past() {
		s.cursor = len(s.History.Events)
	}
	return s.AtEnd()
}

// Hop is the last crossing behind the cursor, -1 for none.
func (s *Session) Hop() int { return s.History.HopAt(s.cursor) }

// Err says why the scenario broke off, nil if it did not.
func (s *Session) Err() error { return s.err }

// Step is the step of the scenario that the cursor is in, -1 before the first.
func (s *Session) Step() int {
	n := -1
	for _, m := range s.History.Marks {
		if m.Event > s.cursor || m.Event == s.cursor && !s.AtEnd() && s.cursor > 0 {
			break
		}
		if m.Input.Kind == BeginStep {
			n++
		}
	}
	return n
}

// Begun is how many steps have begun so far.
func (s *Session) Begun() int {
	n := 0
	for _, m := range s.History.Marks {
		if m.Input.Kind == BeginStep {
			n++
		}
	}
	return n
}

// Steps is how many steps the scenario has.
func (s *Session) Steps() int { return len(s.Entry.Scenario.Steps) }

// Report is that of a step, nil while it is not over at the cursor.
func (s *Session) Report(step int) *scenarios.StepReport {
	for _, d := range s.History.Done {
		if d.Step == step && d.Event <= s.cursor {
			return d.Report
		}
	}
	return nil
}

// Answers are those of the run to a step's predictions, also before it is over
// at the cursor.
func (s *Session) Answers(step int) []scenarios.Answer {
	for _, d := range s.History.Done {
		if d.Step == step {
			return d.Report.Answers
		}
	}
	return nil
}

// Busy reports that something goes on at the end of the history.
func (s *Session) Busy() bool { return s.err == nil && s.now.busy && !s.now.stands }

// Stands reports that a line in a shell goes on, but that time stands still for
// it: it needs Pass, another input, or an end.
func (s *Session) Stands() bool { return s.err == nil && s.now.busy && s.now.stands }

// Find moves the cursor forward to a goal in the history. It reports false, and
// leaves the cursor, where there is none.
func (s *Session) Find(g Goal) bool {
	for i := s.cursor; i < len(s.History.Events); i++ {
		if s.meets(&g, i) {
			s.cursor = i + 1
			return true
		}
	}
	return false
}

// Back moves the cursor back to a goal, or to the start. It reports false at the
// start.
func (s *Session) Back(g Goal) bool {
	if s.cursor == 0 {
		return false
	}
	for i := s.cursor - 2; i >= 0; i-- {
		if s.meets(&g, i) {
			s.cursor = i + 1
			return true
		}
	}
	s.cursor = 0
	return true
}

func (s *Session) meets(g *Goal, i int) bool {
	e := &s.History.Events[i]
	var last *Hop
	if e.Hop >= 0 {
		last = &s.History.Hops[e.Hop]
	}
	return g.Meets(e, last, &s.History.Journeys[e.Journey])
}

// MaxEvents is how many events a history keeps, if nobody says otherwise; then
// nothing runs on.
const MaxEvents = 400_000

// ErrEnded is a line for a shell that has ended, ErrRuns one for a program that reads
// nothing.
var (
	ErrEnded = errors.New("the shell has ended; open another one")
	ErrRuns  = errors.New("the line before still runs and reads nothing")
)

// ErrFull says that the history is full.
var ErrFull = errors.New("the history is full: nothing further is run")

// Full reports that the history keeps no more events: nothing runs on, and nothing
// that is typed arrives.
func (s *Session) Full() bool { return len(s.History.Events) >= s.o.Events }

// Work is a piece of the run: what has happened since the last one.
type Work struct {
	fresh History
	ticks int
	err   error
	idle  bool // nothing is left to happen
	now   now
}

// How much one Work does, in ticks, and in units of work of programs that take no
// time: few milliseconds, but for a loop without an end, which is on the processor
// for some tens of them.
const (
	slice     = 512
	sliceWork = 50_000
)

// Work lets the lab run on for a moment, or until an event meets the goal. The
// session's goroutine takes the result; until then nothing but reading may be
// done with the session.
func (s *Session) Work(g Goal) *Work {
	k := &Work{}
	base := len(s.rec.fresh.Events)
	worked := s.world.worked()
	for k.ticks < slice && s.world.worked() < worked+sliceWork {
		if s.rec.events >= s.o.Events {
			k.err = ErrFull
			break
		}
		if s.stands() || !s.world.tick() {
			k.idle = true
			break
		}
		k.ticks++
		met := false
		for ; base < len(s.rec.fresh.Events); base++ {
			e := &s.rec.fresh.Events[base]
			var last *Hop
			switch taken := s.rec.hops - len(s.rec.fresh.Hops); {
			case e.Hop >= taken:
				last = &s.rec.fresh.Hops[e.Hop-taken]
			case e.Hop >= 0:
				last = &s.History.Hops[e.Hop]
			}
			met = met || g.Meets(e, last, &s.rec.journeys[e.Journey])
		}
		if met {
			break
		}
	}
	if s.world.err != nil {
		k.err = s.world.err
	}
	k.fresh, k.now = s.rec.take(), s.look()
	return k
}

// How long lines in shells may go on by themselves, in the lab's time: longer
// than ping waits for a lost answer, but not for ever. What waits for others gets
// time to start, and to tell what it saw: tcpdump reads what the kernel has collected
// for 100 ms.
const (
	lineTime = 60 * time.Second
	waitTime = 120 * time.Millisecond
)

// stands reports that only lines in shells go on, and that they had their time.
func (s *Session) stands() bool {
	w := s.world
	if w.runner.Running() || w.until != 0 || w.lab.World().InFlight() > 0 {
		s.moved = w.lab.Now()
		return false
	}
	next, ok := w.lab.World().Clock.Next()
	if !ok {
		return w.typing() >= 0 // nothing will wake it
	}
	for _, t := range w.shells {
		if !t.term.Ready() && !t.waits() {
			s.moved = w.lab.Now()
			return next.Sub(s.typed) > lineTime
		}
	}
	return next.Sub(max(s.typed, s.moved)) > waitTime
}

// Take puts a piece of work into the history. The cursor stays; found reports
// whether there is more to do for a goal: it moved there, or nothing is left to
// happen.
func (s *Session) Take(k *Work, g Goal) (over bool) {
	s.merge(k.fresh)
	s.now = k.now
	if k.err != nil {
		s.err = k.err
	}
	if g.Kind != TheEnd || len(g.Breaks) > 0 {
		if s.Find(g) {
			return true
		}
	}
	if k.idle || s.err != nil {
		s.cursor = len(s.History.Events)
		return true
	}
	return false
}

func (s *Session) merge(f History) {
	h := &s.History
	h.Events = append(h.Events, f.Events...)
	h.Hops = append(h.Hops, f.Hops...)
	if len(f.Journeys) > 0 {
		h.Journeys = f.Journeys
	}
	for i, l := range f.Outputs {
		for len(h.Outputs) <= i {
			h.Outputs = append(h.Outputs, nil)
		}
		h.Outputs[i] = append(h.Outputs[i], l...)
	}
	h.Done = append(h.Done, f.Done...)
}

// Advance is Find, then Work and Take until the goal is met or nothing is left.
// It reports whether the goal was met.
func (s *Session) Advance(g Goal) bool {
	if s.Find(g) {
		return true
	}
	before := s.cursor
	s.cursor = len(s.History.Events)
	for {
		if s.Take(s.Work(g), g) {
			break
		}
		s.cursor = len(s.History.Events)
	}
	return s.cursor > before && s.cursor > 0 && s.meets(&g, s.cursor-1)
}

// Input lets something in at the end of the history. The cursor must be there:
// see Cut.
func (s *Session) Input(kind InputKind, shell int, text string) error {
	return s.input(Input{Tick: s.world.ticks, Kind: kind, Shell: shell, Text: text})
}

func (s *Session) input(in Input) error {
	if !s.AtEnd() {
		return errors.New("what comes next has happened already; cut it off first")
	}
	before := s.standing()
	before.Fed = (in.Kind == TypeLine || in.Kind == EndInput) && in.Shell >= 0 && in.Shell < len(s.world.shells) && !s.world.shells[in.Shell].term.Ready()
	if err := s.world.apply(in); err != nil {
		return err
	}
	s.inputs, s.typed = append(s.inputs, in), s.world.lab.Now()
	s.History.Marks = append(s.History.Marks, Mark{len(s.History.Events), in.Tick, in, before})
	s.merge(s.rec.take())
	s.now = s.look()
	return nil
}

// Pass lets time pass at the end of the history.
func (s *Session) Pass(d time.Duration) error {
	return s.input(Input{Tick: s.world.ticks, Kind: PassTime, For: d})
}

// Inputs are all that came from outside, in order.
func (s *Session) Inputs() []Input { return slices.Clone(s.inputs) }

// Cut forgets what happened behind the cursor: the lab is built again and brought
// to the end of the cursor's tick. The time that it takes is that of a replay.
func (s *Session) Cut() error {
	if s.AtEnd() {
		return nil
	}
	until := s.History.Tick(s.cursor)
	if s.cursor == 0 {
		until = 0
	}
	old, inputs := s.world, s.inputs
	if err := s.start(); err != nil {
		return err
	}
	old.close()
	s.History, s.inputs, s.err = History{}, nil, nil
	for {
		if n := len(s.inputs); n < len(inputs) && inputs[n].Tick == s.world.ticks && s.world.ticks < until {
			s.cursor = len(s.History.Events)
			if err := s.input(inputs[n]); err != nil {
				return fmt.Errorf("replaying: %w", err)
			}
			continue
		}
		if s.world.ticks >= until || !s.world.tick() {
			break
		}
		if s.world.ticks%slice == 0 {
			s.merge(s.rec.take())
		}
		if n := len(s.inputs); n < len(inputs) && inputs[n].Tick == s.world.ticks {
			s.merge(s.rec.take())
		}
	}
	s.merge(s.rec.take())
	s.cursor, s.now = len(s.History.Events), s.look()
	return nil
}

// Ticks is how many ticks are over at the end of the history.
func (s *Session) Ticks() uint64 { return s.now.ticks }

// Shells are those that were opened, also those that have ended.
func (s *Session) Shells() []Shell { return s.now.shells }

// Summary is what the scenario came to so far, as its run reports it. It may only
// be asked for when nothing is at work.
func (s *Session) Summary() *scenarios.Report { return s.world.runner.Report() }

// Ask calls f with shell n and the process that its next line is typed to; where
// it is not open, with what it will be once it is, on a machine. That may only be
// done when nothing is at work, and f changes nothing.
func (s *Session) Ask(n int, netns string, f func(*shell.Shell, *shell.Process)) {
	if n >= 0 && n < len(s.world.shells) {
		t := s.world.shells[n]
		p := t.term.Process()
		if r := t.sh.Reader(); r != nil && !t.term.Ready() {
			p = r
		}
		f(t.sh, p)
		return
	}
	sh, err := s.world.runner.Glance(netns)
	if err != nil {
		return
	}
	defer sh.Close()
	if p := sh.At(netns); p != nil {
		f(sh, p)
	}
}
