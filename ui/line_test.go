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
	in := ""
	for _, l := range typed {
		in += l + "\n"
	}
	var out strings.Builder
	require.NoError(t, RunLines(o, strings.NewReader(in), &out))
	require.NotContains(t, out.String(), "\x1b")
	return out.String()
}

// Each command of the plain prompt: what is typed before it, the line, and what it
// writes.
func TestThePlainPromptDoesWhatTheScreenDoes(t *testing.T) {
	skip := []string{"skip", "skip", "skip", "skip", "skip", "skip"}
	tunnel := append(skip[:6:6], "n", "break k8s-w1:tunl0", "run")
	for _, tt := range []struct {
		before []string
		line   string
		want   []string
	}{
		{skip, "next", []string{"A 0.000000 pod1 eth0 Out", "ARP, Request who-has 169.254.1.1"}},
		{skip, "n", []string{"A 0.000000 pod1 eth0 Out"}},
		{append(skip[:6:6], "n", "n"), "b", []string{"A 0.000000 pod1 eth0 Out"}},
		{append(skip[:6:6], "n"), "event", []string{"k8s-w1 calice0906292e2 In"}},
		{append(skip[:6:6], "n", "e"), "E", []string{"A 0.000000 pod1 eth0 Out"}},
		{append(skip[:6:6], "n"), "p", []string{"B 0.000002 k8s-w1 calice0906292e2 Out"}},
		{append(skip[:6:6], "n"), "a", []string{"ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee"}},
		{append(skip[:6:6], "n", "S"), "d", []string{"the end of the scenario"}},
		{append(skip[:6:6], "n", "S"), "goto 5", []string{"A 0.000000 pod1 eth0 Out"}},
		{append(skip[:6:6], "n", "S"), "start", []string{"the start: nothing has happened"}},
		{append(skip[:6:6], "n", "S", "g"), "end", []string{"step 1 is over: 7 of 7 expectations met"}},
		{append(skip[:6:6], "n", "S"), "n", []string{"the end of the scenario: run a line in a shell, go back, or open another one (scenarios)"}},
		{skip, "break k8s-w1:tunl0", []string{"breakpoint k8s-w1:tunl0 set"}},
		{skip, "break icmp and", []string{"error: "}},
		{tunnel, "breaks", []string{"k8s-w1:tunl0"}},
		{tunnel, "where", []string{"event 23 of", "step 1 of 1", "C 0.000006 k8s-w1 tunl0 Out"}},
		{tunnel, "why", []string{"+ 20 bytes: 192.168.10.101 > 192.168.10.102"}},
		{append(tunnel[:9:9], "b"), "why rules", []string{"the rules that it met:", "filter cali-from-wl-dispatch"}},
		{tunnel, "state k8s-w1", []string{"~     1    84 cali-from-wl-dispatch"}},
		{tunnel, "bytes", []string{"IPv4 172.16.158.1 > 172.16.184.1 ttl 63"}},
		{tunnel, "map", []string{"k8s-w1 (node)\n", "  calice0906292e2, to pod1:eth0 - it came through here", "  tunl0 172.16.158.0 - packet C is here, Out", "  ens5 192.168.10.101, on lan\n"}},
		{tunnel, "map drawn", []string{"> tunl0 C3"}},
		{tunnel, "state router", []string{"router# ip route"}},
		{tunnel, "state nowhere", []string{"error: there is no machine or pod called \"nowhere\""}},
		{tunnel, "hops", []string{"k8s-w1   tunl0"}},
		{tunnel, "timeline", []string{"23/286"}},
		{append(tunnel[:9:9], "filter icmp"), "hops", []string{"ICMP echo request"}},
		{tunnel, "filter icmp and", []string{"error: "}},
		{tunnel, "k8s-w1$ ip neigh", []string{"INCOMPLETE", "on a copy: nothing was changed"}},
		{append(tunnel[:9:9], "G"), "k8s-w1$ ip -c route get 172.16.184.1", []string{"root@k8s-w1:~# ip -c route get", "172.16.184.1 via 192.168.10.102 dev tunl0"}},
		{append(tunnel[:9:9], "G", "k8s-w1$ tcpdump -nni tunl0"), "interrupt", []string{"^C", "0 packets captured"}},
		{tunnel, "nowhere$ ls", []string{"error: there is no machine or pod called \"nowhere\""}},
		{tunnel, "wait 5", []string{"error: wait 5: a time such as 30s is wanted"}},
		{append(tunnel[:9:9], "G"), "wait 30s", []string{"> "}},
		{tunnel, "export pcapng", []string{"wrote cross-node-ping.pcapng"}},
		{tunnel, "export x", []string{"error: export x"}},
		{tunnel, "follow", []string{"> "}},
		{tunnel, "lang ko\nwhere", []string{"이벤트 23/"}},
		{tunnel, "lang en\nwhere", []string{"event 23 of"}},
		{tunnel, "lang fr", []string{"error: lang fr: there is en and ko"}},
		{tunnel, "play", []string{"nothing plays by itself here"}},
		{tunnel, "nonsense", []string{"error: unknown command \"nonsense\"; help lists them"}},
		{tunnel, "help", []string{"next", "MACHINE$ LINE", "page, page back", "goto EVENT"}},
		{tunnel, "again", []string{"cross-node-ping: Pod to pod across nodes (IPIP)", "1 k8s-w1$ ip -c -d addr show tunl0"}},
		{tunnel, "scenarios", []string{"same-node-ping ", "open NAME opens one of these"}},
		{nil, "lesson", []string{"1 k8s-w1$ ip -c -d addr show tunl0", "try 1 runs the first of these"}},
		{nil, "try", []string{"inet 172.16.158.0/32 scope global tunl0"}},
		{nil, "try 3", []string{"172.16.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink"}},
		{nil, "try 9", []string{"error: a number from 1 to 4"}},
		{[]string{"page"}, "try", []string{"nothing is offered here"}},
		{nil, "page", []string{"the manifest of pod1", "ip netns add pod1  <- CNI plugin: pod pod1"}},
		{[]string{""}, "page back", []string{"1 k8s-w1$ ip -c -d addr show tunl0"}},
		{nil, "next", []string{"first say what will happen", "? Which protocol does the first IP header have", "  2 ipip"}},
		{[]string{"", ""}, "page", []string{"not from here"}},
		{[]string{"answer IPIP"}, "answer 192.168.10", []string{"an IPv4 address, such as 10.0.0.1"}},
		{[]string{"answer 2"}, "answer 192.168.10.102", []string{"question 3 of 6"}},
		{[]string{"answer 2"}, "page back\nanswer 1\npage", []string{"question 1 of 6", "question 2 of 6", "not from here"}},
		{nil, "skip all\nn\nn\nwhy", []string{"net.ipv4.conf.calice0906292e2.proxy_arp=1"}},
		{skip, "answer 1", []string{"there is no question now"}},
		{skip, "skip", []string{"there is no question now"}},
		{skip, "score", []string{"the score comes at the end of the last step"}},
		{append([]string{"answer ipip"}, append(skip[:5:5], "n", "run")...), "score", []string{"score: 1 of 6 right, 5 skipped", "what decided the way of ping", "encap: + 20 bytes"}},
	} {
		t.Run(tt.line, func(t *testing.T) {
			base := lines(t, "cross-node-ping", text.English, tt.before...)
			out := lines(t, "cross-node-ping", text.English, append(tt.before[:len(tt.before):len(tt.before)], tt.line)...)
			out = out[len(strings.TrimRight(base, "\n")):]
			for _, want := range tt.want {
				require.Contains(t, out, want, "after %q", tt.before)
			}
			require.NotRegexp(t, "[\\x{2500}-\\x{259f}]", out, "a drawing")
			require.NotRegexp(t, `\(\d shows|\(\d로|ctrl\+`, out, "a key of the screen")
		})
	}
}

