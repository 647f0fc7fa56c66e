package sock

import "encoding/binary"

// Kinds of TCP options: RFC 9293 section 3.2, RFC 7323 (window scale, time
// stamps), RFC 2018 (selective acknowledgment).
const (
	tcpOptEnd    = 0
	tcpOptNOP    = 1
	tcpOptMSS    = 2
	tcpOptWScale = 3
	tcpOptSACKOK = 4
	tcpOptSACK   = 5
	tcpOptTS     = 8

	tsOptLen = 12 // time stamps with two NOPs in front, bytes
)

// tcpOptions are the options of a segment that came in.
type tcpOptions struct {
	mss          uint16 // 0 none
	wscale       uint8  // valid iff hasScale
	hasScale     bool
	sackOK       bool
	hasTS        bool
	tsVal, tsEcr uint32
	sacks        [4]span
	nSacks       int
}

// span is a range of sequence numbers, end excluded.
type span struct{ seq, end uint32 }

// parseTCPOptions reads the options. What is malformed ends the list, as in
// tcp_parse_options.
func parseTCPOptions(b []byte) (o tcpOptions) {
	for len(b) > 0 {
		switch b[0] {
		case tcpOptEnd:
			return o
		case tcpOptNOP:
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return o
		}
		kind, v := b[0], b[2:b[1]]
		b = b[b[1]:]
		switch {
		case kind == tcpOptMSS && len(v) == 2:
			o.mss = binary.BigEndian.Uint16(v)
		case kind == tcpOptWScale && len(v) == 1:
			o.hasScale, o.wscale = true, min(v[0], 14)
		case kind == tcpOptSACKOK && len(v) == 0:
			o.sackOK = true
		case kind == tcpOptTS && len(v) == 8:
			o.hasTS, o.tsVal, o.tsEcr = true, binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])
		case kind == tcpOptSACK && len(v)%8 == 0:
			for ; len(v) > 0 && o.nSacks < len(o.sacks); v = v[8:] {
				o.sacks[o.nSacks] = span{binary.BigEndian.Uint32(v), binary.BigEndian.Uint32(v[4:])}
				o.nSacks++
			}
		}
	}
	return o
}

// synOptions are the options of SYN and SYN-ACK in Linux's order.
func synOptions(b []byte, mss uint16, sackOK, ts bool, tsVal, tsEcr uint32, scaling bool, scale uint8) []byte {
	b = append(b, tcpOptMSS, 4)
	b = binary.BigEndian.AppendUint16(b, mss)
	switch {
	case ts && sackOK:
		b = append(b, tcpOptSACKOK, 2, tcpOptTS, 10)
	case ts:
		b = append(b, tcpOptNOP, tcpOptNOP, tcpOptTS, 10)
	case sackOK:
		b = append(b, tcpOptNOP, tcpOptNOP, tcpOptSACKOK, 2)
	}
	if ts {
		b = binary.BigEndian.AppendUint32(b, tsVal)
		b = binary.BigEndian.AppendUint32(b, tsEcr)
	}
	if scaling {
		b = append(b, tcpOptNOP, tcpOptWScale, 3, scale)
	}
	return b
}

// tsOption is the time stamp option of the other segments.
func tsOption(b []byte, val, ecr uint32) []byte {
	b = append(b, tcpOptNOP, tcpOptNOP, tcpOptTS, 10)
	b = binary.BigEndian.AppendUint32(b, val)
	return binary.BigEndian.AppendUint32(b, ecr)
}

// sackOption says what came beyond a hole.
func sackOption(b []byte, blocks []span) []byte {
	b = append(b, tcpOptNOP, tcpOptNOP, tcpOptSACK, byte(2+8*len(blocks)))
	for _, x := range blocks {
		b = binary.BigEndian.AppendUint32(b, x.seq)
		b = binary.BigEndian.AppendUint32(b, x.end)
	}
	return b
}
