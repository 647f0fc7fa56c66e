package tcpdump

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Path attributes, https://www.iana.org/assignments/bgp-parameters.
const (
	bgpOrigin         = 1
	bgpASPath         = 2
	bgpNextHop        = 3
	bgpMED            = 4
	bgpLocalPref      = 5
	bgpAtomic         = 6
	bgpAggregator     = 7
	bgpCommunity      = 8
	bgpOriginator     = 9
	bgpClusters       = 10
	bgpReach          = 14
	bgpUnreach        = 15
	bgpExtCommunity   = 16
	bgpAS4Path        = 17
	bgpAggregator4    = 18
	bgpPMSI           = 22
	bgpAIGP           = 26
	bgpLargeCommunity = 32
	bgpAttrSet        = 128
)

var bgpAttributes = []numbered{
	{1, "Origin"}, {2, "AS Path"}, {3, "Next Hop"}, {4, "Multi Exit Discriminator"}, {5, "Local Preference"}, {6, "Atomic Aggregate"},
	{7, "Aggregator"}, {8, "Community"}, {9, "Originator ID"}, {10, "Cluster List"}, {11, "DPA"}, {12, "Advertisers"},
	{13, "RCID Path / Cluster ID"}, {14, "Multi-Protocol Reach NLRI"}, {15, "Multi-Protocol Unreach NLRI"}, {16, "Extended Community"},
	{17, "AS4 Path"}, {18, "Aggregator4"}, {22, "PMSI Tunnel"}, {23, "Tunnel Encapsulation"}, {24, "Traffic Engineering"},
	{25, "IPv6 Extended Community"}, {26, "Accumulated IGP Metric"}, {27, "PE Distinguisher Label"}, {28, "Entropy Label"},
	{32, "Large Community"}, {128, "Attribute Set"}, {255, "Reserved for development"},
}

var bgpOrigins = []numbered{{0, "IGP"}, {1, "EGP"}, {2, "Incomplete"}}

// bgpSegments are what an AS path's segment starts and ends with, by its type.
var bgpSegments = [...][2]string{1: {"{ ", "}"}, 2: {"", ""}, 3: {"( ", ")"}, 4: {"({ ", "})"}}

var bgpTunnels = []numbered{
	{1, "RSVP-TE P2MP LSP"}, {2, "LDP P2MP LSP"}, {3, "PIM-SSM Tree"}, {4, "PIM-SM Tree"}, {5, "PIM-Bidir Tree"},
	{6, "Ingress Replication"}, {7, "LDP MP2MP LSP"},
}

// maxAttributeSets is how deep attribute sets are printed in each other.
const maxAttributeSets = 10

// bgpAttributes prints the attributes of an UPDATE in length bytes, behind which
// the message has more.
func (l *line) bgpAttributes(at, length, more int) bool {
	for length > 0 && !l.stopped {
		if !l.has(at, 2) || length+more < 2 {
			return false
		}
		if length < 2 {
			l.str("\n\t  [path attrs too short]")
			return true
		}
		flags, kind, n, header, ok := l.attributeHeader(at, length)
		if !ok || length+more < header {
			return false
		}
		if header > length {
			l.str("\n\t  [path attrs too short]")
			return true
		}
		at += header
		length -= header
		l.str("\n\t  ")
		l.titled(bgpAttributes, kind, "Unknown Attribute")
		l.str(", length: ")
		l.num(n)
		if flags != 0 {
			l.attributeFlags(flags)
			l.str(": ")
		}
		if length < n {
			l.str(" [path attrs too short]")
			return true
		}
		if !l.bgpAttribute(kind, at, n, 0) {
			return false
		}
		at += n
		length -= n
	}
	return true
}

// attributeHeader reads flags, type and length. ok is false if that was cut; if
// header is more than length, the attribute does not fit.
func (l *line) attributeHeader(at, length int) (flags, kind, n, header int, ok bool) {
	flags, kind, header = l.u8(at), l.u8(at+1), 3
	if flags&0x10 != 0 { // extended length
		header = 4
	}
	if !l.has(at, header) {
		return flags, kind, 0, header, false
	}
	if header > length {
		return flags, kind, 0, header, true
	}
	if header == 4 {
		return flags, kind, l.u16(at + 2), header, true
	}
	return flags, kind, l.u8(at + 2), header, true
}

