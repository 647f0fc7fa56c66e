package tcpdump

// Commands of telnet that more follows, RFC 854.
const (
	telnetFirst = 236
	telnetSE    = 240
	telnetSB    = 250
	telnetWill  = 251
	telnetDont  = 254
	telnetIAC   = 255

	telnetAuthentication = 37
	telnetEncryption     = 38
)

var (
	telnetCommands = [...]string{
		"EOF", "SUSP", "ABORT", "EOR", "SE", "NOP", "DMARK", "BRK", "IP", "AO", "AYT", "EC", "EL", "GA", "SB", "WILL", "WONT", "DO", "DONT", "IAC",
	}
	telnetOptions = [...]string{
		"BINARY", "ECHO", "RCP", "SUPPRESS GO AHEAD", "NAME", "STATUS", "TIMING MARK", "RCTE", "NAOL", "NAOP", "NAOCRD", "NAOHTS", "NAOHTD",
		"NAOFFD", "NAOVTS", "NAOVTD", "NAOLFD", "EXTEND ASCII", "LOGOUT", "BYTE MACRO", "DATA ENTRY TERMINAL", "SUPDUP", "SUPDUP OUTPUT",
		"SEND LOCATION", "TERMINAL TYPE", "END OF RECORD", "TACACS UID", "OUTPUT MARKING", "TTYLOC", "3270 REGIME", "X.3 PAD", "NAWS", "TSPEED",
		"LFLOW", "LINEMODE", "XDISPLOC", "OLD-ENVIRON", "AUTHENTICATION", "ENCRYPT", "NEW-ENVIRON",
	}
	telnetQualifiers   = []string{"IS", "SEND", "INFO"}
	telnetAuthCommands = []string{"IS", "SEND", "REPLY", "NAME"}
	telnetAuthTypes    = []string{
		"NULL", "KERBEROS_V4", "KERBEROS_V5", "SPX", "MINK", "SRP", "RSA", "SSL", "", "", "LOKI", "SSA", "KEA_SJ", "KEA_SJ_INTEG", "DSS", "NTLM",
	}
	telnetCryptCommands = []string{"IS", "SUPPORT", "REPLY", "START", "END", "REQUEST-START", "REQUEST-END", "END_KEYID", "DEC_KEYID"}
	telnetCryptTypes    = []string{
		"NULL", "DES_CFB64", "DES_OFB64", "DES3_CFB64", "DES3_OFB64", "", "CAST5_40_CFB64", "CAST5_40_OFB64", "CAST128_CFB64", "CAST128_OFB64",
	}
)

// telnet prints the commands that data starts with, RFC 854. Text is not
// printed.
func (l *line) telnet(at, length int) {
	l.enter("telnet")
	dumped := l.opt.HexASCII > 0 && l.opt.Verbose > 2
	begin, first := at, true
	for length > 0 && l.u8(at) == telnetIAC {
		start := len(l.out)
		n := l.telnetCommand(at, length)
		if l.stopped {
			l.out = append(l.out[:start], " [|telnet]"...)
			return
		}
		l.out = l.out[:start]
		if n < 0 {
			break
		}
		switch {
		case dumped:
			if first {
				l.str("\nTelnet:")
			}
			l.telnetBytes(at, n, at-begin)
		case first:
			l.str(" [telnet ")
		default:
			l.str(", ")
		}
		l.telnetCommand(at, length)
		first = false
		at += n
		length -= n
	}
	switch {
	case first:
	case dumped:
		l.str("\n")
	default:
		l.str("]")
	}
}

// telnetBytes prints the bytes of a command, and room for its name.
func (l *line) telnetBytes(at, n, offset int) {
	for row := 0; row < n; row += 16 {
		l.str("\n0x")
		l.hex(uint32(offset+row), 4)
		l.str(": ")
		for i := row; i < min(row+16, n); i++ {
			if i%2 == 0 {
				l.str(" ")
			}
			l.hexBytes(at+i, 1)
		}
	}
	if n > 8 {
		l.str("\n\t\t\t\t")
		return
	}
	for range (8 - n) * 3 {
		l.str(" ")
	}
	l.str("\t")
}

