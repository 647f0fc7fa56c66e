package ui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/pane/help"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// typing reports that the pane with the focus takes every character.
func (a *app) typing() bool {
	if a.c.S == nil {
		return false
	}
	_, _, open := a.shell.Front()
	return (a.focus == paneShell && open || a.focus == paneLesson && a.lesson.Typing())
}

// key is a key that was pressed.
func (a *app) key(k pane.Key) tea.Cmd {
	if !a.playing && k.Name != "esc" {
		a.say("") // it has been read
	}
	switch {
	case a.helping:
		return a.helpKey(k)
	case a.prompt != nil:
		return a.promptKey(k)
	case a.c.S == nil:
		return a.startKey(k)
	case k.Name == "esc":
		return a.escape()
	case k.Name == "tab" && a.focus == paneShell && a.typing():
	case k.Name == "tab", k.Name == "shift+tab":
		d := 1
		if k.Name != "tab" {
			d = len(a.panes) - 1
		}
		a.focusOn((a.focus + d) % len(a.panes))
		return nil
	}
	if x := a.panes[a.focus].Update(k); x != nil {
		return a.do(x)
	}
	if a.typing() && k.Text != "" {
		return nil
	}
	return a.global(k)
}

// escape takes back what is nearest: the run, the zoom, the shell's focus, the
// filter.
func (a *app) escape() tea.Cmd {
	switch {
	case a.job != nil:
		a.job.cancel, a.later = true, nil
	case a.playing:
		a.playing = false
		a.say(a.c.T("paused", "일시정지"))
	case a.focus == paneShell:
		a.focusOn(a.before)
	case a.zoom:
		a.zoom = false
	case a.c.Filter != "":
		_ = a.setFilter("")
	case a.c.Follow >= 0:
		a.c.Follow = -1
	case a.status != "":
		a.say("")
	}
	return nil
}

// startKey is a key on the start screen.
func (a *app) startKey(k pane.Key) tea.Cmd {
	switch k.Name {
	case "ctrl+c":
		a.quitting = true
		return nil
	case "esc":
		if a.picker.Filter() == "" {
			a.quitting = true
		}
		a.picker.Clear()
		return nil
	case "?":
		a.helping = true
		return nil
	case "ctrl+l":
		a.setLang()
		return nil
	}
	if x := a.picker.Update(k); x != nil {
		return a.do(x)
	}
	return nil
}

// global are the keys that work everywhere but where something is typed.
func (a *app) global(k pane.Key) tea.Cmd {
	s := a.c.S
	switch k.Name {
	case "space", "n":
		return a.run(a.goal(replay.NextHop))
	case "e":
		return a.run(a.goal(replay.AnyEvent))
	case "p":
		return a.run(a.goal(replay.NextPacket))
	case "d":
		return a.run(a.goal(replay.NextDrop))
	case "a":
		return a.run(a.goal(replay.NextAnswer))
	case "B":
		return a.run(a.goal(replay.NextBreak))
	case "S":
		return a.run(a.goal(replay.TheEnd))
	case "N", "b", "backspace":
		a.back(replay.NextHop)
	case "E":
		a.back(replay.AnyEvent)
	case "P":
		a.back(replay.NextPacket)
	case "D":
		a.back(replay.NextDrop)
	case "A":
		a.back(replay.NextAnswer)
	case "g":
		a.seek(0)
	case "G":
		a.seek(len(s.History.Events))
		if a.job == nil && !s.Busy() {
			a.stepOver()
		}
	case "[", "]":
		d := max(len(s.History.Events)/20, 1)
		if k.Name == "[" {
			d = -d
		}
		a.seek(s.Cursor() + d)
	case "r":
		return a.toggle()
	case "+", "=":
		a.speed = min(a.speed+1, len(speeds())-1)
		a.say(fmt.Sprintf(a.c.T("a hop every %v", "홉마다 %v"), speeds()[a.speed]))
	case "-":
		a.speed = max(a.speed-1, 0)
		a.say(fmt.Sprintf(a.c.T("a hop every %v", "홉마다 %v"), speeds()[a.speed]))
	case "1", "2", "3", "4", "5", "6", "7":
		a.focusOn(int(k.Name[0] - '1'))
		if _, _, ok := a.shell.Front(); a.focus == paneShell && !ok {
			return a.openShell(a.here(), false)
		}
	case "enter":
		a.focusOn(paneWhy)
	case "z":
		a.zoom = !a.zoom
	case "?":
		a.helping, a.helpTop.Top = true, 0
	case ":":
		a.askCommand()
	case "/":
		a.askFilter()
	case "t":
		a.askBreak()
	case "T":
		a.c.Breaks = nil
		a.say(a.c.T("no breakpoints", "중단점 없음"))
	case "f":
		return a.do(a.hops.Update(k))
	case "x":
		a.askExport()
	case "c":
		return a.do(a.hops.Update(k))
	case "L":
		a.setLang()
	case "o":
		return a.leave(a.c.T("open another scenario", "다른 시나리오 열기"), func() tea.Cmd { a.close(); return nil })
	case "R":
		e := s.Entry
		return a.leave(a.c.T("begin anew", "처음부터 다시"), func() tea.Cmd {
			if a.job != nil {
				return nil
			}
			if err := a.open(e); err != nil {
				a.fail(err)
			}
			return nil
		})
	case "q", "ctrl+c":
		return a.leave(a.c.T("quit", "종료"), func() tea.Cmd { a.quitting = true; return nil })
	}
	return nil
}

