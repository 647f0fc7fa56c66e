package sock

import (
	"bytes"
	"io"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/netdev"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
	"hoplab/sim/trace"

	"hoplab/sim/clock"
)

func TestUDPDatagramsGoBothWays(t *testing.T) {
	n := newNetwork(t, 1)
	n.watch("pa", "pa0")
	n.run("pb", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := ListenUDP(p, ns, port("0.0.0.0:53"))
		require.NoError(t, err)
		b := make([]byte, 3000)
		k, from, err := c.ReadFrom(b)
		require.NoError(t, err)
		_, err = c.WriteTo(b[:k], from)
		require.NoError(t, err)
		c.SetDeadline(p.Now().Add(time.Second))
		_, _, err = c.ReadFrom(b)
		require.EqualError(t, err, "Resource temporarily unavailable")
		c.Close()
	})
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialUDP(p, ns, port("10.0.2.2:53"))
		require.NoError(t, err)
		require.Equal(t, netip.MustParseAddr("10.0.1.2"), c.Local().Addr())
		require.GreaterOrEqual(t, c.Local().Port(), uint16(32768))
		require.LessOrEqual(t, c.Local().Port(), uint16(60999))
		data := pattern(2500, 1)
		_, err = c.Write(data)
		require.NoError(t, err)
		b := make([]byte, 3000)
		k, err := c.Read(b)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, b[:k]))
	}) // its end closes the socket
	n.finish(time.Minute)
	require.EqualValues(t, 1, n.ns["pa"].MIB.UDP.InDatagrams)
	require.EqualValues(t, 1, n.ns["pb"].MIB.UDP.OutDatagrams)
	n.settled()
	s := n.ns["pb"].OpenSocket(packet.ProtoUDP)
	require.Zero(t, s.Bind(port("0.0.0.0:53")), "the port is free again")
	s.Close()
}

// What is in the IP header of UDP depends on the socket: DF where it fits, the
// socket's own counter when it is connected.
func TestUDPHeadersAreThoseOfTheSocket(t *testing.T) {
	type header struct {
		df, id bool
		frags  int
	}
	for _, c := range []struct {
		name      string
		connected bool
		pmtu      stack.PMTUDisc
		size      int
		want      header
		errno     stack.Errno
	}{
		{"connected, fits", true, stack.PMTUWant, 100, header{df: true, id: true, frags: 1}, 0},
		{"not connected, fits", false, stack.PMTUWant, 100, header{df: true, id: true, frags: 1}, 0},
		{"larger than the MTU", true, stack.PMTUWant, 2000, header{id: true, frags: 2}, 0},
		{"never DF", true, stack.PMTUDont, 100, header{id: true, frags: 1}, 0},
		{"always DF, not connected", false, stack.PMTUDo, 100, header{df: true, frags: 1}, 0},
		{"always DF, too large", true, stack.PMTUDo, 2000, header{}, stack.EMSGSIZE},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, 1)
			var got header
			n.ns["pa"].Device("pa0").AddTap(func(_ *netdev.Device, dir trace.Dir, _ clock.Instant, frame []byte) {
				if e := packet.Ethernet(frame); dir == trace.Out && e.Type() == packet.EtherIPv4 {
					ip := packet.IPv4(e.Payload())
					got.frags++
					got.df, got.id = ip.DF(), ip.ID() != 0
				}
			})
			n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
				s := OpenUDP(p, ns)
				s.PMTU = c.pmtu
				to := port("10.0.1.1:9")
				if c.connected {
					require.Zero(t, s.Connect(to))
					to = netip.AddrPort{}
				}
				_, err := s.send(to, make([]byte, c.size))
				require.Equal(t, failed(c.errno), err)
				p.Sleep(time.Second)
			})
			n.finish(time.Minute)
			require.Equal(t, c.want, got)
			n.settled()
		})
	}
}

