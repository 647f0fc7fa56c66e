package replay

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
)

// typist types into shells of a session and lets things happen.
type typist struct {
	*Session
	t testing.TB
}

func (p typist) input(k InputKind, shell int, text string) string {
	p.t.Helper()
	before := len(p.History.Output(shell, p.Cursor()))
	require.NoError(p.t, p.Input(k, shell, text))
	p.Advance(Goal{Kind: TheEnd})
	return p.History.Output(shell, p.Cursor())[before:]
}

// Programs that read the keyboard get what is typed, a line at a time, and the
// shell gets its prompt back at Ctrl-D and Ctrl-C.
func TestProgramsReadTheKeyboard(t *testing.T) {
	p := typist{open(t, "cross-node-ping"), t}
	p.input(OpenShell, 0, "k8s-w1")
	require.Equal(t, "root@k8s-w1:~# read x; echo got $x\n", p.input(TypeLine, 0, "read x; echo got $x"))
	require.True(t, p.Shells()[0].Reads)
	require.Empty(t, p.Shells()[0].Prompt)
	require.Equal(t, "a line\ngot a line\n", p.input(TypeLine, 0, "a line"))
	require.False(t, p.Shells()[0].Reads)

	p.input(TypeLine, 0, "cat; echo over")
	require.Equal(t, "one\none\n", p.input(TypeLine, 0, "one"))
	require.Equal(t, "\n\n", p.input(TypeLine, 0, ""))
	require.Equal(t, "over\n", p.input(EndInput, 0, ""))

	p.input(TypeLine, 0, "cat; echo never")
	require.NotContains(t, p.input(Interrupt, 0, ""), "never")
	require.True(t, p.Shells()[0].Ready)

	p.input(TypeLine, 0, "sleep 1000")
	require.Error(t, p.Input(TypeLine, 0, "too early"))
	p.input(Interrupt, 0, "")
	require.Equal(t, "root@k8s-w1:~# exit\n", p.input(EndInput, 0, ""))
	require.True(t, p.Shells()[0].Done)
}

// Two shells talk through nc, each typed at.
func TestConversationBetweenShells(t *testing.T) {
	p := typist{open(t, "cross-node-ping"), t}
	p.input(OpenShell, 0, "pod1")
	p.input(OpenShell, 0, "pod2")
	p.input(TypeLine, 1, "nc -l 8080")
	p.input(TypeLine, 0, "nc 172.16.184.1 8080")
	p.input(TypeLine, 0, "hello")
	require.Contains(t, p.History.Output(1, p.Cursor()), "hello\n")
	p.input(TypeLine, 1, "hi")
	require.Contains(t, p.History.Output(0, p.Cursor()), "hello\nhi\n")
	p.input(Interrupt, 0, "")
	require.True(t, p.Shells()[0].Ready)
	sameAgain(t, p.Session)
}

// A shell inside of the shell has its own prompt, speaks as an interactive one, and
// Ctrl-C does not end it.
func TestAShellInsideOfTheShell(t *testing.T) {
	p := typist{open(t, "cross-node-ping"), t}
	p.input(OpenShell, 0, "k8s-w1")
	p.input(TypeLine, 0, "ip netns exec pod1 bash")
	require.Equal(t, "pod1:~# ", p.Shells()[0].Prompt)
	require.Equal(t, "pod1:~# cd /tmp; nosuch\nbash: nosuch: command not found\n", p.input(TypeLine, 0, "cd /tmp; nosuch"))
	require.Equal(t, "pod1:/tmp# ", p.Shells()[0].Prompt)
	require.Contains(t, p.input(TypeLine, 0, "(nosuch); hostname -I"), "bash: nosuch: command not found\n172.16.158.1 \n")
	p.input(TypeLine, 0, "ping 172.16.158.2")
	require.Contains(t, p.input(Interrupt, 0, ""), "packets transmitted")
	require.Equal(t, "pod1:/tmp# ", p.Shells()[0].Prompt, "the shell inside lives on")
	p.input(Interrupt, 0, "")
	require.Equal(t, "pod1:/tmp# for i in 1 2\n", p.input(TypeLine, 0, "for i in 1 2"))
	p.input(TypeLine, 0, "do echo $i; done")
	require.Contains(t, p.input(EndInput, 0, ""), "exit\n")
	require.Equal(t, "root@k8s-w1:~# ", p.Shells()[0].Prompt)
	sameAgain(t, p.Session)
}

// Shells of one machine share its files and see each other's processes; those of
// another do not.
func TestShellsOfAMachineShareItsFiles(t *testing.T) {
	p := typist{open(t, "cross-node-ping"), t}
	for _, netns := range []string{"k8s-w1", "k8s-w1", "pod1"} {
		p.input(OpenShell, 0, netns)
	}
	p.input(TypeLine, 0, "echo hello > /tmp/f; sleep 500 &")
	require.Contains(t, p.input(TypeLine, 1, "cat /tmp/f; pgrep sleep | wc -l"), "hello\n1\n")
	require.Contains(t, p.input(TypeLine, 2, "cat /tmp/f; pgrep sleep | wc -l"), "No such file or directory\n0\n")
	require.Contains(t, p.input(TypeLine, 1, "pkill sleep; pgrep sleep | wc -l"), "\n0\n")
	p.input(BeginStep, 0, "")
	sameAgain(t, p.Session)
}

// sameAgain runs a session's inputs anew and compares all that happened.
func sameAgain(t *testing.T, s *Session) {
	t.Helper()
	again, err := Open(s.Entry, Options{})
	require.NoError(t, err)
	defer again.Close()
	for _, in := range s.Inputs() {
		for again.Ticks() < in.Tick {
			require.False(t, again.Take(again.Work(Goal{Kind: AnyEvent}), Goal{Kind: TheEnd}) && again.Ticks() < in.Tick)
		}
		again.Seek(len(again.History.Events))
		require.NoError(t, again.input(in))
	}
	again.Advance(Goal{Kind: TheEnd})
	require.Equal(t, s.History.dump(), again.History.dump())
	for i := range s.Shells() {
		require.Equal(t, s.History.Output(i, len(s.History.Events)), again.History.Output(i, len(again.History.Events)))
	}
	require.NoError(t, s.Mirror().At(context.Background(), s.Point(len(s.History.Events)), func(*sim.Lab) {}))
}
