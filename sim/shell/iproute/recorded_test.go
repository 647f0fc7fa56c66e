package iproute

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hoplab/sim/fib"
	"hoplab/sim/neigh"
	"hoplab/sim/netfilter/iptables"

	"github.com/stretchr/testify/require"
)

// TestRecordedNetworksShowAsOnLinux builds the networks of the recordings with
// the recorded scripts' own lines and compares what ip shows of them with what
// it showed on a real kernel. A file is the lines of the script, then sections
// "-- NAMESPACE COMMAND --" with the output.
func TestRecordedNetworksShowAsOnLinux(t *testing.T) {
	files, err := filepath.Glob("testdata/kernel/*.txt")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 42)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			script, sections, _ := strings.Cut(string(data), "\n-- ")
			m := newMachine(t)
			m.must(strings.Split(script, "\n")...)
			for s := range strings.SplitSeq(sections, "\n-- ") {
				head, want, _ := strings.Cut(s, " --")
				want = strings.TrimPrefix(want, "\n")
				name, line, _ := strings.Cut(head, " ")
				ns := m.lab.Namespace(name)
				require.NotNil(t, ns, name)
				words, err := iptables.Split(line)
				require.NoError(t, err)
				var out bytes.Buffer
				require.Zero(t, m.run(ns, words, &out), line)
				require.Equal(t, mask(want), mask(out.String()), "in %s: %s", name, line)
			}
			for _, ns := range m.lab.Namespaces() { // explanations quote routes and rules with the same words
				var want []byte
				for _, r := range ns.FIB.Routes(0) {
					want = append(fib.AppendRoute(want, r, ns.Env(), fib.Format{}), '\n')
				}
				for _, r := range ns.FIB.Rules() {
					want = append(fib.AppendRule(want, r, false), '\n')
				}
				for _, e := range ns.Neigh.Entries() {
					if e.Listed() {
						want = append(neigh.AppendEntry(want, e, ns.Env(), false), '\n')
					}
				}
				var out bytes.Buffer
				for _, line := range []string{"ip route show table all", "ip rule", "ip neigh"} {
					m.run(ns, strings.Fields(line), &out)
				}
				require.Equal(t, string(want), out.String())
			}
			require.NoError(t, m.lab.Accounting().Check())
		})
	}
}

// valid are the states of a neighbour that only time tells apart.
var valid = regexp.MustCompile(`\b(REACHABLE|STALE|DELAY|PROBE)\b`)

// mask leaves out what differs between two runs of a real kernel: which valid
// state a neighbour is in, and the order of neighbours, which is a hash table's.
func mask(s string) string {
	s = strings.TrimSuffix(valid.ReplaceAllString(s, "VALID"), "\n")
	if lines := strings.Split(s, "\n"); strings.Contains(s, " lladdr ") {
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	if strings.Contains(s, `"lladdr"`) {
		entries := strings.Split(strings.Trim(s, "[]"), "},")
		for i := range entries {
			entries[i] = strings.TrimSuffix(entries[i], "}")
		}
		slices.Sort(entries)
		return strings.Join(entries, "\n")
	}
	return s
}
