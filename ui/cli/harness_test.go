package cli

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// system is an operating system in memory.
type system struct {
	files    map[string]string
	env      map[string]string
	stdin    string
	terminal bool
	readOnly bool // no folder can be made
	editor   func(Completer) LineEditor
	stdout   io.Writer // where results go as well; nil is nowhere
}

// result is what a command line came to.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command line whose words are separated by blanks.
func (s *system) run(t *testing.T, line string) result {
	t.Helper()
	return s.exec(t, strings.Fields(line)...)
}

// exec runs a command line.
func (s *system) exec(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	var stdout io.Writer = &out
	if s.stdout != nil {
		stdout = io.MultiWriter(s.stdout, &out)
	}
	code := Main(args, strings.NewReader(s.stdin), stdout, &errs, Env{
		IsTerminal: func(any) bool { return s.terminal },
		Getenv:     func(k string) string { return s.env[k] },
		ReadFile: func(name string) ([]byte, error) {
			if text, ok := s.files[name]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
		ReadDir: func(dir string) ([]string, error) {
			var names []string
			for name := range s.files {
				if filepath.Dir(name) == dir {
					names = append(names, filepath.Base(name))
				}
			}
			slices.Sort(names)
			return names, nil
		},
		WriteFile: func(name string, write func(io.Writer) error) error {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				return err
			}
			s.files[name] = b.String()
			return nil
		},
		Editor: s.editor,
		ReadTree: func(dir string) (fs.FS, error) {
			tree := memTree{".": {name: ".", mode: fs.ModeDir | 0o755}}
			for name, text := range s.files {
				if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
					tree[rest] = &memFile{name: path.Base(rest), mode: 0o644, data: []byte(text)}
					for d := path.Dir(rest); d != "."; d = path.Dir(d) {
						tree[d] = &memFile{name: path.Base(d), mode: fs.ModeDir | 0o755}
					}
				}
			}
			if len(tree) == 1 {
				return nil, &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist}
			}
			return tree, nil
		},
		WriteTree: func(dir string, files []TreeFile) error {
			if s.readOnly {
				return &fs.PathError{Op: "mkdir", Path: dir, Err: fs.ErrPermission}
			}
			for _, f := range files {
				if !f.Dir {
					s.files[dir+"/"+f.Name] = string(f.Data)
				}
			}
			return nil
		},
	})
	return result{code, out.String(), errs.String()}
}

// golden compares with a file in testdata; UPDATE=1 rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "UPDATE=1 go test writes it")
	before, after := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(before), len(after)) {
		b, a := at(before, i), at(after, i)
		if a != b {
			t.Fatalf("%s, line %d:\nwas %s\nis  %s\nUPDATE=1 go test rewrites it, and the diff shows the rest", path, i+1, b, a)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}
