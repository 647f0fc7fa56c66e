package netfilter

import (
	"fmt"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/netfilter/etc"
)

// PortRange is a run of ports, both ends included. Its zero value is port 0.
type PortRange struct{ Min, Max uint16 }

// anyPort is what --sport and --dport are when they are not given.
var anyPort = PortRange{0, 65535}

// AnyPort is the range of all ports.
func AnyPort() PortRange { return anyPort }

func (r PortRange) appendSave(b []byte) []byte {
	b = strconv.AppendUint(b, uint64(r.Min), 10)
	if r.Max != r.Min {
		b = append(b, ':')
		b = strconv.AppendUint(b, uint64(r.Max), 10)
	}
	return b
}

// MatchComment is -m comment: it matches always.
type MatchComment struct{ Text string }

// MatchTransport is -m tcp and -m udp.
type MatchTransport struct {
	Proto        packet.Proto // TCP or UDP
	Sport, Dport PortRange
	NotSport     bool
	NotDport     bool

	FlagMask, Flags uint8 // TCP: --tcp-flags; 0, 0 matches every segment
	NotFlags        bool
	Option          uint8 // TCP: --tcp-option; 0 none
	NotOption       bool
}

// MatchICMP is -m icmp. Type 255 is every type.
type MatchICMP struct {
	Type             uint8
	CodeMin, CodeMax uint8
	Not              bool
}

// StateMask is a set of the states of --ctstate, numbered as
// XT_CONNTRACK_STATE_ in include/uapi/linux/netfilter/xt_conntrack.h.
type StateMask uint16

// The states.
const (
	StateInvalid     StateMask = 1 << 0
	StateEstablished StateMask = 1 << 1
	StateRelated     StateMask = 1 << 2
	StateNew         StateMask = 1 << 3
	StateSNAT        StateMask = 1 << 6
	StateDNAT        StateMask = 1 << 7
	StateUntracked   StateMask = 1 << 8
)

var stateNames = []struct {
	bit  StateMask
	name string
}{{StateInvalid, "INVALID"}, {StateNew, "NEW"}, {StateRelated, "RELATED"}, {StateEstablished, "ESTABLISHED"}, {StateUntracked, "UNTRACKED"}, {StateSNAT, "SNAT"}, {StateDNAT, "DNAT"}}

// ParseState reads one state of --ctstate, in any case.
func ParseState(s string) (StateMask, bool) {
	for _, n := range stateNames {
		if strings.EqualFold(s, n.name) {
			return n.bit, true
		}
	}
	return 0, false
}

func (m StateMask) append(b []byte) []byte {
	sep := ""
	for _, n := range stateNames {
		if m&n.bit != 0 {
			b = append(append(b, sep...), n.name...)
			sep = ","
		}
	}
	return b
}

// CTField is a set of the options of -m conntrack.
type CTField uint16

// The options.
const (
	CTState CTField = 1 << iota
	CTProto
	CTOrigSrc
	CTOrigDst
	CTReplSrc
	CTReplDst
	CTOrigSrcPort
	CTOrigDstPort
	CTReplSrcPort
	CTReplDstPort
	CTStatus
	CTExpire
	CTDir
)

// MatchConntrack is -m conntrack. Fields are valid iff Has has their bit.
type MatchConntrack struct {
	Has, Not  CTField
	State     StateMask
	Proto     packet.Proto
	Addr      [4]AddrMatch // original source, original destination, reply source, reply destination; Not is in Not
	Port      [4]PortRange // likewise
	Status    uint32       // bits of conntrack.Status; 0 with CTStatus: NONE
	ExpireMin uint32       // seconds
	ExpireMax uint32
	Reply     bool // --ctdir REPLY
}

// MatchState is -m state.
type MatchState struct {
	State StateMask
	Not   bool
}

// MatchMark is -m mark, and -m connmark with Conn.
type MatchMark struct {
	Conn        bool
	Value, Mask uint32
	Not         bool
}

// MatchSet is -m set --match-set.
type MatchSet struct {
	Set           string
	Dirs          []bool // src is true; one for each part of the set's elements
	Not           bool
	ReturnNomatch bool
}

