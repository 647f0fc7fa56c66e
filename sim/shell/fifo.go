package shell

import (
	"io/fs"

	"hoplab/sim/shell/vfs"
)

// fifo is a named pipe while somebody has it open: fifo(7).
type fifo struct {
	pipe
	in, out           int       // ends that are open for reading, for writing
	inTotal, outTotal int       // that ever were
	opening           waitQueue // processes that wait for the other end
}

// fifoEnd is one open of a named pipe.
type fifoEnd struct {
	*fifo
	file  diskFile
	reads bool
	sends bool
}

// openFIFO opens a named pipe and waits for the other end, as fifo_open in the
// kernel's fs/pipe.c does; opening both ways never waits.
func (p *Process) openFIFO(f *vfs.File, flags vfs.Flags) (*openFile, error) {
	slot := f.Slot()
	q, ok := (*slot).(*fifo)
	if !ok {
		q = &fifo{}
		*slot = q
	}
	e := fifoEnd{q, diskFile{f}, flags&vfs.Read != 0, flags&vfs.Write != 0}
	if e.reads {
		q.in++
		q.inTotal++
		q.noReader = false
	}
	if e.sends {
		q.out++
		q.outTotal++
		q.noHead = false
	}
	q.opening.wake()
	o := newOpenFile(e)
	o.refs++
	if e.reads && e.sends {
		return o, nil
	}
	met := func(n, total *int) func() bool {
		before := *total
		return func() bool { return *n > 0 || *total > before }
	}
	other := met(&q.in, &q.inTotal)
	if e.reads {
		other = met(&q.out, &q.outTotal)
	}
	wait := func() {
		for !other() && !p.pendingSignal() {
			p.block(&q.opening)
		}
	}
	if p.Proc == nil { // its redirections are made before it runs
		p.first = append(p.first, wait)
		return o, nil
	}
	opened := false
	defer func() {
		if !opened { // the process ended meanwhile, or a signal came
			o.unref()
		}
	}()
	wait()
	if !other() {
		return nil, vfs.EINTR
	}
	opened = true
	return o, nil
}

func (e fifoEnd) read(p *Process, b []byte) (int, error) {
	if !e.reads {
		return 0, vfs.EBADF
	}
	return pipeReader{&e.pipe}.read(p, b)
}

func (e fifoEnd) write(p *Process, b []byte) (int, error) {
	if !e.sends {
		return 0, vfs.EBADF
	}
	return pipeWriter{&e.pipe}.write(p, b)
}

func (e fifoEnd) close() {
	if e.reads {
		if e.in--; e.in == 0 {
			pipeReader{&e.pipe}.close()
		}
	}
	if e.sends {
		if e.out--; e.out == 0 {
			pipeWriter{&e.pipe}.close()
		}
	}
}

// Stat describes the file.
func (e fifoEnd) Stat() vfs.Info { return e.file.Stat() }

func isFIFO(i vfs.Info) bool { return i.FileMode&fs.ModeNamedPipe != 0 }
