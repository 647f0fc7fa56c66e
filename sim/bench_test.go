package sim_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gaissmai/bart"
	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/ctl/expand"
	"hoplab/sim/stack"
	"hoplab/sim/trace"
	"hoplab/topology"
)

// twoNodes is a cluster of two nodes and a pod on each, with everything that
// Calico puts there.
const twoNodes = `
apiVersion: hoplab/v1
kind: Lab
metadata: {name: two}
spec:
  segments:
    lan: {cidr: 192.168.10.0/24}
  machines:
    k8s-w1: {role: node, interfaces: {ens5: {segment: lan, address: 192.168.10.101/24}}, routes: [{to: default, via: 192.168.10.1}]}
    k8s-w2: {role: node, interfaces: {ens5: {segment: lan, address: 192.168.10.102/24}}, routes: [{to: default, via: 192.168.10.1}]}
---
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: default-ipv4-ippool}
spec: {cidr: 172.16.0.0/16, blockSize: 24, ipipMode: Always, natOutgoing: true}
---
apiVersion: v1
kind: Pod
metadata: {name: pod1}
spec: {nodeName: k8s-w1, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pod2}
spec: {nodeName: k8s-w2, containers: [{name: c, image: i}]}
`

func expanded(t testing.TB, text string) *topology.Lab {
	b, err := topology.Parse("lab.yaml", []byte(text))
	require.NoError(t, err)
	plain, _, err := expand.Expand(b, b.Labs[0])
	require.NoError(t, err)
	return plain
}

// hopsPerRoundTrip of the cross-node ping: pod, cali, tunl0, ens5, ens5,
// tunl0, cali, pod, each hand-over of a packet from one device to another.
const hopsPerRoundTrip = 14

// pinger sends echo requests and runs the lab until each is answered, without
// the ping program around it.
type pinger struct {
	lab     *sim.Lab
	sock    *stack.RawSocket
	dst     netip.Addr
	payload []byte
	got     int
}

func newPinger(t testing.TB, opts ...sim.Option) *pinger { return newPingerOf(t, twoNodes, opts...) }

func newPingerOf(t testing.TB, text string, opts ...sim.Option) *pinger {
	lab, err := sim.New(expanded(t, text), opts...)
	require.NoError(t, err)
	p := &pinger{lab: lab, payload: make([]byte, 64)}
	pod2 := lab.Namespace("pod2")
	p.dst = pod2.Addresses(pod2.Device("eth0"))[0].Prefix.Addr()
	p.sock = lab.Namespace("pod1").OpenRaw(packet.ProtoICMP)
	p.sock.Checksum = true
	p.sock.Recv = func(ip packet.IPv4) {
		if packet.ICMP(ip.Payload()).Type() == packet.ICMPEchoReply {
			p.got++
		}
	}
	packet.PutICMP(p.payload, packet.ICMPEcho, 0, 7<<16)
	for range 3 { // neighbours and connections are there
		p.roundTrip(t)
	}
	return p
}

func (p *pinger) roundTrip(t testing.TB) {
	want := p.got + 1
	if _, errno, _ := p.sock.Send(p.dst, p.payload, true); errno != 0 {
		t.Fatal(errno)
	}
	for p.got < want {
		if !p.lab.Step() {
			t.Fatal("no reply")
		}
	}
}

func (p *pinger) bench(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		p.roundTrip(b)
	}
	b.ReportMetric(float64(b.N)*hopsPerRoundTrip/b.Elapsed().Seconds(), "hops/s")
}

