package ipfrag

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/pcap"
	"hoplab/sim/clock"
)

// host is a namespace's part of reassembly; it records what it is told.
type host struct {
	*Reassembler
	t       testing.TB
	pool    packet.Pool
	clock   clock.Queue
	dropped []Result
	expired []*packet.Buffer
	users   []User
	gone    map[packet.ID]bool // fragments that were absorbed or dropped
}

func newHost(t testing.TB) *host {
	h := &host{t: t, gone: map[packet.ID]bool{}}
	h.Reassembler = New(DefaultConfig(), &h.pool, &h.clock, h)
	t.Cleanup(func() {
		for _, b := range h.expired {
			b.Release()
		}
		h.Close()
		require.Zero(t, h.pool.Stats().Live(), "leaked buffers")
		require.Zero(t, h.Held())
		require.Zero(t, h.mem)
		require.Zero(t, h.clock.Pending(), "leaked timers")
		require.Empty(t, h.byKey)
		require.Empty(t, h.senders)
	})
	return h
}

func (h *host) end(b *packet.Buffer) {
	require.False(h.t, h.gone[b.ID], "a fragment ends once")
	h.gone[b.ID] = true
}

func (h *host) FragAbsorbed(b, whole *packet.Buffer) { h.end(b) }

func (h *host) FragDropped(b *packet.Buffer, why Result) {
	h.end(b)
	h.dropped = append(h.dropped, why)
}

func (h *host) FragExpired(first *packet.Buffer, user User) {
	h.end(first)
	h.expired, h.users = append(h.expired, first), append(h.users, user)
}

// piece describes a fragment: payload bytes off to end of the datagram.
type piece struct {
	off, end int
	more     bool
	tos      uint8
	df       bool
	id       uint16
	src      string
	opts     []byte
}

// pattern is the payload of all test datagrams.
func pattern(off, end int) []byte {
	p := make([]byte, end-off)
	for i := range p {
		p[i] = byte((off + i) * 7 >> 3)
	}
	return p
}

func (p piece) bytes() []byte {
	if p.src == "" {
		p.src = "10.0.0.1"
	}
	h := packet.IPv4Header{TOS: p.tos, ID: p.id + 1, Frag: uint16(p.off / 8), TTL: 64, Proto: packet.ProtoUDP, Src: netip.MustParseAddr(p.src), Dst: netip.MustParseAddr("10.0.0.2"), Options: p.opts}
	h.TotalLen = h.Len() + p.end - p.off
	if p.more {
		h.Frag |= packet.FlagMF
	}
	if p.df {
		h.Frag |= packet.FlagDF
	}
	b := make([]byte, h.TotalLen)
	copy(b[h.Len():], pattern(p.off, p.end))
	h.Put(b)
	return b
}

func (h *host) add(p piece) (*packet.Buffer, Result) {
	return h.Add(h.pool.FromBytes(p.bytes()), ConntrackIn, h.clock.Now())
}

// addAll adds fragments and gives the results.
func (h *host) addAll(pieces ...piece) (whole *packet.Buffer, results []Result) {
	for _, p := range pieces {
		w, r := h.add(p)
		results = append(results, r)
		if w != nil {
			require.Nil(h.t, whole)
			whole = w
		}
	}
	return whole, results
}

func TestFragmentsInAnyOrderMakeTheDatagram(t *testing.T) {
	a, b, c := piece{off: 0, end: 16, more: true}, piece{off: 16, end: 40, more: true}, piece{off: 40, end: 43}
	for _, order := range [][]piece{{a, b, c}, {a, c, b}, {b, a, c}, {b, c, a}, {c, a, b}, {c, b, a}} {
		h := newHost(t)
		whole, res := h.addAll(order...)
		require.Equal(t, []Result{Queued, Queued, Complete}, res)
		require.Equal(t, piece{end: 43}.bytes(), whole.Bytes())
		require.Equal(t, whole.Bytes(), whole.Network())
		require.Equal(t, uint16(44), whole.FragMax, "24 bytes and a header")
		require.Equal(t, packet.ID(3), whole.Parent, "the one that completed it")
		require.Equal(t, Stats{Reqds: 3, OKs: 1, Absorbed: 3}, h.Stats())
		whole.Release()
	}
}

