package tcpdump

// pptpField is a field of a control message: how it is printed, how many bytes
// it has, and its title.
type pptpField struct {
	how   byte
	size  int
	title string
}

// pptpMessage is a control message of RFC 2637. Its fields stand in this order.
type pptpMessage struct {
	name    string
	results []numbered // what result codes mean
	fields  []pptpField
}

var (
	pptpErrors = []numbered{
		{0, "None"}, {1, "Not-Connected"}, {2, "Bad-Format"}, {3, "Bad-Value"}, {4, "No-Resource"}, {5, "Bad-Call-ID"}, {6, "PAC-Error"},
	}
	pptpReasons = []numbered{{1, "None"}, {2, "Stop-Protocol"}, {3, "Stop-Local-Shutdown"}}
	pptpBearers = []numbered{{1, "A"}, {2, "D"}, {3, "Any"}}
	pptpFramers = []numbered{{1, "A"}, {2, "S"}, {3, "E"}}
	pptpEchoes  = []numbered{{1, "OK"}, {2, "General Error"}}
)

var pptpMessages = [...]pptpMessage{
	0: {name: "NOT_DEFINED"},
	1: {"SCCRQ", nil, []pptpField{
		{'v', 2, "PROTO_VER"}, {'r', 2, ""}, {'F', 4, "FRAME_CAP"}, {'B', 4, "BEARER_CAP"}, {'n', 2, "MAX_CHAN"}, {'n', 2, "FIRM_REV"},
		{'s', 64, "HOSTNAME"}, {'s', 64, "VENDOR"},
	}},
	2: {"SCCRP", []numbered{
		{1, "Successful channel establishment"}, {2, "General error"}, {3, "Command channel already exists"},
		{4, "Requester is not authorized to establish a command channel"}, {5, "The protocol version of the requester is not supported"},
	}, []pptpField{
		{'v', 2, "PROTO_VER"}, {'R', 1, "RESULT_CODE"}, {'E', 1, "ERR_CODE"}, {'F', 4, "FRAME_CAP"}, {'B', 4, "BEARER_CAP"}, {'n', 2, "MAX_CHAN"},
		{'n', 2, "FIRM_REV"}, {'s', 64, "HOSTNAME"},
		{'s', 64, "VENDOR"},
	}},
	3: {"StopCCRQ", nil, []pptpField{{'p', 1, "REASON"}, {'r', 1, ""}, {'r', 2, ""}}},
	4: {"StopCCRP", pptpEchoes, []pptpField{{'R', 1, "RESULT_CODE"}, {'E', 1, "ERR_CODE"}, {'r', 2, ""}}},
	5: {"ECHORQ", nil, []pptpField{{'n', 4, "ID"}}},
	6: {"ECHORP", pptpEchoes, []pptpField{{'n', 4, "ID"}, {'R', 1, "RESULT_CODE"}, {'E', 1, "ERR_CODE"}, {'r', 2, ""}}},
	7: {"OCRQ", nil, []pptpField{
		{'n', 2, "CALL_ID"}, {'n', 2, "CALL_SER_NUM"}, {'n', 4, "MIN_BPS"}, {'n', 4, "MAX_BPS"}, {'t', 4, "BEARER_TYPE"}, {'f', 4, "FRAME_TYPE"},
		{'n', 2, "RECV_WIN"}, {'n', 2, "PROC_DELAY"}, {'n', 2, "PHONE_NO_LEN"}, {'r', 2, ""}, {'d', 64, "PHONE_NO"}, {'s', 64, "SUB_ADDR"},
	}},
	8: {"OCRP", []numbered{
		{1, "Connected"}, {2, "General Error"}, {3, "No Carrier"}, {4, "Busy"}, {5, "No Dial Tone"}, {6, "Time-out"}, {7, "Do Not Accept"},
	}, []pptpField{
		{'n', 2, "CALL_ID"}, {'n', 2, "PEER_CALL_ID"}, {'R', 1, "RESULT_CODE"}, {'E', 1, "ERR_CODE"}, {'n', 2, "CAUSE_CODE"}, {'n', 4, "CONN_SPEED"}, {'n', 2, "RECV_WIN"},
		{'n', 2, "PROC_DELAY"}, {'n', 4, "PHY_CHAN_ID"},
	}},
	9: {"ICRQ", nil, []pptpField{
		{'n', 2, "CALL_ID"}, {'n', 2, "CALL_SER_NUM"}, {'t', 4, "BEARER_TYPE"}, {'n', 4, "PHY_CHAN_ID"}, {'n', 2, "DIALED_NO_LEN"},
		{'n', 2, "DIALING_NO_LEN"}, {'d', 64, "DIALED_NO"}, {'D', 64, "DIALING_NO"}, {'s', 64, "SUB_ADDR"},
	}},
	10: {"ICRP", []numbered{{1, "Connect"}, {2, "General Error"}, {3, "Do Not Accept"}}, []pptpField{
		{'n', 2, "CALL_ID"}, {'n', 2, "PEER_CALL_ID"}, {'R', 1, "RESULT_CODE"}, {'E', 1, "ERR_CODE"}, {'n', 2, "RECV_WIN"}, {'n', 2, "PROC_DELAY"}, {'r', 2, ""},
	}},
	11: {"ICCN", nil, []pptpField{
		{'n', 2, "PEER_CALL_ID"}, {'r', 2, ""}, {'n', 4, "CONN_SPEED"}, {'n', 2, "RECV_WIN"}, {'n', 2, "PROC_DELAY"}, {'f', 4, "FRAME_TYPE"},
	}},
	12: {"CCRQ", nil, []pptpField{{'n', 2, "CALL_ID"}, {'r', 2, ""}}},
	13: {"CDN", []numbered{{1, "Lost Carrier"}, {2, "General Error"}, {3, "Admin Shutdown"}, {4, "Request"}}, []pptpField{
		{'n', 2, "CALL_ID"}, {'R', 1, "RESULT_CODE"}, {'E', 1, "ERR_CODE"}, {'n', 2, "CAUSE_CODE"}, {'r', 2, ""}, {'s', 128, "CALL_STATS"},
	}},
	14: {"WEN", nil, []pptpField{
		{'n', 2, "PEER_CALL_ID"}, {'r', 2, ""}, {'n', 4, "CRC_ERR"}, {'n', 4, "FRAMING_ERR"}, {'n', 4, "HARDWARE_OVERRUN"}, {'n', 4, "BUFFER_OVERRUN"},
		{'n', 4, "TIMEOUT_ERR"}, {'n', 4, "ALIGN_ERR"},
	}},
	15: {"SLI", nil, []pptpField{{'n', 2, "PEER_CALL_ID"}, {'r', 2, ""}, {'x', 4, "SEND_ACCM"}, {'x', 4, "RECV_ACCM"}}},
}

