package felix_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/felix"
	"hoplab/sim/ctl/names"
)

func load(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, into))
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func pod(namespace, account, name string) felix.Endpoint {
	return felix.Endpoint{
		Interface: names.Veth("", namespace, name),
		Profiles:  []string{names.ProfileNamespace(namespace), names.ProfileServiceAccount(namespace, account)},
	}
}

// worker1 is k8s-w1 of the study after node1-pod2.yaml.
func worker1() felix.Node {
	return felix.Node{
		Endpoints: []felix.Endpoint{
			pod("kube-system", "coredns", "coredns-55cb58b774-z482n"),
			pod("kube-system", "calico-kube-controllers", "calico-kube-controllers-77d59654f4-xgt7f"),
			pod("kube-system", "coredns", "coredns-55cb58b774-djmlk"),
			pod("default", "default", "pod1"),
			pod("default", "default", "pod2"),
		},
		Pools:         []felix.Pool{{CIDR: netip.MustParsePrefix("172.16.0.0/16"), NATOutgoing: true}},
		Hosts:         []netip.Addr{addr("192.168.10.10"), addr("192.168.10.101"), addr("192.168.10.102"), addr("192.168.20.100")},
		Addresses:     []netip.Addr{addr("192.168.10.101"), addr("172.16.158.0")},
		IPIP:          true,
		TunnelAddress: addr("172.16.158.0"),
		RPFilter:      1,
	}
}

type recorded struct {
	KernelChains []struct{ Table, Chain, Position, Hash, Save string }
	Tables       map[string]map[string][]struct{ Felix, Hash, Save string }
	NoWorkloads  map[string][]struct{ Felix, Hash, Save string }
}

func TestRulesOfWorker1AreThoseOfTheRealNode(t *testing.T) {
	var want recorded
	load(t, "iptables-k8s-w1.json", &want)
	system := []string{"kube-system"}
	for _, e := range worker1().Endpoints[:3] {
		system = append(system, e.Interface, names.Chain("cali-pri-", e.Profiles[1]), names.Chain("cali-pro-", e.Profiles[1]))
	}
	rules := 0
	for _, table := range felix.Tables(worker1()) {
		chains := want.Tables[table.Name]
		for _, c := range table.Chains {
			recording, ok := chains[c.Name]
			if !ok { // the reference leaves out the chains of the kube-system pods
				require.True(t, slices.ContainsFunc(system, func(s string) bool { return strings.Contains(c.Name, s) }), c.Name)
				continue
			}
			delete(chains, c.Name)
			require.Len(t, c.Rules, len(recording), "%s %s", table.Name, c.Name)
			for i, r := range c.Rules {
				require.Equal(t, recording[i].Felix, r.Felix, "%s %s rule %d", table.Name, c.Name, i+1)
				require.Equal(t, recording[i].Hash, r.Hash, "%s %s rule %d", table.Name, c.Name, i+1)
				require.Equal(t, recording[i].Save, "-A "+c.Name+" "+r.Save, "rule %d", i+1)
				rules++
			}
		}
		require.Empty(t, chains, "chains that Felix has and we do not, table %s", table.Name)

		var got []string
		for _, j := range table.Inserts {
			got = append(got, table.Name+" inserted at 1 "+j.Hash+" -A "+j.Chain+" "+j.Save)
		}
		for _, j := range table.Appends {
			got = append(got, table.Name+" appended "+j.Hash+" -A "+j.Chain+" "+j.Save)
		}
		var jumps []string
		for _, k := range want.KernelChains {
			if k.Table == table.Name {
				jumps = append(jumps, k.Table+" "+k.Position+" "+k.Hash+" "+k.Save)
			}
		}
		require.Equal(t, jumps, got)
	}
	require.Greater(t, rules, 80)
}

func TestNodeWithoutPodsDropsFromUnknownInterfaces(t *testing.T) {
	var want recorded
	load(t, "iptables-k8s-w1.json", &want)
	n := worker1()
	n.Endpoints = nil
	found := 0
	for _, c := range felix.Tables(n)[3].Chains {
		for i, r := range want.NoWorkloads[c.Name] {
			require.Equal(t, r.Save, "-A "+c.Name+" "+c.Rules[i].Save)
			found++
		}
		require.NotContains(t, c.Name, "cali-fw-")
	}
	require.Equal(t, 2, found)
}

