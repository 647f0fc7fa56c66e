package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// testClause is [[ … ]].
func (in *interp) testClause(c *syntax.TestClause) {
	ok, err := in.testExpr(c.X)
	if err != nil {
		var x *expansionError
		if errors.As(err, &x) && x.fatal {
			in.fail(err)
		}
		var t testError
		if errors.As(err, &t) {
			if t != "" {
				in.errf("%s", string(t))
			}
			in.setStatus(2)
			return
		}
		in.errf("%s", err.Error())
		in.setStatus(1)
		return
	}
	in.setStatus(int(b2i(!ok)))
}

// testError makes a test fail with status 2.
type testError string

// Error is the message.
func (e testError) Error() string { return string(e) }

func (in *interp) testExpr(x syntax.TestExpr) (bool, error) {
	switch x := x.(type) {
	case *syntax.Word:
		s, err := in.literal(x)
		return s != "", err
	case *syntax.ParenTest:
		return in.testExpr(x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			ok, err := in.testExpr(x.X)
			return !ok, err
		}
		w, ok := x.X.(*syntax.Word)
		if !ok {
			return false, testError("syntax error in conditional expression")
		}
		s, err := in.literal(w)
		if err != nil {
			return false, err
		}
		if in.opts.xtrace {
			in.trace("[[ " + x.Op.String() + " " + quoteTrace(s) + " ]]")
		}
		return in.unaryTest(x.Op, s)
	case *syntax.BinaryTest:
		return in.binaryTest(x)
	}
	return false, testError("not modelled: this condition")
}

func (in *interp) binaryTest(x *syntax.BinaryTest) (bool, error) {
	switch x.Op {
	case syntax.AndTest:
		ok, err := in.testExpr(x.X)
		if err != nil || !ok {
			return false, err
		}
		return in.testExpr(x.Y)
	case syntax.OrTest:
		ok, err := in.testExpr(x.X)
		if err != nil || ok {
			return ok, err
		}
		return in.testExpr(x.Y)
	}
	a, err := in.literal(x.X.(*syntax.Word))
	if err != nil {
		return false, err
	}
	w := x.Y.(*syntax.Word)
	show := func(b string) {
		if in.opts.xtrace {
			in.trace("[[ " + quoteTrace(a) + " " + x.Op.String() + " " + b + " ]]")
		}
	}
	switch x.Op {
	case syntax.TsMatch, syntax.TsMatchShort, syntax.TsNoMatch:
		pat, err := in.patternOf(w)
		if err != nil {
			return false, err
		}
		show(pat)
		return in.compile(pat).match(a) == (x.Op != syntax.TsNoMatch), nil
	case syntax.TsReMatch:
		expr, err := in.regexOf(w)
		if err != nil {
			return false, err
		}
		show(expr)
		return in.regexTest(a, expr)
	}
	b, err := in.literal(w)
	if err != nil {
		return false, err
	}
	show(quoteTrace(b))
	switch x.Op {
	case syntax.TsBefore:
		return a < b, nil
	case syntax.TsAfter:
		return a > b, nil
	case syntax.TsEql, syntax.TsNeq, syntax.TsLeq, syntax.TsGeq, syntax.TsLss, syntax.TsGtr:
		n, err := in.evalString(a)
		if err != nil {
			return false, err
		}
		m, err := in.evalString(b)
		if err != nil {
			return false, err
		}
		return compareInts(x.Op, n, m), nil
	}
	return in.fileTest(x.Op, a, b)
}

func compareInts(op syntax.BinTestOperator, n, m int64) bool {
	switch op {
	case syntax.TsEql:
		return n == m
	case syntax.TsNeq:
		return n != m
	case syntax.TsLeq:
		return n <= m
	case syntax.TsGeq:
		return n >= m
	case syntax.TsLss:
		return n < m
	}
	return n > m
}

func (in *interp) fileTest(op syntax.BinTestOperator, a, b string) (bool, error) {
	v := in.p.View()
	i, err1 := v.Stat(a)
	j, err2 := v.Stat(b)
	switch op {
	case syntax.TsNewer:
		return err1 == nil && (err2 != nil || i.ModTime().After(j.ModTime())), nil
	case syntax.TsOlder:
		return err2 == nil && (err1 != nil || i.ModTime().Before(j.ModTime())), nil
	case syntax.TsDevIno:
		return err1 == nil && err2 == nil && i.Ino == j.Ino && i.Ino != 0, nil
	}
	return false, testError("not modelled: operator " + op.String())
}

