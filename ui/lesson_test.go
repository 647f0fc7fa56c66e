package ui

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/sim/shell"
	"hoplab/sim/shell/tools"
	"hoplab/topology"
	"hoplab/ui/replay"
	"hoplab/ui/text"
)

// answers are right ones to all questions of a lesson.
func answers(t *testing.T, name string) (in [][]string) {
	t.Helper()
	e, err := scenarios.NewResolver().Find(name)
	require.NoError(t, err)
	rep, err := scenarios.Run(t.Context(), e.Scenario, e.Bundle, scenarios.Options{})
	require.NoError(t, err)
	for _, s := range rep.Steps {
		var list []string
		for _, a := range s.Answers {
			text := a.Text
			for i, c := range a.Prediction.Choices {
				if strings.EqualFold(c.EN, text) {
					text = fmt.Sprint(i + 1)
				}
			}
			list = append(list, text)
		}
		in = append(in, list)
	}
	return in
}

// ask goes to the questions of the next step.
func (d *driver) ask() *driver {
	d.Helper()
	d.a.lesson.Ask()
	require.NotNil(d, d.a.lesson.Open())
	d.a.focusOn(paneLesson)
	return d
}

// reply answers a question: a choice by its number.
func (d *driver) reply(answer string) *driver {
	d.Helper()
	q := d.a.lesson.Open()
	require.NotNil(d, q)
	if q.Kind == topology.AnswerChoice {
		return d.press(answer)
	}
	return d.press(answer, "enter")
}

// skip skips all questions of the next step.
func (d *driver) skip() *driver {
	for d.a.lesson.Open() != nil {
		d.ask().press("ctrl+s")
	}
	return d
}

func TestLessonFrames(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		for _, wh := range sizes() {
			frame := func(d *driver, card string) {
				d.size(wh[0], wh[1]).golden(fmt.Sprintf("lesson-%s-%dx%d-%s", card, wh[0], wh[1], lang))
			}
			d := open(t, "same-node-ping", Options{Lang: lang}).size(wh[0], wh[1])
			frame(d, "look")
			d.press("t")
			frame(d, "try")
			d.press("esc", "enter")
			frame(d, "deploy")
			d.press("enter")
			frame(d, "ask")
			d.press("10.0")
			frame(d, "fault")
			d.press("ctrl+u", "ee:ee:ee:ee:ee:ee", "enter", "1").reply("2").reply("ca:00:ac:10:9e:01").press("ctrl+s")
			frame(d, "ready")
			d.press("enter").to("enter", "pod3:eth0", "echo request")
			frame(d, "watch")
			d.press("w")
			frame(d, "side")
			d.press("esc", "7", "S")
			frame(d, "over")
			d.press("enter")
			frame(d, "score")
			d.press("down", "down")
			frame(d, "explain")
		}
	}
}

// Every lesson, with right answers only.
func TestLessonsCanBeSolved(t *testing.T) {
	for _, name := range []string{"same-node-ping", "pod-to-internet", "cross-node-ping"} {
		d := open(t, name, Options{})
		all := 0
		for _, list := range answers(t, name) {
			d.ask()
			for _, a := range list {
				d.reply(a)
				all++
			}
			d.press("S")
		}
		require.GreaterOrEqual(t, all, 4)
		d.press("right")
		require.Contains(t, d.pane("lesson"), fmt.Sprintf("score: %d of %d right\n", all, all), name)
		require.NotContains(t, d.pane("lesson"), "mistake")
	}
}

