package shell

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"hoplab/sim/shell/vfs"
)

// ownTools are the programs that come with the language: shells, and the
// builtins that exist as files, too.
func ownTools() []Tool {
	shellOptions := []Option{
		{Flag: "-c STRING", Help: "run STRING; what follows are $0 and the parameters"},
		{Flag: "-s", Help: "read commands from standard input"},
		{Flag: "-e -u -x -v -f -n -C", Help: "as set"},
		{Flag: "-o NAME", Help: "as set -o"},
		{Flag: "-l, --login, --norc, --noprofile", Help: "accepted; there are no such files"},
		{Flag: "-i", Help: "interactive: on a terminal only"},
		{Flag: "Ctrl-Z, bg, kill -STOP", Help: "stopping a process and going on later", NotModelled: true},
		{Flag: "${ COMMAND; }", Help: "a substitution without a subshell", NotModelled: true},
		{Flag: "ulimit", Help: "limits other than those of the lab", NotModelled: true},
		{Flag: "LANG, LC_ALL", Help: "languages: texts are English, characters UTF-8", NotModelled: true},
	}
	l := []Tool{
		{Name: "bash", Summary: "the shell", Usage: "[OPTION]... [FILE [ARG]...]", Options: shellOptions, Run: runBash},
		{Name: "sh", Summary: "the shell", Usage: "[OPTION]... [FILE [ARG]...]", Options: shellOptions, Run: runBash},
		{Name: "man", Summary: "print what the lab models of a command", Usage: "COMMAND...", Run: man},
	}
	for _, name := range []string{"echo", "printf", "test", "[", "true", "false", "pwd", "kill"} {
		l = append(l, Tool{Name: name, Summary: "as the shell's own command", Run: runBuiltin})
	}
	return l
}

// runBuiltin runs a builtin as a program of its own: xargs echo.
func runBuiltin(c *Call) int {
	name := c.Name()
	in := newInterp(c.Process, c.Args[0], nil)
	in.asTool = true
	return findBuiltin(name)(in, append([]string{name}, c.Args[1:]...))
}

// runBash is bash and sh.
func runBash(c *Call) int {
	args := c.Args[1:]
	in := newInterp(c.Process, c.Args[0], nil)
	if c.Name() == "sh" {
		in.opts.posix = true
	}
	command, stdin := false, false
	for len(args) > 0 && len(args[0]) > 1 && (args[0][0] == '-' || args[0][0] == '+') {
		a := args[0]
		args = args[1:]
		if a == "--" {
			break
		}
		if strings.HasPrefix(a, "--") {
			switch a {
			case "--login", "--norc", "--noprofile", "--posix":
				continue
			case "--version":
				fmt.Fprintln(c.Out, "GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu): as far as hoplab models it")
				return 0
			}
			fmt.Fprintf(c.Err, "%s: %s: invalid option\n", c.Args[0], a)
			return 2
		}
		rest := ""
		for _, f := range a[1:] {
			switch f {
			case 'c':
				command = true
			case 's':
				stdin = true
			case 'l':
			case 'i':
				if !c.IsTerminal(0) {
					return c.NotModelled(2, "-i: an interactive shell without a terminal")
				}
			default:
				rest += string(f)
			}
		}
		if rest == "" {
			continue
		}
		set := []string{a[:1] + rest}
		if strings.Contains(rest, "o") && len(args) > 0 {
			set = append(set, args[0])
			args = args[1:]
		}
		if _, _, status := in.setOptions(set); status != 0 {
			return status
		}
	}
	switch {
	case command:
		if len(args) == 0 {
			fmt.Fprintf(c.Err, "%s: -c: option requires an argument\n", c.Args[0])
			return 2
		}
		if len(args) > 1 {
			in.name, in.params = args[1], args[2:]
		}
		return in.runCommandString(args[0])
	case len(args) > 0 && !stdin:
		data, err := in.readAll(args[0])
		if err != nil {
			fmt.Fprintf(c.Err, "%s: %s: %s\n", c.Args[0], args[0], vfs.Text(err))
			if err == vfs.ENOENT { //nolint:errorlint // our own value
				return 127
			}
			return 126
		}
		in.name, in.params = args[0], args[1:]
		return in.runScript(string(data))
	}
	in.params = args
	if c.IsTerminal(0) && c.IsTerminal(2) {
		in.interactive, in.personal = true, true
	}
	return in.toplevel(func() int { return in.runStream(c) })
}

// runStream runs commands while it reads them, a byte at a time, so that they
// find the rest of the input.
func (in *interp) runStream(c *Call) int {
	var text []byte // line ends for what has run, so that lines keep their numbers
	for b, end := make([]byte, 1), false; !end; {
		n, err := c.In.Read(b)
		if err == vfs.EINTR { //nolint:errorlint // our own value
			in.runTraps()
			continue
		}
		text, end = append(text, b[:n]...), err != nil
		if end && err != io.EOF { //nolint:errorlint // as io.Reader has it
			fmt.Fprintf(c.Err, "%s: %s\n", c.Args[0], vfs.Text(err))
			return 1
		}
		if !end && len(text) <= maxSource && (b[0] != '\n' || Incomplete(string(text))) {
			continue
		}
		_, bad := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(text), "")
		if _, ok := quoteArith(string(text), bad); ok {
			bad = nil
		}
		if in.interactive {
			in.personally(string(text))
			if end {
				fmt.Fprintln(c.Err, "exit")
			}
			text = nil
			continue
		}
		in.runSource(string(text))
		if bad != nil || len(text) > maxSource {
			return in.status
		}
		text = bytes.Repeat([]byte{'\n'}, bytes.Count(text, []byte{'\n'}))
	}
	return in.status
}
