package tcpdump

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Names are what a machine calls addresses and ports: what its /etc/hosts,
// /etc/ethers and /etc/services tell. A function that finds nothing returns "".
type Names struct {
	Host    func(netip.Addr) string
	Ether   func([6]byte) string
	Service func(port uint16, proto string) string // proto is tcp or udp; without a function Debian's table decides
	Short   bool                                   // -N: hosts without their domain
}

// numbered is a number with a name.
type numbered struct {
	number int
	name   string
}

// nameOf finds the name of n, "" if it has none.
func nameOf(table []numbered, n int) string {
	for i := range table {
		if table[i].number == n {
			return table[i].name
		}
	}
	return ""
}

// sortedName is nameOf for long tables that are sorted by number.
func sortedName(table []numbered, n int) string {
	i, found := slices.BinarySearchFunc(table, n, func(e numbered, n int) int { return e.number - n })
	if !found {
		return ""
	}
	return table[i].name
}

// host prints the name of an address if there is one.
func (l *line) host(addr netip.Addr) bool {
	if l.opt.Names == nil || l.opt.Names.Host == nil {
		return false
	}
	name := l.opt.Names.Host(addr)
	if l.opt.Names.Short {
		name, _, _ = strings.Cut(name, ".")
	}
	l.str(name)
	return name != ""
}

// tcpPort prints a TCP port.
func (l *line) tcpPort(port int) { l.port(port, "tcp", tcpServices) }

// udpPort prints a UDP port.
func (l *line) udpPort(port int) { l.port(port, "udp", udpServices) }

func (l *line) port(port int, proto string, services []numbered) {
	name := ""
	if names := l.opt.Names; names != nil {
		if names.Service != nil {
			name = names.Service(uint16(port), proto)
		} else if name = sortedName(services, port); name == "" {
			name = sortedName(bothServices, port)
		}
	}
	if name == "" {
		l.num(port)
		return
	}
	l.str(name)
}

// protocolNumber prints a protocol of IP as a name or as ip-proto-N.
func (l *line) protocolNumber(proto int) {
	if l.opt.Names != nil {
		if name := sortedName(protocolNames, proto); name != "" {
			l.str(name)
			return
		}
	}
	l.str("ip-proto-")
	l.num(proto)
}

// ip prints an IPv4 address.
func (l *line) ip(at int) {
	if !l.need(at, 4) {
		return
	}
	a := [4]byte(l.frame[at:])
	if l.opt.Names != nil && l.host(netip.AddrFrom4(a)) {
		return
	}
	l.dottedBytes(a)
}

// octet is a byte in decimal with a dot behind it, packed so that its first
// character comes first in little-endian order.
type octet struct {
	text   uint64
	length int
}

var octets = func() (table [256]octet) {
	for i := range table {
		text := strconv.Itoa(i) + "."
		for j := range len(text) {
			table[i].text |= uint64(text[j]) << (8 * j)
		}
		table[i].length = len(text)
	}
	return table
}()

// dottedBytes prints an IPv4 address that is never resolved to a name: 10.244.1.7.
func (l *line) dottedBytes(a [4]byte) {
	if l.stopped {
		return
	}
	l.twoOctets(a[0], a[1])
	l.twoOctets(a[2], a[3])
	l.out = l.out[:len(l.out)-1]
}

// twoOctets prints two bytes of an address, each with a dot behind it.
func (l *line) twoOctets(first, second byte) {
	a, b := &octets[first], &octets[second]
	l.out = binary.LittleEndian.AppendUint64(l.out, a.text|b.text<<(8*a.length&63))
	l.out = l.out[:len(l.out)-8+a.length+b.length]
}

// ip6 prints an IPv6 address.
func (l *line) ip6(at int) {
	if !l.need(at, 16) {
		return
	}
	l.ip6Bytes([16]byte(l.frame[at:]))
}

// ip6Bytes prints an IPv6 address as RFC 5952 wants it, with the last two words
// of IPv4-mapped and IPv4-compatible addresses in dots.
func (l *line) ip6Bytes(a [16]byte) {
	if l.stopped || l.opt.Names != nil && l.host(netip.AddrFrom16(a)) {
		return
	}
	var words [8]uint16
	for i := range words {
		words[i] = binary.BigEndian.Uint16(a[2*i:])
	}
	from, length := -1, 1 // the first of the longest runs of zeros
	for i := 0; i < 8; {
		n := 0
		for i+n < 8 && words[i+n] == 0 {
			n++
		}
		if n > length {
			from, length = i, n
		}
		i += n + 1
	}
	for i := 0; i < 8; i++ {
		if i > 0 || i == from {
			l.out = append(l.out, ':')
		}
		if i == from {
			if i += length; i == 8 {
				l.out = append(l.out, ':')
				return
			}
			l.out = append(l.out, ':')
		}
		if i == 6 && from == 0 && (length == 6 || length == 5 && words[5] == 0xffff) {
			l.dottedBytes([4]byte(a[12:]))
			return
		}
		l.hex(uint32(words[i]), 1)
	}
}

// ether prints an Ethernet address.
func (l *line) ether(at int) {
	if !l.need(at, 6) {
		return
	}
	names := l.opt.Names
	if names == nil {
		l.macBytes(at, 6)
		return
	}
	a := [6]byte(l.frame[at:])
	if names.Ether != nil {
		if name := names.Ether(a); name != "" {
			l.str(name)
			return
		}
	}
	if a == [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff} {
		l.str("Broadcast")
		return
	}
	l.macBytes(at, 6)
	l.str(" (oui ")
	l.oui(int(a[0])<<16 | int(a[1])<<8 | int(a[2]))
	l.str(")")
}

// macBytes prints n bytes as hex digits with colons.
func (l *line) macBytes(at, n int) {
	if !l.need(at, n) {
		return
	}
	out := l.out
	for i, b := range l.frame[at : at+n] {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, hexDigits[b>>4], hexDigits[b&15])
	}
	l.out = out
}

// mac prints a hardware address of n bytes.
func (l *line) mac(at, n int) {
	switch n {
	case 0:
		l.str("<empty>")
	case 6:
		l.ether(at)
	default:
		l.macBytes(at, n)
	}
}

// ouiNames are the organizations that tcpdump knows, by the first three bytes
// of their addresses.
var ouiNames = []numbered{
	{0x000000, "Ethernet"}, {0x00000c, "Cisco"}, {0x00005e, "IANA"}, {0x000081, "Nortel Networks SONMP"}, {0x0000f8, "Cisco bridged"},
	{0x00049f, "Freescale"}, {0x0004ea, "HP-Labs"}, {0x001018, "Broadcom"}, {0x00120f, "IEEE 802.3 Private"}, {0x0012bb, "ANSI/TIA"},
	{0x0015ad, "Netronome"}, {0x001b21, "DCBX"}, {0x002320, "Nicira Networks"}, {0x002481, "HP"}, {0x0080c2, "Ethernet bridged"},
	{0x009069, "Juniper"}, {0x00a03e, "ATM Forum"}, {0x00e004, "PMC-Sierra"}, {0x00e02f, "DOCSIS Spanning Tree"}, {0x080007, "Appletalk"},
	{0x080009, "Hewlett-Packard"}, {0x5c16c7, "Big Switch Networks"}, {0x748771, "Infoblox Inc"}, {0xa42305, "Open Networking Lab"},
	{0xb0d2f5, "Vello Systems"}, {0xd0f0db, "Ericsson"},
}

func (l *line) oui(oui int) {
	if name := sortedName(ouiNames, oui); name != "" {
		l.str(name)
		return
	}
	l.str("Unknown")
}
