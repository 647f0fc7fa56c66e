package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// decl is one operand of declare, export, readonly or local.
type decl struct {
	name   string
	index  string
	elem   bool
	val    string
	hasVal bool
	more   bool // +=
	array  *syntax.ArrayExpr
}

// declFlags are the options of declare.
type declFlags struct {
	on, off             string // letters set with - and with +
	print, funcs, names bool
	global              bool
}

func (f *declFlags) add(opt string) bool {
	for _, c := range opt[1:] {
		switch c {
		case 'p':
			f.print = true
		case 'f':
			f.funcs = true
		case 'F':
			f.funcs, f.names = true, true
		case 'g':
			f.global = true
		case 'a', 'A', 'i', 'l', 'u', 'n', 'r', 'x', 't':
			if opt[0] == '-' {
				f.on += string(c)
			} else {
				f.off += string(c)
			}
		case 'I':
		default:
			return false
		}
	}
	return true
}

// declClause runs declare and its relatives as the parser found them.
func (in *interp) declClause(c *syntax.DeclClause) {
	variant := c.Variant.Value
	var flags declFlags
	var l []decl
	operands := false
	in.substStatus = -1
	word := func(s string) bool {
		if !operands && len(s) > 1 && (s[0] == '-' || s[0] == '+') {
			if s == "--" {
				operands = true
				return true
			}
			if !flags.add(s) {
				in.errf("%s: %s: invalid option", variant, s[:2])
				in.setStatus(2)
				return false
			}
			return true
		}
		operands = true
		l = append(l, parseDecl(s))
		return true
	}
	for _, a := range c.Args {
		if a.Naked && a.Name == nil {
			fields, err := in.fieldsOf([]*syntax.Word{a.Value})
			if err != nil {
				in.fail(err)
			}
			for _, s := range fields {
				if !word(s) {
					return
				}
			}
			continue
		}
		operands = true
		d := decl{name: a.Name.Value, more: a.Append, array: a.Array}
		var err error
		if a.Index != nil {
			d.elem = true
			if d.index, err = in.subscript(d.name, a.Index); err != nil {
				in.fail(err)
			}
		}
		if !a.Naked && a.Array == nil {
			d.hasVal = true
			if d.val, err = in.assigned(a.Value); err != nil {
				in.fail(err)
			}
		}
		l = append(l, d)
	}
	if in.opts.xtrace {
		words := []string{variant}
		for _, f := range []struct{ sign, letters string }{{"-", flags.on}, {"+", flags.off}} {
			if f.letters != "" {
				words = append(words, f.sign+f.letters)
			}
		}
		for _, d := range l {
			s := d.name
			if d.hasVal {
				s += "=" + d.val
			}
			words = append(words, s)
		}
		in.traceWords(words)
	}
	in.setStatus(in.declare(variant, flags, l))
}

// parseDecl takes a word apart that was not written as an assignment.
func parseDecl(s string) decl {
	name, val, ok := strings.Cut(s, "=")
	d := decl{name: name, val: val, hasVal: ok}
	if ok {
		d.name, d.more = strings.CutSuffix(d.name, "+")
	}
	if base, idx, ok := splitElement(d.name); ok {
		d.name, d.index, d.elem = base, idx, true
	}
	return d
}

// declBuiltin is declare called in a way that the parser does not see.
func declBuiltin(in *interp, args []string) int {
	var flags declFlags
	i := 1
	for ; i < len(args) && len(args[i]) > 1 && (args[i][0] == '-' || args[i][0] == '+'); i++ {
		if args[i] == "--" {
			i++
			break
		}
		if !flags.add(args[i]) {
			in.errf("%s: %s: invalid option", args[0], args[i][:2])
			return 2
		}
	}
	var l []decl
	for _, s := range args[i:] {
		l = append(l, parseDecl(s))
	}
	return in.declare(args[0], flags, l)
}

func (in *interp) declare(variant string, flags declFlags, l []decl) int {
	local := false
	switch variant {
	case "export":
		if strings.Contains(flags.on, "n") {
			flags.on, flags.off = strings.ReplaceAll(flags.on, "n", ""), flags.off+"x"
		} else {
			flags.on += "x"
		}
	case "readonly":
		flags.on += "r"
	case "nameref":
		flags.on += "n"
	case "local":
		if len(in.calls) == 0 {
			in.errf("local: can only be used in a function")
			return 1
		}
		local = true
	default:
		local = len(in.calls) > 0 && !flags.global
	}
	if flags.funcs {
		return in.declFuncs(variant, flags, l)
	}
	if len(l) == 0 {
		return in.declPrintAll(variant, flags, local && variant == "local")
	}
	if flags.print {
		status := 0
		for _, d := range l {
			v := in.findRaw(d.name)
			if v == nil {
				if sv, ok := in.special(d.name); ok {
					v = sv
				}
			}
			if v == nil {
				in.errf("%s: %s: not found", variant, d.name)
				status = 1
				continue
			}
			in.out(declText(d.name, v))
		}
		return status
	}
	status := 0
	for _, d := range l {
		if !validName(d.name) {
			s := d.name
			if d.hasVal {
				s += "=" + d.val
			}
			in.errf("%s: `%s': not a valid identifier", variant, s)
			status = 1
			continue
		}
		if err := in.declare1(variant, flags, d, local); err != nil {
			in.errf("%s", err.Error())
			status = 1
		}
	}
	return status
}

