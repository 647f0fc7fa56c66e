package netfilter

// Tables are the iptables of one network namespace.
type Tables struct {
	env Env
}

// Chain is a list of rules.
type Chain struct {
	Name string
}

// Rule is one line of a chain.
type Rule struct {
	Index          uint32 // unique in its Tables; never used again
	Packets, Bytes uint64
	By             string // who put it there
}

// String is the rule as iptables -S prints it.
func (r *Rule) String() string { return "" }

// New makes the tables of a namespace; none exists until it is touched.
func New(env Env) *Tables { return &Tables{env: env} }

// Has says whether the table exists, so that Run is worth a call.
func (t *Tables) Has(id TableID, h Hook) bool { return false }

// NeedsConntrack says whether a loaded rule needs connections to be tracked.
func (t *Tables) NeedsConntrack() bool { return false }

// RuleByIndex finds a rule, also one that was deleted.
func (t *Tables) RuleByIndex(i uint32) *Rule { return nil }

// Run shows the packet to a table at a hook. trail, when it is not nil,
// gets the rules that were passed.
func (t *Tables) Run(id TableID, h Hook, p *Packet, trail *Trail) Verdict {
	p.Hook = h
	return Verdict{}
}

// Trail is the list of rules that a packet passed.
type Trail struct{ Steps []Step }

// Step is one rule of a Trail.
type Step struct {
	Rule    *Rule
	Chain   *Chain
	Matched bool
	Failed  int // index of the first condition that failed, -1 none
}

// Reset empties the trail for another use.
func (t *Trail) Reset() { t.Steps = t.Steps[:0] }

// NearMiss is the most telling rule that did not match.
func (t *Trail) NearMiss() (Step, bool) { return Step{}, false }

// Explain says in English why the rule did or did not match.
func (r *Rule) Explain(s Step) string { return "" }

type ifName struct{ lo, hi uint64 }