func TestWhatAddSays(t *testing.T) {
	for _, c := range []struct {
		name    string
		pieces  []piece
		results []Result
		dropped []Result
		fails   uint64
		held    int
	}{
		{"a duplicate goes alone", []piece{{end: 16, more: true}, {end: 16, more: true}}, []Result{Queued, Duplicate}, []Result{Duplicate}, 0, 1},
		{"bytes within a run are a duplicate", []piece{{end: 16, more: true}, {off: 16, end: 32, more: true}, {off: 8, end: 24, more: true}}, []Result{Queued, Queued, Duplicate}, []Result{Duplicate}, 0, 2},
		{"bytes across two runs overlap", []piece{{off: 16, end: 32, more: true}, {end: 16, more: true}, {off: 8, end: 24, more: true}}, []Result{Queued, Queued, Overlap}, []Result{Overlap, Overlap, Overlap}, 1, 0},
		{"an overlap ends all", []piece{{end: 16, more: true}, {off: 8, end: 24, more: true}}, []Result{Queued, Overlap}, []Result{Overlap, Overlap}, 1, 0},
		{"an overlap in front", []piece{{off: 16, end: 32, more: true}, {off: 8, end: 24, more: true}}, []Result{Queued, Overlap}, []Result{Overlap, Overlap}, 1, 0},
		{"a fragment around another", []piece{{off: 16, end: 32, more: true}, {off: 8, end: 48, more: true}}, []Result{Queued, Overlap}, []Result{Overlap, Overlap}, 1, 0},
		{"two ends", []piece{{off: 16, end: 30}, {off: 16, end: 28}}, []Result{Queued, Malformed}, []Result{Malformed, Malformed}, 1, 0},
		{"bytes behind the end", []piece{{off: 16, end: 30}, {off: 32, end: 40, more: true}}, []Result{Queued, Malformed}, []Result{Malformed, Malformed}, 1, 0},
		{"an end before bytes that came", []piece{{off: 32, end: 40, more: true}, {off: 16, end: 30}}, []Result{Queued, Malformed}, []Result{Malformed, Malformed}, 1, 0},
		{"no payload", []piece{{end: 0, more: true}}, []Result{Malformed}, []Result{Malformed}, 1, 0},
		{"less than eight bytes and more to come", []piece{{end: 7, more: true}}, []Result{Malformed}, []Result{Malformed}, 1, 0},
		{"ECT and Not-ECT", []piece{{end: 8, more: true, tos: 2}, {off: 8, end: 10}}, []Result{Queued, BadECN}, []Result{BadECN, BadECN}, 1, 0},
		{"CE and Not-ECT", []piece{{end: 8, more: true, tos: 3}, {off: 8, end: 10}}, []Result{Queued, BadECN}, []Result{BadECN, BadECN}, 1, 0},
		{"different IDs do not meet", []piece{{end: 8, more: true}, {off: 8, end: 10, id: 1}}, []Result{Queued, Queued}, nil, 0, 2},
		{"different sources do not meet", []piece{{end: 8, more: true}, {off: 8, end: 10, src: "10.0.0.3"}}, []Result{Queued, Queued}, nil, 0, 2},
		{"more than 65535 bytes", []piece{{end: 65000, more: true}, {off: 65000, end: 65528}}, []Result{Queued, TooLong}, []Result{TooLong, TooLong}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			whole, res := h.addAll(c.pieces...)
			require.Nil(t, whole)
			require.Equal(t, c.results, res)
			require.Equal(t, c.dropped, h.dropped)
			require.Equal(t, c.fails, h.Stats().Fails)
			require.Equal(t, c.held, h.Held())
		})
	}
}