// MatchAddrType is -m addrtype. A mask of 0 is an option not given; bit n is
// address type n of enum RTN_ in include/uapi/linux/rtnetlink.h.
type MatchAddrType struct {
	Src, Dst          uint16
	NotSrc, NotDst    bool
	LimitIn, LimitOut bool
}

// MatchRPFilter is -m rpfilter.
type MatchRPFilter struct{ Flags RPFlags }

// PortSide says which port of a packet is meant.
type PortSide uint8

// The sides.
const (
	SourcePorts PortSide = iota
	DestinationPorts
	EitherPort
)

// MatchMultiport is -m multiport.
type MatchMultiport struct {
	Side  PortSide
	Ports []PortRange
	Proto packet.Proto // of the rule, for the names of ports
	Not   bool
}

// MatchLimit is -m limit: a token bucket.
type MatchLimit struct {
	Avg   uint32 // ten-thousandths of a second for one packet
	Burst uint32 // packets
}

// MatchStatistic is -m statistic: by chance, or every so many packets.
type MatchStatistic struct {
	Nth           bool
	Probability   uint32 // of 1<<31
	Every, Packet uint32
	Not           bool
}

// MatchIPRange is -m iprange.
type MatchIPRange struct {
	Src, Dst       bool // given
	SrcMin, SrcMax uint32
	DstMin, DstMax uint32
	NotSrc, NotDst bool
}

// MatchLength is -m length: the IP total length in bytes.
type MatchLength struct {
	Min, Max uint16
	Not      bool
}

// TTLMode says how MatchTTL compares.
type TTLMode uint8

// The comparisons.
const (
	TTLEqual TTLMode = iota
	TTLNotEqual
	TTLLess
	TTLGreater
)

// MatchTTL is -m ttl.
type MatchTTL struct {
	Mode TTLMode
	TTL  uint8
}

// MatchTOS is -m tos.
type MatchTOS struct {
	Value, Mask uint8
	Not         bool
}

// MatchDSCP is -m dscp.
type MatchDSCP struct {
	DSCP uint8
	Not  bool
}

// Names as behind -m.

func (MatchComment) Name() string     { return "comment" }    // the word behind -m
func (m MatchTransport) Name() string { return m.protocol() } // the word behind -m
func (MatchICMP) Name() string        { return "icmp" }       // the word behind -m
func (MatchConntrack) Name() string   { return "conntrack" }  // the word behind -m
func (MatchState) Name() string       { return "state" }      // the word behind -m
func (MatchSet) Name() string         { return "set" }        // the word behind -m
func (MatchAddrType) Name() string    { return "addrtype" }   // the word behind -m
func (MatchRPFilter) Name() string    { return "rpfilter" }   // the word behind -m
func (MatchMultiport) Name() string   { return "multiport" }  // the word behind -m
func (MatchLimit) Name() string       { return "limit" }      // the word behind -m
func (MatchStatistic) Name() string   { return "statistic" }  // the word behind -m
func (MatchIPRange) Name() string     { return "iprange" }    // the word behind -m
func (MatchLength) Name() string      { return "length" }     // the word behind -m
func (MatchTTL) Name() string         { return "ttl" }        // the word behind -m
func (MatchTOS) Name() string         { return "tos" }        // the word behind -m
func (MatchDSCP) Name() string        { return "dscp" }       // the word behind -m

// Name is the word behind -m.
func (m MatchMark) Name() string {
	if m.Conn {
		return "connmark"
	}
	return "mark"
}

func (m MatchComment) appendSave(b []byte) []byte {
	return appendString(append(b, " --comment"...), m.Text)
}

func (m MatchComment) appendList(b []byte, _ bool) []byte {
	return fmt.Appendf(b, " /* %s */", m.Text)
}

func (m MatchTransport) protocol() string {
	if m.Proto == packet.ProtoTCP {
		return "tcp"
	}
	return "udp"
}

