package cli

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/ctl/expand"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
	"hoplab/sim/shell/vfs"
	"hoplab/topology"
)

// shFlags are the flags of hoplab sh.
type shFlags struct {
	command string
	lab     string
	in, out string
	timeout time.Duration
	speed   float64
	seed    *uint64
}

func (a *app) shCommand() *cobra.Command {
	var f shFlags
	var seed uint64
	cmd := &cobra.Command{
		Use:   "sh [FILE | -c COMMAND] [-l LAB] [-- ARGS...]",
		Short: "The lab's shell: interactive, a script, or one line",
		Long: `The lab's shell: bash with ip, ping, tcpdump, iptables and their kin, whose
kernel is the simulator. Time is virtual: sleep 3600 takes no time.

FILE is a script, - or a pipe the standard input; without one, on a terminal, it
is interactive. It starts on an empty network, or with -l on the first node of a
built-in lab or of a file's.

Scripts see no file of the host, and write none, but for two folders: --in is
there to be read as /in; what they leave in /out is copied to --out at the end.
The exit status is the script's.`,
		Example: `  hoplab sh
  hoplab sh -l study -c 'ip route'
  hoplab sh script.sh --out results`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case f.timeout < 0:
				return fmt.Errorf("invalid --timeout %v; expected a time such as 90s", f.timeout)
			case f.speed < 0 || math.IsNaN(f.speed):
				return fmt.Errorf("invalid --speed %v; expected a number from 0", f.speed)
			case f.command != "" && len(args) > 0:
				return fmt.Errorf("-c runs one line; there is no place for %q", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("seed") {
				f.seed = &seed
			}
			return a.sh(args, cmd.Flags().Changed("command"), f)
		},
	}
	cmd.Flags().StringVarP(&f.command, "command", "c", "", "run this line instead of a file")
	cmd.Flags().StringVarP(&f.lab, "lab", "l", "", "run on this lab: a built-in one (study) or that of a file")
	cmd.Flags().StringVar(&f.in, "in", "", "show a folder of the host at /in, read-only")
	cmd.Flags().StringVar(&f.out, "out", "", "copy /out into this folder of the host at the end")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "end the script after so much virtual time, such as 90s")
	cmd.Flags().Float64Var(&f.speed, "speed", 1, "interactive: virtual seconds in a real one; 0: as fast as possible")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the lab's chance (default: the lab's own)")
	return cmd
}

// sh runs the shell. All that it reads of the host it reads before the first
// command runs.
func (a *app) sh(args []string, oneLine bool, f shFlags) error {
	name, src := "bash", f.command
	interactive := false
	switch {
	case oneLine:
	case len(args) == 0 && a.env.IsTerminal(a.stdin):
		interactive = true
	default:
		file := stdinName
		if len(args) > 0 {
			file, args = args[0], args[1:]
		}
		text, err := a.inputs().bytes(file)
		if err != nil {
			return fmt.Errorf("cannot read %s: %w", file, cause(err))
		}
		src = string(text)
		if file != stdinName {
			name = filepath.ToSlash(file)
		}
	}
	lab, start, err := a.shLab(f)
	if err != nil {
		return err
	}
	defer lab.Close()
	o := shell.Options{Start: start, Stdin: a.stdin, Stdout: a.out, Stderr: a.stderr, Timeout: clock.Duration(f.timeout), TTY: interactive}
	if !oneLine && !interactive && name == "bash" {
		o.Stdin = nil // it was the script
	}
	if f.in != "" {
		if o.In, err = a.env.ReadTree(f.in); err != nil {
			return fmt.Errorf("cannot read %s: %w", f.in, cause(err))
		}
	}
	if f.out != "" {
		if err := a.env.WriteTree(f.out, nil); err != nil {
			return fmt.Errorf("cannot write to %s: %w", f.out, cause(err))
		}
	}
	if err := a.stdout.Flush(); err != nil {
		return err
	}
	signals, stop := a.env.Signals()
	defer stop()
	x := &session{app: a, signals: signals, speed: f.speed}
	if interactive {
		o.Stdin, o.InputReady = x, x.inputReady
	}
	o.Signal = func() shell.Signal {
		select {
		case n := <-signals:
			return shell.Signal(n)
		default:
			return 0
		}
	}
	s, err := tools.NewShell(lab, o)
	if err != nil {
		return err
	}
	defer s.Close()
	status := 0
	switch {
	case interactive:
		status, err = x.interact(s)
	case oneLine:
		status, err = s.RunCommand(src)
	default:
		status, err = s.RunScript(name, src, args...)
	}
	a.status = &status
	if err != nil {
		fmt.Fprintf(a.stderr, "hoplab: %v\n", err)
		if status == 0 {
			status = scenarios.ExitFailed
		}
	}
	if f.out != "" {
		if err := a.copyOut(s, f.out); err != nil {
			return fmt.Errorf("cannot write to %s: %w", f.out, cause(err))
		}
	}
	return nil
}

// shLab builds the lab that the shell runs on and says where it starts.
func (a *app) shLab(f shFlags) (lab *sim.Lab, start string, err error) {
	var opts []sim.Option
	if f.seed != nil {
		opts = append(opts, sim.WithSeed(*f.seed))
	}
	if f.lab == "" {
		return sim.Empty(opts...), sim.HostName, nil
	}
	file, name := f.lab, ""
	if before, after, ok := cutLast(f.lab, ':'); ok && isYAML(before) {
		file, name = before, after
	}
	declared, bundle, err := a.lab(file, name)
	if err != nil {
		return nil, "", err
	}
	a.notes(bundle.Notes)
	plain, notes, err := expand.Expand(bundle, declared)
	if err != nil {
		return nil, "", err
	}
	a.notes(notes)
	if lab, err = sim.New(plain, opts...); err != nil {
		return nil, "", err
	}
	for _, m := range plain.Machines {
		if m.Role == topology.RoleNode {
			return lab, m.Name, nil
		}
	}
	if len(plain.Machines) == 0 {
		return nil, "", fmt.Errorf("lab %s has no machine to start the shell on", plain.Name)
	}
	return lab, plain.Machines[0].Name, nil
}

// copyOut copies what the script left in /out.
func (a *app) copyOut(s *shell.Shell, dir string) error {
	var tree []TreeFile
	err := s.Out("/out", func(name string, info vfs.Info, data []byte) error {
		tree = append(tree, TreeFile{Name: name, Dir: info.IsDir(), Data: data})
		return nil
	})
	var errno vfs.Errno
	if errors.As(err, &errno) && errno == vfs.ENOENT {
		err = nil // the script has removed it
	}
	return errors.Join(err, a.env.WriteTree(dir, tree))
}

// TreeFile is a file or folder below a folder of the host.
type TreeFile struct {
	Name string // slash-separated, relative
	Dir  bool
	Data []byte
}
