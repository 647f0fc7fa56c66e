package bird_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/bird"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }

func node(name, address, gateway, block string) bird.Node {
	a, b := prefix(address), prefix(block)
	return bird.Node{Name: name, Address: a, Blocks: []netip.Prefix{b}, Addresses: []netip.Addr{b.Addr(), b.Addr().Next()},
		Kernel: []bird.Hop{{To: a.Masked(), Dev: "ens5"}, {To: prefix("0.0.0.0/0"), Via: addr(gateway)}}}
}

// study is the lab with its node in another subnet.
func study() []bird.Node {
	return []bird.Node{
		node("k8s-m", "192.168.10.10/24", "192.168.10.1", "172.16.116.0/24"),
		node("k8s-w1", "192.168.10.101/24", "192.168.10.1", "172.16.158.0/24"),
		node("k8s-w2", "192.168.10.102/24", "192.168.10.1", "172.16.184.0/24"),
		node("k8s-w0", "192.168.20.100/24", "192.168.20.1", "172.16.34.0/24"),
	}
}

func texts(routes []bird.Route) (out []string) {
	for _, r := range routes {
		out = append(out, r.String())
	}
	return out
}

func TestRoutesOfWorker1InEachMode(t *testing.T) {
	for _, c := range []struct {
		mode bird.Mode
		want []string
	}{
		{bird.Always, []string{
			"172.16.34.0/24 via 192.168.20.100 dev tunl0 proto bird onlink",
			"172.16.116.0/24 via 192.168.10.10 dev tunl0 proto bird onlink",
			"blackhole 172.16.158.0/24 proto bird",
			"172.16.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink",
		}},
		{bird.CrossSubnet, []string{
			"172.16.34.0/24 via 192.168.20.100 dev tunl0 proto bird onlink",
			"172.16.116.0/24 via 192.168.10.10 dev ens5 proto bird",
			"blackhole 172.16.158.0/24 proto bird",
			"172.16.184.0/24 via 192.168.10.102 dev ens5 proto bird",
		}},
		{bird.Never, []string{
			"172.16.34.0/24 via 192.168.10.1 dev ens5 proto bird",
			"172.16.116.0/24 via 192.168.10.10 dev ens5 proto bird",
			"blackhole 172.16.158.0/24 proto bird",
			"172.16.184.0/24 via 192.168.10.102 dev ens5 proto bird",
		}},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			nodes := study()
			pools := []bird.Pool{{CIDR: prefix("172.16.0.0/16"), IPIP: c.mode}}
			got := bird.Routes(nodes[1], nodes, pools)
			require.Equal(t, c.want, texts(got))
			require.Equal(t, "k8s-w0", got[0].From)
			require.Empty(t, got[2].From)
			slices.Reverse(nodes)
			require.Equal(t, got, bird.Routes(nodes[2], nodes, pools), "the order of nodes does not matter")
		})
	}
}

func TestStaticRouteToTheOtherSubnetDecidesTheGateway(t *testing.T) {
	nodes := study()
	nodes[1].Kernel = append(nodes[1].Kernel, bird.Hop{To: prefix("192.168.20.0/24"), Via: addr("192.168.10.254"), Dev: "ens5"})
	got := bird.Routes(nodes[1], nodes, []bird.Pool{{CIDR: prefix("172.16.0.0/16")}})
	require.Equal(t, "172.16.34.0/24 via 192.168.10.254 dev ens5 proto bird", got[0].String())
}

func TestLowestMetricOfTwoRoutesDecides(t *testing.T) {
	nodes := study()
	nodes[1].Kernel = append(nodes[1].Kernel,
		bird.Hop{To: prefix("192.168.20.0/24"), Via: addr("192.168.10.253"), Metric: 20},
		bird.Hop{To: prefix("192.168.20.0/24"), Via: addr("192.168.10.254"), Metric: 10})
	got := bird.Routes(nodes[1], nodes, []bird.Pool{{CIDR: prefix("172.16.0.0/16")}})
	require.Equal(t, "172.16.34.0/24 via 192.168.10.254 dev ens5 proto bird", got[0].String())
}

func TestNodesWithoutARouteToEachOtherHaveNoSession(t *testing.T) {
	pools := []bird.Pool{{CIDR: prefix("172.16.0.0/16"), IPIP: bird.Always}}
	for _, c := range []struct {
		name   string
		kernel []bird.Hop
	}{
		{"no default route", []bird.Hop{{To: prefix("192.168.20.0/24"), Dev: "ens5"}}},
		{"default route over an unknown gateway", []bird.Hop{{To: prefix("192.168.20.0/24"), Dev: "ens5"}, {To: prefix("0.0.0.0/0"), Via: addr("10.0.0.1")}}},
		{"unreachable", []bird.Hop{{To: prefix("192.168.20.0/24"), Dev: "ens5"}, {To: prefix("192.168.0.0/16"), Reject: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			nodes := study()
			nodes[3].Kernel = c.kernel
			for _, r := range bird.Routes(nodes[1], nodes, pools) {
				require.NotEqual(t, "k8s-w0", r.From)
			}
			require.Equal(t, []string{"blackhole 172.16.34.0/24 proto bird"}, texts(bird.Routes(nodes[3], nodes, pools)))
		})
	}
}

func TestBorrowedAddressTravelsByItsOwnRoute(t *testing.T) {
	nodes := study()
	nodes[2].Addresses = append(nodes[2].Addresses, addr("172.16.158.9")) // of k8s-w1's block
	pools := []bird.Pool{{CIDR: prefix("172.16.0.0/16"), IPIP: bird.Always}}
	for _, i := range []int{0, 1, 3} {
		require.Contains(t, texts(bird.Routes(nodes[i], nodes, pools)), "172.16.158.9 via 192.168.10.102 dev tunl0 proto bird onlink")
	}
	require.NotContains(t, texts(bird.Routes(nodes[2], nodes, pools)), "172.16.158.9 via 192.168.10.102 dev tunl0 proto bird onlink")
}

func TestBlockOfOneAddressHasNoBlackholeAndIsAdvertisedWhenInUse(t *testing.T) {
	nodes := study()
	for i := range nodes {
		nodes[i].Blocks = []netip.Prefix{netip.PrefixFrom(nodes[i].Addresses[0], 32)}
		nodes[i].Addresses = nodes[i].Addresses[:1]
	}
	nodes[3].Addresses = nil
	require.Equal(t, []string{
		"172.16.116.0 via 192.168.10.10 dev tunl0 proto bird onlink",
		"172.16.184.0 via 192.168.10.102 dev tunl0 proto bird onlink",
	}, texts(bird.Routes(nodes[1], nodes, []bird.Pool{{CIDR: prefix("172.16.0.0/16"), IPIP: bird.Always}})))
}

func TestPoolThatIsNotExportedStaysAtHome(t *testing.T) {
	nodes := study()
	require.Equal(t, []string{"blackhole 172.16.158.0/24 proto bird"},
		texts(bird.Routes(nodes[1], nodes, []bird.Pool{{CIDR: prefix("172.16.0.0/16"), DisableExport: true}})))
}
