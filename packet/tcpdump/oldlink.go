package tcpdump

// Protocols that Ethernet carries and a lab does not.

// u16LE reads a little-endian number.
func (l *line) u16LE(at int) int {
	n := l.u16(at)
	return n>>8 | n&0xff<<8
}

// configurationTest prints Ethernet's own loopback protocol, the Configuration
// Testing Protocol of Ethernet version 2.
func (l *line) configurationTest(at, length int) {
	l.enter("loopback")
	l.str("Loopback")
	bad := func() {
		l.invalid()
		l.need(at, length)
	}
	if length < 2 {
		bad()
		return
	}
	skip := l.u16LE(at)
	at += 2
	length -= 2
	l.str(", skipCount ")
	l.num(skip)
	if skip%8 != 0 {
		l.str(" (bogus)")
	}
	if skip > length {
		bad()
		return
	}
	if !l.need(at, skip) {
		return
	}
	at += skip
	length -= skip
	if length < 2 {
		bad()
		return
	}
	function := l.u16LE(at)
	at += 2
	length -= 2
	l.str(", ")
	data := func(size int) {
		at += size
		length -= size
		l.str(", data (")
		l.num(length)
		l.str(" octets)")
	}
	switch function {
	case 1:
		l.str("Reply")
		if length < 2 {
			bad()
			return
		}
		number := l.u16LE(at)
		l.str(", receipt number ")
		l.num(number)
		data(2)
	case 2:
		l.str("Forward Data")
		if length < 6 {
			bad()
			return
		}
		l.need(at, 6)
		l.str(", forwarding address ")
		l.ether(at)
		data(6)
	default:
		l.str(" invalid (")
		l.num(function)
		l.str(")")
	}
	l.need(at, length)
}

// Sockets of IPX.
const (
	ipxNCP         = 0x451
	ipxService     = 0x452
	ipxRouting     = 0x453
	ipxNetBIOS     = 0x455
	ipxDiagnostics = 0x456
	ipxNWLink      = 0x553
	ipxEIGRP       = 0x85be
)

// ipx prints Novell's internet packet exchange.
func (l *line) ipx(at int) {
	const header = 30
	l.enter("ipx")
	if !l.opt.Link {
		l.str("IPX ")
	}
	l.need(at+18, 12)
	l.ipxAddress(at + 18)
	l.str(".")
	l.hex(uint32(l.u16(at+28)), 4)
	l.str(" > ")
	l.ipxAddress(at + 6)
	socket := l.u16(at + 16)
	l.str(".")
	l.hex(uint32(socket), 4)
	l.str(": ")
	length := l.u16(at + 2)
	if length < header {
		l.str("[length ")
		l.num(length)
		l.str(" < 30]")
		l.invalid()
		return
	}
	at += header
	length -= header
	switch socket {
	case ipxNCP:
		l.str("ipx-ncp ")
	case ipxService:
		l.ipxList("sap", at, length)
		return
	case ipxRouting:
		l.ipxList("rip", at, length)
		return
	case ipxNetBIOS:
		l.str("ipx-netbios ")
	case ipxDiagnostics:
		l.str("ipx-diags ")
	case ipxNWLink:
		l.str("ipx-nwlink-dgm ")
	case ipxEIGRP:
		l.eigrp(at, length)
		return
	default:
		l.str("ipx-#")
		l.hex(uint32(socket), 1)
		l.str(" ")
	}
	l.num(length)
	if socket == ipxNetBIOS || socket == ipxNWLink {
		l.notModelled("NetBIOS")
	}
}

// ipxAddress prints network and node.
func (l *line) ipxAddress(at int) {
	l.hex(l.u32(at), 8)
	l.str(".")
	l.macBytes(at+4, 6)
}

// ipxList prints Novell's advertisement of services (sap) or routes (rip).
func (l *line) ipxList(what string, at, length int) {
	command := l.u16(at)
	if length < 2 {
		l.str(" [length ")
		l.num(length)
		l.str(" < 2]")
		l.invalid()
		return
	}
	at += 2
	length -= 2
	l.str("ipx-")
	l.str(what)
	service := what == "sap"
	kinds := [...]string{1: "-req", 2: "-resp", 3: "-nearest-req", 4: "-nearest-resp"}
	if command == 0 || command >= len(kinds) || !service && command > 2 {
		l.str("-?")
		l.hex(uint32(command), 1)
		return
	}
	l.str(kinds[command])
	switch request := command%2 == 1; {
	case request && service:
		kind := l.u16(at)
		l.str(" ")
		l.ipxServiceKind(kind)
	case request && length == 0:
	case service:
		for i := 0; i < 8 && length != 0; i++ {
			if !l.ipxService(at, length) {
				return
			}
			at += 64
			length -= 64
		}
	default:
		most := 50
		if request {
			most = 1
		}
		for i := 0; i < most && length != 0; i++ {
			if length < 8 {
				l.invalid()
				return
			}
			l.need(at, 8)
			l.str(" ")
			l.hex(l.u32(at), 8)
			l.str("/")
			l.num(l.u16(at + 4))
			l.str(".")
			l.num(l.u16(at + 6))
			at += 8
			length -= 8
		}
	}
}

// ipxService prints one service and says whether there may be another one.
func (l *line) ipxService(at, length int) bool {
	if !l.need(at, 2) {
		return false
	}
	if length < 2 {
		l.invalid()
		return false
	}
	l.str(" ")
	l.ipxServiceKind(l.u16(at))
	l.str(" '")
	if length < 50 {
		l.str("'")
		l.invalid()
		return false
	}
	l.padded(at+2, 48)
	l.str("'")
	if !l.need(at+50, 10) || length < 60 {
		l.invalid()
		return false
	}
	l.str(" addr ")
	l.ipxAddress(at + 50)
	if !l.need(at+60, 4) || length < 64 {
		l.invalid()
		return false
	}
	return true
}

func (l *line) ipxServiceKind(kind int) {
	if l.opt.Names != nil {
		l.notModelled("names of IPX services")
		return
	}
	l.hex(uint32(kind), 4)
}
