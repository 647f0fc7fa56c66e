package shell

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// callerBuiltin is caller [N]: where the running function, or the N-th around
// it, was called.
func callerBuiltin(in *interp, args []string) int {
	n := 0
	if len(args) > 1 {
		var err error
		if n, err = strconv.Atoi(args[1]); err != nil || n < 0 {
			in.errf("caller: %s: invalid number", args[1])
			in.errf("caller: usage: caller [expr]")
			return 2
		}
	}
	if len(in.calls) == 0 && len(args) == 1 {
		return in.print("caller", "0 NULL\n")
	}
	if n >= len(in.calls) {
		return 1
	}
	at := len(in.calls) - 1 - n
	c := in.calls[at]
	if len(args) == 1 {
		return in.print("caller", fmt.Sprintf("%d %s\n", c.line, c.source))
	}
	name := "main"
	if at > 0 {
		name = in.calls[at-1].name
	}
	return in.print("caller", fmt.Sprintf("%d %s %s\n", c.line, name, c.source))
}

// compgenBuiltin is compgen -A function|variable|builtin and -W WORDS, with a
// prefix: what scripts use to look at themselves.
func compgenBuiltin(in *interp, args []string) int {
	var l []string
	prefix := ""
	for args = args[1:]; len(args) > 0; args = args[1:] {
		kind, val := args[0], ""
		if kind == "-A" || kind == "-W" {
			if len(args) < 2 {
				in.errf("compgen: %s: option requires an argument", kind)
				return 2
			}
			val = args[1]
			args = args[1:]
		}
		switch {
		case kind == "-A" && val == "function":
			l = append(l, slices.Sorted(maps.Keys(in.funcs))...)
		case kind == "-v", kind == "-A" && val == "variable":
			names := map[string]bool{}
			for _, sc := range in.scopes {
				for n := range sc.vars { // any order: sorted below
					names[n] = true
				}
			}
			l = append(l, slices.Sorted(maps.Keys(names))...)
		case kind == "-b", kind == "-A" && val == "builtin":
			l = append(l, Builtins()...)
		case kind == "-W":
			l = append(l, strings.Fields(val)...)
		case kind == "--":
		case strings.HasPrefix(kind, "-"):
			in.errf("compgen: not modelled: %s", strings.TrimSpace(kind+" "+val))
			return 2
		default:
			prefix = kind
		}
	}
	var b strings.Builder
	for _, s := range l {
		if strings.HasPrefix(s, prefix) {
			b.WriteString(s + "\n")
		}
	}
	if b.Len() == 0 {
		return 1
	}
	return in.print("compgen", b.String())
}