// The cross-node ping with Calico's chains and sets loaded, by who listens.
func BenchmarkCrossNodePing(b *testing.B) {
	b.Run("silent", func(b *testing.B) { newPinger(b).bench(b) })
	b.Run("ring", func(b *testing.B) { newPinger(b, sim.WithTrace(trace.Ring)).bench(b) })
	b.Run("keep", func(b *testing.B) { newPinger(b, sim.WithTrace(trace.Keep)).bench(b) })
	b.Run("events", func(b *testing.B) {
		p := newPinger(b)
		n := 0
		defer p.lab.Subscribe(func(*sim.Event) { n++ })()
		p.bench(b)
	})
	b.Run("capture", func(b *testing.B) {
		p := newPinger(b)
		bytes := 0
		for _, at := range [][2]string{{"pod1", "eth0"}, {"k8s-w1", "tunl0"}, {"k8s-w1", "ens5"}, {"k8s-w2", "ens5"}, {"k8s-w2", "tunl0"}, {"pod2", "eth0"}} {
			_, _, err := p.lab.Tap(at[0], at[1], func(_ trace.Dir, _ clock.Instant, frame []byte) { bytes += len(frame) })
			require.NoError(b, err)
		}
		p.bench(b)
	})
}

// manyPairs are pairs of pods of different nodes, ten pods on each node, that
// ping each other at the same time.
type manyPairs struct {
	lab     *sim.Lab
	socks   []*stack.RawSocket
	dsts    []netip.Addr
	payload []byte
	got     int
}

func newManyPairs(t testing.TB, nodes, pairs int, opts ...sim.Option) *manyPairs {
	const perNode = 10
	var text strings.Builder
	text.WriteString("apiVersion: hoplab/v1\nkind: Lab\nmetadata: {name: many}\nspec:\n  segments:\n    lan: {cidr: 10.0.0.0/16}\n  machines:\n")
	for n := range nodes {
		fmt.Fprintf(&text, "    w%d: {role: node, interfaces: {ens5: {segment: lan, address: 10.0.%d.%d/16}}, routes: [{to: default, via: 10.0.0.1}]}\n", n, 1+n/200, 1+n%200)
	}
	text.WriteString("---\napiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: pool}\nspec: {cidr: 172.16.0.0/16, blockSize: 26, ipipMode: Always, natOutgoing: true}\n---\napiVersion: v1\nkind: List\nitems:\n")
	for n := range nodes * perNode {
		fmt.Fprintf(&text, "- {apiVersion: v1, kind: Pod, metadata: {name: p%d}, spec: {nodeName: w%d, containers: [{name: c, image: i}]}}\n", n, n/perNode)
	}
	lab, err := sim.New(expanded(t, text.String()), opts...)
	require.NoError(t, err)
	p := &manyPairs{lab: lab, payload: make([]byte, 64)}
	packet.PutICMP(p.payload, packet.ICMPEcho, 0, 7<<16)
	for i := range pairs {
		from := i%nodes*perNode + i/nodes
		to := (from + (1+i/nodes)*7*perNode) % (nodes * perNode)
		dst := lab.Namespace(fmt.Sprintf("p%d", to))
		s := lab.Namespace(fmt.Sprintf("p%d", from)).OpenRaw(packet.ProtoICMP)
		s.Checksum = true
		s.Recv = func(ip packet.IPv4) {
			if packet.ICMP(ip.Payload()).Type() == packet.ICMPEchoReply {
				p.got++
			}
		}
		p.socks, p.dsts = append(p.socks, s), append(p.dsts, dst.Addresses(dst.Device("eth0"))[0].Prefix.Addr())
	}
	for range 6 {
		p.round(t)
	}
	return p
}

// round sends a request of each pair and runs the lab until all are answered.
func (p *manyPairs) round(t testing.TB) {
	want := p.got + len(p.socks)
	for i, s := range p.socks {
		if _, errno, _ := s.Send(p.dsts[i], p.payload, true); errno != 0 {
			t.Fatal(errno)
		}
	}
	for p.got < want {
		if !p.lab.Step() {
			t.Fatal("no reply")
		}
	}
}