// pptpControl prints RFC 2637's control messages.
func (l *line) pptpControl(at int) {
	const magic = 0x1a2b3c4d
	l.enter("pptp")
	l.str(": pptp")
	if l.opt.Verbose > 0 {
		length := l.u16(at)
		l.str(" Length=")
		l.num(length)
		switch l.u16(at + 2) {
		case 1:
			l.str(" CTRL-MSG")
		case 2:
			l.str(" MGMT-MSG")
		default:
			l.str(" UNKNOWN-MSG-TYPE")
		}
	}
	cookie := l.u32(at + 4)
	if cookie != magic {
		l.str(" UNEXPECTED Magic-Cookie!!(")
		l.hex(cookie, 8)
		l.str(")")
	}
	if l.opt.Verbose > 0 || cookie != magic {
		l.str(" Magic-Cookie=")
		l.hex(cookie, 8)
	}
	kind := l.u16(at + 8)
	if kind >= len(pptpMessages) {
		l.str(" UNKNOWN_CTRL_MSGTYPE(")
		l.num(kind)
		l.str(")")
	} else {
		l.str(" CTRL_MSGTYPE=")
		l.str(pptpMessages[kind].name)
	}
	l.pptpReserved(at+10, 2)
	if kind >= len(pptpMessages) {
		return
	}
	at += 12
	message := pptpMessages[kind]
	for _, field := range message.fields {
		l.pptpField(&message, field, at)
		at += field.size
	}
}

// number reads 1, 2 or 4 bytes.
func (l *line) number(at, size int) uint32 {
	switch size {
	case 1:
		return uint32(l.u8(at))
	case 2:
		return uint32(l.u16(at))
	}
	return l.u32(at)
}

func (l *line) pptpReserved(at, size int) {
	if n := l.number(at, size); n != 0 {
		l.str(" [ERROR: reserved=")
		l.unsigned(n)
		l.str(" must be zero]")
	}
}

func (l *line) pptpField(m *pptpMessage, f pptpField, at int) {
	switch f.how {
	case 'r':
		l.pptpReserved(at, f.size)
		return
	case 's', 'd', 'D': // text; the length of the latter two stands before it
		l.str(" ")
		l.str(f.title)
		l.str("(")
		n := f.size
		switch f.how {
		case 'd':
			n = min(n, l.u16(at-4))
		case 'D':
			n = min(n, l.u16(at-66))
		}
		l.padded(at, n)
		l.str(")")
		return
	}
	if f.how == 'F' {
		l.str(" FRAME_CAP(")
		n := l.u32(at)
		if n&1 != 0 {
			l.str("A")
		}
		if n&2 != 0 {
			l.str("S")
		}
		l.str(")")
		return
	}
	n := l.number(at, f.size)
	meaning := func(names []numbered) {
		l.unsigned(n)
		if l.opt.Verbose > 0 {
			l.str(":")
			l.orUnknown(names, int(n), "?")
		}
	}
	l.str(" ")
	l.str(f.title)
	l.str("(")
	switch f.how {
	case 'n':
		l.unsigned(n)
	case 'x':
		l.str("0x")
		l.hex(n, 8)
	case 'v':
		l.unsigned(n >> 8)
		l.str(".")
		l.unsigned(n & 0xff)
	case 'R':
		meaning(m.results)
	case 'E':
		meaning(pptpErrors)
	case 'p':
		meaning(pptpReasons)
	case 'B':
		if n&2 != 0 {
			l.str("D")
		}
		if n&1 != 0 {
			l.str("A")
		}
	case 't':
		l.orUnknown(pptpBearers, int(n), "?")
	case 'f':
		l.orUnknown(pptpFramers, int(n), "?")
	}
	l.str(")")
}
