// Package bytes is the pane of a frame's bytes: its layers and fields, and the
// hex dump. One cursor is in both: a row of the tree marks its bytes, and a byte
// marks the field that it belongs to.
package bytes

import (
	"fmt"
	"strings"

	"hoplab/packet/layers"
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane shows the frame of the cursor's crossing.
type Pane struct {
	*pane.Common
	w, h   int
	hop    int // of the crossing that was taken apart
	cuts   int // and when
	sel    int // row of the tree
	at     int // byte
	folded map[string]bool
	scroll pane.Scroll
	layers []layers.Layer
	rows   []row
}

// row is one line of the tree.
type row struct {
	layer, field int // field -1: the layer itself
	off, n       int
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, hop: -1, folded: map[string]bool{}} }

// Name finds it.
func (p *Pane) Name() string { return "bytes" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("bytes", "바이트")
	if h := p.Hop(); h >= 0 {
		t += fmt.Sprintf(p.T(": %s %d bytes", ": %s %d바이트"), p.S.History.Hops[h].Place(), len(p.S.History.Hops[h].Frame))
	}
	return t
}

// Seen is which lines of how many are seen.
func (p *Pane) Seen() (from, to, total int) { return p.scroll.Seen() }

// SetSize is that of the inside.
func (p *Pane) SetSize(w, h int) { p.w, p.h = w, h }

// Keys lists what the pane knows.
func (p *Pane) Keys() []pane.Binding {
	return []pane.Binding{
		pane.Bind("up/k down/j pgup pgdown home end", p.T("the field before, after", "이전, 다음 필드"), pane.Always(p.move)),
		pane.Bind("left/h", p.T("the byte before", "이전 바이트"), pane.Always(func(pane.Key) { p.byte(-1) })),
		pane.Bind("right/l", p.T("the byte after", "다음 바이트"), pane.Always(func(pane.Key) { p.byte(1) })),
		pane.Bind("enter", p.T("fold or unfold the header", "헤더 접기, 펼치기"), pane.Always(func(pane.Key) { p.fold() })),
		pane.Bind("c", p.T("copy the frame in hexadecimal", "프레임을 16진수로 복사"), p.copy),
	}
}

// load takes the cursor's frame apart.
func (p *Pane) load() {
	h := p.Hop()
	if h == p.hop && h >= 0 && p.cuts == p.Cuts {
		return
	}
	p.hop, p.cuts, p.layers = h, p.Cuts, nil
	if h >= 0 {
		hop := &p.S.History.Hops[h]
		p.layers = layers.Parse(hop.Link, hop.Frame)
	}
	p.unfold()
	p.choose(min(p.sel, len(p.rows)-1))
}

// unfold makes the rows of the layers that are not folded.
func (p *Pane) unfold() {
	p.rows = p.rows[:0]
	for i := range p.layers {
		l := &p.layers[i]
		p.rows = append(p.rows, row{i, -1, l.Off, l.Len})
		if p.folded[p.label(l)] {
			continue
		}
		for j, f := range l.Fields {
			p.rows = append(p.rows, row{i, j, f.Off, f.Len})
		}
	}
}

// choose moves to a row; the byte is its first one.
func (p *Pane) choose(n int) {
	p.sel = max(min(n, len(p.rows)-1), 0)
	if p.sel < len(p.rows) {
		p.at = p.rows[p.sel].off
	}
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	p.load()
	return pane.Dispatch(p.Keys(), k)
}

// move goes to another row.
func (p *Pane) move(k pane.Key) {
	n := p.sel
	switch k.Name {
	case "up", "k":
		n--
	case "down", "j":
		n++
	case "pgup":
		n -= p.h / 2
	case "pgdown":
		n += p.h / 2
	case "home":
		n = 0
	case "end":
		n = len(p.rows) - 1
	}
	p.choose(n)
}

