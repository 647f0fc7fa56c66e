package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"hoplab/sim/trace"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// prompt is the line at the bottom while something is typed there, or a question
// with keys as answers.
type prompt struct {
	label   string
	edit    look.Edit
	check   func(text string) string // what is wrong with the text so far, "" if nothing
	enter   func(text string) tea.Cmd
	words   func() []string            // what may be typed, for tab
	choices func(text string) []choice // commands that the text may mean
	sel     int                        // the chosen one of them
	live    func(text string)
	fault   string
	note    func(text string) string // what one may want to know of the text so far
	hint    string                   // that
	answers map[string]func() tea.Cmd
}

// choice is a command that a text may mean.
type choice struct {
	text, arg, key, what string
	hint                 bool // it only tells what is wanted; what was typed runs
}

// ask asks a question whose answers are keys, which the label names; esc is no.
func (a *app) ask(label string, answers map[string]func() tea.Cmd) {
	a.prompt = &prompt{label: label, answers: answers}
}

// read reads a line.
func (a *app) read(p *prompt, text string) {
	p.edit.Set(text)
	if p.note != nil {
		p.hint = p.note(text)
	}
	a.prompt = p
}

// promptKey is a key while the prompt is open.
func (a *app) promptKey(k pane.Key) tea.Cmd {
	p := a.prompt
	if p.answers != nil {
		name := k.Name
		if name == "esc" || name == "ctrl+c" {
			name = "n"
		}
		f, ok := p.answers[name]
		switch {
		case ok:
			a.prompt = nil
			return f()
		case name == "n":
			a.prompt = nil
		}
		return nil
	}
	switch k.Name {
	case "esc", "ctrl+c":
		a.prompt = nil
		if p.live != nil {
			p.live("")
		}
	case "enter":
		text := strings.TrimSpace(p.edit.Text())
		if c, ok := p.chosen(); ok && !c.hint {
			if c.arg != "" && c.arg[0] != '[' { // it wants something more
				p.edit.Set(c.text + " ")
				return nil
			}
			text = c.text
		}
		if p.check != nil && text != "" {
			if p.fault = p.check(text); p.fault != "" {
				return nil
			}
		}
		a.prompt = nil
		return p.enter(text)
	case "tab":
		if c, ok := p.chosen(); ok && !c.hint {
			p.edit.Set(c.text + " ")
		} else if p.words != nil {
			p.complete()
		}
	case "up", "ctrl+p", "shift+tab":
		p.sel = max(p.sel-1, 0)
	case "down", "ctrl+n":
		p.sel++
	default:
		if p.edit.Press(k.Name, k.Text) {
			p.sel = 0
		}
	}
	text := strings.TrimSpace(p.edit.Text())
	if a.prompt == p && p.check != nil {
		p.fault = ""
		if text != "" {
			p.fault = p.check(text)
		}
	}
	if a.prompt == p && p.note != nil && p.fault == "" {
		p.hint = p.note(text)
	}
	return nil
}

// chosen is the command that enter would run.
func (p *prompt) chosen() (choice, bool) {
	if p.choices == nil {
		return choice{}, false
	}
	list := p.choices(p.edit.Text())
	p.sel = max(min(p.sel, len(list)-1), 0)
	if len(list) == 0 {
		return choice{}, false
	}
	return list[p.sel], true
}

