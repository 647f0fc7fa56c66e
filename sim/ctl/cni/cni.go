// Package cni renders what Calico's CNI plugin makes for a pod: a veth pair, the
// pod's routes to a gateway that exists nowhere, and the node's route to the pod.
//
//	pod eth0 172.16.158.4/32 ──── cali… ee:ee:ee:ee:ee:ee (no address) node
//	default via 169.254.1.1        172.16.158.4 dev cali… scope link
//
// The pod asks ARP for 169.254.1.1; the node answers because of proxy_arp on the
// cali interface. The sysctls for that are Felix's business (package felix).
// Left out: IPv6, and the chained plugins portmap and bandwidth.
//
// Like cni-plugin/pkg/dataplane/linux/dataplane_linux.go of Calico v3.28.
package cni

import (
	"net/netip"

	"hoplab/sim/ctl/names"
	"hoplab/topology"
)

// Gateway is the pod's next hop. No interface has this address.
const Gateway = "169.254.1.1"

// PodInterface is the pod's end of the pair.
const PodInterface = "eth0"

// Request is an ADD for one pod whose address IPAM has decided.
type Request struct {
	Namespace, Pod string
	Address        netip.Addr
	MAC            topology.MAC // of annotation cni.projectcalico.org/hwAddr; zero: made from the address
}

// Result is what the plugin leaves behind.
type Result struct {
	Netns      string // of the pod, as `ip netns` lists it
	HostDevice string // calice0906292e2
	HostMAC    topology.MAC
	PodMAC     topology.MAC // random on a real node
	PodAddress netip.Prefix // always a /32
	PodRoutes  []string     // arguments of `ip route add`, in order
	HostRoute  string       // likewise
	PodSysctls [][2]string  // key and value
}

// Add answers a request.
func Add(r Request) Result {
	device := names.Veth("", r.Namespace, r.Pod)
	mac := r.MAC
	if mac.IsZero() {
		mac = topology.DefaultMAC(topology.RolePod, PodInterface, r.Address)
	}
	return Result{
		Netns:      names.PodNetns(r.Namespace, r.Pod),
		HostDevice: device,
		HostMAC:    topology.DefaultMAC(topology.RoleNode, device, netip.Addr{}),
		PodMAC:     mac,
		PodAddress: netip.PrefixFrom(r.Address, r.Address.BitLen()),
		PodRoutes: []string{
			Gateway + " dev " + PodInterface + " scope link",
			"default via " + Gateway + " dev " + PodInterface,
		},
		HostRoute:  r.Address.String() + " dev " + device + " scope link",
		PodSysctls: [][2]string{{"net.ipv4.ip_forward", "0"}},
	}
}
