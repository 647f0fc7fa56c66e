package tcpdump

// ICMPv6 types, https://www.iana.org/assignments/icmpv6-parameters.
const (
	icmp6Unreachable    = 1
	icmp6TooBig         = 2
	icmp6TimeExceeded   = 3
	icmp6ParamProblem   = 4
	icmp6Echo           = 128
	icmp6EchoReply      = 129
	mldQuery            = 130
	mldReport           = 131
	mldDone             = 132
	ndRouterSolicit     = 133
	ndRouterAdvert      = 134
	ndNeighbourSolicit  = 135
	ndNeighbourAdvert   = 136
	ndRedirect          = 137
	icmp6Renumbering    = 138
	icmp6NodeQuery      = 139
	icmp6NodeReply      = 140
	ndInverseSolicit    = 141
	ndInverseAdvert     = 142
	mldReport2          = 143
	icmp6HomeRequest    = 144
	icmp6HomeReply      = 145
	icmp6PrefixSolicit  = 146
	icmp6PrefixAdvert   = 147
	icmp6RPL            = 155
	icmp6TraceResponse  = 200
	icmp6Trace          = 201
	icmp6NoPort         = 4 // code of icmp6Unreachable
	icmp6BeyondScope    = 2
	icmp6HopLimit       = 0 // code of icmp6TimeExceeded
	icmp6Reassembly     = 1
	icmp6MLDLen         = 24
	icmp6MLD2Len        = 28
	icmp6RouterSolLen   = 8
	icmp6RouterAdvLen   = 16
	icmp6NeighbourLen   = 24
	icmp6RedirectLen    = 40
	icmp6MobilePrefixAt = 8
)

var icmp6Types = []numbered{
	{icmp6Unreachable, "destination unreachable"}, {icmp6TooBig, "packet too big"}, {icmp6TimeExceeded, "time exceeded in-transit"},
	{icmp6ParamProblem, "parameter problem"}, {icmp6Echo, "echo request"}, {icmp6EchoReply, "echo reply"}, {mldQuery, "multicast listener query"},
	{mldReport, "multicast listener report"}, {mldDone, "multicast listener done"}, {ndRouterSolicit, "router solicitation"},
	{ndRouterAdvert, "router advertisement"}, {ndNeighbourSolicit, "neighbor solicitation"}, {ndNeighbourAdvert, "neighbor advertisement"},
	{ndRedirect, "redirect"}, {icmp6Renumbering, "router renumbering"}, {ndInverseSolicit, "inverse neighbor solicitation"},
	{ndInverseAdvert, "inverse neighbor advertisement"}, {mldReport2, "multicast listener report v2"}, {icmp6HomeRequest, "ha discovery request"},
	{icmp6HomeReply, "ha discovery reply"}, {icmp6PrefixSolicit, "mobile router solicitation"}, {icmp6PrefixAdvert, "mobile router advertisement"},
	{icmp6NodeQuery, "who-are-you request"}, {icmp6NodeReply, "who-are-you reply"}, {icmp6Trace, "mtrace message"},
	{icmp6TraceResponse, "mtrace response"}, {icmp6RPL, "RPL"},
}

// icmp6 prints an ICMPv6 message of length bytes.
func (l *line) icmp6(ip ipHeader, at, length int, fragmented bool) {
	l.enter("icmp6")
	if length == 0 {
		l.str("ICMP6, length 0")
		l.invalid()
		return
	}
	verbose := l.opt.Verbose > 0
	if verbose && !fragmented && l.has(at, length) {
		stored := l.u16(at + 2)
		if sum := l.transportSum(ip, at, length, protoICMPv6); sum == 0 {
			l.str("[icmp6 sum ok] ")
		} else {
			l.str("[bad icmp6 cksum 0x")
			l.hex(uint32(stored), 4)
			l.str(" -> 0x")
			l.hex(uint32(shouldBe(stored, sum)), 4)
			l.str("!] ")
		}
	}
	kind := l.u8(at)
	l.str("ICMP6, ")
	l.named(icmp6Types, "unknown icmp6 type (", kind, ")")
	if verbose {
		switch kind {
		case ndRouterSolicit, ndRouterAdvert, ndNeighbourAdvert, ndNeighbourSolicit, ndRedirect, icmp6HomeReply, icmp6PrefixAdvert:
			l.length(length)
		}
	}
	code := l.u8(at + 1)
	switch kind {
	case ndRouterSolicit, ndRouterAdvert, ndNeighbourAdvert, ndNeighbourSolicit, ndRedirect, icmp6PrefixAdvert:
		if !l.neighbourMessage(at, kind, length) {
			l.truncated()
			return
		}
	case icmp6Unreachable:
		if !l.unreachable6(at, code, length) {
			return
		}
	default:
		if !l.icmp6Body(at, kind, code, length) {
			return
		}
	}
	if !verbose {
		l.length(length)
	}
}

func (l *line) length(n int) {
	l.str(", length ")
	l.num(n)
}

