package coreutils

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

// awk is written here because the known Go implementation visits arrays in Go's
// random order and opens files of the host. Arrays are visited in the order in
// which their elements were made.

func awkTools() []shell.Tool {
	opts := []shell.Option{
		flag("-F, --field-separator FS", "between fields"), flag("-v, --assign VAR=VALUE", "set a variable"), flag("-f, --file FILE", "the program from a file"),
		missing("-i, --include FILE", "a library of gawk"), missing("-W, --dump OPTION", "options of mawk"),
	}
	var l []shell.Tool
	for _, n := range []string{"awk", "mawk", "gawk"} {
		l = append(l, shell.Tool{Name: n, Summary: "scan lines for patterns and act on them", Usage: "[-F FS] [-v VAR=VALUE] {PROGRAM | -f FILE} [FILE]...", Options: opts, Run: awk})
	}
	return l
}

const awkSpecials = "NR NF FNR FS OFS ORS RS FILENAME SUBSEP RSTART RLENGTH ENVIRON ARGC ARGV CONVFMT OFMT"

// Numbers of the special variables, in the order of awkSpecials.
const (
	vNR = iota
	vNF
	vFNR
	vFS
	vOFS
	vORS
	vRS
	vFILENAME
	vSUBSEP
	vRSTART
	vRLENGTH
	vENVIRON
	vARGC
	vARGV
	vCONVFMT
	vOFMT
)

type awkKind uint8

const (
	kUninit awkKind = iota
	kNum
	kStr
	kStrNum // text from outside that looks like a number
)

type awkValue struct {
	k awkKind
	n float64
	s string
}

func num(n float64) awkValue { return awkValue{k: kNum, n: n} }

func str(s string) awkValue { return awkValue{k: kStr, s: s} }

// outside is text that came from input: a number if it looks like one.
func outside(s string) awkValue {
	t := strings.TrimSpace(s)
	u := strings.TrimLeft(t, "+-")
	if t != "" && len(t)-len(u) <= 1 && numberLen(u) == len(u) {
		n, err := strconv.ParseFloat(t, 64)
		if err == nil || errors.Is(err, strconv.ErrRange) {
			return awkValue{k: kStrNum, n: n, s: s}
		}
	}
	return str(s)
}

func (v awkValue) num() float64 {
	if v.k != kStr {
		return v.n
	}
	t := strings.TrimLeft(v.s, " \t\n\r")
	u := strings.TrimLeft(t, "+-")
	if len(t)-len(u) > 1 {
		return 0
	}
	n, _ := strconv.ParseFloat(t[:len(t)-len(u)+numberLen(u)], 64)
	return n
}

func (v awkValue) isTrue() bool {
	switch v.k {
	case kNum, kStrNum:
		return v.n != 0
	case kStr:
		return v.s != ""
	}
	return false
}

type awkRegex struct{ re *regexp.Regexp }

// awkArray keeps the order in which elements were made.
type awkArray struct {
	m    map[string]*awkElem
	keys []*awkElem
	dead int
}

type awkElem struct {
	key  string
	v    awkValue
	gone bool
}

func newAwkArray() *awkArray { return &awkArray{m: map[string]*awkElem{}} }

func (a *awkArray) get(k string) *awkElem {
	e := a.m[k]
	if e == nil {
		e = &awkElem{key: k}
		a.m[k] = e
		a.keys = append(a.keys, e)
	}
	return e
}

func (a *awkArray) remove(k string) {
	if e := a.m[k]; e != nil {
		e.gone = true
		delete(a.m, k)
		if a.dead++; a.dead > len(a.keys)/2 {
			a.keys = slices.DeleteFunc(a.keys, func(e *awkElem) bool { return e.gone })
			a.dead = 0
		}
	}
}

func (a *awkArray) clear() {
	for _, e := range a.keys {
		e.gone = true
	}
	a.m, a.keys, a.dead = map[string]*awkElem{}, nil, 0
}

// cell is a variable: a value or an array.
type awkCell struct {
	v   awkValue
	arr *awkArray
	up  *awkCell // a parameter that was given an untouched variable
}

// awkExit ends the program.
type awkExit struct{ status int }

type awkFlow uint8

const (
	flowOn awkFlow = iota
	flowBreak
	flowContinue
	flowNext
	flowNextFile
	flowReturn
)

// awkRun is one run of a program.
type awkRun struct {
	c       *shell.Call
	prog    *awkProgram
	out     *bufio.Writer
	globals []*awkCell
	frames  [][]*awkCell
	ret     awkValue

	record  string
	fields  []awkValue
	nf      int
	split   bool // fields are worked out
	rebuilt bool // record is to be made of fields

	files   []string
	argAt   int
	in      *lines
	inFile  io.Closer
	regexes map[string]*regexp.Regexp
	outs    map[string]*awkOut
	outList []string
	ins     map[string]*awkIn
	seed    float64
	rng     uint64
	ended   bool
}

type awkOut struct {
	w     *bufio.Writer
	close func() int
}

type awkIn struct {
	l     *lines
	close func() int
}

