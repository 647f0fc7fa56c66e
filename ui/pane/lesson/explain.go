package lesson

import (
	"fmt"
	"strings"

	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

func (p *Pane) explainKeys() []pane.Binding {
	asked := p.asked()
	if len(asked) == 0 {
		return nil
	}
	return []pane.Binding{
		pane.Bind("enter", p.T("go to where the answer is seen", "답이 보이는 곳으로"), func(pane.Key) pane.Action {
			if r := p.known[asked[p.choice]]; r != nil && r.Event > 0 {
				return pane.Seek{Event: int(r.Event)}
			}
			return pane.Say{Text: p.T("no packet shows that: there was none", "이 답을 보여 주는 패킷이 없습니다")}
		}),
		pane.Bind("up/k down/j", p.T("choose a question", "질문 고르기"), pane.Always(func(k pane.Key) { p.by(k, len(asked)) })),
	}
}

// asked are all questions, in order.
func (p *Pane) asked() []*topology.Prediction {
	var out []*topology.Prediction
	for _, c := range p.cards {
		if c.kind == question {
			out = append(out, c.ask)
		}
	}
	return out
}

// explain is the last card: the score, each question with its answer, and what
// decided the way of the packets.
func (p *Pane) explain(w int) (out []look.Line, see part) {
	if right, asked, all := p.Score(); all > 0 {
		skipped := 0
		for _, q := range p.asked() {
			if p.given[q] == "" {
				skipped++
			}
		}
		text := fmt.Sprintf(p.T("score: %d of %d right", "점수: %[2]d개 중 %[1]d개 정답"), right, asked)
		if skipped > 0 {
			text += fmt.Sprintf(p.T(", %d skipped", ", %d개 건너뜀"), skipped)
		}
		out = append(out, look.S(look.Warm, text))
	}
	for i, q := range p.asked() {
		begin := len(out)
		out = append(out, p.answered(q, i == p.choice && !p.Plain, w)...)
		if i == p.choice && i > 0 {
			see = part{begin, len(out)}
		}
	}
	for n, st := range p.S.Entry.Scenario.Steps {
		if n < p.S.Begun() && st.Run.Text != "" {
			out = append(out, look.Line{})
			out = append(out, p.ways(n, w)...)
		}
	}
	return out, see
}

// answered is a question with its answer, why it is so, where one sees it, and what
// a wrong answer shows.
func (p *Pane) answered(q *topology.Prediction, sel bool, w int) []look.Line {
	lang := p.Lang.String()
	mark, st := "  ", look.Plain
	if sel {
		mark, st = p.Glyph("▸ ", "> "), look.Bold
	}
	out := look.Wrap(mark+q.Ask.In(lang), st, w, 2)
	out = append(out, p.outcome(q, w)...)
	r := p.known[q]
	if r == nil {
		return out
	}
	add := func(st look.Style, text string) { out = append(out, indented(4, para(text, st, w-4))...) }
	if given := p.given[q]; given != "" && !r.Right(given) {
		if words := scenarios.Misconception(q.Misconception).In(lang); words != "" {
			add(look.Warm, p.T("a common mistake: ", "흔한 오해: ")+words)
		}
	}
	add(look.Plain, q.Because.In(lang))
	if r.hop >= 0 && r.Event > 0 {
		h := &p.S.History.Hops[r.hop]
		text := p.T("seen: ", "보이는 곳: ") + pane.Time(h.At) + " " + h.Place() + " " + h.Line
		if sel {
			text += p.T(" (enter goes there)", " (enter로 이동)")
		}
		add(look.Dim, text)
	}
	return out
}

// span is the events of a step: from, and up to but not including to.
func (p *Pane) span(step int) (from, to int) {
	n := -1
	to = len(p.S.History.Events)
	for _, m := range p.S.History.Marks {
		if m.Input.Kind != replay.BeginStep {
			continue
		}
		if n++; n == step {
			from = m.Event
		} else if n == step+1 {
			to = m.Event
			break
		}
	}
	return from, to
}

// ways explains a step from its trace: the way of the first packet that it sent, and
// of the answer to it.
func (p *Pane) ways(step, w int) []look.Line {
	h := &p.S.History
	from, to := p.span(step)
	first, answer := -1, -1
	for i := range h.Hops {
		x := &h.Hops[i]
		if x.Event < from || x.Event >= to || strings.HasPrefix(x.Line, "ARP") {
			continue
		}
		j := &h.Journeys[x.Journey]
		switch {
		case first < 0 && j.Talk == x.Journey && h.Journeys[x.Journey].FirstHop == i:
			first = x.Journey
		case first >= 0 && answer < 0 && j.Talk == first && j.Answer:
			answer = x.Journey
		}
	}
	if first < 0 {
		return nil
	}
	out := look.Wrap(fmt.Sprintf(p.T("what decided the way of %s", "%s의 길을 정한 것"), p.S.Entry.Scenario.Steps[step].Run.Text), look.Head, w, 2)
	out = append(out, p.way(first, w)...)
	if answer >= 0 {
		out = append(out, look.S(look.Head, p.T("and of the answer", "그리고 응답의 길")))
		out = append(out, p.way(answer, w)...)
	}
	return out
}

// way tells of each machine on a packet's way by which interfaces it came and went,
// and what was decided there.
func (p *Pane) way(journey, w int) []look.Line {
	h := &p.S.History
	var out []look.Line
	var machine string
	var devs []string
	var decided []look.Line
	flush := func() {
		if machine == "" {
			return
		}
		out = append(out, look.Line{}.Add(look.Bold, "  "+machine+" ").Add(look.Cool, strings.Join(devs, p.Glyph(" → ", " -> "))))
		out = append(out, decided...)
		devs, decided = nil, nil
	}
	tell := p.Tell()
	for i := h.Journeys[journey].FirstHop; i >= 0; i = h.NextOf(i) {
		x := &h.Hops[i]
		if x.NetNS != machine {
			flush()
			machine = x.NetNS
		}
		devs = append(devs, x.Dev)
		for _, d := range tell.Of(uint64(x.Event) + 1) {
			switch d.Keyword {
			case "route", "forward", "nat", "encap", "decap", "frag", "drop", "icmp", "arp":
			case "neigh":
				if i != h.Journeys[journey].FirstHop { // how a pod finds its gateway is worth telling
					continue
				}
			default:
				continue
			}
			text := d.Keyword + ": " + d.Text
			if d.By != "" {
				text += "  (" + d.By + ")"
			}
			decided = append(decided, indented(4, look.Wrap(text, look.Plain, w-4, 2))...)
		}
	}
	flush()
	return out
}
