package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// job is the run that goes on in pieces until a goal is met.
type job struct {
	goal     replay.Goal
	from     int // cursor when it began
	stay     bool
	then     *replay.Goal // to go to when all is known
	cancel   bool
	after    func() tea.Cmd // done when it was cancelled
	pieces   int
	progress bool // it takes long enough to be told
}

// workMsg is a piece of work that is done.
type workMsg struct {
	serial int
	work   *replay.Work
}

// maxLater is how much is kept to be done when what runs is over: keys come faster
// than a screen.
const maxLater = 100

// queue keeps something to be done when what runs is over.
func (a *app) queue(f func() tea.Cmd) {
	if len(a.later) < maxLater {
		a.later = append(a.later, f)
	}
	if a.job.progress {
		a.say(a.c.T("it runs; esc stops it", "실행 중입니다. esc로 멈춥니다"))
	}
}

// next does what was asked for meanwhile, until something runs again.
func (a *app) next() tea.Cmd {
	var cmds []tea.Cmd
	for a.job == nil && len(a.later) > 0 && a.c.S != nil {
		f := a.later[0]
		a.later = a.later[1:]
		cmds = append(cmds, f())
	}
	return tea.Batch(cmds...)
}

// goal is one that keeps to what is shown, unless it is every event or the end.
func (a *app) goal(k replay.GoalKind) replay.Goal {
	g := replay.Goal{Kind: k}
	switch k {
	case replay.AnyEvent, replay.NextBreak, replay.TheEnd:
	default:
		g.Following, g.Follow, g.Filters = a.c.Follow >= 0, a.c.Follow, a.c.Filters
	}
	return g
}

// run moves on to a goal: through what has happened, and then further.
func (a *app) run(g replay.Goal) tea.Cmd {
	s := a.c.S
	if a.job != nil {
		a.queue(func() tea.Cmd { return a.run(g) })
		return nil
	}
	g.Breaks = a.c.Breaks
	if s.Find(g) {
		a.arrived(&g)
		return nil
	}
	if a.c.Hidden { // all that will happen in this step is known already
		s.Seek(len(s.History.Events))
		a.stepOver()
		return nil
	}
	if s.Err() != nil {
		a.broke(s.Err())
		return nil
	}
	s.Seek(len(s.History.Events))
	begins := false
	if !s.Busy() {
		if s.Begun() == s.Steps() {
			a.ended()
			a.moved()
			return nil
		}
		if a.lesson.Open() != nil {
			a.lesson.Ask()
			a.focusOn(paneLesson)
			a.say(a.hint(a.c.T("first say what will happen", "먼저 무슨 일이 일어날지 답하세요"), a.c.T("; enter answers, ctrl+s skips", ". enter로 답하고 ctrl+s로 건너뜁니다"), ""))
			return nil
		}
		if err := s.Input(replay.BeginStep, 0, ""); err != nil {
			a.fail(err)
			return nil
		}
		begins = true
		if len(s.Shells()) == 0 {
			a.say("")
		}
	}
	j := &job{goal: g, from: s.Cursor()}
	if begins && a.c.LessonMode { // the questions' answers are known before the packet is shown
		j.goal, j.stay, j.then = replay.Goal{Kind: replay.TheEnd}, true, &g
	}
	a.job = j
	return a.piece()
}

// broke tells why nothing runs on, and what to do.
func (a *app) broke(err error) {
	if errors.Is(err, replay.ErrFull) {
		err = fmt.Errorf(a.c.T("the history is full (%d events), nothing further runs: save it with x, begin anew with R, or go back and type on from there (:here)",
			"기록이 가득 찼습니다(이벤트 %d개). 더 실행되지 않습니다: x로 저장하거나, R로 다시 시작하거나, 되돌아가 거기서 이어서 입력하세요(:here)"), len(a.c.S.History.Events))
	}
	a.fail(err)
}

// hint ends a text with what to press on the screen, or to type on the plain prompt.
func (a *app) hint(text, screen, plain string) string {
	if a.lesson.Plain {
		return text + plain
	}
	return text + screen
}

