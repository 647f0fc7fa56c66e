package ui

// slot is where a pane stands: the whole of it with its heading.
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
)

// layout gives the places of the panes that are seen. Between columns there is
// one cell for a line.
func (a *app) layout() []slot {
	top, h, w := 1, a.h-3, a.w // heading above; timeline and hints below
	if extra := a.bottom(); extra > 1 {
		h -= extra - 1
	}
	if a.zoom {
		return []slot{{a.focus, 0, top, w, h}}
	}
	lower := a.lower
	switch {
	case w >= wideWidth && h+3 >= wideHeight:
		left := w * 52 / 100
		mapH := a.maps.Height(left, h*48/100-1) + 1
		shellH := h * 28 / 100
		bottom := paneShell
		if a.c.LessonMode && lower != paneShell || lower == paneLesson {
			bottom = paneLesson
		}
		whyH, bytesH := h*40/100, h*30/100
		right := left + 1
		return []slot{
			{paneMap, 0, top, left, mapH}, {paneHops, 0, top + mapH, left, h - mapH - shellH}, {bottom, 0, top + h - shellH, left, shellH},
			{paneWhy, right, top, w - right, whyH}, {paneBytes, right, top + whyH, w - right, bytesH}, {paneState, right, top + whyH + bytesH, w - right, h - whyH - bytesH},
		}
	case w >= midWidth && h+3 >= midHeight:
		left := w * 54 / 100
		mapH := a.maps.Height(left, h*52/100-1) + 1
		right := left + 1
		whyH := h * 45 / 100
		if lower == paneWhy {
			lower = paneBytes
		}
		return []slot{
			{paneMap, 0, top, left, mapH}, {paneHops, 0, top + mapH, left, h - mapH},
			{paneWhy, right, top, w - right, whyH}, {lower, right, top + whyH, w - right, h - whyH},
		}
	}
	if a.focus == paneMap {
		lower = paneMap
	}
	hopsH := h * 2 / 5
	return []slot{{paneHops, 0, top, w, hopsH}, {lower, 0, top + hopsH, w, h - hopsH}}
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
