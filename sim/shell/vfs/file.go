package vfs

import (
	"io"
	"io/fs"
	"strings"

	"hoplab/sim/stack"
)

// Flags say how to open a file.
type Flags uint8

// The flags of open(2).
const (
	Read Flags = 1 << iota
	Write
	Create
	Truncate
	Append
	Exclusive
)

// maxFile is the size of the largest file, in bytes.
const maxFile = 128 << 20

// File is an open file: the file description that several descriptors share.
type File struct {
	fs     *FS
	ns     *stack.Namespace
	n      *node
	dyn    Dynamic
	sub    string
	name   string
	data   []byte // of a dynamic file, as it was when opened
	off    int64
	flags  Flags
	random uint64
}

// Open opens a file, or creates it.
func (v View) Open(p string, flags Flags, perm fs.FileMode) (*File, error) {
	pl, err := v.walk(p, flags&Exclusive == 0)
	if err != nil {
		return nil, err
	}
	f := &File{fs: v.FS, ns: v.NS, n: pl.n, flags: flags, name: pl.full}
	switch {
	case pl.n == nil && pl.dyn == nil:
		if flags&Create == 0 {
			return nil, ENOENT
		}
		if len(p) > 0 && p[len(p)-1] == '/' {
			return nil, EISDIR
		}
		if f.n, err = v.FS.make(perm & 0o7777); err != nil {
			return nil, err
		}
		return f, v.FS.link(pl.dir, pl.name, f.n)
	case flags&Exclusive != 0 && flags&Create != 0:
		return nil, EEXIST
	case pl.n == nil:
		return f.openDynamic(pl)
	case pl.n.isDir():
		if flags&Write != 0 {
			return nil, EISDIR
		}
		return f, nil
	}
	if flags&Truncate != 0 && pl.n.dev == NoDevice && pl.n.prog == "" {
		pl.n.mtime = v.FS.now()
		return f, v.FS.resize(pl.n, 0)
	}
	if flags&Write != 0 && pl.n.prog != "" {
		return nil, EROFS
	}
	f.random = v.FS.seed
	if pl.n.dev == Random {
		v.FS.seed = mix(v.FS.seed)
	}
	return f, nil
}

func (f *File) openDynamic(pl place) (*File, error) {
	f.dyn, f.sub = pl.dyn, pl.sub
	info, err := pl.dyn.Stat(f.ns, pl.sub)
	switch {
	case err != nil && f.flags&Create != 0:
		if _, ok := pl.dyn.(hostDir); ok {
			return nil, EROFS
		}
		if strings.HasPrefix(f.name, "/sys/") {
			return nil, EACCES // sysfs lets nobody create a file; procfs looks it up first
		}
		return nil, err
	case err != nil:
		return nil, err
	case info.IsDir():
		if f.flags&Write != 0 {
			return nil, EISDIR
		}
		return f, nil
	case f.flags&Write != 0:
		if _, ok := pl.dyn.(hostDir); ok {
			return nil, EROFS
		}
		if info.FileMode&0o200 == 0 {
			return nil, EACCES
		}
	}
	if f.flags&Read != 0 {
		if f.data, err = pl.dyn.Read(f.ns, pl.sub); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Name is the path it was opened by, absolute and without links.
func (f *File) Name() string { return f.name }

// Stat describes the file.
func (f *File) Stat() Info {
	if f.n == nil {
		i, _ := f.dyn.Stat(f.ns, f.sub)
		return i
	}
	return f.n.info(f.name)
}

// Slot is where the user of a named pipe keeps it; all who opened the pipe
// share it.
func (f *File) Slot() *any { return &f.n.slot }

func (f *File) content() []byte {
	if f.n != nil {
		return f.n.data
	}
	return f.data
}

// Read reads from the current position.
func (f *File) Read(b []byte) (int, error) {
	if f.flags&Read == 0 {
		return 0, EBADF
	}
	if f.n != nil {
		switch f.n.dev {
		case Null:
			return 0, io.EOF
		case Zero, Full:
			clear(b)
			return len(b), nil
		case Random:
			for i := range b {
				f.random = mix(f.random)
				b[i] = byte(f.random >> 32)
			}
			return len(b), nil
		}
		if f.n.isDir() {
			return 0, EISDIR
		}
	} else if f.data == nil && f.Stat().IsDir() {
		return 0, EISDIR
	}
	c := f.content()
	if f.off >= int64(len(c)) {
		return 0, io.EOF
	}
	n := copy(b, c[f.off:])
	f.off += int64(n)
	return n, nil
}

// Write writes at the current position, or at the end with Append.
func (f *File) Write(b []byte) (int, error) {
	if f.flags&Write == 0 {
		return 0, EBADF
	}
	if f.n != nil && f.n.mode&fs.ModeNamedPipe != 0 {
		return 0, EINVAL
	}
	if f.n == nil {
		if err := f.dyn.Write(f.ns, f.sub, b); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	switch f.n.dev {
	case Full:
		return 0, ENOSPC
	case NoDevice:
	default:
		return len(b), nil
	}
	if f.flags&Append != 0 {
		f.off = int64(len(f.n.data))
	}
	end := f.off + int64(len(b))
	if end > maxFile {
		return 0, EFBIG
	}
	if end > int64(len(f.n.data)) {
		if f.off == int64(len(f.n.data)) {
			if f.fs.used+int64(len(b)) > f.fs.limit {
				return 0, ENOSPC
			}
			f.fs.used += int64(len(b))
			f.n.data = append(f.n.data, b...)
			f.off = end
			f.n.mtime = f.fs.now()
			return len(b), nil
		}
		if err := f.fs.resize(f.n, end); err != nil {
			return 0, err
		}
	}
	copy(f.n.data[f.off:], b)
	f.off = end
	f.n.mtime = f.fs.now()
	return len(b), nil
}

// Seek moves the position, as io.Seeker.
func (f *File) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		off += f.off
	case io.SeekEnd:
		off += int64(len(f.content()))
	}
	if off < 0 {
		return 0, EINVAL
	}
	f.off = off
	return off, nil
}

// mix is one step of splitmix64: the bytes of /dev/urandom come from the lab's
// seed.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
