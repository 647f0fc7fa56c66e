package ui

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/ui/look"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// free is a scenario that asks nothing: its questions are skipped.
func free(t *testing.T, name string) *driver {
	d := open(t, name, Options{})
	for d.a.lesson.Open() != nil {
		d.press("ctrl+s")
	}
	d.a.c.LessonMode = false
	return d.press("2")
}

func TestTheListIsFilteredAsOneTypes(t *testing.T) {
	remembered := ""
	d := start(t, Options{Last: "pod-to-internet", Remember: func(s string) { remembered = s }})
	d.shows("▸ pod-to-internet", "same-node-ping", "cross-node-ping")
	d.press("nodes").shows("cross-node-ping").hides("same-node-ping")
	d.press("esc").shows("same-node-ping")
	d.press("ipip", "enter").shows("hoplab cross-node-ping", "lesson")
	require.Equal(t, "cross-node-ping", remembered)
	d.press("tab", "o").shows("filter: ", "▸ cross-node-ping", "same-node-ping") // the list as it was, on what was open
	d.press("zzz").shows(`Nothing matches "zzz"`, "esc clears")
	d.press("enter").shows("Nothing matches")
	d.press("esc", "esc")
	require.True(t, d.a.quitting)
}

func TestStepsForwardAndBack(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("n").shows("ARP, Request who-has 169.254.1.1", "step 1/1")
	d.press("n", "n", "n", "n")
	require.Contains(t, d.pane("why"), "169.254.1.1 is ee:ee:ee:ee:ee:ee (answered by k8s-w1: proxy_arp on calice0906292e2)")
	d.press("n")
	require.Contains(t, d.pane("why"), "172.16.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink")
	require.Contains(t, d.pane("why"), "by BIRD: learnt from k8s-w2, block of pod2")
	require.Contains(t, d.pane("why"), "not default via 192.168.10.1 (shorter)")
	require.Contains(t, d.pane("why"), "Δ IPv4 ttl 64 → 63, checksum 0x6707 → 0x6807")
	d.press("n")
	require.Contains(t, d.pane("why"), "+ 20 bytes: 192.168.10.101 > 192.168.10.102, proto 4 (IPIP)")
	require.Contains(t, d.pane("why"), "came      from k8s-w1:calice0906292e2 In")
	require.Contains(t, d.pane("map"), "▶ tunl0 C3")
	d.press("b", "3", "w")
	require.Contains(t, d.pane("why"), "entry: icmp 1 30 src=172.16.158.1 dst=172.16.184.1 type=8 code=0 id=17950 [UNREPLIED]")
	require.Contains(t, d.pane("why"), "filter cali-from-wl-dispatch")
	require.Contains(t, d.pane("why"), "✓ -m comment --comment \"cali:S93hcgKJrXEqnTfs\"")
	require.Contains(t, d.pane("why"), "source in cali40masq-ipam-pools (172.16.0.0/16), but destination in cali40all-ipam-pools (172.16.0.0/16)")
	d.press("w", "2", "n")
	at := d.a.c.S.Cursor()
	d.press("b", "b")
	require.Equal(t, "pod1:eth0", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
	d.shows("past")
	d.press("n", "n")
	require.Equal(t, at, d.a.c.S.Cursor())
	d.press("e")
	require.Equal(t, at+1, d.a.c.S.Cursor())
	d.press("E", "g")
	require.Zero(t, d.a.c.S.Cursor())
	d.press("b").shows("this is the start")
	d.press("a")
	require.Contains(t, d.a.c.S.History.Hops[d.a.c.S.Hop()].Line, "ARP, Reply")
	d.press("p").press("S").shows("step 1 is over: 7 of 7 expectations met")
	d.press("n").shows("the end of the scenario")
}

func TestTheStateOfThePast(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("5").to("n", "k8s-w1:tunl0", "echo request")
	require.Contains(t, d.pane("state"), "k8s-w1# ip route")
	d.press("right")
	require.NotContains(t, d.pane("state"), "192.168.10.102") // the neighbour is not known yet
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102").press("5")
	require.Contains(t, d.pane("state"), "+ 192.168.10.102 dev ens5 lladdr 02:00:c0:a8:0a:66")
	d.press("2", "b", "b", "b", "b", "b", "b", "5", "M", "M", "M", "M", "M", "M", "M", "M")
	drive(d.a, d.a.wanted())
	require.Equal(t, d.a.c.Machine, d.a.c.Tables[0].Machine)
	require.NotContains(t, d.pane("state"), "192.168.10.102 dev ens5 lladdr")
}

func TestBreakpointsStopTheRun(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("t", "k8s-w2:tu", "tab", "enter").shows("breakpoint k8s-w2:tunl0 set", "●1")
	d.press("S").shows("breakpoint: k8s-w2:tunl0")
	require.Equal(t, "k8s-w2:tunl0", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
	d.press("B")
	require.Equal(t, "k8s-w2:tunl0", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
	d.press("t", "ctrl+u", "icmp and and").shows("syntax error").press("esc")
	d.press("T").shows("no breakpoints")
	d.press("t", "ctrl+u", "drop", "enter").shows("breakpoint drop set")
	d.press(":", "breaks", "enter").shows("drop")
}

func TestPredictions(t *testing.T) {
	d := open(t, "cross-node-ping", Options{}).ask()
	d.shows("? Which protocol does the first IP header have")
	d.press("2") // with the pane of the lesson in front, an answer
	d.shows("To which address does the outer header on ens5 go?")
	d.press("somewhere", "enter").shows("an IPv4 address, such as 10.0.0.1")
	d.press("ctrl+u", "192.168.10.102", "enter", "172.16.158.1", "enter")
	d.press("104", "enter", "64", "enter", "63", "enter")
	d.shows("now see: n goes from hop to hop")
	require.Contains(t, d.pane("lesson"), "you: ipip  (step on to see)")
	d.press("n").hides("echo request") // what will happen is known, but not shown
	require.NotContains(t, d.pane("hops"), "echo request")
	d.press("r").shows("a lesson does not play by itself")
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102")
	require.Contains(t, d.pane("lesson"), "✓ you: ipip  right")
	require.Contains(t, d.pane("lesson"), "you: 63  (step on to see)")
	require.NotContains(t, d.pane("lesson"), "score")
	d.again("n", "step 1 is over")
	require.Contains(t, d.pane("lesson"), "✗ you: 63   it is: 62")
	d.press("7", "enter")
	require.Contains(t, d.pane("lesson"), "score: 4 of 6 right")
	require.Contains(t, d.pane("lesson"), "Two nodes forward it; the tunnel takes nothing from the inner TTL.")
}

func TestQuestionsOfALaterStepAreAskedBeforeIt(t *testing.T) {
	d := open(t, "pod-to-internet", Options{Lang: text.Korean}).skip().press("S", "7")
	d.press("enter").shows("[엔트리]", "conntrack -L").press("t", "esc", "enter")
	d.shows("이 ping의 ICMP id는 102입니다")
	d.press("2", "enter")
	d.again("n", "단계 2 끝").press("7", "right")
	require.Contains(t, d.pane("lesson"), "점수: 6개 중 1개 정답, 5개 건너뜀")
}

func TestFilterAndFollow(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("S", "/", "icmp and").shows("syntax error").press(" dst 172.16.184.1", "enter")
	require.NotContains(t, d.pane("hops"), "ARP")
	require.Contains(t, d.pane("hops"), "k8s-w1   tunl0")
	require.NotContains(t, d.pane("hops"), "ens5") // there it is inside
	d.press("esc")
	require.Contains(t, d.pane("hops"), "ARP")
	d.press("g", "p", "p", "p", "f")
	hops := d.pane("hops")
	require.Contains(t, hops, "192.168.10.101 > 192.168.10.102: IP 172.16.158.1") // the same packet in the tunnel
	require.Contains(t, hops, "echo reply")
	require.NotContains(t, hops, "seq 2")
}

func TestShells(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.to("n", "k8s-w1:tunl0", "echo request").press("6").shows("root@k8s-w1:~#")
	d.press("ip route", "enter").shows("172.16.184.0/24 via 192.168.10.102 dev tunl0 proto bird onlink")
	d.press("ip rou", "tab").shows("ip route").press("ctrl+u")
	d.press("for i in 1 2; do", "enter").shows("> ").press("echo n$i; done", "enter").shows("n1", "n2")
	d.press("up", "up").shows("for i in 1 2; do")
	d.press("ctrl+c", "ctrl+n", "ctrl+u", "pod1", "enter").shows("pod1:~#")
	d.press("ping -c 1 172.16.158.2", "enter").shows("1 packets transmitted, 1 received")
	n := len(d.a.c.S.History.Events)
	// In the past a line can be tried on a copy.
	d.press("esc", "g", "6", "ip neigh", "enter").shows("as of event 0, on a copy")
	require.Len(t, d.a.c.S.History.Events, n)
	// Or what came after is forgotten.
	d.press("hostname", "enter").shows("on a copy")
	d.press("esc", ":", "here", "enter").shows("pod1:~# hostname")
	require.Empty(t, d.a.c.S.History.Events)
	d.press("esc", "q").shows("quit? 1 typed line would be lost: y yes, n no, x save first")
	d.press("n")
	require.False(t, d.a.quitting)
	d.press("x", "s").shows("wrote cross-node-ping-recorded.yaml")
	require.Contains(t, d.files["cross-node-ping-recorded.yaml"], "in: \"pod/pod1\"\n    run: \"hostname\"\n    expect:\n    - command: {exit: 0}")
	d.press("q")
	require.True(t, d.a.quitting)
}

func TestTcpdumpInOneShellSeesAPingOfAnother(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+n", "ctrl+u", "k8s-w1", "enter", "tcpdump -nni tunl0 -c 2 icmp", "enter")
	require.True(t, d.a.c.S.Stands())
	d.press("ctrl+n", "ctrl+u", "pod1", "enter", "ping -c 1 172.16.184.1", "enter").shows("1 received")
	d.press("ctrl+t", "ctrl+t").shows("2 packets captured")
	require.False(t, d.a.c.S.Stands())
	d.press("ctrl+t", "ping 172.16.184.1", "enter")
	require.True(t, d.a.c.S.Stands())
	d.press("ctrl+c").shows("packets transmitted")
	require.False(t, d.a.c.S.Stands())
}

func TestExports(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("S", "x", "p").shows("wrote cross-node-ping.pcapng")
	require.Greater(t, len(d.files["cross-node-ping.pcapng"]), 5000)
	d.press("x", "j", "x", "t")
	require.Equal(t, 286+1+7+1, strings.Count(d.files["cross-node-ping.json"], "\n"), "events, the command, its expectations, the scenario")
	require.Contains(t, d.files["cross-node-ping.txt"], "encap     + 20 bytes")
	d.press("c").shows("copied")
	require.Contains(t, d.clip, "echo reply")
	d.press(":", "export nothing", "enter").shows("export nothing")
	// What was recorded can be run.
	d.press("x", "s")
	r := scenarios.NewResolver(scenarios.File{Name: "r.yaml", Data: []byte(d.files["cross-node-ping-recorded.yaml"])})
	e, err := r.In("r.yaml", "cross-node-ping-recorded")
	require.NoError(t, err)
	rep, err := scenarios.Run(t.Context(), e.Scenario, e.Bundle, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, scenarios.ExitOK, rep.ExitCode())
	require.Equal(t, 7, rep.Checked(), "the expectations that were met come along")
}

func TestRunAndPause(t *testing.T) {
	d := free(t, "cross-node-ping")
	_, cmd := d.a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("r")})
	require.NotNil(t, cmd)
	require.True(t, d.a.playing)
	d.work()
	for range 5 {
		require.NotNil(t, d.a.play(playMsg{d.a.serial}))
		d.work()
	}
	require.GreaterOrEqual(t, d.a.c.S.Hop(), 4)
	d.press("r").shows("paused")
	at := d.a.c.S.Cursor()
	require.Nil(t, d.a.play(playMsg{d.a.serial})) // a tick that was still under way
	require.Equal(t, at, d.a.c.S.Cursor())
}

func TestNothingTicksWhenNothingRuns(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("n", "n")
	_, cmd := d.a.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	require.Nil(t, cmd, "a command without a reason")
}

// Keys come faster than a step runs; none is lost.
func TestKeysThatComeWhileItRuns(t *testing.T) {
	d := open(t, "cross-node-ping", Options{}).skip()
	for _, k := range []string{"n", "n", "nnnn", "nb"} { // a terminal gives several at once
		_, _ = d.a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)})
	}
	require.NotNil(t, d.a.job)
	d.work()
	require.Equal(t, "k8s-w1:calice0906292e2", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
}

