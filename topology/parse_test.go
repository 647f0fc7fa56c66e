package topology

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStudyCluster(t *testing.T) {
	b := parseFile(t, "study.yaml")
	require.Empty(t, b.Notes)
	lab := b.Lab("study")
	require.NotNil(t, lab)
	require.Same(t, lab, b.Cluster())
	require.Equal(t, DefaultClock(), lab.Clock)

	lan := lab.Segment("lan")
	require.Equal(t, 200*time.Microsecond, lan.Link.Delay)
	require.Equal(t, 1500, lab.Segment("wan").MTU)

	var names []string
	for _, m := range lab.Machines {
		names = append(names, m.Name)
	}
	require.Equal(t, []string{"k8s-w1", "k8s-w2", "router"}, names, "order of declaration")

	w1 := lab.Machine("k8s-w1")
	require.Equal(t, RoleNode, w1.Role)
	require.Equal(t, "default via 192.168.10.1", w1.Routes[0].Text)
	require.Equal(t, Pos{"study.yaml", 11, 99}, w1.Routes[0].Pos)
	ens5 := w1.Interface("ens5")
	require.Equal(t, netip.MustParsePrefix("192.168.10.101/24"), ens5.Addresses[0].Prefix, "host bits kept")
	require.Equal(t, Pos{"study.yaml", 11, 69}, ens5.Addresses[0].Pos)
	require.Equal(t, "02:00:c0:a8:0a:65", DefaultMAC(w1.Role, "ens5", ens5.Addresses[0].Prefix.Addr()).String())

	pool := b.Pools[0]
	require.Equal(t, 24, pool.BlockSize)
	require.Equal(t, EncapAlways, pool.IPIPMode)
	require.Equal(t, EncapNever, pool.VXLANMode)
	require.True(t, pool.NATOutgoing)
	require.True(t, pool.Uses(UseTunnel))
	require.Equal(t, "all()", pool.NodeSelector)

	require.Equal(t, "default", b.Pods[0].Namespace)
	require.False(t, b.Pods[0].IP.IsValid())
	require.Equal(t, netip.MustParseAddr("172.16.184.1"), b.Pods[1].IP)
	require.Equal(t, []Container{{"netshoot", "nicolaka/netshoot"}}, b.Pods[1].Containers)
}

func TestStudyScenario(t *testing.T) {
	s := parseFile(t, "study.yaml").Scenario("cross-node-ping")
	require.NotNil(t, s)
	require.Equal(t, "study", s.LabRef.Text)
	require.Equal(t, "다른 노드 간 파드 통신 (IPIP)", s.Title.In("ko"))
	require.Equal(t, s.Title.EN, s.Title.In("fr"))
	step := s.Steps[0]
	require.Equal(t, "pod/pod1", step.In.String())
	require.Equal(t, "ping -c 3 172.16.184.1", step.Run.Text)
	require.Equal(t, PodName{Name: "pod1"}, step.Tap[1].Cali)

	kinds := make([]ExpectKind, len(step.Expect))
	for i, e := range step.Expect {
		kinds[i] = e.Kind
	}
	require.Equal(t, []ExpectKind{ExpectPing, ExpectPath, ExpectPackets, ExpectPackets, ExpectDrop, ExpectConntrack}, kinds)
	require.Equal(t, 62, *step.Expect[0].Ping.TTL)
	require.Nil(t, step.Expect[0].Ping.Loss)
	require.Len(t, step.Expect[1].Path, 8)
	packets := step.Expect[2].Packets
	require.Equal(t, "ip proto 4 and dst 192.168.10.102", packets.Filter.Text)
	require.Equal(t, "ipv4", packets.Headers[1].Layer)
	require.Equal(t, "172.16.158.1", packets.Headers[1].Fields[0].Value)
	require.Equal(t, 0, *step.Expect[3].Packets.Count)
	require.Equal(t, "터널에는 파드의 패킷만 들어간다.", step.Expect[3].Because.KO)
	require.True(t, step.Expect[4].Not)
	require.Equal(t, "IP_RPFILTER", step.Expect[4].Drop.Reason.Text)

	require.Equal(t, "icmp", step.Expect[5].Conntrack.Proto)
	require.Equal(t, "172.16.158.1", step.Expect[5].Conntrack.Original.Src.String())

	require.Equal(t, AnswerAuto, step.Predict[0].Answer.Text)
	require.Equal(t, "ip.src", step.Predict[0].About.Field)
	require.Equal(t, []Text{{EN: "two"}, {EN: "three", KO: "셋"}}, step.Predict[1].Choices)
}

