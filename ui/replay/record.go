package replay

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hoplab/scenarios"
	"hoplab/sim/clock"
	"hoplab/topology"
)

// What is known of the world at a mark, before its input.
type standing struct {
	At      clock.Instant
	Step    bool  // a step of the scenario runs
	Running []int // shells whose line is not over
	Status  []int // $? of each shell
	Fed     bool  // the input is for a program that reads
}

func (s *Session) standing() standing {
	w := s.world
	x := standing{At: w.lab.Now(), Step: w.runner.Running()}
	for i, t := range w.shells {
		if !t.term.Ready() {
			x.Running = append(x.Running, i)
		}
		x.Status = append(x.Status, t.term.Status())
	}
	return x
}

// recording makes a scenario of a session.
type recording struct {
	*Session
	b      strings.Builder
	shells []string         // namespaces
	line   map[int]*command // that each shell ran last
	names  int
}

// command is a step of the scenario, or a line that was typed.
type command struct {
	in, run string
	step    *topology.Step // nil of a line
	report  *scenarios.StepReport
	shell   int
	typed   []string      // for the program that it runs
	goes    bool          // it still runs when the next input comes
	wait    time.Duration // what the step waits
	until   clock.Instant // when the next input comes, 0 where that is when nothing is left to happen
	name    string        // of the variable with its number, for Ctrl-C
	status  int
}

// Recorded is the session as a scenario: the steps that were run, with those of
// their expectations that were met, and the lines that were typed. What was still
// running when the next input came runs in the background.
func (s *Session) Recorded() string {
	r := &recording{Session: s, line: map[int]*command{}}
	sc := s.Entry.Scenario
	fmt.Fprintf(&r.b, "# Recorded from %s.\n", sc.Name)
	if s.o.Seed != nil {
		fmt.Fprintf(&r.b, "# The seed was not the lab's own: hoplab run --seed %d\n", *s.o.Seed)
	}
	if !s.Entry.Builtin {
		fmt.Fprintf(&r.b, "# The lab is that of %s: keep this file beside it.\n", s.Entry.File)
	}
	fmt.Fprintf(&r.b, "apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: %s-recorded}\nspec:\n", sc.Name)
	if lab := s.Entry.Lab(); lab != nil {
		fmt.Fprintf(&r.b, "  labRef: %s\n", lab.Name)
	}
	if !sc.Title.IsZero() {
		fmt.Fprintf(&r.b, "  title: {en: %s, ko: %s}\n", strconv.Quote(sc.Title.In("en")), strconv.Quote(sc.Title.In("ko")))
	}
	r.b.WriteString("  steps:\n")
	list := r.commands()
	for _, c := range list {
		r.write(c)
	}
	if len(list) == 0 {
		r.b.WriteString("  - wait: 0s\n")
	}
	return r.b.String()
}

// commands are what was run, in order. What was typed into programs, and Ctrl-C,
// goes to the command that it was for.
func (r *recording) commands() []*command {
	var list []*command
	marks, begun := r.History.Marks, 0
	for i, m := range marks {
		var c *command
		switch k := m.Input.Shell; m.Input.Kind {
		case OpenShell:
			r.shells = append(r.shells, m.Input.Text)
		case BeginStep:
			st := r.Entry.Scenario.Steps[begun]
			c = &command{step: st, report: r.report(begun), run: st.Run.Text, shell: -1, wait: st.Wait}
			if st.Run.Text != "" && !st.In.IsZero() {
				c.in = st.In.Machine().String()
			}
			begun++
		case TypeLine, EndInput:
			last := r.line[k]
			switch {
			case m.Fed && last != nil && last == list[len(list)-1]: // nothing else came between
				if m.Input.Kind == TypeLine {
					last.typed = append(last.typed, m.Input.Text)
				}
				r.end(last, i)
			case m.Fed:
				list = append(list, &command{shell: k, in: r.ref(r.shells[k]), run: "# not modelled: " + strconv.Quote(m.Input.Text) + " was typed into what runs here"})
			case m.Input.Kind == TypeLine:
				c = &command{shell: k, in: r.ref(r.shells[k]), run: m.Input.Text}
				r.line[k] = c
			}
		case Interrupt:
			if last := r.line[k]; last != nil && slices.Contains(m.Running, k) {
				if last.name == "" {
					r.names++
					last.name = fmt.Sprintf("job%d", r.names)
				}
				c = &command{shell: -1, in: last.in, run: "kill -INT -- -$" + last.name}
			}
		case PassTime:
			c = &command{shell: -1, wait: m.Input.For}
		}
		if c != nil {
			list = append(list, c)
			r.end(c, i)
		}
	}
	return list
}

