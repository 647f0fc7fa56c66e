package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hoplab/topology"
)

//go:embed *.yaml
var builtinFiles embed.FS

// builtinPrefix stands before the names of built-in files in places.
const builtinPrefix = "builtin/"

// File is a file that somebody else has read.
type File struct {
	Name string
	Data []byte
}

// Entry is a scenario and everything that it runs on: what Run takes.
type Entry struct {
	Scenario *topology.Scenario
	Bundle   *topology.Bundle // the lab and the objects beside it
	File     string           // where the scenario stands
	Builtin  bool
}

// Lab is the lab that the scenario runs on.
func (e *Entry) Lab() *topology.Lab {
	lab, _ := labOf(e.Scenario, e.Bundle)
	return lab
}

// Resolver finds scenarios and labs by name: in one file, then in the files
// beside it, then among the built-ins.
type Resolver struct {
	given, builtin []*source
}

// source is a file that is parsed when it is first needed: a broken one hurts
// only who looks into it.
type source struct {
	File
	builtin bool
	parsed  bool
	bundle  *topology.Bundle // empty, not nil, when the file is broken
	err     error
}

// NewResolver returns a resolver over files and the built-ins.
func NewResolver(files ...File) *Resolver {
	r := &Resolver{}
	for _, f := range files {
		r.given = append(r.given, &source{File: f})
	}
	names, err := builtinFiles.ReadDir(".")
	if err != nil {
		panic("scenarios: " + err.Error())
	}
	for _, e := range names {
		data, err := builtinFiles.ReadFile(e.Name())
		if err != nil {
			panic("scenarios: " + err.Error())
		}
		r.builtin = append(r.builtin, &source{File: File{builtinPrefix + e.Name(), data}, builtin: true})
	}
	return r
}

func (s *source) parse() (*topology.Bundle, error) {
	if !s.parsed {
		s.parsed = true
		if s.bundle, s.err = topology.Parse(s.Name, s.Data); s.err != nil {
			s.bundle = &topology.Bundle{}
		}
	}
	return s.bundle, s.err
}

// Builtin gives the built-in scenarios.
func (r *Resolver) Builtin() ([]*Entry, error) { return r.entries(r.builtin) }

// Open gives the scenarios of one of the files.
func (r *Resolver) Open(file string) ([]*Entry, error) {
	for _, s := range r.given {
		if s.Name == file {
			return r.entries([]*source{s})
		}
	}
	return nil, fmt.Errorf("%s was not read", file)
}

