package tcpdump

const (
	bgpHeaderLen       = 19
	bgpMarkerLen       = 16
	bgpOpenLen         = 29
	bgpNotificationLen = 21
	bgpRefreshLen      = 23
)

// Kinds of messages, RFC 4271 section 4.1 and RFC 2918.
const (
	bgpOpen = 1 + iota
	bgpUpdate
	bgpNotification
	bgpKeepalive
	bgpRefresh
)

var bgpMessages = []numbered{
	{bgpOpen, "Open"}, {bgpUpdate, "Update"}, {bgpNotification, "Notification"}, {bgpKeepalive, "Keepalive"}, {bgpRefresh, "Route Refresh"},
}

// addressFamilies are the AFIs of https://www.iana.org/assignments/address-family-numbers.
var addressFamilies = []numbered{
	{0, "Reserved"}, {1, "IPv4"}, {2, "IPv6"}, {3, "NSAP"}, {4, "HDLC"}, {5, "BBN 1822"}, {6, "802"}, {7, "E.163"}, {8, "E.164"}, {9, "F.69"},
	{10, "X.121"}, {11, "Novell IPX"}, {12, "Appletalk"}, {13, "Decnet IV"}, {14, "Banyan Vines"}, {15, "E.164 with NSAP subaddress"},
	{25, "VPLS"}, {196, "Layer-2 VPN"},
}

var bgpSAFIs = []numbered{
	{0, "Reserved"}, {1, "Unicast"}, {2, "Multicast"}, {3, "Unicast+Multicast"}, {4, "labeled Unicast"}, {5, "Multicast VPN"},
	{64, "Tunnel"}, {65, "VPLS"}, {66, "MDT"}, {70, "EVPN"}, {128, "labeled VPN Unicast"}, {129, "labeled VPN Multicast"},
	{130, "labeled VPN Unicast+Multicast"}, {132, "Route Target Routing Information"},
}

var bgpOptions = []numbered{{1, "Authentication Information"}, {2, "Capabilities Advertisement"}}

// Capabilities of an OPEN message, RFC 5492.
const (
	bgpCapMultiprotocol = 1
	bgpCapRefresh       = 2
	bgpCapMultiLabel    = 8
	bgpCapRestart       = 64
	bgpCapAS4           = 65
	bgpCapAddPath       = 69
	bgpCapLongRestart   = 71
	bgpCapRefreshCisco  = 128
)

var bgpCapabilities = []numbered{
	{1, "Multiprotocol Extensions"}, {2, "Route Refresh"}, {3, "Cooperative Route Filtering"}, {4, "Multiple Routes to a Destination"},
	{5, "Extended Next Hop Encoding"}, {8, "Multiple Labels"}, {64, "Graceful Restart"}, {65, "32-Bit AS Number"}, {67, "Dynamic Capability"},
	{68, "Multisession BGP"}, {69, "Multiple Paths"}, {70, "Enhanced Route Refresh"}, {71, "Long-lived Graceful Restart"},
	{128, "Route Refresh (Cisco)"},
}

var bgpAddPathDirections = []numbered{{1, "Receive"}, {2, "Send"}, {3, "Both"}}

// bgpError is a major code of a NOTIFICATION.
type bgpError struct {
	text  string
	comma string // what stands before the subcode; "" if none is told
	minor []numbered
}

const (
	bgpCease        = 6
	bgpMaxPrefixes  = 1
	bgpAdminDown    = 2
	bgpAdminReset   = 4
	bgpUnknownError = "Unknown Error"
)

