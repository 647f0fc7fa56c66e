package shell

import (
	"fmt"
	"slices"
	"strings"

	"hoplab/sim/shell/vfs"

	"mvdan.cc/sh/v3/syntax"
)

// job is a background command.
type job struct {
	n     int // %n
	procs []*Process
	text  string
	told  bool // bash said how it ended
}

func (j *job) done() bool {
	return !slices.ContainsFunc(j.procs, func(p *Process) bool { return !p.done })
}

func (j *job) last() *Process { return j.procs[len(j.procs)-1] }

// stmtText is a statement as jobs shows it.
func (in *interp) stmtText(n syntax.Node) string { return commandText(in.src, n) }

// spawn starts statements in a child process. prepare may change the
// child's descriptors.
func (in *interp) spawn(l []*syntax.Stmt, prepare func(c *Process)) (*Process, error) {
	sub, err := in.subshell()
	if err != nil {
		return nil, err
	}
	c := sub.p
	in.closeCoprocs(c)
	if prepare != nil {
		prepare(c)
	}
	c.start(func() int { return sub.runAsSubshell(l) })
	return c, nil
}

// runAsSubshell is the code of a subshell's process.
func (in *interp) runAsSubshell(l []*syntax.Stmt) int {
	in.tail = len(l) == 1 && !l[0].Background
	in.nesting = 0
	return in.toplevel(func() int {
		in.stmts(l)
		return in.status
	})
}

// runSubshell is ( … ).
func (in *interp) runSubshell(l []*syntax.Stmt) {
	c, err := in.spawn(l, nil)
	if err != nil {
		in.exit(254)
	}
	in.text = func() string { return "( " + stmtsText(in.src, l) + " )" }
	in.waitForeground(c, nil)
}

// background is cmd &.
func (in *interp) background(st *syntax.Stmt) {
	cp := *st
	cp.Background = false
	l := unnested(&cp)
	var procs []*Process
	if b, ok := cp.Cmd.(*syntax.BinaryCmd); ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) && len(cp.Redirs) == 0 && !cp.Negated {
		procs = in.startPipeline(flatten(b), true)
	} else {
		c, err := in.spawn(l, func(c *Process) { in.detach(c, true) })
		if err == nil {
			procs = []*Process{c}
		}
	}
	if len(procs) == 0 {
		in.exit(254)
	}
	in.addJob(procs, in.stmtText(&cp))
	in.setStatus(0)
}

// addJob enters processes in the table of jobs.
func (in *interp) addJob(procs []*Process, text string) *job {
	n := 1
	for _, j := range in.jobs {
		n = max(n, j.n+1)
	}
	j := &job{n: n, procs: procs, text: text}
	in.jobs = append(in.jobs, j)
	in.lastBG = j.last().PID
	if in.interactive {
		fmt.Fprintf(fdStream{in.p, 2}, "[%d] %d\n", j.n, in.lastBG)
	}
	return j
}

// detach prepares a background process: without job control it ignores the
// keyboard and reads nothing.
func (in *interp) detach(c *Process, stdin bool) {
	if in.interactive {
		return
	}
	c.ignored |= 1<<SIGINT | 1<<SIGQUIT
	if stdin {
		if f, err := c.open("/dev/null", vfs.Read, 0); err == nil {
			c.setFD(0, f)
			f.unref()
		}
	}
}

// flatten lists the commands of a pipeline.
func flatten(b *syntax.BinaryCmd) (l []element) {
	if x, ok := b.X.Cmd.(*syntax.BinaryCmd); ok && (x.Op == syntax.Pipe || x.Op == syntax.PipeAll) && len(b.X.Redirs) == 0 && !b.X.Negated {
		l = flatten(x)
	} else {
		l = []element{{st: b.X}}
	}
	l[len(l)-1].both = b.Op == syntax.PipeAll
	if y, ok := b.Y.Cmd.(*syntax.BinaryCmd); ok && (y.Op == syntax.Pipe || y.Op == syntax.PipeAll) && len(b.Y.Redirs) == 0 && !b.Y.Negated {
		return append(l, flatten(y)...)
	}
	return append(l, element{st: b.Y})
}

// element is one command of a pipeline; both is |&.
type element struct {
	st   *syntax.Stmt
	both bool
}

