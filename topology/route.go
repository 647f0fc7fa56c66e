package topology

import (
	"math"
	"strconv"
	"strings"
)

// readRoute reads a line of iproute2, or a mapping and makes that line of it,
// with the words in the order in which `ip route` prints them (iproute2
// ip/iproute.c, print_route).
func (r *labReader) readRoute(m *Machine, v value) Line {
	if !v.isMapping() || v.has("line") {
		return v.toolLine("ip route add")
	}
	words := make(map[string]string)
	set := func(name string, read func(value) string) (string, func(value)) {
		return name, func(v value) { words[name] = read(v) }
	}
	f := make(fields)
	for _, option := range []struct {
		name string
		read func(value) string
	}{
		{"to", readDestination},
		{"via", func(v value) string { return addrText(v) }},
		{"src", func(v value) string { return addrText(v) }},
		{"dev", func(v value) string { return r.routeDevice(m, v) }},
		{"metric", func(v value) string { return strconv.Itoa(v.integer(0, math.MaxUint32)) }},
		{"mtu", func(v value) string { return strconv.Itoa(v.integer(minMTU, maxMTU)) }},
		{"proto", func(v value) string { return v.oneWord() }},
		{"scope", func(v value) string { return v.oneWord() }},
		{"table", func(v value) string { return v.oneWord() }},
		{"type", func(v value) string { return v.word(routeTypes()...) }},
		{"onlink", func(v value) string { return strconv.FormatBool(v.boolean()) }},
	} {
		name, read := set(option.name, option.read)
		f[name] = read
	}
	before := len(r.src.errs)
	v.object(f)
	if !v.has("to") {
		v.errorf("the route has no destination; write to: default or to: 10.0.0.0/24")
	}
	if len(r.src.errs) == before && words["via"] == "" && words["dev"] == "" && forwards(words["type"]) {
		v.errorf("the route leads nowhere; write via: ADDRESS or dev: DEVICE")
	}
	return Line{Text: routeText(words), Pos: v.pos()}
}

func routeText(words map[string]string) string {
	var out []string
	if t := words["type"]; t != "" && t != "unicast" {
		out = append(out, t)
	}
	out = append(out, words["to"])
	for _, name := range []string{"via", "dev", "table", "proto", "scope", "src", "metric"} {
		if words[name] != "" {
			out = append(out, name, words[name])
		}
	}
	if words["onlink"] == "true" {
		out = append(out, "onlink")
	}
	if words["mtu"] != "" {
		out = append(out, "mtu", words["mtu"])
	}
	return strings.Join(out, " ")
}

// routeTypes are those of ip-route(8) that a table can hold.
func routeTypes() []string {
	return []string{"unicast", "local", "broadcast", "blackhole", "unreachable", "prohibit", "throw"}
}

// forwards reports whether a route of this type needs a way out.
func forwards(routeType string) bool {
	switch routeType {
	case "blackhole", "unreachable", "prohibit", "throw":
		return false
	}
	return true
}

// readDestination reads default, a network or one address.
func readDestination(v value) string {
	s := v.filled()
	if s == "" || s == "default" {
		return s
	}
	if !strings.Contains(s, "/") {
		return addrText(v)
	}
	p := v.prefix()
	if p.IsValid() && p != p.Masked() {
		v.errorf("%s has host bits set; the network is %s", p, p.Masked())
	}
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// addrText reads an address; it gives "" where there is none, unlike netip.
func addrText(v value) string {
	if a := v.addr(); a.IsValid() {
		return a.String()
	}
	return ""
}

// oneWord reads a name or a number that a tool knows.
func (v value) oneWord() string {
	s := v.line().Text
	for _, r := range s {
		if !isAlnum(r) && !strings.ContainsRune("-_.", r) {
			v.errorf("expected one word, found %s", describe(v.node))
			return ""
		}
	}
	return s
}

// routeDevice reads the device of a route and checks later that there is one.
// Calico's devices appear by themselves on nodes, eth0 in pods, and commands
// in setup may make any.
func (r *labReader) routeDevice(m *Machine, v value) string {
	dev := v.filled()
	r.later = append(r.later, func() {
		if dev == "" || dev == "lo" || len(m.Setup) > 0 || r.devices[Endpoint{m.Name, dev}] != nil {
			return
		}
		if m.Role == RoleNode && (dev == "tunl0" || dev == "vxlan.calico" || dev == "wireguard.cali" || strings.HasPrefix(dev, "cali")) {
			return
		}
		v.errorf("unknown device %q%s", shorten(dev), r.src.suggest(dev, m.deviceNames))
	})
	return dev
}
