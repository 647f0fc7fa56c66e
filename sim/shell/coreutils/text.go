package coreutils

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

var textTools = []shell.Tool{
	{Name: "cat", Summary: "concatenate files", Usage: "[OPTION]... [FILE]...", Run: cat, Options: []shell.Option{
		flag("-n, --number", "number all lines"), flag("-b, --number-nonblank", "number lines that are not empty"), flag("-s, --squeeze-blank", "one empty line for several"),
		flag("-E, --show-ends", "$ at the end of each line"), flag("-T, --show-tabs", "^I for tabs"), flag("-A, --show-all", "-vET"), flag("-v, --show-nonprinting", "^ and M- notation"), flag("-u", "ignored")}},
	{Name: "tee", Summary: "copy standard input to files and standard output", Usage: "[OPTION]... [FILE]...", Run: tee, Options: []shell.Option{
		flag("-a, --append", "append to the files"), flag("-i, --ignore-interrupts", "ignore SIGINT"), missing("-p", "diagnose errors of pipes")}},
	{Name: "head", Summary: "print the first lines", Usage: "[OPTION]... [FILE]...", Run: head, Options: []shell.Option{
		flag("-n, --lines NUM", "lines; -NUM: all but the last ones"), flag("-c, --bytes NUM", "bytes instead"), flag("-q, --quiet, --silent", "no headers"), flag("-v, --verbose", "headers always"), missing("-z, --zero-terminated", "NUL ends lines")}},
	{Name: "tail", Summary: "print the last lines", Usage: "[OPTION]... [FILE]...", Run: tail, Options: []shell.Option{
		flag("-n, --lines NUM", "lines; +NUM: from that one on"), flag("-c, --bytes NUM", "bytes instead"), flag("-q, --quiet, --silent", "no headers"), flag("-v, --verbose", "headers always"), flag("-f, -F, --follow", "wait for more of one file, until a signal"), missing("-z, --zero-terminated", "NUL ends lines")}},
	{Name: "tac", Summary: "print lines in reverse order", Usage: "[FILE]...", Run: tac},
	{Name: "rev", Summary: "reverse the characters of lines", Usage: "[FILE]...", Run: rev},
	{Name: "nl", Summary: "number lines", Usage: "[OPTION]... [FILE]...", Run: nl, Options: []shell.Option{
		flag("-b, --body-numbering STYLE", "a: all lines, t: those that are not empty, n: none"), flag("-w, --number-width N", "columns"), flag("-s, --number-separator STRING", "after the number"), flag("-v, --starting-line-number N", "first number"), missing("-n, --number-format FORMAT", "ln, rn or rz")}},
	{Name: "wc", Summary: "count lines, words and bytes", Usage: "[OPTION]... [FILE]...", Run: wc, Options: []shell.Option{
		flag("-l, --lines", "lines"), flag("-w, --words", "words"), flag("-c, --bytes", "bytes"), flag("-m, --chars", "characters"), flag("-L, --max-line-length", "length of the longest line")}},
	{Name: "cut", Summary: "print parts of lines", Usage: "OPTION... [FILE]...", Run: cut, Options: []shell.Option{
		flag("-b, --bytes LIST", "bytes"), flag("-c, --characters LIST", "characters"), flag("-f, --fields LIST", "fields"), flag("-d, --delimiter CHAR", "separator of fields"), flag("-s, --only-delimited", "no lines without separator"), flag("--complement", "the others"), flag("--output-delimiter STRING", "separator of the output")}},
	{Name: "tr", Summary: "translate or delete characters", Usage: "[OPTION]... SET1 [SET2]", Run: tr, Options: []shell.Option{
		flag("-d, --delete", "delete"), flag("-s, --squeeze-repeats", "one for several"), flag("-c, -C, --complement", "all but SET1"), flag("-t, --truncate-set1", "cut SET1 to the length of SET2")}},
	{Name: "paste", Summary: "join lines of files", Usage: "[OPTION]... [FILE]...", Run: paste, Options: []shell.Option{
		flag("-d, --delimiters LIST", "instead of tabs"), flag("-s, --serial", "one file after another")}},
	{Name: "column", Summary: "print a table", Usage: "[-t] [-s CHARS] [FILE]...", Run: column, Options: []shell.Option{
		flag("-t, --table", "make a table"), flag("-s, --separator CHARS", "separators of fields"), flag("-o, --output-separator STRING", "between columns"), missing("-N, --table-columns NAMES", "names of columns"), missing("-J, --json", "JSON")}},
	{Name: "comm", Summary: "compare sorted files line by line", Usage: "[-123] FILE1 FILE2", Run: comm, Options: []shell.Option{
		flag("-1", "no lines of FILE1 alone"), flag("-2", "no lines of FILE2 alone"), flag("-3", "no common lines")}},
	{Name: "expand", Summary: "write tabs as spaces", Usage: "[-t N] [FILE]...", Run: expand, Options: []shell.Option{flag("-t, --tabs N", "columns between stops, 8 if not given"), missing("-i, --initial", "only in front")}},
	{Name: "fold", Summary: "break long lines", Usage: "[-w WIDTH] [FILE]...", Run: fold, Options: []shell.Option{flag("-w, --width N", "columns, 80 if not given"), flag("-b, --bytes", "count bytes"), missing("-s, --spaces", "break at spaces")}},
}

