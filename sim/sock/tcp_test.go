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

var _ = bytes.NewReader
