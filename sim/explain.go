package sim

import (
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
)

// This file looks up what stood behind a decision: which routes lost, which
// setting was asked, what an entry was before. All of it is read from the tables
// at the very event, and only while somebody reads along.

// maxNearMisses is how many routes to other networks are told of.
const maxNearMisses = 3

// lookup tells how a route was found: by which rule, and which routes it was
// preferred to. Routes to other single hosts explain nothing, and of those in the
// table local only the one that decided is told. Where the lookup was about more
// than an event knows, such as a mark, nothing is told.
func (r *reader) lookup(e *Event, won *fib.Route, ns *stack.Namespace, key *fib.Key) {
	asked := lookedUp{netns: ns.Name, key: *key, gen: ns.FIB.Gen()}
	if won != nil {
		asked.won = won.Index
	}
	told, ok := r.lookups[asked]
	if !ok {
		if len(r.lookups) == maxLookups {
			clear(r.lookups)
		}
		told = lookup(won, ns, key)
		r.lookups[asked] = told
	}
	e.Notes = append(e.Notes, told...)
}

// lookedUp is a lookup: as long as the tables are what they were, there is the
// same to tell of it.
type lookedUp struct {
	netns    string
	key      fib.Key
	won, gen uint32
}

// maxLookups is how many of them are kept.
const maxLookups = 1 << 10

func lookup(won *fib.Route, ns *stack.Namespace, key *fib.Key) []Note {
	res, _ := ns.FIB.Lookup(key)
	if (res.Route == nil) != (won == nil) || won != nil && res.Route.Whole() != won.Whole() {
		return nil
	}
	var notes []Note
	if rule := ns.FIB.RuleFor(key); rule != nil {
		notes = append(notes, Note{Kind: NotePolicy, Text: strings.ReplaceAll(string(fib.AppendRule(nil, rule, false)), "\t", " ")})
	}
	if won != nil && won.Table == fib.TableLocal {
		return notes
	}
	dst, misses := packet.AddrFrom32(key.Dst), 0
	for _, a := range ns.FIB.Alternatives(key) {
		if a.Route.Table == fib.TableLocal {
			continue
		}
		if !a.Route.Dst.Contains(dst) {
			if misses == maxNearMisses {
				break
			}
			if a.Route.Dst.IsSingleIP() {
				continue
			}
			misses++
		}
		notes = append(notes, Note{Kind: NoteNotRoute, Text: shortRoute(a.Route, ns), Why: a.Why.String()})
	}
	return notes
}

// routed tells what stood behind a route.
func (r *reader) routed(e *Event, won *fib.Route, ns *stack.Namespace, in int32) {
	key := fib.Key{Dst: e.After.Dst, Src: e.After.Src, TOS: e.After.TOS & 0x1c, IIF: in}
	r.lookup(e, won, ns, &key)
	if in == 0 || e.Stage != trace.StageRoute || e.Verdict == trace.Drop {
		return
	}
	r.setting(e, ns, "net.ipv4.conf."+e.Dev+".rp_filter", "net.ipv4.conf.all.rp_filter")
	r.wayBack(e, ns, e.After.Src, e.After.Dst)
}

// refused tells what stood behind a packet that the route lookup refused.
func (r *reader) refused(e *Event, rec *trace.Record, ns *stack.Namespace) {
	switch {
	case e.Reason == trace.IPRPFilter:
		r.wayBack(e, ns, e.After.Src, e.After.Dst)
	case rec.RefKind == trace.RefNone && (e.Reason == trace.IPInNoRoutes || e.Reason == trace.IPOutNoRoutes):
		r.routed(e, nil, ns, r.input(rec))
	}
}

// wayBack tells by which route the source would be answered: what rp_filter
// looks at.
func (r *reader) wayBack(e *Event, ns *stack.Namespace, src, dst uint32) {
	if rt := way(ns, src, dst, 0); rt != nil {
		e.Notes = append(e.Notes, Note{Kind: NoteWayBack, Text: shortRoute(rt, ns) + " dev " + ns.Env().DevName(rt.Dev)})
	}
}

// way is the route from src to dst; nil if there is none.
func way(ns *stack.Namespace, dst, src uint32, in int32) *fib.Route {
	res, _ := ns.FIB.Lookup(&fib.Key{Dst: dst, Src: src, IIF: in})
	return res.Route
}