func TestBytesOverEightAreCutOffBeforeTheEnd(t *testing.T) {
	h := newHost(t)
	whole, _ := h.addAll(piece{end: 13, more: true}, piece{off: 8, end: 20})
	require.Equal(t, piece{end: 20}.bytes(), whole.Bytes())
	whole.Release()
}

func TestECNAndDFOfTheWhole(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b piece
		tos  uint8
		df   bool
	}{
		{"CE wins over ECT(0)", piece{tos: 0x82}, piece{tos: 0x83}, 0x83, false},
		{"CE in the first one", piece{tos: 0x83}, piece{tos: 0x81}, 0x83, false},
		{"ECT(0) and ECT(1): the first one's", piece{tos: 2}, piece{tos: 1}, 2, false},
		{"all CE", piece{tos: 3}, piece{tos: 3}, 3, false},
		{"DF of the largest", piece{df: true}, piece{}, 0, true},
		{"DF of a small one only", piece{}, piece{df: true}, 0, false},
		{"DF of all", piece{df: true}, piece{df: true}, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			c.a.end, c.a.more = 16, true
			c.b.off, c.b.end = 16, 20
			whole, _ := h.addAll(c.b, c.a)
			ip := whole.IPv4()
			require.True(t, ip.ChecksumOK())
			require.Equal(t, c.tos, ip.TOS())
			require.Equal(t, c.df, ip.DF())
			require.Equal(t, c.df, whole.Flags&packet.FragPMTU != 0)
			require.Equal(t, uint16(36), whole.FragMax)
			whole.Release()
		})
	}
}

func TestHeaderAndMetadataAreTheFirstFragments(t *testing.T) {
	h := newHost(t)
	last := h.pool.FromBytes(piece{off: 16, end: 20}.bytes())
	last.IIF, last.Mark = 2, 20
	h.Add(last, LocalDeliver, 0)
	first := h.pool.FromBytes(piece{end: 16, more: true, opts: []byte{0x94, 4, 0, 0}}.bytes())
	first.IIF, first.Mark, first.Flags = 3, 30, packet.Forwarded
	whole, _ := h.Add(first, LocalDeliver, 0)
	require.Equal(t, piece{end: 20, opts: []byte{0x94, 4, 0, 0}}.bytes(), whole.Bytes())
	require.Equal(t, packet.Meta{IIF: 3, Mark: 30, Flags: packet.Forwarded, FragMax: 40}, whole.Meta)
	whole.Release()
}

func TestUsersDoNotMeet(t *testing.T) {
	h := newHost(t)
	for _, u := range []User{LocalDeliver, ConntrackIn, ConntrackOut} {
		_, res := h.Add(h.pool.FromBytes(piece{end: 16, more: true}.bytes()), u, 0)
		require.Equal(t, Queued, res)
	}
	whole, _ := h.Add(h.pool.FromBytes(piece{off: 16, end: 20}.bytes()), ConntrackOut, 0)
	require.NotZero(t, whole.Flags&packet.IgnoreDF, "conntrack lets it be cut again")
	whole.Release()
	require.Equal(t, 2, h.Held())
}

func TestTimeout(t *testing.T) {
	h := newHost(t)
	h.clock.RunUntil(clock.Instant(5 * time.Second))
	h.addAll(piece{off: 16, end: 24, more: true}, piece{end: 16, more: true}, piece{off: 8, end: 16, more: true, id: 1})
	h.clock.RunUntil(clock.Instant(35*time.Second) - 1)
	require.Equal(t, 3, h.Held())
	h.clock.RunUntil(clock.Instant(35 * time.Second))
	require.Zero(t, h.Held())
	require.Equal(t, Stats{Reqds: 3, Fails: 2, Timeouts: 2, Dropped: 3}, h.Stats())
	require.Len(t, h.expired, 1, "only where the first fragment came")
	require.Equal(t, piece{end: 16, more: true}.bytes(), h.expired[0].Network())
	require.Equal(t, []User{ConntrackIn}, h.users)
	require.Equal(t, []Result{Expired, Expired}, h.dropped)
	_, res := h.add(piece{off: 24, end: 30})
	require.Equal(t, Queued, res, "a new queue")
}

