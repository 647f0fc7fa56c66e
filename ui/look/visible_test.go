package look

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Nothing of a text but its characters reaches the terminal, and its width stays.
func FuzzVisible(f *testing.F) {
	for _, s := range []string{"a", "한글", "\x1b[31mred\x1b[0m", "\x1b]52;c;AAAA\a", "\x1b]0;open", "a\x9b31mb", "a\u009b31mb", "\u202egnp", "a\xffb", "\r\n\t\x7f", "e\u0301", "👩\u200d👩", "\x1bPq\x1b\\x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := visible(s)
		require.True(t, utf8.ValidString(v))
		require.Negative(t, strings.IndexFunc(v, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }), "%q", v)
		require.Equal(t, Cells(s), Cells(v), "%q became %q", s, v)
		require.Equal(t, v, Text().Render([]Line{L(s)}))
	})
}