// Many pairs at once, by the number of pairs in a lab of 100 nodes: how much of
// a round trip is waiting for memory.
func BenchmarkManyPairs(b *testing.B) {
	for _, pairs := range []int{1, 20, 100, 500} {
		for name, opts := range map[string][]sim.Option{"silent": nil, "ring": {sim.WithTrace(trace.Ring)}} { // any order: each is its own benchmark
			b.Run(fmt.Sprintf("pairs=%d/%s", pairs, name), func(b *testing.B) {
				p := newManyPairs(b, 100, pairs, opts...)
				trips := 0
				for b.Loop() {
					p.round(b)
					trips += pairs
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(trips), "ns/trip")
			})
		}
	}
}

// Forwarding allocates nothing when nobody listens, nor with the trace on: what
// is kept in full needs new memory only once in thousands of packets.
func TestForwardAllocatesNothing(t *testing.T) {
	for name, opts := range map[string][]sim.Option{"silent": nil, "ring": {sim.WithTrace(trace.Ring)}, "keep": {sim.WithTrace(trace.Keep)}} {
		p := newPinger(t, opts...)
		for range 100 {
			p.roundTrip(t)
		}
		require.Zero(t, testing.AllocsPerRun(200, func() { p.roundTrip(t) }), name)
	}
}

// BenchmarkLeastWork is the least that the same hops can cost: a buffer of the
// pool for the request and one for the reply, real frames parsed and, each
// way, five checksums verified, three events pushed and popped, five bart
// look-ups, two TTLs taken down with RFC 1624, the outer header in front and
// off again, and a record in a ring for each crossing. No ARP, no netfilter,
// no sockets.
func BenchmarkLeastWork(b *testing.B) {
	w := newLeast()
	b.ReportAllocs()
	for b.Loop() {
		w.roundTrip()
	}
	if w.echoes != b.N {
		b.Fatalf("%d echoes of %d", w.echoes, b.N)
	}
	b.ReportMetric(float64(b.N)*hopsPerRoundTrip/b.Elapsed().Seconds(), "hops/s")
}

type least struct {
	q       clock.Queue
	pool    packet.Pool
	fibs    [4]bart.Table[int32] // pod1, w1, w2, pod2
	ring    [1 << 14]leastRecord
	n       uint32
	b       *packet.Buffer // the one packet under way
	payload [64]byte
	echoes  int
	stop    bool
}

// leastRecord has the 48 bytes that a record cannot do without.
type leastRecord struct {
	at       clock.Instant
	id       packet.ID
	place    uint32
	src, dst uint32
	ttl, len uint16
	_        [20]byte
}

func newLeast() *least {
	w := &least{}
	add := func(i int, p string, v int32) { w.fibs[i].Insert(netip.MustParsePrefix(p), v) }
	for _, pod := range []int{0, 3} {
		add(pod, "0.0.0.0/0", 1)
		add(pod, "169.254.1.1/32", 1)
	}
	for node, own := range []string{"172.16.158.", "172.16.184."} {
		i := node + 1
		for _, p := range []string{"0.0.0.0/0", "192.168.10.0/24", "127.0.0.0/8", "172.16.116.0/24", "172.16.158.0/24", "172.16.184.0/24", "192.168.10.255/32"} {
			add(i, p, 2)
		}
		add(i, own+"1/32", 4)
		add(i, own+"2/32", 5)
		add(i, "192.168.10.10"+[]string{"1", "2"}[node]+"/32", 0)
	}
	return w
}

// echo makes the one packet that is under way: a request or a reply.
func (w *least) echo(t packet.ICMPType, src, dst netip.Addr, payload []byte) {
	w.b = w.pool.New(len(payload))
	m := packet.ICMP(w.b.Bytes())
	copy(m, payload)
	m[0] = byte(t)
	m.UpdateChecksum()
	h := packet.IPv4Header{TotalLen: packet.IPv4Len + len(payload), TTL: 64, Proto: packet.ProtoICMP, Src: src, Dst: dst}
	h.Put(w.b.Prepend(packet.IPv4Len))
}

