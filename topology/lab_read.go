package topology

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// labReader reads one Lab. What can only be checked once the whole lab is
// known waits in later, with its place at hand.
type labReader struct {
	src      *source
	lab      *Lab
	segments map[string]*Segment
	machines map[string]*Machine
	devices  map[Endpoint]*Interface
	ports    map[Endpoint]*Interface // the bridge that a device is a port of
	shaped   map[*Interface]bool     // veth ends that declare a Link
	later    []func()
}

func readLab(doc value) *Lab {
	r := &labReader{
		src:      doc.src,
		lab:      &Lab{Pos: doc.pos(), Seed: 1, Clock: DefaultClock()},
		segments: make(map[string]*Segment),
		machines: make(map[string]*Machine),
		devices:  make(map[Endpoint]*Interface),
		ports:    make(map[Endpoint]*Interface),
		shaped:   make(map[*Interface]bool),
	}
	doc.object(fields{
		"apiVersion": func(value) {},
		"kind":       func(value) {},
		"metadata":   func(v value) { r.lab.Name = readName(v) },
		"spec":       r.spec,
	})
	if !doc.has("metadata") {
		doc.errorf("metadata is missing; write metadata: {name: NAME}")
	}
	if !doc.has("spec") {
		doc.errorf("spec is missing; it holds the machines")
	}
	r.pairVeths()
	for _, check := range r.later {
		check()
	}
	r.checkSegments()
	return r.lab
}

// readName reads the metadata of our own kinds: a name alone.
func readName(v value) string {
	var name string
	v.object(fields{"name": func(v value) { name = v.name() }})
	if v.isMapping() && !v.has("name") {
		v.errorf("the name is missing")
	}
	return name
}

// name reads a name of ours.
func (v value) name() string {
	s := v.filled()
	if s == "" {
		return ""
	}
	if err := checkName(s); err != nil {
		v.errorf("%v", err)
	}
	return s
}

func (r *labReader) spec(v value) {
	v.object(fields{
		"seed":     func(v value) { r.lab.Seed = v.number64() },
		"clock":    func(v value) { r.lab.Clock = v.clock() },
		"segments": r.readSegments,
		"machines": r.readMachines,
		"files":    r.readFiles,
	})
	if v.isMapping() && !v.has("machines") {
		v.errorf("machines are missing")
	}
}

func (r *labReader) readFiles(v value) {
	v.each(func(key, v value) {
		if err := checkFilePath(key.node.Value); err != nil {
			key.errorf("%v", err)
		}
		r.lab.Files = append(r.lab.Files, File{Pos: key.pos(), Path: key.node.Value, Text: v.text()})
	})
}

func (r *labReader) readSegments(v value) {
	if !v.atMost(maxSegments, "segments") {
		return
	}
	v.each(func(key, v value) {
		s := &Segment{Pos: key.pos(), Name: key.name(), MTU: DefaultMTU}
		if !isNull(v.node) { // "wan:" alone is a segment without any property
			v.object(with(linkFields(&s.Link), fields{
				"cidr": func(v value) { s.CIDR = readCIDR(v) },
				"mtu":  func(v value) { s.MTU = v.integer(minMTU, maxMTU) },
			}))
		}
		r.lab.Segments = append(r.lab.Segments, s)
		r.segments[s.Name] = s
	})
}

// readCIDR reads a network: host bits must be zero.
func readCIDR(v value) netip.Prefix {
	p := v.prefix()
	if p.IsValid() && p != p.Masked() {
		v.errorf("%s has host bits set; the network is %s", p, p.Masked())
	}
	return p.Masked()
}

// linkFields read what is said about a wire.
func linkFields(l *Link) fields {
	return fields{
		"delay":     func(v value) { l.Delay = v.duration() },
		"bandwidth": func(v value) { l.Bandwidth = v.bandwidth() },
		"loss":      func(v value) { l.Loss = v.percent() },
		"duplicate": func(v value) { l.Duplicate = v.percent() },
		"corrupt":   func(v value) { l.Corrupt = v.percent() },
		"reorder":   func(v value) { l.Reorder = v.percent() },
	}
}

