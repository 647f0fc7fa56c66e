package filter

import (
	"fmt"

	"hoplab/packet/pcap"
)

// Link types of which no capture of the lab's is, but that filters know.
const (
	linkPPP        = 9
	linkRawBSD     = 12 // raw IP, as some systems number it in files
	linkPPPSerial  = 50
	linkPPPEther   = 51
	linkCiscoHDLC  = 104
	linkFrameRelay = 107
	linkLocalTalk  = 114
)

// linkNames are libpcap's descriptions.
var linkNames = map[int]string{
	pcap.LinkNull:      "BSD loopback",
	pcap.LinkEthernet:  "Ethernet",
	6:                  "Token ring",
	7:                  "BSD ARCNET",
	8:                  "SLIP",
	linkPPP:            "PPP",
	10:                 "FDDI",
	linkRawBSD:         "Raw IP",
	linkPPPSerial:      "PPP over serial",
	linkPPPEther:       "PPPoE",
	pcap.LinkRaw:       "Raw IP",
	linkCiscoHDLC:      "Cisco HDLC",
	105:                "802.11",
	linkFrameRelay:     "Frame Relay",
	pcap.LinkLoop:      "OpenBSD loopback",
	pcap.LinkLinuxSLL:  "Linux cooked v1",
	linkLocalTalk:      "Localtalk",
	117:                "OpenBSD pflog file",
	127:                "802.11 plus radiotap header",
	147:                "DLT 147",
	189:                "USB with Linux header",
	192:                "Per-Packet Information",
	195:                "IEEE 802.15.4 with FCS",
	pcap.LinkIPv4:      "Raw IPv4",
	pcap.LinkIPv6:      "Raw IPv6",
	239:                "Linux netfilter log messages",
	253:                "Linux netlink",
	pcap.LinkLinuxSLL2: "Linux cooked v2",
}

func describeLink(link int) string {
	if name, ok := linkNames[link]; ok {
		return name
	}
	return fmt.Sprintf("DLT %d", link)
}

// Values of the protocol field in Linux cooked headers (linux/if_ether.h).
const (
	cooked8023 = 0x0001
	cooked8022 = 0x0004
)

// linkProtocol tests what the innermost link header announces: an ethertype,
// or up to 1500 a service access point of 802.2.
func (g *generator) linkProtocol(protocol uint32) *test {
	if g.labels > 0 {
		return g.labelledProtocol(protocol)
	}
	switch g.link {
	case pcap.LinkEthernet:
		return g.etherProtocol(protocol)
	case pcap.LinkLinuxSLL:
		return g.cookedProtocol(protocol)
	case pcap.LinkRaw, linkRawBSD: // only the version is there
		switch protocol {
		case etherIPv4:
			return g.masked(fromLink, 0, sizeByte, 0xf0, 0x40)
		case etherIPv6:
			return g.masked(fromLink, 0, sizeByte, 0xf0, 0x60)
		}
		return g.constant(false)
	case pcap.LinkIPv4:
		return g.constant(protocol == etherIPv4)
	case pcap.LinkIPv6:
		return g.constant(protocol == etherIPv6)
	case pcap.LinkNull, pcap.LinkLoop:
		return g.familyProtocol(protocol)
	case linkPPP, linkPPPSerial, linkPPPEther:
		return g.equal(fromLinkType, 0, sizeHalf, pppProtocol(protocol))
	case linkCiscoHDLC:
		if protocol == sapISO {
			protocol = sapISO<<8 | sapISO
		}
		return g.equal(fromLinkType, 0, sizeHalf, protocol)
	case linkLocalTalk:
		return g.constant(protocol == etherATalk)
	case linkFrameRelay:
		return g.relayProtocol(protocol)
	}
	if g.unmodelled {
		g.fail("")
	}
	return g.equal(fromLinkType, 0, sizeHalf, protocol)
}

// isLength tests that the type field of Ethernet is a length: an 802.3 frame.
func (g *generator) isLength() *test {
	return not(g.greater(fromLinkType, 0, sizeHalf, etherMTU))
}

