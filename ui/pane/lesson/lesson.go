// Package lesson is the pane of a scenario's text and its questions: asked before
// the packet is shown, answered by the run, explained from its trace.
package lesson

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane is the lesson.
type Pane struct {
	*pane.Common
	w, h   int
	given  map[string]string // answers, by question
	edit   look.Edit
	choice int
	fault  string
	scroll pane.Scroll
	byHand bool
	total  int
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, given: map[string]string{}} }

// Name finds it.
func (p *Pane) Name() string { return "lesson" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("lesson", "실습")
	if right, asked, all := p.Score(); all > 0 {
		t += fmt.Sprintf(" %d/%d", right, asked)
	}
	return t
}

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows: where a question is open, what answers it.
func (p *Pane) Keys() []pane.Binding {
	scroll := func(keys string) pane.Binding {
		return pane.Bind(keys, p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.byHand = p.scroll.Move(k.Name, p.h, p.total) }))
	}
	q := p.Open()
	if q == nil {
		return []pane.Binding{pane.Bind("enter", p.T("go on", "계속"), func(pane.Key) pane.Action { return pane.Enter{} }), scroll(pane.ScrollKeys)}
	}
	out := []pane.Binding{
		pane.Bind("enter", p.T("answer", "답하기"), func(pane.Key) pane.Action { return p.enter(q) }),
		pane.Bind("ctrl+s", p.T("skip the question", "질문 건너뛰기"), func(pane.Key) pane.Action { return p.answer(q, "") }),
		scroll("pgup pgdown"),
	}
	if q.Kind != topology.AnswerChoice {
		return append(out, p.Editing())
	}
	return append([]pane.Binding{
		pane.Bind("up/k down/j", p.T("choose", "고르기"), pane.Always(func(k pane.Key) {
			d := 1
			if k.Name == "up" || k.Name == "k" {
				d = -1
			}
			p.choice = max(min(p.choice+d, len(q.Choices)-1), 0)
		})),
		pane.Bind(fmt.Sprintf("1-%d", min(len(q.Choices), 9)), p.T("answer", "답하기"), func(k pane.Key) pane.Action { return p.answer(q, k.Name) }),
	}, out...)
}

// step is the step that comes next or that one is in.
func (p *Pane) step() int {
	n := p.S.Step()
	if p.over(n) && n+1 < p.S.Steps() {
		return n + 1
	}
	return max(n, 0)
}

// over reports that a step is over at the cursor.
func (p *Pane) over(n int) bool { return n < 0 || p.S.AtEnd() && !p.S.Busy() && n < p.S.Begun() }

// Open is the question that has to be answered before the next step begins, nil
// if there is none.
func (p *Pane) Open() *topology.Prediction {
	n := p.S.Begun() // the next step
	if !p.S.AtEnd() || p.S.Busy() || n >= p.S.Steps() {
		return nil
	}
	for _, q := range p.S.Entry.Scenario.Steps[n].Predict {
		if _, ok := p.given[id(n, q)]; !ok {
			return q
		}
	}
	return nil
}

func id(step int, q *topology.Prediction) string { return strconv.Itoa(step) + "/" + q.ID }

// Typing reports that keys are taken for an answer.
func (p *Pane) Typing() bool { q := p.Open(); return q != nil && q.Kind != topology.AnswerChoice }

// Score counts answers: those that were right, those that are known by now, and
// all questions of the scenario.
func (p *Pane) Score() (right, asked, all int) {
	for n, st := range p.S.Entry.Scenario.Steps {
		all += len(st.Predict)
		for _, a := range p.S.Answers(n) {
			given, ok := p.given[id(n, a.Prediction)]
			if !ok || !p.shown(n, a) {
				continue
			}
			asked++
			if a.Right(given) {
				right++
			}
		}
	}
	return right, asked, all
}

