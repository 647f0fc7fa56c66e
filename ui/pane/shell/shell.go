// Package shell is the pane of shells: a prompt in a pod or on a node. It shows
// what was printed up to the cursor.
package shell

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/ui/complete"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane is the open shells, one of them in front.
type Pane struct {
	*pane.Common
	w, h    int
	front   int
	edits   []*line
	scroll  int  // lines from the end
	Working bool // the lab runs: no completion
	words   []string
	tried   string // what a line printed on a copy
	triedAt int    // and where the cursor was
}

// Tried shows what a line printed on a copy of the past, until the cursor moves.
func (p *Pane) Tried(text string) { p.tried, p.triedAt = text, p.S.Cursor() }

// line is what is being typed in a shell.
type line struct {
	look.Edit
	more    string // lines before it, of a command that is not complete
	history []string
	at      int // in history; len(history) is the line itself
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c} }

// Name finds it.
func (p *Pane) Name() string { return "shell" }

// Front is the number of the shell in front, -1 if none is open.
func (p *Pane) Front() int {
	if p.front < len(p.S.Shells()) {
		return p.front
	}
	return len(p.S.Shells()) - 1
}

// Show puts a shell in front.
func (p *Pane) Show(n int) { p.front, p.scroll = n, 0 }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("shell", "셸")
	all := p.S.Shells()
	for i, s := range all {
		if i == p.Front() {
			t += " [" + s.NetNS + "]"
		} else {
			t += " " + s.NetNS
		}
	}
	return t
}

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		{Key: "enter", What: p.T("run the line", "줄 실행")}, {Key: "tab", What: p.T("complete", "자동 완성")}, {Key: "up down", What: p.T("lines typed before", "이전에 입력한 줄")},
		{Key: "ctrl+c", What: p.T("end what runs", "실행 중인 것 끝내기")}, {Key: "ctrl+n", What: p.T("open another shell", "셸 하나 더 열기")},
		{Key: "ctrl+t", What: p.T("the next shell", "다음 셸")}, {Key: "pgup pgdown", What: p.T("scroll", "스크롤")}, {Key: "esc", What: p.T("leave the shell", "셸에서 나가기")},
	}
}

func (p *Pane) edit() *line {
	n := p.Front()
	for len(p.edits) <= n {
		p.edits = append(p.edits, &line{})
	}
	return p.edits[n]
}

// More reads the lines of a command that is not complete, as the shell does.
func (p *Pane) More(text string) { p.edit().more = text }

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	n := p.Front()
	if k.Name == "ctrl+n" || n < 0 && k.Name == "enter" {
		return pane.Shell{}
	}
	if n < 0 {
		return nil
	}
	e := p.edit()
	p.words = nil
	switch k.Name {
	case "enter":
		text := e.Text()
		if strings.TrimSpace(text) != "" && (len(e.history) == 0 || e.history[len(e.history)-1] != text) {
			e.history = append(e.history, text)
		}
		e.at, p.scroll = len(e.history), 0
		full := e.more + text
		e.more = ""
		e.Set("")
		if strings.TrimSpace(full) == "" {
			return pane.Done{}
		}
		return pane.Line{Text: full}
	case "ctrl+c":
		if p.S.Shells()[n].Ready {
			e.Set("")
			e.more = ""
			return pane.Done{}
		}
		return pane.Stop{}
	case "ctrl+t":
		p.Show((n + 1) % len(p.S.Shells()))
	case "up", "ctrl+p":
		p.recall(-1)
	case "down":
		p.recall(1)
	case "tab":
		p.complete()
	case "pgup":
		p.scroll += max(p.h-2, 1)
	case "pgdown":
		p.scroll = max(0, p.scroll-max(p.h-2, 1))
	default:
		if !e.Press(k.Name, k.Text) {
			return nil
		}
		p.scroll = 0
	}
	return pane.Done{}
}

// Put puts a line back that was not run.
func (p *Pane) Put(text string) { p.edit().Set(text) }

