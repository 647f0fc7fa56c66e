package maps

import "hoplab/ui/look"

// canvas is a grid of cells. The second cell of a wide character holds 0.
type canvas struct {
	w, h  int
	runes []rune
	style []look.Style
}

func newCanvas(w, h int) *canvas {
	c := &canvas{w, h, make([]rune, w*h), make([]look.Style, w*h)}
	for i := range c.runes {
		c.runes[i] = ' '
	}
	return c
}

func (c *canvas) put(x, y int, r rune, st look.Style) {
	if x < 0 || x >= c.w || y < 0 || y >= c.h {
		return
	}
	at := y*c.w + x
	switch { // half of a wide character does not stay
	case c.runes[at] == 0:
		c.runes[at-1] = ' '
	case x+1 < c.w && c.runes[at+1] == 0:
		c.runes[at+1] = ' '
	}
	c.runes[at], c.style[at] = r, st
}

// text writes at most n cells and gives the column behind them.
func (c *canvas) text(x, y int, s string, n int, st look.Style) int {
	for _, r := range s {
		w := look.Cells(string(r))
		if w == 0 {
			continue
		}
		if n -= w; n < 0 || x+w > c.w {
			break
		}
		c.put(x, y, r, st)
		if w == 2 {
			c.put(x+1, y, ' ', st)
			c.runes[y*c.w+x+1] = 0
		}
		x += w
	}
	return x
}

// box draws a frame.
func (c *canvas) box(x, y, w, h int, st look.Style) {
	for i := 1; i < w-1; i++ {
		c.put(x+i, y, '─', st)
		c.put(x+i, y+h-1, '─', st)
	}
	for i := 1; i < h-1; i++ {
		c.put(x, y+i, '│', st)
		c.put(x+w-1, y+i, '│', st)
	}
	c.put(x, y, '┌', st)
	c.put(x+w-1, y, '┐', st)
	c.put(x, y+h-1, '└', st)
	c.put(x+w-1, y+h-1, '┘', st)
}

// ascii is what stands for a character where there is no UTF-8.
func ascii(r rune) rune {
	switch r {
	case '─', '╌', '┄':
		return '-'
	case '│', '╵', '╷':
		return '|'
	case '┌', '┐', '└', '┘', '├', '┬', '┴', '╤', '╧', '╪', '╰', '╯':
		return '+'
	case '═':
		return '='
	case '▶':
		return '>'
	case '◀':
		return '<'
	case '▲':
		return '^'
	case '▼':
		return 'v'
	case '✗':
		return 'x'
	case '…':
		return '~'
	}
	return r
}

// lines gives the grid as lines; plain says that only ASCII may be used.
func (c *canvas) lines(plain bool) []look.Line {
	out := make([]look.Line, c.h)
	buf := make([]rune, 0, c.w)
	for y := range c.h {
		var l look.Line
		row, st := c.runes[y*c.w:(y+1)*c.w], c.style[y*c.w:(y+1)*c.w]
		from := 0
		for x := 0; x <= c.w; x++ {
			if x > from && (x == c.w || st[x] != st[from] && row[x] != 0) {
				buf = buf[:0]
				for _, r := range row[from:x] {
					if plain {
						r = ascii(r)
					}
					if r != 0 {
						buf = append(buf, r)
					}
				}
				l = append(l, look.Span{Text: string(buf), Style: st[from]})
				from = x
			}
		}
		out[y] = l
	}
	return out
}
