package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/shell/vfs"

	"mvdan.cc/sh/v3/syntax"
)

// builtin is a command of bash itself.
type builtin func(in *interp, args []string) int

// builtinNames are bash's own commands, sorted.
const builtinNames = ". : [ alias bg bind break builtin caller cd command compgen complete continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait"

// findBuiltin is the builtin of a name, nil if there is none.
func findBuiltin(name string) builtin {
	switch name {
	case ":", "true":
		return succeed
	case "false":
		return failBuiltin
	case ".", "source":
		return sourceBuiltin
	case "[", "test":
		return testBuiltin
	case "echo":
		return echoBuiltin
	case "printf":
		return printfBuiltin
	case "read":
		return readBuiltin
	case "mapfile", "readarray":
		return mapfileBuiltin
	case "cd":
		return cdBuiltin
	case "pwd":
		return pwdBuiltin
	case "exit", "logout":
		return exitBuiltin
	case "return":
		return returnBuiltin
	case "break", "continue":
		return breakBuiltin
	case "eval":
		return evalBuiltin
	case "set":
		return setBuiltin
	case "shopt":
		return shoptBuiltin
	case "shift":
		return shiftBuiltin
	case "unset":
		return unsetBuiltin
	case "getopts":
		return getoptsBuiltin
	case "declare", "typeset", "export", "readonly", "local":
		return declBuiltin
	case "let":
		return letBuiltin
	case "trap":
		return trapBuiltin
	case "kill":
		return killBuiltin
	case "wait":
		return waitBuiltin
	case "jobs":
		return jobsBuiltin
	case "fg":
		return fgBuiltin
	case "bg":
		return bgBuiltin
	case "disown":
		return disownBuiltin
	case "type":
		return typeBuiltin
	case "command":
		return commandBuiltin
	case "builtin":
		return builtinBuiltin
	case "hash":
		return hashBuiltin
	case "umask":
		return umaskBuiltin
	case "ulimit":
		return ulimitBuiltin
	case "exec":
		return execCommand
	case "caller":
		return callerBuiltin
	case "compgen":
		return compgenBuiltin
	case "times", "history", "fc", "complete", "bind", "enable", "suspend":
		return notModelledBuiltin
	case "alias", "unalias":
		return aliasBuiltin
	case "pushd":
		return pushdBuiltin
	case "popd":
		return popdBuiltin
	case "dirs":
		return dirsBuiltin
	case "help":
		return helpBuiltin
	}
	return nil
}

// Builtins lists the names of bash's own commands, sorted.
func Builtins() []string { return strings.Fields(builtinNames) }

func succeed(*interp, []string) int { return 0 }

func failBuiltin(*interp, []string) int { return 1 }

func execCommand(in *interp, args []string) int {
	in.execBuiltin(nil, nil, args)
	return in.status
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func notModelledBuiltin(in *interp, args []string) int {
	in.errf("%s: not modelled", args[0])
	return 2
}

func helpBuiltin(in *interp, args []string) int {
	if len(args) > 1 {
		in.errf("help: not modelled: help on %s", args[1])
		return 2
	}
	in.out("Commands of the shell: " + strings.Join(Builtins(), " ") + "\n")
	in.out("Tools: " + strings.Join(in.p.shell.names, " ") + "\nA tool's own help: NAME --help\n")
	return 0
}

func aliasBuiltin(in *interp, args []string) int {
	if len(args) == 1 || args[1] == "-a" || args[1] == "-p" {
		return 0
	}
	if args[0] == "unalias" {
		in.errf("unalias: %s: not found", args[1])
		return 1
	}
	if !in.interactive {
		return 0 // a script has no aliases unless it asks for them
	}
	return notModelledBuiltin(in, args)
}

// badOption prints bash's two lines about an option.
func (in *interp) badOption(name, opt, usage string) int {
	in.errf("%s: %s: invalid option", name, opt)
	fmt.Fprintf(fdStream{in.p, 2}, "%s: usage: %s\n", name, usage)
	return 2
}

func echoBuiltin(in *interp, args []string) int {
	args = args[1:]
	newline, esc := true, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "neE") == "" {
		for _, c := range args[0][1:] {
			switch c {
			case 'n':
				newline = false
			case 'e':
				esc = true
			case 'E':
				esc = false
			}
		}
		args = args[1:]
	}
	s := strings.Join(args, " ")
	if esc {
		var b strings.Builder
		for i := 0; i < len(s); {
			if s[i] != '\\' || i+1 == len(s) {
				b.WriteByte(s[i])
				i++
				continue
			}
			n, stop := escape(&b, s[i:], echoEscapes)
			if stop {
				newline = false
				break
			}
			i += n
		}
		s = b.String()
	}
	if newline {
		s += "\n"
	}
	return in.print("echo", s)
}

