package scenarios

import (
	"fmt"
	"net/netip"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// natCheck counts packets whose addresses or ports a machine replaces. The packet
// that asks and the one that answers are translated each by itself.
type natCheck struct {
	want  *topology.ExpectedNAT
	netns string // empty is anywhere

	counted
	others []string
	seq    uint64    // of the first of these
	passed *decision // a packet that the rules of nat left as it is: where its source would change, the last
}

func (c *compiler) nat(x *topology.ExpectedNAT, path string) check {
	n := &natCheck{want: x}
	if !x.At.IsZero() {
		netns, err := c.namespace(x.At, path+".at")
		if err != nil {
			c.add(err)
			return nil
		}
		n.netns = netns
	}
	return n
}

func (c *natCheck) text() string {
	x, text := c.want, atLeast(c.want.Count, "translated packet")
	for _, f := range []struct {
		word string
		addr netip.Addr
	}{{"from", x.From}, {"to", x.To}, {"getting source", x.Source}, {"getting destination", x.Destination}} {
		if f.addr.IsValid() {
			text += " " + f.word + " " + f.addr.String()
		}
	}
	if c.netns == "" {
		return text + " anywhere"
	}
	return text + " at " + c.netns
}

func (c *natCheck) see(e *sim.Event, t *trail) {
	if c.netns != "" && c.netns != e.NetNS || !isAddr(c.want.From, e.Before.Src) || !isAddr(c.want.To, e.Before.Dst) {
		return
	}
	if e.Stage != trace.StageNAT {
		if e.Table == "nat" && (c.passed == nil || c.want.Source.IsValid()) {
			c.passed = decisionOf(e)
		}
		return
	}
	a, b := e.Before, e.After
	if a.Src == b.Src && a.Dst == b.Dst && a.A == b.A && a.B == b.B {
		return
	}
	x := c.want
	if isAddr(x.Source, b.Src) && isAddr(x.Destination, b.Dst) {
		c.add(x.Count, c.by(e, t))
		return
	}
	if len(c.others) < 3 {
		if c.seq == 0 {
			c.seq = e.Seq
		}
		c.others = append(c.others, fmt.Sprintf("another translation: %s > %s became %s > %s in %s",
			packet.AddrFrom32(a.Src), packet.AddrFrom32(a.Dst), packet.AddrFrom32(b.Src), packet.AddrFrom32(b.Dst), c.by(e, t)))
	}
}

// by is the translation with the rule that wanted it, where the packet met it.
func (*natCheck) by(e *sim.Event, t *trail) *decision {
	d := decisionOf(e)
	for i := len(t.why) - 1; i >= 0; i-- {
		if r := &t.why[i]; r.netns == e.NetNS && r.table == "nat" && r.ref.Kind == trace.RefRule {
			d.ref = r.ref
			break
		}
	}
	return d
}

func isAddr(want netip.Addr, is uint32) bool { return !want.IsValid() || packet.Addr32(want) == is }

func (c *natCheck) judge(o *outcome) verdict {
	return c.counted.judge(c.want.Count, c.text(), func() (string, uint64) {
		switch {
		case len(c.others) > 0:
			return strings.Join(c.others, "\n"), c.seq
		case c.passed != nil:
			return fmt.Sprintf("table nat left such a packet as it is at %s (%s) in %s", c.passed.stage, c.passed.action, c.passed), c.passed.seq
		}
		text, seq := o.journal.fate()
		return "no such packet came to a rule of table nat; " + text, seq
	})
}
