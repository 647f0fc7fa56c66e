package netfilter

// A plan is what remains of a table at one hook for packets between two given
// interfaces: a graph of nodes without chains. Whatever the rules say about
// interfaces is decided when a node is made, and so is what they say about
// those bits of the mark that a MARK before them set. Calico's seventy rules
// become two or three nodes that way, and a dispatch chain a single one,
// however many pods the machine has.
//
// Nodes are made when the first packet comes to them, so a plan is as large as
// what happened. It counts the same rules and gives the same verdicts as the
// walk from rule to rule (TestPlansDecideLikeTheRules); with a Trail it is that
// walk that runs, as it knows which rules did not match. Plans live in the
// code of their table and go with it whenever a rule, a chain or a policy
// changes.
type plan struct {
	nodes  []node
	about  []about          // the rest of each node
	made   map[point]uint32 // nodes by point
	code   *code
	base   *Chain
	in     ifName
	out    ifName
	giveUp bool // it grew too large: packets walk from rule to rule
}

// maxNodes is the size at which a plan is given up: rules that depend on each
// other in ever new ways.
const maxNodes = 1 << 12

// node changes the mark, and then tries one condition or comes to an end. It
// is one cache line long.
type node struct {
	packets, bytes uint64 // that came here, for the rules that count them
	clear, xor     uint32 // of the mark
	a, b           uint32 // of the condition
	yes, no        uint32 // nodes to go on at, 0 while they are not made
	kind           nodeKind
	not            bool
	op             *op   // the condition
	rule           *Rule // the end's; nil: the policy
}

type nodeKind uint8

const (
	testMark nodeKind = iota
	testState
	testProto
	testOther
	nodeAccept // an end, as all from here on but the last
	nodePolicy
	nodeDrop
	nodeVerdict // REJECT and the nat targets
	nodeOther   // a target that changes the packet; goes on at yes
)

// about is what a node is made for and whom it counts for.
type about struct {
	next   point   // where its condition stands, or the target
	line   *Rule   // of the condition
	counts []*Rule // match whatever comes to the node
}

// point is a place in the code with what is known there.
type point struct {
	pc    uint32
	cond  uint32 // of the line's conditions
	frame uint32 // where to return to, 0 for the built-in chain
	known uint32 // bits of the mark
	mark  uint32 // their values
}

// frame is a return address; frames of a code are numbered from 1.
type frame struct {
	pc    uint32
	up    uint32 // frame below, 0 none
	depth int
}

// Path is what all tables say at one hook about packets between two
// interfaces.
type Path struct {
	tables *Tables
	hook   Hook
	plans  [numTables]*plan // nil where the table does not exist or has no chain at the hook
}

// Path gives the path of packets at a hook between two interfaces, nil for
// none. It holds until a rule changes.
func (t *Tables) Path(h Hook, in, out *Dev) *Path {
	if t.dirty {
		t.compile()
	}
	i, o := t.number(in), t.number(out)
	if rows := t.paths[h]; int(i) < len(rows) && int(o) < len(rows[i]) && rows[i][o] != nil {
		return rows[i][o]
	}
	return t.newPath(h, i, o, in, out)
}

func (t *Tables) newPath(h Hook, i, o uint32, in, out *Dev) *Path {
	pa := &Path{tables: t, hook: h}
	for id, tb := range t.tables {
		if tb != nil && tb.code.entry[h] != nil {
			pa.plans[id] = tb.newPlan(tb.code.entry[h], in.name(), out.name())
		}
	}
	t.paths[h] = grown(t.paths[h], i)
	t.paths[h][i] = grown(t.paths[h][i], o)
	t.paths[h][i][o] = pa
	return pa
}

// compile makes the code of changed tables anew and forgets all paths.
func (t *Tables) compile() {
	for _, tb := range t.tables {
		if tb != nil {
			tb.settle()
			tb.plans = nil
			if tb.dirty {
				tb.compile()
			}
		}
	}
	t.paths = [numHooks][][]*Path{}
	t.dirty = false
}

func (tb *Table) newPlan(base *Chain, in, out ifName) *plan {
	pl := &plan{code: &tb.code, base: base, made: map[point]uint32{}, in: in, out: out}
	pl.nodes, pl.about = make([]node, 1, 4), make([]about, 1, 4) // number 0 stands for "not made"
	pl.node(point{pc: base.start})
	tb.plans = append(tb.plans, pl)
	return pl
}

