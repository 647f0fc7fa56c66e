package scenarios_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/scenarios"
	"hoplab/sim"
	"hoplab/topology"
)

// w1 is where lines of the lab are put in.
const w1 = "      interfaces: {ens5: {segment: lan, address: 192.168.10.101/24}}\n"

func setupW1(line string) []string { return []string{w1, w1 + "      setup: [" + line + "]\n"} }

func w2(more string) []string {
	const line = "      interfaces: {ens5: {segment: lan, address: 192.168.10.102/24}}\n"
	return []string{line, line + "      " + more + "\n"}
}

// The golden file is what an author reads when an expectation is not met.
func TestFailuresSayWhatWasExpectedWhatHappenedAndWhoDecided(t *testing.T) {
	noBlock := setupW1("ip route del 172.16.184.0/24")
	cross := []string{"in: pod/pod1", "run: ping -c 2 -W 1 172.16.184.1", "expect:"}
	var out strings.Builder
	for _, tt := range []struct {
		name string
		lab  []string
		step []string
		exit int
	}{
		{"ping: the block's route is missing", noBlock, append(cross, "- ping: {sent: 2, received: 2, ttl: 62, loss: 0%}"), 1},
		{"ping: a wrong ttl", nil, append(cross, "- ping: {ttl: 63}"), 1},
		{"ping: everything wrong", nil, append(cross, "- ping: {sent: 1, received: 1, duplicates: 1, errors: 1, loss: 50%}"), 1},
		{"ping: no route at all", setupW1("ip route del default"), []string{"in: node/k8s-w1", "run: ping -c 1 8.8.8.8", "expect:", "- ping: {sent: 1}"}, 1},
		{"ping: nothing sent is as expected", setupW1("ip route del default"), []string{"in: node/k8s-w1", "run: ping -c 1 8.8.8.8", "expect:", "- ping: {sent: 0, received: 0}"}, 0},
		{"ping: wrong arguments", nil, []string{"in: pod/pod1", "run: ping -c 0 8.8.8.8", "expect:", "- ping: {sent: 1}"}, 1},
		{"ping: not true, but it is", nil, append(cross, "- ping: {received: 2}", "  not: true"), 1},
		{"ping: not true, and it is not", nil, append(cross, "- ping: {received: 3}", "  not: true"), 0},
		{"ping: the reply is lost", w2("setup: [ip route del 172.16.158.0/24]"), append(cross, "- ping: {received: 2}"), 1},
		{"ping: an address that nobody has", nil, []string{"in: pod/pod1", "run: ping -c 1 192.168.10.77", "expect:", "- ping: {received: 1}"}, 1},
		{"ping: the route's neighbour is still asked for", nil, []string{"in: pod/pod1", "run: ping -c 1 -W 1 192.168.10.77", "expect:", "- ping: {received: 1}"}, 1},
		{"ping: TTL too small", nil, []string{"in: pod/pod1", "run: ping -c 1 -t 1 172.16.184.1", "expect:", "- ping: {received: 1, errors: 0}"}, 1},
		{"path: the block's route is missing", noBlock, append(cross, "- path: [pod/pod1:eth0, \"node/k8s-w1:cali(pod1)\", node/k8s-w1:tunl0, node/k8s-w1:ens5]"), 1},
		{"path: longer than expected", nil, append(cross, "- path: [pod/pod1:eth0, \"node/k8s-w1:cali(pod1)\", node/k8s-w1:tunl0]"), 1},
		{"path: a rule drops it", w2(`iptables: [-A FORWARD -p icmp -j DROP]`), append(cross, "- path: [pod/pod1:eth0, \"node/k8s-w1:cali(pod1)\", node/k8s-w1:tunl0, node/k8s-w1:ens5, node/k8s-w2:ens5, node/k8s-w2:tunl0, \"node/k8s-w2:cali(pod2)\", pod/pod2:eth0]"), 1},
		{"path: no packet was sent", setupW1("ip route del default"), []string{"in: node/k8s-w1", "run: ping -c 1 8.8.8.8", "expect:", "- path: [k8s-w1:ens5]"}, 1},
		{"path: not true, but it is", nil, []string{"in: pod/pod1", "run: ping -c 1 172.16.158.1", "expect:", "- path: [pod/pod1:lo]", "  not: true"}, 1},
		{"packets: too few, they went elsewhere", noBlock, append(cross, "- packets: {at: node/k8s-w1:tunl0, count: 4}"), 1},
		{"packets: too few, they ended before", w2(`iptables: [-A FORWARD -p icmp -j DROP]`), append(cross, "- packets: {at: \"node/k8s-w2:cali(pod2)\", filter: icmp}"), 1},
		{"packets: too many", nil, append(cross, "- packets: {at: node/k8s-w1:tunl0, count: 0}"), 1},
		{"packets: one too many", nil, append(cross, "- packets: {at: \"node/k8s-w1:*\", filter: \"icmp[icmptype] = icmp-echo\", max: 3}"), 1},
		{"packets: a wrong number between", nil, append(cross, "- packets: {at: pod1:eth0, filter: arp, min: 3, max: 4}"), 1},
		{"packets: another header", nil, append(cross, "- packets: {at: node/k8s-w1:ens5, filter: ip, headers: [{ipv4: {protocol: ipip}}, {ipv4: {}}, {udp: {}}]}"), 1},
		{"packets: another TTL", nil, append(cross, "- packets: {at: node/k8s-w1:ens5, filter: ip, headers: [{ipv4: {ttl: 64}}]}"), 1},
		{"packets: not true, but it is", nil, append(cross, "- packets: {at: node/k8s-w1:tunl0, filter: icmp, count: 4}", "  not: true"), 1},
		{"packets: in a step that only waits", nil, []string{"wait: 1s", "expect:", "- packets: {at: node/k8s-w1:ens5}"}, 1},
		{"drop: none happened", nil, append(cross, "- drop: {}"), 1},
		{"drop: it happened", w2(`iptables: [-A FORWARD -p icmp -j DROP]`), append(cross, "- drop: {at: node/k8s-w2, reason: NETFILTER_DROP, count: 2}"), 0},
		{"drop: elsewhere, for another reason", w2(`iptables: [-A FORWARD -p icmp -j DROP]`), append(cross, "- drop: {at: \"node/k8s-w1:*\", reason: ip_rpfilter}"), 1},
		{"drop: more than expected", w2(`iptables: [-A FORWARD -p icmp -j DROP]`), append(cross, "- drop: {reason: netfilter_drop, count: 1}"), 1},
		{"drop: not true, but it is", w2(`iptables: [-A FORWARD -p icmp -j DROP]`), append(cross, "- drop: {}", "  not: true"), 1},
		{"arp: as expected", nil, append(cross, "- arp: {at: pod1:eth0, who: 169.254.1.1, from: 172.16.158.1, mac: \"ee:ee:ee:ee:ee:ee\", requests: 1, replies: 1}", "- arp: {at: pod1:eth0}"), 0},
		{"arp: another mac", nil, append(cross, "- arp: {at: pod1:eth0, who: 169.254.1.1, mac: \"02:00:00:00:00:01\"}"), 1},
		{"arp: too many requests", nil, append(cross, "- arp: {at: \"node/k8s-w1:*\", requests: 0}"), 1},
		{"arp: nobody has it", nil, []string{"in: node/k8s-w1", "run: ping -c 1 192.168.10.77", "expect:", "- arp: {at: k8s-w1:ens5, who: 192.168.10.77}"}, 1},
		{"arp: nobody asked", nil, append(cross, "- arp: {at: pod1:eth0, who: 10.0.0.1}"), 1},
		{"arp: not true, but it is", nil, append(cross, "- arp: {at: pod1:eth0, replies: 1}", "  not: true"), 1},
		{"route: as expected", nil, append(cross, "- route: {in: node/k8s-w1, to: 172.16.184.1, via: 192.168.10.102, dev: tunl0, prefix: 172.16.184.0/24, by: BIRD}", "- route: {to: 172.16.184.1, via: 169.254.1.1}",
			"- route: {in: node/k8s-w1, to: 172.16.158.1, dev: calice0906292e2, via: none}", "- route: {in: node/k8s-w1, to: 172.16.158.77, type: blackhole}", "- route: {in: node/k8s-w1, to: 192.168.10.101, type: local, dev: lo}"), 0},
		{"route: another way", noBlock, append(cross, "- route: {in: node/k8s-w1, to: 172.16.184.1, via: 192.168.10.102, dev: tunl0}"), 1},
		{"route: as a forwarded packet", nil, append(cross, "- route: {in: node/k8s-w1, to: 8.8.8.8, from: 172.16.158.1, iif: calice0906292e2, dev: tunl0}"), 1},
		{"route: none at all", setupW1("ip route del default"), []string{"in: node/k8s-w1", "run: \"true\"", "expect:", "- route: {to: 8.8.8.8, dev: ens5}"}, 1},
		{"route: not true, but it is", nil, append(cross, "- route: {in: node/k8s-w1, to: 8.8.8.8, dev: ens5}", "  not: true"), 1},
		{"nat: as expected", nil, []string{"in: pod/pod1", "run: ping -c 2 8.8.8.8", "expect:", "- nat: {at: node/k8s-w1, from: 172.16.158.1, to: 8.8.8.8, source: 192.168.10.101, count: 2}", "- nat: {at: node/k8s-w1, from: 8.8.8.8, destination: 172.16.158.1, count: 2}"}, 0},
		{"nat: not translated", nil, append(cross, "- nat: {at: node/k8s-w1, from: 172.16.158.1, source: 192.168.10.101}"), 1},
		{"nat: another address", nil, []string{"in: pod/pod1", "run: ping -c 1 8.8.8.8", "expect:", "- nat: {from: 172.16.158.1, source: 192.168.10.102}"}, 1},
		{"nat: no packet came", nil, append(cross, "- nat: {at: node/k8s-m}"), 1},
		{"nat: not true, but it is", nil, []string{"in: pod/pod1", "run: ping -c 1 8.8.8.8", "expect:", "- nat: {from: 172.16.158.1}", "  not: true"}, 1},
		{"conntrack: as expected", nil, []string{"in: pod/pod1", "run: ping -c 1 8.8.8.8", "expect:", "- conntrack: {in: node/k8s-w1, proto: icmp, src: 172.16.158.1, dst: 8.8.8.8, reply: {src: 8.8.8.8, dst: 192.168.10.101}, replied: true, assured: false, count: 1}", "- conntrack: {in: node/k8s-w1, proto: tcp, count: 0}"}, 0},
		{"conntrack: of tcp", nil, []string{"in: node/k8s-w1", "run: nc -z 192.168.10.102 80; ip netns exec k8s-w2 nc -l 80 & sleep 0.1; echo | nc -N 192.168.10.102 80", "expect:", "- conntrack: {proto: tcp, dport: 80, state: time_wait, assured: true}", "- conntrack: {proto: tcp, dport: 80, state: established}"}, 1},
		{"conntrack: another entry", nil, []string{"in: pod/pod1", "run: ping -c 1 8.8.8.8", "expect:", "- conntrack: {in: node/k8s-w1, src: 172.16.158.2}"}, 1},
		{"conntrack: nobody asks for it", nil, append(cross, "- conntrack: {count: 1}"), 1},
		{"icmpError: as expected", nil, []string{"in: pod/pod1", "run: ping -c 1 -t 1 172.16.184.1", "expect:", "- icmpError: {type: time-exceeded, from: 192.168.10.101, count: 1}", "- icmpError: {to: node/k8s-w1, count: 0}"}, 0},
		{"icmpError: another one", nil, []string{"in: pod/pod1", "run: ping -c 1 -M do -s 3000 8.8.8.8", "expect:", "- icmpError: {type: unreachable, code: fragmentation-needed, mtu: 1400}", "- icmpError: {type: unreachable, code: 4, mtu: 1500}"}, 1},
		{"icmpError: none came", nil, append(cross, "- icmpError: {type: unreachable, code: host-unreachable, from: 192.168.10.101}"), 1},
		{"icmpError: not true, but it is", nil, []string{"in: pod/pod1", "run: ping -c 1 -t 1 172.16.184.1", "expect:", "- icmpError: {}", "  not: true"}, 1},
		{"command: as expected", nil, []string{"in: pod/pod1", "run: echo one; echo two; echo bad >&2; false", "expect:", "- command: {exit: 1, stdout: \"one\\ntwo\", stderr: {contains: bad}}", "- command: {stdout: {contains: [one, two], matches: \"^t.o$\"}}"}, 0},
		{"command: nothing is as expected", nil, []string{"in: pod/pod1", "run: echo one; echo 2; echo bad >&2", "expect:", "- command: {exit: 3, stdout: {equals: \"one\\ntwo\", contains: three, matches: [\"^four$\"]}}"}, 1},
		{"command: not true, but it is", nil, []string{"in: pod/pod1", "run: \"true\"", "expect:", "- command: {exit: 0}", "  not: true"}, 1},
		{"eventHash: another one", nil, append(cross, "- eventHash: 0123456789abcdef"), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep, err := run(t, cluster(t, tt.lab...)+scenario("failing", "study", tt.step...), scenarios.Options{})
			require.NoError(t, err)
			require.Equal(t, tt.exit, rep.ExitCode())
			fmt.Fprintf(&out, "## %s\n", tt.name)
			for _, x := range rep.Steps[0].Expectations {
				require.Equal(t, x.OK, x.Message == "")
				fmt.Fprintf(&out, "ok %v: %s\n", x.OK, x.Text)
				if !x.OK {
					fmt.Fprintf(&out, "%s\n(event %d)\n", x.Message, x.Event)
				}
			}
			out.WriteString("\n")
		})
	}
	golden(t, "testdata/failures.golden", out.String())
}

