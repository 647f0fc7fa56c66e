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
)

// rcvOptions checks the options of a packet that came in and records this
// machine where it is asked to: ip_rcv_options and ip_options_compile in
// net/ipv4/ip_options.c. What is written here stands if the packet is for this
// machine; forwardOptions writes over it with the address on the way out, and
// only then is the checksum right again: an error about the packet quotes it
// as it is in between. False says that the packet ended.
func (ns *Namespace) rcvOptions(in *inDev, b *packet.Buffer) bool {
	ip := b.IPv4()
	opts := ip.Options()
	ok := walkOptions(opts, func(kind byte, o []byte) bool {
		switch kind {
		case optLSRR, optSSRR:
			return false
		case optRecordRoute:
			return ns.record(o, ns.specDstOf(in, ip), &b.Meta)
		case optTimestamp:
			return ns.stamp(o, ns.specDstOf(in, ip), &b.Meta)
		}
		return true
	})
	if !ok {
		ns.MIB.IP.InHdrErrors++
		ns.drop(b, in, trace.StageRcv, trace.IPOptions)
		return false
	}
	return true
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
	walkOptions(opts, func(kind byte, o []byte) bool {
		if kind != optRecordRoute {
			return true
		}
		if at := int(o[2]) - 5; at >= 3 && at+4 <= len(o) {
			binary.BigEndian.PutUint32(o[at:], src)
		}
		return true
	})
}

// record fills the next slot of a record route option. False: malformed.
func (ns *Namespace) record(o []byte, addr uint32, m *packet.Meta) bool {
	if len(o) < 3 || o[2] < 4 {
		return false
	}
	at := int(o[2])
	if at > len(o) {
		return true // full
	}
	if at+3 > len(o) {
		return false
	}
	binary.BigEndian.PutUint32(o[at-1:], addr)
	o[2] += 4
	m.Flags |= packet.RRNeedAddr
	return true
}

// stamp fills the next slot of a timestamp option: time only, address and
// time, or prespecified addresses. False: malformed.
func (ns *Namespace) stamp(o []byte, addr uint32, m *packet.Meta) bool {
	if len(o) < 4 || o[2] < 5 {
		return false
	}
	at := int(o[2])
	if at > len(o) {
		if o[3]&15 == 3 { // prespecified: those that are not on the list do not count
			return true
		}
		if o[3]>>4 == 15 {
			return false
		}
		o[3] += 1 << 4 // overflow counter
		return true
	}
	ms := ns.timestamp()
	switch o[3] & 15 {
	case 0:
		if at+3 > len(o) {
			return false
		}
		binary.BigEndian.PutUint32(o[at-1:], ms)
		o[2] += 4
	case 1:
		if at+7 > len(o) {
			return false
		}
		binary.BigEndian.PutUint32(o[at-1:], addr)
		binary.BigEndian.PutUint32(o[at+3:], ms)
		o[2] += 8
	case 3:
		if at+7 > len(o) {
			return false
		}
		if ns.addrType(binary.BigEndian.Uint32(o[at-1:]), 0) == fib.Local {
			binary.BigEndian.PutUint32(o[at+3:], ms)
			o[2] += 8
		}
	default:
		return false
	}
	return true
}

// timestamp is milliseconds since midnight UT, as inet_current_timestamp; the
// lab's day starts with the lab.
func (ns *Namespace) timestamp() uint32 { return uint32(int64(ns.Now()) / 1e6 % 86400000) }

// walkOptions calls f with each option and its bytes; false from f, or
// malformed options, end it with false.
func walkOptions(opts []byte, f func(kind byte, o []byte) bool) bool {
	for len(opts) > 0 {
		switch opts[0] {
		case optEnd:
			return true
		case optNOP:
			opts = opts[1:]
			continue
		}
		if len(opts) < 2 || opts[1] < 2 || int(opts[1]) > len(opts) {
			return false
		}
		n := int(opts[1])
		if !f(opts[0], opts[:n]) {
			return false
		}
		opts = opts[n:]
	}
	return true
}

// echoOptions are the options of an answer to a packet with these: the record
// route and timestamp options go on being filled, the rest is left out
// (__ip_options_echo), then the answer's own address is put in as
// ip_options_build does.
func echoOptions(opts []byte, ns *Namespace, src uint32) ([]byte, bool) {
	var out []byte
	ok := walkOptions(opts, func(kind byte, o []byte) bool {
		switch kind {
		case optRecordRoute:
			d := append([]byte(nil), o...)
			var m packet.Meta
			if !ns.record(d, src, &m) {
				return false
			}
			out = append(out, d...)
		case optTimestamp:
			d := append([]byte(nil), o...)
			var m packet.Meta
			if d[3]&15 != 3 && int(d[2]) <= len(d) && !ns.stamp(d, src, &m) {
				return false
			}
			out = append(out, d...)
		}
		return true
	})
	for len(out)%4 != 0 {
		out = append(out, optEnd)
	}
	return out, ok
}