// ended says that nothing is left to happen.
func (a *app) ended() {
	a.playing = false
	_, n, _ := a.shell.Front()
	switch {
	case a.c.S.Stands() && a.reads(n):
		a.say(a.c.T("it reads what you type; ctrl+d ends that, ctrl+c ends the program", "입력을 읽는 중입니다: ctrl+d로 입력을 끝내고, ctrl+c로 프로그램을 끝냅니다"))
	case a.c.S.Stands():
		a.say(a.c.T("a program waits; type in another shell, let time pass with r, or end it with ctrl+c", "프로그램이 기다리는 중: 다른 셸에 입력하거나, r로 시간을 보내거나, ctrl+c로 끝냅니다"))
	default:
		a.say(a.hint(a.c.T("the end of the scenario: ", "시나리오 끝: "), a.c.T("type in a shell (6), go back (b), or open another one (o)", "셸(6)에 입력하거나, b로 되돌아가거나, o로 다른 것을 엽니다"),
			a.c.T("run a line in a shell, go back, or open another one (scenarios)", "셸에서 명령을 실행하거나, back으로 되돌아가거나, scenarios로 다른 것을 엽니다")))
	}
}

// piece lets the session work for a moment.
func (a *app) piece() tea.Cmd {
	s, g, n := a.c.S, a.job.goal, a.serial
	a.shell.Working = true
	return func() tea.Msg { return workMsg{n, s.Work(g)} }
}

// worked takes what was done.
func (a *app) worked(m workMsg) tea.Cmd {
	if m.serial != a.serial || a.job == nil {
		return nil
	}
	j, s := a.job, a.c.S
	over := s.Take(m.work, j.goal)
	j.pieces++
	if j.stay {
		s.Seek(j.from)
	} else if !over { // one sees how far it is, and is there when it is stopped
		s.Seek(len(s.History.Events))
	}
	if !over && !j.cancel {
		j.progress = j.pieces > 3
		return a.piece()
	}
	a.job, a.shell.Working = nil, false
	if s.Err() != nil {
		a.broke(s.Err())
		a.playing, a.later = false, nil
		a.moved()
		return nil
	}
	switch {
	case j.cancel:
		a.later = nil
		a.moved()
		if j.after != nil {
			return j.after()
		}
		a.say(a.c.T("stopped", "멈춤"))
		return nil
	case j.then != nil:
		if !s.Find(*j.then) {
			s.Seek(len(s.History.Events))
		}
		a.arrived(j.then)
	default:
		a.arrived(&j.goal)
	}
	return a.next()
}

// arrived says why it stopped here.
func (a *app) arrived(g *replay.Goal) {
	s := a.c.S
	a.moved()
	if s.AtEnd() && !s.Busy() {
		a.stepOver()
		return
	}
	if s.Cursor() == 0 {
		return
	}
	e := &s.History.Events[s.Cursor()-1]
	var hop *replay.Hop
	if e.Hop >= 0 && s.History.Hops[e.Hop].Event == s.Cursor()-1 {
		hop = &s.History.Hops[e.Hop]
	}
	for _, b := range g.Breaks {
		if b.Meets(e, hop) {
			a.playing = false
			a.say(fmt.Sprintf(a.c.T("breakpoint: %s", "중단점: %s"), b.Text))
			return
		}
	}
	a.say("")
	if replay.Lost(e) {
		sentence, _ := a.c.Lang.Reason(e.Reason)
		a.say(fmt.Sprintf(a.c.T("dropped on %s: %s (%s)", "%s에서 폐기: %s (%s)"), e.NetNS, text.ReasonName(e.Reason), sentence))
	}
}

// stepOver tells how a step ended.
func (a *app) stepOver() {
	s := a.c.S
	a.playing = false
	a.moved()
	n := s.Step()
	rep := s.Report(n)
	if rep == nil || len(s.History.Marks) > 0 && s.History.Marks[len(s.History.Marks)-1].Input.Kind != replay.BeginStep {
		if s.Stands() {
			a.ended()
		}
		return
	}
	met, all := 0, len(rep.Expectations)
	for _, x := range rep.Expectations {
		if x.OK {
			met++
		}
	}
	text := fmt.Sprintf(a.c.T("step %d is over: %d of %d expectations met", "단계 %d 끝: 기대 %[3]d개 중 %[2]d개 충족"), n+1, met, all)
	if s.Begun() < s.Steps() {
		text += a.c.T("; n begins the next one", "; n으로 다음 단계")
	} else if a.c.LessonMode {
		right, asked, _ := a.lesson.Score()
		text += a.hint(fmt.Sprintf(a.c.T("; score %d of %d", "; 점수 %d/%d"), right, asked), a.c.T(" (7 shows it)", " (7로 보기)"), a.c.T(" (score shows it)", " (score로 보기)"))
	}
	a.say(text)
}

