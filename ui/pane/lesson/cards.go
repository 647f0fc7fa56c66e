package lesson

import (
	"fmt"
	"strings"

	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/replay"
)

// kind is what a card is.
type kind uint8

const (
	page     kind = iota // something to read
	question             // asked before its step begins
	watch                // a step: what it runs, and what is seen of it
	explain              // the last one
)

// card is what is seen of a lesson at a time.
type card struct {
	kind kind
	step int // index of the step that it belongs to; of what comes after all, their number
	page *topology.Page
	ask  *topology.Prediction
}

// cards are those of a scenario, in order.
func cards(s *topology.Scenario) []card {
	var out []card
	for n, st := range s.Steps {
		for _, pg := range st.Pages {
			out = append(out, card{page, n, pg, nil})
		}
		for _, q := range st.Predict {
			out = append(out, card{question, n, nil, q})
		}
		out = append(out, card{watch, n, nil, nil})
	}
	for _, pg := range s.After {
		out = append(out, card{page, len(s.Steps), pg, nil})
	}
	return append(out, card{explain, len(s.Steps), nil, nil})
}

func (p *Pane) card() card { return p.cards[p.at] }

// stage is the name of the part of the lesson that a card is of.
func (p *Pane) stage(c card) string {
	lang := p.Lang.String()
	s := p.S.Entry.Scenario
	name := func(title topology.Text, name, other string) string {
		if t := title.In(lang); t != "" {
			return t
		}
		if name != "" {
			return name
		}
		return other
	}
	switch c.kind {
	case page:
		return name(c.page.Title, c.page.Name, p.T("Read", "읽기"))
	case question:
		return name(s.Steps[c.step].Title, s.Steps[c.step].Name, fmt.Sprintf(p.T("Step %d", "단계 %d"), c.step+1))
	case watch:
		t := p.T("Watch", "관찰")
		if len(s.Steps) > 1 {
			t += fmt.Sprintf(" %d", c.step+1)
		}
		return t
	}
	return p.T("Explain", "설명")
}

// follow brings the pane up to what has happened: it goes to a step that has begun,
// shuts its questions, and notes what has been seen of their answers.
func (p *Pane) follow() {
	n := p.S.Begun()
	if n > p.begun {
		for i, c := range p.cards {
			if c.kind == question && c.step < n {
				p.locked[c.ask] = true
			}
			if c.kind == watch && c.step == n-1 {
				p.show(i)
			}
		}
	}
	p.begun = n
	for n := range p.S.Steps() {
		for _, a := range p.S.Answers(n) {
			if p.known[a.Prediction] == nil && p.told(n, a.Event, a.Prediction) {
				r := &result{a, -1}
				if a.Event > 0 && int(a.Event) <= len(p.S.History.Events) {
					r.hop = p.S.History.Events[a.Event-1].Hop
				}
				p.known[a.Prediction] = r
			}
		}
	}
}

// told reports that the cursor is where the answer to a question is seen.
func (p *Pane) told(step int, event uint64, q *topology.Prediction) bool {
	if event > 0 && int(event) <= p.S.Cursor() && !onlyAtTheEnd(q) {
		return true
	}
	return p.S.Step() > step || p.S.Step() == step && p.over(step)
}

// onlyAtTheEnd says that nothing but the end of the step tells.
func onlyAtTheEnd(q *topology.Prediction) bool {
	return q.About != nil && (q.About.Field == "count" || q.About.Field == "seen" && q.Answer.Text == topology.AnswerAuto)
}

// over reports that a step is over, and that the cursor is behind it.
func (p *Pane) over(step int) bool {
	return step < p.S.Begun() && p.S.Report(step) != nil && (p.S.Step() > step || p.S.AtEnd())
}

// show turns to a card.
func (p *Pane) show(n int) {
	if n < 0 || n >= len(p.cards) {
		return
	}
	p.at, p.choice, p.fault, p.byHand = n, 0, "", false
	p.scroll.Top = 0
	p.edit.Set("")
	if c := p.card(); c.kind == question && !p.locked[c.ask] { // an answer can be changed
		if c.ask.Kind == topology.AnswerChoice {
			p.choice = max(choiceOf(c.ask, p.given[c.ask]), 0)
		} else {
			p.edit.Set(p.given[c.ask])
		}
	}
}

