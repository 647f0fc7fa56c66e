package netdev

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// host is an owner that keeps what it receives in a list.
type host struct {
	w     *World
	name  string
	got   []string
	links int
}

func (h *host) Receive(d *Device, b *packet.Buffer) {
	e := packet.Ethernet(b.Bytes())
	h.got = append(h.got, fmt.Sprintf("%v %s: %s > %s %q", time.Duration(h.w.Clock.Now()), d.Name, e.Src(), e.Dst(), e.Payload()))
	h.w.Deliver(b)
}
func (h *host) TunnelXmit(*Device, *packet.Buffer) { panic("no tunnel here") }
func (h *host) LinkChanged(*Device)                { h.links++ }

func mac(n byte) packet.MAC { return packet.MAC{2, 0, 0, 0, 0, n} }

func (h *host) nic(kind Kind, name string, n byte) *Device {
	d := New(h.w, h, h.name, kind, name, 1500, mac(n))
	d.Index = int32(n)
	d.SetUp(true)
	return d
}

func (h *host) send(d *Device, dst packet.MAC, text string) {
	b := h.w.Pool.New(packet.EthernetLen + len(text))
	packet.PutEthernet(b.Bytes(), dst, d.MAC, packet.EtherIPv4)
	copy(b.Bytes()[packet.EthernetLen:], text)
	d.Xmit(b)
}

func run(w *World) {
	for w.Clock.Step() {
	}
}

// check is the accounting equation, with nothing left on the way.
func check(t *testing.T, w *World) {
	t.Helper()
	s, a := w.Pool.Stats(), w.Account
	require.Zero(t, w.InFlight())
	require.Zero(t, s.Live(), "leaked buffers")
	require.Equal(t, s.Created+s.Copied, a.Delivered+a.Absorbed+a.Dropped)
}

func TestVethCarriesAfterItsDelay(t *testing.T) {
	w := NewWorld(1)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	require.False(t, x.Carrier(), "not connected")
	Connect(x, y, Properties{Delay: 3 * time.Microsecond}, Properties{Delay: 5 * time.Microsecond})
	require.True(t, x.Carrier())
	var seen []string
	tap := func(d *Device, dir trace.Dir, at clock.Instant, f []byte) {
		seen = append(seen, fmt.Sprint(d.Name, " ", dir, " ", int64(at), " ", len(f)))
	}
	remove := x.AddTap(tap)
	y.AddTap(tap)
	a.send(x, mac(2), "hi")
	run(w)
	b.send(y, mac(1), "ho")
	run(w)
	require.Equal(t, []string{`3µs veth0: 02:00:00:00:00:01 > 02:00:00:00:00:02 "hi"`}, b.got)
	require.Equal(t, []string{`8µs eth0: 02:00:00:00:00:02 > 02:00:00:00:00:01 "ho"`}, a.got)
	require.Equal(t, []string{"eth0 1 0 16", "veth0 0 3000 16", "veth0 1 3000 16", "eth0 0 8000 16"}, seen)
	require.Equal(t, Stats{RxBytes: 16, RxPackets: 1, TxBytes: 16, TxPackets: 1}, x.Stats)
	remove()
	a.send(x, mac(2), "hi")
	run(w)
	require.Len(t, seen, 5, "only the tap that is left")
	check(t, w)
}

func TestALinkThatIsDownDropsWithAReason(t *testing.T) {
	w := NewWorld(1)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	Connect(x, y, Properties{Delay: time.Microsecond}, Properties{})
	n := a.links
	y.SetUp(false)
	require.Equal(t, n+1, a.links, "the carrier of the other end went")
	require.False(t, x.Carrier())
	a.send(x, mac(2), "lost")
	x.SetUp(false)
	a.send(x, mac(2), "lost too")
	x.SetUp(true)
	y.SetUp(true)
	a.send(x, mac(2), "on its way")
	y.SetUp(false)
	run(w)
	require.Empty(t, b.got)
	require.Equal(t, uint64(2), w.Log.Drops(trace.LinkDown))
	require.Equal(t, uint64(1), w.Log.Drops(trace.DevReady))
	check(t, w)
}

