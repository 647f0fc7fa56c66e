package netprogs

import (
	"io"

	"hoplab/sim/proc"
	"hoplab/sim/shell"
	"hoplab/sim/sock"
)

func ncatTool() shell.Tool {
	return shell.Tool{
		Name:    "ncat",
		Summary: "concatenate and redirect sockets",
		Run:     runNcat,
		Options: []shell.Option{
			{Flag: "-4", Help: "use IPv4 only"},
			{Flag: "-c, --sh-exec <command>", Help: "executes the given command via sh"},
			{Flag: "-e, --exec <command>", Help: "executes the given command"},
			{Flag: "-h, --help", Help: "display help"},
			{Flag: "-i, --idle-timeout <time>", Help: "idle read/write timeout"},
			{Flag: "-k, --keep-open", Help: "accept multiple connections in listen mode"},
			{Flag: "-l, --listen", Help: "bind and listen for incoming connections"},
			{Flag: "-n, --nodns", Help: "do not resolve hostnames"},
			{Flag: "-p, --source-port <port>", Help: "specify source port to use"},
			{Flag: "-s, --source <addr>", Help: "specify source address to use"},
			{Flag: "-u, --udp", Help: "use UDP instead of TCP"},
			{Flag: "-v, --verbose", Help: "set verbosity level"},
			{Flag: "-w, --wait <time>", Help: "connect timeout"},
			{Flag: "-z", Help: "zero-I/O mode, report connection status only"},
			{Flag: "--recv-only", Help: "only receive data, never send anything"},
			{Flag: "--send-only", Help: "only send data, ignoring received"},
			{Flag: "--version", Help: "display version information"},
			{Flag: "-6", Help: "use IPv6 only", NotModelled: true},
			{Flag: "-C, --crlf", Help: "use CRLF for EOL sequence", NotModelled: true},
			{Flag: "-d, --delay <time>", Help: "wait between read/writes", NotModelled: true},
			{Flag: "-g, -G <hops>", Help: "loose source routing", NotModelled: true},
			{Flag: "-m, --max-conns <n>", Help: "maximum simultaneous connections", NotModelled: true},
			{Flag: "-o, --output <filename>", Help: "dump session data to a file", NotModelled: true},
			{Flag: "-t, --telnet", Help: "answer Telnet negotiations", NotModelled: true},
			{Flag: "-U, --unixsock", Help: "use Unix domain sockets only", NotModelled: true},
			{Flag: "-x, --hex-dump <filename>", Help: "dump session data as hex to a file", NotModelled: true},
		},
	}
}

func runNcat(c *shell.Call) int {
	o, err := sock.ParseNcat(c.Args[1:])
	if err != nil {
		return exit(c, err)
	}
	o.Lookup = readHosts(c.View).lookup
	in := &input{c: c}
	o.In, o.Go, o.Exec = in.reader, c.Lab.Start, func(p *proc.Proc, command string, in io.Reader, out io.Writer) {
		execute(c, p, command, in, out)
	}
	return sock.Ncat(c.Proc, c.NS, o, c.Out, c.Err)
}

// input lets a coroutine beside the program read the program's standard input:
// only processes of the shell can wait for a pipe, so a cat does it.
type input struct {
	c    *shell.Call
	data []byte
	eof  bool
	wake *proc.Proc
}

// reader starts to read.
func (in *input) reader(p *proc.Proc) io.Reader {
	in.wake = p
	child, err := in.c.Spawn(nil, []string{"cat"}, shell.Stdio{Out: in})
	if err != nil {
		in.eof = true
		return in
	}
	child.OnEnd(func() {
		in.eof = true
		p.Wake()
	})
	return in
}

// Write takes what cat has read.
func (in *input) Write(b []byte) (int, error) {
	if in.wake.Done() {
		return 0, io.ErrClosedPipe
	}
	in.data = append(in.data, b...)
	in.wake.Wake()
	return len(b), nil
}

// Read gives it to the coroutine.
func (in *input) Read(b []byte) (int, error) {
	for len(in.data) == 0 {
		if in.eof {
			return 0, io.EOF
		}
		in.wake.Pause()
	}
	n := copy(b, in.data)
	in.data = in.data[n:]
	return n, nil
}

// execute is -c: a command whose input and output are the connection.
func execute(c *shell.Call, p *proc.Proc, command string, in io.Reader, out io.Writer) {
	conn, ok := in.(*sock.TCPConn)
	if !ok {
		c.NotModelled(2, "-c with -u")
		return
	}
	s := &stream{c: c, conn: conn, held: map[*proc.Proc]*sock.TCPConn{}}
	child, err := c.Spawn(nil, []string{"sh", "-c", command}, shell.Stdio{In: s, Out: s})
	if err != nil {
		c.Errorf("%v", err)
		return
	}
	child.OnEnd(p.Wake)
	for !child.Done() {
		p.Pause()
	}
}

// stream is a connection for whichever process reads or writes it: the command
// may start others.
type stream struct {
	c    *shell.Call
	conn *sock.TCPConn
	held map[*proc.Proc]*sock.TCPConn
}

func (s *stream) current() *sock.TCPConn {
	for _, p := range s.c.Shell.Processes() {
		if !p.Proc.Running() {
			continue
		}
		if s.held[p.Proc] == nil {
			s.held[p.Proc] = s.conn.As(p.Proc)
		}
		return s.held[p.Proc]
	}
	return s.conn
}

// Read reads for the process that runs.
func (s *stream) Read(b []byte) (int, error) { return s.current().Read(b) }

// Write writes for the process that runs.
func (s *stream) Write(b []byte) (int, error) { return s.current().Write(b) }
