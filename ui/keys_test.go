package ui

import (
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"hoplab/ui/look"
	"hoplab/ui/pane"
)

// keyNames are all keys that a terminal may send.
func keyNames() []string {
	out := []string{"space", "enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "backspace", "delete", "insert", "f1", "f12", "ctrl+left", "ctrl+right"}
	for c := 'a'; c <= 'z'; c++ {
		out = append(out, "ctrl+"+string(c))
	}
	for c := '!'; c <= '~'; c++ {
		out = append(out, string(c))
	}
	return out
}

// shown are the keys that the help shows now.
func (d *driver) shown() []string {
	var out []string
	all := d.a.sections()
	for _, s := range all[:len(all)-1] { // the last one is the legend of the line of time
		for _, b := range s.Keys {
			out = append(out, pane.Names(b.Help().Key)...)
		}
	}
	return out
}

// A key that is shown works, and one that works is shown: in every pane, with a
// question open and without.
func TestTheHelpShowsTheKeysThatWork(t *testing.T) {
	for _, name := range []string{"question", "free"} {
		d := open(t, "pod-to-internet", Options{})
		if name == "free" {
			d = free(t, "cross-node-ping").press("n", "n", "n", "n", "n", "n", "6", "2")
		}
		for i, p := range d.a.panes {
			d.a.focusOn(i)
			shown := d.shown()
			own := p.Keys()
			for _, k := range keyNames() {
				key := pane.Key{Name: k}
				if len(k) == 1 {
					key.Text = k
				}
				works := pane.Taken(own, key) || d.a.typing() && slices.Contains(look.EditKeys(), k)
				if !works && !d.a.typing() {
					works = len(k) == 1 && k[0] >= '1' && k[0] <= '7'
					for _, c := range commands() {
						works = works || pane.Taken([]pane.Binding{{Binding: c.binding(d.a)}}, key)
					}
				}
				if d.a.typing() {
					works = works || k == "esc" || k == "shift+tab" || k == "tab"
				}
				require.Equal(t, works, slices.Contains(shown, k), "%s: pane %s, key %s", name, p.Name(), k)
			}
		}
	}
}

// What a pane binds it also does, and nothing else.
func TestPanesDoWhatTheyBind(t *testing.T) {
	for _, k := range keyNames() {
		d := free(t, "cross-node-ping").press("n", "n", "n", "n", "n", "n")
		_ = d.view()
		for _, p := range d.a.panes {
			key := pane.Key{Name: k}
			want := slices.ContainsFunc(p.Keys(), func(b pane.Binding) bool { return b.Do != nil && pane.Taken([]pane.Binding{b}, key) })
			if p.Name() == "shell" || p.Name() == "lesson" && d.a.lesson.Typing() {
				continue
			}
			require.Equal(t, want, p.Update(key) != nil, "pane %s, key %s", p.Name(), k)
		}
	}
}

// No key means two things, no name two commands, and all that is said is said in
// both languages.
func TestCommandsAreClear(t *testing.T) {
	keys, names := map[string]string{}, map[string]bool{}
	for _, c := range commands() {
		require.NotEmpty(t, c.en+c.ko, c.keys)
		require.True(t, c.keys != "" || c.name != "")
		require.False(t, c.name != "" && names[c.name], c.name)
		names[c.name] = true
		for _, k := range pane.Names(c.keys) {
			require.Empty(t, keys[k], "%s is %s and %s", k, keys[k], c.en)
			keys[k] = c.en
			require.False(t, strings.HasPrefix(k, "alt+"), "esc and a key come as alt")
		}
	}
}

// The hints show keys that work.
func TestHints(t *testing.T) {
	d := free(t, "cross-node-ping")
	for i := range d.a.panes {
		d.a.focusOn(i)
		for _, w := range []int{40, 80, 120, 200} {
			d.size(w, 24)
			for _, s := range d.a.hints() {
				if s.Style == look.Key {
					for _, k := range pane.Names(s.Text) {
						require.Contains(t, d.shown(), k, "pane %s", d.a.panes[i].Name())
					}
				}
			}
			require.LessOrEqual(t, d.a.hints().Cells(), w, "pane %s in %d", d.a.panes[i].Name(), w)
		}
	}
}

func TestThePalette(t *testing.T) {
	d := free(t, "cross-node-ping").press("n", "n").size(80, 24)
	d.press(":").shows("▸ next", "the next hop; begins the next step", "n/space").press("down").shows("▸ back").press("up", "up").shows("▸ next")
	d.press("pkt").shows("▸ packet").press("esc")
	require.Nil(t, d.a.prompt)
	d.press(":", "bk").shows("▸ back", "break WHERE").press("enter")
	require.Equal(t, "pod1:eth0", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
	d.press(":", "goto", "enter").shows(":goto ", "to an event by its number").press("3", "enter")
	require.Equal(t, 3, d.a.c.S.Cursor())
	d.press(":", "brea", "tab").shows(":break ").press("drop", "enter").shows("breakpoint drop set")
	d.press(":", "zzz").shows("no such command").press("enter").shows("unknown command")
	d.press(":", "state ").shows("▸ state k8s-m", "state router").press("ro").hides("state k8s-m").press("enter")
	require.Equal(t, "router", d.a.c.Machine)
	d.press(":", "break k8s-w1:t").shows("▸ break k8s-w1:tunl0").press("enter").shows("breakpoint k8s-w1:tunl0 set")
	d.press(":", "break icmp and icmp").shows("set or clear a breakpoint").press("enter").shows("breakpoint icmp and icmp set", "●3")
	remembered := ""
	d.a.o.RememberTheme = func(name string) { remembered = name }
	d.press(":", "theme contrast", "enter")
	require.Equal(t, "contrast", remembered)
}

// What was typed before the screen was there is not lost; an answer of the terminal that
// comes late is not typed.
func TestWhatTheTerminalSendsEarlyAndLate(t *testing.T) {
	d := free(t, "cross-node-ping")
	_, cmd := d.a.Update(typedMsg("nn:goto 3\r"))
	drive(d.a, cmd)
	require.Equal(t, 3, d.a.c.S.Cursor())
	for _, end := range []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune(`\`), Alt: true}, {Type: tea.KeyCtrlG}} {
		before := d.view()
		for _, m := range []tea.KeyMsg{{Type: tea.KeyRunes, Runes: []rune("]"), Alt: true}, {Type: tea.KeyRunes, Runes: []rune("11;rgb:1e1e/1e1e/2e2e")}, end} {
			_, cmd := d.a.Update(m)
			drive(d.a, cmd)
		}
		require.Equal(t, before, d.view())
	}
	d.press("?").shows("this pane")
}

// Ctrl-Z leaves the program from wherever one is.
func TestSuspend(t *testing.T) {
	d := free(t, "cross-node-ping").press("6", "ctrl+n", "ctrl+u", "k8s-w1", "enter", "some line")
	_, cmd := d.a.Update(tea.KeyMsg{Type: tea.KeyCtrlZ})
	require.NotNil(t, cmd)
	require.IsType(t, tea.SuspendMsg{}, cmd())
}
