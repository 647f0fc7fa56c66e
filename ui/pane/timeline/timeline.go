// Package timeline is the line below the panes: all that has happened, from left
// to right, and where one is.
package timeline

import (
	"fmt"

	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Line draws the run in a width: | where a step or a line typed begins, ! where a
// packet was lost, • the packet of the cursor, # the cursor.
func Line(c *pane.Common, w int) look.Line {
	s := c.S
	n := len(s.History.Events)
	label := fmt.Sprintf(" %d/%d", s.Cursor(), n)
	at := s.Cursor()
	if at > 0 {
		label = " " + pane.Time(s.History.Events[at-1].At) + " s" + label
	}
	bar := w - len(label)
	if bar < 8 {
		return look.S(look.Dim, label).Fit(w)
	}
	cells := make([]rune, bar)
	style := make([]look.Style, bar)
	total := n
	if c.Hidden {
		total = at
	}
	col := func(event int) int {
		if total == 0 {
			return 0
		}
		return min(event*(bar-1)/total, bar-1)
	}
	done := col(at)
	for i := range cells {
		cells[i], style[i] = '─', look.Dim
		if i <= done {
			cells[i], style[i] = '━', look.Cool
		}
	}
	hop := s.Hop()
	for i := range s.History.Hops {
		h := &s.History.Hops[i]
		if hop >= 0 && h.Journey == s.History.Hops[hop].Journey && (!c.Hidden || h.Event < at) {
			cells[col(h.Event+1)], style[col(h.Event+1)] = '•', c.Style(h.Journey)
		}
	}
	for i := range s.History.Events[:min(n, 50_000)] {
		if e := &s.History.Events[i]; e.Reason != 0 && replay.Lost(e) && (!c.Hidden || i < at) {
			cells[col(i+1)], style[col(i+1)] = '!', look.Bad
		}
	}
	for _, m := range s.History.Marks {
		if m.Input.Kind == replay.BeginStep || m.Input.Kind == replay.TypeLine {
			cells[col(m.Event)], style[col(m.Event)] = '|', look.Bold
		}
	}
	cells[done], style[done] = '█', look.Bold
	var l look.Line
	for i, r := range cells {
		if c.ASCII {
			switch r {
			case '─':
				r = '-'
			case '━':
				r = '='
			case '•':
				r = '*'
			case '█':
				r = '#'
			}
		}
		if k := len(l); k > 0 && l[k-1].Style == style[i] {
			l[k-1].Text += string(r)
		} else {
			l = l.Add(style[i], string(r))
		}
	}
	return l.Add(look.Plain, label)
}