// golden compares with a file, which UPDATE=1 writes anew.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "UPDATE=1 writes it")
	sameText(t, string(want), got)
}

func TestExitCodes(t *testing.T) {
	ping := func(expect ...string) string {
		return cluster(t) + scenario("x", "study", append([]string{"in: pod/pod1", "run: ping -c 1 172.16.158.2"}, expect...)...)
	}
	for _, tt := range []struct {
		name, text string
		exit       int
	}{
		{"all met is 0", ping("expect:", "- ping: {received: 1}"), scenarios.ExitOK},
		{"one of two not met is 1", ping("expect:", "- ping: {received: 1}", "- ping: {received: 2}"), scenarios.ExitFailed},
		{"nothing expected is 3, though the ping worked", ping(), scenarios.ExitUnchecked},
		{"a prediction is no check", ping("predict: [{id: p1, ask: {en: which TTL}, kind: number, answer: 63}]"), scenarios.ExitUnchecked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep, err := run(t, tt.text, scenarios.Options{})
			require.NoError(t, err)
			require.Equal(t, tt.exit, rep.ExitCode())
		})
	}
}

func TestTheRunAnswersPredictions(t *testing.T) {
	for _, tt := range []struct{ name, predict, want string }{
		{"a field of a header", "kind: number, answer: auto, about: {at: \"node/k8s-w1:cali(pod3)\", filter: icmp, field: ipv4.ttl}", "63"},
		{"ip is short for ipv4", "kind: ip, answer: auto, about: {at: pod/pod1:eth0, filter: icmp, field: ip.dst}", "172.16.158.2"},
		{"a hardware address", "kind: mac, answer: auto, about: {at: pod/pod1:eth0, filter: icmp, field: eth.dst}", "ee:ee:ee:ee:ee:ee"},
		{"how many", "kind: number, answer: auto, about: {at: pod/pod1:eth0, filter: icmp, field: count}", "2"},
		{"whether at all", "kind: choice, choices: [yes, no], answer: auto, about: {at: node/k8s-w1:tunl0, filter: icmp, field: seen}", "no"},
		{"nothing to read it from", "kind: number, answer: auto, about: {at: node/k8s-w1:tunl0, filter: icmp, field: ipv4.ttl}", ""},
		{"what the file says", "kind: number, answer: 7", "7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rep, err := run(t, cluster(t)+scenario("x", "study", "in: pod/pod1", "run: ping -c 1 172.16.158.2",
				"predict: [{id: q, ask: {en: which}, "+tt.predict+"}]"), scenarios.Options{})
			require.NoError(t, err)
			require.Len(t, rep.Steps[0].Answers, 1)
			a := rep.Steps[0].Answers[0]
			require.Equal(t, tt.want, a.Text)
			require.Equal(t, tt.want != "", a.Right(" "+tt.want))
			require.False(t, a.Right("64"))
			require.Empty(t, rep.Steps[0].Expectations)
		})
	}
}