// A terminal gives esc and a key that follows at once as one with Alt.
func TestEscAndAKeyAtOnce(t *testing.T) {
	for _, m := range []tea.KeyMsg{{Type: tea.KeyEnter}, {Type: tea.KeyRunes, Runes: []rune("3")}} {
		d := free(t, "cross-node-ping").press("n", "n", "6")
		m.Alt = true
		_, cmd := d.a.Update(m)
		drive(d.a, cmd)
		require.Equal(t, paneWhy, d.a.focus, m.String())
	}
}

// What comes late from a session that was left does no harm.
func TestLeavingWhileItRuns(t *testing.T) {
	d := free(t, "cross-node-ping")
	_, cmd := d.a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("n")})
	require.NotNil(t, d.a.job)
	_, _ = d.a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("o")})
	drive(d.a, cmd)
	d.shows("filter:").press("same", "enter").shows("hoplab same-node-ping").press("2", "R").shows("hoplab same-node-ping")
}

func TestALongRunCanBeStopped(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+u", "ping -f -c 100000 172.16.158.2")
	_, cmd := d.a.Update(tea.KeyMsg{Type: tea.KeyEnter})
	require.NotNil(t, d.a.job)
	for range 20 { // some pieces of work
		queue := []tea.Cmd{cmd}
		cmd = nil
		for _, c := range queue {
			switch m := c().(type) {
			case tea.BatchMsg:
				for _, c := range m {
					if c != nil {
						_, cmd = d.a.Update(c())
					}
				}
			default:
				_, cmd = d.a.Update(m)
			}
		}
	}
	d.shows("esc stops")
	_, _ = d.a.Update(tea.KeyMsg{Type: tea.KeyEsc})
	drive(d.a, cmd)
	require.Nil(t, d.a.job)
	d.shows("stopped")
}

