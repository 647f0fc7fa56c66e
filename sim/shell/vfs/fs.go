package vfs

import (
	"io/fs"
	"slices"
	"strings"
	"time"

	"hoplab/sim/stack"
)

// Limits of one file system.
const (
	DefaultLimit = 256 << 20 // bytes in all files together
	maxNodes     = 100_000   // files and directories
	maxName      = 255       // bytes
	maxPath      = 4096      // bytes
	maxLinks     = 40        // symbolic links followed in one path, MAXSYMLINKS
)

// Device is what a character device does.
type Device uint8

// The devices.
const (
	NoDevice Device = iota
	Null
	Zero
	Full
	Random
	TTY
)

// node is one inode.
type node struct {
	ino     uint64
	mode    fs.FileMode
	mtime   time.Time
	links   int
	data    []byte
	entries []entry // of a directory, sorted by name
	target  string  // of a symbolic link
	dev     Device
	prog    string // of a program
	slot    any    // of a named pipe: what its user keeps there
	dyn     Dynamic
}

type entry struct {
	name string
	n    *node
}

func (n *node) isDir() bool { return n.mode.IsDir() }

func (n *node) find(name string) (int, bool) {
	return slices.BinarySearchFunc(n.entries, name, func(e entry, name string) int { return strings.Compare(e.name, name) })
}

func (n *node) child(name string) *node {
	if i, ok := n.find(name); ok {
		return n.entries[i].n
	}
	return nil
}

// FS is one file system.
type FS struct {
	root  *node
	now   func() time.Time
	ino   uint64
	nodes int
	used  int64
	limit int64
	seed  uint64 // of /dev/urandom
}

// New returns a file system with an empty root. now is the virtual time of day;
// limit is in bytes, 0 means DefaultLimit.
func New(now func() time.Time, limit int64, seed uint64) *FS {
	if limit == 0 {
		limit = DefaultLimit
	}
	f := &FS{now: now, limit: limit, seed: seed}
	f.root, _ = f.make(fs.ModeDir | 0o755)
	return f
}

// make returns a new inode that is in no directory yet.
func (f *FS) make(mode fs.FileMode) (*node, error) {
	if f.nodes >= maxNodes {
		return nil, ENOSPC
	}
	f.nodes++
	f.ino++
	n := &node{ino: f.ino, mode: mode, mtime: f.now()}
	return n, nil
}

// link puts n into a directory.
func (f *FS) link(dir *node, name string, n *node) error {
	if len(name) > maxName {
		return ENAMETOOLONG
	}
	i, ok := dir.find(name)
	if ok {
		return EEXIST
	}
	dir.entries = slices.Insert(dir.entries, i, entry{name, n})
	dir.mtime = f.now()
	n.links++
	return nil
}

// unlink takes a name out of a directory.
func (f *FS) unlink(dir *node, name string) {
	i, ok := dir.find(name)
	if !ok {
		return
	}
	n := dir.entries[i].n
	dir.entries = slices.Delete(dir.entries, i, i+1)
	dir.mtime = f.now()
	if n.links--; n.links == 0 {
		f.nodes--
		f.resize(n, 0)
	}
}

// resize changes the length of a file; what is new is zero.
func (f *FS) resize(n *node, size int64) error {
	old := int64(len(n.data))
	if size > old && f.used+size-old > f.limit {
		return ENOSPC
	}
	f.used += size - old
	switch {
	case size == 0:
		n.data = nil
	case size <= old:
		n.data = n.data[:size]
	case size <= int64(cap(n.data)):
		n.data = n.data[:size]
		clear(n.data[old:])
	default:
		n.data = append(n.data, make([]byte, size-old)...)
	}
	return nil
}

// place is where a path leads.
type place struct {
	dir  *node  // that name is in; nil for the root and in dynamic places
	name string // last component
	n    *node  // nil where nothing is
	dyn  Dynamic
	sub  string // path inside dyn
	full string // absolute, without symbolic links
}

// walk resolves a path. The last component may be missing: then place.n is nil
// and place.dir says where it would be. follow says whether a symbolic link at
// the end is followed. An error is about a component before the last.
func (f *FS) walk(ns *stack.Namespace, cwd, p string, follow bool) (place, error) {
	if p == "" {
		return place{}, ENOENT
	}
	if len(p) > maxPath {
		return place{}, ENAMETOOLONG
	}
	if p[0] != '/' {
		p = cwd + "/" + p
	}
	trail := []entry{{"", f.root}}
	rest := strings.Split(p, "/")
	links := 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		top := trail[len(trail)-1].n
		switch name {
		case "", ".":
			if !top.isDir() {
				return place{}, ENOTDIR
			}
			continue
		case "..":
			if len(trail) > 1 {
				trail = trail[:len(trail)-1]
			}
			continue
		}
		if !top.isDir() {
			return place{}, ENOTDIR
		}
		if top.dyn != nil {
			return dynamicPlace(ns, trail, top, append([]string{name}, rest...))
		}
		n := top.child(name)
		last := isLast(rest)
		if n == nil {
			if !last {
				return place{}, ENOENT
			}
			return place{dir: top, name: name, full: strings.TrimSuffix(fullPath(trail), "/") + "/" + name}, nil
		}
		if n.mode&fs.ModeSymlink != 0 && (!last || follow || len(rest) > 0) {
			if links++; links > maxLinks {
				return place{}, ELOOP
			}
			if strings.HasPrefix(n.target, "/") {
				trail = trail[:1]
			}
			rest = append(strings.Split(n.target, "/"), rest...)
			continue
		}
		trail = append(trail, entry{name, n})
	}
	top := trail[len(trail)-1]
	pl := place{name: top.name, n: top.n, dyn: top.n.dyn, full: fullPath(trail)}
	if len(trail) > 1 {
		pl.dir = trail[len(trail)-2].n
	}
	return pl, nil
}

// isLast says that only slashes follow.
func isLast(rest []string) bool {
	for _, r := range rest {
		if r != "" {
			return false
		}
	}
	return true
}

func fullPath(trail []entry) string {
	if len(trail) == 1 {
		return "/"
	}
	var b strings.Builder
	for _, e := range trail[1:] {
		b.WriteByte('/')
		b.WriteString(e.name)
	}
	return b.String()
}

// dynamicPlace resolves the rest of a path inside a Dynamic. ".." is worked out
// by name there, and may lead out again.
func dynamicPlace(ns *stack.Namespace, trail []entry, top *node, rest []string) (place, error) {
	var sub []string
	for _, name := range rest {
		switch name {
		case "", ".":
			continue
		case "..":
			if len(sub) == 0 {
				return place{}, ENOENT // only a script that tries to confuse walks there
			}
			sub = sub[:len(sub)-1]
			continue
		}
		if len(sub) > 0 {
			info, err := top.dyn.Stat(ns, strings.Join(sub, "/"))
			if err != nil {
				return place{}, err
			}
			if !info.FileMode.IsDir() {
				return place{}, ENOTDIR
			}
		}
		sub = append(sub, name)
	}
	p := strings.Join(sub, "/")
	full := fullPath(trail)
	if p != "" {
		full += "/" + p
	}
	name := full[strings.LastIndexByte(full, '/')+1:]
	return place{name: name, dyn: top.dyn, sub: p, full: full}, nil
}
