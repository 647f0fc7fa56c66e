// Package fib holds the IPv4 routing tables and the policy rules of one
// network namespace, after Linux's net/ipv4/fib_trie.c, fib_semantics.c,
// fib_rules.c and fib_frontend.c: what a lookup finds, what `ip route` may
// change and what it says when it may not, which routes an address or a device
// brings and takes away, and the text of `ip route` and `ip rule`.
//
// A FIB knows devices only by their index; whoever changes it hands in an Env
// that answers for names and states. It sends nothing and has no clock.
//
// A route with several ways holds them as Hops, and a Lookup gives the whole of
// it: which hop a packet takes Route.Select says. Nexthop objects are in
// nexthop.go, VRFs in vrf.go.
//
// Left out: IPv6, resilient groups and fdb nexthops, encapsulation attributes,
// route metrics other than those of Route. Asking for them is an error that
// starts with "not modelled:". Of several default routes with the same metric
// the first is taken, whatever its neighbour's state (fib_select_default).
//
// Start reading at FIB.Lookup.
package fib
