package iptables

import (
	"fmt"
	"strings"

	"hoplab/sim/netfilter"
)

// Version is what the messages say.
const Version = "iptables v1.8.9 (legacy)"

// Error is a failed command: Msg is what goes to stderr, without the last line
// feed, and Code the exit code.
type Error struct {
	Code int
	Msg  string
}

// Error is the message.
func (e *Error) Error() string { return e.Msg }

const tryHelp = "Try `iptables -h' or 'iptables --help' for more information."

// usage is a PARAMETER_PROBLEM of iptables: exit code 2.
func usage(format string, args ...any) *Error {
	return &Error{2, Version + ": " + fmt.Sprintf(format, args...) + "\n" + tryHelp}
}

func notModelled(what string) *Error {
	return &Error{2, Version + ": not modelled: " + what}
}

// option is one long option of an extension.
type option struct {
	name    string // as messages call it
	aliases string // other spellings
	noArg   bool
	two     bool // takes two arguments
	invert  bool // may stand behind !
	must    bool // must be given
	many    bool // may be given more than once
	silent  bool // the extension has its own words for what is wrong
	excl    string
	also    string
	set     func(v string, not bool) error
	set2    func(v, w string, not bool) error
}

func (o *option) spelled(name string) bool {
	if o.name == name {
		return true
	}
	for a := range strings.FieldsSeq(o.aliases) {
		if a == name {
			return true
		}
	}
	return false
}

// extension is a match or target with what its options filled in so far.
type extension struct {
	name  string
	opts  []option
	given map[string]bool
	match func() (netfilter.Match, error) // exactly one of match and target
	aim   func() (netfilter.Target, error)
}

// lookup finds an option by name or by a beginning that only it has.
func lookup(exts []*extension, name string) (*extension, *option) {
	var found *option
	var of *extension
	n := 0
	for i := len(exts) - 1; i >= 0; i-- { // the latest of two equal matches has the word
		for j := range exts[i].opts {
			o := &exts[i].opts[j]
			if o.spelled(name) {
				return exts[i], o
			}
			for _, full := range append(strings.Fields(o.aliases), o.name) {
				if strings.HasPrefix(full, name) && found != o {
					found, of = o, exts[i]
					n++
				}
			}
		}
	}
	if n == 1 && name != "" {
		return of, found
	}
	return nil, nil
}

// use gives an option its value.
func (e *extension) use(o *option, args []string, not bool) error {
	if !o.silent {
		if e.given[o.name] && !o.many {
			return usage("%s: option \"--%s\" can only be used once.\n", e.name, o.name)
		}
		if not && !o.invert {
			return usage("%s: option \"--%s\" cannot be inverted.\n", e.name, o.name)
		}
	}
	if e.given == nil {
		e.given = make(map[string]bool)
	}
	e.given[o.name] = true
	switch {
	case o.set2 != nil:
		return o.set2(args[0], args[1], not)
	case o.noArg:
		return o.set("", not)
	}
	return o.set(args[0], not)
}

// check holds what was given to what belongs together.
func (e *extension) check() error {
	for i := range e.opts {
		o := &e.opts[i]
		if o.must && !e.given[o.name] {
			return usage("%s: option \"--%s\" must be specified\n", e.name, o.name)
		}
	}
	for i := range e.opts {
		o := &e.opts[i]
		if !e.given[o.name] {
			continue
		}
		for x := range strings.FieldsSeq(o.excl) {
			if e.given[x] {
				return usage("%s: option \"--%s\" cannot be used together with \"--%s\".\n", e.name, o.name, x)
			}
		}
		for x := range strings.FieldsSeq(o.also) {
			if !e.given[x] {
				return usage("%s: option \"--%s\" also requires \"--%s\".\n", e.name, o.name, x)
			}
		}
	}
	return nil
}
