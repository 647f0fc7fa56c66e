package iptables

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	nf "hoplab/sim/netfilter"
)

// RestoreOptions are those of iptables-restore.
type RestoreOptions struct {
	NoFlush  bool   // -n: keep what is there
	Counters bool   // -c: take the counters of the text
	Test     bool   // -t: change nothing
	Table    string // -T: only this table
}

// Restore is iptables-restore. A table changes as a whole at its COMMIT, or
// not at all; tables before the one that failed stay changed. An error is an
// *Error.
func Restore(t *nf.Tables, text string, o RestoreOptions, by string) (stdout string, err error) {
	r := restore{tables: t, o: o, by: by}
	for line := range strings.Lines(text) {
		r.line++
		if err := r.one(strings.TrimRight(line, "\r\n")); err != nil {
			r.rollback()
			return string(r.out), r.failed(err)
		}
	}
	if r.tb != nil {
		r.rollback()
		return string(r.out), &Error{1, "iptables-restore: COMMIT expected at line " + strconv.Itoa(r.line+1)}
	}
	return string(r.out), nil
}

// restore is the state of Restore.
type restore struct {
	tables  *nf.Tables
	o       RestoreOptions
	by      string
	line    int
	tb      *nf.Table // nil between COMMIT and the next *
	was     *nf.Snapshot
	skip    bool  // this table is not asked for
	refused error // what the kernel will say at COMMIT
	out     []byte
}

func (r *restore) rollback() {
	if r.tb != nil {
		r.tb.Rollback(r.was)
		r.tb = nil
	}
}

// failed says where.
func (r *restore) failed(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Code == 1 && strings.HasPrefix(e.Msg, "iptables: ") {
		return &Error{1, fmt.Sprintf("iptables-restore: line %d failed", r.line)}
	}
	msg := strings.Replace(e.Msg, Version, restoreVersion, 1)
	if head, ok := strings.CutSuffix(msg, tryHelp); ok {
		msg = fmt.Sprintf("%sError occurred at line: %d\nTry `iptables-restore -h' or 'iptables-restore --help' for more information.", head, r.line)
	}
	return &Error{e.Code, msg}
}

const restoreVersion = "iptables-restore v1.8.9 (legacy)"

func (r *restore) one(line string) error {
	switch {
	case line == "" || line[0] == '#':
		return nil
	case r.tb == nil && !r.skip:
		if line[0] != '*' {
			return nf.ErrNoChain // a line outside a table fails
		}
		return r.begin(strings.Fields(line[1:]))
	case line == "COMMIT":
		if r.refused != nil {
			return r.refused
		}
		if r.tb != nil && r.o.Test {
			r.tb.Rollback(r.was)
		}
		r.tb, r.skip = nil, false
		return nil
	case r.skip || r.refused != nil:
		return nil
	case line[0] == ':':
		return r.chain(strings.Fields(line[1:]))
	}
	err := r.rule(line)
	for _, kernel := range []error{nf.ErrInvalid, nf.ErrLoop, nf.ErrRange} {
		if err != nil && err.Error() == failed(kernel).Error() {
			r.refused, err = err, nil
		}
	}
	return err
}