// The order of the study: look, deploy, say what will happen, ping, watch, explain.
func TestALessonFromPageToPage(t *testing.T) {
	d := open(t, "same-node-ping", Options{}).size(160, 48)
	d.shows("[Look] › Deploy › Ping › Watch › Explain", "▸ k8s-w1$ ip -c -d addr show")
	d.press("t").shows("cali49778cadcf1@if3", "esc goes back to the lesson").press("esc")
	require.Contains(t, d.pane("lesson"), "ip -c -d addr show ✓")
	require.Contains(t, d.pane("lesson"), "▸ pod1$ ip -c addr")
	d.press("enter").shows("[Deploy]")
	p := d.pane("lesson")
	for _, want := range []string{
		"the manifest of pod1", "nodeName: k8s-w1", "ip netns add pod1  ← CNI plugin: pod pod1", "ip address add 172.16.158.1/32 dev eth0",
		"ip route add default via 169.254.1.1 dev eth0", "the other end of pod1:eth0", "172.16.158.1 dev calice0906292e2", "sysctl -w net.ipv4.conf.calice0906292e2.proxy_arp=1  ← Felix",
		"172.16.158.0/24 via 192.168.10.101 dev tunl0 proto bird onlink", "← BIRD: learnt from k8s-w1, block of pod1, pod3",
	} {
		require.Contains(t, p, want)
	}
	d.press("enter").shows("? The route of pod1 leads to 169.254.1.1")
	d.press("left").shows("[Deploy]").press("right").shows("[Ping]").press("right").shows("[Ping]", "question 1 of 5") // not without an answer
	d.press(" EE-ee-EE-ee-EE-ee", "enter").shows("question 2 of 5").press("left").shows("ee:ee:ee:ee:ee:ee")
	d.press("ctrl+u", "02:00:00:00:00:01", "enter").press("down", "enter").reply("2").reply("ca:00:ac:10:9e:01").press("ctrl+s")
	d.shows("enter runs it").press("left").shows("question 5 of 5", "> ").press("right").shows("enter runs it")
	require.Empty(t, d.a.c.S.History.Events)
	d.press("enter").hides("echo request")
	d.press("left").shows("question 5 of 5", "you: skipped  (step on to see)").press("right") // what was said stays
	d.press("r").shows("a lesson does not play by itself")
	d.to("enter", "pod3:eth0", "echo request")
	p = d.pane("lesson")
	require.Contains(t, p, "pod3# tcpdump -i eth0 -nn                3")
	require.Contains(t, p, "k8s-w1# tcpdump -i tunl0 -nn             0")
	require.Contains(t, p, "✗ you: 02:00:00:00:00:01   it is: ee:ee:ee:ee:ee:ee")
	require.Contains(t, p, "✗ you: ca:00:ac:10:9e:01   it is: ee:ee:ee:ee:ee:ee")
	require.Contains(t, p, "you: 2  (step on to see)") // only the end tells
	require.NotContains(t, p, "score")
	d.press("right").shows("[Watch]") // not over
	d.press("w").shows("tcpdump -i calice0906292e2", "pod3# tcpdump -i eth0").press("esc", "7", "S").shows("the step is over; enter goes on")
	d.press("enter").shows("[Explain]", "score: 2 of 5 right, 1 skipped")
	p = d.pane("lesson")
	require.Contains(t, p, "a common mistake: A machine with the gateway's address is looked for.")
	require.Contains(t, p, "- you: skipped   it is: 63")
	require.Contains(t, p, "seen: ")
	require.Contains(t, p, "k8s-w1 calice0906292e2 → cali")
	require.Contains(t, p, "route: 172.16.158.2 dev cali")
	require.Contains(t, p, "and of the answer")
	d.press("enter")
	h := d.a.c.S.History.Hops[d.a.c.S.Hop()]
	require.Equal(t, "pod1:eth0", h.Place())
	require.Contains(t, d.pane("lesson"), "score: 2 of 5 right") // it is over, wherever one looks
	d.press("q")
	require.True(t, d.a.quitting, "what the lesson offered is not worth a question")
}

func TestAnswersAreCheckedAsTheyAreTyped(t *testing.T) {
	for _, lang := range []text.Lang{text.English, text.Korean} {
		d := open(t, "same-node-ping", Options{Lang: lang}).ask()
		fault := func(en, ko string) {
			t.Helper()
			if lang == text.Korean {
				en = ko
			}
			d.shows(en)
		}
		d.press("02:x")
		fault("a MAC address has the digits", "MAC 주소는 0-9")
		d.press("backspace", "enter")
		fault("a MAC address, such as", "MAC 주소로 답하세요")
		require.NotNil(t, d.a.lesson.Open())
		d.press("ctrl+u").reply("ee:ee:ee:ee:ee:ee").press("9").reply("1").press("2a")
		fault("a number has digits only", "숫자만")
		d.press("backspace", "enter")

		d = open(t, "pod-to-internet", Options{Lang: lang}).ask()
		d.press("192.300")
		fault("300 is more than 255", "255보다")
		d.press("ctrl+u", "1.2.3.4.5")
		fault("has four numbers", "네 개")
		d.press("ctrl+u", "1.2.3", "enter")
		fault("an IPv4 address, such as", "IPv4 주소로")
		require.Equal(t, "source", d.a.lesson.Open().ID)
		d.press("ctrl+u", " 192.168.10.101 ", "enter")
		require.Equal(t, "tunnel", d.a.lesson.Open().ID)
	}
}

