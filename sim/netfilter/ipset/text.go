package ipset

import (
	"cmp"
	"fmt"
	"iter"
	"math/bits"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	"hoplab/sim/netfilter/etc"
)

func parseNumber(s string, max uint64) (uint64, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, failure("Syntax error: '%s' is invalid as number", s)
	}
	if n > max {
		return 0, failure("Syntax error: '%s' is out of range 0-%d", s, max)
	}
	return n, nil
}

func parseAddr(s, whole string) (uint32, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is4() {
		return 0, failure("Syntax error: cannot parse %s: resolving to IPv4 address failed", whole)
	}
	return packet.Addr32(a), nil
}

// span is a run of addresses with its prefix length when it is a prefix.
type span struct {
	from, to uint32
	cidr     uint8
	isRange  bool
}

func parseSpan(s string) (span, error) {
	if addr, size, ok := strings.Cut(s, "/"); ok && size != "" {
		a, err := parseAddr(addr, addr)
		if err != nil {
			return span{}, err
		}
		n, err := parseNumber(size, 32)
		if err != nil {
			return span{}, err
		}
		m := mask(uint8(n))
		return span{a & m, a | ^m, uint8(n), false}, nil
	}
	if from, to, ok := strings.Cut(s, "-"); ok {
		a, err := parseAddr(from, from)
		if err != nil {
			return span{}, err
		}
		b, err := parseAddr(to, to)
		if err != nil {
			return span{}, err
		}
		return span{min(a, b), max(a, b), 32, true}, nil
	}
	a, err := parseAddr(s, s)
	return span{a, a, 32, false}, err
}

// hosts are the addresses of the span one by one, nets its prefixes.
func (s span) hosts(yield func(addr uint32, cidr uint8) bool) {
	for a := uint64(s.from); a <= uint64(s.to); a++ {
		if !yield(uint32(a), 32) {
			return
		}
	}
}

func (s span) nets(yield func(addr uint32, cidr uint8) bool) {
	if !s.isRange {
		yield(s.from, s.cidr)
		return
	}
	for a := uint64(s.from); a <= uint64(s.to); {
		// The largest prefix that starts here and ends inside.
		n := min(bits.TrailingZeros64(a|1<<32), bits.Len64(uint64(s.to)-a+1)-1)
		if !yield(uint32(a), uint8(32-n)) {
			return
		}
		a += 1 << n
	}
}

// maxHosts bounds what one command may add, like IPSET_MAX_RANGE.
const maxHosts = 1 << 20

// parseElems reads an element as `ipset add` takes it; ranges give several.
func parseElems(s string, typ Type, v verb) (iter.Seq[Elem], error) {
	if typ == BitmapPort {
		return parsePorts(s)
	}
	parts := strings.Split(s, ",")
	dims := int(typ.Dims())
	switch {
	case len(parts) > dims && dims == 1:
		return nil, failure("Syntax error: Elem separator in %s, but settype %s supports none.", s, typ)
	case len(parts) > dims && dims == 2:
		return nil, failure("Syntax error: Two elem separators in %s, but settype %s supports one.", s, typ)
	case len(parts) > dims:
		return nil, failure("Syntax error: Three elem separators in %s, but settype %s supports two.", s, typ)
	case dims >= 2 && (len(parts) < 2 || parts[1] == ""):
		return nil, failure("Syntax error: Second element is missing from %s.", s)
	case dims >= 3 && (len(parts) < 3 || parts[2] == ""):
		return nil, failure("Syntax error: Third element is missing from %s.", s)
	}
	ip, err := parseSpan(parts[0])
	if err != nil {
		return nil, err
	}
	if ip.isRange && v == test {
		return nil, failure("FROM-TO IP range is not allowed in command test with set type %s and family inet", typ)
	}
	var e Elem
	last := uint16(0)
	if dims >= 2 {
		if e.Proto, e.Port, last, err = parsePort(parts[1]); err != nil {
			return nil, err
		}
		if v == test && e.Port != last {
			return nil, failure("FROM-TO port range is not allowed in command test with set type %s and family inet", typ)
		}
	}
	if dims >= 3 {
		if e.IP2, err = parseAddr(parts[2], parts[2]); err != nil {
			return nil, err
		}
	}
	each := iter.Seq2[uint32, uint8](ip.hosts)
	if types[typ].net {
		each = ip.nets
	} else if (uint64(ip.to)-uint64(ip.from)+1)*(uint64(last)-uint64(e.Port)+1) > maxHosts {
		return nil, failure("The range you specified exceeds the size limit of the set type")
	}
	return func(yield func(Elem) bool) {
		for addr, cidr := range each {
			for p := int(e.Port); p <= int(last); p++ {
				x := e
				x.IP, x.Cidr, x.Port = addr, cidr, uint16(p)
				if !yield(x) {
					return
				}
			}
		}
	}, nil
}

