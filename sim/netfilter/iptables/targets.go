package iptables

import (
	"strings"

	"hoplab/sim/conntrack"
	nf "hoplab/sim/netfilter"
)

// targetsNotModelled are the targets that iptables has and this package has
// not.
const targetsNotModelled = " AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNSECMARK ECN HMARK IDLETIMER LED NFLOG NFQUEUE QUEUE RATEEST SECMARK SET SYNPROXY TCPOPTSTRIP TEE TPROXY TRACE ULOG "

// isTarget says that iptables would find an extension of this name, so that
// no chain may have it.
func isTarget(name string) bool {
	switch name {
	case "ACCEPT", "DROP", "RETURN", "REJECT", "MARK", "CONNMARK", "CT", "NOTRACK", "LOG", "TTL", "TOS", "DSCP", "SNAT", "DNAT", "MASQUERADE", "REDIRECT", "NETMAP", "TCPMSS":
		return true
	}
	return strings.Contains(targetsNotModelled, " "+name+" ")
}

// newTarget makes the parser of a target; nil when the name must be that of a
// chain.
func (p *parser) newTarget(name string) (*extension, error) {
	e := &extension{name: name}
	plain := func(t nf.Target) { e.aim = func() (nf.Target, error) { return t, nil } }
	switch name {
	case "ACCEPT":
		plain(nf.StandardAccept)
	case "DROP":
		plain(nf.StandardDrop)
	case "RETURN":
		plain(nf.StandardReturn)
	case "NOTRACK":
		plain(nf.TargetCT{Alias: true, Notrack: true})
	case "CT":
		t := nf.TargetCT{}
		e.aim = func() (nf.Target, error) { return t, nil }
		e.opts = []option{{name: "notrack", noArg: true, set: func(string, bool) error {
			t.Notrack = true
			return nil
		}}}
		for _, opt := range []string{"zone", "zone-orig", "zone-reply", "helper", "timeout", "ctevents", "expevents"} {
			e.opts = append(e.opts, option{name: opt, set: func(string, bool) error { return notModelled("target CT --" + opt) }})
		}
	case "REJECT":
		t := nf.TargetReject{With: nf.RejectPortUnreachable}
		e.aim = func() (nf.Target, error) { return t, nil }
		e.opts = []option{{name: "reject-with", set: func(v string, _ bool) (err error) {
			t.With, err = rejectType(v)
			return err
		}}}
	case "NETMAP":
		t := nf.TargetNetmap{}
		e.aim = func() (nf.Target, error) { return t, nil }
		e.opts = []option{{name: "to", must: true, set: func(v string, _ bool) error {
			addr, mask, _ := strings.Cut(v, "/")
			a, ok := ipv4(addr)
			m := ^uint32(0)
			if n, isNumber := number(mask, 32); mask != "" && isNumber {
				m = uint32(^uint64(0) << (32 - n))
			} else if mask != "" {
				if m, ok = ipv4(mask); !ok {
					return usage("NETMAP: bad value for option \"--to\": %s", v)
				}
			}
			if !ok {
				return usage("NETMAP: bad value for option \"--to\", or out of range: %s", v)
			}
			t = nf.TargetNetmap{Addr: a & m, Mask: m}
			return nil
		}}}
	case "TCPMSS":
		t := nf.TargetTCPMSS{}
		e.aim = func() (nf.Target, error) {
			if len(e.given) == 0 {
				return nil, usage("TCPMSS target: At least one parameter is required")
			}
			return t, nil
		}
		e.opts = []option{
			{name: "set-mss", excl: "clamp-mss-to-pmtu", set: func(v string, _ bool) error {
				n, err := e.ranged("set-mss", v, 0, 65535-40)
				t.MSS = uint16(n)
				return err
			}},
			{name: "clamp-mss-to-pmtu", noArg: true, excl: "set-mss", set: func(string, bool) error {
				t.Clamp = true
				return nil
			}},
		}
	case "MARK":
		e.mark()
	case "CONNMARK":
		e.connmark()
	case "LOG":
		e.log()
	case "TTL":
		t := nf.TargetTTL{}
		e.aim = func() (nf.Target, error) {
			if len(e.given) == 0 {
				return nil, usage("TTL: You must specify an action")
			}
			return t, nil
		}
		excl := []string{"ttl-inc ttl-dec", "ttl-set ttl-dec", "ttl-set ttl-inc"}
		for i, opt := range []string{"ttl-set", "ttl-inc", "ttl-dec"} {
			e.opts = append(e.opts, option{name: opt, excl: excl[i], set: func(v string, _ bool) error {
				n, err := e.ranged(opt, v, uint64(min(i, 1)), 255)
				t = nf.TargetTTL{Action: nf.TTLAction(i), Value: uint8(n)}
				return err
			}})
		}
	case "TOS":
		e.tos()
	case "DSCP":
		t := nf.TargetDSCP{}
		e.aim = func() (nf.Target, error) {
			if len(e.given) == 0 {
				return nil, usage("DSCP target: Parameter --set-dscp is required")
			}
			return t, nil
		}
		e.opts = []option{
			{name: "set-dscp", excl: "set-dscp-class", set: func(v string, _ bool) error {
				n, err := e.ranged("set-dscp", v, 0, 63)
				t.DSCP = uint8(n)
				return err
			}},
			{name: "set-dscp-class", excl: "set-dscp", set: func(v string, _ bool) (err error) {
				t.DSCP, err = dscpClass(v)
				return err
			}},
		}
	case "SNAT":
		p.nat(e, nf.SNAT, "to-source")
	case "DNAT":
		p.nat(e, nf.DNAT, "to-destination")
	case "MASQUERADE":
		p.nat(e, nf.Masquerade, "")
	case "REDIRECT":
		p.nat(e, nf.Redirect, "")
	default:
		if strings.Contains(targetsNotModelled, " "+name+" ") {
			return nil, notModelled("target " + name)
		}
		return nil, nil
	}
	return e, nil
}

