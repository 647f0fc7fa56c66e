package fib_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// session is a list of ip commands and what a real kernel printed for them.
type session struct {
	name  string
	devs  []string
	steps []step
}

// step is one command with its output, which is checked iff check is set.
type step struct {
	cmd, out string
	check    bool
}

// readSessions reads testdata: "=== NAME" starts a session, "ip …" is a
// command that prints nothing, "$ ip …" one whose output follows.
func readSessions(t testing.TB, file string) []session {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var list []session
	for _, line := range strings.Split(string(data), "\n") {
		if name, ok := strings.CutPrefix(line, "=== "); ok {
			list = append(list, session{name: name})
			continue
		}
		if line == "" || len(list) == 0 {
			continue
		}
		s := &list[len(list)-1]
		cmd, checked := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(cmd, "ip "):
			s.steps = append(s.steps, step{cmd: cmd, check: checked})
			s.meet(cmd)
		default:
			s.steps[len(s.steps)-1].out += line + "\n"
		}
	}
	return list
}

// meet notes the devices that are set up, in order: a namespace has those.
func (s *session) meet(cmd string) {
	w := strings.Fields(cmd)
	if len(w) < 4 || w[1] != "link" || w[3] == "lo" {
		return
	}
	for _, d := range s.devs {
		if d == w[3] {
			return
		}
	}
	s.devs = append(s.devs, w[3])
}

// The commands that built the machines of the recordings, run here, lead to
// the same routes in the same order and words.
func TestRoutesReadAsTheKernelRecordedThem(t *testing.T) {
	for _, s := range readSessions(t, "testdata/recorded.txt") {
		t.Run(s.name, func(t *testing.T) { s.replay(t) })
	}
}

// Random commands, most of them refused, have the same effect, the same error
// text and lead to the same lookups as on a real kernel.
func TestRandomCommandsDoWhatTheKernelDid(t *testing.T) {
	for _, s := range readSessions(t, "testdata/kernel.txt") {
		s.devs = []string{"d0", "d1", "d2"}
		t.Run(s.name, func(t *testing.T) { s.replay(t) })
	}
}

func (s *session) replay(t *testing.T) {
	ns := newNamespace(s.devs...)
	for _, st := range s.steps {
		got := ns.run(st.cmd)
		if !st.check {
			require.Empty(t, got, st.cmd)
		}
		require.Equal(t, st.out, got, st.cmd)
	}
}
