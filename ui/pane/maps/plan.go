package maps

import (
	"slices"

	"hoplab/sim/netdev"
	"hoplab/topology"
	"hoplab/ui/look"
	"hoplab/ui/replay"
)

// plan is where everything of a map stands. It depends on the network and the room
// alone; what the packet does is painted on it.
type plan struct {
	w, h    int
	boxes   []box
	spots   []spot
	wires   []wire
	bars    []bar
	tunnels []tunnels
}

// box is the frame of a machine; h is 1 where there is no room for a frame.
type box struct {
	m          *replay.Machine
	x, y, w, h int
	name       int // column of the name
}

// spot is where an interface is written.
type spot struct {
	place   string
	d       *replay.Device
	x, y, w int
	head    string   // what stands before: of what it is a port
	more    []string // what is told if there is room, the most important first
	far     string   // the other end of its wire, where no wire is drawn
}

// wire leads from an interface to another one, or to a segment.
type wire struct {
	a, b string // places; b is empty at a segment
	// cells that it is drawn in; from a to b they go that way.
	cells      []cell
	forth, off rune // from a to b, and the other way
	dead       bool
}

type cell struct {
	x, y int
	r    rune
}

// bar is the line of a segment.
type bar struct {
	y    int
	seg  topology.Segment
	from []wireEnd
}

// wireEnd is where an interface meets a bar.
type wireEnd struct {
	x     int
	place string
	above bool
}

// tunnels is a line between machines and their segment, in which a packet that is
// inside of another one is drawn.
type tunnels struct {
	y  int
	at map[string]cell // machine: the cell in the bottom of its box
}

// Widths of boxes, in cells, and the room for the number of a crossing.
const (
	minBox = 15
	minKid = 9
	maxBox = 60
	gutter = 2
)

// row is machines beside each other, and the segments that they stand between.
type row struct {
	machines []*replay.Machine
	up, down string
}

// form is how much room a plan takes.
type form int

const (
	whole form = iota // machines that hang on another one have frames above it
	tall              // they stand inside of it; an address may have a line of its own
	low               // addresses are told where there is room beside the interface
	numForms
)

// planner makes a plan.
type planner struct {
	*plan
	net   *replay.Net
	form  form
	kids  map[string][]*replay.Machine
	above map[string]string // the machine that one stands above
	list  map[string]bool   // the kids of this machine stand inside of it
}

// planOf makes a plan for a width; it may become wider.
func planOf(net *replay.Net, width int, f form) *plan {
	p := &planner{plan: &plan{}, net: net, form: f, kids: map[string][]*replay.Machine{}, above: map[string]string{}, list: map[string]bool{}}
	rows := p.rows(width)
	widths := make([][]int, len(rows))
	p.w = max(width, 1)
	for i, r := range rows {
		widths[i] = p.share(r, width)
		p.w = max(p.w, sum(widths[i])+len(r.machines)-1)
	}
	for i, r := range rows {
		p.row(r, widths[i])
	}
	p.h = max(p.h, 1)
	return p.plan
}

func sum(l []int) int {
	n := 0
	for _, x := range l {
		n += x
	}
	return n
}

// rows sorts the machines. Those that are wired to one other machine alone stand
// above it, as pods above their node. Those of the first segment stand on it, and
// below each segment those that lead on from there.
func (p *planner) rows(width int) []row {
	order := map[string]int{}
	for i, s := range p.net.Segments {
		order[s.Name] = i
	}
	var alone []*replay.Machine
	first := make([][]*replay.Machine, len(p.net.Segments)) // on this segment alone
	between := make([][]*replay.Machine, len(p.net.Segments))
	for i := range p.net.Machines {
		m := &p.net.Machines[i]
		if to := p.parent(m); to != "" && p.above[to] == "" {
			p.above[m.Name] = to
			p.kids[to] = append(p.kids[to], m)
		}
	}
	for i := range p.net.Machines {
		m := &p.net.Machines[i]
		if p.above[m.Name] != "" {
			continue
		}
		top, n := len(order), 0
		for _, d := range m.Devices {
			if k, ok := order[d.Segment]; ok {
				if k != top {
					n++
				}
				top = min(top, k)
			}
		}
		switch {
		case n == 0:
			alone = append(alone, m)
		case n == 1:
			first[top] = append(first[top], m)
		default:
			between[top] = append(between[top], m)
		}
	}
	var out []row
	for len(alone) > 0 { // as many as fit beside each other
		n, room := 0, width
		for n < len(alone) && (n == 0 || room > p.natural(alone[n], "")) {
			room -= p.natural(alone[n], "") + 1
			n++
		}
		out = append(out, row{machines: alone[:n]})
		alone = alone[n:]
	}
	for i, s := range p.net.Segments {
		below := between[i]
		if i == 0 {
			out = append(out, row{machines: first[i], down: s.Name})
		} else {
			out[len(out)-1].down = s.Name
			below = slices.Concat(first[i], between[i])
		}
		if len(below) > 0 || i+1 < len(p.net.Segments) {
			out = append(out, row{machines: below, up: s.Name})
		}
	}
	return out
}