func (l *line) attributeFlags(flags int) {
	l.str(", Flags [")
	for i, s := range [...]string{"O", "T", "P", "E"} {
		if flags&(0x80>>i) != 0 {
			l.str(s)
		}
	}
	if flags&15 != 0 {
		l.str("+")
		l.hex(uint32(flags&15), 1)
	}
	l.str("]")
}

// bgpAttribute prints what an attribute of length bytes says; false means that
// it was cut.
func (l *line) bgpAttribute(kind, at, length, depth int) bool {
	left, ok := length, true // left is what -vv prints as bytes
	if fits, exact := attributeLength(kind, length); exact && !fits {
		l.str("invalid len")
	} else {
		switch kind {
		case bgpLargeCommunity:
			l.largeCommunities(at, length)
			left = 0
		case bgpAttrSet:
			left, ok = l.attributeSet(at, length, depth)
		default:
			ok = l.attributeValue(kind, at, length)
		}
	}
	if !ok {
		return false
	}
	if l.opt.Verbose > 1 && left != 0 {
		if !l.has(at, left) {
			return false
		}
		l.unknown(at, left, "\n\t    ")
	}
	return true
}

// attributeLength tells whether a length suits the attribute, if there is a
// rule.
func attributeLength(kind, length int) (fits, exact bool) {
	switch kind {
	case bgpOrigin:
		return length == 1, true
	case bgpASPath, bgpAS4Path:
		return length%2 == 0, true
	case bgpNextHop, bgpMED, bgpLocalPref, bgpOriginator:
		return length == 4, true
	case bgpAtomic:
		return length == 0, true
	case bgpAggregator:
		return length == 6 || length == 8, true
	case bgpAggregator4:
		return length == 8, true
	case bgpCommunity, bgpClusters:
		return length%4 == 0, true
	case bgpExtCommunity:
		return length%8 == 0, true
	case bgpLargeCommunity:
		return length > 0 && length%12 == 0, true
	}
	return true, false
}

func (l *line) attributeValue(kind, at, length int) bool {
	switch kind {
	case bgpOrigin:
		if s := nameOf(bgpOrigins, l.u8(at)); s != "" {
			l.str(s)
		} else {
			l.str("Unknown Origin Typecode")
		}
	case bgpASPath, bgpAS4Path:
		return l.asPath(kind, at, length)
	case bgpNextHop, bgpOriginator:
		l.ip(at)
	case bgpMED, bgpLocalPref:
		l.unsigned(l.u32(at))
	case bgpAtomic:
	case bgpAggregator, bgpAggregator4:
		if !l.need(at, length) {
			return true
		}
		l.str(" AS #")
		if length == 6 {
			l.as(uint32(l.u16(at)))
		} else {
			l.as(l.u32(at))
		}
		l.str(", origin ")
		l.ip(at + length - 4)
	case bgpCommunity:
		return l.communities(at, length)
	case bgpClusters:
		for ; length > 0 && !l.stopped; at, length = at+4, length-4 {
			if l.ip(at); length > 4 {
				l.str(", ")
			}
		}
	case bgpReach:
		return l.reach(at, length)
	case bgpUnreach:
		return l.unreach(at, length)
	case bgpExtCommunity:
		return l.extendedCommunities(at, length)
	case bgpPMSI:
		return l.multicastTunnel(at, length)
	case bgpAIGP:
		return l.accumulatedMetric(at, length)
	default:
		if !l.has(at, length) {
			return false
		}
		l.str("\n\t    no Attribute ")
		l.num(kind)
		l.str(" decoder")
		if l.opt.Verbose <= 1 {
			l.unknown(at, length, "\n\t    ")
		}
	}
	return true
}

