package hops

import (
	"strings"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/trace"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// rows writes lines of a list with columns of one width each.
type rows struct {
	*Pane
	list               []entry
	mark, at, ns, devs int // widths of the columns, in cells
}

// Most of the columns of machines and interfaces, in cells: on a narrow pane, and
// on a wide one.
const (
	narrow    = 100
	narrowNS  = 8
	narrowDev = 9
	widest    = 16
)

// rows chooses the widths of the columns.
func (p *Pane) rows(list []entry) *rows {
	r := &rows{Pane: p, list: list, mark: 2}
	for _, m := range p.Network().Machines {
		r.ns = max(r.ns, look.Cells(m.Name))
		for _, d := range m.Devices {
			r.devs = max(r.devs, look.Cells(d.Name))
		}
	}
	r.ns, r.devs = min(r.ns, widest), min(r.devs, widest)
	if p.w < narrow {
		r.ns, r.devs = min(r.ns, narrowNS), min(r.devs, narrowDev)
	}
	if n := len(p.S.History.Events); n > 0 {
		r.at = look.Cells(p.time(p.S.History.Events[n-1].At, 0))
	}
	to := min(len(list), p.scroll.Top+p.h)
	for i := max(0, min(p.scroll.Top, to)); i < to; i++ {
		r.mark = max(r.mark, look.Cells(p.letter(&list[i]))+1)
	}
	return r
}

// letter is the packet's, and of an answer the letter of what it answers.
func (p *Pane) letter(x *entry) string {
	n := p.S.History.Events[x.event].Journey
	j := &p.S.History.Journeys[n]
	if j.Answer && j.FirstHop >= 0 && j.Cause >= 0 && p.S.History.Journeys[j.Cause].FirstHop >= 0 {
		return p.Mark(n) + p.Glyph("←", "<") + p.Mark(j.Cause)
	}
	return p.mark(n)
}

// mark is the letter of a packet; those that never came to an interface have none.
func (p *Pane) mark(journey int) string {
	if p.S.History.Journeys[journey].FirstHop < 0 {
		return "-"
	}
	return p.Mark(journey)
}

// time shows an instant; before is that of the line before.
func (p *Pane) time(at, before clock.Instant) string {
	switch p.times {
	case sinceLast:
		return pane.Time(at - before)
	case timeOfDay:
		return p.S.Start().Add(time.Duration(at)).Format("15:04:05.000000")
	}
	return pane.Time(at)
}

// style is that of an entry's packet.
func (p *Pane) style(x *entry) look.Style {
	if j := p.S.History.Events[x.event].Journey; p.S.History.Journeys[j].FirstHop >= 0 {
		return p.Style(j)
	}
	return look.Plain
}

// head is what stands before the text of a line: mark, time, place, direction.
func (r *rows) head(i int) look.Line {
	x := &r.list[i]
	e := &r.S.History.Events[x.event]
	before := e.At
	if i > 0 {
		before = r.S.History.Events[r.list[i-1].event].At
	}
	at := r.time(e.At, before)
	l := look.Line{}.Add(r.style(x), look.Pad(r.letter(x), r.mark)).Add(look.Dim, strings.Repeat(" ", max(r.at-len(at), 0))+at+" ")
	if x.lost {
		return l.Add(look.Bold, look.Pad(e.NetNS, r.ns)+" ").Add(look.Plain, look.Pad(r.dev(e.Dev), r.devs)+" ").Add(look.Bad, r.Glyph("✗", "x")+"   ")
	}
	h := &r.S.History.Hops[x.hop]
	dir, ds := "In ", look.Good
	if h.Dir == trace.Out {
		dir, ds = "Out", look.Cool
	}
	return l.Add(look.Bold, look.Pad(h.NetNS, r.ns)+" ").Add(look.Plain, look.Pad(r.dev(h.Dev), r.devs)+" ").Add(ds, dir+" ")
}

// dev is the name of an interface in the width of its column.
func (r *rows) dev(name string) string {
	if !r.ASCII {
		return look.Middle(name, r.devs)
	}
	return look.Cut(name, r.devs)
}

// text is what tcpdump prints, or why a packet was lost.
func (r *rows) text(i int) string { return r.words(&r.list[i]) }

func (p *Pane) words(x *entry) string {
	if x.lost {
		return p.why(&p.S.History.Events[x.event])
	}
	return p.S.History.Hops[x.hop].Line
}

// why says why a packet was lost: the kernel's name of the reason, and a sentence.
func (p *Pane) why(e *replay.Event) string {
	sentence, _ := p.Lang.Reason(e.Reason)
	return p.T("dropped: ", "폐기: ") + text.ReasonName(e.Reason) + ", " + sentence
}

// lines are those that have room. The line of the cursor is shown whole.
func (p *Pane) lines(list []entry, at int) []look.Line {
	full := p.whole(list, at)
	p.window(at, p.h, len(list), len(full))
	r := p.rows(list)
	full = r.wrap(at) // the columns may have changed with the window
	var out []look.Line
	for i := p.scroll.Top; i < len(list) && len(out) < p.h; i++ {
		if i == at {
			out = append(out, full...)
			continue
		}
		l := look.Line{{Text: " "}}
		l = append(l, r.head(i)...)
		st := r.style(&list[i])
		if list[i].lost {
			st = look.Bad
		}
		l = append(l, look.S(st, r.text(i)).Skip(p.side)...)
		if i > at {
			l = l.With(look.Dim)
		}
		out = append(out, l)
	}
	return out[:min(len(out), p.h)]
}

// whole is the line of the cursor with all of its text.
func (p *Pane) whole(list []entry, at int) []look.Line { return p.rows(list).wrap(at) }

// hang is where further lines of a text begin if there is no room below it.
const (
	hang    = 6
	leastIn = 32
)

// wrap makes lines of the line of the cursor, as many as its text needs.
func (r *rows) wrap(at int) []look.Line {
	if at < 0 {
		return nil
	}
	head := r.Glyph("▸", ">") + r.head(at).String()
	in := look.Cells(head)
	if r.w-in < leastIn {
		in = hang
	}
	lines := look.Wrap(head+r.text(at), look.Selected, r.w, in)
	for i := range lines {
		lines[i] = lines[i].Fit(r.w).With(look.Selected)
	}
	return lines[:min(len(lines), max(r.h-1, 1))]
}
