package expand_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/ctl/expand"
	"hoplab/topology"
)

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return string(text)
}

func parse(t testing.TB, text string) *topology.Bundle {
	t.Helper()
	b, err := topology.Parse("lab.yaml", []byte(text))
	require.NoError(t, err)
	return b
}

// expanded is the plain lab of a text. It also checks what must hold for any:
// nothing of the input changes, the result is a legal lab, a second expansion of
// either gives the same bytes.
func expanded(t testing.TB, text string) *topology.Lab {
	t.Helper()
	b := parse(t, text)
	before := string(topology.MarshalLab(b.Labs[0]))
	lab, _, err := expand.Expand(b, b.Labs[0])
	require.NoError(t, err)
	require.Equal(t, before, string(topology.MarshalLab(b.Labs[0])), "the input is not changed")
	printed := string(topology.MarshalLab(lab))

	again, _, err := expand.Expand(b, b.Labs[0])
	require.NoError(t, err)
	require.Equal(t, printed, string(topology.MarshalLab(again)), "expanding twice gives equal bytes")

	plain := parse(t, printed)
	require.Equal(t, printed, string(topology.MarshalLab(plain.Labs[0])), "the plain lab parses to itself")
	same, _, err := expand.Expand(plain, plain.Labs[0])
	require.NoError(t, err)
	require.Same(t, plain.Labs[0], same, "a plain lab is left alone")
	return lab
}

// grown is the study's lab with more documents.
func grown(t testing.TB, docs ...string) string {
	return strings.Join(append([]string{read(t, "study.yaml")}, docs...), "\n---\n")
}

func podYAML(namespace, name, node string, annotations ...string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: " + namespace +
		", annotations: {" + strings.Join(annotations, ", ") + "}}\nspec: {nodeName: " + node + ", containers: [{name: c, image: i}]}"
}

func pinned(addr string) string {
	return `cni.projectcalico.org/ipAddrs: '["` + addr + `"]'`
}

func texts(lines []topology.Line, by string) (out []string) {
	for _, l := range lines {
		if strings.HasPrefix(l.By, by) {
			out = append(out, l.Text)
		}
	}
	return out
}

func allTexts(lines []topology.Line) (out []string) {
	for _, l := range lines {
		out = append(out, l.Text)
	}
	return out
}

