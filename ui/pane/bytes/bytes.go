// Package bytes is the pane of a frame's bytes: its layers and fields, and the
// hex dump; what is chosen in one is marked in the other.
package bytes

import (
	"fmt"
	"strings"

	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Pane shows the frame of the cursor's crossing.
type Pane struct {
	*pane.Common
	w, h   int
	at     int // hop
	sel    int // row of the tree
	scroll pane.Scroll
	layers []Layer
	rows   []row
}

// row is one line of the tree.
type row struct {
	layer, field int // field -1: the layer itself
	off, n       int
}

// New makes the pane.
func New(c *pane.Common) *Pane { return &Pane{Common: c, at: -1} }

// Name finds it.
func (p *Pane) Name() string { return "bytes" }

// Title stands in its frame.
func (p *Pane) Title() string {
	t := p.T("bytes", "바이트")
	if h := p.S.Hop(); h >= 0 {
		t += fmt.Sprintf(": %s %d", p.S.History.Hops[h].Place(), len(p.S.History.Hops[h].Frame))
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
		pane.Bind("up/k down/j pgup pgdown home end", p.T("the field before, after", "이전, 다음 필드"), pane.Always(p.choose)),
		pane.Bind("left/h right/l", p.T("the byte before, after", "이전, 다음 바이트"), pane.Always(p.byte)),
		pane.Bind("c", p.T("copy the frame in hexadecimal", "프레임을 16진수로 복사"), p.copy),
	}
}

// load takes the cursor's frame apart.
func (p *Pane) load() {
	h := p.S.Hop()
	if h == p.at && h >= 0 {
		return
	}
	p.at, p.layers, p.rows = h, nil, nil
	if h < 0 {
		return
	}
	hop := &p.S.History.Hops[h]
	p.layers = Layers(hop.Link, hop.Frame)
	for i, l := range p.layers {
		p.rows = append(p.rows, row{i, -1, l.Off, l.Len})
		if l.Name == "Data" {
			continue
		}
		for j, f := range l.Fields {
			p.rows = append(p.rows, row{i, j, f.Off, f.Len})
		}
	}
	p.sel = min(p.sel, max(len(p.rows)-1, 0))
}

// Update takes a key.
func (p *Pane) Update(k pane.Key) pane.Action {
	p.load()
	return pane.Dispatch(p.Keys(), k)
}

// choose goes to another field.
func (p *Pane) choose(k pane.Key) {
	switch k.Name {
	case "up", "k":
		p.sel--
	case "down", "j":
		p.sel++
	case "pgup":
		p.sel -= p.h / 2
	case "pgdown":
		p.sel += p.h / 2
	case "home":
		p.sel = 0
	case "end":
		p.sel = len(p.rows)
	}
	p.sel = max(min(p.sel, len(p.rows)-1), 0)
}

func (p *Pane) copy(pane.Key) pane.Action {
	if h := p.S.Hop(); h >= 0 {
		return pane.Copy{Text: fmt.Sprintf("%x", p.S.History.Hops[h].Frame), What: p.T("the frame", "프레임")}
	}
	return pane.Done{}
}

// byte moves to the field of the byte beside the chosen one: from the dump to the
// tree.
func (p *Pane) byte(k pane.Key) {
	if p.sel >= len(p.rows) {
		return
	}
	r := p.rows[p.sel]
	want := r.off - 1
	if k.Name == "right" || k.Name == "l" {
		want = r.off + r.n
		if r.field < 0 {
			want = r.off
		}
	}
	for i, x := range p.rows {
		if (x.field >= 0 || p.layers[x.layer].Name == "Data") && x.off <= want && want < x.off+x.n {
			p.sel = i
			return
		}
	}
}

// View makes the lines: tree and dump side by side where there is room, else the
// dump below.
func (p *Pane) View() []look.Line {
	p.load()
	h := p.S.Hop()
	if h < 0 {
		return look.Wrap(p.T("The bytes of a packet stand here. Step to a crossing first: n.", "패킷의 바이트가 여기에 나옵니다. 먼저 n으로 한 홉 이동하세요."), look.Dim, p.w, 0)
	}
	frame := p.S.History.Hops[h].Frame
	const dump = 4 + 1 + 16*3 + 1 + 16
	if p.w >= dump+34 {
		left := p.w - dump - 3
		tree, hex := look.Block(p.Tree(left, p.h), left, p.h), look.Block(p.Dump(frame, 16, p.h), dump, p.h)
		out := make([]look.Line, p.h)
		for i := range out {
			out[i] = append(append(tree[i][:len(tree[i]):len(tree[i])], look.Span{Text: " " + p.Glyph("│", "|") + " ", Style: look.Frame}), hex[i]...)
		}
		return out
	}
	per := 16
	if p.w < dump {
		per = 8
	}
	low := min((len(frame)+per-1)/per, max(p.h/3, 1))
	if p.h < 6 {
		return p.Tree(p.w, p.h)
	}
	return append(look.Block(p.Tree(p.w, p.h-low), p.w, p.h-low), p.Dump(frame, per, low)...)
}

// Tree is the layers and their fields.
func (p *Pane) Tree(w, h int) []look.Line {
	p.load()
	var out []look.Line
	for i, r := range p.rows {
		l := p.layers[r.layer]
		indent := strings.Repeat("  ", l.Depth)
		var line look.Line
		if r.field < 0 {
			tag := ""
			switch {
			case l.Quoted:
				tag = p.T(" (quoted)", " (인용됨)")
			case l.Name == "IPv4" && l.Depth > 0:
				tag = p.T(" (inner)", " (안쪽)")
			case l.Name == "IPv4" && p.tunnel():
				tag = p.T(" (outer)", " (바깥)")
			}
			line = look.Line{}.Add(look.Head, indent+p.Glyph("▾ ", "- ")+l.Name+tag).Add(look.Plain, " "+l.What)
		} else {
			f := l.Fields[r.field]
			line = look.Line{}.Add(look.Dim, indent+"  "+look.Pad(f.Name, 11)).Add(look.Plain, f.Value)
			switch {
			case f.Check && f.OK:
				line = line.Add(look.Good, " "+p.T("right", "맞음"))
			case f.Check:
				line = line.Add(look.Bad, " "+p.T("WRONG", "틀림"))
			}
		}
		if i == p.sel {
			line = line.Fit(w).With(look.Selected)
		}
		out = append(out, line)
	}
	p.scroll.Show(p.sel, h, len(out))
	return p.scroll.Part(out, h)
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

// Dump is the bytes in hexadecimal and as text, those of the chosen row marked.
func (p *Pane) Dump(frame []byte, per, h int) []look.Line {
	var from, to int
	if p.sel < len(p.rows) {
		from, to = p.rows[p.sel].off, p.rows[p.sel].off+p.rows[p.sel].n
	}
	var out []look.Line
	for off := 0; off < len(frame); off += per {
		l := look.Line{}.Add(look.Dim, fmt.Sprintf("%04x ", off))
		text := look.Line{}
		for i := off; i < off+per; i++ {
			if i >= len(frame) {
				l = l.Add(look.Plain, "   ")
				continue
			}
			st := look.Plain
			if i >= from && i < to {
				st = look.Selected
			}
			l = l.Add(st, fmt.Sprintf("%02x", frame[i]))
			if st == look.Selected && i+1 < to && i+1 < off+per {
				l = l.Add(st, " ")
			} else {
				l = l.Add(look.Plain, " ")
			}
			c := "."
			if frame[i] >= 0x20 && frame[i] < 0x7f {
				c = string(rune(frame[i]))
			}
			text = text.Add(st, c)
		}
		out = append(out, append(l.Add(look.Plain, " "), text...))
	}
	s := pane.Scroll{}
	s.Show(min(to/per, from/per+h-1), h, len(out))
	return s.Part(out, h)
}

var _ pane.Pane = (*Pane)(nil)
