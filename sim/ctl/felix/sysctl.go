package felix

import (
	"cmp"
	"slices"
	"strconv"
)

// Sysctl is one setting.
type Sysctl struct{ Key, Value string }

// Sysctls are the settings of a node: forwarding for the whole node first, since
// writing it resets every interface, then those of each pod's host-side interface.
//
// Like felix/dataplane/linux/endpoint_mgr.go. IPv6's are left out.
func Sysctls(n Node) []Sysctl {
	out := []Sysctl{{"net.ipv4.ip_forward", "1"}}
	endpoints := slices.Clone(n.Endpoints)
	slices.SortFunc(endpoints, func(a, b Endpoint) int { return cmp.Compare(a.Interface, b.Interface) })
	for _, e := range endpoints {
		conf, neigh := "net.ipv4.conf."+e.Interface+".", "net.ipv4.neigh."+e.Interface+"."
		out = append(out,
			Sysctl{conf + "route_localnet", "1"},
			Sysctl{neigh + "proxy_delay", "0"}, // else the answer comes up to 0.8 s late
			Sysctl{conf + "proxy_arp", "1"},    // the answer for 169.254.1.1
			Sysctl{conf + "forwarding", "1"},
			Sysctl{conf + "rp_filter", strconv.Itoa(n.RPFilter)},
		)
	}
	return out
}
