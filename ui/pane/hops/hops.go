// Package hops is the pane of crossings: one line of tcpdump for each, all
// interfaces together or side by side.
package hops

import (
	"hoplab/sim/trace"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Pane is the list of crossings. The line of the cursor is the last crossing that
// has happened; those behind it are dim.
type Pane struct {
	*pane.Common
	w, h   int
	scroll pane.Scroll
	split  bool
	moved  bool // scrolled by hand since the cursor moved
	at     int  // hop of the cursor at the last view
	cache  []int
	of     key
}

// key says what a cached list of hops was made of.
type key struct {
	hops, follow int
	filter       string
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, at: -1} }

// Name finds it.
func (p *Pane) Name() string { return "hops" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("hops", "홉")
	if p.Filter != "" {
		t += " [" + p.Filter + "]"
	}
	if p.Follow >= 0 {
		t += " " + p.T("follow ", "추적 ") + p.Mark(p.Follow)
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
		pane.Bind("up/k down/j", p.T("the crossing before, after", "이전, 다음 홉"), p.step),
		pane.Bind("f", p.T("follow this packet and what belongs to it", "이 패킷과 그 응답만 따라가기"), pane.Always(p.follow)),
		pane.Bind("s", p.T("interfaces side by side", "인터페이스별로 나란히"), pane.Always(func(pane.Key) { p.split = !p.split })),
		pane.Bind("c", p.T("copy the line", "줄 복사"), p.copy),
		pane.Bind("pgup/ctrl+u pgdown/ctrl+d home end", p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.moved = p.scroll.Move(k.Name, p.h, len(p.list())) })),
	}
}

// list is the hops that are shown.
func (p *Pane) list() []int {
	k := key{len(p.S.History.Hops), p.Follow, p.Filter}
	if p.cache == nil || p.of != k {
		if p.cache == nil || p.of.follow != k.follow || p.of.filter != k.filter || p.of.hops > k.hops {
			p.cache, p.of.hops = []int{}, 0
		}
		for i := p.of.hops; i < k.hops; i++ {
			if p.Shows(&p.S.History.Hops[i]) {
				p.cache = append(p.cache, i)
			}
		}
		p.of = k
	}
	return p.cache
}