// icmp6Body prints what a message says. It returns false when that ends the
// line.
func (l *line) icmp6Body(at, kind, code, length int) bool {
	quote := at + 8
	switch kind {
	case icmp6TooBig:
		mtu := l.u32(at + 4)
		l.str(", mtu ")
		l.unsigned(mtu)
	case icmp6TimeExceeded:
		switch code {
		case icmp6HopLimit:
			l.need(quote+24, 16)
			l.str(" for ")
			l.ip6(quote + 24)
		case icmp6Reassembly:
			l.str(" (reassembly)")
		default:
			l.str(", unknown code (")
			l.num(code)
			l.str(")")
		}
	case icmp6ParamProblem:
		if l.stopped {
			return false
		}
		if !l.has(quote+24, 16) {
			l.truncated()
			return false
		}
		if what := [...]string{", erroneous", ", next header", ", option", ", incomplete header chain"}; code < len(what) {
			l.str(what[code])
			l.str(" - octet ")
			l.unsigned(l.u32(at + 4))
		} else {
			l.str(", code-#")
			l.num(code)
		}
	case icmp6Echo, icmp6EchoReply:
		l.need(at+4, 4)
		l.icmpID(at, ", id ", ", seq ")
	case mldQuery:
		switch {
		case length == icmp6MLDLen:
			l.mld(at)
		case length >= icmp6MLD2Len:
			l.str(" v2")
			l.mld2Query(at, length)
		default:
			l.str(" unknown-version (len ")
			l.num(length)
			l.str(") ")
		}
	case mldReport, mldDone:
		l.mld(at)
	case mldReport2:
		l.mld2Report(at, length)
	case icmp6Renumbering:
		l.renumbering(at)
	case icmp6NodeQuery:
		l.nodeQuery(at)
	case icmp6NodeReply:
		l.nodeReply(at, length)
	case ndInverseSolicit, ndInverseAdvert:
	case icmp6PrefixSolicit, icmp6HomeRequest:
		l.hexID(at)
	case icmp6HomeReply:
		if l.opt.Verbose > 0 {
			l.hexID(at)
			for i := 8; i < length && l.need(at+i, 16); i += 16 {
				l.str(", ")
				l.ip6(at + i)
			}
		}
	case icmp6RPL:
		l.rpl(code, at+4, length-4)
	default:
		l.length(length)
		if l.opt.Verbose <= 1 {
			l.unknown(at, length, "\n\t")
		}
		return false
	}
	return true
}

func (l *line) hexID(at int) {
	id := l.u16(at + 4)
	l.str(", id 0x")
	l.hex(uint32(id), 4)
}

// unreachable6 prints what is unreachable. It returns false when that ends the
// line.
func (l *line) unreachable6(at, code, length int) bool {
	quote := at + 8
	destination := quote + 24
	what := [...]string{"unreachable route", " unreachable prohibited", "beyond scope", "unreachable address", "unreachable port"}
	l.str(", ")
	if code >= len(what) {
		l.str("unknown unreach code (")
		l.num(code)
		l.str(")")
		if l.opt.Verbose <= 1 {
			l.unknown(at, length, "\n\t")
			return false
		}
		return true
	}
	l.str(what[code])
	switch code {
	case icmp6BeyondScope:
		l.need(quote+8, 32)
		l.str(" ")
		l.ip6(destination)
		l.str(", source address ")
		l.ip6(quote + 8)
	case icmp6NoPort:
		if l.stopped {
			return false
		}
		proto, ports, ok := l.quotedPorts(quote)
		if !ok {
			l.truncated()
			return false
		}
		port := l.u16(ports + 2)
		l.str(", ")
		l.ip6(destination)
		if proto == protoTCP {
			l.str(" tcp port ")
			l.tcpPort(port)
		} else {
			l.str(" udp port ")
			l.udpPort(port)
		}
	default:
		l.need(destination, 16)
		l.str(" ")
		l.ip6(destination)
	}
	return true
}

// quotedPorts finds the ports of a quoted IPv6 packet.
func (l *line) quotedPorts(ip int) (proto, at int, ok bool) {
	if !l.has(ip, 7) {
		return 0, 0, false
	}
	proto, at = l.u8(ip+6), ip+ipv6Len
	for before := ip; before < l.end; {
		before = at
		switch proto {
		case protoUDP, protoTCP:
			return proto, at, l.has(at, 4)
		case protoHopByHop, protoDestination, protoRouting:
			if !l.has(at, 2) {
				return 0, 0, false
			}
			proto, at = l.u8(at), at+(l.u8(at+1)+1)*8
		case protoFragment:
			if !l.has(at, 4) || l.u16(at+2)&^7 != 0 {
				return 0, 0, false
			}
			proto, at = l.u8(at), at+8
		case protoAH:
			if !l.has(at, 2) {
				return 0, 0, false
			}
			proto, at = l.u8(at), at+(l.u8(at+1)+2)*4
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}
