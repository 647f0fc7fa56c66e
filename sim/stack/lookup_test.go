package stack

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/trace"
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
	ns.remember()
	return ns, devs
}

// somePrefix is one of few, so that routes and packets meet.
func somePrefix(rng *rand.Rand) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(rng.IntN(2)), byte(rng.IntN(4)), byte(rng.IntN(4))}), []int{0, 8, 16, 24, 30, 32}[rng.IntN(6)]).Masked()
}

// change does something to d, or nothing.
func change(ns *Namespace, d *netdev.Device, rng *rand.Rand) {
	switch rng.IntN(12) {
	case 0:
		r := fib.Route{Dst: somePrefix(rng), Dev: d.Index, Table: fib.TableMain, Type: []fib.Type{fib.Unicast, fib.Blackhole, fib.Unreachable}[rng.IntN(3)], Metric: uint32(rng.IntN(3))}
		if r.Type != fib.Unicast {
			r.Dev = 0
		}
		_ = ns.ChangeRoute(fib.VerbReplace, r) // some are refused
	case 1:
		_ = ns.ChangeRoute(fib.VerbDelete, fib.Route{Dst: somePrefix(rng), Table: fib.TableMain})
	case 2:
		ns.SetUp(d, !d.Up())
	case 3:
		_ = ns.AddAddress(d, Address{Prefix: netip.PrefixFrom(somePrefix(rng).Addr(), 24)})
	case 4:
		if all := ns.Addresses(d); len(all) > 1 {
			_ = ns.DelAddress(d, all[len(all)-1].Prefix)
		}
	}
}

// Whatever changes, the cache says what the tables say.
func TestRememberedLookupsFollowEveryChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ns, devs := router(t)
	hits := 0
	for range 4000 {
		d := devs[rng.IntN(len(devs))]
		change(ns, d, rng)
		for range 4 {
			key := fib.Key{Dst: packet.Addr32(somePrefix(rng).Addr()), Src: rng.Uint32(), IIF: d.Index, TOS: uint8(rng.IntN(2)) * 8}
			if rng.IntN(4) == 0 {
				key.OIF = d.Index
			}
			if e := ns.lookups.at(uint64(key.Dst)); e.dst == key.Dst && e.gen == ns.FIB.Gen()+1 {
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

// A flow goes where its next packet would go without the memory of the last,
// whatever changes: settings too.
func TestRememberedWaysFollowEveryChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	ns, devs := router(t)
	names := []string{"rp_filter", "accept_local", "forwarding", "send_redirects", "shared_media", "route_localnet"}
	host := func() uint32 {
		return packet.Addr32(netip.AddrFrom4([4]byte{10, 0, byte(rng.IntN(3)), byte(rng.IntN(2))}))
	}
	hits := 0
	for i := range 6000 {
		d := devs[rng.IntN(len(devs))]
		change(ns, d, rng)
		if rng.IntN(8) == 0 {
			dev := []string{"all", d.Name}[rng.IntN(2)]
			require.NoError(t, ns.SetSysctl("net/ipv4/conf/"+dev+"/"+names[rng.IntN(len(names))], strconv.Itoa(rng.IntN(2))))
		}
		if rng.IntN(50) == 0 { // a neighbour knows better
			if res, err := ns.FIB.Lookup(&fib.Key{Dst: packet.Addr32(somePrefix(rng).Addr())}); err == nil {
				res.Route.SetRedirect(host(), rng.Uint32(), ns.Now().Add(1))
			}
		}
		if i == 5500 {
			_, err := ns.FIB.AddRule(fib.Rule{Priority: 100, Src: netip.MustParsePrefix("10.1.0.0/16"), Action: fib.RuleProhibit}, ns.Env())
			require.NoError(t, err)
		}
		for range 4 {
			src, dst, tos, in := host(), host(), uint8(rng.IntN(2))*8, ns.dev(d.Index)
			for _, w := range ns.ways.slots {
				if w.src == src && w.dst == dst && w.in == in && w.tos == tos && w.gen == ns.FIB.Gen()+1 {
					hits++
				}
			}
			var want, got route
			why, sysctl := ns.routeInput(src, dst, tos, 0, in, &want)
			gotWhy, gotSysctl := ns.routeFlow(src, dst, tos, 0, in, &got)
			require.Equal(t, why, gotWhy)
			require.Equal(t, sysctl, gotSysctl)
			require.Equal(t, want, got)
		}
	}
	require.Greater(t, hits, 200, "the memory was of use")
}

// Many flows at once get a larger memory, in which each finds its own place again.
func TestMemoryGrowsWithTheFlows(t *testing.T) {
	ns, devs := router(t)
	in := ns.dev(devs[0].Index)
	for range 20 {
		for i := range uint32(200) {
			var rt route
			why, _ := ns.routeFlow(10<<24|9, 10<<24|1<<8|(i+2), 0, 0, in, &rt)
			require.Equal(t, trace.ReasonNone, why)
			_, _ = ns.lookup(&fib.Key{Dst: 10<<24 | i})
		}
	}
	require.Greater(t, len(ns.ways.slots), 2*fewRemembered)
	require.Greater(t, len(ns.lookups.slots), fewRemembered)
	for range 20 {
		for i := range uint32(5000) {
			_, _ = ns.lookup(&fib.Key{Dst: 10<<24 | i})
		}
	}
	require.Len(t, ns.lookups.slots, maxRemembered)
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
				ns.lookups.slots = nil
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