// shown reports that the run has come to where an answer is seen.
func (p *Pane) shown(step int, a scenarios.Answer) bool {
	if a.Event > 0 && int(a.Event) <= p.S.Cursor() && !isCount(a.Prediction) {
		return true
	}
	return p.S.Step() > step || p.S.Step() == step && p.S.AtEnd()
}

// isCount says that only the end of the step tells.
func isCount(q *topology.Prediction) bool {
	return q.About != nil && (q.About.Field == "count" || q.About.Field == "seen" && q.Answer.Text == "auto")
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	if x := pane.Dispatch(p.Keys(), k); x != nil {
		return x
	}
	if p.Typing() && p.edit.Press(k.Name, k.Text) {
		p.fault = ""
		return pane.Done{}
	}
	return nil
}

// enter gives the answer that is chosen or typed.
func (p *Pane) enter(q *topology.Prediction) pane.Action {
	if q.Kind == topology.AnswerChoice {
		return p.answer(q, strconv.Itoa(p.choice+1))
	}
	text := strings.TrimSpace(p.edit.Text())
	if p.fault = p.check(q, text); p.fault != "" {
		return pane.Done{}
	}
	return p.answer(q, text)
}

// Give answers a question from outside.
func (p *Pane) Give(text string) (fault string) {
	q := p.Open()
	if q == nil {
		return p.T("there is no question now", "지금은 질문이 없습니다")
	}
	if q.Kind == topology.AnswerChoice {
		for i, c := range q.Choices {
			if strings.EqualFold(text, c.EN) || text == c.KO {
				text = strconv.Itoa(i + 1)
			}
		}
		if n, err := strconv.Atoi(text); err != nil || n < 1 || n > len(q.Choices) {
			return fmt.Sprintf(p.T("a number from 1 to %d", "1부터 %d까지의 숫자"), len(q.Choices))
		}
	} else if fault := p.check(q, text); fault != "" {
		return fault
	}
	p.answer(q, text)
	return ""
}

func (p *Pane) answer(q *topology.Prediction, text string) pane.Action {
	p.given[id(p.S.Begun(), q)] = text
	p.edit.Set("")
	p.choice, p.fault, p.byHand = 0, "", false
	return pane.Answer{Text: text}
}

// check says what an answer should look like; empty if it does.
func (p *Pane) check(q *topology.Prediction, text string) string {
	switch q.Kind {
	case topology.AnswerNumber:
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return p.T("a number, such as 62", "숫자로 답하세요. 예: 62")
		}
	case topology.AnswerMAC:
		if _, err := packet.ParseMAC(strings.ToLower(text)); err != nil {
			return p.T("a MAC address, such as 02:00:0a:00:00:01", "MAC 주소로 답하세요. 예: 02:00:0a:00:00:01")
		}
	case topology.AnswerIP:
		if strings.Count(text, ".") != 3 || strings.Trim(text, "0123456789.") != "" {
			return p.T("an IPv4 address, such as 10.0.0.1", "IPv4 주소로 답하세요. 예: 10.0.0.1")
		}
	}
	return ""
}

// View makes the lines. An open question is always seen.
func (p *Pane) View() []look.Line {
	lines, ask := p.Lines(p.w)
	p.total = len(lines)
	if !p.byHand {
		p.scroll.Top = 0
		switch {
		case ask >= 0 && p.Open() != nil:
			p.scroll.Show(len(lines)-1, p.h, len(lines))
			p.scroll.Top = min(p.scroll.Top, ask)
		case ask >= 0:
			p.scroll.Top = ask // what was learnt last
		}
	}
	return p.scroll.Part(lines, p.h)
}

