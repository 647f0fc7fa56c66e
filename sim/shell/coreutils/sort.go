package coreutils

import (
	"bytes"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

var sortTools = []shell.Tool{
	{Name: "sort", Summary: "sort lines", Usage: "[OPTION]... [FILE]...", Run: sortTool, Options: []shell.Option{
		flag("-n, --numeric-sort", "by number"), flag("-g, --general-numeric-sort", "by number, with exponents"), flag("-h, --human-numeric-sort", "by number with K, M, G"), flag("-V, --version-sort", "by version"),
		flag("-r, --reverse", "backwards"), flag("-u, --unique", "one of equal lines"), flag("-f, --ignore-case", "upper case as lower"), flag("-b, --ignore-leading-blanks", "ignore blanks in front"), flag("-d, --dictionary-order", "letters, digits and blanks only"),
		flag("-k, --key KEY", "from field F[.C] to field"), flag("-t, --field-separator CHAR", "between fields"), flag("-s, --stable", "keep the order of equal lines"), flag("-c, --check", "tell whether it is sorted"), flag("-C", "as -c, only the status"), flag("-m, --merge", "merge sorted files"), flag("-o, --output FILE", "write there"), flag("-z, --zero-terminated", "NUL ends lines"),
		missing("-R, --random-sort", "shuffle"), missing("-M, --month-sort", "by month")}},
	{Name: "uniq", Summary: "drop or count equal lines that follow each other", Usage: "[OPTION]... [INPUT [OUTPUT]]", Run: uniq, Options: []shell.Option{
		flag("-c, --count", "how many there were"), flag("-d, --repeated", "only those that repeat"), flag("-u, --unique", "only those that do not"), flag("-i, --ignore-case", "upper case as lower"), flag("-f, --skip-fields N", "fields to ignore"), flag("-s, --skip-chars N", "characters to ignore"), flag("-w, --check-chars N", "characters to compare"), missing("-D, --all-repeated", "all of them")}},
}

// sortKey is -k: where to look, and how to compare.
type sortKey struct {
	f1, c1, f2, c2 int // from 1; f2 0: to the end of the line
	how            string
}

func parseKey(s string) (sortKey, bool) {
	k := sortKey{c1: 1}
	from, to, two := strings.Cut(s, ",")
	var ok1, ok2 bool
	var how string
	k.f1, k.c1, how, ok1 = keyPos(from, 1)
	k.how = how
	ok2 = true
	if two {
		k.f2, k.c2, how, ok2 = keyPos(to, 0)
		k.how += how
	}
	return k, ok1 && ok2 && k.f1 > 0
}

func keyPos(s string, char int) (f, c int, how string, ok bool) {
	i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if i >= 0 {
		s, how = s[:i], s[i:]
	}
	a, b, dot := strings.Cut(s, ".")
	f, err := strconv.Atoi(a)
	c = char
	if dot && err == nil {
		c, err = strconv.Atoi(b)
	}
	return f, c, how, err == nil && strings.Trim(how, "bdfghnrVi") == ""
}

// sorter compares lines.
type sorter struct {
	keys   []sortKey
	sep    string
	how    string
	stable bool
	unique bool
}

// field gives the start and end of field n in s.
func (o *sorter) field(s string, n int) (int, int) {
	i := 0
	if o.sep != "" {
		for ; n > 1; n-- {
			j := strings.Index(s[i:], o.sep)
			if j < 0 {
				return len(s), len(s)
			}
			i += j + len(o.sep)
		}
		if j := strings.Index(s[i:], o.sep); j >= 0 {
			return i, i + j
		}
		return i, len(s)
	}
	for {
		start := i
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		for i < len(s) && s[i] != ' ' && s[i] != '\t' {
			i++
		}
		if n--; n == 0 || i == len(s) {
			if n > 0 {
				return len(s), len(s)
			}
			return start, i
		}
	}
}

func (o *sorter) extract(s string, k sortKey) string {
	start, _ := o.field(s, k.f1)
	if strings.Contains(k.how, "b") || strings.Contains(o.how, "b") && k.how == "" {
		for start < len(s) && (s[start] == ' ' || s[start] == '\t') {
			start++
		}
	}
	start = min(len(s), start+k.c1-1)
	end := len(s)
	if k.f2 > 0 {
		a, b := o.field(s, k.f2)
		end = b
		if k.c2 > 0 {
			end = min(len(s), a+k.c2)
		}
	}
	if start >= end {
		return ""
	}
	return s[start:end]
}

func (o *sorter) compare(a, b string) int {
	for _, k := range o.keys {
		how := k.how
		if strings.Trim(how, "b") == "" {
			how += o.how
		}
		n := compareAs(o.extract(a, k), o.extract(b, k), how)
		if strings.Contains(how, "r") {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	n := 0
	if len(o.keys) == 0 {
		n = compareAs(a, b, o.how)
		if strings.Contains(o.how, "r") {
			n = -n
		}
	}
	if n != 0 || o.stable || o.unique {
		return n
	}
	n = strings.Compare(a, b)
	if strings.Contains(o.how, "r") {
		n = -n
	}
	return n
}

func compareAs(a, b, how string) int {
	if strings.Contains(how, "b") {
		a, b = strings.TrimLeft(a, " \t"), strings.TrimLeft(b, " \t")
	}
	switch {
	case strings.Contains(how, "n"):
		return compareNumbers(leadingNumber(a), leadingNumber(b))
	case strings.Contains(how, "g"):
		x, _ := strconv.ParseFloat(strings.TrimSpace(a), 64)
		y, _ := strconv.ParseFloat(strings.TrimSpace(b), 64)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case strings.Contains(how, "h"):
		return compareHuman(a, b)
	case strings.Contains(how, "V"):
		return compareVersions(a, b)
	}
	if strings.Contains(how, "d") {
		a, b = dictionary(a), dictionary(b)
	}
	if strings.Contains(how, "f") {
		a, b = strings.ToUpper(a), strings.ToUpper(b)
	}
	return strings.Compare(a, b)
}

func dictionary(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			return r
		}
		return -1
	}, s)
}

