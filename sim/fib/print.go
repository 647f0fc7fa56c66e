package fib

import (
	"net/netip"
	"strconv"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// Hide says which fields a line of `ip route show` leaves out because the
// command named them: `ip route show dev eth0` prints no dev.
type Hide uint8

// The fields.
const (
	HideType Hide = 1 << iota
	HideDev
	HideProto
	HideScope
	HideTOS
	HideMetric
)

// Format is how routes are printed.
type Format struct {
	Table   uint32 // the table that was asked for, 0 all: then each line names its own
	Hide    Hide
	Details bool // ip -d
}

// AppendRoute appends the line of `ip route show` for r, like print_route of
// iproute2 6.1: every word is followed by a blank. There is no newline.
func AppendRoute(dst []byte, r *Route, env Env, f Format) []byte {
	if (r.Shown() != Unicast || f.Details) && f.Hide&HideType == 0 {
		dst = word(dst, r.Shown().String())
	}
	dst = append(appendDst(dst, r.Dst), ' ')
	if r.NHID != 0 {
		dst = number32(append(dst, "nhid "...), r.NHID)
	}
	if r.TOS != 0 && f.Hide&HideTOS == 0 {
		dst = word(append(dst, "tos "...), tosName(r.TOS))
	}
	if r.Gw.IsValid() {
		dst = r.Gw.AppendTo(append(dst, "via "...))
		dst = append(dst, ' ')
	}
	if r.Dev != 0 && f.Hide&HideDev == 0 {
		dst = word(append(dst, "dev "...), env.DevName(r.Dev))
	}
	if (r.Table != TableMain || f.Details) && f.Table == 0 {
		dst = word(append(dst, "table "...), TableName(r.Table))
	}
	if (r.Proto != ProtoBoot || f.Details) && f.Hide&HideProto == 0 {
		dst = word(append(dst, "proto "...), r.Proto.String())
	}
	if (r.Scope != Universe || f.Details) && f.Hide&HideScope == 0 {
		dst = word(append(dst, "scope "...), r.Scope.String())
	}
	if r.PrefSrc.IsValid() {
		dst = r.PrefSrc.AppendTo(append(dst, "src "...))
		dst = append(dst, ' ')
	}
	if r.Metric != 0 && f.Hide&HideMetric == 0 {
		dst = number32(append(dst, "metric "...), r.Metric)
	}
	dst = appendFlags(dst, r)
	dst = appendMetrics(dst, r)
	for _, h := range r.Hops {
		dst = append(dst, "nexthop "...)
		if h.Gw.IsValid() {
			dst = append(h.Gw.AppendTo(append(dst, "via "...)), ' ')
		}
		dst = word(append(dst, "dev "...), env.DevName(h.Dev))
		dst = number32(append(dst, "weight "...), uint32(h.Weight))
		dst = appendFlags(dst, h)
	}
	return dst
}

func appendFlags(dst []byte, r *Route) []byte {
	if r.off {
		dst = append(dst, "dead "...)
	}
	if r.Onlink {
		dst = append(dst, "onlink "...)
	}
	if r.Linkdown {
		dst = append(dst, "linkdown "...)
	}
	return dst
}

func appendMetrics(dst []byte, r *Route) []byte {
	if r.MTU != 0 || r.MTULock {
		dst = append(dst, "mtu "...)
		if r.MTULock {
			dst = append(dst, "lock "...)
		}
		dst = number32(dst, uint32(r.MTU))
	}
	if r.AdvMSS != 0 {
		dst = number32(append(dst, "advmss "...), uint32(r.AdvMSS))
	}
	if r.Hoplimit != 0 {
		dst = number32(append(dst, "hoplimit "...), uint32(r.Hoplimit))
	}
	return dst
}

// AppendException appends the two lines of `ip route show cache` for what r
// learnt about a destination; the second starts with four blanks. There is no
// newline at the end.
func AppendException(dst []byte, r *Route, e Exception, now clock.Instant, env Env) []byte {
	dst = packet.AddrFrom32(e.Dst).AppendTo(dst)
	dst = append(dst, ' ')
	switch {
	case e.Gw != 0:
		dst = packet.AddrFrom32(e.Gw).AppendTo(append(dst, "via "...))
		dst = append(dst, ' ')
	case r.HasGateway():
		dst = r.Gw.AppendTo(append(dst, "via "...))
		dst = append(dst, ' ')
	}
	dst = word(append(dst, "dev "...), env.DevName(r.Dev))
	if r.Table != TableMain {
		dst = word(append(dst, "table "...), TableName(r.Table))
	}
	dst = append(dst, "\n    "...)
	return AppendCache(dst, e, now)
}

// AppendCache appends what `ip route get` says of an exception:
// "cache expires 597sec mtu 1480 ".
func AppendCache(dst []byte, e Exception, now clock.Instant) []byte {
	left := e.Expires.Jiffies() - now.Jiffies()
	dst = append(dst, "cache "...)
	if e.Gw != 0 {
		dst = append(dst, "<redirected> "...)
	}
	dst = append(dst, "expires "...)
	dst = strconv.AppendInt(dst, left*int64(clock.Jiffy)/1e9, 10)
	dst = append(dst, "sec "...)
	if e.MTU == 0 {
		return dst
	}
	dst = append(dst, "mtu "...)
	if e.Lock {
		dst = append(dst, "lock "...)
	}
	return number32(dst, uint32(e.MTU))
}

// AppendRule appends the line of `ip rule show` for r, like print_rule of
// iproute2 6.1. There is no newline.
func AppendRule(dst []byte, r *Rule, details bool) []byte {
	dst = strconv.AppendUint(dst, uint64(r.Priority), 10)
	dst = append(dst, ":\t"...)
	if r.Not {
		dst = append(dst, "not "...)
	}
	dst = append(dst, "from "...)
	if r.Src.IsValid() && r.Src.Bits() > 0 {
		dst = appendDst(dst, r.Src)
	} else {
		dst = append(dst, "all"...)
	}
	if r.Dst.IsValid() && r.Dst.Bits() > 0 {
		dst = appendDst(append(dst, " to "...), r.Dst)
	}
	if r.TOS != 0 {
		dst = append(append(dst, " tos "...), tosName(r.TOS)...)
	}
	if r.Mark != 0 || r.Mask != 0 {
		dst = appendHex(append(dst, " fwmark "...), r.Mark)
		if r.Mask != 0xffffffff {
			dst = appendHex(append(dst, '/'), r.Mask)
		}
	}
	dst = appendRuleDev(dst, " iif ", r.IIF, r.iif)
	dst = appendRuleDev(dst, " oif ", r.OIF, r.oif)
	if r.L3MDev {
		dst = append(dst, " lookup [l3mdev-table]"...)
	}
	if r.HasUIDs {
		dst = appendRange(append(dst, " uidrange "...), r.UIDs, true)
	}
	if r.IPProto != 0 {
		dst = append(append(dst, " ipproto "...), IPProtoName(r.IPProto)...)
	}
	if r.SPort != (Range{}) {
		dst = appendRange(append(dst, " sport "...), r.SPort, false)
	}
	if r.DPort != (Range{}) {
		dst = appendRange(append(dst, " dport "...), r.DPort, false)
	}
	if r.TunID != 0 {
		dst = strconv.AppendUint(append(dst, " tun_id "...), r.TunID, 10)
	}
	switch r.Action {
	case ToTable:
		if r.Table == 0 {
			break
		}
		dst = append(append(dst, " lookup "...), TableName(r.Table)...)
		if r.SuppressPrefixLen >= 0 {
			dst = strconv.AppendInt(append(dst, " suppress_prefixlength "...), int64(r.SuppressPrefixLen), 10)
		}
		if r.SuppressGroup >= 0 {
			dst = append(append(dst, " suppress_ifgroup "...), GroupName(r.SuppressGroup)...)
		}
	case GoTo:
		dst = strconv.AppendUint(append(dst, " goto "...), uint64(r.Goto), 10)
		if r.target == nil {
			dst = append(dst, " [unresolved]"...)
		}
	case Nop:
		dst = append(dst, " nop"...)
	default:
		dst = append(append(dst, ' '), Type(r.Action).String()...) // FR_ACT_* are RTN_* here
	}
	if r.Proto != 0 && r.Proto != ProtoKernel || details {
		dst = append(append(dst, " proto "...), r.Proto.String()...)
	}
	return dst
}

func appendRange(dst []byte, r Range, both bool) []byte {
	dst = strconv.AppendUint(dst, uint64(r.First), 10)
	if r.First != r.Last || both {
		dst = strconv.AppendUint(append(dst, '-'), uint64(r.Last), 10)
	}
	return dst
}

// GroupName is iproute2's name of a group of devices.
func GroupName(n int) string {
	if n == 0 {
		return "default"
	}
	return strconv.Itoa(n)
}

// appendHex is C's %#x: 0 has no prefix.
func appendHex(dst []byte, n uint32) []byte {
	if n != 0 {
		dst = append(dst, "0x"...)
	}
	return strconv.AppendUint(dst, uint64(n), 16)
}

func appendRuleDev(dst []byte, word, name string, index int32) []byte {
	if name == "" {
		return dst
	}
	dst = append(append(dst, word...), name...)
	if index < 0 {
		dst = append(dst, " [detached]"...)
	}
	return dst
}

// appendDst appends a prefix as iproute2 writes it: no length for a host.
func appendDst(dst []byte, p netip.Prefix) []byte {
	switch {
	case p.Bits() == 32:
		return p.Addr().AppendTo(dst)
	case p.Bits() == 0:
		return append(dst, "default"...)
	}
	return p.AppendTo(dst)
}

func word(dst []byte, s string) []byte { return append(append(dst, s...), ' ') }

func number32(dst []byte, n uint32) []byte {
	return append(strconv.AppendUint(dst, uint64(n), 10), ' ')
}

// tosName is rtnl_dsfield_n2a.
func tosName(tos uint8) string {
	for _, d := range dsfields {
		if d.n == tos {
			return d.name
		}
	}
	const hex = "0123456789abcdef"
	return string([]byte{'0', 'x', hex[tos>>4], hex[tos&15]})
}

// TOSName is iproute2's name of a TOS byte.
func TOSName(tos uint8) string { return tosName(tos) }
