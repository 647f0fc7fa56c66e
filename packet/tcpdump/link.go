package tcpdump

import (
	"encoding/binary"

	"hoplab/packet/pcap"
)

// Link types beside those of package pcap, by the numbers of libpcap on Linux
// and those of files: https://www.tcpdump.org/linktypes.html.
const (
	linkNull = 0   // BSD loopback: an address family of the host
	linkLoop = 108 // OpenBSD loopback: the same in network byte order
	linkIPv4 = 228
	linkIPv6 = 229

	dltRaw = 12 // what libpcap calls pcap.LinkRaw in memory; files with it exist
)

// Ethertypes that are decoded.
const (
	etherIPv4  = 0x0800
	etherARP   = 0x0806
	etherTrail = 0x1000
	etherRARP  = 0x8035
	etherVLAN  = 0x8100
	etherIPv6  = 0x86dd
	etherJumbo = 0x8870

	etherLoopback = 0x9000
	etherISO      = 0xfefe
)

// maxEthernetLength is the largest value of an ethertype field that is a
// length (IEEE 802.3).
const maxEthernetLength = 1500

// packet prints a packet of length bytes on the wire from its link header on.
func (l *line) packet(linkType, length int) {
	if l.end == 0 {
		l.str("[Invalid header: caplen==0")
		if length == 0 {
			l.str(", len==0")
		}
		l.str("]")
		return
	}
	l.link(linkType, length)
}

// link prints what a link header starts.
func (l *line) link(linkType, length int) {
	switch linkType {
	case pcap.LinkEthernet:
		l.header = l.ethernet(0, length)
	case pcap.LinkRaw, dltRaw, linkIPv4, linkIPv6:
		if l.opt.Link {
			l.str("ip: ")
		}
		l.rawIP(0, length)
	case linkNull, linkLoop:
		l.loopback(length)
	case pcap.LinkLinuxSLL:
		l.cooked(length)
	case pcap.LinkLinuxSLL2:
		l.cooked2(length)
	case linkPPP, linkPPPD:
		l.pppLink(length)
	case linkPPPSerial:
		l.pppSerial(length)
	case linkFrameRelay:
		l.enter("fr")
		if l.end < 4 {
			l.truncated()
			l.header = l.end
			return
		}
		l.header = l.frameRelay(0, length)
	case linkCiscoHDLC:
		l.header = l.ciscoHDLC(0, length)
	case linkSLIP:
		l.slip(length)
	case linkPKTAP, linkUser2:
		l.pktap(length)
	default:
		if other := nameOf(otherLinks, linkType); other != "" {
			l.notModelled(other)
			return
		}
		l.str("UNSUPPORTED")
		l.dump(0, l.end)
	}
}

// rawIP prints an IP packet that no ethertype announced.
func (l *line) rawIP(at, length int) {
	l.enter("ipn")
	if length < 1 {
		l.str("truncated-ip ")
		l.num(length)
		return
	}
	switch version := l.u8(at) >> 4; version {
	case 4:
		l.ipv4(at, length)
	case 6:
		l.ipv6(at, length)
	default:
		l.str("unknown ip ")
		l.num(version)
	}
}

