package look

// Borders are those of boxes that share them with their neighbours. Where they
// meet, the character joins them.
type Borders struct {
	w, h  int
	ascii bool
	arms  []uint8 // of each cell, its four lines as the digits of a number of base 3
}

// Weights of a line.
const (
	Thin  = 1
	Thick = 2
)

// What an arm counts in Borders.arms.
const (
	up    = 27
	right = 9
	down  = 3
	left  = 1
)

// joints are the box drawing characters (Unicode, U+2500) by their arms; the
// corners of thin lines are round, as in lipgloss.RoundedBorder.
const joints = " ╴╸╷╮┑╻┒┓╶─╾╭┬┭┎┰┱╺╼━┍┮┯┏┲┳╵╯┙│┤┥╽┧┪╰┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"

// NewBorders makes a screen without any; ascii says that there are no such characters.
func NewBorders(w, h int, ascii bool) *Borders {
	return &Borders{w, h, ascii, make([]uint8, w*h)}
}

// arm makes an arm of a cell at least as heavy.
func (f *Borders) arm(x, y int, arm, weight uint8) {
	if x < 0 || y < 0 || x >= f.w || y >= f.h {
		return
	}
	c := &f.arms[y*f.w+x]
	if is := *c / arm % 3; is < weight {
		*c += (weight - is) * arm
	}
}

// Across draws a line from one cell to another beside it.
func (f *Borders) Across(x, y, w int, weight uint8) {
	for i := range w {
		if i > 0 {
			f.arm(x+i, y, left, weight)
		}
		if i < w-1 {
			f.arm(x+i, y, right, weight)
		}
	}
}

// Box draws a box; x, y, w and h are those of its border.
func (f *Borders) Box(x, y, w, h int, weight uint8) {
	f.Across(x, y, w, weight)
	f.Across(x, y+h-1, w, weight)
	for i := range h {
		for _, at := range []int{x, x + w - 1} {
			if i > 0 {
				f.arm(at, y+i, up, weight)
			}
			if i < h-1 {
				f.arm(at, y+i, down, weight)
			}
		}
	}
}

// Row is cells of a row, from one column to another.
func (f *Borders) Row(y, from, to int) Line {
	chars := []rune(joints)
	var l Line
	for x := from; x < to; x++ {
		c := f.arms[y*f.w+x]
		r, st := chars[c], Span{Style: Frame}
		for n := c; n > 0; n /= 3 {
			if n%3 == Thick {
				st.Style = Focus
			}
		}
		if f.ascii {
			r = plainJoint(c)
		}
		if k := len(l); k > 0 && l[k-1].Style == st.Style {
			l[k-1].Text += string(r)
			continue
		}
		st.Text = string(r)
		l = append(l, st)
	}
	return l
}

// plainJoint is the same in ASCII.
func plainJoint(c uint8) rune {
	vertical := c/up != 0 || c/down%3 != 0
	thick := c/right%3 == Thick || c%3 == Thick
	switch {
	case c == 0:
		return ' '
	case !vertical && thick:
		return '='
	case !vertical:
		return '-'
	case c/right%3 == 0 && c%3 == 0:
		return '|'
	}
	return '+'
}
