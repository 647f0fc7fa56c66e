package sim_test

import (
	"fmt"
	"net/netip"

	"hoplab/sim"
	"hoplab/sim/ctl/expand"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// A cluster of two nodes is declared, built and pinged. The events say which
// interfaces the packets left by, there and back.
func Example() {
	bundle, err := topology.Parse("lab.yaml", []byte(`
apiVersion: hoplab/v1
kind: Lab
metadata: {name: two}
spec:
  segments: {lan: {cidr: 192.168.10.0/24}}
  machines:
    k8s-w1: {role: node, interfaces: {ens5: {segment: lan, address: 192.168.10.101/24}}, routes: [{to: default, via: 192.168.10.1}]}
    k8s-w2: {role: node, interfaces: {ens5: {segment: lan, address: 192.168.10.102/24}}, routes: [{to: default, via: 192.168.10.1}]}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: default-ipv4-ippool}
spec: {cidr: 172.16.0.0/16, blockSize: 24, ipipMode: Always, natOutgoing: true}
---
apiVersion: v1
kind: Pod
metadata: {name: pod1}
spec: {nodeName: k8s-w1, containers: [{name: c, image: busybox}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pod2, annotations: {cni.projectcalico.org/ipAddrs: '["172.16.184.1"]'}}
spec: {nodeName: k8s-w2, containers: [{name: c, image: busybox}]}
`))
	if err != nil {
		fmt.Println(err) // lab.yaml:7:11: what is wrong, line by line
		return
	}
	plain, _, err := expand.Expand(bundle, bundle.Lab("two")) // Calico's devices, routes and rules
	if err != nil {
		fmt.Println(err)
		return
	}
	lab, err := sim.New(plain)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer lab.Close()
	lab.Subscribe(func(e *sim.Event) {
		if e.Stage == trace.StageEgress && !e.After.ARP { // an interface sends a packet
			fmt.Println(e.NetNS, e.Dev, "ttl", e.After.TTL)
		}
	})
	res, err := lab.Ping("pod1", netip.MustParseAddr("172.16.184.1"), 1)
	fmt.Println(res.Received, "received", err)
	// Output:
	// pod1 eth0 ttl 64
	// k8s-w1 tunl0 ttl 63
	// k8s-w1 ens5 ttl 63
	// k8s-w2 calibd2348b4f67 ttl 62
	// pod2 eth0 ttl 64
	// k8s-w2 tunl0 ttl 63
	// k8s-w2 ens5 ttl 63
	// k8s-w1 calice0906292e2 ttl 62
	// 1 received <nil>
}