// asPath prints the segments of an AS path.
func (l *line) asPath(kind, at, length int) bool {
	if length == 0 {
		l.str("empty")
		return true
	}
	size := 4
	if kind == bgpASPath {
		size = l.asSize(at, length)
	}
	for end := at + length; at < end && !l.stopped; {
		open, shut := "?", "?"
		if t := l.u8(at); t > 0 && t < len(bgpSegments) {
			open, shut = bgpSegments[t][0], bgpSegments[t][1]
		}
		l.str(open)
		n := l.u8(at + 1)
		for i := range n {
			as := at + 2 + i*size
			if !l.has(as, size) {
				return false
			}
			if size == 2 {
				l.as(uint32(l.u16(as)))
			} else {
				l.as(l.u32(as))
			}
			l.str(" ")
		}
		l.str(shut)
		at += 2 + n*size
	}
	return true
}

// asSize guesses whether the path has numbers of 2 or of 4 bytes, RFC 6793: of
// 2 if the segments then end where the attribute does.
func (l *line) asSize(at, length int) int {
	end := at + length
	for at < end {
		if t := l.u8(at); t < 1 || t > 4 {
			return 4
		}
		at += 2 + l.u8(at+1)*2
	}
	if at == end {
		return 2
	}
	return 4
}

// communities prints RFC 1997's.
func (l *line) communities(at, length int) bool {
	for ; length > 0; at, length = at+4, length-4 {
		if !l.has(at, 4) {
			return false
		}
		switch c := l.u32(at); c {
		case 0xffffff01:
			l.str(" NO_EXPORT")
		case 0xffffff02:
			l.str(" NO_ADVERTISE")
		case 0xffffff03:
			l.str(" NO_EXPORT_SUBCONFED")
		default:
			l.unsigned(c >> 16)
			l.str(":")
			l.unsigned(c & 0xffff)
			if length > 4 {
				l.str(", ")
			}
		}
	}
	return true
}

// largeCommunities prints RFC 8092's.
func (l *line) largeCommunities(at, length int) {
	l.str("\n\t    ")
	for ; length > 0; at, length = at+12, length-12 {
		if !l.need(at, 12) {
			return
		}
		l.unsigned(l.u32(at))
		l.str(":")
		l.unsigned(l.u32(at + 4))
		l.str(":")
		l.unsigned(l.u32(at + 8))
		if length > 12 {
			l.str(", ")
		}
	}
}

// attributeSet prints RFC 6368's attributes in an attribute. left is what of
// the set was not understood.
func (l *line) attributeSet(at, length, depth int) (left int, ok bool) {
	const short = " [path attr too short]"
	if !l.has(at, 4) || length < 4 {
		return 0, false
	}
	l.str("\n\t    Origin AS: ")
	l.as(l.u32(at))
	at += 4
	length -= 4
	for length > 0 && !l.stopped {
		if !l.has(at, 2) {
			return 0, false
		}
		if length < 2 {
			l.str(short)
			return length, true
		}
		flags, kind, n, header, ok := l.attributeHeader(at, length)
		if !ok {
			return 0, false
		}
		if header > length {
			l.str(short)
			return length - 2, true
		}
		at += header
		length -= header
		l.str("\n\t      ")
		l.titled(bgpAttributes, kind, "Unknown Attribute")
		l.str(", length: ")
		l.num(n)
		if flags != 0 {
			l.attributeFlags(flags)
		}
		l.str(": ")
		if length < n {
			l.str(short)
			return length, true
		}
		if depth == maxAttributeSets {
			l.str("(too many nested levels, not recursing)")
		} else if !l.bgpAttribute(kind, at, n, depth+1) {
			return 0, false
		}
		at += n
		length -= n
	}
	return 0, true
}

