// Package lesson is the pane of a scenario as a lesson: pages to read with commands
// to try, questions that are asked before the packet is shown, what each interface
// has shown, and at the end an explanation that is made from the run, with the score.
//
// A lesson is a row of cards (cards.go); one of them is seen. Each kind has a file:
// page.go, question.go, watch.go, explain.go. The answers belong to this pane and are
// gone with it: who opens the scenario again begins anew.
package lesson

import (
	"fmt"
	"slices"

	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane is the lesson.
type Pane struct {
	*pane.Common
	Plain bool // lines without a cursor: keys are not spoken of, what can be chosen has numbers

	w, h     int
	cards    []card
	at       int                              // the card that is seen
	begun    int                              // steps that have begun when it was looked last
	given    map[*topology.Prediction]string  // answers as they were given, "" for skipped
	locked   map[*topology.Prediction]bool    // their step has begun: they stay as they are
	known    map[*topology.Prediction]*result // those that the run has answered in front of the reader
	reported map[*topology.Prediction]bool    // those that News told
	edit     look.Edit
	choice   int // of an open question, or the command to try, or the question on the last card
	fault    string
	scroll   pane.Scroll
	byHand   bool
	total    int // lines of the card
	room     int // and how many of them there is room for
}

// result is what the run said to a question.
type result struct {
	scenarios.Answer
	hop int // crossing where it is seen, -1 for none
}

// New makes the pane.
func New(c *pane.Common) *Pane {
	p := &Pane{Common: c, given: map[*topology.Prediction]string{}, locked: map[*topology.Prediction]bool{}, known: map[*topology.Prediction]*result{}, reported: map[*topology.Prediction]bool{}}
	p.cards = cards(c.S.Entry.Scenario)
	return p
}

// Teaches reports that there is something to read or to answer.
func (p *Pane) Teaches() bool {
	return slices.ContainsFunc(p.cards, func(c card) bool { return c.kind == page || c.kind == question })
}

// Name finds it.
func (p *Pane) Name() string { return "lesson" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("lesson", "실습")
	if right, asked, _ := p.Score(); asked > 0 {
		t += fmt.Sprintf(p.T(": %d of %d right", ": %d/%d 정답"), right, asked)
	}
	return t
}

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// Keys lists what the pane knows on its card.
func (p *Pane) Keys() []pane.Binding {
	p.follow()
	scroll := "up/k down/j pgup pgdown"
	var out []pane.Binding
	switch c := p.card(); c.kind {
	case page:
		out = p.pageKeys(c)
		if len(c.page.Try) > 0 {
			scroll = "pgup pgdown"
		}
	case question:
		out, scroll = p.questionKeys(c), "pgup pgdown"
	case watch:
		out = p.watchKeys()
	default:
		out = p.explainKeys()
		if len(p.asked()) > 0 {
			scroll = "pgup pgdown"
		}
	}
	return append(out,
		pane.Bind("left/right", p.T("back, forward in the lesson", "실습에서 뒤로, 앞으로"), pane.Always(p.leftRight)),
		pane.Bind(scroll, p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.byHand = p.scroll.Move(k.Name, p.room, p.total) })))
}

// leftRight goes a card back or on, or moves in the answer that is typed.
func (p *Pane) leftRight(k pane.Key) {
	before, text := p.edit.Before(), p.edit.Text()
	if p.Typing() && (k.Name == "left" && before != "" || k.Name == "right" && before != text) {
		p.edit.Press(k.Name, "")
		return
	}
	if k.Name == "left" {
		p.leaf(-1)
	} else {
		p.leaf(1)
	}
}

// Typing reports that keys are taken for an answer.
func (p *Pane) Typing() bool {
	c := p.card()
	return c.kind == question && !p.locked[c.ask] && c.ask.Kind != topology.AnswerChoice
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	if x := pane.Dispatch(p.Keys(), k); x != nil {
		return x
	}
	if k.Name == "ctrl+s" && p.Skip() { // also from a page: the questions can be skipped from wherever one is
		return pane.Answer{}
	}
	if p.Typing() && k.Name != "" && k.Text != "" { // a key, that is no paste
		if fault := p.sofar(p.card().ask, k.Text); fault != "" {
			p.fault = fault + p.T("; esc leaves the question, then keys work", "; esc로 질문에서 나가면 키가 동작합니다")
			return pane.Done{}
		}
	}
	if p.Typing() && p.edit.Press(k.Name, k.Text) {
		p.fault = p.sofar(p.card().ask, p.edit.Text())
		return pane.Done{}
	}
	return nil
}

// by is how a key moves a choice: up or down, among n.
func (p *Pane) by(k pane.Key, n int) {
	d := 1
	if k.Name == "up" || k.Name == "k" {
		d = -1
	}
	p.choice, p.byHand = max(0, min(p.choice+d, n-1)), false
}

// part is the lines of a card that have to be seen: from, up to but not including to.
// None have to if to is 0.
type part struct{ from, to int }

// View makes the lines. Where in the lesson one is stays in sight.
func (p *Pane) View() []look.Line {
	head := p.heading(p.w)
	lines, see := p.body(p.w)
	p.total, p.room = len(lines), max(p.h-len(head), 1)
	if !p.byHand {
		p.scroll.Top = max(0, min(see.to-p.room, see.from))
	}
	out := append(head, p.scroll.Part(lines, p.room)...)
	return out[:min(len(out), max(p.h, 0))]
}

// Lines are the card.
func (p *Pane) Lines(w int) []look.Line {
	lines, _ := p.body(w)
	return lines
}

func (p *Pane) body(w int) ([]look.Line, part) {
	p.follow()
	switch c := p.card(); c.kind {
	case page:
		return p.page(c.page, w)
	case question:
		return p.question(c, w)
	case watch:
		return p.watch(c, w)
	}
	return p.explain(w)
}

// heading says where in the lesson one is.
func (p *Pane) heading(w int) []look.Line {
	p.follow()
	var names []string
	at := 0
	for i, c := range p.cards {
		if name := p.stage(c); len(names) == 0 || name != names[len(names)-1] {
			names = append(names, name)
		}
		if i == p.at {
			at = len(names) - 1
		}
	}
	trail := func(from, to int) (l look.Line) {
		then := p.Glyph(" › ", " > ")
		if from > 0 {
			l = l.Add(look.Dim, p.Glyph("…", "~")+then)
		}
		for i := from; i < to; i++ {
			if i > from {
				l = l.Add(look.Dim, then)
			}
			if i == at {
				l = l.Add(look.Head, "["+names[i]+"]")
			} else {
				l = l.Add(look.Dim, names[i])
			}
		}
		if to < len(names) {
			l = l.Add(look.Dim, then+p.Glyph("…", "~"))
		}
		return l
	}
	from, to := at, at+1
	for grown := true; grown; { // as many around it as there is room for
		grown = false
		if to < len(names) && trail(from, to+1).Cells() <= w {
			to, grown = to+1, true
		}
		if from > 0 && trail(from-1, to).Cells() <= w {
			from, grown = from-1, true
		}
	}
	l := trail(from, to)
	if l.Cells() > w { // room for one only
		l = look.S(look.Head, fmt.Sprintf("%d/%d %s", p.at+1, len(p.cards), names[at]))
	}
	if p.h < 16 { // each line counts
		return []look.Line{l}
	}
	return []look.Line{l, {}}
}

var _ pane.Pane = (*Pane)(nil)