// row is the line of a hop: the last of the list that is not behind it.
func row(list []int, hop int) int {
	lo, hi := 0, len(list)
	for lo < hi {
		if mid := (lo + hi) / 2; list[mid] <= hop {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action { return pane.Dispatch(p.Keys(), k) }

// step goes to the crossing before or after the cursor.
func (p *Pane) step(k pane.Key) pane.Action {
	list := p.list()
	at := row(list, p.S.Hop())
	switch {
	case k.Name == "down" || k.Name == "j":
		if at+1 < len(list) && !p.Hidden {
			return pane.Seek{Event: p.S.History.Hops[list[at+1]].Event + 1}
		}
		return pane.Run{Goal: replay.Goal{Kind: replay.NextHop, Following: p.Follow >= 0, Follow: p.Follow}}
	case at > 0:
		return pane.Seek{Event: p.S.History.Hops[list[at-1]].Event + 1}
	}
	return pane.Seek{Event: 0}
}

func (p *Pane) follow(pane.Key) {
	if p.Follow >= 0 {
		p.Follow = -1
	} else if h := p.S.Hop(); h >= 0 {
		p.Follow = p.S.History.Journeys[p.S.History.Hops[h].Journey].Talk
	}
}

func (p *Pane) copy(pane.Key) pane.Action {
	if h := p.S.Hop(); h >= 0 {
		return pane.Copy{Text: p.line(h).String(), What: p.T("the line", "줄")}
	}
	return pane.Done{}
}

// View makes the lines.
func (p *Pane) View() []look.Line {
	list := p.list()
	now := p.S.Hop()
	if now != p.at {
		p.at, p.moved = now, false
	}
	if p.Hidden { // a question is open: what comes is not shown
		list = list[:row(list, now)+1]
	}
	if len(list) == 0 {
		return p.empty()
	}
	at := row(list, now)
	if !p.moved {
		top := max(0, at-(p.h*2)/3) // some of what comes is seen
		p.scroll.Top = min(max(p.scroll.Top, at-p.h+2), max(top, min(p.scroll.Top, at)))
		p.scroll.Show(at, p.h, len(list))
	}
	p.scroll.Top = max(0, min(p.scroll.Top, len(list)-p.h))
	if p.split {
		return p.columns(list, at)
	}
	var out []look.Line
	for i := p.scroll.Top; i < min(len(list), p.scroll.Top+p.h); i++ {
		l := p.line(list[i])
		switch {
		case i == at && list[i] == now:
			l = l.Fit(p.w).With(look.Selected)
		case list[i] > now:
			l = l.With(look.Dim)
		}
		out = append(out, l)
	}
	return out
}

func (p *Pane) empty() []look.Line {
	if len(p.S.History.Hops) > 0 && (p.Filter != "" || p.Follow >= 0) {
		return look.Wrap(p.T("No packet matches. Esc takes the filter off.", "맞는 패킷이 없습니다. Esc로 필터를 지웁니다."), look.Dim, p.w, 0)
	}
	return look.Wrap(p.T("No packet yet. Space or n lets the next step begin and goes from hop to hop.",
		"아직 패킷이 없습니다. 스페이스 또는 n을 누르면 다음 단계가 시작되고 홉마다 멈춥니다."), look.Dim, p.w, 0)
}

// line is one crossing: mark, time, place, direction, what tcpdump prints.
func (p *Pane) line(i int) look.Line {
	h := &p.S.History.Hops[i]
	st := p.Style(h.Journey)
	cur := " "
	if i == p.S.Hop() {
		cur = p.Glyph("▸", ">")
	}
	ns, dev := p.widths()
	dir, ds := "In ", look.Good
	if h.Dir == trace.Out {
		dir, ds = "Out", look.Cool
	}
	l := look.Line{}.Add(look.Plain, cur).Add(st, look.Pad(p.Mark(h.Journey), 2)).Add(look.Dim, pane.Time(h.At)+" ")
	return l.Add(look.Bold, look.Pad(h.NetNS, ns)+" ").Add(look.Plain, look.Pad(p.dev(h.Dev, dev), dev)+" ").Add(ds, dir+" ").Add(st, h.Line)
}

// dev is the name of an interface in a width.
func (p *Pane) dev(name string, w int) string {
	if s := look.Middle(name, w); !p.ASCII {
		return s
	}
	return look.Cut(name, w)
}

// widths are those of the columns of machines and interfaces.
func (p *Pane) widths() (ns, dev int) {
	for _, m := range p.S.Topology().Machines {
		ns = max(ns, look.Cells(m.Name))
		for _, i := range m.Interfaces {
			dev = max(dev, look.Cells(i.Name))
		}
	}
	if p.w < 100 {
		return min(ns, 8), min(dev, 9)
	}
	return min(ns, 16), min(dev, 16)
}

// columnWidth is the least that a tcpdump of its own needs.
const columnWidth = 36

// columns shows each interface as a tcpdump of its own; the rows keep the order
// of all.
func (p *Pane) columns(list []int, at int) []look.Line {
	var places []string
	index := map[string]int{}
	for _, i := range list {
		name := p.S.History.Hops[i].Place()
		if _, ok := index[name]; !ok {
			index[name] = len(places)
			places = append(places, name)
		}
	}
	n := max(1, min(len(places), p.w/columnWidth))
	w := p.w / n
	first := 0
	if at >= 0 {
		first = max(0, min(index[p.S.History.Hops[list[at]].Place()]-n/2, len(places)-n))
	}
	var head look.Line
	for c := range n {
		head = append(head, look.S(look.Head, places[first+c]).Fit(w-1)...)
		head = head.Add(look.Frame, p.Glyph("│", "|"))
	}
	out := []look.Line{head}
	for i := p.scroll.Top; i < min(len(list), p.scroll.Top+p.h-1); i++ {
		h := &p.S.History.Hops[list[i]]
		c := index[h.Place()] - first
		var l look.Line
		for col := range n {
			cell := look.Line{}
			if col == c {
				st := p.Style(h.Journey)
				mark := p.Mark(h.Journey)
				if i == at {
					cell = look.S(look.Selected, p.Glyph("▸", ">")+mark+" "+pane.Time(h.At)+" "+h.Line)
				} else {
					cell = look.Line{}.Add(st, " "+mark).Add(look.Dim, " "+pane.Time(h.At)+" ").Add(st, h.Line)
				}
				if list[i] > p.S.Hop() {
					cell = cell.With(look.Dim)
				}
			}
			l = append(l, cell.Fit(w-1)...)
			l = l.Add(look.Frame, p.Glyph("│", "|"))
		}
		out = append(out, l)
	}
	return out
}

var _ pane.Pane = (*Pane)(nil)