func TestThresholds(t *testing.T) {
	h := newHost(t)
	h.Config().HighThresh = 10_000
	var res Result
	n := 0
	for i := 0; res != NoMemory; i++ {
		_, res = h.add(piece{end: 1400, more: true, id: uint16(i)})
		n++
	}
	require.Equal(t, 5, n, "2304 and 200 bytes each, until above the threshold")
	require.Equal(t, 4, h.Held())
	h.Config().HighThresh = 0
	_, res = h.add(piece{end: 1400, more: true})
	require.Equal(t, NoMemory, res)
}

func TestTooManyOtherFragmentsInBetween(t *testing.T) {
	h := newHost(t)
	h.add(piece{end: 16, more: true})
	for i := range 64 {
		h.add(piece{off: 8 * i, end: 8*i + 8, more: true, id: 9})
	}
	whole, res := h.add(piece{off: 16, end: 20})
	require.Equal(t, Queued, res, "the older one was forgotten")
	require.Nil(t, whole)
	require.Equal(t, []Result{TooFar}, h.dropped)
	whole, _ = h.add(piece{end: 16, more: true})
	require.Equal(t, piece{end: 20}.bytes(), whole.Bytes())
	whole.Release()

	h.Config().MaxDist = 0
	h.add(piece{end: 16, more: true})
	for i := range 100 {
		h.add(piece{off: 8 * i, end: 8*i + 8, more: true, id: 10})
	}
	whole, _ = h.add(piece{off: 16, end: 20})
	require.NotNil(t, whole)
	whole.Release()
}

func capture(t testing.TB, name string) (all [][]byte) {
	f, err := os.Open("testdata/" + name)
	require.NoError(t, err)
	defer f.Close()
	r, err := pcap.NewReader(f)
	require.NoError(t, err)
	for {
		p, err := r.Next()
		if err == io.EOF {
			return all
		}
		require.NoError(t, err)
		data := p.Data
		if r.Interfaces()[p.Interface].LinkType == pcap.LinkEthernet {
			if packet.Ethernet(data).Type() != packet.EtherIPv4 {
				continue
			}
			data = data[packet.EthernetLen:]
		}
		all = append(all, bytes.Clone(data))
	}
}

// A node of the recordings reassembles what it forwards and cuts it again:
// what comes in by one interface must leave by the other as recorded.
func TestRecordedNodeReassemblesAndFragments(t *testing.T) {
	cali, tunl0 := capture(t, "size-2000.cali.pcap"), capture(t, "size-2000.tunl0.pcap")
	require.Len(t, cali, 8)
	require.Len(t, tunl0, 8)
	for _, c := range []struct {
		name    string
		in, out [][]byte
		forward func(ip packet.IPv4) bool // which packets go this way
	}{
		{"request", cali, tunl0, func(ip packet.IPv4) bool { return ip.Src().String() == "172.16.158.1" }},
		{"reply", tunl0, cali, func(ip packet.IPv4) bool { return ip.Src().String() == "172.16.184.1" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t)
			var got, want [][]byte
			for _, p := range c.out {
				if c.forward(p) {
					want = append(want, p)
				}
			}
			for _, p := range c.in {
				if !c.forward(p) {
					continue
				}
				whole, res := h.Add(h.pool.FromBytes(p), ConntrackIn, 0)
				if res == Queued {
					continue
				}
				require.Equal(t, Complete, res)
				require.Equal(t, 2028, whole.Len())
				require.True(t, packet.ICMP(whole.IPv4().Payload()).ChecksumOK())
				whole.IPv4().DecrementTTL()
				frags, ok := Fragment(whole, &h.pool, 1500)
				require.True(t, ok)
				for f := frags.Pop(); f != nil; f = frags.Pop() {
					got = append(got, bytes.Clone(f.Network()))
					f.Release()
				}
			}
			require.Equal(t, want, got)
		})
	}
}