func (r *restore) begin(name []string) error {
	if len(name) == 0 {
		return usage("iptables-restore: line %d table name invalid", r.line)
	}
	id, ok := nf.TableByName(name[0])
	switch {
	case r.o.Table != "" && name[0] != r.o.Table:
		r.skip = true
		return nil
	case name[0] == "security":
		return notModelled("table security")
	case !ok:
		return usage("iptables-restore: unable to initialize table '%s'", name[0])
	}
	r.tb = r.tables.Table(id)
	r.was = r.tb.Snapshot()
	if r.o.NoFlush {
		return nil
	}
	chains := append([]*nf.Chain(nil), r.tb.Chains()...)
	for _, c := range chains {
		r.tb.Flush(c)
	}
	for _, c := range chains {
		if !c.Builtin() {
			if err := r.tb.DeleteChain(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// chain is a line such as ":INPUT ACCEPT [0:0]" or ":mine - [0:0]".
func (r *restore) chain(f []string) error {
	if len(f) < 2 {
		return usage("iptables-restore: line %d policy invalid", r.line)
	}
	name, policy := f[0], f[1]
	if len(name) >= 29 {
		return usage("Invalid chain name `%s' (28 chars max)", name)
	}
	c := r.tb.Chain(name)
	if c == nil || !c.Builtin() {
		if err := chainName(name); err != nil {
			return err
		}
	}
	if c == nil {
		if err := r.tb.NewChain(name); err != nil {
			return err
		}
		c = r.tb.Chain(name)
	} else if r.o.NoFlush && !c.Builtin() {
		r.tb.Flush(c)
	}
	if policy == "-" {
		return nil
	}
	refuse := func(err error) error {
		return &Error{1, fmt.Sprintf("%s: Can't set policy `%s' on `%s' line %d: %s", restoreVersion, policy, name, r.line, err)}
	}
	p := nf.Drop
	switch {
	case !c.Builtin():
		return refuse(nf.ErrNoBuiltin)
	case policy == "ACCEPT":
		p = nf.Accept
	case policy != "DROP":
		return refuse(nf.ErrPolicy)
	}
	if err := r.tb.SetPolicy(c, p); err != nil {
		return err
	}
	c.Packets, c.Bytes = 0, 0
	if r.o.Counters && len(f) > 2 {
		var ok bool
		if c.Packets, c.Bytes, ok = bracket(f[2]); !ok {
			return usage("invalid policy counters for chain '%s'", name)
		}
	}
	return nil
}

// bracket reads [packets:bytes].
func bracket(s string) (packets, bytes uint64, ok bool) {
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return 0, 0, false
	}
	a, b, ok := strings.Cut(s[1:len(s)-1], ":")
	packets, err1 := strconv.ParseUint(a, 10, 64)
	bytes, err2 := strconv.ParseUint(b, 10, 64)
	return packets, bytes, ok && err1 == nil && err2 == nil
}

func (r *restore) rule(line string) error {
	var packets, bytes uint64
	if line[0] == '[' {
		counts, rest, _ := strings.Cut(line, "]")
		var ok bool
		if packets, bytes, ok = bracket(counts + "]"); !ok && r.o.Counters {
			return usage("iptables-restore: line %d counters invalid", r.line)
		}
		line = strings.TrimSpace(rest)
	}
	args := restoreWords(line)
	for _, a := range args {
		if a == "-t" || strings.HasPrefix(a, "--tab") {
			return usage("The -t option cannot be used in iptables-restore.\n")
		}
	}
	c, err := Parse(append([]string{"-t", r.tb.ID().String()}, args...))
	if err != nil {
		return err
	}
	if r.o.Counters && (packets != 0 || bytes != 0) {
		c.spec.Packets, c.spec.Bytes = packets, bytes
	}
	out, err := c.apply(r.tables, r.by)
	r.out = append(r.out, out...)
	return err
}

// restoreWords breaks a line into words as iptables-restore does: double
// quotes keep what is in them, with backslash for the next character; single
// quotes mean nothing.
func restoreWords(line string) []string {
	var words []string
	var word []byte
	quoted, inWord := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quoted && c == '\\' && i+1 < len(line):
			i++
			word = append(word, line[i])
		case c == '"':
			quoted, inWord = !quoted, true
		case !quoted && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, string(word))
				word, inWord = word[:0], false
			}
		default:
			word, inWord = append(word, c), true
		}
	}
	if inWord {
		words = append(words, string(word))
	}
	return words
}

// SaveOptions are those of iptables-save.
type SaveOptions struct {
	Counters bool   // -c
	Table    string // -t: only this table; it comes into being
	Date     string // as date prints it; "" leaves the comments out
}

// Save is iptables-save: the tables that exist, the newest first.
func Save(t *nf.Tables, o SaveOptions) (string, error) {
	tables := t.Existing()
	if o.Table != "" {
		id, ok := nf.TableByName(o.Table)
		if !ok {
			return "", &Error{1, "iptables-save v1.8.9 (legacy): Cannot initialize: Table does not exist (do you need to insmod?)"}
		}
		tables = []*nf.Table{t.Table(id)}
	}
	var b []byte
	for _, tb := range tables {
		if o.Date != "" {
			b = fmt.Appendf(b, "# Generated by iptables-save v1.8.9 on %s\n", o.Date)
		}
		b = fmt.Appendf(b, "*%s\n", tb.ID())
		for _, c := range tb.Chains() {
			policy := "-"
			if c.Builtin() {
				policy = c.Policy.String()
			}
			b = fmt.Appendf(b, ":%s %s [%d:%d]\n", c.Name, policy, c.Packets, c.Bytes)
		}
		for _, c := range tb.Chains() {
			for _, r := range c.Rules() {
				if o.Counters {
					packets, bytes := r.Counters()
					b = fmt.Appendf(b, "[%d:%d] ", packets, bytes)
				}
				b = append(r.AppendSave(b, false), '\n')
			}
		}
		b = append(b, "COMMIT\n"...)
		if o.Date != "" {
			b = fmt.Appendf(b, "# Completed on %s\n", o.Date)
		}
	}
	return string(b), nil
}
