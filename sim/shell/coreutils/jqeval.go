package coreutils

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// jqObject is an object that keeps the order of its keys, as jq prints them. It
// is not changed once it is made.
type jqObject struct {
	keys []string
	vals map[string]any
}

func newJQObject() *jqObject { return &jqObject{vals: map[string]any{}} }

// put is for an object that nobody else has yet.
func (o *jqObject) put(k string, v any) {
	if _, ok := o.vals[k]; !ok {
		o.keys = append(o.keys, k)
	}
	o.vals[k] = v
}

func (o *jqObject) clone() *jqObject {
	n := &jqObject{slices.Clone(o.keys), make(map[string]any, len(o.vals)+1)}
	for _, k := range o.keys {
		n.vals[k] = o.vals[k]
	}
	return n
}

func (o *jqObject) without(k string) *jqObject {
	if _, ok := o.vals[k]; !ok {
		return o
	}
	n := o.clone()
	delete(n.vals, k)
	n.keys = slices.DeleteFunc(n.keys, func(x string) bool { return x == k })
	return n
}

func (o *jqObject) sorted() []string { return slices.Sorted(slices.Values(o.keys)) }

// jqError is what error raises: any value.
type jqError struct{ val any }

// Error is the message.
func (e *jqError) Error() string {
	if s, ok := e.val.(string); ok {
		return s
	}
	return jqCompact(e.val) + " (not a string)"
}

// jqBreak leaves a label.
type jqBreak struct{ env *jqEnv }

// Error is what stands where no label is.
func (*jqBreak) Error() string { return "break" }

// jqHalt ends the program.
type jqHalt struct {
	status int
	val    any
	quiet  bool
}

// Error is nothing.
func (*jqHalt) Error() string { return "halt" }

// jqCompileError is found before the filter runs.
type jqCompileError struct{ msg string }

// Error is the message.
func (e *jqCompileError) Error() string { return e.msg }

func jqErrorf(format string, args ...any) error { return &jqError{fmt.Sprintf(format, args...)} }

// jqValue is a value and, where paths are asked for, how it was reached.
type jqValue struct {
	v    any
	path []any
	at   bool // path counts
}

// jqOut takes the results of a filter; an error ends it.
type jqOut func(jqValue) error

// jqEnv is a chain of what names mean: a variable, a function, a label.
type jqEnv struct {
	up   *jqEnv
	name string // "$x", "f/1", "*label"
	val  any
	def  *gojq.FuncDef // a function of the filter
	body *gojq.Query   // an argument: a closure over env
	env  *jqEnv
}

func (e *jqEnv) find(name string) *jqEnv {
	for ; e != nil; e = e.up {
		if e.name == name {
			return e
		}
	}
	return nil
}

// tail is where a query goes that only calls a function of the filter without
// arguments, and the body: it takes the caller's place.
func (e *jqEnv) tail(q *gojq.Query) (*jqEnv, *gojq.Query) {
	if q.Term == nil || q.Term.Type != gojq.TermTypeFunc || len(q.Term.SuffixList) > 0 || len(q.Term.Func.Args) > 0 || q.Term.Func.Name[0] == '$' {
		return nil, nil
	}
	f := e.find(q.Term.Func.Name + "/0")
	switch {
	case f == nil:
		return nil, nil
	case f.body != nil:
		return f.env, f.body
	}
	return f.env, f.def.Body
}

// jqMachine evaluates filters. The parser is gojq's; values are nil, bool,
// float64, string, []any and *jqObject.
type jqMachine struct {
	step   func(n int)
	depth  int
	input  func() (any, bool, error)
	host   func(name string, in any, args []any) (any, error) // now, env, input_filename …
	stderr func(string)
}

const maxJQDepth = 60000

