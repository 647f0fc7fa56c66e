package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"hoplab/sim/clock"
	"hoplab/sim/proc"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// A simulated program runs in no virtual time, so one that never waits would
// never end. Work is counted in steps: a command, a read, a write. After
// sliceSteps in the same instant the process at work is off the processor for
// slice, and virtual time goes on.
const (
	sliceSteps = 100_000
	slice      = time.Second
	forkSteps  = 20  // what a process costs
	parseSteps = 10  // what a text to run costs, and one for each 64 bytes
	pollSteps  = 256 // steps between looks at Options.Signal
)

// Process is one process: a coroutine with an identity, descriptors, a
// namespace and a place in the tree of processes.
type Process struct {
	PID, PPID int
	Args      []string
	NS        *stack.Namespace
	Dir       string
	Proc      *proc.Proc

	shell *Shell
	env   []string // NAME=value, as execve got it
	umask fs.FileMode
	fds   []descriptor // sorted by number
	pgid  int
	first []func() // what it does before it runs

	caught, ignored uint32 // sets of signals, 1<<number
	interp          *interp
	pending         []Signal // caught by a shell, trap not yet run
	fatal           Signal   // a shell is to die of it
	abort           bool     // an interactive shell is to end its line
	interrupted     bool     // a shell saw SIGINT while it waited for a command
	foreground      bool     // a shell waits for a command

	status  int
	killed  Signal // died of it
	done    bool
	waiters waitQueue
	onEnd   []func()
}

type descriptor struct {
	n int
	f *openFile
}

// exitPanic ends a process from anywhere in its code.
type exitPanic struct{ status int }

// Status is the exit status, valid once it is Done: 128 and the signal's number
// if it died of one.
func (p *Process) Status() int { return p.status }

// KilledBy is the signal that it died of, 0 if of none.
func (p *Process) KilledBy() Signal { return p.killed }

// Done reports that the process has ended.
func (p *Process) Done() bool { return p.done }

// OnEnd lets f be called when the process ends, or now if it has.
func (p *Process) OnEnd(f func()) {
	if p.done {
		f()
		return
	}
	p.onEnd = append(p.onEnd, f)
}

// Environ is the environment it was started with, as NAME=value.
func (p *Process) Environ() []string { return p.env }

// LookupEnv is a variable of the environment it was started with.
func (p *Process) LookupEnv(name string) (string, bool) {
	for _, kv := range slices.Backward(p.env) {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v, true
		}
	}
	return "", false
}

// Getenv is LookupEnv without the second result.
func (p *Process) Getenv(name string) string {
	v, _ := p.LookupEnv(name)
	return v
}

// Setenv sets a variable in the environment of the process.
func (p *Process) Setenv(name, value string) {
	p.Unsetenv(name)
	p.env = append(p.env, name+"="+value)
}

