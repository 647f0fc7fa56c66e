package neigh_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/neigh"

	"github.com/stretchr/testify/require"
)

var (
	router    = netip.MustParseAddr("192.168.10.1")
	routerMAC = packet.MAC{2, 0, 0xc0, 0xa8, 0x0a, 1}
	otherMAC  = packet.MAC{2, 0, 0, 0, 0, 0x99}
)

// bench is a table whose owner notes what it is told, with the time in
// seconds: "1.04 ask", "1.04 ask again", "3.12 failed".
type bench struct {
	*neigh.Table
	clock.Queue
	pool   packet.Pool
	params neigh.Params
	log    []string
	answer *packet.MAC // answered synchronously when set
	failed func(*neigh.Entry)
}

func newBench(t testing.TB) *bench {
	b := &bench{params: neigh.DefaultParams()}
	n := uint32(0)
	b.Table = neigh.New(&b.Queue, b, func() uint32 { n += 0x9e3779b9; return n })
	t.Cleanup(func() {
		require.Equal(t, b.Waiting(), b.pool.Stats().Live(), "packets that neither wait nor were released")
	})
	return b
}

func (b *bench) note(format string, args ...any) {
	b.log = append(b.log, fmt.Sprintf("%.2f ", time.Duration(b.Now()).Seconds())+fmt.Sprintf(format, args...))
}

func (b *bench) Solicit(e *neigh.Entry, newest *packet.Buffer, unicast bool) {
	if unicast {
		b.note("ask %s", e.MAC)
	} else {
		b.note("ask all")
	}
	if b.answer != nil {
		b.reply(e)
	}
}

func (b *bench) Output(e *neigh.Entry, p *packet.Buffer) {
	b.note("send %d", p.ID)
	p.Release()
}

func (b *bench) Failed(e *neigh.Entry, p *packet.Buffer) {
	b.note("fail %d", p.ID)
	p.Release()
	if b.failed != nil {
		b.failed(e)
	}
}

func (b *bench) Overflow(e *neigh.Entry, p *packet.Buffer) {
	b.note("overflow %d", p.ID)
	p.Release()
}

func (b *bench) Purged(e *neigh.Entry, p *packet.Buffer) {
	b.note("purge %d", p.ID)
	p.Release()
}

func (b *bench) Changed(e *neigh.Entry) { b.note("%s", e.State) }

func (b *bench) reply(e *neigh.Entry) {
	b.Update(e, *b.answer, neigh.Reachable, neigh.Override)
}

func (b *bench) send(e *neigh.Entry) { b.Send(e, b.pool.New(84)) }

func (b *bench) entry() *neigh.Entry { return b.Get(2, router, &b.params) }

func (b *bench) until(seconds float64) {
	b.RunUntil(clock.Instant(seconds * float64(time.Second)))
}

// take returns what was noted since the last call.
func (b *bench) take() []string {
	l := b.log
	b.log = nil
	return l
}

func TestAnUnansweredNeighbourFailsAfterThreeBroadcasts(t *testing.T) {
	b := newBench(t)
	e := b.entry()
	b.send(e)
	b.until(1.5)
	b.send(e)
	b.send(e)
	b.until(60)
	require.Equal(t, []string{
		"0.00 INCOMPLETE", "0.00 ask all", "1.04 ask all", "2.08 ask all",
		"3.12 FAILED", "3.12 fail 1", "3.12 fail 2", "3.12 fail 3",
	}, b.take())

	b.send(e)
	require.Equal(t, []string{"60.00 INCOMPLETE", "60.00 ask all"}, b.take(), "a new packet starts again")
	b.answer = &routerMAC
	b.reply(e)
	require.Equal(t, []string{"60.00 REACHABLE", "60.00 send 4"}, b.take())
}

func TestAReplyMakesItReachableForFifteenToFortyFiveSeconds(t *testing.T) {
	b := newBench(t)
	b.answer = &routerMAC
	e := b.entry()
	require.False(t, e.Connected())
	b.send(e)
	require.Equal(t, []string{"0.00 INCOMPLETE", "0.00 ask all", "0.00 REACHABLE", "0.00 send 1"}, b.take())
	require.True(t, e.Connected())
	require.Equal(t, neigh.ByOwnRequest, e.By)

	b.until(100)
	var seconds float64
	_, err := fmt.Sscanf(b.take()[0], "%f STALE", &seconds)
	require.NoError(t, err)
	require.True(t, seconds >= 15 && seconds <= 46, "stale at %f", seconds)

	b.send(e)
	require.Equal(t, []string{"100.00 DELAY", "100.00 send 2"}, b.take(), "stale is used, and suspected")
	b.until(110)
	require.Equal(t, []string{"105.04 PROBE", "105.04 ask 02:00:c0:a8:0a:01", "105.04 REACHABLE"}, b.take())
}

