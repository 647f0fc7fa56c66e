package coreutils

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"

	"github.com/itchyny/gojq"
)

func jqTools() []shell.Tool {
	return []shell.Tool{{Name: "jq", Summary: "work on JSON", Usage: "[OPTION]... FILTER [FILE]...", Run: jq, Options: []shell.Option{
		flag("-r, --raw-output", "strings without quotes"), flag("-j, --join-output", "as -r without line ends"), flag("-c, --compact-output", "on one line"), flag("-n, --null-input", "no input"), flag("-s, --slurp", "all inputs as one array"), flag("-R, --raw-input", "lines as strings"), flag("-e, --exit-status", "1 if the last result is false or null"), flag("-S, --sort-keys", "accepted: keys are sorted"), flag("-M, --monochrome-output", "accepted"), flag("-a, --ascii-output", "only ASCII"), flag("--tab", "tabs to indent"), flag("--indent N", "spaces to indent"), flag("--arg NAME", "and VALUE: a variable that is a string"), flag("--argjson NAME", "and JSON: a variable"), flag("-f, --from-file FILE", "the filter from a file"),
		missing("-C, --color-output", "colours"), missing("--stream", "events"), missing("--slurpfile NAME", "a file as variable"), missing("--rawfile NAME", "a file as variable"), missing("--args", "positional arguments"), missing("--jsonargs", "positional arguments"), missing("--seq", "RFC 7464"), missing("-L DIR", "modules")}}}
}

// stepContext counts the steps of a filter; it has no channel of its own.
type stepContext struct {
	context.Context
	c *shell.Call
}

// Done is asked at every step.
func (s stepContext) Done() <-chan struct{} {
	s.c.Step(1)
	return nil
}

func jq(c *shell.Call) int {
	args, names, vals, err := jqVars(c.Args)
	if err != nil {
		return c.Fail(2, "%v", err)
	}
	c.Args = args
	a, ok := c.Getopt(false)
	if !ok {
		return 2
	}
	rest := a.Operands
	filter := "."
	switch {
	case a.Has("-f"):
		b, err := c.View.ReadFile(a.Value("-f", ""))
		if err != nil {
			return c.Fail(2, "Could not open %s: %s", a.Value("-f", ""), vfs.Text(err))
		}
		filter = string(b)
	case len(rest) > 0:
		filter, rest = rest[0], rest[1:]
	}
	query, err := gojq.Parse(filter)
	if err != nil {
		return c.Fail(3, "error: %v\njq: 1 compile error", err)
	}
	now := func(any, []any) any { return float64(c.Time().UnixNano()) / 1e9 }
	code, err := gojq.Compile(query, gojq.WithVariables(names), gojq.WithEnvironLoader(c.Process.Environ),
		gojq.WithFunction("now", 0, 0, now), gojq.WithFunction("input_filename", 0, 0, func(any, []any) any { return nil }))
	if err != nil {
		return c.Fail(3, "error: %v\njq: 1 compile error", err)
	}
	inputs, readErr := jqInputs(c, a, rest)
	out := output(c)
	defer out.Flush()
	status, last := 0, any(nil)
	for _, in := range inputs {
		it := code.RunWithContext(stepContext{context.Background(), c}, in, vals...)
		for {
			v, ok := it.Next()
			if !ok {
				break
			}
			c.Step(1)
			if err, bad := v.(error); bad {
				out.Flush()
				var halt *gojq.HaltError
				if errors.As(err, &halt) {
					return halt.ExitCode()
				}
				c.Errorf("error (at <unknown>): %v", err)
				status = 5
				break
			}
			last = v
			if s, isString := v.(string); isString && (a.Has("-r") || a.Has("-j")) {
				out.WriteString(s)
			} else {
				out.WriteString(jqText(a, v))
			}
			if !a.Has("-j") {
				out.WriteByte('\n')
			}
		}
	}
	switch {
	case readErr != nil:
		out.Flush()
		c.Errorf("%v", readErr)
		return 2
	case status == 0 && a.Has("-e") && (last == nil || last == false):
		return 1
	}
	return status
}

// jqVars takes --arg NAME VALUE out of the arguments.
func jqVars(args []string) (rest, names []string, vals []any, err error) {
	for i := 0; i < len(args); i++ {
		if args[i] != "--arg" && args[i] != "--argjson" {
			rest = append(rest, args[i])
			continue
		}
		if i+2 >= len(args) {
			return nil, nil, nil, fmt.Errorf("error: %s takes two parameters (e.g. %s varname value)", args[i], args[i])
		}
		var v any = args[i+2]
		if args[i] == "--argjson" {
			if v, err = jqDecode([]byte(args[i+2])); err != nil {
				return nil, nil, nil, fmt.Errorf("error: Invalid JSON text passed to --argjson")
			}
		}
		names, vals = append(names, "$"+args[i+1]), append(vals, v)
		i += 2
	}
	return rest, names, vals, nil
}

func jqDecode(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return normal(v), err
}

// normal makes the numbers that gojq knows of JSON's.
func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return math.MaxFloat64
		}
		return f
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = normal(v[k])
		}
	}
	return v
}

// jqInputs reads all inputs.
func jqInputs(c *shell.Call, a *shell.Args, files []string) ([]any, error) {
	if a.Has("-n") {
		return []any{nil}, nil
	}
	b, ok := readOne(c, files)
	var failed error
	if !ok {
		failed = fmt.Errorf("error: Could not open some files")
	}
	var l []any
	if a.Has("-R") {
		if a.Has("-s") {
			return []any{string(b)}, failed
		}
		for _, s := range splitLines(b) {
			l = append(l, strings.TrimSuffix(string(s), "\n"))
		}
		return l, failed
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	for {
		c.Step(1)
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if failed == nil {
				failed = fmt.Errorf("parse error: %v", err)
			}
			break
		}
		l = append(l, normal(v))
	}
	if a.Has("-s") {
		if l == nil {
			l = []any{}
		}
		return []any{l}, failed
	}
	return l, failed
}

func jqText(a *shell.Args, v any) string {
	indent := "  "
	switch a.Last("-c", "--tab", "--indent") {
	case "-c":
		indent = ""
	case "--tab":
		indent = "\t"
	case "--indent":
		n, err := strconv.Atoi(a.Value("--indent", "2"))
		if err == nil && n >= 0 && n <= 8 {
			indent = strings.Repeat(" ", n)
		}
	}
	var b strings.Builder
	jqWrite(&b, v, indent, "\n", a.Has("-a"))
	return b.String()
}

func jqWrite(b *strings.Builder, v any, indent, nl string, ascii bool) {
	inner := nl + indent
	if indent == "" {
		nl, inner = "", ""
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int:
		b.WriteString(strconv.Itoa(v))
	case *big.Int:
		b.WriteString(v.String())
	case float64:
		b.WriteString(jqNumber(v))
	case string:
		jqString(b, v, ascii)
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
			jqWrite(b, x, indent, inner, ascii)
		}
		b.WriteString(nl + "]")
	case map[string]any:
		if len(v) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteByte('{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(inner)
			jqString(b, k, ascii)
			b.WriteByte(':')
			if indent != "" {
				b.WriteByte(' ')
			}
			jqWrite(b, v[k], indent, inner, ascii)
		}
		b.WriteString(nl + "}")
	}
}

func jqNumber(f float64) string {
	switch {
	case math.IsNaN(f):
		return "null"
	case math.IsInf(f, 1):
		return "1.7976931348623157e+308"
	case math.IsInf(f, -1):
		return "-1.7976931348623157e+308"
	case f == math.Trunc(f) && math.Abs(f) < 1e17:
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
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
