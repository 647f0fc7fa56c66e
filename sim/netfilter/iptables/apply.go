package iptables

import (
	"errors"
	"fmt"
	"strings"

	nf "hoplab/sim/netfilter"
)

// failed turns an error of the tables into iptables's message.
func failed(err error) error {
	var set *nf.SetError
	switch {
	case errors.As(err, &set):
		return usage("%s", set)
	case errors.Is(err, nf.ErrInvalid) || errors.Is(err, nf.ErrPolicy):
		return &Error{1, fmt.Sprintf("iptables: %s. Run `dmesg' for more information.", err)}
	}
	return &Error{1, fmt.Sprintf("iptables: %s.", err)}
}

// Apply runs the command on the tables of a namespace. by says who put the
// rules there. Either all of it happens or nothing. An error is an *Error.
func (c *Command) Apply(t *nf.Tables, by string) (stdout string, err error) {
	stdout, err = c.apply(t, by)
	if err == nil && (strings.ContainsRune("ADIRNXFEZ", rune(c.action)) || c.action == 'P' && c.spec.Packets == 0 && c.spec.Bytes == 0) {
		id, _ := nf.TableByName(c.table)
		t.Table(id).ZeroPolicies()
	}
	return stdout, err
}

func (c *Command) apply(t *nf.Tables, by string) (stdout string, err error) {
	if c.help {
		return helpText, nil
	}
	if c.action == 'V' {
		return Version + "\n", nil
	}
	id, ok := nf.TableByName(c.table)
	if !ok {
		return "", usage("unknown table %s", c.table)
	}
	r := run{Command: c, tb: t.Table(id), sets: t, by: by}
	if err := r.do(); err != nil {
		var e *Error
		if errors.As(err, &e) {
			return string(r.out), err
		}
		return string(r.out), failed(err)
	}
	return string(r.out), nil
}

// run is one execution of a command.
type run struct {
	*Command
	tb   *nf.Table
	sets *nf.Tables
	by   string
	out  []byte
}

// list are the chains a command is about.
func (r *run) list() ([]*nf.Chain, error) {
	if r.chain == "" {
		return r.tb.Chains(), nil
	}
	c := r.tb.Chain(r.chain)
	if c == nil {
		return nil, nf.ErrNoChain
	}
	return []*nf.Chain{c}, nil
}

func (r *run) do() error {
	switch r.action {
	case 'A', 'I', 'R', 'C', 'D':
		return r.rules()
	case 'N':
		return r.tb.NewChain(r.chain)
	case 'E':
		c := r.tb.Chain(r.chain)
		if r.tb.Chain(r.other) != nil {
			return nf.ErrExists
		}
		if c == nil {
			return nf.ErrNoChain
		}
		if isTarget(r.other) {
			return nf.ErrExists
		}
		return r.tb.RenameChain(c, r.other)
	case 'P':
		return r.policy()
	}
	chains, err := r.list()
	if err != nil {
		return err
	}
	switch r.action {
	case 'F':
		for _, c := range chains {
			r.say("Flushing chain `%s'\n", c.Name)
			r.tb.Flush(c)
		}
	case 'X':
		return r.deleteChains(chains)
	case 'Z':
		return r.zeroCounters(chains)
	case 'S':
		r.listRules(chains)
	case 'L':
		r.listTable(chains)
	}
	if r.zero {
		return r.zeroCounters(chains)
	}
	return nil
}

// say prints under -v.
func (r *run) say(format string, args ...any) {
	if r.verbose {
		r.out = fmt.Appendf(r.out, format, args...)
	}
}

func (r *run) policy() error {
	c := r.tb.Chain(r.chain)
	if c == nil || !c.Builtin() {
		return nf.ErrNoBuiltin
	}
	policy := nf.Drop
	switch r.other {
	case "ACCEPT":
		policy = nf.Accept
	case "DROP":
	default:
		return nf.ErrPolicy
	}
	if err := r.tb.SetPolicy(c, policy); err != nil {
		return err
	}
	if strings.TrimSpace(r.other) != "" && (r.spec.Packets != 0 || r.spec.Bytes != 0) {
		c.Packets, c.Bytes = r.spec.Packets, r.spec.Bytes
	}
	return nil
}

