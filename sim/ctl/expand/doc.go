// Package expand turns Kubernetes and Calico objects into a plain network: the
// state that a real cluster of these objects would have come to rest in.
//
//	pools, pods ─▶ ipam    tunnel addresses first, in the order of the machines, then pods in the order of the file
//	             ─▶ cni    a namespace, a veth pair and routes for each pod
//	             ─▶ bird   routes to the blocks of other nodes
//	             ─▶ felix  tunl0, vxlan.calico and its routes, sysctls, sets and rules
//
// A pod's namespace has the pod's name, or NAME.NAMESPACE outside of default. On
// nodes of a cluster with IPIP and in their pods there is a tunl0, as on a host
// with the ipip module; in pods it is down.
//
// What the user wrote comes first and stays: routes and rules of Calico follow
// it, a sysctl that the user sets is left alone, and commands in setup run last,
// so that a lesson can break what was made here.
//
// Left out, with an error "not modelled: …": pods without a node (there is no
// scheduler). Left out silently, because package topology has noted it:
// IPv6, policies, services, IPAM configuration. BIRD sees the routes that
// a machine declares, not those that its setup commands make.
package expand
