package netfilter

import (
	"errors"

	"hoplab/packet"
)

// Errors of the edits, in the words of iptables (libiptc).
var (
	ErrNoChain     = errors.New("No chain/target/match by that name")
	ErrInvalid     = errors.New("Invalid argument")
	ErrRange       = errors.New("Numerical result out of range")
	ErrLoop        = errors.New("Too many levels of symbolic links")
	ErrChainExists = errors.New("Chain already exists")
	ErrNotEmpty    = errors.New("Directory not empty")
	ErrReferenced  = errors.New("Too many links")
	ErrExists      = errors.New("File exists")
	ErrNoRule      = errors.New("Bad rule (does a matching rule exist in that chain?)")
	ErrInsertIndex = errors.New("Index of insertion too big")
	ErrDeleteIndex = errors.New("Index of deletion too big")
	ErrChangeIndex = errors.New("Index of replacement too big")
	ErrZeroIndex   = errors.New("Index of counter too big")
	ErrNoBuiltin   = errors.New("Bad built-in chain name")
	ErrPolicy      = errors.New("Bad policy name")
)

// where is what the kernel knows of a rule's place when it checks a match or
// target: xt_mtchk_param of include/linux/netfilter/x_tables.h.
type where struct {
	table TableID
	hooks HookMask // from which the rule's chain can be reached
	proto ProtoMatch
	spec  *Spec
}

// need refuses a protocol other than p.
func (w where) need(p packet.Proto) error {
	if w.proto.Proto != p || w.proto.Not {
		return ErrInvalid
	}
	return nil
}

// only refuses other tables, and chains that other hooks can reach.
func (w where) only(table TableID, hooks HookMask) error {
	if w.table != table || w.hooks&^hooks != 0 {
		return ErrInvalid
	}
	return nil
}

const allHooks HookMask = 1<<numHooks - 1

func (m MatchTransport) check(w where) error { return w.need(m.Proto) }
func (MatchICMP) check(w where) error        { return w.need(packet.ProtoICMP) }
func (MatchComment) check(where) error       { return nil }
func (MatchConntrack) check(where) error     { return nil }
func (MatchState) check(where) error         { return nil }
func (MatchMark) check(where) error          { return nil }
func (MatchSet) check(where) error           { return nil }
func (MatchStatistic) check(where) error     { return nil }
func (MatchIPRange) check(where) error       { return nil }
func (MatchLength) check(where) error        { return nil }
func (MatchTTL) check(where) error           { return nil }
func (MatchTOS) check(where) error           { return nil }
func (MatchDSCP) check(where) error          { return nil }

// Like addrtype_mt_checkentry_v1 in net/netfilter/xt_addrtype.c.
func (m MatchAddrType) check(w where) error {
	if m.LimitIn && m.LimitOut ||
		m.LimitOut && w.hooks&(1<<Prerouting|1<<Input) != 0 ||
		m.LimitIn && w.hooks&(1<<Postrouting|1<<Output) != 0 {
		return ErrInvalid
	}
	return nil
}

// Like rpfilter_check in net/ipv4/netfilter/ipt_rpfilter.c.
func (MatchRPFilter) check(w where) error {
	if w.table != Raw && w.table != Mangle || w.hooks&^(1<<Prerouting) != 0 {
		return ErrInvalid
	}
	return nil
}

// Like multiport_mt_check in net/netfilter/xt_multiport.c.
func (m MatchMultiport) check(w where) error {
	if w.proto.Not {
		return ErrInvalid
	}
	switch w.proto.Proto {
	case packet.ProtoTCP, packet.ProtoUDP, 33, 132, 136: // dccp, sctp, udplite
		return nil
	}
	return ErrInvalid
}

// Like limit_mt_check in net/netfilter/xt_limit.c.
func (m MatchLimit) check(where) error {
	if m.Burst == 0 || credits(m.Avg*m.Burst) < credits(m.Avg) {
		return ErrRange
	}
	return nil
}

func (Standard) check(where) error       { return nil }
func (Jump) check(where) error           { return nil }
func (TargetMark) check(where) error     { return nil }
func (TargetConnmark) check(where) error { return nil }
func (TargetLog) check(where) error      { return nil }
func (TargetCT) check(w where) error     { return w.only(Raw, allHooks) }
func (TargetTTL) check(w where) error    { return w.only(Mangle, allHooks) }
func (TargetTOS) check(w where) error    { return w.only(Mangle, allHooks) }
func (TargetDSCP) check(w where) error   { return w.only(Mangle, allHooks) }

// Like reject_tg_check in net/ipv4/netfilter/ipt_REJECT.c.
func (t TargetReject) check(w where) error {
	if t.With == RejectTCPReset && w.need(packet.ProtoTCP) != nil {
		return ErrInvalid
	}
	return w.only(Filter, 1<<Input|1<<Forward|1<<Output)
}

// Like the hooks of net/netfilter/xt_nat.c, xt_MASQUERADE.c and xt_REDIRECT.c.
func (t TargetNAT) check(w where) error {
	switch t.Action {
	case SNAT:
		return w.only(NAT, 1<<Postrouting|1<<Input)
	case Masquerade:
		return w.only(NAT, 1<<Postrouting)
	}
	return w.only(NAT, 1<<Prerouting|1<<Output)
}