func (g *generator) etherProtocol(protocol uint32) *test {
	switch protocol {
	case sapISO, sapIP, sapNetBEUI:
		t := g.isLength()
		return and(t, g.equal(fromLLC, 0, sizeHalf, protocol<<8|protocol))
	case sapIPX: // in each of its four framings
		t := g.equal(fromLLC, 0, sizeByte, sapIPX)
		t = or(t, g.equal(fromLLC, 0, sizeHalf, 0xffff))
		t = or(g.snap(0, etherIPX), t)
		t = and(g.isLength(), t)
		return or(g.equal(fromLinkType, 0, sizeHalf, etherIPX), t)
	case etherATalk, etherAARP:
		t := g.isLength()
		t = and(t, g.appleSNAP(protocol))
		return or(g.equal(fromLinkType, 0, sizeHalf, protocol), t)
	}
	if protocol <= etherMTU {
		t := g.isLength()
		return and(t, g.equal(fromLinkType, 2, sizeByte, protocol))
	}
	return g.equal(fromLinkType, 0, sizeHalf, protocol)
}

func (g *generator) cookedProtocol(protocol uint32) *test {
	kind := func(k uint32) *test { return g.equal(fromLinkType, 0, sizeHalf, k) }
	switch protocol {
	case sapISO, sapIP, sapNetBEUI:
		t := kind(cooked8022)
		return and(t, g.equal(fromLLC, 0, sizeHalf, protocol<<8|protocol))
	case sapIPX:
		t := g.equal(fromLLC, 0, sizeByte, sapIPX)
		t = or(t, g.snap(0, etherIPX))
		t = and(kind(cooked8022), t)
		t = or(kind(cooked8023), t)
		return or(kind(etherIPX), t)
	case etherATalk, etherAARP:
		t := kind(cooked8022)
		t = and(t, g.appleSNAP(protocol))
		return or(kind(protocol), t)
	}
	if protocol <= etherMTU {
		t := kind(cooked8022)
		return and(t, g.equal(fromLink, g.payload.constant, sizeByte, protocol))
	}
	return kind(protocol)
}

// snap tests for an LLC and SNAP header.
func (g *generator) snap(organization, protocol uint32) *test {
	return g.equalBytes(fromLLC, 0, []byte{sapSNAP, sapSNAP, 3,
		byte(organization >> 16), byte(organization >> 8), byte(organization), byte(protocol >> 8), byte(protocol)})
}

func (g *generator) appleSNAP(protocol uint32) *test {
	if protocol == etherATalk {
		return g.snap(0x080007, etherATalk)
	}
	return g.snap(0, etherAARP)
}

// familyProtocol tests the address family in front of a loopback's packet. NULL
// has it in the byte order of the machine that wrote the file, LOOP in that of
// the network; the number of IPv6 differs between systems.
func (g *generator) familyProtocol(protocol uint32) *test {
	family := func(n uint32) *test {
		if g.link == pcap.LinkNull && !(g.options.BigEndian && !g.options.Live) {
			n = n>>24 | n>>8&0xff00 | n<<8&0xff0000 | n<<24
		}
		return g.equal(fromLink, 0, sizeWord, n)
	}
	const (
		inet         = 2
		inet6Linux   = 10
		inet6BSD     = 24
		inet6FreeBSD = 28
		inet6Darwin  = 30
	)
	switch {
	case protocol == etherIPv4:
		return family(inet)
	case protocol == etherIPv6 && g.options.Live:
		return family(inet6Linux)
	case protocol == etherIPv6:
		t := family(inet6BSD)
		t = or(t, family(inet6FreeBSD))
		return or(family(inet6Darwin), t)
	}
	return g.constant(false)
}

// pppProtocol gives the number of a protocol in PPP.
func pppProtocol(protocol uint32) uint32 {
	switch protocol {
	case etherIPv4:
		return 0x21
	case etherIPv6:
		return 0x57
	case etherDECnet:
		return 0x27
	case etherATalk:
		return 0x29
	case etherNS:
		return 0x25
	case sapISO:
		return 0x23
	case sapSTP:
		return 0x31
	case sapIPX:
		return 0x2b
	}
	return protocol
}

func (g *generator) relayProtocol(protocol uint32) *test {
	is := func(identifier uint32) *test { return g.equal(fromLink, 2, sizeHalf, 0x0300|identifier) }
	switch protocol {
	case etherIPv4:
		return is(0xcc)
	case etherIPv6:
		return is(0x8e)
	case sapISO:
		clnp, esis := is(isoCLNP), is(isoESIS)
		return or(clnp, or(esis, is(isoISIS)))
	}
	return g.constant(false)
}

// llc tests that there is an LLC header.
func (g *generator) llc() *test {
	if g.link != pcap.LinkEthernet {
		g.fail("'llc' not supported for %s", describeLink(g.link))
	}
	t := g.isLength()
	return and(t, not(g.equal(fromLLC, 0, sizeHalf, 0xffff))) // Novell's frames have none
}

