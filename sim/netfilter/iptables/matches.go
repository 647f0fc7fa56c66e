package iptables

import (
	"math"
	"strconv"
	"strings"

	"hoplab/packet"
	nf "hoplab/sim/netfilter"
	"hoplab/sim/netfilter/etc"
)

// matchesNotModelled are the matches that iptables has and this package has
// not.
const matchesNotModelled = " ah bpf cgroup cluster connbytes connlabel connlimit cpu dccp devgroup ecn esp hashlimit helper ipcomp ipvs nfacct osf owner physdev policy quota rateest realm recent sctp socket string tcpmss time u32 "

// newMatch makes the parser of a match; nil when there is no such match.
func (p *parser) newMatch(name string) (*extension, error) {
	e := &extension{name: name}
	switch name {
	case "comment":
		m := nf.MatchComment{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "comment", must: true, set: func(v string, _ bool) error {
			if len(v) > 255 {
				return usage("comment: option \"--comment\" too long (max 255 characters)")
			}
			m.Text = v
			return nil
		}}}
	case "tcp", "udp":
		p.transport(e)
	case "icmp":
		m := nf.MatchICMP{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "icmp-type", must: true, invert: true, set: func(v string, not bool) (err error) {
			m, err = icmpType(v)
			m.Not = not
			return err
		}}}
	case "conntrack":
		e.conntrack()
	case "state":
		m := nf.MatchState{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "state", must: true, invert: true, set: func(v string, not bool) (err error) {
			m.Not = not
			m.State, err = states(v, nf.StateInvalid|nf.StateNew|nf.StateEstablished|nf.StateRelated|nf.StateUntracked, "state")
			return err
		}}}
	case "mark", "connmark":
		m := nf.MatchMark{Conn: name == "connmark"}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "mark", must: true, invert: true, set: func(v string, not bool) (err error) {
			m.Not = not
			m.Value, m.Mask, err = e.masked("mark", v)
			return err
		}}}
	case "set":
		e.matchSet()
	case "addrtype":
		e.addrType()
	case "rpfilter":
		m := nf.MatchRPFilter{}
		e.match = func() (nf.Match, error) { return m, nil }
		for i, opt := range []string{"loose", "validmark", "accept-local", "invert"} {
			e.opts = append(e.opts, option{name: opt, noArg: true, set: func(string, bool) error {
				m.Flags |= 1 << i
				return nil
			}})
		}
	case "multiport":
		p.multiport(e)
	case "limit":
		m := nf.MatchLimit{Avg: nf.LimitScale * 3600 / 3, Burst: nf.LimitBurst}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{
			{name: "limit", set: func(v string, _ bool) (err error) {
				m.Avg, err = rate(v)
				return err
			}},
			{name: "limit-burst", set: func(v string, _ bool) error {
				n, err := e.ranged("limit-burst", v, 0, 10000)
				m.Burst = uint32(n)
				return err
			}},
		}
	case "statistic":
		e.statistic()
	case "iprange":
		e.ipRange()
	case "length":
		m := nf.MatchLength{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "length", must: true, invert: true, set: func(v string, not bool) error {
			lo, hi, err := e.span("length", v, 65535)
			m = nf.MatchLength{Min: uint16(lo), Max: uint16(hi), Not: not}
			return err
		}}}
	case "ttl":
		e.ttl()
	case "tos":
		m := nf.MatchTOS{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "tos", must: true, invert: true, set: func(v string, not bool) (err error) {
			m.Not = not
			m.Value, m.Mask, err = tosValue(v, 0xff)
			return err
		}}}
	case "dscp":
		m := nf.MatchDSCP{}
		e.match = func() (nf.Match, error) {
			if len(e.given) == 0 {
				return nil, usage("DSCP match: Parameter --dscp is required")
			}
			return m, nil
		}
		e.opts = []option{
			{name: "dscp", invert: true, excl: "dscp-class", set: func(v string, not bool) error {
				n, err := e.ranged("dscp", v, 0, 63)
				m = nf.MatchDSCP{DSCP: uint8(n), Not: not}
				return err
			}},
			{name: "dscp-class", invert: true, excl: "dscp", set: func(v string, not bool) (err error) {
				m.Not = not
				m.DSCP, err = dscpClass(v)
				return err
			}},
		}
	case "mac":
		m := nf.MatchMAC{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "mac-source", must: true, invert: true, set: func(v string, not bool) error {
			a, err := packet.ParseMAC(v)
			if err != nil {
				return &Error{2, Version + ": Invalid MAC address specified."}
			}
			m = nf.MatchMAC{MAC: a, Not: not}
			return nil
		}}}
	case "pkttype":
		m := nf.MatchPktType{}
		e.match = func() (nf.Match, error) { return m, nil }
		e.opts = []option{{name: "pkt-type", must: true, invert: true, set: func(v string, not bool) error {
			t, ok := nf.ParsePktType(v)
			if !ok {
				return usage("Bad packet type '%s'", v)
			}
			m = nf.MatchPktType{Type: t, Not: not}
			return nil
		}}}
	default:
		if strings.Contains(matchesNotModelled, " "+name+" ") {
			return nil, notModelled("match " + name)
		}
		return nil, usage("Couldn't load match `%s':No such file or directory\n", name)
	}
	return e, nil
}

