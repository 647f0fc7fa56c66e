package nettools

import (
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func sysctlTool() shell.Tool {
	return shell.Tool{Name: "sysctl", Dir: "/usr/sbin", Summary: "read and change the kernel's settings", Usage: "[OPTIONS] [VARIABLE[=VALUE]...]", Run: runSysctl, Options: []shell.Option{
		{Flag: "-a, -A, -X, --all", Help: "display all variables"},
		{Flag: "--deprecated", Help: "display deprecated ones too"},
		{Flag: "--dry-run", Help: "print what would be set"},
		{Flag: "-b, --binary", Help: "print value without new line"},
		{Flag: "-e, --ignore", Help: "ignore unknown variables"},
		{Flag: "-N, --names", Help: "print names without values"},
		{Flag: "-n, --values", Help: "print values without names"},
		{Flag: "-p, -f, --load[=FILE]", Help: "read values from a file, /etc/sysctl.conf if none is named"},
		{Flag: "-r, --pattern EXPRESSION", Help: "only what matches an expression"},
		{Flag: "-q, --quiet", Help: "do not print what is set"},
		{Flag: "-w, --write", Help: "only set values"},
		{Flag: "-o", Help: "does nothing"}, {Flag: "-x", Help: "does nothing"},
		{Flag: "-h, -d", Help: "display this help"},
		{Flag: "-V, --version", Help: "print the version"},
		{Flag: "--system", Help: "read values from all system directories", NotModelled: true},
	}}
}

// sysctlRun is one command line.
type sysctlRun struct {
	*shell.Call
	dryRun, binary, ignore, names, values, quiet, deprecated bool
	pattern                                                  *regexp.Regexp
	failed                                                   bool
}

const procSys = "/proc/sys/"

func runSysctl(c *shell.Call) int {
	const hint = "Try `sysctl --help' for more information.\n"
	opts, rest, err := shell.Getopt(c.Tool.Options, c.Args[1:], false)
	if err != nil {
		return usageError(c, err, 1, hint)
	}
	r := &sysctlRun{Call: c}
	var all, write, load bool
	for _, g := range opts {
		switch g.Name {
		case "-a":
			all = true
		case "--deprecated":
			r.deprecated = true
		case "--dry-run":
			r.dryRun = true
		case "-b":
			r.binary = true
		case "-e":
			r.ignore = true
		case "-N":
			r.names = true
		case "-n":
			r.values = true
		case "-p":
			load = true
			if g.Value != "" {
				rest = append([]string{g.Value}, rest...)
			}
		case "-r":
			if r.pattern, err = regexp.CompilePOSIX(g.Value); err != nil {
				return c.Fail(1, "not modelled: pattern %q (%v)", g.Value, err)
			}
		case "-q":
			r.quiet = true
		case "-w":
			write = true
		case "-h":
			c.Tool.Help(c.Out)
			return 0
		case "-V":
			fmt.Fprintln(c.Out, "sysctl from procps-ng 4.0.2")
			return 0
		}
	}
	switch {
	case all:
		r.walk("", false)
		return 0
	case load:
		if len(rest) == 0 {
			rest = []string{"/etc/sysctl.conf"}
		}
		for _, name := range rest {
			r.load(name)
		}
	case len(rest) == 0 && len(opts) == 0:
		c.Tool.Help(c.Out)
		return 1
	case len(rest) == 0:
		return c.Fail(1, "no variables specified\n%s", strings.TrimSuffix(hint, "\n"))
	}
	if !load {
		for _, a := range rest {
			key, value, isSet := strings.Cut(a, "=")
			switch {
			case isSet:
				r.set(strings.TrimSpace(key), strings.TrimSpace(value), false)
			case write:
				r.Errorf("command line(0): invalid syntax, continuing...")
				r.failed = true
			default:
				r.read(a)
			}
		}
	}
	if r.failed {
		return 1
	}
	return 0
}

// sysctlPath is the path below /proc/sys of a key. The first separator decides
// whether dots or slashes separate; the other one is then part of a name.
func sysctlPath(key string) string {
	key = strings.TrimPrefix(key, procSys)
	if i := strings.IndexAny(key, "./"); i >= 0 && key[i] == '/' {
		return key
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, key)
}

// sysctlKey is a path in the way it is printed.
func sysctlKey(p string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '/':
			return '.'
		case '.':
			return '/'
		}
		return r
	}, p)
}

// stat looks for a path and says why it is not there.
func (r *sysctlRun) stat(p string, quiet bool) (vfs.Info, bool) {
	i, err := r.View.Stat(procSys + p)
	var m *missing
	switch {
	case err == nil:
		return i, true
	case errors.As(err, &m):
		r.Errorf("%v", m)
		r.failed = true
	case !r.ignore:
		r.Errorf("cannot stat %s%s: %s", procSys, p, vfs.Text(err))
		r.failed = r.failed || !quiet
	}
	return i, false
}

