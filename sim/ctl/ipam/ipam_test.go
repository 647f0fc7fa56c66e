package ipam_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/ipam"
)

func load(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }

func pool(name, cidr string, block int) ipam.Pool {
	return ipam.Pool{Name: name, CIDR: prefix(cidr), BlockSize: block, AllNodes: true}
}

func newIPAM(t *testing.T, cfg ipam.Config, pools ...ipam.Pool) *ipam.IPAM {
	t.Helper()
	m, err := ipam.New(cfg, pools)
	require.NoError(t, err)
	return m
}

func TestBlocksFollowFromTheNodesName(t *testing.T) {
	var f struct {
		Vectors []struct {
			Node, Pool  string
			BlockSize   int
			FirstBlocks []string
		}
	}
	load(t, "ipam-blocks.json", &f)
	require.NotEmpty(t, f.Vectors)
	for _, v := range f.Vectors {
		var got []string
		for _, b := range ipam.Candidates(pool("p", v.Pool, v.BlockSize), v.Node, len(v.FirstBlocks)) {
			got = append(got, b.String())
		}
		require.Equal(t, v.FirstBlocks, got, "%s in %s, blocks of /%d", v.Node, v.Pool, v.BlockSize)
	}
}

func TestSequencesOfAssignAndRelease(t *testing.T) {
	var f struct {
		Cases []struct {
			Name, Pool     string
			BlockSize      int
			StrictAffinity bool
			Steps          []struct{ Op, Node, Handle, IP, Error string }
		}
	}
	load(t, "ipam-cases.json", &f)
	require.NotEmpty(t, f.Cases)
	for _, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			m := newIPAM(t, ipam.Config{StrictAffinity: c.StrictAffinity}, pool("p", c.Pool, c.BlockSize))
			for i, s := range c.Steps {
				if s.Op == "release" {
					require.NotEmpty(t, m.Release(s.Handle), "step %d", i)
					continue
				}
				got, err := m.Assign(ipam.Request{Node: s.Node, Handle: s.Handle})
				if s.Error != "" {
					require.EqualError(t, err, s.Error, "step %d", i)
					continue
				}
				require.NoError(t, err, "step %d", i)
				require.Equal(t, s.IP, got.String(), "step %d", i)
				_, a, ok := m.Find(got)
				require.True(t, ok)
				require.Equal(t, ipam.Allocation{Addr: got, Handle: s.Handle, Node: s.Node}, a)
			}
		})
	}
}

func TestErrorsHaveCalicosTexts(t *testing.T) {
	off := pool("off", "10.1.0.0/16", 26)
	off.Disabled = true
	other := pool("other", "10.2.0.0/16", 26)
	other.AllNodes, other.Nodes = false, []string{"k8s-w2"}
	tunnels := pool("tunnels", "10.3.0.0/16", 26)
	tunnels.Uses = []ipam.Use{ipam.Tunnel}
	big := pool("big", "10.4.0.0/16", 26)

	for _, c := range []struct {
		name  string
		cfg   ipam.Config
		pools []ipam.Pool
		req   ipam.Request
		want  string
	}{
		{"no pool at all", ipam.Config{}, nil, ipam.Request{}, "cannot find a qualified ippool"},
		{"every pool disabled", ipam.Config{}, []ipam.Pool{off}, ipam.Request{}, "cannot find a qualified ippool"},
		{"no pool selects the node", ipam.Config{}, []ipam.Pool{other}, ipam.Request{}, "no configured Calico pools for node k8s-w1"},
		{"no pool with the use", ipam.Config{}, []ipam.Pool{tunnels}, ipam.Request{}, "cannot find a qualified ippool, no pools match the required use (Workload)"},
		{"a named pool is missing", ipam.Config{}, []ipam.Pool{big}, ipam.Request{Pools: []netip.Prefix{prefix("10.1.0.0/16")}}, "the given pool (10.1.0.0/16) does not exist, or is not enabled"},
		{"a named pool is disabled", ipam.Config{}, []ipam.Pool{big, off}, ipam.Request{Pools: []netip.Prefix{prefix("10.1.0.0/16")}}, "the given pool (10.1.0.0/16) does not exist, or is not enabled"},
		{"no automatic blocks", ipam.Config{NoAutoBlocks: true}, []ipam.Pool{big}, ipam.Request{}, "failed to find or claim a block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newIPAM(t, c.cfg, c.pools...)
			c.req.Node, c.req.Handle = "k8s-w1", "h"
			_, err := m.Assign(c.req)
			require.EqualError(t, err, c.want)
			require.Empty(t, m.Blocks(), "a failed request leaves nothing behind")
		})
	}
}

