package tcpdump

import (
	"encoding/binary"

	"hoplab/packet/pcap"
)

// Link types of wide area networks, and Apple's around any.
const (
	linkSLIP       = 8
	linkPPP        = 9
	linkPPPSerial  = 50
	linkCiscoHDLC  = 104
	linkFrameRelay = 107
	linkUser2      = 149 // as macOS once wrote linkPKTAP
	linkPPPD       = 166
	linkPKTAP      = 258
)

// otherLinks are the link types that tcpdump knows and we do not.
var otherLinks = []numbered{
	{6, "token ring"}, {7, "ARCNET"}, {10, "FDDI"}, {51, "PPPoE"}, {99, "Symantec firewall"}, {100, "ATM"}, {102, "BSD/OS SLIP"}, {103, "BSD/OS PPP"},
	{105, "802.11"}, {106, "ATM"}, {109, "OpenBSD IPsec"}, {114, "LocalTalk"}, {117, "pflog"}, {119, "Prism"}, {122, "Fibre Channel"}, {123, "ATM"},
	{127, "802.11"}, {129, "ARCNET"}, {130, "Juniper"}, {131, "Juniper"}, {132, "Juniper"}, {133, "Juniper"}, {134, "Juniper"}, {135, "Juniper"},
	{136, "Juniper"}, {137, "Juniper"}, {138, "FireWire"}, {163, "802.11"}, {164, "Juniper"}, {167, "Juniper"}, {168, "Juniper"}, {178, "Juniper"},
	{179, "Juniper"}, {180, "Juniper"}, {181, "Juniper"}, {182, "multi-link frame relay"}, {189, "USB"}, {192, "PPI"}, {195, "802.15.4"},
	{201, "Bluetooth"}, {220, "USB"}, {226, "Solaris ipnet"}, {230, "802.15.4"}, {239, "nflog"}, {240, "netANALYZER"}, {241, "netANALYZER"},
	{242, "InfiniBand"}, {271, "vsock"}, {281, "DSA"}, {282, "DSA"}, {283, "802.15.4"}, {284, "DSA"}, {285, "DSA"},
}

// hasDataLink tells the link types that link prints.
func hasDataLink(linkType int) bool {
	switch linkType {
	case pcap.LinkEthernet, pcap.LinkRaw, pcap.LinkLinuxSLL, pcap.LinkLinuxSLL2, linkNull, linkLoop, linkIPv4, linkIPv6, dltRaw, linkSLIP, linkPPP,
		linkPPPD, linkPPPSerial, linkCiscoHDLC, linkFrameRelay, linkUser2, linkPKTAP:
		return true
	}
	return nameOf(otherLinks, linkType) != ""
}

// slip prints a packet of a serial line: direction, compressed header and room
// go before it, 16 bytes.
func (l *line) slip(length int) {
	const header = 16
	l.enter("slip")
	if !l.need(0, header) {
		return
	}
	l.header = header
	length -= header
	if l.opt.Link {
		l.slipHead(length)
	}
	switch version := l.u8(header) >> 4; version {
	case 4:
		l.ipv4(header, length)
	case 6:
		l.ipv6(header, length)
	default:
		l.str("ip v")
		l.num(version)
	}
}

// slipLines are the connections of a serial line whose headers were left out,
// RFC 1144.
type slipLines struct {
	lengths [2][256]uint32 // of the last data, by direction and connection
	last    int
}

