package ui

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/pane/bytes"
	"hoplab/ui/pane/hops"
	"hoplab/ui/pane/lesson"
	"hoplab/ui/pane/maps"
	"hoplab/ui/pane/picker"
	"hoplab/ui/pane/shell"
	"hoplab/ui/pane/state"
	"hoplab/ui/pane/timeline"
	"hoplab/ui/pane/why"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// Options say what the lab starts with and what it may touch.
type Options struct {
	Entries  []*scenarios.Entry // the list to choose from
	Open     *scenarios.Entry   // opened at once, nil: the list
	Seed     *uint64
	Events   int // how many a history keeps; 0: replay.MaxEvents
	Lang     text.Lang
	Theme    *look.Theme   // nil: dark, for Terminal
	Terminal look.Terminal // for themes that are chosen later
	ASCII    bool          // the terminal has no UTF-8
	Mouse    bool
	Typed    string // before there was a screen

	Last          string            // scenario that was open the last time
	Remember      func(name string) // nil: nowhere
	RememberTheme func(name string) // nil: nowhere
	// Save writes a file into the current folder, under that name or, where there
	// is one already, under a like one; nil: there is no folder.
	Save func(name string, write func(io.Writer) error) (written string, err error)
	// Clip puts a text on the terminal's clipboard; nil: there is none.
	Clip func(text string)
}

// app is the model of the screen.
type app struct {
	o     Options
	theme *look.Theme
	c     *pane.Common
	w, h  int

	picker *picker.Pane
	panes  []pane.Pane // empty on the start screen
	bar    *timeline.Bar
	maps   *maps.Pane
	hops   *hops.Pane
	shell  *shell.Pane
	state  *state.Pane
	lesson *lesson.Pane

	focus    int
	before   int // focus before the shell
	lower    int // the pane in the place that several share
	zoom     bool
	helping  bool
	helpTop  pane.Scroll
	prompt   *prompt // the line at the bottom, nil: none
	status   string
	fault    bool   // the status is an error
	past     string // the line that was tried on a copy last
	trying   func() // stops the one that is being tried
	saved    int    // inputs that were exported
	quitting bool
	late     answer

	job     *job
	later   []func() tea.Cmd // what was asked for while it ran
	playing bool
	speed   int // index into speeds
	look    *lookJob
	serial  int // of the session, so that late messages of another one are dropped
}

