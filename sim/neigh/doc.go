// Package neigh is the neighbour table of one network namespace: the state
// machine of Linux's net/core/neighbour.c as ARP uses it, the proxy entries
// and the text of `ip neigh`. It sends nothing itself: its Owner does.
//
//	                       Send                     3 broadcasts unanswered
//	         NONE, FAILED ──────▶ INCOMPLETE ─────────────────────▶ FAILED
//	              │                   │ reply                          ▲
//	their request │                   ▼                                │ 3 unicasts
//	              │   ┌───────▶ REACHABLE ◀───────────┐ reply          │ unanswered
//	              ▼   │ confirmed │ 15 to 45 s        │                │
//	            STALE ◀───────────┘                   │                │
//	              │ Send                              │                │
//	              └──────▶ DELAY ─────5 s──────▶ PROBE ────────────────┘
//
// Time counts in jiffies of 10 ms, and timers fire when the kernel's timer
// wheel would fire them: up to 80 ms late for a second.
//
// Left out: IPv6, application probes (app_solicit), managed entries,
// the delay of proxy answers (whoever answers has it). The limits of the garbage collector count per namespace,
// the kernel's per machine.
//
// Start reading at Table.Send and Table.Fire.
package neigh
