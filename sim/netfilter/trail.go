package netfilter

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"hoplab/packet"
	"hoplab/sim/netfilter/ipset"
)

// Trail is the list of the rules that a packet met in one Run, in order.
type Trail struct{ Steps []Step }

// Step is one rule of a Trail.
type Step struct {
	Rule    *Rule
	Chain   *Chain
	Matched bool
	Failed  int // number of the condition that failed, -1 if none did
}

// Reset empties the trail for another use.
func (t *Trail) Reset() { t.Steps = t.Steps[:0] }

// Chains are the chains that the packet came through, in order.
func (t *Trail) Chains() []string {
	var names []string
	for _, s := range t.Steps {
		if !slices.Contains(names, s.Chain.Name) {
			names = append(names, s.Chain.Name)
		}
	}
	return names
}

func (t *Trail) add(r *Rule, failed int) {
	t.Steps = append(t.Steps, Step{Rule: r, Chain: r.chain, Matched: failed < 0, Failed: failed})
}

// MarkedBy is the rule on the way that set the mark which r asks for; nil if r asks
// for none, or it was there before.
func (t *Trail) MarkedBy(r *Rule) *Rule {
	for i := range r.ops {
		o := &r.ops[i]
		if o.kind != opMark || o.not || o.a&o.b == 0 {
			continue
		}
		for j := len(t.Steps) - 1; j >= 0; j-- {
			s := &t.Steps[j]
			if m, ok := s.Rule.Spec.Target.(TargetMark); ok && s.Matched && m.Value&o.a&o.b != 0 {
				return s.Rule
			}
		}
	}
	return nil
}

// NearMiss is the most telling rule that did not match: the one whose
// conditions before the one that failed say most about the packet. A rule that
// failed at its first condition is none.
func (t *Trail) NearMiss() (Step, bool) {
	best, weight := -1, 0
	for i, s := range t.Steps {
		if s.Matched {
			continue
		}
		w := 0
		for _, o := range s.Rule.ops[:s.Failed] {
			w += int(o.weight)
		}
		if w > weight {
			best, weight = i, w
		}
	}
	if best < 0 {
		return Step{}, false
	}
	return t.Steps[best], true
}

// Explain says in English why the rule did or did not match: the conditions
// that held, and the one that did not. Where a set contains what a rule asks
// for of the packet, the element stands behind its name.
func (r *Rule) Explain(s Step, ip packet.IPv4) string {
	passed := r.ops
	if s.Failed >= 0 && s.Failed < len(r.ops) {
		passed = r.ops[:s.Failed]
	}
	var b []byte
	for i := range passed {
		switch {
		case i == 0:
		case i == len(passed)-1:
			b = append(b, " and "...)
		default:
			b = append(b, ", "...)
		}
		b = passed[i].appendFact(b, !passed[i].not, ip)
	}
	switch {
	case len(passed) == len(r.ops) && len(b) == 0:
		return "it matches every packet"
	case len(passed) == len(r.ops):
		return string(b)
	case len(b) > 0:
		b = append(b, ", but "...)
	}
	o := &r.ops[len(passed)]
	return string(o.appendFact(b, o.not, ip))
}

