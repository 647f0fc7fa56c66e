package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/ui/cli"
)

// fence is a block of the README between lines of three backquotes.
type fence struct{ lang, text string }

func fences(t *testing.T) []fence {
	t.Helper()
	src, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var all []fence
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(src), -1) {
		all = append(all, fence{m[1], m[2]})
	}
	require.NotEmpty(t, all)
	return all
}

// files are the README's blocks that begin with their name, "# first.yaml".
func files(all []fence) map[string]string {
	named := map[string]string{}
	for _, f := range all {
		first, _, _ := strings.Cut(f.text, "\n")
		if name, ok := strings.CutPrefix(first, "# "); ok && f.lang == "yaml" {
			named[name] = f.text
		}
	}
	return named
}

// unlike says where text differs from what a run printed; "..." stands for any
// number of lines.
func unlike(text, printed string) string {
	lines := strings.Split(strings.TrimRight(printed, "\n"), "\n")
	skip := false
	for _, want := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if want == "..." {
			skip = true
			continue
		}
		for skip && len(lines) > 0 && strings.TrimRight(lines[0], " ") != want {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			return fmt.Sprintf("the README says %q, the program does not", want)
		}
		if got := strings.TrimRight(lines[0], " "); got != want {
			return fmt.Sprintf("the README says %q, the program %q", want, got)
		}
		lines, skip = lines[1:], false
	}
	if len(lines) > 0 && !skip {
		return fmt.Sprintf("the program goes on with %q", lines[0])
	}
	return ""
}

// What the README shows is what the program prints.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	all := fences(t)
	named := files(all)
	env := cli.Env{ReadFile: func(name string) ([]byte, error) {
		if text, ok := named[name]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}}
	shown := 0
	for _, f := range all {
		command, text, _ := strings.Cut(f.text, "\n")
		args, ok := strings.CutPrefix(command, "$ go run .")
		if !ok {
			args, ok = strings.CutPrefix(command, "$ hoplab")
		}
		if !ok {
			continue
		}
		shown++
		var stdout, stderr strings.Builder
		cli.Main(strings.Fields(args), strings.NewReader(""), &stdout, &stderr, env)
		if why := unlike(text, stdout.String()); why != "" {
			t.Errorf("%s: %s", command, why)
		}
	}
	require.Equal(t, 2, shown)
}

// The README's screens are frames that the tests of the screen compare.
func TestReadmeShowsTheScreenAsItIs(t *testing.T) {
	frames, err := filepath.Glob("ui/testdata/*.txt")
	require.NoError(t, err)
	plain := func(s string) string {
		return regexp.MustCompile(`(?m) +$`).ReplaceAllString(strings.TrimRight(s, "\n"), "")
	}
	is := map[string]bool{}
	for _, name := range frames {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		is[plain(string(b))] = true
	}
	shown := 0
	for _, f := range fences(t) {
		if f.lang == "screen" {
			shown++
			require.True(t, is[plain(f.text)], "no frame in ui/testdata looks so any more:\n%s", f.text)
		}
	}
	require.Equal(t, 2, shown)
}

// Every command line of the README works.
func TestReadmeCommands(t *testing.T) {
	ran := 0
	for _, f := range fences(t) {
		if f.lang != "sh" {
			continue
		}
		for line := range strings.Lines(f.text) {
			line, _, _ = strings.Cut(line, "#")
			words := strings.Fields(line)
			if len(words) == 0 || words[0] != "hoplab" {
				continue
			}
			ran++
			var out, stderr strings.Builder
			env := cli.Env{WriteFile: func(_ string, write func(w io.Writer) error) error { return write(io.Discard) }}
			require.Zero(t, cli.Main(words[1:], strings.NewReader(""), &out, &stderr, env), "%s: %s", line, stderr.String())
			require.NotEmpty(t, out.String(), line)
		}
	}
	require.Greater(t, ran, 4)
}

// The program of the README, in a module of its own that finds this one by a
// replace line, prints what the README says. It needs nothing from a network.
func TestAnotherModuleImportsTheLab(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command to build another module with")
	}
	all, dir := fences(t), t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go .*$`).Find(mod)
	write("go.mod", fmt.Sprintf("module embedder\n\n%s\n\nrequire hoplab v0.0.0\n\nreplace hoplab => %q\n", version, root))
	sums, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	write("go.sum", string(sums))
	for name, text := range files(all) {
		write(name, text)
	}
	var want string
	for i, f := range all {
		if f.lang == "go" {
			write("main.go", f.text)
			want = all[i+1].text
		}
	}
	require.NotEmpty(t, want)
	run := exec.Command(goTool, "run", ".")
	run.Dir = dir
	run.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var stderr strings.Builder
	run.Stderr = &stderr
	got, err := run.Output()
	require.NoError(t, err, stderr.String())
	require.Equal(t, want, string(got))
}

// Whatever file or folder a document names is there.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	there := map[string]bool{} // and each end of a path: ipv4.go, packet/ipv4.go
	require.NoError(t, filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if name == ".git" {
			return filepath.SkipDir
		}
		parts := strings.Split(filepath.ToSlash(name), "/")
		for i := range parts {
			there[strings.Join(parts[i:], "/")] = true
		}
		return err
	}))
	docs, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`([\\w./-]+\\.go|(?:sim|packet|ui|topology|scenarios|docs|\\.ci)/[\\w./-]+)`")
	found := 0
	for _, doc := range append(docs, "README.md", "ARCHITECTURE.md") {
		text, err := os.ReadFile(doc)
		require.NoError(t, err)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			if !there[strings.TrimSuffix(m[1], "/")] {
				t.Errorf("%s names %s, which is not there", doc, m[1])
			}
		}
	}
	require.Greater(t, found, 100)
}

// Each module that go.mod asks for has a row that says where it is used and why,
// with the version that is built.
func TestArchitectureListsTheDependencies(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	text, err := os.ReadFile("ARCHITECTURE.md")
	require.NoError(t, err)
	direct := 0
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v(\S+)$`).FindAllStringSubmatch(string(mod), -1) {
		direct++
		name, version := m[1], m[2]
		if name == "github.com/spf13/pflag" { // in cobra's row
			continue
		}
		name = strings.TrimSuffix(name, "/v3")
		row := regexp.MustCompile(`(?m)^\|.*` + regexp.QuoteMeta("`"+name) + `(/v3)?` + "`" + `.*$`).FindString(string(text))
		require.NotEmpty(t, row, "no row for %s", name)
		require.Contains(t, row, version, "the version of %s", name)
	}
	require.Greater(t, direct, 10)
}