// A lesson that teaches what is not so must fail.
func TestAnAnswerThatTheRunContradictsFails(t *testing.T) {
	rep, err := run(t, cluster(t)+scenario("x", "study", "in: pod/pod1", "run: ping -c 1 172.16.158.2",
		"predict: [{id: ttl, ask: {en: which TTL}, kind: number, answer: 64, about: {at: \"node/k8s-w1:cali(pod3)\", filter: icmp, field: ipv4.ttl}}]"), scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, scenarios.ExitFailed, rep.ExitCode())
	require.Equal(t, "expected that the answer to ttl is 64, but the run says 63", rep.Steps[0].Expectations[0].Message)
}

func TestAnswersToChoices(t *testing.T) {
	a := scenarios.Answer{Text: "no", Prediction: &topology.Prediction{Kind: topology.AnswerChoice, Choices: []topology.Text{{EN: "yes", KO: "예"}, {EN: "no", KO: "아니요"}}}}
	for _, right := range []string{"2", "no", "NO", "아니요"} {
		require.True(t, a.Right(right), right)
	}
	for _, wrong := range []string{"1", "yes", "", "3"} {
		require.False(t, a.Right(wrong), wrong)
	}
	require.Equal(t, "아니요", a.In("ko"))
}

// Whoever drives the clock gets the same as Run does.
func TestStepByStepIsTheSame(t *testing.T) {
	e, err := scenarios.NewResolver().Find("pod-to-internet")
	require.NoError(t, err)
	whole, err := scenarios.Run(context.Background(), e.Scenario, e.Bundle, scenarios.Options{})
	require.NoError(t, err)
	r, err := scenarios.NewRunner(e.Scenario, e.Bundle, scenarios.Options{})
	require.NoError(t, err)
	defer r.Close()
	for {
		more, err := r.Begin()
		require.NoError(t, err)
		if !more {
			break
		}
		for {
			over, err := r.Settle()
			require.NoError(t, err)
			if over {
				break
			}
			r.Lab().Step()
		}
	}
	require.Equal(t, whole, r.Report())
}

