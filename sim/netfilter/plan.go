package netfilter

import "slices"

// A plan is what remains of a table at one hook for packets between two given
// interfaces: a graph of nodes without chains. Whatever the rules say about
// interfaces is decided when a node is made, and so is what they say about the
// connection's state and the mark, for packets enter by the start that is made
// for theirs. Calico's seventy rules become one or two nodes that way, and a
// dispatch chain none, however many pods the machine has.
//
// Nodes are made when the first packet comes to them, so a plan is as large as
// what happened. It counts the same rules and gives the same verdicts as the
// walk from rule to rule (TestPlansDecideLikeTheRules); with a Trail it is that
// walk that runs, as it knows which rules did not match. Plans live in the
// code of their table and go with it whenever a rule, a chain or a policy
// changes.
type plan struct {
	path   *Path
	id     TableID
	starts []start         // that were made
	nodes  []*node         // in the order in which they were made
	made   map[point]*node // by the point that they begin at
	code   *code
	in     ifName
	out    ifName
}

// start is where packets with one state and one mark enter a plan.
type start struct {
	who  passport
	node *node
}

// passport is a state and, in the lower half, a mark. No packet has 0.
type passport uint64

func (p *Packet) passport() passport { return passport(p.State)<<32 | passport(*p.Mark) }

// maxStarts is the number of starts from which on a plan gets no more: marks
// that differ from flow to flow. Other packets enter by one that knows nothing.
const maxStarts = 16

// maxNodes is the number of nodes at which a table's plans are given up as
// they grow: thousands of rules in a row, or rules that depend on each other in
// ever new ways.
const maxNodes = 1 << 12

// node changes the mark, and then tries one condition or comes to an end. It
// is two cache lines long, which come together, and what most packets do not
// look at is elsewhere.
type node struct {
	packets, bytes uint64 // that came here, for the rules that count them
	clear, xor     uint32 // of the mark
	a, b           uint32 // of the condition
	yes, no        *node  // to go on at if the condition holds or not, before an inversion; nil while they are not made
	kind           nodeKind
	policy         *Chain  // whose policy the end is, nil: a rule's
	verdict        Verdict // of an end, or of a packet that is too broken for the condition
	rule           *Rule   // the target's
	op             *op     // the condition
	*about
}

type nodeKind uint8

const (
	testMark nodeKind = iota
	testState
	testProto
	testOther
	nodeEnd    // there is a verdict
	nodeTarget // a target changes the packet; goes on at yes
)

// about is the rest of a node.
type about struct {
	at     point   // where the condition or the target stands
	counts []*Rule // match whatever comes to the node
	plan   *plan
}

// point is a place in the code with what is known there.
type point struct {
	pc    uint32
	cond  uint32    // of the line's conditions
	frame uint32    // where to return to, 0 for the built-in chain
	known uint32    // bits of the mark
	mark  uint32    // their values
	state StateMask // of the connection, 0 not known
}

// frame is a return address; frames of a code are numbered from 1.
type frame struct {
	pc    uint32
	up    uint32 // frame below, 0 none
	depth int
}

// Path is what all tables say at one hook about packets between two
// interfaces. What every packet asks for fills its first two cache lines.
type Path struct {
	In, Out *Dev // nil: none

	tables *Tables
	hook   Hook
	has    tableMask         // tables that exist and have a chain at the hook
	empty  tableMask         // of these, whose chain has no rules and accepts
	last   [numTables]start  // by which the last packet entered
	bases  [numTables]*Chain // built-in chains; nil unless has
	plans  [numTables]*plan  // nil where there is none, or where it grew too large
	_      [32]byte          // up to whole cache lines, so that it begins with one
}

// tableMask is a set of tables: bit 1<<id for table id.
type tableMask uint8

// Gen changes when no path of before holds any longer: with every change of a
// rule, a chain, a policy or the name of a device.
func (t *Tables) Gen() uint32 { return t.gen }

// Path gives the path of packets at a hook between two interfaces, nil for
// none. It holds for one Gen.
func (t *Tables) Path(h Hook, in, out *Dev) *Path {
	if t.dirty {
		t.compile()
	}
	i, o := t.number(in), t.number(out)
	t.paths[h] = grown(t.paths[h], i)
	t.paths[h][i] = grown(t.paths[h][i], o)
	at := &t.paths[h][i][o]
	if *at == nil || (*at).In != in || (*at).Out != out {
		*at = t.newPath(h, in, out)
	}
	return *at
}

func (t *Tables) newPath(h Hook, in, out *Dev) *Path {
	pa := &Path{In: in, Out: out, tables: t, hook: h}
	for id, tb := range t.tables {
		if tb == nil || tb.code.entry[h] == nil {
			continue
		}
		base := tb.code.entry[h]
		pl := &plan{path: pa, id: TableID(id), code: &tb.code, made: map[point]*node{}, in: in.name(), out: out.name()}
		tb.plans = append(tb.plans, pl)
		pa.bases[id], pa.plans[id] = base, pl
		pa.has |= 1 << id
		if len(base.rules) == 0 && base.Policy == Accept {
			pa.empty |= 1 << id
		}
	}
	return pa
}