// appendFact says what is true of the packet when the test of the condition,
// before an inversion, came out as holds.
func (o *op) appendFact(b []byte, holds bool, ip packet.IPv4) []byte {
	is := func(what, value string, args ...any) []byte {
		verb := " is "
		if !holds {
			verb = " is not "
		}
		return fmt.Appendf(append(append(b, what...), verb...), value, args...)
	}
	in := func(what string) []byte {
		b = append(b, what...)
		if !holds {
			b = append(b, " not"...)
		}
		return append(b, " in "...)
	}
	addr := func(what string) []byte {
		a := AddrMatch{Addr: o.a, Mask: o.b}
		if a.Mask == ^uint32(0) {
			return is(what, "%s", a.appendShort(nil))
		}
		return a.appendPrefix(in(what))
	}
	ports := func(what string, a, c uint32) []byte {
		if a == c {
			return is(what, "%d", a)
		}
		return fmt.Appendf(in(what), "%d:%d", a, c)
	}
	switch o.kind {
	case opMark, opConnmark:
		name := "mark"
		if o.kind == opConnmark {
			name = "connection mark"
		}
		if o.b == ^uint32(0) {
			return is(name, "0x%x", o.a)
		}
		return is(name, "0x%x under mask 0x%x", o.a, o.b)
	case opIn:
		return is("input interface", "%s", o.ifaceName())
	case opOut:
		return is("output interface", "%s", o.ifaceName())
	case opState:
		return is("connection state", "%s", StateMask(o.a).append(nil))
	case opProto:
		return is("protocol", "%s", appendProto(nil, packet.Proto(o.a)))
	case opSrc:
		return addr("source")
	case opDst:
		return addr("destination")
	case opSet, opSets:
		b = in(o.parts())
		if o.b != 0 {
			b = append(b, "the nomatch entries of "...)
		}
		return o.appendMember(append(b, o.set.Name()...), ip)
	case opAddrType:
		b = is(side(o.n != 0), "%s", appendAddrTypes(nil, uint16(o.a)))
		switch o.b {
		case 1:
			b = append(b, " on the input interface"...)
		case 2:
			b = append(b, " on the output interface"...)
		}
		return b
	case opRPFilter:
		return is("reverse path", "by the input interface")
	case opFragment:
		return is("it", "a later fragment")
	case opTransport:
		return is("it", "a whole %s", appendProto(nil, packet.Proto(o.n)))
	case opSport:
		return ports("source port", o.a, o.b)
	case opDport:
		return ports("destination port", o.a, o.b)
	case opFlags:
		return is("TCP flags", "%s of %s", appendFlags(nil, uint8(o.a)), appendFlags(nil, uint8(o.b)))
	case opOption:
		return is("TCP option", "%d", o.a)
	case opICMP:
		if m := (MatchICMP{Type: uint8(o.a), CodeMin: uint8(o.b >> 8), CodeMax: uint8(o.b)}); m.Type != 255 {
			return is("ICMP type", "%s", strings.TrimPrefix(string(m.appendList(nil, false)), " icmp "))
		}
		return is("it", "ICMP")
	case opPorts:
		b = in([...]string{"source port", "destination port", "a port"}[o.n])
		for i, p := range o.x.ports {
			if i > 0 {
				b = append(b, ',')
			}
			b = p.appendSave(b)
		}
		return b
	case opConntrack:
		m := o.x.ct
		m.Has &^= CTState
		return is("connection", "%s", strings.TrimSpace(string(m.append(nil, ""))))
	case opSrcRange:
		return appendRange(in("source"), o.a, o.b)
	case opDstRange:
		return appendRange(in("destination"), o.a, o.b)
	case opLength:
		return ports("length", o.a, o.b)
	case opTTL:
		m := MatchTTL{TTLMode(o.n), uint8(o.a)}
		return is("it", "%s", strings.TrimPrefix(string(m.appendList(nil, true)), " TTL match "))
	case opTOS:
		return is("TOS", "0x%02x under mask 0x%02x", o.a, o.b)
	case opMAC:
		return is("sender", "%06x%06x", o.a, o.b)
	case opPktType:
		return is("packet type", "%s", MatchPktType{Type: packet.Type(o.a)}.name())
	case opLimit:
		return is("it", "within the limit")
	case opRandom:
		return is("it", "chosen by chance")
	case opNth:
		return is("it", "the packet whose turn it was")
	}
	return b
}

// appendMember adds the element of a set that contains the packet, if one does.
func (o *op) appendMember(b []byte, ip packet.IPv4) []byte {
	if len(ip) < packet.IPv4Len {
		return b
	}
	q, d := setPacket(ip), ipset.Dirs{N: uint8(o.a), Src: o.n}
	if o.kind == opSet {
		d.N = 1
	}
	if m := o.set.Member(&q, d); m != "" {
		b = fmt.Appendf(b, " (%s)", m)
	}
	return b
}

func side(src bool) string {
	if src {
		return "source"
	}
	return "destination"
}

// parts names what a set is asked for.
func (o *op) parts() string {
	n := int(o.a)
	if o.kind == opSet {
		n = 1 // more directions than parts are ignored
	}
	names := make([]string, n)
	for i := range names {
		names[i] = side(o.n>>i&1 != 0)
		if i == 1 {
			names[i] += " port"
		}
	}
	return strings.Join(names, ",")
}

// ifaceName is the interface name of opIn and opOut with its +.
func (o *op) ifaceName() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], o.k.lo)
	binary.LittleEndian.PutUint64(b[8:], o.k.hi)
	name := strings.TrimRight(string(b[:]), "\x00")
	if o.m.hi != ^uint64(0) {
		name += "+"
	}
	return name
}
