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
	case pppOSI, pppIPX, etherIPX, pppML, pppCHAP, pppPAP, pppBAP:
		s := nameOf(pppProtocols, proto)
		if s == "" {
			s = "IPX"
		}
		l.notModelled(s)
	default:
		if proto&0xff00 == 0x7e00 {
			l.notModelled("escaped PPP")
			return
		}
		if s := nameOf(pppProtocols, proto); s != "" {
			l.str(s)
		} else {
			l.str("unknown PPP protocol (0x")
			l.hex(uint32(proto), 4)
			l.str(")")
		}
		l.str(" ")
		l.unknown(at, length, "\n\t")
	}
}

// pppCodes are those of control protocols, RFC 1661 section 5.
var pppCodes = []numbered{
	{0, "Vendor-Extension"}, {1, "Conf-Request"}, {2, "Conf-Ack"}, {3, "Conf-Nack"}, {4, "Conf-Reject"}, {5, "Term-Request"}, {6, "Term-Ack"},
	{7, "Code-Reject"}, {8, "Prot-Reject"}, {9, "Echo-Request"}, {10, "Echo-Reply"}, {11, "Disc-Req"}, {12, "Ident"}, {13, "Time-Remain"},
}

// pppControl prints what the ends of a link agree on.
func (l *line) pppControl(proto, at, length int) {
	title := nameOf(pppProtocols, proto)
	l.str(title)
	l.str(", ")
	if length < 4 || !l.has(at, 2) {
		l.str("[|")
		l.str(title)
		l.str("]")
		return
	}
	code := l.u8(at)
	if s := nameOf(pppCodes, code); s != "" {
		l.str(s)
	} else {
		l.str("Unknown Opcode")
	}
	l.str(" (0x")
	l.hex(uint32(code), 2)
	l.str("), id ")
	l.num(l.u8(at + 1))
	l.str(", length ")
	l.num(length + 2)
	if l.opt.Verbose > 0 {
		l.str(" ")
		l.notModelled(title + " options")
	}
}
