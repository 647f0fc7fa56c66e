package coreutils

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"

	"github.com/itchyny/gojq"
)

func jqTools() []shell.Tool {
	return []shell.Tool{{Name: "jq", Summary: "work on JSON", Usage: "[OPTION]... FILTER [FILE]...", Run: jq, Options: []shell.Option{
		flag("-r, --raw-output", "strings without quotes"), flag("-j, --join-output", "as -r without line ends"), flag("-c, --compact-output", "on one line"), flag("-n, --null-input", "no input"), flag("-s, --slurp", "all inputs as one array"), flag("-R, --raw-input", "lines as strings"), flag("-e, --exit-status", "1 if the last result is false or null, 4 if there is none"), flag("-S, --sort-keys", "sort the keys of objects"), flag("-M, --monochrome-output", "accepted"), flag("-a, --ascii-output", "only ASCII"), flag("--tab", "tabs to indent"), flag("--indent N", "spaces to indent"), flag("--unbuffered", "accepted"), flag("--seq", "a record separator in front of each result"), flag("--arg NAME", "and VALUE: a variable that is a string"), flag("--argjson NAME", "and JSON: a variable"), flag("--slurpfile NAME", "and FILE: its values as variable"), flag("--rawfile NAME", "and FILE: its text as variable"), flag("--args", "what follows are $ARGS.positional"), flag("--jsonargs", "the same, as JSON"), flag("-f, --from-file FILE", "the filter from a file"), flag("-V, --version", "the version"), flag("-h", "this help"),
		missing("-C, --color-output", "colours"), missing("--stream", "events"), missing("-L DIR", "modules")}}}
}

// jqRun is one run of jq.
type jqRun struct {
	c       *shell.Call
	a       *shell.Args
	m       *jqMachine
	filter  string
	named   *jqObject
	args    []any
	files   []string
	reader  *jqReader
	file    string // being read, "" before the first
	missing bool   // a file could not be opened
	failed  error  // what reading ended with
	begun   bool
	done    bool
}

// jqUsage is what jq says after a mistake in its options.
const jqUsage = "Use jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://stedolan.github.io/jq"

func jq(c *shell.Call) int {
	r := &jqRun{c: c, named: newJQObject(), args: []any{}}
	if msg := r.vars(); msg != "" {
		fmt.Fprintf(c.Err, "jq: %s\n%s\n", msg, jqUsage)
		return 2
	}
	if bad := r.unknown(); bad != "" {
		fmt.Fprintf(c.Err, "jq: Unknown option %s\n%s\n", bad, jqUsage)
		return 2
	}
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	if a.Has("-h") {
		c.Tool.Help(c.Out)
		return 0
	}
	if a.Has("-V") {
		fmt.Fprintln(c.Out, "jq-1.6")
		return 0
	}
	r.a = a
	switch {
	case a.Has("-f"):
		b, ok := readNamed(c, a.Value("-f", ""))
		if !ok {
			return 2
		}
		r.filter, r.files = string(b), append(r.files, a.Operands...)
	case len(a.Operands) > 0:
		r.filter, r.files = a.Operands[0], append(a.Operands[1:], r.files...)
	default:
		r.filter = "."
	}
	query, msg := r.compile()
	if msg != "" {
		fmt.Fprintf(c.Err, "jq: error: %s\njq: 1 compile error\n", msg)
		return 3
	}
	return r.run(query)
}

// readNamed reads a file or says why not.
func readNamed(c *shell.Call, name string) ([]byte, bool) {
	f, err := c.Open(name)
	if err == nil {
		defer f.Close()
		var b []byte
		if b, err = io.ReadAll(f); err == nil {
			return b, true
		}
	}
	c.Errorf("error: Could not open file %s: %s", name, vfs.Text(err))
	return nil, false
}

