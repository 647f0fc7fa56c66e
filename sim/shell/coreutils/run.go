package coreutils

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func runTools() []shell.Tool {
	return []shell.Tool{
		{Name: "sleep", Summary: "wait, in virtual time", Usage: "NUMBER[SUFFIX]...", Run: sleep},
		{Name: "timeout", Summary: "run a command and end it after some time", Usage: "[OPTION] DURATION COMMAND [ARG]...", Run: timeout, Options: []shell.Option{
			flag("-s, --signal SIGNAL", "instead of TERM"), flag("-k, --kill-after DURATION", "KILL if it still runs so much later"), flag("--preserve-status", "the command's exit status also on timeout"), flag("--foreground", "accepted"), flag("-v, --verbose", "say so on stderr")}},
		{Name: "xargs", Summary: "run a command with arguments from standard input", Usage: "[OPTION]... [COMMAND [ARG]...]", Run: xargs, Options: []shell.Option{
			flag("-n, --max-args MAX", "arguments a command"), flag("-L, --max-lines MAX", "lines a command"), flag("-I, --replace R", "replace R in the command by each line"), flag("-0, --null", "NUL between arguments"), flag("-d, --delimiter CHAR", "between arguments"), flag("-r, --no-run-if-empty", "nothing where there is no argument"), flag("-t, --verbose", "print commands"), flag("-P, --max-procs MAX", "accepted; one at a time"), missing("-a, --arg-file FILE", "arguments from a file"), missing("-p, --interactive", "ask"), missing("-s, --max-chars N", "length of a command")}},
		{Name: "env", Summary: "run a command in a changed environment, or print it", Usage: "[OPTION]... [NAME=VALUE]... [COMMAND [ARG]...]", Run: env, Options: []shell.Option{
			flag("-i, --ignore-environment", "start with nothing"), flag("-u, --unset NAME", "take out"), flag("-0, --null", "NUL after each"), flag("-C, --chdir DIR", "in another folder"), missing("-S, --split-string S", "split a string")}},
		{Name: "printenv", Summary: "print the environment", Usage: "[NAME]...", Run: printenv},
		{Name: "nohup", Summary: "run a command that SIGHUP does not end", Usage: "COMMAND [ARG]...", Run: nohup},
		{Name: "setsid", Summary: "run a command on its own", Usage: "COMMAND [ARG]...", Run: execRest, Options: []shell.Option{flag("-f, --fork", "accepted"), flag("-w, --wait", "accepted")}},
		{Name: "nice", Summary: "run a command", Usage: "[-n N] COMMAND [ARG]...", Run: execRest, Options: []shell.Option{flag("-n, --adjustment N", "accepted")}},
		{Name: "stdbuf", Summary: "run a command", Usage: "[-i MODE] [-o MODE] [-e MODE] COMMAND", Run: execRest, Options: []shell.Option{flag("-i, --input MODE", "accepted"), flag("-o, --output MODE", "accepted"), flag("-e, --error MODE", "accepted")}},
		{Name: "sudo", Summary: "run a command; everybody is root here", Usage: "COMMAND [ARG]...", Run: execRest, Options: []shell.Option{flag("-E", "accepted"), flag("-n", "accepted"), flag("-u, --user USER", "accepted")}},
		{Name: "watch", Summary: "run a command again and again, in virtual time", Usage: "[OPTION]... COMMAND", Run: watch, Options: []shell.Option{
			flag("-n, --interval SECONDS", "between runs, 2 if not given"), flag("-t, --no-title", "no header"), flag("-d, --differences", "accepted"), flag("-x, --exec", "no shell"), flag("-g, --chgexit", "end when the output changes"), flag("-e, --errexit", "end when the command fails"), missing("-c, --color", "colours"), missing("-b, --beep", "beep")}},
		{Name: "time", Summary: "run a command and tell how long it took", Usage: "COMMAND [ARG]...", Run: timeTool, Options: []shell.Option{flag("-p, --portability", "POSIX's format"), missing("-f, --format FORMAT", "another format")}},
		{Name: "ps", Summary: "list processes", Usage: "[OPTION]...", Run: ps, Options: []shell.Option{flag("-e, -A", "all"), flag("-f", "full"), flag("-o FORMAT", "accepted: pid,args only")}},
		{Name: "pgrep", Summary: "find processes", Usage: "[-f] [-x] PATTERN", Run: pkill, Options: []shell.Option{flag("-f, --full", "whole command line"), flag("-x, --exact", "the whole name"), flag("-l", "with names"), flag("-a", "with command lines")}},
		{Name: "pkill", Summary: "send a signal to processes", Usage: "[-SIGNAL] [-f] [-x] PATTERN", Run: pkill, Options: []shell.Option{flag("-f, --full", "whole command line"), flag("-x, --exact", "the whole name"), flag("-s, --signal SIGNAL", "instead of TERM")}},
		{Name: "killall", Summary: "send a signal to processes by name", Usage: "[-SIGNAL] NAME...", Run: killall, Options: []shell.Option{flag("-q, --quiet", "say nothing"), flag("-s, --signal SIGNAL", "instead of TERM"), flag("-w, --wait", "until they have ended")}},
	}
}

