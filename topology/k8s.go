package topology

import (
	"net/netip"
	"slices"
)

// Object is what every Kubernetes and Calico object has. The whole of it stays
// available through Raw, whether modelled or not.
type Object struct {
	Pos         Pos
	APIVersion  string
	Kind        string
	Name        string
	Namespace   string // "default" for a Pod that says nothing, "" for what lives outside namespaces
	Labels      Pairs
	Annotations Pairs
	Raw         Raw
}

// Pair is one label or annotation.
type Pair struct {
	Pos        Pos
	Key, Value string
}

// Pairs are labels or annotations in order of declaration.
type Pairs []Pair

// Get finds the value of a key.
func (ps Pairs) Get(key string) (string, bool) {
	for _, p := range ps {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// Pod is a v1 Pod.
type Pod struct {
	Object
	NodeName    string // "" when the scheduler decides
	NodePos     Pos    // of spec.nodeName
	HostNetwork bool
	Containers  []Container
	IP          netip.Addr // pinned by cni.projectcalico.org/ipAddrs; the zero Addr when IPAM decides
	IPPos       Pos        // of that annotation
	IPv4Pools   []string   // CIDRs or names of cni.projectcalico.org/ipv4pools
	HardwareMAC MAC        // of cni.projectcalico.org/hwAddr; zero when not set
}

// Container is one container of a Pod.
type Container struct{ Name, Image string }

// K8sNode is a v1 Node. Its machine is the one of the same name.
type K8sNode struct{ Object }

// IPPool is a pool of Calico's IPAM with its defaults filled in.
type IPPool struct {
	Object
	CIDR             netip.Prefix // masked
	CIDRPos          Pos
	BlockSize        int // prefix length; default 26 (IPv6: 122)
	IPIPMode         EncapMode
	VXLANMode        EncapMode
	NATOutgoing      bool
	Disabled         bool
	DisableBGPExport bool
	NodeSelector     string    // default "all()"
	AllowedUses      []PoolUse // default Workload and Tunnel
}

// EncapMode says when a pool's packets travel in a tunnel.
type EncapMode string

// The modes of IPIP and VXLAN; the default is EncapNever.
const (
	EncapAlways      EncapMode = "Always"
	EncapCrossSubnet EncapMode = "CrossSubnet"
	EncapNever       EncapMode = "Never"
)

// PoolUse says what a pool's addresses are for.
type PoolUse string

// The uses of a pool.
const (
	UseWorkload     PoolUse = "Workload"
	UseTunnel       PoolUse = "Tunnel"
	UseLoadBalancer PoolUse = "LoadBalancer" // from Calico v3.30
)

// Uses reports whether the pool's addresses may serve for u.
func (p *IPPool) Uses(u PoolUse) bool {
	return slices.Contains(p.AllowedUses, u)
}
