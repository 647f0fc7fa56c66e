package iproute

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/sim/fib"
)

// doRule is `ip rule`.
func (c *command) doRule(a args) error {
	if !a.more() {
		return c.showRules(a)
	}
	verb, _ := a.next()
	switch {
	case matches(verb, "list"), matches(verb, "lst"), matches(verb, "show"):
		return c.showRules(a)
	case matches(verb, "add"):
		return c.changeRule(fib.VerbAdd, "add", a)
	case matches(verb, "delete"):
		return c.changeRule(fib.VerbDelete, "del", a)
	case matches(verb, "flush"):
		return c.flushRules(a)
	case matches(verb, "save"), matches(verb, "restore"):
		return notModelled("ip rule %s", verb)
	case matches(verb, "help"):
		return c.usage("rule")
	}
	return fail(255, `Command "%s" is unknown, try "ip rule help".`, verb)
}

func (c *command) changeRule(v fib.Verb, name string, a args) error {
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 rule")
	}
	if !a.more() {
		return fail(1, `"ip rule %s" requires arguments.`, name)
	}
	r, err := fib.ParseRule(v, a.list, c.family == inet)
	if err != nil {
		return err
	}
	r.By = by
	if v == fib.VerbDelete {
		return c.ns.FIB.DeleteRule(r, c.ns.Env())
	}
	_, err = c.ns.FIB.AddRule(r, c.ns.Env())
	return err
}

// ruleFilter is the filter of ip/iprule.c.
type ruleFilter struct {
	src, dst netip.Prefix
	pref     *uint32
	tos      *uint8
	mark     *uint32
	mask     uint32 // of mark; 0: not given
	table    *uint32
	iif, oif string
	proto    *fib.Proto // for flush only
	l3mdev   bool
	not      bool
	uids     *fib.Range
	ipproto  *uint8
	sport    *fib.Range
	dport    *fib.Range
	tunID    uint64
}

// parseRules reads the words after `ip rule show` or flush.
func (c *command) parseRules(a args) (ruleFilter, error) {
	var f ruleFilter
	for a.more() {
		w, _ := a.next()
		var err error
		switch {
		case w == "from":
			if w, err = a.next(); err == nil {
				f.src, _, err = c.inetOnly().prefix(w)
			}
		case matches(w, "preference"), matches(w, "order"), matches(w, "priority"):
			f.pref, err = pointer(&a, func(s string) (uint32, bool) { n, ok := parseNumber(s); return uint32(n), ok }, "preference value is invalid\n")
		case w == "tos", matches(w, "dsfield"):
			f.tos, err = pointer(&a, fib.ParseTOS, "TOS value is invalid\n")
		case w == "fwmark":
			if w, err = a.next(); err == nil {
				mark, mask, slash := strings.Cut(w, "/")
				n, ok := parseNumber(mark)
				m, okMask := 0, true
				if slash {
					m, okMask = parseNumber(mask)
				}
				if !ok || !okMask {
					err = invalid("fwmark value is invalid\n", w)
				}
				v := uint32(n)
				f.mark, f.mask = &v, uint32(m)
			}
		case w == "dev", w == "iif":
			f.iif, err = a.next()
		case w == "oif":
			f.oif, err = a.next()
		case matches(w, "lookup"), matches(w, "table"):
			f.table, err = pointer(&a, fib.ParseTable, "table id value is invalid\n")
		case matches(w, "protocol"):
			f.proto, err = pointer(&a, fib.ParseProto, "\"protocol\" value is invalid\n")
		case w == "not":
			f.not = true
		case matches(w, "tun_id"):
			var n int
			n, err = a.number("\"tun_id\" value is invalid\n")
			f.tunID = uint64(n)
		case matches(w, "l3mdev"):
			f.l3mdev = true
		case w == "uidrange":
			f.uids, err = pointer(&a, fib.ParsePorts, "invalid UID range\n")
		case w == "ipproto":
			f.ipproto, err = pointer(&a, fib.ParseIPProto, "Invalid \"ipproto\" value\n")
		case w == "sport":
			f.sport, err = pointer(&a, fib.ParsePorts, "invalid port range\n")
		case w == "dport":
			f.dport, err = pointer(&a, fib.ParsePorts, "invalid dport range\n")
		default:
			if w == "to" {
				w, err = a.next()
			} else if matches(w, "help") {
				return f, c.usage("rule")
			}
			if err == nil {
				f.dst, _, err = c.inetOnly().prefix(w)
			}
		}
		if err != nil {
			return f, err
		}
	}
	return f, nil
}

// inetOnly is the family of rules, which is IPv4 unless another was asked for.
func (c *command) inetOnly() family {
	if c.family == anyFamily {
		return inet
	}
	return c.family
}

// takes is filter_nlmsg of ip/iprule.c.
func (f *ruleFilter) takes(r *fib.Rule) bool {
	covers := func(want, has netip.Prefix) bool {
		if !want.IsValid() {
			return true
		}
		if !has.IsValid() {
			has = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		}
		return want.Contains(has.Addr())
	}
	return covers(f.src, r.Src) && covers(f.dst, r.Dst) &&
		(f.pref == nil || *f.pref == r.Priority) &&
		(f.tos == nil || *f.tos == r.TOS) &&
		(f.mark == nil || r.Mask != 0 && *f.mark == r.Mark && (f.mask == 0 || f.mask == r.Mask)) &&
		(f.table == nil || r.Action == fib.ToTable && *f.table == r.Table) &&
		(!f.l3mdev || r.L3MDev) && (!f.not || r.Not) && (f.uids == nil || r.HasUIDs && *f.uids == r.UIDs) &&
		(f.ipproto == nil || *f.ipproto == r.IPProto) && (f.sport == nil || *f.sport == r.SPort) && (f.dport == nil || *f.dport == r.DPort) &&
		(f.tunID == 0 || f.tunID == r.TunID) &&
		(f.iif == "" || f.iif == r.IIF) && (f.oif == "" || f.oif == r.OIF)
}

