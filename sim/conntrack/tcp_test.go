package conntrack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
)

const (
	sy = packet.TCPSyn
	sa = packet.TCPSyn | packet.TCPAck
	ac = packet.TCPAck
	fa = packet.TCPFin | packet.TCPAck
	ra = packet.TCPRst | packet.TCPAck
	rs = packet.TCPRst
)

// seg is a segment of the test flow 172.16.158.1:40000 > 172.16.184.1:80, or
// back.
type seg struct {
	back     bool
	flags    uint8
	seq, ack uint32
	data     string
	wait     float64 // seconds before it

	info  Info
	state string // TCPState, or "" when no entry is left
	left  int    // seconds
}

func (s seg) ip() packet.IPv4 {
	if s.back {
		return tcp(pod3, pod1, 80, 40000, s.flags, s.seq, s.ack, s.data)
	}
	return tcp(pod1, pod3, 40000, 80, s.flags, s.seq, s.ack, s.data)
}

func TestTCPFlows(t *testing.T) {
	open := []seg{
		{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
		{back: true, flags: sa, seq: 500, ack: 101, info: EstablishedReply, state: "SYN_RECV", left: 60},
		{flags: ac, seq: 101, ack: 501, info: Established, state: "ESTABLISHED", left: 432000},
	}
	closed := []seg{
		{back: true, flags: fa, seq: 501, ack: 101, info: EstablishedReply, state: "FIN_WAIT", left: 120},
		{flags: ac, seq: 101, ack: 502, info: Established, state: "CLOSE_WAIT", left: 60},
		{flags: fa, seq: 101, ack: 502, info: Established, state: "LAST_ACK", left: 30},
		{back: true, flags: ac, seq: 502, ack: 102, info: EstablishedReply, state: "TIME_WAIT", left: 120},
	}
	for _, c := range []struct {
		name   string
		before []seg
		segs   []seg
	}{
		{"opens and closes", open, closed},
		{"is refused: the entry goes at once", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{back: true, flags: ra, seq: 0, ack: 101, info: EstablishedReply, state: ""},
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
		}},
		{"a repeated SYN does not prolong", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{flags: sy, seq: 100, wait: 1, info: New, state: "SYN_SENT", left: 119},
		}},
		{"is picked up in the middle", nil, []seg{
			{flags: ac, seq: 101, ack: 501, data: "GET", info: New, state: "ESTABLISHED", left: 300},
			{back: true, flags: ac, seq: 501, ack: 104, info: EstablishedReply, state: "ESTABLISHED", left: 300},
			{flags: ac, seq: 104, ack: 501, info: Established, state: "ESTABLISHED", left: 432000},
		}},
		{"unacknowledged data shortens its life", open, []seg{
			{flags: ac, seq: 101, ack: 501, data: "GET", info: Established, state: "ESTABLISHED", left: 300},
			{back: true, flags: ac, seq: 501, ack: 104, info: EstablishedReply, state: "ESTABLISHED", left: 432000},
		}},
		{"equal ACKs shorten its life", open, []seg{
			{back: true, flags: ac, seq: 501, ack: 101, info: EstablishedReply, state: "ESTABLISHED", left: 432000},
			{back: true, flags: ac, seq: 501, ack: 101, info: EstablishedReply, state: "ESTABLISHED", left: 432000},
			{back: true, flags: ac, seq: 501, ack: 101, info: EstablishedReply, state: "ESTABLISHED", left: 432000},
			{back: true, flags: ac, seq: 501, ack: 101, info: EstablishedReply, state: "ESTABLISHED", left: 300},
		}},
		{"a reset with the exact number closes", open, []seg{
			{back: true, flags: rs, seq: 501, info: EstablishedReply, state: "CLOSE", left: 10},
		}},
		{"a reset before what was acknowledged is invalid", open, []seg{
			{back: true, flags: rs, seq: 400, info: InvalidInfo, state: "ESTABLISHED", left: 432000},
		}},
		{"a reset behind it keeps the flow, for a challenge ACK", open, []seg{
			{back: true, flags: rs, seq: 600, info: EstablishedReply, state: "ESTABLISHED", left: 10},
		}},
		{"data beyond the window is invalid", open, []seg{
			{flags: ac, seq: 101 + 200000, ack: 501, data: "x", info: InvalidInfo, state: "ESTABLISHED", left: 432000},
		}},
		{"an ACK of what was never sent is invalid", open, []seg{
			{flags: ac, seq: 101, ack: 900, info: InvalidInfo, state: "ESTABLISHED", left: 432000},
		}},
		{"a SYN in an open flow passes unheeded", open, []seg{
			{flags: sy, seq: 9000, wait: 1, info: Established, state: "ESTABLISHED", left: 431999},
		}},
		{"a SYN-ACK to a SYN that passed unheeded starts anew", open, []seg{
			{flags: sy, seq: 9000, info: Established, state: "ESTABLISHED", left: 432000},
			{back: true, flags: sa, seq: 7000, ack: 9001, info: EstablishedReply, state: "SYN_RECV", left: 60},
			{flags: ac, seq: 9001, ack: 7001, info: Established, state: "ESTABLISHED", left: 432000},
		}},
		{"a SYN after the end opens a new entry", append(open, closed...), []seg{
			{flags: sy, seq: 9000, info: New, state: "SYN_SENT", left: 120},
			{back: true, flags: sa, seq: 7000, ack: 9001, info: EstablishedReply, state: "SYN_RECV", left: 60},
		}},
		{"both sides open at once", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{back: true, flags: sy, seq: 500, info: EstablishedReply, state: "SYN_SENT2", left: 120},
			{flags: sa, seq: 100, ack: 501, info: Established, state: "SYN_RECV", left: 60},
			{back: true, flags: ac, seq: 501, ack: 101, info: EstablishedReply, state: "ESTABLISHED", left: 432000},
		}},
		{"an ACK without a SYN-ACK is invalid", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{flags: ac, seq: 101, ack: 501, info: InvalidInfo, state: "SYN_SENT", left: 120},
		}},
		{"FINs outside the window of both sides shorten its life", open, []seg{
			{flags: fa, seq: 300000, ack: 501, info: InvalidInfo, state: "ESTABLISHED", left: 432000},
			{back: true, flags: fa, seq: 300000, ack: 101, info: InvalidInfo, state: "ESTABLISHED", left: 300},
		}},
		{"a challenge ACK does not end what is about to end", append(open, closed[:3]...), []seg{
			{flags: sy, seq: 9000, info: Established, state: "LAST_ACK", left: 30},
			{back: true, flags: ac, seq: 502, ack: 101, info: EstablishedReply, state: "LAST_ACK", left: 30},
			{back: true, flags: ac, seq: 502, ack: 102, info: EstablishedReply, state: "TIME_WAIT", left: 120},
		}},
		{"a reset that answers a SYN let through closes", open, []seg{
			{flags: sy, seq: 9000, info: Established, state: "ESTABLISHED", left: 432000},
			{back: true, flags: ra, seq: 0, ack: 9001, info: EstablishedReply, state: "CLOSE", left: 10},
		}},
		{"the server holds an old connection and is reset", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{back: true, flags: ac, seq: 777, ack: 555, info: EstablishedReply, state: "SYN_SENT", left: 120},
			{flags: rs, seq: 555, info: Established, state: "CLOSE", left: 10},
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
		}},
		{"a reset in an open that is not complete", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{back: true, flags: sa, seq: 500, ack: 101, info: EstablishedReply, state: "SYN_RECV", left: 60},
			{flags: rs, seq: 101, info: Established, state: "CLOSE", left: 10},
			{back: true, flags: rs, seq: 1, info: EstablishedReply, state: "CLOSE", left: 10},
		}},
		{"slightly more than the window passes but proves nothing", open, []seg{
			{flags: ac, seq: 101 + 64240 + 1, ack: 501, data: "x", wait: 1, info: Established, state: "ESTABLISHED", left: 431999},
		}},
		{"data far behind the window passes but proves nothing", open, []seg{
			{flags: ac, seq: 101, ack: 1<<32 + 501 - 70000, wait: 1, info: Established, state: "ESTABLISHED", left: 431999},
		}},
		{"a second attempt with another number", nil, []seg{
			{flags: sy, seq: 100, info: New, state: "SYN_SENT", left: 120},
			{flags: sy, seq: 5000, info: New, state: "SYN_SENT", left: 120},
			{back: true, flags: sa, seq: 500, ack: 5001, info: EstablishedReply, state: "SYN_RECV", left: 60},
			{flags: ac, seq: 5001, ack: 501, info: Established, state: "ESTABLISHED", left: 432000},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newRouter(t)
			for i, s := range append(append([]seg{}, c.before...), c.segs...) {
				n.now = n.now.Add(time.Duration(s.wait * 1e9))
				conn, info := n.mustForward(s.ip())
				require.Equal(t, s.info, info, "segment %d", i)
				if s.state == "" {
					require.Empty(t, n.list(), "segment %d", i)
					continue
				}
				require.Len(t, n.list(), 1, "segment %d", i)
				if conn == 0 {
					conn = n.at(n.first).handle(n.first)
				}
				require.Equal(t, s.state, n.Get(conn).TCP.State.String(), "segment %d", i)
				require.Equal(t, s.left, int(n.Get(conn).Left(n.now)/time.Second), "segment %d", i)
			}
			n.check()
		})
	}
}

