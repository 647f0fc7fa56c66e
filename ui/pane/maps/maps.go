// Package maps is the pane of the network's map: pods above their node, nodes on
// their segment, routers between segments; the packet sits on the interface where
// it is.
package maps

import (
	"hoplab/sim/trace"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane draws the map.
type Pane struct {
	*pane.Common
	w, h   int
	scroll pane.Scroll
	at     int
	left   int // column of the map that the pane begins with
	total  int
	wide   int
	byHand bool
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, at: -2} }

// Name finds it.
func (p *Pane) Name() string { return "map" }

// Title stands in its frame.
func (p *Pane) Title() string { return p.T("map", "지도") }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		pane.Bind(pane.ScrollKeys, p.T("scroll", "스크롤"), pane.Always(func(k pane.Key) { p.byHand = p.scroll.Move(k.Name, p.h, p.total) })),
		pane.Bind("left/h right/l", p.T("scroll sideways", "옆으로 스크롤"), pane.Always(p.sideways)),
	}
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action { return pane.Dispatch(p.Keys(), k) }

func (p *Pane) sideways(k pane.Key) {
	const step = 8
	d := step
	if k.Name == "left" || k.Name == "h" {
		d = -step
	}
	p.left, p.byHand = max(min(p.left+d, p.wide-p.w), 0), true
}

// View makes the lines. A map that is larger than the pane is moved so that the
// packet is seen.
func (p *Pane) View() []look.Line {
	d := p.draw(p.w)
	lines := d.c.lines(p.ASCII)
	p.total, p.wide = len(lines), d.c.w
	if h := p.S.Hop(); h != p.at {
		p.at, p.byHand = h, false
	}
	if !p.byHand && d.hereY >= 0 {
		p.scroll.Top = min(max(p.scroll.Top, d.hereY-p.h+2), max(d.hereY-1, 0))
		if d.hereX < p.left || d.hereX >= p.left+p.w-8 {
			p.left = max(0, min(d.hereX-p.w/2, d.c.w-p.w))
		}
	}
	p.left = max(0, min(p.left, d.c.w-p.w))
	part := p.scroll.Part(lines, p.h)
	if p.left > 0 {
		for i := range part {
			part[i] = part[i].Skip(p.left)
		}
	}
	return part
}

// Height is that of the whole map in a width.
func (p *Pane) Height(width int) int { return p.draw(width).c.h }

// drawing is a map that is being drawn.
type drawing struct {
	*Pane
	c            *canvas
	pods         map[string][]*topology.Machine // of each node
	seen         map[string]bool                // interfaces that the packet has crossed
	journey      int
	hereX, hereY int
	here         string
}

// row is machines beside each other, and where they are wired to.
type row struct {
	machines []*topology.Machine
	up, down string // segments above and below
}

// Widths of a machine's box.
const (
	minBox = 15
	maxBox = 34
)

// draw makes the map for a width; it may be wider.
func (p *Pane) draw(width int) *drawing {
	d := &drawing{Pane: p, pods: map[string][]*topology.Machine{}, seen: map[string]bool{}, journey: -1, hereY: -1}
	if n := p.S.Hop(); n >= 0 {
		h := &p.S.History
		d.journey, d.here = h.Hops[n].Journey, h.Hops[n].Place()
		for i := n; i >= 0; i-- {
			if h.Hops[i].Journey == d.journey {
				d.seen[h.Hops[i].Place()] = true
			}
		}
	}
	rows := d.rows()
	wide, height := width, 0
	for _, r := range rows {
		wide = max(wide, len(r.machines)*(minBox+1))
		height += d.height(r)
	}
	d.c = newCanvas(max(wide, 1), max(height, 1))
	y := 0
	for _, r := range rows {
		d.row(r, y)
		y += d.height(r)
	}
	return d
}