func TestANeighbourThatStopsAnsweringFailsAfterThreeUnicasts(t *testing.T) {
	b := newBench(t)
	e := b.EventNS(2, routerMAC, router, &b.params)
	require.Equal(t, []string{"0.00 STALE"}, b.take())
	require.Equal(t, neigh.ByTheirRequest, e.By)
	b.until(1)
	b.send(e)
	b.until(7)
	b.send(e)
	b.until(30)
	require.Equal(t, []string{
		"1.00 DELAY", "1.00 send 1",
		"6.08 PROBE", "6.08 ask 02:00:c0:a8:0a:01", "7.00 send 2",
		"7.12 ask 02:00:c0:a8:0a:01", "8.16 ask 02:00:c0:a8:0a:01", "9.20 FAILED",
	}, b.take(), "packets leave as long as it is probed")
	require.Zero(t, e.State&neigh.Valid)
}

func TestDelayEndsInReachableWhenAnUpperLayerConfirms(t *testing.T) {
	b := newBench(t)
	e := b.EventNS(2, routerMAC, router, &b.params)
	b.send(e)
	b.until(3)
	b.Confirm(e)
	b.take()
	b.until(6)
	require.Equal(t, []string{"5.04 REACHABLE"}, b.take())
}

func TestTheirRequestAnswersOurs(t *testing.T) {
	b := newBench(t)
	e := b.entry()
	b.send(e)
	b.take()
	b.EventNS(2, routerMAC, router, &b.params)
	require.Equal(t, []string{"0.00 STALE", "0.00 DELAY", "0.00 send 1"}, b.take())
	b.take()
	b.EventNS(2, routerMAC, router, &b.params)
	require.Empty(t, b.take(), "the same MAC again changes nothing")
	b.EventNS(2, otherMAC, router, &b.params)
	require.Equal(t, otherMAC, e.MAC)
	require.Equal(t, []string{"0.00 STALE"}, b.take())
}

func TestWhichMACIsBelieved(t *testing.T) {
	for _, c := range []struct {
		name  string
		state neigh.State
		flags neigh.Flags
		want  packet.MAC
		after neigh.State
	}{
		{"an overriding reply replaces the MAC", neigh.Reachable, neigh.Override, otherMAC, neigh.Reachable},
		{"without override the first answer stays", neigh.Reachable, 0, routerMAC, neigh.Reachable},
		{"a weak override only raises suspicion", neigh.Reachable, neigh.WeakOverride, routerMAC, neigh.Stale},
		{"an overriding request replaces the MAC", neigh.Stale, neigh.Override, otherMAC, neigh.Stale},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			e := b.entry()
			b.Update(e, routerMAC, neigh.Reachable, neigh.Override)
			b.Update(e, otherMAC, c.state, c.flags)
			require.Equal(t, c.want, e.MAC)
			require.Equal(t, c.after, e.State)
		})
	}
}

func TestPermanentAndNoARPEntriesIgnoreARP(t *testing.T) {
	b := newBench(t)
	require.NoError(t, b.Change(neigh.Spec{Addr: router, Dev: 2, MAC: routerMAC, HasMAC: true, State: neigh.Permanent}, neigh.OpAdd, &b.params))
	e := b.entry()
	require.Equal(t, neigh.ByHand, e.By)
	b.Update(e, otherMAC, neigh.Reachable, neigh.Override)
	require.Equal(t, routerMAC, e.MAC)
	require.Equal(t, neigh.Permanent, e.State)

	m := b.Get(2, netip.MustParseAddr("224.0.0.1"), &b.params)
	b.SetNoARP(m, packet.MAC{1, 0, 0x5e, 0, 0, 1})
	require.True(t, m.Connected())
	b.take()
	b.send(m)
	require.Equal(t, []string{"0.00 send 1"}, b.take())
}

func TestAFullQueueDropsItsOldest(t *testing.T) {
	b := newBench(t)
	b.params.QueueBytes = 3 * 768 // of 84-byte packets, as the kernel counts them
	e := b.entry()
	for range 5 {
		b.send(e)
	}
	require.Equal(t, []string{"0.00 INCOMPLETE", "0.00 ask all", "0.00 overflow 1", "0.00 overflow 2"}, b.take())
	require.Equal(t, 3, e.Waiting())
	b.until(10)
	require.Zero(t, e.Waiting())
}