// Before the questions are answered nothing of the packet is seen, in no pane; and
// afterwards no more than the cursor has come to.
func TestNothingLeaks(t *testing.T) {
	for _, name := range []string{"same-node-ping", "pod-to-internet", "cross-node-ping"} {
		d := open(t, name, Options{}).size(160, 48)
		e, err := scenarios.NewResolver().Find(name)
		require.NoError(t, err)
		var lines []string
		_, err = scenarios.Run(t.Context(), e.Scenario, e.Bundle, scenarios.Options{OnEvent: func(e *sim.Event) {
			if e.Line != "" {
				lines = append(lines, e.Line)
			}
		}})
		require.NoError(t, err)
		screens := func() string {
			var b strings.Builder
			for i := range d.a.panes {
				d.a.focusOn(i)
				drive(d.a, d.a.wanted())
				b.WriteString(d.view() + d.pane(d.a.panes[i].Name()))
			}
			d.a.focusOn(paneLesson)
			return b.String()
		}
		for d.a.lesson.Open() != nil {
			d.ask()
			require.Contains(t, screens(), "0/0")
			for _, k := range []string{"n", "e", "p", "a", "S", "]"} { // none of them begins the step
				d.a.focusOn(paneHops)
				d.press(k)
				require.Zero(t, d.a.c.S.Begun(), k)
			}
			d.ask().press("ctrl+s")
		}
		d.press("2", "n")
		for range 4 {
			s := screens()
			at := d.a.c.S.Cursor()
			seen := map[string]bool{}
			for i := range d.a.c.S.History.Hops {
				if h := &d.a.c.S.History.Hops[i]; h.Event < at {
					seen[h.Line] = true
				}
			}
			for _, l := range lines {
				if !seen[l] {
					require.NotContains(t, s, l)
				}
			}
			d.press("2", "n")
		}
	}
}

// Whoever opens a lesson again begins it anew.
func TestALessonBeginsAnew(t *testing.T) {
	d := open(t, "cross-node-ping", Options{}).skip().press("S")
	require.True(t, d.a.lesson.Finished())
	d.press("7", "R")
	require.Equal(t, "protocol", d.a.lesson.Open().ID)
	d.press("o", "enter")
	require.Empty(t, d.a.c.S.History.Events)
}

// Every command that a lesson offers works where it is offered, and prints something.
func TestWhatIsOfferedWorks(t *testing.T) {
	all, err := scenarios.NewResolver().Builtin()
	require.NoError(t, err)
	n := 0
	for _, e := range all {
		s, err := replay.Open(e, replay.Options{})
		require.NoError(t, err)
		try := func(pages []*topology.Page) {
			for _, pg := range pages {
				for _, c := range pg.Try {
					n++
					var out, errs strings.Builder
					sh, err := tools.NewShell(s.Lab(), shell.Options{Start: c.In.Machine().Name, Stdout: &out, Stderr: &errs})
					require.NoError(t, err)
					status, err := sh.RunCommand(c.Run.Text)
					sh.Close()
					require.NoError(t, err)
					require.Zero(t, status, "%s: %s", c.Run.Text, errs.String())
					require.NotEmpty(t, strings.TrimSpace(out.String()), c.Run.Text)
				}
			}
		}
		for _, st := range e.Scenario.Steps {
			try(st.Pages)
			require.NoError(t, s.Input(replay.BeginStep, 0, ""))
			s.Advance(replay.Goal{Kind: replay.TheEnd})
		}
		try(e.Scenario.After)
		s.Close()
	}
	require.Greater(t, n, 10)
}

