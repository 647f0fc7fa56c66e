package sock

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/dissect"
	"hoplab/packet/pcap"
	"hoplab/sim/clock"
	"hoplab/sim/netdev"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
)

// wireLog is what passed an interface: TCP segments in short words, and every
// frame looked at by the second opinion.
type wireLog struct {
	t     testing.TB
	lines []string
	all   strings.Builder
	isn   map[string]uint32
}

// watch listens at an interface.
func (n *network) watch(name, dev string) *wireLog {
	l := &wireLog{t: n.t, isn: map[string]uint32{}}
	n.ns[name].Device(dev).AddTap(func(_ *netdev.Device, _ trace.Dir, at clock.Instant, frame []byte) {
		require.NoError(n.t, dissect.Check(pcap.LinkEthernet, frame))
		fmt.Fprintf(&l.all, "%d %x\n", at, frame)
		if e := packet.Ethernet(frame); e.Type() == packet.EtherIPv4 {
			l.ip(packet.IPv4(e.Payload()))
		}
	})
	return l
}

func (l *wireLog) ip(ip packet.IPv4) {
	if ip.Proto() == packet.ProtoICMP {
		m := packet.ICMP(ip.Payload())
		l.lines = append(l.lines, fmt.Sprintf("icmp %d/%d %v", m.Type(), m.Code(), ip.Src()))
		return
	}
	if ip.Proto() != packet.ProtoTCP {
		return
	}
	g := readSegment(ip)
	from, to := ip.Src().String(), ip.Dst().String()
	if g.has(packet.TCPSyn) {
		l.isn[from] = g.seq
	}
	var flags strings.Builder
	for i, name := range "FSRP" {
		if g.flags&(1<<i) != 0 {
			flags.WriteRune(name)
		}
	}
	line := fmt.Sprintf("%s %s%s", from[len("10.0."):], flags.String(), map[bool]string{true: "."}[g.has(packet.TCPAck)])
	if isn, ok := l.isn[from]; ok {
		line += fmt.Sprintf(" seq %d", g.seq-isn)
	}
	if len(g.data) > 0 {
		line += fmt.Sprintf(" len %d", len(g.data))
	}
	if isn, ok := l.isn[to]; ok && g.has(packet.TCPAck) {
		line += fmt.Sprintf(" ack %d", g.ack-isn)
	}
	if g.opt.nSacks > 0 {
		line += fmt.Sprintf(" sack %d", g.opt.nSacks)
	}
	l.lines = append(l.lines, line)
}

// take hands out the lines so far.
func (l *wireLog) take() string {
	s := strings.Join(l.lines, "\n")
	l.lines = nil
	return s
}

func port(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// run starts a program in a namespace.
func (n *network) run(name string, f func(p *proc.Proc, ns *stack.Namespace)) *proc.Proc {
	return n.sched.Go(func(p *proc.Proc) error {
		f(p, n.ns[name])
		return nil
	})
}

// finish runs until all programs have ended.
func (n *network) finish(limit time.Duration) {
	n.t.Helper()
	end := n.w.Clock.Now().Add(limit)
	for n.sched.Live() > 0 && n.w.Clock.Now() < end && n.w.Clock.Step() {
	}
	require.Zero(n.t, n.sched.Live(), "programs do not end")
}

func (n *network) runFor(d time.Duration) { n.w.Clock.RunUntil(n.w.Clock.Now().Add(d)) }

// serve answers one connection with what f does.
func (n *network) serve(name, at string, f func(c *TCPConn)) {
	n.run(name, func(p *proc.Proc, ns *stack.Namespace) {
		l, err := ListenTCP(p, ns, port(at), 5)
		require.NoError(n.t, err)
		c, err := l.Accept()
		require.NoError(n.t, err)
		l.Close()
		f(c)
		require.NoError(n.t, c.Close())
	})
}

func readAll(t testing.TB, r io.Reader) string {
	b, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(b)
}

func TestTCPConnectionFromSYNToTimeWait(t *testing.T) {
	n := newNetwork(t, 1)
	log := n.watch("pa", "pa0")
	n.serve("pb", "0.0.0.0:9000", func(c *TCPConn) {
		b := make([]byte, 100)
		k, err := c.Read(b)
		require.NoError(t, err)
		_, err = c.Write([]byte("you said " + string(b[:k])))
		require.NoError(t, err)
	})
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:9000"))
		require.NoError(t, err)
		require.Equal(t, 1448, c.MSS())
		_, err = c.Write([]byte("hello\n"))
		require.NoError(t, err)
		require.Equal(t, "you said hello\n", readAll(t, c))
		p.Sleep(time.Second)
		require.NoError(t, c.CloseWrite())
		require.NoError(t, c.Close())
	})
	n.finish(time.Minute)
	n.runFor(time.Second)
	require.Equal(t, `1.2 S seq 0
2.2 S. seq 0 ack 1
1.2 . seq 1 ack 1
1.2 P. seq 1 len 6 ack 1
2.2 . seq 1 ack 7
2.2 P. seq 1 len 15 ack 7
1.2 . seq 7 ack 16
2.2 F. seq 16 ack 7
1.2 . seq 7 ack 17
1.2 F. seq 7 ack 17
2.2 . seq 17 ack 8`, log.take())
	n.settled()
}

