package pane

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"

	"hoplab/ui/look"
)

// Key is a key that was pressed.
type Key struct {
	Name string // as bubbletea names it: "n", "enter", "ctrl+c"
	Text string // what it types; empty for keys that type nothing
}

// String is the key's name: what bindings compare.
func (k Key) String() string { return k.Name }

// Binding is keys that do one thing: what the help says of them, and what happens.
// There is one list of them, so that a key that is shown works, and the other way
// round.
type Binding struct {
	key.Binding
	Do func(Key) Action // nil: it is typed, and Update takes it
}

// Bind binds keys, written as the help shows them: "up/k pgup 1-9".
func Bind(keys, what string, do func(Key) Action) Binding {
	return Binding{key.NewBinding(key.WithKeys(Names(keys)...), key.WithHelp(keys, what)), do}
}

// Typed tells of characters that are typed.
func Typed(keys, what string) Binding {
	return Binding{key.NewBinding(key.WithHelp(keys, what)), nil}
}

// Names are the keys of a text such as "up/k pgup 1-9".
func Names(keys string) []string {
	var out []string
	for _, w := range strings.Fields(keys) {
		switch {
		case len(w) == 3 && w[1] == '-' && w[0] <= w[2]:
			for c := w[0]; c <= w[2]; c++ {
				out = append(out, string(rune(c)))
			}
		case len(w) > 1:
			out = append(out, strings.Split(w, "/")...)
		default:
			out = append(out, w)
		}
	}
	return out
}

// Dispatch does what a key is bound to, nil if that is nothing.
func Dispatch(list []Binding, k Key) Action {
	for _, b := range list {
		if b.Do != nil && key.Matches(k, b.Binding) {
			return b.Do(k)
		}
	}
	return nil
}

// Taken reports that a key is bound.
func Taken(list []Binding, k Key) bool {
	return slices.ContainsFunc(list, func(b Binding) bool { return key.Matches(k, b.Binding) })
}

// Editing tells of the keys that edit a line which is typed.
func (c *Common) Editing() Binding {
	keys := slices.DeleteFunc(look.EditKeys(), func(k string) bool { return len(k) == len("alt+x") && k[:4] == "alt+" }) // esc and a key, here
	return Typed(strings.Join(keys, " "), c.T("edit the line, as in bash", "bash처럼 줄 편집"))
}

// Always is a binding's function that always means something.
func Always(do func(Key)) func(Key) Action {
	return func(k Key) Action {
		do(k)
		return Done{}
	}
}

// Scroll is a place in something longer than the screen.
type Scroll struct {
	Top           int
	height, total int // when it was last looked at
}

// Seen is which lines of how many are seen, from 1 on.
func (s *Scroll) Seen() (from, to, total int) {
	return s.Top + 1, min(s.Top+s.height, s.total), s.total
}

// Show moves so that a line is seen.
func (s *Scroll) Show(line, height, total int) {
	s.height, s.total = height, total
	if line < s.Top {
		s.Top = line
	}
	if line >= s.Top+height {
		s.Top = line - height + 1
	}
	s.Top = max(0, min(s.Top, total-height))
}

// ScrollKeys are those that Move knows.
const ScrollKeys = "up/k down/j pgup/ctrl+u pgdown/ctrl+d home end"

// Move scrolls by lines or pages; it reports whether the key was one for that.
func (s *Scroll) Move(key string, height, total int) bool {
	s.height, s.total = height, total
	switch key {
	case "up", "k":
		s.Top--
	case "down", "j":
		s.Top++
	case "pgup", "ctrl+u":
		s.Top -= max(height-1, 1)
	case "pgdown", "ctrl+d":
		s.Top += max(height-1, 1)
	case "home":
		s.Top = 0
	case "end":
		s.Top = total
	default:
		return false
	}
	s.Top = max(0, min(s.Top, total-height))
	return true
}

// Part is what is seen of lines.
func (s *Scroll) Part(lines []look.Line, height int) []look.Line {
	s.height, s.total = height, len(lines)
	s.Top = max(0, min(s.Top, len(lines)-height))
	return lines[s.Top:min(len(lines), s.Top+height)]
}
