package sim_test

import (
	"fmt"
	"log"
	"net/netip"

	"hoplab/sim"
	"hoplab/sim/trace"
)

// A cluster of two nodes is pinged, and the events say which interfaces the
// packets left by, there and back.
func Example() {
	lab, _, err := sim.Load("two.yaml", []byte(calico)) // two nodes, a pod on each, IPIP between them
	if err != nil {
		log.Fatal(err) // two.yaml:7:11: what is wrong, line by line
	}
	defer lab.Close()
	lab.Subscribe(func(e *sim.Event) {
		if e.Stage == trace.StageEgress && !e.After.ARP {
			fmt.Println(e.NetNS, e.Dev, "ttl", e.After.TTL)
		}
	})
	ping, err := lab.Ping("pod1", netip.MustParseAddr("172.16.184.1"), 1)
	fmt.Println(ping.Received, "received", err)
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