// vars takes options with two arguments, and --args, out of the arguments.
func (r *jqRun) vars() string {
	var rest []string
	args := r.c.Args
	positional, filter := "", false
	for i := 0; i < len(args); i++ {
		switch opt := args[i]; {
		case opt == "--arg" || opt == "--argjson" || opt == "--slurpfile" || opt == "--rawfile":
			if i+2 >= len(args) {
				what := map[string]string{"--arg": "varname value", "--argjson": "varname text", "--slurpfile": "varname filename", "--rawfile": "varname filename"}[opt]
				return fmt.Sprintf("%s takes two parameters (e.g. %s %s)", opt, opt, what)
			}
			v, msg := r.variable(opt, args[i+1], args[i+2])
			if msg != "" {
				return msg
			}
			r.named.put(args[i+1], v)
			i += 2
		case opt == "--args" || opt == "--jsonargs":
			positional = opt
		case positional != "" && (opt == "" || opt[0] != '-') && i > 0:
			if !filter && opt != "" && !r.hasFilter(rest) {
				filter = true
				rest = append(rest, opt)
				continue
			}
			var v any = opt
			if positional == "--jsonargs" {
				jr := jqReader{data: []byte(opt), inner: true}
				x, err := jr.next()
				if err != nil {
					return "Invalid JSON text passed to --jsonargs"
				}
				v = x
			}
			r.args = append(r.args, v)
		default:
			rest = append(rest, opt)
		}
	}
	r.c.Args = rest
	return ""
}

// hasFilter says that an operand is among the arguments so far.
func (r *jqRun) hasFilter(rest []string) bool {
	for _, s := range rest[1:] {
		if s == "" || s[0] != '-' {
			return true
		}
	}
	return false
}

// unknown is an option that jq does not have.
func (r *jqRun) unknown() string {
	for _, s := range r.c.Args[1:] {
		if !strings.HasPrefix(s, "--") || s == "--" || s == "--help" {
			continue
		}
		known := false
		for _, o := range r.c.Tool.Options {
			for _, w := range strings.Fields(strings.ReplaceAll(o.Flag, ",", " ")) {
				known = known || w == s
			}
		}
		if !known {
			return s
		}
	}
	return ""
}

func (r *jqRun) variable(opt, name, val string) (any, string) {
	switch opt {
	case "--arg":
		return val, ""
	case "--argjson":
		jr := jqReader{data: []byte(val), inner: true}
		v, err := jr.next()
		if err != nil {
			return nil, "Invalid JSON text passed to --argjson"
		}
		return v, ""
	}
	f, err := r.c.Open(val)
	if err != nil {
		return nil, fmt.Sprintf("Bad JSON in --%s %s %s: Could not open %s: %s", strings.TrimPrefix(opt, "--"), name, val, val, vfs.Text(err))
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, vfs.Text(err)
	}
	if opt == "--rawfile" {
		return string(b), ""
	}
	l := []any{}
	jr := jqReader{data: b}
	for {
		v, err := jr.next()
		if errors.Is(err, io.EOF) {
			return l, ""
		}
		if err != nil {
			return nil, fmt.Sprintf("Bad JSON in --slurpfile %s %s: %v", name, val, err)
		}
		l = append(l, v)
	}
}

// compile parses the filter and looks for names that mean nothing. The message
// is as jq's.
func (r *jqRun) compile() (*gojq.Query, string) {
	q, err := gojq.Parse(r.filter)
	if err != nil {
		return nil, r.syntax(err)
	}
	names := []string{"$ENV", "", "$ARGS"}
	for _, k := range r.named.keys {
		names = append(names, "$"+k)
	}
	none := func(any, []any) any { return nil }
	o := []gojq.CompilerOption{gojq.WithVariables(append(names[2:], "$__loc__")), gojq.WithInputIter(noInputs{})}
	for _, f := range []string{"leaf_paths/0", "recurse_down/0", "input_filename/0", "GROUP_BY/1", "date/0", "debug/0", "stderr/0", "keys_unsorted/0", "todate/0", "input_line_number/0"} {
		name, n, _ := strings.Cut(f, "/")
		count, _ := strconv.Atoi(n)
		o = append(o, gojq.WithFunction(name, count, count, none))
	}
	if _, err := gojq.Compile(q, o...); err != nil {
		kind, name, ok := strings.Cut(err.Error(), " not defined: ")
		if !ok {
			return nil, err.Error()
		}
		bare, _, _ := strings.Cut(name, "/")
		if kind == "variable" {
			name = bare
		}
		return nil, r.place(name+" is not defined", max(0, strings.Index(r.filter, bare)))
	}
	return q, ""
}

