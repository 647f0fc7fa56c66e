package filter

import (
	_ "embed"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Names translates the names in expressions. It takes the texts of the files in
// which a machine keeps them. The zero value is a fresh Debian.
type Names struct {
	Hosts     string // /etc/hosts; empty: localhost alone
	Services  string // /etc/services; empty: Debian's
	Protocols string // /etc/protocols; empty: Debian's
	Networks  string // /etc/networks; empty: Debian's
	Ethers    string // /etc/ethers

	// Resolve finds the addresses of a host that is not in Hosts; nil: none.
	Resolve func(name string) []netip.Addr
}

//go:embed services
var debianServices string

//go:embed protocols
var debianProtocols string

// fields walks over the lines of such a file, each cut into words, without comments.
func fields(text string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			if words := strings.Fields(line); len(words) > 1 && !yield(words) {
				return
			}
		}
	}
}

// host gives the addresses of a host in the order of getaddrinfo: IPv6 first.
func (n *Names) host(name string) []netip.Addr {
	if a, ok := numericHost(name); ok {
		return []netip.Addr{a}
	}
	hosts := n.Hosts
	if hosts == "" {
		hosts = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
	}
	var in4, in6 []netip.Addr
	for words := range fields(hosts) {
		a, err := netip.ParseAddr(words[0])
		if err != nil || !containsFold(words[1:], name) {
			continue
		}
		if a.Is4() {
			in4 = append(in4, a)
		} else {
			in6 = append(in6, a)
		}
	}
	if found := append(in6, in4...); len(found) > 0 || n.Resolve == nil {
		return found
	}
	return n.Resolve(name)
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// numericHost reads an address as inet_aton(3) and inet_pton(3) do.
func numericHost(s string) (netip.Addr, bool) {
	if strings.Contains(s, ":") {
		a, err := netip.ParseAddr(s)
		return a, err == nil
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var address uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		if lengthNumber(part) != len(part) || part == "" {
			return netip.Addr{}, false
		}
		v, fault := parseNumber(part)
		if fault != "" || uint64(v)>>bits != 0 {
			return netip.Addr{}, false
		}
		address = address<<bits | uint64(v)
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}), true
}

// network gives a net as a number whose last bytes are the ones it has: 10 for 10.0.0.0/8.
func (n *Names) network(name string) uint32 {
	networks := n.Networks
	if networks == "" {
		networks = "default 0.0.0.0\nloopback 127.0.0.0\nlink-local 169.254.0.0\n"
	}
	for words := range fields(networks) {
		if !containsFold(words[:1], name) && !containsFold(words[2:], name) {
			continue
		}
		if address, bits, ok := parseDotted(words[1]); ok {
			return address >> (32 - bits)
		}
	}
	return 0
}

// ether gives the Ethernet address of a host.
func (n *Names) ether(name string) (mac [6]byte, ok bool) {
	for words := range fields(n.Ethers) {
		if slices.Contains(words[1:2], name) && lengthMAC(words[0]) == len(words[0]) {
			return parseMAC(words[0]), true
		}
	}
	return mac, false
}

// port gives the number of a service, and its protocol if it has a number in TCP
// or in UDP only, or another one there.
func (n *Names) port(name string) (port uint32, proto int, ok bool) {
	tcp, inTCP := n.service(name, "tcp")
	udp, inUDP := n.service(name, "udp")
	switch {
	case inTCP && inUDP && tcp == udp:
		return tcp, anyPort, true
	case inTCP:
		return tcp, protoTCP, true
	}
	return udp, protoUDP, inUDP
}

func (n *Names) service(name, proto string) (port uint32, ok bool) {
	if v, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(v) & 0xffff, true
	}
	services := n.Services
	if services == "" {
		services = debianServices
	}
	for words := range fields(services) {
		number, in, _ := strings.Cut(words[1], "/")
		if in != proto || !slices.Contains(words[:1], name) && !slices.Contains(words[2:], name) {
			continue
		}
		v, err := strconv.ParseUint(number, 10, 16)
		return uint32(v), err == nil
	}
	return 0, false
}

// portRange reads "N-M", of numbers or of services.
func (n *Names) portRange(s string) (low, high int32, proto int, ok bool) {
	if l, rest, ok := leadingInt(s); ok && strings.HasPrefix(rest, "-") {
		if h, _, ok := leadingInt(rest[1:]); ok {
			return l, h, anyPort, true
		}
	}
	first, second, ok := strings.Cut(s, "-")
	if !ok {
		return 0, 0, 0, false
	}
	l, in, ok := n.port(first)
	if !ok {
		return 0, 0, 0, false
	}
	h, proto, ok := n.port(second)
	if proto != in {
		proto = anyPort
	}
	return int32(l), int32(h), proto, ok
}

// leadingInt reads a number as scanf's %d does, and what follows it.
func leadingInt(s string) (v int32, rest string, ok bool) {
	end := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		end = 1
	}
	digits := end
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == digits {
		return 0, s, false
	}
	long, _ := strconv.ParseInt(s[:end], 10, 64) // the largest when it does not fit
	return int32(long), s[end:], true
}

// protocol gives the number of an IP protocol.
func (n *Names) protocol(name string) (number uint32, ok bool) {
	protocols := n.Protocols
	if protocols == "" {
		protocols = debianProtocols
	}
	for words := range fields(protocols) {
		if slices.Contains(words[:1], name) || slices.Contains(words[2:], name) {
			v, err := strconv.ParseUint(words[1], 10, 16)
			return uint32(v), err == nil
		}
	}
	return 0, false
}

// etherNumber is the ethertype, or service access point, of a name behind "ether
// proto".
func etherNumber(name string) (value uint32, ok bool) {
	switch name {
	case "ip":
		return etherIPv4, true
	case "arp":
		return etherARP, true
	case "rarp":
		return etherRARP, true
	case "ip6":
		return etherIPv6, true
	case "aarp":
		return etherAARP, true
	case "atalk":
		return etherATalk, true
	case "decnet":
		return etherDECnet, true
	case "lat":
		return etherLAT, true
	case "loopback":
		return etherLoopback, true
	case "mopdl":
		return etherMOPDL, true
	case "moprc":
		return etherMOPRC, true
	case "sca":
		return etherSCA, true
	case "iso":
		return sapISO, true
	case "stp":
		return sapSTP, true
	case "ipx":
		return sapIPX, true
	case "netbeui":
		return sapNetBEUI, true
	}
	return 0, false
}

// isoNumber is the identifier of a name behind "iso proto".
func isoNumber(name string) (value uint32, ok bool) {
	switch name {
	case "esis":
		return isoESIS, true
	case "isis":
		return isoISIS, true
	case "clnp":
		return isoCLNP, true
	}
	return 0, false
}
