package filter

// nop is the code of a statement that the optimizer took out.
const nop = -1

// stmt is an instruction that is still part of a graph. Only the few programs
// that jump inside of a block use yes and no.
type stmt struct {
	code    int
	k       uint32
	yes, no *stmt
}

// block is a run of statements that ends in a test (classJMP) or in a verdict
// (classRET). The fields below the line are the optimizer's.
type block struct {
	stmts []*stmt
	last  stmt
	yes   edge // where a test goes when it holds
	no    edge

	id      int
	mark    int
	level   int    // longest way to a verdict
	next    *block // in its level; then the block that replaces this one
	dom     bitset // blocks on each way to this one
	in      *edge  // edges that lead here, linked by edge.next
	defs    uint32 // registers that are set, as bits
	kills   uint32 // those set before they are read
	inUse   uint32
	outUse  uint32
	operand uint32 // value number of what the test compares with
	value   [registers]uint32
	start   int  // offset in the program
	longYes bool // the edge is too long for a byte: an extra jump is needed
	longNo  bool
}

// edge leads from one block to another.
type edge struct {
	to, from *block
	id       int
	code     int // of the test, negative for the edge of the case that it does not hold
	dom      bitset
	next     *edge
}

// test is a piece of graph with loose ends: those to be followed when what it
// tests holds, and the others.
type test struct {
	head    *block
	yes, no []**block
}

func newStmt(code int, k uint32) *stmt { return &stmt{code: code, k: k} }

// newTest is a block with its test alone.
func newTest(code int, k uint32, stmts []*stmt) *test {
	b := &block{last: stmt{code: code, k: k}, stmts: stmts}
	return &test{head: b, yes: []**block{&b.yes.to}, no: []**block{&b.no.to}}
}

func connect(ends []**block, to *block) {
	for _, e := range ends {
		*e = to
	}
}

// and makes a test that holds when both do; b is asked only if a holds. Both
// are used up.
func and(a, b *test) *test {
	connect(a.yes, b.head)
	return &test{head: a.head, yes: b.yes, no: append(a.no, b.no...)}
}

// or makes a test that holds when a or else b does.
func or(a, b *test) *test {
	connect(a.no, b.head)
	return &test{head: a.head, yes: append(a.yes, b.yes...), no: b.no}
}

func not(a *test) *test { return &test{head: a.head, yes: a.no, no: a.yes} }

// finish ties the loose ends to the two verdicts and gives the root.
func (t *test) finish(accept uint32) *block {
	connect(t.yes, newVerdict(accept))
	connect(t.no, newVerdict(0))
	return t.head
}

func newVerdict(k uint32) *block { return &block{last: stmt{code: ret, k: k}} }

// graph is a whole filter. Blocks carry the number of the last walk that saw
// them.
type graph struct {
	root *block
	walk int
}

func (g *graph) startWalk() { g.walk++ }

// enter is true at the first visit of a walk.
func (g *graph) enter(b *block) bool {
	if b == nil || b.mark == g.walk {
		return false
	}
	b.mark = g.walk
	return true
}

// blocks lists all blocks, those behind the yes edge of each before those
// behind its no edge.
func (g *graph) blocks() []*block {
	g.startWalk()
	var list []*block
	var visit func(*block)
	visit = func(b *block) {
		for g.enter(b) {
			list = append(list, b)
			visit(b.yes.to)
			b = b.no.to
		}
	}
	visit(g.root)
	return list
}

// assemble lays the blocks out as a program: behind each block first come
// those of its yes edge.
func (g *graph) assemble() []Instruction {
	for {
		if program, ok := g.layOut(); ok {
			return program
		}
	}
}

func (b *block) live() []*stmt {
	var list []*stmt
	for _, s := range b.stmts {
		if s.code != nop {
			list = append(list, s)
		}
	}
	return list
}

func (b *block) length() int {
	n := 1
	for _, s := range b.stmts {
		if s.code != nop {
			n++
		}
	}
	if b.longYes {
		n++
	}
	if b.longNo {
		n++
	}
	return n
}

// layOut is one attempt of assemble. It fails after it noted the jumps that do not
// fit into a byte.
func (g *graph) layOut() (program []Instruction, ok bool) {
	total := 0
	for _, b := range g.blocks() {
		total += b.length()
	}
	program = make([]Instruction, total)
	end := total
	ok = true
	g.startWalk()
	var place func(*block)
	place = func(b *block) {
		if !g.enter(b) {
			return
		}
		place(b.no.to)
		place(b.yes.to)
		end -= b.length()
		b.start = end
		ok = b.emit(program[end:]) && ok
	}
	place(g.root)
	return program, ok
}

func (b *block) emit(out []Instruction) bool {
	live := b.live()
	for i, s := range live {
		out[i] = Instruction{Code: uint16(s.code), K: s.k}
		if class(s.code) == classJMP && s.code != jump {
			out[i].JT, out[i].JF = uint8(indexOf(live, s.yes)-i-1), uint8(indexOf(live, s.no)-i-1)
		}
	}
	at := len(live)
	out[at] = Instruction{Code: uint16(b.last.code), K: b.last.k}
	if b.yes.to == nil {
		return true
	}
	extra := 0
	leap := func(to *block, long *bool) (uint8, bool) {
		distance := to.start - b.start - at - 1
		if distance < 256 {
			return uint8(distance), true
		}
		if !*long {
			*long = true
			return 0, false
		}
		extra++
		out[at+extra] = Instruction{Code: jump, K: uint32(distance - extra)}
		return uint8(extra - 1), true
	}
	var fits, noFits bool
	out[at].JT, fits = leap(b.yes.to, &b.longYes)
	out[at].JF, noFits = leap(b.no.to, &b.longNo)
	return fits && noFits
}

func indexOf(list []*stmt, s *stmt) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return len(list) // the test at the end of the block
}