// parent is the machine above which m stands: its node, or the only one that it is
// wired to. Empty where there is none.
func (p *planner) parent(m *replay.Machine) string {
	if m.Node != m.Name && p.net.Machine(m.Node) != nil {
		return m.Node
	}
	if m.Role != "" && m.Role != topology.RoleHost && m.Role != topology.RolePod {
		return ""
	}
	to := p.onlyPeer(m)
	if o := p.net.Machine(to); o != nil && p.onlyPeer(o) == m.Name && (len(m.Devices) > len(o.Devices) || len(m.Devices) == len(o.Devices) && p.above[to] == "" && before(p.net, m, o)) {
		return "" // the other one stands above this one
	}
	return to
}

// before says that a machine was made before another one.
func before(net *replay.Net, a, b *replay.Machine) bool {
	for i := range net.Machines {
		switch &net.Machines[i] {
		case a:
			return true
		case b:
			return false
		}
	}
	return false
}

// onlyPeer is the machine to which all wires of another one lead; empty where there
// is none, and where it is on a segment.
func (p *planner) onlyPeer(m *replay.Machine) string {
	to := ""
	for _, d := range m.Devices {
		switch {
		case d.Segment != "":
			return ""
		case d.Peer.Machine == "" || d.Peer.Machine == m.Name || d.Peer.Machine == to:
		case to != "":
			return ""
		default:
			to = d.Peer.Machine
		}
	}
	return to
}

// kidOf is the machine above m that a device leads to, nil for none.
func (p *planner) kidOf(m *replay.Machine, d *replay.Device) *replay.Machine {
	if d.Peer.Machine == "" || p.above[d.Peer.Machine] != m.Name {
		return nil
	}
	return p.net.Machine(d.Peer.Machine)
}

// boxed says that the kids of a machine have frames above it.
func (p *planner) boxed(m *replay.Machine) bool { return p.form == whole && !p.list[m.Name] }

// line is one line inside of a machine: a device, and what hangs on it.
type line struct {
	d    *replay.Device
	head string
	kid  *replay.Machine // that it is wired to, to be told beside it
	of   *replay.Machine // whose it is
}

// lines are the devices of a machine as a tree: ports below their bridge, VLANs
// below their device. Devices that are drawn as a wire to a kid are left out.
func (p *planner) lines(m *replay.Machine) []line {
	var out []line
	var add func(d *replay.Device, indent, branch string)
	used, told := map[string]bool{}, map[string]bool{}
	add = func(d *replay.Device, indent, branch string) {
		if used[d.Name] {
			return
		}
		used[d.Name] = true
		kid := p.kidOf(m, d)
		if kid == nil || !p.boxed(m) {
			out = append(out, line{d, indent + branch, kid, m})
			if kid != nil {
				out = append(out, p.rest(m, kid, told, indent)...)
			}
		}
		var on []*replay.Device
		for i := range m.Devices {
			x := &m.Devices[i]
			if (x.Master == d.Name || x.Lower == d.Name) && !used[x.Name] && (p.kidOf(m, x) == nil || !p.boxed(m)) {
				on = append(on, x)
			}
		}
		for i, x := range on {
			sign, next := "├ ", "│ "
			if i == len(on)-1 {
				sign, next = "└ ", "  "
			}
			if branch == "" {
				next = ""
			} else if branch == "└ " {
				next = "  "
			}
			add(x, indent+next, sign)
		}
	}
	for rank := range 3 { // what is wired upwards stands first, what is wired downwards last
		for i := range m.Devices {
			d := &m.Devices[i]
			used[d.Name] = used[d.Name] || idle(d) && len(m.Devices) > 1
			if p.rank(m, d) == rank && (d.Master == "" || m.Device(d.Master) == nil) && (d.Lower == "" || m.Device(d.Lower) == nil) {
				add(d, "", "")
			}
		}
	}
	for i := range m.Devices { // whatever hangs on nothing that is here
		add(&m.Devices[i], "", "")
	}
	if !p.boxed(m) {
		for _, k := range p.kids[m.Name] { // no wire leads to it any more
			out = append(out, p.rest(m, k, told, "")...)
		}
	}
	return out
}