// print writes a builtin's output and reports what went wrong.
func (in *interp) print(name, s string) int {
	if s == "" {
		return 0
	}
	if _, err := io.WriteString(fdStream{in.p, 1}, s); err != nil {
		in.errf("%s: write error: %s", name, vfs.Text(err))
		return 1
	}
	return 0
}

func cdBuiltin(in *interp, args []string) int {
	args = args[1:]
	physical := false
	for len(args) > 0 && (args[0] == "-L" || args[0] == "-P" || args[0] == "-e" || args[0] == "--") {
		physical = args[0] == "-P"
		args = args[1:]
	}
	if len(args) > 1 {
		in.errf("cd: too many arguments")
		return 1
	}
	dir, show := "", false
	switch {
	case len(args) == 0:
		var ok bool
		if dir, ok = in.find("HOME").value(); !ok {
			in.errf("cd: HOME not set")
			return 1
		}
	case args[0] == "-":
		var ok bool
		if dir, ok = in.find("OLDPWD").value(); !ok {
			in.errf("cd: OLDPWD not set")
			return 1
		}
		show = true
	default:
		dir = args[0]
	}
	if dir == "" {
		return 0
	}
	if cdpath := in.get("CDPATH"); cdpath != "" && !strings.HasPrefix(dir, "/") && !strings.HasPrefix(dir, ".") {
		for d := range strings.SplitSeq(cdpath, ":") {
			if i, err := in.p.View().Stat(path.Join(d, dir)); err == nil && i.IsDir() {
				dir, show = path.Join(d, dir), d != "" && d != "."
				break
			}
		}
	}
	if err := in.chdir(dir, physical); err != nil {
		in.errf("cd: %s: %s", dir, vfs.Text(err))
		return 1
	}
	if show {
		in.out(in.p.Dir + "\n")
	}
	return 0
}

// chdir changes the working directory and PWD.
func (in *interp) chdir(dir string, physical bool) error {
	v := in.p.View()
	full := v.Abs(dir)
	if physical {
		real, err := v.RealPath(dir)
		if err != nil {
			return err
		}
		full = real
	}
	i, err := v.Stat(full)
	if err != nil {
		return err
	}
	if !i.IsDir() {
		return vfs.ENOTDIR
	}
	old := in.p.Dir
	in.p.Dir = full
	if err := in.set("OLDPWD", old); err != nil {
		return err
	}
	in.find("OLDPWD").exported = true
	return in.set("PWD", full)
}

func pwdBuiltin(in *interp, args []string) int {
	dir := in.p.Dir
	for _, a := range args[1:] {
		switch a {
		case "-P":
			if real, err := in.p.View().RealPath("."); err == nil {
				dir = real
			}
		case "-L":
		default:
			return in.badOption("pwd", a, "pwd [-LP]")
		}
	}
	return in.print("pwd", dir+"\n")
}

func pushdBuiltin(in *interp, args []string) int {
	if len(args) != 2 || strings.HasPrefix(args[1], "-") || strings.HasPrefix(args[1], "+") {
		in.errf("pushd: not modelled: only pushd DIR")
		return 2
	}
	old := in.p.Dir
	if err := in.chdir(args[1], false); err != nil {
		in.errf("pushd: %s: %s", args[1], vfs.Text(err))
		return 1
	}
	in.dirs = append(slices.Clip(in.dirs), old)
	return dirsBuiltin(in, nil)
}

func popdBuiltin(in *interp, args []string) int {
	n := len(in.dirs)
	if n == 0 {
		in.errf("popd: directory stack empty")
		return 1
	}
	dir := in.dirs[n-1]
	in.dirs = in.dirs[:n-1]
	if err := in.chdir(dir, false); err != nil {
		in.errf("popd: %s: %s", dir, vfs.Text(err))
		return 1
	}
	return dirsBuiltin(in, nil)
}

func dirsBuiltin(in *interp, _ []string) int {
	home := in.get("HOME")
	short := func(d string) string {
		if d == home || strings.HasPrefix(d, home+"/") {
			return "~" + d[len(home):]
		}
		return d
	}
	l := []string{short(in.p.Dir)}
	for _, d := range slices.Backward(in.dirs) {
		l = append(l, short(d))
	}
	return in.print("dirs", strings.Join(l, " ")+"\n")
}

func exitBuiltin(in *interp, args []string) int {
	status := in.status
	if len(args) > 1 {
		n, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			in.errf("%s: %s: numeric argument required", args[0], args[1])
			in.exit(2)
		}
		if len(args) > 2 {
			in.errf("%s: too many arguments", args[0])
			return 1
		}
		status = int(n & 0xff)
	}
	in.exit(status)
	return status
}

