package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// maxTree is how many bytes --in may hold.
const maxTree = 256 << 20

// readTree reads a folder with all that is in it. Symbolic links that lead out
// of it are left out, as is what is neither file nor folder.
func readTree(dir string) (fs.FS, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	host, tree, total := root.FS(), memTree{}, int64(0)
	err = fs.WalkDir(host, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := fs.Stat(host, name)
		switch {
		case err != nil && e.Type()&fs.ModeSymlink != 0:
			return nil
		case err != nil:
			return err
		case info.IsDir() && e.Type()&fs.ModeSymlink != 0, !info.IsDir() && !info.Mode().IsRegular():
			return nil
		}
		f := &memFile{name: path.Base(name), mode: info.Mode(), time: info.ModTime()}
		if !info.IsDir() {
			if total += info.Size(); total > maxTree {
				return fmt.Errorf("more than %d MiB", maxTree>>20)
			}
			if f.data, err = fs.ReadFile(host, name); err != nil {
				return err
			}
		}
		tree[name] = f
		return nil
	})
	return tree, err
}

// memTree is a folder in memory, by slash-separated names. It is an fs.FS.
type memTree map[string]*memFile

// memFile is a file, its description and its entry in a folder.
type memFile struct {
	name string
	mode fs.FileMode
	time time.Time
	data []byte
}

// Name is the last part of its name.
func (f *memFile) Name() string { return f.name }

// Size is how many bytes it has.
func (f *memFile) Size() int64 { return int64(len(f.data)) }

// Mode is its type and permissions.
func (f *memFile) Mode() fs.FileMode { return f.mode }

// Type is its type.
func (f *memFile) Type() fs.FileMode { return f.mode.Type() }

// ModTime is when it was changed.
func (f *memFile) ModTime() time.Time { return f.time }

// IsDir says that it is a folder.
func (f *memFile) IsDir() bool { return f.mode.IsDir() }

// Sys is nothing.
func (f *memFile) Sys() any { return nil }

// Info is the file itself.
func (f *memFile) Info() (fs.FileInfo, error) { return f, nil }

// Open opens a file.
func (t memTree) Open(name string) (fs.File, error) {
	f := t[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	h := &memHandle{memFile: f, rest: f.data}
	if f.IsDir() {
		h.entries, _ = t.ReadDir(name)
	}
	return h, nil
}

// ReadDir lists a folder, sorted by name.
func (t memTree) ReadDir(dir string) ([]fs.DirEntry, error) {
	if f := t[dir]; f == nil || !f.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: dir, Err: fs.ErrNotExist}
	}
	var l []fs.DirEntry
	for name, f := range t {
		if name != "." && path.Dir(name) == dir {
			l = append(l, f)
		}
	}
	slices.SortFunc(l, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return l, nil
}

// memHandle is an open file.
type memHandle struct {
	*memFile
	rest    []byte
	entries []fs.DirEntry // of a folder, not yet listed
}

// ReadDir lists the next n entries of a folder, or all for n <= 0.
func (h *memHandle) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(h.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(h.entries) {
		n = len(h.entries)
	}
	l := h.entries[:n]
	h.entries = h.entries[n:]
	return l, nil
}

// Stat describes it.
func (h *memHandle) Stat() (fs.FileInfo, error) { return h.memFile, nil }

// Read reads on.
func (h *memHandle) Read(b []byte) (int, error) {
	if len(h.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

// Close does nothing.
func (*memHandle) Close() error { return nil }

// writeTree writes files below a folder, which it makes where there is none.
// Nothing outside of it is touched, whatever links are in it.
func writeTree(dir string, files []TreeFile) (err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, f := range files {
		if f.Dir {
			err = root.MkdirAll(f.Name, 0o777)
		} else {
			err = root.WriteFile(f.Name, f.Data, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