// noInputs lets the compiler know that there is input.
type noInputs struct{}

// Next has nothing.
func (noInputs) Next() (any, bool) { return nil, false }

// place is a message about a place of the filter.
func (r *jqRun) place(msg string, at int) string {
	line := strings.Count(r.filter[:min(at, len(r.filter))], "\n")
	start := strings.LastIndexByte(r.filter[:min(at, len(r.filter))], '\n') + 1
	text, _, _ := strings.Cut(r.filter[start:], "\n")
	return fmt.Sprintf("%s at <top-level>, line %d:\n%s%*s", msg, line+1, text, at-start, "")
}

// syntax is a syntax error in jq's words.
func (r *jqRun) syntax(err error) string {
	var pe *gojq.ParseError
	if !errors.As(err, &pe) {
		return r.place("syntax error, unexpected INVALID_CHARACTER (Unix shell quoting issues?)", 0)
	}
	at := pe.Offset - len(pe.Token)
	tok := pe.Token
	first := strings.TrimSpace(r.filter[:max(0, min(at, len(r.filter)))]) == ""
	expecting := ", expecting $end"
	switch {
	case tok == "":
		tok, expecting = "$end", ""
		at = len(strings.TrimRight(r.filter, " \n"))
		start := at
		for start > 0 && isWordByte(r.filter[start-1]) {
			start--
		}
		if start == at {
			start = max(0, at-1)
		}
		at = start
		if at == 0 && len(r.filter) > 0 && !isWordByte(r.filter[0]) {
			at = 0
		}
	case strings.ContainsAny(tok[:1], "}&'") && (first || tok != "}"):
		tok = "INVALID_CHARACTER"
	case isWordByte(tok[0]) && tok[0] > '9':
		tok = "IDENT"
	case isWordByte(tok[0]):
		tok = "LITERAL"
	case tok[0] == '"':
		tok = "QQSTRING_START"
	case tok[0] == '.' && len(tok) > 1:
		tok = "FIELD"
	case len(tok) == 1:
		tok = "'" + tok + "'"
	}
	return r.place("syntax error, unexpected "+tok+expecting+" (Unix shell quoting issues?)", max(0, at))
}

func isWordByte(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

// env is what names mean at the beginning.
func (r *jqRun) env() (*jqEnv, error) {
	q, err := gojq.Parse(jqPrelude + ".")
	if err != nil {
		return nil, err
	}
	var env *jqEnv
	var defs []*jqEnv
	for _, d := range q.FuncDefs {
		env = &jqEnv{up: env, name: d.Name + "/" + strconv.Itoa(len(d.Args)), def: d}
		defs = append(defs, env)
	}
	all := newJQObject()
	for _, kv := range r.c.Process.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		all.put(k, v)
	}
	args := newJQObject()
	args.put("positional", r.args)
	args.put("named", r.named)
	loc := newJQObject()
	loc.put("file", "<top-level>")
	loc.put("line", 1.0)
	env = &jqEnv{up: env, name: "$ENV", val: all}
	env = &jqEnv{up: env, name: "$ARGS", val: args}
	env = &jqEnv{up: env, name: "$__loc__", val: loc}
	for _, k := range r.named.keys {
		env = &jqEnv{up: env, name: "$" + k, val: r.named.vals[k]}
	}
	for _, d := range defs {
		d.env = env // they know one another
	}
	return env, nil
}