// rejects are the words of --reject-with in the order in which a beginning is
// looked up.
var rejects = []struct {
	name, alias string
	with        nf.RejectType
}{
	{"icmp-net-unreachable", "net-unreach", nf.RejectNetUnreachable}, {"icmp-host-unreachable", "host-unreach", nf.RejectHostUnreachable},
	{"icmp-proto-unreachable", "proto-unreach", nf.RejectProtoUnreachable}, {"icmp-port-unreachable", "port-unreach", nf.RejectPortUnreachable},
	{"icmp-net-prohibited", "net-prohib", nf.RejectNetProhibited}, {"icmp-host-prohibited", "host-prohib", nf.RejectHostProhibited},
	{"tcp-reset", "tcp-rst", nf.RejectTCPReset}, {"icmp-admin-prohibited", "admin-prohib", nf.RejectAdminProhibited},
}

func rejectType(s string) (nf.RejectType, error) {
	l := strings.ToLower(s)
	for _, r := range rejects {
		if strings.HasPrefix(r.name, l) || strings.HasPrefix(r.alias, l) {
			return r.with, nil
		}
	}
	return 0, usage("unknown reject type \"%s\"", s)
}

func (e *extension) mark() {
	t := nf.TargetMark{}
	e.aim = func() (nf.Target, error) {
		if len(e.given) == 0 {
			return nil, usage("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required")
		}
		return t, nil
	}
	e.marks(func(value, mask uint32) { t = nf.TargetMark{Value: value, Mask: mask} }, "")
}

// marks are the options that MARK and CONNMARK share.
func (e *extension) marks(set func(value, mask uint32), more string) {
	names := []string{"set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"}
	for _, opt := range names {
		excl := more
		for _, x := range names {
			if x != opt {
				excl += " " + x
			}
		}
		e.opts = append(e.opts, option{name: opt, excl: excl, set: func(v string, _ bool) error {
			var value, mask uint32
			var err error
			if opt == "set-xmark" || opt == "set-mark" {
				value, mask, err = e.masked(opt, v)
			} else {
				var n uint64
				n, err = e.ranged(opt, v, 0, 1<<32-1)
				value = uint32(n)
			}
			switch opt {
			case "set-xmark":
				set(value, mask)
			case "set-mark":
				set(value, value|mask)
			case "and-mark":
				set(0, ^value)
			case "or-mark":
				set(value, value)
			case "xor-mark":
				set(value, 0)
			}
			return err
		}})
	}
}

func (e *extension) connmark() {
	t := nf.TargetConnmark{CTMask: ^uint32(0), NFMask: ^uint32(0)}
	e.aim = func() (nf.Target, error) {
		for _, opt := range []string{"set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark", "save-mark", "restore-mark"} {
			if e.given[opt] {
				return t, nil
			}
		}
		return nil, usage("CONNMARK target: No operation specified")
	}
	const transfers = "save-mark restore-mark"
	e.marks(func(value, mask uint32) { t.Mode, t.Value, t.CTMask = nf.ConnmarkSet, value, mask }, transfers)
	for i, opt := range []string{"save-mark", "restore-mark"} {
		e.opts = append(e.opts, option{name: opt, noArg: true, excl: strings.Fields(transfers)[1-i], set: func(string, bool) error {
			t.Mode = nf.ConnmarkSave + nf.ConnmarkMode(i)
			return nil
		}})
	}
	for _, opt := range []string{"ctmask", "nfmask", "mask"} {
		excl := ""
		if opt != "mask" {
			excl = "mask"
		}
		e.opts = append(e.opts, option{name: opt, excl: excl, set: func(v string, _ bool) error {
			n, err := e.ranged(opt, v, 0, 1<<32-1)
			if opt != "nfmask" {
				t.CTMask = uint32(n)
			}
			if opt != "ctmask" {
				t.NFMask = uint32(n)
			}
			return err
		}})
	}
}

// logLevels are the words of --log-level.
var logLevels = []struct {
	name  string
	level uint8
}{{"alert", 1}, {"crit", 2}, {"debug", 7}, {"emerg", 0}, {"error", 3}, {"info", 6}, {"notice", 5}, {"panic", 0}, {"warning", 4}}