// leave does something that ends the session; it asks first if typed lines would
// be lost.
func (a *app) leave(what string, do func() tea.Cmd) tea.Cmd {
	n := 0
	for i, in := range a.c.S.Inputs() {
		if in.Kind == replay.TypeLine && i >= a.saved {
			n++
		}
	}
	if n == 0 {
		return do()
	}
	a.ask(fmt.Sprintf(a.c.T("%s? %d typed lines would be lost (x saves them)", "%s? 입력한 줄 %d개가 사라집니다 (x로 저장)"), what, n),
		map[string]func() tea.Cmd{"y": do, "q": do, "n": func() tea.Cmd { return nil }, "x": func() tea.Cmd { a.askExport(); return nil }})
	return nil
}

// setLang changes the language.
func (a *app) setLang() {
	l := text.Korean
	if a.c.Lang == text.Korean {
		l = text.English
	}
	a.c.SetLang(l)
	a.say("")
}

// focusOn lets a pane take the keys.
func (a *app) focusOn(n int) {
	if n < 0 || n >= len(a.panes) {
		return
	}
	if a.focus != paneShell {
		a.before = a.focus
	}
	a.focus = n
	if n != paneHops && n != paneMap {
		a.lower = n
	}
}

// helpKey is a key while the help is shown.
func (a *app) helpKey(k pane.Key) tea.Cmd {
	if a.helpTop.Move(k.Name, a.h-2, len(help.Lines(a.sections(), a.w))) {
		return nil
	}
	a.helping = false
	if k.Name == "ctrl+c" {
		a.quitting = true
	}
	return nil
}