func returnBuiltin(in *interp, args []string) int {
	if len(in.calls) == 0 && !in.sourcing() {
		in.errf("return: can only `return' from a function or sourced script")
		return 2
	}
	status := in.status
	if len(args) > 1 {
		n, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			in.errf("return: %s: numeric argument required", args[1])
			n = 2
		}
		status = int(n & 0xff)
	}
	in.ret = true
	in.retStatus = in.status
	return status
}

func (in *interp) sourcing() bool { return in.sources > 0 }

func breakBuiltin(in *interp, args []string) int {
	n := 1
	if len(args) > 1 {
		v, err := strconv.Atoi(args[1])
		if err != nil {
			in.errf("%s: %s: numeric argument required", args[0], args[1])
			in.exit(128)
		}
		if v < 1 {
			in.errf("%s: %d: loop count out of range", args[0], v)
			v = in.loops
		}
		n = v
	}
	if in.loops == 0 {
		in.errf("%s: only meaningful in a `for', `while', or `until' loop", args[0])
		return 0
	}
	n = min(n, in.loops)
	if args[0] == "break" {
		in.brk = n
		return 0
	}
	in.brk = n - 1
	in.cont = true
	return 0
}

func evalBuiltin(in *interp, args []string) int {
	if len(args) > 1 && args[1] == "--" {
		args = args[1:]
	}
	src := strings.Join(args[1:], " ")
	line := in.line
	defer func() { in.line = line }()
	if in.evals++; in.evals > maxCalls {
		in.evals = 0
		in.errf("eval: maximum eval nesting level exceeded (%d)", maxCalls)
		panic(discardPanic{1})
	}
	defer func() { in.evals = max(0, in.evals-1) }()
	return in.runNested(src)
}

// runNested runs text inside of a command: errors go up to that.
func (in *interp) runNested(src string) int {
	in.inner++
	defer func() { in.inner-- }()
	return in.runSource(src)
}

func sourceBuiltin(in *interp, args []string) int {
	if len(args) < 2 {
		in.errf("%s: filename argument required", args[0])
		fmt.Fprintf(fdStream{in.p, 2}, "%s: usage: %s filename [arguments]\n", args[0], args[0])
		return 2
	}
	name := args[1]
	if !strings.Contains(name, "/") {
		for dir := range strings.SplitSeq(in.get("PATH"), ":") {
			if i, err := in.p.View().Stat(path.Join(dir, name)); err == nil && i.Mode().IsRegular() {
				name = path.Join(dir, name)
				break
			}
		}
	}
	data, err := in.readAll(name)
	if err != nil {
		in.errf("%s: %s", args[1], vfs.Text(err))
		return 1
	}
	if in.sources++; in.sources > maxCalls/10 {
		in.errf("%s: maximum nesting level of sourced files exceeded", args[0])
		in.sources = 0
		panic(discardPanic{1})
	}
	params, source, line, fixed := in.params, in.source, in.line, in.fixedLine
	if len(args) > 2 {
		in.params = args[2:]
	}
	calls := in.calls
	in.calls = append(in.calls, call{"source", in.line, in.source, params})
	in.source, in.fixedLine = args[1], 0
	defer func() {
		in.sources = max(0, in.sources-1)
		if len(args) > 2 {
			in.params = params
		}
		in.source, in.line, in.fixedLine = source, line, fixed
		in.calls = calls
	}()
	in.retStatus = -1
	status := in.runNested(string(data))
	if in.retTrap != "" {
		in.returnTrap()
	}
	in.ret = false
	return status
}

