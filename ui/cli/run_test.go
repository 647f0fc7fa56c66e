package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
)

var builtins = []string{"same-node-ping", "pod-to-internet", "cross-node-ping"}

func TestHopLogOfTheBuiltInScenarios(t *testing.T) {
	for _, name := range builtins {
		for _, lang := range []string{"en", "ko"} {
			for _, width := range []int{160, 100} {
				t.Run(fmt.Sprintf("%s in %s at %d columns", name, lang, width), func(t *testing.T) {
					got := (&system{}).run(t, fmt.Sprintf("run %s --lang %s --width %d", name, lang, width))
					require.Zero(t, got.code, got.stderr)
					require.Empty(t, got.stderr)
					golden(t, fmt.Sprintf("%s.%s.%d.txt", name, lang, width), got.stdout)
					require.Equal(t, got, (&system{}).run(t, fmt.Sprintf("run %s --lang %s --width %d", name, lang, width)), "twice the same")
					fits(t, got.stdout, width)
				})
			}
		}
	}
}

// fits checks that lines keep within the width, but for what ping printed.
func fits(t *testing.T, text string, width int) {
	for _, l := range strings.Split(text, "\n") {
		wide := 0
		for _, r := range l {
			if wide++; r >= 0x1100 && (r < 0x2000 || r >= 0xac00) {
				wide++
			}
		}
		require.LessOrEqual(t, wide, width, l)
		require.True(t, utf8.ValidString(l))
	}
}

func TestHopLogOfLostPackets(t *testing.T) {
	s := &system{files: map[string]string{"drops.yaml": readFile(t, "testdata/drops.yaml")}}
	for _, lang := range []string{"en", "ko"} {
		got := s.run(t, "run drops.yaml --width 110 --lang "+lang)
		require.Equal(t, 1, got.code, got.stderr)
		golden(t, "drops."+lang+".txt", got.stdout)
		fits(t, got.stdout, 110)
	}
}

func TestEveryWayToEndIsExplained(t *testing.T) {
	s := &system{files: map[string]string{"drops.yaml": readFile(t, "testdata/drops.yaml")}}
	text := s.run(t, "run drops.yaml").stdout
	for _, line := range []string{
		"drop      IP_TTL: its TTL is used up",
		"drop      IP_ROUTE_BLACKHOLE: a blackhole route swallows it silently; hint: ip route get 10.66.0.1",
		"drop      IP_ROUTE_UNREACHABLE:",
		"filter    FORWARD: destination is 10.1.0.3 and protocol is icmp: DROP",
		"drop      NETFILTER_DROP:",
		"drop      NEIGH_FAILED: nobody answered ARP",
		"drop      PKT_TOO_BIG:",
		"1428 bytes, MTU 1400",
		"frag      2028 bytes do not fit into MTU 1400: cut into fragments",
		"frag      all fragments are here: 2028 bytes",
		"arp       ignored: it asks for an address that this machine does not answer for",
		"✗ received 1",
		"because: It will not be.",
	} {
		require.Contains(t, text, line)
	}
}

func TestColourSaysNothingByItself(t *testing.T) {
	colour := regexp.MustCompile("\x1b\\[[0-9;]*m")
	terminal := &system{terminal: true, env: map[string]string{"COLUMNS": "160"}}
	painted := terminal.run(t, "run cross-node-ping").stdout
	bare := (&system{}).run(t, "run cross-node-ping").stdout
	require.Regexp(t, colour, painted)
	require.Equal(t, bare, colour.ReplaceAllString(painted, ""))
	for what, s := range map[string]*system{
		"NO_COLOR":       {terminal: true, env: map[string]string{"NO_COLOR": "1", "COLUMNS": "160"}},
		"a dumb one":     {terminal: true, env: map[string]string{"TERM": "dumb", "COLUMNS": "160"}},
		"not a terminal": {},
	} {
		require.Equal(t, bare, s.run(t, "run cross-node-ping").stdout, what)
	}
	require.Equal(t, bare, terminal.run(t, "run cross-node-ping --no-color").stdout)
}

func TestTheLocaleChoosesLanguageAndMarks(t *testing.T) {
	ko := (&system{}).run(t, "run same-node-ping --lang ko").stdout
	for _, env := range []map[string]string{{"LANG": "ko_KR.UTF-8"}, {"LC_ALL": "ko_KR.UTF-8", "LANG": "C"}, {"LC_MESSAGES": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}} {
		require.Equal(t, ko, (&system{env: env}).run(t, "run same-node-ping").stdout, env)
	}
	ascii := (&system{env: map[string]string{"LC_ALL": "C"}}).run(t, "run same-node-ping").stdout
	require.Contains(t, ascii, "  ok   ")
	require.NotContains(t, ascii, "✓")
}

