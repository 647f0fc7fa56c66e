package scenarios

import (
	"io"
	"strings"

	"hoplab/sim/clock"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
	"hoplab/sim/sock"
	"hoplab/topology"
)

// A step's command is typed at the desk of its machine: an interactive shell
// that stays from step to step, so that variables, the folder and what runs in
// the background stay, too. Nobody sits at its keyboard: what reads it gets an
// end of file.
type desk struct {
	r     *Runner
	netns string
	sh    *shell.Shell
	term  *shell.Terminal
}

// maxOutput is how many bytes the commands of one desk may print.
const maxOutput = 8 << 20

// command reads the command of a step and says where it is typed.
func (c *compiler) command(s *topology.Step, path string) (netns string) {
	path += ".run"
	if err := shell.CheckSyntax(s.Run.Text); err != nil {
		c.add(s.Run.Pos.Errorf(path, "%v", err))
	}
	return c.shellIn(s, path)
}

// shellIn is the namespace in which a step's command is typed: the one it
// names, or else the first node, or else the first machine.
func (c *compiler) shellIn(s *topology.Step, path string) string {
	if !s.In.IsZero() {
		netns, err := c.namespace(s.In, strings.TrimSuffix(path, "run")+"in")
		c.add(err)
		return netns
	}
	machines := c.lab.Topology.Machines
	for _, m := range machines {
		if m.Role == topology.RoleNode {
			return m.Name
		}
	}
	if len(machines) == 0 {
		c.add(s.Pos.Errorf(path, "lab %s has no machine to run this in", c.lab.Topology.Name))
		return ""
	}
	return machines[0].Name
}

// OpenShell opens a shell on the machine or pod o.Start. All shells of one of
// them, the steps' among them, share its files.
func (r *Runner) OpenShell(o shell.Options) (*shell.Shell, error) {
	if sh := r.machines[o.Start]; sh != nil {
		return sh.Beside(o), nil
	}
	sh, err := tools.NewShell(r.lab, o)
	if err == nil {
		r.machines[o.Start] = sh
	}
	return sh, err
}

// Glance is a shell on a machine for questions; nothing is to be run in it, and it
// leaves no trace in the lab.
func (r *Runner) Glance(netns string) (*shell.Shell, error) {
	if sh := r.machines[netns]; sh != nil {
		return sh.Beside(shell.Options{}), nil
	}
	return tools.NewShell(r.lab, shell.Options{Start: netns})
}

// sitDown gives the desk of a machine, with a new shell if its last one has
// ended.
func (r *Runner) sitDown(netns string) (*desk, error) {
	d := r.desks[netns]
	if d == nil {
		d = &desk{r: r, netns: netns}
		var err error
		d.sh, err = r.OpenShell(shell.Options{Start: netns, Stdout: deskWriter{d, false}, Stderr: deskWriter{d, true}, Result: r.result, MaxOutput: maxOutput})
		if err != nil {
			return nil, err
		}
		r.desks[netns] = d
	}
	if d.term == nil || d.term.Done() {
		var err error
		if d.term, err = d.sh.Terminal(netns); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Printed is something that a command wrote.
type Printed struct {
	At     clock.Instant
	Event  uint64 // how many events were over
	In     string // namespace of its shell
	Stderr bool
	Text   string
}

// deskWriter is the standard output or error of a desk.
type deskWriter struct {
	*desk
	stderr bool
}

var _ io.Writer = deskWriter{}

// Write puts what is written into the report of the step that runs, or ran last.
func (w deskWriter) Write(b []byte) (int, error) {
	rep := w.r.report.Steps[len(w.r.report.Steps)-1]
	rep.printed(Printed{At: w.r.lab.Now(), Event: w.r.lab.World().Log.Seq(), In: w.netns, Stderr: w.stderr, Text: string(b)})
	return len(b), nil
}

// onePiece is how many bytes that come at once are put together.
const onePiece = 4 << 10

// printed adds something to the report. What a program prints that an earlier
// step left running on another machine is on that machine's screen.
func (s *StepReport) printed(p Printed) {
	if n := len(s.Printed); n > 0 {
		if l := &s.Printed[n-1]; l.At == p.At && l.Event == p.Event && l.In == p.In && l.Stderr == p.Stderr && len(l.Text) < onePiece {
			l.Text += p.Text
			return
		}
	}
	s.Printed = append(s.Printed, p)
}

// text joins what was printed on the step's own screen: both streams, or one.
func (s *StepReport) text(out, err bool) string {
	var b strings.Builder
	for _, p := range s.Printed {
		if p.In == s.In && (p.Stderr && err || !p.Stderr && out) {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// Stdout is what the command wrote on standard output.
func (s *StepReport) Stdout() string { return s.text(true, false) }

// Stderr is what it wrote on standard error.
func (s *StepReport) Stderr() string { return s.text(false, true) }

// result takes what a tool found out.
func (r *Runner) result(_ *shell.Process, v any) {
	if p, ok := v.(*sock.PingResult); ok {
		rep := r.report.Steps[len(r.report.Steps)-1]
		rep.Pings = append(rep.Pings, *p)
	}
}