// lossy makes the wires of the router lose frames.
func (n *network) lossy(loss float64) {
	for _, at := range [][2]string{{"pa", "pa0"}, {"pr", "pr0"}, {"pr", "pr1"}, {"pb", "pb0"}} {
		d := n.ns[at[0]].Device(at[1])
		p := d.Link()
		p.Loss, p.Delay = loss, time.Millisecond
		d.SetLink(p)
	}
}

// pattern is data in which every place is different.
func pattern(size int, salt byte) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8)*31 ^ salt
	}
	return b
}

// exchange sends size bytes both ways at once over a network that loses
// frames.
func exchange(t *testing.T, seed uint64, loss float64, size int) (log string) {
	n := newNetwork(t, seed)
	n.lossy(loss)
	a, b := n.watch("pa", "pa0"), n.watch("pb", "pb0")
	there, back := pattern(size, 1), pattern(size, 2)
	both := func(c *TCPConn, say, hear []byte) {
		n.sched.Go(func(p *proc.Proc) error {
			w := c.As(p)
			_, err := w.Write(say)
			require.NoError(t, err)
			return w.CloseWrite()
		})
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.True(t, bytes.Equal(hear, got), "what arrives is what was sent")
	}
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) { both(c, back, there) })
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		both(c, there, back)
		require.NoError(t, c.Close())
	})
	n.finish(2 * time.Hour)
	n.runFor(10 * time.Minute)
	n.settled()
	return a.all.String() + b.all.String()
}

func TestTCPDataArrivesOverAPathThatLosesATenth(t *testing.T) {
	for seed := range uint64(5) {
		first := exchange(t, seed, 0.05, 100_000) // twice each way, so about a tenth
		require.Equal(t, first, exchange(t, seed, 0.05, 100_000), "a second run")
	}
	exchange(t, 9, 0.12, 20_000)
}

func TestTCPClosedPortAnswersWithReset(t *testing.T) {
	n := newNetwork(t, 1)
	log := n.watch("pa", "pa0")
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		_, err := DialTCP(p, ns, port("10.0.2.2:81"))
		require.EqualError(t, err, "Connection refused")
		_, err = DialTCP(p, ns, port("10.0.9.9:81")) // the router has no way there
		require.EqualError(t, err, "Network is unreachable")
	})
	n.finish(time.Minute)
	require.Equal(t, "1.2 S seq 0\n2.2 R. ack 1\n1.2 S seq 0\nicmp 3/0 10.0.1.1", log.take())
	require.EqualValues(t, 2, n.ns["pa"].MIB.TCP.AttemptFails)
	require.EqualValues(t, 1, n.ns["pb"].MIB.TCP.OutRsts)
	n.settled()
}

func TestTCPGivesUpConnectingAfterSixRetries(t *testing.T) {
	n := newNetwork(t, 1)
	log := n.watch("pa", "pa0")
	require.NoError(t, n.ns["pr"].SetSysctl("net.ipv4.ip_forward", "0"))
	var took time.Duration
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		_, err := DialTCP(p, ns, port("10.0.2.2:81"))
		require.EqualError(t, err, "Connection timed out")
		took = time.Duration(p.Now())
	})
	n.finish(time.Hour)
	require.Equal(t, strings.TrimSpace(strings.Repeat("1.2 S seq 0\n", 7)), log.take())
	require.InDelta(t, 127, took.Seconds(), 7)
	n.settled()
}

