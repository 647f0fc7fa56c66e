package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/topology"
	"hoplab/ui/text"
)

// runFlags are the flags of hoplab run.
type runFlags struct {
	format string
	pcap   string
	seed   *uint64
	width  int
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	var seed uint64
	cmd := &cobra.Command{
		Use:   "run SCENARIO...",
		Short: "Run scenarios and show every hop",
		Long: `Run scenarios and show every hop: a line for each crossing of an interface in
tcpdump's words, and below it what was decided about the packet.

SCENARIO is the name of a built-in scenario (hoplab list), a file, FILE:NAME for
one of several in a file, or - for the standard input.

Exit status: 0 all expectations were met, 1 one was not, 2 invalid input or
something that is not modelled, 3 nothing was checked.`,
		Example: `  hoplab run cross-node-ping
  hoplab run lab.yaml --format json
  hoplab run lab.yaml:first --pcap first.pcapng`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("which scenario? hoplab list shows the built-in ones; a file works too")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("seed") {
				f.seed = &seed
			}
			if cmd.Flags().Changed("width") && (f.width < minWidth || f.width > maxWidth) {
				return fmt.Errorf("invalid --width %d; expected a number from %d to %d", f.width, minWidth, maxWidth)
			}
			return a.run(args, f)
		},
	}
	cmd.Flags().StringVar(&f.format, "format", "text", "text, or json: one event a line (docs/events.md)")
	cmd.Flags().StringVar(&f.pcap, "pcap", "", "write what crossed the taps into one pcapng file")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the lab's chance (default: the lab's own)")
	cmd.Flags().IntVar(&f.width, "width", 0, fmt.Sprintf("columns of a line (default %d, on a terminal COLUMNS)", defaultWidth))
	return cmd
}

// run runs scenarios one after the other.
func (a *app) run(args []string, f runFlags) error {
	if f.format != "text" && f.format != "json" {
		hint := "expected text or json"
		if n := topology.Nearest(f.format, []string{"text", "json"}); n != "" {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		return fmt.Errorf("invalid --format %q; %s", f.format, hint)
	}
	o, err := a.options(f.width)
	if err != nil {
		return err
	}
	list, err := a.scenarios(args)
	if err != nil {
		return err
	}
	var pcap *capture
	if f.pcap != "" {
		pcap = &capture{lang: o.Lang}
	}
	for i, e := range list {
		a.notes(e.Bundle.Notes)
		if i > 0 && f.format == "text" {
			a.stdout.WriteString("\n") // the error stays with the writer
		}
		if err := a.runOne(e, f, o, pcap); err != nil {
			a.fail(err)
		}
		if a.out.err != nil {
			return nil
		}
	}
	if pcap == nil || a.invalid {
		return nil
	}
	if len(pcap.taps) == 0 {
		fmt.Fprintln(a.stderr, "note: no step has a tap, so the capture file has no interface")
	}
	if err := a.env.WriteFile(f.pcap, pcap.write); err != nil {
		return fmt.Errorf("cannot write %s: %w", f.pcap, cause(err))
	}
	return nil
}

// scenarios finds what the arguments name, all before anything runs.
func (a *app) scenarios(args []string) ([]*scenarios.Entry, error) {
	in := a.inputs()
	var targets []target
	for _, arg := range args {
		targets = append(targets, in.target(arg))
	}
	if err := in.load(targets); err != nil {
		return nil, err
	}
	r := scenarios.NewResolver(in.files...)
	var list []*scenarios.Entry
	var errs []error
	for _, t := range targets {
		found, err := entries(r, t)
		switch {
		case err != nil:
			errs = append(errs, err)
		case len(found) == 0:
			a.unchecked = true
			fmt.Fprintf(a.stderr, "hoplab: %s holds no scenario, so nothing is checked\n", t.file)
		}
		list = append(list, found...)
	}
	return list, errors.Join(errs...)
}

// runOne runs a scenario and writes what happens and what came of it.
func (a *app) runOne(e *scenarios.Entry, f runFlags, o text.Options, pcap *capture) error {
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	v := view{app: a, options: o, entry: e}
	so := scenarios.Options{Seed: f.seed}
	var comments *text.Comments
	if pcap != nil {
		so.KeepFrames = true
		comments = text.NewComments(o.Lang)
	}
	var onEvent func(*sim.Event)
	if f.format == "json" {
		onEvent = v.json
	} else {
		so.OnLab, so.OnStep, so.OnDone = v.title, v.step, v.done
		onEvent = func(e *sim.Event) { v.log.Event(e) }
	}
	so.OnEvent = func(e *sim.Event) {
		onEvent(e)
		if comments != nil {
			comments.Event(e)
		}
		if a.out.err != nil {
			stop(a.out.err)
		}
	}
	rep, err := scenarios.Run(ctx, e.Scenario, e.Bundle, so)
	if v.log != nil {
		_ = v.log.Flush() // the error is the output's
	}
	if a.out.err != nil {
		return nil // told at the end
	}
	if err != nil {
		return err
	}
	a.notes(rep.Notes)
	if f.format == "json" {
		a.stdout.Write(text.AppendReportJSON(nil, rep))
	} else {
		a.stdout.Write(text.AppendReport([]byte{'\n'}, rep, o))
	}
	switch rep.ExitCode() {
	case scenarios.ExitFailed:
		a.failed = true
	case scenarios.ExitUnchecked:
		a.unchecked = true
	}
	if pcap != nil {
		_ = comments.Flush() // it writes nowhere
		pcap.add(rep, comments)
	}
	return nil
}

// view shows a run while it happens.
type view struct {
	*app
	options text.Options
	entry   *scenarios.Entry
	log     *text.Renderer
	line    []byte
}

func (v *view) title(l *sim.Lab) {
	s := v.entry.Scenario
	v.stdout.Write(text.AppendTitle(nil, s.Name, s.Title, v.options))
	v.options.NetNS, v.options.Dev = text.Columns(l.Topology)
	v.log = text.New(v.stdout, v.options)
}

func (v *view) step(n int, s *topology.Step) {
	v.stdout.Write(text.AppendStep(nil, n, s, len(v.entry.Scenario.Steps) > 1, v.options))
}

func (v *view) done(int, *scenarios.StepReport) { _ = v.log.Flush() }

func (v *view) json(e *sim.Event) {
	v.line = append(text.AppendEvent(v.line[:0], e), '\n')
	v.stdout.Write(v.line)
}
