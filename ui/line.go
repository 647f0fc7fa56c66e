package ui

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/pane/state"
	"hoplab/ui/replay"
)

// lineWidth is how wide plain lines are.
const lineWidth = 100

// lineHeight is how many of them a pane may write.
const lineHeight = 400

// maxTyped is how long a line that is typed may be, in bytes.
const maxTyped = 1 << 20

// RunLines is the lab by prompt and plain lines: it does what the screen does, for
// screen readers and pipes, without colours and drawings. It ends with the input, or
// with quit; the error is that of reading or writing.
func RunLines(o Options, in io.Reader, out io.Writer) error {
	a, err := newApp(o)
	if err != nil {
		return err
	}
	l := &liner{app: a, out: plainWriter{bufio.NewWriter(out)}}
	defer a.close()
	a.w, a.h = lineWidth, 1000
	a.o.Clip, a.c.ASCII = nil, true
	l.begin()
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxTyped)
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
		return fmt.Errorf("cannot read the next line: %w", err)
	}
	return l.out.Flush()
}

// liner is the lab on a plain prompt.
type liner struct {
	*app
	out plainWriter
}

// plainWriter lets characters through and nothing that steers a terminal.
type plainWriter struct{ *bufio.Writer }

// Write takes whole lines, or what stands at the end of one.
func (w plainWriter) Write(b []byte) (int, error) {
	for i, l := range strings.Split(string(b), "\n") {
		if i > 0 {
			w.WriteByte('\n') // the error stays with the writer
		}
		w.WriteString(look.Clean(l))
	}
	return len(b), nil
}

func (l *liner) begin() {
	if l.c.S == nil {
		l.say(l.c.T("open NAME opens one of these; quit ends.", "'open 이름'으로 열고, quit로 끝냅니다."))
		for _, e := range l.o.Entries {
			fmt.Fprintf(l.out, "%-20s %s\n", e.Scenario.Name, e.Scenario.Title.In(l.c.Lang.String()))
		}
		l.told()
		return
	}
	s := l.c.S.Entry.Scenario
	fmt.Fprintln(l.out, s.Name+": "+s.Title.In(l.c.Lang.String()))
	l.lines(look.Wrap(s.Description.In(l.c.Lang.String()), look.Plain, lineWidth, 0))
	fmt.Fprintln(l.out, l.c.T("An empty line goes on, back goes back, help lists all; MACHINE$ LINE runs a line in a shell.",
		"빈 줄은 계속, back 뒤로, help 전체 목록; '머신$ 명령'은 셸에서 실행."))
	l.lesson.Plain = true
	if l.lesson.Teaches() {
		l.card()
	}
}

// card writes what a lesson shows now.
func (l *liner) card() {
	l.lines(l.lesson.Lines(lineWidth))
	t := l.c.T
	switch {
	case l.lesson.Asks():
		fmt.Fprintln(l.out, t("answer TEXT answers, skip skips", "'answer 답'으로 답하고, skip으로 건너뜁니다"))
	case l.offers() > 0:
		fmt.Fprintln(l.out, t("try 1 runs the first of these, an empty line goes on", "try 1은 첫 번째 명령을 실행하고, 빈 줄은 계속합니다"))
	}
}

// offers is how many commands the card offers.
func (l *liner) offers() (n int) {
	for {
		if _, _, ok := l.lesson.Offer(n); !ok {
			return n
		}
		n++
	}
}

// try runs a command that the card offers.
func (l *liner) try(arg string) {
	n, err := strconv.Atoi(cmp.Or(arg, "1"))
	machine, line, ok := l.lesson.Offer(n - 1)
	switch {
	case l.offers() == 0:
		fmt.Fprintln(l.out, l.c.T("nothing is offered here", "여기에는 실행할 명령이 없습니다"))
	case err != nil || !ok:
		fmt.Fprintf(l.out, l.c.T("error: a number from 1 to %d\n", "error: 1부터 %d까지의 숫자\n"), l.offers())
	default:
		l.typed(machine, line)
	}
}

// turn goes a card on or back.
func (l *liner) turn(arg string) {
	d := 1
	if arg == "back" {
		d = -1
	}
	if !l.lesson.Turn(d) {
		fmt.Fprintln(l.out, l.c.T("not from here: a question wants an answer (or skip), and a step wants to be run", "여기서는 갈 수 없습니다: 질문에는 답(또는 skip)을, 단계는 끝까지 실행해야 합니다"))
		return
	}
	l.card()
}

