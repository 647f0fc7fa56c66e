package stack_test

import (
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netdev"
	"hoplab/sim/netfilter/ipset"
	"hoplab/sim/netfilter/iptables"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
)

// line is a pod, a node that forwards, and a machine behind it:
//
//	pod eth0 ─ calice0906292e2 node ens5 ─ eth0 far
type line struct {
	world    *netdev.World
	node     *stack.Namespace
	sock     *stack.RawSocket
	received int
}

var far = netip.MustParseAddr("192.168.10.9")

func newLine(t testing.TB, calico bool) *line {
	l := &line{world: netdev.NewWorld(1)}
	k := stack.NewKernel(l.world)
	device := func(ns *stack.Namespace, name string, n byte, addr string) *netdev.Device {
		d := ns.AddDevice(netdev.New(l.world, ns, ns.Name, netdev.Veth, name, 1500, packet.MAC{2, 0, 0, 0, 0, n}))
		if addr != "" {
			require.NoError(t, ns.AddAddress(d, stack.Address{Prefix: netip.MustParsePrefix(addr)}))
		}
		return d
	}
	pod, node, end := k.NewNamespace("pod"), k.NewNamespace("node"), k.NewNamespace("far")
	p, c := device(pod, "eth0", 1, "172.16.158.1/32"), device(node, "calice0906292e2", 2, "")
	e, f := device(node, "ens5", 3, "192.168.10.1/24"), device(end, "eth0", 4, "192.168.10.9/24")
	wire := netdev.Properties{Delay: netdev.DefaultVethDelay}
	netdev.Connect(p, c, wire, wire)
	netdev.Connect(e, f, wire, wire)
	for _, d := range []*netdev.Device{p, c, e, f} {
		d.Owner.(*stack.Namespace).SetUp(d, true)
	}
	route := func(ns *stack.Namespace, dst string, d *netdev.Device) {
		require.NoError(t, ns.ChangeRoute(fib.VerbAdd, fib.Route{Dst: netip.MustParsePrefix(dst), Dev: d.Index, Table: fib.TableMain, Type: fib.Unicast, Scope: fib.Link}))
	}
	route(pod, "0.0.0.0/0", p)
	route(node, "172.16.158.1/32", c)
	knows := func(ns *stack.Namespace, d, to *netdev.Device, addr string) {
		require.NoError(t, ns.ChangeNeighbour(fib.VerbAdd, neigh.Spec{Addr: netip.MustParseAddr(addr), Dev: d.Index, MAC: to.MAC, HasMAC: true, State: neigh.Permanent}))
	}
	knows(pod, p, c, far.String())
	knows(node, e, f, far.String())
	require.NoError(t, node.SetSysctl("net.ipv4.ip_forward", "1"))
	if calico {
		l.load(t, node)
	}
	l.node = node
	l.sock = pod.OpenRaw(253) // for experiments, RFC 3692
	end.OpenRaw(253).Recv = func(packet.IPv4) { l.received++ }
	for range 20 {
		l.send(t)
	}
	return l
}

// load gives the node Calico's rules of a cluster without policies.
func (l *line) load(t testing.TB, node *stack.Namespace) {
	text, err := os.ReadFile("testdata/calico-k8s-w1.rules")
	require.NoError(t, err)
	for _, name := range []string{"cali40all-ipam-pools", "cali40masq-ipam-pools", "cali40all-hosts-net"} {
		require.NoError(t, node.Filter.Sets().Create(name, ipset.HashNet, ipset.Options{}, false))
	}
	_, err = iptables.Restore(node.Filter, string(text), iptables.RestoreOptions{}, "felix")
	require.NoError(t, err)
	node.RulesChanged()
}

func (l *line) send(t testing.TB) {
	want := l.received + 1
	if _, errno, _ := l.sock.Send(far, make([]byte, 64), false); errno != 0 {
		t.Fatal(errno)
	}
	for l.received < want {
		if !l.world.Clock.Step() {
			t.Fatal("lost")
		}
	}
}

// One packet through one node: in by a veth, out by another.
func BenchmarkForward(b *testing.B) {
	for _, calico := range []bool{false, true} {
		b.Run(map[bool]string{false: "plain", true: "calico"}[calico], func(b *testing.B) {
			l := newLine(b, calico)
			b.ReportAllocs()
			for b.Loop() {
				l.send(b)
			}
		})
	}
}

func TestForwardingAllocatesNothing(t *testing.T) {
	for _, calico := range []bool{false, true} {
		for _, mode := range []trace.Mode{trace.Off, trace.Ring} {
			l := newLine(t, calico)
			l.world.Log.SetMode(mode)
			require.Zero(t, testing.AllocsPerRun(100, func() { l.send(t) }), "calico %v, trace mode %v", calico, mode)
			require.NotZero(t, l.node.MIB.IP.ForwDatagrams)
		}
	}
}
