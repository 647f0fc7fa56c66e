package fib

import (
	"net/netip"
	"slices"
)

// Action is what a rule does: FR_ACT_* of include/uapi/linux/fib_rules.h.
type Action uint8

// The actions.
const (
	ToTable         Action = 1 // look into Table
	GoTo            Action = 2 // go on at the rule of priority Goto
	Nop             Action = 3
	RuleBlackhole   Action = 6
	RuleUnreachable Action = 7 // ENETUNREACH, unlike the route type
	RuleProhibit    Action = 8
	RuleThrow       Action = 9 // unlike the route type, a refusal
)

// Rule is one policy rule: `ip rule`. Those that Rules returns belong to the
// FIB: read only.
type Rule struct {
	Priority uint32
	Auto     bool         // in a specification: no priority given
	Not      bool         // the rule holds for what does not match
	Src, Dst netip.Prefix // zero: all
	TOS      uint8
	Mark     uint32
	Mask     uint32 // of Mark; 0 with a mark that is not 0: all bits
	IIF, OIF string // device names; empty: any
	Action   Action // 0 in a specification for DeleteRule: any
	Table    uint32 // of ToTable
	Goto     uint32 // of GoTo: priority of the target
	Proto    Proto

	// SuppressPrefixLen refuses routes with this prefix length or shorter;
	// -1 none.
	SuppressPrefixLen int
	// SuppressGroup refuses routes by devices of that group; -1 none.
	SuppressGroup int

	L3MDev       bool   // look into the table of the packet's VRF
	IPProto      uint8  // 0 any
	SPort, DPort Range  // zero: any
	UIDs         Range  // users; zero: any
	HasUIDs      bool   // UIDs counts
	TunID        uint64 // 0 any; no packet here has one

	Index  uint32 // number of this rule in its FIB, from 1, never used twice
	By     string // who put it there
	Object string // the manifest or command line that caused it

	iif, oif int32 // 0 any, -1 there is no such device
	src, dst uint32
	srcMask  uint32
	dstMask  uint32
	target   *Rule // of GoTo; nil: unresolved, the rule does nothing
}

// Range is a range of ports or users, both ends included.
type Range struct{ First, Last uint32 }

func (r Range) has(n uint32) bool { return r.First <= n && n <= r.Last }

// matches is fib_rule_match and fib4_rule_match.
func (r *Rule) matches(k *Key) bool {
	iif := k.IIF
	if iif == 0 {
		iif = 1 // lo: what LOOPBACK_IFINDEX stands for in local lookups
	}
	ok := (r.iif == 0 || r.iif == iif) &&
		(r.oif == 0 || r.oif == k.OIF) &&
		(r.Mark^k.Mark)&r.Mask == 0 &&
		(k.Src^r.src)&r.srcMask == 0 &&
		(k.Dst^r.dst)&r.dstMask == 0 &&
		(r.TOS == 0 || r.TOS == k.TOS) && (!r.picky() || r.picks(k))
	return ok != r.Not
}

// picky says that the rule looks at more than addresses, devices and marks.
func (r *Rule) picky() bool {
	return r.IPProto != 0 || r.SPort != Range{} || r.DPort != Range{} || r.HasUIDs || r.TunID != 0
}

func (r *Rule) picks(k *Key) bool {
	return (r.IPProto == 0 || r.IPProto == k.Proto) && r.TunID == 0 &&
		(r.SPort == Range{} || r.SPort.has(uint32(k.SPort))) && (r.DPort == Range{} || r.DPort.has(uint32(k.DPort))) &&
		(!r.HasUIDs || r.UIDs.has(k.UID))
}

// Dissects says that some rule looks at protocol or ports, so that lookups for
// packets that came in should know them (fib_rules_require_fldissect).
func (f *FIB) Dissects() bool { return f.ports > 0 }

func (r *Rule) dissects() int {
	return boolInt(r.IPProto != 0 || r.SPort != Range{} || r.DPort != Range{})
}

