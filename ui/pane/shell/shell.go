// Package shell is the pane of shells: a prompt in a pod or on a node. It shows
// what was printed up to the cursor.
package shell

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/sim/shell"
	"hoplab/ui/complete"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Pane is the open shells, one of them in front.
type Pane struct {
	*pane.Common
	w, h    int
	front   int
	all     []*term
	scroll  int  // lines from the end
	total   int  // lines at the last view
	Working bool // the lab runs: no completion
	words   []string
	tried   string // what a line printed on a copy
	triedAt int    // and where the cursor was
}

// Tried shows what a line printed on a copy of the past, until the cursor moves.
func (p *Pane) Tried(text string) { p.tried, p.triedAt = text, p.S.Cursor() }

// Copied is what Tried was given last.
func (p *Pane) Copied() string { return p.tried }

// term is a shell. It is opened in the lab with its first line: looking for a
// place to type changes nothing.
type term struct {
	look.Edit
	netns   string
	n       int    // in the session, -1 before its first line
	more    string // lines before it, of a command that is not complete
	history []string
	at      int // in history; len(history) is the line itself
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c} }

// Name finds it.
func (p *Pane) Name() string { return "shell" }

// Front is the shell in front: where it is, and its number in the session, -1
// before its first line. ok is false if there is none.
func (p *Pane) Front() (netns string, n int, ok bool) {
	t := p.term()
	if t == nil {
		return "", -1, false
	}
	return t.netns, t.n, true
}

// Opened says that the shell in front has that number now.
func (p *Pane) Opened(n int) {
	if t := p.term(); t != nil {
		t.n = n
	}
}

// Open puts a new shell in front.
func (p *Pane) Open(netns string) {
	p.all = append(p.all, &term{netns: netns, n: -1})
	p.front, p.scroll = len(p.all)-1, 0
}

// Show puts the shell of a machine in front; it reports whether there is one.
func (p *Pane) Show(netns string) bool {
	for i, t := range p.all {
		if s, ok := p.live(t); t.netns == netns && !(ok && s.Done) {
			p.front, p.scroll = i, 0
			return true
		}
	}
	return false
}

func (p *Pane) term() *term {
	if p.front >= len(p.all) {
		return nil
	}
	return p.all[p.front]
}

// live is what the session knows of a shell. What was opened in a future that was
// cut off is not open any more.
func (p *Pane) live(t *term) (replay.Shell, bool) {
	if t.n >= len(p.S.Shells()) {
		t.n = -1
	}
	if t.n < 0 {
		return replay.Shell{}, false
	}
	return p.S.Shells()[t.n], true
}

// Title stands in its frame.
func (p *Pane) Title() string {
	l := p.T("shell", "셸")
	for i, t := range p.all {
		if i == p.front {
			l += " [" + t.netns + "]"
		} else {
			l += " " + t.netns
		}
	}
	return l
}

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) {
	return max(p.total-p.scroll-p.h, 0) + 1, p.total - p.scroll, p.total
}

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	another := pane.Bind("ctrl+n", p.T("open another shell", "셸 하나 더 열기"), func(pane.Key) pane.Action { return pane.Shell{} })
	e := p.term()
	if e == nil {
		return []pane.Binding{pane.Bind("enter", p.T("open a shell where the packet is", "패킷이 있는 곳에 셸 열기"), another.Do), another}
	}
	return []pane.Binding{
		pane.Bind("enter", p.T("run the line", "줄 실행"), p.enter),
		pane.Bind("tab", p.T("complete", "자동 완성"), pane.Always(func(pane.Key) { p.complete() })),
		pane.Bind("up/ctrl+p down", p.T("lines typed before", "이전에 입력한 줄"), pane.Always(p.recall)),
		pane.Bind("ctrl+c", p.T("end what runs", "실행 중인 것 끝내기"), p.interrupt),
		pane.Bind("ctrl+d", p.T("on an empty line: end the program that reads, or the shell, or put the shell away", "빈 줄에서: 읽고 있는 프로그램이나 셸을 끝내거나 셸을 치움"), p.end),
		another,
		pane.Bind("ctrl+t", p.T("the next shell", "다음 셸"), pane.Always(func(pane.Key) { p.front, p.scroll = (p.front+1)%len(p.all), 0 })),
		pane.Bind("pgup pgdown", p.T("scroll", "스크롤"), pane.Always(p.page)),
		p.Editing(),
	}
}

// More reads the lines of a command that is not complete, as the shell does.
func (p *Pane) More(text string) { p.term().more = text }

// Take takes what was typed and not run yet out of the line.
func (p *Pane) Take() string {
	e := p.term()
	text := e.more + e.Text()
	e.more = ""
	e.Set("")
	return text
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	p.words = nil
	if x := pane.Dispatch(p.Keys(), k); x != nil {
		return x
	}
	if e := p.term(); e == nil || !e.Press(k.Name, k.Text) {
		return nil
	}
	p.scroll = 0
	return pane.Done{}
}