// Unsetenv takes a variable out of the environment of the process.
func (p *Process) Unsetenv(name string) {
	p.env = slices.DeleteFunc(slices.Clone(p.env), func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
}

// searchPath is PATH, or what execvp(3) takes for it.
func (p *Process) searchPath() string {
	if path, ok := p.LookupEnv("PATH"); ok {
		return path
	}
	return "/bin:/usr/bin"
}

// View is the file system as the process sees it.
func (p *Process) View() vfs.View { return vfs.View{FS: p.shell.fs, NS: p.NS, Dir: p.Dir} }

// fork makes a child that is like the process and not yet running.
func (p *Process) fork(args ...string) (*Process, error) {
	s := p.shell
	if s.live >= s.o.MaxProcesses {
		return nil, vfs.EAGAIN
	}
	c := &Process{PPID: p.PID, Args: args, NS: p.NS, Dir: p.Dir, shell: s, env: p.env, umask: p.umask, pgid: p.pgid, ignored: p.ignored}
	c.fds = slices.Clone(p.fds)
	for _, d := range c.fds {
		d.f.refs++
	}
	s.live++
	s.steps += forkSteps
	return c, nil
}

// discard undoes a fork whose child was never started.
func (p *Process) discard() {
	p.closeAll()
	p.shell.live--
}

// start runs f as the process; its result is the exit status.
func (p *Process) start(f func() int) {
	s := p.shell
	p.Proc = s.lab.Start(func(pp *proc.Proc) error {
		defer func() {
			if r := recover(); r != nil {
				e, ok := r.(exitPanic)
				if !ok {
					panic(r)
				}
				p.status = e.status
			}
		}()
		for _, f := range p.first {
			f()
		}
		p.status = f()
		return nil
	})
	p.PID = firstPID + p.Proc.PID
	if p.pgid == 0 {
		p.pgid = p.PID
	}
	s.procs = append(s.procs, p)
	p.Proc.OnEnd(p.end)
}

// firstPID is added to the numbers that the lab counts its programs by, so that
// they look like those of a machine that has been up for a while.
const firstPID = 12000

// end is called when the coroutine is over.
func (p *Process) end() {
	s := p.shell
	p.done = true
	p.closeAll()
	s.live--
	s.procs = slices.DeleteFunc(s.procs, func(x *Process) bool { return x == p })
	for _, f := range p.onEnd {
		f()
	}
	p.waiters.wake()
	if parent := s.find(p.PPID); parent != nil {
		s.signal(parent, SIGCHLD)
	}
}

// closeAll closes all descriptors.
func (p *Process) closeAll() {
	fds := p.fds
	p.fds = nil
	for _, d := range fds {
		d.f.unref()
	}
}

// fd is what a descriptor refers to, nil if it is closed.
func (p *Process) fd(n int) *openFile {
	for _, d := range p.fds {
		if d.n == n {
			return d.f
		}
	}
	return nil
}

// maxFDs is how many descriptors a process may have: ulimit -n.
const maxFDs = 1024

// setFD lets a descriptor refer to f, or closes it if f is nil. What it
// referred to is closed.
func (p *Process) setFD(n int, f *openFile) {
	if f != nil {
		f.refs++
	}
	i, ok := slices.BinarySearchFunc(p.fds, n, func(d descriptor, n int) int { return d.n - n })
	switch {
	case ok && f != nil:
		old := p.fds[i].f
		p.fds = slices.Clone(p.fds)
		p.fds[i].f = f
		old.unref()
	case ok:
		old := p.fds[i].f
		p.fds = slices.Delete(slices.Clone(p.fds), i, i+1)
		old.unref()
	case f != nil:
		p.fds = slices.Insert(slices.Clone(p.fds), i, descriptor{n, f})
	}
}

// freeFD is the lowest free descriptor from n on.
func (p *Process) freeFD(n int) int {
	for p.fd(n) != nil {
		n++
	}
	return n
}

// open opens a file with one reference; the process's own descriptors appear
// below /dev and /proc.
func (p *Process) open(name string, flags vfs.Flags, perm fs.FileMode) (*openFile, error) {
	if n, ok := p.ownFD(name); ok {
		f := p.fd(n)
		if f == nil {
			return nil, vfs.ENOENT
		}
		f.refs++
		return f, nil
	}
	f, err := p.View().Open(name, flags, perm)
	if err != nil {
		return nil, err
	}
	if isFIFO(f.Stat()) {
		return p.openFIFO(f, flags)
	}
	o := newOpenFile(diskFile{f})
	o.refs++
	return o, nil
}

// ownFD recognizes /dev/stdin and the like.
func (p *Process) ownFD(name string) (int, bool) {
	if !strings.HasPrefix(name, "/dev/") && !strings.HasPrefix(name, "/proc/self/fd/") {
		return 0, false
	}
	switch path.Clean(name) {
	case "/dev/stdin":
		return 0, true
	case "/dev/stdout":
		return 1, true
	case "/dev/stderr":
		return 2, true
	}
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if rest, ok := strings.CutPrefix(name, dir); ok {
			n, err := strconv.Atoi(rest)
			return n, err == nil && n >= 0
		}
	}
	return 0, false
}