// slipHead prints the pseudo header of a packet of length bytes behind it.
func (l *line) slipHead(length int) {
	const header, ip, uncompressed, compressed = 16, 0x40, 0x70, 0x80
	direction, kind := l.u8(0), l.u8(1)
	known := direction < 2
	switch direction {
	case 0:
		l.str("I ")
	case 1:
		l.str("O ")
	default:
		l.str("Invalid direction ")
		l.num(direction)
		l.str(" ")
	}
	if l.slips == nil {
		l.slips = &slipLines{last: 255}
	}
	switch {
	case kind&0xf0 == ip:
		l.str("ip ")
		l.num(length + header)
		l.str(": ")
	case kind&0xf0 == uncompressed:
		l.slips.last = l.u8(1 + 9) // where it would stand in an IP header
		l.str("utcp ")
		l.num(l.slips.last)
		l.str(": ")
		if known {
			l.slipData(header, length, direction)
		}
	case !known:
	case kind&compressed != 0:
		l.slipCompressed(length, direction)
		l.str(": ")
	default:
		l.str("slip-")
		l.num(kind)
		l.str("!: ")
	}
}

// slipData remembers how much data a segment has.
func (l *line) slipData(at, length, direction int) (n uint32) {
	if !l.need(at, 20) {
		return 0
	}
	words := l.u8(at) & 15
	if !l.need(at+words*4, 20) {
		return 0
	}
	words += l.u8(at+words*4+12) >> 4
	n = uint32(length - words*4)
	l.slips.lengths[direction][l.slips.last] = n
	return n
}

// slipCompressed prints what changed in a header, RFC 1144 section 3.2.
func (l *line) slipCompressed(length, direction int) {
	const newC, newI, newS, newA, newW, newU = 0x40, 0x20, 0x08, 0x04, 0x02, 0x01
	const header, begin = 16, 1
	at := begin
	flags := l.u8(at)
	at++
	if flags&newC != 0 {
		l.slips.last = l.u8(at)
		at++
		l.str("ctcp ")
		l.num(l.slips.last)
	} else {
		l.str("ctcp *")
	}
	at += 2 // the checksum
	change := func(label string, signed bool) {
		n := l.u8(at)
		if n == 0 { // else tcpdump stays where it is
			n = l.u16(at + 1)
			at += 3
		}
		l.str(label)
		if signed {
			if n = int(int16(n)); n >= 0 {
				l.str("+")
			}
		}
		l.num(n)
	}
	switch flags & (newS | newA | newW | newU) {
	case newS | newW | newU:
		l.str(" *SA+")
		l.unsigned(l.slips.lengths[direction][l.slips.last])
	case newS | newA | newW | newU:
		l.str(" *S+")
		l.unsigned(l.slips.lengths[direction][l.slips.last])
	default:
		if flags&newU != 0 {
			change(" U=", false)
		}
		if flags&newW != 0 {
			change(" W", true)
		}
		if flags&newA != 0 {
			change(" A+", false)
		}
		if flags&newS != 0 {
			change(" S+", false)
		}
	}
	if flags&newI != 0 {
		change(" I+", false)
	}
	n := l.slipData(header, length, direction)
	l.str(" ")
	l.unsigned(n)
	l.str(" (")
	l.num(at - begin)
	l.str(")")
}

// pppLink prints a frame of a PPP link.
func (l *line) pppLink(length int) {
	const header = 4
	l.enter("ppp")
	if l.end < header {
		l.truncated()
		l.header = l.end
		return
	}
	l.header = header
	l.ppp(0, length)
}

// pppSerial prints PPP in HDLC framing, RFC 1662.
func (l *line) pppSerial(length int) {
	const all, unicast, broadcast = 0xff, 0x0f, 0x8f
	l.enter("ppp_hdlc")
	if l.end < 2 {
		l.truncated()
		l.header = l.end
		return
	}
	address := l.u8(0)
	if address == unicast || address == broadcast {
		l.header = l.ciscoHDLC(0, length)
		return
	}
	if l.end < 4 {
		l.truncated()
		l.header = l.end
		return
	}
	if l.opt.Link {
		l.hexBytes(0, 1)
		l.str(" ")
		l.hexBytes(1, 1)
		l.str(" ")
		l.num(length)
		l.str(" ")
	}
	if address != all {
		l.str("unknown addr ")
		l.hexBytes(2, 1)
		l.str("; ctrl ")
		l.hexBytes(3, 1)
		l.header = 2
		return
	}
	proto := l.u16(2)
	if s := nameOf(pppProtocols, proto); s != "" {
		l.str(s)
	} else {
		l.str("unknown PPP protocol (0x")
		l.hex(uint32(proto), 4)
		l.str(")")
	}
	l.str(": ")
	l.pppPayload(proto, 4, length-4)
	l.header = 4
}