// back goes back to a goal.
func (a *app) back(k replay.GoalKind) {
	a.playing = false
	if a.job != nil {
		a.queue(func() tea.Cmd { a.back(k); return nil })
		return
	}
	if !a.c.S.Back(a.goal(k)) {
		a.say(a.c.T("this is the start", "처음입니다"))
	} else {
		a.say("")
	}
	a.moved()
}

// playMsg is the next moment of a run that is watched.
type playMsg struct{ serial int }

// toggle runs or pauses.
func (a *app) toggle() tea.Cmd {
	if a.c.LessonMode {
		a.say(a.c.T("a lesson does not play by itself: n goes from hop to hop", "실습은 자동으로 재생되지 않습니다. n으로 홉마다 이동하세요"))
		return nil
	}
	a.playing = !a.playing
	if !a.playing {
		a.say(a.c.T("paused", "일시정지"))
		return nil
	}
	a.say(a.c.T("running; r pauses, + and - change the speed", "실행 중: r 일시정지, +와 - 속도"))
	return a.play(playMsg{a.serial})
}

// play shows the next hop, and asks for the one after it.
func (a *app) play(m playMsg) tea.Cmd {
	if !a.playing || m.serial != a.serial || a.c.S == nil {
		return nil
	}
	d := speeds()[a.speed]
	next := tea.Tick(d, func(time.Time) tea.Msg { return m })
	if a.job != nil {
		return next
	}
	s := a.c.S
	if s.AtEnd() && s.Stands() {
		if err := s.Pass(d); err != nil {
			a.fail(err)
			return nil
		}
		a.job = &job{goal: replay.Goal{Kind: replay.TheEnd}, from: s.Cursor()}
		return tea.Batch(a.piece(), next)
	}
	status := a.status
	cmd := a.run(a.goal(replay.NextHop))
	if a.playing && a.status == "" {
		a.status = status
	}
	if !a.playing {
		return cmd
	}
	return tea.Batch(cmd, next)
}

// lookJob is a look into the past that is under way.
type lookJob struct {
	event   int
	machine string
	cancel  context.CancelFunc
}

// lookMsg is what was seen.
type lookMsg struct {
	serial, event int
	machine       string
	tables        []replay.Table
	before        []replay.Table
	net           *replay.Net
	walk          []replay.Step
	walked        int
	err           error
}

// wanted asks for the tables of the cursor's moment, if somebody looks at them
// and they are not known.
func (a *app) wanted() tea.Cmd {
	s := a.c.S
	if s == nil || a.look != nil || a.job != nil {
		return nil
	}
	at, machine := s.Cursor(), a.c.Machine
	known := a.c.Looked == at && len(a.c.Tables) > 0 && a.c.Tables[0].Machine == machine && a.c.Ticks == s.Ticks()
	hop, walk := a.c.Hop(), a.c.WantWalk && a.visible(paneWhy)
	walk = walk && hop >= 0 && a.c.Walked != hop
	if (known || !a.visible(paneState) && !a.visible(paneMap)) && !walk {
		return nil
	}
	var rules replay.Point
	if walk {
		rules = rulesOf(s, hop)
	}
	events := s.History.Events
	ctx, cancel := context.WithCancel(context.Background())
	a.look = &lookJob{at, machine, cancel}
	a.c.Looking = true
	n, now, m := a.serial, s.Point(at), s.Mirror()
	commands := replay.Commands(a.c.AsRules)
	earlier, some := s.Point(stopBefore(s)), at > 0
	return func() tea.Msg {
		msg := lookMsg{serial: n, event: at, machine: machine}
		if some {
			msg.err = m.At(ctx, earlier, func(l *sim.Lab) { msg.before = replay.Tables(l, machine, commands) })
		}
		if msg.err == nil {
			msg.err = m.At(ctx, now, func(l *sim.Lab) {
				msg.tables, msg.net = replay.Tables(l, machine, commands), replay.NetOf(l)
			})
		}
		msg.walked = -1
		if msg.err == nil && walk {
			msg.walked = hop
			msg.walk, msg.err = m.Walk(ctx, events, rules)
		}
		return msg
	}
}

// rulesOf is the moment in which the packet of a crossing met rules: mostly that
// of the crossing; for a packet that a program sends, before it.
func rulesOf(s *replay.Session, hop int) replay.Point {
	n := s.History.Hops[hop].Event
	found := false
	s.History.Of(hop, func(i int, e *replay.Event) {
		if !found && e.Table != "" {
			n, found = i, true
		}
	})
	tick := s.History.Events[n].Tick
	for n+1 < len(s.History.Events) && s.History.Events[n+1].Tick == tick {
		n++
	}
	return s.PointOf(n + 1)
}

