package ui

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/sahilm/fuzzy"

	"hoplab/ui/look"
	"hoplab/ui/pane/picker"
	"hoplab/ui/replay"
)

// group is a section of the help.
type group int

const (
	ofTime group = iota
	ofPanes
	ofMore
	numGroups
)

// command is something that one can do, in whatever pane one is: by a key, and by
// its name behind ":" or on the plain prompt. Keys, hints, help and palette are
// made of this one list.
type command struct {
	group  group
	keys   string // as pane.Bind reads them; empty: only by its name
	name   string // empty: only by its keys
	arg    string // what may stand behind the name
	en, ko string
	do     func(a *app, arg string) tea.Cmd
}

// commands are all of them.
func commands() []command {
	run := func(k replay.GoalKind) func(*app, string) tea.Cmd {
		return func(a *app, _ string) tea.Cmd { return a.run(a.goal(k)) }
	}
	just := func(f func(a *app)) func(*app, string) tea.Cmd {
		return func(a *app, _ string) tea.Cmd { f(a); return nil }
	}
	back := func(k replay.GoalKind) func(*app, string) tea.Cmd { return just(func(a *app) { a.back(k) }) }
	seek := func(to func(a *app) int) func(*app, string) tea.Cmd { return just(func(a *app) { a.seek(to(a)) }) }
	part := func(a *app) int { return max(len(a.c.S.History.Events)/20, 1) }
	return []command{
		{ofTime, "n/space", "next", "", "the next hop; begins the next step", "다음 홉; 다음 단계 시작", run(replay.NextHop)},
		{ofTime, "b/N/backspace", "back", "", "a hop back", "한 홉 뒤로", back(replay.NextHop)},
		{ofTime, "e", "event", "", "one event forward", "이벤트 하나 앞으로", run(replay.AnyEvent)},
		{ofTime, "E", "unevent", "", "one event back", "이벤트 하나 뒤로", back(replay.AnyEvent)},
		{ofTime, "p", "packet", "", "the next packet", "다음 패킷", run(replay.NextPacket)},
		{ofTime, "P", "unpacket", "", "the packet before", "이전 패킷", back(replay.NextPacket)},
		{ofTime, "d", "drop", "", "the next packet that is lost", "다음 폐기", run(replay.NextDrop)},
		{ofTime, "D", "undrop", "", "the packet before that was lost", "이전 폐기", back(replay.NextDrop)},
		{ofTime, "a", "reply", "", "the next answer", "다음 응답", run(replay.NextAnswer)},
		{ofTime, "A", "unreply", "", "the answer before", "이전 응답", back(replay.NextAnswer)},
		{ofTime, "S", "run", "", "to the next breakpoint or the end of the step", "중단점 또는 단계 끝까지", run(replay.TheEnd)},
		{ofTime, "B", "continue", "", "to the next breakpoint", "다음 중단점까지", run(replay.NextBreak)},
		{ofTime, "t", "", "", "set or clear a breakpoint", "중단점 설정/해제", just((*app).askBreak)},
		{ofTime, "T", "", "", "clear all breakpoints", "중단점 모두 지움", just((*app).clearBreaks)},
		{ofTime, "", "break", "WHERE", "set or clear a breakpoint: k8s-w1:tunl0, icmp, drop, /text/", "중단점 설정/해제: k8s-w1:tunl0, icmp, drop, /글자/", (*app).addBreak},
		{ofTime, "", "breaks", "", "list the breakpoints", "중단점 목록", just((*app).listBreaks)},
		{ofTime, "r", "play", "", "run hop by hop; pause", "홉마다 자동 실행; 일시정지", func(a *app, _ string) tea.Cmd { return a.toggle() }},
		{ofTime, "+/=", "", "", "run faster", "더 빠르게", just(func(a *app) { a.faster(1) })},
		{ofTime, "-", "", "", "run slower", "더 느리게", just(func(a *app) { a.faster(-1) })},
		{ofTime, "[", "", "", "a twentieth back", "20분의 1 뒤로", seek(func(a *app) int { return a.c.S.Cursor() - part(a) })},
		{ofTime, "]", "", "", "a twentieth forward", "20분의 1 앞으로", seek(func(a *app) int { return a.c.S.Cursor() + part(a) })},
		{ofTime, "g", "start", "", "the start of what has happened", "처음으로", seek(func(*app) int { return 0 })},
		{ofTime, "G", "end", "", "the end of what has happened", "지금까지의 끝으로", just((*app).toEnd)},
		{ofTime, "", "goto", "EVENT", "to an event by its number", "이벤트 번호로 이동", (*app).goTo},
		{ofTime, "", "wait", "TIME", "let time pass: 30s", "시간 보내기: 30s", (*app).wait},
		{ofTime, "", "here", "", "run the line tried last here, and forget what came after", "마지막으로 시험한 줄을 여기서 실행하고 이후를 버리기", func(a *app, _ string) tea.Cmd { return a.inEarnest() }},

		{ofPanes, "1-7", "", "", "map, hops, why, bytes, state, shell, lesson", "지도, 홉, 이유, 바이트, 상태, 셸, 실습", nil},
		{ofPanes, "tab", "", "", "the next pane", "다음 창", just(func(a *app) { a.focusOn((a.focus + 1) % len(a.panes)) })},
		{ofPanes, "shift+tab", "", "", "the pane before", "이전 창", just(func(a *app) { a.focusOn((a.focus + len(a.panes) - 1) % len(a.panes)) })},
		{ofPanes, "enter", "", "", "why the packet went on so", "패킷이 왜 그렇게 갔는지", just(func(a *app) { a.focusOn(paneWhy) })},
		{ofPanes, "z", "", "", "this pane alone", "이 창만 보기", just(func(a *app) { a.zoom = !a.zoom })},
		{ofPanes, "/", "", "", "filter the hops, as tcpdump does; //text searches them", "tcpdump 필터로 홉 거르기; //글자 는 찾기", just((*app).askFilter)},
		{ofPanes, "", "filter", "[FILTER]", "show only hops that match, as tcpdump's", "tcpdump 필터에 맞는 홉만 보기", func(a *app, arg string) tea.Cmd {
			if err := a.setFilter(arg); err != nil {
				a.fail(err)
			}
			return nil
		}},
		{ofPanes, "", "search", "TEXT", "go to the next line of the hops that has a text", "글자가 있는 다음 홉으로", (*app).search},
		{ofPanes, "", "columns", "[INTERFACE…]", "these interfaces side by side: k8s-w1:ens5 k8s-w1:tunl0", "인터페이스를 나란히: k8s-w1:ens5 k8s-w1:tunl0", (*app).sideBySide},
		{ofPanes, "f", "follow", "", "only this packet and its answer, or its connection, through NAT and tunnels; again: all", "NAT와 터널을 지나 이 패킷과 그 응답(또는 그 연결)만; 다시: 모두", func(a *app, _ string) tea.Cmd { return a.do(a.hops.Update(keyNamed("f"))) }},
		{ofPanes, "", "shell", "[MACHINE]", "open a shell", "셸 열기", (*app).shellOn},
		{ofPanes, "", "state", "[MACHINE]", "the tables of a machine", "머신의 테이블", (*app).stateOf},

		{ofMore, ":", "", "", "commands by name", "이름으로 명령", just((*app).askCommand)},
		{ofMore, "?", "help", "", "the keys", "키 목록", just(func(a *app) { a.helping, a.helpTop.Top = true, 0 })},
		{ofMore, "c", "copy", "", "copy what the pane shows", "복사", func(a *app, _ string) tea.Cmd { return a.do(a.hops.Update(keyNamed("c"))) }},
		{ofMore, "x", "", "", "export: pcapng, json, text, scenario", "내보내기: pcapng, json, text, 시나리오", just((*app).askExport)},
		{ofMore, "", "export", "FORMAT", "pcapng, json, text or scenario into the current folder", "현재 폴더에 pcapng, json, text, scenario 저장", func(a *app, arg string) tea.Cmd { a.export(arg); return nil }},
		{ofMore, "L", "lang", "", "English, Korean", "영어, 한국어", just((*app).setLang)},
		{ofMore, "", "theme", "NAME", "the colours: auto, dark, light, contrast", "색: auto, dark, light, contrast", (*app).setTheme},
		{ofMore, "o", "scenarios", "", "open another scenario", "다른 시나리오", func(a *app, _ string) tea.Cmd {
			return a.leave(a.c.T("open another scenario", "다른 시나리오 열기"), a.choose)
		}},
		{ofMore, "R", "again", "", "begin anew", "처음부터 다시", func(a *app, _ string) tea.Cmd { return a.leave(a.c.T("begin anew", "처음부터 다시"), a.reopen) }},
		{ofMore, "ctrl+z", "", "", "leave the program for a while; fg comes back", "프로그램 잠시 중단; fg로 돌아오기", func(*app, string) tea.Cmd { return tea.Suspend }},
		{ofMore, "esc", "", "", "stop, leave, take the filter off", "멈춤, 나가기, 필터 지우기", just((*app).escape)},
		{ofMore, "q/ctrl+c", "quit", "", "quit", "종료", func(a *app, _ string) tea.Cmd {
			return a.leave(a.c.T("quit", "종료"), func() tea.Cmd { a.quitting = true; return nil })
		}},
	}
}

