package filter

// arithmetic is an expression whose value is in a scratch word.
type arithmetic struct {
	stmts    []*stmt
	register int
	guard    *test // what must hold before it can be computed, nil for nothing
}

// toX loads the value into X, toA into A.
func (a *arithmetic) toX() *stmt { return newStmt(loadXMem, uint32(a.register)) }
func (a *arithmetic) toA() *stmt { return newStmt(loadMem, uint32(a.register)) }

// number is a constant.
func (g *generator) number(k uint32) *arithmetic {
	r := g.alloc()
	return &arithmetic{register: r, stmts: []*stmt{newStmt(loadImm, k), newStmt(store, uint32(r))}}
}

// packetLength is "len".
func (g *generator) packetLength() *arithmetic {
	r := g.alloc()
	return &arithmetic{register: r, stmts: []*stmt{newStmt(loadLen, 0), newStmt(store, uint32(r))}}
}

func (g *generator) negate(a *arithmetic) *arithmetic {
	a.stmts = append(a.stmts, a.toA(), newStmt(classALU|aluNeg, 0), newStmt(store, uint32(a.register)))
	return a
}

// index is "proto[i:size]". Loads behind the IPv4 header hold only in IPv4 and
// in first fragments.
func (g *generator) index(p protocol, i *arithmetic, size uint32) *arithmetic {
	r := g.alloc()
	g.free(i.register)
	var sizeCode int
	switch size {
	case 1:
		sizeCode = sizeByte
	case 2:
		sizeCode = sizeHalf
	case 4:
		sizeCode = sizeWord
	default:
		g.fail("data size must be 1, 2, or 4")
	}
	add := func(s ...*stmt) { i.stmts = append(i.stmts, s...) }
	// at adds what puts the index, plus the variable part of where it counts
	// from, into X.
	at := func(base []*stmt) {
		if base == nil {
			add(i.toX())
			return
		}
		add(base...)
		add(i.toA(), newStmt(classALU|aluAdd|sourceX, 0), newStmt(tax, 0))
	}
	guard := func(t *test) {
		if i.guard != nil {
			t = and(i.guard, t)
		}
		i.guard = t
	}
	load := func(k uint32) { add(newStmt(classLD|modeIND|sizeCode, k)) }
	network := g.payload.constant + g.network
	switch p {
	case nameLink:
		at(g.variablePart(&g.linkHeader))
		load(g.linkHeader.constant)
	case nameIP, nameARP, nameRARP, nameATalk, nameDECnet, nameSCA, nameLAT, nameMOPRC, nameMOPDL, nameIP6:
		at(g.variablePart(&g.payload))
		load(network)
		guard(g.protocolAlone(p))
	case nameSCTP, nameTCP, nameUDP, nameICMP, nameIGMP, nameIGRP, namePIM, nameVRRP, nameCARP:
		at(g.loadXHeaderLength())
		load(network)
		t := g.protocolAlone(p)
		t = and(t, g.firstFragment())
		if i.guard != nil {
			t = and(i.guard, t)
		}
		i.guard = and(g.protocolAlone(nameIP), t)
	case nameICMP6:
		guard(g.protocolAlone(nameIP6))
		guard(g.equal(fromNetwork, 6, sizeByte, protoICMPv6))
		at(g.variablePart(&g.payload))
		load(network + 40)
	case nameRadio:
		g.fail("radio information not present in capture")
	default:
		g.fail("unsupported index operation")
	}
	i.register = r
	add(newStmt(store, uint32(r)))
	return i
}

// calculate joins two values. What cannot be computed for any packet is told
// only where the right side is a plain number; the optimizer finds the rest.
func (g *generator) calculate(operation int, a, b *arithmetic) *arithmetic {
	if first := b.stmts[0]; first.code == loadImm {
		switch {
		case operation == aluDiv && first.k == 0:
			g.fail("%v", divisionByZero)
		case operation == aluMod && first.k == 0:
			g.fail("%v", modulusByZero)
		case (operation == aluLsh || operation == aluRsh) && first.k > 31:
			g.fail("%v", shiftTooFar)
		}
	}
	a.stmts = append(a.stmts, b.stmts...)
	a.stmts = append(a.stmts, b.toX(), a.toA(), newStmt(classALU|sourceX|operation, 0))
	g.free(a.register)
	g.free(b.register)
	a.register = g.alloc()
	a.stmts = append(a.stmts, newStmt(store, uint32(a.register)))
	return a
}

