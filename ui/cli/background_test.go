package cli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheBackgroundOfTheTerminal(t *testing.T) {
	for answer, light := range map[string]bool{
		"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;22c": true,
		"\x1b]11;rgb:fd/f6/e3\a\x1b[?6c":               true,
		"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\":             false,
		"n\x1b]11;rgb:0000/0000/0000\x1b\\":            false,
	} {
		c := background(answer)
		require.NotNil(t, c, "%q", answer)
		require.Equal(t, light, isLight(c), "%q", answer)
	}
	for _, answer := range []string{"", "\x1b[?62;22c", "\x1b]11;rgb:ffff/ff", "\x1b]11;pink\a"} {
		require.Nil(t, background(answer), "%q", answer)
	}
	require.True(t, attributes("\x1b]11;rgb:0/0/0\x1b\\\x1b[?62;22c"))
	require.False(t, attributes("\x1b]11;rgb:cc/cc/cc\x1b\\\x1b[?62"))
	for v, light := range map[string]bool{"15;0": false, "0;15": true, "0;default;15": true, "0;8": false, "": false, "x": false} {
		require.Equal(t, light, lightByName(v), v)
	}
}