func TestTCPBacklogKeepsFurtherClientsWaiting(t *testing.T) {
	n := newNetwork(t, 1)
	var l *TCPListener
	n.run("pb", func(p *proc.Proc, ns *stack.Namespace) {
		var err error
		l, err = ListenTCP(p, ns, port("10.0.2.2:80"), 1)
		require.NoError(t, err)
		p.Sleep(2 * time.Second)
		for range 4 {
			c, err := l.Accept()
			require.NoError(t, err)
			require.NoError(t, c.Close())
		}
	})
	var done []time.Duration
	for range 4 {
		n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
			p.Sleep(time.Millisecond)
			c, err := DialTCP(p, ns, port("10.0.2.2:80"))
			require.NoError(t, err)
			done = append(done, time.Duration(p.Now()).Truncate(time.Second))
			require.NoError(t, c.Close())
		})
	}
	n.runFor(1500 * time.Millisecond)
	require.Len(t, l.l.ready, 2, "one more than the backlog")
	list := n.ns["pb"].Sockets()
	require.Equal(t, stack.SocketStatus{State: "LISTEN", RecvQ: 2, SendQ: 1, Holders: []int{1}}, list[0].CurrentStatus())
	require.Equal(t, "CLOSE-WAIT", list[1].CurrentStatus().State, "its client has closed it already")
	require.Equal(t, "10.0.1.2", list[1].Remote().Addr().String())
	n.finish(time.Minute)
	// The SYN-ACK goes out as long as there is room; whoever came too late tries again.
	require.Equal(t, 4, len(done))
	n.runFor(5 * time.Minute)
	n.settled()
}

func TestTCPSimultaneousCloseEndsInTimeWaitOnBothSides(t *testing.T) {
	n := newNetwork(t, 1)
	var a, b *TCPConn
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) {
		b = c
		for c.p.Now() < clock.Instant(time.Second) {
			c.p.Wait(clock.Instant(time.Second))
		}
		require.NoError(t, c.CloseWrite())
	})
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		a = c
		for p.Now() < clock.Instant(time.Second) {
			p.Wait(clock.Instant(time.Second))
		}
		require.NoError(t, c.Close())
	})
	log := n.watch("pa", "pa0")
	n.finish(time.Minute)
	n.runFor(time.Second)
	require.Equal(t, "1.2 S seq 0\n2.2 S. seq 0 ack 1\n1.2 . seq 1 ack 1\n1.2 F. seq 1 ack 1\n2.2 F. seq 1 ack 1\n1.2 . seq 2 ack 2\n2.2 . seq 2 ack 2", log.take())
	require.Equal(t, "TIME-WAIT", a.State())
	require.Equal(t, "TIME-WAIT", b.State())
	n.runFor(58 * time.Second)
	require.Equal(t, "TIME-WAIT", a.State())
	n.runFor(8 * time.Second)
	require.Equal(t, "CLOSED", a.State())
	n.settled()
}

func TestTCPTimeWaitKeepsThePortFromBindButNotFromReuse(t *testing.T) {
	n := newNetwork(t, 1)
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) {}) // closes first: TIME-WAIT is here
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		require.Empty(t, readAll(t, c))
		require.NoError(t, c.Close())
	})
	n.finish(time.Minute)
	n.runFor(time.Second)
	s := n.ns["pb"].OpenSocket(packet.ProtoTCP)
	require.Equal(t, stack.EADDRINUSE, s.Bind(port("0.0.0.0:80")))
	s.ReuseAddr = true
	require.Zero(t, s.Bind(port("0.0.0.0:80")))
	s.Close()
	n.runFor(70 * time.Second)
	s = n.ns["pb"].OpenSocket(packet.ProtoTCP)
	require.Zero(t, s.Bind(port("0.0.0.0:80")), "60 s later")
	s.Close()
	n.settled()
}