// host are functions that ask the world.
func (r *jqRun) host(name string, _ any, args []any) (any, error) {
	switch name {
	case "now":
		return float64(r.c.Time().UnixNano()) / 1e9, nil
	case "input_filename":
		if r.file == "" {
			return nil, nil
		}
		return r.file, nil
	case "input_line_number":
		if r.reader == nil {
			return 0.0, nil
		}
		return float64(r.reader.lines()), nil
	}
	if strings.HasPrefix(name, "$") {
		return nil, &jqCompileError{name + " is not defined"}
	}
	return nil, &jqCompileError{fmt.Sprintf("%s/%d is not defined", name, len(args))}
}

func (r *jqRun) run(q *gojq.Query) int {
	c := r.c
	env, err := r.env()
	if err != nil {
		return c.Fail(3, "error: %v", err)
	}
	out := output(c)
	defer out.Flush()
	r.m = &jqMachine{step: c.Step, input: r.next, host: r.host, stderr: func(s string) {
		out.Flush()
		fmt.Fprint(c.Err, s)
	}}
	w := r.writer()
	status, ran, printed, last := 0, false, false, any(nil)
	emit := func(v jqValue) error {
		printed, last = true, v.v
		if r.a.Has("--seq") {
			out.WriteString("\x1e")
		}
		if s, ok := v.v.(string); ok && (r.a.Has("-r") || r.a.Has("-j")) {
			out.WriteString(s)
		} else {
			var b strings.Builder
			w.b = &b
			w.write(v.v, "\n")
			out.WriteString(b.String())
		}
		if !r.a.Has("-j") {
			out.WriteByte('\n')
		}
		return nil
	}
	for {
		in, ok, err := any(nil), true, error(nil)
		if r.a.Has("-n") {
			ok = !r.done
			r.done = true
		} else {
			in, ok, err = r.next()
		}
		if err != nil || !ok {
			break
		}
		ran = true
		err = r.m.eval(env, q, jqValue{v: in}, emit)
		var halt *jqHalt
		switch {
		case err == nil:
		case errors.As(err, &halt):
			out.Flush()
			if s, ok := halt.val.(string); ok {
				fmt.Fprint(c.Err, s)
			} else if !halt.quiet {
				fmt.Fprintln(c.Err, jqCompact(halt.val))
			}
			return halt.status
		default:
			out.Flush()
			if r.complain(err) {
				status = 5
			}
		}
	}
	switch {
	case r.failed != nil:
		out.Flush()
		fmt.Fprintf(c.Err, "parse error: %v\n", r.failed)
		return 4
	case r.missing:
		return 2
	case status != 0 || !r.a.Has("-e"):
		return status
	case !ran:
		return 0
	case !printed:
		return 4
	case !jqTruth(last):
		return 1
	}
	return 0
}

// complain prints an error of the filter. It reports whether it counts: error(null)
// does not.
func (r *jqRun) complain(err error) bool {
	at := "<unknown>"
	if r.file != "" {
		n := 0
		if r.reader != nil {
			n = r.reader.lines()
		}
		at = fmt.Sprintf("%s:%d", r.file, n)
	}
	var e *jqError
	var ce *jqCompileError
	switch {
	case errors.As(err, &ce):
		fmt.Fprintf(r.c.Err, "jq: error: %s at <top-level>, line 1:\n%s\njq: 1 compile error\n", ce.msg, r.filter)
	case errors.As(err, &e):
		if e.val == nil {
			return false
		}
		if s, ok := e.val.(string); ok {
			fmt.Fprintf(r.c.Err, "jq: error (at %s): %s\n", at, s)
		} else {
			fmt.Fprintf(r.c.Err, "jq: error (at %s) (not a string): %s\n", at, jqCompact(e.val))
		}
	default:
		fmt.Fprintf(r.c.Err, "jq: error (at %s): %v\n", at, err)
	}
	return true
}