// rest are the devices of a kid inside of m that no wire between the two tells.
func (p *planner) rest(m, kid *replay.Machine, told map[string]bool, indent string) []line {
	if told[kid.Name] {
		return nil
	}
	told[kid.Name] = true
	var out []line
	for _, d := range p.kidLines(kid) {
		if d.Peer.Machine != m.Name {
			out = append(out, line{d, indent + kid.Name + " ", nil, kid})
		}
	}
	return out
}

// idle says that a device is not worth a line: each namespace has it.
func idle(d *replay.Device) bool {
	return d.Spare || d.Kind == netdev.Loopback && len(addresses(d)) == 0
}

// rank is the place of a device among the others: 0 on top, 2 at the bottom.
func (p *planner) rank(m *replay.Machine, d *replay.Device) int {
	switch {
	case p.kidOf(m, d) != nil:
		return 0
	case d.Segment != "":
		return 2
	}
	return 1
}

// addresses are those of a device, without the ones that every lo has.
func addresses(d *replay.Device) []string {
	var out []string
	for _, a := range d.Addresses {
		if !a.Addr().IsLoopback() {
			out = append(out, a.Addr().String())
		}
	}
	return out
}

// more is what is told beside a device, in the words of ip(8), the most important
// first.
func (p *planner) more(m *replay.Machine, d *replay.Device) []string {
	var out []string
	switch {
	case !d.Up:
		out = append(out, "DOWN")
	case !d.Carrier:
		out = append(out, "NO-CARRIER")
	}
	out = append(out, addresses(d)...)
	if d.Detail != "" {
		out = append(out, d.Detail)
	}
	if d.Kind == netdev.Bridge || d.Kind == netdev.VRF {
		word := d.Kind.String()
		for i := range m.Devices {
			if m.Devices[i].Master == d.Name && p.boxed(m) && p.kidOf(m, &m.Devices[i]) != nil {
				word += " " + m.Devices[i].Name
			}
		}
		out = append(out, word)
	}
	return out
}

// far is the other end of a veth to a machine that stands elsewhere.
func (p *planner) far(m *replay.Machine, d *replay.Device) string {
	if d.Kind != netdev.Veth || p.kidOf(m, d) != nil {
		return ""
	}
	if d.Peer.Machine == m.Name {
		return d.Peer.Device
	}
	switch {
	case d.Peer.Machine == "":
		return "?"
	case p.above[m.Name] == d.Peer.Machine: // it stands above the other machine
		return ""
	}
	return d.Peer.Place()
}

// width of a line that tells all.
func (p *planner) width(l line) int {
	w := look.Cells(l.head) + gutter + look.Cells(l.d.Name)
	for _, s := range p.more(l.of, l.d) {
		w += 1 + look.Cells(s)
	}
	if far := p.far(l.of, l.d); far != "" {
		w += 4 + look.Cells(far)
	}
	if l.kid != nil {
		w += 3 + gutter + look.Cells(l.d.Peer.Place())
		if d := p.net.Device(l.d.Peer); d != nil {
			for _, a := range addresses(d) {
				w += 1 + look.Cells(a)
			}
		}
	}
	return w
}

// natural is the width of a machine that tells all. Below a segment everything
// stands on one line.
func (p *planner) natural(m *replay.Machine, up string) int {
	w := look.Cells(m.Name) + 6
	for _, l := range p.lines(m) {
		w = max(w, p.width(l)+2)
	}
	if n := p.flatWidth(m); up != "" && n > 0 {
		w = max(w, n)
	}
	if p.boxed(m) {
		kids := 2
		for _, k := range p.kids[m.Name] {
			kids += max(p.kidWidth(k), p.feet(m, k))
		}
		w = max(w, kids)
	}
	return min(max(w, minBox), max(maxBox, minKid*len(p.kids[m.Name])+2))
}

