package neigh

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
)

// Env answers for the devices of the namespace.
type Env interface {
	DevIndex(name string) (int32, bool)
	DevName(index int32) string
}

// Spec is what `ip neigh add` and its siblings say.
type Spec struct {
	Addr   netip.Addr
	Dev    int32 // 0: none was given (proxy entries only)
	MAC    packet.MAC
	HasMAC bool
	State  State
	Proxy  bool
	Router bool
	Use    bool // resolve it now

	ExtLearned bool
	Proto      uint8
}

// Op says what Change may do to an entry that is there already: NLM_F_*.
type Op uint8

// The bits of Op.
const (
	Create Op = 1 << iota
	Excl
	Replace
)

// What `ip neigh VERB` asks for.
const (
	OpAdd     = Create | Excl
	OpReplace = Create | Replace
	OpChange  = Replace
)

// Errors of Change and Delete, as iproute2 prints them.
var (
	ErrExist    = errors.New("RTNETLINK answers: File exists")
	ErrNotFound = errors.New("RTNETLINK answers: No such file or directory")
	ErrInvalid  = errors.New("RTNETLINK answers: Invalid argument")
	ErrNoBufs   = errors.New("RTNETLINK answers: No buffer space available")
	ErrNoMAC    = errors.New("Error: No link layer address given.")
)

// Change adds or changes an entry: neigh_add in net/core/neighbour.c. p are
// the settings of the device.
func (t *Table) Change(s Spec, op Op, p *Params) error {
	if s.Proxy {
		t.addProxy(Proxy{Addr: s.Addr, Dev: s.Dev, Permanent: s.State&Permanent != 0, Router: s.Router, ExtLearned: s.ExtLearned, Proto: s.Proto})
		return nil
	}
	flags := Admin | Override
	e := t.Lookup(s.Dev, s.Addr)
	switch {
	case e == nil && op&Create == 0:
		return ErrNotFound
	case e == nil:
		if e = t.Get(s.Dev, s.Addr, p); e.Dead {
			return ErrNoBufs
		}
	case op&Excl != 0:
		return ErrExist
	case op&Replace == 0:
		flags &^= Override
	}
	if s.Proto != 0 {
		e.Proto = s.Proto
	}
	e.ExtLearned = s.ExtLearned
	if s.Use {
		if e.State&Permanent != 0 {
			t.exempt--
			e.State &^= Permanent
		}
		t.Use(e)
		return nil
	}
	mac := s.MAC
	if !s.HasMAC && s.State&Valid != 0 {
		if e.State&Valid == 0 {
			return ErrNoMAC
		}
		mac = e.MAC
	}
	if s.State&Valid != 0 && flags&Override != 0 {
		e.Router = s.Router
	}
	t.Update(e, mac, s.State, flags)
	return nil
}

// Delete removes an entry: neigh_delete. What waits on it is reported as
// failed.
func (t *Table) Delete(s Spec) error {
	if s.Proxy {
		i := slices.IndexFunc(t.proxies, func(p Proxy) bool { return p.Addr == s.Addr && p.Dev == s.Dev })
		if i < 0 {
			return ErrNotFound
		}
		t.proxies = slices.Delete(t.proxies, i, i+1)
		return nil
	}
	if s.Dev == 0 {
		return ErrInvalid
	}
	e := t.Lookup(s.Dev, s.Addr)
	if e == nil {
		return ErrNotFound
	}
	t.Update(e, packet.MAC{}, Failed, Override|Admin)
	t.remove(e)
	return nil
}

// addProxy is pneigh_lookup with creat.
func (t *Table) addProxy(p Proxy) {
	for i, o := range t.proxies {
		if o.Addr == p.Addr && (o.Dev == p.Dev || o.Dev == 0) {
			t.proxies[i].Permanent, t.proxies[i].Router, t.proxies[i].ExtLearned = p.Permanent, p.Router, p.ExtLearned
			if p.Proto != 0 {
				t.proxies[i].Proto = p.Proto
			}
			return
		}
	}
	t.proxies = append(t.proxies, p)
}

// UsageError is what iproute2 finds wrong with a command line.
type UsageError struct {
	Msg    string // as printed, without the last newline
	Status int    // exit status of ip
}

// Error is the text that ip prints.
func (e *UsageError) Error() string { return e.Msg }

func usage(status int, parts ...string) error {
	return &UsageError{strings.Join(parts, ""), status}
}

