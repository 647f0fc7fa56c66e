package scenarios

import (
	"fmt"
	"strings"

	"hoplab/sim"
	"hoplab/topology"
)

// pathCheck compares the interfaces that a packet of the step's command crosses
// with those that are expected, from source to destination.
//
// The packet is the first of those that the command sends that arrives, or,
// when none does, the first. Coming in and going out by the same interface in a
// row count as one crossing. Encapsulation does not end the path: the packet
// inside is followed, and tunl0 is one of its interfaces. Of copies on a shared
// segment the one that arrives is followed, of fragments the one that completes
// the packet. ARP and answers are other packets.
type pathCheck struct{ want []place }

func (c *compiler) path(x *topology.Expectation, path string) check {
	p := &pathCheck{}
	for i, ref := range x.Path {
		places, err := c.interfaces(ref, fmt.Sprintf("%s[%d]", path, i))
		if err != nil {
			c.add(err)
			return nil
		}
		p.want = append(p.want, places[0])
	}
	return p
}

func (c *pathCheck) see(*sim.Event, *trail) {}

func (c *pathCheck) text() string {
	var parts []string
	for _, p := range c.want {
		parts = append(parts, p.String())
	}
	return strings.Join(parts, " > ")
}

func (c *pathCheck) judge(o *outcome) verdict {
	t := o.journal.way()
	if t == nil {
		why := "the command sent no packet, so there is no path"
		if line := firstLine(o.report.Output); line != "" {
			why += "; it printed: " + line
		}
		return verdict{why: why}
	}
	diff := 0
	for diff < len(c.want) && diff < len(t.hops) && c.want[diff] == t.hops[diff].place {
		diff++
	}
	if diff == len(c.want) && diff == len(t.hops) {
		why, seq := t.ending()
		return verdict{ok: true, why: "the packet " + why, seq: seq}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the path differs at hop %d", diff+1)
	c.sideBySide(&b, t, diff)
	var seq uint64
	switch {
	case diff < len(t.hops):
		seq = t.hops[diff].seq
		if d := t.lastRoute(seq); d != nil {
			fmt.Fprintf(&b, "\nsent to %s by %s", t.hops[diff].place, d)
			seq = d.seq
		} else {
			fmt.Fprintf(&b, "\nevent %d: crossed %s", seq, t.hops[diff].place)
		}
	case t.end != nil:
		if d := t.lastRoute(t.end.seq); d != nil && d.ref.Text != t.end.ref.Text {
			fmt.Fprintf(&b, "\nlast sent on by %s", d)
		}
		fmt.Fprintf(&b, "\nended in %s", t.end)
		seq = t.end.seq
	default:
		if n := len(t.why); n > 0 {
			fmt.Fprintf(&b, "\nlast seen in %s", &t.why[n-1])
			seq = t.why[n-1].seq
		}
	}
	return verdict{why: b.String(), seq: seq}
}

// sideBySide prints both paths, with a mark at the first difference.
func (c *pathCheck) sideBySide(b *strings.Builder, t *trail, diff int) {
	width := len("expected")
	for _, p := range c.want {
		width = max(width, len(p.String()))
	}
	fmt.Fprintf(b, "\n       %-*s  actual", width, "expected")
	for i := range max(len(c.want), len(t.hops)) {
		mark, want, got := ' ', "-", "-"
		if i == diff {
			mark = '>'
		}
		if i < len(c.want) {
			want = c.want[i].String()
		}
		if i < len(t.hops) {
			got = t.hops[i].String()
		}
		fmt.Fprintf(b, "\n %c %2d  %-*s  %s", mark, i+1, width, want, got)
	}
}