func TestUDPErrorsReachTheSocket(t *testing.T) {
	n := newNetwork(t, 1)
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		b := make([]byte, 10)
		c, err := DialUDP(p, ns, port("10.0.2.2:9"))
		require.NoError(t, err)
		_, err = c.Write([]byte("x"))
		require.NoError(t, err)
		_, err = c.Read(b)
		require.EqualError(t, err, "Connection refused")

		open := OpenUDP(p, ns) // not connected, no IP_RECVERR: nothing is told
		_, err = open.WriteTo([]byte("x"), port("10.0.2.2:9"))
		require.NoError(t, err)
		open.SetDeadline(p.Now().Add(time.Second))
		_, err = open.Read(b)
		require.EqualError(t, err, "Resource temporarily unavailable")

		queue := OpenUDP(p, ns)
		queue.EnableErrors()
		queue.TTL = 1
		_, err = queue.WriteTo([]byte("data"), port("10.0.2.2:9"))
		require.NoError(t, err)
		_, err = queue.Read(b)
		require.EqualError(t, err, "No route to host")
		e, ok := queue.ReadError()
		require.True(t, ok)
		require.Equal(t, "10.0.1.1", e.From.String())
		require.Equal(t, packet.ICMPTimeExceeded, e.Type)
		require.Equal(t, "data", string(e.Data))
		require.EqualValues(t, 64, e.TTL)

		_, err = DialUDP(p, ns, port("10.0.1.255:9"))
		require.EqualError(t, err, "Permission denied", "broadcast needs permission")
		_, err = ListenUDP(p, ns, port("10.0.9.9:9"))
		require.EqualError(t, err, "Cannot assign requested address")
		_, err = ListenUDP(p, ns, port("0.0.0.0:7"))
		require.NoError(t, err)
		_, err = ListenUDP(p, ns, port("10.0.1.2:7"))
		require.EqualError(t, err, "Address already in use")
	})
	n.finish(time.Minute)
	n.settled()
}

func TestUDPBroadcastIsHeardByEverySocketOfThePort(t *testing.T) {
	n := newNetwork(t, 1)
	heard := 0
	for range 2 {
		n.run("pr", func(p *proc.Proc, ns *stack.Namespace) {
			c := OpenUDP(p, ns)
			c.ReuseAddr = true
			require.Zero(t, c.Bind(port("0.0.0.0:67")))
			c.SetDeadline(p.Now().Add(time.Second))
			if _, err := c.Read(make([]byte, 10)); err == nil {
				heard++
			}
		})
	}
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		p.Sleep(time.Millisecond)
		c := OpenUDP(p, ns)
		c.Broadcast = true
		_, err := c.WriteTo([]byte("who?"), port("10.0.1.255:67"))
		require.NoError(t, err)
	})
	n.finish(time.Minute)
	require.Equal(t, 2, heard)
	n.settled()
}

var times = regexp.MustCompile(` *[\d.]+ ?ms`)