// stopBefore is the crossing before the cursor's moment.
func stopBefore(s *replay.Session) int {
	h := s.Hop()
	if h >= 0 && s.History.Hops[h].Event+1 == s.Cursor() {
		h--
	}
	if h < 0 {
		return 0
	}
	return s.History.Hops[h].Event + 1
}

// looked takes what was seen.
func (a *app) looked(m lookMsg) {
	if m.serial != a.serial || a.look == nil {
		return
	}
	a.look.cancel()
	a.look, a.c.Looking = nil, false
	if m.walked >= 0 {
		a.c.Walk, a.c.Walked = m.walk, m.walked
	}
	if m.err != nil {
		if !errors.Is(m.err, context.Canceled) {
			a.fail(m.err)
		}
		a.c.Looked = m.event // not again and again
		a.c.Tables = []replay.Table{{Machine: m.machine}}
		return
	}
	if !m.net.Equal(a.c.Network()) {
		a.c.Net = m.net
	}
	a.c.Looked, a.c.Tables, a.c.Before, a.c.Ticks = m.event, m.tables, m.before, a.c.S.Ticks()
}

// cutMsg says that the past was cut, or that it could not be.
type cutMsg struct {
	serial int
	err    error
	then   func() tea.Cmd
}

// cut forgets what comes after the cursor, and then does something.
func (a *app) cut(then func() tea.Cmd) tea.Cmd {
	if a.job != nil {
		return nil
	}
	s, n := a.c.S, a.serial
	a.job = &job{}
	a.say(a.c.T("one moment …", "잠시만요 …"))
	return func() tea.Msg { return cutMsg{n, s.Cut(), then} }
}

func (a *app) wasCut(m cutMsg) tea.Cmd {
	if m.serial != a.serial {
		return nil
	}
	a.job = nil
	a.c.Forget()
	a.saved = min(a.saved, len(a.c.S.Inputs()))
	a.say("")
	a.moved()
	if m.err != nil {
		a.fail(m.err)
		return nil
	}
	if m.then != nil {
		return m.then()
	}
	return a.next()
}

// typed runs a line in the shell in front: in the past on a copy of the lab as it
// was then.
func (a *app) typed(line string) tea.Cmd {
	s := a.c.S
	netns, n, _ := a.shell.Front()
	switch {
	case a.job != nil:
		a.queue(func() tea.Cmd { return a.typed(line) })
		return nil
	case !a.reads(n) && shell.Incomplete(line+"\n"):
		a.shell.More(line + "\n")
		return nil
	case s.Settled():
		a.moved()
		return a.submit(line)
	}
	return a.try(n, netns, line)
}

// pasted runs lines that were pasted into a shell, and leaves the last one, which has no
// end, to be typed on.
func (a *app) pasted(lines []string) tea.Cmd {
	if len(lines) > maxLater {
		a.fail(a.c.Errorf("%d lines were pasted, %d are the most: write them into a scenario", "%d줄을 붙여 넣었습니다. 최대 %d줄입니다: 시나리오로 작성하세요", len(lines), maxLater))
		return nil
	}
	_, n, _ := a.shell.Front()
	reads := a.reads(n)
	text := a.shell.Take()
	var cmds []tea.Cmd
	for _, l := range lines[:len(lines)-1] {
		text += l
		if !reads && shell.Incomplete(text+"\n") {
			text += "\n"
			continue
		}
		if reads || strings.TrimSpace(text) != "" {
			cmds = append(cmds, a.typed(text))
		}
		text = ""
	}
	a.shell.More(text)
	a.shell.Put(lines[len(lines)-1])
	return tea.Batch(cmds...)
}

// reads reports that a program in a shell waits for a line that is typed.
func (a *app) reads(n int) bool {
	l := a.c.S.Shells()
	return n >= 0 && n < len(l) && l[n].Reads && !a.c.S.Past()
}

// inEarnest runs the line that was tried on a copy of the past in earnest: what came
// after is forgotten.
func (a *app) inEarnest() tea.Cmd {
	line := a.past
	if line == "" || a.c.S.Settled() {
		a.fail(errors.New(a.c.T("here: first try a line in the past", "here: 먼저 과거에서 줄을 실행해 보세요")))
		return nil
	}
	a.past = ""
	return a.cut(func() tea.Cmd { return a.submit(line) })
}

