package tcpdump

// Kinds of DHCPv6 messages that are named in options, RFC 8415 section 7.3.
const (
	dhcp6Renew        = 5
	dhcp6Inform       = 11
	dhcp6RelayForward = 12
	dhcp6RelayReply   = 13
	dhcp6OptionLen    = 4
)

var dhcp6Messages = []numbered{
	{1, "solicit"}, {2, "advertise"}, {3, "request"}, {4, "confirm"}, {dhcp6Renew, "renew"}, {6, "rebind"}, {7, "reply"}, {8, "release"},
	{9, "decline"}, {10, "reconfigure"}, {dhcp6Inform, "inf-req"}, {dhcp6RelayForward, "relay-fwd"}, {dhcp6RelayReply, "relay-reply"},
	{14, "leasequery"}, {15, "leasequery-reply"},
}

var dhcp6Options = []numbered{
	{1, "client-ID"}, {2, "server-ID"}, {3, "IA_NA"}, {4, "IA_TA"}, {5, "IA_ADDR"}, {6, "option-request"}, {7, "preference"}, {8, "elapsed-time"},
	{9, "relay-message"}, {11, "authentication"}, {12, "server-unicast"}, {13, "status-code"}, {14, "rapid-commit"}, {15, "user-class"},
	{16, "vendor-class"}, {17, "vendor-specific-info"}, {18, "interface-ID"}, {19, "reconfigure-message"}, {20, "reconfigure-accept"},
	{21, "SIP-servers-domain"}, {22, "SIP-servers-address"}, {23, "DNS-server"}, {24, "DNS-search-list"}, {25, "IA_PD"}, {26, "IA_PD-prefix"},
	{27, "NIS-server"}, {28, "NIS+-server"}, {29, "NIS-domain-name"}, {30, "NIS+-domain-name"}, {31, "SNTP-servers"}, {32, "lifetime"},
	{33, "BCMCS-domain-name"}, {34, "BCMCS-server"}, {36, "Geoconf-Civic"}, {37, "Remote-ID"}, {38, "Subscriber-ID"}, {39, "Client-FQDN"},
	{40, "PANA-agent"}, {41, "POSIX-timezone"}, {42, "POSIX-tz-database"}, {43, "Echo-request-option"}, {44, "Lease-query"},
	{45, "LQ-client-data"}, {46, "Clt-time"}, {47, "LQ-relay-data"}, {48, "LQ-client-link"}, {56, "NTP-server"}, {64, "AFTR-Name"}, {112, "MUD-URL"},
}

var dhcp6Status = []numbered{
	{0, "Success"}, {1, "UnspecFail"}, {2, "NoAddrsAvail"}, {3, "NoBinding"}, {4, "NotOnLink"}, {5, "UseMulticast"}, {6, "NoPrefixAvail"},
	{7, "UnknownQueryType"}, {8, "MalformedQuery"}, {9, "NotConfigured"}, {10, "NotAllowed"},
}

// dhcp6 prints RFC 8415's messages.
func (l *line) dhcp6(at, length int) {
	const relayHeader = 34
	l.enter("dhcp6")
	l.str("dhcp6")
	end := min(l.end, at+length)
	if !l.has(at, 4) {
		l.truncated()
		return
	}
	kind := l.u8(at)
	l.str(" ")
	l.named(dhcp6Messages, "msgtype-", kind, "")
	if l.opt.Verbose == 0 {
		return
	}
	l.str(" (")
	if kind == dhcp6RelayForward || kind == dhcp6RelayReply {
		if l.need(at+2, 16) {
			l.str("linkaddr=")
			l.ip6(at + 2)
		}
		if l.need(at+18, 16) {
			l.str(" peeraddr=")
			l.ip6(at + 18)
		}
		l.dhcp6Options(at+relayHeader, end)
	} else {
		l.str("xid=")
		l.hex(uint32(l.u24(at+1)), 1)
		l.dhcp6Options(at+4, end)
	}
	l.str(")")
}