func awk(c *shell.Call) int {
	a, ok := c.Getopt(true)
	if !ok {
		return 2
	}
	rest := a.Operands
	src := ""
	for _, f := range a.Values("-f") {
		r, err := c.Open(f)
		if err != nil {
			return c.Fail(2, "couldn't open file %s: %s", f, vfs.Text(err))
		}
		b, _ := all(r)
		r.Close()
		src += string(b) + "\n"
	}
	if !a.Has("-f") {
		if len(rest) == 0 {
			fmt.Fprintf(c.Err, "Usage: %s [-F value] [-v var=value] [--] 'program text' [file ...]\n", c.Name())
			return 2
		}
		src, rest = rest[0], rest[1:]
	}
	prog, err := parseAwk(src)
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	r := &awkRun{c: c, prog: prog, out: output(c), regexes: map[string]*regexp.Regexp{}, outs: map[string]*awkOut{}, ins: map[string]*awkIn{}, files: rest}
	r.globals = make([]*awkCell, len(prog.names))
	for i := range r.globals {
		r.globals[i] = &awkCell{}
	}
	set := func(i int, v awkValue) { r.globals[i].v = v }
	set(vFS, str(" "))
	set(vOFS, str(" "))
	set(vORS, str("\n"))
	set(vRS, str("\n"))
	set(vSUBSEP, str("\x1c"))
	set(vCONVFMT, str("%.6g"))
	set(vOFMT, str("%.6g"))
	set(vRLENGTH, num(-1))
	env := newAwkArray()
	for _, kv := range c.Process.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		env.get(k).v = outside(v)
	}
	r.globals[vENVIRON].arr = env
	argv := newAwkArray()
	argv.get("0").v = str(c.Name())
	for i, f := range rest {
		argv.get(strconv.Itoa(i + 1)).v = outside(f)
	}
	r.globals[vARGV].arr = argv
	set(vARGC, num(float64(len(rest)+1)))
	if a.Has("-F") {
		fs := awkEscapes(a.Value("-F", ""))
		if fs == "t" {
			fs = "\t"
		}
		set(vFS, str(fs))
	}
	for _, v := range a.Values("-v") {
		if !r.assignArg(v) {
			return c.Fail(2, "improper assignment: -v %s", v)
		}
	}
	return r.run()
}

// assignArg is VAR=VALUE on the command line.
func (r *awkRun) assignArg(s string) bool {
	name, val, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	if v := r.prog.globals[name]; v != nil {
		r.setVar(v, outside(awkEscapes(val)))
	}
	return true
}

func (r *awkRun) fail(format string, args ...any) {
	r.out.Flush()
	r.c.Errorf("run time error: %s", fmt.Sprintf(format, args...))
	panic(awkExit{2})
}

func (r *awkRun) run() (code int) {
	protect := func(f func()) (exited bool) {
		defer func() {
			if x := recover(); x != nil {
				e, ok := x.(awkExit)
				if !ok {
					panic(x)
				}
				code, exited = e.status, true
			}
		}()
		f()
		return false
	}
	main, end := false, false
	for _, rule := range r.prog.rules {
		main = main || !rule.begin && !rule.end
		end = end || rule.end
	}
	failed := protect(func() {
		for _, rule := range r.prog.rules {
			if rule.begin {
				r.exec(rule.body)
			}
		}
		if main || end {
			for r.nextRecord() {
				if !main {
					r.c.Step(1)
					continue
				}
				r.rules()
			}
		}
	})
	if !failed || code != 2 || !r.ended {
		r.ended = true
		protect(func() {
			for _, rule := range r.prog.rules {
				if rule.end {
					r.exec(rule.body)
				}
			}
		})
	}
	if err := r.out.Flush(); err != nil {
		code = 2
	}
	for _, n := range r.outList {
		if o := r.outs[n]; o != nil {
			o.w.Flush()
			o.close()
		}
	}
	return code
}

func (r *awkRun) rules() {
	for _, rule := range r.prog.rules {
		if rule.begin || rule.end {
			continue
		}
		hit := true
		switch {
		case rule.to != nil:
			if !rule.in {
				if hit = r.eval(rule.from).isTrue(); hit {
					rule.in = !r.eval(rule.to).isTrue()
				}
			} else if r.eval(rule.to).isTrue() {
				rule.in = false
			}
		case rule.from != nil:
			hit = r.eval(rule.from).isTrue()
		}
		if !hit {
			continue
		}
		if rule.body == nil {
			r.out.WriteString(r.getRecord())
			r.out.WriteString(r.text(r.globals[vORS].v))
			continue
		}
		switch r.exec(rule.body) {
		case flowNext:
			return
		case flowNextFile:
			r.closeInput()
			return
		}
	}
}

func (r *awkRun) closeInput() {
	if r.inFile != nil {
		r.inFile.Close()
	}
	r.in, r.inFile = nil, nil
}

// open goes to the next file of the command line.
func (r *awkRun) open() bool {
	argv := r.globals[vARGV].arr
	for {
		argc := int(r.globals[vARGC].v.num())
		r.argAt++
		if r.argAt >= argc {
			if r.argAt > argc && argc > 0 || r.inFile != nil {
				return false
			}
			for i := 1; i < argc; i++ {
				if e := argv.m[strconv.Itoa(i)]; e != nil && r.text(e.v) != "" && !isAssign(r.text(e.v)) {
					return false
				}
			}
			r.argAt = argc + 1
			r.in = newLines(r.c.In)
			return true
		}
		e := argv.m[strconv.Itoa(r.argAt)]
		if e == nil {
			continue
		}
		name := r.text(e.v)
		switch {
		case name == "":
			continue
		case isAssign(name):
			r.assignArg(name)
			continue
		}
		r.globals[vFILENAME].v = str(name)
		r.globals[vFNR].v = num(0)
		if name == "-" {
			r.in = newLines(r.c.In)
			return true
		}
		f, err := r.c.Open(name)
		if err == nil {
			if i, e := r.c.View.Stat(name); e == nil && i.IsDir() {
				f.Close()
				err = vfs.EISDIR
			}
		}
		if err != nil {
			r.out.Flush()
			r.c.Errorf("cannot open \"%s\" (%s)", name, vfs.Text(err))
			panic(awkExit{2})
		}
		r.in, r.inFile = newLines(f), f
		return true
	}
}

