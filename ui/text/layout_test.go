package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim/clock"
)

func TestWrappingKeepsWithinTheWidth(t *testing.T) {
	l := layout{width: 40}
	long := "one two three four five six seven eight nine ten eleven twelve thirteen"
	got, _ := l.wrap(spaces(nil, 10), long, 10, 12, plain)
	for _, line := range strings.Split(string(got), "\n") {
		require.LessOrEqual(t, cells(line), 40, line)
		require.Equal(t, strings.TrimRight(line, " "), line, "no blanks at the end")
	}
	require.Equal(t, strings.Fields(long), strings.Fields(string(got)), "no word is lost")
	require.Contains(t, string(got), "\n"+strings.Repeat(" ", 12)+"seven")
}

func TestAWordLongerThanALineIsCut(t *testing.T) {
	l := layout{width: 30}
	got, _ := l.wrap(nil, strings.Repeat("경", 40), 0, 2, plain)
	for _, line := range strings.Split(string(got), "\n") {
		require.LessOrEqual(t, cells(line), 30)
	}
	require.Equal(t, 40, strings.Count(string(got), "경"))
}

// What a lab's names and texts contain steers no terminal.
func TestControlCharactersAreShown(t *testing.T) {
	const hostile = "a\x1b[2J\u009b31m\u202e\r\x7f한"
	const seen = "a^[[2J<U+009B>31m<U+202E>^M^?한"
	l := layout{width: 80}
	require.Equal(t, seen+"  ", string(l.field(nil, hostile, cells(seen)+1, plain)))
	got, col := l.wrap(nil, hostile, 0, 0, plain)
	require.Equal(t, seen, string(got))
	require.Equal(t, cells(seen), col)
}

func TestColourOnlyAddsToTheText(t *testing.T) {
	plainText, _ := (&layout{width: 40}).wrap(nil, "drop: it is gone, and nobody knows where to", 0, 4, red)
	coloured, _ := (&layout{width: 40, color: true}).wrap(nil, "drop: it is gone, and nobody knows where to", 0, 4, red)
	require.NotEqual(t, string(plainText), string(coloured))
	require.Equal(t, string(plainText), strings.NewReplacer(string(red), "", reset, "").Replace(string(coloured)))
}

func TestTimesAndSpans(t *testing.T) {
	require.Equal(t, "0.000046", string(appendTime(nil, 46_999)))
	require.Equal(t, "12.000000", string(appendTime(nil, 12e9)))
	for d, want := range map[int64]string{500: "0.5us", 40_000: "40us", 1_500_000: "1.5ms", 3_100_000_000: "3.1s"} {
		require.Equal(t, want, string(appendSpan(nil, clock.Duration(d))))
	}
}