func (p *Pane) copy(pane.Key) pane.Action {
	if h := p.Hop(); h >= 0 {
		return pane.Copy{Text: fmt.Sprintf("%x", p.S.History.Hops[h].Frame), What: p.T("the frame", "프레임")}
	}
	return pane.Done{}
}

// fold closes or opens the layer of the chosen row. Layers of the same name stay
// so from packet to packet.
func (p *Pane) fold() {
	if p.sel >= len(p.rows) {
		return
	}
	n := p.rows[p.sel].layer
	name := p.label(&p.layers[n])
	p.folded[name] = !p.folded[name]
	p.unfold()
	for i, r := range p.rows {
		if r.layer == n {
			p.choose(i)
			return
		}
	}
}

// byte moves to the byte before or after, and to the row that it belongs to: the
// smallest that has it.
func (p *Pane) byte(d int) {
	if p.hop < 0 {
		return
	}
	p.at = max(min(p.at+d, len(p.S.History.Hops[p.hop].Frame)-1), 0)
	best := -1
	for i, r := range p.rows {
		if r.off <= p.at && p.at < r.off+r.n && (best < 0 || r.n < p.rows[best].n) {
			best = i
		}
	}
	if cur := p.rows[p.sel]; best >= 0 && !(cur.field >= 0 && cur.off == p.rows[best].off && cur.n == p.rows[best].n) {
		p.sel = best
	}
}

// Widths of the hex dump, in cells, and of the tree beside it.
const (
	wideDump   = 5 + 16*3 + 1 + 16
	narrowDump = 5 + 8*3 + 1 + 8
	treeWidth  = 36
)

// View makes the lines: tree and dump side by side where there is room, else the
// dump below. The last line tells of the byte.
func (p *Pane) View() []look.Line {
	p.load()
	if p.hop < 0 {
		return look.Wrap(p.T("The bytes of a packet stand here. Step to a hop first: n.", "패킷의 바이트가 여기에 나옵니다. 먼저 n으로 한 홉 이동하세요."), look.Dim, p.w, 0)
	}
	frame := p.S.History.Hops[p.hop].Frame
	if p.h < 6 {
		return p.Tree(p.w, p.h)
	}
	h := p.h - 1
	dump, per := narrowDump, 8
	if p.w >= wideDump+3+treeWidth {
		dump, per = wideDump, 16
	}
	if left := p.w - dump - 3; left >= treeWidth {
		tree, hex := look.Block(p.Tree(left, h), left, h), look.Block(p.Dump(frame, per, h), dump, h)
		out := make([]look.Line, h)
		for i := range out {
			out[i] = append(append(tree[i][:len(tree[i]):len(tree[i])], look.Span{Text: " " + p.Glyph("│", "|") + " ", Style: look.Frame}), hex[i]...)
		}
		return append(out, p.one(frame))
	}
	if p.w >= wideDump {
		per = 16
	}
	low := min((len(frame)+per-1)/per, max(h/3, 1))
	out := append(look.Block(p.Tree(p.w, h-low), p.w, h-low), look.Block(p.Dump(frame, per, low), p.w, low)...)
	return append(out, p.one(frame))
}

// one tells of the chosen byte.
func (p *Pane) one(frame []byte) look.Line {
	if p.at >= len(frame) {
		return nil
	}
	return look.S(look.Dim, fmt.Sprintf(p.T("byte %d (0x%04x): 0x%02x = %d = %08[4]b", "바이트 %d (0x%04x): 0x%02x = %d = %08[4]b"), p.at, p.at, frame[p.at], frame[p.at]))
}

// label is the name of a layer; of packets in packets it says which one it is.
func (p *Pane) label(l *layers.Layer) string {
	switch {
	case l.Quoted:
		return p.T("quoted ", "인용된 ") + l.Name
	case !p.tunnel():
	case l.Depth > 0:
		return p.T("inner ", "안쪽 ") + l.Name
	case l.Name == "IPv4" || l.Name == "Ethernet" || l.Name == "UDP":
		return p.T("outer ", "바깥 ") + l.Name
	}
	return l.Name
}

