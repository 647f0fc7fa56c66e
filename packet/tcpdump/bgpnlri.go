package tcpdump

// nlri is how the prefixes of an address family are written.
type nlri int

const (
	nlriUnknown nlri = iota
	nlri4
	nlriLabeled4
	nlriVPN4
	nlriTarget
	nlriMulticastVPN
	nlriMDT
	nlri6
	nlriLabeled6
	nlriVPN6
	nlriOSI
	nlriVPNOSI
	nlriL2
)

func nlriOf(afi, safi int) nlri {
	const multicastVPN, mdt, targets, vpls = 5, 66, 132, 65
	plain, labeled, vpn := safi >= 1 && safi <= 3, safi == 4, safi >= 128 && safi <= 130
	switch {
	case afi == 1 && plain:
		return nlri4
	case afi == 1 && labeled:
		return nlriLabeled4
	case afi == 1 && vpn:
		return nlriVPN4
	case afi == 1 && safi == targets:
		return nlriTarget
	case afi == 1 && safi == multicastVPN:
		return nlriMulticastVPN
	case afi == 1 && safi == mdt:
		return nlriMDT
	case afi == 2 && plain:
		return nlri6
	case afi == 2 && labeled:
		return nlriLabeled6
	case afi == 2 && vpn:
		return nlriVPN6
	case afi == 3 && plain:
		return nlriOSI
	case afi == 3 && vpn:
		return nlriVPNOSI
	case afi == 196 && vpn, afi == 25 && safi == vpls:
		return nlriL2
	}
	return nlriUnknown
}

// attributeFamily prints the family at the head of an attribute. ok is
// false if it was cut.
func (l *line) attributeFamily(at, length int) (kind nlri, ok bool) {
	afi, safi := l.u16(at), l.u8(at+2)
	l.str("\n\t    AFI: ")
	l.titled(addressFamilies, afi, "Unknown AFI")
	l.str(", ")
	if safi > 128 {
		l.str("vendor specific ")
	}
	l.str("SAFI: ")
	l.titled(bgpSAFIs, safi, "Unknown SAFI")
	if kind = nlriOf(afi, safi); kind != nlriUnknown {
		return kind, true
	}
	if !l.has(at, length) {
		return kind, false
	}
	l.str("\n\t    no AFI ")
	l.num(afi)
	l.str(" / SAFI ")
	l.num(safi)
	l.str(" decoder")
	if l.opt.Verbose <= 1 {
		l.unknown(at, length, "\n\t    ")
	}
	return kind, true
}

// reach prints RFC 4760's attribute for routes that come.
func (l *line) reach(at, length int) bool {
	end := at + length
	if !l.has(at, 3) || length < 3 {
		return false
	}
	kind, ok := l.attributeFamily(at, length)
	if !ok || kind == nlriUnknown {
		return ok
	}
	start := at
	at += 3
	if !l.has(at, 1) || at >= end {
		return false
	}
	hops := l.u8(at)
	at++
	if hops > 0 {
		if end-at < hops {
			return false
		}
		l.str("\n\t    nexthop: ")
		for left := hops; left > 0 && !l.stopped; {
			if left != hops {
				l.str(", ")
			}
			n := l.nextHop(kind, at, left)
			at += n
			left -= n
		}
	}
	l.str(", nh-length: ")
	l.num(hops)
	if at >= end {
		return false
	}
	points := l.u8(at)
	at++
	if points == 0 {
		l.str(", no SNPA")
	} else {
		l.str("\n\t    ")
		l.num(points)
		l.str(" SNPA")
	}
	for range points {
		if at >= end {
			return false
		}
		n := l.u8(at)
		l.str("\n\t      ")
		l.num(n)
		l.str(" bytes")
		at++
		if end-at < n || !l.has(at, n) {
			return false
		}
		at += n
	}
	return l.prefixes(kind, at, end, end-start)
}

// unreach prints RFC 4760's attribute for routes that go.
func (l *line) unreach(at, length int) bool {
	if !l.has(at, 3) {
		return false
	}
	kind, ok := l.attributeFamily(at, length)
	if !ok || kind == nlriUnknown {
		return ok
	}
	if length == 3 {
		l.str("\n\t      End-of-Rib Marker (empty NLRI)")
	}
	return l.prefixes(kind, at+3, at+length, length)
}

