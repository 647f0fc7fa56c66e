package netfilter

import (
	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
)

// Hook is a point of the packet walk where tables are consulted, numbered as
// enum nf_inet_hooks in include/uapi/linux/netfilter.h.
type Hook uint8

// The hooks.
const (
	Prerouting Hook = iota
	Input
	Forward
	Output
	Postrouting
	numHooks
)

var hookNames = [numHooks]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}

// String is the name of the built-in chain at the hook.
func (h Hook) String() string {
	if h < numHooks {
		return hookNames[h]
	}
	return "unknown"
}

// TableID names a table.
type TableID uint8

// The tables, in the order in which a hook consults them.
const (
	Raw TableID = iota
	Mangle
	NAT
	Filter
	numTables
)

var tableNames = [numTables]string{"raw", "mangle", "nat", "filter"}

// String is the table's name as in `iptables -t`.
func (id TableID) String() string {
	if id < numTables {
		return tableNames[id]
	}
	return "unknown"
}

// TableByName is the reverse of String.
func TableByName(name string) (TableID, bool) {
	for id, n := range tableNames {
		if n == name {
			return TableID(id), true
		}
	}
	return 0, false
}

// validHooks are the hooks at which a table has a built-in chain, like the
// valid_hooks of net/ipv4/netfilter/iptable_*.c.
var validHooks = [numTables]HookMask{
	Raw:    1<<Prerouting | 1<<Output,
	Mangle: 1<<numHooks - 1,
	NAT:    1<<Prerouting | 1<<Input | 1<<Output | 1<<Postrouting,
	Filter: 1<<Input | 1<<Forward | 1<<Output,
}

// HookMask is a set of hooks: bit 1<<h for hook h.
type HookMask uint8

// Dev is an interface as a rule sees it. The stack makes one for each device of
// a namespace.
type Dev struct {
	Index int32
	Name  string // changed by Rename

	keyFor string // the name that key was made from
	key    ifName

	tables *Tables // those of its namespace
	number uint32  // there, 0 none yet
}

// Packet is what the tables look at and change. One value can be used again
// for every call.
type Packet struct {
	IP        packet.IPv4 // whole datagram; TTL and TOS targets write into it
	In, Out   *Dev        // nil: none at this hook
	Mark      *uint32     // skb->mark; never nil
	CT        *conntrack.Conn
	Info      conntrack.Info // valid iff CT is not nil; otherwise Untracked or InvalidInfo
	State     StateMask      // of both, for --ctstate: set by Tracked
	Untracked bool           // set by NOTRACK and CT --notrack
	Rewritten bool           // set by targets that change the header: TTL, TOS and DSCP
	Hook      Hook
	Buffer    *packet.Buffer // where IP is, for LOG, which shows the link header too; may be nil

	// What one walk worked out, valid if known says so. In memory, not in its
	// variables, as registers are few.
	inName, outName ifName
	verdict         Verdict
	knowsIn         bool
	knowsOut        bool
}

// RPFlags are the options of the rpfilter match, numbered as in
// include/uapi/linux/netfilter/xt_rpfilter.h.
type RPFlags uint8

// The options. RPInvert is applied by this package, Env need not look at it.
const (
	RPLoose       RPFlags = 1 << iota // any interface will do
	RPValidMark                       // look up with the packet's mark
	RPAcceptLocal                     // a local source is fine
	RPInvert                          // match if the path is wrong
)

// Env is what rules ask their namespace.
type Env interface {
	// AddrType is the RTN_ number of addr as inet_addr_type_dev_table in
	// net/ipv4/fib_frontend.c gives it: of the local table's view, on dev
	// only unless that is 0.
	AddrType(addr uint32, dev int32) uint8
	// ReversePath says whether the packet's source is routed back by the
	// interface it came in by: rpfilter_mt in
	// net/ipv4/netfilter/ipt_rpfilter.c, but for RPInvert.
	ReversePath(p *Packet, f RPFlags) bool
	Rand() uint32
	Now() clock.Instant
}

