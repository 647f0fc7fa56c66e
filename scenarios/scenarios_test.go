package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/topology"
)

// cluster is the study's lab without its scenarios, with lines put in: pairs of
// a line of the file and what stands there instead.
func cluster(t testing.TB, replace ...string) string {
	t.Helper()
	data, err := os.ReadFile("study.yaml")
	require.NoError(t, err)
	text, _, found := strings.Cut(string(data), "---\napiVersion: hoplab/v1\nkind: Scenario")
	require.True(t, found)
	for i := 0; i < len(replace); i += 2 {
		require.Contains(t, text, replace[i])
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return text
}

// scenario is a document with one step, given as the lines below it.
func scenario(name, labRef string, step ...string) string {
	return "---\napiVersion: hoplab/v1\nkind: Scenario\nmetadata: {name: " + name + "}\nspec:\n  labRef: " + labRef +
		"\n  steps:\n  - " + strings.Join(step, "\n    ") + "\n"
}

// run runs the only scenario of a text and checks that no packet vanished.
func run(t testing.TB, text string, o scenarios.Options) (*scenarios.Report, error) {
	t.Helper()
	all, err := scenarios.NewResolver(scenarios.File{Name: "test.yaml", Data: []byte(text)}).Open("test.yaml")
	if err != nil {
		return nil, err
	}
	require.Len(t, all, 1)
	rep, err := scenarios.Run(context.Background(), all[0].Scenario, all[0].Bundle, o)
	if err == nil {
		require.NoError(t, rep.Accounting.Check())
	}
	return rep, err
}

func builtin(t testing.TB) []*scenarios.Entry {
	t.Helper()
	all, err := scenarios.NewResolver().Builtin()
	require.NoError(t, err)
	return all
}

func TestBuiltinScenariosHold(t *testing.T) {
	var names []string
	for _, e := range builtin(t) {
		names = append(names, e.Scenario.Name)
		t.Run(e.Scenario.Name, func(t *testing.T) {
			require.True(t, e.Builtin)
			require.Equal(t, "builtin/study.yaml", e.File)
			require.Equal(t, "study", e.Lab().Name)
			rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{})
			require.NoError(t, err)
			for _, s := range rep.Steps {
				require.NotEmpty(t, s.Expectations)
				for _, x := range s.Expectations {
					require.True(t, x.OK, "%s: %s\n%s", x.Pos, x.Text, x.Message)
					require.Empty(t, x.Message)
				}
			}
			require.Equal(t, scenarios.ExitOK, rep.ExitCode())
			require.NoError(t, rep.Accounting.Check())
			require.Zero(t, rep.Accounting.Queued)
			require.Equal(t, uint64(1), rep.Seed)
			require.Equal(t, topology.DefaultClock(), rep.Start)
		})
	}
	require.Equal(t, []string{"same-node-ping", "pod-to-internet", "cross-node-ping"}, names)
}

func TestBuiltinTextsAreInBothLanguages(t *testing.T) {
	both := func(what string, x topology.Text) {
		require.NotEmpty(t, x.EN, what)
		require.NotEmpty(t, x.KO, what)
		require.NotEqual(t, x.EN, x.KO, what)
	}
	for _, e := range builtin(t) {
		both(e.Scenario.Name, e.Scenario.Title)
		both(e.Scenario.Name, e.Scenario.Description)
		for _, s := range e.Scenario.Steps {
			require.NotEmpty(t, s.Tap)
			for _, x := range s.Expect {
				if !x.Because.IsZero() || x.Kind != topology.ExpectPing {
					both(x.Pos.String(), x.Because)
				}
			}
		}
	}
}

func TestBuiltinPodsHaveTheAddressesOfTheStudy(t *testing.T) {
	e, err := scenarios.NewResolver().Find("cross-node-ping")
	require.NoError(t, err)
	r, err := scenarios.NewRunner(e.Scenario, e.Bundle, scenarios.Options{})
	require.NoError(t, err)
	defer r.Close()
	for _, p := range []struct {
		netns, dev, addr string
		mtu              int
	}{
		{"k8s-m", "tunl0", "172.16.116.0/32", 8981}, {"k8s-w1", "tunl0", "172.16.158.0/32", 8981}, {"k8s-w2", "tunl0", "172.16.184.0/32", 8981},
		{"pod1", "eth0", "172.16.158.1/32", 8981}, {"pod3", "eth0", "172.16.158.2/32", 8981}, {"pod2", "eth0", "172.16.184.1/32", 8981},
		{"k8s-w1", "ens5", "192.168.10.101/24", 9001},
	} {
		i := r.Lab().Topology.Machine(p.netns).Interface(p.dev)
		require.NotNil(t, i, p.netns)
		require.Equal(t, p.addr, i.Addresses[0].Prefix.String())
		require.Equal(t, p.mtu, i.MTU, p.netns)
	}
	require.NotNil(t, r.Lab().Namespace("k8s-w1").Device("calice0906292e2"), "the interface of pod1 as in the study")
}