// eval runs a query on a value.
func (m *jqMachine) eval(env *jqEnv, q *gojq.Query, in jqValue, out jqOut) error {
	m.step(1)
	if m.depth++; m.depth > maxJQDepth {
		return jqErrorf("the filter is nested too deeply")
	}
	defer func() { m.depth-- }()
	for {
		for _, d := range q.FuncDefs {
			env = &jqEnv{up: env, name: d.Name + "/" + strconv.Itoa(len(d.Args)), def: d}
			env.env = env
		}
		next, body := env.tail(q)
		if body == nil {
			break
		}
		m.step(1)
		env, q = next, body
	}
	if q.Term != nil {
		return m.term(env, q.Term, in, out)
	}
	switch q.Op {
	case gojq.OpPipe:
		if len(q.Patterns) > 0 {
			return m.bindPatterns(env, q.Left, q.Patterns, q.Right, in, out)
		}
		return m.eval(env, q.Left, in, func(v jqValue) error { return m.eval(env, q.Right, v, out) })
	case gojq.OpComma:
		if err := m.eval(env, q.Left, in, out); err != nil {
			return err
		}
		return m.eval(env, q.Right, in, out)
	case gojq.OpAlt:
		return m.alternative(env, q, in, out)
	case gojq.OpAnd, gojq.OpOr:
		return m.eval(env, q.Left, jqValue{v: in.v}, func(l jqValue) error {
			if jqTruth(l.v) != (q.Op == gojq.OpAnd) {
				return out(jqValue{v: q.Op == gojq.OpOr})
			}
			return m.eval(env, q.Right, jqValue{v: in.v}, func(r jqValue) error { return out(jqValue{v: jqTruth(r.v)}) })
		})
	case gojq.OpAssign, gojq.OpModify, gojq.OpUpdateAdd, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv, gojq.OpUpdateMod, gojq.OpUpdateAlt:
		return m.update(env, q, in, out)
	}
	plain := jqValue{v: in.v}
	return m.eval(env, q.Right, plain, func(r jqValue) error {
		return m.eval(env, q.Left, plain, func(l jqValue) error {
			v, err := jqOperate(q.Op, l.v, r.v)
			if err != nil {
				return err
			}
			return out(jqValue{v: v})
		})
	})
}

func (m *jqMachine) bindPatterns(env *jqEnv, source *gojq.Query, patterns []*gojq.Pattern, body *gojq.Query, in jqValue, out jqOut) error {
	if len(patterns) > 1 {
		return &jqCompileError{"not modelled: ?// in a pattern"}
	}
	return m.eval(env, source, jqValue{v: in.v}, func(v jqValue) error {
		return m.destructure(env, patterns[0], v.v, func(env *jqEnv) error { return m.eval(env, body, in, out) })
	})
}

// destructure binds the variables of a pattern.
func (m *jqMachine) destructure(env *jqEnv, p *gojq.Pattern, v any, next func(*jqEnv) error) error {
	switch {
	case p.Name != "":
		return next(&jqEnv{up: env, name: p.Name, val: v})
	case p.Array != nil:
		if _, ok := v.([]any); v != nil && !ok {
			return jqErrorf("Cannot index %s with number", jqType(v))
		}
		var step func(env *jqEnv, i int) error
		step = func(env *jqEnv, i int) error {
			if i == len(p.Array) {
				return next(env)
			}
			x, err := jqIndex(v, float64(i))
			if err != nil {
				return err
			}
			return m.destructure(env, p.Array[i], x, func(env *jqEnv) error { return step(env, i+1) })
		}
		return step(env, 0)
	}
	var step func(env *jqEnv, i int) error
	step = func(env *jqEnv, i int) error {
		if i == len(p.Object) {
			return next(env)
		}
		o := p.Object[i]
		with := func(env *jqEnv, key any) error {
			x, err := jqIndex(v, key)
			if err != nil {
				return err
			}
			if strings.HasPrefix(o.Key, "$") {
				env = &jqEnv{up: env, name: o.Key, val: x}
			}
			if o.Val == nil {
				return step(env, i+1)
			}
			return m.destructure(env, o.Val, x, func(env *jqEnv) error { return step(env, i+1) })
		}
		switch {
		case o.Key != "":
			return with(env, strings.TrimPrefix(o.Key, "$"))
		case o.KeyString != nil:
			return m.str(env, o.KeyString, "", jqValue{v: v}, func(k jqValue) error { return with(env, k.v) })
		default:
			return m.eval(env, o.KeyQuery, jqValue{v: v}, func(k jqValue) error { return with(env, k.v) })
		}
	}
	return step(env, 0)
}