func TestTracerouteTellsTheHops(t *testing.T) {
	for _, c := range []struct {
		name, change, args, out, err string
	}{
		{"UDP", "", "-n 10.0.2.2", "traceroute to 10.0.2.2 (10.0.2.2), 30 hops max, 60 byte packets\n 1  10.0.1.1 T T T\n 2  10.0.2.2 T T T\n", ""},
		{"echo", "", "-n -I 10.0.2.2", "traceroute to 10.0.2.2 (10.0.2.2), 30 hops max, 60 byte packets\n 1  10.0.1.1 T T T\n 2  10.0.2.2 T T T\n", ""},
		{"names are asked for", "", "-q1 10.0.2.2", "traceroute to 10.0.2.2 (10.0.2.2), 30 hops max, 60 byte packets\n 1  gw (10.0.1.1) T\n 2  10.0.2.2 (10.0.2.2) T\n", ""},
		{"from the second hop, one probe each, larger", "", "-n -f2 -q 1 10.0.2.2 100", "traceroute to 10.0.2.2 (10.0.2.2), 30 hops max, 100 byte packets\n 2  10.0.2.2 T\n", ""},
		{"one port, one at a time", "", "-n -U -N 1 -p 9 -q 2 10.0.2.2", "traceroute to 10.0.2.2 (10.0.2.2), 30 hops max, 60 byte packets\n 1  10.0.1.1 T T\n 2  10.0.2.2 T T\n", ""},
		{"nobody there", "", "-n -q 1 -w 5 10.0.2.77", "traceroute to 10.0.2.77 (10.0.2.77), 30 hops max, 60 byte packets\n 1  10.0.1.1 T\n 2  10.0.1.1 T !H\n", ""},
		{"no way there", "", "-n -q 2 10.0.9.9", "traceroute to 10.0.9.9 (10.0.9.9), 30 hops max, 60 byte packets\n 1  10.0.1.1 T !N T !N\n", ""},
		{"prohibited", "pr add prohibit 10.0.9.0/24", "-n -q 1 -m 2 10.0.9.9", "traceroute to 10.0.9.9 (10.0.9.9), 2 hops max, 60 byte packets\n 1  10.0.1.1 T !X\n", ""},
		{"a black hole", "pr add blackhole 10.0.9.0/24", "-n -q 2 -m 3 -w 1 10.0.9.9", "traceroute to 10.0.9.9 (10.0.9.9), 3 hops max, 60 byte packets\n 1  * *\n 2  * *\n 3  * *\n", ""},
		{"not even a first hop", "pa add unreachable 10.0.9.0/24", "-n 10.0.9.9", "traceroute to 10.0.9.9 (10.0.9.9), 30 hops max, 60 byte packets", "\nconnect: No route to host\n"},
		{"an unknown name", "", "nosuch", "", "nosuch: Name or service not known\nCannot handle \"host\" cmdline arg `nosuch' on position 1 (argc 1)\n"},
		{"hops out of range", "", "-f 4 -m 3 10.0.2.2", "", "first hop out of range\n"},
		{"an option that does not exist", "", "-Z 10.0.2.2", "", "Bad option `-Z' (argc 1)\n"},
		{"an option that is not modelled", "", "-e 10.0.2.2", "", "traceroute: not modelled: -e\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, 1)
			n.watch("pa", "pa0")
			if where, words, ok := strings.Cut(c.change, " "); ok {
				n.route(where, words)
			}
			var o, e bytes.Buffer
			opts, err := ParseTraceroute(strings.Fields(c.args))
			opts.Name = func(a netip.Addr) string {
				return map[string]string{"10.0.1.1": "gw"}[a.String()]
			}
			if err != nil {
				e.WriteString(err.(*ExitError).Stderr)
			} else {
				n.run("pa", func(p *proc.Proc, ns *stack.Namespace) { _, _ = Traceroute(p, ns, opts, &o, &e) })
			}
			n.finish(time.Hour)
			require.Equal(t, c.out, times.ReplaceAllString(o.String(), " T"))
			require.Equal(t, c.err, e.String())
			n.settled()
		})
	}
}

func TestTracepathFindsTheNarrowestLink(t *testing.T) {
	run := func(n *network, args ...string) string {
		var o bytes.Buffer
		opts, err := ParseTracepath(args)
		require.NoError(t, err)
		n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
			_, err := Tracepath(p, ns, opts, &o, &o)
			require.NoError(t, err)
		})
		n.finish(time.Hour)
		n.settled()
		return times.ReplaceAllString(o.String(), " T")
	}
	n := newNetwork(t, 1)
	n.ns["pr"].SetMTU(n.ns["pr"].Device("pr1"), 1400)
	require.Equal(t, ` 1?: [LOCALHOST]                      pmtu 1500
 1:  10.0.1.1 T 
 1:  10.0.1.1 T 
 2:  10.0.1.1 T pmtu 1400
 2:  10.0.2.2 T reached
     Resume: pmtu 1400 hops 2 back 2 
`, run(n, "-n", "10.0.2.2"))
	n = newNetwork(t, 1)
	n.route("pr", "add blackhole 10.0.9.0/24")
	require.Equal(t, ` 1?: [LOCALHOST]                      pmtu 1500
 1:  no reply
 2:  no reply
     Too many hops: pmtu 1500
     Resume: pmtu 1500 
`, run(n, "-n", "-m", "2", "10.0.9.9"))
}

// ncat runs `ncat ARGS` in a namespace with a standard input.
func (n *network) ncat(name, in string, out *bytes.Buffer, status *int, args ...string) *proc.Proc {
	return n.sched.Go(func(p *proc.Proc) error {
		o, err := ParseNcat(args)
		if err != nil {
			e := err.(*ExitError)
			out.WriteString(e.Stderr)
			*status = e.Status
			return nil
		}
		o.Go = n.sched.Go
		o.In = func(*proc.Proc) io.Reader { return strings.NewReader(in) }
		o.Exec = func(p *proc.Proc, cmd string, in io.Reader, out io.Writer) {
			b := make([]byte, 1000)
			k, _ := in.Read(b)
			_, _ = io.WriteString(out, cmd+": "+string(b[:k]))
		}
		*status = Ncat(p, n.ns[name], o, out, out)
		return nil
	})
}

