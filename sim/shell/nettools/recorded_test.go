package nettools_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/proc"
	"hoplab/sim/shell"
	"hoplab/sim/shell/nettools"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
)

// kernelCase is a recording of a real kernel that can be run.
type kernelCase struct{ *simtest.Recording }

func readCase(t *testing.T, text []byte) *kernelCase {
	return &kernelCase{simtest.ReadRecording(t, text)}
}

// bench is a lab with a shell on it, for running one command after the other.
type bench struct {
	lab *sim.Lab
	sh  *shell.Shell
	out bytes.Buffer

	argv []string // what in runs in place of its own arguments
}

// newBench puts the tools on a lab, and one more that runs a command in another
// namespace: in NS COMMAND.
func newBench(t testing.TB, lab *sim.Lab) *bench {
	t.Helper()
	b := &bench{lab: lab}
	suite := nettools.New(lab)
	in := shell.Tool{Name: "in", Run: func(c *shell.Call) int {
		if b.argv != nil {
			status, _ := c.Exec(c.Lab.Namespace(c.Args[1]), b.argv)
			return status
		}
		status, found := c.Exec(c.Lab.Namespace(c.Args[1]), c.Args[2:])
		if !found {
			c.Errorf("%s: not found", c.Args[2])
		}
		return status
	}}
	cat := shell.Tool{Name: "cat", Run: func(c *shell.Call) int {
		data, err := c.View.ReadFile(c.Args[1])
		if err != nil {
			return c.Fail(1, "%s: %v", c.Args[1], err)
		}
		c.Out.Write(data)
		return 0
	}}
	sh, err := shell.New(lab, shell.Options{Tools: append(suite.Tools(), in, cat), Stdout: &b.out, Stderr: &b.out})
	require.NoError(t, err)
	require.NoError(t, suite.Mount(sh))
	b.sh = sh
	return b
}

// exec runs one command in a namespace, without the shell's language.
func (b *bench) exec(t *testing.T, netns string, argv []string) {
	t.Helper()
	b.argv = argv
	defer func() { b.argv = nil }()
	b.out.Reset()
	_, err := b.sh.RunCommand("in " + netns)
	require.NoError(t, err)
}

// run runs a line in a namespace; stdout and stderr are one.
func (b *bench) run(t *testing.T, netns, line string) (string, int) {
	t.Helper()
	b.out.Reset()
	status, err := b.sh.RunCommand("in " + netns + " " + line)
	require.NoError(t, err)
	return b.out.String(), status
}

// run does what the recording's script does: the same pauses, warm-up and
// actions. look is called where the script shows the state, and for each action
// that is no ping.
func (c *kernelCase) run(t *testing.T, look func(b *bench, when string)) {
	t.Helper()
	lab, err := sim.New(c.Lab(t))
	require.NoError(t, err)
	c.Setup(t, lab)
	ping := func(a simtest.Action) *proc.Proc {
		o, err := sock.ParsePing(strings.Fields(a.Cmd)[1:])
		require.NoError(t, err)
		return lab.Start(func(p *proc.Proc) error {
			_, err := sock.Ping(p, lab.Namespace(a.In), o, io.Discard, io.Discard, lab.Time(0))
			return err
		})
	}
	b := newBench(t, lab)
	lab.RunFor(500 * time.Millisecond)
	for _, a := range c.Warmup {
		require.NoError(t, lab.Wait(ping(a)))
	}
	if len(c.Warmup) > 0 {
		lab.RunFor(7 * time.Second)
	}
	look(b, "before")
	lab.RunFor(3 * time.Second)
	var background []*proc.Proc
	for i, a := range c.Actions {
		if !strings.HasPrefix(a.Cmd, "ping ") {
			look(b, fmt.Sprintf("action-%d", i+1))
			continue
		}
		p := ping(a)
		if a.Background {
			background = append(background, p)
			lab.RunFor(1500 * time.Millisecond)
			continue
		}
		require.NoError(t, lab.Wait(p))
	}
	for _, p := range background {
		require.NoError(t, lab.Wait(p))
	}
	lab.RunFor(700*time.Millisecond + time.Duration(c.Linger*float64(time.Second)))
	lab.RunFor(5 * time.Second)
	look(b, "after")
	simtest.Check(t, lab)
}

// section is what one command printed at one time on the real kernel.
type section struct{ when, netns, command, text string }

// sections reads testdata/recorded: "### WHEN NS $ COMMAND" and the text below.
func sections(t *testing.T, file string) []section {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var all []section
	for part := range strings.SplitSeq("\n"+string(data), "\n### ") {
		if part == "" {
			continue
		}
		head, text, _ := strings.Cut(part, "\n")
		where, command, ok := strings.Cut(head, " $ ")
		require.True(t, ok, head)
		when, netns, _ := strings.Cut(where, " ")
		all = append(all, section{when, netns, command, text})
	}
	return all
}

// What differs between two runs of the real kernel.
var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(` initval 0x[0-9a-f]+`), " initval X"},
	{regexp.MustCompile(`Size in memory: \d+`), "Size in memory: N"},
	{regexp.MustCompile(`(?m)^((?:icmp|tcp|udp|unknown)\s+\d+) \d+ `), "$1 T "},
	{regexp.MustCompile(`\bid=\d+`), "id=I"},
}

var arpingTime = regexp.MustCompile(`  \d+\.\d+ms`)

var unorderedLine = regexp.MustCompile(`^((icmp|tcp|udp|unknown)\s+\d+ T |\d+\.\d+\.\d+\.\d+ +(ether|\(incomplete\)|0x1 ))`)

// mask hides what is volatile, and sorts the entries of hash tables.
func mask(s string) string {
	for _, m := range masks {
		s = m.re.ReplaceAllString(s, m.by)
	}
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && unorderedLine.MatchString(lines[j]) {
			j++
		}
		slices.SortFunc(lines[i:j], cmp.Compare[string])
		i = j + 1
	}
	return strings.Join(lines, "\n")
}

func caseFiles(t *testing.T) []string {
	files, err := filepath.Glob("testdata/recorded/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// The state that the recorded scripts show with these tools, before and after
// what they do, is what a real kernel and the real tools printed.
func TestToolsPrintWhatTheyPrintedOnARealKernel(t *testing.T) {
	for _, file := range caseFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("../../testdata/kernel/" + name + "/case.yaml")
			require.NoError(t, err)
			want := sections(t, file)
			seen := 0
			readCase(t, text).run(t, func(b *bench, when string) {
				for _, s := range want {
					if s.when != when {
						continue
					}
					seen++
					got, status := b.run(t, s.netns, s.command)
					if strings.HasPrefix(when, "action") {
						got += fmt.Sprintf("# exit status %d\n", status)
					}
					if w, g := mask(s.text), mask(got); w != g {
						t.Errorf("%s, %s: %s prints%s", when, s.netns, s.command, lineDiff(w, g))
					}
				}
			})
			require.Equal(t, len(want), seen, "every recorded section was compared")
		})
	}
}

// lineDiff shows the lines that differ, one by one.
func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for i := range max(len(w), len(g)) {
		x, y := "(nothing)", "(nothing)"
		if i < len(w) {
			x = w[i]
		}
		if i < len(g) {
			y = g[i]
		}
		if x != y {
			fmt.Fprintf(&b, "\n  kernel:    %s\n  simulator: %s", x, y)
		}
	}
	return b.String()
}