func TestPagesBelongToTheStepAfterThem(t *testing.T) {
	b, err := Parse("lesson.yaml", []byte(`apiVersion: hoplab/v1
kind: Scenario
metadata: {name: lesson}
spec:
  labRef: study
  steps:
  - name: look
    title: {en: Look, ko: 보기}
    text: the interfaces
    try: [{in: node/k8s-w1, run: ip addr, look: {en: tunl0}}]
  - pods: [pod/pod1]
  - run: ping -c 1 10.0.0.1
    title: Ping
    predict: [{id: a, ask: x, kind: number, answer: "1", misconception: {en: wrong, ko: 틀림}}]
  - wait: 1s
  - text: the end
`))
	require.NoError(t, err)
	s := b.Scenarios[0]
	require.Len(t, s.Steps, 2)
	require.Equal(t, []int{2, 3}, []int{s.Steps[0].Index, s.Steps[1].Index})
	require.Len(t, s.Steps[0].Pages, 2)
	require.Empty(t, s.Steps[1].Pages)
	look := s.Steps[0].Pages[0]
	require.Equal(t, Text{"Look", "보기"}, look.Title)
	require.Equal(t, "the interfaces", look.Text.EN)
	require.Equal(t, "node/k8s-w1", look.Try[0].In.String())
	require.Equal(t, "ip addr", look.Try[0].Run.Text)
	require.Equal(t, "tunl0", look.Try[0].Look.EN)
	require.Equal(t, "pod/pod1", s.Steps[0].Pages[1].Pods[0].String())
	require.Equal(t, 1, s.Steps[0].Pages[1].Index)
	require.Equal(t, "Ping", s.Steps[0].Title.EN)
	require.Equal(t, Text{"wrong", "틀림"}, s.Steps[0].Predict[0].Misconception)
	require.Equal(t, "the end", s.After[0].Text.EN)
	require.Equal(t, 4, s.After[0].Index)
}

func TestPlainNetwork(t *testing.T) {
	b := parseFile(t, "plain.yaml")
	lab := b.Labs[0]
	require.Nil(t, b.Cluster())
	require.Equal(t, time.Date(2024, 12, 31, 14, 59, 59, 0, time.UTC), lab.Clock)
	require.Equal(t, Link{Delay: 12500 * time.Microsecond, Bandwidth: 1_500_000, Loss: 0.001, Duplicate: 0.01, Corrupt: 0.0005, Reorder: 0.25},
		lab.Segment("backbone").Link)
	require.Equal(t, Segment{Pos: lab.Segment("cable").Pos, Name: "cable", MTU: 1500}, *lab.Segment("cable"))
	golden(t, "plain.golden", string(MarshalLab(lab)))

	h1, r1, h2 := lab.Machine("h1"), lab.Machine("r1"), lab.Machine("h2")
	require.Equal(t, RoleHost, h2.Role, "a machine that says nothing is a host")
	require.Equal(t, "net/ipv4/ip_forward", h1.Sysctls[0].Path())
	require.Equal(t, "net/ipv4/conf/eth0.100/rp_filter", h1.Sysctls[1].Path())
	require.Equal(t, "net/ipv4/conf/eth0.100/rp_filter", Sysctl{Key: "net.ipv4.conf.eth0/100.rp_filter"}.Path())
	require.Equal(t, ScopeHost, h1.Interface("lo").Addresses[0].Scope, "127.0.0.0/8 has scope host by itself")
	require.Equal(t, ScopeGlobal, h1.Interface("lo").Addresses[1].Scope)
	require.Equal(t, netip.MustParseAddr("10.1.0.255"), r1.Interface("eth0").Addresses[0].Broadcast)
	require.False(t, r1.Interface("eth1").Up)

	v0, end := r1.Interface("v0"), h2.Interface("eth0")
	require.NotNil(t, end, "one side declares a veth pair")
	require.Equal(t, Endpoint{"r1", "v0"}, end.Peer)
	require.Equal(t, v0.Link, end.Link, "the other side takes over what is said about the wire")
	require.Equal(t, 1400, end.MTU)
	require.Empty(t, end.Addresses)
	require.Equal(t, "p0", r1.Interface("br0").Ports[0].Text)
	require.Zero(t, r1.Interface("br0").MTU, "a bridge follows its ports")
}

