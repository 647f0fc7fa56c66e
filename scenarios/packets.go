package scenarios

import (
	"errors"
	"fmt"
	"strings"

	"hoplab/packet/filter"
	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// packetsCheck counts the frames that cross an interface, in both directions,
// and that match a filter; each of them must have the headers given.
type packetsCheck struct {
	refs
	want    *topology.ExpectedPackets
	at      []place
	links   []int            // link type of each place, linkLate until a frame tells
	filters []*filter.Filter // for each place; nil matches nothing there
	headers []header

	n     int
	first *sighting
	extra *sighting // the first beyond those expected
	bad   *sighting // the first whose headers differ
	fault string    // how they differ
}

// sighting is one frame at one place.
type sighting struct {
	place
	seq  uint64
	when string
	dir  trace.Dir
	line string
	t    *trail
}

func (s *sighting) String() string {
	dir := "In"
	if s.dir == trace.Out {
		dir = "Out"
	}
	text := fmt.Sprintf("event %d at %s s, %s %s: %s", s.seq, s.when, s.place, dir, s.line)
	if d := s.t.lastRoute(s.seq); d != nil {
		text += "\n  sent by " + d.String()
	}
	return text
}

func (c *compiler) packets(x *topology.ExpectedPackets, path string) check {
	before := len(c.errs)
	places, err := c.interfaces(x.At, path+".at")
	c.add(err)
	p := &packetsCheck{refs: c.refs, want: x, at: places}
	for _, at := range places {
		link := c.linkType(at)
		f, err := c.filter(x.Filter, link, len(places) > 1, path+".filter")
		c.add(err)
		p.links, p.filters = append(p.links, link), append(p.filters, f)
	}
	for i, h := range x.Headers {
		p.headers = append(p.headers, c.header(h, fmt.Sprintf("%s.headers[%d]", path, i)))
	}
	if len(c.errs) > before {
		return nil
	}
	return p
}

// filter compiles a filter for a kind of link. On one of several interfaces it
// may be one that no frame can match, such as arp on tunl0: then it is nil.
func (c *compiler) filter(l topology.Line, linkType int, several bool, path string) (*filter.Filter, *topology.Error) {
	late := linkType == linkLate
	if late {
		linkType = pcap.LinkEthernet // to find its faults
	}
	f, err := filter.CompileCrossing(l.Text, linkType)
	if err == nil {
		return f, nil
	}
	var fault *filter.Error
	if (several || late) && errors.As(err, &fault) && fault.Text == "expression rejects all packets" {
		return nil, nil
	}
	return nil, l.Pos.Errorf(path, "%v", err)
}

func (c *packetsCheck) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s", c.number(), c.where())
	if c.want.Filter.Text != "" {
		fmt.Fprintf(&b, " matching %q", c.want.Filter.Text)
	}
	for i, h := range c.headers {
		b.WriteString([]string{" with ", ", "}[min(i, 1)])
		b.WriteString(h.text)
	}
	return b.String()
}

// number says how many packets are expected.
func (c *packetsCheck) number() string {
	switch x := c.want; {
	case x.Count != nil:
		return count(*x.Count, "packet")
	case x.Min != nil && x.Max != nil:
		return fmt.Sprintf("%d to %s", *x.Min, count(*x.Max, "packet"))
	case x.Max != nil:
		return "at most " + count(*x.Max, "packet")
	}
	return "at least " + count(c.least(), "packet")
}