func (in *interp) startPipeline(l []element, bg bool) []*Process {
	var procs []*Process
	var prev *openFile
	for i, e := range l {
		var r, w *openFile
		if i < len(l)-1 {
			r, w = newPipe()
			r.refs++
			w.refs++
		}
		from := prev
		st := e.st
		if e.both { // 2>&1, behind the command's own redirections
			cp := *st
			cp.Redirs = append(slices.Clip(st.Redirs), &syntax.Redirect{Op: syntax.DplOut, N: &syntax.Lit{Value: "2"}, Word: &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: "1"}}}})
			st = &cp
		}
		c, err := in.spawn(unnested(st), func(c *Process) {
			if bg {
				in.detach(c, i == 0)
			}
			if _, ok := st.Cmd.(*syntax.CallExpr); ok && !bg {
				c.interp.debugTrap = "" // it ran already
			}
			if in.interactive && len(procs) > 0 {
				c.pgid = procs[0].pgid
			}
			if from != nil {
				c.setFD(0, from)
			}
			if w != nil {
				c.setFD(1, w)
			}
		})
		if from != nil {
			from.unref()
		}
		if w != nil {
			w.unref()
		}
		prev = r
		if err != nil {
			if r != nil {
				r.unref()
			}
			for _, p := range procs {
				in.p.shell.signal(p, SIGTERM)
			}
			return nil
		}
		procs = append(procs, c)
	}
	return procs
}

// pipeline is a | b | c.
func (in *interp) pipeline(b *syntax.BinaryCmd) {
	in.text = func() string { return in.stmtText(b) }
	l := flatten(b)
	for _, e := range l {
		if c, ok := e.st.Cmd.(*syntax.CallExpr); ok {
			in.debugCall(c, e.st.Redirs)
		}
	}
	procs := in.startPipeline(l, false)
	if procs == nil {
		in.exit(254)
	}
	in.waitForeground(procs[len(procs)-1], procs)
}

// waitForeground waits for a command and takes its status; of a pipeline, all.
func (in *interp) waitForeground(c *Process, all []*Process) {
	if all == nil {
		all = []*Process{c}
	}
	s, p := in.p.shell, in.p
	was, fg := p.foreground, s.fg
	p.foreground = true
	if in.interactive {
		s.fg = all[0].pgid
	}
	for _, x := range all {
		for !x.done {
			p.block(&x.waiters)
		}
	}
	p.foreground, s.fg = was, fg
	in.pipeStatus = make([]int, len(all))
	in.status = 0
	for i, x := range all {
		in.pipeStatus[i] = x.status
		if in.opts.pipefail && x.status != 0 {
			in.status = x.status
		}
	}
	if !in.opts.pipefail {
		in.status = c.status
	}
	for _, x := range all {
		if x.killed != 0 {
			in.tellKilled(x, in.text(), in.line, true)
			break
		}
	}
	if p.interrupted {
		p.interrupted = false
		if c.killed == SIGINT {
			p.dieNow(SIGINT)
		}
	}
	if in.interactive && c.killed == SIGINT {
		p.abortNow()
	}
}

// tellKilled prints how a process died. Like notify_of_job_status in bash's
// jobs.c as Debian builds it: nothing of SIGINT and SIGPIPE, and of SIGTERM only
// in the foreground.
func (in *interp) tellKilled(p *Process, text string, line int, foreground bool) {
	sig := p.killed
	if sig == SIGINT || sig == SIGPIPE || in.trapped(sig) {
		return
	}
	if in.interactive || sig == SIGTERM {
		if foreground {
			fmt.Fprintf(fdStream{in.p, 2}, "%s\n", sig.describe())
		}
		return
	}
	was := in.line
	in.line = line
	in.errf("%5d %-23s %s", p.PID, sig.describe(), text)
	in.line = was
}

// substFile collects the output of a command substitution and tells when
// everybody has closed it.
type substFile struct {
	buffer
	done    bool
	waiters waitQueue
}

func (f *substFile) close() {
	f.done = true
	f.waiters.wake()
}

// cmdSubst is $( … ).
func (in *interp) cmdSubst(cs *syntax.CmdSubst) (string, error) {
	if cs.TempFile || cs.ReplyVar {
		return "", &expansionError{"not modelled: ${ …; }", true}
	}
	if s, ok, err := in.readSubst(cs); ok {
		return s, err
	}
	f := &substFile{buffer: buffer{limit: in.p.shell.o.MaxMemory}}
	o := newOpenFile(f)
	o.refs++
	sub, err := in.subshell()
	if err != nil {
		in.exit(254)
	}
	if !in.opts.inheritErrexit && !in.opts.posix {
		sub.opts.errexit = false
	}
	c := sub.p
	c.setFD(1, o)
	sub.inner++ // set -x shows one more +
	c.start(func() int { return sub.runAsSubshell(cs.Stmts) })
	o.unref()
	p := in.p
	was := p.foreground
	p.foreground = true
	for !f.done {
		p.block(&f.waiters)
	}
	for !c.done {
		p.block(&c.waiters)
	}
	p.foreground = was
	in.status = c.status
	in.substStatus = c.status
	if p.interrupted {
		p.interrupted = false
		if c.killed == SIGINT {
			p.dieNow(SIGINT)
		}
	}
	return in.substText(f.data), nil
}

// substText is what a command substitution makes of output.
func (in *interp) substText(b []byte) string {
	s := string(b)
	if strings.IndexByte(s, 0) >= 0 {
		in.errf("warning: command substitution: ignored null byte in input")
		s = strings.ReplaceAll(s, "\x00", "")
	}
	s = strings.TrimRight(s, "\n")
	in.checkSize(len(s))
	return s
}