// block waits until the queue, or a signal, wakes the process. The caller looks
// again at what it waits for.
func (p *Process) block(q *waitQueue) {
	*q = append(*q, p)
	defer q.remove(p)
	p.Proc.Pause()
	p.awake()
}

// sleepUntil waits until the instant, or until a signal is pending.
func (p *Process) sleepUntil(t clock.Instant) {
	for p.Proc.Now() < t && !p.pendingSignal() {
		p.Proc.WaitTick(t)
		p.awake()
	}
}

// awake acts on what came while the process waited.
func (p *Process) awake() {
	if p.fatal != 0 {
		p.dieNow(p.fatal)
	}
	if p.abort {
		p.abortNow()
	}
}

// abortLine ends the line of an interactive shell that works itself and waits
// for no command: a loop, read, wait.
func (s *Shell) abortLine(p *Process) {
	if p == s.current() {
		p.abortNow()
	}
	p.abort = true
	p.Proc.Wake()
}

func (p *Process) abortNow() {
	p.abort = false
	fmt.Fprintln(fdStream{p, 2})
	panic(lineAbort{})
}

// dieNow ends the running process by a signal.
func (p *Process) dieNow(sig Signal) {
	p.fatal = 0
	if p.interp != nil {
		p.interp.exitTrap(128 + int(sig))
	}
	p.killed = sig
	panic(exitPanic{128 + int(sig)})
}

// pendingSignal says that a signal came that the process catches.
func (p *Process) pendingSignal() bool { return len(p.pending) > 0 }

// brokenPipe is SIGPIPE to the running process.
func (p *Process) brokenPipe() {
	switch {
	case p.ignored&(1<<SIGPIPE) != 0:
	case p.interp != nil && p.interp.trapped(SIGPIPE):
		p.pending = append(p.pending, SIGPIPE)
	default:
		p.dieNow(SIGPIPE)
	}
}

// step counts work. It is called by the running process only.
func (p *Process) step(n int) {
	s := p.shell
	s.steps += n
	s.worked += n
	if s.polled += n; s.polled >= pollSteps {
		s.polled = 0
		s.poll(p)
	}
	if s.steps < sliceSteps {
		return
	}
	s.steps = 0
	now := p.Proc.Now()
	if now > s.since {
		s.since = now
		return
	}
	for end := now.Add(slice); p.Proc.Now() < end; {
		p.Proc.WaitTick(end)
		p.awake()
	}
	s.since = p.Proc.Now()
}

// signal sends a signal from outside of the process, or from itself.
func (s *Shell) signal(p *Process, sig Signal) {
	if p.done || sig == 0 {
		return
	}
	bit := uint32(1) << sig
	switch in := p.interp; {
	case sig == SIGKILL:
		s.die(p, sig)
	case in != nil && in.trapped(sig):
		if !slices.Contains(p.pending, sig) {
			p.pending = append(p.pending, sig)
		}
		p.Proc.Wake()
	case p.caught&bit != 0:
		p.Proc.Signal(int(sig))
	case p.ignored&bit != 0, sig.ignoredByDefault():
	case in != nil && in.interactive:
		if sig == SIGINT && in.lineRuns && !p.foreground {
			s.abortLine(p)
		}
	case in != nil && sig == SIGINT && p.foreground:
		p.interrupted = true // bash waits for the command and then decides
	default:
		s.die(p, sig)
	}
}

// die lets a process die of a signal: at once, or if it is a shell that has
// something to do at its end, when it runs next.
func (s *Shell) die(p *Process, sig Signal) {
	if p == s.current() {
		p.dieNow(sig)
	}
	if sig != SIGKILL && p.interp != nil && p.interp.hasExitTrap() {
		p.fatal = sig
		p.Proc.Wake()
		return
	}
	p.killed, p.status = sig, 128+int(sig)
	p.Proc.Kill()
}