// number is a small number for the device's name in these tables, 0 for no
// device.
func (t *Tables) number(d *Dev) uint32 {
	if d == nil {
		return 0
	}
	if d.tables == t && d.number != 0 {
		return d.number
	}
	n, ok := t.names[d.Name]
	if !ok {
		if t.names == nil {
			t.names = map[string]uint32{}
		}
		n = uint32(len(t.names)) + 1
		t.names[d.Name] = n
	}
	d.tables, d.number = t, n
	return n
}

// Rename gives the device another name.
func (d *Dev) Rename(name string) {
	d.Name, d.number = name, 0
	if d.tables != nil {
		d.tables.touch()
	}
}

// grown is s with room for index i.
func grown[T any](s []T, i uint32) []T {
	if int(i) < len(s) {
		return s
	}
	return append(s, make([]T, int(i)+1-len(s))...)
}

// touch says that no path holds any longer.
func (t *Tables) touch() {
	t.dirty = true
	t.gen++
}

// compile makes the code of changed tables anew and forgets all paths.
func (t *Tables) compile() {
	for _, tb := range t.tables {
		if tb != nil {
			tb.settle()
			tb.plans, tb.code.nodes = nil, 0
			if tb.dirty {
				tb.compile()
			}
		}
	}
	t.paths = [numHooks][][]*Path{}
	t.dirty = false
}

// settle gives the rules what the plans counted for them.
func (tb *Table) settle() {
	for _, pl := range tb.plans {
		for _, n := range pl.nodes {
			for _, r := range n.counts {
				r.packets += n.packets
				r.bytes += n.bytes
			}
			n.packets, n.bytes = 0, 0
		}
	}
}

// Counters are the packets and bytes that matched the rule.
func (r *Rule) Counters() (packets, bytes uint64) {
	r.chain.table.settle()
	return r.packets, r.bytes
}

// SetCounters changes them.
func (r *Rule) SetCounters(packets, bytes uint64) {
	r.chain.table.settle()
	r.packets, r.bytes = packets, bytes
}

// Has says whether the table exists and has a chain at the hook.
func (pa *Path) Has(id TableID) bool { return pa.has>>id&1 != 0 }

// Asks says whether the packet must be shown to the table. One whose chain has
// no rules accepts it here, and counts it.
func (pa *Path) Asks(id TableID, p *Packet) bool {
	if pa.empty>>id&1 != 0 {
		c := pa.bases[id]
		c.Packets++
		c.Bytes += uint64(len(p.IP))
		return false
	}
	return pa.Has(id)
}

// Run shows the packet to a table, as Tables.Run does. The packet must have
// the interfaces of the path. The verdict is not the caller's: it holds until
// the next Run.
func (pa *Path) Run(id TableID, p *Packet, trail *Trail) *Verdict {
	s := &pa.last[id]
	if who := p.passport(); s.who != who || trail != nil {
		if trail != nil || !pa.enter(id, who) {
			p.verdict = pa.tables.walk(id, pa.hook, p, trail)
			return &p.verdict
		}
	}
	n, size, mark := s.node, uint64(len(p.IP)), *p.Mark
	for {
		n.packets++
		n.bytes += size
		mark = mark&^n.clear ^ n.xor
		holds := false
		switch {
		case n.kind == testMark:
			holds = mark&n.b == n.a
		case n.kind == testState:
			holds = StateMask(n.a)&p.State != 0
		case n.kind == nodeEnd:
			*p.Mark = mark
			if c := n.policy; c != nil {
				c.Packets++
				c.Bytes += size
			}
			return &n.verdict
		case n.kind == testProto:
			holds = uint32(p.IP.Proto()) == n.a
		case n.kind == testOther:
			*p.Mark = mark
			var hot bool
			if holds, hot = pa.tables.holds(n.op, p); hot {
				return &n.verdict
			}
		case n.kind == nodeTarget:
			*p.Mark = mark
			n.rule.act(p)
			mark = *p.Mark
			holds = true
		}
		to := n.no
		if holds {
			to = n.yes
		}
		if to == nil {
			to = n.extend(holds)
		}
		n = to
	}
}

// enter finds or makes the start of such packets. It is false when the table
// has no plan.
func (pa *Path) enter(id TableID, who passport) bool {
	pl := pa.plans[id]
	if pl == nil {
		return false
	}
	i := slices.IndexFunc(pl.starts, func(s start) bool { return s.who == who })
	if i >= 0 {
		pa.last[id] = pl.starts[i]
		return true
	}
	pt := point{pc: pa.bases[id].start}
	if len(pl.starts) == maxStarts {
		pa.last[id] = start{0, pl.node(pt)}
		return true
	}
	pt.state, pt.mark, pt.known = StateMask(who>>32), uint32(who), ^uint32(0)
	pa.last[id] = start{who, pl.node(pt)}
	pl.starts = append(pl.starts, pa.last[id])
	return true
}

