package netfilter

import (
	"cmp"
	"slices"

	"hoplab/sim/netfilter/ipset"
)

// Tables are the iptables of one network namespace with its sets.
type Tables struct {
	env    Env
	sets   ipset.Sets
	tables [numTables]*Table
	rules  []*Rule             // by Index-1; deleted ones stay, so that old events keep their reason
	track  int                 // loaded rules that need connections to be tracked
	order  []*Table            // newest first
	paths  [numHooks][][]*Path // by the numbers of in and out device
	names  map[string]uint32   // those numbers
	dirty  bool                // some table is
	gen    uint32              // of the paths
	noNAT  NATRange            // what verdicts without a range point to
}

// New makes the tables of a namespace; none exists until it is touched.
func New(env Env) *Tables {
	t := &Tables{env: env, gen: 1}
	if env != nil {
		t.sets.Now = env.Now
	}
	return t
}

// Sets are the namespace's ipsets.
func (t *Tables) Sets() *ipset.Sets { return &t.sets }

// Has says whether the table exists and is consulted at the hook: Run is only
// worth a call if so. A table without rules counts what passes its policies,
// as in the kernel.
func (t *Tables) Has(id TableID, h Hook) bool {
	return t.tables[id] != nil && validHooks[id]>>h&1 != 0
}

// NeedsConntrack says whether a loaded rule needs connections to be tracked,
// like the users4 count of nf_ct_netns_get in
// net/netfilter/nf_conntrack_proto.c: rules with conntrack, state or connmark,
// and CONNMARK, CT and the nat targets. An empty nat table alone does not. It
// ends with the last such rule.
func (t *Tables) NeedsConntrack() bool { return t.track > 0 }

// RuleByIndex finds a rule, also one that was deleted; nil if there never was
// one.
func (t *Tables) RuleByIndex(i uint32) *Rule {
	if i == 0 || int(i) > len(t.rules) {
		return nil
	}
	return t.rules[i-1]
}

// Lookup is the table, nil if it was never touched.
func (t *Tables) Lookup(id TableID) *Table { return t.tables[id] }

// Existing are the tables that were touched, the newest first, as
// /proc/net/ip_tables_names has them.
func (t *Tables) Existing() []*Table { return t.order }

// Table is the table, made if it is touched for the first time.
func (t *Tables) Table(id TableID) *Table {
	if t.tables[id] == nil {
		tb := &Table{id: id, tables: t}
		tb.touch()
		for h := range numHooks {
			if validHooks[id]>>h&1 != 0 {
				tb.chains = append(tb.chains, &Chain{Name: h.String(), table: tb, builtin: true, hook: h, hooks: 1 << h})
				tb.builtins++
			}
		}
		t.tables[id] = tb
		t.order = slices.Insert(t.order, 0, tb)
	}
	return t.tables[id]
}

// Table is one table.
type Table struct {
	id       TableID
	tables   *Tables
	chains   []*Chain // built-in ones by hook, then the others by name
	builtins int
	code     code
	plans    []*plan // made for the code
	dirty    bool    // code is older than the chains
	stale    bool    // hooks of chains may be too many
}

// ID is the table's name.
func (tb *Table) ID() TableID { return tb.id }

// Chains are the chains in the order in which iptables lists them.
func (tb *Table) Chains() []*Chain { return tb.chains }

// Chain is a list of rules.
type Chain struct {
	Name           string
	Policy         Action // Accept or Drop; valid iff the chain is built in
	Packets, Bytes uint64 // that the policy decided

	table   *Table
	rules   []*Rule
	builtin bool
	hook    Hook     // valid iff builtin
	hooks   HookMask // from which it can be reached
	refs    int      // rules that jump here
	start   uint32   // in the table's code
	mark    uint8    // of the walk in reach: 1 on the path, 2 done
}

// Builtin says that the chain belongs to a hook and has a policy.
func (c *Chain) Builtin() bool { return c.builtin }

// Rules are the chain's rules.
func (c *Chain) Rules() []*Rule { return c.rules }

