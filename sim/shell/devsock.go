package shell

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hoplab/sim/proc"
	"hoplab/sim/shell/vfs"
	"hoplab/sim/sock"
)

// Files below /dev/tcp and /dev/udp are connections that bash opens itself:
// "exec 3<>/dev/tcp/10.0.0.1/80".

// connection is what both kinds of socket do.
type connection interface {
	Read(b []byte) (int, error)
	Write(b []byte) (int, error)
	Readable() bool
}

// netFile is an open connection.
type netFile struct {
	connection
	as      func(p *proc.Proc) connection // the connection as another process sees it
	end     func()
	readers waitQueue
}

func (f *netFile) read(p *Process, b []byte) (int, error) {
	for !f.Readable() {
		if p.pendingSignal() {
			return 0, vfs.EINTR
		}
		p.block(&f.readers)
	}
	return f.as(p.Proc).Read(b)
}

func (f *netFile) write(p *Process, b []byte) (int, error) {
	n, err := f.as(p.Proc).Write(b)
	if e := (sock.Error{}); errors.As(err, &e) && e.Error() == vfs.EPIPE.Error() {
		p.brokenPipe()
		return n, vfs.EPIPE
	}
	return n, err
}

func (f *netFile) close() { f.end() }

// isDevSock says that a name is such a file.
func isDevSock(name string) bool {
	return strings.HasPrefix(name, "/dev/tcp/") || strings.HasPrefix(name, "/dev/udp/")
}

// openDevSock connects. The shell waits, whoever gets the descriptor.
func (in *interp) openDevSock(p *Process, name string) (*openFile, error) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(name, "/dev/"), "/")
	host, port, ok := strings.Cut(rest, "/")
	if !ok || host == "" || port == "" {
		return nil, vfs.ENOENT
	}
	addr, ok := in.hostAddress(p, host)
	if !ok {
		in.errfTo(p, "%s: Name or service not known", host)
		return nil, vfs.EINVAL
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("not modelled: the port %q by its name", port)
	}
	to := netip.AddrPortFrom(addr, uint16(n))
	f := &netFile{}
	holder := in.p.Proc
	if kind == "tcp" {
		c, err := sock.DialTCP(holder, p.NS, to)
		if err != nil {
			fmt.Fprintf(fdStream{p, 2}, "%s: connect: %v\n", in.name, err)
			return nil, err
		}
		c.Notify(f.readers.wake)
		f.connection = c
		seen := map[*proc.Proc]connection{holder: c}
		f.as = func(p *proc.Proc) connection {
			if seen[p] == nil {
				seen[p] = c.As(p)
			}
			return seen[p]
		}
		f.end = func() { _ = c.Close() }
		return newOpenFile(f), nil
	}
	c, err := sock.DialUDP(holder, p.NS, to)
	if err != nil {
		fmt.Fprintf(fdStream{p, 2}, "%s: connect: %v\n", in.name, err)
		return nil, err
	}
	c.Notify(f.readers.wake)
	f.connection, f.end = c, c.Close
	f.as = func(*proc.Proc) connection { return c }
	return newOpenFile(f), nil
}

// hostAddress is an IPv4 address, or that of a name of /etc/hosts.
func (in *interp) hostAddress(p *Process, host string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return a, true
	}
	text, err := p.View().ReadFile("/etc/hosts")
	if err != nil {
		return netip.Addr{}, false
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		for i := 1; i < len(f); i++ {
			if a, err := netip.ParseAddr(f[0]); f[i] == host && err == nil && a.Is4() {
				return a, true
			}
		}
	}
	return netip.Addr{}, false
}

// waitReadable waits until reading a pipe or a connection would not block, or
// until stop says so; other files never block.
func (p *Process) waitReadable(f *openFile, stop func() bool) {
	ready, q := blocking(f)
	for q != nil && !ready() && !stop() && !p.pendingSignal() {
		p.block(q)
	}
}

// blocking says when a file whose reading may block is ready, and who waits.
func blocking(f *openFile) (ready func() bool, q *waitQueue) {
	switch x := f.file.(type) {
	case pipeReader:
		return func() bool { return x.n > 0 || x.noHead }, &x.readers
	case *netFile:
		return x.Readable, &x.readers
	}
	return nil, nil
}