func isAssign(s string) bool {
	name, _, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// readRecord reads a record as RS says.
func (r *awkRun) readRecord(l *lines) (string, error) {
	rs := r.text(r.globals[vRS].v)
	r.c.Step(1)
	switch {
	case rs == "\n" || len(rs) == 1:
		l.sep = rs[0]
		return l.next()
	case rs == "":
		l.sep = '\n'
		var b []string
		for {
			s, err := l.next()
			if err != nil {
				if len(b) > 0 {
					return strings.Join(b, "\n"), nil
				}
				return "", err
			}
			if s == "" {
				if len(b) > 0 {
					return strings.Join(b, "\n"), nil
				}
				continue
			}
			b = append(b, s)
		}
	}
	return r.regexRecord(l, rs)
}

// regexRecord reads up to a match of a regular expression; the rest of the input
// is held.
func (r *awkRun) regexRecord(l *lines, rs string) (string, error) {
	b, err := all(l.r)
	if err != nil {
		return "", err
	}
	if len(b) == 0 {
		return "", io.EOF
	}
	s := string(b)
	m := r.regex(rs).FindStringIndex(s)
	if m == nil || m[0] == m[1] {
		return strings.TrimSuffix(s, "\n"), nil
	}
	l.r = bufio.NewReader(strings.NewReader(s[m[1]:]))
	if s[:m[0]] == "" && strings.TrimSpace(s[m[1]:]) == "" {
		return "", io.EOF
	}
	return s[:m[0]], nil
}

func (r *awkRun) nextRecord() bool {
	s, ok := r.nextMain()
	if ok {
		r.setRecord(s)
	}
	return ok
}

func (r *awkRun) nextMain() (string, bool) {
	for {
		if r.in == nil && !r.open() {
			return "", false
		}
		s, err := r.readRecord(r.in)
		if err == nil {
			r.globals[vNR].v = num(r.globals[vNR].v.num() + 1)
			r.globals[vFNR].v = num(r.globals[vFNR].v.num() + 1)
			return s, true
		}
		if r.inFile == nil && r.argAt > int(r.globals[vARGC].v.num()) {
			return "", false
		}
		r.closeInput()
	}
}

func (r *awkRun) setRecord(s string) {
	r.record, r.split, r.rebuilt = s, false, false
}

func (r *awkRun) getRecord() string {
	if r.rebuilt {
		var b strings.Builder
		ofs := r.text(r.globals[vOFS].v)
		for i, f := range r.fields[:r.nf] {
			if i > 0 {
				b.WriteString(ofs)
			}
			b.WriteString(r.text(f))
		}
		r.record, r.rebuilt = b.String(), false
	}
	return r.record
}

func (r *awkRun) needFields() {
	if r.split {
		return
	}
	r.split = true
	r.fields = r.fields[:0]
	fs := r.text(r.globals[vFS].v)
	for _, f := range r.splitText(r.record, fs, r.text(r.globals[vRS].v) == "") {
		r.fields = append(r.fields, outside(f))
	}
	r.nf = len(r.fields)
}

// splitText splits as FS does.
func (r *awkRun) splitText(s, fs string, paragraph bool) []string {
	switch {
	case s == "":
		return nil
	case fs == " ":
		return strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == '\t' || c == '\n' })
	case fs == "":
		return strings.Split(s, "")
	case len(fs) == 1 && fs != "\\" && !paragraph:
		return strings.Split(s, fs)
	case len(fs) == 1:
		fs = regexp.QuoteMeta(fs)
	}
	if paragraph {
		fs = "(" + fs + ")|\n"
	}
	var l []string
	last := 0
	for _, m := range r.regex(fs).FindAllStringIndex(s, -1) {
		if m[0] == m[1] {
			continue
		}
		l = append(l, s[last:m[0]])
		last = m[1]
	}
	return append(l, s[last:])
}

const maxAwkFields = 1 << 16

func (r *awkRun) field(n float64) int {
	if n < 0 || n > maxAwkFields || n != n {
		r.fail("negative or too large field index $%g", n)
	}
	return int(n)
}

func (r *awkRun) getField(i int) awkValue {
	if i == 0 {
		return outside(r.getRecord())
	}
	r.needFields()
	if i > r.nf {
		return awkValue{}
	}
	return r.fields[i-1]
}

func (r *awkRun) setField(i int, v awkValue) {
	if i == 0 {
		r.setRecord(r.text(v))
		return
	}
	r.needFields()
	for len(r.fields) < i {
		r.fields = append(r.fields, awkValue{})
	}
	for ; r.nf < i; r.nf++ {
		if r.nf < i-1 {
			r.fields[r.nf] = str("")
		}
	}
	r.fields[i-1] = outside(r.text(v))
	r.rebuilt = true
}

func (r *awkRun) setNF(n int) {
	r.needFields()
	for len(r.fields) < n {
		r.fields = append(r.fields, awkValue{})
	}
	for i := r.nf; i < n; i++ {
		r.fields[i] = str("")
	}
	r.nf, r.rebuilt = n, true
}

// text is a value as a string.
func (r *awkRun) text(v awkValue) string {
	switch v.k {
	case kNum:
		return r.numText(v.n, r.globals[vCONVFMT].v.s)
	case kUninit:
		return ""
	}
	return v.s
}