func TestStudysClusterIsThatOfTheRealLab(t *testing.T) {
	lab := expanded(t, read(t, "study.yaml"))

	for _, n := range []struct{ name, block, tunnel string }{
		{"k8s-m", "172.16.116.0/24", "172.16.116.0/32"},
		{"k8s-w1", "172.16.158.0/24", "172.16.158.0/32"},
		{"k8s-w2", "172.16.184.0/24", "172.16.184.0/32"},
		{"k8s-w0", "172.16.34.0/24", "172.16.34.0/32"},
	} {
		m := lab.Machine(n.name)
		tunl := m.Interface("tunl0")
		require.NotNil(t, tunl)
		require.Equal(t, n.tunnel, tunl.Addresses[0].Prefix.String())
		require.Equal(t, 8981, tunl.MTU)
		require.True(t, tunl.Up)
		require.Equal(t, []string{"blackhole " + n.block + " proto bird"}, texts(m.Routes, "BIRD: own block"))
	}

	w1 := lab.Machine("k8s-w1")
	require.Equal(t, []string{
		"default via 192.168.10.1 dev ens5 proto dhcp src 192.168.10.101 metric 100",
		"172.16.158.1 dev calice0906292e2 scope link",
		"172.16.34.0/24 via 192.168.20.100 dev tunl0 proto bird onlink",
		"172.16.116.0/24 via 192.168.10.10 dev tunl0 proto bird onlink",
		"blackhole 172.16.158.0/24 proto bird",
		"172.16.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink",
	}, allTexts(w1.Routes))
	var by []string
	for _, l := range w1.Routes {
		by = append(by, l.By)
	}
	require.Equal(t, []string{"", "CNI plugin: pod pod1", "BIRD: learnt from k8s-w0, block of pod3", "BIRD: learnt from k8s-m",
		"BIRD: own block", "BIRD: learnt from k8s-w2, block of pod2"}, by)

	cali := w1.Interface("calice0906292e2")
	require.Equal(t, topology.Endpoint{Machine: "pod1", Interface: "eth0"}, cali.Peer)
	require.Equal(t, "ee:ee:ee:ee:ee:ee", cali.MAC.String())
	require.Equal(t, 8981, cali.MTU)
	require.Empty(t, cali.Addresses)
	require.Equal(t, []string{"ens5", "tunl0", "calice0906292e2"}, devices(w1), "tunl0 before the pods, as on the node")

	pod1 := lab.Machine("pod1")
	require.Equal(t, topology.RolePod, pod1.Role)
	require.Equal(t, []string{"tunl0", "eth0"}, devices(pod1), "eth0 is interface 3")
	require.False(t, pod1.Interface("tunl0").Up)
	require.Equal(t, 1480, pod1.Interface("tunl0").MTU)
	eth0 := pod1.Interface("eth0")
	require.Equal(t, "172.16.158.1/32", eth0.Addresses[0].Prefix.String())
	require.Equal(t, "ca:00:ac:10:9e:01", eth0.MAC.String())
	require.Equal(t, 8981, eth0.MTU)
	require.Equal(t, []string{"169.254.1.1 dev eth0 scope link", "default via 169.254.1.1 dev eth0"}, allTexts(pod1.Routes))

	require.Equal(t, "172.16.184.1/32", lab.Machine("pod2").Interface("eth0").Addresses[0].Prefix.String())
	require.NotNil(t, lab.Machine("k8s-w2").Interface("calibd2348b4f67"))
	require.Equal(t, "172.16.34.1/32", lab.Machine("pod3").Interface("eth0").Addresses[0].Prefix.String())
	require.NotNil(t, lab.Machine("k8s-w0").Interface("cali49778cadcf1"))

	require.Len(t, lab.Machines, 8, "a pod in the host network has no namespace")
	require.Equal(t, "-A INPUT -p tcp --dport 23 -j DROP", w1.IPTables[0].Text, "the user's rules come first")
	require.Equal(t, "Felix", w1.IPTables[1].By)
	require.Contains(t, texts(w1.IPSets, "Felix"), "add cali40all-hosts-net 192.168.20.100")
	require.Contains(t, texts(w1.IPSets, "Felix"), "add cali40this-host 172.16.158.0")
	require.Empty(t, lab.Machine("router").IPTables)
}

func devices(m *topology.Machine) (out []string) {
	for _, i := range m.Interfaces {
		out = append(out, i.Name)
	}
	return out
}

// The golden file is for reviewers: UPDATE=1 go test writes it anew.
func TestPlainLabOfTheStudy(t *testing.T) {
	got := string(topology.MarshalLab(expanded(t, read(t, "study.yaml"))))
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile("testdata/study.golden", []byte(got), 0o644))
	}
	require.Equal(t, read(t, "study.golden"), got)
}

func TestPodsOfTheLabGetTheirAddressesInTheOrderOfTheFile(t *testing.T) {
	text := strings.Replace(read(t, "study.yaml"), "metadata: {name: pod1}", "metadata: {name: coredns-55cb58b774-z482n, namespace: kube-system}", 1)
	text += "\n---\n" + strings.Join([]string{
		podYAML("kube-system", "calico-kube-controllers-77d59654f4-xgt7f", "k8s-w1"),
		podYAML("kube-system", "coredns-55cb58b774-djmlk", "k8s-w1"),
		podYAML("default", "pod1", "k8s-w1"),
	}, "\n---\n")
	lab := expanded(t, text)
	require.Equal(t, []string{
		"172.16.158.1 dev cali1429ee5e74b scope link",
		"172.16.158.2 dev cali1a6c68cfc2f scope link",
		"172.16.158.3 dev cali7760be1255d scope link",
		"172.16.158.4 dev calice0906292e2 scope link",
	}, texts(lab.Machine("k8s-w1").Routes, "CNI plugin"))
	require.NotNil(t, lab.Machine("coredns-55cb58b774-djmlk.kube-system"))
	require.Equal(t, "CNI plugin: pod kube-system/coredns-55cb58b774-z482n", lab.Machine("k8s-w1").Routes[1].By)
	require.Contains(t, lab.Machine("k8s-m").Routes[len(lab.Machine("k8s-m").Routes)-2].By, "k8s-w1, block of kube-system/coredns-55cb58b774-z482n, ")
	require.Contains(t, lab.Machine("k8s-m").Routes[len(lab.Machine("k8s-m").Routes)-2].By, " and 1 more")
}

