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
			keys := look.Wrap(b.Help().Key, look.Key, keyWidth-1, 0)
			what := look.Wrap(b.Help().Desc, look.Plain, max(col-keyWidth-3, 10), 0)
			for k := range max(len(keys), len(what)) {
				row := look.Line{}.Add(look.Plain, "  ")
				if k < len(keys) {
					row = append(row, keys[k]...)
				}
				row = row.Fit(keyWidth + 2)
				if k < len(what) {
					row = append(row, what[k]...)
				}
				l = append(l, row)
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