// readAll reads a file, also one that is a pipe.
func (in *interp) readAll(name string) ([]byte, error) {
	f, err := in.p.open(name, vfs.Read, 0)
	if err != nil {
		return nil, err
	}
	defer f.unref()
	var data []byte
	b := make([]byte, 32<<10)
	for {
		n, err := f.read(in.p, b)
		in.p.step(1)
		data = append(data, b[:n]...)
		if len(data) > maxSource {
			return nil, vfs.EFBIG
		}
		if err == io.EOF { //nolint:errorlint // what io.Reader returns
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func shiftBuiltin(in *interp, args []string) int {
	n := 1
	if len(args) > 1 {
		v, err := strconv.Atoi(args[1])
		if err != nil {
			in.errf("shift: %s: numeric argument required", args[1])
			return 1
		}
		n = v
	}
	if n < 0 {
		in.errf("shift: %d: shift count out of range", n)
		return 1
	}
	if n > len(in.params) {
		return 1
	}
	in.params = in.params[n:]
	return 0
}

func unsetBuiltin(in *interp, args []string) int {
	args = args[1:]
	vars, funcs, ref := true, true, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch args[0] {
		case "-v":
			funcs = false
		case "-f":
			vars = false
		case "-n":
			ref, funcs = true, false
		case "--":
		default:
			return in.badOption("unset", args[0], "unset [-f] [-v] [-n] [name ...]")
		}
		args = args[1:]
	}
	status := 0
	for _, name := range args {
		if vars {
			done, err := in.unset(name, ref)
			if err != nil {
				in.errf("unset: %s", err.Error())
				status = 1
				continue
			}
			if done {
				continue
			}
		}
		if funcs {
			delete(in.funcs, name)
		}
	}
	return status
}

// unset removes a variable or an element.
func (in *interp) unset(name string, ref bool) (bool, error) {
	base, idx, elem := splitElement(name)
	if elem {
		v := in.find(base)
		switch {
		case v == nil:
			return true, nil
		case v.readonly:
			return true, fmt.Errorf("%s: cannot unset: readonly variable", base)
		case v.kind == assoc:
			v.own()
			delete(v.m.items, strings.Trim(idx, `"'`))
			return true, nil
		case idx == "@" || idx == "*":
			v.arr, v.shared, v.set = &array{}, false, true
			return true, nil
		case v.kind == indexed:
			n, err := in.evalString(idx)
			if err != nil {
				return true, err
			}
			v.own()
			if n < 0 {
				n += v.arr.end()
			}
			v.arr.remove(n)
			return true, nil
		}
		return true, fmt.Errorf("%s: not an array variable", base)
	}
	if !validName(name) {
		return true, fmt.Errorf("`%s': not a valid identifier", name)
	}
	if v := in.findRaw(name); v != nil && v.nameref && !ref {
		_, name = in.resolve(name)
	}
	for i := len(in.scopes) - 1; i >= 0; i-- {
		v := in.scopes[i].vars[name]
		if v == nil {
			continue
		}
		if v.readonly {
			return true, fmt.Errorf("%s: cannot unset: readonly variable", name)
		}
		if i == len(in.scopes)-1 && i > 0 && !in.scopes[i].temp {
			in.scopes[i].vars[name] = &variable{} // a local stays local
		} else {
			delete(in.scopes[i].vars, name)
		}
		return true, nil
	}
	if in.dynamic[name] {
		delete(in.dynamic, name)
		return true, nil
	}
	return false, nil
}

func letBuiltin(in *interp, args []string) int {
	if len(args) < 2 {
		in.errf("let: expression expected")
		return 1
	}
	var n int64
	for _, a := range args[1:] {
		var err error
		in.arithSource = a
		if n, err = in.evalString(a); err != nil {
			in.errf("let: %s", err.Error())
			return 1
		}
	}
	return int(b2i(n == 0))
}

func getoptsBuiltin(in *interp, args []string) int {
	if len(args) < 3 {
		in.errf("getopts: usage: getopts optstring name [arg ...]")
		return 2
	}
	spec, name := args[1], args[2]
	list := in.params
	if len(args) > 3 {
		list = args[3:]
	}
	quiet := strings.HasPrefix(spec, ":")
	index, _ := strconv.Atoi(in.get("OPTIND"))
	index = max(index, 1)
	fail := func(err error) int {
		in.errf("getopts: %s", err.Error())
		return 1
	}
	pos := in.optPos
	assign := func(n, v string) {
		if err := in.set(n, v); err != nil {
			fail(err)
		}
	}
	move := func(i, p int) {
		assign("OPTIND", strconv.Itoa(i))
		in.optPos = p
	}
	if pos == 0 {
		if index > len(list) || len(list[index-1]) < 2 || list[index-1][0] != '-' {
			assign(name, "?")
			move(index, 0)
			return 1
		}
		if list[index-1] == "--" {
			assign(name, "?")
			move(index+1, 0)
			return 1
		}
		pos = 1
	}
	if index > len(list) || pos >= len(list[index-1]) {
		assign(name, "?")
		move(index, 0)
		return 1
	}
	arg := list[index-1]
	c := arg[pos]
	i := strings.IndexByte(strings.TrimPrefix(spec, ":"), c)
	sp := strings.TrimPrefix(spec, ":")
	next := func() {
		if pos+1 < len(arg) {
			move(index, pos+1)
		} else {
			move(index+1, 0)
		}
	}
	_, _ = in.unset("OPTARG", false)
	switch {
	case i < 0 || c == ':':
		next()
		assign(name, "?")
		if quiet {
			assign("OPTARG", string(c))
		} else if in.get("OPTERR") != "0" {
			fmt.Fprintf(fdStream{in.p, 2}, "%s: illegal option -- %c\n", in.name, c)
		}
	case i+1 < len(sp) && sp[i+1] == ':':
		switch {
		case pos+1 < len(arg):
			assign("OPTARG", arg[pos+1:])
			move(index+1, 0)
		case index < len(list):
			assign("OPTARG", list[index])
			move(index+2, 0)
		default:
			move(index+1, 0)
			if quiet {
				assign(name, ":")
				assign("OPTARG", string(c))
				return 0
			}
			if in.get("OPTERR") != "0" {
				fmt.Fprintf(fdStream{in.p, 2}, "%s: option requires an argument -- %c\n", in.name, c)
			}
			assign(name, "?")
			return 0
		}
		assign(name, string(c))
	default:
		next()
		assign(name, string(c))
	}
	return 0
}

func trapBuiltin(in *interp, args []string) int {
	args = args[1:]
	if len(args) > 0 && args[0] == "-l" {
		return killList(in)
	}
	if len(args) == 0 || args[0] == "-p" {
		traps := in.traps
		if in.inherited != nil {
			traps = in.inherited
		}
		sigs := slices.Sorted(maps.Keys(traps))
		for _, s := range sigs {
			name := "EXIT"
			if s != 0 {
				name = "SIG" + s.String()
			}
			if len(args) > 1 && !slices.ContainsFunc(args[1:], func(a string) bool { return strings.TrimPrefix(a, "SIG") == strings.TrimPrefix(name, "SIG") }) {
				continue
			}
			in.out("trap -- " + quote(traps[s]) + " " + name + "\n")
		}
		if in.errTrap != "" {
			in.out("trap -- " + quote(in.errTrap) + " ERR\n")
		}
		return 0
	}
	if args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	action, sigs := args[0], args[1:]
	reset := action == "-"
	if len(sigs) == 0 {
		if _, ok := ParseSignal(action); !ok {
			fmt.Fprintln(fdStream{in.p, 2}, "trap: usage: trap [-lp] [[arg] signal_spec ...]")
			return 2
		}
		reset, sigs = true, args
	} else if _, err := strconv.Atoi(action); err == nil {
		reset, sigs = true, args
	}
	status := 0
	for _, s := range sigs {
		switch strings.ToUpper(s) {
		case "ERR":
			in.errTrap = action
			if reset {
				in.errTrap = ""
			}
			continue
		case "RETURN":
			in.retTrap = action
			if reset {
				in.retTrap = ""
			}
			continue
		case "DEBUG":
			in.debugTrap = action
			if reset {
				in.debugTrap = ""
			}
			continue
		case "EXIT":
			s = "0"
		}
		sig, ok := ParseSignal(s)
		if !ok {
			in.errf("trap: %s: invalid signal specification", s)
			status = 1
			continue
		}
		in.setTrap(sig, action, reset)
	}
	return status
}

func (in *interp) setTrap(sig Signal, action string, reset bool) {
	bit := uint32(1) << sig
	in.inherited = nil
	if sig != 0 {
		if in.deaf&bit != 0 && !in.interactive {
			return // what was ignored when the shell started stays so
		}
		in.p.ignored &^= bit
	}
	if reset {
		delete(in.traps, sig)
		return
	}
	in.traps[sig] = action
	if sig != 0 && action == "" {
		in.p.ignored |= bit
	}
}

func killList(in *interp) int {
	var b strings.Builder
	for i := Signal(1); i <= maxSignal; i++ {
		fmt.Fprintf(&b, "%2d) SIG%s", i, i)
		if i%5 == 0 {
			b.WriteByte('\n')
		} else {
			b.WriteByte('\t')
		}
	}
	return in.print("kill", b.String()+"\n")
}

func killBuiltin(in *interp, args []string) int {
	const usage = "kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"
	args = args[1:]
	sig := SIGTERM
	if len(args) > 0 && strings.HasPrefix(args[0], "-") && args[0] != "--" && len(args[0]) > 1 {
		spec := args[0][1:]
		switch spec {
		case "l", "L":
			if len(args) == 1 {
				return killList(in)
			}
			for _, a := range args[1:] {
				s, ok := ParseSignal(a)
				if n, err := strconv.Atoi(a); err == nil && n > 128 {
					s, ok = Signal(n-128), n-128 <= maxSignal
				}
				if !ok {
					in.errf("kill: %s: invalid signal specification", a)
					return 1
				}
				if _, err := strconv.Atoi(a); err == nil {
					in.out(s.String() + "\n")
				} else {
					in.out(strconv.Itoa(int(s)) + "\n")
				}
			}
			return 0
		case "s", "n":
			if len(args) < 2 {
				in.errf("kill: -%s: option requires an argument", spec)
				return 1
			}
			spec = args[1]
			args = args[1:]
		}
		s, ok := ParseSignal(spec)
		if !ok {
			in.errf("kill: %s: invalid signal specification", spec)
			return 1
		}
		sig = s
		args = args[1:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintf(fdStream{in.p, 2}, "kill: usage: %s\n", usage)
		return 2
	}
	if sig == SIGSTOP || sig == SIGTSTP {
		in.errf("kill: not modelled: stopping a process")
		return 1
	}
	status := 0
	for _, a := range args {
		if !in.kill1(a, sig) {
			status = 1
		}
	}
	return status
}

// kill1 sends a signal to a job, a process or a group.
func (in *interp) kill1(a string, sig Signal) bool {
	s := in.p.shell
	if strings.HasPrefix(a, "%") {
		j := in.findJob(a)
		if j == nil {
			in.errf("kill: %s: no such job", a)
			return false
		}
		for _, p := range j.procs {
			s.signal(p, sig)
		}
		return true
	}
	pid, err := strconv.Atoi(a)
	if err != nil {
		in.errf("kill: %s: arguments must be process or job IDs", a)
		return false
	}
	if pid <= 0 {
		group := -pid
		if pid == 0 {
			group = in.p.pgid
		}
		found, self := false, false
		for _, p := range s.Processes() {
			if p.pgid == group || pid == -1 && p != in.p {
				found = true
				if p == in.p {
					self = true
					continue
				}
				s.signal(p, sig)
			}
		}
		if self {
			s.signal(in.p, sig)
		}
		if !found {
			in.errf("kill: (%d) - %s", pid, vfs.ESRCH)
		}
		return found
	}
	p := s.find(pid)
	if p == nil {
		if _, mine := in.reaped[pid]; !mine {
			for _, j := range in.jobs {
				for _, x := range j.procs {
					if x.PID == pid && !j.told {
						return true // a zombie can be signalled
					}
				}
			}
		}
		in.errf("kill: (%d) - %s", pid, vfs.ESRCH)
		return false
	}
	s.signal(p, sig)
	return true
}

func waitBuiltin(in *interp, args []string) int {
	args = args[1:]
	next, varName := false, ""
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-n":
			next = true
		case "-f":
		case "-p":
			if len(args) < 2 {
				in.errf("wait: -p: option requires an argument")
				return 2
			}
			varName = args[1]
			args = args[1:]
		case "--":
		default:
			return in.badOption("wait", args[0], "wait [-fn] [-p var] [id ...]")
		}
		args = args[1:]
	}
	if next {
		return in.waitNext(args, varName)
	}
	if len(args) == 0 {
		for len(in.jobs) > 0 {
			j := in.jobs[0]
			for _, p := range j.procs {
				if !in.waitJob(p) {
					return in.waitInterrupted()
				}
			}
			in.forget(j)
		}
		return 0
	}
	status := 0
	for _, a := range args {
		j := in.findJob(a)
		pid, err := strconv.Atoi(a)
		if j == nil {
			if n, ok := in.reaped[pid]; ok && err == nil {
				status = n
				continue
			}
			switch {
			case strings.HasPrefix(a, "%"):
				in.errf("wait: %s: no such job", a)
			case err != nil:
				in.errf("wait: `%s': not a pid or valid job spec", a)
				status = 1
				continue
			default:
				in.errf("wait: pid %d is not a child of this shell", pid)
			}
			status = 127
			continue
		}
		target := j.last()
		for _, p := range j.procs {
			if err == nil && p.PID == pid {
				target = p
			}
		}
		if !in.waitJob(target) {
			return in.waitInterrupted()
		}
		status = target.status
		if j.done() {
			in.forget(j)
		}
	}
	return status
}

// waitInterrupted is the status of wait when a trapped signal came.
func (in *interp) waitInterrupted() int { return 128 + int(in.p.pending[0]) }

// waitNext is wait -n.
func (in *interp) waitNext(args []string, varName string) int {
	var l []*job
	if len(args) == 0 {
		l = slices.Clone(in.jobs)
	}
	for _, a := range args {
		if j := in.findJob(a); j != nil {
			l = append(l, j)
		}
	}
	if len(l) == 0 {
		return 127
	}
	for {
		for _, j := range l {
			if j.done() {
				status := j.last().status
				if varName != "" {
					if err := in.set(varName, strconv.Itoa(j.last().PID)); err != nil {
						in.errf("%s", err.Error())
					}
				}
				in.forget(j)
				return status
			}
		}
		if in.p.pendingSignal() {
			return in.waitInterrupted()
		}
		var q waitQueue
		for _, j := range l {
			j.last().waiters = append(j.last().waiters, in.p)
		}
		in.p.block(&q)
		for _, j := range l {
			j.last().waiters.remove(in.p)
		}
	}
}

func jobsBuiltin(in *interp, args []string) int {
	long, pids, running := false, false, false
	for _, a := range args[1:] {
		switch a {
		case "-l":
			long = true
		case "-p":
			pids = true
		case "-r":
			running = true
		default:
			in.errf("jobs: not modelled: %s", a)
			return 2
		}
	}
	for _, j := range slices.Clone(in.jobs) {
		if running && j.done() {
			continue
		}
		if pids {
			in.out(strconv.Itoa(j.procs[0].PID) + "\n")
			continue
		}
		in.out(in.jobLine(j, long))
	}
	for _, j := range slices.Clone(in.jobs) {
		if j.done() && !pids {
			j.told = true
			in.forget(j)
		}
	}
	return 0
}

func fgBuiltin(in *interp, args []string) int {
	if !in.interactive {
		in.errf("%s: no job control", args[0])
		return 1
	}
	spec := "%+"
	if len(args) > 1 {
		spec = args[1]
	}
	j := in.findJob(spec)
	if j == nil {
		in.errf("%s: %s: no such job", args[0], strings.TrimPrefix(spec, "%+"))
		return 1
	}
	in.out(j.text + "\n")
	in.jobs = slices.DeleteFunc(in.jobs, func(x *job) bool { return x == j })
	in.text = func() string { return j.text }
	in.waitForeground(j.last(), j.procs)
	return in.status
}

func bgBuiltin(in *interp, args []string) int {
	if !in.interactive {
		in.errf("%s: no job control", args[0])
		return 1
	}
	in.errf("bg: no job is stopped: stopping is not modelled")
	return 1
}

func disownBuiltin(in *interp, args []string) int {
	if len(args) == 1 {
		args = append(args, "%+")
	}
	for _, a := range args[1:] {
		if j := in.findJob(a); j != nil {
			in.jobs = slices.DeleteFunc(in.jobs, func(x *job) bool { return x == j })
		} else if a != "-a" && a != "-h" {
			in.errf("disown: %s: no such job", a)
			return 1
		}
	}
	return 0
}

// keywords are the reserved words, for type.
const keywords = " if then else elif fi case esac for select while until do done in function time { } ! [[ ]] coproc "

func typeBuiltin(in *interp, args []string) int {
	short, all, pathOnly := false, false, false
	args = args[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		for _, c := range args[0][1:] {
			switch c {
			case 't':
				short = true
			case 'a':
				all = true
			case 'p', 'P':
				pathOnly = true
			case 'f':
			default:
				return in.badOption("type", "-"+string(c), "type [-afptP] name [name ...]")
			}
		}
		args = args[1:]
	}
	status := 0
	for _, name := range args {
		if !in.describe(name, short, all, pathOnly) {
			if !short && !pathOnly {
				in.errf("type: %s: not found", name)
			}
			status = 1
		}
	}
	return status
}

// describe prints what a name would run.
func (in *interp) describe(name string, short, all, pathOnly bool) bool {
	found := false
	say := func(kind, long string) bool {
		found = true
		if short {
			in.out(kind + "\n")
		} else if !pathOnly {
			in.out(long + "\n")
		}
		return !all
	}
	if strings.Contains(keywords, " "+name+" ") && !pathOnly {
		if say("keyword", name+" is a shell keyword") {
			return true
		}
	}
	if in.funcs[name] != nil && !pathOnly {
		if say("function", name+" is a function\n"+strings.TrimRight(in.funcText(name, false), "\n")) {
			return true
		}
	}
	if findBuiltin(name) != nil && !pathOnly {
		if say("builtin", name+" is a shell builtin") {
			return true
		}
	}
	if full, ok := in.p.findInPath(name, in.get("PATH")); ok {
		if pathOnly && !short {
			in.out(full + "\n")
			return true
		}
		say("file", name+" is "+full)
	}
	return found
}

func commandBuiltin(in *interp, args []string) int {
	args = args[1:]
	path := in.get("PATH")
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch args[0] {
		case "-v", "-V":
			status := 1
			for _, name := range args[1:] {
				if in.which(name, args[0] == "-V") {
					status = 0
				}
			}
			return status
		case "-p":
			path = defaultPath
		case "--":
			args = args[1:]
			goto run
		default:
			return in.badOption("command", args[0], "command [-pVv] command [arg ...]")
		}
		args = args[1:]
	}
run:
	if len(args) == 0 {
		return 0
	}
	if b := findBuiltin(args[0]); b != nil {
		return b(in, args)
	}
	return in.runExternal(args, path)
}