// count is a number of things.
func count(n int, what string) string {
	if stem, y := strings.CutSuffix(what, "y"); n != 1 && y {
		what = stem + "ies"
	} else if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (c *packetsCheck) where() string {
	if len(c.at) == 1 {
		return c.at[0].String()
	}
	return c.want.At.String()
}

// most is the largest number that is right; -1 is without an end.
func (c *packetsCheck) most() int {
	switch x := c.want; {
	case x.Count != nil:
		return *x.Count
	case x.Max != nil:
		return *x.Max
	}
	return -1
}

// least is the smallest.
func (c *packetsCheck) least() int {
	switch x := c.want; {
	case x.Count != nil:
		return *x.Count
	case x.Min != nil:
		return *x.Min
	case x.Max != nil:
		return 0
	}
	return 1
}

func (c *packetsCheck) see(e *sim.Event, t *trail) {
	dir, ok := crossing(e)
	if !ok {
		return
	}
	for i, at := range c.at {
		if at.dev != e.Dev || at.netns != e.NetNS {
			continue
		}
		if c.links[i] == linkLate {
			c.links[i] = c.linkType(at)
			c.filters[i], _ = filter.CompileCrossing(c.want.Filter.Text, c.links[i]) // nil where no frame can match
		}
		if f := c.filters[i]; f != nil && f.MatchCrossing(e.Frame, dir == trace.Out) {
			c.add(e, t, dir, c.links[i])
		}
		return
	}
}

// add counts a frame.
func (c *packetsCheck) add(e *sim.Event, t *trail, dir trace.Dir, linkType int) {
	c.n++
	seen := func() *sighting {
		return &sighting{place: place{e.NetNS, e.Dev}, seq: e.Seq, when: seconds(e.At), dir: dir, line: e.Line, t: t}
	}
	if c.n == 1 {
		c.first = seen()
	}
	if c.n == c.most()+1 {
		c.extra = seen()
	}
	if c.bad == nil && len(c.headers) > 0 {
		if fault := compareHeaders(c.headers, linkType, e.Frame); fault != "" {
			c.bad, c.fault = seen(), fault
		}
	}
}

func (c *packetsCheck) judge(o *outcome) verdict {
	if gone := missing(o.lab, c.at); gone != "" && c.n == 0 {
		return verdict{broken: true, why: gone + " when the step is over"}
	}
	few, many := c.n < c.least(), c.most() >= 0 && c.n > c.most()
	if !few && !many && c.bad == nil {
		v := verdict{ok: true}
		if c.first != nil {
			v.seq, v.why = c.first.seq, "in "+c.first.String()
		}
		return v
	}
	var b strings.Builder
	if few || many {
		fmt.Fprintf(&b, "expected %s, but saw %d", c.text(), c.n)
	} else {
		fmt.Fprintf(&b, "expected headers differ at %s: %s", c.where(), c.fault)
	}
	switch {
	case many:
		fmt.Fprintf(&b, "\nthe first too many: %s", c.extra)
		return verdict{why: b.String(), seq: c.extra.seq}
	case few:
		text, seq := c.absence(o.journal)
		b.WriteString("\n" + text)
		return verdict{why: b.String(), seq: seq}
	}
	fmt.Fprintf(&b, "\nin %s", c.bad)
	return verdict{why: b.String(), seq: c.bad.seq}
}

// absence tells why packets of the command were not seen: where the namespace
// sent them instead, or where they ended.
func (c *packetsCheck) absence(j *journal) (string, uint64) {
	t := j.way()
	if t == nil {
		return j.fate()
	}
	here := c.at[0].netns
	if c.crossed(t) {
		if text, seq := j.fate(); seq != 0 {
			return text, seq
		}
	} else if d := t.routeIn(here); d != nil && (t.end == nil || t.end.netns != here) {
		return fmt.Sprintf("the command's packet went %s\n  %s decided in %s", hops(t.hops), here, d), d.seq
	}
	if t.arrived() {
		return fmt.Sprintf("the command's packet went %s and arrived", hops(t.hops)), t.end.seq
	}
	text, seq := t.ending()
	return "the command's packet " + text, seq
}

func (c *packetsCheck) crossed(t *trail) bool {
	for _, h := range t.hops {
		for _, at := range c.at {
			if h.place == at {
				return true
			}
		}
	}
	return false
}