// multicastTunnel prints a PMSI tunnel, RFC 6514 section 5.
func (l *line) multicastTunnel(at, length int) bool {
	if !l.has(at, 5) || length < 5 {
		return false
	}
	kind := l.u8(at + 1)
	l.str("\n\t    Tunnel-type ")
	l.titled(bgpTunnels, kind, "Unknown")
	l.str(", Flags [")
	if l.u8(at)&1 != 0 {
		l.str("Leaf Information required")
	} else {
		l.str("none")
	}
	l.str("], MPLS Label ")
	l.num(l.u24(at+2) >> 4)
	at += 5
	length -= 5
	size, first, second := 8, "", ""
	switch kind {
	case 4, 5:
		first, second = "Sender ", ", P-Group "
	case 3:
		first, second = "Root-Node ", ", P-Group "
	case 6:
		size, first = 4, "Tunnel-Endpoint "
	case 2, 7:
		first, second = "Root-Node ", ", LSP-ID 0x"
	case 1:
		first, second = "Extended-Tunnel-ID ", ", P2MP-ID 0x"
	default:
		if l.opt.Verbose <= 1 {
			l.unknown(at, length, "\n\t      ")
		}
		return true
	}
	if !l.need(at, size) {
		return true
	}
	l.str("\n\t      ")
	l.str(first)
	l.ip(at)
	l.str(second)
	switch kind {
	case 3, 4, 5:
		l.ip(at + 4)
	case 1, 2, 7:
		l.hex(l.u32(at+4), 8)
	}
	return true
}

// accumulatedMetric prints RFC 7311's TLVs.
func (l *line) accumulatedMetric(at, length int) bool {
	for length >= 3 && !l.stopped {
		kind, n := l.u8(at), l.u16(at+1)
		at += 3
		length -= 3
		l.str("\n\t    ")
		if kind == 1 {
			l.str("AIGP")
		} else {
			l.str("Unknown")
		}
		l.str(" TLV (")
		l.num(kind)
		l.str("), length ")
		l.num(n)
		if n < 3 || length < n-3 {
			return false
		}
		n -= 3
		switch {
		case kind == 1 && n < 8:
			return false
		case kind == 1:
			metric := l.u64(at)
			l.str(", metric ")
			l.unsigned64(metric)
		case l.opt.Verbose <= 1:
			l.unknown(at, n, "\n\t      ")
		}
		at += n
		length -= n
	}
	return true
}

// Types of extended communities, RFC 4360 and those that followed it.
var bgpCommunityTypes = []numbered{
	{0x0002, "target"}, {0x0003, "origin"}, {0x0005, "ospf-domain"}, {0x0009, "source-AS"}, {0x000a, "l2vpn-id"}, {0x0102, "target"},
	{0x0103, "origin"}, {0x0105, "ospf-domain"}, {0x0107, "ospf-router-id"}, {0x010b, "vrf-route-import"}, {0x0202, "target"},
	{0x0203, "origin"}, {0x0205, "ospf-domain"}, {0x0306, "ospf-route-type"}, {0x030c, "encapsulation"}, {0x4004, "link-BW"},
	{0x8000, "ospf-route-type"}, {0x8001, "ospf-router-id"}, {0x8005, "ospf-domain"}, {0x800a, "layer2-info"},
	{0x8800, "eigrp-general-route (flag, tag)"}, {0x8801, "eigrp-route-metric (AS, delay)"},
	{0x8802, "eigrp-route-metric (reliability, nexthop, bandwidth)"}, {0x8803, "eigrp-route-metric (load, MTU)"},
	{0x8804, "eigrp-external-route (remote-AS, remote-ID)"}, {0x8805, "eigrp-external-route (remote-proto, remote-metric)"},
	{0xf10a, "l2vpn-id"},
}

var bgpCommunityFlags = []numbered{{0x8000, "vendor-specific"}, {0x4000, "non-transitive"}}

var bgpRouterTypes = []numbered{
	{1, "Router"}, {2, "Network"}, {3, "Summary"}, {5, "External"}, {7, "NSSA External"}, {129, "MPLS-VPN Sham"},
}

var bgpEncapsulations = []numbered{
	{1, "L2TPv3 over IP"}, {2, "GRE"}, {3, "Transmit Tunnel"}, {4, "IPsec"}, {5, "IP in IP with IPsec"}, {6, "MPLS in IP with IPsec"},
	{7, "IP in IP"}, {8, "VXLAN"}, {9, "NVGRE"}, {10, "MPLS"}, {11, "MPLS in GRE"}, {12, "VXLAN GPE"}, {13, "MPLS in UDP"}, {14, "IPv6"},
	{15, "SR TE"}, {16, "Bare"}, {17, "SR"},
}