// Refs is the number of rules that jump to the chain.
func (c *Chain) Refs() int { return c.refs }

// Table is the table the chain stands in.
func (c *Chain) Table() TableID { return c.table.id }

// Rule is one line of a chain.
type Rule struct {
	Index uint32 // unique in its Tables; never used again
	Spec  Spec
	By    string // who put it there

	packets, bytes uint64 // that matched and are settled

	chain *Chain
	jump  *Chain // valid iff Spec.Target is a Jump
	ops   []op
	nat   NATRange // of a TargetNAT
	track bool
	text  string // of the spec, without the chain jumped to
}

// String is the rule as iptables -S prints it.
func (r *Rule) String() string { return string(r.AppendSave(nil, false)) }

// AppendSave prints the rule as iptables -S does, with -v as -S -v does.
func (r *Rule) AppendSave(b []byte, counters bool) []byte {
	b = append(append(b, "-A "...), r.chain.Name...)
	c := r
	if !counters {
		c = nil
	}
	return r.Spec.appendSave(b, r.jumpName(), c)
}

// Chain is the chain the rule stands or stood in.
func (r *Rule) Chain() *Chain { return r.chain }

func (r *Rule) jumpName() string {
	if r.jump != nil {
		return r.jump.Name
	}
	if j, ok := r.Spec.Target.(Jump); ok {
		return j.Chain
	}
	return ""
}

// Chain finds a chain by name; nil when there is none.
func (tb *Table) Chain(name string) *Chain {
	for _, c := range tb.chains[:tb.builtins] {
		if c.Name == name {
			return c
		}
	}
	if i, ok := tb.find(name); ok {
		return tb.chains[i]
	}
	return nil
}

// find gives the place of a chain that is not built in.
func (tb *Table) find(name string) (int, bool) {
	i, ok := slices.BinarySearchFunc(tb.chains[tb.builtins:], name, func(c *Chain, n string) int { return cmp.Compare(c.Name, n) })
	return i + tb.builtins, ok
}

// NewChain makes an empty chain.
func (tb *Table) NewChain(name string) error {
	if tb.Chain(name) != nil {
		return ErrChainExists
	}
	i, _ := tb.find(name)
	tb.chains = slices.Insert(tb.chains, i, &Chain{Name: name, table: tb})
	tb.touch()
	return nil
}

// DeleteChain removes an empty chain that no rule jumps to.
func (tb *Table) DeleteChain(c *Chain) error {
	switch {
	case c.builtin:
		return ErrInvalid
	case c.refs > 0:
		return ErrReferenced
	case len(c.rules) > 0:
		return ErrNotEmpty
	}
	i, _ := tb.find(c.Name)
	tb.chains = slices.Delete(tb.chains, i, i+1)
	tb.touch()
	return nil
}

// RenameChain gives a chain another name; rules that jump there follow.
func (tb *Table) RenameChain(c *Chain, name string) error {
	if tb.Chain(name) != nil {
		return ErrExists
	}
	if c == nil || c.builtin {
		return ErrNoChain
	}
	i, _ := tb.find(c.Name)
	tb.chains = slices.Delete(tb.chains, i, i+1)
	c.Name = name
	i, _ = tb.find(name)
	tb.chains = slices.Insert(tb.chains, i, c)
	return nil
}

// SetPolicy decides about what no rule of a built-in chain decided.
func (tb *Table) SetPolicy(c *Chain, a Action) error {
	if c == nil || !c.builtin {
		return ErrNoBuiltin
	}
	if a != Accept && a != Drop {
		return ErrPolicy
	}
	c.Policy = a
	tb.touch()
	return nil
}

// Insert puts a rule at place at, counted from 0, of the chain.
func (tb *Table) Insert(c *Chain, at int, s *Spec, by string) (*Rule, error) {
	if at < 0 || at > len(c.rules) {
		return nil, ErrInsertIndex
	}
	r, err := tb.prepare(c, s, by)
	if err != nil {
		return nil, err
	}
	c.rules = slices.Insert(c.rules, at, r)
	tb.link(r)
	return r, nil
}

