package tcpdump

// Options of DHCP that are more than a list of values, RFC 2132 and others.
const (
	dhcpPad            = 0
	dhcpNetbiosNode    = 46
	dhcpOverload       = 52
	dhcpMessage        = 53
	dhcpParameters     = 55
	dhcpClientID       = 61
	dhcpUserClass      = 77
	dhcpFQDN           = 81
	dhcpRelay          = 82
	dhcpRoutes         = 121
	dhcpRoutesMS       = 249
	dhcpEnd            = 255
	dhcpCookie         = 0x63825363 // RFC 1497
	dhcpCookieCMU      = 0x434d5500
	bootpVendorOffset  = 236
	bootpNameOffset    = 44
	bootpFileOffset    = 108
	bootpHardwareStart = 28
)

// dhcpOption is how an option is called and what it holds, as one letter:
// i addresses, p pairs of addresses, l and L words (L signed), s half words,
// b bytes, a text, B truth values, $ something of its own.
type dhcpOption struct {
	number int
	holds  byte
	name   string
}

var dhcpOptions = []dhcpOption{
	{0, ' ', "PAD"}, {1, 'i', "Subnet-Mask"}, {2, 'L', "Time-Zone"}, {3, 'i', "Default-Gateway"}, {4, 'i', "Time-Server"},
	{5, 'i', "IEN-Name-Server"}, {6, 'i', "Domain-Name-Server"}, {7, 'i', "LOG"}, {8, 'i', "CS"}, {9, 'i', "LPR-Server"}, {10, 'i', "IM"},
	{11, 'i', "RL"}, {12, 'a', "Hostname"}, {13, 's', "BS"}, {14, 'a', "DP"}, {15, 'a', "Domain-Name"}, {16, 'i', "SS"}, {17, 'a', "RP"},
	{18, 'a', "EP"}, {19, 'B', "IPF"}, {20, 'B', "SRT"}, {21, 'p', "PF"}, {22, 's', "RSZ"}, {23, 'b', "TTL"}, {24, 'l', "MTU-Timeout"},
	{25, 's', "MTU-Table"}, {26, 's', "MTU"}, {27, 'B', "LSN"}, {28, 'i', "BR"}, {29, 'B', "MD"}, {30, 'B', "MS"}, {31, 'B', "Router-Discovery"},
	{32, 'i', "RSA"}, {33, 'p', "Static-Route"}, {34, 'B', "UT"}, {35, 'l', "AT"}, {36, 'B', "IE"}, {37, 'b', "TT"}, {38, 'l', "KI"},
	{39, 'B', "KG"}, {40, 'a', "YD"}, {41, 'i', "YS"}, {42, 'i', "NTP"}, {43, 'b', "Vendor-Option"}, {44, 'i', "Netbios-Name-Server"},
	{45, 'i', "WDD"}, {46, '$', "Netbios-Node"}, {47, 'a', "Netbios-Scope"}, {48, 'i', "XFS"}, {49, 'i', "XDM"}, {50, 'i', "Requested-IP"},
	{51, 'l', "Lease-Time"}, {52, '$', "OO"}, {53, ' ', "DHCP-Message"}, {54, 'i', "Server-ID"}, {55, 'b', "Parameter-Request"}, {56, 'a', "MSG"},
	{57, 's', "MSZ"}, {58, 'l', "RN"}, {59, 'l', "RB"}, {60, 'a', "Vendor-Class"}, {61, '$', "Client-ID"}, {64, 's', "N+D"}, {65, 'i', "N+S"},
	{66, 'a', "TFTP"}, {67, 'a', "BF"}, {68, 'i', "MH"}, {69, 'i', "SMTP"}, {70, 'i', "POP3"}, {71, 'i', "NNTP"}, {72, 'i', "WWW"},
	{73, 'i', "FG"}, {74, 'i', "IRC"}, {75, 'i', "STS"}, {76, 'i', "STDA"}, {77, '$', "User-Class"}, {78, 'b', "SLP-DA"}, {79, 'b', "SLP-SCOPE"},
	{80, 'a', "SLP-NA"}, {81, '$', "FQDN"}, {82, '$', "Agent-Information"}, {83, 'b', "ARMT"}, {88, 'a', "TZSTR"}, {89, 'b', "FQDNS"},
	{90, 'b', "AUTH"}, {91, 'L', "Last-Transaction-Time"}, {92, 'i', "Associated-IP"}, {93, 's', "ARCH"}, {94, 'b', "NDI"}, {95, 'a', "LDAP"},
	{97, 'b', "GUID"}, {98, 'a', "UAP"}, {100, 'a', "POSIX-TZ"}, {101, 'a', "TZ-Name"}, {112, 'i', "NI"}, {113, 'a', "NITAG"},
	{114, 'a', "URL"}, {116, 'B', "NOAUTO"}, {117, 's', "NSSEARCH"}, {118, 'i', "SUBNET"}, {121, '$', "Classless-Static-Route"},
	{150, 'i', "TFTP-Server-Address"}, {161, 'a', "MUD-URL"}, {249, '$', "Classless-Static-Route-Microsoft"}, {255, ' ', "END"},
}

