package tcpdump

import "hoplab/packet"

// Routing protocols over IP, as far as one line of each goes.

// egp prints RFC 904.
func (l *line) egp(at, length int) {
	const header = 16
	l.enter("egp")
	if length < header || !l.has(at, header) {
		l.truncated()
		return
	}
	version := l.u8(at)
	l.str("EGPv")
	l.num(version)
	if l.opt.Verbose == 0 {
		l.str(", AS ")
		l.num(l.u16(at + 6))
		l.str(", seq ")
		l.num(l.u16(at + 8))
		l.length(length)
		return
	}
	l.length(length)
	if version != 2 {
		l.str("[version ")
		l.num(version)
		l.str("]")
		return
	}
	l.notModelled("EGP messages")
}

// igrp prints Cisco's IGRP.
func (l *line) igrp(at, length int) {
	const header, entry = 12, 14
	l.enter("igrp")
	l.str("igrp:")
	l.need(at+4, 6)
	kinds := [...]struct {
		left   int
		before string
		after  string
	}{{l.u16(at + 4), " *.", ""}, {l.u16(at + 6), " ", ".0"}, {l.u16(at + 8), " X", ".0"}}
	l.need(at, 4)
	operation := l.u8(at) & 15
	switch operation {
	case 1:
		l.str(" update")
	case 2:
		l.str(" request")
	default:
		l.str(" op-#")
		l.num(operation)
	}
	l.str(" V")
	l.num(l.u8(at) >> 4)
	l.str(" edit=")
	l.num(l.u8(at + 1))
	l.str(" AS=")
	l.num(l.u16(at + 2))
	for i, sep := range [...]string{" (", "/", "/"} {
		l.str(sep)
		l.num(kinds[i].left)
	}
	l.str(")")
	if sum := l.u16(at + 10); l.opt.Verbose > 0 {
		l.str(" checksum=0x")
		l.hex(uint32(sum), 4)
	}
	at += header
	length -= header
	kind := 0
	for ; (length >= entry || length < 0) && !l.stopped; length -= entry {
		for kind < len(kinds) && kinds[kind].left == 0 {
			kind++
		}
		l.need(at, 3)
		if kind == len(kinds) {
			l.str(" [extra bytes ")
			l.unsigned(uint32(length))
			l.str("]")
			break
		}
		kinds[kind].left--
		l.str(kinds[kind].before)
		l.num(l.u8(at))
		l.str(".")
		l.num(l.u8(at + 1))
		l.str(".")
		l.num(l.u8(at + 2))
		l.str(kinds[kind].after)
		l.igrpMetric(at + 3)
		at += entry
	}
	if kinds[0].left+kinds[1].left+kinds[2].left+length != 0 {
		l.invalid()
	}
}

func (l *line) igrpMetric(at int) {
	l.need(at, 11)
	delay, bandwidth := l.u24(at), l.u24(at+3)
	rate := 0
	if bandwidth > 0 {
		rate = 10000000 / bandwidth
	}
	for _, field := range [...]struct {
		label string
		value int
	}{
		{" d=", 10 * delay}, {" b=", rate}, {" r=", l.u8(at + 8)}, {" l=", l.u8(at + 9)}, {" M=", min(delay+bandwidth, 0xffffff)},
		{" mtu=", l.u16(at + 6)}, {" in ", l.u8(at + 10)},
	} {
		l.str(field.label)
		l.num(field.value)
	}
	l.str(" hops")
}

// mobileIP prints the minimal encapsulation of RFC 2004; what follows it is
// printed neither by tcpdump.
func (l *line) mobileIP(at, length int) {
	l.enter("mobile")
	if length < 8 || !l.has(at, 12) {
		l.truncated()
		return
	}
	l.str("mobile: ")
	header := 8
	source := l.u8(at+1)&0x80 != 0
	if source {
		header = 12
		l.str("[S] ")
		if l.opt.Verbose > 0 {
			l.ip(at + 8)
			l.str(" ")
		}
	} else {
		l.str("[] ")
	}
	if l.opt.Verbose > 0 {
		l.str("> ")
		l.ip(at + 4)
		l.str(" (oproto=")
		l.num(l.u8(at))
		l.str(")")
	}
	if packet.Checksum(l.frame[at:at+header]) != 0 {
		l.str(" (bad checksum ")
		l.num(l.u16(at + 2))
		l.str(")")
	}
}