// tryMsg is what a line printed on a copy.
type tryMsg struct {
	serial int
	line   string
	text   string
	err    error
}

// try runs a line on a copy of the lab as it was.
func (a *app) try(n int, netns, line string) tea.Cmd {
	s, serial, p := a.c.S, a.serial, a.c.S.Point(a.c.S.Cursor())
	a.stopTrying()
	ctx, cancel := context.WithCancel(context.Background())
	a.trying = cancel
	a.say(a.c.T("one moment … esc stops it", "잠시만요 … esc로 멈춤"))
	return func() tea.Msg {
		text, err := s.Try(ctx, p, n, netns, line)
		return tryMsg{serial, line, text, err}
	}
}

func (a *app) tried(m tryMsg) {
	if m.serial != a.serial {
		return
	}
	if errors.Is(m.err, context.Canceled) {
		a.say(a.c.T("stopped", "멈춤"))
		return
	}
	a.stopTrying()
	a.past = m.line
	a.say(fmt.Sprintf(a.c.T("as of event %d, on a copy: nothing was changed (:here runs it in earnest)", "이벤트 %d 시점의 복사본에서 실행: 바뀐 것은 없습니다 (:here 실제로 실행)"), a.c.S.Cursor()))
	if m.err != nil {
		a.fail(m.err)
	}
	a.shell.Tried(m.text)
}

// stopTrying ends a line that is being tried. It reports whether there was one.
func (a *app) stopTrying() bool {
	if a.trying == nil {
		return false
	}
	a.trying()
	a.trying = nil
	return true
}

// submit types a line at the end of the history. The shell is opened with its
// first one.
func (a *app) submit(line string) tea.Cmd {
	s := a.c.S
	netns, n, ok := a.shell.Front()
	if !ok {
		return nil
	}
	if n >= len(s.Shells()) { // it was opened in what was cut off
		n = -1
	}
	if n < 0 {
		if err := s.Input(replay.OpenShell, 0, netns); err != nil {
			a.fail(err)
			return nil
		}
		n = len(s.Shells()) - 1
		a.shell.Opened(n)
	} else if l := s.Shells()[n]; !l.Ready && !l.Reads {
		a.shell.Put(line)
		if s.Full() {
			a.broke(replay.ErrFull)
			return nil
		}
		a.say(a.c.T("the line before still runs and reads nothing; ctrl+c ends it", "앞의 줄이 아직 실행 중이며 입력을 읽지 않습니다. ctrl+c로 끝냅니다"))
		return nil
	}
	if err := s.Input(replay.TypeLine, n, line); err != nil {
		a.fail(err)
		return nil
	}
	a.job = &job{goal: replay.Goal{Kind: replay.TheEnd, Breaks: a.c.Breaks}, from: s.Cursor()}
	return a.piece()
}

// press is Ctrl-C or Ctrl-D in the shell in front.
func (a *app) press(key replay.InputKind) tea.Cmd {
	s := a.c.S
	if a.job != nil {
		if key == replay.Interrupt { // the run stops, and then what runs in the shell
			a.job.cancel, a.job.after = true, func() tea.Cmd { return a.press(key) }
		}
		return nil
	}
	_, n, _ := a.shell.Front()
	switch {
	case n < 0 || n >= len(s.Shells()): // nothing was typed yet
		return nil
	case !s.Settled():
		a.say(a.c.T("this is the past; G goes to the end", "과거입니다. G로 끝으로 갑니다"))
		return nil
	}
	if err := s.Input(key, n, ""); err != nil {
		a.fail(err)
		return nil
	}
	a.job = &job{goal: replay.Goal{Kind: replay.TheEnd}, from: s.Cursor()}
	return a.piece()
}

// offered runs a line that a lesson offers, in a shell of a machine.
func (a *app) offered(netns, line string) tea.Cmd {
	if a.c.Network().Machine(netns) == nil {
		a.fail(a.noMachine(netns))
		return nil
	}
	cmd := tea.Batch(a.openShell(netns, false), a.typed(line))
	a.say(a.c.T("esc goes back to the lesson", "esc로 실습으로 돌아갑니다"))
	return cmd
}

// openShell shows a shell on a machine, a new one if there is none or if another
// is wanted.
func (a *app) openShell(netns string, another bool) tea.Cmd {
	if another || !a.shell.Show(netns) {
		a.shell.Open(netns)
	}
	a.focusOn(paneShell)
	a.say("")
	return nil
}
