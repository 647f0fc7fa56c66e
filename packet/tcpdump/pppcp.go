package tcpdump

// pppCodes are those of control protocols, RFC 1661 section 5.
var pppCodes = []numbered{
	{0, "Vendor-Extension"}, {1, "Conf-Request"}, {2, "Conf-Ack"}, {3, "Conf-Nack"}, {4, "Conf-Reject"}, {5, "Term-Request"}, {6, "Term-Ack"},
	{7, "Code-Reject"}, {8, "Prot-Reject"}, {9, "Echo-Request"}, {10, "Echo-Reply"}, {11, "Disc-Req"}, {12, "Ident"}, {13, "Time-Rem"},
	{14, "Reset-Req"}, {15, "Reset-Ack"},
}

var lcpOptions = [...]string{
	"Vend-Ext", "MRU", "ACCM", "Auth-Prot", "Qual-Prot", "Magic-Num", "deprecated(6)", "PFC", "ACFC", "FCS-Alt", "SDP", "Num-Mode",
	"deprecated(12)", "Call-Back", "deprecated(14)", "deprecated(15)", "deprecated(16)", "MRRU", "12-Bit seq #", "End-Disc", "Proprietary",
	"DCE-Id", "MP+", "Link-Disc", "LCP-Auth-Opt", "COBS", "Prefix-elision", "Multilink-header-Form", "I18N", "SDL-over-SONET/SDH", "PPP-Muxing",
}

var (
	ipcpOptions = []numbered{
		{1, "IP-Addrs"}, {2, "IP-Comp"}, {3, "IP-Addr"}, {4, "Home-Addr"}, {129, "Pri-DNS"}, {130, "Pri-NBNS"}, {131, "Sec-DNS"}, {132, "Sec-NBNS"},
	}
	ip6cpOptions = []numbered{{1, "Interface-ID"}}
	bacpOptions  = []numbered{{1, "Favored-Peer"}}
	ccpOptions   = []numbered{
		{0, "OUI"}, {1, "Pred-1"}, {2, "Pred-2"}, {3, "Puddle"}, {16, "HP-PPC"}, {17, "Stac-LZS"}, {18, "MPPC"}, {19, "Gand-FZA"},
		{20, "V.42bis"}, {21, "BSD-Comp"}, {23, "LZS-DCP"}, {24, "MVRCA"}, {25, "DEC"}, {26, "Deflate"}, {255, "Reserved"},
	}
	lcpAlgorithms = []numbered{{5, "MD5"}, {128, "MS-CHAPv1"}, {129, "MS-CHAPv2"}}
	lcpCallbacks  = []numbered{{0, "UserAuth"}, {1, "DialString"}, {2, "LocalID"}, {3, "E.164"}, {4, "X.500"}, {6, "CBCP"}}
	chapCodes     = []numbered{{1, "Challenge"}, {2, "Response"}, {3, "Success"}, {4, "Fail"}}
	papCodes      = []numbered{{1, "Auth-Req"}, {2, "Auth-ACK"}, {3, "Auth-NACK"}}
	mlFlags       = []numbered{{0x80, "begin"}, {0x40, "end"}}
)

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
	l.orUnknown(pppCodes, code, "Unknown Opcode")
	l.str(" (0x")
	l.hex(uint32(code), 2)
	l.str("), id ")
	l.num(l.u8(at + 1))
	l.str(", length ")
	l.num(length + 2)
	if l.opt.Verbose == 0 {
		return
	}
	n := l.u16(at + 2)
	l.str("\n\tencoded length ")
	l.num(n)
	switch {
	case n < 4:
		l.str(" (< 4))")
		return
	case n > length:
		l.str(" (> packet length ")
		l.num(length)
		l.str("))")
		return
	}
	l.str(" (=Option(s) length ")
	l.num(n - 4)
	l.str(")")
	if n == 4 {
		return
	}
	if l.opt.Verbose > 1 {
		l.unknown(at-2, 6, "\n\t")
	}
	l.pppMessage(proto, code, title, at, n)
}

