package filter

import (
	"net/netip"
	"slices"

	"hoplab/packet/pcap"
)

// generator makes the graph of a filter while the parser reads it. Primitives
// such as vlan change what those behind them mean, in the order of the text, so
// the generator carries where the headers are at this place.
//
// It follows libpcap's gencode.c test for test: what order fields are looked at
// in decides which packets that are cut short still match.
type generator struct {
	options Options
	fail    func(format string, args ...any) // does not return

	unmodelled bool   // the link type is one of whose headers nothing is known here
	link       int    // of the innermost link header so far
	linkHeader offset // of that header
	linkType   offset // of its protocol field
	payload    offset // of what comes behind it, an LLC header included
	network    uint32 // offset of the network header in the payload
	networkLLC uint32 // the same behind a bare LLC header

	labels      int  // MPLS labels passed
	tags        int  // VLAN tags passed
	geneve      bool // inside Geneve
	variableTag bool // a VLAN tag may be there or not

	used        [memoryEnd]bool // scratch words
	lastUsed    int
	unoptimized bool // the program must stay as it is
	blocks      int
}

// offset is where a header starts: at a constant, or at a constant plus what a
// scratch word holds.
type offset struct {
	constant uint32
	variable bool
	register int // of the variable part; noRegister before its first use
}

// notSet is an offset that a link type does not have. Sums with it wrap around.
const notSet = 0xffffffff

// Ethertypes and service access points.
const (
	etherNS       = 0x0600
	etherIPv4     = 0x0800
	etherARP      = 0x0806
	etherMOPDL    = 0x6001
	etherMOPRC    = 0x6002
	etherDECnet   = 0x6003
	etherLAT      = 0x6004
	etherSCA      = 0x6007
	etherTEB      = 0x6558 // Ethernet in a tunnel
	etherRARP     = 0x8035
	etherATalk    = 0x809b
	etherAARP     = 0x80f3
	etherVLAN     = 0x8100
	etherIPX      = 0x8137
	etherIPv6     = 0x86dd
	etherMPLS     = 0x8847
	etherPPPoED   = 0x8863
	etherPPPoES   = 0x8864
	etherVLAN1ad  = 0x88a8
	etherLoopback = 0x9000
	etherQinQ     = 0x9100
	etherMTU      = 1500 // up to here the field is a length

	sapIP      = 0x06
	sapSTP     = 0x42
	sapSNAP    = 0xaa
	sapIPX     = 0xe0
	sapNetBEUI = 0xf0
	sapISO     = 0xfe
)

// IP protocol numbers.
const (
	protoICMP     = 1
	protoIGMP     = 2
	protoTCP      = 6
	protoIGRP     = 9
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoNone     = 59
	protoDstOpts  = 60
	protoPIM      = 103
	protoVRRP     = 112
	protoSCTP     = 132
	anyPort       = -1 // the protocols with ports: TCP, UDP and SCTP
)

// newGenerator sets the offsets of a link type.
func newGenerator(o Options) *generator {
	g := &generator{options: o, link: o.LinkType}
	zero := offset{register: noRegister}
	g.linkHeader, g.linkType, g.payload = zero, zero, zero
	switch o.LinkType {
	case pcap.LinkEthernet:
		g.linkType.constant, g.payload.constant, g.networkLLC = 12, 14, 3
	case pcap.LinkNull, pcap.LinkLoop:
		g.payload.constant = 4
	case linkPPP, linkPPPSerial, linkCiscoHDLC:
		g.linkType.constant, g.payload.constant = 2, 4
	case linkPPPEther:
		g.linkType.constant, g.payload.constant = 6, 8
	case pcap.LinkRaw, linkRawBSD, pcap.LinkIPv4, pcap.LinkIPv6, linkFrameRelay, linkLocalTalk:
		g.linkType.constant = notSet
	case pcap.LinkLinuxSLL:
		g.linkType.constant, g.payload.constant = 14, 16
	case pcap.LinkLinuxSLL2:
		g.payload.constant = 20
	default:
		g.unmodelled = true
		g.linkType.constant, g.payload.constant, g.network, g.networkLLC = notSet, notSet, notSet, notSet
	}
	return g
}

