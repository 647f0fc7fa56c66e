package vfs

import (
	"io/fs"
	"path"

	"hoplab/sim/stack"
)

// Dynamic fills a place in the tree. Paths are relative to where it is mounted,
// without leading slash; "" is the place itself. Errors are Errnos: ENOENT,
// EISDIR, EACCES, EINVAL.
type Dynamic interface {
	// Stat describes a path.
	Stat(ns *stack.Namespace, path string) (Info, error)
	// List names what is in a directory, sorted.
	List(ns *stack.Namespace, path string) ([]Info, error)
	// Read is the content of a file at the moment it is opened.
	Read(ns *stack.Namespace, path string) ([]byte, error)
	// Write gets what one write(2) writes.
	Write(ns *stack.Namespace, path string, data []byte) error
}

// hostDir shows an fs.FS read-only.
type hostDir struct{ fsys fs.FS }

// ReadOnly makes a Dynamic of an fs.FS: all of it can be read, nothing written.
// Symbolic links are whatever fsys makes of them.
func ReadOnly(fsys fs.FS) Dynamic { return hostDir{fsys} }

// maxHostFile is the size of the largest file that /in shows.
const maxHostFile = 64 << 20

func hostName(p string) string {
	if p == "" {
		return "."
	}
	return p
}

func (d hostDir) Stat(_ *stack.Namespace, p string) (Info, error) {
	i, err := fs.Stat(d.fsys, hostName(p))
	if err != nil {
		return Info{}, toErrno(err)
	}
	return hostInfo(path.Base(p), i), nil
}

func (d hostDir) List(_ *stack.Namespace, p string) ([]Info, error) {
	entries, err := fs.ReadDir(d.fsys, hostName(p))
	if err != nil {
		return nil, toErrno(err)
	}
	var l []Info
	for _, e := range entries {
		if i, err := fs.Stat(d.fsys, path.Join(hostName(p), e.Name())); err == nil {
			l = append(l, hostInfo(e.Name(), i))
		}
	}
	return l, nil
}

func (d hostDir) Read(_ *stack.Namespace, p string) ([]byte, error) {
	i, err := fs.Stat(d.fsys, hostName(p))
	if err != nil {
		return nil, toErrno(err)
	}
	switch {
	case i.IsDir():
		return nil, EISDIR
	case !i.Mode().IsRegular():
		return nil, EACCES
	case i.Size() > maxHostFile:
		return nil, EFBIG
	}
	b, err := fs.ReadFile(d.fsys, hostName(p))
	return b, toErrno(err)
}

func (hostDir) Write(*stack.Namespace, string, []byte) error { return EROFS }

func hostInfo(name string, i fs.FileInfo) Info {
	mode := i.Mode()&(fs.ModeDir|0o555) | 0o444
	return Info{FileName: name, FileMode: mode, FileSize: i.Size(), Time: i.ModTime(), Links: 1}
}
