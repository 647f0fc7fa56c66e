package filter

import (
	"fmt"
	"net/netip"
	"strings"
)

// identifier reads a name or an address under qualifiers.
func (p *parser) identifier(q qualifiers) *test {
	t := p.take()
	if t.fault != "" && (t.kind != tokAddress6 || !p.peek().is("/")) {
		panic(p.pending)
	}
	switch t.kind {
	case tokMAC:
		return p.macID(t, q)
	case tokARCnet:
		p.fail(t, "aid supported only on ARCnet")
	case tokAddress:
		return p.addressID(t, q)
	case tokAddress6:
		length := uint32(128)
		if p.accept("/") {
			length = p.expectKind(tokNumber).number
			if t.fault == "" && length > 128 {
				p.failf("mask length must be <= 128")
			}
		}
		if p.here = t; t.fault != "" {
			panic(p.pending)
		}
		return p.address6ID(t.text, length, q)
	}
	return p.nameID(t.text, q)
}

// syntax is the fault of an identifier where there are no qualifiers to take.
func (p *parser) syntax() { p.failf("syntax error in filter expression") }

// numberID is a number as an identifier: a host, a net, a port, a protocol.
func (p *parser) numberID(v uint32, q qualifiers) *test {
	if q.invalid {
		p.syntax()
	}
	switch q.kind {
	case kindPort, kindPortRange:
		proto := p.portProtocol(q)
		if v > 65535 {
			p.failf("illegal port number %d > 65535", v)
		}
		return p.gen.portRange(v, v, q.kind == kindPort, proto, q.direction)
	case kindGateway:
		p.failf("'gateway' requires a name")
	case kindProto:
		return p.gen.proto(v, q.protocol)
	case kindProtoChain:
		return p.gen.chain(v, q.protocol)
	}
	if q.protocol == nameLink {
		p.failf("illegal link layer address")
	}
	length := 32
	if q.protocol == nameDECnet {
		length = 0
	} else if q.kind == kindNet { // "net 10" is 10.0.0.0/8
		v, length = shiftUp(v)
	}
	return p.gen.host(v, prefixMask(length), q.protocol, q.direction, q.kind)
}

// shiftUp moves a number that stands for the first bytes of an address to its
// place and tells how many bits it has.
func shiftUp(v uint32) (address uint32, length int) {
	length = 32
	for v != 0 && v>>24 == 0 {
		v <<= 8
		length -= 8
	}
	return v, length
}

// portProtocol gives the protocol of the ports that qualifiers ask for.
func (p *parser) portProtocol(q qualifiers) int {
	switch q.protocol {
	case anyProtocol:
		return anyPort
	case nameTCP:
		return protoTCP
	case nameUDP:
		return protoUDP
	case nameSCTP:
		return protoSCTP
	}
	p.failf("illegal qualifier of '%s'", portWord(q.kind))
	return 0
}

func portWord(k kind) string {
	if k == kindPortRange {
		return "portrange"
	}
	return "port"
}

// parseDotted reads up to four numbers as the first bytes of an address.
func parseDotted(s string) (address uint32, bits int, ok bool) {
	for part := range strings.SplitSeq(s, ".") {
		var n uint32
		for _, c := range []byte(part) {
			if n > 25 {
				return 0, 0, false
			}
			n = n*10 + uint32(c) - '0'
		}
		if n > 255 {
			return 0, 0, false
		}
		address = address<<8 | n
		bits += 8
	}
	return address << (32 - bits), bits, true
}

func (p *parser) dotted(t token) (address uint32, bits int) {
	address, bits, ok := parseDotted(t.text)
	if !ok {
		p.fail(t, "invalid IPv4 address '"+t.text+"'")
	}
	return address, bits
}