func TestWithoutIPIPNothingSpeaksOfTunnels(t *testing.T) {
	n := worker1()
	n.IPIP, n.TunnelAddress = false, netip.Addr{}
	for _, line := range append(felix.IPTables(n), felix.IPSets(n)...) {
		require.NotContains(t, line, "tunl0")
		require.NotContains(t, line, "all-hosts-net")
		if strings.Contains(line, "ipencap") {
			require.Contains(t, line, "originating in workloads")
		}
	}
}

// The hashes are those of nodes whose pools use VXLAN and nothing else.
func TestRulesOfANodeWithVXLANAreThoseOfARealNode(t *testing.T) {
	n := worker1()
	n.IPIP, n.TunnelAddress = false, netip.Addr{}
	n.VXLAN, n.VXLANAddress = true, addr("172.16.158.0")
	n.VXLANPeers = []netip.Addr{addr("192.168.10.102"), addr("192.168.10.10")}
	want := map[string][]string{
		"filter cali-INPUT": {"J76FwxInZIsk7uKY", "EDCNTTxYfggApx8C", "H03xYXARh4e8pwd4", "MN6K3isIWBigb1Va", "OSYphBLwOgic22Hz",
			"rmi2_piRVmfeiwVp", "F7Q8zu44qIbOVben"},
		"filter cali-OUTPUT":   {"Mq1_rAdXXH3YkrzW", "69FkRTJDvD5Vu6Vl", "-QZG79DohFjalQBb", "iC1pSPgbvgQzkUk_", "4Zh7KtRvt4W5AEBR", "Y0k-bqjt-5CUqyUq"},
		"nat cali-POSTROUTING": {"Z-c7XtVd2Bq7s_hA", "nYKhEzDlr11Jccal", "e9dnSgSVNmIcpVhP"},
	}
	for _, table := range felix.Tables(n) {
		for _, c := range table.Chains {
			if hashes, ok := want[table.Name+" "+c.Name]; ok {
				var got []string
				for _, r := range c.Rules {
					got = append(got, r.Hash)
				}
				require.Equal(t, hashes, got, "%s %s", table.Name, c.Name)
				delete(want, table.Name+" "+c.Name)
			}
		}
	}
	require.Empty(t, want)
	lines := strings.Join(felix.IPTables(n), "\n")
	require.Contains(t, lines, "-A cali-INPUT -p udp -m comment --comment \"cali:J76FwxInZIsk7uKY\" -m comment --comment \"Allow IPv4 VXLAN packets from allowed hosts\" -m multiport --dports 4789 -m set --match-set cali40all-vxlan-net src -m addrtype --dst-type LOCAL -j ACCEPT")
	sets := felix.IPSets(n)
	require.Equal(t, []string{"create cali40all-vxlan-net hash:net family inet maxelem 1048576", "add cali40all-vxlan-net 192.168.10.10", "add cali40all-vxlan-net 192.168.10.102"}, sets[:3])
}

func TestVXLANRoutesFollowBorrowedAddressesAndMissingTunnels(t *testing.T) {
	prefix := netip.MustParsePrefix
	pools := []felix.Pool{{CIDR: prefix("172.16.0.0/16"), VXLAN: felix.VXLANAlways}, {CIDR: prefix("10.0.0.0/8")}}
	self := felix.VTEP{Name: "a", Address: prefix("192.168.1.1/24"), Device: "ens5", Tunnel: addr("172.16.1.0"), Blocks: []netip.Prefix{prefix("172.16.1.0/24"), prefix("172.16.9.9/32")}}
	b := felix.VTEP{Name: "b", Address: prefix("192.168.1.2/24"), Tunnel: addr("172.16.2.0"), Blocks: []netip.Prefix{prefix("172.16.2.0/24"), prefix("10.1.0.0/24")},
		Addresses: []netip.Addr{addr("172.16.2.0"), addr("172.16.2.7"), addr("172.16.1.200")}}
	c := felix.VTEP{Name: "c", Address: prefix("192.168.1.3/24"), Blocks: []netip.Prefix{prefix("172.16.3.0/24")}}
	var got []string
	for _, r := range felix.VXLANRoutes(self, []felix.VTEP{c, self, b}, pools) {
		got = append(got, r.From+": "+r.Text)
	}
	require.Equal(t, []string{
		": blackhole 172.16.1.0/24 proto 80",
		"b: 172.16.1.200 via 172.16.2.0 dev vxlan.calico proto 80 onlink",
		"b: 172.16.2.0/24 via 172.16.2.0 dev vxlan.calico proto 80 onlink",
	}, got, "b borrowed an address of a's block; c has no tunnel yet")
}

