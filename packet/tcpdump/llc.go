package tcpdump

// Service access points of IEEE 802.2.
const (
	sapIP     = 0x06
	sapSTP    = 0x42
	sapSNAP   = 0xaa
	sapIPX    = 0xe0
	sapOSI    = 0xfe
	sapGlobal = 0xff
)

// Control fields of IEEE 802.2.
const (
	llcUnnumbered = 0x03
	llcPoll       = 0x10
	llcXID        = 0xaf
)

var sapNames = []numbered{
	{0x00, "Null"}, {sapGlobal, "Global"}, {0x02, "802.1B I"}, {0x03, "802.1B G"}, {sapIP, "IP"}, {0x04, "SNA"}, {0x0e, "ProWay NM"},
	{sapSTP, "STP"}, {0x4e, "RS511"}, {0x7e, "ISO8208"}, {0x8e, "ProWay"}, {sapSNAP, "SNAP"}, {sapIPX, "IPX"}, {0xf0, "NetBeui"}, {sapOSI, "OSI"},
}

// llc prints an IEEE 802.2 header and what follows it. mac is where the
// Ethernet header is, or noMAC. It returns the header's length, and false when
// nothing is known of the rest.
func (l *line) llc(at, length, mac int) (header int, known bool) {
	l.enter("llc")
	captured := l.end - at
	short := func(n int) bool {
		if captured >= n && length >= n {
			return false
		}
		l.truncated()
		l.dump(at, at+captured)
		return true
	}
	if short(3) {
		return min(captured, length), true
	}
	dsapField, ssapField := l.u8(at), l.u8(at+1)
	control, header := l.u8(at+2), 3
	unnumbered := control&3 == 3
	if !unnumbered {
		if short(4) {
			return min(captured, length), true
		}
		control, header = l.u8(at+2)|l.u8(at+3)<<8, 4
	}
	if dsapField == sapGlobal && ssapField == sapGlobal {
		if l.opt.Link {
			l.str("IPX 802.3: ")
		}
		l.ipx(at)
		return 0, true
	}
	dsap, ssap := dsapField&^1, ssapField&^1
	response := ssapField & 1
	if l.opt.Link {
		l.str("LLC, dsap ")
		l.sap(dsap, pick(dsapField&1, "Individual", "Group"))
		l.str(", ssap ")
		l.sap(ssap, pick(response, "Command", "Response"))
		l.str(", ctrl 0x")
		l.hex(uint32(control), 2*(header-2))
		l.str(": ")
	}
	data, rest := at+header, length-header
	if control == llcUnnumbered && dsap == ssap {
		switch dsap {
		case sapSNAP:
			return header + 5, l.snap(data, rest, mac, 2)
		case sapSTP:
			l.stp(data, rest)
			return header, true
		case sapIP:
			l.ipv4(data, rest)
			return header, true
		case sapIPX:
			if l.opt.Link {
				l.str("IPX 802.2: ")
			}
			l.ipx(data)
			return header, true
		case sapOSI:
			l.osi(data, rest)
			return header, true
		}
	}
	if !l.opt.Link {
		l.sapAddresses(dsap, ssap, mac)
	}
	return header, l.llcControl(control, response, unnumbered, data, rest, length)
}

// pick chooses by a bit.
func pick(bit int, zero, one string) string {
	if bit == 0 {
		return zero
	}
	return one
}

func (l *line) sap(sap int, kind string) {
	s := nameOf(sapNames, sap)
	if s == "" {
		s = "Unknown"
	}
	l.str(s)
	l.str(" (0x")
	l.hex(uint32(sap), 2)
	l.str(") ")
	l.str(kind)
}

// sapName prints a service access point as "STP" or "Unknown DSAP 0x18".
func (l *line) sapName(which string, sap int) {
	if s := nameOf(sapNames, sap); s != "" {
		l.str(s)
		return
	}
	l.str("Unknown ")
	l.str(which)
	l.str(" 0x")
	l.hex(uint32(sap), 2)
}

// sapAddresses prints from where to where a frame goes, when -e has not.
func (l *line) sapAddresses(dsap, ssap, mac int) {
	if mac != noMAC {
		l.ether(mac + 6)
		l.str(" ")
	}
	if dsap != ssap {
		l.sapName("SSAP", ssap)
		l.str(" ")
	}
	if mac != noMAC {
		l.str("> ")
		l.ether(mac)
		l.str(" ")
	} else if dsap != ssap {
		l.str("> ")
	}
	l.sapName("DSAP", dsap)
	l.str(" ")
}

var llcCommands = []numbered{
	{0x03, "ui"}, {0xe3, "test"}, {llcXID, "xid"}, {0x63, "ua"}, {0x43, "disc"}, {0x0f, "dm"}, {0x6f, "sabme"}, {0x87, "frmr"},
}