func TestPaletteLanguageAndTheme(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("L").shows("홉").press("L").shows("hops")
	d.press(":", "theme light", "enter")
	require.Equal(t, "light", d.a.theme.Name)
	d.a.theme = look.Text()
	d.press(":", "theme pink", "enter").shows("unknown theme")
	d.press(":", "wai").shows("▸ wait TIME").press("enter", "enter").shows("wait : a time such as 30s is wanted")
	d.press(":", "wait 30s", "enter")
	require.GreaterOrEqual(t, time.Duration(d.a.c.S.Lab().Now()), 30*time.Second)
	d.press(":", "nonsense", "enter").shows("unknown command")
	d.press(":", "st").shows("▸ state [MACHINE]", "start")
	_, err := d.a.find("st")
	require.ErrorContains(t, err, "may be start, state")
	d.press("down", "enter")
	require.Zero(t, d.a.c.S.Cursor())
	d.press(":", "shell pod2", "enter").shows("pod2:~#").press("esc")
	d.press(":", "shell nowhere", "enter").shows("there is no machine or pod called")
	d.press(":", "state router", "enter")
	require.Contains(t, d.pane("state"), "router# ip route")
	d.press(":", "goto 12", "enter")
}

func TestZoomFocusAndHelp(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("n", "3", "z").shows("3 why").hides("2 hops").press("esc").shows("2 hops")
	for range d.a.panes {
		d.press("tab")
	}
	require.Equal(t, paneWhy, d.a.focus)
	d.press("shift+tab", "shift+tab")
	require.Equal(t, paneMap, d.a.focus)
	d.press("?").shows("this pane: map").press("down", "x").shows("2 hops")
}