var bgpErrors = [...]bgpError{
	{text: bgpUnknownError},
	{"Message Header Error", ",", []numbered{{1, "Connection Not Synchronized"}, {2, "Bad Message Length"}, {3, "Bad Message Type"}}},
	{"OPEN Message Error", ",", []numbered{
		{1, "Unsupported Version Number"}, {2, "Bad Peer AS"}, {3, "Bad BGP Identifier"}, {4, "Unsupported Optional Parameter"},
		{5, "Authentication Failure"}, {6, "Unacceptable Hold Time"}, {7, "Capability Message Error"},
	}},
	{"UPDATE Message Error", ",", []numbered{
		{1, "Malformed Attribute List"}, {2, "Unrecognized Well-known Attribute"}, {3, "Missing Well-known Attribute"}, {4, "Attribute Flags Error"},
		{5, "Attribute Length Error"}, {6, "Invalid ORIGIN Attribute"}, {7, "AS Routing Loop"}, {8, "Invalid NEXT_HOP Attribute"},
		{9, "Optional Attribute Error"}, {10, "Invalid Network Field"}, {11, "Malformed AS_PATH"},
	}},
	{text: "Hold Timer Expired"},
	{"Finite State Machine Error", " ", []numbered{
		{0, "Unspecified Error"}, {1, "In OpenSent State"}, {2, "In OpenConfirm State"}, {3, "In Established State"},
	}},
	{"Cease", ",", []numbered{
		{1, "Maximum Number of Prefixes Reached"}, {2, "Administrative Shutdown"}, {3, "Peer Unconfigured"}, {4, "Administrative Reset"},
		{5, "Connection Rejected"}, {6, "Other Configuration Change"}, {7, "Connection Collision Resolution"},
	}},
	{"Capability Message Error", " ", []numbered{
		{1, "Invalid Action Value"}, {2, "Invalid Capability Length"}, {3, "Malformed Capability Value"}, {4, "Unsupported Capability Code"},
	}},
}

// bgp prints the messages that start in this segment: they are looked for, as
// a segment may start in the middle of one.
func (l *line) bgp(at int) {
	l.enter("bgp")
	l.str(": BGP")
	if l.opt.Verbose == 0 {
		return
	}
	for start := at; at < l.end && !l.stopped; {
		if l.frame[at] != 0xff {
			at++
			continue
		}
		if !l.has(at, bgpMarkerLen) {
			return
		}
		if !isMarker(l.frame[at : at+bgpMarkerLen]) {
			at++
			continue
		}
		if !l.has(at, bgpHeaderLen) {
			l.truncated()
			return
		}
		if start != at {
			l.truncated()
		}
		length := l.u16(at + 16)
		if length < bgpHeaderLen {
			l.str("\nmessage length ")
			l.num(length)
			l.str(" < 19")
			l.invalid()
			return
		}
		if !l.has(at, length) {
			l.str("\n[|BGP ")
			if s := nameOf(bgpMessages, l.u8(at+18)); s != "" {
				l.str(s)
			} else {
				l.str("Unknown Message Type")
			}
			l.str("]")
			return
		}
		l.bgpMessage(at, length)
		at += length
		start = at
	}
}

func isMarker(b []byte) bool {
	for _, x := range b {
		if x != 0xff {
			return false
		}
	}
	return true
}

// titled prints "Name (7)".
func (l *line) titled(names []numbered, number int, otherwise string) {
	if s := nameOf(names, number); s != "" {
		l.str(s)
	} else {
		l.str(otherwise)
	}
	l.str(" (")
	l.num(number)
	l.str(")")
}

// bgpMessage prints a whole message of length bytes.
func (l *line) bgpMessage(at, length int) {
	kind := l.u8(at + 18)
	l.str("\n\t")
	if s := nameOf(bgpMessages, kind); s != "" {
		l.str(s)
	} else {
		l.str("Unknown")
	}
	l.str(" Message (")
	l.num(kind)
	l.str("), length: ")
	l.num(length)
	ok := true
	switch kind {
	case bgpOpen:
		ok = l.bgpOpen(at, length)
	case bgpUpdate:
		ok = l.bgpUpdate(at+bgpHeaderLen, length-bgpHeaderLen)
	case bgpNotification:
		ok = l.bgpNotification(at, length)
	case bgpKeepalive:
	case bgpRefresh:
		ok = l.bgpRefresh(at, length)
	default:
		l.str("\n\t  no Message ")
		l.num(kind)
		l.str(" decoder")
		l.unknown(at, length, "\n\t  ")
	}
	if !ok {
		l.truncated()
	}
}

// family prints "AFI IPv4 (1), SAFI Unicast (1)".
func (l *line) family(afi, safi int) {
	l.str("AFI ")
	l.titled(addressFamilies, afi, "Unknown")
	l.str(", SAFI ")
	l.titled(bgpSAFIs, safi, "Unknown")
}

