package ui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// timeline is the line of time, without its numbers.
func (d *driver) timeline() string {
	lines := strings.Split(d.view(), "\n")
	line := lines[len(lines)-1-d.a.bottom()]
	bar, _, _ := strings.Cut(line, " ")
	return bar
}

// place is where a character of the line stands, in parts of the whole.
func place(bar, char string) float64 {
	return float64(len([]rune(bar[:strings.Index(bar, char)]))) / float64(len([]rune(bar))-1)
}

func TestTheLineOfTime(t *testing.T) {
	// A lesson has run ahead: what comes is there, but nothing of it is told.
	d := open(t, "cross-node-ping", Options{}).skip().size(160, 48)
	d.to("n", "k8s-w1:tunl0", "echo request").shows("23/286")
	bar := d.timeline()
	require.InDelta(t, 23.0/286, place(bar, "█"), 0.01)
	before, after, _ := strings.Cut(bar, "█")
	require.Equal(t, "╌", string([]rune(after)[0]))
	require.Empty(t, strings.Trim(after, "╌"), "it tells what comes: %s", after)
	require.NotContains(t, before, "╌")
	require.Contains(t, before, "•")
	// What one came back from looks different.
	d.press("b", "b", "b", "b", "b", "b", "b")
	require.Contains(t, d.timeline(), "─")
	require.Contains(t, d.timeline(), "╌")
	d.press("S")
	require.NotContains(t, d.timeline(), "╌")
	require.True(t, strings.HasSuffix(d.timeline(), "█"))
	require.Contains(t, d.timeline(), "◂")
	require.NotContains(t, d.timeline(), "!")

	d = free(t, "cross-node-ping").size(120, 36).press("S", ":", "break k8s-w2:tunl0", "enter", "n", "g")
	bar = d.timeline()
	require.Equal(t, 6, strings.Count(bar, "●"), bar)
	require.True(t, strings.HasPrefix(bar, "█"))
	d.press("T", "G", "6", "ping -c 1 -W 1 172.16.158.99", "enter", "esc", "g")
	require.NotContains(t, d.timeline(), "●")
	require.Contains(t, d.timeline(), "!")
	require.Equal(t, 1, strings.Count(d.timeline(), "|")) // the line; the step's own is under the answer
	d.a.c.ASCII = true
	require.Empty(t, strings.Trim(d.timeline(), "=-.|<!*#"), d.timeline())
}