// showRules is `ip rule show`.
func (c *command) showRules(a args) error {
	f, err := c.parseRules(a)
	if err != nil {
		return err
	}
	p := &c.p
	p.start(c.opt.json, c.opt.pretty)
	if c.family != inet6 {
		for _, r := range c.ns.FIB.Rules() {
			if f.takes(r) {
				c.printRule(r)
			}
		}
	}
	p.finish()
	return nil
}

// printRule is print_rule of ip/iprule.c.
func (c *command) printRule(r *fib.Rule) {
	p := &c.p
	p.object()
	p.num("priority", "", int64(r.Priority), ":\t")
	if r.Not {
		p.null("not", "not ")
	}
	c.rulePrefix("src", "srclen", "from ", r.Src, true)
	c.rulePrefix("dst", "dstlen", " to ", r.Dst, false)
	if r.TOS != 0 {
		p.str("tos", " tos ", fib.TOSName(r.TOS), "")
	}
	if r.Mark != 0 || r.Mask != 0 {
		p.str("fwmark", " fwmark ", hex(r.Mark), "")
		if r.Mask != 0xffffffff {
			p.str("fwmask", "/", hex(r.Mask), "")
		}
	}
	c.ruleDev("iif", r.IIF)
	c.ruleDev("oif", r.OIF)
	if r.L3MDev {
		p.null("l3mdev", " lookup [l3mdev-table]")
	}
	if r.HasUIDs {
		p.num("uid_start", " uidrange ", int64(r.UIDs.First), "")
		p.num("uid_end", "-", int64(r.UIDs.Last), "")
	}
	if r.IPProto != 0 {
		name := fib.IPProtoName(r.IPProto)
		if c.opt.numeric {
			name = "ipproto-" + strconv.Itoa(int(r.IPProto))
		}
		p.str("ipproto", " ipproto ", name, "")
	}
	c.rulePorts("sport", r.SPort)
	c.rulePorts("dport", r.DPort)
	if r.TunID != 0 {
		p.num("tun_id", " tun_id ", int64(r.TunID), "")
	}
	switch r.Action {
	case fib.ToTable:
		if r.Table == 0 {
			break
		}
		p.str("table", " lookup ", c.tableName(r.Table), "")
		if r.SuppressPrefixLen >= 0 {
			p.num("suppress_prefixlen", " suppress_prefixlength ", int64(r.SuppressPrefixLen), "")
		}
		if r.SuppressGroup >= 0 {
			name := fib.GroupName(r.SuppressGroup)
			if c.opt.numeric {
				name = strconv.Itoa(r.SuppressGroup)
			}
			p.str("suppress_ifgroup", " suppress_ifgroup ", name, "")
		}
	case fib.GoTo:
		p.num("goto", " goto ", int64(r.Goto), "")
		if r.Unresolved() {
			p.null("unresolved", " [unresolved]")
		}
	case fib.Nop:
		p.null("nop", " nop")
	default:
		name := fib.Type(r.Action).String()
		if c.opt.numeric {
			name = strconv.Itoa(int(r.Action))
		}
		p.str("action", " ", name, "")
	}
	if r.Proto != fib.ProtoUnspec && r.Proto != fib.ProtoKernel || c.opt.details {
		p.str("protocol", " proto ", c.protoName(r.Proto), "")
	}
	p.endObject()
	p.text("\n")
}

// rulePorts prints a port or a range.
func (c *command) rulePorts(key string, r fib.Range) {
	p := &c.p
	switch {
	case r == fib.Range{}:
	case r.First == r.Last:
		p.num(key, " "+key+" ", int64(r.First), "")
	default:
		p.num(key+"_start", " "+key+" ", int64(r.First), "")
		p.num(key+"_end", "-", int64(r.Last), "")
	}
}

// rulePrefix prints a source or destination; always, that it does so for "all"
// too.
func (c *command) rulePrefix(key, lenKey, word string, x netip.Prefix, always bool) {
	p := &c.p
	switch {
	case x.IsValid() && x.Bits() > 0:
		p.text(word)
		p.colored(colorInet, key, "", x.Addr().String(), "")
		if x.Bits() < 32 {
			p.num(lenKey, "/", int64(x.Bits()), "")
		}
	case always:
		p.str(key, word, "all", "")
	}
}

func (c *command) ruleDev(key, name string) {
	if name == "" {
		return
	}
	c.p.colored(colorIfname, key, " "+key+" ", name, "")
	if c.ns.Device(name) == nil {
		c.p.null(key+"_detached", " [detached]")
	}
}

// flushRules is `ip rule flush`: all but the one of priority 0.
func (c *command) flushRules(a args) error {
	f, err := c.parseRules(a)
	if err != nil {
		return err
	}
	if c.family == inet6 {
		return notModelled("IPv6: ip -6 rule flush")
	}
	for _, r := range c.ns.FIB.Rules() {
		if r.Priority == 0 || !f.takes(r) || f.proto != nil && *f.proto != r.Proto {
			continue
		}
		if err := c.ns.FIB.DeleteRule(*r, c.ns.Env()); err != nil {
			return err
		}
	}
	return nil
}