// rows sorts the machines: those of the first segment stand on it, routers below
// it, and so on. Machines without a segment come first.
func (d *drawing) rows() []row {
	lab := d.S.Topology()
	var alone []*topology.Machine
	above := map[string][]*topology.Machine{}
	between := map[string][]*topology.Machine{}
	order := map[string]int{}
	for i, s := range lab.Segments {
		order[s.Name] = i
	}
	for _, m := range lab.Machines {
		if m.Role == topology.RolePod {
			if node := d.S.Node(m.Name); node != m.Name {
				d.pods[node] = append(d.pods[node], m)
				continue
			}
		}
		segs := segments(m)
		switch {
		case len(segs) == 0:
			alone = append(alone, m)
		case len(segs) == 1:
			above[segs[0]] = append(above[segs[0]], m)
		default:
			first := segs[0]
			for _, s := range segs {
				if order[s] < order[first] {
					first = s
				}
			}
			between[first] = append(between[first], m)
		}
	}
	var out []row
	if len(alone) > 0 {
		out = append(out, row{machines: alone})
	}
	for i, s := range lab.Segments {
		if i == 0 {
			out = append(out, row{machines: above[s.Name], down: s.Name})
			if b := between[s.Name]; len(b) > 0 {
				down := ""
				if i+1 < len(lab.Segments) {
					down = lab.Segments[i+1].Name
				}
				out = append(out, row{machines: b, up: s.Name, down: down})
			}
			continue
		}
		both := append(append([]*topology.Machine(nil), above[s.Name]...), between[s.Name]...)
		if len(both) > 0 {
			out = append(out, row{machines: both, up: s.Name})
		}
	}
	return out
}

func segments(m *topology.Machine) []string {
	var out []string
	for _, i := range m.Interfaces {
		if i.Segment != "" {
			out = append(out, i.Segment)
		}
	}
	return out
}

// podHeight is that of the boxes of pods.
const podHeight = 3

// height of a row with its segment's line.
func (d *drawing) height(r row) int {
	h := d.boxes(r)
	if d.hasPods(r) {
		h += podHeight
	}
	if r.down != "" {
		h++
	}
	if len(r.machines) == 0 {
		return 1
	}
	return h
}

// boxes is the height of the boxes of a row: the tallest.
func (d *drawing) boxes(r row) int {
	h := 0
	for _, m := range r.machines {
		h = max(h, 2+len(d.lines(m)))
	}
	return h
}

func (d *drawing) hasPods(r row) bool {
	for _, m := range r.machines {
		if len(d.pods[m.Name]) > 0 {
			return true
		}
	}
	return false
}

// lines are the interfaces of a machine, one group a line: those that lead to
// pods are beside each other, below them.
func (d *drawing) lines(m *topology.Machine) [][]*topology.Interface {
	var out [][]*topology.Interface
	var cali []*topology.Interface
	for _, i := range m.Interfaces {
		switch {
		case i.Name == "lo":
		case i.Kind == topology.Veth && d.isPod(m, i):
			cali = append(cali, i)
		default:
			out = append(out, []*topology.Interface{i})
		}
	}
	// What is wired outwards stands last, next to the wire.
	for k, l := range out {
		if l[0].Segment == "" && k > 0 {
			copy(out[1:k+1], out[:k])
			out[0] = l
		}
	}
	if len(cali) > 0 {
		out = append([][]*topology.Interface{cali}, out...)
	}
	return out
}

func (d *drawing) isPod(m *topology.Machine, i *topology.Interface) bool {
	for _, p := range d.pods[m.Name] {
		if p.Name == d.peer(m, i) {
			return true
		}
	}
	return false
}

// peer is the machine at the other end of a veth.
func (d *drawing) peer(m *topology.Machine, i *topology.Interface) string {
	if i.Peer.Machine != "" {
		return i.Peer.Machine
	}
	for _, o := range d.S.Topology().Machines {
		for _, x := range o.Interfaces {
			if x.Peer.Machine == m.Name && x.Peer.Interface == i.Name {
				return o.Name
			}
		}
	}
	return ""
}

// row draws machines beside each other and the segments around them.
func (d *drawing) row(r row, y int) {
	n := len(r.machines)
	if n > 0 {
		w := min(d.c.w/n, maxBox+1)
		boxY := y
		if d.hasPods(r) {
			boxY += podHeight
		}
		h := d.boxes(r)
		for k, m := range r.machines {
			d.machine(m, k*w, boxY, w-1, h, r)
		}
		y = boxY + h
	}
	if r.down == "" {
		return
	}
	for x := range d.c.w {
		d.c.put(x, y, '═', look.Frame)
	}
	title := " " + r.down
	if s := d.S.Topology().Segment(r.down); s != nil && s.CIDR.IsValid() {
		title += " " + s.CIDR.String()
	}
	d.c.text(max(d.c.w-len(title)-3, 0), y, title+" ", d.c.w, look.Dim)
}

