package ui

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/ui/look"
	"hoplab/ui/replay"
)

// command is something that can be typed behind ":" or on the plain prompt.
type command struct {
	name, arg, en, ko string
	do                func(a *app, arg string) tea.Cmd
}

// commands are all of them.
func commands() []command {
	run := func(k replay.GoalKind) func(*app, string) tea.Cmd {
		return func(a *app, _ string) tea.Cmd { return a.run(a.goal(k)) }
	}
	back := func(k replay.GoalKind) func(*app, string) tea.Cmd {
		return func(a *app, _ string) tea.Cmd { a.back(k); return nil }
	}
	return []command{
		{"next", "", "the next hop; begins the next step", "다음 홉; 다음 단계 시작", run(replay.NextHop)},
		{"back", "", "a hop back", "한 홉 뒤로", back(replay.NextHop)},
		{"event", "", "one event forward", "이벤트 하나 앞으로", run(replay.AnyEvent)},
		{"unevent", "", "one event back", "이벤트 하나 뒤로", back(replay.AnyEvent)},
		{"packet", "", "the next packet", "다음 패킷", run(replay.NextPacket)},
		{"drop", "", "the next packet that is lost", "다음 폐기", run(replay.NextDrop)},
		{"reply", "", "the next answer", "다음 응답", run(replay.NextAnswer)},
		{"run", "", "to the next breakpoint or the end of the step", "중단점 또는 단계 끝까지", run(replay.TheEnd)},
		{"start", "", "the start of what has happened", "처음으로", func(a *app, _ string) tea.Cmd { a.seek(0); return nil }},
		{"end", "", "the end of what has happened", "지금까지의 끝으로", func(a *app, _ string) tea.Cmd { a.seek(len(a.c.S.History.Events)); return nil }},
		{"here", "", "run the line tried last here, and forget what came after", "마지막으로 시험한 줄을 여기서 실행하고 이후를 버리기", func(a *app, _ string) tea.Cmd { return a.inEarnest() }},
		{"goto", "EVENT", "to an event by its number", "이벤트 번호로 이동", func(a *app, arg string) tea.Cmd {
			n, err := strconv.Atoi(arg)
			if err != nil {
				a.fail(fmt.Errorf("goto %s: a number of an event is wanted", arg))
				return nil
			}
			a.seek(n)
			return nil
		}},
		{"filter", "[FILTER]", "show only hops that match, as tcpdump's", "tcpdump 필터에 맞는 홉만 보기", func(a *app, arg string) tea.Cmd {
			if err := a.setFilter(arg); err != nil {
				a.fail(err)
			}
			return nil
		}},
		{"break", "WHERE", "set or clear a breakpoint: k8s-w1:tunl0, icmp, drop, /text/", "중단점 설정/해제: k8s-w1:tunl0, icmp, drop, /글자/", func(a *app, arg string) tea.Cmd { return a.addBreak(arg) }},
		{"breaks", "", "list the breakpoints", "중단점 목록", func(a *app, _ string) tea.Cmd {
			var l []string
			for _, b := range a.c.Breaks {
				l = append(l, b.Text)
			}
			if len(l) == 0 {
				l = []string{a.c.T("no breakpoints", "중단점 없음")}
			}
			a.say(strings.Join(l, " · "))
			return nil
		}},
		{"follow", "", "only this packet and what belongs to it; again: all", "이 패킷과 그 응답만; 다시: 모두", func(a *app, _ string) tea.Cmd {
			return a.global(keyNamed("f"))
		}},
		{"shell", "[MACHINE]", "open a shell", "셸 열기", func(a *app, arg string) tea.Cmd {
			if arg == "" {
				arg = a.here()
			}
			if a.c.S.Topology().Machine(arg) == nil {
				a.fail(fmt.Errorf("there is no machine or pod called %q", arg))
				return nil
			}
			return a.openShell(arg, false)
		}},
		{"state", "[MACHINE]", "the tables of a machine", "머신의 테이블", func(a *app, arg string) tea.Cmd {
			if arg != "" {
				if a.c.S.Topology().Machine(arg) == nil {
					a.fail(fmt.Errorf("there is no machine or pod called %q", arg))
					return nil
				}
				a.state.Show(arg)
			}
			a.focusOn(paneState)
			return nil
		}},
		{"wait", "TIME", "let time pass: 30s", "시간 보내기: 30s", func(a *app, arg string) tea.Cmd { return a.wait(arg) }},
		{"export", "FORMAT", "pcapng, json, text or scenario into the current folder", "현재 폴더에 pcapng, json, text, scenario 저장", func(a *app, arg string) tea.Cmd { a.export(arg); return nil }},
		{"lang", "en|ko", "the language", "언어", func(a *app, _ string) tea.Cmd { a.setLang(); return nil }},
		{"theme", "dark|light|contrast", "the colours", "색", func(a *app, arg string) tea.Cmd {
			t := look.ThemeNamed(arg)
			if t == nil {
				a.fail(fmt.Errorf("unknown theme %q; there is dark, light and contrast", arg))
				return nil
			}
			a.theme = t
			return nil
		}},
		{"again", "", "begin anew", "처음부터 다시", func(a *app, _ string) tea.Cmd { return a.global(keyNamed("R")) }},
		{"scenarios", "", "open another scenario", "다른 시나리오", func(a *app, _ string) tea.Cmd { return a.global(keyNamed("o")) }},
		{"help", "", "the keys", "키 목록", func(a *app, _ string) tea.Cmd { a.helping = true; return nil }},
		{"quit", "", "quit", "종료", func(a *app, _ string) tea.Cmd { return a.global(keyNamed("q")) }},
	}
}