// What is wrong with the input is found before anything runs.
func TestInvalidStepsAreErrorsWithTheirPlace(t *testing.T) {
	in := "in: pod/pod1"
	ok := "run: ping -c 1 172.16.158.2"
	var out strings.Builder
	for _, tt := range []struct {
		name string
		step []string
	}{
		{"unknown machine", []string{"in: node/k8s-w11", ok}},
		{"unknown pod", []string{"in: pod/pod9", ok}},
		{"a role that it has not", []string{"in: router/k8s-w1", ok}},
		{"unknown interface", []string{in, ok, "tap: [node/k8s-w1:ens6]"}},
		{"an interface of a pod on another node", []string{in, ok, "tap: [\"node/k8s-w1:cali(pod2)\"]"}},
		{"a path over an unknown interface", []string{in, ok, "expect:", "- path: [pod/pod1:eth1]"}},
		{"a filter that is none", []string{in, ok, "expect:", "- packets: {at: pod1:eth0, filter: \"icmp and and\"}"}},
		{"a filter for an interface's number", []string{in, ok, "expect:", "- packets: {at: pod1:eth0, filter: ifindex 2}"}},
		{"a filter that no frame can match", []string{in, ok, "expect:", "- packets: {at: k8s-w1:tunl0, filter: arp}"}},
		{"a header value that is none", []string{in, ok, "expect:", "- packets: {at: pod1:eth0, headers: [{ipv4: {src: 172.16.158, ttl: many, df: yes, protocol: ip}}]}"}},
		{"a number in octal", []string{in, ok, "expect:", "- packets: {at: pod1:eth0, headers: [{ipv4: {ttl: 063}}]}"}},
		{"an unknown drop reason", []string{in, ok, "expect:", "- drop: {reason: netfilter_dropp}"}},
		{"a ping expected of a step without a command", []string{"wait: 1s", "expect:", "- ping: {received: 1}"}},
		{"a prediction about an unknown interface", []string{in, ok, "predict: [{id: p1, ask: {en: x}, kind: number, answer: auto, about: {at: pod1:eth7, filter: icmp, field: count}}]"}},
		{"an open quote", []string{in, "run: \"echo 'x\""}},
		{"a script with a fault", []string{in, "run: |", "  ip route", "  if true; then fi"}},
		{"unknown fields", []string{in, ok, "expect:", "- arp: {x: 1}", "- route: {too: 10.0.0.1}", "- nat: {sorce: 10.0.0.1}", "- conntrack: {x: 1, reply: {source: 10.0.0.1}}", "- icmpError: {kind: redirect}", "- command: {exits: 1, stdout: {is: x}}"}},
		{"values that are none", []string{in, ok, "expect:", "- arp: {at: pod1:eth0, who: pod1, mac: x, requests: -1}", "- route: {to: 10.0.0.1, via: direct, type: unicats, prefix: 10.0.0.0}", "- nat: {at: pod1:eth0, count: many}",
			"- conntrack: {proto: sctp, sport: 70000, replied: yes}", "- icmpError: {type: unreachable, code: host-unreachabel}", "- command: {exit: 256, stdout: {matches: \"a(b\"}}", "- eventHash: abc"}},
		{"values that are missing, or too many", []string{in, ok, "expect:", "- arp: {who: 10.0.0.1}", "- route: {via: 10.0.0.1}", "- route: {to: 10.0.0.1}", "- route: {to: 10.0.0.1, type: blackhole, dev: eth0}", "- conntrack: {state: established}", "- icmpError: {code: 1}", "- command: {}", "- command: {stdout: {}}"}},
		{"places that are none", []string{in, ok, "expect:", "- arp: {at: pod1:eth9}", "- route: {in: node/k8s-w9, to: 10.0.0.1, via: none}", "- nat: {at: pod/pod9}", "- conntrack: {in: host/k8s-w1}", "- icmpError: {to: pod/pod9}"}},
		{"a command expected of a step without one", []string{"wait: 1s", "expect:", "- command: {exit: 0}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events := 0
			rep, err := run(t, cluster(t)+scenario("x", "study", tt.step...), scenarios.Options{OnEvent: func(*sim.Event) { events++ }})
			require.Error(t, err)
			require.Nil(t, rep)
			require.Zero(t, events)
			var at *topology.Error
			require.ErrorAs(t, err, &at)
			require.True(t, at.IsValid())
			fmt.Fprintf(&out, "## %s\n%v\n\n", tt.name, err)
		})
	}
	golden(t, "testdata/errors.golden", out.String())
}

