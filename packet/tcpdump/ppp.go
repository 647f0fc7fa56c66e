package tcpdump

// Protocols of PPP, https://www.iana.org/assignments/ppp-numbers.
const (
	pppIP       = 0x0021
	pppOSI      = 0x0023
	pppIPX      = 0x002b
	pppVJPlain  = 0x002f
	pppML       = 0x003d
	pppIPv6     = 0x0057
	pppComp     = 0x00fd
	pppMPLS     = 0x0281
	pppMPLSCast = 0x0283
	pppIPCP     = 0x8021
	pppOSICP    = 0x8023
	pppIPv6CP   = 0x8057
	pppCCP      = 0x80fd
	pppMPLSCP   = 0x8281
	pppLCP      = 0xc021
	pppPAP      = 0xc023
	pppBACP     = 0xc02b
	pppBAP      = 0xc02d
	pppCHAP     = 0xc223
)

var pppProtocols = []numbered{
	{pppIP, "IP"}, {pppOSI, "OSI"}, {0x0025, "NS"}, {0x0027, "DECNET"}, {0x0029, "APPLE"}, {pppIPX, "IPX"}, {0x002d, "VJC IP"},
	{pppVJPlain, "VJNC IP"}, {0x0031, "BRPDU"}, {0x0033, "STII"}, {0x0035, "VINES"}, {pppML, "MLPPP"}, {pppIPv6, "IP6"},
	{pppComp, "Compressed"}, {0x0201, "HELLO"}, {0x0231, "LUXCOM"}, {0x0233, "SNS"}, {pppMPLS, "MPLS"}, {pppMPLSCast, "MPLS"},
	{pppIPCP, "IPCP"}, {pppOSICP, "OSICP"}, {0x8025, "NSCP"}, {0x8027, "DECNETCP"}, {0x8029, "APPLECP"}, {0x802b, "IPXCP"},
	{0x8033, "STIICP"}, {0x8035, "VINESCP"}, {0x803d, "MLPPP-CP"}, {pppIPv6CP, "IP6CP"}, {pppCCP, "CCP"}, {pppMPLSCP, "MPLSCP"},
	{pppLCP, "LCP"}, {pppPAP, "PAP"}, {0xc025, "LQM"}, {0xc027, "SPAP"}, {pppBACP, "BACP"}, {pppBAP, "BAP"},
	{0xc123, "Old-SPAP"}, {pppCHAP, "CHAP"}, {0xc227, "EAP"},
}

// ppp prints a frame of PPP (RFC 1661), with or without its address and control
// bytes, and gives the length of its header.
func (l *line) ppp(at, length int) (header int) {
	const in, out, all = 0x0003, 0x0103, 0xff03
	l.enter("ppp")
	start, whole := at, length
	if length < 2 {
		l.truncated()
		return 0
	}
	switch l.u16(at) {
	case in:
		if l.opt.Link {
			l.str("In  ")
		}
		at += 2
	case out:
		if l.opt.Link {
			l.str("Out ")
		}
		at += 2
	case all:
		at += 2
	}
	if length = whole - (at - start); length < 2 {
		l.truncated()
		return 0
	}
	proto := l.u8(at)
	if proto%2 != 0 { // compressed to one byte
		at++
	} else {
		proto = l.u16(at)
		at += 2
	}
	header = at - start
	if l.opt.Link {
		s := nameOf(pppProtocols, proto)
		l.orUnknown(pppProtocols, proto, "unknown")
		l.str(" (0x")
		l.hex(uint32(proto), 4)
		l.str("), length ")
		l.num(whole)
		if s == "" {
			return header
		}
		l.str(": ")
	}
	l.pppPayload(proto, at, whole-header)
	return header
}

func (l *line) pppPayload(proto, at, length int) {
	if proto&0xff00 == 0x7e00 {
		l.pppEscaped(at-1, length)
		return
	}
	switch proto {
	case pppIP, pppVJPlain, etherIPv4:
		l.ipv4(at, length)
	case pppIPv6, etherIPv6:
		l.ipv6(at, length)
	case pppMPLS, pppMPLSCast:
		l.mpls(at, length)
	case pppComp:
		l.str("compressed PPP data")
	case pppLCP, pppIPCP, pppOSICP, pppMPLSCP, pppIPv6CP, pppCCP, pppBACP:
		l.pppControl(proto, at, length)
	case pppML:
		l.multilink(at, length)
	case pppCHAP:
		l.chap(at, length)
	case pppPAP:
		l.pap(at, length)
	case pppBAP: // tcpdump prints nothing of it
	case pppOSI:
		l.notModelled("OSI")
	case pppIPX, etherIPX:
		l.notModelled("IPX")
	default:
		l.pppProtocol(proto)
		l.str(" ")
		l.unknown(at, length, "\n\t")
	}
}

func (l *line) pppProtocol(proto int) {
	if s := nameOf(pppProtocols, proto); s != "" {
		l.str(s)
		return
	}
	l.str("unknown PPP protocol (0x")
	l.hex(uint32(proto), 4)
	l.str(")")
}

// pppEscaped prints a frame whose bytes are escaped as on a serial line, RFC
// 1662 section 4.2.
func (l *line) pppEscaped(at, length int) {
	if l.end <= at || length == 0 {
		return
	}
	var plain []byte
	for i := at; i < l.end; i++ {
		b := l.frame[i]
		if b == 0x7d {
			if i++; i >= l.end {
				break
			}
			b = l.frame[i] ^ 0x20
		}
		plain = append(plain, b)
	}
	frame, end := l.frame, l.end
	l.frame, l.end = plain, len(plain)
	l.pppPlain(len(plain))
	l.frame, l.end = frame, end
}