// nextHop prints one next hop of at most left bytes and gives its length.
func (l *line) nextHop(kind nlri, at, left int) int {
	const distinguisher = 8
	size, isVPN, is6 := 4, false, false
	switch kind {
	case nlriVPN4:
		isVPN = true
	case nlri6, nlriLabeled6:
		is6 = true
	case nlriVPN6:
		isVPN, is6 = true, true
	case nlriOSI:
		if l.need(at, left) {
			l.nsap(l.frame[at : at+left])
		}
		return left
	case nlriVPNOSI:
		l.nextHopVPNOSI(at, left)
		return left
	}
	if is6 {
		size = 16
	}
	if isVPN {
		size += distinguisher
	}
	if left < size {
		l.str("invalid len")
		return left
	}
	if !l.need(at, size) {
		return size
	}
	address := at
	if isVPN {
		l.str("RD: ")
		l.routeDistinguisher(at)
		l.str(", ")
		address += distinguisher
	}
	if is6 {
		l.ip6(address)
	} else {
		l.ip(address)
	}
	return size
}

// nextHopVPNOSI prints an OSI next hop, with the IP address it may map (RFC 986
// and 1888).
func (l *line) nextHopVPNOSI(at, left int) {
	if left < 9 {
		l.str("invalid len")
		return
	}
	if !l.need(at, left) {
		return
	}
	l.str("RD: ")
	l.routeDistinguisher(at)
	l.str(", ")
	l.nsap(l.frame[at+8 : at+left])
	if l.u32(at+8) == 0x47000601 {
		if l.need(at+12, 4) {
			l.str(" = ")
			l.ip(at + 12)
		}
	} else if l.u24(at+8) == 0x350000 && l.need(at+11, 16) {
		l.str(" = ")
		l.ip6(at + 11)
	}
}

// prefixes prints those from at to end. length is that of the whole attribute:
// tcpdump allows each of them so much.
func (l *line) prefixes(kind nlri, at, end, length int) bool {
	paths4, paths6 := l.looksLikeAddPath(at, end-at, 32), l.looksLikeAddPath(at, end-at, 128)
	for at < end && !l.stopped {
		n := 0
		switch kind {
		case nlri4:
			n = l.pathPrefix(at, length, paths4, l.prefix4)
		case nlri6:
			n = l.pathPrefix(at, length, paths6, l.prefix6)
		case nlriTarget:
			n = l.targetRoute(at)
		default:
			n = l.otherPrefix(kind, at, length)
			if n == prefixIllegal {
				l.str("\n\t    (illegal prefix length)")
			}
		}
		if n == prefixShort {
			return false
		}
		if n < 0 {
			return true
		}
		at += n
	}
	return true
}

// pathPrefix prints a prefix that may have a path identifier before it.
func (l *line) pathPrefix(at, length int, paths bool, prefix func(at, length int, before string) int) int {
	id, skipped := uint32(0), 0
	if paths {
		id, skipped = l.u32(at), 4
	}
	n := prefix(at+skipped, length, "\n\t      ")
	if n == prefixIllegal {
		l.str("\n\t    (illegal prefix length)")
	}
	if paths && n != prefixShort {
		l.pathID(id)
		n += skipped
	}
	return n
}

// labelOf prints the label of RFC 8277 in the three bytes at at.
func (l *line) labelOf(at int) {
	l.str(", label:")
	l.num(l.u24(at) >> 4)
	if l.u8(at+2)&1 == 0 {
		l.str(" (BOGUS: Bottom of Stack NOT set!)")
	} else {
		l.str(" (bottom)")
	}
}

func (l *line) otherPrefix(kind nlri, at, length int) int {
	switch kind {
	case nlriLabeled4, nlriLabeled6:
		return l.labeledPrefix(kind == nlriLabeled6, at, length)
	case nlriVPN4, nlriVPN6, nlriVPNOSI:
		return l.vpnPrefix(kind, at)
	case nlriOSI:
		return l.osiPrefix(at)
	case nlriMDT:
		return l.mdtPrefix(at)
	case nlriMulticastVPN:
		return l.buffered(at, l.multicastVPN)
	}
	return l.buffered(at, l.l2Prefix)
}