// deleteChains is -X: without a name all chains that are not built in, if
// each of them may go.
func (r *run) deleteChains(chains []*nf.Chain) error {
	all := r.chain == ""
	var failure error
	var doomed []*nf.Chain
	for _, c := range chains {
		switch {
		case all && c.Builtin():
			continue
		case c.Builtin():
			failure = nf.ErrInvalid
		case c.Refs() > 0:
			failure = nf.ErrReferenced
		case len(c.Rules()) > 0:
			failure = nf.ErrNotEmpty
		}
		r.say("Deleting chain `%s'\n", c.Name)
		doomed = append(doomed, c)
	}
	if failure != nil {
		return failure
	}
	for _, c := range doomed {
		if err := r.tb.DeleteChain(c); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) zeroCounters(chains []*nf.Chain) error {
	for _, c := range chains {
		if r.num > 0 && !r.zero {
			if r.num > len(c.Rules()) {
				return nf.ErrZeroIndex
			}
			c.Rules()[r.num-1].SetCounters(0, 0)
			r.tb.Touch()
			continue
		}
		r.say("Zeroing chain `%s'\n", c.Name)
		r.tb.Zero(c)
	}
	return nil
}

// target resolves what -j and -g name: a chain of this table, or nothing.
func (r *run) target() error {
	if r.spec.Target != nil || r.jump == "" {
		return nil
	}
	switch {
	case r.tb.Chain(r.jump) != nil:
	case r.isGoto:
		return usage("goto '%s' is not a chain", r.jump)
	default:
		return usage("Couldn't load target `%s':No such file or directory\n", r.jump)
	}
	return nil
}

// specs are the rules that the command line stands for: one for each pair of
// source and destination.
func (r *run) specs() []nf.Spec {
	var all []nf.Spec
	for _, src := range r.srcs {
		for _, dst := range r.dsts {
			s := r.spec
			s.Src, s.Dst = src, dst
			if s.Target == nil && r.jump != "" {
				s.Target = nf.Jump{Chain: r.jump, Goto: r.isGoto}
			}
			all = append(all, s)
		}
	}
	return all
}

func (r *run) rules() error {
	if !r.hasRule() { // -D with a number
		c := r.tb.Chain(r.chain)
		if c == nil {
			return nf.ErrNoChain
		}
		return r.tb.Delete(c, r.num-1)
	}
	if err := r.target(); err != nil {
		return err
	}
	specs := r.specs()
	c := r.tb.Chain(r.chain)
	if r.action == 'C' || r.action == 'D' {
		return r.find(c, specs)
	}
	if c == nil {
		return nf.ErrNoChain
	}
	var done []*nf.Rule
	for i := range specs {
		s := &specs[i]
		var rule *nf.Rule
		var err error
		switch r.action {
		case 'A':
			rule, err = r.tb.Insert(c, len(c.Rules()), s, r.by)
		case 'I':
			rule, err = r.tb.Insert(c, r.num-1, s, r.by)
		case 'R':
			rule, err = r.tb.Replace(c, r.num-1, s, r.by)
		}
		if err != nil {
			for _, d := range done {
				r.undo(c, d)
			}
			return err
		}
		done = append(done, rule)
		r.echo(rule)
	}
	return nil
}

func (r *run) undo(c *nf.Chain, rule *nf.Rule) {
	for i, x := range c.Rules() {
		if x == rule {
			_ = r.tb.Delete(c, i) // it is there
			return
		}
	}
}

// echo prints a rule that changed, under -v.
func (r *run) echo(rule *nf.Rule) {
	if r.verbose {
		r.out = rule.AppendList(r.out, nf.ListFormat{Numeric: true, NoTable: true})
		r.out = append(r.out, '\n')
	}
}

// noRule is what libiptc says of a rule that is not there: it has looked for a
// chain of the target's name meanwhile, and says that there is none.
func noRule(s *nf.Spec) error {
	switch s.Target.(type) {
	case nil, nf.Standard:
		return nf.ErrNoRule
	}
	return nf.ErrNoChain
}

// find is -C, and -D with a rule.
func (r *run) find(c *nf.Chain, specs []nf.Spec) error {
	if c == nil {
		return nf.ErrNoRule
	}
	for i := range specs {
		at := r.tb.Find(c, &specs[i])
		if at < 0 {
			return noRule(&specs[i])
		}
		r.echo(c.Rules()[at])
	}
	if r.action == 'C' {
		return nil
	}
	for i := range specs {
		at := r.tb.Find(c, &specs[i])
		if at < 0 {
			return nf.ErrNoRule
		}
		if err := r.tb.Delete(c, at); err != nil {
			return err
		}
	}
	return nil
}

// listRules is -S.
func (r *run) listRules(chains []*nf.Chain) {
	if r.num == 0 {
		for _, c := range chains {
			r.out = appendChain(r.out, c, r.verbose)
		}
	}
	for _, c := range chains {
		for i, rule := range c.Rules() {
			if r.num == 0 || r.num == i+1 {
				r.out = append(rule.AppendSave(r.out, r.verbose), '\n')
			}
		}
	}
}

// appendChain prints the -P or -N line of a chain.
func appendChain(b []byte, c *nf.Chain, counters bool) []byte {
	if !c.Builtin() {
		return fmt.Appendf(b, "-N %s\n", c.Name)
	}
	b = fmt.Appendf(b, "-P %s %s", c.Name, c.Policy)
	if counters {
		b = fmt.Appendf(b, " -c %d %d", c.Packets, c.Bytes)
	}
	return append(b, '\n')
}

// listTable is -L.
func (r *run) listTable(chains []*nf.Chain) {
	f := nf.ListFormat{Numeric: r.numeric, Verbose: r.verbose, Exact: r.exact}
	for i, c := range chains {
		if r.num == 0 {
			if i > 0 {
				r.out = append(r.out, '\n')
			}
			r.header(c, f)
		}
		for j, rule := range c.Rules() {
			if r.num != 0 && r.num != j+1 {
				continue
			}
			f.Number = 0
			if r.lineNumbers {
				f.Number = j + 1
			}
			r.out = append(rule.AppendList(r.out, f), '\n')
		}
	}
}

// header prints the two lines above the rules of a chain.
func (r *run) header(c *nf.Chain, f nf.ListFormat) {
	r.out = fmt.Appendf(r.out, "Chain %s", c.Name)
	if c.Builtin() {
		r.out = fmt.Appendf(r.out, " (policy %s", c.Policy)
		if r.verbose {
			f.NoTable = true
			r.out = f.AppendCount(append(r.out, ' '), c.Packets)
			r.out = f.AppendCount(append(r.out, "packets, "...), c.Bytes)
			r.out = append(r.out, "bytes"...)
		}
		r.out = append(r.out, ")\n"...)
	} else {
		r.out = fmt.Appendf(r.out, " (%d references)\n", c.Refs())
	}
	if r.lineNumbers {
		r.out = append(r.out, "num  "...)
	}
	switch {
	case r.verbose && r.exact:
		r.out = fmt.Appendf(r.out, "%8s %10s ", "pkts", "bytes")
	case r.verbose:
		r.out = fmt.Appendf(r.out, "%5s %5s ", "pkts", "bytes")
	}
	r.out = fmt.Appendf(r.out, "%-9s  %-4s opt", "target", "prot")
	if r.verbose {
		r.out = fmt.Appendf(r.out, " %-6s %-6s ", "in", "out")
	}
	r.out = fmt.Appendf(r.out, " %-19s  %-19s \n", "source", "destination")
}