// find finds a command by its name or the beginning of it.
func find(name string) (command, error) {
	var fit []string
	var c command
	for _, x := range commands() {
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
		return c, fmt.Errorf("unknown command %q; help lists them", name)
	}
	sort.Strings(fit)
	return c, fmt.Errorf("%q may be %s", name, strings.Join(fit, ", "))
}

// command runs what was typed.
func (a *app) command(text string) tea.Cmd {
	name, arg, _ := strings.Cut(strings.TrimSpace(text), " ")
	if name == "" {
		return nil
	}
	c, err := find(name)
	if err != nil {
		a.fail(err)
		return nil
	}
	return c.do(a, strings.TrimSpace(arg))
}

// askCommand is the palette.
func (a *app) askCommand() {
	p := &prompt{label: ":"}
	p.words = func() []string {
		var l []string
		for _, c := range commands() {
			l = append(l, c.name)
		}
		return l
	}
	p.check = func(text string) string {
		name, arg, spaced := strings.Cut(text, " ")
		var l []string
		for _, c := range commands() {
			if strings.HasPrefix(c.name, name) {
				l = append(l, strings.TrimSpace(c.name+" "+c.arg)+" "+a.c.Glyph("—", "-")+" "+a.c.T(c.en, c.ko))
			}
		}
		if len(l) == 0 {
			return fmt.Sprintf("unknown command %q", name)
		}
		if spaced && arg != "" && len(l) == 1 {
			return ""
		}
		return strings.Join(l[:min(len(l), 3)], "   ")
	}
	p.enter = func(text string) tea.Cmd { return a.command(text) }
	check := p.check
	p.check = func(text string) string { p.hint = check(text); return "" }
	a.read(p, "")
}

// wait lets time pass.
func (a *app) wait(arg string) tea.Cmd {
	d, err := time.ParseDuration(arg)
	if err == nil && (d <= 0 || d > 24*time.Hour) {
		err = errors.New("")
	}
	if err != nil {
		a.fail(fmt.Errorf("wait %s: a time such as 30s is wanted", arg))
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
