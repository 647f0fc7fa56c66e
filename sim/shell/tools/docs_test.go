package tools_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"

	"github.com/stretchr/testify/require"
)

const docs = "../../../docs/tools"

// pages are the fidelity pages, made from the tables that the tools themselves
// use.
func pages(t *testing.T) map[string]string {
	t.Helper()
	lab := sim.Empty()
	sh, err := tools.NewShell(lab, shell.Options{})
	require.NoError(t, err)
	defer sh.Close()
	files := map[string]string{}
	var index strings.Builder
	index.WriteString("# The commands of the lab's shell\n\nOne page each: which options are modelled, and which are an error that names them.\n" +
		"`man NAME` and `NAME --help` in the shell show the same. Made from the tools' own tables: `UPDATE=docs go test ./sim/shell/tools -run Docs`.\n\n| command | what it is for | modelled | not |\n|---|---|---|---|\n")
	for _, group := range shell.Pages(sh.Tools()) {
		first := group[0]
		var names []string
		for _, x := range group {
			names = append(names, x.Name)
		}
		file := first.Name + ".md"
		if first.Name == "[" {
			file = "test.md"
		}
		have := 0
		for _, o := range first.Options {
			if !o.NotModelled {
				have++
			}
		}
		fmt.Fprintf(&index, "| [%s](%s) | %s | %d | %d |\n", strings.ReplaceAll(strings.Join(names, ", "), "[", "\\["), file, first.Summary, have, len(first.Options)-have)
		var b bytes.Buffer
		first.Page(&b, names)
		files[file] = b.String()
	}
	files["README.md"] = index.String()
	return files
}

func TestTheDocsSayWhatTheToolsSay(t *testing.T) {
	want := pages(t)
	if os.Getenv("UPDATE") == "docs" {
		require.NoError(t, os.RemoveAll(docs))
		require.NoError(t, os.MkdirAll(docs, 0o755))
		for name, text := range want {
			require.NoError(t, os.WriteFile(filepath.Join(docs, name), []byte(text), 0o644))
		}
	}
	list, err := os.ReadDir(docs)
	require.NoError(t, err)
	for _, e := range list {
		require.Contains(t, want, e.Name(), "a page of a command that is gone: UPDATE=docs go test ./sim/shell/tools -run Docs")
	}
	for name, text := range want {
		have, err := os.ReadFile(filepath.Join(docs, name))
		require.NoError(t, err, "UPDATE=docs go test ./sim/shell/tools -run Docs")
		require.Equal(t, text, string(have), "%s: UPDATE=docs go test ./sim/shell/tools -run Docs", name)
	}
}

// examples are command lines that use an option, by what its table calls it:
// some tools check other things first.
func examples(tool, flag string) (name string, lines []string) {
	first, _, _ := strings.Cut(flag, ",")
	words := strings.Fields(first)
	if len(words) == 0 || len(words[0]) < 2 || words[0][0] != '-' {
		return "", nil
	}
	name = words[0][:strings.IndexAny(words[0]+"=", "[=")]
	around := map[string][]string{
		"conntrack":  {"-L %s", "-L -p tcp %s", "-L -p icmp %s"},
		"iptables":   {"%s", "%s -L"},
		"traceroute": {"%s", "%s 127.0.0.1"},
		"stat":       {"-c %%n %s"},
		"ipset":      {"%s", "list %s"},
		"socat":      {"%s", "%s - -"},
	}[tool]
	if around == nil {
		around = []string{"%s"}
	}
	for _, a := range around {
		literal, _, _ := strings.Cut(strings.Join(words[1:], " "), "|")
		for _, value := range []string{"", " 1", " f", " " + literal} {
			lines = append(lines, "timeout 3 '"+tool+"' "+fmt.Sprintf(a, name+value)+" < /dev/null | head -c 2000")
		}
	}
	return name, lines
}

// What the table calls not modelled is refused by name, and what it calls
// modelled is not refused as unknown.
func TestToolsAndTheirTablesAgree(t *testing.T) {
	var out, errOut bytes.Buffer
	sh, err := tools.NewShell(sim.Empty(), shell.Options{Stdout: &out, Stderr: &errOut, Stdin: strings.NewReader("")})
	require.NoError(t, err)
	defer sh.Close()
	checked := 0
	for _, group := range shell.Pages(sh.Tools()) {
		x := group[0]
		for _, o := range x.Options {
			name, lines := examples(x.Name, o.Flag)
			if lines == nil || x.Name == "bash" {
				continue
			}
			checked++
			agrees := false
			var said []string
			for _, line := range lines {
				out.Reset()
				errOut.Reset()
				_, err := sh.RunCommand(line)
				require.NoError(t, err, line)
				text := errOut.String()
				said = append(said, text)
				if o.NotModelled {
					agrees = agrees || strings.Contains(text, "not modelled") && strings.Contains(text, strings.TrimLeft(name, "-"))
					continue
				}
				bad := false
				for _, words := range []string{"not modelled", "invalid option", "unrecognized option", "unknown option", "Unknown argument"} {
					bad = bad || strings.Contains(text, words)
				}
				agrees = agrees || !bad
			}
			if !agrees {
				t.Errorf("%s %s: modelled as the table says: %t; the tool says %q", x.Name, o.Flag, !o.NotModelled, said[0])
			}
		}
	}
	require.Greater(t, checked, 800)
}

func TestEveryCommandHasHelp(t *testing.T) {
	lab := sim.Empty()
	var out, errOut bytes.Buffer
	sh, err := tools.NewShell(lab, shell.Options{Stdout: &out, Stderr: &errOut, Stdin: strings.NewReader("")})
	require.NoError(t, err)
	defer sh.Close()
	for _, x := range sh.Tools() {
		switch x.Name {
		case "echo", "[", "test", "true", "false", "kill", "printf", "pwd": // as in bash
			continue
		}
		out.Reset()
		errOut.Reset()
		_, err := sh.RunCommand("timeout 5 " + x.Name + " --help < /dev/null | head -c 5000")
		require.NoError(t, err)
		if s := out.String() + errOut.String(); !strings.Contains(strings.ToLower(s), "usage") {
			t.Errorf("%s --help says %q", x.Name, s)
		}
	}
}