// transcript is everything that a run shows, as text.
func transcript(t *testing.T, e *scenarios.Entry) string {
	t.Helper()
	var b strings.Builder
	rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{KeepFrames: true, OnEvent: func(e *sim.Event) {
		fmt.Fprintf(&b, "%+v\n", *e)
	}})
	require.NoError(t, err)
	for _, s := range rep.Steps {
		fmt.Fprintf(&b, "%+v\n", *s)
	}
	rep.Steps = nil
	fmt.Fprintf(&b, "%+v\n", *rep)
	return b.String()
}

func TestEveryRunGivesTheSameBytes(t *testing.T) {
	for _, name := range []string{"same-node-ping", "pod-to-internet", "cross-node-ping"} {
		t.Run(name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			find := func() *scenarios.Entry { // parsed anew each time
				e, err := scenarios.NewResolver().Find(name)
				require.NoError(t, err)
				return e
			}
			want := transcript(t, find())
			require.Contains(t, want, "ICMP echo request")
			sameText(t, want, transcript(t, find()))
			runtime.GOMAXPROCS(8)
			sameText(t, want, transcript(t, find()))
		})
	}
}

// sameText compares long texts line by line.
func sameText(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		require.Equal(t, w[i], g[i], "line %d", i+1)
	}
	require.Equal(t, len(w), len(g), "number of lines")
}

func TestManyLabsRunSideBySide(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			for _, e := range builtin(t) {
				rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{})
				require.NoError(t, err)
				require.Equal(t, scenarios.ExitOK, rep.ExitCode())
			}
		})
	}
}

func TestSeedChangesWhatIsByChanceAndNothingElse(t *testing.T) {
	e, err := scenarios.NewResolver().Find("pod-to-internet")
	require.NoError(t, err)
	ids := map[uint16]bool{}
	for seed := range uint64(3) {
		rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{Seed: &seed})
		require.NoError(t, err)
		require.Equal(t, seed, rep.Seed)
		require.Equal(t, scenarios.ExitOK, rep.ExitCode())
		ids[rep.Steps[0].Pings[0].Ident] = true
	}
	require.Len(t, ids, 3, "ping draws its identifier")
}

func TestFramesOfAllTapsComeInOrder(t *testing.T) {
	e, err := scenarios.NewResolver().Find("cross-node-ping")
	require.NoError(t, err)
	var seen int
	rep, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{KeepFrames: true, OnFrame: func(tap scenarios.Tap, f *scenarios.Frame) {
		require.NotEmpty(t, f.Data)
		seen++
	}})
	require.NoError(t, err)
	var names []string
	for _, tap := range rep.Taps {
		names = append(names, tap.Name())
		require.Equal(t, tap.Dev == "tunl0", tap.LinkType == pcap.LinkRaw, tap.Name())
	}
	require.Equal(t, []string{"pod1:eth0", "k8s-w1:calice0906292e2", "k8s-w1:tunl0", "k8s-w1:ens5", "k8s-w2:tunl0", "k8s-w2:calibd2348b4f67"}, names)
	perTap := make([]int, len(rep.Taps))
	for i, f := range rep.Frames {
		perTap[f.Tap]++
		require.True(t, i == 0 || f.Seq > rep.Frames[i-1].Seq && f.At >= rep.Frames[i-1].At)
	}
	require.Equal(t, len(rep.Frames), seen)
	require.Equal(t, []int{8, 8, 6, 8, 6, 10}, perTap, "3 requests and 3 replies, and ARP but in tunnels")
}

func TestTapOfOneStepIsQuietInTheNext(t *testing.T) {
	rep, err := run(t, cluster(t)+scenario("two", "study",
		"{in: pod/pod1, run: ping -c 1 172.16.158.2, tap: [pod/pod1:eth0]}")+"  - {in: pod/pod1, run: ping -c 1 172.16.158.2, tap: [pod/pod3:lo]}\n", scenarios.Options{KeepFrames: true})
	require.NoError(t, err)
	require.Len(t, rep.Taps, 2)
	require.Len(t, rep.Frames, 4, "who-has, is-at, request, reply")
}
