package look

import (
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// Theme says how styles look on a terminal: what to write before a text of each,
// and after it.
type Theme struct {
	Name          string
	before, after [numStyles]string
}

// ThemeNames are those that NewTheme knows. "auto" is dark or light.
func ThemeNames() []string { return []string{"auto", "dark", "light", "contrast"} }

// Terminal is what a theme has to know of the terminal.
type Terminal struct {
	Profile termenv.Profile // how many colours it has; Ascii: no colours, but reverse
	Light   bool            // its background is light
}

// NewTheme makes a theme for a terminal; nil where there is none of that name.
func NewTheme(name string, t Terminal) *Theme {
	var paint func(lipgloss.Style, Style) lipgloss.Style
	switch {
	case t.Profile == termenv.Ascii:
		paint = reverse
	case name == "contrast":
		paint = contrast
	case name == "light", name == "auto" && t.Light:
		paint = light
	case name == "dark", name == "auto":
		paint = dark
	default:
		return nil
	}
	// A renderer of its own: that of lipgloss is shared, and asks the terminal.
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(min(t.Profile, termenv.ANSI))
	th := &Theme{Name: name}
	for st := range numStyles {
		const mark = "x"
		th.before[st], th.after[st], _ = strings.Cut(paint(r.NewStyle(), st).Render(mark), mark)
	}
	return th
}

// Text is a theme without any escape sequence.
func Text() *Theme { return &Theme{Name: "text"} }

// reverse is for terminals without colours, and for who wants none: only what has
// to be seen stands out.
func reverse(s lipgloss.Style, st Style) lipgloss.Style {
	return s.Reverse(st == Selected || st == Here)
}

// contrast has no colours either, but bold and underlined text.
func contrast(s lipgloss.Style, st Style) lipgloss.Style {
	switch st {
	case Plain, Dim, Frame:
	case Selected:
		s = s.Reverse(true)
	case Bad, Here:
		s = s.Bold(true).Reverse(true)
	case Head, Warm:
		s = s.Bold(true).Underline(true)
	default:
		s = s.Bold(true)
	}
	return s
}

// ink is a colour for terminals with 16 million, 256 and 16 of them. The 16 are
// those of the user's own palette.
func ink(full, many, few string) lipgloss.CompleteColor {
	return lipgloss.CompleteColor{TrueColor: full, ANSI256: many, ANSI: few}
}

// dark is for a dark background.
func dark(s lipgloss.Style, st Style) lipgloss.Style {
	yellow, cyan, grey := ink("#e5c07b", "179", "3"), ink("#56b6c2", "80", "6"), ink("#8a919e", "245", "8")
	return colours(s, st, map[Style]lipgloss.CompleteColor{
		Dim: grey, Head: cyan, Good: ink("#98c379", "114", "2"), Bad: ink("#ff6c6b", "203", "1"), Cool: cyan, Warm: yellow, Key: ink("#61afef", "75", "6"),
		Here: yellow, Frame: ink("#5c6370", "240", "8"), Focus: cyan,
		Talk0: yellow, Talk1: ink("#c678dd", "176", "5"), Talk2: ink("#61afef", "75", "4"), Talk3: ink("#98c379", "114", "2"), Talk4: cyan, Talk5: ink("#e06c75", "174", "1"),
	})
}

// light is for a light background.
func light(s lipgloss.Style, st Style) lipgloss.Style {
	blue, plum, grey := ink("#0550ae", "25", "4"), ink("#8250df", "91", "5"), ink("#656d76", "242", "8")
	return colours(s, st, map[Style]lipgloss.CompleteColor{
		Dim: grey, Head: blue, Good: ink("#116329", "22", "2"), Bad: ink("#cf222e", "160", "1"), Cool: blue, Warm: plum, Key: blue,
		Here: plum, Frame: ink("#afb8c1", "249", "8"), Focus: blue,
		Talk0: ink("#9a3412", "130", "1"), Talk1: plum, Talk2: blue, Talk3: ink("#116329", "22", "2"), Talk4: ink("#0e7490", "30", "6"), Talk5: ink("#be185d", "162", "1"),
	})
}

// colours adds the colour of a style to what it is without one.
func colours(s lipgloss.Style, st Style, ink map[Style]lipgloss.CompleteColor) lipgloss.Style {
	switch st {
	case Bold, Head, Bad, Warm, Focus:
		s = s.Bold(true)
	case Selected:
		s = s.Reverse(true)
	case Here:
		s = s.Bold(true).Reverse(true)
	}
	if c, ok := ink[st]; ok {
		s = s.Foreground(c)
	}
	return s
}

// Append adds a line as the terminal gets it: with the theme's own escape sequences
// and no others, whatever names and texts of a lab contain.
func (t *Theme) Append(b *strings.Builder, l Line) {
	for _, s := range l {
		b.WriteString(t.before[s.Style])
		b.WriteString(visible(s.Text))
		b.WriteString(t.after[s.Style])
	}
}

// Render makes a screen of lines.
func (t *Theme) Render(lines []Line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		t.Append(&b, l)
	}
	return b.String()
}