// relation compares two values; with reverse it tests the opposite of jump.
func (g *generator) relation(jump int, a, b *arithmetic, reverse bool) *test {
	s := append(a.stmts, b.stmts...)
	s = append(s, b.toX(), a.toA())
	var t *test
	if jump == jumpIfEQ {
		t = g.newTest(jump, 0, append(s, newStmt(classALU|aluSub|sourceX, 0)))
	} else {
		t = g.newTest(jump|sourceX, 0, s)
	}
	if reverse {
		t = not(t)
	}
	g.free(a.register)
	g.free(b.register)
	switch {
	case a.guard != nil && b.guard != nil:
		return and(and(a.guard, b.guard), t)
	case a.guard != nil:
		return and(a.guard, t)
	case b.guard != nil:
		return and(b.guard, t)
	}
	return t
}

// chain is "protochain N": it walks over the headers behind that of IP until it
// meets protocol N. The walk is a loop in the program, which no kernel loads
// and which the optimizer must leave alone.
func (g *generator) chain(number uint32, p protocol) *test {
	again := g.alloc()
	switch p {
	case nameIP, nameIP6:
	case anyProtocol:
		t := g.chain(number, nameIP)
		return or(t, g.chain(number, nameIP6))
	default:
		g.fail("bad protocol applied for 'protochain'")
	}
	if g.payload.variable {
		g.fail("'protochain' not supported with variable length headers")
	}
	g.unoptimized = true
	at := g.payload.constant + g.network
	var link *test
	var s []*stmt
	add := func(code int, k uint32) *stmt {
		s = append(s, newStmt(code, k))
		return s[len(s)-1]
	}
	if p == nameIP {
		link = g.linkProtocol(etherIPv4)
		add(classLD|modeABS|sizeByte, at+9)
		add(loadXMSH, at)
	} else {
		link = g.linkProtocol(etherIPv6)
		add(classLD|modeABS|sizeByte, at+6)
		add(loadXImm, 40)
	}
	top := len(s)
	goBack := func() *stmt {
		s = append(s, newStmt(jump, uint32(top-len(s)-1)))
		return s[len(s)-1]
	}
	// A: the protocol, X: where its header starts.
	found := add(jumpIfEQ, number)
	none := add(jumpIfEQ, protoNone)
	found.no = none
	var extension []*stmt
	if p == nameIP6 {
		for _, header := range [...]uint32{0, protoDstOpts, protoRouting, protoFragment} {
			extension = append(extension, add(jumpIfEQ, header))
		}
		none.no = extension[0]
		advance := add(classLD|modeIND|sizeByte, at)
		for i, e := range extension {
			e.yes = advance
			if i > 0 {
				extension[i-1].no = e
			}
		}
		add(store, uint32(again))
		add(classLD|modeIND|sizeByte, at+1)
		add(classALU|aluAdd, 1)
		add(classALU|aluMul, 8)
		add(classALU|aluAdd|sourceX, 0)
		add(tax, 0)
		add(loadMem, uint32(again))
		goBack()
	} else {
		none.no = add(classALU|aluAdd, 0)
	}
	auth := add(jumpIfEQ, protoAH)
	if extension != nil {
		extension[len(extension)-1].no = auth
	}
	auth.yes = add(txa, 0)
	add(classLD|modeIND|sizeByte, at)
	add(store, uint32(again))
	add(txa, 0)
	add(classALU|aluAdd, 1)
	add(tax, 0)
	add(classLD|modeIND|sizeByte, at)
	add(classALU|aluAdd, 2)
	add(classALU|aluMul, 4)
	add(tax, 0)
	add(loadMem, uint32(again))
	goBack()
	end := add(classALU|aluAdd, 0)
	found.yes, none.yes, auth.no = end, end, end
	g.free(again)
	return and(link, g.newTest(jumpIfEQ, number, s))
}
