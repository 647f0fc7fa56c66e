package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hoplab/ui/look"
	"hoplab/ui/pane/help"
)

// View is bubbletea's.
func (a *app) View() string {
	if a.quitting {
		return ""
	}
	return a.theme.Render(a.lines())
}

// lines is the screen: exactly as many lines as the terminal has, each exactly as
// wide.
func (a *app) lines() []look.Line {
	if a.w <= 0 || a.h <= 0 {
		return nil
	}
	var out []look.Line
	switch {
	case a.w < minWidth || a.h < minHeight:
		out = look.Wrap(fmt.Sprintf(a.c.T("The terminal is too small: %d×%d, at least %d×%d is needed.", "터미널이 너무 작습니다: %d×%d, 최소 %d×%d"), a.w, a.h, minWidth, minHeight), look.Bad, a.w, 0)
	case a.helping:
		out = append([]look.Line{a.heading()}, a.helpTop.Part(help.Lines(a.sections(), a.w), a.h-2)...)
		foot := a.c.T("any key goes back", "아무 키나 누르면 돌아갑니다")
		if from, to, total := a.helpTop.Seen(); to < total || from > 1 {
			foot = fmt.Sprintf(a.c.T("%d-%d/%d: up, down, pgup, pgdown scroll; any other key goes back", "%d-%d/%d: 위아래, pgup, pgdown으로 스크롤; 다른 키는 돌아가기"), from, to, total)
		}
		out = append(look.Block(out, a.w, a.h-1), look.S(look.Dim, foot))
	case a.c.S == nil:
		out = a.start()
	default:
		out = a.bench()
	}
	out = look.Block(out, a.w, a.h)
	if a.c.ASCII {
		for y, l := range out {
			l = slices.Clone(l)
			for i := range l { // what lines that are too long end in
				l[i].Text = strings.ReplaceAll(l[i].Text, "…", "~")
			}
			out[y] = l
		}
	}
	return out
}

// start is the list of scenarios, and what the chosen one is about: beside it, or
// below it.
func (a *app) start() []look.Line {
	head := look.Line{}.Add(look.Head, " hoplab").Add(look.Dim, a.c.T("  a Kubernetes cluster with Calico in one process: every packet, every hop, and why", "  한 프로세스 안의 Kubernetes + Calico: 모든 패킷, 모든 홉, 그리고 이유"))
	foot := a.foot()
	b := look.NewBorders(a.w, a.h, a.c.ASCII)
	h := a.h - 1 - len(foot)
	var patches []patch
	box := func(x, y, w, h int, weight uint8, title look.Line, lines func(w, h int) []look.Line) {
		in := w
		if a.boxed() {
			b.Box(x, y, w, h, weight)
			x, in, h = x+1, w-2, h-1
		} else {
			b.Across(x-1, y, w+2, weight)
		}
		patches = append(patches, patch{x + 1, y, title.Fit(min(title.Cells(), max(in-2, 0)))})
		for i, l := range look.Block(lines(in, h-1), in, max(h-1, 0)) {
			patches = append(patches, patch{x, y + 1 + i, l})
		}
	}
	seen := func(x, w, y int, of func() (from, to, total int)) {
		if from, to, total := of(); to-from+1 < total {
			l := look.S(look.Dim, fmt.Sprintf(" %d-%d/%d ", from, to, total))
			patches = append(patches, patch{max(x+w-2-l.Cells(), 0), y, l})
		}
	}
	list := func(w, h int) []look.Line {
		a.picker.SetSize(w, h)
		return a.picker.View()
	}
	name := look.Line{}.Add(look.Bold, " "+a.picker.Chosen()+" ")
	if a.picker.Chosen() == "" {
		name = nil
	}
	title := look.S(look.Focus, a.c.Glyph("▸", ">")+a.picker.Title()+" ")
	if a.boxed() {
		left := a.w * 55 / 100
		box(0, 1, left+1, h, look.Thick, title, list)
		seen(0, left+1, 1, a.picker.Seen)
		box(left, 1, a.w-left, h, look.Thin, name, a.picker.About)
		seen(left, a.w-left, 1, a.picker.AboutSeen)
	} else {
		low := min(len(a.picker.Detail(a.w))+1, h*3/5)
		box(0, 1, a.w, h-low, look.Thick, title, list)
		seen(0, a.w, 1, a.picker.Seen)
		box(0, 1+h-low, a.w, low, look.Thin, name, a.picker.About)
		seen(0, a.w, 1+h-low, a.picker.AboutSeen)
	}
	out := append([]look.Line{head}, a.compose(b, patches, 1, a.h-len(foot))...)
	return append(out, foot...)
}

// compose puts patches on borders, and gives the rows from one to another.
func (a *app) compose(b *look.Borders, patches []patch, from, to int) []look.Line {
	rows := make([][]patch, a.h)
	for _, p := range patches {
		if p.y < a.h {
			rows[p.y] = append(rows[p.y], p)
		}
	}
	var out []look.Line
	for y := from; y < to; y++ {
		slices.SortStableFunc(rows[y], func(a, b patch) int { return a.x - b.x })
		var l look.Line
		x := 0
		for _, p := range rows[y] {
			l = append(append(l, b.Row(y, x, p.x)...), p.line...)
			x = max(x, p.x+p.line.Cells())
		}
		out = append(out, append(l, b.Row(y, x, a.w)...))
	}
	return out
}