var (
	dhcpMessages = []numbered{
		{1, "Discover"}, {2, "Offer"}, {3, "Request"}, {4, "Decline"}, {5, "ACK"}, {6, "NACK"}, {7, "Release"}, {8, "Inform"},
		{10, "LeaseQuery"}, {11, "LeaseUnassigned"}, {12, "LeaseUnknown"}, {13, "LeaseActive"},
	}
	dhcpOverloads = []numbered{{1, "file"}, {2, "sname"}, {3, "file+sname"}}
	netbiosNodes  = []numbered{{1, "b-node"}, {2, "p-node"}, {4, "m-node"}, {8, "h-node"}}
	dhcpHardware  = []numbered{{1, "ether"}, {6, "ieee802"}, {7, "arcnet"}, {15, "frelay"}, {23, "strip"}, {24, "ieee1394"}}
	dhcpRelayData = []numbered{{1, "Circuit-ID"}, {2, "Remote-ID"}, {6, "Subscriber-ID"}}
)

func dhcpOptionOf(number int) dhcpOption {
	for _, o := range dhcpOptions {
		if o.number == number {
			return o
		}
	}
	return dhcpOption{number, '?', "Unknown"}
}

// bootp prints BOOTP (RFC 951) and DHCP (RFC 2131).
func (l *line) bootp(at, length int) {
	const request, reply, ethernet = 1, 2, 1
	l.enter("bootp")
	operation := l.u8(at)
	l.str("BOOTP/DHCP, ")
	switch operation {
	case request:
		l.str("Request")
	case reply:
		l.str("Reply")
	default:
		l.str("unknown (0x")
		l.hex(uint32(operation), 2)
		l.str(")")
	}
	hardware, size := l.u8(at+1), l.u8(at+2)
	if hardware == ethernet && size == 6 && operation == request && l.need(at+bootpHardwareStart, 6) {
		l.str(" from ")
		l.ether(at + bootpHardwareStart)
	}
	l.str(", length ")
	l.num(length)
	if l.opt.Verbose == 0 {
		return
	}
	if !l.has(at+8, 2) {
		l.truncated()
		return
	}
	if hardware != ethernet {
		l.str(", htype ")
		l.num(hardware)
	}
	if hardware != ethernet || size != 6 {
		l.str(", hlen ")
		l.num(size)
	}
	if n := l.u8(at + 3); n != 0 {
		l.str(", hops ")
		l.num(n)
	}
	if n := l.u32(at + 4); n != 0 {
		l.str(", xid 0x")
		l.hex(n, 1)
	}
	if n := l.u16(at + 8); n != 0 {
		l.str(", secs ")
		l.num(n)
	}
	flags := l.u16(at + 10)
	l.str(", Flags [")
	if flags&0x8000 != 0 {
		l.str("Broadcast")
	} else {
		l.str("none")
	}
	l.str("]")
	if l.opt.Verbose > 1 {
		l.str(" (0x")
		l.hex(uint32(flags), 4)
		l.str(")")
	}
	for i, title := range [...]string{"Client-IP ", "Your-IP ", "Server-IP ", "Gateway-IP "} {
		if l.u32(at+12+4*i) != 0 {
			l.str("\n\t  ")
			l.str(title)
			l.ip(at + 12 + 4*i)
		}
	}
	if hardware == ethernet && size == 6 && l.need(at+bootpHardwareStart, 6) {
		l.str("\n\t  Client-Ethernet-Address ")
		l.ether(at + bootpHardwareStart)
	}
	if !l.bootpText(at+bootpNameOffset, 64, "sname") || !l.bootpText(at+bootpFileOffset, 128, "file") || !l.dhcp(at+bootpVendorOffset) {
		l.truncated()
	}
}

// bootpText prints a field of text unless it is empty.
func (l *line) bootpText(at, size int, title string) bool {
	if l.u8(at) == 0 {
		return true
	}
	l.str("\n\t  ")
	l.str(title)
	l.str(` "`)
	whole := l.cstring(at, size)
	l.str(`"`)
	return whole
}

