package tcpdump

// Ports of bidirectional forwarding detection, RFC 5881, 5883 and 7130.
const (
	portBFD         = 3784
	portBFDEcho     = 3785
	portBFDMultihop = 4784
	portBFDLag      = 6784
)

const bfdAuthenticated = 0x04

var (
	bfdDiagnostics = []numbered{
		{0, "No Diagnostic"}, {1, "Control Detection Time Expired"}, {2, "Echo Function Failed"}, {3, "Neighbor Signaled Session Down"},
		{4, "Forwarding Plane Reset"}, {5, "Path Down"}, {6, "Concatenated Path Down"}, {7, "Administratively Down"},
		{8, "Reverse Concatenated Path Down"},
	}
	bfdPorts  = []numbered{{portBFD, "Control"}, {portBFDMultihop, "Multihop"}, {portBFDLag, "Lag"}}
	bfdFlags0 = []numbered{
		{0x80, "I Hear You"}, {0x40, "Demand"}, {0x20, "Poll"}, {0x10, "Final"}, {0x08, "Control Plane Independent"},
		{bfdAuthenticated, "Authentication Present"}, {0x02, "Reserved"}, {0x01, "Reserved"},
	}
	bfdFlags1 = []numbered{
		{0x20, "Poll"}, {0x10, "Final"}, {0x08, "Control Plane Independent"}, {bfdAuthenticated, "Authentication Present"}, {0x02, "Demand"},
		{0x01, "Multipoint"},
	}
	bfdStates          = [...]string{"AdminDown", "Down", "Init", "Up"}
	bfdAuthentications = []numbered{
		{1, "Simple Password"}, {2, "Keyed MD5"}, {3, "Meticulous Keyed MD5"}, {4, "Keyed SHA1"}, {5, "Meticulous Keyed SHA1"},
	}
)

// bfd prints RFC 5880's packets.
func (l *line) bfd(at, length, port int) {
	const header = 24
	l.enter("bfd")
	if port == portBFDEcho {
		l.str("BFD, Echo, length: ")
		l.num(length)
		if l.opt.Verbose > 0 {
			l.unknown(at, length, "\n\t")
		}
		return
	}
	if !l.need(at, header) {
		return
	}
	version, flags := l.u8(at)>>5, l.u8(at+1)
	l.str("BFDv")
	l.num(version)
	if version > 1 {
		l.str(", Control, length: ")
		l.num(length)
		if l.opt.Verbose > 0 {
			l.unknown(at, length, "\n\t")
		}
		return
	}
	if l.opt.Verbose > 0 {
		l.str(", length: ")
		l.num(length)
		l.str("\n\t")
	} else {
		l.str(", ")
	}
	if version == 0 {
		l.str("Control, Flags: [")
		l.flagNames(bfdFlags0, flags, "none")
	} else {
		l.named(bfdPorts, "unknown (", port, ")")
		l.str(", State ")
		l.str(bfdStates[flags>>6])
		l.str(", Flags: [")
		l.flagNames(bfdFlags1, flags&0x3f, "none")
	}
	l.str("]")
	if l.opt.Verbose == 0 {
		l.str(", length: ")
		l.num(length)
		return
	}
	diagnostic := l.u8(at) & 0x1f
	l.str(", Diagnostic: ")
	l.orUnknown(bfdDiagnostics, diagnostic, "unknown")
	l.str(" (0x")
	l.hex(uint32(diagnostic), 2)
	l.str(")\n\tDetection Timer Multiplier: ")
	l.num(l.u8(at + 2))
	l.str(" (")
	l.unsigned(uint32(l.u8(at+2)) * l.u32(at+12) / 1000)
	l.str(" ms Detection time), BFD Length: ")
	l.num(l.u8(at + 3))
	l.str("\n\tMy Discriminator: 0x")
	l.hex(l.u32(at+4), 8)
	l.str(", Your Discriminator: 0x")
	l.hex(l.u32(at+8), 8)
	for i, title := range [...]string{"Desired min Tx Interval:    ", "Required min Rx Interval:   ", "Required min Echo Interval: "} {
		l.str("\n\t  ")
		l.str(title)
		l.decimal(int(l.u32(at+12+4*i)/1000), 4, ' ')
		l.str(" ms")
	}
	if flags&bfdAuthenticated != 0 {
		l.bfdAuthentication(at + header)
	}
}

// bfdAuthentication prints RFC 5880 section 4.2 and the following.
func (l *line) bfdAuthentication(at int) {
	if !l.need(at, 4) {
		return
	}
	kind, length := l.u8(at), l.u8(at+1)
	l.str("\n\tAuthentication: ")
	l.titled(bfdAuthentications, kind, "Unknown")
	l.str(", length: ")
	l.num(length)
	l.str("\n\t  Auth Key ID: ")
	l.num(l.u8(at + 2))
	least, most, title := 4, 19, ""
	switch kind {
	case 1:
	case 2, 3:
		least, most, title = 24, 24, "\n\t  Digest: "
	case 4, 5:
		least, most, title = 28, 28, "\n\t  Hash: "
	default:
		return
	}
	if length < least || length > most {
		l.str("[invalid length ")
		l.num(length)
		l.str("]")
		return
	}
	if kind == 1 {
		l.str(", Password: ")
		l.wholeText(at+3, length-3)
		return
	}
	sequence := l.u32(at + 4)
	l.str(", Sequence Number: 0x")
	l.hex(sequence, 8)
	if l.need(at+8, length-8) {
		l.str(title)
		l.hexBytes(at+8, length-8)
	}
}
