package netfilter

import (
	"fmt"

	"hoplab/packet"
	"hoplab/sim/conntrack"
)

// Matches on the link header, and the targets NETMAP and TCPMSS.

// MatchMAC is -m mac.
type MatchMAC struct {
	MAC packet.MAC
	Not bool
}

// Name is the word behind -m.
func (MatchMAC) Name() string { return "mac" }

func (m MatchMAC) appendSave(b []byte) []byte {
	return fmt.Appendf(not(b, m.Not), " --mac-source %s", m.MAC)
}

func (m MatchMAC) appendList(b []byte, _ bool) []byte {
	return fmt.Appendf(not(append(b, " MAC"...), m.Not), " %s", m.MAC)
}

func (m MatchMAC) load(l *loader) {
	a := m.MAC
	n := uint8(0)
	if m.Not { // where there is no address there is nothing to invert
		n = 1
	}
	l.add(op{kind: opMAC, n: n, a: uint32(a[0])<<16 | uint32(a[1])<<8 | uint32(a[2]), b: uint32(a[3])<<16 | uint32(a[4])<<8 | uint32(a[5]), weight: weightAddr})
}

// Like mac_mt_reg in net/netfilter/xt_mac.c.
func (MatchMAC) check(w where) error {
	if w.hooks&^(1<<Prerouting|1<<Input|1<<Forward) != 0 {
		return ErrInvalid
	}
	return nil
}

// mac is the sender's address in the link header, false if there is none.
func (p *Packet) mac() (a packet.MAC, ok bool) {
	if p.Buffer == nil || p.In == nil {
		return a, false
	}
	h := p.Buffer.LinkHeader(packet.EthernetLen)
	if len(h) != packet.EthernetLen {
		return a, false
	}
	a = packet.Ethernet(h).Src()
	return a, a != packet.MAC{} // of lo
}

// MatchPktType is -m pkttype.
type MatchPktType struct {
	Type packet.Type
	Not  bool
}

var pktTypes = [...]struct {
	name string
	typ  packet.Type
}{{"unicast", packet.Host}, {"broadcast", packet.Broadcast}, {"multicast", packet.Multicast}, {"bcast", packet.Broadcast}, {"mcast", packet.Multicast}, {"host", packet.Host}}

// ParsePktType reads the word of --pkt-type.
func ParsePktType(s string) (packet.Type, bool) {
	for _, t := range pktTypes {
		if t.name == s {
			return t.typ, true
		}
	}
	return 0, false
}

// Name is the word behind -m.
func (MatchPktType) Name() string { return "pkttype" }

func (m MatchPktType) name() string {
	for _, t := range pktTypes {
		if t.typ == m.Type {
			return t.name
		}
	}
	return ""
}

func (m MatchPktType) appendSave(b []byte) []byte {
	return append(append(not(b, m.Not), " --pkt-type "...), m.name()...)
}

func (m MatchPktType) appendList(b []byte, _ bool) []byte {
	sign := "="
	if m.Not {
		sign = "!="
	}
	return fmt.Appendf(b, " PKTTYPE %s %s", sign, m.name())
}

func (m MatchPktType) load(l *loader) {
	l.add(op{kind: opPktType, not: m.Not, a: uint32(m.Type), weight: weightCommon})
}

func (MatchPktType) check(where) error { return nil }

// TargetNetmap is -j NETMAP: the network part of an address is replaced.
type TargetNetmap struct{ Addr, Mask uint32 }

// Name is the word behind -j.
func (TargetNetmap) Name() string { return "NETMAP" }

func (t TargetNetmap) append(b []byte) []byte {
	b = packet.AddrFrom32(t.Addr).AppendTo(b)
	n := 0
	for m := t.Mask; m&(1<<31) != 0; m <<= 1 {
		n++
	}
	if t.Mask<<n == 0 {
		return fmt.Appendf(b, "/%d", n)
	}
	return packet.AddrFrom32(t.Mask).AppendTo(append(b, '/'))
}