func TestFramesLargerThanTheOtherEndsMTUAreLost(t *testing.T) {
	w := NewWorld(1)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	Connect(x, y, Properties{}, Properties{})
	y.MTU = 100
	a.send(x, mac(2), strings.Repeat("x", 104)) // a VLAN tag's worth is granted
	a.send(x, mac(2), strings.Repeat("x", 105))
	run(w)
	require.Len(t, b.got, 1)
	require.Equal(t, uint64(1), w.Log.Drops(trace.MTUExceeded))
	check(t, w)
}

func TestSegmentLearnsWhoIsWhere(t *testing.T) {
	w := NewWorld(1)
	seg := w.NewSegment("lan", 1500)
	var hosts []*host
	var nics []*Device
	for i := range 3 {
		h := &host{w: w, name: fmt.Sprint("h", i)}
		d := h.nic(NIC, "ens5", byte(i+1))
		seg.Attach(d, Properties{Delay: time.Microsecond})
		hosts, nics = append(hosts, h), append(nics, d)
	}
	hosts[0].send(nics[0], packet.BroadcastMAC, "who?")
	run(w)
	require.Len(t, hosts[1].got, 1)
	require.Len(t, hosts[2].got, 1)
	require.Zero(t, nics[1].Stats.Multicast, "broadcasts are not multicast")
	hosts[1].send(nics[1], mac(1), "me") // the segment knows h0
	run(w)
	require.Len(t, hosts[0].got, 1)
	require.Len(t, hosts[2].got, 1, "not flooded")
	hosts[0].send(nics[0], mac(9), "anybody?") // nobody was seen with this MAC
	run(w)
	require.Len(t, hosts[1].got, 2)
	require.Len(t, hosts[2].got, 2)
	w.Clock.RunUntil(w.Clock.Now() + ageing + 1)
	hosts[1].send(nics[1], mac(1), "still there?")
	run(w)
	require.Len(t, hosts[2].got, 3, "flooded: what was learnt is too old")
	nics[0].Remove()
	hosts[1].send(nics[1], mac(1), "gone")
	run(w)
	require.Len(t, hosts[0].got, 2)
	check(t, w)
}

func TestBridgeForwardsBetweenPortsAndToItself(t *testing.T) {
	w := NewWorld(1)
	br := &host{w: w, name: "br"}
	b := br.nic(Bridge, "br0", 100)
	var hosts []*host
	var ends []*Device
	for i := range 3 {
		h := &host{w: w, name: fmt.Sprint("h", i)}
		d, port := h.nic(Veth, "eth0", byte(i+1)), br.nic(Veth, fmt.Sprint("p", i), byte(i+10))
		Connect(d, port, Properties{}, Properties{})
		b.AddPort(port)
		hosts, ends = append(hosts, h), append(ends, d)
	}
	hosts[0].send(ends[0], packet.BroadcastMAC, "all")
	run(w)
	require.Len(t, hosts[1].got, 1)
	require.Len(t, hosts[2].got, 1)
	require.Len(t, br.got, 1, "the bridge's own copy")
	hosts[1].send(ends[1], mac(1), "one")
	run(w)
	require.Len(t, hosts[0].got, 1)
	require.Len(t, hosts[2].got, 1)
	hosts[1].send(ends[1], mac(100), "bridge")
	run(w)
	require.Len(t, br.got, 2)
	br.send(b, mac(1), "down")
	br.send(b, packet.BroadcastMAC, "down to all")
	run(w)
	require.Len(t, hosts[0].got, 3)
	require.Len(t, hosts[2].got, 2)
	b.RemovePort(b.Ports()[0])
	hosts[1].send(ends[1], mac(1), "no longer")
	run(w)
	require.Len(t, hosts[0].got, 3)
	check(t, w)
}

// impaired sends n frames over a link with those properties and returns when
// and what arrived.
func impaired(t *testing.T, seed uint64, n int, p Properties) (got []string, w *World) {
	w = NewWorld(seed)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	Connect(x, y, p, Properties{})
	for i := range n {
		a.send(x, mac(2), fmt.Sprintf("frame %04d", i))
		w.Clock.RunUntil(w.Clock.Now() + 1000)
	}
	run(w)
	check(t, w)
	return b.got, w
}

