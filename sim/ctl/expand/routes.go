package expand

import (
	"net/netip"
	"strconv"
	"strings"

	"hoplab/sim/ctl/bird"
	"hoplab/topology"
)

// hops is the main table of a machine as far as its lab file tells: the networks
// of its addresses and its routes.
func (c *cluster) hops(m *topology.Machine) []bird.Hop {
	var out []bird.Hop
	for _, i := range m.Interfaces {
		for _, a := range i.Addresses {
			if i.Up && a.Prefix.Addr().Is4() && !a.Prefix.IsSingleIP() {
				out = append(out, bird.Hop{To: a.Prefix.Masked(), Dev: i.Name})
			}
		}
	}
	connected := out
	for _, line := range m.Routes {
		h, ok, problem := parseHop(line.Text)
		if problem != "" {
			c.errorf(line.Pos, "spec.machines."+m.Name+".routes", "not modelled: %s in a route of a Calico node (%s)", problem, line.Text)
		}
		if !ok {
			continue
		}
		for i := 0; h.Via.IsValid() && h.Dev == "" && i < len(connected); i++ {
			if connected[i].To.Contains(h.Via) {
				h.Dev = connected[i].Dev
			}
		}
		out = append(out, h)
	}
	return out
}

// parseHop reads a line of `ip route add`. Routes of other tables and types give
// ok false. What it cannot read it names; whether the line is right is for `ip`
// to say.
func parseHop(text string) (h bird.Hop, ok bool, problem string) {
	words := strings.Fields(text)
	ok = true
	for i := 0; i < len(words); i++ {
		w := words[i]
		next := func() string {
			if i++; i < len(words) {
				return words[i]
			}
			return ""
		}
		switch w {
		case "unicast", "to", "onlink":
		case "blackhole", "unreachable", "prohibit", "throw":
			h.Reject = true
		case "local", "broadcast", "multicast", "anycast", "nat":
			ok = false
		case "via":
			v := next()
			if v == "inet" {
				v = next()
			}
			a, err := netip.ParseAddr(v)
			if err != nil || !a.Is4() {
				return h, false, "gateway " + strconv.Quote(v)
			}
			h.Via = a
		case "dev":
			h.Dev = next()
		case "metric", "preference", "priority", "pref":
			v, err := strconv.ParseUint(next(), 0, 32)
			if err != nil {
				return h, false, w
			}
			h.Metric = uint32(v)
		case "table":
			if t := next(); t != "main" && t != "254" {
				ok = false
			}
		case "nexthop", "nhid", "encap":
			return h, false, w
		case "mtu", "advmss", "rtt", "rttvar", "reordering", "window", "cwnd", "initcwnd", "initrwnd", "ssthresh", "rto_min":
			if next() == "lock" {
				next()
			}
		case "proto", "protocol", "scope", "src", "tos", "dsfield", "realm", "realms", "features", "quickack", "congctl", "hoplimit", "expires":
			next()
		default:
			if h.To.IsValid() {
				return h, false, strconv.Quote(w)
			}
			to, valid := destination(w)
			if !valid {
				return h, false, "destination " + strconv.Quote(w)
			}
			h.To = to
		}
	}
	return h, ok && h.To.IsValid(), ""
}

func destination(w string) (netip.Prefix, bool) {
	switch w {
	case "default", "any", "all":
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), true
	}
	if a, err := netip.ParseAddr(w); err == nil && a.Is4() {
		return netip.PrefixFrom(a, 32), true
	}
	p, err := netip.ParsePrefix(w)
	return p.Masked(), err == nil && p.Addr().Is4()
}