func cat(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(c.Args) == len(a.Operands)+1 || a.Has("-u") && len(c.Args) == len(a.Operands)+2 {
		buf := make([]byte, 32<<10)
		return status(each(c, a.Operands, func(_ string, r io.Reader) error {
			for {
				n, err := r.Read(buf)
				if n > 0 {
					if _, err := c.Out.Write(buf[:n]); err != nil {
						return err
					}
				}
				if err != nil {
					return err
				}
			}
		}))
	}
	ends, tabs, np := a.Has("-E"), a.Has("-T"), a.Has("-v")
	if a.Has("-A") {
		ends, tabs, np = true, true, true
	}
	n, blanks := 0, 0
	out := output(c)
	ok = each(c, a.Operands, func(_ string, r io.Reader) error {
		l := newLines(r)
		for {
			c.Step(1)
			s, err := l.next()
			if err != nil {
				return err
			}
			if s == "" {
				if blanks++; a.Has("-s") && blanks > 1 {
					continue
				}
			} else {
				blanks = 0
			}
			if a.Has("-b") && s != "" || a.Has("-n") && !a.Has("-b") {
				n++
				fmt.Fprintf(out, "%6d\t", n)
			}
			for i := range len(s) {
				b := s[i]
				switch {
				case b == '\t' && tabs:
					out.WriteString("^I")
				case np && b != '\t':
					writeCaret(out, b)
				default:
					out.WriteByte(b)
				}
			}
			if ends && !l.last {
				out.WriteByte('$')
			}
			if !l.last {
				out.WriteByte('\n')
			}
		}
	})
	out.Flush()
	return status(ok)
}

func writeCaret(out *bufio.Writer, b byte) {
	if b >= 128 {
		out.WriteString("M-")
		b -= 128
	}
	switch {
	case b < 32:
		out.WriteByte('^')
		out.WriteByte(b + 64)
	case b == 127:
		out.WriteString("^?")
	default:
		out.WriteByte(b)
	}
}

func tee(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if a.Has("-i") {
		c.Catch(shell.SIGINT)
	}
	outs := []io.Writer{c.Out}
	code := 0
	for _, name := range a.Operands {
		f, err := c.Create(name, a.Has("-a"))
		if err != nil {
			code = c.Fail(1, "%s: %s", name, vfs.Text(err))
			continue
		}
		defer f.Close()
		outs = append(outs, f)
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := c.In.Read(buf)
		for _, w := range outs {
			if _, err := w.Write(buf[:n]); err != nil {
				code = c.Fail(1, "write error: %s", vfs.Text(err))
			}
		}
		if err != nil {
			return code
		}
	}
}

// count reads a number with an optional multiplier.
func count(s string) (int, bool) {
	mult := 1
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k', 'K':
			mult, s = 1024, s[:n-1]
		case 'M':
			mult, s = 1<<20, s[:n-1]
		}
	}
	n, err := strconv.Atoi(s)
	return n * mult, err == nil && n >= 0
}

// header prints ==> NAME <== where several files are shown.
type header struct {
	out   *bufio.Writer
	on    bool
	first bool
}

func newHeader(out *bufio.Writer, a *shell.Args) *header {
	on := len(a.Operands) > 1
	switch a.Last("-q", "-v") {
	case "-q":
		on = false
	case "-v":
		on = true
	}
	return &header{out, on, true}
}

func (h *header) print(name string) {
	if !h.on {
		return
	}
	if !h.first {
		h.out.WriteByte('\n')
	}
	h.first = false
	if name == "-" {
		name = "standard input"
	}
	fmt.Fprintf(h.out, "==> %s <==\n", name)
}

// cannotOpen is each with head's words for a missing file.
func eachOpen(c *shell.Call, names []string, f func(string, io.Reader) error) bool {
	if len(names) == 0 {
		names = []string{"-"}
	}
	ok := true
	for _, n := range names {
		if n != "-" {
			i, err := c.View.Stat(n)
			if err != nil {
				c.Errorf("cannot open '%s' for reading: %s", n, vfs.Text(err))
				ok = false
				continue
			}
			if i.IsDir() {
				c.Errorf("error reading '%s': %s", n, vfs.EISDIR)
				ok = false
				continue
			}
		}
		if err := eachOne(c, n, f); err != nil {
			c.Errorf("error reading '%s': %s", n, vfs.Text(err))
			ok = false
		}
	}
	return ok
}

func head(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	bytesMode := a.Last("-n", "-c") == "-c"
	text := a.Value("-n", "10")
	if bytesMode {
		text = a.Value("-c", "")
	}
	t, back := strings.CutPrefix(text, "-")
	n, ok := count(t)
	if !ok {
		what := "lines"
		if bytesMode {
			what = "bytes"
		}
		return c.Fail(1, "invalid number of %s: '%s'", what, text)
	}
	out := output(c)
	h := newHeader(out, a)
	ok = eachOpen(c, a.Operands, func(name string, r io.Reader) error {
		h.print(name)
		switch {
		case bytesMode && back:
			b, err := all(r)
			out.Write(b[:max(0, len(b)-n)])
			return err
		case bytesMode:
			_, err := io.Copy(out, io.LimitReader(r, int64(n)))
			return err
		case back:
			b, err := all(r)
			l := splitLines(b)
			for _, s := range l[:max(0, len(l)-n)] {
				out.Write(s)
			}
			return err
		}
		l := newLines(r)
		for range n {
			c.Step(1)
			s, err := l.next()
			if err != nil {
				return err
			}
			out.WriteString(s)
			if !l.last {
				out.WriteByte('\n')
			}
		}
		return nil
	})
	out.Flush()
	return status(ok)
}

// splitLines splits and keeps the line ends.
func splitLines(b []byte) [][]byte {
	var l [][]byte
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			i = len(b) - 1
		}
		l = append(l, b[:i+1])
		b = b[i+1:]
	}
	return l
}

func tail(c *shell.Call) int {
	if len(c.Args) > 1 && len(c.Args[1]) > 1 && c.Args[1][0] == '+' {
		c.Args = append([]string{c.Args[0], "-n", c.Args[1]}, c.Args[2:]...)
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	bytesMode := a.Last("-n", "-c") == "-c"
	text := a.Value("-n", "10")
	what := "lines"
	if bytesMode {
		text, what = a.Value("-c", ""), "bytes"
	}
	t, from := strings.CutPrefix(text, "+")
	n, ok := count(strings.TrimPrefix(t, "-"))
	if !ok {
		return c.Fail(1, "invalid number of %s: '%s'", what, text)
	}
	out := output(c)
	h := newHeader(out, a)
	ok = eachOpen(c, a.Operands, func(name string, r io.Reader) error {
		h.print(name)
		if from && !bytesMode {
			l := newLines(r)
			for i := 1; ; i++ {
				c.Step(1)
				s, err := l.next()
				if err != nil {
					return err
				}
				if i >= n {
					out.WriteString(s)
					if !l.last {
						out.WriteByte('\n')
					}
				}
			}
		}
		b, err := all(r)
		if err != nil {
			return err
		}
		switch {
		case bytesMode && from:
			out.Write(b[min(len(b), max(0, n-1)):])
		case bytesMode:
			out.Write(b[max(0, len(b)-n):])
		default:
			l := splitLines(b)
			for _, s := range l[max(0, len(l)-n):] {
				out.Write(s)
			}
		}
		return nil
	})
	out.Flush()
	if ok && a.Has("-f") && len(a.Operands) > 0 {
		follow(c, a.Operands[len(a.Operands)-1])
	}
	return status(ok)
}

// followEvery is how often tail -f looks for more.
const followEvery = 100 * time.Millisecond

// follow prints what is added to a file; it ends with a signal only.
func follow(c *shell.Call, name string) {
	seen := int64(-1)
	if i, err := c.View.Stat(name); err == nil {
		seen = i.FileSize
	}
	for {
		c.Sleep(followEvery)
		b, err := c.View.ReadFile(name)
		if err != nil {
			continue
		}
		if n := int64(len(b)); n < seen {
			c.Errorf("%s: file truncated", name)
			seen = 0
		}
		if _, err := c.Out.Write(b[max(seen, 0):]); err != nil {
			return
		}
		seen = int64(len(b))
	}
}

func tac(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	out := output(c)
	ok = each(c, a.Operands, func(_ string, r io.Reader) error {
		b, err := all(r)
		l := splitLines(b)
		for _, s := range slices.Backward(l) {
			out.Write(s)
		}
		return err
	})
	out.Flush()
	return status(ok)
}

func rev(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	out := output(c)
	ok = eachLine(c, a.Operands, func(s string) error {
		rs := []rune(s)
		slices.Reverse(rs)
		_, err := out.WriteString(string(rs) + "\n")
		return err
	})
	out.Flush()
	return status(ok)
}

func nl(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	style := a.Value("-b", "t")
	width, ok := count(a.Value("-w", "6"))
	if !ok || width > 1000 || !strings.Contains("atn", style) {
		return c.Fail(1, "invalid argument")
	}
	n, err := strconv.Atoi(a.Value("-v", "1"))
	if err != nil {
		return c.Fail(1, "invalid starting line number: '%s'", a.Value("-v", "1"))
	}
	out := output(c)
	sep := a.Value("-s", "\t")
	ok = eachLine(c, a.Operands, func(s string) error {
		if style == "a" || style == "t" && s != "" {
			fmt.Fprintf(out, "%*d%s%s\n", width, n, sep, s)
			n++
		} else {
			fmt.Fprintf(out, "%*s%s\n", width+len(sep), "", s)
		}
		return nil
	})
	out.Flush()
	return status(ok)
}

// counts of wc.
type counts struct{ lines, words, chars, bytes, longest int }

func wc(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	l, w, m, b, long := a.Has("-l"), a.Has("-w"), a.Has("-m"), a.Has("-c"), a.Has("-L")
	if !l && !w && !m && !b && !long {
		l, w, b = true, true, true
	}
	type row struct {
		counts
		name string
	}
	var rows []row
	var total counts
	regular := true
	var size int64
	ok = each(c, a.Operands, func(name string, r io.Reader) error {
		n, readErr := countAll(c, r)
		if name == "-" && len(a.Operands) == 0 {
			name = ""
		}
		i, err := c.View.Stat(name)
		if name == "" || name == "-" {
			i, err = c.Stat(0)
		}
		if err == nil && i.Mode().IsRegular() {
			size += i.Size()
		} else {
			regular = false
		}
		rows = append(rows, row{n, name})
		total.lines += n.lines
		total.words += n.words
		total.chars += n.chars
		total.bytes += n.bytes
		total.longest = max(total.longest, n.longest)
		return readErr
	})
	if len(a.Operands) > 1 {
		rows = append(rows, row{total, "total"})
	}
	// Like coreutils: as wide as the sizes of the files need, 7 where a size is
	// not known; a single number has no padding.
	width := 1
	several := 0
	for _, on := range []bool{l, w, m, b, long} {
		if on {
			several++
		}
	}
	switch {
	case several == 1 && len(a.Operands) <= 1:
	case regular:
		width = len(strconv.FormatInt(size, 10))
	default:
		width = 7
	}
	out := output(c)
	for _, r := range rows {
		var f []string
		for _, x := range []struct {
			on bool
			n  int
		}{{l, r.lines}, {w, r.words}, {m, r.chars}, {b, r.bytes}, {long, r.longest}} {
			if x.on {
				f = append(f, fmt.Sprintf("%*d", width, x.n))
			}
		}
		if r.name != "" {
			f = append(f, r.name)
		}
		fmt.Fprintln(out, strings.Join(f, " "))
	}
	out.Flush()
	return status(ok)
}

func countAll(c *shell.Call, r io.Reader) (counts, error) {
	var n counts
	in, column := false, 0
	buf := make([]byte, 32<<10)
	for {
		k, err := r.Read(buf)
		c.Step(k >> 10)
		for _, b := range buf[:k] {
			n.bytes++
			if b&0xc0 != 0x80 {
				n.chars++
				column++
			}
			switch b {
			case '\n':
				n.lines++
				n.longest = max(n.longest, column-1)
				column = 0
				in = false
			case '\t':
				column = (column-1)/8*8 + 8
				in = false
			case ' ', '\r', '\v', '\f':
				in = false
			default:
				if !in {
					n.words++
					in = true
				}
			}
		}
		if err != nil {
			n.longest = max(n.longest, column)
			return n, ignoreEOF(err)
		}
	}
}

// span is a range of fields, from 1.
type span struct{ from, to int }

// parseSpans reads 1,3-5,7-.
func parseSpans(s string) ([]span, bool) {
	var l []span
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		lo, hi, dash := strings.Cut(part, "-")
		sp := span{1, 1 << 30}
		var err error
		if lo != "" {
			if sp.from, err = strconv.Atoi(lo); err != nil || sp.from < 1 {
				return nil, false
			}
		} else if !dash || hi == "" {
			return nil, false
		}
		switch {
		case !dash:
			sp.to = sp.from
		case hi != "":
			if sp.to, err = strconv.Atoi(hi); err != nil || sp.to < sp.from {
				return nil, false
			}
		}
		l = append(l, sp)
	}
	return l, len(l) > 0
}