// Lines are the text, the questions with what became of them, and the open
// question. What matters now begins at line at: the open question, or the answer
// that was seen last; -1 for neither.
func (p *Pane) Lines(w int) (out []look.Line, at int) {
	at = -1
	lang := p.Lang.String()
	s := p.S.Entry.Scenario
	para := func(st look.Style, text string) {
		if text != "" {
			out = append(out, look.Wrap(text, st, w, 0)...)
		}
	}
	para(look.Head, s.Title.In(lang))
	n := p.step()
	if n == 0 && p.S.Begun() == 0 {
		para(look.Plain, s.Description.In(lang))
	}
	if n < len(s.Steps) && n < p.S.Begun() {
		para(look.Bold, s.Steps[n].In.Machine().String()+"$ "+s.Steps[n].Run.Text)
	} else if n < len(s.Steps) {
		st := s.Steps[n]
		if len(s.Steps) > 1 {
			para(look.Head, fmt.Sprintf(p.T("step %d of %d", "단계 %d / %d"), n+1, len(s.Steps)))
		}
		para(look.Plain, st.Text.In(lang))
		if st.Run.Text != "" {
			para(look.Bold, st.In.Machine().String()+"$ "+st.Run.Text)
		}
	}
	over := p.S.Begun() == p.S.Steps() && p.S.AtEnd() && !p.S.Busy()
	if right, asked, all := p.Score(); all > 0 && over {
		out = append(out, look.S(look.Warm, fmt.Sprintf(p.T("score: %d of %d right", "점수: %[2]d개 중 %[1]d개 정답"), right, asked)))
		if asked < all {
			out = append(out, look.S(look.Dim, fmt.Sprintf(p.T("%d not answered", "답하지 않음: %d개"), all-asked)))
		}
	}
	for i := range s.Steps {
		lines, latest := p.results(i, w)
		if latest >= 0 && !over {
			at = len(out) + latest
		}
		out = append(out, lines...)
	}
	if q := p.Open(); q != nil {
		at = len(out)
		return append(out, p.question(q, w)...), at
	}
	return append(out, p.report(w)...), at
}

func (p *Pane) question(q *topology.Prediction, w int) []look.Line {
	lang := p.Lang.String()
	out := []look.Line{{}}
	out = append(out, look.Wrap("? "+q.Ask.In(lang), look.Warm, w, 2)...)
	if q.Kind == topology.AnswerChoice {
		for i, c := range q.Choices {
			mark, st := "  ", look.Plain
			if i == p.choice {
				mark, st = p.Glyph("▸ ", "> "), look.Selected
			}
			out = append(out, look.Line{}.Add(look.Plain, mark).Add(look.Key, strconv.Itoa(i+1)+" ").Add(st, c.In(lang)))
		}
		return out
	}
	out = append(out, p.edit.Line("  > ", w, true))
	if p.fault != "" {
		out = append(out, look.S(look.Bad, "  "+p.fault))
	}
	return out
}

// results are the questions of a step that were answered: what was predicted,
// and, once the run has come there, what is so and why. The one seen last begins
// at line latest, -1 for none.
func (p *Pane) results(step, w int) (out []look.Line, latest int) {
	lang := p.Lang.String()
	latest = -1
	var seen uint64
	answers := p.S.Answers(step)
	for _, q := range p.S.Entry.Scenario.Steps[step].Predict {
		given, ok := p.given[id(step, q)]
		if !ok {
			continue
		}
		said := given
		if given == "" {
			said = p.T("skipped", "건너뜀")
		} else if n, err := strconv.Atoi(given); err == nil && q.Kind == topology.AnswerChoice && n <= len(q.Choices) {
			said = q.Choices[n-1].In(lang)
		}
		i := slices.IndexFunc(answers, func(a scenarios.Answer) bool { return a.Prediction == q })
		begin := len(out) + 1
		out = append(out, look.Line{})
		out = append(out, look.Wrap(q.Ask.In(lang), look.Plain, w, 2)...)
		if i < 0 || !p.shown(step, answers[i]) {
			out = append(out, look.Line{}.Add(look.Dim, "  "+p.T("you: ", "예측: ")).Add(look.Bold, said).Add(look.Dim, p.T("  (step on to see)", "  (계속 진행하면 나옵니다)")))
			continue
		}
		a := answers[i]
		if latest < 0 || a.Event > seen {
			latest, seen = begin, a.Event
		}
		if a.Right(given) {
			out = append(out, look.Line{}.Add(look.Good, "  "+p.Glyph("✓", "ok")+" ").Add(look.Plain, p.T("you: ", "예측: ")).Add(look.Bold, said).Add(look.Good, p.T("  right", "  정답")))
		} else {
			out = append(out, look.Line{}.Add(look.Bad, "  "+p.Glyph("✗", "NO")+" ").Add(look.Plain, p.T("you: ", "예측: ")+said).Add(look.Plain, p.T("   it is: ", "   결과: ")).Add(look.Bold, a.In(lang)))
		}
		out = append(out, p.explain(a, q, w)...)
	}
	return out, latest
}

