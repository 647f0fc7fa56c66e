package shell_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/shell"
)

// What getopt_long of glibc 2.36 says of the same words.
func TestGetoptReadsAndRefusesAsGlibcDoes(t *testing.T) {
	table := []shell.Option{
		{Flag: "-n, --lines NUM"},
		{Flag: "-q, --quiet, --quietly"},
		{Flag: "--queue <len>"},
		{Flag: "-c, --color[=WHEN]"},
		{Flag: "-z, --zap", NotModelled: true},
		{Flag: "FILE"},
	}
	for line, want := range map[string]string{
		"a -n5 b -qn 6 -- -q":  "[{-n 5} {-q } {-n 6}] [a b -q] <nil>",
		"--lines=5 --li 6 -":   "[{-n 5} {-n 6}] [-] <nil>",
		"--qui":                "[{-q }] [] <nil>", // two spellings of one option
		"--color --color=a -c": "[{-c } {-c a} {-c }] [] <nil>",
		"-cx y":                "[{-c x}] [y] <nil>",
		"-n":                   "[] [] option requires an argument -- 'n'",
		"-qk":                  "[{-q }] [] invalid option -- 'k'",
		"--foo=bar":            "[] [] unrecognized option '--foo=bar'",
		"--qu=1":               "[] [] option '--qu=1' is ambiguous; possibilities: '--quiet' '--queue'",
		"--quiet=1":            "[] [] option '--quiet' doesn't allow an argument",
		"--lin":                "[] [] option '--lines' requires an argument",
		"-q -z -q":             "[{-q }] [] not modelled: -z",
		"-5":                   "[] [] invalid option -- '5'",
	} {
		opts, operands, err := shell.Getopt(table, strings.Fields(line), false)
		require.Equal(t, want, fmt.Sprint(opts, operands, err), line)
	}
	opts, operands, err := shell.Getopt(table, []string{"-q", "sh", "-q", "--foo"}, true)
	require.Equal(t, "[{-q }] [sh -q --foo] <nil>", fmt.Sprint(opts, operands, err))
}
