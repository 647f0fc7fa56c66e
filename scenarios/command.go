package scenarios

import (
	"errors"
	"io"
	"strings"

	"hoplab/sim"
	"hoplab/sim/proc"
	"hoplab/sim/sock"
	"hoplab/topology"
)

// command is a program that a step starts.
type command struct {
	netns string
	ping  *sock.PingOptions // nil when the arguments are wrong
	usage *sock.ExitError   // what ping says about them then
}

// command reads the command line of a step. Words are separated by blanks;
// everything else that a shell knows is not modelled.
func (c *compiler) command(s *topology.Step, path string) *command {
	path += ".run"
	line := s.Run.Text
	words := strings.Fields(line)
	if i := strings.IndexAny(line, "|&;<>()$`\\\"'*?[]{}~#\n"); i >= 0 {
		c.notModelled(s.Run.Pos, path, "%q in a command (the shell comes later)", line[i:i+1])
		return nil
	}
	if len(words) == 0 || words[0] != "ping" {
		c.notModelled(s.Run.Pos, path, "command %q (the shell comes later)", strings.Join(first(1, words), ""))
		return nil
	}
	cmd := &command{}
	opts, err := sock.ParsePing(words[1:])
	switch {
	case err == nil:
		cmd.ping = &opts
	case !errors.As(err, &cmd.usage):
		c.add(s.Run.Pos.Errorf(path, "%v", err))
	case strings.Contains(cmd.usage.Stderr, "not modelled: "):
		_, what, _ := strings.Cut(cmd.usage.Error(), "not modelled: ")
		c.notModelled(s.Run.Pos, path, "ping %s", what)
	}
	cmd.netns = c.shellIn(s, path)
	return cmd
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

// start starts the program; out gets what it prints, rep how it ended.
func (cmd *command) start(lab *sim.Lab, out io.Writer, rep *StepReport) *proc.Proc {
	return lab.Start(func(p *proc.Proc) error {
		if cmd.usage != nil {
			rep.Exit = cmd.usage.Status
			_, err := io.WriteString(out, cmd.usage.Stdout+cmd.usage.Stderr)
			return err
		}
		res, err := sock.Ping(p, lab.Namespace(cmd.netns), *cmd.ping, out, out, lab.Time(0))
		rep.Ping, rep.Exit = &res, res.Exit
		var printed *sock.ExitError
		if errors.As(err, &printed) {
			return nil
		}
		return err
	})
}