// runExternal runs a program with the shell's own descriptors.
func (in *interp) runExternal(words []string, path string) int {
	child, err := in.fork(words...)
	if err != nil {
		in.exit(254)
	}
	child.env = in.environ()
	tool, argv, ok := in.resolveCommand(child, words, path)
	if !ok {
		child.discard()
		return in.status
	}
	child.start(func() int { return child.runTool(tool, argv) })
	in.text = func() string { return strings.Join(words, " ") }
	in.waitForeground(child, nil)
	return in.status
}

// which is command -v.
func (in *interp) which(name string, long bool) bool {
	isBuiltin := findBuiltin(name) != nil
	switch {
	case long:
		if in.describe(name, false, false, false) {
			return true
		}
		in.errf("command: %s: not found", name)
		return false
	case in.funcs[name] != nil, isBuiltin, strings.Contains(keywords, " "+name+" "):
		in.out(name + "\n")
		return true
	}
	full, ok := in.p.findInPath(name, in.get("PATH"))
	if ok {
		in.out(full + "\n")
	}
	return ok
}

func builtinBuiltin(in *interp, args []string) int {
	if len(args) == 1 {
		return 0
	}
	b := findBuiltin(args[1])
	if b == nil {
		in.errf("builtin: %s: not a shell builtin", args[1])
		return 1
	}
	return b(in, args[1:])
}

