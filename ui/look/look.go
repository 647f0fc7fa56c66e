// Package look is text for a terminal before it has colours: lines of spans whose
// style says what they mean, cut and padded by the cells that they take on the
// screen (Hangul takes two, by the same table as bubbletea's). A Theme turns them
// into bytes at the end.
package look

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Style is what a span means. Colour only repeats what the words and marks say.
type Style uint8

// The styles.
const (
	Plain    Style = iota
	Dim            // beside the point
	Bold           // names
	Head           // headings
	Good           // met, up, ingress
	Bad            // drops, failures
	Cool           // egress, links
	Warm           // changed, a mark
	Key            // a key to press
	Selected       // the cursor's line
	Here           // the packet is here
	Frame          // borders of panes
	Focus          // border of the pane that takes the keys
	Talk0          // packets of one talk: request, answer, their ARP
	Talk1
	Talk2
	Talk3
	Talk4
	Talk5
	numStyles
)

// Talk is the style of a talk.
func Talk(n int) Style { return Talk0 + Style(n%6) }

// Span is text of one style.
type Span struct {
	Text  string
	Style Style
}

// Line is one line of the screen.
type Line []Span

// L makes a plain line.
func L(text string) Line { return Line{{text, Plain}} }

// S makes a line of one style.
func S(st Style, text string) Line { return Line{{text, st}} }

// Add appends a span.
func (l Line) Add(st Style, text string) Line {
	if text == "" {
		return l
	}
	return append(l, Span{text, st})
}

// String is the text without styles.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Cells is the width of a line.
func (l Line) Cells() int {
	n := 0
	for _, s := range l {
		n += Cells(s.Text)
	}
	return n
}

// Fit cuts or pads a line to a width exactly. What is cut ends in "…".
func (l Line) Fit(width int) Line {
	n := l.Cells()
	if n == width {
		return l
	}
	if n < width {
		return append(l[:len(l):len(l)], Span{strings.Repeat(" ", width-n), last(l)})
	}
	return l.cut(width)
}

// last is the style that goes on to the end of a line: only of a selected one.
func last(l Line) Style {
	if n := len(l); n > 0 && l[n-1].Style == Selected {
		return Selected
	}
	return Plain
}

// cut shortens a line that is too long.
func (l Line) cut(width int) Line {
	if width <= 0 {
		return nil
	}
	var out Line
	left := width - 1
	for _, s := range l {
		c := Cells(s.Text)
		if c <= left {
			out, left = append(out, s), left-c
			continue
		}
		t := Cut(s.Text, left)
		left -= Cells(t)
		return append(out, Span{t + "…" + strings.Repeat(" ", left), s.Style})
	}
	return out
}

// Skip leaves out the first n cells.
func (l Line) Skip(n int) Line {
	var out Line
	for _, s := range l {
		c := Cells(s.Text)
		if c <= n {
			n -= c
			continue
		}
		if n > 0 {
			s.Text = ansi.TruncateLeft(valid(s.Text), n, "")
			if Cells(s.Text) > c-n { // half of a wide character
				s.Text = " " + s.Text[len(first(s.Text)):]
			}
			n = 0
		}
		out = append(out, s)
	}
	return out
}

// With gives the line in one style.
func (l Line) With(st Style) Line { return Line{{l.String(), st}} }

// Block makes a text of exactly that size.
func Block(lines []Line, width, height int) []Line {
	out := make([]Line, height)
	for i := range out {
		if i < len(lines) {
			out[i] = lines[i].Fit(width)
		} else {
			out[i] = Line{}.Fit(width)
		}
	}
	return out
}

// Wrap breaks a text at blanks into lines of a width; further lines begin at
// hang.
func Wrap(text string, st Style, width, hang int) []Line {
	if width < 8 {
		hang = 0
	}
	var out []Line
	for _, part := range strings.Split(text, "\n") {
		out = append(out, wrap(part, st, max(width, 1), hang)...)
	}
	return out
}

// wrap breaks at blanks alone: the wrapping of x/ansi also breaks at hyphens, and
// names are full of them.
func wrap(text string, st Style, width, hang int) []Line {
	var out []Line
	text = valid(text)
	indent := ""
	room := width
	for {
		head := begin(text, room)
		if len(head) == len(text) && Cells(text) <= room {
			return append(out, Line{}.Add(st, indent+text))
		}
		head = Cut(head, room)
		if i := strings.LastIndexByte(head, ' '); i > 0 && strings.TrimLeft(head[:i], " ") != "" && (len(head) == len(text) || text[len(head)] != ' ') {
			head = head[:i]
		}
		if head == "" {
			head = first(text)
		}
		out = append(out, Line{}.Add(st, indent+strings.TrimRight(head, " ")))
		text = strings.TrimLeft(text[len(head):], " ")
		indent, room = strings.Repeat(" ", hang), max(width-hang, 1)
		if text == "" {
			return out
		}
	}
}

// begin is a beginning of s that takes more cells than room, or all of s: of a long
// text only so much is measured.
func begin(s string, room int) string {
	for n := 2*room + utf8.UTFMax; n < len(s); n *= 2 {
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n++
		}
		if Cells(s[:n]) > room+2 { // a cluster at the end may go on
			return s[:n]
		}
	}
	return s
}

// Cut is the longest beginning of s of at most n cells.
func Cut(s string, n int) string {
	if n >= len(s) {
		return s // no character takes more cells than bytes
	}
	return ansi.Truncate(valid(s), max(n, 0), "")
}

// first is the first character of s as one sees it, with the marks that join it.
func first(s string) string {
	c, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return c
}

// Pad pads or cuts s to a width.
func Pad(s string, width int) string {
	if n := Cells(s); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	return Cut(s, width)
}

// Middle cuts the middle out of a long name: the ends tell names apart.
func Middle(s string, n int) string {
	if Cells(s) <= n || len(s) != Cells(s) {
		return Cut(s, max(n, 0))
	}
	if n < 6 {
		return s[:max(n, 0)]
	}
	return s[:n-5] + "…" + s[len(s)-4:]
}

// Cells is the width of s on a terminal.
func Cells(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return ansi.StringWidth(valid(s))
}

// Clean takes out what would move the cursor or change the colour: escape
// sequences and control characters. Tabs become blanks.
func Clean(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(valid(s), "\t") {
		if i > 0 {
			const stop = 8
			b.WriteString(strings.Repeat(" ", stop-Cells(b.String())%stop))
		}
		b.WriteString(visible(part))
	}
	return b.String()
}

// visible is a text without what takes no cell and steers the terminal: escape
// sequences, control characters, marks that turn the direction of a text. It takes as
// many cells as before.
func visible(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, ansi.Strip(valid(s)))
}

// valid puts a mark for what is no character.
func valid(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

// isPlain says that a text is printable ASCII: as most are.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
