// Package picker is the list of scenarios that the lab starts with.
package picker

import (
	"strings"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane is the list; what is typed filters it.
type Pane struct {
	*pane.Common
	w, h    int
	all     []*scenarios.Entry
	filter  look.Edit
	sel     int // among those that match
	scroll  pane.Scroll
	matches []int
}

// New makes the list; last is the scenario to stand on.
func New(c *pane.Common, all []*scenarios.Entry, last string) *Pane {
	p := &Pane{Common: c, all: all}
	p.match()
	for i, e := range all {
		if e.Scenario.Name == last {
			p.sel = i
		}
	}
	return p
}

// Name finds it.
func (p *Pane) Name() string { return "scenarios" }

// Title stands in its frame.
func (p *Pane) Title() string { return p.T("scenarios", "시나리오") }

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		pane.Bind("enter", p.T("open", "열기"), func(pane.Key) pane.Action {
			if p.sel < len(p.matches) {
				return pane.Open{Index: p.matches[p.sel]}
			}
			return pane.Done{}
		}),
		pane.Bind("up/ctrl+p down/ctrl+n/tab pgup pgdown", p.T("choose", "선택"), pane.Always(p.choose)),
		pane.Typed("a-z", p.T("filter the list", "목록 거르기")),
		p.Editing(),
	}
}

// choose goes to another scenario.
func (p *Pane) choose(k pane.Key) {
	switch k.Name {
	case "up", "ctrl+p":
		p.sel--
	case "pgup":
		p.sel -= p.h / 2
	case "pgdown":
		p.sel += p.h / 2
	default:
		p.sel++
	}
	p.sel = max(min(p.sel, len(p.matches)-1), 0)
}

func (p *Pane) match() {
	p.matches = p.matches[:0]
	words := strings.Fields(strings.ToLower(p.filter.Text()))
	for i, e := range p.all {
		s := e.Scenario
		text := strings.ToLower(s.Name + " " + s.Title.EN + " " + s.Title.KO + " " + s.Description.EN + " " + s.Description.KO)
		ok := true
		for _, w := range words {
			ok = ok && strings.Contains(text, w)
		}
		if ok {
			p.matches = append(p.matches, i)
		}
	}
	p.sel = max(0, min(p.sel, len(p.matches)-1))
}

// Filter is what was typed.
func (p *Pane) Filter() string { return p.filter.Text() }

// Clear takes the filter off.
func (p *Pane) Clear() {
	p.filter.Set("")
	p.match()
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	if x := pane.Dispatch(p.Keys(), k); x != nil {
		return x
	}
	if !p.filter.Press(k.Name, k.Text) {
		return nil
	}
	p.match()
	return pane.Done{}
}

// View makes the lines: name and title of each, and below the list what one
// learns from the chosen one.
func (p *Pane) View() []look.Line {
	out := []look.Line{p.filter.Line(p.T("filter: ", "거르기: "), p.w, true), {}}
	width := 0
	for _, e := range p.all {
		width = max(width, look.Cells(e.Scenario.Name))
	}
	width = min(width, p.w/2)
	var list []look.Line
	for i, m := range p.matches {
		s := p.all[m].Scenario
		mark := "  "
		if i == p.sel {
			mark = p.Glyph("▸ ", "> ")
		}
		l := look.Line{}.Add(look.Plain, mark).Add(look.Bold, look.Pad(s.Name, width)).Add(look.Plain, "  "+s.Title.In(p.Lang.String()))
		if len(questions(p.all[m])) > 0 {
			l = l.Add(look.Warm, p.T("  lesson", "  실습"))
		}
		if i == p.sel {
			l = l.Fit(p.w).With(look.Selected)
		}
		list = append(list, l)
	}
	if len(list) == 0 {
		list = append(list, look.S(look.Dim, p.T("nothing matches; esc clears the filter", "맞는 것이 없습니다. esc로 필터를 지웁니다")))
	}
	detail := p.detail()
	room := max(p.h-len(out)-len(detail)-1, 3)
	p.scroll.Show(p.sel, room, len(list))
	out = append(out, p.scroll.Part(list, room)...)
	return append(append(out, look.Line{}), detail...)
}

// detail is what one learns.
func (p *Pane) detail() []look.Line {
	if p.sel >= len(p.matches) {
		return nil
	}
	e := p.all[p.matches[p.sel]]
	s := e.Scenario
	var out []look.Line
	out = append(out, look.Wrap(s.Description.In(p.Lang.String()), look.Plain, p.w, 0)...)
	for _, st := range s.Steps {
		if st.Run.Text != "" {
			out = append(out, look.S(look.Dim, "  "+st.In.Machine().String()+"$ "+st.Run.Text))
		}
	}
	if q := questions(e); len(q) > 0 {
		out = append(out, look.S(look.Dim, p.T("You will be asked: ", "예측할 것: ")+q[0]))
	}
	return out
}

func questions(e *scenarios.Entry) []string {
	var out []string
	for _, s := range e.Scenario.Steps {
		for _, q := range s.Predict {
			out = append(out, q.Ask.EN)
		}
	}
	return out
}

var _ pane.Pane = (*Pane)(nil)
