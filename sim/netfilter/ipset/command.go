package ipset

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Version is what the messages say.
const Version = "ipset v7.17"

// Error is a failed command: Msg is what goes to stderr, without the last line
// feed, and Code the exit code.
type Error struct {
	Code int
	Msg  string
}

// Error is the message.
func (e *Error) Error() string { return e.Msg }

// usage is an error in the command line: exit code 2.
func usage(format string, args ...any) *Error {
	return &Error{2, Version + ": " + fmt.Sprintf(format, args...) + "\nTry `ipset help' for more information."}
}

// failure is an error in a value, or one of the kernel's: exit code 1.
func failure(format string, args ...any) *Error {
	return &Error{1, Version + ": " + fmt.Sprintf(format, args...)}
}

func notModelled(what string) *Error {
	return &Error{2, Version + ": not modelled: " + what}
}

type verb uint8

const (
	none verb = iota
	create
	add
	del
	test
	destroy
	list
	save
	flush
	rename
	swap
	version
)

var verbs = []struct {
	verb     verb
	names    string
	min, max int // of plain arguments; max -1: any number
}{
	{create, "create n new -N --create", 2, -1}, {add, "add -A --add", 2, -1}, {del, "del -D --del", 2, -1}, {test, "test -T --test", 2, -1},
	{destroy, "destroy x -X --destroy", 0, 1}, {list, "list -L --list", 0, 1}, {save, "save -S --save", 0, 1}, {flush, "flush -F --flush", 0, 1},
	{rename, "rename e ren -E --rename", 2, 2}, {swap, "swap w -W --swap", 2, 2}, {version, "version -v -V --version", 0, 0},
}

// Command is one parsed ipset command line.
type Command struct {
	// Notice is what Apply wants on stderr in spite of success.
	Notice string

	verb  verb
	name  string // of the command, as given
	args  []string
	exist bool // -exist
	quiet bool
	sort  bool
	terse bool // -t
	names bool // -n
	save  bool // -o save
}

// Parse reads the arguments of an ipset command line, without the name of the
// program. What depends on the type of a set is left to Apply.
func Parse(args []string) (*Command, error) {
	c := &Command{}
	min, max := 0, 0
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch a {
		case "-exist", "-!", "--exist":
			c.exist = true
			continue
		case "-quiet", "-q", "--quiet":
			c.quiet = true
			continue
		case "-sorted", "-s", "--sorted":
			c.sort = true
			continue
		case "-terse", "-t", "--terse":
			c.terse = true
			continue
		case "-name", "-n", "--name":
			c.names = true
			continue
		case "-output", "-o", "--output":
			i++
			if i == len(args) {
				return nil, usage("Missing mandatory argument to option %s", a)
			}
			switch args[i] {
			case "plain":
				c.save = false
			case "save":
				c.save = true
			case "xml", "json":
				return nil, notModelled("ipset -o " + args[i])
			default:
				return nil, failure("Syntax error: unknown output mode '%s'", args[i])
			}
			continue
		case "-resolve", "-r", "--resolve", "-file", "-f", "--file":
			return nil, notModelled("ipset " + a)
		}
		if c.verb != none {
			if max >= 0 && len(c.args) >= max {
				return nil, usage("Unknown argument %s", a)
			}
			c.args = append(c.args, a)
			continue
		}
		for _, v := range verbs {
			if slices.Contains(strings.Fields(v.names), a) {
				c.verb, c.name, min, max = v.verb, strings.Fields(v.names)[0], v.min, v.max
			}
		}
		switch a {
		case "restore", "-R", "--restore", "help", "-H", "-h", "--help":
			return nil, notModelled("ipset " + a)
		}
		if c.verb == none {
			return nil, usage("No command specified: unknown argument %s", a)
		}
	}
	switch {
	case c.verb == none:
		return nil, usage("No command specified.")
	case len(c.args) < min && len(c.args) == 0:
		return nil, usage("Missing mandatory argument to command %s", c.name)
	case len(c.args) < min:
		return nil, usage("Missing second mandatory argument to command %s", c.name)
	}
	if len(c.args) > 0 {
		if err := checkName(c.args[0]); err != nil {
			return nil, err
		}
	}
	if c.verb == rename || c.verb == swap {
		if err := checkName(c.args[1]); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// checkName holds a set name to IPSET_MAXNAMELEN.
func checkName(name string) *Error {
	if len(name) > 31 {
		return failure("Syntax error: setname '%s' is longer than 31 characters", name)
	}
	if name == "" {
		return failure("Syntax error: setname '' is empty")
	}
	return nil
}

// Apply runs the command on the sets of a namespace. An error is an *Error.
func (c *Command) Apply(s *Sets) (stdout string, err error) {
	c.Notice = ""
	stdout, err = c.run(s)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		err = failure("%s", err)
	}
	if c.quiet && err != nil {
		errors.As(err, &e)
		err = &Error{Code: e.Code}
	}
	if c.quiet {
		c.Notice = ""
	}
	return stdout, err
}

