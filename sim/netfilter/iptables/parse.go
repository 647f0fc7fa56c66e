package iptables

import (
	"slices"
	"strconv"
	"strings"

	"hoplab/packet"
	nf "hoplab/sim/netfilter"
)

// action is what a command line asks for: its letter among the options, 0
// none.
type action byte

// Command is one parsed iptables command line.
type Command struct {
	table  string
	action action // A I D R C N X F Z P E S L, V for the version
	num    int    // rule number; 0 none
	chain  string // "": all
	other  string // new name of -E, policy of -P
	zero   bool   // -Z besides -L or -S
	spec   nf.Spec
	srcs   []nf.AddrMatch // at least one each where a rule is meant
	dsts   []nf.AddrMatch
	notSrc bool
	notDst bool
	jump   string // of -j or -g when it is no extension
	isGoto bool

	verbose     bool
	numeric     bool
	exact       bool
	lineNumbers bool

	// Notice is what the command wants on stderr in spite of success.
	Notice string

	help bool // -h
}

// hasRule says that the command takes a rule.
func (c *Command) hasRule() bool {
	switch c.action {
	case 'A', 'I', 'R', 'C':
		return true
	case 'D':
		return c.num == 0
	}
	return false
}

// flags of the options that not every command takes, in the order in which
// iptables looks at them.
const flagLetters = "nsdpjvxio0c"

// ownOption is an option of iptables itself.
type ownOption struct {
	name   string
	letter byte
	arg    int // 0 none, 1 one, 2 perhaps one
}

// longOptions of iptables itself and the letters they stand for. W is
// --wait-interval.
var longOptions = []ownOption{
	{"append", 'A', 1}, {"delete", 'D', 1}, {"check", 'C', 1}, {"insert", 'I', 1}, {"replace", 'R', 1}, {"list", 'L', 2}, {"list-rules", 'S', 2}, {"flush", 'F', 2},
	{"zero", 'Z', 2}, {"new-chain", 'N', 1}, {"delete-chain", 'X', 2}, {"rename-chain", 'E', 1}, {"policy", 'P', 1}, {"source", 's', 1}, {"destination", 'd', 1},
	{"src", 's', 1}, {"dst", 'd', 1}, {"protocol", 'p', 1}, {"in-interface", 'i', 1}, {"jump", 'j', 1}, {"table", 't', 1}, {"match", 'm', 1}, {"numeric", 'n', 0},
	{"out-interface", 'o', 1}, {"verbose", 'v', 0}, {"wait", 'w', 2}, {"wait-interval", 'W', 2}, {"exact", 'x', 0}, {"fragments", 'f', 0}, {"version", 'V', 0},
	{"help", 'h', 2}, {"line-numbers", '0', 0}, {"modprobe", 'M', 1}, {"set-counters", 'c', 1}, {"goto", 'g', 1}, {"ipv4", '4', 0}, {"ipv6", '6', 0},
}

// parser is the state of Parse.
type parser struct {
	Command
	waits, interval bool // -w, and -W without it
	args            []string
	not             bool
	matches         []*extension
	target          *extension
	given           string // letters of flagLetters that were given
	proto           string // as given to -p, for the extension of its name
	tried           bool   // that extension was loaded
	srcErr          error
	dstErr          error
}

