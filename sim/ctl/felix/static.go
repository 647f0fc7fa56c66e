package felix

// chain is a chain before its rules are hashed.
type chain struct {
	name  string
	rules []rule
}

// rawChains: packets of pods are marked and must come from where the way back
// leads. Like felix/rules/static.go: StaticRawTableChains.
func rawChains() []chain {
	return []chain{
		{"cali-PREROUTING", []rule{
			{clearMark(markAll)},
			{in("cali+"), setMark(markWorkload)},
			{marked(markWorkload), jump("cali-rpf-skip")},
			{marked(markWorkload), part{felix: "-m rpfilter --invert --validmark", save: "-m rpfilter --validmark --invert"}, jump("DROP")},
			{notMarked(markWorkload), jump("cali-from-host-endpoint")},
			{marked(markAccept), jump("ACCEPT")},
		}},
		{"cali-OUTPUT", []rule{
			{clearMark(markAll)},
			{jump("cali-to-host-endpoint")},
			{marked(markAccept), jump("ACCEPT")},
		}},
		{"cali-rpf-skip", nil},
		{"cali-from-host-endpoint", nil},
		{"cali-to-host-endpoint", nil},
	}
}

// mangleChains: what conntrack knows is through. Like StaticManglePreroutingChain.
func mangleChains() []chain {
	return []chain{
		{"cali-PREROUTING", []rule{
			{ctstate("RELATED,ESTABLISHED"), jump("ACCEPT")},
			{marked(markAccept), jump("ACCEPT")},
			{jump("cali-from-host-endpoint")},
			{comment("Host endpoint policy accepted packet."), marked(markAccept), jump("ACCEPT")},
		}},
		{"cali-POSTROUTING", []rule{
			{marked(markAccept), jump("RETURN")},
			{clearMark(markAll)},
			{ctstate("DNAT"), jump("cali-to-host-endpoint")},
			{comment("Host endpoint policy accepted packet."), marked(markAccept), jump("RETURN")},
		}},
		{"cali-from-host-endpoint", nil},
		{"cali-to-host-endpoint", nil},
	}
}

// natChains: from a pod to outside of all pools the node's address is used, and
// what the node itself sends into a tunnel has the tunnel's.
// Like StaticNATPostroutingChains and felix/rules/nat.go.
func natChains(n Node) []chain {
	masquerade := jump("MASQUERADE --random-fully")
	post := []rule{{jump("cali-fip-snat")}, {jump("cali-nat-outgoing")}}
	wrongSource := func(tunnel string) {
		post = append(post, rule{out(tunnel),
			same("-m addrtype ! --src-type LOCAL --limit-iface-out"), same("-m addrtype --src-type LOCAL"), masquerade})
	}
	if n.IPIP && n.TunnelAddress.IsValid() {
		wrongSource("tunl0")
	}
	if n.VXLAN && n.VXLANAddress.IsValid() {
		wrongSource(VXLANDevice)
	}
	var outgoing []rule
	for _, p := range n.Pools {
		if p.NATOutgoing {
			outgoing = []rule{{same("-m set --match-set " + setMasqPools + " src"),
				same("-m set ! --match-set " + setAllPools + " dst"), masquerade}}
		}
	}
	return []chain{
		{"cali-PREROUTING", []rule{{jump("cali-fip-dnat")}}},
		{"cali-OUTPUT", []rule{{jump("cali-fip-dnat")}}},
		{"cali-POSTROUTING", post},
		{"cali-nat-outgoing", outgoing},
		{"cali-fip-dnat", nil},
		{"cali-fip-snat", nil},
	}
}

// filterChains: like StaticFilterTableChains, with the chains of the pods.
func filterChains(n Node) []chain {
	hostAccepted := rule{comment("Host endpoint policy accepted packet."), marked(markAccept), jump("ACCEPT")}
	toHost := n.EndpointToHost
	if toHost == "" {
		toHost = Accept
	}

	var input []rule
	if n.IPIP {
		input = []rule{
			{comment("Allow IPIP packets from Calico hosts"), protoIPIP(),
				same("-m set --match-set " + setAllHosts + " src"), same("-m addrtype --dst-type LOCAL"), jump("ACCEPT")},
			{comment("Drop IPIP packets from non-Calico hosts"), protoIPIP(), jump("DROP")},
		}
	}
	if n.VXLAN {
		input = append(input,
			rule{comment("Allow IPv4 VXLAN packets from allowed hosts"), proto(17, "udp"), portVXLAN(),
				same("-m set --match-set " + setAllVXLAN + " src"), same("-m addrtype --dst-type LOCAL"), jump("ACCEPT")},
			rule{comment("Drop IPv4 VXLAN packets from non-allowed hosts"), proto(17, "udp"), portVXLAN(),
				same("-m addrtype --dst-type LOCAL"), jump("DROP")})
	}
	input = append(input,
		rule{in("cali+"), goTo("cali-wl-to-host")},
		rule{marked(markAccept), jump("ACCEPT")},
		rule{clearMark(markAll)},
		rule{jump("cali-from-host-endpoint")},
		hostAccepted,
	)

	output := []rule{
		{marked(markAccept), jump("ACCEPT")},
		{out("cali+"), jump("RETURN")}, // the host to its own pods is never policed
	}
	if n.IPIP {
		output = append(output, rule{comment("Allow IPIP packets to other Calico hosts"), protoIPIP(),
			same("-m set --match-set " + setAllHosts + " dst"), same("-m addrtype --src-type LOCAL"), jump("ACCEPT")})
	}
	if n.VXLAN {
		output = append(output, rule{comment("Allow IPv4 VXLAN packets to other allowed hosts"), proto(17, "udp"), portVXLAN(),
			same("-m addrtype --src-type LOCAL"), same("-m set --match-set " + setAllVXLAN + " dst"), jump("ACCEPT")})
	}
	output = append(output,
		rule{clearMark(markAll)},
		rule{same("-m conntrack ! --ctstate DNAT"), jump("cali-to-host-endpoint")},
		hostAccepted,
	)

	chains := []chain{
		{"cali-FORWARD", []rule{
			{clearMark(markAll &^ markAccept)},
			{notMarked(markAccept), jump("cali-from-hep-forward")},
			{in("cali+"), jump("cali-from-wl-dispatch")},
			{out("cali+"), jump("cali-to-wl-dispatch")},
			{jump("cali-to-hep-forward")},
			{jump("cali-cidr-block")},
		}},
		{"cali-INPUT", input},
		{"cali-OUTPUT", output},
		{"cali-wl-to-host", []rule{
			{jump("cali-from-wl-dispatch")},
			{comment("Configured DefaultEndpointToHostAction"), jump(string(toHost))},
		}},
		{"cali-cidr-block", nil},
		{"cali-from-hep-forward", nil},
		{"cali-to-hep-forward", nil},
		{"cali-from-host-endpoint", nil},
		{"cali-to-host-endpoint", nil},
	}
	return append(chains, endpointChains(n.Endpoints)...)
}