func TestNothingWaitsOnADeadEntry(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*bench, *neigh.Entry)
		want []string
	}{
		{"its device goes down", func(b *bench, e *neigh.Entry) { b.DevDown(2) }, []string{"0.00 purge 1", "0.00 NONE"}},
		{"it is deleted", func(b *bench, e *neigh.Entry) {
			require.NoError(t, b.Delete(neigh.Spec{Addr: router, Dev: 2}))
		}, []string{"0.00 FAILED", "0.00 fail 1", "0.00 NONE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			e := b.entry()
			b.send(e)
			b.take()
			c.end(b, e)
			require.Equal(t, c.want, b.take())
			require.True(t, e.Dead)
			require.False(t, e.Connected())
			require.Nil(t, b.Lookup(2, router))
			require.Same(t, e, b.ByIndex(e.Index))
			b.send(e)
			b.until(30)
			require.Equal(t, []string{"0.00 purge 2"}, b.take())
		})
	}
}

func TestLosingTheCarrierKeepsPermanentEntries(t *testing.T) {
	b := newBench(t)
	e := b.entry()
	b.Update(e, routerMAC, neigh.Permanent, neigh.Admin|neigh.Override)
	b.EventNS(2, otherMAC, netip.MustParseAddr("192.168.10.7"), &b.params)
	b.EventNS(3, otherMAC, netip.MustParseAddr("192.168.10.8"), &b.params)
	b.CarrierDown(2)
	require.Len(t, b.Entries(), 2)
	b.DevDown(2)
	require.Len(t, b.Entries(), 1)
}

// A failed packet's sender may be told by a packet to the same neighbour,
// which asks for it anew.
func TestAReportMayUseTheSameEntryAgain(t *testing.T) {
	b := newBench(t)
	e := b.entry()
	b.send(e)
	b.send(e)
	b.failed = func(e *neigh.Entry) { b.failed = nil; b.send(e) }
	b.take()
	b.until(4)
	require.Equal(t, []string{
		"1.04 ask all", "2.08 ask all", "3.12 FAILED", "3.12 fail 1", "3.12 INCOMPLETE", "3.12 ask all", "3.12 purge 2",
	}, b.take())
	b.until(20)
}

func TestOldEntriesAreCollectedWhenThereAreMany(t *testing.T) {
	b := newBench(t)
	addr := func(i int) netip.Addr { return packet.AddrFrom32(0x0a000000 + uint32(i)) }
	for i := range 100 {
		b.EventNS(2, routerMAC, addr(i), &b.params)
	}
	b.until(1000)
	require.Len(t, b.Entries(), 100, "below 128 nothing is collected")
	require.Zero(t, b.Pending(), "and no timer runs for it")
	for i := range 100 {
		b.EventNS(2, routerMAC, addr(1000+i), &b.params)
	}
	b.until(1020)
	require.Len(t, b.Entries(), 100, "those unused for 60 s are gone")
	for i := range 3000 {
		b.EventNS(2, routerMAC, addr(10000+i), &b.params)
	}
	require.LessOrEqual(t, len(b.Entries()), 1024)
	full := b.Get(2, router, &b.params)
	require.True(t, full.Dead)
	b.take()
	b.send(full)
	require.Equal(t, []string{"1020.00 purge 1"}, b.take())
}

func TestFindingAndUsingAKnownNeighbourAllocatesNothing(t *testing.T) {
	b := newBench(t)
	for i := range 20 {
		b.EventNS(2, routerMAC, packet.AddrFrom32(uint32(0x0a000000+i)), &b.params)
	}
	e := b.entry()
	b.Update(e, routerMAC, neigh.Reachable, neigh.Override)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if b.Lookup(2, router) != e || b.Lookup(3, router) != nil {
			t.Fatal("wrong entry")
		}
	}))
}

func TestSettingsReadAsTheirFiles(t *testing.T) {
	p := neigh.DefaultParams()
	for name, want := range map[string]string{
		"base_reachable_time": "30", "base_reachable_time_ms": "30000", "retrans_time_ms": "1000",
		"delay_first_probe_time": "5", "proxy_delay": "80", "locktime": "100", "gc_stale_time": "60",
		"mcast_solicit": "3", "ucast_solicit": "3", "app_solicit": "0", "unres_qlen": "101", "unres_qlen_bytes": "212992",
		"proxy_qlen": "64", "anycast_delay": "100", "mcast_resolicit": "0",
	} {
		got, err := p.Get(name)
		require.NoError(t, err)
		require.Equal(t, want, got, name)
	}
	require.NoError(t, p.Set("proxy_delay", "0"))
	require.Zero(t, p.ProxyDelay)
	require.Error(t, p.Set("proxy_delay", "-1"))
	require.Error(t, p.Set("colour", "1"))
}