// prompt says where one is.
func (l *liner) prompt() {
	if s := l.c.S; s != nil && l.c.Hidden { // what comes is not told
		fmt.Fprintf(l.out, "%d> ", s.Cursor())
		return
	}
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

// line does what was typed. It reports false for quit.
func (l *liner) line(s string) bool {
	s = strings.TrimSpace(s)
	word, arg, _ := strings.Cut(s, " ")
	arg = strings.TrimSpace(arg)
	if l.prompting(s) {
		return !l.quitting
	}
	switch {
	case l.c.S == nil && s == "":
	case l.c.S == nil:
		return l.startLine(word, arg)
	case s == "" && l.lesson.Teaches() && l.lesson.Turn(1):
		l.card()
	case s == "":
		l.move("next")
	case strings.HasSuffix(word, "$"):
		l.typed(strings.TrimSuffix(word, "$"), arg)
	case l.ofLesson(word, arg), l.show(word, arg):
	case word == "help" || word == "?":
		l.help()
	case word == "interrupt":
		l.shellSays(func() { l.drive(l.press(replay.Interrupt)) })
	case word == "eof":
		l.shellSays(func() { l.drive(l.press(replay.EndInput)) })
	case word == "lang" && arg == l.c.Lang.String():
	case word == "lang" && arg != "" && arg != "en" && arg != "ko":
		fmt.Fprintf(l.out, l.c.T("error: lang %s: there is en and ko\n", "error: lang %s: en과 ko가 있습니다\n"), arg)
	case word == "play" || word == "r":
		fmt.Fprintln(l.out, l.c.T("nothing plays by itself here: next goes a hop, run to the end of the step", "여기서는 자동으로 재생되지 않습니다: next는 다음 홉, run은 단계 끝까지"))
	default:
		l.move(s)
	}
	return !l.quitting
}

// ofLesson does what concerns a lesson.
func (l *liner) ofLesson(word, arg string) bool {
	switch word {
	case "answer":
		l.answered(arg)
	case "skip":
		if !l.lesson.Skip() {
			fmt.Fprintln(l.out, l.c.T("there is no question now", "지금은 질문이 없습니다"))
			return true
		}
		for arg == "all" && l.lesson.Open() != nil {
			l.lesson.Skip()
		}
		l.card()
	case "lesson":
		l.card()
	case "page":
		l.turn(arg)
	case "try":
		l.try(arg)
	case "score":
		if !l.lesson.Explain() {
			fmt.Fprintln(l.out, l.c.T("the score comes at the end of the last step", "점수는 마지막 단계가 끝나면 나옵니다"))
			return true
		}
		l.card()
	default:
		return false
	}
	return true
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
		fmt.Fprintf(l.out, l.c.T("error: there is no scenario %q\n", "error: %q: 그런 시나리오가 없습니다\n"), word)
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
		if word == "map" && arg != "drawn" {
			l.places()
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

// places writes the map in words: each machine, its interfaces, and where the packet
// is.
func (l *liner) places() {
	s := l.c.S
	hop := l.c.Hop()
	passed := map[string]bool{}
	if hop >= 0 {
		j := s.History.Hops[hop].Journey
		for i := s.History.Journeys[j].FirstHop; i >= 0 && i < hop; i = s.History.NextOf(i) {
			passed[s.History.Hops[i].Place()] = true
		}
	}
	for _, m := range s.Topology().Machines {
		fmt.Fprintf(l.out, "%s (%s)\n", m.Name, m.Role)
		for _, i := range m.Interfaces {
			text := "  " + i.Name
			for _, x := range i.Addresses {
				text += " " + x.Prefix.Addr().String()
			}
			switch {
			case i.Segment != "":
				text += l.c.T(", on ", ", ") + i.Segment
			case i.Kind == topology.Veth:
				text += l.c.T(", to ", ", 연결: ") + i.Peer.String()
			}
			place := m.Name + ":" + i.Name
			if hop >= 0 && s.History.Hops[hop].Place() == place {
				h := &s.History.Hops[hop]
				text += fmt.Sprintf(l.c.T(" - packet %s is here, %s", " - 패킷 %s: 여기, %s"), l.c.Mark(h.Journey), direction(h))
			} else if passed[place] {
				text += l.c.T(" - it came through here", " - 지나온 곳")
			}
			fmt.Fprintln(l.out, text)
		}
	}
}

// tables writes the tables of a machine.
func (l *liner) tables(machine string) {
	if machine != "" {
		if l.c.Network().Machine(machine) == nil {
			fmt.Fprintf(l.out, "error: %v\n", l.noMachine(machine))
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

// move runs a command of the palette, or one of the keys that stand for them, and
// writes where that leads.
func (l *liner) move(s string) {
	before, at := l.c.S, -1
	if before != nil {
		at = before.Cursor()
	}
	c, err := l.find(strings.Fields(s)[0])
	if k, ok := commandOfKey(s); ok {
		c, err, s = k, nil, k.name
	}
	l.drive(l.command(s))
	moved := l.c.S != nil && l.c.S == before && l.c.S.Cursor() != at
	if moved {
		l.hop()
	}
	if l.app.prompt != nil && l.app.prompt.answers != nil {
		l.lines(l.app.prompt.lines(l.c, lineWidth, lineHeight))
	}
	l.told()
	switch {
	case l.c.S != before && !l.quitting:
		l.begin()
		return
	case l.c.S == nil:
		return
	}
	l.lines(l.lesson.News(lineWidth))
	switch {
	case err != nil || c.group != ofTime || !l.c.LessonMode:
	case l.lesson.Asks() && l.lesson.Open() != nil:
		l.card()
	case moved && l.c.S.AtEnd() && !l.c.S.Busy() && l.c.S.Begun() > 0:
		fmt.Fprintln(l.out, l.c.T("lesson shows what came of the step, an empty line goes on", "lesson은 단계의 결과를 보여 주고, 빈 줄은 계속합니다"))
	}
}

// commandOfKey is the command that a single key stands for on the screen, if it has
// a name.
func commandOfKey(s string) (command, bool) {
	if len(s) == 1 {
		for _, c := range commands() {
			if c.name != "" && slices.Contains(pane.Names(c.keys), s) {
				return c, true
			}
		}
	}
	return command{}, false
}

// hop writes the crossing of the cursor and what was decided there.
func (l *liner) hop() {
	s := l.c.S
	n := l.c.Hop()
	w := l.panes[paneWhy].(interface{ Here(int) []look.Line })
	if n < 0 && l.c.Selected() >= 0 { // lost before its first one
		l.lines(w.Here(lineWidth))
		return
	}
	if n < 0 {
		fmt.Fprintln(l.out, l.c.T("the start: nothing has happened", "처음: 아직 아무 일도 없음"))
		return
	}
	h := &s.History.Hops[n]
	fmt.Fprintf(l.out, "%s %s %s %s %s\n", l.c.Mark(h.Journey), pane.Time(h.At), h.NetNS, h.Dev, direction(h))
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
	if l.c.Network().Machine(netns) == nil {
		fmt.Fprintf(l.out, "error: %v\n", l.noMachine(netns))
		return
	}
	l.drive(l.openShell(netns, false))
	l.shellSays(func() { l.drive(l.app.typed(line)) })
}

// shellSays does something and writes what the shell in front prints because of it.
func (l *liner) shellSays(do func()) {
	s := l.c.S
	_, n, _ := l.app.shell.Front()
	before := 0
	if n >= 0 {
		before = len(s.History.Output(n, s.Cursor()))
	}
	l.app.shell.Tried("")
	do()
	if l.app.prompt != nil {
		l.lines(l.app.prompt.lines(l.c, lineWidth, lineHeight))
		return
	}
	_, n, _ = l.app.shell.Front()
	out := l.app.shell.Copied()
	if all := s.History.Output(max(n, 0), s.Cursor()); out == "" && len(all) >= before {
		out = all[before:]
	}
	if out = strings.TrimSuffix(out, "\n"); out != "" {
		for _, x := range strings.Split(out, "\n") {
			fmt.Fprintln(l.out, strings.TrimRight(x, " "))
		}
	}
	if all := s.Shells(); n >= 0 && n < len(all) && all[n].Err != nil {
		fmt.Fprintf(l.out, "error: %v\n", all[n].Err)
	}
	l.told()
}

func (l *liner) answered(arg string) {
	if fault := l.lesson.Give(arg); fault != "" {
		fmt.Fprintln(l.out, fault)
		return
	}
	l.card()
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
	row("map [drawn]", t("machines, interfaces, and where the packet is; as a drawing", "머신과 인터페이스, 패킷의 위치; 그림으로"))
	row("why rules", t("with every rule that the packet met", "패킷이 만난 모든 규칙까지"))
	row("hops why bytes", t("what the panes of the screen show", "화면의 창 내용"))
	row("lesson timeline where", t("the lesson; the line of time; where one is", "실습; 시간 줄; 현재 위치"))
	row("MACHINE$ LINE", t("run a line in a shell there: k8s-w1$ ip route", "그곳의 셸에서 실행: k8s-w1$ ip route"))
	row("interrupt, eof", t("Ctrl-C, Ctrl-D in the shell that was used last", "마지막으로 쓴 셸에서 Ctrl-C, Ctrl-D"))
	row("answer TEXT, skip [all]", t("answer the question of a lesson, or not", "실습 질문에 답하기, 건너뛰기"))
	row("page, page back", t("the next part of the lesson, the one before", "실습의 다음 부분, 이전 부분"))
	row("try N", t("run a command that the lesson offers", "실습이 제안하는 명령 실행"))
	row("score", t("the score, and what explains it", "점수와 설명"))
	row("(empty line)", t("go on: the next part of a lesson, or the next hop", "계속: 실습의 다음 부분 또는 다음 홉"))
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
