package state

import (
	"strings"

	"hoplab/ui/look"
)

// change is a line of a table now, beside what it was.
type change struct {
	mark byte // ' ' as before, '+' new, '-' gone, '~' other words of it
	line string
	was  string // of a line with other words: the line before
}

// diff compares a table with what it was.
func diff(before, now []string) []change {
	head := 0
	for head < len(before) && head < len(now) && before[head] == now[head] {
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(now)-head && before[len(before)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	out := make([]change, 0, len(now))
	keep := func(lines []string) {
		for _, l := range lines {
			out = append(out, change{mark: ' ', line: l})
		}
	}
	keep(now[:head])
	out = append(out, middle(before[head:len(before)-tail], now[head:len(now)-tail])...)
	keep(now[len(now)-tail:])
	return out
}

// mostCells bounds the table of the longest common sequence: larger ones are told
// as all gone and all new.
const mostCells = 1 << 20

// middle compares by the longest common sequence of lines.
func middle(a, b []string) []change {
	w := len(b) + 1
	var long []int32 // of a[i:] and b[j:]
	if (len(a)+1)*w <= mostCells {
		long = make([]int32, (len(a)+1)*w)
		for i := len(a) - 1; i >= 0; i-- {
			for j := len(b) - 1; j >= 0; j-- {
				switch {
				case a[i] == b[j]:
					long[i*w+j] = long[(i+1)*w+j+1] + 1
				default:
					long[i*w+j] = max(long[(i+1)*w+j], long[i*w+j+1])
				}
			}
		}
	}
	var out []change
	var gone, come []string
	flush := func() {
		out = append(out, pair(gone, come)...)
		gone, come = nil, nil
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case long != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			flush()
			out = append(out, change{mark: ' ', line: b[j]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || long == nil || long[(i+1)*w+j] >= long[i*w+j+1]):
			gone = append(gone, a[i])
			i++
		default:
			come = append(come, b[j])
			j++
		}
	}
	flush()
	return out
}

// pair finds the lines of which only some words are other ones, such as counters.
func pair(gone, come []string) []change {
	var out []change
	used := 0
	for _, l := range come {
		c := change{mark: '+', line: l}
		for k := used; k < len(gone); k++ {
			if alike(gone[k], l) {
				for _, g := range gone[used:k] {
					out = append(out, change{mark: '-', line: g})
				}
				c.mark, c.was, used = '~', gone[k], k+1
				break
			}
		}
		out = append(out, c)
	}
	for _, g := range gone[used:] {
		out = append(out, change{mark: '-', line: g})
	}
	return out
}

// alike reports that two lines have as many words, most of them the same.
func alike(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	same := 0
	for i := range x {
		if i < len(y) && x[i] == y[i] {
			same++
		}
	}
	return len(x) == len(y) && len(x) > 1 && 2*same >= len(x)
}

// words are the words of a line with the columns where they begin.
func words(s string) (list []string, at []int) {
	for i := 0; i < len(s); {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		from := i
		for i < len(s) && s[i] != ' ' {
			i++
		}
		if i > from {
			list, at = append(list, s[from:i]), append(at, from)
		}
	}
	return list, at
}

// Rows are the lines of a table with a mark in front: "+" new, "-" gone, "~" with
// other words, and below that what those were. Where there is nothing to compare
// with, nothing is marked.
func Rows(before, now []string, known bool) []look.Line {
	var out []look.Line
	if !known {
		before = now
	}
	for _, c := range diff(before, now) {
		switch c.mark {
		case '+':
			out = append(out, look.S(look.Warm, "+ "+c.line))
		case '-':
			out = append(out, look.S(look.Bad, "- "+c.line))
		case '~':
			out = append(out, altered(c)...)
		default:
			out = append(out, look.L("  "+c.line))
		}
	}
	return out
}

// altered is a line with other words, and below them what they were.
func altered(c change) []look.Line {
	is, at := words(c.line)
	was, _ := words(c.was)
	now, then := look.Line{}.Add(look.Warm, "~ "), look.Line{}.Add(look.Bad, "- ")
	col, old := 0, 0
	for i, w := range is {
		now = now.Add(look.Plain, strings.Repeat(" ", at[i]-col))
		st := look.Plain
		if w != was[i] {
			st = look.Warm
			begin := max(at[i]+len(w)-len(was[i]), old) // numbers stand on the right
			if i == len(is)-1 || !digits(w) {
				begin = max(at[i], old)
			}
			then = then.Add(look.Plain, strings.Repeat(" ", begin-old)).Add(look.Bad, was[i]+" ")
			old = begin + len(was[i]) + 1
		}
		now = now.Add(st, w)
		col = at[i] + len(w)
	}
	return []look.Line{now, then}
}

func digits(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }
