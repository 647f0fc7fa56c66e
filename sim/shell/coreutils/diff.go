package coreutils

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

func diffTools() []shell.Tool {
	return []shell.Tool{
		{Name: "diff", Summary: "compare files line by line", Usage: "[OPTION]... FILE1 FILE2", Run: diff, Options: []shell.Option{
			flag("-u", "unified, three lines of context"), flag("-U, --unified[=NUM]", "unified, NUM lines of context"), flag("-q, --brief", "only whether they differ"), flag("-s, --report-identical-files", "say so when they do not"), flag("-i, --ignore-case", "upper case as lower"), flag("-w, --ignore-all-space", "ignore white space"), flag("-b, --ignore-space-change", "runs of white space are equal"), flag("-B, --ignore-blank-lines", "accepted with -w and -b"), flag("-r, --recursive", "whole folders"), flag("-N, --new-file", "missing files are empty"), flag("-a, --text", "binary files as text"), flag("-L, --label LABEL", "instead of names"), flag("--color[=WHEN]", "ignored"), flag("-d, --minimal", "accepted"),
			missing("-c, -C, --context NUM", "context format"), missing("-y, --side-by-side", "two columns"), missing("-I, --ignore-matching-lines RE", "lines to ignore"), missing("-e, --ed", "a script for ed")}},
		{Name: "cmp", Summary: "compare files byte by byte", Usage: "[OPTION]... FILE1 [FILE2]", Run: cmp, Options: []shell.Option{flag("-s, --quiet, --silent", "print nothing"), flag("-l, --verbose", "all differences"), missing("-n, --bytes LIMIT", "no more than that"), missing("-i, --ignore-initial SKIP", "skip the front")}},
	}
}

// maxDiff bounds the work of diff: lines × differences.
const maxDiff = 4 << 20

// edit is a range of lines that differ: a[a1:a2] became b[b1:b2].
type edit struct{ a1, a2, b1, b2 int }

// edits compares by Myers' algorithm.
func edits(c *shell.Call, a, b []string) ([]edit, bool) {
	// What is equal at the front and the end costs nothing.
	front := 0
	for front < len(a) && front < len(b) && a[front] == b[front] {
		front++
	}
	back := 0
	for back < len(a)-front && back < len(b)-front && a[len(a)-1-back] == b[len(b)-1-back] {
		back++
	}
	x, y := a[front:len(a)-back], b[front:len(b)-back]
	n, m := len(x), len(y)
	total := n + m
	var trace [][]int
	v := map[int]int{1: 0}
	work := 0
	for d := 0; d <= total; d++ {
		row := make([]int, 2*d+1)
		for k := -d; k <= d; k += 2 {
			var i int
			if k == -d || k != d && v[k-1] < v[k+1] {
				i = v[k+1]
			} else {
				i = v[k-1] + 1
			}
			j := i - k
			for i < n && j < m && x[i] == y[j] {
				i++
				j++
			}
			v[k] = i
			row[k+d] = i
			if work++; work > maxDiff {
				return nil, false
			}
			if i >= n && j >= m {
				trace = append(trace, row)
				return walkBack(trace, n, m, front), true
			}
		}
		trace = append(trace, row)
		c.Step(1 + d>>4)
	}
	return nil, true
}

// walkBack turns the trace of Myers' algorithm into ranges.
func walkBack(trace [][]int, n, m, shift int) []edit {
	var l []edit
	i, j := n, m
	for d := len(trace) - 1; d > 0; d-- {
		prev := trace[d-1]
		at := func(k int) int {
			if k < -(d-1) || k > d-1 {
				return -1
			}
			return prev[k+d-1]
		}
		k := i - j
		down := k == -d || k != d && at(k-1) < at(k+1)
		pk := k - 1
		if down {
			pk = k + 1
		}
		pi := at(pk)
		pj := pi - pk
		e := edit{pi + shift, pi + shift, pj + shift, pj + shift}
		if down {
			e.b2++
		} else {
			e.a2++
		}
		if len(l) > 0 && l[len(l)-1].a1 == e.a2 && l[len(l)-1].b1 == e.b2 {
			l[len(l)-1].a1, l[len(l)-1].b1 = e.a1, e.b1
		} else {
			l = append(l, e)
		}
		i, j = pi, pj
	}
	for a, b := 0, len(l)-1; a < b; a, b = a+1, b-1 {
		l[a], l[b] = l[b], l[a]
	}
	return l
}

func diff(c *shell.Call) int {
	for i, w := range c.Args { // -u5 is -U 5
		if len(w) > 2 && strings.HasPrefix(w, "-u") && strings.Trim(w[2:], "0123456789") == "" {
			c.Args[i] = "-U" + w[2:]
		}
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	if len(a.Operands) != 2 {
		if len(a.Operands) < 2 {
			return c.Fail(2, "missing operand after '%s'\ndiff: Try 'diff --help' for more information.", c.Args[len(c.Args)-1])
		}
		return c.Fail(2, "extra operand '%s'\ndiff: Try 'diff --help' for more information.", a.Operands[2])
	}
	return diffPaths(c, a, a.Operands[0], a.Operands[1], 0)
}

func diffPaths(c *shell.Call, a *shell.Args, x, y string, depth int) int {
	xi, err1 := c.View.Stat(x)
	yi, err2 := c.View.Stat(y)
	dirX, dirY := err1 == nil && xi.IsDir() && x != "-", err2 == nil && yi.IsDir() && y != "-"
	switch {
	case dirX && dirY:
		return diffDirs(c, a, x, y, depth)
	case dirX && depth == 0:
		x = path.Join(x, path.Base(y))
	case dirY && depth == 0:
		y = path.Join(y, path.Base(x))
	}
	read := func(name string) ([]byte, error) {
		var b []byte
		err := eachOne(c, name, func(_ string, r io.Reader) error {
			var err error
			b, err = all(r)
			return err
		})
		if err != nil && a.Has("-N") && vfs.Text(err) == vfs.ENOENT.Error() {
			err = nil
		}
		return b, err
	}
	bx, err1 := read(x)
	by, err2 := read(y)
	if err1 != nil || err2 != nil {
		for _, e := range []struct {
			n   string
			err error
		}{{x, err1}, {y, err2}} {
			if e.err != nil {
				c.Errorf("%s: %s", e.n, vfs.Text(e.err))
			}
		}
		return 2
	}
	if bytes.Equal(bx, by) {
		if a.Has("-s") {
			fmt.Fprintf(c.Out, "Files %s and %s are identical\n", x, y)
		}
		return 0
	}
	if !a.Has("-a") && (bytes.IndexByte(bx, 0) >= 0 || bytes.IndexByte(by, 0) >= 0) {
		fmt.Fprintf(c.Out, "Binary files %s and %s differ\n", x, y)
		return 2
	}
	d := differ{c: c, a: a, x: lineStrings(bx), y: lineStrings(by), nx: x, ny: y, depth: depth}
	return d.run()
}

func lineStrings(b []byte) []string {
	var l []string
	for _, s := range splitLines(b) {
		l = append(l, string(s))
	}
	return l
}

func diffDirs(c *shell.Call, a *shell.Args, x, y string, depth int) int {
	lx, err1 := c.View.ReadDir(x)
	ly, err2 := c.View.ReadDir(y)
	if err1 != nil || err2 != nil || depth > 100 {
		return c.Fail(2, "%s: cannot be read", x)
	}
	code := 0
	i, j := 0, 0
	only := func(dir, name string) {
		fmt.Fprintf(c.Out, "Only in %s: %s\n", dir, name)
		code = max(code, 1)
	}
	for i < len(lx) || j < len(ly) {
		c.Step(1)
		switch {
		case j == len(ly) || i < len(lx) && lx[i].Name() < ly[j].Name():
			only(x, lx[i].Name())
			i++
		case i == len(lx) || ly[j].Name() < lx[i].Name():
			only(y, ly[j].Name())
			j++
		default:
			n := lx[i].Name()
			px, py := path.Join(x, n), path.Join(y, n)
			if lx[i].IsDir() && ly[j].IsDir() && !a.Has("-r") {
				fmt.Fprintf(c.Out, "Common subdirectories: %s and %s\n", px, py)
			} else {
				code = max(code, diffPaths(c, a, px, py, depth+1))
			}
			i++
			j++
		}
	}
	return code
}

type differ struct {
	c      *shell.Call
	a      *shell.Args
	x, y   []string
	nx, ny string
	depth  int
}

// normal is a line as it is compared.
func (d *differ) normal(s string) string {
	if d.a.Has("-i") {
		s = strings.ToLower(s)
	}
	switch {
	case d.a.Has("-w"):
		s = strings.Join(strings.Fields(s), "")
	case d.a.Has("-b"):
		t := strings.TrimRight(s, " \t\n")
		lead := t != "" && (t[0] == ' ' || t[0] == '\t')
		s = strings.Join(strings.Fields(t), " ")
		if lead {
			s = " " + s
		}
	}
	return s
}

func (d *differ) run() int {
	norm := func(l []string) []string {
		out := make([]string, len(l))
		for i, s := range l {
			out[i] = d.normal(s)
		}
		return out
	}
	es, ok := edits(d.c, norm(d.x), norm(d.y))
	if !ok {
		return d.c.Fail(2, "the files differ too much")
	}
	if len(es) == 0 {
		return 0
	}
	if d.a.Has("-q") {
		fmt.Fprintf(d.c.Out, "Files %s and %s differ\n", d.nx, d.ny)
		return 1
	}
	var b strings.Builder
	if d.depth > 0 {
		fmt.Fprintf(&b, "diff %s %s %s\n", strings.Join(optionWords(d.c.Args), " "), d.nx, d.ny)
	}
	if d.a.Has("-u") || d.a.Has("-U") {
		context := 3
		if n, err := strconv.Atoi(d.a.Value("-U", "3")); err == nil && n >= 0 {
			context = n
		}
		d.unified(&b, es, context)
	} else {
		for _, e := range es {
			d.normalHunk(&b, e)
		}
	}
	_, _ = io.WriteString(d.c.Out, b.String())
	return 1
}

func optionWords(args []string) []string {
	var l []string
	for _, w := range args[1:] {
		if strings.HasPrefix(w, "-") && w != "-" {
			l = append(l, w)
		}
	}
	return l
}

func put(b *strings.Builder, mark, s string) {
	b.WriteString(mark + s)
	if !strings.HasSuffix(s, "\n") {
		b.WriteString("\n\\ No newline at end of file\n")
	}
}

func (d *differ) normalHunk(b *strings.Builder, e edit) {
	span := func(from, to int) string {
		if to-from <= 1 {
			return strconv.Itoa(to)
		}
		return fmt.Sprintf("%d,%d", from+1, to)
	}
	switch {
	case e.a1 == e.a2:
		fmt.Fprintf(b, "%da%s\n", e.a1, span(e.b1, e.b2))
	case e.b1 == e.b2:
		fmt.Fprintf(b, "%sd%d\n", span(e.a1, e.a2), e.b1)
	default:
		fmt.Fprintf(b, "%sc%s\n", span(e.a1, e.a2), span(e.b1, e.b2))
	}
	for _, s := range d.x[e.a1:e.a2] {
		put(b, "< ", s)
	}
	if e.a1 < e.a2 && e.b1 < e.b2 {
		b.WriteString("---\n")
	}
	for _, s := range d.y[e.b1:e.b2] {
		put(b, "> ", s)
	}
}

func (d *differ) unified(b *strings.Builder, es []edit, context int) {
	labels := d.a.Values("-L")
	title := func(i int, name string) string {
		if i < len(labels) {
			return labels[i]
		}
		t := d.c.Time()
		if info, err := d.c.View.Stat(name); err == nil && name != "-" {
			t = info.Time
		}
		return name + "\t" + shell.FormatTime(t.UTC(), "%F %T.%N %z")
	}
	fmt.Fprintf(b, "--- %s\n+++ %s\n", title(0, d.nx), title(1, d.ny))
	for len(es) > 0 {
		n := 1
		for n < len(es) && es[n].a1-es[n-1].a2 <= 2*context {
			n++
		}
		group := es[:n]
		es = es[n:]
		a1, b1 := max(0, group[0].a1-context), max(0, group[0].b1-context)
		last := group[len(group)-1]
		a2, b2 := min(len(d.x), last.a2+context), min(len(d.y), last.b2+context)
		span := func(from, to int) string {
			switch to - from {
			case 0:
				return fmt.Sprintf("%d,0", from)
			case 1:
				return strconv.Itoa(from + 1)
			}
			return fmt.Sprintf("%d,%d", from+1, to-from)
		}
		fmt.Fprintf(b, "@@ -%s +%s @@\n", span(a1, a2), span(b1, b2))
		at := a1
		for _, e := range group {
			for _, s := range d.x[at:e.a1] {
				put(b, " ", s)
			}
			for _, s := range d.x[e.a1:e.a2] {
				put(b, "-", s)
			}
			for _, s := range d.y[e.b1:e.b2] {
				put(b, "+", s)
			}
			at = e.a2
		}
		for _, s := range d.x[at:a2] {
			put(b, " ", s)
		}
	}
}

func cmp(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	names := a.Operands
	if len(names) == 0 {
		return c.Fail(2, "missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.")
	}
	if len(names) == 1 {
		names = append(names, "-")
	}
	var data [2][]byte
	for i, n := range names[:2] {
		err := eachOne(c, n, func(_ string, r io.Reader) error {
			var err error
			data[i], err = all(r)
			return err
		})
		if err != nil {
			if !a.Has("-s") {
				c.Errorf("%s: %s", n, vfs.Text(err))
			}
			return 2
		}
	}
	x, y := data[0], data[1]
	line, code := 1, 0
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			code = 1
			if a.Has("-s") {
				return 1
			}
			if !a.Has("-l") {
				fmt.Fprintf(c.Out, "%s %s differ: byte %d, line %d\n", names[0], names[1], i+1, line)
				return 1
			}
			fmt.Fprintf(c.Out, "%*d %3o %3o\n", len(strconv.Itoa(min(len(x), len(y)))), i+1, x[i], y[i])
		}
		if x[i] == '\n' {
			line++
		}
	}
	if len(x) == len(y) {
		return code
	}
	if !a.Has("-s") {
		short, n := names[0], x
		if len(y) < len(x) {
			short, n = names[1], y
		}
		switch {
		case len(n) == 0:
			fmt.Fprintf(c.Err, "cmp: EOF on %s which is empty\n", short)
		case a.Has("-l"):
			fmt.Fprintf(c.Err, "cmp: EOF on %s after byte %d\n", short, len(n))
		case n[len(n)-1] == '\n':
			fmt.Fprintf(c.Err, "cmp: EOF on %s after byte %d, line %d\n", short, len(n), line-1)
		default:
			fmt.Fprintf(c.Err, "cmp: EOF on %s after byte %d, in line %d\n", short, len(n), line)
		}
	}
	return 1
}