func (m MatchTransport) appendSave(b []byte) []byte {
	port := func(opt string, r PortRange, n bool) {
		if r != anyPort {
			b = r.appendSave(append(append(not(b, n), opt...), ' '))
		}
	}
	port(" --sport", m.Sport, m.NotSport)
	port(" --dport", m.Dport, m.NotDport)
	if m.Option != 0 || m.NotOption {
		b = fmt.Appendf(not(b, m.NotOption), " --tcp-option %d", m.Option)
	}
	if m.FlagMask != 0 || m.NotFlags {
		b = append(not(b, m.NotFlags), " --tcp-flags "...)
		b = appendFlags(b, m.FlagMask)
		b = append(b, ' ')
		b = appendFlags(b, m.Flags)
	}
	return b
}

func (m MatchTransport) appendList(b []byte, numeric bool) []byte {
	b = append(append(b, ' '), m.protocol()...)
	port := func(name string, r PortRange, n bool) {
		if r == anyPort && !n {
			return
		}
		b = append(append(b, ' '), name...)
		if r.Min != r.Max {
			b = append(b, 's')
		}
		b = append(b, ':')
		if n {
			b = append(b, '!')
		}
		b = appendPort(b, r.Min, m.protocol(), numeric)
		if r.Min != r.Max {
			b = appendPort(append(b, ':'), r.Max, m.protocol(), numeric)
		}
	}
	port("spt", m.Sport, m.NotSport)
	port("dpt", m.Dport, m.NotDport)
	bang := func(n bool) {
		if n {
			b = append(b, '!')
		}
	}
	if m.Option != 0 || m.NotOption {
		b = append(b, " option="...)
		bang(m.NotOption)
		b = strconv.AppendUint(b, uint64(m.Option), 10)
	}
	if m.FlagMask != 0 || m.NotFlags {
		b = append(b, " flags:"...)
		bang(m.NotFlags)
		if numeric {
			return fmt.Appendf(b, "0x%02X/0x%02X", m.FlagMask, m.Flags)
		}
		b = appendFlags(b, m.FlagMask)
		b = appendFlags(append(b, '/'), m.Flags)
	}
	return b
}

func appendPort(b []byte, port uint16, proto string, numeric bool) []byte {
	if !numeric {
		if name, ok := etc.ServiceName(port, proto); ok {
			return append(b, name...)
		}
	}
	return strconv.AppendUint(b, uint64(port), 10)
}

var flagNames = [6]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG"}

// ParseTCPFlag reads one word of --tcp-flags.
func ParseTCPFlag(s string) (uint8, bool) {
	switch strings.ToUpper(s) {
	case "ALL":
		return 0x3f, true
	case "NONE":
		return 0, true
	}
	for i, n := range flagNames {
		if strings.EqualFold(s, n) {
			return 1 << i, true
		}
	}
	return 0, false
}

func appendFlags(b []byte, flags uint8) []byte {
	if flags == 0 {
		return append(b, "NONE"...)
	}
	sep := ""
	for i, n := range flagNames {
		if flags>>i&1 != 0 {
			b = append(append(b, sep...), n...)
			sep = ","
		}
	}
	return b
}

// icmpTypes are the names of --icmp-type in iptables's order: a type's names
// and those of its codes. extra ones come after the first name.
var icmpTypes = []struct {
	names    string
	typ      uint8
	min, max uint8
}{
	{"any", 255, 0, 255}, {"echo-reply pong", 0, 0, 255}, {"destination-unreachable", 3, 0, 255}, {"network-unreachable", 3, 0, 0}, {"host-unreachable", 3, 1, 1},
	{"protocol-unreachable", 3, 2, 2}, {"port-unreachable", 3, 3, 3}, {"fragmentation-needed", 3, 4, 4}, {"source-route-failed", 3, 5, 5}, {"network-unknown", 3, 6, 6},
	{"host-unknown", 3, 7, 7}, {"network-prohibited", 3, 9, 9}, {"host-prohibited", 3, 10, 10}, {"TOS-network-unreachable", 3, 11, 11}, {"TOS-host-unreachable", 3, 12, 12},
	{"communication-prohibited", 3, 13, 13}, {"host-precedence-violation", 3, 14, 14}, {"precedence-cutoff", 3, 15, 15}, {"source-quench", 4, 0, 255}, {"redirect", 5, 0, 255},
	{"network-redirect", 5, 0, 0}, {"host-redirect", 5, 1, 1}, {"TOS-network-redirect", 5, 2, 2}, {"TOS-host-redirect", 5, 3, 3}, {"echo-request ping", 8, 0, 255},
	{"router-advertisement", 9, 0, 255}, {"router-solicitation", 10, 0, 255}, {"time-exceeded ttl-exceeded", 11, 0, 255}, {"ttl-zero-during-transit", 11, 0, 0},
	{"ttl-zero-during-reassembly", 11, 1, 1}, {"parameter-problem", 12, 0, 255}, {"ip-header-bad", 12, 0, 0}, {"required-option-missing", 12, 1, 1},
	{"timestamp-request", 13, 0, 255}, {"timestamp-reply", 14, 0, 255}, {"address-mask-request", 17, 0, 255}, {"address-mask-reply", 18, 0, 255},
}