var l2vpnEncapsulations = []numbered{
	{0, "Reserved"}, {1, "Frame Relay"}, {2, "ATM AAL5 SDU VCC transport"}, {3, "ATM transparent cell transport"},
	{4, "Ethernet (VLAN) Tagged Mode"}, {5, "Ethernet Raw Mode"}, {6, "Cisco HDLC"}, {7, "PPP"},
	{8, "SONET/SDH Circuit Emulation Service over MPLS"}, {9, "ATM n-to-one VCC cell transport"}, {10, "ATM n-to-one VPC cell transport"},
	{11, "IP layer 2 transport"}, {15, "Frame Relay Port mode"}, {17, "Structure-agnostic E1 over packet"},
	{18, "Structure-agnostic T1 (DS1) over packet"}, {19, "VPLS"}, {20, "Structure-agnostic T3 (DS3) over packet"},
	{21, "Nx64kbit/s Basic Service using Structure-aware"}, {25, "Frame Relay DLCI"}, {40, "Structure-agnostic E3 over packet"},
	{41, "Octet-aligned playload for Structure-agnostic DS1 circuits"}, {42, "E1 Nx64kbit/s with CAS using Structure-aware"},
	{43, "DS1 (ESF) Nx64kbit/s with CAS using Structure-aware"}, {44, "DS1 (SF) Nx64kbit/s with CAS using Structure-aware"},
}

func (l *line) extendedCommunities(at, length int) bool {
	for ; length > 0; at, length = at+8, length-8 {
		if !l.has(at, 2) {
			return false
		}
		kind := l.u16(at)
		l.str("\n\t    ")
		if s := nameOf(bgpCommunityTypes, kind); s != "" {
			l.str(s)
		} else {
			l.str("unknown extd community typecode")
		}
		l.str(" (0x")
		l.hex(uint32(kind), 4)
		l.str("), Flags [")
		l.flagNames(bgpCommunityFlags, kind, "none")
		l.str("]")
		if !l.has(at, 8) {
			return false
		}
		l.str(": ")
		l.extendedCommunity(kind, at)
	}
	return true
}

// extendedCommunity prints one whose 8 bytes were captured.
func (l *line) extendedCommunity(kind, at int) {
	switch kind {
	case 0x0002, 0x0003, 0x000a: // a number of 4 bytes, also as an address
		l.num(l.u16(at + 2))
		l.str(":")
		l.unsigned(l.u32(at + 4))
		l.str(" (= ")
		l.ip(at + 4)
		l.str(")")
	case 0x0102, 0x0103, 0xf10a, 0x010b:
		l.ip(at + 2)
		l.str(":")
		l.num(l.u16(at + 6))
	case 0x0202, 0x0203:
		l.as(l.u32(at + 2))
		l.str(":")
		l.num(l.u16(at + 6))
	case 0x4004: // bytes per second
		mbit := math.Float32frombits(l.u32(at+4)) * 8 / 1000000
		l.str("bandwidth: ")
		l.float(float64(mbit), 3)
		l.str(" Mbps")
	case 0x0005, 0x0105, 0x0205, 0x8005, 0x0107, 0x8001:
		l.ip(at + 2)
	case 0x0306, 0x8000:
		router := l.u8(at + 6)
		l.str("area:")
		l.ip(at + 2)
		l.str(", router-type:")
		l.namedHex(bgpRouterTypes, router)
		l.str(", metric-type:")
		if l.u8(at+7)&1 != 0 {
			l.str("E2")
		}
		if router == 5 || router == 7 {
			l.str("E1")
		}
	case 0x800a:
		l.orUnknown(l2vpnEncapsulations, l.u8(at+2), "unknown encaps")
		l.str(" Control Flags [0x")
		l.hex(uint32(l.u8(at+3)), 2)
		l.str("]:MTU ")
		l.num(l.u16(at + 4))
	case 0x0009:
		l.str("AS ")
		l.num(l.u16(at + 2))
	case 0x030c:
		l.str("Tunnel type: ")
		l.orUnknown(bgpEncapsulations, l.u16(at+6), "unknown encaps")
	default:
		l.hexBytes(at+2, 6)
	}
}

