// Package help is the page of keys: first those of the pane that has the focus.
package help

import (
	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// Section is keys that belong together.
type Section struct {
	Title string
	Keys  []pane.Binding
}

// Lines lays sections out in a width, in two columns where there is room.
func Lines(sections []Section, w int) []look.Line {
	col := w
	if w >= 100 {
		col = w / 2
	}
	var left, right []look.Line
	for i, s := range sections {
		var l []look.Line
		l = append(l, look.S(look.Head, s.Title))
		for _, b := range s.Keys {
			for k, x := range look.Wrap(b.What, look.Plain, max(col-keyWidth-3, 10), 0) {
				key := ""
				if k == 0 {
					key = b.Key
				}
				l = append(l, append(look.Line{}.Add(look.Key, "  "+look.Pad(key, keyWidth)), x...))
			}
		}
		l = append(l, look.Line{})
		if col < w && i > 0 && len(right)+len(l) <= len(left)+4 {
			right = append(right, l...)
		} else {
			left = append(left, l...)
		}
	}
	if col == w {
		return left
	}
	var out []look.Line
	for i := range max(len(left), len(right)) {
		l := look.Line{}
		if i < len(left) {
			l = left[i]
		}
		l = l.Fit(col)
		if i < len(right) {
			l = append(l[:len(l):len(l)], right[i]...)
		}
		out = append(out, l)
	}
	return out
}

// keyWidth is that of the column of keys.
const keyWidth = 16