func TestModes(t *testing.T) {
	for _, c := range []struct {
		mode string
		mtu  int
		want []string
	}{
		{"CrossSubnet", 8981, []string{
			"172.16.34.0/24 via 192.168.20.100 dev tunl0 proto bird onlink",
			"172.16.116.0/24 via 192.168.10.10 dev ens5 proto bird",
			"blackhole 172.16.158.0/24 proto bird",
			"172.16.184.0/24 via 192.168.10.102 dev ens5 proto bird",
		}},
		{"Never", 9001, []string{
			"172.16.34.0/24 via 192.168.10.1 dev ens5 proto bird", // k8s-m has no block: no tunnel, no pod
			"blackhole 172.16.158.0/24 proto bird",
			"172.16.184.0/24 via 192.168.10.102 dev ens5 proto bird",
		}},
	} {
		t.Run(c.mode, func(t *testing.T) {
			lab := expanded(t, strings.Replace(read(t, "study.yaml"), "ipipMode: Always", "ipipMode: "+c.mode, 1))
			w1 := lab.Machine("k8s-w1")
			require.Equal(t, c.want, texts(w1.Routes, "BIRD"))
			require.Equal(t, c.mtu, lab.Machine("pod1").Interface("eth0").MTU)
			require.Equal(t, c.mode != "Never", w1.Interface("tunl0") != nil)
			require.Equal(t, c.mode != "Never", lab.Machine("pod1").Interface("tunl0") != nil)
		})
	}
}

func TestVXLAN(t *testing.T) {
	for _, c := range []struct {
		mode string
		want []string
	}{
		{"Always", []string{
			"172.16.34.0/24 via 172.16.34.0 dev vxlan.calico proto 80 onlink",
			"172.16.116.0/24 via 172.16.116.0 dev vxlan.calico proto 80 onlink",
			"blackhole 172.16.158.0/24 proto 80",
			"172.16.184.0/24 via 172.16.184.0 dev vxlan.calico proto 80 onlink",
		}},
		{"CrossSubnet", []string{
			"172.16.34.0/24 via 172.16.34.0 dev vxlan.calico proto 80 onlink",
			"172.16.116.0/24 via 192.168.10.10 dev ens5 proto 80 onlink",
			"blackhole 172.16.158.0/24 proto 80",
			"172.16.184.0/24 via 192.168.10.102 dev ens5 proto 80 onlink",
		}},
	} {
		t.Run(c.mode, func(t *testing.T) {
			lab := expanded(t, strings.Replace(read(t, "study.yaml"), "ipipMode: Always", "vxlanMode: "+c.mode, 1))
			w1 := lab.Machine("k8s-w1")
			require.Equal(t, c.want, texts(w1.Routes, "Felix"))
			require.Empty(t, texts(w1.Routes, "BIRD"), "Felix makes the routes of VXLAN pools")
			require.Equal(t, "Felix: to k8s-w2, block of pod2", w1.Routes[len(w1.Routes)-1].By)

			vx := w1.Interface("vxlan.calico")
			require.Equal(t, []string{"ens5", "vxlan.calico", "calice0906292e2"}, devices(w1))
			require.Equal(t, "66:74:91:32:7c:04", vx.MAC.String())
			require.Equal(t, "172.16.158.0/32", vx.Addresses[0].Prefix.String())
			require.Equal(t, 8951, vx.MTU)
			require.Equal(t, 4096, vx.Tunnel.ID)
			require.Equal(t, "192.168.10.101", vx.Tunnel.Local.String())
			require.Equal(t, "ens5", vx.Tunnel.Dev)
			require.False(t, vx.Tunnel.Learning)
			require.Contains(t, texts(vx.Tunnel.FDB, "Felix"), "66:55:c4:6b:81:ed dst 192.168.10.102")
			require.Len(t, vx.Tunnel.FDB, 3)
			require.Contains(t, texts(w1.Neighbors, "Felix"), "172.16.184.0 lladdr 66:55:c4:6b:81:ed dev vxlan.calico nud permanent")
			require.Len(t, w1.Neighbors, 3)

			require.Equal(t, 8951, lab.Machine("pod1").Interface("eth0").MTU)
			require.Nil(t, lab.Machine("pod1").Interface("tunl0"))
			require.Contains(t, texts(w1.IPSets, "Felix"), "add cali40all-vxlan-net 192.168.20.100")
			require.NotContains(t, texts(w1.IPSets, "Felix"), "add cali40all-vxlan-net 192.168.10.101", "not itself")
		})
	}
}

