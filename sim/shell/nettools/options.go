package nettools

import (
	"slices"
	"strings"

	"hoplab/sim/shell"
)

// given is one option of a command line under its first spelling in the tool's
// table: "-n" for "-n, --numeric" however it was typed.
type given struct{ name, value string }

// optError is a command line that getopt_long(3) refuses, or that asks for
// something that is not modelled.
type optError struct {
	msg         string
	word        string // the option as it was spelled
	notModelled bool
	noValue     bool // its argument is missing
}

// Error is getopt's text.
func (e *optError) Error() string { return e.msg }

// spelling is one way to write an option, with what follows it.
type spelling struct {
	name     string
	arg      bool
	optional bool // the argument may be missing: only -xARG and --long=ARG are one
}

// spellings reads an Option's Flag: "-c COUNT", "-n, --numeric",
// "-p, --load[=FILE]".
func spellings(flag string) []spelling {
	var all []spelling
	optional, arg := false, false
	for part := range strings.SplitSeq(flag, ", ") {
		name := part
		if i := strings.IndexAny(part, " =["); i >= 0 {
			name = part[:i]
			arg = true
			optional = optional || part[i] == '['
		}
		all = append(all, spelling{name: name})
	}
	for i := range all {
		all[i].arg, all[i].optional = arg, optional
	}
	return all
}

// getopt reads args by the tool's table of options, as getopt_long(3) does. With
// stop it ends at the first word that is no option, otherwise such words may
// stand anywhere.
func getopt(t *shell.Tool, args []string, stop bool) (opts []given, rest []string, err error) {
	p := optParser{tool: t, args: args}
	for len(p.args) > 0 {
		a := p.args[0]
		p.args = p.args[1:]
		switch {
		case a == "--":
			return p.opts, append(rest, p.args...), nil
		case strings.HasPrefix(a, "--"):
			err = p.long(a)
		case len(a) > 1 && a[0] == '-':
			err = p.short(a[1:])
		case stop:
			return p.opts, append([]string{a}, p.args...), nil
		default:
			rest = append(rest, a)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return p.opts, rest, nil
}

type optParser struct {
	tool *shell.Tool
	args []string
	opts []given
}

// add notes an option that was found.
func (p *optParser) add(o *shell.Option, first, spelled, value string) error {
	if o.NotModelled {
		return &optError{msg: "not modelled: " + spelled, word: spelled, notModelled: true}
	}
	p.opts = append(p.opts, given{first, value})
	return nil
}

func (p *optParser) short(bundle string) error {
	for bundle != "" {
		letter := bundle[:1]
		bundle = bundle[1:]
		o, first, s := p.find("-" + letter)
		switch {
		case o == nil:
			return &optError{msg: "invalid option -- '" + letter + "'", word: "-" + letter}
		case !s.arg:
			if err := p.add(o, first, s.name, ""); err != nil {
				return err
			}
			continue
		case bundle == "" && !s.optional:
			if len(p.args) == 0 {
				return &optError{msg: "option requires an argument -- '" + letter + "'", word: "-" + letter, noValue: true}
			}
			bundle, p.args = p.args[0], p.args[1:]
		}
		return p.add(o, first, s.name, bundle)
	}
	return nil
}

func (p *optParser) long(a string) error {
	name, value, hasValue := strings.Cut(a, "=")
	o, first, s := p.find(name)
	if o == nil {
		var like []string
		for i := range p.tool.Options {
			for _, x := range spellings(p.tool.Options[i].Flag) {
				if strings.HasPrefix(x.name, name) {
					o, first, s = &p.tool.Options[i], spellings(p.tool.Options[i].Flag)[0].name, x
					like = append(like, "'"+x.name+"'")
				}
			}
		}
		switch {
		case len(like) == 0:
			return &optError{msg: "unrecognized option '" + name + "'", word: name}
		case len(like) > 1:
			return &optError{msg: "option '" + name + "' is ambiguous; possibilities: " + strings.Join(like, " "), word: name}
		}
	}
	switch {
	case hasValue && !s.arg:
		return &optError{msg: "option '" + s.name + "' doesn't allow an argument", word: name}
	case s.arg && !s.optional && !hasValue:
		if len(p.args) == 0 {
			return &optError{msg: "option '" + s.name + "' requires an argument", word: name, noValue: true}
		}
		value, p.args = p.args[0], p.args[1:]
	}
	return p.add(o, first, s.name, value)
}

// find looks for an option by a whole spelling.
func (p *optParser) find(name string) (o *shell.Option, first string, s spelling) {
	for i := range p.tool.Options {
		all := spellings(p.tool.Options[i].Flag)
		if j := slices.IndexFunc(all, func(x spelling) bool { return x.name == name }); j >= 0 {
			return &p.tool.Options[i], all[0].name, all[j]
		}
	}
	return nil, "", spelling{}
}