func TestNodeStopsAtItsBlockLimit(t *testing.T) {
	m := newIPAM(t, ipam.Config{}, pool("p", "10.0.0.0/24", 31))
	for i := range 40 { // 20 blocks of two addresses
		_, err := m.Assign(ipam.Request{Node: "k8s-w1", Handle: string(rune('a' + i))})
		require.NoError(t, err)
	}
	_, err := m.Assign(ipam.Request{Node: "k8s-w1", Handle: "z"})
	require.ErrorIs(t, err, ipam.ErrBlockLimit)
	require.EqualError(t, err, "cannot allocate new block due to per host block limit")

	m = newIPAM(t, ipam.Config{MaxBlocksPerHost: 1}, pool("p", "10.0.0.0/24", 32))
	_, err = m.Assign(ipam.Request{Node: "k8s-w1", Handle: "a"})
	require.NoError(t, err)
	_, err = m.Assign(ipam.Request{Node: "k8s-w1", Handle: "b"})
	require.ErrorIs(t, err, ipam.ErrBlockLimit)
}

func TestPinnedAddresses(t *testing.T) {
	m := newIPAM(t, ipam.Config{}, pool("p", "172.16.0.0/16", 24))
	require.NoError(t, m.AssignIP(addr("172.16.184.1"), "k8s-w2", "pod2"))
	require.EqualError(t, m.AssignIP(addr("172.16.184.1"), "k8s-w2", "pod3"), "Address already assigned in block")
	require.EqualError(t, m.AssignIP(addr("10.0.0.1"), "k8s-w2", "pod3"), "The provided IP address is not in a configured pool")
	require.Equal(t, "k8s-w2", m.Blocks()[0].Affinity, "the block of a pinned address belongs to the node")

	got, err := m.Assign(ipam.Request{Node: "k8s-w2", Handle: "auto"})
	require.NoError(t, err)
	require.Equal(t, addr("172.16.184.0"), got, "the queue goes on as if the pinned address were not in it")
	got, err = m.Assign(ipam.Request{Node: "k8s-w2", Handle: "auto2"})
	require.NoError(t, err)
	require.Equal(t, addr("172.16.184.2"), got)

	require.NoError(t, m.AssignIP(addr("172.16.184.9"), "k8s-w1", "guest"), "an address of another node's block may be borrowed")
	strict := newIPAM(t, ipam.Config{StrictAffinity: true}, pool("p", "172.16.0.0/16", 24))
	require.NoError(t, strict.AssignIP(addr("172.16.184.1"), "k8s-w2", "pod2"))
	require.EqualError(t, strict.AssignIP(addr("172.16.184.9"), "k8s-w1", "guest"), "Block host affinity does not match")
}

func TestOwnBlocksAreTriedInTheOrderOfStrings(t *testing.T) {
	m := newIPAM(t, ipam.Config{}, pool("p", "172.16.0.0/16", 24))
	require.NoError(t, m.AssignIP(addr("172.16.34.1"), "n", "a"))
	require.NoError(t, m.AssignIP(addr("172.16.184.1"), "n", "b"))
	got, err := m.Assign(ipam.Request{Node: "n", Handle: "c"})
	require.NoError(t, err)
	require.Equal(t, addr("172.16.184.0"), got)
}