// ICMPTypeByName finds the types whose name starts with s, in any case: one is
// what was meant, none is unknown, more are ambiguous. names are their names.
func ICMPTypeByName(s string) (m MatchICMP, names []string) {
	for _, t := range icmpTypes {
		for n := range strings.FieldsSeq(t.names) {
			if len(s) <= len(n) && strings.EqualFold(s, n[:len(s)]) {
				if len(names) == 0 {
					m = MatchICMP{Type: t.typ, CodeMin: t.min, CodeMax: t.max}
				}
				names = append(names, n)
			}
		}
	}
	return m, names
}

func (m MatchICMP) appendSave(b []byte) []byte {
	b = append(not(b, m.Not), " --icmp-type "...)
	if m.Type == 255 {
		return append(b, "any"...)
	}
	b = strconv.AppendUint(b, uint64(m.Type), 10)
	if m.CodeMin != 0 || m.CodeMax != 255 {
		b = fmt.Appendf(b, "/%d", m.CodeMin)
	}
	return b
}

func (m MatchICMP) appendList(b []byte, numeric bool) []byte {
	b = append(b, " icmp"...)
	if !numeric {
		for _, t := range icmpTypes {
			if t.typ == m.Type && t.min == m.CodeMin && t.max == m.CodeMax {
				name, _, _ := strings.Cut(t.names, " ")
				b = append(b, ' ')
				if m.Not {
					b = append(b, '!')
				}
				return append(b, name...)
			}
		}
	}
	if m.Not {
		b = append(b, " !"...)
	}
	b = fmt.Appendf(b, "type %d", m.Type)
	if m.CodeMin != 0 || m.CodeMax != 255 {
		b = fmt.Appendf(b, " code %d", m.CodeMin)
	}
	return b
}

var ctAddrNames = [4]string{"ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"}

var ctStatusNames = []struct {
	bit  uint32
	name string
}{{1 << 0, "EXPECTED"}, {1 << 1, "SEEN_REPLY"}, {1 << 2, "ASSURED"}, {1 << 3, "CONFIRMED"}}

// ParseCTStatus reads one word of --ctstatus.
func ParseCTStatus(s string) (bits uint32, ok bool) {
	if strings.EqualFold(s, "NONE") {
		return 0, true
	}
	for _, n := range ctStatusNames {
		if strings.EqualFold(s, n.name) {
			return n.bit, true
		}
	}
	return 0, false
}

