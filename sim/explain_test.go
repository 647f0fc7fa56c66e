package sim_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/sim"
	"hoplab/sim/simtest"
	"hoplab/sim/sock"
	"hoplab/sim/trace"
)

// pingEvents are the events of a ping after some commands, as "place: stage" with
// the notes of each kind.
func pingEvents(t *testing.T, from, to string, ttl int, commands ...[2]string) []sim.Event {
	t.Helper()
	lab, _, err := sim.Load("two.yaml", []byte(calico))
	require.NoError(t, err)
	defer simtest.Check(t, lab)
	for _, c := range commands {
		require.NoError(t, lab.Command(c[0], c[1], "test"))
	}
	var all []sim.Event
	defer lab.Subscribe(func(e *sim.Event) {
		k := *e
		k.Notes = append([]sim.Note(nil), e.Notes...)
		all = append(all, k)
	})()
	_, err = lab.PingWith(from, sock.PingOptions{Host: to, Count: 1, TTL: ttl}, &strings.Builder{})
	require.NoError(t, err)
	return all
}

// notes of the first event at a place and stage that has some of a kind, as "text
// (why)".
func notes(all []sim.Event, netns, dev string, stage trace.Stage, k sim.NoteKind) []string {
	for _, e := range all {
		if e.NetNS != netns || e.Dev != dev || e.Stage != stage {
			continue
		}
		var out []string
		for _, n := range e.Notes {
			if n.Kind == k {
				out = append(out, strings.TrimSuffix(n.Text+" ("+n.Why+")", " ()"))
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

func TestEveryLookupSaysWhatItWasPreferredTo(t *testing.T) {
	all := pingEvents(t, "pod1", "172.16.184.1", 0)
	var cali string
	for _, e := range all {
		if e.NetNS == "k8s-w1" && strings.HasPrefix(e.Dev, "cali") {
			cali = e.Dev
		}
	}
	require.Contains(t, notes(all, "k8s-w1", cali, trace.StageRoute, sim.NoteNotRoute), "default via 192.168.10.1 (shorter)")
	require.Equal(t, []string{"32766: from all lookup main"}, notes(all, "k8s-w1", cali, trace.StageRoute, sim.NotePolicy))
	require.Equal(t, []string{"172.16.158.1 dev " + cali}, notes(all, "k8s-w1", cali, trace.StageRoute, sim.NoteWayBack))
	require.Equal(t, []string{"net.ipv4.conf." + cali + ".rp_filter=1"}, notes(all, "k8s-w1", cali, trace.StageRoute, sim.NoteSetting))
	require.Equal(t, []string{"net.ipv4.conf." + cali + ".forwarding=1"}, notes(all, "k8s-w1", cali, trace.StageForward, sim.NoteSetting))
	require.Contains(t, notes(all, "k8s-w1", "tunl0", trace.StageEncap, sim.NoteNotRoute), "default via 192.168.10.1 (shorter)", "the outer header is routed as well")
	require.Equal(t, []string{"default via 192.168.10.1 dev ens5"}, notes(all, "k8s-w1", cali, trace.StageARP, sim.NoteWay), "why proxy_arp answers")
	require.Equal(t, []string{"REACHABLE (INCOMPLETE)"}, notes(all, "pod1", "eth0", trace.StageARP, sim.NoteBecomes))
	require.Equal(t, []string{"INCOMPLETE (NONE)"}, notes(all, "pod1", "eth0", trace.StageNeigh, sim.NoteBecomes))
	require.Equal(t, []string{"DELAY (STALE)"}, notes(all, "k8s-w2", "ens5", trace.StageNeigh, sim.NoteBecomes))
	require.Contains(t, strings.Join(notes(all, "k8s-w1", "tunl0", trace.StageForward, sim.NoteMarked), " "), "-j MARK --set-xmark 0x10000/0x10000", "who let it pass")
	require.Equal(t, []string{"POSTROUTING cali-POSTROUTING cali-nat-outgoing (5)"}, chainsOf(all, "k8s-w1", "nat", trace.StagePostrouting))
}

func chainsOf(all []sim.Event, netns, table string, stage trace.Stage) []string {
	for _, e := range all {
		if e.NetNS == netns && e.Table == table && e.Stage == stage {
			return notes([]sim.Event{e}, e.NetNS, e.Dev, e.Stage, sim.NoteChains)
		}
	}
	return nil
}

func TestAConnectionSaysWhatItWasBefore(t *testing.T) {
	all := pingEvents(t, "pod1", "172.16.184.1", 0)
	was := notes(all, "k8s-w2", "calibd2348b4f67", trace.StageConntrack, sim.NoteConnWas)
	require.Len(t, was, 1)
	require.Contains(t, was[0], "[UNREPLIED]")
}

func TestADropNamesTheCounterThatRose(t *testing.T) {
	for _, tt := range []struct {
		name, to, want string
		ttl            int
		reason         trace.Reason
		commands       [][2]string
	}{
		{"ttl", "172.16.184.1", "IpInHdrErrors", 1, trace.TTLExpired, nil},
		{"reverse path", "172.16.184.1", "TcpExtIPReversePathFilter", 0, trace.IPRPFilter, [][2]string{{"k8s-w2", "sysctl -w net.ipv4.conf.tunl0.rp_filter=1"}, {"k8s-w2", "ip route del 172.16.158.0/24"}}},
		{"no route", "203.0.113.9", "IpExtInNoRoutes", 0, trace.IPInNoRoutes, [][2]string{{"k8s-w1", "ip route del default"}, {"pod1", "ip neigh replace 169.254.1.1 lladdr ee:ee:ee:ee:ee:ee dev eth0"}}},
	} {
		all := pingEvents(t, "pod1", tt.to, tt.ttl, tt.commands...)
		found := false
		for _, e := range all {
			if e.Verdict == trace.Drop && e.Reason == tt.reason {
				found = true
				require.Equal(t, []string{tt.want}, notes([]sim.Event{e}, e.NetNS, e.Dev, e.Stage, sim.NoteCounter), tt.name)
				if tt.reason == trace.IPRPFilter {
					require.Equal(t, []string{"default via 192.168.10.1 dev ens5"}, notes([]sim.Event{e}, e.NetNS, e.Dev, e.Stage, sim.NoteWayBack))
				}
				if tt.reason == trace.IPInNoRoutes {
					require.NotEmpty(t, notes([]sim.Event{e}, e.NetNS, e.Dev, e.Stage, sim.NoteNotRoute), "which routes there are instead")
				}
			}
		}
		require.True(t, found, tt.name)
	}
}

func TestEveryKindOfNoteHasAName(t *testing.T) {
	seen := map[string]bool{}
	for k := sim.NoteNotRoute; k <= sim.NoteCounter; k++ {
		require.NotEmpty(t, k.String())
		require.False(t, seen[k.String()], k.String())
		seen[k.String()] = true
	}
}