func hashBuiltin(in *interp, args []string) int {
	status := 0
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "-") {
			continue
		}
		if _, ok := in.p.findInPath(a, in.get("PATH")); !ok {
			in.errf("hash: %s: not found", a)
			status = 1
		}
	}
	return status
}

func umaskBuiltin(in *interp, args []string) int {
	if len(args) == 1 {
		return in.print("umask", fmt.Sprintf("%04o\n", in.p.umask))
	}
	if args[1] == "-S" {
		m := 0o777 &^ int(in.p.umask)
		bits := func(n int) string {
			s := ""
			for i, c := range "rwx" {
				if n&(4>>i) != 0 {
					s += string(c)
				}
			}
			return s
		}
		return in.print("umask", fmt.Sprintf("u=%s,g=%s,o=%s\n", bits(m>>6), bits(m>>3), bits(m)))
	}
	n, err := strconv.ParseUint(args[1], 8, 32)
	if err != nil || n > 0o777 {
		in.errf("umask: %s: octal number out of range", args[1])
		return 1
	}
	in.p.umask = fs.FileMode(n)
	return 0
}

func ulimitBuiltin(in *interp, args []string) int {
	if len(args) == 1 || len(args) == 2 && args[1] == "-n" {
		if len(args) == 1 {
			return in.print("ulimit", "unlimited\n")
		}
		return in.print("ulimit", strconv.Itoa(maxFDs)+"\n")
	}
	if len(args) == 2 && args[1] == "-u" {
		return in.print("ulimit", strconv.Itoa(in.p.shell.o.MaxProcesses)+"\n")
	}
	in.errf("ulimit: not modelled: %s", strings.Join(args[1:], " "))
	return 2
}

