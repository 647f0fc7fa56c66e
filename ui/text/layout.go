package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hoplab/sim/clock"
)

// Widths of columns, in terminal cells.
const (
	timeWidth    = 8  // 0.000046; later instants take more and shift their line
	keywordWidth = 9  // conntrack
	minText      = 24 // what wrapping leaves for the text at least
	defaultWidth = 160
)

// style is an ANSI colour. It only repeats what the words say.
type style string

const (
	plain style = ""
	dim   style = "\x1b[2m"
	bold  style = "\x1b[1m"
	red   style = "\x1b[1;31m"
	green style = "\x1b[32m"
	blue  style = "\x1b[36m"
	reset       = "\x1b[0m"
)

// layout is how lines are laid out; it is shared by the hop log and the
// summary.
type layout struct {
	lang  Lang
	width int
	color bool
	ascii bool
}

func (l *layout) on(dst []byte, s style) []byte {
	if l.color {
		dst = append(dst, s...)
	}
	return dst
}

func (l *layout) off(dst []byte, s style) []byte {
	if l.color && s != plain {
		dst = append(dst, reset...)
	}
	return dst
}

// field adds s in a style, padded to a width, and one blank.
func (l *layout) field(dst []byte, s string, width int, st style) []byte {
	s = visible(s)
	dst = l.off(append(l.on(dst, st), s...), st)
	return spaces(dst, width-cells(s)+1)
}

func spaces(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}

// wrap adds s, which starts at column col, and goes on at column hang of
// further lines where it does not fit. Lines break at blanks; a word longer
// than a line is cut. It returns the column behind the text.
func (l *layout) wrap(dst []byte, s string, col, hang int, st style) ([]byte, int) {
	if l.width-hang < minText {
		hang = max(0, l.width-minText)
	}
	s = visible(s)
	dst = l.on(dst, st)
	for s != "" {
		word := nextWord(s)
		n := cells(word)
		if col+n > l.width && col > hang {
			dst = l.off(trimBlank(dst), st)
			dst = l.on(spaces(append(dst, '\n'), hang), st)
			col = hang
			if word[0] == ' ' {
				s = trimLeft(s)
				continue
			}
		}
		if col+n > l.width {
			word = fit(word, max(1, l.width-col))
			n = cells(word)
		}
		dst = append(dst, word...)
		col += n
		s = s[len(word):]
	}
	return l.off(dst, st), col
}

// visible writes what steers a terminal as cat -v does, ^[ for escape, or by its number
// in Unicode: names and texts of a lab change neither colours nor the cursor. Line feeds
// and tabs stay.
func visible(s string) string {
	steers := func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}
	if strings.IndexFunc(s, steers) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !steers(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			b.WriteString("^" + string(r^0x40))
		default:
			fmt.Fprintf(&b, "<%U>", r)
		}
	}
	return b.String()
}

// nextWord is the first word of s with the blanks in front of it.
func nextWord(s string) string {
	i := 0
	for i < len(s) && s[i] == ' ' {
		i++
	}
	for i < len(s) && s[i] != ' ' {
		i++
	}
	return s[:i]
}

func trimLeft(s string) string {
	for s != "" && s[0] == ' ' {
		s = s[1:]
	}
	return s
}

func trimBlank(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// fit is the longest prefix of s of at most n cells, but at least one rune.
func fit(s string, n int) string {
	col := 0
	for i, r := range s {
		if col += runeCells(r); col > n && i > 0 {
			return s[:i]
		}
	}
	return s
}

// cells is the width of s on a terminal.
func cells(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			n++
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		n += runeCells(r)
		i += size
	}
	return n
}

// runeCells knows the wide characters that the catalogue and Korean names
// contain: Hangul, CJK and their punctuation (Unicode UAX #11).
func runeCells(r rune) int {
	switch {
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff, r >= 0xff00 && r <= 0xff60:
		return 2
	}
	return 1
}

// appendTime adds seconds with six decimals.
func appendTime(dst []byte, at clock.Instant) []byte {
	us := int64(at) / 1000
	dst = strconv.AppendInt(dst, us/1e6, 10)
	dst = append(dst, '.')
	us %= 1e6
	for d := int64(1e5); d > 0; d /= 10 {
		dst = append(dst, byte('0'+us/d%10))
	}
	return dst
}

// Span is a length of time in its natural unit.
func Span(d clock.Duration) string { return string(appendSpan(nil, d)) }

// appendSpan adds a length of time in its natural unit.
func appendSpan(dst []byte, d clock.Duration) []byte {
	switch {
	case d < 1e6:
		return append(strconv.AppendFloat(dst, float64(d)/1e3, 'f', -1, 64), "us"...)
	case d < 1e9:
		return append(strconv.AppendFloat(dst, float64(d/1e3)/1e3, 'f', -1, 64), "ms"...)
	}
	return append(strconv.AppendFloat(dst, float64(d/1e6)/1e3, 'f', -1, 64), "s"...)
}