func TestNeverGivesTheFirstAddressToAPod(t *testing.T) {
	lab := expanded(t, strings.Replace(read(t, "study.yaml"), "ipipMode: Always", "ipipMode: Never", 1))
	require.Equal(t, "172.16.158.0/32", lab.Machine("pod1").Interface("eth0").Addresses[0].Prefix.String())
	require.Empty(t, texts(lab.Machine("k8s-m").Routes, "BIRD: own"), "a node without pods and tunnel has no block")
}

func TestAnnotationsOfAPod(t *testing.T) {
	lab := expanded(t, grown(t,
		podYAML("default", "fixed", "k8s-m", pinned("172.16.116.9"), `cni.projectcalico.org/hwAddr: "1c:0c:0a:c0:ff:ee"`),
		"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: second}\nspec: {cidr: 10.9.0.0/24, nodeSelector: has(never), ipipMode: Always}",
		podYAML("default", "chosen", "k8s-m", `cni.projectcalico.org/ipv4pools: '["second"]'`),
		podYAML("default", "chosen2", "k8s-w2", `cni.projectcalico.org/ipv4pools: '["10.9.0.0/24"]'`)))
	eth0 := lab.Machine("fixed").Interface("eth0")
	require.Equal(t, "172.16.116.9/32", eth0.Addresses[0].Prefix.String())
	require.Equal(t, "1c:0c:0a:c0:ff:ee", eth0.MAC.String())
	for _, name := range []string{"chosen", "chosen2"} {
		require.Contains(t, lab.Machine(name).Interface("eth0").Addresses[0].Prefix.String(), "10.9.0.")
	}
	require.NotContains(t, strings.Join(allTexts(lab.Machine("k8s-m").IPSets), "\n"), "add cali40masq-ipam-pools 10.9.0.0/24")
}

func TestNodeSelectorChoosesThePool(t *testing.T) {
	text := strings.Replace(read(t, "study.yaml"), "natOutgoing: true}", "natOutgoing: true, nodeSelector: \"zone == 'a'\"}", 1)
	text += "\n---\n" + strings.Join([]string{
		"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: others}\nspec: {cidr: 10.9.0.0/16, blockSize: 24, ipipMode: Always, nodeSelector: \"!has(zone)\"}",
		"apiVersion: v1\nkind: Node\nmetadata: {name: k8s-w1, labels: {zone: a}}",
		"apiVersion: v1\nkind: Node\nmetadata: {name: k8s-m, labels: {zone: a}}",
	}, "\n---\n")
	lab := expanded(t, text)
	require.Equal(t, "172.16.158.1/32", lab.Machine("pod1").Interface("eth0").Addresses[0].Prefix.String())
	require.Equal(t, "10.9.184.1/32", lab.Machine("pod2").Interface("eth0").Addresses[0].Prefix.String())
	require.Contains(t, texts(lab.Machine("k8s-w1").Routes, "BIRD: learnt from k8s-w2"), "10.9.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink")
}

func TestBorrowedAddressHasARouteOfItsOwn(t *testing.T) {
	text := strings.Replace(read(t, "study.yaml"), "172.16.0.0/16, blockSize: 24", "172.16.0.0/28, blockSize: 28", 1)
	lab := expanded(t, text) // one block: the first node owns it
	require.Equal(t, []string{"blackhole 172.16.0.0/28 proto bird"}, texts(lab.Machine("k8s-m").Routes, "BIRD: own"))
	pod2 := lab.Machine("pod2").Interface("eth0").Addresses[0].Prefix.Addr()
	require.Contains(t, texts(lab.Machine("k8s-w1").Routes, "BIRD: learnt from k8s-w2, address of pod2"),
		pod2.String()+" via 192.168.10.102 dev tunl0 proto bird onlink")
}

func TestSysctlsOfTheUserStay(t *testing.T) {
	text := strings.Replace(read(t, "study.yaml"), "      iptables: [-A INPUT",
		"      sysctls: {net.ipv4.conf.default.rp_filter: 2, net/ipv4/conf/calice0906292e2/proxy_arp: 0}\n      iptables: [-A INPUT", 1)
	values := map[string]string{}
	for _, s := range expanded(t, text).Machine("k8s-w1").Sysctls {
		require.NotContains(t, values, s.Path())
		values[s.Path()] = s.Value
	}
	require.Equal(t, "0", values["net/ipv4/conf/calice0906292e2/proxy_arp"])
	require.Equal(t, "2", values["net/ipv4/conf/calice0906292e2/rp_filter"], "Felix takes the host's default")
	require.Equal(t, "1", values["net/ipv4/ip_forward"])
}

func TestNodesThatCannotReachEachOtherLearnNothing(t *testing.T) {
	text := strings.Replace(read(t, "study.yaml"), ", routes: [{to: default, via: 192.168.20.1}]", "", 1)
	lab := expanded(t, text)
	require.Equal(t, []string{"blackhole 172.16.34.0/24 proto bird"}, texts(lab.Machine("k8s-w0").Routes, "BIRD"))
	require.Empty(t, texts(lab.Machine("k8s-w1").Routes, "BIRD: learnt from k8s-w0"))
}

func TestBundleWithoutKubernetesObjectsIsLeftAlone(t *testing.T) {
	text, _, _ := strings.Cut(read(t, "study.yaml"), "\n---\n")
	b := parse(t, text)
	lab, notes, err := expand.Expand(b, b.Labs[0])
	require.NoError(t, err)
	require.Empty(t, notes)
	require.Same(t, b.Labs[0], lab)
}

func TestLabWithoutNodesBesideAClusterIsLeftAlone(t *testing.T) {
	b := parse(t, grown(t, "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: other}\nspec: {machines: {h1: {}}}"))
	lab, _, err := expand.Expand(b, b.Labs[1])
	require.NoError(t, err)
	require.Same(t, b.Labs[1], lab)
}

