package coreutils

import (
	"bufio"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

// finder is one run of find.
type finder struct {
	c        *shell.Call
	args     []string
	i        int
	out      *bufio.Writer
	maxDepth int
	minDepth int
	acts     bool // something prints or runs
	depthFst bool // -delete: what is inside comes first
	batch    []*batch
	prune    bool
	quit     bool
	code     int
	deep     int
}

// batch is -exec … +.
type batch struct {
	argv  []string
	files []string
}

// test is one expression of find.
type test func(name string, i vfs.Info) bool

func find(c *shell.Call) int {
	f := &finder{c: c, out: output(c), maxDepth: 1 << 30}
	args := c.Args[1:]
	var roots []string
	for len(args) > 0 && args[0] != "!" && args[0] != "(" && !strings.HasPrefix(args[0], "-") {
		roots = append(roots, args[0])
		args = args[1:]
	}
	if len(roots) == 0 {
		roots = []string{"."}
	}
	f.args = args
	expr := func(string, vfs.Info) bool { return true }
	if len(args) > 0 {
		e, err := f.or()
		if err == nil && f.i < len(f.args) {
			err = fmt.Errorf("paths must precede expression: `%s'", f.args[f.i])
			if f.args[f.i] == ")" {
				err = fmt.Errorf("invalid expression; you have too many ')'")
			}
		}
		if err != nil {
			return c.Fail(1, "%v", err)
		}
		expr = e
	}
	if !f.acts {
		inner := expr
		expr = func(n string, i vfs.Info) bool {
			if inner(n, i) {
				f.out.WriteString(n + "\n")
			}
			return true
		}
	}
	for _, r := range roots {
		i, err := c.View.Lstat(r)
		if err != nil {
			f.out.Flush()
			c.Errorf("'%s': %s", r, vfs.Text(err))
			f.code = 1
			continue
		}
		f.walk(r, i, 0, expr)
	}
	for _, b := range f.batch {
		if len(b.files) > 0 {
			f.run(append(b.argv, b.files...))
		}
	}
	f.out.Flush()
	return f.code
}

func (f *finder) walk(name string, i vfs.Info, depth int, expr test) {
	if f.quit || depth > 200 {
		return
	}
	f.c.Step(1)
	f.prune = false
	if !f.depthFst && depth >= f.minDepth {
		expr(name, i)
	}
	if i.IsDir() && depth < f.maxDepth && !f.prune {
		list, err := f.c.View.ReadDir(name)
		if err != nil {
			f.c.Errorf("'%s': %s", name, vfs.Text(err))
			f.code = 1
		}
		for _, e := range list {
			f.walk(strings.TrimSuffix(name, "/")+"/"+e.Name(), e, depth+1, expr)
		}
	}
	if f.depthFst && depth >= f.minDepth && !f.quit {
		expr(name, i)
	}
}

func (f *finder) peek() string {
	if f.i < len(f.args) {
		return f.args[f.i]
	}
	return ""
}

func (f *finder) or() (test, error) {
	if f.deep++; f.deep > 200 {
		return nil, fmt.Errorf("the expression is nested too deeply")
	}
	defer func() { f.deep-- }()
	a, err := f.and()
	for err == nil && (f.peek() == "-o" || f.peek() == "-or") {
		f.i++
		var b test
		b, err = f.and()
		x := a
		a = func(n string, i vfs.Info) bool { return x(n, i) || b(n, i) }
	}
	return a, err
}

func (f *finder) and() (test, error) {
	a, err := f.not()
	for err == nil && f.i < len(f.args) && f.peek() != "-o" && f.peek() != "-or" && f.peek() != ")" {
		if f.peek() == "-a" || f.peek() == "-and" {
			f.i++
		}
		var b test
		b, err = f.not()
		x := a
		a = func(n string, i vfs.Info) bool { return x(n, i) && b(n, i) }
	}
	return a, err
}

func (f *finder) not() (test, error) {
	if f.peek() == "!" || f.peek() == "-not" {
		f.i++
		a, err := f.not()
		return func(n string, i vfs.Info) bool { return !a(n, i) }, err
	}
	return f.primary()
}

func (f *finder) arg(name string) (string, error) {
	if f.i >= len(f.args) {
		return "", fmt.Errorf("missing argument to `%s'", name)
	}
	f.i++
	return f.args[f.i-1], nil
}

func (f *finder) primary() (test, error) {
	p := f.peek()
	f.i++
	yes := func(string, vfs.Info) bool { return true }
	switch p {
	case "(":
		a, err := f.or()
		if err == nil && f.peek() != ")" {
			err = fmt.Errorf("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
		}
		f.i++
		return a, err
	case "-name", "-iname", "-path", "-ipath", "-wholename":
		pat, err := f.arg(p)
		fold := strings.HasPrefix(p, "-i")
		if fold {
			pat = strings.ToLower(pat)
		}
		whole := strings.HasSuffix(p, "path") || p == "-wholename"
		return func(n string, _ vfs.Info) bool {
			if !whole {
				n = baseOf(n)
			}
			if fold {
				n = strings.ToLower(n)
			}
			return shell.MatchPattern(pat, n)
		}, err
	case "-type":
		t, err := f.arg(p)
		if err == nil && (t == "" || strings.Trim(t, "fdlc,bps") != "") {
			err = fmt.Errorf("Unknown argument to -type: %s", t)
		}
		return func(_ string, i vfs.Info) bool {
			k := "f"
			switch {
			case i.IsDir():
				k = "d"
			case i.Mode()&fs.ModeSymlink != 0:
				k = "l"
			case i.Mode()&fs.ModeCharDevice != 0:
				k = "c"
			}
			return strings.Contains(t, k)
		}, err
	case "-maxdepth", "-mindepth":
		s, err := f.arg(p)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("Expected a positive decimal integer argument to %s, but got `%s'", p, s)
		}
		if p == "-maxdepth" {
			f.maxDepth = n
		} else {
			f.minDepth = n
		}
		return yes, nil
	case "-empty":
		return func(n string, i vfs.Info) bool {
			if i.IsDir() {
				l, err := f.c.View.ReadDir(n)
				return err == nil && len(l) == 0
			}
			return i.Mode().IsRegular() && i.FileSize == 0
		}, nil
	case "-print", "-print0":
		f.acts = true
		end := "\n"
		if p == "-print0" {
			end = "\x00"
		}
		return func(n string, _ vfs.Info) bool { f.out.WriteString(n + end); return true }, nil
	case "-prune":
		return func(string, vfs.Info) bool { f.prune = true; return true }, nil
	case "-quit":
		f.acts = true
		return func(string, vfs.Info) bool { f.quit = true; return true }, nil
	case "-true":
		return yes, nil
	case "-depth":
		f.depthFst = true
		return yes, nil
	case "-delete":
		f.acts, f.depthFst = true, true
		return f.delete, nil
	case "-exec":
		return f.exec()
	}
	if strings.HasPrefix(p, "-") {
		for _, known := range strings.Fields("-mtime -mmin -newer -size -perm -regex -iregex -printf -user -group -ok -execdir -ls -links -atime -ctime -xdev -mount -follow") {
			if p == known {
				return nil, fmt.Errorf("not modelled: %s", p)
			}
		}
		return nil, fmt.Errorf("unknown predicate `%s'", p)
	}
	if p == "" || f.i > len(f.args) {
		return nil, fmt.Errorf("expected an expression after `%s'", f.args[len(f.args)-1])
	}
	return nil, fmt.Errorf("paths must precede expression: `%s'", p)
}

func (f *finder) delete(n string, i vfs.Info) bool {
	err := error(nil)
	if i.IsDir() {
		if n == "." {
			return true
		}
		err = f.c.View.Rmdir(n)
	} else {
		err = f.c.View.Unlink(n)
	}
	if err != nil {
		f.c.Errorf("cannot delete '%s': %s", n, vfs.Text(err))
		f.code = 1
	}
	return err == nil
}

func (f *finder) exec() (test, error) {
	f.acts = true
	var argv []string
	for f.i < len(f.args) {
		w := f.args[f.i]
		f.i++
		switch {
		case w == ";":
			if len(argv) == 0 {
				return nil, fmt.Errorf("missing argument to `-exec'")
			}
			return func(n string, _ vfs.Info) bool {
				l := make([]string, len(argv))
				for k, a := range argv {
					l[k] = strings.ReplaceAll(a, "{}", n)
				}
				return f.run(l)
			}, nil
		case w == "+" && len(argv) > 0 && argv[len(argv)-1] == "{}":
			b := &batch{argv: argv[:len(argv)-1]}
			f.batch = append(f.batch, b)
			return func(n string, _ vfs.Info) bool { b.files = append(b.files, n); return true }, nil
		}
		argv = append(argv, w)
	}
	return nil, fmt.Errorf("missing argument to `-exec'")
}

func (f *finder) run(argv []string) bool {
	f.out.Flush()
	child, err := f.c.Spawn(nil, argv, shell.Stdio{})
	if err != nil {
		f.c.Errorf("'%s': No such file or directory", argv[0])
		f.code = 1
		return false
	}
	f.c.WaitUntil(child, shell.Forever, nil)
	return child.Status() == 0
}