// declare1 declares one name.
func (in *interp) declare1(variant string, flags declFlags, d decl, local bool) error {
	nameref := strings.Contains(flags.on, "n")
	var v *variable
	switch {
	case local:
		sc := in.localScope()
		v = sc.vars[d.name]
		if v == nil {
			v = &variable{}
			if old := in.findRaw(d.name); old != nil && old.readonly {
				return in.errorf("%s: %s: readonly variable", variant, d.name)
			}
			if t := in.tempVar(d.name); t != nil { // x=1 f: local x keeps it
				*v = *t
			}
			sc.vars[d.name] = v
		}
	case flags.global:
		v = in.scopes[0].vars[d.name]
		if v == nil {
			v = &variable{}
			in.scopes[0].vars[d.name] = v
		}
	default:
		v = in.findRaw(d.name)
		if v != nil && v.nameref && !nameref {
			v = in.find(d.name)
		}
		if v == nil {
			v = &variable{}
			in.scopes[0].vars[d.name] = v
		}
	}
	writes := d.hasVal || d.array != nil
	if v.readonly && (writes || strings.Contains(flags.off, "r")) {
		return in.errorf("%s: readonly variable", d.name)
	}
	if err := in.changeKind(v, flags, d, variant); err != nil {
		return err
	}
	v.integer = v.integer && !strings.Contains(flags.off, "i") || strings.Contains(flags.on, "i")
	if strings.Contains(flags.on, "l") {
		v.lower, v.upper = true, false
	}
	if strings.Contains(flags.on, "u") {
		v.lower, v.upper = false, true
	}
	if nameref {
		v.nameref = true
		if d.hasVal {
			if base, _, ok := splitElement(d.val); !validName(d.val) && !(ok && validName(base)) {
				return in.errorf("%s: `%s': invalid variable name for name reference", variant, d.val)
			}
			if d.val == d.name {
				return in.errorf("%s: %s: nameref variable self references not allowed", variant, d.name)
			}
			v.str, v.set = d.val, true
		}
		return nil
	}
	if strings.Contains(flags.off, "n") {
		v.nameref = false
	}
	var err error
	switch {
	case d.array != nil:
		err = in.assignArray(v, d.name, d.array, d.more)
	case d.hasVal && (d.elem || v.kind != scalar):
		index := d.index
		if !d.elem {
			index = "0"
		}
		err = in.putElement(v, d.name, index, d.val, d.more)
	case d.hasVal:
		val := d.val
		if d.more {
			val, err = in.appendValue(v, v.str, val)
		} else {
			val, err = in.convert(v, val)
		}
		if err == nil {
			err = in.account(len(val))
		}
		if !local && in.dynamic[d.name] {
			in.assignSpecial(d.name, val)
		}
		v.str, v.set = val, true
	}
	v.readonly = v.readonly || strings.Contains(flags.on, "r")
	if strings.Contains(flags.on, "x") {
		v.exported = true
	}
	if strings.Contains(flags.off, "x") {
		v.exported = false
	}
	return err
}

// changeKind makes an array of a variable where -a, -A or (…) ask for it.
func (in *interp) changeKind(v *variable, flags declFlags, d decl, variant string) error {
	wantAssoc := strings.Contains(flags.on, "A")
	wantIndexed := strings.Contains(flags.on, "a") || d.array != nil && v.kind == scalar && !wantAssoc
	switch {
	case wantAssoc && v.kind == indexed:
		return in.errorf("%s: %s: cannot convert indexed to associative array", variant, d.name)
	case strings.Contains(flags.on, "a") && v.kind == assoc:
		return in.errorf("%s: %s: cannot convert associative to indexed array", variant, d.name)
	case wantAssoc && v.kind == scalar:
		v.kind, v.m = assoc, newTable()
		if v.set {
			v.m.put("0", v.str)
		}
		v.str = ""
	case wantIndexed && v.kind == scalar:
		v.kind, v.arr = indexed, &array{}
		if v.set && d.array == nil {
			v.arr.put(0, v.str)
		}
		v.str = ""
	}
	return nil
}

// localScope is the scope of the function that runs.
func (in *interp) localScope() *scope {
	for i := len(in.scopes) - 1; i > 0; i-- {
		if !in.scopes[i].temp {
			return in.scopes[i]
		}
	}
	return in.scopes[0]
}

// tempVar is a variable that was assigned before the function that runs.
func (in *interp) tempVar(name string) *variable {
	for i := len(in.scopes) - 1; i > 0; i-- {
		if !in.scopes[i].temp {
			if in.scopes[i-1].temp {
				return in.scopes[i-1].vars[name]
			}
			return nil
		}
	}
	return nil
}