// ethernet prints a frame of length bytes on the wire and returns how long its
// link header is.
func (l *line) ethernet(at, length int) int {
	const header = 14
	l.enter("ether")
	begin := at
	if captured := l.end - at; length < captured { // only inside a tunnel
		l.str("[length ")
		l.num(length)
		l.str(" < caplen ")
		l.num(captured)
		l.str("]")
		l.invalid()
		return length
	}
	if !l.has(at, header) {
		l.truncated()
		return max(l.end-at, 0)
	}
	whole := length
	kind := l.u16(at + 12)
	at += header
	length -= header
	if !l.opt.Link && kind == etherIPv4 { // most of all frames
		l.ipv4(at, length)
		return header
	}
	if l.opt.Link {
		l.etherAddresses(begin)
	}
	told := false // the length of the frame
	tellLength := func() {
		l.str(", length ")
		l.num(whole)
		l.str(": ")
		told = true
	}
	if kind == etherMACsec {
		if l.opt.Link {
			l.etherType(kind)
			tellLength()
		}
		inner, next, rest, header, more := l.macsec(at, length, begin)
		if !more {
			return header
		}
		kind, at, length = inner, next, rest
	}
	for isVLAN(kind) {
		if !l.has(at, 4) {
			l.enter("vlan")
			l.truncated()
			return l.end - begin
		}
		if length < 4 {
			l.enter("vlan")
			l.truncated()
			return at - begin + length
		}
		tag := l.u16(at)
		if l.opt.Link {
			l.etherType(kind)
			if told {
				l.str(", ")
			} else {
				tellLength()
			}
			l.vlanTag(tag)
			l.str(", ")
		}
		kind = l.u16(at + 2)
		at += 4
		length -= 4
	}
	switch {
	case kind <= maxEthernetLength:
		length = min(length, kind)
		outer := l.end
		l.end = min(l.end, at+length)
		if l.opt.Link {
			l.str("802.3")
			if !told {
				l.str(", length ")
				l.num(length)
				l.str(": ")
			}
		}
		at += l.llcOrDump(at, length, begin)
		l.end = outer
	case kind == etherJumbo:
		at += l.llcOrDump(at, length, begin)
	default:
		if l.opt.Link {
			l.etherType(kind)
			if told {
				l.str(", ")
			} else {
				tellLength()
			}
		}
		if !l.etherPayload(kind, at, length, begin) {
			if !l.opt.Link {
				l.etherAddresses(begin)
				l.etherType(kind)
				tellLength()
			}
			l.unlessQuiet(at, l.end-at)
		}
	}
	return at - begin
}

// llcOrDump prints an LLC header and what follows it, or dumps it when nothing
// is known of it. It returns the length of the header.
func (l *line) llcOrDump(at, length, mac int) int {
	n, known := l.llc(at, length, mac)
	if !known {
		l.unlessQuiet(at, min(l.end-at, length))
	}
	return n
}

// etherPayload prints what an ethertype announces, if that is known. mac is
// where an Ethernet header starts, or noMAC.
func (l *line) etherPayload(kind, at, length, mac int) bool {
	switch kind {
	case etherIPv4:
		l.ipv4(at, length)
	case etherIPv6:
		l.ipv6(at, length)
	case etherARP, etherRARP:
		l.arp(at, length)
	case etherMPLS, 0x8848:
		l.mpls(at, length)
	case etherLoopback:
		l.configurationTest(at, length)
	case etherISO:
		if length == 0 || l.end <= at {
			l.enter("isoclns")
			l.truncated()
		} else {
			l.osi(at+1, length-1)
		}
	case etherIPX:
		l.str("(NOV-ETHII) ")
		l.ipx(at)
	default:
		if l.etherTunnel(kind, at, length) {
			break
		}
		if !hasDecoder(kind) {
			return false
		}
		l.notModelled(nameOf(etherNames, kind))
	}
	return true
}

// noMAC says that a frame came without an Ethernet header.
const noMAC = -1

// etherAddresses prints "a > b, " of an Ethernet header.
func (l *line) etherAddresses(at int) {
	l.ether(at + 6)
	l.str(" > ")
	l.ether(at)
	l.str(", ")
}

func (l *line) etherType(kind int) {
	name := nameOf(etherNames, kind)
	if l.opt.Quiet {
		if name != "" {
			l.str(name)
			return
		}
		l.str("Unknown Ethertype (0x")
	} else {
		l.str("ethertype ")
		if name == "" {
			name = "Unknown"
		}
		l.str(name)
		l.str(" (0x")
	}
	l.hex(uint32(kind), 4)
	l.str(")")
}

func (l *line) vlanTag(tag int) {
	l.str("vlan ")
	l.num(tag & 0xfff)
	l.str(", p ")
	l.num(tag >> 13)
	if tag&0x1000 != 0 {
		l.str(", DEI")
	}
}

func isVLAN(kind int) bool {
	switch kind {
	case etherVLAN, 0x88a8, 0x9100, 0x9200:
		return true
	}
	return false
}

const etherMACsec = 0x88e5

// hasDecoder tells the ethertypes of which tcpdump prints more than bytes and
// we do not.
func hasDecoder(kind int) bool {
	switch kind {
	case 0x6003, 0x809b, 0x80f3, 0x8863, 0x8864, 0x3c12, 0x3c13, 0x888e, 0x8899, 0x880b, 0x8808, 0x8809, 0x8902, 0xabcd,
		0x88cc, 0x894f, 0x9000, 0x8847, 0x8848, 0x88ca, 0x886f, 0x0707, 0x8947, 0x1111, 0x88a2, 0x88f7, 0xd28b:
		return true
	}
	return false
}

