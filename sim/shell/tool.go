package shell

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/proc"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// Tool is one command, such as ip or grep. Everything about it is in one value,
// so that its help text, the list of what is modelled and what it does cannot
// drift apart.
type Tool struct {
	Name    string
	Dir     string // folder it appears in, "/usr/bin" if empty
	Summary string // one line: what it is for
	Usage   string // what follows its name: "[-c COUNT] HOST"
	Options []Option
	Run     func(c *Call) int // returns the exit status
}

// Option is one option of a Tool, or a word that works as one ("onlink").
type Option struct {
	Flag        string // as in the manual: "-c COUNT", "-n, --quiet"
	Help        string
	NotModelled bool // the real tool has it; here it is an error that says so
}

// Call is one run of a Tool: what the process that runs it has.
type Call struct {
	Args    []string // Args[0] is the name it was called by
	In      io.Reader
	Out     io.Writer // unbuffered: write lines, or buffer and flush
	Err     io.Writer
	Process *Process
	Proc    *proc.Proc
	NS      *stack.Namespace
	Lab     *sim.Lab
	Shell   *Shell
	View    vfs.View // the file system as the process sees it
	Tool    *Tool
}

// Name is what the tool was called by, without folders.
func (c *Call) Name() string {
	return c.Args[0][strings.LastIndexByte(c.Args[0], '/')+1:]
}

// Errorf prints "NAME: …" and a line end on stderr.
func (c *Call) Errorf(format string, args ...any) {
	fmt.Fprintf(c.Err, "%s: %s\n", c.Name(), fmt.Sprintf(format, args...))
}

// Fail is Errorf and the status, for a return statement.
func (c *Call) Fail(status int, format string, args ...any) int {
	c.Errorf(format, args...)
	return status
}

// NotModelled says on stderr that something the real tool can do is missing
// here, and returns the status.
func (c *Call) NotModelled(status int, what string) int {
	return c.Fail(status, "not modelled: %s", what)
}

// Getenv is an environment variable, empty if it is not set.
func (c *Call) Getenv(name string) string {
	v, _ := c.Process.LookupEnv(name)
	return v
}

// Time is the date and time that the lab's clock shows.
func (c *Call) Time() time.Time { return c.Lab.Time(c.Lab.Now()) }

// Step accounts for n units of work that pass no virtual time: tools with
// loops of their own call it, so that an endless one can be ended.
func (c *Call) Step(n int) { c.Process.step(n) }

// Result hands what the tool found out, as a value, to whoever asked for it with
// Options.Result.
func (c *Call) Result(v any) {
	if f := c.Process.shell.o.Result; f != nil {
		f(c.Process, v)
	}
}

// Catch lets the process receive these signals with proc.Signaled instead of
// dying of them, also where they were ignored.
func (c *Call) Catch(sig ...Signal) {
	for _, s := range sig {
		c.Process.caught |= 1 << s
		c.Process.ignored &^= 1 << s
	}
}

// Ignore lets the process, and what it runs, ignore these signals.
func (c *Call) Ignore(sig ...Signal) {
	for _, s := range sig {
		c.Process.ignored |= 1 << s
		c.Process.caught &^= 1 << s
	}
}

// Stat describes what a descriptor of the process refers to; an error if that is
// no file.
func (c *Call) Stat(fd int) (vfs.Info, error) {
	if f := c.Process.fd(fd); f != nil {
		if d, ok := f.file.(diskFile); ok {
			return d.Stat(), nil
		}
	}
	return vfs.Info{}, vfs.EINVAL
}

// IsTerminal says that a descriptor of the process is a terminal.
func (c *Call) IsTerminal(fd int) bool { return c.Process.isTerminal(fd) }

// Sleep waits in virtual time, as nanosleep(2) does; a signal that the tool
// catches ends it early.
func (c *Call) Sleep(d clock.Duration) {
	p := c.Process
	end := p.Proc.Now().Add(min(d, 1<<62-clock.Duration(p.Proc.Now())))
	for p.Proc.Now() < end && !p.pendingSignal() && !p.Proc.HasSignal() {
		p.Proc.WaitTick(end)
		p.awake()
	}
}