func inSpans(l []span, n int) bool {
	return slices.ContainsFunc(l, func(s span) bool { return n >= s.from && n <= s.to })
}

func cut(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	mode := a.Last("-b", "-c", "-f")
	if mode == "" {
		c.Errorf("you must specify a list of bytes, characters, or fields")
		fmt.Fprintf(c.Err, "Try 'cut --help' for more information.\n")
		return 1
	}
	spans, ok := parseSpans(a.Value(mode, ""))
	if !ok {
		c.Errorf("invalid field value '%s'", a.Value(mode, ""))
		fmt.Fprintf(c.Err, "Try 'cut --help' for more information.\n")
		return 1
	}
	delim := a.Value("-d", "\t")
	if utf8.RuneCountInString(delim) > 1 {
		c.Errorf("the delimiter must be a single character")
		fmt.Fprintf(c.Err, "Try 'cut --help' for more information.\n")
		return 1
	}
	if delim == "" {
		delim = "\x00"
	}
	sep := a.Value("--output-delimiter", "")
	if mode == "-f" && !a.Has("--output-delimiter") {
		sep = delim
	}
	want := func(n int) bool { return inSpans(spans, n) != a.Has("--complement") }
	out := output(c)
	ok = eachLine(c, a.Operands, func(s string) error {
		var keep []string
		switch mode {
		case "-f":
			if !strings.Contains(s, delim) {
				if !a.Has("-s") {
					out.WriteString(s + "\n")
				}
				return nil
			}
			i := 0
			for f := range strings.SplitSeq(s, delim) {
				if i++; want(i) {
					keep = append(keep, f)
				}
			}
		case "-b":
			for i := range len(s) {
				if want(i + 1) {
					keep = append(keep, s[i:i+1])
				}
			}
		default:
			i := 0
			for _, r := range s {
				if i++; want(i) {
					keep = append(keep, string(r))
				}
			}
		}
		_, err := out.WriteString(strings.Join(keep, sep) + "\n")
		return err
	})
	out.Flush()
	return status(ok)
}