// kidWidth is that of the frame of a kid that tells all.
func (p *planner) kidWidth(k *replay.Machine) int {
	w := look.Cells(k.Name) + 4
	for _, d := range p.kidLines(k) {
		n := gutter + look.Cells(d.Name) + 2
		for _, s := range p.more(k, d) {
			n += 1 + look.Cells(s)
		}
		w = max(w, n)
	}
	return max(w, minKid)
}

// feet is the width of the interfaces that lead to a kid.
func (p *planner) feet(m, k *replay.Machine) int {
	w := 0
	for i := range m.Devices {
		if p.kidOf(m, &m.Devices[i]) == k {
			w += gutter + 1 + look.Cells(m.Devices[i].Name)
		}
	}
	return w
}

// kidLines are the devices that the frame of a kid shows.
func (p *planner) kidLines(k *replay.Machine) []*replay.Device {
	var out []*replay.Device
	for i := range k.Devices {
		if d := &k.Devices[i]; !idle(d) || len(k.Devices) == 1 {
			out = append(out, d)
		}
	}
	return out
}

// share gives each machine of a row its width: what it needs, or where that is too
// much, less for the widest.
func (p *planner) share(r row, width int) []int {
	for {
		want := make([]int, len(r.machines))
		for i, m := range r.machines {
			want[i] = p.natural(m, r.up)
		}
		room := width - len(want) + 1
		top := maxBox * 4
		for top > minBox {
			n := 0
			for _, w := range want {
				n += min(w, top)
			}
			if n <= room {
				break
			}
			top--
		}
		again := false
		for i, m := range r.machines {
			want[i] = min(want[i], top)
			if n := len(p.kids[m.Name]); n > 0 && p.boxed(m) && ((want[i]-2)/n < minKid || r.up != "") {
				p.list[m.Name], again = true, true // its kids have no room above it
			}
		}
		if !again {
			return want
		}
	}
}

// row places machines beside each other, and the segment below them.
func (p *planner) row(r row, widths []int) {
	kids, boxes := 0, 0
	flat := make([]bool, len(r.machines))
	for i, m := range r.machines {
		if p.boxed(m) && len(p.kids[m.Name]) > 0 {
			kids = max(kids, 2+p.kidsHeight(m, widths[i]))
		}
		flat[i] = p.flat(r, m, widths[i])
		n := 0
		for _, l := range p.lines(m) {
			n++
			if p.below(l, widths[i]-2) != "" {
				n++
			}
		}
		switch {
		case flat[i] && p.form != whole:
			n = 1
		case flat[i]:
			n = 3
		default:
			n += 2
			if p.boxed(m) && p.hasFeet(m) {
				n++
			}
		}
		boxes = max(boxes, n)
	}
	x, y := 0, p.h+kids
	under := y + boxes
	var line *tunnels
	if r.down != "" && p.form == whole && p.tunnelled(r) {
		line = &tunnels{y: under, at: map[string]cell{}}
		under++
	}
	up, down := p.bar(r.up), (*bar)(nil)
	if r.down != "" {
		for _, s := range p.net.Segments {
			if s.Name == r.down {
				p.bars = append(p.bars, bar{y: under, seg: s})
			}
		}
		up, down = p.bar(r.up), &p.bars[len(p.bars)-1]
		p.h = under + 1
	} else {
		p.h = under
	}
	for i, m := range r.machines {
		p.machine(m, x, y, widths[i], boxes, kids, flat[i], up, down)
		if line != nil {
			line.at[m.Name] = cell{x + min(8, widths[i]-3), y + boxes - 1, '┬'}
		}
		x += widths[i] + 1
	}
	if line != nil {
		p.tunnels = append(p.tunnels, *line)
	}
}

// bar finds the line of a segment that was drawn already.
func (p *planner) bar(name string) *bar {
	for i := range p.bars {
		if name != "" && p.bars[i].seg.Name == name {
			return &p.bars[i]
		}
	}
	return nil
}

// tunnelled says that packets go through tunnels between machines of a row.
func (p *planner) tunnelled(r row) bool {
	n := 0
	for _, m := range r.machines {
		if slices.ContainsFunc(m.Devices, func(d replay.Device) bool { return d.Kind == netdev.IPIP || d.Kind == netdev.VXLAN }) {
			n++
		}
	}
	return n > 1
}

// flat says that all of a machine fits on one line.
func (p *planner) flat(r row, m *replay.Machine, w int) bool {
	n := p.flatWidth(m)
	return r.up != "" && n > 0 && n <= w
}

