package fib_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"

	"github.com/gaissmai/bart"
	"github.com/stretchr/testify/require"
)

// node is k8s-w1 of the recordings.
func node(t testing.TB) *namespace {
	return build(t, newNamespace("ens5", "tunl0", "cali1"),
		"ip link set lo up", "ip link set ens5 up", "ip addr add 192.168.10.101/24 brd 192.168.10.255 dev ens5",
		"ip link set tunl0 up", "ip addr add 172.16.158.0/32 dev tunl0", "ip link set cali1 up",
		"ip route add default via 192.168.10.1 dev ens5 proto static",
		"ip route add blackhole 172.16.158.0/26 proto bird",
		"ip route add 172.16.184.0/26 via 192.168.10.102 dev tunl0 proto bird onlink",
		"ip route add 172.16.158.1 dev cali1 scope link")
}

func TestLookupOnANode(t *testing.T) {
	ns := node(t)
	for _, c := range []struct{ dst, route, hop string }{
		{"172.16.158.1", "172.16.158.1 dev cali1 scope link ", "172.16.158.1"},
		{"172.16.184.7", "172.16.184.0/26 via 192.168.10.102 dev tunl0 proto bird onlink ", "192.168.10.102"},
		{"192.168.10.7", "192.168.10.0/24 dev ens5 proto kernel scope link src 192.168.10.101 ", "192.168.10.7"},
		{"8.8.8.8", "default via 192.168.10.1 dev ens5 proto static ", "192.168.10.1"},
		{"172.16.158.0", "local 172.16.158.0 dev tunl0 table local proto kernel scope host src 172.16.158.0 ", "172.16.158.0"},
	} {
		res, err := ns.Lookup(&fib.Key{Dst: addr32(c.dst)})
		require.NoError(t, err, c.dst)
		require.Equal(t, c.route, string(fib.AppendRoute(nil, res.Route, ns, fib.Format{})), c.dst)
		require.Equal(t, addr32(c.hop), res.Route.NextHop(addr32(c.dst)), c.dst)
		require.Equal(t, res.Route.Type, res.Type)
	}
	res, err := ns.Lookup(&fib.Key{Dst: addr32("172.16.158.9")})
	require.Equal(t, fib.ErrBlackhole, err)
	require.Equal(t, fib.Blackhole, res.Route.Type)

	_, err = ns.Lookup(&fib.Key{Dst: addr32("8.8.8.8"), OIF: 3})
	require.Equal(t, fib.ErrUnreachable, err, "no route by tunl0")
	_, err = ns.Lookup(&fib.Key{Dst: addr32("8.8.8.8"), OIF: 3, SkipOIF: true})
	require.NoError(t, err)
	_, err = ns.Lookup(&fib.Key{Dst: addr32("8.8.8.8"), Scope: fib.Link})
	require.Equal(t, fib.ErrUnreachable, err, "the default route is too wide")
}

func TestAGatewayOfOnesOwnIsNotAskedFor(t *testing.T) {
	ns := node(t)
	build(t, ns, "ip route add 10.5.0.0/16 via 192.168.10.101")
	res, err := ns.Lookup(&fib.Key{Dst: addr32("10.5.0.1")})
	require.NoError(t, err)
	require.False(t, res.Route.HasGateway())
	require.Equal(t, addr32("10.5.0.1"), res.Route.NextHop(addr32("10.5.0.1")))
}