// awkMaxInt is the largest number that mawk takes for an integer: byte counters
// above it are printed by CONVFMT and OFMT.
const awkMaxInt = 1<<31 - 1

func (r *awkRun) numText(n float64, format string) string {
	if n == math.Trunc(n) && math.Abs(n) <= awkMaxInt {
		return strconv.FormatInt(int64(n), 10)
	}
	return formatG(format, n)
}

func (r *awkRun) regex(s string) *regexp.Regexp {
	re := r.regexes[s]
	if re == nil {
		var err error
		if re, err = shell.POSIXRegexp(s, false); err != nil {
			r.fail("regular expression compile failed (%s)\n%s", grepError(err), s)
		}
		if len(r.regexes) > 500 {
			clear(r.regexes)
		}
		r.regexes[s] = re
	}
	return re
}

// regexNode is the regular expression of a node: literal or computed.
func (r *awkRun) regexNode(n *awkNode) *regexp.Regexp {
	if n.op == "regex" {
		if n.re == nil {
			n.re = &awkRegex{r.regex(n.s)}
		}
		return n.re.re
	}
	return r.regex(r.text(r.eval(n)))
}

func (r *awkRun) cell(v *awkVar) *awkCell {
	if v.local {
		return r.frames[len(r.frames)-1][v.i]
	}
	return r.globals[v.i]
}

func (r *awkRun) array(n *awkNode) *awkArray {
	if n.op != "var" {
		r.fail("not an array")
	}
	c := r.cell(n.ref)
	for c.up != nil && c.arr == nil {
		c = c.up
	}
	if c.arr == nil {
		if c.v.k != kUninit {
			r.fail("can't use scalar %s as array", n.s)
		}
		c.arr = newAwkArray()
	}
	return c.arr
}

func (r *awkRun) getVar(v *awkVar) awkValue {
	if !v.local && v.i == vNF {
		r.needFields()
		return num(float64(r.nf))
	}
	c := r.cell(v)
	if c.arr != nil {
		r.fail("can't use array %s in scalar context", v.name)
	}
	return c.v
}

func (r *awkRun) setVar(v *awkVar, x awkValue) {
	if !v.local && v.i == vNF {
		r.setNF(r.field(x.num()))
		return
	}
	c := r.cell(v)
	if c.arr != nil {
		r.fail("can't use array %s in scalar context", v.name)
	}
	if len(x.s) > maxLine {
		r.fail("string too long")
	}
	c.v = x
}

func (r *awkRun) set(n *awkNode, x awkValue) awkValue {
	switch n.op {
	case "var":
		r.setVar(n.ref, x)
	case "index":
		a := r.array(n.kids[0])
		k := r.key(n.kids[1])
		if len(a.m) > 2_000_000 {
			r.fail("out of memory")
		}
		a.get(k).v = x
	case "field":
		r.setField(r.field(r.eval(n.kids[0]).num()), x)
	default:
		r.fail("assignment to something that is no variable")
	}
	return x
}

// key is a subscript as a string.
func (r *awkRun) key(n *awkNode) string {
	if n.op == "subsep" {
		var l []string
		for _, k := range n.kids {
			l = append(l, r.text(r.eval(k)))
		}
		return strings.Join(l, r.text(r.globals[vSUBSEP].v))
	}
	return r.text(r.eval(n))
}

func boolean(b bool) awkValue {
	if b {
		return num(1)
	}
	return num(0)
}

// eval evaluates an expression.
func (r *awkRun) eval(n *awkNode) awkValue {
	switch n.op {
	case "num":
		return num(n.n)
	case "str":
		return str(n.s)
	case "group":
		return r.eval(n.kids[0])
	case "regex":
		return boolean(r.regexNode(n).MatchString(r.getRecord()))
	case "var":
		return r.getVar(n.ref)
	case "field":
		return r.getField(r.field(r.eval(n.kids[0]).num()))
	case "index":
		return r.array(n.kids[0]).get(r.key(n.kids[1])).v
	case "assign":
		return r.assign(n)
	case "pre", "post":
		old := r.eval(n.kids[0]).num()
		x := old + 1
		if n.s == "-" {
			x = old - 1
		}
		r.set(n.kids[0], num(x))
		if n.op == "post" {
			return num(old)
		}
		return num(x)
	case "?":
		if r.eval(n.kids[0]).isTrue() {
			return r.eval(n.kids[1])
		}
		return r.eval(n.kids[2])
	case "||":
		return boolean(r.eval(n.kids[0]).isTrue() || r.eval(n.kids[1]).isTrue())
	case "&&":
		return boolean(r.eval(n.kids[0]).isTrue() && r.eval(n.kids[1]).isTrue())
	case "in":
		return boolean(r.array(n.kids[1]).m[r.key(n.kids[0])] != nil)
	case "~", "!~":
		s := r.text(r.eval(n.kids[0]))
		return boolean(r.regexNode(n.kids[1]).MatchString(s) == (n.op == "~"))
	case "u!":
		return boolean(!r.eval(n.kids[0]).isTrue())
	case "u-":
		return num(-r.eval(n.kids[0]).num())
	case "u+":
		return num(r.eval(n.kids[0]).num())
	case "cat":
		a := r.text(r.eval(n.kids[0]))
		b := r.text(r.eval(n.kids[1]))
		if len(a)+len(b) > maxLine {
			r.fail("string too long")
		}
		return str(a + b)
	case "<", "<=", "==", "!=", ">", ">=":
		return boolean(r.compare(n.op, r.eval(n.kids[0]), r.eval(n.kids[1])))
	case "+", "-", "*", "/", "%", "^":
		a := r.eval(n.kids[0]).num()
		return num(r.arith(n.op, a, r.eval(n.kids[1]).num()))
	case "getline":
		return r.getline(n)
	case "call":
		return r.call(n)
	case "builtin":
		return r.builtin(n)
	case "subsep":
		return str(r.key(n))
	}
	r.fail("internal: %s", n.op)
	return awkValue{}
}

