package netfilter

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/netfilter/ipset"
)

// opKind says how an op compares.
type opKind uint8

const (
	opMark      opKind = iota // mark & b == a
	opIn                      // in device: key, mask in k, m
	opOut                     // out device
	opState                   // conntrack state in a
	opProto                   // protocol a
	opSrc                     // source & b == a
	opDst                     // destination & b == a
	opSet                     // set, one part: n is 1 for src; b is 1 for --return-nomatch
	opSets                    // set, more parts: a parts, n their src bits
	opAddrType                // types a of the source (n 1) or destination; b limits
	opRPFilter                // flags a
	opFragment                // a later fragment
	opTransport               // transport header of protocol n is whole
	opSport                   // source port a to b of protocol n
	opDport                   // destination port
	opFlags                   // TCP flags & b == a
	opOption                  // TCP option a
	opICMP                    // type a, code from b>>8 to b&255
	opPorts                   // multiport: x.ports, side n
	opConnmark                // connmark & b == a
	opConntrack               // x.ct
	opSrcRange                // source from a to b
	opDstRange                // destination from a to b
	opLength                  // total length from a to b
	opTTL                     // mode n, value a
	opTOS                     // tos & b == a
	opLimit                   // x.limit
	opRandom                  // probability a
	opNth                     // x.count runs from 0 to a
	opMAC                     // sender's MAC: a and b have three bytes each
	opPktType                 // packet type a
)

// op is one condition of a rule in the form in which the walk tries it. It is
// one cache line long.
type op struct {
	kind   opKind
	not    bool
	n      uint8
	weight uint8 // how much a hit says about the packet, for Trail.NearMiss
	a, b   uint32
	k, m   ifName
	set    *ipset.Set
	x      *extra
}

// extra is what does not fit into an op.
type extra struct {
	ports []PortRange
	ct    MatchConntrack
	limit bucket
	count uint32 // nth
}

// bucket is the state of a limit, like struct xt_limit_priv.
type bucket struct {
	prev        int64 // jiffies
	credit      uint32
	limit, cost uint32
	started     bool
}

// loader turns a Spec into conditions.
type loader struct {
	sets      *ipset.Sets
	ops       []op
	proto     ProtoMatch
	conntrack bool // a match or target needs connections to be tracked
	err       error
}

func (l *loader) add(o op) { l.ops = append(l.ops, o) }

// Weights of conditions: what names the packet's own addresses says more than
// what many packets share.
const (
	weightNone   = 0
	weightCommon = 1 // device, protocol, state, mark
	weightPort   = 2
	weightAddr   = 3
	weightSet    = 4
)

func (l *loader) load(s *Spec) {
	l.proto = s.Proto
	if !s.In.any() {
		k, m := s.In.key()
		l.add(op{kind: opIn, not: s.In.Not, k: k, m: m, weight: weightCommon})
	}
	if !s.Out.any() {
		k, m := s.Out.key()
		l.add(op{kind: opOut, not: s.Out.Not, k: k, m: m, weight: weightCommon})
	}
	if !s.Src.any() {
		l.add(op{kind: opSrc, not: s.Src.Not, a: s.Src.Addr & s.Src.Mask, b: s.Src.Mask, weight: weightAddr})
	}
	if !s.Dst.any() {
		l.add(op{kind: opDst, not: s.Dst.Not, a: s.Dst.Addr & s.Dst.Mask, b: s.Dst.Mask, weight: weightAddr})
	}
	if s.Proto.Proto != 0 {
		l.add(op{kind: opProto, not: s.Proto.Not, a: uint32(s.Proto.Proto), weight: weightCommon})
	}
	if s.Frag != AnyFragment {
		l.add(op{kind: opFragment, not: s.Frag == NotLaterFragment, weight: weightCommon})
	}
	for _, m := range s.Matches {
		m.load(l)
	}
	switch s.Target.(type) {
	case TargetNAT, TargetNetmap, TargetConnmark, TargetCT:
		l.conntrack = true
	}
}

// ifName is an interface name, padded with zeros to IFNAMSIZ, as two numbers.
type ifName struct{ lo, hi uint64 }