// llcKind tests for a kind of LLC frame, by its control field.
func (g *generator) llcKind(mask, value uint32) *test {
	t := g.llc()
	return and(t, g.masked(fromLLC, 2, sizeByte, mask, value))
}

// llcInformation tests for information frames.
func (g *generator) llcInformation() *test {
	t := g.llc()
	return and(t, not(g.newTest(jumpIfSet, 1, g.load(fromLLC, 2, sizeByte))))
}

// pushLink enters a link header inside of a packet.
func (g *generator) pushLink(link int, header offset) {
	g.link, g.linkHeader, g.geneve = link, header, false
}

// vlan tests for a tag and moves what follows behind it.
func (g *generator) vlan(id uint32, given bool) *test {
	switch {
	case g.labels > 0:
		g.fail("no VLAN match after MPLS")
	case g.link != pcap.LinkEthernet:
		g.fail("no VLAN support for %s", describeLink(g.link))
	}
	var t *test
	if outermost := !g.linkHeader.variable && g.linkHeader.constant == 0; g.options.Live && g.tags == 0 && outermost {
		t = g.vlanLive(id, given)
	} else {
		t = g.vlanType()
		if given {
			t = and(t, g.vlanID(id))
		}
		g.payload.constant += 4
		g.linkType.constant += 4
	}
	g.tags++
	return t
}

func (g *generator) vlanType() *test {
	t := g.linkProtocol(etherVLAN)
	t = or(t, g.linkProtocol(etherVLAN1ad))
	return or(t, g.linkProtocol(etherQinQ))
}

func (g *generator) vlanID(id uint32) *test {
	if id > 0xfff {
		g.fail("VLAN tag %d greater than maximum 4095", id)
	}
	return g.masked(fromNetwork, 0, sizeHalf, 0xfff, id)
}

// vlanLive tests for the outermost tag on an interface, which the kernel may
// have taken out of the frame: the offsets behind it become variable.
func (g *generator) vlanLive(id uint32, given bool) *test {
	apart := g.newTest(jumpIfEQ, 1, []*stmt{newStmt(classLD|modeABS|sizeByte, ancillaryVLANPresent)})
	inFrame := g.vlanType()
	var number *test
	if given {
		number = g.vlanID(id)
	}
	g.variableTag = true
	var shift []*stmt
	for _, o := range [...]*offset{&g.payload, &g.linkType} {
		o.variable = true
		if o.register == noRegister {
			o.register = g.alloc()
		}
		shift = append(shift, newStmt(loadMem, uint32(o.register)), newStmt(classALU|aluAdd, 4), newStmt(store, uint32(o.register)))
	}
	inFrame.prepend(shift...)
	t := or(apart, inFrame)
	if !given {
		return t
	}
	first := number.head.stmts[0]
	present := newStmt(jumpIfEQ, 1)
	tag := newStmt(classLD|modeABS|sizeByte, ancillaryVLANTag)
	present.yes, present.no = tag, first
	number.prepend(newStmt(classLD|modeABS|sizeByte, ancillaryVLANPresent), present, tag,
		newStmt(jump, uint32(len(number.head.stmts)-1)))
	return and(t, number)
}

// mpls tests for a label and moves what follows behind it.
func (g *generator) mpls(label uint32, given bool) *test {
	var t *test
	switch {
	case g.labels > 0: // the one before was not the last
		t = g.masked(fromLabel, 2, sizeByte, 0x01, 0)
	case g.link == pcap.LinkEthernet, g.link == linkCiscoHDLC:
		t = g.linkProtocol(etherMPLS)
	case g.link == linkPPP:
		t = g.linkProtocol(0x0281)
	default:
		g.fail("no MPLS support for %s", describeLink(g.link))
	}
	if given {
		if label > 0xfffff {
			g.fail("MPLS label %d greater than maximum 1048575", label)
		}
		t = and(t, g.masked(fromNetwork, 0, sizeWord, 0xfffff000, label<<12))
	}
	g.networkLLC += 4
	g.network += 4
	g.labels++
	return t
}

// labelledProtocol tests what follows an MPLS label, of which only the version
// of IP tells.
func (g *generator) labelledProtocol(protocol uint32) *test {
	version := uint32(0x40)
	switch protocol {
	case etherIPv4:
	case etherIPv6:
		version = 0x60
	default:
		g.fail("unsupported protocol over mpls")
	}
	bottom := g.masked(fromNetwork, ^uint32(1), sizeByte, 0x01, 0x01) // two bytes in front
	return and(bottom, g.masked(fromNetwork, 0, sizeByte, 0xf0, version))
}