// Replace puts a rule in the place of the one at place at.
func (tb *Table) Replace(c *Chain, at int, s *Spec, by string) (*Rule, error) {
	if at < 0 || at >= len(c.rules) {
		return nil, ErrChangeIndex
	}
	r, err := tb.prepare(c, s, by)
	if err != nil {
		return nil, err
	}
	old := c.rules[at]
	c.rules[at] = r
	tb.link(r)
	tb.unlink(old)
	return r, nil
}

// Delete removes the rule at place at.
func (tb *Table) Delete(c *Chain, at int) error {
	if at < 0 || at >= len(c.rules) {
		return ErrDeleteIndex
	}
	r := c.rules[at]
	c.rules = slices.Delete(c.rules, at, at+1)
	tb.unlink(r)
	return nil
}

// Flush removes all rules of the chain.
func (tb *Table) Flush(c *Chain) {
	for _, r := range c.rules {
		tb.unlink(r)
	}
	c.rules = nil
	tb.touch()
}

// ZeroPolicies sets the counters of the policies to 0. libiptc does not carry
// them over when it replaces a table, whatever was changed.
func (tb *Table) ZeroPolicies() {
	for _, c := range tb.chains {
		if c.builtin {
			c.Packets, c.Bytes = 0, 0
		}
	}
}

// Zero sets the counters of the chain and its rules to 0.
func (tb *Table) Zero(c *Chain) {
	c.Packets, c.Bytes = 0, 0
	for _, r := range c.rules {
		r.SetCounters(0, 0)
	}
	tb.touch() // a commit of iptables: limits start anew
}

// Touch notes that iptables wrote the table back: limits and counts of nth
// start anew.
func (tb *Table) Touch() { tb.touch() }

// touch notes that the code is older than the chains now.
func (tb *Table) touch() {
	tb.dirty = true
	tb.tables.touch()
}

// Find gives the place of the first rule of the chain that says the same, -1
// if there is none. Counters are not compared.
func (tb *Table) Find(c *Chain, s *Spec) int {
	text, target := specText(s), ""
	j, isJump := s.Target.(Jump)
	if isJump {
		target = j.Chain
	}
	return slices.IndexFunc(c.rules, func(r *Rule) bool {
		return r.text == text && r.jumpName() == target
	})
}

// specText stands for a spec in comparisons. It leaves the name of the chain
// jumped to out, since that can change, and keeps what -S does not print.
func specText(s *Spec) string {
	b := s.appendSave(nil, "", nil)
	for _, d := range [...]DevMatch{s.In, s.Out} {
		if d.Name == "+" {
			b = append(append(not(b, d.Not), '|'), '+')
		}
	}
	for _, m := range s.Matches {
		if t, ok := m.(MatchTransport); ok && (t.NotSport || t.NotDport) {
			b = t.appendList(b, true)
		}
	}
	return string(b)
}

// prepare makes a rule for the chain and checks it as the kernel does. It
// changes nothing.
func (tb *Table) prepare(c *Chain, s *Spec, by string) (*Rule, error) {
	l := loader{sets: &tb.tables.sets}
	l.load(s)
	if l.err != nil {
		return nil, l.err
	}
	r := &Rule{packets: s.Packets, bytes: s.Bytes, Spec: *s, By: by, chain: c, ops: l.ops, track: l.conntrack, text: specText(s)}
	switch t := s.Target.(type) {
	case TargetNAT:
		r.nat = t.Range
	case TargetNetmap:
		r.nat = t.span()
	}
	tb.refreshHooks()
	if err := r.check(c.hooks); err != nil {
		return nil, err
	}
	j, ok := s.Target.(Jump)
	if !ok {
		return r, nil
	}
	if r.jump = tb.Chain(j.Chain); r.jump == nil {
		return nil, ErrNoChain
	}
	if r.jump.builtin {
		return nil, ErrInvalid
	}
	if c.hooks == 0 {
		return r, nil // as in the kernel, nobody looks at chains out of reach
	}
	defer tb.unmark()
	c.mark = 1
	return r, reach(r.jump, c.hooks)
}