// enter runs the line.
func (p *Pane) enter(pane.Key) pane.Action {
	e := p.term()
	text := e.Text()
	if strings.TrimSpace(text) != "" && (len(e.history) == 0 || e.history[len(e.history)-1] != text) {
		e.history = append(e.history, text)
	}
	e.at, p.scroll = len(e.history), 0
	full := e.more + text
	e.more = ""
	e.Set("")
	if strings.TrimSpace(full) == "" && !p.reads(e) {
		return pane.Done{}
	}
	return pane.Line{Text: full}
}

// interrupt ends what runs, or drops the line.
func (p *Pane) interrupt(pane.Key) pane.Action {
	e := p.term()
	if l, ok := p.live(e); ok && !l.Ready {
		return pane.Stop{}
	}
	e.Set("")
	e.more = ""
	return pane.Done{}
}

// end is Ctrl-D: on a line with text it deletes a character.
func (p *Pane) end(k pane.Key) pane.Action {
	e := p.term()
	if e.Text() != "" {
		e.Press(k.Name, "")
		return pane.Done{}
	}
	if s, ok := p.live(e); ok && s.Done || !ok { // nothing to end: it is put away
		p.all = slices.Delete(p.all, p.front, p.front+1)
		p.front, p.scroll = max(0, p.front-1), 0
		return pane.Done{}
	}
	return pane.EOF{}
}

// reads reports that a program waits for a line that is typed.
func (p *Pane) reads(e *term) bool {
	s, ok := p.live(e)
	return ok && s.Reads && !p.S.Past()
}

// page scrolls.
func (p *Pane) page(k pane.Key) {
	d := max(p.h-2, 1)
	if k.Name == "pgdown" {
		d = -d
	}
	p.scroll = max(0, p.scroll+d)
}

// Put puts a line back that was not run.
func (p *Pane) Put(text string) { p.term().Set(text) }

// recall puts a line that was typed before on the prompt.
func (p *Pane) recall(k pane.Key) {
	e, d := p.term(), -1
	if k.Name == "down" {
		d = 1
	}
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
	e := p.term()
	if l, ok := p.live(e); p.Working || ok && l.Done {
		return
	}
	text, before := e.Text(), e.Before()
	var head, tail string
	var words []string
	p.S.Ask(e.n, e.netns, func(sh *shell.Shell, at *shell.Process) {
		head, words, tail = complete.Line(sh, at, text, len(before))
	})
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
	e := p.term()
	if e == nil {
		return look.Wrap(p.T("No shell yet. Enter opens one where the packet is, ctrl+n asks where.", "아직 셸이 없습니다. Enter는 패킷이 있는 곳에, ctrl+n은 고른 곳에 셸을 엽니다."), look.Dim, p.w, 0)
	}
	s, ok := p.live(e)
	if !ok {
		s = replay.Shell{NetNS: e.netns, Ready: true, Prompt: "root@" + e.netns + ":~# "}
		if p.S.Node(e.netns) != e.netns {
			s.Prompt = e.netns + ":~# "
		}
	}
	var out []look.Line
	for _, l := range p.lines(e) {
		out = append(out, look.Wrap(l, look.Plain, p.w, 0)...)
	}
	if p.tried != "" && p.triedAt == p.S.Cursor() {
		for _, l := range pane.Printed(p.tried) {
			out = append(out, look.Wrap("~ "+l, look.Cool, p.w, 2)...)
		}
	}
	if len(p.words) > 0 {
		out = append(out, look.Wrap(p.choices(), look.Dim, p.w, 0)...)
	}
	if s.Err != nil {
		out = append(out, look.Wrap(s.Err.Error(), look.Bad, p.w, 2)...)
	}
	switch {
	case s.Done:
		out = append(out, look.S(look.Dim, p.T("(this shell has ended; ctrl+d puts it away, ctrl+n opens another)", "(끝난 셸입니다. ctrl+d로 치우고 ctrl+n으로 새로 엽니다)")))
	case s.Ready || s.Reads || p.S.Past():
		prompt := s.Prompt
		if e.more != "" {
			prompt = "> "
		}
		out = append(out, e.Line(prompt, p.w, true))
	case p.S.Full():
		out = append(out, look.S(look.Warm, p.T("(it stands still: the history is full; x saves it, R begins anew)", "(멈춤: 기록이 가득 찼습니다. x로 저장, R로 다시 시작)")))
	default:
		out = append(out, look.S(look.Warm, p.T("(it runs; ctrl+c ends it; esc, then n or r lets things happen)", "(실행 중: ctrl+c로 끝냄; esc 후 n이나 r로 진행)")))
	}
	p.total = len(out)
	p.scroll = max(0, min(p.scroll, len(out)-p.h))
	end := len(out) - p.scroll
	return out[max(0, end-p.h):end]
}

// lines are what a shell printed up to the cursor.
func (p *Pane) lines(e *term) []string {
	if e == nil || e.n < 0 {
		return nil
	}
	return pane.Printed(p.S.History.Output(e.n, p.S.Cursor()))
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
func (p *Pane) Text() string { return strings.Join(p.lines(p.term()), "\n") + "\n" }

var _ pane.Pane = (*Pane)(nil)