// In finds a scenario of one of the files.
func (r *Resolver) In(file, name string) (*Entry, error) {
	all, err := r.Open(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range all {
		if e.Scenario.Name == name {
			return e, nil
		}
		names = append(names, e.Scenario.Name)
	}
	return nil, fmt.Errorf("%s has no scenario %q%s", file, name, oneOf(name, names))
}

// Find finds a scenario by its name, in the files and then among the built-ins.
func (r *Resolver) Find(name string) (*Entry, error) {
	find := func(b *topology.Bundle) (topology.Pos, bool) {
		if s := b.Scenario(name); s != nil {
			return s.Pos, true
		}
		return topology.Pos{}, false
	}
	src, broken, err := r.search("scenario", name, nil, find)
	if err != nil {
		return nil, err
	}
	if src == nil {
		var names []string
		for s := range r.all {
			b, _ := s.parse()
			for _, x := range b.Scenarios {
				names = append(names, x.Name)
			}
		}
		return nil, errors.Join(append([]error{fmt.Errorf("unknown scenario %q%s", name, oneOf(name, names))}, broken...)...)
	}
	return r.entry(src, src.bundle.Scenario(name))
}

// Lab finds a lab by its name, in the files and then among the built-ins, and
// gives it with the objects beside it.
func (r *Resolver) Lab(name string) (*topology.Lab, *topology.Bundle, error) {
	src, broken, err := r.lab(name, nil)
	if err != nil {
		return nil, nil, err
	}
	if src == nil {
		return nil, nil, errors.Join(append([]error{fmt.Errorf("unknown lab %q%s", name, oneOf(name, r.labNames()))}, broken...)...)
	}
	return src.bundle.Lab(name), src.bundle, nil
}

func (r *Resolver) lab(name string, except *source) (*source, []error, error) {
	return r.search("lab", name, except, func(b *topology.Bundle) (topology.Pos, bool) {
		if l := b.Lab(name); l != nil {
			return l.Pos, true
		}
		return topology.Pos{}, false
	})
}

// all goes through the sources in the order of searching.
func (r *Resolver) all(yield func(*source) bool) {
	for _, tier := range [][]*source{r.given, r.builtin} {
		for _, s := range tier {
			if !yield(s) {
				return
			}
		}
	}
}

func (r *Resolver) labNames() []string {
	var names []string
	for s := range r.all {
		b, _ := s.parse()
		for _, l := range b.Labs {
			names = append(names, l.Name)
		}
	}
	return names
}

// search looks for a name tier by tier; two matches in one are an error. The
// errors are those of files that could not be read and may have held it.
func (r *Resolver) search(kind, name string, except *source, find func(*topology.Bundle) (topology.Pos, bool)) (*source, []error, error) {
	var broken []error
	for _, tier := range [][]*source{r.given, r.builtin} {
		var found *source
		var first topology.Pos
		for _, s := range tier {
			if s == except {
				continue
			}
			b, err := s.parse()
			if err != nil {
				broken = append(broken, err)
				continue
			}
			pos, ok := find(b)
			switch {
			case !ok:
			case found != nil:
				return nil, nil, pos.Errorf("metadata.name", "there is a %s %q already, at %s; rename one of them, or name the file", kind, name, first)
			default:
				found, first = s, pos
			}
		}
		if found != nil {
			return found, nil, nil
		}
	}
	return nil, broken, nil
}

func (r *Resolver) entries(sources []*source) ([]*Entry, error) {
	var out []*Entry
	for _, s := range sources {
		b, err := s.parse()
		if err != nil {
			return nil, err
		}
		for _, x := range b.Scenarios {
			e, err := r.entry(s, x)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// entry puts a scenario together with its lab. Where the lab stands elsewhere,
// Kubernetes objects beside the scenario join those beside the lab.
func (r *Resolver) entry(s *source, x *topology.Scenario) (*Entry, error) {
	e := &Entry{Scenario: x, Bundle: s.bundle, File: s.Name, Builtin: s.builtin}
	ref := x.LabRef
	if len(s.bundle.Labs) > 0 && (ref.Text == "" || s.bundle.Lab(ref.Text) != nil) {
		return e, nil // package topology has seen to it that it is clear which
	}
	if ref.Text == "" {
		return nil, x.Pos.Errorf("spec", "labRef is missing, and there is no Lab in %s; write labRef: %s", s.Name, strings.Join(first(1, r.labNames()), ""))
	}
	src, broken, err := r.lab(ref.Text, s)
	if err != nil {
		return nil, err
	}
	if src == nil {
		missing := ref.Pos.Errorf("spec.labRef", "unknown lab %q%s", ref.Text, oneOf(ref.Text, r.labNames()))
		return nil, errors.Join(append([]error{missing}, broken...)...)
	}
	base, own := *src.bundle, *s.bundle
	base.Scenarios, own.Scenarios = nil, []*topology.Scenario{x}
	if len(s.bundle.Labs) > 0 { // objects beside another lab are that lab's
		own = topology.Bundle{Scenarios: own.Scenarios, Notes: own.Notes}
	}
	if e.Bundle, err = topology.Merge(&base, &own); err != nil {
		return nil, err
	}
	return e, nil
}

// labOf finds the lab of a scenario in its bundle.
func labOf(s *topology.Scenario, b *topology.Bundle) (*topology.Lab, error) {
	switch {
	case s.LabRef.Text != "":
		if l := b.Lab(s.LabRef.Text); l != nil {
			return l, nil
		}
		var names []string
		for _, l := range b.Labs {
			names = append(names, l.Name)
		}
		return nil, s.LabRef.Pos.Errorf("spec.labRef", "unknown lab %q%s", s.LabRef.Text, oneOf(s.LabRef.Text, names))
	case len(b.Labs) == 1:
		return b.Labs[0], nil
	case len(b.Labs) == 0:
		return nil, s.Pos.Errorf("spec", "labRef is missing, and there is no lab")
	}
	return nil, s.Pos.Errorf("spec", "labRef is missing, and there are %d labs; write labRef: %s", len(b.Labs), b.Labs[0].Name)
}

func first(n int, list []string) []string { return list[:min(n, len(list))] }

// maxListed is how many names an error lists.
const maxListed = 8

// oneOf ends an error about an unknown word: the names that there are, or the
// nearest of many.
func oneOf(word string, names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	best := topology.Nearest(word, names)
	switch {
	case best != "":
		return fmt.Sprintf("; did you mean %q?", best)
	case len(names) == 0:
		return "; there is none"
	case len(names) > maxListed:
		return fmt.Sprintf("; there are %s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
	}
	return "; there is " + strings.Join(names, ", ")
}