// duration reads 1.5, 10s, 2m, 1h, 1d.
func duration(s string) (time.Duration, bool) {
	unit := time.Second
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 's':
			s = s[:n-1]
		case 'm':
			unit, s = time.Minute, s[:n-1]
		case 'h':
			unit, s = time.Hour, s[:n-1]
		case 'd':
			unit, s = 24*time.Hour, s[:n-1]
		}
	}
	if s == "inf" || s == "infinity" {
		return 1 << 62, true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f != f {
		return 0, false
	}
	if f*float64(unit) > 1<<62 {
		return 1 << 62, true
	}
	return time.Duration(f * float64(unit)), true
}

func sleep(c *shell.Call) int {
	if len(c.Args) < 2 {
		return c.Fail(1, "missing operand\nTry 'sleep --help' for more information.")
	}
	var d time.Duration
	for _, a := range c.Args[1:] {
		x, ok := duration(a)
		if !ok {
			return c.Fail(1, "invalid time interval '%s'\nTry 'sleep --help' for more information.", a)
		}
		d = min(d+x, 1<<60)
	}
	c.Sleep(d)
	return 0
}

// notFound is what tools that run commands say, and their status.
func notFound(c *shell.Call, name string, err error) int {
	if err == nil || !errors.Is(err, vfs.EACCES) && !errors.Is(err, vfs.EISDIR) {
		c.Errorf("failed to run command '%s': No such file or directory", name)
		return 127
	}
	c.Errorf("failed to run command '%s': %s", name, vfs.Text(err))
	return 126
}

func timeout(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 125
	}
	if len(a.Operands) < 2 {
		fmt.Fprintf(c.Err, "Try 'timeout --help' for more information.\n")
		return 125
	}
	d, ok := duration(a.Operands[0])
	if !ok {
		return c.Fail(125, "invalid time interval '%s'\nTry 'timeout --help' for more information.", a.Operands[0])
	}
	sig, ok := shell.ParseSignal(a.Value("-s", "TERM"))
	if !ok {
		return c.Fail(125, "'%s': invalid signal\nTry 'timeout --help' for more information.", a.Value("-s", ""))
	}
	var kill time.Duration
	if a.Has("-k") {
		if kill, ok = duration(a.Value("-k", "")); !ok {
			return c.Fail(125, "invalid time interval '%s'\nTry 'timeout --help' for more information.", a.Value("-k", ""))
		}
	}
	child, err := c.Spawn(nil, a.Operands[1:], shell.Stdio{})
	if err != nil {
		return notFound(c, a.Operands[1], err)
	}
	c.Catch(shell.SIGTERM, shell.SIGINT, shell.SIGHUP)
	late := false
	if d > 0 {
		late = !c.WaitUntil(child, d, func(s shell.Signal) { c.Shell.Kill(child, s) })
	} else {
		c.WaitUntil(child, shell.Forever, func(s shell.Signal) { c.Shell.Kill(child, s) })
	}
	if !late {
		return child.Status()
	}
	if a.Has("-v") {
		c.Errorf("sending signal %s to command '%s'", sig, a.Operands[1])
	}
	c.Shell.Kill(child, sig)
	killed := sig == shell.SIGKILL
	if kill > 0 {
		if !c.WaitUntil(child, kill, nil) {
			c.Shell.Kill(child, shell.SIGKILL)
			killed = true
		}
	}
	c.WaitUntil(child, shell.Forever, nil)
	switch {
	case killed: // SIGKILL goes to the whole group, timeout included
		c.Shell.Kill(c.Process, shell.SIGKILL)
	case a.Has("--preserve-status"):
		return child.Status()
	}
	return 124
}

