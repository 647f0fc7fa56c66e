package filter

import "math/bits"

// bitset is a set of small numbers.
type bitset []uint64

func (s bitset) add(n int)      { s[n>>6] |= 1 << (n & 63) }
func (s bitset) has(n int) bool { return s[n>>6]>>(n&63)&1 != 0 }

func (s bitset) intersect(t bitset) {
	for i := range s {
		s[i] &= t[i]
	}
}

func (s bitset) fill(word uint64) {
	for i := range s {
		s[i] = word
	}
}

// maxOptimized is the size in blocks of the largest graph that is optimized:
// the work grows with its square and more.
const maxOptimized = 1 << 13

// optimizer shortens a graph step by step until nothing changes any more, by
// the rules of libpcap's optimize.c and in their order, so that the same
// program comes out. First only edges are moved; then statements are changed,
// too.
type optimizer struct {
	*graph
	all    []*block // by id
	edges  []*edge  // by id
	levels []*block // first block of each level; level 0 holds the verdicts
	done   bool     // nothing changed in this round
	local  bool     // something changed but the way of an edge

	values   map[operationOn]uint32 // value numbering
	constant map[uint32]uint32      // the value numbers that are constants
	last     uint32                 // the last value number; 0 is an unknown value
}

// operationOn is how a value was computed: two values with the same one are equal.
type operationOn struct {
	code int
	a, b uint32
}

// idleRounds is how many rounds may only move edges: they can go in circles.
const idleRounds = 100

// optimize improves a graph. It fails for arithmetic that no packet can pass,
// such as a shift by 32 bits.
func (g *graph) optimize() error {
	o := &optimizer{graph: g, all: g.blocks()}
	if len(o.all) > maxOptimized {
		return nil
	}
	n := len(o.all)
	blockWords, edgeWords := n/64+1, 2*n/64+1
	o.edges = make([]*edge, 2*n)
	o.levels = make([]*block, n)
	for i, b := range o.all {
		b.id = i
		b.dom = make(bitset, blockWords)
		b.yes.from, b.yes.id, b.yes.dom = b, i, make(bitset, edgeWords)
		b.no.from, b.no.id, b.no.dom = b, n+i, make(bitset, edgeWords)
		o.edges[b.yes.id], o.edges[b.no.id] = &b.yes, &b.no
	}
	for _, statements := range []bool{false, true} {
		if err := o.loop(statements); err != nil {
			return err
		}
	}
	o.mergeEqual()
	o.trimRoot()
	return nil
}

func (o *optimizer) loop(statements bool) error {
	for idle := 0; idle < idleRounds; idle++ {
		o.done, o.local = true, false
		o.findLevels()
		o.findDominators()
		o.findUses()
		if err := o.round(statements); err != nil {
			return err
		}
		if o.done {
			break
		}
		if o.local {
			idle = -1
		}
	}
	return nil
}

func (o *optimizer) changed() { o.done, o.local = false, true }

func (o *optimizer) findLevels() {
	clear(o.levels)
	o.startWalk()
	var visit func(*block)
	visit = func(b *block) {
		if !o.enter(b) {
			return
		}
		b.level = 0
		if b.yes.to != nil {
			visit(b.yes.to)
			visit(b.no.to)
			b.level = max(b.yes.to.level, b.no.to.level) + 1
		}
		b.next = o.levels[b.level]
		o.levels[b.level] = b
	}
	visit(o.root)
}

// down walks the blocks from the root to the verdicts, each after all those
// that lead to it.
func (o *optimizer) down(f func(*block)) {
	for level := o.root.level; level >= 0; level-- {
		for b := o.levels[level]; b != nil; b = b.next {
			f(b)
		}
	}
}

// up walks the tests from those in front of a verdict to the root as it was in
// the beginning.
func (o *optimizer) up(f func(*block)) {
	for level, top := 1, o.root.level; level <= top; level++ {
		for b := o.levels[level]; b != nil; b = b.next {
			f(b)
		}
	}
}

// findDominators finds the blocks and the edges that lie on every way to a block
// or an edge.
func (o *optimizer) findDominators() {
	for _, b := range o.all {
		b.dom.fill(^uint64(0))
		b.yes.dom.fill(^uint64(0))
		b.no.dom.fill(^uint64(0))
	}
	o.root.dom.fill(0)
	o.root.yes.dom.fill(0)
	o.root.no.dom.fill(0)
	o.down(func(b *block) {
		b.dom.add(b.id)
		for _, e := range [...]*edge{&b.yes, &b.no} {
			e.dom.add(e.id)
			if to := e.to; to != nil {
				to.dom.intersect(b.dom)
				to.yes.dom.intersect(e.dom)
				to.no.dom.intersect(e.dom)
			}
		}
	})
}

// reads gives the register that a statement reads: its number, bothAX, or
// noRegister.
func (s *stmt) reads() int {
	if s.code == nop {
		return noRegister
	}
	switch class(s.code) {
	case classLD, classLDX:
		switch mode(s.code) {
		case modeIND:
			return registerX
		case modeMEM:
			return int(s.k)
		}
	case classST:
		return registerA
	case classSTX:
		return registerX
	case classALU, classJMP:
		if source(s.code) == sourceX {
			return bothAX
		}
		return registerA
	case classMISC:
		if s.code == txa {
			return registerX
		}
		return registerA
	}
	return noRegister
}

// writes gives the register that a statement sets, or noRegister.
func (s *stmt) writes() int {
	if s.code == nop {
		return noRegister
	}
	switch class(s.code) {
	case classLD, classALU:
		return registerA
	case classLDX:
		return registerX
	case classST, classSTX:
		return int(s.k)
	case classMISC:
		if s.code == tax {
			return registerX
		}
		return registerA
	}
	return noRegister
}

// findUses finds which registers each block and those behind it read.
func (o *optimizer) findUses() {
	o.down(func(b *block) {
		b.localUses()
		b.outUse = 0
	})
	o.up(func(b *block) {
		b.outUse |= b.yes.to.inUse | b.no.to.inUse
		b.inUse |= b.outUse &^ b.kills
	})
}

func (b *block) localUses() {
	b.defs, b.kills, b.inUse = 0, 0, 0
	read := func(s *stmt) {
		switch r := s.reads(); r {
		case noRegister:
		case bothAX:
			b.inUse |= (1<<registerA | 1<<registerX) &^ b.defs
		default:
			b.inUse |= 1 << r &^ b.defs
		}
	}
	for _, s := range b.stmts {
		read(s)
		if r := s.writes(); r != noRegister {
			b.kills |= 1 << r &^ b.inUse
			b.defs |= 1 << r
		}
	}
	if class(b.last.code) == classJMP {
		read(&b.last)
	}
}

// number gives the value number of an operation on two values.
func (o *optimizer) number(code int, a, b uint32) uint32 {
	how := operationOn{code, a, b}
	if v, ok := o.values[how]; ok {
		return v
	}
	o.last++
	o.values[how] = o.last
	if mode(code) == modeIMM && (class(code) == classLD || class(code) == classLDX) {
		o.constant[o.last] = a
	}
	return o.last
}

func (o *optimizer) numberOf(constant uint32) uint32 { return o.number(loadImm, constant, 0) }

func (o *optimizer) round(statements bool) error {
	o.values, o.constant, o.last = map[operationOn]uint32{}, map[uint32]uint32{}, 0
	o.findIncoming()
	var err error
	o.down(func(b *block) {
		if err == nil {
			err = o.improve(b, statements)
		}
	})
	if err != nil || statements {
		return err // moved edges would change what was just learned about registers
	}
	o.up(func(b *block) {
		o.shorten(&b.yes)
		o.shorten(&b.no)
	})
	o.findIncoming()
	o.up(func(b *block) {
		o.pullUp(b, func(b *block) *edge { return &b.yes }, func(b *block) *edge { return &b.no })
		o.pullUp(b, func(b *block) *edge { return &b.no }, func(b *block) *edge { return &b.yes })
	})
	return nil
}

func (o *optimizer) findIncoming() {
	for _, b := range o.all {
		b.in = nil
	}
	o.down(func(b *block) {
		if b.level == 0 {
			return
		}
		for _, e := range [...]*edge{&b.yes, &b.no} {
			e.next = e.to.in
			e.to.in = e
		}
	})
}

// improve computes the values in the registers behind each statement of a
// block and, with statements, simplifies the block.
func (o *optimizer) improve(b *block, statements bool) error {
	b.value = [registers]uint32{}
	if e := b.in; e != nil {
		b.value = e.from.value
		for e = e.next; e != nil; e = e.next {
			for i := range b.value {
				if b.value[i] != e.from.value[i] {
					b.value[i] = 0
				}
			}
		}
	}
	a, x := b.value[registerA], b.value[registerX]
	for _, s := range b.stmts {
		if err := o.evaluate(s, &b.value, statements); err != nil {
			return err
		}
	}
	idle := b.outUse == 0 && a != 0 && b.value[registerA] == a && x != 0 && b.value[registerX] == x
	if statements && (idle || class(b.last.code) == classRET) {
		if b.stmts != nil {
			b.stmts = nil
			o.changed()
		}
	} else {
		o.peephole(b)
		o.dropDeadStores(b)
	}
	if source(b.last.code) == sourceK {
		b.operand = o.numberOf(b.last.k)
	} else {
		b.operand = b.value[registerX]
	}
	b.yes.code, b.no.code = b.last.code, -b.last.code
	return nil
}

// faultError is arithmetic that cannot be.
type faultError string

func (e faultError) Error() string { return string(e) }

const (
	divisionByZero faultError = "division by zero"
	modulusByZero  faultError = "modulus by zero"
	shiftTooFar    faultError = "shift by more than 31 bits"
)

// evaluate computes what a statement puts into a register. With change it
// replaces the statement by a simpler one where operands are constants, and
// takes it out where the register already has that value.
func (o *optimizer) evaluate(s *stmt, values *[registers]uint32, change bool) error {
	set := func(register int, v uint32) {
		if change && v != 0 && values[register] == v {
			s.code = nop
			return
		}
		values[register] = v
	}
	if s.code == nop {
		return nil
	}
	switch c := s.code; class(c) {
	case classLD:
		o.evaluateLoad(s, values, change, set)
	case classLDX:
		switch mode(c) {
		case modeIMM:
			set(registerX, o.numberOf(s.k))
		case modeMSH:
			set(registerX, o.number(c, s.k, 0))
		case modeMEM:
			v := values[s.k]
			if k, ok := o.constant[v]; ok && change {
				s.code, s.k = loadXImm, k
				o.changed()
			}
			set(registerX, v)
		}
	case classST:
		set(int(s.k), values[registerA])
	case classSTX:
		set(int(s.k), values[registerX])
	case classALU:
		return o.evaluateArithmetic(s, values, change, set)
	case classMISC:
		if c == txa {
			set(registerA, values[registerX])
		} else {
			set(registerX, values[registerA])
		}
	}
	return nil
}

func (o *optimizer) evaluateLoad(s *stmt, values *[registers]uint32, change bool, set func(int, uint32)) {
	switch mode(s.code) {
	case modeABS:
		set(registerA, o.number(s.code, s.k, 0))
	case modeIND:
		v := values[registerX]
		if k, ok := o.constant[v]; ok && change {
			s.code, s.k = classLD|modeABS|size(s.code), s.k+k
			v = o.number(s.code, s.k, 0)
			o.changed()
		} else {
			v = o.number(s.code, s.k, v)
		}
		set(registerA, v)
	case modeLEN:
		set(registerA, o.number(s.code, 0, 0))
	case modeIMM:
		set(registerA, o.numberOf(s.k))
	case modeMEM:
		v := values[s.k]
		if k, ok := o.constant[v]; ok && change {
			s.code, s.k = loadImm, k
			o.changed()
		}
		set(registerA, v)
	}
}

func (o *optimizer) evaluateArithmetic(s *stmt, values *[registers]uint32, change bool, set func(int, uint32)) error {
	a := &values[registerA]
	constA, isConstA := o.constant[*a]
	op := operation(s.code)
	switch {
	case op == aluNeg:
		if change && isConstA {
			s.code, s.k = loadImm, -constA
			*a = o.numberOf(s.k)
			return nil
		}
		*a = o.number(s.code, *a, 0)
	case source(s.code) == sourceK:
		if change && s.k == 0 {
			switch op {
			case aluAdd, aluLsh, aluRsh, aluOr, aluXor:
				s.code = nop
				return nil
			case aluMul, aluAnd:
				s.code = loadImm
				*a = o.numberOf(0)
				return nil
			case aluDiv:
				return divisionByZero
			case aluMod:
				return modulusByZero
			}
		}
		if change && isConstA {
			return o.fold(s, a, constA, s.k)
		}
		*a = o.number(s.code, *a, o.numberOf(s.k))
	default:
		x := values[registerX]
		constX, isConstX := o.constant[x]
		switch {
		case change && isConstX && isConstA:
			return o.fold(s, a, constA, constX)
		case change && isConstX:
			s.code, s.k = classALU|sourceK|op, constX
			if (op == aluLsh || op == aluRsh) && constX > 31 {
				return shiftTooFar
			}
			o.changed()
			*a = o.number(s.code, *a, o.numberOf(s.k))
			return nil
		case change && isConstA && constA == 0:
			switch op {
			case aluAdd, aluOr, aluXor:
				s.code = txa
				set(registerA, x)
				return nil
			case aluMul, aluDiv, aluMod, aluAnd, aluLsh, aluRsh:
				s.code, s.k = loadImm, 0
				set(registerA, o.numberOf(0))
				return nil
			}
		}
		*a = o.number(s.code, *a, x)
	}
	return nil
}

// fold replaces arithmetic on two constants by its result.
func (o *optimizer) fold(s *stmt, value *uint32, a, b uint32) error {
	switch operation(s.code) {
	case aluAdd:
		a += b
	case aluSub:
		a -= b
	case aluMul:
		a *= b
	case aluDiv:
		if b == 0 {
			return divisionByZero
		}
		a /= b
	case aluMod:
		if b == 0 {
			return modulusByZero
		}
		a %= b
	case aluAnd:
		a &= b
	case aluOr:
		a |= b
	case aluXor:
		a ^= b
	case aluLsh:
		a <<= b
	case aluRsh:
		a >>= b
	}
	s.code, s.k = loadImm, a
	o.changed()
	*value = o.numberOf(a)
	return nil
}

// nextLive returns the index of the first statement from i on that is no nop,
// or -1.
func nextLive(stmts []*stmt, i int) int {
	for ; i < len(stmts); i++ {
		if stmts[i].code != nop {
			return i
		}
	}
	return -1
}

// peephole replaces short sequences.
func (o *optimizer) peephole(b *block) {
	if len(b.stmts) == 0 {
		return
	}
	last := b.stmts[0]
	for i := nextLive(b.stmts, 0); i >= 0; i = nextLive(b.stmts, i) {
		j := nextLive(b.stmts, i+1)
		if j < 0 {
			break
		}
		o.peepholePair(b, i, j)
		last, i = b.stmts[j], j
	}
	o.peepholeEnd(b, last)
	o.decide(b)
}

func (o *optimizer) peepholePair(b *block, i, j int) {
	s, next := b.stmts[i], b.stmts[j]
	if s.code == store && next.code == loadXMem && s.k == next.k { // st M[k]; ldx M[k]
		o.changed()
		next.code = tax
	}
	if s.code == loadImm && next.code == tax { // ld #k; tax
		s.code, next.code = loadXImm, txa
		o.changed()
	}
	// ld #k; [ldxb ...;] add x; tax; ld [x + n]: the sum may go into the load
	// when X is not needed behind.
	if s.code != loadImm || b.outUse>>registerX&1 != 0 {
		return
	}
	add := j
	if next.code == loadXMSH {
		add = nextLive(b.stmts, j+1)
	}
	if add < 0 || b.stmts[add].code != classALU|aluAdd|sourceX {
		return
	}
	move := nextLive(b.stmts, add+1)
	if move < 0 || b.stmts[move].code != tax {
		return
	}
	load := nextLive(b.stmts, move+1)
	if load < 0 || class(b.stmts[load].code) != classLD || mode(b.stmts[load].code) != modeIND {
		return
	}
	b.stmts[load].k += s.k
	s.code, b.stmts[add].code, b.stmts[move].code = nop, nop, nop
	o.changed()
}

// peepholeEnd joins the last statement with the test behind it when A is not
// needed any more.
func (o *optimizer) peepholeEnd(b *block, last *stmt) {
	if b.last.code != jumpIfEQ|sourceK || b.outUse>>registerA&1 != 0 {
		return
	}
	switch last.code {
	case classALU | aluSub | sourceX: // a - x == k
		if k, ok := o.constant[b.value[registerX]]; ok {
			b.last.k += k
		} else if b.last.k == 0 {
			b.last.code = jumpIfEQ | sourceX
		} else {
			return
		}
	case classALU | aluSub | sourceK:
		b.last.k += last.k
	case classALU | aluAnd | sourceK: // a & k == 0
		if b.last.k != 0 {
			return
		}
		b.last.code, b.last.k = jumpIfSet|sourceK, last.k
		b.yes.to, b.no.to = b.no.to, b.yes.to
	default:
		return
	}
	last.code = nop
	o.changed()
}

// decide removes the choice from a test whose outcome is known.
func (o *optimizer) decide(b *block) {
	t := &b.last
	if t.code == jumpIfSet|sourceK {
		switch t.k {
		case 0:
			b.yes.to = b.no.to
		case 0xffffffff:
			b.no.to = b.yes.to
		}
	}
	if k, ok := o.constant[b.value[registerX]]; ok && source(t.code) == sourceX {
		t.code &^= sourceX
		t.k = k
	}
	a, ok := o.constant[b.value[registerA]]
	if !ok || source(t.code) != sourceK {
		return
	}
	var holds bool
	switch operation(t.code) {
	case jumpEQ:
		holds = a == t.k
	case jumpGT:
		holds = a > t.k
	case jumpGE:
		holds = a >= t.k
	case jumpSet:
		holds = a&t.k != 0
	}
	if b.no.to != b.yes.to {
		o.changed()
	}
	if holds {
		b.no.to = b.yes.to
	} else {
		b.yes.to = b.no.to
	}
}

// dropDeadStores takes out what sets a register that is set again, or not read
// any more.
func (o *optimizer) dropDeadStores(b *block) {
	var pending [registers]*stmt
	see := func(s *stmt) {
		switch r := s.reads(); r {
		case noRegister:
		case bothAX:
			pending[registerA], pending[registerX] = nil, nil
		default:
			pending[r] = nil
		}
		if r := s.writes(); r != noRegister {
			if pending[r] != nil {
				pending[r].code = nop
				o.changed()
			}
			pending[r] = s
		}
	}
	for _, s := range b.stmts {
		see(s)
	}
	see(&b.last)
	for r, s := range pending {
		if s != nil && b.outUse>>r&1 == 0 {
			s.code = nop
			o.changed()
		}
	}
}

// conflict tells that a block, or what follows it, reads a register that holds
// another value behind the block from.
func conflict(from, to *block) bool {
	for use := to.outUse; use != 0; use &= use - 1 {
		if r := bits.TrailingZeros32(use); from.value[r] != to.value[r] {
			return true
		}
	}
	return false
}

// implied gives where a test leads when an edge that was passed already tells
// its outcome, or nil.
func implied(test *block, passed *edge) *block {
	code, held := passed.code, true
	if code < 0 {
		code, held = -code, false
	}
	if test.last.code != code || test.value[registerA] != passed.from.value[registerA] {
		return nil
	}
	switch {
	case test.operand == passed.from.operand && held:
		return test.yes.to
	case test.operand == passed.from.operand:
		return test.no.to
	case held && code == jumpIfEQ|sourceK: // equal to another constant
		return test.no.to
	}
	return nil
}