// checkLink fails for a link type of which libpcap knows nothing at all.
func (g *generator) checkLink() {
	const first, last = 104, 289 // in between, bytes can be looked at
	if slices.Contains([]int{0, 1, 6, 7, 8, 9, 10, 11, 12, 15, 16, 19, 50, 51, 100, 101, 102, 103}, g.link) || g.link >= first && g.link <= last {
		return
	}
	g.unmodelled = false
	g.fail("unknown data link type %d (min %d, max %d)", g.link, first, last)
}

// alloc takes a scratch word.
func (g *generator) alloc() int {
	for range memoryEnd {
		if !g.used[g.lastUsed] {
			g.used[g.lastUsed] = true
			return g.lastUsed
		}
		g.lastUsed = (g.lastUsed + 1) % memoryEnd
	}
	g.fail("too many registers needed to evaluate expression")
	return 0
}

func (g *generator) free(register int) { g.used[register] = false }

// variablePart loads the variable part of an offset into X; nil without one.
func (g *generator) variablePart(o *offset) []*stmt {
	if !o.variable {
		return nil
	}
	if o.register == noRegister {
		o.register = g.alloc()
	}
	return []*stmt{newStmt(loadXMem, uint32(o.register))}
}

// base is what a field's offset counts from.
type base uint8

const (
	fromLink base = iota
	fromLinkType
	fromLLC       // the payload of the link header
	fromNetwork   // behind SNAP, if there is one
	fromNetLLC    // behind a bare LLC header
	fromLabel     // the MPLS label in front of the payload
	fromTransport // behind the IPv4 header and its options
	fromIPv6Data  // behind the IPv6 header
)

// load loads a field into A.
func (g *generator) load(from base, at uint32, size int) []*stmt {
	start := &g.payload
	switch from {
	case fromLink:
		start = &g.linkHeader
	case fromLinkType:
		start = &g.linkType
	case fromNetwork:
		at += g.network
	case fromNetLLC:
		at += g.networkLLC
	case fromLabel:
		at += g.network - 4
	case fromIPv6Data:
		at += g.network + 40
	case fromTransport:
		return append(g.loadXHeaderLength(), newStmt(classLD|modeIND|size, g.payload.constant+g.network+at))
	}
	if s := g.variablePart(start); s != nil {
		return append(s, newStmt(classLD|modeIND|size, start.constant+at))
	}
	return []*stmt{newStmt(classLD|modeABS|size, start.constant+at)}
}

// loadXHeaderLength loads the length of the IPv4 header into X, plus the
// variable part of where it starts.
func (g *generator) loadXHeaderLength() []*stmt {
	at := g.payload.constant + g.network
	s := g.variablePart(&g.payload)
	if s == nil {
		return []*stmt{newStmt(loadXMSH, at)}
	}
	return append(s, newStmt(classLD|modeIND|sizeByte, at), newStmt(classALU|aluAnd, 0xf), newStmt(classALU|aluLsh, 2),
		newStmt(classALU|aluAdd|sourceX, 0), newStmt(tax, 0))
}

// newTest is newTest with a bound on the size of the whole.
func (g *generator) newTest(code int, k uint32, stmts []*stmt) *test {
	if g.blocks++; g.blocks > maxBlocks {
		g.fail("not modelled: a filter of more than %d tests", maxBlocks)
	}
	return newTest(code, k, stmts)
}

// compare tests a field under a mask.
func (g *generator) compare(jump int, from base, at uint32, size int, mask, value uint32) *test {
	s := g.load(from, at, size)
	if mask != allBits {
		s = append(s, newStmt(classALU|aluAnd, mask))
	}
	return g.newTest(jump, value, s)
}