// Pause waits until something calls Proc.Wake, or a signal comes that the tool
// catches.
func (c *Call) Pause() {
	c.Process.Proc.Pause()
	c.Process.awake()
}

// Forever is longer than any run.
const Forever clock.Duration = 1 << 61

// WaitUntil waits for a process, at most d. It reports whether the process has
// ended. on gets the signals that come meanwhile and that the tool catches; it
// may be nil.
func (c *Call) WaitUntil(child *Process, d clock.Duration, on func(Signal)) bool {
	p := c.Process
	end := p.Proc.Now().Add(min(d, 1<<62-clock.Duration(p.Proc.Now())))
	child.waiters = append(child.waiters, p)
	defer child.waiters.remove(p)
	for !child.done && p.Proc.Now() < end {
		if d >= Forever {
			p.Proc.Pause()
		} else {
			p.Proc.WaitTick(end)
		}
		p.awake()
		if sig := p.Proc.Signaled(); sig != 0 && on != nil {
			on(Signal(sig))
		}
	}
	return child.done
}

// Umask is what new files may not have.
func (c *Call) Umask() fs.FileMode { return c.Process.umask }

// MatchPattern says that a pattern of the shell matches all of a text.
func MatchPattern(pattern, s string) bool { return compilePattern(pattern, true, false).match(s) }

// Open opens a file for the process: /dev/stdin, /dev/fd/N and the like are the
// process's own.
func (c *Call) Open(path string) (io.ReadCloser, error) {
	f, err := c.Process.open(path, vfs.Read, 0)
	if err != nil {
		return nil, err
	}
	return c.keep(f), nil
}

// Create opens a file for writing, empty or, with more set, at its end.
func (c *Call) Create(path string, more bool) (io.WriteCloser, error) {
	flags := vfs.Write | vfs.Create | vfs.Truncate
	if more {
		flags = vfs.Write | vfs.Create | vfs.Append
	}
	f, err := c.Process.open(path, flags, 0o666&^c.Process.umask)
	if err != nil {
		return nil, err
	}
	return c.keep(f), nil
}

// Exec goes on as another command, in another namespace if ns is not nil: what
// execve(2) does. It returns the command's exit status; the tool returns that.
// Found is false where there is no such command: nothing was run or printed.
func (c *Call) Exec(ns *stack.Namespace, argv []string) (status int, found bool) {
	p := c.Process
	tool, argv, err := p.lookup(argv, p.searchPath())
	if err != nil {
		return execStatus(err), false
	}
	if ns != nil {
		p.NS = ns
	}
	p.caught = 0
	return p.runTool(tool, argv), true
}

// Stdio says where a child reads and writes; nil is where the tool itself does.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Spawn starts a command as a child process, in another namespace if ns is not
// nil. The error says that there is no such command, or that there are too many
// processes.
func (c *Call) Spawn(ns *stack.Namespace, argv []string, io Stdio) (*Process, error) {
	tool, argv, err := c.Process.lookup(argv, c.Process.searchPath())
	if err != nil {
		return nil, err
	}
	child, err := c.Process.fork(argv[0])
	if err != nil {
		return nil, err
	}
	if ns != nil {
		child.NS = ns
	}
	child.caught = 0
	if io.In != nil {
		child.setFD(0, newOpenFile(&hostFile{r: io.In}))
	}
	if io.Out != nil {
		child.setFD(1, newOpenFile(&hostFile{w: io.Out}))
	}
	if io.Err != nil {
		child.setFD(2, newOpenFile(&hostFile{w: io.Err}))
	}
	child.start(func() int { return child.runTool(tool, argv) })
	return child, nil
}

// PipeTo starts a command that reads what the tool writes.
func (c *Call) PipeTo(argv []string) (io.WriteCloser, *Process, error) {
	r, w := newPipe()
	child, err := c.spawnWith(argv, 0, r)
	if err != nil {
		return nil, nil, err
	}
	w.refs++
	return c.keep(w), child, nil
}

