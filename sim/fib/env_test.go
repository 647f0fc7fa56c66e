package fib_test

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hoplab/sim/fib"

	"github.com/stretchr/testify/require"
)

// dev is a device of the test namespace.
type dev struct {
	name    string
	up      bool
	carrier bool
	addrs   []fib.Ifaddr
}

// namespace is devices and a FIB: what ip commands act on. Index 1 is lo.
type namespace struct {
	*fib.FIB
	devs []*dev
}

func newNamespace(names ...string) *namespace {
	ns := &namespace{FIB: fib.New()}
	for _, n := range append([]string{"lo"}, names...) {
		ns.addDev(n)
	}
	return ns
}

func (ns *namespace) addDev(name string) {
	ns.devs = append(ns.devs, &dev{name: name, carrier: true})
	ns.DevRegistered(int32(len(ns.devs)), name)
}

func (ns *namespace) dev(i int32) *dev {
	if i < 1 || int(i) > len(ns.devs) {
		return &dev{}
	}
	return ns.devs[i-1]
}

func (ns *namespace) DevIndex(name string) (int32, bool) {
	for i, d := range ns.devs {
		if d.name == name {
			return int32(i + 1), true
		}
	}
	return 0, false
}
func (ns *namespace) DevName(i int32) string   { return ns.dev(i).name }
func (ns *namespace) DevUp(i int32) bool       { return ns.dev(i).up }
func (ns *namespace) DevLoopback(i int32) bool { return i == 1 }
func (ns *namespace) DevCarrier(i int32) bool  { return ns.dev(i).carrier }

// run runs one ip command line and returns what it prints.
func (ns *namespace) run(line string) string {
	w := strings.Fields(strings.TrimPrefix(line, "ip "))
	v4 := false
	if w[0] == "-4" {
		v4, w = true, w[1:]
	}
	if len(w) == 1 {
		w = append(w, "show")
	}
	verb, ok := fib.ParseVerb(w[1])
	switch w[0] {
	case "link":
		ns.link(w[1], w[2:])
		return ""
	case "addr":
		return ns.addr(w[1], w[2:])
	case "route":
		if w[1] == "show" {
			return ns.show(w[2:])
		}
		if w[1] == "get" {
			return ns.get(w[3:])
		}
		if !ok {
			return "bad verb"
		}
		r, err := fib.ParseRoute(verb, w[2:], v4, ns)
		if err == nil {
			err = ns.Apply(verb, r, ns)
		}
		return text(err)
	case "rule":
		if w[1] == "show" {
			return ns.showRules()
		}
		r, err := fib.ParseRule(verb, w[2:], v4)
		if err == nil && verb == fib.VerbDelete {
			err = ns.DeleteRule(r, ns)
		} else if err == nil {
			_, err = ns.AddRule(r, ns)
		}
		return text(err)
	}
	return "unknown command"
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimRight(err.Error(), "\n") + "\n"
}

func (ns *namespace) show(w []string) string {
	table := fib.TableMain
	if len(w) == 2 {
		if w[1] == "all" {
			table = 0
		} else {
			table, _ = fib.ParseTable(w[1])
		}
	}
	if table != 0 && !ns.HasTable(table) {
		return "Error: ipv4: FIB table does not exist.\nDump terminated\n"
	}
	var b []byte
	for _, r := range ns.Routes(table) {
		b = append(fib.AppendRoute(b, r, ns, fib.Format{Table: table}), '\n')
	}
	return string(b)
}

// get is `route get fibmatch ADDRESS [tos T] [mark M]`.
func (ns *namespace) get(w []string) string {
	k := fib.Key{Dst: addr32(w[0])}
	for ; len(w) > 2; w = w[2:] {
		switch w[1] {
		case "tos":
			k.TOS, _ = fib.ParseTOS(w[2])
		case "mark":
			m, _ := strconv.ParseUint(w[2], 0, 32)
			k.Mark = uint32(m)
		}
	}
	res, err := ns.Lookup(&k)
	switch err {
	case nil:
		return string(fib.AppendRoute(nil, res.Route, ns, fib.Format{Table: fib.TableMain})) + "\n" // get names no table
	case fib.ErrBlackhole:
		return text(&fib.Error{Errno: fib.EINVAL})
	case fib.ErrHostUnreach:
		return text(&fib.Error{Errno: fib.EHOSTUNREACH})
	case fib.ErrProhibit:
		return text(&fib.Error{Errno: fib.EACCES})
	}
	return text(&fib.Error{Errno: fib.ENETUNREACH})
}

func (ns *namespace) showRules() string {
	var b []byte
	for _, r := range ns.Rules() {
		b = append(fib.AppendRule(b, r, false), '\n')
	}
	return string(b)
}

// link is `link set DEV up|down`, and `carrier off|on` for what the other end
// of a veth does.
func (ns *namespace) link(verb string, w []string) {
	i, _ := ns.DevIndex(w[0])
	if verb == "del" {
		*ns.dev(i) = dev{}
		ns.DevGone(i)
		return
	}
	d := ns.dev(i)
	switch strings.Join(w[1:], " ") {
	case "up":
		if d.up {
			return
		}
		d.up = true
		if i == 1 && len(d.addrs) == 0 { // inetdev_event gives lo its address
			ns.addr("add", []string{"127.0.0.1/8", "dev", "lo"})
		}
		ns.DevUp_(i)
	case "down":
		d.up = false
		ns.DevDown(i)
	case "carrier off", "carrier on":
		d.carrier = w[2] == "on"
		ns.Carrier(i, d.carrier)
	}
}

// DevUp_ is FIB.DevUp, which the method of Env hides.
func (ns *namespace) DevUp_(i int32) { ns.FIB.DevUp(i, ns) }

// addr is `addr add|del PREFIX [brd A] dev DEV` with what devinet.c does
// about secondary addresses.
func (ns *namespace) addr(verb string, w []string) string {
	i, _ := ns.DevIndex(w[len(w)-1])
	d := ns.dev(i)
	p := netip.MustParsePrefix(w[0])
	a := fib.Ifaddr{Local: p.Addr(), PrefixLen: p.Bits()}
	if len(w) == 5 {
		a.Broadcast = netip.MustParseAddr(w[2])
	}
	if verb == "add" {
		for _, o := range d.addrs {
			if o.PrefixLen == a.PrefixLen && p.Contains(o.Local) {
				a.Secondary = true
			}
		}
		d.addrs = append(d.addrs, a)
		ns.AddAddress(i, a, ns)
		return ""
	}
	if !slices.ContainsFunc(d.addrs, func(o fib.Ifaddr) bool { return o.Local == a.Local && o.PrefixLen == a.PrefixLen }) {
		return "Error: ipv4: Address not found.\n"
	}
	var gone, kept []fib.Ifaddr
	for _, o := range d.addrs {
		switch {
		case o.Local == a.Local && o.PrefixLen == a.PrefixLen:
			a = o
		case o.PrefixLen == a.PrefixLen && p.Contains(o.Local):
			gone = append(gone, o)
		default:
			kept = append(kept, o)
		}
	}
	if a.Secondary {
		kept = append(kept, gone...)
		gone = nil
	}
	d.addrs = kept
	for _, o := range gone {
		ns.DelAddress(i, o, ns)
	}
	ns.DelAddress(i, a, ns)
	return ""
}

// build runs commands that must succeed.
func build(t testing.TB, ns *namespace, lines ...string) *namespace {
	t.Helper()
	for _, l := range lines {
		require.Empty(t, ns.run(l), l)
	}
	return ns
}

func addr32(s string) uint32 {
	a := netip.MustParseAddr(s).As4()
	return uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
}