const allBits = 1<<32 - 1

func (g *generator) equal(from base, at uint32, size int, value uint32) *test {
	return g.compare(jumpIfEQ, from, at, size, allBits, value)
}

func (g *generator) masked(from base, at uint32, size int, mask, value uint32) *test {
	return g.compare(jumpIfEQ, from, at, size, mask, value)
}

func (g *generator) greater(from base, at uint32, size int, value uint32) *test {
	return g.compare(jumpIfGT, from, at, size, allBits, value)
}

func (g *generator) greaterEqual(from base, at uint32, size int, value uint32) *test {
	return g.compare(jumpIfGE, from, at, size, allBits, value)
}

// equalBytes tests several bytes, from the end on in pieces as large as possible.
func (g *generator) equalBytes(from base, at uint32, b []byte) *test {
	var t *test
	for n := len(b); n > 0; {
		width, size := 1, sizeByte
		switch {
		case n >= 4:
			width, size = 4, sizeWord
		case n >= 2:
			width, size = 2, sizeHalf
		}
		n -= width
		var v uint32
		for _, x := range b[n : n+width] {
			v = v<<8 | uint32(x)
		}
		piece := g.equal(from, at+uint32(n), size, v)
		if t != nil {
			piece = and(t, piece)
		}
		t = piece
	}
	return t
}

// constant is a test with a fixed outcome.
func (g *generator) constant(holds bool) *test {
	k := uint32(1)
	if holds {
		k = 0
	}
	return g.newTest(jumpIfEQ, 0, []*stmt{newStmt(loadImm, k)})
}

// direction is src, dst and how they are joined.
type direction uint8

const (
	anyDirection direction = iota
	src
	dst
	srcOrDst
	srcAndDst
	addr1
	addr2
	addr3
	addr4
	receiver    // ra
	transmitter // ta
)

// directed joins a test of the source and one of the destination. The
// directions of 802.11 are a fault here; of says of what.
func (g *generator) directed(d direction, of string, one func(d direction) *test) *test {
	switch d {
	case src, dst:
		return one(d)
	case srcAndDst:
		a := one(src)
		return and(a, one(dst))
	case addr1, addr2, addr3, addr4:
		n := d - addr1 + 1
		g.fail("'addr%d' and 'address%d' are %s", n, n, map[bool]string{true: "only " + of, false: "not valid qualifiers for " + of}[of == onlyWLAN])
	case receiver, transmitter:
		name := "ra"
		if d == transmitter {
			name = "ta"
		}
		g.fail("'%s' is %s", name, map[bool]string{true: "only " + of, false: "not a valid qualifier for " + of}[of == onlyWLAN])
	}
	a := one(src)
	return or(a, one(dst))
}

const (
	onlyWLAN     = "supported on 802.11 with 802.11 headers"
	ofAddresses  = "addresses other than 802.11 MAC addresses"
	ethernetLike = "ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel"
)

// addressField tests an IPv4 address in a header of a network protocol.
func (g *generator) addressField(address, mask uint32, d direction, ether, srcAt, dstAt uint32) *test {
	return g.directed(d, ofAddresses, func(d direction) *test {
		at := srcAt
		if d == dst {
			at = dstAt
		}
		t := g.linkProtocol(ether)
		return and(t, g.masked(fromNetwork, at, sizeWord, mask, address))
	})
}

