package scenarios_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"hoplab/packet/pcap"
	"hoplab/scenarios"
	"hoplab/sim/clock"
)

// steps is a document with several steps, each given as its lines.
func steps(list ...[]string) string {
	text := scenario("x", "study", list[0]...)
	for _, l := range list[1:] {
		text += "  - " + strings.Join(l, "\n    ") + "\n"
	}
	return text
}

// play runs steps on the study's cluster, twice: both must tell the same.
func play(t *testing.T, list ...[]string) *scenarios.Report {
	t.Helper()
	rep, err := run(t, cluster(t)+steps(list...), scenarios.Options{KeepFrames: true})
	require.NoError(t, err)
	again, err := run(t, cluster(t)+steps(list...), scenarios.Options{KeepFrames: true})
	require.NoError(t, err)
	require.Equal(t, rep, again)
	return rep
}

// A step's command is a line, or several, of the shell with all its tools.
func TestStepsRunTheShell(t *testing.T) {
	rep := play(t,
		[]string{"in: node/k8s-w1", "run: ip route add 10.9.0.0/16 via 192.168.10.102; ip route get 10.9.1.1 | head -1"},
		[]string{"in: pod/pod1", "run: |", "  for a in 172.16.158.2 172.16.184.1; do", "    ping -c 1 -q $a >/dev/null && echo $a", "  done"},
		[]string{"in: node/k8s-w1", "run: iptables -I FORWARD -p icmp -j DROP"},
		[]string{"in: pod/pod1", "run: ping -c 1 -W 1 172.16.184.1"},
		[]string{"in: pod/pod1", "run: echo out; echo err >&2; nosuch; exit 3"},
		[]string{"in: node/k8s-w1", "run: ip netns exec pod1 ping -c 1 172.16.158.1", "expect:", "- path: [pod1:lo]"},
		[]string{"in: node/k8s-w1", "run: \"tcpdump -i ens5 -nn -c 2 icmp & sleep 0.1; ping -c 1 192.168.10.102 >/dev/null; wait\""},
	)
	require.Equal(t, "10.9.1.1 via 192.168.10.102 dev ens5 src 192.168.10.101 uid 0 \n", rep.Steps[0].Output)
	require.Equal(t, "172.16.158.2\n172.16.184.1\n", rep.Steps[1].Output)
	require.Len(t, rep.Steps[1].Pings, 2)
	require.Equal(t, 1, rep.Steps[3].Exit)
	require.Equal(t, 0, rep.Steps[3].Pings[0].Received)
	require.Equal(t, 3, rep.Steps[4].Exit)
	require.Equal(t, "out\n", rep.Steps[4].Stdout())
	require.Equal(t, "err\nbash: nosuch: command not found\n", rep.Steps[4].Stderr())
	require.Equal(t, "out\nerr\nbash: nosuch: command not found\n", rep.Steps[4].Output, "in order")
	require.True(t, rep.Steps[5].Expectations[0].OK, rep.Steps[5].Expectations[0].Message)
	require.Contains(t, rep.Steps[6].Output, "192.168.10.101 > 192.168.10.102: ICMP echo request")
	require.Contains(t, rep.Steps[6].Output, "192.168.10.102 > 192.168.10.101: ICMP echo reply")
}

func TestWhatACommandPrintsHasItsTime(t *testing.T) {
	rep := play(t, []string{"in: pod/pod1", "run: sleep 1; echo one; sleep 2; echo two >&2"})
	p := rep.Steps[0].Printed
	require.Len(t, p, 2)
	require.Equal(t, scenarios.Printed{At: clock.Instant(time.Second), In: "pod1", Text: "one\n"}, p[0])
	require.Equal(t, scenarios.Printed{At: clock.Instant(3 * time.Second), In: "pod1", Stderr: true, Text: "two\n"}, p[1])
}