// dhcp6Options prints options up to end.
func (l *line) dhcp6Options(at, end int) {
	for at < end && !l.stopped {
		if end < at+dhcp6OptionLen || !l.has(at, dhcp6OptionLen) {
			l.truncated()
			return
		}
		kind, length := l.u16(at), l.u16(at+2)
		at += dhcp6OptionLen
		if end < at+length {
			l.truncated()
			return
		}
		l.str(" (")
		l.named(dhcp6Options, "opt_", kind, "")
		if !l.has(at, length) || !l.dhcp6Option(kind, at, length) {
			l.truncated()
			return
		}
		l.str(")")
		at += length
	}
}

// dhcp6Fits tells whether an option may have a length.
func dhcp6Fits(kind, length int) bool {
	switch kind {
	case 1, 2, 13:
		return length >= 2
	case 5:
		return length >= 24
	case 6, 43:
		return length%2 == 0
	case 7, 19:
		return length == 1
	case 8:
		return length == 2
	case 11:
		return length >= 11
	case 22, 23, 27, 28, 31, 34, 40, 48:
		return length%16 == 0
	case 3, 25:
		return length >= 12
	case 4, 37, 56:
		return length >= 4
	case 26:
		return length >= 25
	case 32, 46:
		return length == 4
	case 44:
		return length >= 17
	case 47:
		return length >= 16
	case 64:
		return length >= 3
	case 41, 42, 112:
		return length >= 5
	}
	return true
}

// dhcp6Option prints what a captured option says; false means that it is cut.
func (l *line) dhcp6Option(kind, at, length int) bool {
	if !dhcp6Fits(kind, length) {
		l.str(" ?")
		return true
	}
	end := at + length
	switch kind {
	case 1, 2:
		l.dhcp6Identity(at, length)
	case 3, 25:
		l.counted6(at, " IAID:", " T1:", " T2:")
		l.dhcp6Options(at+12, end)
	case 4:
		l.counted6(at, " IAID:")
		l.dhcp6Options(at+4, end)
	case 5:
		l.str(" ")
		l.ip6(at)
		l.counted6(at+16, " pltime:", " vltime:")
		l.dhcp6Options(at+24, end)
	case 6, 43:
		for i := 0; i < length; i += 2 {
			l.str(" ")
			l.named(dhcp6Options, "opt_", l.u16(at+i), "")
		}
	case 7:
		l.str(" ")
		l.num(l.u8(at))
	case 8:
		l.str(" ")
		l.num(l.u16(at))
	case 9:
		l.str(" (")
		outer := l.end
		l.end = min(end, l.end)
		l.dhcp6(at, length)
		l.end = outer
	case 11:
		l.dhcp6Authentication(at, length)
	case 13:
		l.str(" ")
		if code := l.u16(at); code > 255 {
			l.str("INVALID code")
		} else {
			l.named(dhcp6Status, "code", code, "")
		}
	case 18, 38:
		l.str(" ")
		l.hexBytes(at, min(length, 10))
		l.str("...")
	case 19:
		switch message := l.u8(at); message {
		case dhcp6Renew:
			l.str(" for renew")
		case dhcp6Inform:
			l.str(" for inf-req")
		default:
			l.str(" for ???(")
			l.hex(uint32(message), 2)
			l.str(")")
		}
	case 21, 24:
		for at < end {
			ok := false
			l.str(" ")
			if at, ok = l.name(at, end); !ok {
				return false
			}
		}
	case 22, 23, 27, 28, 31, 34, 40, 48:
		for i := 0; i < length; i += 16 {
			l.str(" ")
			l.ip6(at + i)
		}
	case 26:
		l.str(" ")
		l.ip6(at + 9)
		l.str("/")
		l.num(l.u8(at + 8))
		l.counted6(at, " pltime:", " vltime:")
		l.dhcp6Options(at+25, end)
	case 32, 46:
		l.counted6(at, " ")
	case 37:
		l.counted6(at, " ")
		l.str(" ")
		l.hexBytes(at+4, min(length-4, 10))
		l.str("...")
	case 41, 42, 112:
		l.str(" ")
		l.padded(at, length)
	case 44:
		switch query := l.u8(at); query {
		case 1:
			l.str(" by-address")
		case 2:
			l.str(" by-clientID")
		default:
			l.str(" type_")
			l.num(query)
		}
		l.str(" ")
		l.ip6(at + 1)
		l.dhcp6Options(at+17, end)
	case 45:
		l.dhcp6Options(at, end)
	case 47:
		l.str(" ")
		l.ip6(at)
		l.str(" ")
		l.hexBytes(at+16, min(length-16, 10))
		l.str("...")
	case 56:
		return l.dhcp6NTP(at, end)
	case 64:
		l.dhcp6Tunnel(at, length)
	}
	return true
}

