package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/stack"
)

// Options say what a Shell has and what it may do. The zero value is a shell
// without tools on the first namespace of the lab.
type Options struct {
	Tools []Tool
	Start string // namespace of the shell; empty: the first one of the lab

	Stdin          io.Reader // nil is empty
	Stdout, Stderr io.Writer // nil is nowhere
	TTY            bool      // the three are a terminal

	// InputReady says that reading Stdin would not block. A program that reads
	// before that waits in virtual time, until Shell.Typed. Nil: reading blocks
	// outside virtual time.
	InputReady func() bool

	In   fs.FS             // appears read-only at /in; may be nil
	Env  map[string]string // added to the environment
	Name string            // host name in prompts; empty: the namespace's

	// Signal is asked now and then, also while a program runs without end, and
	// at least every few hundred events: what the person at the keyboard wants
	// to send to the foreground, such as SIGINT for Ctrl-C; 0 is nothing,
	// SIGKILL ends everything. May be nil.
	Signal func() Signal

	// Result gets what a tool found out, as a value: a *sock.PingResult. May be
	// nil.
	Result func(p *Process, v any)

	Timeout clock.Duration // virtual time after which a script is killed; 0: never

	MaxProcesses int   // alive at once; 0 means 512
	MaxOutput    int64 // bytes written to Stdout and Stderr; 0 means 64 MiB
	MaxMemory    int   // bytes of variables, and of one string, in one shell; 0 means 64 MiB
	MaxDisk      int64 // bytes of files; 0 means vfs.DefaultLimit
}

// TimeoutError says that a script was ended because its time was over.
type TimeoutError struct{ After clock.Duration }

// Error says after how long.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the script was ended: it had not finished after %v of virtual time", e.After)
}

// DeadlockError says that a script waits for something that cannot happen.
type DeadlockError struct{}

// Error says so.
func (*DeadlockError) Error() string {
	return "the script was ended: it waits for something that will never happen"
}

// OutputError says that a script printed too much.
type OutputError struct{ Limit int64 }

// Error says how much is allowed.
func (e *OutputError) Error() string {
	return fmt.Sprintf("the script was ended: it printed more than %d bytes", e.Limit)
}

// Shell is a userland on a lab: its tools, files and processes. Several of one
// machine share them: see Beside.
type Shell struct {
	*machine
	o Options

	procs   []*Process // alive, in order of start
	live    int        // alive or about to start
	fg      int        // process group that the keyboard's signals go to
	written int64
	polled  int
	readers waitQueue     // wait for Stdin
	worked  int           // units of work so far
	steps   int           // of work since virtual time passed
	since   clock.Instant // when steps began to count
	ended   error         // why everything was ended
}

// machine is what the shells of one machine have in common.
type machine struct {
	lab    *sim.Lab
	tools  map[string]*Tool
	names  []string // of the tools, sorted
	fs     *vfs.FS
	start  *stack.Namespace
	host   string   // Options.Name
	shells []*Shell // in order of creation
}

// New returns a shell on a machine of its own on a lab. The lab must have a
// namespace.
func New(lab *sim.Lab, o Options) (*Shell, error) {
	m := &machine{lab: lab, tools: map[string]*Tool{}, host: o.Name}
	if o.Start != "" {
		m.start = lab.Namespace(o.Start)
		if m.start == nil {
			return nil, fmt.Errorf("there is no machine or pod called %q to start the shell on", o.Start)
		}
	} else if all := lab.Namespaces(); len(all) > 0 {
		m.start = all[0]
	} else {
		return nil, errors.New("the lab has no namespace to start the shell on")
	}
	m.fs = vfs.New(func() time.Time { return lab.Time(lab.Now()) }, o.MaxDisk, lab.Seed())
	s := m.open(o)
	return s, s.populate()
}

// Beside returns another shell on the machine of s: it has the same tools and
// files and sees the same processes. Tools, Start, Name, In and MaxDisk of the
// options are the machine's already.
func (s *Shell) Beside(o Options) *Shell { return s.open(o) }