func (p *parser) transport(e *extension) {
	m := nf.MatchTransport{Proto: packet.ProtoTCP, Sport: nf.AnyPort(), Dport: nf.AnyPort()}
	if e.name == "udp" {
		m.Proto = packet.ProtoUDP
	}
	e.match = func() (nf.Match, error) { return m, nil }
	tcp := e.name == "tcp"
	once := func(seen bool, opt string) error {
		switch {
		case !seen:
			return nil
		case tcp:
			return usage("Only one `--%s' allowed", opt)
		}
		return usage("%s: option \"--%s\" can only be used once.\n", e.name, opt)
	}
	var sport, dport, flags, opt bool
	e.opts = []option{
		{name: "source-port", aliases: "sport", silent: true, set: func(v string, not bool) (err error) {
			if err = once(sport, "source-port"); err != nil {
				return err
			}
			sport, m.NotSport = true, not
			m.Sport, err = portRange(v, e.name)
			return err
		}},
		{name: "destination-port", aliases: "dport", silent: true, set: func(v string, not bool) (err error) {
			if err = once(dport, "destination-port"); err != nil {
				return err
			}
			dport, m.NotDport = true, not
			m.Dport, err = portRange(v, e.name)
			return err
		}},
	}
	if !tcp {
		return
	}
	oneFlags := func() error {
		if flags {
			return usage("Only one of `--syn' or `--tcp-flags'  allowed")
		}
		flags = true
		return nil
	}
	e.opts = append(e.opts,
		option{name: "syn", noArg: true, silent: true, set: func(_ string, not bool) error {
			m.FlagMask, m.Flags, m.NotFlags = 0x17, 0x02, not
			return oneFlags()
		}},
		option{name: "tcp-flags", two: true, silent: true, set2: func(mask, comp string, not bool) (err error) {
			m.NotFlags = not
			if m.FlagMask, err = tcpFlags(mask); err != nil {
				return err
			}
			if m.Flags, err = tcpFlags(comp); err != nil {
				return err
			}
			return oneFlags()
		}},
		option{name: "tcp-option", silent: true, set: func(v string, not bool) error {
			if opt {
				return usage("Only one `--tcp-option' allowed")
			}
			n, ok := number(v, 255)
			if !ok || n == 0 {
				return usage("Bad TCP option \"%s\"", v)
			}
			opt, m.Option, m.NotOption = true, uint8(n), not
			return nil
		}})
}

func tcpFlags(s string) (uint8, error) {
	var flags uint8
	for w := range strings.SplitSeq(s, ",") {
		f, ok := nf.ParseTCPFlag(w)
		if !ok {
			return 0, usage("Unknown TCP flag `%s'", w)
		}
		flags |= f
	}
	return flags, nil
}

func icmpType(s string) (nf.MatchICMP, error) {
	m, names := nf.ICMPTypeByName(s)
	switch {
	case len(names) > 1:
		return m, usage("Ambiguous ICMP type `%s': `%s' or `%s'?", s, names[0], names[1])
	case len(names) == 1:
		return m, nil
	}
	t, c, hasCode := strings.Cut(s, "/")
	n, ok := number(t, 255)
	if !ok {
		return m, usage("Unknown ICMP type `%s'", s)
	}
	m = nf.MatchICMP{Type: uint8(n), CodeMax: 255}
	if hasCode {
		code, ok := number(c, 255)
		if !ok {
			return m, usage("Unknown ICMP code `%s'", s)
		}
		m.CodeMin, m.CodeMax = uint8(code), uint8(code)
	}
	return m, nil
}

// states reads a list of conntrack states out of those that are allowed.
func states(s string, allowed nf.StateMask, word string) (nf.StateMask, error) {
	var m nf.StateMask
	for w := range strings.SplitSeq(s, ",") {
		bit, ok := nf.ParseState(w)
		if !ok || bit&allowed == 0 {
			return 0, usage("Bad %s \"%s\"", word, w)
		}
		m |= bit
	}
	return m, nil
}