// ParseNeigh reads the words after `ip neigh VERB`: ipneigh_modify of
// iproute2 6.1. Errors are *UsageError.
func ParseNeigh(args []string, env Env) (Spec, error) {
	s := Spec{State: Permanent}
	var dev, lladdr string
	var hasDst, hasLL bool
	for len(args) > 0 {
		w := args[0]
		args = args[1:]
		next := func() (string, error) {
			if len(args) == 0 {
				return "", usage(255, `Command line is not complete. Try option "help"`)
			}
			v := args[0]
			args = args[1:]
			return v, nil
		}
		var v string
		var err error
		switch {
		case abbreviates(w, "lladdr"):
			if v, err = next(); err == nil && hasLL {
				err = usage(255, `Error: duplicate "lladdr": "`, v, `" is the second value.`)
			}
			lladdr, hasLL = v, true
		case w == "nud":
			if v, err = next(); err == nil {
				s.State, err = parseState(v)
			}
		case abbreviates(w, "proxy"):
			if v, err = next(); err == nil {
				s.Proxy = true
				s.Addr, err = dst(v, hasDst, `Error: duplicate "address": "`+v+`" is the second value.`)
			}
			hasDst = true
		case w == "router":
			s.Router = true
		case w == "use":
			s.Use = true
		case w == "managed", abbreviates(w, "extern_learn"), abbreviates(w, "protocol"):
			err = usage(255, "not modelled: ip neigh … ", w)
		case w == "dev":
			dev, err = next()
		default:
			v = w
			if w == "to" {
				v, err = next()
			}
			if err == nil {
				s.Addr, err = dst(v, hasDst, `Error: either "to" is duplicate, or "`+v+`" is a garbage.`)
			}
			hasDst = true
		}
		if err != nil {
			return Spec{}, err
		}
	}
	if dev == "" && !s.Proxy || !hasDst {
		return Spec{}, usage(255, "Device and destination are required arguments.")
	}
	if hasLL && lladdr != "null" {
		mac, ok := parseMAC(lladdr)
		if !ok {
			return Spec{}, usage(255, `"`, lladdr, `" is invalid lladdr.`)
		}
		s.MAC, s.HasMAC = mac, true
	}
	if dev != "" {
		i, ok := env.DevIndex(dev)
		if !ok {
			return Spec{}, usage(1, `Cannot find device "`, dev, `"`)
		}
		s.Dev = i
	}
	return s, nil
}

// dst reads the neighbour's address; twice is the text for a second one.
func dst(v string, seen bool, twice string) (netip.Addr, error) {
	if seen {
		return netip.Addr{}, usage(255, twice)
	}
	a, err := netip.ParseAddr(v)
	switch {
	case err != nil:
		return a, usage(1, `Error: any valid address is expected rather than "`, v, `".`)
	case !a.Is4():
		return a, usage(255, "not modelled: IPv6 address ", v)
	}
	return a, nil
}

func abbreviates(word, name string) bool {
	return word != "" && strings.HasPrefix(name, word)
}

// parseState reads a state's name or its number: nud_state_a2n.
func parseState(w string) (State, error) {
	for _, v := range [...]struct {
		name string
		s    State
	}{
		{"permanent", Permanent}, {"reachable", Reachable}, {"noarp", NoARP}, {"none", None}, {"stale", Stale},
		{"incomplete", Incomplete}, {"delay", Delay}, {"probe", Probe}, {"failed", Failed},
	} {
		if w == v.name {
			return v.s, nil
		}
	}
	n, err := strconv.ParseUint(w, 0, 8)
	if err != nil {
		return 0, usage(255, `Error: argument "`, w, `" is wrong: nud state is bad`)
	}
	return State(n), nil
}

// parseMAC reads six bytes in hexadecimal with colons between.
func parseMAC(w string) (m packet.MAC, ok bool) {
	parts := strings.Split(w, ":")
	if len(parts) != len(m) {
		return m, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 16, 8)
		if err != nil {
			return m, false
		}
		m[i] = byte(n)
	}
	return m, true
}

// Listed reports that `ip neigh` without arguments shows e: it shows neither
// NOARP entries nor those that nobody used yet.
func (e *Entry) Listed() bool { return e.State&^NoARP != 0 }

// AppendEntry appends the line of `ip neigh` for e, like print_neigh of
// iproute2 6.1: every word is followed by a blank. hideDev is for
// `ip neigh show dev IF`. There is no newline.
func AppendEntry(dst []byte, e *Entry, env Env, hideDev bool) []byte {
	dst = append(e.Addr.AppendTo(dst), ' ')
	if !hideDev {
		dst = append(append(append(dst, "dev "...), env.DevName(e.Dev)...), ' ')
	}
	if e.State&Valid != 0 {
		dst = append(append(append(dst, "lladdr "...), e.MAC.String()...), ' ')
	}
	if e.Router {
		dst = append(dst, "router "...)
	}
	if e.ExtLearned {
		dst = append(dst, "extern_learn "...)
	}
	for _, v := range states {
		if e.State&v.s != 0 {
			dst = append(append(dst, v.name...), ' ')
		}
	}
	return dst
}

// AppendProxy appends the line of `ip neigh show proxy` for p.
func AppendProxy(dst []byte, p Proxy, env Env) []byte {
	dst = append(p.Addr.AppendTo(dst), ' ')
	if p.Dev != 0 {
		dst = append(append(append(dst, "dev "...), env.DevName(p.Dev)...), ' ')
	}
	if p.Router {
		dst = append(dst, "router "...)
	}
	return append(dst, "proxy "...)
}
