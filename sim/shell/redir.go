package shell

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"hoplab/sim/shell/vfs"

	"mvdan.cc/sh/v3/syntax"
)

// saveFDs remembers the descriptors of the process.
func (p *Process) saveFDs() []descriptor {
	for _, d := range p.fds {
		d.f.refs++
	}
	return p.fds
}

// restoreFDs brings back what saveFDs remembered.
func (p *Process) restoreFDs(saved []descriptor) {
	now := p.fds
	p.fds = saved
	for _, d := range now {
		d.f.unref()
	}
}

// dataFile is the text of a here-document.
type dataFile struct {
	data []byte
	off  int
}

func (f *dataFile) read(_ *Process, b []byte) (int, error) {
	if f.off >= len(f.data) {
		return 0, io.EOF
	}
	n := copy(b, f.data[f.off:])
	f.off += n
	return n, nil
}

func (*dataFile) write(*Process, []byte) (int, error) { return 0, vfs.EBADF }

func (*dataFile) close() {}

// redirect performs redirections on a process: the shell's own, or a child that
// is about to start. Words are expanded by the shell.
func (in *interp) redirect(p *Process, redirs []*syntax.Redirect) error {
	for _, r := range redirs {
		if err := in.redirect1(p, r); err != nil {
			return err
		}
	}
	return nil
}

func (in *interp) redirect1(p *Process, r *syntax.Redirect) error {
	fd, name := -1, ""
	if r.N != nil {
		if s := r.N.Value; strings.HasPrefix(s, "{") {
			name = strings.Trim(s, "{}")
		} else {
			n, err := strconv.Atoi(s)
			if err != nil || n >= maxFDs {
				return errors.New(s + ": Bad file descriptor")
			}
			fd = n
		}
	}
	std := 1
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		std = 0
	}
	if fd < 0 {
		fd = std
	}
	if name != "" {
		if target := r.Word.Lit(); (r.Op == syntax.DplIn || r.Op == syntax.DplOut) && target == "-" {
			n, err := strconv.Atoi(in.get(name))
			if err != nil {
				return errors.New(name + ": Bad file descriptor")
			}
			p.setFD(n, nil)
			return nil
		}
		fd = p.freeFD(10)
		if err := in.set(name, strconv.Itoa(fd)); err != nil {
			return err
		}
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		text, err := in.document(r)
		if err != nil {
			in.fail(err)
		}
		p.setFD(fd, newOpenFile(&dataFile{data: []byte(text)}))
		return nil
	case syntax.WordHdoc:
		text, err := in.literal(r.Word)
		if err != nil {
			in.fail(err)
		}
		p.setFD(fd, newOpenFile(&dataFile{data: []byte(text + "\n")}))
		return nil
	}
	target, err := in.redirectTarget(r)
	if err != nil {
		return err
	}
	switch r.Op {
	case syntax.DplIn, syntax.DplOut:
		return in.duplicate(p, r, fd, target)
	case syntax.RdrAll, syntax.RdrAllClob:
		if err := in.openTo(p, 1, target, vfs.Write|vfs.Create|vfs.Truncate, r.Op == syntax.RdrAll); err != nil {
			return err
		}
		p.setFD(2, p.fd(1))
		return nil
	case syntax.AppAll, syntax.AppAllClob:
		if err := in.openTo(p, 1, target, vfs.Write|vfs.Create|vfs.Append, false); err != nil {
			return err
		}
		p.setFD(2, p.fd(1))
		return nil
	case syntax.RdrIn:
		return in.openTo(p, fd, target, vfs.Read, false)
	case syntax.RdrInOut:
		return in.openTo(p, fd, target, vfs.Read|vfs.Write|vfs.Create, false)
	case syntax.RdrOut:
		return in.openTo(p, fd, target, vfs.Write|vfs.Create|vfs.Truncate, true)
	case syntax.RdrClob:
		return in.openTo(p, fd, target, vfs.Write|vfs.Create|vfs.Truncate, false)
	case syntax.AppOut:
		return in.openTo(p, fd, target, vfs.Write|vfs.Create|vfs.Append, false)
	}
	return errors.New("not modelled: redirection " + r.Op.String())
}

// redirectTarget expands the word of a redirection, which must be one field.
func (in *interp) redirectTarget(r *syntax.Redirect) (string, error) {
	l, err := in.fieldsOf([]*syntax.Word{r.Word})
	if err != nil {
		in.fail(err)
	}
	if len(l) != 1 {
		return "", errors.New(wordsText([]*syntax.Word{r.Word}) + ": ambiguous redirect")
	}
	return l[0], nil
}

func (in *interp) openTo(p *Process, fd int, name string, flags vfs.Flags, clobber bool) error {
	if clobber && in.opts.noclobber {
		if i, err := p.View().Stat(name); err == nil && i.Mode().IsRegular() {
			return errors.New(name + ": cannot overwrite existing file")
		}
	}
	if isDevSock(name) {
		f, err := in.openDevSock(p, name)
		if err != nil {
			return errors.New(name + ": " + vfs.Text(err))
		}
		f.refs++
		p.setFD(fd, f)
		f.unref()
		return nil
	}
	opener := p
	if n, ok := p.ownFD(name); ok && p.fd(n) == nil {
		opener = in.p // a process substitution of the command's own redirections
	}
	f, err := opener.open(name, flags, 0o666&^p.umask)
	if err != nil {
		return errors.New(name + ": " + vfs.Text(err))
	}
	p.setFD(fd, f)
	f.unref()
	return nil
}

// duplicate is N>&M, N>&M- and N>&-.
func (in *interp) duplicate(p *Process, r *syntax.Redirect, fd int, target string) error {
	if target == "-" {
		p.setFD(fd, nil)
		return nil
	}
	num, move := strings.CutSuffix(target, "-")
	n, err := strconv.Atoi(num)
	if err != nil {
		if r.Op == syntax.DplOut && r.N == nil { // >&file is &>file
			if err := in.openTo(p, 1, target, vfs.Write|vfs.Create|vfs.Truncate, true); err != nil {
				return err
			}
			p.setFD(2, p.fd(1))
			return nil
		}
		return errors.New(target + ": ambiguous redirect")
	}
	f := p.fd(n)
	if f == nil {
		return errors.New(strconv.Itoa(n) + ": Bad file descriptor")
	}
	if n == fd {
		return nil
	}
	p.setFD(fd, f)
	if move {
		p.setFD(n, nil)
	}
	return nil
}