func (c *Command) run(s *Sets) (string, error) {
	var set *Set
	if len(c.args) > 0 && c.verb != create {
		if set = s.Get(c.args[0]); set == nil {
			return "", ErrNoSet
		}
	}
	switch c.verb {
	case create:
		return "", c.create(s)
	case add, del, test:
		if set.typ == ListSet {
			return "", c.member(s, set)
		}
		return "", c.element(set)
	case destroy:
		if set == nil {
			return "", s.DestroyAll()
		}
		return "", s.Destroy(set.name)
	case flush:
		if set != nil {
			set.Flush()
			return "", nil
		}
		for _, set := range s.All() {
			set.Flush()
		}
	case rename:
		return "", s.Rename(c.args[0], c.args[1])
	case swap:
		return "", s.Swap(c.args[0], c.args[1])
	case version:
		return Version + ", protocol version: 7\n", nil
	case list, save:
		return string(c.list(s, set)), nil
	}
	return "", nil
}

func (c *Command) create(s *Sets) error {
	typ := numTypes
	name := c.args[1]
	for i, t := range types {
		if name == t.name || name == t.alias {
			typ = Type(i)
		}
	}
	if typ == numTypes {
		switch name {
		case "bitmap:ip", "bitmap:ip,mac", "hash:mac", "hash:ip,mac", "hash:net,iface", "hash:ip,mark", "hash:net,net", "hash:ip,port,net", "hash:net,port,net":
			return notModelled("ipset type " + name)
		}
		return failure("Syntax error: typename '%s' is unknown", name)
	}
	var o Options
	ranged := typ != BitmapPort
	opts := c.args[2:]
	for i := 0; i < len(opts); i++ {
		opt := opts[i]
		value := func() (string, *Error) {
			i++
			if i >= len(opts) {
				return "", usage("Missing mandatory argument of option `%s'", opt)
			}
			return opts[i], nil
		}
		number := func(max uint64) (uint64, error) {
			v, err := value()
			if err != nil {
				return 0, err
			}
			return parseNumber(v, max)
		}
		var n uint64
		var err error
		switch {
		case opt == "comment":
			o.Comment = true
		case opt == "size" && typ == ListSet:
			if n, err = number(1<<32 - 1); err == nil {
				o.MaxElem = max(4, uint32(n))
			}
		case opt == "timeout":
			if n, err = number(2147483); err == nil {
				o.Timeouts, o.Timeout = true, int(n)
			}
		case opt == "counters":
			o.Counters = true
		case opt == "range" && typ == BitmapPort:
			ranged = true
			v, err := value()
			if err != nil {
				return err
			}
			from, to, two := strings.Cut(v, "-")
			if !two {
				return usage("Mandatory option `to' is missing")
			}
			a, e := parseService(from, "tcp")
			if e != nil {
				return e
			}
			b, e := parseService(to, "tcp")
			if e != nil {
				return e
			}
			o.From, o.To = min(a, b), max(a, b)
		case opt == "skbinfo" || typ != ListSet && (opt == "netmask" || opt == "forceadd" || opt == "bitmask"):
			if opt == "netmask" || opt == "bitmask" {
				if _, err := value(); err != nil {
					return err
				}
			}
			return notModelled("ipset create option " + opt)
		case typ == ListSet || typ == BitmapPort:
			return usage("Unknown argument: `%s'", opt)
		case opt == "family":
			v, err := value()
			if err != nil {
				return err
			}
			switch v {
			case "inet", "ipv4", "-4":
			case "inet6", "ipv6", "-6":
				return notModelled("ipset family inet6")
			default:
				return failure("Syntax error: unknown inet family %s", v)
			}
		case opt == "hashsize":
			if n, err = number(1<<32 - 1); err == nil {
				o.HashSize = max(1, uint32(n))
			}
		case opt == "maxelem":
			if n, err = number(1<<32 - 1); err == nil && n == 0 {
				return notModelled("ipset create option maxelem 0")
			}
			o.MaxElem = uint32(n)
		case opt == "bucketsize":
			if n, err = number(255); err == nil {
				o.BucketSize = min(12, max(2, uint8(n)&^1))
			}
		case opt == "initval":
			if n, err = number(1<<32 - 1); err == nil {
				o.Initval = uint32(n)
			}
		default:
			return usage("Unknown argument: `%s'", opt)
		}
		if err != nil {
			return err
		}
	}
	if !ranged {
		return usage("Mandatory option `range' is missing")
	}
	return s.Create(c.args[0], typ, o, c.exist)
}

