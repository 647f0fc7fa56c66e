package topology

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// MarshalLab gives the canonical YAML of a Lab: every default spelt out, both
// ends of each veth, routes as lines of iproute2. Parsing it gives an equal Lab,
// places aside.
func MarshalLab(l *Lab) []byte {
	var p printer
	p.lab(l)
	return p.Bytes()
}

// PrintLab writes what MarshalLab gives.
func PrintLab(w io.Writer, l *Lab) error {
	_, err := w.Write(MarshalLab(l))
	return err
}

// printer writes YAML line by line.
type printer struct {
	bytes.Buffer
	shaped map[Endpoint]bool // veth ends whose other end has a Link
}

func (p *printer) line(indent int, format string, args ...any) {
	fmt.Fprintf(p, "%*s", 2*indent, "")
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

func (p *printer) lab(l *Lab) {
	p.shaped = make(map[Endpoint]bool)
	for _, m := range l.Machines {
		for _, i := range m.Interfaces {
			if i.Kind == Veth && !i.Link.IsZero() {
				p.shaped[i.Peer] = true
			}
		}
	}
	clock := l.Clock
	if clock.IsZero() {
		clock = DefaultClock()
	}
	p.line(0, "apiVersion: %s", apiHoplab)
	p.line(0, "kind: Lab")
	p.line(0, "metadata: {name: %s}", quote(l.Name))
	p.line(0, "spec:")
	p.line(1, "seed: %d", l.Seed)
	p.line(1, "clock: %s", clock.UTC().Format(time.RFC3339Nano))
	if len(l.Segments) > 0 {
		p.line(1, "segments:")
	}
	for _, s := range l.Segments {
		p.segment(s)
	}
	if len(l.Machines) == 0 {
		p.line(1, "machines: {}")
	} else {
		p.line(1, "machines:")
	}
	for _, m := range l.Machines {
		p.machine(m)
	}
	if len(l.Files) > 0 {
		p.line(1, "files:")
	}
	for _, f := range l.Files {
		p.line(2, "%s: %s", quote(f.Path), quote(f.Text))
	}
}

// flow collects the fields of a mapping in braces.
type flow []string

func (f *flow) add(key, value string) { *f = append(*f, key+": "+value) }

func (f flow) String() string { return "{" + strings.Join(f, ", ") + "}" }

func (f *flow) link(l Link) {
	if l.Delay != 0 {
		f.add("delay", durationText(l.Delay))
	}
	if l.Bandwidth != 0 {
		f.add("bandwidth", rateText(l.Bandwidth))
	}
	for _, chance := range []struct {
		name  string
		value float64
	}{{"loss", l.Loss}, {"duplicate", l.Duplicate}, {"corrupt", l.Corrupt}, {"reorder", l.Reorder}} {
		if chance.value != 0 {
			f.add(chance.name, percentText(chance.value))
		}
	}
}

func (p *printer) segment(s *Segment) {
	var f flow
	if s.CIDR.IsValid() {
		f.add("cidr", s.CIDR.String())
	}
	if s.MTU != 0 {
		f.add("mtu", strconv.Itoa(s.MTU))
	}
	f.link(s.Link)
	p.line(2, "%s: %s", quote(s.Name), f)
}

func (p *printer) machine(m *Machine) {
	p.line(2, "%s:", quote(m.Name))
	p.line(3, "role: %s", cmp.Or(m.Role, RoleHost))
	if len(m.Interfaces) > 0 {
		p.line(3, "interfaces:")
	}
	for _, i := range m.Interfaces {
		p.line(4, "%s: %s", quote(i.Name), p.interfaceFlow(m, i))
	}
	if len(m.Sysctls) > 0 {
		p.line(3, "sysctls:")
	}
	for _, s := range m.Sysctls {
		p.line(4, "%s: %s", quote(s.Key), withBy("value", s.Value, s.By))
	}
	p.lines("routes", m.Routes)
	p.lines("rules", m.Rules)
	p.lines("neighbors", m.Neighbors)
	p.lines("ipsets", m.IPSets)
	p.lines("iptables", m.IPTables)
	p.lines("setup", m.Setup)
}

func (p *printer) lines(name string, lines []Line) {
	if len(lines) > 0 {
		p.line(3, "%s:", name)
	}
	for _, l := range lines {
		p.line(3, "- %s", withBy("line", l.Text, l.By))
	}
}

// withBy gives a text alone, or with who put it there.
func withBy(key, text, by string) string {
	if by == "" {
		return quote(text)
	}
	var f flow
	f.add(key, quote(text))
	f.add("by", quote(by))
	return f.String()
}

func (p *printer) interfaceFlow(m *Machine, i *Interface) flow {
	var f flow
	switch i.Kind {
	case NIC:
		f.add("segment", quote(i.Segment))
	case Veth:
		f.add("veth", quote(i.Peer.String()))
	case IPIP, Bridge, Dummy, VXLAN:
		f.add("type", string(i.Kind))
	}
	if i.Tunnel != nil {
		f.tunnel(i.Tunnel)
	}
	if len(i.Ports) > 0 {
		var ports []string
		for _, port := range i.Ports {
			ports = append(ports, quote(port.Text))
		}
		f.add("ports", "["+strings.Join(ports, ", ")+"]")
	}
	if len(i.Addresses) == 1 {
		f.add("address", addressText(i.Addresses[0]))
	} else if len(i.Addresses) > 1 {
		var addresses []string
		for _, a := range i.Addresses {
			addresses = append(addresses, addressText(a))
		}
		f.add("address", "["+strings.Join(addresses, ", ")+"]")
	}
	if !i.MAC.IsZero() {
		f.add("mac", i.MAC.String())
	}
	if i.MTU != 0 {
		f.add("mtu", strconv.Itoa(i.MTU))
	}
	if !i.Up {
		f.add("up", "false")
	}
	if i.Kind == Veth && i.Link.IsZero() && p.shaped[Endpoint{m.Name, i.Name}] {
		f.add("delay", "0s") // otherwise this end would take over the other end's Link
	}
	f.link(i.Link)
	return f
}

func (f *flow) tunnel(t *Tunnel) {
	f.add("id", strconv.Itoa(t.ID))
	if t.Local.IsValid() {
		f.add("local", t.Local.String())
	}
	if t.Remote.IsValid() {
		f.add("remote", t.Remote.String())
	}
	if t.Dev != "" {
		f.add("dev", quote(t.Dev))
	}
	f.add("port", strconv.Itoa(t.Port))
	f.add("learning", strconv.FormatBool(t.Learning))
	if len(t.FDB) > 0 {
		var lines []string
		for _, l := range t.FDB {
			lines = append(lines, withBy("line", l.Text, l.By))
		}
		f.add("fdb", "["+strings.Join(lines, ", ")+"]")
	}
}

func addressText(a Address) string {
	scoped := a.Scope != "" && a.Scope != defaultScope(a.Prefix)
	if !scoped && !a.Broadcast.IsValid() {
		return a.Prefix.String()
	}
	var f flow
	f.add("address", a.Prefix.String())
	if scoped {
		f.add("scope", string(a.Scope))
	}
	if a.Broadcast.IsValid() {
		f.add("broadcast", a.Broadcast.String())
	}
	return f.String()
}

// quote gives s as it can stand anywhere in YAML: plain where that is plainly
// one scalar, in double quotes otherwise.
func quote(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func isPlain(s string) bool {
	if s == "" || !isAlnum(rune(s[0])) && s[0] != '/' && s[0] != '_' {
		return false
	}
	for i, r := range s {
		next := byte(' ')
		if i+1 < len(s) {
			next = s[i+1]
		}
		switch {
		case isAlnum(r) || strings.ContainsRune("_./+=@%-", r):
		case r == ':' && next != ' ':
		case r == ' ' && next != ' ':
		default:
			return false
		}
	}
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return true
}
