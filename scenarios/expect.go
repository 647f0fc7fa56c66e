package scenarios

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"hoplab/sim"
	"hoplab/sim/sock"
	"hoplab/topology"
)

// check is one expectation, made ready for a lab.
type check interface {
	// see is told every event of the step, and the way so far of its packet.
	see(e *sim.Event, t *trail)
	// judge is asked when the step is over.
	judge(o *outcome) verdict
	// text says what is expected, in a line.
	text() string
}

// outcome is what a check judges.
type outcome struct {
	lab     *sim.Lab // when the step is over
	journal *journal
	report  *StepReport
}

// verdict is a check's answer. Of a failure why says what was expected, what
// happened, and who decided; otherwise where it was seen. seq is the event that
// it is about, 0 for none.
type verdict struct {
	ok     bool
	broken bool // it makes no sense, with not or without
	why    string
	seq    uint64
}

// compiler makes checks of the expectations of one scenario and collects faults.
type compiler struct {
	refs
	errs topology.Errors
}

func (c *compiler) add(e *topology.Error) {
	if e != nil {
		c.errs = append(c.errs, e)
	}
}

// expectation makes a check, or gives nil after a fault.
func (c *compiler) expectation(s *topology.Step, x *topology.Expectation, path string) check {
	path += "." + string(x.Kind)
	switch x.Kind {
	case topology.ExpectPing, topology.ExpectPath, topology.ExpectCommand:
		if s.Run.Text == "" {
			c.add(x.Pos.Errorf(path, "the step has no run: COMMAND that this could be about"))
			return nil
		}
	}
	switch {
	case x.Ping != nil:
		return &pingCheck{x.Ping}
	case x.Path != nil:
		return c.path(x, path)
	case x.Packets != nil:
		return c.packets(x.Packets, path)
	case x.Drop != nil:
		return c.drop(x.Drop, path)
	case x.ARP != nil:
		return c.arp(x.ARP, path)
	case x.Route != nil:
		return c.route(s, x, path)
	case x.NAT != nil:
		return c.nat(x.NAT, path)
	case x.Conntrack != nil:
		return c.conntrack(s, x.Conntrack, path)
	case x.ICMPError != nil:
		return c.icmpError(s, x.ICMPError, path)
	case x.Command != nil:
		return &commandCheck{x.Command}
	}
	return &hashCheck{want: x.EventHash.Text, sum: sha256.New()}
}

// machine is the namespace of a reference, or where it is missing the one in
// which the step's command is typed.
func (c *compiler) machine(ref topology.RefAt, s *topology.Step, path, key string) string {
	if ref.IsZero() {
		return c.shellIn(s, path)
	}
	netns, err := c.namespace(ref, path+"."+key)
	c.add(err)
	return netns
}

// atLeast says how many of something are expected; nil is at least one.
func atLeast(want *int, what string) string {
	if want == nil {
		return "at least " + count(1, what)
	}
	return count(*want, what)
}

// isCount reports that there are as many as atLeast says.
func isCount(want *int, n int) bool { return want == nil && n > 0 || want != nil && n == *want }

// counted is what became of something that is counted.
type counted struct {
	n     int
	first *decision
	extra *decision // the first beyond those expected
}

func (c *counted) add(want *int, d *decision) {
	c.n++
	if c.n == 1 {
		c.first = d
	}
	if want != nil && c.n == *want+1 {
		c.extra = d
	}
}

// judge compares the number; text says what is expected, and absence what
// happened instead.
func (c *counted) judge(want *int, text string, absence func() (string, uint64)) verdict {
	if isCount(want, c.n) {
		if c.first == nil {
			return verdict{ok: true}
		}
		return verdict{ok: true, why: "in " + c.first.String(), seq: c.first.seq}
	}
	why := fmt.Sprintf("expected %s, but there were %d", text, c.n)
	if c.extra != nil {
		return verdict{why: why + "\nthe first too many: " + c.extra.String(), seq: c.extra.seq}
	}
	more, seq := absence()
	if more != "" {
		why += "\n" + more
	}
	return verdict{why: why, seq: seq}
}

// result puts a verdict into words for the report.
func result(x *topology.Expectation, c check, o *outcome) Result {
	v := c.judge(o)
	r := Result{Kind: x.Kind, Pos: x.Pos, Not: x.Not, OK: v.ok != x.Not && !v.broken, Text: c.text(), Because: x.Because}
	if x.Not {
		r.Text = "not: " + r.Text
	}
	switch {
	case r.OK:
	case x.Not && !v.broken:
		r.Message, r.Event = "this must not be so, but it is: "+c.text(), v.seq
		if v.why != "" {
			r.Message += "\n" + v.why
		}
	default:
		r.Message, r.Event = v.why, v.seq
	}
	return r
}