// host tests for a host or a network of IPv4.
func (g *generator) host(address, mask uint32, p protocol, d direction, k kind) *test {
	switch p {
	case anyProtocol:
		t := g.host(address, mask, nameIP, d, k)
		if g.labels > 0 {
			return t
		}
		t = or(t, g.host(address, mask, nameARP, d, k))
		return or(t, g.host(address, mask, nameRARP, d, k))
	case nameIP:
		return g.addressField(address, mask, d, etherIPv4, 12, 16)
	case nameARP:
		return g.addressField(address, mask, d, etherARP, 14, 24)
	case nameRARP:
		return g.addressField(address, mask, d, etherRARP, 14, 24)
	case nameDECnet:
		return g.decnetHost(address, d)
	case nameLink:
		g.fail("link-layer modifier applied to %s", k.hostOrNet())
	case nameIP6:
		g.fail("'ip6' modifier applied to ip host")
	case nameATalk, nameLAT, nameSCA, nameMOPRC, nameMOPDL, nameAARP, nameISO, nameIPX:
		g.fail("%s host filtering not implemented", p.title())
	}
	g.fail("'%s' modifier applied to %s", p, k.hostOrNet())
	return nil
}

// host6 tests for a host or a network of IPv6.
func (g *generator) host6(address netip.Addr, length int, p protocol, d direction, k kind) *test {
	switch p {
	case anyProtocol, nameIP6:
	case nameLink:
		g.fail("link-layer modifier applied to ip6 %s", k.hostOrNet())
	case nameATalk:
		g.fail("AppleTalk modifier applied to ip6 %s", k.hostOrNet())
	default:
		g.fail("'%s' modifier applied to ip6 %s", p, k.hostOrNet())
	}
	bytes := address.As16()
	return g.directed(d, ofAddresses, func(d direction) *test {
		at := uint32(8)
		if d == dst {
			at = 24
		}
		var t *test
		for word := uint32(0); word < 4; word++ {
			mask := prefixMask(min(max(length-32*int(word), 0), 32))
			var v uint32
			for _, b := range bytes[4*word : 4*word+4] {
				v = v<<8 | uint32(b)
			}
			part := g.masked(fromNetwork, at+4*word, sizeWord, mask, v)
			if t != nil {
				part = and(t, part)
			}
			t = part
		}
		return and(g.linkProtocol(etherIPv6), t)
	})
}

// prefixMask is the mask of a network of so many bits.
func prefixMask(bits int) uint32 { return uint32(uint64(allBits) << (32 - bits)) }

// decnetHost tests for a node in the long and the short header, each with and
// without a byte of padding.
func (g *generator) decnetHost(address uint32, d direction) *test {
	node := address&0xff<<8 | address>>8&0xff
	return g.directed(d, ofAddresses, func(d direction) *test {
		short, long := uint32(3), uint32(15)
		if d == dst {
			short, long = 1, 7
		}
		link := g.linkProtocol(etherDECnet)
		flags := g.masked(fromNetwork, 2, sizeHalf, 0xff07, 0x8106)
		t := and(flags, g.equal(fromNetwork, 3+long, sizeHalf, node))
		flags = g.masked(fromNetwork, 2, sizeByte, 0x07, 0x06)
		t = or(and(flags, g.equal(fromNetwork, 2+long, sizeHalf, node)), t)
		flags = g.masked(fromNetwork, 2, sizeHalf, 0xff07, 0x8102)
		t = or(and(flags, g.equal(fromNetwork, 3+short, sizeHalf, node)), t)
		flags = g.masked(fromNetwork, 2, sizeByte, 0x07, 0x02)
		t = or(and(flags, g.equal(fromNetwork, 2+short, sizeHalf, node)), t)
		return and(link, t)
	})
}

// hardware tests for an Ethernet address.
func (g *generator) hardware(mac [6]byte, d direction) *test {
	inner := g.insideTunnel()
	t := g.directed(d, onlyWLAN, func(d direction) *test {
		at := uint32(6)
		if d == dst {
			at = 0
		}
		return g.equalBytes(fromLink, at, mac[:])
	})
	if inner != nil {
		t = and(inner, t)
	}
	return t
}

