package tcpdump

// Options of neighbour discovery, RFC 4861 section 4.6.
const (
	ndSourceLink   = 1
	ndTargetLink   = 2
	ndPrefix       = 3
	ndRedirected   = 4
	ndMTU          = 5
	ndInterval     = 7
	ndHomeAgent    = 8
	ndRouteInfo    = 24
	ndDNSServers   = 25
	ndDNSDomains   = 31
	ndPrefixLength = 4 // in 8 bytes
)

var (
	ndOptions = []numbered{
		{ndSourceLink, "source link-address"}, {ndTargetLink, "destination link-address"}, {ndPrefix, "prefix info"},
		{ndRedirected, "redirected header"}, {ndMTU, "mtu"}, {ndDNSServers, "rdnss"}, {ndDNSDomains, "dnssl"},
		{ndInterval, "advertisement interval"}, {ndHomeAgent, "homeagent information"}, {ndRouteInfo, "route info"},
	}
	ndPrefixFlags    = []numbered{{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}}
	ndRouterFlags    = []numbered{{0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x02, "ipv6 only"}}
	ndNeighbourFlags = []numbered{{0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}}
)

// neighbourMessage prints a message of neighbour discovery, with its options if
// -v. It returns false when they are broken.
func (l *line) neighbourMessage(at, kind, length int) bool {
	verbose := l.opt.Verbose > 0
	head := icmp6NeighbourLen
	switch kind {
	case ndRouterSolicit:
		head = icmp6RouterSolLen
	case ndRouterAdvert:
		head = icmp6RouterAdvLen
		if verbose {
			l.routerAdvertisement6(at)
		}
	case ndNeighbourSolicit:
		l.need(at+8, 16)
		l.str(", who has ")
		l.ip6(at + 8)
	case ndNeighbourAdvert:
		l.need(at+8, 16)
		l.str(", tgt is ")
		l.ip6(at + 8)
		if verbose {
			l.need(at+4, 4)
			l.str(", Flags [")
			l.flagNames(ndNeighbourFlags, l.u8(at+4), "none")
			l.str("]")
		}
	case ndRedirect:
		head = icmp6RedirectLen
		l.need(at+24, 16)
		l.str(", ")
		l.ip6(at + 24)
		l.str(" to ")
		l.ip6(at + 8)
	case icmp6PrefixAdvert:
		head = icmp6MobilePrefixAt
		if verbose {
			l.hexID(at)
			flags := l.u16(at + 6)
			l.str([...]string{"", " O", " M", " MO"}[flags>>14])
		}
	}
	return !verbose || l.ndOptionList(at+head, length-head)
}

func (l *line) routerAdvertisement6(at int) {
	l.need(at+4, 12)
	flags := l.u8(at + 5)
	l.str("\n\thop limit ")
	l.num(l.u8(at + 4))
	l.str(", Flags [")
	l.flagNames(ndRouterFlags, flags, "none")
	l.str("], pref ")
	l.str(routerPreference(flags))
	l.str(", router lifetime ")
	l.num(l.u16(at + 6))
	l.str("s, reachable time ")
	l.unsigned(l.u32(at + 8))
	l.str("ms, retrans timer ")
	l.unsigned(l.u32(at + 12))
	l.str("ms")
}

// routerPreference is RFC 4191's.
func routerPreference(flags int) string {
	return [...]string{"medium", "high", "rsv", "low"}[flags>>3&3]
}

func (l *line) lifetime(seconds uint32) {
	if seconds == 0xffffffff {
		l.str("infinity")
		return
	}
	l.unsigned(seconds)
	l.str("s")
}

// ndOptionList prints n bytes of options. It returns false when they are broken.
func (l *line) ndOptionList(at, n int) bool {
	first := at
	for at < l.end && !l.stopped {
		if !l.has(at, 2) {
			return false
		}
		if n <= 0 {
			return true
		}
		kind, units := l.u8(at), l.u8(at+1)
		length := units * 8
		if units == 0 || at+length > l.end {
			return false
		}
		l.str("\n\t  ")
		if s := nameOf(ndOptions, kind); s != "" {
			l.str(s)
		} else {
			l.str("unknown")
		}
		l.str(" option (")
		l.num(kind)
		l.str("), length ")
		l.num(length)
		l.str(" (")
		l.num(units)
		l.str("): ")
		switch known, ok := l.ndOption(kind, at, units, first); {
		case !ok:
			return false
		case !known && l.opt.Verbose <= 1:
			l.unknown(at+2, length-2, "\n\t  ")
			return true
		}
		if l.opt.Verbose > 1 {
			l.unknown(at+2, length-2, "\n\t    ")
		}
		at += length
		n -= length
	}
	return true
}

// ndOption prints an option of units times 8 bytes. first is where the options
// start. ok is false when it is broken.
func (l *line) ndOption(kind, at, units, first int) (known, ok bool) {
	switch kind {
	case ndSourceLink, ndTargetLink:
		l.macBytes(at+2, units*8-2)
	case ndPrefix:
		l.need(at+2, 10)
		l.need(at+16, 16)
		l.ip6(at + 16)
		l.str("/")
		l.num(l.u8(at + 2))
		if units != ndPrefixLength {
			l.str("badlen")
		}
		l.str(", Flags [")
		l.flagNames(ndPrefixFlags, l.u8(at+3), "none")
		l.str("], valid time ")
		l.lifetime(l.u32(at + 4))
		l.str(", pref. time ")
		l.lifetime(l.u32(at + 8))
	case ndRedirected:
		l.unknown(first, units*8, "\n\t    ") // from the first option on, in tcpdump too
	case ndMTU:
		mtu := l.u32(at + 4)
		l.str(" ")
		l.unsigned(mtu)
		if units != 1 {
			l.str("bad option length")
		}
	case ndDNSServers:
		lifetime := l.u32(at + 4)
		l.str(" lifetime ")
		l.unsigned(lifetime)
		l.str("s,")
		for i := 0; i < (units-1)/2 && l.need(at+8+16*i, 16); i++ {
			l.str(" addr: ")
			l.ip6(at + 8 + 16*i)
		}
	case ndDNSDomains:
		lifetime := l.u32(at + 4)
		l.str(" lifetime ")
		l.unsigned(lifetime)
		l.str("s, domain(s):")
		for domain := at + 8; domain < at+units*8 && l.u8(domain) != 0; {
			l.str(" ")
			next, ok := l.name(domain, first)
			if !ok {
				return true, false
			}
			domain = next
		}
	case ndInterval:
		interval := l.u32(at + 4)
		l.str(" ")
		l.unsigned(interval)
		l.str("ms")
	case ndHomeAgent:
		l.need(at+4, 4)
		l.str(" preference ")
		l.num(l.u16(at + 4))
		l.str(", lifetime ")
		l.num(l.u16(at + 6))
	case ndRouteInfo:
		return true, l.routeInformation(at, units)
	default:
		return false, true
	}
	return true, true
}

// routeInformation prints RFC 4191 section 2.3.
func (l *line) routeInformation(at, units int) bool {
	if units > 3 || !l.has(at+4, 4) {
		return false
	}
	var prefix [16]byte
	if n := 8 * (units - 1); l.need(at+8, n) {
		copy(prefix[:], l.frame[at+8:at+8+n])
	}
	l.str(" ")
	l.ip6Bytes(prefix)
	l.str("/")
	l.num(l.u8(at + 2))
	l.str(", pref=")
	l.str(routerPreference(l.u8(at + 3)))
	l.str(", lifetime=")
	l.lifetime(l.u32(at + 4))
	return true
}