// with joins two sets of fields.
func with(a, b fields) fields {
	maps.Copy(a, b)
	return a
}

func (r *labReader) readMachines(v value) {
	if !v.atMost(maxMachines, "machines") {
		return
	}
	v.each(func(key, v value) {
		m := &Machine{Pos: key.pos(), Name: key.name(), Role: RoleHost}
		r.lab.Machines = append(r.lab.Machines, m)
		r.machines[m.Name] = m
		if !isNull(v.node) { // "h1:" alone is a machine without a wire
			r.readMachine(m, v)
		}
	})
}

func (r *labReader) readMachine(m *Machine, v value) {
	v.object(fields{
		"role": func(v value) {
			m.Role = Role(v.word(string(RoleNode), string(RoleRouter), string(RoleHost), string(RolePod)))
		},
		"interfaces": func(v value) { r.readInterfaces(m, v) },
		"routes":     func(v value) { v.list(func(v value) { m.Routes = append(m.Routes, r.readRoute(m, v)) }) },
		"rules":      func(v value) { m.Rules = v.toolLines("ip rule add") },
		"neighbors":  func(v value) { m.Neighbors = v.toolLines("ip neigh add") },
		"sysctls":    func(v value) { m.Sysctls = readSysctls(v) },
		"ipsets":     func(v value) { m.IPSets = v.toolLines("ipset") },
		"iptables":   func(v value) { m.IPTables = v.toolLines("iptables") },
		"setup":      func(v value) { m.Setup = readSetup(v) },
	})
}

// toolLine reads the arguments of a tool. The tool's own name in front of them
// is a likely mistake, because everything else is typed as on a terminal.
func (v value) toolLine(tool string) Line {
	l, v := v.lineWithBy()
	name, _, _ := strings.Cut(tool, " ")
	if first, _, _ := strings.Cut(strings.TrimSpace(l.Text), " "); first == name {
		v.errorf("write only what follows %q", tool)
	}
	return l
}

// lineWithBy reads a line, or {line: …, by: …}, and gives the value that holds the line.
func (v value) lineWithBy() (Line, value) {
	if !v.isMapping() {
		return v.line(), v
	}
	var l Line
	v.object(fields{
		"line": func(v value) { l.Text, l.Pos = v.line().Text, v.pos() },
		"by":   func(v value) { l.By = v.line().Text },
	})
	if !v.has("line") {
		v.errorf("line is missing")
	}
	return l, v.at("line")
}

func (v value) toolLines(tool string) []Line {
	var out []Line
	v.list(func(e value) { out = append(out, e.toolLine(tool)) })
	return out
}

// readSetup reads whole command lines; one element may hold several.
func readSetup(v value) []Line {
	var out []Line
	v.list(func(e value) { out = append(out, Line{Text: e.filled(), Pos: e.pos()}) })
	return out
}

func readSysctls(v value) []Sysctl {
	var out []Sysctl
	v.each(func(key, v value) {
		s := Sysctl{Pos: key.pos(), Key: key.node.Value}
		if v.isMapping() { // {value: …, by: …}
			v.object(fields{
				"value": func(v value) { s.Value = v.filled() },
				"by":    func(v value) { s.By = v.line().Text },
			})
			if !v.has("value") {
				v.errorf("value is missing")
			}
		} else {
			s.Value = v.filled()
		}
		if err := checkSysctl(s); err != nil {
			key.errorf("%v", err)
		}
		if strings.ContainsFunc(s.Value, isControl) {
			v.errorf("expected one line, found a control character in %q", shorten(s.Value))
		}
		out = append(out, s)
	})
	return out
}

// deviceNames are the names that a machine declares, for "did you mean".
func (m *Machine) deviceNames() []string {
	names := make([]string, len(m.Interfaces))
	for i, f := range m.Interfaces {
		names[i] = f.Name
	}
	slices.Sort(names)
	return names
}
