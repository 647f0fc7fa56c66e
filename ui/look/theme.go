package look

import "strings"

// Theme says how styles look on a terminal, as SGR parameters (ECMA-48 8.3.117).
// They are the sixteen colours that the user's own palette defines, so that they
// fit it.
type Theme struct {
	Name string
	sgr  [numStyles]string
}

// Themes are those that there are; the first is the default.
func Themes() []*Theme {
	dark := [numStyles]string{Dim: "90", Bold: "1", Head: "1;36", Good: "32", Bad: "1;31", Cool: "36", Warm: "1;33", Key: "36", Selected: "7", Here: "1;7;33", Frame: "90", Focus: "1;36",
		Talk0: "33", Talk1: "35", Talk2: "34", Talk3: "32", Talk4: "36", Talk5: "31"}
	light := dark
	light[Dim], light[Head], light[Cool], light[Warm], light[Key], light[Here], light[Focus] = "2", "1;34", "34", "1;35", "34", "1;7;35", "1;34"
	light[Talk0], light[Talk4] = "31", "30"
	contrast := [numStyles]string{Bold: "1", Head: "1;4", Good: "1", Bad: "1;7", Cool: "1", Warm: "1;4", Key: "1", Selected: "7", Here: "1;7", Focus: "1",
		Talk0: "1", Talk1: "1", Talk2: "1", Talk3: "1", Talk4: "1", Talk5: "1"}
	return []*Theme{{"dark", dark}, {"light", light}, {"contrast", contrast}}
}

// ThemeNamed finds a theme, nil if there is none.
func ThemeNamed(name string) *Theme {
	for _, t := range Themes() {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// NoColor is a theme of plain text; only what has to be seen stands out, in
// reverse.
func NoColor() *Theme {
	return &Theme{Name: "none", sgr: [numStyles]string{Selected: "7", Here: "7"}}
}

// Text is a theme without any escape sequence.
func Text() *Theme { return &Theme{Name: "text"} }

// Append adds a line as the terminal gets it.
func (t *Theme) Append(b *strings.Builder, l Line) {
	for _, s := range l {
		sgr := t.sgr[s.Style]
		if sgr == "" {
			b.WriteString(s.Text)
			continue
		}
		b.WriteString("\x1b[")
		b.WriteString(sgr)
		b.WriteByte('m')
		b.WriteString(s.Text)
		b.WriteString("\x1b[0m")
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