// as prints the number of an autonomous system; with -b in the notation of RFC
// 5396 that has a dot.
func (l *line) as(n uint32) {
	if l.opt.ASDot && n > 0xffff {
		l.unsigned(n >> 16)
		l.str(".")
		n &= 0xffff
	}
	l.unsigned(n)
}

func (l *line) bgpOpen(at, length int) bool {
	if !l.has(at, bgpOpenLen) || length < bgpOpenLen {
		return false
	}
	l.str("\n\t  Version ")
	l.num(l.u8(at + 19))
	l.str(", my AS ")
	l.as(uint32(l.u16(at + 20)))
	l.str(", Holdtime ")
	l.num(l.u16(at + 22))
	l.str("s, ID ")
	l.ip(at + 24)
	all := l.u8(at + 28)
	l.str("\n\t  Optional parameters, length: ")
	l.num(all)
	at += bgpOpenLen
	for i := 0; i < all; {
		if !l.has(at+i, 2) || length-bgpOpenLen < 2+i {
			return false
		}
		option, n := l.u8(at+i), l.u8(at+i+1)
		if 2+i+n > all {
			l.str("\n\t     Option ")
			l.num(option)
			l.str(", length: ")
			l.num(n)
			l.str(", goes past the end of the options")
			return true
		}
		l.str("\n\t    Option ")
		l.titled(bgpOptions, option, "Unknown")
		l.str(", length: ")
		l.num(n)
		if option == 2 {
			if !l.bgpCapabilities(at+2+i, n) {
				l.truncated()
			}
		} else {
			l.str("\n\t      no decoder for option ")
			l.num(option)
		}
		i += 2 + n
	}
	return true
}

func (l *line) bgpCapabilities(at, length int) bool {
	for end := at + length; at < end; {
		if !l.has(at, 2) {
			return false
		}
		kind, n := l.u8(at), l.u8(at+1)
		l.str("\n\t      ")
		l.titled(bgpCapabilities, kind, "Unknown")
		l.str(", length: ")
		l.num(n)
		if !l.has(at+2, n) {
			return false
		}
		if !l.bgpCapability(kind, at+2, n) {
			return true
		}
		if l.opt.Verbose > 1 && n != 0 {
			l.unknown(at+2, n, "\n\t\t")
		}
		at += 2 + n
	}
	return true
}

// bgpCapability returns false if the following ones are not printed.
func (l *line) bgpCapability(kind, at, length int) bool {
	least := 0
	switch kind {
	case bgpCapMultiprotocol, bgpCapAS4:
		least = 4
	case bgpCapRestart:
		least = 2
	}
	if length < least {
		l.str(" (too short, < ")
		l.num(least)
		l.str(")")
		return false
	}
	switch kind {
	case bgpCapMultiprotocol:
		l.str("\n\t\t")
		l.family(l.u16(at), l.u8(at+3))
	case bgpCapMultiLabel:
		for ; length >= 4; at, length = at+4, length-4 {
			l.str("\n\t\t")
			l.family(l.u16(at), l.u8(at+2))
			l.str(", Count: ")
			l.num(l.u8(at + 3))
		}
	case bgpCapRestart:
		l.str("\n\t\tRestart Flags: [")
		if l.u8(at)&0x80 != 0 {
			l.str("R")
		} else {
			l.str("none")
		}
		l.str("], Restart Time ")
		l.num(l.u16(at) & 0xfff)
		l.str("s")
		for at, length = at+2, length-2; length >= 4; at, length = at+4, length-4 {
			l.str("\n\t\t  ")
			l.family(l.u16(at), l.u8(at+2))
			l.str(", Forwarding state preserved: ")
			if l.u8(at+3)&0x80 != 0 {
				l.str("yes")
			} else {
				l.str("no")
			}
		}
	case bgpCapRefresh, bgpCapLongRestart, bgpCapRefreshCisco:
	case bgpCapAS4:
		l.str("\n\t\t 4 Byte AS ")
		l.as(l.u32(at))
	case bgpCapAddPath:
		if length == 0 {
			l.str(" (bogus)")
		}
		for ; length >= 4; at, length = at+4, length-4 {
			l.str("\n\t\t")
			l.family(l.u16(at), l.u8(at+2))
			l.str(", Send/Receive: ")
			if s := nameOf(bgpAddPathDirections, l.u8(at+3)); s != "" {
				l.str(s)
			} else {
				l.str("Bogus (0x")
				l.hex(uint32(l.u8(at+3)), 2)
				l.str(")")
			}
		}
		if length > 0 {
			l.invalid()
		}
	default:
		l.str("\n\t\tno decoder for Capability ")
		l.num(kind)
		if l.opt.Verbose <= 1 {
			l.unknown(at, length, "\n\t\t")
		}
	}
	return true
}