func TestNATOutgoingOffLeavesAnEmptyChain(t *testing.T) {
	n := worker1()
	n.Pools[0].NATOutgoing = false
	text := strings.Join(felix.IPTables(n), "\n")
	require.Contains(t, text, "-t nat -N cali-nat-outgoing")
	require.NotContains(t, text, "-A cali-nat-outgoing")
	require.NotContains(t, strings.Join(felix.IPSets(n), "\n"), "add cali40masq-ipam-pools")
}

func TestEndpointToHostActionIsTheLastRuleOfItsChain(t *testing.T) {
	n := worker1()
	n.EndpointToHost = felix.Drop
	require.Regexp(t, regexp.MustCompile(`-A cali-wl-to-host .*DefaultEndpointToHostAction" -j DROP`), strings.Join(felix.IPTables(n), "\n"))
}

// Every chain is made before a rule names it, and is named by some rule.
func TestLinesLoadInOrder(t *testing.T) {
	made, used := map[string]bool{}, map[string]bool{}
	target := regexp.MustCompile(` -[jg] (cali-\S+)`)
	for _, line := range felix.IPTables(worker1()) {
		w := strings.Fields(line)
		require.Equal(t, "-t", w[0])
		key := w[1] + " " + w[3]
		switch w[2] {
		case "-N":
			require.False(t, made[key], line)
			require.LessOrEqual(t, len(w[3]), 28)
			made[key] = true
		case "-A", "-I":
			require.True(t, made[key] || !strings.HasPrefix(w[3], "cali-"), line)
			if m := target.FindStringSubmatch(line); m != nil {
				require.True(t, made[w[1]+" "+m[1]], line)
				used[w[1]+" "+m[1]] = true
			}
		default:
			t.Fatalf("unexpected command in %q", line)
		}
	}
	require.Equal(t, made, used)
}

func TestResultDoesNotDependOnTheOrderOfTheInput(t *testing.T) {
	n := worker1()
	rules, sets, sysctls := felix.IPTables(n), felix.IPSets(n), felix.Sysctls(n)
	slices.Reverse(n.Endpoints)
	slices.Reverse(n.Hosts)
	slices.Reverse(n.Addresses)
	before := slices.Clone(n.Endpoints)
	require.Equal(t, rules, felix.IPTables(n))
	require.Equal(t, sets, felix.IPSets(n))
	require.Equal(t, sysctls, felix.Sysctls(n))
	require.Equal(t, before, n.Endpoints, "the input is left as it was")
}

func TestManyPodsMakeATreeAndOneMakesNone(t *testing.T) {
	var n felix.Node
	for i := range 100 {
		n.Endpoints = append(n.Endpoints, pod("default", "default", fmt.Sprintf("web-%d", i)))
	}
	children := 0
	for _, c := range felix.Tables(n)[3].Chains {
		if strings.HasPrefix(c.Name, "cali-to-wl-dispatch-") {
			children++
			require.Contains(t, c.Rules[len(c.Rules)-1].Save, "Unknown interface")
		}
	}
	require.Equal(t, 16, children, "one for each hexadecimal digit")

	n.Endpoints = n.Endpoints[:1]
	for _, c := range felix.Tables(n)[3].Chains {
		if c.Name == "cali-to-wl-dispatch" {
			require.Contains(t, c.Rules[0].Save, "-o "+n.Endpoints[0].Interface+" ")
		}
		require.NotContains(t, c.Name, "cali-to-wl-dispatch-")
	}
}

