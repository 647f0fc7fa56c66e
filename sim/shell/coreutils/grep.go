package coreutils

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func grepTools() []shell.Tool {
	opts := []shell.Option{
		flag("-E, --extended-regexp", "extended expressions"), flag("-F, --fixed-strings", "plain text"), flag("-G, --basic-regexp", "basic expressions"), flag("-P, --perl-regexp", "expressions of Perl, but for back-references and negative assertions"),
		flag("-e, --regexp PATTERN", "a pattern; may be given several times"), flag("-f, --file FILE", "patterns from a file"), flag("-i, -y, --ignore-case", "upper case as lower"), flag("--no-ignore-case", "undo -i"), flag("-v, --invert-match", "lines that do not match"), flag("-w, --word-regexp", "whole words"), flag("-x, --line-regexp", "whole lines"),
		flag("-c, --count", "how many lines"), flag("-o, --only-matching", "only what matches"), flag("-q, --quiet, --silent", "print nothing"), flag("-s, --no-messages", "say nothing about missing files"), flag("-n, --line-number", "with line numbers"), flag("-b, --byte-offset", "with offsets"),
		flag("-H, --with-filename", "with names of files"), flag("-h, --no-filename", "without"), flag("-l, --files-with-matches", "names of files that match"), flag("-L, --files-without-match", "names of files that do not"), flag("-m, --max-count NUM", "stop after so many lines"),
		flag("-A, --after-context NUM", "lines behind"), flag("-B, --before-context NUM", "lines in front"), flag("-C, --context NUM", "both"), flag("-r, --recursive", "whole folders"), flag("-R, --dereference-recursive", "whole folders, through links"), flag("--include GLOB", "only such files"), flag("--exclude GLOB", "not such files"), flag("-a, --text", "binary files as text"), flag("--color[=WHEN], --colour[=WHEN]", "ignored"), flag("--line-buffered", "ignored"), flag("-U, --binary", "ignored"),
		missing("-z, --null-data", "NUL ends lines"), missing("-Z, --null", "NUL after names"),
	}
	l := []shell.Tool{{Name: "grep", Summary: "print lines that match a pattern", Usage: "[OPTION]... PATTERNS [FILE]...", Options: opts, Run: grep}}
	for _, n := range []string{"egrep", "fgrep"} {
		t := l[0]
		t.Name = n
		l = append(l, t)
	}
	return l
}

