package fib

import "strings"

// Verb is what `ip route` or `ip rule` is told to do.
type Verb uint8

// The verbs that change something.
const (
	VerbAdd Verb = iota
	VerbChange
	VerbReplace
	VerbPrepend
	VerbAppend
	VerbTest
	VerbDelete
)

// ParseVerb finds the verb of `ip route WORD`; like iproute2 it takes any
// abbreviation. Verbs that only show something are the caller's: it has to ask
// for those that come first in iproute2 (list, show, lst, get) before this.
func ParseVerb(word string) (Verb, bool) {
	for _, v := range [...]struct {
		name string
		verb Verb
	}{
		{"add", VerbAdd}, {"change", VerbChange}, {"chg", VerbChange}, {"replace", VerbReplace},
		{"prepend", VerbPrepend}, {"append", VerbAppend}, {"test", VerbTest}, {"delete", VerbDelete},
	} {
		if v.name == word || v.name != "chg" && abbreviates(word, v.name) {
			return v.verb, true
		}
	}
	return 0, false
}

// Flags are those of the netlink request.
func (v Verb) Flags() Flags {
	switch v {
	case VerbAdd:
		return Create | Excl
	case VerbChange:
		return Replace
	case VerbReplace:
		return Create | Replace
	case VerbPrepend:
		return Create
	case VerbAppend:
		return Create | Append
	case VerbTest:
		return Excl
	}
	return 0
}

// Apply does what a verb and a route from ParseRoute say.
func (f *FIB) Apply(v Verb, r Route, env Env) error {
	if v == VerbDelete {
		return f.Delete(r)
	}
	_, err := f.Add(r, v.Flags(), env)
	return err
}

// abbreviates is iproute2's matches(): word is the start of name.
func abbreviates(word, name string) bool {
	return word != "" && strings.HasPrefix(name, word)
}
