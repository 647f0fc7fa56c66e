package netprogs

import (
	"io"
	"net/netip"

	"hoplab/sim/proc"
	"hoplab/sim/shell"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/sock"
)

// channel is an open address.
type channel interface {
	ready() bool // read would not block
	read(s *socat, most int) ([]byte, error)
	write(s *socat, data []byte) error
	shut(s *socat) // nothing more will be written
	close()
	fds() [2]int    // by which it is read and written
	check(s *socat) // ends socat if something went wrong
}

// numbers are the descriptors that messages show.
type numbers [2]int

func (n numbers) fds() [2]int { return n }

func (numbers) check(*socat) {}

// stdioChannel is what socat itself reads and writes.
type stdioChannel struct {
	numbers
	in  *feed // nil where only output is used
	out io.Writer
}

func (c *stdioChannel) ready() bool { return c.in == nil || c.in.ready() }

func (c *stdioChannel) read(_ *socat, most int) ([]byte, error) {
	if c.in == nil {
		return nil, vfs.EBADF
	}
	if b := c.in.take(most); len(b) > 0 {
		return b, nil
	}
	return nil, io.EOF
}

func (c *stdioChannel) write(_ *socat, data []byte) error {
	_, err := c.out.Write(data)
	return err
}

func (*stdioChannel) shut(*socat) {}

func (c *stdioChannel) close() {
	if c.in != nil {
		c.in.close()
	}
}

// fileChannel is a file of the lab.
type fileChannel struct {
	numbers
	f *vfs.File
}

func (fileChannel) ready() bool { return true }

func (c fileChannel) read(_ *socat, most int) ([]byte, error) {
	b := make([]byte, most)
	n, err := c.f.Read(b)
	if n > 0 {
		return b[:n], nil
	}
	if err == nil {
		err = io.EOF
	}
	return nil, err
}

func (c fileChannel) write(_ *socat, data []byte) error {
	_, err := c.f.Write(data)
	return err
}

func (fileChannel) shut(*socat) {}

func (fileChannel) close() {}

// pipeChannel is an unnamed pipe: what is written can be read.
type pipeChannel struct {
	numbers
	data   []byte
	closed bool
}

func (c *pipeChannel) ready() bool { return len(c.data) > 0 || c.closed }

func (c *pipeChannel) read(_ *socat, most int) ([]byte, error) {
	if len(c.data) == 0 {
		return nil, io.EOF
	}
	n := min(most, len(c.data))
	b := c.data[:n:n]
	c.data = c.data[n:]
	return b, nil
}

func (c *pipeChannel) write(_ *socat, data []byte) error {
	c.data = append(c.data, data...)
	return nil
}

func (c *pipeChannel) shut(*socat) { c.closed = true }

func (*pipeChannel) close() {}

// tcpChannel is a connection.
type tcpChannel struct {
	numbers
	t *sock.TCPConn
}

func (c *tcpChannel) ready() bool { return c.t.Readable() }

func (c *tcpChannel) read(_ *socat, most int) ([]byte, error) {
	b := make([]byte, most)
	n, err := c.t.Read(b)
	return b[:n], err
}

func (c *tcpChannel) write(s *socat, data []byte) error {
	for len(data) > 0 {
		n, err := c.t.WriteSome(data)
		if err != nil {
			return err
		}
		if data = data[n:]; len(data) > 0 {
			s.pause(0)
		}
	}
	return nil
}

func (c *tcpChannel) shut(*socat) { _ = c.t.CloseWrite() }

func (c *tcpChannel) close() { _ = c.t.Close() }

// udpChannel is a UDP socket in one of its many roles.
type udpChannel struct {
	numbers
	u    *sock.UDPConn
	to   netip.AddrPort // where to send, if the socket is not connected
	only bool           // take datagrams from there alone
	tell bool           // of each datagram
	one  *datagram      // the only one that is read: UDP-RECVFROM
	done bool
	said bool
	mute bool // nothing can be sent
}

