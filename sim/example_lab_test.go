package sim_test

import (
	"fmt"
	"log"
	"net/netip"

	"hoplab/sim"
	"hoplab/sim/trace"
)

const calico = `
apiVersion: hoplab/v1
kind: Lab
metadata: {name: two}
spec:
  segments: {lan: {cidr: 192.168.10.0/24}}
  machines:
    k8s-w1: {role: node, interfaces: {ens5: {segment: lan, address: 192.168.10.101/24}}, routes: ["default via 192.168.10.1"]}
    k8s-w2: {role: node, interfaces: {ens5: {segment: lan, address: 192.168.10.102/24}}, routes: ["default via 192.168.10.1"]}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: pool}
spec: {cidr: 172.16.0.0/16, blockSize: 24, ipipMode: Always, natOutgoing: true}
---
{apiVersion: v1, kind: Pod, metadata: {name: pod1}, spec: {nodeName: k8s-w1, containers: [{name: c, image: i}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: pod2}, spec: {nodeName: k8s-w2, containers: [{name: c, image: i}]}}
`

// A plain network of two machines, and a ping from Go.
func ExampleLoad() {
	lab, _, err := sim.Load("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: wire}
spec:
  machines:
    alice: {interfaces: {eth0: {veth: "bob:eth0", address: 10.0.0.1/24}}}
    bob: {interfaces: {eth0: {veth: "alice:eth0", address: 10.0.0.2/24}}}
`))
	if err != nil {
		log.Fatal(err)
	}
	res, err := lab.Ping("alice", netip.MustParseAddr("10.0.0.2"), 2)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("sent", res.Sent, "received", res.Received)
	// Output: sent 2 received 2
}

// What tcpdump would see on the nodes' wire: two ARP frames, then the echo
// request and the reply, each 20 bytes longer than in the pod.
func ExampleLab_Capture() {
	lab, _, err := sim.Load("two.yaml", []byte(calico))
	if err != nil {
		log.Fatal(err)
	}
	ens5, err := lab.Capture("k8s-w1", "ens5")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := lab.Ping("pod1", netip.MustParseAddr("172.16.184.1"), 1); err != nil {
		log.Fatal(err)
	}
	for _, f := range ens5.Frames {
		fmt.Println(f.Dir == trace.Out, len(f.Data), "bytes")
	}
	// Output:
	// true 42 bytes
	// false 42 bytes
	// true 118 bytes
	// false 118 bytes
}

// One event of the clock at a time, until a broken network has swallowed the
// ping: which machine dropped it, why, and what decided.
func ExampleLab_Step() {
	lab, _, err := sim.Load("two.yaml", []byte(calico))
	if err != nil {
		log.Fatal(err)
	}
	if err := lab.Command("k8s-w2", "ip route del 172.16.184.1", "the fault of this lesson"); err != nil {
		log.Fatal(err)
	}
	lab.Subscribe(func(e *sim.Event) {
		if e.Verdict == trace.Drop {
			fmt.Printf("%s: %s: %s\n", e.NetNS, e.Reason, e.Ref.Text)
		}
	})
	ping := lab.StartPing("pod1", netip.MustParseAddr("172.16.184.1"), 1)
	for !ping.Done() && lab.Step() {
	}
	fmt.Println(lab.Accounting().Check())
	// Output:
	// k8s-w2: ip_route_blackhole: blackhole 172.16.184.0/24 proto bird
	// <nil>
}