// declText is a line of declare -p.
func declText(name string, v *variable) string {
	f := v.flags()
	if f == "" {
		f = "-"
	}
	switch {
	case !v.set:
		return fmt.Sprintf("declare -%s %s\n", f, name)
	case v.kind != scalar:
		return fmt.Sprintf("declare -%s %s=%s\n", f, name, compound(v))
	}
	return fmt.Sprintf("declare -%s %s=%s\n", f, name, quoteDouble(v.str))
}

func (in *interp) declPrintAll(variant string, flags declFlags, local bool) int {
	for _, name := range in.names() {
		v := in.findRaw(name)
		switch {
		case variant == "export" && !v.exported, variant == "readonly" && !v.readonly,
			strings.Contains(flags.on, "a") && v.kind != indexed, strings.Contains(flags.on, "A") && v.kind != assoc,
			strings.Contains(flags.on, "i") && !v.integer, strings.Contains(flags.on, "x") && !v.exported, strings.Contains(flags.on, "n") && !v.nameref:
			continue
		case local && in.localScope().vars[name] == nil:
			continue
		}
		if flags.print || variant != "declare" && variant != "local" && variant != "typeset" || flags.on != "" {
			in.out(declText(name, v))
		} else if v.set && v.kind == scalar {
			in.out(name + "=" + quoteTraceAssign(v.str) + "\n")
		} else if v.set {
			in.out(name + "=" + compound(v) + "\n")
		}
	}
	return 0
}

// quoteTraceAssign is how set prints a value: nothing for nothing.
func quoteTraceAssign(s string) string {
	if s == "" {
		return ""
	}
	return quoteTrace(s)
}

func (in *interp) declFuncs(variant string, flags declFlags, l []decl) int {
	if len(l) == 0 {
		for _, name := range sortedKeys(in.funcs) {
			if strings.Contains(flags.on, "x") && !in.funcs[name].exported || strings.Contains(flags.on, "r") && !in.funcs[name].readonly {
				continue
			}
			if flags.names {
				in.out("declare -" + in.funcs[name].flags() + " " + name + "\n")
			} else {
				in.out(in.funcText(name, flags.print))
			}
		}
		return 0
	}
	status := 0
	for _, d := range l {
		switch {
		case in.funcs[d.name] == nil:
			if variant != "declare" && variant != "typeset" && variant != "local" {
				in.errf("%s: %s: not a function", variant, d.name)
			}
			status = 1
		case strings.ContainsAny(flags.on+flags.off, "xr"):
			f := *in.funcs[d.name]
			f.exported = (f.exported || strings.Contains(flags.on, "x")) && !strings.Contains(flags.off, "x")
			f.readonly = f.readonly || strings.Contains(flags.on, "r")
			in.funcs[d.name] = &f
		case flags.names:
			in.out(d.name + "\n")
		default:
			in.out(in.funcText(d.name, flags.print))
		}
	}
	return status
}

// funcText prints a function, and its attributes if asked for.
func (in *interp) funcText(name string, attributes bool) string {
	f := in.funcs[name]
	s := functionText(name, f)
	if fl := f.flags(); attributes && fl != "f" {
		s += "declare -" + fl + " " + name + "\n"
	}
	return s
}

// flags are the letters that declare -F prints.
func (f *function) flags() string {
	s := "f"
	if f.readonly {
		s += "r"
	}
	if f.exported {
		s += "x"
	}
	return s
}

// defineFunction is f() { … }.
func (in *interp) defineFunction(c *syntax.FuncDecl) {
	name := c.Name.Value
	f := &function{body: c.Body, source: in.source, src: in.src, line: int(c.Pos().Line())}
	if old := in.funcs[name]; old != nil {
		if old.readonly {
			in.errf("%s: readonly function", name)
			in.setStatus(1)
			return
		}
		f.exported = old.exported
	}
	if in.opts.allexport {
		f.exported = true
	}
	in.funcs[name] = f
	in.status = 0
}

// exportedFunctions are entries of the environment.
func (in *interp) exportedFunctions() (l []string) {
	for _, name := range sortedKeys(in.funcs) {
		if f := in.funcs[name]; f.exported {
			l = append(l, "BASH_FUNC_"+name+"%%="+functionValue(f))
		}
	}
	return l
}

// importFunction defines a function that the environment brings. It reports
// whether the entry is one.
func (in *interp) importFunction(key, val string) bool {
	name, ok := strings.CutPrefix(key, "BASH_FUNC_")
	name, marked := strings.CutSuffix(name, "%%")
	if !ok || !marked || !strings.HasPrefix(val, "() {") {
		return false
	}
	src := name + " " + val + "\n"
	if checkSource(src) != nil {
		return true
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(src), "")
	if err != nil || len(file.Stmts) != 1 {
		return true
	}
	if c, ok := file.Stmts[0].Cmd.(*syntax.FuncDecl); ok && c.Name != nil {
		in.funcs[name] = &function{body: c.Body, source: "environment", src: src, exported: true}
	}
	return true
}
