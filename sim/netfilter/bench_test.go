package netfilter_test

import (
	"net/netip"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/conntrack"
	"hoplab/sim/netfilter"
	"hoplab/sim/netfilter/ipset"
	"hoplab/sim/netfilter/iptables"
)

// env is a namespace whose answers the test sets.
type env struct {
	types map[uint32]uint8 // RTN_ numbers; 1 (unicast) otherwise
	onDev map[int32]uint32 // the only local address of a device
	path  bool
	rand  uint32
	now   clock.Instant
}

func (e *env) AddrType(addr uint32, dev int32) uint8 {
	if dev != 0 && e.onDev[dev] != addr {
		return 1
	}
	if t := e.types[addr]; t != 0 {
		return t
	}
	return 1
}
func (e *env) ReversePath(*netfilter.Packet, netfilter.RPFlags) bool { return e.path }
func (e *env) Rand() uint32                                          { return e.rand }
func (e *env) Now() clock.Instant                                    { return e.now }

func ip32(s string) uint32 { return packet.Addr32(netip.MustParseAddr(s)) }

// datagram builds a whole IPv4 packet.
func datagram(proto packet.Proto, src, dst string, payload []byte) packet.IPv4 {
	b := make([]byte, packet.IPv4Len+len(payload))
	h := packet.IPv4Header{TotalLen: len(b), TTL: 64, Proto: proto, Src: netip.MustParseAddr(src), Dst: netip.MustParseAddr(dst)}
	copy(b[packet.IPv4Len:], payload)
	h.Put(b)
	return b
}

func echo(src, dst string) packet.IPv4 {
	return datagram(packet.ProtoICMP, src, dst, append([]byte{8, 0, 0, 0, 0, 7, 0, 1}, make([]byte, 56)...))
}

// calico is node k8s-w1 with Calico's rules of a cluster without policies.
func calico(tb testing.TB, e netfilter.Env) *netfilter.Tables {
	tb.Helper()
	text, err := os.ReadFile("testdata/calico-k8s-w1.rules")
	require.NoError(tb, err)
	t := netfilter.New(e)
	for _, name := range []string{"cali40all-ipam-pools", "cali40masq-ipam-pools", "cali40all-hosts-net"} {
		require.NoError(tb, t.Sets().Create(name, ipset.HashNet, ipset.Options{}, false))
	}
	for _, name := range []string{"cali40all-ipam-pools", "cali40masq-ipam-pools"} {
		require.NoError(tb, t.Sets().Get(name).Add(ipset.Elem{IP: ip32("172.16.0.0"), Cidr: 16}, ipset.Extra{}, false))
	}
	for _, node := range []string{"192.168.10.10", "192.168.10.101", "192.168.10.102"} {
		require.NoError(tb, t.Sets().Get("cali40all-hosts-net").Add(ipset.Elem{IP: ip32(node), Cidr: 32}, ipset.Extra{}, false))
	}
	_, err = iptables.Restore(t, string(text), iptables.RestoreOptions{}, "felix")
	require.NoError(tb, err)
	return t
}

// forward shows a packet from pod1 to the tunnel to all tables on its way.
func forward(t *netfilter.Tables, p *netfilter.Packet, pod, tunl *netfilter.Dev, mark *uint32, nat bool) bool {
	*mark = 0
	p.In, p.Out = pod, nil
	ok := t.Run(netfilter.Raw, netfilter.Prerouting, p, nil).Action == netfilter.Accept
	ok = ok && t.Run(netfilter.Mangle, netfilter.Prerouting, p, nil).Action == netfilter.Accept
	if nat {
		ok = ok && t.Run(netfilter.NAT, netfilter.Prerouting, p, nil).Action == netfilter.Accept
	}
	p.Out = tunl
	ok = ok && t.Run(netfilter.Mangle, netfilter.Forward, p, nil).Action == netfilter.Accept
	ok = ok && t.Run(netfilter.Filter, netfilter.Forward, p, nil).Action == netfilter.Accept
	p.In = nil
	ok = ok && t.Run(netfilter.Mangle, netfilter.Postrouting, p, nil).Action == netfilter.Accept
	if nat {
		ok = ok && t.Run(netfilter.NAT, netfilter.Postrouting, p, nil).Action == netfilter.Accept
	}
	return ok
}

func BenchmarkCalicoForward(b *testing.B) {
	for _, c := range []struct {
		name string
		info conntrack.Info
		nat  bool
	}{{"established", conntrack.Established, false}, {"new", conntrack.New, true}} {
		b.Run(c.name, func(b *testing.B) {
			t := calico(b, &env{path: true})
			var mark uint32
			p := netfilter.Packet{IP: echo("172.16.158.1", "172.16.184.1"), Mark: &mark, CT: &conntrack.Conn{}, Info: c.info}
			pod, tunl := &netfilter.Dev{Index: 4, Name: "calice0906292e2"}, &netfilter.Dev{Index: 3, Name: "tunl0"}
			require.True(b, forward(t, &p, pod, tunl, &mark, c.nat))
			b.ReportAllocs()
			for b.Loop() {
				forward(t, &p, pod, tunl, &mark, c.nat)
			}
		})
	}
}
