package text

import (
	"strconv"
	"unicode/utf8"

	"hoplab/packet"
	"hoplab/sim"
)

// JSONVersion changes when a field of the JSON lines does.
const JSONVersion = 1

// AppendEvent adds an event as one line of JSON, without the line feed. The
// keys stand in the order of docs/events.md, where each is explained. What is
// about netfilter, answers and sizes is there only where it says something.
func AppendEvent(dst []byte, e *sim.Event) []byte {
	dst = append(dst, `{"v":`...)
	dst = strconv.AppendInt(dst, JSONVersion, 10)
	dst = uintKey(dst, `,"seq":`, e.Seq)
	dst = strconv.AppendInt(append(dst, `,"t":`...), int64(e.At), 10)
	dst = uintKey(dst, `,"packet":`, uint64(e.Packet))
	dst = uintKey(dst, `,"parent":`, uint64(e.Parent))
	dst = stringKey(dst, `,"node":`, e.Node)
	dst = stringKey(dst, `,"netns":`, e.NetNS)
	dst = stringKey(dst, `,"dev":`, e.Dev)
	dst = stringKey(dst, `,"stage":`, e.Stage.String())
	dst = stringKey(dst, `,"verdict":`, e.Verdict.String())
	dst = stringKey(dst, `,"reason":`, e.Reason.String())
	dst = stringKey(dst, `,"ref":{"kind":`, e.Ref.Kind.String())
	dst = stringKey(dst, `,"text":`, e.Ref.Text)
	dst = stringKey(dst, `,"by":`, e.Ref.By)
	dst = stringKey(dst, `,"object":`, e.Ref.Object)
	dst = appendFlowJSON(append(dst, `},"before":`...), e.Before)
	dst = appendFlowJSON(append(dst, `,"after":`...), e.After)
	dst = stringKey(dst, `,"line":`, e.Line)
	dst = append(dst, `,"notes":[`...)
	for i, n := range e.Notes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = stringKey(dst, `{"kind":`, n.Kind.String())
		dst = stringKey(dst, `,"text":`, n.Text)
		dst = append(stringKey(dst, `,"why":`, n.Why), '}')
	}
	dst = append(dst, ']')
	if e.Table != "" {
		dst = stringKey(dst, `,"table":`, e.Table)
		dst = stringKey(dst, `,"action":`, e.Action)
	}
	if e.Answer != 0 {
		dst = uintKey(dst, `,"answer":`, uint64(e.Answer))
	}
	if e.Value != 0 {
		dst = uintKey(dst, `,"value":`, uint64(e.Value))
	}
	return append(dst, '}')
}

// appendFlowJSON adds the header fields of a packet; {} where there are none.
func appendFlowJSON(dst []byte, f packet.Flow) []byte {
	if f == (packet.Flow{}) {
		return append(dst, "{}"...)
	}
	dst = packet.AddrFrom32(f.Src).AppendTo(append(dst, `{"src":"`...))
	dst = packet.AddrFrom32(f.Dst).AppendTo(append(dst, `","dst":"`...))
	if f.ARP {
		dst = append(dst, `","proto":"arp"`...)
		return append(uintKey(dst, `,"op":`, uint64(f.A)), '}')
	}
	dst = append(dst, `","proto":"`...)
	dst = append(dst, protoName(f.Proto)...)
	dst = uintKey(append(dst, '"'), `,"ttl":`, uint64(f.TTL))
	dst = uintKey(dst, `,"tos":`, uint64(f.TOS))
	dst = uintKey(dst, `,"length":`, uint64(f.Len))
	dst = uintKey(dst, `,"id":`, uint64(f.IPID))
	dst = strconv.AppendBool(append(dst, `,"df":`...), f.Frag&1 != 0)
	dst = strconv.AppendBool(append(dst, `,"mf":`...), f.Frag&2 != 0)
	dst = strconv.AppendBool(append(dst, `,"fragment":`...), f.Frag&4 != 0)
	switch {
	case f.Frag&4 != 0:
	case f.Proto == packet.ProtoICMP:
		dst = uintKey(dst, `,"icmp_type":`, uint64(f.ICMPType))
		dst = uintKey(dst, `,"icmp_code":`, uint64(f.ICMPCode))
		if t := packet.ICMPType(f.ICMPType); t == packet.ICMPEcho || t == packet.ICMPEchoReply {
			dst = uintKey(dst, `,"icmp_id":`, uint64(f.A))
			dst = uintKey(dst, `,"icmp_seq":`, uint64(f.B))
		}
	case f.Proto == packet.ProtoUDP || f.Proto == packet.ProtoTCP:
		dst = uintKey(dst, `,"sport":`, uint64(f.A))
		dst = uintKey(dst, `,"dport":`, uint64(f.B))
	}
	return append(dst, '}')
}

// protoName is the name in /etc/protocols, or the number.
func protoName(p packet.Proto) string {
	switch p {
	case packet.ProtoICMP:
		return "icmp"
	case packet.ProtoIPIP:
		return "ipip"
	case packet.ProtoTCP:
		return "tcp"
	case packet.ProtoUDP:
		return "udp"
	}
	return strconv.Itoa(int(p))
}

func uintKey(dst []byte, key string, n uint64) []byte {
	return strconv.AppendUint(append(dst, key...), n, 10)
}

func stringKey(dst []byte, key, s string) []byte { return appendString(append(dst, key...), s) }

// appendString adds a JSON string (RFC 8259 section 7). Bytes that are no
// UTF-8 become U+FFFD.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r <= 0x9f { // control characters, too
				dst = append(append(dst, `\u00`...), hex[r>>4], hex[r&15])
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ' || c == 0x7f:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}