// open goes to the next input; false is that there is none.
func (r *jqRun) open() bool {
	if !r.begun && len(r.files) == 0 {
		r.begun = true
		b, err := io.ReadAll(r.c.In)
		if err != nil {
			return false
		}
		r.file, r.reader = "<stdin>", &jqReader{data: b}
		return true
	}
	r.begun = true
	for len(r.files) > 0 {
		name := r.files[0]
		r.files = r.files[1:]
		b, ok := readNamed(r.c, name)
		if ok {
			r.file, r.reader = name, &jqReader{data: b}
			return true
		}
		r.missing = true
	}
	return false
}

// next is the next input.
func (r *jqRun) next() (any, bool, error) {
	if r.failed != nil {
		return nil, false, nil
	}
	if r.a.Has("-s") {
		if r.begun {
			return nil, false, nil
		}
		return r.slurp()
	}
	for {
		if r.reader == nil && !r.open() {
			return nil, false, nil
		}
		r.c.Step(1)
		if r.a.Has("-R") {
			if s, ok := r.reader.line(); ok {
				return s, true, nil
			}
		} else {
			v, err := r.reader.next()
			if err == nil {
				return v, true, nil
			}
			if !errors.Is(err, io.EOF) {
				r.failed = err
				return nil, false, nil
			}
		}
		if len(r.files) == 0 {
			return nil, false, nil
		}
		r.reader = nil
	}
}

// slurp is all inputs as one.
func (r *jqRun) slurp() (any, bool, error) {
	l := []any{}
	text := ""
	for r.open() {
		if r.a.Has("-R") {
			text += string(r.reader.data)
			continue
		}
		for {
			r.c.Step(1)
			v, err := r.reader.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.failed = err
				return nil, false, nil
			}
			l = append(l, v)
		}
	}
	if r.a.Has("-R") {
		return text, true, nil
	}
	return l, true, nil
}

// jqReader takes JSON texts apart. Like jv_parse.c of jq: the errors and their
// places are its.
type jqReader struct {
	data  []byte
	pos   int
	inner bool // one text: fromjson
	stack []any
	has   bool
	val   any
}

// jqPending stands on the stack for a key whose value is to come.
type jqPending struct{ key string }

// lines is how many lines were read up to here, as jq reads them.
func (r *jqReader) lines() int {
	end := r.pos
	if end > 0 && r.data[end-1] != '\n' {
		if i := strings.IndexByte(string(r.data[end:]), '\n'); i >= 0 {
			end += i + 1
		} else {
			end = len(r.data)
		}
	}
	return strings.Count(string(r.data[:end]), "\n")
}

// line is the next line.
func (r *jqReader) line() (string, bool) {
	if r.pos >= len(r.data) {
		return "", false
	}
	s, _, _ := strings.Cut(string(r.data[r.pos:]), "\n")
	r.pos = min(len(r.data), r.pos+len(s)+1)
	return s, true
}

// bad is an error at the place that was read last.
func (r *jqReader) bad(msg string) error {
	at := ""
	if r.pos >= len(r.data) && (len(r.data) == 0 || msg[:4] == "Unfi" || r.inner || r.data[len(r.data)-1] != '\n' && strings.HasPrefix(msg, "Invalid")) {
		at = " at EOF"
	}
	text := string(r.data[:r.pos])
	return fmt.Errorf("%s%s at line %d, column %d", msg, at, strings.Count(text, "\n")+1, len(text)-1-strings.LastIndexByte(text, '\n'))
}

// next is the next value; io.EOF is the end.
func (r *jqReader) next() (any, error) {
	for {
		if len(r.stack) == 0 && r.has {
			r.has = false
			return r.val, nil
		}
		for r.pos < len(r.data) && strings.IndexByte(" \t\r\n", r.data[r.pos]) >= 0 {
			r.pos++
		}
		if r.pos >= len(r.data) {
			if len(r.stack) > 0 {
				return nil, r.bad("Unfinished JSON term")
			}
			return nil, io.EOF
		}
		var err error
		switch c := r.data[r.pos]; {
		case c == '"':
			err = r.text()
		case strings.IndexByte("[]{}:,", c) >= 0:
			r.pos++
			if msg := r.token(c); msg != "" {
				err = r.bad(msg)
			}
		default:
			err = r.literal()
		}
		if err != nil {
			return nil, err
		}
	}
}

