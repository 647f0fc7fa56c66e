package pcap

import (
	"io"
	"slices"
)

// bufferSize is how many bytes a writer collects before it bothers its
// destination. A bigger record makes the buffer grow to hold it.
const bufferSize = 32 << 10

// output collects bytes for a destination. After the first failed write it
// keeps the error and discards what follows.
type output struct {
	dst io.Writer
	buf []byte
	err error
}

func newOutput(dst io.Writer) output {
	return output{dst: dst, buf: make([]byte, 0, bufferSize)}
}

// reserve makes room for a record of n bytes behind buf.
func (o *output) reserve(n int) {
	if cap(o.buf)-len(o.buf) < n {
		o.makeRoom(n)
	}
}

// extend adds n bytes to buf for the caller to fill, all of them: they hold
// what an earlier record left there.
func (o *output) extend(n int) []byte {
	o.reserve(n)
	start := len(o.buf)
	o.buf = o.buf[:start+n]
	return o.buf[start:]
}

func (o *output) makeRoom(n int) {
	o.flush()
	o.buf = slices.Grow(o.buf, n)
}

// flush hands what was collected to the destination.
func (o *output) flush() error {
	if o.err == nil && len(o.buf) > 0 {
		n, err := o.dst.Write(o.buf)
		if err == nil && n < len(o.buf) {
			err = io.ErrShortWrite
		}
		o.err = err
	}
	o.buf = o.buf[:0]
	return o.err
}