// pppMessage prints what is behind the header of a message of n bytes.
func (l *line) pppMessage(proto, code int, title string, at, n int) {
	const magic = "\n\t  Magic-Num 0x"
	data := at + 4
	switch code {
	case 0:
		if n >= 11 {
			l.str(magic)
			l.hex(l.u32(data), 8)
			l.str(" Vendor: ")
			vendor := l.u24(data + 4)
			l.orUnknown(ouiNames, vendor, "Unknown")
			l.str(" (")
			l.num(vendor)
			l.str(")")
		}
	case 1, 2, 3, 4:
		l.pppOptions(proto, data, n)
	case 5, 6, 7:
	case 8:
		if n < 6 {
			break
		}
		rejected := l.u16(data)
		l.str("\n\t  Rejected ")
		l.orUnknown(pppProtocols, rejected, "unknown")
		l.str(" Protocol (0x")
		l.hex(uint32(rejected), 4)
		l.str(")")
		if n > 6 {
			l.str("\n\t  Rejected Packet")
			l.unknown(data+2, n-2, "\n\t    ")
		}
	case 9, 10, 11:
		if n < 8 {
			break
		}
		l.str(magic)
		l.hex(l.u32(data), 8)
		if n > 8 {
			l.str("\n\t  -----trailing data-----")
			if !l.has(data+4, n-8) {
				l.str("[|")
				l.str(title)
				l.str("]")
				return
			}
			l.unknown(data+4, n-8, "\n\t  ")
		}
	case 12:
		if n < 8 {
			break
		}
		l.str(magic)
		l.hex(l.u32(data), 8)
		if n > 8 {
			l.str("\n\t  Message\n\t    ")
			if !l.text(data+4, n-4) {
				l.str("[|")
				l.str(title)
				l.str("]")
			}
		}
	case 13:
		if n >= 12 {
			l.str(magic)
			l.hex(l.u32(data), 8)
			left := l.u32(data + 4)
			l.str(", Seconds-Remaining ")
			l.unsigned(left)
			l.str("s")
		}
	default:
		if l.opt.Verbose <= 1 {
			l.unknown(at-2, n+2, "\n\t  ")
		}
	}
}

// pppOptions prints the options of a message of n bytes.
func (l *line) pppOptions(proto, at, n int) {
	for left := n - 4; left != 0 && !l.stopped; {
		size := 0
		switch proto {
		case pppLCP:
			size = l.lcpOption(at, n)
		case pppIPCP:
			size = l.cpOption(at, n, "ipcp", "unknown", ipcpOptions, l.ipcpOption)
		case pppIPv6CP:
			size = l.cpOption(at, n, "ip6cp", "unknown", ip6cpOptions, l.ip6cpOption)
		case pppCCP:
			size = l.cpOption(at, n, "ccp", "Unknown", ccpOptions, l.ccpOption)
		case pppBACP:
			size = l.cpOption(at, n, "bacp", "Unknown", bacpOptions, l.bacpOption)
		}
		if size == 0 {
			return
		}
		if left < size {
			l.str(" [remaining options length ")
			l.num(left)
			l.str(" < ")
			l.num(size)
			l.str("]")
			l.invalid()
			return
		}
		left -= size
		at += size
	}
}

// cpEnd says how to go on behind an option's text.
type cpEnd int

const (
	cpShown   cpEnd = iota // its bytes follow with -vv
	cpUnknown              // its bytes follow
	cpBad                  // nothing follows but the next option
	cpLast                 // there is no next option
)

// cpOption prints an option of all but LCP and gives its length, 0 to end.
func (l *line) cpOption(at, n int, mark, unknown string, names []numbered, value func(kind, at, size int) cpEnd) int {
	if n < 2 {
		return 0
	}
	if !l.has(at, 2) {
		l.str("[|")
		l.str(mark)
		l.str("]")
		return 0
	}
	kind, size := l.u8(at), l.u8(at+1)
	if n < size {
		return 0
	}
	l.str("\n\t  ")
	l.orUnknown(names, kind, unknown)
	l.optionHead(kind, size)
	if size < 2 {
		l.bogus(">=", 2)
		return 0
	}
	return l.optionRest(value(kind, at, size), at, size)
}

func (l *line) optionHead(kind, size int) {
	l.str(" Option (0x")
	l.hex(uint32(kind), 2)
	l.str("), length ")
	l.num(size)
}

func (l *line) bogus(relation string, size int) {
	l.str(" (length bogus, should be ")
	l.str(relation)
	l.str(" ")
	l.num(size)
	l.str(")")
}

