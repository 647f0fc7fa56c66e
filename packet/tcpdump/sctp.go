package tcpdump

// Chunks of RFC 9260 section 3.3.
const (
	sctpData    = 0
	sctpInit    = 1
	sctpInitAck = 2
	sctpSack    = 3
)

const (
	sctpHeaderLen = 12
	sctpChunkLen  = 4
	sctpDataLen   = 12
	sctpInitLen   = 16
	sctpSackLen   = 12
)

var sctpChunks = []numbered{
	{sctpData, "DATA"}, {sctpInit, "INIT"}, {sctpInitAck, "INIT ACK"}, {sctpSack, "SACK"}, {4, "HB REQ"}, {5, "HB ACK"}, {6, "ABORT"},
	{7, "SHUTDOWN"}, {8, "SHUTDOWN ACK"}, {9, "OP ERR"}, {10, "COOKIE ECHO"}, {11, "COOKIE ACK"}, {12, "ECN ECHO"}, {13, "ECN CWR"},
	{14, "SHUTDOWN COMPLETE"}, {0xc0, "FOR CUM TSN"}, {0xc1, "REL CTRL"}, {0xc2, "REL CTRL ACK"},
}

// sctpPayloads name what DATA chunks carry.
var sctpPayloads = []numbered{
	{1, "ISDN Q.921"}, {2, "M2UA"}, {3, "M3UA"}, {4, "SUA"}, {5, "M2PA"}, {6, "V5.2"}, {7, "H.248"}, {8, "BICC"}, {9, "TALI"}, {10, "DUA"},
	{11, "ASAP"}, {12, "ENRP"}, {13, "H.323"}, {14, "Q.IPC"}, {15, "SIMCO"}, {16, "DDPSC"}, {17, "DDPSSC"}, {18, "S1AP"}, {19, "RUA"},
	{20, "HNBAP"}, {21, "ForCES HP"}, {22, "ForCES MP"}, {23, "ForCES LP"}, {24, "SBc-AP"}, {25, "NBAP"}, {27, "X2AP"},
}

const (
	sctpM3UA     = 3
	sctpForCES   = 21 // and the two after it
	forcesPort   = 6704
	forcesLevels = 3
)

// sctp prints an SCTP packet of length bytes.
func (l *line) sctp(ip ipHeader, at, length int) {
	l.enter("sctp")
	if length < sctpHeaderLen {
		l.str("truncated-sctp - ")
		l.num(sctpHeaderLen - length)
		l.str(" bytes missing!")
		return
	}
	if !l.has(at, sctpHeaderLen) {
		l.truncated()
		return
	}
	src, dst := l.u16(at), l.u16(at+2)
	l.source(ip)
	l.str(".")
	l.num(src)
	l.str(" > ")
	l.destination(ip)
	l.str(".")
	l.num(dst)
	l.str(": sctp")
	forces := false
	for _, port := range [...]int{src, dst} {
		if level := port - forcesPort; level >= 0 && level < forcesLevels {
			l.str([...]string{"[ForCES HP]", "[ForCES MP]", "[ForCES LP]"}[level])
			forces = true
		}
	}
	at += sctpHeaderLen
	rest := length - sctpHeaderLen
	for count := 1; rest != 0 && !l.stopped; count++ {
		n := l.sctpChunk(at, rest, count, &forces)
		if n < 0 {
			return
		}
		at += n
		rest -= n
	}
}

// sctpChunk prints a chunk, of which rest bytes may be there, and returns its
// length with padding, -1 when nothing more is to be printed.
func (l *line) sctpChunk(at, rest, count int, forces *bool) int {
	number := func() {
		switch {
		case l.opt.Verbose >= 2:
			l.str("\n\t")
		case count == 1:
			l.str(" (")
		default:
			l.str(", (")
		}
		l.num(count)
		l.str(") ")
	}
	if rest < sctpChunkLen {
		number()
		l.str("[chunk descriptor cut off at end of packet]")
		return -1
	}
	if !l.has(at, sctpChunkLen) {
		l.truncated()
		return -1
	}
	length := l.u16(at + 2)
	padding := -length & 3
	switch {
	case length < sctpChunkLen:
		number()
		l.str("[Bad chunk length ")
		l.num(length)
		l.str(", < size of chunk descriptor]")
		return -1
	case rest < padding:
		number()
		l.str("[Bad chunk length ")
		l.num(length)
		l.str(", > remaining data in packet]")
		return -1
	case !l.has(at, length):
		l.truncated()
		return -1
	}
	number()
	kind := l.u8(at)
	l.str("[")
	if s := nameOf(sctpChunks, kind); s != "" {
		l.str(s)
	} else {
		l.str("Unknown chunk type: 0x")
		l.hex(uint32(kind), 1)
	}
	l.str("] ")
	ok := true
	switch data, n := at+sctpChunkLen, length-sctpChunkLen; kind {
	case sctpData:
		ok = l.sctpData(data, n, l.u8(at+1), forces)
	case sctpInit, sctpInitAck:
		if ok = n >= sctpInitLen; ok {
			l.sctpInit(data)
		}
	case sctpSack:
		ok = l.sctpSack(data, n)
	}
	if !ok {
		l.str("bogus chunk length ")
		l.num(length)
		l.str("]")
		return -1
	}
	if !l.has(at+length, padding) {
		l.truncated()
		return -1
	}
	return length + padding
}