// lookupRules asks the rules in turn, like fib_rules_lookup in
// net/core/fib_rules.c.
func (f *FIB) lookupRules(k *Key) (Result, error) {
	var master int32
	if f.l3 != nil {
		if master = f.flowMaster(k); master != 0 && master == k.OIF {
			inside := *k // the VRF itself is asked for: any of its devices will do
			inside.OIF = 0
			k = &inside
		}
	}
	for i := 0; i < len(f.rules); i++ {
		r := f.rules[i]
		if !r.matches(k) {
			continue
		}
		table := r.Table
		if r.L3MDev {
			if master == 0 {
				if !r.Not {
					continue
				}
			} else if r.Not {
				continue
			}
			table = f.l3[master].table
		}
		switch r.Action {
		case GoTo:
			if r.target != nil {
				i = slices.Index(f.rules, r.target) - 1 // backward is refused: this ends
			}
		case RuleUnreachable:
			return Result{Rule: r, Type: Unreachable}, ErrUnreachable
		case RuleBlackhole, RuleThrow:
			return Result{Rule: r, Type: Blackhole}, ErrBlackhole
		case RuleProhibit:
			return Result{Rule: r, Type: Prohibit}, ErrProhibit
		case ToTable:
			t := f.table(table)
			if t == nil {
				continue
			}
			rt := t.lookup(k)
			if rt != nil && r.SuppressGroup >= 0 && rt.Type < Blackhole && f.groups[rt.Dev] == r.SuppressGroup {
				continue
			}
			if rt == nil || rt.Type == Throw || rt.Type < Blackhole && !rt.reject && rt.Dst.Bits() <= r.SuppressPrefixLen {
				continue
			}
			return rt.result(r)
		}
	}
	return Result{}, ErrUnreachable
}

// Unresolved says that the target of a goto rule does not exist.
func (r *Rule) Unresolved() bool { return r.Action == GoTo && r.target == nil }

// Rules lists the rules by priority.
func (f *FIB) Rules() []*Rule { return slices.Clone(f.rules) }

func (f *FIB) register(r *Rule) {
	f.ruleByIndex = append(f.ruleByIndex, r)
	r.Index = uint32(len(f.ruleByIndex))
}

// AddRule adds a rule: fib_nl_newrule. It goes behind those of the same
// priority; without one, in front of the second rule of the list.
func (f *FIB) AddRule(spec Rule, env Env) (*Rule, error) {
	r := spec
	if r.Action == 0 {
		r.Action = ToTable
	}
	if r.Mark != 0 && r.Mask == 0 {
		r.Mask = 0xffffffff
	}
	if r.Auto {
		r.Auto, r.Priority = false, f.defaultPriority()
	}
	if r.L3MDev {
		r.Table = 0
	}
	r.resolve(env)
	f.learnGroups(&r, env)
	switch {
	case r.Action == GoTo && r.Goto <= r.Priority:
		return nil, &Error{EINVAL, "Backward goto not supported"}
	case slices.ContainsFunc(f.rules, r.same):
		return nil, &Error{EEXIST, ""}
	case r.TOS&3 != 0:
		return nil, &Error{EINVAL, "Invalid dsfield (tos): ECN bits must be 0"}
	case r.TOS&^0x1e != 0:
		return nil, &Error{EINVAL, "Invalid tos"}
	}
	f.unmerge()
	f.register(&r)
	at := len(f.rules)
	for at > 0 && f.rules[at-1].Priority > r.Priority {
		at--
	}
	f.rules = slices.Insert(f.rules, at, &r)
	f.resolveGotos()
	f.ports += r.dissects()
	f.gen++
	f.notify(Change{Rule: &r})
	return &r, nil
}

// DeleteRule deletes the first rule that has everything that spec says:
// fib_nl_delrule.
func (f *FIB) DeleteRule(spec Rule, env Env) error {
	if spec.Mark != 0 && spec.Mask == 0 {
		spec.Mask = 0xffffffff
	}
	spec.resolve(env)
	priority := spec.Priority
	if spec.Auto {
		priority = f.defaultPriority()
	}
	if spec.Action == GoTo && spec.Goto <= priority {
		return &Error{EINVAL, "Backward goto not supported"}
	}
	i := slices.IndexFunc(f.rules, spec.finds)
	if i < 0 {
		return &Error{ENOENT, ""}
	}
	f.unmerge()
	gone := f.rules[i]
	f.ports -= gone.dissects()
	f.rules = slices.Delete(f.rules, i, i+1)
	f.resolveGotos()
	f.gen++
	f.notify(Change{Rule: gone, Del: true})
	return nil
}

// defaultPriority is fib_default_rule_pref.
func (f *FIB) defaultPriority() uint32 {
	if len(f.rules) > 1 && f.rules[1].Priority > 0 {
		return f.rules[1].Priority - 1
	}
	return 0
}