func TestWhyOthersWereNotTaken(t *testing.T) {
	ns := node(t)
	build(t, ns, "ip route add 172.16.184.0/26 dev ens5 metric 100", "ip route add default via 192.168.10.1 table 100")
	var got []string
	for _, a := range ns.Alternatives(&fib.Key{Dst: addr32("172.16.184.1")}) {
		if a.Route.Table != fib.TableLocal {
			got = append(got, strings.TrimRight(string(fib.AppendRoute(nil, a.Route, ns, fib.Format{Hide: fib.HideProto})), " ")+": "+a.Why.String())
		}
	}
	require.Equal(t, []string{
		"172.16.184.0/26 dev ens5 scope link metric 100: higher metric",
		"default via 192.168.10.1 dev ens5 table 100: no rule leads to its table",
		"default via 192.168.10.1 dev ens5: shorter",
		"172.16.158.1 dev cali1 scope link: does not contain it",
		"blackhole 172.16.158.0/26: does not contain it",
		"192.168.10.0/24 dev ens5 scope link src 192.168.10.101: does not contain it",
	}, got)

	build(t, ns, "ip rule add to 172.16.184.0/24 lookup 100 pref 10")
	k := fib.Key{Dst: addr32("172.16.184.1")}
	res, err := ns.Lookup(&k)
	require.NoError(t, err)
	require.Equal(t, uint32(10), res.Rule.Priority)
	for _, a := range ns.Alternatives(&k) {
		if a.Route.Dst.Contains(netip.MustParseAddr("172.16.184.1")) {
			require.Equal(t, fib.EarlierTable, a.Why, a.Route.Dst)
		}
	}
}

func TestRoutesFollowTheirDevice(t *testing.T) {
	ns := node(t)
	before := ns.run("ip route show table all")
	pod := ns.run("ip route get fibmatch 172.16.158.1")
	build(t, ns, "ip link set cali1 carrier off")
	require.Equal(t, "172.16.158.1 dev cali1 scope link linkdown \n", ns.run("ip route get fibmatch 172.16.158.1"), "still used")
	build(t, ns, "ip link set cali1 carrier on")
	require.Equal(t, pod, ns.run("ip route get fibmatch 172.16.158.1"))

	gone, err := ns.Lookup(&fib.Key{Dst: addr32("172.16.184.1")})
	require.NoError(t, err)
	gen := ns.Gen()
	build(t, ns, "ip link set tunl0 down")
	require.NotEqual(t, gen, ns.Gen())
	require.Equal(t, "default via 192.168.10.1 dev ens5 proto static \n", ns.run("ip route get fibmatch 172.16.184.1"))
	require.Equal(t, fib.Local, ns.AddrType(addr32("172.16.158.0"), 0), "its own address stays")
	require.Same(t, gone.Route, ns.ByIndex(gone.Route.Index), "explanations still find it")
	build(t, ns, "ip link set tunl0 up", "ip route add 172.16.184.0/26 via 192.168.10.102 dev tunl0 proto bird onlink")
	require.Equal(t, before, ns.run("ip route show table all"))

	build(t, ns, "ip addr del 172.16.158.0/32 dev tunl0")
	require.NotContains(t, ns.run("ip route show table all"), "tunl0", "the last address takes every route with it")
}

func TestPathMTUsAreRememberedUntilTheyExpire(t *testing.T) {
	ns := node(t)
	res, _ := ns.Lookup(&fib.Key{Dst: addr32("172.16.184.1")})
	r := res.Route
	sec := func(n int) clock.Instant { return clock.Instant(n) * clock.Instant(time.Second) }
	for i := range 20 {
		r.SetException(addr32("172.16.184.1")+uint32(i), 1480-i, i == 3, sec(600))
	}
	r.SetException(addr32("172.16.184.2"), 1400, false, sec(700))
	require.Equal(t, 1480, r.Exception(addr32("172.16.184.1"), sec(3)).MTU)
	list := r.Exceptions(sec(8))
	require.Len(t, list, 20)
	require.Equal(t, "172.16.184.1 via 192.168.10.102 dev tunl0 \n    cache expires 592sec mtu 1480 ",
		string(fib.AppendException(nil, r, list[0], sec(8), ns)))
	require.Equal(t, "cache expires 0sec mtu lock 1477 ", string(fib.AppendCache(nil, list[3], sec(600))))
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Exception(addr32("172.16.184.9"), sec(1)) }))

	require.Nil(t, r.Exception(addr32("172.16.184.1"), sec(600)+1), "expired")
	require.Equal(t, 1400, r.Exception(addr32("172.16.184.2"), sec(601)).MTU, "renewed")
	ns.FlushCache()
	require.Empty(t, r.Exceptions(0))
}

