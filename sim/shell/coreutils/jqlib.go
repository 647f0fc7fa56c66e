package coreutils

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

// jqPrelude are functions that jq itself writes in its language.
const jqPrelude = `
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def select(f): if f then . else empty end;
def recurse(f): def r: ., (f | r); r;
def recurse(f; cond): def r: ., (f | select(cond) | r); r;
def to_entries: [keys_unsorted[] as $k | {key: $k, value: .[$k]}];
def from_entries: map({(.key // .k // .name // .Name // .K // .Key | if type == "string" then . else tojson end): (if has("value") then .value elif has("v") then .v else .Value end)}) | add + {} // {};
def with_entries(f): to_entries | map(f) | from_entries;
def while(cond; update): def _while: if cond then ., (update | _while) else empty end; _while;
def repeat(f): def _repeat: f, _repeat; _repeat;
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def nulls: select(. == null);
def values: select(. != null);
def scalars: select(type | . != "array" and . != "object");
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end;
def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;
def walk(f): def w: if type == "object" then . as $in | reduce keys_unsorted[] as $key ({}; . + {($key): ($in[$key] | w)}) | f elif type == "array" then map(w) | f else f end; w;
def first: .[0];
def last: .[-1];
def last(f): reduce f as $x (null; $x);
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("nth doesn't support negative indices") else last(limit($n + 1; f)) end;
def isempty(g): first((g | false), true);
def all: all(.);
def all(f): all(.[]; f);
def all(g; f): isempty(first(g | f | select(. == false or . == null)));
def any: any(.);
def any(f): any(.[]; f);
def any(g; f): isempty(first(g | f | select(. != false and . != null))) | not;
def in(xs): . as $x | xs | has($x);
def inside(xs): . as $x | xs | contains($x);
def del(f): delpaths([path(f)]);
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def add: reduce .[] as $x (null; . + $x);
def join($x): reduce .[] as $i (null; (if . == null then "" else . + $x end) + ($i | if . == null then "" elif type == "boolean" or type == "number" then tojson else . end)) // "";
def reverse: [.[length - 1 - range(0; length)]];
def range($x): range(0; $x);
def ascii_downcase: explode | map(if 65 <= . and . <= 90 then . + 32 else . end) | implode;
def ascii_upcase: explode | map(if 97 <= . and . <= 122 then . - 32 else . end) | implode;
def flatten: _flatten(1000000000);
def flatten($x): if $x < 0 then error("flatten depth must not be negative") else _flatten($x) end;
def _flatten($x): reduce .[] as $i ([]; if $i | type == "array" and $x > 0 then . + ($i | _flatten($x - 1)) else . + [$i] end);
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): [group_by(f)[] | .[0]];
def unique: [group_by(.)[] | .[0]];
def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def index($i): indices($i) | .[0];
def rindex($i): indices($i) | .[-1:][0];
def transpose: if . == [] then [] else . as $in | (map(length) | max) as $max | [range(0; $max) as $j | [range(0; $in | length) as $i | $in[$i][$j]]] end;
def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p) | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def fromstream(f): {x: null, e: false} as $init | foreach f as $i ($init; if .e then $init else . end | if $i | length == 2 then setpath(["e"]; $i[0] | length == 0) | setpath(["x"] + $i[0]; $i[1]) else setpath(["e"]; $i[0] | length == 1) end; if .e then .x else empty end);
def match($re): if $re | type == "array" then match($re[0]; $re[1]) else match($re; null) end;
def match($re; $flags): _match($re; $flags; false)[];
def test($re): if $re | type == "array" then test($re[0]; $re[1]) else test($re; null) end;
def test($re; $flags): _match($re; $flags; true);
def capture($re): capture($re; null);
def capture($re; $flags): match($re; $flags) | [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def scan($re): scan($re; null);
def scan($re; $flags): match($re; "g" + $flags) | if (.captures | length) > 0 then [.captures[].string] else .string end;
def splits($re): splits($re; null);
def splits($re; $flags): split($re; $flags)[];
def split($re; $flags): . as $s | [foreach ((match($re; "g" + $flags) | [.offset, .length]), null) as $m ([0, null]; if $m == null then [.[0], $s[.[0]:]] else [$m[0] + $m[1], $s[.[0]:$m[0]]] end; .[1])];
def _captures: [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def sub($re; str): sub($re; str; "");
def sub($re; str; $flags): . as $in | (reduce (match($re; $flags)) as $m ([0, ""]; [$m.offset + $m.length, .[1] + $in[.[0]:$m.offset] + ($m | _captures | str)])) | .[1] + $in[.[0]:];
def gsub($re; str): sub($re; str; "g");
def gsub($re; str; $flags): sub($re; str; $flags + "g");
def ascii: [.] | implode;
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def date: todate;
def dateadd(u; n): . + n;
def datesub(u; n): . - n;
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def INDEX(stream; idx_expr): reduce stream as $row ({}; .[$row | idx_expr | tostring] |= $row);
def INDEX(idx_expr): INDEX(.[]; idx_expr);
def GROUP_BY(f): group_by(f);
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
def halt_error: halt_error(5);
def env: $ENV;
def todate(f): strftime(f);
def ltrimstr: .;
def isvalid(f): try (f | true) catch false;
def recurse_down: recurse;
def truncate_stream(stream): . as $n | null | stream | . as $input | if (.[0] | length) > $n then setpath([0]; .[0][$n:]) else empty end;
def limit($n; f): if $n < 0 then f else label $out | foreach f as $item (0; . + 1; $item, if . >= $n then break $out else empty end) end;
def first(f): label $out | (f | ., break $out);
def ascii(f): f;
`