// sections are the keys for the help, those of the pane in front first.
func (a *app) sections() []help.Section {
	if a.c.S == nil {
		return []help.Section{{Title: a.picker.Title(), Keys: append(a.picker.Keys(), pane.Binding{Key: "ctrl+l", What: a.c.T("English, Korean", "영어, 한국어")})}}
	}
	t := a.c.T
	p := a.panes[a.focus]
	return []help.Section{
		{Title: t("this pane: ", "이 창: ") + p.Name(), Keys: p.Keys()},
		{Title: t("time", "시간"), Keys: []pane.Binding{
			{Key: "space n", What: t("the next hop; begins the next step", "다음 홉; 다음 단계 시작")}, {Key: "b N backspace", What: t("a hop back", "한 홉 뒤로")},
			{Key: "e E", What: t("one event forward, back", "이벤트 하나 앞으로, 뒤로")}, {Key: "p P", What: t("the next packet, the one before", "다음 패킷, 이전 패킷")},
			{Key: "d D", What: t("the next packet that is lost, the one before", "다음 폐기, 이전 폐기")}, {Key: "a A", What: t("the next answer, the one before", "다음 응답, 이전 응답")},
			{Key: "t T", What: t("set or clear a breakpoint; clear all", "중단점 설정/해제; 모두 지움")}, {Key: "B", What: t("to the next breakpoint", "다음 중단점까지")},
			{Key: "S", What: t("to the end of the step", "단계 끝까지")}, {Key: "r", What: t("run, pause", "실행, 일시정지")}, {Key: "+ -", What: t("faster, slower", "빠르게, 느리게")},
			{Key: "[ ]", What: t("a twentieth back, forward", "20분의 1씩 뒤로, 앞으로")}, {Key: "g G", What: t("start, end of what has happened", "처음, 지금까지의 끝")},
		}},
		{Title: t("panes", "창"), Keys: []pane.Binding{
			{Key: "1-7", What: t("map, hops, why, bytes, state, shell, lesson", "지도, 홉, 이유, 바이트, 상태, 셸, 실습")}, {Key: "tab shift+tab", What: t("the next pane, the one before", "다음 창, 이전 창")},
			{Key: "z", What: t("one pane alone", "창 하나만")}, {Key: "/", What: t("filter the hops", "홉 거르기")}, {Key: "f", What: t("follow the packet through NAT and tunnels", "NAT와 터널을 지나 패킷 따라가기")},
		}},
		{Title: t("more", "그 밖에"), Keys: []pane.Binding{
			{Key: ":", What: t("commands", "명령")}, {Key: "c", What: t("copy", "복사")}, {Key: "x", What: t("export: pcapng, json, scenario", "내보내기: pcapng, json, 시나리오")},
			{Key: "L", What: t("English, Korean", "영어, 한국어")}, {Key: "o", What: t("another scenario", "다른 시나리오")}, {Key: "R", What: t("begin anew", "처음부터 다시")},
			{Key: "esc", What: t("stop, leave, take the filter off", "멈춤, 나가기, 필터 지우기")}, {Key: "q", What: t("quit", "종료")},
		}},
	}
}

// hints are the keys that are shown at the bottom.
func (a *app) hints() look.Line {
	var l look.Line
	add := func(key, what string) {
		if len(l) > 0 {
			l = l.Add(look.Dim, "  ")
		}
		l = l.Add(look.Key, key).Add(look.Dim, " "+what)
	}
	t := a.c.T
	switch {
	case a.c.S == nil:
		add("enter", t("open", "열기"))
		add("?", t("help", "도움말"))
		add("esc", t("quit", "종료"))
		return l
	case a.typing():
		for _, b := range a.panes[a.focus].Keys() {
			add(b.Key, b.What)
		}
		return l
	}
	add("n", t("hop", "홉"))
	add("b", t("back", "뒤로"))
	add("e", t("event", "이벤트"))
	add("p", t("packet", "패킷"))
	add("r", t("run", "실행"))
	add("tab", t("pane", "창"))
	add("6", t("shell", "셸"))
	add("z", t("zoom", "확대"))
	add("?", t("help", "도움말"))
	add("q", t("quit", "종료"))
	for _, m := range []struct{ key, what string }{{"/", t("filter", "필터")}, {"t", t("break", "중단점")}, {"f", t("follow", "추적")}, {"a", t("answer", "응답")}, {"d", t("drop", "폐기")}, {"x", t("export", "내보내기")}, {":", t("commands", "명령")}} {
		if l.Cells()+look.Cells(m.key+m.what)+3 <= a.w {
			add(m.key, m.what)
		}
	}
	return l
}

// mouse focuses the pane that was clicked, and scrolls.
func (a *app) mouse(m tea.MouseMsg) tea.Cmd {
	if a.c.S == nil || a.helping || a.prompt != nil {
		return nil
	}
	for _, s := range a.layout() {
		if m.X < s.x || m.X >= s.x+s.w || m.Y < s.y || m.Y >= s.y+s.h {
			continue
		}
		switch {
		case m.Button == tea.MouseButtonLeft && m.Action == tea.MouseActionPress:
			a.focusOn(s.pane)
		case m.Button == tea.MouseButtonWheelUp:
			return a.do(a.panes[s.pane].Update(pane.Key{Name: "up"}))
		case m.Button == tea.MouseButtonWheelDown:
			return a.do(a.panes[s.pane].Update(pane.Key{Name: "down"}))
		}
	}
	return nil
}
