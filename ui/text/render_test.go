package text

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/packet"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

func flowTo(dst uint32) packet.Flow {
	return packet.Flow{Src: 0x0a000002, Dst: dst, Len: 84, Proto: packet.ProtoICMP, ICMPType: 8, TTL: 64, A: 7, B: 1}
}

// log renders events that happen to be given a sequence number.
func log(o Options, events ...sim.Event) string {
	var b strings.Builder
	o.NetNS, o.Dev = 2, 4
	r := New(&b, o)
	for i := range events {
		e := events[i]
		e.Seq = uint64(i + 1)
		r.Event(&e)
	}
	if err := r.Flush(); err != nil {
		return err.Error()
	}
	return b.String()
}

func at(t clock.Instant, id packet.ID, stage trace.Stage, v trace.Verdict) sim.Event {
	e := sim.Event{At: t, Packet: id, NetNS: "r", Dev: "eth0", Stage: stage, Verdict: v, Before: flowTo(9), After: flowTo(9)}
	if stage == trace.StageIngress || stage == trace.StageEgress {
		e.Line = "IP frame"
	}
	return e
}

func route(t clock.Instant, id packet.ID, text, by string) sim.Event {
	e := at(t, id, trace.StageRoute, trace.Continue)
	e.Ref = sim.Ref{Kind: trace.RefRoute, Text: text, By: by}
	return e
}

func drop(t clock.Instant, id packet.ID, stage trace.Stage, why trace.Reason) sim.Event {
	e := at(t, id, stage, trace.Drop)
	e.Reason = why
	return e
}

func TestDecisionsOfALocalSenderStandBelowItsFirstCrossing(t *testing.T) {
	require.Equal(t, `0.000002 r  eth0 Out IP frame
         route     default via 10.0.0.1
`, log(Options{}, at(1000, 1, trace.StageSocket, trace.Continue), route(1000, 1, "default via 10.0.0.1", ""), at(2000, 1, trace.StageEgress, trace.Continue)))
}

func TestADecisionStandsBelowItsOwnPacketThoughAnotherCameBetween(t *testing.T) {
	answer := at(0, 2, trace.StageICMP, trace.Continue)
	answer.Parent, answer.After = 1, packet.Flow{Src: 9, Dst: 0x0a000002, Proto: packet.ProtoICMP, ICMPType: 11}
	require.Equal(t, `0.000000 r  eth0 In  IP frame
         icmp      an ICMP error goes back to 10.0.0.2
         drop      IP_TTL: its TTL is used up: a router may not send it on; hint: traceroute shows the routers on the way
0.000000 r  eth0 Out IP frame
`, log(Options{}, at(0, 1, trace.StageIngress, trace.Continue), at(0, 1, trace.StageICMP, trace.Reply), answer,
		at(0, 2, trace.StageEgress, trace.Continue), drop(0, 1, trace.StageForward, trace.TTLExpired)))
}

func TestAPacketThatCrossedNothingGetsALineWhenItEnds(t *testing.T) {
	require.Equal(t, `0.000003 r  eth0 -   IP 10.0.0.2 > 0.0.0.9: ICMP echo request, id 7, seq 1, length 64
         route     unreachable default
         drop      IP_ROUTE_UNREACHABLE: an unreachable route refuses it; hint: ip route get 0.0.0.9
`, log(Options{}, route(1000, 1, "unreachable default", ""), drop(3000, 1, trace.StageRoute, trace.Unreachable)))
}

func TestALateDecisionSaysWhichPacketItIsAbout(t *testing.T) {
	require.Equal(t, `0.000000 r  eth0 In  IP frame
3.000000 r  eth0 -   IP 10.0.0.2 > 0.0.0.9: ICMP echo request, id 7, seq 1, length 64
         drop      NEIGH_FAILED: nobody answered ARP for the next hop; hint: ip neigh; is the next hop up and on this link?
`, log(Options{}, at(0, 1, trace.StageIngress, trace.Continue), drop(3e9, 1, trace.StageNeigh, trace.NeighFailed)))
}

func TestWhatWaitsAtTheEndIsToldInOrder(t *testing.T) {
	got := log(Options{}, route(0, 5, "five", ""), route(0, 3, "three", ""), route(0, 9, "nine", ""))
	require.Equal(t, []string{"three", "five", "nine"}, func() (order []string) {
		for _, l := range strings.Split(got, "\n") {
			if f := strings.Fields(l); len(f) == 2 {
				order = append(order, f[1])
			}
		}
		return order
	}())
}

func TestLoopbackIsShownOnceAsTcpdumpDoes(t *testing.T) {
	out, in := at(0, 1, trace.StageEgress, trace.Continue), at(0, 1, trace.StageIngress, trace.Continue)
	out.Dev, in.Dev = "lo", "lo"
	require.Equal(t, "0.000000 r  lo   In  IP frame\n", log(Options{}, out, in))
}

func TestFramesForOthersAreNoAccident(t *testing.T) {
	got := log(Options{}, at(0, 1, trace.StageIngress, trace.Continue), drop(0, 1, trace.StageRcv, trace.OtherHost))
	require.Contains(t, got, "link      ignored: the frame is for another MAC address\n")
	require.NotContains(t, got, "drop")
}