// addressID is an IPv4 address or net. A short one covers what it leaves out.
func (p *parser) addressID(t token, q qualifiers) *test {
	switch {
	case p.accept("/"):
		length := p.expectKind(tokNumber)
		address, _ := p.dotted(t)
		if length.number > 32 {
			p.failf("mask length must be <= 32")
		}
		p.here = t
		return p.maskedID(address, prefixMask(int(length.number)), fmt.Sprintf("%s/%d", t.text, length.number), q)
	case p.accept("mask"):
		m := p.expectKind(tokAddress)
		address, _ := p.dotted(t)
		mask, _ := p.dotted(m)
		p.here = t
		return p.maskedID(address, mask, t.text+" mask "+m.text, q)
	}
	p.here = t
	switch q.kind {
	case kindPort, kindPortRange, kindProto, kindProtoChain:
		if !q.invalid {
			p.failf("'%s' modifier applied to ip host", map[kind]string{kindPort: "port", kindPortRange: "portrange",
				kindProto: "proto", kindProtoChain: "protochain"}[q.kind])
		}
	}
	if q.protocol == nameDECnet {
		return p.decnetID(t.text, q)
	}
	address, bits := p.dotted(t)
	switch {
	case q.invalid:
		p.syntax()
	case q.kind == kindGateway:
		p.failf("'gateway' requires a name")
	case q.protocol == nameLink:
		p.failf("illegal link layer address")
	}
	return p.gen.host(address, prefixMask(bits), q.protocol, q.direction, q.kind)
}

// maskedID is a net with its mask; text is how it was written.
func (p *parser) maskedID(address, mask uint32, text string, q qualifiers) *test {
	switch {
	case address&^mask != 0:
		p.failf("non-network bits set in \"%s\"", text)
	case q.invalid || q.kind != kindNet:
		p.failf("Mask syntax for networks only")
	}
	return p.gen.host(address, mask, q.protocol, q.direction, q.kind)
}

// decnetID is AREA.NODE.
func (p *parser) decnetID(s string, q qualifiers) *test {
	var area, node uint32
	if n, _ := fmt.Sscanf(s, "%d.%d", &area, &node); n != 2 {
		p.failf("malformed decnet address '%s'", s)
	}
	if q.invalid {
		p.syntax()
	}
	return p.gen.host(area<<10&0xfc00|node&0x3ff, 0, q.protocol, q.direction, q.kind)
}

func (p *parser) address6ID(s string, length uint32, q qualifiers) *test {
	address := netip.MustParseAddr(s) // the lexer checked it
	if netip.PrefixFrom(address, int(length)).Masked().Addr() != address {
		p.failf("non-network bits set in \"%s/%d\"", s, length)
	}
	switch {
	case q.invalid:
		p.failf("invalid qualifier against IPv6 address")
	case q.kind == kindNet:
	case q.kind != anyKind && q.kind != kindHost:
		p.failf("invalid qualifier against IPv6 address")
	case length != 128:
		p.failf("Mask syntax for networks only")
	}
	return p.gen.host6(address, int(length), q.protocol, q.direction, q.kind)
}

func (p *parser) macID(t token, q qualifiers) *test {
	switch {
	case q.invalid, q.kind != anyKind && q.kind != kindHost, q.protocol != nameLink:
		p.failf("ethernet address used in non-ether expression")
	case !p.gen.hasEthernet():
		p.failf("ethernet addresses supported only on %s", ethernetLike)
	}
	return p.gen.hardware(parseMAC(t.text), q.direction)
}

// parseMAC reads an address that the lexer found to be one.
func parseMAC(s string) (mac [6]byte) {
	for i := range mac {
		s = strings.TrimLeft(s, ":-.")
		n := lengthHex(s, 2)
		for _, c := range []byte(s[:n]) {
			digit := c - '0'
			if !isDigit(c) {
				digit = c | 0x20 - 'a' + 10
			}
			mac[i] = mac[i]<<4 | digit
		}
		s = s[n:]
	}
	return mac
}

