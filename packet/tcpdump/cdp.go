package tcpdump

// cdpFields are what Cisco's discovery protocol announces.
var cdpFields = [...]struct {
	name     string
	min, max int // of the value in bytes, 0: any
}{
	0x01: {name: "Device-ID"}, 0x02: {name: "Address"}, 0x03: {name: "Port-ID"}, 0x04: {"Capability", 4, 4}, 0x05: {name: "Version String"},
	0x06: {name: "Platform"}, 0x07: {name: "Prefixes"}, 0x08: {name: "Protocol-Hello option"}, 0x09: {name: "VTP Management Domain"},
	0x0a: {"Native VLAN ID", 2, 2}, 0x0b: {"Duplex", 1, 1}, 0x0e: {"ATA-186 VoIP VLAN assignment", 3, 3}, 0x0f: {"ATA-186 VoIP VLAN request", 2, 3},
	0x10: {"power consumption", 1, 3}, 0x11: {"MTU", 4, 4}, 0x12: {"AVVID trust bitmap", 1, 1}, 0x13: {"AVVID untrusted ports CoS", 1, 1},
	0x14: {name: "System Name"}, 0x15: {name: "System Object ID (not decoded)"}, 0x16: {"Management Addresses", 4, 0}, 0x17: {"Physical Location", 1, 0},
}

var cdpCapabilities = []numbered{
	{0x01, "Router"}, {0x02, "Transparent Bridge"}, {0x04, "Source Route Bridge"}, {0x08, "L2 Switch"}, {0x10, "L3 capable"},
	{0x20, "IGMP snooping"}, {0x40, "L1 capable"},
}

// cdp prints Cisco's discovery protocol.
func (l *line) cdp(at, length int) {
	const header, fieldHeader, device = 4, 4, 1
	l.enter("cdp")
	whole := length
	verbose := l.opt.Verbose > 0
	bad := func() {
		l.invalid()
		l.need(at, length)
	}
	if length < header {
		l.str(" (packet length ")
		l.num(length)
		l.str(" < 4)")
		bad()
		return
	}
	l.need(at, 2)
	l.str("CDPv")
	l.num(l.u8(at))
	l.str(", ttl: ")
	l.num(l.u8(at + 1))
	l.str("s")
	if sum := l.u16(at + 2); verbose {
		l.str(", checksum: 0x")
		l.hex(uint32(sum), 4)
		l.str(" (unverified)")
		l.length(whole)
	}
	at += header
	length -= header
	for length > 0 && !l.stopped {
		if length < fieldHeader {
			l.str(" (remaining packet length ")
			l.num(length)
			l.str(" < 4)")
			bad()
			return
		}
		kind, n := l.u16(at), l.u16(at+2)
		name := "unknown field type"
		listed := kind < len(cdpFields)
		if listed && cdpFields[kind].name != "" {
			name = cdpFields[kind].name
		}
		if n < fieldHeader {
			if verbose {
				l.cdpField(name, kind, ", TLV length: ", n)
				l.str(" (too short)")
			} else {
				l.str(", ")
				l.str(name)
				l.str(" TLV length ")
				l.num(n)
				l.str(" too short")
			}
			bad()
			return
		}
		if n > length {
			l.str(" (TLV length ")
			l.num(n)
			l.str(" > ")
			l.num(length)
			l.str(")")
			bad()
			return
		}
		at += fieldHeader
		length -= fieldHeader
		n -= fieldHeader
		switch {
		case verbose:
			l.cdpField(name, kind, ", value length: ", n)
			l.str(": ")
		case kind == device:
			l.str(", Device-ID ")
		}
		covered := false
		if listed {
			f := cdpFields[kind]
			if f.min > 0 && n < f.min || f.max > 0 && n > f.max {
				l.str(" (malformed TLV)")
			} else if covered = verbose || kind == device; covered {
				l.cdpValue(kind, at, n)
			}
		}
		if !covered && l.need(at, n) {
			l.unknown(at, n, "\n\t  ")
		}
		at += n
		length -= n
	}
	if !verbose {
		l.length(whole)
	}
}

func (l *line) cdpField(name string, kind int, label string, n int) {
	l.str("\n\t")
	l.str(name)
	l.str(" (0x")
	l.hex(uint32(kind), 2)
	l.str(")")
	l.str(label)
	l.num(n)
	l.str(" byte")
	if n != 1 {
		l.str("s")
	}
}

