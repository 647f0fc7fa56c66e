package fib

import (
	"net/netip"
	"strconv"
	"strings"
)

// UsageError is what iproute2 finds wrong with a command line.
type UsageError struct {
	Msg    string // as printed, without the last newline
	Status int    // exit status of ip
}

// Error is the text that ip prints.
func (e *UsageError) Error() string { return e.Msg }

// ErrShowUsage asks for the usage text of the command.
var ErrShowUsage = &UsageError{"", 255}

func usage(status int, parts ...string) error {
	return &UsageError{strings.Join(parts, ""), status}
}

func wrong(arg, why string) error {
	return usage(255, `Error: argument "`, arg, `" is wrong: `, why)
}

func notModelled(what string) error { return usage(255, "not modelled: ", what) }

// words walks over the arguments of a command.
type words struct {
	args []string
	v4   bool // -4 was given or an IPv4 address was seen
}

// next takes the next argument: NEXT_ARG.
func (w *words) next() (string, error) {
	if len(w.args) == 0 {
		return "", usage(255, `Command line is not complete. Try option "help"`)
	}
	s := w.args[0]
	w.args = w.args[1:]
	return s, nil
}

// family names the address family that is expected.
func (w *words) family() string {
	if w.v4 {
		return "inet"
	}
	return "any valid"
}

func (w *words) addr() (netip.Addr, error) {
	s, err := w.next()
	if err != nil {
		return netip.Addr{}, err
	}
	if s == "inet" {
		return w.addr()
	}
	if s == "default" || s == "any" || s == "all" {
		return netip.IPv4Unspecified(), nil
	}
	a, ok := parseAddr(s)
	if !ok {
		return a, w.notAddr("address", s)
	}
	w.v4 = true
	return a, nil
}

func (w *words) notAddr(what, s string) error {
	if host, _, _ := strings.Cut(s, "/"); strings.Contains(s, ":") {
		if _, err := netip.ParseAddr(host); err == nil && !w.v4 {
			return notModelled("IPv6 address " + s)
		}
	}
	return usage(1, "Error: ", w.family(), " ", what, ` is expected rather than "`, s, `".`)
}

// prefix reads one prefix from s, which was taken already.
func (w *words) prefix(s string) (netip.Prefix, error) {
	if s == "default" || s == "any" || s == "all" {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), nil
	}
	host, length, slash := strings.Cut(s, "/")
	a, ok := parseAddr(host)
	n := 32
	if ok && slash {
		n, ok = parseMask(length)
	}
	if !ok {
		return netip.Prefix{}, w.notAddr("prefix", s)
	}
	w.v4 = true
	return netip.PrefixFrom(a, n), nil
}

func (w *words) u32(why string) (uint32, error) {
	s, err := w.next()
	if err != nil {
		return 0, err
	}
	n, ok := number(s, 0)
	if !ok {
		return 0, wrong(s, why)
	}
	return n, nil
}

// number reads a number as strtoul(3) does in the given base; 0 takes 0x and
// a leading 0.
func number(s string, base int) (uint32, bool) {
	if strings.ContainsAny(s, "_bBoO+-") && base == 0 && !strings.HasPrefix(s, "0x") {
		return 0, false
	}
	if base == 16 {
		s = strings.TrimPrefix(s, "0x")
	}
	n, err := strconv.ParseUint(s, base, 32)
	return uint32(n), err == nil
}