func (p *Pane) recall(d int) {
	e := p.edit()
	if to := e.at + d; to >= 0 && to <= len(e.history) {
		e.at = to
		if to == len(e.history) {
			e.Set("")
		} else {
			e.Set(e.history[to])
		}
	}
}

// complete completes the word before the cursor as far as it is clear, and shows
// what it may become.
func (p *Pane) complete() {
	n := p.Front()
	if p.Working || p.S.Shells()[n].Done {
		return
	}
	e := p.edit()
	sh, term := p.S.Live(n)
	text, before := e.Text(), e.Before()
	head, words, tail := complete.Line(sh, term.Process(), text, len(before))
	if len(words) == 0 {
		return
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	if len(head+common) > len(before) {
		e.Set(head + common + tail)
		for range []rune(tail) {
			e.Press("left", "")
		}
	}
	if len(words) > 1 {
		p.words = words
	}
}

// View makes the lines: what was printed, and the prompt.
func (p *Pane) View() []look.Line {
	n := p.Front()
	if n < 0 {
		return look.Wrap(p.T("No shell yet. Enter opens one where the packet is, ctrl+n asks where.", "아직 셸이 없습니다. Enter는 패킷이 있는 곳에, ctrl+n은 고른 곳에 셸을 엽니다."), look.Dim, p.w, 0)
	}
	s := p.S.Shells()[n]
	var out []look.Line
	for _, l := range p.lines(n) {
		out = append(out, look.Wrap(look.Clean(l), look.Plain, p.w, 0)...)
	}
	if p.tried != "" && p.triedAt == p.S.Cursor() {
		for _, l := range strings.Split(strings.TrimSuffix(p.tried, "\n"), "\n") {
			out = append(out, look.Wrap("~ "+look.Clean(l), look.Cool, p.w, 2)...)
		}
	}
	if len(p.words) > 0 {
		out = append(out, look.Wrap(p.choices(), look.Dim, p.w, 0)...)
	}
	switch {
	case !p.S.AtEnd():
		out = append(out, look.S(look.Warm, p.T("(the past: what was printed up to here; a line typed now asks first)", "(과거: 여기까지의 출력; 지금 입력하면 먼저 묻습니다)")))
		fallthrough
	case s.Ready && !s.Done:
		e := p.edit()
		prompt := s.Prompt
		if e.more != "" {
			prompt = "> "
		}
		out = append(out, e.Line(prompt, p.w, true))
	case s.Done:
		out = append(out, look.S(look.Dim, p.T("(this shell has ended; ctrl+n opens another)", "(끝난 셸입니다. ctrl+n으로 새로 엽니다)")))
	default:
		out = append(out, look.S(look.Warm, p.T("(it runs: r lets time pass, esc and then a step moves the packet, ctrl+c ends it)", "(실행 중: esc 후 r은 시간을 흐르게 함, ctrl+c는 끝냄)")))
	}
	p.scroll = max(0, min(p.scroll, len(out)-p.h))
	end := len(out) - p.scroll
	return out[max(0, end-p.h):end]
}

// maxLines is how many lines of output are shown.
const maxLines = 2000

// lines are what a shell printed up to the cursor.
func (p *Pane) lines(n int) []string {
	text := strings.TrimSuffix(p.S.History.Output(n, p.S.Cursor()), "\n")
	if text == "" {
		return nil
	}
	l := strings.Split(text, "\n")
	for i, s := range l {
		if k := strings.LastIndexByte(strings.TrimSuffix(s, "\r"), '\r'); k >= 0 {
			l[i] = s[k+1:] // what was written over
		}
	}
	return l[max(0, len(l)-maxLines):]
}

// choices are the words that a word may become, some of many.
func (p *Pane) choices() string {
	words := slices.Clone(p.words)
	const most = 60
	rest := ""
	if len(words) > most {
		rest = fmt.Sprintf(" … %d", len(words)-most)
		words = words[:most]
	}
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
	}
	return strings.Join(words, "  ") + rest
}

// Text is what the shell in front printed, for copying.
func (p *Pane) Text() string { return strings.Join(p.lines(p.Front()), "\n") + "\n" }

var _ pane.Pane = (*Pane)(nil)