func TestLinksLoseDoubleAndReorderAsSeeded(t *testing.T) {
	const n = 4000
	for _, tt := range []struct {
		name     string
		p        Properties
		min, max int
	}{
		{"perfect", Properties{Delay: time.Millisecond}, n, n},
		{"loss 10 %", Properties{Delay: time.Millisecond, Loss: 0.1}, n * 88 / 100, n * 92 / 100},
		{"all lost", Properties{Loss: 1}, 0, 0},
		{"doubled 10 %", Properties{Duplicate: 0.1}, n * 108 / 100, n * 112 / 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, w := impaired(t, 7, n, tt.p)
			require.GreaterOrEqual(t, len(got), tt.min)
			require.LessOrEqual(t, len(got), tt.max)
			require.Equal(t, uint64(max(0, n-len(got))), w.Log.Drops(trace.LinkLoss))
			again, _ := impaired(t, 7, n, tt.p)
			require.Equal(t, got, again, "the same seed gives the same run")
		})
	}
	one, _ := impaired(t, 1, n, Properties{Loss: 0.1})
	two, _ := impaired(t, 2, n, Properties{Loss: 0.1})
	require.NotEqual(t, one, two, "another seed gives another run")

	got, _ := impaired(t, 3, 200, Properties{Delay: 10 * time.Microsecond, Reorder: 0.2})
	require.Len(t, got, 200)
	swapped := 0
	for i := 1; i < len(got); i++ {
		if got[i][strings.Index(got[i], "frame"):] < got[i-1][strings.Index(got[i-1], "frame"):] {
			swapped++
		}
	}
	require.Positive(t, swapped, "some overtook others")
}

func TestCorruptionFlipsOneBit(t *testing.T) {
	w := NewWorld(5)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	Connect(x, y, Properties{Corrupt: 1}, Properties{})
	var sent, got []byte
	x.AddTap(func(_ *Device, _ trace.Dir, _ clock.Instant, f []byte) { sent = append([]byte(nil), f...) })
	y.AddTap(func(_ *Device, _ trace.Dir, _ clock.Instant, f []byte) { got = append([]byte(nil), f...) })
	for range 100 {
		a.send(x, mac(2), "a frame to be damaged")
		run(w)
		flipped := 0
		for i := range sent {
			for d := sent[i] ^ got[i]; d != 0; d &= d - 1 {
				flipped++
			}
		}
		require.Equal(t, 1, flipped)
	}
	check(t, w)
}

func TestBandwidthMakesFramesQueue(t *testing.T) {
	w := NewWorld(1)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	Connect(x, y, Properties{Delay: time.Millisecond, Bandwidth: 8e6}, Properties{}) // a byte each microsecond
	for range 3 {
		a.send(x, mac(2), strings.Repeat("x", 86)) // 100 bytes
	}
	run(w)
	require.Len(t, b.got, 3)
	for i, want := range []string{"1.1ms", "1.2ms", "1.3ms"} {
		require.True(t, strings.HasPrefix(b.got[i], want+" "), b.got[i])
	}
	check(t, w)
}

func TestLostFramesStayVisibleAsEvents(t *testing.T) {
	w := NewWorld(1)
	w.Log.SetMode(trace.Keep)
	a, b := &host{w: w, name: "a"}, &host{w: w, name: "b"}
	x, y := a.nic(Veth, "eth0", 1), b.nic(Veth, "veth0", 2)
	Connect(x, y, Properties{Loss: 1}, Properties{})
	a.send(x, mac(2), "gone")
	run(w)
	var stages []string
	w.Log.Each(func(_ uint64, r *trace.Record, _ *packet.Flow) bool {
		owner, dev := w.PlaceName(r.Place)
		stages = append(stages, fmt.Sprint(owner, ":", dev, " ", r.Stage, " ", r.Verdict, " ", r.Reason))
		return true
	})
	require.Equal(t, []string{"a:eth0 egress continue ", "a:eth0 link drop link_loss"}, stages)
}

func TestStreamsOfChanceAreIndependent(t *testing.T) {
	a, b := NewRand(1, "x"), NewRand(1, "x")
	c := NewRand(1, "y")
	same, other := true, true
	for range 100 {
		v := a.Uint32()
		same = same && v == b.Uint32()
		other = other && v == c.Uint32()
	}
	require.True(t, same)
	require.False(t, other)
	for range 1000 {
		require.Less(t, a.Below(6), uint32(6))
	}
	require.Zero(t, a.Below(0))
	require.False(t, a.Chance(0))
	require.True(t, a.Chance(1))
}
