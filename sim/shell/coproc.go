package shell

import (
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// coproc is a command in the background with pipes to its stdin and from its
// stdout, whose descriptors stand in an array. Only the shell that started it
// and its command substitutions have them.
type coproc struct {
	job  *job
	name string
	fds  [2]int
}

// coprocClause is coproc [NAME] command.
func (in *interp) coprocClause(c *syntax.CoprocClause) {
	name := "COPROC"
	if c.Name != nil {
		s, err := in.literal(c.Name)
		if err != nil {
			in.fail(err)
		}
		if name = s; !validName(name) {
			in.errf("`%s': not a valid identifier", name)
			in.setStatus(1)
			return
		}
	}
	for _, o := range in.coprocs {
		if !o.job.done() {
			in.errf("warning: execute_coproc: coproc [%d:%s] still exists", o.job.last().PID, o.name)
		}
	}
	fromR, fromW := newPipe()
	toR, toW := newPipe()
	ends := []*openFile{fromR, fromW, toR, toW}
	for _, f := range ends {
		f.refs++
	}
	child, err := in.spawn(unnested(c.Stmt), func(c *Process) {
		in.detach(c, false)
		c.setFD(0, toR)
		c.setFD(1, fromW)
	})
	if err == nil {
		n := 63
		var fds [2]int
		for i, f := range []*openFile{fromR, toW} {
			for in.p.fd(n) != nil {
				n--
			}
			in.p.setFD(n, f)
			fds[i] = n
		}
		j := in.addJob([]*Process{child}, "coproc "+name+" "+in.stmtText(c.Stmt))
		in.coprocs = append(in.coprocs, &coproc{j, name, fds})
		_, _ = in.unset(name, false)
		for i, fd := range fds {
			err = in.setElement(name, strconv.Itoa(i), strconv.Itoa(fd), false)
		}
		if err == nil {
			err = in.set(name+"_PID", strconv.Itoa(child.PID))
		}
	}
	for _, f := range ends {
		f.unref()
	}
	if child == nil {
		in.exit(254)
	}
	if err != nil {
		in.fail(err)
	}
	in.setStatus(0)
}

// unnested is what a child process of a command runs: a subshell in it needs no
// process of its own.
func unnested(st *syntax.Stmt) []*syntax.Stmt {
	sub, ok := st.Cmd.(*syntax.Subshell)
	switch {
	case !ok || st.Negated || st.Background:
		return []*syntax.Stmt{st}
	case len(st.Redirs) == 0:
		return sub.Stmts
	}
	cp := *st
	cp.Cmd = &syntax.Block{Lbrace: sub.Lparen, Rbrace: sub.Rparen, Stmts: sub.Stmts, Last: sub.Last}
	return []*syntax.Stmt{&cp}
}

// closeCoprocs closes the descriptors of coprocesses in a child.
func (in *interp) closeCoprocs(c *Process) {
	for _, o := range in.coprocs {
		for _, fd := range o.fds {
			c.setFD(fd, nil)
		}
	}
}

// endCoproc forgets the coprocess of a job, if it is one.
func (in *interp) endCoproc(j *job) {
	i := slices.IndexFunc(in.coprocs, func(o *coproc) bool { return o.job == j })
	if i < 0 {
		return
	}
	o := in.coprocs[i]
	in.coprocs = slices.Delete(slices.Clone(in.coprocs), i, i+1)
	for _, fd := range o.fds {
		in.p.setFD(fd, nil)
	}
	_, _ = in.unset(o.name, false)
	_, _ = in.unset(o.name+"_PID", false)
}