// vrrp prints RFC 3768 and 9568.
func (l *line) vrrp(ip ipHeader, at, length, ttl int) {
	const advertisement, simple = 1, 1
	l.enter("vrrp")
	l.str("VRRP")
	version, kind := l.u8(at)>>4, l.u8(at)&15
	l.str("v")
	l.num(version)
	if kind == advertisement {
		l.str(", Advertisement")
	} else {
		l.str(", unknown type (")
		l.num(kind)
		l.str(")")
	}
	if ttl != 255 {
		l.str(", (ttl ")
		l.num(ttl)
		l.str(")")
	}
	if version < 2 || version > 3 || kind != advertisement {
		return
	}
	l.need(at+1, 2)
	l.str(", vrid ")
	l.num(l.u8(at + 1))
	l.str(", prio ")
	l.num(l.u8(at + 2))
	auth := 0
	if version == 2 {
		auth = l.u8(at + 4)
		l.str(", authtype ")
		if names := [...]string{"none", "simple", "ah"}; auth < len(names) {
			l.str(names[auth])
		} else {
			l.str("#")
			l.num(auth)
		}
		interval := l.u8(at + 5)
		l.str(", intvl ")
		l.num(interval)
		l.str("s")
	} else {
		interval := l.u8(at+4)&15<<8 | l.u8(at+5)
		l.str(", intvl ")
		l.num(interval)
		l.str("cs")
	}
	l.length(length)
	if l.opt.Verbose == 0 {
		return
	}
	count := l.u8(at + 3)
	if !l.stopped && l.has(at, length) {
		sum := packet.Checksum(l.frame[at : at+length])
		if version == 3 {
			sum = l.transportSum(ip, at, length, protoVRRP)
		}
		if sum != 0 {
			stored := l.u16(at + 6)
			l.str(", (bad vrrp cksum ")
			l.hex(uint32(stored), 1)
			l.str(")")
		}
	}
	l.str(", addrs")
	if count > 1 {
		l.str("(")
		l.num(count)
		l.str(")")
	}
	l.str(":")
	size := 4
	if l.isIPv6(ip) {
		size = 16
	}
	at += 8
	for i := 0; i < count && l.need(at, size); i++ {
		l.str(pick(btoi(i > 0), " ", ","))
		l.address(at, size)
		at += size
	}
	if version == 2 && auth == simple {
		l.str(" auth \"")
		l.padded(at, 8)
		l.str("\"")
	}
}

// eigrp prints the first line of Cisco's EIGRP, RFC 7868.
func (l *line) eigrp(at, length int) {
	l.enter("eigrp")
	if !l.has(at, 20) {
		l.truncated()
		return
	}
	if version := l.u8(at); version != 2 {
		l.str("EIGRP version ")
		l.num(version)
		l.str(" packet not supported")
		return
	}
	if l.opt.Verbose > 0 {
		l.notModelled("EIGRP")
		return
	}
	l.str("EIGRP ")
	l.named([]numbered{{1, "Update"}, {3, "Query"}, {4, "Reply"}, {5, "Hello"}, {6, "IPX SAP"}, {7, "Probe"}}, "unknown (", l.u8(at+1), ")")
	l.str(", length: ")
	l.num(length)
}

var ospfTypes = [...]string{1: "Hello", 2: "Database Description", 3: "LS-Request", 4: "LS-Update", 5: "LS-Ack"}

// ospf prints the first line of OSPF, RFC 2328 and 5340.
func (l *line) ospf(ip ipHeader, at, length int) {
	unknown, end := "unknown LS-type ", ""
	if l.isIPv6(ip) {
		l.enter("ospf3")
		unknown, end = "unknown packet type (", ")"
	} else {
		const md5, md5Len = 2, 16
		l.enter("ospf2")
		if l.u16(at+14) == md5 {
			length -= md5Len
		}
	}
	kind := l.u8(at + 1)
	version := l.u8(at)
	l.str("OSPFv")
	l.num(version)
	l.str(", ")
	known := kind > 0 && kind < len(ospfTypes)
	if known {
		l.str(ospfTypes[kind])
	} else {
		l.str(unknown)
		l.num(kind)
		l.str(end)
	}
	l.str(", length ")
	l.unsigned(uint32(length))
	if known && l.opt.Verbose > 0 {
		l.str(" ")
		l.notModelled("OSPF")
	}
}

// rsvp prints the first line of RFC 2205.
func (l *line) rsvp(at, length int) {
	l.enter("rsvp")
	if !l.has(at, 8) {
		l.truncated()
		return
	}
	version, kind := l.u8(at)>>4, l.u8(at+1)
	if version != 1 {
		l.str("ERROR: RSVP version ")
		l.num(version)
		l.str(" packet not supported")
		return
	}
	if l.opt.Verbose > 0 {
		l.notModelled("RSVP")
		return
	}
	l.str("RSVPv1 ")
	l.named([]numbered{
		{1, "Path"}, {2, "Resv"}, {3, "PathErr"}, {4, "ResvErr"}, {5, "PathTear"}, {6, "ResvTear"}, {7, "ResvConf"}, {12, "Bundle"},
		{13, "Acknowledgement"}, {14, "Hello (Old)"}, {15, "Refresh"}, {20, "Hello"},
	}, "unknown (", kind, ")")
	l.str(" Message, length: ")
	l.num(length)
}