func (r *awkRun) arith(op string, a, b float64) float64 {
	switch op {
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	case "%":
		return math.Mod(a, b)
	}
	return math.Pow(a, b)
}

func (r *awkRun) assign(n *awkNode) awkValue {
	if n.s == "" {
		x := r.eval(n.kids[1])
		return r.set(n.kids[0], x)
	}
	b := r.eval(n.kids[1]).num()
	return r.set(n.kids[0], num(r.arith(n.s, r.eval(n.kids[0]).num(), b)))
}

func (r *awkRun) compare(op string, a, b awkValue) bool {
	c := 0
	if a.k != kStr && b.k != kStr {
		x, y := a.num(), b.num()
		switch {
		case x < y:
			c = -1
		case x > y:
			c = 1
		}
	} else {
		c = strings.Compare(r.text(a), r.text(b))
	}
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case "==":
		return c == 0
	case "!=":
		return c != 0
	case ">":
		return c > 0
	}
	return c >= 0
}

const maxAwkCalls = 1000

func (r *awkRun) call(n *awkNode) awkValue {
	f := n.fn
	if len(n.kids) > len(f.params) {
		r.fail("too many arguments in call to %s", f.name)
	}
	if len(r.frames) > maxAwkCalls {
		r.fail("function calls are nested deeper than %d", maxAwkCalls)
	}
	frame := make([]*awkCell, len(f.params))
	for i := range frame {
		frame[i] = &awkCell{}
		if i >= len(n.kids) {
			continue
		}
		k := n.kids[i]
		if k.op == "var" {
			c := r.cell(k.ref)
			for c.up != nil && c.arr == nil && c.v.k == kUninit {
				c = c.up
			}
			if c.arr != nil {
				frame[i].arr = c.arr
				continue
			}
			if c.v.k == kUninit && !(k.ref.i == vNF && !k.ref.local) {
				frame[i].up = c
				continue
			}
		}
		frame[i].v = r.eval(k)
	}
	r.frames = append(r.frames, frame)
	r.ret = awkValue{}
	flow := r.exec(f.body)
	r.frames = r.frames[:len(r.frames)-1]
	switch flow {
	case flowNext, flowNextFile:
		r.fail("next used in a function is not modelled")
	}
	v := r.ret
	r.ret = awkValue{}
	return v
}

// exec runs a statement.
func (r *awkRun) exec(n *awkNode) awkFlow {
	if n == nil {
		return flowOn
	}
	r.c.Step(1)
	switch n.op {
	case "block":
		for _, k := range n.kids {
			if f := r.exec(k); f != flowOn {
				return f
			}
		}
	case "expr":
		r.eval(n.kids[0])
	case "print", "printf":
		r.print(n)
	case "if":
		if r.eval(n.kids[0]).isTrue() {
			return r.exec(n.kids[1])
		}
		if len(n.kids) > 2 {
			return r.exec(n.kids[2])
		}
	case "while":
		for r.eval(n.kids[0]).isTrue() {
			r.c.Step(1)
			if f := r.exec(n.kids[1]); f == flowBreak {
				break
			} else if f > flowContinue {
				return f
			}
		}
	case "do":
		for {
			if f := r.exec(n.kids[1]); f == flowBreak {
				break
			} else if f > flowContinue {
				return f
			}
			r.c.Step(1)
			if !r.eval(n.kids[0]).isTrue() {
				break
			}
		}
	case "for":
		r.exec(n.kids[0])
		for n.kids[1] == nil || r.eval(n.kids[1]).isTrue() {
			r.c.Step(1)
			if f := r.exec(n.kids[3]); f == flowBreak {
				break
			} else if f > flowContinue {
				return f
			}
			r.exec(n.kids[2])
		}
	case "forin":
		for _, e := range slices.Clone(r.array(n.kids[1]).keys) {
			if e.gone {
				continue
			}
			r.set(n.kids[0], outside(e.key))
			if f := r.exec(n.kids[2]); f == flowBreak {
				break
			} else if f > flowContinue {
				return f
			}
		}
	case "break":
		return flowBreak
	case "continue":
		return flowContinue
	case "next":
		return flowNext
	case "nextfile":
		return flowNextFile
	case "return":
		v := awkValue{}
		if len(n.kids) > 0 {
			v = r.eval(n.kids[0])
		}
		r.ret = v
		return flowReturn
	case "exit":
		code := 0
		if len(n.kids) > 0 {
			code = int(r.eval(n.kids[0]).num()) & 0xff
		}
		panic(awkExit{code})
	case "delete":
		a := r.array(n.kids[0])
		if len(n.kids) == 1 {
			a.clear()
		} else {
			a.remove(r.key(n.kids[1]))
		}
	}
	return flowOn
}