// answered verifies the message that arrived and returns it.
func (w *least) answered(p packet.IPv4) packet.ICMP {
	m, err := packet.ParseICMP(p.Payload())
	if err != nil || !m.ChecksumOK() {
		panic("bad echo")
	}
	return m
}

func (w *least) record(place uint32, p packet.IPv4) {
	r := &w.ring[w.n&(1<<14-1)]
	w.n++
	*r = leastRecord{at: w.q.Now(), id: w.b.ID, place: place, src: p.Src32(), dst: p.Dst32(), ttl: uint16(p.TTL()), len: uint16(p.TotalLen())}
}

func (w *least) lookup(i int, a uint32) int32 {
	v, ok := w.fibs[i].Lookup(packet.AddrFrom32(a))
	if !ok {
		panic("no route")
	}
	return v
}

func (w *least) receive() packet.IPv4 {
	if _, err := packet.ParseEthernet(w.b.Bytes()); err != nil {
		panic(err)
	}
	w.b.TrimFront(packet.EthernetLen)
	return w.ip()
}

func (w *least) ip() packet.IPv4 {
	p, err := packet.ParseIPv4(w.b.Bytes())
	if err != nil || !p.ChecksumOK() {
		panic("bad header")
	}
	return p
}

func (w *least) wire(place uint64) {
	packet.PutEthernet(w.b.Prepend(packet.EthernetLen), packet.BroadcastMAC, packet.MAC{}, packet.EtherIPv4)
	w.q.After(1000, w, place)
}

// Fire is the arrival at a machine: 0 pod1, 1 and 2 the nodes, 3 pod2.
func (w *least) Fire(place uint64) {
	p := w.receive()
	w.record(uint32(place), p)
	switch place {
	case 1, 2:
		if p.Proto() == packet.ProtoIPIP {
			w.lookup(int(place), p.Dst32())
			w.b.TrimFront(packet.IPv4Len)
			p = w.ip()
			w.record(10, p)
			w.lookup(int(place), p.Dst32())
			p.DecrementTTL()
			w.record(11, p)
			w.wire([]uint64{0, 0, 3}[place])
			return
		}
		w.lookup(int(place), p.Dst32())
		p.DecrementTTL()
		w.record(12, p)
		ends := [2]netip.Addr{netip.AddrFrom4([4]byte{192, 168, 10, 101}), netip.AddrFrom4([4]byte{192, 168, 10, 102})}
		h := packet.IPv4Header{TotalLen: len(p) + packet.IPv4Len, ID: 1, TTL: p.TTL(), Proto: packet.ProtoIPIP, Src: ends[place-1], Dst: ends[2-place]}
		o := h.Put(w.b.Prepend(packet.IPv4Len))
		w.lookup(int(place), o.Dst32())
		w.record(13, packet.IPv4(w.b.Bytes()))
		w.wire(3 - place)
	case 3:
		request := w.b
		w.echo(packet.ICMPEchoReply, p.Dst(), p.Src(), w.answered(p))
		request.Release()
		w.send(3, 2)
	case 0:
		w.answered(p)
		w.b.Release()
		w.echoes++
		w.stop = true
	}
}

func (w *least) send(from int, to uint64) {
	p := packet.IPv4(w.b.Bytes())
	w.lookup(from, p.Dst32())
	w.record(uint32(from), p)
	w.wire(to)
}

func (w *least) roundTrip() {
	binary.BigEndian.PutUint16(w.payload[6:8], uint16(w.echoes))
	w.echo(packet.ICMPEcho, netip.AddrFrom4([4]byte{172, 16, 158, 1}), netip.AddrFrom4([4]byte{172, 16, 184, 1}), w.payload[:])
	w.stop = false
	w.send(0, 1)
	for !w.stop {
		w.q.Step()
	}
}
