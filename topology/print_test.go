package topology

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPrintedLabsParseToThemselves makes Labs by chance.
func TestPrintedLabsParseToThemselves(t *testing.T) {
	for seed := range uint64(500) {
		lab := labMaker{rand.New(rand.NewPCG(seed, 1))}.lab()
		text := MarshalLab(lab)
		b, err := Parse("lab.yaml", text)
		require.NoError(t, err, "seed %d:\n%s", seed, text)
		require.Equal(t, lab, withoutPlaces(b.Labs[0]), "seed %d:\n%s", seed, text)
	}
}

func TestPrintLabWritesTheSameAsMarshalLab(t *testing.T) {
	lab := parseFile(t, "plain.yaml").Labs[0]
	var b bytes.Buffer
	require.NoError(t, PrintLab(&b, lab))
	require.Equal(t, MarshalLab(lab), b.Bytes())
}

func TestLabsMadeByProgramsNeedNoDefaults(t *testing.T) {
	lab := &Lab{Name: "x", Segments: []*Segment{{Name: "lan"}}, Machines: []*Machine{{
		Name: "h", Interfaces: []*Interface{{
			Name: "eth0", Kind: NIC, Segment: "lan", Up: true,
			Addresses: []Address{{Prefix: netip.MustParsePrefix("10.0.0.1/24")}},
		}},
	}}}
	b, err := Parse("lab.yaml", MarshalLab(lab))
	require.NoError(t, err)
	got := b.Labs[0]
	require.Equal(t, DefaultClock(), got.Clock)
	require.Equal(t, RoleHost, got.Machines[0].Role)
	require.Equal(t, DefaultMTU, got.Machines[0].Interfaces[0].MTU)
	require.Equal(t, ScopeGlobal, got.Machines[0].Interfaces[0].Addresses[0].Scope)
}

// FuzzParse: no input panics, every accepted Lab prints to a text that parses
// to the same Lab, and every fault has a place.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"study.yaml", "plain.yaml", "plain.golden", "faults.yaml"} {
		f.Add(testdata(f, name))
	}
	f.Add([]byte(labWith("h: {interfaces: {e: {veth: 'g:e', delay: 1ms, loss: 0.00000001%, bandwidth: 1.5kibps}}}", "g:")))
	f.Add([]byte("a: &a [*a, {<<: *a}]\n--- !x\n? [b]\n: \"\\0\"\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, err := Parse("lab.yaml", src)
		if err != nil {
			for _, e := range err.(Errors) {
				if !e.IsValid() || e.Col < 1 || e.Msg == "" {
					t.Fatalf("a fault without a place or text: %#v", e)
				}
			}
			return
		}
		for _, lab := range b.Labs {
			text := MarshalLab(lab)
			again, err := Parse("again.yaml", text)
			require.NoError(t, err, "%s", text)
			require.Equal(t, withoutPlaces(lab), withoutPlaces(again.Labs[0]), "%s", text)
			require.Equal(t, string(text), string(MarshalLab(again.Labs[0])))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, machines := range []int{10, 100, 1000} {
		var lines []string
		for i := range machines {
			lines = append(lines, fmt.Sprintf(
				"m%d: {role: node, interfaces: {ens5: {segment: any, address: 10.1.%d.%d/16}}, routes: [{to: default, via: 10.1.0.1}]}",
				i, i/250, i%250+1))
		}
		src := []byte(labWith(lines...))
		b.Run(fmt.Sprintf("machines=%d", machines), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("lab.yaml", src); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*machines), "ns/machine")
		})
	}
}

// labMaker makes valid Labs with every field that a Lab has.
type labMaker struct{ *rand.Rand }

func (r labMaker) lab() *Lab {
	l := &Lab{Name: "lab", Seed: r.Uint64(), Clock: time.Unix(r.Int64N(7e9), r.Int64N(1e9)).UTC()}
	for i := range 1 + r.IntN(4) {
		s := &Segment{Name: fmt.Sprintf("seg-%d", i), MTU: r.mtu(), Link: r.link()}
		if r.yes() {
			s.CIDR = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i)}), 16)
		}
		l.Segments = append(l.Segments, s)
	}
	for i := range 1 + r.IntN(4) {
		l.Machines = append(l.Machines, r.machine(l, i))
	}
	for i := range r.IntN(5) {
		r.pair(l, i)
	}
	for i := range r.IntN(3) {
		l.Files = append(l.Files, File{Path: fmt.Sprintf("/%d/%s", i, r.pick("a b.html", "한글", `"q"`, "null")), Text: r.text()})
	}
	return l
}

func (r labMaker) yes() bool                   { return r.IntN(2) == 0 }
func (r labMaker) mtu() int                    { return minMTU + r.IntN(maxMTU-minMTU+1) }
func (r labMaker) pick(words ...string) string { return words[r.IntN(len(words))] }

