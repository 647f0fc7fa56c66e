package stack

import (
	"encoding/binary"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/trace"
)

// IP options, RFC 791 section 3.1.
const (
	optEnd         = 0
	optNOP         = 1
	optRecordRoute = 7
	optTimestamp   = 68
	optLSRR        = 131
	optSSRR        = 137
	optRouterAlert = 148
)

// rcvOptions checks the options of a packet that came in and records this
// machine where it is asked to: ip_rcv_options and ip_options_compile in
// net/ipv4/ip_options.c. What is written here stands if the packet is for this
// machine; forwardOptions writes over it with the address on the way out, and
// only then is the checksum right again: an error about the packet quotes it
// as it is in between. False says that the packet ended.
func (ns *Namespace) rcvOptions(in *inDev, b *packet.Buffer, rt *route) bool {
	ip := b.IPv4()
	var sourceRoute, recorded, stamped bool
	bad := walkOptions(ip.Options(), func(kind byte, o []byte) int {
		switch kind {
		case optLSRR, optSSRR:
			return checkSourceRoute(o, &sourceRoute)
		case optRecordRoute:
			if recorded {
				return 0 // one of each kind
			}
			recorded = true
			return ns.record(o, ns.specDstOf(in, ip), &b.Meta)
		case optTimestamp:
			if stamped {
				return 0
			}
			stamped = true
			return ns.stamp(o, ns.specDstOf(in, ip), &b.Meta)
		case optRouterAlert:
			if len(o) < 4 {
				return 1
			}
		}
		return optFine
	})
	if bad >= 0 { // tell the sender which byte is wrong
		ns.MIB.IP.InHdrErrors++
		ns.icmpSend(b, in, rt, packet.ICMPParamProblem, 0, uint32(packet.IPv4Len+bad)<<24)
		ns.drop(b, in, trace.StageRcv, trace.IPOptions)
		return false
	}
	if sourceRoute { // accept_source_route is 0 here
		ns.dropRef(b, in, trace.StageRcv, trace.SourceRoute, trace.RefSysctl, uint32(trace.SysctlAcceptSourceRoute))
		return false
	}
	return true
}

// checkSourceRoute looks at a source route option; seen says that there was
// one before. It returns what record returns.
func checkSourceRoute(o []byte, seen *bool) int {
	switch {
	case len(o) < 3:
		return 1
	case o[2] < 4:
		return 2
	case *seen:
		return 0
	}
	*seen = true
	return optFine
}

// specDstOf is the address that a recorded route shows for this machine as
// receiver: fib_compute_spec_dst.
func (ns *Namespace) specDstOf(in *inDev, ip packet.IPv4) uint32 {
	if ns.addrType(ip.Dst32(), 0) == fib.Local {
		return ip.Dst32()
	}
	return ns.specDst(in, ip.Src32())
}

// forwardOptions puts the address of the way out where rcvOptions recorded
// one: ip_forward_options. A timestamp keeps what rcvOptions wrote: the kernel
// rewrites it only in source routed packets.
func (ns *Namespace) forwardOptions(b *packet.Buffer, rt *route) {
	ip := b.IPv4()
	if b.Flags&packet.RRNeedAddr != 0 {
		rewriteSource(ip.Options(), ns.outSource(rt, ip))
	}
	ip.UpdateChecksum()
}

// outSource is the source this machine would use on the way out:
// ip_rt_get_source.
func (ns *Namespace) outSource(rt *route, ip packet.IPv4) uint32 {
	if rt.flags&rtInput == 0 {
		return ip.Src32()
	}
	if rt.fib != nil {
		return ns.prefSrc(rt.fib, rt.dev)
	}
	return ns.selectAddr(rt.dev, rt.nextHop(ip.Dst32()), fib.Universe)
}

// rewriteSource writes src into the last slot of a recorded route.
func rewriteSource(opts []byte, src uint32) {
	walkOptions(opts, func(kind byte, o []byte) int {
		if kind != optRecordRoute || len(o) < 3 {
			return optFine
		}
		if at := int(o[2]) - 5; at >= 3 && at+4 <= len(o) {
			binary.BigEndian.PutUint32(o[at:], src)
		}
		return optFine
	})
}