func TestFragmentsOfALocalDatagram(t *testing.T) {
	var pool packet.Pool
	b := pool.FromBytes(piece{end: 3000, tos: 0xb8}.bytes())
	b.Mark, b.IIF, b.Conn, b.Flags = 5, 3, 9, packet.Forwarded|packet.IgnoreDF
	frags, ok := Fragment(b, &pool, 1480)
	require.True(t, ok)
	want := []piece{{end: 1456, more: true, tos: 0xb8}, {off: 1456, end: 2912, more: true, tos: 0xb8}, {off: 2912, end: 3000, tos: 0xb8}}
	require.Equal(t, len(want), frags.Len())
	for _, w := range want {
		f := frags.Pop()
		require.Equal(t, w.bytes(), f.Network())
		require.Equal(t, packet.ID(1), f.Parent)
		require.Equal(t, packet.Meta{Mark: 5, IIF: 3, Conn: 9, Flags: packet.Forwarded}, f.Meta)
		f.Release()
	}
	require.Zero(t, pool.Stats().Live())
}

func TestAFragmentOfAFragmentKeepsItsPlace(t *testing.T) {
	for _, more := range []bool{true, false} {
		var pool packet.Pool
		frags, _ := Fragment(pool.FromBytes(piece{off: 1456, end: 1456 + 100, more: more}.bytes()), &pool, 20+64)
		for _, w := range []piece{{off: 1456, end: 1520, more: true}, {off: 1520, end: 1556, more: more}} {
			f := frags.Pop()
			require.Equal(t, w.bytes(), f.Network())
			f.Release()
		}
		require.Zero(t, pool.Stats().Live())
	}
}

func TestOptionsWithoutTheCopiedFlagStayInTheFirst(t *testing.T) {
	// Record route (7, not copied), NOP, router alert (148, copied), end.
	opts := []byte{7, 7, 4, 1, 2, 3, 4, 1, 148, 4, 0, 0}
	nops := []byte{1, 1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0}
	var pool packet.Pool
	frags, ok := Fragment(pool.FromBytes(piece{end: 20, opts: opts}.bytes()), &pool, 32+8)
	require.True(t, ok)
	for _, w := range []piece{{end: 8, more: true, opts: opts}, {off: 8, end: 16, more: true, opts: nops}, {off: 16, end: 20, opts: nops}} {
		f := frags.Pop()
		require.Equal(t, w.bytes(), f.Network())
		f.Release()
	}
	// A later fragment's options are as they should be.
	frags, _ = Fragment(pool.FromBytes(piece{off: 8, end: 24, opts: opts}.bytes()), &pool, 32+8)
	for f := frags.Pop(); f != nil; f = frags.Pop() {
		require.Equal(t, opts, f.IPv4().Options())
		f.Release()
	}
	_, ok = Fragment(pool.FromBytes(piece{end: 20, opts: opts}.bytes()), &pool, 32+7)
	require.False(t, ok, "no room for eight bytes")
	require.Zero(t, pool.Stats().Live())
}