// ciscoHDLC prints Cisco's framing and returns the length of its header.
func (l *line) ciscoHDLC(at, length int) int {
	const header, keepalives, osi = 4, 0x8035, 0xfefe
	begin := at
	l.enter("chdlc")
	if length < header {
		l.truncated()
		return l.end - at
	}
	proto := l.u16(at + 2)
	if l.opt.Link {
		switch cast := l.u8(at); cast {
		case 0x0f:
			l.str("unicast")
		case 0x8f:
			l.str("bcast")
		default:
			l.str("0x")
			l.hex(uint32(cast), 2)
		}
		l.str(", ethertype ")
		l.str(etherName(proto))
		l.str(" (0x")
		l.hex(uint32(proto), 4)
		l.str("), length ")
		l.num(length)
		l.str(": ")
	}
	at += header
	length -= header
	switch proto {
	case etherIPv4:
		l.ipv4(at, length)
	case etherIPv6:
		l.ipv6(at, length)
	case 0x8847, 0x8848:
		l.mpls(at, length)
	case keepalives:
		l.slarp(at, length)
	case osi: // with a byte in front, or without
		if length < 2 {
			l.truncated()
			return l.end - begin
		}
		if second := l.u8(at + 1); second >= 0x81 && second <= 0x83 {
			l.osi(at+1, length-1)
		} else {
			l.osi(at, length)
		}
	default:
		if !l.opt.Link {
			l.str("unknown CHDLC protocol (0x")
			l.hex(uint32(proto), 4)
			l.str(")")
		}
	}
	return header
}

// slarp prints Cisco's address resolution and keepalives for serial lines.
func (l *line) slarp(at, length int) {
	const least, withUptime = 14, 18
	l.enter("chdlc_slarp")
	l.str("SLARP (length: ")
	l.num(length)
	l.str("), ")
	if length < least || !l.has(at, least) {
		l.truncated()
		return
	}
	switch code := l.u32(at); code {
	case 0:
		l.str("request")
	case 1:
		l.str("reply ")
		l.ip(at + 4)
		l.str("/")
		l.ip(at + 8)
	case 2:
		l.str("keepalive: mineseen=0x")
		l.hex(l.u32(at+4), 8)
		l.str(", yourseen=0x")
		l.hex(l.u32(at+8), 8)
		l.str(", reliability=0x")
		l.hex(uint32(l.u16(at+12)), 4)
		if length >= withUptime {
			s := l.u32(at+14) / 1000
			l.str(", link uptime=")
			l.unsigned(s / 86400)
			l.str("d")
			l.unsigned(s / 3600 % 24)
			l.str("h")
			l.unsigned(s / 60 % 60)
			l.str("m")
			l.unsigned(s % 60)
			l.str("s")
			at += least // so that -vv shows only what comes later
		}
	default:
		l.str("0x")
		l.hex(code, 2)
		l.str(" unknown")
		if l.opt.Verbose <= 1 {
			l.unknown(at+4, length-4, "\n\t")
		}
	}
	if length > withUptime && l.opt.Verbose > 0 {
		l.str(", (trailing junk: ")
		l.num(length - withUptime)
		l.str(" bytes)")
	}
	if l.opt.Verbose > 1 {
		l.unknown(at+4, length-4, "\n\t")
	}
}

// relayAddress is what the address of a frame relay frame says, Q.922.
type relayAddress struct {
	circuit int
	length  int // in bytes
	flags   int // of the bytes that have them: 2 of the first, 0xe00 of the second, 2<<16 of the last
}