// extend makes the node behind a node's condition that held or did not, or
// behind its target.
func (n *node) extend(holds bool) *node {
	next := n.at
	if n.kind == nodeTarget || holds == n.op.not {
		next.pc, next.cond = next.pc+1, 0
	} else {
		next.cond++
	}
	if n.kind == testMark && holds { // now its bits are known
		next.known, next.mark = next.known|n.b, next.mark&^n.b|n.a
	}
	pl := n.plan
	to := pl.node(next)
	if holds {
		n.yes = to
	} else {
		n.no = to
	}
	if pl.code.nodes > maxNodes {
		pl.path.plans[pl.id], pl.path.last[pl.id] = nil, start{} // from the next packet on
	}
	return to
}

// node gives the node for a point, made if need be: it goes on over all lines
// for which nothing depends on the packet.
func (pl *plan) node(pt point) *node {
	if n, ok := pl.made[pt]; ok {
		return n
	}
	c := pl.code
	n := &node{about: &about{plan: pl}}
	pl.nodes = append(pl.nodes, n)
	pl.made[pt] = n
	c.nodes++
lines:
	for {
		l := &c.lines[pt.pc]
		for ; int(pt.cond) < len(l.conds); pt.cond++ {
			o := &l.conds[pt.cond]
			holds, certain := pl.foresee(o, &pt)
			if !certain {
				n.test(o)
				n.verdict = c.drop(l.rule)
				break lines
			}
			if holds == o.not {
				pt.pc, pt.cond = pt.pc+1, 0
				continue lines
			}
		}
		if l.rule != nil {
			n.counts = append(n.counts, l.rule)
		}
		pc := pt.pc + 1
		switch l.act {
		case actNone:
		case actMark:
			n.clear, n.xor = n.clear|l.b, n.xor&^l.b^l.a
			pt.known, pt.mark = pt.known|l.b, (pt.mark&^l.b^l.a)&(pt.known|l.b)
		case actJump:
			f, ok := c.frame(pc, pt.frame)
			if !ok {
				n.kind, n.verdict = nodeEnd, c.drop(l.rule)
				break lines
			}
			pt.frame, pc = f, l.a
		case actGoto:
			pc = l.a
		case actReturn, actEnd, actPolicy:
			if pt.frame == 0 {
				n.kind, n.policy = nodeEnd, pl.path.bases[pl.id]
				n.verdict = n.policy.verdict()
				break lines
			}
			f := c.frames[pt.frame-1]
			pt.frame, pc = f.up, f.pc
		case actAccept, actDrop, actVerdict:
			n.kind, n.verdict = nodeEnd, l.rule.verdict()
			break lines
		case actOther:
			n.kind, n.rule = nodeTarget, l.rule
			pt.known, pt.mark, pt.state = 0, 0, 0 // CONNMARK and CT may set them
			break lines
		}
		pt.pc, pt.cond = pc, 0
	}
	n.at = pt
	return n
}

// test makes n try a condition.
func (n *node) test(o *op) {
	n.kind, n.op, n.a, n.b = testOther, o, o.a, o.b
	switch o.kind {
	case opMark:
		n.kind = testMark
	case opState:
		n.kind = testState
	case opProto:
		n.kind = testProto
	}
}

// foresee says whether a condition holds, before an inversion, if that does
// not depend on the packet.
func (pl *plan) foresee(o *op, pt *point) (holds, certain bool) {
	switch o.kind {
	case opIn:
		return (pl.in.lo^o.k.lo)&o.m.lo|(pl.in.hi^o.k.hi)&o.m.hi == 0, true
	case opOut:
		return (pl.out.lo^o.k.lo)&o.m.lo|(pl.out.hi^o.k.hi)&o.m.hi == 0, true
	case opState:
		return StateMask(o.a)&pt.state != 0, pt.state != 0
	case opMark:
		switch known := o.b & pt.known; {
		case (pt.mark^o.a)&known != 0 || o.a&^o.b != 0:
			return false, true
		case known == o.b:
			return true, true
		}
	}
	return false, false
}

// frame numbers a return address. ok is false where the chains nest deeper
// than the walk goes.
func (c *code) frame(pc, up uint32) (n uint32, ok bool) {
	f := frame{pc: pc, up: up, depth: 1}
	if up != 0 {
		f.depth = c.frames[up-1].depth + 1
	}
	if f.depth > len(c.stack) {
		return 0, false
	}
	for i := range c.frames {
		if c.frames[i] == f {
			return uint32(i) + 1, true
		}
	}
	c.frames = append(c.frames, f)
	return uint32(len(c.frames)), true
}
