package filter

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/packet/pcap"
)

// Ethertypes.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherRARP = 0x8035
	etherIPv6 = 0x86dd
)

// IP protocol numbers.
const (
	protoICMP     = 1
	protoIGMP     = 2
	protoTCP      = 6
	protoIGRP     = 9
	protoUDP      = 17
	protoFragment = 44
	protoESP      = 50
	protoAH       = 51
	protoICMPv6   = 58
	protoPIM      = 103
	protoVRRP     = 112
	protoSCTP     = 132
)

// The first two nodes of every filter.
const (
	isFalse int32 = iota
	isTrue
)

// add appends a node.
func (c *compiler) add(n node) int32 {
	if len(c.f.nodes) >= maxNodes {
		return c.fail(c.tok, "expression is too long")
	}
	c.f.nodes = append(c.f.nodes, n)
	return int32(len(c.f.nodes) - 1)
}

func (c *compiler) and(a, b int32) int32 {
	switch {
	case a == isFalse || b == isFalse:
		return isFalse
	case a == isTrue:
		return b
	case b == isTrue:
		return a
	}
	return c.add(node{op: opAnd, left: a, right: b})
}

func (c *compiler) or(a, b int32) int32 {
	switch {
	case a == isTrue:
		return isTrue
	case a == isFalse:
		return b
	case b == isFalse:
		return a
	}
	// "a or true" stays: a may read outside of the frame and reject it.
	return c.add(node{op: opOr, left: a, right: b})
}

func (c *compiler) not(a int32) int32 {
	switch a {
	case isTrue:
		return isFalse
	case isFalse:
		return isTrue
	}
	return c.add(node{op: opNot, left: a})
}

// field tests a field under a mask.
func (c *compiler) field(b base, offset uint32, size uint8, mask, value uint32) int32 {
	if value&^mask != 0 {
		return isFalse
	}
	return c.add(node{op: opField, base: b, offset: offset, size: size, mask: mask, value: value})
}

const allBits = 1<<32 - 1

// network tests what the link layer announces.
func (c *compiler) network(kind uint32) int32 {
	if c.link != pcap.LinkRaw {
		return c.field(fromFrame, c.etherType, 2, allBits, kind)
	}
	switch kind { // a raw link has only the version
	case etherIPv4:
		return c.field(fromNetwork, 0, 1, 0xf0, 0x40)
	case etherIPv6:
		return c.field(fromNetwork, 0, 1, 0xf0, 0x60)
	}
	return isFalse
}

// ipProtocol tests the protocol field of an IPv4 header.
func (c *compiler) ipProtocol(number uint32) int32 {
	return c.and(c.network(etherIPv4), c.field(fromNetwork, 9, 1, allBits, number))
}

// ip6Protocol tests the next header of IPv6, also behind a fragment header.
func (c *compiler) ip6Protocol(number uint32) int32 {
	fragment := c.and(c.field(fromNetwork, 6, 1, allBits, protoFragment), c.field(fromIPv6Data, 0, 1, allBits, number))
	return c.and(c.network(etherIPv6), c.or(fragment, c.field(fromNetwork, 6, 1, allBits, number)))
}

// firstFragment tests that the offset is 0: only such a packet has ports.
func (c *compiler) firstFragment() int32 {
	return c.field(fromNetwork, 6, 2, 0x1fff, 0)
}

// protocol compiles a protocol's name that stands alone.
func (c *compiler) protocol(t token) int32 {
	switch t.text {
	case "ip":
		return c.network(etherIPv4)
	case "arp":
		return c.network(etherARP)
	case "rarp":
		return c.network(etherRARP)
	case "ip6":
		return c.network(etherIPv6)
	case "tcp", "udp", "sctp", "pim", "ah", "esp":
		number := transportNumber(t.text)
		return c.or(c.ipProtocol(number), c.ip6Protocol(number))
	case "icmp", "igmp", "igrp", "vrrp":
		return c.ipProtocol(transportNumber(t.text))
	case "icmp6":
		return c.ip6Protocol(protoICMPv6)
	case "ether":
		return c.syntaxError()
	}
	return c.fail(t, "not modelled: "+t.text)
}

func transportNumber(name string) uint32 {
	switch name {
	case "icmp":
		return protoICMP
	case "igmp":
		return protoIGMP
	case "tcp":
		return protoTCP
	case "igrp":
		return protoIGRP
	case "udp":
		return protoUDP
	case "esp":
		return protoESP
	case "ah":
		return protoAH
	case "pim":
		return protoPIM
	case "vrrp":
		return protoVRRP
	}
	return protoSCTP
}