// clearBreaks takes all breakpoints off.
func (a *app) clearBreaks() {
	a.c.Breaks = nil
	a.say(a.c.T("no breakpoints", "중단점 없음"))
}

func (a *app) listBreaks() {
	l := a.breaks()
	if len(l) == 0 {
		l = []string{a.c.T("no breakpoints", "중단점 없음")}
	}
	a.say(strings.Join(l, " · "))
}

// faster changes the speed of what is watched.
func (a *app) faster(d int) {
	a.speed = max(min(a.speed+d, len(speeds())-1), 0)
	a.say(fmt.Sprintf(a.c.T("a hop every %v", "홉마다 %v"), speeds()[a.speed]))
}

// toEnd goes to the end of what has happened.
func (a *app) toEnd() {
	a.seek(len(a.c.S.History.Events))
	if a.job == nil && !a.c.S.Busy() {
		a.stepOver()
	}
}

func (a *app) goTo(arg string) tea.Cmd {
	n, err := strconv.Atoi(arg)
	if err != nil {
		a.fail(a.c.Errorf("goto %s: a number of an event is wanted", "goto %s: 이벤트 번호가 필요합니다", arg))
		return nil
	}
	a.seek(n)
	return nil
}

// noMachine says that a name is that of nothing in the lab.
func (a *app) noMachine(name string) error {
	return a.c.Errorf("there is no machine or pod called %q", "%q: 그런 머신이나 파드가 없습니다", name)
}

