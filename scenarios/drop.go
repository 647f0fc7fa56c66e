package scenarios

import (
	"fmt"
	"strings"

	"hoplab/sim"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// dropCheck counts packets that were dropped somewhere for some reason.
//
// Where no reason is given, what is normal on a shared segment does not count:
// frames for somebody else, and ARP requests for somebody else's address.
type dropCheck struct {
	in     []place // empty is anywhere; a place without dev is the whole namespace
	reason trace.Reason
	want   *int // nil is at least one
	where  string

	n      int
	first  *decision
	extra  *decision // the first beyond those expected
	others []decision
}

func (c *compiler) drop(x *topology.ExpectedDrop, pos topology.Pos, path string) check {
	d := &dropCheck{want: x.Count, where: "anywhere"}
	before := len(c.errs)
	switch {
	case x.At.IsZero():
	case x.At.HasInterface() && x.At.Interface != topology.AllInterfaces:
		places, err := c.interfaces(x.At, path+".at")
		c.add(err)
		d.in = places
	default:
		netns, err := c.namespace(x.At, path+".at")
		c.add(err)
		d.in = []place{{netns: netns}}
	}
	if len(d.in) > 0 {
		d.where = "at " + d.in[0].String()
	}
	if x.Reason.Text != "" {
		var ok bool
		name := strings.TrimPrefix(strings.ToLower(x.Reason.Text), "skb_drop_reason_")
		if d.reason, ok = trace.ParseReason(name); !ok {
			var all []string
			for _, r := range trace.Reasons() {
				all = append(all, r.String())
			}
			c.add(x.Reason.Pos.Errorf(path+".reason", "unknown drop reason %q%s", x.Reason.Text, oneOf(name, all)))
		}
	}
	if len(c.errs) > before {
		return nil
	}
	return d
}

func (c *dropCheck) text() string {
	n, what := "at least ", 1
	if c.want != nil {
		n, what = "", *c.want
	}
	n += count(what, "drop")
	if c.reason != trace.ReasonNone {
		n += " with " + c.reason.String()
	}
	return n + " " + c.where
}

func (c *dropCheck) see(e *sim.Event, t *trail) {
	if e.Verdict != trace.Drop || t.end == nil {
		return
	}
	noise := e.Reason == trace.OtherHost || e.Reason == trace.ARPNotForUs
	if !c.at(e) || c.reason != trace.ReasonNone && c.reason != e.Reason || c.reason == trace.ReasonNone && noise {
		if !noise && len(c.others) < 3 {
			c.others = append(c.others, *t.end)
		}
		return
	}
	c.n++
	if c.n == 1 {
		c.first = t.end
	}
	if c.want != nil && c.n == *c.want+1 {
		c.extra = t.end
	}
}

func (c *dropCheck) at(e *sim.Event) bool {
	for _, p := range c.in {
		if p.netns == e.NetNS && (p.dev == "" || p.dev == e.Dev) {
			return true
		}
	}
	return len(c.in) == 0
}

func (c *dropCheck) judge(o *outcome) verdict {
	if c.want == nil && c.n > 0 || c.want != nil && c.n == *c.want {
		if c.first == nil {
			return verdict{ok: true}
		}
		return verdict{ok: true, why: "in " + c.first.String(), seq: c.first.seq}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "expected %s, but there were %d", c.text(), c.n)
	if c.extra != nil {
		fmt.Fprintf(&b, "\nthe first too many: %s", c.extra)
		return verdict{why: b.String(), seq: c.extra.seq}
	}
	if len(c.others) == 0 {
		text, seq := o.journal.fate()
		return verdict{why: b.String() + "\n" + text, seq: seq}
	}
	for i := range c.others {
		fmt.Fprintf(&b, "\nanother drop: %s", &c.others[i])
	}
	return verdict{why: b.String(), seq: c.others[0].seq}
}