// leaf goes a card back or on, as far as one has come.
func (p *Pane) leaf(d int) {
	if n := p.at + d; n >= 0 && n < len(p.cards) && (d < 0 || p.mayLeave()) {
		p.show(n)
	}
}

// mayLeave reports that what comes after the card may be seen: a question wants an
// answer, and a step to be over.
func (p *Pane) mayLeave() bool {
	switch c := p.card(); c.kind {
	case question:
		_, answered := p.given[c.ask]
		return answered
	case watch:
		return p.over(c.step) || c.step < p.S.Begun()-1
	}
	return true
}

// Open is the question that has to be answered before the next step begins, nil if
// there is none.
func (p *Pane) Open() *topology.Prediction {
	if n := p.openCard(); n >= 0 {
		return p.cards[n].ask
	}
	return nil
}

func (p *Pane) openCard() int {
	if !p.S.AtEnd() || p.S.Busy() {
		return -1
	}
	for i, c := range p.cards {
		if c.kind != question || c.step != p.S.Begun() {
			continue
		}
		if _, answered := p.given[c.ask]; !answered {
			return i
		}
	}
	return -1
}

// Ask turns to the question that is open, if there is one.
func (p *Pane) Ask() {
	p.follow()
	if n := p.openCard(); n >= 0 && n != p.at {
		p.show(n)
	}
}

// Asks reports that a question is seen that can be answered.
func (p *Pane) Asks() bool {
	p.follow()
	c := p.card()
	return c.kind == question && !p.locked[c.ask]
}

// Turn goes a card on or back; it reports false where that is not possible.
func (p *Pane) Turn(d int) bool {
	p.follow()
	was := p.at
	p.leaf(d)
	return p.at != was
}

// Explain turns to the last card, if the lesson is over.
func (p *Pane) Explain() bool {
	if !p.Finished() {
		return false
	}
	p.follow()
	p.show(len(p.cards) - 1)
	return true
}

// Finished reports that all steps are over.
func (p *Pane) Finished() bool {
	n := p.S.Steps()
	return n == 0 || p.S.Begun() == n && p.over(n-1)
}

// Unfinished is how many answers were given, while not all are known to be right or
// wrong.
func (p *Pane) Unfinished() int {
	p.follow()
	n, open := 0, false
	for _, q := range p.asked() {
		if p.given[q] != "" {
			n++
		}
		open = open || p.known[q] == nil
	}
	if !open {
		return 0
	}
	return n
}

// Score counts answers: those that were right, those that are known by now, and
// all questions of the scenario.
func (p *Pane) Score() (right, asked, all int) {
	p.follow()
	for _, c := range p.cards {
		if c.kind != question {
			continue
		}
		all++
		given, ok := p.given[c.ask]
		r := p.known[c.ask]
		if !ok || r == nil {
			continue
		}
		asked++
		if r.Right(given) {
			right++
		}
	}
	return right, asked, all
}

// Offers reports that a line is one that the lesson offers to try.
func (p *Pane) Offers(line string) bool {
	for _, c := range p.cards {
		if c.kind != page {
			continue
		}
		for _, t := range c.page.Try {
			if t.Run.Text == strings.TrimSpace(line) {
				return true
			}
		}
	}
	return false
}

// typed reports that a line was run in a shell of a machine.
func (p *Pane) typed(netns, line string) bool {
	var shells []string
	for _, in := range p.S.Inputs() {
		switch in.Kind {
		case replay.OpenShell:
			shells = append(shells, in.Text)
		case replay.TypeLine:
			if in.Shell < len(shells) && shells[in.Shell] == netns && in.Text == line {
				return true
			}
		}
	}
	return false
}

// para is a text of several paragraphs.
func para(text string, st look.Style, w int) []look.Line {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return look.Wrap(text, st, w, 0)
}

// indented moves lines to the right.
func indented(n int, lines []look.Line) []look.Line {
	for i, l := range lines {
		lines[i] = append(look.Line{}.Add(look.Plain, strings.Repeat(" ", n)), l...)
	}
	return lines
}