// A random routing table answers as a scan over a list of its routes does,
// while it grows and shrinks.
func TestLookupFindsWhatAScanFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	ns := build(t, newNamespace("d0", "d1"), "ip link set d0 up", "ip link set d1 up")
	var twin []*fib.Route
	for step := range 4000 {
		bits := []int{0, 8, 16, 24, 26, 31, 32}[rng.IntN(7)]
		// Few distinct addresses, so that prefixes nest and metrics compete.
		p := netip.PrefixFrom(packet.AddrFrom32(0x0a000000|rng.Uint32()&0x0003030f), bits).Masked()
		if step%3000 < 2000 {
			r := fib.Route{
				Dst: p, Type: fib.Unicast, Scope: []fib.Scope{fib.Universe, fib.Link}[rng.IntN(2)], Dev: 2 + rng.Int32N(2),
				TOS: uint8(rng.IntN(2) * 0x10), Metric: uint32(rng.IntN(3)),
			}
			if rng.IntN(6) == 0 {
				r.Type, r.Dev = []fib.Type{fib.Blackhole, fib.Unreachable, fib.Prohibit}[rng.IntN(3)], 0
			}
			if got, err := ns.Add(r, fib.Create|fib.Excl, ns); err == nil {
				twin = append(twin, got)
			}
		} else if len(twin) > 0 {
			i := rng.IntN(len(twin))
			require.NoError(t, ns.Delete(*twin[i]))
			twin = slices.Delete(twin, i, i+1)
		}
		k := fib.Key{Dst: 0x0a000000 | rng.Uint32()&0x0003030f, TOS: uint8(rng.IntN(2) * 0x10), OIF: rng.Int32N(4)}
		if rng.IntN(4) == 0 {
			k.Scope = fib.Link
		}
		want := scan(twin, &k)
		got, _ := ns.Lookup(&k)
		require.Same(t, want, got.Route, "step %d: %+v", step, k)
	}
	require.NotEmpty(t, twin)
}

// scan is the definition: of the routes that suit, the longest prefix, then
// the higher TOS, then the lower metric. A refusing route suits any device.
func scan(list []*fib.Route, k *fib.Key) *fib.Route {
	var best *fib.Route
	for _, r := range list {
		refuses := r.Type >= fib.Blackhole
		if !r.Dst.Contains(packet.AddrFrom32(k.Dst)) || r.TOS != 0 && r.TOS != k.TOS || r.Scope < k.Scope ||
			!refuses && k.OIF != 0 && k.OIF != r.Dev {
			continue
		}
		if best == nil || r.Dst.Bits() > best.Dst.Bits() || r.Dst.Bits() == best.Dst.Bits() &&
			(r.TOS > best.TOS || r.TOS == best.TOS && r.Metric < best.Metric) {
			best = r
		}
	}
	return best
}

func TestLookupAllocatesNothing(t *testing.T) {
	ns := node(t)
	k := fib.Key{Dst: addr32("8.8.8.8")}
	look := func() {
		if _, err := ns.Lookup(&k); err != nil {
			t.Fatal(err)
		}
	}
	require.Zero(t, testing.AllocsPerRun(100, look))
	build(t, ns, "ip rule add fwmark 1 lookup 100")
	require.Zero(t, testing.AllocsPerRun(100, look), "with rules")
}

func TestWhatIsNotModelledSaysSo(t *testing.T) {
	ns := node(t)
	for _, cmd := range []string{
		"ip route add default nexthop via 192.168.10.1 encap mpls 3", "ip route add 2001:db8::/32 dev ens5",
		"ip route add default via fe80::1", "ip route add 10.0.0.0/8 encap mpls 100 via 192.168.10.1",
		"ip rule add realms 5 lookup 100", "ip rule add nat 1.2.3.4",
	} {
		require.Contains(t, ns.run(cmd), "not modelled: ", cmd)
	}
}