// record fills the next slot of a record route option. It returns optFine or
// the offset of the byte that is malformed.
func (ns *Namespace) record(o []byte, addr uint32, m *packet.Meta) int {
	if len(o) < 3 {
		return 1
	}
	if o[2] < 4 {
		return 2
	}
	at := int(o[2])
	if at > len(o) {
		return optFine // full
	}
	if at+3 > len(o) {
		return 2
	}
	binary.BigEndian.PutUint32(o[at-1:], addr)
	o[2] += 4
	m.Flags |= packet.RRNeedAddr
	return optFine
}

// stamp fills the next slot of a timestamp option: time only, address and
// time, or prespecified addresses. It returns what record
// returns.
func (ns *Namespace) stamp(o []byte, addr uint32, m *packet.Meta) int {
	if len(o) < 4 {
		return 1
	}
	if o[2] < 5 {
		return 2
	}
	at := int(o[2])
	if at > len(o) {
		if o[3]&15 == 3 { // prespecified: those that are not on the list do not count
			return optFine
		}
		if o[3]>>4 == 15 {
			return 3
		}
		o[3] += 1 << 4 // overflow counter
		return optFine
	}
	ms := ns.timestamp()
	switch o[3] & 15 {
	case 0:
		if at+3 > len(o) {
			return 2
		}
		binary.BigEndian.PutUint32(o[at-1:], ms)
		o[2] += 4
	case 1:
		if at+7 > len(o) {
			return 2
		}
		binary.BigEndian.PutUint32(o[at-1:], addr)
		binary.BigEndian.PutUint32(o[at+3:], ms)
		o[2] += 8
	case 3:
		if at+7 > len(o) {
			return 2
		}
		if ns.addrType(binary.BigEndian.Uint32(o[at-1:]), 0) != fib.Unicast { // not somebody else's
			binary.BigEndian.PutUint32(o[at+3:], ms)
			o[2] += 8
		}
	}
	return optFine // of other kinds the kernel keeps its hands off
}

// timestamp is milliseconds since midnight UT: inet_current_timestamp.
func (ns *Namespace) timestamp() uint32 {
	return uint32((int64(ns.Now()) + int64(ns.kernel.SinceMidnight)) / 1e6 % 86400000)
}

// optFine says that there is nothing malformed.
const optFine = -1

// walkOptions calls f with each option and its bytes until f finds a malformed
// byte and returns its offset in the option. It returns that byte's offset in
// opts, or optFine.
func walkOptions(opts []byte, f func(kind byte, o []byte) int) int {
	at := 0
	for at < len(opts) {
		switch opts[at] {
		case optEnd:
			return optFine
		case optNOP:
			at++
			continue
		}
		rest := opts[at:]
		if len(rest) < 2 || rest[1] < 2 || int(rest[1]) > len(rest) {
			return at
		}
		n := int(rest[1])
		if bad := f(rest[0], rest[:n]); bad != optFine {
			return at + bad
		}
		at += n
	}
	return optFine
}

// echoOptions are the options of an answer to a packet with these: the record
// route and timestamp options go on being filled, the rest is left out
// (__ip_options_echo), then the answer's own address is put in as
// ip_options_build does.
func echoOptions(opts []byte, ns *Namespace, src uint32) ([]byte, bool) {
	var out []byte
	bad := walkOptions(opts, func(kind byte, o []byte) int {
		var m packet.Meta
		d := append([]byte(nil), o...)
		switch {
		case kind == optRecordRoute:
			if bad := ns.record(d, src, &m); bad != optFine {
				return bad
			}
		case kind != optTimestamp:
			return optFine
		case len(d) >= 4 && d[3]&15 != 3 && int(d[2]) <= len(d):
			if bad := ns.stamp(d, src, &m); bad != optFine {
				return bad
			}
		}
		out = append(out, d...)
		return optFine
	})
	for len(out)%4 != 0 {
		out = append(out, optEnd)
	}
	return out, bad == optFine
}
