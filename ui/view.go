package ui

import (
	"fmt"
	"strings"

	"hoplab/ui/look"
	"hoplab/ui/pane/help"
	"hoplab/ui/pane/timeline"
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
		out = append(look.Block(out, a.w, a.h-1), look.S(look.Dim, a.c.T("any key goes back; up and down scroll", "아무 키나 누르면 돌아갑니다")))
	case a.c.S == nil:
		out = a.start()
	default:
		out = a.bench()
	}
	return look.Block(out, a.w, a.h)
}

// start is the list of scenarios.
func (a *app) start() []look.Line {
	head := []look.Line{
		look.Line{}.Add(look.Head, "hoplab").Add(look.Dim, a.c.T("  a Kubernetes cluster with Calico in one process: every packet, every hop, and why", "  한 프로세스 안의 Kubernetes + Calico: 모든 패킷, 모든 홉, 그리고 이유")), {},
	}
	foot := a.foot()
	h := a.h - len(head) - len(foot)
	a.picker.SetSize(a.w, h)
	out := append(head, look.Block(a.picker.View(), a.w, h)...)
	return append(out, foot...)
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

// bench is the linked panes.
func (a *app) bench() []look.Line {
	slots := a.layout()
	body := make([][]look.Line, 0, len(slots))
	for _, s := range slots {
		body = append(body, a.pane(s))
	}
	out := []look.Line{a.heading()}
	foot := a.foot()
	for y := 1; y < a.h-1-len(foot); y++ {
		var l look.Line
		x := 0
		for x < a.w {
			found := false
			for i, s := range slots {
				if s.x == x && y >= s.y && y < s.y+s.h {
					l = append(l, body[i][y-s.y]...)
					x += s.w
					found = true
					break
				}
			}
			if !found {
				l = l.Add(look.Frame, a.c.Glyph("│", "|"))
				x++
			}
		}
		out = append(out, l)
	}
	out = append(out, timeline.Line(a.c, a.w))
	return append(out, foot...)
}

// pane is one pane with its heading, in its exact size.
func (a *app) pane(s slot) []look.Line {
	p := a.panes[s.pane]
	p.SetSize(s.w, max(s.h-1, 0))
	rule, st := a.c.Glyph("─", "-"), look.Frame
	if s.pane == a.focus {
		rule, st = a.c.Glyph("━", "="), look.Focus
	}
	title := fmt.Sprintf("%s %d %s ", rule, s.pane+1, p.Title())
	head := look.Line{}.Add(st, look.Pad(title, min(look.Cells(title), s.w)))
	if n := s.w - head.Cells(); n > 0 {
		tail := ""
		if s.pane == a.lower || s.pane == a.focus && s.pane != paneHops {
			tail = a.tabs(n - 2)
		}
		head = head.Add(st, strings.Repeat(rule, max(n-look.Cells(tail), 0))).Add(look.Dim, tail)
	}
	if s.h < 2 {
		return look.Block([]look.Line{head}, s.w, s.h)
	}
	return append([]look.Line{head.Fit(s.w)}, look.Block(p.View(), s.w, s.h-1)...)
}

// tabs names the panes that can be shown in the place that several share; only
// where not all of them are seen.
func (a *app) tabs(room int) string {
	if a.zoom || a.w >= wideWidth && a.h >= wideHeight {
		return ""
	}
	var b strings.Builder
	for i, p := range a.panes {
		if i == paneHops {
			continue
		}
		fmt.Fprintf(&b, " %d %s", i+1, p.Name())
	}
	if look.Cells(b.String()) > room {
		return ""
	}
	return b.String() + " "
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