// The state decides, not the path: pools, nodes and (where IPAM is not asked)
// pods may stand in any order.
func TestOrderOfObjectsDoesNotMatter(t *testing.T) {
	head, _, _ := strings.Cut(read(t, "study.yaml"), "\n---\n")
	objects := []string{
		"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: b}\nspec: {cidr: 172.16.0.0/16, blockSize: 24, ipipMode: Always, natOutgoing: true}",
		"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.9.0.0/16, ipipMode: Never, nodeSelector: has(zone)}",
		"apiVersion: v1\nkind: Node\nmetadata: {name: k8s-w2, labels: {zone: z}}",
		"apiVersion: v1\nkind: Node\nmetadata: {name: k8s-m}",
		podYAML("default", "p1", "k8s-w1", pinned("172.16.158.7")),
		podYAML("default", "p2", "k8s-w1", pinned("172.16.158.3")),
		podYAML("web", "p3", "k8s-w2", pinned("10.9.1.1")),
		podYAML("web", "p4", "k8s-m", pinned("172.16.158.9")),
	}
	canonical := func(order []string) string {
		lab := expanded(t, strings.Join(append([]string{head}, order...), "\n---\n"))
		slices.SortFunc(lab.Machines, func(a, b *topology.Machine) int { return strings.Compare(a.Name, b.Name) })
		for _, m := range lab.Machines { // only the index of an interface depends on the order of pods
			slices.SortFunc(m.Interfaces, func(a, b *topology.Interface) int { return strings.Compare(a.Name, b.Name) })
		}
		return string(topology.MarshalLab(lab))
	}
	want := canonical(objects)
	for i := range objects {
		rotated := append(slices.Clone(objects[i:]), objects[:i]...)
		require.Equal(t, want, canonical(rotated))
		slices.Reverse(rotated)
		require.Equal(t, want, canonical(rotated))
	}
}

