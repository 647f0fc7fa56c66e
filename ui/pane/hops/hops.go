// Package hops is the pane of crossings: one line of tcpdump for each, all
// interfaces together or side by side, and a line where a packet was lost.
//
//	hops.go     what is listed, and the keys
//	rows.go     one below the other
//	columns.go  side by side
//	search.go   texts in the lines
package hops

import (
	"fmt"

	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Pane is the list of crossings. The line of the cursor is the last thing that has
// happened; those behind it are dim.
type Pane struct {
	*pane.Common
	w, h   int
	scroll pane.Scroll
	moved  bool // scrolled by hand since the cursor moved
	cursor int  // at the last view
	side   int  // cells that the lines are moved to the left by
	times  times

	list []entry
	of   key

	split  bool
	chosen []string // the interfaces side by side; nil: the scenario's, then those that packets cross
	first  int      // the column on the left
	places []string // of the list, in order of appearance
	index  map[string]int

	find  string // the text that is searched, in lower case
	found []int  // lines that have it
	upTo  int    // of so many
}

// entry is a line of the list: a crossing, or that a packet was lost.
type entry struct {
	event int // index in History.Events
	hop   int // the crossing, or the one before the loss; -1 for none
	place int // index in places, -1 for none
	lost  bool
}

// key says what a list was made of.
type key struct {
	events, follow int
	filter         string
}

// times is how instants are shown.
type times int

const (
	sinceStart times = iota
	sinceLast        // that is shown: tcpdump -ttt
	timeOfDay        // tcpdump's own
	numTimes
)

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, cursor: -1} }

// Name finds it.
func (p *Pane) Name() string { return "hops" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("hops", "홉")
	if p.Filter != "" {
		t += " [" + p.Filter + "]"
	}
	if p.Follow >= 0 {
		t += " " + p.T("follow ", "추적 ") + p.mark(p.Follow)
	}
	if p.find != "" {
		n, all := p.place()
		t += fmt.Sprintf(" /%s %d/%d", p.find, n, all)
	}
	return t
}

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	side := pane.Bind("left/h right/l", p.T("move the lines sideways", "줄을 옆으로 이동"), pane.Always(p.sideways))
	if p.split {
		side = pane.Bind("left/h right/l", p.T("other interfaces", "다른 인터페이스"), pane.Always(p.otherColumns))
	}
	return []pane.Binding{
		pane.Bind("up/k down/j", p.T("the hop before, after", "이전, 다음 홉"), p.step),
		side,
		pane.Bind("f", p.T("follow this packet and its answer, or its connection; again: all", "이 패킷과 그 응답(또는 그 연결)만 따라가기; 다시: 모두"), pane.Always(p.follow)),
		pane.Bind("s", p.T("interfaces side by side", "인터페이스별로 나란히"), pane.Always(func(pane.Key) { p.split = !p.split })),
		pane.Bind("i", p.T("which interfaces are side by side", "나란히 볼 인터페이스 고르기"), func(pane.Key) pane.Action { return pane.Columns{} }),
		pane.Bind("u", p.T("times: since the start, since the line before, of day", "시각: 시작부터, 앞줄부터, 하루 중 시각"), pane.Always(func(pane.Key) { p.times = (p.times + 1) % numTimes })),
		pane.Bind("> <", p.T("the next place of the text searched, the one before", "찾는 글자의 다음, 이전 위치"), p.next),
		pane.Bind("c", p.T("copy the line", "줄 복사"), p.copy),
		pane.Bind("pgup/ctrl+u pgdown/ctrl+d home end", p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.moved = p.scroll.Move(k.Name, max(p.h-2, 1), len(p.entries())) })),
	}
}

