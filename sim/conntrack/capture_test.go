package conntrack

import (
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
)

// The captures in testdata are of a real node k8s-w1 with Calico's rules. What
// came in by one interface goes through the table here; what it left by must
// have the same bytes.

func TestErrorOfARouterBeyondMasqueradeComesBackTranslated(t *testing.T) {
	inside, outside := capture(t, "ttl-2-internet.cali.pcap"), capture(t, "ttl-2-internet.ens5.pcap")
	require.Len(t, inside, 4)
	require.Len(t, outside, 4)
	n := newRouter(t)
	n.snat = masquerade("192.168.10.101", RandomFully)
	n.draw = []uint32{uint32(packet.ICMP(outside[0].ip.Payload()).ID())} // the id that the kernel drew
	for i := 0; i < 4; i += 2 {
		n.now = start + clock.Instant(inside[i].time-inside[0].time)
		request := inside[i].ip
		_, info := n.mustForward(request)
		require.Equal(t, New, info)
		request.DecrementTTL()
		require.Equal(t, outside[i].ip, request)

		answer := outside[i+1].ip
		_, info = n.mustForward(answer)
		require.Equal(t, RelatedReply, info)
		answer.DecrementTTL()
		require.Equal(t, inside[i+1].ip, answer)
	}
	require.Len(t, n.list(), 1)
	require.Contains(t, n.list()[0], "[UNREPLIED]", "an error is no reply")
}

func TestTwoPodsWithTheSameICMPIDGetDifferentOnes(t *testing.T) {
	pods := [][]record{capture(t, "same-icmp-id.pod1.pcap"), capture(t, "same-icmp-id.pod2.pcap")}
	outside := capture(t, "same-icmp-id.ens5.pcap")
	ids := map[string]uint32{}
	for _, r := range outside {
		m := packet.ICMP(r.ip.Payload())
		if m.Type() == packet.ICMPEcho {
			ids[string(m.Payload())] = uint32(m.ID())
		}
	}
	n := newRouter(t)
	n.snat = masquerade("192.168.10.101", RandomFully)
	for _, pod := range pods {
		for _, r := range pod {
			m := packet.ICMP(r.ip.Payload())
			if m.Type() != packet.ICMPEcho {
				continue
			}
			n.draw = []uint32{ids[string(m.Payload())]}
			n.mustForward(r.ip)
			r.ip.DecrementTTL()
			require.Contains(t, outside, record{find(outside, r.ip).time, r.ip})
		}
	}
	require.Equal(t, []string{
		"icmp     1 30 src=172.16.158.1 dst=8.8.8.8 type=8 code=0 id=4321 [UNREPLIED] src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=11384 mark=0 use=1",
		"icmp     1 30 src=172.16.158.2 dst=8.8.8.8 type=8 code=0 id=4321 [UNREPLIED] src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=24229 mark=0 use=1",
	}, n.list())
	for _, r := range outside {
		if packet.ICMP(r.ip.Payload()).Type() == packet.ICMPEchoReply {
			_, info := n.mustForward(r.ip)
			require.Equal(t, EstablishedReply, info)
			r.ip.DecrementTTL()
			require.NotZero(t, find(pods[0], r.ip).time+find(pods[1], r.ip).time, "the reply reaches the pod as recorded")
		}
	}
	n.now += at(1)
	require.Equal(t, []string{
		"icmp     1 29 src=172.16.158.1 dst=8.8.8.8 type=8 code=0 id=4321 src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=11384 mark=0 use=1",
		"icmp     1 29 src=172.16.158.2 dst=8.8.8.8 type=8 code=0 id=4321 src=8.8.8.8 dst=192.168.10.101 type=0 code=0 id=24229 mark=0 use=1",
	}, n.list())
}

func find(all []record, ip packet.IPv4) record {
	for _, r := range all {
		if string(r.ip) == string(ip) {
			return r
		}
	}
	return record{}
}

func TestHostUnreachableMadeHereIsTranslatedBack(t *testing.T) {
	inside := capture(t, "no-such-lan-host.cali.pcap")
	n := newRouter(t)
	n.snat = masquerade("192.168.10.101", RandomFully)
	// Three requests wait for ARP, translated. Then each is answered by an error
	// to its source, which is the node itself by now.
	type waiting struct {
		conn uint32
		info Info
		ip   packet.IPv4
	}
	var queue []waiting
	answered := 0
	for _, r := range inside {
		n.now = start + clock.Instant(r.time-inside[0].time)
		m := packet.ICMP(r.ip.Payload())
		if m.Type() == packet.ICMPEcho {
			conn, info := n.mustForward(r.ip)
			r.ip.DecrementTTL()
			require.Equal(t, addr("192.168.10.101"), r.ip.Src32())
			queue = append(queue, waiting{conn, info, r.ip})
			continue
		}
		lost := queue[0]
		queue = queue[1:]
		made := icmp("192.168.10.101", "192.168.10.101", packet.ICMPUnreachable, packet.CodeHostUnreachable, 0, lost.ip)
		made.SetTOS(0xc0)
		made[4], made[5] = r.ip[4], r.ip[5]
		made.UpdateChecksum()

		viaOutput := clone(made)
		conn, info, _ := n.In(viaOutput, false, n.now)
		require.Equal(t, lost.conn, conn, "the quoted packet names the entry")
		require.Equal(t, lost.info.Attach(), info)
		changed, ok := n.NATPacket(conn, info, DNAT, viaOutput)
		require.True(t, ok)
		require.True(t, changed)
		changed, ok = n.NATPacket(conn, info, SNAT, viaOutput)
		require.True(t, ok)
		require.False(t, changed)
		require.Equal(t, r.ip, viaOutput)
		answered++
	}
	require.Equal(t, 4, answered)
}

func TestRecordedTCPConnectionEndsInTimeWait(t *testing.T) {
	n := newRouter(t)
	n.Config().Acct = true
	all := capture(t, "tcp-open-port.tunl0.pcap")
	states := []TCPState{}
	for _, r := range all {
		if r.ip.Proto() != packet.ProtoTCP {
			continue
		}
		n.now = start + clock.Instant(r.time-all[0].time)
		// Offload leaves checksums partial in this capture.
		conn, info, v := n.In(r.ip, false, n.now)
		require.Equal(t, Accept, v)
		require.NotEqual(t, InvalidInfo, info)
		require.True(t, n.Confirm(conn, info, n.now))
		states = append(states, n.Get(conn).TCP.State)
	}
	require.Equal(t, []TCPState{SynSent, SynRecv, TCPEstablished, TCPEstablished, TCPEstablished, TCPEstablished, TCPEstablished, FinWait, CloseWait, LastAck, TimeWait}, states)
	n.now += at(0.7)
	require.Equal(t, []string{"tcp      6 119 TIME_WAIT src=172.16.158.1 dst=172.16.184.1 sport=35592 dport=9000 packets=6 bytes=326 src=172.16.184.1 dst=172.16.158.1 sport=9000 dport=35592 packets=5 bytes=283 [ASSURED] mark=0 use=1"}, n.list())
}
