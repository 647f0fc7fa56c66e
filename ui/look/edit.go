package look

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
)

// Edit is one line that is being typed: bubbles' text input, drawn as a Line. The
// zero value is empty.
type Edit struct {
	in   textinput.Model
	made bool
}

// maxLine is how many characters a line may have.
const maxLine = 4096

// input is the text input, made when it is first wanted.
func (e *Edit) input() *textinput.Model {
	if !e.made {
		e.in, e.made = textinput.New(), true
		e.in.CharLimit = maxLine
		e.in.KeyMap.Paste.SetEnabled(false) // the terminal pastes; the program has no clipboard of the host
		for _, b := range []*key.Binding{&e.in.KeyMap.AcceptSuggestion, &e.in.KeyMap.NextSuggestion, &e.in.KeyMap.PrevSuggestion} {
			b.SetEnabled(false)
		}
		e.in.Focus()
	}
	return &e.in
}

// Text is what was typed.
func (e *Edit) Text() string { return e.input().Value() }

// Before is what stands before the cursor.
func (e *Edit) Before() string {
	m := e.input()
	return string([]rune(m.Value())[:m.Position()])
}

// Set replaces the text; the cursor goes to its end.
func (e *Edit) Set(s string) {
	m := e.input()
	m.SetValue(s)
	m.CursorEnd()
}

// Insert types something. What is no character of a line is left out.
func (e *Edit) Insert(s string) { e.Press("", s) }

// EditKeys are the keys that Press knows, as help shows them.
func EditKeys() []string {
	k := new(Edit).input().KeyMap
	var out []string
	for _, b := range editing(k) {
		out = append(out, b.Keys()...)
	}
	return out
}

// editing are the bindings of a line's editor.
func editing(k textinput.KeyMap) []key.Binding {
	return []key.Binding{k.CharacterBackward, k.CharacterForward, k.WordBackward, k.WordForward, k.LineStart, k.LineEnd, k.DeleteCharacterBackward, k.DeleteCharacterForward,
		k.DeleteWordBackward, k.DeleteWordForward, k.DeleteBeforeCursor, k.DeleteAfterCursor}
}

// Press takes a key, named as bubbletea does; text is what it types, if it does.
// It reports whether the key meant something.
func (e *Edit) Press(name, text string) bool {
	m := e.input()
	msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: true} // pasted text is never taken for a key's name
	if text == "" {
		msg = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)} // which is all that bindings compare
		if !key.Matches(msg, editing(m.KeyMap)...) {
			return false
		}
	}
	*m, _ = m.Update(msg)
	return true
}

// Line shows prompt and text in a width, with a cursor if it takes the keys. A
// long text is moved so that the cursor is seen.
func (e *Edit) Line(prompt string, width int, focus bool) Line {
	l := Line{}.Add(Bold, prompt)
	before := e.Before()
	after := strings.TrimPrefix(e.Text(), before)
	room := max(width-Cells(prompt)-1, 4)
	if n := Cells(before) - room; n > 0 {
		before = L(before).Skip(n).String()
	}
	l = l.Add(Plain, before)
	if !focus {
		return l.Add(Plain, after)
	}
	under, n := " ", 0
	if after != "" {
		n = len(first(after))
		under = after[:n]
	}
	return append(l, Span{under, Selected}).Add(Plain, after[n:])
}