// trSet expands a set of tr to bytes.
func trSet(s string, other int) ([]byte, error) {
	var l []byte
	raw := []byte(s)
	char := func(i int) (byte, int) {
		if raw[i] != '\\' || i+1 == len(raw) {
			return raw[i], 1
		}
		if j := strings.IndexByte(`abfnrtv\`, raw[i+1]); j >= 0 {
			return "\a\b\f\n\r\t\v\\"[j], 2
		}
		n, k := 0, i+1
		for k < len(raw) && k < i+4 && raw[k] >= '0' && raw[k] <= '7' {
			n = n*8 + int(raw[k]-'0')
			k++
		}
		if k > i+1 {
			return byte(n), k - i
		}
		return raw[i+1], 2
	}
	for i := 0; i < len(raw); {
		if raw[i] == '[' && i+1 < len(raw) && raw[i+1] == ':' {
			if end := strings.Index(s[i:], ":]"); end > 0 {
				class, ok := trClass(s[i+2 : i+end])
				if !ok {
					return nil, fmt.Errorf("invalid character class '%s'", s[i+2:i+end])
				}
				l = append(l, class...)
				i += end + 2
				continue
			}
		}
		if raw[i] == '[' && i+3 < len(raw) && raw[i+2] == '*' {
			if end := strings.IndexByte(s[i:], ']'); end > 0 {
				n := other - len(l)
				if num := s[i+3 : i+end]; num != "" {
					v, err := strconv.ParseInt(num, 0, 32)
					if err != nil {
						return nil, fmt.Errorf("invalid repeat count '%s' in [c*n] construct", num)
					}
					n = int(v)
				}
				l = append(l, bytes.Repeat(raw[i+1:i+2], min(max(0, n), 1<<16))...)
				i += end + 1
				continue
			}
		}
		b, n := char(i)
		i += n
		if i+1 < len(raw) && raw[i] == '-' {
			hi, n := char(i + 1)
			if hi < b {
				return nil, fmt.Errorf("range-endpoints of '%c-%c' are in reverse collating sequence order", b, hi)
			}
			for x := int(b); x <= int(hi); x++ {
				l = append(l, byte(x))
			}
			i += 1 + n
			continue
		}
		l = append(l, b)
	}
	return l, nil
}

func trClass(name string) ([]byte, bool) {
	f := map[string]func(rune) bool{
		"alpha": unicode.IsLetter, "digit": unicode.IsDigit, "alnum": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) },
		"upper": unicode.IsUpper, "lower": unicode.IsLower, "space": func(r rune) bool { return r == ' ' || r >= 9 && r <= 13 },
		"blank": func(r rune) bool { return r == ' ' || r == '\t' }, "punct": func(r rune) bool { return r > 32 && r < 127 && !unicode.IsLetter(r) && !unicode.IsDigit(r) },
		"print": func(r rune) bool { return r >= 32 && r < 127 }, "graph": func(r rune) bool { return r > 32 && r < 127 },
		"cntrl": func(r rune) bool { return r < 32 || r == 127 }, "xdigit": func(r rune) bool { return strings.ContainsRune("0123456789abcdefABCDEF", r) },
	}[name]
	if f == nil {
		return nil, false
	}
	var l []byte
	for b := range rune(128) {
		if f(b) {
			l = append(l, byte(b))
		}
	}
	return l, true
}

func tr(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 1
	}
	del, squeeze := a.Has("-d"), a.Has("-s")
	need := 2
	if del && !squeeze || squeeze && !del && len(a.Operands) == 1 {
		need = 1
	}
	switch {
	case len(a.Operands) == 0:
		return c.Fail(1, "missing operand\nTry 'tr --help' for more information.")
	case len(a.Operands) < need:
		return c.Fail(1, "missing operand after '%s'\nTwo strings must be given when translating.\nTry 'tr --help' for more information.", a.Operands[0])
	case len(a.Operands) > need:
		return c.Fail(1, "extra operand '%s'\nTry 'tr --help' for more information.", a.Operands[need])
	}
	set1, err := trSet(a.Operands[0], 0)
	if err != nil {
		return c.Fail(1, "%v", err)
	}
	if a.Has("-c") {
		var other []byte
		for b := range 256 {
			if !bytes.Contains(set1, []byte{byte(b)}) {
				other = append(other, byte(b))
			}
		}
		set1 = other
	}
	var set2 []byte
	if len(a.Operands) > 1 {
		if set2, err = trSet(a.Operands[1], len(set1)); err != nil {
			return c.Fail(1, "%v", err)
		}
	}
	var to [256]int
	var sq [256]bool
	for i := range to {
		to[i] = i
	}
	switch {
	case del:
		for _, b := range set1 {
			to[b] = -1
		}
		for _, b := range set2 {
			sq[b] = true
		}
	case need == 1:
		for _, b := range set1 {
			sq[b] = true
		}
	default:
		if len(set2) == 0 {
			return c.Fail(1, "when not truncating set1, string2 must be non-empty")
		}
		for i, b := range set1 {
			if i < len(set2) {
				to[b] = int(set2[i])
			} else if !a.Has("-t") {
				to[b] = int(set2[len(set2)-1])
			}
		}
		if squeeze {
			for _, b := range set2 {
				sq[b] = true
			}
		}
	}
	buf := make([]byte, 32<<10)
	last := -1
	for {
		n, err := c.In.Read(buf)
		out := buf[:0]
		for _, b := range buf[:n] {
			x := to[b]
			if x < 0 || sq[x] && x == last {
				continue
			}
			last = x
			out = append(out, byte(x))
		}
		if len(out) > 0 {
			if _, err := c.Out.Write(out); err != nil {
				return c.Fail(1, "write error: %s", vfs.Text(err))
			}
		}
		if err != nil {
			return 0
		}
	}
}

func paste(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	delims := []rune(strings.NewReplacer(`\t`, "\t", `\n`, "\n", `\\`, `\`, `\0`, "\x00").Replace(a.Value("-d", "\t")))
	if len(delims) == 0 {
		delims = []rune{0}
	}
	sep := func(i int) string {
		if d := delims[i%len(delims)]; d != 0 {
			return string(d)
		}
		return ""
	}
	out := output(c)
	defer out.Flush()
	if a.Has("-s") {
		ok = each(c, a.Operands, func(_ string, r io.Reader) error {
			l := newLines(r)
			for i := 0; ; i++ {
				s, err := l.next()
				if err != nil {
					out.WriteByte('\n')
					return err
				}
				if i > 0 {
					out.WriteString(sep(i - 1))
				}
				out.WriteString(s)
			}
		})
		return status(ok)
	}
	names := a.Operands
	if len(names) == 0 {
		names = []string{"-"}
	}
	var in []*lines
	var std *lines
	for _, n := range names {
		if n == "-" {
			if std == nil {
				std = newLines(c.In)
			}
			in = append(in, std)
			continue
		}
		r, err := c.Open(n)
		if err != nil {
			return c.Fail(1, "%s: %s", n, vfs.Text(err))
		}
		defer r.Close()
		in = append(in, newLines(r))
	}
	for {
		c.Step(1)
		var b strings.Builder
		more := false
		for i, l := range in {
			if i > 0 {
				b.WriteString(sep(i - 1))
			}
			if s, err := l.next(); err == nil {
				more = true
				b.WriteString(s)
			}
		}
		if !more {
			return 0
		}
		out.WriteString(b.String() + "\n")
	}
}

func column(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	var rows [][]string
	var plain []string
	ok = eachLine(c, a.Operands, func(s string) error {
		if strings.TrimSpace(s) == "" {
			return nil
		}
		plain = append(plain, s)
		if a.Has("-s") {
			sep := a.Value("-s", "")
			rows = append(rows, splitAny(s, sep))
		} else {
			rows = append(rows, strings.Fields(s))
		}
		return nil
	})
	out := output(c)
	defer out.Flush()
	if !a.Has("-t") {
		fill(out, plain)
		return status(ok)
	}
	var width []int
	for _, r := range rows {
		for i, f := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(f))
		}
	}
	sep := a.Value("-o", "  ")
	for _, r := range rows {
		var b strings.Builder
		for i := range width {
			f := ""
			if i < len(r) {
				f = r[i]
			}
			if i == len(width)-1 {
				b.WriteString(f)
				break
			}
			if i >= len(r)-1 && i < len(width)-1 {
				// Like util-linux: missing cells are padded, too.
				b.WriteString(f + strings.Repeat(" ", width[i]-utf8.RuneCountInString(f)) + sep)
				continue
			}
			b.WriteString(f + strings.Repeat(" ", width[i]-utf8.RuneCountInString(f)) + sep)
		}
		line := b.String()
		if len(r) < len(width) && !a.Has("-o") {
			line = strings.TrimRight(line, " ")
		}
		out.WriteString(line + "\n")
	}
	return status(ok)
}

func splitAny(s, seps string) []string {
	var l []string
	start := 0
	for i, r := range s {
		if strings.ContainsRune(seps, r) {
			l = append(l, s[start:i])
			start = i + utf8.RuneLen(r)
		}
	}
	return append(l, s[start:])
}

// fill prints entries in columns on 80 characters, with tabs.
func fill(out *bufio.Writer, l []string) {
	w := 0
	for _, s := range l {
		w = max(w, utf8.RuneCountInString(s))
	}
	w = (w/8 + 1) * 8
	cols := max(1, 80/w)
	rows := (len(l) + cols - 1) / cols
	for r := range rows {
		for k := 0; r+k*rows < len(l); k++ {
			s := l[r+k*rows]
			out.WriteString(s)
			if r+(k+1)*rows < len(l) {
				for n := utf8.RuneCountInString(s); n < w; n = (n/8 + 1) * 8 {
					out.WriteByte('\t')
				}
			}
		}
		out.WriteByte('\n')
	}
}

func comm(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	if len(a.Operands) != 2 {
		return c.Fail(1, "two files are wanted\nTry 'comm --help' for more information.")
	}
	var in [2]*lines
	for i, n := range a.Operands {
		if n == "-" {
			in[i] = newLines(c.In)
			continue
		}
		r, err := c.Open(n)
		if err != nil {
			return c.Fail(1, "%s: %s", n, vfs.Text(err))
		}
		defer r.Close()
		in[i] = newLines(r)
	}
	out := output(c)
	defer out.Flush()
	tab2, tab3 := "\t", "\t\t"
	if a.Has("-1") {
		tab2, tab3 = "", "\t"
	}
	if a.Has("-2") {
		tab3 = tab3[:len(tab3)-1]
	}
	x, err1 := in[0].next()
	y, err2 := in[1].next()
	for err1 == nil || err2 == nil {
		c.Step(1)
		switch {
		case err2 != nil || err1 == nil && x < y:
			if !a.Has("-1") {
				out.WriteString(x + "\n")
			}
			x, err1 = in[0].next()
		case err1 != nil || y < x:
			if !a.Has("-2") {
				out.WriteString(tab2 + y + "\n")
			}
			y, err2 = in[1].next()
		default:
			if !a.Has("-3") {
				out.WriteString(tab3 + x + "\n")
			}
			x, err1 = in[0].next()
			y, err2 = in[1].next()
		}
	}
	return 0
}

func expand(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	w, ok := count(a.Value("-t", "8"))
	if !ok || w == 0 || w > 1000 {
		return c.Fail(1, "tab size contains invalid character(s): '%s'", a.Value("-t", "8"))
	}
	out := output(c)
	column := 0
	ok = each(c, a.Operands, func(_ string, r io.Reader) error {
		b, err := all(r)
		for _, x := range string(b) {
			c.Step(1)
			switch x {
			case '\t':
				n := w - column%w
				out.WriteString(strings.Repeat(" ", n))
				column += n
			case '\n':
				out.WriteRune(x)
				column = 0
			default:
				out.WriteRune(x)
				column++
			}
		}
		return err
	})
	out.Flush()
	return status(ok)
}

func fold(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	w, ok := count(a.Value("-w", "80"))
	if !ok || w == 0 {
		return c.Fail(1, "invalid number of columns: '%s'", a.Value("-w", "80"))
	}
	out := output(c)
	ok = each(c, a.Operands, func(_ string, r io.Reader) error {
		l := newLines(r)
		for {
			c.Step(1)
			s, err := l.next()
			if err != nil {
				return err
			}
			rs := []rune(s)
			for len(rs) > w {
				out.WriteString(string(rs[:w]) + "\n")
				rs = rs[w:]
			}
			out.WriteString(string(rs))
			if !l.last {
				out.WriteByte('\n')
			}
		}
	})
	out.Flush()
	return status(ok)
}
