package text

import (
	"strconv"
	"strings"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/topology"
)

// AppendReport adds the summary of a scenario: what its commands printed, each
// expectation with its reason, where the packets are, and the seed.
func AppendReport(dst []byte, rep *scenarios.Report, o Options) []byte {
	w := reporter{layout: o.layout(), buf: dst}
	for i, s := range rep.Steps {
		w.step(s, i, len(rep.Steps) > 1)
	}
	w.accounting(&rep.Accounting)
	w.line(0, w.lang.text(saySeed, rep.Lab, strconv.FormatUint(rep.Seed, 10), strconv.FormatUint(rep.Events, 10)), dim)
	w.verdict(rep)
	return w.buf
}

// AppendTitle adds the heading of a scenario.
func AppendTitle(dst []byte, name string, title topology.Text, o Options) []byte {
	w := reporter{layout: o.layout(), buf: dst}
	text := name
	if t := title.In(w.lang.String()); t != "" {
		text += ": " + t
	}
	w.line(0, text, bold)
	return append(w.buf, '\n')
}

// AppendStep adds the heading of step n (from 0): its name where there are
// several, and its command.
func AppendStep(dst []byte, n int, s *topology.Step, several bool, o Options) []byte {
	w := reporter{layout: o.layout(), buf: dst}
	if several {
		if n > 0 {
			w.buf = append(w.buf, '\n')
		}
		w.stepName(s.Name, n)
	}
	if s.Run.Text != "" {
		w.command(s.In.Machine().String(), s.Run.Text)
	}
	return w.buf
}

type reporter struct {
	layout
	buf []byte
}

// line adds a line that starts at a column; further lines are indented to it.
func (w *reporter) line(col int, text string, st style) {
	w.buf, _ = w.wrap(spaces(w.buf, col), text, col, col, st)
	w.buf = append(w.buf, '\n')
}

func (w *reporter) step(s *scenarios.StepReport, i int, several bool) {
	if several {
		w.stepName(s.Name, i)
	}
	if s.Command != "" {
		w.command(s.In, s.Command)
		// The command's own lines are not wrapped, so that they can be compared.
		out := visible(strings.TrimRight(s.Output, "\n"))
		if out == "" {
			out = w.lang.text(sayNoOutput)
		}
		w.buf = append(append(w.buf, out...), '\n')
		if s.Exit != 0 {
			w.line(0, w.lang.text(sayExit, strconv.Itoa(s.Exit)), plain)
		}
		w.buf = append(w.buf, '\n')
	}
	for i := range s.Expectations {
		w.result(&s.Expectations[i])
	}
	if len(s.Expectations) > 0 {
		w.buf = append(w.buf, '\n')
	}
}

// command adds a command as it is typed: a script of several lines behind >.
func (w *reporter) command(in, text string) {
	text = w.lang.text(sayCommand, in, strings.TrimRight(text, "\n"))
	for i, l := range strings.Split(text, "\n") {
		if i > 0 {
			l = "> " + l
		}
		w.line(0, l, bold)
	}
}

func (w *reporter) stepName(name string, n int) {
	if name == "" {
		name = strconv.Itoa(n + 1)
	}
	w.line(0, w.lang.text(sayStep, name), bold)
}

// mark is ✓ or ✗, or words that say the same.
func (w *reporter) mark(ok bool) (string, style) {
	switch {
	case ok && w.ascii:
		return "ok", green
	case ok:
		return "✓", green
	case w.ascii:
		return "FAIL", red
	}
	return "✗", red
}

func (w *reporter) result(x *scenarios.Result) {
	mark, st := w.mark(x.OK)
	width := 1
	if w.ascii {
		width = len("FAIL")
	}
	w.buf = w.field(append(w.buf, ' ', ' '), mark, width, st)
	indent := 2 + width + 1
	w.buf, _ = w.wrap(w.buf, x.Text, indent, indent+2, plain)
	w.buf = append(w.buf, '\n')
	if !x.OK {
		w.buf = spaces(w.buf, indent+2)
		w.buf, _ = w.wrap(w.buf, x.Pos.String(), indent+2, indent+2, dim)
		w.buf = append(w.buf, '\n')
		for _, l := range strings.Split(strings.TrimRight(x.Message, "\n"), "\n") {
			text := strings.TrimLeft(l, " ")
			w.line(indent+2+len(l)-len(text), text, plain)
		}
	}
	if t := x.Because.In(w.lang.String()); t != "" {
		w.line(indent+2, w.lang.text(sayBecause, t), dim)
	}
}