// load compiles "proto[index:size]". Loads behind the IPv4 header hold only in
// IPv4 and in first fragments.
func (c *compiler) load(t token, index value, size uint8) value {
	if c.err != nil {
		return value{}
	}
	from, guard := fromNetwork, isTrue
	switch t.text {
	case "ether":
		from = fromFrame
	case "ip", "arp", "rarp", "ip6":
		guard = c.protocol(t)
	case "tcp", "udp", "sctp", "icmp", "igmp", "igrp", "pim", "vrrp":
		from = fromTransport
		guard = c.and(c.ipProtocol(transportNumber(t.text)), c.firstFragment())
	case "icmp6":
		from = fromIPv6Data
		guard = c.and(c.network(etherIPv6), c.field(fromNetwork, 6, 1, allBits, protoICMPv6))
	default:
		c.fail(t, "not modelled: "+t.text+"[...]")
	}
	return value{c.add(node{op: opLoad, base: from, size: size, left: index.node}), c.and(index.guard, guard)}
}

// calculate joins two pieces of arithmetic, at once when both are numbers.
func (c *compiler) calculate(sign token, o op, left, right value) value {
	if c.err != nil {
		return value{}
	}
	a, b := &c.f.nodes[left.node], &c.f.nodes[right.node]
	if b.op == opNumber {
		switch {
		case b.value == 0 && o == opDiv:
			c.fail(sign, "division by zero")
		case b.value == 0 && o == opMod:
			c.fail(sign, "modulus by zero")
		case b.value > 31 && (o == opShiftLeft || o == opShiftRight):
			c.fail(sign, "shift by more than 31 bits")
		case a.op == opNumber:
			return value{c.add(node{op: opNumber, value: arithmetic(o, a.value, b.value)}), isTrue}
		}
	}
	return value{c.add(node{op: o, left: left.node, right: right.node}), c.and(left.guard, right.guard)}
}

func (c *compiler) compare(left value, r relation, right value) int32 {
	if c.err != nil {
		return isFalse
	}
	a, b := &c.f.nodes[left.node], &c.f.nodes[right.node]
	if a.op == opNumber && b.op == opNumber {
		if compare(a.value, r, b.value) {
			return isTrue
		}
		return isFalse
	}
	n := c.add(node{op: opCompare, relation: r, left: left.node, right: right.node})
	return c.and(c.and(left.guard, right.guard), n)
}

func (c *compiler) compareLength(r relation, limit uint32) int32 {
	length := value{c.add(node{op: opLength}), isTrue}
	return c.compare(length, r, value{c.add(node{op: opNumber, value: limit}), isTrue})
}

