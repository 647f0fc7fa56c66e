// Package why is the pane of explanations: what was decided about a packet
// between one crossing and the next, and why not otherwise.
package why

import (
	"strconv"
	"strings"

	"hoplab/packet"
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
	at      int
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
	if h := p.S.Hop(); h >= 0 {
		t += ": " + p.S.History.Hops[h].Place()
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
	if h := p.S.Hop(); h != p.at {
		p.at, p.scroll.Top = h, 0
	}
	lines := p.Lines(p.w)
	if !p.WantWalk && p.rules() {
		lines = append(lines, look.S(look.Dim, p.T(" w: every rule that it met", " w: 만난 모든 규칙")))
	}
	p.total = len(lines)
	if p.toRules {
		p.scroll.Top, p.toRules = p.rulesAt, p.Walked != p.S.Hop()
	}
	return p.scroll.Part(lines, p.h)
}

// Lines explain the crossing of the cursor in a width.
func (p *Pane) Lines(width int) []look.Line {
	n := p.S.Hop()
	if n < 0 {
		if p.S.Cursor() > 0 {
			return p.lone(width)
		}
		return look.Wrap(p.T("Here stands why a packet went on as it did. Step to a crossing first: n.", "패킷이 왜 그렇게 갔는지 여기에 나옵니다. 먼저 n으로 한 홉 이동하세요."), look.Dim, width, 0)
	}
	h := &p.S.History.Hops[n]
	var out []look.Line
	out = append(out, look.Line{}.Add(p.Style(h.Journey), p.Mark(h.Journey)+" ").Add(look.Bold, h.Line))
	for _, d := range p.Tell().Of(uint64(h.Event) + 1) {
		out = append(out, p.decision(d, width)...)
	}
	out = append(out, p.changes(n, width)...)
	out = append(out, p.connections(n, width)...)
	out = append(out, p.next(n, width)...)
	if p.rulesAt = len(out); p.WantWalk {
		return append(out, p.walk(n, width)...)
	}
	return out
}

// rules reports that the packet of the cursor's crossing met rules.
func (p *Pane) rules() bool {
	met := false
	if n := p.S.Hop(); n >= 0 {
		p.S.History.Of(n, func(_ int, e *replay.Event) { met = met || e.Table != "" })
	}
	return met
}

// connections are the conntrack entries that were looked at, each as it was: where
// an entry changed it is shown again.
func (p *Pane) connections(n, width int) []look.Line {
	var out []look.Line
	last := ""
	p.S.History.Of(n, func(_ int, e *replay.Event) {
		if e.Ref.Kind != trace.RefConn || e.Ref.Text == "" || e.Ref.Text == last {
			return
		}
		what := p.T("entry", "항목")
		if last != "" {
			what = p.T("then", "이후")
		}
		last = e.Ref.Text
		out = append(out, look.Line{}.Add(look.Plain, " ").Add(look.Head, look.Pad(what, keyword)))
		for i, l := range look.Wrap(strings.Join(strings.Fields(e.Ref.Text), " "), look.Dim, max(width-keyword-1, 12), 2) {
			if i == 0 {
				out[len(out)-1] = append(out[len(out)-1], l...)
			} else {
				out = append(out, append(look.Line{}.Add(look.Plain, strings.Repeat(" ", keyword+1)), l...))
			}
		}
	})
	return out
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

// lone tells of a packet that has crossed nothing yet.
func (p *Pane) lone(width int) []look.Line {
	var out []look.Line
	e := &p.S.History.Events[p.S.Cursor()-1]
	out = append(out, look.S(look.Bold, string(text.AppendFlow(nil, e.After))))
	for _, d := range p.Tell().Lone(e.Seq) {
		out = append(out, p.decision(d, width)...)
	}
	return out
}

// keyword is the width of the column of keywords.
const keyword = 10

// decision is one line, wrapped, with who put there what decided and the other
// facts below.
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
		mark = p.Glyph("▸", ">")
	}
	var out []look.Line
	for i, l := range look.Wrap(d.Text, look.Plain, max(width-keyword-1, 12), 2) {
		head := look.Line{}.Add(look.Plain, strings.Repeat(" ", keyword+1))
		if i == 0 {
			head = look.Line{}.Add(look.Plain, mark).Add(st, look.Pad(d.Keyword, keyword))
		}
		out = append(out, append(head, l...))
	}
	out = append(out, p.fact("", d.By, width)...)
	for _, f := range d.More {
		out = append(out, p.fact(f.Text, f.By, width)...)
	}
	return out
}

