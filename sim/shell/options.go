package shell

import (
	"fmt"
	"slices"
	"strings"
)

// setNames are the options of set -o, sorted, and their letters.
const setNames = "allexport:a braceexpand:B emacs: errexit:e errtrace:E functrace:T hashall:h histexpand:H history: ignoreeof: interactive-comments: keyword:k monitor:m noclobber:C noexec:n noglob:f nolog: notify:b nounset:u onecmd:t physical:P pipefail: posix: privileged:p verbose:v vi: xtrace:x"

// setOption is the switch of an option of set -o; nil if there is no such one or
// it means nothing here.
func (in *interp) setOption(name string) *bool {
	o := &in.opts
	switch name {
	case "allexport":
		return &o.allexport
	case "errexit":
		return &o.errexit
	case "errtrace":
		return &o.errtrace
	case "functrace":
		return &o.functrace
	case "monitor":
		return &o.monitor
	case "noclobber":
		return &o.noclobber
	case "noexec":
		return &o.noexec
	case "noglob":
		return &o.noglob
	case "nounset":
		return &o.nounset
	case "pipefail":
		return &o.pipefail
	case "posix":
		return &o.posix
	case "verbose":
		return &o.verbose
	case "xtrace":
		return &o.xtrace
	}
	return nil
}

// isOn tells how an option of set -o stands.
func (in *interp) isOn(name string) bool {
	switch name {
	case "braceexpand":
		return !in.opts.nobraces
	case "hashall", "interactive-comments":
		return true
	}
	b := in.setOption(name)
	return b != nil && *b
}

// letterOption is the long name of an option's letter.
func letterOption(c byte) string {
	for f := range strings.FieldsSeq(setNames) {
		name, letter, _ := strings.Cut(f, ":")
		if letter == string(c) {
			return name
		}
	}
	return ""
}

// optionLetters is $-.
func (in *interp) optionLetters() string {
	var b strings.Builder
	for _, c := range "abefhkmnptuvxBCEHPT" {
		if name := letterOption(byte(c)); in.isOn(name) {
			b.WriteRune(c)
		}
	}
	if in.interactive {
		b.WriteByte('i')
	}
	if in.source == "" && !in.interactive {
		b.WriteByte('c')
	}
	return b.String()
}

// shellopts is $SHELLOPTS.
func (in *interp) shellopts() string {
	var l []string
	for f := range strings.FieldsSeq(setNames) {
		if name, _, _ := strings.Cut(f, ":"); in.isOn(name) {
			l = append(l, name)
		}
	}
	return strings.Join(l, ":")
}

// switchOption sets an option of set -o. It reports whether there is such one.
func (in *interp) switchOption(name string, on bool) bool {
	switch name {
	case "braceexpand":
		in.opts.nobraces = !on
		return true
	case "hashall", "interactive-comments", "emacs", "vi", "histexpand", "history", "notify", "nolog", "privileged", "ignoreeof":
		return true
	}
	b := in.setOption(name)
	if b == nil {
		return false
	}
	*b = on
	return true
}

func setBuiltin(in *interp, args []string) int {
	args = args[1:]
	if len(args) == 0 {
		for _, name := range in.names() {
			v := in.findRaw(name)
			switch {
			case !v.set:
			case v.kind == scalar:
				in.out(name + "=" + quoteTraceAssign(v.str) + "\n")
			default:
				in.out(name + "=" + compound(v) + "\n")
			}
		}
		return 0
	}
	rest, set, status := in.setOptions(args)
	if status != 0 {
		return status
	}
	if set {
		in.params = slices.Clone(rest)
	}
	return 0
}

// setOptions reads options in front of arguments; set says that what follows are
// new parameters.
func (in *interp) setOptions(args []string) (rest []string, set bool, status int) {
	const usage = "set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]"
	for len(args) > 0 {
		a := args[0]
		if a == "--" {
			return args[1:], true, 0
		}
		if a == "-" {
			in.opts.xtrace, in.opts.verbose = false, false
			return args[1:], len(args) > 1, 0
		}
		if len(a) < 2 || a[0] != '-' && a[0] != '+' {
			return args, true, 0
		}
		on := a[0] == '-'
		args = args[1:]
		for i := 1; i < len(a); i++ {
			if a[i] == 'o' {
				if len(args) == 0 {
					in.listOptions(on)
					continue
				}
				if !in.switchOption(args[0], on) {
					if strings.Contains(" "+setNames, " "+args[0]+":") {
						in.errf("set: not modelled: -o %s", args[0])
					} else {
						in.errf("set: %s: invalid option name", args[0])
					}
					return nil, false, 2
				}
				args = args[1:]
				continue
			}
			name := letterOption(a[i])
			if name == "" {
				in.badOption("set", a[:1]+a[i:i+1], usage)
				return nil, false, 2
			}
			if !in.switchOption(name, on) {
				in.errf("set: not modelled: %s%c", a[:1], a[i])
				return nil, false, 2
			}
		}
	}
	return nil, false, 0
}

func (in *interp) listOptions(table bool) {
	for f := range strings.FieldsSeq(setNames) {
		name, _, _ := strings.Cut(f, ":")
		on := in.isOn(name)
		if table {
			in.out(fmt.Sprintf("%-15s\t%s\n", name, onOff(on)))
		} else {
			in.out(fmt.Sprintf("set %so %s\n", map[bool]string{true: "-", false: "+"}[on], name))
		}
	}
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// shoptOption is the switch of an option of shopt, nil if there is no such one.
func (in *interp) shoptOption(name string) *bool {
	o := &in.opts
	switch name {
	case "dotglob":
		return &o.dotglob
	case "extglob":
		return &o.extglob
	case "failglob":
		return &o.failglob
	case "globstar":
		return &o.globstar
	case "nullglob":
		return &o.nullglob
	case "nocaseglob":
		return &o.nocaseglob
	case "nocasematch":
		return &o.nocasematch
	case "inherit_errexit":
		return &o.inheritErrexit
	}
	return nil
}

func shoptBuiltin(in *interp, args []string) int {
	args = args[1:]
	mode, quiet, long := byte(0), false, false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		for i := 1; i < len(args[0]); i++ {
			switch c := args[0][i]; c {
			case 's', 'u':
				mode = c
			case 'q':
				quiet = true
			case 'o':
				long = true
			case 'p':
			default:
				return in.badOption("shopt", "-"+string(c), "shopt [-pqsu] [-o] [optname ...]")
			}
		}
		args = args[1:]
	}
	status := 0
	for _, name := range args {
		var on bool
		switch {
		case long && mode != 0:
			if !in.switchOption(name, mode == 's') {
				in.errf("shopt: %s: invalid option name", name)
				return 1
			}
			continue
		case long:
			on = in.isOn(name)
		default:
			b := in.shoptOption(name)
			if b == nil {
				switch name {
				case "expand_aliases", "checkwinsize", "cmdhist", "histappend", "sourcepath", "progcomp", "interactive_comments", "promptvars", "globasciiranges", "patsub_replacement", "huponexit", "autocd", "cdspell", "lithist":
					continue // of no consequence here
				case "lastpipe":
					in.errf("shopt: not modelled: %s", name)
					return 1
				}
				in.errf("shopt: %s: invalid shell option name", name)
				status = 1
				continue
			}
			if mode != 0 {
				*b = mode == 's'
				continue
			}
			on = *b
		}
		if !quiet {
			in.out(fmt.Sprintf("%-15s\t%s\n", name, onOff(on)))
		}
		if !on {
			status = 1
		}
	}
	return status
}