// resolve fills in what matching needs.
func (r *Rule) resolve(env Env) {
	index := func(name string) int32 {
		if name == "" {
			return 0
		}
		if i, ok := env.DevIndex(name); ok {
			return i
		}
		return -1
	}
	r.iif, r.oif = index(r.IIF), index(r.OIF)
	if r.Src.IsValid() {
		r.src, r.srcMask = maskedOf(r.Src)
	}
	if r.Dst.IsValid() {
		r.dst, r.dstMask = maskedOf(r.Dst)
	}
}

func maskedOf(p netip.Prefix) (addr, m uint32) {
	addr, n := prefixOf(p)
	return addr, mask(n)
}

// resolveGotos points the goto rules at the first rule of their target's
// priority.
func (f *FIB) resolveGotos() {
	for _, r := range f.rules {
		if r.Action != GoTo {
			continue
		}
		r.target = nil
		if i := slices.IndexFunc(f.rules, func(t *Rule) bool { return t.Priority == r.Goto }); i >= 0 {
			r.target = f.rules[i]
		}
	}
}

// same reports that a rule like r exists: rule_exists with fib4_rule_compare.
func (r *Rule) same(o *Rule) bool {
	return o.Action == r.Action && o.Table == r.Table && o.Priority == r.Priority &&
		o.IIF == r.IIF && o.OIF == r.OIF && o.Mark == r.Mark && o.Mask == r.Mask &&
		o.SuppressPrefixLen == r.SuppressPrefixLen && o.SuppressGroup == r.SuppressGroup && o.Proto == r.Proto &&
		o.L3MDev == r.L3MDev && o.IPProto == r.IPProto && o.SPort == r.SPort && o.DPort == r.DPort &&
		o.HasUIDs == r.HasUIDs && o.UIDs == r.UIDs && o.TunID == r.TunID && r.covers(o)
}

// finds reports that o has everything that r asks for: rule_find.
func (r *Rule) finds(o *Rule) bool {
	return (r.Action == 0 || o.Action == r.Action) &&
		(r.Table == 0 || o.Table == r.Table) &&
		(r.Auto || o.Priority == r.Priority) &&
		(r.IIF == "" || o.IIF == r.IIF) && (r.OIF == "" || o.OIF == r.OIF) &&
		(r.Mark == 0 || o.Mark == r.Mark) && (r.Mask == 0 || o.Mask == r.Mask) &&
		(r.SuppressPrefixLen == -1 || o.SuppressPrefixLen == r.SuppressPrefixLen) &&
		(r.SuppressGroup == -1 || o.SuppressGroup == r.SuppressGroup) &&
		(!r.L3MDev || o.L3MDev) && (r.TunID == 0 || o.TunID == r.TunID) && (!r.HasUIDs || o.UIDs == r.UIDs) &&
		(r.IPProto == 0 || o.IPProto == r.IPProto) && (r.SPort == Range{} || o.SPort == r.SPort) && (r.DPort == Range{} || o.DPort == r.DPort) &&
		(r.Proto == 0 || o.Proto == r.Proto) && r.covers(o)
}

// covers compares prefixes and TOS as far as r names them: fib4_rule_compare.
func (r *Rule) covers(o *Rule) bool {
	same := func(a, b netip.Prefix) bool { return !a.IsValid() || a.Bits() == 0 || a == b }
	return same(r.Src, o.Src) && same(r.Dst, o.Dst) && (r.TOS == 0 || r.TOS == o.TOS)
}

// DevRegistered tells rules that name a device that it exists now.
func (f *FIB) DevRegistered(dev int32, name string) {
	f.attach(func(n string, _ int32) bool { return n == name }, dev)
}

// DevRenamed tells the rules that a device has another name: those that name
// the old one wait for a device of that name again.
func (f *FIB) DevRenamed(dev int32, name string) {
	f.attach(func(_ string, old int32) bool { return old == dev }, -1)
	f.DevRegistered(dev, name)
}

// attach sets the index of the device names that match.
func (f *FIB) attach(match func(name string, old int32) bool, dev int32) {
	for _, r := range f.rules {
		if r.IIF != "" && match(r.IIF, r.iif) {
			r.iif = dev
		}
		if r.OIF != "" && match(r.OIF, r.oif) {
			r.oif = dev
		}
	}
	f.gen++
}