func (e *extension) log() {
	t := nf.TargetLog{Level: 4}
	e.aim = func() (nf.Target, error) { return t, nil }
	e.opts = []option{
		{name: "log-level", set: func(v string, _ bool) error {
			if n, ok := number(v, 7); ok {
				t.Level = uint8(n)
				return nil
			}
			for _, l := range logLevels {
				if v != "" && strings.HasPrefix(l.name, strings.ToLower(v)) {
					t.Level = l.level
					return nil
				}
			}
			return usage("log level \"%s\" unknown\n", v)
		}},
		{name: "log-prefix", set: func(v string, _ bool) error {
			switch {
			case v == "":
				return usage("Argument must have a minimum length of 1 characters\n")
			case strings.Contains(v, "\n"):
				return usage("Newlines not allowed in --log-prefix")
			}
			t.Prefix = v[:min(len(v), 29)]
			return nil
		}},
	}
	flag := func(opt string, bit uint8) {
		e.opts = append(e.opts, option{name: opt, noArg: true, set: func(string, bool) error {
			t.Flags |= bit
			return nil
		}})
	}
	flag("log-tcp-sequence", 1)
	flag("log-tcp-options", 2)
	flag("log-ip-options", 4)
	flag("log-uid", 8)
	flag("log-macdecode", 32)
}

func (e *extension) tos() {
	t := nf.TargetTOS{}
	e.aim = func() (nf.Target, error) {
		if len(e.given) == 0 {
			return nil, usage("TOS: An action is required")
		}
		return t, nil
	}
	names := []string{"set-tos", "and-tos", "or-tos", "xor-tos"}
	for _, opt := range names {
		excl := ""
		for _, x := range names {
			if x != opt {
				excl += " " + x
			}
		}
		e.opts = append(e.opts, option{name: opt, excl: excl, set: func(v string, _ bool) error {
			if opt == "set-tos" {
				var err error
				t.Value, t.Mask, err = tosValue(v, 0xff)
				return err
			}
			n, err := e.ranged(opt, v, 0, 255)
			switch b := uint8(n); opt {
			case "and-tos":
				t = nf.TargetTOS{Mask: ^b}
			case "or-tos":
				t = nf.TargetTOS{Value: b, Mask: b}
			case "xor-tos":
				t = nf.TargetTOS{Value: b}
			}
			return err
		}})
	}
}

// nat are the options of the four nat targets; to is the option with the
// address, "" where there are ports alone.
func (p *parser) nat(e *extension, action nf.Action, to string) {
	t := nf.TargetNAT{Action: action}
	r := &t.Range
	e.aim = func() (nf.Target, error) { return t, nil }
	flag := func(opt string, bit conntrack.RangeFlags) {
		e.opts = append(e.opts, option{name: opt, noArg: true, set: func(string, bool) error {
			r.Flags |= bit
			return nil
		}})
	}
	if to != "" {
		e.opts = append(e.opts, option{name: to, must: true, set: func(v string, _ bool) error { return p.natRange(r, v) }})
		flag("persistent", conntrack.Persistent)
	} else {
		e.opts = append(e.opts, option{name: "to-ports", set: func(v string, _ bool) error { return p.natPorts(r, v) }})
	}
	flag("random", conntrack.ProtoRandom)
	if action != nf.Redirect {
		flag("random-fully", conntrack.RandomFully)
	}
}

// natRange reads [address[-address]][:port[-port]].
func (p *parser) natRange(r *nf.NATRange, s string) error {
	addrs, ports, hasPorts := strings.Cut(s, ":")
	if hasPorts {
		if err := p.natPorts(r, ports); err != nil {
			return err
		}
		if addrs == "" {
			return nil
		}
	}
	from, to, isRange := strings.Cut(addrs, "-")
	r.Flags |= conntrack.MapIPs
	var ok bool
	if r.MinAddr, ok = ipv4(from); !ok {
		return usage("Bad IP address \"%s\"", from)
	}
	r.MaxAddr = r.MinAddr
	if isRange {
		if r.MaxAddr, ok = ipv4(to); !ok {
			return usage("Bad IP address \"%s\"", to)
		}
	}
	return nil
}

func (p *parser) natPorts(r *nf.NATRange, s string) error {
	if !hasPorts(p.spec.Proto) {
		return usage("Need TCP, UDP, SCTP or DCCP with port specification")
	}
	from, to, isRange := strings.Cut(s, "-")
	one := func(s string) (uint16, error) {
		n, err := port(s, "")
		if err != nil {
			return 0, usage("Port `%s' not valid", s)
		}
		return n, nil
	}
	if strings.Contains(s, "/") {
		return notModelled("nat range with a port shift: " + s)
	}
	var err error
	if r.MinPort, err = one(from); err != nil {
		return err
	}
	r.MaxPort = r.MinPort
	if isRange {
		if r.MaxPort, err = one(to); err != nil {
			return err
		}
		if r.MaxPort < r.MinPort {
			return usage("Port range `%s' funky", to)
		}
	}
	r.Flags |= conntrack.ProtoSpecified
	return nil
}