func (l *line) optionRest(end cpEnd, at, size int) int {
	switch end {
	case cpLast:
		return 0
	case cpBad:
		return size
	case cpUnknown:
		if l.opt.Verbose < 2 {
			l.unknown(at+2, size-2, "\n\t    ")
		}
	}
	if l.opt.Verbose > 1 {
		l.unknown(at+2, size-2, "\n\t    ")
	}
	return size
}

// lcpOption prints an option of LCP and gives its length, 0 to end.
func (l *line) lcpOption(at, n int) int {
	if n < 2 {
		return 0
	}
	if !l.has(at, 2) {
		l.str("[|lcp]")
		return 0
	}
	kind, size := l.u8(at), l.u8(at+1)
	if n < size {
		return 0
	}
	if kind >= len(lcpOptions) {
		l.str("\n\tunknown LCP option 0x")
		l.hex(uint32(kind), 2)
		if size < 2 {
			return 0
		}
		return size
	}
	l.str("\n\t  ")
	l.str(lcpOptions[kind])
	l.optionHead(kind, size)
	if size < 2 {
		l.bogus(">=", 2)
		return 0
	}
	return l.optionRest(l.lcpValue(kind, at, size), at, size)
}

// lcpSize checks how long an option is, and says how to go on if that is wrong.
func (l *line) lcpSize(kind, size int) (end cpEnd, ok bool) {
	want, end := 0, cpLast // negative: it may be longer
	switch kind {
	case 0:
		want, end = -6, cpBad
	case 1:
		want, end = 4, cpBad
	case 2:
		want, end = 6, cpBad
	case 3:
		want, end = -4, cpBad
	case 4:
		want = -4
	case 5:
		want = 6
	case 13, 19:
		want = -3
	case 17, 23:
		want = 4
	}
	switch {
	case want > 0 && size != want:
		l.bogus("=", want)
		return end, false
	case want < 0 && size < -want:
		l.bogus(">=", -want)
		return end, false
	}
	return cpShown, true
}

func (l *line) lcpValue(kind, at, size int) cpEnd {
	if end, ok := l.lcpSize(kind, size); !ok {
		return end
	}
	switch kind {
	case 0:
		vendor := l.u24(at + 2)
		l.str(": Vendor: ")
		l.orUnknown(ouiNames, vendor, "Unknown")
		l.str(" (")
		l.num(vendor)
		l.str(")")
	case 1, 17:
		mru := l.u16(at + 2)
		l.str(": ")
		l.num(mru)
	case 2, 5:
		word := l.u32(at + 2)
		l.str(": 0x")
		l.hex(word, 8)
	case 3:
		proto := l.u16(at + 2)
		l.str(": ")
		l.orUnknown(pppProtocols, proto, "Unknown Auth Proto (0x04x)")
		switch proto {
		case pppCHAP:
			algorithm := l.u8(at + 4)
			l.str(", ")
			l.named(lcpAlgorithms, "Unknown Auth Alg ", algorithm, "")
		case pppPAP, 0xc227, 0xc027, 0xc123:
		default:
			l.unknown(at, size, "\n\t")
		}
	case 4:
		if l.u16(at+2) == 0xc025 {
			l.str(": LQR")
		} else {
			l.str(": unknown")
		}
	case 7, 8:
	case 13:
		l.str(": ")
		operation := l.u8(at + 2)
		l.str(": Callback Operation ")
		l.titled(lcpCallbacks, operation, "Unknown")
	case 19:
		return l.lcpDiscriminator(at, size)
	case 23:
		n := l.u16(at + 2)
		l.str(": 0x")
		l.hex(uint32(n), 4)
	default:
		return cpUnknown
	}
	return cpShown
}

// lcpDiscriminator prints RFC 1990's endpoint discriminator.
func (l *line) lcpDiscriminator(at, size int) cpEnd {
	switch class := l.u8(at + 2); class {
	case 0:
		l.str(": Null")
	case 1:
		l.str(": Local")
	case 2:
		if size != 7 {
			l.bogus("=", 7)
			return cpLast
		}
		if l.need(at+3, 4) {
			l.str(": IPv4 ")
			l.ip(at + 3)
		}
	case 3:
		if size != 9 {
			l.bogus("=", 9)
			return cpLast
		}
		if l.need(at+3, 6) {
			l.str(": MAC ")
			l.ether(at + 3)
		}
	case 4:
		l.str(": Magic-Num-Block")
	case 5:
		l.str(": PSNDN")
	default:
		l.str(": Unknown class ")
		l.num(class)
	}
	return cpShown
}