var etherNames = []numbered{
	{etherIPv4, "IPv4"}, {0x8847, "MPLS unicast"}, {0x8848, "MPLS multicast"}, {etherIPv6, "IPv6"}, {etherVLAN, "802.1Q"}, {0x9100, "802.1Q-9100"},
	{0x88a8, "802.1Q-QinQ"}, {0x9200, "802.1Q-9200"}, {etherMACsec, "802.1AE MACsec"}, {0x0200, "PUP"}, {etherARP, "ARP"},
	{etherRARP, "Reverse ARP"}, {0x0600, "NS"}, {0x0500, "Sprite"}, {etherTrail, "Trail"}, {0x6001, "MOP DL"}, {0x6002, "MOP RC"}, {0x6003, "DN"},
	{0x6004, "LAT"}, {0x6007, "SCA"}, {0x6558, "TEB"}, {0x8038, "Lanbridge"}, {0x803c, "DEC DNS"}, {0x803e, "DEC DTS"}, {0x805b, "VEXP"},
	{0x805c, "VPROD"}, {0x809b, "Appletalk"}, {0x80f3, "Appletalk ARP"}, {0x8137, "IPX"}, {0x880b, "PPP"}, {0x8808, "MPCP"},
	{0x8809, "Slow Protocols"}, {0x8863, "PPPoE D"}, {0x8864, "PPPoE S"}, {0x888e, "EAPOL"}, {0x8899, "Realtek protocols"},
	{0x886f, "MS NLB heartbeat"}, {etherJumbo, "Jumbo"}, {0x894f, "NSH"}, {0x9000, "Loopback"}, {0xfefe, "OSI"}, {0x00fe, "GRE-OSI"},
	{0xabcd, "CFM (old)"}, {0x8902, "CFM"}, {0x893a, "IEEE1905.1"}, {0x88cc, "LLDP"}, {0x88ca, "TIPC"}, {0x0707, "GeoNet (old)"},
	{0x8947, "GeoNet"}, {0x1111, "CALM FAST"}, {0x88a2, "AoE"}, {0x88f7, "PTP"}, {0xd28b, "Arista Vendor Specific Protocol"},
}

// etherName is what an ethertype is called, "Unknown" when it has no name.
func etherName(kind int) string {
	if s := nameOf(etherNames, kind); s != "" {
		return s
	}
	return "Unknown"
}

// bsdFamilies are the address families of BSD systems, which differ in IPv6.
var bsdFamilies = []numbered{{2, "IPv4"}, {6, "NS"}, {7, "ISO"}, {16, "Appletalk"}, {23, "IPX"}, {24, "IPv6"}, {28, "IPv6"}, {30, "IPv6"}}

// loopback prints a packet of a BSD loopback device: an address family in some
// byte order goes before it.
func (l *line) loopback(length int) {
	const header = 4
	l.enter("null")
	if !l.need(0, header) {
		return
	}
	l.header = header
	family := binary.LittleEndian.Uint32(l.frame)
	if family>>16 != 0 {
		family = binary.BigEndian.Uint32(l.frame)
	}
	head := func() {
		if l.opt.Quiet {
			l.named(bsdFamilies, "Unknown AF ", int(family), "")
		} else {
			l.str("AF ")
			if s := nameOf(bsdFamilies, int(family)); s != "" {
				l.str(s)
			} else {
				l.str("Unknown")
			}
			l.str(" (")
			l.unsigned(family)
			l.str(")")
		}
		l.str(", length ")
		l.num(length)
		l.str(": ")
	}
	if l.opt.Link {
		head()
	}
	switch family {
	case 2:
		l.ipv4(header, length-header)
	case 24, 28, 30:
		l.ipv6(header, length-header)
	case 23:
		l.ipx(header)
	case 7:
		l.osi(header, length-header)
	case 16:
		l.notModelled(nameOf(bsdFamilies, int(family)))
	default:
		if !l.opt.Link {
			head()
		}
		l.unlessQuiet(header, l.end-header)
	}
}
