package ui

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/text"
)

// driver presses keys and looks at the screen.
type driver struct {
	*testing.T
	a     *app
	files map[string]string
	clip  string
}

// start opens the list of scenarios.
func start(t *testing.T, o Options) *driver {
	t.Helper()
	d := &driver{T: t, files: map[string]string{}}
	all, err := scenarios.NewResolver().Builtin()
	require.NoError(t, err)
	o.Entries, o.Theme = all, look.Text()
	o.Clip = func(s string) { d.clip = s }
	o.Save = func(name string, write func(io.Writer) error) (string, error) {
		var b strings.Builder
		err := write(&b)
		d.files[name] = b.String()
		return name, err
	}
	d.a, err = newApp(o)
	require.NoError(t, err)
	t.Cleanup(d.a.close)
	drive(d.a, d.a.Init())
	return d.size(80, 24)
}

// open opens a scenario.
func open(t *testing.T, name string, o Options) *driver {
	t.Helper()
	e, err := scenarios.NewResolver().Find(name)
	require.NoError(t, err)
	o.Open = e
	return start(t, o)
}

// size is that of the terminal.
func (d *driver) size(w, h int) *driver {
	_, cmd := d.a.Update(tea.WindowSizeMsg{Width: w, Height: h})
	drive(d.a, cmd)
	return d
}

// press presses keys; a word of several letters is a key with that name if there
// is one, and is typed otherwise.
func (d *driver) press(keys ...string) *driver {
	d.Helper()
	for _, k := range keys {
		m, named := namedKeys()[k]
		if named {
			_, cmd := d.a.Update(m)
			drive(d.a, cmd)
			continue
		}
		for _, r := range k {
			m := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}
			if r == ' ' {
				m = tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
			}
			_, cmd := d.a.Update(m)
			drive(d.a, cmd)
		}
	}
	return d
}

func namedKeys() map[string]tea.Msg {
	k := func(t tea.KeyType) tea.Msg { return tea.KeyMsg{Type: t} }
	return map[string]tea.Msg{"enter": k(tea.KeyEnter), "esc": k(tea.KeyEsc), "tab": k(tea.KeyTab), "shift+tab": k(tea.KeyShiftTab), "up": k(tea.KeyUp), "down": k(tea.KeyDown), "left": k(tea.KeyLeft), "right": k(tea.KeyRight),
		"pgup": k(tea.KeyPgUp), "pgdown": k(tea.KeyPgDown), "home": k(tea.KeyHome), "end": k(tea.KeyEnd), "backspace": k(tea.KeyBackspace), "space": tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}},
		"ctrl+c": k(tea.KeyCtrlC), "ctrl+n": k(tea.KeyCtrlN), "ctrl+t": k(tea.KeyCtrlT), "ctrl+s": k(tea.KeyCtrlS), "ctrl+l": k(tea.KeyCtrlL), "ctrl+u": k(tea.KeyCtrlU), "ctrl+d": k(tea.KeyCtrlD), "ctrl+w": k(tea.KeyCtrlW)}
}

// again presses a key until the screen shows a text.
func (d *driver) again(key, until string) *driver {
	d.Helper()
	for range 400 {
		if strings.Contains(d.view(), until) {
			return d
		}
		d.press(key)
	}
	d.Fatalf("%q was not seen:\n%s", until, d.view())
	return d
}

// to presses a key until the cursor's crossing is at a place and has a text.
func (d *driver) to(key, place, line string) *driver {
	d.Helper()
	for range 400 {
		if h := d.a.c.S.Hop(); h >= 0 {
			if x := &d.a.c.S.History.Hops[h]; x.Place() == place && strings.Contains(x.Line, line) && x.Event+1 == d.a.c.S.Cursor() {
				return d
			}
		}
		d.press(key)
	}
	d.Fatalf("no packet came to %s:\n%s", place, d.view())
	return d
}

// work lets what runs run to its end, without waiting for what is watched.
func (d *driver) work() *driver {
	for d.a.job != nil {
		_, _ = d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
	}
	return d
}

// view is the screen.
func (d *driver) view() string {
	d.Helper()
	v := d.a.View()
	lines := strings.Split(v, "\n")
	if d.a.w > 0 && d.a.h > 0 && !d.a.quitting {
		require.Len(d, lines, d.a.h, "the screen has another height")
		for i, l := range lines {
			require.Equal(d, d.a.w, look.Cells(l), "line %d: %q", i, l)
		}
	}
	return v
}

// shows expects texts on the screen.
func (d *driver) shows(texts ...string) *driver {
	d.Helper()
	v := d.view()
	for _, s := range texts {
		require.Contains(d, v, s)
	}
	return d
}

