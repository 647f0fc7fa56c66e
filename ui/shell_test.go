package ui

import (
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"hoplab/ui/text"
)

// What is typed goes to the program that reads it.
func TestTypingIntoPrograms(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+n", "ctrl+u", "k8s-w1", "enter", "read x; echo [$x]", "enter")
	d.press("some words", "enter").shows("[some words]", "root@k8s-w1:~#")
	d.press("cat > /tmp/f", "enter").shows("it reads what you type").press("first", "enter", "enter", "third (", "enter")
	d.press("ab", "left", "ctrl+d", "ctrl+u", "ctrl+d").shows("root@k8s-w1:~#")
	d.press("wc -l /tmp/f", "enter").shows("3 /tmp/f")
	d.press("bash", "enter", "nosuch", "enter").shows("bash: nosuch: command not found")
	d.press("exit", "enter", "sleep 500", "enter").shows("it runs; ctrl+c ends it")
	d.press("ctrl+d", "too early", "enter").shows("reads nothing", "ctrl+c ends it").press("ctrl+u", "ctrl+c").shows("root@k8s-w1:~#")
	d.press("ctrl+d").shows("exit", "this shell has ended")
	d.press("ls", "enter").shows("the shell has ended; open another one")
	d.press("ctrl+d").hides("this shell has ended")
}

// Lines that are pasted run one after the other, and the last one waits for its end.
func TestPastingLines(t *testing.T) {
	paste := func(d *driver, text string) *driver {
		_, cmd := d.a.Update(tea.KeyMsg{Type: tea.KeyRunes, Paste: true, Runes: []rune(text)})
		drive(d.a, cmd)
		return d
	}
	d := free(t, "cross-node-ping").size(160, 48).press("6", "ctrl+n", "ctrl+u", "k8s-w1", "enter", "echo a")
	paste(d, "b\rfor i in 1 2\ndo echo n$i\r\ndone\n\nsleep 1; echo slept\necho rest").shows("~# echo ab", "n1", "n2", "┃slept", "~# echo rest")
	d.press("enter").shows("┃rest").press("read x; echo [$x]", "enter")
	paste(d, "one (\ntwo").shows("[one (]", "~# two")
	paste(d, strings.Repeat("x\n", 200)).shows("201 lines were pasted, 100 are the most", "~# two")
}

// A program that prints without end is ended, and one is told.
func TestEndlessOutput(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+n", "ctrl+u", "k8s-w1", "enter", "yes", "enter").size(160, 48).shows("the script was ended: it printed more than", "this shell has ended")
	require.LessOrEqual(t, strings.Count(d.pane("shell"), "y\n"), 2000)
	require.Contains(t, lines(t, "cross-node-ping", text.English, "lesson", "k8s-w1$ yes"), "\nerror: the script was ended: it printed more than")
}

// Before its first line a shell is not open yet; tab knows what it will know.
func TestTabInAShellThatIsNotOpenYet(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+n", "ctrl+u", "pod1", "enter", "ip route show dev e", "tab").shows("ip route show dev eth0")
	d.press("ctrl+u", "cat /etc/hostn", "tab").shows("cat /etc/hostname")
	require.Empty(t, d.a.c.S.Inputs())
	d.press("enter").shows("pod1")
}

// A line that is tried on a copy of the past can be stopped, too.
func TestEscStopsATriedLine(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("S", "g", "6", "while :; do :; done")
	_, cmd := d.a.Update(namedKeys()["enter"])
	require.NotNil(t, d.a.trying)
	d.a.Update(namedKeys()["esc"])
	drive(d.a, cmd)
	d.shows("stopped")
	require.Nil(t, d.a.trying)
}

func TestBreakpointsAreTold(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("t", "ctrl+u", "k8s-w1:tunl", "enter").shows(`did you mean "tunl0"?`)
	d.press("ctrl+u", "drop ip_rpf", "tab").shows("drop ip_rpfilter").press("enter")
	d.press("t", "ctrl+u", "/BIRD/", "enter", "t").shows("set: drop ip_rpfilter · /BIRD/", "clears it").press("esc")
	d.press("S").shows("breakpoint: /BIRD/")
	d.press("t", "ctrl+u", "/BIRD/", "enter").shows("taken off")
	d.press(":", "breaks", "enter").shows("drop ip_rpfilter").hides("BIRD/ ·")
}

