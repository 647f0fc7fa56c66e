package look

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"github.com/stretchr/testify/require"
)

func TestWidths(t *testing.T) {
	for s, cells := range map[string]int{
		"": 0, "eth0": 4, "한글": 4, "파드 pod": 8, "e\u0301": 1, "한\u0301": 2, "▸│…━█•✓": 7, "→": 1, "👩‍💻": 2, "\u200b": 0, "\x1b[1mbold\x1b[0m": 4, "ｆ": 2, "각": 2,
	} {
		require.Equal(t, cells, Cells(s), "%q", s)
	}
	require.Equal(t, "한", Cut("한글", 3)) // half of a wide character is none
	require.Equal(t, "e\u0301", Cut("e\u0301a", 1))
	require.Empty(t, Cut("한글", -1))
	require.Equal(t, " 글 pod", L("한글 pod").Skip(1).String())
	require.Equal(t, "pod", L("한글 pod").Skip(5).String())
	for _, l := range []Line{L("한글 cluster"), Line{}.Add(Dim, "a").Add(Bold, "한글"), L("e\u0301e\u0301e\u0301"), nil} {
		for w := range 20 {
			require.Equal(t, w, l.Fit(w).Cells(), "%q in %d", l.String(), w)
		}
	}
}

func TestWrap(t *testing.T) {
	text := func(lines []Line) string {
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(l.String() + "\n")
		}
		return b.String()
	}
	require.Equal(t, "via calico-node-1\n  dev tunl0\n", text(Wrap("via calico-node-1 dev tunl0", Plain, 18, 2))) // not at a hyphen
	require.Equal(t, "한글\n한글\n", text(Wrap("한글한글", Plain, 5, 0)))
	require.Equal(t, "a\n\nb\n", text(Wrap("a\n\nb", Plain, 5, 0)))
	for w := -1; w < 30; w++ {
		for _, l := range Wrap("파드 pod1은 e\u0301 k8s-w1:calice0906292e2", Plain, w, 2) {
			require.LessOrEqual(t, l.Cells(), max(w, 2))
		}
	}
}

// A line of megabytes, as a program may print it, is wrapped in no time.
func TestWrapOfALongLine(t *testing.T) {
	for _, unit := range []string{"x", "한", "word ", "e\u0301", "👩‍💻", "\u0301"} {
		text := strings.Repeat(unit, 200_000)
		start := time.Now()
		lines := Wrap(text, Plain, 80, 0)
		require.Less(t, time.Since(start), 5*time.Second, "%q", unit)
		var b strings.Builder
		for _, l := range lines {
			require.LessOrEqual(t, l.Cells(), 80)
			b.WriteString(l.String())
		}
		require.Equal(t, strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(b.String(), " ", ""))
	}
}

func TestCleanLeavesNothingThatMoves(t *testing.T) {
	for s, want := range map[string]string{
		"\x1b[31mred\x1b[0m": "red", "a\tb": "a       b", "한글\tb": "한글    b", "\x1b]0;title\aok": "ok", "a\rb\b": "ab", "\xff": "\ufffd", "\x1b": "", "x\x9by": "x\ufffdy",
	} {
		require.Equal(t, want, Clean(s), "%q", s)
	}
}

// Every theme shows every style on every terminal, and what it writes is colour
// alone.
func TestThemes(t *testing.T) {
	for _, name := range ThemeNames() {
		for _, p := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256, termenv.ANSI, termenv.Ascii} {
			for _, light := range []bool{false, true} {
				th := NewTheme(name, Terminal{p, light})
				require.NotNil(t, th)
				for st := range numStyles {
					got := th.Render([]Line{S(st, "한글 x")})
					require.Equal(t, "한글 x", ansi.Strip(got), "%s %d", name, st)
					colour := strings.Contains(got, "[3") || strings.Contains(got, ";3") || strings.Contains(got, "[9") || strings.Contains(got, ";9")
					require.False(t, colour && (p == termenv.Ascii || name == "contrast"), "%s %d: %q", name, st, got)
					require.Equal(t, p == termenv.TrueColor && colour, strings.Contains(got, "38;2;"), "%q", got)
					require.Equal(t, p == termenv.ANSI256 && colour, strings.Contains(got, "38;5;"), "%q", got)
				}
				require.NotEqual(t, "x", th.Render([]Line{S(Selected, "x")}))
				require.NotEqual(t, "x", th.Render([]Line{S(Here, "x")}))
			}
		}
	}
	require.Nil(t, NewTheme("pink", Terminal{}))
	show := func(name string, light bool) string {
		return NewTheme(name, Terminal{Light: light}).Render([]Line{S(Head, "x")})
	}
	require.Equal(t, show("light", false), show("auto", true))
	require.Equal(t, show("dark", true), show("auto", false))
	require.NotEqual(t, show("dark", false), show("light", false))
}

func TestEdit(t *testing.T) {
	var e Edit
	e.Insert("ip 한글\troute\x00\n")
	require.Equal(t, "ip 한글 route ", e.Text())
	for _, k := range []string{"left", "ctrl+b", "ctrl+w"} {
		require.True(t, e.Press(k, ""))
	}
	require.Equal(t, "ip 한글 e ", e.Text())
	require.Equal(t, "ip 한글 ", e.Before())
	require.Equal(t, ">ip 한글 e ", e.Line(">", 40, false).String())
	require.Equal(t, "e", e.Line(">", 40, true)[2].Text)
	require.False(t, e.Press("f5", ""))
	require.False(t, e.Press("ctrl+v", "")) // nothing is read from the host's clipboard
	require.True(t, e.Press("", "left"))    // pasted
	require.Contains(t, e.Text(), "한글 lefte")
	e.Set(strings.Repeat("한", maxLine+7))
	require.Equal(t, maxLine, len([]rune(e.Text())))
	for w := 1; w < 40; w++ {
		require.LessOrEqual(t, e.Line("$ ", w, true).Cells(), max(w, 8))
	}
	for _, k := range EditKeys() {
		require.True(t, e.Press(k, ""), k)
	}
}
