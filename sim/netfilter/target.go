package netfilter

import (
	"fmt"

	"hoplab/packet"
	"hoplab/sim/conntrack"
)

// Standard is one of the targets without options.
type Standard uint8

// The standard targets.
const (
	StandardAccept Standard = iota
	StandardDrop
	StandardReturn
)

// Jump is -j CHAIN, or -g CHAIN with Goto.
type Jump struct {
	Chain string
	Goto  bool
}

// TargetReject is -j REJECT.
type TargetReject struct{ With RejectType }

// TargetMark is -j MARK: the mark's bits in Mask are cleared, then Value is
// XORed in.
type TargetMark struct{ Value, Mask uint32 }

// ConnmarkMode says what CONNMARK does.
type ConnmarkMode uint8

// The modes.
const (
	ConnmarkSet ConnmarkMode = iota
	ConnmarkSave
	ConnmarkRestore
)

// TargetConnmark is -j CONNMARK.
type TargetConnmark struct {
	Mode           ConnmarkMode
	Value          uint32 // ConnmarkSet
	CTMask, NFMask uint32
}

// TargetCT is -j CT --notrack, and -j NOTRACK with Alias.
type TargetCT struct{ Alias, Notrack bool }

// TargetLog is -j LOG: it says what it sees to the Env, if that is a Logger.
type TargetLog struct {
	Level  uint8
	Flags  uint8 // 1 tcp-sequence, 2 tcp-options, 4 ip-options, 8 uid, 32 macdecode
	Prefix string
}

// TTLAction says what TTL does.
type TTLAction uint8

// The actions.
const (
	TTLSet TTLAction = iota
	TTLInc
	TTLDec
)

// TargetTTL is -j TTL.
type TargetTTL struct {
	Action TTLAction
	Value  uint8
}

// TargetTOS is -j TOS: bits in Mask are cleared, then Value is XORed in.
type TargetTOS struct{ Value, Mask uint8 }

// TargetDSCP is -j DSCP.
type TargetDSCP struct{ DSCP uint8 }

// TargetNAT is -j SNAT, DNAT, MASQUERADE and REDIRECT.
type TargetNAT struct {
	Action Action // SNAT, DNAT, Masquerade or Redirect
	Range  NATRange
}

// Name is the word behind -j.
func (t Standard) Name() string {
	switch t {
	case StandardAccept:
		return "ACCEPT"
	case StandardDrop:
		return "DROP"
	}
	return "RETURN"
}

func (t Jump) Name() string         { return t.Chain }           // the chain
func (TargetReject) Name() string   { return "REJECT" }          // the word behind -j
func (TargetMark) Name() string     { return "MARK" }            // the word behind -j
func (TargetConnmark) Name() string { return "CONNMARK" }        // the word behind -j
func (TargetLog) Name() string      { return "LOG" }             // the word behind -j
func (TargetTTL) Name() string      { return "TTL" }             // the word behind -j
func (TargetTOS) Name() string      { return "TOS" }             // the word behind -j
func (TargetDSCP) Name() string     { return "DSCP" }            // the word behind -j
func (t TargetNAT) Name() string    { return t.Action.String() } // the word behind -j

// Name is the word behind -j.
func (t TargetCT) Name() string {
	if t.Alias {
		return "NOTRACK"
	}
	return "CT"
}

func (Standard) appendSave(b []byte) []byte         { return b }
func (Standard) appendList(b []byte, _ bool) []byte { return b }
func (Jump) appendSave(b []byte) []byte             { return b }
func (Jump) appendList(b []byte, _ bool) []byte     { return b }

func (t TargetReject) appendSave(b []byte) []byte {
	return append(append(b, " --reject-with "...), t.With.String()...)
}

func (t TargetReject) appendList(b []byte, _ bool) []byte {
	return append(append(b, " reject-with "...), t.With.String()...)
}

func (t TargetMark) appendSave(b []byte) []byte {
	return fmt.Appendf(b, " --set-xmark 0x%x/0x%x", t.Value, t.Mask)
}

func (t TargetMark) appendList(b []byte, _ bool) []byte {
	return appendMarkOp(append(b, " MARK"...), t.Value, t.Mask)
}

// appendMarkOp says what setting does in the simplest words.
func appendMarkOp(b []byte, value, mask uint32) []byte {
	switch {
	case value == 0:
		return fmt.Appendf(b, " and 0x%x", ^mask)
	case value == mask:
		return fmt.Appendf(b, " or 0x%x", value)
	case mask == 0:
		return fmt.Appendf(b, " xor 0x%x", value)
	case mask == ^uint32(0):
		return fmt.Appendf(b, " set 0x%x", value)
	}
	return fmt.Appendf(b, " xset 0x%x/0x%x", value, mask)
}

func (t TargetConnmark) appendSave(b []byte) []byte {
	if t.Mode == ConnmarkSet {
		return fmt.Appendf(b, " --set-xmark 0x%x/0x%x", t.Value, t.CTMask)
	}
	mode := "save"
	if t.Mode == ConnmarkRestore {
		mode = "restore"
	}
	return fmt.Appendf(b, " --%s-mark --nfmask 0x%x --ctmask 0x%x", mode, t.NFMask, t.CTMask)
}

func (t TargetConnmark) appendList(b []byte, _ bool) []byte {
	b = append(b, " CONNMARK"...)
	const all = ^uint32(0)
	switch t.Mode {
	case ConnmarkSet:
		return appendMarkOp(b, t.Value, t.CTMask)
	case ConnmarkSave:
		b = append(b, " save"...)
	case ConnmarkRestore:
		b = append(b, " restore"...)
	}
	switch {
	case t.NFMask == all && t.CTMask == all:
		return b
	case t.NFMask == t.CTMask:
		return fmt.Appendf(b, " mask 0x%x", t.CTMask)
	case t.Mode == ConnmarkSave:
		return fmt.Appendf(b, " nfmask 0x%x ctmask ~0x%x", t.NFMask, t.CTMask)
	}
	return fmt.Appendf(b, " ctmask 0x%x nfmask ~0x%x", t.CTMask, t.NFMask)
}

