package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"hoplab/sim"
	"hoplab/topology"
)

// commandCheck compares how a step's command ended and what it printed.
type commandCheck struct{ want *topology.ExpectedCommand }

func (c *commandCheck) see(*sim.Event, *trail) {}

func (c *commandCheck) text() string {
	var parts []string
	if c.want.Exit != nil {
		parts = append(parts, fmt.Sprintf("exit status %d", *c.want.Exit))
	}
	for _, s := range []struct {
		name string
		want *topology.ExpectedText
	}{{"stdout", c.want.Stdout}, {"stderr", c.want.Stderr}} {
		if s.want == nil {
			continue
		}
		if s.want.Equals != nil {
			parts = append(parts, s.name+" is "+quote(*s.want.Equals))
		}
		for _, t := range s.want.Contains {
			parts = append(parts, s.name+" contains "+quote(t))
		}
		for _, re := range s.want.Matches {
			parts = append(parts, s.name+" matches "+quote(strings.TrimPrefix(re.String(), "(?m)")))
		}
	}
	return strings.Join(parts, ", ")
}

// maxQuoted is how many bytes of a text a line shows.
const maxQuoted = 80

func quote(s string) string {
	s = strings.TrimRight(s, "\n")
	if len(s) > maxQuoted {
		return strconv.Quote(strings.ToValidUTF8(s[:maxQuoted], "")) + "…"
	}
	return strconv.Quote(s)
}

func (c *commandCheck) judge(o *outcome) verdict {
	var wrong []string
	if want := c.want.Exit; want != nil && *want != o.report.Exit {
		wrong = append(wrong, fmt.Sprintf("exit status: expected %d, got %d", *want, o.report.Exit))
	}
	out, err := o.report.Stdout(), o.report.Stderr()
	wrong = append(wrong, unlike("stdout", c.want.Stdout, out)...)
	wrong = append(wrong, unlike("stderr", c.want.Stderr, err)...)
	if len(wrong) == 0 {
		return verdict{ok: true, why: fmt.Sprintf("exit status %d, stdout %s, stderr %s", o.report.Exit, quote(out), quote(err)), seq: c.last(o)}
	}
	if c.want.Stderr == nil && err != "" {
		wrong = append(wrong, "it wrote on stderr: "+firstLine(err))
	}
	return verdict{why: strings.Join(wrong, "\n"), seq: c.last(o)}
}

// last is the event behind which the command printed last.
func (*commandCheck) last(o *outcome) uint64 {
	if n := len(o.report.Printed); n > 0 {
		return o.report.Printed[n-1].Event
	}
	return 0
}

// unlike says how a text differs from what it should be like.
func unlike(name string, want *topology.ExpectedText, got string) (wrong []string) {
	if want == nil {
		return nil
	}
	if want.Equals != nil {
		if line, w, g, differ := firstDifference(*want.Equals, got); differ {
			wrong = append(wrong, fmt.Sprintf("%s differs in line %d\n  expected %s\n  got      %s", name, line, w, g))
		}
	}
	for _, t := range want.Contains {
		if !strings.Contains(got, t) {
			wrong = append(wrong, fmt.Sprintf("%s does not contain %s, it is %s", name, quote(t), quote(got)))
		}
	}
	for _, re := range want.Matches {
		if !re.MatchString(got) {
			wrong = append(wrong, fmt.Sprintf("%s does not match %s, it is %s", name, quote(strings.TrimPrefix(re.String(), "(?m)")), quote(got)))
		}
	}
	return wrong
}

// firstDifference finds the first line in which two texts differ. Line ends at
// their ends do not count.
func firstDifference(want, got string) (line int, w, g string, differ bool) {
	want, got = strings.TrimRight(want, "\n"), strings.TrimRight(got, "\n")
	if want == got {
		return 0, "", "", false
	}
	ws, gs := strings.Split(want, "\n"), strings.Split(got, "\n")
	for line < len(ws) && line < len(gs) && ws[line] == gs[line] {
		line++
	}
	w, g = "the end", "the end"
	if line < len(ws) {
		w = quote(ws[line])
	}
	if line < len(gs) {
		g = quote(gs[line])
	}
	return line + 1, w, g, true
}