func TestIPSets(t *testing.T) {
	n := worker1()
	n.Pools = append(n.Pools, felix.Pool{CIDR: netip.MustParsePrefix("10.0.0.0/8")})
	require.Equal(t, []string{
		"create cali40all-hosts-net hash:net family inet maxelem 1048576",
		"add cali40all-hosts-net 192.168.10.10",
		"add cali40all-hosts-net 192.168.10.101",
		"add cali40all-hosts-net 192.168.10.102",
		"add cali40all-hosts-net 192.168.20.100",
		"create cali40all-ipam-pools hash:net family inet maxelem 1048576",
		"add cali40all-ipam-pools 10.0.0.0/8",
		"add cali40all-ipam-pools 172.16.0.0/16",
		"create cali40masq-ipam-pools hash:net family inet maxelem 1048576",
		"add cali40masq-ipam-pools 172.16.0.0/16",
		"create cali40this-host hash:ip family inet maxelem 1048576",
		"add cali40this-host 127.0.0.0",
		"add cali40this-host 127.0.0.1",
		"add cali40this-host 172.16.158.0",
		"add cali40this-host 192.168.10.101",
	}, felix.IPSets(n))
}

func TestSysctls(t *testing.T) {
	n := worker1()
	n.Endpoints = n.Endpoints[3:4]
	require.Equal(t, []felix.Sysctl{
		{Key: "net.ipv4.ip_forward", Value: "1"},
		{Key: "net.ipv4.conf.calice0906292e2.route_localnet", Value: "1"},
		{Key: "net.ipv4.neigh.calice0906292e2.proxy_delay", Value: "0"},
		{Key: "net.ipv4.conf.calice0906292e2.proxy_arp", Value: "1"},
		{Key: "net.ipv4.conf.calice0906292e2.forwarding", Value: "1"},
		{Key: "net.ipv4.conf.calice0906292e2.rp_filter", Value: "1"},
	}, felix.Sysctls(n))
}

func TestMTUs(t *testing.T) {
	var f struct {
		Vectors []struct {
			HostMTU, PodMTU, Tunl0                       int
			IPIP, VXLAN, VXLANV6, Wireguard, WireguardV6 bool
		}
	}
	load(t, "mtu-cases.json", &f)
	require.NotEmpty(t, f.Vectors)
	for _, v := range f.Vectors {
		e := felix.Encap{IPIP: v.IPIP, VXLAN: v.VXLAN, VXLANV6: v.VXLANV6, Wireguard: v.Wireguard, WireguardV6: v.WireguardV6}
		require.Equal(t, v.PodMTU, felix.PodMTU(v.HostMTU, e), "%+v", v)
		require.Equal(t, v.Tunl0, felix.TunnelMTU(v.HostMTU))
	}
}

func TestHostMTUIsTheSmallestOfItsOwnDevices(t *testing.T) {
	re := regexp.MustCompile("^((en|wl|ww|sl|ib)[Pcopsvx].*|(eth|wlan|wwan).*)")
	for _, name := range []string{"ens5", "enp0s8", "eth0", "en", "enz0", "wlan0", "wlp2s0", "docker0", "cali123", "tunl0", "lo", "ib0", "ibp1", "wwan", "br-eth0", ""} {
		got := felix.HostMTU([]felix.Device{{Name: name, MTU: 1400, Up: true}}) == 1400
		require.Equal(t, re.MatchString(name), got, "%q", name)
	}
	require.Equal(t, 1400, felix.HostMTU([]felix.Device{
		{Name: "ens5", MTU: 9001, Up: true}, {Name: "ens6", MTU: 1400, Up: true}, {Name: "ens7", MTU: 1000}, {Name: "cali1", MTU: 900, Up: true},
	}))
	require.Equal(t, 1500, felix.HostMTU(nil))
}

func BenchmarkTables(b *testing.B) {
	var n felix.Node
	for i := range 100 {
		n.Endpoints = append(n.Endpoints, pod("default", "default", fmt.Sprintf("web-%d", i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		felix.Tables(n)
	}
}
