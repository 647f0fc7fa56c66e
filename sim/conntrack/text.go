package conntrack

import (
	"strconv"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// AppendText appends the entry as a line of conntrack -L (1.4.7) without the
// newline, such as
//
//	icmp     1 29 src=172.16.158.1 dst=8.8.8.8 type=8 code=0 id=7 src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=9 mark=0 use=1
func (c *Conn) AppendText(dst []byte, now clock.Instant) []byte {
	dst = c.appendProto(dst)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(c.Left(now)/time.Second), 10)
	dst = append(dst, ' ')
	if c.Orig.Proto == packet.ProtoTCP {
		dst = append(dst, c.TCP.State.String()...)
		dst = append(dst, ' ')
	}
	dst = c.appendSide(dst, Original, true)
	if c.Status&SeenReply == 0 {
		dst = append(dst, "[UNREPLIED] "...)
	}
	dst = c.appendSide(dst, Reply, true)
	if c.Status&Assured != 0 {
		dst = append(dst, "[ASSURED] "...)
	}
	dst = append(dst, "mark="...)
	dst = strconv.AppendUint(dst, uint64(c.Mark), 10)
	return append(dst, " use=1"...)
}

// appendProto appends the protocol's name and number: "tcp      6".
func (c *Conn) appendProto(dst []byte) []byte {
	proto := c.Orig.Proto
	name := "unknown"
	switch proto {
	case packet.ProtoICMP:
		name = "icmp"
	case packet.ProtoTCP:
		name = "tcp"
	case packet.ProtoUDP:
		name = "udp"
	}
	start := len(dst)
	dst = append(dst, name...)
	for len(dst) < start+9 {
		dst = append(dst, ' ')
	}
	dst = strconv.AppendUint(dst, uint64(proto), 10)
	return dst
}

// Left is the life that is left if no packet comes, in whole ticks.
func (c *Conn) Left(now clock.Instant) clock.Duration {
	if c.Status&Confirmed == 0 {
		return c.timeout
	}
	return max(0, c.Expires.Sub(jiffy(now)))
}

func (c *Conn) appendSide(dst []byte, d Dir, acct bool) []byte {
	dst = append(c.tuple(d).AppendText(dst), ' ')
	if c.acct && acct {
		dst = append(dst, "packets="...)
		dst = strconv.AppendUint(dst, c.Acct[d].Packets, 10)
		dst = append(dst, " bytes="...)
		dst = strconv.AppendUint(dst, c.Acct[d].Bytes, 10)
		dst = append(dst, ' ')
	}
	return dst
}

// AppendText appends the tuple in conntrack's words: src=… dst=… and then
// sport=… dport=… or type=… code=… id=….
func (t Tuple) AppendText(dst []byte) []byte {
	dst = append(dst, "src="...)
	dst = packet.AddrFrom32(t.Src).AppendTo(dst)
	dst = append(dst, " dst="...)
	dst = packet.AddrFrom32(t.Dst).AppendTo(dst)
	switch t.Proto {
	case packet.ProtoTCP, packet.ProtoUDP:
		dst = append(dst, " sport="...)
		dst = strconv.AppendUint(dst, uint64(t.SrcPort), 10)
		dst = append(dst, " dport="...)
		dst = strconv.AppendUint(dst, uint64(t.DstPort), 10)
	case packet.ProtoICMP:
		dst = append(dst, " type="...)
		dst = strconv.AppendUint(dst, uint64(t.ICMPType()), 10)
		dst = append(dst, " code="...)
		dst = strconv.AppendUint(dst, uint64(t.ICMPCode()), 10)
		dst = append(dst, " id="...)
		dst = strconv.AppendUint(dst, uint64(t.SrcPort), 10)
	}
	return dst
}