// shorten leads an edge past tests whose outcome is known on this way.
func (o *optimizer) shorten(e *edge) {
	if e.to.yes.to == nil {
		return
	}
	if e.to.yes.to == e.to.no.to && !conflict(e.from, e.to.yes.to) {
		o.changed()
		e.to = e.to.yes.to
	}
again:
	for word, set := range e.dom {
		for ; set != 0; set &= set - 1 {
			passed := word<<6 + bits.TrailingZeros64(set)
			if passed >= len(o.edges) {
				break
			}
			to := implied(e.to, o.edges[passed])
			if to == nil || conflict(e.from, to) {
				continue
			}
			o.done = false
			e.to = to
			if to.yes.to == nil {
				return
			}
			goto again
		}
	}
}

// pullUp moves, in a chain of tests of which any decides (side yes: "a or b or
// c"), or all must hold (side no), one of the same value as the test in front
// of the chain to its beginning, so that the value need not be loaded again.
func (o *optimizer) pullUp(b *block, same, other func(*block) *edge) {
	e := b.in
	if e == nil {
		return
	}
	value := e.from.value[registerA]
	for e = e.next; e != nil; e = e.next {
		if e.from.value[registerA] != value {
			return
		}
	}
	differs := &b.in.from.no
	if b.in.from.yes.to == b {
		differs = &b.in.from.yes
	}
	inChain := func(e *edge) bool {
		return e.to != nil && same(e.to).to == same(b).to && e.to.dom.has(b.id)
	}
	atTop := true
	for ; ; atTop = false {
		if !inChain(differs) {
			return
		}
		if differs.to.value[registerA] != value {
			break
		}
		differs = other(differs.to)
	}
	equal := other(differs.to)
	for ; ; equal = other(equal.to) {
		if !inChain(equal) {
			return
		}
		if equal.to.value[registerA] == value {
			break
		}
	}
	pulled := equal.to
	equal.to = other(pulled).to
	other(pulled).to = differs.to
	if atTop {
		for e := b.in; e != nil; e = e.next {
			if e.from.yes.to == b {
				e.from.yes.to = pulled
			} else {
				e.from.no.to = pulled
			}
		}
	} else {
		differs.to = pulled
	}
	o.done = false
}

// mergeEqual makes one of blocks that do the same and lead to the same.
func (o *optimizer) mergeEqual() {
	for again := true; again; {
		again = false
		for _, b := range o.all {
			b.next = nil
		}
		reached := make([]bool, len(o.all))
		for _, b := range o.blocks() {
			reached[b.id] = true
		}
		seen := map[blockKey][]*block{} // those further behind come first
		for i := len(o.all) - 1; i >= 0; i-- {
			b := o.all[i]
			if !reached[i] {
				continue
			}
			key := b.key()
			others := seen[key]
			for j := len(others) - 1; j >= 0; j-- {
				if equal(b, others[j]) {
					if b.next = others[j].next; b.next == nil {
						b.next = others[j]
					}
					break
				}
			}
			seen[key] = append(others, b)
		}
		for _, b := range o.all {
			if b.yes.to == nil {
				continue
			}
			for _, e := range [...]*edge{&b.yes, &b.no} {
				if e.to.next != nil {
					e.to = e.to.next
					again = true
				}
			}
		}
	}
}

// blockKey is what equal blocks have in common, for a quick look-up.
type blockKey struct {
	last    stmt
	yes, no *block
	length  int
}

func (b *block) key() blockKey {
	return blockKey{last: b.last, yes: b.yes.to, no: b.no.to, length: len(b.live())}
}

// equal compares the statements of two blocks with the same key.
func equal(a, b *block) bool {
	x, y := a.live(), b.live()
	for i := range x {
		if x[i].code != y[i].code || x[i].k != y[i].k {
			return false
		}
	}
	return true
}

// trimRoot leaves out tests at the start whose outcome does not matter. Their
// statements stay, as later ones may use what they load.
func (o *optimizer) trimRoot() {
	stmts := o.root.stmts
	o.root.stmts = nil
	for class(o.root.last.code) == classJMP && o.root.yes.to == o.root.no.to {
		o.root = o.root.yes.to
	}
	o.root.stmts = append(stmts, o.root.stmts...)
	if class(o.root.last.code) == classRET {
		o.root.stmts = nil
	}
}