// check is translate_table's view of one rule in net/ipv4/netfilter/ip_tables.c.
func (r *Rule) check(hooks HookMask) error {
	w := where{table: r.chain.table.id, hooks: hooks, proto: r.Spec.Proto, spec: &r.Spec}
	for _, m := range r.Spec.Matches {
		if err := m.check(w); err != nil {
			return err
		}
	}
	if r.Spec.Target != nil {
		return r.Spec.Target.check(w)
	}
	return nil
}

// reach looks whether a chain can be reached from more hooks: its rules must
// be allowed there, and no way may lead in a circle.
func reach(c *Chain, hooks HookMask) error {
	switch c.mark {
	case 1:
		return ErrLoop
	case 2:
		return nil
	}
	c.mark = 1
	for _, r := range c.rules {
		if err := r.check(c.hooks | hooks); err != nil {
			return err
		}
		if r.jump != nil {
			if err := reach(r.jump, hooks); err != nil {
				return err
			}
		}
	}
	c.mark = 2
	return nil
}

func (tb *Table) unmark() {
	for _, c := range tb.chains {
		c.mark = 0
	}
}

// spread notes the hooks from which a chain can be reached.
func spread(c *Chain, hooks HookMask) {
	if c.hooks|hooks == c.hooks {
		return
	}
	c.hooks |= hooks
	for _, r := range c.rules {
		if r.jump != nil {
			spread(r.jump, c.hooks)
		}
	}
}

// refreshHooks finds the hooks of all chains anew after rules went.
func (tb *Table) refreshHooks() {
	if !tb.stale {
		return
	}
	tb.stale = false
	for _, c := range tb.chains[tb.builtins:] {
		c.hooks = 0
	}
	for _, c := range tb.chains[:tb.builtins] {
		c.hooks = 0
		spread(c, 1<<c.hook)
	}
}

// link gives a rule that was put into its chain its number and counts it.
func (tb *Table) link(r *Rule) {
	t := tb.tables
	t.rules = append(t.rules, r)
	r.Index = uint32(len(t.rules))
	tb.count(r, 1)
	if r.jump != nil {
		spread(r.jump, r.chain.hooks)
	}
}

// unlink takes back what link counted.
func (tb *Table) unlink(r *Rule) {
	tb.count(r, -1)
	tb.stale = tb.stale || r.jump != nil
}

// count notes what a rule uses, or with -1 that it does so no longer.
func (tb *Table) count(r *Rule, n int) {
	if r.jump != nil {
		r.jump.refs += n
	}
	for i := range r.ops {
		switch s := r.ops[i].set; {
		case s == nil:
		case n > 0:
			s.Hold()
		default:
			s.Drop()
		}
	}
	if r.track {
		tb.tables.track += n
	}
	tb.touch()
}

// Snapshot is a table as it was, for Rollback.
type Snapshot struct {
	chains []*Chain
	were   []Chain
}

// Snapshot notes the table as it is.
func (tb *Table) Snapshot() *Snapshot {
	s := &Snapshot{chains: slices.Clone(tb.chains)}
	for _, c := range tb.chains {
		was := *c
		was.rules = slices.Clone(c.rules)
		s.were = append(s.were, was)
	}
	return s
}

// Rollback makes the table what it was, counters of rules excepted.
func (tb *Table) Rollback(s *Snapshot) {
	for _, c := range tb.chains {
		for _, r := range c.rules {
			tb.count(r, -1)
		}
	}
	tb.chains = s.chains
	for i, c := range tb.chains {
		*c = s.were[i]
		c.refs = 0
	}
	for _, c := range tb.chains {
		for _, r := range c.rules {
			tb.count(r, 1)
		}
	}
	tb.stale = true
	tb.touch()
}
