package ui

// slot is where a pane stands: with its borders, which it shares with its
// neighbours.
type slot struct {
	pane       int
	x, y, w, h int
}

// Sizes of the terminal.
const (
	minWidth   = 40 // less is too small to show anything
	minHeight  = 12
	midWidth   = 100
	midHeight  = 30
	wideWidth  = 150
	wideHeight = 44
	tallHeight = 40 // narrow, but with room for three panes
)

// boxed reports that panes have borders around them; on a small terminal they have
// a line above them alone.
func (a *app) boxed() bool { return a.w >= midWidth }

// part is a pane and the height that it wants; one of a column has 0, and gets the
// rest.
type part struct{ pane, h int }

// column puts panes below each other; where they are boxed each shares a line with
// the next one.
func (a *app) column(x, y, w, h int, parts ...part) []slot {
	shared := 0
	if a.boxed() {
		shared = 1
	}
	rest := h
	for i, p := range parts {
		rest -= p.h
		if i > 0 {
			rest += shared
		}
	}
	out := make([]slot, len(parts))
	for i, p := range parts {
		if p.h == 0 {
			p.h = max(rest, 0)
		}
		out[i] = slot{p.pane, x, y, w, p.h}
		y += p.h - shared
	}
	return out
}

// layout gives the places of the panes that are seen. Map, hops and why stand
// beside each other where there is room: where the packet is, what was seen, and
// what decided.
func (a *app) layout() []slot {
	top, h, w := 1, a.h-3, a.w // heading above; timeline and hints below
	if extra := a.bottom(); extra > 1 {
		h -= extra - 1
	}
	if a.zoom {
		return []slot{{a.focus, 0, top, w, h}}
	}
	share := func(pane, usual, focused, why int) part { // in percent: usual, if it has the focus, if why has it
		switch a.focus {
		case pane:
			usual = focused
		case paneWhy:
			usual = why
		}
		return part{pane, h * usual / 100}
	}
	wide, mid, tall := w >= wideWidth && h+3 >= wideHeight, w >= midWidth && h+3 >= midHeight, h+3 >= tallHeight
	left := w * 53 / 100
	nothing := a.c.Selected() < 0 && a.focus != paneWhy && a.focus != paneBytes // there is no packet to explain: a sentence says so
	const sentence = 4
	mapH := func(most int) part { return part{paneMap, a.maps.Height(left-1, h*most/100-2) + 2} }
	switch {
	case wide:
		bottom := paneShell
		usual, focused := 28, 34
		if a.c.LessonMode && a.lower != paneShell || a.lower == paneLesson {
			bottom, usual, focused = paneLesson, 36, 42
		}
		leftColumn := a.column(0, top, left+1, h, mapH(50), part{paneHops, 0}, share(bottom, usual, focused, usual))
		if nothing {
			return append(leftColumn, a.column(left, top, w-left, h, part{paneWhy, sentence}, part{paneBytes, sentence}, part{paneState, 0})...)
		}
		return append(leftColumn,
			a.column(left, top, w-left, h, part{paneWhy, 0}, share(paneBytes, 38, 50, 27), share(paneState, 17, 40, 13))...)
	case mid:
		lower := a.lower
		switch {
		case lower == paneWhy && nothing:
			lower = paneState
		case lower == paneWhy:
			lower = paneBytes
		}
		low := share(lower, 45, 60, 30)
		if lower == paneLesson && a.lesson.Watching() { // what is watched stands in the others
			low = share(lower, 33, 33, 30)
		}
		why := part{paneWhy, 0}
		if nothing {
			why.h, low.h = sentence, 0
		}
		return append(a.column(0, top, left+1, h, mapH(60), part{paneHops, 0}), a.column(left, top, w-left, h, why, low)...)
	}
	lower := a.lower
	if a.focus == paneMap {
		lower = paneMap
	}
	switch {
	case w >= midWidth: // wide and low: side by side
		half := w / 2
		return append(a.column(0, top, half+1, h, part{paneHops, 0}), a.column(half, top, w-half, h, part{lower, 0})...)
	case tall:
		if lower == paneMap {
			lower = paneWhy
		}
		return a.column(0, top, w, h, part{paneMap, a.maps.Height(w, h*45/100-1) + 1}, part{paneHops, h * 25 / 100}, part{lower, 0})
	}
	hops := h * 2 / 5
	if len(a.c.S.History.Hops) == 0 { // the others have more to say
		hops = 3
	}
	return a.column(0, top, w, h, part{paneHops, hops}, part{lower, 0})
}

// visible reports that a pane is seen.
func (a *app) visible(n int) bool {
	if a.c.S == nil {
		return false
	}
	for _, s := range a.layout() {
		if s.pane == n {
			return true
		}
	}
	return false
}