// hides expects that a text is not on the screen.
func (d *driver) hides(s string) *driver {
	d.Helper()
	require.NotContains(d, d.view(), s)
	return d
}

// pane is what one pane shows, in a large size.
func (d *driver) pane(name string) string {
	d.Helper()
	for _, p := range d.a.panes {
		if p.Name() == name {
			p.SetSize(120, 200)
			var b strings.Builder
			for _, l := range p.View() {
				b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
			}
			return b.String()
		}
	}
	d.Fatalf("there is no pane %q", name)
	return ""
}

// golden compares the screen with a file; UPDATE=1 writes it.
func (d *driver) golden(name string) {
	d.Helper()
	var b strings.Builder
	for _, l := range strings.Split(d.view(), "\n") {
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	sameAsFile(d.T, name, b.String())
}

// sameAsFile compares a text with a file; UPDATE=1 writes it.
func sameAsFile(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "UPDATE=1 writes it")
	require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), text, "%s; UPDATE=1 writes it anew", file)
}

// sizes are those that golden frames are kept of.
func sizes() [][2]int { return [][2]int{{80, 24}, {120, 36}, {160, 48}} }

// Every view, in each size and language, where the packet enters the tunnel.
func TestFrames(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		for _, wh := range sizes() {
			name := func(view string) string { return fmt.Sprintf("%s-%dx%d-%s", view, wh[0], wh[1], lang) }
			d := start(t, Options{Lang: lang}).size(wh[0], wh[1])
			d.golden(name("start"))
			d = open(t, "cross-node-ping", Options{Lang: lang}).size(wh[0], wh[1])
			d.ask().golden(name("question"))
			d.press("ctrl+s", "ctrl+s", "ctrl+s", "ctrl+s", "ctrl+s", "62", "enter").to("n", "k8s-w1:tunl0", "echo request")
			for i, p := range d.a.panes {
				d.a.focusOn(i)
				drive(d.a, d.a.wanted())
				d.golden(name(p.Name()))
			}
			d.press("esc", "2", "s")
			d.golden(name("split"))
			d.press("s", "b", "3", "w")
			d.golden(name("walk"))
			d.press("w", "?")
			d.golden(name("help"))
		}
	}
}

// Layouts of other sizes, ASCII, and the palette.
func TestFramesOfOtherKinds(t *testing.T) {
	d := open(t, "cross-node-ping", Options{}).skip().press("3").to("n", "k8s-w1:tunl0", "echo request")
	d.size(110, 26).golden("low-110x26-en")
	d.size(80, 44).golden("tall-80x44-en")
	d.press("z").size(80, 24).golden("zoom-80x24-en")
	d.press("z", ":", "st").golden("palette-80x24-en")
	d.press("esc")
	d.a.c.ASCII = true
	d.golden("ascii-80x24-en")
	d.size(120, 36).golden("ascii-120x36-en")
	for i := range d.a.panes {
		for _, wh := range sizes() {
			d.size(wh[0], wh[1])
			d.a.focusOn(i)
			v := d.view()
			at := strings.IndexFunc(v, func(r rune) bool { return r >= 0x80 })
			require.Negative(t, at, "pane %d:\n%s", i+1, v)
		}
	}
	start(t, Options{ASCII: true}).size(120, 36).press("zzz").golden("nothing-120x36-en")
}

// What has the focus is seen, whatever the size.
func TestTheFocusIsSeen(t *testing.T) {
	d := free(t, "cross-node-ping").press("n", "n")
	for i := range d.a.panes {
		d.size(160, 48)
		d.a.focusOn(i)
		for _, wh := range [][2]int{{80, 24}, {80, 44}, {110, 26}, {120, 36}, {160, 48}, {200, 60}, {60, 15}} {
			d.size(wh[0], wh[1])
			require.Equal(t, i, d.a.focus)
			require.True(t, d.a.visible(i), "pane %d in %v", i+1, wh)
			d.shows(fmt.Sprintf("▸%d ", i+1))
		}
	}
}

// While a step is watched, the decision at the cursor's crossing is seen beside the
// lesson.
func TestTheLessonLeavesRoomForWhy(t *testing.T) {
	for _, wh := range [][2]int{{120, 36}, {160, 48}} {
		d := open(t, "cross-node-ping", Options{}).size(wh[0], wh[1])
		for d.a.lesson.Open() != nil || !d.a.lesson.Watching() {
			if d.a.lesson.Open() != nil {
				d.press("ctrl+s")
			} else {
				d.press("n")
			}
		}
		d.to("n", "k8s-w1:tunl0", "echo request").shows("▸7 ", "+ 20 bytes: 192.168.10.101")
	}
}