func TestReservedAddressesAreNotHandedOut(t *testing.T) {
	p := pool("p", "10.0.0.0/28", 30)
	m := newIPAM(t, ipam.Config{Reserved: []netip.Prefix{prefix("10.0.0.0/30"), prefix("10.0.0.4/31")}}, p)
	require.Equal(t, prefix("10.0.0.0/30"), ipam.Candidates(p, "k8s-w1", 1)[0])
	got, err := m.Assign(ipam.Request{Node: "k8s-w1", Handle: "a"})
	require.NoError(t, err)
	require.Equal(t, addr("10.0.0.6"), got)
	require.NoError(t, m.AssignIP(addr("10.0.0.1"), "k8s-w1", "b"), "asking for one by name is allowed")
}

func TestEmptyBlockOfAPoolThatLeftTheNodeIsGivenUp(t *testing.T) {
	a, b := pool("a", "10.1.0.0/24", 26), pool("b", "10.2.0.0/24", 26)
	m := newIPAM(t, ipam.Config{}, a)
	_, err := m.Assign(ipam.Request{Node: "n", Handle: "x"})
	require.NoError(t, err)
	require.Len(t, m.Release("x"), 1)
	require.Len(t, m.Blocks(), 1, "an empty block stays with its node")
	a.AllNodes = false
	require.NoError(t, m.SetPools([]ipam.Pool{a, b}))
	got, err := m.Assign(ipam.Request{Node: "n", Handle: "y"})
	require.NoError(t, err)
	require.True(t, b.CIDR.Contains(got))
	require.Len(t, m.Blocks(), 1)
}

func TestOrderOfPoolsDoesNotMatter(t *testing.T) {
	pools := []ipam.Pool{pool("a", "10.1.0.0/24", 26), pool("b", "10.2.0.0/24", 26), pool("c", "10.3.0.0/24", 26)}
	run := func(pools []ipam.Pool) (out []netip.Addr) {
		m := newIPAM(t, ipam.Config{}, pools...)
		for range 300 {
			a, err := m.Assign(ipam.Request{Node: "k8s-w1", Handle: "h"})
			require.NoError(t, err)
			out = append(out, a)
		}
		return out
	}
	want := run(pools)
	slices.Reverse(pools)
	require.Equal(t, want, run(pools))
	require.True(t, prefix("10.1.0.0/24").Contains(want[0]))
}

// A state is what is allocated, not how it came about: whatever the history,
// no address is given twice and every one is accounted for.
func TestNothingIsGivenTwice(t *testing.T) {
	m := newIPAM(t, ipam.Config{}, pool("p", "10.0.0.0/26", 29))
	held := map[netip.Addr]string{}
	seed := uint32(1)
	next := func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>16) % n }
	for i := range 2000 {
		handle := string(rune('a' + next(26)))
		if next(3) == 0 {
			for _, a := range m.Release(handle) {
				require.Equal(t, handle, held[a])
				delete(held, a)
			}
			continue
		}
		a, err := m.Assign(ipam.Request{Node: []string{"n1", "n2", "n3"}[next(3)], Handle: handle})
		if err != nil {
			require.Len(t, held, 64, "step %d: %v", i, err)
			continue
		}
		require.NotContains(t, held, a)
		held[a] = handle
	}
	n := 0
	for _, b := range m.Blocks() {
		require.Equal(t, b.Size(), b.Free()+len(b.Allocations()))
		n += len(b.Allocations())
	}
	require.Len(t, held, n)
}

func TestPoolsThatCannotWorkAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		pool ipam.Pool
		want string
	}{
		{"no network", ipam.Pool{Name: "p"}, "pool p: IPPool CIDR must be a valid subnet"},
		{"host bits", pool("p", "10.0.0.1/24", 26), "pool p: IPPool CIDR is not strictly masked"},
		{"blocks too large", pool("p", "10.0.0.0/8", 19), "pool p: IPv4 block size must be between 20 and 32"},
		{"blocks larger than the pool", pool("p", "10.0.0.0/28", 26), "pool p: IP pool size is too small for use with Calico IPAM. It must be equal to or greater than the block size."},
		{"IPv6", pool("p", "fd00::/64", 122), "pool p: not modelled: IPv6 pools"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ipam.New(ipam.Config{}, []ipam.Pool{c.pool})
			require.EqualError(t, err, c.want)
		})
	}
}