func TestReassembledGoesOnAsItCame(t *testing.T) {
	came := []piece{{end: 400, more: true, df: true}, {off: 400, end: 600, more: true, df: true}, {off: 600, end: 1001, df: true}}
	for _, c := range []struct {
		name string
		user User
		mtu  int
		want []piece
	}{
		{"as it came, but without DF", ConntrackIn, 9000, []piece{{end: 400, more: true}, {off: 400, end: 600, more: true}, {off: 600, end: 1001}}},
		{"one is too large: no larger than it came, DF stays for path MTU discovery", ConntrackIn, 420, []piece{{end: 400, more: true, df: true}, {off: 400, end: 800, more: true, df: true}, {off: 800, end: 1001, df: true}}},
		{"made into one piece", LocalDeliver, 9000, []piece{{end: 400, more: true, df: true}, {off: 400, end: 800, more: true, df: true}, {off: 800, end: 1001, df: true}}},
	} {
		h := newHost(t)
		var whole *packet.Buffer
		for _, p := range []int{1, 2, 0} {
			whole, _ = h.Add(h.pool.FromBytes(came[p].bytes()), c.user, h.clock.Now())
		}
		require.NotNil(t, whole)
		frags, _ := Fragment(whole, &h.pool, c.mtu)
		require.Equal(t, len(c.want), frags.Len(), c.name)
		for _, w := range c.want {
			f := frags.Pop()
			require.Equal(t, w.bytes(), f.Network(), c.name)
			require.Zero(t, f.FragMax)
			require.Empty(t, f.FragList)
			f.Release()
		}
	}
}

// twin reassembles the slow way: a map from byte offset to the fragment that
// brought it.
type twin struct {
	owner map[int]int // byte → number of the run that has it
	runs  [][2]int
	total int // -1 unknown
	high  int
}

func (w *twin) add(off, end int, more bool) Result {
	if more {
		end -= end % 8
	}
	if !more {
		if end < w.high || w.total >= 0 && end != w.total {
			return Malformed
		}
		w.total, w.high = end, end
	} else if end > w.high {
		if w.total >= 0 {
			return Malformed
		}
		w.high = end
	}
	if end <= off {
		return Malformed
	}
	seen := map[int]bool{}
	free := 0
	for i := off; i < end; i++ {
		if r, ok := w.owner[i]; ok {
			seen[r] = true
		} else {
			free++
		}
	}
	switch {
	case len(seen) == 1 && free == 0:
		return Duplicate
	case len(seen) > 0:
		return Overlap
	}
	last, at := -1, -1
	for i, r := range w.runs {
		if r[1] > at {
			last, at = i, r[1]
		}
	}
	run := len(w.runs)
	if at == off {
		run = last
		w.runs[run][1] = end
	} else {
		w.runs = append(w.runs, [2]int{off, end})
	}
	for i := off; i < end; i++ {
		w.owner[i] = run
	}
	if w.total >= 0 && len(w.owner) == w.total {
		return Complete
	}
	return Queued
}

func TestRandomFragmentsAgainstASlowTwin(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	h := newHost(t)
	results := map[Result]int{}
	for round := range 3000 {
		w := &twin{owner: map[int]int{}, total: -1}
		size := rng.Intn(120) + 9
		var pieces []piece
		for off := 0; off < size; {
			end := min(size, off+8*(rng.Intn(4)+1))
			pieces = append(pieces, piece{off: off, end: end, more: end < size, id: uint16(round)})
			off = end
		}
		for rng.Intn(3) == 0 { // a duplicate
			pieces = append(pieces, pieces[rng.Intn(len(pieces))])
		}
		for rng.Intn(4) == 0 { // something odd
			off := 8 * rng.Intn(size/8+2)
			pieces = append(pieces, piece{off: off, end: off + rng.Intn(40), more: rng.Intn(5) != 0, id: uint16(round)})
		}
		rng.Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })
		for _, p := range pieces {
			whole, res := h.add(p)
			want := w.add(p.off, p.end, p.more)
			require.Equal(t, want, res, "round %d: %v", round, pieces)
			results[res]++
			if whole != nil {
				require.Equal(t, piece{end: w.total, id: uint16(round)}.bytes(), whole.Bytes())
				whole.Release()
			}
			if res != Queued && res != Duplicate {
				w = &twin{owner: map[int]int{}, total: -1}
			}
		}
	}
	for _, r := range []Result{Queued, Complete, Duplicate, Overlap, Malformed} {
		require.NotZero(t, results[r], r.String())
	}
}