func (e *extension) conntrack() {
	m := nf.MatchConntrack{}
	e.match = func() (nf.Match, error) {
		if m.Has == 0 {
			return nil, usage("conntrack: At least one option is required")
		}
		return m, nil
	}
	add := func(name string, f nf.CTField, set func(v string) error) {
		e.opts = append(e.opts, option{name: name, invert: f != nf.CTDir, set: func(v string, not bool) error {
			m.Has |= f
			if not {
				m.Not |= f
			}
			return set(v)
		}})
	}
	add("ctstate", nf.CTState, func(v string) (err error) {
		m.State, err = states(v, ^nf.StateMask(0), "ctstate")
		return err
	})
	add("ctproto", nf.CTProto, func(v string) error {
		n, err := protocol(v)
		if err == nil && n == 0 && m.Not&nf.CTProto != 0 {
			err = usage("conntrack: rule would never match protocol")
		}
		m.Proto = packet.Proto(n)
		return err
	})
	for i, name := range []string{"ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"} {
		add(name, nf.CTOrigSrc<<i, func(v string) error {
			addr, mask, ok := strings.Cut(v, "/")
			a := nf.AddrMatch{Mask: ^uint32(0)}
			if ok {
				if a.Mask, ok = maskOf(mask); !ok {
					return usage("conntrack: bad value for option \"--%s\", neither a valid network mask nor valid CIDR (0-32).\n", name)
				}
			}
			if a.Addr, ok = ipv4(addr); !ok {
				return usage("conntrack: bad value for option \"--%s\", IPv4 address expected.\n", name)
			}
			a.Addr &= a.Mask
			m.Addr[i] = a
			return nil
		})
		add(name+"port", nf.CTOrigSrcPort<<i, func(v string) (err error) {
			lo, hi, err := e.span(name+"port", v, 65535)
			m.Port[i] = nf.PortRange{Min: uint16(lo), Max: uint16(hi)}
			return err
		})
	}
	add("ctstatus", nf.CTStatus, func(v string) error {
		for w := range strings.SplitSeq(v, ",") {
			bits, ok := nf.ParseCTStatus(w)
			if !ok {
				return usage("Bad ctstatus \"%s\"", w)
			}
			m.Status |= bits
		}
		return nil
	})
	add("ctexpire", nf.CTExpire, func(v string) error {
		lo, hi, err := e.span("ctexpire", v, 1<<32-1)
		m.ExpireMin, m.ExpireMax = uint32(lo), uint32(hi)
		return err
	})
	add("ctdir", nf.CTDir, func(v string) error {
		switch strings.ToUpper(v) {
		case "ORIGINAL":
		case "REPLY":
			m.Reply = true
		default:
			return usage("conntrack: bad value for option \"--ctdir\": \"%s\" is not ORIGINAL or REPLY", v)
		}
		return nil
	})
}

func (e *extension) matchSet() {
	m := nf.MatchSet{}
	given := false
	e.match = func() (nf.Match, error) {
		if !given {
			return nil, usage("You must specify `--match-set' with proper arguments")
		}
		return m, nil
	}
	set := func(name, dirs string, not bool) error {
		if given {
			return usage("--match-set can be specified only once")
		}
		given = true
		if len(name) > 31 {
			return usage("setname `%s' too long, max 31 characters.", name)
		}
		m.Set, m.Not = name, not
		words := strings.Split(dirs, ",")
		for _, d := range words {
			switch {
			case len(m.Dirs) == 6:
				return usage("Can't be more src/dst options than 6.")
			case strings.HasPrefix(d, "src"):
				m.Dirs = append(m.Dirs, true)
			case strings.HasPrefix(d, "dst"):
				m.Dirs = append(m.Dirs, false)
			default:
				return usage("You must spefify (the comma separated list of) 'src' or 'dst'.")
			}
		}
		return nil
	}
	e.opts = []option{
		{name: "match-set", two: true, silent: true, set2: set},
		{name: "set", two: true, silent: true, set2: set},
		{name: "return-nomatch", noArg: true, silent: true, set: func(string, bool) error {
			m.ReturnNomatch = true
			return nil
		}},
	}
	for _, opt := range []string{"packets-eq", "packets-lt", "packets-gt", "bytes-eq", "bytes-lt", "bytes-gt", "update-counters", "update-subcounters"} {
		e.opts = append(e.opts, option{name: opt, noArg: strings.HasPrefix(opt, "update"), silent: true, set: func(string, bool) error {
			return notModelled("match set --" + opt)
		}})
	}
}