func (r *jqReader) value(v any) error {
	if r.has {
		return r.bad("Expected separator between values")
	}
	r.has, r.val = true, v
	return nil
}

func (r *jqReader) text() error {
	for i := r.pos + 1; i < len(r.data); i++ {
		switch r.data[i] {
		case '\\':
			i++
		case '"':
			raw := string(r.data[r.pos+1 : i])
			r.pos = i + 1
			s, msg := jqUnquote(raw)
			if msg != "" {
				return r.bad(msg)
			}
			return r.value(s)
		}
	}
	r.pos = len(r.data)
	return r.bad("Unfinished string")
}

func jqUnquote(s string) (string, string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' {
			return "", "Invalid string: control characters from U+0000 through U+001F must be escaped"
		}
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if i++; i >= len(s) {
			return "", "Expected escape character at end of string"
		}
		switch s[i] {
		case '"', '\\', '/':
			b.WriteByte(s[i])
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			u, ok := hex4(s, i+1)
			if !ok {
				return "", "Invalid escape"
			}
			i += 4
			if u >= 0xd800 && u < 0xdc00 && strings.HasPrefix(s[i+1:], `\u`) {
				if lo, ok := hex4(s, i+3); ok && lo >= 0xdc00 && lo < 0xe000 {
					u = 0x10000 + (u-0xd800)<<10 + lo - 0xdc00
					i += 6
				}
			}
			b.WriteRune(u)
		default:
			return "", "Invalid escape"
		}
	}
	return strings.ToValidUTF8(b.String(), "\ufffd"), ""
}

func hex4(s string, i int) (rune, bool) {
	if i+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[i:i+4], 16, 32)
	return rune(n), err == nil
}

