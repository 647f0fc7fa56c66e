package shell

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Args are the arguments of a tool, taken apart by its table of options.
type Args struct {
	Operands []string
	order    []given
}

type given struct {
	key string
	val string
}

// Has says that an option was given; name is its first spelling in the table,
// such as "-n".
func (a *Args) Has(name string) bool {
	for _, g := range a.order {
		if g.key == name {
			return true
		}
	}
	return false
}

// Count is how often an option was given.
func (a *Args) Count(name string) int {
	n := 0
	for _, g := range a.order {
		if g.key == name {
			n++
		}
	}
	return n
}

// Value is the last argument of an option, or def if it was not given.
func (a *Args) Value(name, def string) string {
	for _, g := range a.order {
		if g.key == name {
			def = g.val
		}
	}
	return def
}

// Values are all arguments of an option.
func (a *Args) Values(name string) []string {
	var l []string
	for _, g := range a.order {
		if g.key == name {
			l = append(l, g.val)
		}
	}
	return l
}

// Last is which of several options was given last, "" if none.
func (a *Args) Last(names ...string) string {
	last := ""
	for _, g := range a.order {
		for _, n := range names {
			if g.key == n {
				last = n
			}
		}
	}
	return last
}

// option is a row of the table, taken apart.
type option struct {
	key      string
	takesArg bool
	optional bool // --color[=WHEN]
	missing  bool // not modelled
}

// table reads the Flag of each Option: "-n, --lines NUM". A word in capitals
// after a spelling means that it takes an argument; in brackets, that it may.
func (t *Tool) table() map[string]option {
	m := map[string]option{}
	for _, o := range t.Options {
		if !strings.HasPrefix(o.Flag, "-") {
			continue
		}
		var spellings []string
		takes, optional := false, false
		for i, w := range strings.Fields(strings.ReplaceAll(o.Flag, ",", " ")) {
			name, _, eq := strings.Cut(w, "=")
			name, _, bracket := strings.Cut(name, "[")
			switch {
			case strings.HasPrefix(w, "-"):
				spellings = append(spellings, name)
				takes = takes || eq
				optional = optional || bracket
			case i > 0:
				takes = true
			}
		}
		for _, s := range spellings {
			m[s] = option{spellings[0], takes || optional, optional, o.NotModelled}
		}
	}
	return m
}

// Getopt takes the arguments apart as getopt_long(3) does. With stop, what
// follows the first operand is not looked at: tools that run another command.
// Where that fails it has printed why; the tool returns its usage status.
func (c *Call) Getopt(stop bool) (*Args, bool) {
	m := c.Tool.table()
	a := &Args{}
	args := c.Args[1:]
	bad := func(format string, x ...any) (*Args, bool) {
		c.Errorf(format, x...)
		fmt.Fprintf(c.Err, "Try '%s --help' for more information.\n", c.Name())
		return nil, false
	}
	for len(args) > 0 {
		w := args[0]
		args = args[1:]
		switch {
		case w == "--":
			a.Operands = append(a.Operands, args...)
			return a, true
		case strings.HasPrefix(w, "--"):
			name, val, eq := strings.Cut(w, "=")
			o, ok := m[name]
			if !ok {
				o, ok = unique(m, name)
			}
			switch {
			case !ok:
				return bad("unrecognized option '%s'", w)
			case o.missing:
				c.Errorf("not modelled: %s", name)
				return nil, false
			case eq && !o.takesArg:
				return bad("option '%s' doesn't allow an argument", name)
			case o.takesArg && !eq && !o.optional:
				if len(args) == 0 {
					return bad("option '%s' requires an argument", name)
				}
				val, args = args[0], args[1:]
			}
			a.order = append(a.order, given{o.key, val})
		case len(w) > 1 && w[0] == '-':
			if c.Tool.digits(w, m) {
				a.order = append(a.order, given{"-n", w[1:]})
				continue
			}
			for i := 1; i < len(w); i++ {
				o, ok := m[w[:1]+w[i:i+1]]
				if !ok {
					return bad("invalid option -- '%c'", w[i])
				}
				if o.missing {
					c.Errorf("not modelled: -%c", w[i])
					return nil, false
				}
				if !o.takesArg || o.optional && i+1 == len(w) {
					a.order = append(a.order, given{o.key, ""})
					continue
				}
				val := w[i+1:]
				if val == "" {
					if len(args) == 0 {
						return bad("option requires an argument -- '%c'", w[i])
					}
					val, args = args[0], args[1:]
				}
				a.order = append(a.order, given{o.key, val})
				break
			}
		default:
			a.Operands = append(a.Operands, w)
			if stop {
				a.Operands = append(a.Operands, args...)
				return a, true
			}
		}
	}
	return a, true
}

// digits says that w is the old spelling -5 of -n 5, as head has it.
func (t *Tool) digits(w string, m map[string]option) bool {
	return w[1] >= '0' && w[1] <= '9' && m["-n"].takesArg && m[w[:2]].key == ""
}

// unique finds a long option by its beginning.
func unique(m map[string]option, name string) (option, bool) {
	var found option
	n := 0
	for _, k := range slices.Sorted(maps.Keys(m)) {
		o := m[k]
		if strings.HasPrefix(k, name) && strings.HasPrefix(k, "--") && (n == 0 || o.key != found.key) {
			found = o
			n++
		}
	}
	return found, n == 1
}