// append prints the options in iptables's order, each after lead.
func (m MatchConntrack) append(b []byte, lead string) []byte {
	opt := func(f CTField, name string) bool {
		if m.Has&f == 0 {
			return false
		}
		b = not(b, m.Not&f != 0)
		b = append(append(append(append(b, ' '), lead...), name...), ' ')
		return true
	}
	if opt(CTState, "ctstate") {
		b = m.State.append(b)
	}
	if opt(CTProto, "ctproto") {
		b = strconv.AppendUint(b, uint64(m.Proto), 10)
	}
	for i, name := range ctAddrNames {
		if opt(CTOrigSrc<<i, name) {
			b = m.Addr[i].appendShort(b)
		}
	}
	for i, name := range ctAddrNames {
		if opt(CTOrigSrcPort<<i, name+"port") {
			b = m.Port[i].appendSave(b)
		}
	}
	if opt(CTStatus, "ctstatus") {
		sep := ""
		for _, n := range ctStatusNames {
			if m.Status&n.bit != 0 {
				b = append(append(b, sep...), n.name...)
				sep = ","
			}
		}
		if m.Status == 0 {
			b = append(b, "NONE"...)
		}
	}
	if opt(CTExpire, "ctexpire") {
		b = strconv.AppendUint(b, uint64(m.ExpireMin), 10)
		if m.ExpireMax != m.ExpireMin {
			b = fmt.Appendf(b, ":%d", m.ExpireMax)
		}
	}
	if m.Has&CTDir != 0 {
		b = append(append(append(b, ' '), lead...), "ctdir "...)
		if m.Reply {
			b = append(b, "REPLY"...)
		} else {
			b = append(b, "ORIGINAL"...)
		}
	}
	return b
}

func (m MatchConntrack) appendSave(b []byte) []byte         { return m.append(b, "--") }
func (m MatchConntrack) appendList(b []byte, _ bool) []byte { return m.append(b, "") }

func (m MatchState) appendSave(b []byte) []byte {
	return m.State.append(append(not(b, m.Not), " --state "...))
}

func (m MatchState) appendList(b []byte, _ bool) []byte {
	return m.State.append(append(not(b, m.Not), " state "...))
}

func appendMark(b []byte, value, mask uint32) []byte {
	b = fmt.Appendf(b, " 0x%x", value)
	if mask != ^uint32(0) {
		b = fmt.Appendf(b, "/0x%x", mask)
	}
	return b
}

func (m MatchMark) appendSave(b []byte) []byte {
	return appendMark(append(not(b, m.Not), " --mark"...), m.Value, m.Mask)
}

func (m MatchMark) appendList(b []byte, _ bool) []byte {
	switch {
	case m.Not:
		b = append(append(append(b, ' '), m.Name()...), " match !"...)
	case m.Conn:
		b = append(b, " connmark match "...)
	default:
		b = append(b, " mark match"...)
	}
	return appendMark(b, m.Value, m.Mask)
}

// appendWords prints set name, directions and flags after the lead words.
func (m MatchSet) appendWords(b []byte, lead, nomatch string) []byte {
	b = append(append(append(not(b, m.Not), lead...), m.Set...), ' ')
	for i, src := range m.Dirs {
		if i > 0 {
			b = append(b, ',')
		}
		if src {
			b = append(b, "src"...)
		} else {
			b = append(b, "dst"...)
		}
	}
	if m.ReturnNomatch {
		b = append(b, nomatch...)
	}
	return b
}

func (m MatchSet) appendSave(b []byte) []byte {
	return m.appendWords(b, " --match-set ", " --return-nomatch")
}

func (m MatchSet) appendList(b []byte, _ bool) []byte {
	return m.appendWords(b, " match-set ", " return-nomatch")
}

// addrTypes are the RTN_ names in the order of their numbers.
var addrTypes = [...]string{"UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"}

// ParseAddrType reads one word of --src-type: the bit of the type.
func ParseAddrType(s string) (bit uint16, ok bool) {
	for i, n := range addrTypes {
		if strings.EqualFold(s, n) {
			return 1 << i, true
		}
	}
	return 0, false
}

func appendAddrTypes(b []byte, mask uint16) []byte {
	sep := ""
	for i, n := range addrTypes {
		if mask>>i&1 != 0 {
			b = append(append(b, sep...), n...)
			sep = ","
		}
	}
	return b
}

func (m MatchAddrType) appendSave(b []byte) []byte {
	if m.Src != 0 {
		b = appendAddrTypes(append(not(b, m.NotSrc), " --src-type "...), m.Src)
	}
	if m.Dst != 0 {
		b = appendAddrTypes(append(not(b, m.NotDst), " --dst-type "...), m.Dst)
	}
	if m.LimitIn {
		b = append(b, " --limit-iface-in"...)
	}
	if m.LimitOut {
		b = append(b, " --limit-iface-out"...)
	}
	return b
}