// machine draws a machine's box, and the pods above it.
func (d *drawing) machine(m *topology.Machine, x, y, w, h int, r row) {
	st := look.Frame
	if d.at2(m.Name) {
		st = look.Talk(d.S.History.Journeys[d.journey].Colour)
	}
	d.c.box(x, y, w, h, m.Name, st, look.Bold)
	for k, group := range d.lines(m) {
		each := (w - 2) / len(group)
		for g, i := range group {
			ix := x + 1 + g*each
			if len(group) == 1 && !d.isPod(m, i) {
				d.iface(m, i, ix, y+1+k, w-2)
				continue
			}
			d.iface(m, i, ix, y+1+k, each-1)
			d.pod(d.peer(m, i), ix-1, y-podHeight, min(each, maxBox))
			at := ix + max(each-3, 1)
			d.c.put(at, y-1, '┬', look.Frame)
			if at > x+len(m.Name) {
				d.c.put(at, y, '┴', st)
			}
		}
	}
	for _, i := range m.Interfaces {
		switch i.Segment {
		case "":
		case r.down:
			d.c.put(x+3, y+h-1, '┬', st)
		case r.up:
			d.c.put(x+3, y, '┴', st)
			if len(m.Name) > 2 {
				d.c.text(x+5, y, m.Name, w-6, look.Bold)
				d.c.put(x+1, y, '─', st)
				d.c.put(x+2, y, '─', st)
				d.c.put(x+4, y, '─', st)
			}
		}
	}
}

// at2 says that the packet is on a machine.
func (d *drawing) at2(netns string) bool {
	n := d.S.Hop()
	return n >= 0 && d.S.History.Hops[n].NetNS == netns
}

// pod draws a pod's box.
func (d *drawing) pod(name string, x, y, w int) {
	m := d.S.Topology().Machine(name)
	if m == nil {
		return
	}
	st := look.Frame
	if d.at2(name) {
		st = look.Talk(d.S.History.Journeys[d.journey].Colour)
	}
	d.c.box(x, y, w, podHeight, name, st, look.Bold)
	for _, i := range m.Interfaces {
		if i.Name != "lo" && (i.Peer.Machine != "" || i.Kind == topology.Veth) {
			d.iface(m, i, x+1, y+1, w-2)
			return
		}
	}
}

// iface writes the name of an interface: with a mark if the packet has crossed
// it, in reverse if it is there.
func (d *drawing) iface(m *topology.Machine, i *topology.Interface, x, y, w int) {
	place := m.Name + ":" + i.Name
	name, st := look.Middle(i.Name, w-2), look.Plain
	head := " "
	down := !i.Up
	if v, ok := d.Down[place]; ok {
		down = v
	}
	switch {
	case down:
		head, st = "✗", look.Dim
		name = look.Middle(i.Name, w-2)
	case place == d.here && d.journey >= 0:
		n := d.S.Hop()
		head = "▶"
		if d.S.History.Hops[n].Dir == trace.In {
			head = "◀"
		}
		name, st = look.Middle(i.Name, w-4)+" "+d.Mark(d.journey), look.Here
		d.hereX, d.hereY = x, y
	case d.seen[place]:
		head, st = "•", look.Talk(d.S.History.Journeys[d.journey].Colour)
	}
	d.c.text(x, y, head+name, w, st)
	if other := d.wired(m, i); other != "" { // a wire to a machine that stands beside it
		if at := look.Cells(head+name) + 1; at+4 <= w {
			d.c.text(x+at, y, "── "+other, w-at, look.Dim)
		}
	}
}

// wired is what is at the other end of a veth that leads to no pod of the machine.
func (d *drawing) wired(m *topology.Machine, i *topology.Interface) string {
	if i.Kind != topology.Veth || d.isPod(m, i) || m.Role == topology.RolePod {
		return ""
	}
	return d.peer(m, i)
}

var _ pane.Pane = (*Pane)(nil)
