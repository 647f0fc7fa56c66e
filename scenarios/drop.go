package scenarios

import (
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

	counted
	others []decision
}

func (c *compiler) drop(x *topology.ExpectedDrop, path string) check {
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
	n := atLeast(c.want, "drop")
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
	c.add(c.want, t.end)
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
	if gone := missing(o.lab, c.in); gone != "" && c.n == 0 {
		return verdict{broken: true, why: gone + " when the step is over"}
	}
	return c.counted.judge(c.want, c.text(), func() (string, uint64) {
		if len(c.others) == 0 {
			return o.journal.fate()
		}
		var lines []string
		for i := range c.others {
			lines = append(lines, "another drop: "+c.others[i].String())
		}
		return strings.Join(lines, "\n"), c.others[0].seq
	})
}
