package cli

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/ctl/expand"
	"hoplab/topology"
)

func (a *app) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [FILE...]",
		Short: "List the built-in scenarios, or those of files",
		RunE:  func(_ *cobra.Command, args []string) error { return a.list(args) },
	}
}

// list prints the names and titles of scenarios.
func (a *app) list(files []string) error {
	l, err := a.language()
	if err != nil {
		return err
	}
	in := a.inputs()
	if err := in.load(fileTargets(files)); err != nil {
		return err
	}
	r := scenarios.NewResolver(in.files...)
	var all []*scenarios.Entry
	if len(files) == 0 {
		all, err = r.Builtin()
	}
	for _, f := range files {
		found, e := r.Open(f)
		all, err = append(all, found...), errors.Join(err, e)
	}
	if err != nil {
		return err
	}
	width := 0
	for _, e := range all {
		width = max(width, len(e.Scenario.Name))
	}
	for _, e := range all {
		name := e.Scenario.Name
		fmt.Fprintln(a.stdout, strings.TrimRight(name+strings.Repeat(" ", width-len(name)+2)+e.Scenario.Title.In(l.String()), " "))
	}
	return nil
}

func (a *app) validateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check files without running them",
		Long: `Check files: the YAML, what they declare, and that each lab can be built and each
scenario fits its lab. Faults are printed as file:line:column: message.`,
		Args: needFiles,
		RunE: func(_ *cobra.Command, args []string) error { return a.validate(args) },
	}
}

func needFiles(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("which file? %s", strings.TrimPrefix(cmd.UseLine(), " "))
	}
	return nil
}

// validate checks files. A fault that several scenarios run into is told once.
func (a *app) validate(files []string) error {
	in := a.inputs()
	if err := in.load(fileTargets(files)); err != nil {
		return err
	}
	r := scenarios.NewResolver(in.files...)
	told := map[string]bool{}
	for _, f := range files {
		faults := a.check(r, in, f)
		for _, err := range faults {
			if !told[err.Error()] {
				told[err.Error()] = true
				a.fail(err)
			}
		}
	}
	return nil
}

// check gives the faults of a file, or says that it is valid.
func (a *app) check(r *scenarios.Resolver, in *inputs, file string) []error {
	data, err := in.add(file)
	if err != nil {
		return []error{err}
	}
	b, err := topology.Parse(file, data)
	if err != nil {
		return []error{err}
	}
	a.notes(b.Notes)
	var faults []error
	for _, l := range b.Labs {
		if err := a.build(b, l); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return faults // scenarios would only repeat them
	}
	all, err := r.Open(file)
	if err != nil {
		return []error{err}
	}
	for _, e := range all {
		run, err := scenarios.NewRunner(e.Scenario, e.Bundle, scenarios.Options{})
		if err != nil {
			faults = append(faults, err)
			continue
		}
		run.Close()
	}
	if len(faults) == 0 {
		fmt.Fprintf(a.stdout, "%s: ok (%s, %s)\n", file, count(len(b.Labs), "lab"), count(len(b.Scenarios), "scenario"))
	}
	return faults
}

// build builds a lab to see whether it can be built.
func (a *app) build(b *topology.Bundle, declared *topology.Lab) error {
	plain, notes, err := expand.Expand(b, declared)
	if err != nil {
		return err
	}
	a.notes(notes)
	lab, err := sim.New(plain)
	if err != nil {
		return err
	}
	lab.Close()
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (a *app) expandCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "expand FILE",
		Short: "Print the plain network that a cluster's file results in",
		Long: `Print the plain network that a file results in, with every interface, route, rule
and sysctl that Calico adds. Running it gives the same packets. FILE may also be
the name of a built-in lab.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("one file at a time, not %d", len(args))
			}
			return needFiles(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.expand(args[0], name) },
	}
	cmd.Flags().StringVar(&name, "lab", "", "which lab, where the file has several")
	return cmd
}

func (a *app) expand(file, name string) error {
	lab, bundle, err := a.lab(file, name)
	if err != nil {
		return err
	}
	a.notes(bundle.Notes)
	plain, notes, err := expand.Expand(bundle, lab)
	if err != nil {
		return err
	}
	a.notes(notes)
	if err := topology.PrintLab(a.stdout, plain); err != nil && a.out.err == nil {
		return err
	}
	return nil
}

// lab finds the lab to expand: that of a file, or a built-in one.
func (a *app) lab(file, name string) (*topology.Lab, *topology.Bundle, error) {
	if !looksLikeFile(file) {
		if name != "" && name != file {
			return nil, nil, fmt.Errorf("--lab %s chooses a lab of a file, but %s is a name", name, file)
		}
		return scenarios.NewResolver().Lab(file)
	}
	data, err := a.inputs().add(file)
	if err != nil {
		return nil, nil, err
	}
	b, err := topology.Parse(file, data)
	if err != nil {
		return nil, nil, err
	}
	if name != "" {
		if l := b.Lab(name); l != nil {
			return l, b, nil
		}
		return nil, nil, fmt.Errorf("%s has no lab %q%s", file, name, didYouMean(name, labNames(b)))
	}
	switch len(b.Labs) {
	case 0:
		return nil, nil, fmt.Errorf("%s holds no lab", file)
	case 1:
		return b.Labs[0], b, nil
	}
	return nil, nil, fmt.Errorf("%s holds %d labs; choose one with --lab: %s", file, len(b.Labs), strings.Join(labNames(b), ", "))
}

func labNames(b *topology.Bundle) []string {
	var names []string
	for _, l := range b.Labs {
		names = append(names, l.Name)
	}
	return names
}

func didYouMean(word string, words []string) string {
	if n := topology.Nearest(word, words); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	if len(words) > 0 {
		return "; there is " + strings.Join(words, ", ")
	}
	return ""
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("version takes no argument, not %q", args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "hoplab %s (%s %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version is the module's version, or the revision that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}