// parsePorts reads an element of a bitmap:port.
func parsePorts(s string) (iter.Seq[Elem], error) {
	if strings.Contains(s, ",") {
		return nil, failure("Syntax error: Elem separator in %s, but settype %s supports none.", s, BitmapPort)
	}
	_, first, last, err := parsePort(s)
	if err != nil {
		return nil, err
	}
	return func(yield func(Elem) bool) {
		for p := int(first); p <= int(last); p++ {
			if !yield(Elem{Port: uint16(p)}) {
				return
			}
		}
	}, nil
}

// parsePort reads [proto:]port[-port]; without proto it is tcp.
func parsePort(s string) (proto uint8, first, last uint16, err error) {
	name, ports, ok := strings.Cut(s, ":")
	if !ok {
		name, ports = "tcp", s
	}
	if proto, ok = etc.ProtocolNumber(name); !ok {
		n, err := strconv.ParseUint(name, 10, 8)
		if err != nil || n == 0 {
			return 0, 0, 0, failure("Syntax error: cannot parse '%s' as a protocol", name)
		}
		proto = uint8(n)
		if known, ok := etc.ProtocolName(proto); ok {
			name = known
		}
	}
	switch name {
	case "tcp", "udp", "sctp", "udplite":
		from, to, isRange := strings.Cut(ports, "-")
		if first, err = parseService(from, name); err != nil {
			return 0, 0, 0, err
		}
		last = first
		if isRange {
			if last, err = parseService(to, name); err != nil {
				return 0, 0, 0, err
			}
		}
		return proto, min(first, last), max(first, last), nil
	case "icmp":
		first, err = parseICMP(ports)
		return proto, first, first, err
	}
	if ports != "0" {
		return 0, 0, 0, failure("Syntax error: Protocol %s can be used with pseudo port value 0 only.", name)
	}
	return proto, 0, 0, nil
}

func parseService(s, proto string) (uint16, error) {
	if p, ok := etc.ServicePort(s, proto); ok {
		return p, nil
	}
	n, err := parseNumber(s, 65535)
	if err != nil {
		return 0, &Error{1, fmt.Sprintf("%s\nSyntax error: 'tcp' is invalid as number\ncannot parse '%s' as a %s port", err, s, proto)}
	}
	return uint16(n), nil
}

// icmpNames are the names that ipset prints, by type<<8 | code.
var icmpNames = []struct {
	port uint16
	name string
}{
	{0, "echo-reply"}, {3 << 8, "network-unreachable"}, {3<<8 | 1, "host-unreachable"}, {3<<8 | 2, "protocol-unreachable"}, {3<<8 | 3, "port-unreachable"},
	{3<<8 | 4, "fragmentation-needed"}, {3<<8 | 5, "source-route-failed"}, {3<<8 | 6, "network-unknown"}, {3<<8 | 7, "host-unknown"}, {3<<8 | 9, "network-prohibited"},
	{3<<8 | 10, "host-prohibited"}, {3<<8 | 11, "TOS-network-unreachable"}, {3<<8 | 12, "TOS-host-unreachable"}, {3<<8 | 13, "communication-prohibited"},
	{3<<8 | 14, "host-precedence-violation"}, {3<<8 | 15, "precedence-cutoff"}, {4 << 8, "source-quench"}, {5 << 8, "network-redirect"}, {5<<8 | 1, "host-redirect"},
	{5<<8 | 2, "TOS-network-redirect"}, {5<<8 | 3, "TOS-host-redirect"}, {8 << 8, "echo-request"}, {9 << 8, "router-advertisement"}, {10 << 8, "router-solicitation"},
	{11 << 8, "ttl-zero-during-transit"}, {11<<8 | 1, "ttl-zero-during-reassembly"}, {12 << 8, "ip-header-bad"}, {12<<8 | 1, "required-option-missing"},
	{13 << 8, "timestamp-request"}, {14 << 8, "timestamp-reply"}, {17 << 8, "address-mask-request"}, {18 << 8, "address-mask-reply"},
}

func parseICMP(s string) (uint16, error) {
	for _, n := range icmpNames {
		if n.name == s {
			return n.port, nil
		}
	}
	switch s {
	case "ping":
		return 8 << 8, nil
	case "pong":
		return 0, nil
	}
	t, c, ok := strings.Cut(s, "/")
	typ, err1 := strconv.ParseUint(t, 10, 8)
	code, err2 := strconv.ParseUint(c, 10, 8)
	if !ok || err1 != nil || err2 != nil {
		return 0, failure("Cannot parse %s as an ICMP type/code.", s)
	}
	return uint16(typ<<8 | code), nil
}

// appendElem prints an element with all that hangs on it, as ipset list does.
func (s *Set) appendElem(b []byte, m *member) []byte {
	b = s.appendKey(b, m)
	if s.timeouts {
		b = fmt.Appendf(b, " timeout %d", s.left(m))
	}
	if m.NoMatch {
		b = append(b, " nomatch"...)
	}
	if s.counters {
		b = fmt.Appendf(b, " packets %d bytes %d", m.Packets, m.Bytes)
	}
	if m.Comment != "" {
		b = fmt.Appendf(b, " comment \"%s\"", m.Comment)
	}
	return b
}

