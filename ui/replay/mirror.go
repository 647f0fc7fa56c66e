package replay

import (
	"context"
	"fmt"
	"strings"

	"hoplab/packet"
	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/trace"
)

// Point is a moment of a session: where its mirror stops.
type Point struct {
	Event  int    // how many events are over
	tick   uint64 // in which the last of them happened
	nth    int    // of how many in this tick
	inputs []Input
}

// PointOf is the moment when n events are over, as long as its tick goes on: also
// where it is the end of the history.
func (s *Session) PointOf(n int) Point {
	p := s.Point(n)
	if p.Event == 0 {
		return p
	}
	p.tick, p.nth = s.History.Events[p.Event-1].Tick, 0
	for i := p.Event - 1; i >= 0 && s.History.Events[i].Tick == p.tick; i-- {
		p.nth++
	}
	return p
}

// Point is the moment when n events are over.
func (s *Session) Point(n int) Point {
	p := Point{Event: min(max(n, 0), len(s.History.Events)), inputs: s.inputs[:len(s.inputs):len(s.inputs)]}
	if p.Event == len(s.History.Events) {
		p.tick = s.now.ticks // with all that came after the last event
		return p
	}
	if p.Event == 0 {
		return p
	}
	p.tick = s.History.Events[p.Event-1].Tick
	for i := p.Event - 1; i >= 0 && s.History.Events[i].Tick == p.tick; i-- {
		p.nth++
	}
	return p
}

// Mirror is a second lab that gets what the session's lab got, as far as one
// wants to see. It may be used on another goroutine than its session.
type Mirror struct {
	entry  *scenarios.Entry
	seed   *uint64
	world  *world
	inputs []Input // that the world got
}

// Mirror is the session's.
func (s *Session) Mirror() *Mirror { return s.mirror }

func (m *Mirror) close() {
	if m.world != nil {
		m.world.close()
		m.world = nil
	}
}

// often is how many ticks are between two looks at a context.
const often = 1 << 12

// At calls f with the lab as it was at a point. f may read the lab and must not
// run it. When ctx ends first, f is not called.
func (m *Mirror) At(ctx context.Context, p Point, f func(*sim.Lab)) error {
	if !m.before(p) {
		m.close()
		w, err := newWorld(m.entry, scenarios.Options{Seed: m.seed, Blind: true})
		if err != nil {
			return err
		}
		m.world, m.inputs = w, nil
	}
	w := m.world
	stop := p.tick
	if p.nth > 0 {
		stop--
	}
	for n, worked := 1, w.worked(); w.ticks < stop; n++ {
		if err := m.step(p); err != nil {
			return err
		}
		if now := w.worked(); n%often == 0 || now > worked+often {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			worked = now
		}
	}
	if p.nth == 0 {
		f(w.lab)
		return nil
	}
	c := &counter{f: func(n int, _ []byte) {
		if n == p.nth {
			f(w.lab)
		}
	}}
	w.lab.World().Log.Attach(c)
	err := m.step(p)
	w.lab.World().Log.Detach(c)
	if err == nil && c.n < p.nth {
		err = fmt.Errorf("replay: tick %d had %d events, now it has %d", w.ticks, p.nth, c.n)
	}
	return err
}

// Step is one rule that a packet met.
type Step struct {
	Event   int // index in History.Events of the table's decision
	Table   string
	Chain   string
	Rule    string
	Matched bool
	Why     string // what of it held, and what did not
}

// Walk gives the rules that the packets of the tick of a point met, in order. It
// is a look into the past like At.
func (m *Mirror) Walk(ctx context.Context, s []Event, p Point) ([]Step, error) {
	if p.nth == 0 || p.Event == 0 {
		return nil, nil
	}
	first := p.Event - p.nth // index of the tick's first event
	begin := p
	begin.nth, begin.tick = 0, p.tick-1
	if err := m.At(ctx, begin, func(*sim.Lab) {}); err != nil {
		return nil, err
	}
	var steps []Step
	c := &counter{f: func(n int, frame []byte) {
		i := first + n - 1
		if i >= len(s) || s[i].Table == "" {
			return
		}
		ns := m.world.lab.Namespace(s[i].NetNS)
		if ns == nil {
			return
		}
		ip, _ := packet.ParseIPv4(frame)
		for _, x := range ns.Trail().Steps {
			steps = append(steps, Step{i, s[i].Table, x.Chain.Name, x.Rule.String(), x.Matched, x.Rule.Explain(x, ip)})
		}
	}}
	w := m.world
	w.lab.World().Log.Attach(c)
	err := m.step(p)
	w.lab.World().Log.Detach(c)
	return steps, err
}

// How much a line on a copy may do.
const (
	tryTicks = 200_000
	tryWork  = 2_000_000
)

// Try runs a line in a shell on a copy of the lab as it was at a point, which is
// thrown away: it changes nothing. netns is where the shell is if number n was not
// open yet.
func (s *Session) Try(ctx context.Context, p Point, n int, netns, line string) (string, error) {
	m := &Mirror{entry: s.Entry, seed: s.o.Seed}
	defer m.close()
	p.nth = 0 // shells come between ticks
	if err := m.At(ctx, p, func(*sim.Lab) {}); err != nil {
		return "", err
	}
	w := m.world
	if n < 0 || n >= len(w.shells) {
		if err := w.apply(Input{Kind: OpenShell, Text: netns}); err != nil {
			return "", err
		}
		n = len(w.shells) - 1
		for i := 0; i < often && !w.shells[n].term.Ready(); i++ {
			w.tick()
		}
	}
	var b strings.Builder
	w.print = func(shell int, text string) {
		if shell == n {
			b.WriteString(text)
		}
	}
	if err := w.apply(Input{Kind: TypeLine, Shell: n, Text: line}); err != nil {
		return "", err
	}
	for i, worked := 0, w.worked(); i < tryTicks && w.worked() < worked+tryWork && !w.shells[n].term.Ready(); i++ {
		if ctx.Err() != nil {
			return b.String(), context.Cause(ctx)
		}
		if !w.tick() {
			break
		}
	}
	if !w.shells[n].term.Ready() {
		b.WriteString("(…)\n")
	}
	return b.String(), nil
}

// before reports that the mirror can go on to a point.
func (m *Mirror) before(p Point) bool {
	w := m.world
	switch {
	case w == nil, w.err != nil, w.ticks > p.tick, w.ticks == p.tick && p.nth > 0, len(m.inputs) > len(p.inputs):
		return false
	}
	for i, in := range m.inputs {
		if in != p.inputs[i] {
			return false
		}
	}
	return true
}

// step is one tick: an input, or an event of the lab.
func (m *Mirror) step(p Point) error {
	w := m.world
	if n := len(m.inputs); n < len(p.inputs) && p.inputs[n].Tick == w.ticks {
		m.inputs = append(m.inputs, p.inputs[n])
		return w.apply(p.inputs[n])
	}
	if !w.tick() {
		return fmt.Errorf("replay: nothing happens after tick %d, but something did", w.ticks)
	}
	return nil
}

// counter calls f at each event with how many there were, and the packet.
type counter struct {
	n int
	f func(n int, frame []byte)
}

// Trace is trace.Sink.
func (c *counter) Trace(_ *trace.Record, _ *packet.Flow, frame []byte) {
	c.n++
	c.f(c.n, frame)
}