// --- ip neigh

// env is a namespace with two devices.
type env []string

func (v env) DevIndex(name string) (int32, bool) {
	i := slices.Index(v, name)
	return int32(i + 1), i >= 0
}
func (v env) DevName(i int32) string { return v[i-1] }

// Random commands do what they did on a real kernel, whose output is sorted.
func TestNeighCommandsDoWhatTheKernelDid(t *testing.T) {
	data, err := os.ReadFile("testdata/kernel.txt")
	require.NoError(t, err)
	for _, s := range strings.Split(string(data), "=== ")[1:] {
		name, body, _ := strings.Cut(s, "\n")
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Construct = func(e *neigh.Entry) {
				switch {
				case e.Addr.IsMulticast():
					a := e.Addr.As4()
					b.SetNoARP(e, packet.MAC{1, 0, 0x5e, a[1] & 0x7f, a[2], a[3]})
				case e.Addr == netip.MustParseAddr("10.0.0.255"):
					b.SetNoARP(e, packet.BroadcastMAC)
				}
			}
			for _, step := range strings.Split(body, "$ ")[1:] {
				cmd, want, _ := strings.Cut(step, "\n")
				require.Equal(t, want, b.run(strings.Fields(cmd)), cmd)
			}
		})
	}
}

// run is one ip command.
func (b *bench) run(w []string) string {
	devs := env{"lo", "d0", "d1"}
	if w[1] == "link" {
		if w[4] == "down" {
			b.DevDown(2)
		}
		return ""
	}
	if w[2] == "show" {
		return b.show(devs, w[3:])
	}
	s, err := neigh.ParseNeigh(w[3:], devs)
	if err == nil {
		switch w[2] {
		case "add":
			err = b.Change(s, neigh.OpAdd, &b.params)
		case "change":
			err = b.Change(s, neigh.OpChange, &b.params)
		case "replace":
			err = b.Change(s, neigh.OpReplace, &b.params)
		case "del":
			err = b.Delete(s)
		}
	}
	if err != nil {
		return err.Error() + "\n"
	}
	return ""
}

// show is `ip neigh show` or, with two words, `ip neigh show nud all`.
func (b *bench) show(devs env, w []string) string {
	var lines []string
	for _, e := range b.Entries() {
		if len(w) == 2 || e.Listed() {
			lines = append(lines, string(neigh.AppendEntry(nil, e, devs, false))+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestProxyEntriesAnswerOnTheirDevice(t *testing.T) {
	b := newBench(t)
	devs := env{"lo", "d0", "d1"}
	for _, cmd := range []string{"proxy 10.0.0.5 dev d0", "proxy 10.0.0.6 router", "proxy 10.0.0.5 dev d0"} {
		s, err := neigh.ParseNeigh(strings.Fields(cmd), devs)
		require.NoError(t, err)
		require.NoError(t, b.Change(s, neigh.OpAdd, &b.params))
	}
	five, six := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.6")
	require.True(t, b.Proxied(2, five))
	require.False(t, b.Proxied(3, five))
	require.True(t, b.Proxied(3, six), "without a device on any")
	var text []byte
	for _, p := range b.Proxies() {
		text = append(neigh.AppendProxy(text, p, devs), '\n')
	}
	require.Equal(t, "10.0.0.5 dev d0 proxy \n10.0.0.6 router proxy \n", string(text))
	require.Equal(t, neigh.ErrNotFound, b.Delete(neigh.Spec{Addr: five, Proxy: true}))
	require.NoError(t, b.Delete(neigh.Spec{Addr: five, Dev: 2, Proxy: true}))
	require.False(t, b.Proxied(2, five))
}

func FuzzParseNeigh(f *testing.F) {
	f.Add("10.0.0.5 lladdr 02:00:00:00:00:01 dev d0 nud stale")
	f.Add("proxy 10.0.0.5 dev d1 router use")
	f.Add("to 10.0.0.5 lladdr null dev lo nud 0x80")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := neigh.ParseNeigh(strings.Fields(line), env{"lo", "d0", "d1"})
		if err == nil && !s.Addr.Is4() {
			t.Fatalf("%q gives the address %s", line, s.Addr)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{2, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			bb := newBench(b)
			for i := range n {
				bb.EventNS(2, routerMAC, packet.AddrFrom32(uint32(0x0a000000+i)), &bb.params)
			}
			addr := packet.AddrFrom32(0x0a000001)
			b.ReportAllocs()
			for b.Loop() {
				if bb.Lookup(2, addr) == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}
