// Package picker is the list of scenarios that the lab starts with.
package picker

import (
	"fmt"
	"path"
	"strings"

	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane is the list; what is typed filters it.
type Pane struct {
	*pane.Common
	w, h   int
	all    []*scenarios.Entry
	filter look.Edit
	sel    int // among those that match
	scroll pane.Scroll

	more           pane.Scroll // of the detail
	moreH, moreAll int

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
		pane.Bind("up/ctrl+p down/ctrl+n/tab", p.T("choose", "선택"), pane.Always(p.choose)),
		pane.Bind("pgup pgdown", p.T("scroll what it is about", "설명 스크롤"), pane.Always(func(k pane.Key) { p.more.Move(k.Name, p.moreH, p.moreAll) })),
		pane.Typed("a-z", p.T("filter the list", "목록 거르기")),
		p.Editing(),
	}
}

// choose goes to another scenario.
func (p *Pane) choose(k pane.Key) {
	d := 1
	if k.Name == "up" || k.Name == "ctrl+p" {
		d = -1
	}
	p.sel = max(min(p.sel+d, len(p.matches)-1), 0)
	p.more.Top = 0
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
	p.more.Top = 0
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

// View makes the lines: what was typed, and of each scenario that fits name, title
// and, where there is room, what it is about.
func (p *Pane) View() []look.Line {
	out := []look.Line{p.filter.Line(p.T("filter: ", "거르기: "), p.w, true), {}}
	if len(p.matches) == 0 {
		p.scroll = pane.Scroll{}
		return append(out, look.Wrap(fmt.Sprintf(p.T("Nothing matches %q. Backspace takes letters back, esc clears the filter.", "%q에 맞는 것이 없습니다. 백스페이스로 고치거나 esc로 필터를 지우세요."), p.filter.Text()), look.Warm, p.w, 0)...)
	}
	width := 0
	for _, e := range p.all {
		width = max(width, look.Cells(e.Scenario.Name))
	}
	width = min(width, p.w/3)
	room := max(p.h-len(out), 1)
	each := 1
	if 3*len(p.matches) <= room { // two lines and an empty one
		each = 3
	}
	var list []look.Line
	for i, m := range p.matches {
		e := p.all[m]
		s := e.Scenario
		mark := "  "
		if i == p.sel {
			mark = p.Glyph("▸ ", "> ")
		}
		l := look.Line{}.Add(look.Plain, mark).Add(look.Bold, look.Pad(s.Name, width)).Add(look.Plain, "  "+s.Title.In(p.Lang.String()))
		tag := p.tag(e)
		if l = l.Fit(p.w - tag.Cells()); i == p.sel {
			l = l.With(look.Selected)
		}
		list = append(list, append(l, tag...))
		if each > 1 {
			about, _, _ := strings.Cut(s.Description.In(p.Lang.String()), "\n")
			list = append(list, look.S(look.Dim, "    "+about), nil)
		}
	}
	p.scroll.Show(p.sel*each+each-1, room, len(list))
	p.scroll.Show(p.sel*each, room, len(list))
	return append(out, p.scroll.Part(list, room)...)
}

// tag says where a scenario is from, and whether it asks.
func (p *Pane) tag(e *scenarios.Entry) look.Line {
	l := look.Line{}
	if !e.Builtin {
		l = l.Add(look.Dim, "  "+path.Base(e.File))
	}
	if len(questions(e)) > 0 {
		l = l.Add(look.Warm, p.T("  lesson", "  실습"))
	}
	return l
}

// Chosen is the name of the scenario that enter opens.
func (p *Pane) Chosen() string {
	if p.sel >= len(p.matches) {
		return ""
	}
	return p.all[p.matches[p.sel]].Scenario.Name
}

// About is what one does and learns in the chosen one, as much as there is room for.
func (p *Pane) About(w, h int) []look.Line {
	lines := p.Detail(w)
	p.moreH, p.moreAll = h, len(lines)
	return p.more.Part(lines, max(h, 0))
}

// AboutSeen is Seen of About.
func (p *Pane) AboutSeen() (from, to, total int) { return p.more.Seen() }

// Detail is what one does and learns in the chosen one.
func (p *Pane) Detail(w int) []look.Line {
	if p.sel >= len(p.matches) {
		return nil
	}
	e := p.all[p.matches[p.sel]]
	s, lang := e.Scenario, p.Lang.String()
	out := look.Wrap(s.Title.In(lang), look.Head, w, 0)
	if t := s.Description.In(lang); t != "" {
		out = append(out, look.Wrap(t, look.Plain, w, 0)...)
	}
	out = append(out, nil)
	for _, st := range s.Steps {
		if st.Run.Text != "" {
			out = append(out, look.Wrap(st.In.Machine().String()+"$ "+st.Run.Text, look.Bold, w, 2)...)
		}
	}
	q := questions(e)
	if len(q) == 0 {
		return out
	}
	out = append(out, nil, look.S(look.Head, p.T("You will find out:", "알게 될 것:")))
	for _, t := range q {
		out = append(out, look.Wrap("? "+t.In(lang), look.Plain, w, 2)...)
	}
	return out
}

// questions are what a scenario asks.
func questions(e *scenarios.Entry) []topology.Text {
	var out []topology.Text
	for _, s := range e.Scenario.Steps {
		for _, q := range s.Predict {
			out = append(out, q.Ask)
		}
	}
	return out
}

var _ pane.Pane = (*Pane)(nil)