// pppPlain guesses how long the protocol field of an unescaped frame is.
func (l *line) pppPlain(length int) {
	if length < 1 {
		l.truncated()
		return
	}
	switch l.u8(0) {
	case pppIP:
		l.ipv4(1, length-1)
		return
	case pppIPv6:
		l.ipv6(1, length-1)
		return
	}
	if length < 2 {
		l.truncated()
		return
	}
	at := 2
	proto := l.u16(0)
	if proto == 0xff03 {
		if length < 4 {
			l.truncated()
			return
		}
		at, proto = 4, l.u16(2)
	}
	if proto&0xff00 == 0x7e00 {
		l.str("(protocol 0x")
		l.hex(uint32(proto), 4)
		l.str(" invalid)")
		return
	}
	l.pppPayload(proto, at, length-at)
}

var pppoeCodes = []numbered{{0x07, "PADO"}, {0x09, "PADI"}, {0x19, "PADR"}, {0x65, "PADS"}, {0xa7, "PADT"}}

var pppoeTags = []numbered{
	{0, "EOL"}, {0x0101, "Service-Name"}, {0x0102, "AC-Name"}, {0x0103, "Host-Uniq"}, {0x0104, "AC-Cookie"}, {0x0105, "Vendor-Specific"},
	{0x0110, "Relay-Session-ID"}, {0x0120, "PPP-Max-Payload"}, {0x0201, "Service-Name-Error"}, {0x0202, "AC-System-Error"}, {0x0203, "Generic-Error"},
}

// pppoe prints RFC 2516's header and what follows it, and gives the length of all
// headers.
func (l *line) pppoe(at, length int) (head int) {
	const header, mostPADI = 6, 1484
	l.enter("pppoe")
	if length < header {
		l.str(" (length ")
		l.num(length)
		l.str(" < 6)")
		l.invalid()
		return 0
	}
	if !l.need(at, header) {
		return 0
	}
	first, code, session, n := l.u8(at), l.u8(at+1), l.u16(at+2), l.u16(at+4)
	length -= header
	if version := first >> 4; version != 1 {
		l.str(" [ver ")
		l.num(version)
		l.str("]")
	}
	if kind := first & 15; kind != 1 {
		l.str(" [type ")
		l.num(kind)
		l.str("]")
	}
	l.str("PPPoE ")
	if s := nameOf(pppoeCodes, code); s != "" || code == 0 {
		l.str(s)
	} else {
		l.str("PAD-")
		l.hex(uint32(code), 1)
	}
	if code == 0x09 && n > mostPADI-header {
		l.str(" [len ")
		l.num(n)
		l.str("!]")
	}
	if n > length {
		l.str(" [len ")
		l.num(n)
		l.str(" > ")
		l.num(length)
		l.str("!]")
		n = length
	}
	if session != 0 {
		l.str(" [ses 0x")
		l.hex(uint32(session), 1)
		l.str("]")
	}
	at += header
	if code != 0 {
		l.pppoeTags(at, at+n)
		return header
	}
	l.str(" ")
	return header + l.ppp(at, n)
}

func (l *line) pppoeTags(at, end int) {
	const mostShown = 79
	for at < end && !l.stopped {
		tag, n := l.u16(at), l.u16(at+2)
		if l.stopped {
			return
		}
		at += 4
		if !l.need(at, n) {
			return
		}
		l.str(" [")
		if s := nameOf(pppoeTags, tag); s != "" {
			l.str(s)
		} else {
			l.str("TAG-0x")
			l.hex(uint32(tag), 1)
		}
		shown := l.frame[at : at+min(n, mostShown)]
		printable := 0
		for _, b := range shown {
			if b >= ' ' && b <= '~' {
				printable++
			}
		}
		switch {
		case n == 0:
		case 2*printable > len(shown):
			l.str(` "`)
			for _, b := range shown {
				if b < ' ' || b > '~' {
					b = '.'
				}
				l.byteChar(b)
			}
			l.str(`"`)
		default:
			l.str(" 0x")
			for _, b := range l.frame[at : at+n] {
				for _, digit := range [...]byte{b >> 4, b & 15} {
					l.byteChar("0123456789ABCDEF"[digit])
				}
			}
		}
		l.str("]")
		at += n
		if tag == 0 {
			return
		}
	}
}

// ectp prints the Ethernet loopback protocol of DEC.
func (l *line) ectp(at, length int) {
	const reply, forward, address = 1, 2, 6
	l.enter("loopback")
	l.str("Loopback")
	bad := func() {
		l.invalid()
		l.need(at, length)
	}
	little := func() int {
		n := l.u16(at)
		at += 2
		length -= 2
		return n>>8 | n&0xff<<8
	}
	if length < 2 {
		bad()
		return
	}
	skip := little()
	l.str(", skipCount ")
	l.num(skip)
	if skip%8 != 0 {
		l.str(" (bogus)")
	}
	if skip > length {
		bad()
		return
	}
	l.need(at, skip)
	at += skip
	length -= skip
	if length < 2 {
		bad()
		return
	}
	switch function := little(); function {
	case reply:
		l.str(", Reply")
		if length < 2 {
			bad()
			return
		}
		receipt := little()
		l.str(", receipt number ")
		l.num(receipt)
	case forward:
		l.str(", Forward Data")
		if length < address {
			bad()
			return
		}
		if l.need(at, address) {
			l.str(", forwarding address ")
			l.ether(at)
		}
		at += address
		length -= address
	default:
		l.str(",  invalid (")
		l.num(function)
		l.str(")")
		l.need(at, length)
		return
	}
	l.str(", data (")
	l.num(length)
	l.str(" octets)")
	l.need(at, length)
}