// One sits at the same shell in all steps of a machine: its variables, folder
// and background jobs stay. Files are there for all shells of the machine, and
// for no other.
func TestTheShellOfAMachineStaysFromStepToStep(t *testing.T) {
	rep := play(t,
		[]string{"in: node/k8s-w1", "run: x=5; cd /tmp; echo hello > f; nc -l 8080 > got &"},
		[]string{"in: pod/pod1", "run: echo hi | nc -N 192.168.10.101 8080; ls /tmp"},
		[]string{"in: node/k8s-w1", "run: wait; echo $x $PWD; cat f got; jobs"},
		[]string{"in: node/k8s-w1", "run: exit 4"},
		[]string{"in: node/k8s-w1", "run: \"echo [$x] $PWD; cat /tmp/f\""},
	)
	require.Empty(t, rep.Steps[1].Stdout())
	require.Equal(t, "5 /tmp\nhello\nhi\n", rep.Steps[2].Stdout())
	require.Equal(t, 4, rep.Steps[3].Exit)
	require.Equal(t, "[] /root\nhello\n", rep.Steps[4].Stdout(), "after exit a new shell, on the same files")
}

// What an earlier step left running prints into the step of the moment: on the
// same screen if it is the same machine's.
func TestBackgroundJobsGoOnInLaterSteps(t *testing.T) {
	rep := play(t,
		[]string{"in: node/k8s-w1", "run: tcpdump --immediate-mode -l -i ens5 -nn icmp 2>/dev/null &"},
		[]string{"in: node/k8s-w2", "run: ping -c 1 192.168.10.101 >/dev/null"},
		[]string{"in: node/k8s-w1", "run: ping -c 1 -q 192.168.10.10 | grep received"},
		[]string{"wait: 1s"},
		[]string{"in: node/k8s-w1", "run: kill %1; wait"},
	)
	require.Empty(t, rep.Steps[1].Output)
	require.Len(t, rep.Steps[1].Printed, 1)
	require.Equal(t, "k8s-w1", rep.Steps[1].Printed[0].In)
	require.Contains(t, rep.Steps[1].Printed[0].Text, "192.168.10.102 > 192.168.10.101: ICMP echo request")
	require.Contains(t, rep.Steps[2].Output, "192.168.10.101 > 192.168.10.10: ICMP echo request")
	require.Contains(t, rep.Steps[2].Output, "1 packets transmitted, 1 received")
}

func TestACommandWithoutAnEndSaysWhatToDo(t *testing.T) {
	for _, tt := range []struct{ name, run, want string }{
		{"time", "ping 172.16.158.2", `test.yaml:66:10: ping 172.16.158.2: the command has not ended after 1m0s of the lab's time; give it an end, such as ping -c 3, or put & behind it and it goes on into the next steps`},
		{"a loop", "while :; do :; done", "the command has not ended after 100000 units of work, such as commands in a loop"},
		{"output", "yes", "it printed more than 8388608 bytes"},
		{"nothing comes", "nc -l 80", "the command has not ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := scenarios.Options{MaxTime: time.Minute}
			if tt.name == "a loop" {
				o.MaxWork = 100_000
			}
			rep, err := run(t, cluster(t)+steps([]string{"in: pod/pod1", "run: " + `"` + tt.run + `"`}), o)
			require.ErrorContains(t, err, tt.want)
			require.NotNil(t, rep, "what ran so far")
		})
	}
}

func TestAnEndlessLoopStopsWithItsContext(t *testing.T) {
	all, err := scenarios.NewResolver(scenarios.File{Name: "x.yaml", Data: []byte(cluster(t) + steps([]string{"in: pod/pod1", "run: while :; do :; done"}))}).Open("x.yaml")
	require.NoError(t, err)
	ctx, stop := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer stop()
	begin := time.Now()
	_, err = scenarios.Run(ctx, all[0].Scenario, all[0].Bundle, scenarios.Options{MaxWork: 1 << 40})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begin), 2*time.Second)
}

// The ping that is judged may be in a script, and there may be several.
func TestPingIsJudgedByItsValues(t *testing.T) {
	rep := play(t,
		[]string{"in: pod/pod1", "run: |", "  ping -c 2 -q 172.16.158.2 > /dev/null", "  ping -c 1 172.16.184.1 | tail -1", "expect:", "- ping: {sent: 3, received: 3}", "- ping: {ttl: 63}", "  not: true"},
	)
	require.Equal(t, scenarios.ExitOK, rep.ExitCode(), "%+v", rep.Steps[0].Expectations)
}

