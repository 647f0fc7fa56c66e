package look

import (
	"slices"
	"strings"
	"unicode"
)

// Edit is one line that is being typed. The zero value is empty.
type Edit struct {
	text []rune
	at   int
}

// Text is what was typed.
func (e *Edit) Text() string { return string(e.text) }

// Before is what stands before the cursor.
func (e *Edit) Before() string { return string(e.text[:e.at]) }

// Set replaces the text; the cursor goes to its end.
func (e *Edit) Set(s string) { e.text, e.at = []rune(s), len([]rune(s)) }

// Insert types something. What is no character of a line is left out.
func (e *Edit) Insert(s string) {
	for _, r := range s {
		if r == '\t' || r == '\n' {
			r = ' '
		}
		if unicode.IsControl(r) || len(e.text) >= maxLine {
			continue
		}
		e.text = slices.Insert(e.text, e.at, r)
		e.at++
	}
}

// maxLine is how many characters a line may have.
const maxLine = 4096

// Press takes a key, named as bubbletea does; text is what it types, if it does.
// It reports whether the key meant something.
func (e *Edit) Press(key, text string) bool {
	switch key {
	case "left", "ctrl+b":
		e.at = max(e.at-1, 0)
	case "right", "ctrl+f":
		e.at = min(e.at+1, len(e.text))
	case "home", "ctrl+a":
		e.at = 0
	case "end", "ctrl+e":
		e.at = len(e.text)
	case "backspace", "ctrl+h":
		if e.at > 0 {
			e.text = slices.Delete(e.text, e.at-1, e.at)
			e.at--
		}
	case "delete":
		if e.at < len(e.text) {
			e.text = slices.Delete(e.text, e.at, e.at+1)
		}
	case "ctrl+u":
		e.text, e.at = slices.Clone(e.text[e.at:]), 0
	case "ctrl+k":
		e.text = e.text[:e.at]
	case "ctrl+w":
		i := e.at
		for i > 0 && e.text[i-1] == ' ' {
			i--
		}
		for i > 0 && e.text[i-1] != ' ' {
			i--
		}
		e.text, e.at = slices.Delete(e.text, i, e.at), i
	default:
		if text == "" {
			return false
		}
		e.Insert(text)
	}
	return true
}

// Line shows prompt and text in a width, with a cursor if it takes the keys. A
// long text is moved so that the cursor is seen.
func (e *Edit) Line(prompt string, width int, focus bool) Line {
	l := Line{}.Add(Bold, prompt)
	room := max(width-Cells(prompt)-1, 4)
	before := string(e.text[:e.at])
	for Cells(before) > room {
		before = strings.TrimPrefix(before, string([]rune(before)[0]))
	}
	l = l.Add(Plain, before)
	if !focus {
		return l.Add(Plain, string(e.text[e.at:]))
	}
	under, after := " ", ""
	if e.at < len(e.text) {
		under, after = string(e.text[e.at]), string(e.text[e.at+1:])
	}
	return append(l, Span{under, Selected}).Add(Plain, after)
}