// pingCheck compares the summary and the replies of the step's ping, or of all
// its pings together.
type pingCheck struct{ want *topology.ExpectedPing }

func (c *pingCheck) see(*sim.Event, *trail) {}

func (c *pingCheck) text() string {
	var parts []string
	for _, f := range []struct {
		name string
		want *int
	}{{"sent", c.want.Sent}, {"received", c.want.Received}, {"duplicates", c.want.Duplicates}, {"errors", c.want.Errors}, {"ttl", c.want.TTL}} {
		if f.want != nil {
			parts = append(parts, fmt.Sprintf("%s %d", f.name, *f.want))
		}
	}
	if c.want.Loss != nil {
		parts = append(parts, fmt.Sprintf("loss %g%%", *c.want.Loss*100))
	}
	return strings.Join(parts, ", ")
}

func (c *pingCheck) judge(o *outcome) verdict {
	if len(o.report.Pings) == 0 {
		why := "no ping has come to its end"
		if line := firstLine(o.report.Output); line != "" {
			why += "; the command printed: " + line
		}
		return verdict{why: why}
	}
	var got sock.PingResult
	for _, p := range o.report.Pings {
		got.Sent += p.Sent
		got.Received += p.Received
		got.Duplicates += p.Duplicates
		got.Errors += p.Errors
		got.TTLs = append(got.TTLs, p.TTLs...)
	}
	var wrong []string
	for _, f := range []struct {
		name string
		want *int
		got  int
	}{{"sent", c.want.Sent, got.Sent}, {"received", c.want.Received, got.Received}, {"duplicates", c.want.Duplicates, got.Duplicates}, {"errors", c.want.Errors, got.Errors}} {
		if f.want != nil && *f.want != f.got {
			wrong = append(wrong, fmt.Sprintf("%s: expected %d, got %d", f.name, *f.want, f.got))
		}
	}
	if c.want.Loss != nil {
		loss := 0.0
		if got.Sent > 0 {
			loss = float64(max(0, got.Sent-got.Received)) / float64(got.Sent)
		}
		if d := loss - *c.want.Loss; d > 1e-6 || d < -1e-6 {
			wrong = append(wrong, fmt.Sprintf("loss: expected %g%%, got %.6g%%", *c.want.Loss*100, loss*100))
		}
	}
	if c.want.TTL != nil {
		if ttl, ok := otherTTL(got.TTLs, *c.want.TTL); !ok {
			wrong = append(wrong, fmt.Sprintf("ttl: expected %d, got %s", *c.want.TTL, ttl))
		}
	}
	if len(wrong) == 0 {
		why, seq := c.firstReply(o.journal)
		return verdict{ok: true, why: why, seq: seq}
	}
	why := strings.Join(wrong, "; ")
	if got.Sent == 0 {
		if line := firstLine(o.report.Output); line != "" {
			why += "\nping printed: " + line
		}
		return verdict{why: why}
	}
	for _, r := range o.journal.sent() {
		if o.journal.answered(r) == nil {
			text, seq := o.journal.fate()
			return verdict{why: why + "\n" + text, seq: seq}
		}
	}
	text, seq := c.firstReply(o.journal)
	return verdict{why: why + "\n" + text, seq: seq}
}

// otherTTL lists the TTLs of replies when one of them is not as wanted.
func otherTTL(ttls []uint8, want int) (string, bool) {
	if len(ttls) == 0 {
		return "no reply", false
	}
	ok := true
	var parts []string
	for i, t := range ttls {
		ok = ok && int(t) == want
		if i == 0 || t != ttls[i-1] {
			parts = append(parts, fmt.Sprint(t))
		}
	}
	return strings.Join(first(maxListed, parts), ", "), ok
}

// firstReply shows the way of the first reply. Each namespace in the middle of
// it takes one from the TTL.
func (c *pingCheck) firstReply(j *journal) (text string, seq uint64) {
	for _, r := range j.sent() {
		if a := j.answered(r); a != nil {
			return fmt.Sprintf("the first reply went %s, %s", hops(a.hops), a.end), a.end.seq
		}
	}
	return "no reply came", 0
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