func (m *machine) open(o Options) *Shell {
	if o.MaxProcesses == 0 {
		o.MaxProcesses = 512
	}
	if o.MaxOutput == 0 {
		o.MaxOutput = 64 << 20
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = 64 << 20
	}
	s := &Shell{machine: m, o: o}
	m.shells = append(m.shells, s)
	return s
}

// hostname is what the prompt, hostname and uname show in a namespace.
func (s *Shell) hostname(ns *stack.Namespace) string {
	if s.host != "" {
		return s.host
	}
	return ns.Name
}

// Hostname is what hostname prints in a namespace.
func (s *Shell) Hostname(ns *stack.Namespace) string { return s.hostname(ns) }

// populate makes the first files.
func (s *Shell) populate() error {
	v := s.View()
	for _, d := range []string{"/dev/fd", "/dev/shm", "/etc", "/home", "/mnt", "/opt", "/proc/self", "/proc/sys/kernel", "/root", "/run/netns", "/srv", "/sys",
		"/tmp", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/lib", "/usr/share", "/var/log", "/var/tmp", "/var/lib", "/out"} {
		if err := v.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	for _, l := range [][2]string{{"usr/bin", "/bin"}, {"usr/sbin", "/sbin"}, {"usr/lib", "/lib"}, {"/run", "/var/run"},
		{"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}} {
		if err := v.Symlink(l[0], l[1]); err != nil {
			return err
		}
	}
	for _, d := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
		if err := v.Chmod(d, fs.ModeSticky|0o777); err != nil {
			return err
		}
	}
	if err := v.Chmod("/root", 0o700); err != nil {
		return err
	}
	for _, d := range []struct {
		name string
		dev  vfs.Device
	}{{"null", vfs.Null}, {"zero", vfs.Zero}, {"full", vfs.Full}, {"random", vfs.Random}, {"urandom", vfs.Random}, {"tty", vfs.TTY}} {
		if err := v.Device("/dev/"+d.name, d.dev); err != nil {
			return err
		}
	}
	for _, f := range [][2]string{
		{"/etc/hosts", "127.0.0.1\tlocalhost\n"},
		{"/etc/resolv.conf", ""},
		{"/etc/hostname", s.hostname(s.start) + "\n"},
		{"/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"},
		{"/etc/group", "root:x:0:\n"},
		{"/etc/os-release", "NAME=\"hoplab\"\nID=hoplab\nPRETTY_NAME=\"hoplab\"\n"},
		{"/proc/version", "Linux version " + KernelRelease + "\n"},
		{"/proc/sys/kernel/ostype", "Linux\n"},
		{"/proc/sys/kernel/osrelease", KernelRelease + "\n"},
		{"/proc/sys/kernel/hostname", s.hostname(s.start) + "\n"},
	} {
		if err := v.WriteFile(f[0], []byte(f[1]), 0o644); err != nil {
			return err
		}
	}
	if s.o.In != nil {
		if err := v.Mount("/in", vfs.ReadOnly(s.o.In)); err != nil {
			return err
		}
	}
	for _, t := range slices.Concat(s.o.Tools, ownTools()) {
		if err := s.addTool(t); err != nil {
			return err
		}
	}
	slices.Sort(s.names)
	return nil
}

// KernelRelease is what uname -r prints: the kernel whose behaviour is
// simulated.
const KernelRelease = "6.1.0"

func (s *Shell) addTool(t Tool) error {
	if s.tools[t.Name] != nil {
		return nil // the caller's own come first
	}
	if t.Dir == "" {
		t.Dir = "/usr/bin"
	}
	s.tools[t.Name] = &t
	s.names = append(s.names, t.Name)
	return s.View().Program(path.Join(t.Dir, t.Name), t.Name)
}

// Tools lists the tools, sorted by name.
func (s *Shell) Tools() []*Tool {
	l := make([]*Tool, len(s.names))
	for i, n := range s.names {
		l[i] = s.tools[n]
	}
	return l
}

// Tool finds a tool by name, nil if there is none.
func (s *Shell) Tool(name string) *Tool { return s.tools[name] }

// Lab is the lab it runs on.
func (s *Shell) Lab() *sim.Lab { return s.lab }

// View is the file system as seen from the namespace the shell starts in.
func (s *Shell) View() vfs.View { return vfs.View{FS: s.fs, NS: s.start, Dir: "/"} }

// Mount lets d fill a place in the file system.
func (s *Shell) Mount(at string, d vfs.Dynamic) error { return s.View().Mount(at, d) }

// Processes lists the processes of the machine that are alive, oldest first.
func (s *Shell) Processes() []*Process {
	var all []*Process
	for _, x := range s.shells {
		all = append(all, x.procs...)
	}
	slices.SortStableFunc(all, func(a, b *Process) int { return a.PID - b.PID })
	return all
}

// Own lists those of Processes that were started from this shell.
func (s *Shell) Own() []*Process { return slices.Clone(s.procs) }

func (m *machine) find(pid int) *Process {
	for _, s := range m.shells {
		for _, p := range s.procs {
			if p.PID == pid {
				return p
			}
		}
	}
	return nil
}

// Kill sends a signal to a process.
func (s *Shell) Kill(p *Process, sig Signal) { s.signal(p, sig) }

// current is the process whose code runs right now, nil if none does.
func (s *Shell) current() *Process {
	for _, p := range s.procs {
		if p.Proc.Running() {
			return p
		}
	}
	return nil
}

// newProcess makes the process that has no parent.
func (s *Shell) newProcess(args ...string) *Process {
	p := &Process{Args: args, NS: s.start, Dir: "/root", shell: s, umask: 0o022}
	p.env = []string{"HOME=/root", "LOGNAME=root", "PATH=" + defaultPath, "PWD=/root", "SHELL=/bin/bash", "SHLVL=0", "USER=root"}
	if s.o.TTY {
		p.env = append(p.env, "TERM=xterm-256color")
	}
	var names []string
	for k := range s.o.Env {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		p.Setenv(k, s.o.Env[k])
	}
	s.live++
	p.setFD(0, newOpenFile(&hostFile{r: s.o.Stdin, tty: s.o.TTY, keyboard: true}))
	p.setFD(1, newOpenFile(&hostFile{w: s.o.Stdout, tty: s.o.TTY}))
	p.setFD(2, newOpenFile(&hostFile{w: s.o.Stderr, tty: s.o.TTY}))
	return p
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// countOutput ends everything when a script prints too much.
func (s *Shell) countOutput(n int) error {
	if s.written+int64(n) > s.o.MaxOutput {
		s.endAll(&OutputError{s.o.MaxOutput})
		return vfs.ENOSPC
	}
	s.written += int64(n)
	return nil
}

// endAll kills all processes, the running one when it comes to its next step.
func (s *Shell) endAll(why error) {
	if s.ended == nil {
		s.ended = why
	}
	self := s.current()
	for _, p := range slices.Backward(slices.Clone(s.procs)) {
		if p != self && !p.done {
			p.killed, p.status = SIGKILL, 128+int(SIGKILL)
			p.Proc.Kill()
		}
	}
	if self != nil {
		self.killed = SIGKILL
		panic(exitPanic{128 + int(SIGKILL)})
	}
}

// poll asks for signals from the keyboard. self is the running process, nil
// between events.
func (s *Shell) poll(self *Process) {
	if s.o.Signal == nil {
		return
	}
	if sig := s.o.Signal(); sig != 0 {
		s.Interrupt(sig)
	}
}

// Reading says that a program waits for Stdin.
func (s *Shell) Reading() bool { return len(s.readers) > 0 }

// Reader is the program that waits for Stdin, nil if none does.
func (s *Shell) Reader() *Process {
	if !s.Reading() {
		return nil
	}
	return s.readers[0]
}

// Typed tells programs that wait for Stdin that there is something to read.
func (s *Shell) Typed() { s.readers.wake() }

// Interrupt sends a signal to what runs in the foreground, as a terminal does
// for Ctrl-C. SIGKILL ends everything.
func (s *Shell) Interrupt(sig Signal) {
	if sig == SIGKILL {
		s.endAll(nil)
		return
	}
	self := s.current()
	hit := false
	for _, p := range slices.Clone(s.procs) {
		switch {
		case p.done || p.pgid != s.fg:
		case p == self:
			hit = true
		default:
			s.signal(p, sig)
		}
	}
	if hit {
		s.signal(self, sig)
	}
}

// RunScript runs the text of a script as `bash NAME ARGS…` would, drives the
// lab's clock until it has ended, and returns its exit status. What it left in
// the background is killed then. The error is a *TimeoutError, a *DeadlockError
// or an *OutputError; the status is valid nonetheless.
func (s *Shell) RunScript(name, src string, args ...string) (int, error) {
	p := s.StartScript(name, src, args...)
	return s.finish(p)
}

// RunCommand runs a line as `bash -c LINE` would, as RunScript does.
func (s *Shell) RunCommand(line string) (int, error) {
	p := s.newProcess("bash", "-c", line)
	p.start(func() int { return newInterp(p, "bash", nil).runCommandString(line) })
	return s.finish(p)
}

// StartScript starts a script without driving the clock.
func (s *Shell) StartScript(name, src string, args ...string) *Process {
	p := s.newProcess(append([]string{"bash", name}, args...)...)
	p.start(func() int { return newInterp(p, name, args).runScript(src) })
	return p
}

func (s *Shell) finish(p *Process) (int, error) {
	s.fg = p.pgid
	err := s.Drive(func() bool { return p.done })
	s.endAll(nil)
	return p.status, err
}

// pollEvents is how many events pass between two looks at Options.Signal.
const pollEvents = 256

// Drive runs the lab until done says so, everything was ended, or nothing is
// left to happen.
func (s *Shell) Drive(done func() bool) error {
	s.ended = nil
	var timer clock.Ref
	if s.o.Timeout > 0 {
		timer = s.lab.World().Clock.After(s.o.Timeout, clock.HandlerFunc(func(uint64) { s.endAll(&TimeoutError{s.o.Timeout}) }), 0)
	}
	defer func() { s.lab.World().Clock.Cancel(timer) }()
	for n := 0; !done() && s.ended == nil; n++ {
		if n%pollEvents == pollEvents-1 {
			s.poll(nil)
			if done() {
				break
			}
		}
		if !s.lab.Step() {
			if done() {
				break
			}
			s.endAll(&DeadlockError{})
		}
	}
	err := s.ended
	s.ended = nil
	return err
}

// Err says why everything that ran was ended; nil if it was not.
func (s *Shell) Err() error { return s.ended }

// Worked is how many units of work the programs have done so far.
func (s *Shell) Worked() int { return s.worked }

// Close kills everything that runs. The files of the machine stay for the shells
// beside it.
func (s *Shell) Close() {
	s.endAll(nil)
	s.shells = slices.DeleteFunc(s.shells, func(x *Shell) bool { return x == s })
}

// Out lists the files below a folder of the lab, for the caller to copy:
// slash-separated names and contents, folders before what is in them.
func (s *Shell) Out(dir string, f func(name string, info vfs.Info, data []byte) error) error {
	return s.walkOut(dir, "", f)
}

func (s *Shell) walkOut(dir, rel string, f func(string, vfs.Info, []byte) error) error {
	v := s.View()
	list, err := v.ReadDir(path.Join(dir, rel))
	if err != nil {
		return err
	}
	for _, i := range list {
		name := path.Join(rel, i.Name())
		if i.IsDir() {
			if err := f(name, i, nil); err != nil {
				return err
			}
			if err := s.walkOut(dir, name, f); err != nil {
				return err
			}
			continue
		}
		data, err := v.ReadFile(path.Join(dir, name))
		if err != nil || strings.Contains(i.Name(), "\\") {
			continue // a dangling link, a device
		}
		if err := f(name, i, data); err != nil {
			return err
		}
	}
	return nil
}