// execBuiltin is exec: with a command it takes over the process, without one its
// redirections stay.
func (in *interp) execBuiltin(assigns []*syntax.Assign, redirs []*syntax.Redirect, words []string) {
	if in.opts.xtrace {
		in.traceWords(words)
	}
	args := words[1:]
	name, clean := "", false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		switch {
		case args[0] == "-a" && len(args) > 1:
			name = args[1]
			args = args[1:]
		case args[0] == "-c":
			clean = true
		case args[0] == "-l", args[0] == "--":
		default:
			in.setStatus(in.badOption("exec", args[0], "exec [-cl] [-a name] [command [argument ...]] [redirection ...]"))
			return
		}
		args = args[1:]
	}
	if err := in.redirect(in.p, redirs); err != nil {
		in.errf("%s", err.Error())
		if !in.interactive && len(args) > 0 {
			in.exit(1)
		}
		in.setStatus(1)
		return
	}
	if len(args) == 0 {
		in.setStatus(0)
		return
	}
	env := in.environ()
	if clean {
		env = nil
	}
	for _, a := range assigns {
		val, err := in.assigned(a.Value)
		if err != nil {
			in.fail(err)
		}
		env = append(env, a.Name.Value+"="+val)
	}
	tool, argv, err := in.p.lookup(args, in.get("PATH"))
	if err != nil {
		if errors.Is(err, errNotFound) {
			in.errf("exec: %s: not found", args[0])
		} else {
			in.errf("%s: %s", args[0], vfs.Text(err))
		}
		if !in.interactive {
			in.exit(execStatus(err))
		}
		in.setStatus(execStatus(err))
		return
	}
	if name != "" {
		argv = append([]string{name}, argv[1:]...)
	}
	in.execTool(tool, argv, env)
}