// read prints a setting, or all that are in a folder.
func (r *sysctlRun) read(key string) {
	p := sysctlPath(key)
	i, ok := r.stat(p, false)
	switch {
	case !ok:
	case i.IsDir():
		r.walk(strings.TrimSuffix(p, "/"), true)
	default:
		r.show(p, i)
	}
}

// walk prints all settings in a folder.
func (r *sysctlRun) walk(dir string, named bool) {
	list, err := r.View.ReadDir(procSys + dir)
	if err != nil {
		if named {
			r.Errorf("unable to open directory %q", procSys+dir)
		}
		return
	}
	for _, i := range list {
		p := path.Join(dir, i.Name())
		if i.IsDir() {
			r.walk(p, false)
			continue
		}
		if n := i.Name(); !r.deprecated && (n == "base_reachable_time" || n == "retrans_time") {
			continue
		}
		r.show(p, i)
	}
}

func (r *sysctlRun) show(p string, i vfs.Info) {
	key := sysctlKey(p)
	if i.FileMode&0o444 == 0 || r.pattern != nil && !r.pattern.MatchString(key) {
		return
	}
	if r.names {
		fmt.Fprintln(r.Out, key)
		return
	}
	data, err := r.View.ReadFile(procSys + p)
	if err != nil {
		r.Errorf("reading key %q: %s", key, vfs.Text(err))
		r.failed = true
		return
	}
	for line := range strings.Lines(string(data)) {
		r.print(key, strings.TrimSuffix(line, "\n"))
	}
}

func (r *sysctlRun) print(key, value string) {
	switch {
	case r.names:
		fmt.Fprintln(r.Out, key)
	case r.binary:
		io.WriteString(r.Out, value)
	case r.values:
		fmt.Fprintln(r.Out, value)
	default:
		fmt.Fprintf(r.Out, "%s = %s\n", key, value)
	}
}

// set writes a value. quiet says that a failure does not count.
func (r *sysctlRun) set(key, value string, quiet bool) {
	p := sysctlPath(key)
	i, ok := r.stat(p, quiet)
	if !ok {
		return
	}
	if i.IsDir() || i.FileMode&0o200 == 0 {
		r.Errorf("setting key %q: %s", sysctlKey(p), vfs.Text(vfs.EACCES))
		r.failed = r.failed || !quiet
		return
	}
	if !r.dryRun {
		if err := r.View.WriteFile(procSys+p, []byte(value+"\n"), 0o644); err != nil {
			var m *missing
			if errors.As(err, &m) {
				r.Errorf("%v", m)
			} else {
				r.Errorf("setting key %q: %s", sysctlKey(p), vfs.Text(err))
			}
			r.failed = r.failed || !quiet || m != nil
			return
		}
	}
	if !r.quiet {
		r.print(sysctlKey(p), value)
	}
}

// load reads a file of settings: sysctl.conf(5).
func (r *sysctlRun) load(name string) {
	text, err := readAll(r.Call, name)
	if err != nil {
		r.Errorf("cannot open %q: %s", name, vfs.Text(err))
		r.failed = true
		return
	}
	type line struct {
		key, value string
		quiet      bool
	}
	var lines []line
	var not []string
	n := 0
	for s := range strings.Lines(text) {
		n++
		s = strings.TrimSpace(s)
		if s == "" || s[0] == '#' || s[0] == ';' {
			continue
		}
		key, value, isSet := strings.Cut(s, "=")
		key, quiet := strings.CutPrefix(strings.TrimSpace(key), "-")
		switch {
		case isSet:
			lines = append(lines, line{sysctlPath(key), strings.TrimSpace(value), quiet})
		case quiet:
			not = append(not, sysctlPath(key))
		default:
			r.Errorf("%s(%d): invalid syntax, continuing...", name, n)
			r.failed = true
		}
	}
	for _, l := range lines {
		if !strings.ContainsAny(l.key, "*?[") {
			r.set(l.key, l.value, l.quiet)
			continue
		}
		for _, p := range r.glob("", strings.Split(l.key, "/")) {
			if !slices.Contains(not, p) && !slices.ContainsFunc(lines, func(x line) bool { return x.key == p }) {
				r.set(p, l.value, l.quiet)
			}
		}
	}
}

// glob finds the paths that a pattern with slashes stands for.
func (r *sysctlRun) glob(dir string, pattern []string) []string {
	if len(pattern) == 0 {
		return []string{dir}
	}
	list, err := r.View.ReadDir(procSys + dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, i := range list {
		if ok, err := path.Match(pattern[0], i.Name()); err == nil && ok {
			found = append(found, r.glob(path.Join(dir, i.Name()), pattern[1:])...)
		}
	}
	return found
}
