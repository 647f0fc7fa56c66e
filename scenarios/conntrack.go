package scenarios

import (
	"fmt"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/conntrack"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// conntrackCheck counts entries of a machine's connection tracking when the step
// is over, as `conntrack -L` lists them.
type conntrackCheck struct {
	want  *topology.ExpectedConntrack
	netns string
	last  *decision // the last packet that met an entry
}

func (c *compiler) conntrack(s *topology.Step, x *topology.ExpectedConntrack, path string) check {
	t := &conntrackCheck{want: x, netns: c.machine(x.In, s, path, "in")}
	if t.netns == "" {
		return nil
	}
	return t
}

func (c *conntrackCheck) text() string {
	x := c.want
	text := atLeast(x.Count, "entry") + " in conntrack of " + c.netns
	add := func(word string, value any) { text += fmt.Sprintf(" %s %v", word, value) }
	tuple := func(t *topology.ExpectedTuple) {
		if t.Src.IsValid() {
			add("src", t.Src)
		}
		if t.Dst.IsValid() {
			add("dst", t.Dst)
		}
		if t.SPort != nil {
			add("sport", *t.SPort)
		}
		if t.DPort != nil {
			add("dport", *t.DPort)
		}
	}
	if x.Proto != "" {
		add("proto", x.Proto)
	}
	tuple(&x.Original)
	if x.Reply != (topology.ExpectedTuple{}) {
		text += " reply"
		tuple(&x.Reply)
	}
	if x.State != "" {
		add("state", x.State)
	}
	for _, f := range []struct {
		word string
		want *bool
	}{{"replied", x.Replied}, {"assured", x.Assured}} {
		if f.want != nil {
			add(f.word, *f.want)
		}
	}
	if x.Mark != nil {
		add("mark", *x.Mark)
	}
	return text
}

func (c *conntrackCheck) see(e *sim.Event, _ *trail) {
	if e.NetNS == c.netns && e.Stage == trace.StageConntrack {
		c.last = decisionOf(e)
	}
}

// maxEntries is how many entries a failure shows.
const maxEntries = 5

func (c *conntrackCheck) judge(o *outcome) verdict {
	n, others, first := 0, []string(nil), ""
	ns := o.lab.Namespace(c.netns)
	if ns != nil && ns.Conn != nil {
		ns.Conn.Entries(o.lab.Now(), func(_ uint32, e *conntrack.Conn) bool {
			line := strings.TrimRight(string(e.AppendText(nil, o.lab.Now())), "\n")
			switch {
			case c.matches(e):
				if n++; n == 1 {
					first = line
				}
			case len(others) < maxEntries:
				others = append(others, line)
			}
			return true
		})
	}
	var seq uint64
	by := ""
	if c.last != nil {
		seq, by = c.last.seq, "\nthe last packet was tracked in "+c.last.String()
	}
	if isCount(c.want.Count, n) {
		if n > 0 {
			return verdict{ok: true, why: "entry " + first + by, seq: seq}
		}
		return verdict{ok: true}
	}
	why := fmt.Sprintf("expected %s, but there were %d", c.text(), n)
	if n > 0 {
		why += "\nentry " + first
	}
	for _, l := range others {
		why += "\nanother entry: " + l
	}
	if n == 0 && len(others) == 0 {
		why += "\nthe table is empty"
		if ns != nil && ns.Conn == nil {
			why += ": nothing in " + c.netns + " asks for connection tracking"
		}
	}
	return verdict{why: why + by, seq: seq}
}

func (c *conntrackCheck) matches(e *conntrack.Conn) bool {
	x := c.want
	if p := x.Proto; p != "" && e.Orig.Proto != map[string]packet.Proto{"icmp": packet.ProtoICMP, "tcp": packet.ProtoTCP, "udp": packet.ProtoUDP}[p] {
		return false
	}
	switch {
	case !isTuple(&x.Original, &e.Orig), !isTuple(&x.Reply, &e.Reply),
		x.State != "" && e.TCP.State.String() != x.State,
		x.Replied != nil && *x.Replied != (e.Status&conntrack.SeenReply != 0),
		x.Assured != nil && *x.Assured != (e.Status&conntrack.Assured != 0),
		x.Mark != nil && uint32(*x.Mark) != e.Mark:
		return false
	}
	return true
}

func isTuple(want *topology.ExpectedTuple, is *conntrack.Tuple) bool {
	ports := is.Proto == packet.ProtoTCP || is.Proto == packet.ProtoUDP
	return isAddr(want.Src, is.Src) && isAddr(want.Dst, is.Dst) &&
		(want.SPort == nil || ports && *want.SPort == int(is.SrcPort)) && (want.DPort == nil || ports && *want.DPort == int(is.DstPort))
}