func TestVethEndsMayDiffer(t *testing.T) {
	b, err := Parse("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: x}
spec:
  machines:
    a: {interfaces: {e: {veth: "b:e", delay: 1ms, mtu: 9000}}}
    b: {interfaces: {e: {veth: "a:e", delay: 0s, mtu: 1400}}}
`))
	require.NoError(t, err)
	again, err := Parse("again.yaml", MarshalLab(b.Labs[0]))
	require.NoError(t, err)
	for _, l := range []*Lab{b.Labs[0], again.Labs[0]} {
		a, b := l.Machines[0].Interfaces[0], l.Machines[1].Interfaces[0]
		require.Equal(t, time.Millisecond, a.Link.Delay)
		require.Zero(t, b.Link.Delay)
		require.Equal(t, []int{9000, 1400}, []int{a.MTU, b.MTU})
	}
}

func TestAliasesStandForWhatTheyName(t *testing.T) {
	b, err := Parse("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: x}
spec:
  segments: {lan: {cidr: &net 10.0.0.0/24}}
  machines:
    a: {routes: &routes [blackhole 10.1.0.0/16]}
    b: {routes: *routes, sysctls: {net.core.note: *net}}
`))
	require.NoError(t, err)
	require.Equal(t, "blackhole 10.1.0.0/16", b.Labs[0].Machines[1].Routes[0].Text)
	require.Equal(t, "10.0.0.0/24", b.Labs[0].Machines[1].Sysctls[0].Value)
}