func (l *line) bgpNotification(at, length int) bool {
	if !l.has(at, bgpNotificationLen) {
		return false
	}
	if length < bgpNotificationLen {
		return true
	}
	major, minor := l.u8(at+19), l.u8(at+20)
	e := bgpErrors[0]
	if major < len(bgpErrors) {
		e = bgpErrors[major]
	}
	l.str(", ")
	l.str(e.text)
	l.str(" (")
	l.num(major)
	l.str(")")
	if e.minor == nil {
		return true
	}
	if e.comma == "," {
		l.str(",")
	}
	l.str(" subcode ")
	l.titled(e.minor, minor, "Unknown")
	if major != bgpCease {
		return true
	}
	at += bgpNotificationLen
	length -= bgpNotificationLen
	if minor == bgpMaxPrefixes && length >= 7 {
		l.str(", ")
		l.family(l.u16(at), l.u8(at+2))
		l.str(", Max Prefixes: ")
		l.unsigned(l.u32(at + 3))
	}
	if (minor == bgpAdminDown || minor == bgpAdminReset) && length >= 1 {
		l.bgpShutdown(at, length)
	}
	return true
}

// bgpShutdown prints what an administrator says on going, RFC 9003.
func (l *line) bgpShutdown(at, length int) {
	n, told := l.u8(at), 0
	switch {
	case n > length-1:
		l.str(", invalid Shutdown Communication length")
	case n == 0:
		l.str(", empty Shutdown Communication")
		told = 1
	default:
		l.str(", Shutdown Communication (length: ")
		l.num(n)
		l.str(`): "`)
		l.text(at+1, n)
		l.str(`"`)
		told = (n + 1) & 0xff // a byte in tcpdump
	}
	if rest := length - told; rest > 0 {
		l.str(", Data: (length: ")
		l.num(rest)
		l.str(")")
		l.hexRows(at+told, rest, "\n\t\t")
	}
}

func (l *line) bgpRefresh(at, length int) bool {
	if !l.has(at, bgpRefreshLen) {
		return false
	}
	if length < bgpRefreshLen {
		return true
	}
	l.str("\n\t  ")
	l.family(l.u16(at+19), l.u8(at+22))
	if l.opt.Verbose > 1 {
		if !l.has(at, length) {
			return false
		}
		l.unknown(at, length, "\n\t  ")
	}
	return true
}

// bgpUpdate prints the routes that go, the attributes, and the routes that
// come.
func (l *line) bgpUpdate(at, length int) bool {
	if !l.has(at, 2) || length < 2 {
		return false
	}
	withdrawn := l.u16(at)
	at += 2
	length -= 2
	if !l.has(at, withdrawn) || length < withdrawn {
		return false
	}
	if withdrawn > 1 {
		l.str("\n\t  Withdrawn routes:")
		paths := l.looksLikeAddPath(at, withdrawn, 32)
		for withdrawn > 0 && !l.stopped {
			id := uint32(0)
			if paths {
				if withdrawn < 4 {
					at += withdrawn
					length -= withdrawn
					break
				}
				id = l.u32(at)
				at += 4
				length -= 4
				withdrawn -= 4
			}
			n := l.bgpRoute(at, withdrawn, paths, id)
			if n == prefixShort {
				return false
			}
			if n < 0 {
				break
			}
			at += n
			length -= n
			withdrawn -= n
		}
	} else {
		at += withdrawn
		length -= withdrawn
		withdrawn = 0
	}
	if !l.has(at, 2) || length < 2 {
		return false
	}
	attributes := l.u16(at)
	at += 2
	length -= 2
	if withdrawn == 0 && attributes == 0 && length == 0 {
		l.str("\n\t  End-of-Rib Marker (empty NLRI)")
		return true
	}
	if length < attributes {
		return false
	}
	if !l.bgpAttributes(at, attributes, length-attributes) {
		return false
	}
	at += attributes
	length -= attributes
	return length == 0 || l.bgpUpdated(at, length)
}

