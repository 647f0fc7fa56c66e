package sim_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/packet/dissect"
	"hoplab/packet/pcap"
	"hoplab/sim"
	"hoplab/sim/proc"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
)

// kernelCase is a recording of a real kernel that can be run.
type kernelCase struct{ *simtest.Recording }

func readCase(t *testing.T, text []byte) *kernelCase {
	return &kernelCase{simtest.ReadRecording(t, text)}
}

// outcome is what a run of a case gives.
type outcome struct {
	captures map[string]*sim.Capture
	outputs  []string // of each action; empty for those that are no ping
	lab      *sim.Lab
}

// run does what the recording's script does: the same pauses, warm-up,
// captures and actions.
func (c *kernelCase) run(t *testing.T, opts ...sim.Option) *outcome {
	t.Helper()
	lab, err := sim.New(c.Lab(t), opts...)
	require.NoError(t, err)
	c.Setup(t, lab)
	ping := func(a simtest.Action, out io.Writer) *proc.Proc {
		words := strings.Fields(a.Cmd)
		o, err := sock.ParsePing(words[1:])
		require.NoError(t, err)
		return lab.Start(func(p *proc.Proc) error {
			res, err := sock.Ping(p, lab.Namespace(a.In), o, out, out, lab.Time(0))
			if !a.Background { // as the script has it
				fmt.Fprintf(out, "# exit status %d\n", res.Exit)
			}
			return err
		})
	}
	lab.RunFor(500 * time.Millisecond)
	for _, a := range c.Warmup {
		require.NoError(t, lab.Wait(ping(a, io.Discard)))
	}
	if len(c.Warmup) > 0 {
		lab.RunFor(7 * time.Second)
	}
	o := &outcome{captures: map[string]*sim.Capture{}, lab: lab}
	for _, place := range c.Captures {
		netns, dev, _ := strings.Cut(place, ":")
		capt, err := lab.Capture(netns, dev)
		require.NoError(t, err)
		o.captures[netns+"."+dev] = capt
	}
	lab.RunFor(3 * time.Second)
	buffers := make([]bytes.Buffer, len(c.Actions))
	var background []*proc.Proc
	for i, a := range c.Actions {
		if !strings.HasPrefix(a.Cmd, "ping ") {
			continue
		}
		fmt.Fprintf(&buffers[i], "# in %s\n$ %s\n", a.In, a.Cmd)
		p := ping(a, &buffers[i])
		if a.Background {
			background = append(background, p)
			lab.RunFor(1500 * time.Millisecond)
			continue
		}
		require.NoError(t, lab.Wait(p))
	}
	for _, p := range background {
		require.NoError(t, lab.Wait(p))
	}
	lab.RunFor(700*time.Millisecond + time.Duration(c.Linger*float64(time.Second)))
	for _, capt := range o.captures {
		capt.Stop()
	}
	lab.RunFor(5 * time.Second)
	for i := range buffers {
		o.outputs = append(o.outputs, buffers[i].String())
	}
	simtest.Check(t, lab)
	return o
}

type recorded struct {
	at   time.Duration
	text string
}

// readCaptures reads recorded captures as canonical packets.
func readCaptures(t *testing.T, dir string, places []string) map[string][]recorded {
	n := names{}
	all := map[string][]recorded{}
	for _, place := range places {
		f, err := os.Open(filepath.Join(dir, place+".pcap"))
		require.NoError(t, err)
		defer f.Close()
		r, err := pcap.NewReader(f)
		require.NoError(t, err)
		all[place] = nil
		for {
			p, err := r.Next()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			all[place] = append(all[place], recorded{time.Duration(p.Time), canonical(r.Interfaces()[p.Interface].LinkType == pcap.LinkEthernet, p.Data, n)})
		}
	}
	return all
}

func (o *outcome) canonical(places []string) map[string][]recorded {
	n := names{}
	all := map[string][]recorded{}
	for _, place := range places {
		c := o.captures[place]
		all[place] = nil
		for _, f := range c.Frames {
			all[place] = append(all[place], recorded{time.Duration(f.At), canonical(c.LinkType == pcap.LinkEthernet, f.Data, n)})
		}
	}
	return all
}

// diff tells where two captures differ, field by field.
func diff(place string, want, got []recorded, ordered bool) []string {
	if !ordered {
		byText := func(a, b recorded) int { return strings.Compare(a.text, b.text) }
		slices.SortFunc(want, byText)
		slices.SortFunc(got, byText)
	}
	var out []string
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			out = append(out, fmt.Sprintf("%s packet %d: missing\n    kernel:    %s", place, i+1, want[i].text))
		case i >= len(want):
			out = append(out, fmt.Sprintf("%s packet %d: too many\n    simulator: %s", place, i+1, got[i].text))
		case want[i].text != got[i].text:
			out = append(out, fmt.Sprintf("%s packet %d:%s", place, i+1, fieldDiff(want[i].text, got[i].text)))
		case ordered && i > 0:
			// Two runs of a real kernel differ by up to 0.4 s and 5 %.
			w, g := want[i].at-want[i-1].at, got[i].at-got[i-1].at
			if d := (w - g).Abs(); d > 400*time.Millisecond+w/20 {
				out = append(out, fmt.Sprintf("%s packet %d comes %v after the one before it, in the kernel %v", place, i+1, g, w))
			}
		}
	}
	return out
}