// nameID is a name: of a host, a net, a service or a protocol.
func (p *parser) nameID(name string, q qualifiers) *test {
	if q.invalid {
		p.syntax()
	}
	switch q.kind {
	case kindNet:
		net := p.names.network(name)
		if net == 0 {
			p.failf("unknown network '%s'", name)
		}
		address, length := shiftUp(net)
		return p.gen.host(address, prefixMask(length), q.protocol, q.direction, q.kind)
	case kindPort:
		return p.portName(name, q)
	case kindPortRange:
		return p.rangeName(name, q)
	case kindGateway:
		p.failf("'gateway' not supported in this configuration")
	case kindProto, kindProtoChain:
		number := p.protocolNumber(name, q)
		if q.kind == kindProto {
			return p.gen.proto(number, q.protocol)
		}
		return p.gen.chain(number, q.protocol)
	}
	return p.hostName(name, q)
}

func (p *parser) hostName(name string, q qualifiers) *test {
	switch q.protocol {
	case nameLink:
		if !p.gen.hasEthernet() {
			p.failf("only %s supports link-level host name", ethernetLike)
		}
		mac, ok := p.names.ether(name)
		if !ok {
			p.failf("unknown ether host '%s'", name)
		}
		return p.gen.hardware(mac, q.direction)
	case nameDECnet:
		p.failf("decnet name support not included, '%s' cannot be translated\n", name)
	}
	addresses := p.names.host(name)
	if len(addresses) == 0 {
		p.failf("unknown host '%s'", name)
	}
	in4, in6 := q.protocol, q.protocol
	if q.protocol == anyProtocol && p.gen.linkType.constant == notSet {
		in4, in6 = nameIP, nameIP6
	}
	var t *test
	for _, a := range addresses {
		var one *test
		switch {
		case a.Is4() && in4 != nameIP6:
			b := a.As4()
			one = p.gen.host(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), allBits, in4, q.direction, q.kind)
		case !a.Is4() && in6 != nameIP:
			one = p.gen.host6(a, 128, in6, q.direction, q.kind)
		default:
			continue
		}
		if t != nil {
			one = or(t, one)
		}
		t = one
	}
	if t == nil {
		p.failf("unknown host '%s' for specified address family", name)
	}
	return t
}

// portName is a service. One that has a number in one protocol only means that
// protocol.
func (p *parser) portName(name string, q qualifiers) *test {
	p.portProtocol(q)
	port, proto, ok := p.names.port(name)
	if !ok {
		p.failf("unknown port '%s'", name)
	}
	return p.gen.portRange(port, port, true, p.agree(proto, q, "port", name), q.direction)
}

// agree checks the protocol of a service against that of the qualifiers.
func (p *parser) agree(proto int, q qualifiers, what, name string) int {
	asked := p.portProtocol(q)
	switch {
	case asked == anyPort:
		return proto
	case proto != anyPort && proto != asked:
		p.failf("%s '%s' is %s", what, name, map[int]string{protoTCP: "tcp", protoUDP: "udp", protoSCTP: "sctp"}[proto])
	}
	return asked
}

// rangeName is a range of ports, in numbers or in names of services.
func (p *parser) rangeName(name string, q qualifiers) *test {
	p.portProtocol(q)
	low, high, proto, ok := p.names.portRange(name)
	if !ok {
		p.failf("unknown port in range '%s'", name)
	}
	proto = p.agree(proto, q, "port in range", name)
	for _, port := range [...]int32{low, high} {
		switch {
		case port < 0:
			p.failf("illegal port number %d < 0", port)
		case port > 65535:
			p.failf("illegal port number %d > 65535", port)
		}
	}
	return p.gen.portRange(uint32(low), uint32(high), false, proto, q.direction)
}

func (p *parser) protocolNumber(name string, q qualifiers) uint32 {
	var number uint32
	var ok bool
	switch q.protocol {
	case anyProtocol, nameIP, nameIP6:
		if number, ok = p.names.protocol(name); !ok {
			p.failf("unknown ip proto '%s'", name)
		}
	case nameLink:
		if number, ok = etherNumber(name); !ok {
			p.failf("unknown ether proto '%s'", name)
		}
	case nameISO:
		if number, ok = isoNumber(name); !ok {
			p.failf("unknown osi proto '%s'", name)
		}
	default:
		p.failf("unknown protocol: %s", name)
	}
	return number
}