func makeIfName(s string) ifName {
	var b [16]byte
	copy(b[:15], s)
	return ifName{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
}

// any: a lone + matches also a packet without the device, as its mask is
// empty in the kernel.
func (d DevMatch) any() bool { return d.Name == "" || d.Name == "+" && !d.Not }

// key is the name and the mask of its bytes that count: all of them, with the
// zero behind, or those in front of a +.
func (d DevMatch) key() (k, m ifName) {
	name := d.Name
	if n := len(name); n > 0 && name[n-1] == '+' {
		name = name[:n-1]
		var b [16]byte
		for i := range min(n-1, 15) {
			b[i] = 0xff
		}
		return makeIfName(name), ifName{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
	}
	return makeIfName(name), ifName{^uint64(0), ^uint64(0)}
}

// name is the device's name as a key; that of no device is empty.
func (d *Dev) name() ifName {
	if d == nil {
		return ifName{}
	}
	if d.keyFor != d.Name {
		d.key, d.keyFor = makeIfName(d.Name), d.Name
	}
	return d.key
}

func (MatchComment) load(*loader) {}

func (m MatchTransport) load(l *loader) {
	n := uint8(m.Proto)
	start := len(l.ops)
	if m.Sport != anyPort || m.NotSport {
		l.add(op{kind: opSport, not: m.NotSport, n: n, a: uint32(m.Sport.Min), b: uint32(m.Sport.Max), weight: weightPort})
	}
	if m.Dport != anyPort || m.NotDport {
		l.add(op{kind: opDport, not: m.NotDport, n: n, a: uint32(m.Dport.Min), b: uint32(m.Dport.Max), weight: weightPort})
	}
	if m.FlagMask != 0 || m.NotFlags {
		l.add(op{kind: opFlags, not: m.NotFlags, n: n, a: uint32(m.Flags), b: uint32(m.FlagMask), weight: weightCommon})
	}
	if m.Option != 0 {
		l.add(op{kind: opOption, not: m.NotOption, n: n, a: uint32(m.Option), weight: weightCommon})
	}
	if len(l.ops) == start {
		l.add(op{kind: opTransport, n: n})
	}
}

func (m MatchICMP) load(l *loader) {
	l.add(op{kind: opICMP, not: m.Not, a: uint32(m.Type), b: uint32(m.CodeMin)<<8 | uint32(m.CodeMax), weight: weightPort})
}

func (m MatchConntrack) load(l *loader) {
	l.conntrack = true
	if m.Has&CTState != 0 {
		l.add(op{kind: opState, not: m.Not&CTState != 0, a: uint32(m.State), weight: weightCommon})
	}
	if m.Has&^CTState != 0 {
		l.add(op{kind: opConntrack, x: &extra{ct: m}, weight: weightAddr})
	}
}

func (m MatchState) load(l *loader) {
	l.conntrack = true
	// xt_state knows no SNAT and DNAT; its other bits are those of --ctstate.
	l.add(op{kind: opState, not: m.Not, a: uint32(m.State), weight: weightCommon})
}

func (m MatchMark) load(l *loader) {
	if m.Conn {
		l.conntrack = true
		l.add(op{kind: opConnmark, not: m.Not, a: m.Value, b: m.Mask, weight: weightCommon})
		return
	}
	l.add(op{kind: opMark, not: m.Not, a: m.Value, b: m.Mask, weight: weightCommon})
}

func (m MatchSet) load(l *loader) {
	set := l.sets.Get(m.Set)
	if set == nil {
		l.err = &SetError{m.Set}
		return
	}
	o := op{kind: opSets, not: m.Not, set: set, a: uint32(len(m.Dirs)), weight: weightSet}
	for i, src := range m.Dirs {
		if src {
			o.n |= 1 << i
		}
	}
	if m.ReturnNomatch {
		o.b = 1
	}
	if t := set.Type(); t == ipset.HashIP || t == ipset.HashNet {
		o.kind = opSet
	}
	l.add(o)
}

// SetError says that a rule names a set that is not there.
type SetError struct{ Name string }

// Error is iptables's message.
func (e *SetError) Error() string { return "Set " + e.Name + " doesn't exist.\n" }

func (m MatchAddrType) load(l *loader) {
	var limit uint32
	switch {
	case m.LimitIn:
		limit = 1
	case m.LimitOut:
		limit = 2
	}
	if m.Src != 0 {
		l.add(op{kind: opAddrType, not: m.NotSrc, n: 1, a: uint32(m.Src), b: limit, weight: weightCommon})
	}
	if m.Dst != 0 {
		l.add(op{kind: opAddrType, not: m.NotDst, a: uint32(m.Dst), b: limit, weight: weightCommon})
	}
}

func (m MatchRPFilter) load(l *loader) {
	l.add(op{kind: opRPFilter, not: m.Flags&RPInvert != 0, a: uint32(m.Flags &^ RPInvert), weight: weightCommon})
}

func (m MatchMultiport) load(l *loader) {
	l.add(op{kind: opPorts, not: m.Not, n: uint8(m.Side), x: &extra{ports: m.Ports}, weight: weightPort})
}

// creditsPerJiffy is how much a limit earns each tick: CREDITS_PER_JIFFY in
// net/netfilter/xt_limit.c at HZ=100.
const (
	hz              = uint32(1e9 / clock.Jiffy)
	creditsPerJiffy = 256
)

// credits converts ten-thousandths of a second, with the kernel's care for 32
// bits.
func credits(user uint32) uint32 {
	if user > ^uint32(0)/(hz*creditsPerJiffy) {
		return user / LimitScale * hz * creditsPerJiffy
	}
	return user * hz * creditsPerJiffy / LimitScale
}

func (m MatchLimit) load(l *loader) {
	full := credits(m.Avg * m.Burst)
	l.add(op{kind: opLimit, x: &extra{limit: bucket{credit: full, limit: full, cost: credits(m.Avg)}}})
}

func (m MatchStatistic) load(l *loader) {
	if m.Nth {
		l.add(op{kind: opNth, not: m.Not, a: m.Every - 1, x: &extra{count: m.Every - 1 - m.Packet}})
		return
	}
	l.add(op{kind: opRandom, not: m.Not, a: m.Probability})
}

func (m MatchIPRange) load(l *loader) {
	if m.Src {
		l.add(op{kind: opSrcRange, not: m.NotSrc, a: m.SrcMin, b: m.SrcMax, weight: weightAddr})
	}
	if m.Dst {
		l.add(op{kind: opDstRange, not: m.NotDst, a: m.DstMin, b: m.DstMax, weight: weightAddr})
	}
}

func (m MatchLength) load(l *loader) {
	l.add(op{kind: opLength, not: m.Not, a: uint32(m.Min), b: uint32(m.Max), weight: weightCommon})
}

func (m MatchTTL) load(l *loader) {
	l.add(op{kind: opTTL, n: uint8(m.Mode), a: uint32(m.TTL), weight: weightCommon})
}

func (m MatchTOS) load(l *loader) {
	l.add(op{kind: opTOS, not: m.Not, a: uint32(m.Value), b: uint32(m.Mask), weight: weightCommon})
}

func (m MatchDSCP) load(l *loader) {
	l.add(op{kind: opTOS, not: m.Not, a: uint32(m.DSCP) << 2, b: 0xfc, weight: weightCommon})
}

// forWalk gives conditions with a state their own one, fresh: the kernel
// starts limits and counters anew whenever a table is replaced.
func forWalk(dst, ops []op) []op {
	for _, o := range ops {
		if o.kind == opLimit || o.kind == opNth {
			x := *o.x
			o.x = &x
		}
		dst = append(dst, o)
	}
	return dst
}

// transport is the transport header of a packet, for ports. whole says that
// it is there; hot that it is not although it must be, so that the kernel
// drops the packet (hotdrop).
func transport(ip packet.IPv4, need int) (h []byte, hot bool) {
	if ip.Frag()&packet.OffsetMask != 0 {
		return nil, false
	}
	h = ip[ip.HeaderLen():]
	if len(h) < need {
		return nil, true
	}
	return h, false
}

func headerLen(proto uint8) int {
	if packet.Proto(proto) == packet.ProtoTCP {
		return packet.TCPLen
	}
	return packet.UDPLen
}

// Tracked says how the packet belongs to which connection: nil with Untracked
// or InvalidInfo for none. It is told again when NAT binds the connection. Like
// conntrack_mt in net/netfilter/xt_conntrack.c.
func (p *Packet) Tracked(ct *conntrack.Conn, info conntrack.Info) {
	p.CT, p.Info = ct, info
	switch {
	case ct != nil: // SNAT and DNAT are two bits higher than in the status
		p.State = infoStates[info&7] | StateMask(ct.Status&(conntrack.SrcNAT|conntrack.DstNAT))<<2
	case info == conntrack.Untracked:
		p.State = StateUntracked
	default:
		p.State = StateInvalid
	}
}

// infoStates are the states of packets that belong to a connection, in both
// directions.
var infoStates = [8]StateMask{conntrack.Established: StateEstablished, conntrack.EstablishedReply: StateEstablished,
	conntrack.Related: StateRelated, conntrack.RelatedReply: StateRelated, conntrack.New: StateNew}