// pppoe tests for a session and enters its PPP header.
func (g *generator) pppoe(session uint32, given bool) *test {
	t := g.linkProtocol(etherPPPoES)
	if given {
		if session > 0xffff {
			g.fail("PPPoE session number %d greater than maximum 65535", session)
		}
		t = and(t, g.masked(fromNetwork, 0, sizeWord, 0xffff, session))
	}
	header := g.payload
	header.constant += g.network + 6
	g.pushLink(linkPPP, header)
	g.linkType = header
	g.payload.constant = header.constant + 2
	g.network, g.networkLLC = 0, 0
	return t
}

// genevePort is the UDP port of Geneve.
const genevePort = 6081

// geneveHeader tests for Geneve and enters what is inside, be it Ethernet or not.
func (g *generator) geneveHeader(vni uint32, given bool) *test {
	t := g.geneveOver(etherIPv4, vni, given, g.loadXHeaderLength)
	t = or(t, g.geneveOver(etherIPv6, vni, given, func() []*stmt {
		if s := g.variablePart(&g.payload); s != nil {
			return append(s, newStmt(loadImm, 40), newStmt(classALU|aluAdd|sourceX, 0), newStmt(tax, 0))
		}
		return []*stmt{newStmt(loadImm, 40), newStmt(tax, 0)}
	}))
	s := g.geneveOffsets()
	always := g.constant(true).prepend(s...)
	t = and(t, always)
	g.geneve = true
	return t
}

func (g *generator) geneveOver(ether, vni uint32, given bool, loadX func() []*stmt) *test {
	from := fromTransport
	if ether == etherIPv6 {
		from = fromIPv6Data
	}
	t := g.ports(genevePort, genevePort, true, protoUDP, dst, ether)
	t = and(t, g.masked(from, 8, sizeByte, 0xc0, 0)) // version 0
	if given {
		if vni > 0xffffff {
			g.fail("Geneve VNI %d greater than maximum 16777215", vni)
		}
		t = and(t, g.masked(from, 12, sizeWord, 0xffffff00, vni<<8))
	}
	s := loadX()
	if ether == etherIPv4 {
		s = append(s, newStmt(txa, 0))
	}
	return and(t, g.newTest(jumpIfEQ|sourceX, 0, s)) // A = X = where UDP starts
}

// geneveOffsets computes where the inner headers are from the start of UDP in A.
func (g *generator) geneveOffsets() []*stmt {
	s := []*stmt{
		newStmt(classALU|aluAdd, g.payload.constant+g.network+8),
		newStmt(tax, 0), // X: the Geneve header
		newStmt(classALU|aluAdd, 2),
	}
	g.linkType = offset{variable: true, register: g.alloc()}
	s = append(s,
		newStmt(store, uint32(g.linkType.register)),
		newStmt(classLD|modeIND|sizeByte, 0),
		newStmt(classALU|aluAnd, 0x3f), // length of its options in words
		newStmt(classALU|aluMul, 4),
		newStmt(classALU|aluAdd, 8),
		newStmt(classALU|aluAdd|sourceX, 0),
	)
	g.pushLink(pcap.LinkEthernet, offset{variable: true, register: g.alloc()})
	g.unoptimized = true
	ethernet := newStmt(jumpIfEQ, etherTEB)
	s = append(s,
		newStmt(store, uint32(g.linkHeader.register)),
		newStmt(classLD|modeIND|sizeHalf, 2),
		newStmt(loadXMem, uint32(g.linkHeader.register)),
		ethernet,
	)
	g.payload = offset{variable: true}
	inner := newStmt(txa, 0)
	s = append(s, inner,
		newStmt(classALU|aluAdd, 12),
		newStmt(store, uint32(g.linkType.register)),
		newStmt(classALU|aluAdd, 2),
		newStmt(tax, 0),
	)
	g.payload.register = g.alloc()
	end := newStmt(storeX, uint32(g.payload.register))
	ethernet.yes, ethernet.no = inner, end
	g.network = 0
	return append(s, end)
}

// insideTunnel tests that there is an Ethernet header inside of Geneve; nil
// elsewhere.
func (g *generator) insideTunnel() *test {
	if !g.geneve {
		return nil
	}
	return not(g.newTest(jumpIfEQ|sourceX, 0, []*stmt{
		newStmt(loadMem, uint32(g.linkHeader.register)),
		newStmt(loadXMem, uint32(g.payload.register)),
	}))
}