// Whole sessions, in both languages.
func TestSessionsOnThePlainPrompt(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		out := lines(t, "", lang, "open nothing", "open same-node-ping", "try 2", "", "", "answer ee:ee:ee:ee:ee", "answer EE:EE:EE:EE:EE:EE", "answer 1", "answer 2", "skip", "answer 64",
			"", "", "n", "p", "map", "run", "lesson", "", "pod1$ ip neigh", "quit", "n", "export scenario", "quit")
		sameAsFile(t, "line-"+lang.String(), out)
	}
}

func TestTheEndOfTheInputEndsThePlainPrompt(t *testing.T) {
	require.Contains(t, lines(t, "pod-to-internet", text.English, "next"), "pod-to-internet: Pod to the internet")
}

// What is wrong is told in the reader's language, too.
func TestFaultsInKorean(t *testing.T) {
	skip := []string{"skip", "skip", "skip", "skip", "skip", "skip"}
	for _, line := range []string{"goto x", "state nowhere", "nowhere$ ls", "theme pink", "nonsense", "s", "wait 5", "export x", "lang fr", "columns nowhere", "columns k8s-w1:x", "break k8s-w1:x", "break nowhere:eth0", "break drop x", "break //", "break foo",
		"shell nowhere", "here", "open x"} {
		out := lines(t, "cross-node-ping", text.Korean, append(skip[:6:6], line)...)
		_, fault, ok := strings.Cut(out, "error: ")
		require.True(t, ok, "%s: %s", line, out)
		require.Regexp(t, `^[^\n]*\p{Hangul}`, fault, line)
	}
	require.Regexp(t, `error: .*\p{Hangul}`, lines(t, "", text.Korean, "open x"))
}