// cast compiles "ether broadcast", "ip multicast" and so on.
func (c *compiler) cast(t token, proto, what string) int32 {
	switch {
	case proto == "ip" && what == "broadcast":
		return c.fail(t, "not modelled: ip broadcast, as the netmask of the interface is not known")
	case proto == "ip":
		// libpcap looks only at the first byte, so 255.255.255.255 matches too.
		return c.and(c.network(etherIPv4), c.add(node{op: opRange, base: fromNetwork, offset: 16, size: 1, mask: 224, value: 255}))
	case proto == "ip6" && what == "multicast":
		return c.and(c.network(etherIPv6), c.field(fromNetwork, 24, 1, allBits, 0xff))
	case proto != "" && proto != "ether" && what == "broadcast":
		return c.fail(t, "only link-layer/IP broadcast filters supported")
	case proto != "" && proto != "ether":
		return c.fail(t, "link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel")
	case c.link != pcap.LinkEthernet && what == "broadcast":
		return c.fail(t, "not a broadcast link")
	case c.link != pcap.LinkEthernet:
		return c.fail(t, "link-layer multicast filters supported only on ethernet/FDDI/token ring/ARCNET/802.11/ATM LANE/Fibre Channel")
	case what == "multicast":
		return c.field(fromFrame, 0, 1, 1, 1)
	}
	return c.mac(0, [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
}

func (c *compiler) mac(offset uint32, mac [6]byte) int32 {
	n := node{op: opMAC, offset: offset}
	copy(n.bytes[:], mac[:])
	return c.add(n)
}

// either joins the tests of the source and of the destination.
func (c *compiler) either(dir string, src, dst func() int32) int32 {
	switch dir {
	case "src":
		return src()
	case "dst":
		return dst()
	case "src and dst":
		a := src()
		return c.and(a, dst())
	}
	a := src()
	return c.or(a, dst())
}

// identifier compiles the current token under qualifiers.
func (c *compiler) identifier(q qualifiers) int32 {
	t := c.tok
	c.advance()
	switch q.kind {
	case "port", "portrange":
		return c.ports(t, q)
	case "proto":
		return c.protoNumber(t, q)
	}
	switch t.kind {
	case tokMAC:
		return c.hardwareAddress(t, q)
	case tokIPv6:
		return c.address6(t, q)
	case tokNumber, tokDotted:
		return c.address4(t, q)
	}
	if q.proto == "ether" {
		return c.fail(t, "unknown ether host '"+t.text+"'")
	}
	if q.kind == "net" {
		return c.fail(t, "unknown network '"+t.text+"'")
	}
	return c.fail(t, "unknown host '"+t.text+"'")
}

func (c *compiler) hardwareAddress(t token, q qualifiers) int32 {
	switch {
	case q.proto != "ether" && q.proto != "wlan", q.kind == "net":
		return c.fail(t, "ethernet address used in non-ether expression")
	case c.link != pcap.LinkEthernet:
		return c.fail(t, "ethernet addresses supported only on ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel")
	}
	return c.either(q.dir, func() int32 { return c.mac(6, t.mac) }, func() int32 { return c.mac(0, t.mac) })
}

// typeWord is how libpcap's errors name what a qualifier was applied to.
func (q qualifiers) typeWord() string {
	if q.kind == "net" {
		return "net"
	}
	return "host"
}

// address4 compiles a host or net. A short address covers what it leaves out.
func (c *compiler) address4(t token, q qualifiers) int32 {
	address, width := t.number, t.width
	if t.kind == tokNumber {
		width = 32
		for q.kind == "net" && address != 0 && address>>24 == 0 {
			address <<= 8
			width -= 8
		}
	}
	mask := prefixMask(width)
	if t.kind == tokDotted && (c.tok.is("/") || c.tok.is("mask")) {
		address, mask = c.mask(t, q)
	}
	if c.err != nil {
		return isFalse
	}
	switch q.proto {
	case "":
		n := c.address4In(etherIPv4, 12, 16, address, mask, q.dir)
		n = c.or(n, c.address4In(etherARP, 14, 24, address, mask, q.dir))
		return c.or(n, c.address4In(etherRARP, 14, 24, address, mask, q.dir))
	case "ip":
		return c.address4In(etherIPv4, 12, 16, address, mask, q.dir)
	case "arp":
		return c.address4In(etherARP, 14, 24, address, mask, q.dir)
	case "rarp":
		return c.address4In(etherRARP, 14, 24, address, mask, q.dir)
	case "ether":
		return c.fail(t, "illegal link layer address")
	case "ip6":
		return c.fail(t, "'ip6' modifier applied to ip host")
	}
	return c.fail(t, "'"+q.proto+"' modifier applied to "+q.typeWord())
}

// mask reads what may follow the address of a net.
func (c *compiler) mask(t token, q qualifiers) (address, mask uint32) {
	name := "/"
	if c.accept("/") {
		name += c.tok.text
		if c.tok.kind != tokNumber {
			c.syntaxError()
		} else if c.tok.number > 32 {
			c.fail(c.tok, "mask length must be <= 32")
		} else {
			mask = prefixMask(int(c.tok.number))
		}
	} else {
		c.advance()
		name = " mask " + c.tok.text
		if c.tok.kind != tokDotted {
			c.syntaxError()
		}
		mask = c.tok.number
	}
	if c.err != nil {
		return 0, 0
	}
	c.advance()
	switch {
	case t.number&^mask != 0:
		c.fail(t, "non-network bits set in \""+t.text+name+"\"")
	case q.kind != "net":
		c.fail(t, "Mask syntax for networks only")
	}
	return t.number, mask
}

func prefixMask(bits int) uint32 {
	return uint32(uint64(allBits) << (32 - bits))
}

func (c *compiler) address4In(kind, src, dst, address, mask uint32, dir string) int32 {
	test := func(offset uint32) func() int32 {
		return func() int32 { return c.field(fromNetwork, offset, 4, mask, address&mask) }
	}
	n := c.network(kind)
	if n == isFalse {
		return isFalse
	}
	return c.and(n, c.either(dir, test(src), test(dst)))
}

func (c *compiler) address6(t token, q qualifiers) int32 {
	bits := uint32(128)
	if c.accept("/") {
		if c.tok.kind != tokNumber {
			return c.syntaxError()
		}
		if bits = c.tok.number; bits > 128 {
			return c.fail(c.tok, "mask length must be <= 128")
		}
		if masked := netip.PrefixFrom(t.addr, int(bits)).Masked().Addr(); masked != t.addr {
			return c.fail(t, "non-network bits set in \""+t.text+"/"+c.tok.text+"\"")
		}
		c.advance()
		if q.kind != "net" && bits != 128 {
			return c.fail(t, "Mask syntax for networks only")
		}
	}
	if q.proto != "" && q.proto != "ip6" {
		return c.fail(t, "'"+q.proto+"' modifier applied to ip6 "+q.typeWord())
	}
	test := func(offset uint32) func() int32 {
		return func() int32 {
			return c.add(node{op: opAddr6, base: fromNetwork, offset: offset, value: bits, bytes: t.addr.As16()})
		}
	}
	return c.and(c.network(etherIPv6), c.either(q.dir, test(8), test(24)))
}

// protoNumber compiles what follows "proto": a number, or a name behind a
// backslash where it is a keyword.
func (c *compiler) protoNumber(t token, q qualifiers) int32 {
	number, known := t.number, t.kind == tokNumber
	if t.kind == tokName && q.proto == "ether" {
		number, known = etherNumber(t.text)
	} else if t.kind == tokName {
		number, known = protocolNumber(t.text)
	}
	if !known {
		return c.fail(t, "unknown protocol '"+t.text+"'")
	}
	switch q.proto {
	case "":
		return c.or(c.ipProtocol(number), c.ip6Protocol(number))
	case "ip":
		return c.ipProtocol(number)
	case "ip6":
		return c.ip6Protocol(number)
	case "ether":
		if number <= 1500 {
			return c.fail(t, "not modelled: ether proto of an LLC frame")
		}
		return c.network(number)
	}
	return c.fail(t, "'"+q.proto+" proto' is bogus")
}

// ports compiles a port or a range of ports.
func (c *compiler) ports(t token, q qualifiers) int32 {
	switch q.proto {
	case "", "tcp", "udp", "sctp":
	default:
		return c.fail(t, "illegal qualifier of '"+q.kind+"'")
	}
	low, high, ok := c.portRange(t, q)
	if !ok {
		return isFalse
	}
	protocols := []uint32{protoTCP, protoUDP, protoSCTP}
	if q.proto != "" {
		protocols = []uint32{transportNumber(q.proto)}
	}
	v4, v6 := isFalse, isFalse
	for _, number := range protocols {
		v4 = c.or(v4, c.field(fromNetwork, 9, 1, allBits, number))
		v6 = c.or(v6, c.field(fromNetwork, 6, 1, allBits, number))
	}
	v4 = c.and(c.and(c.network(etherIPv4), v4), c.firstFragment())
	v6 = c.and(c.network(etherIPv6), v6)
	return c.or(c.and(v4, c.portTest(fromTransport, low, high, q.dir)), c.and(v6, c.portTest(fromIPv6Data, low, high, q.dir)))
}

func (c *compiler) portTest(b base, low, high uint32, dir string) int32 {
	test := func(offset uint32) func() int32 {
		return func() int32 {
			return c.add(node{op: opRange, base: b, offset: offset, size: 2, mask: low, value: high})
		}
	}
	return c.either(dir, test(0), test(2))
}

// portRange reads 80, http or 8000-8080.
func (c *compiler) portRange(t token, q qualifiers) (low, high uint32, ok bool) {
	first, second, isRange := strings.Cut(t.text, "-")
	switch {
	case t.kind == tokNumber:
		if t.number > 65535 {
			c.fail(t, "illegal port number "+strconv.FormatUint(uint64(t.number), 10)+" > 65535")
			return 0, 0, false
		}
		return t.number, t.number, true
	case t.kind == tokName && q.kind == "port":
		low, ok = portNumber(t.text)
		high = low
		if !ok {
			c.fail(t, "unknown port '"+t.text+"'")
		}
	case t.kind == tokName && isRange:
		var ok1, ok2 bool
		low, ok1 = portOf(first)
		high, ok2 = portOf(second)
		if ok = ok1 && ok2; !ok {
			c.fail(t, "unknown port in range '"+t.text+"'")
		}
		low, high = min(low, high), max(low, high)
	default:
		c.syntaxErrorAt(t)
	}
	return low, high, ok
}

func (c *compiler) syntaxErrorAt(t token) {
	c.fail(t, "can't parse filter expression: syntax error")
}

func portOf(s string) (uint32, bool) {
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return uint32(n), true
	}
	return portNumber(s)
}