func TestNcatTalksAndSaysWhatWentWrong(t *testing.T) {
	for _, c := range []struct {
		name             string
		server           string // arguments; empty: none runs
		client           string
		in               string
		out, served      string
		status, srStatus int
	}{
		{"a command serves", "-l 9000 -c say", "-w 3 10.0.2.2 9000", "hello\n", "say: hello\n", "", 0, 0},
		{"both ends talk", "-l -p 9000", "10.0.2.2 9000", "hello\n", "from the server\n", "hello\n", 0, 0},
		{"over UDP a command serves", "-l -u 9000 -c say", "-u 10.0.2.2 9000", "hello\n", "say: hello\n", "", 0, 0},
		{"a closed port", "", "10.0.2.2 9000", "hello\n", "Ncat: Connection refused.\n", "", 1, 0},
		{"a closed port over UDP", "", "-u 10.0.2.2 9000", "hello\n", "Ncat: Connection refused.\n", "", 1, 0},
		{"nobody answers", "", "-w 2 10.0.2.77 9000", "", "Ncat: TIMEOUT.\n", "", 1, 0},
		{"no way there", "", "10.0.9.9 9000", "", "Ncat: Network is unreachable.\n", "", 1, 0},
		{"is the port open", "-l 9000", "-zv 10.0.2.2 9000", "", "Ncat: Version 7.93 ( https://nmap.org/ncat )\nNcat: Connected to 10.0.2.2:9000.\nNcat: 0 bytes sent, 0 bytes received in T seconds.\n", "", 0, 0},
		{"verbose on both sides", "-lv 9000 -c say", "-v 10.0.2.2 9000", "x", "Ncat: Version 7.93 ( https://nmap.org/ncat )\nNcat: Connected to 10.0.2.2:9000.\nsay: xNcat: 1 bytes sent, 6 bytes received in T seconds.\n",
			"Ncat: Version 7.93 ( https://nmap.org/ncat )\nNcat: Listening on 0.0.0.0:9000\nNcat: Connection from 10.0.1.2.\nNcat: Connection from 10.0.1.2:PORT.\n", 0, 0},
		{"nothing said", "", "", "", "Ncat: You must specify a host to connect to. QUITTING.\n", "", 2, 0},
		{"a port without a host", "", "9000", "", "Ncat: You must specify a host to connect to. QUITTING.\n", "", 2, 0},
		{"two ports", "", "10.0.2.2 80 81", "", "Ncat: Got more than one port specification: 80 81. QUITTING.\n", "", 2, 0},
		{"no such port", "", "10.0.2.2 70000", "", "Ncat: Invalid port number \"70000\". QUITTING.\n", "", 2, 0},
		{"many clients without listening", "", "-k 10.0.2.2 80", "", "Ncat: Invalid option combination: `--keep-open' with connect. QUITTING.\n", "", 2, 0},
		{"an unknown name", "", "nosuch 80", "", "Ncat: Could not resolve hostname \"nosuch\": Name or service not known. QUITTING.\n", "", 2, 0},
		{"not modelled", "", "-6 ::1 80", "", "Ncat: not modelled: -6. QUITTING.\n", "", 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, 1)
			n.watch("pa", "pa0")
			var out, served bytes.Buffer
			var status, srStatus int
			var server *proc.Proc
			if c.server != "" {
				server = n.ncat("pb", "from the server\n", &served, &srStatus, strings.Fields(c.server)...)
				n.runFor(time.Second)
			}
			client := n.ncat("pa", c.in, &out, &status, strings.Fields(c.client)...)
			for !client.Done() && n.w.Clock.Step() {
			}
			n.runFor(time.Second)
			if server != nil {
				require.True(t, server.Done())
			}
			n.finish(time.Minute)
			ports := regexp.MustCompile(`2:\d{5}`)
			seconds := regexp.MustCompile(`[\d.]+ seconds`)
			require.Equal(t, c.out, seconds.ReplaceAllString(out.String(), "T seconds"))
			require.Equal(t, c.served, ports.ReplaceAllString(served.String(), "2:PORT"))
			require.Equal(t, c.status, status)
			require.Equal(t, c.srStatus, srStatus)
			n.settled()
		})
	}
}

