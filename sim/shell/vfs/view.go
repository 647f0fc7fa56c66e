package vfs

import (
	"io/fs"
	"path"
	"strings"
	"time"

	"hoplab/sim/stack"
)

// Info describes a file. It is an fs.FileInfo.
type Info struct {
	FileName string
	FileMode fs.FileMode
	FileSize int64
	Time     time.Time
	Links    int
	Ino      uint64 // 0 in dynamic places
	Target   string // of a symbolic link
	Prog     string // name of the program, where the file is one
	Dev      Device
}

// Name is the last component of the path.
func (i Info) Name() string { return i.FileName }

// Size is the length in bytes.
func (i Info) Size() int64 { return i.FileSize }

// Mode is kind and permissions.
func (i Info) Mode() fs.FileMode { return i.FileMode }

// ModTime is when the content changed last.
func (i Info) ModTime() time.Time { return i.Time }

// IsDir says that it is a directory.
func (i Info) IsDir() bool { return i.FileMode.IsDir() }

// Sys is nil.
func (i Info) Sys() any { return nil }

// View is what a process sees: the file system from its namespace and working
// directory.
type View struct {
	FS  *FS
	NS  *stack.Namespace
	Dir string // working directory, absolute
}

func (n *node) info(name string) Info {
	i := Info{FileName: name, FileMode: n.mode, FileSize: int64(len(n.data)), Time: n.mtime, Links: n.links, Ino: n.ino, Target: n.target, Prog: n.prog, Dev: n.dev}
	switch {
	case n.isDir():
		i.FileSize = 4096
		i.Links = 2
		for _, e := range n.entries {
			if e.n.isDir() {
				i.Links++
			}
		}
	case n.mode&fs.ModeSymlink != 0:
		i.FileSize = int64(len(n.target))
	}
	return i
}

func (v View) walk(p string, follow bool) (place, error) { return v.FS.walk(v.NS, v.Dir, p, follow) }

// existing is walk where the file must be there.
func (v View) existing(p string, follow bool) (place, error) {
	pl, err := v.walk(p, follow)
	if err == nil && pl.n == nil && pl.dyn == nil {
		err = ENOENT
	}
	return pl, err
}

func (v View) stat(p string, follow bool) (Info, error) {
	pl, err := v.existing(p, follow)
	if err != nil {
		return Info{}, err
	}
	if pl.sub != "" {
		i, err := pl.dyn.Stat(v.NS, pl.sub)
		i.FileName = pl.name
		if err == nil && strings.HasSuffix(p, "/") && !i.IsDir() {
			err = ENOTDIR
		}
		return i, err
	}
	return pl.n.info(pl.name), nil
}

// Stat describes a file, through symbolic links.
func (v View) Stat(p string) (Info, error) { return v.stat(p, true) }

// Lstat describes a file; of a symbolic link, the link itself.
func (v View) Lstat(p string) (Info, error) { return v.stat(p, false) }

// RealPath is the absolute path without symbolic links. The last component need
// not exist.
func (v View) RealPath(p string) (string, error) {
	pl, err := v.walk(p, true)
	if err != nil {
		return "", err
	}
	if pl.sub != "" {
		if _, err := pl.dyn.Stat(v.NS, pl.sub); err != nil && err != error(ENOENT) {
			return "", err
		}
	}
	return pl.full, nil
}

// Abs is the absolute path by name alone: "." and ".." are worked out, links
// are not followed.
func (v View) Abs(p string) string {
	if !strings.HasPrefix(p, "/") {
		p = v.Dir + "/" + p
	}
	return path.Clean(p)
}

// ReadDir lists a directory by name, without "." and "..".
func (v View) ReadDir(p string) ([]Info, error) {
	pl, err := v.existing(p, true)
	if err != nil {
		return nil, err
	}
	if pl.dyn != nil {
		if i, err := pl.dyn.Stat(v.NS, pl.sub); err != nil {
			return nil, err
		} else if !i.IsDir() {
			return nil, ENOTDIR
		}
		return pl.dyn.List(v.NS, pl.sub)
	}
	if !pl.n.isDir() {
		return nil, ENOTDIR
	}
	l := make([]Info, len(pl.n.entries))
	for i, e := range pl.n.entries {
		l[i] = e.n.info(e.name)
	}
	return l, nil
}

// Mkdir makes a directory.
func (v View) Mkdir(p string, perm fs.FileMode) error {
	return v.create(p, func() (*node, error) { return v.FS.make(fs.ModeDir | perm&0o7777) })
}

// MkdirAll makes a directory and those above it.
func (v View) MkdirAll(p string, perm fs.FileMode) error {
	if i, err := v.Stat(p); err == nil {
		if i.IsDir() {
			return nil
		}
		return EEXIST
	}
	if up := path.Dir(v.Abs(p)); up != "/" {
		if err := v.MkdirAll(up, perm); err != nil {
			return err
		}
	}
	return v.Mkdir(p, perm)
}

// create puts a new inode at a path where nothing is.
func (v View) create(p string, make func() (*node, error)) error {
	pl, err := v.walk(p, false)
	switch {
	case err != nil:
		return err
	case pl.n != nil:
		return EEXIST
	case pl.dyn != nil:
		return v.refuse(pl)
	}
	n, err := make()
	if err != nil {
		return err
	}
	return v.FS.link(pl.dir, pl.name, n)
}

// refuse is the error of changing the tree inside a dynamic place.
func (v View) refuse(pl place) error {
	if _, err := pl.dyn.Stat(v.NS, pl.sub); err == nil {
		return EEXIST
	}
	if _, ok := pl.dyn.(hostDir); ok {
		return EROFS
	}
	return ENOENT
}