// xargsWords splits input: quotes and backslashes count.
func xargsWords(b []byte) (words []string, lines []int, err error) {
	var cur strings.Builder
	in, line := false, 0
	for i := 0; i < len(b); i++ {
		switch ch := b[i]; ch {
		case ' ', '\t', '\n':
			if in {
				words = append(words, cur.String())
				lines = append(lines, line)
				cur.Reset()
				in = false
			}
			if ch == '\n' {
				line++
			}
		case '\'', '"':
			j := i + 1
			for j < len(b) && b[j] != ch && b[j] != '\n' {
				j++
			}
			if j == len(b) || b[j] == '\n' {
				kind := "single"
				if ch == '"' {
					kind = "double"
				}
				return nil, nil, fmt.Errorf("unmatched %s quote; by default quotes are special to xargs unless you use the -0 option", kind)
			}
			cur.Write(b[i+1 : j])
			in = true
			i = j
		case '\\':
			if i+1 < len(b) {
				i++
				cur.WriteByte(b[i])
				in = true
			}
		default:
			cur.WriteByte(ch)
			in = true
		}
	}
	if in {
		words = append(words, cur.String())
		lines = append(lines, line)
	}
	return words, lines, nil
}

func xargs(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 1
	}
	cmd := a.Operands
	if len(cmd) == 0 {
		cmd = []string{"echo"}
	}
	b, err := all(c.In)
	if err != nil {
		return c.Fail(1, "%s", vfs.Text(err))
	}
	var words []string
	var lines []int
	replace := a.Value("-I", "")
	switch {
	case a.Has("-0"), a.Has("-d"):
		sep := "\x00"
		if a.Has("-d") {
			sep = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\0`, "\x00").Replace(a.Value("-d", ""))
		}
		if len(b) > 0 {
			words = strings.Split(strings.TrimSuffix(string(b), sep), sep)
		}
	case a.Has("-I"):
		for l := range strings.SplitSeq(string(b), "\n") {
			if l = strings.TrimLeft(l, " \t"); l != "" {
				words = append(words, l)
			}
		}
	default:
		if words, lines, err = xargsWords(b); err != nil {
			return c.Fail(1, "%v", err)
		}
	}
	limit := 1 << 30
	if a.Has("-n") {
		if limit, ok = count(a.Value("-n", "")); !ok || limit == 0 {
			return c.Fail(1, "value %s for -n option should be >= 1\nTry 'xargs --help' for more information.", a.Value("-n", ""))
		}
	}
	perLines := 0
	if a.Has("-L") {
		if perLines, ok = count(a.Value("-L", "")); !ok || perLines == 0 {
			return c.Fail(1, "value %s for -L option should be >= 1", a.Value("-L", ""))
		}
	}
	code := 0
	run := func(argv []string) bool {
		if a.Has("-t") {
			fmt.Fprintln(c.Err, strings.Join(argv, " "))
		}
		child, err := c.Spawn(nil, argv, shell.Stdio{In: strings.NewReader("")})
		if err != nil {
			c.Errorf("%s: %s", argv[0], "No such file or directory")
			code = 127
			return false
		}
		c.WaitUntil(child, shell.Forever, nil)
		switch n := child.Status(); {
		case n == 255:
			c.Errorf("%s: exited with status 255; aborting", argv[0])
			code = 124
			return false
		case child.KilledBy() != 0:
			c.Errorf("%s: terminated by signal %d", argv[0], child.KilledBy())
			code = 125
			return false
		case n != 0:
			code = 123
		}
		return true
	}
	if a.Has("-I") {
		for _, w := range words {
			argv := slices.Clone(cmd)
			for i := range argv {
				if i > 0 {
					argv[i] = strings.ReplaceAll(argv[i], replace, w)
				}
			}
			if !run(argv) {
				break
			}
		}
		return code
	}
	if len(words) == 0 {
		if !a.Has("-r") {
			run(cmd)
		}
		return code
	}
	for len(words) > 0 {
		n, size := 0, 0
		for n < len(words) && n < limit && size < 128<<10 {
			if perLines > 0 && lines != nil && lines[n] >= lines[0]+perLines {
				break
			}
			size += len(words[n]) + 1
			n++
		}
		if !run(slices.Concat(cmd, words[:n])) {
			break
		}
		words = words[n:]
		if lines != nil {
			lines = lines[n:]
		}
	}
	return code
}

func env(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 125
	}
	p := c.Process
	if a.Has("-i") {
		for _, kv := range slices.Clone(p.Environ()) {
			k, _, _ := strings.Cut(kv, "=")
			p.Unsetenv(k)
		}
	}
	for _, n := range a.Values("-u") {
		p.Unsetenv(n)
	}
	rest := a.Operands
	if len(rest) > 0 && rest[0] == "-" {
		for _, kv := range slices.Clone(p.Environ()) {
			k, _, _ := strings.Cut(kv, "=")
			p.Unsetenv(k)
		}
		rest = rest[1:]
	}
	for len(rest) > 0 && strings.Contains(rest[0], "=") {
		k, v, _ := strings.Cut(rest[0], "=")
		p.Setenv(k, v)
		rest = rest[1:]
	}
	if len(rest) == 0 {
		end := "\n"
		if a.Has("-0") {
			end = "\x00"
		}
		out := output(c)
		for _, kv := range p.Environ() {
			out.WriteString(kv + end)
		}
		out.Flush()
		return 0
	}
	if a.Has("-C") {
		p.Dir = c.View.Abs(a.Value("-C", ""))
	}
	n, found := c.Exec(nil, rest)
	if !found {
		c.Errorf("'%s': No such file or directory", rest[0])
		return 127
	}
	return n
}

func printenv(c *shell.Call) int {
	if len(c.Args) == 1 {
		for _, kv := range c.Process.Environ() {
			fmt.Fprintln(c.Out, kv)
		}
		return 0
	}
	code := 0
	for _, n := range c.Args[1:] {
		v, ok := c.Process.LookupEnv(n)
		if !ok {
			code = 1
			continue
		}
		fmt.Fprintln(c.Out, v)
	}
	return code
}

func nohup(c *shell.Call) int {
	if len(c.Args) < 2 {
		return c.Fail(125, "missing operand\nTry 'nohup --help' for more information.")
	}
	c.Ignore(shell.SIGHUP)
	n, found := c.Exec(nil, c.Args[1:])
	if !found {
		return notFound(c, c.Args[1], nil)
	}
	return n
}

// execRest runs what follows the options.
func execRest(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 125
	}
	if len(a.Operands) == 0 {
		return c.Fail(125, "missing operand\nTry '%s --help' for more information.", c.Name())
	}
	n, found := c.Exec(nil, a.Operands)
	if !found {
		return notFound(c, a.Operands[0], nil)
	}
	return n
}

func watch(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 1
	}
	if len(a.Operands) == 0 {
		fmt.Fprintf(c.Err, "\nUsage:\n watch [options] command\n")
		return 1
	}
	every, ok := duration(a.Value("-n", "2"))
	if !ok {
		return c.Fail(1, "failed to parse argument: '%s'", a.Value("-n", ""))
	}
	every = max(every, 100*time.Millisecond)
	argv := a.Operands
	line := strings.Join(argv, " ")
	if !a.Has("-x") {
		argv = []string{"sh", "-c", line}
	}
	last, first := "", true
	for {
		var b strings.Builder
		child, err := c.Spawn(nil, argv, shell.Stdio{Out: &b, Err: &b})
		if err != nil {
			return c.Fail(1, "%s: %s", argv[0], vfs.Text(err))
		}
		c.WaitUntil(child, shell.Forever, nil)
		screen := ""
		if !a.Has("-t") {
			left := fmt.Sprintf("Every %.1fs: %s", every.Seconds(), line)
			right := c.Shell.Hostname(c.NS) + ": " + shell.FormatTime(c.Time(), "%c")
			screen = left + strings.Repeat(" ", max(1, 80-len(left)-len(right))) + right + "\n\n"
		}
		if c.IsTerminal(1) {
			screen = "\x1b[H\x1b[2J" + screen
		}
		if _, err := io.WriteString(c.Out, screen+b.String()); err != nil {
			return 1
		}
		if a.Has("-g") && !first && b.String() != last {
			return 0
		}
		if a.Has("-e") && child.Status() != 0 {
			return child.Status()
		}
		last, first = b.String(), false
		c.Sleep(every)
	}
}

func timeTool(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 125
	}
	if len(a.Operands) == 0 {
		return c.Fail(125, "missing program to run")
	}
	start := c.Lab.Now()
	child, err := c.Spawn(nil, a.Operands, shell.Stdio{})
	if err != nil {
		return notFound(c, a.Operands[0], err)
	}
	c.WaitUntil(child, shell.Forever, nil)
	fmt.Fprintf(c.Err, "real %.2f\nuser 0.00\nsys 0.00\n", c.Lab.Now().Sub(start).Seconds())
	return child.Status()
}

func ps(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	full := a.Has("-f")
	for _, w := range a.Operands {
		if strings.ContainsAny(w, "uaxf") {
			full = full || strings.Contains(w, "u")
			continue
		}
		return c.NotModelled(1, w)
	}
	out := output(c)
	defer out.Flush()
	if full {
		fmt.Fprintln(out, "UID          PID    PPID  C STIME TTY          TIME CMD")
	} else {
		fmt.Fprintln(out, "    PID TTY          TIME CMD")
	}
	for _, p := range c.Shell.Processes() {
		if full {
			fmt.Fprintf(out, "root     %7d %7d  0 %s ?        00:00:00 %s\n", p.PID, p.PPID, shell.FormatTime(c.Time(), "%H:%M"), strings.Join(p.Args, " "))
		} else {
			fmt.Fprintf(out, "%7d ?        00:00:00 %s\n", p.PID, base(p.Args[0]))
		}
	}
	return 0
}

func base(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// signalOption takes -9 or -KILL out of the arguments.
func signalOption(c *shell.Call) (shell.Signal, bool) {
	if len(c.Args) > 1 && len(c.Args[1]) > 1 && c.Args[1][0] == '-' {
		if s, ok := shell.ParseSignal(c.Args[1][1:]); ok && c.Args[1] != "-" {
			c.Args = append(c.Args[:1:1], c.Args[2:]...)
			return s, true
		}
	}
	return shell.SIGTERM, false
}

func pkill(c *shell.Call) int {
	sig := shell.SIGTERM
	find := c.Name() == "pgrep"
	if !find {
		sig, _ = signalOption(c)
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	if s := a.Value("-s", ""); s != "" {
		if sig, ok = shell.ParseSignal(s); !ok {
			return c.Fail(2, "unknown signal %s", s)
		}
	}
	if len(a.Operands) != 1 {
		return c.Fail(2, "no matching criteria specified\nTry `%s --help' for more information.", c.Name())
	}
	re, err := shell.POSIXRegexp(a.Operands[0], false)
	if err != nil {
		return c.Fail(2, "invalid pattern: %s", a.Operands[0])
	}
	hit := false
	for _, p := range c.Shell.Processes() {
		name := base(p.Args[0])
		text := name
		if a.Has("-f") {
			text = strings.Join(p.Args, " ")
		}
		loc := re.FindString(text)
		if p == c.Process || !re.MatchString(text) || a.Has("-x") && loc != text {
			continue
		}
		hit = true
		switch {
		case !find:
			c.Shell.Kill(p, sig)
		case a.Has("-a"):
			fmt.Fprintf(c.Out, "%d %s\n", p.PID, strings.Join(p.Args, " "))
		case a.Has("-l"):
			fmt.Fprintf(c.Out, "%d %s\n", p.PID, name)
		default:
			fmt.Fprintf(c.Out, "%d\n", p.PID)
		}
	}
	return status(hit)
}

func killall(c *shell.Call) int {
	sig, _ := signalOption(c)
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if s := a.Value("-s", ""); s != "" {
		if sig, ok = shell.ParseSignal(s); !ok {
			return c.Fail(1, "%s: unknown signal", s)
		}
	}
	code := 0
	for _, n := range a.Operands {
		var hit []*shell.Process
		for _, p := range c.Shell.Processes() {
			if p != c.Process && base(p.Args[0]) == n {
				hit = append(hit, p)
			}
		}
		if len(hit) == 0 {
			code = 1
			if !a.Has("-q") {
				fmt.Fprintf(c.Err, "%s: no process found\n", n)
			}
		}
		for _, p := range hit {
			c.Shell.Kill(p, sig)
			if a.Has("-w") {
				c.WaitUntil(p, shell.Forever, nil)
			}
		}
	}
	return code
}