func jqTruth(v any) bool { return v != nil && v != false }

func jqType(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}

func jqCompact(v any) string {
	var b strings.Builder
	(&jqWriter{b: &b}).write(v, "\n")
	return b.String()
}

// jqShort is a value in a message: its type and the beginning of its text.
func jqShort(v any) string {
	s := jqCompact(v)
	return jqType(v) + " (" + jqCut(s) + ")"
}

func jqCut(s string) string {
	if len(s) > 10 {
		s = s[:7] + "..."
	}
	return s
}

func jqToString(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return jqCompact(v)
}

// jqCompare orders values of all types.
func jqCompare(a, b any) int {
	rank := func(v any) int {
		switch v := v.(type) {
		case nil:
			return 0
		case bool:
			if v {
				return 2
			}
			return 1
		case float64:
			return 3
		case string:
			return 4
		case []any:
			return 5
		}
		return 6
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	switch a := a.(type) {
	case float64:
		switch b := b.(float64); { //nolint:forcetypeassert // the same rank
		case math.IsNaN(a) || a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	case string:
		return strings.Compare(a, b.(string)) //nolint:forcetypeassert // the same rank
	case []any:
		return slices.CompareFunc(a, b.([]any), jqCompare) //nolint:forcetypeassert // the same rank
	case *jqObject:
		o := b.(*jqObject) //nolint:forcetypeassert // the same rank
		ka, kb := a.sorted(), o.sorted()
		if d := slices.Compare(ka, kb); d != 0 {
			return d
		}
		for _, k := range ka {
			if d := jqCompare(a.vals[k], o.vals[k]); d != 0 {
				return d
			}
		}
	}
	return 0
}

// jqOperate is an operator on two values.
func jqOperate(op gojq.Operator, l, r any) (any, error) {
	switch op {
	case gojq.OpEq:
		return jqCompare(l, r) == 0, nil
	case gojq.OpNe:
		return jqCompare(l, r) != 0, nil
	case gojq.OpLt:
		return jqCompare(l, r) < 0, nil
	case gojq.OpLe:
		return jqCompare(l, r) <= 0, nil
	case gojq.OpGt:
		return jqCompare(l, r) > 0, nil
	case gojq.OpGe:
		return jqCompare(l, r) >= 0, nil
	case gojq.OpAdd:
		return jqAdd(l, r)
	}
	a, okA := l.(float64)
	b, okB := r.(float64)
	num := okA && okB
	bad := func(what string) (any, error) {
		return nil, jqErrorf("%s and %s cannot be %s", jqShort(l), jqShort(r), what)
	}
	switch op {
	case gojq.OpSub:
		if num {
			return a - b, nil
		}
		x, okX := l.([]any)
		y, okY := r.([]any)
		if !okX || !okY {
			return bad("subtracted")
		}
		out := []any{}
		for _, v := range x {
			if !slices.ContainsFunc(y, func(w any) bool { return jqCompare(v, w) == 0 }) {
				out = append(out, v)
			}
		}
		return out, nil
	case gojq.OpMul:
		if num {
			return a * b, nil
		}
		if s, ok := l.(string); ok && okB {
			n := int(min(math.Ceil(b), 1<<20))
			if b <= 0 {
				return nil, nil
			}
			return strings.Repeat(s, max(n, 1)), nil
		}
		x, okX := l.(*jqObject)
		y, okY := r.(*jqObject)
		if okX && okY {
			return jqMerge(x, y), nil
		}
		return bad("multiplied")
	case gojq.OpDiv:
		if num {
			if b == 0 {
				return bad("divided because the divisor is zero")
			}
			return a / b, nil
		}
		s, okS := l.(string)
		sep, okT := r.(string)
		if okS && okT {
			return jqSplit(s, sep), nil
		}
		return bad("divided")
	case gojq.OpMod:
		if !num {
			return bad("divided (remainder)")
		}
		n := int64(b)
		if n == 0 {
			return bad("divided (remainder) because the divisor is zero")
		}
		if n < 0 {
			n = -n
		}
		return float64(int64(a) % n), nil
	}
	return nil, jqErrorf("not modelled: operator %s", op.String())
}

func jqSplit(s, sep string) []any {
	out := []any{}
	if s == "" {
		return out
	}
	for p := range strings.SplitSeq(s, sep) {
		out = append(out, p)
	}
	return out
}

func jqMerge(x, y *jqObject) *jqObject {
	o := x.clone()
	for _, k := range y.keys {
		a, okA := o.vals[k].(*jqObject)
		b, okB := y.vals[k].(*jqObject)
		if okA && okB {
			o.put(k, jqMerge(a, b))
		} else {
			o.put(k, y.vals[k])
		}
	}
	return o
}

func jqAdd(l, r any) (any, error) {
	if l == nil {
		return r, nil
	}
	if r == nil {
		return l, nil
	}
	switch a := l.(type) {
	case float64:
		if b, ok := r.(float64); ok {
			return a + b, nil
		}
	case string:
		if b, ok := r.(string); ok {
			if len(a)+len(b) > 64<<20 {
				return nil, jqErrorf("the string is too long")
			}
			return a + b, nil
		}
	case []any:
		if b, ok := r.([]any); ok {
			return slices.Concat(a, b), nil
		}
	case *jqObject:
		if b, ok := r.(*jqObject); ok {
			o := a.clone()
			for _, k := range b.keys {
				o.put(k, b.vals[k])
			}
			return o, nil
		}
	}
	return nil, jqErrorf("%s and %s cannot be added", jqShort(l), jqShort(r))
}

// jqBounds are the limits of a slice.
func jqBounds(key *jqObject, n int) (int, int, error) {
	at := func(v any, def int, up bool) (int, error) {
		if v == nil {
			return def, nil
		}
		f, ok := v.(float64)
		if !ok {
			return 0, jqErrorf("Start and end indices of an array slice must be numbers")
		}
		if up {
			f = math.Ceil(f)
		} else {
			f = math.Floor(f)
		}
		if f < 0 {
			f += float64(n)
		}
		return int(max(0, min(f, float64(n)))), nil
	}
	if _, ok := key.vals["start"]; !ok {
		return 0, 0, jqErrorf("Start and end indices of an array slice must be numbers")
	}
	from, err := at(key.vals["start"], 0, false)
	if err != nil {
		return 0, 0, err
	}
	to, err := at(key.vals["end"], n, true)
	return from, max(from, to), err
}

func jqIndex(v, key any) (any, error) {
	switch k := key.(type) {
	case string:
		switch v := v.(type) {
		case nil:
			return nil, nil
		case *jqObject:
			return v.vals[k], nil
		}
		return nil, jqErrorf("Cannot index %s with string %q", jqType(v), k)
	case float64:
		switch v := v.(type) {
		case nil:
			return nil, nil
		case []any:
			i := int(math.Floor(max(-1e9, min(k, 1e9))))
			if i < 0 {
				i += len(v)
			}
			if i < 0 || i >= len(v) {
				return nil, nil
			}
			return v[i], nil
		}
	case *jqObject:
		switch v := v.(type) {
		case nil:
			return nil, nil
		case []any:
			from, to, err := jqBounds(k, len(v))
			if err != nil {
				return nil, err
			}
			return slices.Clone(v[from:to]), nil
		case string:
			r := []rune(v)
			from, to, err := jqBounds(k, len(r))
			if err != nil {
				return nil, err
			}
			return string(r[from:to]), nil
		}
	case []any:
		if l, ok := v.([]any); ok {
			return jqIndices(l, k), nil
		}
	}
	return nil, jqErrorf("Cannot index %s with %s", jqType(v), jqType(key))
}

func jqIndices(l, k []any) []any {
	out := []any{}
	for i := 0; len(k) > 0 && i+len(k) <= len(l); i++ {
		if slices.CompareFunc(l[i:i+len(k)], k, jqCompare) == 0 {
			out = append(out, float64(i))
		}
	}
	return out
}

func jqGetPath(v any, path []any) (any, error) {
	for _, k := range path {
		if v == nil {
			return nil, nil
		}
		var err error
		if v, err = jqIndex(v, k); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// jqSetPath is v with x at a path.
func jqSetPath(v any, path []any, x any) (any, error) {
	if len(path) == 0 {
		return x, nil
	}
	old, err := jqIndex(v, path[0])
	if err != nil {
		return nil, err
	}
	x, err = jqSetPath(old, path[1:], x)
	if err != nil {
		return nil, err
	}
	switch k := path[0].(type) {
	case string:
		o := newJQObject()
		if has, ok := v.(*jqObject); ok {
			o = has.clone()
		}
		o.put(k, x)
		return o, nil
	case float64:
		l, _ := v.([]any)
		i := int(max(-1e9, min(k, 1e9)))
		if i < 0 {
			if i += len(l); i < 0 {
				return nil, jqErrorf("Out of bounds negative array index")
			}
		}
		if i > 1<<24 {
			return nil, jqErrorf("Array index too large")
		}
		l = slices.Clone(l)
		for len(l) <= i {
			l = append(l, nil)
		}
		l[i] = x
		return l, nil
	case *jqObject:
		l, _ := v.([]any)
		from, to, err := jqBounds(k, len(l))
		if err != nil {
			return nil, err
		}
		y, ok := x.([]any)
		if !ok {
			return nil, jqErrorf("A slice of an array can only be assigned another array")
		}
		return slices.Concat(l[:from], y, l[to:]), nil
	}
	return nil, jqErrorf("Invalid path component %s", jqShort(path[0]))
}

// jqDelPaths is v without what is at the paths, the last ones first.
func jqDelPaths(v any, paths []any) (any, error) {
	l := slices.Clone(paths)
	slices.SortStableFunc(l, func(a, b any) int { return jqCompare(b, a) })
	for _, p := range l {
		path, ok := p.([]any)
		if !ok {
			return nil, jqErrorf("Path must be specified as an array")
		}
		var err error
		if v, err = jqDelPath(v, path); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func jqDelPath(v any, path []any) (any, error) {
	if len(path) == 0 || v == nil {
		return nil, nil
	}
	old, err := jqIndex(v, path[0])
	if err != nil {
		return nil, err
	}
	if len(path) > 1 {
		if old == nil {
			return v, nil
		}
		x, err := jqDelPath(old, path[1:])
		if err != nil {
			return nil, err
		}
		return jqSetPath(v, path[:1], x)
	}
	switch k := path[0].(type) {
	case string:
		if o, ok := v.(*jqObject); ok {
			return o.without(k), nil
		}
	case float64:
		l, _ := v.([]any)
		i := int(max(-1e9, min(k, 1e9)))
		if i < 0 {
			i += len(l)
		}
		if i >= 0 && i < len(l) {
			return slices.Delete(slices.Clone(l), i, i+1), nil
		}
		return v, nil
	case *jqObject:
		l, _ := v.([]any)
		from, to, err := jqBounds(k, len(l))
		if err != nil {
			return nil, err
		}
		return slices.Delete(slices.Clone(l), from, to), nil
	}
	return v, nil
}

// jqFormat is @csv and the like.
func jqFormat(format string, v any) (string, error) {
	s := jqToString(v)
	switch format {
	case "@text":
		return s, nil
	case "@json":
		return jqCompact(v), nil
	case "@html":
		return strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "'", "&#39;", `"`, "&quot;").Replace(s), nil
	case "@uri":
		var b strings.Builder
		for i := range len(s) {
			if c := s[i]; c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		return b.String(), nil
	case "@base64":
		return base64.StdEncoding.EncodeToString([]byte(s)), nil
	case "@base64d":
		t := strings.TrimRight(s, "=")
		b, err := base64.RawStdEncoding.DecodeString(t)
		if err != nil {
			return "", jqErrorf("string (%s) trailing base64 byte found", jqCompact(s))
		}
		return string(b), nil
	case "@csv", "@tsv":
		l, ok := v.([]any)
		if !ok {
			return "", jqErrorf("%s cannot be %s-formatted, only array", jqShort(v), format[1:])
		}
		var parts []string
		for _, x := range l {
			switch x := x.(type) {
			case nil:
				parts = append(parts, "")
			case string:
				if format == "@csv" {
					parts = append(parts, `"`+strings.ReplaceAll(x, `"`, `""`)+`"`)
				} else {
					parts = append(parts, strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`, `\`, `\\`).Replace(x))
				}
			case bool, float64:
				parts = append(parts, jqCompact(x))
			default:
				return "", jqErrorf("%s is not valid in a csv row", jqShort(x))
			}
		}
		sep := ","
		if format == "@tsv" {
			sep = "\t"
		}
		return strings.Join(parts, sep), nil
	case "@sh":
		l, ok := v.([]any)
		if !ok {
			l = []any{v}
		}
		var parts []string
		for _, x := range l {
			switch x := x.(type) {
			case string:
				parts = append(parts, "'"+strings.ReplaceAll(x, "'", `'\''`)+"'")
			case []any, *jqObject:
				return "", jqErrorf("%s can not be escaped for shell", jqShort(x))
			default:
				parts = append(parts, jqCompact(x))
			}
		}
		return strings.Join(parts, " "), nil
	}
	return "", jqErrorf("%s is not a valid format", format[1:])
}

// builtin is a function of jq. Those that take filters come first; the others
// get the values of their arguments, every combination of them.
func (m *jqMachine) builtin(env *jqEnv, f *gojq.Func, in jqValue, out jqOut) error {
	give := func(v any) error { return out(jqValue{v: v}) }
	switch f.Name + "/" + strconv.Itoa(len(f.Args)) {
	case "empty/0":
		return nil
	case "recurse/0":
		return m.recurse(in, out)
	case "path/1":
		paths, err := m.paths(env, f.Args[0], in.v)
		for _, p := range paths {
			if err := give(slices.Clone(p)); err != nil {
				return err
			}
		}
		return err
	case "getpath/1":
		return m.eval(env, f.Args[0], jqValue{v: in.v}, func(p jqValue) error {
			path, ok := p.v.([]any)
			if !ok {
				return jqErrorf("Path must be specified as an array")
			}
			v, err := jqGetPath(in.v, path)
			if err != nil {
				return err
			}
			r := jqValue{v: v, at: in.at}
			if in.at {
				r.path = slices.Concat(in.path, path)
			}
			return out(r)
		})
	case "range/3":
		bounds := make([]float64, 3)
		var step func(i int) error
		step = func(i int) error {
			if i == 3 {
				for a := bounds[0]; bounds[2] > 0 && a < bounds[1] || bounds[2] < 0 && a > bounds[1]; a += bounds[2] {
					m.step(1)
					if err := give(a); err != nil {
						return err
					}
				}
				return nil
			}
			return m.eval(env, f.Args[i], jqValue{v: in.v}, func(x jqValue) error {
				n, ok := x.v.(float64)
				if !ok {
					return jqErrorf("Range bounds must be numeric")
				}
				bounds[i] = n
				return step(i + 1)
			})
		}
		return step(0)
	case "range/2":
		return m.eval(env, f.Args[1], jqValue{v: in.v}, func(end jqValue) error {
			return m.eval(env, f.Args[0], jqValue{v: in.v}, func(start jqValue) error {
				a, okA := start.v.(float64)
				b, okB := end.v.(float64)
				if !okA || !okB {
					return jqErrorf("Range bounds must be numeric")
				}
				for ; a < b; a++ {
					m.step(1)
					if err := give(a); err != nil {
						return err
					}
				}
				return nil
			})
		})
	case "until/2":
		return m.until(env, f.Args, in.v, out)
	case "debug/0":
		m.stderr(jqCompact([]any{"DEBUG:", in.v}) + "\n")
		return out(in)
	case "stderr/0":
		m.stderr(jqCompact(in.v))
		return out(in)
	case "inputs/0":
		for {
			v, ok, err := m.input()
			if err != nil || !ok {
				return err
			}
			if err := give(v); err != nil {
				return err
			}
		}
	case "input/0":
		v, ok, err := m.input()
		if err != nil {
			return err
		}
		if !ok {
			return jqErrorf("break")
		}
		return give(v)
	case "error/0":
		return &jqError{in.v}
	case "not/0":
		return give(!jqTruth(in.v))
	case "halt/0":
		return &jqHalt{quiet: true}
	}
	var step func(i int, args []any) error
	step = func(i int, args []any) error {
		if i < 0 {
			v, err := m.function(f.Name, in.v, args)
			if err != nil {
				return err
			}
			return give(v)
		}
		return m.eval(env, f.Args[i], jqValue{v: in.v}, func(x jqValue) error {
			l := slices.Clone(args)
			l[i] = x.v
			return step(i-1, l)
		})
	}
	return step(len(f.Args)-1, make([]any, len(f.Args)))
}

// until goes on from each result of its second filter until its first is true.
func (m *jqMachine) until(env *jqEnv, args []*gojq.Query, v any, out jqOut) error {
	for {
		m.step(1)
		conds, err := m.all(env, args[0], v)
		if err != nil || len(conds) == 0 {
			return err
		}
		if jqTruth(conds[0]) {
			return out(jqValue{v: v})
		}
		l, err := m.all(env, args[1], v)
		if err != nil || len(l) == 0 {
			return err
		}
		for _, x := range l[:len(l)-1] {
			if err := m.until(env, args, x, out); err != nil {
				return err
			}
		}
		v = l[len(l)-1]
	}
}

// function is a function of values.
func (m *jqMachine) function(name string, v any, args []any) (any, error) {
	m.step(1)
	switch name + "/" + strconv.Itoa(len(args)) {
	case "error/1":
		return nil, &jqError{args[0]}
	case "halt_error/1":
		n, ok := args[0].(float64)
		if !ok {
			return nil, jqErrorf("halt_error/1: number required")
		}
		return nil, &jqHalt{status: int(n), val: v}
	case "length/0":
		switch v := v.(type) {
		case nil:
			return 0.0, nil
		case float64:
			return math.Abs(v), nil
		case string:
			return float64(utf8.RuneCountInString(v)), nil
		case []any:
			return float64(len(v)), nil
		case *jqObject:
			return float64(len(v.keys)), nil
		}
		return nil, jqErrorf("%s has no length", jqShort(v))
	case "utf8bytelength/0":
		if s, ok := v.(string); ok {
			return float64(len(s)), nil
		}
		return nil, jqErrorf("%s only strings have UTF-8 byte length", jqShort(v))
	case "keys/0", "keys_unsorted/0":
		l := []any{}
		switch v := v.(type) {
		case []any:
			for i := range v {
				l = append(l, float64(i))
			}
			return l, nil
		case *jqObject:
			keys := v.keys
			if name == "keys" {
				keys = v.sorted()
			}
			for _, k := range keys {
				l = append(l, k)
			}
			return l, nil
		}
		return nil, jqErrorf("%s has no keys", jqShort(v))
	case "has/1":
		switch o := v.(type) {
		case *jqObject:
			if k, ok := args[0].(string); ok {
				_, has := o.vals[k]
				return has, nil
			}
		case []any:
			if k, ok := args[0].(float64); ok {
				return k >= 0 && k < float64(len(o)), nil
			}
		}
		return nil, jqErrorf("Cannot check whether %s has a %s key", jqType(v), jqType(args[0]))
	case "contains/1":
		if jqType(v) != jqType(args[0]) {
			return nil, jqErrorf("%s and %s cannot have their containment checked", jqShort(v), jqShort(args[0]))
		}
		return jqContains(v, args[0]), nil
	case "type/0":
		return jqType(v), nil
	case "tostring/0":
		return jqToString(v), nil
	case "tojson/0":
		return jqCompact(v), nil
	case "tonumber/0":
		switch x := v.(type) {
		case float64:
			return x, nil
		case string:
			r := jqReader{data: []byte(x)}
			n, err := r.next()
			if _, ok := n.(float64); err == nil && ok {
				return n, nil
			}
			return nil, jqErrorf("Invalid numeric literal at EOF at line 1, column %d (while parsing '%s')", len(x), x)
		}
		return nil, jqErrorf("%s cannot be parsed as a number", jqShort(v))
	case "fromjson/0":
		s, ok := v.(string)
		if !ok {
			return nil, jqErrorf("%s cannot be parsed as JSON", jqShort(v))
		}
		r := jqReader{data: []byte(s), inner: true}
		x, err := r.next()
		if err != nil {
			return nil, jqErrorf("%s (while parsing '%s')", err.Error(), s)
		}
		return x, nil
	case "sort/0", "_sort_by/1", "_group_by/1", "_min_by/1", "_max_by/1", "min/0", "max/0":
		return jqSorting(name, v, args)
	case "setpath/2":
		p, ok := args[0].([]any)
		if !ok {
			return nil, jqErrorf("Path must be specified as an array")
		}
		return jqSetPath(v, p, args[1])
	case "delpaths/1":
		p, ok := args[0].([]any)
		if !ok {
			return nil, jqErrorf("Paths must be specified as an array")
		}
		return jqDelPaths(v, p)
	case "format/1":
		s, _ := args[0].(string)
		return jqFormat("@"+s, v)
	case "floor/0", "ceil/0", "round/0", "trunc/0", "fabs/0", "sqrt/0", "log/0", "log2/0", "log10/0", "exp/0", "exp2/0", "exp10/0", "sin/0", "cos/0", "tan/0", "atan/0", "cbrt/0":
		f, ok := v.(float64)
		if !ok {
			return nil, jqErrorf("%s number required", jqShort(v))
		}
		return jqMath(name, f), nil
	case "pow/2", "fmin/2", "fmax/2", "fmod/2", "atan2/2":
		a, okA := args[0].(float64)
		b, okB := args[1].(float64)
		if !okA || !okB {
			return nil, jqErrorf("%s number required", jqShort(args[0]))
		}
		switch name {
		case "pow":
			return math.Pow(a, b), nil
		case "fmin":
			return min(a, b), nil
		case "fmax":
			return max(a, b), nil
		case "fmod":
			return math.Mod(a, b), nil
		}
		return math.Atan2(a, b), nil
	case "infinite/0":
		return math.Inf(1), nil
	case "nan/0":
		return math.NaN(), nil
	case "isinfinite/0", "isnan/0", "isnormal/0":
		f, ok := v.(float64)
		if !ok {
			if v == nil && name == "isinfinite" {
				return false, nil
			}
			return nil, jqErrorf("%s number required", jqShort(v))
		}
		switch name {
		case "isinfinite":
			return math.IsInf(f, 0), nil
		case "isnan":
			return math.IsNaN(f), nil
		}
		return f != 0 && !math.IsNaN(f) && !math.IsInf(f, 0), nil
	case "explode/0":
		s, ok := v.(string)
		if !ok {
			return nil, jqErrorf("explode input must be a string")
		}
		l := []any{}
		for _, r := range s {
			l = append(l, float64(r))
		}
		return l, nil
	case "implode/0":
		l, ok := v.([]any)
		if !ok {
			return nil, jqErrorf("implode input must be an array")
		}
		var b strings.Builder
		for _, x := range l {
			f, ok := x.(float64)
			if !ok {
				return nil, jqErrorf("Unicode codepoint must be numeric")
			}
			b.WriteRune(rune(f))
		}
		return b.String(), nil
	case "split/1":
		s, okS := v.(string)
		sep, okT := args[0].(string)
		if !okS || !okT {
			return nil, jqErrorf("split input and separator must be strings")
		}
		return jqSplit(s, sep), nil
	case "ltrimstr/1", "rtrimstr/1":
		s, okS := v.(string)
		x, okX := args[0].(string)
		switch {
		case !okS || !okX:
			return v, nil
		case name == "ltrimstr":
			return strings.TrimPrefix(s, x), nil
		}
		return strings.TrimSuffix(s, x), nil
	case "startswith/1", "endswith/1":
		s, okS := v.(string)
		x, okX := args[0].(string)
		switch {
		case !okS || !okX:
			return nil, jqErrorf("%s() requires string inputs", name)
		case name == "startswith":
			return strings.HasPrefix(s, x), nil
		}
		return strings.HasSuffix(s, x), nil
	case "indices/1":
		switch x := v.(type) {
		case nil:
			return nil, nil
		case string:
			sub, ok := args[0].(string)
			if !ok {
				return nil, jqErrorf("Cannot determine indices of %s in a string", jqType(args[0]))
			}
			l := []any{}
			for i := 0; sub != "" && i+len(sub) <= len(x); i++ {
				if x[i:i+len(sub)] == sub {
					l = append(l, float64(i))
				}
			}
			return l, nil
		case []any:
			if k, ok := args[0].([]any); ok {
				return jqIndices(x, k), nil
			}
			return jqIndices(x, []any{args[0]}), nil
		}
		return nil, jqErrorf("Cannot index %s with %s", jqType(v), jqType(args[0]))
	case "bsearch/1":
		l, ok := v.([]any)
		if !ok {
			return nil, jqErrorf("%s cannot be searched from", jqShort(v))
		}
		i, found := slices.BinarySearchFunc(l, args[0], jqCompare)
		if !found {
			return float64(-1 - i), nil
		}
		return float64(i), nil
	case "_match/3":
		return jqMatch(v, args)
	case "strftime/1", "strflocaltime/1":
		f, ok := args[0].(string)
		if !ok {
			return nil, jqErrorf("%s/1 requires a string format", name)
		}
		t, err := jqTime(name, v)
		if err != nil {
			return nil, err
		}
		return strftime(t, f), nil
	case "mktime/0":
		if _, ok := v.([]any); !ok {
			return nil, jqErrorf("mktime requires array inputs")
		}
		t, err := jqTime("mktime", v)
		return float64(t.Unix()), err
	case "gmtime/0", "localtime/0":
		f, ok := v.(float64)
		if !ok {
			return nil, jqErrorf("gmtime() requires a number")
		}
		return jqBroken(time.Unix(int64(math.Floor(f)), 0).UTC(), f-math.Floor(f)), nil
	case "strptime/1":
		s, okS := v.(string)
		f, okF := args[0].(string)
		if !okS || !okF {
			return nil, jqErrorf("strptime/1 requires string inputs and arguments")
		}
		t, ok := jqParseTime(s, f)
		if !ok {
			return nil, jqErrorf("date \"%s\" does not match format \"%s\"", s, f)
		}
		return jqBroken(t, 0), nil
	case "min_by/2":
		return nil, jqErrorf("not modelled: %s", name)
	}
	return m.host(name, v, args)
}

func jqContains(a, b any) bool {
	switch x := a.(type) {
	case *jqObject:
		y, ok := b.(*jqObject)
		if !ok {
			return false
		}
		for _, k := range y.keys {
			v, has := x.vals[k]
			if !has || !jqContains(v, y.vals[k]) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok {
			return false
		}
		for _, v := range y {
			if !slices.ContainsFunc(x, func(w any) bool { return jqContains(w, v) }) {
				return false
			}
		}
		return true
	case string:
		y, ok := b.(string)
		return ok && strings.Contains(x, y)
	}
	return jqCompare(a, b) == 0
}

func jqSorting(name string, v any, args []any) (any, error) {
	l, ok := v.([]any)
	if !ok {
		if name == "min" || name == "max" {
			return nil, jqErrorf("%s and %s cannot be iterated over", jqShort(v), jqShort(v))
		}
		return nil, jqErrorf("%s cannot be sorted, as it is not an array", jqShort(v))
	}
	keys := l
	if len(args) > 0 {
		keys, _ = args[0].([]any)
	}
	order := make([]int, len(l))
	for i := range order {
		order[i] = i
	}
	switch name {
	case "min", "_min_by", "max", "_max_by":
		if len(l) == 0 {
			return nil, nil
		}
		best := 0
		for i := range l {
			d := jqCompare(keys[i], keys[best])
			if strings.Contains(name, "min") && d < 0 || strings.Contains(name, "max") && d >= 0 {
				best = i
			}
		}
		return l[best], nil
	}
	slices.SortStableFunc(order, func(a, b int) int { return jqCompare(keys[a], keys[b]) })
	out := []any{}
	for i, n := range order {
		if name != "_group_by" {
			out = append(out, l[n])
			continue
		}
		if i == 0 || jqCompare(keys[order[i-1]], keys[n]) != 0 {
			out = append(out, []any{l[n]})
			continue
		}
		g, _ := out[len(out)-1].([]any)
		out[len(out)-1] = append(g, l[n])
	}
	return out, nil
}

func jqMath(name string, f float64) float64 {
	switch name {
	case "floor":
		return math.Floor(f)
	case "ceil":
		return math.Ceil(f)
	case "round":
		return math.Round(f)
	case "trunc":
		return math.Trunc(f)
	case "fabs":
		return math.Abs(f)
	case "sqrt":
		return math.Sqrt(f)
	case "log":
		return math.Log(f)
	case "log2":
		return math.Log2(f)
	case "log10":
		return math.Log10(f)
	case "exp":
		return math.Exp(f)
	case "exp2":
		return math.Exp2(f)
	case "exp10":
		return math.Pow(10, f)
	case "sin":
		return math.Sin(f)
	case "cos":
		return math.Cos(f)
	case "tan":
		return math.Tan(f)
	case "atan":
		return math.Atan(f)
	}
	return math.Cbrt(f)
}
