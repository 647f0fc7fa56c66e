package sim_test

import (
	"net/netip"
	"testing"
	"time"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/stack"
	"hoplab/sim/trace"

	"github.com/stretchr/testify/require"
)

// twoHosts is an empty lab with a veth pair between two namespaces: 10.0.0.1
// and 10.0.0.2.
func twoHosts(t *testing.T) (l *sim.Lab, a, b *stack.Namespace) {
	t.Helper()
	l = sim.Empty()
	ns := [2]*stack.Namespace{}
	for i, name := range []string{"a", "b"} {
		n, err := l.AddNamespace(name)
		require.NoError(t, err)
		ns[i] = n
	}
	x, y, err := stack.AddVeth(ns[0], stack.NewLink{Name: "eth0", QLen: -1}, ns[1], stack.NewLink{Name: "eth0", QLen: -1})
	require.NoError(t, err)
	for i, d := range []*netdev.Device{x, y} {
		ns[i].SetUp(d, true)
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)
		require.NoError(t, ns[i].AddAddress(d, stack.Address{Prefix: p}))
	}
	return l, ns[0], ns[1]
}

func ping(t *testing.T, l *sim.Lab, from, to string) int {
	t.Helper()
	r, err := l.Ping(from, netip.MustParseAddr(to), 1)
	require.NoError(t, err)
	require.NoError(t, l.Accounting().Check())
	return r.Received
}

func TestAnEmptyLabHasAHostWithoutName(t *testing.T) {
	l := sim.Empty()
	require.Equal(t, "host", l.Host().Name)
	require.Empty(t, l.NamespaceNames())
	require.False(t, l.Named(l.Host()))
	ns, err := l.AddNamespace("host")
	require.NoError(t, err, "a script may have a namespace of that name")
	require.NotSame(t, l.Host(), ns)
	require.Same(t, ns, l.Namespace("host"))
	_, err = l.AddNamespace("host")
	require.ErrorIs(t, err, sim.ErrNamespaceExists)
	require.ErrorIs(t, l.DeleteNamespace("nosuch"), sim.ErrNamespaceMissing)
}

func TestDeletedNamespacesTakeDevicesAndPeersAlong(t *testing.T) {
	l, a, b := twoHosts(t)
	require.Equal(t, 1, ping(t, l, "a", "10.0.0.2"))
	require.NoError(t, l.DeleteNamespace("b"))
	require.Equal(t, []string{"a"}, l.NamespaceNames())
	require.True(t, b.Dead())
	require.Empty(t, b.Devices())
	require.Nil(t, a.Device("eth0"))
	require.Empty(t, a.FIB.Routes(fib.TableMain))
	require.NoError(t, l.Accounting().Check())
}

func TestPacketsThatWaitInADeletedNamespaceAreDropped(t *testing.T) {
	l, _, _ := twoHosts(t)
	p := l.StartPing("a", netip.MustParseAddr("10.0.0.9"), 1) // waits for ARP
	l.RunFor(100 * time.Millisecond)
	require.NotZero(t, l.Accounting().Queued)
	require.NoError(t, l.DeleteNamespace("a"))
	require.Zero(t, l.Accounting().Queued)
	require.NoError(t, l.Accounting().Check())
	require.NoError(t, l.Wait(p))
	l.Close()
	require.NoError(t, l.Run())
	require.NoError(t, l.Accounting().Check())
}

func TestFramesOnTheWireToADeletedNamespaceAreDropped(t *testing.T) {
	l, _, _ := twoHosts(t)
	require.Equal(t, 1, ping(t, l, "a", "10.0.0.2"))
	l.StartPing("a", netip.MustParseAddr("10.0.0.2"), 1)
	for l.World().InFlight() == 0 {
		require.True(t, l.Step())
	}
	require.NoError(t, l.DeleteNamespace("b"))
	l.RunFor(time.Second)
	require.NoError(t, l.Accounting().Check())
	require.Equal(t, uint64(1), l.World().Log.Drops(trace.LinkDown))
	l.Close()
}

func TestARequestThatWaitsForProxyDelayIsDroppedWithItsNamespace(t *testing.T) {
	l, a, b := twoHosts(t)
	for k, v := range map[string]string{"net.ipv4.conf.eth0.proxy_arp": "1", "net.ipv4.ip_forward": "1"} {
		require.NoError(t, b.SetSysctl(k, v))
	}
	d, err := b.AddLink(netdev.Dummy, stack.NewLink{Name: "d0", QLen: -1})
	require.NoError(t, err)
	b.SetUp(d, true)
	require.NoError(t, b.AddAddress(d, stack.Address{Prefix: netip.MustParsePrefix("10.0.7.1/24")}))
	r, err := fib.ParseRoute(fib.VerbAdd, []string{"10.0.7.0/24", "dev", "eth0"}, true, a.Env())
	require.NoError(t, err)
	require.NoError(t, a.ChangeRoute(fib.VerbAdd, r))
	l.StartPing("a", netip.MustParseAddr("10.0.7.5"), 1)
	l.RunFor(10 * time.Millisecond)
	require.NotZero(t, b.Held(), "the request waits up to 0.8 s")
	require.NoError(t, l.DeleteNamespace("b"))
	require.NoError(t, l.Accounting().Check())
	l.RunFor(2 * time.Second)
	require.NoError(t, l.Accounting().Check())
	l.Close()
}

func TestMovedDevicesLoseAddressesAndKeepTheirIndexWhereItIsFree(t *testing.T) {
	l, a, b := twoHosts(t)
	c, err := l.AddNamespace("c")
	require.NoError(t, err)
	d := a.Device("eth0")
	require.NoError(t, a.Move(d, c, ""))
	require.Equal(t, int32(2), d.Index)
	require.Empty(t, c.Addresses(d))
	require.False(t, d.Up())
	require.Empty(t, a.FIB.Routes(fib.TableMain))
	c.SetUp(d, true)
	require.NoError(t, c.AddAddress(d, stack.Address{Prefix: netip.MustParsePrefix("10.0.0.3/24")}))
	require.Equal(t, 1, ping(t, l, "c", "10.0.0.2"))

	require.EqualError(t, b.Move(b.Device("eth0"), c, ""), "RTNETLINK answers: File exists", "the name is taken")
	e := b.Device("eth0")
	require.NoError(t, b.Move(e, c, "eth%d"))
	require.Equal(t, "eth1", e.Name)
	require.Equal(t, int32(3), e.Index, "2 is taken")
	require.EqualError(t, c.Move(c.Device("lo"), a, ""), "RTNETLINK answers: Invalid argument")
}

func TestRenamedDevicesAreFoundByRulesOfTheirNewName(t *testing.T) {
	_, a, _ := twoHosts(t)
	d := a.Device("eth0")
	for _, words := range [][]string{{"iif", "eth0", "table", "7"}, {"iif", "net0", "table", "8"}} {
		r, err := fib.ParseRule(fib.VerbAdd, words, true)
		require.NoError(t, err)
		_, err = a.FIB.AddRule(r, a.Env())
		require.NoError(t, err)
	}
	require.EqualError(t, a.Rename(d, "net0"), "RTNETLINK answers: Device or resource busy", "it is up")
	a.SetUp(d, false)
	require.NoError(t, a.Rename(d, "net0"))
	require.Nil(t, a.Device("eth0"))
	text := ""
	for _, r := range a.FIB.Rules() {
		if r.IIF != "" {
			text += string(fib.AppendRule(nil, r, false)) + "\n"
		}
	}
	require.Equal(t, "32764:\tfrom all iif net0 lookup 8\n32765:\tfrom all iif eth0 [detached] lookup 7\n", text)
}

func TestBridgesTakeMACAndMTUOfTheirPortsAndHaveACarrierWithThem(t *testing.T) {
	l := sim.Empty()
	h := l.Host()
	br, err := h.AddLink(netdev.Bridge, stack.NewLink{Name: "br0", QLen: -1})
	require.NoError(t, err)
	h.SetUp(br, true)
	require.True(t, br.Carrier(), "one that never had a port")
	var ports []*netdev.Device
	for i, name := range []string{"p0", "p1"} {
		d, peer, err := stack.AddVeth(h, stack.NewLink{Name: name, MTU: 1400 + i, MAC: packet.MAC{2, 0, 0, 0, 0, byte(9 - i)}, QLen: -1}, h, stack.NewLink{Name: name + "x", QLen: -1})
		require.NoError(t, err)
		require.NoError(t, h.SetMaster(d, br))
		h.SetUp(peer, true)
		ports = append(ports, d)
	}
	require.False(t, br.Carrier())
	require.Equal(t, packet.MAC{2, 0, 0, 0, 0, 8}, br.MAC)
	require.Equal(t, 1400, br.MTU)
	h.SetUp(ports[0], true)
	require.True(t, br.Carrier())
	require.NoError(t, h.DelLink(ports[0]))
	require.False(t, br.Carrier())
	require.Equal(t, 1401, br.MTU)
	require.NoError(t, h.SetMaster(ports[1], nil))
	require.Equal(t, 1500, br.MTU)
	require.True(t, br.MAC.IsZero())
}

func TestTheIPIPModuleGivesEveryNamespaceATunl0(t *testing.T) {
	l, a, _ := twoHosts(t)
	l.LoadIPIP()
	l.LoadIPIP()
	require.Equal(t, int32(3), a.Device("tunl0").Index)
	require.Equal(t, int32(2), l.Host().Device("tunl0").Index)
	later, err := l.AddNamespace("later")
	require.NoError(t, err)
	d := later.Device("tunl0")
	require.Equal(t, int32(2), d.Index)
	require.Equal(t, 1480, d.MTU)
	require.False(t, d.Up())
}

func TestNewNamespacesTakeOverTheHostsInterfaceSettings(t *testing.T) {
	l := sim.Empty()
	require.NoError(t, l.Host().SetSysctl("net.ipv4.conf.default.rp_filter", "2"))
	require.NoError(t, l.Host().SetSysctl("net.ipv4.ip_forward", "1"))
	ns, err := l.AddNamespace("a")
	require.NoError(t, err)
	for _, key := range []string{"net.ipv4.conf.lo.rp_filter", "net.ipv4.ip_forward"} {
		want, err := l.Host().Sysctl(key)
		require.NoError(t, err)
		if key == "net.ipv4.conf.lo.rp_filter" {
			want = "2"
		}
		got, err := ns.Sysctl(key)
		require.NoError(t, err)
		require.Equal(t, want, got, key)
	}
}

func TestTheSameScriptGivesTheSameMACs(t *testing.T) {
	_, a, b := twoHosts(t)
	_, a2, b2 := twoHosts(t)
	require.Equal(t, a.Device("eth0").MAC, a2.Device("eth0").MAC)
	require.Equal(t, b.Device("eth0").MAC, b2.Device("eth0").MAC)
	require.NotEqual(t, a.Device("eth0").MAC, b.Device("eth0").MAC)
}