func TestCommandWithoutEndIsAnError(t *testing.T) {
	_, err := run(t, cluster(t)+scenario("x", "study", "in: pod/pod1", "run: ping 172.16.158.2", "expect:", "- ping: {received: 1}"), scenarios.Options{MaxTime: time.Minute})
	require.ErrorContains(t, err, "give it an end, such as ping -c 3")
	require.ErrorContains(t, err, "test.yaml:")
}

func TestTooManyEventsAreAnError(t *testing.T) {
	_, err := run(t, cluster(t)+scenario("x", "study", "in: pod/pod1", "run: ping -c 100 172.16.158.2"), scenarios.Options{MaxEvents: 50})
	var endless *sim.EndlessError
	require.ErrorAs(t, err, &endless)
}

func TestRunStopsWithItsContext(t *testing.T) {
	e, err := scenarios.NewResolver().Find("cross-node-ping")
	require.NoError(t, err)
	s := *e.Scenario.Steps[0]
	s.Run.Text = "ping -c 100000 172.16.184.1"
	e.Scenario.Steps = []*topology.Step{&s}
	ctx, stop := context.WithCancel(context.Background())
	events := 0
	rep, err := scenarios.Run(ctx, e.Scenario, e.Bundle, scenarios.Options{OnEvent: func(*sim.Event) {
		if events++; events == 10_000 {
			stop()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.NotNil(t, rep, "what ran so far")
	require.NoError(t, rep.Accounting.Check())
	require.Less(t, events, 100_000)
}

func TestWaitLetsTimePass(t *testing.T) {
	rep, err := run(t, cluster(t)+scenario("x", "study", "wait: 90s"), scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, 90*time.Second, time.Duration(rep.End))
	require.Equal(t, 90*time.Second, rep.Steps[0].End.Sub(rep.Steps[0].Begin))
}

func TestCommandWithoutAPlaceIsTypedOnTheFirstNode(t *testing.T) {
	rep, err := run(t, cluster(t)+scenario("x", "study", "run: ping -c 1 192.168.10.101", "expect:", "- ping: {received: 1, ttl: 64}"), scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, "k8s-m", rep.Steps[0].In)
	require.Equal(t, 0, rep.ExitCode())
}

func TestLabLivesAcrossSteps(t *testing.T) {
	text := cluster(t) + scenario("x", "study", "{in: pod/pod1, run: ping -c 1 172.16.158.2, expect: [{packets: {at: pod1:eth0, filter: arp, count: 2}}]}") +
		"  - {in: pod/pod1, run: ping -c 1 172.16.158.2, expect: [{packets: {at: pod1:eth0, filter: arp, count: 0}}]}\n"
	rep, err := run(t, text, scenarios.Options{})
	require.NoError(t, err)
	require.Equal(t, 0, rep.ExitCode(), "the second ping knows the neighbour")
	require.Greater(t, rep.Steps[1].Begin, rep.Steps[0].Begin)
}