// flatWidth is what a machine needs on one line; 0 where that cannot be.
func (p *planner) flatWidth(m *replay.Machine) int {
	if len(p.kids[m.Name]) > 0 {
		return 0
	}
	n := 2
	if p.form != whole {
		n = 5 + look.Cells(m.Name)
	}
	for _, l := range p.lines(m) {
		if l.head != "" {
			return 0
		}
		n += p.width(l) + 4
	}
	return n
}

func (p *planner) hasFeet(m *replay.Machine) bool {
	return slices.ContainsFunc(m.Devices, func(d replay.Device) bool { return p.kidOf(m, &d) != nil })
}

// kidsHeight is that of the inside of the frames of kids: a line for each
// interface, and one for its address where it does not fit beside it.
func (p *planner) kidsHeight(m *replay.Machine, w int) int {
	h := 1
	for _, k := range p.kids[m.Name] {
		h = max(h, len(p.kidSpots(k, 0, 0, p.kidBox(m, k, w)-2)))
	}
	return h
}

// kidBox is the width of the frame of a kid above a machine of width w.
func (p *planner) kidBox(m, k *replay.Machine, w int) int {
	return min((w-2)/len(p.kids[m.Name]), max(p.kidWidth(k), p.feet(m, k)+1))
}

// kidSpots places the interfaces of a kid in a width; nil spots are addresses of
// the one before.
func (p *planner) kidSpots(k *replay.Machine, x, y, w int) []spot {
	var out []spot
	for _, d := range p.kidLines(k) {
		s := spot{place: k.Name + ":" + d.Name, d: d, x: x, y: y + len(out), w: w, more: p.more(k, d), far: p.far(k, d)}
		rest := ""
		if len(s.more) > 0 && gutter+look.Cells(d.Name)+1+look.Cells(s.more[0]) > w && look.Cells(s.more[0]) <= w {
			rest, s.more = s.more[0], s.more[1:]
		}
		out = append(out, s)
		if rest != "" {
			out = append(out, spot{x: x + min(gutter, w-look.Cells(rest)), y: y + len(out), w: w, head: rest})
		}
	}
	return out
}

// machine places one machine, the kids above it and its wires.
func (p *planner) machine(m *replay.Machine, x, y, w, h, kids int, flat bool, up, down *bar) {
	b := box{m: m, x: x, y: y, w: w, h: h, name: x + 1}
	if up != nil {
		b.name = x + 5
	}
	at := y + 1
	switch {
	case flat && p.form != whole:
		b.h = 1
		b.name = x + 3
		p.flatSpots(m, x+5+look.Cells(m.Name), y, w-5-look.Cells(m.Name))
	case flat:
		p.flatSpots(m, x+1, at, w-2)
	default:
		if p.boxed(m) && p.hasFeet(m) {
			p.feetAndKids(m, x, y, w, kids)
			at++
		}
		for _, l := range p.lines(m) {
			below := p.below(l, w-2)
			p.line(l, x+1, at, w-2, below)
			if at++; below != "" {
				at++
			}
		}
	}
	p.boxes = append(p.boxes, b)
	n := 0
	for i := range m.Devices {
		d := &m.Devices[i]
		place := m.Name + ":" + d.Name
		switch {
		case d.Segment == "":
			continue
		case up != nil && d.Segment == up.seg.Name:
			cx := min(x+3+4*n, x+w-2)
			if b.h == 1 {
				cx = x + 1
			}
			p.toBar(place, cx, y, up, b.h > 1, false, d)
		case down != nil && d.Segment == down.seg.Name:
			cx := min(x+3+4*n, x+w-2)
			if b.h == 1 {
				cx = x + 2
			}
			p.toBar(place, cx, y+b.h-1, down, b.h > 1, true, d)
		default:
			p.away(place, d.Segment)
			continue
		}
		n++
	}
}

// away tells beside an interface which segment it is on: its line is elsewhere.
func (p *planner) away(place, seg string) {
	for i := range p.spots {
		if p.spots[i].place == place {
			p.spots[i].far = seg
		}
	}
}

// toBar draws the wire from the border of a box to a segment.
func (p *planner) toBar(place string, x, y int, b *bar, framed, below bool, d *replay.Device) {
	w := wire{a: place, forth: '▲', off: '▼', dead: !d.Carrier}
	r, bare, step := '┴', '╵', -1
	if below {
		r, bare, step, w.forth, w.off = '┬', '╷', 1, '▼', '▲'
	}
	if !framed {
		r = bare
	}
	w.cells = append(w.cells, cell{x, y, r})
	for at := y + step; at != b.y && at >= 0 && at < b.y+99; at += step {
		w.cells = append(w.cells, cell{x, at, '│'})
	}
	b.from = append(b.from, wireEnd{x, place, below})
	p.wires = append(p.wires, w)
}