type datagram struct {
	from netip.AddrPort
	data []byte
}

func (c *udpChannel) ready() bool { return c.one != nil || c.done || c.u.Readable() }

func (c *udpChannel) read(s *socat, most int) ([]byte, error) {
	if c.done {
		return nil, io.EOF
	}
	if d := c.one; d != nil {
		c.one, c.done = nil, true
		s.notice("received packet with %d bytes from AF=2 %v", len(d.data), d.from)
		return d.data, nil
	}
	b := make([]byte, most)
	n, from, err := c.u.ReadFrom(b)
	switch {
	case err != nil:
		return nil, err
	case c.only && from != c.to:
		return nil, nil
	case c.tell:
		s.notice("received packet with %d bytes from AF=2 %v", n, from)
	}
	return b[:n], nil
}

func (c *udpChannel) write(s *socat, data []byte) (err error) {
	switch {
	case c.mute:
		return vfs.EBADF
	case c.to.IsValid():
		_, err = c.u.WriteTo(data, c.to)
		if !c.said {
			c.said = true
			s.notice("local address: AF=2 0.0.0.0:%d", c.u.Local().Port())
		}
	default:
		_, err = c.u.Write(data)
	}
	return err
}

func (*udpChannel) shut(*socat) {}

func (c *udpChannel) close() { c.u.Close() }

// duplex is a pair of connected sockets between socat and a command.
type duplex struct {
	numbers
	sh       *shell.Shell
	owner    *proc.Proc
	child    *shell.Process
	in, out  []byte // for the command, from it
	shutIn   bool
	gone     bool
	waiting  []*proc.Proc
	reported bool
}

// wait blocks the process that runs: the command may have started others.
func (d *duplex) wait() {
	for _, p := range d.sh.Processes() {
		if p.Proc.Running() {
			d.waiting = append(d.waiting, p.Proc)
			p.Proc.Pause()
			return
		}
	}
}

func (d *duplex) wakeAll() {
	waiting := d.waiting
	d.waiting = nil
	for _, p := range waiting {
		p.Wake()
	}
}

// Read is the command's standard input.
func (d *duplex) Read(b []byte) (int, error) {
	for len(d.in) == 0 {
		if d.shutIn || d.gone {
			return 0, io.EOF
		}
		d.wait()
	}
	n := copy(b, d.in)
	d.in = d.in[n:]
	return n, nil
}

// Write is the command's standard output.
func (d *duplex) Write(b []byte) (int, error) {
	for len(d.out) > 0 && len(d.out)+len(b) > feedSize && !d.gone {
		d.wait()
	}
	if d.gone {
		return 0, vfs.EPIPE
	}
	d.out = append(d.out, b...)
	d.owner.Wake()
	return len(b), nil
}

func (d *duplex) ready() bool { return len(d.out) > 0 || d.child.Done() }

func (d *duplex) read(_ *socat, most int) ([]byte, error) {
	if len(d.out) == 0 {
		return nil, io.EOF
	}
	n := min(most, len(d.out))
	b := d.out[:n:n]
	d.out = d.out[n:]
	d.wakeAll()
	return b, nil
}

func (d *duplex) write(_ *socat, data []byte) error {
	if d.child.Done() {
		return vfs.EPIPE
	}
	d.in = append(d.in, data...)
	d.wakeAll()
	return nil
}

func (d *duplex) shut(*socat) {
	d.shutIn = true
	d.wakeAll()
}

func (d *duplex) close() {
	d.gone = true
	d.wakeAll()
}

func (d *duplex) check(s *socat) {
	if !d.child.Done() || d.reported {
		return
	}
	d.reported = true
	s.notice("childdied(): handling signal 17")
	if st := d.child.Status(); st != 0 {
		s.die("waitpid(): child %d exited with status %d", d.child.PID, st)
	}
}
