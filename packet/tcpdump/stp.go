package tcpdump

// Versions of the spanning tree protocol, IEEE 802.1Q clause 14.
const (
	stpRegular  = 0
	stpRapid    = 2
	stpMultiple = 3
	stpShortest = 4
)

// Kinds of bridge protocol data units.
const (
	bpduConfig         = 0x00
	bpduRapid          = 0x02
	bpduTopologyChange = 0x80
)

var (
	stpVersions = []numbered{{stpRegular, "802.1d"}, {stpRapid, "802.1w"}, {stpMultiple, "802.1s"}, {stpShortest, "802.1aq"}}
	stpFlags    = []numbered{{0x01, "Topology change"}, {0x02, "Proposal"}, {0x10, "Learn"}, {0x20, "Forward"}, {0x40, "Agreement"}, {0x80, "Topology change ACK"}}
	stpRoles    = [4]string{"Unknown", "Alternate", "Root", "Designated"}
)

// Offsets in a BPDU, in bytes.
const (
	stpFlagsAt       = 4
	stpRootAt        = 5
	stpCostAt        = 13
	stpBridgeAt      = 17
	stpPortAt        = 25
	stpTimesAt       = 27
	stpVersion1At    = 35 // a length
	stpVersion3At    = 36 // a length
	stpConfigNameAt  = 39
	stpConfigSumAt   = 73
	stpInternalAt    = 89
	stpCISTBridgeAt  = 93
	stpHopsAt        = 101
	stpInstancesAt   = 102
	stpConfigLen     = 36
	stpInstanceLen   = 16
	stpMultipleLen   = 102
	stpConfigInfoLen = 64
	stpShortestLen   = 87
)

// stp prints a bridge protocol data unit of length bytes.
func (l *line) stp(at, length int) {
	l.enter("stp")
	if length < 4 {
		l.invalid()
		return
	}
	if l.u16(at) != 0 {
		l.str("unknown STP version, length ")
		l.num(length)
		return
	}
	version := l.u8(at + 2)
	l.str("STP ")
	if s := nameOf(stpVersions, version); s != "" {
		l.str(s)
	} else {
		l.str("Unknown STP protocol (0x")
		l.hex(uint32(version), 2)
		l.str(")")
		return
	}
	switch kind := l.u8(at + 3); kind {
	case bpduConfig:
		l.str(", Config")
		if length < stpConfigLen-1 {
			l.invalid()
			return
		}
		l.stpConfig(at, version, length)
	case bpduRapid:
		l.str(", Rapid STP")
		l.stpRapid(at, version, length)
	case bpduTopologyChange:
		l.str(", Topology Change")
	default:
		l.str(", Unknown BPDU Type (0x")
		l.hex(uint32(kind), 2)
		l.str(")")
	}
}

// stpRapid prints a unit of rapid, multiple and shortest path spanning tree.
func (l *line) stpRapid(at, version, length int) {
	if version == stpRegular {
		return
	}
	if version == stpRapid {
		if length < stpConfigLen {
			l.invalid()
			return
		}
		l.stpConfig(at, version, length)
		return
	}
	if length < stpMultipleLen || l.u8(at+stpVersion1At) != 0 {
		l.invalid()
		return
	}
	n := l.u16(at+stpVersion3At) + 2
	if l.stopped {
		return
	}
	if length < stpConfigLen+n {
		l.invalid()
		return
	}
	l.stpInstances(at, length)
	if version == stpShortest {
		more := l.u16(at+stpVersion3At+n) + 2
		if l.stopped {
			return
		}
		if length < stpConfigLen+n+more || more < stpShortestLen {
			l.invalid()
			return
		}
		l.stpShortest(at + stpConfigLen + n)
	}
}

func (l *line) bridgeID(at int) {
	if !l.need(at, 8) {
		return
	}
	l.hexBytes(at, 2)
	l.str(".")
	l.macBytes(at+2, 6)
}

// stpTimes prints four times in units of 1/256 s.
func (l *line) stpTimes(at int) {
	l.need(at, 8)
	for i, label := range [...]string{"\n\tmessage-age ", ", max-age ", ", hello-time ", ", forwarding-delay "} {
		l.str(label)
		units := l.u16(at + 2*i)
		// Two decimals, halves to even as printf does with exact numbers.
		hundredths, rest := units*100/256, units*100%256
		if rest > 128 || rest == 128 && hundredths%2 == 1 {
			hundredths++
		}
		l.num(hundredths / 100)
		l.str(".")
		l.twoDigits(hundredths % 100)
		l.str("s")
	}
}

// stpConfig prints a configuration unit.
func (l *line) stpConfig(at, version, length int) {
	flags := l.u8(at + stpFlagsAt)
	l.str(", Flags [")
	l.flagNames(stpFlags, flags, "none")
	l.str("]")
	l.need(at+stpBridgeAt, 10)
	l.str(", bridge-id ")
	l.bridgeID(at + stpBridgeAt)
	l.str(".")
	l.hex(uint32(l.u16(at+stpPortAt)), 4)
	l.str(", length ")
	l.num(length)
	if l.opt.Verbose == 0 {
		return
	}
	l.stpTimes(at + stpTimesAt)
	l.str("\n\troot-id ")
	l.bridgeID(at + stpRootAt)
	l.str(", root-pathcost ")
	l.unsigned(l.u32(at + stpCostAt))
	if version == stpRapid {
		l.str(", port-role ")
		l.str(stpRoles[flags>>2&3])
	}
}

