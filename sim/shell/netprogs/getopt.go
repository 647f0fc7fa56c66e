package netprogs

import (
	"fmt"
	"strings"

	"hoplab/sim/shell"
)

// given is one option of a command line.
type given struct {
	name  string // the first of its spellings: "-i", "--print"
	value string
}

// usageError is a command line that getopt_long(3) refuses.
type usageError struct{ text string }

// Error is what getopt_long prints after the program's name.
func (e *usageError) Error() string { return e.text }

// notModelledError is an option that the real program has.
type notModelledError struct{ what string }

// Error says so.
func (e *notModelledError) Error() string { return "not modelled: " + e.what }

// spelling is one way to write an option of a table.
type spelling struct {
	text  string // "-i", "--interface"
	takes bool   // an argument
	o     *shell.Option
	name  string // first spelling
}

// spellings reads Option.Flag: "-i, --interface IF", "-n", "--print".
func spellings(table []shell.Option) []spelling {
	var all []spelling
	for i := range table {
		flag, arg, _ := strings.Cut(table[i].Flag, " <")
		first := len(all)
		for word := range strings.SplitSeq(flag, ", ") {
			all = append(all, spelling{text: word, takes: arg != "", o: &table[i]})
			all[len(all)-1].name = all[first].text
		}
	}
	return all
}

// getopt reads a command line as getopt_long(3) does: options may follow
// operands, and long ones may be cut short where that is unique. With an error
// come the options before it: programs act on those first.
func getopt(table []shell.Option, args []string) (opts []given, operands []string, err error) {
	all := spellings(table)
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			return opts, append(operands, args...), nil
		case len(word) < 2 || word[0] != '-':
			operands = append(operands, word)
		case word[1] == '-':
			name, value, hasValue := strings.Cut(word, "=")
			s, err := findLong(all, name)
			if err != nil {
				return opts, nil, err
			}
			switch {
			case !s.takes && hasValue:
				return opts, nil, &usageError{fmt.Sprintf("option '%s' doesn't allow an argument", s.text)}
			case s.takes && !hasValue:
				if len(args) == 0 {
					return opts, nil, &usageError{fmt.Sprintf("option '%s' requires an argument", s.text)}
				}
				value, args = args[0], args[1:]
			}
			if s.o.NotModelled {
				return opts, nil, &notModelledError{s.text}
			}
			opts = append(opts, given{s.name, value})
		default:
			for rest := word[1:]; rest != ""; {
				c := rest[:1]
				rest = rest[1:]
				s := findShort(all, c)
				if s == nil {
					return opts, nil, &usageError{fmt.Sprintf("invalid option -- '%s'", c)}
				}
				value := ""
				if s.takes {
					value, rest = rest, ""
					if value == "" {
						if len(args) == 0 {
							return opts, nil, &usageError{fmt.Sprintf("option requires an argument -- '%s'", c)}
						}
						value, args = args[0], args[1:]
					}
				}
				if s.o.NotModelled {
					return opts, nil, &notModelledError{s.text}
				}
				opts = append(opts, given{s.name, value})
			}
		}
	}
	return opts, operands, nil
}

func findShort(all []spelling, c string) *spelling {
	for i := range all {
		if all[i].text == "-"+c {
			return &all[i]
		}
	}
	return nil
}

func findLong(all []spelling, name string) (*spelling, error) {
	var found []*spelling
	for i := range all {
		switch s := &all[i]; {
		case s.text == name:
			return s, nil
		case strings.HasPrefix(s.text, name):
			found = append(found, s)
		}
	}
	switch len(found) {
	case 0:
		return nil, &usageError{fmt.Sprintf("unrecognized option '%s'", name)}
	case 1:
		return found[0], nil
	}
	text := fmt.Sprintf("option '%s' is ambiguous; possibilities:", name)
	for _, s := range found {
		text += " '" + s.text + "'"
	}
	return nil, &usageError{text}
}
