package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hoplab/topology"
)

// flagError says what is wrong with a flag, and which one may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("invalid --%s %q; expected %s", invalid.GetFlag().Name, invalid.GetValue(), expected(invalid.GetFlag().Value.Type()))
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	name := strings.TrimLeft(unknown.GetSpecifiedName(), "-")
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	hint := "; " + cmd.CommandPath() + " --help lists the flags"
	if n := topology.Nearest(name, names); n != "" {
		hint = fmt.Sprintf("; did you mean --%s?", n)
	}
	return fmt.Errorf("%w%s", err, hint)
}

// expected says what a flag of a type takes.
func expected(kind string) string {
	switch kind {
	case "uint64":
		return "a number from 0 to 18446744073709551615"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "duration":
		return "a time such as 90s"
	case "bool":
		return "true or false"
	}
	return "a " + kind
}

// unknownCommand refuses the first argument of a command that has none.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	hint := "; hoplab --help lists the commands"
	if n := topology.Nearest(args[0], names); n != "" {
		hint = fmt.Sprintf("; did you mean %q?", n)
	} else if looksLikeFile(args[0]) {
		hint = fmt.Sprintf("; did you mean hoplab run %s?", args[0])
	}
	return fmt.Errorf("unknown command %q%s", args[0], hint)
}
