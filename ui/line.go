package ui

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/pane/state"
	"hoplab/ui/replay"
)

// lineWidth is how wide plain lines are.
const lineWidth = 100

// lineHeight is how many of them a pane may write.
const lineHeight = 400

// RunLines is the lab by prompt and plain lines: it does what the screen does, for
// screen readers and pipes. It ends with the input, or with quit.
func RunLines(o Options, in io.Reader, out io.Writer) error {
	a, err := newApp(o)
	if err != nil {
		return err
	}
	l := &liner{app: a, out: bufio.NewWriter(out)}
	defer a.close()
	a.w, a.h = lineWidth, 1000
	a.o.Clip = nil
	l.begin()
	sc := bufio.NewScanner(in)
	for {
		l.prompt()
		if err := l.out.Flush(); err != nil {
			return err
		}
		if !sc.Scan() || !l.line(sc.Text()) {
			fmt.Fprintln(l.out)
			break
		}
	}
	if err := sc.Err(); err != nil {
		return err
	}
	return l.out.Flush()
}

// liner is the lab on a plain prompt.
type liner struct {
	*app
	out *bufio.Writer
}

func (l *liner) begin() {
	if l.c.S == nil {
		l.say(l.c.T("open NAME opens one of these; quit ends.", "open 이름 으로 열고, quit로 끝냅니다."))
		for _, e := range l.o.Entries {
			fmt.Fprintf(l.out, "%-20s %s\n", e.Scenario.Name, e.Scenario.Title.In(l.c.Lang.String()))
		}
		l.told()
		return
	}
	s := l.c.S.Entry.Scenario
	fmt.Fprintln(l.out, s.Name+": "+s.Title.In(l.c.Lang.String()))
	l.lines(look.Wrap(s.Description.In(l.c.Lang.String()), look.Plain, lineWidth, 0))
	fmt.Fprintln(l.out, l.c.T("next goes to the next hop, back goes back, help lists all; MACHINE$ LINE runs a line in a shell.",
		"next 다음 홉, back 뒤로, help 전체 목록; 머신$ 명령 은 셸에서 실행."))
	l.question()
}

// prompt says where one is.
func (l *liner) prompt() {
	if s := l.c.S; s != nil {
		fmt.Fprintf(l.out, "%d/%d> ", s.Cursor(), len(s.History.Events))
		return
	}
	fmt.Fprint(l.out, "hoplab> ")
}

func (l *liner) lines(lines []look.Line) {
	for _, x := range lines {
		fmt.Fprintln(l.out, strings.TrimRight(x.String(), " "))
	}
}

// told writes what there is to say.
func (l *liner) told() {
	if l.status != "" {
		if l.fault {
			fmt.Fprint(l.out, "error: ")
		}
		fmt.Fprintln(l.out, l.status)
	}
	l.app.say("")
}

// question writes the question that is open.
func (l *liner) question() {
	if l.c.S == nil || l.lesson.Open() == nil {
		return
	}
	q := l.lesson.Open()
	lang := l.c.Lang.String()
	fmt.Fprintln(l.out, "? "+q.Ask.In(lang))
	for i, c := range q.Choices {
		fmt.Fprintf(l.out, "  %d %s\n", i+1, c.In(lang))
	}
	fmt.Fprintln(l.out, l.c.T("answer TEXT answers, skip skips", "answer 답 으로 답하고, skip 으로 건너뜁니다"))
}

// line does what was typed. It reports false for quit.
func (l *liner) line(s string) bool {
	s = strings.TrimSpace(s)
	word, arg, _ := strings.Cut(s, " ")
	arg = strings.TrimSpace(arg)
	if l.prompting(s) {
		return !l.quitting
	}
	switch {
	case s == "":
		if l.c.S == nil {
			return true
		}
		l.move("next")
		return true
	case l.c.S == nil:
		return l.startLine(word, arg)
	case strings.HasSuffix(word, "$"):
		l.typed(strings.TrimSuffix(word, "$"), arg)
		return true
	case word == "help" || word == "?":
		l.help()
		return true
	case word == "answer":
		l.answered(arg)
		return true
	case word == "skip":
		l.lesson.Skip()
		l.told()
		l.question()
		return true
	case l.show(word, arg):
		return true
	}
	l.move(s)
	return !l.quitting
}

// prompting answers a question that is open at the bottom of the screen.
func (l *liner) prompting(s string) bool {
	if l.app.prompt == nil || l.app.prompt.answers == nil {
		return false
	}
	l.drive(l.promptKey(pane.Key{Name: s, Text: s}))
	l.told()
	return true
}

func (l *liner) startLine(word, arg string) bool {
	switch word {
	case "quit", "q":
		return false
	case "open":
		word = arg
	}
	i := slices.IndexFunc(l.o.Entries, func(e *scenarios.Entry) bool { return e.Scenario.Name == word })
	if i < 0 {
		fmt.Fprintf(l.out, "error: there is no scenario %q\n", word)
		return true
	}
	l.drive(l.do(pane.Open{Index: i}))
	l.told()
	if l.c.S != nil {
		l.begin()
	}
	return true
}

// show writes a pane.
func (l *liner) show(word, arg string) bool {
	s := l.c.S
	for _, p := range l.panes {
		if p.Name() != word || word == "shell" && arg != "" {
			continue
		}
		if word == "state" {
			l.tables(arg)
			return true
		}
		p.SetSize(lineWidth, lineHeight)
		l.c.WantWalk = word == "why" && arg == "rules"
		l.focus, l.lower = paneState, paneState
		l.drive(l.wanted())
		l.lines(trimmed(p.View()))
		return true
	}
	switch word {
	case "timeline":
		l.lines([]look.Line{l.bar.Line(lineWidth)})
	case "where":
		fmt.Fprintf(l.out, l.c.T("event %d of %d, step %d of %d\n", "이벤트 %d/%d, 단계 %d/%d\n"), s.Cursor(), len(s.History.Events), s.Step()+1, s.Steps())
		l.hop()
	default:
		return false
	}
	return true
}