// mostPrefixText is how much room tcpdump has for the text of a prefix.
const mostPrefixText = 163

// buffered prints a prefix of which nothing is seen if it turns out to be cut.
func (l *line) buffered(at int, prefix func(at int) int) int {
	start := len(l.out)
	l.str("\n\t      ")
	text := len(l.out)
	n := prefix(at)
	switch {
	case l.stopped:
		l.out = append(l.out[:start], " [|bgp]"...)
	case n < 0:
		l.out = l.out[:start]
	case len(l.out)-text > mostPrefixText:
		l.out = l.out[:text+mostPrefixText]
	}
	return n
}

// labeledPrefix prints a prefix with a label before it, RFC 8277.
func (l *line) labeledPrefix(is6 bool, at, length int) int {
	if !l.has(at, 4) {
		return prefixShort
	}
	if length < 4 {
		return prefixUncertain
	}
	longest := 32
	if is6 {
		longest = 128
	}
	bits := l.u8(at) - 24
	if bits < 0 || bits > longest {
		return prefixIllegal
	}
	n := (bits + 7) / 8
	if !is6 && length-4 < n {
		return prefixUncertain
	}
	if !l.need(at+4, n) {
		return 4 + n
	}
	l.str("\n\t      ")
	if is6 {
		l.address6Of(at+4, bits)
	} else {
		l.address4Of(at+4, bits)
	}
	l.str("/")
	l.num(bits)
	l.labelOf(at + 1)
	return 4 + n
}

// vpnPrefix prints a prefix with label and route distinguisher, RFC 4364.
func (l *line) vpnPrefix(kind nlri, at int) int {
	longest := 32
	switch kind {
	case nlriVPN6:
		longest = 128
	case nlriVPNOSI:
		longest = 152
	}
	bits := l.u8(at) - 24 - 64
	if l.stopped {
		return 0
	}
	if bits < 0 || bits > longest {
		return prefixIllegal
	}
	n := (bits + 7) / 8
	if !l.need(at, 12+n) {
		return 12 + n
	}
	l.str("\n\t      RD: ")
	l.routeDistinguisher(at + 4)
	l.str(", ")
	switch kind {
	case nlriVPN4:
		l.address4Of(at+12, bits)
	case nlriVPN6:
		l.address6Of(at+12, bits)
	default:
		var a [19]byte
		l.leading(a[:], at+12, bits)
		l.nsap(a[:n])
	}
	l.str("/")
	l.num(bits)
	l.labelOf(at + 1)
	return 12 + n
}

// osiPrefix prints a prefix of an OSI address, which tcpdump looks for three
// bytes too late.
func (l *line) osiPrefix(at int) int {
	bits := l.u8(at)
	if bits > 152 {
		return prefixIllegal
	}
	n := (bits + 7) / 8
	if !l.need(at+4, n) {
		return 1 + n
	}
	var a [19]byte
	l.leading(a[:], at+4, bits)
	l.str("\n\t      ")
	l.nsap(a[:n])
	l.str("/")
	l.num(bits)
	return 1 + n
}

// targetRoute prints a prefix of RFC 4684.
func (l *line) targetRoute(at int) int {
	const illegal = "\n\t      (illegal prefix length)"
	bits := l.u8(at)
	if bits == 0 {
		l.str("\n\t      default route target")
		return 1
	}
	if bits < 32 {
		l.str(illegal)
		return prefixIllegal
	}
	as := l.u32(at + 1)
	if bits -= 32; bits > 64 {
		l.str(illegal)
		return prefixIllegal
	}
	var target [8]byte
	l.leading(target[:], at+5, bits)
	l.str("\n\t      origin AS: ")
	l.as(as)
	l.str(", ")
	l.targetPrefix(target, bits)
	return 5 + (bits+7)/8
}

// mdtPrefix prints a prefix of RFC 6037.
func (l *line) mdtPrefix(at int) int {
	const length = 16
	if l.u8(at) != 8*length {
		return prefixIllegal
	}
	at++
	if !l.has(at, 8) {
		return prefixShort
	}
	if !l.need(at, length) {
		return 1 + length
	}
	l.str("\n\t      RD: ")
	l.routeDistinguisher(at)
	l.str(", VPN IP Address: ")
	l.ip(at + 8)
	l.str(", MC Group Address: ")
	l.ip(at + 12)
	return 1 + length
}