func (t TargetCT) appendSave(b []byte) []byte {
	if t.Notrack && !t.Alias {
		b = append(b, " --notrack"...)
	}
	return b
}

func (t TargetCT) appendList(b []byte, _ bool) []byte {
	switch {
	case t.Alias:
		return append(b, " NOTRACK"...)
	case t.Notrack:
		return append(b, " CT notrack"...)
	}
	return append(b, " CT"...)
}

var logFlags = [...]struct {
	bit  uint8
	name string
}{{1, "tcp-sequence"}, {2, "tcp-options"}, {4, "ip-options"}, {8, "uid"}, {32, "macdecode"}}

// logLevels are the words of --log-level in the order of their numbers.
var logLevels = [...]string{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"}

func (t TargetLog) appendSave(b []byte) []byte {
	if t.Prefix != "" {
		b = appendString(append(b, " --log-prefix"...), t.Prefix)
	}
	if t.Level != 4 {
		b = fmt.Appendf(b, " --log-level %d", t.Level)
	}
	for _, f := range logFlags {
		if t.Flags&f.bit != 0 {
			b = append(append(b, " --log-"...), f.name...)
		}
	}
	return b
}

func (t TargetLog) appendList(b []byte, numeric bool) []byte {
	b = append(b, " LOG"...)
	if numeric {
		b = fmt.Appendf(b, " flags %d level %d", t.Flags, t.Level)
	} else {
		b = append(append(b, " level "...), logLevels[t.Level&7]...)
		for _, f := range logFlags {
			if t.Flags&f.bit != 0 {
				b = append(append(b, ' '), f.name...)
			}
		}
	}
	if t.Prefix != "" {
		b = fmt.Appendf(b, " prefix \"%s\"", t.Prefix)
	}
	return b
}

func (t TargetTTL) appendSave(b []byte) []byte {
	return fmt.Appendf(b, " --ttl-%s %d", [...]string{"set", "inc", "dec"}[t.Action], t.Value)
}

func (t TargetTTL) appendList(b []byte, _ bool) []byte {
	return fmt.Appendf(b, " TTL %s %d", [...]string{"set to", "increment by", "decrement by"}[t.Action], t.Value)
}

func (t TargetTOS) appendSave(b []byte) []byte {
	return fmt.Appendf(b, " --set-tos 0x%02x/0x%02x", t.Value, t.Mask)
}

func (t TargetTOS) appendList(b []byte, numeric bool) []byte {
	if name, ok := tosName(t.Value, t.Mask); ok && !numeric {
		return append(append(b, "  TOS set"...), name...) // iptables's own spacing
	}
	return fmt.Appendf(b, " TOS set 0x%02x/0x%02x", t.Value, t.Mask)
}

func (t TargetDSCP) appendSave(b []byte) []byte { return fmt.Appendf(b, " --set-dscp 0x%02x", t.DSCP) }
func (t TargetDSCP) appendList(b []byte, _ bool) []byte {
	return fmt.Appendf(b, " DSCP set 0x%02x", t.DSCP)
}

// appendRange prints addresses and ports as --to-source does.
func (t TargetNAT) appendRange(b []byte) []byte {
	r := &t.Range
	if r.Flags&conntrack.MapIPs != 0 {
		b = packet.AddrFrom32(r.MinAddr).AppendTo(b)
		if r.MaxAddr != r.MinAddr {
			b = packet.AddrFrom32(r.MaxAddr).AppendTo(append(b, '-'))
		}
	}
	if r.Flags&conntrack.ProtoSpecified != 0 {
		if t.Action == SNAT || t.Action == DNAT {
			b = append(b, ':')
		}
		b = fmt.Appendf(b, "%d", r.MinPort)
		if r.MaxPort != r.MinPort {
			b = fmt.Appendf(b, "-%d", r.MaxPort)
		}
	}
	return b
}

func (t TargetNAT) appendFlags(b []byte, lead string) []byte {
	for _, f := range [...]struct {
		bit  conntrack.RangeFlags
		name string
	}{{conntrack.ProtoRandom, "random"}, {conntrack.RandomFully, "random-fully"}, {conntrack.Persistent, "persistent"}} {
		if t.Range.Flags&f.bit != 0 {
			b = append(append(append(b, ' '), lead...), f.name...)
		}
	}
	return b
}

func (t TargetNAT) appendSave(b []byte) []byte {
	switch t.Action {
	case SNAT:
		b = t.appendRange(append(b, " --to-source "...))
	case DNAT:
		b = t.appendRange(append(b, " --to-destination "...))
	default:
		if t.Range.Flags&conntrack.ProtoSpecified != 0 {
			b = t.appendRange(append(b, " --to-ports "...))
		}
	}
	return t.appendFlags(b, "--")
}

func (t TargetNAT) appendList(b []byte, _ bool) []byte {
	ports := t.Range.Flags&conntrack.ProtoSpecified != 0
	switch {
	case t.Action == SNAT || t.Action == DNAT:
		b = t.appendRange(append(b, " to:"...))
	case t.Action == Masquerade && ports:
		b = t.appendRange(append(b, " masq ports: "...))
	case t.Action == Redirect && ports:
		b = t.appendRange(append(b, " redir ports "...))
	}
	return t.appendFlags(b, "")
}