func (r *jqReader) literal() error {
	start := r.pos
	for r.pos < len(r.data) && strings.IndexByte(" \t\r\n[]{}:,\"", r.data[r.pos]) < 0 {
		r.pos++
	}
	word := string(r.data[start:r.pos])
	end := r.pos
	fail := func(msg string) error { // seen with the character behind it
		r.pos = min(len(r.data), end+1)
		return r.bad(msg)
	}
	switch word {
	case "true":
		return r.value(true)
	case "false":
		return r.value(false)
	case "null":
		return r.value(nil)
	}
	if strings.IndexByte("tfn", word[0]) >= 0 {
		return fail("Invalid literal")
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil && !math.IsInf(f, 0) || strings.ContainsAny(word, "_xXpP") {
		return fail("Invalid numeric literal")
	}
	if r.has {
		return fail("Expected separator between values")
	}
	return r.value(f)
}

// token is one of []{}:, .
func (r *jqReader) token(c byte) string {
	var top any
	if n := len(r.stack); n > 0 {
		top = r.stack[n-1]
	}
	pop := func() { r.stack = r.stack[:len(r.stack)-1] }
	closeKey := func(k jqPending) {
		pop()
		r.stack[len(r.stack)-1].(*jqObject).put(k.key, r.val) //nolint:forcetypeassert // a key stands on an object
		r.has = false
	}
	switch c {
	case '[', '{':
		if r.has {
			return "Expected separator between values"
		}
		if len(r.stack) > 2000 {
			return "Exceeds depth limit for parsing"
		}
		if c == '[' {
			r.stack = append(r.stack, &[]any{})
		} else {
			r.stack = append(r.stack, newJQObject())
		}
	case ':':
		if !r.has {
			return "Expected string key before ':'"
		}
		if _, ok := top.(*jqObject); !ok {
			return "':' not as part of an object"
		}
		k, ok := r.val.(string)
		if !ok {
			return "Object keys must be strings"
		}
		r.stack, r.has = append(r.stack, jqPending{k}), false
	case ',':
		if !r.has || top == nil {
			return "Expected value before ','"
		}
		switch t := top.(type) {
		case *[]any:
			*t = append(*t, r.val)
			r.has = false
		case jqPending:
			closeKey(t)
		default:
			return "Objects must consist of key:value pairs"
		}
	case ']':
		t, ok := top.(*[]any)
		if !ok {
			return "Unmatched ']'"
		}
		if r.has {
			*t = append(*t, r.val)
		} else if len(*t) > 0 {
			return "Expected another array element"
		}
		pop()
		r.has, r.val = true, *t
	case '}':
		if top == nil {
			return "Unmatched '}'"
		}
		if r.has {
			k, ok := top.(jqPending)
			if !ok {
				return "Objects must consist of key:value pairs"
			}
			closeKey(k)
			top = r.stack[len(r.stack)-1]
		} else {
			t, ok := top.(*jqObject)
			if !ok {
				return "Unmatched '}'"
			}
			if len(t.keys) > 0 {
				return "Expected another key-value pair"
			}
		}
		pop()
		r.has, r.val = true, top
	}
	return ""
}

// jqMatch is what match and test do; args are the pattern, flags and whether a
// yes or no is enough.
func jqMatch(v any, args []any) (any, error) {
	s, ok := v.(string)
	if !ok {
		return nil, jqErrorf("%s cannot be matched, as it is not a string", jqShort(v))
	}
	expr, ok := args[0].(string)
	if !ok {
		return nil, jqErrorf("%s cannot be matched, as it is not a string", jqShort(args[0]))
	}
	flags, ok := args[1].(string)
	if args[1] != nil && !ok {
		return nil, jqErrorf("%s is not a string", jqShort(args[1]))
	}
	mode, global, skipEmpty := "", false, false
	for _, f := range flags {
		switch f {
		case 'g':
			global = true
		case 'i':
			mode += "i"
		case 's':
			mode += "s"
		case 'n':
			skipEmpty = true
		case 'x', 'l', 'p':
			return nil, jqErrorf("not modelled: flag %c of a pattern", f)
		default:
			return nil, jqErrorf("%s is not a valid modifier string", flags)
		}
	}
	expr = strings.ReplaceAll(expr, "(?<", "(?P<")
	expr = strings.NewReplacer("(?P<=", "(?<=", "(?P<!", "(?<!", `\h`, `[0-9a-fA-F]`).Replace(expr)
	if mode != "" {
		expr = "(?" + mode + ")" + expr
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		msg := err.Error()
		switch {
		case strings.Contains(msg, "missing closing )"):
			msg = "end pattern with unmatched parenthesis"
		case strings.Contains(msg, "unexpected )"):
			msg = "unmatched close parenthesis"
		case strings.Contains(msg, "missing closing ]"):
			msg = "premature end of char-class"
		case strings.Contains(msg, "missing argument to repetition"):
			msg = "target of repeat operator is not specified"
		}
		return nil, jqErrorf("Regex failure: %s", msg)
	}
	if test, _ := args[2].(bool); test {
		return re.MatchString(s), nil
	}
	n := 1
	if global {
		n = -1
	}
	out := []any{}
	names := re.SubexpNames()
	for _, m := range re.FindAllStringSubmatchIndex(s, n) {
		if skipEmpty && m[0] == m[1] {
			continue
		}
		caps := []any{}
		for i := 1; i < len(names); i++ {
			o := newJQObject()
			jqSpan(o, s, m[2*i], m[2*i+1])
			if names[i] != "" {
				o.put("name", names[i])
			} else {
				o.put("name", nil)
			}
			caps = append(caps, o)
		}
		o := newJQObject()
		jqSpan(o, s, m[0], m[1])
		o.put("captures", caps)
		out = append(out, o)
	}
	return out, nil
}

// jqSpan is where something was found, in characters.
func jqSpan(o *jqObject, s string, from, to int) {
	if from < 0 {
		o.put("offset", -1.0)
		o.put("length", 0.0)
		o.put("string", nil)
		return
	}
	o.put("offset", float64(utf8.RuneCountInString(s[:from])))
	o.put("length", float64(utf8.RuneCountInString(s[from:to])))
	o.put("string", s[from:to])
}

func strftime(t time.Time, layout string) string { return shell.FormatTime(t, layout) }

// jqTime is a time of seconds or of its parts.
func jqTime(name string, v any) (time.Time, error) {
	switch x := v.(type) {
	case float64:
		return time.Unix(int64(math.Floor(x)), 0).UTC(), nil
	case []any:
		var n [6]int
		for i := range n {
			f, ok := any(nil), false
			if i < len(x) {
				f = x[i]
			}
			num, ok := f.(float64)
			if !ok {
				return time.Time{}, jqErrorf("%s requires parsed datetime inputs", name)
			}
			n[i] = int(num)
		}
		return time.Date(n[0], time.Month(n[1]+1), n[2], n[3], n[4], n[5], 0, time.UTC), nil
	}
	return time.Time{}, jqErrorf("%s/1 requires parsed datetime inputs", name)
}

// jqBroken are the parts of a time.
func jqBroken(t time.Time, frac float64) []any {
	return []any{float64(t.Year()), float64(t.Month() - 1), float64(t.Day()), float64(t.Hour()), float64(t.Minute()), float64(t.Second()) + frac, float64(t.Weekday()), float64(t.YearDay() - 1)}
}

// jqParseTime is strptime(3), for the usual fields.
func jqParseTime(s, format string) (time.Time, bool) {
	layout := strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02", "%H", "15", "%M", "04", "%S", "05", "%Z", "MST", "%z", "-0700",
		"%T", "15:04:05", "%F", "2006-01-02", "%b", "Jan", "%B", "January", "%a", "Mon", "%A", "Monday", "%e", "_2", "%y", "06", "%%", "%").Replace(format)
	t, err := time.Parse(layout, s)
	return t, err == nil
}