// appendKey prints what tells an element apart.
func (s *Set) appendKey(b []byte, m *member) []byte {
	switch {
	case m.set != nil:
		b = append(b, m.set.name...)
	case s.typ == BitmapPort:
		b = strconv.AppendUint(b, uint64(m.Port), 10)
	default:
		b = packet.AddrFrom32(m.IP).AppendTo(b)
		if types[s.typ].net && m.Cidr != 32 {
			b = append(b, '/')
			b = strconv.AppendUint(b, uint64(m.Cidr), 10)
		}
		if s.typ.Dims() >= 2 {
			b = append(b, ',')
			b = appendPort(b, m.Proto, m.Port)
		}
		if s.typ.Dims() >= 3 {
			b = append(b, ',')
			b = packet.AddrFrom32(m.IP2).AppendTo(b)
		}
	}
	return b
}

func appendPort(b []byte, proto uint8, port uint16) []byte {
	if name, ok := etc.ProtocolName(proto); ok {
		b = append(b, name...)
	} else {
		b = strconv.AppendUint(b, uint64(proto), 10)
	}
	b = append(b, ':')
	if packet.Proto(proto) == packet.ProtoICMP {
		for _, n := range icmpNames {
			if n.port == port {
				return append(b, n.name...)
			}
		}
		return fmt.Appendf(b, "%d/%d", port>>8, port&255)
	}
	return strconv.AppendUint(b, uint64(port), 10)
}

// appendHeader prints what both list and save say of a set.
func (s *Set) appendHeader(b []byte) []byte {
	switch s.typ {
	case ListSet:
		b = fmt.Appendf(b, "size %d", s.maxElem)
	case BitmapPort:
		b = fmt.Appendf(b, "range %d-%d", s.from, s.to)
	default:
		b = fmt.Appendf(b, "family inet hashsize %d maxelem %d", s.hashSize, s.maxElem)
	}
	if s.timeouts {
		b = fmt.Appendf(b, " timeout %d", s.timeout)
	}
	if s.counters {
		b = append(b, " counters"...)
	}
	if s.comments {
		b = append(b, " comment"...)
	}
	if s.typ != ListSet && s.typ != BitmapPort {
		b = fmt.Appendf(b, " bucketsize %d initval 0x%08x", s.bucketSize, s.initval)
	}
	return b
}

// memory is the size that the kernel would report if no two elements shared
// a hash bucket: a bucket has a head of 32 bytes and room for two.
func (s *Set) memory() int {
	t := &types[s.typ]
	n := t.base + len(s.members)*(32+2*t.elem)
	switch s.typ {
	case ListSet:
		n = t.base + len(s.members)*48
		if s.timeouts {
			n += len(s.members) * 8
		}
	case BitmapPort: // a bit for each port, in whole words
		n = t.base + (int(s.to)-int(s.from)+64)/64*8
		if s.timeouts {
			n += (int(s.to) - int(s.from) + 1) * 8
		}
	}
	if !s.comments {
		return n
	}
	for i := range s.members {
		n += 16
		if c := s.members[i].Comment; c != "" {
			n += len(c) + 17
		}
	}
	return n
}

// list is the output of ipset list and ipset save, of one set or of all.
func (c *Command) list(s *Sets, only *Set) []byte {
	sets := s.All()
	if only != nil {
		sets = []*Set{only}
	}
	var b []byte
	for i, set := range sets {
		set.expire()
		if c.names && c.verb == list {
			b = append(append(b, set.name...), '\n')
			continue
		}
		lead := ""
		if c.verb == save || c.save {
			b = fmt.Appendf(b, "create %s %s ", set.name, set.typ)
			b = append(set.appendHeader(b), '\n')
			lead = "add " + set.name + " "
		} else {
			if i > 0 {
				b = append(b, '\n')
			}
			b = fmt.Appendf(b, "Name: %s\nType: %s\nRevision: %d\nHeader: ", set.name, set.typ, types[set.typ].revision)
			b = set.appendHeader(b)
			b = fmt.Appendf(b, "\nSize in memory: %d\nReferences: %d\nNumber of entries: %d\n", set.memory(), set.refs, len(set.members))
			if !c.terse {
				b = append(b, "Members:\n"...)
			}
		}
		if c.terse {
			continue
		}
		for _, m := range set.order(c.sort) {
			b = append(b, lead...)
			b = append(set.appendElem(b, &m), '\n')
		}
	}
	return b
}

// order gives the elements in the order of insertion, or sorted by address.
// The kernel's own order is that of its hash.
func (s *Set) order(sorted bool) []member {
	if s.typ != BitmapPort && (!sorted || s.typ == ListSet) {
		return s.members
	}
	m := slices.Clone(s.members)
	slices.SortFunc(m, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.IP, b.IP), cmp.Compare(a.Cidr, b.Cidr), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Port, b.Port), cmp.Compare(a.IP2, b.IP2))
	})
	return m
}

// Save is the output of ipset save.
func (s *Sets) Save() string {
	c := Command{verb: save}
	return string(c.list(s, nil))
}