func (m MatchAddrType) appendList(b []byte, _ bool) []byte {
	b = append(b, " ADDRTYPE match"...)
	side := func(lead string, mask uint16, n bool) {
		if mask == 0 {
			return
		}
		b = append(b, lead...)
		if n {
			b = append(b, '!')
		}
		b = appendAddrTypes(b, mask)
	}
	side(" src-type ", m.Src, m.NotSrc)
	side(" dst-type ", m.Dst, m.NotDst)
	if m.LimitIn {
		b = append(b, " limit-in"...)
	}
	if m.LimitOut {
		b = append(b, " limit-out"...)
	}
	return b
}

func (m MatchRPFilter) append(b []byte, lead string) []byte {
	for i, word := range [...]string{"loose", "validmark", "accept-local", "invert"} {
		if m.Flags>>i&1 != 0 {
			b = append(append(append(b, ' '), lead...), word...)
		}
	}
	return b
}

func (m MatchRPFilter) appendSave(b []byte) []byte { return m.append(b, "--") }
func (m MatchRPFilter) appendList(b []byte, _ bool) []byte {
	return m.append(append(b, " rpfilter"...), "")
}

func (m MatchMultiport) option() string {
	return [...]string{"sports ", "dports ", "ports "}[m.Side]
}

func (m MatchMultiport) appendSave(b []byte) []byte {
	b = append(append(not(b, m.Not), " --"...), m.option()...)
	for i, p := range m.Ports {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.appendSave(b)
	}
	return b
}

func (m MatchMultiport) appendList(b []byte, numeric bool) []byte {
	b = append(append(b, " multiport "...), m.option()...)
	if m.Not {
		b = append(b, " !"...)
	}
	proto, _ := etc.ProtocolName(uint8(m.Proto))
	for i, p := range m.Ports {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPort(b, p.Min, proto, numeric)
		if p.Max != p.Min {
			b = appendPort(append(b, ':'), p.Max, proto, numeric)
		}
	}
	return b
}

// LimitScale is the number of units of MatchLimit.Avg in a second.
const LimitScale = 10000

// limitUnits are the words behind the slash of --limit, the longest first.
var limitUnits = [...]struct {
	name string
	mult uint32
}{{"day", LimitScale * 24 * 3600}, {"hour", LimitScale * 3600}, {"min", LimitScale * 60}, {"sec", LimitScale}}

// appendRate prints the rate in the unit that loses least.
func (m MatchLimit) appendRate(b []byte) []byte {
	u := limitUnits[0]
	for _, next := range limitUnits[1:] {
		if m.Avg > next.mult || m.Avg != 0 && next.mult/m.Avg < next.mult%m.Avg {
			break
		}
		u = next
	}
	if m.Avg == 0 {
		return append(b, "inf"...)
	}
	return fmt.Appendf(b, "%d/%s", u.mult/m.Avg, u.name)
}

// LimitBurst is the default of --limit-burst.
const LimitBurst = 5

func (m MatchLimit) appendSave(b []byte) []byte {
	b = m.appendRate(append(b, " --limit "...))
	if m.Burst != LimitBurst {
		b = fmt.Appendf(b, " --limit-burst %d", m.Burst)
	}
	return b
}

func (m MatchLimit) appendList(b []byte, _ bool) []byte {
	b = m.appendRate(append(b, " limit: avg "...))
	return fmt.Appendf(b, " burst %d", m.Burst)
}

func (m MatchStatistic) append(b []byte, lead string, packet bool) []byte {
	b = append(append(append(b, ' '), lead...), "mode "...)
	if !m.Nth {
		b = not(append(b, "random"...), m.Not)
		return fmt.Appendf(b, " %sprobability %.11f", lead, float64(m.Probability)/(1<<31))
	}
	b = not(append(b, "nth"...), m.Not)
	b = fmt.Appendf(b, " %severy %d", lead, m.Every)
	if packet {
		b = fmt.Appendf(b, " %spacket %d", lead, m.Packet)
	}
	return b
}