func (w *reporter) accounting(a *sim.Accounting) {
	n := func(n uint64) string { return strconv.FormatUint(n, 10) }
	w.line(0, w.lang.text(sayPackets, n(a.Created), n(a.Copied), n(a.Delivered), n(a.Absorbed), n(a.Dropped), n(a.Queued)), plain)
	var reasons []byte
	for i, r := range a.ByReason {
		if i > 0 {
			reasons = append(reasons, ", "...)
		}
		reasons = append(append(reasons, n(r.N)...), ' ')
		reasons = append(reasons, ReasonName(r.Reason)...)
	}
	if len(reasons) > 0 {
		w.line(2, w.lang.text(sayPacketsDropped, string(reasons)), plain)
	}
	if err := a.Check(); err != nil {
		w.line(2, w.lang.text(sayPacketsWrong, err.Error()), red)
	}
}

func (w *reporter) verdict(rep *scenarios.Report) {
	all, failed := strconv.Itoa(rep.Checked()), strconv.Itoa(rep.Failed())
	switch rep.ExitCode() {
	case scenarios.ExitOK:
		mark, st := w.mark(true)
		w.line(0, mark+" "+w.lang.text(sayVerdictOK, rep.Scenario, all), st)
	case scenarios.ExitUnchecked:
		mark, st := w.mark(false)
		w.line(0, mark+" "+w.lang.text(sayVerdictNothing, rep.Scenario)+"; "+w.lang.text(sayNoExpect), st)
	default:
		mark, st := w.mark(false)
		w.line(0, mark+" "+w.lang.text(sayVerdictFailed, rep.Scenario, failed, all), st)
	}
}

// AppendReportJSON adds the same as JSON lines: one for each command, one for
// each expectation, one for the scenario. They have a key "result" where
// events have "seq"; docs/events.md explains them.
func AppendReportJSON(dst []byte, rep *scenarios.Report) []byte {
	open := func(kind string, step string) {
		dst = strconv.AppendInt(append(dst, `{"v":`...), JSONVersion, 10)
		dst = stringKey(dst, `,"result":`, kind)
		dst = stringKey(dst, `,"scenario":`, rep.Scenario)
		if step != "" {
			dst = stringKey(dst, `,"step":`, step)
		}
	}
	for i, s := range rep.Steps {
		name := s.Name
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		if s.Command != "" {
			open("command", name)
			dst = stringKey(dst, `,"in":`, s.In)
			dst = stringKey(dst, `,"command":`, s.Command)
			dst = strconv.AppendInt(append(dst, `,"exit":`...), int64(s.Exit), 10)
			dst = append(stringKey(dst, `,"output":`, s.Output), `,"printed":[`...)
			for i, p := range s.Printed {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = strconv.AppendInt(append(dst, `{"t":`...), int64(p.At), 10)
				dst = uintKey(dst, `,"events":`, p.Event)
				dst = stringKey(dst, `,"in":`, p.In)
				dst = strconv.AppendBool(append(dst, `,"stderr":`...), p.Stderr)
				dst = append(stringKey(dst, `,"text":`, p.Text), '}')
			}
			dst = append(dst, "]}\n"...)
		}
		for _, x := range s.Expectations {
			open("expectation", name)
			dst = stringKey(dst, `,"kind":`, string(x.Kind))
			dst = stringKey(dst, `,"pos":`, x.Pos.String())
			dst = strconv.AppendBool(append(dst, `,"ok":`...), x.OK)
			dst = stringKey(dst, `,"expected":`, x.Text)
			dst = stringKey(dst, `,"message":`, x.Message)
			dst = uintKey(dst, `,"event":`, x.Event)
			dst = stringKey(dst, `,"because":{"en":`, x.Because.EN)
			dst = append(stringKey(dst, `,"ko":`, x.Because.KO), "}}\n"...)
		}
	}
	open("scenario", "")
	dst = stringKey(dst, `,"lab":`, rep.Lab)
	dst = uintKey(dst, `,"seed":`, rep.Seed)
	dst = strconv.AppendInt(append(dst, `,"exit":`...), int64(rep.ExitCode()), 10)
	dst = strconv.AppendInt(append(dst, `,"checked":`...), int64(rep.Checked()), 10)
	dst = strconv.AppendInt(append(dst, `,"failed":`...), int64(rep.Failed()), 10)
	dst = uintKey(dst, `,"events":`, rep.Events)
	a := &rep.Accounting
	dst = uintKey(dst, `,"packets":{"created":`, a.Created)
	dst = uintKey(dst, `,"copied":`, a.Copied)
	dst = uintKey(dst, `,"delivered":`, a.Delivered)
	dst = uintKey(dst, `,"absorbed":`, a.Absorbed)
	dst = uintKey(dst, `,"dropped":`, a.Dropped)
	dst = uintKey(dst, `,"queued":`, a.Queued)
	dst = append(dst, `,"reasons":{`...)
	for i, r := range a.ByReason {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = uintKey(append(appendString(dst, r.Reason.String()), ':'), "", r.N)
	}
	return append(dst, "}}}\n"...)
}
