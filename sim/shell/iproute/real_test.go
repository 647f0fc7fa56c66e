package iproute

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSessionsReadAsWithTheRealTool runs the command lines of sessions with
// iproute2 6.1 and compares texts and exit statuses. A session is "$ LINE", what
// it printed, "# STATUS".
func TestSessionsReadAsWithTheRealTool(t *testing.T) {
	files, err := filepath.Glob("testdata/real/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			m := newMachine(t)
			var got strings.Builder
			for line := range strings.Lines(string(data)) {
				line, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
				if !ok {
					continue
				}
				out, status := m.do(line)
				fmt.Fprintf(&got, "$ %s\n%s# %d\n", line, out, status)
			}
			if os.Getenv("GOT") != "" {
				require.NoError(t, os.WriteFile(filepath.Join(os.Getenv("GOT"), filepath.Base(file)), []byte(got.String()), 0o644))
			}
			require.Equal(t, string(data), got.String())
			require.NoError(t, m.lab.Accounting().Check())
		})
	}
}
