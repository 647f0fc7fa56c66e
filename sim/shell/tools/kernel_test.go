package tools_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
	"hoplab/sim/shell/vfs"
)

// slower are comparisons that tell how long the recording machine's commands
// took: here they take no time.
var slower = map[string][]string{
	// Seconds later a node asked once more for its pod, whose entry was 15 s old.
	"pod-to-pod-cross-node-ipip-warm": {"after/k8s-w2.txt $ ip -s link", "after/pod3.txt $ ip -s link"},
}

// play runs a script on an empty network, as hoplab sh does.
func play(t *testing.T, script string) (left tree, said string, status int) {
	t.Helper()
	src, err := os.ReadFile(script)
	require.NoError(t, err)
	lab := sim.Empty()
	defer lab.Close()
	var out bytes.Buffer
	s, err := tools.NewShell(lab, shell.Options{Start: sim.HostName, Stdout: &out, Stderr: &out})
	require.NoError(t, err)
	defer s.Close()
	status, err = s.RunScript("script.sh", string(src))
	require.NoError(t, err, out.String())
	left = tree{}
	require.NoError(t, s.Out("/out", func(name string, info vfs.Info, data []byte) error {
		if !info.IsDir() {
			left[name] = bytes.Clone(data)
		}
		return nil
	}))
	return left, out.String(), status
}

// The scripts that were recorded on a real kernel, unchanged, leave the same
// packets and the same text here.
func TestScriptsLeaveWhatTheyLeftOnARealKernel(t *testing.T) {
	scripts, err := filepath.Glob("testdata/kernel/*/script.sh")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		dir := filepath.Dir(script)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			want, err := readTree(dir)
			require.NoError(t, err)
			got, said, status := play(t, script)
			require.Zero(t, status, "exit status; it said:\n%s", said)
			problems, compared := differences(want, got)
			require.NotZero(t, compared)
			for _, key := range slower[filepath.Base(dir)] {
				t.Logf("not compared: %s: the recording machine was slower", key)
				require.Contains(t, problems, key, "compare it again")
				delete(problems, key)
			}
			for _, key := range slices.Sorted(maps.Keys(problems)) {
				t.Errorf("%s\n%s", key, strings.Join(head(problems[key], 14), "\n"))
			}
			if len(problems) > 0 {
				t.Errorf("%d of %d comparisons differ; - is the kernel, + the simulator", len(problems), compared)
			}
		})
	}
}

func head(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	return append(slices.Clone(lines[:n]), fmt.Sprintf("… and %d lines more", len(lines)-n))
}

// The comparison notices what it is for.
func TestTheComparisonNoticesADifference(t *testing.T) {
	want, err := readTree("testdata/kernel/pod-to-pod-same-node-cold")
	require.NoError(t, err)
	problems, compared := differences(want, want)
	require.Empty(t, problems)
	require.Greater(t, compared, 20)
	for name, spoil := range map[string]func(tree){
		"a missing capture": func(g tree) { delete(g, "cap/pod1.eth0.pcap") },
		"another TTL": func(g tree) {
			b := bytes.Clone(g["cap/pod1.eth0.pcap"])
			at := bytes.Index(b, []byte{0x40, 0x01})
			b[at] = 63
			g["cap/pod1.eth0.pcap"] = b
		},
		"another link type": func(g tree) {
			b := bytes.Clone(g["cap/pod1.eth0.pcap"])
			b[20] = 101
			g["cap/pod1.eth0.pcap"] = b
		},
		"another line of text":  func(g tree) { g["action-1.txt"] = append(bytes.Clone(g["action-1.txt"]), "more\n"...) },
		"a missing file":        func(g tree) { delete(g, "after/pod1.txt") },
		"another route in JSON": func(g tree) { g["after/pod1.route.json"] = []byte("[]") },
	} {
		got := maps.Clone(want)
		spoil(got)
		problems, _ := differences(want, got)
		require.NotEmpty(t, problems, name)
	}
}