// protocolAlone tests for a protocol whose name stands alone.
func (g *generator) protocolAlone(p protocol) *test {
	switch p {
	case nameIP:
		return g.linkProtocol(etherIPv4)
	case nameARP:
		return g.linkProtocol(etherARP)
	case nameRARP:
		return g.linkProtocol(etherRARP)
	case nameIP6:
		return g.linkProtocol(etherIPv6)
	case nameATalk:
		return g.linkProtocol(etherATalk)
	case nameAARP:
		return g.linkProtocol(etherAARP)
	case nameDECnet:
		return g.linkProtocol(etherDECnet)
	case nameSCA:
		return g.linkProtocol(etherSCA)
	case nameLAT:
		return g.linkProtocol(etherLAT)
	case nameMOPDL:
		return g.linkProtocol(etherMOPDL)
	case nameMOPRC:
		return g.linkProtocol(etherMOPRC)
	case nameISO:
		return g.linkProtocol(sapISO)
	case nameSTP:
		return g.linkProtocol(sapSTP)
	case nameIPX:
		return g.linkProtocol(sapIPX)
	case nameNetBEUI:
		return g.linkProtocol(sapNetBEUI)
	case nameLink:
		g.fail("link layer applied in wrong context")
	case nameRadio:
		g.fail("'radio' is not a valid protocol type")
	case nameES:
		return g.proto(isoESIS, nameISO)
	case nameIS:
		return g.proto(isoISIS, nameISO)
	case nameCLNP:
		return g.proto(isoCLNP, nameISO)
	}
	if units := p.isisUnits(); units != nil {
		t := g.proto(units[0], nameIS)
		second := g.proto(units[1], nameIS)
		t = or(t, second)
		for _, u := range units[2:] {
			t = or(g.proto(u, nameIS), t)
		}
		return t
	}
	number, in := p.number()
	return g.proto(number, in)
}

// number gives the IP protocol number of a name, and in what it is looked for.
func (p protocol) number() (number uint32, in protocol) {
	switch p {
	case nameTCP:
		return protoTCP, anyProtocol
	case nameUDP:
		return protoUDP, anyProtocol
	case nameSCTP:
		return protoSCTP, anyProtocol
	case namePIM:
		return protoPIM, anyProtocol
	case nameAH:
		return protoAH, anyProtocol
	case nameESP:
		return protoESP, anyProtocol
	case nameICMP:
		return protoICMP, nameIP
	case nameIGMP:
		return protoIGMP, nameIP
	case nameIGRP:
		return protoIGRP, nameIP
	case nameICMP6:
		return protoICMPv6, nameIP6
	}
	return protoVRRP, nameIP // carp has the same number
}

// Network layer protocol identifiers of ISO, and types of IS-IS packets.
const (
	isoCLNP = 0x81
	isoESIS = 0x82
	isoISIS = 0x83

	isisHelloL1 = 15
	isisHelloL2 = 16
	isisHelloPP = 17
	isisLSPL1   = 18
	isisLSPL2   = 20
	isisCSNPL1  = 24
	isisCSNPL2  = 25
	isisPSNPL1  = 26
	isisPSNPL2  = 27
)

// isisUnits lists the packets that a word of IS-IS stands for.
func (p protocol) isisUnits() []uint32 {
	switch p {
	case nameL1:
		return []uint32{isisHelloL1, isisHelloPP, isisLSPL1, isisCSNPL1, isisPSNPL1}
	case nameL2:
		return []uint32{isisHelloL2, isisHelloPP, isisLSPL2, isisCSNPL2, isisPSNPL2}
	case nameIIH:
		return []uint32{isisHelloL1, isisHelloL2, isisHelloPP}
	case nameLSP:
		return []uint32{isisLSPL1, isisLSPL2}
	case nameSNP:
		return []uint32{isisCSNPL1, isisCSNPL2, isisPSNPL1, isisPSNPL2}
	case nameCSNP:
		return []uint32{isisCSNPL1, isisCSNPL2}
	case namePSNP:
		return []uint32{isisPSNPL1, isisPSNPL2}
	}
	return nil
}