// Symlink makes a symbolic link.
func (v View) Symlink(target, p string) error {
	return v.create(p, func() (*node, error) {
		n, err := v.FS.make(fs.ModeSymlink | 0o777)
		if err == nil {
			n.target = target
		}
		return n, err
	})
}

// Link makes another name for a file.
func (v View) Link(old, p string) error {
	pl, err := v.existing(old, false)
	switch {
	case err != nil:
		return err
	case pl.n == nil:
		return EXDEV
	case pl.n.isDir():
		return EPERM
	}
	return v.create(p, func() (*node, error) { return pl.n, nil })
}

// Readlink is where a symbolic link leads.
func (v View) Readlink(p string) (string, error) {
	pl, err := v.existing(p, false)
	if err != nil {
		return "", err
	}
	if pl.n == nil || pl.n.mode&fs.ModeSymlink == 0 {
		return "", EINVAL
	}
	return pl.n.target, nil
}

// Device puts a character device at a path.
func (v View) Device(p string, d Device) error {
	return v.create(p, func() (*node, error) {
		n, err := v.FS.make(fs.ModeDevice | fs.ModeCharDevice | 0o666)
		if err == nil {
			n.dev = d
		}
		return n, err
	})
}

// FIFO makes a named pipe. Who opens it keeps what is in it: File.Slot.
func (v View) FIFO(p string, perm fs.FileMode) error {
	return v.create(p, func() (*node, error) { return v.FS.make(fs.ModeNamedPipe | perm&0o7777) })
}

// Program puts a program at a path.
func (v View) Program(p, name string) error {
	return v.create(p, func() (*node, error) {
		n, err := v.FS.make(0o755)
		if err == nil {
			n.prog = name
			n.data = []byte("\x7fELF: " + name + " is part of the lab\n")
			v.FS.used += int64(len(n.data))
		}
		return n, err
	})
}

// Mount puts a Dynamic at a path, whose directories are made.
func (v View) Mount(p string, d Dynamic) error {
	if err := v.MkdirAll(p, 0o755); err != nil {
		return err
	}
	pl, err := v.existing(p, true)
	if err != nil {
		return err
	}
	if pl.n == nil {
		return EBUSY
	}
	pl.n.dyn = d
	return nil
}

// Unlink removes a name of a file.
func (v View) Unlink(p string) error {
	pl, err := v.existing(p, false)
	switch {
	case err != nil:
		return err
	case pl.sub != "":
		if err := v.refuse(pl); err == error(EROFS) || err == error(ENOENT) {
			return err
		}
		return EPERM
	case pl.n.isDir():
		return EISDIR
	}
	v.FS.unlink(pl.dir, pl.name)
	return nil
}

// Rmdir removes an empty directory.
func (v View) Rmdir(p string) error {
	pl, err := v.existing(p, false)
	switch {
	case err != nil:
		return err
	case pl.sub != "":
		return EPERM
	case !pl.n.isDir():
		return ENOTDIR
	case pl.dir == nil, pl.n.dyn != nil:
		return EBUSY
	case len(pl.n.entries) > 0:
		return ENOTEMPTY
	case strings.HasSuffix(p, "/.") || p == ".":
		return EINVAL
	}
	v.FS.unlink(pl.dir, pl.name)
	return nil
}

// Rename moves a file; what was at the new place is replaced, as rename(2)
// does.
func (v View) Rename(from, to string) error {
	a, err := v.existing(from, false)
	if err != nil {
		return err
	}
	b, err := v.walk(to, false)
	switch {
	case err != nil:
		return err
	case a.sub != "" || b.sub != "":
		return EXDEV
	case a.dir == nil || b.dir == nil || a.n.dyn != nil:
		return EBUSY
	case a.n == b.n:
		return nil
	case a.n.isDir() && (b.full == a.full || strings.HasPrefix(b.full, a.full+"/")):
		return EINVAL
	}
	if b.n != nil {
		switch {
		case b.n.isDir() && !a.n.isDir():
			return EISDIR
		case !b.n.isDir() && a.n.isDir():
			return ENOTDIR
		case b.n.isDir() && (len(b.n.entries) > 0 || b.n.dyn != nil):
			return ENOTEMPTY
		}
		v.FS.unlink(b.dir, b.name)
	}
	a.n.links++ // stays alive while it has no name
	v.FS.unlink(a.dir, a.name)
	err = v.FS.link(b.dir, b.name, a.n)
	a.n.links--
	return err
}

// Chmod changes the permission bits.
func (v View) Chmod(p string, perm fs.FileMode) error {
	pl, err := v.existing(p, true)
	if err != nil {
		return err
	}
	if pl.n == nil {
		return EPERM
	}
	const bits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	pl.n.mode = pl.n.mode&^bits | perm&bits
	return nil
}

// Chtime changes when the content is said to have changed last.
func (v View) Chtime(p string, t time.Time) error {
	pl, err := v.existing(p, true)
	if err != nil {
		return err
	}
	if pl.n == nil {
		return EPERM
	}
	pl.n.mtime = t
	return nil
}

// ReadFile is the content of a file.
func (v View) ReadFile(p string) ([]byte, error) {
	f, err := v.Open(p, Read, 0)
	if err != nil {
		return nil, err
	}
	if f.n != nil && (f.n.dev != NoDevice || f.n.mode&fs.ModeNamedPipe != 0) {
		return nil, EINVAL
	}
	return append([]byte(nil), f.content()...), nil
}

// WriteFile replaces the content of a file.
func (v View) WriteFile(p string, data []byte, perm fs.FileMode) error {
	f, err := v.Open(p, Write|Create|Truncate, perm)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return err
}
