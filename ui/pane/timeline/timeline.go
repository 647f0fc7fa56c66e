// Package timeline is the line below the panes: all that is known of the run, from
// left to right, and where one is.
package timeline

import (
	"fmt"
	"strings"

	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Bar draws the run. What it found in events is kept: a history only grows, unless
// it is cut.
type Bar struct {
	*pane.Common
	events, hops int // looked at so far
	lost         []int
	answers      []int
	breaks       []int
	past         int // c.Past when it began
	asked        []*replay.Break
}

// New makes a bar.
func New(c *pane.Common) *Bar { return &Bar{Common: c} }

// plain is a character of the line where there is no UTF-8.
func plain(r rune) rune {
	switch r {
	case '━': // what was seen
		return '='
	case '─': // what one came back from
		return '-'
	case '╌': // what is known, but was not shown yet
		return '.'
	case '█':
		return '#'
	case '•':
		return '*'
	case '◂':
		return '<'
	case '●':
		return 'o'
	}
	return r
}

// Legend says what the characters mean.
func Legend(c *pane.Common) []pane.Binding {
	row := func(r rune, en, ko string) pane.Binding {
		return pane.Typed(c.Glyph(string(r), string(plain(r))), c.T(en, ko))
	}
	return []pane.Binding{
		row('█', "where you are", "현재 위치"), row('━', "seen", "지나온 곳"), row('─', "you came back from there", "되돌아온 구간"),
		row('╌', "has run, but is not shown yet", "실행됐지만 아직 보지 않음"), row('|', "a step, or a line typed", "단계 또는 입력한 줄"),
		row('•', "the packet you are at", "지금 보는 패킷"), row('◂', "an answer", "응답"), row('!', "a packet lost", "폐기된 패킷"), row('●', "a breakpoint", "중단점"),
	}
}

// look finds what is marked in the events that are new.
func (b *Bar) look() {
	h := &b.S.History
	same := len(b.asked) == len(b.Breaks)
	for i := range b.asked {
		same = same && b.asked[i] == b.Breaks[i]
	}
	if !same || b.past != b.Cuts || b.events > len(h.Events) {
		*b = Bar{Common: b.Common, past: b.Cuts, asked: b.Breaks}
	}
	for ; b.events < len(h.Events); b.events++ {
		e := &h.Events[b.events]
		var hop *replay.Hop
		if b.hops < len(h.Hops) && h.Hops[b.hops].Event == b.events {
			hop = &h.Hops[b.hops]
			if j := &h.Journeys[hop.Journey]; j.Answer && j.FirstHop == b.hops {
				b.answers = append(b.answers, b.events+1)
			}
			b.hops++
		}
		if replay.Lost(e) {
			b.lost = append(b.lost, b.events+1)
		}
		for _, k := range b.Breaks {
			if k.Meets(e, hop) {
				b.breaks = append(b.breaks, b.events+1)
				break
			}
		}
	}
}

// Line draws the run in a width. It shows nothing of what a lesson asks about.
func (b *Bar) Line(w int) look.Line {
	b.look()
	s := b.S
	at, n := s.Cursor(), len(s.History.Events)
	label := fmt.Sprintf(" %d/%d", at, n)
	if at > 0 {
		label = " " + pane.Time(s.History.Events[at-1].At) + " s" + label
	}
	bar := w - len(label)
	if bar < 8 {
		return look.S(look.Dim, strings.TrimLeft(label, " ")).Fit(w)
	}
	seen := n
	if b.Hidden {
		seen = max(b.Furthest, at)
	}
	col := func(event int) int { return min(event*(bar-1)/max(n, 1), bar-1) }
	cells := make([]rune, bar)
	style := make([]look.Style, bar)
	for i := range cells {
		switch {
		case n == 0:
			cells[i] = ' '
		case i <= col(at):
			cells[i], style[i] = '━', look.Cool
		case i <= col(max(b.Furthest, at)):
			cells[i], style[i] = '─', look.Plain
		default:
			cells[i], style[i] = '╌', look.Dim
		}
	}
	mark := func(event int, r rune, st look.Style) {
		if event <= seen {
			cells[col(event)], style[col(event)] = r, st
		}
	}
	if hop := s.Hop(); hop >= 0 {
		j := s.History.Hops[hop].Journey
		for i := max(s.History.Journeys[j].FirstHop, 0); i >= 0; i = s.History.NextOf(i) {
			mark(s.History.Hops[i].Event+1, '•', b.Style(j))
		}
	}
	for _, e := range b.answers {
		mark(e, '◂', look.Good)
	}
	for _, m := range s.History.Marks {
		if m.Input.Kind == replay.BeginStep || m.Input.Kind == replay.TypeLine {
			mark(m.Event, '|', look.Bold)
		}
	}
	for _, e := range b.breaks {
		mark(e, '●', look.Warm)
	}
	for _, e := range b.lost {
		mark(e, '!', look.Bad)
	}
	mark(at, '█', look.Bold)
	var l look.Line
	for i, r := range cells {
		if b.ASCII {
			r = plain(r)
		}
		if k := len(l); k > 0 && l[k-1].Style == style[i] {
			l[k-1].Text += string(r)
		} else {
			l = l.Add(style[i], string(r))
		}
	}
	return l.Add(look.Plain, label)
}