func fieldDiff(want, got string) string {
	w, g := strings.Split(want, " | "), strings.Split(got, " | ")
	var b strings.Builder
	for i := range max(len(w), len(g)) {
		x, y := "-", "-"
		if i < len(w) {
			x = w[i]
		}
		if i < len(g) {
			y = g[i]
		}
		if x != y {
			fmt.Fprintf(&b, "\n    kernel:    %s\n    simulator: %s", x, y)
		}
	}
	return b.String()
}

func caseDirs(t *testing.T) []string {
	dirs, err := filepath.Glob("testdata/kernel/*/case.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	return dirs
}

func places(c *kernelCase, dir string) []string {
	var l []string
	for _, p := range c.Captures {
		name := strings.Replace(p, ":", ".", 1)
		if _, err := os.Stat(filepath.Join(dir, "cap", name+".pcap")); err == nil {
			l = append(l, name)
		}
	}
	slices.Sort(l)
	return l
}

var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`time=[\d.]+ ms`), "time=T ms"},
	{regexp.MustCompile(`, time \d+ms`), ", time Tms"},
	{regexp.MustCompile(`(rtt min/avg/max/mdev =) [\d./]+ ms`), "$1 T ms"},
	{regexp.MustCompile(`(ipg/ewma) [\d./]+ ms`), "$1 T ms"},
}

func mask(s string) string {
	for _, m := range masks {
		s = m.re.ReplaceAllString(s, m.by)
	}
	return s
}

// The recordings of a real kernel, packet by packet at every interface, and
// what ping printed.
func TestPacketsAreThoseOfARealKernel(t *testing.T) {
	for _, dir := range caseDirs(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, "case.yaml"))
			require.NoError(t, err)
			c := readCase(t, text)
			o := c.run(t)
			at := places(c, dir)
			require.NotEmpty(t, at)
			compareWith(t, dir, at, o, func(s string) string { return s })
			for i, got := range o.outputs {
				if got == "" {
					continue
				}
				want, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("action-%d.txt", i+1)))
				require.NoError(t, err)
				if mask(string(want)) != mask(got) {
					t.Errorf("action %d prints\n%s\nin the kernel\n%s", i+1, mask(got), mask(string(want)))
				}
			}
			for place, capt := range o.captures {
				for i, f := range capt.Frames {
					require.NoError(t, dissect.Check(capt.LinkType, f.Data), "gopacket, %s packet %d", place, i+1)
				}
			}
		})
	}
}

// compareWith compares with the recording, after a change of its texts. Where
// the kernel's own result depends on a race of timers a second recording lies
// beside it, and either will do.
func compareWith(t *testing.T, dir string, at []string, o *outcome, change func(string) string) {
	t.Helper()
	_, err := os.Stat(filepath.Join(dir, "unordered"))
	ordered := err != nil
	got := o.canonical(at)
	best := []string(nil)
	for i, sub := range []string{"cap", "alt/cap"} {
		base := filepath.Join(dir, sub)
		if _, err := os.Stat(base); err != nil {
			continue
		}
		here := at
		if i > 0 {
			here = slices.DeleteFunc(slices.Clone(at), func(p string) bool {
				_, err := os.Stat(filepath.Join(base, p+".pcap"))
				return err != nil
			})
		}
		want := readCaptures(t, base, here)
		var problems []string
		for _, place := range here {
			for i := range want[place] {
				want[place][i].text = change(want[place][i].text)
			}
			problems = append(problems, diff(place, want[place], slices.Clone(got[place]), ordered)...)
		}
		if i == 0 || len(problems) < len(best) {
			best = problems
		}
	}
	if len(best) > 0 {
		t.Errorf("%d differences:\n%s", len(best), strings.Join(best[:min(len(best), 12)], "\n"))
	}
}

// The same networks under other names and other subnets must give the same
// packets but for those names and addresses.
func TestOtherNamesAndSubnetsGiveTheSamePackets(t *testing.T) {
	addrs := strings.NewReplacer("172.16.", "10.45.", "192.168.10.", "172.31.77.", "192.168.20.", "172.31.78.", "203.0.113.", "198.51.100.", "8.8.8.8", "9.9.9.10")
	people := strings.NewReplacer("k8s-w1", "alpha", "k8s-w2", "beta", "k8s-w3", "gamma", "k8s-m", "boss", "pod1", "web", "pod2", "db", "pod3", "cache", "pod4", "queue", "router", "gw",
		"ens5", "enp0s8", "calice0906292e2", "caliaaaaaaaaaaa", "calibd2348b4f67", "calibbbbbbbbbbb", "cali49778cadcf1", "caliccccccccccc")
	for _, dir := range caseDirs(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, "case.yaml"))
			require.NoError(t, err)
			original := readCase(t, text)
			at := places(original, dir)
			c := readCase(t, []byte(people.Replace(addrs.Replace(string(text)))))
			o := c.run(t, sim.WithSeed(77))
			back := map[string]*sim.Capture{}
			for _, place := range at {
				back[place] = o.captures[people.Replace(place)]
			}
			o.captures = back
			hexes := optionBytes()
			compareWith(t, dir, at, o, func(s string) string { return hexes.Replace(addrs.Replace(s)) })
		})
	}
}