// options reads what follows an element.
func (c *Command) options(net bool) (x Extra, err error) {
	for rest := c.args[2:]; len(rest) > 0; rest = rest[1:] {
		opt := rest[0]
		value := func() (string, error) {
			if len(rest) == 1 {
				return "", usage("Missing mandatory argument of option `%s'", opt)
			}
			rest = rest[1:]
			return rest[0], nil
		}
		var v string
		var n uint64
		switch {
		case opt == "nomatch" && net && c.verb != del:
			x.NoMatch = true
		case opt == "comment" && c.verb == add:
			if x.Comment, err = value(); err != nil {
				return x, err
			}
			switch {
			case strings.ContainsRune(x.Comment, '"'):
				return x, failure("Syntax error: \" character is not permitted in comments")
			case len(x.Comment) > 255:
				return x, failure("Syntax error: Comment is longer than the maximum allowed 255 characters")
			}
		case opt == "timeout" && c.verb == add:
			if v, err = value(); err == nil {
				n, err = parseNumber(v, 2147483)
				x.Timed, x.Timeout = true, int(n)
			}
		case (opt == "packets" || opt == "bytes") && c.verb == add:
			if v, err = value(); err == nil {
				n, err = parseNumber(v, 1<<63)
			}
			if opt == "packets" {
				x.Packets = n
			} else {
				x.Bytes = n
			}
		default:
			return x, usage("Unknown argument: `%s'", opt)
		}
		if err != nil {
			return x, err
		}
	}
	return x, nil
}

func (c *Command) element(set *Set) error {
	elems, err := parseElems(c.args[1], set.typ, c.verb)
	if err != nil {
		return err
	}
	x, err := c.options(types[set.typ].net)
	if err != nil {
		return err
	}
	if c.verb == test {
		r := No
		for e := range elems { // of a range the kernel tests the first
			r = set.Test(e)
			break
		}
		return c.report(r == Yes && !x.NoMatch || r == NoMatch && x.NoMatch)
	}
	for e := range elems {
		if c.verb == add {
			err = set.Add(e, x, c.exist)
		} else {
			err = set.Del(e, c.exist)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// report gives the answer of ipset test, which goes to stderr.
func (c *Command) report(in bool) error {
	if in {
		c.Notice = fmt.Sprintf("Warning: %s is in set %s.", c.args[1], c.args[0])
		return nil
	}
	return &Error{1, fmt.Sprintf("%s is NOT in set %s.", c.args[1], c.args[0])}
}

// member is add, del and test of a list:set.
func (c *Command) member(s *Sets, set *Set) error {
	member := s.Get(c.args[1])
	if member == nil {
		return errNoMember
	}
	var before, after *Set
	if len(c.args) == 4 && (c.args[2] == "before" || c.args[2] == "after") {
		ref := s.Get(c.args[3])
		if ref == nil {
			return errNoMember
		}
		if c.args[2] == "before" {
			before = ref
		} else {
			after = ref
		}
		c = &Command{verb: c.verb, args: c.args[:2], exist: c.exist}
	}
	x, err := c.options(false)
	if err != nil {
		return err
	}
	switch c.verb {
	case add:
		return set.AddSet(member, before, after, x, c.exist)
	case del:
		return set.DelSet(member, c.exist)
	}
	set.expire()
	return c.report(set.has(member))
}
