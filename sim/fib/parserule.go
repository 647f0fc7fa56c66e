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
	r := Rule{Auto: true, Action: ToTable, SuppressPrefixLen: -1}
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
			return n, err == nil
		}, "suppress_prefixlength value is invalid\n")
	case s == "dev" || s == "iif":
		r.IIF, err = p.next()
	case s == "oif":
		r.OIF, err = p.next()
	case s == "tun_id", s == "realms", s == "realm", s == "suppress_ifgroup", s == "sup_group", s == "l3mdev",
		s == "uidrange", s == "nat", s == "map-to", s == "ipproto", s == "sport", s == "dport":
		return notModelled("ip rule … " + s)
	default:
		return p.action(s)
	}
	return err
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
	case t == Blackhole || t == Unreachable || t == Prohibit:
		p.r.Action = Action(t)
	default:
		return notModelled("ip rule … " + s)
	}
	return nil
}
