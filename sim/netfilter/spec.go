package netfilter

import (
	"fmt"
	"math/bits"
	"strconv"

	"hoplab/packet"
	"hoplab/sim/netfilter/etc"
)

// Spec is what a rule says. The zero Spec matches everything and does nothing
// but count. A Spec does not change once it was given to a table.
type Spec struct {
	Src, Dst AddrMatch
	In, Out  DevMatch
	Proto    ProtoMatch
	Frag     FragMatch
	Matches  []Match // in the order in which they are tried
	Target   Target  // nil: none

	Packets, Bytes uint64 // where the counters start (-c)
}

// AddrMatch is -s or -d. The zero value matches every address.
type AddrMatch struct {
	Addr, Mask uint32
	Not        bool
}

func (a AddrMatch) any() bool { return a.Mask == 0 && !a.Not }

// DevMatch is -i or -o: a name, or the start of names with a + behind. Empty
// matches every device.
type DevMatch struct {
	Name string
	Not  bool
}

// ProtoMatch is -p; 0 matches every protocol.
type ProtoMatch struct {
	Proto packet.Proto
	Not   bool
}

// FragMatch is -f.
type FragMatch uint8

// The values.
const (
	AnyFragment FragMatch = iota
	LaterFragment
	NotLaterFragment
)

// Match is one -m of a rule. The implementations are the Match types of this
// package.
type Match interface {
	// Name is the word behind -m.
	Name() string
	appendSave(b []byte) []byte               // options as iptables -S prints them
	appendList(b []byte, numeric bool) []byte // as iptables -L does
	load(l *loader)                           // adds its conditions
	check(w where) error                      // what the kernel refuses
}

// Target is what a rule does. The implementations are the Target types of
// this package.
type Target interface {
	// Name is the word behind -j.
	Name() string
	appendSave(b []byte) []byte
	appendList(b []byte, numeric bool) []byte
	check(w where) error
}

// String is the rule behind "-A CHAIN" as iptables -S prints it, with a space
// in front.
func (s *Spec) String() string {
	target := ""
	if j, ok := s.Target.(Jump); ok {
		target = j.Chain
	}
	return string(s.appendSave(nil, target, nil))
}

// appendSave prints the rule behind "-A CHAIN" as iptables -S does; counters
// says whether -c stands in front of the target. target is the name of the
// chain jumped to, valid iff the target is a Jump.
func (s *Spec) appendSave(b []byte, target string, counters *Rule) []byte {
	b = s.Src.appendSave(b, "-s")
	b = s.Dst.appendSave(b, "-d")
	b = s.In.appendSave(b, "-i")
	b = s.Out.appendSave(b, "-o")
	if s.Proto.Proto != 0 {
		b = not(b, s.Proto.Not)
		b = append(b, " -p "...)
		b = appendProto(b, s.Proto.Proto)
	}
	switch s.Frag {
	case LaterFragment:
		b = append(b, " -f"...)
	case NotLaterFragment:
		b = append(b, " ! -f"...)
	}
	for _, m := range s.Matches {
		b = append(b, " -m "...)
		b = append(b, m.Name()...)
		b = m.appendSave(b)
	}
	if counters != nil {
		packets, bytes := counters.Counters()
		b = fmt.Appendf(b, " -c %d %d", packets, bytes)
	}
	switch t := s.Target.(type) {
	case nil:
	case Jump:
		if t.Goto {
			b = append(b, " -g "...)
		} else {
			b = append(b, " -j "...)
		}
		b = append(b, target...)
	default:
		b = append(b, " -j "...)
		b = append(b, t.Name()...)
		b = t.appendSave(b)
	}
	return b
}

func not(b []byte, n bool) []byte {
	if n {
		b = append(b, " !"...)
	}
	return b
}

func (a AddrMatch) appendSave(b []byte, opt string) []byte {
	if a.any() {
		return b
	}
	b = not(b, a.Not)
	b = append(b, ' ')
	b = append(b, opt...)
	b = append(b, ' ')
	return a.appendPrefix(b)
}

// appendPrefix prints address and mask: a length where the mask is one.
func (a AddrMatch) appendPrefix(b []byte) []byte {
	b = packet.AddrFrom32(a.Addr).AppendTo(b)
	b = append(b, '/')
	if n := bits.LeadingZeros32(^a.Mask); a.Mask<<n == 0 {
		return strconv.AppendInt(b, int64(n), 10)
	}
	return packet.AddrFrom32(a.Mask).AppendTo(b)
}

// Prefix is address and mask, as -s takes them.
func (a AddrMatch) Prefix() string { return string(a.appendPrefix(nil)) }

// appendShort is appendPrefix without /32.
func (a AddrMatch) appendShort(b []byte) []byte {
	if a.Mask == ^uint32(0) {
		return packet.AddrFrom32(a.Addr).AppendTo(b)
	}
	return a.appendPrefix(b)
}