// cdpValue prints the n bytes of a field.
func (l *line) cdpValue(kind, at, n int) {
	switch kind {
	case 0x01, 0x03, 0x06, 0x09, 0x14:
		l.str("'")
		l.wholeText(at, n)
		l.str("'")
	case 0x02, 0x16:
		l.cdpAddresses(at, n)
	case 0x04:
		bits := l.u32(at)
		l.str("(0x")
		l.hex(bits, 8)
		l.str("): ")
		l.flagNames(cdpCapabilities, int(bits), "none")
	case 0x05:
		l.str("\n\t  ")
		for i := 0; i < n && l.need(at+i, 1); i++ {
			if b := l.frame[at+i]; b == '\n' {
				l.str("\n\t  ")
			} else {
				l.char(b)
			}
		}
	case 0x07:
		l.cdpPrefixes(at, n)
	case 0x0a:
		l.num(l.u16(at))
	case 0x0b:
		l.str(pick(btoi(l.u8(at) != 0), "half", "full"))
	case 0x0e, 0x0f:
		if n == 2 {
			value := l.u16(at)
			l.str("unknown 0x")
			l.hex(uint32(value), 4)
		} else {
			l.need(at, 3)
			l.str("app ")
			l.num(l.u8(at))
			l.str(", vlan ")
			l.num(l.u16(at + 1))
		}
	case 0x10:
		milliwatts := 0
		for i := range n {
			milliwatts = milliwatts<<8 | l.u8(at+i)
		}
		hundredths, rest := milliwatts/10, milliwatts%10
		if rest > 5 || rest == 5 && hundredths%2 == 1 {
			hundredths++
		}
		l.num(hundredths / 100)
		l.str(".")
		l.twoDigits(hundredths % 100)
		l.str("W")
	case 0x11:
		bytes := l.u32(at)
		l.unsigned(bytes)
		l.str(" bytes")
	case 0x12, 0x13, 0x17:
		value := l.u8(at)
		l.str("0x")
		l.hex(uint32(value), 2)
		if kind == 0x17 && n > 1 {
			l.str("/")
			l.wholeText(at+1, n-1)
		}
	default:
		l.need(at, n)
	}
}

// cdpAddresses prints a list of addresses, counted down.
func (l *line) cdpAddresses(at, n int) {
	short := func(what string) {
		l.str(" (not enough space for ")
		l.str(what)
		l.str(")")
		l.need(at, n)
	}
	if n < 4 {
		short("num")
		return
	}
	count := l.u32(at)
	at += 4
	n -= 4
	for ; count > 0 && !l.stopped; count-- {
		if n < 2 {
			short("PT+PL")
			return
		}
		kind, protoLen := l.u8(at), l.u8(at+1)
		at += 2
		n -= 2
		if n < protoLen+2 {
			short("P+AL")
			return
		}
		size := l.u16(at + protoLen)
		data := protoLen + 2
		ip4 := kind == 1 && protoLen == 1 && l.u8(at) == 0xcc && size == 4
		ip6 := kind == 2 && protoLen == 8 && size == 16 && l.u32(at) == 0xaaaa0300 && l.u32(at+4) == 0x86dd
		if !ip4 && !ip6 {
			l.str("pt=0x")
			l.hex(uint32(kind), 2)
			l.str(", pl=")
			l.num(protoLen)
			l.str(", pb=")
			l.spacedHex(at, protoLen)
			l.str(", al=")
			l.num(size)
			l.str(", a=")
		}
		at += data
		n -= data
		if n < size {
			short("A")
			return
		}
		switch {
		case ip4, ip6:
			l.need(at, size)
			l.str(pick(btoi(ip6), "IPv4 (", "IPv6 ("))
			l.unsigned(count)
			l.str(") ")
			l.address(at, size)
		default:
			l.spacedHex(at, size)
		}
		at += size
		n -= size
		if count > 1 {
			l.str(" ")
		}
	}
	if n > 0 {
		l.str(" (")
		l.num(n)
		l.str(" bytes of stray data)")
	}
}

func (l *line) spacedHex(at, n int) {
	for i := 0; i < n && l.need(at+i, 1); i++ {
		l.str(" ")
		l.hex(uint32(l.frame[at+i]), 2)
	}
}

func (l *line) cdpPrefixes(at, n int) {
	if n%5 != 0 {
		l.str(" [length ")
		l.num(n)
		l.str(" is not a multiple of 5]")
		l.need(at, n)
		return
	}
	l.str(" IPv4 Prefixes (")
	l.num(n / 5)
	l.str("):")
	for ; n > 0 && l.need(at, 5); n -= 5 {
		l.str(" ")
		l.dotted(at)
		l.str("/")
		l.num(l.u8(at + 4))
		at += 5
	}
}
