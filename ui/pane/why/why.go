// Package why is the pane of explanations: what was decided about a packet
// between one crossing and the next, and why not otherwise.
package why

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/packet/layers"
	"hoplab/sim/trace"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// Pane explains the crossing of the cursor.
type Pane struct {
	*pane.Common
	w, h    int
	scroll  pane.Scroll
	at      int // crossing at the last view
	cursor  int // and the cursor
	total   int
	rulesAt int  // line where the rules begin
	toRules bool // they were just asked for
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, at: -1} }

// Name finds it.
func (p *Pane) Name() string { return "why" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("why", "이유")
	if h := p.Hop(); h >= 0 {
		hop := &p.S.History.Hops[h]
		t += ": " + hop.Place() + " " + p.direction(hop)
	}
	return t
}

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		pane.Bind("w", p.T("every rule that the packet met, and why it did not match", "패킷이 만난 모든 규칙과 맞지 않은 이유"), pane.Always(func(pane.Key) {
			p.WantWalk = !p.WantWalk
			p.toRules = p.WantWalk
		})),
		pane.Bind("c", p.T("copy the explanation", "설명 복사"), p.copy),
		pane.Bind(pane.ScrollKeys, p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.scroll.Move(k.Name, p.h, p.total) })),
	}
}

func (p *Pane) copy(pane.Key) pane.Action {
	var b strings.Builder
	for _, l := range p.Lines(100) {
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	return pane.Copy{Text: b.String(), What: p.T("the explanation", "설명")}
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action { return pane.Dispatch(p.Keys(), k) }

// View makes the lines.
func (p *Pane) View() []look.Line {
	if h := p.Hop(); h != p.at {
		p.at, p.scroll.Top = h, 0
	}
	lines := p.Lines(p.w)
	if c := p.S.Cursor(); c != p.cursor { // what happened last is seen
		p.cursor = c
		for i, l := range lines {
			if l[0].Text == p.here() {
				p.scroll.Show(min(i+p.h/2, len(lines)-1), p.h, len(lines))
				p.scroll.Show(i, p.h, len(lines))
			}
		}
	}
	if !p.WantWalk && p.rules() {
		lines = append(lines, look.S(look.Dim, p.T(" w: every rule that it met", " w: 만난 모든 규칙")))
	}
	p.total = len(lines)
	if p.toRules {
		p.scroll.Top, p.toRules = p.rulesAt, p.Walked != p.Hop()
	}
	return p.scroll.Part(lines, p.h)
}

// Lines explain the crossing of the cursor in a width: what brought the packet
// here, and what was decided here until its next crossing.
func (p *Pane) Lines(width int) []look.Line {
	n := p.Hop()
	if n < 0 {
		if at := p.Selected(); at >= 0 {
			return p.lone(at, width)
		}
		return look.Wrap(p.T("Here stands why a packet went on as it did. Step to a hop first: n.", "패킷이 왜 그렇게 갔는지 여기에 나옵니다. 먼저 n으로 한 홉 이동하세요."), look.Dim, width, 0)
	}
	out := append(p.head(n, width), p.brought(n, width)...)
	here := p.decided(n, width)
	if len(here) > 0 && p.S.History.PrevOf(n) >= 0 {
		out = append(out, look.S(look.Dim, " "+p.T("decided here:", "여기서 결정된 것:")))
	}
	out = append(out, here...)
	if p.rulesAt = len(out); p.WantWalk {
		return append(out, p.walk(n, width)...)
	}
	return out
}

// head is the whole line of tcpdump.
func (p *Pane) head(n, width int) []look.Line {
	h := &p.S.History.Hops[n]
	var out []look.Line
	letter := p.Mark(h.Journey) + " "
	for i, l := range look.Wrap(h.Line, look.Bold, max(width-look.Cells(letter), 12), 2) {
		mark := look.Line{}.Add(look.Plain, look.Pad("", look.Cells(letter)))
		if i == 0 {
			mark = look.Line{}.Add(p.Style(h.Journey), letter)
		}
		out = append(out, append(mark, l...))
	}
	return out
}

// Here is Lines without what brought the packet here, for those who have just read
// that.
func (p *Pane) Here(width int) []look.Line {
	n := p.Hop()
	if n < 0 {
		return p.Lines(width)
	}
	return append(p.head(n, width), p.decided(n, width)...)
}

// brought tells how the packet came to a crossing: over which link, or by what
// was decided where it came into this machine.
func (p *Pane) brought(n, width int) []look.Line {
	h := p.S.History
	came := p.T("came", "온 길")
	m := h.PrevOf(n)
	if m < 0 {
		m = h.CauseOf(n)
		if m < 0 {
			return nil
		}
		return p.label(came, fmt.Sprintf(p.T("made here because of %s, %s: %s", "%s 때문에 여기서 만들어짐, %s: %s"), p.Mark(h.Hops[m].Journey), h.Hops[m].Place(), h.Hops[m].Line), width)
	}
	at, was := &h.Hops[n], &h.Hops[m]
	if was.NetNS != at.NetNS {
		return p.label(came, fmt.Sprintf(p.T("from %s over the link, %s on the way", "%s에서 링크로, %s 걸림"), was.Place(), text.Span(at.At.Sub(was.At))), width)
	}
	out := p.label(came, fmt.Sprintf(p.T("from %s %s; decided there:", "%s %s에서; 그곳의 결정:"), was.Place(), p.direction(was)), width)
	for _, d := range p.Tell().Of(uint64(was.Event) + 1) {
		switch d.Keyword {
		case "route":
			d.More = slices.DeleteFunc(slices.Clone(d.More), func(f text.Fact) bool { return f.Detail })
		case "encap", "decap", "nat", "neigh", "hold", "forward", "frag":
			d.More = nil
		default:
			continue
		}
		if !d.Passed {
			out = append(out, p.decision(d, width)...)
		}
	}
	return append(out, p.changes(m, n, width)...)
}

// decided tells what was decided at a crossing, until the next one.
func (p *Pane) decided(n, width int) []look.Line {
	var out []look.Line
	var passed []string
	h := p.S.History
	for _, d := range p.Tell().Of(uint64(h.Hops[n].Event) + 1) {
		if d.Passed {
			hook, _, _ := strings.Cut(d.Text, " ")
			passed = append(passed, d.Keyword+" "+strings.TrimSuffix(hook, ":"))
			continue
		}
		out = append(out, p.decision(d, width)...)
	}
	if len(passed) > 0 && !p.WantWalk {
		out = append(out, p.label(p.T("passed", "통과"), strings.Join(passed, ", ")+p.T(": nothing was decided there (w: each rule)", ": 그곳에서 결정된 것 없음 (w: 규칙별로)"), width)...)
	}
	if m := h.NextOf(n); m >= 0 && h.Hops[m].NetNS == h.Hops[n].NetNS {
		out = append(out, p.changes(n, m, width)...)
	}
	return append(out, p.next(n, width)...)
}

// label is a keyword and a text that wraps beside it.
func (p *Pane) label(word, s string, width int) []look.Line {
	var out []look.Line
	for i, l := range look.Wrap(s, look.Dim, max(width-keyword-1, 12), 0) {
		if i > 0 {
			word = ""
		}
		out = append(out, append(look.Line{}.Add(look.Dim, " "+look.Pad(word, keyword)), l...))
	}
	return out
}

// rules reports that the packet of the cursor's crossing met rules.
func (p *Pane) rules() bool {
	met := false
	if n := p.Hop(); n >= 0 {
		p.S.History.Of(n, func(_ int, e *replay.Event) { met = met || e.Table != "" })
	}
	return met
}

// walk is the rules that the packet met, chain by chain.
func (p *Pane) walk(n, width int) []look.Line {
	out := []look.Line{look.S(look.Head, p.T(" the rules that it met:", " 만난 규칙:"))}
	if p.Walked != n {
		return append(out, look.S(look.Dim, p.T(" one moment …", " 잠시만요 …")))
	}
	mine := map[int]bool{}
	p.S.History.Of(n, func(i int, _ *replay.Event) { mine[i] = true })
	chain := ""
	for _, s := range p.Walk {
		if !mine[s.Event] {
			continue
		}
		if c := s.Table + " " + s.Chain; c != chain {
			chain = c
			out = append(out, look.Line{}.Add(look.Bold, "  "+c))
		}
		mark, st := p.Glyph("·", "-"), look.Dim
		if s.Matched {
			mark, st = p.Glyph("✓", "+"), look.Good
		}
		for i, l := range look.Wrap(strings.TrimPrefix(s.Rule, "-A "+s.Chain+" "), look.Plain, max(width-6, 12), 2) {
			if i > 0 {
				mark = " "
			}
			out = append(out, append(look.Line{}.Add(st, "   "+mark+" "), l...))
		}
		if !s.Matched {
			for _, l := range look.Wrap(p.Lang.Facts(s.Why), look.Dim, max(width-9, 12), 2) {
				out = append(out, append(look.Line{}.Add(look.Plain, "       "), l...))
			}
		}
	}
	if len(out) == 1 {
		out = append(out, look.S(look.Dim, p.T("  none", "  없음")))
	}
	return out
}

// lone tells of a packet that was lost before it crossed anything.
func (p *Pane) lone(at, width int) []look.Line {
	var out []look.Line
	e := &p.S.History.Events[at]
	out = append(out, look.S(look.Bold, string(text.AppendFlow(nil, e.After))))
	for _, d := range p.Tell().Lone(e.Seq) {
		out = append(out, p.decision(d, width)...)
	}
	return out
}

// keyword is the width of the column of keywords.
const keyword = 10

// decision is one line, wrapped, with who put there what decided behind it, and
// the other facts below.
func (p *Pane) decision(d text.Decision, width int) []look.Line {
	st := look.Head
	switch {
	case d.Keyword == "drop":
		st = look.Bad
	case d.Keyword == "nat" || d.Keyword == "encap" || d.Keyword == "decap":
		st = look.Warm
	}
	mark := " "
	if c := uint64(p.S.Cursor()); d.Seq == c {
		mark = p.here()
	}
	out := p.fact(d.Text, d.By, look.Plain, keyword+1, width)
	out[0] = append(look.Line{}.Add(look.Plain, mark).Add(st, look.Pad(d.Keyword, keyword)), out[0][1:]...)
	for _, f := range d.More {
		out = append(out, p.fact(f.Text, f.By, look.Dim, keyword+3, width)...)
	}
	return out
}

// here marks what happened last.
func (p *Pane) here() string { return p.Glyph("▸", ">") }

// fact is a text from a column on; who put it there stands behind it, on a line of
// its own where there is no room. The first span of each line is the indent.
func (p *Pane) fact(s, by string, st look.Style, col, width int) []look.Line {
	room := max(width-col, 12)
	var out []look.Line
	add := func(l look.Line) {
		out = append(out, append(look.Line{{Text: strings.Repeat(" ", col)}}, l...))
	}
	if s != "" {
		for _, l := range look.Wrap(s, st, room, 2) {
			add(l)
		}
	}
	if by == "" {
		return out
	}
	by = p.T("by ", "설정: ") + by
	if n := len(out) - 1; n >= 0 && out[n].Cells()+3+look.Cells(by) <= width {
		out[n] = out[n].Add(look.Plain, "   ").Add(look.Cool, by)
		return out
	}
	for _, l := range look.Wrap(by, look.Cool, room-2, 2) {
		add(append(look.Line{{Text: "  "}}, l...))
	}
	return out
}

// changes compares the packet's bytes at two crossings, header by header.
func (p *Pane) changes(from, to, width int) []look.Line {
	h := p.S.History
	a, b := &h.Hops[from], &h.Hops[to]
	var out []look.Line
	for _, c := range layers.Compare(layers.Parse(a.Link, a.Frame), layers.Parse(b.Link, b.Frame)) {
		mark, s := p.Glyph("Δ", "*"), c.Layer.Name
		if c.Kind != layers.Altered && s == "IPv4" { // a packet has one of its own
			s = p.T("outer ", "바깥 ") + s
		}
		switch c.Kind {
		case layers.Added:
			mark, s = "+", s+" "+c.Layer.What+telling(c.Layer)
		case layers.Removed:
			mark, s = "-", s+" "+c.Layer.What
		}
		for i, f := range c.Fields {
			if i > 0 {
				s += ","
			}
			s += " " + f.Name + " " + f.Before + p.Glyph(" → ", " -> ") + f.After
		}
		word := ""
		if len(out) == 0 {
			word = p.T("headers", "헤더")
		}
		for i, l := range look.Wrap(mark+" "+s, look.Warm, max(width-keyword-1, 12), 2) {
			if i > 0 {
				word = ""
			}
			out = append(out, append(look.Line{}.Add(look.Warm, " "+look.Pad(word, keyword)), l...))
		}
	}
	return out
}

// telling are the fields of a new header that say more than its line.
func telling(l *layers.Layer) string {
	s := ""
	for _, f := range l.Fields {
		switch f.Name {
		case "proto", "length", "id", "flags", "checksum":
			s += ", " + f.Name + " " + f.Value
		}
	}
	return s
}

// next says where the packet went from here, if that has happened already.
func (p *Pane) next(n, width int) []look.Line {
	h := p.S.History
	var end *replay.Event
	h.Of(n, func(_ int, e *replay.Event) {
		if e.Verdict == trace.Drop || e.Verdict == trace.Deliver || e.Verdict == trace.Absorb {
			end = e
		}
	})
	m := h.NextOf(n)
	switch {
	case m >= 0 && !p.Hidden:
		to, when := &h.Hops[m], p.T("at once", "바로")
		if d := to.At.Sub(h.Hops[n].At); d > 0 {
			when = fmt.Sprintf(p.T("after %s", "%s 후"), text.Span(d))
		}
		return p.label(p.T("next", "다음"), to.Place()+" "+p.direction(to)+", "+when, width)
	case end != nil && end.Verdict == trace.Drop:
		st := look.Dim
		if replay.Lost(end) {
			st = look.Bad
		}
		return []look.Line{look.S(st, " "+p.T("the packet ends here", "패킷이 여기서 끝남")+": "+text.ReasonName(end.Reason))}
	}
	return nil
}

func (p *Pane) direction(h *replay.Hop) string {
	if h.Dir == trace.In {
		return "In"
	}
	return "Out"
}

var _ pane.Pane = (*Pane)(nil)