func (d DevMatch) appendSave(b []byte, opt string) []byte {
	if d.Name == "" || d.Name == "+" {
		return b // iptables loses a lone +
	}
	b = not(b, d.Not)
	b = append(b, ' ')
	b = append(b, opt...)
	b = append(b, ' ')
	return append(b, d.Name...)
}

func appendProto(b []byte, p packet.Proto) []byte {
	if name, ok := etc.ProtocolName(uint8(p)); ok {
		return append(b, name...)
	}
	return strconv.AppendUint(b, uint64(p), 10)
}

// appendList prints the source column of iptables -L.
func (a AddrMatch) appendList(b []byte, numeric bool) []byte {
	if a.Mask == 0 && !numeric {
		return append(b, "anywhere"...)
	}
	return a.appendShort(b)
}

// ListFormat says how AppendList prints a rule.
type ListFormat struct {
	Numeric bool // -n
	Verbose bool // -v: counters and interfaces
	Exact   bool // -x
	Number  int  // --line-numbers: of this rule; 0: none
	NoTable bool // one loose line, as iptables -v -A echoes it
}

// AppendCount prints a counter as iptables -L does: five columns wide with K,
// M, G or T behind, or exact.
func (f ListFormat) AppendCount(b []byte, n uint64) []byte {
	width, unit := 5, ""
	if f.Exact {
		width = 8
	} else if n > 99999 {
		width = 4
		for _, unit = range []string{"K", "M", "G", "T"} {
			n = (n + 500) / 1000
			if n <= 9999 {
				break
			}
		}
	}
	if f.NoTable {
		width = 0
	}
	return fmt.Appendf(b, "%*d%s ", width, n, unit)
}

// AppendList prints the rule's line of iptables -L without the line feed.
func (r *Rule) AppendList(b []byte, f ListFormat) []byte {
	s := &r.Spec
	col := func(width int, text string) {
		if f.NoTable {
			width = 0
		}
		b = fmt.Appendf(b, "%-*s ", width, text)
	}
	flag := func(n bool) {
		if n {
			b = append(b, '!')
		} else {
			b = append(b, ' ')
		}
	}
	if f.Number > 0 {
		b = fmt.Appendf(b, "%-4d ", f.Number)
	}
	if f.Verbose && !f.NoTable {
		packets, bytes := r.Counters()
		b = f.AppendCount(b, packets)
		b = f.AppendCount(b, bytes)
	}
	col(9, r.targetName())
	flag(s.Proto.Not)
	var proto string
	switch {
	case f.Numeric && !f.NoTable:
		proto = strconv.Itoa(int(s.Proto.Proto))
	case s.Proto.Proto == 0:
		proto = "all"
	default:
		proto = string(appendProto(nil, s.Proto.Proto))
	}
	col(4, proto)
	if f.NoTable {
		b = append(b, "opt "...)
	}
	switch s.Frag {
	case LaterFragment:
		b = append(b, "-f "...)
	case NotLaterFragment:
		b = append(b, "!f "...)
	default:
		b = append(b, "-- "...)
	}
	if f.Verbose || f.NoTable {
		if f.NoTable {
			b = append(b, "in "...)
		} else {
			b = append(b, ' ')
		}
		col(6, s.In.list(f.Numeric))
		if f.NoTable {
			b = append(b, "out "...)
		}
		col(6, s.Out.list(f.Numeric))
	}
	flag(s.Src.Not)
	col(19, string(s.Src.appendList(nil, f.Numeric)))
	flag(s.Dst.Not)
	if f.NoTable {
		b = append(b, "-> "...)
		b = s.Dst.appendList(b, f.Numeric)
		b = append(b, "  "...)
	} else {
		col(19, string(s.Dst.appendList(nil, f.Numeric)))
	}
	jump, isJump := s.Target.(Jump)
	if isJump && jump.Goto {
		b = append(b, "[goto] "...)
	}
	for _, m := range s.Matches {
		b = m.appendList(b, f.Numeric)
	}
	if s.Target != nil && !isJump {
		b = s.Target.appendList(b, f.Numeric)
	}
	return b
}

func (d DevMatch) list(numeric bool) string {
	name := d.Name
	switch {
	case name != "":
	case numeric:
		name = "*"
	default:
		name = "any"
	}
	if d.Not {
		name = "!" + name
	}
	return name
}

// targetName is the target column of iptables -L.
func (r *Rule) targetName() string {
	switch t := r.Spec.Target.(type) {
	case nil:
		return ""
	case Jump:
		return r.jumpName()
	case TargetCT:
		return "CT" // also when it was given as NOTRACK
	default:
		return t.Name()
	}
}

// appendString quotes as xtables_save_string does: plain words stay as they
// are.
func appendString(b []byte, s string) []byte {
	b = append(b, ' ')
	plain := s != ""
	for i := range len(s) {
		c := s[i]
		plain = plain && (c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z')
	}
	if plain {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c == '\'' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
