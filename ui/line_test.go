package ui

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/text"
)

// lines types lines on the plain prompt and gives what is written.
func lines(t *testing.T, scenario string, lang text.Lang, typed ...string) string {
	t.Helper()
	r := scenarios.NewResolver()
	all, err := r.Builtin()
	require.NoError(t, err)
	files := map[string]string{}
	o := Options{Entries: all, Lang: lang, Theme: look.Text(), Save: func(name string, write func(io.Writer) error) (string, error) {
		var b strings.Builder
		err := write(&b)
		files[name] = b.String()
		return name, err
	}}
	if scenario != "" {
		o.Open, err = r.Find(scenario)
		require.NoError(t, err)
	}
	var out strings.Builder
	require.NoError(t, RunLines(o, strings.NewReader(strings.Join(typed, "\n")+"\n"), &out))
	require.NotContains(t, out.String(), "\x1b")
	return out.String()
}

func TestThePlainPromptDoesWhatTheScreenDoes(t *testing.T) {
	out := lines(t, "cross-node-ping", text.English, "next", "answer icmp", "answer 192.168.10.102", "skip", "answer a lot", "answer 104", "skip", "skip",
		"next", "break k8s-w1:tunl0", "run", "bytes", "map", "state k8s-w1", "back", "why rules", "why", "where", "timeline",
		"k8s-w1$ ip neigh", "end", "k8s-w1$ ip route get 172.16.184.1", "filter icmp", "hops", "export pcapng", "goto 5", "nonsense", "help", "quit", "y")
	for _, want := range []string{
		"? Which protocol does the first IP header have", "  2 ipip", "a number, such as 62",
		"breakpoint: k8s-w1:tunl0", "+ 20 bytes: 192.168.10.101 > 192.168.10.102", "▾ IPv4 172.16.158.1 > 172.16.184.1 ttl 63", "▶ tunl0 C3", "k8s-w1# ip route",
		"the rules that it met:", "filter cali-from-wl-dispatch", "~     1    84 cali-from-wl-dispatch",
		"k8s-w1 calice0906292e2 In", "event 13 of", "on a copy: nothing was changed", "172.16.158.1 dev calice0906292e2 lladdr ca:00:ac:10:9e:01 STALE",
		"172.16.184.1 via 192.168.10.102 dev tunl0", "wrote cross-node-ping.pcapng", "unknown command \"nonsense\"", "MACHINE$ LINE",
	} {
		require.Contains(t, out, want)
	}
}

func TestThePlainPromptOpensScenarios(t *testing.T) {
	out := lines(t, "", text.Korean, "open nothing", "open same-node-ping", "skip", "skip", "skip", "skip", "skip", "", "", "run", "lesson", "scenarios", "quit")
	require.Contains(t, out, "error: there is no scenario \"nothing\"")
	require.Contains(t, out, "같은 노드 안의 파드 간 통신")
	require.Contains(t, out, "단계가 끝났습니다")
}

func TestTheEndOfTheInputEndsThePlainPrompt(t *testing.T) {
	require.Contains(t, lines(t, "pod-to-internet", text.English, "next"), "pod-to-internet: Pod to the internet")
}