// telnetCommand prints a command and gives its length, -1 if it is none or goes
// on behind the data.
func (l *line) telnetCommand(at, length int) int {
	if length < 2 {
		return -1
	}
	command := l.u8(at + 1)
	switch {
	case command == telnetIAC:
		l.str("IAC IAC")
		return 2
	case command < telnetFirst:
		return -1
	}
	if command < telnetSB || command > telnetDont {
		l.str(telnetCommands[command-telnetFirst])
		return 2
	}
	if length < 3 {
		return -1
	}
	option := l.u8(at + 2)
	l.str(telnetCommands[command-telnetFirst])
	l.str(" ")
	if option < len(telnetOptions) {
		l.str(telnetOptions[option])
	} else {
		l.alternateHex(option)
	}
	if command != telnetSB {
		return 3
	}
	return l.telnetSuboption(option, at, length)
}

// telnetSuboption prints what stands between SB and SE.
func (l *line) telnetSuboption(option, at, length int) int {
	from := at + 3
	end := from
	for at+length > end+1 && !l.stopped {
		if l.u8(end) == telnetIAC && l.u8(end+1) == telnetSE {
			break
		}
		end++
	}
	if l.u8(end) != telnetIAC {
		return -1
	}
	names := [][]string{telnetQualifiers}
	switch option {
	case telnetAuthentication:
		names = [][]string{telnetAuthCommands, telnetAuthTypes}
	case telnetEncryption:
		names = [][]string{telnetCryptCommands, telnetCryptTypes}
	}
	for ; from < end; from++ {
		if from >= at+length {
			return -1
		}
		b := l.u8(from)
		l.str(" ")
		if len(names) > 0 && b < len(names[0]) && names[0][b] != "" {
			l.str(names[0][b])
		} else {
			l.alternateHex(b)
		}
		if len(names) > 0 {
			names = names[1:]
		}
	}
	l.str(" SE")
	return end + 2 - at
}

// alternateHex prints a number as C's %#x does.
func (l *line) alternateHex(n int) {
	if n != 0 {
		l.str("0x")
	}
	l.hex(uint32(n), 1)
}

// broadcomShim prints the header that Broadcom's switches put before packets
// that they intercept.
func (l *line) broadcomShim(at, length int) {
	const header = 4
	l.enter("bcm_li")
	if length < header {
		l.str(" (length ")
		l.num(length)
		l.str(" < 4)")
		l.invalid()
		return
	}
	shim := l.u32(at)
	at += header
	length -= header
	kind := shim >> 25 & 15
	if l.opt.Verbose > 0 {
		l.str("\n    ")
	}
	l.str("BCM-LI-SHIM: direction ")
	l.orUnknown([]numbered{{1, "unused"}, {2, "egress"}, {3, "ingress"}}, int(shim>>29), "unknown")
	l.str(", pkt-type ")
	l.orUnknown([]numbered{{4, "undecided"}, {5, "ipv4"}, {6, "ipv6"}, {7, "ethernet"}}, int(kind), "unknown")
	l.str(", pkt-subtype ")
	l.orUnknown([]numbered{{1, "single VLAN tag"}, {2, "double VLAN tag"}, {3, "untagged"}}, int(shim>>22&7), "unknown")
	l.str(", li-id ")
	l.unsigned(shim & 0x3fffff)
	if l.opt.Verbose == 0 {
		l.need(at, length)
		return
	}
	l.str("\n    ")
	if kind == 4 {
		if kind = 0; l.u8(at)>>4 == 4 {
			kind = 5
		} else if l.u8(at)>>4 == 6 {
			kind = 6
		} else {
			l.str("unknown payload")
			return
		}
	}
	switch kind {
	case 5:
		l.ipv4(at, length)
	case 6:
		l.ipv6(at, length)
	case 7:
		l.ethernet(at, length)
	default:
		l.invalid()
	}
}