// proto tests what a header says of the one behind it: "proto 6".
func (g *generator) proto(number uint32, p protocol) *test {
	switch p {
	case anyProtocol:
		t := g.proto(number, nameIP)
		return or(t, g.proto(number, nameIP6))
	case nameLink:
		return g.linkProtocol(number)
	case nameIP:
		t := g.linkProtocol(etherIPv4)
		return and(t, g.equal(fromNetwork, 9, sizeByte, number))
	case nameIP6: // also behind a fragment header
		link := g.linkProtocol(etherIPv6)
		t := g.equal(fromNetwork, 6, sizeByte, protoFragment)
		t = and(t, g.equal(fromNetwork, 40, sizeByte, number))
		t = or(g.equal(fromNetwork, 6, sizeByte, number), t)
		return and(link, t)
	case nameISO:
		switch g.link {
		case linkFrameRelay:
			return g.equal(fromLink, 2, sizeHalf, 0x0300|number)
		case linkCiscoHDLC:
			t := g.linkProtocol(sapISO<<8 | sapISO)
			return and(t, g.equal(fromNetLLC, 1, sizeByte, number))
		}
		t := g.linkProtocol(sapISO)
		return and(t, g.equal(fromNetLLC, 0, sizeByte, number))
	case nameIS:
		t := g.proto(isoISIS, nameISO)
		return and(t, g.equal(fromNetLLC, 4, sizeByte, number))
	case nameARP, nameRARP, nameLAT, nameSCA, nameMOPRC, nameMOPDL:
		g.fail("%s does not encapsulate another protocol", p.title())
	case nameATalk, nameDECnet:
		g.fail("%s encapsulation is not specifiable", p.title())
	case nameCLNP:
		g.fail("'clnp proto' is not supported")
	}
	g.fail("'%s proto' is bogus", p)
	return nil
}

// firstFragment tests that the offset of an IPv4 fragment is 0: only such a
// packet has ports.
func (g *generator) firstFragment() *test {
	return not(g.newTest(jumpIfSet, 0x1fff, g.load(fromNetwork, 6, sizeHalf)))
}

// ports tests for a range of ports, in IPv4 or in IPv6. numbers of a single
// port are compared for equality.
func (g *generator) ports(low, high uint32, single bool, proto int, d direction, ether uint32) *test {
	link := g.linkProtocol(ether)
	of, from, protocolAt := "ports", fromTransport, uint32(9)
	if !single {
		of = "port ranges"
	}
	if ether == etherIPv6 {
		from, protocolAt = fromIPv6Data, 6
	}
	port := func(at uint32) *test {
		if single {
			return g.equal(from, at, sizeHalf, low)
		}
		t := g.greaterEqual(from, at, sizeHalf, min(low, high))
		return and(t, not(g.greater(from, at, sizeHalf, max(low, high))))
	}
	in := func(number uint32) *test {
		t := g.equal(fromNetwork, protocolAt, sizeByte, number)
		if ether == etherIPv4 {
			t = and(t, g.firstFragment())
		}
		return and(t, g.directed(d, of, func(d direction) *test {
			if d == dst {
				return port(2)
			}
			return port(0)
		}))
	}
	if proto != anyPort {
		return and(link, in(uint32(proto)))
	}
	t := in(protoTCP)
	t = or(t, in(protoUDP))
	return and(link, or(in(protoSCTP), t))
}

// portRange tests for a range of ports in both versions of IP.
func (g *generator) portRange(low, high uint32, single bool, proto int, d direction) *test {
	t := g.ports(low, high, single, proto, d, etherIPv4)
	return or(g.ports(low, high, single, proto, d, etherIPv6), t)
}

// length tests the length on the wire.
func (g *generator) length(jump int, k uint32) *test {
	return g.newTest(jump, k, []*stmt{newStmt(loadLen, 0)})
}

