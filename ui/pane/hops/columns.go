package hops

import (
	"strings"

	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// columnWidth is the least that a tcpdump of its own needs, in cells.
const columnWidth = 36

// Choose says which interfaces are side by side, as NETNS:DEV; none: those of the
// scenario, and then all that packets cross.
func (p *Pane) Choose(places []string) {
	p.chosen, p.first, p.split = places, 0, true
	if len(places) == 0 {
		p.chosen = nil
	}
}

// Chosen are the interfaces that Choose was given.
func (p *Pane) Chosen() []string { return p.chosen }

// columnsOf are the interfaces that can be side by side.
func (p *Pane) columnsOf() []string {
	if p.chosen != nil {
		return p.chosen
	}
	p.entries()
	return p.places
}

func (p *Pane) otherColumns(k pane.Key) {
	if k.Name == "left" || k.Name == "h" {
		p.first--
	} else {
		p.first++
	}
	p.moved = true
}

// columns shows interfaces side by side, each as a tcpdump of its own. Their lines
// keep the order of all.
func (p *Pane) columns(list []entry, at int) []look.Line {
	all := p.columnsOf()
	if len(all) == 0 {
		return p.empty()
	}
	n := max(1, min(len(all), p.w/columnWidth))
	column := map[int]int{} // of a place
	now := -1               // column of the cursor's interface
	for c, name := range all {
		if i, ok := p.index[name]; ok {
			column[i] = c
			if at >= 0 && list[at].place == i {
				now = c
			}
		}
	}
	if now >= 0 && !p.moved && (now < p.first || now >= p.first+n) {
		p.first = now - n/2
	}
	p.first = max(0, min(p.first, len(all)-n))
	// The lines of the interfaces that are seen.
	var here []entry
	var where []int
	mine := -1
	for i := range list {
		if c, ok := column[list[i].place]; ok && c >= p.first && c < p.first+n {
			here, where = append(here, list[i]), append(where, c-p.first)
			if i <= at {
				mine = len(here) - 1
			}
		}
	}
	widths := make([]int, n)
	for c := range widths {
		widths[c] = p.w/n - 1
	}
	widths[n-1] = p.w - (n-1)*(p.w/n)
	out := []look.Line{p.beside(widths, func(c int) look.Line { return p.command(all[p.first+c]) })}
	height := max(p.h-1, 1)
	tall := 1
	if mine >= 0 {
		tall = len(p.cell(here, mine, widths[where[mine]], at >= 0 && here[mine] == list[at]))
	}
	p.window(max(mine, 0), height, max(len(here), 1), tall)
	for i := p.scroll.Top; i < len(here) && len(out) < p.h; i++ {
		cell := p.cell(here, i, widths[where[i]], i == mine && here[i] == list[at])
		if i > mine {
			cell[0] = cell[0].With(look.Dim)
		}
		for _, l := range cell {
			out = append(out, p.beside(widths, func(c int) look.Line {
				if c == where[i] {
					return l
				}
				return nil
			}))
		}
	}
	for len(out) < p.h {
		out = append(out, p.beside(widths, func(int) look.Line { return nil }))
	}
	return out[:p.h]
}

// command is the line that one would have typed: k8s-w1# tcpdump -i ens5 -nn.
func (p *Pane) command(place string) look.Line {
	ns, dev, _ := strings.Cut(place, ":")
	return look.Line{}.Add(look.Bold, ns).Add(look.Head, "# tcpdump -i "+dev+" -nn")
}

// beside puts cells of a width beside each other.
func (p *Pane) beside(widths []int, cell func(int) look.Line) look.Line {
	var l look.Line
	for c, w := range widths {
		if c > 0 {
			l = l.Add(look.Frame, p.Glyph("│", "|"))
		}
		l = append(l, cell(c).Fit(w)...)
	}
	return l
}

// cell is a line in its column; that of the cursor is shown whole.
func (p *Pane) cell(list []entry, i, w int, whole bool) []look.Line {
	x := &list[i]
	e := &p.S.History.Events[x.event]
	before := e.At
	for k := i - 1; k >= 0; k-- { // the one before in the same column
		if list[k].place == x.place {
			before = p.S.History.Events[list[k].event].At
			break
		}
	}
	mark, at, text := p.letter(x), p.time(e.At, before), p.words(x)
	st := p.style(x)
	if x.lost {
		text, st = p.Glyph("✗ ", "x ")+text, look.Bad
	}
	if !whole {
		return []look.Line{look.Line{}.Add(p.style(x), " "+mark).Add(look.Dim, " "+at+" ").Add(st, text)}
	}
	lines := look.Wrap(p.Glyph("▸", ">")+mark+" "+at+" "+text, look.Selected, w, 3)
	for i := range lines {
		lines[i] = lines[i].Fit(w).With(look.Selected)
	}
	return lines[:min(len(lines), max(p.h-2, 1))]
}