// Resizing never breaks it: not to any size, in no view, in no language.
func TestEverySize(t *testing.T) {
	d := open(t, "cross-node-ping", Options{})
	all := func() {
		for w := 1; w <= 200; w += 1 + w/12 {
			for h := 1; h <= 60; h += 1 + h/8 {
				d.size(w, h).view()
			}
		}
	}
	all()
	d.size(80, 24).skip().press("n", "n", "n", "n", "n", "n", "n")
	for i := range d.a.panes {
		d.a.focusOn(i)
		if i%2 == 1 {
			d.a.setLang()
		}
		all()
		d.a.zoom = true
		all()
		d.a.zoom = false
	}
	d.a.c.SetLang(text.English)
	d.size(20, 5).shows("small")
	d.size(80, 24).press("?")
	all()
	d.size(80, 24).press("x", "2", "/", strings.Repeat("한글 and ", 30))
	all()
	d.size(80, 24).press("esc", "2", "s")
	all()
	d = start(t, Options{Lang: text.Korean})
	all()
}

func TestAnErrorIsTold(t *testing.T) {
	r := scenarios.NewResolver(scenarios.File{Name: "x.yaml", Data: []byte(`apiVersion: hoplab/v1
kind: Scenario
metadata: {name: endless}
spec:
  labRef: study
  steps: [{in: pod/pod1, run: ping 172.16.158.2}]
`)})
	e, err := r.In("x.yaml", "endless")
	require.NoError(t, err)
	d := start(t, Options{Open: e})
	d.press("n").shows("ARP")
	d.a.c.Breaks = nil
	d.press("S")
	require.Error(t, d.a.c.S.Err())
	d.shows("has not ended after 1h")
	d.press("n").shows("has not ended")
	d.press("g", "n").shows("ARP") // what happened can still be seen
}