// explain tells where the answer is seen, and what decided it there.
func (p *Pane) explain(a scenarios.Answer, q *topology.Prediction, w int) []look.Line {
	var out []look.Line
	if t := q.Because.In(p.Lang.String()); t != "" {
		for _, l := range look.Wrap(t, look.Plain, w-4, 0) {
			out = append(out, append(look.Line{}.Add(look.Plain, "    "), l...))
		}
	}
	if a.Event == 0 || int(a.Event) > len(p.S.History.Events) {
		return out
	}
	e := &p.S.History.Events[a.Event-1]
	if e.Hop < 0 {
		return out
	}
	h := &p.S.History.Hops[e.Hop]
	add := func(st look.Style, text string) {
		for _, l := range look.Wrap(text, st, w-4, 2) {
			out = append(out, append(look.Line{}.Add(look.Plain, "    "), l...))
		}
	}
	add(look.Dim, pane.Time(h.At)+" "+h.Place()+" "+h.Line)
	// What made it so was decided before it came here.
	before := p.S.History.Last(h.Journey, h.Event)
	if before < 0 {
		return out
	}
	const most = 3
	n := 0
	for _, d := range p.Tell().Of(uint64(p.S.History.Hops[before].Event) + 1) {
		switch d.Keyword {
		case "route", "forward", "nat", "encap", "decap", "neigh":
			if n++; n <= most {
				add(look.Dim, p.S.History.Hops[before].NetNS+" "+d.Keyword+": "+d.Text)
			}
		}
	}
	return out
}

// report is what a step that is over came to.
func (p *Pane) report(w int) []look.Line {
	n := p.S.Step()
	if n < 0 || !p.S.AtEnd() {
		return nil
	}
	rep := p.S.Report(n)
	if rep == nil {
		return nil
	}
	var out []look.Line
	out = append(out, look.Line{})
	for _, l := range strings.Split(strings.TrimRight(rep.Output, "\n"), "\n") {
		out = append(out, look.S(look.Dim, look.Clean(l)))
	}
	out = append(out, look.Line{})
	for _, x := range rep.Expectations {
		mark, st := p.Glyph("✓", "ok"), look.Good
		if !x.OK {
			mark, st = p.Glyph("✗", "FAIL"), look.Bad
		}
		for i, l := range look.Wrap(x.Text, look.Plain, w-3, 0) {
			if i == 0 {
				out = append(out, append(look.Line{}.Add(st, mark+" "), l...))
			} else {
				out = append(out, append(look.Line{}.Add(look.Plain, "  "), l...))
			}
		}
		if !x.OK {
			for _, m := range strings.Split(x.Message, "\n") {
				out = append(out, look.Wrap("  "+m, look.Plain, w, 4)...)
			}
		}
		if t := x.Because.In(p.Lang.String()); t != "" {
			for _, l := range look.Wrap(t, look.Dim, w-4, 0) {
				out = append(out, append(look.Line{}.Add(look.Plain, "    "), l...))
			}
		}
	}
	return out
}

var _ pane.Pane = (*Pane)(nil)
