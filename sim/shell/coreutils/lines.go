package coreutils

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
)

// maxLine is the longest line that a tool holds in memory, in bytes.
const maxLine = 16 << 20

var errTooLong = errors.New("line too long")

// lines reads lines without limit on their number.
type lines struct {
	r    *bufio.Reader
	sep  byte
	last bool // the last line had no separator
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReader(r), sep: '\n'} }

// next is the next line without its end; io.EOF when there is none.
func (l *lines) next() (string, error) {
	var buf []byte
	for {
		chunk, err := l.r.ReadSlice(l.sep)
		if err == nil && buf == nil {
			return string(chunk[:len(chunk)-1]), nil
		}
		buf = append(buf, chunk...)
		switch {
		case err == nil:
			return string(buf[:len(buf)-1]), nil
		case errors.Is(err, bufio.ErrBufferFull):
			if len(buf) > maxLine {
				return "", errTooLong
			}
		case errors.Is(err, io.EOF) && len(buf) > 0:
			l.last = true
			return string(buf), nil
		default:
			return "", err
		}
	}
}

// each calls f for each operand's stream: standard input for "-" or no operand.
// Files that cannot be read are reported; ok tells that there were none.
func each(c *shell.Call, names []string, f func(name string, r io.Reader) error) (ok bool) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	ok = true
	for _, name := range names {
		if err := eachOne(c, name, f); err != nil {
			if errors.Is(err, errStop) {
				return ok
			}
			c.Errorf("%s: %s", name, vfs.Text(err))
			ok = false
		}
	}
	return ok
}

// errStop ends each early.
var errStop = errors.New("stop")

func eachOne(c *shell.Call, name string, f func(string, io.Reader) error) error {
	if name == "-" {
		return ignoreEOF(f(name, c.In))
	}
	r, err := c.Open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	if i, err := c.View.Stat(name); err == nil && i.IsDir() {
		return vfs.EISDIR
	}
	return ignoreEOF(f(name, r))
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// eachLine calls f for each line of all operands.
func eachLine(c *shell.Call, names []string, f func(line string) error) bool {
	return each(c, names, func(_ string, r io.Reader) error {
		l := newLines(r)
		for {
			c.Step(1)
			s, err := l.next()
			if err != nil {
				return err
			}
			if err := f(s); err != nil {
				return err
			}
		}
	})
}

// maxInput is how much a tool reads that needs all of its input at once.
const maxInput = 64 << 20

// all reads everything.
func all(r io.Reader) ([]byte, error) {
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, maxInput+1))
	if err == nil && n > maxInput {
		err = vfs.ENOMEM
	}
	return b.Bytes(), err
}

// output is buffered standard output; the tool flushes it at its end.
func output(c *shell.Call) *bufio.Writer { return bufio.NewWriterSize(c.Out, 4096) }

// status is 0 or 1.
func status(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

// flag is a row of a table of options.
func flag(f, help string) shell.Option { return shell.Option{Flag: f, Help: help} }

// missing is a row of something that is not modelled.
func missing(f, help string) shell.Option {
	return shell.Option{Flag: f, Help: help, NotModelled: true}
}