// tunnel reports that there is a packet inside.
func (p *Pane) tunnel() bool {
	for _, l := range p.layers {
		if l.Depth > 0 && !l.Quoted {
			return true
		}
	}
	return false
}

// sum says what is known of a checksum.
func (p *Pane) sum(f *layers.Field) look.Line {
	switch f.Sum {
	case layers.Right:
		return look.S(look.Good, p.T(" ok, computed the same", " ok, 계산값과 같음"))
	case layers.Wrong:
		return look.S(look.Bad, fmt.Sprintf(p.T(" BAD, computed 0x%04x", " 틀림(BAD), 계산값 0x%04x"), f.Want))
	case layers.Unused:
		return look.S(look.Dim, p.T(" none: the sender made none", " 없음: 보낸 쪽이 계산하지 않음"))
	case layers.Partial:
		return look.S(look.Dim, p.T(" of the whole packet, which is not here", " 전체 패킷의 값, 여기에는 일부만 있음"))
	}
	return nil
}

// Tree is the layers and their fields.
func (p *Pane) Tree(w, h int) []look.Line {
	p.load()
	var out []look.Line
	for i, r := range p.rows {
		l := &p.layers[r.layer]
		mark := "  "
		if i == p.sel {
			mark = p.Glyph("▸ ", "> ")
		}
		indent := mark + strings.Repeat("  ", l.Depth)
		var line look.Line
		if r.field < 0 {
			open := p.Glyph("▾ ", "- ")
			if p.folded[p.label(l)] {
				open = p.Glyph("▹ ", "+ ")
			}
			if len(l.Fields) == 0 {
				open = ""
			}
			line = look.Line{}.Add(look.Head, indent+open+p.label(l)).Add(look.Plain, " "+l.What)
		} else {
			f := &l.Fields[r.field]
			line = append(look.Line{}.Add(look.Dim, indent+"  "+look.Pad(f.Name, 10)+" ").Add(look.Plain, f.Value), p.sum(f)...)
		}
		if i == p.sel {
			line = line.Fit(w).With(look.Selected)
		}
		out = append(out, line)
	}
	p.scroll.Show(p.sel, h, len(out))
	return p.scroll.Part(out, h)
}

// Dump is the bytes in hexadecimal and as text, those of the chosen row in
// brackets.
func (p *Pane) Dump(frame []byte, per, h int) []look.Line {
	var from, to int
	if p.sel < len(p.rows) {
		from, to = p.rows[p.sel].off, p.rows[p.sel].off+p.rows[p.sel].n
	}
	var out []look.Line
	for off := 0; off < len(frame); off += per {
		l := look.Line{}.Add(look.Dim, fmt.Sprintf("%04x", off))
		text := look.Line{}
		for i := off; i < off+per; i++ {
			in := i >= from && i < to
			l = l.Add(look.Plain, gap(in && (i == from || i == off), i == to && i > off && to > from))
			if i >= len(frame) {
				l = l.Add(look.Plain, "  ")
				continue
			}
			st := look.Plain
			switch {
			case i == p.at && in:
				st = look.Here
			case in:
				st = look.Selected
			}
			l = l.Add(st, fmt.Sprintf("%02x", frame[i]))
			c := "."
			if frame[i] >= 0x20 && frame[i] < 0x7f {
				c = string(rune(frame[i]))
			}
			text = text.Add(st, c)
		}
		l = l.Add(look.Plain, gap(false, from < off+per && to >= off+per && off < to))
		out = append(out, append(l.Add(look.Plain, " "), text...))
	}
	s := pane.Scroll{}
	s.Show(min(to/per, from/per+h-1), h, len(out))
	s.Show(p.at/per, h, len(out))
	return s.Part(out, h)
}

// gap is what stands between two bytes: a bracket where the chosen ones begin or
// end.
func gap(begins, ends bool) string {
	switch {
	case begins:
		return "["
	case ends:
		return "]"
	}
	return " "
}

var _ pane.Pane = (*Pane)(nil)