// byteTest is "byte N OP M". With & and | nothing is loaded, so that libpcap's
// optimizer sees an unknown value, and so do we.
func (g *generator) byteTest(op string, at, k uint32) *test {
	switch op {
	case "=":
		return g.equal(fromLink, at, sizeByte, k)
	case "<":
		return not(g.greaterEqual(fromLink, at, sizeByte, k))
	case ">":
		return g.greater(fromLink, at, sizeByte, k)
	}
	code := classALU | aluAnd
	if op == "|" {
		code = classALU | aluOr
	}
	return not(g.newTest(jumpIfEQ, 0, []*stmt{newStmt(code, k)}))
}

func (g *generator) broadcast(p protocol) *test {
	switch p {
	case anyProtocol, nameLink:
		if g.link != pcap.LinkEthernet {
			g.fail("not a broadcast link")
		}
		return g.hardware([6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, dst)
	case nameIP:
		if g.options.Netmask == NetmaskUnknown {
			g.fail("netmask not known, so 'ip broadcast' not supported")
		}
		link := g.linkProtocol(etherIPv4)
		host := ^g.options.Netmask
		t := g.masked(fromNetwork, 16, sizeWord, host, 0)
		t = or(t, g.masked(fromNetwork, 16, sizeWord, host, host))
		return and(link, t)
	}
	g.fail("only link-layer/IP broadcast filters supported")
	return nil
}

func (g *generator) multicast(p protocol) *test {
	switch p {
	case anyProtocol, nameLink:
		if g.link == pcap.LinkEthernet {
			inner := g.insideTunnel()
			t := g.newTest(jumpIfSet, 1, g.load(fromLink, 0, sizeByte))
			if inner != nil {
				t = and(inner, t)
			}
			return t
		}
	case nameIP: // only the first byte is looked at, so 255.255.255.255 is one, too
		t := g.linkProtocol(etherIPv4)
		return and(t, g.greaterEqual(fromNetwork, 16, sizeByte, 224))
	case nameIP6:
		t := g.linkProtocol(etherIPv6)
		return and(t, g.equal(fromNetwork, 24, sizeByte, 255))
	}
	g.fail("link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel")
	return nil
}

func (g *generator) ifIndex(n uint32) *test {
	if g.link == pcap.LinkLinuxSLL2 {
		return g.equal(fromLink, 4, sizeWord, n)
	}
	if !g.options.Live {
		g.fail("ifindex not supported on %s when reading savefiles", describeLink(g.link))
	}
	if g.options.NoIfIndex {
		g.fail("not modelled: ifindex: say by its name which interface is meant")
	}
	return g.equal(fromLink, ancillaryIfIndex, sizeWord, n)
}

// bound tests for packets that came in or that went out.
func (g *generator) bound(out bool) *test {
	var t *test
	switch g.link {
	case pcap.LinkLinuxSLL:
		t = g.equal(fromLink, 0, sizeHalf, packetOutgoing)
	case pcap.LinkLinuxSLL2:
		t = g.equal(fromLink, 10, sizeByte, packetOutgoing)
	default:
		if !g.options.Live {
			g.fail("inbound/outbound not supported on %s when reading savefiles", describeLink(g.link))
		}
		t = g.equal(fromLink, ancillaryPacketType, sizeHalf, packetOutgoing)
	}
	if !out {
		t = not(t)
	}
	return t
}

// prepend puts statements in front of those of a test.
func (t *test) prepend(s ...*stmt) *test {
	t.head.stmts = append(s, t.head.stmts...)
	return t
}

// computeOffsets sets, at the start of the program, the scratch words that hold
// offsets.
func (g *generator) computeOffsets(t *test) {
	if !g.variableTag {
		return
	}
	for _, o := range [...]*offset{&g.payload, &g.linkType} {
		if o.register == noRegister {
			o.register = g.alloc()
		}
	}
	t.prepend(newStmt(loadImm, 0), newStmt(store, uint32(g.payload.register)), newStmt(store, uint32(g.linkType.register)))
}

// hasEthernet tells that the innermost link header has Ethernet addresses.
func (g *generator) hasEthernet() bool { return g.link == pcap.LinkEthernet }