// readSubst is $(< file).
func (in *interp) readSubst(cs *syntax.CmdSubst) (string, bool, error) {
	if len(cs.Stmts) != 1 {
		return "", false, nil
	}
	st := cs.Stmts[0]
	if st.Cmd != nil || len(st.Redirs) != 1 || st.Redirs[0].Op != syntax.RdrIn || st.Redirs[0].N != nil || st.Negated || st.Background {
		return "", false, nil
	}
	name, err := in.redirectTarget(st.Redirs[0])
	if err != nil {
		return "", true, err
	}
	f, err := in.p.open(name, vfs.Read, 0)
	if err != nil {
		in.errf("%s: %s", name, vfs.Text(err))
		in.status, in.substStatus = 1, 1
		return "", true, nil
	}
	defer f.unref()
	var data []byte
	b := make([]byte, 32<<10)
	for {
		n, err := f.read(in.p, b)
		in.p.step(1)
		data = append(data, b[:n]...)
		in.checkSize(len(data))
		if err != nil {
			break
		}
	}
	in.status, in.substStatus = 0, 0
	return in.substText(data), true, nil
}

// procSubst is <( … ) and >( … ): a pipe that appears as a file.
func (in *interp) procSubst(ps *syntax.ProcSubst) (string, error) {
	r, w := newPipe()
	mine, theirs, fd := r, w, 1
	if ps.Op == syntax.CmdOut {
		mine, theirs, fd = w, r, 0
	}
	mine.refs++
	theirs.refs++
	c, err := in.spawn(ps.Stmts, func(c *Process) {
		for _, n := range in.procSubs {
			c.setFD(n, nil)
		}
		c.setFD(fd, theirs)
	})
	theirs.unref()
	if err != nil {
		mine.unref()
		in.exit(254)
	}
	n := 63
	for in.p.fd(n) != nil {
		n--
	}
	in.p.setFD(n, mine)
	mine.unref()
	in.procSubs = append(in.procSubs, n)
	in.lastBG = c.PID
	return fmt.Sprintf("/dev/fd/%d", n), nil
}

// closeProcSubs closes the shell's ends of process substitutions.
func (in *interp) closeProcSubs(mark int) {
	for len(in.procSubs) > mark {
		n := in.procSubs[len(in.procSubs)-1]
		in.procSubs = in.procSubs[:len(in.procSubs)-1]
		in.p.setFD(n, nil)
	}
}

// waitJob waits for a process in the background; false is that a trapped signal
// came first.
func (in *interp) waitJob(p *Process) bool {
	for !p.done {
		if in.p.pendingSignal() {
			return false
		}
		in.p.block(&p.waiters)
	}
	return true
}

// forget takes a job out of the table and keeps its status for wait.
func (in *interp) forget(j *job) {
	for _, p := range j.procs {
		in.reaped[p.PID] = p.status
	}
	if p := j.last(); !j.told && p.killed != 0 && !in.interactive {
		in.tellKilled(p, j.text, in.line, false)
	}
	in.jobs = slices.DeleteFunc(in.jobs, func(x *job) bool { return x == j })
	in.endCoproc(j)
}

// findJob finds a job by %N, %%, %+, %-, %text or by the number of its process.
func (in *interp) findJob(spec string) *job {
	if !strings.HasPrefix(spec, "%") {
		for _, j := range in.jobs {
			for _, p := range j.procs {
				if fmt.Sprint(p.PID) == spec {
					return j
				}
			}
		}
		return nil
	}
	switch s := spec[1:]; {
	case s == "" || s == "%" || s == "+":
		if n := len(in.jobs); n > 0 {
			return in.jobs[n-1]
		}
	case s == "-":
		if n := len(in.jobs); n > 0 {
			return in.jobs[max(0, n-2)]
		}
	default:
		for _, j := range in.jobs {
			if fmt.Sprint(j.n) == s || strings.HasPrefix(j.text, s) || s[0] == '?' && strings.Contains(j.text, s[1:]) {
				return j
			}
		}
	}
	return nil
}

// jobLine is a line of jobs.
func (in *interp) jobLine(j *job, long bool) string {
	mark := " "
	switch n := len(in.jobs); {
	case in.jobs[n-1] == j:
		mark = "+"
	case n > 1 && in.jobs[n-2] == j:
		mark = "-"
	}
	state := "Running"
	suffix := " &"
	if j.done() {
		suffix = ""
		p := j.last()
		switch {
		case p.killed != 0:
			state = p.killed.describe()
		case p.status != 0:
			state = fmt.Sprintf("Exit %d", p.status)
		default:
			state = "Done"
		}
	}
	if long {
		return fmt.Sprintf("[%d]%s %5d %-23s %s%s\n", j.n, mark, j.last().PID, state, j.text, suffix)
	}
	return fmt.Sprintf("[%d]%s  %-23s %s%s\n", j.n, mark, state, j.text, suffix)
}