// basicToExtended writes a basic regular expression of POSIX, with GNU's \+ \? and
// \|, as an extended one.
func basicToExtended(s string) string {
	var b strings.Builder
	start := true // of an expression: * is a star
	for i := 0; i < len(s); i++ {
		c := s[i]
		was := start
		start = false
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			switch d := s[i]; d {
			case '(', ')', '{', '}', '|', '+', '?':
				b.WriteByte(d)
				start = d == '(' || d == '|'
			default:
				b.WriteByte('\\')
				b.WriteByte(d)
			}
		case c == '[':
			end := bracketEnd(s, i)
			b.WriteString(s[i:end])
			i = end - 1
		case strings.IndexByte("(){}|+?", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '*' && was:
			b.WriteString(`\*`)
		case c == '^' && !was:
			b.WriteString(`\^`)
		case c == '^':
			b.WriteByte(c)
			start = true
		case c == '$' && i+1 < len(s) && !strings.HasPrefix(s[i+1:], `\)`) && !strings.HasPrefix(s[i+1:], `\|`):
			b.WriteString(`\$`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bracketEnd is behind the bracket expression at i.
func bracketEnd(s string, i int) int {
	j := i + 1
	if j < len(s) && s[j] == '^' {
		j++
	}
	if j < len(s) && s[j] == ']' {
		j++
	}
	for j < len(s) && s[j] != ']' {
		if s[j] == '[' && j+1 < len(s) && s[j+1] == ':' {
			if e := strings.Index(s[j:], ":]"); e > 0 {
				j += e + 2
				continue
			}
		}
		j++
	}
	return min(j+1, len(s))
}

// backref finds \1 outside of brackets, which Go's expressions do not have.
func backref(s string) bool {
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '\\' {
			if s[i+1] >= '1' && s[i+1] <= '9' {
				return true
			}
			i++
		}
	}
	return false
}

// grepper is one run of grep.
type grepper struct {
	c             *shell.Call
	a             *shell.Args
	re            *regexp.Regexp
	out           *bufio.Writer
	names         bool
	before, after int
	limit         int
	any           bool
	failed        bool
	printed       bool // something, for -- between groups
}

func grep(c *shell.Call) int {
	if c.Name() == "egrep" || c.Name() == "fgrep" {
		c.Args = append([]string{c.Args[0], "-" + strings.ToUpper(c.Name()[:1])}, c.Args[1:]...)
	}
	for i, w := range c.Args { // -5 is -C 5
		if len(w) > 1 && w[0] == '-' && strings.Trim(w[1:], "0123456789") == "" && i > 0 {
			c.Args[i] = "-C" + w[1:]
		}
		if w == "--" {
			break
		}
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	g := &grepper{c: c, a: a, out: output(c), limit: -1}
	files := a.Operands
	var patterns []string
	for _, e := range a.Values("-e") {
		patterns = append(patterns, strings.Split(e, "\n")...)
	}
	for _, f := range a.Values("-f") {
		r, err := c.Open(f)
		if err != nil {
			return c.Fail(2, "%s: %s", f, vfs.Text(err))
		}
		b, _ := all(r)
		r.Close()
		if len(b) > 0 {
			patterns = append(patterns, strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")...)
		}
	}
	if !a.Has("-e") && !a.Has("-f") {
		if len(files) == 0 {
			fmt.Fprintf(c.Err, "Usage: %s [OPTION]... PATTERNS [FILE]...\nTry '%s --help' for more information.\n", c.Name(), c.Name())
			return 2
		}
		patterns = strings.Split(files[0], "\n")
		files = files[1:]
	}
	if err := g.compile(patterns); err != nil {
		return c.Fail(2, "%s", err.Error())
	}
	for _, n := range []struct {
		flag string
		to   []*int
	}{{"-C", []*int{&g.before, &g.after}}, {"-A", []*int{&g.after}}, {"-B", []*int{&g.before}}, {"-m", []*int{&g.limit}}} {
		if !a.Has(n.flag) {
			continue
		}
		v, err := strconv.Atoi(a.Value(n.flag, ""))
		if err != nil {
			what := "context length argument"
			if n.flag == "-m" {
				what = "max count"
			}
			return c.Fail(2, "%s: invalid %s", a.Value(n.flag, ""), what)
		}
		for _, p := range n.to {
			*p = v
		}
	}
	recursive := a.Has("-r") || a.Has("-R")
	if len(files) == 0 {
		files = []string{"-"}
		if recursive {
			files = []string{""}
		}
	}
	g.names = len(files) > 1 || recursive
	switch a.Last("-h", "-H") {
	case "-h":
		g.names = false
	case "-H":
		g.names = true
	}
	for _, f := range files {
		g.path(f, recursive, 0)
		if g.any && a.Has("-q") {
			return 0
		}
	}
	g.out.Flush()
	switch {
	case g.failed && !(g.any && a.Has("-q")):
		return 2
	case g.any:
		return 0
	}
	return 1
}

func (g *grepper) compile(patterns []string) error {
	a := g.a
	mode := a.Last("-E", "-F", "-G", "-P")
	var alts []string
	for _, p := range patterns {
		switch mode {
		case "-F":
			p = regexp.QuoteMeta(p)
		case "-E":
			if backref(p) {
				return errors.New("not modelled: back-references in patterns")
			}
			p = shell.GoRegexp(p)
		case "-P":
			var err error
			if p, err = perlToGo(p); err != nil {
				return err
			}
		default:
			if backref(p) {
				return errors.New("not modelled: back-references in patterns")
			}
			p = shell.GoRegexp(basicToExtended(p))
		}
		alts = append(alts, "(?:"+p+")")
	}
	expr := strings.Join(alts, "|")
	if len(patterns) == 0 {
		expr = `[^\x00-\x{10FFFF}]`
	}
	if a.Has("-w") {
		expr = `(?:^|\b)(?:` + expr + `)(?:\b|$)`
		if mode != "-F" {
			expr = `\b(?:` + strings.Join(alts, "|") + `)\b`
		}
	}
	if a.Has("-x") {
		expr = `^(?:` + expr + `)$`
	}
	if a.Last("-i", "--no-ignore-case") == "-i" {
		expr = "(?i:" + expr + ")"
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return grepError(err)
	}
	if mode != "-P" {
		re.Longest()
	}
	g.re = re
	return nil
}

// grepError puts what Go says about an expression in GNU's words.
func grepError(err error) error {
	s := err.Error()
	switch {
	case strings.Contains(s, "missing closing )"):
		return errors.New("Unmatched ( or \\(")
	case strings.Contains(s, "unexpected )"):
		return errors.New("Unmatched ) or \\)")
	case strings.Contains(s, "repetition"):
		return errors.New("Invalid preceding regular expression")
	case strings.Contains(s, "range"):
		return errors.New("Invalid range end")
	}
	return errors.New("Invalid regular expression")
}

func (g *grepper) path(name string, recursive bool, depth int) {
	c := g.c
	if name != "-" {
		dir := name
		if dir == "" {
			dir = "."
		}
		i, err := c.View.Stat(dir)
		if err == nil && i.IsDir() {
			if !recursive {
				fmt.Fprintf(c.Err, "%s: %s: Is a directory\n", c.Name(), name)
				g.failed = true
				return
			}
			list, err := c.View.ReadDir(dir)
			if err != nil || depth > 100 {
				g.failed = true
				return
			}
			for _, e := range list {
				if name == "" {
					g.path(e.Name(), true, depth+1)
				} else {
					g.path(strings.TrimSuffix(name, "/")+"/"+e.Name(), true, depth+1)
				}
			}
			return
		}
		base := path.Base(name)
		if depth > 0 && (g.a.Has("--include") && !globAny(g.a.Values("--include"), base) || globAny(g.a.Values("--exclude"), base)) {
			return
		}
	}
	err := eachOne(c, name, g.file)
	if err != nil && !errors.Is(err, errStop) {
		g.failed = true
		if !g.a.Has("-s") {
			c.Errorf("%s: %s", name, vfs.Text(err))
		}
	}
}

func globAny(globs []string, name string) bool {
	for _, p := range globs {
		if shell.MatchPattern(p, name) {
			return true
		}
	}
	return false
}

func (g *grepper) file(name string, r io.Reader) error {
	a := g.a
	shown := name
	if name == "-" {
		shown = "(standard input)"
	}
	l := newLines(r)
	n, hits, offset := 0, 0, 0
	var past []string // lines before, for -B
	last := 0         // number of the last line printed
	trailing := 0
	binary := false
	for g.limit < 0 || hits < g.limit || trailing > 0 {
		g.c.Step(1)
		s, err := l.next()
		if err != nil {
			if err = ignoreEOF(err); err != nil {
				return err
			}
			break
		}
		n++
		if !binary && !a.Has("-a") && strings.IndexByte(s, 0) >= 0 {
			binary = true
		}
		hit := g.re.MatchString(s) != a.Has("-v")
		if g.limit >= 0 && hits >= g.limit {
			hit = false
		}
		switch {
		case hit:
			hits++
			g.any = true
			if a.Has("-q") {
				return errStop
			}
			if a.Has("-l") || a.Has("-L") || a.Has("-c") {
				break
			}
			if binary {
				g.out.Flush()
				fmt.Fprintf(g.c.Err, "%s: %s: binary file matches\n", g.c.Name(), shown)
				return nil
			}
			first := n - len(past)
			if (g.before > 0 || g.after > 0) && g.printed && first > last+1 && !a.Has("-o") {
				g.out.WriteString("--\n")
			}
			for i, p := range past {
				g.line(shown, first+i, 0, '-', p)
			}
			past = past[:0]
			g.match(shown, n, offset, s)
			last, trailing = n, g.after
			g.printed = true
		case trailing > 0 && !a.Has("-c") && !a.Has("-l") && !a.Has("-L"):
			trailing--
			g.line(shown, n, offset, '-', s)
			last = n
		case g.before > 0:
			if past = append(past, s); len(past) > g.before {
				past = past[1:]
			}
		}
		if hits > 0 && (a.Has("-l") || a.Has("-L")) {
			break
		}
		offset += len(s) + 1
	}
	switch {
	case a.Has("-l"):
		if hits > 0 {
			g.out.WriteString(shown + "\n")
		}
	case a.Has("-L"):
		if hits == 0 {
			g.out.WriteString(shown + "\n")
		}
	case a.Has("-c"):
		if g.names {
			g.out.WriteString(shown + ":")
		}
		fmt.Fprintf(g.out, "%d\n", hits)
	}
	return nil
}

func (g *grepper) match(name string, n, offset int, s string) {
	if !g.a.Has("-o") {
		g.line(name, n, offset, ':', s)
		return
	}
	if g.a.Has("-v") {
		return
	}
	kept := 2 * g.re.SubexpIndex(keptGroup)
	for at := 0; kept > 0 && at <= len(s); {
		m := g.re.FindStringSubmatchIndex(s[at:])
		if m == nil {
			return
		}
		from, to := at+m[kept], at+m[kept+1]
		if from < to {
			g.line(name, n, offset+from, ':', s[from:to])
		}
		at = max(to, at+1) // what a look-ahead saw may match again
	}
	if kept > 0 {
		return
	}
	for _, m := range g.re.FindAllStringIndex(s, -1) {
		if m[0] < m[1] {
			g.line(name, n, offset+m[0], ':', s[m[0]:m[1]])
		}
	}
}

// keptGroup is the part of a match of -P that is printed.
const keptGroup = "kept"

// perlToGo writes an expression of Perl as Go's: \K, and positive assertions
// at its ends, become parts around the group that is printed.
func perlToGo(p string) (string, error) {
	before, after := "", ""
	if backref(p) {
		return "", errors.New("not modelled: back-references in patterns")
	}
	if i := strings.LastIndex(p, `\K`); i >= 0 && strings.Count(p[:i], "(") == strings.Count(p[:i], ")") {
		before, p = strings.ReplaceAll(p[:i], `\K`, ""), p[i+2:]
	}
	if rest, ok := strings.CutPrefix(p, "(?<="); ok && before == "" {
		if inside, rest, ok := strings.Cut(rest, ")"); ok && !strings.Contains(inside, "(") {
			before, p = inside, rest
		}
	}
	if i := strings.LastIndex(p, "(?="); i >= 0 && strings.IndexByte(p[i+3:], ')') == len(p)-i-4 && !strings.Contains(p[i+3:], "(") {
		after, p = p[i+3:len(p)-1], p[:i]
	}
	for _, x := range []string{"(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", `\K`, `\R`, "++", "*+", "?+"} {
		if strings.Contains(p, x) || strings.Contains(before, x) {
			return "", fmt.Errorf("not modelled: %s in a pattern of -P", x)
		}
	}
	p = strings.ReplaceAll(strings.ReplaceAll(p, `\h`, `[ \t]`), `\Z`, `\z`)
	if before == "" && after == "" {
		return p, nil
	}
	return "(?:" + before + ")(?P<" + keptGroup + ">" + p + ")(?:" + after + ")", nil
}

func (g *grepper) line(name string, n, offset int, sep byte, s string) {
	if g.a.Has("-o") && sep == '-' {
		return
	}
	var b bytes.Buffer
	if g.names {
		b.WriteString(name)
		b.WriteByte(sep)
	}
	if g.a.Has("-n") {
		fmt.Fprintf(&b, "%d%c", n, sep)
	}
	if g.a.Has("-b") {
		fmt.Fprintf(&b, "%d%c", offset, sep)
	}
	b.WriteString(s + "\n")
	g.out.Write(b.Bytes())
	if g.a.Has("--line-buffered") {
		g.out.Flush()
	}
}