// entries is what is listed. What was listed before is not looked at again.
func (p *Pane) entries() []entry {
	h := &p.S.History
	k := key{len(h.Events), p.Follow, p.Filter}
	if p.list != nil && p.of == k {
		return p.list
	}
	if p.list == nil || p.of.follow != k.follow || p.of.filter != k.filter || p.of.events > k.events {
		p.list, p.of.events = []entry{}, 0
		p.places, p.index = nil, map[string]int{}
		p.found, p.upTo = nil, 0
		for _, t := range p.S.Taps() {
			p.placeOf(t)
		}
	}
	for i := p.of.events; i < k.events; i++ {
		e := &h.Events[i]
		x := entry{event: i, hop: e.Hop, place: -1, lost: replay.Lost(e)}
		if !p.Listed(i) {
			continue
		}
		if x.hop >= 0 {
			x.place = p.placeOf(h.Hops[x.hop].Place())
		}
		p.list = append(p.list, x)
	}
	p.of = k
	return p.list
}

func (p *Pane) placeOf(name string) int {
	n, ok := p.index[name]
	if !ok {
		n = len(p.places)
		p.index[name] = n
		p.places = append(p.places, name)
	}
	return n
}

// at is the line of the cursor: the last that is not behind it, -1 for none.
func (p *Pane) at(list []entry) int {
	lo, hi := 0, len(list)
	for lo < hi {
		if mid := (lo + hi) / 2; list[mid].event < p.S.Cursor() {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

// visible is what may be seen: while a question is open, nothing of what comes.
func (p *Pane) visible() (list []entry, at int) {
	list = p.entries()
	at = p.at(list)
	if p.Hidden {
		list = list[:at+1]
	}
	return list, at
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action { return pane.Dispatch(p.Keys(), k) }

// step goes to the line before or after the cursor.
func (p *Pane) step(k pane.Key) pane.Action {
	list, at := p.visible()
	switch {
	case k.Name == "down" || k.Name == "j":
		if at+1 < len(list) {
			return pane.Seek{Event: list[at+1].event + 1}
		}
		return pane.Enter{}
	case at > 0:
		return pane.Seek{Event: list[at-1].event + 1}
	}
	return pane.Seek{Event: 0}
}

func (p *Pane) sideways(k pane.Key) {
	const step = 16
	if k.Name == "left" || k.Name == "h" {
		p.side = max(p.side-step, 0)
		return
	}
	p.side = min(p.side+step, 400)
}

func (p *Pane) follow(pane.Key) {
	if p.Follow >= 0 {
		p.Follow = -1
	} else if n := p.Selected(); n >= 0 {
		p.Follow = p.S.History.Journeys[p.S.History.Events[n].Journey].Talk
	}
}

func (p *Pane) copy(pane.Key) pane.Action {
	list, at := p.visible()
	if at < 0 {
		return pane.Done{}
	}
	r := p.rows(list)
	return pane.Copy{Text: r.head(at).String() + r.text(at), What: p.T("the line", "줄")}
}

// View makes the lines.
func (p *Pane) View() []look.Line {
	list, at := p.visible()
	if c := p.S.Cursor(); c != p.cursor {
		p.cursor, p.moved = c, false
	}
	switch {
	case p.split:
		return p.columns(list, at)
	case len(list) == 0:
		return p.empty()
	}
	return p.lines(list, at)
}

func (p *Pane) empty() []look.Line {
	if len(p.S.History.Hops) > 0 && (p.Filter != "" || p.Follow >= 0) {
		return look.Wrap(p.T("No packet matches. Esc takes the filter off.", "맞는 패킷이 없습니다. Esc로 필터를 지웁니다."), look.Dim, p.w, 0)
	}
	return look.Wrap(p.T("No packet yet. Space or n lets the next step begin and goes from hop to hop.",
		"아직 패킷이 없습니다. 스페이스 또는 n을 누르면 다음 단계가 시작되고 홉마다 멈춥니다."), look.Dim, p.w, 0)
}

// window moves so that the line of the cursor, which takes several lines, is seen,
// and some of what comes.
func (p *Pane) window(at, height, total, tall int) {
	if !p.moved {
		top := max(0, at-height*2/3)
		p.scroll.Top = min(max(p.scroll.Top, at-height+2), max(top, min(p.scroll.Top, at)))
		p.scroll.Show(at, height, total)
		p.scroll.Top = max(p.scroll.Top, min(at, at+tall-height))
	}
	p.scroll.Top = max(0, min(p.scroll.Top, total-1))
}

var _ pane.Pane = (*Pane)(nil)
