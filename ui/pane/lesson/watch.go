package lesson

import (
	"fmt"
	"strings"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

func (p *Pane) watchKeys() []pane.Binding {
	return []pane.Binding{
		pane.Bind("enter", p.T("the next hop; when it is over, go on", "다음 홉; 끝나면 계속"), func(pane.Key) pane.Action {
			if p.mayLeave() {
				p.leaf(1)
				return pane.Done{}
			}
			return pane.Enter{}
		}),
		pane.Bind("w", p.T("the interfaces side by side", "인터페이스를 나란히"), func(pane.Key) pane.Action { return pane.SideBySide{} }),
	}
}

// Watching reports that a step is watched: what matters stands in the other panes.
func (p *Pane) Watching() bool { return p.card().kind == watch && p.card().step < p.S.Begun() }

// watch is the card of a step: what it runs, what each tapped interface has shown so
// far, and what became of the predictions.
func (p *Pane) watch(c card, w int) (out []look.Line, see part) {
	st := p.S.Entry.Scenario.Steps[c.step]
	lang := p.Lang.String()
	begun, over := c.step < p.S.Begun(), p.over(c.step)
	if len(st.Predict) == 0 {
		out = append(out, para(st.Text.In(lang), look.Plain, w)...)
	}
	if st.Run.Text != "" {
		out = append(out, commandLine(st, w)...)
	}
	switch {
	case p.Plain:
	case !begun:
		out = append(out, para(p.T("enter runs it, up to the first packet; left goes back and changes an answer", "enter를 누르면 첫 패킷까지 실행합니다. ←로 돌아가 답을 바꿀 수 있습니다"), look.Warm, w)...)
	case over:
		out = append(out, para(p.T("the step is over; enter goes on", "단계가 끝났습니다. enter로 계속합니다"), look.Warm, w)...)
	default:
		out = append(out, para(p.T("enter (or n) goes from hop to hop, b back, w shows the interfaces side by side", "enter(또는 n)로 홉마다 이동, b로 뒤로, w로 인터페이스를 나란히 봅니다"), look.Warm, w)...)
	}
	if begun {
		out = append(out, p.taps(c.step, w)...)
	}
	var latest uint64
	for _, q := range st.Predict {
		out = append(out, look.Line{})
		begin := len(out)
		out = append(out, look.Wrap(q.Ask.In(lang), look.Plain, w, 2)...)
		out = append(out, p.outcome(q, w)...)
		if r := p.known[q]; r != nil {
			out = append(out, indented(4, para(q.Because.In(lang), look.Plain, w-4))...)
			if !over && r.Event >= latest {
				see, latest = part{begin, len(out)}, r.Event
			}
		}
	}
	if over {
		out = append(out, p.report(c.step, w)...)
	}
	return out, see
}

// taps counts, for each interface that the step taps, what tcpdump would have shown
// there so far.
func (p *Pane) taps(step, w int) []look.Line {
	st := p.S.Entry.Scenario.Steps[step]
	from, to := p.span(step)
	width := 0
	for _, t := range st.Tap {
		width = max(width, look.Cells(tcpdumpOn(place(t))))
	}
	var out []look.Line
	for _, t := range st.Tap {
		n, last := 0, ""
		for i := range p.S.History.Hops {
			h := &p.S.History.Hops[i]
			if h.Event < from || h.Event >= min(to, p.S.Cursor()) || h.Place() != place(t) {
				continue
			}
			n++
			last = h.Line
		}
		st := look.Plain
		if n == 0 {
			st = look.Dim
		}
		l := look.Line{}.Add(st, "  "+look.Pad(tcpdumpOn(place(t)), width)).Add(look.Bold, fmt.Sprintf(" %3d ", n))
		if room := w - l.Cells(); last != "" && room > 20 {
			l = append(l, look.S(look.Dim, last).Fit(room)...)
		}
		out = append(out, l)
	}
	if len(out) > 0 {
		out = append([]look.Line{look.S(look.Dim, p.T("packets on each interface so far:", "인터페이스별로 지금까지 보인 패킷:"))}, out...)
	}
	return out
}

// tcpdumpOn is the command that watches an interface.
func tcpdumpOn(place string) string {
	netns, dev, _ := strings.Cut(place, ":")
	return netns + "# tcpdump -i " + dev + " -nn"
}

// report is what a step that is over came to.
func (p *Pane) report(n, w int) []look.Line {
	var rep *scenarios.StepReport
	for _, d := range p.S.History.Done {
		if d.Step == n {
			rep = d.Report
		}
	}
	if rep == nil {
		return nil
	}
	out := []look.Line{{}}
	for _, l := range pane.Printed(strings.TrimRight(rep.Output, "\n")) {
		out = append(out, look.S(look.Dim, l))
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
		out = append(out, indented(4, para(x.Because.In(p.Lang.String()), look.Dim, w-4))...)
	}
	return out
}