// What cannot be parsed reads as with iproute2 6.1; %s is the command.
func TestCommandLineErrorsReadAsIproute2(t *testing.T) {
	ns := newNamespace("d0")
	for _, c := range []struct{ cmd, want string }{
		{"ip route add foo", `Error: any valid prefix is expected rather than "foo".`},
		{"ip -4 route add foo", `Error: inet prefix is expected rather than "foo".`},
		{"ip route add default via foo", `Error: any valid address is expected rather than "foo".`},
		{"ip route add 10.0.0.0/33 dev lo", `Error: any valid prefix is expected rather than "10.0.0.0/33".`},
		{"ip route add 256.1.1.1", `Error: any valid prefix is expected rather than "256.1.1.1".`},
		{"ip route add 10.0.0.0/8 10.1.0.0/16", `Error: either "to" is duplicate, or "10.1.0.0/16" is a garbage.`},
		{"ip route add 10.0.0.0/8 via", `Command line is not complete. Try option "help"`},
		{"ip route add local", `Command line is not complete. Try option "help"`},
		{"ip route add 10.0.0.0/8 dev lo metric x", `Error: argument "x" is wrong: "metric" value is invalid`},
		{"ip route add 10.0.0.0/8 dev lo tos zz", `Error: argument "zz" is wrong: "tos" value is invalid`},
		{"ip route add 10.0.0.0/8 dev lo proto zz", `Error: argument "zz" is wrong: "protocol" value is invalid`},
		{"ip route add 10.0.0.0/8 dev lo scope zz", `Error: argument "zz" is wrong: invalid "scope" value`},
		{"ip route add 10.0.0.0/8 dev lo table zz", `Error: argument "zz" is wrong: "table" value is invalid`},
		{"ip route add 10.0.0.0/8 dev lo src zz", `Error: inet address is expected rather than "zz".`},
		{"ip route add 10.0.0.0/8 dev lo hoplimit 300", `Error: argument "300" is wrong: "hoplimit" value is invalid`},
		{"ip route add 10.0.0.0/8 dev lo advmss z", `Error: argument "z" is wrong: "mss" value is invalid`},
		{"ip route add default dev nosuch", `Cannot find device "nosuch"`},
		{"ip rule add", `"ip rule add" requires arguments.`},
		{"ip rule del", `"ip rule del" requires arguments.`},
		{"ip rule add fwmark z", `Error: argument "z" is wrong: fwmark value is invalid`},
		{"ip rule add pref z", `Error: argument "z" is wrong: preference value is invalid`},
		{"ip rule add lookup z", `Error: argument "z" is wrong: invalid table ID`},
		{"ip rule add goto z", `Error: argument "z" is wrong: invalid target`},
		{"ip rule add frob", `Error: argument "frob" is wrong: Failed to parse rule type`},
		{"ip rule add from z", `Error: any valid prefix is expected rather than "z".`},
		{"ip rule add suppress_prefixlength z", `Error: argument "z" is wrong: suppress_prefixlength value is invalid`},
		{"ip rule add tos z", `Error: argument "z" is wrong: TOS value is invalid`},
	} {
		require.Equal(t, c.want+"\n", ns.run(c.cmd), c.cmd)
	}
}

func FuzzParseRoute(f *testing.F) {
	f.Add("default via 192.168.10.1 dev d0 proto static")
	f.Add("blackhole 172.16.158.0/26 proto bird metric 5 table 100")
	f.Add("172.16.184.0/26 via 192.168.10.102 dev d0 proto bird onlink mtu lock 1400 advmss 9")
	f.Add("to 10.1/16 dev lo tos 0x10 src 10.0.0.1 scope link hoplimit 3")
	ns := build(f, newNamespace("d0"), "ip link set d0 up", "ip addr add 192.168.10.101/24 dev d0")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := fib.ParseRoute(fib.VerbAdd, strings.Fields(line), false, ns)
		if err != nil {
			return
		}
		// What is printed parses to the same route.
		text := string(fib.AppendRoute(nil, &r, ns, fib.Format{Details: true}))
		again, err := fib.ParseRoute(fib.VerbAdd, strings.Fields(text), false, ns)
		if r.Type > fib.Throw || r.Type == fib.Unspec || r.Dst.Bits() == 0 || r.Proto == 0 {
			return // prints numbers or words that iproute2 does not read back either
		}
		if err != nil || string(fib.AppendRoute(nil, &again, ns, fib.Format{Details: true})) != text {
			t.Fatalf("%q prints as %q, which gives %v", line, text, err)
		}
		_, _ = ns.Add(r, fib.Create, ns)
		_ = ns.Delete(r)
	})
}