func TestKubernetesObjectsAreReadAsTheyCome(t *testing.T) {
	b, err := Parse("pods.yaml", []byte(`
apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: pod1
    namespace: kube-system
    uid: 5c1f
    creationTimestamp: null
    labels: {app: web, version: 1.10}
    annotations:
      cni.projectcalico.org/podIP: 172.16.158.4/32
      cni.projectcalico.org/ipv4pools: '["172.16.0.0/16"]'
      cni.projectcalico.org/hwAddr: 0A:00:00:00:00:01
      cni.projectcalico.org/floatingIPs: '["1.2.3.4"]'
  spec:
    terminationGracePeriodSeconds: 0
    hostNetwork: true
    containers:
    - {name: a, image: x, command: [tail]}
    - {name: b, image: y, command: [tail]}
  status: {podIP: 172.16.158.4}
- apiVersion: v1
  kind: Pod
  metadata: {name: pod2}
  spec: {nodeName: null, tolerations: [], containers: [{name: a, command: [sh]}]}
---
apiVersion: v1
kind: PodList
items:
- metadata: {name: pod3}
  spec: {containers: [{name: a}]}
---
{apiVersion: v1, kind: Namespace, metadata: {name: prod, labels: {team: a}}}
---
{apiVersion: v1, kind: Node, metadata: {name: w1, labels: {zone: a}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, annotations: {a: b}}, spec: {replicas: 3}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "system:node"}}
---
{apiVersion: crd.projectcalico.org/v1, kind: IPPool, metadata: {name: p}, spec: {cidr: 10.0.0.0/8, assignmentMode: Manual}}
---
{apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: p6}, spec: {cidr: "fd00::/64", vxlanMode: Always, ipipMode: ""}}
`))
	require.NoError(t, err)
	require.Len(t, b.Pods, 3)
	p := b.Pods[0]
	require.Equal(t, "kube-system", p.Namespace)
	require.True(t, p.HostNetwork)
	version, ok := p.Labels.Get("version")
	require.True(t, ok)
	require.Equal(t, "1.10", version, "as it was written")
	require.Equal(t, []string{"172.16.0.0/16"}, p.IPv4Pools)
	require.Equal(t, "0a:00:00:00:00:01", p.HardwareMAC.String())
	require.Equal(t, "pod3", b.Pods[2].Name)
	text, err := b.Pods[1].Raw.YAML()
	require.NoError(t, err)
	require.Contains(t, text, "tolerations", "what is not modelled is kept")
	require.Equal(t, "w1", b.Nodes[0].Name)
	require.Equal(t, 26, b.Pools[0].BlockSize)
	require.Equal(t, 122, b.Pools[1].BlockSize)

	var other, notes []string
	for _, o := range b.Other {
		other = append(other, o.APIVersion+" "+o.Kind+" "+o.Name)
	}
	require.Equal(t, []string{
		"v1 Namespace prod", "apps/v1 Deployment web", "apps/v1 Deployment api", "rbac.authorization.k8s.io/v1 ClusterRole system:node",
	}, other)
	for _, n := range b.Notes {
		notes = append(notes, n.String())
	}
	require.Equal(t, []string{
		`pods.yaml:11:5: Pod metadata.uid is kept, but not modelled`,
		`pods.yaml:12:5: Pod metadata.creationTimestamp is kept, but not modelled`,
		`pods.yaml:18:42: Pod metadata.annotations.cni.projectcalico.org/floatingIPs is kept, but not modelled`,
		`pods.yaml:20:5: Pod spec.terminationGracePeriodSeconds is kept, but not modelled`,
		`pods.yaml:23:27: Pod spec.containers[].command is kept, but not modelled`,
		`pods.yaml:25:3: Pod status is kept, but not modelled`,
		`pods.yaml:29:26: Pod spec.tolerations is kept, but not modelled`,
		`pods.yaml:41:1: Deployment is kept, but not modelled`,
		`pods.yaml:45:1: ClusterRole is kept, but not modelled`,
		`pods.yaml:47:100: IPPool spec.assignmentMode is kept, but not modelled`,
		`pods.yaml:49:85: IPPool spec.cidr of IPv6 is kept, but not modelled`,
	}, notes)
}

func TestMergeLooksAgain(t *testing.T) {
	lab, err := Parse("lab.yaml", []byte(`
{apiVersion: hoplab/v1, kind: Lab, metadata: {name: study}, spec: {machines: {w1: {role: node}}}}`))
	require.NoError(t, err)
	parse := func(name, src string) *Bundle {
		b, err := Parse(name, []byte(src))
		require.NoError(t, err, "what another file may hold is no fault")
		return b
	}
	pod := `{apiVersion: v1, kind: Pod, metadata: {name: p1}, spec: {nodeName: %, tolerations: [], containers: [{name: c}]}}`
	good := parse("good.yaml", strings.ReplaceAll(pod, "%", "w1"))
	bad := parse("bad.yaml", strings.ReplaceAll(pod, "%", "w2"))
	scenario := parse("s.yaml", `{apiVersion: hoplab/v1, kind: Scenario, metadata: {name: s}, spec: {labRef: study, steps: [{in: pod/p1, run: ls}, {in: pod/p2, run: ls}]}}`)

	b, err := Merge(lab, good, scenario)
	require.EqualError(t, err, `s.yaml:1:120: spec.steps[1].in: unknown pod "default/p2" in lab study; did you mean "p1"?`)
	require.Nil(t, b)
	_, err = Merge(lab, bad)
	require.EqualError(t, err, `bad.yaml:1:68: spec.nodeName: pod p1 is on node "w2", which is not a machine of role node; did you mean "w1"?`)
	_, err = Merge(good, bad)
	require.EqualError(t, err, `bad.yaml:1:1: metadata.name: there is a Pod "default/p1" already (good.yaml:1:1)`)

	b, err = Merge(lab, good)
	require.NoError(t, err)
	require.Len(t, b.Notes, 1)
	require.Empty(t, lab.Pods, "the parts are not changed")
}
