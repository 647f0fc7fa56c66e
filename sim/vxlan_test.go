package sim_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/packet/tcpdump"
	"hoplab/sim"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
	"hoplab/sim/trace"
	"hoplab/topology"
)

var vxlanNodes = strings.Replace(twoNodes, "ipipMode: Always", "vxlanMode: Always", 1)

// tcpdumpLines are tcpdump's lines of a capture, without times.
func tcpdumpLines(c *sim.Capture) (out []string) {
	for _, f := range c.Frames {
		out = append(out, string(tcpdump.AppendLine(nil, pcap.LinkEthernet, f.Data, tcpdump.Options{})))
	}
	return out
}

// A ping through vxlan.calico, as Calico sets it up, seen where a student would
// put tcpdump.
func TestPodsReachEachOtherThroughVXLAN(t *testing.T) {
	lab, err := sim.New(expanded(t, vxlanNodes))
	require.NoError(t, err)
	defer simtest.Check(t, lab)
	captures := map[string]*sim.Capture{}
	for _, at := range []string{"pod1:eth0", "k8s-w1:vxlan.calico", "k8s-w1:ens5", "k8s-w2:vxlan.calico"} {
		ns, dev, _ := strings.Cut(at, ":")
		captures[at], err = lab.Capture(ns, dev)
		require.NoError(t, err)
	}
	var decaps int
	defer lab.Subscribe(func(e *sim.Event) {
		if e.Stage == trace.StageDecap {
			require.Equal(t, "vxlan.calico", e.Dev)
			decaps++
		}
	})()
	var out bytes.Buffer
	pod2 := lab.Namespace("pod2")
	dst := pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr()
	res, err := lab.PingWith("pod1", sock.PingOptions{Host: dst.String(), Count: 3}, &out)
	require.NoError(t, err)
	require.Equal(t, 3, res.Received, out.String())
	require.Equal(t, 6, decaps)
	require.Contains(t, out.String(), "ttl=62")

	var arp int
	for _, f := range captures["k8s-w1:vxlan.calico"].Frames {
		eth := packet.Ethernet(f.Data)
		require.Equal(t, packet.EtherIPv4, eth.Type(), "no ARP: the neighbours are permanent")
		require.Contains(t, []string{"66:74:91:32:7c:04", "66:55:c4:6b:81:ed"}, eth.Src().String())
	}
	require.Len(t, captures["k8s-w1:vxlan.calico"].Frames, 6)
	require.Len(t, captures["k8s-w2:vxlan.calico"].Frames, 6)
	ports := map[uint16]bool{}
	for _, f := range captures["k8s-w1:ens5"].Frames {
		if packet.Ethernet(f.Data).Type() == packet.EtherARP {
			arp++
			continue
		}
		ip, err := packet.ParseIPv4(f.Data[packet.EthernetLen:])
		require.NoError(t, err)
		u, err := packet.ParseUDP(ip.Payload())
		require.NoError(t, err)
		require.EqualValues(t, 64, ip.TTL(), "the outer TTL is the node's own")
		require.False(t, ip.DF())
		require.NotZero(t, ip.ID())
		require.True(t, u.ChecksumOK([4]byte(f.Data[26:30]), [4]byte(f.Data[30:34])))
		require.EqualValues(t, 4789, u.DstPort())
		require.Equal(t, 134, ip.TotalLen(), "50 more than the ping's 84")
		require.GreaterOrEqual(t, u.SrcPort(), uint16(32768))
		require.LessOrEqual(t, u.SrcPort(), uint16(60999))
		ports[u.SrcPort()] = true
	}
	require.Len(t, ports, 1, "one flow, one port, both ways")
	require.NotZero(t, arp)
	require.Contains(t, tcpdumpLines(captures["k8s-w1:ens5"])[2], "VXLAN, flags [I] (0x08), vni 4096")
}