// sctpData prints a DATA chunk of n bytes, or false when that is too few.
func (l *line) sctpData(at, n, flags int, forces *bool) bool {
	const unordered, begin, end = 4, 2, 1
	for _, f := range [...]struct {
		bit  int
		text string
	}{{unordered, "(U)"}, {begin, "(B)"}, {end, "(E)"}} {
		if flags&f.bit != 0 {
			l.str(f.text)
		}
	}
	if flags&(unordered|begin|end) != 0 {
		l.str(" ")
	}
	if n < sctpDataLen {
		return false
	}
	payload := l.u32(at + 8)
	l.str("[TSN: ")
	l.unsigned(l.u32(at))
	l.str("] [SID: ")
	l.num(l.u16(at + 4))
	l.str("] [SSEQ ")
	l.num(l.u16(at + 6))
	l.str("] [PPID ")
	if s := nameOf(sctpPayloads, int(payload)); s != "" {
		l.str(s)
	} else {
		l.str("0x")
		l.hex(payload, 1)
	}
	l.str("] ")
	if payload >= sctpForCES && payload < sctpForCES+forcesLevels {
		*forces = true
	}
	at += sctpDataLen
	n -= sctpDataLen
	switch {
	case n == 0:
		return false
	case *forces:
		l.notModelled("ForCES")
	case l.opt.Verbose < 2:
	case payload == sctpM3UA:
		l.notModelled("M3UA")
	default:
		l.str("[Payload")
		if !l.opt.quietDump() {
			l.str(":")
			l.dump(at, at+n)
		}
		l.str("]")
	}
	return true
}

func (l *line) sctpInit(at int) {
	l.str("[init tag: ")
	l.unsigned(l.u32(at))
	l.str("] [rwnd: ")
	l.unsigned(l.u32(at + 4))
	l.str("] [OS: ")
	l.num(l.u16(at + 8))
	l.str("] [MIS: ")
	l.num(l.u16(at + 10))
	l.str("] [init TSN: ")
	l.unsigned(l.u32(at + 12))
	l.str("] ")
}

// sctpSack prints a SACK chunk of n bytes, or false when that is too few.
func (l *line) sctpSack(at, n int) bool {
	if n < sctpSackLen {
		return false
	}
	acked, gaps, duplicates := l.u32(at), l.u16(at+8), l.u16(at+10)
	l.str("[cum ack ")
	l.unsigned(acked)
	l.str("] [a_rwnd ")
	l.unsigned(l.u32(at + 4))
	l.str("] [#gap acks ")
	l.num(gaps)
	l.str("] [#dup tsns ")
	l.num(duplicates)
	l.str("] ")
	at += sctpSackLen
	n -= sctpSackLen
	for i := 1; n != 0 && i <= gaps; i++ {
		if n < 4 {
			return false
		}
		l.str("\n\t\t[gap ack block #")
		l.num(i)
		l.str(": start = ")
		l.unsigned(acked + uint32(l.u16(at)))
		l.str(", end = ")
		l.unsigned(acked + uint32(l.u16(at+2)))
		l.str("] ")
		at += 4
		n -= 4
	}
	for i := 1; n != 0 && i <= duplicates; i++ {
		if n < 4 {
			return false
		}
		l.str("\n\t\t[dup TSN #")
		l.num(i)
		l.str(": ")
		l.unsigned(l.u32(at))
		l.str("] ")
		at += 4
		n -= 4
	}
	return true
}