func TestTCPSettings(t *testing.T) {
	n := newRouter(t)
	n.Config().TCPLoose = false
	_, info := n.mustForward(tcp(pod1, pod3, 40000, 80, ac, 101, 501, ""))
	require.Equal(t, InvalidInfo, info)

	n.Config().TCPBeLiberal = true
	n.mustForward(tcp(pod1, pod3, 40000, 80, sy, 100, 0, ""))
	n.mustForward(tcp(pod3, pod1, 80, 40000, sa, 500, 101, ""))
	n.mustForward(tcp(pod1, pod3, 40000, 80, ac, 101, 501, ""))
	_, info = n.mustForward(tcp(pod1, pod3, 40000, 80, ac, 101, 900, ""))
	require.Equal(t, Established, info)
}

func TestWindowScaleHoldsOnlyIfBothOfferIt(t *testing.T) {
	options := func(ip packet.IPv4, o ...byte) packet.IPv4 {
		l4 := append(append([]byte{}, ip.Payload()...), o...)
		l4[12] = byte(len(l4)/4) << 4
		return datagram(ip.Src().String(), ip.Dst().String(), packet.ProtoTCP, l4)
	}
	for _, both := range []bool{true, false} {
		n := newRouter(t)
		n.mustForward(options(tcp(pod1, pod3, 40000, 80, sy, 100, 0, ""), 4, 2, 3, 3, 7, 1, 0, 0))
		answer := tcp(pod3, pod1, 80, 40000, sa, 500, 101, "")
		if both {
			answer = options(answer, 1, 3, 3, 9)
		}
		n.mustForward(answer)
		conn, _ := n.mustForward(tcp(pod1, pod3, 40000, 80, ac, 101, 501, ""))
		sides := n.Get(conn).TCP.sides
		require.Equal(t, tcpSackPerm, sides[0].flags&tcpSackPerm)
		if both {
			require.Equal(t, [2]uint8{7, 9}, [2]uint8{sides[0].scale, sides[1].scale})
			require.Equal(t, uint32(64240<<7), sides[0].maxWin)
		} else {
			require.Equal(t, [2]uint8{0, 0}, [2]uint8{sides[0].scale, sides[1].scale})
		}
	}
}