var relayFlags = []numbered{{0x2, "C!"}, {0x200, "DE"}, {0x400, "BECN"}, {0x800, "FECN"}, {0x20000, "sdlcore"}}

// relayAddress reads an address of up to length bytes; cut tells that it ends
// behind them, ok is false when it is none.
func (l *line) relayAddress(at, length int) (a relayAddress, cut, ok bool) {
	have := func(i int) bool { return l.has(at+i, 1) && length > i }
	if !have(0) {
		return a, true, false
	}
	first := l.u8(at)
	if first&1 != 0 {
		return a, false, false
	}
	if !have(1) {
		return a, true, false
	}
	second := l.u8(at + 1)
	a = relayAddress{circuit: first>>2<<4 | second>>4, length: 2, flags: first&2 | second&0x0e<<8}
	if second&1 != 0 {
		return a, false, true
	}
	if !have(2) {
		return a, true, false
	}
	a.length = 3
	last := l.u8(at + 2)
	if last&1 == 0 {
		a.circuit = a.circuit<<7 | last>>1
		a.length = 4
		if !have(3) {
			return a, true, false
		}
		last = l.u8(at + 3)
	}
	if last&1 == 0 {
		return a, false, false
	}
	a.flags |= last & 2 << 16
	a.circuit = a.circuit<<6 | last>>2
	return a, false, true
}

// Network layer identifiers of ISO 9577.
var nlpids = []numbered{
	{0x00, "NULL"}, {0x08, "Q.933"}, {0x09, "LMI"}, {0x80, "SNAP"}, {0x81, "CLNP"}, {0x82, "ES-IS"}, {0x83, "IS-IS"}, {0x84, "CONS"},
	{0x85, "IDRP"}, {0xc1, "ISIS_SPB"}, {0xb1, "FRF.15"}, {0xcc, "IPv4"}, {0xcf, "PPP"}, {0x8a, "X25 ES-IS"}, {0x8e, "IPv6"},
}

// relayHead prints the header of a frame relay frame of length bytes.
func (l *line) relayHead(a relayAddress, headerLen, kind, length int) {
	l.str("Q.922, ")
	if !l.opt.Quiet {
		l.str("hdr-len ")
		l.num(headerLen)
		l.str(", ")
	}
	l.str("DLCI ")
	l.num(a.circuit)
	if !l.opt.Quiet {
		l.str(", Flags [")
		l.flagNames(relayFlags, a.flags, "none")
		names, digits := nlpids, 2
		if kind > 0xff {
			l.str("], cisco-ethertype ")
			names, digits = etherNames, 4
		} else {
			l.str("], NLPID ")
		}
		if s := nameOf(names, kind); s != "" {
			l.str(s)
		} else {
			l.str("unknown")
		}
		l.str(" (0x")
		l.hex(uint32(kind), digits)
		l.str(")")
	}
	l.str(", length ")
	l.num(length)
	l.str(": ")
}

