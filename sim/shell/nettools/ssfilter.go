package nettools

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/netfilter/etc"
)

// ssError ends the reading of a filter: what is printed, and the exit status.
type ssError struct {
	text   string
	status int
	usage  bool
}

// Error is the text.
func (e *ssError) Error() string { return e.text }

var errBison = &ssError{text: "ss: bison bellows (while parsing filter): \"syntax error!\" Sorry.", status: 255, usage: true}

func badAddress(format, value string) error {
	return &ssError{text: fmt.Sprintf(format, value) + "\nCannot parse dst/src address.", status: 1}
}

// filter reads what follows the options: state STATE, exclude STATE, and an
// expression.
func (r *ssRun) filter(words []string) int {
	excluded := []string{}
	for len(words) > 0 && (words[0] == "state" || words[0] == "exclude" || words[0] == "excl") {
		if len(words) < 2 {
			fmt.Fprintln(r.Err, `Command line is not complete. Try option "help"`)
			return 255
		}
		states, ok := ssStates(words[1])
		if !ok {
			return r.Fail(255, "wrong state name: %s", words[1])
		}
		if words[0] == "state" {
			r.states = append(r.states, states...)
		} else {
			excluded = append(excluded, states...)
		}
		words = words[2:]
	}
	if len(excluded) > 0 {
		if r.states == nil {
			r.states, _ = ssStates("all")
		}
		r.states = slices.DeleteFunc(r.states, func(s string) bool { return slices.Contains(excluded, s) })
	}
	if len(words) == 0 {
		return 0
	}
	x := &ssExpr{r: r, words: ssTokens(words)}
	f, err := x.or()
	if err == nil && len(x.words) > 0 {
		err = errBison
	}
	if err != nil {
		e := err.(*ssError) //nolint:errorlint,errcheck // made above
		fmt.Fprintln(r.Err, e.text)
		if e.usage {
			io.WriteString(r.Err, ssUsage)
		}
		return e.status
	}
	r.only = f
	return 0
}

// ssTokens splits words at parentheses, as yylex does.
func ssTokens(words []string) []string {
	var all []string
	for w := range strings.FieldsSeq(strings.Join(words, " ")) {
		for w != "" {
			i := strings.IndexAny(w, "()")
			switch {
			case i < 0:
				all = append(all, w)
				w = ""
			case i > 0:
				all = append(all, w[:i])
				w = w[i:]
			default:
				all = append(all, w[:1])
				w = w[1:]
			}
		}
	}
	return all
}

// ssExpr reads an expression of ssfilter.y.
type ssExpr struct {
	r     *ssRun
	words []string
}

type ssTest func(s socket) bool

func (x *ssExpr) next() string {
	if len(x.words) == 0 {
		return ""
	}
	return x.words[0]
}

func (x *ssExpr) take() string {
	w := x.next()
	if w != "" {
		x.words = x.words[1:]
	}
	return w
}

func (x *ssExpr) or() (ssTest, error) {
	a, err := x.and()
	for err == nil && (x.next() == "or" || x.next() == "|" || x.next() == "||") {
		x.take()
		var b ssTest
		left := a
		if b, err = x.and(); err == nil {
			a = func(s socket) bool { return left(s) || b(s) }
		}
	}
	return a, err
}

func (x *ssExpr) and() (ssTest, error) {
	a, err := x.term()
	for err == nil && x.next() != "" && x.next() != ")" && x.next() != "or" && x.next() != "|" && x.next() != "||" {
		if n := x.next(); n == "and" || n == "&" || n == "&&" {
			x.take()
		}
		var b ssTest
		left := a
		if b, err = x.term(); err == nil {
			a = func(s socket) bool { return left(s) && b(s) }
		}
	}
	return a, err
}

func (x *ssExpr) term() (ssTest, error) {
	switch w := x.take(); w {
	case "":
		return nil, errBison
	case "(":
		f, err := x.or()
		if err == nil && x.take() != ")" {
			err = errBison
		}
		return f, err
	case "not", "!":
		f, err := x.term()
		if err != nil {
			return nil, err
		}
		return func(s socket) bool { return !f(s) }, nil
	case "src", "dst":
		return x.address(w, false)
	case "sport", "dport":
		return x.address(w, true)
	case "dev":
		return x.device()
	case "autobound", "fwmark", "cgroup":
		return nil, &ssError{text: "ss: not modelled: filter " + w, status: 255}
	default: // an address alone is that of the other end
		x.words = append([]string{w}, x.words...)
		return x.address("dst", false)
	}
}

// ssCompare are the operators of ports and addresses.
func ssCompare(op string) func(c int) bool {
	switch op {
	case "=", "==", "eq":
		return func(c int) bool { return c == 0 }
	case "!=", "ne", "neq":
		return func(c int) bool { return c != 0 }
	case "<", "lt":
		return func(c int) bool { return c < 0 }
	case ">", "gt":
		return func(c int) bool { return c > 0 }
	case "<=", "le", "leq":
		return func(c int) bool { return c <= 0 }
	case ">=", "ge", "geq":
		return func(c int) bool { return c >= 0 }
	}
	return nil
}

// address is src, dst, sport or dport with a value.
func (x *ssExpr) address(word string, port bool) (ssTest, error) {
	compare := ssCompare(x.next())
	if compare != nil {
		x.take()
	} else {
		compare = ssCompare("=")
	}
	value := x.take()
	if value == "" || value == "(" || value == ")" {
		return nil, errBison
	}
	host, service, hasPort := strings.Cut(value, ":")
	if port && !hasPort {
		host, service, hasPort = "", host, true
	}
	p, n := netip.Prefix{}, -1
	if host != "" && host != "*" {
		h := host
		if a, ok := lookupHost(x.r.Call, h); ok {
			h = a
		}
		if !strings.Contains(h, "/") {
			h += "/32"
		}
		var err error
		if p, err = netip.ParsePrefix(h); err != nil {
			return nil, badAddress("Error: an inet prefix is expected rather than \"%s\".", host)
		}
	}
	if hasPort && service != "" && service != "*" {
		if v, err := strconv.ParseUint(service, 0, 32); err == nil {
			n = int(v)
		} else if v, ok := etc.ServicePort(service, ""); ok {
			n = int(v)
		} else {
			return nil, badAddress("Error: \"%s\" does not look like a port.", service)
		}
	}
	return func(s socket) bool {
		a := s.local
		if word[0] == 'd' {
			a = s.remote
		}
		if port {
			return compare(int(a.Port()) - n)
		}
		equal := (!p.IsValid() || p.Contains(a.Addr())) && (n < 0 || n == int(a.Port()))
		if equal {
			return compare(0)
		}
		return compare(1)
	}, nil
}

func (x *ssExpr) device() (ssTest, error) {
	compare := ssCompare(x.next())
	if compare != nil {
		x.take()
	} else {
		compare = ssCompare("=")
	}
	d := x.r.NS.Device(x.take())
	if d == nil {
		return nil, &ssError{text: "Cannot parse device.", status: 1}
	}
	return func(s socket) bool { return compare(int(s.dev - d.Index)) }, nil
}