func (r *awkRun) print(n *awkNode) {
	var b strings.Builder
	args := n.kids[0].kids
	if n.op == "printf" {
		vals := make([]awkValue, len(args))
		for i, a := range args {
			vals[i] = r.eval(a)
		}
		b.WriteString(r.sprintf(vals))
	} else {
		if len(args) == 0 {
			b.WriteString(r.getRecord())
		}
		for i, a := range args {
			if i > 0 {
				b.WriteString(r.text(r.globals[vOFS].v))
			}
			v := r.eval(a)
			if v.k == kNum {
				b.WriteString(r.numText(v.n, r.text(r.globals[vOFMT].v)))
			} else {
				b.WriteString(r.text(v))
			}
		}
		b.WriteString(r.text(r.globals[vORS].v))
	}
	w := r.out
	if n.s != "" {
		w = r.writer(n.s, r.text(r.eval(n.kids[1])))
	}
	if _, err := w.WriteString(b.String()); err != nil {
		r.fail("write failure: %s", vfs.Text(err))
	}
	if n.s != "" && w != r.out {
		if strings.HasPrefix(r.lastOut(), "/dev/std") {
			w.Flush()
		}
	}
}

func (r *awkRun) lastOut() string {
	if len(r.outList) == 0 {
		return ""
	}
	return r.outList[len(r.outList)-1]
}

// writer is the stream of print > name and print | name.
func (r *awkRun) writer(op, name string) *bufio.Writer {
	if op != "|" && (name == "/dev/stdout" || name == "-") {
		return r.out
	}
	if o := r.outs[name]; o != nil {
		return o.w
	}
	if op == "|" {
		r.out.Flush()
		pw, child, err := r.c.PipeTo([]string{"sh", "-c", name})
		if err != nil {
			r.fail("cannot run %s: %s", name, vfs.Text(err))
		}
		o := &awkOut{w: bufio.NewWriter(pw), close: func() int {
			pw.Close()
			r.c.WaitUntil(child, shell.Forever, nil)
			return child.Status()
		}}
		r.outs[name] = o
		r.outList = append(r.outList, name)
		return o.w
	}
	f, err := r.c.Create(name, op == ">>")
	if err != nil {
		r.fail("cannot open \"%s\" for output (%s)", name, vfs.Text(err))
	}
	o := &awkOut{w: bufio.NewWriter(f), close: func() int { f.Close(); return 0 }}
	if name == "/dev/stderr" {
		o.w = bufio.NewWriterSize(f, 16)
	}
	r.outs[name] = o
	r.outList = append(r.outList, name)
	return o.w
}

func (r *awkRun) getline(n *awkNode) awkValue {
	var s string
	var err error
	switch n.s {
	case "":
		var ok bool
		if s, ok = r.nextMain(); !ok {
			return num(0)
		}
	default:
		src := r.text(r.eval(n.kids[0]))
		in := r.ins[src]
		if in == nil {
			if in, err = r.reader(n.s, src); err != nil {
				return num(-1)
			}
			r.ins[src] = in
		}
		if s, err = r.readRecord(in.l); err != nil {
			if errors.Is(err, io.EOF) {
				return num(0)
			}
			return num(-1)
		}
		if n.s == "|" {
			r.globals[vNR].v = num(r.globals[vNR].v.num() + 1)
		}
	}
	if n.kids[1] != nil {
		r.set(n.kids[1], outside(s))
	} else {
		r.setRecord(s)
	}
	return num(1)
}

func (r *awkRun) reader(op, src string) (*awkIn, error) {
	if op == "<" {
		if src == "-" {
			return &awkIn{newLines(r.c.In), func() int { return 0 }}, nil
		}
		f, err := r.c.Open(src)
		if err != nil {
			return nil, err
		}
		return &awkIn{newLines(f), func() int { f.Close(); return 0 }}, nil
	}
	r.out.Flush()
	pr, child, err := r.c.PipeFrom([]string{"sh", "-c", src})
	if err != nil {
		return nil, err
	}
	return &awkIn{newLines(pr), func() int {
		pr.Close()
		r.c.WaitUntil(child, shell.Forever, nil)
		return child.Status()
	}}, nil
}

func (r *awkRun) closeStream(name string) int {
	code := -1
	if o := r.outs[name]; o != nil {
		o.w.Flush()
		code = o.close()
		delete(r.outs, name)
		r.outList = slices.DeleteFunc(r.outList, func(s string) bool { return s == name })
	}
	if in := r.ins[name]; in != nil {
		code = in.close()
		delete(r.ins, name)
	}
	return code
}

