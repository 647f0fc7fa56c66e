package fib

import (
	"cmp"
	"math/bits"
	"slices"
)

// Why says why a lookup did not choose a route.
type Why uint8

// The reasons, in the order in which a lookup meets them.
const (
	NotContained  Why = iota // its prefix does not contain the destination
	OtherRule                // no rule leads this packet to its table
	EarlierTable             // another table was asked first and had an answer
	ShorterPrefix            // the chosen prefix is longer
	OtherTOS                 // it is for packets with another TOS
	TooWide                  // its scope is wider than what was asked for
	Down                     // its device is down
	OtherDev                 // it leaves by another device than what was asked for
	Thrown                   // it is a throw route: go on with the next rule
	Suppressed               // the rule suppresses prefixes that short
	HigherMetric             // the chosen one has a lower metric
	LaterAdded               // everything equal, but the chosen one comes first
)

// String is the reason in English words.
func (w Why) String() string {
	switch w {
	case NotContained:
		return "does not contain it"
	case OtherRule:
		return "no rule leads to its table"
	case EarlierTable:
		return "another table answered first"
	case ShorterPrefix:
		return "shorter"
	case OtherTOS:
		return "other tos"
	case TooWide:
		return "scope too wide"
	case Down:
		return "link down"
	case OtherDev:
		return "other device"
	case Thrown:
		return "throw: next rule"
	case Suppressed:
		return "suppressed by the rule"
	case HigherMetric:
		return "higher metric"
	case LaterAdded:
		return "listed later"
	}
	return "unknown"
}

// Alternative is a route that a lookup did not choose.
type Alternative struct {
	Route *Route
	Why   Why
}

// Alternatives lists every route but the chosen one, with the reason why a
// lookup for k did not choose it: first those whose prefix contains the
// destination, longest first; then the others, those nearest to the
// destination first, the local table last. It is for explanations, not for
// the packet path.
func (f *FIB) Alternatives(k *Key) []Alternative {
	res, _ := f.Lookup(k)
	var list []Alternative
	for _, r := range f.Routes(0) {
		if res.Route == nil || r != res.Route.Whole() {
			list = append(list, Alternative{r, f.why(r, res, k)})
		}
	}
	slices.SortStableFunc(list, func(a, b Alternative) int {
		ka, na := prefixOf(a.Route.Dst)
		kb, nb := prefixOf(b.Route.Dst)
		in := cmp.Compare(boolInt(a.Why == NotContained), boolInt(b.Why == NotContained))
		if in != 0 || a.Why != NotContained {
			return cmp.Or(in, cmp.Compare(nb, na))
		}
		return cmp.Or(
			cmp.Compare(boolInt(a.Route.Table == TableLocal), boolInt(b.Route.Table == TableLocal)),
			cmp.Compare(bits.LeadingZeros32(kb^k.Dst), bits.LeadingZeros32(ka^k.Dst)),
			cmp.Compare(nb, na))
	})
	return list
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// why says why r is not the route of res.
func (f *FIB) why(r *Route, res Result, k *Key) Why {
	key, n := prefixOf(r.Dst)
	if (k.Dst^key)&mask(n) != 0 {
		return NotContained
	}
	won := res.Route
	oneTable := won != nil && (r.Table == won.Table || !f.custom && r.Table != TableDefault && won.Table != TableDefault)
	switch {
	case f.asked(r.Table, res, k) == nil:
		if won == nil || f.asked(r.Table, Result{}, k) == nil {
			return OtherRule
		}
		return EarlierTable
	case oneTable && int(n) < won.Dst.Bits():
		return ShorterPrefix
	case r.TOS != 0 && r.TOS != k.TOS:
		return OtherTOS
	case r.Scope < k.Scope:
		return TooWide
	case r.Type == Throw:
		return Thrown
	case r.Dead:
		return Down
	case r.suits(k) == nil:
		return OtherDev
	case oneTable && (r.Table < won.Table || r.TOS < won.TOS):
		return EarlierTable
	case oneTable && r.Metric > won.Metric:
		return HigherMetric
	case oneTable:
		return LaterAdded
	case f.custom && int(n) <= f.asked(r.Table, res, k).SuppressPrefixLen:
		return Suppressed
	}
	return EarlierTable
}

// RuleFor is the policy rule by which a lookup for k ends; nil if none does.
func (f *FIB) RuleFor(k *Key) *Rule {
	res, err := f.Lookup(k)
	switch {
	case res.Rule != nil:
		return res.Rule
	case res.Route == nil || err == ErrUnreachable:
		return nil
	}
	return f.asked(res.Route.Table, Result{}, k)
}

// asked is the first rule that makes a lookup for k look into a table before
// it ends with res; nil if none does.
func (f *FIB) asked(table uint32, res Result, k *Key) *Rule {
	for i := 0; i < len(f.rules); i++ {
		r := f.rules[i]
		if r.matches(k) {
			switch r.Action {
			case ToTable:
				if r.Table == table {
					return r
				}
			case GoTo:
				if r.target != nil {
					i = slices.Index(f.rules, r.target) - 1
				}
			}
		}
		if res.Rule != nil && r == res.Rule {
			break
		}
	}
	return nil
}
