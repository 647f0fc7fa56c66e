package tools_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
)

// Scripts of Linux's own tests of the network. They are not part of this
// project: KERNEL_SELFTESTS names the folder tools/testing/selftests/net of a
// source tree of Linux 6.1, without which this is skipped. testdata/selftests
// has one file per run: its first line is the command, with "ipv4:" in front
// where the lines about IPv6 are taken out of the script; the others are lines
// that a real kernel makes it print, each as often as it stands there. What is
// not listed belongs to IPv6 or to something that is not modelled.
func TestKernelSelftests(t *testing.T) {
	dir := os.Getenv("KERNEL_SELFTESTS")
	if dir == "" {
		t.Skip("KERNEL_SELFTESTS is not set")
	}
	runs, err := filepath.Glob("testdata/selftests/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, runs)
	scripts := func(change func(string) string) fstest.MapFS {
		m := fstest.MapFS{}
		for _, glob := range []string{"*.sh", "forwarding/*.sh", "forwarding/*.sample"} {
			l, err := filepath.Glob(filepath.Join(dir, glob))
			require.NoError(t, err)
			for _, f := range l {
				b, err := os.ReadFile(f)
				require.NoError(t, err)
				rel, err := filepath.Rel(dir, f)
				require.NoError(t, err)
				m[filepath.ToSlash(rel)] = &fstest.MapFile{Data: []byte(change(string(b))), Mode: 0o755}
			}
		}
		return m
	}
	whole, v4 := scripts(func(s string) string { return s }), scripts(withoutIPv6)
	for _, run := range runs {
		t.Run(strings.TrimSuffix(filepath.Base(run), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(run)
			require.NoError(t, err)
			command, want, _ := strings.Cut(string(b), "\n")
			in := whole
			if rest, ok := strings.CutPrefix(command, "ipv4: "); ok {
				command, in = rest, v4
			}
			lab := sim.Empty()
			defer lab.Close()
			var out bytes.Buffer
			s, err := tools.NewShell(lab, shell.Options{Start: sim.HostName, Stdout: &out, Stderr: &out, In: in, Timeout: clock.Duration(3000e9)})
			require.NoError(t, err)
			defer s.Close()
			status, err := s.RunCommand("cp -r /in /tmp/selftests; cd /tmp/selftests; bash ./" + command)
			if err != nil {
				t.Logf("ended: %v", err)
			}
			got := map[string]int{}
			for line := range strings.SplitSeq(out.String()+"exit "+strconv.Itoa(status), "\n") {
				got[strings.TrimSpace(line)]++
			}
			for line := range strings.SplitSeq(strings.TrimSuffix(want, "\n"), "\n") {
				line = strings.TrimSpace(line)
				if got[line]--; got[line] < 0 {
					t.Errorf("missing: %s", line)
				}
			}
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}

var (
	runsCommand = regexp.MustCompile(`^\$?\{?(IP|ip|sysctl|run_cmd(_nsc?)?|NSEXE|bridge|BRIDGE|ns\w*)\b|^\$|^ip netns exec\b|^_?_?(simple_if|addr_add)`)
	// ip netns set numbers namespaces, which nothing else in these runs asks for.
	aboutIPv6 = regexp.MustCompile(`\s-6\s|[0-9a-f]*:[0-9a-f]*::|\b[0-9a-f]{1,4}:[0-9a-f]{1,4}:|net\.ipv6|fe80::|::1|V6|_IP6|ip netns set`)
)

// withoutIPv6 makes nothing of the commands of a script that are about IPv6.
func withoutIPv6(s string) string {
	var b strings.Builder
	skip := false
	for line := range strings.Lines(s) {
		t := strings.TrimSpace(line)
		more := strings.HasSuffix(t, `\`)
		if skip {
			skip = more
			continue
		}
		if runsCommand.MatchString(t) && aboutIPv6.MatchString(t) {
			skip = more
			line = ":\n"
		}
		b.WriteString(line)
	}
	return b.String()
}