func (m *jqMachine) alternative(env *jqEnv, q *gojq.Query, in jqValue, out jqOut) error {
	any := false
	var stop error
	err := m.eval(env, q.Left, in, func(v jqValue) error {
		if !jqTruth(v.v) {
			return nil
		}
		any = true
		stop = out(v)
		return stop
	})
	if err != nil && err == stop { //nolint:errorlint // the very same
		return err
	}
	var e *jqError
	if err != nil && !(errors.As(err, &e) && e.val == nil) { // unlike ?, it stops no error
		return err
	}
	if any {
		return nil
	}
	return m.eval(env, q.Right, in, out)
}

// update is = |= += and the like.
func (m *jqMachine) update(env *jqEnv, q *gojq.Query, in jqValue, out jqOut) error {
	if q.Op == gojq.OpModify {
		v := in.v
		paths, err := m.paths(env, q.Left, in.v)
		if err != nil {
			return err
		}
		for _, p := range paths {
			old, err := jqGetPath(v, p)
			if err != nil {
				return err
			}
			found := false
			err = m.first(env, q.Right, old, func(x any) (err error) {
				found = true
				v, err = jqSetPath(v, p, x)
				return err
			})
			if err != nil {
				return err
			}
			if !found {
				if v, err = jqDelPaths(v, []any{p}); err != nil {
					return err
				}
			}
		}
		return out(jqValue{v: v})
	}
	return m.eval(env, q.Right, jqValue{v: in.v}, func(r jqValue) error {
		paths, err := m.paths(env, q.Left, in.v)
		if err != nil {
			return err
		}
		v := in.v
		for _, p := range paths {
			x := r.v
			if q.Op != gojq.OpAssign {
				old, err := jqGetPath(v, p)
				if err != nil {
					return err
				}
				if q.Op == gojq.OpUpdateAlt {
					if jqTruth(old) {
						x = old
					}
				} else if x, err = jqOperate(map[gojq.Operator]gojq.Operator{gojq.OpUpdateAdd: gojq.OpAdd, gojq.OpUpdateSub: gojq.OpSub,
					gojq.OpUpdateMul: gojq.OpMul, gojq.OpUpdateDiv: gojq.OpDiv, gojq.OpUpdateMod: gojq.OpMod}[q.Op], old, r.v); err != nil {
					return err
				}
			}
			if v, err = jqSetPath(v, p, x); err != nil {
				return err
			}
		}
		return out(jqValue{v: v})
	})
}

// errJQStop ends a filter whose further results are not wanted.
var errJQStop = errors.New("enough")

func (m *jqMachine) first(env *jqEnv, q *gojq.Query, in any, f func(any) error) error {
	var failed error
	err := m.eval(env, q, jqValue{v: in}, func(v jqValue) error {
		failed = f(v.v)
		return errJQStop
	})
	if err == errJQStop { //nolint:errorlint // our own value
		return failed
	}
	return err
}

// paths are what a path expression names.
func (m *jqMachine) paths(env *jqEnv, q *gojq.Query, in any) (l [][]any, err error) {
	err = m.eval(env, q, jqValue{v: in, at: true}, func(v jqValue) error {
		if !v.at {
			return jqErrorf("Invalid path expression with result %s", jqCompact(v.v))
		}
		l = append(l, v.path)
		return nil
	})
	return l, err
}

func (m *jqMachine) all(env *jqEnv, q *gojq.Query, in any) (l []any, err error) {
	l = []any{}
	err = m.eval(env, q, jqValue{v: in}, func(v jqValue) error {
		l = append(l, v.v)
		return nil
	})
	return l, err
}