func (l *line) bgpUpdated(at, length int) bool {
	paths := l.looksLikeAddPath(at, length, 32)
	l.str("\n\t  Updated routes:")
	for length > 0 && !l.stopped {
		id := uint32(0)
		if paths {
			if !l.has(at, 4) || length < 4 {
				return false
			}
			id = l.u32(at)
			at += 4
			length -= 4
		}
		n := l.bgpRoute(at, length, paths, id)
		if n == prefixShort {
			return false
		}
		if n < 0 {
			return true
		}
		at += n
		length -= n
	}
	return true
}

// bgpRoute prints one prefix of an UPDATE, and gives its length, prefixIllegal
// or prefixShort.
func (l *line) bgpRoute(at, length int, paths bool, id uint32) int {
	n := l.prefix4(at, length, "\n\t    ")
	if n == prefixIllegal {
		l.str("\n\t    (illegal prefix length)")
	}
	if n > 0 && paths {
		l.pathID(id)
	}
	return n
}

func (l *line) pathID(id uint32) {
	l.str("   Path Id: ")
	l.unsigned(id)
}

// looksLikeAddPath guesses whether each prefix has a path identifier before it
// (RFC 7911): only the OPEN messages would tell. It is so if the bytes make
// sense that way and do not without.
func (l *line) looksLikeAddPath(at, length, longest int) bool {
	if length < 5 {
		return false
	}
	offset := 0
	for offset < length {
		offset += 4
		if !l.has(at+offset, 1) {
			break
		}
		n := int(l.frame[at+offset])
		if n > longest {
			return false
		}
		offset += 1 + (n+7)/8
	}
	if offset > length {
		return false
	}
	for offset = 0; offset < length; {
		if !l.has(at+offset, 1) {
			break
		}
		n := int(l.frame[at+offset])
		if n < 1 || n > longest {
			return true
		}
		offset += 1 + (n+7)/8
	}
	return offset > length
}

// What a prefix may be instead of its length.
const (
	prefixIllegal   = -1
	prefixShort     = -2
	prefixUncertain = -3
)

// prefix4 prints an IPv4 prefix for which there are length bytes, and gives its
// own length.
func (l *line) prefix4(at, length int, before string) int { return l.prefix(at, length, before, 32) }

// prefix6 is prefix4 for IPv6.
func (l *line) prefix6(at, length int, before string) int { return l.prefix(at, length, before, 128) }

func (l *line) prefix(at, length int, before string, most int) int {
	if length < 1 {
		return prefixShort
	}
	bits := l.u8(at)
	if bits > most {
		return prefixIllegal
	}
	n := (bits + 7) / 8
	if length-1 < n {
		return prefixShort
	}
	if !l.need(at+1, n) {
		return 1 + n
	}
	l.str(before)
	if most == 32 {
		l.address4Of(at+1, bits)
	} else {
		l.address6Of(at+1, bits)
	}
	l.str("/")
	l.num(bits)
	return 1 + n
}

// leading copies the first bits of what stands at at.
func (l *line) leading(dst []byte, at, bits int) {
	n := (bits + 7) / 8
	if !l.need(at, n) {
		return
	}
	copy(dst, l.frame[at:at+n])
	if bits%8 != 0 {
		dst[n-1] &= 0xff << (8 - bits%8)
	}
}

func (l *line) address4Of(at, bits int) {
	var a [4]byte
	l.leading(a[:], at, bits)
	l.ipBytes(a)
}

func (l *line) address6Of(at, bits int) {
	var a [16]byte
	l.leading(a[:], at, bits)
	l.ip6Bytes(a)
}