// orUnknown prints the name of a number or another text.
func (l *line) orUnknown(names []numbered, number int, otherwise string) {
	if s := nameOf(names, number); s != "" {
		otherwise = s
	}
	l.str(otherwise)
}

// namedHex prints the name of a number or "unknown (0x07)".
func (l *line) namedHex(names []numbered, number int) {
	if s := nameOf(names, number); s != "" {
		l.str(s)
		return
	}
	l.str("unknown (0x")
	l.hex(uint32(number), 2)
	l.str(")")
}

// float prints a number as C's %.Nf does.
func (l *line) float(f float64, digits int) {
	sign := ""
	if math.Signbit(f) {
		sign = "-"
	}
	switch {
	case l.stopped:
	case math.IsNaN(f):
		l.str(sign)
		l.str("nan")
	case math.IsInf(f, 0):
		l.str(sign)
		l.str("inf")
	default:
		l.out = strconv.AppendFloat(l.out, f, 'f', digits, 64)
	}
}

// routeDistinguisher prints one of RFC 4364 whose 8 bytes were captured.
func (l *line) routeDistinguisher(at int) {
	switch l.u16(at) {
	case 0:
		l.num(l.u16(at + 2))
		l.str(":")
		l.unsigned(l.u32(at + 4))
		l.str(" (= ")
		l.dotted(at + 4)
		l.str(")")
	case 1:
		l.dotted(at + 2)
		l.str(":")
		l.num(l.u16(at + 6))
	case 2:
		l.as(l.u32(at + 2))
		l.str(":")
		l.num(l.u16(at + 6))
		l.str(" (")
		l.dotted(at + 2)
		l.str(":")
		l.num(l.u16(at + 6))
		l.str(")")
	default:
		l.str("unknown RD format")
	}
}

// targetPrefix prints the part of a route target that a prefix of RFC 4684 has.
func (l *line) targetPrefix(target [8]byte, bits int) {
	if bits == 0 {
		l.str("route-target: 0:0/0")
		return
	}
	hex := func() {
		for i := range (bits + 7) / 8 {
			if i > 0 && i%2 == 0 {
				l.str(" ")
			}
			l.hex(uint32(target[i]), 2)
		}
	}
	kind := binary.BigEndian.Uint16(target[:])
	switch {
	case bits < 16, kind != 0x0002 && kind != 0x0102 && kind != 0x0202:
		if bits < 16 {
			l.str("route-target: partial-type: (")
		} else {
			l.str("route target: unknown-type(")
			l.hex(uint32(kind), 4)
			l.str(") (")
		}
		hex()
		l.str("/")
		l.num(bits)
		l.str(")")
		return
	case kind == 0x0002:
		l.str("route-target: ")
		l.num(int(binary.BigEndian.Uint16(target[2:])))
		l.str(":")
		l.unsigned(binary.BigEndian.Uint32(target[4:]))
	case kind == 0x0102:
		l.str("route-target: ")
		l.dottedBytes([4]byte(target[2:]))
		l.str(":")
		l.num(int(binary.BigEndian.Uint16(target[6:])))
	default:
		l.str("route-target: ")
		l.as(binary.BigEndian.Uint32(target[2:]))
		l.str(":")
		l.num(int(binary.BigEndian.Uint16(target[6:])))
	}
	l.str("/")
	l.num(bits)
	l.str(" (")
	hex()
	l.str(")")
}

// nsap prints an OSI address of n bytes.
func (l *line) nsap(b []byte) {
	if len(b) < 1 || len(b) > 20 {
		l.str("isonsap_string: illegal length")
		return
	}
	for i, x := range b {
		l.hex(uint32(x), 2)
		if i%2 == 0 && i+1 < len(b) {
			l.str(".")
		}
	}
}