// newApp makes the screen; a session is opened if o asks for one.
func newApp(o Options) (*app, error) {
	a := &app{o: o, theme: o.Theme, speed: 2, w: 80, h: 24}
	if a.theme == nil {
		a.theme = look.NewTheme("dark", o.Terminal)
	}
	a.c = &pane.Common{Lang: o.Lang, ASCII: o.ASCII, Follow: -1, Looked: -1}
	a.picker = picker.New(a.c, o.Entries, o.Last)
	if o.Open != nil {
		if err := a.open(o.Open); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// The panes, in the order of their keys.
const (
	paneMap = iota
	paneHops
	paneWhy
	paneBytes
	paneState
	paneShell
	paneLesson
)

// open opens a scenario.
func (a *app) open(e *scenarios.Entry) error {
	s, err := replay.Open(e, replay.Options{Seed: a.o.Seed, Events: a.o.Events})
	if err != nil {
		return err
	}
	a.close()
	a.serial++
	a.c.S = s
	a.c.Forget()
	a.c.Follow, a.c.Filter, a.c.Filters, a.c.Breaks, a.c.Machine = -1, "", nil, nil, ""
	a.maps, a.hops, a.shell, a.state, a.lesson = maps.New(a.c), hops.New(a.c), shell.New(a.c), state.New(a.c), lesson.New(a.c)
	a.bar = timeline.New(a.c)
	a.panes = []pane.Pane{a.maps, a.hops, why.New(a.c), bytes.New(a.c), a.state, a.shell, a.lesson}
	a.focus, a.lower, a.zoom, a.saved, a.job, a.look, a.later = paneHops, paneWhy, false, 0, nil, nil, nil
	if a.lesson.Teaches() {
		a.focus, a.lower = paneLesson, paneLesson
	}
	a.c.LessonMode = a.focus == paneLesson
	a.say("")
	if notes := s.Notes(); len(notes) > 0 {
		a.say(fmt.Sprintf(a.c.T("note: %s", "참고: %s"), notes[0]))
	}
	if a.o.Remember != nil {
		a.o.Remember(e.Scenario.Name)
	}
	a.moved()
	return nil
}

// close ends the session.
func (a *app) close() {
	if a.c.S == nil {
		return
	}
	s := a.c.S
	a.c.S, a.panes = nil, nil
	if a.job == nil && a.look == nil { // otherwise something still works in it
		s.Close()
	}
	a.playing, a.job, a.look, a.later = false, nil, nil, nil
}

// Init is bubbletea's: nothing happens by itself.
func (a *app) Init() tea.Cmd {
	return tea.Batch(a.wanted(), func() tea.Msg { return typedMsg(a.o.Typed) })
}

// typedMsg is what was typed before there was a screen.
type typedMsg string

// typedBefore presses the keys of a text. A key with a character of ASCII's first 32 has its
// number in bubbletea, too.
func (a *app) typedBefore(m typedMsg) tea.Cmd {
	var cmds []tea.Cmd
	for _, r := range string(m) {
		k := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
		switch {
		case r == ' ':
			k.Type = tea.KeySpace
		case r < ' ' || r == 0x7f:
			k = tea.KeyMsg{Type: tea.KeyType(r)}
		}
		cmds = append(cmds, a.keys(k))
	}
	return tea.Batch(cmds...)
}

// Update is bubbletea's.
func (a *app) Update(m tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch m := m.(type) {
	case tea.WindowSizeMsg:
		a.w, a.h = m.Width, m.Height
	case tea.KeyMsg:
		if !a.late.of(m) {
			cmd = a.keys(m)
		}
	case typedMsg:
		cmd = a.typedBefore(m)
	case tea.MouseMsg:
		cmd = a.mouse(m)
	case workMsg:
		cmd = a.worked(m)
	case lookMsg:
		a.looked(m)
	case cutMsg:
		cmd = a.wasCut(m)
	case playMsg:
		cmd = a.play(m)
	case tryMsg:
		a.tried(m)
	}
	if a.quitting {
		return a, tea.Quit
	}
	return a, tea.Batch(cmd, a.wanted())
}

// answer is one of the terminal to the question for its background that comes when the
// screen is there already, as over a slow line: "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\" arrives
// as Alt-], characters, and Alt-\ or Ctrl-G.
type answer struct{ open bool }

// of reports that a key belongs to an answer.
func (x *answer) of(m tea.KeyMsg) bool {
	switch text := string(m.Runes); {
	case m.Type == tea.KeyRunes && m.Alt && text == "]":
		x.open = true
		return true
	case !x.open:
		return false
	case m.Type == tea.KeyRunes && !m.Alt && strings.Trim(text, "0123456789abcdefABCDEFrg:/;") == "":
		return true
	default:
		x.open = false
		return m.Type == tea.KeyCtrlG || m.Alt && text == `\`
	}
}

// keys takes what was typed: characters that came in one read are one message, but
// keys of their own unless they were pasted.
func (a *app) keys(m tea.KeyMsg) tea.Cmd {
	if m.Type == tea.KeyCtrlZ { // wherever one is
		return tea.Suspend
	}
	if m.Paste && a.prompt == nil && !a.helping && a.typing() && a.focus == paneShell {
		if l := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(m.Runes)), "\n"); len(l) > 1 {
			return a.pasted(l)
		}
	}
	switch m.Type {
	case tea.KeyRunes, tea.KeyEnter, tea.KeySpace, tea.KeyTab: // none of them has Alt here: it was esc and, at once, the key
		if !m.Alt {
			break
		}
		m.Alt = false
		return tea.Batch(a.key(pane.Key{Name: "esc"}), a.keys(m))
	}
	if m.Type != tea.KeyRunes || len(m.Runes) < 2 || m.Paste {
		return a.key(keyOf(m))
	}
	var cmds []tea.Cmd
	for _, r := range m.Runes {
		one := m
		one.Runes = []rune{r}
		cmds = append(cmds, a.key(keyOf(one)))
	}
	return tea.Batch(cmds...)
}

// keyOf names a key for the panes.
func keyOf(m tea.KeyMsg) pane.Key {
	k := pane.Key{Name: m.String()}
	if m.Type == tea.KeyRunes && !m.Alt {
		k.Text = string(m.Runes)
		if m.Paste {
			k.Name = ""
		}
	}
	if m.Type == tea.KeySpace {
		k.Name, k.Text = "space", " "
	}
	return k
}

// say puts something into the line at the bottom.
func (a *app) say(s string) { a.status, a.fault = s, false }

// fail tells that something did not work.
func (a *app) fail(err error) {
	switch {
	case errors.Is(err, replay.ErrEnded):
		err = errors.New(a.c.T(replay.ErrEnded.Error(), "끝난 셸입니다. 다른 셸을 여세요"))
	case errors.Is(err, replay.ErrRuns):
		err = errors.New(a.c.T(replay.ErrRuns.Error(), "앞의 줄이 아직 실행 중이며 입력을 읽지 않습니다"))
	}
	a.status, a.fault = err.Error(), true
}

// do does what a pane wants.
func (a *app) do(x pane.Action) tea.Cmd {
	switch x := x.(type) {
	case pane.Seek:
		a.seek(x.Event)
	case pane.Run:
		return a.run(x.Goal)
	case pane.Say:
		a.say(x.Text)
	case pane.Copy:
		a.copy(x.Text, x.What)
	case pane.Line:
		return a.typed(x.Text)
	case pane.Stop:
		return a.press(replay.Interrupt)
	case pane.EOF:
		return a.press(replay.EndInput)
	case pane.Shell:
		return a.askShell()
	case pane.Columns:
		return a.askColumns()
	case pane.Answer:
		if a.lesson.Open() == nil {
			a.say(a.c.T("now see: n goes from hop to hop", "이제 확인하세요: n으로 홉마다 이동"))
		}
	case pane.Ask:
		p := &prompt{label: x.Label, enter: func(text string) tea.Cmd { x.Enter(text); return nil }}
		if len(x.Words) > 0 {
			p.words = func() []string { return x.Words }
		}
		a.read(p, x.Text)
	case pane.Try:
		return a.offered(x.NetNS, x.Line)
	case pane.SideBySide:
		a.hops.Choose(nil)
		a.focusOn(paneHops)
		a.zoom = true
		a.say(a.c.T("n goes on; esc shows the other panes again, 7 the lesson", "n으로 계속; esc로 다른 창 다시 보기, 7은 실습"))
	case pane.Enter:
		return a.run(a.goal(replay.NextHop))
	case pane.Open:
		if err := a.open(a.o.Entries[x.Index]); err != nil {
			a.fail(err)
		}
	}
	return nil
}

// copy puts a text on the clipboard.
func (a *app) copy(s, what string) {
	if a.o.Clip == nil {
		a.say(a.c.T("there is no clipboard here", "여기에는 클립보드가 없습니다"))
		return
	}
	a.o.Clip(s)
	a.say(fmt.Sprintf(a.c.T("copied %s (%d characters, by OSC 52)", "%s 복사함 (%d자, OSC 52)"), what, len([]rune(s))))
}

// seek moves the cursor.
func (a *app) seek(n int) {
	a.playing = false
	if a.job != nil {
		a.queue(func() tea.Cmd { a.seek(n); return nil })
		return
	}
	if n != a.c.S.Cursor() {
		a.c.S.Seek(n)
		a.say("")
	}
	a.moved()
}

// moved looks at what follows from where the cursor is.
func (a *app) moved() {
	if a.c.S == nil {
		return
	}
	a.c.Furthest = max(a.c.Furthest, a.c.S.Cursor())
	a.c.Hidden = a.c.LessonMode && !a.c.S.AtEnd()
	a.state.Choose()
}

// speeds are how long one hop is seen while it runs.
func speeds() []time.Duration {
	return []time.Duration{4 * time.Second, 2 * time.Second, time.Second, 500 * time.Millisecond, 200 * time.Millisecond, 80 * time.Millisecond}
}
