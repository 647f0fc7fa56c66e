package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muesli/termenv"
	"github.com/spf13/cobra"

	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui"
	"hoplab/ui/look"
)

// labFlags are the flags of hoplab lab.
type labFlags struct {
	line  bool
	theme string
	mouse bool
	seed  *uint64
}

func (a *app) labCommand() *cobra.Command {
	var f labFlags
	var seed uint64
	cmd := &cobra.Command{
		Use:   "lab [SCENARIO | FILE]",
		Short: "The lab on the terminal: step through packets, forwards and back",
		Long: `The lab on the terminal: linked views of a run that one steps through, event by
event or hop by hop, forwards and back, with a shell on every machine.

Without an argument it shows the list of scenarios. A file with a lab and no
scenario opens too. --line does the same by prompt and plain lines, for screen
readers and pipes.`,
		Example: `  hoplab lab cross-node-ping
  hoplab lab lab.yaml
  hoplab lab --line same-node-ping`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("one scenario at a time, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("seed") {
				f.seed = &seed
			}
			return a.openLab(args, f)
		},
	}
	a.labFlags(cmd, &f)
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the lab's chance (default: the lab's own)")
	return cmd
}

// labFlags are also those of the program without a command.
func (a *app) labFlags(cmd *cobra.Command, f *labFlags) {
	cmd.Flags().BoolVar(&f.line, "line", false, "a prompt and plain lines instead of a screen")
	cmd.Flags().StringVar(&f.theme, "theme", "", "colours of the screen: auto, dark, light or contrast (default: the one chosen last, else auto)")
	cmd.Flags().BoolVar(&f.mouse, "mouse", false, "use the mouse; selecting text then needs shift")
}

// openLab opens the screen.
func (a *app) openLab(args []string, f labFlags) error {
	o := ui.Options{Seed: f.seed, Mouse: f.mouse, ASCII: !speaksUTF8(a.locale("LC_CTYPE")), Save: a.env.SaveNew}
	var err error
	if o.Lang, err = a.language(); err != nil {
		return err
	}
	if f.theme != "" && !slices.Contains(look.ThemeNames(), f.theme) {
		return fmt.Errorf("invalid --theme %q; expected auto, dark, light or contrast%s", f.theme, didYouMean(f.theme, look.ThemeNames()))
	}
	if len(args) > 0 {
		if o.Entries, err = a.labEntries(args[0]); err != nil {
			return err
		}
		if len(o.Entries) == 1 {
			o.Open = o.Entries[0]
		}
	} else if o.Entries, err = scenarios.NewResolver().Builtin(); err != nil {
		return err
	}
	if err := a.stdout.Flush(); err != nil {
		return err
	}
	if f.line {
		return ui.RunLines(o, a.stdin, a.out)
	}
	if !a.hasScreen() {
		return errors.New("the lab needs a terminal; --line works without one")
	}
	a.theme(&o, f.theme)
	o.Last = a.env.Recall("lab")
	o.Remember = func(name string) { a.env.Remember("lab", name) }
	o.Clip = a.env.Clip
	return a.env.Screen(o, a.stdin, a.out.w)
}

// theme chooses the colours: those that are asked for, or those that were chosen
// last, or those that fit the terminal's background.
func (a *app) theme(o *ui.Options, name string) {
	if name == "" {
		name = a.env.Recall("theme")
	}
	if !slices.Contains(look.ThemeNames(), name) {
		name = "auto"
	}
	o.Terminal.Profile = a.colours()
	if o.Terminal.Profile != termenv.Ascii {
		o.Terminal.Light, o.Typed = a.env.Light()
	}
	o.Theme = look.NewTheme(name, o.Terminal)
	o.RememberTheme = func(name string) { a.env.Remember("theme", name) }
}

// colours is how many colours the terminal has, by TERM and COLORTERM as termenv
// reads them.
func (a *app) colours() termenv.Profile {
	if a.noColor || a.env.Getenv("NO_COLOR") != "" || a.env.Getenv("TERM") == "dumb" {
		return termenv.Ascii
	}
	p := termenv.NewOutput(io.Discard, termenv.WithEnvironment(environment(a.env.Getenv)), termenv.WithUnsafe()).ColorProfile()
	return min(p, termenv.ANSI)
}

// environment is what termenv asks for variables.
type environment func(key string) string

func (e environment) Getenv(key string) string { return e(key) }

// Environ lists none: termenv asks for each by its name.
func (e environment) Environ() []string { return nil }

// hasScreen says that there is a terminal to draw on.
func (a *app) hasScreen() bool {
	return a.env.Screen != nil && a.terminal && a.env.IsTerminal(a.stdin)
}

// labEntries finds what an argument names. A lab without a scenario is one
// without steps.
func (a *app) labEntries(arg string) ([]*scenarios.Entry, error) {
	in := a.inputs()
	t := in.target(arg)
	if err := in.load([]target{t}); err != nil {
		return nil, err
	}
	r := scenarios.NewResolver(in.files...)
	found, err := entries(r, t)
	if err == nil && len(found) > 0 {
		for _, e := range found {
			a.notes(e.Bundle.Notes)
		}
		return found, nil
	}
	lab, bundle, labErr := a.lab(strings.TrimSuffix(arg, ":"), "")
	switch {
	case labErr == nil:
		s := &topology.Scenario{Pos: lab.Pos, Name: lab.Name, LabRef: topology.Line{Text: lab.Name, Pos: lab.Pos}, Title: topology.Text{EN: "a lab without steps: open a shell (6)", KO: "단계가 없는 랩: 셸을 여세요 (6)"}}
		return []*scenarios.Entry{{Scenario: s, Bundle: bundle, File: arg}}, nil
	case err != nil:
		return nil, err
	}
	return nil, labErr
}
