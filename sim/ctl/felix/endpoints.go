package felix

import (
	"cmp"
	"slices"
	"strings"

	"hoplab/sim/ctl/names"
)

// endpointChains are the dispatch trees, two chains for each pod and two for
// each profile that one of them has.
func endpointChains(endpoints []Endpoint) []chain {
	endpoints = slices.Clone(endpoints)
	slices.SortFunc(endpoints, func(a, b Endpoint) int { return cmp.Compare(a.Interface, b.Interface) })
	endpoints = slices.CompactFunc(endpoints, func(a, b Endpoint) bool { return a.Interface == b.Interface })
	var devices, profiles []string
	for _, e := range endpoints {
		devices = append(devices, e.Interface)
		profiles = append(profiles, e.Profiles...)
	}
	slices.Sort(profiles)

	chains := dispatch("cali-from-wl-dispatch", "cali-fw-", devices, in)
	chains = append(chains, dispatch("cali-to-wl-dispatch", "cali-tw-", devices, out)...)
	for _, e := range endpoints {
		chains = append(chains, toWorkload(e), fromWorkload(e))
	}
	for _, p := range slices.Compact(profiles) {
		chains = append(chains, profile("cali-pri-", p, "ingress"), profile("cali-pro-", p, "egress"))
	}
	return chains
}

// dispatch finds a device's chain in two steps, so that a node with many pods
// does not compare each name: by the first character after what all names have
// in common, then by the whole name. A character with one device needs no chain
// of its own. Devices are sorted.
//
// Like felix/rules/dispatch.go.
func dispatch(root, prefix string, devices []string, match func(string) part) []chain {
	common := commonPrefix(devices)
	var chains []chain
	var top []rule
	unknown := rule{comment("Unknown interface"), jump("DROP")}
	to := func(device string) rule { return rule{match(device), goTo(names.Chain(prefix, device))} }
	for len(devices) > 0 {
		group := devices[0]
		if len(group) > len(common) {
			group = group[:len(common)+1]
		}
		n := 1
		for n < len(devices) && strings.HasPrefix(devices[n], group) {
			n++
		}
		if n == 1 {
			top = append(top, to(devices[0]))
		} else {
			child := chain{name: root + "-" + group[len(common):]}
			for _, d := range devices[:n] {
				child.rules = append(child.rules, to(d))
			}
			child.rules = append(child.rules, unknown)
			chains = append(chains, child)
			top = append(top, rule{match(group + "+"), goTo(child.name)})
		}
		devices = devices[n:]
	}
	return append(chains, chain{root, append(top, unknown)})
}

func commonPrefix(sorted []string) string {
	if len(sorted) == 0 {
		return ""
	}
	first, last := sorted[0], sorted[len(sorted)-1]
	n := 0
	for n < min(len(first), len(last)) && first[n] == last[n] {
		n++
	}
	return first[:n]
}

// toWorkload is what a pod may receive. Like felix/rules/endpoints.go.
func toWorkload(e Endpoint) chain {
	rules := append(known(), profileRules("cali-pri-", e)...)
	return chain{names.Chain("cali-tw-", e.Interface), rules}
}

// fromWorkload is what a pod may send; never packets that look like a node's tunnel.
func fromWorkload(e Endpoint) chain {
	rules := append(known(),
		rule{comment("Drop VXLAN encapped packets originating in workloads"), proto(17, "udp"), portVXLAN(), jump("DROP")},
		rule{comment("Drop IPinIP encapped packets originating in workloads"), protoIPIP(), jump("DROP")},
	)
	return chain{names.Chain("cali-fw-", e.Interface), append(rules, profileRules("cali-pro-", e)...)}
}

// known begins both chains: a packet of a connection that was accepted once is through.
func known() []rule {
	return []rule{
		{ctstate("RELATED,ESTABLISHED"), jump("ACCEPT")},
		{ctstate("INVALID"), jump("DROP")},
		{clearMark(markAccept | markPass)},
	}
}

func profileRules(prefix string, e Endpoint) []rule {
	var rules []rule
	for _, p := range e.Profiles {
		rules = append(rules,
			rule{jump(names.Chain(prefix, p))},
			rule{comment("Return if profile accepted"), marked(markAccept), jump("RETURN")})
	}
	return append(rules, rule{comment("Drop if no profiles matched"), jump("DROP")})
}

// profile is what a namespace (kns.…) or a service account (ksa.…) allows:
// everything, and nothing of its own. Like felix/rules/policy.go and
// libcalico-go/lib/backend/k8s/conversion.
func profile(prefix, name, direction string) chain {
	c := chain{names.Chain(prefix, name), []rule{{comment("Profile " + name + " " + direction)}}}
	if strings.HasPrefix(name, "kns.") {
		c.rules[0] = append(c.rules[0], setMark(markAccept))
	}
	return c
}