func (e *extension) addrType() {
	m := nf.MatchAddrType{}
	e.match = func() (nf.Match, error) {
		if m.Src == 0 && m.Dst == 0 {
			return nil, usage("addrtype: you must specify --src-type or --dst-type")
		}
		return m, nil
	}
	types := func(v string) (mask uint16, err error) {
		for w := range strings.SplitSeq(v, ",") {
			bit, ok := nf.ParseAddrType(w)
			if !ok {
				return 0, usage("addrtype: bad type \"%s\"", w)
			}
			mask |= bit
		}
		return mask, nil
	}
	e.opts = []option{
		{name: "src-type", invert: true, set: func(v string, not bool) (err error) {
			m.NotSrc = not
			m.Src, err = types(v)
			return err
		}},
		{name: "dst-type", invert: true, set: func(v string, not bool) (err error) {
			m.NotDst = not
			m.Dst, err = types(v)
			return err
		}},
		{name: "limit-iface-in", noArg: true, excl: "limit-iface-out", set: func(string, bool) error {
			m.LimitIn = true
			return nil
		}},
		{name: "limit-iface-out", noArg: true, excl: "limit-iface-in", set: func(string, bool) error {
			m.LimitOut = true
			return nil
		}},
	}
}

func (p *parser) multiport(e *extension) {
	m := nf.MatchMultiport{}
	e.match = func() (nf.Match, error) {
		if len(m.Ports) == 0 {
			return nil, usage("multiport expection an option")
		}
		return m, nil
	}
	names := []string{"source-ports", "destination-ports", "ports"}
	aliases := []string{"sports", "dports", ""}
	excl := []string{"destination-ports ports", "source-ports ports", "source-ports destination-ports"}
	for i, name := range names {
		e.opts = append(e.opts, option{name: name, aliases: aliases[i], invert: true, excl: excl[i], set: func(v string, not bool) error {
			m.Side, m.Not, m.Proto, m.Ports = nf.PortSide(i), not, p.spec.Proto.Proto, nil
			switch {
			case p.spec.Proto.Not || p.spec.Proto.Proto != 0 && !hasPorts(p.spec.Proto):
				return usage("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP")
			case p.spec.Proto.Proto == 0:
				return usage("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'")
			}
			proto, _ := etc.ProtocolName(uint8(m.Proto))
			slots := 0
			for w := range strings.SplitSeq(v, ",") {
				from, to, isRange := strings.Cut(w, ":")
				slots++
				if isRange {
					slots++
				}
				if slots > 15 {
					return usage("too many ports specified")
				}
				a, err := port(from, proto)
				if err != nil {
					return err
				}
				b := a
				if isRange {
					if b, err = port(to, proto); err != nil {
						return err
					}
					if a >= b {
						return usage("invalid portrange specified")
					}
				}
				m.Ports = append(m.Ports, nf.PortRange{Min: a, Max: b})
			}
			return nil
		}})
	}
}

// rate reads --limit: a number, then a slash and the beginning of a unit.
func rate(s string) (uint32, error) {
	n, unit, hasUnit := strings.Cut(s, "/")
	mult := uint64(1)
	bad := usage("bad rate \"%s\"'", s)
	if hasUnit {
		if unit == "" {
			return 0, bad
		}
		u := strings.ToLower(unit)
		switch {
		case strings.HasPrefix("second", u):
		case strings.HasPrefix("minute", u):
			mult = 60
		case strings.HasPrefix("hour", u):
			mult = 3600
		case strings.HasPrefix("day", u):
			mult = 24 * 3600
		default:
			return 0, bad
		}
	}
	r, err := strconv.ParseUint(n, 10, 31)
	if err != nil || r == 0 {
		return 0, bad
	}
	avg := nf.LimitScale * mult / r
	if avg == 0 {
		return 0, usage("Rate too fast \"%s\"", s)
	}
	return uint32(avg), nil
}