// dhcp prints the options, or what was in their place before.
func (l *line) dhcp(at int) bool {
	if !l.has(at, 4) {
		return false
	}
	switch cookie := l.u32(at); cookie {
	case dhcpCookie:
	case dhcpCookieCMU:
		return l.cmu(at)
	case 0:
		return true
	default:
		l.str("\n\t  Vendor-#0x")
		l.hex(cookie, 1)
		return true
	}
	l.str("\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x63825363")
	at += 4
	for l.has(at, 1) && !l.stopped {
		number := l.u8(at)
		at++
		if (number == dhcpPad || number == dhcpEnd) && l.opt.Verbose < 3 {
			if number == dhcpEnd {
				return true
			}
			continue
		}
		o, length := dhcpOptionOf(number), 0
		if number != dhcpPad && number != dhcpEnd {
			length = l.u8(at)
			at++
		}
		l.str("\n\t    ")
		l.str(o.name)
		l.str(" (")
		l.num(number)
		l.str("), length ")
		l.num(length)
		if length > 0 {
			l.str(": ")
		}
		if number == dhcpPad {
			n := 1
			for ; l.has(at, 1) && l.frame[at] == dhcpPad; at++ {
				n++
			}
			if n > 1 {
				l.str(", occurs ")
				l.num(n)
			}
		}
		if !l.has(at, length) || !l.dhcpOption(o, at, length) {
			return false
		}
		at += length
	}
	return true
}

// cmu prints what Carnegie Mellon's BOOTP had for options.
func (l *line) cmu(at int) bool {
	l.str(" vend-cmu")
	if !l.has(at+4, 4) {
		return false
	}
	flags := l.u8(at + 4)
	if flags&^1 != 0 {
		l.str(" F:0x")
		l.hex(uint32(flags), 1)
	}
	mask := "SM*"
	if flags&1 != 0 {
		mask = "SM"
	}
	for _, field := range [...]struct {
		offset int
		title  string
	}{{12, "DG"}, {8, mask}, {16, "NS1"}, {20, "NS2"}, {24, "IEN1"}, {28, "IEN2"}, {32, "TS1"}, {36, "TS2"}} {
		if !l.has(at+field.offset, 4) {
			return false
		}
		if l.u32(at+field.offset) != 0 {
			l.str(" ")
			l.str(field.title)
			l.str(":")
			l.ip(at + field.offset)
		}
	}
	return true
}

// dhcpOption prints the length captured bytes of an option.
func (l *line) dhcpOption(o dhcpOption, at, length int) bool {
	switch {
	case o.number == dhcpMessage && length == 1:
		l.named(dhcpMessages, "Unknown (", l.u8(at), ")")
		return true
	case o.number == dhcpParameters:
		for i := range length {
			if i%4 == 0 {
				l.str("\n\t      ")
			} else {
				l.str(", ")
			}
			n := l.u8(at + i)
			l.str(dhcpOptionOf(n).name)
			l.str(" (")
			l.num(n)
			l.str(")")
		}
		return true
	}
	if o.holds == '?' {
		switch {
		case length&1 != 0:
			o.holds = 'b'
		case length&2 != 0:
			o.holds = 's'
		default:
			o.holds = 'l'
		}
	}
	if o.holds == '$' {
		return l.dhcpSpecial(o.number, at, length)
	}
	if left := l.dhcpValues(o.holds, at, length); left > 0 {
		l.dhcpTrailing(left)
	}
	return true
}

func (l *line) dhcpTrailing(left int) {
	l.str("\n\t  trailing data length ")
	l.num(left)
}

// dhcpValues prints a list of values and gives how many bytes are left over.
func (l *line) dhcpValues(holds byte, at, length int) (left int) {
	size, sep := 1, "."
	switch holds {
	case 'a':
		l.quoted(at, length)
		return 0
	case 'i', 'l', 'L':
		size, sep = 4, ","
	case 'p':
		size, sep = 8, ","
	case 's':
		size, sep = 2, ","
	case 'B':
		sep = ","
	}
	for i := 0; i+size <= length; i += size {
		if i > 0 {
			l.str(sep)
		}
		switch holds {
		case 'i':
			l.ip(at + i)
		case 'l':
			l.unsigned(l.u32(at + i))
		case 'L':
			l.num(int(int32(l.u32(at + i))))
		case 'p':
			l.str("(")
			l.ip(at + i)
			l.str(":")
			l.ip(at + i + 4)
			l.str(")")
		case 's':
			l.num(l.u16(at + i))
		case 'B':
			switch b := l.u8(at + i); b {
			case 0:
				l.str("N")
			case 1:
				l.str("Y")
			default:
				l.num(b)
				l.str("?")
			}
		default:
			l.num(l.u8(at + i))
		}
	}
	return length % size
}

// quoted prints bytes that were captured.
func (l *line) quoted(at, length int) {
	l.str(`"`)
	l.text(at, length)
	l.str(`"`)
}