func (t TargetNetmap) appendSave(b []byte) []byte { return t.append(append(b, " --to "...)) }

func (t TargetNetmap) appendList(b []byte, _ bool) []byte { return t.append(append(b, " to:"...)) }

// Like netmap_tg_reg in net/netfilter/xt_NETMAP.c.
func (TargetNetmap) check(w where) error {
	return w.only(NAT, 1<<Prerouting|1<<Input|1<<Output|1<<Postrouting)
}

// span is the range of addresses, as the kernel has it: the bits in which its ends
// differ stay.
func (t TargetNetmap) span() NATRange {
	return NATRange{MinAddr: t.Addr & t.Mask, MaxAddr: t.Addr | ^t.Mask, Flags: conntrack.MapIPs}
}

// NetmapAddr is what NETMAP makes of an address: netmap_tg4.
func NetmapAddr(addr uint32, r *NATRange) uint32 {
	mask := ^(r.MinAddr ^ r.MaxAddr)
	return addr&^mask | r.MinAddr&mask
}

// TargetTCPMSS is -j TCPMSS.
type TargetTCPMSS struct {
	MSS   uint16 // --set-mss
	Clamp bool   // --clamp-mss-to-pmtu
}

// MTUer is an Env that knows what fits on the way that a packet takes and back.
type MTUer interface {
	PathMTU(p *Packet) int // bytes, IP header included
}

// Name is the word behind -j.
func (TargetTCPMSS) Name() string { return "TCPMSS" }

func (t TargetTCPMSS) appendSave(b []byte) []byte {
	if t.Clamp {
		return append(b, " --clamp-mss-to-pmtu"...)
	}
	return fmt.Appendf(b, " --set-mss %d", t.MSS)
}

func (t TargetTCPMSS) appendList(b []byte, _ bool) []byte {
	if t.Clamp {
		return append(b, " TCPMSS clamp to PMTU"...)
	}
	return fmt.Appendf(b, " TCPMSS set %d", t.MSS)
}

// Like tcpmss_tg4_check in net/netfilter/xt_TCPMSS.c.
func (t TargetTCPMSS) check(w where) error {
	if t.Clamp && w.hooks&^(1<<Forward|1<<Output|1<<Postrouting) != 0 {
		return ErrInvalid
	}
	if err := w.need(packet.ProtoTCP); err != nil {
		return err
	}
	for _, m := range w.spec.Matches {
		if x, ok := m.(MatchTransport); ok && x.Flags&packet.TCPSyn != 0 && !x.NotFlags {
			return nil
		}
	}
	return ErrInvalid
}

const tcpOptMSS = 2 // RFC 9293 section 3.2

// act lowers the MSS that a SYN offers: tcpmss_mangle_packet. A SYN without the
// option, to which the kernel adds one, stays as it is.
func (t TargetTCPMSS) act(p *Packet, env Env) {
	h, err := packet.ParseTCP(p.IP.Payload())
	if err != nil || p.IP.Frag()&packet.OffsetMask != 0 {
		return
	}
	mss := int(t.MSS)
	if t.Clamp {
		e, ok := env.(MTUer)
		if !ok {
			return
		}
		if mss = e.PathMTU(p) - packet.IPv4Len - packet.TCPLen; mss <= 0 {
			return
		}
	}
	o := h[packet.TCPLen:max(packet.TCPLen, min(len(h), int(h[12]>>4)*4))]
	for len(o) > 1 && o[0] != 0 {
		switch n := int(o[1]); {
		case o[0] == 1:
			o = o[1:]
			continue
		case n < 2 || n > len(o):
			return
		case o[0] == tcpOptMSS && n == 4:
			if int(o[2])<<8|int(o[3]) > mss {
				o[2], o[3] = byte(mss>>8), byte(mss)
				h.UpdateChecksum([4]byte(p.IP[12:16]), [4]byte(p.IP[16:20]))
				p.Rewritten = true
			}
			return
		default:
			o = o[n:]
		}
	}
}