// Logger is an Env that keeps what LOG says.
type Logger interface {
	Log(p *Packet, t TargetLog)
}

// Action is what a table decided.
type Action uint8

// The actions.
const (
	Accept Action = iota
	Drop
	Reject // Drop, and answer as RejectWith says
	SNAT   // bind the source as NAT says
	DNAT   // bind the destination as NAT says
	// Masquerade binds the source to the address that the route out prefers;
	// NAT has the ports and flags.
	Masquerade
	// Redirect binds the destination to the address of the interface that
	// the packet came in by, 127.0.0.1 for a local one; NAT has the ports.
	Redirect
	// Netmap binds the destination at PREROUTING and OUTPUT, else the source, to
	// what NetmapAddr makes of it and NAT.
	Netmap
)

var actionNames = [...]string{"ACCEPT", "DROP", "REJECT", "SNAT", "DNAT", "MASQUERADE", "REDIRECT", "NETMAP"}

// String is the target's name.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown"
}

// Verdict is the answer of a table. It has four fields and not more, so that
// it travels in registers.
type Verdict struct {
	Outcome
	Index uint32    // of the rule that decided, 0 when the policy did
	NAT   *NATRange // never nil; empty unless Action is SNAT, DNAT, Masquerade, Redirect or Netmap
	Rule  *Rule     // the rule that decided; nil when the policy did
	Chain *Chain    // where it stands; the built-in chain when the policy decided
}

// Outcome is what becomes of the packet.
type Outcome struct {
	Action     Action
	RejectWith RejectType // valid iff Action is Reject
}

// NATRange is what an address is bound to.
type NATRange = conntrack.Range

// RejectType is what REJECT answers with, numbered as enum ipt_reject_with in
// include/uapi/linux/netfilter_ipv4/ipt_REJECT.h.
type RejectType uint8

// The answers: ICMP destination unreachable with the code named, or a TCP
// segment with RST.
const (
	RejectNetUnreachable   RejectType = 0
	RejectHostUnreachable  RejectType = 1
	RejectProtoUnreachable RejectType = 2
	RejectPortUnreachable  RejectType = 3
	RejectNetProhibited    RejectType = 5
	RejectHostProhibited   RejectType = 6
	RejectTCPReset         RejectType = 7
	RejectAdminProhibited  RejectType = 8
)

var rejectNames = [...]string{
	RejectNetUnreachable:   "icmp-net-unreachable",
	RejectHostUnreachable:  "icmp-host-unreachable",
	RejectProtoUnreachable: "icmp-proto-unreachable",
	RejectPortUnreachable:  "icmp-port-unreachable",
	4:                      "",
	RejectNetProhibited:    "icmp-net-prohibited",
	RejectHostProhibited:   "icmp-host-prohibited",
	RejectTCPReset:         "tcp-reset",
	RejectAdminProhibited:  "icmp-admin-prohibited",
}

// String is the word of --reject-with.
func (r RejectType) String() string {
	if int(r) < len(rejectNames) {
		return rejectNames[r]
	}
	return "unknown"
}

// ICMPCode is the code of the destination unreachable message, false for
// RejectTCPReset.
func (r RejectType) ICMPCode() (code uint8, ok bool) {
	switch r {
	case RejectNetUnreachable:
		return packet.CodeNetUnreachable, true
	case RejectHostUnreachable:
		return packet.CodeHostUnreachable, true
	case RejectProtoUnreachable:
		return packet.CodeProtoUnreachable, true
	case RejectPortUnreachable:
		return packet.CodePortUnreachable, true
	case RejectNetProhibited:
		return packet.CodeNetProhibited, true
	case RejectHostProhibited:
		return packet.CodeHostProhibited, true
	case RejectAdminProhibited:
		return packet.CodeAdminProhibited, true
	}
	return 0, false
}