// Why a command cannot be run.
var errNotFound = errors.New("command not found")

// execStatus is the exit status of a shell for a command that cannot be run.
func execStatus(err error) int {
	if errors.Is(err, errNotFound) || errors.Is(err, vfs.ENOENT) || errors.Is(err, vfs.ENOTDIR) {
		return 127
	}
	return 126
}

// findInPath looks for a command as execvp(3) does; the result is a path.
func (p *Process) findInPath(name, searchPath string) (string, bool) {
	if strings.Contains(name, "/") {
		i, err := p.View().Stat(name)
		return name, err == nil && !i.IsDir()
	}
	v := p.View()
	for dir := range strings.SplitSeq(searchPath, ":") {
		if dir == "" {
			dir = "."
		}
		full := strings.TrimSuffix(dir, "/") + "/" + name
		if i, err := v.Stat(full); err == nil && !i.IsDir() && i.FileMode&0o111 != 0 {
			return full, true
		}
	}
	return "", false
}

// lookup finds the tool that argv runs. A script is run by what its first line
// names.
func (p *Process) lookup(argv []string, searchPath string) (*Tool, []string, error) {
	if len(argv) == 0 || argv[0] == "" {
		return nil, nil, errNotFound
	}
	v := p.View()
	file := argv[0]
	if !strings.Contains(file, "/") {
		full, ok := p.findInPath(file, searchPath)
		if !ok {
			return nil, nil, errNotFound
		}
		file = full
	}
	for range 4 {
		info, err := v.Stat(file)
		switch {
		case err != nil:
			return nil, nil, err
		case info.IsDir():
			return nil, nil, vfs.EISDIR
		case info.Prog != "":
			if t := p.shell.tools[info.Prog]; t != nil {
				return t, argv, nil
			}
			return nil, nil, vfs.ENOENT
		case info.FileMode&0o111 == 0:
			return nil, nil, vfs.EACCES
		}
		data, err := v.ReadFile(file)
		if err != nil {
			return nil, nil, err
		}
		line, ok := strings.CutPrefix(firstLine(data), "#!")
		if !ok { // like bash: a text without #! is a script of its own language
			return p.shell.tools["bash"], append([]string{"bash", file}, argv[1:]...), nil
		}
		by, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		next := []string{by}
		if arg = strings.TrimSpace(arg); arg != "" {
			next = append(next, arg)
		}
		argv = append(append(next, file), argv[1:]...)
		file = by
		if _, err := v.Stat(file); err != nil {
			return nil, nil, &badInterpreter{by, err}
		}
	}
	return nil, nil, vfs.ELOOP
}

// badInterpreter says that the program that a script names is missing.
type badInterpreter struct {
	name string
	err  error
}

// Error is as bash says it.
func (e *badInterpreter) Error() string { return e.name + ": bad interpreter: " + vfs.Text(e.err) }

// Unwrap is why.
func (e *badInterpreter) Unwrap() error { return e.err }

func firstLine(b []byte) string {
	s, _, _ := strings.Cut(string(b[:min(len(b), 256)]), "\n")
	return s
}

// runTool runs a tool as the process.
func (p *Process) runTool(t *Tool, argv []string) int {
	p.Args = argv
	c := &Call{Args: argv, In: fdStream{p, 0}, Out: fdStream{p, 1}, Err: fdStream{p, 2},
		Process: p, Proc: p.Proc, NS: p.NS, Lab: p.shell.lab, Shell: p.shell, View: p.View(), Tool: t}
	for _, a := range argv[1:] {
		if a == "--help" && t.Usage != "" {
			t.Help(c.Out)
			return 0
		}
		if a == "--" {
			break
		}
	}
	return t.Run(c)
}

var _ io.Writer = fdStream{}
