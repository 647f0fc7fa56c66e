// Package state is the pane of a machine's tables as commands print them, with
// what has changed since the stop before marked.
package state

import (
	"slices"
	"strings"

	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
	"hoplab/ui/replay"
)

// Pane shows one command's table of one machine.
type Pane struct {
	*pane.Common
	w, h   int
	cmd    int
	pinned bool
	scroll pane.Scroll
	total  int
	right  int    // columns that are scrolled away
	find   string // what was looked for last
	found  int    // in which line it was, -1 nowhere yet
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c} }

// Name finds it.
func (p *Pane) Name() string { return "state" }

// Title stands in its frame.
func (p *Pane) Title() string { return p.T("state", "상태") + ": " + p.Machine }

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		pane.Bind("left/h right/l", p.T("another table", "다른 테이블"), pane.Always(p.turn)),
		pane.Bind("m", p.T("the next machine", "다음 머신"), pane.Always(func(pane.Key) { p.next(1) })),
		pane.Bind("M", p.T("the previous machine", "이전 머신"), pane.Always(func(pane.Key) { p.next(-1) })),
		pane.Bind("o", p.T("the machine where the packet is", "패킷이 있는 머신"), pane.Always(func(pane.Key) {
			p.pinned = false
			p.Choose()
		})),
		pane.Bind("enter", p.T("choose the machine by its name", "머신 이름으로 고르기"), p.askMachine),
		pane.Bind("s", p.T("iptables with counters, or as rules (-S)", "iptables 카운터로, 또는 규칙으로 (-S)"), pane.Always(func(pane.Key) {
			p.AsRules, p.Tables, p.Before = !p.AsRules, nil, nil
		})),
		pane.Bind("/", p.T("find a text in the table, or its next place", "테이블에서 찾기, 다음 위치"), p.askFind),
		pane.Bind("<", p.T("to the left", "왼쪽으로"), pane.Always(func(pane.Key) { p.right = max(p.right-sideways, 0) })),
		pane.Bind(">", p.T("to the right", "오른쪽으로"), pane.Always(func(pane.Key) { p.right += sideways })),
		pane.Bind("c", p.T("copy the table", "테이블 복사"), func(pane.Key) pane.Action {
			t := p.table()
			return pane.Copy{Text: strings.Join(t.Lines, "\n") + "\n", What: t.Command}
		}),
		pane.Bind(pane.ScrollKeys, p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.scroll.Move(k.Name, p.h-1, p.total) })),
	}
}

// turn shows the table beside the one that is shown.
func (p *Pane) turn(k pane.Key) {
	n, d := len(p.commands()), 1
	if k.Name == "left" || k.Name == "h" {
		d = n - 1
	}
	p.cmd, p.scroll.Top, p.right = (p.cmd+d)%n, 0, 0
}

// sideways is how many columns one key scrolls.
const sideways = 20

func (p *Pane) commands() []string { return replay.Commands(p.AsRules) }

// askMachine chooses a machine or pod by name.
func (p *Pane) askMachine(pane.Key) pane.Action {
	var names []string
	for _, m := range p.Network().Machines {
		names = append(names, m.Name)
	}
	return pane.Ask{Label: p.T("machine or pod: ", "머신 또는 파드: "), Words: names, Enter: func(name string) {
		if slices.Contains(names, name) {
			p.Show(name)
		}
	}}
}

// askFind looks for a text, behind where it was found last, and then from the top
// again.
func (p *Pane) askFind(pane.Key) pane.Action {
	return pane.Ask{Label: p.T("find: ", "찾기: "), Text: p.find, Enter: func(text string) {
		if text != p.find {
			p.find, p.found = text, -1
		}
		lines := p.Lines()
		for i := range lines {
			n := (p.found + 1 + i) % len(lines)
			if text != "" && strings.Contains(lines[n].String(), text) {
				p.found = n
				p.scroll.Show(n, p.h-1, len(lines))
				return
			}
		}
	}}
}