// text makes what is hard to quote.
func (r labMaker) text() string {
	s := r.pick("a", "- a", "#", "null", "~", "yes", "1", "0x1f", "a: b", "a #b", "{", "%", "@", "`", "'", "|", "&a", "*a", "!t", "<<", "=", "?", "---", "...", "é", "\u2028", "\ufeff", "\U0001f600", "\u0085")
	for range r.IntN(6) {
		s += r.pick(" ", "\n", "\t", "\r", "\x00", "\x7f", ":", " #", "\"", "\\", ",", "]", "x", "한", "\u00a0", "\U000e0001")
	}
	return s
}

// line makes what a tool's line may hold.
func (r labMaker) line() Line {
	return Line{Text: r.pick("default via 10.0.0.1", "-A FORWARD -j DROP", "a: b", `say "hi"`, "null", " x ", "'", "한글", "a  b", "x:", "{}", "é\u2028", "12:34:56", "%d")}
}

// by makes who may have put a line there.
func (r labMaker) by() string { return r.pick("", "Felix", "CNI plugin: pod pod1", "null", `a "b"`) }

func (r labMaker) lines() []Line {
	var out []Line
	for range r.IntN(3) {
		l := r.line()
		l.By = r.by()
		out = append(out, l)
	}
	return out
}

func (r labMaker) link() Link {
	if r.yes() {
		return Link{}
	}
	return Link{
		Delay:     time.Duration(r.Int64N(int64(maxDuration))),
		Bandwidth: r.Uint64N(maxRate + 1),
		Loss:      r.Float64(), Duplicate: r.Float64() / 1e9, Corrupt: float64(r.IntN(101)) / 100, Reorder: 1,
	}
}

func (r labMaker) machine(l *Lab, n int) *Machine {
	m := &Machine{
		Name: fmt.Sprintf("m%d", n), Role: Role(r.pick("node", "router", "host", "pod")),
		Routes: r.lines(), Rules: r.lines(), Neighbors: r.lines(), IPSets: r.lines(), IPTables: r.lines(),
	}
	for range r.IntN(3) {
		m.Setup = append(m.Setup, Line{Text: r.text()})
	}
	if r.yes() {
		m.Sysctls = []Sysctl{{Key: "net/ipv4/conf/eth0.1/rp_filter", Value: r.pick("1", "true", "null", "4096 16384", "~", "0x10"), By: r.by()}}
	}
	for i := range r.IntN(4) {
		nic := &Interface{Name: fmt.Sprintf("eth%d", i), Kind: NIC, MTU: r.mtu(), Up: r.yes()}
		s := r.IntN(len(l.Segments))
		nic.Segment = l.Segments[s].Name
		for a := range r.IntN(3) {
			addr := Address{
				Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(s), byte(n), byte(8*i + a)}), 16),
				Scope:  Scope(r.pick("global", "link", "host")),
			}
			if r.yes() {
				addr.Broadcast = netip.AddrFrom4([4]byte{10, byte(s), 255, 255})
			}
			nic.Addresses = append(nic.Addresses, addr)
		}
		if r.yes() {
			nic.MAC = MAC{0x02, 0xff, byte(n), byte(i), 0, 1}
		}
		m.Interfaces = append(m.Interfaces, nic)
	}
	if r.yes() {
		m.Interfaces = append(m.Interfaces,
			&Interface{Name: "lo", Kind: Loopback, MTU: DefaultLoopbackMTU, Up: true, Addresses: []Address{
				{Prefix: netip.MustParsePrefix("127.0.0.1/8"), Scope: ScopeHost}, {Prefix: netip.MustParsePrefix("8.8.8.8/32"), Scope: ScopeGlobal}}},
			&Interface{Name: "tunl0", Kind: IPIP, MTU: DefaultTunnelMTU, Up: r.yes()},
			&Interface{Name: "d0", Kind: Dummy, MTU: r.mtu(), Up: true, MAC: MAC{2}},
			&Interface{Name: "br0", Kind: Bridge, Ports: []Line{{Text: "d0"}}, Up: true})
	}
	return m
}

// pair joins two machines by a veth pair.
func (r labMaker) pair(l *Lab, n int) {
	a, b := l.Machines[r.IntN(len(l.Machines))], l.Machines[r.IntN(len(l.Machines))]
	here, there := Endpoint{a.Name, fmt.Sprintf("va%d", n)}, Endpoint{b.Name, fmt.Sprintf("vb%d", n)}
	a.Interfaces = append(a.Interfaces, &Interface{Name: here.Interface, Kind: Veth, Peer: there, MTU: r.mtu(), Up: true, Link: r.link()})
	b.Interfaces = append(b.Interfaces, &Interface{Name: there.Interface, Kind: Veth, Peer: here, MTU: r.mtu(), Up: r.yes(), Link: r.link()})
}