// tables writes the tables of a machine.
func (l *liner) tables(machine string) {
	if machine != "" {
		if l.c.Network().Machine(machine) == nil {
			fmt.Fprintf(l.out, "error: there is no machine or pod called %q\n", machine)
			return
		}
		l.state.Show(machine)
	}
	l.focus, l.lower = paneState, paneState
	l.drive(l.wanted())
	for i, t := range l.c.Tables {
		fmt.Fprintf(l.out, "%s# %s\n", t.Machine, t.Command)
		var before []string
		if i < len(l.c.Before) {
			before = l.c.Before[i].Lines
		}
		l.lines(state.Rows(before, t.Lines, l.c.Before != nil))
	}
}

// move runs a command of the palette, and writes where that leads.
func (l *liner) move(s string) {
	before := l.c.S
	at, n := -1, 0
	if before != nil {
		at, n = before.Cursor(), len(before.Entry.Scenario.Steps)
	}
	l.drive(l.command(s))
	if l.c.S != nil && l.c.S == before && l.c.S.Cursor() != at && n >= 0 {
		l.hop()
	}
	if l.app.prompt != nil && l.app.prompt.answers != nil {
		fmt.Fprintln(l.out, l.app.prompt.label)
	}
	l.told()
	if l.c.S == nil && before != nil {
		l.begin()
		return
	}
	if l.c.S != nil && l.c.S.AtEnd() && !l.c.S.Busy() {
		if rep := l.c.S.Report(l.c.S.Step()); rep != nil && l.c.LessonMode {
			l.lines(l.lesson.Lines(lineWidth))
			return
		}
		l.question()
	}
}

// hop writes the crossing of the cursor and what was decided there.
func (l *liner) hop() {
	s := l.c.S
	n := s.Hop()
	if n < 0 {
		fmt.Fprintln(l.out, l.c.T("the start: nothing has happened", "처음: 아직 아무 일도 없음"))
		return
	}
	h := &s.History.Hops[n]
	fmt.Fprintf(l.out, "%s %s %s %s %s\n", l.c.Mark(h.Journey), pane.Time(h.At), h.NetNS, h.Dev, direction(h))
	w := l.panes[paneWhy].(interface{ Here(int) []look.Line })
	l.lines(w.Here(lineWidth))
}

func direction(h *replay.Hop) string {
	if h.Dir == 0 {
		return "In"
	}
	return "Out"
}

// typed runs a line in a shell of a machine.
func (l *liner) typed(netns, line string) {
	s := l.c.S
	if l.c.Network().Machine(netns) == nil {
		fmt.Fprintf(l.out, "error: there is no machine or pod called %q\n", netns)
		return
	}
	l.drive(l.openShell(netns, false))
	_, n, _ := l.app.shell.Front()
	before := 0
	if n >= 0 {
		before = len(s.History.Output(n, s.Cursor()))
	}
	l.drive(l.app.typed(line))
	if l.app.prompt != nil {
		fmt.Fprintln(l.out, l.app.prompt.label)
		return
	}
	_, n, _ = l.app.shell.Front()
	if out := s.History.Output(max(n, 0), s.Cursor()); len(out) >= before {
		fmt.Fprint(l.out, out[before:])
	}
	l.told()
}

func (l *liner) answered(arg string) {
	if fault := l.lesson.Give(arg); fault != "" {
		fmt.Fprintln(l.out, fault)
	}
	l.question()
	if l.lesson.Open() == nil {
		fmt.Fprintln(l.out, l.c.T("next shows what happens", "next 로 확인하세요"))
	}
}

func (l *liner) help() {
	row := func(name, what string) { fmt.Fprintf(l.out, "  %-24s %s\n", name, what) }
	for _, c := range commands() {
		if c.name == "" {
			continue
		}
		row(strings.TrimSpace(c.name+" "+c.arg), l.c.T(c.en, c.ko))
	}
	t := l.c.T
	row("map hops why bytes", t("what the panes of the screen show", "화면의 창 내용"))
	row("why rules", t("with every rule that the packet met", "패킷이 만난 모든 규칙까지"))
	row("lesson timeline where", t("the lesson; the line of time; where one is", "실습; 시간 줄; 현재 위치"))
	row("MACHINE$ LINE", t("run a line in a shell there: k8s-w1$ ip route", "그곳의 셸에서 실행: k8s-w1$ ip route"))
	row("answer TEXT, skip", t("answer a question of a lesson", "실습 질문에 답하기"))
	row("(empty line)", t("next", "다음 홉"))
}

// drive does what bubbletea would: it runs commands and gives their messages back
// until nothing is left to do.
func (l *liner) drive(cmd tea.Cmd) { drive(l.app, cmd) }

func drive(a *app, cmd tea.Cmd) {
	for queue := []tea.Cmd{cmd}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == nil {
			continue
		}
		switch m := queue[0]().(type) {
		case nil, tea.QuitMsg, playMsg:
		case tea.BatchMsg:
			queue = append(queue, m...)
		default:
			_, next := a.Update(m)
			queue = append(queue, next)
		}
	}
}

// trimmed leaves out the empty lines that fill a pane.
func trimmed(lines []look.Line) []look.Line {
	var out []look.Line
	for _, l := range lines {
		if strings.TrimSpace(l.String()) != "" {
			out = append(out, l)
		}
	}
	return out
}
