package shell_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/coreutils"

	"github.com/stretchr/testify/require"
)

func newLab(t testing.TB) *sim.Lab {
	t.Helper()
	lab, _, err := sim.Load("x.yaml", []byte("apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: x}\nspec:\n  machines:\n    host: {role: host}\n"))
	require.NoError(t, err)
	return lab
}

// result is what a script left.
type result struct {
	out, err string
	status   int
}

func run(t testing.TB, src string, change func(o *shell.Options)) (result, *shell.Shell, error) {
	t.Helper()
	var out, errOut strings.Builder
	o := shell.Options{Tools: coreutils.Tools(), Stdout: &out, Stderr: &errOut}
	if change != nil {
		change(&o)
	}
	s, err := shell.New(newLab(t), o)
	require.NoError(t, err)
	status, err := s.RunScript("script.sh", src)
	return result{out.String(), errOut.String(), status}, s, err
}

type scriptCase struct{ name, src string }

// scriptCases reads cases that begin with a line "=== NAME".
func scriptCases(t testing.TB, file string) (l []scriptCase) {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	for part := range strings.SplitSeq("\n"+string(b), "\n=== ") {
		name, src, _ := strings.Cut(part, "\n")
		if name != "" {
			l = append(l, scriptCase{name, src + "\n"})
		}
	}
	return l
}

// realBash runs a script with the bash of this machine.
func realBash(t *testing.T, src string) result {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "script.sh"), []byte(src), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	work := filepath.Join(dir, "w")
	require.NoError(t, os.Mkdir(work, 0o755))
	c := exec.CommandContext(ctx, "bash", filepath.Join(dir, "script.sh"))
	c.Dir = work
	c.Env = []string{"HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TZ=UTC"}
	var out, errOut strings.Builder
	c.Stdout, c.Stderr = &out, &errOut
	c.WaitDelay = time.Second
	err := c.Run()
	r := result{out: out.String(), err: strings.ReplaceAll(errOut.String(), filepath.Join(dir, "script.sh"), "script.sh")}
	r.out = strings.ReplaceAll(r.out, filepath.Join(dir, "script.sh"), "script.sh")
	r.out = strings.ReplaceAll(r.out, work, "/root")
	r.err = strings.ReplaceAll(r.err, work, "/root")
	if err != nil {
		r.status = c.ProcessState.ExitCode()
		if r.status < 0 {
			r.status = 128
		}
	}
	return r
}

var pids = regexp.MustCompile(`(line \d+: |pid |\() *\d{3,}\b`)

func mask(s string) string {
	s = strings.NewReplacer("‘", "'", "’", "'").Replace(s)
	return padding.ReplaceAllString(pids.ReplaceAllString(s, "${1}PID"), "$1 PID")
}

// padding is in front of a PID, which bash prints five columns wide.
var padding = regexp.MustCompile(`(line \d+:) +PID\b`)

func (r result) golden() string {
	return "--- stdout\n" + mask(r.out) + "--- stderr\n" + mask(r.err) + "--- exit " + strconv.Itoa(r.status) + "\n"
}

// TestLikeBash runs scripts and compares with what bash and GNU's tools printed.
// UPDATE=bash records that again.
func TestLikeBash(t *testing.T) {
	for _, file := range []string{"language", "tools", "scripts", "more", "lab"} {
		cases := scriptCases(t, "testdata/"+file+".txt")
		goldenFile := "testdata/" + file + ".golden"
		if os.Getenv("UPDATE") == "bash" {
			var b strings.Builder
			for _, c := range cases {
				b.WriteString("=== " + c.name + "\n" + realBash(t, c.src).golden())
			}
			require.NoError(t, os.WriteFile(goldenFile, []byte(b.String()), 0o644))
		}
		golden := map[string]string{}
		for _, g := range scriptCases(t, goldenFile) {
			golden[g.name] = strings.TrimSuffix(g.src, "\n")
		}
		for _, c := range cases {
			t.Run(file+"/"+c.name, func(t *testing.T) {
				got, _, err := run(t, c.src, nil)
				require.NoError(t, err)
				want := mask(strings.TrimSuffix(golden[c.name], "\n"))
				if g := strings.TrimSuffix(got.golden(), "\n"); g != want {
					t.Errorf("%s\n%s", c.src, diffText(want, g))
				}
			})
		}
	}
}

// diffText shows lines that differ: - is bash, + is this shell.
func diffText(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var b strings.Builder
	for len(w) > 0 || len(g) > 0 {
		switch {
		case len(w) > 0 && len(g) > 0 && w[0] == g[0]:
			b.WriteString("  " + w[0] + "\n")
			w, g = w[1:], g[1:]
		case len(g) == 0 || len(w) > 0 && !contains(g, w[0]):
			b.WriteString("- " + w[0] + "\n")
			w = w[1:]
		default:
			b.WriteString("+ " + g[0] + "\n")
			g = g[1:]
		}
	}
	return b.String()
}

func contains(l []string, s string) bool {
	for _, x := range l {
		if x == s {
			return true
		}
	}
	return false
}
