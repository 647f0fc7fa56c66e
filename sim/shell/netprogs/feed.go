package netprogs

import (
	"io"

	"hoplab/sim/proc"
	"hoplab/sim/shell"
)

// feed is a program's standard input for an event loop: what is there can be
// taken without blocking. Only processes of the shell can wait for a pipe, so a
// cat does it.
type feed struct {
	c    *shell.Call
	cat  *shell.Process
	data []byte
	eof  bool
	wake *proc.Proc
	full bool // cat waits
}

// feedSize is what may wait to be taken, in bytes: that of a pipe.
const feedSize = 64 << 10

// openFeed starts to read for process p.
func openFeed(c *shell.Call, p *proc.Proc) *feed {
	f := &feed{c: c, wake: p}
	child, err := c.Spawn(nil, []string{"/usr/bin/cat"}, shell.Stdio{Out: f})
	if err != nil {
		f.eof = true
		return f
	}
	f.cat = child
	child.OnEnd(func() {
		f.eof = true
		p.Wake()
	})
	p.OnEnd(f.close)
	return f
}

// Write takes what cat has read: it is the cat that blocks here.
func (f *feed) Write(b []byte) (int, error) {
	for len(f.data) > 0 && len(f.data)+len(b) > feedSize {
		f.full = true
		f.cat.Proc.Pause()
	}
	if f.wake.Done() {
		return 0, io.ErrClosedPipe
	}
	f.data = append(f.data, b...)
	f.wake.Wake()
	return len(b), nil
}

// ready says that there is something to take, or the end.
func (f *feed) ready() bool { return len(f.data) > 0 || f.eof }

// take takes at most n bytes.
func (f *feed) take(n int) []byte {
	n = min(n, len(f.data))
	b := f.data[:n:n]
	f.data = f.data[n:]
	if f.full {
		f.full = false
		f.cat.Proc.Wake()
	}
	return b
}

// close ends the reading.
func (f *feed) close() {
	if f.cat != nil && !f.cat.Done() {
		f.cat.Proc.Kill()
	}
}