// Choose picks the machine whose tables are wanted: that of the packet, unless
// another one was asked for.
func (p *Pane) Choose() string {
	if !p.pinned || p.Machine == "" {
		p.Machine = p.home()
		if n := p.Selected(); n >= 0 {
			p.Machine = p.S.History.Events[n].NetNS
		}
	}
	return p.Machine
}

// home is where one looks first: the node that the first command is typed on, or
// whose pod it is typed in; else the first node.
func (p *Pane) home() string {
	for _, st := range p.S.Entry.Scenario.Steps {
		if n := p.S.Node(st.In.Name); n != "" {
			return n
		}
	}
	all := p.S.Topology().Machines
	for _, m := range all {
		if m.Role == topology.RoleNode {
			return m.Name
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[0].Name
}

// Show pins a machine.
func (p *Pane) Show(machine string) { p.Machine, p.pinned = machine, true }

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action { return pane.Dispatch(p.Keys(), k) }

func (p *Pane) next(d int) {
	all := p.Network().Machines
	for i, m := range all {
		if m.Name == p.Machine {
			p.Show(all[(i+d+len(all))%len(all)].Name)
			return
		}
	}
}

func (p *Pane) table() replay.Table {
	if p.cmd < len(p.Tables) {
		return p.Tables[p.cmd]
	}
	return replay.Table{Command: p.commands()[p.cmd]}
}

// View makes the lines: the tables there are, the command, and what it prints.
func (p *Pane) View() []look.Line {
	lines := p.Lines()
	p.total = len(lines)
	wide := 0
	for i, l := range lines {
		wide = max(wide, l.Cells()-p.w)
		if p.find != "" && strings.Contains(l.String(), p.find) {
			lines[i] = l.With(look.Selected)
		}
	}
	if p.right = min(p.right, max(wide, 0)); p.right > 0 {
		for i, l := range lines {
			if len(l) > 0 && i > 0 {
				lines[i] = append(look.Line{{Text: look.Cut(l[0].Text, 2), Style: l[0].Style}}, l.Skip(2+p.right)...)
			}
		}
	}
	return append([]look.Line{p.tabs()}, p.scroll.Part(lines, p.h-1)...)
}

// tabs names the tables; those that changed have a mark.
func (p *Pane) tabs() look.Line {
	var l look.Line
	for i, c := range p.commands() {
		name := tab(c)
		if i < len(p.Tables) && i < len(p.Before) && !slices.Equal(p.Tables[i].Lines, p.Before[i].Lines) {
			name += "*"
		}
		st := look.Dim
		if i == p.cmd {
			st = look.Selected
		}
		l = l.Add(st, name).Add(look.Plain, " ")
	}
	for l.Cells() > p.w && len(l) > 2 && l[0].Style != look.Selected {
		l = l[2:]
	}
	return l
}

// tab is the short name of a command: "ip -s link" is "link", "iptables -t nat
// -nvL" is "nat".
func tab(command string) string {
	f := strings.Fields(command)
	switch f[0] {
	case "iptables":
		return f[2]
	case "ip":
		return f[len(f)-1]
	}
	return f[0]
}

// Lines are those of the chosen table.
func (p *Pane) Lines() []look.Line {
	t := p.table()
	out := []look.Line{look.Line{}.Add(look.Head, p.Machine+"# "+t.Command)}
	if p.Looking && p.Tables == nil {
		return append(out, look.S(look.Dim, p.T("one moment …", "잠시만요 …")))
	}
	if len(t.Lines) == 0 {
		out = append(out, look.S(look.Dim, p.T("(nothing)", "(없음)")))
	}
	var before []string
	if p.cmd < len(p.Before) {
		before = p.Before[p.cmd].Lines
	}
	return append(out, Rows(before, t.Lines, p.Before != nil)...)
}

var _ pane.Pane = (*Pane)(nil)