// heading is the first line: which scenario, which step.
func (a *app) heading() look.Line {
	l := look.Line{}.Add(look.Head, " hoplab ")
	s := a.c.S
	if s == nil {
		return l
	}
	sc := s.Entry.Scenario
	l = l.Add(look.Bold, sc.Name)
	if t := sc.Title.In(a.c.Lang.String()); t != "" && a.w >= 60 {
		l = l.Add(look.Plain, "  "+t)
	}
	right := look.Line{}
	if n := s.Steps(); n > 0 {
		right = right.Add(look.Dim, fmt.Sprintf(a.c.T("step %d/%d ", "단계 %d/%d "), s.Step()+1, n))
	}
	switch {
	case a.job != nil && a.job.progress:
		right = right.Add(look.Warm, fmt.Sprintf(a.c.T("running: %d events, esc stops ", "실행 중: 이벤트 %d, esc 멈춤 "), len(s.History.Events)))
	case a.playing:
		right = right.Add(look.Good, a.c.Glyph("▶ ", "> ")+speeds()[a.speed].String()+" ")
	case s.Past() && !a.c.Hidden:
		right = right.Add(look.Warm, a.c.T("past ", "과거 "))
	}
	if n := len(a.c.Breaks); n > 0 {
		right = right.Add(look.Bad, fmt.Sprintf("%s%d ", a.c.Glyph("●", "o"), n))
	}
	return append(l.Fit(max(a.w-right.Cells(), 0)), right...)
}

// patch is a line at a place of the screen.
type patch struct {
	x, y int
	line look.Line
}

// bench is the linked panes.
func (a *app) bench() []look.Line {
	foot := a.foot()
	slots := a.layout()
	b := look.NewBorders(a.w, a.h, a.c.ASCII)
	var patches []patch
	for _, s := range slots {
		weight := uint8(look.Thin)
		if s.pane == a.focus {
			weight = look.Thick
		}
		if a.boxed() {
			b.Box(s.x, s.y, s.w, s.h, weight)
		} else {
			b.Across(s.x-1, s.y, s.w+2, weight)
		}
		patches = append(patches, a.pane(s, slots)...)
	}
	out := append([]look.Line{a.heading()}, a.compose(b, patches, 1, a.h-1-len(foot))...)
	out = append(out, a.bar.Line(a.w))
	return append(out, foot...)
}

// pane is one pane: its title, what else stands in its upper border, and its lines.
func (a *app) pane(s slot, all []slot) []patch {
	x, w, h := s.x, s.w, s.h-1
	if a.boxed() {
		x, w, h = x+1, w-2, h-1
	}
	w, h = max(w, 0), max(h, 0)
	p := a.panes[s.pane]
	p.SetSize(w, h)
	lines := look.Block(p.View(), w, h)
	var out []patch
	room := w - 2
	if room > 0 {
		title := a.title(s.pane, room)
		out = append(out, patch{x + 1, s.y, title})
		room -= title.Cells() + 1
		if right := a.corner(s.pane, h, room, all); right != nil {
			out = append(out, patch{x + w - 1 - right.Cells(), s.y, right})
		}
	}
	for i, l := range lines {
		out = append(out, patch{x, s.y + 1 + i, l})
	}
	return out
}

// title is that of a pane in its border. The one with the focus has a mark.
func (a *app) title(n, room int) look.Line {
	st := look.Plain
	l := look.Line{}.Add(look.Plain, " ")
	if n == a.focus {
		st = look.Focus
		l = look.Line{}.Add(st, a.c.Glyph("▸", ">"))
	}
	l = l.Add(look.Key, strconv.Itoa(n+1)).Add(st, " "+a.panes[n].Title()+" ")
	return l.Fit(min(l.Cells(), room))
}

// corner is what stands at the right of a pane's upper border: the panes that are
// hidden, in the place that they share, and which lines are seen of a longer text.
func (a *app) corner(n, height, room int, all []slot) look.Line {
	var tabs, seen look.Line
	if n == a.lower || n == a.focus && n != paneHops {
		for i := range a.panes {
			if !a.zoom && !slices.ContainsFunc(all, func(s slot) bool { return s.pane == i }) {
				tabs = tabs.Add(look.Key, " "+strconv.Itoa(i+1)).Add(look.Dim, " "+a.name(i))
			}
		}
		if tabs != nil {
			tabs = tabs.Add(look.Plain, " ")
		}
	}
	if from, to, total := a.panes[n].Seen(); total > height && to-from+1 < total {
		seen = look.S(look.Dim, fmt.Sprintf(" %d-%d/%d ", from, to, total))
	}
	if n := tabs.Cells(); n > room-seen.Cells() {
		tabs = nil
	}
	if l := append(tabs, seen...); l.Cells() <= room {
		return l
	}
	return nil
}

// name is that of a pane, short.
func (a *app) name(n int) string {
	t := a.c.T
	return []string{t("map", "지도"), t("hops", "홉"), t("why", "이유"), t("bytes", "바이트"), t("state", "상태"), t("shell", "셸"), t("lesson", "실습")}[n]
}

// bottom is how many lines the foot takes.
func (a *app) bottom() int { return len(a.foot()) }

// foot is the last line: what there is to say, or which keys there are.
func (a *app) foot() []look.Line {
	switch {
	case a.prompt != nil:
		return a.prompt.lines(a.c, a.w, max(a.h/3, 1))
	case a.status != "" && a.fault:
		l := look.Wrap(a.status, look.Bad, a.w, 0)
		return l[:min(len(l), 4)]
	case a.status != "":
		l := look.Wrap(a.status, look.Warm, a.w, 0)
		return l[:min(len(l), 3)]
	}
	return []look.Line{a.hints()}
}