// counted6 prints words of 4 bytes, each after its title.
func (l *line) counted6(at int, titles ...string) {
	for i, title := range titles {
		l.str(title)
		l.unsigned(l.u32(at + 4*i))
	}
}

// dhcp6Identity prints a DUID, RFC 8415 section 11.
func (l *line) dhcp6Identity(at, length int) {
	switch kind := l.u16(at); {
	case kind == 1 && length >= 8:
		l.str(" hwaddr/time type ")
		l.num(l.u16(at + 2))
		l.str(" time ")
		l.unsigned(l.u32(at + 4))
		l.str(" ")
		l.hexBytes(at+8, length-8)
	case kind == 2 && length >= 10:
		l.str(" vid ")
		l.hexBytes(at+2, 8)
	case kind == 3 && length >= 4:
		l.str(" hwaddr type ")
		l.num(l.u16(at + 2))
		l.str(" ")
		l.hexBytes(at+4, length-4)
	case kind >= 1 && kind <= 3:
		l.str(" ?")
	default:
		l.str(" type ")
		l.num(kind)
	}
}

// dhcp6Authentication prints RFC 3315's option.
func (l *line) dhcp6Authentication(at, length int) {
	const delayed, reconfigure = 2, 3
	proto := l.u8(at)
	l.str(" proto: ")
	switch proto {
	case delayed:
		l.str("delayed")
	case reconfigure:
		l.str("reconfigure")
	default:
		l.num(proto)
	}
	l.str(", alg: ")
	if algorithm := l.u8(at + 1); algorithm == 1 {
		l.str("HMAC-MD5")
	} else {
		l.num(algorithm)
	}
	l.str(", RDM: ")
	if method := l.u8(at + 2); method == 0 {
		l.str("mono")
	} else {
		l.num(method)
	}
	l.str(", RD:")
	for i := range 4 {
		l.str(" ")
		l.hexBytes(at+3+2*i, 2)
	}
	at += 11
	length -= 11
	digest := func() {
		for i := range 4 {
			l.str(" ")
			l.hexBytes(at+4*i, 4)
		}
	}
	switch {
	case proto == delayed && length == 0:
	case proto == delayed && length >= 20:
		if realm := length - 20; realm > 0 {
			l.str(", realm: ")
			l.hexBytes(at, realm)
			at += realm
		}
		l.str(", key ID: ")
		l.hexBytes(at, 4)
		at += 4
		l.str(", HMAC-MD5:")
		digest()
	case proto == reconfigure && length == 17:
		switch l.u8(at) {
		case 1:
			l.str(" reconfig-key")
		case 2:
			l.str(" type: HMAC-MD5")
		default:
			l.str(" type: ??")
		}
		at++
		l.str(" value:")
		digest()
	default:
		l.str(" ??")
	}
}

// dhcp6NTP prints RFC 5908's servers.
func (l *line) dhcp6NTP(at, end int) bool {
	for at < end-4 && !l.stopped {
		kind, n := l.u16(at), l.u16(at+2)
		at += 4
		if at+n > end {
			return false
		}
		l.str(" subopt:")
		l.num(kind)
		switch {
		case (kind == 1 || kind == 2) && n == 16:
			l.str(" ")
			l.ip6(at)
		case kind == 3:
			l.str(" ")
			if _, ok := l.name(at, at+n); !ok {
				return false
			}
		default:
			l.str(" ?")
		}
		at += n
	}
	return true
}

// dhcp6Tunnel prints RFC 6334's name.
func (l *line) dhcp6Tunnel(at, left int) {
	l.str(" ")
	for left > 0 && !l.stopped {
		n := l.u8(at)
		if n == 0 {
			return
		}
		at++
		if n >= left-1 {
			l.str(" ?")
			return
		}
		l.padded(at, n)
		at += n
		left -= n + 1
		if l.u8(at) != 0 {
			l.str(".")
		}
	}
}