func (l *line) ipcpOption(kind, at, size int) cpEnd {
	switch kind {
	case 1:
		if size != 10 {
			l.bogus("=", 10)
			return cpBad
		}
		if l.need(at+2, 8) {
			l.str(": src ")
			l.ip(at + 2)
			l.str(", dst ")
			l.ip(at + 6)
		}
	case 2:
		return l.ipcpCompression(at, size)
	case 3, 4, 129, 130, 131, 132:
		if size != 6 {
			l.bogus("=", 6)
			return cpLast
		}
		if l.need(at+2, 4) {
			l.str(": ")
			l.ip(at + 2)
		}
	default:
		return cpUnknown
	}
	return cpShown
}

// ipcpCompression prints how headers are compressed, RFC 3544.
func (l *line) ipcpCompression(at, size int) cpEnd {
	const vanJacobson, ipHeader, least = 0x2d, 0x61, 14
	if size < 4 {
		l.bogus(">=", 4)
		return cpLast
	}
	proto := l.u16(at + 2)
	l.str(": ")
	switch proto {
	case vanJacobson:
		l.str("VJ-Comp")
	case ipHeader:
		l.str("IP Header Compression")
	default:
		l.str("Unknown")
	}
	l.str(" (0x")
	l.hex(uint32(proto), 2)
	l.str("):")
	if proto != ipHeader {
		return cpShown
	}
	if size < least {
		l.bogus(">=", least)
		return cpLast
	}
	cut := func() cpEnd {
		l.str("[|ipcp]")
		return cpLast
	}
	if !l.has(at+2, least) {
		return cut()
	}
	l.str("\n\t    ")
	for i, s := range [...]string{"TCP Space ", ", non-TCP Space ", ", maxPeriod ", ", maxTime ", ", maxHdr "} {
		l.str(s)
		l.num(l.u16(at + 4 + 2*i))
	}
	left := size - least
	if left == 0 {
		return cpShown
	}
	l.str("\n\t      Suboptions, length ")
	l.num(left)
	sub := at + least
	for left >= 2 {
		if !l.has(sub, 2) {
			return cut()
		}
		kind, n := l.u8(sub), l.u8(sub+1)
		if kind == 0 || n == 0 {
			break
		}
		l.str("\n\t\t")
		switch kind {
		case 1:
			l.str("RTP-Compression")
		case 2:
			l.str("Enhanced RTP-Compression")
		default:
			l.str("Unknown")
		}
		l.str(" Suboption #")
		l.num(kind)
		l.str(", length ")
		l.num(n)
		if left < n {
			l.str(" [remaining suboptions length ")
			l.num(left)
			l.str(" < ")
			l.num(n)
			l.str("]")
			l.invalid()
			break
		}
		left -= n
		sub += n
	}
	if l.opt.Verbose > 1 {
		l.unknown(sub+2, size-2, "\n\t    ") // from there in tcpdump
	}
	return cpBad
}

func (l *line) ip6cpOption(kind, at, size int) cpEnd {
	if kind != 1 {
		return cpUnknown
	}
	if size != 10 {
		l.bogus("=", 10)
		return cpBad
	}
	if !l.has(at+2, 8) {
		l.str("[|ip6cp]")
		return cpLast
	}
	for i := range 4 {
		if i == 0 {
			l.str(": ")
		} else {
			l.str(":")
		}
		l.hexBytes(at+2+2*i, 2)
	}
	return cpShown
}

