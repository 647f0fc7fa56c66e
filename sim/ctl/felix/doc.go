// Package felix renders what Calico's Felix programs on a node in iptables mode:
// rules, sets, sysctls and device sizes. State in, text out; nothing is kept.
//
//	raw     PREROUTING ─▶ cali-PREROUTING   marks packets from pods, drops spoofed ones
//	mangle  PREROUTING ─▶ cali-PREROUTING   accepts what conntrack knows
//	nat     POSTROUTING ─▶ cali-POSTROUTING ─▶ cali-nat-outgoing   MASQUERADE from pods to outside all pools
//	filter  FORWARD ─▶ cali-FORWARD ─▶ cali-from-wl-dispatch ─▶ cali-fw-IF   what a pod may send
//	                               └─▶ cali-to-wl-dispatch ─▶ cali-tw-IF     what a pod may receive
//	filter  INPUT, OUTPUT ─▶ cali-INPUT, cali-OUTPUT   IPIP and VXLAN only between Calico nodes
//
// The rules, their order and their cali: comments are those of Calico v3.28 with
// the settings of its manifest. Left out: policies, host endpoints, IPv6,
// WireGuard, eBPF, and the reconciliation that a running Felix does.
//
// Start reading at Tables. Like felix/rules and felix/dataplane/linux.
package felix