// optionBytes renames the addresses that a record route option holds.
func optionBytes() *strings.Replacer {
	return strings.NewReplacer("ac109e", "0a2d9e", "ac10b8", "0a2db8", "c0a80a", "ac1f4d")
}

// One node more, and its pod, must not change what the others see.
func TestOneNodeMoreChangesNothingForTheOthers(t *testing.T) {
	for _, dir := range caseDirs(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, "case.yaml"))
			require.NoError(t, err)
			c := readCase(t, text)
			at := places(c, dir)
			more := readCase(t, text)
			h := more.Topology.Hosts[len(more.Topology.Hosts)-1]
			for _, x := range more.Topology.Hosts {
				if x.Role == "node" {
					h = x
				}
			}
			h.Name, h.Routes = "extra", nil
			h.IPTables, h.IPSet = nil, nil
			h.Interfaces = slices.Clone(h.Interfaces[:1])
			h.Interfaces[0].MAC, h.Interfaces[0].Addr = "02:00:00:00:00:99", []string{"192.168.10.199/24"}
			h.Interfaces[0].Segment = more.Topology.Segments[0].Name
			c.Topology.Hosts = append(c.Topology.Hosts, h)
			compareWith(t, dir, at, c.run(t), func(s string) string { return s })
		})
	}
}

// Another MTU moves the sizes of fragments and the MTU that routers report.
func TestTheMTUDecidesAboutFragments(t *testing.T) {
	text, err := os.ReadFile("testdata/kernel/size-2000-cross-node/case.yaml")
	require.NoError(t, err)
	small := strings.NewReplacer("mtu: 1500", "mtu: 1410", "mtu: 1480", "mtu: 1390").Replace(string(text))
	c := readCase(t, []byte(small))
	o := c.run(t)
	var lens, outer []int
	for _, f := range o.captures["k8s-w1.tunl0"].Frames {
		lens = append(lens, packet.IPv4(f.Data).TotalLen())
	}
	for _, f := range o.captures["k8s-w1.ens5"].Frames {
		if e := packet.Ethernet(f.Data); e.Type() == packet.EtherIPv4 {
			outer = append(outer, packet.IPv4(e.Payload()).TotalLen())
		}
	}
	// 2008 bytes of ICMP in fragments of at most 1390: 1388 (20 and a multiple
	// of 8) and 660.
	want := []int{1388, 660, 1388, 660, 1388, 660, 1388, 660}
	require.Equal(t, want, lens)
	for i := range want {
		want[i] += packet.IPv4Len
	}
	require.Equal(t, want, outer)
}

// Runs repeat byte for byte, also with more threads.
func TestRunsRepeat(t *testing.T) {
	for _, dir := range caseDirs(t) {
		text, err := os.ReadFile(filepath.Join(dir, "case.yaml"))
		require.NoError(t, err)
		c := readCase(t, text)
		at := places(c, dir)
		sum := func(procs int) string {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			var b strings.Builder
			o := c.run(t)
			for _, place := range at {
				for _, f := range o.captures[place].Frames {
					fmt.Fprintf(&b, "%s %d %d %x\n", place, f.At, f.Dir, f.Data)
				}
			}
			b.WriteString(strings.Join(o.outputs, "\n"))
			return b.String()
		}
		one := sum(1)
		require.Equal(t, one, sum(8), dir)
	}
}

// IP identifications are the kernel's counters: echo requests have one
// although DF is set, and they vary; with -M do they are zero.
func TestIdentificationsVaryAndAreZeroWhereTheKernelsAre(t *testing.T) {
	text, err := os.ReadFile("testdata/kernel/outer-id-and-df/case.yaml")
	require.NoError(t, err)
	o := readCase(t, text).run(t)
	inner, outers := map[uint16]bool{}, map[uint16]bool{}
	var zero, total int
	for _, f := range o.captures["k8s-w1.ens5"].Frames {
		e := packet.Ethernet(f.Data)
		if e.Type() != packet.EtherIPv4 || packet.IPv4(e.Payload()).Proto() != packet.ProtoIPIP {
			continue
		}
		out := packet.IPv4(e.Payload())
		in := packet.IPv4(out.Payload())
		total++
		outers[out.ID()] = true
		require.NotZero(t, out.ID(), "outer identification")
		if in.ID() == 0 {
			zero++
			require.True(t, in.DF())
			continue
		}
		inner[in.ID()] = true
	}
	require.Equal(t, 12, total)
	require.Equal(t, 2, zero, "two echo requests with -M do")
	require.Len(t, outers, 12, "outer identifications are all different")
	require.Len(t, inner, 10)
}
