package stack

import (
	"encoding/binary"
	"fmt"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/netdev"
	"hoplab/sim/netfilter"
)

// KernelMessage is a line of the kernel's log, as dmesg(1) shows it.
type KernelMessage struct {
	At    clock.Instant
	Level uint8 // syslog(2): 4 is a warning
	Text  string
}

// maxMessages is how many messages are kept; the oldest go first.
const maxMessages = 4096

// Messages are the log of the machine that the namespace stands for: what -j LOG
// said there. (The real kernel has one log, and keeps quiet about namespaces
// other than the first one: net.netfilter.nf_log_all_netns.)
func (ns *Namespace) Messages() []KernelMessage { return ns.messages }

// ClearMessages empties the log.
func (ns *Namespace) ClearMessages() { ns.messages = nil }

// Log is -j LOG: nf_log_ip_packet in net/netfilter/nf_log_syslog.c.
func (e *filterEnv) Log(p *netfilter.Packet, t netfilter.TargetLog) {
	ns := (*Namespace)(e)
	in, out := "", ""
	if p.In != nil {
		in = p.In.Name
	}
	if p.Out != nil {
		out = p.Out.Name
	}
	b := fmt.Appendf(nil, "%sIN=%s OUT=%s ", t.Prefix, in, out)
	if p.In != nil {
		b = ns.logLink(b, p, t.Flags&logMACDecode != 0)
	}
	b = logIPv4(b, p.IP, t.Flags, *p.Mark, true)
	if len(ns.messages) == maxMessages {
		ns.messages = append(ns.messages[:0:0], ns.messages[maxMessages/2:]...)
	}
	ns.messages = append(ns.messages, KernelMessage{At: ns.Now(), Level: t.Level, Text: string(b)})
}

// Flags of LOG: include/uapi/linux/netfilter/nf_log.h.
const (
	logTCPSeq    = 1
	logTCPOpt    = 2
	logIPOpt     = 4
	logMACDecode = 32
)

// logLink is dump_mac_header.
func (ns *Namespace) logLink(b []byte, p *netfilter.Packet, decode bool) []byte {
	var h []byte
	switch d := ns.Device(p.In.Name); {
	case d == nil || d.HeaderLen() != packet.EthernetLen:
	case d.Kind == netdev.Loopback:
		h = []byte{12: 8, 13: 0}
	case p.Buffer != nil:
		h = p.Buffer.LinkHeader(packet.EthernetLen)
	}
	if len(h) == packet.EthernetLen && decode {
		e := packet.Ethernet(h)
		return fmt.Appendf(b, "MACSRC=%s MACDST=%s MACPROTO=%04x ", e.Src(), e.Dst(), uint16(e.Type()))
	}
	b = append(b, "MAC="...)
	for i, x := range h {
		if i > 0 {
			b = append(b, ':')
		}
		b = fmt.Appendf(b, "%02x", x)
	}
	return append(b, ' ')
}

// logIPv4 is dump_ipv4_packet.
func logIPv4(b []byte, ip packet.IPv4, flags uint8, mark uint32, outer bool) []byte {
	b = fmt.Appendf(b, "SRC=%s DST=%s LEN=%d TOS=0x%02X PREC=0x%02X TTL=%d ID=%d ", ip.Src(), ip.Dst(), ip.TotalLen(), ip.TOS()&0x1e, ip.TOS()&0xe0, ip.TTL(), ip.ID())
	frag := ip.Frag()
	for _, f := range []struct {
		bit  uint16
		name string
	}{{0x8000, "CE "}, {packet.FlagDF, "DF "}, {packet.FlagMF, "MF "}} {
		if frag&f.bit != 0 {
			b = append(b, f.name...)
		}
	}
	offset := frag & packet.OffsetMask
	if offset != 0 {
		b = fmt.Appendf(b, "FRAG:%d ", offset)
	}
	if o := ip.Options(); flags&logIPOpt != 0 && len(o) > 0 {
		b = fmt.Appendf(b, "OPT (%X) ", []byte(o))
	}
	data := ip.Payload()
	switch ip.Proto() {
	case packet.ProtoTCP:
		b = append(b, "PROTO=TCP "...)
		if offset != 0 {
			break
		}
		if len(data) < packet.TCPLen {
			return fmt.Appendf(b, "INCOMPLETE [%d bytes] ", len(data))
		}
		b = logTCP(b, data, flags)
	case packet.ProtoUDP:
		b = append(b, "PROTO=UDP "...)
		if offset != 0 {
			break
		}
		if len(data) < packet.UDPLen {
			return fmt.Appendf(b, "INCOMPLETE [%d bytes] ", len(data))
		}
		b = fmt.Appendf(b, "SPT=%d DPT=%d LEN=%d ", binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:]), binary.BigEndian.Uint16(data[4:]))
	case packet.ProtoICMP:
		b = append(b, "PROTO=ICMP "...)
		if offset == 0 {
			b = logICMP(b, data, flags, outer)
		}
	default:
		b = fmt.Appendf(b, "PROTO=%d ", ip.Proto())
	}
	if outer && mark != 0 {
		b = fmt.Appendf(b, "MARK=0x%x ", mark)
	}
	return b
}