// flatSpots places all interfaces of a machine beside each other.
func (p *planner) flatSpots(m *replay.Machine, x, y, w int) {
	end := x + w
	for _, l := range p.lines(m) {
		n := min(p.width(l)+4, max(end-x, 0))
		p.line(l, x, y, n, "")
		x += n
	}
}

// below is the address of a line that has no room beside it, but below it; empty
// for none.
func (p *planner) below(l line, w int) string {
	d := l.d
	if l.kid != nil {
		d = p.net.Device(l.d.Peer)
	}
	if p.form != tall || d == nil || p.width(l) <= w {
		return ""
	}
	if a := addresses(d); len(a) > 0 && look.Cells(a[0])+gutter <= w {
		return a[0]
	}
	return ""
}

// line places a line of a machine's inside, and an address below it.
func (p *planner) line(l line, x, y, w int, below string) {
	if below != "" {
		at := x + gutter + look.Cells(l.head)
		if l.kid != nil { // it is the kid's, which stands at the right
			at = x + w
		}
		n := look.Cells(below)
		p.spots = append(p.spots, spot{x: min(at, x+w-n), y: y + 1, w: n, head: below})
	}
	told := func(s string) bool { return s == below }
	s := spot{place: l.of.Name + ":" + l.d.Name, d: l.d, x: x, y: y, w: w, head: l.head, far: p.far(l.of, l.d), more: slices.DeleteFunc(p.more(l.of, l.d), told)}
	far := p.net.Device(l.d.Peer)
	if l.kid == nil || far == nil {
		p.spots = append(p.spots, s)
		return
	}
	// The kid's own interface stands beside it.
	other := spot{place: l.d.Peer.Place(), d: far, y: y, head: l.d.Peer.Machine + " ", more: slices.DeleteFunc(p.more(l.kid, far), told)}
	need := look.Cells(other.head) + gutter + look.Cells(far.Name) + 2
	for _, a := range other.more {
		need += 1 + look.Cells(a)
	}
	left := look.Cells(l.head) + gutter + look.Cells(l.d.Name) + 3
	s.more = nil
	s.w = min(left, max(w-need-2, min(look.Cells(l.head)+gutter+9, w/2)))
	other.x = x + s.w + 2
	other.w = max(x+w-other.x, 0)
	p.spots = append(p.spots, s, other)
	on := wire{a: s.place, b: other.place, forth: '▶', off: '◀', dead: !l.d.Carrier}
	for at := x + min(left-2, s.w); at < other.x; at++ {
		on.cells = append(on.cells, cell{at, y, '─'})
	}
	p.wires = append(p.wires, on)
}

// feetAndKids places the interfaces that lead to kids beside each other on the
// first line, and the kids above them.
func (p *planner) feetAndKids(m *replay.Machine, x, y, w, kids int) {
	all := p.kids[m.Name]
	each := (w - 2) / len(all)
	for g, k := range all {
		kx := x + 1 + g*each
		kw := p.kidBox(m, k, w)
		p.boxes = append(p.boxes, box{m: k, x: kx, y: y - kids, w: kw, h: kids, name: kx + 1})
		p.spots = append(p.spots, p.kidSpots(k, kx+1, y-kids+1, kw-2)...)
		var feet []*replay.Device
		for i := range m.Devices {
			if p.kidOf(m, &m.Devices[i]) == k {
				feet = append(feet, &m.Devices[i])
			}
		}
		for f, d := range feet {
			fw := (each - 1) / len(feet)
			fx := kx + f*fw
			s := spot{place: m.Name + ":" + d.Name, d: d, x: fx, y: y + 1, w: fw, more: p.more(m, d)}
			p.spots = append(p.spots, s)
			cx := min(fx+max(fw-2, 1), kx+kw-2)
			cells := []cell{{cx, y, '┴'}, {cx, y - 1, '┬'}}
			if cx <= x+look.Cells(m.Name) { // the name stands there
				cells = cells[1:]
			}
			p.wires = append(p.wires, wire{a: s.place, b: d.Peer.Place(), cells: cells, forth: '▲', off: '▼', dead: !d.Carrier})
		}
	}
}