// settle gives the rules what the plans counted for them.
func (tb *Table) settle() {
	for _, pl := range tb.plans {
		if pl.nodes[1].packets == 0 {
			continue // every packet comes by the first node
		}
		for i := range pl.nodes {
			n := &pl.nodes[i]
			if n.packets == 0 {
				continue
			}
			for _, r := range pl.about[i].counts {
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
func (pa *Path) Has(id TableID) bool { return pa.plans[id] != nil }

// grown is s with room for index i.
func grown[T any](s []T, i uint32) []T {
	if int(i) < len(s) {
		return s
	}
	return append(s, make([]T, int(i)+1-len(s))...)
}

// number is a small number for the device's name in these tables, 0 for no
// device. A device that was renamed has another one.
func (t *Tables) number(d *Dev) uint32 {
	if d == nil {
		return 0
	}
	if d.tables == t && d.numbered == d.Name {
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
	d.tables, d.numbered, d.number = t, d.Name, n
	return n
}

// Run shows the packet to a table, as Tables.Run does. The packet must have
// the interfaces of the path.
func (pa *Path) Run(id TableID, p *Packet, trail *Trail) Verdict {
	t, pl := pa.tables, pa.plans[id]
	if pl == nil || trail != nil || pl.giveUp {
		return t.walk(id, pa.hook, p, trail)
	}
	p.Hook, p.state = pa.hook, 0
	size := uint64(len(p.IP))
	for at := uint32(1); ; {
		n := &pl.nodes[at]
		n.packets++
		n.bytes += size
		*p.Mark = *p.Mark&^n.clear ^ n.xor
		var ok bool
		switch {
		case n.kind >= nodeAccept:
			if n.kind != nodeOther {
				return n.end(t, pl.base, size)
			}
			n.rule.act(p)
			p.state = 0
			ok = true
		case n.kind == testMark:
			ok = (*p.Mark&n.b == n.a) != n.not
		case n.kind == testState:
			if p.state == 0 {
				p.state = stateOf(p)
			}
			ok = (StateMask(n.a)&p.state != 0) != n.not
		case n.kind == testProto:
			ok = (uint32(p.IP.Proto()) == n.a) != n.not
		default:
			holds, hot := t.holds(n.op, p)
			if hot {
				r := pl.about[at].line
				return Verdict{Outcome{Action: Drop}, &t.noNAT, r, r.chain}
			}
			ok = holds != n.not
		}
		next := n.no
		if ok {
			next = n.yes
		}
		if next == 0 {
			next = pl.extend(at, ok)
		}
		at = next
	}
}

// end is the verdict of a node that has one.
func (n *node) end(t *Tables, base *Chain, size uint64) Verdict {
	switch r := n.rule; {
	case n.kind == nodePolicy:
		return base.decide(size)
	case n.kind == nodeAccept:
		return Verdict{Outcome{Action: Accept}, &t.noNAT, r, r.chain}
	case n.kind == nodeDrop:
		return Verdict{Outcome{Action: Drop}, &t.noNAT, r, r.chain}
	default:
		return r.verdict()
	}
}

// extend makes the node behind a node's condition that held or did not, or
// behind its target.
func (pl *plan) extend(at uint32, yes bool) uint32 {
	n, next := pl.nodes[at], pl.about[at].next
	switch {
	case n.kind == nodeOther:
		next.pc, next.cond = next.pc+1, 0
	case !yes:
		next.pc, next.cond = next.pc+1, 0
	default:
		next.cond++
	}
	if n.kind == testMark && yes != n.not { // now its bits are known
		next.known, next.mark = next.known|n.b, next.mark&^n.b|n.a
	}
	to := pl.node(next)
	if yes {
		pl.nodes[at].yes = to
	} else {
		pl.nodes[at].no = to
	}
	pl.giveUp = len(pl.nodes) > maxNodes
	return to
}

// node gives the number of the node for a point, made if need be: it goes on
// over all lines for which nothing depends on the packet.
func (pl *plan) node(pt point) uint32 {
	if i, ok := pl.made[pt]; ok {
		return i
	}
	var (
		c      = pl.code
		start  = pt
		n      node
		counts []*Rule
		line   *Rule
	)
lines:
	for {
		l := &c.lines[pt.pc]
		for ; int(pt.cond) < len(l.conds); pt.cond++ {
			o := &l.conds[pt.cond]
			holds, certain := pl.foresee(o, &pt)
			if !certain {
				n.test(o)
				line = l.rule
				break lines
			}
			if holds == o.not {
				pt.pc, pt.cond = pt.pc+1, 0
				continue lines
			}
		}
		if l.rule != nil {
			counts = append(counts, l.rule)
		}
		n.rule = l.rule
		pc := pt.pc + 1
		switch l.act {
		case actNone:
		case actMark:
			n.clear, n.xor = n.clear|l.b, n.xor&^l.b^l.a
			pt.known, pt.mark = pt.known|l.b, (pt.mark&^l.b^l.a)&(pt.known|l.b)
		case actJump:
			f, ok := c.frame(pc, pt.frame)
			if !ok {
				n.kind = nodeDrop
				break lines
			}
			pt.frame, pc = f, l.a
		case actGoto:
			pc = l.a
		case actReturn, actEnd:
			if pt.frame == 0 {
				n.kind, n.rule = nodePolicy, nil
				break lines
			}
			f := c.frames[pt.frame-1]
			pt.frame, pc = f.up, f.pc
		case actAccept:
			n.kind = nodeAccept
			break lines
		case actDrop:
			n.kind = nodeDrop
			break lines
		case actPolicy:
			n.kind = nodePolicy
			break lines
		case actVerdict:
			n.kind = nodeVerdict
			break lines
		case actOther:
			n.kind = nodeOther
			pt.known, pt.mark = 0, 0 // CONNMARK may set it
			break lines
		}
		pt.pc, pt.cond = pc, 0
	}
	pl.nodes = append(pl.nodes, n)
	pl.about = append(pl.about, about{next: pt, line: line, counts: counts})
	i := uint32(len(pl.nodes) - 1)
	pl.made[start] = i
	return i
}

// test makes n try a condition.
func (n *node) test(o *op) {
	n.kind, n.op, n.not, n.a, n.b = testOther, o, o.not, o.a, o.b
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