func TestEventsAsJSON(t *testing.T) {
	for _, name := range builtins {
		got := (&system{}).run(t, "run "+name+" --format json")
		require.Zero(t, got.code, got.stderr)
		require.Equal(t, got, (&system{}).run(t, "run "+name+" --format json"), "twice the same")
		var seq float64
		var last map[string]any
		for _, line := range strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n") {
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &m), line)
			require.Equal(t, 1.0, m["v"])
			if _, isResult := m["result"]; !isResult {
				require.Greater(t, m["seq"], seq, line)
				seq = m["seq"].(float64)
				require.True(t, strings.HasPrefix(line, `{"v":1,"seq":`))
			}
			last = m
		}
		require.Equal(t, "scenario", last["result"])
		require.Equal(t, name, last["scenario"])
		require.Equal(t, 0.0, last["exit"])
	}
}

func TestCaptureFile(t *testing.T) {
	s := &system{files: map[string]string{}}
	got := s.run(t, "run cross-node-ping same-node-ping --pcap out.pcapng")
	require.Zero(t, got.code, got.stderr)
	r, err := pcap.NewReader(strings.NewReader(s.files["out.pcapng"]))
	require.NoError(t, err)
	comments := map[string]string{}
	packets, last := 0, int64(0)
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		i := r.Interfaces()[p.Interface]
		if i.Description == "cross-node-ping" {
			require.GreaterOrEqual(t, p.Time, last)
			last = p.Time
		}
		comments[i.Name] += string(p.Comment) + "\n"
		packets++
	}
	require.Positive(t, packets)
	require.Contains(t, comments["k8s-w1:tunl0"], "encap     + 20 bytes: 192.168.10.101 > 192.168.10.102")
	require.Contains(t, comments, "k8s-w1:ens5")
	require.NotContains(t, comments["k8s-w1:calice0906292e2"], "\x1b")
	for _, i := range r.Interfaces() {
		require.Contains(t, builtins, i.Description)
		if strings.HasSuffix(i.Name, ":tunl0") {
			require.Equal(t, pcap.LinkRaw, i.LinkType)
		}
	}

	require.Equal(t, 2, s.run(t, "run no-such --pcap other.pcapng").code)
	require.NotContains(t, s.files, "other.pcapng", "an error leaves no file")
}

func TestAFileIsWrittenWhollyOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(name, []byte("old"), 0o600))
	broken := errors.New("broken")
	err := writeFile(name, func(w io.Writer) error {
		_, _ = w.Write([]byte("half"))
		return broken
	})
	require.ErrorIs(t, err, broken)
	require.Equal(t, "old", readFile(t, name))
	require.NoError(t, writeFile(name, func(w io.Writer) error {
		_, err := w.Write([]byte("new"))
		return err
	}))
	require.Equal(t, "new", readFile(t, name))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left behind")
	require.Error(t, writeFile(dir, func(io.Writer) error { return nil }))
}

// brokenPipe takes n bytes and then fails.
type brokenPipe struct {
	n   int
	err error
}

func (p *brokenPipe) Write(b []byte) (int, error) {
	if p.n -= len(b); p.n < 0 {
		return 0, p.err
	}
	return len(b), nil
}

func TestAWriteErrorEndsTheRun(t *testing.T) {
	for _, line := range []string{"run cross-node-ping", "run cross-node-ping --format json", "list", "expand study", "version", "--help", ""} {
		for _, room := range []int{0, 10, 70 << 10} {
			got := (&system{stdout: &brokenPipe{room, errors.New("disk full")}}).run(t, line)
			if len(got.stdout) > room || room == 0 {
				require.Equal(t, 2, got.code, "%s with room for %d bytes", line, room)
				require.Equal(t, "hoplab: cannot write the results: disk full\n", got.stderr, line)
			}
			got = (&system{stdout: &brokenPipe{room, syscall.EPIPE}}).run(t, line)
			if len(got.stdout) > room || room == 0 {
				require.Equal(t, 2, got.code)
				require.Empty(t, got.stderr, "whoever closed the pipe knows it")
			}
		}
	}
}