// term is a term and its suffixes.
func (m *jqMachine) term(env *jqEnv, t *gojq.Term, in jqValue, out jqOut) error {
	if n := len(t.SuffixList); n > 0 {
		s := t.SuffixList[n-1]
		base := *t
		base.SuffixList = t.SuffixList[:n-1]
		switch {
		case s.Index != nil:
			return m.index(env, &base, s.Index, in, out)
		case s.Iter:
			return m.term(env, &base, in, func(v jqValue) error { return m.iterate(v, out) })
		default:
			return m.try(env, &gojq.Try{Body: &gojq.Query{Term: &base}}, in, out)
		}
	}
	switch t.Type {
	case gojq.TermTypeIdentity:
		return out(in)
	case gojq.TermTypeRecurse:
		return m.recurse(in, out)
	case gojq.TermTypeNull:
		return out(jqValue{})
	case gojq.TermTypeTrue:
		return out(jqValue{v: true})
	case gojq.TermTypeFalse:
		return out(jqValue{v: false})
	case gojq.TermTypeIndex:
		return m.index(env, &gojq.Term{Type: gojq.TermTypeIdentity}, t.Index, in, out)
	case gojq.TermTypeFunc:
		return m.call(env, t.Func, in, out)
	case gojq.TermTypeObject:
		return m.object(env, t.Object.KeyVals, newJQObject(), in.v, out)
	case gojq.TermTypeArray:
		l := []any{}
		if t.Array.Query != nil {
			var err error
			if l, err = m.all(env, t.Array.Query, in.v); err != nil {
				return err
			}
		}
		return out(jqValue{v: l})
	case gojq.TermTypeNumber:
		f, err := strconv.ParseFloat(t.Number, 64)
		if err != nil && !math.IsInf(f, 0) {
			return jqErrorf("invalid number %s", t.Number)
		}
		return out(jqValue{v: f})
	case gojq.TermTypeUnary:
		return m.term(env, t.Unary.Term, jqValue{v: in.v}, func(v jqValue) error {
			f, ok := v.v.(float64)
			if !ok {
				return jqErrorf("%s cannot be negated", jqShort(v.v))
			}
			if t.Unary.Op == gojq.OpSub {
				f = -f
			}
			return out(jqValue{v: f})
		})
	case gojq.TermTypeFormat:
		if t.Str != nil {
			return m.str(env, t.Str, t.Format, in, out)
		}
		s, err := jqFormat(t.Format, in.v)
		if err != nil {
			return err
		}
		return out(jqValue{v: s})
	case gojq.TermTypeString:
		return m.str(env, t.Str, "", in, out)
	case gojq.TermTypeIf:
		return m.cond(env, t.If.Cond, t.If.Then, t.If.Elif, t.If.Else, in, out)
	case gojq.TermTypeTry:
		return m.try(env, t.Try, in, out)
	case gojq.TermTypeReduce:
		return m.reduce(env, t.Reduce, in, out)
	case gojq.TermTypeForeach:
		return m.foreach(env, t.Foreach, in, out)
	case gojq.TermTypeLabel:
		label := &jqEnv{up: env, name: "*" + t.Label.Ident}
		err := m.eval(label, t.Label.Body, in, out)
		var b *jqBreak
		if errors.As(err, &b) && b.env == label {
			return nil
		}
		return err
	case gojq.TermTypeBreak:
		return &jqBreak{env.find("*" + t.Break)}
	case gojq.TermTypeQuery:
		return m.eval(env, t.Query, in, out)
	}
	return jqErrorf("not modelled: %s", t.String())
}

func (m *jqMachine) cond(env *jqEnv, cond, then *gojq.Query, elif []*gojq.IfElif, otherwise *gojq.Query, in jqValue, out jqOut) error {
	return m.eval(env, cond, jqValue{v: in.v}, func(v jqValue) error {
		switch {
		case jqTruth(v.v):
			return m.eval(env, then, in, out)
		case len(elif) > 0:
			return m.cond(env, elif[0].Cond, elif[0].Then, elif[1:], otherwise, in, out)
		case otherwise != nil:
			return m.eval(env, otherwise, in, out)
		}
		return out(in)
	})
}