// end looks how far a command was when the input behind mark i came, or at the end
// of the history. A shell that opens is no input: it does nothing.
func (r *recording) end(c *command, i int) {
	next := r.now.standing
	for _, m := range r.History.Marks[i+1:] {
		if m.Input.Kind != OpenShell {
			next = m.standing
			break
		}
	}
	switch {
	case c.step != nil:
		c.goes = next.Step
	case c.shell >= 0:
		c.goes = slices.Contains(next.Running, c.shell)
		if c.shell < len(next.Status) {
			c.status = next.Status[c.shell]
		}
	}
	if c.until = 0; c.goes || next.Step || len(next.Running) > 0 {
		c.until = next.At
	}
}

// report is that of a step, nil if it was not over.
func (r *recording) report(step int) *scenarios.StepReport {
	for _, d := range r.History.Done {
		if d.Step == step {
			return d.Report
		}
	}
	return nil
}

// ref is how a scenario names a machine.
func (r *recording) ref(netns string) string {
	if m := r.Topology().Machine(netns); m != nil && m.Role != "" {
		return string(m.Role) + "/" + m.Name
	}
	return netns
}

// write adds a step.
func (r *recording) write(c *command) {
	first := "  - "
	put := func(format string, args ...any) {
		r.b.WriteString(first)
		fmt.Fprintf(&r.b, format+"\n", args...)
		first = "    "
	}
	if c.step != nil && c.step.Name != "" {
		put("name: %s", strconv.Quote(c.step.Name))
	}
	if c.in != "" {
		put("in: %s", strconv.Quote(c.in))
	}
	if c.run != "" {
		put("run: %s", scalar(c.script()))
	}
	if c.wait > 0 && !c.goes {
		put("wait: %s", c.wait)
	}
	if c.until > 0 {
		put("until: %s", time.Duration(c.until))
	}
	if c.step != nil && len(c.step.Tap) > 0 {
		var taps []string
		for _, t := range c.step.Tap {
			taps = append(taps, strconv.Quote(t.String()))
		}
		put("tap: [%s]", strings.Join(taps, ", "))
	}
	if expect := c.expect(); expect != "" {
		put("expect:\n%s", strings.TrimRight(expect, "\n"))
	}
	if first != "    " {
		put("wait: 0s")
	}
}

// script is the command with what was typed into it, in the background if it goes
// on.
func (c *command) script() string {
	s := strings.TrimRight(c.run, "\n")
	if (c.goes || c.typed != nil) && strings.ContainsAny(s, ";&|#\n") {
		s = "{ " + s + "\n}"
	}
	if c.typed != nil {
		s += " <<'EOF'"
	}
	if c.goes {
		s += " &"
		if c.name != "" {
			s += " " + c.name + "=$!"
		}
	}
	if c.typed != nil {
		s += "\n" + strings.Join(c.typed, "\n") + "\nEOF"
	}
	return s
}

// expect are the step's expectations that were met, and of a line its status.
func (c *command) expect() string {
	switch {
	case c.goes:
		return ""
	case c.shell >= 0 && !strings.HasPrefix(c.run, "#"):
		return fmt.Sprintf("    - command: {exit: %d}", c.status)
	case c.step == nil || c.report == nil:
		return ""
	}
	var b strings.Builder
	for i, x := range c.step.Expect {
		text, err := x.Raw.YAML()
		if err != nil || i >= len(c.report.Expectations) || !c.report.Expectations[i].OK {
			continue
		}
		for n, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
			b.WriteString([]string{"    - ", "      "}[min(n, 1)] + l + "\n")
		}
	}
	return b.String()
}

// scalar writes a text in YAML: several lines as a block.
func scalar(s string) string {
	if !strings.Contains(s, "\n") || strings.HasPrefix(s, " ") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' }) {
		return strconv.Quote(s)
	}
	return "|\n      " + strings.ReplaceAll(s, "\n", "\n      ")
}