// The largest packet with DF, in pods of a segment of 1500 bytes.
func TestVXLANTakesFiftyBytes(t *testing.T) {
	lab, err := sim.New(expanded(t, vxlanNodes))
	require.NoError(t, err)
	defer simtest.Check(t, lab)
	pod2 := lab.Namespace("pod2")
	require.Equal(t, 1450, pod2.Device("eth0").MTU)
	dst := pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr()
	for size, want := range map[int]int{1422: 1, 1423: 0} {
		var out bytes.Buffer
		o, err := sock.ParsePing(strings.Fields(fmt.Sprintf("-c 1 -M do -s %d %s", size, dst)))
		require.NoError(t, err)
		res, err := lab.PingWith("pod1", o, &out)
		require.NoError(t, err)
		require.Equal(t, want, res.Received, out.String())
	}
}

// A node whose database lost the other one's MAC drops, and says why.
func TestVXLANWithoutAnEntryDropsWithAReason(t *testing.T) {
	lab, err := sim.New(expanded(t, vxlanNodes))
	require.NoError(t, err)
	defer simtest.Check(t, lab)
	require.NoError(t, lab.Command("k8s-w1", "bridge fdb del 66:55:c4:6b:81:ed dev vxlan.calico", "test"))
	require.ErrorContains(t, lab.Command("k8s-w1", "bridge fdb del 66:55:c4:6b:81:ed dev vxlan.calico", "test"), "No such file or directory")
	var why []trace.Reason
	defer lab.Subscribe(func(e *sim.Event) {
		if e.Verdict == trace.Drop {
			why = append(why, e.Reason)
			require.Equal(t, "k8s-w1", e.NetNS)
			require.Equal(t, "vxlan.calico", e.Dev)
		}
	})()
	pod2 := lab.Namespace("pod2")
	res, err := lab.Ping("pod1", pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr(), 1)
	require.NoError(t, err)
	require.Zero(t, res.Received)
	require.Equal(t, []trace.Reason{trace.NoTxTarget}, why)
	require.EqualValues(t, 1, lab.Namespace("k8s-w1").Device("vxlan.calico").Stats.TxDropped)
	require.NoError(t, lab.Command("k8s-w1", "bridge fdb add 66:55:c4:6b:81:ed dev vxlan.calico dst 192.168.10.102", "test"))
	res, err = lab.Ping("pod1", pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr(), 1)
	require.NoError(t, err)
	require.Equal(t, 1, res.Received)
}

// The plain lab that hoplab expand prints gives the same packets.
func TestExpandedVXLANLabIsTheSameLab(t *testing.T) {
	plain := expanded(t, vxlanNodes)
	printed, err := topology.Parse("plain.yaml", topology.MarshalLab(plain))
	require.NoError(t, err)
	frames := func(l *topology.Lab) (all []string) {
		lab, err := sim.New(l)
		require.NoError(t, err)
		c, err := lab.Capture("k8s-w2", "ens5")
		require.NoError(t, err)
		pod2 := lab.Namespace("pod2")
		res, err := lab.Ping("pod1", pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr(), 2)
		require.NoError(t, err)
		require.Equal(t, 2, res.Received)
		lab.RunFor(time.Second)
		for _, f := range c.Frames {
			all = append(all, string(f.Data))
		}
		return all
	}
	require.Equal(t, frames(plain), frames(printed.Labs[0]))
}

func TestVXLANAllocatesNothing(t *testing.T) {
	for name, opts := range map[string][]sim.Option{"silent": nil, "ring": {sim.WithTrace(trace.Ring)}} {
		p := newPingerOf(t, vxlanNodes, opts...)
		for range 100 {
			p.roundTrip(t)
		}
		require.Zero(t, testing.AllocsPerRun(200, func() { p.roundTrip(t) }), name)
	}
}

func BenchmarkCrossNodePingVXLAN(b *testing.B) { newPingerOf(b, vxlanNodes).bench(b) }
