package maps

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
	"hoplab/topology"
	"hoplab/ui/replay"
)

// grown is the network of an empty lab after lines of a shell.
func grown(t testing.TB, lines ...string) *replay.Net {
	t.Helper()
	l := sim.Empty()
	t.Cleanup(l.Close)
	sh, err := tools.NewShell(l, shell.Options{Start: sim.HostName})
	require.NoError(t, err)
	defer sh.Close()
	for _, line := range lines {
		status, err := sh.RunCommand(line)
		require.NoError(t, err, line)
		require.Zero(t, status, line)
	}
	return replay.NetOf(l)
}

// check expects every interface that is worth a line once, inside of the plan.
func check(t *testing.T, net *replay.Net, p *plan) {
	t.Helper()
	seen := map[string]int{}
	for _, s := range p.spots {
		require.True(t, s.x >= 0 && s.y >= 0 && s.y < p.h && s.x+max(s.w, 0) <= p.w, "%+v in %d×%d", s, p.w, p.h)
		seen[s.place]++
	}
	for _, m := range net.Machines {
		for i := range m.Devices {
			if d := &m.Devices[i]; !idle(d) {
				require.Equal(t, 1, seen[m.Name+":"+d.Name], "%s:%s", m.Name, d.Name)
			}
		}
	}
}

// Whatever a network looks like, everything has a place.
func TestPlansOfAnyNetwork(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var l topology.Lab
		for i := range rng.IntN(4) {
			l.Segments = append(l.Segments, &topology.Segment{Name: fmt.Sprintf("s%d", i), MTU: 1500})
		}
		for i := range rng.IntN(9) {
			m := &topology.Machine{Name: fmt.Sprintf("m%d", i), Role: topology.RoleHost}
			for k := range rng.IntN(4) {
				x := &topology.Interface{Name: fmt.Sprintf("e%d", k), Kind: topology.Dummy, Up: rng.IntN(4) > 0, MTU: 1500}
				if n := len(l.Segments); n > 0 && rng.IntN(2) == 0 {
					x.Kind, x.Segment = topology.NIC, l.Segments[rng.IntN(n)].Name
				} else if i > 0 && rng.IntN(3) > 0 {
					o := l.Machines[rng.IntN(i)]
					peer := &topology.Interface{Name: fmt.Sprintf("v%d%d", i, k), Kind: topology.Veth, Up: true, MTU: 1500, Peer: topology.Endpoint{Machine: m.Name, Interface: x.Name}}
					o.Interfaces = append(o.Interfaces, peer)
					x.Kind, x.Peer = topology.Veth, topology.Endpoint{Machine: o.Name, Interface: peer.Name}
				}
				if rng.IntN(2) == 0 {
					x.Addresses = []topology.Address{{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), byte(k), 1}), 24)}}
				}
				m.Interfaces = append(m.Interfaces, x)
			}
			l.Machines = append(l.Machines, m)
		}
		lab, err := sim.New(&l)
		require.NoError(t, err)
		net := replay.NetOf(lab)
		for _, w := range []int{1, 20, 40, 64, 83, 160} {
			check(t, net, planOf(net, w, whole))
			check(t, net, planOf(net, w, tall))
			check(t, net, planOf(net, w, low))
		}
		lab.Close()
	}
}

func TestPortsAndVLANsStandBelowTheirDevice(t *testing.T) {
	net := grown(t, "ip link add br0 type bridge", "ip netns add red", "ip link add p1 type veth peer name eth0 netns red", "ip link set p1 master br0", "ip link add d0 type dummy",
		"ip link set d0 master br0", "ip link add link br0 name br0.7 type vlan id 7", "ip link add vx type vxlan id 42 remote 10.0.0.9 dstport 4789")
	p := planOf(net, 80, low)
	check(t, net, p)
	heads := map[string]string{}
	for _, s := range p.spots {
		heads[s.place] = s.head
	}
	require.Equal(t, map[string]string{"host:br0": "", "host:p1": "├ ", "red:eth0": "red ", "host:d0": "├ ", "host:br0.7": "└ ", "host:vx": ""}, heads)
	require.Equal(t, "id 42 remote 10.0.0.9", net.Machine("host").Device("vx").Detail)
	require.Equal(t, "id 7", net.Machine("host").Device("br0.7").Detail)
	require.Equal(t, "br0", net.Machine("host").Device("p1").Master)
}

// BenchmarkPlan is a map of a node with 250 pods.
func BenchmarkPlan(b *testing.B) {
	lab := &topology.Lab{Segments: []*topology.Segment{{Name: "lan", MTU: 1500}}}
	node := &topology.Machine{Name: "node", Role: topology.RoleNode, Interfaces: []*topology.Interface{{Name: "ens5", Kind: topology.NIC, Segment: "lan", Up: true, MTU: 1500}}}
	lab.Machines = append(lab.Machines, node)
	for i := range 250 {
		pod := fmt.Sprintf("pod%d", i)
		node.Interfaces = append(node.Interfaces, &topology.Interface{Name: "cali" + pod, Kind: topology.Veth, Up: true, MTU: 1500, Peer: topology.Endpoint{Machine: pod, Interface: "eth0"}})
		lab.Machines = append(lab.Machines, &topology.Machine{Name: pod, Role: topology.RolePod,
			Interfaces: []*topology.Interface{{Name: "eth0", Kind: topology.Veth, Up: true, MTU: 1500, Peer: topology.Endpoint{Machine: "node", Interface: "cali" + pod}}}})
	}
	l, err := sim.New(lab)
	require.NoError(b, err)
	defer l.Close()
	net := replay.NetOf(l)
	b.ReportAllocs()
	for b.Loop() {
		planOf(net, 83, whole)
	}
}

func TestHeadersOfStrangeFrames(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		b := make([]byte, rng.IntN(120))
		for i := range b {
			b[i] = byte(rng.IntN(256))
		}
		if len(b) > 40 {
			copy(b[12:], []byte{0x08, 0x00, 0x45, 0, 0, byte(len(b) - 14), 0, 0, 0, 0, 64, []byte{1, 4, 6, 17}[rng.IntN(4)]})
		}
		headersOf(b, pcap.LinkEthernet)
		headersOf(b, pcap.LinkRaw)
	}
}
