package fib

import (
	"net/netip"
	"strconv"
	"strings"
)

// ParseRule reads the words after `ip rule add` or `ip rule del`:
// iprule_modify of iproute2 6.1. Errors are *UsageError.
func ParseRule(v Verb, args []string, v4 bool) (Rule, error) {
	name := "add"
	r := Rule{Auto: true, Action: ToTable, SuppressPrefixLen: -1, SuppressGroup: -1}
	if v == VerbDelete {
		name, r.Action = "del", 0
	}
	if len(args) == 0 {
		return r, usage(255, `"ip rule `, name, `" requires arguments.`)
	}
	p := ruleParser{words: words{args, v4}, r: r}
	for len(p.args) > 0 {
		if err := p.word(); err != nil {
			return Rule{}, err
		}
	}
	if p.r.L3MDev && p.r.Table != 0 {
		return Rule{}, usage(22, "table can not be specified for l3mdev rules")
	}
	if !p.table && v != VerbDelete {
		p.r.Table = TableMain
	}
	return p.r, nil
}

// ruleParser is the state of ParseRule.
type ruleParser struct {
	words
	r     Rule
	table bool
}

// word reads one option.
func (p *ruleParser) word() error {
	s, err := p.next()
	if err != nil {
		return err
	}
	r := &p.r
	switch {
	case s == "not":
		r.Not = true
	case s == "from":
		r.Src, err = p.nextPrefix()
	case s == "to":
		r.Dst, err = p.nextPrefix()
	case abbreviates(s, "preference") || abbreviates(s, "order") || abbreviates(s, "priority"):
		r.Auto = false
		r.Priority, err = p.u32("preference value is invalid\n")
	case s == "tos" || abbreviates(s, "dsfield"):
		r.TOS, err = value(&p.words, ParseTOS, "TOS value is invalid\n")
	case s == "fwmark":
		err = p.fwmark()
	case abbreviates(s, "protocol"):
		r.Proto, err = value(&p.words, ParseProto, "\"protocol\" value is invalid\n")
	case abbreviates(s, "table") || s == "lookup":
		p.table = true
		r.Table, err = value(&p.words, ParseTable, "invalid table ID\n")
	case abbreviates(s, "suppress_prefixlength") || s == "sup_pl":
		r.SuppressPrefixLen, err = value(&p.words, func(s string) (int, bool) {
			n, err := strconv.Atoi(s)
			return n, err == nil && n >= 0
		}, "suppress_prefixlength value is invalid\n")
	case s == "dev" || s == "iif":
		r.IIF, err = p.next()
	case s == "oif":
		r.OIF, err = p.next()
	case abbreviates(s, "suppress_ifgroup") || s == "sup_group":
		r.SuppressGroup, err = value(&p.words, func(s string) (int, bool) {
			n, ok := number(s, 0)
			return int(n), ok || s == "default"
		}, "Invalid \"suppress_ifgroup\" value\n")
	case s == "l3mdev":
		r.L3MDev, p.table = true, true
	case abbreviates(s, "tun_id"):
		r.TunID, err = value(&p.words, func(s string) (uint64, bool) {
			n, err := strconv.ParseUint(s, 0, 64)
			return n, err == nil
		}, "\"tun_id\" value is invalid\n")
	case s == "uidrange":
		r.HasUIDs = true
		r.UIDs, err = value(&p.words, func(s string) (Range, bool) { return parseRange(s, 32, true) }, "invalid UID range\n")
	case s == "ipproto":
		r.IPProto, err = value(&p.words, ParseIPProto, "Invalid \"ipproto\" value\n")
	case s == "sport":
		r.SPort, err = value(&p.words, func(s string) (Range, bool) { return parseRange(s, 16, false) }, "invalid port range\n")
	case s == "dport":
		r.DPort, err = value(&p.words, func(s string) (Range, bool) { return parseRange(s, 16, false) }, "invalid dport range\n")
	case abbreviates(s, "realms"), s == "nat", abbreviates(s, "map-to"):
		return notModelled("ip rule … " + s)
	default:
		return p.action(s)
	}
	return err
}

// parseRange reads FIRST-LAST, or one number unless both are wanted; what
// follows the numbers is not looked at (sscanf).
func parseRange(s string, bits int, both bool) (Range, bool) {
	first, rest, dash := strings.Cut(s, "-")
	a, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		return Range{}, false
	}
	b, err := strconv.ParseUint(rest, 10, 64)
	a, b = a&(1<<bits-1), b&(1<<bits-1) // what does not fit is cut off
	switch {
	case dash && err == nil:
		return Range{uint32(a), uint32(b)}, true
	case both:
		return Range{}, false
	}
	return Range{uint32(a), uint32(a)}, true
}

// ParsePorts reads a port or a range of ports.
func ParsePorts(s string) (Range, bool) { return parseRange(s, 16, false) }

// ipProtos are names of /etc/protocols.
var ipProtos = [...]struct {
	n    uint8
	name string
}{
	{0, "ip"}, {1, "icmp"}, {2, "igmp"}, {4, "ipencap"}, {6, "tcp"}, {8, "egp"}, {17, "udp"}, {41, "ipv6"}, {46, "rsvp"}, {47, "gre"},
	{50, "esp"}, {51, "ah"}, {58, "ipv6-icmp"}, {89, "ospf"}, {94, "ipip"}, {103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"}, {136, "udplite"},
}

// ParseIPProto reads a transport protocol's number or name.
func ParseIPProto(s string) (uint8, bool) {
	if n, err := strconv.ParseUint(s, 10, 8); err == nil {
		return uint8(n), true
	}
	for _, p := range ipProtos {
		if p.name == strings.ToLower(s) {
			return p.n, true
		}
	}
	return 0, false
}

// IPProtoName is a transport protocol's name, or its number: inet_proto_n2a.
func IPProtoName(n uint8) string {
	for _, p := range ipProtos {
		if p.n == n {
			return p.name
		}
	}
	return "ipproto-" + strconv.Itoa(int(n))
}

func (p *ruleParser) nextPrefix() (netip.Prefix, error) {
	s, err := p.next()
	if err != nil {
		return netip.Prefix{}, err
	}
	return p.prefix(s)
}

// fwmark reads MARK[/MASK].
func (p *ruleParser) fwmark() error {
	s, err := p.next()
	if err != nil {
		return err
	}
	mark, msk, slash := strings.Cut(s, "/")
	var ok bool
	if p.r.Mark, ok = number(mark, 0); !ok {
		return wrong(s, "fwmark value is invalid\n")
	}
	if slash {
		if p.r.Mask, ok = number(msk, 0); !ok {
			return wrong(msk, "fwmask value is invalid\n")
		}
	}
	return nil
}

// action reads [type] ACTION.
func (p *ruleParser) action(s string) (err error) {
	if s == "type" {
		if s, err = p.next(); err != nil {
			return err
		}
	}
	p.table = true
	switch {
	case abbreviates(s, "help"):
		return ErrShowUsage
	case abbreviates(s, "goto"):
		p.r.Action = GoTo
		p.r.Goto, err = p.u32("invalid target\n")
		return err
	case abbreviates(s, "nop"):
		p.r.Action = Nop
		return nil
	}
	t, ok := ParseType(s)
	switch {
	case !ok:
		return wrong(s, "Failed to parse rule type")
	case t == Unicast:
		p.r.Action = ToTable
	case t == Blackhole || t == Unreachable || t == Prohibit || t == Throw:
		p.r.Action = Action(t)
	default:
		return notModelled("ip rule … " + s)
	}
	return nil
}
