package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/pane/help"
	"hoplab/ui/pane/timeline"
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
	case k.Name == "esc", k.Name == "shift+tab", k.Name == "tab" && !(a.focus == paneShell && a.typing()):
		return a.global(k)
	}
	if x := a.panes[a.focus].Update(k); x != nil {
		return a.do(x)
	}
	if a.typing() && k.Text != "" {
		return nil
	}
	return a.global(k)
}

// escape takes back what is nearest: the run, the zoom, the focus of what takes all
// keys, the filter.
func (a *app) escape() {
	switch {
	case a.job != nil:
		a.job.cancel, a.later = true, nil
	case a.stopTrying():
	case a.playing:
		a.playing = false
		a.say(a.c.T("paused", "일시정지"))
	case a.focus == paneShell:
		a.focusOn(a.before)
	case a.typing():
		a.focusOn(paneHops)
	case a.zoom:
		a.zoom = false
	case a.hops.Searching() != "":
		a.hops.Search("")
	case a.c.Filter != "":
		_ = a.setFilter("")
	case a.c.Follow >= 0:
		a.c.Follow = -1
	case a.status != "":
		a.say("")
	}
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
	if len(k.Name) == 1 && k.Name[0] >= '1' && int(k.Name[0]-'1') < len(a.panes) {
		return a.show(int(k.Name[0] - '1'))
	}
	for _, c := range commands() {
		if c.do != nil && key.Matches(k, c.binding(a)) {
			return c.do(a, "")
		}
	}
	return nil
}

// binding is a command's keys.
func (c *command) binding(a *app) key.Binding {
	return pane.Bind(c.keys, a.c.T(c.en, c.ko), nil).Binding
}

// show goes to a pane by its number.
func (a *app) show(n int) tea.Cmd {
	a.focusOn(n)
	if _, _, ok := a.shell.Front(); n == paneShell && !ok {
		return a.openShell(a.here(), false)
	}
	return nil
}

