package iproute_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"

	"github.com/stretchr/testify/require"
)

// TestScriptsPrintWhatARealMachinePrints runs scripts that were run on a real
// machine, in an empty namespace without IPv6, and compares what they print.
func TestScriptsPrintWhatARealMachinePrints(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.sh")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sh"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			want, err := os.ReadFile(strings.TrimSuffix(file, ".sh") + ".out")
			require.NoError(t, err)
			require.Equal(t, string(want), run(t, string(src)))
		})
	}
}

// run runs a script in a lab without machines and returns what it prints, on
// both streams.
func run(t *testing.T, src string) string {
	t.Helper()
	var out bytes.Buffer
	lab := sim.Empty(sim.WithSeed(1))
	sh, err := tools.NewShell(lab, shell.Options{Stdout: &out, Stderr: &out})
	require.NoError(t, err)
	_, err = sh.RunScript("test.sh", src)
	require.NoError(t, err)
	require.NoError(t, lab.Accounting().Check())
	return out.String()
}

// TestScriptsOfTheLab runs scripts about what the machine of the recordings
// lacks. UPDATE=1 writes what they print.
func TestScriptsOfTheLab(t *testing.T) {
	files, err := filepath.Glob("testdata/lab/*.sh")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".sh"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			require.NoError(t, err)
			name, got := strings.TrimSuffix(file, ".sh")+".out", run(t, string(src))
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
			}
			want, err := os.ReadFile(name)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}