// logTCP is nf_log_dump_tcp_header.
func logTCP(b, h []byte, flags uint8) []byte {
	b = fmt.Appendf(b, "SPT=%d DPT=%d ", binary.BigEndian.Uint16(h), binary.BigEndian.Uint16(h[2:]))
	if flags&logTCPSeq != 0 {
		b = fmt.Appendf(b, "SEQ=%d ACK=%d ", binary.BigEndian.Uint32(h[4:]), binary.BigEndian.Uint32(h[8:]))
	}
	b = fmt.Appendf(b, "WINDOW=%d RES=0x%02x ", binary.BigEndian.Uint16(h[14:]), h[12]&0xf<<2)
	for i, name := range [...]string{"CWR ", "ECE ", "URG ", "ACK ", "PSH ", "RST ", "SYN ", "FIN "} {
		if h[13]&(0x80>>i) != 0 {
			b = append(b, name...)
		}
	}
	b = fmt.Appendf(b, "URGP=%d ", binary.BigEndian.Uint16(h[18:]))
	if n := int(h[12]>>4) * 4; flags&logTCPOpt != 0 && n > packet.TCPLen {
		if n > len(h) {
			return append(b, "OPT (TRUNCATED)"...)
		}
		b = fmt.Appendf(b, "OPT (%X) ", h[packet.TCPLen:n])
	}
	return b
}

// logICMP is the part of dump_ipv4_packet about ICMP.
func logICMP(b, data []byte, flags uint8, outer bool) []byte {
	if len(data) < packet.ICMPLen {
		return fmt.Appendf(b, "INCOMPLETE [%d bytes] ", len(data))
	}
	m := packet.ICMP(data)
	b = fmt.Appendf(b, "TYPE=%d CODE=%d ", m.Type(), m.Code())
	info := binary.BigEndian.Uint32(data[4:])
	least := 0
	switch m.Type() {
	case packet.ICMPUnreachable, packet.ICMPSourceQuench, packet.ICMPRedirect, packet.ICMPTimeExceeded, packet.ICMPParamProblem:
		least = packet.ICMPLen + packet.IPv4Len
	case 13, 14: // time stamps
		least = 20
	case 17, 18: // address masks
		least = 12
	}
	if len(data) < least {
		return fmt.Appendf(b, "INCOMPLETE [%d bytes] ", len(data))
	}
	switch m.Type() {
	case packet.ICMPEcho, packet.ICMPEchoReply:
		return fmt.Appendf(b, "ID=%d SEQ=%d ", info>>16, info&0xffff)
	case packet.ICMPParamProblem:
		return fmt.Appendf(b, "PARAMETER=%d ", info>>24)
	case packet.ICMPRedirect:
		b = fmt.Appendf(b, "GATEWAY=%s ", packet.AddrFrom32(info))
	case packet.ICMPUnreachable, packet.ICMPSourceQuench, packet.ICMPTimeExceeded:
	default:
		return b
	}
	if outer {
		b = append(b, '[')
		if q := packet.IPv4(data[packet.ICMPLen:]); q.HeaderLen() >= packet.IPv4Len && q.HeaderLen() <= len(q) {
			b = logIPv4(b, q, flags, 0, false)
		}
		b = append(b, "] "...)
	}
	if m.Type() == packet.ICMPUnreachable && m.Code() == packet.CodeFragNeeded {
		b = fmt.Appendf(b, "MTU=%d ", info&0xffff)
	}
	return b
}