// Parse reads the arguments of an iptables command line, without the name of
// the program. An error is an *Error.
func Parse(args []string) (*Command, error) {
	p := &parser{args: args}
	p.table = "filter"
	for len(p.args) > 0 {
		if err := p.word(); err != nil {
			return nil, err
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	c := p.Command
	return &c, nil
}

func (p *parser) next() string {
	a := p.args[0]
	p.args = p.args[1:]
	return a
}

// more says that a word follows which is no option: xs_has_arg.
func (p *parser) more() bool {
	return len(p.args) > 0 && !strings.HasPrefix(p.args[0], "-") && !strings.HasPrefix(p.args[0], "!")
}

// word takes one option with its arguments, or a bundle of short ones.
func (p *parser) word() error {
	a := p.next()
	switch {
	case a == "!":
		if p.not {
			return usage("multiple consecutive ! not allowed")
		}
		p.not = true
		return nil
	case strings.HasPrefix(a, "--") && len(a) > 2:
		return p.long(a)
	case strings.HasPrefix(a, "-") && len(a) > 1 && a != "--":
		return p.short(a)
	case a == "--":
		if len(p.args) > 0 {
			return usage("unknown arguments found on commandline")
		}
		return nil
	}
	return &Error{2, "Bad argument `" + a + "'\n" + tryHelp}
}

// short takes a word such as -nvL.
func (p *parser) short(bundle string) error {
	s := bundle[1:]
	for s != "" {
		letter := s[0]
		s = s[1:]
		i := slices.IndexFunc(longOptions, func(o ownOption) bool { return o.letter == letter })
		if i < 0 || letter == '0' {
			return usage("unknown option \"-%c\"", letter)
		}
		value := ""
		switch longOptions[i].arg {
		case 1:
			if s == "" && len(p.args) == 0 {
				return usage("option \"-%c\" requires an argument", letter)
			}
			switch {
			case s == "":
				value = p.next()
			case letter == 'p' || letter == 'j':
				value = bundle // iptables looks at the whole word here
			default:
				value = s
			}
			s = ""
		case 2:
			value, s = s, ""
		}
		if err := p.option(letter, value); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) long(a string) error {
	name, value, hasValue := strings.Cut(a[2:], "=")
	exts := p.matches
	if p.target != nil {
		exts = append(slices.Clone(exts), p.target)
	}
	// Exact names first: those of extensions may begin like others.
	for _, exact := range []bool{true, false} {
		var letters []byte
		arg := 0
		for _, o := range longOptions {
			if o.name == name || !exact && strings.HasPrefix(o.name, name) && !slices.Contains(letters, o.letter) {
				letters = append(letters, o.letter)
				arg = o.arg
			}
		}
		e, o := lookup(exts, name)
		if exact && o != nil && !o.spelled(name) {
			o = nil
		}
		if len(letters) == 1 && o == nil {
			if arg == 1 && !hasValue {
				if len(p.args) == 0 {
					return usage("option \"%s\" requires an argument", a)
				}
				value = p.next()
			}
			return p.option(letters[0], value)
		}
		if o != nil && (exact || len(letters) == 0) {
			return p.extensionOption(e, o, a, value, hasValue)
		}
	}
	// Like load_proto: the protocol's own match brings the option, once.
	if p.proto != "" && !p.tried {
		switch p.proto {
		case "tcp", "udp", "icmp":
			p.tried = true
			e, err := p.newMatch(p.proto)
			if err != nil {
				return err
			}
			p.matches = append(p.matches, e)
			return p.long(a)
		}
	}
	return usage("unknown option \"%s\"", "--"+name)
}

func (p *parser) extensionOption(e *extension, o *option, spelled, value string, hasValue bool) error {
	not := p.not
	p.not = false
	var args []string
	if !o.noArg {
		if hasValue {
			args = append(args, value)
		} else if len(p.args) > 0 {
			args = append(args, p.next())
		} else {
			return usage("option \"%s\" requires an argument", spelled)
		}
	}
	if o.two {
		if !p.more() {
			return usage("--%s requires two args.", o.name)
		}
		args = append(args, p.next())
	}
	if e.name == "set" && o.name == "set" {
		p.Notice += "--set option deprecated, please use --match-set\n"
	}
	return e.use(o, args, not)
}

// once notes an option that may be given but once.
func (p *parser) once(letter byte) error {
	if strings.IndexByte(p.given, letter) >= 0 {
		return usage("multiple -%c flags not allowed", letter)
	}
	p.given += string(letter)
	if p.not && !strings.ContainsRune("sdpiof", rune(letter)) {
		return usage("cannot have ! before -%c", letter)
	}
	return nil
}

func (p *parser) command(letter byte) error {
	switch {
	case p.not:
		return usage("unexpected '!' flag")
	case p.action == 0:
		p.action = action(letter)
	case letter == 'Z' && (p.action == 'L' || p.action == 'S'):
		p.zero = true
	case (letter == 'L' || letter == 'S') && p.action == 'Z':
		p.action, p.zero = action(letter), true
	default:
		return usage("Cannot use -%c with -%c", letter, p.action)
	}
	return nil
}

// number reads a rule number.
func (p *parser) ruleNumber(s string) error {
	n, ok := number(s, 1<<31-1)
	if !ok || n == 0 {
		return usage("Invalid rule number `%s'", s)
	}
	p.num = int(n)
	return nil
}

// option acts on one of iptables's own options.
func (p *parser) option(letter byte, v string) error {
	defer func() { p.not = false }()
	switch letter {
	case 'A', 'C', 'D', 'R', 'I', 'N', 'E', 'P', 'L', 'S', 'F', 'Z', 'X':
		return p.verb(letter, v)
	case 'p':
		if err := p.once(letter); err != nil {
			return err
		}
		n, err := protocol(v)
		if err != nil {
			return err
		}
		p.spec.Proto = nf.ProtoMatch{Proto: packet.Proto(n), Not: p.not}
		if n == 0 && p.not {
			return usage("rule would never match protocol")
		}
		p.proto = strings.ToLower(v)
		switch n {
		case 1:
			p.proto = "icmp"
		case 6:
			p.proto = "tcp"
		case 17:
			p.proto = "udp"
		}
		return nil
	case 's', 'd':
		if err := p.once(letter); err != nil {
			return err
		}
		// What is wrong with it is said at the end, as in iptables.
		if letter == 's' {
			p.notSrc = p.not
			p.srcs, p.srcErr = hosts(v)
		} else {
			p.notDst = p.not
			p.dsts, p.dstErr = hosts(v)
		}
		return nil
	case 'i', 'o':
		if err := p.once(letter); err != nil {
			return err
		}
		if v == "" {
			return usage("Empty interface is likely to be undesired")
		}
		if len(v) > 15 {
			return usage("interface name `%s' must be shorter than IFNAMSIZ (15)", v)
		}
		if strings.ContainsAny(v, "/ ") {
			p.Notice += "Warning: weird character in interface `" + v + "' ('/' and ' ' are not allowed by the kernel).\n"
		}
		d := nf.DevMatch{Name: v, Not: p.not}
		if letter == 'i' {
			p.spec.In = d
		} else {
			p.spec.Out = d
		}
		return nil
	case 'f':
		if err := p.once(letter); err != nil {
			return err
		}
		p.spec.Frag = nf.LaterFragment
		if p.not {
			p.spec.Frag = nf.NotLaterFragment
		}
		return nil
	case 'j', 'g':
		return p.aim(letter, v)
	case 'm':
		if p.not {
			return usage("unexpected ! flag before --match")
		}
		e, err := p.newMatch(v)
		if err != nil {
			return err
		}
		p.matches = append(p.matches, e)
		if v == p.proto {
			p.tried = true
		}
		return nil
	case 't':
		if p.not {
			return usage("unexpected ! flag before --table")
		}
		p.table = v
		return nil
	case 'n', 'x', '0', 'v':
		if letter != 'v' || !p.verbose {
			if err := p.once(letter); err != nil {
				return err
			}
		}
		switch letter {
		case 'n':
			p.numeric = true
		case 'x':
			p.exact = true
		case '0':
			p.lineNumbers = true
		case 'v':
			p.verbose = true
		}
		return nil
	case 'c':
		return p.counters(v)
	case 'w', 'W':
		if v == "" && p.more() {
			v = p.next()
		}
		if letter == 'W' {
			p.Notice += "Ignoring deprecated --wait-interval option.\n"
			if !p.waits {
				p.interval = true
			}
			return nil
		}
		p.waits, p.interval = true, false
		if _, ok := number(v, 1<<31-1); v != "" && !ok {
			return usage("wait seconds not numeric")
		}
		return nil
	case 'V':
		if p.not {
			p.Notice += "Not " + Version + " ;-)\n"
		}
		p.action, p.args = 'V', nil
		return nil
	case '4':
		return nil
	case '6':
		return &Error{2, tryHelp}
	case 'M':
		return nil
	}
	if len(p.matches) > 0 || p.target != nil {
		return notModelled("-h of a match or target")
	}
	p.action, p.help, p.args = 'V', true, nil
	return nil
}

// verb is an option that names the command.
func (p *parser) verb(letter byte, v string) error {
	first := p.action == 0
	if err := p.command(letter); err != nil {
		return err
	}
	switch letter {
	case 'N':
		if err := chainName(v); err != nil {
			return err
		}
		p.chain = v
		return nil
	case 'A', 'C':
		p.chain = v
		return nil
	case 'D', 'I':
		p.chain = v
		if p.more() {
			return p.ruleNumber(p.next())
		}
		if letter == 'I' {
			p.num = 1
		}
		return nil
	case 'R':
		p.chain = v
		if !p.more() {
			return usage("-R requires a rule number")
		}
		return p.ruleNumber(p.next())
	case 'E':
		p.chain = v
		if !p.more() {
			return usage("-E requires old-chain-name and new-chain-name")
		}
		p.other = p.next()
		return nil
	case 'P':
		p.chain = v
		if !p.more() {
			return usage("-P requires a chain and a policy")
		}
		p.other = p.next()
		return nil
	}
	if v == "" && p.more() {
		v = p.next()
	}
	if v != "" || first {
		p.chain = v
	}
	if letter != 'F' && letter != 'X' && p.more() {
		return p.ruleNumber(p.next())
	}
	return nil
}

// chainName is what -N takes.
func chainName(s string) error {
	switch {
	case s == "":
		return usage("Invalid chain name `%s' (too short)", s) // the kernel knows no such name
	case s[0] == '-' || s[0] == '!':
		return usage("chain name not allowed to start with `%c'", s[0])
	case isTarget(s):
		return usage("chain name may not clash with target name")
	case strings.ContainsAny(s, " \t\n\v\f\r"):
		return usage("Invalid chain name `%s'", s)
	}
	return nil
}

// aim is -j and -g.
func (p *parser) aim(letter byte, v string) error {
	if err := p.once('j'); err != nil {
		return err
	}
	switch {
	case v == "":
		return usage("Invalid target name (too short)")
	case len(v) >= 29:
		return usage("Invalid target name `%s' (28 chars max)", v)
	case strings.ContainsAny(v, " \t\n\v\f\r"):
		return usage("Invalid target name `%s'", v)
	}
	p.jump, p.isGoto = v, letter == 'g'
	if p.isGoto {
		return nil
	}
	var err error
	p.target, err = p.newTarget(v)
	return err
}

func (p *parser) counters(v string) error {
	if err := p.once('c'); err != nil {
		return err
	}
	packets, bytes, ok := strings.Cut(v, ",")
	if !ok {
		if !p.more() {
			return usage("-c requires packet and byte counter")
		}
		bytes = p.next()
	}
	var err error
	if p.spec.Packets, err = strconv.ParseUint(packets, 10, 64); err != nil {
		return usage("-c packet counter not numeric")
	}
	if p.spec.Bytes, err = strconv.ParseUint(bytes, 10, 64); err != nil {
		return usage("-c byte counter not numeric")
	}
	return nil
}

// refused are the options of flagLetters that a command does not take:
// commands_v_options of iptables.
func (c *Command) refused() string {
	switch {
	case c.action == 'A' || c.action == 'I' || c.action == 'R':
		return "nx0"
	case c.hasRule():
		return "nx0c"
	case c.action == 'L':
		return "sdpjioc"
	case c.action == 'P':
		return "nsdpjxio0"
	}
	return "nsdpjxio0c"
}

// finish looks at the whole command line.
func (p *parser) finish() error {
	if p.action == 'V' {
		return nil
	}
	if p.interval {
		e := usage("--wait-interval only makes sense with --wait\n")
		e.Msg = p.Notice + e.Msg
		return e
	}
	for _, e := range p.matches {
		if err := e.check(); err != nil {
			return err
		}
		m, err := e.match()
		if err != nil {
			return err
		}
		if r, ok := m.(nf.MatchIPRange); ok {
			p.Notice += reversed(r.Src, r.SrcMin, r.SrcMax) + reversed(r.Dst, r.DstMin, r.DstMax)
		}
		p.spec.Matches = append(p.spec.Matches, m)
	}
	if p.target != nil {
		if err := p.target.check(); err != nil {
			return err
		}
		t, err := p.target.aim()
		if err != nil {
			return err
		}
		p.spec.Target, p.jump = t, ""
	}
	switch {
	case p.action == 0:
		return usage("no command specified")
	case p.not:
		return usage("nothing appropriate following !")
	case p.table == "nat" && (p.other == "DROP" && p.action == 'P' || p.spec.Target == nf.Target(nf.StandardDrop)):
		return usage("\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n")
	}
	if p.hasRule() {
		if err := p.addresses(); err != nil {
			return err
		}
	}
	refused := p.refused()
	for i := range len(flagLetters) {
		l := flagLetters[i]
		if strings.IndexByte(p.given, l) >= 0 && strings.IndexByte(refused, l) >= 0 {
			return usage("Illegal option `-%c' with this command", l)
		}
	}
	if len(p.chain) >= 29 {
		return usage("chain name `%s' too long (must be under 29 chars)", p.chain)
	}
	if p.action == 'E' && len(p.other) >= 29 {
		return usage("chain name `%s' too long (must be under 29 chars)", p.other)
	}
	if _, ok := nf.TableByName(p.table); !ok {
		if p.table == "security" {
			return notModelled("table security")
		}
		return &Error{3, Version + ": can't initialize iptables table `" + p.table + "': Table does not exist (do you need to insmod?)\nPerhaps iptables or your kernel needs to be upgraded."}
	}
	if p.hasRule() {
		switch {
		case (p.chain == "PREROUTING" || p.chain == "INPUT") && p.spec.Out.Name != "":
			return usage("Can't use -o with %s\n", p.chain)
		case (p.chain == "POSTROUTING" || p.chain == "OUTPUT") && p.spec.In.Name != "":
			return usage("Can't use -i with %s\n", p.chain)
		}
	}
	return nil
}

// addresses reads -s and -d.
func (p *parser) addresses() error {
	for _, err := range []error{p.srcErr, p.dstErr} {
		if err != nil {
			return err
		}
	}
	if (len(p.srcs) > 1 && p.notSrc) || (len(p.dsts) > 1 && p.notDst) || (len(p.srcs) > 1 || len(p.dsts) > 1) && (p.notSrc || p.notDst) {
		return usage("! not allowed with multiple source or destination IP addresses")
	}
	if len(p.srcs) == 0 {
		p.srcs = []nf.AddrMatch{{}}
	}
	if len(p.dsts) == 0 {
		p.dsts = []nf.AddrMatch{{}}
	}
	if p.action == 'R' && (len(p.srcs) != 1 || len(p.dsts) != 1) {
		return usage("Replacement rule does not specify a unique address")
	}
	p.srcs[0].Not, p.dsts[0].Not = p.notSrc, p.notDst
	p.spec.Src, p.spec.Dst = p.srcs[0], p.dsts[0]
	return nil
}

func reversed(given bool, from, to uint32) string {
	if !given || from <= to {
		return ""
	}
	return "xt_iprange: range " + packet.AddrFrom32(from).String() + "-" + packet.AddrFrom32(to).String() + " is reversed and will never match\n"
}

// String is the command line in its canonical form; Parse reads it again.
func (c *Command) String() string {
	if c.help {
		return "-h"
	}
	if c.action == 'V' {
		return "-V"
	}
	b := []byte("-t " + c.table + " -" + string(rune(c.action)))
	if c.chain != "" || strings.ContainsRune("ACDIREP", rune(c.action)) {
		// A name that looks like an option only came glued to its letter.
		if !strings.HasPrefix(c.chain, "-") && !strings.HasPrefix(c.chain, "!") {
			b = append(b, ' ')
		}
		b = append(b, quoted(c.chain)...)
	}
	if c.num != 0 {
		b = strconv.AppendInt(append(b, ' '), int64(c.num), 10)
	}
	if c.action == 'E' || c.action == 'P' {
		b = append(append(b, ' '), quoted(c.other)...)
	}
	for _, f := range []struct {
		on  bool
		opt string
	}{{c.verbose, " -v"}, {c.numeric, " -n"}, {c.exact, " -x"}, {c.lineNumbers, " --line-numbers"}, {c.zero, " -Z"}} {
		if f.on {
			b = append(b, f.opt...)
		}
	}
	if !c.hasRule() {
		return string(b)
	}
	if c.spec.Packets != 0 || c.spec.Bytes != 0 {
		b = append(b, " -c "...)
		b = strconv.AppendUint(b, c.spec.Packets, 10)
		b = strconv.AppendUint(append(b, ' '), c.spec.Bytes, 10)
	}
	s := c.spec
	s.Src, s.Dst = nf.AddrMatch{}, nf.AddrMatch{}
	b = appendHosts(b, "-s", c.srcs, c.notSrc)
	b = appendHosts(b, "-d", c.dsts, c.notDst)
	if s.Target == nil && c.jump != "" {
		s.Target = nf.Jump{Chain: c.jump, Goto: c.isGoto}
	}
	return string(b) + s.String()
}

func appendHosts(b []byte, opt string, hosts []nf.AddrMatch, not bool) []byte {
	if len(hosts) == 1 && hosts[0].Mask == 0 && !not {
		return b
	}
	if not {
		b = append(b, " !"...)
	}
	b = append(append(append(b, ' '), opt...), ' ')
	for i, h := range hosts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, h.Prefix()...)
	}
	return b
}

// quoted makes one word of s for Split.
func quoted(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\r\n\"'\\#") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