func (r *awkRun) builtin(n *awkNode) awkValue {
	arg := func(i int) awkValue {
		if i < len(n.kids) {
			return r.eval(n.kids[i])
		}
		return awkValue{}
	}
	need := func(lo, hi int) {
		if len(n.kids) < lo || len(n.kids) > hi {
			r.fail("wrong number of arguments in call to %s", n.s)
		}
	}
	switch n.s {
	case "length":
		need(0, 1)
		if len(n.kids) == 0 {
			return num(float64(len(r.getRecord())))
		}
		if k := n.kids[0]; k.op == "var" {
			c := r.cell(k.ref)
			for c.up != nil && c.arr == nil {
				c = c.up
			}
			if c.arr != nil {
				return num(float64(len(c.arr.m)))
			}
		}
		return num(float64(len(r.text(arg(0)))))
	case "substr":
		need(2, 3)
		return str(substr(r.text(arg(0)), arg(1).num(), func() (float64, bool) { return arg(2).num(), len(n.kids) > 2 }))
	case "index":
		need(2, 2)
		s := r.text(arg(0))
		i := strings.Index(s, r.text(arg(1)))
		if i < 0 {
			return num(0)
		}
		return num(float64(i + 1))
	case "split":
		need(2, 3)
		return r.splitBuiltin(n)
	case "sub", "gsub":
		need(2, 3)
		return r.sub(n)
	case "gensub":
		need(3, 4)
		return r.gensub(n)
	case "match":
		need(2, 3)
		return r.matchBuiltin(n)
	case "sprintf":
		vals := make([]awkValue, len(n.kids))
		for i := range vals {
			vals[i] = arg(i)
		}
		if len(vals) == 0 {
			return str("")
		}
		return str(r.sprintf(vals))
	case "tolower":
		return str(strings.ToLower(r.text(arg(0))))
	case "toupper":
		return str(strings.ToUpper(r.text(arg(0))))
	case "system":
		need(1, 1)
		r.flushAll()
		child, err := r.c.Spawn(nil, []string{"sh", "-c", r.text(arg(0))}, shell.Stdio{})
		if err != nil {
			return num(-1)
		}
		r.c.WaitUntil(child, shell.Forever, nil)
		return num(float64(child.Status()))
	case "close":
		need(1, 2)
		return num(float64(r.closeStream(r.text(arg(0)))))
	case "fflush":
		r.flushAll()
		return num(0)
	case "systime":
		return num(float64(r.c.Time().Unix()))
	case "strftime":
		layout, t := "%c", r.c.Time()
		if len(n.kids) > 0 {
			layout = r.text(arg(0))
		}
		if len(n.kids) > 1 {
			t = time.Unix(int64(arg(1).num()), 0)
		}
		return str(shell.FormatTime(t.UTC(), layout))
	case "mktime":
		var f [6]int
		if k, _ := fmt.Sscan(r.text(arg(0)), &f[0], &f[1], &f[2], &f[3], &f[4], &f[5]); k < 6 {
			return num(-1)
		}
		return num(float64(time.Date(f[0], time.Month(f[1]), f[2], f[3], f[4], f[5], 0, time.UTC).Unix()))
	}
	return r.math(n, arg)
}

func (r *awkRun) math(n *awkNode, arg func(int) awkValue) awkValue {
	switch n.s {
	case "sin":
		return num(math.Sin(arg(0).num()))
	case "cos":
		return num(math.Cos(arg(0).num()))
	case "atan2":
		return num(math.Atan2(arg(0).num(), arg(1).num()))
	case "exp":
		return num(math.Exp(arg(0).num()))
	case "log":
		return num(math.Log(arg(0).num()))
	case "sqrt":
		return num(math.Sqrt(arg(0).num()))
	case "int":
		return num(math.Trunc(arg(0).num()))
	case "rand":
		// A generator of our own, from the seed of srand: the same numbers in
		// each run.
		r.rng = r.rng*6364136223846793005 + 1442695040888963407
		x := r.rng
		x ^= x >> 33
		x *= 0xff51afd7ed558ccd
		x ^= x >> 33
		return num(float64(x>>11) / (1 << 53))
	case "srand":
		old := r.seed
		r.seed = float64(r.c.Time().Unix())
		if len(n.kids) > 0 {
			r.seed = arg(0).num()
		}
		r.rng = math.Float64bits(r.seed)
		return num(old)
	}
	r.fail("not modelled: %s", n.s)
	return awkValue{}
}

func (r *awkRun) flushAll() {
	r.out.Flush()
	for _, n := range r.outList {
		r.outs[n].w.Flush()
	}
}

func substr(s string, m float64, length func() (float64, bool)) string {
	m = math.Trunc(m)
	n, ok := length()
	n = math.Trunc(n)
	if m <= 0 { // mawk counts what is in front of the text, too
		n -= m
		m = 1
	}
	if m > float64(len(s)) || ok && !(n > 0) || m != m {
		return ""
	}
	s = s[int(m)-1:]
	if ok && n < float64(len(s)) {
		s = s[:int(n)]
	}
	return s
}

func (r *awkRun) splitBuiltin(n *awkNode) awkValue {
	s := r.text(r.eval(n.kids[0]))
	var l []string
	switch {
	case len(n.kids) < 3:
		l = r.splitText(s, r.text(r.globals[vFS].v), false)
	case n.kids[2].op == "regex":
		fs := n.kids[2].s
		if s != "" {
			last := 0
			for _, m := range r.regex(fs).FindAllStringIndex(s, -1) {
				if m[0] < m[1] {
					l = append(l, s[last:m[0]])
					last = m[1]
				}
			}
			l = append(l, s[last:])
		}
	default:
		l = r.splitText(s, r.text(r.eval(n.kids[2])), false)
	}
	a := r.array(n.kids[1])
	a.clear()
	for i, f := range l {
		a.get(strconv.Itoa(i + 1)).v = outside(f)
	}
	return num(float64(len(l)))
}

func (r *awkRun) sub(n *awkNode) awkValue {
	re := r.regexNode(n.kids[0])
	with := r.text(r.eval(n.kids[1]))
	target := &awkNode{op: "field", kids: []*awkNode{{op: "num"}}}
	if len(n.kids) > 2 {
		target = n.kids[2]
	}
	s := r.text(r.eval(target))
	limit := 1
	if n.s == "gsub" {
		limit = -1
	}
	ms := re.FindAllStringIndex(s, limit)
	if len(ms) == 0 {
		return num(0)
	}
	var b strings.Builder
	last := 0
	for _, m := range ms {
		b.WriteString(s[last:m[0]])
		for i := 0; i < len(with); i++ {
			switch {
			case with[i] == '\\' && i+1 < len(with) && (with[i+1] == '&' || with[i+1] == '\\'):
				i++
				b.WriteByte(with[i])
			case with[i] == '&':
				b.WriteString(s[m[0]:m[1]])
			default:
				b.WriteByte(with[i])
			}
		}
		last = m[1]
		if b.Len() > maxLine {
			r.fail("string too long")
		}
	}
	b.WriteString(s[last:])
	if lvalue(target) {
		r.set(target, str(b.String()))
	}
	return num(float64(len(ms)))
}

