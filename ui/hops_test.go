package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// narrow is what the hops show in a width.
func (d *driver) narrow(w, h int) string {
	d.a.hops.SetSize(w, h)
	var b strings.Builder
	for _, l := range d.a.hops.View() {
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	return b.String()
}

func TestTheLineOfTheCursorIsShownWhole(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102")
	v := d.narrow(80, 12)
	require.Contains(t, v, "▸C   0.000046 k8s-w1   ens5      Out IP 192.168.10.101 > 192.168.10.102: IP\n                                     172.16.158.1 > 172.16.184.1: ICMP echo\n")
	require.Len(t, strings.Split(strings.TrimSuffix(v, "\n"), "\n"), 12)
	require.Contains(t, d.narrow(50, 12), "Out IP\n      192.168.10.101 > 192.168.10.102: IP\n      172.16.158.1 > 172.16.184.1: ICMP echo\n")
	d.press("right")
	require.Contains(t, d.narrow(80, 12), "-has 192.168.10.102 tell 192.168.10.101, length 28")
	require.NotContains(t, d.narrow(80, 12), "ARP, Request")
	d.press("left")
	require.Contains(t, d.narrow(80, 12), "ARP, Request")
}

func TestTimes(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.to("n", "k8s-w1:tunl0", "echo request")
	require.Contains(t, d.pane("hops"), "0.000006 k8s-w1   tunl0")
	d.press("u")
	require.Contains(t, d.pane("hops"), "0.000002 k8s-w1   calice0906292e2 In  IP")
	d.press("u")
	require.Contains(t, d.pane("hops"), "15:00:00.000006 k8s-w1   tunl0")
	d.press("u")
	require.Contains(t, d.pane("hops"), "0.000006 k8s-w1   tunl0")
}

func TestAnswersNameTheirQuestion(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("S")
	v := d.pane("hops")
	require.Contains(t, v, "B←A 0.000002 k8s-w1   calice0906292e2 Out ARP, Reply")
	require.Contains(t, v, "J←C 0.000076 pod2     eth0            Out IP 172.16.184.1 > 172.16.158.1: ICMP echo reply, id 17950, seq 1")
	d = free(t, "pod-to-internet") // an error belongs to what it is about
	d.press("S", "6", "ctrl+n", "ctrl+u", "pod1", "enter", "ping -c 1 -t 2 8.8.8.8", "enter")
	v = d.pane("hops")
	i := strings.Index(v, "ICMP time exceeded in-transit")
	require.Positive(t, i)
	line := v[strings.LastIndexByte(v[:i], '\n')+1 : i]
	require.Contains(t, line, "←")
	mark, question, _ := strings.Cut(strings.Fields(strings.TrimLeft(line, " ▸"))[0], "←")
	require.NotEqual(t, mark, question)
	require.Contains(t, v, " "+question+" ")
}

func TestDropsAreLines(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("6", "ctrl+n", "ctrl+u", "k8s-w2", "enter", "iptables -I FORWARD -j DROP", "enter", "esc", "d")
	require.Contains(t, d.pane("hops"), "✗   dropped: NETFILTER_DROP, ")
	v := strings.Split(strings.TrimSpace(d.pane("hops")), "\n")
	require.Contains(t, v[len(v)-1], "▸C   0.000066 k8s-w2")
	d.press("up")
	require.Equal(t, "k8s-w2:tunl0", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
	require.Contains(t, d.pane("why"), "IP 172.16.158.1 > 172.16.184.1")
	d.press("down", "L")
	require.Contains(t, d.pane("hops"), "▸C   0.000066 k8s-w2")
	require.Contains(t, d.pane("hops"), "폐기: NETFILTER_DROP")
	d.press("/", "arp", "enter")
	require.NotContains(t, d.pane("hops"), "NETFILTER_DROP")
}

// All panes are about the line of the cursor, also where another packet moved last;
// n goes from line to line.
func TestPanesAreAboutTheLineOfTheCursor(t *testing.T) {
	d := free(t, "pod-to-internet").size(160, 48)
	d.press("6", "ctrl+n", "ctrl+u", "router", "enter", "iptables -I FORWARD -j REJECT", "enter", "esc").to("n", "router:eth0", "port 50485 unreachable")
	require.Contains(t, d.pane("why"), "F IP 192.168.10.1 > 192.168.10.101: ICMP 8.8.8.8 protocol 1")
	d.press("n")
	require.Contains(t, d.pane("hops"), "▸C   0.000066 router   up0             ✗")
	require.Contains(t, d.pane("why"), "C IP 192.168.10.101 > 8.8.8.8: ICMP echo request")
	require.Contains(t, d.pane("why"), "▸drop      ")
	require.Contains(t, d.pane("bytes"), "IPv4 192.168.10.101 > 8.8.8.8")
	require.Contains(t, d.pane("map"), "C4 dropped on router")
	d.press("b")
	require.Contains(t, d.pane("bytes"), "IPv4 192.168.10.1 > 192.168.10.101")
	d.press("g", "/", "icmp and dst 8.8.8.8", "enter", "n", "n", "n")
	require.Contains(t, d.pane("hops"), "▸C 0.000046 k8s-w1   ens5            Out IP")
	require.Contains(t, d.pane("why"), "C IP 192.168.10.101 > 8.8.8.8")
}

// What is lost before it comes to any interface is explained as well.
func TestALossBeforeTheFirstInterface(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.press("6", "ctrl+n", "ctrl+u", "pod1", "enter", "iptables -A OUTPUT -j DROP", "enter", "ping -c 1 172.16.158.2", "enter", "esc")
	require.Contains(t, d.pane("hops"), "✗   dropped: NETFILTER_DROP")
	require.Contains(t, d.pane("why"), "-A OUTPUT -j DROP")
	d.press("f").shows("follow ")
	require.Contains(t, d.pane("hops"), "✗   dropped: NETFILTER_DROP")
}

// One talk, through translation and a tunnel: the question and its answer.
func TestFollowThroughNAT(t *testing.T) {
	d := free(t, "pod-to-internet")
	d.to("n", "pod1:eth0", "echo request").press("f", "S", "g", "f", "f")
	d.to("n", "pod1:eth0", "echo request").press("f")
	v := d.pane("hops")
	for _, s := range []string{"pod1     eth0            Out IP 172.16.158.1 > 8.8.8.8: ICMP echo request, id 17950, seq 1", "k8s-w1   ens5            Out IP 192.168.10.101 > 8.8.8.8: ICMP echo request",
		"internet eth0            Out IP 8.8.8.8 > 192.168.10.101: ICMP echo reply", "pod1     eth0            In  IP 8.8.8.8 > 172.16.158.1: ICMP echo reply, id 17950, seq 1"} {
		require.Contains(t, v, s)
	}
	require.NotContains(t, v, "seq 2")
}

func TestSideBySide(t *testing.T) {
	d := free(t, "cross-node-ping").size(160, 48)
	d.to("n", "k8s-w1:ens5", "IP 192.168.10.101 > 192.168.10.102").press("2", "s")
	v := d.narrow(160, 14)
	require.Contains(t, v, "pod1# tcpdump -i eth0 -nn              │k8s-w1# tcpdump -i calice0906292e2 -nn │k8s-w1# tcpdump -i tunl0 -nn           │k8s-w1# tcpdump -i ens5 -nn")
	require.Contains(t, v, "▸C 0.000046 IP 192.168.10.101 >")
	d.press("right")
	require.True(t, strings.HasPrefix(d.narrow(160, 14), "k8s-w1# tcpdump -i calice0906292e2 -nn"))
	d.press("i", "nowhere", "enter").shows("there is no machine or pod called").press("ctrl+u", "pod1:eth0 pod2:et", "tab", "enter")
	v = d.narrow(80, 14)
	require.Contains(t, v, "pod1# tcpdump -i eth0 -nn              │pod2# tcpdump -i eth0 -nn")
	require.NotContains(t, v, "▸") // the packet is elsewhere
	d.press(":", "columns", "enter")
	require.Contains(t, d.narrow(160, 14), "tcpdump -i ens5 -nn")
}

// The packets of an interface that none crosses are none: that is what one looks for.
func TestATapWithoutPacketsIsShown(t *testing.T) {
	d := free(t, "same-node-ping").press("S", "2", "s", "i", "k8s-w1:tunl0 k8s-w1:cali", "tab", "esc", ":", "columns k8s-w1:tunl0 pod1:eth0", "enter")
	v := strings.Split(d.narrow(80, 10), "\n")
	require.Contains(t, v[0], "k8s-w1# tcpdump -i tunl0 -nn")
	for _, l := range v[1 : len(v)-1] {
		require.True(t, strings.HasPrefix(l, strings.Repeat(" ", 39)+"│"), l)
	}
}

func TestSearch(t *testing.T) {
	d := free(t, "cross-node-ping")
	d.press("S", "g", "/", "icm").shows("syntax error").press("p").shows("36 of 66 hops match")
	d.press("ctrl+u", "/echo reply, id 17950, seq 2").shows("8 lines; enter goes to the first from here")
	d.press("enter").shows("/echo reply, id 17950, seq 2 1/8")
	require.Equal(t, "pod2:eth0", d.a.c.S.History.Hops[d.a.c.S.Hop()].Place())
	d.press(">", ">").shows(" 3/8")
	d.press("<").shows(" 2/8").press("<", "<").shows(" 8/8").press(">").shows(" 1/8")
	d.press("esc").hides("/echo reply")
	d.press("/", "/K8S-W2:TUNL0", "enter").shows("4/6")
	d.press("esc", "/", "/nothing like that", "enter").shows("no line has")
}

// While a question is open, the search does not tell what comes.
func TestSearchTellsNothingAhead(t *testing.T) {
	d := open(t, "cross-node-ping", Options{}).press("2", "102", "tab", "tab")
	for d.a.lesson.Open() != nil {
		d.a.focusOn(paneLesson)
		d.press("ctrl+s")
	}
	d.press("2", "n")
	require.True(t, d.a.c.Hidden)
	d.press("/", "/reply").shows("0 lines").press("esc", "/", "icmp").shows("0 of 1 hops match")
}

func TestHopsFrames(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		for _, wh := range sizes() {
			d := free(t, "pod-to-internet").size(wh[0], wh[1])
			d.a.c.SetLang(lang)
			d.press("6", "ctrl+n", "ctrl+u", "router", "enter", "iptables -I FORWARD -j REJECT", "enter", "esc").to("n", "router:eth0", "echo request").press("d")
			d.golden(fmt.Sprintf("drop-%dx%d-%s", wh[0], wh[1], lang))
			d.press("S", "2", "s", "z")
			d.golden(fmt.Sprintf("taps-%dx%d-%s", wh[0], wh[1], lang))
		}
	}
}

// BenchmarkSplit is a key and the screen after it, interfaces side by side, with
// 20,000 events loaded; BenchmarkSearch with a text searched in them.
func BenchmarkSplit(b *testing.B) { benchHops(b, func(a *app) { a.hops.Choose(nil) }) }

func BenchmarkSearch(b *testing.B) { benchHops(b, func(a *app) { a.hops.Search("echo reply") }) }

func benchHops(b *testing.B, begin func(*app)) {
	a := big(b)
	a.c.S.Advance(replay.Goal{Kind: replay.TheEnd})
	begin(a)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := "b"
		if i/1000%2 == 1 {
			key = "n"
		}
		a.key(keyNamed(key))
		_ = a.View()
	}
}