// big is a screen with 20,000 events.
func big(b *testing.B) *app {
	e, err := scenarios.NewResolver().Find("cross-node-ping")
	require.NoError(b, err)
	a, err := newApp(Options{Open: e})
	require.NoError(b, err)
	b.Cleanup(a.close)
	a.c.LessonMode = false
	require.NoError(b, a.c.S.Input(replay.OpenShell, 0, "pod1"))
	require.NoError(b, a.c.S.Input(replay.TypeLine, 0, "ping -q -c 280 -i 0.2 172.16.184.1"))
	a.c.S.Advance(replay.Goal{Kind: replay.TheEnd})
	require.Greater(b, len(a.c.S.History.Events), 20_000)
	_, cmd := a.Update(tea.WindowSizeMsg{Width: 160, Height: 48})
	drive(a, cmd)
	a.focusOn(paneHops)
	_ = a.View()
	return a
}

// BenchmarkKey is a key and the screen after it, with 20,000 events loaded.
func BenchmarkKey(b *testing.B) {
	a := big(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := "b"
		if i/1000%2 == 1 {
			key = "n"
		}
		_, _ = a.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(key)}) // looking into the past is another goroutine's
		_ = a.View()
	}
}

// Whatever is typed, nothing breaks: every key in every state, in every size.
func TestAnyKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	keys := []string{"n", "n", "n", "b", "e", "E", "p", "P", "d", "a", "A", "S", "g", "G", "[", "]", "1", "2", "3", "4", "5", "6", "7", "z", "?", ":", "/", "t", "T", "B", "f", "x", "c", "L", "w", "s", "m", "y", "l", "n", "S", "j", "k", "h",
		"enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "backspace", "ctrl+n", "ctrl+t", "ctrl+s", "ctrl+s", "ctrl+s", "ctrl+u", "ctrl+c",
		"ip route\x00", "ping -c 1 172.16.158.2\x00", "ip link set ens5 down\x00", "exit\x00", "icmp\x00", "drop\x00", "한글"}
	d := start(t, Options{})
	most := 0
	for range 3000 {
		k := keys[rng.IntN(len(keys))]
		if line, ok := strings.CutSuffix(k, "\x00"); ok {
			d.press(line, "enter")
		} else {
			d.press(k)
		}
		if rng.IntN(20) == 0 {
			d.size(1+rng.IntN(180), 1+rng.IntN(55))
		}
		d.view()
		d.a.quitting = false
		if d.a.c.S == nil { // back from the list, mostly
			d.press("esc", "enter")
			d.a.quitting = false
		} else {
			most = max(most, len(d.a.c.S.History.Events))
		}
	}
	require.Greater(t, most, 100)
}