func (r *awkRun) gensub(n *awkNode) awkValue {
	re := r.regexNode(n.kids[0])
	with := r.text(r.eval(n.kids[1]))
	how := r.eval(n.kids[2])
	s := r.getRecord()
	if len(n.kids) > 3 {
		s = r.text(r.eval(n.kids[3]))
	}
	global := strings.HasPrefix(strings.ToLower(r.text(how)), "g")
	nth := max(1, int(how.num()))
	var b strings.Builder
	last := 0
	for k, m := range re.FindAllStringSubmatchIndex(s, -1) {
		if !global && k+1 != nth {
			continue
		}
		b.WriteString(s[last:m[0]])
		for i := 0; i < len(with); i++ {
			g := -1
			switch {
			case with[i] == '&':
				g = 0
			case with[i] == '\\' && i+1 < len(with):
				i++
				if with[i] >= '0' && with[i] <= '9' {
					g = int(with[i] - '0')
				} else {
					b.WriteByte(with[i])
					continue
				}
			default:
				b.WriteByte(with[i])
				continue
			}
			if 2*g < len(m) && m[2*g] >= 0 {
				b.WriteString(s[m[2*g]:m[2*g+1]])
			}
		}
		last = m[1]
	}
	b.WriteString(s[last:])
	return str(b.String())
}

func (r *awkRun) matchBuiltin(n *awkNode) awkValue {
	s := r.text(r.eval(n.kids[0]))
	m := r.regexNode(n.kids[1]).FindStringSubmatchIndex(s)
	start, length := 0.0, -1.0
	if m != nil {
		start = float64(m[0] + 1)
		length = float64(m[1] - m[0])
	}
	if len(n.kids) > 2 { // as gawk
		a := r.array(n.kids[2])
		a.clear()
		for i := 0; i < len(m); i += 2 {
			if m[i] >= 0 {
				a.get(strconv.Itoa(i / 2)).v = outside(s[m[i]:m[i+1]])
			}
		}
	}
	r.globals[vRSTART].v, r.globals[vRLENGTH].v = num(start), num(length)
	return num(start)
}

// sprintf formats as C does.
func (r *awkRun) sprintf(vals []awkValue) string {
	format := r.text(vals[0])
	vals = vals[1:]
	next := func() awkValue {
		if len(vals) == 0 {
			r.fail("not enough arguments passed to printf(\"%s\")\n\tFILENAME=\"%s\" FNR=%s NR=%s", format,
				r.text(r.globals[vFILENAME].v), r.numText(r.globals[vFNR].v.num(), "%.6g"), r.numText(r.globals[vNR].v.num(), "%.6g"))
		}
		v := vals[0]
		vals = vals[1:]
		return v
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		if i+1 < len(format) && format[i+1] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		j := i + 1
		spec := "%"
		for j < len(format) && strings.IndexByte("-+ #0123456789.*hlL", format[j]) >= 0 {
			switch format[j] {
			case '*':
				n := int(math.Max(-10_000, math.Min(10_000, next().num())))
				spec += strconv.Itoa(n)
			case 'h', 'l', 'L':
			default:
				spec += format[j : j+1]
			}
			j++
		}
		if j >= len(format) {
			b.WriteString(format[i:])
			break
		}
		if len(spec) > 24 {
			r.fail("bad conversion: %s", spec)
		}
		b.WriteString(r.convert(spec, format[j], next))
		i = j
		if b.Len() > maxLine {
			r.fail("string too long")
		}
	}
	return b.String()
}

// limitWidth keeps a width from becoming a weapon.
func limitWidth(spec string) string {
	n := 0
	for i := range len(spec) {
		if spec[i] >= '0' && spec[i] <= '9' {
			if n = n*10 + int(spec[i]-'0'); n > 1_000_000 {
				return spec[:i]
			}
		} else {
			n = 0
		}
	}
	return spec
}

func (r *awkRun) convert(spec string, verb byte, next func() awkValue) string {
	spec = limitWidth(spec)
	switch verb {
	case 'd', 'i':
		f := next().num()
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return cFloat(strings.SplitN(spec, ".", 2)[0], 'g', f)
		}
		return fmt.Sprintf(spec+"d", int64(max(-awkMaxInt, min(f, awkMaxInt))))
	case 'u', 'o', 'x', 'X':
		f := next().num()
		u := uint64(max(0, min(f, 1<<32-1)))
		if verb == 'u' {
			verb = 'd'
		}
		return fmt.Sprintf(spec+string(verb), u)
	case 'e', 'E', 'f', 'F', 'g', 'G':
		return cFloat(spec, verb, next().num())
	case 'c':
		v := next()
		s := ""
		if v.k == kNum {
			s = string([]byte{byte(int(v.n))})
		} else if t := r.text(v); t != "" {
			s = t[:1]
		}
		return fmt.Sprintf(strings.ReplaceAll(spec, "0", "")+"s", s)
	case 's':
		flagsEnd := 1
		for flagsEnd < len(spec) && strings.IndexByte("-+ #0", spec[flagsEnd]) >= 0 {
			flagsEnd++
		}
		flags := ""
		if strings.Contains(spec[:flagsEnd], "-") {
			flags = "-"
		}
		return fmt.Sprintf("%"+flags+spec[flagsEnd:]+"s", r.text(next()))
	}
	return spec + string(verb)
}
