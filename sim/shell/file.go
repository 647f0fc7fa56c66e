package shell

import (
	"io"
	"slices"

	"hoplab/sim/shell/vfs"
)

// file is what a descriptor refers to. Reading and writing may block the
// process that does it.
type file interface {
	read(p *Process, b []byte) (int, error)
	write(p *Process, b []byte) (int, error)
	close()
}

// openFile is a file description: descriptors of several processes share it.
type openFile struct {
	file
	refs int
}

func newOpenFile(f file) *openFile { return &openFile{file: f} }

func (o *openFile) unref() {
	if o.refs--; o.refs == 0 {
		o.close()
	}
}

// diskFile is a file of the lab's file system.
type diskFile struct{ *vfs.File }

func (f diskFile) read(_ *Process, b []byte) (int, error) { return f.Read(b) }

func (f diskFile) write(_ *Process, b []byte) (int, error) { return f.Write(b) }

func (diskFile) close() {}

// hostFile is a stream that the caller of the shell, or a tool, provides.
// Reading a terminal blocks outside virtual time.
type hostFile struct {
	r   io.Reader
	w   io.Writer
	tty bool

	keyboard bool // Options.Stdin
}

func (f *hostFile) read(p *Process, b []byte) (int, error) {
	if f.r == nil {
		return 0, io.EOF
	}
	for f.keyboard && p.shell.o.InputReady != nil && !p.shell.o.InputReady() {
		p.block(&p.shell.readers)
		if p.pendingSignal() {
			return 0, vfs.EINTR
		}
	}
	return f.r.Read(b)
}

func (f *hostFile) write(p *Process, b []byte) (int, error) {
	if f.w == nil {
		return len(b), nil
	}
	if err := p.shell.countOutput(len(b)); err != nil {
		return 0, err
	}
	return f.w.Write(b)
}

func (*hostFile) close() {}

// buffer collects what a command substitution prints.
type buffer struct {
	data  []byte
	limit int
}

func (*buffer) read(*Process, []byte) (int, error) { return 0, vfs.EBADF }

func (f *buffer) write(p *Process, b []byte) (int, error) {
	if len(f.data)+len(b) > f.limit {
		return 0, vfs.ENOMEM
	}
	f.data = append(f.data, b...)
	return len(b), nil
}

func (*buffer) close() {}

// pipeSize is how many bytes a pipe holds before its writer blocks: pipe(7).
const pipeSize = 64 << 10

// pipe is pipe(2).
type pipe struct {
	data             []byte // ring
	at, n            int
	noReader, noHead bool // reading end, writing end closed
	readers, writers waitQueue
}

type (
	pipeReader struct{ *pipe }
	pipeWriter struct{ *pipe }
)

func newPipe() (r, w *openFile) {
	p := &pipe{}
	return newOpenFile(pipeReader{p}), newOpenFile(pipeWriter{p})
}

func (r pipeReader) read(p *Process, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for r.n == 0 {
		if r.noHead {
			return 0, io.EOF
		}
		if p.pendingSignal() {
			return 0, vfs.EINTR
		}
		p.block(&r.readers)
	}
	n := 0
	for n < len(b) && r.n > 0 {
		chunk := r.data[r.at:min(r.at+r.n, len(r.data))]
		k := copy(b[n:], chunk)
		n += k
		r.at = (r.at + k) % len(r.data)
		r.n -= k
	}
	r.writers.wake()
	return n, nil
}

func (pipeReader) write(*Process, []byte) (int, error) { return 0, vfs.EBADF }

func (r pipeReader) close() {
	r.noReader = true
	r.data, r.n = nil, 0
	r.writers.wake()
}

func (pipeWriter) read(*Process, []byte) (int, error) { return 0, vfs.EBADF }

func (w pipeWriter) write(p *Process, b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if w.noReader {
			return n, vfs.EPIPE
		}
		if w.pipe.n == pipeSize {
			if p.pendingSignal() {
				return n, vfs.EINTR
			}
			p.block(&w.writers)
			continue
		}
		n += w.put(b[n:])
		w.readers.wake()
	}
	return n, nil
}

// put appends to the ring what fits.
func (p *pipe) put(b []byte) int {
	b = b[:min(len(b), pipeSize-p.n)]
	if need := p.n + len(b); need > len(p.data) {
		size := max(1024, 2*len(p.data))
		for size < need {
			size *= 2
		}
		bigger := make([]byte, min(size, pipeSize))
		for i := range p.n {
			bigger[i] = p.data[(p.at+i)%len(p.data)]
		}
		p.data, p.at = bigger, 0
	}
	end := (p.at + p.n) % len(p.data)
	k := copy(p.data[end:], b)
	copy(p.data, b[k:])
	p.n += len(b)
	return len(b)
}

func (w pipeWriter) close() {
	w.noHead = true
	w.readers.wake()
}

// waitQueue lists the processes that wait for something.
type waitQueue []*Process

func (q *waitQueue) wake() {
	for _, p := range *q {
		p.Proc.Wake()
	}
}

func (q *waitQueue) remove(p *Process) {
	if i := slices.Index(*q, p); i >= 0 {
		*q = slices.Delete(*q, i, i+1)
	}
}

// stream is an open file as a process's io.Reader and io.Writer.
type stream struct {
	p      *Process
	f      *openFile
	closed bool
}

// Read reads for the process.
func (s *stream) Read(b []byte) (int, error) {
	s.p.step(1)
	n, err := s.f.read(s.p, b)
	s.p.step(n >> 10)
	return n, err
}

// Write writes for the process. Where nobody reads any more it dies of SIGPIPE.
func (s *stream) Write(b []byte) (int, error) {
	s.p.step(1 + len(b)>>10)
	n, err := s.f.write(s.p, b)
	if err == vfs.EPIPE { //nolint:errorlint // our own value
		s.p.brokenPipe()
	}
	return n, err
}

// Close closes the file for the process.
func (s *stream) Close() error {
	if !s.closed {
		s.closed = true
		s.f.unref()
	}
	return nil
}

// fdStream reads and writes whatever a descriptor refers to at that moment.
type fdStream struct {
	p  *Process
	fd int
}

// Read reads from the descriptor.
func (s fdStream) Read(b []byte) (int, error) {
	f := s.p.fd(s.fd)
	if f == nil {
		return 0, vfs.EBADF
	}
	return (&stream{p: s.p, f: f}).Read(b)
}

// Write writes to the descriptor.
func (s fdStream) Write(b []byte) (int, error) {
	f := s.p.fd(s.fd)
	if f == nil {
		return 0, vfs.EBADF
	}
	return (&stream{p: s.p, f: f}).Write(b)
}