func (m *jqMachine) try(env *jqEnv, t *gojq.Try, in jqValue, out jqOut) error {
	var stop error
	err := m.eval(env, t.Body, in, func(v jqValue) error {
		stop = out(v)
		return stop
	})
	if err == nil || err == stop { //nolint:errorlint // the very same
		return err
	}
	var e *jqError
	if !errors.As(err, &e) {
		return err
	}
	if t.Catch == nil {
		return nil
	}
	return m.eval(env, t.Catch, jqValue{v: e.val}, out)
}

func (m *jqMachine) reduce(env *jqEnv, r *gojq.Reduce, in jqValue, out jqOut) error {
	return m.eval(env, r.Start, jqValue{v: in.v}, func(acc jqValue) error {
		state := acc.v
		err := m.eval(env, r.Query, jqValue{v: in.v}, func(v jqValue) error {
			return m.destructure(env, r.Patterns[0], v.v, func(env *jqEnv) error {
				next := any(nil)
				err := m.eval(env, r.Update, jqValue{v: state}, func(v jqValue) error {
					next = v.v
					return nil
				})
				state = next
				return err
			})
		})
		if err != nil {
			return err
		}
		return out(jqValue{v: state})
	})
}

func (m *jqMachine) foreach(env *jqEnv, f *gojq.Foreach, in jqValue, out jqOut) error {
	return m.eval(env, f.Start, jqValue{v: in.v}, func(acc jqValue) error {
		state := acc.v
		return m.eval(env, f.Query, jqValue{v: in.v}, func(v jqValue) error {
			return m.destructure(env, f.Patterns[0], v.v, func(env *jqEnv) error {
				return m.eval(env, f.Update, jqValue{v: state}, func(v jqValue) error {
					state = v.v
					if f.Extract == nil {
						return out(jqValue{v: v.v})
					}
					return m.eval(env, f.Extract, jqValue{v: v.v}, out)
				})
			})
		})
	})
}

// iterate is .[].
func (m *jqMachine) iterate(v jqValue, out jqOut) error {
	each := func(key, x any) error {
		r := jqValue{v: x, at: v.at}
		if v.at {
			r.path = append(slices.Clip(v.path), key)
		}
		return out(r)
	}
	switch l := v.v.(type) {
	case []any:
		for i, x := range l {
			if err := each(float64(i), x); err != nil {
				return err
			}
		}
	case *jqObject:
		for _, k := range l.keys {
			if err := each(k, l.vals[k]); err != nil {
				return err
			}
		}
	default:
		return jqErrorf("Cannot iterate over %s", jqShort(v.v))
	}
	return nil
}

func (m *jqMachine) recurse(v jqValue, out jqOut) error {
	m.step(1)
	if err := out(v); err != nil {
		return err
	}
	switch v.v.(type) {
	case []any, *jqObject:
		return m.iterate(v, func(x jqValue) error { return m.recurse(x, out) })
	}
	return nil
}

// index is .a, .[1] and .[1:2].
func (m *jqMachine) index(env *jqEnv, base *gojq.Term, x *gojq.Index, in jqValue, out jqOut) error {
	return m.term(env, base, in, func(v jqValue) error {
		get := func(key any) error {
			r, err := jqIndex(v.v, key)
			if err != nil {
				return err
			}
			res := jqValue{v: r, at: v.at}
			if v.at {
				res.path = append(slices.Clip(v.path), key)
			}
			return out(res)
		}
		plain := jqValue{v: in.v}
		switch {
		case x.Name != "":
			return get(x.Name)
		case x.Str != nil:
			return m.str(env, x.Str, "", plain, func(k jqValue) error { return get(k.v) })
		case !x.IsSlice:
			return m.eval(env, x.Start, plain, func(k jqValue) error { return get(k.v) })
		}
		opt := func(q *gojq.Query, f func(any) error) error {
			if q == nil {
				return f(nil)
			}
			return m.eval(env, q, plain, func(k jqValue) error { return f(k.v) })
		}
		return opt(x.End, func(end any) error {
			return opt(x.Start, func(start any) error {
				o := newJQObject()
				o.put("start", start)
				o.put("end", end)
				return get(o)
			})
		})
	})
}

