// Package conntrack is Linux's IPv4 connection tracking and NAT engine for one
// namespace: which flow a packet belongs to, whether the flow is new,
// established or related, and which addresses, ports and ICMP ids it is
// translated to.
//
// It follows Linux 6.1: net/netfilter/nf_conntrack_core.c, the trackers
// nf_conntrack_proto_{icmp,udp,tcp,generic}.c, nf_nat_core.c, nf_nat_proto.c
// and nf_nat_masquerade.c. Rules are not its business: the walk runs the nat
// table (sim/netfilter) and hands the resulting Range to SetupNAT.
//
// A packet meets the table in this order:
//
//	In             PREROUTING or OUTPUT, priority -200: find or make the entry
//	SetupNAT       the first packet of a flow only: choose the translation
//	NATPacket      each nat hook: rewrite the packet
//	Confirm        end of INPUT or POSTROUTING: a new entry becomes visible
//	Discard        instead of Confirm, when the packet was dropped before
//
// A nat hook asks its rules once for each entry (nf_nat_inet_fn):
//
//	if info == conntrack.New && !t.NATInitialized(conn, manip) {
//		// run the nat table, then SetupNAT with its range or AllocNullBinding
//	}
//	_, ok := t.NATPacket(conn, info, manip, ip)
//
// ICMP errors never go through the rules: NATPacket translates them by the
// entry of the packet that they quote.
//
// Start reading at Table.In, then Table.SetupNAT.
//
// Not modelled: zones, helpers and expectations (so RELATED is said of ICMP
// errors only), labels, events, SYN proxy, sequence adjustment, hardware
// offload, and the state machines of SCTP, DCCP, UDP-Lite and GRE, whose
// packets are tracked like those of an unknown protocol. Expired entries are
// cleaned up when new ones are made, not by a background worker.
package conntrack