// jqWriter writes values down.
type jqWriter struct {
	b      *strings.Builder
	indent string
	ascii  bool
	sorted bool
}

func (r *jqRun) writer() *jqWriter {
	w := &jqWriter{indent: "  ", ascii: r.a.Has("-a"), sorted: r.a.Has("-S")}
	switch r.a.Last("-c", "--tab", "--indent") {
	case "-c":
		w.indent = ""
	case "--tab":
		w.indent = "\t"
	case "--indent":
		n, err := strconv.Atoi(r.a.Value("--indent", "2"))
		if err == nil && n >= 0 && n <= 7 {
			w.indent = strings.Repeat(" ", n)
		}
	}
	return w
}

func (w *jqWriter) write(v any, nl string) {
	b, inner := w.b, nl+w.indent
	if w.indent == "" {
		nl, inner = "", ""
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case float64:
		b.WriteString(jqNumber(v))
	case string:
		jqString(b, v, w.ascii)
	case []any:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(inner)
			w.write(x, inner)
		}
		b.WriteString(nl + "]")
	case *jqObject:
		if len(v.keys) == 0 {
			b.WriteString("{}")
			return
		}
		keys := v.keys
		if w.sorted {
			keys = v.sorted()
		}
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(inner)
			jqString(b, k, w.ascii)
			b.WriteByte(':')
			if w.indent != "" {
				b.WriteByte(' ')
			}
			w.write(v.vals[k], inner)
		}
		b.WriteString(nl + "}")
	}
}

// jqNumber is a number with as many digits as it needs, at most 17. Like
// jvp_dtoa_fmt.
func jqNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "null"
	case math.IsInf(f, 1):
		f = math.MaxFloat64
	case math.IsInf(f, -1):
		f = -math.MaxFloat64
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	digits := len(strings.Trim(strings.ReplaceAll(mantissa, ".", ""), "-"))
	point, err := strconv.Atoi(exp)
	if err != nil {
		return s
	}
	if point++; point <= -4 || point > digits+15 {
		return s
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func jqString(b *strings.Builder, s string, ascii bool) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r < ' ' || r == 0x7f || ascii && r > 0x7e && r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		case ascii && r >= 0x10000:
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
