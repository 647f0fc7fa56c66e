package stack

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
)

// router is a namespace with three dummy devices that forwards, with the
// cache that it would have after some packets.
func router(t testing.TB) (*Namespace, []*netdev.Device) {
	k := NewKernel(netdev.NewWorld(1))
	ns := k.NewNamespace("router")
	ns.SetUp(ns.Device("lo"), true)
	var devs []*netdev.Device
	for i, name := range []string{"d1", "d2", "d3"} {
		d := ns.AddDevice(netdev.New(k.World, ns, "router", netdev.Dummy, name, 1500, packet.MAC{2, 0, 0, 0, 0, byte(i)}))
		ns.SetUp(d, true)
		require.NoError(t, ns.AddAddress(d, Address{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 1}), 24)}))
		devs = append(devs, d)
	}
	require.NoError(t, ns.SetSysctl("net.ipv4.ip_forward", "1"))
	ns.lookups = new(lookupCache)
	return ns, devs
}

// Whatever changes, the cache says what the tables say.
func TestRememberedLookupsFollowEveryChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ns, devs := router(t)
	prefix := func() netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(rng.IntN(2)), byte(rng.IntN(4)), byte(rng.IntN(4))}), []int{0, 8, 16, 24, 30, 32}[rng.IntN(6)]).Masked()
	}
	hits := 0
	for range 4000 {
		d := devs[rng.IntN(len(devs))]
		switch rng.IntN(12) {
		case 0:
			r := fib.Route{Dst: prefix(), Dev: d.Index, Table: fib.TableMain, Type: []fib.Type{fib.Unicast, fib.Blackhole, fib.Unreachable}[rng.IntN(3)], Metric: uint32(rng.IntN(3))}
			if r.Type != fib.Unicast {
				r.Dev = 0
			}
			_ = ns.ChangeRoute(fib.VerbReplace, r) // some are refused
		case 1:
			_ = ns.ChangeRoute(fib.VerbDelete, fib.Route{Dst: prefix(), Table: fib.TableMain})
		case 2:
			ns.SetUp(d, !d.Up())
		case 3:
			_ = ns.AddAddress(d, Address{Prefix: netip.PrefixFrom(prefix().Addr(), 24)})
		case 4:
			if all := ns.Addresses(d); len(all) > 1 {
				_ = ns.DelAddress(d, all[len(all)-1].Prefix)
			}
		}
		for range 4 {
			key := fib.Key{Dst: packet.Addr32(prefix().Addr()), Src: rng.Uint32(), IIF: d.Index, TOS: uint8(rng.IntN(2)) * 8}
			if rng.IntN(4) == 0 {
				key.OIF = d.Index
			}
			if e := &ns.lookups[key.Dst*0x9e3779b1>>27]; e.dst == key.Dst && e.gen == ns.FIB.Gen()+1 {
				hits++
			}
			want, wantErr := ns.FIB.Lookup(&key)
			got, err := ns.lookup(&key)
			require.Equal(t, wantErr, err)
			require.Equal(t, want, got)
		}
	}
	require.Greater(t, hits, 1000, "the cache was of use")
	_, err := ns.FIB.AddRule(fib.Rule{Priority: 100, Src: netip.MustParsePrefix("10.1.0.0/16"), Action: fib.RuleProhibit}, ns.Env())
	require.NoError(t, err)
	for _, src := range []string{"10.0.0.9", "10.1.0.9", "10.0.0.9"} {
		key := fib.Key{Dst: packet.Addr32(netip.MustParseAddr("10.0.2.7")), Src: packet.Addr32(netip.MustParseAddr(src))}
		want, wantErr := ns.FIB.Lookup(&key)
		got, err := ns.lookup(&key)
		require.Equal(t, wantErr, err, src)
		require.Equal(t, want, got, src)
	}
}

// The list of local addresses follows those of the devices.
func TestLocalAddressesFollowTheDevices(t *testing.T) {
	ns, devs := router(t)
	local := func(a string) bool { return ns.isLocal(packet.Addr32(netip.MustParseAddr(a))) }
	require.True(t, local("127.0.0.1"))
	require.True(t, local("10.0.1.1"))
	require.False(t, local("10.0.1.2"))
	require.NoError(t, ns.AddAddress(devs[1], Address{Prefix: netip.MustParsePrefix("10.0.1.2/24")}))
	require.True(t, local("10.0.1.2"))
	require.NoError(t, ns.DelAddress(devs[1], netip.MustParsePrefix("10.0.1.1/24"))) // the secondary goes with it
	require.False(t, local("10.0.1.1"))
	require.False(t, local("10.0.1.2"))
	ns.RemoveDevice(devs[2])
	require.False(t, local("10.0.2.1"))
}

func BenchmarkLookup(b *testing.B) {
	for _, cached := range []bool{false, true} {
		b.Run(map[bool]string{false: "tables", true: "remembered"}[cached], func(b *testing.B) {
			ns, devs := router(b)
			if !cached {
				ns.lookups = nil
			}
			for i := range 30 { // pods
				p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 1, 0, byte(i)}), 32)
				require.NoError(b, ns.ChangeRoute(fib.VerbAdd, fib.Route{Dst: p, Dev: devs[0].Index, Table: fib.TableMain, Type: fib.Unicast, Scope: fib.Link}))
			}
			key := fib.Key{Dst: 10<<24 | 2<<8 | 7}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ns.lookup(&key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
