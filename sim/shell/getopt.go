package shell

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Given is one option of a command line.
type Given struct {
	Name  string // the first of its spellings in the table: "-n" for "-n, --lines NUM"
	Value string // its argument
}

// OptError is a command line that getopt_long(3) refuses, or an option that is
// not modelled.
type OptError struct {
	Text        string // as getopt_long prints it after the program's name
	Word        string // the option as it was typed
	NotModelled bool
	NoValue     bool // its argument is missing
}

// Error is the text.
func (e *OptError) Error() string { return e.Text }

// spelling is one way to write an option of a table.
type spelling struct {
	text     string // "-n", "--lines"
	first    string // the first one of this option
	row      int    // of the table
	takesArg bool
	optional bool // the argument may be missing: only -xARG and --long=ARG are one
	missing  bool // not modelled
}

// spellings reads the Flag of each Option: "-n, --lines NUM", "-s <len>",
// "--color[=WHEN]". What follows a spelling is its argument.
func spellings(table []Option) (all []spelling) {
	for row, o := range table {
		if !strings.HasPrefix(o.Flag, "-") {
			continue
		}
		x := spelling{row: row, missing: o.NotModelled}
		from := len(all)
		for part := range strings.SplitSeq(o.Flag, ", ") {
			i := strings.IndexAny(part, " =[")
			if i >= 0 {
				x.takesArg = true
				x.optional = x.optional || part[i] == '['
				part = part[:i]
			}
			all = append(all, spelling{text: part})
		}
		for i := from; i < len(all); i++ {
			x.text, x.first = all[i].text, all[from].text
			all[i] = x
		}
	}
	return all
}

// Getopt reads a command line as getopt_long(3) does: options may follow
// operands, and long ones may be cut short where that is unique. With stop, what
// follows the first operand is not looked at: tools that run another command.
// With an error, an *OptError, come the options before it; some programs act on
// those first.
func Getopt(table []Option, args []string, stop bool) (opts []Given, operands []string, err error) {
	p := optParser{all: spellings(table), args: args}
	err = p.parse(stop)
	return p.opts, p.operands, err
}

type optParser struct {
	all      []spelling
	digits   bool     // -5 is -n 5, as head has it
	args     []string // not yet read
	opts     []Given
	operands []string
}

func (p *optParser) parse(stop bool) error {
	for len(p.args) > 0 {
		w := p.args[0]
		p.args = p.args[1:]
		var err error
		switch {
		case w == "--":
			p.operands = append(p.operands, p.args...)
			return nil
		case strings.HasPrefix(w, "--"):
			err = p.long(w)
		case len(w) > 1 && w[0] == '-':
			err = p.short(w[1:])
		case stop:
			p.operands = append([]string{w}, p.args...)
			return nil
		default:
			p.operands = append(p.operands, w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// short reads the letters of one word.
func (p *optParser) short(bundle string) error {
	if p.digits && '0' <= bundle[0] && bundle[0] <= '9' && p.find("-"+bundle[:1]) == nil {
		if n := p.find("-n"); n != nil && n.takesArg {
			return p.add(n, bundle)
		}
	}
	for bundle != "" {
		letter := bundle[:1]
		bundle = bundle[1:]
		s := p.find("-" + letter)
		switch {
		case s == nil:
			return &OptError{Text: "invalid option -- '" + letter + "'", Word: "-" + letter}
		case !s.takesArg:
			if err := p.add(s, ""); err != nil {
				return err
			}
			continue
		case bundle == "" && !s.optional:
			if len(p.args) == 0 {
				return &OptError{Text: "option requires an argument -- '" + letter + "'", Word: "-" + letter, NoValue: true}
			}
			bundle, p.args = p.args[0], p.args[1:]
		}
		return p.add(s, bundle)
	}
	return nil
}

// long reads a word such as --lines=5 or --li.
func (p *optParser) long(word string) error {
	name, value, hasValue := strings.Cut(word, "=")
	s := p.find(name)
	if s == nil {
		var err error
		if s, err = p.abbreviated(name, word); err != nil {
			return err
		}
	}
	switch {
	case hasValue && !s.takesArg:
		return &OptError{Text: "option '" + s.text + "' doesn't allow an argument", Word: name}
	case s.takesArg && !s.optional && !hasValue:
		if len(p.args) == 0 {
			return &OptError{Text: "option '" + s.text + "' requires an argument", Word: name, NoValue: true}
		}
		value, p.args = p.args[0], p.args[1:]
	}
	return p.add(s, value)
}

// abbreviated finds a long option by its beginning.
func (p *optParser) abbreviated(name, word string) (*spelling, error) {
	var found *spelling
	ambiguous, like := false, ""
	for i := range p.all {
		s := &p.all[i]
		switch {
		case !strings.HasPrefix(s.text, name):
			continue
		case found == nil:
			found = s
		case found.row == s.row: // another spelling of the same
			continue
		default:
			ambiguous = true
		}
		like += " '" + s.text + "'"
	}
	switch {
	case found == nil:
		return nil, &OptError{Text: "unrecognized option '" + word + "'", Word: name}
	case ambiguous:
		return nil, &OptError{Text: "option '" + word + "' is ambiguous; possibilities:" + like, Word: name}
	}
	return found, nil
}

// find looks for an option by a whole spelling.
func (p *optParser) find(text string) *spelling {
	if i := slices.IndexFunc(p.all, func(s spelling) bool { return s.text == text }); i >= 0 {
		return &p.all[i]
	}
	return nil
}

// add notes an option that was found.
func (p *optParser) add(s *spelling, value string) error {
	if s.missing {
		return &OptError{Text: "not modelled: " + s.text, Word: s.text, NotModelled: true}
	}
	p.opts = append(p.opts, Given{s.first, value})
	return nil
}

// Args are the arguments of a tool, taken apart by its table of options.
type Args struct {
	Operands []string
	order    []Given
}

// Has says that an option was given; name is its first spelling in the table,
// such as "-n".
func (a *Args) Has(name string) bool {
	for _, g := range a.order {
		if g.Name == name {
			return true
		}
	}
	return false
}

// Count is how often an option was given.
func (a *Args) Count(name string) int {
	n := 0
	for _, g := range a.order {
		if g.Name == name {
			n++
		}
	}
	return n
}

// Value is the last argument of an option, or def if it was not given.
func (a *Args) Value(name, def string) string {
	for _, g := range a.order {
		if g.Name == name {
			def = g.Value
		}
	}
	return def
}

// Values are all arguments of an option.
func (a *Args) Values(name string) []string {
	var l []string
	for _, g := range a.order {
		if g.Name == name {
			l = append(l, g.Value)
		}
	}
	return l
}

// Last is which of several options was given last, "" if none.
func (a *Args) Last(names ...string) string {
	last := ""
	for _, g := range a.order {
		for _, n := range names {
			if g.Name == n {
				last = n
			}
		}
	}
	return last
}

// Getopt takes the arguments apart as [Getopt] does. Where that fails it has
// printed why; the tool returns its usage status.
func (c *Call) Getopt(stop bool) (*Args, bool) {
	p := optParser{all: spellings(c.Tool.Options), args: c.Args[1:], digits: true}
	if err := p.parse(stop); err != nil {
		c.Errorf("%v", err)
		var o *OptError
		if errors.As(err, &o) && !o.NotModelled {
			fmt.Fprintf(c.Err, "Try '%s --help' for more information.\n", c.Name())
		}
		return nil, false
	}
	return &Args{Operands: p.operands, order: p.opts}, true
}