// llcControl prints the control field of a frame of length bytes with the LLC
// header, and says whether that is all that is to be printed.
func (l *line) llcControl(control, response int, unnumbered bool, at, rest, length int) bool {
	poll := control & llcPoll
	if !unnumbered {
		poll = control & 0x0100
	}
	// Only Poll and Final in unnumbered frames and Poll and Final in the
	// others share the names.
	flag := [...]string{"Command", "Response", "Poll", "Final"}[response+2*btoi(poll != 0)]
	end := func() {
		l.str(", Flags [")
		l.str(flag)
		l.str("], length ")
		l.num(length)
	}
	received := control >> 9 & 0x7f
	switch {
	case unnumbered:
		l.str("Unnumbered, ")
		if s := nameOf(llcCommands, control&0xef); s != "" {
			l.str(s)
		} else {
			l.hex(uint32(control&0xef), 2)
		}
		end()
		if control&^llcPoll != llcXID {
			return false
		}
		return l.llcXID(at, rest)
	case control&3 == 1:
		l.str("Supervisory, ")
		l.str([...]string{"Receiver Ready", "Receiver not Ready", "Reject", "?"}[control>>2&3])
		l.str(", rcv seq ")
		l.num(received)
		end()
		return true
	}
	l.str("Information, send seq ")
	l.num(control >> 1 & 0x7f)
	l.str(", rcv seq ")
	l.num(received)
	end()
	return false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// llcXID prints the data of an exchange of identifications.
func (l *line) llcXID(at, length int) bool {
	const basicFormat = 0x81
	captured := l.end - at
	switch {
	case length == 0:
		return true
	case captured < 1:
		l.truncated()
		return true
	case l.u8(at) != basicFormat:
		return false
	case captured < 3 || length < 3:
		l.truncated()
		l.dump(at, l.end)
		return true
	}
	l.str(": ")
	l.hex(uint32(l.u8(at+1)), 2)
	l.str(" ")
	l.hex(uint32(l.u8(at+2)), 2)
	return true
}

// Organizations of a SNAP header.
const (
	ouiEthernet  = 0x000000
	ouiCisco     = 0x00000c
	ouiCisco90   = 0x0000f8
	ouiAppletalk = 0x080007
	ouiBridged   = 0x0080c2 // RFC 2684
)

var ciscoNames = []numbered{
	{0x2000, "CDP"}, {0x2003, "VTP"}, {0x2004, "DTP"}, {0x0111, "UDLD"}, {0x010b, "PVST"}, {0x010c, "VLAN Bridge"},
}

var bridgedNames = []numbered{
	{0x0001, "Ethernet + FCS"}, {0x0007, "Ethernet w/o FCS"}, {0x0002, "802.4 + FCS"}, {0x0008, "802.4 w/o FCS"}, {0x0003, "Token Ring + FCS"},
	{0x0009, "Token Ring w/o FCS"}, {0x0004, "FDDI + FCS"}, {0x000a, "FDDI w/o FCS"}, {0x0005, "802.6 + FCS"}, {0x000b, "802.6 w/o FCS"}, {0x000e, "BPDU"},
}

// snapName is what an organization calls a protocol.
func snapName(oui, kind int) string {
	s := ""
	switch oui {
	case ouiEthernet, ouiCisco90, ouiAppletalk:
		s = nameOf(etherNames, kind)
	case ouiCisco:
		s = nameOf(ciscoNames, kind)
	case ouiBridged:
		s = nameOf(bridgedNames, kind)
	}
	if s == "" {
		return "Unknown"
	}
	return s
}

// snap prints a SNAP header and what follows it, and says whether that is known.
// pad is how many bytes go before a bridged frame.
func (l *line) snap(at, length, mac, pad int) bool {
	const header = 5
	l.enter("snap")
	if l.end-at < header || length < header {
		l.truncated()
		return true
	}
	oui, kind := l.u24(at), l.u16(at+3)
	at += header
	length -= header
	describe := func(label string) {
		l.str(" (0x")
		l.hex(uint32(oui), 6)
		l.str("), ")
		l.str(label)
	}
	name := func() {
		l.str(" ")
		l.str(snapName(oui, kind))
		l.str(" (0x")
		l.hex(uint32(kind), 4)
		l.str("), length ")
		l.num(length)
		l.str(": ")
	}
	if l.opt.Link {
		l.str("oui ")
		l.oui(oui)
		describe(pick(btoi(oui == ouiEthernet), "pid", "ethertype"))
		name()
	}
	switch {
	case oui == ouiEthernet, oui == ouiCisco90, oui == ouiAppletalk && kind == 0x809b:
		if l.etherPayload(kind, at, length, mac) {
			return true
		}
	case oui == ouiCisco && (kind == 0x010b || kind == 0x010c), oui == ouiBridged && kind == 0x000e:
		l.stp(at, length)
		return true
	case oui == ouiCisco && kind == 0x2000:
		l.cdp(at, length)
		return true
	case oui == ouiCisco && kind == 0x2004:
		l.dtp(at, length)
		return true
	case oui == ouiCisco && nameOf(ciscoNames, kind) != "":
		l.notModelled(nameOf(ciscoNames, kind))
		return true
	case oui == ouiBridged && (kind == 0x0001 || kind == 0x0007):
		if !l.has(at, pad) {
			l.truncated()
			return true
		}
		l.ethernet(at+pad, length-pad)
		return true
	case oui == ouiBridged && (kind == 0x0003 || kind == 0x0009 || kind == 0x0004 || kind == 0x000a):
		l.notModelled(nameOf(bridgedNames, kind))
		return true
	}
	if !l.opt.Link {
		if mac != noMAC {
			l.ether(mac + 6)
			l.str(" > ")
			l.ether(mac)
			l.str(" ")
		}
		if oui == ouiEthernet {
			l.str("SNAP, ethertype")
		} else {
			l.str("SNAP, oui ")
			l.oui(oui)
			describe("pid")
		}
		name()
	}
	return false
}