func TestFaultsStandAtTheUsersObject(t *testing.T) {
	for _, c := range []struct {
		name   string
		text   string
		change func(*topology.Bundle) // what Parse itself would refuse
		at     string                 // the line with this text
		want   string
	}{
		{"a pod without a node", strings.Replace(grown(t), "{nodeName: k8s-w2, containers", "{containers", 1), nil, "{name: pod2}",
			"not modelled: scheduling of pods; name the node of pod pod2: k8s-m, k8s-w1, k8s-w2, k8s-w0"},
		{"a pod on a node that does not exist", grown(t), func(b *topology.Bundle) { b.Pods[1].NodeName = "k8s-w9" }, "nodeName: k8s-w2",
			`pod pod2 is on node "k8s-w9", which is no machine of role node; there are: k8s-m, k8s-w1, k8s-w2, k8s-w0`},
		{"a pinned address outside of all pools", grown(t, podYAML("default", "x", "k8s-m", pinned("172.16.0.1"))),
			func(b *topology.Bundle) { b.Pools[0].Disabled = true; b.Pods = b.Pods[4:] }, "172.16.0.1",
			"pod x cannot have 172.16.0.1: The provided IP address is not in a configured pool"},
		{"a pinned address that an earlier pod has", grown(t, podYAML("default", "x", "k8s-w1", pinned("172.16.158.1"))), nil, "172.16.158.1",
			"pod x cannot have 172.16.158.1: Address already assigned in block (pod pod1 has it; move the pod with the pinned address before it)"},
		{"a pinned address that a tunnel has", grown(t, podYAML("default", "x", "k8s-w1", pinned("172.16.158.0"))), nil, "172.16.158.0",
			"pod x cannot have 172.16.158.0: Address already assigned in block (tunl0 of k8s-w1 has it)"},
		{"an exhausted pool", strings.Replace(grown(t), "172.16.0.0/16, blockSize: 24", "10.0.0.0/30, blockSize: 30", 1), nil, "{name: pod1}",
			"pod pod1 gets no address: failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No IPs available in pools: [10.0.0.0/30]"},
		{"no pool", strings.Replace(grown(t), "kind: IPPool", "kind: NoPool", 1), nil, "{name: pod1}",
			"pod pod1 gets no address: cannot find a qualified ippool; add an IPPool such as 172.16.0.0/16"},
		{"an unknown pool in the annotation", grown(t, podYAML("default", "x", "k8s-m", `cni.projectcalico.org/ipv4pools: '["nope"]'`)), nil, "nope",
			`pod x asks for pool "nope", which does not exist`},
		{"a disabled pool in the annotation", grown(t, podYAML("default", "x", "k8s-m", `cni.projectcalico.org/ipv4pools: '["10.1.0.0/16"]'`)), nil, "10.1.0.0",
			"pod x gets no address: the given pool (10.1.0.0/16) does not exist, or is not enabled"},
		{"a bad node selector", strings.Replace(grown(t), "ipipMode: Always", "nodeSelector: zone=a", 1), nil, "name: default-ipv4-ippool",
			`selector "zone=a": expected ==, !=, in, not in, contains, starts with or ends with, found "=a"`},
		{"a node without an address", strings.Replace(grown(t), ", address: 192.168.10.102/24", "", 1), nil, "k8s-w2: {",
			"node k8s-w2 has no address; give its interface on a segment one"},
		{"a tunl0 of the user's", strings.Replace(grown(t), "interfaces: {ens5: {segment: lan2", "interfaces: {tunl0: {type: ipip}, ens5: {segment: lan2", 1), nil, "tunl0:",
			"Calico makes tunl0 on every node when a pool uses IPIP; leave it out and change it in setup"},
		{"a vxlan.calico of the user's", strings.Replace(strings.Replace(grown(t), "ipipMode: Always", "vxlanMode: Always", 1), "interfaces: {ens5: {segment: lan2", "interfaces: {vxlan.calico: {type: vxlan, id: 1}, ens5: {segment: lan2", 1), nil, "vxlan.calico:",
			"Calico makes vxlan.calico on every node when a pool uses VXLAN; leave it out and change it in setup"},
		{"two pods whose namespaces would have one name", grown(t, podYAML("b", "a", "k8s-m"), podYAML("default", "a.c", "k8s-m")),
			func(b *topology.Bundle) { b.Pods[len(b.Pods)-1].Name = "a.b" }, "name: a.c",
			"the network namespace of pod a.b would be called a.b, like that of pod b/a; rename one of them"},
		{"a device with the name of a pod's", strings.Replace(grown(t), "up0:", "up1:", 1), func(b *topology.Bundle) {
			b.Labs[0].Machine("k8s-w1").Interface("ens5").Name = "calice0906292e2"
		}, "{name: pod1}", "the interface of pod pod1 is called calice0906292e2, and k8s-w1 has one of that name"},
		{"a route that BIRD would have to understand", strings.Replace(grown(t), "[{to: default, via: 192.168.20.1}]", "[default nexthop via 192.168.20.1]", 1), nil, "nexthop",
			"not modelled: nexthop in a route of a Calico node (default nexthop via 192.168.20.1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := parse(t, c.text)
			if c.change != nil {
				c.change(b)
			}
			lab, _, err := expand.Expand(b, b.Labs[0])
			require.Nil(t, lab)
			var errs topology.Errors
			require.ErrorAs(t, err, &errs)
			require.Equal(t, c.want, errs[0].Msg)
			place := strings.Split(c.text, "\n")[errs[0].Line-1]
			for n := errs[0].Line; !strings.Contains(place, c.at) && n < errs[0].Line+3; n++ { // an object begins above its name
				place += "\n" + strings.Split(c.text, "\n")[n]
			}
			require.Contains(t, place, c.at)
		})
	}
}

func TestAllFaultsAreReportedInTheOrderOfTheFile(t *testing.T) {
	b := parse(t, grown(t, podYAML("default", "x", "k8s-w1", pinned("172.16.158.1")), podYAML("default", "y", "k8s-w1", pinned("172.16.158.0"))))
	_, _, err := expand.Expand(b, b.Labs[0])
	var errs topology.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, 2)
	require.Less(t, errs[0].Line, errs[1].Line)
	require.Contains(t, errs[0].Error(), "lab.yaml:")
}

func BenchmarkExpandHundredPods(b *testing.B) {
	docs := []string{}
	text := read(b, "study.yaml") + "\n---\napiVersion: v1\nkind: List\nitems:\n"
	for i := range 100 {
		docs = append(docs, "- {apiVersion: v1, kind: Pod, metadata: {name: web-"+string(rune('a'+i/26))+string(rune('a'+i%26))+"}, spec: {nodeName: k8s-w1, containers: [{name: c, image: i}]}}")
	}
	bundle := parse(b, text+strings.Join(docs, "\n"))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := expand.Expand(bundle, bundle.Labs[0]); err != nil {
			b.Fatal(err)
		}
	}
}
