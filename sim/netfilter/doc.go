// Package netfilter is iptables as a mechanism: the tables raw, mangle, nat and
// filter of one network namespace, their chains, rules, policies and counters,
// and the walk of a packet through them.
//
// # Map
//
//   - netfilter.go: the vocabulary: Hook, TableID, Packet, Verdict, Env.
//   - tables.go: Tables, Chain and Rule, and the edits that iptables makes.
//   - spec.go, match.go, target.go: what a rule says, and its text as
//     `iptables -S` and `iptables -L` print it.
//   - check.go: what the kernel refuses to load.
//   - load.go, run.go: the conditions of a rule, the flat form of a table and the
//     walk over it.
//   - trail.go: what the walk passed, and in words why a rule did not match.
//
// Text in, text out is package iptables; the sets are package ipset.
//
// # What a packet meets
//
// The stack calls Run for each table at each hook, in the kernel's order:
//
//	PREROUTING  raw  [conntrack]  mangle  nat (DNAT)
//	INPUT       mangle  filter  nat (SNAT)
//	FORWARD     mangle  filter
//	OUTPUT      raw  [conntrack]  mangle  nat (DNAT)  filter
//	POSTROUTING mangle  nat (SNAT)
//
// Only the first packet of a connection is shown to nat. A table that no
// command ever touched does not exist and costs nothing: see Tables.Has.
//
// # What is left out
//
// IPv6, the security table, nft, and the matches and targets that
// iptables.Parse refuses with "not modelled". LOG is for an Env that is a Logger.
package netfilter