// leave does something that ends the session; it asks first if typed lines, or the
// answers to a lesson that is not over, would be lost.
func (a *app) leave(what string, do func() tea.Cmd) tea.Cmd {
	lines, answers := 0, a.lesson.Unfinished()
	for i, in := range a.c.S.Inputs() {
		if in.Kind == replay.TypeLine && i >= a.saved && !a.lesson.Offers(in.Text) {
			lines++
		}
	}
	stay := func() tea.Cmd { return nil }
	can := map[string]func() tea.Cmd{"y": do, "q": do, "n": stay}
	lost := func(n int, one, many string) string {
		if n == 1 {
			many = one
		}
		return fmt.Sprintf(many, n)
	}
	var label string
	switch {
	case lines > 0:
		can["x"] = func() tea.Cmd { a.askExport(); return nil }
		label = fmt.Sprintf(a.c.T("%s? %s would be lost: y yes, n no, x save first", "%s? %s 사라집니다: y 예, n 아니요, x 먼저 저장"), what,
			lost(lines, a.c.T("%d typed line", "입력한 줄 %d개가"), a.c.T("%d typed lines", "입력한 줄 %d개가")))
	case answers > 0:
		label = fmt.Sprintf(a.c.T("%s? %s would be lost: y yes, n no", "%s? %s 사라집니다: y 예, n 아니요"), what,
			lost(answers, a.c.T("%d answer", "답 %d개가"), a.c.T("%d answers", "답 %d개가")))
	default:
		return do()
	}
	a.ask(label, can)
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

// sections are the keys for the help, those of the pane in front first. Of the
// others those are left out that mean something else here.
func (a *app) sections() []help.Section {
	if a.c.S == nil {
		more := []pane.Binding{pane.Bind("?", a.c.T("the keys", "키 목록"), nil), pane.Bind("ctrl+l", a.c.T("English, Korean", "영어, 한국어"), nil),
			pane.Bind("esc", a.c.T("clear the filter; quit", "필터 지우기; 종료"), nil), pane.Bind("ctrl+c", a.c.T("quit", "종료"), nil)}
		return []help.Section{{Title: a.picker.Title(), Keys: append(a.picker.Keys(), more...)}}
	}
	p := a.panes[a.focus]
	own := p.Keys()
	out := []help.Section{{Title: a.c.T("this pane: ", "이 창: ") + a.name(a.focus), Keys: own},
		{Title: a.c.T("time", "시간")}, {Title: a.c.T("panes", "창")}, {Title: a.c.T("more", "그 밖에")}, {Title: a.c.T("the line of time", "시간 줄"), Keys: timeline.Legend(a.c)}}
	if a.typing() {
		out[0].Keys = append(out[0].Keys, pane.Bind("esc", a.c.T("leave; then all other keys work", "나가기; 그러면 다른 키가 동작"), nil))
	}
	for _, c := range commands() {
		if keys := a.free(&c, own); keys != "" {
			s := &out[1+c.group]
			s.Keys = append(s.Keys, pane.Bind(keys, a.c.T(c.en, c.ko), nil))
		}
	}
	return out
}

// free are the keys of a command that the pane in front leaves to it.
func (a *app) free(c *command, own []pane.Binding) string {
	if a.typing() && c.keys != "tab" && c.keys != "shift+tab" { // characters are typed
		return ""
	}
	var out []string
	for _, word := range strings.Fields(c.keys) {
		taken := slices.ContainsFunc(pane.Names(word), func(name string) bool {
			return name != "tab" && pane.Taken(own, pane.Key{Name: name})
		})
		names := strings.Split(word, "/")
		switch {
		case !taken:
			out = append(out, word)
		case len(names) > 1:
			names = slices.DeleteFunc(names, func(name string) bool { return pane.Taken(own, pane.Key{Name: name}) })
			if len(names) > 0 {
				out = append(out, strings.Join(names, "/"))
			}
		}
	}
	return strings.Join(out, " ")
}

// hints are the keys that are shown at the bottom: those that are wanted most, as
// many as there is room for, and how to see the others.
func (a *app) hints() look.Line {
	t := a.c.T
	type hint struct{ key, what string }
	always := []hint{{"?", t("help", "도움말")}, {"q", t("quit", "종료")}}
	var list []hint
	switch {
	case a.c.S == nil:
		always = []hint{{"?", t("help", "도움말")}, {"esc", t("quit", "종료")}}
		list = []hint{{"enter", t("open", "열기")}, {"up/down", t("choose", "선택")}, {"a-z", t("filter", "거르기")}, {"ctrl+l", t(a.c.Glyph("한국어", "Korean"), "English")}}
	case a.typing():
		always = []hint{{"esc", t("leave", "나가기")}}
		for _, b := range a.panes[a.focus].Keys() {
			list = append(list, hint{b.Help().Key, b.Help().Desc})
		}
	default:
		list = []hint{{"n", t("hop", "홉")}, {"b", t("back", "뒤로")}, {"p", t("packet", "패킷")}, {"tab", t("pane", "창")}, {"6", t("shell", "셸")}, {"z", t("zoom", "확대")}, {":", t("commands", "명령")},
			{"e", t("event", "이벤트")}, {"r", t("run", "실행")}, {"/", t("filter", "필터")}, {"f", t("follow", "추적")}, {"d", t("drop", "폐기")}, {"a", t("answer", "응답")}, {"t", t("break", "중단점")}, {"x", t("export", "내보내기")}}
		own := a.panes[a.focus].Keys()
		list = slices.DeleteFunc(list, func(h hint) bool { return pane.Taken(own, pane.Key{Name: h.key}) && h.key != "f" })
		if a.focus == paneLesson { // each of its cards has keys of its own
			var first []hint
			for _, b := range own {
				first = append(first, hint{b.Help().Key, b.Help().Desc})
			}
			list = append(first, list...)
		}
	}
	width := func(h hint) int { return look.Cells(h.key+h.what) + 3 }
	room := a.w
	for _, h := range always {
		room -= width(h)
	}
	var l look.Line
	add := func(h hint) {
		if len(l) > 0 {
			l = l.Add(look.Dim, "  ")
		}
		l = l.Add(look.Key, h.key).Add(look.Dim, " "+h.what)
	}
	for _, h := range list {
		if room-width(h) >= -2 {
			room -= width(h)
			add(h)
		}
	}
	for _, h := range always {
		add(h)
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