func (e *extension) statistic() {
	m := nf.MatchStatistic{}
	e.match = func() (nf.Match, error) {
		switch {
		case m.Nth && !e.given["every"]:
			return nil, usage("--every and --packet must be specified when using nth mode")
		case m.Nth && m.Packet >= m.Every:
			return nil, usage("the --packet p must be 0 <= p <= n-1")
		case !m.Nth && !e.given["probability"]:
			return nil, usage("--probability must be specified when using random mode")
		}
		return m, nil
	}
	e.opts = []option{
		{name: "mode", set: func(v string, _ bool) error {
			switch v {
			case "random":
			case "nth":
				m.Nth = true
			default:
				return usage("Bad mode \"%s\"", v)
			}
			return nil
		}},
		{name: "probability", invert: true, also: "mode", set: func(v string, not bool) error {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil || !(f >= 0 && f <= 1) {
				return usage("statistic: bad value for option \"--probability\", or out of range (0-1).\n")
			}
			m.Not = not
			m.Probability = uint32(math.Round(f * (1 << 31)))
			return nil
		}},
		{name: "every", invert: true, also: "mode packet", set: func(v string, not bool) error {
			n, err := e.ranged("every", v, 1, 1<<32-1)
			m.Every, m.Not = uint32(n), not
			return err
		}},
		{name: "packet", also: "mode every", set: func(v string, _ bool) error {
			n, err := e.ranged("packet", v, 0, 1<<32-1)
			m.Packet = uint32(n)
			return err
		}},
	}
}

func (e *extension) ipRange() {
	m := nf.MatchIPRange{}
	e.match = func() (nf.Match, error) {
		if !m.Src && !m.Dst {
			return nil, usage("iprange match: You must specify `--src-range' or `--dst-range'")
		}
		return m, nil
	}
	ends := func(opt, v string) (lo, hi uint32, err error) {
		from, to, isRange := strings.Cut(v, "-")
		lo, ok := ipv4(from)
		if !ok {
			return 0, 0, usage("iprange: Bad value for \"--%s\" option: \"%s\"", opt, from)
		}
		if !isRange {
			return lo, lo, nil
		}
		if hi, ok = ipv4(to); !ok {
			return 0, 0, usage("iprange: Bad value for \"--%s\" option: \"%s\"", opt, to)
		}
		return lo, hi, nil
	}
	e.opts = []option{
		{name: "src-range", invert: true, set: func(v string, not bool) (err error) {
			m.Src, m.NotSrc = true, not
			m.SrcMin, m.SrcMax, err = ends("src-range", v)
			return err
		}},
		{name: "dst-range", invert: true, set: func(v string, not bool) (err error) {
			m.Dst, m.NotDst = true, not
			m.DstMin, m.DstMax, err = ends("dst-range", v)
			return err
		}},
	}
}

func (e *extension) ttl() {
	m := nf.MatchTTL{}
	e.match = func() (nf.Match, error) {
		if len(e.given) == 0 {
			return nil, usage("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt")
		}
		return m, nil
	}
	add := func(opt, aliases, excl string, mode nf.TTLMode) {
		e.opts = append(e.opts, option{name: opt, aliases: aliases, invert: mode == nf.TTLEqual, excl: excl, set: func(v string, not bool) error {
			n, err := e.ranged(opt, v, 0, 255)
			m = nf.MatchTTL{Mode: mode, TTL: uint8(n)}
			if not {
				m.Mode = nf.TTLNotEqual
			}
			return err
		}})
	}
	add("ttl-lt", "", "ttl-gt ttl-eq", nf.TTLLess)
	add("ttl-gt", "", "ttl-lt ttl-eq", nf.TTLGreater)
	add("ttl-eq", "ttl", "ttl-lt ttl-gt", nf.TTLEqual)
}

// tosValue reads a word, or value[/mask].
func tosValue(s string, all uint8) (value, mask uint8, err error) {
	v, m, hasMask := strings.Cut(s, "/")
	if n, ok := number(v, 255); ok {
		k := uint64(all)
		if hasMask {
			if k, ok = number(m, 255); !ok {
				return 0, 0, usage("Illegal value: \"%s\"", s)
			}
		}
		return uint8(n), uint8(k), nil
	}
	if n, ok := nf.TOSByName(s); ok {
		return n, 0x3f, nil
	}
	return 0, 0, usage("Symbolic name \"%s\" is unknown", s)
}

func dscpClass(s string) (uint8, error) {
	u := strings.ToUpper(s)
	switch {
	case u == "EF":
		return 0x2e, nil
	case u == "BE":
		return 0, nil
	case len(u) == 3 && strings.HasPrefix(u, "CS") && '0' <= u[2] && u[2] <= '7':
		return (u[2] - '0') << 3, nil
	case len(u) == 4 && strings.HasPrefix(u, "AF") && '1' <= u[2] && u[2] <= '4' && '1' <= u[3] && u[3] <= '3':
		return (u[2]-'0')<<3 | (u[3]-'0')<<1, nil
	}
	return 0, usage("Invalid DSCP value `%s'", s)
}