// complete completes the text as far as it is clear.
func (p *prompt) complete() {
	text := p.edit.Text()
	var fit []string
	for _, w := range p.words() {
		if strings.HasPrefix(w, text) {
			fit = append(fit, w)
		}
	}
	if len(fit) == 0 {
		return
	}
	common := fit[0]
	for _, w := range fit[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	p.edit.Set(common)
	if len(fit) > 1 {
		p.fault = strings.Join(fit, "  ")
	}
}

// mostChoices is how many commands are shown at once.
const mostChoices = 10

// lines is what the prompt shows: the line, above it the commands that it may mean
// or below it what is wrong.
func (p *prompt) lines(c *pane.Common, w, h int) []look.Line {
	if p.answers != nil {
		return look.Wrap(p.label, look.Warm, w, 0)
	}
	line := p.edit.Line(p.label, w, true)
	if p.choices != nil {
		return append(p.menu(c, w, min(mostChoices, h-1)), line)
	}
	if p.fault != "" {
		return []look.Line{line, look.S(look.Bad, p.fault)}
	}
	if p.hint != "" {
		return []look.Line{line, look.S(look.Dim, p.hint)}
	}
	return []look.Line{line}
}

// menu is the list of commands, the chosen one seen.
func (p *prompt) menu(c *pane.Common, w, h int) []look.Line {
	list := p.choices(p.edit.Text())
	if len(list) == 0 {
		return []look.Line{look.S(look.Bad, c.T("no such command; backspace, or esc", "그런 명령이 없습니다. backspace 또는 esc"))}
	}
	p.chosen() // keeps the choice within the list
	var out []look.Line
	for i, x := range list {
		l := look.Line{}.Add(look.Plain, "  ")
		if i == p.sel {
			l = look.Line{}.Add(look.Plain, c.Glyph("▸ ", "> "))
		}
		l = append(l, look.Line{}.Add(look.Bold, x.text).Add(look.Dim, " "+x.arg).Fit(26)...)
		l = append(l, look.S(look.Key, x.key).Fit(10)...)
		l = l.Add(look.Plain, x.what)
		if i == p.sel {
			l = l.Fit(w).With(look.Selected)
		}
		out = append(out, l)
	}
	var s pane.Scroll
	s.Show(p.sel, max(h, 1), len(out))
	return s.Part(out, max(h, 1))
}

// askFilter reads a filter for the crossings that are shown, or behind a slash a
// text to search.
func (a *app) askFilter() {
	was := a.c.Filter
	p := &prompt{label: a.c.T("filter (tcpdump's; /text searches): ", "필터 (tcpdump; /글자 는 찾기): ")}
	p.check = func(text string) string {
		if strings.HasPrefix(text, "/") {
			return ""
		}
		if _, err := replay.CompileFilter(text); err != nil {
			return err.Error()
		}
		return ""
	}
	p.note = func(text string) string {
		if find, ok := strings.CutPrefix(text, "/"); ok {
			return fmt.Sprintf(a.c.T("%d lines; enter goes to the first from here, > and < to the others", "%d줄; enter로 여기서 첫 번째, > < 로 나머지"), a.hops.Count(find))
		}
		n, all := a.matching(text)
		return fmt.Sprintf(a.c.T("%d of %d hops match", "홉 %[2]d개 중 %[1]d개"), n, all)
	}
	p.enter = func(text string) tea.Cmd {
		if find, ok := strings.CutPrefix(text, "/"); ok {
			return a.search(find)
		}
		if err := a.setFilter(text); err != nil {
			a.fail(err)
		}
		return nil
	}
	a.read(p, was)
}

// matching counts the hops that may be seen, and those that a filter shows of them.
func (a *app) matching(text string) (n, all int) {
	f, err := replay.CompileFilter(text)
	hops := a.c.S.History.Hops
	if a.c.Hidden {
		hops = hops[:a.c.S.Hop()+1]
	}
	for i := range hops {
		h := &hops[i]
		if m := f[h.Link]; text == "" || err == nil && m != nil && m.MatchCrossing(h.Frame, h.Dir == trace.Out) {
			n++
		}
	}
	return n, len(hops)
}

// search looks for a text in the lines of the hops.
func (a *app) search(text string) tea.Cmd {
	a.hops.Search(text)
	if text == "" {
		return nil
	}
	a.focusOn(paneHops)
	return a.do(a.hops.First())
}

// askColumns reads which interfaces are side by side.
func (a *app) askColumns() tea.Cmd {
	p := &prompt{label: a.c.T("side by side (none: the scenario's): ", "나란히 볼 곳 (없으면 시나리오): ")}
	p.words = func() []string {
		text := p.edit.Text()
		head := text[:strings.LastIndexByte(text, ' ')+1]
		var l []string
		for _, w := range a.c.Network().Places() {
			l = append(l, head+w)
		}
		return l
	}
	p.check = func(text string) string {
		if _, err := a.interfaces(text); err != nil {
			return err.Error()
		}
		return ""
	}
	p.enter = func(text string) tea.Cmd { return a.sideBySide(text) }
	a.read(p, strings.Join(a.hops.Chosen(), " "))
	return nil
}

// sideBySide shows interfaces side by side.
func (a *app) sideBySide(text string) tea.Cmd {
	places, err := a.interfaces(text)
	if err != nil {
		a.fail(err)
		return nil
	}
	a.hops.Choose(places)
	a.focusOn(paneHops)
	return nil
}

// interfaces reads a list of NETNS:DEV; a machine alone is all of its interfaces.
func (a *app) interfaces(text string) ([]string, error) {
	var out []string
	for _, w := range strings.Fields(text) {
		ns, dev, one := strings.Cut(w, ":")
		m := a.c.Network().Machine(ns)
		switch {
		case m == nil:
			return nil, a.c.Errorf("there is no machine or pod called %q; write MACHINE:INTERFACE, such as k8s-w1:ens5", "%q: 그런 머신이나 파드가 없습니다. 머신:인터페이스 형식으로 쓰세요. 예: k8s-w1:ens5", ns)
		case one && m.Device(dev) == nil:
			return nil, a.c.Errorf("%s has no interface %q", "%s에 %q 인터페이스가 없습니다", ns, dev)
		case one:
			out = append(out, w)
		default:
			for _, d := range m.Devices {
				out = append(out, ns+":"+d.Name)
			}
		}
	}
	return out, nil
}

// setFilter shows only crossings that match; none takes it off.
func (a *app) setFilter(text string) error {
	if text == "" {
		a.c.Filter, a.c.Filters = "", nil
		return nil
	}
	f, err := replay.CompileFilter(text)
	if err != nil {
		return err
	}
	a.c.Filter, a.c.Filters = text, f
	return nil
}

// askBreak reads a breakpoint.
func (a *app) askBreak() {
	p := &prompt{label: a.c.T("stop at (k8s-w1:tunl0, icmp, drop, /text/): ", "중단점 (k8s-w1:tunl0, icmp, drop, /글자/): ")}
	if l := a.breaks(); len(l) > 0 {
		p.hint = fmt.Sprintf(a.c.T("set: %s (the same again clears it)", "설정됨: %s (같은 것을 다시 입력하면 해제)"), strings.Join(l, " · "))
	}
	places := a.c.Places()
	p.check = func(text string) string {
		if _, err := replay.ParseBreak(text, places, a.c.T); err != nil {
			return err.Error()
		}
		return ""
	}
	p.words = func() []string {
		words := slices.Concat(places, a.breaks(), []string{"drop"})
		for _, r := range replay.DropReasons() {
			words = append(words, "drop "+r)
		}
		slices.Sort(words)
		return slices.Compact(words)
	}
	p.enter = func(text string) tea.Cmd { return a.addBreak(text) }
	text := ""
	if h := a.c.Hop(); h >= 0 {
		text = a.c.S.History.Hops[h].Place()
	}
	a.read(p, text)
}

// breaks are the breakpoints as they were written.
func (a *app) breaks() []string {
	var l []string
	for _, b := range a.c.Breaks {
		l = append(l, b.Text)
	}
	return l
}

// addBreak sets a breakpoint, or takes one off that is there already.
func (a *app) addBreak(text string) tea.Cmd {
	if text == "" {
		return nil
	}
	text = strings.Join(strings.Fields(text), " ")
	for i, b := range a.c.Breaks {
		if b.Text == text {
			a.c.Breaks = slices.Delete(slices.Clone(a.c.Breaks), i, i+1)
			a.say(fmt.Sprintf(a.c.T("breakpoint %s taken off", "중단점 %s 지움"), text))
			return nil
		}
	}
	b, err := replay.ParseBreak(text, a.c.Places(), a.c.T)
	if err != nil {
		a.fail(err)
		return nil
	}
	a.c.Breaks = append(slices.Clone(a.c.Breaks), b)
	a.say(fmt.Sprintf(a.c.T("breakpoint %s set; B runs to the next one, T clears all", "중단점 %s 설정; B로 다음 중단점까지, T로 모두 지움"), text))
	return nil
}

// machines are those of the lab, and its pods.
func (a *app) machines() []string {
	var l []string
	for _, m := range a.c.Network().Machines {
		l = append(l, m.Name)
	}
	return l
}

// askShell asks where to open a shell; the first one is where the packet is.
func (a *app) askShell() tea.Cmd {
	netns := a.here()
	if _, _, ok := a.shell.Front(); !ok {
		return a.openShell(netns, false)
	}
	p := &prompt{label: a.c.T("shell in: ", "셸을 열 곳: ")}
	names := a.machines
	p.words = names
	p.check = func(text string) string {
		for _, n := range names() {
			if strings.HasPrefix(n, text) {
				return ""
			}
		}
		return a.c.T("there is: ", "가능: ") + strings.Join(names(), " ")
	}
	p.enter = func(text string) tea.Cmd {
		for _, n := range names() {
			if n == text {
				return a.openShell(n, true)
			}
		}
		a.say(a.c.T("there is: ", "가능: ") + strings.Join(names(), " "))
		return nil
	}
	a.read(p, netns)
	return nil
}

// here is the machine where the packet is, or else the one whose tables are
// shown.
func (a *app) here() string {
	if n := a.c.Selected(); n >= 0 {
		return a.c.S.History.Events[n].NetNS
	}
	return a.c.Machine
}