// frameRelay prints a frame of RFC 2427 and returns the length of its header.
func (l *line) frameRelay(at, length int) int {
	const ui = 0x03
	l.enter("fr")
	a, cut, ok := l.relayAddress(at, length)
	switch {
	case cut:
		l.truncated()
		return 0
	case !ok:
		l.str("Q.922, invalid address")
		return 0
	}
	missing := func(n int) bool {
		if l.has(at, n) && length >= n {
			return false
		}
		l.truncated()
		return true
	}
	if missing(a.length + 1) {
		return 0
	}
	if control := l.u8(at + a.length); control != ui && a.circuit != 0 {
		known := false
		if l.has(at+a.length, 2) && length >= a.length+2 {
			kind := l.u16(at + a.length)
			if l.opt.Link {
				l.relayHead(a, a.length, kind, length)
			}
			known = l.etherPayload(kind, at+a.length+2, length-a.length-2, noMAC)
		}
		if known {
			return a.length + 2
		}
		l.str("UI ")
		l.hex(uint32(control), 2)
		l.str("! ")
	}
	if missing(a.length + 2) {
		return 0
	}
	header := a.length + 2
	if l.u8(at+a.length+1) == 0 {
		if a.length != 3 {
			l.str("Pad! ")
		}
		header++
	} else if a.length == 3 {
		l.str("No pad! ")
	}
	if missing(header) {
		return 0
	}
	kind := l.u8(at + header - 1)
	if l.opt.Link {
		l.relayHead(a, a.length, kind, length)
	}
	data, rest := at+header, length-header
	switch kind {
	case 0xcc:
		l.ipv4(data, rest)
	case 0x8e:
		l.ipv6(data, rest)
	case 0xcf:
		l.ppp(data, rest)
	case 0x80:
		if !l.snap(data, rest, noMAC, 0) {
			if !l.opt.Link {
				l.relayHead(a, header, kind, length)
			}
			l.unlessQuiet(at, length)
		}
	case 0x81, 0x82, 0x83:
		l.osi(data-1, rest+1)
	case 0x08:
		l.q933(data, rest)
	case 0xb1:
		l.notModelled(nameOf(nlpids, kind))
	default:
		if !l.opt.Link {
			l.relayHead(a, a.length, kind, length)
		}
		if l.opt.Hex == 0 && !(l.opt.HexASCII > 0 && l.opt.Hex > 0) {
			l.dump(data, data+rest)
		}
	}
	return header
}

// pktap prints a packet behind Apple's header, which tells its link type.
func (l *line) pktap(length int) {
	const least = 108
	l.enter("pktap")
	if length < least {
		l.str(" (packet too short, ")
		l.num(length)
		l.str(" < 108)")
		l.invalid()
		return
	}
	little := func(at int) int {
		if !l.need(at, 4) {
			return 0
		}
		return int(binary.LittleEndian.Uint32(l.frame[at:]))
	}
	link, header := little(8), little(0)
	if l.stopped {
		return
	}
	if header < least || header > length {
		if header < least {
			l.str(" (pkt_len too small, ")
		} else {
			l.str(" (pkt_len too big, ")
		}
		l.unsigned(uint32(header))
		if header < least {
			l.str(" < 108)")
		} else {
			l.str(" > ")
			l.num(length)
			l.str(")")
		}
		l.invalid()
		return
	}
	if !l.need(0, header) {
		return
	}
	head := func() {
		name := "UNKNOWN"
		if s := nameOf(dataLinks, link); s != "" {
			name = s
		}
		if l.opt.Quiet {
			l.str(name)
		} else {
			l.str("DLT ")
			l.str(name)
			l.str(" (")
			l.unsigned(uint32(link))
			l.str(") len ")
			l.num(header)
		}
		l.str(", length ")
		l.num(length)
		l.str(": ")
	}
	if l.opt.Link {
		head()
	}
	const none, packet = 0, 1
	switch kind := little(4); {
	case kind == none:
		l.str("no data")
	case kind == packet && hasDataLink(link) && link != linkPKTAP:
		l.frame, l.end = l.frame[header:], l.end-header
		l.header = 0
		l.link(link, length-header)
		header += 2 * l.header // tcpdump counts it twice
	case kind == packet:
		if !l.opt.Link {
			head()
		}
		l.unlessQuiet(header, l.end-header)
	}
	l.header = header
}

// dataLinks are libpcap's names of what pktap is seen around.
var dataLinks = []numbered{{linkNull, "NULL"}, {1, "EN10MB"}, {dltRaw, "RAW"}, {linkLoop, "LOOP"}, {linkPPP, "PPP"}, {linkPPPSerial, "PPP_SERIAL"}, {linkPKTAP, "PKTAP"}}