func TestSeveralScenariosAreWorthTheWorstOfThem(t *testing.T) {
	lab := "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: l}\nspec: {segments: {s: {}}, machines: {a: {interfaces: {eth0: {segment: s, address: 10.0.0.1/24}}}}}\n"
	scenario := func(name, expect string) string {
		return "---\napiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: " + name + "}\nspec: {steps: [{in: a, run: ping -c 1 10.0.0.1, expect: [" + expect + "]}]}\n"
	}
	met, failed, none, unknown := scenario("met", "ping: {received: 1}"), scenario("failed", "ping: {received: 0}"), scenario("none", ""), scenario("unknown", "packets: {at: \"a:eth7\"}")
	for _, tt := range []struct {
		name, text string
		code       int
	}{
		{"all met", met, 0},
		{"one failed", met + failed, 1},
		{"one checked nothing", met + none, 3},
		{"failed outweighs unchecked", none + failed, 1},
		{"invalid outweighs all", none + failed + unknown, 2},
		{"no scenario at all", "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &system{files: map[string]string{"x.yaml": lab + tt.text}}
			got := s.run(t, "run x.yaml")
			require.Equal(t, tt.code, got.code, got.stderr)
			if tt.code == 2 {
				require.Regexp(t, `^x\.yaml:\d+:\d+: .*eth7`, got.stderr)
			}
		})
	}
}

func TestAScenarioFindsItsLabBesideIt(t *testing.T) {
	s := &system{files: map[string]string{
		"dir/lab.yaml":      "apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: beside}\nspec: {segments: {s: {}}, machines: {a: {interfaces: {eth0: {segment: s, address: 10.0.0.1/24}}}}}\n",
		"dir/broken.yaml":   "]",
		"dir/scenario.yaml": "apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: here}\nspec: {labRef: beside, steps: [{in: a, run: ping -c 1 10.0.0.1, expect: [ping: {received: 1}]}]}\n",
		"dir/study.yaml":    "apiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: there}\nspec: {labRef: study, steps: [{in: pod/pod1, run: ping -c 1 172.16.184.1, expect: [ping: {ttl: 62}]}]}\n",
	}}
	for _, line := range []string{"run dir/scenario.yaml", "run dir/scenario.yaml:here", "run dir/study.yaml", "validate dir/scenario.yaml dir/study.yaml dir/lab.yaml"} {
		got := s.run(t, line)
		require.Zero(t, got.code, "%s: %s", line, got.stderr)
	}
	require.Equal(t, 2, s.run(t, "run dir/broken.yaml").code)
}

func TestTheStandardInputIsAFileToo(t *testing.T) {
	s := &system{stdin: readFile(t, "testdata/drops.yaml")}
	require.Equal(t, 1, s.run(t, "run -").code)
	require.Zero(t, s.run(t, "validate -").code)
}

func TestTheSeedIsTold(t *testing.T) {
	one, two := (&system{}).run(t, "run same-node-ping --seed 1").stdout, (&system{}).run(t, "run same-node-ping --seed 2").stdout
	require.Contains(t, one, "seed 1,")
	require.Contains(t, two, "seed 2,")
	require.NotEqual(t, one, two)
}

func TestWhatIsKeptButNotModelledIsToldOnce(t *testing.T) {
	text := readFile(t, "testdata/drops.yaml") + `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
`
	s := &system{files: map[string]string{"x.yaml": text}}
	got := s.run(t, "run x.yaml x.yaml")
	require.Equal(t, 1, strings.Count(got.stderr, "note: x.yaml:"), got.stderr)
	require.Contains(t, got.stderr, "Deployment is kept, but not modelled")
	require.NotContains(t, got.stdout, "Deployment")
}

func TestExpandedLabsRunLikeTheirCluster(t *testing.T) {
	s := &system{files: map[string]string{}}
	plain := s.run(t, "expand study")
	require.Zero(t, plain.code, plain.stderr)
	s.files["plain.yaml"] = plain.stdout + `---
apiVersion: hoplab/v1
kind: Scenario
metadata: {name: again}
spec: {steps: [{in: pod1, run: ping -c 3 172.16.184.1, expect: [ping: {received: 3, ttl: 62}]}]}
`
	got := s.run(t, "run plain.yaml")
	require.Zero(t, got.code, got.stderr)
	require.Equal(t, plain.stdout, s.run(t, "expand plain.yaml").stdout)
	// The same packets cross the same interfaces at the same time.
	crossings := func(text string) []string { return regexp.MustCompile(`(?m)^\d+\.\d{6} .*$`).FindAllString(text, -1) }
	require.Equal(t, crossings(s.run(t, "run cross-node-ping").stdout), crossings(got.stdout))
}

func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var out, errs bytes.Buffer
		if Main([]string{"run", "cross-node-ping"}, nil, &out, &errs, Env{}) != 0 {
			b.Fatal(errs.String())
		}
	}
}
