package sock

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/fib"
	"hoplab/sim/netdev"
	"hoplab/sim/proc"
	"hoplab/sim/stack"
)

// network is the one of the recordings: two machines and a router between.
//
//	pa pa0 10.0.1.2 ── 10.0.1.1 pr0 pr pr1 10.0.2.1 ── 10.0.2.2 pb0 pb
type network struct {
	t     testing.TB
	w     *netdev.World
	sched *proc.Scheduler
	ns    map[string]*stack.Namespace
}

var labStart = time.Date(2024, 9, 21, 15, 0, 0, 0, time.UTC)

func newNetwork(t testing.TB, seed uint64) *network {
	t.Helper()
	w := netdev.NewWorld(seed)
	n := &network{t: t, w: w, sched: proc.NewScheduler(&w.Clock), ns: map[string]*stack.Namespace{}}
	k := stack.NewKernel(w)
	for _, name := range []string{"pa", "pr", "pb"} {
		n.ns[name] = k.NewNamespace(name)
		n.ns[name].SetUp(n.ns[name].Device("lo"), true)
	}
	n.wire("pa", "pa0", "10.0.1.2/24", "pr", "pr0", "10.0.1.1/24")
	n.wire("pb", "pb0", "10.0.2.2/24", "pr", "pr1", "10.0.2.1/24")
	require.NoError(t, n.ns["pr"].SetSysctl("net.ipv4.ip_forward", "1"))
	n.route("pa", "add default via 10.0.1.1")
	n.route("pb", "add default via 10.0.2.1")
	return n
}

func (n *network) wire(nsA, devA, addrA, nsB, devB, addrB string) {
	p := netdev.Properties{Delay: 20 * time.Microsecond}
	a, b := n.device(nsA, devA, addrA), n.device(nsB, devB, addrB)
	netdev.Connect(a, b, p, p)
	for _, d := range []*netdev.Device{a, b} {
		d.Owner.(*stack.Namespace).SetUp(d, true)
	}
	n.address(a, addrA)
	n.address(b, addrB)
}

func (n *network) device(name, dev, addr string) *netdev.Device {
	ns := n.ns[name]
	ip := netip.MustParsePrefix(addr).Addr().As4()
	return ns.AddDevice(netdev.New(n.w, ns, name, netdev.Veth, dev, 1500, packet.MAC{2, 0, ip[0], ip[1], ip[2], ip[3]}))
}

func (n *network) address(d *netdev.Device, addr string) {
	p := netip.MustParsePrefix(addr)
	b := p.Masked().Addr().As4()
	b[3] = 255
	require.NoError(n.t, d.Owner.(*stack.Namespace).AddAddress(d, stack.Address{Prefix: p, Broadcast: netip.AddrFrom4(b)}))
}

// route is `ip route WORDS` in a namespace.
func (n *network) route(name, words string) {
	n.t.Helper()
	ns, args := n.ns[name], strings.Fields(words)
	v, ok := fib.ParseVerb(args[0])
	require.True(n.t, ok, words)
	r, err := fib.ParseRoute(v, args[1:], false, ns.Env())
	require.NoError(n.t, err, words)
	require.NoError(n.t, ns.ChangeRoute(v, r), words)
}

// after calls f once the clock has moved so far.
func (n *network) after(d time.Duration, f func()) {
	n.w.Clock.After(d, clock.HandlerFunc(func(uint64) { f() }), 0)
}

// ping runs `ping ARGS` in pa to its end.
func (n *network) ping(out io.Writer, args ...string) (PingResult, error) {
	n.t.Helper()
	o, err := ParsePing(args)
	if err != nil {
		e := err.(*ExitError)
		_, _ = io.WriteString(out, e.Stdout+e.Stderr)
		return PingResult{Exit: e.Status}, err
	}
	return n.start(o, out).wait()
}

type run struct {
	n    *network
	p    *proc.Proc
	res  PingResult
	err  error
	from clock.Instant
}

func (n *network) start(o PingOptions, out io.Writer) *run {
	r := &run{n: n, from: n.w.Clock.Now()}
	r.p = n.sched.Go(func(p *proc.Proc) error {
		r.res, r.err = Ping(p, n.ns["pa"], o, out, out, labStart)
		return nil
	})
	return r
}

func (r *run) wait() (PingResult, error) {
	r.n.t.Helper()
	for !r.p.Done() && r.n.w.Clock.Now().Sub(r.from) < time.Hour && r.n.w.Clock.Step() {
	}
	require.True(r.n.t, r.p.Done(), "ping does not end")
	return r.res, r.err
}

// settled runs what is still under way and looks for what is left over.
func (n *network) settled() {
	n.t.Helper()
	require.Zero(n.t, n.sched.Live(), "live processes")
	n.w.Clock.RunUntil(n.w.Clock.Now().Add(90 * time.Second))
	require.Zero(n.t, n.w.InFlight(), "frames on links")
	require.Zero(n.t, n.w.Pool.Stats().Live(), "buffers without an end")
}
