package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"hoplab/scenarios"
	"hoplab/topology"
)

// inputs are the files of one command line, each read once.
type inputs struct {
	app   *app
	files []scenarios.File
	read  map[string]bool
}

func (a *app) inputs() *inputs { return &inputs{app: a, read: map[string]bool{}} }

// maxFile is how large a file may be, in bytes: more than package topology
// takes anyway, so that it is the one to refuse it.
const maxFile = 8 << 20

// stdinName stands for the standard input among files.
const stdinName = "-"

// add reads a file, unless it was read before.
func (in *inputs) add(name string) ([]byte, error) {
	if in.read[name] {
		i := slices.IndexFunc(in.files, func(f scenarios.File) bool { return f.Name == name })
		return in.files[i].Data, nil
	}
	data, err := in.bytes(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, cause(err))
	}
	in.read[name] = true
	in.files = append(in.files, scenarios.File{Name: name, Data: data})
	return data, nil
}

func (in *inputs) bytes(name string) ([]byte, error) {
	if name != stdinName {
		return in.app.env.ReadFile(name)
	}
	if in.app.stdin == nil {
		return nil, errors.New("there is no standard input")
	}
	return io.ReadAll(io.LimitReader(in.app.stdin, maxFile))
}

// cause is the error without the file's name, which stands in front already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// beside reads the other YAML files of the directory of a file whose scenarios
// run on a lab that stands elsewhere.
func (in *inputs) beside(name string, data []byte) {
	if name == stdinName {
		return
	}
	b, err := topology.Parse(name, data)
	if err != nil || len(b.Labs) > 0 || len(b.Scenarios) == 0 {
		return // a fault is told when the file is looked into
	}
	dir := filepath.Dir(name)
	names, err := in.app.env.ReadDir(dir)
	if err != nil {
		return
	}
	for _, n := range names {
		if path := filepath.Join(dir, n); isYAML(n) && filepath.Clean(path) != filepath.Clean(name) {
			_, _ = in.add(path) // one that cannot be read is not what was meant
		}
	}
}

// target is a SCENARIO of the command line: a built-in's name, a file, or
// FILE:NAME.
type target struct{ file, name string }

func (in *inputs) target(arg string) target {
	if file, name, ok := cutLast(arg, ':'); ok && isYAML(file) {
		return target{file, name}
	}
	if looksLikeFile(arg) {
		return target{arg, ""}
	}
	return target{"", arg}
}

// fileTargets are all that is in files.
func fileTargets(names []string) []target {
	var l []target
	for _, n := range names {
		l = append(l, target{file: n})
	}
	return l
}

// load reads the files of targets, and what stands beside them.
func (in *inputs) load(targets []target) error {
	var errs []error
	for _, t := range targets {
		if t.file == "" {
			continue
		}
		if _, err := in.add(t.file); err != nil {
			errs = append(errs, err)
		}
	}
	for _, f := range slices.Clone(in.files) {
		in.beside(f.Name, f.Data)
	}
	return errors.Join(errs...)
}

// entries finds the scenarios of a target.
func entries(r *scenarios.Resolver, t target) ([]*scenarios.Entry, error) {
	if t.file != "" && t.name == "" {
		return r.Open(t.file)
	}
	var e *scenarios.Entry
	var err error
	if t.file != "" {
		e, err = r.In(t.file, t.name)
	} else {
		e, err = r.Find(t.name)
	}
	if err != nil {
		return nil, err
	}
	return []*scenarios.Entry{e}, nil
}

func looksLikeFile(s string) bool {
	return s == stdinName || isYAML(s) || strings.ContainsAny(s, `/\`)
}

func isYAML(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