// parseAddr reads an IPv4 address as iproute2 does: missing bytes at the end
// are 0 ("10.1" is 10.1.0.0).
func parseAddr(s string) (netip.Addr, bool) {
	var b [4]byte
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	for i, p := range parts {
		n, ok := number(p, 0)
		if !ok || n > 255 {
			return netip.Addr{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), true
}

// parseMask reads a prefix length or a netmask.
func parseMask(s string) (int, bool) {
	if n, ok := number(s, 0); ok {
		return int(n), n <= 32
	}
	if strings.Count(s, ".") != 3 {
		return 0, false
	}
	a, ok := parseAddr(s)
	if !ok {
		return 0, false
	}
	m := a.As4()
	bits := uint32(m[0])<<24 | uint32(m[1])<<16 | uint32(m[2])<<8 | uint32(m[3])
	for n := uint8(0); n <= 32; n++ {
		if mask(n) == bits {
			return int(n), true
		}
	}
	return 0, false
}

// ParseTable reads a table's name or number; ok is false for neither.
func ParseTable(s string) (uint32, bool) {
	for _, t := range [...]uint32{0, TableDefault, TableMain, TableLocal} {
		if TableName(t) == s {
			return t, true
		}
	}
	return number(s, 0)
}

// ParseProto reads a protocol's name or number; ok is false for neither.
func ParseProto(s string) (Proto, bool) {
	for _, p := range protos {
		if p.name == s {
			return p.n, true
		}
	}
	n, ok := number(s, 0)
	return Proto(n), ok && n <= 255
}

// ParseScope reads a scope's name or number; ok is false for neither.
func ParseScope(s string) (Scope, bool) {
	for _, v := range [...]Scope{Universe, Site, Link, Host, Nowhere} {
		if v.String() == s {
			return v, true
		}
	}
	n, ok := number(s, 0)
	return Scope(n), ok && n <= 255
}

// ParseType reads the name of a route type or, as iproute2 does, its number.
func ParseType(s string) (Type, bool) {
	for i, name := range typeNames {
		if i > 0 && name == s {
			return Type(i), true
		}
	}
	n, ok := number(s, 0)
	return Type(n), ok && n <= 255
}

// dsfields are the names of /etc/iproute2/rt_dsfield.
var dsfields = [...]struct {
	n    uint8
	name string
}{
	{0, "default"},
	{0x28, "AF11"}, {0x30, "AF12"}, {0x38, "AF13"}, {0x48, "AF21"}, {0x50, "AF22"}, {0x58, "AF23"},
	{0x68, "AF31"}, {0x70, "AF32"}, {0x78, "AF33"}, {0x88, "AF41"}, {0x90, "AF42"}, {0x98, "AF43"},
	{0x20, "CS1"}, {0x40, "CS2"}, {0x60, "CS3"}, {0x80, "CS4"}, {0xa0, "CS5"}, {0xc0, "CS6"},
	{0xe0, "CS7"}, {0xb8, "EF"},
}

// ParseTOS reads a TOS byte: a name or a hexadecimal number.
func ParseTOS(s string) (uint8, bool) {
	for _, d := range dsfields {
		if d.name == s {
			return d.n, true
		}
	}
	n, ok := number(s, 16)
	return uint8(n), ok && n <= 255
}

// ParseRoute reads the words after `ip route VERB`: iproute_modify of
// iproute2 6.1. v4 says that ip was called with -4, which only changes the
// text of errors. Errors are *UsageError.
func ParseRoute(v Verb, args []string, v4 bool, env Env) (Route, error) {
	p := routeParser{words: words{args, v4}, env: env}
	p.r = Route{Type: Unicast, Proto: ProtoBoot, Table: TableMain}
	if v == VerbDelete {
		p.r = Route{Scope: Nowhere, Table: TableMain}
	}
	for len(p.args) > 0 {
		if err := p.word(); err != nil {
			return Route{}, err
		}
	}
	if !p.dst {
		return Route{}, ErrShowUsage
	}
	if p.dev != "" {
		dev, ok := env.DevIndex(p.dev)
		if !ok {
			return Route{}, usage(1, `Cannot find device "`, p.dev, `"`)
		}
		p.r.Dev = dev
	}
	p.defaults(v)
	return p.r, nil
}

// VRFs is an Env that knows VRFs by name.
type VRFs interface {
	VRFTable(name string) (uint32, bool)
}

// hops reads `nexthop … nexthop …`, the rest of the line: parse_nexthops.
func (p *routeParser) hops() error {
	for len(p.args) > 0 {
		s, _ := p.next()
		if s != "nexthop" {
			return usage(255, `Error: "nexthop" or end of line is expected instead of "`, s, `"`)
		}
		if len(p.args) == 0 {
			return usage(255, `Error: unexpected end of line after "nexthop"`)
		}
		h, err := p.hop()
		if err != nil {
			return err
		}
		p.r.Hops = append(p.r.Hops, h)
	}
	return nil
}

// hop is parse_one_nh.
func (p *routeParser) hop() (h *Route, err error) {
	h = &Route{Weight: 1}
	for len(p.args) > 0 && err == nil {
		s := p.args[0]
		switch s {
		case "via", "dev", "weight", "onlink":
			_, _ = p.next()
		case "encap", "as":
			return h, notModelled("ip route … nexthop " + s)
		default:
			if abbreviates(s, "realms") {
				return h, notModelled("ip route … nexthop " + s)
			}
			return h, nil
		}
		switch s {
		case "via":
			if h.Gw, err = p.addr(); h.Gw == netip.IPv4Unspecified() {
				h.Gw = netip.Addr{}
			}
		case "dev":
			if s, err = p.next(); err == nil {
				var ok bool
				if h.Dev, ok = p.env.DevIndex(s); !ok {
					err = usage(255, `Cannot find device "`, s, `"`, "\nError: cannot parse nexthop")
				}
			}
		case "weight":
			h.Weight, err = value(&p.words, func(s string) (int, bool) {
				n, ok := number(s, 0)
				return int(n), ok && n > 0 && n <= 256
			}, "\"weight\" is invalid\n")
		case "onlink":
			h.Onlink = true
		}
	}
	return h, err
}

// routeParser is the state of ParseRoute.
type routeParser struct {
	words
	r     Route
	env   Env
	dev   string
	dst   bool // which parts were given
	gw    bool
	table bool
	scope bool
}

// defaults fills in table and scope that were not given.
func (p *routeParser) defaults(v Verb) {
	r := &p.r
	if !p.table {
		switch r.Type {
		case Local, Broadcast, Anycast:
			r.Table = TableLocal
		}
	}
	if p.scope {
		return
	}
	switch r.Type {
	case Local:
		r.Scope = Host
	case Broadcast, Multicast, Anycast:
		r.Scope = Link
	case Unicast, Unspec:
		if v == VerbDelete {
			r.Scope = Nowhere
		} else if !p.gw && r.Hops == nil && r.NHID == 0 {
			r.Scope = Link
		}
	}
}

// word reads one option.
func (p *routeParser) word() error {
	s, err := p.next()
	if err != nil {
		return err
	}
	r := &p.r
	switch {
	case s == "src":
		r.PrefSrc, err = p.addr()
		if r.PrefSrc == netip.IPv4Unspecified() {
			r.PrefSrc = netip.Addr{}
		}
	case s == "via":
		p.gw = true
		r.Gw, err = p.addr()
		if r.Gw == netip.IPv4Unspecified() {
			r.Gw = netip.Addr{}
		}
	case s == "tos" || abbreviates(s, "dsfield"):
		r.TOS, err = value(&p.words, ParseTOS, "\"tos\" value is invalid\n")
	case abbreviates(s, "metric") || abbreviates(s, "priority") || s == "preference":
		r.Metric, err = p.u32("\"metric\" value is invalid\n")
	case s == "scope":
		p.scope = true
		r.Scope, err = value(&p.words, ParseScope, "invalid \"scope\" value\n")
	case s == "mtu":
		if len(p.args) > 0 && p.args[0] == "lock" {
			p.args = p.args[1:]
			r.MTULock = true
		}
		var n uint32
		n, err = p.u32("\"mtu\" value is invalid\n")
		r.MTU = int(n)
	case s == "hoplimit":
		if len(p.args) > 0 && p.args[0] == "lock" {
			return notModelled("ip route … hoplimit lock")
		}
		r.Hoplimit, err = value(&p.words, func(s string) (int, bool) {
			n, ok := number(s, 0)
			return int(n), ok && n <= 255
		}, "\"hoplimit\" value is invalid\n")
	case s == "advmss":
		if len(p.args) > 1 && p.args[0] == "lock" {
			return notModelled("ip route … advmss lock")
		}
		var n uint32
		n, err = p.u32("\"mss\" value is invalid\n")
		r.AdvMSS = int(n)
	case s == "onlink":
		r.Onlink = true
	case abbreviates(s, "protocol"):
		r.Proto, err = value(&p.words, ParseProto, "\"protocol\" value is invalid\n")
	case abbreviates(s, "table"):
		p.table = true
		r.Table, err = value(&p.words, ParseTable, "\"table\" value is invalid\n")
	case s == "dev" || s == "oif":
		p.dev, err = p.next()
	case abbreviates(s, "vrf"):
		p.table = true
		r.Table, err = value(&p.words, func(s string) (uint32, bool) {
			if vrfs, ok := p.env.(VRFs); ok {
				return vrfs.VRFTable(s)
			}
			return 0, false
		}, "Invalid VRF\n")
	case s == "nexthop":
		p.args = append([]string{s}, p.args...)
		err = p.hops()
	case s == "nhid":
		r.NHID, err = p.u32("\"id\" value is invalid\n")
	case notModelledWord(s):
		return notModelled("ip route … " + s)
	default:
		return p.to(s)
	}
	return err
}

// value reads an argument that parse understands.
func value[T any](w *words, parse func(string) (T, bool), why string) (T, error) {
	s, err := w.next()
	if err != nil {
		var zero T
		return zero, err
	}
	v, ok := parse(s)
	if !ok {
		return v, wrong(s, why)
	}
	return v, nil
}

// to reads [to] [TYPE] PREFIX.
func (p *routeParser) to(s string) (err error) {
	if s == "to" {
		if s, err = p.next(); err != nil {
			return err
		}
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		if t, ok := ParseType(s); ok {
			p.r.Type = t
			if s, err = p.next(); err != nil {
				return err
			}
		}
	}
	if abbreviates(s, "help") {
		return ErrShowUsage
	}
	if p.dst {
		return usage(255, `Error: either "to" is duplicate, or "`, s, `" is a garbage.`)
	}
	p.r.Dst, err = p.prefix(s)
	p.dst = true
	return err
}

// notModelledWord knows the options of iproute2 6.1 that routes here lack.
func notModelledWord(s string) bool {
	switch s {
	case "as", "from", "expires", "encap", "realms", "realm", "window", "rtt", "rttvar",
		"ssthresh", "cwnd", "initcwnd", "initrwnd", "features", "quickack", "congctl", "rto_min", "reordering",
		"pref", "ttl-propagate", "fastopen_no_cookie", "pervasive", "offload", "equalize", "nat":
		return true
	}
	return false
}