// POSIXRegexp compiles an extended regular expression of POSIX: leftmost and
// longest.
func POSIXRegexp(expr string, fold bool) (*regexp.Regexp, error) {
	expr = posixToGo(expr)
	if fold {
		expr = "(?i:" + expr + ")"
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	re.Longest()
	return re, nil
}

// GoRegexp writes an extended regular expression of POSIX in Go's syntax.
func GoRegexp(expr string) string { return posixToGo(expr) }

// posixToGo writes a POSIX extended expression in Go's syntax: \< \> and the
// escapes that GNU adds, a literal { that is no interval, a ] at the front of a
// bracket, and backslashes in brackets, which are ordinary there.
func posixToGo(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			if i+1 == len(s) {
				b.WriteString(`\\`)
				break
			}
			i++
			switch d := s[i]; {
			case d == '<' || d == '>':
				b.WriteString(`\b`)
			case d == '`':
				b.WriteString(`\A`)
			case d == '\'':
				b.WriteString(`\z`)
			case strings.IndexByte("wWsSbB", d) >= 0:
				b.WriteByte('\\')
				b.WriteByte(d)
			case d == 'n':
				b.WriteByte('\n')
			case d == 't':
				b.WriteByte('\t')
			default:
				b.WriteString(regexp.QuoteMeta(string(d)))
			}
		case '[':
			i = bracketToGo(&b, s, i)
		case '{':
			if interval.MatchString(s[i:]) && b.Len() > 0 {
				b.WriteByte('{')
			} else {
				b.WriteString(`\{`)
			}
		case '*', '+', '?':
			if b.Len() == 0 || strings.HasSuffix(b.String(), "(") || strings.HasSuffix(b.String(), "|") {
				b.WriteString(`\`)
			} else if i > 0 && strings.IndexByte("*+?", s[i-1]) >= 0 && !(i > 1 && s[i-2] == '\\') {
				break // a** is a*
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

var interval = regexp.MustCompile(`^\{[0-9]*(,[0-9]*)?\}`)

// bracketToGo writes the bracket expression at i and returns where it ends.
func bracketToGo(b *strings.Builder, s string, i int) int {
	j := i + 1
	if j < len(s) && s[j] == '^' {
		j++
	}
	if j < len(s) && s[j] == ']' {
		j++
	}
	for j < len(s) && s[j] != ']' {
		if s[j] == '[' && j+1 < len(s) && strings.IndexByte(":.=", s[j+1]) >= 0 {
			if end := strings.Index(s[j+2:], string(s[j+1])+"]"); end >= 0 {
				j += end + 4
				continue
			}
		}
		j++
	}
	if j >= len(s) {
		b.WriteString("[") // an error: it has no end
		return i
	}
	body := s[i+1 : j]
	b.WriteByte('[')
	if strings.HasPrefix(body, "^") {
		b.WriteByte('^')
		body = body[1:]
	}
	for k := 0; k < len(body); k++ {
		switch c := body[k]; {
		case c == '[' && k+1 < len(body) && body[k+1] == ':':
			if end := strings.Index(body[k:], ":]"); end > 0 {
				b.WriteString(body[k : k+end+2])
				k += end + 1
				continue
			}
			b.WriteString(`\[`)
		case c == '\\' || c == '[' || c == ']' || c == '&' || c == '~':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(']')
	return j
}

func (in *interp) regexTest(s, expr string) (bool, error) {
	re, err := POSIXRegexp(expr, in.opts.nocasematch)
	if err != nil {
		return false, testError("") // bash says nothing
	}
	m := re.FindStringSubmatchIndex(s)
	v := &variable{kind: indexed, set: true, arr: &array{}}
	in.scopes[0].vars["BASH_REMATCH"] = v
	if m == nil {
		return false, nil
	}
	for i := 0; i < len(m); i += 2 {
		sub := ""
		if m[i] >= 0 {
			sub = s[m[i]:m[i+1]]
		}
		v.arr.vals = append(v.arr.vals, sub)
	}
	return true, nil
}

// unaryTest is -f, -z and their like.
func (in *interp) unaryTest(op syntax.UnTestOperator, s string) (bool, error) {
	switch op {
	case syntax.TsEmpStr:
		return s == "", nil
	case syntax.TsNempStr:
		return s != "", nil
	case syntax.TsVarSet:
		return in.isSet(s)
	case syntax.TsRefVar:
		v := in.findRaw(s)
		return v != nil && v.nameref && v.set, nil
	case syntax.TsOptSet:
		b := in.setOption(s)
		return b != nil && *b, nil
	case syntax.TsFdTerm:
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return false, testError(s + ": integer expression expected")
		}
		return in.p.isTerminal(n), nil
	}
	return in.fileProperty(op, s)
}

// isTerminal says that a descriptor is a terminal.
func (p *Process) isTerminal(n int) bool {
	f := p.fd(n)
	if f == nil {
		return false
	}
	h, ok := f.file.(interface{ terminal() bool })
	return ok && h.terminal()
}

func (f *hostFile) terminal() bool { return f.tty }

func (in *interp) fileProperty(op syntax.UnTestOperator, s string) (bool, error) {
	if s == "" {
		return false, nil
	}
	v := in.p.View()
	if op == syntax.TsSmbLink {
		i, err := v.Lstat(s)
		return err == nil && i.Mode()&fs.ModeSymlink != 0, nil
	}
	if n, ok := in.p.ownFD(s); ok {
		f := in.p.fd(n)
		if f == nil {
			return false, nil
		}
		switch f.file.(type) {
		case pipeReader, pipeWriter:
			return op == syntax.TsExists || op == syntax.TsNmPipe || op == syntax.TsRead || op == syntax.TsWrite, nil
		}
		return op == syntax.TsExists || op == syntax.TsRead || op == syntax.TsWrite, nil
	}
	i, err := v.Stat(s)
	if err != nil {
		return false, nil //nolint:nilerr // a file that is not there has no property
	}
	switch op {
	case syntax.TsExists, syntax.TsUsrOwn, syntax.TsGrpOwn, syntax.TsRead:
		return true, nil
	case syntax.TsWrite:
		return i.Ino != 0 || i.FileMode&0o200 != 0, nil
	case syntax.TsRegFile:
		return i.Mode().IsRegular(), nil
	case syntax.TsDirect:
		return i.IsDir(), nil
	case syntax.TsCharSp:
		return i.Mode()&fs.ModeCharDevice != 0, nil
	case syntax.TsNmPipe:
		return isFIFO(i), nil
	case syntax.TsBlckSp, syntax.TsSocket:
		return false, nil
	case syntax.TsExec:
		return i.IsDir() || i.FileMode&0o111 != 0, nil
	case syntax.TsNoEmpty:
		return i.Size() > 0, nil
	case syntax.TsSticky:
		return i.Mode()&fs.ModeSticky != 0, nil
	case syntax.TsUIDSet:
		return i.Mode()&fs.ModeSetuid != 0, nil
	case syntax.TsGIDSet:
		return i.Mode()&fs.ModeSetgid != 0, nil
	}
	return false, testError("not modelled: operator " + op.String())
}

// isSet is -v.
func (in *interp) isSet(s string) (bool, error) {
	if base, idx, ok := splitElement(s); ok {
		v := in.lookup(base)
		if idx == "@" || idx == "*" {
			return len(v.elems()) > 0, nil
		}
		_, set, err := in.element(v, base, idx)
		return set, err
	}
	if s == "" {
		return false, nil
	}
	_, set := in.lookup(s).value()
	return set, nil
}

// unaryOps and binaryOps are the operators of test and [.
func unaryOp(s string) (syntax.UnTestOperator, bool) {
	if len(s) != 2 || s[0] != '-' {
		return 0, false
	}
	switch s[1] {
	case 'e', 'a':
		return syntax.TsExists, true
	case 'f':
		return syntax.TsRegFile, true
	case 'd':
		return syntax.TsDirect, true
	case 'c':
		return syntax.TsCharSp, true
	case 'b':
		return syntax.TsBlckSp, true
	case 'p':
		return syntax.TsNmPipe, true
	case 'S':
		return syntax.TsSocket, true
	case 'L', 'h':
		return syntax.TsSmbLink, true
	case 'k':
		return syntax.TsSticky, true
	case 'g':
		return syntax.TsGIDSet, true
	case 'u':
		return syntax.TsUIDSet, true
	case 'G':
		return syntax.TsGrpOwn, true
	case 'O':
		return syntax.TsUsrOwn, true
	case 'N':
		return syntax.TsModif, true
	case 'r':
		return syntax.TsRead, true
	case 'w':
		return syntax.TsWrite, true
	case 'x':
		return syntax.TsExec, true
	case 's':
		return syntax.TsNoEmpty, true
	case 't':
		return syntax.TsFdTerm, true
	case 'z':
		return syntax.TsEmpStr, true
	case 'n':
		return syntax.TsNempStr, true
	case 'o':
		return syntax.TsOptSet, true
	case 'v':
		return syntax.TsVarSet, true
	case 'R':
		return syntax.TsRefVar, true
	}
	return 0, false
}

func binaryOp(s string) (syntax.BinTestOperator, bool) {
	switch s {
	case "=", "==":
		return syntax.TsMatch, true
	case "!=":
		return syntax.TsNoMatch, true
	case "<":
		return syntax.TsBefore, true
	case ">":
		return syntax.TsAfter, true
	case "-eq":
		return syntax.TsEql, true
	case "-ne":
		return syntax.TsNeq, true
	case "-le":
		return syntax.TsLeq, true
	case "-ge":
		return syntax.TsGeq, true
	case "-lt":
		return syntax.TsLss, true
	case "-gt":
		return syntax.TsGtr, true
	case "-nt":
		return syntax.TsNewer, true
	case "-ot":
		return syntax.TsOlder, true
	case "-ef":
		return syntax.TsDevIno, true
	}
	return 0, false
}

// testBuiltin is test and [.
func testBuiltin(in *interp, args []string) int {
	name := args[0]
	args = args[1:]
	if name == "[" {
		if len(args) == 0 || args[len(args)-1] != "]" {
			in.errf("[: missing `]'")
			return 2
		}
		args = args[:len(args)-1]
	}
	ok, err := (&testParser{in: in, args: args}).run()
	if err != nil {
		in.errf("%s: %s", name, err.Error())
		return 2
	}
	return int(b2i(!ok))
}

// testParser evaluates the arguments of test by POSIX's rules on their number.
type testParser struct {
	in   *interp
	args []string
	i    int
}

func (t *testParser) run() (bool, error) {
	a := t.args
	switch len(a) {
	case 0:
		return false, nil
	case 1:
		return a[0] != "", nil
	case 2:
		if a[0] == "!" {
			return a[1] == "", nil
		}
		op, ok := unaryOp(a[0])
		if !ok {
			return false, fmt.Errorf("%s: unary operator expected", a[0])
		}
		return t.in.unaryTest(op, a[1])
	case 3:
		if _, ok := binaryOp(a[1]); ok {
			return t.binary(a[0], a[1], a[2])
		}
		switch {
		case a[1] == "-a":
			return a[0] != "" && a[2] != "", nil
		case a[1] == "-o":
			return a[0] != "" || a[2] != "", nil
		case a[0] == "!":
			ok, err := (&testParser{in: t.in, args: a[1:]}).run()
			return !ok, err
		case a[0] == "(" && a[2] == ")":
			return a[1] != "", nil
		}
		return false, fmt.Errorf("%s: binary operator expected", a[1])
	case 4:
		if a[0] == "!" {
			ok, err := (&testParser{in: t.in, args: a[1:]}).run()
			return !ok, err
		}
		if a[0] == "(" && a[3] == ")" {
			return (&testParser{in: t.in, args: a[1:3]}).run()
		}
	}
	ok, err := t.or(0)
	if err == nil && t.i < len(t.args) {
		err = errors.New("too many arguments")
	}
	return ok, err
}

func (t *testParser) peek() string {
	if t.i < len(t.args) {
		return t.args[t.i]
	}
	return ""
}

func (t *testParser) or(depth int) (bool, error) {
	ok, err := t.and(depth)
	for err == nil && t.peek() == "-o" {
		t.i++
		var b bool
		b, err = t.and(depth)
		ok = ok || b
	}
	return ok, err
}

func (t *testParser) and(depth int) (bool, error) {
	ok, err := t.term(depth)
	for err == nil && t.peek() == "-a" {
		t.i++
		var b bool
		b, err = t.term(depth)
		ok = ok && b
	}
	return ok, err
}

func (t *testParser) term(depth int) (bool, error) {
	if depth > 200 {
		return false, errors.New("too many arguments")
	}
	if t.i >= len(t.args) {
		return false, errors.New("argument expected")
	}
	a := t.args[t.i]
	if t.i+2 < len(t.args) {
		if _, ok := binaryOp(t.args[t.i+1]); ok {
			t.i += 3
			return t.binary(a, t.args[t.i-2], t.args[t.i-1])
		}
	}
	switch a {
	case "!":
		t.i++
		ok, err := t.term(depth + 1)
		return !ok, err
	case "(":
		t.i++
		ok, err := t.or(depth + 1)
		if err == nil && t.peek() != ")" {
			err = errors.New("`)' expected")
		}
		t.i++
		return ok, err
	}
	if op, ok := unaryOp(a); ok && t.i+1 < len(t.args) {
		t.i += 2
		return t.in.unaryTest(op, t.args[t.i-1])
	}
	t.i++
	return a != "", nil
}

func (t *testParser) binary(a, opName, b string) (bool, error) {
	op, _ := binaryOp(opName)
	switch op {
	case syntax.TsMatch:
		return a == b, nil
	case syntax.TsNoMatch:
		return a != b, nil
	case syntax.TsBefore:
		return a < b, nil
	case syntax.TsAfter:
		return a > b, nil
	case syntax.TsNewer, syntax.TsOlder, syntax.TsDevIno:
		return t.in.fileTest(op, a, b)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(a), 10, 64)
	if err != nil {
		return false, fmt.Errorf("%s: integer expression expected", a)
	}
	m, err := strconv.ParseInt(strings.TrimSpace(b), 10, 64)
	if err != nil {
		return false, fmt.Errorf("%s: integer expression expected", b)
	}
	return compareInts(op, n, m), nil
}