// dhcpSpecial prints the options with a form of their own.
func (l *line) dhcpSpecial(number, at, length int) bool {
	least := 1
	switch number {
	case dhcpFQDN:
		least = 3
	case dhcpRoutes, dhcpRoutesMS:
		least = 5
	case dhcpUserClass:
		least = 2
	case dhcpRelay:
		least = 0
	}
	if length < least {
		l.str("[ERROR: length < ")
		l.num(least)
		l.str(" bytes]")
		return true
	}
	switch number {
	case dhcpNetbiosNode, dhcpOverload:
		names := netbiosNodes
		if number == dhcpOverload {
			names = dhcpOverloads
		}
		l.named(names, "#", l.u8(at), "")
		if length > 1 {
			l.dhcpTrailing(length - 1)
		}
	case dhcpFQDN:
		l.dhcpName(at, length)
	case dhcpClientID:
		kind := l.u8(at)
		if kind == 0 {
			l.quoted(at+1, length-1)
			break
		}
		l.named(dhcpHardware, "hardware-type ", kind, ",")
		l.str(" ")
		for i := 1; i < length; i++ {
			if i > 1 {
				l.str(":")
			}
			l.hexBytes(at+i, 1)
		}
	case dhcpRelay:
		return l.dhcpRelay(at, length)
	case dhcpRoutes, dhcpRoutesMS:
		l.dhcpRoutes(at, length)
	case dhcpUserClass:
		l.dhcpClasses(at, length)
	}
	return true
}

// dhcpName prints RFC 4702's client name.
func (l *line) dhcpName(at, length int) {
	flags := l.u8(at)
	if flags&0xf0 != 0 {
		l.str("[ERROR: MBZ nibble 0x")
		l.hex(uint32(flags>>4), 1)
		l.str(" != 0] ")
	}
	if flags&15 != 0 {
		l.str("[")
		for i, s := range [...]string{"S", "O", "E", "N"} {
			if flags&(1<<i) != 0 {
				l.str(s)
			}
		}
		l.str("] ")
	}
	if a, b := l.u8(at+1), l.u8(at+2); a != 0 || b != 0 {
		l.num(a)
		l.str("/")
		l.num(b)
		l.str(" ")
	}
	l.quoted(at+3, length-3)
}

// dhcpRelay prints RFC 3046's information of a relay agent.
func (l *line) dhcpRelay(at, length int) bool {
	for length >= 2 {
		kind, n := l.u8(at), l.u8(at+1)
		at += 2
		length -= 2
		l.str("\n\t      ")
		l.orUnknown(dhcpRelayData, kind, "Unknown")
		l.str(" SubOption ")
		l.num(kind)
		l.str(", length ")
		l.num(n)
		if n > length {
			l.str(": length goes past end of option")
			return true
		}
		l.str(": ")
		if nameOf(dhcpRelayData, kind) != "" {
			l.text(at, n)
		} else {
			l.unknown(at, n, "\n\t\t")
		}
		at += n
		length -= n
	}
	if length > 0 {
		l.dhcpTrailing(length)
	}
	return true
}

// dhcpRoutes prints RFC 3442's static routes.
func (l *line) dhcpRoutes(at, length int) {
	for first := true; length > 0; first = false {
		if !first {
			l.str(",")
		}
		bits := l.u8(at)
		at++
		length--
		if bits > 32 {
			l.str("[ERROR: Mask width (")
			l.num(bits)
			l.str(") > 32]")
			return
		}
		n := (bits + 7) / 8
		if length < n+4 {
			l.str("[ERROR: Remaining length (")
			l.num(length)
			l.str(") < ")
			l.num(n + 4)
			l.str(" bytes]")
			return
		}
		l.str("(")
		if bits == 0 {
			l.str("default")
		} else {
			var a [4]byte
			copy(a[:], l.frame[at:at+n])
			l.dottedBytes(a)
			l.str("/")
			l.num(bits)
		}
		l.str(":")
		l.ip(at + n)
		l.str(")")
		at += n + 4
		length -= n + 4
	}
}

// dhcpClasses prints RFC 3004's user classes.
func (l *line) dhcpClasses(at, length int) {
	for number := 1; length > 0; number++ {
		n := l.u8(at)
		at++
		length--
		l.str("\n\t      instance#")
		l.num(number)
		l.str(": ")
		if n == 0 {
			l.str("[ERROR: suboption length must be non-zero]")
			return
		}
		if length < n {
			l.str("[ERROR: invalid option]")
			return
		}
		l.quoted(at, n)
		l.str(", length ")
		l.num(n)
		at += n
		length -= n
	}
}