// object builds an object: every combination of its keys and values.
func (m *jqMachine) object(env *jqEnv, l []*gojq.ObjectKeyVal, done *jqObject, in any, out jqOut) error {
	if len(l) == 0 {
		return out(jqValue{v: done})
	}
	kv := l[0]
	with := func(key, val any) error {
		s, ok := key.(string)
		if !ok {
			return jqErrorf("Object keys must be strings")
		}
		o := done.clone()
		o.put(s, val)
		return m.object(env, l[1:], o, in, out)
	}
	vals := func(key any) error {
		if kv.Val != nil {
			return m.eval(env, kv.Val, jqValue{v: in}, func(v jqValue) error { return with(key, v.v) })
		}
		if strings.HasPrefix(kv.Key, "$") {
			return m.call(env, &gojq.Func{Name: kv.Key}, jqValue{v: in}, func(v jqValue) error { return with(key, v.v) })
		}
		v, err := jqIndex(in, key)
		if err != nil {
			return err
		}
		return with(key, v)
	}
	switch {
	case kv.Key != "":
		if kv.Key[0] == '$' && kv.Val != nil {
			return m.call(env, &gojq.Func{Name: kv.Key}, jqValue{v: in}, func(v jqValue) error { return vals(v.v) })
		}
		return vals(strings.TrimPrefix(kv.Key, "$"))
	case kv.KeyString != nil:
		return m.str(env, kv.KeyString, "", jqValue{v: in}, func(v jqValue) error { return vals(v.v) })
	default:
		return m.eval(env, kv.KeyQuery, jqValue{v: in}, func(v jqValue) error { return vals(v.v) })
	}
}

// str is a string with filters in it.
func (m *jqMachine) str(env *jqEnv, s *gojq.String, format string, in jqValue, out jqOut) error {
	if s.Queries == nil {
		return out(jqValue{v: s.Str})
	}
	var step func(i int, tail string) error
	step = func(i int, tail string) error { // from the end, as jq goes through combinations
		if i < 0 {
			return out(jqValue{v: tail})
		}
		q := s.Queries[i]
		if q.Term != nil && q.Term.Str != nil && q.Term.Type == gojq.TermTypeString && q.Term.Str.Queries == nil {
			return step(i-1, q.Term.Str.Str+tail)
		}
		return m.eval(env, q, jqValue{v: in.v}, func(v jqValue) error {
			t := jqToString(v.v)
			if format != "" {
				var err error
				if t, err = jqFormat(format, v.v); err != nil {
					return err
				}
			}
			return step(i-1, t+tail)
		})
	}
	return step(len(s.Queries)-1, "")
}

// call is a variable, a function of the filter or of jq.
func (m *jqMachine) call(env *jqEnv, f *gojq.Func, in jqValue, out jqOut) error {
	if strings.HasPrefix(f.Name, "$") {
		e := env.find(f.Name)
		if e == nil {
			v, err := m.host(f.Name, nil, nil)
			if err != nil {
				return err
			}
			return out(jqValue{v: v})
		}
		return out(jqValue{v: e.val})
	}
	if e := env.find(f.Name + "/" + strconv.Itoa(len(f.Args))); e != nil {
		if e.body != nil {
			return m.eval(e.env, e.body, in, out)
		}
		inner := e.env
		var step func(inner *jqEnv, i int) error
		step = func(inner *jqEnv, i int) error {
			if i == len(f.Args) {
				return m.eval(inner, e.def.Body, in, out)
			}
			name := e.def.Args[i]
			if v, ok := strings.CutPrefix(name, "$"); ok {
				return m.eval(env, f.Args[i], jqValue{v: in.v}, func(x jqValue) error {
					q := &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name}}}
					n := &jqEnv{up: inner, name: name, val: x.v}
					n = &jqEnv{up: n, name: v + "/0", body: q, env: n}
					return step(n, i+1)
				})
			}
			return step(&jqEnv{up: inner, name: name + "/0", body: f.Args[i], env: env}, i+1)
		}
		return step(inner, 0)
	}
	return m.builtin(env, f, in, out)
}