func TestOfSeveralAcceptingFiltersOneIsTold(t *testing.T) {
	accept := func(table, action string, kind trace.RefKind, chain string) sim.Event {
		e := at(0, 1, trace.StageForward, trace.Continue)
		e.Table, e.Action, e.Ref = table, action, sim.Ref{Kind: kind, Text: "-A " + chain, By: "Felix"}
		e.Notes = []sim.Note{{Kind: sim.NoteRule, Text: "mark is 1", Why: chain}}
		return e
	}
	require.Equal(t, `0.000000 r  eth0 In  IP frame
         filter    FORWARD cali-one: mark is 1: ACCEPT                                              Felix
         nat       FORWARD cali-three: mark is 1: not translated
         mangle    FORWARD cali-four: mark is 1: DROP
                   -A cali-four                                                                     Felix
`, log(Options{}, at(0, 1, trace.StageIngress, trace.Continue),
		accept("raw", "ACCEPT", trace.RefRule, "cali-zero"), accept("filter", "ACCEPT", trace.RefPolicyOf, "FORWARD"),
		accept("filter", "ACCEPT", trace.RefRule, "cali-one"), accept("filter", "ACCEPT", trace.RefRule, "cali-two"),
		func() sim.Event {
			e := accept("nat", "ACCEPT", trace.RefPolicyOf, "cali-three")
			e.Ref.By = ""
			return e
		}(),
		accept("mangle", "DROP", trace.RefRule, "cali-four")))
}

func TestWhoPutItThereStandsInAColumnOfItsOwnWhileThereIsRoom(t *testing.T) {
	long := strings.Repeat("x", 50)
	require.Contains(t, log(Options{Width: 80}, route(0, 1, "default", "BIRD"), at(0, 1, trace.StageEgress, trace.Continue)), "default"+strings.Repeat(" ", 24)+"BIRD\n")
	require.Contains(t, log(Options{Width: 80}, route(0, 1, "default "+long, "BIRD"), at(0, 1, trace.StageEgress, trace.Continue)), "\n"+strings.Repeat(" ", 21)+"BIRD\n")
}

func TestCommentsAreTheDecisionsBelowACrossing(t *testing.T) {
	c := NewComments(English)
	for i, e := range []sim.Event{at(0, 1, trace.StageIngress, trace.Continue), route(0, 1, "default via 10.0.0.1", "BIRD"), drop(0, 1, trace.StageForward, trace.TTLZero), at(1, 2, trace.StageIngress, trace.Continue)} {
		e.Seq = uint64(i + 1)
		c.Event(&e)
	}
	require.NoError(t, c.Flush())
	require.Equal(t, "route     default via 10.0.0.1   BIRD\ndrop      IP_TTL_ZERO: its TTL was 0", c.Of(1))
	require.Empty(t, c.Of(4))
}

type broken struct{ n int }

func (b *broken) Write([]byte) (int, error) { b.n++; return 0, errors.New("gone") }

func TestAfterAWriteErrorNothingMoreIsWritten(t *testing.T) {
	w := &broken{}
	r := New(w, Options{})
	for i := range 5 {
		e := at(clock.Instant(i), packet.ID(i+1), trace.StageIngress, trace.Continue)
		e.Seq = uint64(i + 1)
		r.Event(&e)
	}
	require.EqualError(t, r.Flush(), "gone")
	require.Equal(t, 1, w.n)
}

func TestHintsNameThePacketsOwnAddresses(t *testing.T) {
	e := drop(0, 1, trace.StageRoute, trace.IPInNoRoutes)
	require.Equal(t, "ip route get 0.0.0.9 from 10.0.0.2 iif eth0", concrete(trace.IPInNoRoutes.Hint(), &e))
	require.Equal(t, "ip route get OUTER-DESTINATION", concrete(trace.TunnelLoop.Hint(), &e))
	require.Equal(t, "RFC 6040", concrete("RFC 6040", &e))
}

func BenchmarkRenderer(b *testing.B) {
	b.ReportAllocs()
	r := New(&strings.Builder{}, Options{NetNS: 8, Dev: 15})
	in, rt, out := at(0, 1, trace.StageIngress, trace.Continue), route(0, 1, "default via 10.0.0.1 dev eth0", "BIRD"), at(0, 1, trace.StageEgress, trace.Continue)
	for b.Loop() {
		in.At += 1000
		rt.At, out.At = in.At, in.At
		r.Event(&in)
		r.Event(&rt)
		r.Event(&out)
	}
}

// From ten seconds on the time takes one column more.
func TestLateTimesKeepTheirDistance(t *testing.T) {
	r := New(io.Discard, Options{NetNS: 5, Dev: 4})
	line := string(r.head(nil, place{at: 12345678000, netns: "alice", dev: "eth0"}, "Out", "IP x"))
	require.True(t, strings.HasPrefix(line, "12.345678 alice eth0 Out IP x"), line)
}