// setting tells of the first key; where the second one, for all interfaces, is
// larger, of that: the kernel takes the larger of both.
func (r *reader) setting(e *Event, ns *stack.Namespace, key, all string) {
	v, err := ns.Sysctl(key)
	if err != nil {
		return
	}
	if n, err := ns.Sysctl(all); all != "" && err == nil && number(n) > number(v) {
		key, v = all, n
	}
	e.Notes = append(e.Notes, Note{Kind: NoteSetting, Text: key + "=" + v})
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// connKey is an entry of a namespace's connection table.
type connKey struct {
	netns string
	conn  uint32
}

// conn tells what the entry was when a packet last looked at it.
func (r *reader) conn(e *Event, rec *trace.Record) {
	key := connKey{e.NetNS, rec.RefIdx}
	if was, ok := r.conns[key]; ok && was != e.Ref.Text {
		e.Notes = append(e.Notes, Note{Kind: NoteConnWas, Text: was})
	}
	r.conns[key] = e.Ref.Text
}

// becomes tells what using an entry, or an answer, makes of its state.
func becomes(e *Event, rec *trace.Record, n *neigh.Entry) {
	next := n.State
	switch {
	case rec.Stage == trace.StageARP && rec.Verdict == trace.Absorb:
		next = neigh.State(rec.Aux)
	case rec.Stage == trace.StageNeigh && rec.Verdict != trace.Drop:
		next = n.Sending()
	}
	if next != n.State {
		e.Notes = append(e.Notes, Note{Kind: NoteBecomes, Text: next.String(), Why: n.State.String()})
	}
}

// answered tells why this machine answers ARP for an address of others, or why
// not: by which route it would go there itself.
func (r *reader) arpDecided(e *Event, ns *stack.Namespace) {
	dev := ns.Device(e.Dev)
	if dev == nil || e.After.A != packet.ARPRequest {
		return
	}
	if e.Verdict == trace.Drop {
		r.setting(e, ns, "net.ipv4.conf."+e.Dev+".proxy_arp", "net.ipv4.conf.all.proxy_arp")
	}
	if e.Verdict != trace.Drop && e.Ref.Kind != trace.RefSysctl {
		return
	}
	if rt := way(ns, e.After.Dst, e.After.Src, dev.Index); rt != nil {
		e.Notes = append(e.Notes, Note{Kind: NoteWay, Text: shortRoute(rt, ns) + " dev " + ns.Env().DevName(rt.Dev)})
	}
}

// began are the counters of a namespace when a packet came, or was sent.
type began struct {
	at clock.Instant
	c  stack.Counters
}

// begin takes down the counters of a namespace where a packet begins its way
// through it.
func (r *reader) begin(e *Event, ns *stack.Namespace) {
	b := r.counters[ns.Name]
	if b == nil {
		b = &began{}
		r.counters[ns.Name] = b
	}
	b.at, b.c = e.At, ns.MIB
}

// rose tells which counters of lost packets rose since the packet came. Where it
// waited meanwhile nothing is known.
func (r *reader) rose(e *Event, ns *stack.Namespace) {
	b := r.counters[ns.Name]
	if b == nil || b.at != e.At {
		return
	}
	was, is := losses(&b.c), losses(&ns.MIB)
	for i := range is {
		if is[i].n > was[i].n {
			e.Notes = append(e.Notes, Note{Kind: NoteCounter, Text: is[i].name})
		}
	}
}

type loss struct {
	name string
	n    uint64
}

// losses are the counters of packets that came to nothing, by nstat's names.
func losses(c *stack.Counters) [19]loss {
	return [...]loss{
		{"IpInHdrErrors", c.IP.InHdrErrors}, {"IpInAddrErrors", c.IP.InAddrErrors}, {"IpInUnknownProtos", c.IP.InUnknownProtos}, {"IpInDiscards", c.IP.InDiscards},
		{"IpOutDiscards", c.IP.OutDiscards}, {"IpOutNoRoutes", c.IP.OutNoRoutes}, {"IpFragFails", c.IP.FragFails},
		{"IpExtInNoRoutes", c.IP.InNoRoutes}, {"IpExtInTruncatedPkts", c.IP.InTruncatedPkts}, {"IpExtInCsumErrors", c.IP.InCsumErrors},
		{"IcmpInErrors", c.ICMP.InErrors}, {"IcmpInCsumErrors", c.ICMP.InCsumErrors}, {"UdpNoPorts", c.UDP.NoPorts}, {"UdpInErrors", c.UDP.InErrors},
		{"UdpRcvbufErrors", c.UDP.RcvbufErrors}, {"UdpInCsumErrors", c.UDP.InCsumErrors}, {"TcpInErrs", c.TCP.InErrs}, {"TcpInCsumErrors", c.TCP.InCsumErrors},
		{"TcpExtIPReversePathFilter", c.TCPExt.IPReversePathFilter},
	}
}

// chains tells through which chains of a table a packet came, and how many rules
// it met.
func chains(e *Event, ns *stack.Namespace) {
	t := ns.Trail()
	if n := len(t.Steps); n > 0 {
		e.Notes = append(e.Notes, Note{Kind: NoteChains, Text: strings.Join(t.Chains(), " "), Why: strconv.Itoa(n)})
	}
}
