// Package maps is the pane of the network's map: pods above their node, nodes on
// their segment, routers between segments; the packet sits on the interface where
// it is, and its way so far is numbered. It shows the lab as it is at the cursor,
// with what was added, moved or taken away by commands.
//
//	plan.go    where everything stands, for a network and a width
//	trip.go    what the packet did so far, and in words what moves now
//	paint.go   the one drawn over the other
package maps

import (
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Pane draws the map.
type Pane struct {
	*pane.Common
	w, h   int
	scroll pane.Scroll
	at     int // hop of the cursor at the last view
	left   int // column of the map that the pane begins with
	total  int
	wide   int
	byHand bool
	plans  [numForms]*plan
	of     [numForms]key
}

// key says what a plan was made of.
type key struct {
	net   *replay.Net
	width int
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, at: -2} }

// Name finds it.
func (p *Pane) Name() string { return "map" }

// Title stands in its frame.
func (p *Pane) Title() string { return p.T("map", "지도") }

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		pane.Bind(pane.ScrollKeys, p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.byHand = p.scroll.Move(k.Name, p.room(), p.total) })),
		pane.Bind("left/h right/l", p.T("scroll sideways", "옆으로 스크롤"), pane.Always(p.sideways)),
	}
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action { return pane.Dispatch(p.Keys(), k) }

func (p *Pane) sideways(k pane.Key) {
	const step = 8
	d := step
	if k.Name == "left" || k.Name == "h" {
		d = -step
	}
	p.left, p.byHand = max(min(p.left+d, p.wide-p.w), 0), true
}

// captionLines is how many lines the words below the map take.
func (p *Pane) captionLines() int { return min(2, max(p.h/5, 1)) }

// room is how many lines the map has.
func (p *Pane) room() int { return max(p.h-p.captionLines(), 0) }

// plan is the one of a form for a width, made anew where something has changed.
func (p *Pane) plan(width int, f form) *plan {
	if k := (key{p.Network(), width}); p.plans[f] == nil || p.of[f] != k {
		p.plans[f], p.of[f] = planOf(k.net, width, f), k
	}
	return p.plans[f]
}

// best is the plan that tells most of those that have room, the low one if none has.
func (p *Pane) best(width, height int) *plan {
	for f := whole; f < low; f++ {
		if plan := p.plan(width, f); plan.h <= height && plan.w <= width {
			return plan
		}
	}
	return p.plan(width, low)
}

// Height is how many lines the map wants in a width, if it may have at most so many.
func (p *Pane) Height(width, most int) int { return min(p.best(width, most-2).h+2, most) }

// View makes the lines: the map, and below it what moves now. A map that is larger
// than the pane is moved so that the packet is seen.
func (p *Pane) View() []look.Line {
	plan := p.best(p.w, p.room())
	t := tripAt(p.Common)
	d := paint(p.Common, plan, t)
	lines := d.c.lines(p.ASCII)
	p.total, p.wide = len(lines), d.w
	if h := p.Hop(); h != p.at {
		p.at, p.byHand = h, false
	}
	if !p.byHand && d.hereY >= 0 {
		p.scroll.Top = min(max(p.scroll.Top, d.hereY-p.room()+2), max(d.hereY-1, 0))
		if d.hereX < p.left || d.hereX >= p.left+p.w-8 {
			p.left = max(0, min(d.hereX-p.w/2, d.w-p.w))
		}
	}
	p.left = max(0, min(p.left, d.w-p.w))
	part := p.scroll.Part(lines, p.room())
	out := make([]look.Line, 0, p.h)
	for _, l := range part {
		if p.left > 0 {
			l = l.Skip(p.left)
		}
		out = append(out, l)
	}
	return append(out, p.caption(t)...)
}

// caption says what moves now.
func (p *Pane) caption(t *trip) []look.Line {
	if t.hop == nil || p.h == 0 {
		return nil
	}
	where, what := t.caption(p.Common)
	st := p.Style(t.journey)
	if p.captionLines() == 1 {
		return []look.Line{look.Line{}.Add(st, where).Add(look.Plain, ": "+what)}
	}
	return []look.Line{look.S(st, where), look.L("  " + what)}
}

var _ pane.Pane = (*Pane)(nil)
