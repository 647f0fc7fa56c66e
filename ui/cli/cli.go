package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hoplab/scenarios"
	"hoplab/topology"
	"hoplab/ui/text"
)

// Main runs a command line, without the program's name, and gives its exit
// code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, env Env) int {
	env = env.complete()
	a := &app{stdin: stdin, stderr: stderr, env: env, terminal: env.IsTerminal(stdout)}
	a.out = &output{w: stdout}
	a.stdout = bufio.NewWriterSize(a.out, 64<<10)
	defer a.stdout.Flush() // also when an invariant broke
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.stdout)
	root.SetErr(stderr)
	if err := root.Execute(); err != nil {
		a.fail(err)
	}
	if a.stdout.Flush() != nil {
		a.writeFailed()
	}
	return a.exit()
}

// app is one run of the program.
type app struct {
	stdin    io.Reader
	stdout   *bufio.Writer
	out      *output
	stderr   io.Writer
	env      Env
	terminal bool // stdout is one

	lang    string // flags that several commands have
	noColor bool

	failed, invalid, unchecked bool
	status                     *int // of a shell's script
	noted                      map[string]bool
}

// output remembers that writing failed.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	o.err = err
	return n, err
}

// exit is the worst of what happened.
func (a *app) exit() int {
	switch {
	case a.invalid:
		return scenarios.ExitInvalid
	case a.status != nil:
		return *a.status
	case a.failed:
		return scenarios.ExitFailed
	case a.unchecked:
		return scenarios.ExitUnchecked
	}
	return scenarios.ExitOK
}

// fail tells an error. Those with a place in a file begin with it, as a
// compiler's do.
func (a *app) fail(err error) {
	a.invalid = true
	if a.out.err != nil && errors.Is(err, a.out.err) {
		return // told at the end
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok && !isPlaced(err) {
		for _, e := range list.Unwrap() {
			a.fail(e)
		}
		return
	}
	prefix := "hoplab: "
	if isPlaced(err) {
		prefix = ""
	}
	fmt.Fprintf(a.stderr, "%s%v\n", prefix, err)
}

// isPlaced says that an error begins with a place.
func isPlaced(err error) bool {
	switch e := err.(type) {
	case topology.Errors:
		return true
	case *topology.Error:
		return e.IsValid()
	}
	return false
}

// writeFailed tells that the results did not arrive. A reader that went away,
// as `head` does, knows that itself.
func (a *app) writeFailed() {
	a.invalid = true
	if !errors.Is(a.out.err, syscall.EPIPE) {
		fmt.Fprintf(a.stderr, "hoplab: cannot write the results: %v\n", a.out.err)
	}
}

// notes tells once what is kept, but not modelled.
func (a *app) notes(notes []topology.Note) {
	for _, n := range notes {
		line := n.String()
		if a.noted == nil {
			a.noted = map[string]bool{}
		}
		if !a.noted[line] {
			a.noted[line] = true
			fmt.Fprintf(a.stderr, "note: %s\n", line)
		}
	}
}

func (a *app) root() *cobra.Command {
	var f labFlags
	root := &cobra.Command{
		Use:   "hoplab [FILE]",
		Short: "A Kubernetes cluster with Calico in one process: every packet, every hop, and why",
		Long: `hoplab simulates a whole Kubernetes cluster with Calico in one process. Real
packets pass through simulated Linux network namespaces, and every decision on
their way is told: which route, which rule, which neighbour, and who put it there.`,
		Example: `  hoplab run cross-node-ping          # hop by hop
  hoplab run lab.yaml --pcap out.pcapng
  hoplab list`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && looksLikeFile(args[0]) && (f.line || a.hasScreen()) {
				return nil
			}
			return unknownCommand(cmd, args)
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(_ *cobra.Command, args []string) error { return a.welcome(args, f) },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&a.lang, "lang", "", "language of explanations: en or ko (default: from LC_ALL and LANG)")
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "no colours (also: NO_COLOR=1)")
	a.labFlags(root, &f)
	root.SetHelpCommand(helpCommand())
	root.AddCommand(a.labCommand(), a.runCommand(), a.listCommand(), a.shCommand(), a.tcpdumpCommand(), a.validateCommand(), a.expandCommand(), a.versionCommand())
	return root
}

func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(help *cobra.Command, args []string) error {
			cmd, rest, err := help.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(help.Root(), args)
			}
			return cmd.Help()
		},
	}
}

// welcome is hoplab without a command: on a terminal the lab, otherwise a ping hop
// by hop.
func (a *app) welcome(args []string, f labFlags) error {
	switch {
	case len(args) > 0 || f.line || a.hasScreen():
		return a.openLab(args, f)
	case !a.terminal:
		return a.run([]string{"cross-node-ping"}, runFlags{format: "text"})
	}
	if err := a.list(nil); err != nil {
		return err
	}
	l, err := a.language()
	if err != nil {
		return err
	}
	hint := "\nhoplab run NAME shows one, hop by hop; hoplab --help lists all commands.\n"
	if l == text.Korean {
		hint = "\nhoplab run NAME으로 홉 단위로 보기, hoplab --help로 모든 명령 보기\n"
	}
	_, err = a.stdout.WriteString(hint)
	return err
}

// language is that of --lang, or of the locale.
func (a *app) language() (text.Lang, error) {
	if a.lang != "" {
		l, ok := text.ParseLang(a.lang)
		if !ok {
			return l, fmt.Errorf("invalid --lang %q; expected en or ko", a.lang)
		}
		return l, nil
	}
	return text.LangOfLocale(a.locale("LC_MESSAGES")), nil
}

// locale is the setting of a locale category (locale(7)).
func (a *app) locale(category string) string {
	for _, key := range []string{"LC_ALL", category, "LANG"} {
		if v := a.env.Getenv(key); v != "" {
			return v
		}
	}
	return ""
}

// The widths that lines may have, in terminal cells.
const (
	minWidth     = 60
	maxWidth     = 10000
	defaultWidth = 160
)

// options are how results look. width 0 asks for the default.
func (a *app) options(width int) (text.Options, error) {
	o := text.Options{Width: width}
	var err error
	if o.Lang, err = a.language(); err != nil {
		return o, err
	}
	o.Color = a.terminal && !a.noColor && a.env.Getenv("NO_COLOR") == "" && a.env.Getenv("TERM") != "dumb"
	o.ASCII = !speaksUTF8(a.locale("LC_CTYPE"))
	if width == 0 {
		o.Width = defaultWidth
		if n, err := strconv.Atoi(a.env.Getenv("COLUMNS")); err == nil && a.terminal {
			o.Width = min(max(n, minWidth), maxWidth)
		}
	}
	return o, nil
}

// speaksUTF8 says that a locale can show ✓. No locale at all, as in CI, is no
// reason to doubt it.
func speaksUTF8(locale string) bool {
	_, charset, ok := strings.Cut(locale, ".")
	if !ok {
		return locale != "C" && locale != "POSIX"
	}
	charset, _, _ = strings.Cut(charset, "@")
	return strings.EqualFold(charset, "UTF-8") || strings.EqualFold(charset, "utf8")
}
