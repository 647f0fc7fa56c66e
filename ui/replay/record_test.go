package replay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/clock"
	"hoplab/sim/trace"
)

// crossings are what packets do in a session, from an event on.
func crossings(h *History) (out []string) {
	for i := range h.Hops {
		x := &h.Hops[i]
		out = append(out, strings.Join([]string{clockOf(x.At), x.Place(), fmt.Sprint(x.Dir), x.Line}, " "))
	}
	return out
}

// A recorded scenario is valid, its expectations hold, and it leads to the same
// packets at the same time.
func TestWhatWasRecordedReplaysToTheSamePackets(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(p typist)
	}{
		{"steps alone", func(p typist) { p.input(BeginStep, 0, "") }},
		{"nothing", func(typist) {}},
		{"lines between, and time", func(p typist) {
			p.input(OpenShell, 0, "k8s-w1")
			p.input(TypeLine, 0, "ip route add 10.9.0.0/16 via 192.168.10.102")
			p.input(BeginStep, 0, "")
			require.NoError(p.t, p.Pass(5e9))
			p.Advance(Goal{Kind: TheEnd})
			p.input(TypeLine, 0, "for i in 1 2; do\nping -c 1 10.9.0.$i; done; nosuch")
		}},
		{"a rule that breaks the step", func(p typist) {
			p.input(OpenShell, 0, "k8s-w2")
			p.input(TypeLine, 0, "iptables -I FORWARD -p icmp -j DROP")
			p.input(BeginStep, 0, "")
		}},
		{"what goes on, and Ctrl-C", func(p typist) {
			p.input(OpenShell, 0, "k8s-w1")
			p.input(OpenShell, 0, "pod1")
			p.input(TypeLine, 0, "tcpdump -nni tunl0 icmp | head -3; echo over")
			p.input(TypeLine, 1, "ping -i 0.2 172.16.184.1")
			require.NoError(p.t, p.Pass(1e9))
			p.Advance(Goal{Kind: TheEnd})
			p.input(Interrupt, 1, "")
			p.input(TypeLine, 1, "ping -c 1 172.16.158.2")
		}},
		{"a line in the middle of a step", func(p typist) {
			require.NoError(p.t, p.Input(BeginStep, 0, ""))
			for range 20 {
				p.Advance(Goal{Kind: NextHop})
			}
			require.NoError(p.t, p.Cut())
			p.input(OpenShell, 0, "k8s-w2")
			p.input(TypeLine, 0, "ping -c 1 192.168.10.101")
		}},
		{"what is typed into programs", func(p typist) {
			p.input(OpenShell, 0, "pod2")
			p.input(OpenShell, 0, "pod1")
			p.input(TypeLine, 0, "nc -l 8080 > got &")
			p.input(TypeLine, 1, "read a; read b; echo $a $b | nc -N 172.16.184.1 8080")
			p.input(TypeLine, 1, "one")
			p.input(TypeLine, 1, "two")
			p.input(TypeLine, 1, "cat > f")
			p.input(TypeLine, 1, "a line")
			p.input(EndInput, 1, "")
			p.input(TypeLine, 1, "ping -c 1 -s $(wc -c < f) 172.16.184.1")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := typist{open(t, "cross-node-ping"), t}
			tt.do(p)
			file := p.Recorded()
			all, err := scenarios.NewResolver(scenarios.File{Name: "r.yaml", Data: []byte(file)}).Open("r.yaml")
			require.NoError(t, err, file)
			require.Equal(t, "cross-node-ping-recorded", all[0].Scenario.Name)
			var got []string
			rep, err := scenarios.Run(context.Background(), all[0].Scenario, all[0].Bundle, scenarios.Options{OnEvent: func(e *sim.Event) {
				if crossing(e) {
					got = append(got, strings.Join([]string{clockOf(e.At), e.NetNS + ":" + e.Dev, dirOf(e), e.Line}, " "))
				}
			}})
			require.NoError(t, err, file)
			require.Zero(t, rep.Failed(), "%s\n%+v", file, rep.Steps)
			want := crossings(&p.History)
			for i := range min(len(want), len(got)) {
				require.Equal(t, want[i], got[i], "crossing %d of %d, %d\n%s", i, len(want), len(got), file)
			}
			require.Equal(t, len(want), len(got), file)
			if tt.name != "nothing" {
				require.NotZero(t, len(got))
			}
		})
	}
}

func clockOf(at clock.Instant) string { return time.Duration(at).String() }

func dirOf(e *sim.Event) string {
	if e.Stage == trace.StageEgress {
		return fmt.Sprint(trace.Out)
	}
	return fmt.Sprint(trace.In)
}