func TestUntilIsAnInstantOfTheLab(t *testing.T) {
	rep := play(t,
		[]string{"in: pod/pod1", "run: ping -c 1 172.16.158.2 >/dev/null", "until: 2s"},
		[]string{"run: sleep 1", "wait: 100ms", "until: 500ms"},
		[]string{"until: 4s"})
	require.Equal(t, clock.Instant(2*time.Second), rep.Steps[0].End)
	require.Equal(t, clock.Instant(3100*time.Millisecond), rep.Steps[1].End, "it is over already")
	require.Equal(t, clock.Instant(4*time.Second), rep.End)
}

// A command may make interfaces; what is expected of them is looked for when they
// are there.
func TestInterfacesThatCommandsMake(t *testing.T) {
	rep := play(t,
		[]string{"in: node/k8s-w1", "run: ip link add d0 type dummy; ip addr add 10.7.0.1/24 dev d0; ip link set d0 up", "expect:", "- packets: {at: node/k8s-w1:d0, count: 0}", "- packets: {at: node/k8s-w1:d1, count: 0}", "- packets: {at: node/k8s-w1:d1, count: 1}", "  not: true"},
		[]string{"in: node/k8s-w1", "run: ping -c 1 -W 1 10.7.0.2", "tap: [k8s-w1:d0]", "expect:", "- packets: {at: node/k8s-w1:d0, filter: ether proto 0x0800, count: 1}", "- arp: {at: k8s-w1:d0, requests: 0, replies: 0}"},
		[]string{"in: node/k8s-w1", "run: ip tunnel add t1 mode ipip remote 192.168.10.102 local 192.168.10.101; ip link set t1 up; ip route add 10.8.0.0/24 dev t1; ping -c 1 -W 1 10.8.0.1", "tap: [k8s-w1:t1]",
			"expect:", "- packets: {at: k8s-w1:t1, filter: icmp, count: 1, headers: [{ipv4: {dst: 10.8.0.1}}]}", "- drop: {at: k8s-w1:t9}"},
	)
	var got []bool
	for _, s := range rep.Steps {
		for _, x := range s.Expectations {
			got = append(got, x.OK)
		}
	}
	require.Equal(t, []bool{true, false, false, true, true, true, false}, got)
	require.Equal(t, "k8s-w1 has no interface d1 when the step is over", rep.Steps[0].Expectations[2].Message)
	require.Equal(t, []scenarios.Tap{{NetNS: "k8s-w1", Dev: "d0", LinkType: pcap.LinkEthernet}, {NetNS: "k8s-w1", Dev: "t1", LinkType: pcap.LinkRaw}}, rep.Taps)
}

// Whatever a command does to its shell, the next step has one.
func TestOddEnds(t *testing.T) {
	in := "in: node/k8s-w1"
	rep := play(t,
		[]string{in, "run: kill -9 $$", "expect: [{command: {exit: 137}}]"},
		[]string{in, "run: exec sleep 1", "expect: [{command: {exit: 0}}]"},
		[]string{in, "run: set -e; false; echo no", "expect: [{command: {exit: 1, stdout: \"\"}}]"},
		[]string{in, "run: sleep 100 & kill -9 -1; echo still", "expect: [{command: {stdout: still}}]"},
		[]string{in, "run: read x; cat; echo $?", "expect: [{command: {stdout: \"0\"}}]"},
		[]string{in, "run: trap 'echo bye' EXIT; exit 5", "expect: [{command: {exit: 5, stdout: bye}}]"},
		[]string{in, "run: timeout 2 tail -f /dev/null", "expect: [{command: {exit: 124}}]"},
	)
	for _, s := range rep.Steps {
		require.True(t, s.Expectations[0].OK, "%s: %s\n%q", s.Command, s.Expectations[0].Message, s.Output)
	}
	_, err := run(t, cluster(t)+steps([]string{in, "run: ip netns del pod1", "tap: [pod1:eth0]"}, []string{"in: pod/pod1", "run: hostname"}), scenarios.Options{})
	require.ErrorContains(t, err, "hostname: pod1 is not there any more: a step before has deleted it")
}