// An endless loop, or a flood, leaves the screen alive, and esc stops it.
func TestEscStopsWhatHasNoEnd(t *testing.T) {
	for _, line := range []string{"while :; do :; done", "ping -f 172.16.184.1", "ping -i 0.01 -c 100000 172.16.184.1"} {
		d := free(t, "cross-node-ping")
		d.press("6", "ctrl+n", "ctrl+u", "pod1", "enter", line)
		d.a.Update(namedKeys()["enter"])
		require.NotNil(t, d.a.job, line)
		for range 5 {
			d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
		}
		require.NotNil(t, d.a.job, line)
		d.a.Update(namedKeys()["esc"])
		begin := time.Now()
		d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
		require.Less(t, time.Since(begin), time.Second, "one piece of work")
		require.Nil(t, d.a.job, line)
		d.shows("stopped")
		require.True(t, d.a.c.S.AtEnd(), "one is where it was stopped")
		d.press("ctrl+c").shows("^C", "pod1:~#")
	}
}

// Ctrl-C ends the program, also while the lab is still busy with it.
func TestCtrlCEndsWhatRuns(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+n", "ctrl+u", "pod1", "enter", "ping -f -q 172.16.184.1")
	d.a.Update(namedKeys()["enter"])
	for range 5 {
		d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
	}
	d.a.Update(namedKeys()["ctrl+c"])
	_, cmd := d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
	drive(d.a, cmd)
	d.shows("packets transmitted", "pod1:~#")
	require.True(t, d.a.c.S.Shells()[0].Ready)
}

// What waits in a shell tells of the last packet, too, that another shell has sent.
func TestTcpdumpInOneShellAndPingInAnother(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.press("6", "tcpdump -i tunl0 -nn icmp", "enter").shows("listening on tunl0")
	d.press("ctrl+n", "ctrl+u", "pod1", "enter", "ping -c 2 172.16.184.1", "enter").shows("2 packets transmitted")
	d.press("ctrl+t").shows("[k8s-w1]")
	require.Equal(t, 2, strings.Count(d.pane("shell"), "ICMP echo reply"), d.pane("shell"))
	d.press("ctrl+c")
	require.Regexp(t, `(?s)seq 2, length 64\n\^C\n4 packets captured\n.*\nroot@k8s-w1:~#`, d.pane("shell"))
}

// A ^C stands on the line that it ends, as on a terminal.
func TestWhatFollowsOnAnInterrupt(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48).press("6", "ctrl+n", "ctrl+u", "pod1", "enter")
	for _, x := range [][2]string{
		{"cat", "\n^C\npod1:~#"}, {"while true; do :; done", "\n^C\npod1:~#"}, {"ping -i 9 172.16.184.1", "\n^C\n--- 172.16.184.1 ping statistics ---\n"},
	} {
		line, end := x[0], x[1]
		d.press(line)
		d.a.Update(namedKeys()["enter"])
		d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
		if d.a.job != nil {
			d.a.Update(namedKeys()["esc"])
			d.a.Update(workMsg{d.a.serial, d.a.c.S.Work(d.a.job.goal)})
		}
		d.press("ctrl+c")
		require.Contains(t, d.pane("shell"), end, line)
	}
}

// A history that is full says so, and nothing promises that a key would help.
func TestAFullHistoryPromisesNothing(t *testing.T) {
	d := open(t, "cross-node-ping", Options{Events: 1000}).press("6", "ctrl+n", "ctrl+u", "k8s-w1", "enter")
	d.press("ping -c 1000 -i 0.01 172.16.184.1 > /dev/null", "enter").shows("the history is full")
	d.press("ctrl+c").shows("it stands still: the history is full").hides("ctrl+c ends it")
	d.press("ls", "enter").shows("nothing further runs").hides("ctrl+c ends it")
}
