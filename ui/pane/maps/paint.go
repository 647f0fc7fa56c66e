package maps

import (
	"slices"
	"strconv"
	"strings"

	"hoplab/sim/trace"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// painting is a plan with what the packet does.
type painting struct {
	*pane.Common
	*plan
	c            *canvas
	t            *trip
	st           look.Style // of the packet
	hereX, hereY int        // where it is, -1 for nowhere
}

// paint draws a plan.
func paint(c *pane.Common, p *plan, t *trip) *painting {
	d := &painting{Common: c, plan: p, t: t, c: newCanvas(p.w, p.h), st: look.Frame, hereX: -1, hereY: -1}
	if t.hop != nil {
		d.st = c.Style(t.journey)
	}
	for _, b := range p.bars {
		d.bar(b)
	}
	for _, b := range p.boxes {
		d.box(b)
	}
	for _, w := range p.wires {
		d.wire(w)
	}
	for _, l := range p.tunnels {
		d.tunnel(l)
	}
	for _, b := range p.boxes { // over the wires
		st := look.Bold
		if d.here(b.m.Name) {
			st = d.st
		}
		d.c.text(b.name, b.y, b.m.Name, b.x+b.w-b.name, st)
		if b.h > 1 && b.name > b.x+1 && look.Cells(b.m.Name) < b.w-6 {
			d.c.put(b.name-1, b.y, ' ', st)
		}
	}
	for i := range p.spots {
		d.spot(&p.spots[i])
	}
	return d
}

// here says that the packet is on a machine.
func (d *painting) here(netns string) bool { return d.t.hop != nil && d.t.hop.NetNS == netns }

func (d *painting) box(b box) {
	st := look.Frame
	if d.here(b.m.Name) {
		st = d.st
	}
	if b.h > 1 {
		d.c.box(b.x, b.y, b.w, b.h, st)
	}
}

// bar draws a segment, with the letter of the packet where that is on it.
func (d *painting) bar(b bar) {
	for x := range d.w {
		d.c.put(x, b.y, '═', look.Frame)
	}
	busy := -1
	for _, e := range b.from {
		r := '╤'
		if e.above {
			r = '╧'
		}
		if d.c.runes[b.y*d.w+min(e.x, d.w-1)] != '═' {
			r = '╪'
		}
		d.c.put(e.x, b.y, r, look.Frame)
		if e.place == d.t.wire && d.t.wire != "" {
			busy = e.x
		}
	}
	title := b.seg.Name
	if b.seg.CIDR.IsValid() {
		title += " " + b.seg.CIDR.String()
	}
	at := b.free(look.Cells(title)+2, d.w-2)
	d.c.text(at, b.y, " "+title+" ", d.w, look.Dim)
	if busy < 0 {
		return
	}
	for x := range d.w {
		if d.c.style[b.y*d.w+x] == look.Frame {
			d.c.style[b.y*d.w+x] = d.st
		}
	}
	label := " " + d.Mark(d.t.journey) + d.T(" on the wire ", " 전송 중 ")
	if n := look.Cells(label); busy+2+n > at && busy < at+look.Cells(title)+2 { // before the title, or behind it
		busy = max(at-n-2, 0)
	}
	d.c.text(busy+2, b.y, label, d.w, d.st)
}

// onWire is the room for the words at a wire that the packet is on, in cells.
const onWire = 18

// free is the column, the furthest to the right before end, where n cells meet no
// wire and leave room for the words at the wire before them; end where there is none.
func (b *bar) free(n, end int) int {
	for at := end - n; at >= 0; at-- {
		if !slices.ContainsFunc(b.from, func(e wireEnd) bool { return e.x > at-onWire && e.x <= at+n }) {
			return at
		}
	}
	return max(end-n, 0)
}

// wire draws a wire; arrows show that the packet is on it.
func (d *painting) wire(w wire) {
	for _, x := range w.cells {
		r, st := x.r, look.Frame
		switch {
		case d.t.wire != "" && d.t.wire == w.a:
			r, st = w.forth, d.st
		case d.t.wire != "" && d.t.wire == w.b:
			r, st = w.off, d.st
		case w.dead && r == '─':
			r = '╌'
		case w.dead:
			r = '✗'
		}
		d.c.put(x.x, x.y, r, st)
	}
}

// tunnel draws a line from the machine that packed a packet into another one to
// the machine that will unpack it.
func (d *painting) tunnel(l tunnels) {
	h, ok := d.t.inTunnel()
	if !ok {
		return
	}
	a, okA := l.at[d.Network().Owner(h.src)]
	b, okB := l.at[d.Network().Owner(h.dst)]
	if !okA || !okB || a.x == b.x {
		return
	}
	label := " " + h.kind + " " + d.Mark(d.t.journey) + " ▶ "
	from, to := a, b
	if a.x > b.x {
		from, to = b, a
		label = " ◀ " + h.kind + " " + d.Mark(d.t.journey) + " "
	}
	for x := from.x + 1; x < to.x; x++ {
		d.c.put(x, l.y, '┄', d.st)
	}
	for _, x := range []cell{from, to} {
		d.c.put(x.x, x.y, '┬', d.st)
		for y := x.y + 1; y < l.y; y++ {
			d.c.put(x.x, y, '│', d.st)
		}
	}
	d.c.put(from.x, l.y, '╰', d.st)
	d.c.put(to.x, l.y, '╯', d.st)
	if n := look.Cells(label); n < to.x-from.x-1 {
		d.c.text(from.x+(to.x-from.x-n)/2, l.y, label, n, d.st)
	}
}

// spot writes an interface: the number of the packet's crossing, or an arrow if it
// is there, the name, and as much of the rest as has room.
func (d *painting) spot(s *spot) {
	x, end := s.x, s.x+s.w
	if s.d == nil {
		d.c.text(x, s.y, s.head, end-x, look.Dim)
		return
	}
	sign, st, tail := "  ", look.Plain, ""
	n := d.t.order[s.place]
	switch {
	case d.t.hop != nil && s.place == d.t.hop.Place():
		sign, st = "▶ ", look.Here
		tail = " " + d.Numbered(d.t.journey, n)
		if d.t.hop.Dir == trace.In {
			sign = "◀ "
		}
		d.hereX, d.hereY = x, s.y
	case !s.d.Up:
		sign, st = "✗ ", look.Dim
	case n > 0:
		sign, st = look.Pad(strconv.Itoa(n), gutter), d.st
	}
	far := ""
	if s.far != "" {
		link := "──"
		switch {
		case d.t.wire != "" && d.t.wire == s.place:
			link = "─▶"
		case d.t.wire != "" && d.t.wire == s.far:
			link = "◀─"
		case !s.d.Carrier:
			link = "╌╌"
		}
		far = " " + link + " " + s.far
	}
	room := end - x - gutter - look.Cells(s.head) - look.Cells(tail)
	if room < look.Cells(s.d.Name)+look.Cells(far) && room > 8 {
		far = "" // the name is worth more
	}
	name := look.Middle(s.d.Name, max(room-look.Cells(far), min(room, 1)))
	x = d.c.text(x, s.y, sign, min(gutter, end-x), st)
	x = d.c.text(x, s.y, s.head, end-x, look.Dim)
	x = d.c.text(x, s.y, name+tail, end-x, st)
	more := s.more
	if w := d.t.waiting[s.place]; w != "" {
		more = append([]string{w + d.T(" waits", " 대기")}, more...)
	}
	for _, e := range more {
		if x+1+look.Cells(e)+look.Cells(far) > end {
			continue
		}
		x = d.c.text(x, s.y, " "+e, end-x, look.Dim)
	}
	if far != "" {
		st := look.Dim
		if strings.ContainsAny(far, "▶◀") {
			st = d.st
		}
		d.c.text(x, s.y, far, end-x, st)
	}
}