func (a *app) shellOn(netns string) tea.Cmd {
	if netns == "" {
		netns = a.here()
	}
	if a.c.Network().Machine(netns) == nil {
		a.fail(a.noMachine(netns))
		return nil
	}
	return a.openShell(netns, false)
}

func (a *app) stateOf(machine string) tea.Cmd {
	if machine != "" {
		if a.c.Network().Machine(machine) == nil {
			a.fail(a.noMachine(machine))
			return nil
		}
		a.state.Show(machine)
	}
	a.focusOn(paneState)
	return nil
}

// setTheme changes the colours, and remembers them.
func (a *app) setTheme(name string) tea.Cmd {
	t := look.NewTheme(name, a.o.Terminal)
	if t == nil || !slices.Contains(look.ThemeNames(), name) {
		a.fail(a.c.Errorf("unknown theme %q; there is %s", "%q: 없는 테마입니다. 가능: %s", name, strings.Join(look.ThemeNames(), ", ")))
		return nil
	}
	a.theme = t
	if a.o.RememberTheme != nil {
		a.o.RememberTheme(name)
	}
	return nil
}

// choose goes back to the list.
func (a *app) choose() tea.Cmd {
	name := a.c.S.Entry.Scenario.Name
	a.close()
	a.picker = picker.New(a.c, a.o.Entries, name)
	return nil
}