func TestNcatKeepsListening(t *testing.T) {
	n := newNetwork(t, 1)
	var served bytes.Buffer
	var status int
	server := n.ncat("pb", "", &served, &status, "-lk", "9000", "-c", "say")
	n.runFor(time.Second)
	for _, word := range []string{"one", "two"} {
		var out bytes.Buffer
		client := n.ncat("pa", word, &out, &status, "10.0.2.2", "9000")
		for !client.Done() && n.w.Clock.Step() {
		}
		require.Equal(t, "say: "+word, out.String())
	}
	server.Kill()
	n.runFor(2 * time.Minute)
	n.settled()
	s := n.ns["pb"].OpenSocket(packet.ProtoTCP)
	require.Zero(t, s.Bind(port("0.0.0.0:9000")), "a killed program's sockets are closed")
}

// Whatever arrives in whatever state: no panic, no endless answer.
func FuzzTCPSegment(f *testing.F) {
	f.Add(uint8(2), uint32(0), uint32(0), []byte{}, []byte{2, 4, 5, 180})
	f.Add(uint8(16), uint32(1), uint32(1), []byte("data"), []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1})
	f.Add(uint8(17), uint32(7), uint32(9), []byte("x"), []byte{1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 20})
	f.Fuzz(func(t *testing.T, flags uint8, seq, ack uint32, data, opts []byte) {
		n := newNetwork(t, 1)
		var conn *TCPConn
		n.serve("pb", "0.0.0.0:80", func(c *TCPConn) {
			conn = c
			c.p.Sleep(time.Second)
			_, _ = c.Write([]byte("answer"))
			c.p.Sleep(time.Second)
		})
		n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
			c, err := DialTCP(p, ns, port("10.0.2.2:80"))
			if err == nil {
				_, _ = c.Write([]byte("question"))
				p.Sleep(3 * time.Second)
			}
		})
		n.runFor(100 * time.Millisecond)
		opts = opts[:min(len(opts), 40)/4*4]
		data = data[:min(len(data), 1000)]
		for range 3 {
			if conn == nil {
				break
			}
			g := stack.Segment{Seq: conn.c.rnxt + seq, Ack: conn.c.una + ack, Flags: flags & 0x3f, Window: uint16(seq), Options: opts, Data: data}
			forge(n, conn, &g)
			n.runFor(700 * time.Millisecond)
		}
		n.finish(time.Minute)
		n.runFor(30 * time.Minute)
		n.settled()
	})
}

// forge gives a connection a segment that its other end never sent.
func forge(n *network, c *TCPConn, g *stack.Segment) {
	hl := packet.TCPLen + len(g.Options)
	b := make([]byte, packet.IPv4Len+hl+len(g.Data))
	h := packet.IPv4Header{TotalLen: len(b), TTL: 60, Proto: packet.ProtoTCP, Src: c.Remote().Addr(), Dst: c.Local().Addr()}
	if !h.Src.IsValid() {
		return
	}
	ip := h.Put(b)
	t := ip.Payload()
	put := func(at int, v uint32) {
		t[at], t[at+1], t[at+2], t[at+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	put(0, uint32(c.Remote().Port())<<16|uint32(c.Local().Port()))
	put(4, g.Seq)
	put(8, g.Ack)
	t[12], t[13], t[14], t[15] = byte(hl/4<<4), g.Flags, byte(g.Window>>8), byte(g.Window)
	copy(t[packet.TCPLen:], g.Options)
	copy(t[hl:], g.Data)
	if c.c.s.Recv != nil {
		c.c.s.Recv(ip)
	}
}

// A transfer of a megabyte over a router.
func BenchmarkTCPTransfer(b *testing.B) {
	b.ReportAllocs()
	data := pattern(1<<20, 1)
	for b.Loop() {
		n := newNetwork(b, 1)
		n.serve("pb", "0.0.0.0:80", func(c *TCPConn) { _, _ = io.Copy(io.Discard, c) })
		n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
			c, err := DialTCP(p, ns, port("10.0.2.2:80"))
			require.NoError(b, err)
			_, _ = c.Write(data)
			_ = c.Close()
		})
		n.finish(time.Hour)
	}
	b.SetBytes(1 << 20)
}
