package replay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/sim"
)

func open(t testing.TB, name string) *Session {
	t.Helper()
	e, err := scenarios.NewResolver().Find(name)
	require.NoError(t, err)
	s, err := Open(e, Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// story is a session with steps, shells and a Ctrl-C in it.
func story(t testing.TB) *Session {
	t.Helper()
	s := open(t, "cross-node-ping")
	input := func(k InputKind, shell int, text string) {
		require.NoError(t, s.Input(k, shell, text))
		s.Advance(Goal{Kind: TheEnd})
	}
	input(BeginStep, 0, "")
	input(OpenShell, 0, "k8s-w1")
	input(TypeLine, 0, "ip route add 10.9.0.0/16 via 192.168.10.102")
	input(OpenShell, 0, "pod1")
	input(TypeLine, 0, "tcpdump -nni tunl0 -c 2 icmp")
	require.True(t, s.Stands())
	input(TypeLine, 1, "ping -c 2 -i 0.2 172.16.184.1")
	require.False(t, s.Stands())
	input(TypeLine, 1, "ping 172.16.158.2")
	require.True(t, s.Stands())
	input(Interrupt, 1, "")
	require.False(t, s.Busy())
	return s
}

// tables are those of all machines.
func tables(l *sim.Lab) string {
	var b strings.Builder
	for _, ns := range l.Namespaces() {
		for _, x := range Tables(l, ns.Name, Commands(false)) {
			fmt.Fprintf(&b, "%s# %s\n%s\n", x.Machine, x.Command, strings.Join(x.Lines, "\n"))
		}
	}
	return b.String()
}

func (h *History) dump() string {
	var b strings.Builder
	for i := range h.Events {
		fmt.Fprintf(&b, "%+v\n", h.Events[i])
	}
	for i := range h.Hops {
		fmt.Fprintf(&b, "%+v\n", h.Hops[i])
	}
	fmt.Fprintf(&b, "%+v\n%+v\n%+v\n", h.Journeys, h.Outputs, h.Marks)
	return b.String()
}

func TestTheSameInputsMakeTheSameHistory(t *testing.T) {
	require.Equal(t, story(t).History.dump(), story(t).History.dump())
}

func TestHistoryIsWhatARunTells(t *testing.T) {
	e, err := scenarios.NewResolver().Find("cross-node-ping")
	require.NoError(t, err)
	var want []string
	_, err = scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{OnEvent: func(e *sim.Event) {
		want = append(want, fmt.Sprint(e.Seq, e.At, e.NetNS, e.Dev, e.Stage, e.Verdict, e.Line, e.Ref))
	}})
	require.NoError(t, err)
	s := open(t, "cross-node-ping")
	require.NoError(t, s.Input(BeginStep, 0, ""))
	for s.Advance(Goal{Kind: NextHop}) { // in small pieces, which must not matter
	}
	var got []string
	for i := range s.History.Events {
		e := &s.History.Events[i]
		got = append(got, fmt.Sprint(e.Seq, e.At, e.NetNS, e.Dev, e.Stage, e.Verdict, e.Line, e.Ref))
	}
	require.Equal(t, want, got)
	require.NotNil(t, s.Report(0))
	require.Equal(t, 7, len(s.Report(0).Expectations))
}

// What a mirror shows after k events is the same however one came there.
func TestStateDependsOnWhereOneIsNotOnTheWay(t *testing.T) {
	s := story(t)
	n := len(s.History.Events)
	ctx := context.Background()
	fresh := func(k int) string {
		m := &Mirror{entry: s.Entry}
		defer m.close()
		var text string
		require.NoError(t, m.At(ctx, s.Point(k), func(l *sim.Lab) { text = tables(l) }))
		return text
	}
	rng := rand.New(rand.NewPCG(1, 2))
	k := 0
	for range 12 {
		k = rng.IntN(n + 1) // forwards and back
		var text string
		require.NoError(t, s.Mirror().At(ctx, s.Point(k), func(l *sim.Lab) { text = tables(l) }))
		require.Equal(t, fresh(k), text, "after %d events", k)
	}
	// The end of the mirror is the session's own lab.
	require.Equal(t, tables(s.Lab()), fresh(n))
}

func TestLookingLeavesNoTrace(t *testing.T) {
	s := open(t, "cross-node-ping")
	require.NoError(t, s.Input(BeginStep, 0, ""))
	for s.Advance(Goal{Kind: NextHop}) {
		tables(s.Lab())
	}
	other := open(t, "cross-node-ping")
	require.NoError(t, other.Input(BeginStep, 0, ""))
	other.Advance(Goal{Kind: TheEnd})
	require.Equal(t, other.History.dump(), s.History.dump())
}

func TestForwardAndBackMeet(t *testing.T) {
	s := story(t)
	for _, kind := range []GoalKind{AnyEvent, NextHop, NextPacket, NextAnswer} {
		g := Goal{Kind: kind}
		s.Seek(0)
		var way []int
		for s.Find(g) {
			way = append(way, s.Cursor())
		}
		require.NotEmpty(t, way)
		for i := len(way) - 2; i >= 0; i-- {
			require.True(t, s.Back(g))
			require.Equal(t, way[i], s.Cursor())
		}
		require.True(t, s.Back(g))
		require.Zero(t, s.Cursor())
		require.False(t, s.Back(g))
	}
}

func TestCuttingThePastKeepsWhatCameBefore(t *testing.T) {
	s, whole := story(t), story(t)
	for _, k := range []int{len(s.History.Events) - 3, 300, 44, 23, 0} {
		s.Seek(k)
		require.NoError(t, s.Cut())
		require.True(t, s.AtEnd())
		n := s.Cursor()
		require.GreaterOrEqual(t, n, k)
		require.Equal(t, fmt.Sprintf("%+v", whole.History.Events[:n]), fmt.Sprintf("%+v", s.History.Events))
		if k > 0 {
			require.Equal(t, whole.History.Tick(k), s.History.Tick(n))
		}
	}
	// And it goes on from there as if nothing had come after.
	require.NoError(t, s.Input(BeginStep, 0, ""))
	s.Advance(Goal{Kind: TheEnd})
	require.Len(t, s.History.Events, 286)
}

func TestALineOnACopyChangesNothing(t *testing.T) {
	s := story(t)
	before := s.History.dump()
	out, err := s.Try(context.Background(), s.Point(23), -1, "k8s-w1", "ip route del default; ip route | head -1; ip neigh")
	require.NoError(t, err)
	require.Contains(t, out, "172.16.116.0/24 via 192.168.10.10 dev tunl0 proto bird onlink")
	require.Contains(t, out, "INCOMPLETE") // the packet waits there for ARP at that moment
	require.Equal(t, before, s.History.dump())
}

func TestAPacketIsTheSameThroughNATAndTunnels(t *testing.T) {
	for _, tt := range []struct {
		scenario string
		places   []string
	}{
		{"cross-node-ping", []string{"pod1:eth0", "k8s-w1:calice0906292e2", "k8s-w1:tunl0", "k8s-w1:ens5", "k8s-w2:ens5", "k8s-w2:tunl0", "k8s-w2:calibd2348b4f67", "pod2:eth0"}},
		{"pod-to-internet", []string{"pod1:eth0", "k8s-w1:calice0906292e2", "k8s-w1:ens5", "router:eth0", "router:up0", "internet:eth0"}},
	} {
		s := open(t, tt.scenario)
		require.NoError(t, s.Input(BeginStep, 0, ""))
		s.Advance(Goal{Kind: TheEnd})
		var places []string
		for _, h := range s.History.Hops {
			if h.Journey == 0 {
				places = append(places, h.Place())
			}
		}
		require.Equal(t, tt.places, places)
		answers := 0
		for _, j := range s.History.Journeys {
			if j.Answer && j.Talk == 0 && strings.Contains(j.What, "echo reply") {
				answers++
			}
		}
		require.Equal(t, 1, answers)
	}
}

func TestBreakpoints(t *testing.T) {
	for _, tt := range []struct{ text, place, line string }{
		{"k8s-w1:tunl0", "k8s-w1:tunl0", "echo request"},
		{"ip proto 4", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102: IP"},
		{"k8s-w1:ens5 inbound and proto 4", "k8s-w1:ens5", "IP 192.168.10.102 > 192.168.10.101: IP"},
		{"k8s-w2:tunl0 icmp", "k8s-w2:tunl0", "echo request"},
		{"icmp[icmptype] = icmp-echoreply", "pod2:eth0", "echo reply"},
		{"/172.16.184.0/24 via/", "k8s-w1:calice0906292e2", "echo request"},
		{"/BIRD/", "k8s-w1:calice0906292e2", "echo request"},
		{"drop arp_not_for_us", "router:eth0", "who-has 192.168.10.102"},
		{"drop  SKB_DROP_REASON_ARP_NOT_FOR_US", "router:eth0", "who-has 192.168.10.102"},
		{"/arp_not/", "router:eth0", "who-has 192.168.10.102"},
	} {
		s := open(t, "cross-node-ping")
		b, err := ParseBreak(tt.text, s.Net().Places(), english)
		require.NoError(t, err)
		require.NoError(t, s.Input(BeginStep, 0, ""))
		require.True(t, s.Advance(Goal{Kind: NextBreak, Breaks: []*Break{b}}), tt.text)
		h := s.History.Hops[s.Hop()]
		require.Equal(t, tt.place, h.Place(), tt.text)
		require.Contains(t, h.Line, tt.line)
	}
	s := open(t, "cross-node-ping")
	for _, tt := range []struct{ text, want string }{
		{"", "where? an interface (k8s-w1:tunl0), a filter (icmp), drop, drop REASON, or /text/ of a rule or route"},
		{"//", "expected /text/ of a rule, route or reason, such as /MASQUERADE/"},
		{"k8s-w1:tunl0 icmp icmp and", `syntax error`},
		{"k8s-w1:tunl", `k8s-w1 has no interface "tunl"; did you mean "tunl0"?`},
		{"pod1:x", `pod1 has no interface "x"; there is lo, tunl0, eth0`},
		{"k8s-w9:eth0", `there is no machine or pod called "k8s-w9"; did you mean "k8s-w1"?`},
		{"drop ip_rpfiltr", `unknown drop reason "ip_rpfiltr"; did you mean "ip_rpfilter"?`},
		{"nonsense", `"nonsense" is no machine, interface, filter or drop: `},
	} {
		_, err := ParseBreak(tt.text, s.Net().Places(), english)
		require.ErrorContains(t, err, tt.want, tt.text)
	}
}

func TestAClosedOrUnknownShell(t *testing.T) {
	s := open(t, "cross-node-ping")
	require.Error(t, s.Input(OpenShell, 0, "nowhere"))
	require.Error(t, s.Input(TypeLine, 0, "ls"))
	require.NoError(t, s.Input(OpenShell, 0, "k8s-w1"))
	s.Advance(Goal{Kind: TheEnd})
	require.NoError(t, s.Input(TypeLine, 0, "exit 3"))
	s.Advance(Goal{Kind: TheEnd})
	require.True(t, s.Shells()[0].Done)
	require.Error(t, s.Input(TypeLine, 0, "ls"))
}

// long is a session of some 20,000 events.
func long(b testing.TB) *Session {
	s := open(b, "cross-node-ping")
	require.NoError(b, s.Input(OpenShell, 0, "pod1"))
	require.NoError(b, s.Input(TypeLine, 0, "ping -q -c 280 -i 0.2 172.16.184.1"))
	s.Advance(Goal{Kind: TheEnd})
	require.Greater(b, len(s.History.Events), 20_000)
	return s
}

// BenchmarkBack is a look into the past of 20,000 events: the tables of a machine
// as they were, from a lab that is built anew.
func BenchmarkBack(b *testing.B) {
	s := long(b)
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		s.Mirror().close()
		if err := s.Mirror().At(ctx, s.Point(20_000), func(l *sim.Lab) { Tables(l, "k8s-w1", Commands(false)) }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkForward is what recording costs.
func BenchmarkForward(b *testing.B) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n += len(long(b).History.Events)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

// english is the first of two languages.
func english(en, _ string) string { return en }