// stpInstances prints a unit of multiple spanning tree.
func (l *line) stpInstances(at, length int) {
	flags := l.u8(at + stpFlagsAt)
	l.str(", CIST Flags [")
	l.flagNames(stpFlags, flags, "none")
	l.str("], length ")
	l.num(length)
	if l.opt.Verbose == 0 {
		return
	}
	l.str("\n\tport-role ")
	l.str(stpRoles[flags>>2&3])
	l.str(", ")
	l.need(at+stpRootAt, 12)
	l.str("CIST root-id ")
	l.bridgeID(at + stpRootAt)
	l.str(", CIST ext-pathcost ")
	l.unsigned(l.u32(at + stpCostAt))
	l.need(at+stpBridgeAt, 8)
	l.str("\n\tCIST regional-root-id ")
	l.bridgeID(at + stpBridgeAt)
	l.str(", ")
	port := l.u16(at + stpPortAt)
	l.str("CIST port-id ")
	l.hex(uint32(port), 4)
	l.str(",")
	l.stpTimes(at + stpTimesAt)
	n := l.u16(at + stpVersion3At)
	l.str("\n\tv3len ")
	l.num(n)
	l.str(", MCID Name ")
	l.padded(at+stpConfigNameAt, 32)
	l.need(at+stpConfigNameAt+32, 2)
	l.need(at+stpConfigSumAt, 16)
	l.str(", rev ")
	l.num(l.u16(at + stpConfigNameAt + 32))
	l.str(",\n\t\tdigest ")
	l.hexBytes(at+stpConfigSumAt, 16)
	l.str(", ")
	cost := l.u32(at + stpInternalAt)
	l.str("CIST int-root-pathcost ")
	l.unsigned(cost)
	l.str(",")
	l.need(at+stpCISTBridgeAt, 8)
	l.str("\n\tCIST bridge-id ")
	l.bridgeID(at + stpCISTBridgeAt)
	l.str(", ")
	hops := l.u8(at + stpHopsAt)
	l.str("CIST remaining-hops ")
	l.num(hops)
	at += stpInstancesAt
	for n -= stpConfigInfoLen; n >= stpInstanceLen && !l.stopped; n -= stpInstanceLen {
		l.stpInstance(at)
		at += stpInstanceLen
	}
}

// stpInstance prints one tree of several.
func (l *line) stpInstance(at int) {
	id, flags := l.u16(at+1)&0xfff, l.u8(at)
	l.str("\n\tMSTI ")
	l.num(id)
	l.str(", Flags [")
	l.flagNames(stpFlags, flags, "none")
	l.str("], port-role ")
	l.str(stpRoles[flags>>2&3])
	l.need(at+1, 12)
	l.str("\n\t\tMSTI regional-root-id ")
	l.bridgeID(at + 1)
	l.str(", pathcost ")
	l.unsigned(l.u32(at + 9))
	l.need(at+13, 3)
	l.str("\n\t\tMSTI bridge-prio ")
	l.num(l.u8(at+13) >> 4)
	l.str(", port-prio ")
	l.num(l.u8(at+14) >> 4)
	l.str(", hops ")
	l.num(l.u8(at + 15))
}

// stpShortest prints what shortest path bridging adds.
func (l *line) stpShortest(at int) {
	const revision, sum, agreement, digest = 35, 37, 53, 67
	if l.opt.Verbose == 0 {
		return
	}
	n := l.u16(at)
	l.str("\n\tv4len ")
	l.num(n)
	l.str(", AUXMCID Name ")
	l.padded(at+3, 32)
	l.need(at+revision, sum-revision+16)
	l.str(", Rev ")
	l.num(l.u16(at + revision))
	l.str(",\n\t\tdigest ")
	l.hexBytes(at+sum, 16)
	l.need(at+agreement, digest-agreement+20)
	first, format, convention := l.u8(at+agreement), l.u8(at+agreement+2), l.u8(at+agreement+3)
	for _, field := range [...]struct {
		label string
		value int
	}{
		{"\n\tAgreement num ", first >> 6},
		{", Discarded Agreement num ", first >> 4 & 3},
		{", Agreement valid-flag ", first >> 3 & 1},
		{",\n\tRestricted role-flag: ", first >> 2 & 1},
		{", Format id ", format >> 4},
		{" cap ", format},
		{", Convention id ", convention >> 4},
		{" cap ", convention},
		{",\n\tEdge count ", l.u16(at + agreement + 4)},
	} {
		l.str(field.label)
		l.num(field.value)
	}
	l.str(", Agreement digest ")
	l.hexBytes(at+digest, 20)
}
