package scenarios

import (
	"fmt"
	"net/netip"
	"strings"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/fib"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// routeCheck asks a machine, when the step is over, where it would send a packet,
// as `ip route get` does.
type routeCheck struct {
	want  *topology.ExpectedRoute
	netns string
	pos   topology.Pos
	last  *decision // the last look-up of a packet for this destination
}

func (c *compiler) route(s *topology.Step, x *topology.Expectation, path string) check {
	r := &routeCheck{want: x.Route, pos: x.Pos, netns: c.machine(x.Route.In, s, path, "in")}
	if r.netns == "" {
		return nil
	}
	return r
}

func (c *routeCheck) text() string {
	x := c.want
	text := c.netns + " sends " + x.To.String()
	if x.From.IsValid() {
		text += " from " + x.From.String()
	}
	if x.IIF != "" {
		text += " iif " + x.IIF
	}
	if x.Mark != 0 {
		text += fmt.Sprintf(" mark %d", x.Mark)
	}
	for _, f := range []struct{ word, value string }{{"as", x.Type}, {"via", addrText(x.Via)}, {"dev", x.Dev}, {"src", addrText(x.Src)}, {"by route", prefixText(x.Prefix)}, {"of", x.By}} {
		if f.value != "" {
			text += " " + f.word + " " + f.value
		}
	}
	if x.Direct {
		text += " without a gateway"
	}
	return text
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func prefixText(p netip.Prefix) string {
	if !p.IsValid() {
		return ""
	}
	return p.Masked().String()
}

func (c *routeCheck) see(e *sim.Event, _ *trail) {
	if e.Stage == trace.StageRoute && e.NetNS == c.netns && packet.AddrFrom32(e.After.Dst) == c.want.To {
		c.last = decisionOf(e)
	}
}

// found is what a look-up came to, in words that a file has.
type found struct {
	kind          string
	via, dev, src string
	prefix, by    string
	text          string // as ip route prints it
}

func (c *routeCheck) lookUp(l *sim.Lab) (found, string) {
	ns, x := l.Namespace(c.netns), c.want
	if ns == nil {
		return found{}, "there is no machine or pod " + c.netns + " any more"
	}
	q := stack.RouteQuery{Dst: x.To, Src: x.From, Mark: uint32(x.Mark)}
	if x.IIF != "" {
		d := ns.Device(x.IIF)
		if d == nil {
			return found{}, c.netns + " has no interface " + x.IIF
		}
		q.IIF = d.Index
	}
	a, errno := ns.RouteGet(q)
	switch errno {
	case 0:
	case fib.EHOSTUNREACH:
		return found{kind: "unreachable"}, ""
	case fib.EACCES:
		return found{kind: "prohibit"}, ""
	case fib.EINVAL:
		return found{kind: "blackhole"}, ""
	case fib.ENETUNREACH:
		return found{kind: "none"}, ""
	default:
		return found{}, "the look-up failed: " + errno.String()
	}
	f := found{kind: a.Type.String(), dev: ns.Env().DevName(a.Dev), src: addrText(a.Src)}
	if a.Gw.IsValid() && a.Gw != a.Dst {
		f.via = a.Gw.String()
	}
	if a.Route != nil {
		f.prefix, f.by = prefixText(a.Route.Dst), a.Route.By
		f.text = strings.TrimRight(string(fib.AppendRoute(nil, a.Route, ns.Env(), fib.Format{})), " \n")
	}
	return f, ""
}

func (c *routeCheck) judge(o *outcome) verdict {
	got, fault := c.lookUp(o.lab)
	var seq uint64
	if c.last != nil {
		seq = c.last.seq
	}
	if fault != "" {
		return verdict{why: fmt.Sprintf("expected %s, but %s", c.text(), fault), seq: seq}
	}
	x := c.want
	kind := x.Type
	if kind == "" && got.via == "" && got.dev == "" { // a look-up that leads nowhere is no way
		kind = "unicast"
	}
	var wrong []string
	for _, f := range []struct {
		name, want, got string
		none            bool
	}{{"type", kind, got.kind, false}, {"via", addrText(x.Via), got.via, x.Direct}, {"dev", x.Dev, got.dev, false}, {"src", addrText(x.Src), got.src, false}, {"prefix", prefixText(x.Prefix), got.prefix, false}} {
		if f.want != "" && f.want != f.got || f.none && f.got != "" {
			wrong = append(wrong, fmt.Sprintf("%s: expected %s, got %s", f.name, orNone(f.want), orNone(f.got)))
		}
	}
	if !strings.Contains(got.by, x.By) {
		wrong = append(wrong, fmt.Sprintf("by: expected %s, got %s", x.By, orNone(got.by)))
	}
	by := ""
	if got.text != "" {
		by = "decided by route " + got.text
		if got.by != "" {
			by += " (" + got.by + ")"
		}
	}
	if c.last != nil {
		by += "\nlast looked up for a packet in " + c.last.String()
	}
	by = strings.TrimPrefix(by, "\n")
	if len(wrong) == 0 {
		return verdict{ok: true, why: by, seq: seq}
	}
	return verdict{why: strings.TrimRight("expected that "+c.text()+"; "+strings.Join(wrong, "; ")+"\n"+by, "\n"), seq: seq}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