func (m MatchStatistic) appendSave(b []byte) []byte { return m.append(b, "--", true) }
func (m MatchStatistic) appendList(b []byte, _ bool) []byte {
	return m.append(append(b, " statistic"...), "", m.Packet != 0)
}

func appendRange(b []byte, from, to uint32) []byte {
	b = packet.AddrFrom32(from).AppendTo(b)
	return packet.AddrFrom32(to).AppendTo(append(b, '-'))
}

func (m MatchIPRange) appendSave(b []byte) []byte {
	if m.Src {
		b = appendRange(append(not(b, m.NotSrc), " --src-range "...), m.SrcMin, m.SrcMax)
	}
	if m.Dst {
		b = appendRange(append(not(b, m.NotDst), " --dst-range "...), m.DstMin, m.DstMax)
	}
	return b
}

func (m MatchIPRange) appendList(b []byte, _ bool) []byte {
	if m.Src {
		b = appendRange(append(not(append(b, " source IP range"...), m.NotSrc), ' '), m.SrcMin, m.SrcMax)
	}
	if m.Dst {
		b = appendRange(append(not(append(b, " destination IP range"...), m.NotDst), ' '), m.DstMin, m.DstMax)
	}
	return b
}

func (m MatchLength) appendSave(b []byte) []byte {
	return m.span().appendSave(append(not(b, m.Not), " --length "...))
}

func (m MatchLength) appendList(b []byte, _ bool) []byte {
	b = append(b, " length "...)
	if m.Not {
		b = append(b, '!')
	}
	return m.span().appendSave(b)
}

func (m MatchLength) span() PortRange { return PortRange{m.Min, m.Max} }

func (m MatchTTL) appendSave(b []byte) []byte {
	opt := [...]string{" --ttl-eq", " ! --ttl-eq", " --ttl-lt", " --ttl-gt"}[m.Mode]
	return fmt.Appendf(b, "%s %d", opt, m.TTL)
}

func (m MatchTTL) appendList(b []byte, _ bool) []byte {
	return fmt.Appendf(b, " TTL match TTL %s %d", [...]string{"==", "!=", "<", ">"}[m.Mode], m.TTL)
}

// tosNames are the words of --tos and --set-tos; their mask is 0x3f.
var tosNames = [...]struct {
	value uint8
	name  string
}{{0x10, "Minimize-Delay"}, {0x08, "Maximize-Throughput"}, {0x04, "Maximize-Reliability"}, {0x02, "Minimize-Cost"}, {0x00, "Normal-Service"}}

// TOSByName finds the value of a word of --tos.
func TOSByName(s string) (uint8, bool) {
	for _, n := range tosNames {
		if strings.EqualFold(s, n.name) {
			return n.value, true
		}
	}
	return 0, false
}

func tosName(value, mask uint8) (string, bool) {
	for _, n := range tosNames {
		if n.value == value && mask == 0x3f {
			return n.name, true
		}
	}
	return "", false
}

func (m MatchTOS) appendSave(b []byte) []byte {
	return fmt.Appendf(not(b, m.Not), " --tos 0x%02x/0x%02x", m.Value, m.Mask)
}

func (m MatchTOS) appendList(b []byte, numeric bool) []byte {
	b = append(b, " tos match"...)
	if m.Not {
		b = append(b, '!')
	}
	if name, ok := tosName(m.Value, m.Mask); ok && !numeric {
		return append(append(b, ' '), name...)
	}
	return fmt.Appendf(b, "0x%02x/0x%02x", m.Value, m.Mask)
}

func (m MatchDSCP) appendSave(b []byte) []byte {
	return fmt.Appendf(not(b, m.Not), " --dscp 0x%02x", m.DSCP)
}

func (m MatchDSCP) appendList(b []byte, _ bool) []byte {
	b = append(b, " DSCP match "...)
	if m.Not {
		b = append(b, '!')
	}
	return fmt.Appendf(b, "0x%02x", m.DSCP)
}