func TestTCPTimeWaitGivesWayToAConnectionFromItsOwnPort(t *testing.T) {
	n := newNetwork(t, 1)
	d := TCPDialer{Local: port("0.0.0.0:5555"), ReuseAddr: true}
	var next uint32
	for range 2 {
		n.serve("pb", "0.0.0.0:80", func(c *TCPConn) { readAll(t, c) })
		n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
			c, err := d.Dial(p, ns, port("10.0.2.2:80"))
			require.NoError(t, err)
			if next != 0 {
				require.Equal(t, next, c.c.iss)
			}
			next = c.c.iss + 2 + 65537 // SYN and FIN
			require.NoError(t, c.CloseWrite())
			require.Empty(t, readAll(t, c))
		})
		n.runFor(time.Second)
	}
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		s := ns.OpenSocket(packet.ProtoTCP)
		require.Equal(t, stack.EADDRINUSE, s.Bind(port("0.0.0.0:5555")), "without SO_REUSEADDR")
	})
	n.finish(2 * time.Minute)
	n.settled()
}

func TestTCPResetsWhatItsProgramNeverRead(t *testing.T) {
	n := newNetwork(t, 1)
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) { c.p.Sleep(time.Second) })
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		_, err = c.Write([]byte("unread"))
		require.NoError(t, err)
		_, err = c.Read(make([]byte, 10))
		require.EqualError(t, err, "Connection reset by peer")
		_, err = c.Write([]byte("x"))
		require.EqualError(t, err, "Broken pipe")
	})
	n.finish(time.Minute)
	require.EqualValues(t, 1, n.ns["pa"].MIB.TCP.EstabResets)
	n.settled()
}

func TestTCPClosedWindowIsProbedUntilItOpens(t *testing.T) {
	n := newNetwork(t, 1)
	data := pattern(200_000, 3)
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) {
		c.p.Sleep(10 * time.Second)
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
	})
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		_, err = c.Write(data)
		require.NoError(t, err)
		require.NoError(t, c.Close())
	})
	n.runFor(500 * time.Millisecond)
	log := n.watch("pa", "pa0")
	n.runFor(8 * time.Second)
	probes := strings.Split(log.take(), "\n")
	require.Greater(t, len(probes), 4)
	require.Less(t, len(probes), 20, "further and further apart")
	n.finish(time.Minute)
	n.runFor(2 * time.Minute)
	n.settled()
}

func TestTCPLearnsTheMTUOfANarrowPath(t *testing.T) {
	n := newNetwork(t, 1)
	n.ns["pr"].SetMTU(n.ns["pr"].Device("pr1"), 1000)
	n.ns["pb"].SetMTU(n.ns["pb"].Device("pb0"), 1500)
	data := pattern(50_000, 4)
	var mss int
	log := n.watch("pa", "pa0")
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) {
		got, err := io.ReadAll(c)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
	})
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		_, err = c.Write(data)
		require.NoError(t, err)
		require.NoError(t, c.CloseWrite())
		_, err = c.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
		mss = c.MSS()
	})
	n.finish(time.Minute)
	require.Equal(t, 1000-20-20-12, mss)
	require.Contains(t, log.take(), "icmp 3/4 10.0.1.1")
	n.runFor(2 * time.Minute)
	n.settled()
}

func TestTCPRetransmitsWithGrowingPauses(t *testing.T) {
	n := newNetwork(t, 1)
	n.serve("pb", "0.0.0.0:80", func(c *TCPConn) { _, _ = io.ReadAll(c) })
	n.run("pa", func(p *proc.Proc, ns *stack.Namespace) {
		c, err := DialTCP(p, ns, port("10.0.2.2:80"))
		require.NoError(t, err)
		p.Sleep(time.Second)
		require.NoError(t, n.ns["pr"].SetSysctl("net.ipv4.ip_forward", "0"))
		_, err = c.Write([]byte("nobody hears this"))
		require.NoError(t, err)
		_, err = c.Read(make([]byte, 1))
		require.EqualError(t, err, "Connection timed out")
		require.InDelta(t, 924.6, time.Duration(p.Now()).Seconds(), 130)
	})
	var at []time.Duration
	n.ns["pa"].Device("pa0").AddTap(func(_ *netdev.Device, dir trace.Dir, now clock.Instant, frame []byte) {
		if dir == trace.Out && len(frame) == 14+20+32+17 {
			at = append(at, time.Duration(now))
		}
	})
	n.runFor(30 * time.Minute)
	require.Greater(t, len(at), 12)
	for i := 3; i < 8; i++ { // the first pause is that of the tail loss probe
		require.InDelta(t, 2, float64(at[i]-at[i-1])/float64(at[i-1]-at[i-2]), 0.5)
	}
	n.sched.KillAll()
}