// leadingNumber is the number at the front: "" is 0.
func leadingNumber(s string) string {
	s = strings.TrimLeft(s, " \t")
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i < len(s) && s[i] == '.' {
		i++
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	return s[:i]
}

func compareNumbers(a, b string) int {
	if len(a) < 16 && len(b) < 16 {
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	x, ok1 := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	if !ok1 {
		x = new(big.Rat)
	}
	if !ok2 {
		y = new(big.Rat)
	}
	return x.Cmp(y)
}

func compareHuman(a, b string) int {
	unit := func(s string) int {
		t := strings.TrimLeft(s, " \t")
		rest := t[len(leadingNumber(t)):]
		if rest == "" {
			return 0
		}
		return strings.IndexByte("KMGTPEZY", rest[0]&^0x20) + 1
	}
	x, y := leadingNumber(a), leadingNumber(b)
	if ux, uy := unit(a), unit(b); ux != uy {
		return ux - uy
	}
	return compareNumbers(x, y)
}

// compareVersions compares runs of digits as numbers.
func compareVersions(a, b string) int {
	if x, err := netip.ParseAddr(a); err == nil {
		if y, err := netip.ParseAddr(b); err == nil {
			return x.Compare(y)
		}
	}
	for a != "" && b != "" {
		i, j := digits(a), digits(b)
		if i > 0 && j > 0 {
			if n := compareNumbers(a[:i], b[:j]); n != 0 {
				return n
			}
			a, b = a[i:], b[j:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func digits(s string) int {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return i
}

func sortTool(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	o := sorter{sep: a.Value("-t", ""), stable: a.Has("-s"), unique: a.Has("-u")}
	for _, f := range []string{"-n", "-g", "-h", "-V", "-r", "-f", "-b", "-d"} {
		if a.Has(f) {
			o.how += f[1:]
		}
	}
	for _, k := range a.Values("-k") {
		key, ok := parseKey(k)
		if !ok {
			return c.Fail(2, "invalid number at field start: invalid count at start of '%s'", k)
		}
		o.keys = append(o.keys, key)
	}
	end := "\n"
	if a.Has("-z") {
		end = "\x00"
	}
	var l []string
	size := 0
	for _, name := range orStdin(a.Operands) {
		r := c.In
		if name != "-" {
			f, err := c.Open(name)
			if err != nil {
				return c.Fail(2, "cannot read: %s: %s", name, vfs.Text(err))
			}
			defer f.Close()
			r = f
		}
		in := newLines(r)
		in.sep = end[0]
		for {
			c.Step(1)
			s, err := in.next()
			if err != nil {
				if err = ignoreEOF(err); err != nil {
					return c.Fail(2, "read failed: %s: %s", name, vfs.Text(err))
				}
				break
			}
			if size += len(s) + 16; size > maxInput {
				return c.Fail(2, "memory exhausted")
			}
			l = append(l, s)
		}
	}
	if a.Has("-c") || a.Has("-C") {
		for i := 1; i < len(l); i++ {
			if n := o.compare(l[i-1], l[i]); n > 0 || n == 0 && o.unique {
				if a.Has("-C") {
					return 1
				}
				return c.Fail(1, "%s:%d: disorder: %s", orStdin(a.Operands)[0], i+1, l[i])
			}
		}
		return 0
	}
	c.Step(len(l))
	slices.SortStableFunc(l, o.compare)
	if o.unique {
		l = slices.CompactFunc(l, func(x, y string) bool { return o.compare(x, y) == 0 })
	}
	var b bytes.Buffer
	for _, s := range l {
		b.WriteString(s)
		b.WriteString(end)
	}
	w := c.Out
	if name := a.Value("-o", ""); name != "" {
		f, err := c.Create(name, false)
		if err != nil {
			return c.Fail(2, "open failed: %s: %s", name, vfs.Text(err))
		}
		defer f.Close()
		w = f
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return c.Fail(2, "write failed: %s", vfs.Text(err))
	}
	return 0
}

func orStdin(names []string) []string {
	if len(names) == 0 {
		return []string{"-"}
	}
	return names
}

func uniq(c *shell.Call) int {
	a, ok := c.Getopt(false)
	if !ok {
		return 1
	}
	number := func(f string, def int) int {
		n, ok := count(a.Value(f, strconv.Itoa(def)))
		if !ok {
			n = def
		}
		return n
	}
	fields, chars, check := number("-f", 0), number("-s", 0), number("-w", 1<<30)
	key := func(s string) string {
		for range fields {
			s = strings.TrimLeft(s, " \t")
			if i := strings.IndexAny(s, " \t"); i >= 0 {
				s = s[i:]
			} else {
				s = ""
			}
		}
		s = s[min(len(s), chars):]
		s = s[:min(len(s), check)]
		if a.Has("-i") {
			s = strings.ToLower(s)
		}
		return s
	}
	var out = output(c)
	if len(a.Operands) > 1 {
		f, err := c.Create(a.Operands[1], false)
		if err != nil {
			return c.Fail(1, "%s: %s", a.Operands[1], vfs.Text(err))
		}
		defer f.Close()
		out.Reset(f)
	}
	first, n := "", 0
	emit := func() {
		if n == 0 || a.Has("-d") && n == 1 || a.Has("-u") && n > 1 {
			return
		}
		if a.Has("-c") {
			fmt.Fprintf(out, "%7d ", n)
		}
		out.WriteString(first + "\n")
	}
	names := a.Operands
	if len(names) > 1 {
		names = names[:1]
	}
	ok = eachLine(c, names, func(s string) error {
		if n > 0 && key(s) == key(first) {
			n++
			return nil
		}
		emit()
		first, n = s, 1
		return nil
	})
	emit()
	out.Flush()
	return status(ok)
}