var multicastVPNRoutes = []numbered{
	{1, "Intra-AS I-PMSI"}, {2, "Inter-AS I-PMSI"}, {3, "S-PMSI"}, {4, "Intra-AS Segment-Leaf"}, {5, "Source-Active"},
	{6, "Shared Tree Join"}, {7, "Source Tree Join"},
}

// multicastVPN prints a route of RFC 6514.
func (l *line) multicastVPN(at int) int {
	const distinguisher = 8
	kind, length := l.u8(at), l.u8(at+1)
	at += 2
	l.str("Route-Type: ")
	l.titled(multicastVPNRoutes, kind, "Unknown")
	l.str(", length: ")
	l.num(length)
	head := distinguisher
	switch kind {
	case 1, 3, 5:
	case 2, 6, 7:
		head += 4
	default:
		return length + 2
	}
	if !l.has(at, head) {
		return prefixShort
	}
	l.str(", RD: ")
	l.routeDistinguisher(at)
	if head > distinguisher {
		l.str(", Source-AS ")
		l.as(l.u32(at + distinguisher))
	}
	at += head
	switch kind {
	case 1:
		l.str(", Originator ")
		l.vpnAddress(at, uint32(length-distinguisher)<<3)
	case 3:
		rest := uint32(length - l.sourceAndGroup(at))
		if rest > uint32(len(l.frame)) || !l.has(at, int(rest)) {
			return prefixShort
		}
		l.str(", Originator ")
		l.vpnAddress(at, rest<<3)
	case 5, 6, 7:
		l.sourceAndGroup(at)
	}
	return length + 2
}

// sourceAndGroup prints two addresses that their lengths precede, and gives the
// length of it all.
func (l *line) sourceAndGroup(at int) (total int) {
	for _, title := range [...]string{", Source ", ", Group "} {
		bits := l.u8(at)
		n := bits >> 3
		if at++; !l.has(at, n) {
			return total
		}
		total += n + 1
		if bits > 0 {
			l.str(title)
			l.vpnAddress(at, uint32(bits))
			at += n
		}
	}
	return total
}

// vpnAddress prints an address of as many bits.
func (l *line) vpnAddress(at int, bits uint32) {
	switch bits {
	case 32:
		l.ip(at)
	case 128:
		l.ip6(at)
	default:
		l.str("bogus address length ")
		l.unsigned(bits)
	}
}

// l2Prefix prints a route of a layer 2 VPN, RFC 4761 and 6074.
func (l *line) l2Prefix(at int) int {
	length := l.u16(at)
	left := length
	at += 2
	switch {
	case length == 12:
		if !l.has(at, 12) {
			return prefixShort
		}
		l.str("RD: ")
		l.routeDistinguisher(at)
		l.str(", BGPNH: ")
		l.ip(at + 8)
		return length + 2
	case length <= 17 || !l.has(at, 15):
		return prefixShort
	}
	l.str("RD: ")
	l.routeDistinguisher(at)
	l.str(", CE-ID: ")
	l.num(l.u16(at + 8))
	l.str(", Label-Block Offset: ")
	l.num(l.u16(at + 10))
	l.str(", Label Base ")
	l.num(l.u24(at+12) >> 4)
	at += 15
	for left -= 15; left > 0 && !l.stopped; {
		if left < 3 {
			l.str("\n\t\tran past the end")
			return length + 2
		}
		kind, bits := l.u8(at), l.u16(at+1)
		n := (bits + 7) / 8
		at += 3
		if kind == 1 {
			l.str("\n\t\tcircuit status vector (1) length: ")
		} else {
			l.str("\n\t\tunknown TLV #")
			l.num(kind)
			l.str(", length: ")
		}
		l.num(bits)
		if kind != 1 {
			if left < n {
				l.str(" (ran past the end)")
				return length + 2
			}
			left -= n // but not the header, so tcpdump goes on behind the end
			continue
		}
		l.str(": 0x")
		for range n {
			if left < 1 {
				l.str(" (ran past the end)")
				return length + 2
			}
			if !l.has(at, 1) {
				return prefixShort
			}
			l.hexBytes(at, 1)
			at++
			left--
		}
	}
	return length + 2
}