func TestCutAndJoinedAgainIsTheSame(t *testing.T) {
	rng := rand.New(rand.NewSource(3))
	h := newHost(t)
	for round := range 2000 {
		opts := make([]byte, 4*rng.Intn(11))
		for i := range opts {
			opts[i] = 1
		}
		want := piece{end: rng.Intn(5000) + 1, id: uint16(round), opts: opts}.bytes()
		frags, ok := Fragment(h.pool.FromBytes(want), &h.pool, 68+rng.Intn(1500))
		require.True(t, ok)
		var all []*packet.Buffer
		for f := frags.Pop(); f != nil; f = frags.Pop() {
			require.True(t, f.IPv4().ChecksumOK())
			all = append(all, f)
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for i, f := range all {
			if !f.IPv4().IsFragment() {
				f.Release() // it fitted
				continue
			}
			whole, res := h.Add(f, LocalDeliver, 0)
			if i < len(all)-1 {
				require.Equal(t, Queued, res)
				continue
			}
			require.Equal(t, Complete, res)
			require.Equal(t, want, whole.Network())
			whole.Release()
		}
	}
	require.Empty(t, h.dropped)
}

func FuzzAddAndFragment(f *testing.F) {
	f.Add([]byte{0, 0, 1, 8, 1, 0, 0, 4}, uint16(100))
	f.Add(slices.Concat([]byte{0, 0, 1, 255}, []byte{0, 20, 0, 16, 0, 20, 0, 17}), uint16(28))
	f.Fuzz(func(t *testing.T, script []byte, mtu uint16) {
		h := newHost(t)
		for len(script) >= 4 {
			head, n := script[:4], int(script[3])
			script = script[4:]
			b := piece{end: n}.bytes()
			binary.BigEndian.PutUint16(b[6:8], uint16(head[0])<<13|uint16(head[1]))
			b[0] = 0x45 + head[2]>>6
			b[1] = head[2] & 3
			buf := h.pool.FromBytes(b)
			if ip, err := packet.ParseIPv4(b); err == nil && head[2]&4 != 0 {
				frags, ok := Fragment(buf, &h.pool, int(mtu))
				require.Equal(t, int(mtu) >= ip.HeaderLen()+8, ok)
				sum := 0
				for f := frags.Pop(); f != nil; f = frags.Pop() {
					require.LessOrEqual(t, f.Len(), int(mtu))
					sum += len(f.IPv4().Payload())
					f.Release()
				}
				if ok {
					require.Equal(t, len(ip.Payload()), sum)
				}
				continue
			}
			if whole, _ := h.Add(buf, LocalDeliver, h.clock.Now()); whole != nil {
				require.True(t, whole.IPv4().ChecksumOK())
				require.False(t, whole.IPv4().IsFragment())
				whole.Release()
			}
			if head[2]&8 != 0 {
				h.clock.RunUntil(h.clock.Now().Add(10 * time.Second))
			}
		}
	})
}

func BenchmarkFragmentAndReassemble(b *testing.B) {
	h := newHost(b)
	h.gone = nil
	data := piece{end: 2008}.bytes()
	q := quiet{}
	h.Reassembler = New(DefaultConfig(), &h.pool, &h.clock, q)
	b.ReportAllocs()
	for b.Loop() {
		frags, _ := Fragment(h.pool.FromBytes(data), &h.pool, 1480)
		for f := frags.Pop(); f != nil; f = frags.Pop() {
			if whole, _ := h.Add(f, ConntrackIn, h.clock.Now()); whole != nil {
				whole.Release()
			}
		}
		h.clock.RunUntil(h.clock.Now() + 1)
	}
}

type quiet struct{}

func (quiet) FragAbsorbed(b, whole *packet.Buffer)        {}
func (quiet) FragDropped(b *packet.Buffer, why Result)    {}
func (quiet) FragExpired(first *packet.Buffer, user User) { first.Release() }