func (p *Pane) fact(s, by string, width int) []look.Line {
	var out []look.Line
	add := func(s string, st look.Style) {
		if s == "" {
			return
		}
		for _, l := range look.Wrap(s, st, max(width-keyword-3, 12), 2) {
			out = append(out, append(look.Line{}.Add(look.Plain, strings.Repeat(" ", keyword+3)), l...))
		}
	}
	add(s, look.Dim)
	if by != "" {
		add(p.T("put there by ", "누가: ")+by, look.Cool)
	}
	return out
}

// changes compares the headers before and after what was decided here.
func (p *Pane) changes(n, width int) []look.Line {
	type step struct{ before, after packet.Flow }
	var first, last *step
	var outer *packet.Flow
	p.S.History.Of(n, func(_ int, e *replay.Event) {
		switch {
		case e.Before == (packet.Flow{}) || e.After == (packet.Flow{}):
		case e.Stage == trace.StageEncap:
			f := e.After
			outer = &f
		case outer == nil:
			s := &step{e.Before, e.After}
			if first == nil {
				first = s
			}
			last = s
		}
	})
	if first == nil {
		return nil
	}
	var out []look.Line
	row := func(name, a, b string) {
		if a != b {
			out = append(out, look.Line{}.Add(look.Warm, " "+p.Glyph("Δ", "*")+" ").Add(look.Plain, look.Pad(name, 9)).Add(look.Plain, a).Add(look.Dim, " "+p.Glyph("→", "->")+" ").Add(look.Warm, b))
		}
	}
	a, b := first.before, last.after
	row("src", addr(a.Src), addr(b.Src))
	row("dst", addr(a.Dst), addr(b.Dst))
	row("ttl", num(a.TTL), num(b.TTL))
	row("length", num16(a.Len), num16(b.Len))
	if a.Proto == packet.ProtoICMP {
		row("icmp id", num16(a.A), num16(b.A))
	} else if !a.ARP {
		row("src port", num16(a.A), num16(b.A))
		row("dst port", num16(a.B), num16(b.B))
	}
	if outer != nil {
		row("outside", "-", addr(outer.Src)+" > "+addr(outer.Dst)+" ttl "+num(outer.TTL)+" length "+num16(outer.Len))
	}
	if len(out) > 0 {
		out = append([]look.Line{look.S(look.Dim, p.T(" headers before and after:", " 헤더 변화:"))}, out...)
	}
	return out
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
		d := h.Hops[m].At.Sub(h.Hops[n].At)
		return []look.Line{look.Line{}.Add(look.Dim, " "+p.T("next ", "다음 ")).Add(look.Bold, h.Hops[m].Place()).Add(look.Dim, " +"+d.String())}
	case end != nil && end.Verdict == trace.Drop:
		return []look.Line{look.S(look.Bad, " "+p.T("the packet ends here", "패킷이 여기서 끝남")+": "+end.Reason.String())}
	}
	return nil
}

func addr(a uint32) string  { return packet.AddrFrom32(a).String() }
func num(n uint8) string    { return strconv.Itoa(int(n)) }
func num16(n uint16) string { return strconv.Itoa(int(n)) }

var (
	_ pane.Pane = (*Pane)(nil)
)
