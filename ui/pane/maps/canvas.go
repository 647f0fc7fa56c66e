package maps

import "hoplab/ui/look"

// canvas is a grid of characters, each one cell wide.
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
	if x >= 0 && x < c.w && y >= 0 && y < c.h {
		c.runes[y*c.w+x], c.style[y*c.w+x] = r, st
	}
}

// text writes at most n characters.
func (c *canvas) text(x, y int, s string, n int, st look.Style) {
	for _, r := range s {
		if n--; n < 0 {
			return
		}
		if look.Cells(string(r)) != 1 {
			r = '?'
		}
		c.put(x, y, r, st)
		x++
	}
}

// box draws a frame with a title.
func (c *canvas) box(x, y, w, h int, title string, st, name look.Style) {
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
	c.text(x+1, y, title, w-2, name)
}

// lines gives the grid as lines; plain says that only ASCII may be used.
func (c *canvas) lines(plain bool) []look.Line {
	ascii := map[rune]rune{'─': '-', '│': '|', '┌': '+', '┐': '+', '└': '+', '┘': '+', '┬': '+', '┴': '+', '═': '=', '╤': '+', '╧': '+', '•': '*', '▶': '>', '◀': '<', '✗': 'x', '…': '~'}
	out := make([]look.Line, c.h)
	for y := range c.h {
		var l look.Line
		from := 0
		row, st := c.runes[y*c.w:(y+1)*c.w], c.style[y*c.w:(y+1)*c.w]
		if plain {
			for i, r := range row {
				if a, ok := ascii[r]; ok {
					row[i] = a
				}
			}
		}
		for x := 1; x <= c.w; x++ {
			if x == c.w || st[x] != st[from] {
				l = append(l, look.Span{Text: string(row[from:x]), Style: st[from]})
				from = x
			}
		}
		out[y] = l
	}
	return out
}