// reopen begins the scenario anew.
func (a *app) reopen() tea.Cmd {
	if a.job != nil {
		return nil
	}
	if err := a.open(a.c.S.Entry); err != nil {
		a.fail(err)
	}
	return nil
}

// find finds a command by its name or the beginning of it.
func (a *app) find(name string) (command, error) {
	var fit []string
	var c command
	for _, x := range commands() {
		if x.name == "" {
			continue
		}
		if x.name == name {
			return x, nil
		}
		if strings.HasPrefix(x.name, name) {
			fit = append(fit, x.name)
			c = x
		}
	}
	switch len(fit) {
	case 1:
		return c, nil
	case 0:
		return c, a.c.Errorf("unknown command %q; help lists them", "%q: 없는 명령입니다. help로 목록을 봅니다", name)
	}
	sort.Strings(fit)
	return c, a.c.Errorf("%q may be %s", "%q: 다음 중 하나입니다: %s", name, strings.Join(fit, ", "))
}

// command runs what was typed.
func (a *app) command(text string) tea.Cmd {
	name, arg, _ := strings.Cut(strings.TrimSpace(text), " ")
	if name == "" {
		return nil
	}
	c, err := a.find(name)
	if err != nil {
		a.fail(err)
		return nil
	}
	return c.do(a, strings.TrimSpace(arg))
}

// askCommand is the palette: what is typed finds commands by their letters.
func (a *app) askCommand() {
	p := &prompt{label: ":"}
	p.choices = a.palette
	p.enter = func(text string) tea.Cmd { return a.command(text) }
	a.read(p, "")
}

// palette lists the commands that a text may mean, the best first.
func (a *app) palette(text string) []choice {
	var named []command
	var names []string
	for _, c := range commands() {
		if c.name != "" {
			named, names = append(named, c), append(names, c.name)
		}
	}
	word, arg, spaced := strings.Cut(text, " ")
	if word != "" {
		var fit []command
		if c, err := a.find(word); spaced && err == nil {
			return a.arguments(&c, strings.TrimLeft(arg, " "))
		} else if !spaced {
			for _, m := range fuzzy.Find(word, names) {
				fit = append(fit, named[m.Index])
			}
		}
		named = fit
	}
	out := make([]choice, len(named))
	for i, c := range named {
		out[i] = choice{text: c.name, arg: c.arg, key: c.keys, what: a.c.T(c.en, c.ko)}
	}
	return out
}

// arguments lists what may stand behind a command, as far as that can be listed;
// otherwise it repeats what the command does.
func (a *app) arguments(c *command, arg string) []choice {
	var words []string
	switch c.name {
	case "theme":
		words = look.ThemeNames()
	case "export":
		words = []string{"pcapng", "json", "text", "scenario"}
	case "break":
		words = append([]string{"drop"}, a.c.Network().Places()...)
	case "shell", "state":
		words = a.machines()
	}
	var out []choice
	for _, w := range words {
		if strings.HasPrefix(w, arg) {
			out = append(out, choice{text: c.name + " " + w})
		}
	}
	if len(out) == 0 {
		out = []choice{{text: c.name, arg: c.arg, what: a.c.T(c.en, c.ko), hint: true}}
	}
	return out
}

// wait lets time pass.
func (a *app) wait(arg string) tea.Cmd {
	d, err := time.ParseDuration(arg)
	if err == nil && (d <= 0 || d > 24*time.Hour) {
		err = errors.New("")
	}
	if err != nil {
		a.fail(a.c.Errorf("wait %s: a time such as 30s is wanted", "wait %s: 30s와 같은 시간이 필요합니다", arg))
		return nil
	}
	if a.job != nil {
		return nil
	}
	if !a.c.S.Settled() {
		a.say(a.c.T("this is the past; G goes to the end", "과거입니다. G로 끝으로 갑니다"))
		return nil
	}
	if err := a.c.S.Pass(d); err != nil {
		a.fail(err)
		return nil
	}
	a.job = &job{goal: replay.Goal{Kind: replay.TheEnd, Breaks: a.c.Breaks}, from: a.c.S.Cursor()}
	return a.piece()
}