// Whatever a question calls a misconception has words, in both languages; so have all
// texts of the lessons.
func TestLessonsAreInBothLanguages(t *testing.T) {
	all, err := scenarios.NewResolver().Builtin()
	require.NoError(t, err)
	both := func(x topology.Text, what any) {
		t.Helper()
		require.NotEmpty(t, x.EN, what)
		require.NotEmpty(t, x.KO, what)
	}
	used := map[string]bool{}
	for _, e := range all {
		s := e.Scenario
		both(s.Title, s.Name)
		both(s.Description, s.Name)
		for _, st := range s.Steps {
			both(st.Title, st.Pos)
			both(st.Text, st.Pos)
			for _, pg := range st.Pages {
				both(pg.Title, pg.Pos)
				both(pg.Text, pg.Pos)
				for _, c := range pg.Try {
					both(c.Look, c.Pos)
				}
			}
			for _, q := range st.Predict {
				both(q.Ask, q.Pos)
				both(q.Because, q.Pos)
				both(scenarios.Misconception(q.Misconception), q.Pos)
				used[q.Misconception.EN] = true
			}
		}
	}
	for _, m := range scenarios.Misconceptions() {
		both(m.Words, m.Name)
		require.True(t, used[m.Name], "%s is not used", m.Name)
	}
}

// The page on lessons is complete: its example can be opened and solved, its commands
// work, and it names every misconception.
func TestThePageOnLessons(t *testing.T) {
	page, err := os.ReadFile("../docs/lessons.md")
	require.NoError(t, err)
	_, example, _ := strings.Cut(string(page), "```yaml\n")
	example, _, ok := strings.Cut(example, "```")
	require.True(t, ok)
	all, err := scenarios.NewResolver(scenarios.File{Name: "ttl.yaml", Data: []byte(example)}).Open("ttl.yaml")
	require.NoError(t, err)
	rep, err := scenarios.Run(t.Context(), all[0].Scenario, all[0].Bundle, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, scenarios.ExitOK, rep.ExitCode())
	d := start(t, Options{Open: all[0]}).size(160, 48)
	d.shows("[Look] › Deploy › Ping › Watch › Read › Explain").press("t").shows("default via 169.254.1.1").press("esc", "t").shows("dev tunl0").press("esc")
	d.press("enter").shows("the manifest of pod1").press("enter", "61", "enter", "2", "enter", "S", "enter").shows("Try it with pod3").press("enter")
	p := d.pane("lesson")
	require.Contains(t, p, "score: 0 of 2 right")
	require.Contains(t, p, "a common mistake: The tunnel is counted as a hop of its own.")
	require.Contains(t, p, "a common mistake: The tunnel is thought to be for other traffic.")
	for _, m := range scenarios.Misconceptions() {
		require.Contains(t, string(page), "| `"+m.Name+"` | "+m.Words.EN+" |")
	}
}

// A lesson that is not over is not left without a question, if something was answered.
func TestAnswersAreNotLostUnasked(t *testing.T) {
	d := open(t, "same-node-ping", Options{}).press("enter", "enter", "02:00:00:00:00:01", "enter").shows("question 2 of 5").press("q")
	d.shows("quit? 1 answer would be lost: y yes, n no").press("esc").shows("question 2 of 5").press("o").shows("open another scenario? 1 answer").press("y").shows("You will find out")
	open(t, "same-node-ping", Options{}).press("enter", "enter", "ctrl+s", "o").shows("You will find out")
}

// A key that no answer has in it is not typed; esc leaves the question, and then all
// keys work.
func TestKeysInAQuestion(t *testing.T) {
	d := open(t, "same-node-ping", Options{}).press("enter", "enter").shows("question 1 of 5")
	d.press("q").shows("a MAC address has the digits", "then keys work").hides("> q")
	d.press("e", "b").shows("> eb").hides("then keys work")
	d.press("esc").shows("▸2 hops", "question 1 of 5").press("3").shows("▸3 why").press("7").shows("▸7 lesson", "question 1 of 5")
	open(t, "pod-to-internet", Options{}).size(60, 24).press("enter", "enter").shows("Look › Deploy › [Ping] › Watch 1 › The entry › …")
}
