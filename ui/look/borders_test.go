package look

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBoxesShareTheirBorders(t *testing.T) {
	draw := func(ascii bool) string {
		f := NewBorders(11, 7, ascii)
		f.Box(0, 0, 6, 4, Thin)
		f.Box(5, 0, 6, 7, Thin)
		f.Box(0, 3, 6, 4, Thick)
		var out string
		for y := range 7 {
			out += f.Row(y, 0, 11).String() + "\n"
		}
		return out
	}
	require.Equal(t, `╭────┬────╮
│    │    │
│    │    │
┢━━━━┪    │
┃    ┃    │
┃    ┃    │
┗━━━━┹────╯
`, draw(false))
	require.Equal(t, `+----+----+
|    |    |
|    |    |
+====+    |
|    |    |
|    |    |
+====+----+
`, draw(true))
	f := NewBorders(3, 1, false)
	f.Box(-5, -5, 20, 20, Thick) // what is outside is not drawn
	require.Equal(t, "   ", f.Row(0, 0, 3).String())
	for _, r := range joints {
		require.Equal(t, 1, Cells(string(r)))
	}
}