func FuzzParseRule(f *testing.F) {
	f.Add("not from 10.0.0.0/8 to 10.1.1.1 fwmark 0x10/0xf0 iif d0 lookup 100 suppress_prefixlength 0 pref 5")
	f.Add("from all goto 500 proto bird")
	f.Add("tos 0x10 oif lo type unreachable")
	ns := newNamespace("d0")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := fib.ParseRule(fib.VerbAdd, strings.Fields(line), false)
		if err != nil {
			return
		}
		if got, err := ns.AddRule(r, ns); err == nil {
			ns.Lookup(&fib.Key{Dst: 0x0a010101, Src: 0x0a000001, Mark: 0x10, IIF: 2})
			if err := ns.DeleteRule(*got, ns); err != nil {
				t.Fatalf("%q was added and cannot be deleted: %v", fib.AppendRule(nil, got, false), err)
			}
		}
	})
}

// routes gives a namespace of n routes as a node has them: a default route, a
// network, /26 blocks behind a tunnel and /32 pods.
func routes(t testing.TB, n int) *namespace {
	ns := build(t, newNamespace("ens5", "tunl0"), "ip link set lo up", "ip link set ens5 up", "ip link set tunl0 up",
		"ip addr add 192.168.10.101/24 dev ens5", "ip route add default via 192.168.10.1")
	for i := range n / 10 {
		build(t, ns, "ip route add "+packet.AddrFrom32(0x0a800000+uint32(i)).String()+" dev ens5")
	}
	for i := 0; len(ns.Routes(0)) < n; i++ {
		for range min(200, n-len(ns.Routes(0))) {
			build(t, ns, "ip route add "+packet.AddrFrom32(0x0a000000+uint32(i)<<6).String()+"/26 via 192.168.10.1 dev tunl0 onlink")
			i++
		}
	}
	return ns
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{5, 10, 50, 5000} {
		ns := routes(b, n)
		for _, c := range []struct{ name, dst string }{
			{"block", "10.0.0.5"}, {"default", "8.8.8.8"}, {"local", "192.168.10.101"},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, c.name), func(b *testing.B) {
				k := fib.Key{Dst: addr32(c.dst)}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := ns.Lookup(&k); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkBart is what a trie takes for the same prefixes, without the
// choice among routes.
func BenchmarkBart(b *testing.B) {
	for _, n := range []int{10, 5000} {
		ns := routes(b, n)
		var trie bart.Table[*fib.Route]
		for _, r := range ns.Routes(0) {
			trie.Insert(r.Dst, r)
		}
		for _, dst := range []string{"10.0.0.5", "8.8.8.8", "192.168.10.101"} {
			b.Run(fmt.Sprintf("%d/%s", n, dst), func(b *testing.B) {
				a := netip.MustParseAddr(dst)
				b.ReportAllocs()
				for b.Loop() {
					if _, ok := trie.Lookup(a); !ok {
						b.Fatal("no route")
					}
				}
			})
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	ns := routes(b, 10)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r := fib.Route{Dst: netip.PrefixFrom(packet.AddrFrom32(0x30000000+uint32(i)<<6), 26), Type: fib.Unicast, Scope: fib.Link, Dev: 3}
		if _, err := ns.Add(r, fib.Create, ns); err != nil {
			b.Fatal(err)
		}
	}
}