func TestHighestSack(t *testing.T) {
	block := func(left, right byte) []byte { return []byte{0, 0, 0, left, 0, 0, 0, right} }
	for _, c := range []struct {
		name string
		opts []byte
		want uint32
	}{
		{"none", nil, 50},
		{"one block", append([]byte{1, 1, 5, 10}, block(60, 70)...), 70},
		{"the highest of two", append(append([]byte{1, 1, 5, 18}, block(80, 90)...), block(60, 70)...), 90},
		{"below the acknowledgment", append([]byte{1, 1, 5, 10}, block(1, 2)...), 50},
		{"behind another option", append([]byte{254, 2, 5, 10}, block(60, 70)...), 70},
		{"behind the end", append([]byte{0, 1, 5, 10}, block(60, 70)...), 50},
		{"cut short", []byte{1, 1, 5, 10}, 50},
		{"silly length", []byte{5, 1, 0, 0}, 50},
		{"half a block", []byte{5, 6, 0, 0, 0, 90, 0, 0}, 50},
	} {
		t.Run(c.name, func(t *testing.T) {
			l4 := append(append([]byte{}, tcp(pod1, pod3, 1, 2, ac, 1, 50, "").Payload()...), c.opts...)
			l4[12] = byte(len(l4)/4) << 4
			require.Equal(t, c.want, highestSack(l4, 50))
		})
	}
}