// freeFile is the first scenario of a file that asks nothing.
func freeFile(t *testing.T, name string) *driver {
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	r := scenarios.NewResolver(scenarios.File{Name: name, Data: data})
	all, err := r.Open(name)
	require.NoError(t, err)
	d := start(t, Options{Open: all[0]})
	d.a.c.LessonMode = false
	return d.press("2")
}

// The tables say what they were, and are searched, turned sideways and chosen by
// keys.
func TestTablesByKeys(t *testing.T) {
	d := free(t, "pod-to-internet")
	d.size(120, 36).to("n", "k8s-w1:ens5", "ARP, Request who-has 192.168.10.1").press("5", "z")
	d.press("right", "right", "right", "right", "right").shows("k8s-w1# iptables -t nat -nvL")
	d.press("/", "MASQ", "enter", "/", "enter").shows("~     1    84 MASQUERADE", "-     0     0")
	d.press(">", ">").shows("set cali40masq-ipam-pools src").hides("84 MASQUERADE")
	d.press("<", "<").shows("84 MASQUERADE")
	d.press("s").shows("k8s-w1# iptables -t nat -S", "-A cali-nat-outgoing").press("s").shows("iptables -t nat -nvL")
	d.press("enter", "rou", "tab", "enter").shows("router# iptables -t nat -nvL")
	d.press("o").shows("k8s-w1# iptables")
	d.press("left", "left").shows("k8s-w1# conntrack -L", "+ icmp     1 30 src=172.16.158.1 dst=8.8.8.8", "[UNREPLIED] src=8.8.8.8 dst=192.168.10.101")
	d.press("left", "left", "left", "left").shows("k8s-w1# nstat -as").press("right")
	d.to("n", "k8s-w1:calice0906292e2", "echo reply").press("5", "right", "right", "right")
	require.Contains(t, d.pane("state"), "- icmp     1 ", "the entry as it was")
}

// In the bytes the cursor is in the tree and in the dump.
func TestBytesByKeys(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.size(120, 36).to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102: IP").press("4", "z")
	d.shows("▸ ▾ outer Ethernet 02:00:c0:a8:0a:65", "▾ outer IPv4 192.168.10.101", "▾ inner IPv4 172.16.158.1", "ok, computed the same")
	d.shows("0000[02 00 c0 a8 0a 66 02 00 c0 a8 0a 65 08 00]45 00", "byte 0 (0x0000): 0x02 = 2 = 00000010")
	d.press("down", "down").shows("▸   src        02:00:c0:a8:0a:65", "66[02 00 c0 a8 0a 65]08")
	d.press("right", "right").shows("byte 8 (0x0008): 0xc0", "▸   src")
	for range 8 {
		d.press("right")
	}
	d.shows("byte 16 (0x0010)", "▸   length     104", "0010[00 68]")
	d.press("enter").shows("▸ ▹ outer IPv4").hides("length     104")
	d.press("n").shows("▹ outer IPv4") // as it was left
	d.press("enter").shows("▾ outer IPv4", "length     104")
	d.press("c")
	require.Contains(t, d.clip, "0800450000")
	d.press("end", "home").shows("▸ ▾ outer Ethernet")
}

// What brought a packet to a crossing, and why it ends.
func TestWhyOfACrossing(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.to("n", "k8s-w1:calice0906292e2", "ARP, Reply")
	require.Contains(t, d.pane("why"), "made here because of A, k8s-w1:calice0906292e2: ARP, Request who-has 169.254.1.1")
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102: IP")
	why := d.pane("why")
	for _, s := range []string{"from k8s-w1:tunl0 Out; decided there:", "encap     + 20 bytes", "headers   + Ethernet", "+ outer IPv4 192.168.10.101 > 192.168.10.102 ttl 63", "decided here:", "neigh     192.168.10.102 is 02:00:c0:a8:0a:66 (answered by k8s-w2"} {
		require.Contains(t, why, s)
	}
	d.to("n", "k8s-w2:tunl0", "echo request")
	require.Contains(t, d.pane("why"), "- outer IPv4 192.168.10.101 > 192.168.10.102 ttl 63")
	d.to("n", "k8s-w2:calibd2348b4f67", "echo reply")
	require.Contains(t, d.pane("why"), "conntrack ESTABLISHED: the first packet of the other direction")
	require.Contains(t, d.pane("why"), "changed: [UNREPLIED] is gone")
}