// PipeFrom starts a command whose output the tool reads.
func (c *Call) PipeFrom(argv []string) (io.ReadCloser, *Process, error) {
	r, w := newPipe()
	child, err := c.spawnWith(argv, 1, w)
	if err != nil {
		return nil, nil, err
	}
	r.refs++
	return c.keep(r), child, nil
}

// keep makes a stream of a file that is closed with the process at the latest.
func (c *Call) keep(f *openFile) *stream {
	s := &stream{p: c.Process, f: f}
	c.Process.OnEnd(func() { s.Close() })
	return s
}

func (c *Call) spawnWith(argv []string, fd int, f *openFile) (*Process, error) {
	tool, argv, err := c.Process.lookup(argv, c.Process.searchPath())
	if err != nil {
		return nil, err
	}
	child, err := c.Process.fork(argv...)
	if err != nil {
		return nil, err
	}
	child.setFD(fd, f)
	child.start(func() int { return child.runTool(tool, argv) })
	return child, nil
}

// Wait blocks until a process has ended, or a signal that the tool catches has
// come: then it reports false.
func (c *Call) Wait(child *Process) bool {
	for !child.done {
		if c.Process.pendingSignal() {
			return false
		}
		c.Process.block(&child.waiters)
	}
	return true
}

// Help prints the tool's help: summary, usage, and of its options those that are
// modelled and those that are not.
func (t *Tool) Help(w io.Writer) {
	fmt.Fprintf(w, "Usage: %s", t.Name)
	if t.Usage != "" {
		fmt.Fprintf(w, " %s", t.Usage)
	}
	fmt.Fprintf(w, "\n%s.\n", strings.TrimSuffix(t.Summary, "."))
	for _, modelled := range []bool{true, false} {
		head := false
		for _, o := range t.Options {
			if o.NotModelled == modelled {
				continue
			}
			if !head {
				head = true
				fmt.Fprintln(w)
				if !modelled {
					fmt.Fprintln(w, "Not modelled:")
				}
			}
			fmt.Fprintf(w, "  %-24s %s\n", o.Flag, o.Help)
		}
	}
}

// Page writes the tool's fidelity page in Markdown: what Help says, as a
// document. names are all the names the tool goes by.
func (t *Tool) Page(w io.Writer, names []string) {
	fmt.Fprintf(w, "# %s\n\n%s.\n\n", strings.Join(names, ", "), strings.TrimSuffix(t.Summary, "."))
	fmt.Fprintf(w, "```text\n%s\n```\n", strings.TrimSpace(t.Name+" "+t.Usage))
	for _, missing := range []bool{false, true} {
		head := false
		for _, o := range t.Options {
			if o.NotModelled != missing {
				continue
			}
			if !head {
				head = true
				if missing {
					fmt.Fprintf(w, "\n## Not modelled\n\nUsing one of these is an error that names it.\n\n| | |\n|---|---|\n")
				} else {
					fmt.Fprintf(w, "\n## Modelled\n\n| | |\n|---|---|\n")
				}
			}
			fmt.Fprintf(w, "| `%s` | %s |\n", strings.ReplaceAll(strings.TrimSpace(o.Flag), "|", "\\|"), strings.ReplaceAll(o.Help, "|", "\\|"))
		}
	}
}

// Pages groups tools that differ in nothing but the name, such as awk and mawk:
// each group has one page. The order is that of the first names.
func Pages(tools []*Tool) [][]*Tool {
	var groups [][]*Tool
	for _, t := range tools {
		i := slices.IndexFunc(groups, func(g []*Tool) bool {
			return g[0].Summary == t.Summary && g[0].Usage == t.Usage && slices.Equal(g[0].Options, t.Options)
		})
		if i < 0 {
			groups = append(groups, []*Tool{t})
			continue
		}
		groups[i] = append(groups[i], t)
	}
	return groups
}