func (l *line) ccpOption(kind, at, size int) cpEnd {
	least := 4
	switch kind {
	case 21:
		least = 3
	case 24, 26:
	default:
		return cpUnknown
	}
	if size < least {
		l.bogus(">=", least)
		return cpBad
	}
	if !l.need(at+2, least-2) {
		return cpShown
	}
	first := l.u8(at + 2)
	switch kind {
	case 21:
		l.str(": Version: ")
		l.num(first >> 5)
		l.str(", Dictionary Bits: ")
		l.num(first & 0x1f)
	case 24:
		l.str(": Features: ")
		l.num(first >> 6)
		l.str(", PxP: ")
		l.str(pick(first>>5&1, "Disabled", "Enabled"))
		l.str(", History: ")
		l.num(first & 0x1f)
		l.str(", #CTX-ID: ")
		l.num(l.u8(at + 3))
	default:
		second := l.u8(at + 3)
		l.str(": Window: ")
		l.num(first >> 4)
		l.str("K, Method: ")
		if first&15 == 8 {
			l.str("zlib")
		} else {
			l.str("unknown")
		}
		l.str(" (0x")
		l.hex(uint32(first&15), 1)
		l.str("), MBZ: ")
		l.num(second >> 2)
		l.str(", CHK: ")
		l.num(second & 3)
	}
	return cpShown
}

func (l *line) bacpOption(kind, at, size int) cpEnd {
	if kind != 1 {
		return cpUnknown
	}
	if size != 6 {
		l.bogus("=", 6)
		return cpBad
	}
	magic := l.u32(at + 2)
	l.str(": Magic-Num 0x")
	l.hex(magic, 8)
	return cpShown
}

// multilink prints RFC 1990's header with short numbers.
func (l *line) multilink(at, length int) {
	if !l.opt.Link {
		l.str("MLPPP, ")
	}
	if length < 2 || !l.has(at, 2) {
		l.str("[|mlppp]")
		return
	}
	n := l.u16(at)
	l.str("seq 0x")
	l.hex(uint32(n&0xfff), 3)
	l.str(", Flags [")
	l.flagNames(mlFlags, n>>8&0xc0, "none")
	l.str("], length ")
	l.num(length)
}

// authHead prints what starts a message of CHAP and PAP.
func (l *line) authHead(title, mark string, codes []numbered, at, length int) (code, n int, ok bool) {
	if length < 1 {
		l.str("[|")
		l.str(mark)
		l.str("]")
		return 0, 0, false
	}
	code = l.u8(at)
	if length < 4 {
		l.str("[|")
		l.str(mark)
		l.str(" 0x")
		l.hex(uint32(code), 2)
		l.str("]")
		return 0, 0, false
	}
	l.str(title)
	l.str(", ")
	l.orUnknown(codes, code, "unknown")
	l.str(" (0x")
	l.hex(uint32(code), 2)
	l.str(")")
	id := l.u8(at + 1)
	l.str(", id ")
	l.num(id)
	return code, l.u16(at + 2), !l.stopped
}

// chap prints RFC 1994's messages.
func (l *line) chap(at, length int) {
	code, n, ok := l.authHead("CHAP", "chap", chapCodes, at, length)
	if !ok {
		return
	}
	switch code {
	case 1, 2:
		if length < 5 {
			return
		}
		size := l.u8(at + 4)
		if length-5 < size {
			return
		}
		l.str(", Value ")
		for i := range size {
			l.hexBytes(at+5+i, 1)
		}
		l.str(", Name ")
		l.unsignedText(at+5+size, n-5-size)
	case 3, 4:
		l.str(", Msg ")
		l.unsignedText(at+4, n-4)
	}
}

// unsignedText prints n bytes; a negative n is more than there are.
func (l *line) unsignedText(at, n int) {
	if n < 0 {
		n = len(l.frame) + 1
	}
	l.wholeText(at, n)
}

// pap prints RFC 1334's messages.
func (l *line) pap(at, length int) {
	code, n, ok := l.authHead("PAP", "pap", papCodes, at, length)
	if !ok {
		return
	}
	if n > length {
		l.str(", length ")
		l.num(n)
		l.str(" > packet size")
		return
	}
	if n < 4 {
		l.str(", length ")
		l.num(n)
		l.str(" < PAP header length")
		return
	}
	end := at + n
	at += 4
	field := func(title string) bool {
		if end-at < 1 {
			return false
		}
		size := l.u8(at)
		at++
		if end-at < size {
			return false
		}
		l.str(title)
		l.wholeText(at, size)
		at += size
		return true
	}
	least := 0
	switch code {
	case 1:
		least = 6
	case 2, 3:
		least = 5
	}
	switch {
	case n < least:
		l.str("[|pap]")
	case code == 1:
		_ = field(", Peer ") && field(", Name ")
	case least > 0:
		field(", Msg ")
	}
}
